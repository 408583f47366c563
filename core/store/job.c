/*
 * job: the table of work for later: adding, claiming, finishing, failing.
 *
 * The idea: a claim is one write with guarded updates, one for each kind that may run:
 * who gets a job gets a lease and a fence number, and finishes only with that number. A
 * lease that ran out makes the job claimable again, with a higher fence. Of jobs with
 * the same kind and subject only the oldest unfinished one can be claimed; a dead one
 * does not block.
 *
 * Kinds take turns to be first, so that one with much to do does not starve the others.
 * A finished job leaves no row.
 */
#include "store/job.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/rand.h"
#include "store/conn.h"
#include "store/job.sql.h"
#include "store/job_row.h"

#define JOB_ASKED    12 /* attempts of a job that was asked for */
#define JOB_ATTEMPTS 8  /* when the caller does not say */
#define JOB_WHY      500

/* ---- waking ---- */

void job_stir(struct db_conn *conn)
{
    conn->due = 1;
}

void job_wake(struct db *db)
{
    pthread_mutex_lock(&db->jobs_mutex);
    void (*wake)(void *) = db->jobs_wake;
    void *user = db->jobs_user;
    pthread_mutex_unlock(&db->jobs_mutex);
    if (wake)
        wake(user);
}

void job_on_due(struct db *db, void (*wake)(void *user), void *user)
{
    pthread_mutex_lock(&db->jobs_mutex);
    db->jobs_wake = wake;
    db->jobs_user = user;
    pthread_mutex_unlock(&db->jobs_mutex);
}

/* ---- adding ---- */

int job_row_add(struct db_conn *conn, const struct job_row *row, int64_t *id)
{
    int64_t number = id_next();
    int code =
        db_run(conn, &sql_job_insert, NULL, DB_INT(number), DB_TEXT(row->kind), DB_TEXT(row->key),
               DB_TEXT(row->subject), DB_TEXT(row->payload),
               row->outbox ? DB_INT(row->outbox) : DB_NULL, DB_INT(row->due ? row->due : row->now),
               DB_INT(row->attempts > 0 ? row->attempts : JOB_ATTEMPTS), DB_INT(row->now));
    if (code != 0)
        return code;
    if (id)
        *id = number;
    job_stir(conn);
    return 0;
}

int job_add(struct db_conn *conn, struct souk_str kind, struct souk_str key,
            struct souk_str subject, struct souk_str payload, int attempts, int64_t due,
            int64_t now, int64_t *id)
{
    struct job_row row = {
        .kind = kind,
        .key = key,
        .subject = subject,
        .payload = payload,
        .attempts = attempts,
        .due = due,
        .now = now,
    };
    return job_row_add(conn, &row, id);
}

int job_ask(struct db_conn *conn, struct souk_str kind, int64_t now)
{
    int code = job_add(conn, kind, souk_str("once"), souk_str(""), souk_str("{}"), JOB_ASKED, 0,
                       now, NULL);
    return code == SOUK_CONFLICT ? 0 : code;
}

/* ---- claiming ---- */

struct job_claiming {
    struct arena *arena;
    int max;
    int64_t lease;
    int64_t now;
    int (*runs)(void *user, struct souk_str kind);
    void *user;
    struct job *jobs;
    int count;
    VEC(struct souk_str) kinds;
    VEC(struct souk_str) refused;
};

/* The kinds with waiting jobs, copied into the arena. */
static int job_list_kinds(struct db_conn *conn, struct job_claiming *claiming)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_job_kinds, &rows);
    claiming->kinds.len = 0;
    claiming->refused.len = 0;
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct souk_str kind = arena_str(claiming->arena, db_text(&rows, 0));
        if (!claiming->runs || claiming->runs(claiming->user, kind))
            vec_push(&claiming->kinds, kind);
        else
            vec_push(&claiming->refused, kind);
    }
    return code;
}

static void job_read(struct job_claiming *claiming, struct db_rows *rows, struct job *job)
{
    struct arena *arena = claiming->arena;
    job->id = db_int(rows, 0);
    job->fence = db_int(rows, 1);
    job->due = db_int(rows, 2);
    job->outbox = db_int(rows, 3);
    job->attempt = (int)db_int(rows, 4);
    job->attempts = (int)db_int(rows, 5);
    job->kind = arena_str(arena, db_text(rows, 6));
    job->subject = arena_str(arena, db_text(rows, 7));
    job->payload = arena_str(arena, db_text(rows, 8));
    job->lease_until = db_int(rows, 9);
}

static int job_take_kind(struct db_conn *conn, struct job_claiming *claiming, struct souk_str kind)
{
    struct db_rows rows;
    int code =
        db_query(conn, &sql_job_take, &rows, DB_TEXT(kind), DB_INT(claiming->now),
                 DB_INT(claiming->now + claiming->lease), DB_INT(claiming->max - claiming->count));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1 && claiming->count < claiming->max)
        job_read(claiming, &rows, &claiming->jobs[claiming->count++]);
    db_close(&rows);
    return code < 0 ? code : 0;
}

static int job_claim_write(struct db_conn *conn, void *arg)
{
    struct job_claiming *claiming = arg;
    claiming->count = 0; /* this may be a repetition */
    int64_t expired = 0;
    int code = db_run(conn, &sql_job_expire, &expired, DB_INT(claiming->now));
    if (code == 0)
        code = job_list_kinds(conn, claiming);
    if (code != 0)
        return code;
    size_t kinds = claiming->kinds.len;
    size_t first = atomic_fetch_add_explicit(&conn->db->jobs_turn, 1, memory_order_relaxed);
    for (size_t i = 0; i < kinds && code == 0 && claiming->count < claiming->max; i++)
        code = job_take_kind(conn, claiming, claiming->kinds.at[(first + i) % kinds]);
    return code;
}

static int job_compare(const void *a, const void *b)
{
    const struct job *x = a;
    const struct job *y = b;
    if (x->due != y->due)
        return x->due < y->due ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void job_remember_refused(struct db *db, const struct job_claiming *claiming)
{
    pthread_mutex_lock(&db->jobs_mutex);
    free(db->jobs_refused);
    db->jobs_refused = NULL;
    db->jobs_refused_count = (int)claiming->refused.len;
    if (claiming->refused.len)
        db->jobs_refused = mem_zalloc(claiming->refused.len * sizeof *db->jobs_refused);
    for (size_t i = 0; i < claiming->refused.len; i++)
        snprintf(db->jobs_refused[i], sizeof db->jobs_refused[i], "%.*s",
                 SOUK_PRI(claiming->refused.at[i]));
    pthread_mutex_unlock(&db->jobs_mutex);
}

int job_claim(struct db *db, struct arena *arena, int max, int64_t lease, int64_t now,
              int (*runs)(void *user, struct souk_str kind), void *user, struct job **jobs,
              int *count, struct err *err)
{
    struct job_claiming claiming = {
        .arena = arena, .max = max, .lease = lease, .now = now, .runs = runs, .user = user};
    *count = 0;
    if (max <= 0)
        return 0;
    claiming.jobs = arena_array(arena, struct job, (size_t)max);
    int code = db_write(db, job_claim_write, &claiming, err);
    if (code == 0) {
        qsort(claiming.jobs, (size_t)claiming.count, sizeof *claiming.jobs, job_compare);
        *jobs = claiming.jobs;
        *count = claiming.count;
        job_remember_refused(db, &claiming);
    }
    vec_free(&claiming.kinds);
    vec_free(&claiming.refused);
    return code;
}

/* ---- when to look again ---- */

static int job_is_refused(struct db *db, struct souk_str kind)
{
    int refused = 0;
    pthread_mutex_lock(&db->jobs_mutex);
    for (int i = 0; i < db->jobs_refused_count && !refused; i++)
        refused = souk_str_is(kind, db->jobs_refused[i]);
    pthread_mutex_unlock(&db->jobs_mutex);
    return refused;
}

static void job_earlier(struct db_conn *conn, const struct db_statement *statement,
                        struct souk_str kind, int64_t *next)
{
    int64_t at = INT64_MAX;
    int code = kind.ptr ? db_get_int(conn, statement, &at, DB_TEXT(kind))
                        : db_get_int(conn, statement, &at);
    if (code == 0 && at < *next)
        *next = at;
}

int64_t job_next_due(struct db *db, int64_t now)
{
    struct db_rows rows;
    int64_t next = INT64_MAX;
    struct db_conn *conn = db_read_begin(db, 0);
    job_earlier(conn, &sql_job_next_lease, (struct souk_str){NULL, 0}, &next);
    int code = db_query(conn, &sql_job_kinds, &rows);
    while (code == 0 && db_next(&rows) == 1) {
        struct souk_str kind = db_text(&rows, 0);
        if (!job_is_refused(db, kind))
            job_earlier(conn, &sql_job_next_of_kind, kind, &next);
    }
    db_read_end(conn);
    if (code != 0)
        return now + CLOCK_SECOND; /* the database is in trouble: ask again, not at once */
    return next;
}

/* ---- the end of a run ---- */

struct job_ending {
    const struct job *job;
    int64_t id;
    int64_t now;
    int64_t due;
    struct souk_str why;
};

/* Deletes the job and, with its last job, the fact. */
static int job_delete(struct db_conn *conn, struct db_rows *rows, int *found)
{
    int64_t fact = 0;
    *found = 0;
    int code;
    while ((code = db_next(rows)) == 1) {
        *found = 1;
        fact = db_int(rows, 0);
    }
    if (code == 0 && *found) {
        job_stir(conn);
        if (fact)
            code = db_run(conn, &sql_job_settle, NULL, DB_INT(fact));
    }
    return code;
}

int job_finish(struct db_conn *conn, const struct job *job)
{
    struct db_rows rows;
    int found = 0;
    int code = db_query(conn, &sql_job_finish, &rows, DB_INT(job->id), DB_INT(job->fence));
    if (code == 0)
        code = job_delete(conn, &rows, &found);
    if (code == 0 && !found)
        code = db_refuse(conn, SOUK_CONFLICT, "the lease of job %lld was lost", (long long)job->id);
    return code;
}

static int job_done_write(struct db_conn *conn, void *arg)
{
    const struct job_ending *ending = arg;
    return job_finish(conn, ending->job);
}

int job_done(struct db *db, const struct job *job, int64_t now)
{
    struct job_ending ending = {.job = job, .now = now};
    return db_write(db, job_done_write, &ending, NULL);
}

int64_t job_delay(int attempt)
{
    static const int64_t delays[] = {
        CLOCK_SECOND,      5 * CLOCK_SECOND,  30 * CLOCK_SECOND, 2 * CLOCK_MINUTE,
        10 * CLOCK_MINUTE, 60 * CLOCK_MINUTE, 6 * CLOCK_HOUR,
    };
    int last = (int)(sizeof delays / sizeof *delays) - 1;
    int64_t delay = delays[attempt < 1 ? 0 : attempt - 1 > last ? last : attempt - 1];
    uint32_t noise = 0;
    rand_bytes(&noise, sizeof noise);
    return delay - delay / 10 + (int64_t)(noise % 1000) * (delay / 5) / 999;
}

static int job_failed_write(struct db_conn *conn, void *arg)
{
    const struct job_ending *ending = arg;
    int64_t changed = 0;
    int code =
        db_run(conn, &sql_job_fail, &changed, DB_INT(ending->job->id), DB_INT(ending->job->fence),
               DB_INT(ending->due), DB_TEXT(ending->why), DB_INT(ending->now));
    if (code == 0 && changed == 0)
        return db_refuse(conn, SOUK_CONFLICT, "the lease of job %lld was lost",
                         (long long)ending->job->id);
    job_stir(conn);
    return code;
}

int job_failed(struct db *db, const struct job *job, struct souk_str why, int64_t now)
{
    return job_failed_until(db, job, why, now, now);
}

int job_failed_until(struct db *db, const struct job *job, struct souk_str why, int64_t earliest,
                     int64_t now)
{
    struct job_ending ending = {
        .job = job, .now = now, .due = now + job_delay(job->attempt), .why = why};
    if (ending.due < earliest)
        ending.due = earliest;
    if (ending.why.len > JOB_WHY)
        ending.why.len = JOB_WHY;
    while (ending.why.len < why.len && ending.why.len > 0 &&
           (why.ptr[ending.why.len] & 0xc0) == 0x80)
        ending.why.len--; /* not inside a letter */
    return db_write(db, job_failed_write, &ending, NULL);
}

/* ---- by hand ---- */

static int job_refuse_hand(struct db_conn *conn, int64_t id, const char *what)
{
    int64_t one = 0;
    int code = db_get_int(conn, &sql_job_exists, &one, DB_INT(id));
    if (code == SOUK_NOT_FOUND)
        return db_refuse(conn, code, "there is no job %lld; souk jobs lists them", (long long)id);
    return code ? code
                : db_refuse(conn, SOUK_CONFLICT,
                            "job %lld is running and cannot be %s; wait for its end", (long long)id,
                            what);
}

static int job_retry_write(struct db_conn *conn, void *arg)
{
    const struct job_ending *ending = arg;
    int64_t changed = 0;
    int code = db_run(conn, &sql_job_again, &changed, DB_INT(ending->id), DB_INT(ending->now));
    if (code == SOUK_CONFLICT)
        return db_refuse(conn, code,
                         "a newer job with the key of job %lld waits already; cancel one of them",
                         (long long)ending->id);
    if (code == 0 && changed == 0)
        return job_refuse_hand(conn, ending->id, "retried");
    job_stir(conn);
    return code;
}

int job_retry(struct db *db, int64_t id, int64_t now, struct err *err)
{
    struct job_ending ending = {.id = id, .now = now};
    return db_write(db, job_retry_write, &ending, err);
}

static int job_cancel_write(struct db_conn *conn, void *arg)
{
    const struct job_ending *ending = arg;
    struct db_rows rows;
    int found = 0;
    int code = db_query(conn, &sql_job_remove, &rows, DB_INT(ending->id));
    if (code == 0)
        code = job_delete(conn, &rows, &found);
    return code == 0 && !found ? job_refuse_hand(conn, ending->id, "cancelled") : code;
}

int job_cancel(struct db *db, int64_t id, struct err *err)
{
    struct job_ending ending = {.id = id};
    return db_write(db, job_cancel_write, &ending, err);
}
