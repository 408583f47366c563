/*
 * push_hub: what the files of the push hub share. Everything here is touched by the hub's thread
 * alone, but for the inbox (under its lock) and the atomics.
 */
#ifndef WEB_PUSH_HUB_H
#define WEB_PUSH_HUB_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/map.h"
#include "base/vec.h"
#include "web/push.h"

#define PUSH_HEAD_LIMIT   8192
#define PUSH_QUEUE_LIMIT  ((size_t)256 << 10)
#define PUSH_TEXT_LIMIT   ((size_t)64 << 10)
#define PUSH_TOPICS       32
#define PUSH_TOPIC_LENGTH 128
#define PUSH_ACCEPT       29 /* Sec-WebSocket-Accept with its NUL */

struct wslay_event_context;
struct wslay_frame_context;

/* ---- frames: bytes ready to be sent, shared by receivers ---- */

struct push_frame {
    int references;
    size_t len;
    char bytes[];
};

struct push_frame *push_frame_raw(const void *bytes, size_t len);
struct push_frame *push_frame_text(struct push_hub *hub,
                                   struct souk_str text); /* as a WebSocket text frame */
void push_frame_release(struct push_frame *frame);

/* ---- topics ---- */

struct push_client;

struct push_topic {
    char *name;
    VEC(struct push_client *) clients;
};

struct push_place { /* of a client in a topic */
    struct push_topic *topic;
    size_t at;
};

int push_topic_join(struct push_client *client,
                    struct souk_str name); /* 0, or SOUK_TOO_LARGE: too many or too long */
void push_topic_leave(struct push_client *client, struct souk_str name);
void push_topic_leave_all(struct push_client *client);

/* ---- clients ---- */

enum push_state {
    PUSH_HEAD, /* reading the handshake */
    PUSH_OPEN,
    PUSH_CLOSING, /* sends what is queued, then waits for the other side to close */
    PUSH_STATES
};

struct push_client {
    struct push_hub *hub;
    struct push_client *before, *next; /* in the list of its state, soonest due first */
    struct push_client *next_dirty, *next_doomed;
    enum push_state state;
    int fd;
    int dirty, doomed, waits_out, write_shut, missed;
    int messages;  /* since the last ping */
    size_t got;    /* bytes, likewise */
    size_t budget; /* bytes that may still be read in this turn */
    int64_t due;   /* clock_mono */
    struct wslay_event_context *ws;
    char *head; /* the handshake; what came behind it goes to wslay first */
    size_t head_len, head_read, extra_at;
    VEC(struct push_frame *) queue;
    size_t queue_at, sent,
        queued; /* the first frame not sent, how much of it is, bytes that wait */
    VEC(struct push_place) places;
};

void push_client_new(struct push_hub *hub, int fd);
void push_client_free(struct push_client *client);
void push_client_readable(struct push_client *client);
void push_client_flush(struct push_client *client);
void push_client_due(struct push_client *client);
void push_client_close(struct push_client *client, uint16_t code,
                       const char *reason); /* a WebSocket close, then PUSH_CLOSING */
void push_client_queue(struct push_client *client,
                       struct push_frame *frame);  /* takes a reference of its own */
void push_client_doom(struct push_client *client); /* ends it after this turn */
void push_client_enter(struct push_client *client, enum push_state state); /* sets when it is due */

/* ---- the handshake ---- */

/* 101 and the accept key, or the status to refuse with. `head` ends with an empty line. */
int push_head_check(struct souk_str head, const char *host_check, char accept[PUSH_ACCEPT]);

/* ---- the hub ---- */

struct push_list {
    struct push_client *first, *last;
};

struct push_arrival { /* a connection, or a message when topic.ptr is set */
    struct push_arrival *next;
    int fd;
    struct souk_str topic, text;
};

struct push_hub {
    struct push_options options;
    char *host_check;
    int epoll, wake;
    pthread_t thread;
    struct arena arena; /* of one message */
    struct map topics;
    struct push_list list[PUSH_STATES];
    struct push_client *dirty, *doomed;
    struct wslay_frame_context *framer;
    struct push_frame *framing;
    int clients;
    int64_t now;
    int ending;
    _Atomic int open, places;
    pthread_mutex_t lock; /* the inbox */
    struct push_arrival *first, **last;
    size_t waiting; /* bytes */
    int overflow, stopping;
};

#endif
