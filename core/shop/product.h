/*
 * product: products as documents. One JSON document holds a whole product with its texts, options,
 * variants, prices, stock, pictures and links; product_save is the one way in (import, admin pages,
 * REST, demo) and product_load the one way out (export, forms, comparison).
 *
 * The document. Absent members keep what is there, null clears, lists replace the whole list
 * (variants are matched by "sku", then by their options). Money: minor units of the shop's currency
 * or of the price list's.
 *
 *   {"key": "hoodie", "type": "variable", "status": "active", "visibility": "both", "featured":
 * false, "brand": "Acme", "tax_class": "standard" | null, "publish_from": RFC 3339 | null,
 * "publish_until": …, "categories": ["clothing/hoodies"] keys, or ["Clothing", "Hoodies"] paths of
 * names in the default locale, made when missing; the first is the main one "tags": ["warm"],
 *    "text": {"en": {"name", "slug", "summary", "description", "seo_title", "seo_description"}, …},
 *    "attributes": [{"code" | "name", "values": ["Cotton"], "visible": true} |
 *                   {"code" | "name", "text": "…"}],
 *    "options": [{"code" | "name", "values": ["S", "M"]}],
 *    "variants": [{"sku", "barcode", "enabled", "options": {"size": "S"}, "weight_g", "length_mm",
 *        "width_mm", "height_mm", "cost", "tax_class", "tracked", "stock", "backorder",
 * "low_stock", "image": source, "meta": {…}, "prices": [{"list": "base", "amount", "compare_at",
 * "min_quantity", "from", "until"}]}], "images": [{"source": "https://…" | "upload:…", "alt":
 * {"en": "…"}}], "links": {"related": [key], "upsell": …, "crosssell": …, "accessory": …, "bundle":
 * [{"key" | "sku", "quantity"}]}, "meta": {…}}
 *
 * "variants_mode": "merge" (or "variants_complete": false) touches the given variants alone; else a
 * variant that the list leaves out is removed. Options may be left out of a new product whose first
 * variant names them.
 *
 * Names of attribute values are matched case-insensitively within their attribute and made when
 * missing; {"name": {"en": …, "bg": …}, "code", "color"} gives a value or attribute with
 * translations. A variant without a sku gets "<key>-<value>-…", made unique.
 */
#ifndef SHOP_PRODUCT_H
#define SHOP_PRODUCT_H

#include "base/json.h"
#include "shop/market.h"
#include "store/db.h"

#define PRODUCT_OPTIONS  8
#define PRODUCT_VARIANTS 2000

enum product_change { PRODUCT_CREATED, PRODUCT_UPDATED, PRODUCT_UNCHANGED };

struct product_result {
    int64_t id;
    int change;                      /* enum product_change, of the product itself */
    int created, updated, unchanged; /* of its variants; those not in the document do not count */
    int links_missing;               /* targets of links that are not there yet */
    char pointer[80]; /* on SOUK_INVALID: the JSON pointer of what is wrong: "/variants/2/sku" */
};

/* In a write. Finds the product by "key" (by "id" when given, or by the SKU of a variant when
 * neither is), changes what differs, keeps slugs, search index, stock ledger, price history and
 * catalogue_state right. `reason` is for the stock ledger ("import", "edit"). SOUK_INVALID or
 * SOUK_CONFLICT (a SKU of another product) with words in *err and the place in result->pointer;
 * SOUK_NOT_FOUND: neither key nor name to make one. With "version" in the document: SOUK_CONFLICT
 * when it has changed since. Links to products that are not there yet are left out and counted by
 * result->links_missing. */
int product_save(struct db_conn *conn, struct arena *arena, const struct json *doc,
                 const char *reason, int64_t now, struct product_result *result, struct err *err);
/* Sets the links of a product alone: after an import, when all are there. Unknown targets are
 * listed in `missing` (array of strings; may be NULL). *changed: 1 when rows changed. */
int product_link(struct db_conn *conn, struct arena *arena, int64_t id, const struct json *links,
                 struct json *missing, int *changed, struct err *err);
/* The whole document, members in the order above, "id" and "version" first. */
int product_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc);
int product_find(struct db_conn *conn, struct souk_str key, int64_t *id);
int product_find_sku(struct db_conn *conn, struct souk_str sku, int64_t *product_id,
                     int64_t *variant_id);
/* Ids in order, after `after`, at most `limit`: for walking all. Count returned. */
int product_walk(struct db_conn *conn, int64_t after, int limit, int64_t *ids);
/* Archives; a product that was never sold may be removed with `purge`. */
int product_archive(struct db_conn *conn, int64_t id, int purge, int64_t now, struct err *err);

/* ---- what shoppers see ---- */

/* Is it to be seen at this moment: active, within its window, visible in `where` ('c' catalog, 's'
 * search, 'p' its own page)? */
/* One product page: the shape of `GET /api/v1/products/{slug}` and more: {"id", "slug", "url",
 * "name", "summary_html", "description_html", "brand", "type", "price", "price_max", "compare_at",
 * "lowest_30_days": money|null, "tax_note", "available", "availability", "categories": [{"slug",
 * "name", "url"}], "breadcrumb": […], "images": [{"url", "srcset", "webp", "width", "height",
 * "alt"}], "options": [{"code", "name", "values": [{"code", "name", "color", "selected",
 * "available", "url"}]}], "variants": [{"sku", "options", "price", "compare_at", "available",
 * "availability", "stock": n|null, "image", "tiers"}], "selected": variant|null, "attributes":
 * [{"code", "name", "values"}], "links": {"related": [card], …}, "seo": {"title", "description"},
 * "urls": {locale: url}, "external_url", "button_text", "changed_at"}. `sku` (may be empty) selects
 * a variant; option choices come as `chosen` {"size": "m"} (may be NULL). SOUK_NOT_FOUND when not
 * to be seen. *until (may be NULL) gets the moment when a price or window changes, 0: never. */
int product_view(struct db_conn *conn, struct arena *arena, const struct market *market, int64_t id,
                 struct souk_str sku, const struct json *chosen, struct json **view,
                 int64_t *until);
/* Cards of lists, in the order of `ids`; what is not to be seen is left out: {"id", "slug", "url",
 * "name", "price", "price_from": bool (prices differ), "compare_at", "available", "availability",
 * "image": {"url", "srcset", "width", "height", "alt"}|null, "brand"}. A fixed number of queries,
 * however many ids. */
int product_cards(struct db_conn *conn, struct arena *arena, const struct market *market,
                  const int64_t *ids, size_t count, struct json *cards);

/* The same; *until (may be NULL) gets the moment when a price or window changes one of them, if
 * that is nearer than what stands there (0: never). */
int product_cards_until(struct db_conn *conn, struct arena *arena, const struct market *market,
                        const int64_t *ids, size_t count, struct json *cards, int64_t *until);

#endif
