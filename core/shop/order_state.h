/*
 * order_state: the three state machines of an order as one table of edges. A step that has no edge
 * from the present state is refused, with the list of those that have. Reading it needs no
 * database.
 */
#ifndef SHOP_ORDER_STATE_H
#define SHOP_ORDER_STATE_H

#include "base/json.h"

enum order_machine { ORDER_MACHINE_ORDER, ORDER_MACHINE_PAYMENT, ORDER_MACHINE_FULFILMENT };

struct order_edge {
    enum order_machine machine;
    const char *step; /* "confirm" "capture" "ship" … as in POST /admin/orders/{number}/{step} */
    const char *from, *to;
    const char *right; /* "order.edit" "order.refund" "order.ship"; NULL: the core alone takes it */
};

const struct order_edge *order_edges(size_t *count);

struct order_states {
    const char *order, *payment, *fulfilment;
};
/* The first edge of `step` that staff may take from here (those with a right); NULL: illegal. Steps
 * of money and goods also need an order that is placed or confirmed (refunds and returns: or
 * closed; refunds and voids: or cancelled), and cancelling one of which nothing has been sent. */
const struct order_edge *order_edge(const struct order_states *states, struct souk_str step);
/* Whether a machine may go from one to the other at all, by whatever step: what order_move accepts,
 * and what I-13 asks. */
int order_edge_joins(enum order_machine machine, struct souk_str from, struct souk_str to);
/* Whether this very step does it. */
int order_edge_declared(enum order_machine machine, const char *step, struct souk_str from,
                        const char *to);
/* The steps that staff may take now, each once, into a list of names. */
void order_allowed(struct arena *arena, const struct order_states *states, struct json *list);
int order_step_known(struct souk_str step);
const char *order_machine_name(enum order_machine machine);

#endif
