/*
 * promo_apply_group.c: groups whose members do not stack: the first that gives anything, the best
 * of all, or the best for each line and each shipment. All members are tested and computed on the
 * cart as the group finds it; nothing is booked before the choice is made. A member whose budget
 * does not bear what it would give is out, and the choice is made again without it.
 */
#include "shop/promo_apply.h"

static int64_t benefit(const struct promo_turn *turn)
{
    return turn->amount + turn->delivery_amount;
}

/* The effects of all that can give anything (of the first one alone when `first`). */
static int compute(struct promo_walk *walk, struct promo_turn *turns, size_t count, int first)
{
    int found = 0;
    for (size_t i = 0; i < count; i++) {
        if (!turns[i].judged)
            promo_judge(walk, &turns[i]);
        if (!turns[i].eligible || (first && found))
            continue;
        int code = promo_turn_effect(walk, &turns[i]);
        if (code < 0)
            return code;
        if (code == 1 && first && !promo_turn_bears(walk, &turns[i])) {
            promo_turn_drop(walk, &turns[i]);
            code = 0;
        }
        found += code;
    }
    return SOUK_OK;
}

/* ---- one of them ---- */

static struct promo_turn *best_of(struct promo_walk *walk, struct promo_turn *turns, size_t count)
{
    for (;;) {
        struct promo_turn *best = NULL;
        for (size_t i = 0; i < count; i++)
            if (turns[i].effect && (!best || benefit(&turns[i]) > benefit(best)))
                best = &turns[i];
        if (!best || promo_turn_bears(walk, best))
            return best;
        promo_turn_drop(walk, best);
    }
}

/* Those that could have applied say who did; of `first`, those behind it need no nudge. */
static int settle(struct promo_walk *walk, struct promo_turn *turns, size_t count,
                  struct promo_turn *winner, int first)
{
    int code = winner ? promo_turn_book(walk, winner) : SOUK_OK;
    for (size_t i = 0; winner && i < count; i++) {
        struct promo_turn *turn = &turns[i];
        if (turn->applied)
            continue;
        if (turn->effect || (first && turn > winner && turn->eligible))
            promo_turn_displace(walk, turn, winner->id);
        else if (first && turn > winner)
            turn->nudge = NULL;
    }
    return code;
}

/* ---- the best of each line ---- */

enum slot { SLOT_LINE, SLOT_DELIVERY };

static int64_t *slot_of(const struct promo_turn *turn, enum slot slot, size_t at)
{
    return slot == SLOT_LINE ? &turn->effect->lines[at] : &turn->effect->delivery[at];
}

/* Leaves the amount of a line or shipment with the turn that gives the most. */
static void choose(struct promo_turn *turns, size_t count, enum slot slot, size_t at)
{
    struct promo_turn *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (turns[i].effect && (!best || *slot_of(&turns[i], slot, at) > *slot_of(best, slot, at)))
            best = &turns[i];
    for (size_t i = 0; best && i < count; i++)
        if (turns[i].effect && &turns[i] != best)
            *slot_of(&turns[i], slot, at) = 0;
}

static void resum(struct promo_walk *walk, struct promo_turn *turn)
{
    turn->delivery_amount = 0;
    for (size_t i = 0; i < walk->run.quote->delivery_count; i++)
        turn->delivery_amount += turn->effect->delivery[i];
    turn->amount = promo_effect_total(&walk->run, turn->effect) - turn->delivery_amount;
}

/* 1: somebody's budget did not bear it, that one is out and the choice has to be made again. */
static int choose_all(struct promo_walk *walk, struct promo_turn *turns, size_t count)
{
    for (size_t i = 0; i < walk->run.count; i++)
        choose(turns, count, SLOT_LINE, i);
    for (size_t i = 0; i < walk->run.quote->delivery_count; i++)
        choose(turns, count, SLOT_DELIVERY, i);
    for (size_t i = 0; i < count; i++) {
        if (!turns[i].effect)
            continue;
        resum(walk, &turns[i]);
        if (promo_turn_bears(walk, &turns[i]))
            continue;
        promo_turn_drop(walk, &turns[i]);
        turns[i].eligible = 0;
        return 1;
    }
    return 0;
}

static struct souk_str winner_id(const struct promo_turn *turns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (turns[i].applied)
            return turns[i].id;
    return souk_str("");
}

static int best_per_line(struct promo_walk *walk, struct promo_turn *turns, size_t count)
{
    int code = compute(walk, turns, count, 0);
    while (code == SOUK_OK && choose_all(walk, turns, count)) {
        for (size_t i = 0; i < count; i++)
            promo_turn_drop(walk, &turns[i]);
        code = compute(walk, turns, count, 0);
    }
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        if (turns[i].effect && (benefit(&turns[i]) > 0 || turns[i].effect->gift_count))
            code = promo_turn_book(walk, &turns[i]);
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        if (turns[i].effect && !turns[i].applied)
            promo_turn_displace(walk, &turns[i], winner_id(turns, count));
    return code;
}

/* ---- all ---- */

int promo_group_run(struct promo_walk *walk, struct promo_turn *turns, size_t count)
{
    enum promo_mode mode = turns->promo->group->mode;
    int code, first = mode == PROMO_FIRST;
    if (mode == PROMO_BEST_PER_LINE) {
        code = best_per_line(walk, turns, count);
    } else {
        code = compute(walk, turns, count, first);
        if (code == SOUK_OK)
            code = settle(walk, turns, count, best_of(walk, turns, count), first);
    }
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        promo_trace_add(walk, &turns[i]);
    return code;
}
