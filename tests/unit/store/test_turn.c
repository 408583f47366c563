/*
 * The clock's turns: one write at a time, not waited for, taken again when it is over, also when it
 * failed or was not taken; what becomes of it when the database is shut.
 */
#include "fixture.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include "base/board.h"
#include "store/conn.h"
#include "store/turn.h"

static sem_t entered, leave;
static _Atomic int looks, wanted, runs, code;

static int waits(struct db_conn *conn)
{
    assert_false(db_is_writer(conn));
    atomic_fetch_add(&looks, 1);
    return atomic_load(&wanted);
}

static int run(struct db_conn *conn)
{
    assert_true(db_is_writer(conn));
    atomic_fetch_add(&runs, 1);
    return atomic_load(&code);
}

static int run_held(struct db_conn *conn)
{
    sem_post(&entered);
    sem_wait(&leave);
    return run(conn);
}

static int hold(struct db_conn *conn, void *arg)
{
    (void)conn;
    (void)arg;
    sem_post(&entered);
    sem_wait(&leave);
    return 0;
}

static int setup(void **state)
{
    sem_init(&entered, 0, 0);
    sem_init(&leave, 0, 0);
    atomic_store(&looks, 0);
    atomic_store(&wanted, 1);
    atomic_store(&runs, 0);
    atomic_store(&code, 0);
    *state = fixture_open(NULL);
    return 0;
}

static int teardown(void **state)
{
    if (*state)
        db_shut(*state);
    sem_destroy(&entered);
    sem_destroy(&leave);
    return 0;
}

/* Results are told in the order of the queue: what was pushed before is over. */
static void barrier(struct db *db)
{
    assert_int_equal(fixture_write(db, "DELETE FROM p_t_item WHERE id = -1", NULL), 0);
}

static void test_one_at_a_time(void **state)
{
    struct turn turn = {.waits = waits, .fn = run_held, .failed = "test.failed"};
    assert_int_equal(turn_take(*state, &turn), 1);
    sem_wait(&entered); /* and nobody has waited for it */
    for (int i = 0; i < 3; i++)
        assert_int_equal(turn_take(*state, &turn), 0);
    assert_int_equal(looks, 1);
    sem_post(&leave);
    barrier(*state);
    assert_int_equal(runs, 1);
    assert_int_equal(turn_take(*state, &turn), 1);
    sem_post(&leave);
    barrier(*state);
    assert_int_equal(runs, 2);
    assert_int_equal(looks, 2);
}

static void test_two_kinds_do_not_hinder_each_other(void **state)
{
    struct turn held = {.fn = run_held, .failed = "test.failed"};
    struct turn other = {.fn = run, .failed = "test.failed"};
    assert_int_equal(turn_take(*state, &held), 1);
    sem_wait(&entered);
    assert_int_equal(turn_take(*state, &other), 1);
    assert_int_equal(turn_take(*state, &other), 0); /* it stands in the queue */
    sem_post(&leave);
    barrier(*state);
    assert_int_equal(runs, 2);
}

static void test_nothing_to_do(void **state)
{
    struct turn turn = {.waits = waits, .fn = run, .failed = "test.failed"};
    atomic_store(&wanted, 0);
    assert_int_equal(turn_take(*state, &turn), 0);
    barrier(*state);
    assert_int_equal(looks, 1);
    assert_int_equal(runs, 0);
    atomic_store(&wanted, 1);
    assert_int_equal(turn_take(*state, &turn), 1);
    barrier(*state);
    assert_int_equal(runs, 1);
}

static void test_its_pace(void **state)
{
    struct turn slow = {.waits = waits, .fn = run, .failed = "test.failed", .every = CLOCK_HOUR};
    struct turn brisk = {.waits = waits, .fn = run, .failed = "test.failed", .every = CLOCK_MS};
    atomic_store(&wanted, 0);
    assert_int_equal(turn_take(*state, &slow), 0);
    atomic_store(&wanted, 1);
    assert_int_equal(turn_take(*state, &slow), 0); /* not even a look */
    assert_int_equal(looks, 1);
    for (int taken = 0; taken < 3;) {
        taken += turn_take(*state, &brisk);
        barrier(*state);
        assert_int_equal(runs, taken);
    }
}

static void test_a_failed_one_is_told_and_taken_again(void **state)
{
    struct turn turn = {.fn = run, .failed = "test.failed"};
    char said[2000] = "";
    int ends[2], kept = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    log_setup(LOG_WARN, 0);
    atomic_store(&code, SOUK_CONFLICT);
    assert_int_equal(turn_take(*state, &turn), 1);
    barrier(*state);
    atomic_store(&code, 0);
    assert_int_equal(turn_take(*state, &turn), 1);
    barrier(*state);
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    close(kept);
    close(ends[1]);
    ssize_t len = read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    assert_true(len > 0);
    const char *first = strstr(said, "test.failed");
    assert_non_null(first);
    assert_null(strstr(first + 1, "test.failed"));
    assert_int_equal(runs, 2);
}

static void test_a_full_queue(void **state)
{
    struct db_write gate = {.fn = hold}, filler = {.fn = fixture_run_text};
    struct turn turn = {.waits = waits, .fn = run, .failed = "test.failed"};
    struct db_options options = {.queue = 1};
    struct db *db = fixture_open(&options);
    (void)state;
    filler.arg = (void *)(uintptr_t) "DELETE FROM p_t_item";
    assert_int_equal(db_write_push(db, &gate), 0);
    sem_wait(&entered);
    assert_int_equal(db_write_push(db, &filler), 0);
    assert_int_equal(turn_take(db, &turn), 0);
    assert_int_equal(turn_take(db, &turn), 0);
    assert_int_equal(looks, 2); /* it is not kept out by the one that was not taken */
    sem_post(&leave);
    while (!turn_take(db, &turn))
        sched_yield();
    db_shut(db);
    assert_int_equal(runs, 1);
}

static void *shut(void *arg)
{
    db_shut(arg);
    return NULL;
}

static int is_stopping(struct db *db)
{
    pthread_mutex_lock(&db->mutex);
    int stopping = db->stopping;
    pthread_mutex_unlock(&db->mutex);
    return stopping;
}

static void test_the_end(void **state)
{
    struct turn before = {.fn = run_held, .failed = "test.failed"};
    struct turn late = {.fn = run, .failed = "test.failed"};
    struct db *db = *state;
    pthread_t thread;
    *state = NULL;
    assert_int_equal(turn_take(db, &before), 1);
    sem_wait(&entered);
    assert_int_equal(pthread_create(&thread, NULL, shut, db), 0);
    while (!is_stopping(db))
        sched_yield();
    assert_int_equal(turn_take(db, &late), 0); /* and nothing of it stays in the queue */
    assert_int_equal(atomic_load(&late.busy), 0);
    sem_post(&leave);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&before.busy), 0); /* what was taken has been run and told */
    assert_int_equal(runs, 1);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_kinds_do_not_hinder_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_do, setup, teardown),
        cmocka_unit_test_setup_teardown(test_its_pace, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_one_is_told_and_taken_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_queue, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
