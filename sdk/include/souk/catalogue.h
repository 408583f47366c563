/*
 * The catalogue: products as documents, what shoppers see of them, lists, categories, stock.
 *
 * A product is one document, {"key", "type", "status", "brand", "tax_class", "categories", "text":
 * {"en": {"name", …}}, "options", "variants": [{"sku", "options", "stock", "prices", …}], "images",
 * "links", "meta"}: what `souk export --format souk` writes a line of. souk_product_get gives it
 * whole, souk_product_save takes it: members that are absent keep what is there, null clears, lists
 * replace the whole list. A document shows what staff see; what a shopper sees, at which price and
 * in which language, is made for terms.
 *
 * An item is one variant as it is offered to somebody: what a feed, a price comparison or a search
 * service wants. A map of:
 * - "id" (of the variant), "product" (its id), "sku", "key" (of the product), "group" (the key
 *   when the product has several variants, else "")
 * - "name" (with the options behind a comma), "title" (without them), "summary" and "description"
 *   (plain text, one line), "description_html"
 * - "url" (whole, of this variant), "images" (whole addresses, the variant's own first)
 * - "brand", "barcode", "mpn" (of the meta, or an attribute "mpn"; else ""), "type" ("simple" …),
 *   "condition" (of the meta; else "new")
 * - "price" {"amount", "currency"}: what the page, JSON-LD and the API say, for one; "compare_at"
 *   (the same shape, or null), "sale_from" and "sale_until" (RFC 3339, or null)
 * - "availability" ("in_stock", "low_stock", "backorder", "out_of_stock"), "available" (bool),
 *   "stock" (how many are free; null: not counted)
 * - "category" (key of the main one, or ""), "category_path" (its names, from the top),
 *   "categories" (all keys), "tags"
 * - "options" (list of {"code", "name", "value"}), "attributes" (list of {"code", "name", "unit",
 *   "values": […]})
 * - "weight_g", "length_mm", "width_mm", "height_mm" (or null), "cost" (minor units of the shop's
 *   currency, or null)
 * - "meta" (the product's, with the variant's own members over it), "changed_at" (microseconds)
 *
 * Items that have no price under the terms, or are not to be seen, do not occur.
 *
 * Ids are numbers in all of these; outside of souk, where a number has 53 bits, write them as text.
 * Addresses are whole as far as the shop knows its own (shop.url), else they begin with "/".
 */
#ifndef SOUK_CATALOGUE_H
#define SOUK_CATALOGUE_H

#include <souk/db.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Under which something is shown or priced. Cleared members mean: as the request has it (its
 * language, the price group of whoever is signed in), outside of one the shop's own. A place is
 * told as a whole: where there is a country, an empty region is none. */
struct souk_terms {
    uint32_t size; /* sizeof(struct souk_terms) */
    int32_t reserved;
    int64_t at; /* the moment; 0: now */
    struct souk_str locale;
    struct souk_str currency;
    struct souk_str group;   /* price group */
    struct souk_str channel; /* "web" */
    struct souk_str country, region, postcode;
};

struct souk_product_result { /* cleared by souk_product_save */
    uint32_t size;           /* sizeof(struct souk_product_result) */
    int32_t change;          /* 0 created, 1 updated, 2 as it was already */
    int64_t id;
    struct souk_str pointer; /* of what was wrong in the document: "/variants/2/sku" */
};

struct souk_catalogue_api { /* since 0.2 */
    uint32_t size;
    uint32_t reserved;
    int (*get)(struct souk_ctx *ctx, int64_t product_id, const struct souk_value **product);
    int (*find)(struct souk_ctx *ctx, const char *by, struct souk_str text, int64_t *product_id,
                int64_t *variant_id);
    int (*view)(struct souk_ctx *ctx, int64_t product_id, const struct souk_terms *terms,
                const struct souk_value **view);
    int (*list)(struct souk_ctx *ctx, const struct souk_value *query,
                const struct souk_terms *terms, const struct souk_value **page);
    int (*walk)(struct souk_ctx *ctx, const struct souk_terms *terms, int64_t *after,
                uint32_t limit, const struct souk_value **items);
    int (*categories)(struct souk_ctx *ctx, const struct souk_terms *terms,
                      const struct souk_value **list);
    int (*save)(struct souk_ctx *ctx, const struct souk_value *product,
                struct souk_product_result *result);
    int (*stock)(struct souk_ctx *ctx, int64_t variant_id, int64_t *on_hand, int64_t *reserved);
    int (*stock_move)(struct souk_ctx *ctx, int64_t variant_id, int64_t delta,
                      struct souk_str subject);
    int (*stock_count)(struct souk_ctx *ctx, int64_t variant_id, int64_t on_hand);
    int (*version)(struct souk_ctx *ctx, int64_t *version);
};

/* clang-format off */

/* The product's document. SOUK_NOT_FOUND. [serving; 0.2] */
static inline int souk_product_get(struct souk_ctx *ctx, int64_t product_id, const struct souk_value **product) { return souk_api->catalogue->get(ctx, product_id, product); }
/* By "key", "slug" (of any language, also a former one), "sku" or "barcode" (of several variants, one that is on). *variant_id (may be NULL) is 0 when the product itself was named. SOUK_NOT_FOUND; SOUK_INVALID: no such
 * way to look. [serving; 0.2] */
static inline int souk_product_find(struct souk_ctx *ctx, const char *by, struct souk_str text, int64_t *product_id, int64_t *variant_id) { return souk_api->catalogue->find(ctx, by, text, product_id, variant_id); }
/* What its page shows: as GET /api/v1/products/{slug}, but that ids are numbers. `terms` may be NULL. SOUK_NOT_FOUND: there is none, or it is not to be seen. [serving; 0.2] */
static inline int souk_product_view(struct souk_ctx *ctx, int64_t product_id, const struct souk_terms *terms, const struct souk_value **view) { return souk_api->catalogue->view(ctx, product_id, terms, view); }
/* A list as GET /api/v1/products gives it, {"items", "total", "facets", "corrected", "suggestions", "next"}; `query` is a map of its parameters, NULL: all:
 * {"q": "tea", "category": "drinks", "limit": 12, "color": ["red", "blue"]}. SOUK_INVALID: an unknown sort, a broken cursor. [serving; 0.2] */
static inline int souk_product_list(struct souk_ctx *ctx, const struct souk_value *query, const struct souk_terms *terms, const struct souk_value **page) { return souk_api->catalogue->list(ctx, query, terms, page); }
/* All that is offered under the terms, in pieces: *after begins as 0 and is moved on, to a number that may be negative; up to `limit` (at most 500) items; an empty
 * list is the end. Variants of a product stand together. A piece is one snapshot; all of them are not. What the former piece (or souk_order_list) gave is forgotten:
 * copy what you keep (souk_set_copy). SOUK_CONFLICT: the variant at which it stood was removed meanwhile; begin with 0 again. [READ TASK; 0.2] */
static inline int souk_item_walk(struct souk_ctx *ctx, const struct souk_terms *terms, int64_t *after, uint32_t limit, const struct souk_value **items) { return souk_api->catalogue->walk(ctx, terms, after, limit, items); }
/* All categories that are to be seen, parents before children: {"id", "key", "parent" (key or ""), "parent_id" (or 0), "name", "slug", "url" (whole)}. [serving; 0.2] */
static inline int souk_categories(struct souk_ctx *ctx, const struct souk_terms *terms, const struct souk_value **list) { return souk_api->catalogue->categories(ctx, terms, list); }
/* Makes or changes a product: found by "key" (or "id", or the SKU of a variant). `result` may be NULL. Staff see it in the history as this plugin's.
 * SOUK_INVALID and SOUK_CONFLICT (a SKU of another product, a "version" that is over) with words and result->pointer; nothing has changed then. It closes open
 * queries first, in WRITE too. [WRITE TASK; waits; 0.2] */
static inline int souk_product_save(struct souk_ctx *ctx, const struct souk_value *product, struct souk_product_result *result) { return souk_api->catalogue->save(ctx, product, result); }
/* How many are there, and how many of them are promised to orders. SOUK_NOT_FOUND: no such variant, or it is not counted. [serving; 0.2] */
static inline int souk_stock(struct souk_ctx *ctx, int64_t variant_id, int64_t *on_hand, int64_t *reserved) { return souk_api->catalogue->stock(ctx, variant_id, on_hand, reserved); }
/* Adds `delta` (may be negative) with a row in the ledger that names this plugin and `subject` ("delivery:17"). SOUK_CONFLICT: fewer are free; SOUK_NOT_FOUND.
 * [WRITE TASK; waits; 0.2] */
static inline int souk_stock_move(struct souk_ctx *ctx, int64_t variant_id, int64_t delta, struct souk_str subject) { return souk_api->catalogue->stock_move(ctx, variant_id, delta, subject); }
/* Sets what was counted; the ledger gets the difference. SOUK_NOT_FOUND. [WRITE TASK; waits; 0.2] */
static inline int souk_stock_count(struct souk_ctx *ctx, int64_t variant_id, int64_t on_hand) { return souk_api->catalogue->stock_count(ctx, variant_id, on_hand); }
/* A number that grows with each change of what shoppers see, pictures that became ready among it: the same number, the same catalogue, but for what time alone changes. [serving; 0.2] */
static inline int souk_catalogue_version(struct souk_ctx *ctx, int64_t *version) { return souk_api->catalogue->version(ctx, version); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
