/*
 * payment: money of orders: payments, their movements, and reports of providers. The sums on the
 * payment and on its order are moved by guarded updates in the same write as the movement's row, so
 * nothing can be captured above what was authorised or refunded above what was captured, whoever
 * asks at once.
 *
 * A movement that needs the provider is asked for here ("asked") and carried out by the job
 * "souk:payment" with the movement's id as its payload and the order as its subject
 * (core/app/money.c), which comes back with payment_move_done or payment_move_failed.
 */
#ifndef SHOP_PAYMENT_H
#define SHOP_PAYMENT_H

#include "base/json.h"
#include "base/err.h"
#include "store/db.h"

#include <souk/payment.h>

/* In a write, by order_place: state "created", and the job that begins it unless the provider is
 * local
 * (`begun`: the state that it came to). */
struct payment_begin {
    int64_t order_id, amount;
    struct souk_str currency;
    const char *provider;
    const char *begun; /* NULL: to be begun after the commit */
    struct souk_str next, reference;
    const struct json *data;
    int64_t check_at;
    struct souk_str label; /* another attempt: of its method, for the order */
    int64_t hold;          /* another attempt: how long the goods are kept for it; 0: no limit */
};
int payment_open(struct db_conn *conn, struct arena *arena, const struct payment_begin *begin,
                 int64_t now, int64_t *id);

struct payment_row { /* in the arena */
    int64_t id, order_id, amount, authorised, captured, refunding, refunded, created_at, check_at;
    int64_t checks;
    struct souk_str provider, state, currency, reference, next, data, why;
};
int payment_get(struct db_conn *conn, struct arena *arena, int64_t id, struct payment_row *row);
int payment_of(struct db_conn *conn, struct arena *arena, int64_t order_id,
               struct payment_row *row); /* latest */
/* That of each of these orders (a JSON list of ids), in one query. */
typedef void (*payment_each)(struct arena *arena, const struct payment_row *row, void *user);
int payment_of_each(struct db_conn *conn, struct arena *arena, struct souk_str order_ids,
                    payment_each each, void *user);
int payment_find(struct db_conn *conn, struct arena *arena, struct souk_str provider,
                 struct souk_str reference, struct payment_row *row);
/* A new attempt after one that failed or was cancelled: the order keeps its number, and its method
 * and the time that its goods are kept are those of this attempt. SOUK_CONFLICT: one is alive, or
 * nothing is due. */
int payment_again(struct db_conn *conn, struct arena *arena, const struct payment_begin *begin,
                  int64_t now, int64_t *id, struct err *err);

/* What a provider said. Moves the payment, its order's payment status and sums; each (provider,
 * kind, reference) once. The end is the same for every order of news: captures count above all, a
 * void above an authorisation, an authorisation above a failure, and a failure above "pending".
 *
 * Money that does not fit is never applied silently; it becomes a row of payment_match:
 *   "amount differs"   another sum than what is open, from a provider whose payers do not choose it
 *   "over"             `parts`: what is above what is due on the order (the rest is applied)
 *   "order cancelled"  applied to the payment, no fact, and asked back at once if `refunds`
 *   "paid twice"       the same for what is above the order's total
 * An authorisation that nobody needs (cancelled order, another attempt is alive) is voided.
 * SOUK_BUSY: a refund that came before its capture; to be told again later. */
struct payment_news {
    int64_t payment_id;
    int state;                 /* SOUK_PAID_… */
    int64_t amount;            /* 0: all */
    struct souk_str reference; /* of the movement */
    struct souk_str payment_reference, next, message;
    const struct json *data;
    int64_t check_at;
    struct souk_str actor; /* "plugin:payment_stripe" */
    int parts; /* the payer decides how much comes (transfer, cash): PART_CAPTURE without CAPTURE */
    int refunds;                 /* the provider can send money back by itself */
    struct souk_str payer, text; /* for people who match by hand */
};
int payment_apply(struct db_conn *conn, struct arena *arena, const struct payment_news *news,
                  int64_t now, struct err *err);
/* A payment may be for goods that join its order only when it is paid: an offer after the purchase.
 * Set once at the start; runs in the write of the news. `paid`: money has come or is held, and is
 * not counted yet: now the goods join, or it is too much and goes back. Else: it has failed or was
 * given up. *own: it is such a payment; its failure is not told as one of the order. */
typedef int (*payment_hook)(struct db_conn *conn, struct arena *arena, int64_t payment_id, int paid,
                            int64_t now, int *own);
void payment_on_news(payment_hook hook);

/* Staff, returns and cancelling ask. kind "capture", "void", "refund". Amount and lines of a
 * refund: either units of lines and a part of delivery (amounts are their exact shares), or a free
 * amount. SOUK_CONFLICT: more than there is; err says how much there is. *move_id. */
struct payment_ask {
    int64_t order_id;
    const char *kind;
    int64_t amount;           /* of a capture or a free refund; 0: all that is left */
    const struct json *lines; /* [{"line", "quantity"}]; NULL: none */
    int64_t delivery;         /* part of a refund for delivery; -1: all of it that is left */
    struct souk_str actor, reason;
};
int payment_ask(struct db_conn *conn, struct arena *arena, const struct payment_ask *ask,
                int64_t now, int64_t *move_id, struct err *err);
struct payment_move_row {
    int64_t id, payment_id, amount, delivery, created_at;
    struct souk_str kind, state, reference, lines, reason, actor;
};
int payment_move_get(struct db_conn *conn, struct arena *arena, int64_t id,
                     struct payment_move_row *row);
int payment_move_done(struct db_conn *conn, struct arena *arena, int64_t move_id, int64_t amount,
                      struct souk_str reference, const struct json *data, int64_t now,
                      struct err *err);
int payment_move_failed(struct db_conn *conn, struct arena *arena, int64_t move_id,
                        struct souk_str why, int64_t now, struct err *err);
/* Money that was paid outside: cash in the shop, a transfer seen by a person ("pay"). */
int payment_by_hand(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t amount,
                    struct souk_str reference, struct souk_str actor, struct souk_str reason,
                    int64_t now, struct err *err);

/* Reports: stored first (inbox, source "payment:<provider>", key the event), worked on by the job
 * "souk:report". */
int payment_report_put(struct db_conn *conn, const char *provider, struct souk_str event,
                       struct souk_str body, int64_t now, int *fresh);
/* The job's: finds the payment or puts the money among payment_match. */
int payment_report_work(struct db_conn *conn, struct arena *arena, int64_t inbox_id, int64_t now,
                        struct err *err);
/* Staff say whose money it is: matched, returned (paid back outside) or ignored. */
int payment_match_settle(struct db_conn *conn, struct arena *arena, int64_t match_id,
                         const char *state, int64_t order_id, struct souk_str actor, int64_t now,
                         struct err *err);
/* Those whose check_at has come: ids, the oldest first. And the next time after a check. */
int payment_due(struct db_conn *conn, int64_t now, int64_t *ids, size_t room, size_t *count);
int64_t payment_next_check(int64_t checks, int64_t now);
/* Its time has come: the job "souk:check", and the time after that. */
int payment_check_later(struct db_conn *conn, int64_t id, int64_t now);

/* What the payer does next, as it is shown: {"redirect"} or JSON null; `client` adds what is for
 * the buyer's own front end alone. */
struct json *payment_next(struct arena *arena, const struct payment_row *row, int client);
/* For order_load: [{"id", "provider", "state", "amount", …, "moves": […]}]; `staff` 0: what
 * customers see. */
int payment_list(struct db_conn *conn, struct arena *arena, int64_t order_id, int staff,
                 struct json *list);
void payment_verify_setup(void); /* I-4, I-8, I-9's refunds */

#endif
