/*
 * promo_apply_catalogue.c: catalogue promotions: new unit prices, line by line, each promotion on
 * the result of the last, down to the lowest price of the line; where any that matches is exclusive
 * the first exclusive one alone. They begin at the original price, and never raise one.
 *
 * Prices from the shelves (facts->priced) have those promotions in them that are the same for
 * everybody; here only the others are applied, on the shelf's price. What the shelf took off is
 * told by reckoning it again, where that comes to the same price.
 */
#include "base/money.h"
#include "shop/promo_apply.h"

int promo_is_shelved(const struct promo *promo)
{
    return promo->catalogue && !promo->condition_count && !promo->channels.count &&
           !promo->segments.count && !promo->coupon && promo->holdout <= 0 &&
           promo->uses == PROMO_NONE && promo->uses_per_customer == PROMO_NONE &&
           promo->budget == PROMO_NONE && promo->budget_uses == PROMO_NONE;
}

/* ---- floors ---- */

/* The lowest unit price: what the line says, and the shop's margin on a known cost (with its tax,
 * where prices have tax in them); never above the price itself. */
static int64_t unit_floor(const struct quote *quote, const struct quote_line *line, int64_t price)
{
    int64_t margin = market_shop()->min_margin_ppm, floor = line->min_unit_price;
    if (line->cost >= 0 && margin >= 0) {
        int64_t tax = 0, parts[TAX_RATES];
        __int128 exact = (__int128)line->cost * (PROMO_WHOLE + margin);
        exact = (exact + PROMO_WHOLE - 1) / PROMO_WHOLE;
        int64_t least = exact < price ? (int64_t)exact : price;
        if (quote->include_tax && tax_of(least, &line->rates, 0, &tax, parts) == SOUK_OK)
            least = least < INT64_MAX - tax ? least + tax : price;
        floor = least > floor ? least : floor;
    }
    return floor < 0 ? 0 : floor > price ? price : floor;
}

int promo_totals_begin(struct promo_walk *walk, struct err *err)
{
    struct promo_run *run = &walk->run;
    for (size_t i = 0; i < run->count; i++) {
        const struct quote_line *line = &run->quote->lines[i];
        int64_t total;
        if (line->quantity < 1 || line->unit_price < 0 ||
            __builtin_mul_overflow(line->quantity, line->unit_price, &total))
            return err_set(err, SOUK_INVALID, "lines/%zu: quantity times price is no amount", i);
        run->left[i] = run->before[i] = total;
        run->floor[i] = line->quantity * unit_floor(run->quote, line, line->unit_price);
    }
    return SOUK_OK;
}

/* ---- one line ---- */

struct shelf { /* catalogue promotions that take part, in order */
    const struct promo *promo;
    struct promo_turn *turn; /* NULL: nobody is told */
};

static int matches(const struct promo *promo, const struct quote_line *line)
{
    for (size_t i = 0; i < promo->action_count; i++)
        if (promo_matches(&promo->actions[i].filter, line))
            return 1;
    return 0;
}

static int64_t apply_one(const struct promo *promo, const struct quote_line *line, int64_t price,
                         int64_t floor)
{
    for (size_t i = 0; i < promo->action_count; i++)
        if (promo_matches(&promo->actions[i].filter, line))
            price = promo_shelf_price(&promo->actions[i], price, floor);
    return price;
}

/* The price of `line` (whose unit_price is the base) after all of them; `taken` gets what each took
 * off a unit; may be NULL. */
static int64_t apply_all(const struct shelf *shelves, size_t count, const struct quote_line *line,
                         int64_t floor, int64_t *taken)
{
    int64_t price = line->unit_price;
    const struct promo *alone = NULL;
    for (size_t i = 0; i < count && !alone; i++)
        if (shelves[i].promo->exclusive && matches(shelves[i].promo, line))
            alone = shelves[i].promo;
    for (size_t i = 0; i < count; i++) {
        if (taken)
            taken[i] = 0;
        if (price <= floor || (alone && alone != shelves[i].promo))
            continue;
        int64_t next = apply_one(shelves[i].promo, line, price, floor);
        if (taken)
            taken[i] = price - next;
        price = next;
    }
    return price;
}

static void note(struct promo_walk *walk, const struct shelf *shelves, size_t count, size_t at,
                 const int64_t *taken)
{
    int64_t quantity = walk->run.quote->lines[at].quantity;
    for (size_t i = 0; i < count; i++) {
        struct promo_turn *turn = shelves[i].turn;
        int64_t amount, sum;
        if (!taken[i] || __builtin_mul_overflow(taken[i], quantity, &amount) ||
            __builtin_add_overflow(turn->amount, amount, &sum))
            continue;
        if (!turn->amounts)
            turn->amounts = arena_array(walk->run.arena, int64_t, walk->run.count + 1);
        turn->amounts[at] = amount;
        turn->amount = sum;
    }
}

/* ---- all lines ---- */

struct shelves { /* by where they are applied */
    struct shelf *here, *shelved;
    size_t here_count, shelved_count;
    int64_t *taken;
};

static int blocked(const struct shelves *all, const struct quote_line *line)
{
    for (size_t i = 0; i < all->shelved_count; i++)
        if (all->shelved[i].promo->exclusive && matches(all->shelved[i].promo, line))
            return 1;
    return 0;
}

static void price_line(struct promo_walk *walk, const struct shelves *all, size_t at)
{
    struct quote_line *line = &walk->run.quote->lines[at], base = *line;
    int priced = walk->run.facts->priced;
    if (base.original_price > base.unit_price && !priced)
        base.unit_price = base.original_price;
    if (priced && blocked(all, line))
        return;
    int64_t price = apply_all(all->here, all->here_count, &base,
                              unit_floor(walk->run.quote, line, base.unit_price), all->taken);
    if (price >= line->unit_price)
        return;
    note(walk, all->here, all->here_count, at, all->taken);
    if (line->original_price < line->unit_price)
        line->original_price = line->unit_price;
    line->unit_price = price;
    line->reduced = 1;
}

/* What the shelf took off: told where it is certain. */
static void tell_shelved(struct promo_walk *walk, const struct shelves *all, size_t at)
{
    const struct quote_line *line = &walk->run.quote->lines[at];
    struct quote_line base = *line;
    base.unit_price = line->original_price;
    if (line->reduced && line->original_price > line->unit_price &&
        apply_all(all->shelved, all->shelved_count, &base,
                  unit_floor(walk->run.quote, line, base.unit_price),
                  all->taken) == line->unit_price)
        note(walk, all->shelved, all->shelved_count, at, all->taken);
}

static void sort_out(struct promo_walk *walk, struct promo_turn *turns, struct shelves *all)
{
    const struct promo_set *set = walk->run.set;
    size_t count = set->catalogue_count;
    all->here = arena_array(walk->run.arena, struct shelf, count);
    all->shelved = arena_array(walk->run.arena, struct shelf, count);
    all->taken = arena_array(walk->run.arena, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        const struct promo *promo = &set->catalogue[i];
        promo_turn_begin(walk, promo, "catalogue", &turns[i]);
        promo_judge(walk, &turns[i]);
        if (!turns[i].eligible)
            continue;
        if (walk->run.facts->priced && promo_is_shelved(promo))
            all->shelved[all->shelved_count++] = (struct shelf){promo, &turns[i]};
        else
            all->here[all->here_count++] = (struct shelf){promo, &turns[i]};
    }
}

static void tell(struct promo_walk *walk, struct promo_turn *turn)
{
    int shelved = walk->run.facts->priced && promo_is_shelved(turn->promo);
    if (turn->amount)
        turn->applied = ++walk->applied;
    else if (turn->eligible) {
        turn->state = PROMO_CODE_NO_EFFECT;
        turn->reason = souk_str(shelved ? "it takes nothing off these lines, or their prices have "
                                          "changed since"
                                        : "it takes nothing off these lines");
    }
    if (!shelved || turn->amount || walk->run.facts->explain)
        promo_trace_add(walk, turn);
}

int promo_catalogue_run(struct promo_walk *walk, struct err *err)
{
    const struct promo_set *set = walk->run.set;
    struct promo_run *run = &walk->run;
    struct shelves all = {0};
    if (!set->catalogue_count)
        return SOUK_OK;
    struct promo_turn *turns = arena_array(run->arena, struct promo_turn, set->catalogue_count);
    sort_out(walk, turns, &all);
    for (size_t i = 0; i < run->count; i++) {
        if (all.shelved_count && !walk->quiet)
            tell_shelved(walk, &all, i);
        if (all.here_count)
            price_line(walk, &all, i);
    }
    for (size_t i = 0; i < set->catalogue_count; i++)
        tell(walk, &turns[i]);
    return all.here_count ? promo_totals_begin(walk, err) : SOUK_OK;
}

int64_t promo_shelved_price(const struct promo_set *set, const struct quote_line *line, int64_t at)
{
    struct arena arena = {0};
    struct shelf *shelves = arena_array(&arena, struct shelf, set->catalogue_count + 1);
    struct quote_line base = *line;
    struct quote quote = {.include_tax = market_shop()->prices_include_tax};
    size_t count = 0;
    for (size_t i = 0; i < set->catalogue_count; i++) {
        const struct promo *promo = &set->catalogue[i];
        if (promo->enabled && promo_is_shelved(promo) && (!promo->from || at >= promo->from) &&
            (!promo->to || at < promo->to))
            shelves[count++].promo = promo;
    }
    if (base.original_price > base.unit_price)
        base.unit_price = base.original_price;
    int64_t price =
        apply_all(shelves, count, &base, unit_floor(&quote, line, base.unit_price), NULL);
    arena_free(&arena);
    return price < line->unit_price ? price : line->unit_price;
}
