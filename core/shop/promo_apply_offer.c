/*
 * promo_apply_offer.c: offers that were accepted: each takes off its own line what was agreed on,
 * after catalogue promotions and before all others, as promotion "offer:<id>". Its conditions are
 * tested on the lines that did not come by an offer, so that none keeps itself alive.
 */
#include "shop/promo_apply.h"

const struct promo *promo_of_offer(struct arena *arena, const struct promo_offer *offer)
{
    struct promo *promo = arena_new(arena, struct promo);
    *promo = (struct promo){.id = arena_printf(arena, "offer:%.*s", SOUK_PRI(offer->id)),
                            .name = offer->name,
                            .file = offer->file,
                            .line = offer->line,
                            .hash = offer->hash,
                            .enabled = offer->enabled,
                            .priority = offer->priority,
                            .from = offer->from,
                            .to = offer->to,
                            .uses = PROMO_NONE,
                            .uses_per_customer = PROMO_NONE,
                            .budget = PROMO_NONE,
                            .budget_uses = PROMO_NONE,
                            .conditions = offer->conditions,
                            .condition_count = offer->condition_count,
                            .actions = offer->actions,
                            .action_count = offer->action_count};
    return promo;
}

static int came_by_offer(const struct promo_facts *facts, const struct quote_line *line)
{
    for (size_t i = 0; i < facts->offer_count; i++)
        if (line->id && line->id == facts->offer_lines[i])
            return 1;
    return 0;
}

struct promo_walk promo_offers_walk(const struct promo_walk *walk)
{
    struct promo_walk bare = *walk;
    const struct promo_run *run = &walk->run;
    struct arena *arena = run->arena;
    bare.run.quote = arena_new(arena, struct quote);
    *bare.run.quote = *run->quote;
    bare.run.quote->lines = arena_array(arena, struct quote_line, run->count + 1);
    bare.run.left = arena_array(arena, int64_t, run->count + 1);
    bare.run.before = arena_array(arena, int64_t, run->count + 1);
    bare.run.count = 0;
    for (size_t i = 0; i < run->count; i++) {
        if (came_by_offer(run->facts, &run->quote->lines[i]))
            continue;
        bare.run.quote->lines[bare.run.count] = run->quote->lines[i];
        bare.run.left[bare.run.count] = run->left[i];
        bare.run.before[bare.run.count++] = run->before[i];
    }
    bare.run.quote->count = bare.run.count;
    bare.spare = NULL;
    return bare;
}

static size_t line_of(const struct promo_run *run, int64_t id)
{
    size_t at = 0;
    while (at < run->count && (!id || run->quote->lines[at].id != id))
        at++;
    return at;
}

/* A walk over one line of another, and nothing else. */
static struct promo_walk one_line(const struct promo_walk *walk, size_t at)
{
    struct promo_walk one = *walk;
    struct arena *arena = walk->run.arena;
    size_t room = 1 + PROMO_GIFTS;
    one.run.quote = arena_new(arena, struct quote);
    *one.run.quote = *walk->run.quote;
    one.run.quote->lines = &walk->run.quote->lines[at];
    one.run.quote->count = one.run.count = 1;
    one.run.quote->delivery_count = 0;
    one.run.left = arena_array(arena, int64_t, room);
    one.run.floor = arena_array(arena, int64_t, room);
    one.run.before = arena_array(arena, int64_t, room);
    one.run.used = arena_array(arena, int64_t, room);
    one.run.left[0] = walk->run.left[at];
    one.run.floor[0] = walk->run.floor[at];
    one.run.before[0] = walk->run.before[at];
    one.run.used[0] = walk->run.used[at];
    one.spare = NULL;
    return one;
}

/* Computes on the one line, then moves the effect to its place among all. Gifts are no part of an
 * offer. */
static int compute(struct promo_walk *walk, struct promo_turn *turn, size_t at)
{
    struct promo_walk one = one_line(walk, at);
    one.run.err = &one.failed;
    int code = promo_turn_effect(&one, turn);
    if (code != 1)
        return code;
    struct promo_effect *small = turn->effect;
    turn->effect = promo_effect_new(&walk->run);
    turn->effect->lines[at] = small->lines[0];
    turn->effect->used[at] = small->used[0];
    turn->amount = small->lines[0];
    if (turn->amount)
        return 1;
    promo_turn_drop(walk, turn);
    turn->reason = souk_str("it takes nothing off its line");
    return 0;
}

int promo_offers_run(struct promo_walk *walk)
{
    const struct promo_facts *facts = walk->run.facts;
    if (!facts->offer_count)
        return SOUK_OK;
    struct promo_walk bare = promo_offers_walk(walk);
    for (size_t i = 0; i < facts->offer_count; i++) {
        struct promo_turn turn;
        size_t at = line_of(&walk->run, facts->offer_lines[i]);
        int code = SOUK_OK;
        if (at == walk->run.count)
            continue;
        promo_turn_begin(walk, promo_of_offer(walk->run.arena, &facts->offers[i]), "offer", &turn);
        promo_judge(&bare, &turn);
        turn.nudge = NULL;
        if (turn.eligible && (code = compute(walk, &turn, at)) == 1)
            code = promo_turn_book(walk, &turn);
        if (code < 0)
            return code;
        promo_trace_add(walk, &turn);
    }
    return SOUK_OK;
}
