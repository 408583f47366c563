/*
 * quote: the price pipeline: what a cart costs, and why. A pure calculation on memory: lines with
 * their prices and tax rates go in, totals come out; nothing is read from the database, no clock is
 * asked. Every amount of a cart, an order, a feed or `souk quote` is made here and nowhere else.
 *
 * Order of things: unit prices (price lists; catalogue promotions later), then discounts of lines
 * and of the order (allocated by largest remainder), then delivery, then tax. Tax of a line: on its
 * total after discounts, rounded half away from zero, by line or (round_by_total) on the sum of all
 * lines with the same rates, allocated back to the lines by largest remainder.
 *
 * Totals: items = sum of quantity * unit price; total = items - discount + delivery -
 * delivery_discount + tax, where tax is what is added to the prices (0 when they include it) and
 * tax_included what is in them.
 */
#ifndef SHOP_QUOTE_H
#define SHOP_QUOTE_H

#include "base/json.h"
#include "base/err.h"
#include "shop/tax.h"

#define QUOTE_LINES    200
#define QUOTE_QUANTITY 10000

struct promo_said;
struct quote_share { /* a discount and whose it is */
    struct souk_str promotion;
    int64_t amount;
};

enum quote_tax_basis { QUOTE_TAX_AS_QUOTE, QUOTE_TAX_WITHIN, QUOTE_TAX_ON_TOP };

struct quote_line {
    /* in */
    int64_t id; /* cart line; 0: none */
    int64_t variant_id, product_id;
    struct souk_str sku, name, options, product; /* product: its key or slug */
    const struct souk_str *categories;           /* keys */
    size_t category_count;
    int64_t quantity;
    int64_t unit_price;                               /* minor units, as shown */
    int64_t original_price;                           /* before a sale: at least unit_price */
    int64_t min_unit_price;                           /* discounts do not go below it */
    int64_t cost;                                     /* -1: not known */
    int64_t weight_g, length_mm, width_mm, height_mm; /* of one; -1: not known */
    struct tax_rates rates;
    struct tax_rates delivery_rates; /* the same class, for delivery that follows the goods */
    int gift;
    int reduced; /* unit_price stands below original_price by a catalogue promotion */
    int unsent;  /* nothing has to be delivered: digital, a service, a gift card */
    int settled; /* units of it were refunded: tax and tax_parts are given, and stay */
    enum quote_tax_basis tax_basis; /* of a file's line that differs from the quote's others */
    struct quote_share *discounts;  /* what promotions took off, in their order */
    size_t discount_count;
    /* out */
    int64_t subtotal, discount, total, tax;
    int64_t tax_parts[TAX_RATES];
};

struct quote_delivery { /* one charged shipment */
    struct souk_str method, label;
    int64_t amount, discount;
    int fee; /* of a way to pay: no shipment, promotions leave it alone */
    struct tax_rates rates;
    int64_t tax; /* out */
    int64_t tax_parts[TAX_RATES];
};

struct quote_coupon {
    struct souk_str code, reason; /* reason: an English sentence */
    int accepted;
    /* why not: "unknown" "expired" "not-yet" "used-up" "customer" "conditions" "no-effect"
     * "displaced"; NULL or "" when accepted */
    const char *reason_code;
};

struct quote {
    struct souk_str currency;
    int64_t at;    /* microseconds UTC */
    int64_t until; /* the first moment at which a price in it changes by itself; 0: none */
    int include_tax, round_by_total;
    int fetched; /* handed over, and so taxed, at the shop's, whatever the address is */
    struct quote_line *lines;
    size_t count;
    struct quote_delivery *delivery;
    size_t delivery_count;
    struct quote_coupon *coupons;
    size_t coupon_count;
    struct json *promotions, *nudges; /* lists as in the contract; NULL: empty */
    struct souk_str version;          /* what it rests on: catalogue, cart and scripts */
    struct souk_str rules;            /* hash of the set of promotions that was applied */
    const struct promo_said *said;    /* what their functions said; NULL: nothing was asked */
    int64_t catalogue;                /* its version, in a cart's quote */
    const struct quote_line *goods;   /* the lines before promotions, for cart_charge */
    size_t goods_count;
    struct tax_known *known;  /* rates of its market, for what is charged besides goods */
    struct tax_buyer buyer;   /* who buys with a tax number, if anybody does */
    struct souk_str tax_note; /* why no tax is charged; kept when an order is computed again */
    /* out */
    int64_t items, discount, delivery_amount, delivery_discount, delivery_tax, tax, tax_included,
        total;
    enum quote_exempt { QUOTE_EXEMPT_NONE, QUOTE_EXEMPT_SOME, QUOTE_EXEMPT_ALL } exempt;
};

/* Computes everything under "out". SOUK_INVALID: an overflow, a negative amount, a discount above
 * its line; err names the line ("lines/3: …"). */
int quote_compute(struct quote *quote, struct err *err);
/* Is the tax of this line in its price? */
int quote_tax_within(const struct quote *quote, const struct quote_line *line);
/* The document of the contract (money as plain integers, one "currency"). */
struct json *quote_print(struct arena *arena, const struct quote *quote);
/* The same for whoever has the cart: where rules stand is not told, and not whether a code that
 * does nothing is unknown, over or not theirs. Reasons of codes are whole sentences that pages look
 * up in their language. */
struct json *quote_print_public(struct arena *arena, const struct quote *quote);
/* Promotions and codes come in between the unit prices and quote_compute: promo_price
 * (promo_live.h). */
/* What shoppers read for a promotion that the trace tells of; empty: nothing. */
struct souk_str quote_promotion_name(const struct quote *quote, struct souk_str id);
/* A short text that is the same as long as what the quote rests on is the same: the catalogue's
 * version; goods, prices, rates, delivery and codes; rules and what their functions said. */
struct souk_str quote_version(struct arena *arena, const struct quote *quote, int64_t catalogue);
/* Do two of them rest on the same goods and prices, whatever the rules made of them? */
int quote_version_same_goods(struct souk_str one, struct souk_str other);
/* The file of `souk quote`: lines with a unit_price stand as they are; those without have
 * unit_price -1 and are to be looked up by sku. Every error at once in err ("/lines/0/quantity:
 * …"). */
int quote_parse(struct arena *arena, const struct json *doc, struct quote *quote, struct err *err);

/* What the same file says of who asks and of what was used so far ("customer", "usage", "codes",
 * channel, place): over what stands in `facts`. Errors as quote_parse. */
struct promo_facts;
int quote_parse_facts(struct arena *arena, const struct json *doc, const struct quote *quote,
                      struct promo_facts *facts, struct err *err);

/* `souk quote` whole: reads the document, looks up what has no price, applies the rules, computes,
 * prints. `conn` may be NULL (no shop): then every line needs a unit_price. `rules`: to be judged
 * by; NULL: those that serve. In a snapshot, on a thread that may wait. */
struct db_conn;
struct promo_live;
int quote_run(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
              struct promo_live *rules, struct json **answer, struct err *err);

/* The exact share of units [done, done + n) of `quantity` in an amount: shares of any split sum to
 * the amount. Used for refunds, parcels and returns alike. */
int64_t quote_units(int64_t amount, int64_t quantity, int64_t done, int64_t n);

#endif
