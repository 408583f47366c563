/*
 * rules_fixture: rules for tests that need no Lua: a list of what scripts would have declared
 * (values as JSON), read by promo_set_read and published like a reload does it.
 *
 *     rules_publish(fixture, "[{\"id\": \"ten\", \"give\": {\"order_percent\": {\"percent\":
 * 10}}}]");
 *
 * Tests take RULES_TEST(name): what is published goes at their end.
 */
#ifndef SHOP_RULES_FIXTURE_H
#define SHOP_RULES_FIXTURE_H

#include "shop/promo_live.h"

#include "fixture.h"

/* Numbers with a fraction are written as {"$decimal": "10.5"}. */
static inline struct promo_live *rules_read(struct shop_fixture *fixture, const char *text)
{
    struct promo_live *live = mem_zalloc(sizeof *live);
    struct arena *arena = &live->arena;
    struct json *declared = json_new(arena, JSON_ARRAY), *errors = json_new(arena, JSON_ARRAY);
    struct json *values = NULL;
    struct err err = {0};
    int64_t line = 1;
    if (json_parse(arena, arena_str(arena, souk_str(text)), &values, &err) != 0)
        fail_msg("json: %s in %s", err.text, text);
    json_each(item, values)
    {
        struct json *one = json_add(arena, declared, NULL, JSON_OBJECT);
        json_add_cstr(arena, one, "kind", "promotion");
        json_add_cstr(arena, one, "file", "promotions/test.lua");
        json_add_int(arena, one, "line", line++);
        json_add_tree(arena, one, "value", &item->value);
    }
    if (promo_set_read(arena, declared, NULL, &live->set, errors, &err) != 0)
        fail_msg("rules: %s", fixture_print(fixture, errors));
    return live;
}

static inline void rules_publish(struct shop_fixture *fixture, const char *text)
{
    promo_live_publish(rules_read(fixture, text));
    promo_live_sweep();
}

static inline int rules_end(void **state)
{
    promo_live_publish(NULL);
    promo_live_sweep();
    return fixture_teardown(state);
}

#define RULES_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, rules_end)

#endif
