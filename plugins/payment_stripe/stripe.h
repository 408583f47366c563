/*
 * stripe.h: what the files of the plugin share. currency.c counts, api.c talks, payment_stripe.c
 * offers and begins, move.c captures, cancels, refunds and asks, webhook.c checks who is speaking,
 * event.c passes on what was said. None of them keeps anything in memory between two calls.
 */
#ifndef STRIPE_H
#define STRIPE_H

#include <souk.h>

#define STRIPE_PROVIDER "stripe"
#define STRIPE_VERSION  "2026-09-30.endive" /* of the API; what follows the dot is its major */
#define STRIPE_SECOND   INT64_C(1000000)

/* ---- currency.c: sums as Stripe counts them ---- */

int currency_takes(struct souk_str currency);
/* What may be charged at least, in the shop's minor units; 0: Stripe does not say. */
int64_t currency_least(struct souk_str currency);
/* The shop's minor units to Stripe's; SOUK_INVALID: a sum that Stripe cannot express. */
int currency_out(struct souk_str currency, int64_t minor, int64_t *stripe);
int64_t currency_in(struct souk_str currency, int64_t stripe);
/* "eur" to "EUR". */
struct souk_str currency_upper(struct souk_ctx *ctx, struct souk_str currency);
struct souk_str currency_lower(struct souk_ctx *ctx, struct souk_str currency);

/* ---- api.c: one request ---- */

struct form { /* fields as application/x-www-form-urlencoded, nested ones by brackets */
    struct souk_ctx *ctx;
    char *text;
    size_t len, room;
};
void form_add(struct form *form, const char *name, struct souk_str value);
void form_add_int(struct form *form, const char *name, int64_t value);

struct reply {
    int status;
    int replayed;                   /* Stripe has given this very answer before */
    int64_t wait;                   /* Retry-After in microseconds; 0: not said */
    const struct souk_value *body;  /* of 2xx */
    const struct souk_value *error; /* of 4xx, else NULL */
    struct souk_str request;        /* Stripe's name of the request, for its support */
    struct souk_str words;          /* its sentence, short and without secrets */
};

/* POST with a form, else GET. SOUK_OK: Stripe has answered, with yes or no (4xx: look at
 * reply->error). What is not known is SOUK_TIMEOUT, SOUK_BUSY or SOUK_UNAVAILABLE; reply->replayed
 * then says that asking again cannot help. */
int api_call(struct souk_ctx *ctx, struct souk_str path, const struct form *form,
             struct souk_str key, struct reply *reply);
/* The failure that a 4xx is when nobody but the shop can mend it. */
int api_refused(struct souk_ctx *ctx, const struct reply *reply, const char *what);
int api_error_is(const struct reply *reply, const char *member, const char *value);
/* Names of Stripe's things go into paths: letters, digits, underscores. */
int api_is_id(struct souk_str id);
/* Words for the customer: why the bank said no. */
struct souk_str api_decline(struct souk_ctx *ctx, struct souk_str locale,
                            const struct souk_value *error);

/* ---- payment_stripe.c ---- */

int payment_sum(struct souk_ctx *ctx, const struct souk_payment *payment, int64_t minor,
                int64_t *sum);
/* What an event is known by later: the payment, the order's number, the shop. */
void payment_names(struct form *form, const struct souk_payment *payment, const char *payment_id,
                   const char *number, const char *shop);
int payment_failed(struct souk_payment_result *result, struct souk_str words);

/* ---- move.c: of the provider's table ---- */

/* The name of a payment that is an intent itself, not a session. */
int payment_is_intent(struct souk_str reference);

int payment_fetch(struct souk_ctx *ctx, const struct souk_payment *payment,
                  struct souk_payment_result *result);
int payment_capture(struct souk_ctx *ctx, const struct souk_payment *payment,
                    const struct souk_payment_move *move, struct souk_payment_result *result);
int payment_cancel(struct souk_ctx *ctx, const struct souk_payment *payment,
                   const struct souk_payment_move *move, struct souk_payment_result *result);
int payment_refund(struct souk_ctx *ctx, const struct souk_payment *payment,
                   const struct souk_payment_move *move, struct souk_payment_result *result);

/* ---- webhook.c, event.c ---- */

int webhook_take(struct souk_ctx *ctx);
int event_take(struct souk_ctx *ctx, const struct souk_value *event);

#endif
