/*
 * test_kit_time: the kit's time and language: moments as text, what clocks show in zones on both
 * sides of their gaps and folds, fields beyond their ends, and amounts and dates as people read
 * them.
 */
#include "fixture.h"
#include "base/zone.h"

static struct souk_ctx ctx;

static int set_up(void **state)
{
    (void)state;
    fixture_begin();
    ctx = fixture_ctx(SOUK_READ);
    assert_int_equal(zone_setup("Europe/Sofia", NULL), 0);
    return 0;
}

static int64_t moment(const char *text)
{
    int64_t at = -1;
    assert_int_equal(souk_time_parse(souk_str(text), &at), 0);
    return at;
}

static void reads_and_writes(void **state)
{
    static const char *const wrong[] = {"",
                                        "yesterday",
                                        "2026-13-01",
                                        "2026-02-30",
                                        "2026-11-27T25:00:00Z",
                                        "2026-11-27T10:00:00",
                                        "2026-11-27T10:00:00Z and more",
                                        "1795000000"};
    int64_t at = 7;
    (void)state;
    assert_true(moment("2026-11-27T10:00:00+02:00") == moment("2026-11-27T08:00:00Z"));
    assert_true(moment("2026-11-27") == moment("2026-11-27T00:00:00Z"));
    assert_true(moment("2026-11-27T08:00:00.25Z") == moment("2026-11-27T08:00:00Z") + 250000);
    assert_true(souk_str_is(souk_time_print(&ctx, moment("2026-11-27T10:00:00+02:00")),
                            "2026-11-27T08:00:00Z"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (souk_time_parse(souk_str(wrong[i]), &at) != SOUK_INVALID || at != 0)
            fail_msg("\"%s\" was read", wrong[i]);
}

/* What the wall shows at a moment, and which moment that is again. */
static void compare(const char *zone, const char *at, const char *shown, const char *back)
{
    struct souk_civil civil;
    int64_t again;
    char text[64];
    assert_int_equal(souk_time_civil(&ctx, moment(at), souk_str(zone), &civil), 0);
    snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d %d %+d", civil.year, civil.month,
             civil.day, civil.hour, civil.minute, civil.weekday, civil.offset_s / 60);
    assert_string_equal(text, shown);
    assert_int_equal(souk_time_join(&ctx, &civil, souk_str(zone), &again), 0);
    assert_string_equal(souk_time_print(&ctx, again).ptr, back);
}

static void shows_the_wall(void **state)
{
    (void)state;
    compare("", "2026-11-27T08:00:00Z", "2026-11-27 10:00 5 +120", "2026-11-27T08:00:00Z");
    compare("UTC", "2026-11-27T08:00:00Z", "2026-11-27 08:00 5 +0", "2026-11-27T08:00:00Z");
    compare("Asia/Kolkata", "2026-07-01T20:00:00Z", "2026-07-02 01:30 4 +330",
            "2026-07-01T20:00:00Z");
    compare("America/St_Johns", "2026-01-01T00:00:00Z", "2025-12-31 20:30 3 -210",
            "2026-01-01T00:00:00Z");
    /* both sides of the hour that comes twice, and of the one that never comes */
    compare("", "2026-10-25T00:30:00Z", "2026-10-25 03:30 0 +180", "2026-10-25T00:30:00Z");
    compare("", "2026-10-25T01:30:00Z", "2026-10-25 03:30 0 +120", "2026-10-25T00:30:00Z");
    compare("", "2026-03-29T00:59:00Z", "2026-03-29 02:59 0 +120", "2026-03-29T00:59:00Z");
    compare("", "2026-03-29T01:00:00Z", "2026-03-29 04:00 0 +180", "2026-03-29T01:00:00Z");
    compare("Australia/Lord_Howe", "2026-10-03T15:30:00Z", "2026-10-04 02:30 0 +660",
            "2026-10-03T15:30:00Z"); /* half an hour */
}

static const char *join(const char *zone, struct souk_civil civil)
{
    int64_t at;
    assert_int_equal(souk_time_join(&ctx, &civil, souk_str(zone), &at), 0);
    return souk_time_print(&ctx, at).ptr;
}

/* Those that are not named are 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define CIVIL(...) ((struct souk_civil){__VA_ARGS__})

static void joins(void **state)
{
    (void)state;
    /* in a gap: its end, whatever minute was said */
    assert_string_equal(join("", CIVIL(2026, 3, 29, 3, 0)), "2026-03-29T01:00:00Z");
    assert_string_equal(join("", CIVIL(2026, 3, 29, 3, 30)), "2026-03-29T01:00:00Z");
    assert_string_equal(join("", CIVIL(2026, 3, 29, 3, 59, 59)), "2026-03-29T01:00:00Z");
    assert_string_equal(join("", CIVIL(2026, 3, 29, 4, 0)), "2026-03-29T01:00:00Z");
    assert_string_equal(join("America/New_York", CIVIL(2026, 3, 8, 2, 15)), "2026-03-08T07:00:00Z");
    assert_string_equal(join("Australia/Lord_Howe", CIVIL(2026, 10, 4, 2, 10)),
                        "2026-10-03T15:30:00Z");
    /* a day that a place left out */
    assert_string_equal(join("Pacific/Apia", CIVIL(2011, 12, 30, 12, 0)), "2011-12-30T10:00:00Z");
    /* of two the earlier */
    assert_string_equal(join("", CIVIL(2026, 10, 25, 3, 0)), "2026-10-25T00:00:00Z");
    assert_string_equal(join("", CIVIL(2026, 10, 25, 4, 0)), "2026-10-25T02:00:00Z");
    /* beyond their ends */
    assert_string_equal(join("UTC", CIVIL(2026, 1, 32)), "2026-02-01T00:00:00Z");
    assert_string_equal(join("UTC", CIVIL(2026, 14, 1)), "2027-02-01T00:00:00Z");
    assert_string_equal(join("UTC", CIVIL(2026, 3, 0)), "2026-02-28T00:00:00Z");
    assert_string_equal(join("UTC", CIVIL(2024, 2, 30)), "2024-03-01T00:00:00Z");
    assert_string_equal(join("UTC", CIVIL(2026, 0, 1, 25, -1, 61)), "2025-12-02T01:00:01Z");
    assert_string_equal(join("UTC", CIVIL(2026, 1, 1, 0, 0, -1)), "2025-12-31T23:59:59Z");
}

static void refuses(void **state)
{
    static const char *const zones[] = {
        "Mars/Olympus",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe",
        "zone.tab",
        "Europe/Sofia/",
        "a/very/long/name/that/no/zone/has/and/that/goes/on/and/on"};
    struct souk_civil civil = CIVIL(2026, 1, 1);
    int64_t at;
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        assert_int_equal(souk_time_civil(&ctx, 0, souk_str(zones[i]), &civil), SOUK_NOT_FOUND);
        assert_int_equal(souk_time_join(&ctx, &civil, souk_str(zones[i]), &at), SOUK_NOT_FOUND);
    }
    assert_int_equal(souk_time_civil(&ctx, 0, (struct souk_str){"UTC\0x", 5}, &civil),
                     SOUK_NOT_FOUND);
    assert_int_equal(souk_time_civil(&ctx, INT64_MAX, souk_str("UTC"), &civil), SOUK_INVALID);
    assert_int_equal(souk_time_civil(&ctx, INT64_MIN, souk_str(""), &civil), SOUK_INVALID);
    assert_int_equal(souk_time_join(&ctx, &CIVIL(INT32_MAX, 1, 1), souk_str(""), &at),
                     SOUK_INVALID);
    assert_int_equal(souk_time_join(&ctx, &CIVIL(2026, INT32_MIN, 1), souk_str(""), &at),
                     SOUK_INVALID);
    assert_int_equal(souk_time_join(&ctx, &CIVIL(2026, 1, INT32_MAX, INT32_MAX), souk_str(""), &at),
                     SOUK_INVALID);
    assert_int_equal(souk_time_parse(souk_str("2026-01-01"), NULL), SOUK_INVALID);
    /* what was found once is found again, many times over */
    for (int i = 0; i < 1000; i++)
        assert_int_equal(souk_time_join(&ctx, &CIVIL(2026, 1, 1), souk_str("Asia/Yerevan"), &at),
                         0);
}

static void is_read(struct souk_str got, const char *wanted)
{
    assert_string_equal(souk_copy(&ctx, got).ptr, wanted);
}

static void writes_for_people(void **state)
{
    int64_t at = moment("2026-11-27T08:05:00Z");
    struct souk_str none = souk_str("");
    (void)state;
    is_read(souk_money_text(&ctx, souk_str("en"), 123456, souk_str("EUR")), "€1,234.56");
    is_read(souk_money_text(&ctx, souk_str("bg"), -1250, souk_str("EUR")), "-12,50\u00a0€");
    is_read(souk_money_text(&ctx, souk_str("hu"), 125000, souk_str("HUF")), "1250\u00a0Ft");
    is_read(souk_money_text(&ctx, none, 500, souk_str("JPY")), "¥500");
    is_read(souk_money_text(&ctx, none, INT64_MIN, souk_str("EUR")), "-€92,233,720,368,547,758.08");
    is_read(souk_money_text(&ctx, none, 1, souk_str("")), "");
    is_read(souk_date_text(&ctx, souk_str("en"), at, SOUK_DATE, none), "27 November 2026");
    is_read(souk_date_text(&ctx, souk_str("en"), at, SOUK_DATE_TIME, none),
            "27 November 2026, 10:05");
    is_read(souk_date_text(&ctx, none, at, SOUK_TIME_ONLY, souk_str("Asia/Kolkata")), "13:35");
    is_read(souk_date_text(&ctx, souk_str("bn"), at, SOUK_TIME_ONLY, souk_str("UTC")), "০৮:০৫");
    is_read(souk_date_text(&ctx, none, at, 3, none), "");
    is_read(souk_date_text(&ctx, none, at, SOUK_DATE, souk_str("Nowhere")), "");
    is_read(souk_t_in(&ctx, souk_str("bg"), "one cup", "{count} cups", 3), "{count} cups");
    is_read(souk_t_in(&ctx, souk_str("bg"), "one cup", NULL, 3), "one cup");
    assert_int_equal(souk_locales(&ctx, NULL), SOUK_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_and_writes, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(shows_the_wall, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(joins, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(refuses, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(writes_for_people, set_up, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
