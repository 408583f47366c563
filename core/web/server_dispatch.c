/*
 * server_dispatch.c: where handlers run.
 *
 * READ runs here, on the I/O thread, in a snapshot. WRITE and TASK suspend the
 * connection first and then queue: the other way round, the answer could be ready
 * before there is anything to resume. The writer runs the handler in a savepoint,
 * perhaps twice (so every run begins with a clean answer), and resumes when the commit
 * is on disk; the response is built by the I/O thread, not by the writer. A TASK that
 * leaves a write step is queued to the writer once more and is not awaited by its task
 * thread.
 *
 * Invariants: between serve_suspend and serve_resume exactly one thread holds the
 * request; nobody touches it after serve_resume.
 */
#include "web/server_inner.h"

#include <souk/plugin.h>
#include "base/clock.h"
#include "web/answer.h"
#include "web/session.h"

static struct served *served_of_work(struct work *work)
{
    return (struct served *)(void *)((char *)work - offsetof(struct served, request.work));
}

/* What the client hears when a handler failed, or forgot to answer. An answer of 4xx or
 * 5xx that the handler gave itself stands. */
static void settle(struct served *served, int code)
{
    struct request *request = &served->request;
    struct err err = {.code = code};
    if (request->answer.status && (code == 0 || request->answer.status >= 400))
        return;
    if (code == 0)
        err_set(&err, SOUK_ERROR, "the handler returned without an answer");
    answer_reset(request);
    answer_error(request, &err);
}

static int is_late(const struct request *request)
{
    return request->deadline && clock_mono() > request->deadline;
}

/* ---- READ ---- */

static int answer_from_cache(struct served *served)
{
    struct request *request = &served->request;
    struct server *server = served->server;
    const struct web_site *site = request->site;
    if (!(request->route->flags & ROUTE_CACHED) || !server->cache || request->landing ||
        atomic_load_explicit(&server->draining, memory_order_relaxed))
        return 0;
    served->cached = cache_answer(server->cache, server->options.db, request, site->number);
    return served->cached;
}

static void run_read(struct served *served)
{
    struct request *request = &served->request;
    const struct web_route *route = request->route;
    const struct web_site *site = request->site;
    struct db_seen seen;
    request_conn(request);
    settle(served, route->handle(request, route));
    int keep = request->conn && route->flags & ROUTE_CACHED && served->server->cache &&
               request->answer.status == 200 && !request->landing &&
               !atomic_load_explicit(&served->server->draining, memory_order_relaxed);
    if (keep)
        db_seen(request->conn, &seen);
    request_conn_end(request);
    if (keep)
        cache_keep(served->server->cache, request, site->number, &seen);
}

/* ---- WRITE ---- */

static void start_over(struct served *served, struct db_conn *conn, const struct answer *from)
{
    struct request *request = &served->request;
    request->answer = *from;
    request->session = NULL; /* read anew, from this savepoint */
    request->session_known = 0;
    request->conn = conn;
}

static int run_write(struct db_conn *conn, void *arg)
{
    static const struct answer nothing;
    struct served *served = arg;
    start_over(served, conn, &nothing);
    int code = served->request.route->handle(&served->request, served->request.route);
    served->request.conn = NULL;
    return code;
}

static int run_then(struct db_conn *conn, void *arg)
{
    struct served *served = arg;
    start_over(served, conn, &served->kept);
    int code = served->request.then_fn(conn, served->request.then_arg);
    served->request.conn = NULL;
    return code;
}

static void written(struct db_write *write)
{
    struct served *served = write->arg;
    served->code = write->result;
    serve_resume(served);
}

static int push_write(struct served *served, db_fn fn)
{
    struct request *request = &served->request;
    request->write =
        (struct db_write){.fn = fn, .arg = served, .done = written, .deadline = request->deadline};
    int code = request->db ? db_write_push(request->db, &request->write) : SOUK_UNAVAILABLE;
    if (code == SOUK_BUSY)
        count_queue_full(SOUK_WRITE);
    return code;
}

/* ---- TASK ---- */

static void run_task(struct work *work)
{
    struct served *served = served_of_work(work);
    struct request *request = &served->request;
    if (is_late(request)) {
        served->code = SOUK_TIMEOUT;
        serve_resume(served);
        return;
    }
    served->code = request->route->handle(request, request->route);
    request_conn_end(request);
    if (served->code == 0 && request->then_fn) {
        served->kept = request->answer;
        int code = push_write(served, run_then);
        if (code == 0)
            return; /* the writer resumes */
        served->code = code;
    }
    serve_resume(served);
}

static int push_task(struct served *served)
{
    struct request *request = &served->request;
    request->work.run = run_task;
    int code = worker_push(served->server->options.tasks, &request->work);
    if (code == SOUK_BUSY)
        count_queue_full(SOUK_TASK);
    return code;
}

/* ---- which of them ---- */

/* A client with cookies but without Origin shows the session's token; staff and bearer tokens are
 * looked up. 0: answered. */
static int has_right(struct served *served)
{
    struct request *request = &served->request;
    const struct server_options *options = &served->server->options;
    int ok = 1;
    request_conn(request);
    if (served->needs_token) {
        struct souk_str token = request_header(request, "x-souk-token");
        if (token.len == 0)
            token = request_form(request, "_token");
        ok = token.len > 0 && session_csrf_valid(request, token);
    }
    if (!ok)
        answer_problem(request, 403, NULL, "the token of this session is missing or wrong", NULL);
    if (ok && served->needs_right) {
        ok = options->authorize(options->user, request);
        if (!ok && !request->answer.status)
            answer_problem(request, 403, NULL, "this is not allowed here", NULL);
    }
    request_conn_end(request);
    return ok;
}

/* Suspends first. Once queued, the request is somebody else's: its fields are not
 * touched here any more. */
static void go_away(struct served *served)
{
    served->step = STEP_AWAY;
    serve_suspend(served);
    int code = served->request.route->kind == SOUK_TASK ? push_task(served)
                                                        : push_write(served, run_write);
    if (code) {
        served->code = code;
        serve_resume(served);
    }
}

/* A landing with a query: is the answer this visitor's alone? */
static void look_at_landing(struct request *request)
{
    const struct web_site *site = request->site;
    if (site && site->page_asked && request->query_text.len && request->route->flags & ROUTE_PAGE &&
        souk_str_is(request->method, "GET"))
        request->landing = site->page_asked(request);
}

int dispatch(struct served *served)
{
    struct request *request = &served->request;
    const struct server_options *options = &served->server->options;
    int kind = request->route->kind;
    look_at_landing(request);
    if (options->closed && options->closed(options->user, request))
        return 1;
    if ((served->needs_token || served->needs_right) && !has_right(served))
        return 1;
    if (kind != SOUK_WRITE && kind != SOUK_TASK) {
        if (!answer_from_cache(served))
            run_read(served);
        return 1;
    }
    go_away(served);
    return 0;
}

void dispatch_return(struct served *served)
{
    settle(served, served->code);
}
