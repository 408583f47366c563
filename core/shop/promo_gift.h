/*
 * promo_gift: a free line from the catalogue, for promo_facts.gift: name, tax, weight and usual
 * price of a sku, and whether it can be had now beside what stands in the cart.
 */
#ifndef SHOP_PROMO_GIFT_H
#define SHOP_PROMO_GIFT_H

#include "shop/market.h"
#include "shop/promo.h"
#include "store/db.h"

struct promo_gift { /* the `user` of promo_gift_find */
    struct db_conn *conn;
    const struct market *market;
    const struct quote *quote; /* what is asked for already */
};
/* As promo_facts.gift. line->quantity on entry: how many are wished for (0 is one); unit_price:
 * what it is worth where the catalogue has no price. */
int promo_gift_find(void *user, struct arena *arena, struct souk_str sku, struct quote_line *line);

#endif
