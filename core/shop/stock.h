/*
 * stock: how many are there. The counter is the sum of its ledger; every change is one guarded
 * UPDATE with its ledger row. The variant's availability, which pages show, changes only when a
 * border is crossed.
 */
#ifndef SHOP_STOCK_H
#define SHOP_STOCK_H

#include "store/db.h"

/* In a write. Adds `delta` (may be negative). SOUK_CONFLICT: fewer are free and the variant takes
 * no backorder; nothing has changed. */
int stock_move(struct db_conn *conn, int64_t variant_id, int64_t delta, const char *reason,
               struct souk_str subject, int64_t now);
/* In a write: sets what a count or a file says. *changed: 1 when it was not that already. */
int stock_set(struct db_conn *conn, int64_t variant_id, int64_t on_hand, const char *reason,
              int64_t now, int *changed);
/* In a write: availability from counter and rules (tracked, backorder, low_stock). *changed. */
int stock_refresh(struct db_conn *conn, int64_t variant_id, int *changed);
/* The same for several at once; a JSON list of their ids. */
int stock_refresh_list(struct db_conn *conn, struct souk_str variants);
int stock_get(struct db_conn *conn, int64_t variant_id, int64_t *on_hand, int64_t *reserved);
void stock_verify_setup(void); /* adds I-1 and I-2 to `souk verify` */

#endif
