/*
 * view_variant: the variants of one product as its page shows them: prices, availability, which
 * one the shopper has chosen, and what other choices lead to.
 */
#ifndef SHOP_VIEW_VARIANT_H
#define SHOP_VIEW_VARIANT_H

#include "shop/price_row.h"
#include "shop/product.h"

struct option_value {
    int64_t id;
    struct souk_str code, name, color;
    int available;
};

struct option {
    struct souk_str code, name, type;
    struct option_value *values;
    int count, chosen; /* index of the value; -1: none */
};

struct shown_variant {
    int64_t id;
    struct souk_str sku;
    int availability; /* as in price_row.h */
    int enabled, available;
    int64_t stock;               /* -1: not told */
    int values[PRODUCT_OPTIONS]; /* for each option the index of its value, -1: none */
    struct price price;
    const struct price_row *rows; /* its prices, for other quantities */
    size_t row_count;
    struct json *image;
};

struct shown_variants {
    struct option options[PRODUCT_OPTIONS];
    int option_count;
    struct shown_variant *at;
    int count;
    struct shown_variant *selected, *cheapest; /* or NULL */
    int64_t highest;
    int available;
    int availability; /* the best of all */
    int64_t until;
};

/* Reads them and finds the selected one. */
int view_variants_read(struct db_conn *conn, struct arena *arena, const struct market *market,
                       int64_t id, struct souk_str sku, const struct json *chosen,
                       struct shown_variants *variants);

/* The same for readers of many products at once. Rows of one product's options stand together, in
 * their order and that of their values; their columns as in view.sql from `column` on. `reading`
 * is cleared before the first. 0: there are more than a product can have. */
struct option_reading {
    int64_t position;
    int cap, begun;
};
int view_option_add(struct arena *arena, struct db_rows *rows, int column,
                    struct option_reading *reading, struct shown_variants *variants);
/* "12,40": which value of each option this is; -1: none. */
void view_variant_values(const struct shown_variants *variants, struct souk_str ids,
                         int values[PRODUCT_OPTIONS]);
/* The product's address with these values (-1: none) in its query; options that leave no choice are
 * left out. */
struct souk_str view_choice_url(struct arena *arena, const struct shown_variants *variants,
                                struct souk_str url, const int *values);

/* The parts of the view; `url` is the product's own, `name` the words for a picture without any. */
struct json *view_variants_options(struct arena *arena, const struct shown_variants *variants,
                                   struct souk_str url);
struct json *view_variants_list(struct arena *arena, const struct market *market,
                                const struct shown_variants *variants, struct souk_str url);
/* One of them; NULL gives null. `lowest`: of the last 30 days, 0: not to be shown. */
struct json *view_variants_one(struct arena *arena, const struct market *market,
                               const struct shown_variants *variants,
                               const struct shown_variant *variant, struct souk_str url,
                               int64_t lowest);

#endif
