/*
 * reaper: all client connections by descriptor, and the end of those that take too
 * long. libmicrohttpd's own time-out is for inactivity: a client that drips a byte a
 * second stays for ever. Here every connection says in which part of a request it is
 * and since when.
 *
 * A link is opened by the door, closed by the I/O thread that closes the socket; in
 * between, the I/O thread notes phases without a lock, and the clock's turn shuts down
 * whoever is over its time.
 */
#ifndef WEB_REAPER_H
#define WEB_REAPER_H

#include <stdatomic.h>
#include <netinet/in.h>
#include "web/cidr.h"

enum link_phase {
    LINK_FREE,
    LINK_DOOR, /* nothing said yet: the door's own time-out */
    LINK_NEW,  /* handed over: first request's head */
    LINK_HEAD, /* a later request's head, from its first line on */
    LINK_BODY,
    LINK_WORK, /* a handler or a queue has it: its deadline rules */
    LINK_SEND,
    LINK_IDLE, /* between requests */
};

struct link {
    _Atomic int phase;
    _Atomic int64_t since; /* clock_mono */
    int fd;
    int control;   /* control socket, peer is us or root */
    int counted;   /* in the crowd */
    int64_t spoke; /* clock_mono of the first bytes that the door saw; 0: none yet */
    struct cidr_address peer;
    char address[48];
    struct sockaddr_in6 from; /* large enough for both families */
    socklen_t from_len;
    struct link *next, *before; /* the door's list of those who have said nothing */
};

struct reaper_limits { /* us */
    int64_t head, idle, request;
};

struct reaper;

struct reaper *reaper_new(size_t descriptors, const struct reaper_limits *limits);
void reaper_free(struct reaper *reaper);
struct link *reaper_open(struct reaper *reaper, int fd,
                         int64_t mono); /* NULL: descriptor too high */
struct link *reaper_link(struct reaper *reaper, int fd);
void reaper_close(struct reaper *reaper, struct link *link); /* before the descriptor is closed */
int reaper_count(const struct reaper *reaper);               /* open links */
/* Shuts down who is late; how many. */
int reaper_turn(struct reaper *reaper, int64_t mono);
/* While draining: shuts down who is between requests. */
void reaper_end_idle(struct reaper *reaper);

static inline void link_phase_set(struct link *link, enum link_phase phase, int64_t mono)
{
    atomic_store_explicit(&link->since, mono, memory_order_relaxed);
    atomic_store_explicit(&link->phase, (int)phase, memory_order_release);
}

#endif
