/*
 * promo_check: what is wrong with rules before anybody buys by them: mistakes of reading, and
 * conflicts that show on carts made from the rules' own thresholds (app/promo_boundary.h).
 *
 * Kinds: "error" (cannot be read), "masked" (never applies, because of others), "order" (two of
 * equal priority whose order changes what the cart comes to), "zero" (goods for nothing), "raised"
 * (the cart is dearer with the rule than without it), "unstable" (a function that answers
 * differently when asked twice), "failed" (a function that fails), "never" (applies to no cart that
 * could be made for it).
 */
#ifndef APP_PROMO_CHECK_H
#define APP_PROMO_CHECK_H

#include "app/promotion.h"

struct promo_check {
    int64_t now;
    int64_t pairs; /* at most so many pairs are tried; 0: 20,000 */
    int all;       /* as if all were switched on; else those that are off are looked at alone */
    void (*progress)(void *user, int64_t done, int64_t total); /* may be NULL */
    int (*cancelled)(void *user);                              /* may be NULL */
    void *user;
};

/* *report: {"ok", "promotions", "offers", "tests", "carts", "pairs", "pairs_all", "findings":
 * [{"kind", "file", "line", "id", "message"}]}; "ok" when there are none. SOUK_OK whatever was
 * found; anything else: nothing could be checked. Blocks; needs promotion_open. */
int promo_check_run(struct arena *arena, const struct script_source *sources, size_t count,
                    const struct promo_check *terms, struct json **report, struct err *err);

#endif
