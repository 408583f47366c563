/*
 * promo_boundary: carts at the boundaries of rules: made from what the rules themselves declare, so
 * that each of the named ones should just apply (the threshold), or just not (a unit or a cent
 * below). Functions are not looked into: a cart for such a rule holds what its declared conditions
 * and actions name.
 *
 * Nothing is looked up: goods that no rule names are called ANY-1, ANY-2 …
 */
#ifndef APP_PROMO_BOUNDARY_H
#define APP_PROMO_BOUNDARY_H

#include "shop/promo.h"

enum boundary_edge {
    BOUNDARY_AT,    /* as much as is asked for */
    BOUNDARY_BELOW, /* a cent, or a unit, less */
    BOUNDARY_ABOVE  /* three times as much */
};

struct boundary_cart {
    struct quote quote;
    struct promo_facts facts;
};

/* SOUK_OK, or SOUK_CONFLICT: no cart can hold for all of them (no moment, group, currency …).
 * `now`: the moment to begin to look for one at which all are on. */
int boundary_cart_make(struct arena *arena, const struct promo *const *promos, size_t count,
                       const char *currency, int64_t now, enum boundary_edge edge,
                       struct boundary_cart *cart);
/* "2 x TEA and 1 x CUP (35.00) with the code SPRING". */
struct souk_str boundary_cart_words(struct arena *arena, const struct boundary_cart *cart);

#endif
