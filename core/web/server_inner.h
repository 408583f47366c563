/*
 * server_inner: what the files of the server share: the server itself, its I/O threads
 * ("lanes") and a request as the server sees it.
 */
#ifndef WEB_SERVER_INNER_H
#define WEB_SERVER_INNER_H

#include <pthread.h>
#include <stdatomic.h>
#include "web/access_log.h"
#include "web/cache.h"
#include "web/door.h"
#include "web/metrics.h"
#include "web/rate.h"
#include "web/server.h"

struct MHD_Daemon;

enum step {
    STEP_NEW,   /* the request line is there */
    STEP_HEARD, /* the head was accepted; body, then dispatch */
    STEP_AWAY,  /* suspended: writer or task has it */
    STEP_SENT,  /* a response is queued */
};

struct served {             /* a request as the server sees it */
    struct request request; /* first: the two are one */
    struct server *server;
    struct lane *lane;
    struct link *link;
    struct served *made_next;
    enum step step;
    int code; /* what the writer or task came back with */
    int body_expected;
    int too_large;
    size_t surplus;  /* bytes thrown away after the limit */
    int needs_token; /* same-origin rule undecided by headers */
    int needs_right; /* ROUTE_CONTROL by Authorization */
    int cached;
    struct answer kept; /* of a TASK, where its write step begins */
};

struct lane { /* one I/O thread; its own but for `access` */
    struct server *server;
    struct lane *next;
    struct served *free; /* through request.next_free */
    struct served *made; /* all that were ever made here */
    struct access_buffer access;
    uint64_t id_base, id_count;
    struct db *db;
};

struct server {
    struct server_options options;
    uint64_t serial; /* tells servers of one process apart */
    struct MHD_Daemon *daemon;
    struct door *door;
    struct reaper *reaper;
    struct crowd *crowd;
    struct rate *rate;
    struct page_cache *cache;
    struct access_log *log;
    struct cidr_list trusted;
    _Atomic(struct lane *) lanes;
    pthread_mutex_t lock;
    pthread_cond_t quiet; /* while draining: something ended */
    _Atomic int draining;
    _Atomic int in_flight;
    _Atomic int suspended;
    int64_t flushed; /* clock_mono */
};

/* server_lane.c */
struct lane *lane_here(struct server *server); /* of this thread; made at its first call */
struct served *lane_take(struct lane *lane);
void lane_give_back(struct served *served);
void lanes_flush(struct server *server);
void lanes_free(struct server *server);

/* server_hear.c: the head of a request. 1: go on; 0: answered, and with `*at_once` the
 * connection must not be used further */
int hear(struct served *served, struct souk_str method, int http_1_0, int *at_once);

/* server_dispatch.c */
/* Runs the route. 1: answered; 0: suspended. */
int dispatch(struct served *served);
/* After the connection was resumed: completes the answer. */
void dispatch_return(struct served *served);

/* server_serve.c */
int serve_start_daemon(struct server *server, unsigned threads, struct err *err);
void serve_stop_daemon(struct server *server);
void serve_suspend(struct served *served);
/* The request belongs to its I/O thread again: touch nothing of it afterwards. */
void serve_resume(struct served *served);
void serve_admit(void *server, struct link *link); /* for the door */

/* server_count.c */
void count_setup(struct server *server);
void count_end(struct server *server);
void count_request(struct served *served, int64_t mono);
void count_gate(int reason);
void count_queue_full(int kind);
void count_limited(void);
void count_reaped(int n);

#endif
