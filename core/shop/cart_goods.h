/*
 * cart_goods: what is known of the variants that stand in a cart, for the files that price and show
 * them: two queries, however many they are, and one for each tax class that occurs.
 */
#ifndef SHOP_CART_GOODS_H
#define SHOP_CART_GOODS_H

#include "shop/price_row.h"
#include "shop/quote.h"

struct goods {
    int64_t variant_id, product_id, class_id;
    struct souk_str sku, name, options, key, categories; /* categories: keys with commas between */
    int64_t cost, weight_g, length_mm, width_mm, height_mm; /* -1: not known */
    int sold;      /* can it be bought, as far as the product goes? */
    int unsent;    /* nothing has to be delivered */
    int64_t until; /* when `sold` changes by the clock, 0: never */
};

struct goods_list {
    const struct market *market;
    struct goods *at;
    size_t count;
    struct price_rows prices;
    struct tax_known *known; /* rates, read when asked for */
};

/* `ids`: a JSON list of variants; each of them once. */
int goods_read(struct db_conn *conn, struct arena *arena, const struct market *market,
               struct souk_str ids, struct goods_list *list);
const struct goods *goods_find(const struct goods_list *list, int64_t variant_id); /* or NULL */
/* amount -1: it has no price in this market. */
struct price goods_price(const struct goods_list *list, int64_t variant_id, int64_t quantity);
/* Fills what the catalogue knows; quantity, id and unit_price stay. */
int goods_fill(struct db_conn *conn, struct arena *arena, struct goods_list *list,
               const struct goods *goods, const struct price *price, struct quote_line *line);
/* Notes a line that cannot be bought any more: {"sku", "name", "line", "quantity"}; `goods` may be
 * NULL. */
void goods_gone(struct arena *arena, struct json *gone, int64_t line, int64_t quantity,
                const struct goods *goods);
/* The same end for all: 0 is never. */
void goods_until(int64_t *until, int64_t at);
/* Is a product of these facts sold at `now`? */
int goods_sold(struct souk_str type, struct souk_str status, int enabled, int64_t from,
               int64_t until, int64_t now);

#endif
