/*
 * conversion_list.c: conversions for staff: a list, and telling one again.
 */
#include "app/conversion_inner.h"

#include "app/conversion.sql.h"

static void add_time(struct arena *arena, struct json *row, const char *key, struct db_rows *rows,
                     int column)
{
    if (db_is_null(rows, column))
        json_add_null(arena, row, key);
    else
        json_add_time(arena, row, key, db_int(rows, column));
}

static void add_row(struct arena *arena, struct db_rows *rows, struct json *items)
{
    static const struct {
        const char *key;
        int column;
    } texts[] = {{"order", 1},       {"provider", 3},   {"param", 4},     {"click", 5},
                 {"key", 7},         {"state", 9},      {"currency", 11}, {"telling", 12},
                 {"sent_state", 14}, {"reference", 17}, {"error", 18}};
    struct json *row = json_add(arena, items, NULL, JSON_OBJECT);
    json_add_str(arena, row, "id", arena_printf(arena, "%lld", (long long)db_int(rows, 0)));
    json_add_str(arena, row, "order_id", arena_printf(arena, "%lld", (long long)db_int(rows, 2)));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_add_str(arena, row, texts[i].key, arena_str(arena, db_text(rows, texts[i].column)));
    json_add_int(arena, row, "amount", db_int(rows, 10));
    json_add_int(arena, row, "attempts", db_int(rows, 13));
    json_add_int(arena, row, "sent_amount", db_int(rows, 15));
    json_add_bool(arena, row, "repeat", db_int(rows, 8) != 0);
    json_add_time(arena, row, "clicked_at", db_int(rows, 6));
    add_time(arena, row, "sent_at", rows, 16);
    add_time(arena, row, "due_at", rows, 19);
    json_add_time(arena, row, "created_at", db_int(rows, 20));
    json_add_time(arena, row, "changed_at", db_int(rows, 21));
}

int conversion_list(struct db_conn *conn, struct arena *arena,
                    const struct conversion_filter *filter, struct json *items)
{
    struct db_rows rows;
    int more = 0;
    int code =
        db_query(conn, filter->order_id ? &sql_conversion_list_order : &sql_conversion_list, &rows,
                 DB_INT(filter->order_id), DB_TEXT(filter->state), DB_TEXT(filter->telling),
                 DB_TEXT(filter->provider), DB_INT(filter->before), DB_INT(filter->limit));
    while (code == SOUK_OK && (more = db_next(&rows)) == 1)
        add_row(arena, &rows, items);
    return code ? code : more < 0 ? more : SOUK_OK;
}

int conversion_again(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now)
{
    struct db_rows rows;
    int code =
        db_first(db_query(conn, &sql_conversion_again, &rows, DB_INT(id), DB_INT(now)), &rows);
    if (code != SOUK_OK)
        return code;
    struct souk_str provider = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    return conversion_ask(conn, arena, id, provider, now);
}
