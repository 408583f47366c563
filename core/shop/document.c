/*
 * document.c: patches and comparison of documents. See document.h.
 */
#include "shop/document.h"

struct json *document_merge(struct arena *arena, const struct json *base, const struct json *patch)
{
    struct json *merged = json_new(arena, JSON_OBJECT);
    json_each(item, base)
    {
        const struct json *over = json_get(patch, item->key);
        if (over && over->kind == JSON_NULL)
            continue;
        struct json *place = json_add_key(arena, merged, item->key, JSON_NULL);
        if (over && over->kind == JSON_OBJECT && item->value.kind == JSON_OBJECT)
            *place = *document_merge(arena, &item->value, over);
        else
            *place = over ? *over : item->value;
    }
    json_each(item, patch)
    {
        if (item->value.kind == JSON_NULL || json_get(base, item->key))
            continue;
        struct json *place = json_add_key(arena, merged, item->key, JSON_NULL);
        *place = item->value;
    }
    return merged;
}

static int document_same_list(const struct json *a, const struct json *b)
{
    const struct json_item *other = json_first(b);
    json_each(item, a)
    {
        if (!other || !document_same(&item->value, &other->value))
            return 0;
        other = other->next;
    }
    return other == NULL;
}

static int document_same_members(const struct json *a, const struct json *b)
{
    if (a->count != b->count)
        return 0;
    json_each(item, a)
    {
        const struct json *other = json_get(b, item->key);
        if (!other || !document_same(&item->value, other))
            return 0;
    }
    return 1;
}

int document_same(const struct json *a, const struct json *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind)
        return 0;
    switch (a->kind) {
    case JSON_NULL: return 1;
    case JSON_STRING:
    case JSON_HTML: return souk_str_equal(a->text, b->text);
    case JSON_REAL: return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case JSON_ARRAY: return document_same_list(a, b);
    case JSON_OBJECT: return document_same_members(a, b);
    default: return a->number == b->number;
    }
}

struct souk_str document_text(struct arena *arena, const struct json *tree)
{
    struct buf out = {.arena = arena};
    if (!tree)
        return souk_str("");
    json_print(&out, tree);
    return buf_str(&out);
}

int document_is_locale(struct souk_str code)
{
    size_t small = 0;
    while (small < code.len && code.ptr[small] >= 'a' && code.ptr[small] <= 'z')
        small++;
    if (small < 2 || small > 3 || code.len > 16 || (small < code.len && code.ptr[small] != '-'))
        return 0;
    for (size_t i = small; i < code.len; i++) {
        char c = code.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c == '-' && i + 1 < code.len)))
            return 0;
    }
    return 1;
}

void document_add_str(struct arena *arena, struct json *parent, const char *key,
                      struct souk_str text)
{
    if (text.len)
        json_add_str(arena, parent, key, arena_str(arena, text));
}
