/*
 * search_follow: documents of the index that hold the name of something else: a category, a value.
 *
 * Few are written in the transaction of the renaming, so that the next search is right. Many are
 * noted in search_waiting, and a job writes them a slice at a time: a write of a hundred thousand
 * documents would hold up everybody else's.
 */
#include "base/str.h"
#include "base/vec.h"
#include "shop/catalogue.h"
#include "shop/search.h"
#include "shop/search.sql.h"
#include "store/job.h"

#define SEARCH_AT_ONCE 500 /* products */
#define SEARCH_JOB     "souk:reindex"

typedef VEC(int64_t) search_ids;

static int search_follow_read(struct db_rows *rows, search_ids *ids)
{
    int code;
    while ((code = db_next(rows)) == 1)
        vec_push(ids, db_int(rows, 0));
    return code;
}

static struct souk_str search_follow_list(struct arena *arena, const search_ids *ids)
{
    struct buf list = {.arena = arena};
    for (size_t i = 0; i < ids->len; i++)
        buf_printf(&list, "%c%lld", i ? ',' : '[', (long long)ids->at[i]);
    buf_add_cstr(&list, ids->len ? "]" : "[]");
    return buf_str(&list);
}

/* Documents are large: each has an arena of its own. */
static int search_follow_put(struct db_conn *conn, const search_ids *ids)
{
    struct arena arena = {0};
    int code = 0;
    for (size_t i = 0; i < ids->len && code == 0; i++) {
        code = search_put(conn, &arena, ids->at[i]);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return code;
}

static int search_follow_later(struct db_conn *conn, const search_ids *ids, int64_t now)
{
    struct arena arena = {0};
    int code =
        db_run(conn, &sql_search_waiting_add, NULL, DB_TEXT(search_follow_list(&arena, ids)));
    arena_free(&arena);
    if (code == 0)
        code = job_ask(conn, souk_str(SEARCH_JOB), now);
    return code;
}

static int search_follow_all(struct db_conn *conn, const struct db_statement *statement,
                             struct db_arg which, int64_t now)
{
    search_ids ids = {0};
    struct db_rows rows;
    int code = db_query(conn, statement, &rows, which, DB_INT(INT64_MAX));
    if (code == 0)
        code = search_follow_read(&rows, &ids);
    if (code == 0)
        code = ids.len <= SEARCH_AT_ONCE ? search_follow_put(conn, &ids)
                                         : search_follow_later(conn, &ids, now);
    vec_free(&ids);
    return code;
}

int search_follow_names(struct db_conn *conn, struct arena *arena, const char *kind, int64_t id,
                        struct souk_str *names)
{
    struct db_rows rows;
    *names = souk_str("");
    int code =
        db_query(conn, *kind == 'c' ? &sql_search_category_names : &sql_search_attribute_names,
                 &rows, DB_INT(id));
    if (code == 0 && (code = db_next(&rows)) == 1) {
        *names = arena_str(arena, db_text(&rows, 0));
        db_close(&rows);
        code = 0;
    }
    return code;
}

int search_follow(struct db_conn *conn, struct arena *arena, const char *kind, int64_t id,
                  struct souk_str before, int64_t now)
{
    struct souk_str names;
    int code = search_follow_names(conn, arena, kind, id, &names);
    if (code != 0 || souk_str_equal(names, before))
        return code;
    return search_follow_all(
        conn, *kind == 'c' ? &sql_search_category_products : &sql_search_attribute_products,
        DB_INT(id), now);
}

int search_follow_products(struct db_conn *conn, struct souk_str ids, int64_t now)
{
    return search_follow_all(conn, &sql_search_list_products, DB_TEXT(ids), now);
}

int search_follow_next(struct db_conn *conn, int limit, int *more)
{
    search_ids ids = {0};
    struct arena arena = {0};
    struct db_rows rows;
    int code = db_query(conn, &sql_search_waiting_next, &rows, DB_INT(limit));
    if (code == 0)
        code = search_follow_read(&rows, &ids);
    *more = ids.len > 0;
    struct souk_str list = search_follow_list(&arena, &ids);
    if (code == 0 && ids.len)
        code = search_follow_put(conn, &ids);
    if (code == 0 && ids.len)
        code = db_run(conn, &sql_search_waiting_drop, NULL, DB_TEXT(list));
    if (code == 0 && ids.len && (code = catalogue_bump(conn, 0)) == 0)
        code = catalogue_bump_products(conn, list);
    arena_free(&arena);
    vec_free(&ids);
    return code;
}

int search_follow_waits(struct db_conn *conn)
{
    int64_t id;
    return db_get_int(conn, &sql_search_waiting_next, &id, DB_INT(1)) == 0;
}
