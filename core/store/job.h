/*
 * job: work to be done later, once, with a lease: a table, not a queue in memory. A job is claimed
 * by the clock thread's turn (job_claim), run on a task thread, and finished or failed with the
 * fence number of its lease; who lost the lease cannot finish. Failures come back after 1 s, 5 s,
 * 30 s, 2 min, 10 min, 1 h, then every 6 h, with ±10 % jitter; after `attempts` the job is dead and
 * waits for a person.
 *
 * A kind is "<owner>:<name>": "visits:nightly", or "event:<plugin>" for the outbox. Jobs with the
 * same kind and subject run one after the other, in order of their ids.
 */
#ifndef STORE_JOB_H
#define STORE_JOB_H

#include "store/db.h"

struct job {
    int64_t id, fence, due;
    int64_t lease_until;
    int64_t outbox; /* the fact to deliver, or 0 */
    int attempt;    /* 1 for the first run */
    int attempts;   /* allowed */
    struct souk_str kind, subject, payload;
};

/* In a write. `key` unique among the live jobs of a kind (empty: none): a second add with it is
 * SOUK_CONFLICT. `due` 0: now. */
int job_add(struct db_conn *conn, struct souk_str kind, struct souk_str key,
            struct souk_str subject, struct souk_str payload, int attempts, int64_t due,
            int64_t now, int64_t *id);
/* In a write: work of this kind is there; one live job of it is enough, so asking again does
 * nothing. The job looks for work once more after its end: what came while it ran found it alive.
 */
int job_ask(struct db_conn *conn, struct souk_str kind, int64_t now);
/* Up to `max` due jobs, leased until now + lease, into the arena. Kinds that the callback refuses
 * (plugin off or quarantined) are left waiting. */
int job_claim(struct db *db, struct arena *arena, int max, int64_t lease, int64_t now,
              int (*runs)(void *user, struct souk_str kind), void *user, struct job **jobs,
              int *count, struct err *err);
int job_done(struct db *db, const struct job *job,
             int64_t now); /* SOUK_CONFLICT: the lease was lost */
int job_finish(struct db_conn *conn,
               const struct job *job); /* job_done inside a write, together with its effect */
int job_failed(struct db *db, const struct job *job, struct souk_str why, int64_t now);
/* The same, but not again before that moment. */
int job_failed_until(struct db *db, const struct job *job, struct souk_str why, int64_t earliest,
                     int64_t now);
/* A lease that would run out before the work can end is made longer. SOUK_CONFLICT: it was lost. */
int job_extend(struct db *db, const struct job *job, int64_t until, int64_t now);
/* Claimed, but not begun: as if it had not been claimed. */
int job_give_back(struct db *db, const struct job *job, int64_t now);
/* At start, before the first claim: what was running when the last process died has failed and is
 * tried again after the usual wait. One process at a time works on a database, so nobody else can
 * have it. */
int job_recover(struct db *db, int64_t now, struct err *err);
int64_t job_next_due(struct db *db, int64_t now); /* when to look again; INT64_MAX: nothing waits */
/* Sets what is called after each commit that may have changed job_next_due (a job added, moved,
 * finished): on the writer thread, must not block: set a flag and signal. Set it once, before work
 * begins; NULL takes it off. The owner of the clock then asks job_next_due and claims. Kinds that
 * the last job_claim refused do not count in job_next_due: claim once after a plugin has been
 * switched on. */
void job_on_due(struct db *db, void (*wake)(void *user), void *user);
int job_retry(struct db *db, int64_t id, int64_t now,
              struct err *err); /* a dead or waiting one: now, attempts from zero */
int job_cancel(struct db *db, int64_t id, struct err *err);
struct json;
int job_list(struct db_conn *conn, struct arena *arena, struct souk_str state, int limit,
             struct json *items);

/* cron: "minute hour day month weekday", UTC; *, lists, ranges, steps; names of days and months. */
struct cron {
    uint64_t minute;
    uint32_t hour, day, month, weekday;
    int day_any, weekday_any;
};
int cron_parse(struct souk_str text, struct cron *cron, struct err *err);
int64_t cron_next(const struct cron *cron,
                  int64_t after); /* the first time after; INT64_MAX: never */
/* Makes sure that one waiting job of this kind with key "cron" exists for the next time; a changed
 * rule moves it. */
int cron_plan(struct db *db, struct souk_str kind, const struct cron *cron, int attempts,
              int64_t now, struct err *err);
/* Drops the waiting cron jobs whose kind the callback does not know any more. */
int cron_drop(struct db *db, int (*known)(void *user, struct souk_str kind), void *user,
              struct err *err);

#endif
