/*
 * order: what was agreed. It is made from a cart by one write that also takes the stock, begins the
 * payment and writes the facts, or not at all; afterwards it changes by steps of its three state
 * machines (order_state.h) and by edits, each of which leaves a row in the audit log (subject
 * "order:<id>"; detail
 * {"machine", "step", "from", "to", "reason", …}), which is also the history that pages show.
 *
 * Everything here runs in a write unless it says "reads". `actor` is "customer", "staff:7",
 * "token:3", "plugin:payment_stripe" or "souk".
 */
#ifndef SHOP_ORDER_H
#define SHOP_ORDER_H

#include "shop/cart.h"
#include "shop/order_state.h"

struct order_address {
    struct souk_str company, country, region, city, postcode, line1, line2;
};

/* What a checkout sends, as cart.draft keeps it: {"email", "phone", "name", "address": {…},
 * "billing": {…, "vat_number"}, "delivery": {"method", …}, "payment": {"method", …}, "note",
 * "newsletter": bool}. */
struct order_draft {
    struct souk_str email, phone, name, note;
    struct order_address address, billing;
    struct souk_str vat_number;
    const struct json *delivery, *payment; /* the maps as sent */
    int newsletter;
    int64_t accept_total; /* -1: not said */
};
/* Reads and normalises (contact_normalize). Every error at once: a list of {"pointer", "detail"} as
 * in problem+json; 0 when it is empty. `needs_address`: 0 for goods that are fetched. */
int order_draft_read(struct arena *arena, const struct json *body, int needs_address,
                     const char *country, struct order_draft *draft, struct json *errors);

/* What prepare has found out. */
struct order_offer {
    const struct cart *cart;
    const struct quote *quote; /* with delivery in it, computed */
    const struct order_draft *draft;
    const struct market *market; /* that it was priced in */
    struct souk_str delivery_method, delivery_label, payment_method, payment_label;
    const struct json *delivery_data;
    int64_t catalogue_version; /* at pricing: the same in the write means that prices stand */
    /* payment */
    const char *payment_provider;
    int payment_flags; /* SOUK_PAYMENT_… */
    const char *begun; /* as payment_begin.begun: a local provider's state; NULL: not begun yet */
    struct souk_str reference; /* of the payment at a local provider; empty */
    int64_t check_at;
    struct json *payment_data;
    int64_t hold; /* microseconds that goods are kept for an unpaid order; 0: no limit */
    /* in the same write, after the rows stand: books slots and the like. May be NULL. */
    int (*book)(struct db_conn *conn, void *user, struct souk_str number, struct err *err);
    void *user;
};
struct order_placed {
    int64_t id, payment_id; /* payment_id 0: nothing is to be paid */
    struct souk_str number, token;
    int again; /* the cart had its order already: this is it */
};
/* SOUK_CONFLICT: *problem is "price-changed" (the quote must be made anew), "out-of-stock" (`lines`
 * gets
 * {"line", "sku", "name", "quantity", "available"}), or "unavailable" (book said no). */
int order_place(struct db_conn *conn, struct arena *arena, const struct order_offer *offer,
                int64_t now, struct order_placed *placed, const char **problem, struct json *lines,
                struct err *err);

/* ---- reading ---- */

/* SOUK_NOT_FOUND. `token` empty: staff ask. The comparison takes the same time for every token. */
int order_find(struct db_conn *conn, struct souk_str number, struct souk_str token, int64_t *id);
/* The document of the contract. `staff` adds what customers do not see: ids, cost, internal notes,
 * history, payments with their moves, allowed steps. */
int order_load(struct db_conn *conn, struct arena *arena, int64_t id, int staff, struct json **doc);
/* The same for plugins and receivers of webhooks: what customers see, with "id" and "person" (null:
 * nobody's) as numbers, and without the tokens that open the pages of the order and its returns. */
int order_share(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc);
/* Of many (ids going up) in as many statements as one takes; those that there are, into `list`. */
int order_share_list(struct db_conn *conn, struct arena *arena, const int64_t *ids, size_t count,
                     struct json *list);
/* For the buyer's own front end, and nobody else: what it finishes the payment with joins the
 * document's payment.next. `row`: the order's latest payment. */
struct payment_row;
void order_show_client(struct arena *arena, struct json *doc, const struct payment_row *row);
int order_version(struct db_conn *conn, int64_t id, int64_t *version);
/* The ids of orders, the oldest first: behind `after`, placed from `since` and before `until`; of
 * one person (0: everybody), in these states (empty: any). */
struct order_wanted {
    int64_t after, since, until, person_id;
    struct souk_str state, payment, fulfilment;
    int limit;
};
int order_list(struct db_conn *conn, const struct order_wanted *wanted, int64_t *ids, int *count);
int64_t order_person_of(struct db_conn *conn, int64_t id); /* 0: nobody's, or no such order */
int order_states(struct db_conn *conn, int64_t id, struct order_states *states);
/* The history from the audit log: [{"at", "actor", "machine", "step", "from", "to", "reason"}],
 * latest last. */
int order_history(struct db_conn *conn, struct arena *arena, int64_t id, struct json *list);

/* ---- steps ---- */

/* One edge, with its audit row, change mark and fact (order.confirmed, .closed, .cancelled: those
 * of money and goods are told by the modules that know amounts and numbers). The pair of states has
 * to be an edge; `step` is its name in the history. SOUK_CONFLICT: illegal from here; err says what
 * is legal. For modules of the domain; staff steps go through order_step. */
int order_move(struct db_conn *conn, struct arena *arena, int64_t id, enum order_machine machine,
               const char *step, const char *to, struct souk_str actor, struct souk_str reason,
               int64_t now, struct err *err);
/* A step that staff ask for: confirm, close, reopen, cancel, capture, void, pay, refund, pack,
 * ship, deliver, return … `args` as the API has them ({"reason", "lines": [{"line", "quantity"}],
 * "amount", "delivery", "restock", "tracking"}; may be NULL). SOUK_CONFLICT: illegal, see
 * order_allowed. */
int order_step(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str step,
               const struct json *args, struct souk_str actor, int64_t now, struct err *err);
/* The arguments of a step or an edit with ids of lines as numbers; never NULL. */
struct json *order_args(struct arena *arena, const struct json *args);
/* Those that somebody sent: what is misspelt or empty must not become "all of it", because money
 * and goods leave by this. SOUK_INVALID: words as "/lines: …". */
int order_args_check(const struct json *args, struct err *err);
/* Cancels: reservations, booked places and payments go back; what was captured is refunded.
 * SOUK_CONFLICT: something has left the house. */
int order_cancel(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str actor,
                 struct souk_str reason, int64_t now, struct err *err);
/* Changes lines (quantity down to what is packed, up, new variants by sku), address, contact,
 * delivery amount; amounts are computed anew by quote_compute at the prices of the order (new
 * lines: today's), the version grows, stock follows, and what is owed or too much shows in the
 * document ("due"). `edit`:
 * {"version", "lines": [{"line" | "sku", "quantity"}], "address", "email", "phone", "name",
 * "delivery_amount", "reason"}. */
int order_edit(struct db_conn *conn, struct arena *arena, int64_t id, const struct json *edit,
               struct souk_str actor, int64_t now, struct err *err);
/* An edit that adds one line at a price that was agreed on: an offer after the purchase. *more: by
 * how much the total grows, with tax; `try`: that alone, nothing is changed. SOUK_CONFLICT: it
 * cannot be had, or the order is not changed any more. */
struct order_addition {
    int64_t variant_id, quantity, unit_price;
    struct quote_share share; /* what is taken off, and the reason that the history tells */
    int try;
};
int order_append(struct db_conn *conn, struct arena *arena, int64_t id,
                 const struct order_addition *addition, struct souk_str actor, int64_t now,
                 int64_t *more, struct err *err);
int order_note(struct db_conn *conn, int64_t id, struct souk_str text, int internal,
               struct souk_str actor, int64_t now);
/* A chore's: unpaid orders whose time is over are cancelled. *more: some are left. */
int order_expire(struct db_conn *conn, struct arena *arena, int64_t now, int *more);
/* What hangs on a cancelled order in other modules: the booked places of deliveries, say. Set once
 * at the start; runs in the same write. */
typedef int (*order_hook)(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t now);
void order_on_cancel(order_hook hook);

/* Numbers without gaps: the next of a series, in this transaction. */
int series_next(struct db_conn *conn, const char *name, int64_t *number);
void order_verify_setup(void); /* I-3, I-7, I-9, I-13 */

/* order_stock.c: the goods. */
int reservation_take(struct db_conn *conn, struct arena *arena, int64_t order_id,
                     const struct quote *quote, struct json *short_lines,
                     int64_t now); /* sums by variant, in
the order of their ids; SOUK_CONFLICT: nothing was taken */
int reservation_give(struct db_conn *conn, int64_t order_id, int64_t variant_id, int64_t quantity,
                     int64_t now); /* free again */
int reservation_use(struct db_conn *conn, int64_t order_id, int64_t variant_id, int64_t quantity,
                    struct souk_str subject,
                    int64_t now); /* leaves the house: ledger row "order" */

#endif
