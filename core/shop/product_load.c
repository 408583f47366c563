/*
 * product_load.c: a product as a document: the way out, for export, forms and comparison.
 *
 * One query a table, none a row; members always stand in the order that product.h gives, lists in
 * their stored order, and what is empty is left out, so that two exports of one state are equal.
 * Attributes and values are given by the names of the default locale, beside their codes.
 */
#include "shop/product.h"

#include "base/clock.h"
#include "shop/document.h"
#include "shop/product_load.sql.h"

struct load {
    struct db_conn *conn;
    struct arena *arena;
    int64_t id;
    const char *locale;
    struct json *doc;
    struct json **variants; /* in order, with their ids */
    int64_t *variant_ids;
    size_t variant_count;
    int has_options;
};

static void load_time(struct load *load, struct json *to, const char *key, struct db_rows *rows,
                      int column)
{
    char text[32];
    if (db_is_null(rows, column))
        return;
    size_t len = clock_format(db_int(rows, column), db_int(rows, column) % CLOCK_SECOND != 0, text);
    json_add_str(load->arena, to, key, arena_str(load->arena, (struct souk_str){text, len}));
}

static void load_number(struct load *load, struct json *to, const char *key, struct db_rows *rows,
                        int column)
{
    if (!db_is_null(rows, column))
        json_add_int(load->arena, to, key, db_int(rows, column));
}

/* A column of JSON; the empty object is left out. */
static void load_json(struct load *load, struct json *to, const char *key, struct db_rows *rows,
                      int column)
{
    struct json *tree = NULL;
    if (souk_str_is(db_text(rows, column), "{}"))
        return;
    if (json_parse(load->arena, arena_str(load->arena, db_text(rows, column)), &tree, NULL) == 0)
        json_add_tree(load->arena, to, key, tree);
}

static int load_row(struct load *load, struct souk_str *meta)
{
    struct db_rows rows;
    int code = db_query(load->conn, &sql_product_load, &rows, DB_INT(load->id));
    if (code != 0)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    load->doc = json_new(load->arena, JSON_OBJECT);
    json_add_int(load->arena, load->doc, "id", load->id);
    json_add_int(load->arena, load->doc, "version", db_int(&rows, 10));
    document_add_str(load->arena, load->doc, "key", db_text(&rows, 0));
    document_add_str(load->arena, load->doc, "type", db_text(&rows, 1));
    document_add_str(load->arena, load->doc, "status", db_text(&rows, 2));
    document_add_str(load->arena, load->doc, "visibility", db_text(&rows, 3));
    json_add_bool(load->arena, load->doc, "featured", db_int(&rows, 4) != 0);
    document_add_str(load->arena, load->doc, "brand", db_text(&rows, 5));
    if (db_is_null(&rows, 6))
        json_add_null(load->arena, load->doc, "tax_class");
    else
        document_add_str(load->arena, load->doc, "tax_class", db_text(&rows, 6));
    load_time(load, load->doc, "publish_from", &rows, 7);
    load_time(load, load->doc, "publish_until", &rows, 8);
    *meta = arena_str(load->arena, db_text(&rows, 9));
    db_close(&rows);
    return 0;
}

/* A list of one column of text. */
static int load_list(struct load *load, const struct db_statement *statement, const char *key)
{
    struct json *list = NULL;
    struct db_rows rows;
    int code = db_query(load->conn, statement, &rows, DB_INT(load->id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if (!list)
            list = json_add(load->arena, load->doc, key, JSON_ARRAY);
        json_add_str(load->arena, list, NULL, arena_str(load->arena, db_text(&rows, 0)));
        code = 0;
    }
    return code;
}

static int load_text(struct load *load)
{
    static const char *const members[] = {"name",        "slug",      "summary",
                                          "description", "seo_title", "seo_description"};
    struct json *text = json_add(load->arena, load->doc, "text", JSON_OBJECT);
    struct db_rows rows;
    int code = db_query(load->conn, &sql_product_load_text, &rows, DB_INT(load->id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct json *place =
            json_add_key(load->arena, text, arena_str(load->arena, db_text(&rows, 0)), JSON_OBJECT);
        for (int i = 0; i < 6; i++)
            document_add_str(load->arena, place, members[i], db_text(&rows, i + 1));
        code = 0;
    }
    return code;
}

static int load_attributes(struct load *load)
{
    struct json *list = NULL, *item = NULL, *values = NULL;
    struct souk_str last = {NULL, 0};
    struct db_rows rows;
    int code = db_query(load->conn, &sql_product_load_attributes, &rows, DB_INT(load->id),
                        DB_CSTR(load->locale));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        int plain = db_is_null(&rows, 2);
        if (!list)
            list = json_add(load->arena, load->doc, "attributes", JSON_ARRAY);
        if (plain || !values || !souk_str_equal(last, db_text(&rows, 0))) {
            last = arena_str(load->arena, db_text(&rows, 0));
            item = json_add(load->arena, list, NULL, JSON_OBJECT);
            json_add_str(load->arena, item, "code", last);
            document_add_str(load->arena, item, "name", db_text(&rows, 1));
            values = plain ? NULL : json_add(load->arena, item, "values", JSON_ARRAY);
            if (plain)
                json_add_str(load->arena, item, "text", arena_str(load->arena, db_text(&rows, 3)));
            json_add_bool(load->arena, item, "visible", db_int(&rows, 4) != 0);
        }
        if (values)
            json_add_str(load->arena, values, NULL, arena_str(load->arena, db_text(&rows, 2)));
        code = 0;
    }
    return code;
}

static int load_options(struct load *load)
{
    struct json *list = NULL, *values = NULL;
    int64_t last = -1;
    struct db_rows rows;
    int code = db_query(load->conn, &sql_product_load_options, &rows, DB_INT(load->id),
                        DB_CSTR(load->locale));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if (!list)
            list = json_add(load->arena, load->doc, "options", JSON_ARRAY);
        load->has_options = 1;
        if (db_int(&rows, 0) != last) {
            struct json *item = json_add(load->arena, list, NULL, JSON_OBJECT);
            last = db_int(&rows, 0);
            document_add_str(load->arena, item, "code", db_text(&rows, 1));
            document_add_str(load->arena, item, "name", db_text(&rows, 2));
            values = json_add(load->arena, item, "values", JSON_ARRAY);
        }
        if (!db_is_null(&rows, 3))
            json_add_str(load->arena, values, NULL, arena_str(load->arena, db_text(&rows, 3)));
        code = 0;
    }
    return code;
}

static void load_variant(struct load *load, struct db_rows *rows, struct json *to)
{
    document_add_str(load->arena, to, "sku", db_text(rows, 1));
    document_add_str(load->arena, to, "barcode", db_text(rows, 2));
    json_add_bool(load->arena, to, "enabled", db_int(rows, 3) != 0);
    if (load->has_options)
        json_add(load->arena, to, "options", JSON_OBJECT);
    load_number(load, to, "weight_g", rows, 4);
    load_number(load, to, "length_mm", rows, 5);
    load_number(load, to, "width_mm", rows, 6);
    load_number(load, to, "height_mm", rows, 7);
    load_number(load, to, "cost", rows, 8);
    document_add_str(load->arena, to, "tax_class", db_text(rows, 9));
    json_add_bool(load->arena, to, "tracked", db_int(rows, 10) != 0);
    load_number(load, to, "stock", rows, 11);
    document_add_str(load->arena, to, "backorder", db_text(rows, 12));
    load_number(load, to, "low_stock", rows, 13);
    document_add_str(load->arena, to, "image", db_text(rows, 14));
    load_json(load, to, "meta", rows, 15);
}

static int load_variants(struct load *load)
{
    struct json *list = NULL;
    struct db_rows rows;
    size_t room = 0;
    int code = db_query(load->conn, &sql_product_load_variants, &rows, DB_INT(load->id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if (!list)
            list = json_add(load->arena, load->doc, "variants", JSON_ARRAY);
        if (load->variant_count == room) {
            size_t more = room ? room * 4 : 4;
            struct json **variants = arena_array(load->arena, struct json *, more);
            int64_t *ids = arena_array(load->arena, int64_t, more);
            if (room) {
                memcpy(variants, load->variants, room * sizeof *variants);
                memcpy(ids, load->variant_ids, room * sizeof *ids);
            }
            load->variants = variants;
            load->variant_ids = ids;
            room = more;
        }
        struct json *variant = json_add(load->arena, list, NULL, JSON_OBJECT);
        load_variant(load, &rows, variant);
        load->variant_ids[load->variant_count] = db_int(&rows, 0);
        load->variants[load->variant_count++] = variant;
        code = 0;
    }
    return code;
}

/* The variant of a row, from `*at` on: rows come in the order of variants. */
static struct json *load_variant_of(struct load *load, size_t *at, int64_t id)
{
    while (*at < load->variant_count && load->variant_ids[*at] != id)
        ++*at;
    return *at < load->variant_count ? load->variants[*at] : NULL;
}

static int load_values(struct load *load)
{
    struct db_rows rows;
    size_t at = 0;
    int code = db_query(load->conn, &sql_product_load_values, &rows, DB_INT(load->id),
                        DB_CSTR(load->locale));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct json *variant = load_variant_of(load, &at, db_int(&rows, 0));
        struct json *options = (struct json *)(uintptr_t)json_at(variant, "options");
        if (options)
            json_add_key(load->arena, options, arena_str(load->arena, db_text(&rows, 1)),
                         JSON_STRING)
                ->text = arena_str(load->arena, db_text(&rows, 2));
        code = 0;
    }
    return code;
}

static int load_prices(struct load *load)
{
    struct db_rows rows;
    struct json *last = NULL, *list = NULL;
    size_t at = 0;
    int code = db_query(load->conn, &sql_product_load_prices, &rows, DB_INT(load->id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct json *variant = load_variant_of(load, &at, db_int(&rows, 0));
        code = 0;
        if (!variant)
            continue;
        if (variant != last)
            list = json_add(load->arena, variant, "prices", JSON_ARRAY);
        last = variant;
        struct json *price = json_add(load->arena, list, NULL, JSON_OBJECT);
        document_add_str(load->arena, price, "list", db_text(&rows, 1));
        load_number(load, price, "amount", &rows, 2);
        load_number(load, price, "compare_at", &rows, 3);
        load_number(load, price, "min_quantity", &rows, 4);
        load_time(load, price, "from", &rows, 5);
        load_time(load, price, "until", &rows, 6);
    }
    return code;
}

static int load_images(struct load *load)
{
    struct json *list = NULL;
    struct db_rows rows;
    int code = db_query(load->conn, &sql_product_load_images, &rows, DB_INT(load->id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if (!list)
            list = json_add(load->arena, load->doc, "images", JSON_ARRAY);
        struct json *image = json_add(load->arena, list, NULL, JSON_OBJECT);
        document_add_str(load->arena, image, "source", db_text(&rows, 0));
        load_json(load, image, "alt", &rows, 1);
        code = 0;
    }
    return code;
}

static int load_links(struct load *load)
{
    struct json *links = NULL, *list = NULL;
    struct souk_str last = {NULL, 0};
    struct db_rows rows;
    int code = db_query(load->conn, &sql_product_load_links, &rows, DB_INT(load->id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if (!links)
            links = json_add(load->arena, load->doc, "links", JSON_OBJECT);
        if (!souk_str_equal(last, db_text(&rows, 0))) {
            last = arena_str(load->arena, db_text(&rows, 0));
            list = json_add_key(load->arena, links, last, JSON_ARRAY);
        }
        if (souk_str_is(last, "bundle")) {
            struct json *member = json_add(load->arena, list, NULL, JSON_OBJECT);
            int whole = db_is_null(&rows, 2);
            document_add_str(load->arena, member, whole ? "key" : "sku",
                             db_text(&rows, whole ? 1 : 2));
            load_number(load, member, "quantity", &rows, 3);
        } else {
            json_add_str(load->arena, list, NULL, arena_str(load->arena, db_text(&rows, 1)));
        }
        code = 0;
    }
    return code;
}

int product_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc)
{
    struct load load = {
        .conn = conn, .arena = arena, .id = id, .locale = market_shop()->locales[0]};
    struct souk_str meta = {NULL, 0};
    struct json *tree = NULL;
    int code = load_row(&load, &meta);
    if (code == 0)
        code = load_list(&load, &sql_product_load_categories, "categories");
    if (code == 0)
        code = load_list(&load, &sql_product_load_tags, "tags");
    if (code == 0)
        code = load_text(&load);
    if (code == 0)
        code = load_attributes(&load);
    if (code == 0)
        code = load_options(&load);
    if (code == 0)
        code = load_variants(&load);
    if (code == 0 && load.variant_count)
        code = load_values(&load);
    if (code == 0 && load.variant_count)
        code = load_prices(&load);
    if (code == 0)
        code = load_images(&load);
    if (code == 0)
        code = load_links(&load);
    if (code == 0 && !souk_str_is(meta, "{}") && json_parse(arena, meta, &tree, NULL) == 0)
        json_add_tree(arena, load.doc, "meta", tree);
    *doc = code == 0 ? load.doc : NULL;
    return code;
}
