/*
 * promo_apply_turn.c: one promotion's turn: its actions, those that a function returned among them,
 * work on one effect; the effect is booked as a whole or not at all. A rule that is wrong (its
 * script failed, it returned what is no action, its amounts overflow) gives nothing and says so; it
 * never stops a cart from being priced.
 */
#include "shop/promo_apply.h"

#define ACTIONS_MOST 100 /* that a function may return */

int promo_call_failed(const struct promo_run *run, int function, struct promo_turn *turn)
{
    const struct script_call *call = promo_call(run, function);
    if (call && call->outcome == SCRIPT_OK)
        return 0;
    turn->outcome = call ? script_outcome_name(call->outcome) : PROMO_NOT_ASKED;
    turn->message = call ? call->reason : souk_str(PROMO_NOT_ASKED_WHY);
    return 1;
}

const struct promo_usage *promo_usage_of(const struct promo_facts *facts, const struct promo *promo)
{
    static const struct promo_usage none;
    for (size_t i = 0; i < facts->usage_count; i++)
        if (souk_str_equal(facts->usage[i].promotion, promo->id))
            return &facts->usage[i];
    return &none;
}

/* ---- the effect ---- */

static int give(struct promo_walk *walk, struct promo_turn *turn, const struct promo_action *action)
{
    walk->failed = (struct err){0};
    return promo_give(&walk->run, turn->promo, action, turn->effect);
}

static int refuse_returned(struct promo_walk *walk, struct promo_turn *turn, const char *why)
{
    turn->outcome = "invalid";
    turn->message = arena_str(walk->run.arena, souk_str(why));
    return SOUK_INVALID;
}

static int give_returned(struct promo_walk *walk, struct promo_turn *turn, const struct json *doc)
{
    struct promo_action action;
    struct err err = {0};
    if (promo_action_read(walk->run.arena, doc, &action, &err) != SOUK_OK)
        return refuse_returned(walk, turn, err.text);
    if (action.kind == PROMO_COMPUTED || action.kind == PROMO_UNIT_PERCENT ||
        action.kind == PROMO_CATALOGUE_FIXED)
        return refuse_returned(walk, turn, "a function can return actions on carts only");
    int code = give(walk, turn, &action);
    return code == SOUK_INVALID ? refuse_returned(walk, turn, walk->failed.text) : code;
}

/* A list of actions, one action, or nothing. */
static int give_computed(struct promo_walk *walk, struct promo_turn *turn, int function)
{
    int code = SOUK_OK;
    if (promo_call_failed(&walk->run, function, turn))
        return SOUK_INVALID;
    const struct json_item *first = json_first(promo_call(&walk->run, function)->result);
    if (!first || !json_true(&first->value))
        return SOUK_OK;
    if (first->value.kind != JSON_ARRAY && first->value.kind != JSON_OBJECT)
        return refuse_returned(walk, turn, "it returned neither an action nor a list of actions");
    if (first->value.count > ACTIONS_MOST)
        return refuse_returned(walk, turn, "it returned more than 100 actions");
    if (first->value.kind == JSON_OBJECT)
        return first->value.count ? give_returned(walk, turn, &first->value) : SOUK_OK;
    for (const struct json_item *item = json_first(&first->value); item && code == SOUK_OK;
         item = item->next)
        code = give_returned(walk, turn, &item->value);
    return code;
}

static void sum_up(struct promo_walk *walk, struct promo_turn *turn)
{
    const struct promo_effect *effect = turn->effect;
    turn->delivery_amount = 0;
    for (size_t i = 0; i < walk->run.quote->delivery_count; i++)
        turn->delivery_amount += effect->delivery[i];
    turn->amount = promo_effect_total(&walk->run, effect) - turn->delivery_amount;
    turn->capped_floor = effect->capped_floor;
    turn->capped_cap = effect->capped_cap;
    turn->capped_price = effect->capped_price;
}

static int no_effect(struct promo_walk *walk, struct promo_turn *turn, struct souk_str reason)
{
    promo_turn_drop(walk, turn);
    turn->state = PROMO_CODE_NO_EFFECT;
    turn->reason = reason;
    return 0;
}

static struct promo_effect *take_effect(struct promo_walk *walk)
{
    struct promo_effect *effect = walk->spare;
    walk->spare = NULL;
    return effect ? effect : promo_effect_new(&walk->run);
}

int promo_turn_effect(struct promo_walk *walk, struct promo_turn *turn)
{
    const struct promo *promo = turn->promo;
    int code = SOUK_OK;
    turn->effect = take_effect(walk);
    for (size_t i = 0; i < promo->action_count && code == SOUK_OK; i++)
        code = promo->actions[i].kind == PROMO_COMPUTED
                   ? give_computed(walk, turn, promo->actions[i].function)
                   : give(walk, turn, &promo->actions[i]);
    if (code == SOUK_INVALID)
        return no_effect(walk, turn,
                         turn->outcome ? souk_str("its script failed")
                                       : arena_str(walk->run.arena, souk_str(walk->failed.text)));
    if (code != SOUK_OK)
        return code;
    sum_up(walk, turn);
    if (turn->amount == 0 && turn->delivery_amount == 0 && !turn->effect->gift_count)
        return no_effect(walk, turn, souk_str("it takes nothing off this cart"));
    return 1;
}

/* Clears an effect that nobody looks at any more, for the next turn. */
static void keep_spare(struct promo_walk *walk, struct promo_turn *turn)
{
    const struct promo_run *run = &walk->run;
    struct promo_effect *effect = turn->effect;
    turn->effect = NULL;
    if (!effect || walk->spare)
        return;
    memset(effect->lines, 0, sizeof *effect->lines * (run->count + PROMO_GIFTS));
    memset(effect->used, 0, sizeof *effect->used * (run->count + PROMO_GIFTS));
    memset(effect->delivery, 0, sizeof *effect->delivery * run->quote->delivery_count);
    effect->capped_floor = effect->capped_cap = effect->capped_price = 0;
    effect->gift_count = 0;
    walk->spare = effect;
}

void promo_turn_drop(struct promo_walk *walk, struct promo_turn *turn)
{
    keep_spare(walk, turn);
    turn->amount = turn->delivery_amount = 0;
}

/* ---- booking ---- */

int promo_turn_bears(const struct promo_walk *walk, struct promo_turn *turn)
{
    const struct promo *promo = turn->promo;
    int64_t sum, wanted = turn->amount + turn->delivery_amount;
    if (promo->budget == PROMO_NONE ||
        (!__builtin_add_overflow(promo_usage_of(walk->run.facts, promo)->used_amount, wanted,
                                 &sum) &&
         sum <= promo->budget))
        return 1;
    turn->capped_budget = wanted;
    turn->state = PROMO_CODE_USED_UP;
    turn->reason = souk_str("what is left of its budget is not enough for this cart");
    return 0;
}

/* Gifts are rare: the lines are moved to where there is room for more when the first one comes. */
static void make_room(struct promo_walk *walk)
{
    struct quote *quote = walk->run.quote;
    struct quote_line *lines =
        arena_alloc(walk->run.arena, sizeof *lines * (walk->run.count + PROMO_GIFTS));
    if (quote->count)
        memcpy(lines, quote->lines, sizeof *lines * quote->count);
    quote->lines = lines;
    walk->has_room = 1;
}

int promo_turn_book(struct promo_walk *walk, struct promo_turn *turn)
{
    if (turn->effect->gift_count && !walk->has_room)
        make_room(walk);
    turn->lines = walk->run.quote->count;
    turn->applied = ++walk->applied;
    return promo_effect_book(&walk->run, turn->id, turn->effect);
}

void promo_turn_displace(struct promo_walk *walk, struct promo_turn *turn, struct souk_str by)
{
    promo_turn_drop(walk, turn);
    turn->nudge = NULL;
    turn->displaced_by = by;
    turn->state = PROMO_CODE_DISPLACED;
    turn->reason = arena_printf(walk->run.arena, "\"%.*s\" applies in its place", SOUK_PRI(by));
}

int promo_turn_run(struct promo_walk *walk, struct promo_turn *turn)
{
    int code = SOUK_OK;
    if (!turn->judged)
        promo_judge(walk, turn);
    if (turn->eligible && (code = promo_turn_effect(walk, turn)) == 1) {
        if (promo_turn_bears(walk, turn))
            code = promo_turn_book(walk, turn);
        else
            promo_turn_drop(walk, turn);
    }
    if (code < 0)
        return code;
    promo_trace_add(walk, turn);
    keep_spare(walk, turn);
    return SOUK_OK;
}
