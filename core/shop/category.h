/*
 * category: the tree, and attributes and brands beside it. A category is saved and loaded as a
 * document like a product.
 *
 *   {"key": "clothing/hoodies", "parent": "clothing" | null, "position", "hidden", "sort",
 *    "image": source, "rule": {"all": [{"brand"|"tag"|"attribute": …, "is": …}, {"price_below": n},
 *    {"newer_than_days": n}]} | null, "attributes": [code],
 *    "text": {"en": {"name", "slug", "description", "seo_title", "seo_description"}}}
 */
#ifndef SHOP_CATEGORY_H
#define SHOP_CATEGORY_H

#include "base/json.h"
#include "shop/market.h"
#include "store/db.h"

/* In a write. Refuses cycles (SOUK_CONFLICT names them). *changed: enum product_change. */
int category_save(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
                  int64_t *id, int *changed, struct err *err);
int category_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc);
/* Removes; children move to its parent, products stay. */
int category_remove(struct db_conn *conn, int64_t id, int64_t now, struct err *err);
/* By key (a string), or by a path of names in the default locale (an array); with `make`, what is
 * missing of a path is made. */
int category_find(struct db_conn *conn, struct arena *arena, const struct json *key_or_path,
                  int make, int64_t now, int64_t *id, struct err *err);
/* In a write, at night: members of all rules, for what time alone has changed (age, dated prices).
 * *changed: 1 when rows changed. */
int category_rules_run(struct db_conn *conn, int64_t now, int *changed);
/* The tree as a shopper sees it: [{"id", "slug", "url", "name", "image", "children": […]}]; `depth`
 * 0: all. Hidden ones are left out. */
int category_tree(struct db_conn *conn, struct arena *arena, const struct market *market, int depth,
                  struct json *list);
/* One page: {"id", "slug", "url", "name", "description_html", "breadcrumb": [{"name", "url"}],
 * "children": […], "image", "seo", "urls", "sort"}. */
int category_view(struct db_conn *conn, struct arena *arena, const struct market *market,
                  int64_t id, struct json **view);

/* Attributes: {"code", "type", "unit", "filterable", "comparable", "visible", "position", "text":
 * {"en": {"name"}}, "values": [{"code", "color", "number", "position", "text": {"en": {"name"}}}]}
 */
int attribute_save(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
                   int64_t *id, int *changed, struct err *err);
int attribute_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc);
/* By code or by name (which makes it when `make`); what an option or a filter is called. */
int attribute_find(struct db_conn *conn, struct arena *arena, struct souk_str name, int make,
                   int64_t *id);

#endif
