/*
 * supervisor: the parent process. It owns the listening sockets and the fault board, starts the
 * shop, starts it again when it dies, writes down who was to blame, and passes signals on.
 * Single-threaded; no plugins, no scripts, no database: it must stay alive when everything else
 * dies.
 */
#ifndef APP_SUPERVISOR_H
#define APP_SUPERVISOR_H

#include "base/err.h"

#define SUPERVISOR_LISTEN 8

struct serve_options {
    const char *config; /* path as given */
    const char *data;   /* data directory, made when missing */
    const char *listen; /* NULL: from the configuration */
    int safe;           /* no plugins */
};

/* What the shop gets from its supervisor: descriptors that live across its restarts. */
struct shop_start {
    const char *config;
    const char *data;
    const char *listen; /* as announced: "http://127.0.0.1:8080" */
    int listen_fds[SUPERVISOR_LISTEN];
    int listen_count;
    int control_fd;
    int ready_fd; /* one byte is written when requests are accepted */
    int safe;
    int again; /* this is a restart: a configuration that broke meanwhile must not keep the shop
                  closed */
};

#define SHOP_EXIT_REFUSED                                                                          \
    78                       /* configuration or database are not fit to start: no restart helps   \
                              */
#define SHOP_EXIT_RECYCLE 75 /* asked to be started again (memory or descriptor mark) */

/* Runs until told to stop; the exit code of the process. */
int supervisor_run(const struct serve_options *options);

#endif
