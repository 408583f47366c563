/*
 * promo_units: actions that look at single units: buy some and get some, the cheapest ones, full
 * groups. Units of one line are alike, so a line is a number of them, and a choice is a number for
 * each line; a percentage is taken of all chosen units of a line at once and rounded once.
 */
#include "shop/promo_units.h"

#include "base/money.h"

struct choice {    /* units of each line */
    size_t *order; /* lines as they are to be taken */
    int64_t *units;
};

static struct choice choice_new(const struct promo_run *run)
{
    size_t count = run->quote->count;
    struct choice choice = {.order = arena_array(run->arena, size_t, count + 1),
                            .units = arena_array(run->arena, int64_t, count + 1)};
    return choice;
}

int promo_is_goods(const struct promo_run *run, size_t at, const struct promo_filter *filter)
{
    const struct quote_line *line = &run->quote->lines[at];
    return !line->gift && line->quantity > 0 && !(run->skip_reduced && line->reduced) &&
           promo_matches(filter, line);
}

/* A percentage or an amount off each of n units of a line. */
static int64_t worth_of(const struct promo_run *run, const struct promo_action *action, size_t at,
                        int64_t n, int64_t ppm)
{
    int64_t price = run->quote->lines[at].unit_price;
    int64_t worth = 0;
    if (ppm == PROMO_NONE)
        return (action->amount < price ? action->amount : price) * n;
    return money_share(price * n, ppm, &worth) == SOUK_OK ? worth : 0; /* a line's sum fits */
}

static void give_units(struct promo_run *run, const struct promo_action *action,
                       struct promo_effect *effect, const int64_t *units, int64_t ppm)
{
    for (size_t i = 0; i < run->quote->count; i++)
        if (units[i] > 0)
            promo_take_off(run, effect, i, worth_of(run, action, i, units[i], ppm));
}

/* Insertion, because carts are short and equal ones have to stay in the order of the cart. */
static void sort_lines(struct promo_run *run, size_t *order, size_t count,
                       int (*before)(const struct promo_run *run, size_t a, size_t b))
{
    for (size_t i = 1; i < count; i++) {
        size_t one = order[i];
        size_t at = i;
        for (; at > 0 && before(run, one, order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = one;
    }
}

static int is_dearer(const struct promo_run *run, size_t a, size_t b)
{
    return run->quote->lines[a].unit_price > run->quote->lines[b].unit_price;
}

static int is_cheaper(const struct promo_run *run, size_t a, size_t b)
{
    return run->quote->lines[a].unit_price < run->quote->lines[b].unit_price;
}

static int has_more(const struct promo_run *run, size_t a, size_t b)
{
    return run->quote->lines[a].quantity > run->quote->lines[b].quantity;
}

/* ---- the cheapest units ---- */

void promo_give_cheapest(struct promo_run *run, const struct promo_action *action,
                         struct promo_effect *effect)
{
    struct choice choice = choice_new(run);
    size_t count = 0;
    int64_t left = action->quantity;
    for (size_t i = 0; i < run->quote->count; i++)
        if (promo_is_goods(run, i, &action->filter))
            choice.order[count++] = i;
    sort_lines(run, choice.order, count, is_cheaper);
    for (size_t k = 0; k < count && left > 0; k++) {
        size_t at = choice.order[k];
        int64_t n = run->quote->lines[at].quantity;
        choice.units[at] = n < left ? n : left;
        left -= choice.units[at];
    }
    give_units(run, action, effect, choice.units, action->ppm);
}

/* ---- full groups ---- */

/* By what the items come to now, or by the units that are in full groups. */
static int64_t tier_ppm(const struct promo_run *run, const struct promo_action *action,
                        const struct promo_effect *effect, int64_t units)
{
    int64_t ppm = action->ppm;
    int64_t reached = action->by_quantity ? units : 0;
    for (size_t i = 0; i < run->quote->count && !action->by_quantity; i++)
        reached += run->left[i] - effect->lines[i];
    for (size_t i = 0; i < action->tier_count; i++)
        if (reached >= action->tiers[i].min)
            ppm = action->tiers[i].ppm;
    return ppm;
}

/* Only units in full groups; lines with the most units fill first. */
void promo_give_groups(struct promo_run *run, const struct promo_action *action,
                       struct promo_effect *effect)
{
    struct choice choice = choice_new(run);
    size_t count = 0;
    int64_t units = 0;
    for (size_t i = 0; i < run->quote->count; i++) {
        if (!promo_is_goods(run, i, &action->filter))
            continue;
        choice.order[count++] = i;
        units += run->quote->lines[i].quantity;
    }
    int64_t left = units / action->quantity * action->quantity;
    int64_t ppm = action->tier_count ? tier_ppm(run, action, effect, left) : action->ppm;
    sort_lines(run, choice.order, count, has_more);
    for (size_t k = 0; k < count && left > 0; k++) {
        size_t at = choice.order[k];
        int64_t n = run->quote->lines[at].quantity;
        choice.units[at] = n < left ? n : left;
        left -= choice.units[at];
    }
    if (ppm != PROMO_NONE || action->amount != PROMO_NONE)
        give_units(run, action, effect, choice.units, ppm);
}

/* ---- buy some, get some ---- */

struct deal {
    struct promo_run *run;
    const struct promo_action *action;
    struct promo_effect *effect;
    int64_t *free;    /* units of each line that have no use yet */
    int64_t *rewards; /* chosen so far */
    int64_t *taken;   /* by the round at hand */
    char *buys, *gets;
    size_t *buyers, *getters; /* lines in the order of taking */
    size_t buyer_count, getter_count;
};

static int buyer_before(const struct deal *deal, size_t a, size_t b)
{
    if (deal->gets[a] != deal->gets[b])
        return deal->gets[b]; /* what cannot be a reward goes first */
    return is_dearer(deal->run, a, b);
}

static void find_lines(struct deal *deal)
{
    struct promo_run *run = deal->run;
    for (size_t i = 0; i < run->quote->count; i++) {
        deal->buys[i] = (char)promo_is_goods(run, i, &deal->action->filter);
        deal->gets[i] = (char)promo_is_goods(run, i, &deal->action->get);
        deal->free[i] = run->quote->lines[i].quantity - run->used[i] - deal->effect->used[i];
        if (deal->free[i] <= 0)
            deal->buys[i] = deal->gets[i] = 0;
        if (deal->gets[i])
            deal->getters[deal->getter_count++] = i;
    }
    for (size_t i = 0; i < run->quote->count; i++) {
        if (!deal->buys[i])
            continue;
        size_t at = deal->buyer_count++;
        for (; at > 0 && buyer_before(deal, i, deal->buyers[at - 1]); at--)
            deal->buyers[at] = deal->buyers[at - 1];
        deal->buyers[at] = i;
    }
    sort_lines(run, deal->getters, deal->getter_count,
               deal->action->cheapest ? is_cheaper : is_dearer);
}

static int64_t pick(struct deal *deal, const size_t *order, size_t count, int64_t wanted)
{
    for (size_t k = 0; k < count && wanted > 0; k++) {
        size_t at = order[k];
        int64_t n = deal->free[at] - deal->taken[at];
        if (n > wanted)
            n = wanted;
        deal->taken[at] += n;
        wanted -= n;
    }
    return wanted;
}

/* How often the round at hand can be played with the same units, at most `most` times. */
static int64_t repeats(const struct deal *deal, int64_t most)
{
    for (size_t i = 0; i < deal->run->quote->count; i++)
        if (deal->taken[i] > 0 && deal->free[i] / deal->taken[i] < most)
            most = deal->free[i] / deal->taken[i];
    return most;
}

/* A round happens when both sides can be filled. Equal rounds are played at once, so the work does
 * not grow with quantities. Returns how many were played, at most `most`. */
static int64_t play_rounds(struct deal *deal, int64_t *bought, int64_t most)
{
    size_t count = deal->run->quote->count;
    memset(deal->taken, 0, count * sizeof *deal->taken);
    if (most < 1 || pick(deal, deal->buyers, deal->buyer_count, deal->action->buy_quantity) > 0)
        return 0;
    memcpy(bought, deal->taken, count * sizeof *bought);
    if (pick(deal, deal->getters, deal->getter_count, deal->action->get_quantity) > 0)
        return 0;
    int64_t times = repeats(deal, most);
    for (size_t i = 0; i < count; i++) {
        deal->rewards[i] += times * (deal->taken[i] - bought[i]);
        deal->free[i] -= times * deal->taken[i];
        deal->effect->used[i] += times * deal->taken[i];
    }
    return times;
}

void promo_give_deal(struct promo_run *run, const struct promo_action *action,
                     struct promo_effect *effect)
{
    size_t count = run->quote->count + 1;
    int64_t *bought = arena_array(run->arena, int64_t, count);
    int64_t most =
        action->max_quantity > 0 ? action->max_quantity / action->get_quantity : INT64_MAX;
    struct deal deal = {.run = run,
                        .action = action,
                        .effect = effect,
                        .free = arena_array(run->arena, int64_t, count),
                        .rewards = arena_array(run->arena, int64_t, count),
                        .taken = arena_array(run->arena, int64_t, count),
                        .buys = arena_zalloc(run->arena, count),
                        .gets = arena_zalloc(run->arena, count),
                        .buyers = arena_array(run->arena, size_t, count),
                        .getters = arena_array(run->arena, size_t, count)};
    find_lines(&deal);
    if (action->once && most > 1)
        most = 1;
    for (int64_t played = 1; played > 0; most -= played)
        played = play_rounds(&deal, bought, most);
    give_units(run, action, effect, deal.rewards, action->ppm);
}
