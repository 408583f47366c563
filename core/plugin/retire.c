/*
 * retire.c: the one way out for sets and generations, whether by disable, reload, a
 * changed configuration or the end.
 *
 * The idea: a set that is no longer published waits in a row, oldest first, until
 * nobody pins it; then its web is freed and each plugin that no other set holds goes to
 * the task pool to be stopped, in the reverse order of start. The clock thread looks
 * once a turn; it never runs a plugin's code and never waits.
 *
 * Invariants: sets are retired in the order of their numbers. A plugin is stopped when
 * its last set is gone, so no call of it is running and none will come. A batch that
 * the pool has no room for is offered again.
 *
 * Threads: retire_add under the switch's lock; switch_retire on the clock thread;
 * batches on task threads.
 */
#include <stdlib.h>
#include "base/log.h"
#include "plugin/generation.h"
#include "plugin/host.h"

static void end_batch(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        generation_end(batch->plugins[i], batch->host->options.db);
}

static void run_batch(struct work *work)
{
    struct batch *batch = (struct batch *)((char *)work - offsetof(struct batch, work));
    struct switch_host *host = batch->host;
    end_batch(batch);
    free(batch);
    pthread_mutex_lock(&host->retire_lock);
    host->stopping--;
    pthread_cond_broadcast(&host->stopped);
    pthread_mutex_unlock(&host->retire_lock);
}

/* Frees the set; the plugins that nobody holds any more come back as a batch, or NULL.
 */
static struct batch *take_apart(struct switch_host *host, struct plugin_set *set)
{
    struct batch *batch = mem_zalloc(sizeof(*batch) + set->count * sizeof(batch->plugins[0]));
    batch->host = host;
    batch->work.run = run_batch;
    struct plugin **plugins = set->plugins;
    for (size_t i = set->count; i-- > 0;)
        if (atomic_fetch_sub(&plugins[i]->sets, 1) == 1)
            batch->plugins[batch->count++] = plugins[i];
    log_debug("set.retired", LOG_I("number", set->number), LOG_I("stops", batch->count));
    set_free(set);
    if (batch->count == 0) {
        free(batch);
        return NULL;
    }
    return batch;
}

static void keep_unsent(struct switch_host *host, struct batch *batch)
{
    struct batch **end = &host->unsent;
    while (*end)
        end = &(*end)->next;
    batch->next = NULL;
    *end = batch;
}

/* Under retire_lock. */
static void send(struct switch_host *host)
{
    while (host->unsent && host->options.tasks) {
        struct batch *batch = host->unsent;
        struct batch *next = batch->next;
        if (worker_push(host->options.tasks, &batch->work))
            return;
        host->unsent = next;
        host->stopping++;
    }
}

void retire_add(struct switch_host *host, struct plugin_set *set)
{
    pthread_mutex_lock(&host->retire_lock);
    host->retiring[host->retiring_count++] = set;
    pthread_mutex_unlock(&host->retire_lock);
}

static struct plugin_set *take_oldest(struct switch_host *host)
{
    struct plugin_set *oldest = host->retiring[0];
    host->retiring_count--;
    memmove(host->retiring, host->retiring + 1, host->retiring_count * sizeof(host->retiring[0]));
    return oldest;
}

void switch_retire(struct switch_host *host)
{
    if (!host || pthread_mutex_trylock(&host->retire_lock) != 0)
        return; /* somebody is at it */
    while (host->retiring_count > 0 && set_drained(host->retiring[0])) {
        struct batch *batch = take_apart(host, take_oldest(host));
        if (batch)
            keep_unsent(host, batch);
    }
    send(host);
    pthread_mutex_unlock(&host->retire_lock);
}

void retire_all(struct switch_host *host, int64_t deadline)
{
    pthread_mutex_lock(&host->retire_lock);
    while (host->retiring_count > 0) {
        if (set_wait(host->retiring[0], deadline)) {
            log_error("set.stuck", LOG_I("number", host->retiring[0]->number),
                      LOG_S("hint", "a call into a plugin has not returned: its plugins are "
                                    "not stopped"));
            break;
        }
        struct batch *batch = take_apart(host, take_oldest(host));
        if (batch)
            keep_unsent(host, batch);
    }
    while (host->stopping > 0)
        pthread_cond_wait(&host->stopped, &host->retire_lock);
    while (host->unsent) {
        struct batch *batch = host->unsent;
        host->unsent = batch->next;
        end_batch(batch);
        free(batch);
    }
    pthread_mutex_unlock(&host->retire_lock);
}
