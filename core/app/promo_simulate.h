/*
 * promo_simulate: a draft of rules replayed on stored orders: what it would have done, before
 * anybody buys by it. Each order is priced twice from the same frozen inputs: by the rules that
 * serve ("before") and by these with the draft ("after"); what the order really came to stands
 * beside them ("stored"). The oldest comes first, because limits and budgets are used up by the
 * replay itself: both sides begin with nothing used.
 *
 * Orders of another currency are counted and left out. Nothing is written.
 */
#ifndef APP_PROMO_SIMULATE_H
#define APP_PROMO_SIMULATE_H

#include "app/promotion.h"

struct promo_simulation {
    struct promo_live *before, *after;
    int64_t orders; /* the last so many … */
    int64_t since;  /* … or, with 0 orders, those since a moment */
    int64_t now;
    void (*progress)(void *user, int64_t done, int64_t total); /* may be NULL */
    int (*cancelled)(void *user);                              /* may be NULL */
    void *user;
};

/* *report: {"complete", "orders", "of", "until": the moment of the last order that was looked at,
 * "currency", "touched", "dearer", "at_zero", "other_currency", "not_priced", "discount":
 * {"before", "after", "stored"}, "delivery_discount": {…}, "total": {…}, "margin": {"before",
 * "after", "lines", "lines_known"}, "promotions": [{"id", "orders", "amount", "orders_before",
 * "amount_before"}], "displaced": [{"id", "orders", "amount"}], "script_failures": n,
 * "failures": [{"id", "orders", "message"}], "examples": [{"order", "before", "after"}],
 * "seconds"}. Amounts are minor units. "total" is goods and delivery with added tax. A cancelled
 * one is reported as far as it came, "complete" false. Blocks. */
int promo_simulate(struct db *db, struct arena *arena, const struct promo_simulation *terms,
                   struct json **report, struct err *err);

#endif
