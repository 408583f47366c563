/*
 * test_text: what plugins read of what people write (souk/text.h): tables, amounts, postcodes, CSV.
 * The header is used as a plugin does, on the core's own table of functions.
 */
#include <souk.h>

#include "bridge/bridge.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

const struct souk_api *souk_api;

static struct arena arena;
static struct souk_ctx ctx = {.arena = &arena};

static void check_text(struct souk_str text, const char *wanted)
{
    assert_int_equal(text.len, strlen(wanted));
    assert_memory_equal(text.ptr, wanted, text.len);
}

static void test_split(void **state)
{
    struct souk_str rest = souk_str(" a | |b\t"), part;
    (void)state;
    const char *wanted[] = {"a", "", "b"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(souk_split(&rest, '|', &part), 1);
        check_text(part, wanted[i]);
    }
    assert_int_equal(souk_split(&rest, '|', &part), 0);
    check_text(part, "");
}

static void test_amounts(void **state)
{
    static const struct {
        const char *text, *currency;
        int64_t minor; /* -1: refused */
    } rows[] = {{"12.50", "EUR", 1250},  {"12,5", "EUR", 1250},  {"12", "EUR", 1200},
                {"12.500", "EUR", 1250}, {"12.505", "EUR", -1},  {"100", "JPY", 100},
                {"100.5", "JPY", -1},    {"1.234", "KWD", 1234}, {"7", "PYG", 7},
                {"1.234", "IQD", 1234},  {"", "EUR", -1},        {".", "EUR", -1},
                {"-1", "EUR", -1},       {"1 000", "EUR", -1},   {"1", "XQQ", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t minor = 0;
        int ok = souk_amount(souk_str(rows[i].text), souk_str(rows[i].currency), &minor);
        if (ok != (rows[i].minor >= 0) || (ok && minor != rows[i].minor))
            fail_msg("%s %s: %d %lld", rows[i].text, rows[i].currency, ok, (long long)minor);
    }
    int64_t value;
    assert_int_equal(souk_decimal(souk_str("4.9"), 3, &value), 1);
    assert_int_equal(value, 4900);
    assert_int_equal(souk_decimal(souk_str("4.9001"), 3, &value), 0);
    assert_int_equal(souk_decimal(souk_str("x"), 3, &value), 0);
    assert_int_equal(souk_minor(4905, souk_str("EUR")), 491);
    assert_int_equal(souk_minor(4905, souk_str("JPY")), 5);
    assert_int_equal(souk_minor(4905, souk_str("KWD")), 4905);
}

static void test_postcodes(void **state)
{
    struct souk_str list = souk_str("1000-1999, 9000, SW1*");
    (void)state;
    assert_true(souk_postcode_in(list, souk_str("1000")) &&
                souk_postcode_in(list, souk_str("1999")));
    assert_true(souk_postcode_in(list, souk_str("9000")) &&
                souk_postcode_in(list, souk_str("SW1A")));
    assert_false(souk_postcode_in(list, souk_str("2000")) ||
                 souk_postcode_in(list, souk_str("10000")));
    assert_false(souk_postcode_in(list, souk_str("")) || souk_postcode_in(list, souk_str("SW2")));
    assert_true(souk_postcode_in(souk_str("*"), souk_str("")));
    assert_true(souk_in_list(souk_str("BG, RO"), souk_str("RO")));
    assert_false(souk_in_list(souk_str("BG, RO"), souk_str("R")));
}

static void test_csv(void **state)
{
    static const struct souk_csv_name names[] = {{"amount", 0}, {"text", 1}, {"details", 1}};
    static const char file[] = "\xef\xbb\xbf"
                               "Text;x;AMOUNT\r\n\"a \"\"b\"\"\nc;\"; 1 ;2\r\n\n;;3";
    struct souk_str fields[SOUK_FIELDS];
    struct souk_csv csv;
    int columns[2];
    (void)state;
    souk_csv_begin(&csv, &ctx, souk_str(file));
    assert_int_equal(souk_csv_header(&csv, names, 3, columns, 2), 3);
    assert_int_equal(columns[0], 2);
    assert_int_equal(columns[1], 0);
    assert_int_equal(souk_csv_next(&csv, fields), 3);
    check_text(fields[0], "a \"b\"\nc;");
    check_text(fields[1], "1");
    assert_int_equal(csv.line, 3);
    assert_int_equal(souk_csv_next(&csv, fields), 1);
    check_text(fields[0], "");
    assert_int_equal(souk_csv_next(&csv, fields), 3);
    check_text(fields[2], "3");
    assert_true(souk_csv_ended(&csv));
    souk_csv_begin(&csv, &ctx, souk_str("\"open"));
    assert_true(souk_csv_next(&csv, fields) < 0);
    souk_csv_begin(&csv, &ctx, souk_str("\"a\"b,c"));
    assert_true(souk_csv_next(&csv, fields) < 0);
}

/* A quoted field takes the memory of its own bytes: a long file of them stays small. */
static void test_csv_memory(void **state)
{
    enum { LINES = 20000 };
    static char file[LINES * 4];
    struct souk_str fields[SOUK_FIELDS];
    struct souk_csv csv;
    (void)state;
    for (size_t i = 0; i < LINES; i++)
        memcpy(file + i * 4, "\"a\"\n", 4);
    struct mallinfo2 before = mallinfo2();
    souk_csv_begin(&csv, &ctx, (struct souk_str){file, sizeof file});
    int lines = 0;
    while (!souk_csv_ended(&csv) && souk_csv_next(&csv, fields) == 1)
        lines++;
    assert_int_equal(lines, LINES);
    struct mallinfo2 after = mallinfo2();
    assert_true(after.uordblks + after.hblkhd < before.uordblks + before.hblkhd + LINES * 64);
}

static void test_days(void **state)
{
    static const struct {
        int64_t day, year, month, of_month;
    } rows[] = {{0, 1970, 1, 1}, {11016, 2000, 2, 29}, {20785, 2026, 11, 28}, {-1, 1969, 12, 31}};
    int64_t year, month, of_month;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        souk_day_split(rows[i].day, &year, &month, &of_month);
        assert_int_equal(year, rows[i].year);
        assert_int_equal(month, rows[i].month);
        assert_int_equal(of_month, rows[i].of_month);
        assert_int_equal(souk_day_join(year, month, of_month), rows[i].day);
    }
}

static int setup(void **state)
{
    (void)state;
    souk_api = bridge_api();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),      cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_postcodes),  cmocka_unit_test(test_csv),
        cmocka_unit_test(test_csv_memory), cmocka_unit_test(test_days)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
