/*
 * promo_ask.c: what functions of scripts are asked, and what they are told. A promotion's functions
 * are asked when everything else of it holds on the cart at catalogue prices: running totals only
 * become less, so what does not hold there never will.
 */
#include "shop/promo_apply.h"

#include <stdlib.h>

/* ---- the cart as functions see it ---- */

static int changes_prices(const struct promo_set *set, const struct promo_facts *facts)
{
    for (size_t i = 0; i < set->catalogue_count; i++)
        if (!facts->priced || !promo_is_shelved(&set->catalogue[i]))
            return 1;
    return 0;
}

/* A copy that catalogue promotions have gone over; those with functions stand back, because
 * functions see the prices that the others make. NULL: amounts overflow. */
static struct quote *copy_priced(struct arena *arena, const struct promo_set *set,
                                 const struct quote *quote, const struct promo_facts *facts,
                                 struct promo_walk *walk)
{
    struct quote *copy = arena_new(arena, struct quote);
    *copy = *quote;
    copy->lines = arena_array(arena, struct quote_line, quote->count + 1);
    if (quote->count)
        memcpy(copy->lines, quote->lines, sizeof *copy->lines * quote->count);
    copy->coupons = arena_array(arena, struct quote_coupon, quote->coupon_count + 1);
    if (quote->coupon_count)
        memcpy(copy->coupons, quote->coupons, sizeof *copy->coupons * quote->coupon_count);
    if (promo_walk_begin(walk, arena, set, copy, facts, NULL) != SOUK_OK)
        return NULL;
    walk->quiet = 1;
    return promo_catalogue_run(walk, NULL) == SOUK_OK ? copy : NULL;
}

const struct quote *promo_view(struct arena *arena, const struct promo_set *set,
                               const struct quote *quote, const struct promo_facts *facts)
{
    struct promo_walk walk;
    if (!changes_prices(set, facts))
        return quote;
    const struct quote *view = copy_priced(arena, set, quote, facts, &walk);
    return view ? view : quote;
}

/* ---- whom to ask ---- */

struct asked { /* promotions that have functions; then those whose functions are asked */
    const struct promo **at;
    size_t count, functions, offers; /* offers: how many of the last are offers */
};

static size_t count_functions(const struct promo *promo)
{
    size_t count = 0;
    for (size_t i = 0; i < promo->condition_count; i++)
        count += promo->conditions[i].kind == PROMO_FUNCTION;
    for (size_t i = 0; i < promo->action_count; i++)
        count += promo->actions[i].kind == PROMO_COMPUTED;
    return count;
}

static void look_at(const struct promo *promo, struct asked *asked)
{
    size_t functions = count_functions(promo);
    if (!functions)
        return;
    asked->at[asked->count++] = promo;
    asked->functions += functions;
}

/* Most sets have no function at all, and then nothing is copied and nothing judged. */
static struct asked look_at_all(struct arena *arena, const struct promo_set *set,
                                const struct quote *quote, const struct promo_facts *facts)
{
    const uint64_t *bits = promo_candidates(arena, set, quote, facts);
    size_t most = set->cart_count + set->catalogue_count + facts->offer_count;
    struct asked asked = {.at = arena_alloc(arena, sizeof *asked.at * (most + 1))};
    for (size_t i = 0; i < set->catalogue_count; i++)
        look_at(&set->catalogue[i], &asked);
    for (size_t i = promo_next(set, bits, 0); i < set->cart_count; i = promo_next(set, bits, i + 1))
        look_at(&set->cart[i], &asked);
    size_t others = asked.count;
    for (size_t i = 0; i < facts->offer_count; i++)
        if (facts->offers[i].condition_count)
            look_at(promo_of_offer(arena, &facts->offers[i]), &asked);
    asked.offers = asked.count - others;
    return asked;
}

static int by_function(const void *a, const void *b)
{
    const struct script_call *x = a, *y = b;
    return (x->function > y->function) - (x->function < y->function);
}

/* In order, each once. */
static size_t sort_calls(struct script_call *calls, size_t count)
{
    size_t kept = 0;
    qsort(calls, count, sizeof *calls, by_function);
    for (size_t i = 0; i < count; i++)
        if (!kept || calls[kept - 1].function != calls[i].function)
            calls[kept++].function = calls[i].function;
    return kept;
}

static void add_calls(struct promo_walk *walk, const struct promo *promo, struct script_call *calls,
                      size_t *count)
{
    struct promo_turn turn;
    promo_turn_begin(walk, promo, "cart", &turn);
    promo_judge(walk, &turn);
    if (!turn.eligible)
        return;
    for (size_t i = 0; i < promo->condition_count; i++)
        if (promo->conditions[i].kind == PROMO_FUNCTION)
            calls[(*count)++].function = promo->conditions[i].function;
    for (size_t i = 0; i < promo->action_count; i++)
        if (promo->actions[i].kind == PROMO_COMPUTED)
            calls[(*count)++].function = promo->actions[i].function;
}

void promo_ask(struct arena *arena, const struct promo_set *set, const struct quote *quote,
               const struct promo_facts *facts, struct script_call **calls, size_t *count)
{
    struct promo_walk walk, bare = {0};
    struct asked asked = look_at_all(arena, set, quote, facts);
    *calls = NULL;
    *count = 0;
    /* where amounts overflow, promo_apply says so */
    if (!asked.count || !copy_priced(arena, set, quote, facts, &walk))
        return;
    walk.asking = 1;
    if (asked.offers)
        bare = promo_offers_walk(&walk);
    *calls = arena_array(arena, struct script_call, asked.functions);
    for (size_t i = 0; i < asked.count; i++)
        add_calls(i < asked.count - asked.offers ? &walk : &bare, asked.at[i], *calls, count);
    *count = sort_calls(*calls, *count);
}

/* ---- what they are told ---- */

static void add_texts(struct arena *arena, struct json *object, const char *key,
                      const struct souk_str *texts, size_t count)
{
    struct json *list = json_add(arena, object, key, JSON_ARRAY);
    for (size_t i = 0; i < count; i++)
        json_add_str(arena, list, NULL, texts[i]);
}

static int64_t total_of(const struct quote_line *line)
{
    int64_t total;
    return __builtin_mul_overflow(line->unit_price, line->quantity, &total) ? INT64_MAX : total;
}

static void add_line(struct arena *arena, struct json *lines, const struct quote_line *line,
                     size_t at)
{
    struct json *item = json_add(arena, lines, NULL, JSON_OBJECT);
    json_add_str(arena, item, "id",
                 arena_printf(arena, "%lld", line->id ? (long long)line->id : (long long)at + 1));
    json_add_str(arena, item, "sku", line->sku);
    json_add_str(arena, item, "product", line->product);
    json_add_str(arena, item, "name", line->name);
    add_texts(arena, item, "categories", line->categories, line->category_count);
    json_add_int(arena, item, "quantity", line->quantity);
    json_add_int(arena, item, "unit_price", line->unit_price);
    json_add_int(arena, item, "original_price", line->original_price);
    json_add_int(arena, item, "total", total_of(line));
    if (line->cost >= 0)
        json_add_int(arena, item, "cost", line->cost);
    if (line->weight_g >= 0)
        json_add_int(arena, item, "weight", line->weight_g);
}

static void add_lines(struct arena *arena, struct json *cart, const struct quote *quote)
{
    int64_t total = 0, quantity = 0;
    for (size_t i = 0; i < quote->count; i++) {
        if (__builtin_add_overflow(total, total_of(&quote->lines[i]), &total))
            total = INT64_MAX;
        quantity += quote->lines[i].quantity;
    }
    json_add_int(arena, cart, "items_total", total);
    json_add_int(arena, cart, "quantity", quantity);
    struct json *lines = json_add(arena, cart, "lines", JSON_ARRAY);
    for (size_t i = 0; i < quote->count; i++)
        add_line(arena, lines, &quote->lines[i], i);
}

static void add_delivery(struct arena *arena, struct json *cart, const struct quote *quote)
{
    struct json *list = json_add(arena, cart, "delivery", JSON_ARRAY);
    for (size_t i = 0; i < quote->delivery_count; i++) {
        if (quote->delivery[i].fee)
            continue;
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "method", quote->delivery[i].method);
        json_add_int(arena, item, "amount", quote->delivery[i].amount);
    }
}

static void add_customer(struct arena *arena, struct json *cart,
                         const struct promo_customer *customer)
{
    if (!customer->known)
        return;
    struct json *item = json_add(arena, cart, "customer", JSON_OBJECT);
    json_add_str(arena, item, "id", customer->id);
    json_add_str(arena, item, "group", customer->group);
    json_add_bool(arena, item, "guest", customer->guest);
    add_texts(arena, item, "segments", customer->segments.at, customer->segments.count);
    json_add_int(arena, item, "orders", customer->orders_before - customer->orders_cancelled);
    json_add_int(arena, item, "orders_cancelled", customer->orders_cancelled);
    json_add_int(arena, item, "spent", customer->spent);
}

static void add_now(struct arena *arena, struct json *cart, const struct quote *quote,
                    const struct promo_facts *facts)
{
    struct clock_civil civil = promo_civil(quote, facts);
    struct json *now = json_add(arena, cart, "now", JSON_OBJECT);
    json_add_int(arena, now, "unix", quote->at / CLOCK_SECOND);
    json_add_int(arena, now, "year", civil.year);
    json_add_int(arena, now, "month", civil.month);
    json_add_int(arena, now, "day", civil.day);
    json_add_int(arena, now, "hour", civil.hour);
    json_add_int(arena, now, "minute", civil.minute);
    json_add_cstr(arena, now, "weekday", promo_weekday(&civil));
}

struct json *promo_input(struct arena *arena, const struct quote *quote,
                         const struct promo_facts *facts)
{
    struct json *cart = json_new(arena, JSON_OBJECT);
    json_add_str(arena, cart, "currency", quote->currency);
    json_add_str(arena, cart, "channel", facts->channel);
    json_add_str(arena, cart, "locale", facts->locale);
    json_add_str(arena, cart, "country", facts->country);
    json_add_str(arena, cart, "postcode", facts->postcode);
    add_lines(arena, cart, quote);
    add_delivery(arena, cart, quote);
    struct json *coupons = json_add(arena, cart, "coupons", JSON_ARRAY);
    for (size_t i = 0; i < quote->coupon_count; i++)
        json_add_str(arena, coupons, NULL, promo_code_normalize(arena, quote->coupons[i].code));
    add_customer(arena, cart, &facts->customer);
    add_now(arena, cart, quote, facts);
    return cart;
}

int promo_asks(const struct promo *promo, int function)
{
    for (size_t i = 0; i < promo->condition_count; i++)
        if (promo->conditions[i].kind == PROMO_FUNCTION &&
            promo->conditions[i].function == function)
            return 1;
    for (size_t i = 0; i < promo->action_count; i++)
        if (promo->actions[i].kind == PROMO_COMPUTED && promo->actions[i].function == function)
            return 1;
    return 0;
}
