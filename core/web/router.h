/*
 * router: from method and raw path to a route. Paths are matched segment by segment as they were
 * sent; a segment is decoded only when it becomes a parameter. Literal segments win over
 * parameters, parameters over {rest*}. Immutable once built.
 */
#ifndef WEB_ROUTER_H
#define WEB_ROUTER_H

#include "base/arena.h"
#include "base/err.h"

#define ROUTER_PARAMS 8

struct request;

#define ROUTE_CACHED  1  /* page cache for visitors without a session */
#define ROUTE_PAGE    2  /* HTML: has a locale prefix, error pages in HTML */
#define ROUTE_API     4  /* errors as problem+json */
#define ROUTE_OPEN    8  /* no same-origin rule: webhooks, bearer tokens */
#define ROUTE_CONTROL 16 /* control socket or admin token only */
#define ROUTE_NO_LOG  32 /* /healthz and the like */
#define ROUTE_STAFF   64 /* HTML for signed-in staff who have `right` */

struct web_route {
    const char *method;
    const char *path; /* whole: "/x/hello/items/{id}" */
    int kind;         /* SOUK_READ, SOUK_WRITE, SOUK_TASK */
    int flags;
    int (*handle)(struct request *request,
                  const struct web_route
                      *route); /* 0, or SOUK_… with nothing answered: the server answers for it */
    const void *user;          /* the bridge's: plugin and row */
    const char *right;
    const char *summary;
    const char *owner; /* "souk" or the plugin */
    const char
        *where; /* "GET /x/hello/items/{id}": set by router_add, lives as long as the process */
    size_t body_limit; /* 0: the server's */
    int64_t deadline;  /* us; 0: by kind */
    int rate;          /* a minute for one address; 0: none */
    void *metrics;     /* the server's */
    const char *params[ROUTER_PARAMS];
};

struct router;

struct router *router_new(void);
void router_free(struct router *router);
/* Copies *route. The same method and shape twice: SOUK_CONFLICT naming both owners. */
int router_add(struct router *router, const struct web_route *route, struct err *err);
/* NULL: *status is 404, or 405 with *allow ("GET, HEAD, POST") in the arena. HEAD finds GET.
 * SOUK-encoded NUL or bad percent signs: 400. */
const struct web_route *router_find(const struct router *router, struct arena *arena,
                                    struct souk_str method, struct souk_str path,
                                    struct souk_str *params, int *status, struct souk_str *allow);
/* All routes in order of adding: for documentation. */
size_t router_count(const struct router *router);
const struct web_route *router_at(const struct router *router, size_t index);

#endif
