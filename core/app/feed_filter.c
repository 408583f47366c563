/*
 * feed_filter.c: which items a feed wants, and what it appends to their addresses. A category
 * stands for all that lies below it.
 */
#include <stdlib.h>

#include "app/feed_inner.h"
#include "base/map.h"
#include "base/str.h"

struct feed_filter {
    struct map *categories; /* keys that are wanted; NULL: all */
    struct map *excluded;   /* SKUs; NULL: none */
    struct souk_str *gone;  /* keys that are wanted and not there */
    size_t gone_count;
    int only_available;
    int64_t price_from, price_to; /* -1: no bound */
    struct souk_str suffix;
};

static struct map *set_of(const struct json *list)
{
    if (!json_first(list))
        return NULL;
    struct map *set = mem_zalloc(sizeof *set);
    json_each(item, list) map_put(set, json_text(&item->value), set);
    return set;
}

/* Parents stand before their children, so one pass takes all that lies below. */
static void add_below(struct map *set, const struct json *categories)
{
    json_each(item, categories)
    {
        struct souk_str parent = json_text(json_at(&item->value, "parent"));
        if (parent.len && map_get(set, parent))
            map_put(set, json_text(json_at(&item->value, "key")), set);
    }
}

static void note_gone(struct arena *arena, struct feed_filter *filter, const struct json *wanted,
                      const struct json *categories)
{
    struct map there = {0};
    json_each(category, categories)
        map_put(&there, json_text(json_at(&category->value, "key")), filter);
    filter->gone = arena_array(arena, struct souk_str, wanted->count + 1u);
    json_each(key, wanted)
    {
        if (!map_get(&there, json_text(&key->value)))
            filter->gone[filter->gone_count++] = json_text(&key->value);
    }
    map_free(&there);
}

struct feed_filter *feed_filter_new(struct arena *arena, const struct json *doc,
                                    const struct json *categories)
{
    struct feed_filter *filter = arena_new(arena, struct feed_filter);
    filter->categories = set_of(json_at(doc, "categories"));
    if (filter->categories) {
        note_gone(arena, filter, json_at(doc, "categories"), categories);
        add_below(filter->categories, categories);
    }
    filter->excluded = set_of(json_at(doc, "excluded"));
    filter->only_available = json_true(json_at(doc, "only_available"));
    filter->price_from = json_int(json_at(doc, "price_from"), -1);
    filter->price_to = json_int(json_at(doc, "price_to"), -1);
    filter->suffix = json_text(json_at(doc, "suffix"));
    return filter;
}

static int is_in(const struct map *set, const struct json *keys)
{
    json_each(key, keys)
    {
        if (map_get(set, json_text(&key->value)))
            return 1;
    }
    return 0;
}

static void free_set(struct map *set)
{
    if (!set)
        return;
    map_free(set);
    free(set);
}

void feed_filter_free(struct feed_filter *filter)
{
    if (!filter)
        return;
    free_set(filter->categories);
    free_set(filter->excluded);
}

int feed_filter_takes(const struct feed_filter *filter, const struct json *item)
{
    int64_t amount = json_int(json_at(json_at(item, "price"), "amount"), 0);
    if (filter->only_available && !json_true(json_at(item, "available")))
        return 0;
    if ((filter->price_from >= 0 && amount < filter->price_from) ||
        (filter->price_to >= 0 && amount > filter->price_to))
        return 0;
    if (filter->excluded && map_get(filter->excluded, json_text(json_at(item, "sku"))))
        return 0;
    return !filter->categories || is_in(filter->categories, json_at(item, "categories"));
}

int feed_filter_gone(const struct feed_filter *filter, size_t index, struct souk_str *key)
{
    if (index >= filter->gone_count)
        return 0;
    *key = filter->gone[index];
    return 1;
}

/* {sku} and {key} stand for those of the item. */
static void add_suffix(struct buf *out, struct souk_str suffix, const struct json *item)
{
    static const struct {
        const char *word, *key;
    } words[] = {{"{sku}", "sku"}, {"{key}", "key"}};
    while (suffix.len) {
        size_t word = 0, count = sizeof words / sizeof *words;
        while (word < count && !str_starts(suffix, words[word].word))
            word++;
        if (word == count) {
            buf_add_char(out, suffix.ptr[0]);
            suffix = str_from(suffix, 1);
            continue;
        }
        buf_add_encoded(out, json_text(json_at(item, words[word].key)));
        suffix = str_from(suffix, strlen(words[word].word));
    }
}

void feed_filter_address(const struct feed_filter *filter, struct arena *arena, struct json *item)
{
    struct souk_str url = json_text(json_at(item, "url")), part = STR_NULL;
    ptrdiff_t hash = str_find(url, '#');
    struct buf out = {.arena = arena};
    if (!filter->suffix.len || !url.len)
        return;
    if (hash >= 0) { /* a query stands before the part of the page */
        part = str_from(url, (size_t)hash);
        url.len = (size_t)hash;
    }
    buf_add_str(&out, url);
    buf_add_char(&out, str_find(url, '?') < 0 ? '?' : '&');
    add_suffix(&out, filter->suffix, item);
    buf_add_str(&out, part);
    json_add_str(arena, item, "url", buf_str(&out));
}
