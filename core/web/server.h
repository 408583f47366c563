/*
 * server: HTTP. A door thread accepts and looks at the first line (GET /push goes to the push hub,
 * the rest to libmicrohttpd); I/O threads (libmicrohttpd's pool in poll mode) gate, route and
 * answer READ; WRITE goes to the writer, TASK to the task workers while the connection is
 * suspended.
 *
 * Who knows the routes is told by `site`: a struct web_site is what one plugin set looks like to
 * the web floor.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "base/worker.h"
#include "store/db.h"
#include "web/request.h"
#include "web/router.h"

struct i18n;
struct template_set;
struct asset_set;

struct web_site {    /* built for a plugin set, immutable */
    uint64_t number; /* the set's: page cache entries of another set are not used */
    struct router *router;
    struct template_set *templates;
    struct i18n *i18n;
    struct asset_set *assets;
    void *user; /* the bridge's */
    void (*error_page)(struct request *request, int status,
                       const char *detail); /* renders the HTML error page */
    /* Asked before a ROUTE_PAGE route answers a GET that has a query: something (request->landing)
     * when the answer is this visitor's alone, and so is neither taken from the page cache nor
     * kept; page_answered then sees it before it goes out, whatever it is, and may add headers. On
     * I/O threads, without a snapshot. Both may be NULL. */
    const void *(*page_asked)(struct request *request);
    void (*page_answered)(struct request *request);
    void (*page_sent)(
        struct request *request); /* after a page of a ROUTE_PAGE route with 200 went out (from the
                                     cache too); NULL: nobody wants to know */
};

struct server_options {
    struct db *db;
    struct worker *tasks;
    struct push_hub *push; /* NULL: /push is a 404 */
    const int *listen_fds; /* owned by the supervisor; non-blocking */
    int listen_count;
    int control_fd; /* listening Unix socket for the command, or -1 */
    int threads;    /* 0: one a core */
    int connections, connections_per_address;
    size_t body_limit, page_cache;
    int64_t header_timeout, keep_alive, request_timeout;
    int64_t read_deadline, write_deadline, task_deadline;
    const char *const *locales;         /* the first is the default */
    const char *const *trusted_proxies; /* addresses or CIDRs, NULL-terminated; may be NULL */
    int secure_cookies;                 /* 0 never, 1 always, 2 when the client spoke TLS */
    const char *access_log;             /* "stderr", "off" or a path */
    int log_json;
    /* Pins the current site for one request; any thread, never blocks. */
    struct web_site *(*pin)(void *user, uint32_t *ticket);
    void (*unpin)(void *user, uint32_t ticket);
    void *user;
    /* May this request use its route, which is ROUTE_CONTROL or ROUTE_STAFF? Asked on an I/O thread
     * with a snapshot (request->conn) for whatever did not come over the control socket. 1 yes,
     * with request->principal set; 0 no: what it has answered stands, else 403. NULL: never. */
    int (*authorize)(void *user, struct request *request);
    /* Asked before every handler, on an I/O thread: 1 when the shop is closed to this request and
     * has answered it. NULL: never. */
    int (*closed)(void *user, struct request *request);
};

struct server;

int server_start(struct server **out, const struct server_options *options, struct err *err);
/* The clock's turn, every 100 ms or so: reaps slow clients, flushes the access log. */
void server_turn(struct server *server, int64_t mono);
/* Closes the door, answers `Connection: close`, waits up to `grace` us for what is in flight. Then
 * server_stop. */
void server_drain(struct server *server, int64_t grace);
/* After server_drain and when the task workers have ended, before db_shut: a write that still waits
 * is answered first, and the I/O threads give back their snapshots. */
void server_stop(struct server *server);
int server_in_flight(const struct server *server);
void server_reopen_log(struct server *server); /* after rotation */

#endif
