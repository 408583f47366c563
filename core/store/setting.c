/*
 * setting: named values, by owner. Plain rows: nothing is kept in memory, a read by key
 * costs a few microseconds.
 */
#include "store/setting.h"
#include "store/setting.sql.h"

int setting_get(struct db_conn *conn, struct arena *arena, struct souk_str owner,
                struct souk_str key, struct souk_str *value)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_setting_select, &rows, DB_TEXT(owner), DB_TEXT(key));
    if (code != 0)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    *value = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    return 0;
}

int setting_put(struct db_conn *conn, struct souk_str owner, struct souk_str key,
                struct souk_str value, int64_t now)
{
    return db_run(conn, &sql_setting_upsert, NULL, DB_TEXT(owner), DB_TEXT(key), DB_TEXT(value),
                  DB_INT(now));
}

int setting_delete(struct db_conn *conn, struct souk_str owner, struct souk_str key)
{
    return db_run(conn, &sql_setting_remove, NULL, DB_TEXT(owner), DB_TEXT(key));
}
