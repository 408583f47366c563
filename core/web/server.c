/*
 * server.c: starting, turning, draining, stopping.
 *
 * Order of stopping, and why: the door closes (nothing new), every answer says
 * `Connection: close` and idle connections are shut (clients go elsewhere), what is in
 * flight completes (a condition variable, no polling loop of sleeps), and only when
 * nothing is suspended is libmicrohttpd stopped, because stopping it with a suspended
 * connection aborts the process.
 */
#include "web/server_inner.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"

#define FLUSH_EVERY      CLOCK_SECOND
#define DRAIN_LOOK       (20 * CLOCK_MS) /* how often idle connections are looked for while draining */
#define DRAIN_IDLE       (250 * CLOCK_MS) /* silence after which a connection is taken for idle */
#define STOP_GRACE       (5 * CLOCK_SECOND)
#define DESCRIPTORS_MOST ((size_t)1 << 18)

static _Atomic uint64_t serials;

static unsigned thread_count(const struct server_options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->threads > 0)
        return (unsigned)options->threads;
    return cores > 0 ? (unsigned)cores : 1;
}

static size_t descriptor_count(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > DESCRIPTORS_MOST)
        return DESCRIPTORS_MOST;
    return (size_t)limit.rlim_cur;
}

static void set_defaults(struct server_options *options)
{
    if (options->connections <= 0)
        options->connections = 1000;
    if (options->body_limit == 0)
        options->body_limit = (size_t)1 << 20;
    if (options->header_timeout <= 0)
        options->header_timeout = 10 * CLOCK_SECOND;
    if (options->keep_alive <= 0)
        options->keep_alive = 15 * CLOCK_SECOND;
    if (options->request_timeout <= 0)
        options->request_timeout = 60 * CLOCK_SECOND;
}

static void server_free(struct server *server)
{
    count_end(server);
    lanes_free(server);
    cache_free(server->cache);
    rate_free(server->rate);
    crowd_free(server->crowd);
    reaper_free(server->reaper);
    access_log_close(server->log);
    cidr_list_free(&server->trusted);
    pthread_cond_destroy(&server->quiet);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

static void make_parts(struct server *server)
{
    const struct server_options *options = &server->options;
    struct reaper_limits limits = {options->header_timeout, options->keep_alive,
                                   options->request_timeout};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&server->quiet, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&server->lock, NULL);
    server->serial = atomic_fetch_add(&serials, 1) + 1;
    server->reaper = reaper_new(descriptor_count(), &limits);
    server->crowd = crowd_new(options->connections_per_address);
    server->rate = rate_new();
    server->cache = options->page_cache && options->db ? cache_new(options->page_cache) : NULL;
    count_setup(server);
}

static int open_door(struct server *server, struct err *err)
{
    struct door_options door = {.listen_fds = server->options.listen_fds,
                                .listen_count = server->options.listen_count,
                                .control_fd = server->options.control_fd,
                                .connections = server->options.connections,
                                .header_timeout = server->options.header_timeout,
                                .reaper = server->reaper,
                                .crowd = server->crowd,
                                .trusted = &server->trusted,
                                .push = server->options.push,
                                .admit = serve_admit,
                                .user = server};
    return door_start(&server->door, &door, err);
}

int server_start(struct server **out, const struct server_options *options, struct err *err)
{
    struct server *server = mem_zalloc(sizeof(*server));
    server->options = *options;
    set_defaults(&server->options);
    make_parts(server);
    int code = cidr_list_parse(options->trusted_proxies, &server->trusted, err);
    if (code == 0)
        code = access_log_open(&server->log, options->access_log, options->log_json, err);
    if (code == 0)
        code = serve_start_daemon(server, thread_count(&server->options), err);
    if (code == 0)
        code = open_door(server, err);
    if (code) {
        serve_stop_daemon(server);
        server_free(server);
        return code;
    }
    *out = server;
    return 0;
}

void server_turn(struct server *server, int64_t mono)
{
    count_reaped(reaper_turn(server->reaper, mono));
    if (mono - server->flushed >= FLUSH_EVERY) {
        server->flushed = mono;
        lanes_flush(server);
    }
}

/* Waits until something ended, at most `span`. With the lock held. */
static void wait_quiet(struct server *server, int64_t span)
{
    int64_t until = clock_mono() + span;
    struct timespec at = {until / CLOCK_SECOND, until % CLOCK_SECOND * 1000};
    pthread_cond_timedwait(&server->quiet, &server->lock, &at);
}

static int is_quiet(const struct server *server)
{
    return atomic_load(&server->in_flight) == 0 && reaper_count(server->reaper) == 0;
}

static void wait_until_quiet(struct server *server, int64_t span)
{
    pthread_mutex_lock(&server->lock);
    if (!is_quiet(server))
        wait_quiet(server, span);
    pthread_mutex_unlock(&server->lock);
}

void server_drain(struct server *server, int64_t grace)
{
    int64_t now = clock_mono();
    int64_t end = now + grace;
    int64_t patient = now + (DRAIN_IDLE < grace ? DRAIN_IDLE : grace);
    atomic_store(&server->draining, 1);
    door_deafen(server->door);
    /* A busy client's next request is under way: it is answered, with Connection: close. Only who
     * stays silent is sent away. */
    while (!is_quiet(server) && clock_mono() < patient)
        wait_until_quiet(server, DRAIN_LOOK);
    door_close(server->door);
    server->door = NULL;
    while (!is_quiet(server) && clock_mono() < end) {
        reaper_end_idle(server->reaper);
        reaper_turn(server->reaper, clock_mono());
        wait_until_quiet(server, DRAIN_LOOK);
    }
    lanes_flush(server);
    if (atomic_load(&server->in_flight) > 0)
        log_warn("server.not_drained", LOG_I("in_flight", atomic_load(&server->in_flight)));
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    int64_t end = clock_mono() + STOP_GRACE;
    atomic_store(&server->draining, 1);
    door_close(server->door);
    server->door = NULL;
    pthread_mutex_lock(&server->lock);
    while (atomic_load(&server->suspended) > 0 && clock_mono() < end)
        wait_quiet(server, DRAIN_LOOK);
    pthread_mutex_unlock(&server->lock);
    if (atomic_load(&server->suspended) > 0) {
        /* somebody still holds a request: leave it to the process's end rather than
         * abort */
        log_error("server.not_stopped", LOG_I("suspended", atomic_load(&server->suspended)));
        return;
    }
    serve_stop_daemon(server);
    server_free(server);
}

int server_in_flight(const struct server *server)
{
    return atomic_load(&server->in_flight);
}

void server_reopen_log(struct server *server)
{
    lanes_flush(server);
    access_log_reopen(server->log);
}
