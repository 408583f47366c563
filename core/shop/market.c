/*
 * market.c: the shop's own terms, and those of a request without a customer.
 */
#include "shop/market.h"

#include <stdatomic.h>
#include <string.h>
#include "base/str.h"

static const struct market_shop unset = {.name = "",
                                         .url = "",
                                         .currency = "EUR",
                                         .locales = {"en"},
                                         .country = "",
                                         .email = "",
                                         .phone = "",
                                         .prices_include_tax = 1};
static struct market_shop kept;
static const struct market_shop *_Atomic current = &unset;

void market_setup(const struct market_shop *shop)
{
    kept = *shop;
    atomic_store(&current, &kept);
}

const struct market_shop *market_shop(void)
{
    return atomic_load_explicit(&current, memory_order_acquire);
}

const char *market_locale(struct souk_str code)
{
    const struct market_shop *shop = market_shop();
    for (size_t i = 0; i < MARKET_LOCALES && shop->locales[i]; i++)
        if (souk_str_is(code, shop->locales[i]))
            return shop->locales[i];
    return NULL;
}

struct market market_at(const char *locale, int64_t now)
{
    const struct market_shop *shop = market_shop();
    const char *known = locale ? market_locale(souk_str(locale)) : NULL;
    return (struct market){.locale = known ? known : shop->locales[0],
                           .currency = shop->currency,
                           .channel = souk_str("web"),
                           .country = souk_str(shop->country),
                           .now = now};
}
