/*
 * promo_test.c: prices the cart of each test and compares what the test names.
 */
#include "app/promo_test.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"
#include "shop/promo_engine.h"
#include "shop/quote.h"

struct compare {
    struct arena *arena;
    const struct json *quote;
    struct json *mismatches;
};

/* ---- mismatches ---- */

static void differ(struct compare *compare, struct souk_str at, const struct json *wanted,
                   const struct json *got)
{
    struct json *one = json_add(compare->arena, compare->mismatches, NULL, JSON_OBJECT);
    json_add_str(compare->arena, one, "at", at);
    json_add_tree(compare->arena, one, "wanted", wanted);
    if (got)
        json_add_tree(compare->arena, one, "got", got);
    else
        json_add_null(compare->arena, one, "got");
}

static void differ_words(struct compare *compare, struct souk_str at, const char *wanted,
                         const char *got)
{
    struct json *one = json_add(compare->arena, compare->mismatches, NULL, JSON_OBJECT);
    json_add_str(compare->arena, one, "at", at);
    json_add_cstr(compare->arena, one, "wanted", wanted);
    json_add_cstr(compare->arena, one, "got", got);
}

static int same(const struct json *one, const struct json *other)
{
    struct arena arena = {0};
    struct buf a = {.arena = &arena}, b = {.arena = &arena};
    json_print(&a, one);
    json_print(&b, other);
    int equal = souk_str_equal(buf_str(&a), buf_str(&b));
    arena_free(&arena);
    return equal;
}

/* What is wanted, as far as it goes: members of an object that are not named may be anything. */
static void compare_value(struct compare *compare, struct souk_str at, const struct json *wanted,
                          const struct json *got)
{
    if (wanted->kind != JSON_OBJECT || (got && got->kind != JSON_OBJECT)) {
        if (!got || !same(wanted, got))
            differ(compare, at, wanted, got);
        return;
    }
    json_each(item, wanted)
    {
        compare_value(compare,
                      arena_printf(compare->arena, "%.*s.%.*s", SOUK_PRI(at), SOUK_PRI(item->key)),
                      &item->value, json_get(got, item->key));
    }
}

/* ---- parts of a quote ---- */

static struct souk_str place(struct compare *compare, const char *part, struct souk_str name)
{
    return arena_printf(compare->arena, "%s.%.*s", part, SOUK_PRI(name));
}

static const struct json *find_by(const struct json *list, const char *key, struct souk_str name)
{
    json_each(item, list)
    {
        if (souk_str_equal(json_text(json_at(&item->value, key)), name))
            return &item->value;
    }
    return NULL;
}

/* All lines of a sku together: a gift and a bought one may have the same. */
static struct json *sum_lines(struct compare *compare, struct souk_str sku)
{
    static const char *const sums[] = {"quantity", "subtotal", "discount", "total", "tax", NULL};
    struct json *sum = NULL;
    json_each(item, json_at(compare->quote, "lines"))
    {
        const struct json *line = &item->value;
        if (!souk_str_equal(json_text(json_at(line, "sku")), sku))
            continue;
        if (!sum) {
            sum = json_copy(compare->arena, line);
            continue;
        }
        for (int i = 0; sums[i]; i++)
            json_add_int(compare->arena, sum, sums[i],
                         json_int(json_at(sum, sums[i]), 0) + json_int(json_at(line, sums[i]), 0));
    }
    return sum;
}

static void compare_lines(struct compare *compare, const struct json *wanted)
{
    json_each(item, wanted)
    {
        struct json *line = sum_lines(compare, item->key);
        struct souk_str at = place(compare, "lines", item->key);
        if (!line)
            differ_words(compare, at, "a line", "there is none");
        else
            compare_value(compare, at, &item->value,
                          item->value.kind == JSON_INT ? json_at(line, "total") : line);
    }
}

/* Those that applied, the first first. */
static struct json *list_applied(struct compare *compare)
{
    struct json *list = json_new(compare->arena, JSON_ARRAY);
    const struct json *all = json_at(compare->quote, "promotions");
    int64_t most = all ? all->count : 0;
    for (int64_t order = 1; order <= most; order++)
        json_each(item, all)
        {
            if (json_true(json_at(&item->value, "applied")) &&
                json_int(json_at(&item->value, "order"), 0) == order)
                json_add_str(compare->arena, list, NULL, json_text(json_at(&item->value, "id")));
        }
    return list;
}

static void compare_promotions(struct compare *compare, const struct json *wanted)
{
    json_each(item, wanted)
    {
        const struct json *entry = find_by(json_at(compare->quote, "promotions"), "id", item->key);
        struct souk_str at = place(compare, "promotions", item->key);
        if (!entry)
            differ_words(compare, at, "a promotion", "there is none of that id");
        else if (item->value.kind == JSON_BOOL)
            compare_value(compare, at, &item->value, json_at(entry, "applied"));
        else if (item->value.kind == JSON_INT)
            compare_value(compare, at, &item->value, json_at(entry, "amount"));
        else
            compare_value(compare, at, &item->value, entry);
    }
}

/* The quote has it as it was typed. */
static const struct json *find_coupon(struct compare *compare, struct souk_str code)
{
    struct souk_str wanted = promo_code_normalize(compare->arena, code);
    json_each(item, json_at(compare->quote, "coupons"))
    {
        struct souk_str typed = json_text(json_at(&item->value, "code"));
        if (souk_str_equal(promo_code_normalize(compare->arena, typed), wanted))
            return &item->value;
    }
    return NULL;
}

static void compare_coupons(struct compare *compare, const struct json *wanted)
{
    json_each(item, wanted)
    {
        const struct json *coupon = find_coupon(compare, item->key);
        struct souk_str at = place(compare, "coupons", item->key);
        if (!coupon)
            differ_words(compare, at, "a code", "the cart has none of these letters");
        else if (item->value.kind == JSON_BOOL)
            compare_value(compare, at, &item->value, json_at(coupon, "accepted"));
        else if (item->value.kind == JSON_STRING &&
                 souk_str_equal(item->value.text, json_text(json_at(coupon, "reason_code"))))
            continue;
        else
            compare_value(compare, at, &item->value,
                          item->value.kind == JSON_STRING ? json_at(coupon, "reason") : coupon);
    }
}

static void compare_gifts(struct compare *compare, const struct json *wanted)
{
    struct json *gifts = json_new(compare->arena, JSON_ARRAY);
    json_each(item, json_at(compare->quote, "lines"))
    {
        if (json_true(json_at(&item->value, "gift")))
            json_add_str(compare->arena, gifts, NULL, json_text(json_at(&item->value, "sku")));
    }
    compare_value(compare, souk_str("gifts"), wanted, gifts);
}

static void compare_nudges(struct compare *compare, const struct json *wanted)
{
    json_each(item, wanted)
    {
        const struct json *nudge =
            find_by(json_at(compare->quote, "nudges"), "promotion", item->key);
        struct souk_str at = place(compare, "nudges", item->key);
        struct json *there = json_new(compare->arena, JSON_BOOL);
        there->number = nudge != NULL;
        if (item->value.kind == JSON_BOOL)
            compare_value(compare, at, &item->value, there);
        else if (!nudge)
            differ_words(compare, at, "a nudge", "there is none");
        else
            compare_value(compare, at, &item->value,
                          item->value.kind == JSON_INT ? json_at(nudge, "missing_amount") : nudge);
    }
}

/* ---- a test ---- */

static void compare_totals(struct compare *compare, const struct json *wanted)
{
    compare_value(compare, souk_str("totals"), wanted, json_at(compare->quote, "totals"));
}

static void compare_applied(struct compare *compare, const struct json *wanted)
{
    compare_value(compare, souk_str("applied"), wanted, list_applied(compare));
}

static const struct {
    const char *name;
    void (*run)(struct compare *compare, const struct json *wanted);
} parts[] = {{"totals", compare_totals},   {"lines", compare_lines},
             {"applied", compare_applied}, {"promotions", compare_promotions},
             {"coupons", compare_coupons}, {"gifts", compare_gifts},
             {"nudges", compare_nudges}};
#define PARTS (sizeof parts / sizeof *parts)

static const char *const totals[] = {"items", "discount", "delivery",     "delivery_discount",
                                     "tax",   "total",    "tax_included", NULL};

static void unknown(struct compare *compare, struct souk_str name)
{
    const char *names[PARTS + sizeof totals / sizeof *totals + 1] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < PARTS; i++)
        names[count++] = parts[i].name;
    for (size_t i = 0; totals[i]; i++)
        names[count++] = totals[i];
    const char *near = str_nearest(name, names);
    differ_words(compare, name, "a name that expect knows",
                 near ? arena_printf(compare->arena, "did you mean \"%s\"?", near).ptr
                      : "see souk promo test --help");
}

static void compare_part(struct compare *compare, const struct json_item *item)
{
    for (size_t i = 0; i < PARTS; i++)
        if (souk_str_is(item->key, parts[i].name)) {
            parts[i].run(compare, &item->value);
            return;
        }
    for (size_t i = 0; totals[i]; i++)
        if (souk_str_is(item->key, totals[i])) {
            compare_value(compare, item->key, &item->value,
                          json_get(json_at(compare->quote, "totals"), item->key));
            return;
        }
    unknown(compare, item->key);
}

/* A time without a zone is what the shop's clock shows, so that a test of a weekday holds in every
 * zone. */
static void put_time(struct arena *arena, struct json *doc, const struct json *at)
{
    int64_t moment;
    struct souk_str text = json_text(at);
    struct souk_str local = arena_printf(
        arena, text.len == sizeof "2026-11-27" - 1 ? "%.*sT00:00:00Z" : "%.*sZ", SOUK_PRI(text));
    if (clock_parse(local, &moment) == SOUK_OK)
        json_add_time(arena, doc, "at", zone_utc(moment));
    else
        json_add_tree(arena, doc, "at", at);
}

/* An empty table of Lua is a list and an object; the file of a cart has both. */
static struct json *cart_of(struct arena *arena, const struct json *value)
{
    const struct json *cart = json_at(value, "cart"), *at = json_at(value, "at");
    struct json *doc = json_new(arena, JSON_OBJECT);
    json_each(item, cart)
    {
        if (cart->kind == JSON_OBJECT)
            *json_add_key(arena, doc, item->key, JSON_NULL) = item->value;
    }
    if (at)
        put_time(arena, doc, at);
    return doc;
}

static int is_named(const struct json *only, struct souk_str id)
{
    json_each(item, only) if (souk_str_equal(json_text(&item->value), id)) return 1;
    return 0;
}

static struct promo *keep_named(struct arena *arena, const struct promo *all, size_t *count,
                                const struct json *only)
{
    struct promo *kept = arena_array(arena, struct promo, *count + 1);
    size_t most = *count;
    *count = 0;
    for (size_t i = 0; i < most; i++)
        if (is_named(only, all[i].id)) {
            kept[*count] = all[i];
            kept[(*count)++].enabled = 1;
        }
    return kept;
}

/* Of the rules only these, and they are on: the rest of the folder does not matter to the test. */
static int narrow(struct arena *arena, const struct promo_set *all, const struct json *only,
                  struct promo_live *rules, struct err *err)
{
    struct promo_set *set = arena_new(arena, struct promo_set);
    *set = *all;
    set->cart = keep_named(arena, all->cart, &set->cart_count, only);
    set->catalogue = keep_named(arena, all->catalogue, &set->catalogue_count, only);
    set->offer_count = 0;
    set->index = promo_index_new(arena, set);
    rules->set = set;
    if (only->kind != JSON_ARRAY || !only->count)
        return err_set(err, SOUK_INVALID, "only must be a list of ids, like only = { \"sale\" }");
    json_each(item, only)
    {
        struct souk_str id = json_text(&item->value);
        if (!promo_find(all, id))
            return err_set(err, SOUK_INVALID, "only: there is no promotion \"%.*s\"", SOUK_PRI(id));
    }
    return SOUK_OK;
}

static int price(struct db_conn *conn, struct arena *arena, struct promo_live *rules,
                 const struct json *test, int64_t now, struct json **quote, struct err *err)
{
    static const char *const names[] = {"name", "only", "cart", "at", "expect", NULL};
    struct promo_live few = {.scripts = rules->scripts};
    const struct json *only = json_at(test, "only");
    json_each(item, test)
    {
        int known = 0;
        for (int i = 0; names[i] && !known; i++)
            known = souk_str_is(item->key, names[i]);
        if (!known)
            return err_set(err, SOUK_INVALID,
                           "a test has no \"%.*s\"; it has name, only, cart, "
                           "at and expect",
                           SOUK_PRI(item->key));
    }
    if (only && narrow(arena, rules->set, only, &few, err) != SOUK_OK)
        return SOUK_INVALID;
    return quote_run(conn, arena, cart_of(arena, test), now, only ? &few : rules, quote, err);
}

static int run_one(struct db_conn *conn, struct arena *arena, struct promo_live *rules,
                   const struct json *declared, int64_t now, struct json *result)
{
    const struct json *value = json_at(declared, "value"), *expect = json_at(value, "expect");
    struct compare compare = {.arena = arena};
    struct json *quote = NULL;
    struct err err = {0};
    json_add_str(arena, result, "name", json_text(json_at(value, "name")));
    json_add_str(arena, result, "file", json_text(json_at(declared, "file")));
    json_add_int(arena, result, "line", json_int(json_at(declared, "line"), 0));
    struct json *ok = json_add(arena, result, "ok", JSON_BOOL);
    compare.mismatches = json_add(arena, result, "mismatches", JSON_ARRAY);
    int code = price(conn, arena, rules, value, now, &quote, &err);
    compare.quote = quote;
    if (code == SOUK_OK && (!expect || expect->kind != JSON_OBJECT || !expect->count))
        code = err_set(&err, SOUK_INVALID,
                       "expect must name something, like expect = { total = 1500 }");
    if (code != SOUK_OK) {
        json_add_str(arena, result, "problem", arena_str(arena, souk_str(err.text)));
        return 0;
    }
    json_add_null(arena, result, "problem");
    json_each(item, expect) compare_part(&compare, item);
    ok->number = compare.mismatches->count == 0;
    return (int)ok->number;
}

int promo_test_run(struct db_conn *conn, struct arena *arena, const struct script_source *sources,
                   size_t count, int64_t now, struct json **report, struct err *err)
{
    struct promo_live *rules = NULL;
    struct json *errors = json_new(arena, JSON_ARRAY), *tests;
    int64_t passed = 0, failed = 0;
    int code = promotion_draft(arena, sources, count, &rules, errors, err);
    if (code != SOUK_OK && !errors->count)
        return code;
    *report = json_new(arena, JSON_OBJECT);
    tests = json_new(arena, JSON_ARRAY);
    json_each(item, rules ? rules->set->tests : NULL)
    {
        struct json *result = json_add(arena, tests, NULL, JSON_OBJECT);
        int good = run_one(conn, arena, rules, &item->value, now, result);
        passed += good;
        failed += !good;
    }
    if (!rules)
        failed = errors->count; /* none of them could be run */
    json_add_bool(arena, *report, "ok", !failed);
    json_add_int(arena, *report, "passed", passed);
    json_add_int(arena, *report, "failed", failed);
    json_add_tree(arena, *report, "errors", errors);
    json_add_tree(arena, *report, "tests", json_copy(arena, tests));
    if (rules)
        promo_live_unpin(rules);
    return SOUK_OK;
}
