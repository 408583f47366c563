/*
 * webhook: receivers of facts for programs of the shop: made, changed, tested, rotated, replayed.
 * TASK routes: after each change it is read again who listens to what.
 */
#include "app/webhook.h"

#include "app/api/route.h"
#include "app/shop_state.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/audit.h"

#define LIST_MOST 200

struct change { /* one write; made anew each time it is run */
    struct request *request;
    const struct json *body;
    const char *action;
    int64_t id;
    char pointer[80];
    int64_t count;
    int secret; /* the answer shows it */
    struct json *answer;
    int (*run)(struct db_conn *conn, struct change *change, struct err *err);
    struct err err;
};

static int64_t id_of(struct request *request)
{
    int64_t id = 0;
    return str_to_int(request_param(request, "id"), &id) == SOUK_OK ? id : 0;
}

static int write_change(struct db_conn *conn, void *arg)
{
    struct change *change = arg;
    struct request *request = change->request;
    struct arena *arena = &request->arena;
    change->err = (struct err){0};
    int code = change->run(conn, change, &change->err);
    if (code == SOUK_OK && change->id && strcmp(change->action, "webhook.deleted") != 0)
        code = webhook_show(conn, arena, change->id, change->secret, &change->answer);
    return code ? code
                : audit_put(conn, request->principal, souk_str(change->action),
                            arena_printf(arena, "webhook:%lld", (long long)change->id),
                            souk_str("{}"), request->now);
}

/* 1 when it is written; else it has been answered why not. */
static int apply(struct change *change)
{
    struct request *request = change->request;
    struct db *db = shop_current()->db;
    struct err err = {0};
    int code = db_write(db, write_change, change, &err);
    if (code == SOUK_OK) {
        webhook_begin(db);
        return 1;
    }
    if (code == SOUK_INVALID && change->pointer[0]) {
        api_refuse(request, 422, change->pointer, change->err.text);
        return 0;
    }
    if (code == SOUK_NOT_FOUND)
        err_set(&err, code, "there is no such webhook, or no such delivery of it");
    else if (change->err.text[0])
        err = change->err;
    err.code = code;
    answer_error(request, &err);
    return 0;
}

/* ---- reading ---- */

int webhook_api_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    int code = webhook_list(request_conn(request), &request->arena, items);
    return code ? code : api_answer_items(request, items, STR_NULL);
}

int webhook_api_get(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *doc = NULL;
    int code = webhook_show(request_conn(request), &request->arena, id_of(request), 0, &doc);
    if (code == SOUK_OK)
        answer_json(request, 200, doc);
    return code;
}

int webhook_api_deliveries(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct souk_str before_text = request_query(request, "before");
    struct souk_str limit_text = request_query(request, "limit");
    int64_t before = 0, limit = 50;
    struct json *doc = NULL, *items = json_new(arena, JSON_ARRAY);
    if (before_text.len && (str_to_int(before_text, &before) != SOUK_OK || before < 1))
        return api_refuse(request, 400, "/before",
                          "before is what \"next\" of the list before was");
    if (limit_text.len &&
        (str_to_int(limit_text, &limit) != SOUK_OK || limit < 1 || limit > LIST_MOST))
        return api_refuse(request, 400, "/limit", "limit is a number from 1 to 200");
    int code = webhook_show(request_conn(request), arena, id_of(request), 0, &doc);
    if (code == SOUK_OK)
        code = webhook_deliveries(request_conn(request), arena, id_of(request),
                                  request_query(request, "state"), before, (int)limit, items);
    if (code != SOUK_OK)
        return code;
    struct souk_str next = items->count == (uint32_t)limit && items->last
                               ? json_text(json_at(&items->last->value, "id"))
                               : STR_NULL;
    return api_answer_items(request, items, next);
}

/* ---- making, changing ---- */

static int run_create(struct db_conn *conn, struct change *change, struct err *err)
{
    struct request *request = change->request;
    return webhook_create(conn, &request->arena, change->body, request->now, &change->id,
                          change->pointer, err);
}

int webhook_api_create(struct request *request, const struct web_route *route)
{
    (void)route;
    struct change *change = arena_new(&request->arena, struct change);
    *change = (struct change){
        .request = request, .action = "webhook.created", .secret = 1, .run = run_create};
    if ((change->body = api_body(request)) && apply(change))
        answer_json(request, 201, change->answer);
    return SOUK_OK;
}

static int run_change(struct db_conn *conn, struct change *change, struct err *err)
{
    struct request *request = change->request;
    return webhook_change(conn, &request->arena, change->id, change->body, request->now,
                          change->pointer, err);
}

int webhook_api_change(struct request *request, const struct web_route *route)
{
    (void)route;
    struct change *change = arena_new(&request->arena, struct change);
    *change = (struct change){
        .request = request, .action = "webhook.changed", .id = id_of(request), .run = run_change};
    if ((change->body = api_body(request)) && apply(change))
        answer_json(request, 200, change->answer);
    return SOUK_OK;
}

static int run_delete(struct db_conn *conn, struct change *change, struct err *err)
{
    (void)err;
    struct request *request = change->request;
    return webhook_remove(conn, &request->arena, change->id, request->now);
}

int webhook_api_delete(struct request *request, const struct web_route *route)
{
    (void)route;
    struct change *change = arena_new(&request->arena, struct change);
    *change = (struct change){
        .request = request, .action = "webhook.deleted", .id = id_of(request), .run = run_delete};
    if (apply(change))
        answer_bytes(request, 204, NULL, souk_str(""));
    return SOUK_OK;
}

/* ---- steps ---- */

static int run_test(struct db_conn *conn, struct change *change, struct err *err)
{
    (void)err;
    change->count = 1;
    return webhook_test(conn, &change->request->arena, change->id, change->request->now);
}

static int run_rotate(struct db_conn *conn, struct change *change, struct err *err)
{
    (void)err;
    change->secret = 1;
    return webhook_rotate(conn, &change->request->arena, change->id, change->request->now);
}

static int refuse_at(struct change *change, const char *pointer, struct err *err, const char *words)
{
    str_copy(change->pointer, sizeof change->pointer, souk_str(pointer));
    return err_set(err, SOUK_INVALID, "%s", words);
}

/* {"delivery": "17"}, or {"from", "until", "state"}. */
static int run_replay(struct db_conn *conn, struct change *change, struct err *err)
{
    struct request *request = change->request;
    const struct json *body = change->body;
    int64_t delivery = 0, from = 0, until = request->now;
    struct souk_str which = json_text(json_at(body, "delivery"));
    struct souk_str state = json_text(json_at(body, "state"));
    if (which.len && (str_to_int(which, &delivery) != SOUK_OK || delivery < 1))
        return refuse_at(change, "/delivery", err, "is the id of a delivery, as text");
    if (!which.len && !json_at(body, "from"))
        return refuse_at(change, "/from", err, "name a delivery, or the time from which on");
    if (!which.len && clock_parse(json_text(json_at(body, "from")), &from) != SOUK_OK)
        return refuse_at(change, "/from", err, "is no time, such as 2026-11-27T00:00:00Z");
    if (json_at(body, "until") && clock_parse(json_text(json_at(body, "until")), &until) != SOUK_OK)
        return refuse_at(change, "/until", err, "is no time, such as 2026-11-27T00:00:00Z");
    if (state.len && !souk_str_is(state, "dead") && !souk_str_is(state, "sent") &&
        !souk_str_is(state, "waiting"))
        return refuse_at(change, "/state", err, "is \"waiting\", \"sent\" or \"dead\"");
    if (which.len)
        until = INT64_MAX;
    return webhook_replay(conn, &request->arena, change->id, delivery, from, until, state,
                          request->now, &change->count);
}

int webhook_api_step(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct souk_str step = request_param(request, "step");
    struct change *change = arena_new(arena, struct change);
    *change = (struct change){.request = request, .id = id_of(request)};
    if (souk_str_is(step, "test")) {
        change->action = "webhook.tested";
        change->run = run_test;
    } else if (souk_str_is(step, "rotate")) {
        change->action = "webhook.rotated";
        change->run = run_rotate;
    } else if (souk_str_is(step, "replay")) {
        change->action = "webhook.replayed";
        change->run = run_replay;
        if (!(change->body = api_body(request)))
            return SOUK_OK;
    } else {
        return SOUK_NOT_FOUND;
    }
    if (!apply(change))
        return SOUK_OK;
    if (!change->secret)
        json_add_int(arena, change->answer, "queued", change->count);
    answer_json(request, change->secret ? 200 : 202, change->answer);
    return SOUK_OK;
}
