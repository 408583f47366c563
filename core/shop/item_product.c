/*
 * item_product.c: what is known of the products of a piece. Each statement brings its rows in the
 * order of the products' ids, so one walk along both is enough. What variants of a product share
 * is made once and hung under each of them.
 */
#include "shop/item_inner.h"

#include "base/str.h"
#include "shop/item.sql.h"
#include "shop/page.h"
#include "shop/page_filter.h"
#include "shop/slug.h"
#include "shop/view_text.h"

struct souk_str item_address(struct arena *arena, struct souk_str path)
{
    const char *base = market_shop()->url;
    return base && *base ? arena_printf(arena, "%s%.*s", base, SOUK_PRI(path)) : path;
}

struct item_product *item_product_of(struct item_piece *piece, int64_t id)
{
    size_t low = 0, high = piece->product_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (piece->products[middle].id == id)
            return &piece->products[middle];
        if (piece->products[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct souk_str keep(struct item_piece *piece, struct db_rows *rows, int column)
{
    return arena_str(piece->arena, db_text(rows, column));
}

/* A column that holds JSON; what cannot be read is an empty one. */
static const struct json *keep_json(struct item_piece *piece, struct db_rows *rows, int column,
                                    enum json_kind kind)
{
    struct json *tree = NULL;
    if (json_parse(piece->arena, keep(piece, rows, column), &tree, NULL) != SOUK_OK ||
        tree->kind != (int32_t)kind)
        return json_new(piece->arena, kind);
    return tree;
}

static void read_product(struct item_piece *piece, struct db_rows *rows,
                         struct item_product *product)
{
    struct arena *arena = piece->arena;
    const char *locale = piece->market->locale;
    product->key = keep(piece, rows, 1);
    product->type = keep(piece, rows, 2);
    product->meta = keep_json(piece, rows, 3, JSON_OBJECT);
    product->mpn = json_text(json_at(product->meta, "mpn"));
    product->condition = json_text(json_at(product->meta, "condition"));
    product->changed_at = db_int(rows, 4);
    product->brand = keep(piece, rows, 5);
    product->name = keep(piece, rows, 6);
    product->summary = page_plain(arena, db_text(rows, 7), 0);
    product->html = page_html(arena, db_text(rows, 8));
    product->description = page_strip(arena, product->html, 0);
    product->url = item_address(arena, slug_url(arena, "product", db_text(rows, 9), locale));
    product->variants = db_int(rows, 10);
    product->tags = keep_json(piece, rows, 11, JSON_ARRAY);
    product->categories = keep_json(piece, rows, 12, JSON_ARRAY);
    product->main = db_int(rows, 13);
    product->path = json_new(arena, JSON_ARRAY);
    product->images = json_new(arena, JSON_ARRAY);
    product->attributes = json_new(arena, JSON_ARRAY);
}

static int begin(struct item_piece *piece, const struct db_statement *statement,
                 struct souk_str ids, struct db_rows *rows)
{
    return db_query(piece->conn, statement, rows, DB_TEXT(ids), DB_CSTR(piece->market->locale),
                    DB_CSTR(view_default_locale()));
}

static int read_products(struct item_piece *piece, struct souk_str ids)
{
    struct db_rows rows;
    int code = begin(piece, &sql_item_products, ids, &rows);
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct item_product *product = item_product_of(piece, db_int(&rows, 0));
        if (product)
            read_product(piece, &rows, product);
    }
    return code;
}

static int read_options(struct item_piece *piece, struct souk_str ids)
{
    struct db_rows rows;
    int code = begin(piece, &sql_item_options, ids, &rows);
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct item_product *product = item_product_of(piece, db_int(&rows, 0));
        if (product)
            view_option_add(piece->arena, &rows, 1, &product->reading, &product->options);
    }
    return code;
}

static int read_images(struct item_piece *piece, struct souk_str ids)
{
    struct db_rows rows;
    int code = db_query(piece->conn, &sql_item_images, &rows, DB_TEXT(ids));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct item_product *product = item_product_of(piece, db_int(&rows, 0));
        struct json *image = view_image(piece->arena, &rows, 1, souk_str(""));
        if (product && image)
            json_add(piece->arena, product->images, NULL, JSON_STRING)->text =
                item_address(piece->arena, json_text(json_at(image, "url")));
    }
    return code;
}

/* Rows of one attribute stand together; each is a value more. */
static int read_attributes(struct item_piece *piece, struct souk_str ids)
{
    struct arena *arena = piece->arena;
    struct db_rows rows;
    struct item_product *of = NULL;
    struct json *values = NULL;
    struct souk_str last = souk_str("");
    int code = begin(piece, &sql_item_attributes, ids, &rows);
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct item_product *product = item_product_of(piece, db_int(&rows, 0));
        if (!product)
            continue;
        if (product != of || !souk_str_equal(db_text(&rows, 1), last)) {
            struct json *attribute = json_add(arena, product->attributes, NULL, JSON_OBJECT);
            of = product;
            last = keep(piece, &rows, 1);
            json_add_str(arena, attribute, "code", last);
            json_add_str(arena, attribute, "name", keep(piece, &rows, 2));
            json_add_str(arena, attribute, "unit", keep(piece, &rows, 3));
            values = json_add(arena, attribute, "values", JSON_ARRAY);
        }
        struct souk_str text = keep(piece, &rows, 4);
        json_add(arena, values, NULL, JSON_STRING)->text = text;
        if (!product->mpn.len && souk_str_is(last, "mpn"))
            product->mpn = text;
    }
    return code;
}

static void set_path(struct item_piece *piece, int64_t category, const struct json *path)
{
    for (size_t i = 0; i < piece->product_count; i++)
        if (piece->products[i].main == category)
            piece->products[i].path = path;
}

static int read_paths(struct item_piece *piece)
{
    struct db_rows rows;
    struct json *path = NULL;
    int64_t last = 0;
    size_t count = 0;
    int64_t *ids = arena_array(piece->arena, int64_t, piece->product_count);
    for (size_t i = 0; i < piece->product_count; i++) {
        size_t known = 0;
        while (known < count && ids[known] != piece->products[i].main)
            known++;
        if (known == count && piece->products[i].main)
            ids[count++] = piece->products[i].main;
    }
    int code = begin(piece, &sql_item_paths, item_ids(piece->arena, ids, count), &rows);
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (!path || db_int(&rows, 0) != last) {
            last = db_int(&rows, 0);
            path = json_new(piece->arena, JSON_ARRAY);
            set_path(piece, last, path);
        }
        json_add(piece->arena, path, NULL, JSON_STRING)->text = keep(piece, &rows, 1);
    }
    return code;
}

int item_products_read(struct item_piece *piece)
{
    piece->products = arena_array(piece->arena, struct item_product, piece->offer_count);
    int64_t *ids = arena_array(piece->arena, int64_t, piece->offer_count);
    for (size_t i = 0; i < piece->offer_count; i++) {
        int64_t id = piece->offers[i].product_id;
        if (!i || ids[piece->product_count - 1] != id) {
            ids[piece->product_count] = id;
            piece->products[piece->product_count++].id = id;
        }
    }
    struct souk_str list = item_ids(piece->arena, ids, piece->product_count);
    int code = read_products(piece, list);
    if (code == SOUK_OK)
        code = read_options(piece, list);
    if (code == SOUK_OK)
        code = read_images(piece, list);
    if (code == SOUK_OK)
        code = read_attributes(piece, list);
    return code == SOUK_OK ? read_paths(piece) : code;
}
