/*
 * order_return.c: returns over REST, for programs of the shop: the list, one with what would be
 * paid back, a new one in the name of a customer, and the steps of it.
 */
#include "shop/order_return.h"

#include "app/api/idempotency.h"
#include "app/api/route.h"
#include "app/api/step.h"
#include "app/api_order.sql.h"
#include "base/str.h"
#include "shop/order.h"

/* ---- reading ---- */

static int is_state(struct souk_str word)
{
    struct souk_str rest = souk_str("requested approved refused received closed cancelled"), known;
    while (str_split(&rest, ' ', &known))
        if (souk_str_equal(known, word))
            return 1;
    return word.len == 0;
}

int return_api_index(struct request *request, const struct web_route *route)
{
    (void)route;
    static const char *const texts[] = {"number", "order", "state", "outcome"};
    struct souk_str state = request_query(request, "state"),
                    order = request_query(request, "order");
    struct arena *arena = &request->arena;
    struct json *items = json_new(arena, JSON_ARRAY);
    int64_t limit, before, count = 0, last = 0;
    struct db_rows rows;
    if (!is_state(state))
        return api_refuse(request, 400, "/state",
                          "state is one of requested, approved, refused, received, closed, "
                          "cancelled");
    if (api_step_page(request, &limit, &before))
        return SOUK_OK;
    int code = db_query(request_conn(request), &sql_api_return_list, &rows, DB_INT(before),
                        DB_TEXT(state.len ? state : souk_str("")),
                        DB_TEXT(order.len ? order : souk_str("")), DB_INT(limit + 1));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        code = SOUK_OK;
        if (++count > limit)
            continue;
        last = db_int(&rows, 0);
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        json_add_int(arena, item, "id", last);
        for (int i = 0; i < 4; i++)
            json_add_str(arena, item, texts[i], arena_str(arena, db_text(&rows, 1 + i)));
        json_add_bool(arena, item, "door", db_int(&rows, 5) != 0);
        json_add_int(arena, item, "units", db_int(&rows, 6));
        json_add_time(arena, item, "created_at", db_int(&rows, 7));
        json_add_time(arena, item, "changed_at", db_int(&rows, 8));
    }
    return code ? code : api_step_items(request, items, count > limit ? last : 0);
}

static int answer(struct request *request, int status, int64_t id)
{
    struct json *doc;
    int code = return_load(request_conn(request), &request->arena, id, 1, &doc);
    if (code != SOUK_OK)
        return code;
    api_spell_ids(&request->arena, doc);
    answer_json(request, status, doc);
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

int return_api_get(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id;
    int code = return_find(request_conn(request), request_param(request, "number"), STR_NULL, &id);
    return code ? code : answer(request, 200, id);
}

/* ---- changing ---- */

int return_api_create(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *errors = json_new(arena, JSON_ARRAY);
    struct err err = {0};
    int64_t order, id = 0;
    int go_on = idempotency_begin(request, request->principal);
    if (go_on != 1)
        return go_on;
    int code = order_find(request->conn, request_param(request, "number"), STR_NULL, &order);
    const struct json *body = code == SOUK_OK ? api_step_body(request) : NULL;
    if (!body)
        return code;
    code = return_request(request->conn, arena, order, body, request->principal, request->now, &id,
                          errors, &err);
    if (code != SOUK_OK && errors->count) {
        struct json *more = json_new(arena, JSON_OBJECT);
        json_add_tree(arena, more, "errors", errors);
        answer_problem(request, 422, "invalid", arena_cstr(arena, souk_str(err.text)), more);
        return code;
    }
    if (code != SOUK_OK)
        return api_step_refuse(request, code, &err, "conflict", NULL);
    code = answer(request, 201, id);
    return code ? code : idempotency_end(request, request->principal);
}

static int is_step(struct souk_str step)
{
    struct souk_str rest = souk_str("approve refuse cancel receive refund close"), known;
    while (str_split(&rest, ' ', &known))
        if (souk_str_equal(known, step))
            return 1;
    return 0;
}

int return_api_step(struct request *request, const struct web_route *route)
{
    const char *last = strrchr(route->path, '/') + 1;
    struct souk_str step = last[0] == '{' ? request_param(request, "step") : souk_str(last);
    struct err err = {0};
    struct json *doc = NULL;
    int64_t id;
    int go_on = idempotency_begin(request, request->principal);
    if (go_on != 1)
        return go_on;
    int code = is_step(step)
                   ? return_find(request->conn, request_param(request, "number"), STR_NULL, &id)
                   : SOUK_NOT_FOUND;
    if (code == SOUK_OK)
        code = return_load(request->conn, &request->arena, id, 1, &doc);
    const struct json *body = code == SOUK_OK ? api_step_body(request) : NULL;
    if (!body)
        return code;
    code = return_step(request->conn, &request->arena, id, step, body, request->principal,
                       request->now, &err);
    if (code != SOUK_OK)
        return api_step_refuse(request, code, &err, "illegal-step",
                               json_copy(&request->arena, json_at(doc, "allowed")));
    code = answer(request, 200, id);
    return code ? code : idempotency_end(request, request->principal);
}
