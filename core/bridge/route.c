/*
 * route.c: runs a plugin's route or page for a request, and its write step on the
 * writer.
 *
 * The idea: the ctx stands on the stack around the call; memory is the request's. What
 * comes back is either an answer, a write step to run, or a code that becomes an error
 * answer: the plugin's words where the visitor is at fault, plain ones where the shop
 * is, and one line in the log.
 *
 * A code is also given back to the server, so that a WRITE which failed is undone, with
 * the error answer ready in the request. A write step may run again when its group is
 * repeated; the server begins each run with the answer as the task left it.
 */
#include "bridge/internal.h"

#include "web/answer.h"

void route_ctx(struct souk_ctx *ctx, struct request *request, struct site *site,
               struct plugin *plugin, int kind)
{
    struct call_start start = {.plugin = plugin,
                               .set = site->set,
                               .db = site_core.db,
                               .arena = &request->arena,
                               .kind = kind,
                               .locale = request->locale};
    call_begin(ctx, &start);
    ctx->request = request;
    ctx->deadline = request->deadline;
    ctx->now = request->now;
}

/* The error answer for what the plugin's function gave back. */
static int refuse(struct souk_ctx *ctx, const char *where, int code)
{
    struct err err = {0};
    int result = code < 0 && code >= SOUK_WRONG_KIND ? code : SOUK_ERROR;
    if (code > 0)
        bridge_refuse(ctx, result, "gave back %d, which is no SOUK_… code", code);
    bridge_log_failure(ctx, where, result);
    if (bridge_is_slip(ctx, result))
        result = SOUK_ERROR;
    bridge_reason(ctx, result, &err);
    answer_reset(ctx->request); /* a cookie of a session that is being undone goes too */
    answer_problem(ctx->request, answer_status_of(result), NULL, err.text, NULL);
    return result;
}

/* A handler that says "done" must have answered. */
static int check_answered(struct souk_ctx *ctx, int code)
{
    if (code == SOUK_OK && ctx->then_fn && ctx->request->answer.file) /* it can be sent once */
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_answer_file and souk_then_write do not go together; write with "
                             "souk_db_write first");
    if (code != SOUK_OK || ctx->then_fn || ctx->request->answer.status != 0)
        return code;
    return bridge_refuse(ctx, SOUK_ERROR,
                         "the handler came back with SOUK_OK and no answer; end it with "
                         "souk_answer…, souk_redirect or souk_then_write");
}

/* ---- the write step of a TASK ---- */

struct step {
    struct target *target;
    struct request *request;
    souk_write_fn fn;
    void *arg;
};

static int run_step(struct db_conn *conn, void *arg)
{
    struct step *step = arg;
    struct request *request = step->request;
    struct souk_ctx ctx;
    route_ctx(&ctx, request, step->target->site, step->target->plugin, SOUK_WRITE);
    int code = query_step(&ctx, conn, step->fn, step->arg);
    code = check_answered(&ctx, code);
    if (code == SOUK_OK)
        return SOUK_OK;
    struct db_conn *before = request->conn;
    request->conn = conn; /* the error page may look at the session */
    code = refuse(&ctx, request->route->where, code);
    request->conn = before;
    return code;
}

static void leave_step(struct souk_ctx *ctx, struct target *target)
{
    struct step *step = arena_new(ctx->arena, struct step);
    *step = (struct step){target, ctx->request, ctx->then_fn, ctx->then_arg};
    request_then_write(ctx->request, run_step, step);
}

/* ---- routes ---- */

static int64_t kill_span(const struct web_route *route)
{
    return route->deadline > 2500 * CLOCK_MS ? 2 * route->deadline : 0;
}

int route_run(struct request *request, const struct web_route *route)
{
    struct target *target = (struct target *)route->user;
    struct call_place place = {route->where, route->kind == SOUK_TASK ? route->deadline : 0,
                               kill_span(route)};
    struct souk_ctx ctx;
    route_ctx(&ctx, request, target->site, target->plugin, route->kind);
    ctx.may_step = route->kind == SOUK_TASK;
    struct board_mark mark = call_enter(&ctx, &place);
    int code = target->route->handle(&ctx);
    call_leave(&ctx, mark);
    code = check_answered(&ctx, code);
    if (code == SOUK_OK && ctx.then_fn)
        leave_step(&ctx, target);
    else if (code != SOUK_OK)
        code = refuse(&ctx, route->where, code);
    if (ctx.conn)
        db_principal(ctx.conn, NULL);
    call_end(&ctx, NULL);
    return code;
}

/* ---- pages ---- */

static void add_title(const struct target *target, const struct request *request, struct json *view)
{
    const struct i18n *i18n = target->site->web.i18n;
    if (target->page->title && !json_at(view, "title"))
        json_add_str(
            (struct arena *)&request->arena, view, "title",
            i18n_text(i18n, target->plugin->name, request->locale, souk_str(target->page->title)));
}

int page_run(struct request *request, const struct web_route *route)
{
    struct target *target = (struct target *)route->user;
    struct call_place place = {route->where, 0, 0};
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    struct souk_ctx ctx;
    int code = SOUK_OK;
    route_ctx(&ctx, request, target->site, target->plugin, SOUK_READ);
    if (target->page->fill) {
        struct board_mark mark = call_enter(&ctx, &place);
        code = target->page->fill(&ctx, (struct souk_value *)view);
        call_leave(&ctx, mark);
    }
    if (code == SOUK_OK) {
        add_title(target, request, view);
        code = site_render(request, target->plugin->name, target->page->page_template, 200, view);
        if (code != SOUK_OK)
            bridge_refuse(&ctx, code, "template \"%s\" could not be rendered",
                          target->page->page_template);
    }
    if (code != SOUK_OK)
        code = refuse(&ctx, route->where, code);
    call_end(&ctx, NULL);
    return code;
}
