/*
 * jobs: sends due jobs to the job workers. The clock only looks at two numbers: when the next job
 * is due, and whether a claim is already under way. The claim itself, which waits for the writer,
 * runs on a job worker, and so do the jobs.
 *
 * A claimed job whose turn comes only after the shop was told to stop is given back, so that a
 * stop waits for what runs, not for what waits. When the wall clock jumps, the cron jobs are
 * planned anew.
 */
#include <stdlib.h>

#include "app/chore.h"
#include "app/conversion.h"
#include "app/fact.h"
#include "app/feed.h"
#include "app/message.h"
#include "app/money.h"
#include "app/parcel.h"
#include "app/webhook.h"
#include "app/shop_state.h"
#include "base/clock.h"
#include "base/log.h"
#include "bridge/bridge.h"
#include "store/job.h"

#define CLAIM_MAX 32
#define LEASE                                                                                      \
    (10 * CLOCK_MINUTE)         /* for a turn in the queue and the run; made longer if need be     \
                                 */
#define QUIET      CLOCK_SECOND /* after a claim that found nothing: what is due waits for a plugin */
#define JUMP       CLOCK_MINUTE        /* of the wall clock against the steady one */
#define LOOK_AGAIN (30 * CLOCK_SECOND) /* for work that another process may have left */

struct claimed { /* one claim: the jobs share its arena */
    struct arena arena;
    _Atomic int left;
};

struct running {
    struct work work;
    struct claimed *claimed;
    struct job *job;
};

static _Atomic int dispatching;
static _Atomic int woken = 1;
static _Atomic int64_t quiet_until;
static _Atomic int plan_wanted;
static int64_t next_look;
static int64_t wall_offset; /* of the wall clock at the last turn */

static void release(struct claimed *claimed)
{
    if (atomic_fetch_sub(&claimed->left, 1) > 1)
        return;
    arena_free(&claimed->arena);
    free(claimed);
}

/* The core's own jobs: who owns a kind runs it. */
static const struct {
    int (*owns)(struct souk_str kind);
    void (*run)(struct db *db, const struct job *job);
} owners[] = {{chore_owns, chore_run},           {fact_owns, fact_run},
              {money_owns, money_run},           {parcel_owns, parcel_run},
              {message_owns, message_run},       {webhook_owns, webhook_run},
              {conversion_owns, conversion_run}, {feed_owns, feed_run}};

#define OWNERS (sizeof owners / sizeof *owners)

static int is_own(struct souk_str kind)
{
    for (size_t i = 0; i < OWNERS; i++)
        if (owners[i].owns(kind))
            return 1;
    return 0;
}

static int run_own(struct db *db, const struct job *job)
{
    for (size_t i = 0; i < OWNERS; i++) {
        if (owners[i].owns(job->kind)) {
            owners[i].run(db, job);
            return 1;
        }
    }
    return 0;
}

static void run_job(struct work *work)
{
    struct running *running = (struct running *)work;
    struct shop *shop = shop_current();
    if (atomic_load(&shop->board->orderly))
        job_give_back(shop->db, running->job, clock_now());
    else if (!run_own(shop->db, running->job))
        work_run(shop->host, shop->db, running->job);
    release(running->claimed);
}

static int runs(void *host, struct souk_str kind)
{
    if (message_owns(kind))
        return message_ready(kind); /* without a plugin that sends, they wait */
    if (conversion_owns(kind))
        return conversion_ready(kind);
    return is_own(kind) || work_runs(host, kind);
}

static void claim_due(struct work *work)
{
    struct shop *shop = shop_current();
    struct err err = {0};
    struct job *jobs = NULL;
    int count = 0;
    free(work);
    if (atomic_exchange(&plan_wanted, 0))
        jobs_plan(shop);
    struct claimed *claimed = mem_zalloc(sizeof *claimed);
    atomic_store(&claimed->left, 1);
    int code = job_claim(shop->db, &claimed->arena, CLAIM_MAX, LEASE, clock_now(), runs, shop->host,
                         &jobs, &count, &err);
    if (code != SOUK_OK)
        log_warn("job.not_claimed", LOG_S("reason", err.text));
    for (int i = 0; i < count; i++) {
        struct running *running = arena_new(&claimed->arena, struct running);
        *running = (struct running){.work.run = run_job, .claimed = claimed, .job = &jobs[i]};
        atomic_fetch_add(&claimed->left, 1);
        if (worker_push(shop->jobs, &running->work) != SOUK_OK)
            release(claimed); /* its lease runs out and it comes back */
    }
    int any = count > 0;
    release(claimed);
    if (!any)
        atomic_store(&quiet_until, clock_mono() + QUIET);
    atomic_store(&dispatching, 0);
}

static void wake(void *user)
{
    (void)user;
    atomic_store(&woken, 1);
}

void jobs_plan(struct shop *shop)
{
    struct err err = {0};
    if (work_plan(shop->db, &err) != SOUK_OK || chore_plan(shop->db, &err) != SOUK_OK)
        log_warn("cron.not_planned", LOG_S("reason", err.text));
    atomic_store(&woken, 1); /* what was refused for a plugin that is on now is due again */
}

void jobs_start(struct shop *shop)
{
    struct err err = {0};
    if (job_recover(shop->db, clock_now(), &err) != SOUK_OK)
        log_warn("job.not_recovered", LOG_S("reason", err.text));
    job_on_due(shop->db, wake, NULL);
    jobs_plan(shop);
}

static void watch_clocks(int64_t now, int64_t mono)
{
    int64_t moved = now - mono - wall_offset;
    if (wall_offset && (moved > JUMP || moved < -JUMP)) {
        atomic_store(&plan_wanted, 1);
        atomic_store(&woken, 1);
    }
    wall_offset = now - mono;
}

void jobs_turn(struct shop *shop, int64_t mono)
{
    int64_t now = clock_now();
    watch_clocks(now, mono);
    if (mono >= next_look) {
        atomic_store(&woken, 1);
        next_look = mono + LOOK_AGAIN;
    }
    int due = atomic_exchange(&woken, 0);
    if (!due && mono >= atomic_load(&quiet_until))
        due = job_next_due(shop->db, now) <= now;
    if (!due)
        return;
    if (atomic_exchange(&dispatching, 1)) {
        atomic_store(&woken, 1);
        return;
    }
    struct work *work = mem_zalloc(sizeof *work);
    work->run = claim_due;
    if (worker_push(shop->jobs, work) != SOUK_OK) {
        free(work);
        atomic_store(&dispatching, 0);
    }
}
