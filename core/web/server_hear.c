/*
 * server_hear.c: the head of a request: gate, client, locale, route, and every rule
 * that can be decided before the body is read.
 *
 * The idea: each rule is a small function that either lets the request pass or answers
 * it. The order is the order of cost and of danger: first what makes the connection
 * untrustworthy (then it is closed), then who asks, where it goes, and whether it may.
 *
 * On the I/O thread, in libmicrohttpd's first call; no query here: what needs one
 * (session tokens, bearer tokens) is left to dispatch.
 */
#include "web/server_inner.h"

#include <souk/plugin.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"
#include "web/answer.h"
#include "web/form.h"
#include "web/gate.h"
#include "web/i18n.h"
#include "web/request_origin.h"

static int pass_gate(struct served *served, int http_1_0, struct gate_head *head)
{
    struct request *request = &served->request;
    memset(head, 0, sizeof(*head));
    head->method = request->method;
    head->target = request->target;
    head->http_1_0 = http_1_0;
    head->headers = request->headers;
    int status = gate_check(head);
    request->path = head->path;
    request->local_path = head->path;
    request->query_text = head->query;
    if (status) {
        count_gate((int)head->reason);
        answer_problem(request, status, NULL, head->detail, NULL);
    }
    return status == 0;
}

/* /bg/… is Bulgarian; the default locale needs no prefix. 1: there was one. */
static int find_locale(struct served *served)
{
    struct request *request = &served->request;
    const char *const *locales = served->server->options.locales;
    request->locale = locales && locales[0] ? locales[0] : "en";
    for (; locales && *locales; locales++) {
        size_t len = strlen(*locales);
        struct souk_str path = request->path;
        if (path.len > len && memcmp(path.ptr + 1, *locales, len) == 0 &&
            (path.len == len + 1 || path.ptr[len + 1] == '/') &&
            !str_starts(str_from(path, len + 1), "//")) {
            request->locale = *locales;
            request->local_path = path.len == len + 1 ? souk_str("/") : str_from(path, len + 1);
            return 1;
        }
    }
    return 0;
}

/* A page's language stands in its URL; whatever else is answered in words follows the client's
 * wish. */
static void ask_client(struct served *served)
{
    struct request *request = &served->request;
    const char *const *locales = served->server->options.locales;
    struct souk_str wish = request_header(request, "accept-language");
    if (wish.len && locales && locales[0])
        request->locale = i18n_negotiate(locales, wish);
}

static int64_t deadline_of(const struct server *server, const struct web_route *route)
{
    if (route->deadline)
        return route->deadline;
    switch (route->kind) {
    case SOUK_WRITE: return server->options.write_deadline;
    case SOUK_TASK: return server->options.task_deadline;
    default: return server->options.read_deadline;
    }
}

static int find_route(struct served *served)
{
    struct request *request = &served->request;
    const struct web_site *site = request->site;
    struct souk_str allow = souk_str("");
    int status = 404;
    int prefixed = find_locale(served);
    const struct web_route *route =
        router_find(site->router, &request->arena, request->method, request->local_path,
                    request->params, &status, &allow);
    if (route && prefixed && !(route->flags & ROUTE_PAGE)) {
        route = NULL;
        status = 404;
    }
    if (route) {
        int64_t span = deadline_of(served->server, route);
        if (!(route->flags & ROUTE_PAGE))
            ask_client(served);
        request->route = route;
        request->deadline = span > 0 ? request->started + span : 0;
        request->body_limit =
            route->body_limit ? route->body_limit : served->server->options.body_limit;
        return 1;
    }
    if (status == 405) {
        answer_header(request, "Allow",
                      arena_printf(&request->arena, "%.*s, OPTIONS", SOUK_PRI(allow)));
        if (souk_str_is(request->method, "OPTIONS")) {
            answer_bytes(request, 204, "", souk_str(""));
            return 0;
        }
    }
    answer_problem(request, status, NULL,
                   status == 404   ? "there is nothing here"
                   : status == 405 ? "this method does not work here; see the Allow header"
                                   : "the path has an escape that cannot be read",
                   NULL);
    return 0;
}

static int may_enter(struct served *served)
{
    struct request *request = &served->request;
    int flags = request->route->flags;
    if (request->control) {
        request->principal = souk_str("control");
        return 1;
    }
    if (flags & (ROUTE_CONTROL | ROUTE_STAFF)) {
        if (!served->server->options.authorize) {
            answer_problem(request, 403, NULL,
                           "only the souk command or an admin token may do this", NULL);
            return 0;
        }
        served->needs_right = 1;
    }
    if (!(flags & ROUTE_OPEN) && origin_changes_state(request->method)) {
        enum origin_verdict verdict = origin_check(request);
        if (verdict == ORIGIN_FOREIGN) {
            answer_problem(request, 403, "cross-origin",
                           "this request was made by a page of another site", NULL);
            return 0;
        }
        served->needs_token = verdict == ORIGIN_UNKNOWN;
    }
    return 1;
}

static int within_rate(struct served *served)
{
    struct request *request = &served->request;
    const struct web_route *route = request->route;
    char text[16];
    if (route->rate <= 0 || request->control)
        return 1;
    int wait = rate_take(served->server->rate, souk_str(request->address), route->where,
                         route->rate, request->started);
    if (wait == 0)
        return 1;
    snprintf(text, sizeof(text), "%d", wait);
    count_limited();
    answer_header(request, "Retry-After", souk_str(text));
    answer_problem(request, 429, NULL, "too many requests; wait as Retry-After says", NULL);
    return 0;
}

static int within_size(struct served *served, const struct gate_head *head)
{
    struct request *request = &served->request;
    if (head->length > 0 && (uint64_t)head->length > request->body_limit) {
        answer_problem(request, 413, NULL,
                       arena_printf(&request->arena, "at most %llu bytes are taken here",
                                    (unsigned long long)request->body_limit)
                           .ptr,
                       NULL);
        return 0;
    }
    return 1;
}

static int pin_site(struct served *served)
{
    struct request *request = &served->request;
    const struct server_options *options = &served->server->options;
    request->site = options->pin(options->user, &request->ticket);
    request->pinned = request->site != NULL;
    if (!request->site)
        answer_problem(request, 503, NULL, "the shop is starting or stopping", NULL);
    return request->site != NULL;
}

static void name_client(struct served *served)
{
    struct request *request = &served->request;
    struct server *server = served->server;
    request->control = served->link->control;
    origin_client(request, &served->link->peer, served->link->address, &server->trusted);
    if (server->options.secure_cookies != 2)
        request->tls = server->options.secure_cookies;
}

int hear(struct served *served, struct souk_str method, int http_1_0, int *at_once)
{
    struct request *request = &served->request;
    struct gate_head head;
    request->method = arena_str(&request->arena, method);
    request->head = souk_str_is(method, "HEAD");
    *at_once = 1;
    if (!pass_gate(served, http_1_0, &head))
        return 0;
    served->body_expected = head.length > 0 || head.chunked;
    /* A refusal now would close the connection: wanted only where a body would follow
     * that nobody reads. */
    *at_once = served->body_expected;
    name_client(served);
    if (!pin_site(served) || !find_route(served) || !may_enter(served) || !within_rate(served) ||
        !within_size(served, &head))
        return 0;
    if (served->body_expected) {
        size_t room = head.length > 0 ? (size_t)head.length : 4096;
        buf_reserve(&request->body, (room < 65536 ? room : 65536) + 1);
    }
    return 1;
}
