/*
 * push.c: the hub: one thread, one epoll, all WebSocket connections.
 *
 * The idea: other threads only leave things in an inbox (a connection, a text for a
 * topic) and wake the thread; all else is the thread's own and needs no lock. A turn:
 * wait, read who is readable, empty the inbox, look after who is due, send what was
 * queued, bury who ended. Clients are freed at the end of a turn only, so nothing in it
 * points at a freed one.
 *
 * A text is framed once; its receivers share the bytes. If publications come faster
 * than the thread can hand them on, connections are closed with "try again later"
 * rather than some texts lost: who comes back fetches what it missed, who stays would
 * not know.
 */
#include "web/push.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <wslay/wslay.h>
#include "base/board.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "web/push_hub.h"

#define EVENTS          256
#define TRY_AGAIN_LATER 1013
#define WAITING_LIMIT   ((size_t)16 << 20)
#define CONNECTIONS     4096
#define PING_EVERY      (30 * CLOCK_SECOND)
#define HEAD_TIME       (5 * CLOCK_SECOND)
#define ENDING_TIME     CLOCK_SECOND

/* ---- the inbox ---- */

static void wake(struct push_hub *hub)
{
    uint64_t one = 1;
    while (write(hub->wake, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
}

/* 0, or SOUK_BUSY when the hub is ending or the inbox is full. */
static int leave(struct push_hub *hub, struct push_arrival *arrival)
{
    size_t bytes = sizeof(*arrival) + arrival->topic.len + arrival->text.len;
    pthread_mutex_lock(&hub->lock);
    int full = hub->waiting + bytes > WAITING_LIMIT;
    int code = hub->stopping || full ? SOUK_BUSY : 0;
    int first = hub->first == NULL;
    hub->overflow |= full;
    if (code == 0) {
        arrival->next = NULL;
        *hub->last = arrival;
        hub->last = &arrival->next;
        hub->waiting += bytes;
    }
    pthread_mutex_unlock(&hub->lock);
    if (code == 0 && first)
        wake(hub);
    return code;
}

void push_adopt(struct push_hub *hub, int fd)
{
    struct push_arrival *arrival = mem_zalloc(sizeof(*arrival));
    arrival->fd = fd;
    if (leave(hub, arrival) != 0) {
        close(fd);
        free(arrival);
    }
}

void push_publish(struct push_hub *hub, struct souk_str topic, struct souk_str json)
{
    if (atomic_load(&hub->places) == 0 || topic.len == 0)
        return; /* nobody listens: who joins later fetches what came before */
    if (json.len > PUSH_TEXT_LIMIT) {
        log_warn("push.refused", LOG_T("topic", topic), LOG_I("bytes", json.len));
        return;
    }
    struct push_arrival *arrival = mem_alloc(sizeof(*arrival) + topic.len + json.len);
    char *text = (char *)(arrival + 1);
    memcpy(text, topic.ptr, topic.len);
    memcpy(text + topic.len, json.len ? json.ptr : "", json.len);
    *arrival = (struct push_arrival){
        .fd = -1, .topic = {text, topic.len}, .text = {text + topic.len, json.len}};
    if (leave(hub, arrival) != 0)
        free(arrival);
}

int push_count(const struct push_hub *hub)
{
    return atomic_load(&hub->open);
}

/* ---- a turn ---- */

static void deliver(struct push_hub *hub, const struct push_arrival *arrival)
{
    struct push_topic *topic = map_get(&hub->topics, arrival->topic);
    struct push_frame *frame = topic ? push_frame_text(hub, arrival->text) : NULL;
    if (!frame)
        return;
    for (size_t i = 0; i < topic->clients.len; i++)
        push_client_queue(topic->clients.at[i], frame);
    push_frame_release(frame);
}

static void close_all(struct push_hub *hub, uint16_t code, const char *reason)
{
    while (hub->list[PUSH_OPEN].first)
        push_client_close(hub->list[PUSH_OPEN].first, code, reason);
}

static void empty_inbox(struct push_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    struct push_arrival *arrival = hub->first;
    int overflow = hub->overflow, stopping = hub->stopping;
    hub->first = NULL;
    hub->last = &hub->first;
    hub->waiting = 0;
    hub->overflow = 0;
    pthread_mutex_unlock(&hub->lock);
    while (arrival) {
        struct push_arrival *next = arrival->next;
        if (arrival->topic.ptr)
            deliver(hub, arrival);
        else if (stopping)
            close(arrival->fd);
        else
            push_client_new(hub, arrival->fd);
        free(arrival);
        arrival = next;
    }
    if (overflow) {
        log_warn("push.overflow", LOG_I("connections", atomic_load(&hub->open)));
        close_all(hub, TRY_AGAIN_LATER, "come back");
    }
    if (stopping && !hub->ending) {
        hub->ending = 1;
        close_all(hub, WSLAY_CODE_GOING_AWAY, "the shop restarts");
        while (hub->list[PUSH_HEAD].first) {
            struct push_client *client = hub->list[PUSH_HEAD].first;
            push_client_enter(client, PUSH_CLOSING);
            push_client_doom(client);
        }
    }
}

static void look_after_due(struct push_hub *hub)
{
    for (int state = 0; state < PUSH_STATES; state++) {
        struct push_client *client = hub->list[state].first;
        while (client && client->due <= hub->now) {
            struct push_client *next = client->next;
            if (!client->doomed)
                push_client_due(client);
            client = next;
        }
    }
}

static void send_and_bury(struct push_hub *hub)
{
    while (hub->dirty) {
        struct push_client *client = hub->dirty;
        hub->dirty = client->next_dirty;
        client->dirty = 0;
        if (!client->waits_out)
            push_client_flush(client);
    }
    while (hub->doomed) {
        struct push_client *client = hub->doomed;
        hub->doomed = client->next_doomed;
        push_client_free(client);
    }
}

static int wait_span(const struct push_hub *hub, int64_t until)
{
    int64_t soonest = until;
    for (int state = 0; state < PUSH_STATES; state++) {
        const struct push_client *client = hub->list[state].first;
        if (client && client->due < soonest)
            soonest = client->due;
    }
    if (soonest == INT64_MAX)
        return -1;
    int64_t span = soonest - clock_mono();
    return span <= 0 ? 0 : (int)(span / CLOCK_MS + 1);
}

static void handle(struct push_hub *hub, const struct epoll_event *event)
{
    struct push_client *client = event->data.ptr;
    uint64_t count;
    if (!client) { /* the wake-up call */
        if (read(hub->wake, &count, sizeof(count)) < 0 && errno != EAGAIN)
            log_warn("push.wake", LOG_I("errno", errno));
        return;
    }
    if (client->doomed)
        return;
    if (event->events & EPOLLOUT)
        push_client_flush(client);
    if (!client->doomed && (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        push_client_readable(client);
}

static void *run(void *arg)
{
    struct push_hub *hub = arg;
    struct epoll_event events[EVENTS];
    int64_t until = INT64_MAX;
    board_thread_begin("push");
    for (;;) {
        int count = epoll_wait(hub->epoll, events, EVENTS, wait_span(hub, until));
        hub->now = clock_mono();
        for (int i = 0; i < count; i++)
            handle(hub, &events[i]);
        empty_inbox(hub);
        look_after_due(hub);
        send_and_bury(hub);
        if (hub->ending && until == INT64_MAX)
            until = hub->now + ENDING_TIME;
        if (hub->ending && (hub->clients == 0 || hub->now >= until))
            break;
    }
    board_thread_end();
    return NULL;
}

/* ---- life ---- */

static ssize_t on_frame(const uint8_t *bytes, size_t len, int flags, void *user)
{
    struct push_hub *hub = user;
    (void)flags;
    memcpy(hub->framing->bytes + hub->framing->len, bytes, len); /* room: push_frame_text */
    hub->framing->len += len;
    return (ssize_t)len;
}

static void hub_free(struct push_hub *hub)
{
    for (int state = 0; state < PUSH_STATES; state++)
        while (hub->list[state].first)
            push_client_free(hub->list[state].first);
    if (hub->framer)
        wslay_frame_context_free(hub->framer);
    if (hub->epoll >= 0)
        close(hub->epoll);
    if (hub->wake >= 0)
        close(hub->wake);
    map_free(&hub->topics);
    arena_free(&hub->arena);
    pthread_mutex_destroy(&hub->lock);
    free(hub->host_check);
    free(hub);
}

static int open_descriptors(struct push_hub *hub)
{
    struct epoll_event event = {.events = EPOLLIN};
    hub->epoll = epoll_create1(EPOLL_CLOEXEC);
    hub->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return hub->epoll < 0 || hub->wake < 0 ||
           epoll_ctl(hub->epoll, EPOLL_CTL_ADD, hub->wake, &event) != 0;
}

int push_start(struct push_hub **out, const struct push_options *options, struct err *err)
{
    static const struct wslay_frame_callbacks callbacks = {.send_callback = on_frame};
    struct push_hub *hub = mem_zalloc(sizeof(*hub));
    hub->options = *options;
    hub->options.connections = options->connections > 0 ? options->connections : CONNECTIONS;
    hub->options.ping_every = options->ping_every > 0 ? options->ping_every : PING_EVERY;
    hub->options.head_time = options->head_time > 0 ? options->head_time : HEAD_TIME;
    hub->host_check = options->host_check ? mem_strdup(options->host_check) : NULL;
    hub->last = &hub->first;
    hub->now = clock_mono();
    pthread_mutex_init(&hub->lock, NULL);
    int failed = open_descriptors(hub) ||
                 wslay_frame_context_init(&hub->framer, &callbacks, hub) != 0 ||
                 pthread_create(&hub->thread, NULL, run, hub) != 0;
    if (failed) {
        int why = errno;
        hub_free(hub);
        return err_set(err, SOUK_ERROR, "push: cannot start (%s); raise the limit of open files",
                       strerror(why));
    }
    *out = hub;
    return 0;
}

void push_stop(struct push_hub *hub)
{
    if (!hub)
        return;
    pthread_mutex_lock(&hub->lock);
    hub->stopping = 1;
    pthread_mutex_unlock(&hub->lock);
    wake(hub);
    pthread_join(hub->thread, NULL);
    hub_free(hub);
}
