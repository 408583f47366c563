/*
 * worker.c: a bounded first-in first-out queue with its threads.
 *
 * The idea: one mutex, one condition variable, a singly linked list through the owners'
 * own structs. The lock is held for a few instructions, never while an item runs. When
 * the queue is full the pusher hears SOUK_BUSY at once and tells its client; nothing
 * waits to get in.
 *
 * Invariants: an item belongs to the worker from a successful push until its run() is
 * called, and from then on to run(), which may free it or push it again. worker_stop is
 * called once, by a thread that is not one of the worker's own, after which nobody may
 * touch the worker.
 */
#include "base/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/board.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

struct worker {
    pthread_mutex_t lock;
    pthread_cond_t some; /* an item came, or the end */
    struct work *head;
    struct work **tail;
    int limit;
    int depth;
    int active;
    int stopping;
    int threads;
    char name[16];
    pthread_t thread[];
};

static struct work *take(struct worker *worker)
{
    while (!worker->head && !worker->stopping)
        pthread_cond_wait(&worker->some, &worker->lock);
    struct work *work = worker->head;
    if (work) {
        worker->head = work->next;
        if (!worker->head)
            worker->tail = &worker->head;
        work->next = NULL;
        worker->depth--;
        worker->active++;
    }
    return work;
}

static void *run_thread(void *arg)
{
    struct worker *worker = arg;
    struct work *work;
    board_thread_begin(worker->name);
    pthread_mutex_lock(&worker->lock);
    while ((work = take(worker))) {
        pthread_mutex_unlock(&worker->lock);
        work->run(work);
        pthread_mutex_lock(&worker->lock);
        worker->active--;
    }
    pthread_mutex_unlock(&worker->lock);
    board_thread_end();
    return NULL;
}

struct worker *worker_start(const char *name, int threads, int limit)
{
    size_t count = threads > 0 ? (size_t)threads : 1;
    struct worker *worker = mem_zalloc(sizeof(*worker) + count * sizeof(pthread_t));
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->some, NULL);
    worker->tail = &worker->head;
    worker->limit = limit;
    str_copy(worker->name, sizeof(worker->name), souk_str(name));
    for (size_t i = 0; i < count; i++) {
        int code = pthread_create(&worker->thread[i], NULL, run_thread, worker);
        if (code) {
            /* as without memory: a shop that cannot start its threads starts over */
            log_error("thread.failed", LOG_S("thread", worker->name), LOG_I("errno", code));
            abort();
        }
        worker->threads++;
    }
    return worker;
}

int worker_push(struct worker *worker, struct work *work)
{
    int code = SOUK_BUSY;
    work->next = NULL;
    work->queued_at = clock_mono();
    pthread_mutex_lock(&worker->lock);
    if (!worker->stopping && worker->depth < worker->limit) {
        *worker->tail = work;
        worker->tail = &work->next;
        worker->depth++;
        code = 0;
        pthread_cond_signal(&worker->some);
    }
    pthread_mutex_unlock(&worker->lock);
    return code;
}

int worker_depth(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    int depth = worker->depth;
    pthread_mutex_unlock(&worker->lock);
    return depth;
}

int worker_active(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    int active = worker->active;
    pthread_mutex_unlock(&worker->lock);
    return active;
}

void worker_stop(struct worker *worker)
{
    if (!worker)
        return;
    pthread_mutex_lock(&worker->lock);
    worker->stopping = 1;
    pthread_cond_broadcast(&worker->some);
    pthread_mutex_unlock(&worker->lock);
    for (int i = 0; i < worker->threads; i++)
        pthread_join(worker->thread[i], NULL);
    pthread_cond_destroy(&worker->some);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}
