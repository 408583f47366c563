/*
 * promo_units: what the two files of actions (promo_give.c, promo_units.c) share.
 */
#ifndef SHOP_PROMO_UNITS_H
#define SHOP_PROMO_UNITS_H

#include "shop/promo_engine.h"

/* Takes `amount` off a line, at most what is left above its floor. */
void promo_take_off(struct promo_run *run, struct promo_effect *effect, size_t at, int64_t amount);
/* Not a gift, not left out as reduced, and the filter matches. */
int promo_is_goods(const struct promo_run *run, size_t at, const struct promo_filter *filter);

void promo_give_cheapest(struct promo_run *run, const struct promo_action *action,
                         struct promo_effect *effect);
void promo_give_groups(struct promo_run *run, const struct promo_action *action,
                       struct promo_effect *effect);
void promo_give_deal(struct promo_run *run, const struct promo_action *action,
                     struct promo_effect *effect);

#endif
