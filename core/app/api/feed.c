/*
 * feed: feeds for programs of the shop: made, changed, removed, written now, and what was left out
 * of them. All on task threads; writing one may take as long as the catalogue is large.
 */
#include "app/feed.h"

#include "app/api/route.h"
#include "app/shop_state.h"
#include "base/str.h"
#include "store/audit.h"

#define LIST_MOST 1000

struct change { /* one write; made anew each time it is run */
    struct request *request;
    const struct json *body;
    const char *action;
    int64_t id;
    char pointer[80];
    struct json *answer;
    int (*run)(struct db_conn *conn, struct change *change, struct err *err);
    struct err err;
};

static int find(struct request *request, int64_t *id)
{
    return feed_find(request_conn(request), request_param(request, "name"), id);
}

static int write_change(struct db_conn *conn, void *arg)
{
    struct change *change = arg;
    struct request *request = change->request;
    struct arena *arena = &request->arena;
    change->err = (struct err){0};
    int code = change->run(conn, change, &change->err);
    if (code == SOUK_OK && strcmp(change->action, "feed.removed") != 0)
        code = feed_show(conn, arena, change->id, &change->answer);
    return code ? code
                : audit_put(conn, request->principal, souk_str(change->action),
                            arena_printf(arena, "feed:%lld", (long long)change->id), souk_str("{}"),
                            request->now);
}

/* 1 when it is written; else it has been answered why not. */
static int apply(struct change *change)
{
    struct request *request = change->request;
    struct err err = {0};
    int code = db_write(shop_current()->db, write_change, change, &err);
    if (code == SOUK_OK)
        return 1;
    if ((code == SOUK_INVALID || code == SOUK_CONFLICT) && change->pointer[0]) {
        api_refuse(request, code == SOUK_INVALID ? 422 : 409, change->pointer, change->err.text);
        return 0;
    }
    if (change->err.text[0])
        err = change->err;
    err.code = code;
    answer_error(request, &err);
    return 0;
}

/* ---- reading ---- */

int feed_api_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    int code = feed_list(request_conn(request), &request->arena, items);
    return code ? code : api_answer_items(request, items, STR_NULL);
}

int feed_api_formats(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    feed_formats(&request->arena, request->locale, items);
    return api_answer_items(request, items, STR_NULL);
}

int feed_api_get(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id = 0;
    struct json *doc = NULL;
    int code = find(request, &id);
    if (code == SOUK_OK)
        code = feed_show(request_conn(request), &request->arena, id, &doc);
    if (code == SOUK_OK)
        code = feed_reject_groups(request_conn(request), &request->arena, id,
                                  json_add(&request->arena, doc, "reasons", JSON_ARRAY));
    if (code == SOUK_OK)
        answer_json(request, 200, doc);
    return code;
}

int feed_api_rejects(struct request *request, const struct web_route *route)
{
    (void)route;
    struct souk_str after_text = request_query(request, "after");
    struct souk_str limit_text = request_query(request, "limit");
    int64_t id = 0, after = -1, limit = 100;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    if (after_text.len && (str_to_int(after_text, &after) != SOUK_OK || after < 0))
        return api_refuse(request, 400, "/after", "after is what \"next\" of the list before was");
    if (limit_text.len &&
        (str_to_int(limit_text, &limit) != SOUK_OK || limit < 1 || limit > LIST_MOST))
        return api_refuse(request, 400, "/limit", "limit is a number from 1 to 1000");
    int code = find(request, &id);
    if (code == SOUK_OK)
        code = feed_rejects(request_conn(request), &request->arena, id, after, (int)limit, items);
    if (code != SOUK_OK)
        return code;
    struct souk_str next = STR_NULL;
    if (items->count == (uint32_t)limit && items->last)
        next = arena_printf(&request->arena, "%lld",
                            (long long)json_int(json_at(&items->last->value, "position"), 0));
    return api_answer_items(request, items, next);
}

/* ---- changing ---- */

static int run_save(struct db_conn *conn, struct change *change, struct err *err)
{
    struct request *request = change->request;
    int64_t id = change->id;
    int fresh = strcmp(change->action, "feed.created") == 0;
    if (fresh)
        id = 0; /* a closure may run again */
    int code =
        feed_save(conn, &request->arena, change->body, request->now, &id, change->pointer, err);
    change->id = id;
    return code;
}

int feed_api_create(struct request *request, const struct web_route *route)
{
    (void)route;
    struct change *change = arena_new(&request->arena, struct change);
    *change = (struct change){.request = request, .action = "feed.created", .run = run_save};
    if ((change->body = api_body(request)) && apply(change))
        answer_json(request, 201, change->answer);
    return SOUK_OK;
}

int feed_api_change(struct request *request, const struct web_route *route)
{
    (void)route;
    struct change *change = arena_new(&request->arena, struct change);
    *change = (struct change){.request = request, .action = "feed.edited", .run = run_save};
    int code = find(request, &change->id);
    if (code != SOUK_OK)
        return code;
    if ((change->body = api_body(request)) && apply(change))
        answer_json(request, 200, change->answer);
    return SOUK_OK;
}

static int run_remove(struct db_conn *conn, struct change *change, struct err *err)
{
    (void)err;
    return feed_remove(conn, change->id, change->request->now);
}

int feed_api_delete(struct request *request, const struct web_route *route)
{
    (void)route;
    struct change *change = arena_new(&request->arena, struct change);
    *change = (struct change){.request = request, .action = "feed.removed", .run = run_remove};
    int code = find(request, &change->id);
    if (code != SOUK_OK)
        return code;
    if (apply(change))
        answer_bytes(request, 204, NULL, souk_str(""));
    return SOUK_OK;
}

/* Waits until the file is there: who asks wants to know what came of it. */
int feed_api_write(struct request *request, const struct web_route *route)
{
    struct err err = {0};
    int64_t id = 0;
    int code = find(request, &id);
    if (code != SOUK_OK)
        return code;
    request_conn_end(request);
    code = feed_write(shop_current()->db, id, NULL, &err);
    if (code == SOUK_OK)
        return feed_api_get(request, route);
    err.code = code == SOUK_INVALID || code == SOUK_NOT_FOUND ? SOUK_CONFLICT : code;
    answer_error(request, &err);
    return SOUK_OK;
}
