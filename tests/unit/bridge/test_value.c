/*
 * test_value: structured data across the plugin border, through the SDK's own inline
 * functions.
 */
#include "fixture.h"

static struct souk_ctx ctx;

static int set_up(void **state)
{
    (void)state;
    fixture_begin();
    ctx = fixture_ctx(SOUK_READ);
    return 0;
}

static void builds_and_prints(void **state)
{
    (void)state;
    struct souk_value *map = souk_map(&ctx);
    struct souk_value *list = souk_set_list(&ctx, map, "list");
    souk_set_cstr(&ctx, map, "name", "Ada");
    souk_set_bool(&ctx, map, "yes", 7);
    souk_set_int(&ctx, list, NULL, -3);
    souk_set_cstr(&ctx, list, NULL, "x");
    souk_set_map(&ctx, list, NULL);
    souk_set_money(&ctx, map, "price", (struct souk_money){1299, "EUR", 0});
    souk_set_time(&ctx, map, "at", INT64_C(1795000000000000));
    souk_set_null(&ctx, map, "none");
    assert_string_equal(
        souk_json_print(&ctx, map).ptr,
        "{\"list\":[-3,\"x\",{}],\"name\":\"Ada\",\"yes\":true,\"price\":{\"amount\":1299,\"currency\":"
        "\"EUR\"},\"at\":\"2026-11-18T11:06:40Z\",\"none\":null}");
}

static void replaces_and_copies(void **state)
{
    (void)state;
    char name[] = "Ada", key[] = "name";
    struct souk_value *map = souk_map(&ctx);
    souk_set_cstr(&ctx, map, key, "Bob");
    souk_set_cstr(&ctx, map, key, name);
    name[0] = key[0] = 'X';
    assert_int_equal(souk_count_of(map), 1);
    assert_true(souk_str_is(souk_text(souk_get(map, "name")), "Ada"));
    souk_set_copy(&ctx, map, "self", map);
    assert_string_equal(souk_json_print(&ctx, map).ptr,
                        "{\"name\":\"Ada\",\"self\":{\"name\":\"Ada\"}}");
}

static void mends_text(void **state)
{
    (void)state;
    struct souk_value *map = souk_map(&ctx);
    souk_set_cstr(&ctx, map, "t", "caf\xe9 \xd0\x96 \xf0\x9f");
    assert_string_equal(souk_text(souk_get(map, "t")).ptr,
                        "caf\xef\xbf\xbd \xd0\x96 \xef\xbf\xbd\xef\xbf\xbd");
    souk_set_str(&ctx, map, "n", (struct souk_str){NULL, 5});
    assert_int_equal(souk_text(souk_get(map, "n")).len, 0);
}

static void forgives_wrong_parents(void **state)
{
    (void)state;
    struct souk_value *map = souk_map(&ctx);
    souk_set_cstr(&ctx, NULL, "a", "b");
    souk_set_cstr(&ctx, map, NULL, "a map needs a key");
    struct souk_value *lost = souk_set_list(&ctx, NULL, "a");
    assert_non_null(lost);
    souk_set_int(&ctx, lost, NULL, 1);
    assert_int_equal(souk_count_of(map), 0);
}

static void reads_nothing(void **state)
{
    (void)state;
    struct souk_walk walk = souk_walk(NULL);
    assert_null(souk_get(souk_get(NULL, "a"), "b"));
    assert_null(souk_at(NULL, 0));
    assert_int_equal(souk_text(NULL).len, 0);
    assert_int_equal(souk_int(NULL, 7), 7);
    assert_int_equal(souk_count_of(NULL), 0);
    assert_int_equal(souk_kind(NULL), SOUK_VALUE_NULL);
    assert_false(souk_true(NULL));
    assert_false(souk_step(&walk));
    assert_string_equal(souk_json_print(&ctx, NULL).ptr, "null");
}

static void parses_and_walks(void **state)
{
    (void)state;
    struct souk_value *value = NULL;
    int64_t sum = 0;
    assert_int_equal(
        souk_json_parse(&ctx, souk_str("{\"a\":1,\"b\":[true,2,\"3\"],\"c\":\"\"}"), &value), 0);
    struct souk_walk walk = souk_walk(souk_get(value, "b"));
    while (souk_step(&walk))
        sum = sum * 10 + souk_int(walk.value, 0);
    assert_int_equal(sum, 120);
    struct souk_walk members = souk_walk(value);
    assert_true(souk_step(&members));
    assert_true(souk_str_is(members.key, "a"));
    assert_true(souk_true(souk_get(value, "c"))); /* an empty text is true, as in templates */
    assert_true(souk_str_is(souk_text(souk_at(souk_get(value, "b"), 2)), "3"));
    assert_null(souk_at(souk_get(value, "b"), 3));
    assert_int_equal(souk_json_parse(&ctx, souk_str("{\"a\":1,\"a\":2}"), &value), SOUK_INVALID);
    assert_true(souk_failure(&ctx).len > 0);
    assert_null(value);
}

static void reads_numbers(void **state)
{
    (void)state;
    assert_int_equal(souk_number(souk_str("42"), -1), 42);
    assert_int_equal(souk_number(souk_str("-42"), 0), -42);
    assert_true(souk_number(souk_str("9223372036854775807"), 0) == INT64_MAX);
    assert_true(souk_number(souk_str("-9223372036854775808"), 0) == INT64_MIN);
    assert_int_equal(souk_number(souk_str("9223372036854775808"), 5), 5);
    assert_int_equal(souk_number(souk_str("-9223372036854775809"), 5), 5);
    assert_int_equal(souk_number(souk_str("92233720368547758070"), 5), 5);
    assert_int_equal(souk_number(souk_str(""), 5), 5);
    assert_int_equal(souk_number(souk_str("-"), 5), 5);
    assert_int_equal(souk_number(souk_str("4x"), 5), 5);
}

static void says_why(void **state)
{
    (void)state;
    assert_int_equal(souk_fail(&ctx, SOUK_CONFLICT, "no %s", "tea"), SOUK_CONFLICT);
    assert_true(souk_str_is(souk_failure(&ctx), "no tea"));
    assert_int_equal(souk_fail(&ctx, 0, "nothing"), SOUK_ERROR); /* a failure is never a success */
    struct err err = {0};
    souk_fail(&ctx, SOUK_CONFLICT, "only three are left");
    bridge_reason(&ctx, SOUK_CONFLICT, &err);
    assert_string_equal(err.text, "only three are left");
    souk_fail(&ctx, SOUK_ERROR, "password of the bank");
    bridge_reason(&ctx, SOUK_ERROR, &err);
    assert_null(strstr(err.text, "password"));
    bridge_refuse(&ctx, SOUK_CONFLICT, "UNIQUE p_t_guest.name");
    bridge_reason(&ctx, SOUK_CONFLICT, &err);
    assert_null(strstr(err.text, "UNIQUE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(builds_and_prints, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(replaces_and_copies, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(mends_text, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(forgives_wrong_parents, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(reads_nothing, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(parses_and_walks, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(reads_numbers, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(says_why, set_up, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
