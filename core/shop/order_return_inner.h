/*
 * order_return_inner: what the two files of returns share: rows as they were read, the exact worth
 * of what came back, and the traces that each step leaves. Nobody else includes it.
 */
#ifndef SHOP_ORDER_RETURN_INNER_H
#define SHOP_ORDER_RETURN_INNER_H

#include "shop/order_return.h"

struct return_head { /* in the arena */
    int64_t id, order_id, shipment_id, refund_move;
    struct souk_str number, state, outcome, order, refund_state;
};
int return_head_get(struct db_conn *conn, struct arena *arena, int64_t id, struct return_head *head,
                    struct err *err);

struct return_line {
    int64_t line_id, quantity, received, damaged; /* received -1: not yet */
    int64_t variant_id, of, refunded, worth;      /* of the order's line, with added tax */
    int64_t credited;                             /* of the worth: units that were refunded */
    struct souk_str sku, name, options, reason;
};
int return_lines(struct db_conn *conn, struct arena *arena, int64_t id, struct return_line **lines,
                 size_t *count);

struct return_order {
    struct souk_str number, currency;
    int open; /* its goods may come back */
    int64_t captured, refunded, refunding, total, delivery;
};
int return_order_get(struct db_conn *conn, struct arena *arena, int64_t order_id,
                     struct return_order *order, struct err *err);

/* Units of a line that a refund can still be for, and their exact share. */
int64_t return_payable(const struct return_line *line);
int64_t return_share(const struct return_line *line);
/* Names of the steps that staff may take. */
void return_allowed(struct arena *arena, const struct return_head *head, struct json *list);

int return_fact(struct db_conn *conn, struct arena *arena, const char *topic,
                const struct return_head *head, int64_t now);
int return_note(struct db_conn *conn, struct arena *arena, const struct return_head *head,
                const char *step, const char *to, struct souk_str actor, struct souk_str reason,
                int64_t now);

#endif
