/*
 * promo_engine: what the files of the engine share. Included by promo_*.c only.
 *
 * promo_apply makes a run from the quote, walks the promotions (promo_apply.c: order, eligibility,
 * exclusive ones, groups, limits, trace), tests conditions (promo_when.c) and lets actions work
 * (promo_give.c, promo_units.c): an action computes how much each line or shipment loses, within
 * what is left of it, and adds that to an effect. An effect is booked as a whole or not at all, so
 * groups can compare effects and budgets can refuse one before anything has changed.
 */
#ifndef SHOP_PROMO_ENGINE_H
#define SHOP_PROMO_ENGINE_H

#include "shop/promo.h"

#define PROMO_GIFTS 32 /* lines that promotions may add to a quote */

/* Arrays by line have room for quote->count + PROMO_GIFTS at the start, and so has quote->lines. */
struct promo_run {
    struct arena *arena;
    const struct promo_set *set;
    struct quote *quote;
    const struct promo_facts *facts;
    const struct script_call *calls;
    size_t call_count;
    size_t count; /* lines at the start; gifts come behind them */
    int64_t
        *left; /* a line's running total (unit price x quantity less discounts); room for gifts */
    int64_t *floor;  /* it does not go below: quantity x min_unit_price, at least 0 */
    int64_t *before; /* totals after catalogue promotions: basis = "original" */
    int64_t *used; /* units of a line that have had their one use (buy_get): the next promotion sees
                      quantity - used */
    int64_t *delivery_left; /* of each shipment */
    int skip_reduced; /* of the promotion that gives: what a catalogue one made cheaper is left out
                       */
    struct err *err;
};

struct promo_effect { /* what a promotion would take off; zeroed by its maker */
    int64_t
        *lines; /* an amount for each line of the run, those that the effect's gifts add included */
    int64_t *delivery;        /* for each shipment */
    int64_t *used;            /* units of each line that it uses up */
    struct quote_line *gifts; /* to be appended */
    size_t gift_count;
    int64_t capped_floor, capped_cap,
        capped_price; /* what could not be given, by what stopped it */
};

/* promo_give.c: an action works on what the run and the effect so far leave. SOUK_INVALID: an
 * overflow. */
int promo_give(struct promo_run *run, const struct promo *promo, const struct promo_action *action,
               struct promo_effect *effect);
/* Unit prices after a catalogue action, for one line: the new unit price (never below its floor).
 */
int64_t promo_shelf_price(const struct promo_action *action, int64_t unit_price, int64_t floor);
struct promo_effect *promo_effect_new(struct promo_run *run);
int64_t promo_effect_total(const struct promo_run *run, const struct promo_effect *effect);
/* Books it: lines' discounts under `id`, totals, used units, shipments; gifts join the quote. */
int promo_effect_book(struct promo_run *run, struct souk_str id, const struct promo_effect *effect);

/* promo_when.c */
int promo_matches(const struct promo_filter *filter, const struct quote_line *line);
struct promo_held { /* a condition that was tested */
    int held;
    int64_t wanted, actual;                   /* where they are numbers */
    struct souk_str wanted_text, actual_text; /* where they are not */
    struct souk_str reason;                   /* a function's own words, or how it failed */
    int64_t missing; /* amount or units to the threshold, 0: no such thing */
};
void promo_test(const struct promo_run *run, const struct promo_condition *condition,
                struct promo_held *held);
/* Does it depend on nothing that another promotion can change? Then it can be tested before. */
int promo_is_fixed(const struct promo_condition *condition);

/* promo_apply_shelf.c: can a catalogue promotion stand on the shelves: the same for everybody as
 * long as it is on? Others (conditions, channels, segments, codes, limits, hold-outs) are applied
 * in the cart. */
int promo_is_shelved(const struct promo *promo);
/* The unit price that shelved promotions which are on at that moment make of a line's
 * original_price (in order, down to min_unit_price; an exclusive one alone); by the same code as in
 * carts. */
int64_t promo_shelved_price(const struct promo_set *set, const struct quote_line *line, int64_t at);

/* promo_ask.c: is this one of the functions of the promotion? */
int promo_asks(const struct promo *promo, int function);

/* promo_index.c: which promotions of set->cart can apply at all, as far as skus, products,
 * categories, codes, groups and the like say: a bit for each (the words of the map in the arena).
 */
uint64_t *promo_candidates(struct arena *arena, const struct promo_set *set,
                           const struct quote *quote, const struct promo_facts *facts);
/* The index of a set whose promotions stand in their order: for who makes one of some of another's.
 */
const struct promo_index *promo_index_new(struct arena *arena, const struct promo_set *set);

#endif
