/*
 * conversion: what partners are told of orders, for programs of the shop: a list, newest first, and
 * telling one again.
 */
#include "app/conversion.h"

#include "app/api/route.h"
#include "base/str.h"
#include "shop/order.h"
#include "store/audit.h"

#define LIMIT      50
#define LIMIT_MOST 200

static int is_one_of(struct souk_str word, const char *const *words)
{
    if (!word.len)
        return 1;
    for (; *words; words++)
        if (souk_str_is(word, *words))
            return 1;
    return 0;
}

/* 0: answered. */
static int read_filter(struct request *request, struct conversion_filter *filter)
{
    static const char *const states[] = {"pending", "approved", "rejected", NULL};
    static const char *const tellings[] = {"waiting", "told", "refused", "failed", NULL};
    struct souk_str before = request_query(request, "before"), order;
    struct souk_str limit = request_query(request, "limit");
    int64_t most = LIMIT;
    *filter = (struct conversion_filter){.state = request_query(request, "state"),
                                         .telling = request_query(request, "telling"),
                                         .provider = request_query(request, "provider")};
    if (!is_one_of(filter->state, states))
        return api_refuse(request, 400, "/state", "state is pending, approved or rejected"), 0;
    if (!is_one_of(filter->telling, tellings))
        return api_refuse(request, 400, "/telling", "telling is waiting, told, refused or failed"),
               0;
    if (before.len && (str_to_int(before, &filter->before) != SOUK_OK || filter->before < 1))
        return api_refuse(request, 400, "/before",
                          "before is what \"next\" of the list before was"),
               0;
    if (limit.len && (str_to_int(limit, &most) != SOUK_OK || most < 1 || most > LIMIT_MOST))
        return api_refuse(request, 400, "/limit", "limit is a number from 1 to 200"), 0;
    filter->limit = (int)most;
    order = request_query(request, "order");
    if (order.len && order_find(request_conn(request), order, souk_str(""), &filter->order_id))
        return api_refuse(request, 404, "/order", "there is no such order"), 0;
    return 1;
}

int conversion_api_index(struct request *request, const struct web_route *route)
{
    struct conversion_filter filter;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    (void)route;
    if (!read_filter(request, &filter))
        return SOUK_OK;
    int code = conversion_list(request_conn(request), &request->arena, &filter, items);
    if (code != SOUK_OK)
        return code;
    struct souk_str next = items->count == (uint32_t)filter.limit && items->last
                               ? json_text(json_at(&items->last->value, "id"))
                               : STR_NULL;
    return api_answer_items(request, items, next);
}

int conversion_api_again(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *done = json_new(arena, JSON_OBJECT);
    int64_t id = 0;
    (void)route;
    int code = str_to_int(request_param(request, "id"), &id) == SOUK_OK
                   ? conversion_again(request->conn, arena, id, request->now)
                   : SOUK_NOT_FOUND;
    if (code == SOUK_OK)
        code = audit_put(request->conn, request->principal, souk_str("conversion.sent_again"),
                         arena_printf(arena, "conversion:%lld", (long long)id), souk_str("{}"),
                         request->now);
    if (code == SOUK_NOT_FOUND) {
        answer_problem(request, 404, NULL, "there is no such conversion", NULL);
        return SOUK_OK;
    }
    if (code != SOUK_OK)
        return code;
    json_add_cstr(arena, done, "done", "it is told again");
    answer_json(request, 202, done);
    return SOUK_OK;
}
