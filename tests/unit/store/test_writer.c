/*
 * The writer: groups and their syncs, closures that fail, destroy the transaction or
 * make the commit fail, the bounds of the queue, what is bumped, and when the log is
 * moved.
 */
#include "fixture.h"
#include "shim_vfs.h"
#include <pthread.h>
#include "base/board.h"
#include "store/unit.h"

static struct db_options on_disk;
static char folder[64];

struct gate { /* a closure that holds the writer until it is let go */
    struct db_write write;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int inside, open;
};

static int gate_run(struct db_conn *conn, void *arg)
{
    struct gate *gate = arg;
    (void)conn;
    pthread_mutex_lock(&gate->mutex);
    gate->inside = 1;
    pthread_cond_broadcast(&gate->cond);
    while (!gate->open)
        pthread_cond_wait(&gate->cond, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
    return 0;
}

static void gate_push(struct db *db, struct gate *gate)
{
    memset(gate, 0, sizeof *gate);
    pthread_mutex_init(&gate->mutex, NULL);
    pthread_cond_init(&gate->cond, NULL);
    gate->write.fn = gate_run;
    gate->write.arg = gate;
    assert_int_equal(db_write_push(db, &gate->write), 0);
}

static void gate_wait_inside(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    while (!gate->inside)
        pthread_cond_wait(&gate->cond, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
}

static void gate_close(struct db *db, struct gate *gate)
{
    gate_push(db, gate);
    gate_wait_inside(gate);
}

static void gate_let_go(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->open = 1;
    pthread_cond_broadcast(&gate->cond);
    pthread_mutex_unlock(&gate->mutex);
}

struct job_write { /* one write of a test, and what became of it */
    struct db_write write;
    const char *sql;
    int code; /* returned by the closure */
    int runs;
    int order; /* place among the answers */
};

static int answers;
static pthread_mutex_t answers_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answers_cond = PTHREAD_COND_INITIALIZER;

static int run_job_write(struct db_conn *conn, void *arg)
{
    struct job_write *job = arg;
    job->runs++;
    int code = db_run(conn, db_intern(db_of(conn), NULL, job->sql), NULL);
    return code ? code : job->code;
}

static void answer_job_write(struct db_write *write)
{
    pthread_mutex_lock(&answers_mutex);
    ((struct job_write *)write)->order = ++answers;
    pthread_cond_signal(&answers_cond);
    pthread_mutex_unlock(&answers_mutex);
}

static void wait_for_answers(int count)
{
    pthread_mutex_lock(&answers_mutex);
    while (answers < count)
        pthread_cond_wait(&answers_cond, &answers_mutex);
    pthread_mutex_unlock(&answers_mutex);
}

static void push_job_write(struct db *db, struct job_write *job, const char *sql)
{
    memset(job, 0, sizeof *job);
    job->sql = sql;
    job->write.fn = run_job_write;
    job->write.arg = job;
    job->write.done = answer_job_write;
    assert_int_equal(db_write_push(db, &job->write), 0);
}

static int setup(void **state)
{
    fixture_folder(folder, sizeof folder);
    on_disk = (struct db_options){.dir = folder, .queue = 256};
    answers = 0;
    *state = fixture_open(&on_disk);
    return 0;
}

static int teardown(void **state)
{
    db_shut(*state);
    fixture_remove(folder);
    shim_forget();
    return 0;
}

/* Passes when everything before it has been answered. */
static void barrier(struct db *db)
{
    assert_int_equal(fixture_write(db, "DELETE FROM p_t_item WHERE id = -1", NULL), 0);
}

static void test_one_sync_for_a_lone_commit(void **state)
{
    struct db *db = *state;
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (1, 'a')", NULL), 0);
    for (int i = 2; i < 12; i++) {
        char sql[100];
        int before = shim_syncs;
        snprintf(sql, sizeof sql, "INSERT INTO p_t_item (id, name) VALUES (%d, 'n%d')", i, i);
        assert_int_equal(fixture_write(db, sql, NULL), 0);
        assert_int_equal(shim_syncs - before, 1);
    }
    int before = shim_syncs;
    barrier(db); /* changes nothing: no sync */
    assert_int_equal(shim_syncs - before, 0);
}

static void test_one_sync_for_a_group(void **state)
{
    struct db *db = *state;
    static struct job_write jobs[64];
    static char sql[64][100];
    struct gate gate;
    struct db_stats before_stats, stats;
    barrier(db);
    gate_close(db, &gate);
    for (int i = 0; i < 64; i++) {
        snprintf(sql[i], sizeof sql[i], "INSERT INTO p_t_item (id, name) VALUES (%d, 'g%d')", i + 1,
                 i);
        push_job_write(db, &jobs[i], sql[i]);
    }
    db_stats(db, &before_stats);
    assert_int_equal(before_stats.waiting, 64);
    int before = shim_syncs;
    gate_let_go(&gate);
    barrier(db);
    assert_int_equal(shim_syncs - before, 1);
    for (int i = 0; i < 64; i++) {
        assert_int_equal(jobs[i].write.result, 0);
        assert_int_equal(jobs[i].runs, 1);
        assert_int_equal(jobs[i].order, i + 1);
    }
    db_stats(db, &stats);
    assert_in_range(stats.largest_group, 64, 65);
    assert_int_equal(stats.waiting, 0);
    assert_int_equal(fixture_int(db, fixture_count.sql), 64);
}

/* While the disk is at work on one, the others are run: they need one sync together. */
static void test_the_next_group_is_run_meanwhile(void **state)
{
    struct db *db = *state;
    static struct job_write first, jobs[40];
    static char sql[40][100];
    struct gate gate;
    barrier(db);
    int before = shim_syncs;
    shim_hold(1);
    push_job_write(db, &first, "INSERT INTO p_t_item (id, name) VALUES (1, 'a')");
    shim_wait_inside();
    gate_push(db, &gate);
    for (int i = 0; i < 40; i++) {
        snprintf(sql[i], sizeof sql[i], "INSERT INTO p_t_item (id, name) VALUES (%d, 'm%d')", i + 2,
                 i);
        push_job_write(db, &jobs[i], sql[i]);
    }
    gate_wait_inside(&gate); /* it runs though the disk holds the first */
    assert_int_equal(answers, 0);
    gate_let_go(&gate);
    shim_hold(0);
    wait_for_answers(41);
    assert_int_equal(shim_syncs - before, 2);
    for (int i = 0; i < 40; i++)
        assert_int_equal(jobs[i].order, i + 2);
}

static void test_a_failure_is_undone_alone(void **state)
{
    struct db *db = *state;
    struct job_write good, bad, twin;
    struct gate gate;
    gate_close(db, &gate);
    push_job_write(db, &good, "INSERT INTO p_t_item (id, name) VALUES (1, 'good')");
    push_job_write(db, &bad, "INSERT INTO p_t_item (id, name) VALUES (2, 'bad')");
    bad.code = SOUK_DENIED;
    push_job_write(db, &twin, "INSERT INTO p_t_item (id, name) VALUES (3, 'good')");
    gate_let_go(&gate);
    barrier(db);
    assert_int_equal(good.write.result, 0);
    assert_int_equal(bad.write.result, SOUK_DENIED);
    assert_int_equal(twin.write.result, SOUK_CONFLICT);
    assert_int_equal(good.runs + bad.runs + twin.runs, 3);
    assert_int_equal(fixture_int(db, fixture_count.sql), 1);
}

static void test_a_destroyed_transaction_is_run_again(void **state)
{
    struct db *db = *state;
    struct job_write first, killer, last;
    struct gate gate;
    struct db_stats stats;
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (9, 'nine')", NULL),
                     0);
    gate_close(db, &gate);
    push_job_write(db, &first, "INSERT INTO p_t_item (id, name) VALUES (1, 'one')");
    push_job_write(db, &killer, "INSERT OR ROLLBACK INTO p_t_item (id, name) VALUES (9, 'again')");
    push_job_write(db, &last, "INSERT INTO p_t_item (id, name) VALUES (2, 'two')");
    gate_let_go(&gate);
    barrier(db);
    assert_int_equal(first.write.result, 0);
    assert_int_equal(first.runs, 2);
    assert_int_equal(killer.write.result, SOUK_CONFLICT);
    assert_int_equal(killer.runs, 1);
    assert_int_equal(last.write.result, 0);
    assert_int_equal(last.runs, 1);
    assert_true(first.order < killer.order && killer.order < last.order);
    assert_int_equal(fixture_int(db, fixture_count.sql), 3);
    db_stats(db, &stats);
    assert_in_range(stats.repeats, 2, 3); /* the barrier may have come along */
}

struct stubborn { /* a closure that goes on after its transaction was destroyed, and says it went
                     well */
    int unit, destroyed, later, inner;
};

static int run_killer(struct db_conn *conn, void *arg)
{
    (void)arg;
    return db_run(conn,
                  db_intern(db_of(conn), NULL,
                            "INSERT OR ROLLBACK INTO p_t_item (id, name) VALUES (9, 'again')"),
                  NULL);
}

static int run_insert(struct db_conn *conn, void *arg)
{
    (void)arg;
    return db_run(
        conn, db_intern(db_of(conn), NULL, "INSERT INTO p_t_item (id, name) VALUES (5, 'five')"),
        NULL);
}

static int run_stubborn(struct db_conn *conn, void *arg)
{
    struct stubborn *stubborn = arg;
    int gone;
    if (stubborn->unit)
        db_unit(conn, run_killer, NULL, &stubborn->destroyed);
    else
        run_killer(conn, NULL);
    stubborn->later = run_insert(conn, NULL);
    stubborn->inner = db_unit(conn, run_insert, NULL, &gone);
    return 0;
}

static void test_nothing_is_done_after_a_destroyed_transaction(void **state)
{
    struct db *db = *state;
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (9, 'nine')", NULL),
                     0);
    for (int unit = 0; unit < 2; unit++) {
        struct stubborn stubborn = {.unit = unit};
        struct err err = {0};
        assert_int_not_equal(db_write(db, run_stubborn, &stubborn, &err), 0);
        assert_int_equal(stubborn.destroyed, unit);
        assert_int_equal(stubborn.later, SOUK_UNAVAILABLE);
        assert_int_equal(stubborn.inner, SOUK_UNAVAILABLE);
        assert_int_equal(fixture_int(db, fixture_count.sql), 1);
    }
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (6, 'six')", NULL),
                     0);
}

static int fail_after_insert(struct db_conn *conn, void *arg)
{
    (void)arg;
    return run_insert(conn, NULL) ? SOUK_ERROR : SOUK_DENIED;
}

/* Rows that are read go on over units, kept or undone; over those of a writing statement none is.
 */
static int run_over_rows(struct db_conn *conn, void *arg)
{
    struct db_rows rows;
    int *seen = arg, destroyed, more;
    int code =
        db_query(conn, db_intern(db_of(conn), NULL, "SELECT id FROM p_t_item ORDER BY id"), &rows);
    while (code == 0 && (more = db_next(&rows)) == 1) {
        ++*seen;
        if (db_unit(conn, fail_after_insert, NULL, &destroyed) != SOUK_DENIED || destroyed)
            return SOUK_ERROR;
    }
    code = db_query(
        conn, db_intern(db_of(conn), NULL, "UPDATE p_t_item SET name = 'x' || id RETURNING id"),
        &rows);
    if (code || db_next(&rows) != 1 || !db_rows_write(&rows) ||
        db_unit(conn, run_insert, NULL, &destroyed) == 0 || destroyed || db_next(&rows) != 1)
        return SOUK_ERROR;
    db_close(&rows);
    return 0;
}

static void test_units_leave_rows_open(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    int seen = 0;
    fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (1, 'a')", NULL);
    fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (2, 'b')", NULL);
    fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (3, 'c')", NULL);
    assert_int_equal(db_write(db, run_over_rows, &seen, &err), 0);
    assert_int_equal(seen, 3);
    assert_int_equal(fixture_int(db, fixture_count.sql), 3);
}

static void test_a_failed_commit_is_run_one_by_one(void **state)
{
    struct db *db = *state;
    struct job_write first, late, last;
    struct gate gate;
    gate_close(db, &gate);
    push_job_write(db, &first, "INSERT INTO p_t_item (id, name) VALUES (1, 'one')");
    push_job_write(db, &late, "INSERT INTO p_t_late (id, item) VALUES (1, 77)");
    push_job_write(db, &last, "INSERT INTO p_t_item (id, name) VALUES (2, 'two')");
    gate_let_go(&gate);
    barrier(db);
    assert_int_equal(first.write.result, 0);
    assert_int_equal(first.runs, 2);
    assert_int_equal(late.write.result, SOUK_CONFLICT);
    assert_int_equal(last.write.result, 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM p_t_late"), 0);
    assert_int_equal(fixture_int(db, fixture_count.sql), 2);
}

static void test_a_failed_sync_is_tried_anew(void **state)
{
    struct db *db = *state;
    barrier(db);
    for (int i = 1; i < 4; i++) { /* a page, many, and more than SQLite writes at once */
        char sql[200];
        snprintf(sql, sizeof sql,
                 "INSERT INTO p_t_item (id, name, data) VALUES (%d, 'n%d', zeroblob(%d))", i, i,
                 i * i * i * 20000);
        shim_fail_syncs = 1;
        assert_int_equal(fixture_write(db, sql, NULL), 0);
        assert_int_equal(shim_fail_syncs, 0);
    }
    assert_int_equal(fixture_int(db, fixture_count.sql), 3);
}

static void test_a_failed_sync_is_no_success(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    barrier(db);
    shim_fail_syncs = 1000000;
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (1, 'one')", &err),
                     SOUK_UNAVAILABLE);
    assert_non_null(strstr(err.text, "could not be saved: the disk has not confirmed it"));
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (2, 'two')", &err),
                     SOUK_UNAVAILABLE); /* not even run */
    assert_non_null(strstr(err.text, "the disk does not take what is written"));
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM p_t_item WHERE id = 2"), 0);
    shim_fail_syncs = 0;
    while (fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (3, 'three')", &err) != 0)
        assert_int_equal(err.code, SOUK_UNAVAILABLE);
    assert_int_equal(fixture_int(db, fixture_count.sql), 2);
}

/* The shop is stopped while the disk fails: what is read again is what was written. */
static void test_the_end_on_a_failing_disk(void **state)
{
    struct db *db = *state;
    barrier(db);
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (1, 'one')", NULL),
                     0);
    shim_fail_syncs = 1000000;
    assert_int_not_equal(
        fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (2, 'two')", NULL), 0);
    int moved = shim_moved;
    db_shut(db);
    assert_int_equal(shim_moved, moved);
    shim_fail_syncs = 0;
    *state = fixture_open(&on_disk);
    assert_int_equal(fixture_int(*state, "SELECT count(*) FROM p_t_item WHERE id = 1"), 1);
}

static int write_inside(struct db_conn *conn, void *arg)
{
    struct err *err = arg;
    assert_true(db_is_writer(conn));
    return db_write(db_of(conn), fixture_run_text, "DELETE FROM p_t_item", err);
}

static int refuse(struct db_conn *conn, void *arg)
{
    (void)arg;
    return db_refuse(conn, SOUK_CONFLICT, "only %d left of %s", 3, "tea");
}

static void test_refusals(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    struct err inner = {0};
    assert_int_equal(db_write(db, write_inside, &inner, &err), SOUK_WRONG_KIND);
    assert_int_equal(inner.code, SOUK_WRONG_KIND);
    assert_int_equal(db_write(db, refuse, NULL, &err), SOUK_CONFLICT);
    assert_string_equal(err.text, "only 3 left of tea");
    assert_int_equal(db_write(db, refuse, NULL, NULL), SOUK_CONFLICT);
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (1, NULL)", &err),
                     SOUK_CONFLICT);
    assert_non_null(strstr(err.text, "NOT NULL"));
}

static void test_full_queue_and_deadlines(void **state)
{
    struct db *db = *state;
    static struct job_write jobs[256];
    struct job_write one_more = {.write = {.fn = run_job_write}};
    struct gate gate;
    gate_close(db, &gate);
    for (int i = 0; i < 256; i++)
        push_job_write(db, &jobs[i], "DELETE FROM p_t_item WHERE id = -1");
    jobs[5].write.deadline = clock_mono() - 1;
    assert_int_equal(db_write_push(db, &one_more.write), SOUK_BUSY);
    gate_let_go(&gate);
    wait_for_answers(256);
    assert_int_equal(jobs[5].write.result, SOUK_TIMEOUT);
    assert_int_equal(jobs[5].runs, 0);
    assert_int_equal(jobs[5].order, 6);
    assert_int_equal(jobs[6].write.result, 0);
    assert_int_equal(one_more.runs, 0);
}

static int change(struct db_conn *conn, void *arg)
{
    db_changed(conn, "product", 7);
    return *(int *)arg;
}

static void test_change_log(void **state)
{
    struct db *db = *state;
    struct db_seen seen;
    int code = SOUK_ERROR;
    struct db_conn *conn = db_read_begin(db, 0);
    db_seen(conn, &seen);
    db_read_end(conn);
    db_seen_key(&seen, "product", 7);
    assert_int_equal(db_write(db, change, &code, NULL), SOUK_ERROR);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM change_log"), 0);
    code = 0;
    struct db_seen fresh = seen;
    conn = db_read_begin(db, 0);
    db_seen(conn, &fresh);
    db_read_end(conn);
    db_seen_key(&fresh, "product", 7);
    assert_true(db_seen_valid(db, &fresh));
    assert_int_equal(db_write(db, change, &code, NULL), 0);
    assert_false(db_seen_valid(db, &fresh));
    assert_int_equal(
        fixture_int(db, "SELECT count(*) FROM change_log WHERE kind = 'product' AND id = 7"), 1);
}

static void test_the_log_is_moved(void **state)
{
    struct db *db = *state;
    struct db_stats before, after;
    barrier(db);
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (1, 'one')", NULL),
                     0);
    db_stats(db, &before);
    /* 24 MiB in one go: over the limit, so at once */
    assert_int_equal(
        fixture_write(
            db,
            "INSERT INTO p_t_item (id, name, data) SELECT value + 10, 'x' || value, zeroblob(60000) "
            "FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n "
            "WHERE value < 400) SELECT value FROM n)",
            NULL),
        0);
    barrier(db);
    db_stats(db, &after);
    assert_true(after.checkpoints > before.checkpoints);
    assert_true(after.wal_bytes > 16 << 20);
    /* the log begins anew with the next commit */
    assert_int_equal(fixture_write(db, "DELETE FROM p_t_item WHERE id = 1", NULL), 0);
    db_stats(db, &after);
    assert_true(after.wal_bytes < 100000);
}

static void test_a_reader_in_the_log(void **state)
{
    struct db *db = *state;
    struct db_stats before, after;
    int64_t number = 0;
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(db_get_int(conn, &fixture_count, &number), 0);
    assert_int_equal(
        fixture_write(db,
                      "INSERT INTO p_t_item (id, name, data) SELECT value, 'x' || value, "
                      "zeroblob(60000) FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL "
                      "SELECT value + 1 FROM n WHERE value < 400) SELECT value FROM n)",
                      NULL),
        0);
    barrier(db);
    db_stats(db, &before);
    int syncs = shim_syncs;
    for (int i = 0; i < 5; i++) /* no checkpoint with each, though the log stays large */
        assert_int_equal(
            fixture_write(db, "UPDATE p_t_item SET amount = amount + 1 WHERE id = 1", NULL), 0);
    assert_int_equal(shim_syncs - syncs, 5);
    db_stats(db, &after);
    assert_true(after.wal_bytes > 16 << 20);
    assert_int_equal(after.checkpoints, before.checkpoints);
    db_read_end(conn);
}

static void test_an_idle_writer_moves_the_log(void **state)
{
    struct db *db = *state;
    int64_t start = clock_mono();
    barrier(db);
    int moved = shim_moved;
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (1, 'one')", NULL),
                     0);
    shim_wait_moved(moved + 1); /* by itself */
    assert_true(clock_mono() - start >= 190 * CLOCK_MS);
    moved = shim_moved;
    int syncs = shim_syncs;
    barrier(db); /* nothing new: nothing to move */
    assert_int_equal(shim_syncs - syncs, 0);
    assert_int_equal(shim_moved, moved);
}

/* An admin's sqlite3 shell writes beside us: the log began anew without our knowing. */
static void test_somebody_else_writes_too(void **state)
{
    struct db *db = *state;
    char path[100];
    sqlite3 *other = NULL;
    snprintf(path, sizeof path, "%s/souk.db", folder);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    sqlite3_busy_timeout(other, 5000);
    for (int i = 1; i < 6; i++) {
        char sql[200];
        int moved = shim_moved;
        snprintf(sql, sizeof sql,
                 "INSERT INTO p_t_item (id, name, data) VALUES (%d, 'a%d', zeroblob(40000))", i, i);
        assert_int_equal(fixture_write(db, sql, NULL), 0);
        shim_wait_moved(moved + 1);
        snprintf(sql, sizeof sql, "INSERT INTO p_t_item (id, name) VALUES (%d, 'b%d')", 100 + i, i);
        assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
        barrier(db); /* commits nothing */
        snprintf(sql, sizeof sql, "INSERT INTO p_t_item (id, name) VALUES (%d, 'c%d')", 200 + i, i);
        assert_int_equal(fixture_write(db, sql, NULL), 0);
    }
    sqlite3_close(other);
    assert_int_equal(fixture_int(db, fixture_count.sql), 15);
}

static void test_the_end_runs_what_waits(void **state)
{
    struct db *db = *state;
    char path[100];
    static struct job_write jobs[20];
    static char sql[20][100];
    struct gate gate;
    gate_close(db, &gate);
    for (int i = 0; i < 20; i++) {
        snprintf(sql[i], sizeof sql[i], "INSERT INTO p_t_item (id, name) VALUES (%d, 'e%d')", i + 1,
                 i);
        push_job_write(db, &jobs[i], sql[i]);
    }
    gate_let_go(&gate);
    db_shut(db);
    for (int i = 0; i < 20; i++)
        assert_int_equal(jobs[i].order, i + 1);
    snprintf(path, sizeof path, "%s/souk.db-wal", folder);
    assert_int_equal(access(path, F_OK), -1); /* all moved, the log is gone */
    *state = fixture_open(&on_disk);
    assert_int_equal(fixture_int(*state, fixture_count.sql), 20);
}

int main(void)
{
    board_use(board_create());
    shim_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_sync_for_a_lone_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_sync_for_a_group, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_next_group_is_run_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failure_is_undone_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_destroyed_transaction_is_run_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_done_after_a_destroyed_transaction, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_units_leave_rows_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_commit_is_run_one_by_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_sync_is_tried_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_sync_is_no_success, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_end_on_a_failing_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_queue_and_deadlines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_change_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_log_is_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_reader_in_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_idle_writer_moves_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_somebody_else_writes_too, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_end_runs_what_waits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
