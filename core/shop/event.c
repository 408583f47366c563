/*
 * event: the log of what people did, as rows: one at a time where it must not be lost, read back by
 * person or for the whole shop. Views come in bunches (visit.c).
 */
#include "shop/visit.h"

#include "base/clock.h"
#include "base/rand.h"
#include "shop/event.sql.h"
#include "shop/person_inner.h"
#include "store/retention.h"

#define KEPT_DAYS 400

int event_put(struct db_conn *conn, const char *kind, int64_t visitor, int64_t person_id,
              struct souk_str subject, const struct json *data, int64_t now)
{
    struct buf text = {0};
    if (data)
        json_print(&text, data);
    else
        buf_add_cstr(&text, "{}");
    int code = db_run(conn, &sql_event_insert, NULL, DB_INT(id_next()), DB_INT(now), DB_CSTR(kind),
                      DB_INT(visitor), person_id ? DB_INT(person_id) : DB_NULL, DB_TEXT(subject),
                      DB_TEXT(buf_str(&text)));
    buf_free(&text);
    return code;
}

int event_join(struct db_conn *conn, int64_t visitor, int64_t person_id)
{
    if (!visitor || !person_id)
        return SOUK_OK;
    return db_run(conn, &sql_event_join, NULL, DB_INT(visitor),
                  DB_INT(person_root(conn, person_id)));
}

/* Ids and visitors are larger than what a JavaScript number holds: texts. */
static void add_number(struct arena *arena, struct json *item, const char *key, int64_t number)
{
    json_add_str(arena, item, key, arena_printf(arena, "%lld", (long long)number));
}

static struct json *add_event(struct arena *arena, struct json *list, struct db_rows *rows)
{
    struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
    add_number(arena, item, "id", db_int(rows, 0));
    json_add_time(arena, item, "at", db_int(rows, 1));
    json_add_str(arena, item, "kind", arena_str(arena, db_text(rows, 2)));
    json_add_str(arena, item, "subject", arena_str(arena, db_text(rows, 3)));
    person_add_json(arena, item, "data", db_text(rows, 4));
    return item;
}

int event_list(struct db_conn *conn, struct arena *arena, int64_t person_id, int64_t before,
               int limit, struct json *list)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_event_list, &rows, DB_INT(person_root(conn, person_id)),
                        DB_INT(before ? before : INT64_MAX), DB_INT(limit));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        add_event(arena, list, &rows);
        code = SOUK_OK;
    }
    return code;
}

static int add_rows(struct arena *arena, struct json *list, struct db_rows *rows)
{
    int code;
    while ((code = db_next(rows)) == 1) {
        struct json *item = add_event(arena, list, rows);
        if (db_int(rows, 5))
            add_number(arena, item, "visitor", db_int(rows, 5));
        else
            json_add_null(arena, item, "visitor");
        if (db_is_null(rows, 6))
            json_add_null(arena, item, "person");
        else
            add_number(arena, item, "person", db_int(rows, 6));
    }
    return code;
}

int event_recent(struct db_conn *conn, struct arena *arena, struct souk_str kind, int64_t before,
                 int limit, struct json *list)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_event_recent, &rows, DB_INT(before ? before : INT64_MAX),
                        DB_TEXT(kind), DB_INT(limit));
    return code ? code : add_rows(arena, list, &rows);
}

int event_recent_of(struct db_conn *conn, struct arena *arena, struct souk_str kind,
                    int64_t person_id, int64_t before, int limit, struct json *list)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_event_recent_of, &rows, DB_INT(before ? before : INT64_MAX),
                        DB_TEXT(kind), DB_INT(limit), DB_INT(person_root(conn, person_id)));
    return code ? code : add_rows(arena, list, &rows);
}

int event_put_goods(struct db_conn *conn, struct arena *arena, const char *kind, int64_t visitor,
                    int64_t person_id, int64_t variant_id, int64_t quantity, int64_t now)
{
    struct json *data = json_new(arena, JSON_OBJECT);
    int64_t product = 0;
    int code = db_get_int(conn, &sql_event_product_of_variant, &product, DB_INT(variant_id));
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? SOUK_OK : code;
    json_add_int(arena, data, "variant", variant_id);
    json_add_int(arena, data, "quantity", quantity);
    return event_put(conn, kind, visitor, person_id,
                     arena_printf(arena, "product:%lld", (long long)product), data, now);
}

int event_sweep(struct db *db, int64_t now, struct err *err)
{
    const struct retention_rule rule = {&sql_event_sweep, now - KEPT_DAYS * CLOCK_DAY};
    return retention_sweep(db, &rule, 1, err);
}
