/*
 * stock_count: the two halves of stock_set for a product that is being saved: it tells the
 * catalogue itself, once. Included by product_variant.c and stock.c only.
 */
#ifndef SHOP_STOCK_COUNT_H
#define SHOP_STOCK_COUNT_H

#include "shop/stock.h"

/* Counter and ledger; `had` is what the counter says now. */
int stock_count(struct db_conn *conn, int64_t variant_id, int64_t had, int64_t on_hand,
                const char *reason, int64_t now);
/* stock_refresh without a word to the catalogue. */
int stock_settle(struct db_conn *conn, int64_t variant_id, int *changed);

#endif
