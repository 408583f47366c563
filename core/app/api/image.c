/*
 * image: the control routes about pictures: which are missing, and why.
 */
#include "app/api/route.h"
#include "base/str.h"
#include "app/media.sql.h"

#define LIST_MAX 200

int image_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct db_rows rows;
    struct souk_str state = request_query(request, "state");
    struct souk_str after = request_query(request, "after");
    int64_t from = 0, last = 0;
    struct json *items = json_new(arena, JSON_ARRAY);
    struct souk_str next = STR_NULL;
    if (after.len && str_to_int(after, &from) != SOUK_OK)
        from = 0;
    int code = db_query(request_conn(request), &sql_media_list, &rows, DB_TEXT(state), DB_INT(from),
                        DB_INT(LIST_MAX));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        last = db_int(&rows, 0);
        json_add_int(arena, item, "id", last);
        json_add_str(arena, item, "source", arena_str(arena, db_text(&rows, 1)));
        json_add_str(arena, item, "state", arena_str(arena, db_text(&rows, 2)));
        json_add_str(arena, item, "why", arena_str(arena, db_text(&rows, 3)));
        json_add_str(arena, item, "type", arena_str(arena, db_text(&rows, 4)));
        json_add_int(arena, item, "width", db_int(&rows, 5));
        json_add_int(arena, item, "height", db_int(&rows, 6));
        code = SOUK_OK;
    }
    if (items->count == LIST_MAX)
        next = arena_printf(arena, "%lld", (long long)last);
    return code ? code : api_answer_items(request, items, next);
}
