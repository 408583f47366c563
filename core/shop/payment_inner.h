/*
 * payment_inner: what the files of payments share: the order behind a payment, the one way in which
 * a movement becomes sums and states, and facts. Nobody else includes it.
 */
#ifndef SHOP_PAYMENT_INNER_H
#define SHOP_PAYMENT_INNER_H

#include "shop/payment.h"

#define PAYMENT_BY_HAND "hand" /* the provider's name of money that a person took */

struct payment_order {
    struct souk_str number, status, payment_status, currency;
    int64_t total, authorised, captured, refunding, refunded;
    int64_t surplus;  /* of refunded: had been paid above the total, so it pays for nothing */
    int64_t delivery; /* with its discount, and the tax that is added to it */
    int64_t delivery_refunded;
    int include_tax;
};
int payment_order_get(struct db_conn *conn, struct arena *arena, int64_t order_id,
                      struct payment_order *order);
/* What is still to be paid (what was paid back of what was too much has not paid for anything);
 * below 0: what is too much. */
int64_t payment_open_sum(const struct payment_order *order);
/* SOUK_CONFLICT: `words` and, in brackets, the amount that they are about, as people write it. */
int payment_refuse(struct arena *arena, const struct payment_order *order, const char *words,
                   int64_t amount, struct err *err);
/* How much of a refund that is asked for now was never due. */
int64_t payment_surplus_in(const struct payment_order *order, int64_t amount);

struct payment_step { /* a movement, written down */
    int64_t id;       /* 0: a new one */
    int64_t payment_id, amount, delivery, surplus;
    const char *kind, *state;
    struct souk_str provider, reference, lines, actor, reason;
};
int payment_step_put(struct db_conn *conn, struct payment_step *step, int64_t now);

/* After the movements of a payment have changed: its sums and state, those of its order, the
 * order's status ("capture", "refund" … is the step that led there), and confirmation when all is
 * paid. SOUK_CONFLICT: the movements do not fit; the write must not be kept. */
int payment_follow(struct db_conn *conn, struct arena *arena, const struct payment_row *row,
                   const char *step, struct souk_str actor, struct souk_str reason, int64_t now,
                   struct err *err);
int payment_fact(struct db_conn *conn, struct arena *arena, const char *topic,
                 const struct payment_row *row, int64_t amount, int64_t move_id,
                 struct souk_str why, int64_t now);
/* A movement for the provider: the row and its job. */
int payment_step_ask(struct db_conn *conn, struct arena *arena, struct payment_step *step,
                     int64_t order_id, int64_t now);
int payment_job(struct db_conn *conn, struct arena *arena, const char *kind, int64_t order_id,
                int64_t id, int64_t due, int64_t now);

struct payment_found { /* money that has no place */
    struct souk_str provider, reference, currency, text, payer;
    int64_t amount, order_id;
    const char *why;
};
int payment_match_add(struct db_conn *conn, const struct payment_found *found, int64_t now);

#endif
