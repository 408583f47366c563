/*
 * Tax: the table of a tax provider. The shop has tax classes and rates of its own (zones by
 * country, region, postcode); a provider knows better: rates that change on a day, sales without
 * tax between businesses, exports. The core asks it for the rates of each class at a place, reckons
 * with them, and keeps them with the order.
 *
 * How it goes. rates() is asked whenever something is priced for a place: on pages, in carts, when
 * the order is made; so it looks into the plugin's tables, and nowhere else. Who buys for a
 * business gives a tax number at the checkout: number() asks whoever knows (VIES, say), remembers
 * the answer, and rates() rests on what was remembered. A number that could not be asked about
 * counts as none: tax is charged, and a note says so.
 *
 * Region and postcode are as somebody typed them ("CA", "California", "90210-1234", " w1a 1aa"),
 * and empty where no address is known yet: rates() reads them with patience. Where it cannot tell
 * the place it says SOUK_NOT_FOUND (the shop's own rates hold) or, for a place that must be clear
 * before anything is sold there, a listener of the filter order.placing vetoes with words for the
 * buyer.
 *
 * Rates that are not compound are reckoned as one sum and rounded once (by line or total, as the
 * shop says); their parts add up to it. Any other error of rates(), and an answer that cannot be,
 * is logged and counts as the provider being away.
 *
 * Numbers may be certificates of exemption too: then one that number() found valid frees a sale at
 * home as well, and conform.lua says exempt_at_home.
 *
 * When the provider's plugin is away, its `role` decides (souk/plugin.h): SOUK_GATE sells nothing
 * meanwhile; otherwise the shop's own rates hold.
 *
 * Rules (souk-host checks each by its name):
 *   rates-bounded      rates are 0 to 1,000,000 ppm, at most 8 of them, each with a name
 *   rates-steady       the same terms give the same rates, however often and from where asked
 *   rates-offline      rates() asks nobody outside
 *   rates-dated        a rate that changes at a moment holds before and after it as it should
 *   unknown-place      a place that it knows nothing of gives SOUK_NOT_FOUND, never a rate of 0
 *   home-taxed         a sale within the shop's country is taxed, whatever number is given
 *   number-form        a number that cannot be one is SOUK_TAX_WRONG before anybody is asked
 *   number-unknown     a time-out or 5xx of the peer is SOUK_TAX_UNKNOWN, and the sale is taxed
 *   number-invalid     a number that the peer does not know is SOUK_TAX_WRONG, and the sale is
 *                      taxed
 *   number-remembered  a valid number is not asked about at each page: rates() rests on the answer
 *   no-secrets         no key in results, log lines or stored data
 */
#ifndef SOUK_TAX_H
#define SOUK_TAX_H

#include <souk/db.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_tax_terms { /* host-allocated */
    uint32_t size;
    int32_t reserved;
    int64_t at;                /* microseconds UTC: the moment of the sale */
    struct souk_str tax_class; /* code: "standard", "reduced", "books" */
    struct souk_str country;   /* where the goods go, ISO 3166-1; never empty */
    struct souk_str region, postcode;
    struct souk_str shop_country; /* where the shop is */
    struct souk_str
        tax_number; /* of the buyer's business, as number() normalised it; empty: none */
};

struct souk_tax_rate { /* host-allocated, cleared */
    uint32_t size;
    int32_t compound;     /* 1: reckoned on the sum with the rates before it */
    int64_t ppm;          /* 200000 is 20 % */
    struct souk_str name; /* on invoices: "VAT 20 %" */
};

#define SOUK_TAX_RATES 8

struct souk_tax_result { /* host-allocated, cleared */
    uint32_t size;
    uint32_t count;
    struct souk_tax_rate
        *rates;       /* room for SOUK_TAX_RATES; step by rates[0].size: souk_tax_rate_at() */
    int32_t exempt;   /* 1: nothing is charged, and where prices include tax that of the shop's own
                         country is taken out of them */
    int32_t delivery; /* 1: delivery is taxed likewise (what is usual); 0: it is free of tax */
    struct souk_str note; /* a sentence for the invoice: "Reverse charge: …"; a message id of the
                             plugin, one of a few: names and numbers do not belong in it */
    int64_t until; /* the first moment at which this answer changes by itself (a rate that begins or
                      ends); 0: none is known */
};

#define SOUK_TAX_VALID   1
#define SOUK_TAX_WRONG   2 /* no such number: the checkout asks for another, or for none */
#define SOUK_TAX_UNKNOWN 3 /* nobody could be asked just now */

struct souk_tax_number { /* host-allocated: what was typed at the checkout */
    uint32_t size;
    int32_t reserved;
    struct souk_str number;  /* as typed */
    struct souk_str country; /* of the billing address */
    struct souk_str shop_country;
    struct souk_str company; /* as typed */
};

struct souk_tax_number_result { /* host-allocated, cleared */
    uint32_t size;
    int32_t state;           /* SOUK_TAX_VALID … */
    struct souk_str number;  /* normalised: "BG123456789"; that is what rates() gets */
    struct souk_str company; /* as the register has it; empty: not told */
    struct souk_str proof;   /* the register's receipt of the question, kept with the order */
    struct souk_str message; /* for the buyer: why not */
};

struct souk_tax_provider {
    uint32_t size;
    int32_t flags;
    const char *label;
    /* READ, WRITE or TASK, in the caller's snapshot: no network, no writes, well below a
     * millisecond. SOUK_NOT_FOUND: nothing is known of this place or class: the shop's own rates
     * hold. */
    int (*rates)(struct souk_ctx *ctx, const struct souk_tax_terms *terms,
                 struct souk_tax_result *result);
    /* TASK. May be NULL: numbers are kept with the order and change nothing. So does one for which
     * it gives SOUK_NOT_FOUND: a number of a country whose register nobody asks. Any other error
     * counts as SOUK_TAX_UNKNOWN. */
    int (*number)(struct souk_ctx *ctx, const struct souk_tax_number *number,
                  struct souk_tax_number_result *result);
};

/* The result's rate from 0 to SOUK_TAX_RATES - 1: to be filled in, then counted. [any; 0.2] */
static inline struct souk_tax_rate *souk_tax_rate_at(const struct souk_tax_result *result,
                                                     uint32_t index)
{
    char *at = (char *)(void *)result->rates;
    return (struct souk_tax_rate *)(void *)(at + (size_t)index * result->rates->size);
}

#ifdef __cplusplus
}
#endif

#endif
