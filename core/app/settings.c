/*
 * settings.c: options of plugins that were set on the admin pages, put over those of souk.lua each
 * time that a configuration is applied: at the start, after SIGHUP, and when a form was saved.
 */
#include "app/settings.h"

#include "app/settings.sql.h"
#include "base/log.h"
#include "base/str.h"
#include "store/setting.h"

#define OWNER "options:"

static struct json *writable(const struct json *value)
{
    return (struct json *)(uintptr_t)value;
}

static void merge_row(struct arena *arena, struct json *merged, struct db_rows *rows)
{
    struct souk_str name = arena_str(arena, str_from(db_text(rows, 0), sizeof OWNER - 1));
    const char *key = arena_cstr(arena, db_text(rows, 1));
    struct json *value = NULL;
    if (json_parse(arena, arena_str(arena, db_text(rows, 2)), &value, NULL) != SOUK_OK) {
        log_warn("setting.unreadable", LOG_T("plugin", name), LOG_S("key", key));
        return;
    }
    struct json *table = writable(json_get(merged, name));
    if (!table || table->kind != JSON_OBJECT)
        table = json_add_key(arena, merged, name, JSON_OBJECT);
    json_add_tree(arena, table, key, value);
}

const struct json *settings_merge(struct db *db, struct arena *arena, const struct json *values)
{
    struct json *merged = NULL;
    struct db_rows rows;
    struct db_conn *conn = db_read_begin(db, 0);
    if (conn && db_query(conn, &sql_settings_all, &rows) == SOUK_OK)
        while (db_next(&rows) == 1) {
            if (!merged)
                merged = values ? json_copy(arena, values) : json_new(arena, JSON_OBJECT);
            merge_row(arena, merged, &rows);
        }
    if (conn)
        db_read_end(conn);
    return merged ? merged : values;
}

int settings_of(struct db_conn *conn, struct arena *arena, const char *plugin, struct json *out)
{
    struct db_rows rows;
    struct souk_str owner = arena_printf(arena, OWNER "%s", plugin);
    int code = db_query(conn, &sql_settings_one, &rows, DB_TEXT(owner));
    while (!code && (code = db_next(&rows)) == 1) {
        struct json *value = NULL;
        const char *key = arena_cstr(arena, db_text(&rows, 0));
        if (json_parse(arena, arena_str(arena, db_text(&rows, 1)), &value, NULL) == SOUK_OK)
            json_add_tree(arena, out, key, value);
        code = 0;
    }
    return code;
}

int settings_put(struct db_conn *conn, struct arena *arena, const char *plugin, const char *key,
                 const struct json *value, int64_t now)
{
    struct souk_str owner = arena_printf(arena, OWNER "%s", plugin);
    struct buf text = {.arena = arena};
    if (!value)
        return setting_delete(conn, owner, souk_str(key));
    json_print(&text, value);
    return setting_put(conn, owner, souk_str(key), buf_str(&text), now);
}
