/*
 * search: what people looked for in the shop, the most frequent first; ?missing=1: what found
 * nothing. Pages by ?page=.
 */
#include "app/api/route.h"

#include "base/str.h"
#include "shop/search.h"

#define LIMIT      50
#define LIMIT_MOST 500
#define PAGES_MOST 10000

static int64_t number_of(struct request *request, const char *name, int64_t otherwise, int64_t most)
{
    int64_t number;
    int code = str_to_int(request_query(request, name), &number);
    return code != SOUK_OK || number < 1 ? otherwise : number > most ? most : number;
}

int search_log_index(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *items = json_new(arena, JSON_ARRAY);
    struct souk_str next = STR_NULL;
    int64_t limit = number_of(request, "limit", LIMIT, LIMIT_MOST);
    int64_t page = number_of(request, "page", 1, PAGES_MOST);
    (void)route;
    int code = search_log_list(request_conn(request), arena,
                               souk_str_is(request_query(request, "missing"), "1"),
                               (page - 1) * limit, (int)limit, items);
    if (code != SOUK_OK)
        return code;
    if (items->count == limit)
        next = arena_printf(arena, "%lld", (long long)page + 1);
    return api_answer_items(request, items, next);
}
