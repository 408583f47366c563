/*
 * job_list: jobs as people look at them. Ids are text: they do not fit into the numbers
 * of a browser.
 */
#include <stdio.h>
#include "base/json.h"
#include "store/job.h"
#include "store/job.sql.h"

int job_list(struct db_conn *conn, struct arena *arena, struct souk_str state, int limit,
             struct json *items)
{
    struct db_rows rows;
    int code =
        db_query(conn, &sql_job_select, &rows, DB_TEXT(state), DB_INT(limit > 0 ? limit : 100));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        json_add_str(arena, item, "id", arena_printf(arena, "%lld", (long long)db_int(&rows, 0)));
        json_add_str(arena, item, "kind", arena_str(arena, db_text(&rows, 1)));
        json_add_str(arena, item, "subject", arena_str(arena, db_text(&rows, 2)));
        json_add_str(arena, item, "state", arena_str(arena, db_text(&rows, 3)));
        json_add_int(arena, item, "attempt", db_int(&rows, 4));
        json_add_int(arena, item, "attempts", db_int(&rows, 5));
        json_add_time(arena, item, "due", db_int(&rows, 6));
        json_add_str(arena, item, "why", arena_str(arena, db_text(&rows, 7)));
        json_add_time(arena, item, "created_at", db_int(&rows, 8));
    }
    return code;
}
