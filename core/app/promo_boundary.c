/*
 * promo_boundary.c: what rules ask for becomes lines, customer, delivery, codes and a moment. Needs
 * are gathered first (units of goods that fit a filter; totals of a category, of the cart), then
 * prices are set so that the largest total is met to the cent where prices are free, and filled up
 * with goods that no rule names where it is not.
 */
#include "app/promo_boundary.h"

#include <string.h>
#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "base/zone.h"
#include "shop/promo_engine.h"

#define LINES_MOST   64
#define TOTALS_MOST  16
#define MOMENT_STEP  (15 * CLOCK_MINUTE)
#define MOMENT_STEPS (8 * 24 * 4) /* every quarter of an hour of eight days */

struct total { /* of a category */
    struct souk_str category;
    int64_t amount;
};

struct mix {
    struct arena *arena;
    struct boundary_cart *cart;
    struct quote_line lines[LINES_MOST];
    int free_price[LINES_MOST]; /* no filter has a say in its price */
    size_t count;
    struct total totals[TOTALS_MOST];
    size_t total_count;
    const struct promo_action *bundle;      /* its goods have to be worth more than its price */
    int64_t items, quantity, line_quantity; /* wanted; 0: not */
    int64_t usual;                          /* price of a unit that nobody cares about */
    int64_t from, to;                       /* the moment is within */
    int invented, clash, guest_said;
};

/* ---- goods ---- */

static struct souk_str invent(struct mix *mix)
{
    return arena_printf(mix->arena, "ANY-%d", ++mix->invented);
}

static const struct souk_str *one_text(struct mix *mix, struct souk_str text)
{
    struct souk_str *list = arena_new(mix->arena, struct souk_str);
    *list = text;
    return list;
}

static struct quote_line *add_line(struct mix *mix, int64_t quantity)
{
    if (mix->count == LINES_MOST)
        return NULL;
    struct quote_line *line = &mix->lines[mix->count];
    mix->free_price[mix->count++] = 1;
    *line = (struct quote_line){.id = (int64_t)mix->count,
                                .quantity = quantity,
                                .unit_price = mix->usual,
                                .cost = -1,
                                .weight_g = -1,
                                .length_mm = -1,
                                .width_mm = -1,
                                .height_mm = -1};
    return line;
}

static void name_line(struct mix *mix, struct quote_line *line, const struct promo_filter *filter)
{
    line->sku = filter->skus.count ? filter->skus.at[0] : invent(mix);
    line->name = line->sku;
    line->product = filter->products.count ? filter->products.at[0] : line->sku;
    if (filter->categories.count) {
        line->categories = one_text(mix, filter->categories.at[0]);
        line->category_count = 1;
    }
}

/* So many units of what fits; those that are there already count when `shared`. */
static void need_goods(struct mix *mix, const struct promo_filter *filter, int64_t quantity,
                       int shared)
{
    int64_t units = quantity < 1 ? 1 : quantity > QUOTE_QUANTITY ? QUOTE_QUANTITY : quantity;
    for (size_t i = 0; i < mix->count; i++)
        if (promo_matches(filter, &mix->lines[i])) {
            int64_t has = mix->lines[i].quantity;
            int64_t wants = shared ? (has > units ? has : units) : has + units;
            mix->lines[i].quantity = wants > QUOTE_QUANTITY ? QUOTE_QUANTITY : wants;
            return;
        }
    struct quote_line *line = add_line(mix, units);
    if (!line)
        return;
    name_line(mix, line, filter);
    int bounded = filter->price_from != PROMO_NONE || filter->price_to != PROMO_NONE;
    if (filter->price_from != PROMO_NONE && line->unit_price < filter->price_from)
        line->unit_price = filter->price_from;
    if (filter->price_to != PROMO_NONE && line->unit_price > filter->price_to)
        line->unit_price = filter->price_to;
    if (bounded)
        mix->free_price[mix->count - 1] = 0;
}

static void need_category_total(struct mix *mix, struct souk_str category, int64_t amount)
{
    struct promo_filter filter = {
        .categories = {&category, 1}, .price_from = PROMO_NONE, .price_to = PROMO_NONE};
    filter.categories.at = one_text(mix, category);
    need_goods(mix, &filter, 1, 1);
    for (size_t i = 0; i < mix->total_count; i++)
        if (souk_str_equal(mix->totals[i].category, category)) {
            if (mix->totals[i].amount < amount)
                mix->totals[i].amount = amount;
            return;
        }
    if (mix->total_count < TOTALS_MOST)
        mix->totals[mix->total_count++] = (struct total){category, amount};
}

/* ---- customer, place, delivery ---- */

static void want_max(int64_t *wanted, int64_t number)
{
    if (*wanted < number)
        *wanted = number;
}

/* The first of the list, unless another of it is set already; one that is not is a clash. */
static void want_text(struct mix *mix, struct souk_str *at, const struct promo_texts *texts)
{
    if (!texts->count)
        return;
    for (size_t i = 0; i < texts->count && at->len; i++)
        if (souk_str_equal(*at, texts->at[i]))
            return;
    if (at->len)
        mix->clash = 1;
    else
        *at = texts->at[0];
}

static void want_delivery(struct mix *mix, const struct promo_texts *methods)
{
    struct quote *quote = &mix->cart->quote;
    if (!quote->delivery_count) {
        quote->delivery = arena_new(mix->arena, struct quote_delivery);
        *quote->delivery = (struct quote_delivery){.amount = mix->usual / 2 + 1};
        quote->delivery_count = 1;
    }
    want_text(mix, &quote->delivery->method, methods);
}

/* A code like "10*" or "1000-1999" becomes one that fits it. */
static void want_postcode(struct mix *mix, const struct promo_texts *texts)
{
    struct souk_str *at = &mix->cart->facts.postcode;
    if (!texts->count || at->len)
        return;
    struct souk_str text = texts->at[0];
    ptrdiff_t cut = str_find(text, '-');
    ptrdiff_t star = str_find(text, '*');
    if (cut > 0)
        text = str_make(text.ptr, (size_t)cut);
    else if (star >= 0)
        text = arena_printf(mix->arena, "%.*s00", (int)star, text.ptr);
    *at = text;
}

static void want_since(struct mix *mix, const struct promo_condition *condition)
{
    struct promo_customer *customer = &mix->cart->facts.customer;
    customer->known = 1;
    /* set to the moment itself, once that is known */
    if (souk_str_is(condition->text, "registered"))
        customer->registered_at = 1;
    else if (souk_str_is(condition->text, "first_order"))
        customer->first_order_at = 1;
    else if (souk_str_is(condition->text, "last_order"))
        customer->last_order_at = 1;
    else
        customer->lead_at = 1;
}

static void want_orders(struct mix *mix, int64_t orders, int exact)
{
    struct promo_customer *customer = &mix->cart->facts.customer;
    if (exact && customer->orders_before && customer->orders_before != orders)
        mix->clash = 1;
    customer->known = 1;
    want_max(&customer->orders_before, orders);
}

static void want_guest(struct mix *mix, int guest)
{
    struct promo_customer *customer = &mix->cart->facts.customer;
    if (mix->guest_said && customer->guest != guest)
        mix->clash = 1;
    mix->guest_said = 1;
    customer->guest = guest;
    customer->known = 1;
}

/* ---- conditions ---- */

static void want_contained(struct mix *mix, const struct promo_condition *condition)
{
    struct promo_filter filter = {.price_from = PROMO_NONE, .price_to = PROMO_NONE};
    if (!condition->texts.count)
        return;
    if (condition->kind == PROMO_CONTAINS_CATEGORY)
        filter.categories = (struct promo_texts){condition->texts.at, 1};
    else
        filter.skus = (struct promo_texts){condition->texts.at, 1};
    need_goods(mix, &filter, condition->number, 1);
}

static void want_condition(struct mix *mix, const struct promo_condition *condition)
{
    struct promo_facts *facts = &mix->cart->facts;
    struct promo_customer *customer = &facts->customer;
    switch (condition->kind) {
    case PROMO_ITEMS_TOTAL_AT_LEAST: want_max(&mix->items, condition->number); break;
    case PROMO_CART_QUANTITY_AT_LEAST: want_max(&mix->quantity, condition->number); break;
    case PROMO_LINE_QUANTITY_AT_LEAST: want_max(&mix->line_quantity, condition->number); break;
    case PROMO_CONTAINS_PRODUCT:
    case PROMO_CONTAINS_CATEGORY: want_contained(mix, condition); break;
    case PROMO_CATEGORY_TOTAL_AT_LEAST:
        need_category_total(mix, condition->text, condition->number);
        break;
    case PROMO_CUSTOMER_GROUP_IN:
        customer->known = 1;
        want_text(mix, &customer->group, &condition->texts);
        break;
    case PROMO_CUSTOMER_ID_IN:
        customer->known = 1;
        want_text(mix, &customer->id, &condition->texts);
        break;
    case PROMO_NTH_ORDER: want_orders(mix, condition->number - 1, 1); break;
    case PROMO_ORDERS_AT_LEAST: want_orders(mix, condition->number, 0); break;
    case PROMO_SPENT_AT_LEAST:
        customer->known = 1;
        want_max(&customer->spent, condition->number);
        break;
    case PROMO_GUEST: want_guest(mix, condition->number != 0); break;
    case PROMO_SINCE: want_since(mix, condition); break;
    case PROMO_DELIVERY_METHOD_IN: want_delivery(mix, &condition->texts); break;
    case PROMO_CURRENCY_IN: want_text(mix, &mix->cart->quote.currency, &condition->texts); break;
    case PROMO_COUNTRY_IN: want_text(mix, &facts->country, &condition->texts); break;
    case PROMO_POSTCODE_IN: want_postcode(mix, &condition->texts); break;
    case PROMO_WEEKDAY_IN: /* find_moment */
    case PROMO_HOURS:
    case PROMO_FUNCTION: /* nobody can know */ break;
    }
}

/* ---- actions ---- */

static void want_tiers(struct mix *mix, const struct promo_action *action)
{
    if (!action->tier_count)
        return;
    int64_t least = action->tiers[0].min;
    need_goods(mix, &action->filter, action->by_quantity ? least : 1, 1);
    if (!action->by_quantity)
        want_max(&mix->items, least);
}

static void want_action(struct mix *mix, const struct promo_action *action)
{
    switch (action->kind) {
    case PROMO_DELIVERY_PERCENT:
    case PROMO_DELIVERY_FIXED: want_delivery(mix, &action->methods); return;
    case PROMO_BUY_GET:
        need_goods(mix, &action->filter, action->buy_quantity, 1);
        need_goods(mix, &action->get, action->get_quantity, 0);
        return;
    case PROMO_CHEAPEST_UNITS:
    case PROMO_UNIT_GROUPS: need_goods(mix, &action->filter, action->quantity, 1); return;
    case PROMO_TIERED_PERCENT:
    case PROMO_TIERED_FIXED: want_tiers(mix, action); return;
    case PROMO_ADD_GIFT:
        if (action->per)
            need_goods(mix, &action->get, 1, 1);
        return;
    case PROMO_COMPUTED: return;
    case PROMO_ORDER_FIXED_PRICE:
        need_goods(mix, &action->filter, 1, 1);
        mix->bundle = action;
        return;
    default: need_goods(mix, &action->filter, 1, 1);
    }
}

/* ---- codes ---- */

static void want_code(struct mix *mix, const struct promo_coupon *coupon)
{
    struct quote *quote = &mix->cart->quote;
    struct promo_facts *facts = &mix->cart->facts;
    struct promo_code *codes = arena_array(mix->arena, struct promo_code, facts->code_count + 1);
    struct quote_coupon *typed =
        arena_array(mix->arena, struct quote_coupon, quote->coupon_count + 1);
    struct souk_str code = coupon->codes.count
                               ? coupon->codes.at[0]
                               : arena_printf(mix->arena, "BATCH-%.*s", SOUK_PRI(coupon->batch));
    code = promo_code_normalize(mix->arena, code);
    if (facts->code_count)
        memcpy(codes, facts->codes, facts->code_count * sizeof *codes);
    if (quote->coupon_count)
        memcpy(typed, quote->coupons, quote->coupon_count * sizeof *typed);
    codes[facts->code_count++] = (struct promo_code){
        .code = code, .batch = coupon->batch, .uses = PROMO_NONE, .per_customer = PROMO_NONE};
    typed[quote->coupon_count++] = (struct quote_coupon){.code = code};
    facts->codes = codes;
    quote->coupons = typed;
}

/* ---- the moment ---- */

static int weekday_fits(const struct promo_condition *condition, int64_t at)
{
    static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    const char *today = names[clock_civil(at + zone_offset(at)).weekday];
    for (size_t i = 0; i < condition->texts.count; i++)
        if (souk_str_is(condition->texts.at[i], today))
            return 1;
    return 0;
}

static int hour_fits(const struct promo_condition *condition, int64_t at)
{
    struct clock_civil civil = clock_civil(at + zone_offset(at));
    int64_t minute = civil.hour * 60 + civil.minute;
    if (condition->from < condition->to)
        return minute >= condition->from && minute < condition->to;
    return minute >= condition->from || minute < condition->to;
}

static int moment_fits(const struct promo *const *promos, size_t count, int64_t at)
{
    for (size_t p = 0; p < count; p++)
        for (size_t i = 0; i < promos[p]->condition_count; i++) {
            const struct promo_condition *condition = &promos[p]->conditions[i];
            if ((condition->kind == PROMO_WEEKDAY_IN && !weekday_fits(condition, at)) ||
                (condition->kind == PROMO_HOURS && !hour_fits(condition, at)))
                return 0;
        }
    return 1;
}

/* Now, where that is within all windows; else their common beginning. */
static int find_moment(struct mix *mix, const struct promo *const *promos, size_t count,
                       int64_t now)
{
    int64_t from = now, to = INT64_MAX, latest = 0;
    for (size_t p = 0; p < count; p++) {
        if (promos[p]->from > latest)
            latest = promos[p]->from;
        if (promos[p]->to && promos[p]->to < to)
            to = promos[p]->to;
    }
    if (latest > from)
        from = latest;
    if (from >= to) /* over: as it was in its last days, or at its beginning */
        from = latest ? latest : to - CLOCK_DAY;
    if (from >= to)
        return 0;
    for (int i = 0; i < MOMENT_STEPS; i++) {
        int64_t at = i ? (from / MOMENT_STEP + i) * MOMENT_STEP : from;
        if (at >= to)
            return 0;
        if (moment_fits(promos, count, at)) {
            mix->cart->quote.at = at;
            mix->cart->facts.zone_offset = zone_offset(at);
            return 1;
        }
    }
    return 0;
}

/* ---- totals ---- */

static int64_t items_now(const struct mix *mix)
{
    int64_t sum = 0;
    for (size_t i = 0; i < mix->count; i++)
        sum += mix->lines[i].unit_price * mix->lines[i].quantity;
    return sum;
}

static int64_t units_now(const struct mix *mix)
{
    int64_t sum = 0;
    for (size_t i = 0; i < mix->count; i++)
        sum += mix->lines[i].quantity;
    return sum;
}

static void fill_up(struct mix *mix, int64_t quantity, int64_t unit_price)
{
    struct promo_filter none = {.price_from = PROMO_NONE, .price_to = PROMO_NONE};
    struct quote_line *line = quantity > 0 ? add_line(mix, quantity) : NULL;
    if (!line)
        return;
    name_line(mix, line, &none);
    line->unit_price = unit_price;
}

static void meet_quantities(struct mix *mix, enum boundary_edge edge)
{
    if (!mix->count)
        fill_up(mix, 1, mix->usual);
    if (mix->line_quantity > mix->lines[0].quantity)
        mix->lines[0].quantity = mix->line_quantity;
    int64_t missing = mix->quantity - units_now(mix);
    if (missing > 0)
        fill_up(mix, missing, mix->usual);
    for (size_t i = 0; edge == BOUNDARY_ABOVE && i < mix->count; i++)
        mix->lines[i].quantity = mix->lines[i].quantity * 3 > QUOTE_QUANTITY
                                     ? QUOTE_QUANTITY
                                     : mix->lines[i].quantity * 3;
}

static void meet_categories(struct mix *mix)
{
    for (size_t t = 0; t < mix->total_count; t++) {
        int64_t sum = 0;
        size_t at = mix->count;
        for (size_t i = 0; i < mix->count; i++)
            if (mix->lines[i].category_count &&
                souk_str_equal(mix->lines[i].categories[0], mix->totals[t].category)) {
                sum += mix->lines[i].unit_price * mix->lines[i].quantity;
                at = at == mix->count ? i : at;
            }
        int64_t missing = mix->totals[t].amount - sum;
        if (at == mix->count)
            continue;
        int64_t quantity = mix->lines[at].quantity;
        mix->lines[at].unit_price += missing >= 0 ? (missing + quantity - 1) / quantity : 0;
        mix->free_price[at] = 0;
    }
}

static void meet_bundle(struct mix *mix)
{
    struct quote_line *first = NULL;
    int64_t sum = 0;
    for (size_t i = 0; mix->bundle && i < mix->count; i++)
        if (promo_matches(&mix->bundle->filter, &mix->lines[i])) {
            sum += mix->lines[i].unit_price * mix->lines[i].quantity;
            mix->free_price[i] = 0;
            first = first ? first : &mix->lines[i];
        }
    if (first && sum <= mix->bundle->amount)
        first->unit_price += (mix->bundle->amount - sum) / first->quantity + mix->usual;
}

static void raise_totals(struct mix *mix)
{
    mix->items = mix->items > INT64_MAX / 4 ? mix->items : mix->items * 3;
    for (size_t i = 0; i < mix->total_count; i++)
        if (mix->totals[i].amount < INT64_MAX / 4)
            mix->totals[i].amount *= 3;
}

/* Free prices go down so that the wanted total is not passed, and goods that nobody names bring it
 * up to it. */
static void meet_total(struct mix *mix)
{
    int64_t fixed = 0, units = 0;
    if (!mix->items)
        return;
    for (size_t i = 0; i < mix->count; i++)
        if (mix->free_price[i])
            units += mix->lines[i].quantity;
        else
            fixed += mix->lines[i].quantity * mix->lines[i].unit_price;
    if (items_now(mix) > mix->items && units && mix->items - fixed >= units)
        for (size_t i = 0; i < mix->count; i++)
            if (mix->free_price[i])
                mix->lines[i].unit_price = (mix->items - fixed) / units;
    int64_t missing = mix->items - items_now(mix);
    for (size_t i = 0; i < mix->count && missing > 0; i++)
        if (mix->free_price[i] && mix->lines[i].quantity == 1) {
            mix->lines[i].unit_price += missing;
            missing = 0;
        }
    if (missing > 0)
        fill_up(mix, 1, missing);
}

/* One less of what the threshold is made of. */
static void step_below(struct mix *mix)
{
    if (!mix->count)
        return;
    for (size_t i = mix->count; mix->items && i-- > 0;)
        if (mix->lines[i].unit_price > 0) {
            mix->lines[i].unit_price--;
            return;
        }
    struct quote_line *line = &mix->lines[mix->count - 1];
    if (line->quantity > 1)
        line->quantity--;
    else if (mix->count > 1)
        mix->count--;
}

/* ---- the whole ---- */

static void begin(struct mix *mix, const char *currency)
{
    struct promo_facts *facts = &mix->cart->facts;
    int64_t digits = money_digits(currency);
    *mix->cart = (struct boundary_cart){.quote = {.include_tax = 1}};
    facts->explain = 1;
    facts->customer.bucket = 999999; /* in nobody's hold-out */
    mix->usual = 10;
    for (int64_t i = 0; i < digits; i++)
        mix->usual *= 10;
}

static void want_promo(struct mix *mix, const struct promo *promo)
{
    for (size_t i = 0; i < promo->condition_count; i++)
        want_condition(mix, &promo->conditions[i]);
    for (size_t i = 0; i < promo->action_count; i++)
        want_action(mix, &promo->actions[i]);
    if (promo->coupon)
        want_code(mix, promo->coupon);
    want_text(mix, &mix->cart->facts.channel, &promo->channels);
    if (promo->segments.count) {
        mix->cart->facts.customer.known = 1;
        mix->cart->facts.customer.segments = promo->segments;
    }
}

/* Who has orders or a group has a name; moments of the past are the moment itself. */
static void end_customer(struct mix *mix)
{
    struct promo_customer *customer = &mix->cart->facts.customer;
    int64_t at = mix->cart->quote.at;
    int64_t *since[] = {&customer->registered_at, &customer->first_order_at,
                        &customer->last_order_at, &customer->lead_at};
    for (size_t i = 0; i < 4; i++)
        *since[i] = *since[i] ? at : 0;
    if (mix->cart->quote.coupon_count)
        customer->known = 1;
    if (customer->known && !customer->id.len && !customer->guest)
        customer->id = souk_str("customer");
    if (customer->known && !customer->email.len)
        customer->email = souk_str("customer@example.org");
}

int boundary_cart_make(struct arena *arena, const struct promo *const *promos, size_t count,
                       const char *currency, int64_t now, enum boundary_edge edge,
                       struct boundary_cart *cart)
{
    struct mix *mix = arena_new(arena, struct mix);
    mix->arena = arena;
    mix->cart = cart;
    begin(mix, currency);
    if (!find_moment(mix, promos, count, now))
        return SOUK_CONFLICT;
    for (size_t i = 0; i < count; i++)
        want_promo(mix, promos[i]);
    if (!cart->quote.currency.len)
        cart->quote.currency = souk_str(currency);
    if (!cart->facts.channel.len)
        cart->facts.channel = souk_str("web");
    end_customer(mix);
    if (edge == BOUNDARY_ABOVE)
        raise_totals(mix);
    meet_quantities(mix, edge);
    meet_categories(mix);
    meet_bundle(mix);
    meet_total(mix);
    if (edge == BOUNDARY_BELOW)
        step_below(mix);
    for (size_t i = 0; i < mix->count; i++)
        mix->lines[i].original_price = mix->lines[i].unit_price;
    cart->quote.lines = mix->lines;
    cart->quote.count = mix->count;
    return mix->clash ? SOUK_CONFLICT : SOUK_OK;
}

static struct souk_str amount_words(struct arena *arena, int64_t amount, struct souk_str currency)
{
    return money_format(arena, amount, arena_cstr(arena, currency), "en");
}

struct souk_str boundary_cart_words(struct arena *arena, const struct boundary_cart *cart)
{
    const struct quote *quote = &cart->quote;
    struct buf out = {.arena = arena};
    int64_t sum = 0;
    for (size_t i = 0; i < quote->count; i++) {
        const struct quote_line *line = &quote->lines[i];
        sum += line->quantity * line->unit_price;
        buf_printf(&out, "%s%lld x %.*s",
                   !i                      ? ""
                   : i + 1 == quote->count ? " and "
                                           : ", ",
                   (long long)line->quantity, SOUK_PRI(line->sku));
    }
    buf_printf(&out, " (%.*s)", SOUK_PRI(amount_words(arena, sum, quote->currency)));
    for (size_t i = 0; i < quote->coupon_count; i++)
        buf_printf(&out, "%s%.*s", i ? ", " : " with the code ", SOUK_PRI(quote->coupons[i].code));
    return buf_str(&out);
}
