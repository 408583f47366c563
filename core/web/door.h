/*
 * door: the thread that accepts. It counts connections per address, waits for the first
 * bytes of each, and hands the connection to whoever it is for: `GET /push` to the push
 * hub, the rest to libmicrohttpd. It refuses while there is still room behind it,
 * because one connection over a worker's share deadlocks libmicrohttpd 0.9.75.
 */
#ifndef WEB_DOOR_H
#define WEB_DOOR_H

#include "web/door_crowd.h"
#include "web/push.h"
#include "web/reaper.h"

#define DOOR_CONTROL_ROOM                                                                          \
    32 /* connections of the command that are let in when the shop is full                         \
        */

struct door;

struct door_options {
    const int *listen_fds;
    int listen_count;
    int control_fd; /* or -1 */
    int connections;
    int64_t header_timeout;
    struct reaper *reaper;
    struct crowd *crowd;
    const struct cidr_list *trusted; /* proxies: not counted */
    struct push_hub *push;           /* may be NULL */
    /* Takes the descriptor and, with it, the duty to call reaper_close when it is
     * closed. */
    void (*admit)(void *user, struct link *link);
    void *user;
};

int door_start(struct door **out, const struct door_options *options, struct err *err);
/* Accepts nothing more; who has connected is still served. Any thread. */
void door_deafen(struct door *door);
/* Hands over who has spoken, closes the rest, ends the thread.
 * The listening sockets stay open. */
void door_close(struct door *door);

#endif
