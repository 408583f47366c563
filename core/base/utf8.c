/*
 * utf8.c: all that needs Unicode, by utf8proc, which is included nowhere else.
 *
 * The idea: text is checked once where it enters; the other functions take valid text
 * and treat a stray byte, should one get in, as a character of its own rather than
 * fail. Folding is for search and comparison only: NFKD, case folded, accents and
 * ignorable characters dropped, so that "Crème", "CREME" and "creme" are equal.
 *
 * ASCII, which is most of it, takes a path of its own. Results live in the caller's
 * arena.
 */
#include "base/utf8.h"

#include <utf8proc.h>

/* The length of the sequence that begins at p, or 0 when it is not a valid one. */
static size_t sequence(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        return left >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if ((p[0] & 0xF0) == 0xE0) {
        unsigned char low = p[0] == 0xE0 ? 0xA0 : 0x80;
        unsigned char high = p[0] == 0xED ? 0x9F : 0xBF;
        return left >= 3 && p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 ? 3 : 0;
    }
    if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        unsigned char low = p[0] == 0xF0 ? 0x90 : 0x80;
        unsigned char high = p[0] == 0xF4 ? 0x8F : 0xBF;
        return left >= 4 && p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 &&
                       (p[3] & 0xC0) == 0x80
                   ? 4
                   : 0;
    }
    return 0;
}

int utf8_valid(struct souk_str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t left = text.len;
    while (left) {
        uint64_t word;
        if (left >= sizeof(word)) {
            memcpy(&word, p, sizeof(word));
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                p += sizeof(word);
                left -= sizeof(word);
                continue;
            }
        }
        size_t len = sequence(p, left);
        if (len == 0)
            return 0;
        p += len;
        left -= len;
    }
    return 1;
}

/* Reads one code point; a byte that is no UTF-8 counts as one. Never 0 when left > 0.
 */
static size_t next_point(const char *ptr, size_t left, utf8proc_int32_t *point)
{
    utf8proc_ssize_t len =
        utf8proc_iterate((const utf8proc_uint8_t *)ptr, (utf8proc_ssize_t)left, point);
    if (len <= 0) {
        *point = (unsigned char)*ptr;
        return 1;
    }
    return (size_t)len;
}

size_t utf8_length(struct souk_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

struct souk_str utf8_cut(struct souk_str text, size_t count)
{
    size_t at = 0, border = 0, points = 0;
    utf8proc_int32_t before = 0, state = 0;
    while (at < text.len) {
        utf8proc_int32_t point;
        size_t len = next_point(text.ptr + at, text.len - at, &point);
        if (at == 0 || utf8proc_grapheme_break_stateful(before, point, &state))
            border = at;
        if (points == count)
            return (struct souk_str){text.ptr, border};
        before = point;
        points++;
        at += len;
    }
    return text;
}

static int is_ascii(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return 0;
    return 1;
}

static struct souk_str ascii_case(struct arena *arena, struct souk_str text, char from, char to)
{
    char *out = arena_copy(arena, text.ptr, text.len);
    for (size_t i = 0; i < text.len; i++)
        if (out[i] >= from && out[i] <= to)
            out[i] = (char)(out[i] ^ 32);
    return (struct souk_str){out, text.len};
}

/* Accents go; the vowel signs, nuktas and viramas of Indic scripts and the vowels of
 * Thai, which are marks to Unicode as well, are letters to those who search: their
 * combining classes tell. */
static int is_accent(utf8proc_int32_t point)
{
    int class = utf8proc_get_property(point)->combining_class;
    return class >= 200 || (class >= 10 && class <= 36);
}

struct souk_str utf8_fold(struct arena *arena, struct souk_str text)
{
    if (is_ascii(text))
        return ascii_case(arena, text, 'A', 'Z');
    const utf8proc_option_t options =
        UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    const utf8proc_uint8_t *from = (const utf8proc_uint8_t *)text.ptr;
    utf8proc_ssize_t size = (utf8proc_ssize_t)text.len;
    utf8proc_ssize_t count = utf8proc_decompose(from, size, NULL, 0, options);
    if (count < 0)
        return ascii_case(arena, text, 'A', 'Z');
    utf8proc_int32_t *points = arena_alloc(arena, ((size_t)count + 1) * sizeof(*points));
    utf8proc_decompose(from, size, points, count, options);
    char *out = arena_alloc(arena, (size_t)count * 4 + 1);
    size_t len = 0;
    for (utf8proc_ssize_t i = 0; i < count; i++)
        if (!is_accent(points[i]))
            len += (size_t)utf8proc_encode_char(points[i], (utf8proc_uint8_t *)out + len);
    out[len] = '\0';
    return (struct souk_str){out, len};
}

typedef utf8proc_int32_t point_case(utf8proc_int32_t point);

/* Simple case mapping, one point to one. A result is at most 4 bytes a point, a point
 * at least 1. */
static struct souk_str map_case(struct arena *arena, struct souk_str text, point_case *change)
{
    char *out = arena_alloc(arena, text.len * 4 + 1);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        utf8proc_int32_t point;
        size_t step = next_point(text.ptr + at, text.len - at, &point);
        if (step == 1 && point >= 0x80)
            out[len++] = text.ptr[at];
        else
            len += (size_t)utf8proc_encode_char(change(point), (utf8proc_uint8_t *)out + len);
        at += step;
    }
    out[len] = '\0';
    return (struct souk_str){out, len};
}

struct souk_str utf8_upper(struct arena *arena, struct souk_str text)
{
    if (is_ascii(text))
        return ascii_case(arena, text, 'a', 'z');
    return map_case(arena, text, utf8proc_toupper);
}

struct souk_str utf8_lower(struct arena *arena, struct souk_str text)
{
    if (is_ascii(text))
        return ascii_case(arena, text, 'A', 'Z');
    return map_case(arena, text, utf8proc_tolower);
}
