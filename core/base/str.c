/*
 * str.c: work on views of text: compare, cut, search, parse.
 *
 * The idea: a view is two words and is passed by value; nothing here allocates, nothing
 * depends on the locale, and case means ASCII case. What needs Unicode is in utf8.c.
 *
 * str_hash is keyed once a process from random bytes, so that nobody outside can aim
 * collisions at a map; its values therefore mean nothing outside this process and must
 * not be stored.
 */
#include "base/str.h"

#include <pthread.h>
#include <sodium.h>

static unsigned char hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

struct souk_str str_make(const char *ptr, size_t len)
{
    return (struct souk_str){ptr, len};
}

int str_compare(struct souk_str a, struct souk_str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    if (order == 0)
        order = (a.len > b.len) - (a.len < b.len);
    return order;
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

int str_equal_nocase(struct souk_str a, struct souk_str b)
{
    if (a.len != b.len)
        return 0;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return 0;
    return 1;
}

int str_starts(struct souk_str text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && (len == 0 || memcmp(text.ptr, prefix, len) == 0);
}

int str_ends(struct souk_str text, const char *suffix)
{
    size_t len = strlen(suffix);
    return text.len >= len && (len == 0 || memcmp(text.ptr + text.len - len, suffix, len) == 0);
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct souk_str str_trim(struct souk_str text)
{
    while (text.len && is_blank(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

struct souk_str str_from(struct souk_str text, size_t start)
{
    if (start >= text.len)
        return (struct souk_str){text.len ? text.ptr + text.len : text.ptr, 0};
    return (struct souk_str){text.ptr + start, text.len - start};
}

ptrdiff_t str_find(struct souk_str text, char c)
{
    const char *at = text.len ? memchr(text.ptr, c, text.len) : NULL;
    return at ? at - text.ptr : -1;
}

int str_split(struct souk_str *rest, char separator, struct souk_str *part)
{
    if (rest->len == 0) {
        *part = *rest;
        return 0;
    }
    ptrdiff_t at = str_find(*rest, separator);
    if (at < 0) {
        *part = *rest;
        *rest = str_from(*rest, rest->len);
    } else {
        *part = str_make(rest->ptr, (size_t)at);
        *rest = str_from(*rest, (size_t)at + 1);
    }
    return 1;
}

/* Digits only, up to `most`. */
static int digits_to_u64(struct souk_str text, uint64_t most, uint64_t *out)
{
    uint64_t number = 0;
    if (text.len == 0)
        return SOUK_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return SOUK_INVALID;
        uint64_t digit = (uint64_t)(text.ptr[i] - '0');
        if (number > (most - digit) / 10)
            return SOUK_INVALID;
        number = number * 10 + digit;
    }
    *out = number;
    return 0;
}

int str_to_int(struct souk_str text, int64_t *out)
{
    int minus = text.len > 0 && text.ptr[0] == '-';
    uint64_t size = 0;
    uint64_t most = (uint64_t)INT64_MAX + (uint64_t)minus;
    if (digits_to_u64(str_from(text, (size_t)minus), most, &size))
        return SOUK_INVALID;
    *out = minus ? (int64_t)(0 - size) : (int64_t)size;
    return 0;
}

/* The digits before `unit` bytes at the end, times `factor`. */
static int scaled(struct souk_str text, size_t unit, int64_t factor, int64_t *out)
{
    uint64_t number = 0;
    if (digits_to_u64(str_make(text.ptr, text.len - unit), INT64_MAX, &number) ||
        (int64_t)number > INT64_MAX / factor)
        return SOUK_INVALID;
    *out = (int64_t)number * factor;
    return 0;
}

int str_to_duration(struct souk_str text, int64_t *microseconds)
{
    const int64_t second = 1000000;
    if (str_ends(text, "ms"))
        return scaled(text, 2, 1000, microseconds);
    switch (text.len ? text.ptr[text.len - 1] : '\0') {
    case 's': return scaled(text, 1, second, microseconds);
    case 'm': return scaled(text, 1, 60 * second, microseconds);
    case 'h': return scaled(text, 1, 3600 * second, microseconds);
    case 'd': return scaled(text, 1, 86400 * second, microseconds);
    default: return SOUK_INVALID;
    }
}

int str_to_size(struct souk_str text, int64_t *bytes)
{
    switch (text.len ? text.ptr[text.len - 1] : '\0') {
    case 'K': return scaled(text, 1, INT64_C(1) << 10, bytes);
    case 'M': return scaled(text, 1, INT64_C(1) << 20, bytes);
    case 'G': return scaled(text, 1, INT64_C(1) << 30, bytes);
    default: return scaled(text, 0, 1, bytes);
    }
}

#define NEAREST_MOST 64

/* Damerau-Levenshtein (neighbours swapped count as one), case aside; both at most
 * NEAREST_MOST. */
static size_t distance(struct souk_str a, struct souk_str b)
{
    size_t rows[3][NEAREST_MOST + 1];
    size_t *two = rows[0], *one = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++)
        one[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            int same = lower(a.ptr[i - 1]) == lower(b.ptr[j - 1]);
            size_t best = one[j - 1] + !same;
            best = one[j] + 1 < best ? one[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && lower(a.ptr[i - 1]) == lower(b.ptr[j - 2]) &&
                lower(a.ptr[i - 2]) == lower(b.ptr[j - 1]) && two[j - 2] + 1 < best)
                best = two[j - 2] + 1;
            row[j] = best;
        }
        size_t *spare = two;
        two = one;
        one = row;
        row = spare;
    }
    return one[b.len];
}

const char *str_nearest(struct souk_str wrong, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = wrong.len / 3 > 1 ? wrong.len / 3 : 1;
    if (wrong.len == 0 || wrong.len > NEAREST_MOST)
        return NULL;
    for (; *names; names++) {
        struct souk_str name = souk_str(*names);
        if (name.len > NEAREST_MOST)
            continue;
        size_t far = distance(wrong, name);
        if (far < best || (far == best && !nearest)) {
            best = far;
            nearest = *names;
        }
    }
    return nearest;
}

static void make_hash_key(void)
{
    if (sodium_init() < 0)
        sodium_misuse();
    crypto_shorthash_keygen(hash_key);
}

uint64_t str_hash(struct souk_str text)
{
    unsigned char out[crypto_shorthash_BYTES];
    uint64_t hash;
    pthread_once(&hash_once, make_hash_key);
    crypto_shorthash(out, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len, hash_key);
    memcpy(&hash, out, sizeof(hash));
    return hash;
}

size_t str_copy(char *to, size_t size, struct souk_str text)
{
    if (size == 0)
        return 0;
    size_t len = text.len;
    if (len > size - 1) {
        len = size - 1;
        /* not through the middle of a character: fixed fields end up in JSON */
        for (int back = 0; back < 3 && len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80; back++)
            len--;
    }
    if (len)
        memcpy(to, text.ptr, len);
    to[len] = '\0';
    return len;
}

int str_equal_secret(struct souk_str a, struct souk_str b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.ptr, b.ptr, a.len) == 0);
}
