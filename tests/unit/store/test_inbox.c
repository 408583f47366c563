/*
 * The inbox: a repeat is found and adds nothing.
 */
#include "fixture.h"
#include "base/board.h"
#include "base/str.h"
#include "store/inbox.h"
#include "store/job.h"

struct put {
    const char *source, *key, *payload, *job;
    int64_t id;
    int fresh;
};

static int put_write(struct db_conn *conn, void *arg)
{
    struct put *put = arg;
    return inbox_put(conn, souk_str(put->source), souk_str(put->key), souk_str(put->payload),
                     put->job, NOW, &put->id, &put->fresh);
}

static int done_write(struct db_conn *conn, void *arg)
{
    return inbox_done(conn, *(int64_t *)arg, NOW + 1);
}

static void test_repeats(void **state)
{
    struct db *db = fixture_open(NULL);
    struct arena arena = {0};
    struct inbox_item item;
    struct job *jobs;
    int count = 0;
    int64_t id = 0, none = 99;
    (void)state;
    struct put first = {"stripe", "evt_1", "{\"a\":1}", "pay:webhook", 0, 0};
    struct put again = {"stripe", "evt_1", "{\"a\":2}", "pay:webhook", 0, 0};
    struct put other = {"paypal", "evt_1", "{}", NULL, 0, 0};
    assert_int_equal(db_write(db, put_write, &first, NULL), 0);
    assert_int_equal(db_write(db, put_write, &again, NULL), 0);
    assert_int_equal(db_write(db, put_write, &other, NULL), 0);
    assert_true(first.fresh && !again.fresh && other.fresh);
    assert_true(again.id == first.id && other.id != first.id);
    assert_int_equal(job_claim(db, &arena, 5, CLOCK_MINUTE, NOW, NULL, NULL, &jobs, &count, NULL),
                     0);
    assert_int_equal(count, 1);
    assert_true(souk_str_is(jobs[0].kind, "pay:webhook"));
    assert_int_equal(str_to_int(jobs[0].payload, &id), 0);
    assert_true(id == first.id);
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(inbox_get(conn, &arena, id, &item), 0);
    assert_true(souk_str_is(item.payload, "{\"a\":1}") && item.done_at == 0 && item.at == NOW);
    assert_int_equal(inbox_get(conn, &arena, 99, &item), SOUK_NOT_FOUND);
    db_read_end(conn);
    assert_int_equal(db_write(db, done_write, &id, NULL), 0);
    assert_int_equal(db_write(db, done_write, &id, NULL), 0);
    assert_int_equal(db_write(db, done_write, &none, NULL), SOUK_NOT_FOUND);
    assert_int_equal(db_write(db, put_write, &again, NULL),
                     0); /* also when it has been worked on */
    assert_false(again.fresh);
    struct put empty = {"stripe", "", "", NULL, 0, 0};
    assert_int_equal(db_write(db, put_write, &empty, NULL), SOUK_CONFLICT);
    arena_free(&arena);
    db_shut(db);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_repeats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
