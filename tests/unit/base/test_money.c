/*
 * money: rounding, splitting to the cent, formats of the locales, parsing.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include "base/money.h"

#define S  souk_str
#define NB "\xC2\xA0"

static void digits(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int digits;
    } known[] = {{"EUR", 2},  {"JPY", 0}, {"KWD", 3}, {"CLF", 4},  {"AED", 2}, {"ZWL", 2},
                 {"HUF", 2},  {"AMD", 2}, {"BDT", 2}, {"BGN", 2},  {"XOF", 0}, {"XXX", -1},
                 {"eur", -1}, {"", -1},   {"EU", -1}, {"EURO", -1}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        assert_int_equal(money_digits(known[i].code), known[i].digits);
    assert_int_equal(money_digits(NULL), -1);
}

static void shares_round_half_away(void **state)
{
    (void)state;
    int64_t out = 0;
    static const struct {
        int64_t amount, ppm, share;
    } rows[] = {{1000, 200000, 200},
                {1, 500000, 1},
                {-1, 500000, -1},
                {1, 499999, 0},
                {-1, 499999, 0},
                {3, 500000, 2},
                {5, -500000, -3},
                {0, 1000000, 0},
                {999, 333333, 333},
                {INT64_MAX, 1000000, INT64_MAX},
                {INT64_MIN, 1000000, INT64_MIN}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(money_share(rows[i].amount, rows[i].ppm, &out), 0);
        assert_true(out == rows[i].share);
    }
    assert_int_equal(money_share(INT64_MAX, 1000001, &out), SOUK_INVALID);
    assert_int_equal(money_share(INT64_MIN, -1000000, &out), SOUK_INVALID);
    assert_int_equal(money_add(INT64_MAX, 1, &out), SOUK_INVALID);
    assert_int_equal(money_add(INT64_MIN, -1, &out), SOUK_INVALID);
    assert_int_equal(money_add(2, -3, &out), 0);
    assert_int_equal(out, -1);
}

static void splits_by_largest_remainder(void **state)
{
    (void)state;
    int64_t parts[4];
    assert_int_equal(money_split(100, (int64_t[]){1, 1, 1}, 3, parts), 0);
    assert_true(parts[0] == 34 && parts[1] == 33 && parts[2] == 33);
    assert_int_equal(money_split(-100, (int64_t[]){1, 1, 1}, 3, parts), 0);
    assert_true(parts[0] == -34 && parts[1] == -33 && parts[2] == -33);
    assert_int_equal(money_split(10, (int64_t[]){1, 0, 2, 4}, 4, parts), 0);
    assert_true(parts[0] == 1 && parts[1] == 0 && parts[2] == 3 && parts[3] == 6);
    assert_int_equal(money_split(7, (int64_t[]){0, 0}, 2, parts), 0);
    assert_true(parts[0] == 7 && parts[1] == 0);
    assert_int_equal(money_split(7, (int64_t[]){1, -1}, 2, parts), SOUK_INVALID);
    assert_int_equal(money_split(0, NULL, 0, parts), 0);
    assert_int_equal(money_split(1, NULL, 0, parts), SOUK_INVALID);
    int64_t most[] = {INT64_MAX, INT64_MAX, INT64_MAX};
    assert_int_equal(money_split(INT64_MIN, most, 3, parts), 0);
    assert_true(parts[0] + parts[1] + parts[2] == INT64_MIN);
    assert_true(parts[0] <= parts[2] && parts[2] - parts[0] == 1);
}

/* Any total over any weights: the sum is exact and no part is off by a whole unit. */
static void splits_always_sum(void **state)
{
    (void)state;
    static int64_t weights[200], parts[200];
    uint64_t seed = 42;
    for (int round = 0; round < 500; round++) {
        size_t n = 1 + (size_t)round % 200;
        int64_t sum = 0, total = round * 7919 - 900000, given = 0;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            weights[i] = (int64_t)(seed >> 44);
            sum += weights[i];
        }
        assert_int_equal(money_split(total, weights, n, parts), 0);
        for (size_t i = 0; i < n; i++) {
            given += parts[i];
            int64_t off = parts[i] * sum - total * weights[i];
            assert_true(off > -sum && off < sum);
        }
        assert_true(given == total);
    }
}

static void formats(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const struct {
        int64_t minor;
        const char *currency, *locale, *text;
    } rows[] = {
        {1299, "EUR", "en", "€12.99"},
        {-1234567, "EUR", "en-GB", "-€12,345.67"},
        {1299, "CHF", "en", "CHF" NB "12.99"},
        {1299, "JPY", "en", "¥1,299"},
        {1234, "KWD", "en", "KWD" NB "1.234"},
        {5, "USD", NULL, "$0.05"},
        {5, "USD", "xx", "$0.05"},
        {0, "EUR", "en", "€0.00"},
        {1299, "EUR", "bg", "12,99" NB "€"},
        {123450, "BGN", "bg_BG", "1234,50" NB "лв."},
        {-1234567, "EUR", "bg", "-12" NB "345,67" NB "€"},
        {1299000, "HUF", "hu", "12" NB "990" NB "Ft"},
        {129900, "HUF", "hu", "1299" NB "Ft"},
        {1299050, "HUF", "hu", "12" NB "990,50" NB "Ft"},
        {1299, "EUR", "hu", "12,99" NB "€"},
        {450000, "AMD", "hy", "4500,00" NB "֏"},
        {12345678901, "AMD", "hy", "123" NB "456" NB "789,01" NB "֏"},
        {12345650, "BDT", "bn", "১,২৩,৪৫৬.৫০৳"},
        {12345678901, "EUR", "bn", "১২,৩৪,৫৬,৭৮৯.০১€"},
        {1299, "BGN", "bn", "১২.৯৯" NB "BGN"},
        {INT64_MIN, "EUR", "en", "-€92,233,720,368,547,758.08"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct souk_str text =
            money_format(&arena, rows[i].minor, rows[i].currency, rows[i].locale);
        assert_string_equal(text.ptr, rows[i].text);
    }
    arena_free(&arena);
}

static void parses(void **state)
{
    (void)state;
    int64_t minor = 0;
    static const struct {
        const char *text, *currency;
        int64_t minor;
    } good[] = {{"1299.5", "EUR", 129950},
                {"12", "EUR", 1200},
                {"-0.01", "EUR", -1},
                {"1.500", "EUR", 150},
                {"1299", "JPY", 1299},
                {"1.0", "JPY", 1},
                {"1.234", "KWD", 1234},
                {"92233720368547758.07", "EUR", INT64_MAX},
                {"-92233720368547758.08", "EUR", INT64_MIN}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(money_parse(S(good[i].text), good[i].currency, &minor), 0);
        assert_true(minor == good[i].minor);
    }
    static const char *const wrong[] = {"",      "-",
                                        ".",     "1.",
                                        ".5",    "1.234",
                                        "1,50",  "1 000",
                                        "1.2.3", "abc",
                                        "+1",    "92233720368547758.08",
                                        "1e3",   "99999999999999999999999999",
                                        "--1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(money_parse(S(wrong[i]), "EUR", &minor), SOUK_INVALID);
    assert_int_equal(money_parse(S("1"), "???", &minor), SOUK_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits),
        cmocka_unit_test(shares_round_half_away),
        cmocka_unit_test(splits_by_largest_remainder),
        cmocka_unit_test(splits_always_sum),
        cmocka_unit_test(formats),
        cmocka_unit_test(parses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
