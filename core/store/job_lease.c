/*
 * job_lease: what happens to leases apart from claims and ends: made longer, given back, and left
 * by a process that died.
 *
 * Only one process at a time works on a database (the lock of the data directory), so at a start
 * every running job is an orphan. It counts as a failure: a job that kills its process must not
 * kill the next one at once, and not for ever.
 */
#include "base/clock.h"
#include "base/vec.h"
#include "store/conn.h"
#include "store/job.h"
#include "store/job.sql.h"
#include "store/job_row.h"

struct job_leasing {
    const struct job *job;
    int64_t until;
    int64_t now;
};

static int job_lease_moved(struct db_conn *conn, const struct job *job, int code, int64_t changed)
{
    if (code == 0 && changed == 0)
        code = db_refuse(conn, SOUK_CONFLICT, "the lease of job %lld was lost", (long long)job->id);
    return code;
}

static int job_extend_write(struct db_conn *conn, void *arg)
{
    const struct job_leasing *leasing = arg;
    int64_t changed = 0;
    int code = db_run(conn, &sql_job_extend, &changed, DB_INT(leasing->job->id),
                      DB_INT(leasing->job->fence), DB_INT(leasing->until), DB_INT(leasing->now));
    return job_lease_moved(conn, leasing->job, code, changed);
}

int job_extend(struct db *db, const struct job *job, int64_t until, int64_t now)
{
    struct job_leasing leasing = {job, until, now};
    return db_write(db, job_extend_write, &leasing, NULL);
}

static int job_give_back_write(struct db_conn *conn, void *arg)
{
    const struct job_leasing *leasing = arg;
    int64_t changed = 0;
    int code = db_run(conn, &sql_job_give_back, &changed, DB_INT(leasing->job->id),
                      DB_INT(leasing->job->fence), DB_INT(leasing->now));
    job_stir(conn);
    return job_lease_moved(conn, leasing->job, code, changed);
}

int job_give_back(struct db *db, const struct job *job, int64_t now)
{
    struct job_leasing leasing = {.job = job, .now = now};
    return db_write(db, job_give_back_write, &leasing, NULL);
}

struct job_recovering {
    int64_t now;
    int64_t found;
};

static int job_recover_write(struct db_conn *conn, void *arg)
{
    struct job_recovering *recovering = arg;
    struct db_rows rows;
    recovering->found = 0;
    int code = db_query(conn, &sql_job_running, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        recovering->found++;
        code = db_run(conn, &sql_job_fail, NULL, DB_INT(db_int(&rows, 0)), DB_INT(db_int(&rows, 1)),
                      DB_INT(recovering->now + job_delay((int)db_int(&rows, 2))),
                      DB_CSTR("the shop ended while it ran"), DB_INT(recovering->now));
    }
    db_close(&rows);
    job_stir(conn);
    return code;
}

int job_recover(struct db *db, int64_t now, struct err *err)
{
    struct job_recovering recovering = {.now = now};
    int code;
    do
        code = db_write(db, job_recover_write, &recovering, err);
    while (code == 0 && recovering.found > 0);
    return code;
}
