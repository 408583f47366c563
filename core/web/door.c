/*
 * door.c: one epoll over the listening sockets, the control socket and those clients
 * who have connected and said nothing.
 *
 * The idea: an opener costs a descriptor and a place in a list, no memory of
 * libmicrohttpd, until its first bytes are there. They are only peeked at. Nine bytes
 * tell whether it is `GET /push`; fewer that could still become it are waited for (edge
 * triggered, so waiting does not spin). All waiting clients have the same time-out, so
 * the list in order of arrival is the queue of time-outs.
 *
 * Refusals are written directly: a ready-made 503, one send, closed. With no descriptor
 * left, a spare one is spent to accept and close, so that the kernel does not report
 * the same connection for ever.
 *
 * One thread; only door_close comes from another.
 */
#include "web/door.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/board.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "web/metrics.h"

#define EVENTS    64
#define AT_ONCE   64 /* accepts before others get their turn */
#define PUSH_LINE "GET /push"

enum { MARK_WAKE, MARK_CONTROL, MARK_LISTEN, MARK_CLIENT };

struct door {
    struct door_options options;
    pthread_t thread;
    int epoll, wake, spare;
    struct link *first, *last; /* waiting, oldest first */
    struct metric *accepted, *refused_full, *refused_address, *timed_out;
};

static uint64_t mark(int kind, int fd)
{
    return (uint64_t)kind << 32 | (uint32_t)fd;
}

/* ---- who waits ---- */

static void list_add(struct door *door, struct link *link)
{
    link->next = NULL;
    link->before = door->last;
    if (door->last)
        door->last->next = link;
    else
        door->first = link;
    door->last = link;
}

static void list_remove(struct door *door, struct link *link)
{
    if (link->before)
        link->before->next = link->next;
    else
        door->first = link->next;
    if (link->next)
        link->next->before = link->before;
    else
        door->last = link->before;
    link->next = link->before = NULL;
}

/* ---- sending away ---- */

static void refuse(int fd)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n"
                                 "Connection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
    char rest[2048];
    if (send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
        shutdown(fd, SHUT_WR);
        /* unread bytes would turn the close into a reset that overtakes the answer */
        while (recv(fd, rest, sizeof(rest), MSG_DONTWAIT) > 0) {
        }
    }
    close(fd);
}

static void let_go(struct door *door, struct link *link)
{
    int fd = link->fd;
    if (link->counted)
        crowd_leave(door->options.crowd, &link->peer);
    reaper_close(door->options.reaper, link);
    close(fd);
}

/* ---- letting in ---- */

/* 1 it is GET /push, 0 it is not, -1 not enough bytes to say */
static int is_push(const char *bytes, size_t len)
{
    size_t wanted = sizeof(PUSH_LINE) - 1;
    size_t both = len < wanted ? len : wanted;
    if (memcmp(bytes, PUSH_LINE, both) != 0)
        return 0;
    if (len <= wanted)
        return -1;
    return bytes[wanted] == ' ' || bytes[wanted] == '?' || bytes[wanted] == '/';
}

static void hand_to_push(struct door *door, struct link *link)
{
    int fd = link->fd;
    if (link->counted)
        crowd_leave(door->options.crowd, &link->peer);
    reaper_close(door->options.reaper, link);
    push_adopt(door->options.push, fd);
}

enum verdict { WAIT, LEAVE, TO_PUSH, TO_SERVER };

static enum verdict judge(const struct door *door, struct link *link)
{
    char bytes[16];
    ssize_t n = recv(link->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return WAIT;
    if (n <= 0)
        return LEAVE;
    if (!link->spoke)
        link->spoke = clock_mono();
    if (!door->options.push || link->control)
        return TO_SERVER;
    int push = is_push(bytes, (size_t)n);
    return push < 0 ? WAIT : push ? TO_PUSH : TO_SERVER;
}

/* The link is in no list and in no epoll any more: afterwards it may be closed and
 * opened anew by others. */
static void act(struct door *door, struct link *link, enum verdict verdict)
{
    if (verdict == TO_PUSH) {
        hand_to_push(door, link);
    } else if (verdict == TO_SERVER) {
        /* Who drips has had its time since the first byte, not since the byte that told. */
        link_phase_set(link, LINK_NEW, link->spoke ? link->spoke : clock_mono());
        door->options.admit(door->options.user, link);
    } else {
        let_go(door, link);
    }
}

static int may_control(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static int is_exempt(const struct door *door, const struct cidr_address *peer)
{
    return peer->is_unix || cidr_is_loopback(peer) || cidr_list_holds(door->options.trusted, peer);
}

static void welcome(struct door *door, int fd, const struct sockaddr_storage *from, int control)
{
    struct cidr_address peer;
    cidr_address_from((const struct sockaddr *)from, &peer);
    int counted = !is_exempt(door, &peer);
    if (counted && !crowd_enter(door->options.crowd, &peer)) {
        metric_add(door->refused_address, 1);
        refuse(fd);
        return;
    }
    struct link *link = reaper_open(door->options.reaper, fd, clock_mono());
    if (!link) {
        if (counted)
            crowd_leave(door->options.crowd, &peer);
        metric_add(door->refused_full, 1);
        refuse(fd);
        return;
    }
    link->counted = counted;
    link->control = control;
    link->peer = peer;
    cidr_address_format(&peer, link->address, sizeof(link->address));
    link->from_len = peer.is_unix                 ? (socklen_t)sizeof(sa_family_t)
                     : from->ss_family == AF_INET ? (socklen_t)sizeof(struct sockaddr_in)
                                                  : (socklen_t)sizeof(struct sockaddr_in6);
    memcpy(&link->from, from, link->from_len);
    metric_add(door->accepted, 1);
    enum verdict verdict = judge(door, link);
    if (verdict != WAIT) {
        act(door, link, verdict);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                                .data.u64 = mark(MARK_CLIENT, fd)};
    if (epoll_ctl(door->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        let_go(door, link);
        return;
    }
    list_add(door, link);
}

/* No descriptors left: spend the spare one to send the caller away. */
static void accept_and_close(struct door *door, int listener)
{
    close(door->spare);
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        refuse(fd);
    door->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    metric_add(door->refused_full, 1);
}

static void accept_some(struct door *door, int listener, int control)
{
    for (int i = 0; i < AT_ONCE; i++) {
        struct sockaddr_storage from = {.ss_family = AF_UNIX};
        socklen_t len = sizeof(from);
        int fd = accept4(listener, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE)
                accept_and_close(door, listener);
            else if (errno != ECONNABORTED && errno != EINTR)
                return;
            continue;
        }
        int most = door->options.connections + (control ? DOOR_CONTROL_ROOM : 0);
        if (control && !may_control(fd)) {
            log_warn("control.refused", LOG_S("reason", "the peer is another user"));
            close(fd);
        } else if (reaper_count(door->options.reaper) >= most) {
            metric_add(door->refused_full, 1);
            refuse(fd);
        } else {
            welcome(door, fd, &from, control);
        }
    }
}

/* ---- the thread ---- */

static void client_spoke(struct door *door, int fd)
{
    struct link *link = reaper_link(door->options.reaper, fd);
    enum verdict verdict = judge(door, link);
    if (verdict != WAIT) {
        list_remove(door, link);
        epoll_ctl(door->epoll, EPOLL_CTL_DEL, fd, NULL);
        act(door, link, verdict);
    }
}

static void end_slow(struct door *door, int64_t mono)
{
    while (door->first && mono - atomic_load(&door->first->since) >= door->options.header_timeout) {
        struct link *link = door->first;
        list_remove(door, link);
        let_go(door, link);
        metric_add(door->timed_out, 1);
    }
}

static int patience(const struct door *door, int64_t mono)
{
    if (!door->first)
        return -1;
    int64_t left = atomic_load(&door->first->since) + door->options.header_timeout - mono;
    return left <= 0 ? 0 : (int)(left / CLOCK_MS) + 1;
}

/* 0: the end */
static int serve(struct door *door)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(door->epoll, events, EVENTS, patience(door, clock_mono()));
    for (int i = 0; i < n; i++) {
        int fd = (int)(uint32_t)events[i].data.u64;
        switch (events[i].data.u64 >> 32) {
        case MARK_WAKE: return 0;
        case MARK_CONTROL: accept_some(door, fd, 1); break;
        case MARK_LISTEN: accept_some(door, fd, 0); break;
        default: client_spoke(door, fd); break;
        }
    }
    end_slow(door, clock_mono());
    return 1;
}

static void *run(void *arg)
{
    struct door *door = arg;
    board_thread_begin("door");
    while (serve(door)) {
    }
    while (door->first) {
        struct link *link = door->first;
        list_remove(door, link);
        act(door, link, judge(door, link));
    }
    board_thread_end();
    return NULL;
}

/* ---- life ---- */

static int watch(struct door *door, int fd, int kind)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = mark(kind, fd)};
    return epoll_ctl(door->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void count(struct door *door)
{
    door->accepted = metric_counter("souk_connections_total", "result=\"accepted\"",
                                    "Connections by what became of them at the door.");
    door->refused_full = metric_counter("souk_connections_total", "result=\"refused_full\"", "");
    door->refused_address =
        metric_counter("souk_connections_total", "result=\"refused_address\"", "");
    door->timed_out = metric_counter("souk_connections_total", "result=\"silent\"", "");
}

static void door_free(struct door *door)
{
    close(door->epoll);
    close(door->wake);
    close(door->spare);
    free(door);
}

int door_start(struct door **out, const struct door_options *options, struct err *err)
{
    struct door *door = mem_zalloc(sizeof(*door));
    int failed;
    door->options = *options;
    door->epoll = epoll_create1(EPOLL_CLOEXEC);
    door->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    door->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    count(door);
    failed = door->epoll < 0 || door->wake < 0 || watch(door, door->wake, MARK_WAKE) != 0;
    for (int i = 0; i < options->listen_count && !failed; i++)
        failed = watch(door, options->listen_fds[i], MARK_LISTEN) != 0;
    if (!failed && options->control_fd >= 0)
        failed = watch(door, options->control_fd, MARK_CONTROL) != 0;
    if (!failed)
        failed = pthread_create(&door->thread, NULL, run, door) != 0;
    if (failed) {
        err_set(err, SOUK_ERROR, "the door does not open: %s", strerror(errno));
        door_free(door);
        return SOUK_ERROR;
    }
    *out = door;
    return 0;
}

void door_deafen(struct door *door)
{
    if (!door)
        return;
    for (int i = 0; i < door->options.listen_count; i++)
        epoll_ctl(door->epoll, EPOLL_CTL_DEL, door->options.listen_fds[i], NULL);
    if (door->options.control_fd >= 0)
        epoll_ctl(door->epoll, EPOLL_CTL_DEL, door->options.control_fd, NULL);
}

void door_close(struct door *door)
{
    uint64_t one = 1;
    if (!door)
        return;
    while (write(door->wake, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    pthread_join(door->thread, NULL);
    door_free(door);
}
