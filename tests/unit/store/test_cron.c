/*
 * Cron rules: what is accepted, and the next time.
 */
#include "fixture.h"
#include "base/board.h"
#include "store/job.h"

static void check(const char *rule, const char *after, const char *next)
{
    struct cron cron;
    struct err err = {0};
    char text[32] = "never";
    int64_t at = 0;
    if (cron_parse(souk_str(rule), &cron, &err) != 0)
        fail_msg("%s: %s", rule, err.text);
    assert_int_equal(clock_parse(souk_str(after), &at), 0);
    int64_t found = cron_next(&cron, at);
    if (found != INT64_MAX)
        clock_format(found, 0, text);
    if (strcmp(text, next) != 0)
        fail_msg("\"%s\" after %s: %s, not %s", rule, after, text, next);
}

static void test_next(void **state)
{
    (void)state;
    check("* * * * *", "2026-11-27T10:00:00Z", "2026-11-27T10:01:00Z");
    check("* * * * *", "2026-11-27T10:00:59Z", "2026-11-27T10:01:00Z");
    check("30 4 * * *", "2026-11-27T04:29:59Z", "2026-11-27T04:30:00Z");
    check("30 4 * * *", "2026-11-27T04:30:00Z", "2026-11-28T04:30:00Z");
    check("*/15 * * * *", "2026-11-27T10:46:00Z", "2026-11-27T11:00:00Z");
    check("5/20 * * * *", "2026-11-27T10:06:00Z", "2026-11-27T10:25:00Z");
    check("0 9-17/4 * * *", "2026-11-27T13:00:00Z", "2026-11-27T17:00:00Z");
    check("0 9-17/4 * * *", "2026-11-27T17:00:00Z", "2026-11-28T09:00:00Z");
    check("0 0 1,15 * *", "2026-11-27T00:00:00Z", "2026-12-01T00:00:00Z");
    check("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z");
    check("0 0 * feb *", "2026-03-01T00:00:00Z", "2027-02-01T00:00:00Z");
    check("0 0 * JAN-MAR *", "2026-11-27T00:00:00Z", "2027-01-01T00:00:00Z");
    check("0 0 31 * *", "2026-11-27T00:00:00Z", "2026-12-31T00:00:00Z");
}

static void test_leap_days(void **state)
{
    (void)state;
    check("0 0 29 2 *", "2026-11-27T00:00:00Z", "2028-02-29T00:00:00Z");
    check("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"); /* 2100 is none */
    check("0 0 30 2 *", "2026-11-27T00:00:00Z", "never");
    check("0 0 31 4,6,9,11 *", "2026-11-27T00:00:00Z", "never");
}

static void test_weekdays(void **state)
{
    (void)state;
    /* 2026-11-27 is a Friday */
    check("0 8 * * mon-fri", "2026-11-27T08:00:00Z", "2026-11-30T08:00:00Z");
    check("0 8 * * 0", "2026-11-27T08:00:00Z", "2026-11-29T08:00:00Z");
    check("0 8 * * 7", "2026-11-27T08:00:00Z", "2026-11-29T08:00:00Z");
    check("0 8 * * 5-7", "2026-11-28T08:00:00Z", "2026-11-29T08:00:00Z");
    check("0 8 * * Sun", "2026-11-27T08:00:00Z", "2026-11-29T08:00:00Z");
    /* both limited: either is enough */
    check("0 0 13 * fri", "2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z");
    check("0 0 13 * fri", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z");
    /* a star, also with a step, does not limit */
    check("0 0 13 * *", "2026-11-27T00:00:00Z", "2026-12-13T00:00:00Z");
    check("0 0 */2 * fri", "2026-11-27T00:00:00Z", "2026-12-11T00:00:00Z");
}

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "-1 * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "1, * * * *",
        ",1 * * * *",
        "a * * * *",
        "1-2-3 * * * *",
        "*/x * * * *",
        "* * * jann *",
        "1/ * * * *",
        "1- * * * *",
        "*-3 * * * *",
        "+1 * * * *",
        "99999999999999999999 * * * *",
    };
    struct cron cron;
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cron_parse(souk_str(bad[i]), &cron, &err) == 0)
            fail_msg("accepted: \"%s\"", bad[i]);
    assert_int_equal(cron_parse(souk_str("* 24 * * *"), &cron, &err), SOUK_INVALID);
    assert_non_null(strstr(err.text, "hour"));
    assert_int_equal(cron_parse(souk_str("  0\t0 * * *  "), &cron, &err), 0);
}

static void test_plan(void **state)
{
    struct db *db = fixture_open(NULL);
    struct cron hourly, daily, never;
    struct err err = {0};
    struct arena arena = {0};
    struct job *jobs;
    int count;
    (void)state;
    struct souk_str kind = souk_str("t:nightly");
    int64_t now = 0;
    clock_parse(souk_str("2026-11-27T10:30:00Z"), &now);
    cron_parse(souk_str("0 * * * *"), &hourly, NULL);
    cron_parse(souk_str("0 3 * * *"), &daily, NULL);
    cron_parse(souk_str("0 3 30 2 *"), &never, NULL);
    assert_int_equal(cron_plan(db, kind, &never, 3, now, &err), SOUK_INVALID);
    assert_int_equal(cron_plan(db, kind, &daily, 3, now, &err), 0);
    assert_int_equal(cron_plan(db, kind, &daily, 3, now, &err), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM job"), 1);
    assert_true(job_next_due(db, now) == cron_next(&daily, now));
    assert_int_equal(cron_plan(db, kind, &hourly, 3, now, &err),
                     0); /* the rule has changed: moved */
    assert_true(job_next_due(db, now) == cron_next(&hourly, now));
    int64_t later = now + 3 * CLOCK_HOUR; /* was down meanwhile: the missed one is kept */
    assert_int_equal(cron_plan(db, kind, &hourly, 3, later, &err), 0);
    assert_int_equal(job_claim(db, &arena, 5, CLOCK_MINUTE, later, NULL, NULL, &jobs, &count, &err),
                     0);
    assert_int_equal(count, 1);
    assert_int_equal(cron_plan(db, kind, &hourly, 3, later, &err), 0); /* running: nothing to do */
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM job"), 1);
    assert_int_equal(job_failed(db, &jobs[0], souk_str("no"), later), 0);
    int64_t retry = job_next_due(db, later);
    assert_int_equal(cron_plan(db, kind, &hourly, 3, later, &err), 0); /* its repetition stays */
    assert_true(job_next_due(db, later) == retry);
    arena_free(&arena);
    db_shut(db);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next),     cmocka_unit_test(test_leap_days),
        cmocka_unit_test(test_weekdays), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
