/*
 * tax: tax providers. Rates reach the shop floor through a hook (shop/tax.h, tax_oracle); a buyer's
 * tax number is asked about by the checkout.
 */
#ifndef BRIDGE_TAX_H
#define BRIDGE_TAX_H

#include <souk/tax.h>

#include "bridge/provider.h"
#include "shop/tax.h"

/* Once, at the start, before requests. */
void tax_bridge_begin(void);
/* TASK, with no snapshot held. SOUK_NOT_FOUND: nobody is asked about numbers; they are kept and
 * change nothing. SOUK_UNAVAILABLE: the plugin that would, and without which nothing is sold, is
 * away. Else SOUK_OK: what came of it is in buyer->state; whoever fails leaves it unknown. */
int tax_number(const struct provider_scope *scope, const struct souk_tax_number *number,
               struct tax_buyer *buyer);

#endif
