/*
 * promo_when.c: conditions of promotions. Each is tested on the running totals (or, where the rule
 * says so, on those after catalogue promotions); lines that promotions added do not count. A test
 * tells what was wanted and what was found, and for thresholds how much is missing.
 *
 * Nothing is asked here: what functions of scripts said comes with the run, times are those of the
 * quote, in the shop's zone.
 */
#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "shop/promo_apply.h"

/* Asked of every line and rule: the last bytes tell most texts apart. */
static int is_in(const struct promo_texts *texts, struct souk_str text)
{
    for (size_t i = 0; i < texts->count; i++) {
        struct souk_str one = texts->at[i];
        if (one.len != text.len || (text.len && one.ptr[text.len - 1] != text.ptr[text.len - 1]))
            continue;
        if (souk_str_equal(one, text))
            return 1;
    }
    return 0;
}

static int is_in_nocase(const struct promo_texts *texts, struct souk_str text)
{
    for (size_t i = 0; i < texts->count; i++)
        if (str_equal_nocase(texts->at[i], text))
            return 1;
    return 0;
}

/* ---- lines ---- */

static int has_category(const struct quote_line *line, const struct promo_texts *texts)
{
    for (size_t i = 0; i < line->category_count; i++)
        if (is_in(texts, line->categories[i]))
            return 1;
    return 0;
}

int promo_matches(const struct promo_filter *filter, const struct quote_line *line)
{
    if (filter->price_from != PROMO_NONE && line->unit_price < filter->price_from)
        return 0;
    if (filter->price_to != PROMO_NONE && line->unit_price > filter->price_to)
        return 0;
    return (!filter->skus.count || is_in(&filter->skus, line->sku)) &&
           (!filter->products.count || is_in(&filter->products, line->product)) &&
           (!filter->categories.count || has_category(line, &filter->categories));
}

static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* The lines that a condition speaks of. */
static int counts(const struct promo_condition *condition, const struct quote_line *line)
{
    switch (condition->kind) {
    case PROMO_CONTAINS_PRODUCT:
        return is_in(&condition->texts, line->sku) ||
               (line->product.len && is_in(&condition->texts, line->product));
    case PROMO_CONTAINS_CATEGORY: return has_category(line, &condition->texts);
    case PROMO_CATEGORY_TOTAL_AT_LEAST:
        for (size_t i = 0; i < line->category_count; i++)
            if (souk_str_equal(line->categories[i], condition->text))
                return 1;
        return 0;
    default: return 1;
    }
}

static int64_t sum_amounts(const struct promo_run *run, const struct promo_condition *condition)
{
    const int64_t *totals = condition->original ? run->before : run->left;
    int64_t sum = 0;
    for (size_t i = 0; i < run->count; i++)
        if (counts(condition, &run->quote->lines[i]))
            sum = add(sum, totals[i]);
    return sum;
}

static int64_t sum_units(const struct promo_run *run, const struct promo_condition *condition)
{
    int64_t sum = 0;
    for (size_t i = 0; i < run->count; i++)
        if (counts(condition, &run->quote->lines[i]))
            sum = add(sum, run->quote->lines[i].quantity);
    return sum;
}

static int64_t most_units(const struct promo_run *run)
{
    int64_t most = 0;
    for (size_t i = 0; i < run->count; i++)
        if (run->quote->lines[i].quantity > most)
            most = run->quote->lines[i].quantity;
    return most;
}

/* ---- kinds of tests ---- */

static void test_least(struct promo_held *held, int64_t wanted, int64_t actual, int threshold)
{
    held->wanted = wanted;
    held->actual = actual;
    held->held = actual >= wanted;
    held->missing = threshold && actual < wanted ? wanted - actual : 0;
}

struct souk_str promo_texts_join(struct arena *arena, const struct promo_texts *texts)
{
    size_t len = 0, at = 0;
    if (texts->count == 1)
        return texts->at[0];
    for (size_t i = 0; i < texts->count; i++)
        len += texts->at[i].len + 2;
    char *room = arena_alloc(arena, len + 1);
    for (size_t i = 0; i < texts->count; i++) {
        if (i) {
            memcpy(room + at, ", ", 2);
            at += 2;
        }
        memcpy(room + at, texts->at[i].ptr, texts->at[i].len);
        at += texts->at[i].len;
    }
    return str_make(room, at);
}

static void test_member(const struct promo_run *run, const struct promo_condition *condition,
                        struct promo_held *held, struct souk_str actual)
{
    held->wanted_text = promo_texts_join(run->arena, &condition->texts);
    held->actual_text = actual;
    held->held = actual.len > 0 && is_in(&condition->texts, actual);
}

static void test_methods(const struct promo_run *run, const struct promo_condition *condition,
                         struct promo_held *held)
{
    const struct quote *quote = run->quote;
    held->wanted_text = promo_texts_join(run->arena, &condition->texts);
    for (size_t i = 0; i < quote->delivery_count && !held->held; i++) {
        const struct quote_delivery *one = &quote->delivery[i];
        if (one->fee)
            continue;
        held->held = is_in(&condition->texts, one->method);
        if (held->held || !held->actual_text.len)
            held->actual_text = one->method;
    }
}

/* "10*": all that begin so; "1000-1999": as many signs, and between them; else the very same.
 * Blanks and case do not count: people write "sw1a 1aa". */
static size_t bare(struct souk_str text, char *to, size_t most)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < most; i++) {
        char c = text.ptr[i];
        if (c != ' ')
            to[len++] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    return len;
}

static int fits_postcode(struct souk_str pattern, struct souk_str postcode)
{
    char room[2][80];
    struct souk_str part = str_make(room[0], bare(pattern, room[0], sizeof room[0]));
    struct souk_str code = str_make(room[1], bare(postcode, room[1], sizeof room[1]));
    ptrdiff_t dash = str_find(part, '-');
    if (!code.len)
        return 0;
    if (souk_str_equal(part, code))
        return 1;
    if (part.len && part.ptr[part.len - 1] == '*')
        return code.len >= part.len - 1 && memcmp(code.ptr, part.ptr, part.len - 1) == 0;
    return dash > 0 && code.len == (size_t)dash &&
           str_compare(code, str_make(part.ptr, (size_t)dash)) >= 0 &&
           str_compare(code, str_from(part, (size_t)dash + 1)) <= 0;
}

static void test_postcode(const struct promo_run *run, const struct promo_condition *condition,
                          struct promo_held *held)
{
    held->wanted_text = promo_texts_join(run->arena, &condition->texts);
    held->actual_text = run->facts->postcode;
    for (size_t i = 0; i < condition->texts.count && !held->held; i++)
        held->held = fits_postcode(condition->texts.at[i], held->actual_text);
}

/* ---- time ---- */

const char *promo_weekday(const struct clock_civil *civil)
{
    static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    return days[civil->weekday];
}

struct clock_civil promo_civil(const struct quote *quote, const struct promo_facts *facts)
{
    return clock_civil(quote->at + facts->zone_offset);
}

static void test_hours(const struct promo_run *run, const struct promo_condition *condition,
                       struct promo_held *held)
{
    struct clock_civil civil = promo_civil(run->quote, run->facts);
    int64_t now = civil.hour * 60 + civil.minute;
    int64_t from = condition->from, to = condition->to;
    held->held = from < to ? now >= from && now < to : now >= from || now < to;
    held->wanted_text = arena_printf(run->arena, "%02d:%02d to %02d:%02d", (int)(from / 60),
                                     (int)(from % 60), (int)(to / 60), (int)(to % 60));
    held->actual_text = arena_printf(run->arena, "%02d:%02d", civil.hour, civil.minute);
}

static int64_t event_time(const struct promo_customer *customer, struct souk_str event)
{
    return souk_str_is(event, "registered")    ? customer->registered_at
           : souk_str_is(event, "first_order") ? customer->first_order_at
           : souk_str_is(event, "last_order")  ? customer->last_order_at
           : souk_str_is(event, "lead")        ? customer->lead_at
                                               : 0;
}

/* Numbers: seconds, at most and since then; -1: it never happened. */
static void test_since(const struct promo_run *run, const struct promo_condition *condition,
                       struct promo_held *held)
{
    int64_t at = event_time(&run->facts->customer, condition->text);
    held->wanted = condition->number;
    held->actual = at ? (run->quote->at - at) / CLOCK_SECOND : -1;
    held->held = at && at <= run->quote->at && held->actual <= condition->number;
}

/* ---- functions ---- */

/* promo_ask leaves them in order. */
static const struct script_call *find_call(const struct promo_run *run, int function)
{
    size_t from = 0, to = run->call_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (run->calls[middle].function == function)
            return &run->calls[middle];
        if (run->calls[middle].function < function)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

const struct script_call *promo_call(const struct promo_run *run, int function)
{
    const struct script_call *found = find_call(run, function);
    if (found)
        return found;
    for (size_t i = 0; i < run->call_count; i++)
        if (run->calls[i].function == function)
            return &run->calls[i];
    return NULL;
}

static void test_function(const struct promo_run *run, const struct promo_condition *condition,
                          struct promo_held *held)
{
    const struct script_call *call = promo_call(run, condition->function);
    held->wanted_text = souk_str("true");
    held->actual_text = souk_str("false");
    if (!call || call->outcome != SCRIPT_OK) {
        held->actual_text = souk_str(call ? script_outcome_name(call->outcome) : PROMO_NOT_ASKED);
        held->reason = call ? call->reason : souk_str(PROMO_NOT_ASKED_WHY);
        return;
    }
    const struct json_item *first = json_first(call->result);
    held->held = first && json_true(&first->value);
    if (held->held)
        held->actual_text = held->wanted_text;
    else if (first && first->next)
        held->reason = json_text(&first->next->value);
}

/* ---- all ---- */

static void test_customer(const struct promo_run *run, const struct promo_condition *condition,
                          struct promo_held *held)
{
    const struct promo_customer *customer = &run->facts->customer;
    int64_t standing = customer->orders_before - customer->orders_cancelled;
    switch (condition->kind) {
    case PROMO_CUSTOMER_GROUP_IN: test_member(run, condition, held, customer->group); break;
    case PROMO_CUSTOMER_ID_IN: test_member(run, condition, held, customer->id); break;
    case PROMO_NTH_ORDER:
        held->wanted = condition->number;
        held->actual = customer->known ? standing + 1 : 0;
        held->held = customer->known && held->actual == held->wanted;
        break;
    case PROMO_ORDERS_AT_LEAST: test_least(held, condition->number, standing, 0); break;
    case PROMO_SPENT_AT_LEAST: test_least(held, condition->number, customer->spent, 0); break;
    case PROMO_GUEST: /* whoever is not signed in is one */
        held->wanted = condition->number != 0;
        held->actual = !customer->known || customer->guest;
        held->held = held->wanted == held->actual;
        break;
    default: test_since(run, condition, held); break;
    }
}

static void test_place(const struct promo_run *run, const struct promo_condition *condition,
                       struct promo_held *held)
{
    struct clock_civil civil;
    switch (condition->kind) {
    case PROMO_DELIVERY_METHOD_IN: test_methods(run, condition, held); break;
    case PROMO_CURRENCY_IN:
        test_member(run, condition, held, run->quote->currency);
        held->held = is_in_nocase(&condition->texts, run->quote->currency);
        break;
    case PROMO_COUNTRY_IN:
        test_member(run, condition, held, run->facts->country);
        held->held =
            run->facts->country.len > 0 && is_in_nocase(&condition->texts, run->facts->country);
        break;
    case PROMO_POSTCODE_IN: test_postcode(run, condition, held); break;
    case PROMO_WEEKDAY_IN:
        civil = promo_civil(run->quote, run->facts);
        test_member(run, condition, held, souk_str(promo_weekday(&civil)));
        held->held = is_in_nocase(&condition->texts, held->actual_text);
        break;
    default: test_hours(run, condition, held); break;
    }
}

void promo_test(const struct promo_run *run, const struct promo_condition *condition,
                struct promo_held *held)
{
    int64_t number = condition->number;
    *held = (struct promo_held){0};
    switch (condition->kind) {
    case PROMO_ITEMS_TOTAL_AT_LEAST:
    case PROMO_CATEGORY_TOTAL_AT_LEAST:
        test_least(held, number, sum_amounts(run, condition), 1);
        break;
    case PROMO_CART_QUANTITY_AT_LEAST:
    case PROMO_CONTAINS_PRODUCT:
    case PROMO_CONTAINS_CATEGORY: test_least(held, number, sum_units(run, condition), 1); break;
    case PROMO_LINE_QUANTITY_AT_LEAST: test_least(held, number, most_units(run), 1); break;
    case PROMO_DELIVERY_METHOD_IN:
    case PROMO_CURRENCY_IN:
    case PROMO_COUNTRY_IN:
    case PROMO_POSTCODE_IN:
    case PROMO_WEEKDAY_IN:
    case PROMO_HOURS: test_place(run, condition, held); break;
    case PROMO_FUNCTION: test_function(run, condition, held); break;
    default: test_customer(run, condition, held); break;
    }
}

int promo_is_fixed(const struct promo_condition *condition)
{
    switch (condition->kind) {
    case PROMO_ITEMS_TOTAL_AT_LEAST:
    case PROMO_CATEGORY_TOTAL_AT_LEAST: return condition->original;
    default: return 1;
    }
}
