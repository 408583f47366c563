/*
 * set.c: the published set, and who pins it.
 *
 * The idea: each published set has one of 64 places, and each place a row of 16
 * counters, each in a cache line of its own. To pin is to add one to this thread's
 * counter of the current place and then to look whether that place is still the current
 * one: only then is the set's memory touched. The publisher stores the new number and
 * then sums the old counters. Both sides use sequentially consistent operations, so at
 * least one of them sees the other: either the pinner sees the new number and steps
 * back, or the publisher sees the pin.
 *
 * Invariants: numbers only grow and a place is used again only when its set is gone, so
 * a sleeper that wakes up with an old number can but add to a stranger's counter for a
 * moment and take it away again. A pin is given back to the counter that it was taken
 * from (the ticket says which), and copied there too, so a counter that was seen at
 * zero after the publishing stays at zero but for such moments: the counters may be
 * read one after the other.
 *
 * Threads: pinning any; publishing and freeing one at a time (the switch's lock).
 * Waiting costs the unpinning threads one load; nobody polls.
 */
#include "plugin/set.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/str.h"
#include "plugin/call.h"

#define PLACES 64
#define SHARDS 16

struct counter {
    _Alignas(64) _Atomic int64_t pins;
};

static struct counter counters[PLACES][SHARDS];
static struct plugin_set nothing; /* before the first publishing */
static struct plugin_set *_Atomic places[PLACES] = {&nothing};
static _Atomic uint64_t current;

static _Atomic uint32_t shards_given;
static _Thread_local uint32_t shard; /* 0: not given yet */

static _Atomic int waiters;
static pthread_mutex_t wait_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t unpinned;
static pthread_once_t wait_once = PTHREAD_ONCE_INIT;

/* ---- pinning ---- */

static uint32_t my_shard(void)
{
    if (shard == 0)
        shard = atomic_fetch_add(&shards_given, 1) % SHARDS + 1;
    return shard - 1;
}

static struct counter *counter_of(uint32_t ticket)
{
    return &counters[(ticket - 1) / SHARDS % PLACES][(ticket - 1) % SHARDS];
}

static void wake_waiters(void)
{
    pthread_mutex_lock(&wait_lock);
    pthread_cond_broadcast(&unpinned);
    pthread_mutex_unlock(&wait_lock);
}

struct plugin_set *set_pin(uint32_t *ticket)
{
    uint32_t mine = my_shard();
    for (;;) {
        uint64_t number = atomic_load(&current);
        uint32_t place = (uint32_t)(number % PLACES);
        *ticket = place * SHARDS + mine + 1;
        atomic_fetch_add(&counters[place][mine].pins, 1);
        if (atomic_load(&current) == number)
            return places[place];
        set_unpin(*ticket);
    }
}

void set_unpin(uint32_t ticket)
{
    atomic_fetch_sub(&counter_of(ticket)->pins, 1);
    if (atomic_load(&waiters))
        wake_waiters();
}

void set_pin_again(uint32_t ticket, uint32_t *copy)
{
    atomic_fetch_add(&counter_of(ticket)->pins, 1);
    *copy = ticket;
}

/* ---- publishing and draining ---- */

int set_publish(struct plugin_set *set, struct plugin_set **old, struct err *err)
{
    uint64_t before = atomic_load(&current), number = before + 1;
    if (places[number % PLACES]) {
        return err_set(err, SOUK_BUSY,
                       "%d older plugin sets are still in use by calls that have not "
                       "returned; try again later",
                       PLACES - 1);
    }
    *old = places[before % PLACES];
    set->number = number;
    places[number % PLACES] = set;
    atomic_store(&current, number);
    return 0;
}

int set_drained(const struct plugin_set *set)
{
    if (atomic_load(&current) == set->number)
        return 0;
    for (size_t i = 0; i < SHARDS; i++)
        if (atomic_load(&counters[set->number % PLACES][i].pins) != 0)
            return 0;
    return 1;
}

static void begin_waiting(void)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&unpinned, &attr);
    pthread_condattr_destroy(&attr);
}

int set_wait(const struct plugin_set *set, int64_t deadline)
{
    struct timespec until = {.tv_sec = deadline / CLOCK_SECOND,
                             .tv_nsec = deadline % CLOCK_SECOND * 1000};
    int late = 0;
    pthread_once(&wait_once, begin_waiting);
    pthread_mutex_lock(&wait_lock);
    atomic_fetch_add(&waiters, 1);
    int drained = set_drained(set); /* once true, never asked again: a sleeper's moment */
    while (!drained && !late) {
        late = pthread_cond_timedwait(&unpinned, &wait_lock, &until) != 0;
        drained = set_drained(set);
    }
    atomic_fetch_sub(&waiters, 1);
    pthread_mutex_unlock(&wait_lock);
    return drained ? 0 : SOUK_TIMEOUT;
}

/* ---- making ---- */

struct plugin_set *set_new(struct plugin *const *plugins, size_t count)
{
    struct plugin_set *set = mem_zalloc(sizeof(*set));
    set->plugins = arena_array(&set->arena, struct plugin *, count + 1);
    for (size_t i = 0; i < count; i++) {
        set->plugins[i] = plugins[i];
        atomic_fetch_add(&plugins[i]->sets, 1);
    }
    set->count = count;
    return set;
}

void set_free(struct plugin_set *set)
{
    if (places[set->number % PLACES] == set)
        places[set->number % PLACES] = NULL;
    if (set->web && set->web_free)
        set->web_free(set->web);
    map_free(&set->events);
    arena_free(&set->arena);
    if (set != &nothing)
        free(set);
}

static int by_turn(const void *a, const void *b)
{
    const struct listener *one = a, *two = b;
    if (one->row->priority != two->row->priority)
        return one->row->priority < two->row->priority ? -1 : 1;
    return strcmp(one->plugin->name, two->plugin->name);
}

static struct listeners *list_of(struct plugin_set *set, const char *event)
{
    struct souk_str name = souk_str(event);
    struct listeners *list = map_get(&set->events, name);
    if (!list) {
        list = arena_new(&set->arena, struct listeners);
        list->event = name;
        map_put(&set->events, name, list);
    }
    return list;
}

static void add_listeners(struct plugin_set *set)
{
    for (size_t i = 0; i < set->count; i++) { /* how many each list will have */
        const struct descriptor *d = &set->plugins[i]->descriptor;
        for (size_t k = 0; k < d->events_count; k++)
            list_of(set, d->events[k].event)->count++;
    }
    for (size_t i = 0; i < set->events.used; i++) {
        struct listeners *list = set->events.entries[i].value;
        list->at = arena_array(&set->arena, struct listener, list->count);
        list->count = 0;
    }
    for (size_t i = 0; i < set->count; i++) {
        struct plugin *plugin = set->plugins[i];
        const struct descriptor *d = &plugin->descriptor;
        for (size_t k = 0; k < d->events_count; k++) {
            struct listeners *list = list_of(set, d->events[k].event);
            list->at[list->count++] = (struct listener){
                plugin, &d->events[k], call_intern("event %s", d->events[k].event)};
        }
    }
    for (size_t i = 0; i < set->events.used; i++) {
        struct listeners *list = set->events.entries[i].value;
        qsort(list->at, list->count, sizeof(*list->at), by_turn);
    }
}

static int add_provider(struct plugin_set *set, struct plugin *plugin,
                        const struct souk_provider *row, struct err *err)
{
    for (size_t i = 0; i < set->provider_count; i++) {
        const struct provider *other = &set->providers[i];
        if (strcmp(other->row->kind, row->kind) == 0 && strcmp(other->row->name, row->name) == 0) {
            return err_set(err, SOUK_CONFLICT,
                           "plugins \"%s\" and \"%s\" both provide %s \"%s\"; take one of "
                           "them out of plugins",
                           other->plugin->name, plugin->name, row->kind, row->name);
        }
    }
    set->providers[set->provider_count++] = (struct provider){plugin, row};
    return 0;
}

int set_assemble(struct plugin_set *set, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += set->plugins[i]->descriptor.providers_count;
    set->providers = arena_array(&set->arena, struct provider, count + 1);
    add_listeners(set);
    for (size_t i = 0; i < set->count; i++) {
        const struct descriptor *d = &set->plugins[i]->descriptor;
        for (size_t k = 0; k < d->providers_count; k++) {
            int code = add_provider(set, set->plugins[i], &d->providers[k], err);
            if (code)
                return code;
        }
    }
    return 0;
}

/* ---- asking ---- */

struct plugin *set_plugin(const struct plugin_set *set, struct souk_str name)
{
    for (size_t i = 0; i < set->count; i++)
        if (souk_str_is(name, set->plugins[i]->name))
            return set->plugins[i];
    return NULL;
}

const struct listeners *set_listeners(const struct plugin_set *set, struct souk_str event)
{
    return map_get(&set->events, event);
}
