/*
 * str: comparing, cutting, parsing, the nearest name.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "base/utf8.h"

#define S souk_str

static void compares(void **state)
{
    (void)state;
    assert_true(str_compare(S("a"), S("b")) < 0);
    assert_true(str_compare(S("ab"), S("a")) > 0);
    assert_int_equal(str_compare(STR_NULL, S("")), 0);
    assert_true(str_compare(S("\xff"), S("a")) > 0);
    assert_true(str_equal_nocase(S("Content-TYPE"), S("content-type")));
    assert_false(str_equal_nocase(S("a["), S("a{")));
    assert_true(str_starts(S("/admin/x"), "/admin"));
    assert_false(str_starts(S("/a"), "/admin"));
    assert_true(str_ends(S("x.css"), ".css"));
    assert_false(str_ends(S("css"), ".css"));
    assert_true(str_equal_secret(S("token"), S("token")));
    assert_false(str_equal_secret(S("token"), S("tokem")));
    assert_false(str_equal_secret(S("token"), S("toke")));
}

static void cuts(void **state)
{
    (void)state;
    assert_true(souk_str_is(str_trim(S(" \t a b\r\n")), "a b"));
    assert_int_equal(str_trim(S("  ")).len, 0);
    assert_true(souk_str_is(str_from(S("abc"), 1), "bc"));
    assert_int_equal(str_from(S("abc"), 9).len, 0);
    assert_int_equal(str_find(S("abc"), 'c'), 2);
    assert_int_equal(str_find(S("abc"), 'd'), -1);
    struct souk_str rest = S("a,,b"), part;
    assert_true(str_split(&rest, ',', &part) && souk_str_is(part, "a"));
    assert_true(str_split(&rest, ',', &part) && souk_str_is(part, ""));
    assert_true(str_split(&rest, ',', &part) && souk_str_is(part, "b"));
    assert_false(str_split(&rest, ',', &part));
}

static void copies_into_fixed_fields(void **state)
{
    (void)state;
    char to[6];
    assert_int_equal(str_copy(to, sizeof(to), S("abc")), 3);
    assert_string_equal(to, "abc");
    assert_int_equal(str_copy(to, sizeof(to), S("abcdefgh")), 5);
    assert_string_equal(to, "abcde");
    assert_int_equal(str_copy(to, sizeof(to), S("aaaя")), 5);
    assert_int_equal(str_copy(to, sizeof(to), S("aaaaя")), 4);
    assert_true(utf8_valid(S(to)));
    assert_int_equal(str_copy(to, 1, S("abc")), 0);
    assert_string_equal(to, "");
}

static void integers(void **state)
{
    (void)state;
    int64_t n = 0;
    assert_int_equal(str_to_int(S("-9223372036854775808"), &n), 0);
    assert_true(n == INT64_MIN);
    assert_int_equal(str_to_int(S("9223372036854775807"), &n), 0);
    assert_true(n == INT64_MAX);
    assert_int_equal(str_to_int(S("007"), &n), 0);
    assert_int_equal(n, 7);
    const char *const wrong[] = {"",
                                 "-",
                                 "+1",
                                 " 1",
                                 "1 ",
                                 "9223372036854775808",
                                 "1x",
                                 "--1",
                                 "0x1",
                                 "1.0",
                                 "-9223372036854775809",
                                 "99999999999999999999999"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(str_to_int(S(wrong[i]), &n), SOUK_INVALID);
}

static void amounts_of_time_and_size(void **state)
{
    (void)state;
    int64_t n = 0;
    static const struct {
        const char *text;
        int64_t micros;
    } good[] = {{"250ms", 250000},  {"10s", 10000000},   {"5m", 300000000},
                {"2h", 7200000000}, {"1d", 86400000000}, {"0s", 0}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(str_to_duration(S(good[i].text), &n), 0);
        assert_true(n == good[i].micros);
    }
    const char *const wrong[] = {
        "", "5", "s", "ms", "-1s", "1.5s", "1 s", "1w", "999999999999999d", "1S"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(str_to_duration(S(wrong[i]), &n), SOUK_INVALID);
    assert_int_equal(str_to_size(S("64K"), &n), 0);
    assert_int_equal(n, 65536);
    assert_int_equal(str_to_size(S("1G"), &n), 0);
    assert_int_equal(n, 1 << 30);
    assert_int_equal(str_to_size(S("512"), &n), 0);
    assert_int_equal(n, 512);
    assert_int_equal(str_to_size(S("K"), &n), SOUK_INVALID);
    assert_int_equal(str_to_size(S("9999999999999G"), &n), SOUK_INVALID);
    assert_int_equal(str_to_size(S(""), &n), SOUK_INVALID);
}

static void nearest_name(void **state)
{
    (void)state;
    static const char *const names[] = {"listen", "plugins", "data_dir", "log_level", NULL};
    assert_string_equal(str_nearest(S("plugin"), names), "plugins");
    assert_string_equal(str_nearest(S("lsiten"), names), "listen");
    assert_string_equal(str_nearest(S("Listen"), names), "listen");
    assert_string_equal(str_nearest(S("log_levle"), names), "log_level");
    assert_null(str_nearest(S("theme"), names));
    assert_null(str_nearest(S(""), names));
    assert_null(
        str_nearest(S("a very long text that is nobody's name, longer than any name is"), names));
}

/* A swap of neighbours is one step, so that two letters of six may be swapped pairs. */
static void swaps_count_once(void **state)
{
    (void)state;
    static const char *const names[] = {"abcdef", NULL};
    assert_string_equal(str_nearest(S("badcef"), names), "abcdef");
    assert_null(str_nearest(S("badcfe"), names));
}

static void hash_spreads(void **state)
{
    (void)state;
    assert_true(str_hash(S("a")) == str_hash(str_make("ab", 1)));
    assert_true(str_hash(S("a")) != str_hash(S("b")));
    assert_true(str_hash(STR_NULL) == str_hash(S("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),
        cmocka_unit_test(cuts),
        cmocka_unit_test(copies_into_fixed_fields),
        cmocka_unit_test(integers),
        cmocka_unit_test(amounts_of_time_and_size),
        cmocka_unit_test(nearest_name),
        cmocka_unit_test(swaps_count_once),
        cmocka_unit_test(hash_spreads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
