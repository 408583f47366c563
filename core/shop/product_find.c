/*
 * product_find.c: products found by key or SKU, walked in order, and taken away.
 */
#include "shop/catalogue.h"
#include "shop/product.h"
#include "shop/product.sql.h"
#include "shop/search.h"
#include "shop/slug.h"
#include "store/outbox.h"

int product_find(struct db_conn *conn, struct souk_str key, int64_t *id)
{
    return db_get_int(conn, &sql_product_find_key, id, DB_TEXT(key));
}

int product_find_sku(struct db_conn *conn, struct souk_str sku, int64_t *product_id,
                     int64_t *variant_id)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_product_find_sku, &rows, DB_TEXT(sku)), &rows);
    if (code != 0)
        return code;
    *product_id = db_int(&rows, 0);
    if (variant_id)
        *variant_id = db_int(&rows, 1);
    db_close(&rows);
    return 0;
}

int product_walk(struct db_conn *conn, int64_t after, int limit, int64_t *ids)
{
    struct db_rows rows;
    int count = 0;
    if (limit <= 0 || db_query(conn, &sql_product_walk, &rows, DB_INT(after), DB_INT(limit)) != 0)
        return 0;
    while (count < limit && db_next(&rows) == 1)
        ids[count++] = db_int(&rows, 0);
    db_close(&rows);
    return count;
}

static int product_tell(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str key,
                        int64_t now)
{
    struct json *fact = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    json_add_int(arena, fact, "id", id);
    json_add_str(arena, fact, "key", key);
    json_print(&text, fact);
    return outbox_put(conn, souk_str("product.changed"),
                      arena_printf(arena, "product:%lld", (long long)id), buf_str(&text), now,
                      NULL);
}

static int product_close(struct db_conn *conn, struct arena *arena, int64_t id, int purge,
                         int64_t now)
{
    struct db_rows rows;
    struct souk_str key = {NULL, 0};
    int64_t changed = 0;
    int code = db_query(conn, &sql_product_row, &rows, DB_INT(id));
    if (code == 0 && (code = db_next(&rows)) == 1)
        key = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    if (code != 1)
        return code ? code : SOUK_NOT_FOUND;
    code = db_run(conn, &sql_product_archive, &changed, DB_INT(id));
    if (code == 0 && changed)
        code = db_run(conn, &sql_product_touch, NULL, DB_INT(id), DB_INT(now));
    if (code == 0 && (changed || purge))
        code = search_put(conn, arena, id); /* archived ones leave the index */
    if (code == 0 && purge)
        code = slug_remove(conn, "product", id);
    if (code == 0 && purge)
        code = db_run(conn, &sql_product_delete, NULL, DB_INT(id));
    if (code == SOUK_CONFLICT && purge)
        return db_refuse(conn, code,
                         "orders that are under way wait for it; send or cancel them first");
    if (code != 0 || (!changed && !purge))
        return code;
    code = catalogue_bump(conn, id);
    if (code == 0)
        code = product_tell(conn, arena, id, key, now);
    db_changed(conn, "product", id);
    return code;
}

int product_archive(struct db_conn *conn, int64_t id, int purge, int64_t now, struct err *err)
{
    struct arena arena = {0};
    int code = product_close(conn, &arena, id, purge, now);
    arena_free(&arena);
    if (code == SOUK_NOT_FOUND)
        return err_set(err, code, "there is no product %lld", (long long)id);
    return code ? err_set(err, code, "the product %lld: %s", (long long)id, db_error(conn)) : 0;
}
