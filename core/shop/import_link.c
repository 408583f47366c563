/*
 * import_link: links between products, set when all products of the file are there. A file names
 * its targets by key, by SKU or by WooCommerce's id:N; what is nowhere is a warning.
 */
#include <stdlib.h>
#include "base/str.h"
#include "shop/import.sql.h"
#include "shop/import_inner.h"
#include "shop/product.h"
#include "store/unit.h"

#define LINKS 100

struct link {
    int64_t place, product, row;
    int change;
    const struct json *links;
};

struct linking {
    struct import_run *run;
    struct arena arena, work;
    struct link links[LINKS];
    int count;
    struct import_counts counts;
    struct db_conn *conn;
    const struct link *at;
    struct json *missing;
    int changed;
};

/* ---- names ---- */

static struct souk_str key_of_product(struct linking *linking, int64_t id)
{
    struct db_rows rows;
    struct souk_str key = STR_NULL;
    if (db_query(linking->conn, &sql_import_product_key, &rows, DB_INT(id)) == 0 &&
        db_next(&rows) == 1) {
        key = arena_str(&linking->work, db_text(&rows, 0));
        db_close(&rows);
    }
    return key;
}

/* The key under which the shop knows the group of the file with this name. */
static struct souk_str key_in_file(struct linking *linking, struct souk_str name)
{
    struct db_rows rows;
    struct souk_str keys[8];
    int n = 0;
    int64_t id;
    if (db_query(linking->conn, &sql_import_key_others, &rows, DB_INT(linking->run->id),
                 DB_TEXT(name)) != 0)
        return STR_NULL;
    while (n < 8 && db_next(&rows) == 1)
        keys[n++] = arena_str(&linking->work, db_text(&rows, 0));
    db_close(&rows);
    for (int i = 0; i < n; i++)
        if (product_find(linking->conn, keys[i], &id) == SOUK_OK)
            return keys[i];
    return STR_NULL;
}

/* What the shop calls it; *sku: it is one variant of a product. */
static struct souk_str resolve(struct linking *linking, struct souk_str name, int *sku)
{
    int64_t id, variant;
    *sku = 0;
    if (product_find(linking->conn, name, &id) == SOUK_OK)
        return name;
    struct souk_str key = key_in_file(linking, name);
    if (key.len)
        return key;
    if (product_find_sku(linking->conn, name, &id, &variant) != SOUK_OK)
        return name;
    *sku = 1;
    return key_of_product(linking, id);
}

static struct json *resolve_all(struct linking *linking)
{
    struct arena *arena = &linking->work;
    struct json *links = json_new(arena, JSON_OBJECT);
    json_each(kind, linking->at->links)
    {
        struct json *list = json_add_key(arena, links, kind->key, JSON_ARRAY);
        json_each(item, &kind->value)
        {
            int sku = 0;
            const struct json *named = json_at(&item->value, "key");
            if (item->value.kind == JSON_STRING) {
                struct souk_str key = resolve(linking, item->value.text, &sku);
                json_add_str(arena, list, NULL, key);
            } else if (named) {
                struct json *entry = json_add(arena, list, NULL, JSON_OBJECT);
                struct souk_str key = resolve(linking, json_text(named), &sku);
                json_add_str(arena, entry, sku ? "sku" : "key", sku ? json_text(named) : key);
                json_add_int(arena, entry, "quantity",
                             json_int(json_at(&item->value, "quantity"), 1));
            } else {
                json_add_tree(arena, list, NULL, &item->value);
            }
        }
    }
    return links;
}

/* ---- writing ---- */

static int link_one(struct db_conn *conn, void *arg)
{
    struct linking *linking = arg;
    struct err err = {0};
    linking->missing = json_new(&linking->work, JSON_ARRAY);
    int code = product_link(conn, &linking->work, linking->at->product, resolve_all(linking),
                            linking->missing, &linking->changed, &err);
    if (code != SOUK_OK)
        db_refuse(conn, code, "%s", err.text);
    return code ? code : linking->run->options->dry_run ? 1 : SOUK_OK;
}

static int is_in_file(struct db_conn *conn, const struct linking *linking, struct souk_str name)
{
    int64_t count = 0;
    db_get_int(conn, &sql_import_key_known, &count, DB_INT(linking->run->id), DB_TEXT(name));
    return count > 0;
}

static int note_missing(struct db_conn *conn, struct linking *linking)
{
    int code = SOUK_OK;
    json_each(item, linking->missing)
    {
        struct souk_str name = json_text(&item->value);
        if (code != SOUK_OK)
            break;
        if (linking->run->options->dry_run && is_in_file(conn, linking, name)) {
            linking->changed = 1; /* it would be there */
            continue;
        }
        code = import_note_write(
            conn, linking->run->id, &linking->counts, 0, linking->at->row, STR_NULL,
            arena_printf(&linking->work,
                         "it links to \"%.*s\", which is no product; it was left out",
                         SOUK_PRI(name)));
    }
    return code;
}

static int write_links(struct db_conn *conn, void *arg)
{
    struct linking *linking = arg;
    linking->counts = linking->run->counts;
    linking->conn = conn;
    arena_reset(&linking->work);
    for (int i = 0; i < linking->count; i++) {
        int destroyed = 0;
        linking->at = &linking->links[i];
        linking->changed = 0;
        if (!linking->at->product) /* made by a trial */
            continue;
        int code = db_unit(conn, link_one, linking, &destroyed);
        if (destroyed)
            return code;
        if (code < 0)
            code = import_note_write(
                conn, linking->run->id, &linking->counts, 0, linking->at->row, STR_NULL,
                arena_printf(&linking->work, "its links were left out: %s", db_error(conn)));
        else
            code = note_missing(conn, linking);
        if (code != SOUK_OK)
            return code;
        if (linking->changed && linking->at->change == PRODUCT_UNCHANGED) {
            linking->counts.products[COUNT_UNCHANGED]--;
            linking->counts.products[COUNT_UPDATED]++;
        }
    }
    return import_move_write(conn, linking->run, "working",
                             linking->run->total + linking->links[linking->count - 1].place,
                             &linking->counts);
}

/* ---- reading ---- */

static int read_links(struct linking *linking, struct err *err)
{
    struct import_run *run = linking->run;
    struct db_conn *conn = db_read_begin(run->db, 0);
    struct db_rows rows;
    int64_t after = run->place > run->total ? run->place - run->total : 0;
    arena_reset(&linking->arena);
    linking->count = 0;
    int code =
        db_query(conn, &sql_import_link_next, &rows, DB_INT(run->id), DB_INT(after), DB_INT(LINKS));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct link *link = &linking->links[linking->count++];
        struct json *links = NULL;
        code = 0;
        json_parse(&linking->arena, arena_str(&linking->arena, db_text(&rows, 4)), &links, NULL);
        *link = (struct link){.place = db_int(&rows, 0),
                              .product = db_int(&rows, 1),
                              .row = db_int(&rows, 2),
                              .change = (int)db_int(&rows, 3),
                              .links = links};
    }
    if (code < 0)
        err_set(err, code, "%s", db_error(conn));
    db_read_end(conn);
    return code < 0 ? code : SOUK_OK;
}

int import_link(struct import_run *run, struct err *err)
{
    struct linking *linking = mem_zalloc(sizeof *linking);
    int code;
    linking->run = run;
    while ((code = read_links(linking, err)) == SOUK_OK && linking->count) {
        if ((code = db_write(run->db, write_links, linking, err)) != SOUK_OK)
            break;
        run->counts = linking->counts;
        run->place = run->total + linking->links[linking->count - 1].place;
    }
    arena_free(&linking->arena);
    arena_free(&linking->work);
    free(linking);
    return code;
}
