/*
 * test_switch_check.c: a configuration looked at without a shop: every problem, and
 * none of the plugins' code in this process.
 */
#include "fixture.h"

static struct arena arena;
static struct problems problems;

static int check(const char *list, const char *values)
{
    static const char folder[] = SOUK_BUILD "/tests/fixtures";
    static const char *const path[] = {folder, NULL};
    const char *names[16];
    size_t count = 0;
    struct souk_str rest = souk_str(list), name;
    struct json *tables;
    struct err err;
    while (str_split(&rest, ' ', &name))
        names[count++] = arena_cstr(&arena, name);
    assert_int_equal(json_parse(&arena, souk_str(values), &tables, &err), 0);
    problems_init(&problems, &arena, souk_str("souk.lua"));
    struct wanted wanted = {names, count, tables, "."};
    return switch_check(path, &wanted, &arena, &problems);
}

static void has(const char *part)
{
    for (const struct problem *at = problems.first; at; at = at->next) {
        char text[1024];
        snprintf(text, sizeof(text), "%.*s: %.*s; %.*s", SOUK_PRI(at->key), SOUK_PRI(at->message),
                 SOUK_PRI(at->hint));
        if (strstr(text, part))
            return;
    }
    fail_msg("no problem says \"%s\"", part);
}

static void test_good(void **state)
{
    (void)state;
    assert_int_equal(check("fix_need fix_good", "{\"fix_good\":{\"greeting\":\"Hi\"}}"), 0);
    assert_int_equal(problems.count, 0);
    assert_int_equal(check("", "{}"), 0);
}

static void test_all_at_once(void **state)
{
    (void)state;
    assert_int_equal(check("fix_good fix_god fix_minor fix_crash fix_exit fix_undefined fix_good",
                           "{\"fix_good\":{\"greting\":\"Hi\",\"limit\":11}}"),
                     SOUK_INVALID);
    has("did you mean \"fix_good\"?");
    has("this souk has " ABI_TEXT "; upgrade souk or install");
    has("plugin \"fix_crash\" (");
    has("crashes while it is loaded (SIGSEGV)");
    has("ends the process while it is loaded (exit status 3)");
    has("undefined symbol: fix_function_of_nobody");
    has("fix_good.greting");
    has("fix_good.limit");
    has("plugin \"fix_good\" is named twice");
    assert_int_equal(problems.count, 8);
}

static void test_together(void **state)
{
    (void)state;
    assert_int_equal(check("fix_need", "{}"), SOUK_INVALID);
    has("plugin \"fix_need\" needs plugin \"fix_good\"");
    assert_int_equal(check("fix_good fix_enemy fix_card", "{}"), SOUK_INVALID);
    has("plugin \"fix_enemy\" cannot be on together with plugin \"fix_good\"");
    has("plugins \"fix_good\" and \"fix_card\" both provide payment \"card\"");
    assert_int_equal(check("fix_ring_a fix_ring_b", "{}"), SOUK_INVALID);
    has("in a circle: fix_ring_a → fix_ring_b → fix_ring_a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_together),
    };
    log_setup(LOG_ERROR, 0);
    int code = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return code;
}
