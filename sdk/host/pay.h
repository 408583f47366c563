/*
 * pay: a payment provider as the rules see it: a payment and its movements as the core would hand
 * them over, and calls whose answers are kept.
 */
#ifndef HOST_PAY_H
#define HOST_PAY_H

#include "host/scene.h"

enum pay_verb { PAY_BEGIN, PAY_CAPTURE, PAY_CANCEL, PAY_REFUND, PAY_FETCH };

struct pay_answer { /* in the scene's arena */
    int code;
    char words[500]; /* for people, when code is no SOUK_OK */
    int state;       /* SOUK_PAID_… */
    int64_t amount;
    struct souk_str reference, redirect, message;
    const struct json *data, *client;
    const char *fault; /* of the client facts, in words after "gave"; NULL: none */
};

struct pay {
    struct souk_payment view; /* texts in the scene's arena */
    const struct json *data, *order;
    int state; /* as the core would have it: SOUK_PAID_… */
};

/* A new payment of this sum with an order of its own. */
void pay_new(struct scene *scene, struct pay *pay, int64_t amount, const char *currency);
/* Calls; begin, capture and fetch move `pay` on as the core would. `amount` and `key` of a
 * movement. */
void pay_call(struct scene *scene, enum pay_verb verb, struct pay *pay, int64_t amount,
              struct souk_str key, struct pay_answer *answer);
/* The offer for these terms: SOUK_OK or SOUK_NOT_FOUND, or what is wrong. */
int pay_offer(struct scene *scene, int64_t total, const char *currency, struct json **offer);
/* It is offered, and can be finished in the front end's page. */
int pay_in_page(struct scene *scene, int64_t total, const char *currency);
int pay_show(struct scene *scene, const struct pay *pay, struct json **view);
int pay_flags(const struct scene *scene);
int pay_can(const struct scene *scene, enum pay_verb verb);

/* What conform.lua says that the peer did: the sum over kind ("charge", "refund") for this key or
 * reference; -1: it has no charges(). *count: how many; currency of the last. */
int64_t pay_charged(struct scene *scene, const char *kind, struct souk_str key,
                    struct souk_str reference, int *count, struct souk_str *currency);

/* Begins, and where the payer has to do something, has conform.lua's pay() do it. Skips the rule
 * when the payment cannot get as far as `state` (SOUK_PAID_AUTHORISED or SOUK_PAID_CAPTURED). */
void pay_until(struct scene *scene, struct pay *pay, int state);

#endif
