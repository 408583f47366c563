/*
 * promo_apply.c: the pipeline of promotions over a quote, in the order that the law has: catalogue
 * promotions on unit prices, accepted offers on their lines, then cart promotions one after the
 * other, each judged and computed when its turn comes.
 *
 * Exclusive ones are judged first, on the cart after catalogue promotions; the first that is
 * eligible applies alone. A group runs at the place of its first member. What the index leaves out
 * is not looked at, unless the trace has to explain it.
 */
#include "shop/promo_apply.h"

/* ---- beginning ---- */

int promo_walk_begin(struct promo_walk *walk, struct arena *arena, const struct promo_set *set,
                     struct quote *quote, const struct promo_facts *facts, struct err *err)
{
    size_t room = quote->count + PROMO_GIFTS;
    int64_t *numbers = arena_array(arena, int64_t, 4 * room + quote->delivery_count);
    *walk = (struct promo_walk){.run = {.arena = arena,
                                        .set = set,
                                        .quote = quote,
                                        .facts = facts,
                                        .count = quote->count,
                                        .left = numbers,
                                        .floor = numbers + room,
                                        .before = numbers + 2 * room,
                                        .used = numbers + 3 * room,
                                        .delivery_left = numbers + 4 * room}};
    walk->run.err = &walk->failed;
    for (size_t i = 0; i < quote->delivery_count; i++)
        if (!quote->delivery[i].fee)
            walk->run.delivery_left[i] = quote->delivery[i].amount - quote->delivery[i].discount;
    promo_codes_read(walk);
    return promo_totals_begin(walk, err);
}

/* ---- the order ---- */

struct order {     /* of the turns */
    size_t *at;    /* places in set->cart */
    size_t *place; /* by which they are sorted: of a group's members that of its first */
    size_t count;
    uint64_t *bits;
};

static int is_set(const uint64_t *bits, size_t at)
{
    return (bits[at / 64] >> (at % 64)) & 1;
}

static size_t place_of(const struct promo_set *set, size_t at)
{
    const struct promo_group *group = set->cart[at].group;
    if (!group)
        return at;
    for (size_t i = 0; i < at; i++)
        if (set->cart[i].group && set->cart[i].enabled &&
            (set->cart[i].group == group || souk_str_equal(set->cart[i].group->name, group->name)))
            return i;
    return at;
}

/* Nearly sorted always: only members of groups move. */
static void sort(struct order *order)
{
    for (size_t i = 1; i < order->count; i++) {
        size_t at = order->at[i], place = order->place[i], k = i;
        for (; k > 0 && order->place[k - 1] > place; k--) {
            order->at[k] = order->at[k - 1];
            order->place[k] = order->place[k - 1];
        }
        order->at[k] = at;
        order->place[k] = place;
    }
}

static void take(const struct promo_walk *walk, struct order *order, size_t at)
{
    order->at[order->count] = at;
    order->place[order->count++] = place_of(walk->run.set, at);
}

/* The bits of a word of the map that stand for promotions. */
static uint64_t word_of(const struct promo_set *set, const uint64_t *bits, size_t at)
{
    size_t rest = set->cart_count - at * 64;
    return rest >= 64 ? bits[at] : bits[at] & ((UINT64_C(1) << rest) - 1);
}

size_t promo_next(const struct promo_set *set, const uint64_t *bits, size_t at)
{
    while (at < set->cart_count) {
        uint64_t left = word_of(set, bits, at / 64) >> (at % 64);
        if (left)
            return at + (size_t)__builtin_ctzll(left);
        at = (at / 64 + 1) * 64;
    }
    return set->cart_count;
}

static struct order put_in_order(const struct promo_walk *walk)
{
    const struct promo_set *set = walk->run.set;
    struct arena *arena = walk->run.arena;
    struct order order = {.bits = promo_candidates(arena, set, walk->run.quote, walk->run.facts)};
    size_t count = walk->run.facts->explain ? set->cart_count : 0;
    for (size_t i = 0; !walk->run.facts->explain && i * 64 < set->cart_count; i++)
        count += (size_t)__builtin_popcountll(word_of(set, order.bits, i));
    order.at = arena_alloc(arena, sizeof *order.at * (2 * count + 1));
    order.place = order.at + count;
    for (size_t i = 0; walk->run.facts->explain && i < count; i++)
        take(walk, &order, i);
    for (size_t i = promo_next(set, order.bits, 0); order.count < count;
         i = promo_next(set, order.bits, i + 1))
        take(walk, &order, i);
    sort(&order);
    return order;
}

/* ---- exclusive ones ---- */

static int is_left_out(const struct promo_walk *walk, const struct order *order, size_t k)
{
    return walk->run.facts->explain && !is_set(order->bits, order->at[k]);
}

/* What the index left out is judged for its reason alone. */
static void explain(struct promo_walk *walk, struct promo_turn *turn)
{
    promo_judge(walk, turn);
    if (turn->eligible) {
        turn->state = PROMO_CODE_NO_EFFECT;
        turn->reason = souk_str("nothing in this cart is meant by it");
    }
    turn->eligible = 0;
    turn->nudge = NULL;
}

/* Judged before anything else has changed. */
static int judge_exclusive(struct promo_walk *walk, struct promo_turn *turns, size_t count)
{
    int any = 0;
    for (size_t i = 0; i < count; i++) {
        if (!turns[i].promo->exclusive || turns[i].judged)
            continue;
        promo_judge(walk, &turns[i]);
        any |= turns[i].eligible;
    }
    return any;
}

/* The first of the set's order that is eligible; `turns` stand in the order of groups. */
static struct promo_turn *first_exclusive(struct promo_turn *turns, size_t count)
{
    struct promo_turn *first = NULL;
    for (size_t i = 0; i < count; i++)
        if (turns[i].promo->exclusive && turns[i].eligible &&
            (!first || turns[i].promo < first->promo))
            first = &turns[i];
    return first;
}

/* One whose script fails or whose budget does not bear it stands back for the next. */
static int find_alone(struct promo_walk *walk, struct promo_turn *turns, size_t count,
                      struct promo_turn **alone)
{
    while ((*alone = first_exclusive(turns, count))) {
        struct promo_turn *turn = *alone;
        int code = promo_turn_effect(walk, turn);
        if (code < 0)
            return code;
        if (!turn->outcome && (code == 0 || promo_turn_bears(walk, turn)))
            return SOUK_OK;
        promo_turn_drop(walk, turn);
        turn->eligible = 0;
    }
    return SOUK_OK;
}

static int run_alone(struct promo_walk *walk, struct promo_turn *turns, size_t count,
                     struct promo_turn *alone)
{
    for (size_t i = 0; i < count; i++)
        if (!turns[i].judged)
            promo_judge(walk, &turns[i]);
    int code = alone->effect ? promo_turn_book(walk, alone) : SOUK_OK;
    walk->alone = 1;
    for (size_t i = 0; code == SOUK_OK && i < count; i++) {
        if (&turns[i] != alone && turns[i].eligible)
            promo_turn_displace(walk, &turns[i], alone->id);
        promo_trace_add(walk, &turns[i]);
    }
    return code;
}

/* ---- all of them ---- */

static int same_group(const struct promo *a, const struct promo *b)
{
    return a->group && b->group &&
           (a->group == b->group || souk_str_equal(a->group->name, b->group->name));
}

static int run_in_order(struct promo_walk *walk, struct promo_turn *turns, size_t count)
{
    int code = SOUK_OK;
    for (size_t i = 0, n = 1; code == SOUK_OK && i < count; i += n) {
        const struct promo *promo = turns[i].promo;
        n = 1;
        if (!promo->group || promo->group->mode == PROMO_STACK) {
            code = promo_turn_run(walk, &turns[i]);
            continue;
        }
        while (i + n < count && same_group(promo, turns[i + n].promo))
            n++;
        code = promo_group_run(walk, &turns[i], n);
    }
    return code;
}

static struct promo_turn *begin_turns(struct promo_walk *walk, const struct order *order)
{
    struct promo_turn *turns = arena_alloc(walk->run.arena, sizeof *turns * (order->count + 1));
    for (size_t i = 0; i < order->count; i++) {
        promo_turn_begin(walk, &walk->run.set->cart[order->at[i]], "cart", &turns[i]);
        if (is_left_out(walk, order, i))
            explain(walk, &turns[i]);
    }
    return turns;
}

static int run_all(struct promo_walk *walk, struct err *err)
{
    struct promo_turn *alone = NULL;
    int code = promo_catalogue_run(walk, err);
    if (code != SOUK_OK)
        return code;
    struct order order = put_in_order(walk);
    struct promo_turn *turns = begin_turns(walk, &order);
    int exclusive = judge_exclusive(walk, turns, order.count);
    if ((code = promo_offers_run(walk)) == SOUK_OK && exclusive)
        code = find_alone(walk, turns, order.count, &alone);
    if (code != SOUK_OK)
        return code;
    return alone ? run_alone(walk, turns, order.count, alone)
                 : run_in_order(walk, turns, order.count);
}

int promo_apply(struct arena *arena, const struct promo_set *set, struct quote *quote,
                const struct promo_facts *facts, const struct script_call *calls, size_t count,
                struct err *err)
{
    struct promo_walk walk;
    quote->promotions = json_new(arena, JSON_ARRAY);
    quote->nudges = NULL;
    int code = promo_walk_begin(&walk, arena, set, quote, facts, err);
    if (code != SOUK_OK)
        return code;
    walk.run.calls = calls;
    walk.run.call_count = count;
    if ((code = run_all(&walk, err)) != SOUK_OK)
        return err && !err->code
                   ? err_set(err, code, "promotions: %s",
                             *walk.failed.text ? walk.failed.text : "a gift cannot be looked up")
                   : code;
    promo_codes_tell(&walk);
    return SOUK_OK;
}
