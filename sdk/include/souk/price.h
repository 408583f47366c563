/*
 * Prices: what something costs, why, and what a whole cart would. The numbers are those of pages,
 * feeds and orders: there is one pipeline.
 */
#ifndef SOUK_PRICE_H
#define SOUK_PRICE_H

#include <souk/catalogue.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_price {       /* filled in by souk_price_of */
    uint32_t size;        /* sizeof(struct souk_price) */
    int32_t reduced;      /* 1: by a catalogue promotion */
    int64_t amount;       /* of one, minor units, with or without tax as the shop shows prices */
    int64_t compare_at;   /* 0: none */
    int64_t lowest;       /* of the 30 days before a reduction (Directive 98/6/EC, article 6a); 0 */
    int64_t min_quantity; /* from which this price holds */
    int64_t until;        /* when another one will hold; 0: not known */
    char currency[4];
    int32_t reserved;
};

struct souk_price_api { /* since 0.2 */
    uint32_t size;
    uint32_t reserved;
    int (*of)(struct souk_ctx *ctx, int64_t variant_id, int64_t quantity,
              const struct souk_terms *terms, struct souk_price *price);
    int (*explain)(struct souk_ctx *ctx, int64_t variant_id, int64_t quantity,
                   const struct souk_terms *terms, const struct souk_value **list);
    int (*quote)(struct souk_ctx *ctx, const struct souk_value *cart,
                 const struct souk_value **quote);
    int (*tax)(struct souk_ctx *ctx, struct souk_str tax_class, const struct souk_terms *terms,
               const struct souk_value **rates);
};

/* clang-format off */

/* The price of one unit when `quantity` are bought. `terms` may be NULL. SOUK_NOT_FOUND: no such variant, or it has no price under these terms. [serving; 0.2] */
static inline int souk_price_of(struct souk_ctx *ctx, int64_t variant_id, int64_t quantity, const struct souk_terms *terms, struct souk_price *price) { return souk_api->price->of(ctx, variant_id, quantity, terms, price); }
/* Which price lists were looked at, the one that decides first: {"list", "priority", "amount", "min_quantity", "held" (bool), "reason"}. [serving; 0.2] */
static inline int souk_price_explain(struct souk_ctx *ctx, int64_t variant_id, int64_t quantity, const struct souk_terms *terms, const struct souk_value **list) { return souk_api->price->explain(ctx, variant_id, quantity, terms, list); }
/* What a cart costs with promotions, codes, delivery and tax, and why: documents in and out are those of `souk quote`. SOUK_INVALID names each wrong member.
 * [TASK; blocks; 0.2] */
static inline int souk_quote(struct souk_ctx *ctx, const struct souk_value *cart, const struct souk_value **quote) { return souk_api->price->quote(ctx, cart, quote); }
/* The rates of a tax class ("standard") at the terms' place: {"name", "rate" (ppm), "compound" (bool), "delivery" (bool)}; from a tax provider when one is on.
 * SOUK_NOT_FOUND: no such class. [serving; 0.2] */
static inline int souk_tax_rates(struct souk_ctx *ctx, struct souk_str tax_class, const struct souk_terms *terms, const struct souk_value **rates) { return souk_api->price->tax(ctx, tax_class, terms, rates); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
