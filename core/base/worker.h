/*
 * worker: a bounded queue and the threads that empty it. The task pool and the shop's other
 * background work are workers. Items are intrusive: the owner embeds struct work and nothing is
 * allocated here.
 */
#ifndef BASE_WORKER_H
#define BASE_WORKER_H

#include <souk/types.h>

struct work {
    struct work *next;
    void (*run)(struct work *work);
    int64_t queued_at; /* clock_mono, set by worker_push */
};

struct worker;

/* Starts `threads` threads called `name`; at most `limit` items wait. */
struct worker *worker_start(const char *name, int threads, int limit);
int worker_push(struct worker *worker, struct work *work); /* SOUK_BUSY when full or stopping */
int worker_depth(struct worker *worker);                   /* items waiting */
int worker_active(struct worker *worker);                  /* items being run */
/* Takes nothing new, runs what waits, joins, frees. */
void worker_stop(struct worker *worker);

#endif
