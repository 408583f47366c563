/*
 * promo_simulate.c: pages of frozen orders through two sets of rules. A page has its own snapshot
 * and its own memory, so a hundred thousand orders take no more of either than five hundred; what
 * stays is a counter for each limited rule and each customer of one.
 */
#include "app/promo_simulate.h"

#include <stdlib.h>
#include <string.h>
#include "app/promo_frozen.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "shop/market.h"

#define PAGE     500
#define BUDGET   (30 * CLOCK_SECOND) /* of a statement: nobody waits for a page */
#define EXAMPLES 5
#define FAILURES 10

struct counter { /* of a limit, or of a promotion's results */
    int64_t used, amount;
};

struct side {
    struct promo_live *live;
    struct map used;    /* struct counter: "promotion:x", "code:X", either with "|customer" */
    struct map results; /* struct counter, by promotion */
    int64_t discount, delivery_discount, total, margin;
};

struct example {
    char number[40];
    int64_t before, after;
};

struct failure {
    char id[72], message[300];
    int64_t orders;
};

struct run {
    const struct promo_simulation *terms;
    struct db *db;
    struct side before, after;
    struct map displaced; /* struct counter */
    int64_t orders, of, until, touched, dearer, at_zero, other_currency, not_priced;
    int64_t stored_discount, stored_delivery_discount, stored_total, lines, lines_known, failed;
    struct example examples[EXAMPLES]; /* the largest changes, largest first */
    struct failure failures[FAILURES];
    int stopped;
};

struct outcome {
    struct quote quote;
    int priced;
};

/* ---- counters ---- */

static struct counter *counter_of(struct map *map, struct souk_str name)
{
    struct counter *counter = map_get(map, name);
    if (!counter) {
        counter = mem_zalloc(sizeof *counter);
        map_put_copy(map, name, counter);
    }
    return counter;
}

static int64_t used_of(const struct map *map, struct souk_str name, int64_t *amount)
{
    const struct counter *counter = map_get(map, name);
    if (amount)
        *amount = counter ? counter->amount : 0;
    return counter ? counter->used : 0;
}

static void free_map(struct map *map)
{
    for (size_t i = 0; i < map->used; i++)
        free(map->entries[i].value);
    map_free(map);
}

static int is_limited(const struct promo *promo)
{
    return promo->uses != PROMO_NONE || promo->uses_per_customer != PROMO_NONE ||
           promo->budget != PROMO_NONE || promo->budget_uses != PROMO_NONE;
}

static struct souk_str subject(struct arena *arena, const char *kind, struct souk_str name,
                               struct souk_str customer)
{
    return arena_printf(arena, "%s:%.*s%s%.*s", kind, SOUK_PRI(name), customer.len ? "|" : "",
                        SOUK_PRI(customer));
}

/* What the replay has used so far of everything that is limited. */
static void fill_usage(struct arena *arena, const struct side *side,
                       const struct frozen_order *order, struct promo_facts *facts)
{
    const struct promo_set *set = side->live->set;
    size_t most = set->cart_count + set->catalogue_count;
    struct promo_usage *usage = NULL;
    for (size_t i = 0; i < most; i++) {
        const struct promo *promo =
            i < set->cart_count ? &set->cart[i] : &set->catalogue[i - set->cart_count];
        if (!is_limited(promo))
            continue;
        if (!usage)
            usage = arena_array(arena, struct promo_usage, most);
        struct promo_usage *row = &usage[facts->usage_count++];
        row->promotion = promo->id;
        row->used = used_of(&side->used, subject(arena, "promotion", promo->id, souk_str("")),
                            &row->used_amount);
        if (order->customer.len)
            row->used_by_customer =
                used_of(&side->used, subject(arena, "promotion", promo->id, order->customer), NULL);
    }
    facts->usage = usage;
}

static int names_code(const struct promo_set *set, struct souk_str code)
{
    for (size_t i = 0; i < set->cart_count; i++)
        for (size_t k = 0; set->cart[i].coupon && k < set->cart[i].coupon->codes.count; k++)
            if (souk_str_equal(set->cart[i].coupon->codes.at[k], code))
                return 1;
    return 0;
}

/* `known`: what the database has of the codes of this page. */
static void fill_codes(struct arena *arena, const struct side *side,
                       const struct frozen_order *order, const struct map *known,
                       struct promo_facts *facts)
{
    const struct quote *quote = &order->quote;
    struct promo_code *codes = arena_array(arena, struct promo_code, quote->coupon_count + 1);
    for (size_t i = 0; i < quote->coupon_count; i++) {
        struct souk_str code = quote->coupons[i].code;
        const struct promo_code *row = map_get(known, code);
        struct promo_code *to = &codes[facts->code_count];
        if (names_code(side->live->set, code))
            *to = (struct promo_code){.uses = PROMO_NONE, .per_customer = PROMO_NONE};
        else if (row)
            *to = *row;
        else
            continue;
        facts->code_count++;
        to->code = code;
        to->used = used_of(&side->used, subject(arena, "code", code, souk_str("")), NULL);
        if (order->customer.len)
            to->used_by_customer =
                used_of(&side->used, subject(arena, "code", code, order->customer), NULL);
    }
    facts->codes = codes;
}

static void use(struct arena *arena, struct side *side, const char *kind, struct souk_str name,
                struct souk_str customer, int64_t amount)
{
    struct counter *all = counter_of(&side->used, subject(arena, kind, name, souk_str("")));
    all->used++;
    all->amount += amount;
    if (customer.len)
        counter_of(&side->used, subject(arena, kind, name, customer))->used++;
}

/* ---- one order by one side ---- */

static void price(struct arena *arena, const struct side *side, const struct frozen_order *order,
                  const struct map *codes, struct outcome *out)
{
    struct promo_facts facts = order->facts;
    struct market market = market_at(NULL, order->placed_at);
    struct promo_said said = {0};
    struct err err = {0};
    market.asks = 1;
    frozen_copy(arena, &order->quote, &out->quote);
    fill_usage(arena, side, order, &facts);
    fill_codes(arena, side, order, codes, &facts);
    out->priced = promo_price(NULL, arena, side->live, &out->quote, &market, NULL, &facts, &said,
                              &err) == SOUK_OK &&
                  quote_compute(&out->quote, &err) == SOUK_OK;
}

static int64_t given_of(const struct json *entry)
{
    return json_int(json_at(entry, "amount"), 0) + json_int(json_at(entry, "delivery_amount"), 0);
}

static const struct json *find_applied(const struct quote *quote, struct souk_str id)
{
    json_each(item, quote->promotions)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "id")), id) &&
            json_true(json_at(&item->value, "applied")))
            return &item->value;
    }
    return NULL;
}

static void count_margin(struct side *side, const struct quote *quote)
{
    for (size_t i = 0; i < quote->count; i++) {
        const struct quote_line *line = &quote->lines[i];
        if (line->cost >= 0)
            side->margin +=
                line->total - (quote->include_tax ? line->tax : 0) - line->cost * line->quantity;
    }
}

/* What this order used up, and what its promotions gave. */
static void settle(struct arena *arena, struct side *side, const struct frozen_order *order,
                   const struct quote *quote)
{
    json_each(item, quote->promotions)
    {
        struct souk_str id = json_text(json_at(&item->value, "id"));
        const struct promo *promo = promo_find(side->live->set, id);
        if (!json_true(json_at(&item->value, "applied")))
            continue;
        struct counter *result = counter_of(&side->results, id);
        result->used++;
        result->amount += given_of(&item->value);
        if (promo && is_limited(promo))
            use(arena, side, "promotion", id, order->customer, given_of(&item->value));
    }
    for (size_t i = 0; i < quote->coupon_count; i++)
        if (quote->coupons[i].accepted)
            use(arena, side, "code", quote->coupons[i].code, order->customer, 0);
    side->discount += quote->discount;
    side->delivery_discount += quote->delivery_discount;
    side->total += quote->total;
    count_margin(side, quote);
}

/* ---- both sides compared ---- */

static int same_promotions(const struct quote *one, const struct quote *other)
{
    json_each(item, one->promotions)
    {
        if (json_true(json_at(&item->value, "applied")) &&
            !find_applied(other, json_text(json_at(&item->value, "id"))))
            return 0;
    }
    return 1;
}

static void note_displaced(struct run *run, const struct quote *before, const struct quote *after)
{
    json_each(item, before->promotions)
    {
        struct souk_str id = json_text(json_at(&item->value, "id"));
        if (!json_true(json_at(&item->value, "applied")) || find_applied(after, id))
            continue;
        struct counter *counter = counter_of(&run->displaced, id);
        counter->used++;
        counter->amount += given_of(&item->value);
    }
}

static void note_failures(struct run *run, const struct quote *after)
{
    json_each(item, after->promotions)
    {
        const struct json *script = json_at(&item->value, "script");
        struct souk_str message = json_text(json_at(script, "message"));
        struct souk_str id = json_text(json_at(&item->value, "id"));
        if (!script || script->kind != JSON_OBJECT)
            continue;
        run->failed++;
        for (int i = 0; i < FAILURES; i++) {
            struct failure *failure = &run->failures[i];
            if (failure->orders && !souk_str_is(id, failure->id))
                continue;
            if (!failure->orders++) {
                str_copy(failure->id, sizeof failure->id, id);
                str_copy(failure->message, sizeof failure->message, message);
            }
            break;
        }
    }
}

static int64_t change_of(const struct example *example)
{
    return llabs(example->after - example->before);
}

static void note_example(struct run *run, const struct frozen_order *order, int64_t before,
                         int64_t after)
{
    struct example fresh = {.before = before, .after = after};
    str_copy(fresh.number, sizeof fresh.number, order->number);
    for (int i = 0; i < EXAMPLES; i++)
        if (!run->examples[i].number[0] || change_of(&run->examples[i]) < change_of(&fresh)) {
            struct example moved = run->examples[i];
            run->examples[i] = fresh;
            fresh = moved;
        }
}

static int is_zero(const struct quote *quote)
{
    return quote->count > 0 && quote->items - quote->discount == 0;
}

static void compare(struct run *run, const struct frozen_order *order, const struct quote *before,
                    const struct quote *after)
{
    for (size_t i = 0; i < order->quote.count; i++) {
        run->lines++;
        run->lines_known += order->quote.lines[i].cost >= 0;
    }
    run->stored_discount += order->discount;
    run->stored_delivery_discount += order->delivery_discount;
    run->stored_total += order->total;
    run->at_zero += is_zero(after);
    run->dearer += after->total > before->total;
    note_failures(run, after);
    if (after->total == before->total && same_promotions(before, after) &&
        same_promotions(after, before))
        return;
    run->touched++;
    note_displaced(run, before, after);
    if (after->total != before->total)
        note_example(run, order, before->total, after->total);
}

static void replay(struct run *run, struct arena *arena, const struct frozen_order *order,
                   const struct map *codes)
{
    struct outcome before = {0}, after = {0};
    run->until = order->placed_at;
    if (!souk_str_is(order->quote.currency, market_shop()->currency)) {
        run->other_currency++;
        return;
    }
    price(arena, &run->before, order, codes, &before);
    price(arena, &run->after, order, codes, &after);
    if (!before.priced || !after.priced) {
        run->not_priced++;
        return;
    }
    settle(arena, &run->before, order, &before.quote);
    settle(arena, &run->after, order, &after.quote);
    compare(run, order, &before.quote, &after.quote);
}

/* ---- pages ---- */

static int is_cancelled(struct run *run)
{
    if (run->terms->cancelled && run->terms->cancelled(run->terms->user))
        run->stopped = 1;
    return run->stopped;
}

static void replay_page(struct run *run, const struct frozen_order *orders, size_t count,
                        const struct map *codes)
{
    struct arena turn = {0};
    for (size_t i = 0; i < count && !is_cancelled(run); i++) {
        replay(run, &turn, &orders[i], codes);
        arena_reset(&turn);
        run->orders++;
        if (run->terms->progress && run->orders % 50 == 0)
            run->terms->progress(run->terms->user, run->orders, run->of);
    }
    arena_free(&turn);
}

/* The snapshot ends before scripts are asked. */
static int next_page(struct run *run, struct frozen_reader *reader, struct arena *arena, int *over)
{
    struct frozen_order *orders = NULL;
    struct map codes = {0};
    size_t count = 0;
    reader->conn = db_read_begin(run->db, 0);
    db_read_patient(reader->conn, BUDGET);
    int code = frozen_reader_next(reader, arena, PAGE, &orders, &count, over);
    if (code == SOUK_OK)
        code = frozen_codes(reader->conn, arena, orders, count, &codes);
    db_read_end(reader->conn);
    if (code == SOUK_OK)
        replay_page(run, orders, count, &codes);
    map_free(&codes);
    return code;
}

static int replay_all(struct run *run)
{
    struct frozen_reader reader = {.until = run->terms->now,
                                   .history = run->before.live->set->wants_history ||
                                              run->after.live->set->wants_history};
    struct arena page = {0};
    int over = 0;
    reader.conn = db_read_begin(run->db, 0);
    db_read_patient(reader.conn, BUDGET);
    int code = frozen_reader_begin(&reader, run->terms->orders, run->terms->since, &run->of);
    db_read_end(reader.conn);
    while (code == SOUK_OK && !over && !is_cancelled(run)) {
        code = next_page(run, &reader, &page, &over);
        arena_reset(&page);
    }
    frozen_reader_end(&reader);
    arena_free(&page);
    if (run->terms->progress && code == SOUK_OK && !run->stopped && run->of)
        run->terms->progress(run->terms->user, run->of, run->of);
    return code;
}

/* ---- the report ---- */

static void add_pair(struct arena *arena, struct json *report, const char *name, int64_t before,
                     int64_t after, int64_t stored)
{
    struct json *pair = json_add(arena, report, name, JSON_OBJECT);
    json_add_int(arena, pair, "before", before);
    json_add_int(arena, pair, "after", after);
    json_add_int(arena, pair, "stored", stored);
}

static struct json *add_counter(struct arena *arena, struct json *list, struct souk_str id,
                                const struct counter *counter)
{
    struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_str(arena, item, "id", arena_str(arena, id));
    json_add_int(arena, item, "orders", counter ? counter->used : 0);
    json_add_int(arena, item, "amount", counter ? counter->amount : 0);
    return item;
}

static void add_before(struct arena *arena, struct json *item, const struct counter *before)
{
    json_add_int(arena, item, "orders_before", before ? before->used : 0);
    json_add_int(arena, item, "amount_before", before ? before->amount : 0);
}

static void add_promotions(struct arena *arena, struct json *report, const struct run *run)
{
    struct json *list = json_add(arena, report, "promotions", JSON_ARRAY);
    const struct map *after = &run->after.results, *before = &run->before.results;
    for (size_t i = 0; i < after->used; i++)
        add_before(arena, add_counter(arena, list, after->entries[i].key, after->entries[i].value),
                   map_get(before, after->entries[i].key));
    for (size_t i = 0; i < before->used; i++)
        if (!map_get(after, before->entries[i].key))
            add_before(arena, add_counter(arena, list, before->entries[i].key, NULL),
                       before->entries[i].value);
    list = json_add(arena, report, "displaced", JSON_ARRAY);
    for (size_t i = 0; i < run->displaced.used; i++)
        add_counter(arena, list, run->displaced.entries[i].key, run->displaced.entries[i].value);
}

static void add_lists(struct arena *arena, struct json *report, const struct run *run)
{
    struct json *list = json_add(arena, report, "failures", JSON_ARRAY);
    for (int i = 0; i < FAILURES && run->failures[i].orders; i++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "id", arena_str(arena, souk_str(run->failures[i].id)));
        json_add_int(arena, item, "orders", run->failures[i].orders);
        json_add_str(arena, item, "message", arena_str(arena, souk_str(run->failures[i].message)));
    }
    list = json_add(arena, report, "examples", JSON_ARRAY);
    for (int i = 0; i < EXAMPLES && run->examples[i].number[0]; i++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "order", arena_str(arena, souk_str(run->examples[i].number)));
        json_add_int(arena, item, "before", run->examples[i].before);
        json_add_int(arena, item, "after", run->examples[i].after);
    }
}

static struct json *make_report(struct arena *arena, const struct run *run, int64_t micros)
{
    struct json *report = json_new(arena, JSON_OBJECT);
    const struct side *before = &run->before, *after = &run->after;
    json_add_bool(arena, report, "complete", !run->stopped);
    json_add_int(arena, report, "orders", run->orders);
    json_add_int(arena, report, "of", run->of);
    if (run->until)
        json_add_time(arena, report, "until", run->until);
    else
        json_add_null(arena, report, "until");
    json_add_cstr(arena, report, "currency", market_shop()->currency);
    json_add_int(arena, report, "touched", run->touched);
    json_add_int(arena, report, "dearer", run->dearer);
    json_add_int(arena, report, "at_zero", run->at_zero);
    json_add_int(arena, report, "other_currency", run->other_currency);
    json_add_int(arena, report, "not_priced", run->not_priced);
    add_pair(arena, report, "discount", before->discount, after->discount, run->stored_discount);
    add_pair(arena, report, "delivery_discount", before->delivery_discount,
             after->delivery_discount, run->stored_delivery_discount);
    add_pair(arena, report, "total", before->total, after->total, run->stored_total);
    struct json *margin = json_add(arena, report, "margin", JSON_OBJECT);
    json_add_int(arena, margin, "before", before->margin);
    json_add_int(arena, margin, "after", after->margin);
    json_add_int(arena, margin, "lines", run->lines);
    json_add_int(arena, margin, "lines_known", run->lines_known);
    add_promotions(arena, report, run);
    json_add_int(arena, report, "script_failures", run->failed);
    add_lists(arena, report, run);
    json_add_int(arena, report, "seconds", micros / CLOCK_SECOND);
    return report;
}

int promo_simulate(struct db *db, struct arena *arena, const struct promo_simulation *terms,
                   struct json **report, struct err *err)
{
    struct run *run = mem_zalloc(sizeof *run);
    int64_t began = clock_mono();
    run->terms = terms;
    run->db = db;
    run->before.live = terms->before;
    run->after.live = terms->after;
    int code = replay_all(run);
    *report = code == SOUK_OK ? make_report(arena, run, clock_mono() - began) : NULL;
    free_map(&run->before.used);
    free_map(&run->before.results);
    free_map(&run->after.used);
    free_map(&run->after.results);
    free_map(&run->displaced);
    free(run);
    return code == SOUK_OK ? SOUK_OK : err_set(err, code, "the orders cannot be read");
}
