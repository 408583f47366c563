/*
 * router.c: a tree of path segments.
 *
 * The idea: every route is a way down a tree whose edges are segments. A node keeps its
 * literal children sorted (found by bisection), at most one child for a parameter and
 * at most one for a rest. Matching tries the literal first, then the parameter, then
 * the rest, and steps back when a branch ends without a route for the method; the
 * methods met on the way become the Allow list. The raw path is compared byte by byte,
 * so an encoded slash never makes a segment; only what lands in a parameter is decoded.
 *
 * Invariants: routes live as long as the router; `where` texts are interned for the
 * life of the process, because the fault board and the metrics point at them after a
 * router is gone. Built by one thread, then read by any number without a lock.
 */
#include "web/router.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/board.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "web/form.h"

enum { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, METHODS };

static const char *const method_names[METHODS] = {"GET",   "HEAD",   "POST",   "PUT",
                                                  "PATCH", "DELETE", "OPTIONS"};

struct node {
    struct souk_str segment; /* of a literal */
    VEC(struct node *) literals;
    struct node *param, *rest;
    struct web_route *routes[METHODS];
};

struct router {
    struct node root;
    VEC(struct web_route *) routes;
    struct arena arena;
};

struct walk { /* one search */
    struct arena *arena;
    int method;
    struct souk_str raw[ROUTER_PARAMS];
    unsigned allowed; /* bits of methods that exist for this path */
};

/* ---- names that outlive the router ---- */

static const char *intern(const char *method, const char *path)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct map names;
    struct buf text = {0};
    buf_printf(&text, "%s %s", method, path);
    pthread_mutex_lock(&lock);
    const char *name = map_get(&names, buf_str(&text));
    if (!name) {
        name = board_keep(text.ptr);
        name = name ? name : mem_strdup(text.ptr);
        map_put(&names, souk_str(name), (void *)(uintptr_t)name);
    }
    pthread_mutex_unlock(&lock);
    buf_free(&text);
    return name;
}

/* ---- building ---- */

struct router *router_new(void)
{
    return mem_zalloc(sizeof(struct router));
}

static void node_free(struct node *node)
{
    for (size_t i = 0; i < node->literals.len; i++) {
        node_free(node->literals.at[i]);
        free(node->literals.at[i]);
    }
    vec_free(&node->literals);
    if (node->param) {
        node_free(node->param);
        free(node->param);
    }
    if (node->rest) {
        node_free(node->rest);
        free(node->rest);
    }
}

void router_free(struct router *router)
{
    if (!router)
        return;
    node_free(&router->root);
    for (size_t i = 0; i < router->routes.len; i++) {
        free(router->routes.at[i]->metrics);
        free(router->routes.at[i]);
    }
    vec_free(&router->routes);
    arena_free(&router->arena);
    free(router);
}

static int segment_compare(struct souk_str a, struct souk_str b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.ptr, b.ptr, a.len) : 0;
}

/* Where the literal stands, or would stand. */
static size_t literal_place(const struct node *node, struct souk_str segment, int *found)
{
    size_t low = 0;
    size_t high = node->literals.len;
    *found = 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = segment_compare(node->literals.at[middle]->segment, segment);
        if (order == 0) {
            *found = 1;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct node *literal_child(struct router *router, struct node *node, struct souk_str segment)
{
    int found;
    size_t place = literal_place(node, segment, &found);
    if (found)
        return node->literals.at[place];
    struct node *child = mem_zalloc(sizeof(*child));
    child->segment = arena_str(&router->arena, segment);
    vec_push(&node->literals, child);
    for (size_t i = node->literals.len - 1; i > place; i--)
        node->literals.at[i] = node->literals.at[i - 1];
    node->literals.at[place] = child;
    return child;
}

static int param_name_valid(struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return 0;
    }
    return name.len > 0;
}

/* One segment of a route's path: the child that it leads to, or NULL with *err set. */
static struct node *step_down(struct router *router, struct node *node, struct web_route *route,
                              struct souk_str segment, struct err *err)
{
    size_t n = 0;
    while (n < ROUTER_PARAMS && route->params[n])
        n++;
    if (segment.len < 2 || segment.ptr[0] != '{' || segment.ptr[segment.len - 1] != '}') {
        if (str_find(segment, '{') >= 0 || str_find(segment, '}') >= 0) {
            err_set(err, SOUK_INVALID,
                    "route %s: a parameter fills its whole segment, as in /items/{id}",
                    route->path);
            return NULL;
        }
        return literal_child(router, node, segment);
    }
    struct souk_str name = str_make(segment.ptr + 1, segment.len - 2);
    int rest = name.len && name.ptr[name.len - 1] == '*';
    name.len -= (size_t)rest;
    if (!param_name_valid(name)) {
        err_set(err, SOUK_INVALID, "route %s: name the parameter with a-z, 0-9 and _", route->path);
        return NULL;
    }
    if (n == ROUTER_PARAMS) {
        err_set(err, SOUK_INVALID, "route %s: at most %d parameters", route->path, ROUTER_PARAMS);
        return NULL;
    }
    route->params[n] = arena_cstr(&router->arena, name);
    struct node **child = rest ? &node->rest : &node->param;
    if (!*child)
        *child = mem_zalloc(sizeof(**child));
    return *child;
}

static int method_index(struct souk_str method)
{
    for (int i = 0; i < METHODS; i++)
        if (souk_str_is(method, method_names[i]))
            return i;
    return -1;
}

static struct node *place(struct router *router, struct web_route *route, struct err *err)
{
    struct node *node = &router->root;
    struct souk_str rest = str_from(souk_str(route->path), 1);
    if (rest.len == 0)
        return node; /* "/" is the root itself */
    for (int more = 1; more;) {
        ptrdiff_t slash = str_find(rest, '/');
        struct souk_str segment = slash < 0 ? rest : str_make(rest.ptr, (size_t)slash);
        more = slash >= 0;
        rest = more ? str_from(rest, (size_t)slash + 1) : rest;
        if (segment.len > 3 && segment.ptr[segment.len - 2] == '*' && more) {
            err_set(err, SOUK_INVALID,
                    "route %s: {name*} takes all that is left, so it stands last", route->path);
            return NULL;
        }
        node = step_down(router, node, route, segment, err);
        if (!node)
            return NULL;
    }
    return node;
}

int router_add(struct router *router, const struct web_route *given, struct err *err)
{
    int method = method_index(souk_str(given->method));
    if (method < 0) {
        return err_set(err, SOUK_INVALID, "route %s: unknown method %s", given->path,
                       given->method);
    }
    if (!given->path || given->path[0] != '/') {
        return err_set(err, SOUK_INVALID, "route %s: a path begins with /",
                       given->path ? given->path : "");
    }
    struct web_route *route = mem_alloc(sizeof(*route));
    *route = *given;
    memset(route->params, 0, sizeof(route->params));
    route->metrics = NULL;
    route->method = method_names[method];
    route->path = arena_cstr(&router->arena, souk_str(given->path));
    route->where = intern(route->method, route->path);
    struct node *node = place(router, route, err);
    if (node && node->routes[method]) {
        const struct web_route *other = node->routes[method];
        err_set(err, SOUK_CONFLICT,
                "%s of %s is the same route as %s of %s; change one of the paths", route->where,
                route->owner ? route->owner : "souk", other->where,
                other->owner ? other->owner : "souk");
        free(route);
        return SOUK_CONFLICT;
    }
    if (!node) {
        free(route);
        return SOUK_INVALID;
    }
    node->routes[method] = route;
    vec_push(&router->routes, route);
    return 0;
}

/* ---- finding ---- */

static const struct web_route *route_here(const struct node *node, struct walk *walk)
{
    const struct web_route *route = walk->method >= 0 ? node->routes[walk->method] : NULL;
    if (!route && walk->method == HEAD)
        route = node->routes[GET];
    for (int i = 0; i < METHODS; i++)
        if (node->routes[i])
            walk->allowed |= 1u << i;
    return route;
}

/* `rest` is what follows the slash; `ended` says that there was none. */
static const struct web_route *descend(const struct node *node, struct walk *walk,
                                       struct souk_str rest, int ended, size_t params)
{
    const struct web_route *route = NULL;
    if (ended)
        return route_here(node, walk);
    ptrdiff_t slash = str_find(rest, '/');
    struct souk_str segment = slash < 0 ? rest : str_make(rest.ptr, (size_t)slash);
    struct souk_str after = slash < 0 ? STR_NULL : str_from(rest, (size_t)slash + 1);
    int found;
    size_t place_of = literal_place(node, segment, &found);
    if (found)
        route = descend(node->literals.at[place_of], walk, after, slash < 0, params);
    if (!route && node->param && segment.len && params < ROUTER_PARAMS) {
        walk->raw[params] = segment;
        route = descend(node->param, walk, after, slash < 0, params + 1);
    }
    if (!route && node->rest && params < ROUTER_PARAMS) {
        walk->raw[params] = rest;
        route = route_here(node->rest, walk);
    }
    return route;
}

/* A ".." between slashes, also ones that were encoded: nobody may take a parameter for
 * a path that climbs. */
static int climbs(struct souk_str text)
{
    struct souk_str part;
    if (memchr(text.ptr, '.', text.len) == NULL)
        return 0;
    while (str_split(&text, '/', &part))
        if (souk_str_is(part, ".."))
            return 1;
    return 0;
}

static int decode(struct arena *arena, struct souk_str raw, struct souk_str *out)
{
    int code = form_decode(arena, raw, 0, out);
    return code == 0 && climbs(*out) ? SOUK_INVALID : code;
}

static struct souk_str allow_list(struct arena *arena, unsigned allowed)
{
    struct buf list = {.arena = arena};
    if (allowed & (1u << GET))
        allowed |= 1u << HEAD;
    for (int i = 0; i < METHODS; i++) {
        if (allowed & (1u << i)) {
            if (list.len)
                buf_add_cstr(&list, ", ");
            buf_add_cstr(&list, method_names[i]);
        }
    }
    return buf_str(&list);
}

const struct web_route *router_find(const struct router *router, struct arena *arena,
                                    struct souk_str method, struct souk_str path,
                                    struct souk_str *params, int *status, struct souk_str *allow)
{
    struct walk walk = {.arena = arena, .method = method_index(method)};
    const struct web_route *route = NULL;
    *status = 400;
    if (path.len == 0 || path.ptr[0] != '/')
        return NULL;
    route = descend(&router->root, &walk, str_from(path, 1), path.len == 1, 0);
    if (!route) {
        *status = walk.allowed ? 405 : 404;
        if (walk.allowed)
            *allow = allow_list(arena, walk.allowed);
        return NULL;
    }
    for (size_t i = 0; i < ROUTER_PARAMS && route->params[i]; i++)
        if (decode(arena, walk.raw[i], &params[i]) != 0)
            return NULL;
    *status = 0;
    return route;
}

size_t router_count(const struct router *router)
{
    return router->routes.len;
}

const struct web_route *router_at(const struct router *router, size_t index)
{
    return index < router->routes.len ? router->routes.at[index] : NULL;
}
