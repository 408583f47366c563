/*
 * Taking money: the table of a payment provider, and telling the core what came in.
 *
 * How it goes. The core writes the order and a payment in state "created" before anybody is asked
 * for money; only then does it call begin(). Each movement (capture, cancel, refund) is first a row
 * "asked", then a call with that row's key, then "done" or "failed". A crash in between repeats the
 * call with the same key, so a provider must treat one key as one movement. What is not known (a
 * time-out, SOUK_UNAVAILABLE) stays "asked" and is called again, or looked up through fetch().
 *
 * States of a payment:
 *
 *     created -> pending | authorised | captured | failed | cancelled
 *     pending -> authorised | captured | failed | cancelled
 *     authorised -> part_captured | captured | cancelled | failed
 *     part_captured -> captured
 *     failed -> authorised | captured, cancelled -> captured    (money that came late after all)
 *
 * Refunds leave the state as it is: refunded <= captured always. A late report never undoes a later
 * state; the same reference counts once.
 *
 * Where the payer goes. A payment that is begun and pending has either a page of its provider's own
 * (`redirect`), or is finished in the page of a front end that the shop does not draw: an app, a
 * shop window of the merchant's own. Such a front end asks for it with "in_page": true beside the
 * method, and may do so where offer() said "in_page": true. payment->in_page is 1 then, and begin()
 * gives in `client` what the provider's script there wants. Who has not asked gets a redirect, so
 * the shop's own pages go on as ever. Both are shown to the buyer alone, only as long as the
 * payment waits; `client` never to staff, in mails or to receivers of webhooks.
 *
 * Rules (souk-host checks each by its name):
 *   key-once           one key is one movement, however often the call is repeated
 *   amount-exact       what is charged is payment->amount, in its currency's minor units, never
 *                      more
 *   amount-zero        begin() of 0 is captured at once and nobody is asked
 *   currency-known     a currency that the provider cannot take is not offered, and begin()
 *                      refuses it
 *   capture-limit      a capture above the authorised sum is refused before the peer is asked
 *   refund-limit       a refund above captured - refunded is refused before the peer is asked
 *   cancel-captured    cancel() of captured money is refused (it takes a refund)
 *   unknown-not-failed a time-out or 5xx of the peer is SOUK_TIMEOUT or SOUK_UNAVAILABLE, never
 *                      FAILED
 *   declined-final     a refusal by the peer is FAILED with words for the customer, and not
 *                      retried
 *   fetch-agrees       after a time-out, fetch() finds what really happened
 *   webhook-signed     a changed byte, a wrong secret, an old or future time stamp: 400 and no
 *                      report
 *   webhook-once       the same event again changes nothing; any order of events ends in one
 *                      state
 *   webhook-amount     an event with another amount or currency reports just that: the core
 *                      decides
 *   in-page            who asked for it gets client facts, the same at each attempt, and nobody
 *                      else does
 *   no-secrets         no secret key, card or account number in results, log lines or stored data
 */
#ifndef SOUK_PAYMENT_H
#define SOUK_PAYMENT_H

#include <souk/db.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Flags of a provider. */
#define SOUK_PAYMENT_LOCAL   1 /* asks nobody: begin and the rest run inside the checkout */
#define SOUK_PAYMENT_CAPTURE 2 /* authorises first; capture() takes the money later */
#define SOUK_PAYMENT_PART_CAPTURE                                                                  \
    4 /* without CAPTURE: the payer chooses how much comes (transfer, cash) */
#define SOUK_PAYMENT_PART_REFUND 8
#define SOUK_PAYMENT_ON_DELIVERY                                                                   \
    16 /* the money comes with the parcel: nothing has to be paid before */
#define SOUK_PAYMENT_MANUAL_REFUND 32 /* refund() only notes it: a person pays it out */
#define SOUK_PAYMENT_ASKS_FIRST    64 /* shipping waits for the money; else goods are only held */

/* What a payment, or a movement of one, came to. */
#define SOUK_PAID_PENDING    1 /* nothing is known yet: the payer, the bank, a webhook decides */
#define SOUK_PAID_AUTHORISED 2
#define SOUK_PAID_CAPTURED   3
#define SOUK_PAID_FAILED     4
#define SOUK_PAID_CANCELLED  5
#define SOUK_PAID_REFUNDED   6 /* of refund() and reports */
#define SOUK_PAID_DISPUTED   7 /* the payer's bank took the money back */

struct souk_payment_terms { /* host-allocated: what is about to be bought */
    uint32_t size;
    int32_t orders_before; /* that this customer has paid; -1: not known who it is */
    int64_t total;         /* minor units of currency */
    struct souk_str currency;
    struct souk_str country;         /* of the delivery address; empty: not said yet */
    struct souk_str delivery_method; /* "courier:standard"; empty: not chosen yet */
    int32_t delivery_takes_cash;     /* the chosen delivery can take cash; 0: no, or not chosen */
    int32_t delivery_takes_card;
};

struct souk_payment { /* host-allocated; a view of the payment and its order */
    uint32_t size;
    int32_t in_page; /* begin: 1: it is finished in the front end's own page, give `client` */
    int64_t id;
    int64_t order_id;
    int64_t created_at;
    int64_t amount, authorised, captured, refunded; /* minor units */
    struct souk_str currency;
    struct souk_str number;    /* the order's, as people know it: "1042" */
    struct souk_str reference; /* the provider's name for the payment; empty until begin gave one */
    struct souk_str key;       /* idempotency key of begin: the same at every attempt */
    struct souk_str email, name, country, locale;
    struct souk_str return_url; /* where a hosted page sends the shopper back to: it opens the
                                   order's page, so it is for that peer and for no log */
    struct souk_str cancel_url;
    const struct souk_value *order; /* the order's document, as souk_order_get gives it */
    const struct souk_value *data;  /* what an earlier call put into result->data */
};

struct souk_payment_move { /* host-allocated: one capture, cancel or refund */
    uint32_t size;
    int32_t reserved;
    int64_t id;
    int64_t amount;
    struct souk_str key;    /* idempotency key: the same at every attempt */
    struct souk_str reason; /* in the words of whoever asked */
};

struct souk_payment_result { /* host-allocated, cleared; the provider fills it in */
    uint32_t size;
    int32_t state;    /* SOUK_PAID_… */
    int64_t amount;   /* what was authorised, captured or refunded; 0: all that was asked for */
    int64_t check_at; /* microseconds UTC: call fetch() then, if nothing is heard before; 0: the
                         core's own rhythm (2 min, 10 min, 1 h, 6 h, daily). LOCAL begin:
                         the order is kept for its money until then, and cancelled */
    struct souk_str reference; /* of the payment (begin) or of the movement */
    struct souk_str
        redirect;            /* begin: where the shopper has to go now; https (http for loopback) */
    struct souk_str message; /* words for the customer when it failed */
    struct souk_value *data; /* kept with the payment, a map; NULL: as it was */
    /* begin, for payment->in_page: a map of texts that the buyer's browser may see: up to 16, names
     * of [a-z0-9_], values up to 8000 bytes without control characters. "secret" is what
     * opens this one payment (a client secret, a session, a token), "key" what names the account to
     * the provider's script (a publishable key); others are the provider's own. The core adds
     * "provider". */
    struct souk_value *client;
};

struct souk_payment_provider {
    uint32_t size;
    int32_t flags;
    const char *label; /* message id: "Cash on delivery" */
    /* TASK, no network, in a snapshot. SOUK_OK: offered; `offer` is a map that may get "label",
     * "note" (one sentence under it), "fee" (int, minor units, charged on top), "in_page" (true:
     * begin() can give `client`; not for LOCAL ones) and "fields" (list of
     * {"key", "label", "type": "text" | "tel" | "choice", "required", "choices"}).
     * SOUK_NOT_FOUND: not for these terms. */
    int (*offer)(struct souk_ctx *ctx, const struct souk_payment_terms *terms,
                 struct souk_value *offer);
    /* TASK. A LOCAL one is begun before its order is written: id, order_id, number and order are
     * empty then, data is what the shopper filled in, and it may use no network and write nothing.
     */
    int (*begin)(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result);
    int (*capture)(struct souk_ctx *ctx, const struct souk_payment *payment,
                   const struct souk_payment_move *move, struct souk_payment_result *result);
    int (*cancel)(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *move, struct souk_payment_result *result);
    int (*refund)(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *move, struct souk_payment_result *result);
    /* TASK: how the payment stands at the peer now; NULL: nobody to be asked. */
    int (*fetch)(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result);
    /* READ, no network: what the payer still has to know, for the thanks page, the order's page and
     * mails: "facts" (list of {"label", "value"}), "picture" (address of an image: a QR code) and
     * "picture_text" (its alt text). NULL or SOUK_NOT_FOUND: nothing. */
    int (*show)(struct souk_ctx *ctx, const struct souk_payment *payment, struct souk_value *view);
};

/* What a webhook, a bank statement or a carrier's register says. */
struct souk_payment_report {
    uint32_t size;                     /* sizeof(struct souk_payment_report) */
    int32_t state;                     /* SOUK_PAID_… */
    struct souk_str provider;          /* the name in the providers table */
    struct souk_str event;             /* unique for the provider: a repeat changes nothing */
    struct souk_str payment_reference; /* either this … */
    int64_t payment_id;                /* … or this, or … */
    struct souk_str number;    /* … the order's number; all empty: it waits to be matched */
    struct souk_str reference; /* of the movement; empty: the event is its name. A movement is known
                                  by this name: the one that capture() or refund() gave, and the
                                  same in each report of it; two names are two movements, where
                                  payers choose the sum (PART_CAPTURE) and for refunds. What fetch()
                                  finds is matched by its amount */
    int64_t amount;
    struct souk_str currency;
    struct souk_str payer; /* for people who match by hand: name and text of the transfer */
    struct souk_str text;
    struct souk_str message;       /* of a failure, for the customer */
    const struct souk_value *data; /* merged into the payment's data; NULL: nothing */
};

struct souk_payment_api {
    uint32_t size;
    uint32_t reserved;
    int (*report)(struct souk_ctx *ctx, const struct souk_payment_report *report, int32_t *fresh);
    int (*find)(struct souk_ctx *ctx, struct souk_str provider, struct souk_str reference,
                const struct souk_payment **payment);
};

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* Tells what came in. Stored at once and worked on by a job, so it may come before its payment does. WRITE and write
 * steps; TASK waits until it is on disk: answer a webhook with 200 only after that. *fresh (may be NULL): 0 when this
 * event was known. SOUK_INVALID: no event, provider or currency. [WRITE TASK; TASK waits; 0.1] */
static inline int souk_payment_report(struct souk_ctx *ctx, const struct souk_payment_report *report, int32_t *fresh) { return souk_api->payment->report(ctx, report, fresh); }
/* The payment that the provider knows by `reference`; SOUK_NOT_FOUND. [serving; 0.1] */
static inline int souk_payment_find(struct souk_ctx *ctx, struct souk_str provider, struct souk_str reference, const struct souk_payment **payment) { return souk_api->payment->find(ctx, provider, reference, payment); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
