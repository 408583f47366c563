/*
 * promo_give: what actions take off lines and shipments. Everything is computed here from what the
 * run and the effect so far leave; nothing is booked before promo_effect_book.
 *
 * A percentage is rounded half up once a line for actions on lines and once for actions on the
 * order. What an order action gives is spread by largest remainder over the running totals of its
 * lines, ties to the earlier one; a line that reaches its floor stays there and the rest is spread
 * again over the others; what cannot be placed is dropped (and counted as capped by the floor).
 */
#include "base/money.h"
#include "shop/promo_units.h"

/* ---- effects ---- */

struct promo_effect *promo_effect_new(struct promo_run *run)
{
    size_t lines = run->quote->count + PROMO_GIFTS;
    struct promo_effect *effect = arena_new(run->arena, struct promo_effect);
    effect->lines = arena_array(run->arena, int64_t, lines);
    effect->used = arena_array(run->arena, int64_t, lines);
    effect->delivery = arena_array(run->arena, int64_t, run->quote->delivery_count + 1);
    return effect;
}

int64_t promo_effect_total(const struct promo_run *run, const struct promo_effect *effect)
{
    int64_t total = 0;
    for (size_t i = 0; i < run->quote->count; i++)
        total += effect->lines[i];
    for (size_t i = 0; i < run->quote->delivery_count; i++)
        total += effect->delivery[i];
    for (size_t i = 0; i < effect->gift_count; i++)
        total += effect->gifts[i].unit_price * effect->gifts[i].quantity;
    return total;
}

/* Grows at powers of two: promotions on one line are few. */
static void add_share(struct arena *arena, struct quote_line *line, struct souk_str id,
                      int64_t amount)
{
    size_t n = line->discount_count;
    if ((n & (n - 1)) == 0) {
        struct quote_share *more = arena_array(arena, struct quote_share, n ? 2 * n : 1);
        if (n)
            memcpy(more, line->discounts, n * sizeof *more);
        line->discounts = more;
    }
    line->discounts[n] = (struct quote_share){.promotion = id, .amount = amount};
    line->discount_count = n + 1;
}

int promo_effect_book(struct promo_run *run, struct souk_str id, const struct promo_effect *effect)
{
    struct quote *quote = run->quote;
    for (size_t i = 0; i < quote->count; i++) {
        run->used[i] += effect->used[i];
        if (effect->lines[i] == 0)
            continue;
        add_share(run->arena, &quote->lines[i], id, effect->lines[i]);
        run->left[i] -= effect->lines[i];
    }
    for (size_t i = 0; i < quote->delivery_count; i++) {
        quote->delivery[i].discount += effect->delivery[i];
        run->delivery_left[i] -= effect->delivery[i];
    }
    for (size_t i = 0; i < effect->gift_count; i++) {
        struct quote_line *gift = &quote->lines[quote->count];
        *gift = effect->gifts[i];
        add_share(run->arena, gift, id, gift->unit_price * gift->quantity);
        run->left[quote->count] = run->floor[quote->count] = run->before[quote->count] = 0;
        run->used[quote->count] = gift->quantity;
        quote->count++;
    }
    return SOUK_OK;
}

/* ---- what is left ---- */

static int64_t left_of(const struct promo_run *run, const struct promo_effect *effect, size_t at)
{
    return run->left[at] - effect->lines[at];
}

static int64_t room_of(const struct promo_run *run, const struct promo_effect *effect, size_t at)
{
    int64_t room = left_of(run, effect, at) - run->floor[at];
    return room > 0 ? room : 0;
}

void promo_take_off(struct promo_run *run, struct promo_effect *effect, size_t at, int64_t amount)
{
    int64_t room = room_of(run, effect, at);
    int64_t most = left_of(run, effect, at);
    if (amount > room) {
        if (run->floor[at] > 0)
            effect->capped_floor += (amount < most ? amount : most) - room;
        amount = room;
    }
    effect->lines[at] += amount;
}

static int too_large(const struct promo_run *run, const struct promo_action *action)
{
    return err_set(run->err, SOUK_INVALID, "%s: the amounts are too large", action->name);
}

/* ---- spreading ---- */

struct spread { /* lines or shipments that share an amount */
    size_t *at;
    int64_t *weights, *parts;
    size_t count;
};

static struct spread spread_new(const struct promo_run *run, size_t most)
{
    return (struct spread){.at = arena_array(run->arena, size_t, most + 1),
                           .weights = arena_array(run->arena, int64_t, most + 1),
                           .parts = arena_array(run->arena, int64_t, most + 1)};
}

/* Those whose part is more than their room get the room and leave; 1: somebody left. */
static int settle_full(struct promo_run *run, struct promo_effect *effect, struct spread *spread,
                       int64_t *amount)
{
    size_t kept = 0;
    int64_t placed = 0;
    int left = 0;
    for (size_t i = 0; i < spread->count; i++) {
        int64_t room = room_of(run, effect, spread->at[i]);
        if (spread->parts[i] > room) {
            effect->lines[spread->at[i]] += room;
            placed += room;
            left = 1;
            continue;
        }
        spread->at[kept] = spread->at[i];
        spread->weights[kept++] = spread->weights[i];
    }
    spread->count = kept;
    *amount -= placed;
    return left;
}

static int spread_over_lines(struct promo_run *run, const struct promo_action *action,
                             struct promo_effect *effect, struct spread *spread, int64_t amount)
{
    while (amount > 0 && spread->count > 0) {
        if (money_split(amount, spread->weights, spread->count, spread->parts) != SOUK_OK)
            return too_large(run, action);
        if (settle_full(run, effect, spread, &amount))
            continue;
        for (size_t i = 0; i < spread->count; i++)
            effect->lines[spread->at[i]] += spread->parts[i];
        amount = 0;
    }
    effect->capped_floor += amount;
    return SOUK_OK;
}

/* The lines of an order action and what they come to now. */
static struct spread gather(struct promo_run *run, const struct promo_filter *filter,
                            const struct promo_effect *effect, int64_t *total)
{
    struct spread spread = spread_new(run, run->quote->count);
    *total = 0;
    for (size_t i = 0; i < run->quote->count; i++) {
        int64_t left = left_of(run, effect, i);
        if (left <= 0 || !promo_is_goods(run, i, filter))
            continue;
        spread.at[spread.count] = i;
        spread.weights[spread.count++] = left;
        *total += left;
    }
    return spread;
}

/* ---- actions on the order ---- */

static int give_order(struct promo_run *run, const struct promo_action *action,
                      struct promo_effect *effect, int64_t ppm, int64_t amount)
{
    int64_t total;
    struct spread spread = gather(run, &action->filter, effect, &total);
    if (ppm != PROMO_NONE && money_share(total, ppm, &amount) != SOUK_OK)
        return too_large(run, action);
    if (action->cap != PROMO_NONE && amount > action->cap) {
        effect->capped_cap += amount - action->cap;
        amount = action->cap;
    }
    if (amount > total)
        amount = total;
    return spread_over_lines(run, action, effect, &spread, amount);
}

static int give_fixed_price(struct promo_run *run, const struct promo_action *action,
                            struct promo_effect *effect)
{
    int64_t total;
    struct spread spread = gather(run, &action->filter, effect, &total);
    return spread_over_lines(run, action, effect, &spread,
                             total > action->amount ? total - action->amount : 0);
}

/* The highest tier that is reached; PROMO_NONE: none, and there is no base. */
static int64_t tier_value(const struct promo_run *run, const struct promo_action *action,
                          const struct promo_effect *effect)
{
    int percent = action->kind == PROMO_TIERED_PERCENT;
    int64_t reached = 0;
    int64_t value = percent ? action->ppm : action->amount;
    for (size_t i = 0; i < run->quote->count; i++)
        if (!action->by_quantity)
            reached += left_of(run, effect, i);
        else if (promo_is_goods(run, i, &action->filter))
            reached += run->quote->lines[i].quantity;
    for (size_t i = 0; i < action->tier_count; i++)
        if (reached >= action->tiers[i].min)
            value = percent ? action->tiers[i].ppm : action->tiers[i].amount;
    return value;
}

/* ---- actions on lines ---- */

static int64_t counted(const struct promo_action *action, const struct quote_line *line)
{
    int64_t most = action->max_quantity;
    return most > 0 && most < line->quantity ? most : line->quantity;
}

/* Of a line's unit price, or of what is left of it. */
static int line_percent(struct promo_run *run, const struct promo_action *action,
                        struct promo_effect *effect, size_t at, int64_t ppm, int remaining)
{
    const struct quote_line *line = &run->quote->lines[at];
    int64_t left = left_of(run, effect, at);
    int64_t base = line->unit_price * counted(action, line);
    int64_t amount;
    if (remaining && left < base)
        base = left;
    if (money_share(base, ppm, &amount) != SOUK_OK)
        return too_large(run, action);
    promo_take_off(run, effect, at, amount);
    return SOUK_OK;
}

static int64_t first_additional(const struct promo_action *action, const struct quote_line *line)
{
    int64_t n = counted(action, line);
    int64_t more;
    int64_t sum;
    if (__builtin_mul_overflow(action->additional, n - 1, &more) ||
        __builtin_add_overflow(action->amount, more, &sum))
        return INT64_MAX; /* more than any line costs */
    return sum;
}

static int give_line(struct promo_run *run, const struct promo_action *action,
                     struct promo_effect *effect, size_t at, int64_t tier)
{
    const struct quote_line *line = &run->quote->lines[at];
    int64_t amount = action->amount;
    switch (action->kind) {
    case PROMO_LINE_PERCENT:
        return line_percent(run, action, effect, at, action->ppm, action->remaining);
    case PROMO_TIERED_PERCENT: return line_percent(run, action, effect, at, tier, 1);
    case PROMO_UNIT_FIXED:
        amount = (amount < line->unit_price ? amount : line->unit_price) * counted(action, line);
        break;
    case PROMO_FIRST_ADDITIONAL: amount = first_additional(action, line); break;
    default: break;
    }
    promo_take_off(run, effect, at, amount);
    return SOUK_OK;
}

static int give_lines(struct promo_run *run, const struct promo_action *action,
                      struct promo_effect *effect)
{
    int64_t tier = 0;
    int code = SOUK_OK;
    if (action->kind == PROMO_TIERED_PERCENT &&
        (tier = tier_value(run, action, effect)) == PROMO_NONE)
        return SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < run->quote->count; i++)
        if (promo_is_goods(run, i, &action->filter))
            code = give_line(run, action, effect, i, tier);
    return code;
}

/* ---- actions on deliveries ---- */

static int is_method(const struct promo_action *action, const struct quote_delivery *delivery)
{
    for (size_t i = 0; i < action->methods.count; i++)
        if (souk_str_equal(action->methods.at[i], delivery->method))
            return 1;
    return action->methods.count == 0;
}

static int give_across(struct promo_run *run, const struct promo_action *action,
                       struct promo_effect *effect)
{
    struct spread spread = spread_new(run, run->quote->delivery_count);
    int64_t total = 0;
    for (size_t i = 0; i < run->quote->delivery_count; i++) {
        int64_t left = run->delivery_left[i] - effect->delivery[i];
        if (left <= 0 || !is_method(action, &run->quote->delivery[i]))
            continue;
        spread.at[spread.count] = i;
        spread.weights[spread.count++] = left;
        total += left;
    }
    int64_t amount = action->amount < total ? action->amount : total;
    if (amount <= 0)
        return SOUK_OK;
    if (money_split(amount, spread.weights, spread.count, spread.parts) != SOUK_OK)
        return too_large(run, action);
    for (size_t i = 0; i < spread.count; i++)
        effect->delivery[spread.at[i]] += spread.parts[i];
    return SOUK_OK;
}

static int give_delivery(struct promo_run *run, const struct promo_action *action,
                         struct promo_effect *effect)
{
    if (action->kind == PROMO_DELIVERY_FIXED && action->across)
        return give_across(run, action, effect);
    for (size_t i = 0; i < run->quote->delivery_count; i++) {
        const struct quote_delivery *delivery = &run->quote->delivery[i];
        int64_t left = run->delivery_left[i] - effect->delivery[i];
        int64_t amount = action->amount;
        if (!is_method(action, delivery))
            continue;
        if (action->kind == PROMO_DELIVERY_PERCENT &&
            money_share(action->remaining ? left : delivery->amount, action->ppm, &amount) !=
                SOUK_OK)
            return too_large(run, action);
        effect->delivery[i] += amount < left ? amount : left;
    }
    return SOUK_OK;
}

/* ---- gifts ---- */

static int64_t gift_quantity(const struct promo_run *run, const struct promo_action *action)
{
    int64_t units = 0;
    if (!action->per)
        return action->quantity;
    for (size_t i = 0; i < run->quote->count; i++)
        if (promo_is_goods(run, i, &action->get))
            units += run->quote->lines[i].quantity;
    int64_t most = QUOTE_QUANTITY / action->quantity;
    return (units < most ? units : most) * action->quantity;
}

static struct quote_line bare_gift(const struct promo_action *action)
{
    int64_t price = action->amount == PROMO_NONE ? 0 : action->amount;
    return (struct quote_line){.sku = action->text,
                               .name = action->text,
                               .unit_price = price,
                               .original_price = price,
                               .cost = PROMO_NONE,
                               .weight_g = PROMO_NONE,
                               .length_mm = PROMO_NONE,
                               .width_mm = PROMO_NONE,
                               .height_mm = PROMO_NONE};
}

static int give_gift(struct promo_run *run, const struct promo_action *action,
                     struct promo_effect *effect)
{
    struct quote_line line = bare_gift(action);
    int64_t quantity = gift_quantity(run, action);
    int code = SOUK_NOT_FOUND;
    if (quantity < 1 || run->quote->count + effect->gift_count >= run->count + (size_t)PROMO_GIFTS)
        return SOUK_OK;
    line.quantity = quantity; /* so many have to be there */
    if (run->facts->gift)
        code = run->facts->gift(run->facts->user, run->arena, action->text, &line);
    if (code == SOUK_NOT_FOUND)
        line = bare_gift(action);
    else if (code != SOUK_OK)
        return code == SOUK_CONFLICT ? SOUK_OK : code; /* cannot be had now: no gift */
    if (!effect->gifts)
        effect->gifts = arena_array(run->arena, struct quote_line, PROMO_GIFTS);
    line.gift = 1;
    line.quantity = quantity;
    if (line.unit_price > 0 && line.unit_price > INT64_MAX / quantity)
        return too_large(run, action);
    effect->gifts[effect->gift_count++] = line;
    return SOUK_OK;
}

/* ---- all of them ---- */

int promo_give(struct promo_run *run, const struct promo *promo, const struct promo_action *action,
               struct promo_effect *effect)
{
    int64_t tier;
    run->skip_reduced = promo && promo->skip_reduced;
    switch (action->kind) {
    case PROMO_LINE_PERCENT:
    case PROMO_UNIT_FIXED:
    case PROMO_LINE_FIXED:
    case PROMO_TIERED_PERCENT:
    case PROMO_FIRST_ADDITIONAL: return give_lines(run, action, effect);
    case PROMO_ORDER_PERCENT: return give_order(run, action, effect, action->ppm, 0);
    case PROMO_ORDER_FIXED: return give_order(run, action, effect, PROMO_NONE, action->amount);
    case PROMO_ORDER_FIXED_PRICE: return give_fixed_price(run, action, effect);
    case PROMO_TIERED_FIXED:
        tier = tier_value(run, action, effect);
        return tier == PROMO_NONE ? SOUK_OK : give_order(run, action, effect, PROMO_NONE, tier);
    case PROMO_DELIVERY_PERCENT:
    case PROMO_DELIVERY_FIXED: return give_delivery(run, action, effect);
    case PROMO_BUY_GET: promo_give_deal(run, action, effect); return SOUK_OK;
    case PROMO_CHEAPEST_UNITS: promo_give_cheapest(run, action, effect); return SOUK_OK;
    case PROMO_UNIT_GROUPS: promo_give_groups(run, action, effect); return SOUK_OK;
    case PROMO_ADD_GIFT: return give_gift(run, action, effect);
    case PROMO_UNIT_PERCENT:
    case PROMO_CATALOGUE_FIXED:
    case PROMO_COMPUTED: break; /* not here: shelves, and what functions return */
    }
    return SOUK_OK;
}

int64_t promo_shelf_price(const struct promo_action *action, int64_t unit_price, int64_t floor)
{
    int64_t price = unit_price;
    if (action->kind == PROMO_UNIT_PERCENT &&
        money_share(unit_price, PROMO_WHOLE - action->ppm, &price) != SOUK_OK)
        return unit_price;
    if (action->kind == PROMO_CATALOGUE_FIXED)
        price = action->amount < unit_price ? unit_price - action->amount : 0;
    if (price < floor)
        price = floor;
    return price < unit_price ? price : unit_price;
}
