/*
 * test_work: jobs, deliveries, cron and commands of a plugin in a published set.
 */
#include "fixture.h"

#include <string.h>
#include "store/outbox.h"

static struct plugin_set *set, *before;

static struct {
    int runs, deliveries;
    int64_t number, event_id;
    char subject[40];
    int result;
} seen;

static int insert(struct souk_ctx *ctx, void *arg)
{
    (void)arg;
    return souk_exec(ctx, NULL, "INSERT INTO p_t_guest (id, name) VALUES ($1, 'made by the step')",
                     SOUK_A_INT(souk_new_id(ctx)));
}

static int run(struct souk_ctx *ctx, const struct souk_value *payload)
{
    seen.runs++;
    seen.number = souk_int(souk_get(payload, "n"), -1);
    if (seen.result)
        return souk_fail(ctx, seen.result, "the peer does not answer");
    assert_true(souk_left(ctx) > 0 && souk_left(ctx) <= 2 * CLOCK_SECOND);
    return souk_then_write(ctx, insert, NULL);
}

static int hear(struct souk_ctx *ctx, const struct souk_event *event)
{
    (void)ctx;
    seen.deliveries++;
    seen.event_id = event->id;
    seen.number = souk_int(souk_get(event->payload, "n"), -1);
    snprintf(seen.subject, sizeof(seen.subject), "%.*s", SOUK_PRI(event->subject));
    return seen.result ? souk_fail(ctx, seen.result, "not now") : SOUK_OK;
}

static int greet(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    if (argc != 1)
        return souk_fail(ctx, SOUK_INVALID, "needs a name");
    souk_print(ctx, "hello %.*s\n", SOUK_PRI(argv[0]));
    return SOUK_OK;
}

static const struct souk_job jobs[] = {
    {.name = "work", .run = run, .timeout_ms = 2000},
    {.name = "nightly", .cron = "30 3 * * *", .run = run, .timeout_ms = 2000},
};
static const struct souk_listener events[] = {
    {.event = "t.signed", .kind = SOUK_FACT, .handle = hear}};
static const struct souk_command commands[] = {
    {.name = "greet", .summary = "Greets", .run = greet}};

static int set_up(void **state)
{
    struct err err = {0};
    fixture_setup(state);
    memset(&seen, 0, sizeof(seen));
    plugin->descriptor.jobs = jobs;
    plugin->descriptor.jobs_count = 2;
    plugin->descriptor.events = events;
    plugin->descriptor.events_count = 1;
    plugin->descriptor.commands = commands;
    plugin->descriptor.commands_count = 1;
    set = set_new(&plugin, 1);
    assert_int_equal(set_assemble(set, &err), SOUK_OK);
    assert_int_equal(set_publish(set, &before, &err), SOUK_OK);
    return 0;
}

static int tear_down(void **state)
{
    struct plugin_set *old;
    struct err err = {0};
    /* An empty set takes over; it stays published for the next test. */
    assert_int_equal(set_publish(set_new(NULL, 0), &old, &err), SOUK_OK);
    assert_int_equal(set_wait(old, clock_mono() + 2 * CLOCK_MINUTE), SOUK_OK);
    set_free(old);
    return fixture_teardown(state);
}

static int add_work(struct db_conn *conn, void *arg)
{
    int64_t id;
    (void)arg;
    return job_add(conn, souk_str("t:work"), souk_str(""), souk_str(""), souk_str("{\"n\":7}"), 3,
                   0, clock_now(), &id);
}

static int add_lost(struct db_conn *conn, void *arg)
{
    int64_t id;
    (void)arg;
    return job_add(conn, souk_str("t:gone"), souk_str(""), souk_str(""), souk_str("null"), 3, 0,
                   clock_now(), &id);
}

static int add_fact(struct db_conn *conn, void *arg)
{
    return outbox_put(conn, souk_str("t.signed"), souk_str("guest:1"), souk_str("{\"n\":9}"),
                      clock_now(), arg);
}

/* Claims what is due, runs it as the clock would, says how many there were. */
static int run_due(void)
{
    struct job *list = NULL;
    struct err err = {0};
    int count = 0;
    assert_int_equal(
        job_claim(db, &arena, 10, CLOCK_MINUTE, clock_now(), work_runs, NULL, &list, &count, &err),
        SOUK_OK);
    for (int i = 0; i < count; i++)
        work_run(NULL, db, &list[i]);
    return count;
}

static void job_is_done(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(db_write(db, add_work, NULL, &err), SOUK_OK);
    assert_int_equal(run_due(), 1);
    assert_int_equal(seen.runs, 1);
    assert_int_equal(seen.number, 7);
    assert_int_equal(fixture_int("SELECT count(*) FROM p_t_guest"), 1); /* the step was written */
    assert_int_equal(run_due(), 0);
}

static void job_comes_back(void **state)
{
    (void)state;
    struct err err = {0};
    seen.result = SOUK_UNAVAILABLE;
    assert_int_equal(db_write(db, add_work, NULL, &err), SOUK_OK);
    assert_int_equal(run_due(), 1);
    assert_int_equal(run_due(), 0); /* later, not at once */
    assert_int_equal(fixture_int("SELECT count(*) FROM p_t_guest"), 0);
    assert_int_equal(fixture_int("SELECT count(*) FROM job WHERE kind = 't:work'"), 1);
}

static void unknown_job_fails(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(db_write(db, add_lost, NULL, &err), SOUK_OK);
    assert_int_equal(run_due(), 1);
    assert_int_equal(seen.runs, 0);
    assert_int_equal(fixture_int("SELECT count(*) FROM job WHERE kind = 't:gone'"), 1);
}

static void fact_is_delivered(void **state)
{
    (void)state;
    struct err err = {0};
    int64_t id = 0;
    seen.result = SOUK_ERROR;
    assert_int_equal(db_write(db, add_fact, &id, &err), SOUK_OK);
    assert_int_equal(run_due(), 1);
    assert_int_equal(seen.deliveries, 1);
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox"), 1); /* not heard yet: kept */
    seen.result = SOUK_OK;
    int64_t job = fixture_int("SELECT id FROM job");
    assert_int_equal(job_retry(db, job, clock_now(), &err), SOUK_OK);
    assert_int_equal(run_due(), 1);
    assert_int_equal(seen.deliveries, 2);
    assert_true(seen.event_id == id && id > 0);
    assert_int_equal(seen.number, 9);
    assert_string_equal(seen.subject, "guest:1");
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox"), 0);
}

static void runs_what_is_on(void **state)
{
    (void)state;
    assert_true(work_runs(NULL, souk_str("t:work")));
    assert_true(work_runs(NULL, souk_str("event:t")));
    assert_false(work_runs(NULL, souk_str("event:other")));
    assert_false(work_runs(NULL, souk_str("other:work")));
    assert_false(work_runs(NULL, souk_str("nonsense")));
}

static void cron_is_planned(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(work_plan(db, &err), SOUK_OK);
    assert_int_equal(work_plan(db, &err), SOUK_OK);
    assert_int_equal(fixture_int("SELECT count(*) FROM job WHERE kind = 't:nightly'"), 1);
    assert_int_equal(run_due(), 0);
}

/* The next night is planned when this one is over; what is declared no more is dropped. */
static void cron_comes_again(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(work_plan(db, &err), SOUK_OK);
    int64_t job = fixture_int("SELECT id FROM job");
    assert_int_equal(job_retry(db, job, clock_now(), &err), SOUK_OK);
    assert_int_equal(run_due(), 1);
    assert_int_equal(seen.runs, 1);
    assert_int_equal(fixture_int("SELECT count(*) FROM job WHERE kind = 't:nightly'"), 1);
    assert_true(fixture_int("SELECT id FROM job") != job);
    assert_true(fixture_int("SELECT due FROM job") > clock_now());
    plugin->descriptor.jobs_count = 1;
    assert_int_equal(work_plan(db, &err), SOUK_OK);
    assert_int_equal(fixture_int("SELECT count(*) FROM job"), 0);
}

/* Switched off between the claim and its turn: it waits for the plugin, with all its attempts. */
static void a_job_waits_for_its_plugin(void **state)
{
    (void)state;
    struct job *list = NULL;
    struct err err = {0};
    struct plugin_set *old;
    int count = 0;
    assert_int_equal(db_write(db, add_work, NULL, &err), SOUK_OK);
    assert_int_equal(
        job_claim(db, &arena, 10, CLOCK_MINUTE, clock_now(), work_runs, NULL, &list, &count, &err),
        SOUK_OK);
    assert_int_equal(count, 1);
    assert_int_equal(set_publish(set_new(NULL, 0), &old, &err), SOUK_OK);
    work_run(NULL, db, &list[0]);
    assert_int_equal(run_due(), 0);
    assert_int_equal(seen.runs, 0);
    assert_int_equal(fixture_int("SELECT attempt FROM job WHERE state = 'waiting'"), 0);
    assert_int_equal(set_publish(old, &before, &err), SOUK_OK);
    assert_int_equal(run_due(), 1);
    assert_int_equal(seen.runs, 1);
}

/* A run that may take longer than its lease gets a longer one first. */
static void a_long_job_keeps_its_lease(void **state)
{
    (void)state;
    struct job *list = NULL, *again = NULL;
    struct err err = {0};
    int count = 0;
    assert_int_equal(db_write(db, add_work, NULL, &err), SOUK_OK);
    int64_t now = clock_now();
    assert_int_equal(job_claim(db, &arena, 1, 1, now, work_runs, NULL, &list, &count, &err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(
        job_claim(db, &arena, 1, CLOCK_HOUR, now + 1, work_runs, NULL, &again, &count, &err), 0);
    assert_int_equal(count, 1);
    work_run(NULL, db, list); /* its lease is lost: it does not run */
    assert_int_equal(seen.runs, 0);
    work_run(NULL, db, again);
    assert_int_equal(seen.runs, 1);
}

static void commands_print(void **state)
{
    (void)state;
    struct err err = {0};
    struct buf out = {0};
    struct souk_str name = SOUK_STR("Ada");
    assert_int_equal(work_command(db, "t", "greet", 1, &name, &out, &err), SOUK_OK);
    assert_string_equal(buf_str(&out).ptr, "hello Ada\n");
    assert_int_equal(work_command(db, "t", "greet", 0, NULL, &out, &err), SOUK_INVALID);
    assert_non_null(strstr(err.text, "needs a name"));
    assert_int_equal(work_command(db, "t", "dance", 0, NULL, &out, &err), SOUK_NOT_FOUND);
    assert_non_null(strstr(err.text, "greet"));
    assert_int_equal(work_command(db, "off", "dance", 0, NULL, &out, &err), SOUK_NOT_FOUND);
    assert_non_null(strstr(err.text, "souk plugin list"));
    buf_free(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(job_is_done),
        TEST(job_comes_back),
        TEST(unknown_job_fails),
        TEST(fact_is_delivered),
        TEST(runs_what_is_on),
        TEST(cron_is_planned),
        TEST(cron_comes_again),
        TEST(a_job_waits_for_its_plugin),
        TEST(a_long_job_keeps_its_lease),
        TEST(commands_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
