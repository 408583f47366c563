/*
 * provider.c: the way into the typed tables of plugins, and out again.
 *
 * The idea: whoever calls says on whose behalf (scope); the ctx stands in the call, borrows the
 * caller's snapshot or savepoint where one is open (a thread has one at a time), and is taken apart
 * in provider_end. Between the two stands nothing but the plugin's own function.
 *
 * Words of a plugin reach people only with the codes that are theirs to give (bridge_reason); all
 * else is one line in the log under the plugin's name.
 *
 * Threads: any that may run plugins of that kind; the set is pinned by the caller.
 */
#include "bridge/provider.h"

#include "base/str.h"
#include "bridge/internal.h"
#include "plugin/provider.h"

#define SPAN_TASK  (10 * CLOCK_SECOND)
#define SPAN_QUICK (50 * CLOCK_MS)
#define LOOK_MOST  (2 * CLOCK_SECOND) /* one provider of a list */
#define LOOK_WHOLE (5 * CLOCK_SECOND / 2)
#define LOOK_LEAST (250 * CLOCK_MS) /* the time is up: who answers at once is still in */

void provider_scope_request(struct provider_scope *scope, struct request *request, int kind)
{
    struct site *site = ((struct web_site *)request->site)->user;
    *scope = (struct provider_scope){.set = site->set,
                                     .db = site_core.db,
                                     .arena = &request->arena,
                                     .locale = request->locale,
                                     .request = request,
                                     .conn = request->conn,
                                     .kind = kind};
}

void provider_scope_job(struct provider_scope *scope, struct db *db, struct arena *arena,
                        const char *locale)
{
    *scope = (struct provider_scope){.db = db, .arena = arena, .locale = locale, .kind = SOUK_TASK};
    scope->set = set_pin(&scope->ticket);
}

void provider_scope_end(struct provider_scope *scope)
{
    if (!scope->request && scope->set)
        set_unpin(scope->ticket);
    scope->set = NULL;
}

static int64_t span_of(const struct provider_scope *scope)
{
    if (scope->span)
        return scope->span;
    return scope->kind == SOUK_TASK ? SPAN_TASK : SPAN_QUICK;
}

int64_t provider_look_span(const struct provider_scope *scope, int64_t began)
{
    if (scope->span || scope->kind != SOUK_TASK)
        return scope->span;
    int64_t left = began + LOOK_WHOLE - clock_mono();
    return left > LOOK_MOST ? LOOK_MOST : left < LOOK_LEAST ? LOOK_LEAST : left;
}

static int find(struct provider_call *call, const struct provider_scope *scope, const char *kind,
                struct souk_str name, struct err *err)
{
    call->provider = scope->set ? provider_find(scope->set, kind, name) : NULL;
    return call->provider
               ? SOUK_OK
               : err_set(err, SOUK_NOT_FOUND,
                         "no plugin that is on brings the %s \"%.*s\"; see souk plugin list", kind,
                         SOUK_PRI(name));
}

int provider_begin(struct provider_call *call, const struct provider_scope *scope, const char *kind,
                   struct souk_str name, const char *verb, struct err *err)
{
    memset(call, 0, sizeof(*call));
    int code = find(call, scope, kind, name, err);
    if (code != SOUK_OK)
        return code;
    struct call_start start = {.plugin = call->provider->plugin,
                               .set = scope->set,
                               .db = scope->db,
                               .arena = scope->arena,
                               .kind = scope->kind,
                               .span = span_of(scope),
                               .locale = scope->locale};
    call_begin(&call->ctx, &start);
    call->ctx.request = scope->request;
    if (scope->request) {
        call->ctx.now = scope->request->now;
        if (scope->request->deadline && scope->request->deadline < call->ctx.deadline)
            call->ctx.deadline = scope->request->deadline;
    }
    if (scope->conn) {
        call->ctx.conn = call->before = scope->conn;
        call->ctx.borrowed = 1;
        db_principal(scope->conn, call->ctx.self->name);
    }
    const char *where = call_intern("%s of %s", verb, call->provider->row->name);
    call->place = (struct call_place){where, start.span, 2 * start.span + 5 * CLOCK_SECOND};
    call->mark = call_enter(&call->ctx, &call->place);
    return SOUK_OK;
}

int provider_end(struct provider_call *call, int returned, struct err *err)
{
    struct souk_ctx *ctx = &call->ctx;
    call_leave(ctx, call->mark);
    int code = returned <= 0 && returned >= SOUK_WRONG_KIND ? returned : SOUK_ERROR;
    if (code == SOUK_OK && ctx->then_fn)
        code = bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "a provider's function cannot leave a write step; use souk_db_write");
    if (code != returned)
        bridge_refuse(ctx, code, "gave back %d, which is no SOUK_… code", returned);
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        bridge_log_failure(ctx, call->place.where, code);
    if (code != SOUK_OK)
        bridge_reason(ctx, bridge_is_slip(ctx, code) ? SOUK_ERROR : code, err);
    if (call->before && ctx->conn == call->before) /* else it was given back before a wait */
        db_principal(call->before, NULL);
    call_end(ctx, call->before);
    if (call->before && ctx->request) /* given back before a wait: the caller reads on in a new one,
                                         which is the same connection: a thread has one */
        request_conn(ctx->request);
    return code != SOUK_OK && bridge_is_slip(ctx, code) ? SOUK_ERROR : code;
}
