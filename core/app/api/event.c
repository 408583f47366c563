/*
 * event: the log of what people did, newest first, for reports and tests of an integration. Pages
 * by the id of the last event: ?before=.
 */
#include "app/api/route.h"
#include "base/str.h"
#include "shop/visit.h"

#define LIMIT      50
#define LIMIT_MOST 500

static int64_t number_of(struct request *request, const char *name, int64_t otherwise)
{
    int64_t number;
    int code = str_to_int(request_query(request, name), &number);
    return code == SOUK_OK && number > 0 ? number : otherwise;
}

int event_index(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *items = json_new(arena, JSON_ARRAY);
    struct souk_str next = STR_NULL;
    int64_t limit = number_of(request, "limit", LIMIT);
    (void)route;
    if (limit > LIMIT_MOST)
        limit = LIMIT_MOST;
    int code = event_recent(request_conn(request), arena, request_query(request, "kind"),
                            number_of(request, "before", 0), (int)limit, items);
    if (code != SOUK_OK)
        return code;
    if (items->count == limit)
        next = json_text(json_at(&items->last->value, "id"));
    return api_answer_items(request, items, next);
}
