/*
 * writer: the one thread that writes. It takes what waits (at most 128
 * closures), runs each in a savepoint of one transaction, commits once, and only then
 * tells them all: an answer of success means on disk, and a lone client pays one sync.
 *
 * Invariants. Nothing else writes or checkpoints. A closure that fails is undone alone.
 * After each closure the transaction must still stand; when one has destroyed it (an
 * interrupted write, OR ROLLBACK, a full disk), that one fails and the others are run
 * again, one by one; the same when the commit fails. Results are told in the order of
 * the queue.
 *
 * On a slow disk clients would fall into two halves that take turns, each waiting for the
 * other's sync. So after a commit of more than 1 ms those who were just answered get up to
 * the same time again to come back, and go along. A lone client is never waited for, and when
 * the clients do not come back, the next groups go as they are.
 *
 * A sync that fails is not asked again for the same pages, because the kernel may have forgotten
 * them: a failed commit leaves the log's end where it was, so the next one writes its frames
 * anew at the same place, and a failed checkpoint moves all of its pages again. So the
 * connection stays, writes are refused while the disk fails, and go on when it is mended.
 *
 * The log is moved into the database when the writer has been idle for 200 ms or when 4
 * MiB have been added: a checkpoint costs syncs, so never merely because the queue is
 * empty.
 */
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

#define WRITER_SLOW         CLOCK_MS /* a commit that takes longer is worth gathering for */
#define WRITER_SKIP         16       /* groups after a wait in vain */
#define WRITER_IDLE_NS      200000000L
#define WRITER_LOG_LIMIT    (INT64_C(4) << 20)
#define WRITER_LOG_PATIENCE (INT64_C(16) << 20)
#define WRITER_LOG_ALARM    (INT64_C(64) << 20)
#define WRITER_CHANGES      4096 /* rows of change_log between two prunings */
#define WRITER_CHANGES_AGE  CLOCK_HOUR

struct writer_group {
    struct db_write *at[WRITER_GROUP];
    int settled[WRITER_GROUP]; /* has its result; not to be run again */
    int count;
};

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

static void writer_sleep(struct db *db)
{
    db->asleep = 1;
    if (db->behind) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += WRITER_IDLE_NS;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_nsec -= 1000000000L;
            until.tv_sec++;
        }
        while (!db->first && !db->stopping)
            if (pthread_cond_timedwait(&db->wake, &db->mutex, &until) != 0)
                break;
    } else {
        while (!db->first && !db->stopping)
            pthread_cond_wait(&db->wake, &db->mutex);
    }
    db->asleep = 0;
}

/* Waits for those who were answered last, under the mutex. */
static void writer_gather(struct db *db)
{
    int had = db->waiting;
    if (had >= db->expected || db->stopping || clock_mono() >= db->gather_until)
        return;
    if (db->gather_skip > 0) {
        db->gather_skip--;
        return;
    }
    struct timespec until = {.tv_sec = (time_t)(db->gather_until / CLOCK_SECOND),
                             .tv_nsec = (long)(db->gather_until % CLOCK_SECOND * 1000)};
    db->asleep = 1;
    db->wanted = db->expected;
    while (db->waiting < db->expected && !db->stopping)
        if (pthread_cond_timedwait(&db->wake, &db->mutex, &until) != 0)
            break;
    db->asleep = 0;
    db->wanted = 0;
    if (4 * (db->waiting - had) < 3 * (db->expected - had)) /* most stayed away */
        db->gather_skip = WRITER_SKIP;
}

/* What waits, or nothing after an idle time; 0 when there will never be more. */
static int writer_take(struct db *db, struct writer_group *group)
{
    group->count = 0;
    pthread_mutex_lock(&db->mutex);
    if (!db->first && !db->stopping)
        writer_sleep(db);
    writer_gather(db);
    while (db->first && group->count < WRITER_GROUP) {
        struct db_write *write = db->first;
        db->first = write->next;
        if (!db->first)
            db->last = NULL;
        group->settled[group->count] = 0;
        group->at[group->count++] = write;
    }
    db->waiting -= group->count;
    int more = group->count > 0 || !db->stopping;
    pthread_mutex_unlock(&db->mutex);
    return more;
}

/* ---- one closure ---- */

static void writer_keep_words(struct db *db)
{
    snprintf(db->commit_words, sizeof db->commit_words, "%s", db->driver->error(db->conn->raw));
}

/* Its result; the savepoint is gone either way. -1 in *stands when the transaction has
 * been destroyed. */
static int writer_run_closure(struct db *db, struct db_write *write, int *stands)
{
    struct db_conn *conn = db->conn;
    const struct driver *driver = db->driver;
    *stands = 1;
    conn->failed = 0;
    conn->words[0] = 0;
    conn->principal[0] = 0;
    int code = driver->savepoint(conn->raw);
    if (code == 0) {
        code = write->fn(conn, write->arg);
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
            writer_keep_words(db);
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
static void writer_run_alone(struct db *db, struct db_write *write)
{
    const struct driver *driver = db->driver;
    int stands = 1;
    writer_begin_turn(db->conn);
    atomic_fetch_add_explicit(&db->stat_repeats, 1, memory_order_relaxed);
    write->result = driver->begin(db->conn->raw, 1);
    if (write->result != 0) {
        writer_keep_words(db);
        return;
    }
    write->result = writer_run_closure(db, write, &stands);
    if (write->result != 0 || !stands) {
        driver->rollback(db->conn->raw);
        return;
    }
    write->result = driver->commit(db->conn->raw);
    if (write->result == 0) {
        writer_commit_done(db);
    } else {
        writer_keep_words(db);
        driver->rollback(db->conn->raw);
    }
}

static void writer_run_survivors(struct db *db, struct writer_group *group)
{
    for (int i = 0; i < group->count; i++)
        if (!group->settled[i])
            writer_run_alone(db, group->at[i]);
}

static void writer_fail_all(struct writer_group *group, int code)
{
    for (int i = 0; i < group->count; i++)
        if (!group->settled[i])
            group->at[i]->result = code;
}

/* Runs all in one transaction: 1 when it stands and is to be committed. Those that
 * failed are settled. */
static int writer_run_together(struct db *db, struct writer_group *group)
{
    int stands = 1;
    for (int i = 0; i < group->count && stands; i++) {
        if (group->settled[i])
            continue;
        group->at[i]->result = writer_run_closure(db, group->at[i], &stands);
        group->settled[i] = group->at[i]->result != 0;
    }
    return stands;
}

static void writer_settle(struct db *db, struct writer_group *group)
{
    const struct driver *driver = db->driver;
    writer_begin_turn(db->conn);
    int code = driver->begin(db->conn->raw, 1);
    if (code != 0) {
        writer_keep_words(db);
        writer_fail_all(group, code);
        return;
    }
    if (!writer_run_together(db, group)) {
        driver->rollback(db->conn->raw);
        writer_run_survivors(db, group);
        return;
    }
    if (driver->commit(db->conn->raw) == 0) {
        writer_commit_done(db);
        return;
    }
    writer_keep_words(db);
    driver->rollback(db->conn->raw);
    log_warn("writer.commit_failed", LOG_S("why", db->commit_words), LOG_I("writes", group->count));
    writer_run_survivors(db, group);
}

/* Before the answers go out: who is answered now may come back, who waits now goes along. */
static void writer_expect(struct db *db, const struct writer_group *group, int64_t begun)
{
    int64_t now = clock_mono();
    pthread_mutex_lock(&db->mutex);
    int expected = group->count + db->waiting;
    pthread_mutex_unlock(&db->mutex);
    db->expected = expected < WRITER_GROUP ? expected : WRITER_GROUP;
    db->gather_until = 0;
    if (expected > 1 && now - begun > WRITER_SLOW)
        db->gather_until = now + (now - begun);
}

static void writer_run(struct db *db, struct writer_group *group)
{
    int64_t now = clock_mono();
    int left = 0;
    for (int i = 0; i < group->count; i++) {
        if (group->at[i]->deadline && group->at[i]->deadline < now) {
            group->at[i]->result = SOUK_TIMEOUT;
            group->settled[i] = 1;
        } else {
            left++;
        }
    }
    db->commit_words[0] = 0;
    if (left > 0)
        writer_settle(db, group);
    atomic_fetch_add_explicit(&db->stat_writes, left, memory_order_relaxed);
    if (group->count > atomic_load_explicit(&db->stat_group, memory_order_relaxed))
        atomic_store_explicit(&db->stat_group, group->count, memory_order_relaxed);
    writer_expect(db, group, now);
    for (int i = 0; i < group->count; i++)
        if (group->at[i]->done)
            group->at[i]->done(group->at[i]); /* gone with this: its owner may free it */
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
    if (idle)
        writer_checkpoint(db, bytes > WRITER_LOG_LIMIT);
    else if (bytes - db->checkpoint_at > WRITER_LOG_LIMIT)
        writer_checkpoint(db, bytes > WRITER_LOG_PATIENCE);
}

static void *writer_main(void *arg)
{
    struct db *db = arg;
    struct writer_group group;
    board_thread_begin("writer");
    while (writer_take(db, &group)) {
        if (group.count > 0)
            writer_run(db, &group);
        writer_look_at_log(db, group.count == 0);
    }
    writer_checkpoint(db, 1);
    board_thread_end();
    return NULL;
}

int writer_start(struct db *db, struct err *err)
{
    if (pthread_create(&db->thread, NULL, writer_main, db) != 0)
        return err_set(err, SOUK_UNAVAILABLE,
                       "no thread for the writer; look at the limits of this user");
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
                waiter->db->commit_words[0] ? waiter->db->commit_words : err_name(write->result));
    pthread_mutex_lock(&waiter->mutex);
    waiter->finished = 1;
    pthread_cond_signal(&waiter->cond);
    pthread_mutex_unlock(&waiter->mutex);
}

int db_write(struct db *db, db_fn fn, void *arg, struct err *err)
{
    struct writer_waiter waiter = {.db = db, .fn = fn, .arg = arg};
    if (db->started && pthread_equal(pthread_self(), db->thread))
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
