/*
 * market: the terms under which something is shown or priced: language, currency, price group,
 * place and moment. Every reader of the catalogue gets one; nothing else decides what a shopper
 * sees. The shop's own terms are set once, at the start.
 */
#ifndef SHOP_MARKET_H
#define SHOP_MARKET_H

#include "base/arena.h"

#define MARKET_LOCALES 16

struct market_shop { /* the shop's own terms */
    const char *name;
    const char *url;                     /* "https://shop.example" without a slash; "" */
    const char *currency;                /* ISO 4217 */
    const char *locales[MARKET_LOCALES]; /* NULL-terminated; the first is the default */
    const char *country;       /* ISO 3166-1 alpha-2: where tax is reckoned for by default */
    const char *email, *phone; /* of the shop, for its contact page; "" */
    const char *address;       /* postal, lines with "\n"; "" */
    const char *order_prefix;  /* before the numbers of orders; "" or NULL: nothing */
    int64_t order_first;       /* number of the first order; 0: 1001 */
    int64_t
        order_hold; /* microseconds that goods are kept for an order to be paid first; 0: 30 min */
    int64_t min_margin_ppm;  /* discounts leave at least this part of a known cost on top of it; -1:
                                none */
    int64_t codes_per_order; /* voucher codes of a cart; 0: 5 */
    const char *scripts;     /* folder of rules; NULL: none */
    int64_t returns_days;    /* from delivery; 0: no returns through the shop */
    int prices_include_tax;  /* as entered and as shown */
    int round_by_total;      /* tax is rounded on the sum of a class instead of a line */
};

struct tax_buyer;
struct market {
    const char *locale; /* one of the shop's */
    const char *currency;
    struct souk_str group;   /* price group of the customer; empty: everybody's prices */
    struct souk_str channel; /* "web" */
    struct souk_str country, region, postcode;
    int64_t now; /* microseconds UTC */
    int bare;    /* prices as they are before catalogue promotions */
    int asks;    /* the caller may wait: functions of scripts are asked (task threads, commands) */
    int sells;   /* an order is being made: who has to be asked about tax, and is away, refuses */
    const struct tax_buyer *buyer; /* who buys with a tax number; NULL: nobody does */
    const void *request; /* whose plugins are asked; NULL: those that are on at the moment */
};

/* Once, before requests; the strings outlive the process's use of them (the configuration's arena).
 */
void market_setup(const struct market_shop *shop);
const struct market_shop *market_shop(void);
/* The default terms at `now`: locale NULL or unknown means the default one. */
struct market market_at(const char *locale, int64_t now);
const char *market_locale(struct souk_str code); /* the shop's own pointer, or NULL */

#endif
