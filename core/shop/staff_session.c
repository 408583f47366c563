/*
 * staff_session.c: the sessions that a staff member is signed in with: their list, and ending them
 * from elsewhere. A session is a row of web/session.h; what says that staff is signed in are values
 * in it, and ending takes those away. A row of staff_session for each makes them findable.
 */
#include "shop/staff.h"

#include "base/str.h"
#include "shop/staff.sql.h"

int staff_session_note(struct db_conn *conn, int64_t id, struct souk_str hash,
                       struct souk_str origin, int64_t now)
{
    return db_run(conn, &sql_staff_session_put, NULL, DB_BLOB(hash), DB_INT(id), DB_INT(now),
                  DB_TEXT(origin));
}

int staff_sessions(struct db_conn *conn, struct arena *arena, int64_t id, int64_t since,
                   int64_t used, struct json *list)
{
    struct db_rows rows;
    int code =
        db_query(conn, &sql_staff_session_list, &rows, DB_INT(id), DB_INT(since), DB_INT(used));
    while (!code && (code = db_next(&rows)) == 1) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, row, "session", arena_str(arena, db_text(&rows, 0)));
        json_add_int(arena, row, "since", db_int(&rows, 1));
        json_add_int(arena, row, "seen", db_int(&rows, 2));
        json_add_str(arena, row, "from", arena_str(arena, db_text(&rows, 3)));
        code = 0;
    }
    return code;
}

int staff_sessions_end(struct db_conn *conn, int64_t id, struct souk_str hash, int others)
{
    static const char none[32];
    if (hash.len == 0)
        hash = str_make(none, sizeof none); /* no session has this one */
    int code =
        db_run(conn, &sql_staff_session_close, NULL, DB_INT(id), DB_BLOB(hash), DB_INT(!others));
    return code ? code
                : db_run(conn, &sql_staff_session_forget, NULL, DB_INT(id), DB_BLOB(hash),
                         DB_INT(!others));
}
