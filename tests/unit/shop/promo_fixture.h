/*
 * promo_fixture: carts priced by rules, both written as JSON with single quotes: rules as a list of
 * {'promotion': {…}} and {'group': {…}}, carts as files of `souk quote`. What functions answer is
 * given by number.
 */
#ifndef SHOP_PROMO_FIXTURE_H
#define SHOP_PROMO_FIXTURE_H

#include "base/str.h"
#include "shop/promo_engine.h"
#include "fixture.h"

struct till {
    struct arena arena;
    const struct promo_set *set;
    struct quote quote;
    struct promo_facts facts;
    struct script_call calls[8];
    size_t call_count;
    struct json *doc; /* the quote, printed */
    struct err err;
};

static inline int till_setup(void **state)
{
    static struct market_shop shop = {.name = "Test shop",
                                      .currency = "EUR",
                                      .locales = {"en", "bg"},
                                      .country = "BG",
                                      .prices_include_tax = 1};
    struct till *till = mem_zalloc(sizeof *till);
    market_setup(&shop);
    till->facts.channel = souk_str("web");
    *state = till;
    return 0;
}

static inline int till_teardown(void **state)
{
    struct till *till = *state;
    arena_free(&till->arena);
    free(till);
    return 0;
}

#define TILL_TEST(name) cmocka_unit_test_setup_teardown(name, till_setup, till_teardown)

static inline struct json *till_json(struct till *till, const char *text)
{
    struct json *doc = NULL;
    char *copy = mem_strdup(text);
    for (char *p = copy; *p; p++)
        *p = (char)(*p == '\'' ? '"' : *p);
    if (json_parse(&till->arena, souk_str(copy), &doc, &till->err) != SOUK_OK)
        fail_msg("%s in %s", till->err.text, text);
    free(copy);
    return doc;
}

static inline void till_rules(struct till *till, const char *text)
{
    struct json *declared = json_new(&till->arena, JSON_ARRAY);
    struct json *errors = json_new(&till->arena, JSON_ARRAY);
    int line = 1;
    json_each(item, till_json(till, text))
    {
        const struct json_item *rule = json_first(&item->value);
        struct json *one = json_add(&till->arena, declared, NULL, JSON_OBJECT);
        json_add_str(&till->arena, one, "kind", rule->key);
        json_add_cstr(&till->arena, one, "file", "promotions/test.lua");
        json_add_int(&till->arena, one, "line", line++);
        json_add_tree(&till->arena, one, "value", &rule->value);
    }
    if (promo_set_read(&till->arena, declared, NULL, &till->set, errors, &till->err) != SOUK_OK) {
        struct buf out = {.arena = &till->arena};
        json_print(&out, errors);
        fail_msg("%s: %.*s", till->err.text, SOUK_PRI(buf_str(&out)));
    }
}

static inline void till_cart(struct till *till, const char *text)
{
    if (quote_parse(&till->arena, till_json(till, text), &till->quote, &till->err) != SOUK_OK)
        fail_msg("%s", till->err.text);
    if (!till->quote.at)
        till->quote.at = NOW;
}

static inline void till_answer(struct till *till, int function, enum script_outcome outcome,
                               const char *result, const char *reason)
{
    struct script_call *call = &till->calls[till->call_count++];
    *call = (struct script_call){.function = function, .outcome = outcome};
    call->result = result ? till_json(till, result) : NULL;
    call->reason = souk_str(reason);
}

static inline void till_apply(struct till *till)
{
    if (promo_apply(&till->arena, till->set, &till->quote, &till->facts, till->calls,
                    till->call_count, &till->err) != SOUK_OK ||
        quote_compute(&till->quote, &till->err) != SOUK_OK)
        fail_msg("%s", till->err.text);
    till->doc = quote_print(&till->arena, &till->quote);
}

static inline void till_price(struct till *till, const char *rules, const char *cart)
{
    till_rules(till, rules);
    till_cart(till, cart);
    till_apply(till);
}

/* The entry of a promotion in the trace. */
static inline const struct json *till_entry(const struct till *till, const char *id)
{
    json_each(item, json_at(till->doc,
                            "promotions")) if (souk_str_is(json_text(json_at(&item->value, "id")),
                                                           id)) return &item->value;
    fail_msg("%s is not in the trace", id);
    return NULL;
}

static inline int till_applied(const struct till *till, const char *id)
{
    return json_true(json_at(till_entry(till, id), "applied"));
}

static inline int64_t till_amount(const struct till *till, const char *id)
{
    return json_int(json_at(till_entry(till, id), "amount"), -1);
}

static inline struct souk_str till_text(const struct json *object, const char *key)
{
    return json_text(json_at(object, key));
}

static inline const struct json *till_at(const struct json *list, size_t at)
{
    json_each(item, list) if (at-- == 0) return &item->value;
    return NULL;
}

/* The last condition that was tested. */
static inline const struct json *till_last(const struct till *till, const char *id)
{
    const struct json *trace = json_at(till_entry(till, id), "trace");
    return trace->count ? till_at(trace, trace->count - 1) : NULL;
}

static inline void till_totals(const struct till *till, int64_t discount, int64_t total)
{
    assert_int_equal(till->quote.discount, discount);
    assert_int_equal(till->quote.total, total);
}

/* "a, b": the applied ones, in order. */
static inline void till_order(const struct till *till, const char *wanted)
{
    struct buf out = {0};
    int64_t count = (int64_t)json_at(till->doc, "promotions")->count;
    for (int64_t place = 1; place <= count; place++)
        json_each(item,
                  json_at(till->doc, "promotions")) if (json_int(json_at(&item->value, "order"),
                                                                 0) == place)
        {
            buf_add_cstr(&out, out.len ? ", " : "");
            buf_add_str(&out, till_text(&item->value, "id"));
        }
    buf_add_cstr(&out, "");
    assert_string_equal(out.len ? out.ptr : "", wanted);
    buf_free(&out);
}

static inline void till_coupon(const struct till *till, size_t at, int accepted, const char *code,
                               const char *reason)
{
    const struct quote_coupon *coupon = &till->quote.coupons[at];
    assert_int_equal(coupon->accepted, accepted);
    assert_string_equal(coupon->reason_code, code);
    if (!souk_str_is(coupon->reason, reason))
        fail_msg("reason is \"%.*s\"", SOUK_PRI(coupon->reason));
}

#endif
