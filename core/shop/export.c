/*
 * export: all products as a file. They are walked in the order in which they were made, in one
 * snapshot, one document at a time; what a table must know of all of them before its first row
 * (how many attributes, which columns were kept) is asked for at the start.
 */
#include "base/clock.h"
#include "base/str.h"
#include "shop/export.sql.h"
#include "shop/export_souk.h"
#include "shop/export_table.h"
#include "shop/import.h"
#include "shop/market.h"
#include "shop/product.h"

#define WALK  100
#define DEPTH 32

static const struct export_format *const formats[] = {&export_woocommerce, &export_shopify,
                                                      &export_csv};

const char *const *export_formats(void)
{
    static const char *const names[] = {"woocommerce", "shopify", "csv", "souk", NULL};
    return names;
}

/* ---- what is known before ---- */

static int read_names(struct export_out *out, const struct db_statement *statement,
                      struct export_names *names, int by_locale)
{
    struct db_rows rows;
    size_t room = 0;
    int code = by_locale ? db_query(out->conn, statement, &rows, DB_CSTR(out->locale))
                         : db_query(out->conn, statement, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if (names->count == room) {
            struct souk_str *more = arena_array(&out->arena, struct souk_str, room * 2 + 8);
            if (room)
                memcpy(more, names->at, room * sizeof *more);
            names->at = more;
            room = room * 2 + 8;
        }
        names->at[names->count++] = arena_str(&out->arena, db_text(&rows, 0));
        code = 0;
    }
    return code;
}

struct category {
    int64_t id, parent;
    struct souk_str key, name, path;
};

static void make_path(struct export_out *out, struct category *all, size_t count, size_t at)
{
    struct souk_str names[DEPTH];
    struct buf path = {.arena = &out->arena};
    int depth = 0;
    int64_t id = all[at].id;
    while (id && depth < DEPTH) {
        size_t i = 0;
        while (i < count && all[i].id != id)
            i++;
        if (i == count)
            break;
        names[depth++] = all[i].name;
        id = all[i].parent;
    }
    while (depth-- > 0) {
        if (path.len)
            buf_add_cstr(&path, " > ");
        buf_add_str(&path, names[depth]);
    }
    all[at].path = buf_str(&path);
    map_put(&out->categories, all[at].key, &all[at].path);
}

static int read_categories(struct export_out *out)
{
    struct db_rows rows;
    struct category *all = NULL;
    size_t count = 0, room = 0;
    int code = db_query(out->conn, &sql_export_categories, &rows, DB_CSTR(out->locale));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if (count == room) {
            struct category *more = arena_array(&out->arena, struct category, room * 2 + 16);
            if (room)
                memcpy(more, all, room * sizeof *more);
            all = more;
            room = room * 2 + 16;
        }
        all[count++] = (struct category){.id = db_int(&rows, 0),
                                         .parent = db_int(&rows, 1),
                                         .key = arena_str(&out->arena, db_text(&rows, 2)),
                                         .name = arena_str(&out->arena, db_text(&rows, 3))};
        code = 0;
    }
    for (size_t i = 0; i < count; i++)
        make_path(out, all, count, i);
    return code;
}

static int read_shop(struct export_out *out)
{
    int code = read_names(out, &sql_export_meta, &out->meta, 0);
    if (code == 0)
        code = read_names(out, &sql_export_attributes, &out->attributes, 1);
    if (code == 0)
        code = read_names(out, &sql_export_locales, &out->locales, 0);
    if (code == 0)
        code = read_names(out, &sql_export_lists, &out->lists, 0);
    if (code == 0)
        code = db_get_int(out->conn, &sql_export_options, &out->options);
    if (code == 0)
        code = db_get_int(out->conn, &sql_export_widest, &out->widest);
    return code ? code : read_categories(out);
}

/* ---- the walk ---- */

static int walk(struct export_out *out, const struct export_format *format,
                void (*progress)(void *user, int64_t done, int64_t total), void *user)
{
    int64_t ids[WALK], after = 0, done = 0, total = 0;
    int count, code = db_get_int(out->conn, &sql_export_count, &total);
    while (code == 0 && (count = product_walk(out->conn, after, WALK, ids)) > 0) {
        for (int i = 0; i < count && code == 0; i++) {
            struct json *doc = NULL;
            arena_reset(&out->work);
            code = product_load(out->conn, &out->work, ids[i], &doc);
            if (code == 0 && format)
                format->product(out, doc);
            else if (code == 0)
                export_souk_product(out, doc);
        }
        after = ids[count - 1];
        done += count;
        if (progress)
            progress(user, done, total);
        if (ferror(out->out))
            return SOUK_UNAVAILABLE;
    }
    return code;
}

int export_run(struct db *db, const char *format, FILE *file,
               void (*progress)(void *user, int64_t done, int64_t total), void *user,
               struct err *err)
{
    struct export_out out = {
        .out = file, .locale = market_shop()->locales[0], .currency = market_shop()->currency};
    const struct export_format *table = NULL;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i]->name, format) == 0)
            table = formats[i];
    if (!table && strcmp(format, "souk") != 0)
        return err_set(err, SOUK_INVALID,
                       "no format \"%s\"; there are woocommerce, shopify, csv, souk", format);
    out.conn = db_read_begin(db, 0);
    int code = table ? read_shop(&out) : export_souk_head(&out);
    if (code == 0 && table)
        table->head(&out);
    if (code == 0)
        code = walk(&out, table, progress, user);
    if (code == 0 && fflush(file) != 0)
        code = SOUK_UNAVAILABLE;
    if (code != 0)
        err_set(err, code, "the export failed: %s",
                code == SOUK_UNAVAILABLE ? "it cannot be written" : db_error(out.conn));
    db_read_end(out.conn);
    map_free(&out.categories);
    buf_free(&out.row);
    arena_free(&out.arena);
    arena_free(&out.work);
    return code;
}
