/*
 * The outbox: a fact for each consumer, in one transaction with what it tells, gone
 * with the last delivery.
 */
#include "fixture.h"
#include "base/board.h"
#include "store/job.h"
#include "store/outbox.h"

static struct arena arena;
static struct job *jobs;
static int count;

static int consumers(void *user, struct souk_str topic, struct arena *to, const char ***names)
{
    static const char *const both[] = {"mail", "stats"};
    (void)user;
    if (!souk_str_is(topic, "order.placed"))
        return 0;
    *names = (const char **)arena_copy(to, both, sizeof both);
    return 2;
}

static int setup(void **state)
{
    struct db_options options = {.consumers = consumers};
    *state = fixture_open(&options);
    return 0;
}

static int teardown(void **state)
{
    db_shut(*state);
    arena_free(&arena);
    return 0;
}

struct put {
    const char *topic, *subject;
    int64_t id;
    int code;
};

static int put_write(struct db_conn *conn, void *arg)
{
    struct put *put = arg;
    int code = outbox_put(conn, souk_str(put->topic), souk_str(put->subject), souk_str("{\"n\":1}"),
                          NOW, &put->id);
    return code ? code : put->code;
}

static int64_t put(struct db *db, const char *topic, const char *subject)
{
    struct put one = {topic, subject, 0, 0};
    assert_int_equal(db_write(db, put_write, &one, NULL), 0);
    return one.id;
}

static int claim(struct db *db, int64_t now)
{
    assert_int_equal(job_claim(db, &arena, 10, CLOCK_MINUTE, now, NULL, NULL, &jobs, &count, NULL),
                     0);
    return count;
}

static void test_delivered_to_each(void **state)
{
    struct db *db = *state;
    struct outbox_fact fact;
    int64_t id = put(db, "order.placed", "order-1");
    assert_int_equal(claim(db, NOW), 2);
    assert_true(souk_str_is(jobs[0].kind, "event:mail") ||
                souk_str_is(jobs[0].kind, "event:stats"));
    assert_true(jobs[0].outbox == id && jobs[1].outbox == id);
    assert_true(souk_str_is(jobs[0].subject, "order-1"));
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(outbox_get(conn, &arena, id, &fact), 0);
    assert_int_equal(outbox_get(conn, &arena, 12, &fact), SOUK_NOT_FOUND);
    db_read_end(conn);
    assert_true(souk_str_is(fact.topic, "order.placed") && souk_str_is(fact.payload, "{\"n\":1}"));
    assert_true(fact.at == NOW);
    assert_int_equal(job_done(db, &jobs[0], NOW), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM outbox"), 1);
    assert_int_equal(job_done(db, &jobs[1], NOW), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM outbox"), 0);
}

static void test_in_order_for_each(void **state)
{
    struct db *db = *state;
    int64_t first = put(db, "order.placed", "order-1");
    int64_t second = put(db, "order.placed", "order-1");
    put(db, "order.placed", "order-2");
    assert_int_equal(claim(db, NOW), 4); /* both consumers: order-1's first and order-2's */
    struct job done = {0};
    for (int i = 0; i < count; i++) {
        assert_true(jobs[i].outbox != second);
        if (jobs[i].outbox == first)
            done = jobs[i];
    }
    assert_int_equal(job_done(db, &done, NOW), 0);
    assert_int_equal(claim(db, NOW), 1); /* that consumer goes on; the other one still waits */
    assert_true(jobs[0].outbox == second);
    assert_true(souk_str_equal(jobs[0].kind, done.kind));
}

static void test_nobody_listens(void **state)
{
    struct db *db = *state;
    assert_true(put(db, "nobody.cares", "x") > 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM job"), 0);
}

static void test_with_its_transaction(void **state)
{
    struct db *db = *state;
    struct put one = {"order.placed", "x", 0, SOUK_CONFLICT};
    assert_int_equal(db_write(db, put_write, &one, NULL), SOUK_CONFLICT);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM job"), 0);
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(
        outbox_put(conn, souk_str("order.placed"), souk_str(""), souk_str(""), NOW, NULL),
        SOUK_WRONG_KIND);
    db_read_end(conn);
}

static void test_dead_and_cancelled(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    put(db, "order.placed", "x");
    int64_t now = NOW;
    claim(db, now);
    struct job mail = jobs[0];
    assert_int_equal(job_done(db, &jobs[1], now), 0);
    assert_int_equal(fixture_write(db, "UPDATE job SET attempts = 1", &err), 0);
    assert_int_equal(job_failed(db, &mail, souk_str("gone"), now), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM outbox"),
                     1); /* kept for whoever retries it */
    assert_int_equal(job_cancel(db, mail.id, &err), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM outbox"), 0);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_delivered_to_each, setup, teardown),
        cmocka_unit_test_setup_teardown(test_in_order_for_each, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_listens, setup, teardown),
        cmocka_unit_test_setup_teardown(test_with_its_transaction, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dead_and_cancelled, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
