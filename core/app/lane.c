/*
 * lane.c: see lane.h. A job is copied on its way, since its claim may be over before its turn
 * comes.
 *
 * Threads: lane_run and lane_has_room from any; lane_end once, from the one that stops the shop.
 */
#include "app/lane.h"

#include <stdatomic.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/worker.h"

struct handed { /* a claimed job on its way to the threads */
    struct work work;
    struct lane *lane;
    struct db *db;
    struct job job;
    struct arena arena;
    void (*run)(struct db *db, const struct job *job);
};

int lane_has_room(struct lane *lane)
{
    return atomic_load(&lane->held) < lane->room;
}

int lane_stops(struct lane *lane)
{
    return atomic_load(&lane->stopping);
}

static void let_go(struct handed *handed)
{
    atomic_fetch_sub(&handed->lane->held, 1);
    arena_free(&handed->arena);
    free(handed);
}

static void run_handed(struct work *work)
{
    struct handed *handed = (struct handed *)work;
    if (lane_stops(handed->lane))
        job_give_back(handed->db, &handed->job, clock_now());
    else
        handed->run(handed->db, &handed->job);
    let_go(handed);
}

/* As many may wait as are ever claimed: the claims stop at `room`. */
static int hand_over(struct lane *lane, struct handed *handed)
{
    pthread_mutex_lock(&lane->lock);
    if (!lane->pool && !lane_stops(lane))
        lane->pool = worker_start(lane->name, lane->threads, lane->room + 1024);
    int code = lane->pool ? worker_push(lane->pool, &handed->work) : SOUK_BUSY;
    pthread_mutex_unlock(&lane->lock);
    return code;
}

void lane_run(struct lane *lane, struct db *db, const struct job *job,
              void (*run)(struct db *db, const struct job *job))
{
    struct handed *handed = mem_zalloc(sizeof *handed);
    *handed =
        (struct handed){.work.run = run_handed, .lane = lane, .db = db, .job = *job, .run = run};
    handed->job.kind = arena_str(&handed->arena, job->kind);
    handed->job.subject = arena_str(&handed->arena, job->subject);
    handed->job.payload = arena_str(&handed->arena, job->payload);
    atomic_fetch_add(&lane->held, 1);
    if (hand_over(lane, handed) == SOUK_OK)
        return;
    job_give_back(db, job, clock_now());
    let_go(handed);
}

void lane_end(struct lane *lane)
{
    atomic_store(&lane->stopping, 1);
    pthread_mutex_lock(&lane->lock);
    struct worker *last = lane->pool;
    lane->pool = NULL;
    pthread_mutex_unlock(&lane->lock);
    if (last)
        worker_stop(last);
}
