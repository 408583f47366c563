/*
 * feed_market: the catalogue for markets: Yandex YML, Google Merchant, and CSV with columns of
 * one's own. Each is a provider of kind "feed"; what it writes stands in yml.c, google.c and csv.c.
 * The core walks the catalogue, filters, keeps the file and serves it.
 */
#include "market.h"

#include <stdlib.h>

SOUK_EMBED(bg, "locale/bg.mo");
SOUK_EMBED(hu, "locale/hu.mo");
SOUK_EMBED(hy, "locale/hy.mo");
SOUK_EMBED(bn, "locale/bn.mo");

/* ---- settings ---- */

struct souk_str market_setting(const struct souk_feed *feed, const char *key)
{
    return souk_trim(souk_text(souk_get(feed->settings, key)));
}

int market_yes(const struct souk_feed *feed, const char *key)
{
    struct souk_str text = market_setting(feed, key);
    return souk_str_is(text, "yes") || souk_str_is(text, "true") || souk_str_is(text, "1");
}

int market_one_of(struct souk_ctx *ctx, const struct souk_feed *feed, const char *key,
                  const char *words)
{
    struct souk_str text = market_setting(feed, key);
    if (text.len == 0 || souk_in_list(souk_str(words), text))
        return SOUK_OK;
    return souk_fail(ctx, SOUK_INVALID, "%s: is one of %s", key, words);
}

void market_map_read(struct souk_ctx *ctx, struct souk_str text, struct market_map *map)
{
    struct souk_str rest = text, line, key;
    uint32_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    map->at = souk_alloc(ctx, lines * sizeof *map->at);
    map->count = 0;
    while (souk_split(&rest, '\n', &line)) {
        struct souk_str value = souk_trim(line);
        if (value.len == 0 || value.ptr[0] == '#' || !souk_split(&value, '=', &key))
            continue;
        map->at[map->count].key = souk_trim(key);
        map->at[map->count++].value = souk_trim(value);
    }
}

struct souk_str market_map_find(const struct market_map *map, struct souk_str key)
{
    for (uint32_t i = 0; i < map->count; i++)
        if (souk_str_equal(map->at[i].key, key))
            return map->at[i].value;
    return souk_str("");
}

/* ---- categories ---- */

static int by_key(const void *a, const void *b)
{
    return souk_text_order(((const struct market_category *)a)->key,
                           ((const struct market_category *)b)->key);
}

void market_tree_read(struct souk_ctx *ctx, const struct souk_feed *feed, struct market_tree *tree)
{
    struct souk_walk walk = souk_walk(feed->categories);
    tree->at = souk_alloc(ctx, (souk_count_of(feed->categories) + 1) * sizeof *tree->at);
    tree->count = 0;
    while (souk_step(&walk)) {
        struct market_category *category = &tree->at[tree->count++];
        category->key = market_text(walk.value, "key");
        category->parent = market_text(walk.value, "parent");
        category->id = souk_int(souk_get(walk.value, "id"), 0);
    }
    qsort(tree->at, tree->count, sizeof *tree->at, by_key);
}

const struct market_category *market_tree_find(const struct market_tree *tree, struct souk_str key)
{
    struct market_category wanted = {.key = key};
    return tree->count ? bsearch(&wanted, tree->at, tree->count, sizeof wanted, by_key) : NULL;
}

const struct market_category *market_category_of(const struct market_tree *tree,
                                                 const struct souk_value *item)
{
    const struct market_category *found = market_tree_find(tree, market_text(item, "category"));
    struct souk_walk walk = souk_walk(souk_get(item, "categories"));
    while (!found && souk_step(&walk))
        found = market_tree_find(tree, souk_text(walk.value));
    return found;
}

/* ---- XML ---- */

int market_raw(struct souk_feed *feed, struct souk_str text)
{
    return souk_feed_write(feed, text);
}

int market_element(struct souk_feed *feed, const char *name, struct souk_str text, uint32_t most)
{
    if (text.len == 0)
        return SOUK_OK;
    souk_feed_put(feed, "<");
    souk_feed_put(feed, name);
    souk_feed_put(feed, ">");
    souk_feed_xml(feed, text, most);
    souk_feed_put(feed, "</");
    souk_feed_put(feed, name);
    return souk_feed_put(feed, ">\n");
}

/* ---- items ---- */

struct souk_str market_text(const struct souk_value *item, const char *key)
{
    return souk_text(souk_get(item, key));
}

int64_t market_amount(const struct souk_value *item, const char *key)
{
    return souk_int(souk_get(souk_get(item, key), "amount"), -1);
}

struct souk_str market_price(struct souk_ctx *ctx, const struct souk_value *item, const char *key)
{
    int64_t amount = market_amount(item, key);
    return amount < 0
               ? souk_str("")
               : souk_decimal_text(ctx, amount, market_text(souk_get(item, key), "currency"));
}

int market_is_reduced(const struct souk_value *item)
{
    return market_amount(item, "compare_at") > market_amount(item, "price");
}

struct souk_str market_join(struct souk_ctx *ctx, const struct souk_value *list,
                            const char *between)
{
    struct souk_walk walk = souk_walk(list);
    struct souk_str joined = souk_str("");
    while (souk_step(&walk)) {
        struct souk_str text = souk_text(walk.value);
        if (text.len == 0)
            continue;
        joined = joined.len
                     ? souk_printf(ctx, "%.*s%s%.*s", SOUK_PRI(joined), between, SOUK_PRI(text))
                     : text;
    }
    return joined;
}

struct souk_str market_values(struct souk_ctx *ctx, const struct souk_value *item,
                              struct souk_str code, const char *between)
{
    struct souk_walk walk = souk_walk(souk_get(item, "options"));
    while (souk_step(&walk))
        if (souk_str_equal(market_text(walk.value, "code"), code))
            return market_text(walk.value, "value");
    walk = souk_walk(souk_get(item, "attributes"));
    while (souk_step(&walk))
        if (souk_str_equal(market_text(walk.value, "code"), code))
            return market_join(ctx, souk_get(walk.value, "values"), between);
    return souk_str("");
}

int market_is_gtin(struct souk_str text)
{
    int sum = 0;
    if (text.len != 8 && (text.len < 12 || text.len > 14))
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[text.len - 1 - i];
        if (c < '0' || c > '9')
            return 0;
        sum += (c - '0') * (i % 2 ? 3 : 1);
    }
    return sum > 0 && sum % 10 == 0;
}

struct souk_str market_decimal(struct souk_ctx *ctx, int64_t number, int digits)
{
    int64_t unit = 1;
    for (int i = 0; i < digits; i++)
        unit *= 10;
    return souk_printf(ctx, "%lld.%0*lld", (long long)(number / unit), digits,
                       (long long)(number % unit));
}

/* ---- the plugin ---- */

static const struct souk_provider providers[] = {
    {"feed", "yml", &yml_provider},
    {"feed", "google", &google_provider},
    {"feed", "csv", &csv_provider},
};

static const struct souk_file files[] = {
    SOUK_FILE("locale/bg.mo", bg),
    SOUK_FILE("locale/hu.mo", hu),
    SOUK_FILE("locale/hy.mo", hy),
    SOUK_FILE("locale/bn.mo", bn),
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "feed_market",
    .version = "1.0.0",
    .summary = "Feeds of the catalogue: Yandex YML, Google Merchant, CSV",
    .contact = "plugins@example.org",
    .license = "MIT",
    .files = SOUK_TABLE(files),
    .providers = SOUK_TABLE(providers),
};
