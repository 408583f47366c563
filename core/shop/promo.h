/*
 * promo: promotions: what a merchant declared (promo_set), what has to be known to judge it
 * (promo_facts), and the engine that applies it to a quote (promo_apply). Pure calculation on
 * memory: promo_book.h reads and writes what the database knows, script/script.h asks functions.
 *
 * The law is: catalogue promotions on unit prices first; then cart promotions one after the other
 * (priority, higher first; then file name, then position in the file), each tested when its turn
 * comes, on the running totals; then tax (quote_compute). The first eligible exclusive one, tested
 * on the cart after catalogue promotions, applies alone. Scripts propose actions from the
 * vocabulary below; amounts are computed, capped, floored and allocated here and nowhere else.
 *
 * Money is in minor units, percentages are parts per million (10.5 % is 105,000), times are
 * microseconds UTC; there is no floating point.
 */
#ifndef SHOP_PROMO_H
#define SHOP_PROMO_H

#include "script/script.h"
#include "shop/quote.h"

#define PROMO_WHOLE INT64_C(1000000) /* 100 % */
#define PROMO_NONE  INT64_C(-1)      /* an amount or number that was not given */

/* ---- what was declared ---- */

struct promo_texts {
    const struct souk_str *at;
    size_t count;
};

struct promo_filter { /* all that are given must match; none given: every line */
    struct promo_texts skus, products, categories;
    int64_t price_from,
        price_to; /* inclusive, on unit prices after catalogue promotions; PROMO_NONE */
};

enum promo_when {
    PROMO_ITEMS_TOTAL_AT_LEAST,    /* number: amount */
    PROMO_CART_QUANTITY_AT_LEAST,  /* number */
    PROMO_LINE_QUANTITY_AT_LEAST,  /* number */
    PROMO_CONTAINS_PRODUCT,        /* texts: skus or products; number: quantity */
    PROMO_CONTAINS_CATEGORY,       /* texts; number: quantity */
    PROMO_CATEGORY_TOTAL_AT_LEAST, /* text, number: amount */
    PROMO_CUSTOMER_GROUP_IN,       /* texts */
    PROMO_CUSTOMER_ID_IN,          /* texts */
    PROMO_NTH_ORDER,               /* number */
    PROMO_DELIVERY_METHOD_IN,      /* texts; true when a shipment of the quote has it */
    PROMO_CURRENCY_IN,             /* texts */
    /* beyond the common vocabulary */
    PROMO_COUNTRY_IN,  /* texts: ISO 3166-1 alpha-2 */
    PROMO_POSTCODE_IN, /* texts: "1000-1999", "10*" as souk_postcode_in has them */
    PROMO_WEEKDAY_IN,  /* texts: "mon" … "sun", in the shop's zone */
    PROMO_HOURS, /* from, to: minutes of the day in the shop's zone; over midnight when to <= from
                  */
    PROMO_ORDERS_AT_LEAST, /* number: earlier orders that stand */
    PROMO_SPENT_AT_LEAST,  /* number: amount; earlier orders that were delivered or paid, less what
                              came back */
    PROMO_GUEST,           /* number: 1 a guest, 0 signed in */
    PROMO_SINCE,   /* text: "registered" "first_order" "last_order" "lead"; number: at most so many
                      seconds ago: a personal timer that the server keeps */
    PROMO_FUNCTION /* function(cart) -> bool [, reason]; sees catalogue prices */
};

struct promo_condition {
    enum promo_when kind;
    const char *name; /* as in the script: "items_total_at_least" */
    int64_t number, from, to;
    struct souk_str text;
    struct promo_texts texts;
    int original; /* basis = "original": the totals after catalogue promotions, not the running ones
                   */
    int function; /* of PROMO_FUNCTION */
    int line;     /* in the file */
};

enum promo_give {
    PROMO_LINE_PERCENT,      /* ppm, filter, remaining, max_quantity */
    PROMO_UNIT_FIXED,        /* amount, filter, max_quantity */
    PROMO_LINE_FIXED,        /* amount, filter */
    PROMO_ORDER_PERCENT,     /* ppm, filter, cap */
    PROMO_ORDER_FIXED,       /* amount, filter */
    PROMO_ORDER_FIXED_PRICE, /* amount, filter: bundle price */
    PROMO_DELIVERY_PERCENT,  /* ppm, remaining, methods */
    PROMO_DELIVERY_FIXED,    /* amount, across, methods */
    PROMO_BUY_GET, /* filter (buy), buy_quantity, get, get_quantity, ppm or amount, max_quantity,
                      cheapest, once */
    PROMO_CHEAPEST_UNITS,   /* quantity, ppm or amount, filter */
    PROMO_UNIT_GROUPS,      /* quantity (size of a group), ppm or amount, or by_quantity, base and
                               tiers; filter */
    PROMO_TIERED_PERCENT,   /* by_quantity, ppm (base), tiers, filter */
    PROMO_TIERED_FIXED,     /* by_quantity, amount (base), tiers, filter */
    PROMO_FIRST_ADDITIONAL, /* amount (first), additional, max_quantity (0: all), filter */
    PROMO_ADD_GIFT, /* text: sku, amount: its price where the catalogue has none, quantity, per */
    PROMO_UNIT_PERCENT,    /* catalogue: ppm, filter */
    PROMO_CATALOGUE_FIXED, /* catalogue: unit_fixed: amount, filter */
    PROMO_COMPUTED         /* function(cart) -> a list of the above */
};

struct promo_tier {
    int64_t min, ppm, amount; /* PROMO_NONE where it does not apply */
};

struct promo_action {
    enum promo_give kind;
    const char *name;
    int64_t ppm, amount, additional, cap, quantity, buy_quantity, get_quantity, max_quantity;
    struct promo_filter filter, get;
    struct promo_texts methods; /* of delivery; none: all */
    struct promo_tier *tiers;   /* ascending by min */
    size_t tier_count;
    struct souk_str text;
    int per;       /* PROMO_ADD_GIFT: `get` says per which units one is added */
    int remaining; /* base = "remaining" */
    int across;    /* allocation = "across" */
    int by_quantity, cheapest, once;
    int function;
    int line;
};

struct promo_coupon {
    struct promo_texts codes;   /* normalised */
    struct souk_str batch;      /* codes in the database; empty: none */
    int64_t ends_at;            /* exclusive; 0: never */
    int64_t uses, per_customer; /* PROMO_NONE: no limit */
    int again;                  /* a cancelled order gives the use back (the default) */
};

enum promo_mode { PROMO_STACK, PROMO_FIRST, PROMO_BEST, PROMO_BEST_PER_LINE };
struct promo_group {
    struct souk_str name;
    enum promo_mode mode;
};

struct promo {
    struct souk_str id, name, file;
    int line;
    struct souk_str hash; /* of everything declared, functions' file included: kept on orders */
    int catalogue;        /* on unit prices */
    int enabled, declared_off; /* as switched, else as declared; the script says enabled = false */
    int64_t priority;
    int exclusive,
        skip_reduced; /* skip_reduced: lines that a catalogue promotion made cheaper are left out */
    int64_t from, to; /* inclusive, exclusive; 0: open */
    struct promo_texts channels, segments;
    const struct promo_coupon *coupon; /* NULL: applies by itself */
    int64_t uses, uses_per_customer;   /* PROMO_NONE: no limit */
    int64_t budget, budget_uses;       /* money, orders; all or nothing an order; PROMO_NONE */
    int64_t holdout;                   /* ppm of customers who never get it; 0 */
    const struct promo_group *group;   /* NULL: stacks */
    const struct promo_condition *conditions;
    size_t condition_count;
    const struct promo_action *actions;
    size_t action_count;
    struct souk_str nudge; /* own words for what is missing; "" */
};

/* An offer of scripts/upsell: app/offer.h shows, signs and accepts it; the price comes from
 * `actions` applied by promo_apply as a promotion of its own ("offer:<id>"). */
struct promo_offer {
    struct souk_str id, name, file, hash;
    int line, enabled, declared_off;
    struct souk_str slot; /* "product" "cart" "bump" "after" "thanks" */
    int64_t priority, from, to, holdout;
    struct promo_texts skus; /* what is offered, in order of preference; or a function's result */
    int64_t quantity, ttl;   /* ttl: microseconds that the price is kept */
    struct souk_str text;    /* why, in the shopper's words */
    const struct promo_condition *conditions;
    size_t condition_count;
    const struct promo_action *actions;
    size_t action_count;
    int function; /* give = function(cart) -> {sku, quantity, …}; PROMO_NONE */
};

struct promo_set {            /* immutable; lives as long as the arena it was read into */
    const struct promo *cart; /* in their effective order */
    size_t cart_count;
    const struct promo *catalogue;
    size_t catalogue_count;
    const struct promo_offer *offers;
    size_t offer_count;
    struct json *tests;              /* declared by test {…}: for `souk promo test` */
    struct souk_str hash;            /* of all: part of quote versions */
    const struct promo_index *index; /* promo_index.c */
    int wants_history, wants_usage;  /* what facts have to be read at all */
};

/* Reads what script_set_load declared. Every mistake at once in `errors`: {"file", "line", "id",
 * "message"} ("unknown field \"prioritty\": did you mean \"priority\"?"). `switched`: what staff
 * switched, whatever the script says: {id: true (on) | false (off)}, "offer:<id>" for offers; may
 * be NULL. SOUK_INVALID: something is wrong, *out is NULL. Texts of the set are views into
 * `declared` and set->tests are its items ({"kind", "file", "line", "value"}): it has to live as
 * long. What an action does not say is PROMO_NONE, but: first_additional max_quantity 0, gifts'
 * quantity 1, bases of tiers 0.
 */
int promo_set_read(struct arena *arena, const struct json *declared, const struct json *switched,
                   const struct promo_set **out, struct json *errors, struct err *err);
/* Between script_set_load and promo_set_read: notes with each declaration what text its functions
 * come from (its file and those of lib/), so that a changed function changes the rule's hash. */
void promo_set_texts(struct arena *arena, struct json *declared,
                     const struct script_source *sources, size_t count);
/* One action or condition from its document: what a function returned is read by the same code.
 * SOUK_INVALID: err says what and what to do. */
int promo_action_read(struct arena *arena, const struct json *doc, struct promo_action *action,
                      struct err *err);
const struct promo *promo_find(const struct promo_set *set, struct souk_str id); /* or NULL */
/* Trim and ASCII upper case; empty when it cannot be a code (longer than 64, control characters).
 */
struct souk_str promo_code_normalize(struct arena *arena, struct souk_str typed);

/* ---- what has to be known ---- */

struct promo_history { /* an earlier order's use of a code */
    struct souk_str coupon;
    int cancelled;
};

struct promo_customer {
    int known; /* 0: anonymous: everything else is empty */
    struct souk_str id, email, group;
    int guest;
    struct promo_texts segments;
    int64_t orders_before, orders_cancelled, spent;
    int64_t registered_at, first_order_at, last_order_at, lead_at; /* 0: never */
    const struct promo_history *history;
    size_t history_count;
    uint64_t bucket; /* 0 to 999,999: stable for the person or visitor: hold-outs */
};

struct promo_usage { /* of a promotion with limits or a budget */
    struct souk_str promotion;
    int64_t used, used_amount, used_by_customer;
};

struct promo_code { /* one typed code that the set or the book knows */
    struct souk_str code, batch;
    int64_t ends_at, uses, used, per_customer,
        used_by_customer; /* PROMO_NONE: no limit; ends_at 0 */
    int disabled;
};

struct promo_facts {
    struct promo_customer customer;
    struct souk_str channel, locale, country, region, postcode;
    int64_t zone_offset; /* microseconds that the shop's clock is ahead of UTC at quote->at */
    const struct promo_usage *usage;
    size_t usage_count;
    const struct promo_code *codes;
    size_t code_count;
    /* A gift's line from the catalogue: line->quantity says how many, out comes its usual unit
     * price. NULL or SOUK_NOT_FOUND: the script's own price and the sku alone; SOUK_CONFLICT: so
     * many cannot be had now. */
    int (*gift)(void *user, struct arena *arena, struct souk_str sku, struct quote_line *line);
    void *user;
    int priced;  /* unit prices have catalogue promotions in them already (the shelves' prices) */
    int explain; /* the trace tells of those too that the index left out */
    /* Accepted offers (promo_offer.h reads them), each applied to its line alone, as promotion
     * "offer:<id>", after catalogue promotions and before all others. Their conditions are tested
     * on the lines that did not come by an offer (an offer does not keep itself alive), and
     * promo_ask asks the functions among them. One whose conditions do not hold stands in the trace
     * as not applied. */
    const struct promo_offer *offers;
    const int64_t *offer_lines; /* ids of their cart lines */
    size_t offer_count;
};

/* ---- the engine ---- */

/* Which functions have to be asked for this quote: those of promotions that can still apply as far
 * as everything but running totals says. *calls with `function` set, in the arena. */
void promo_ask(struct arena *arena, const struct promo_set *set, const struct quote *quote,
               const struct promo_facts *facts, struct script_call **calls, size_t *count);
/* The quote as functions see it: at catalogue prices. The same pointer where nothing changes. For
 * promo_input. */
const struct quote *promo_view(struct arena *arena, const struct promo_set *set,
                               const struct quote *quote, const struct promo_facts *facts);
/* Is this customer among those who never get it, so that its effect can be measured? Stable for
 * the customer (bucket), and another share of them for each id. */
int promo_withheld(struct souk_str id, int64_t holdout, const struct promo_customer *customer);
/* The document that functions get: `cart` in scripts/types/souk.lua. */
struct json *promo_input(struct arena *arena, const struct quote *quote,
                         const struct promo_facts *facts);
/* Applies the set: unit prices, lines[].discounts, gifts (lines appended), delivery discounts,
 * coupons[] with reasons, promotions (the trace), nudges. `calls`: what functions answered (those
 * not among them count as not asked: their promotion does not apply, the trace says so). Call
 * quote_compute after it. SOUK_INVALID: an overflow; err names the place. */
int promo_apply(struct arena *arena, const struct promo_set *set, struct quote *quote,
                const struct promo_facts *facts, const struct script_call *calls, size_t count,
                struct err *err);

/* The trace, one entry a promotion as they were judged: {"id", "name", "kind": "cart" | "catalogue"
 * | "offer", "applied": bool, "amount", "delivery_amount", "reason": null | text, "code", "hash",
 * "file", "line", "order" (1 is the first that applied), "trace": [{"condition", "wanted",
 * "actual", "held"}], "lines": [{"line" (index), "amount"}], "capped": [{"by": "floor" | "cap" |
 * "budget" | "price", "amount"}], "displaced_by": id | null, "script": null | {"outcome",
 * "message"}}. What a catalogue promotion took off prices is no part of the discounts. "condition"
 * names parts of a declaration too that do not hold ("from", "coupon.uses", …). Outcomes: of
 * scripts, "not asked", "invalid". Nudges: {"promotion", "name", "own": the rule's words,
 * "free_delivery", "text", "missing_amount" or "missing_quantity"}. Texts are copies. */

#endif
