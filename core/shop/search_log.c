/*
 * search_log: what people looked for, and how much was there: one row for each search in a
 * language, however it was written, with how often and how many were found the last time. Words
 * that find nothing are what a merchant should sell, or give a synonym to.
 *
 * It knows nobody: no visitor, no person, no time but the latest.
 */
#include "shop/search.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/person_inner.h"
#include "shop/search.sql.h"
#include "store/retention.h"

#define LETTERS   100
#define KEPT_DAYS 400

/* Adds [fold, locale, query, found, at] to a list, unless there is no word in it. */
static void add_row(struct arena *arena, struct buf *rows, const char *locale,
                    struct souk_str query, int64_t found, int64_t at)
{
    struct souk_str words = utf8_cut(str_trim(query), LETTERS);
    struct souk_str fold = search_fold(arena, locale, words);
    if (!fold.len)
        return;
    buf_add_cstr(rows, rows->len ? ",[" : "[[");
    json_print_string(rows, fold);
    buf_add_char(rows, ',');
    json_print_string(rows, souk_str(locale));
    buf_add_char(rows, ',');
    json_print_string(rows, words);
    buf_printf(rows, ",%lld,%lld]", (long long)found, (long long)at);
}

int search_note_all(struct db_conn *conn, struct arena *arena, const struct json *searches)
{
    struct buf rows = {.arena = arena};
    json_each(item, searches)
    {
        const struct json *search = &item->value;
        const struct json *data = json_at(search, "data");
        const char *locale = arena_cstr(arena, json_text(json_at(data, "locale")));
        add_row(arena, &rows, locale, json_text(json_at(data, "q")),
                json_int(json_at(search, "found"), 0), json_int(json_at(search, "at"), 0));
    }
    if (!rows.len)
        return SOUK_OK;
    buf_add_char(&rows, ']');
    return db_run(conn, &sql_search_query_note, NULL, DB_TEXT(buf_str(&rows)));
}

int search_log_list(struct db_conn *conn, struct arena *arena, int missing, int64_t skip, int limit,
                    struct json *list)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_search_query_list, &rows, DB_INT(missing != 0), DB_INT(limit),
                        DB_INT(skip));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "query", arena_str(arena, db_text(&rows, 0)));
        json_add_str(arena, item, "locale", arena_str(arena, db_text(&rows, 1)));
        json_add_int(arena, item, "count", db_int(&rows, 2));
        json_add_int(arena, item, "found", db_int(&rows, 3));
        json_add_time(arena, item, "at", db_int(&rows, 4));
        code = SOUK_OK;
    }
    return code;
}

int search_log_sweep(struct db *db, int64_t now, struct err *err)
{
    const struct retention_rule rule = {&sql_search_query_sweep, now - KEPT_DAYS * CLOCK_DAY};
    return retention_sweep(db, &rule, 1, err);
}
