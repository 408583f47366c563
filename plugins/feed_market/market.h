/*
 * market: what the formats of feed_market share: elements of XML, mappings in settings, values of
 * items.
 */
#ifndef FEED_MARKET_H
#define FEED_MARKET_H

#include <souk.h>

extern const struct souk_feed_provider yml_provider, google_provider, csv_provider;

/* ---- settings ---- */

struct souk_str market_setting(const struct souk_feed *feed, const char *key);
int market_yes(const struct souk_feed *feed, const char *key); /* "yes", "true", "1" */

/* "key = value" a line; those that begin with # are for people. In the order of the text. */
struct market_map {
    struct market_pair {
        struct souk_str key, value;
    } * at;
    uint32_t count;
};
void market_map_read(struct souk_ctx *ctx, struct souk_str text, struct market_map *map);
/* The value of a key; empty: it is not there. */
struct souk_str market_map_find(const struct market_map *map, struct souk_str key);

/* SOUK_INVALID, naming the setting, when it is there and none of these, a list with commas. */
int market_one_of(struct souk_ctx *ctx, const struct souk_feed *feed, const char *key,
                  const char *words);

/* ---- categories ---- */

struct market_category {
    struct souk_str key, parent;
    int64_t id;
};
struct market_tree { /* sorted by key */
    struct market_category *at;
    uint32_t count;
};
void market_tree_read(struct souk_ctx *ctx, const struct souk_feed *feed, struct market_tree *tree);
const struct market_category *market_tree_find(const struct market_tree *tree, struct souk_str key);
/* The main one of an item, else the first that is there; NULL: none. */
const struct market_category *market_category_of(const struct market_tree *tree,
                                                 const struct souk_value *item);

/* ---- number.c: numbers of nine digits ---- */

struct market_numbers {
    uint32_t *slots; /* those that are taken, by hash; 0: free */
    uint32_t mask, count, last;
    int64_t last_id;
};
/* Room for so many. */
void market_numbers_make(struct souk_ctx *ctx, uint32_t room, struct market_numbers *numbers);
/* Of an id: calls with the same one stand together. 1 to 999999999; 0: no more room. */
uint32_t market_number(struct market_numbers *numbers, int64_t id);

/* ---- XML: errors stay in the feed, so only the last call is looked at ---- */

/* <name>text</name>, left out when the text is empty; `most` letters, 0: all. */
int market_element(struct souk_feed *feed, const char *name, struct souk_str text, uint32_t most);
int market_raw(struct souk_feed *feed, struct souk_str text); /* as it is */

/* ---- items ---- */

struct souk_str market_text(const struct souk_value *item, const char *key);
/* "12.90"; empty when there is none. */
struct souk_str market_price(struct souk_ctx *ctx, const struct souk_value *item, const char *key);
int64_t market_amount(const struct souk_value *item, const char *key); /* -1: none */
int market_is_reduced(const struct souk_value *item); /* compare_at is there, and higher */
/* Values of the option or attribute with this code, joined. */
struct souk_str market_values(struct souk_ctx *ctx, const struct souk_value *item,
                              struct souk_str code, const char *between);
struct souk_str market_join(struct souk_ctx *ctx, const struct souk_value *list,
                            const char *between);
int market_is_gtin(struct souk_str text); /* 8, 12, 13 or 14 digits and the right last one */
/* number / 10^digits, "1.250". */
struct souk_str market_decimal(struct souk_ctx *ctx, int64_t number, int digits);

#endif
