/*
 * Jobs: claims, leases and fences, order, failures, dead letters, and who is woken.
 */
#include "fixture.h"
#include <stdatomic.h>
#include "base/board.h"
#include "base/json.h"
#include "base/str.h"
#include "store/job.h"
#include "store/job.sql.h"

static struct arena arena;
static struct job *jobs;
static int count;
static _Atomic int woken;

static void wake(void *user)
{
    (void)user;
    atomic_fetch_add(&woken, 1);
}

static int setup(void **state)
{
    *state = fixture_open(NULL);
    woken = 0;
    job_on_due(*state, wake, NULL);
    return 0;
}

static int teardown(void **state)
{
    db_shut(*state);
    arena_free(&arena);
    return 0;
}

struct add {
    const char *kind, *key, *subject;
    int attempts;
    int64_t due, id;
};

static int add_write(struct db_conn *conn, void *arg)
{
    struct add *add = arg;
    return job_add(conn, souk_str(add->kind), souk_str(add->key), souk_str(add->subject),
                   souk_str("{}"), add->attempts, add->due, NOW, &add->id);
}

static int64_t add(struct db *db, const char *kind, const char *key, const char *subject,
                   int64_t due)
{
    struct add one = {kind, key, subject, 3, due, 0};
    struct err err = {0};
    if (db_write(db, add_write, &one, &err) != 0)
        return err.code;
    return one.id;
}

static int claim(struct db *db, int max, int64_t now)
{
    struct err err = {0};
    if (job_claim(db, &arena, max, CLOCK_MINUTE, now, NULL, NULL, &jobs, &count, &err) != 0)
        fail_msg("%s", err.text);
    return count;
}

static void test_claim_and_finish(void **state)
{
    struct db *db = *state;
    int64_t a = add(db, "t:a", "", "", 0);
    int64_t b = add(db, "t:b", "", "", NOW + 5);
    assert_int_equal(woken, 2);
    assert_true(job_next_due(db, NOW) == NOW);
    assert_int_equal(claim(db, 10, NOW), 1);
    assert_int_equal(woken, 2); /* a claim wakes nobody */
    assert_true(jobs[0].id == a);
    assert_int_equal(jobs[0].attempt, 1);
    assert_int_equal(jobs[0].attempts, 3);
    assert_int_equal(jobs[0].fence, 1);
    assert_int_equal(jobs[0].outbox, 0);
    assert_true(souk_str_is(jobs[0].kind, "t:a"));
    assert_true(souk_str_is(jobs[0].payload, "{}"));
    assert_true(job_next_due(db, NOW) == NOW + 5);
    struct job first = jobs[0];
    assert_int_equal(claim(db, 10, NOW), 0);
    assert_int_equal(claim(db, 10, NOW + 5), 1);
    assert_true(jobs[0].id == b);
    assert_true(job_next_due(db, NOW) == NOW + CLOCK_MINUTE); /* the first lease's end */
    assert_int_equal(job_done(db, &first, NOW), 0);
    assert_int_equal(job_done(db, &first, NOW), SOUK_CONFLICT);
    assert_int_equal(job_done(db, &jobs[0], NOW), 0);
    assert_true(job_next_due(db, NOW) == INT64_MAX);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM job"), 0);
}

static void test_at_most_max_and_all_kinds_in_turn(void **state)
{
    struct db *db = *state;
    for (int i = 0; i < 6; i++)
        add(db, "t:busy", "", "", NOW - 100 + i);
    add(db, "t:rare", "", "", NOW);
    int rare = 0;
    assert_int_equal(claim(db, 0, NOW), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(claim(db, 2, NOW), 2);
        assert_true(jobs[0].due <= jobs[1].due);
        for (int k = 0; k < 2; k++)
            rare += souk_str_is(jobs[k].kind, "t:rare");
    }
    assert_int_equal(rare, 1); /* not starved */
    assert_int_equal(claim(db, 10, NOW), 3);
}

static void test_keys(void **state)
{
    struct db *db = *state;
    assert_true(add(db, "t:a", "k", "", 0) > 0);
    assert_int_equal(add(db, "t:a", "k", "", 0), SOUK_CONFLICT);
    assert_true(add(db, "t:b", "k", "", 0) > 0);
    assert_true(add(db, "t:a", "", "", 0) > 0);
    assert_true(add(db, "t:a", "", "", 0) > 0);
    claim(db, 10, NOW);
    assert_int_equal(add(db, "t:a", "k", "", 0), SOUK_CONFLICT); /* running is alive */
    for (int i = 0; i < count; i++)
        job_done(db, &jobs[i], NOW);
    assert_true(add(db, "t:a", "k", "", 0) > 0);
}

static void test_lease(void **state)
{
    struct db *db = *state;
    add(db, "t:a", "", "", 0);
    claim(db, 1, NOW);
    struct job slow = jobs[0];
    assert_int_equal(claim(db, 1, NOW + CLOCK_MINUTE - 1), 0);
    assert_int_equal(claim(db, 1, NOW + CLOCK_MINUTE), 1);
    assert_int_equal(jobs[0].fence, 2);
    assert_int_equal(jobs[0].attempt, 2);
    assert_int_equal(job_done(db, &slow, NOW), SOUK_CONFLICT);
    assert_int_equal(job_failed(db, &slow, souk_str("late"), NOW), SOUK_CONFLICT);
    assert_int_equal(claim(db, 1, NOW + 2 * CLOCK_MINUTE), 1);
    assert_int_equal(claim(db, 1, NOW + 3 * CLOCK_MINUTE), 0); /* that was the third: dead */
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM job WHERE state = 'dead'"), 1);
    assert_true(job_next_due(db, NOW) == INT64_MAX);
}

static void test_order_of_a_subject(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    int64_t first = add(db, "t:a", "", "order-1", NOW + 50);
    int64_t second = add(db, "t:a", "", "order-1", 0);
    int64_t other = add(db, "t:a", "", "order-2", 0);
    int64_t kind = add(db, "t:b", "", "order-1", 0);
    assert_int_equal(claim(db, 10, NOW), 2); /* the older one is not due yet: its younger waits */
    assert_true((jobs[0].id == other && jobs[1].id == kind) ||
                (jobs[0].id == kind && jobs[1].id == other));
    assert_true(job_next_due(db, NOW) == NOW + 50);
    assert_int_equal(claim(db, 10, NOW + 50), 1);
    assert_true(jobs[0].id == first);
    struct job running = jobs[0];
    assert_int_equal(claim(db, 10, NOW + 50), 0); /* running: the younger waits */
    assert_int_equal(job_failed(db, &running, souk_str("x"), NOW + 50), 0);
    assert_int_equal(claim(db, 10, NOW + 60), 0); /* waiting to be tried again: the same */
    char dead[100];
    snprintf(dead, sizeof dead, "SELECT count(*) FROM job WHERE state = 'dead' AND id = %lld",
             (long long)first);
    for (int64_t now = NOW + CLOCK_HOUR; fixture_int(db, dead) == 0; now += CLOCK_HOUR)
        if (claim(db, 1, now) == 1)
            assert_int_equal(job_failed(db, &jobs[0], souk_str("x"), now), 0);
    claim(db, 10, NOW + 100 * CLOCK_HOUR); /* a dead one does not block */
    int seen = 0;
    for (int i = 0; i < count; i++)
        seen += jobs[i].id == second;
    assert_int_equal(seen, 1);
    assert_int_equal(job_cancel(db, second, &err), SOUK_CONFLICT);
    assert_non_null(strstr(err.text, "running"));
}

static void test_not_before(void **state)
{
    struct db *db = *state;
    add(db, "t:a", "", "", 0);
    assert_int_equal(claim(db, 1, NOW), 1);
    assert_int_equal(job_failed_until(db, &jobs[0], souk_str("wait"), NOW + CLOCK_HOUR, NOW), 0);
    assert_true(job_next_due(db, NOW) == NOW + CLOCK_HOUR);
    assert_int_equal(claim(db, 1, NOW + CLOCK_HOUR - 1), 0);
    assert_int_equal(claim(db, 1, NOW + CLOCK_HOUR),
                     1); /* sooner than its own steps is not heard */
    assert_int_equal(job_failed_until(db, &jobs[0], souk_str("wait"), NOW, NOW + CLOCK_HOUR), 0);
    assert_true(job_next_due(db, NOW) > NOW + CLOCK_HOUR + 4 * CLOCK_SECOND);
}

static void test_back_off(void **state)
{
    static const int64_t delays[] = {CLOCK_SECOND,     5 * CLOCK_SECOND,  30 * CLOCK_SECOND,
                                     2 * CLOCK_MINUTE, 10 * CLOCK_MINUTE, 60 * CLOCK_MINUTE,
                                     6 * CLOCK_HOUR,   6 * CLOCK_HOUR};
    struct db *db = *state;
    struct add one = {"t:a", "", "", 9, 0, 0};
    char long_words[2000];
    memset(long_words, 'w', sizeof long_words);
    assert_int_equal(db_write(db, add_write, &one, NULL), 0);
    int64_t now = NOW;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(claim(db, 1, now), 1);
        assert_int_equal(jobs[0].attempt, i + 1);
        assert_int_equal(
            job_failed(db, &jobs[0], (struct souk_str){long_words, sizeof long_words}, now), 0);
        int64_t due = job_next_due(db, now);
        assert_true(due - now >= delays[i] - delays[i] / 10 &&
                    due - now <= delays[i] + delays[i] / 10);
        now = due;
    }
    assert_int_equal(claim(db, 1, now), 1);
    assert_int_equal(job_failed(db, &jobs[0], souk_str("for good"), now), 0);
    assert_int_equal(
        fixture_int(db, "SELECT count(*) FROM job WHERE state = 'dead' AND why = 'for good'"), 1);
}

static int not_quarantined(void *user, struct souk_str kind)
{
    (void)user;
    return !souk_str_is(kind, "bad:job");
}

static void test_refused_kinds_wait(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    add(db, "bad:job", "", "", 0);
    add(db, "good:job", "", "", NOW + 7);
    assert_int_equal(
        job_claim(db, &arena, 5, CLOCK_MINUTE, NOW, not_quarantined, NULL, &jobs, &count, &err), 0);
    assert_int_equal(count, 0);
    assert_true(job_next_due(db, NOW) == NOW + 7); /* or the clock would turn without end */
    assert_int_equal(claim(db, 5, NOW), 1);
    assert_true(souk_str_is(jobs[0].kind, "bad:job"));
}

static void test_by_hand(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    int64_t id = add(db, "t:a", "k", "", 0);
    for (int i = 0; i < 3; i++) {
        int64_t now = NOW + i * CLOCK_HOUR;
        claim(db, 1, now);
        assert_int_equal(job_failed(db, &jobs[0], souk_str("no"), now), 0);
    }
    struct db_conn *conn = db_read_begin(db, 0);
    struct json *list = json_new(&arena, JSON_ARRAY);
    assert_int_equal(job_list(conn, &arena, souk_str("dead"), 10, list), 0);
    assert_int_equal(list->count, 1);
    assert_true(souk_str_is(json_text(json_at(&list->first->value, "why")), "no"));
    list = json_new(&arena, JSON_ARRAY);
    assert_int_equal(job_list(conn, &arena, souk_str("waiting"), 10, list), 0);
    assert_int_equal(list->count, 0);
    db_read_end(conn);
    int64_t twin = add(db, "t:a", "k", "", 0);
    assert_int_equal(job_retry(db, id, NOW, &err), SOUK_CONFLICT);
    assert_int_equal(job_cancel(db, twin, &err), 0);
    int before = woken;
    assert_int_equal(job_retry(db, id, NOW, &err), 0);
    assert_int_equal(woken, before + 1);
    assert_int_equal(claim(db, 1, NOW), 1);
    assert_int_equal(jobs[0].attempt, 1);
    assert_int_equal(job_retry(db, id, NOW, &err), SOUK_CONFLICT);
    assert_int_equal(job_retry(db, 12345, NOW, &err), SOUK_NOT_FOUND);
    assert_int_equal(job_cancel(db, 12345, &err), SOUK_NOT_FOUND);
}

static int finish_and_fail(struct db_conn *conn, void *arg)
{
    int code = job_finish(conn, arg);
    return code ? code : SOUK_ERROR;
}

static void test_finish_with_the_effect(void **state)
{
    struct db *db = *state;
    add(db, "t:a", "", "", 0);
    claim(db, 1, NOW);
    assert_int_equal(db_write(db, finish_and_fail, &jobs[0], NULL), SOUK_ERROR);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM job WHERE state = 'running'"), 1);
    assert_int_equal(job_done(db, &jobs[0], NOW), 0);
}

/* No statement that the clock asks again and again walks over the whole table. */
static void test_indexes(void **state)
{
    static const struct db_statement *const asked[] = {&sql_job_take,         &sql_job_expire,
                                                       &sql_job_next_of_kind, &sql_job_next_lease,
                                                       &sql_job_kinds,        &sql_job_settle};
    static const int parameters[] = {4, 1, 1, 0, 0, 1};
    struct db *db = *state;
    struct db_arg none[4] = {DB_NULL, DB_NULL, DB_NULL, DB_NULL};
    struct db_conn *conn = db_read_begin(db, 0);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct db_rows rows;
        int steps = 0;
        struct souk_str text = arena_printf(&arena, "EXPLAIN QUERY PLAN %s", asked[i]->sql);
        assert_int_equal(
            db_query_args(conn, db_intern(db, NULL, text.ptr), &rows, none, parameters[i]), 0);
        while (db_next(&rows) == 1) {
            struct souk_str step = arena_str(&arena, db_text(&rows, 3));
            steps++;
            if (str_starts(step, "SCAN job") || str_starts(step, "SCAN j ") ||
                str_starts(step, "SCAN older"))
                if (!strstr(step.ptr, "USING") || !strstr(step.ptr, "job_leased"))
                    fail_msg("%s: %s", asked[i]->name, step.ptr);
        }
        assert_true(steps > 0);
    }
    db_read_end(conn);
}

/* ---- leases ---- */

static void test_a_lease_is_made_longer(void **state)
{
    struct db *db = *state;
    add(db, "t:a", "", "", 0);
    assert_int_equal(claim(db, 1, NOW), 1);
    struct job job = jobs[0];
    assert_true(job.lease_until == NOW + CLOCK_MINUTE);
    assert_int_equal(job_extend(db, &job, NOW + CLOCK_HOUR, NOW), 0);
    assert_int_equal(claim(db, 1, NOW + 2 * CLOCK_MINUTE), 0);
    assert_int_equal(claim(db, 1, NOW + CLOCK_HOUR), 1); /* nobody finished it */
    assert_int_equal(job_extend(db, &job, NOW + 2 * CLOCK_HOUR, NOW), SOUK_CONFLICT);
}

static void test_given_back_is_no_attempt(void **state)
{
    struct db *db = *state;
    add(db, "t:a", "", "", 0);
    assert_int_equal(claim(db, 1, NOW), 1);
    struct job job = jobs[0];
    assert_int_equal(job_give_back(db, &job, NOW), 0);
    assert_int_equal(job_give_back(db, &job, NOW), SOUK_CONFLICT);
    assert_int_equal(claim(db, 1, NOW), 1);
    assert_int_equal(jobs[0].attempt, 1);
    assert_int_equal(job_done(db, &job, NOW), SOUK_CONFLICT); /* the first lease is over */
    assert_int_equal(job_done(db, &jobs[0], NOW), 0);
}

/* What a dead process left running is a failure: it comes back after a wait, or is dead. */
static void test_orphans_are_recovered(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    for (int i = 0; i < 120; i++) /* more than one look */
        add(db, "t:a", "", "", 0);
    assert_int_equal(claim(db, 200, NOW), 120);
    struct job job = jobs[0];
    assert_int_equal(job_recover(db, NOW + 1, &err), 0);
    assert_int_equal(claim(db, 200, NOW + 1), 0);
    assert_int_equal(job_done(db, &job, NOW + 1), SOUK_CONFLICT);
    assert_int_equal(claim(db, 200, NOW + 2 * CLOCK_SECOND), 120);
    assert_int_equal(jobs[0].attempt, 2);
    assert_int_equal(job_recover(db, NOW, &err), 0);
    assert_int_equal(claim(db, 200, NOW + CLOCK_MINUTE), 120);
    assert_int_equal(job_recover(db, NOW, &err), 0); /* that was the third and last */
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM job WHERE state = 'dead'"), 120);
    assert_int_equal(job_recover(db, NOW, &err), 0);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_claim_and_finish, setup, teardown),
        cmocka_unit_test_setup_teardown(test_at_most_max_and_all_kinds_in_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lease, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_of_a_subject, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_back_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_kinds_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finish_with_the_effect, setup, teardown),
        cmocka_unit_test_setup_teardown(test_indexes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_lease_is_made_longer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_given_back_is_no_attempt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_orphans_are_recovered, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
