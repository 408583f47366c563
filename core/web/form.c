/*
 * form.c: decoding of application/x-www-form-urlencoded and of cookies, without copying
 * what needs no decoding.
 *
 * A long list is sorted by name once it is parsed: a form of 20,000 fields is asked for each of
 * them.
 *
 * No knowledge of requests beyond their header lists; multipart bodies are
 * multipart.c's.
 */
#include "web/form.h"

#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "base/utf8.h"

#define SORTED_FROM 100 /* fields */

void header_list_add(struct arena *arena, struct header_list *list, struct souk_str name,
                     struct souk_str value)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 16;
        struct header *at = arena_alloc(arena, cap * sizeof(*at));
        if (list->count)
            memcpy(at, list->at, list->count * sizeof(*at));
        list->at = at;
        list->cap = cap;
    }
    list->at[list->count++] = (struct header){name, value};
    list->sorted = NULL;
}

/* By name; those with one name in the order in which they came. */
static int by_name(const void *a, const void *b)
{
    const struct header *x = *(const struct header *const *)a;
    const struct header *y = *(const struct header *const *)b;
    int order = str_compare(x->name, y->name);
    return order ? order : (x > y) - (x < y);
}

static void sort_list(struct arena *arena, struct header_list *list)
{
    list->sorted = arena_array(arena, const struct header *, list->count);
    for (size_t i = 0; i < list->count; i++)
        list->sorted[i] = &list->at[i];
    qsort(list->sorted, list->count, sizeof *list->sorted, by_name);
}

/* Where the first of this name is, or would be, in the sorted list. */
static size_t first_of(const struct header_list *list, struct souk_str name)
{
    size_t from = 0, to = list->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (str_compare(list->sorted[middle]->name, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The next one of this name, *place onwards, which begins with 0; NULL. */
static const struct header *next_of(const struct header_list *list, struct souk_str name,
                                    size_t *place)
{
    if (list->sorted) {
        *place = *place ? *place : first_of(list, name);
        const struct header *at = *place < list->count ? list->sorted[(*place)++] : NULL;
        return at && souk_str_equal(at->name, name) ? at : NULL;
    }
    while (*place < list->count) {
        const struct header *at = &list->at[(*place)++];
        if (souk_str_equal(at->name, name))
            return at;
    }
    return NULL;
}

struct souk_str header_list_find(const struct header_list *list, const char *name)
{
    size_t place = 0;
    const struct header *found = next_of(list, souk_str(name), &place);
    return found ? found->value : souk_str("");
}

int header_list_has(const struct header_list *list, const char *name, const char *value)
{
    struct souk_str wanted = souk_str(name);
    size_t place = 0;
    for (const struct header *at; (at = next_of(list, wanted, &place)) != NULL;)
        if (!value || souk_str_is(at->value, value))
            return 1;
    return 0;
}

struct souk_str header_list_find_nocase(const struct header_list *list, const char *name)
{
    struct souk_str wanted = souk_str(name);
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].name.len == wanted.len && str_equal_nocase(list->at[i].name, wanted))
            return list->at[i].value;
    return souk_str("");
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int needs_decoding(struct souk_str raw, int plus)
{
    return memchr(raw.ptr, '%', raw.len) || (plus && memchr(raw.ptr, '+', raw.len));
}

int form_decode(struct arena *arena, struct souk_str raw, int plus, struct souk_str *out)
{
    *out = raw;
    if (raw.len && needs_decoding(raw, plus)) {
        char *to = arena_alloc(arena, raw.len + 1);
        size_t n = 0;
        for (size_t i = 0; i < raw.len; i++) {
            char c = raw.ptr[i];
            if (c == '%') {
                int high = i + 2 < raw.len ? hex(raw.ptr[i + 1]) : -1;
                int low = i + 2 < raw.len ? hex(raw.ptr[i + 2]) : -1;
                if (high < 0 || low < 0)
                    return SOUK_INVALID;
                c = (char)(high << 4 | low);
                i += 2;
            } else if (plus && c == '+') {
                c = ' ';
            }
            to[n++] = c;
        }
        to[n] = '\0';
        *out = str_make(to, n);
    }
    if (out->len && memchr(out->ptr, '\0', out->len))
        return SOUK_INVALID;
    return utf8_valid(*out) ? 0 : SOUK_INVALID;
}

int form_parse(struct arena *arena, struct souk_str text, size_t most, struct header_list *out)
{
    struct souk_str pair;
    int code = SOUK_OK;
    while (!code && str_split(&text, '&', &pair)) {
        ptrdiff_t equal = str_find(pair, '=');
        struct souk_str raw_name = equal < 0 ? pair : str_make(pair.ptr, (size_t)equal);
        struct souk_str raw_value = equal < 0 ? souk_str("") : str_from(pair, (size_t)equal + 1);
        struct souk_str name;
        struct souk_str value;
        if (!raw_name.len || form_decode(arena, raw_name, 1, &name) != 0 ||
            form_decode(arena, raw_value, 1, &value) != 0)
            continue;
        if (out->count == most)
            code = SOUK_TOO_LARGE;
        else
            header_list_add(arena, out, name, value);
    }
    if (out->count >= SORTED_FROM)
        sort_list(arena, out);
    return code;
}

void form_parse_cookies(struct souk_str text, struct arena *arena, struct header_list *out)
{
    struct souk_str pair;
    while (out->count < 100 && str_split(&text, ';', &pair)) {
        ptrdiff_t equal = str_find(pair, '=');
        if (equal <= 0)
            continue;
        struct souk_str name = str_trim(str_make(pair.ptr, (size_t)equal));
        struct souk_str value = str_trim(str_from(pair, (size_t)equal + 1));
        if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
            value = str_make(value.ptr + 1, value.len - 2);
        if (name.len)
            header_list_add(arena, out, name, value);
    }
}
