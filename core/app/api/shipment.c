/*
 * shipment.c: parcels over REST, for programs of the shop: the list, one parcel with its news, the
 * steps of it, news that a carrier's program brings, and its papers.
 */
#include "shop/shipment.h"

#include <souk/plugin.h>
#include "app/api/idempotency.h"
#include "app/api/route.h"
#include "app/api/step.h"
#include "app/api_order.sql.h"
#include "app/parcel.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"

/* ---- reading ---- */

static void add_row(struct arena *arena, struct json *items, struct db_rows *rows)
{
    static const char *const texts[] = {"number",      "order",    "method",  "state",
                                        "registering", "tracking", "currency"};
    struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
    json_add_int(arena, item, "id", db_int(rows, 0));
    for (int i = 0; i < 7; i++)
        json_add_str(arena, item, texts[i], arena_str(arena, db_text(rows, 1 + i)));
    json_add_int(arena, item, "collect", db_int(rows, 8));
    json_add_time(arena, item, "created_at", db_int(rows, 9));
    if (db_is_null(rows, 10))
        json_add_null(arena, item, "sent_at");
    else
        json_add_time(arena, item, "sent_at", db_int(rows, 10));
}

int shipment_api_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct souk_str state = request_query(request, "state");
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    int64_t limit, before, count = 0, last = 0;
    struct db_rows rows;
    if (state.len && !shipment_state_known(state))
        return api_refuse(request, 400, "/state", "this is no state of a parcel");
    if (api_step_page(request, &limit, &before))
        return SOUK_OK;
    int code =
        db_query(request_conn(request), &sql_api_shipment_list, &rows, DB_INT(before),
                 DB_TEXT(state.len ? state : souk_str("")),
                 DB_TEXT(request_query(request, "order").len ? request_query(request, "order")
                                                             : souk_str("")),
                 DB_INT(limit + 1));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        code = SOUK_OK;
        if (++count > limit)
            continue;
        last = db_int(&rows, 0);
        add_row(&request->arena, items, &rows);
    }
    return code ? code : api_step_items(request, items, count > limit ? last : 0);
}

static int find(struct request *request, int64_t *id)
{
    return str_to_int(request_param(request, "id"), id) == SOUK_OK && *id > 0 ? SOUK_OK
                                                                              : SOUK_NOT_FOUND;
}

static int answer(struct request *request, int64_t id)
{
    struct json *doc;
    int code = shipment_load(request_conn(request), &request->arena, id, &doc);
    if (code != SOUK_OK)
        return code;
    api_spell_ids(&request->arena, doc);
    answer_json(request, 200, doc);
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

int shipment_api_get(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id;
    int code = find(request, &id);
    return code ? code : answer(request, id);
}

/* ---- steps ---- */

/* News of a carrier, or staff's word that it has arrived. */
static int take_news(struct request *request, int64_t id, const struct json *body,
                     struct souk_str state, struct err *err)
{
    struct arena *arena = &request->arena;
    const struct json *accepted = json_at(body, "accepted");
    struct souk_str at = json_text(json_at(body, "at"));
    struct shipment_news news = {.shipment_id = id,
                                 .event = json_text(json_at(body, "event")),
                                 .state = state,
                                 .code = json_text(json_at(body, "code")),
                                 .text = str_trim(json_text(json_at(body, "text"))),
                                 .at = request->now,
                                 .actor = request->principal};
    int fresh;
    if (at.len && clock_parse(at, &news.at) != SOUK_OK)
        return err_set(err, SOUK_INVALID, "/at: write a time like 2026-11-27T08:00:00Z");
    if (!state.len && !news.code.len)
        return err_set(err, SOUK_INVALID, "/state: news name a state, or the carrier's code");
    if (state.len && !shipment_state_known(state))
        return err_set(err, SOUK_INVALID, "/state: this is no state of a parcel");
    if (accepted && accepted->kind != JSON_OBJECT && accepted->kind != JSON_NULL)
        return err_set(err, SOUK_INVALID,
                       "/accepted: a map from lines to the units that were kept");
    news.accepted = accepted && accepted->kind == JSON_OBJECT ? accepted : NULL;
    if (!news.event.len)
        news.event =
            arena_printf(arena, "%.*s:%lld", SOUK_PRI(request->principal), (long long)id_next());
    return shipment_apply(request->conn, arena, &news, request->now, &fresh, err);
}

static int run_step(struct request *request, int64_t id, struct souk_str step,
                    const struct json *body, struct err *err)
{
    struct arena *arena = &request->arena;
    if (souk_str_is(step, "send"))
        return shipment_send(request->conn, arena, id,
                             str_trim(json_text(json_at(body, "tracking"))), request->principal,
                             request->now, err);
    if (souk_str_is(step, "cancel"))
        return shipment_cancel(request->conn, arena, id, request->principal,
                               str_trim(json_text(json_at(body, "reason"))), request->now, err);
    if (souk_str_is(step, "register"))
        return shipment_register(request->conn, id, request->now);
    if (souk_str_is(step, "deliver"))
        return take_news(request, id, body, souk_str("delivered"), err);
    return take_news(request, id, body, json_text(json_at(body, "state")), err);
}

static int is_step(struct souk_str step)
{
    return souk_str_is(step, "send") || souk_str_is(step, "cancel") ||
           souk_str_is(step, "register") || souk_str_is(step, "deliver") ||
           souk_str_is(step, "news");
}

int shipment_api_step(struct request *request, const struct web_route *route)
{
    (void)route;
    struct souk_str step = request_param(request, "step");
    struct err err = {0};
    struct json *doc;
    int64_t id;
    int go_on = idempotency_begin(request, request->principal);
    if (go_on != 1)
        return go_on;
    int code = is_step(step) ? find(request, &id) : SOUK_NOT_FOUND;
    if (code == SOUK_OK)
        code = shipment_load(request->conn, &request->arena, id, &doc);
    const struct json *body = code == SOUK_OK ? api_step_body(request) : NULL;
    if (!body)
        return code;
    code = run_step(request, id, step, body, &err);
    if (code != SOUK_OK)
        return api_step_refuse(request, code, &err, "illegal-step",
                               json_copy(&request->arena, json_at(doc, "allowed")));
    code = answer(request, id);
    return code ? code : idempotency_end(request, request->principal);
}

/* ---- papers ---- */

static int answer_paper(struct request *request, int code, const char *type, struct souk_str file,
                        const struct err *err)
{
    if (code == SOUK_NOT_FOUND)
        return code;
    if (code != SOUK_OK) {
        answer_error(request, err);
        return SOUK_OK;
    }
    answer_bytes(request, 200, type, file);
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

int shipment_api_label(struct request *request, const struct web_route *route)
{
    (void)route;
    struct provider_scope scope;
    struct err err = {0};
    const char *type = NULL;
    struct souk_str file = {0};
    int64_t id;
    int code = find(request, &id);
    if (code != SOUK_OK)
        return code;
    provider_scope_request(&scope, request, SOUK_TASK);
    code = parcel_label_file(&scope, id, &type, &file, &err);
    return answer_paper(request, code, type, file, &err);
}
