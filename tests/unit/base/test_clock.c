/*
 * clock: formats and parsers of both kinds, civil time over four centuries.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"

#define S souk_str

static const char *format(int64_t at, int micros)
{
    static char text[32];
    size_t len = clock_format(at, micros, text);
    assert_int_equal(len, strlen(text));
    return text;
}

static void formats(void **state)
{
    (void)state;
    assert_string_equal(format(0, 0), "1970-01-01T00:00:00Z");
    assert_string_equal(format(INT64_C(1795737600000000), 0), "2026-11-27T00:00:00Z");
    assert_string_equal(format(1, 1), "1970-01-01T00:00:00.000001Z");
    assert_string_equal(format(-1, 1), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(format(INT64_MAX, 1), "9999-12-31T23:59:59.999999Z");
    assert_string_equal(format(INT64_MIN, 0), "0000-01-01T00:00:00Z");
    char http[32];
    assert_int_equal(clock_format_http(INT64_C(784111777000000), http), 29);
    assert_string_equal(http, "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void parses(void **state)
{
    (void)state;
    int64_t at = 0;
    assert_int_equal(clock_parse(S("2026-11-27T00:00:00Z"), &at), 0);
    assert_string_equal(format(at, 0), "2026-11-27T00:00:00Z");
    assert_int_equal(clock_parse(S("2026-11-27"), &at), 0);
    assert_string_equal(format(at, 0), "2026-11-27T00:00:00Z");
    assert_int_equal(clock_parse(S("2026-11-27T02:30:00.25+02:00"), &at), 0);
    assert_string_equal(format(at, 1), "2026-11-27T00:30:00.250000Z");
    assert_int_equal(clock_parse(S("2026-11-26t18:30:00.1234567-05:30"), &at), 0);
    assert_string_equal(format(at, 1), "2026-11-27T00:00:00.123456Z");
    assert_int_equal(clock_parse(S("2016-12-31T23:59:60Z"), &at), 0);
    assert_string_equal(format(at, 0), "2017-01-01T00:00:00Z");
    static const char *const wrong[] = {"",
                                        "2026",
                                        "2026-13-01",
                                        "2026-02-29",
                                        "2026-00-10",
                                        "2026-01-32",
                                        "2026-11-27T",
                                        "2026-11-27T00:00:00",
                                        "2026-11-27T24:00:00Z",
                                        "2026-11-27T00:60:00Z",
                                        "2026-11-27T00:00:00.Z",
                                        "2026-11-27T00:00:00Zx",
                                        "2026-11-27T00:00:00+2",
                                        "2026-11-27T00:00:00+24:00",
                                        "20261127",
                                        "2026-11-27T00:00Z",
                                        "-026-11-27"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(clock_parse(S(wrong[i]), &at), SOUK_INVALID);
}

static void parses_http(void **state)
{
    (void)state;
    static const char *const same[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                       "Sunday, 06-Nov-94 08:49:37 GMT",
                                       "Sun Nov  6 08:49:37 1994"};
    int64_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        at = 0;
        assert_int_equal(clock_parse_http(S(same[i]), &at), 0);
        assert_true(at == INT64_C(784111777000000));
    }
    static const char *const wrong[] = {"",
                                        "Sun",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sun, 06 Nov 1994 08:49:37 UTC",
                                        "Sun, 31 Feb 1994 08:49:37 GMT",
                                        "Sun, 06-Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 08:49:37 GMT "};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(clock_parse_http(S(wrong[i]), &at), SOUK_INVALID);
}

/* Day by day through 400 years and a bit: the calendar steps by one, the weekday too.
 */
static void civil_time(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct clock_civil day = {.year = 1799, .month = 12, .day = 31, .hour = 23, .weekday = 2};
    int64_t at = clock_from_civil(day);
    for (int i = 0; i < 150000; i++) {
        struct clock_civil now = clock_civil(at);
        assert_int_equal(now.year * 10000 + now.month * 100 + now.day,
                         day.year * 10000 + day.month * 100 + day.day);
        assert_int_equal(now.weekday, day.weekday);
        assert_int_equal(now.hour, 23);
        assert_true(clock_from_civil(now) == at);
        at += CLOCK_DAY;
        day.weekday = (day.weekday + 1) % 7;
        int leap = day.year % 4 == 0 && (day.year % 100 != 0 || day.year % 400 == 0);
        if (++day.day > lengths[day.month - 1] + (leap && day.month == 2)) {
            day.day = 1;
            if (++day.month > 12) {
                day.month = 1;
                day.year++;
            }
        }
    }
}

static void fields_carry_over(void **state)
{
    (void)state;
    struct clock_civil civil = {.year = 2026, .month = 14, .day = 0, .hour = 25};
    assert_string_equal(format(clock_from_civil(civil), 0), "2027-02-01T01:00:00Z");
}

static void mono_does_not_go_back(void **state)
{
    (void)state;
    int64_t before = clock_mono();
    assert_true(before > 0 && clock_mono() >= before);
    assert_true(clock_now() > INT64_C(1700000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),           cmocka_unit_test(parses),
        cmocka_unit_test(parses_http),       cmocka_unit_test(civil_time),
        cmocka_unit_test(fields_carry_over), cmocka_unit_test(mono_does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
