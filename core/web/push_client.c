/*
 * push_client.c: one WebSocket connection.
 *
 * The idea: everything that goes out is a frame in the client's queue: shared ones of
 * publications, and what libwslay writes (pongs, closes, answers), which it hands over
 * whole. So frames never mix, and one place decides when a socket is written. Queued
 * frames are sent at the end of the hub's turn, all of them with one call. Who lets 256
 * KiB pile up is dropped: it comes back and fetches.
 *
 * A client may cost us only so much: the handshake has a size and a time, messages a
 * size, and between two pings there is a number of messages and of bytes.
 *
 * A connection ends in order: what is queued is sent, our side is shut, and the socket
 * is closed when the other side has closed too (closing earlier would have the kernel
 * send a reset, which may overtake the words). Two seconds are given for that.
 */
#include "web/push_hub.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wslay/wslay.h>
#include "base/clock.h"
#include "base/str.h"

#define MESSAGE_LIMIT   8192
#define MESSAGES_A_PING 256
#define BYTES_A_PING    ((size_t)256 << 10)
#define BYTES_A_TURN    ((size_t)64 << 10)
#define CLOSING_TIME    (2 * CLOCK_SECOND)
#define VECTORS         32
#define SPARE           256 /* connections above the limit that are told so */

/* ---- frames ---- */

struct push_frame *push_frame_raw(const void *bytes, size_t len)
{
    struct push_frame *frame = mem_alloc(sizeof(*frame) + len);
    frame->references = 1;
    frame->len = len;
    memcpy(frame->bytes, bytes, len);
    return frame;
}

void push_frame_release(struct push_frame *frame)
{
    if (--frame->references == 0)
        free(frame);
}

struct push_frame *push_frame_text(struct push_hub *hub, struct souk_str text)
{
    struct wslay_frame_iocb out = {.fin = 1, .opcode = WSLAY_TEXT_FRAME};
    struct push_frame *frame = mem_alloc(sizeof(*frame) + text.len + 14);
    frame->references = 1;
    frame->len = 0;
    out.payload_length = text.len;
    out.data = (const uint8_t *)text.ptr;
    out.data_length = text.len;
    hub->framing = frame; /* push.c's callback appends to it */
    ssize_t sent = wslay_frame_send(hub->framer, &out);
    hub->framing = NULL;
    if (sent < 0 || (size_t)sent != text.len) {
        push_frame_release(frame);
        return NULL;
    }
    return frame;
}

/* ---- lists, ends ---- */

static void unlist(struct push_client *client)
{
    struct push_list *list = &client->hub->list[client->state];
    *(client->before ? &client->before->next : &list->first) = client->next;
    *(client->next ? &client->next->before : &list->last) = client->before;
    client->before = client->next = NULL;
}

static void enlist(struct push_client *client, enum push_state state)
{
    struct push_hub *hub = client->hub;
    int64_t spans[] = {hub->options.head_time, hub->options.ping_every, CLOSING_TIME};
    struct push_list *list = &hub->list[state];
    client->state = state;
    client->due = hub->now + spans[state]; /* one span a list: the order is that of arrival */
    client->before = list->last;
    *(list->last ? &list->last->next : &list->first) = client;
    list->last = client;
}

void push_client_enter(struct push_client *client, enum push_state state)
{
    if (client->state == PUSH_OPEN && state != PUSH_OPEN) {
        push_topic_leave_all(client);
        atomic_fetch_sub(&client->hub->open, 1);
    } else if (client->state != PUSH_OPEN && state == PUSH_OPEN) {
        atomic_fetch_add(&client->hub->open, 1);
    }
    unlist(client);
    enlist(client, state);
}

void push_client_doom(struct push_client *client)
{
    if (!client->doomed) {
        client->doomed = 1;
        client->next_doomed = client->hub->doomed;
        client->hub->doomed = client;
    }
}

void push_client_free(struct push_client *client)
{
    if (client->state == PUSH_OPEN)
        push_client_enter(client, PUSH_CLOSING);
    unlist(client);
    for (size_t i = client->queue_at; i < client->queue.len; i++)
        push_frame_release(client->queue.at[i]);
    vec_free(&client->queue);
    vec_free(&client->places);
    if (client->ws)
        wslay_event_context_free(client->ws);
    client->hub->clients--;
    close(client->fd);
    free(client->head);
    free(client);
}

/* ---- sending ---- */

static void want_out(struct push_client *client, int wanted)
{
    if (client->waits_out != wanted) {
        struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0u),
                                    .data.ptr = client};
        client->waits_out = wanted;
        epoll_ctl(client->hub->epoll, EPOLL_CTL_MOD, client->fd, &event);
    }
}

static void went_out(struct push_client *client, size_t len)
{
    client->queued -= len;
    while (len) {
        struct push_frame *frame = client->queue.at[client->queue_at];
        size_t left = frame->len - client->sent;
        if (len < left) {
            client->sent += len;
            return;
        }
        len -= left;
        client->sent = 0;
        client->queue_at++;
        push_frame_release(frame);
    }
}

static ssize_t send_some(struct push_client *client)
{
    struct iovec vectors[VECTORS];
    struct msghdr message = {.msg_iov = vectors};
    size_t count = 0, skip = client->sent;
    for (size_t i = client->queue_at; i < client->queue.len && count < VECTORS; i++) {
        struct push_frame *frame = client->queue.at[i];
        vectors[count].iov_base = frame->bytes + skip;
        vectors[count++].iov_len = frame->len - skip;
        skip = 0;
    }
    message.msg_iovlen = count;
    return sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void push_client_flush(struct push_client *client)
{
    while (!client->doomed && client->queued) {
        ssize_t len = send_some(client);
        if (len >= 0) {
            went_out(client, (size_t)len);
        } else if (errno == EAGAIN) {
            want_out(client, 1);
            return;
        } else if (errno != EINTR) {
            push_client_doom(client);
        }
    }
    if (client->doomed)
        return;
    vec_free(&client->queue); /* idle clients hold no memory for it */
    client->queue_at = 0;
    want_out(client, 0);
    if (client->state == PUSH_CLOSING && !client->write_shut) {
        client->write_shut = 1;
        shutdown(client->fd, SHUT_WR);
    }
}

static void mark_dirty(struct push_client *client)
{
    if (!client->dirty) {
        client->dirty = 1;
        client->next_dirty = client->hub->dirty;
        client->hub->dirty = client;
    }
}

void push_client_queue(struct push_client *client, struct push_frame *frame)
{
    if (client->doomed || client->write_shut)
        return;
    if (client->queued + frame->len > PUSH_QUEUE_LIMIT && !client->waits_out)
        push_client_flush(client); /* much in one turn is not the client's fault */
    if (client->queued + frame->len > PUSH_QUEUE_LIMIT) {
        push_client_doom(client);
        return;
    }
    frame->references++;
    vec_push(&client->queue, frame);
    client->queued += frame->len;
    mark_dirty(client);
}

static void queue_bytes(struct push_client *client, const void *bytes, size_t len)
{
    struct push_frame *frame = push_frame_raw(bytes, len);
    push_client_queue(client, frame);
    push_frame_release(frame);
}

/* ---- libwslay ---- */

static ssize_t on_recv(wslay_event_context_ptr ws, uint8_t *to, size_t len, int flags, void *user)
{
    struct push_client *client = user;
    (void)flags;
    size_t extra = client->head_read - client->extra_at;
    if (extra) { /* came with the handshake */
        len = extra < len ? extra : len;
        memcpy(to, client->head + client->extra_at, len);
        client->extra_at += len;
        return (ssize_t)len;
    }
    if (client->budget == 0) {
        wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    ssize_t got;
    do {
        got = recv(client->fd, to, len < client->budget ? len : client->budget, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        client->missed = 0;
        client->got += (size_t)got;
        client->budget -= (size_t)got;
        return got;
    }
    int wait = got < 0 && errno == EAGAIN;
    wslay_event_set_error(ws, wait ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *bytes, size_t len, int flags,
                       void *user)
{
    (void)ws;
    (void)flags;
    queue_bytes(user, bytes, len);
    return (ssize_t)len;
}

/* Moves what libwslay has to say into the queue; whole frames, since on_send takes
 * everything. */
static void pump(struct push_client *client)
{
    while (!client->doomed && wslay_event_want_write(client->ws))
        if (wslay_event_send(client->ws) != 0)
            push_client_doom(client);
}

static int client_may(struct push_client *client, struct souk_str topic)
{
    const struct push_options *options = &client->hub->options;
    if (!options->may)
        return str_starts(topic, "public:");
    return options->may(options->user, (struct souk_str){client->head, client->head_len}, topic);
}

static void subscribe(struct push_client *client, const struct json *topics, struct json *reply)
{
    struct arena *arena = &client->hub->arena;
    struct json *yes = json_add(arena, reply, "subscribed", JSON_ARRAY);
    struct json *no = json_add(arena, reply, "refused", JSON_ARRAY);
    size_t asked = 0;
    json_each(item, topics)
    {
        struct souk_str topic = json_text(&item->value);
        int fine = asked++ < PUSH_TOPICS && topic.len && topic.len <= PUSH_TOPIC_LENGTH &&
                   client_may(client, topic) && push_topic_join(client, topic) == 0;
        json_add_str(arena, fine ? yes : no, NULL, topic);
    }
}

static void unsubscribe(struct push_client *client, const struct json *topics)
{
    json_each(item, topics)
    {
        push_topic_leave(client, json_text(&item->value));
    }
}

static int is_list(const struct json *value)
{
    return value && value->kind == JSON_ARRAY;
}

static void on_text(struct push_client *client, struct souk_str text)
{
    struct arena *arena = &client->hub->arena;
    struct json *message;
    arena_reset(arena);
    if (json_parse(arena, text, &message, NULL) != 0 || message->kind != JSON_OBJECT) {
        push_client_close(client, WSLAY_CODE_POLICY_VIOLATION, "send a JSON object");
        return;
    }
    const struct json *join = json_at(message, "subscribe");
    const struct json *leave = json_at(message, "unsubscribe");
    if (!is_list(join) && !is_list(leave)) {
        push_client_close(client, WSLAY_CODE_POLICY_VIOLATION, "send a list of topics");
        return;
    }
    if (is_list(leave))
        unsubscribe(client, leave);
    if (is_list(join)) {
        struct json *reply = json_new(arena, JSON_OBJECT);
        struct buf out = {.arena = arena};
        subscribe(client, join, reply);
        json_print(&out, reply);
        struct push_frame *frame = push_frame_text(client->hub, buf_str(&out));
        if (frame) {
            pump(client); /* an earlier pong goes first */
            push_client_queue(client, frame);
            push_frame_release(frame);
        }
    }
}

static void on_message(wslay_event_context_ptr ws,
                       const struct wslay_event_on_msg_recv_arg *message, void *user)
{
    struct push_client *client = user;
    (void)ws;
    if (client->state != PUSH_OPEN)
        return;
    if (++client->messages > MESSAGES_A_PING)
        push_client_close(client, WSLAY_CODE_POLICY_VIOLATION, "too many messages");
    else if (message->opcode == WSLAY_TEXT_FRAME)
        on_text(client, (struct souk_str){(const char *)message->msg, message->msg_length});
    else if (message->opcode == WSLAY_BINARY_FRAME)
        push_client_close(client, WSLAY_CODE_UNSUPPORTED_DATA, "send text");
}

void push_client_close(struct push_client *client, uint16_t code, const char *reason)
{
    if (client->state != PUSH_OPEN)
        return;
    wslay_event_queue_close(client->ws, code, (const uint8_t *)reason, strlen(reason));
    pump(client);
    push_client_enter(client, PUSH_CLOSING);
    mark_dirty(client);
}

static void read_frames(struct push_client *client)
{
    client->budget = BYTES_A_TURN;
    int code = wslay_event_recv(client->ws);
    if (code != 0) { /* the connection is gone */
        push_client_doom(client);
        return;
    }
    pump(client);
    if (client->state == PUSH_OPEN && client->got > BYTES_A_PING)
        push_client_close(client, WSLAY_CODE_POLICY_VIOLATION, "too many bytes");
    if (client->state == PUSH_OPEN && wslay_event_get_close_sent(client->ws)) {
        push_client_enter(client,
                          PUSH_CLOSING); /* an answer to theirs, or they broke the protocol */
        mark_dirty(client);
    }
}

/* ---- the handshake ---- */

static void refuse(struct push_client *client, int status)
{
    static const struct {
        int status;
        const char *text;
    } lines[] = {
        {400, "400 Bad Request"},
        {403, "403 Forbidden"},
        {404, "404 Not Found"},
        {405, "405 Method Not Allowed\r\nAllow: GET"},
        {408, "408 Request Timeout"},
        {426, "426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"},
        {431, "431 Request Header Fields Too Large"},
        {503, "503 Service Unavailable\r\nRetry-After: 5"},
    };
    char text[256];
    const char *words = lines[0].text;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        words = lines[i].status == status ? lines[i].text : words;
    int len =
        snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nConnection: %s\r\nContent-Length: 0\r\n\r\n",
                 words, status == 426 ? "close, Upgrade" : "close");
    queue_bytes(client, text, (size_t)len);
    push_client_enter(client, PUSH_CLOSING);
}

static void open_socket(struct push_client *client, const char *accept)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_recv,
        .send_callback = on_send,
        .on_msg_recv_callback = on_message,
    };
    char text[160];
    if (wslay_event_context_server_init(&client->ws, &callbacks, client) != 0)
        abort(); /* out of memory, as in arena.c */
    wslay_event_config_set_max_recv_msg_length(client->ws, MESSAGE_LIMIT);
    int len = snprintf(text, sizeof(text),
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                       accept);
    queue_bytes(client, text, (size_t)len);
    client->head = mem_realloc(client->head, client->head_read);
    push_client_enter(client, PUSH_OPEN);
    if (client->head_read > client->head_len)
        read_frames(client);
}

static void read_head(struct push_client *client)
{
    ssize_t got = recv(client->fd, client->head + client->head_read,
                       PUSH_HEAD_LIMIT - client->head_read, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            push_client_doom(client);
        return;
    }
    size_t from = client->head_read > 3 ? client->head_read - 3 : 0;
    client->head_read += (size_t)got;
    const char *end = memmem(client->head + from, client->head_read - from, "\r\n\r\n", 4);
    if (!end) {
        if (client->head_read == PUSH_HEAD_LIMIT)
            refuse(client, 431);
        return;
    }
    char accept[PUSH_ACCEPT];
    client->head_len = client->extra_at = (size_t)(end - client->head) + 4;
    int status = push_head_check((struct souk_str){client->head, client->head_len},
                                 client->hub->host_check, accept);
    if (status == 101)
        open_socket(client, accept);
    else
        refuse(client, status);
}

static void read_rest(struct push_client *client)
{
    char rest[4096];
    ssize_t got;
    size_t left = BYTES_A_TURN;
    do {
        got = recv(client->fd, rest, sizeof(rest), MSG_DONTWAIT);
        left -= got > 0 ? (size_t)got : 0;
    } while (got > 0 && left >= sizeof(rest));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        push_client_doom(client);
}

/* ---- what the hub calls ---- */

void push_client_readable(struct push_client *client)
{
    switch (client->state) {
    case PUSH_HEAD: read_head(client); break;
    case PUSH_OPEN: read_frames(client); break;
    default: read_rest(client); break;
    }
}

void push_client_due(struct push_client *client)
{
    if (client->state == PUSH_HEAD) {
        refuse(client, 408);
    } else if (client->state == PUSH_CLOSING || client->missed >= 2) {
        push_client_doom(client);
    } else {
        struct wslay_event_msg ping = {.opcode = WSLAY_PING};
        wslay_event_queue_msg(client->ws, &ping);
        pump(client);
        client->missed++;
        client->messages = 0;
        client->got = 0;
        push_client_enter(client, PUSH_OPEN);
    }
}

void push_client_new(struct push_hub *hub, int fd)
{
    if (hub->clients >= hub->options.connections + SPARE) {
        close(fd);
        return;
    }
    struct push_client *client = mem_zalloc(sizeof(*client));
    int on = 1;
    client->hub = hub;
    client->fd = fd;
    client->head = mem_alloc(PUSH_HEAD_LIMIT);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    enlist(client, PUSH_HEAD);
    hub->clients++;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(hub->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        push_client_doom(client);
    else if (hub->clients > hub->options.connections)
        refuse(client, 503);
}
