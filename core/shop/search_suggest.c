/*
 * search_suggest: completions for a search box: categories by the beginnings of their names' words,
 * then products that have all the words in their names.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "shop/search.sql.h"
#include "shop/search_query.h"
#include "shop/slug.h"

#define SEARCH_LOOK            60 /* most popular hits that are looked at */
#define SEARCH_MOST_CATEGORIES 3

static void search_suggest_add(struct arena *arena, struct json *list, const char *kind,
                               struct souk_str text, struct souk_str slug, const char *locale)
{
    struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_str(arena, item, "text", arena_str(arena, text));
    json_add_str(arena, item, "url", slug_url(arena, kind, arena_str(arena, slug), locale));
}

static int search_suggest_categories(struct db_conn *conn, struct arena *arena,
                                     const struct market *market, struct souk_str prefix, int limit,
                                     struct json *list)
{
    struct db_rows rows;
    struct souk_str fold = utf8_fold(arena, prefix);
    int code = db_query(conn, &sql_search_suggest_categories, &rows, DB_TEXT(fold),
                        DB_CSTR(market->locale), DB_CSTR(market_shop()->locales[0]), DB_INT(limit));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1)
        search_suggest_add(arena, list, "category", db_text(&rows, 0), db_text(&rows, 1),
                           market->locale);
    return code;
}

/* The most popular ones whose names have the words, as a JSON array of rowids. */
static int search_suggest_match(struct db_conn *conn, struct arena *arena, struct souk_str match,
                                struct buf *positions)
{
    struct db_rows rows;
    struct souk_str named = arena_printf(arena, "name : (%.*s)", SOUK_PRI(match));
    int code = db_query(conn, &sql_search_match_some, &rows, DB_TEXT(named), DB_INT(SEARCH_LOOK));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1)
        buf_printf(positions, "%c%lld", positions->len ? ',' : '[', (long long)db_int(&rows, 0));
    buf_add_cstr(positions, positions->len ? "]" : "[]");
    return code;
}

static int search_suggest_products(struct db_conn *conn, struct arena *arena,
                                   const struct market *market, struct souk_str positions,
                                   int limit, struct json *list)
{
    struct db_rows rows;
    int code =
        db_query(conn, &sql_search_suggest_products, &rows, DB_TEXT(positions),
                 DB_CSTR(market->locale), DB_CSTR(market_shop()->locales[0]), DB_INT(market->now));
    if (code != 0)
        return code;
    while ((int)list->count < limit && (code = db_next(&rows)) == 1)
        if (db_text(&rows, 1).len && db_text(&rows, 2).len)
            search_suggest_add(arena, list, "product", db_text(&rows, 1), db_text(&rows, 2),
                               market->locale);
    db_close(&rows);
    return code < 0 ? code : 0;
}

int search_suggest(struct db_conn *conn, struct arena *arena, const struct market *market,
                   struct souk_str prefix, int limit, struct json *list)
{
    struct search_ask ask;
    struct buf positions = {.arena = arena};
    prefix = utf8_cut(str_trim(prefix), 100);
    search_query_parse(&ask, arena, market, prefix, 0);
    if (ask.count == 0 || limit <= 0)
        return 0;
    int most = limit < SEARCH_MOST_CATEGORIES ? limit : SEARCH_MOST_CATEGORIES;
    int code = search_suggest_categories(conn, arena, market, prefix, most, list);
    if (code != 0 || (int)list->count >= limit)
        return code;
    code = search_suggest_match(conn, arena, search_query_text(&ask, 1, -1), &positions);
    return code ? code
                : search_suggest_products(conn, arena, market, buf_str(&positions), limit, list);
}
