/*
 * price: what one unit costs. Prices stand in lists; the list with the highest priority that is in
 * force (group, channel, currency, dates) and has a price for the variant and quantity decides, and
 * within it the greatest min_quantity that is reached, then the latest from_at, then the lowest
 * amount. compare_at is the row's own, or the base list's price when that is higher.
 */
#ifndef SHOP_PRICE_H
#define SHOP_PRICE_H

#include "base/json.h"
#include "shop/market.h"
#include "store/db.h"

/* Lists that are made of catalogue promotions (promo_shelf.c): the one for everybody, and those for
 * groups and channels with prices of their own. They come before all others. */
#define PRICE_PROMOTION_LIST 3
#define PRICE_SHELF_LAST     99
#define PRICE_SHELF_PRIORITY 1000000

static inline int price_is_shelf(int64_t list_id)
{
    return list_id >= PRICE_PROMOTION_LIST && list_id <= PRICE_SHELF_LAST;
}

struct price {
    int64_t variant_id;
    int64_t amount;     /* minor units; -1: not for sale in this market */
    int64_t compare_at; /* 0: none */
    int64_t list_id;
    int64_t until; /* when another price will hold, 0: never (until the catalogue changes) */
    int64_t min_quantity;
    int reduced; /* by a catalogue promotion; compare_at is what it began at */
};

/* The price of one variant for a quantity. SOUK_NOT_FOUND: it has none. */
int price_of(struct db_conn *conn, const struct market *market, int64_t variant_id,
             int64_t quantity, struct price *price);
/* The same for all variants of a product, one query; `prices` holds `room` entries, *count set. */
int price_product(struct db_conn *conn, const struct market *market, int64_t product_id,
                  struct price *prices, size_t room, size_t *count);
/* Why: [{"list", "priority", "amount", "min_quantity", "held": bool, "reason"}], first the one that
 * decides. */
int price_explain(struct db_conn *conn, struct arena *arena, const struct market *market,
                  int64_t variant_id, int64_t quantity, struct json *list);
/* The lowest amount in the 30 days before the present reduction began (Directive 98/6/EC, article
 * 6a); 0: none to be shown. */
int price_lowest(struct db_conn *conn, const struct market *market, int64_t variant_id,
                 int64_t *amount);
/* In a write: notes today's price in price_history if it has changed. */
int price_note(struct db_conn *conn, int64_t variant_id, int64_t now);

/* Lists as documents: {"code", "name", "currency", "group", "channel", "priority", "from", "until"}
 */
int price_list_save(struct db_conn *conn, const struct json *doc, int64_t *id, struct err *err);
/* The same; *change: enum product_change. */
int price_list_put(struct db_conn *conn, const struct json *doc, int64_t *id, int *change,
                   struct err *err);
int price_list_find(struct db_conn *conn, struct souk_str code, int64_t *id);

#endif
