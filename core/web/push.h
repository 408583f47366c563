/*
 * push: WebSocket on /push. One epoll thread owns its sockets (they never enter libmicrohttpd);
 * frames are libwslay's, the handshake's hash is nettle's. A browser subscribes to topics by
 * sending {"subscribe": ["topic", …]} (or "unsubscribe") and is told {"subscribed": […], "refused":
 * […]}: from then on it gets what is published, so it asks for what it missed after that. Who
 * publishes hands over one JSON text a topic, which is framed once and shared. Slow receivers are
 * dropped (they come back and fetch what they missed: what is pushed is always a row that can be
 * fetched again).
 */
#ifndef WEB_PUSH_H
#define WEB_PUSH_H

#include "base/err.h"
#include "base/json.h"

struct push_hub;

struct push_options {
    int connections; /* at most; 0: 4,096 */
    /* May this client subscribe? `headers` is the raw head of its handshake. NULL: topics that
     * begin with "public:" only. */
    int (*may)(void *user, struct souk_str head, struct souk_str topic);
    void *user;
    const char *host_check; /* NULL, or the only Origin host allowed besides the Host itself */
    int64_t ping_every;     /* us; 0: 30 s. Whoever leaves two pings unanswered is gone */
    int64_t head_time;      /* us for the handshake; 0: 5 s */
};

int push_start(struct push_hub **out, const struct push_options *options, struct err *err);
/* The door hands over a connected socket whose first line is GET /push; nothing was read from it.
 * Takes the descriptor. */
void push_adopt(struct push_hub *hub, int fd);
/* Any thread; copies; never blocks on a client. What a browser gets is `json` as it is, at most 64
 * KiB. */
void push_publish(struct push_hub *hub, struct souk_str topic, struct souk_str json);
int push_count(const struct push_hub *hub);
/* Sends Close 1001 to all, then ends. */
void push_stop(struct push_hub *hub);

#endif
