/*
 * test_resolve.c: order, missing needs, conflicts, circles.
 */
#include "fixture.h"
#include "plugin/resolve.h"

static struct arena arena;
static struct problems problems;
static size_t order[8];

static int resolve(const struct resolve_item *items, size_t count)
{
    problems_init(&problems, &arena, STR_NULL);
    return resolve_order(items, count, order, &problems);
}

static const struct souk_require needs_b[] = {{.plugin = "b", .relation = SOUK_NEEDS}};
static const struct souk_require needs_c[] = {{.plugin = "c", .relation = SOUK_NEEDS}};
static const struct souk_require needs_a[] = {{.plugin = "a", .relation = SOUK_NEEDS}};
static const struct souk_require after_c[] = {{.plugin = "c", .relation = SOUK_AFTER}};
static const struct souk_require not_b[] = {{.plugin = "b", .relation = SOUK_CONFLICTS}};

static void test_by_name(void **state)
{
    (void)state;
    const struct resolve_item items[] = {{"c", NULL, 0}, {"a", NULL, 0}, {"b", NULL, 0}};
    assert_int_equal(resolve(items, 3), 0);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 2);
    assert_int_equal(order[2], 0);
}

static void test_needs_first(void **state)
{
    (void)state;
    const struct resolve_item items[] = {{"a", needs_b, 1}, {"b", after_c, 1}, {"c", NULL, 0}};
    assert_int_equal(resolve(items, 3), 0);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[1], 1);
    assert_int_equal(order[2], 0);
    assert_int_equal(resolve(items, 2), 0); /* "after" does not mind that c is not on */
}

static void test_missing(void **state)
{
    (void)state;
    struct err err = {0};
    const struct resolve_item items[] = {{"a", needs_b, 1}, {"d", needs_c, 1}};
    assert_int_equal(resolve(items, 2), SOUK_CONFLICT);
    assert_int_equal(problems.count, 2);
    resolve_err(&problems, SOUK_CONFLICT, &err);
    assert_part(err.text, "plugin \"a\" needs plugin \"b\", which is not on; add \"b\" to plugins");
    assert_part(err.text, "(and 1 more)");
}

static void test_conflict(void **state)
{
    (void)state;
    struct err err = {0};
    const struct resolve_item items[] = {{"a", not_b, 1}, {"b", NULL, 0}};
    assert_int_equal(resolve(items, 2), SOUK_CONFLICT);
    resolve_err(&problems, SOUK_CONFLICT, &err);
    assert_string_equal(
        err.text, "plugin \"a\" cannot be on together with plugin \"b\"; take one of them out");
    assert_int_equal(resolve(items, 1), 0);
}

static void test_circle(void **state)
{
    (void)state;
    struct err err = {0};
    const struct resolve_item items[] = {{"d", needs_a, 1}, /* behind the circle, not in it */
                                         {"a", needs_b, 1},
                                         {"b", needs_c, 1},
                                         {"c", needs_a, 1}};
    assert_int_equal(resolve(items, 4), SOUK_CONFLICT);
    resolve_err(&problems, SOUK_CONFLICT, &err);
    assert_part(err.text, "in a circle: a → b → c → a;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_name), cmocka_unit_test(test_needs_first),
        cmocka_unit_test(test_missing), cmocka_unit_test(test_conflict),
        cmocka_unit_test(test_circle),
    };
    int code = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return code;
}
