/*
 * promo_apply: what the files of the pipeline share (promo_apply*.c, promo_ask.c, promo_when.c).
 *
 * A walk goes once over the promotions; each one's turn is judged (promo_apply_judge.c), its effect
 * computed and booked or refused (promo_apply_turn.c), and told (promo_apply_trace.c).
 */
#ifndef SHOP_PROMO_APPLY_H
#define SHOP_PROMO_APPLY_H

#include "base/clock.h"
#include "shop/promo_engine.h"

#define PROMO_NOT_ASKED     "not asked"
#define PROMO_NOT_ASKED_WHY "its function was not asked for this cart"

/* What became of a typed code; the last that holds for any of its promotions is told. */
enum promo_code_state {
    PROMO_CODE_UNKNOWN,
    PROMO_CODE_EXPIRED,
    PROMO_CODE_NOT_YET,
    PROMO_CODE_USED_UP,
    PROMO_CODE_CUSTOMER,
    PROMO_CODE_CONDITIONS,
    PROMO_CODE_NO_EFFECT,
    PROMO_CODE_DISPLACED,
    PROMO_CODE_ACCEPTED
};

struct promo_typed {                /* a code of the quote */
    struct souk_str code;           /* normalised */
    const struct promo_code *known; /* NULL: the facts do not have it */
    enum promo_code_state state;
    struct souk_str reason;
};

struct promo_turn { /* texts in it live in the quote's arena */
    const struct promo *promo;
    struct souk_str id;
    const char *kind;     /* "cart" "catalogue" "offer" */
    struct json tested;   /* list of conditions, as in the trace */
    int judged, eligible; /* eligible: as far as everything but the effect says */
    int applied;          /* 1 is the first that did */
    struct souk_str reason;
    enum promo_code_state state;         /* why it does not apply, for its code */
    int64_t code;                        /* the typed code that it uses; -1: none */
    const struct promo_condition *nudge; /* the only one that does not hold, a threshold */
    int64_t missing;
    const char *outcome; /* of a script that failed; NULL */
    struct souk_str message;
    struct promo_effect *effect;
    int64_t *amounts; /* of catalogue promotions, by line */
    int64_t amount, delivery_amount;
    int64_t capped_floor, capped_cap, capped_price, capped_budget;
    size_t lines; /* of the quote before it was booked: its gifts come behind them */
    struct souk_str displaced_by;
};

struct promo_walk {
    struct promo_run run;
    struct err failed;          /* what actions complain about */
    struct promo_typed *typed;  /* of quote->coupons */
    int asking;                 /* functions count as holding: nobody has asked them yet */
    int quiet;                  /* nothing is told */
    int alone;                  /* an exclusive one applies: no nudges */
    int applied;                /* how many so far */
    struct promo_effect *spare; /* cleared, to be used again */
    int has_room;               /* quote->lines has room for gifts */
};

/* promo_apply.c: looks at no promotion yet. SOUK_INVALID: a line's total overflows. */
int promo_walk_begin(struct promo_walk *walk, struct arena *arena, const struct promo_set *set,
                     struct quote *quote, const struct promo_facts *facts, struct err *err);

/* The next promotion from `at` on whose bit is set; set->cart_count: none. */
size_t promo_next(const struct promo_set *set, const uint64_t *bits, size_t at);

/* promo_apply_judge.c: everything but the effect; fills tested, reason, state, nudge, code. */
void promo_turn_begin(struct promo_walk *walk, const struct promo *promo, const char *kind,
                      struct promo_turn *turn);
void promo_judge(struct promo_walk *walk, struct promo_turn *turn);

/* promo_apply_turn.c */
/* Notes on the turn how a function failed, if it did or was not asked; 1: it failed. */
int promo_call_failed(const struct promo_run *run, int function, struct promo_turn *turn);
/* What is taken already; zeros when nobody knows. */
const struct promo_usage *promo_usage_of(const struct promo_facts *facts,
                                         const struct promo *promo);
/* The effect of an eligible turn: 1, or 0: there is none (the turn says why); negative: an error of
 * the world, not of the rule. */
int promo_turn_effect(struct promo_walk *walk, struct promo_turn *turn);
int promo_turn_bears(const struct promo_walk *walk, struct promo_turn *turn); /* its budget */
int promo_turn_book(struct promo_walk *walk, struct promo_turn *turn);
void promo_turn_drop(struct promo_walk *walk, struct promo_turn *turn); /* its effect */
void promo_turn_displace(struct promo_walk *walk, struct promo_turn *turn, struct souk_str by);
/* Judges, computes and books one that stands by itself, and tells it. */
int promo_turn_run(struct promo_walk *walk, struct promo_turn *turn);

/* promo_apply_group.c: the turns of a group's members, in order. */
int promo_group_run(struct promo_walk *walk, struct promo_turn *turns, size_t count);

/* promo_apply_catalogue.c: new unit prices; sums the lines up again. */
int promo_catalogue_run(struct promo_walk *walk, struct err *err);
int promo_totals_begin(struct promo_walk *walk, struct err *err);

/* promo_apply_offer.c: accepted offers, each on its line. */
int promo_offers_run(struct promo_walk *walk);
/* A promotion that says the same, and the walk that its conditions are tested on: without the lines
 * that came by offers. */
const struct promo *promo_of_offer(struct arena *arena, const struct promo_offer *offer);
struct promo_walk promo_offers_walk(const struct promo_walk *walk);

/* promo_apply_trace.c */
void promo_trace_test(struct promo_walk *walk, struct promo_turn *turn,
                      const struct promo_condition *condition, const struct promo_held *held);
/* Parts of a declaration that do not hold and are no conditions: "from", "limits.uses", … */
void promo_trace_text(struct promo_walk *walk, struct promo_turn *turn, const char *what,
                      struct souk_str wanted, struct souk_str actual);
void promo_trace_number(struct promo_walk *walk, struct promo_turn *turn, const char *what,
                        int64_t wanted, int64_t actual);
void promo_trace_add(struct promo_walk *walk, const struct promo_turn *turn);

/* promo_apply_words.c */
struct souk_str promo_condition_name(const struct promo_condition *condition);
int promo_condition_speaks(const struct promo_condition *condition); /* in texts, not numbers */
/* Why it did not hold, as a sentence. */
struct souk_str promo_condition_why(const struct promo_run *run,
                                    const struct promo_condition *condition,
                                    const struct promo_held *held);
void promo_nudge_add(struct promo_walk *walk, const struct promo_turn *turn);

/* promo_apply_code.c: typed codes. */
void promo_codes_read(struct promo_walk *walk);
int promo_code_typed(const struct promo_walk *walk,
                     const struct promo *promo); /* any of its codes */
/* 1: one of them can be used (turn->code); 0: the turn says why not. */
int promo_code_judge(struct promo_walk *walk, struct promo_turn *turn);
void promo_code_note(struct promo_walk *walk, const struct promo_turn *turn);
void promo_codes_tell(struct promo_walk *walk); /* into quote->coupons */

/* promo_when.c */
struct souk_str promo_texts_join(struct arena *arena, const struct promo_texts *texts);
const struct script_call *promo_call(const struct promo_run *run, int function);
struct clock_civil promo_civil(const struct quote *quote, const struct promo_facts *facts);
const char *promo_weekday(const struct clock_civil *civil);

#endif
