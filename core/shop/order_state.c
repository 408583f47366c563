/*
 * order_state: the table of edges, and what is read from it.
 *
 * The idea: a step leads from a state to one of a few others, and which of them is decided by sums
 * and counts (half of the goods packed, or all), so a step may have several edges from one state.
 * Edges that lead back to where they began are there where a step may be repeated: a second part of
 * a refund leaves "part_refunded" as it is, and its trace in the history. Edges without a right are
 * taken by the core alone: news of a bank or a carrier, and what an edit does to the sums.
 *
 * A step of money or goods looks at the order as well: nothing is packed for a cancelled order.
 */
#include "shop/order_state.h"

#include "base/str.h"

#define EDIT   "order.edit"
#define SHIP   "order.ship"
#define REFUND "order.refund"

#define ORDER(step, from, to, right)                                                               \
    {                                                                                              \
        ORDER_MACHINE_ORDER, step, from, to, right                                                 \
    }
#define PAYMENT(step, from, to, right)                                                             \
    {                                                                                              \
        ORDER_MACHINE_PAYMENT, step, from, to, right                                               \
    }
#define GOODS(step, from, to, right)                                                               \
    {                                                                                              \
        ORDER_MACHINE_FULFILMENT, step, from, to, right                                            \
    }

static const struct order_edge edges[] = {
    ORDER("place", "draft", "placed", NULL),
    ORDER("confirm", "placed", "confirmed", EDIT),
    ORDER("close", "confirmed", "closed", EDIT),
    ORDER("reopen", "closed", "confirmed", EDIT),
    ORDER("cancel", "draft", "cancelled", EDIT),
    ORDER("cancel", "placed", "cancelled", EDIT),
    ORDER("cancel", "confirmed", "cancelled", EDIT),

    /* asked for: a first attempt, or another one */
    PAYMENT("begin", "none", "pending", NULL),
    PAYMENT("begin", "failed", "pending", NULL),
    PAYMENT("begin", "voided", "pending", NULL),
    PAYMENT("authorise", "none", "authorised", NULL),
    PAYMENT("authorise", "pending", "authorised", NULL),
    PAYMENT("authorise", "failed", "authorised", NULL), /* late, after all */
    PAYMENT("authorise", "voided", "authorised", NULL),
    PAYMENT("fail", "pending", "failed", NULL),
    PAYMENT("fail", "authorised", "failed", NULL),
    PAYMENT("void", "pending", "voided", EDIT),
    PAYMENT("void", "authorised", "voided", EDIT),
    PAYMENT("void", "failed", "voided", NULL), /* an attempt that had failed is closed too */
    PAYMENT("capture", "authorised", "part_paid", EDIT),
    PAYMENT("capture", "authorised", "paid", EDIT),
    PAYMENT("capture", "part_paid", "part_paid", EDIT),
    PAYMENT("capture", "part_paid", "paid", EDIT),
    PAYMENT("capture", "none", "part_paid", NULL),
    PAYMENT("capture", "none", "paid", NULL),
    PAYMENT("capture", "pending", "part_paid", NULL),
    PAYMENT("capture", "pending", "paid", NULL),
    PAYMENT("capture", "failed", "part_paid", NULL),
    PAYMENT("capture", "failed", "paid", NULL),
    PAYMENT("capture", "voided", "part_paid", NULL),
    PAYMENT("capture", "voided", "paid", NULL),
    PAYMENT("capture", "part_refunded", "part_refunded", NULL),
    PAYMENT("capture", "refunded", "part_refunded", NULL),
    PAYMENT("pay", "none", "part_paid", EDIT),
    PAYMENT("pay", "none", "paid", EDIT),
    PAYMENT("pay", "pending", "part_paid", EDIT),
    PAYMENT("pay", "pending", "paid", EDIT),
    PAYMENT("pay", "authorised", "part_paid", EDIT),
    PAYMENT("pay", "authorised", "paid", EDIT),
    PAYMENT("pay", "failed", "part_paid", EDIT),
    PAYMENT("pay", "failed", "paid", EDIT),
    PAYMENT("pay", "voided", "part_paid", EDIT),
    PAYMENT("pay", "voided", "paid", EDIT),
    PAYMENT("pay", "part_paid", "part_paid", EDIT),
    PAYMENT("pay", "part_paid", "paid", EDIT),
    PAYMENT("pay", "part_refunded", "part_refunded", EDIT),
    PAYMENT("pay", "refunded", "part_refunded", EDIT),
    PAYMENT("refund", "part_paid", "part_refunded", REFUND),
    PAYMENT("refund", "part_paid", "refunded", REFUND),
    PAYMENT("refund", "paid", "part_refunded", REFUND),
    PAYMENT("refund", "paid", "refunded", REFUND),
    PAYMENT("refund", "part_refunded", "part_refunded", REFUND),
    PAYMENT("refund", "part_refunded", "refunded", REFUND),
    /* the payer's bank took it back */
    PAYMENT("chargeback", "part_paid", "part_refunded", NULL),
    PAYMENT("chargeback", "part_paid", "refunded", NULL),
    PAYMENT("chargeback", "paid", "part_refunded", NULL),
    PAYMENT("chargeback", "paid", "refunded", NULL),
    PAYMENT("chargeback", "part_refunded", "part_refunded", NULL),
    PAYMENT("chargeback", "part_refunded", "refunded", NULL),
    PAYMENT("edit", "paid", "part_paid", NULL),
    PAYMENT("edit", "part_paid", "paid", NULL),

    GOODS("pack", "none", "part_packed", SHIP),
    GOODS("pack", "none", "packed", SHIP),
    GOODS("pack", "part_packed", "part_packed", SHIP),
    GOODS("pack", "part_packed", "packed", SHIP),
    GOODS("pack", "part_shipped", "part_shipped", SHIP),
    GOODS("pack", "part_delivered", "part_delivered", SHIP),
    GOODS("pack", "part_returned", "part_returned", SHIP),
    GOODS("unpack", "part_packed", "none", SHIP),
    GOODS("unpack", "part_packed", "part_packed", SHIP),
    GOODS("unpack", "packed", "none", SHIP),
    GOODS("unpack", "packed", "part_packed", SHIP),
    GOODS("unpack", "part_shipped", "part_shipped", SHIP),
    GOODS("unpack", "part_delivered", "part_delivered", SHIP),
    GOODS("unpack", "part_returned", "part_returned", SHIP),
    GOODS("ship", "none", "part_shipped", SHIP),
    GOODS("ship", "none", "shipped", SHIP),
    GOODS("ship", "part_packed", "part_shipped", SHIP),
    GOODS("ship", "part_packed", "shipped", SHIP),
    GOODS("ship", "packed", "part_shipped", SHIP),
    GOODS("ship", "packed", "shipped", SHIP),
    GOODS("ship", "part_shipped", "part_shipped", SHIP),
    GOODS("ship", "part_shipped", "shipped", SHIP),
    GOODS("ship", "part_delivered", "part_delivered", SHIP),
    GOODS("ship", "part_returned", "part_returned", SHIP),
    GOODS("deliver", "part_shipped", "part_delivered", SHIP),
    GOODS("deliver", "shipped", "part_delivered", SHIP),
    GOODS("deliver", "shipped", "delivered", SHIP),
    GOODS("deliver", "part_delivered", "part_delivered", SHIP),
    GOODS("deliver", "part_delivered", "delivered", SHIP),
    GOODS("deliver", "part_returned", "part_returned", SHIP),
    GOODS("correct", "delivered", "part_delivered", NULL), /* better news from the carrier */
    GOODS("correct", "delivered", "shipped", NULL),
    GOODS("correct", "part_delivered", "part_delivered", NULL),
    GOODS("correct", "part_delivered", "part_shipped", NULL),
    GOODS("correct", "part_delivered", "shipped", NULL),
    GOODS("return", "part_shipped", "part_returned", SHIP),
    GOODS("return", "shipped", "part_returned", SHIP),
    GOODS("return", "shipped", "returned", SHIP),
    GOODS("return", "part_delivered", "part_returned", SHIP),
    GOODS("return", "part_delivered", "returned", SHIP),
    GOODS("return", "delivered", "part_returned", SHIP),
    GOODS("return", "delivered", "returned", SHIP),
    GOODS("return", "part_returned", "part_returned", SHIP),
    GOODS("return", "part_returned", "returned", SHIP),
    /* units were added, or taken off: the same parcels are all of it now, or not any more */
    GOODS("edit", "packed", "part_packed", NULL),
    GOODS("edit", "part_packed", "packed", NULL),
    GOODS("edit", "shipped", "part_shipped", NULL),
    GOODS("edit", "part_shipped", "shipped", NULL),
    GOODS("edit", "delivered", "part_delivered", NULL),
    GOODS("edit", "part_delivered", "delivered", NULL),
    GOODS("edit", "returned", "part_returned", NULL),
    GOODS("edit", "part_returned", "returned", NULL),
};

#define COUNT (sizeof edges / sizeof *edges)

const struct order_edge *order_edges(size_t *count)
{
    *count = COUNT;
    return edges;
}

const char *order_machine_name(enum order_machine machine)
{
    static const char *const names[] = {"order", "payment", "fulfilment"};
    return names[machine];
}

static int is_one_of(const char *state, const char *words)
{
    struct souk_str rest = souk_str(words), word;
    while (str_split(&rest, ' ', &word))
        if (souk_str_is(word, state))
            return 1;
    return 0;
}

/* What the order itself says to a step of its money or goods, and its goods to a cancelling. */
static int is_fit(const struct order_states *states, const struct order_edge *edge)
{
    if (strcmp(edge->step, "cancel") == 0)
        return is_one_of(states->fulfilment, "none part_packed packed");
    if (edge->machine == ORDER_MACHINE_ORDER)
        return 1;
    if (strcmp(edge->step, "refund") == 0)
        return is_one_of(states->order, "placed confirmed closed cancelled");
    if (strcmp(edge->step, "void") == 0)
        return is_one_of(states->order, "placed confirmed cancelled");
    if (strcmp(edge->step, "return") == 0)
        return is_one_of(states->order, "placed confirmed closed");
    return is_one_of(states->order, "placed confirmed");
}

static const char *state_of(const struct order_states *states, enum order_machine machine)
{
    return machine == ORDER_MACHINE_ORDER     ? states->order
           : machine == ORDER_MACHINE_PAYMENT ? states->payment
                                              : states->fulfilment;
}

static int is_open(const struct order_states *states, const struct order_edge *edge)
{
    return edge->right && strcmp(edge->from, state_of(states, edge->machine)) == 0 &&
           is_fit(states, edge);
}

const struct order_edge *order_edge(const struct order_states *states, struct souk_str step)
{
    for (size_t i = 0; i < COUNT; i++)
        if (souk_str_is(step, edges[i].step) && is_open(states, &edges[i]))
            return &edges[i];
    return NULL;
}

int order_edge_joins(enum order_machine machine, struct souk_str from, struct souk_str to)
{
    for (size_t i = 0; i < COUNT; i++)
        if (edges[i].machine == machine && souk_str_is(from, edges[i].from) &&
            souk_str_is(to, edges[i].to))
            return 1;
    return 0;
}

int order_edge_declared(enum order_machine machine, const char *step, struct souk_str from,
                        const char *to)
{
    for (size_t i = 0; i < COUNT; i++)
        if (edges[i].machine == machine && strcmp(edges[i].step, step) == 0 &&
            souk_str_is(from, edges[i].from) && strcmp(edges[i].to, to) == 0)
            return 1;
    return 0;
}

void order_allowed(struct arena *arena, const struct order_states *states, struct json *list)
{
    const char *last = "";
    for (size_t i = 0; i < COUNT; i++) { /* the edges of one step stand together */
        if (!is_open(states, &edges[i]) || strcmp(last, edges[i].step) == 0)
            continue;
        last = edges[i].step;
        json_add_cstr(arena, list, NULL, last);
    }
}

int order_step_known(struct souk_str step)
{
    for (size_t i = 0; i < COUNT; i++)
        if (edges[i].right && souk_str_is(step, edges[i].step))
            return 1;
    return 0;
}
