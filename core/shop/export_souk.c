/*
 * export_souk.c: what products lean on comes first: lists of prices, taxes, attributes, categories
 * from the root down, pages. Numbers that only this database knows (id, version) are left out.
 */
#include "shop/export_souk.h"

#include "base/clock.h"
#include "base/str.h"
#include "shop/category.h"
#include "shop/export.sql.h"
#include "shop/page.h"

#define IDS 64

static void put_line(struct export_out *out, const char *kind, const struct json *doc)
{
    struct json *line = json_new(&out->work, JSON_OBJECT);
    struct json *clean = json_add(&out->work, line, kind, JSON_OBJECT);
    json_each(item, doc) if (!souk_str_is(item->key, "id") && !souk_str_is(item->key, "version")) *
        json_add_key(&out->work, clean, item->key, JSON_NULL) = item->value;
    json_print(&out->row, line);
    export_end(out);
}

void export_souk_product(struct export_out *out, const struct json *doc)
{
    put_line(out, "product", doc);
}

static struct souk_str time_text(struct export_out *out, int64_t at)
{
    char text[32];
    return arena_str(&out->work, str_make(text, clock_format(at, 0, text)));
}

static int put_lists(struct export_out *out)
{
    static const char *const names[] = {"code", "name", "currency", "group", "channel"};
    struct db_rows rows;
    int code = db_query(out->conn, &sql_export_price_lists, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct json *doc = json_new(&out->work, JSON_OBJECT);
        for (int i = 0; i < 5; i++)
            if (db_text(&rows, i).len)
                json_add_str(&out->work, doc, names[i], arena_str(&out->work, db_text(&rows, i)));
        json_add_int(&out->work, doc, "priority", db_int(&rows, 5));
        if (!db_is_null(&rows, 6))
            json_add_str(&out->work, doc, "from", time_text(out, db_int(&rows, 6)));
        if (!db_is_null(&rows, 7))
            json_add_str(&out->work, doc, "until", time_text(out, db_int(&rows, 7)));
        put_line(out, "price_list", doc);
        code = 0;
    }
    return code;
}

/* A zone with its rates is several lines, one a rate, as WooCommerce has them. */
static int put_taxes(struct export_out *out)
{
    static const char *const names[] = {"zone", "country", "region", "postcode",
                                        "city", "class",   "name"};
    static const char *const numbers[] = {"ppm", "priority"};
    struct db_rows rows;
    int code = db_query(out->conn, &sql_export_taxes, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct json *doc = json_new(&out->work, JSON_OBJECT);
        for (int i = 0; i < 7; i++)
            if (db_text(&rows, i).len)
                json_add_str(&out->work, doc, names[i], arena_str(&out->work, db_text(&rows, i)));
        for (int i = 0; i < 2; i++)
            json_add_int(&out->work, doc, numbers[i], db_int(&rows, 7 + i));
        json_add_bool(&out->work, doc, "compound", db_int(&rows, 9) != 0);
        json_add_bool(&out->work, doc, "delivery", db_int(&rows, 10) != 0);
        put_line(out, "tax", doc);
        code = 0;
    }
    return code;
}

typedef int (*load_fn)(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc);

static int put_all(struct export_out *out, const char *kind, const struct db_statement *statement,
                   load_fn load)
{
    struct db_rows rows;
    int64_t *ids = NULL;
    size_t count = 0, room = 0;
    int code = db_query(out->conn, statement, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if (count == room) {
            int64_t *more = arena_array(&out->arena, int64_t, room * 2 + IDS);
            if (room)
                memcpy(more, ids, room * sizeof *more);
            ids = more;
            room = room * 2 + IDS;
        }
        ids[count++] = db_int(&rows, 0);
        code = 0;
    }
    for (size_t i = 0; i < count && code == 0; i++) {
        struct json *doc = NULL;
        arena_reset(&out->work);
        code = load(out->conn, &out->work, ids[i], &doc);
        if (code == 0)
            put_line(out, kind, doc);
    }
    return code;
}

int export_souk_head(struct export_out *out)
{
    int code = put_lists(out);
    if (code == 0)
        code = put_taxes(out);
    if (code == 0)
        code = put_all(out, "attribute", &sql_export_attribute_ids, attribute_load);
    if (code == 0)
        code = put_all(out, "category", &sql_export_category_ids, category_load);
    return code ? code : put_all(out, "page", &sql_export_page_ids, page_load);
}
