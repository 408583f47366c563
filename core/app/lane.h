/*
 * lane: threads of their own for those of the core's jobs that wait for servers of other people
 * (mails, webhooks). The job workers hand such a job over and go on: however many of those servers
 * hang, payments, parcels and facts find a worker.
 */
#ifndef APP_LANE_H
#define APP_LANE_H

#include <pthread.h>
#include "store/job.h"

struct worker;

struct lane { /* static: LANE("mail", threads, room) */
    const char *name;
    int threads, room;
    _Atomic int held, stopping;
    pthread_mutex_t lock;
    struct worker *pool;
};
#define LANE(its_name, its_threads, its_room)                                                      \
    {                                                                                              \
        .name = its_name, .threads = its_threads, .room = its_room,                                \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

/* Are fewer than `room` of its jobs taken? A job that waits here spends its lease: claim no more.
 */
int lane_has_room(struct lane *lane);
int lane_stops(struct lane *lane); /* for what could go on for long: end soon */
/* Called by a job worker. The threads begin with the first job. */
void lane_run(struct lane *lane, struct db *db, const struct job *job,
              void (*run)(struct db *db, const struct job *job));
/* What waits is given back, what runs is waited for. After the job workers have stopped. */
void lane_end(struct lane *lane);

#endif
