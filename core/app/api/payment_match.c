/*
 * payment_match.c: money that came and fits nothing, over REST: the list, and a person's (or a
 * bank program's) word about whose it is.
 */
#include "app/api/idempotency.h"
#include "app/api/route.h"
#include "app/api/step.h"
#include "app/api_order.sql.h"
#include "base/str.h"
#include "shop/order.h"
#include "shop/payment.h"
#include "store/audit.h"

static void add_row(struct arena *arena, struct json *item, struct db_rows *rows)
{
    static const char *const texts[] = {"provider", "reference", "currency", "text",
                                        "payer",    "why",       "state",    "actor"};
    json_add_int(arena, item, "id", db_int(rows, 0));
    json_add_int(arena, item, "amount", db_int(rows, 1));
    for (int i = 0; i < 8; i++)
        json_add_str(arena, item, texts[i], arena_str(arena, db_text(rows, 2 + i)));
    if (db_is_null(rows, 10))
        json_add_null(arena, item, "order");
    else
        json_add_str(arena, item, "order", arena_str(arena, db_text(rows, 10)));
    json_add_time(arena, item, "at", db_int(rows, 11));
    if (db_is_null(rows, 12))
        json_add_null(arena, item, "done_at");
    else
        json_add_time(arena, item, "done_at", db_int(rows, 12));
}

static int is_state(struct souk_str word)
{
    return word.len == 0 || souk_str_is(word, "open") || souk_str_is(word, "matched") ||
           souk_str_is(word, "returned") || souk_str_is(word, "ignored");
}

int match_api_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct souk_str state = request_query(request, "state");
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    int64_t limit, before, count = 0, last = 0;
    struct db_rows rows;
    if (!is_state(state))
        return api_refuse(request, 400, "/state",
                          "state is one of open, matched, returned, ignored");
    if (api_step_page(request, &limit, &before))
        return SOUK_OK;
    int code = db_query(request_conn(request), &sql_api_match_list, &rows, DB_INT(before),
                        DB_TEXT(state.len ? state : souk_str("")), DB_INT(limit + 1));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        code = SOUK_OK;
        if (++count > limit)
            continue;
        last = db_int(&rows, 0);
        add_row(&request->arena, json_add(&request->arena, items, NULL, JSON_OBJECT), &rows);
    }
    return code ? code : api_step_items(request, items, count > limit ? last : 0);
}

static int answer(struct request *request, int64_t id)
{
    struct json *doc = json_new(&request->arena, JSON_OBJECT);
    struct db_rows rows;
    int code =
        db_first(db_query(request_conn(request), &sql_api_match_get, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    add_row(&request->arena, doc, &rows);
    db_close(&rows);
    api_spell_ids(&request->arena, doc);
    answer_json(request, 200, doc);
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

static int find(struct request *request, int64_t *id)
{
    return str_to_int(request_param(request, "id"), id) == SOUK_OK && *id > 0 ? SOUK_OK
                                                                              : SOUK_NOT_FOUND;
}

int match_api_get(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id;
    int code = find(request, &id);
    return code ? code : answer(request, id);
}

/* What was decided is no step of an order, so it has its own trace. */
static int leave_trace(struct request *request, int64_t id, struct souk_str step,
                       struct souk_str reason)
{
    struct arena *arena = &request->arena;
    struct json *detail = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    json_add_str(arena, detail, "state", step);
    if (reason.len)
        json_add_str(arena, detail, "reason", reason);
    json_print(&text, detail);
    return audit_put(request->conn, request->principal, souk_str("payment_match.settled"),
                     arena_printf(arena, "payment_match:%lld", (long long)id), buf_str(&text),
                     request->now);
}

int match_api_step(struct request *request, const struct web_route *route)
{
    (void)route;
    struct souk_str step = request_param(request, "step");
    struct err err = {0};
    int64_t id, order = 0;
    int go_on = idempotency_begin(request, request->principal);
    if (go_on != 1)
        return go_on;
    int code = step.len && is_state(step) && !souk_str_is(step, "open") ? find(request, &id)
                                                                        : SOUK_NOT_FOUND;
    const struct json *body = code == SOUK_OK ? api_step_body(request) : NULL;
    if (!body)
        return code;
    struct souk_str number = str_trim(json_text(json_at(body, "order")));
    if (souk_str_is(step, "matched") &&
        (!number.len || order_find(request->conn, number, STR_NULL, &order) != SOUK_OK))
        return api_refuse(request, 400, "/order", "name the number of an order");
    code =
        payment_match_settle(request->conn, &request->arena, id, arena_cstr(&request->arena, step),
                             order, request->principal, request->now, &err);
    if (code != SOUK_OK)
        return api_step_refuse(request, code, &err, "conflict", NULL);
    code = leave_trace(request, id, step, str_trim(json_text(json_at(body, "reason"))));
    if (code == SOUK_OK)
        code = answer(request, id);
    return code ? code : idempotency_end(request, request->principal);
}
