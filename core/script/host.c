/*
 * host.c: the shop's side of the script host. The process is the shop's own program again, exec'ed
 * so that nothing of the shop's memory, descriptors or environment is in it, and it forks workers
 * on request: a fork of that small process takes a fraction of what a new program takes.
 *
 * Asking it is a datagram there and one back under a lock. When it does not answer it is gone, and
 * the next birth starts another; workers of the old one die with it, their sets bear new ones.
 *
 * Talking to a worker needs no lock: whoever holds it holds it alone (pool.c).
 */
#include "script/host.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "script/host_process.h"

#define REPLY_LIMIT  (5 * CLOCK_SECOND) /* a host that takes longer is ended */
#define STARVED_MOST 10 /* a worker that gets no processor may take so many times its time */
#define SLICES       5  /* how often its time is looked at within the limit */
#define ANSWER_ROOM  8192

struct script_host {
    struct script_options options;
    char currency[8];
    pthread_mutex_t lock; /* for all below, and for the conversation on fd */
    pid_t pid;            /* 0: not running */
    int fd;
    unsigned generation;
};

const struct script_options *host_options(const struct script_host *host)
{
    return &host->options;
}

/* ---- the process ---- */

/* What a sanitizer is told, and where libraries lie; the process wipes even that. */
static char **small_environment(struct arena *arena)
{
    static const char *const kept[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
                                       "TSAN_OPTIONS", "LD_LIBRARY_PATH"};
    size_t count = sizeof kept / sizeof *kept, n = 0;
    char **list = arena_array(arena, char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const char *value = getenv(kept[i]);
        if (value)
            list[n++] = arena_cstr(arena, arena_printf(arena, "%s=%s", kept[i], value));
    }
    return list;
}

static int spawn(pid_t *pid, int socket)
{
    struct arena arena = {0};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    char *argv[] = {"souk", host_process_name, NULL};
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, socket, HOST_PROCESS_FD);
    posix_spawn_file_actions_addclosefrom_np(&files, HOST_PROCESS_FD + 1);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    /* a session of its own: a terminal's ^C is for the shop, which then ends this in order */
    posix_spawnattr_setflags(&how,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    int code = posix_spawn(pid, "/proc/self/exe", &files, &how, argv, small_environment(&arena));
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    arena_free(&arena);
    return code;
}

/* dup2 onto itself would keep the flag that closes it. */
static int away_from(int fd, int number)
{
    if (fd != number)
        return fd;
    int other = fcntl(fd, F_DUPFD_CLOEXEC, number + 1);
    close(fd);
    return other;
}

static int start_process(struct script_host *host, struct err *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return err_set(err, SOUK_UNAVAILABLE, "the script host cannot be started: %m");
    ends[1] = away_from(ends[1], HOST_PROCESS_FD);
    struct timeval limit = {REPLY_LIMIT / CLOCK_SECOND, 0};
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    int code = spawn(&host->pid, ends[1]);
    close(ends[1]);
    if (code) {
        host->pid = 0;
        close(ends[0]);
        errno = code;
        return err_set(err, SOUK_UNAVAILABLE, "the script host cannot be started: %m");
    }
    host->fd = ends[0];
    host->generation++;
    return SOUK_OK;
}

/* Its workers die with it. */
static void end_process(struct script_host *host)
{
    int status;
    if (!host->pid)
        return;
    close(host->fd);
    kill(host->pid, SIGKILL);
    while (waitpid(host->pid, &status, 0) < 0 && errno == EINTR) {
    }
    host->pid = 0;
    host->fd = -1;
}

static int converse(struct script_host *host, struct msghdr *message, struct host_reply *reply)
{
    ssize_t n;
    do {
        n = sendmsg(host->fd, message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return SOUK_UNAVAILABLE;
    do {
        n = recv(host->fd, reply, sizeof *reply, 0);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *reply ? SOUK_OK : SOUK_UNAVAILABLE;
}

/* Asks, with two descriptors when fds is not NULL. A host that does not answer is ended. */
static int ask(struct script_host *host, struct host_request request, const int *fds,
               struct host_reply *reply)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control = {0};
    struct iovec bytes = {&request, sizeof request};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    if (fds) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof control.room;
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(2 * sizeof(int));
        memcpy(CMSG_DATA(&control.head), fds, 2 * sizeof(int));
    }
    int code = converse(host, &message, reply);
    if (code != SOUK_OK)
        end_process(host);
    return code;
}

/* ---- workers ---- */

static int make_page(struct host_worker *worker, int *fd)
{
    *fd = memfd_create("souk-worker", MFD_CLOEXEC);
    if (*fd < 0)
        return -1;
    if (ftruncate(*fd, sizeof *worker->page) == 0) {
        void *page = mmap(NULL, sizeof *worker->page, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
        if (page != MAP_FAILED) {
            worker->page = page;
            return 0;
        }
    }
    close(*fd);
    return -1;
}

static void free_worker(struct host_worker *worker)
{
    if (worker->fd >= 0)
        close(worker->fd);
    if (worker->page)
        munmap(worker->page, sizeof *worker->page);
    free(worker);
}

/* Under the lock. */
static int bear(struct script_host *host, struct host_worker *worker, const int *fds,
                struct err *err)
{
    struct host_reply reply = {0};
    struct host_request request = {.question = HOST_BIRTH};
    int fresh = host->pid == 0;
    int code = fresh ? start_process(host, err) : SOUK_OK;
    if (code != SOUK_OK)
        return code;
    code = ask(host, request, fds, &reply);
    if (code != SOUK_OK && !fresh && (code = start_process(host, err)) == SOUK_OK)
        code = ask(host, request, fds, &reply); /* the old one was dead: once more */
    if (code != SOUK_OK || reply.error) {
        errno = reply.error ? reply.error : EPIPE;
        return err_set(err, SOUK_UNAVAILABLE, "the script host gave no worker: %m");
    }
    worker->pid = reply.pid;
    worker->generation = host->generation;
    return SOUK_OK;
}

int host_birth(struct script_host *host, struct host_worker **out, struct err *err)
{
    struct host_worker *worker = mem_zalloc(sizeof *worker);
    int ends[2] = {-1, -1}, fds[2] = {-1, -1};
    worker->fd = -1;
    *out = NULL;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) || make_page(worker, &fds[1])) {
        err_set(err, SOUK_UNAVAILABLE, "a script worker cannot be made: %m");
        if (ends[0] >= 0) {
            close(ends[0]);
            close(ends[1]);
        }
        free_worker(worker);
        return SOUK_UNAVAILABLE;
    }
    worker->fd = ends[0];
    fds[0] = ends[1];
    int64_t slice = host->options.hard / SLICES;
    struct timeval limit = {slice / CLOCK_SECOND, slice % CLOCK_SECOND};
    setsockopt(worker->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    pthread_mutex_lock(&host->lock);
    int code = bear(host, worker, fds, err);
    pthread_mutex_unlock(&host->lock);
    close(fds[0]);
    close(fds[1]);
    if (code != SOUK_OK)
        free_worker(worker);
    else
        *out = worker;
    return code;
}

int host_end(struct script_host *host, struct host_worker *worker)
{
    struct host_reply reply = {.status = -1};
    struct host_request request = {HOST_END, worker->pid};
    pthread_mutex_lock(&host->lock);
    if (host->pid && worker->generation == host->generation &&
        ask(host, request, NULL, &reply) != SOUK_OK)
        reply.status = -1;
    pthread_mutex_unlock(&host->lock);
    free_worker(worker);
    return reply.status;
}

/* ---- messages ---- */

int host_send(struct host_worker *worker, enum protocol_kind kind, int flags, uint32_t count,
              struct souk_str body)
{
    struct protocol_head head = {(uint32_t)body.len, (uint16_t)kind, (uint16_t)flags, count};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)(uintptr_t)body.ptr, body.len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (body.len > PROTOCOL_MOST)
        return SOUK_UNAVAILABLE;
    while (parts[0].iov_len + parts[1].iov_len) {
        ssize_t n = sendmsg(worker->fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return SOUK_UNAVAILABLE;
        for (int i = 0; i < 2; i++) {
            size_t part = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;
            parts[i].iov_base = (char *)parts[i].iov_base + part;
            parts[i].iov_len -= part;
            n -= (ssize_t)part;
        }
    }
    return SOUK_OK;
}

struct waiting {
    struct host_worker *worker;
    const struct host_patience *patience;
    int64_t began, spent_before; /* this wait; the worker's processor time at the first look */
    int64_t since, spent;        /* the same of what runs now */
    uint32_t turn;
    int looked;
    int begun; /* it has begun with a call or file */
    int one;   /* one call had its time */
};

/* What the worker has had of a processor; 0 when it cannot be told. */
static int64_t processor(pid_t pid)
{
    clockid_t clock;
    struct timespec at;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &at))
        return 0;
    return at.tv_sec * CLOCK_SECOND + at.tv_nsec / 1000;
}

/* Time is what the clock on the wall says, unless the machine is so busy that the worker hardly
 * ran: then an honest script would pay for others. */
static int had_time(int64_t wall, int64_t spent, int64_t most)
{
    return wall >= most && (spent >= most / 4 * 3 || wall >= most * STARVED_MOST);
}

static int is_over(struct waiting *wait)
{
    int64_t now = clock_mono(), spent = processor(wait->worker->pid);
    uint32_t turn = atomic_load(&wait->worker->page->turn);
    if (!wait->looked++)
        wait->spent_before = spent;
    if (turn != wait->turn) {
        wait->begun = 1;
        wait->turn = turn;
        wait->since = now;
        wait->spent = spent;
    }
    if (!wait->begun) /* being born, reading: no script runs that could be to blame */
        return now - wait->began >= wait->patience->whole * STARVED_MOST;
    wait->one = had_time(now - wait->since, spent - wait->spent, wait->patience->call);
    return wait->one ||
           had_time(now - wait->began, spent - wait->spent_before, wait->patience->whole);
}

/* Until `len` bytes are there. A read waits for SLICES a limit at most (host_birth). */
static int receive(struct waiting *wait, struct buf *bytes, size_t len)
{
    while (bytes->len < len) {
        ssize_t n = recv(wait->worker->fd, bytes->ptr + bytes->len, bytes->cap - bytes->len - 1, 0);
        if (n > 0)
            bytes->len += (size_t)n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return SOUK_UNAVAILABLE;
        else if (is_over(wait))
            return SOUK_TIMEOUT;
    }
    return SOUK_OK;
}

int host_answer(struct host_worker *worker, const struct host_patience *patience,
                struct protocol_head *head, struct buf *bytes, int *one)
{
    struct waiting wait = {.worker = worker, .patience = patience, .began = clock_mono()};
    wait.turn = atomic_load(&worker->page->turn);
    buf_clear(bytes);
    buf_reserve(bytes, ANSWER_ROOM);
    int code = receive(&wait, bytes, sizeof *head);
    if (code == SOUK_OK) {
        memcpy(head, bytes->ptr, sizeof *head);
        if (head->size > PROTOCOL_MOST) {
            code = SOUK_UNAVAILABLE;
        } else {
            buf_reserve(bytes, head->size + 1);
            code = receive(&wait, bytes, sizeof *head + head->size);
        }
    }
    *one = wait.one;
    return code;
}

/* ---- start and stop ---- */

int script_host_start(struct script_host **out, const struct script_options *options,
                      struct err *err)
{
    struct script_host *host = mem_zalloc(sizeof *host);
    host->options = *options;
    str_copy(host->currency, sizeof host->currency, souk_str(options->currency));
    host->options.currency = host->currency;
    if (!host->options.workers)
        host->options.workers = 2;
    if (!host->options.target)
        host->options.target = 5 * CLOCK_MS;
    if (!host->options.hard)
        host->options.hard = 50 * CLOCK_MS;
    if (!host->options.memory)
        host->options.memory = (size_t)4 << 20;
    pthread_mutex_init(&host->lock, NULL);
    host->fd = -1;
    int code = start_process(host, err);
    if (code != SOUK_OK) {
        script_host_stop(host);
        host = NULL;
    }
    *out = host;
    return code;
}

void script_host_stop(struct script_host *host)
{
    if (!host)
        return;
    end_process(host);
    pthread_mutex_destroy(&host->lock);
    free(host);
}
