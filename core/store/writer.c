/*
 * writer: the one thread that writes. It runs what waits (at most 128 closures), each in a
 * savepoint of one transaction, commits once, and a second thread, the syncer, brings the log to
 * the disk and only then tells them all: an answer of success means on disk, and a lone client pays
 * one sync. While the disk works on one group the next one is run already; it is committed when the
 * disk is free, so there is one sync for all who came meanwhile, and nobody waits for company.
 *
 * Invariants. Nothing else writes or checkpoints, and the log is synced by one thread at a time:
 * commits and checkpoints wait until the syncer is idle. A closure that fails is undone alone.
 * After each closure the transaction must still stand; when one has destroyed it (an interrupted
 * write, OR ROLLBACK, a full disk), that one fails and the others are run again, one by one; the
 * same when the commit fails. Results are told in the order of the queue. A commit can be read a
 * moment before it is on disk; whoever acts on what was read (sends a mail, calls a payment
 * service) first claims it in a write, which is answered after both are there.
 *
 * A sync that fails is not asked again for the same pages, because the kernel may have forgotten
 * them: the syncer keeps what the log grew by (db->tail), and writes it anew at its place before
 * it asks again. The second failure is told to those who wait: whether their change stands is not
 * known then. Until the disk takes the tail, writes are refused; reading goes on.
 *
 * The log is moved into the database when the writer has been idle for 200 ms or when 16
 * MiB have been added: a checkpoint costs syncs, so never merely because the queue is
 * empty.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/board.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "store/conn.h"
#include "store/db.sql.h"
#include "store/writer.h"

#define WRITER_BATCH        16
#define WRITER_IDLE_NS      200000000L
#define WRITER_LOG_LIMIT    (INT64_C(16) << 20)
#define WRITER_LOG_PATIENCE (INT64_C(64) << 20)
#define WRITER_LOG_ALARM    (INT64_C(256) << 20)
#define WRITER_CHANGES      4096 /* rows of change_log between two prunings */
#define WRITER_CHANGES_AGE  CLOCK_HOUR

/* ---- the queue ---- */

int db_write_push(struct db *db, struct db_write *write)
{
    int code = 0;
    write->next = NULL;
    write->result = 0;
    pthread_mutex_lock(&db->mutex);
    if (db->stopping || db->waiting >= db->queue) {
        code = SOUK_BUSY;
    } else {
        if (db->last)
            db->last->next = write;
        else
            db->first = write;
        db->last = write;
        db->waiting++;
        if (db->asleep && db->waiting >= db->wanted)
            pthread_cond_signal(&db->wake);
    }
    pthread_mutex_unlock(&db->mutex);
    return code;
}

/* Under the mutex: 0 when nothing came in WRITER_IDLE_NS and the log has something to move. */
static int writer_sleep(struct db *db, int working)
{
    int timed = !working && !db->flight && db->behind && !db->broken;
    int woken = 1;
    db->asleep = 1;
    db->wanted = db->flight ? WRITER_BATCH : 1;
    if (timed) {
        struct timespec until = writer_in(WRITER_IDLE_NS);
        while (woken && !db->first && !db->stopping)
            woken = pthread_cond_timedwait(&db->wake, &db->mutex, &until) == 0;
    } else {
        pthread_cond_wait(&db->wake, &db->mutex);
    }
    db->asleep = 0;
    return woken || db->first || db->stopping;
}

static void writer_move(struct db *db, struct writer_group *group)
{
    while (db->first && group->count < WRITER_GROUP) {
        struct db_write *write = db->first;
        db->first = write->next;
        if (!db->first)
            db->last = NULL;
        db->waiting--;
        group->settled[group->count] = 0;
        group->at[group->count++] = write;
    }
}

enum writer_turn { WRITER_RUN, WRITER_COMMIT, WRITER_IDLE, WRITER_END };

/* What is to be done next: run what came (it is in the group now), commit, look at the log. */
static enum writer_turn writer_next(struct db *db, struct writer_group *group)
{
    enum writer_turn turn = WRITER_RUN;
    pthread_mutex_lock(&db->mutex);
    for (;;) {
        if (db->first && group->count < WRITER_GROUP) {
            writer_move(db, group);
            break;
        }
        turn = group->count ? WRITER_COMMIT : WRITER_END;
        if (!db->flight && (group->count || db->stopping))
            break;
        turn = WRITER_IDLE;
        if (!writer_sleep(db, group->count))
            break;
        turn = WRITER_RUN;
    }
    pthread_mutex_unlock(&db->mutex);
    return turn;
}

static int writer_is_free(struct db *db)
{
    pthread_mutex_lock(&db->mutex);
    int free = !db->flight;
    pthread_mutex_unlock(&db->mutex);
    return free;
}

/* Until the disk has taken what was committed: 0 when it fails. */
static int writer_wait_for_disk(struct db *db)
{
    pthread_mutex_lock(&db->mutex);
    while (db->flight) {
        db->asleep = 1;
        db->wanted = INT_MAX;
        pthread_cond_wait(&db->wake, &db->mutex);
        db->asleep = 0;
    }
    int whole = !db->broken;
    pthread_mutex_unlock(&db->mutex);
    return whole;
}

/* ---- one closure ---- */

static void writer_keep_words(struct db *db, struct writer_group *group)
{
    snprintf(group->words, sizeof group->words, "%s", db->driver->error(db->conn->raw));
}

/* Its result; the savepoint is gone either way. -1 in *stands when the transaction has
 * been destroyed. */
static int writer_run_closure(struct db *db, struct writer_group *group, struct db_write *write,
                              int *stands)
{
    struct db_conn *conn = db->conn;
    const struct driver *driver = db->driver;
    *stands = 1;
    conn->failed = 0;
    conn->words[0] = 0;
    conn->principal[0] = 0;
    int code = driver->savepoint(conn->raw);
    if (code == 0) {
        conn->closure = 1;
        code = write->fn(conn, write->arg);
        conn->closure = 0;
        if (code == 0)
            code = conn->failed;
        statement_close_open(conn);
        arena_reset(&conn->arena);
        if (!driver->in_transaction(conn->raw)) {
            *stands = 0;
            return code ? code : SOUK_ERROR;
        }
        int end = code == 0 ? driver->release(conn->raw) : driver->undo(conn->raw);
        if (end != 0) {
            writer_keep_words(db, group);
            *stands = 0;
            driver->rollback(conn->raw);
            return code ? code : end;
        }
    }
    return code;
}

static void writer_commit_done(struct db *db)
{
    struct db_conn *conn = db->conn;
    seen_publish(db, conn);
    atomic_fetch_add_explicit(&db->stat_commits, 1, memory_order_relaxed);
    atomic_store_explicit(&db->stat_wal, db->driver->log_bytes(conn->raw), memory_order_relaxed);
    db->behind++;
    if (conn->due)
        job_wake(db);
}

static void writer_begin_turn(struct db_conn *conn)
{
    conn->turn++;
    conn->dirty.len = 0;
    conn->dirty_all = 0;
    conn->due = 0;
    statement_refresh(conn);
}

/* ---- groups ---- */

/* A transaction for this one alone. */
static void writer_run_alone(struct db *db, struct writer_group *group, struct db_write *write)
{
    const struct driver *driver = db->driver;
    int stands = 1;
    writer_begin_turn(db->conn);
    atomic_fetch_add_explicit(&db->stat_repeats, 1, memory_order_relaxed);
    write->result = driver->begin(db->conn->raw, 1);
    if (write->result != 0) {
        writer_keep_words(db, group);
        return;
    }
    write->result = writer_run_closure(db, group, write, &stands);
    if (write->result != 0 || !stands) {
        driver->rollback(db->conn->raw);
        return;
    }
    write->result = driver->commit(db->conn->raw);
    if (write->result == 0) {
        writer_commit_done(db);
    } else {
        writer_keep_words(db, group);
        driver->rollback(db->conn->raw);
    }
}

static void writer_run_survivors(struct db *db, struct writer_group *group)
{
    for (int i = 0; i < group->count; i++)
        if (!group->settled[i])
            writer_run_alone(db, group, group->at[i]);
}

static void writer_fail(struct writer_group *group, int from, int code)
{
    for (int i = from; i < group->count; i++) {
        if (!group->settled[i])
            group->at[i]->result = code;
        group->settled[i] = 1;
    }
}

/* Who has waited too long is not run. */
static int writer_settle_late(struct writer_group *group, int from)
{
    int64_t now = clock_mono();
    int left = 0;
    for (int i = from; i < group->count; i++) {
        if (group->at[i]->deadline && group->at[i]->deadline < now) {
            group->at[i]->result = SOUK_TIMEOUT;
            group->settled[i] = 1;
        } else {
            left++;
        }
    }
    return left;
}

static int writer_open(struct db *db, struct writer_group *group)
{
    if (group->open || group->destroyed)
        return 0;
    writer_begin_turn(db->conn);
    int code = db->driver->begin(db->conn->raw, 1);
    if (code != 0)
        writer_keep_words(db, group);
    group->open = code == 0;
    return code;
}

static int writer_is_broken(struct db *db, struct writer_group *group)
{
    pthread_mutex_lock(&db->mutex);
    int broken = db->broken;
    pthread_mutex_unlock(&db->mutex);
    if (broken)
        snprintf(group->words, sizeof group->words, "the disk does not take what is written");
    return broken;
}

/* Runs those that have come, from place `from` of the group, in its transaction. */
static void writer_run(struct db *db, struct writer_group *group, int from)
{
    int left = writer_settle_late(group, from);
    int code = 0;
    int stands = 1;
    atomic_fetch_add_explicit(&db->stat_writes, left, memory_order_relaxed);
    if (left == 0)
        return;
    if (writer_is_broken(db, group))
        code = SOUK_UNAVAILABLE;
    else
        code = writer_open(db, group);
    if (code != 0)
        writer_fail(group, from, code);
    for (int i = from; i < group->count && stands && !group->destroyed; i++) {
        if (group->settled[i])
            continue;
        group->at[i]->result = writer_run_closure(db, group, group->at[i], &stands);
        group->settled[i] = group->at[i]->result != 0;
    }
    if (!stands) {
        group->destroyed = 1;
        group->open = 0;
    }
}

/* The disk is free: 1 when the group is on its way to it, 0 when there is nothing to wait for. */
static int writer_commit(struct db *db, struct writer_group *group)
{
    const struct driver *driver = db->driver;
    if (group->count > atomic_load_explicit(&db->stat_group, memory_order_relaxed))
        atomic_store_explicit(&db->stat_group, group->count, memory_order_relaxed);
    int broken = writer_is_broken(db, group);
    if (broken) {
        driver->rollback(db->conn->raw);
        writer_fail(group, 0, SOUK_UNAVAILABLE);
    } else if (group->destroyed) {
        driver->rollback(db->conn->raw);
        writer_run_survivors(db, group);
    } else if (group->open) {
        if (driver->commit(db->conn->raw) == 0) {
            writer_commit_done(db);
        } else {
            writer_keep_words(db, group);
            driver->rollback(db->conn->raw);
            log_warn("writer.commit_failed", LOG_S("why", group->words),
                     LOG_I("writes", group->count));
            writer_run_survivors(db, group);
        }
    }
    if (broken || driver->keep(db->conn->raw) == 0) {
        writer_answer(group);
        return 0;
    }
    writer_disk_take(db, group);
    return 1;
}

/* ---- the log ---- */

static void writer_checkpoint(struct db *db, int truncate)
{
    int code = db->driver->checkpoint(db->conn->raw, truncate);
    db->checkpoint_at = db->driver->log_bytes(db->conn->raw);
    db->behind = 0; /* the rest, if a reader holds some, comes along with the next commit's */
    atomic_fetch_add_explicit(&db->stat_checkpoints, 1, memory_order_relaxed);
    if (code != 0 && code != SOUK_BUSY)
        log_error("writer.checkpoint_failed", LOG_S("why", db->driver->error(db->conn->raw)));
    if (db->checkpoint_at > WRITER_LOG_ALARM)
        log_warn("writer.log_large", LOG_I("bytes", db->checkpoint_at),
                 LOG_S("next", "a reader holds an old snapshot; look for a long request "
                               "or backup"));
}

/* After a checkpoint the next commit begins the log anew, unless a reader is still in
 * it: then it grows, and is looked at again after another 4 MiB. When that goes on,
 * readers are waited for. */
static void writer_look_at_log(struct db *db, int idle)
{
    int64_t bytes = db->driver->log_bytes(db->conn->raw);
    if (!db->behind)
        return;
    if (bytes < db->checkpoint_at)
        db->checkpoint_at = 0;
    if (!idle && bytes - db->checkpoint_at <= WRITER_LOG_LIMIT)
        return;
    if (writer_wait_for_disk(db))
        writer_checkpoint(db, bytes > (idle ? WRITER_LOG_LIMIT : WRITER_LOG_PATIENCE));
}

static void writer_loop(struct db *db, struct writer_group groups[2])
{

    struct writer_group *group = &groups[0];
    for (;;) {
        if (group->count == 0)
            writer_look_at_log(db, 0);
        int from = group->count;
        enum writer_turn turn = writer_next(db, group);
        if (turn == WRITER_END)
            return;
        if (turn == WRITER_IDLE)
            writer_look_at_log(db, 1);
        if (turn == WRITER_RUN)
            writer_run(db, group, from);
        if ((turn == WRITER_COMMIT || (turn == WRITER_RUN && writer_is_free(db))) &&
            writer_commit(db, group))
            group = group == &groups[0] ? &groups[1] : &groups[0];
    }
}

static void *writer_main(void *arg)
{
    struct db *db = arg;
    struct writer_group *groups = mem_zalloc(2 * sizeof *groups);
    board_thread_begin("writer");
    writer_loop(db, groups);
    if (writer_wait_for_disk(db))
        writer_checkpoint(db, 1);
    board_thread_end();
    free(groups);
    return NULL;
}

static int writer_no_thread(struct err *err)
{
    return err_set(err, SOUK_UNAVAILABLE,
                   "no thread for the writer; look at the limits of this user");
}

int writer_start(struct db *db, struct err *err)
{
    if (writer_disk_start(db) != SOUK_OK)
        return writer_no_thread(err);
    if (pthread_create(&db->thread, NULL, writer_main, db) != 0) {
        writer_disk_stop(db);
        return writer_no_thread(err);
    }
    db->started = 1;
    return 0;
}

void writer_stop(struct db *db)
{
    if (!db->started)
        return;
    pthread_mutex_lock(&db->mutex);
    db->stopping = 1;
    pthread_cond_signal(&db->wake);
    pthread_mutex_unlock(&db->mutex);
    pthread_join(db->thread, NULL);
    writer_disk_stop(db);
    db->started = 0;
}

/* ---- waiting ---- */

struct writer_waiter {
    struct db_write write;
    struct db *db;
    db_fn fn;
    void *arg;
    struct err err;
    int finished;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
};

static int writer_waiter_run(struct db_conn *conn, void *arg)
{
    struct writer_waiter *waiter = arg;
    waiter->err.code = 0;
    int code = waiter->fn(conn, waiter->arg);
    if (code == 0)
        code = conn->failed;
    if (code != 0)
        err_set(&waiter->err, code, "%s", conn->words[0] ? conn->words : err_name(code));
    return code;
}

static void writer_waiter_done(struct db_write *write)
{
    struct writer_waiter *waiter = (struct writer_waiter *)write;
    if (write->result != 0 && waiter->err.code == 0)
        err_set(&waiter->err, write->result, "the change could not be saved: %s",
                write->words[0] ? write->words : err_name(write->result));
    pthread_mutex_lock(&waiter->mutex);
    waiter->finished = 1;
    pthread_cond_signal(&waiter->cond);
    pthread_mutex_unlock(&waiter->mutex);
}

int db_write(struct db *db, db_fn fn, void *arg, struct err *err)
{
    struct writer_waiter waiter = {.db = db, .fn = fn, .arg = arg};
    if (db->started &&
        (pthread_equal(pthread_self(), db->thread) || pthread_equal(pthread_self(), db->syncer)))
        return err_set(
            err, SOUK_WRONG_KIND,
            "the writer cannot wait for itself: change the database through the connection at hand");
    waiter.write.fn = writer_waiter_run;
    waiter.write.arg = &waiter;
    waiter.write.done = writer_waiter_done;
    pthread_mutex_init(&waiter.mutex, NULL);
    pthread_cond_init(&waiter.cond, NULL);
    int code = db_write_push(db, &waiter.write);
    if (code == 0) {
        pthread_mutex_lock(&waiter.mutex);
        while (!waiter.finished)
            pthread_cond_wait(&waiter.cond, &waiter.mutex);
        pthread_mutex_unlock(&waiter.mutex);
        code = waiter.write.result;
        if (code != 0)
            err_set(err, code, "%s", waiter.err.text);
    } else {
        err_set(err, code, "the writer's queue is full; try again in a moment");
    }
    pthread_cond_destroy(&waiter.cond);
    pthread_mutex_destroy(&waiter.mutex);
    return code;
}

/* ---- in a write ---- */

int db_refuse(struct db_conn *conn, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(conn->words, sizeof conn->words, format, args);
    va_end(args);
    return code;
}

void db_changed(struct db_conn *conn, const char *kind, int64_t id)
{
    int64_t now = clock_now();
    if (!conn->writer) {
        conn->failed = SOUK_WRONG_KIND;
        return;
    }
    int code = db_run(conn, &sql_db_change, NULL, DB_INT(id_next()), DB_CSTR(kind), DB_INT(id),
                      DB_INT(now));
    if (code == 0 && ++conn->db->changes >= WRITER_CHANGES) {
        conn->db->changes = 0;
        code = db_run(conn, &sql_db_change_prune, NULL, DB_INT(now - WRITER_CHANGES_AGE));
    }
    if (code != 0)
        conn->failed = code;
    seen_note_key(conn, kind, id);
}

struct db *db_of(const struct db_conn *conn)
{
    return conn->db;
}

int db_is_writer(const struct db_conn *conn)
{
    return conn->writer;
}
