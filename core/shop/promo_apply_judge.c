/*
 * promo_apply_judge.c: may a promotion apply, when its turn comes? What it declares is looked at in
 * one order: its code, its switch and window, for whom it is, its limits, its conditions; the first
 * that does not hold ends it and is told with what was wanted and what was found. Whether it gives
 * anything then is promo_apply_turn.c's part.
 */
#include "base/str.h"
#include "shop/promo_apply.h"

void promo_turn_begin(struct promo_walk *walk, const struct promo *promo, const char *kind,
                      struct promo_turn *turn)
{
    *turn = (struct promo_turn){.promo = promo, .kind = kind, .code = -1};
    turn->tested.kind = JSON_ARRAY;
    turn->id = walk->quiet ? promo->id : arena_str(walk->run.arena, promo->id);
}

static int refuse(struct promo_turn *turn, enum promo_code_state state, struct souk_str reason)
{
    turn->state = state;
    turn->reason = reason;
    return 0;
}

/* ---- the window ---- */

static struct souk_str time_text(struct promo_walk *walk, int64_t at)
{
    char text[32];
    size_t len = clock_format(at, 0, text);
    return arena_str(walk->run.arena, str_make(text, len));
}

static int judge_window(struct promo_walk *walk, struct promo_turn *turn)
{
    const struct promo *promo = turn->promo;
    int64_t at = walk->run.quote->at;
    if (promo->from && at < promo->from) {
        struct souk_str from = time_text(walk, promo->from);
        promo_trace_text(walk, turn, "from", from, time_text(walk, at));
        return refuse(turn, PROMO_CODE_NOT_YET,
                      arena_printf(walk->run.arena, "it begins at %.*s", SOUK_PRI(from)));
    }
    if (promo->to && at >= promo->to) {
        struct souk_str to = time_text(walk, promo->to);
        promo_trace_text(walk, turn, "to", to, time_text(walk, at));
        return refuse(turn, PROMO_CODE_EXPIRED,
                      arena_printf(walk->run.arena, "it ended at %.*s", SOUK_PRI(to)));
    }
    return 1;
}

/* ---- for whom ---- */

static int is_in(const struct promo_texts *texts, struct souk_str text)
{
    for (size_t i = 0; i < texts->count; i++)
        if (souk_str_equal(texts->at[i], text))
            return 1;
    return 0;
}

static int has_segment(const struct promo *promo, const struct promo_customer *customer)
{
    for (size_t i = 0; i < customer->segments.count; i++)
        if (is_in(&promo->segments, customer->segments.at[i]))
            return 1;
    return customer->group.len && is_in(&promo->segments, customer->group);
}

/* FNV-1a: the same in every process. */
int promo_withheld(struct souk_str id, int64_t holdout, const struct promo_customer *customer)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (holdout <= 0 || (!customer->known && !customer->bucket))
        return 0; /* nobody: a file that is tried out */
    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ (unsigned char)id.ptr[i]) * UINT64_C(0x100000001b3);
    for (int i = 0; i < 8; i++)
        hash = (hash ^ ((customer->bucket >> (8 * i)) & 0xff)) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32; /* the low bits of one byte's difference are too alike */
    hash *= UINT64_C(0xd6e8feb86659fd93);
    hash ^= hash >> 32;
    return (int64_t)(hash % (uint64_t)PROMO_WHOLE) < holdout;
}

static int judge_audience(struct promo_walk *walk, struct promo_turn *turn)
{
    const struct promo *promo = turn->promo;
    const struct promo_facts *facts = walk->run.facts;
    struct arena *arena = walk->run.arena;
    if (promo->channels.count && !is_in(&promo->channels, facts->channel)) {
        promo_trace_text(walk, turn, "channels", promo_texts_join(arena, &promo->channels),
                         facts->channel);
        return refuse(turn, PROMO_CODE_CONDITIONS, souk_str("it is for other channels"));
    }
    if (promo->segments.count && !has_segment(promo, &facts->customer)) {
        promo_trace_text(walk, turn, "segments", promo_texts_join(arena, &promo->segments),
                         promo_texts_join(arena, &facts->customer.segments));
        return refuse(turn, PROMO_CODE_CUSTOMER, souk_str("it is for other customers"));
    }
    if (promo_withheld(promo->id, promo->holdout, &facts->customer)) {
        promo_trace_text(walk, turn, "holdout", souk_str("not held out"), souk_str("held out"));
        return refuse(turn, PROMO_CODE_CUSTOMER,
                      souk_str("this customer is of the share that never gets it"));
    }
    return 1;
}

/* ---- limits ---- */

static int judge_limit(struct promo_walk *walk, struct promo_turn *turn, const char *what,
                       int64_t limit, int64_t used)
{
    if (limit == PROMO_NONE || used < limit)
        return 1;
    promo_trace_number(walk, turn, what, limit, used);
    return 0;
}

static int judge_limits(struct promo_walk *walk, struct promo_turn *turn)
{
    const struct promo *promo = turn->promo;
    const struct promo_usage *usage = promo_usage_of(walk->run.facts, promo);
    if (!judge_limit(walk, turn, "limits.uses", promo->uses, usage->used) ||
        !judge_limit(walk, turn, "budget.uses", promo->budget_uses, usage->used) ||
        !judge_limit(walk, turn, "budget.amount", promo->budget, usage->used_amount))
        return refuse(turn, PROMO_CODE_USED_UP, souk_str("it is used up"));
    if (!judge_limit(walk, turn, "limits.per_customer", promo->uses_per_customer,
                     usage->used_by_customer))
        return refuse(turn, PROMO_CODE_USED_UP,
                      souk_str("this customer has used it as often as can be"));
    return 1;
}

/* ---- conditions ---- */

static enum promo_code_state state_of(const struct promo_condition *condition)
{
    switch (condition->kind) {
    case PROMO_CUSTOMER_GROUP_IN:
    case PROMO_CUSTOMER_ID_IN:
    case PROMO_NTH_ORDER:
    case PROMO_ORDERS_AT_LEAST:
    case PROMO_SPENT_AT_LEAST:
    case PROMO_GUEST:
    case PROMO_SINCE: return PROMO_CODE_CUSTOMER;
    default: return PROMO_CODE_CONDITIONS;
    }
}

static int is_asked(const struct promo_walk *walk, const struct promo_condition *condition)
{
    return !(walk->asking && condition->kind == PROMO_FUNCTION);
}

/* Worth a nudge: a threshold that some of the cart counts towards already, or one for which the
 * rule has words of its own; and nothing else stands in the way. */
static void look_for_nudge(struct promo_walk *walk, struct promo_turn *turn, size_t failed,
                           const struct promo_held *held)
{
    const struct promo *promo = turn->promo;
    const struct promo_condition *condition = &promo->conditions[failed];
    struct promo_held rest;
    if (!held->missing || walk->quiet || !walk->run.count)
        return;
    if (held->actual <= 0 && !promo->nudge.len && condition->kind != PROMO_ITEMS_TOTAL_AT_LEAST)
        return;
    for (size_t i = failed + 1; i < promo->condition_count; i++) {
        promo_test(&walk->run, &promo->conditions[i], &rest);
        if (!rest.held)
            return;
    }
    turn->nudge = condition;
    turn->missing = held->missing;
}

static int judge_conditions(struct promo_walk *walk, struct promo_turn *turn)
{
    const struct promo *promo = turn->promo;
    struct promo_held held;
    for (size_t i = 0; i < promo->condition_count; i++) {
        const struct promo_condition *condition = &promo->conditions[i];
        if (!is_asked(walk, condition))
            continue;
        promo_test(&walk->run, condition, &held);
        promo_trace_test(walk, turn, condition, &held);
        if (held.held)
            continue;
        if (condition->kind == PROMO_FUNCTION)
            promo_call_failed(&walk->run, condition->function, turn);
        look_for_nudge(walk, turn, i, &held);
        return refuse(turn, state_of(condition),
                      walk->quiet ? souk_str("")
                                  : promo_condition_why(&walk->run, condition, &held));
    }
    return 1;
}

void promo_judge(struct promo_walk *walk, struct promo_turn *turn)
{
    const struct promo *promo = turn->promo;
    turn->judged = 1;
    if (promo->coupon && !promo_code_typed(walk, promo)) {
        promo_trace_text(walk, turn, "coupon", souk_str("a code of it"), souk_str(""));
        refuse(turn, PROMO_CODE_UNKNOWN, souk_str("none of its codes was entered"));
        return;
    }
    if (!promo->enabled) {
        promo_trace_text(walk, turn, "enabled", souk_str("on"), souk_str("off"));
        refuse(turn, PROMO_CODE_UNKNOWN, souk_str("it is switched off"));
        return;
    }
    turn->eligible = judge_window(walk, turn) && judge_audience(walk, turn) &&
                     (!promo->coupon || promo_code_judge(walk, turn)) && judge_limits(walk, turn) &&
                     judge_conditions(walk, turn);
}
