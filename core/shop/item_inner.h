/*
 * item_inner: one piece of a walk between the files of item: what was found to be offered, what is
 * known of it, and the documents made of that. Included by item*.c only.
 */
#ifndef SHOP_ITEM_INNER_H
#define SHOP_ITEM_INNER_H

#include "shop/item.h"
#include "shop/view_variant.h"

struct item_offer { /* a variant that has a price */
    int64_t variant_id, product_id;
    struct price price;
    int64_t from, until; /* of a reduction; from 0: since ever, until INT64_MAX: no end */
};

struct item_product {
    int64_t id, main, changed_at; /* main: category, 0: none */
    struct souk_str key, type, brand, name, url, mpn, condition;
    struct souk_str summary, description, html; /* the first two are plain text */
    int64_t variants;
    const struct json *meta, *tags, *categories, *path;
    struct json *images, *attributes;
    struct shown_variants options; /* of it the options alone */
    struct option_reading reading;
};

struct item_piece {
    struct db_conn *conn;
    struct arena *arena;
    const struct market *market;
    const struct item_offer *offers;
    size_t offer_count;
    struct item_product *products; /* in order of their ids, as the offers are */
    size_t product_count;
};

/* Reads the products of the offers: five statements. */
int item_products_read(struct item_piece *piece);
struct item_product *item_product_of(struct item_piece *piece, int64_t id); /* or NULL */
/* Appends the offers as documents, with what is known of each variant: one statement. */
int item_offers_write(struct item_piece *piece, struct json *items);
/* [1,2,3]; ids that stand together are named once. */
struct souk_str item_ids(struct arena *arena, const int64_t *ids, size_t count);
/* A path of the shop as a whole address. */
struct souk_str item_address(struct arena *arena, struct souk_str path);

#endif
