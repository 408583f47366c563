/*
 * zone: offsets of several zones over a century and a half, hour by hour around their changes,
 * against the C library's; days that have no or two of an hour; names that are none.
 */
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/zone.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int64_t theirs(int64_t at)
{
    time_t second = (time_t)(at / CLOCK_SECOND);
    struct tm civil;
    localtime_r(&second, &civil);
    return (int64_t)civil.tm_gmtoff * CLOCK_SECOND;
}

static void compare(const char *name)
{
    struct err err = {0};
    if (zone_setup(name, &err) != SOUK_OK)
        fail_msg("%s", err.text);
    assert_string_equal(zone_name(), name);
    setenv("TZ", name, 1);
    tzset();
    int64_t from = INT64_C(-631152000) * CLOCK_SECOND;  /* 1950 */
    int64_t until = INT64_C(4102444800) * CLOCK_SECOND; /* 2100 */
    for (int64_t at = from; at < until; at += 7 * CLOCK_HOUR) {
        if (zone_offset(at) != theirs(at))
            fail_msg("%s at %lld: %lld, not %lld", name, (long long)at, (long long)zone_offset(at),
                     (long long)theirs(at));
    }
}

static void test_as_the_library(void **state)
{
    static const char *const names[] = {"Europe/Sofia",     "America/New_York", "Asia/Yerevan",
                                        "Australia/Sydney", "Asia/Kolkata",     "America/St_Johns",
                                        "Pacific/Apia",     "Africa/Casablanca"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        compare(names[i]);
}

static int64_t moment(const char *text)
{
    int64_t at = 0;
    assert_int_equal(clock_parse(souk_str(text), &at), SOUK_OK);
    return at;
}

static void test_days(void **state)
{
    (void)state;
    assert_int_equal(zone_setup("Europe/Sofia", NULL), SOUK_OK);
    assert_int_equal(zone_offset(moment("2026-07-01T00:00:00Z")), 3 * CLOCK_HOUR);
    assert_int_equal(zone_offset(moment("2026-12-01T00:00:00Z")), 2 * CLOCK_HOUR);
    /* midnight of a day in summer and in winter */
    assert_int_equal(zone_utc(moment("2026-07-01T00:00:00Z")), moment("2026-06-30T21:00:00Z"));
    assert_int_equal(zone_utc(moment("2026-11-27T00:00:00Z")), moment("2026-11-26T22:00:00Z"));
    /* 03:30 on the 25th of October comes twice: the first; on the 29th of March never */
    assert_int_equal(zone_utc(moment("2026-10-25T03:30:00Z")), moment("2026-10-25T00:30:00Z"));
    assert_int_equal(zone_utc(moment("2026-03-29T03:30:00Z")), moment("2026-03-29T01:30:00Z"));
    /* both sides of a change, to the microsecond */
    assert_int_equal(zone_offset(moment("2026-03-29T01:00:00Z") - 1), 2 * CLOCK_HOUR);
    assert_int_equal(zone_offset(moment("2026-03-29T01:00:00Z")), 3 * CLOCK_HOUR);
    /* beyond the tables of the file */
    assert_int_equal(zone_offset(moment("2090-07-01T00:00:00Z")), 3 * CLOCK_HOUR);
}

static void test_names(void **state)
{
    static const char *const wrong[] = {
        "",       "Mars/Olympus", "../../etc/passwd", "/etc/localtime",
        "Europe", "zone.tab",     "Europe//Sofia"};
    struct err err = {0};
    (void)state;
    assert_int_equal(zone_setup("Asia/Kolkata", NULL), SOUK_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(zone_known(wrong[i]));
        assert_int_equal(zone_setup(wrong[i], &err), SOUK_NOT_FOUND);
    }
    assert_string_equal(zone_name(), "Asia/Kolkata"); /* the last good one stays */
    assert_int_equal(zone_offset(0), 5 * CLOCK_HOUR + 30 * CLOCK_MINUTE);
    assert_int_equal(zone_setup("UTC", NULL), SOUK_OK);
    assert_int_equal(zone_offset(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_the_library),
                                       cmocka_unit_test(test_days), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
