/*
 * reaper.c: a table indexed by descriptor, walked by the clock.
 *
 * The idea: shutdown() on the socket is all it takes; the I/O thread then sees the end
 * of the stream and cleans up in its usual way. The one danger is a descriptor that was
 * closed and given to somebody else in the meantime: so opening, closing and shutting
 * down share a lock, which the warm path of a request never takes.
 */
#include "web/reaper.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/arena.h"

struct reaper {
    pthread_mutex_t lock;
    struct reaper_limits limits;
    struct link *links;
    size_t size;
    _Atomic size_t top; /* descriptors seen are below */
    _Atomic int count;
};

struct reaper *reaper_new(size_t descriptors, const struct reaper_limits *limits)
{
    struct reaper *reaper = mem_zalloc(sizeof(*reaper));
    pthread_mutex_init(&reaper->lock, NULL);
    reaper->limits = *limits;
    reaper->size = descriptors;
    reaper->links = mem_zalloc(descriptors * sizeof(struct link)); /* touched as used */
    return reaper;
}

void reaper_free(struct reaper *reaper)
{
    if (!reaper)
        return;
    pthread_mutex_destroy(&reaper->lock);
    free(reaper->links);
    free(reaper);
}

struct link *reaper_open(struct reaper *reaper, int fd, int64_t mono)
{
    if (fd < 0 || (size_t)fd >= reaper->size)
        return NULL;
    struct link *link = &reaper->links[fd];
    pthread_mutex_lock(&reaper->lock);
    memset(link, 0, sizeof(*link));
    link->fd = fd;
    link_phase_set(link, LINK_DOOR, mono);
    if ((size_t)fd >= atomic_load(&reaper->top))
        atomic_store(&reaper->top, (size_t)fd + 1);
    pthread_mutex_unlock(&reaper->lock);
    atomic_fetch_add(&reaper->count, 1);
    return link;
}

struct link *reaper_link(struct reaper *reaper, int fd)
{
    return fd >= 0 && (size_t)fd < reaper->size ? &reaper->links[fd] : NULL;
}

void reaper_close(struct reaper *reaper, struct link *link)
{
    pthread_mutex_lock(&reaper->lock);
    link_phase_set(link, LINK_FREE, 0);
    pthread_mutex_unlock(&reaper->lock);
    atomic_fetch_sub(&reaper->count, 1);
}

int reaper_count(const struct reaper *reaper)
{
    return atomic_load(&reaper->count);
}

static int64_t limit_of(const struct reaper *reaper, int phase)
{
    switch (phase) {
    case LINK_NEW:
    case LINK_HEAD: return reaper->limits.head;
    case LINK_IDLE: return reaper->limits.idle;
    case LINK_BODY:
    case LINK_SEND: return reaper->limits.request;
    default: return 0;
    }
}

static int is_late(const struct reaper *reaper, struct link *link, int64_t mono)
{
    int phase = atomic_load_explicit(&link->phase, memory_order_acquire);
    int64_t limit = limit_of(reaper, phase);
    return limit > 0 && mono - atomic_load_explicit(&link->since, memory_order_relaxed) > limit;
}

int reaper_turn(struct reaper *reaper, int64_t mono)
{
    size_t top = atomic_load(&reaper->top);
    int ended = 0;
    for (size_t i = 0; i < top; i++) {
        struct link *link = &reaper->links[i];
        if (!is_late(reaper, link, mono))
            continue;
        pthread_mutex_lock(&reaper->lock);
        if (is_late(reaper, link, mono)) {
            shutdown(link->fd, SHUT_RDWR);
            ended++;
        }
        pthread_mutex_unlock(&reaper->lock);
    }
    return ended;
}

void reaper_end_idle(struct reaper *reaper)
{
    size_t top = atomic_load(&reaper->top);
    for (size_t i = 0; i < top; i++) {
        struct link *link = &reaper->links[i];
        if (atomic_load(&link->phase) != LINK_IDLE)
            continue;
        pthread_mutex_lock(&reaper->lock);
        char byte; /* a request that has arrived but was not read yet is answered first */
        if (atomic_load(&link->phase) == LINK_IDLE &&
            recv(link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
            shutdown(link->fd, SHUT_RDWR);
        pthread_mutex_unlock(&reaper->lock);
    }
}
