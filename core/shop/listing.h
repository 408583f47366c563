/*
 * listing: lists of products: a category, a search, filters, sorting, counts of facets, paging.
 *
 * The idea: the columns that lists are made of (categories, filterable attribute and option values,
 * brand, lowest price, availability, age, popularity) are held in memory as bitmaps and arrays over
 * all products, built from one snapshot and replaced as a whole. What has changed since is asked
 * from the database and corrects the answer, so a list is exact for the snapshot of its reader
 * whatever the age of the columns. Only the cards of one page are then read from the database.
 *
 * A product has a value of an attribute when itself or one of its enabled variants has it. Values
 * of one attribute are alternatives (or), attributes add up (and). The count beside a value is the
 * number of products that the list would have with this value alone chosen of its attribute, and
 * the other attributes and the price as they are.
 *
 * Those who write the catalogue keep catalogue_state and catalogue_change right (catalogue_bump): a
 * version with products to its name changes these alone, one without changes anything. A popularity
 * that is written without it only orders lists late.
 */
#ifndef SHOP_LISTING_H
#define SHOP_LISTING_H

#include "base/json.h"
#include "shop/market.h"
#include "store/db.h"

#define LISTING_FILTERS 16
#define LISTING_PAGE    100

struct listing_filter {
    struct souk_str attribute;  /* code, or "brand", "price", "available" */
    struct souk_str values[32]; /* codes; of price: "10.00-50.00" in major units */
    int count;
};

struct listing_query {
    struct souk_str q;   /* what was searched, as typed; empty: none */
    int64_t category_id; /* with all below it; 0: all */
    struct listing_filter filters[LISTING_FILTERS];
    int filter_count;
    struct souk_str
        sort; /* "relevance" "popular" "new" "price" "-price" "name"; empty: the default */
    struct souk_str cursor; /* of the page before; or */
    int64_t page;           /* 1, 2 …; 0: by cursor */
    int limit;              /* 0: 24; at most LISTING_PAGE */
    int plain;              /* no facets are wanted beside it: they are most of the work */
};

struct listing_result {
    int64_t total;
    int64_t *ids; /* of this page, in the arena */
    int count;
    struct json *facets; /* [{"key", "label", "values": [{"value", "label", "count", "selected"}]}];
                            values that would give nothing are left out unless selected; "price" has
                            "min" and "max" in minor units too; the labels "Brand", "Price",
                            "Availability" and "In stock" are message ids, to be translated */
    struct souk_str next;      /* cursor; empty at the end */
    struct souk_str corrected; /* what was searched instead, when q itself found nothing */
    struct json *suggestions;  /* words to try when nothing was found: array of strings */
    int64_t exact_id;          /* q is the SKU or barcode of this product; 0 */
    int64_t until;             /* when a price or window changes the list; 0: never */
};

/* Builds the columns now (at start, so that the first visitor does not wait); later they are kept
 * by listing_turn from the clock, which hands a rebuild to a worker when much has changed. */
int listing_setup(struct db *db, struct err *err);
void listing_refresh(struct db *db); /* rebuilds if it is worth it; task or job thread */
int listing_stale(struct db *db);    /* cheap: has enough changed? */
void listing_end(void);

/* In a read snapshot. SOUK_INVALID: an unknown sort or a broken cursor, with words. Unknown filters
 * and values match nothing. */
int listing_run(struct db_conn *conn, struct arena *arena, const struct market *market,
                const struct listing_query *query, struct listing_result *result, struct err *err);
/* From a query string's fields: q, category (slug), sort, page, cursor, limit and attributes;
 * fields of other names are passed over. */
int listing_parse(struct db_conn *conn, struct arena *arena, const struct market *market,
                  const struct souk_str *names, const struct souk_str *values, size_t count,
                  struct listing_query *query, struct err *err);
/* What the boxes of a form for the two ends of a price are called. */
#define LISTING_PRICE_FROM "price[from]"
#define LISTING_PRICE_TO   "price[to]"
/* "color" of "color[]", which is what forms send. */
struct souk_str listing_name(struct souk_str name);
/* "10-50" of the two ends; empty when both are. */
struct souk_str listing_price_range(struct arena *arena, struct souk_str from, struct souk_str to);
int listing_same_range(struct souk_str a, struct souk_str b); /* "0-10" and "-10.00" */
/* Would listing_parse take this value of this (clean) name? Not asked: whether there is such a
 * category or attribute. */
int listing_sensible(struct souk_str name, struct souk_str value);

#endif
