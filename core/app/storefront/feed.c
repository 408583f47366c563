/*
 * feed: GET /feeds/<name>.<extension>: the file of a feed that is on, as it was written last. The
 * name must be the whole one: a feed that changed its format is found under the new ending when
 * that is written.
 */
#include "app/feed.h"

#include "app/feed.sql.h"
#include "app/storefront/route.h"
#include "base/str.h"

int feed_serve(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct souk_str file = request_param(request, "file"), name = file;
    struct db_rows rows;
    ptrdiff_t dot = str_find(file, '.');
    (void)route;
    if (dot <= 0)
        return SOUK_NOT_FOUND;
    name.len = (size_t)dot;
    int code =
        db_first(db_query(request_conn(request), &sql_feed_file, &rows, DB_TEXT(name)), &rows);
    if (code != SOUK_OK)
        return code;
    int64_t id = db_int(&rows, 0);
    int fits = souk_str_equal(db_text(&rows, 1), str_from(file, (size_t)dot + 1));
    const char *type = arena_cstr(arena, db_text(&rows, 2));
    db_close(&rows);
    return fits ? feed_file_answer(request, id, type) : SOUK_NOT_FOUND;
}
