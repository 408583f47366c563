/*
 * server_count.c: what is counted: a line in the access log, requests by route and
 * class of status, times by kind, and what was refused.
 *
 * A route's counters are made at its first request and hang on the route (router_free
 * frees the array; the metrics themselves live as long as the process). Two threads may
 * make them at once: one wins.
 */
#include "web/server_inner.h"

#include <souk/plugin.h>
#include <stdlib.h>
#include "base/str.h"
#include "web/gate.h"

#define CLASSES 6

struct route_counters {
    struct metric *by_class[CLASSES];
};

enum { TIME_READ, TIME_WRITE, TIME_TASK, TIME_CACHED, TIME_NONE, TIMES };

static struct metric *times[TIMES];
static struct metric *gate_refused[GATE_REASONS];
static struct metric *queue_refused_write, *queue_refused_task, *limited, *reaped;
static struct route_counters no_route;

static int64_t read_in_flight(void *user)
{
    return atomic_load(&((struct server *)user)->in_flight);
}

static int64_t read_connections(void *user)
{
    return reaper_count(((struct server *)user)->reaper);
}

static const char *const classes[CLASSES] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

static void make_counters(struct route_counters *counters, const char *where)
{
    for (int i = 0; i < CLASSES; i++) {
        struct buf labels = {0};
        metrics_label(&labels, "route", souk_str(where));
        metrics_label(&labels, "class", souk_str(classes[i]));
        counters->by_class[i] = metric_counter("souk_requests_total", buf_str(&labels).ptr,
                                               "Requests by route and class of status.");
        buf_free(&labels);
    }
}

void count_setup(struct server *server)
{
    static const char *const kinds[TIMES] = {"kind=\"read\"", "kind=\"write\"", "kind=\"task\"",
                                             "kind=\"cached\"", "kind=\"none\""};
    for (int i = 0; i < TIMES; i++) {
        times[i] =
            metric_histogram("souk_request_seconds", kinds[i],
                             "From the first line of a request to the last byte of its answer.");
    }
    for (int i = 0; i < GATE_REASONS; i++) {
        struct buf labels = {0};
        metrics_label(&labels, "reason", souk_str(gate_reason_name((enum gate_reason)i)));
        gate_refused[i] = metric_counter("souk_gate_refused_total", buf_str(&labels).ptr,
                                         "Requests that the gate refused, by reason.");
        buf_free(&labels);
    }
    const char *help = "Requests refused because a queue was full.";
    queue_refused_write = metric_counter("souk_queue_refused_total", "queue=\"write\"", help);
    queue_refused_task = metric_counter("souk_queue_refused_total", "queue=\"task\"", help);
    limited = metric_counter("souk_rate_limited_total", NULL, "Requests over their route's rate.");
    reaped = metric_counter("souk_connections_reaped_total", NULL,
                            "Connections ended because the client was too slow.");
    make_counters(&no_route, "none");
    metric_gauge("souk_requests_in_flight", NULL, "Requests begun and not yet answered.",
                 read_in_flight, server);
    metric_gauge("souk_connections", NULL, "Open connections of clients.", read_connections,
                 server);
}

void count_end(struct server *server)
{
    (void)server;
    metric_gauge("souk_requests_in_flight", NULL, "Requests begun and not yet answered.", NULL,
                 NULL);
    metric_gauge("souk_connections", NULL, "Open connections of clients.", NULL, NULL);
}

static struct route_counters *counters_of(const struct web_route *route)
{
    if (!route)
        return &no_route;
    /* The router is immutable but for this one slot, which belongs to the server. */
    void *_Atomic *slot = (void *_Atomic *)(uintptr_t)&route->metrics;
    struct route_counters *counters = atomic_load_explicit(slot, memory_order_acquire);
    if (!counters) {
        void *none = NULL;
        struct route_counters *made = mem_zalloc(sizeof(*made));
        make_counters(made, route->where);
        if (atomic_compare_exchange_strong(slot, &none, made)) {
            counters = made;
        } else {
            free(made);
            counters = none;
        }
    }
    return counters;
}

static int time_of(const struct served *served)
{
    const struct web_route *route = served->request.route;
    if (!route)
        return TIME_NONE;
    if (served->cached)
        return TIME_CACHED;
    return route->kind == SOUK_WRITE  ? TIME_WRITE
           : route->kind == SOUK_TASK ? TIME_TASK
                                      : TIME_READ;
}

void count_request(struct served *served, int64_t mono)
{
    const struct request *request = &served->request;
    const struct web_route *route = request->route;
    int64_t span = mono - request->started;
    int class = request->answer.status / 100;
    metric_add(counters_of(route)->by_class[class < CLASSES ? class : 0], 1);
    metric_time(times[time_of(served)], span);
    if (!served->server->log || (route && route->flags & ROUTE_NO_LOG))
        return;
    struct access_line line = {.at = request->now,
                               .method = request->method,
                               .path = request->path,
                               .status = request->answer.status,
                               .bytes = request->sent,
                               .span = span,
                               .address =
                                   request->address[0] ? request->address : served->link->address,
                               .id = request->id,
                               .route = route ? route->where : NULL,
                               .agent = request_header(request, "user-agent"),
                               .cached = served->cached};
    access_log_add(served->server->log, &served->lane->access, &line);
}

void count_gate(int reason)
{
    metric_add(gate_refused[reason], 1);
}

void count_queue_full(int kind)
{
    metric_add(kind == SOUK_WRITE ? queue_refused_write : queue_refused_task, 1);
}

void count_limited(void)
{
    metric_add(limited, 1);
}

void count_reaped(int n)
{
    if (n > 0)
        metric_add(reaped, n);
}
