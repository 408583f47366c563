/*
 * item_write.c: one variant as the document that souk/catalogue.h describes. Members are added in
 * the order of that page; what several variants share is shared here too.
 */
#include "shop/item_inner.h"

#include <limits.h>
#include "shop/item.sql.h"
#include "shop/view_text.h"

enum {
    COLUMN_ID,
    COLUMN_PRODUCT,
    COLUMN_SKU,
    COLUMN_BARCODE,
    COLUMN_VALUES,
    COLUMN_AVAILABILITY,
    COLUMN_WEIGHT,
    COLUMN_LENGTH,
    COLUMN_WIDTH,
    COLUMN_HEIGHT,
    COLUMN_COST,
    COLUMN_META,
    COLUMN_STOCK,
    COLUMN_IMAGE
};

struct item_row { /* one of them in the making */
    struct arena *arena;
    const struct item_piece *piece;
    const struct item_offer *offer;
    const struct item_product *product;
    struct db_rows *rows;
    struct json *meta; /* of the variant */
    struct json *item;
    int values[PRODUCT_OPTIONS];
};

static struct souk_str keep(const struct item_row *row, int column)
{
    return arena_str(row->arena, db_text(row->rows, column));
}

/* The variant's own word, the product's, or another. */
static struct souk_str said(const struct item_row *row, const char *member, struct souk_str product,
                            const char *otherwise)
{
    struct souk_str own = json_text(json_at(row->meta, member));
    return own.len ? own : product.len ? product : souk_str(otherwise);
}

static void add_number(const struct item_row *row, const char *key, int column)
{
    if (db_is_null(row->rows, column))
        json_add_null(row->arena, row->item, key);
    else
        json_add_int(row->arena, row->item, key, db_int(row->rows, column));
}

static struct souk_str full_name(const struct item_row *row)
{
    const struct shown_variants *options = &row->product->options;
    struct buf name = {.arena = row->arena};
    int count = 0;
    buf_add_str(&name, row->product->name);
    for (int o = 0; o < options->option_count; o++)
        if (row->values[o] >= 0) {
            buf_add_cstr(&name, count++ ? " / " : ", ");
            buf_add_str(&name, options->options[o].values[row->values[o]].name);
        }
    return buf_str(&name);
}

static void add_names(const struct item_row *row)
{
    struct arena *arena = row->arena;
    struct json *item = row->item;
    const struct item_product *product = row->product;
    json_add_int(arena, item, "id", row->offer->variant_id);
    json_add_int(arena, item, "product", product->id);
    json_add_str(arena, item, "sku", keep(row, COLUMN_SKU));
    json_add_str(arena, item, "key", product->key);
    json_add_str(arena, item, "group", product->variants > 1 ? product->key : souk_str(""));
    json_add_str(arena, item, "name", full_name(row));
    json_add_str(arena, item, "title", product->name);
    json_add_str(arena, item, "url",
                 view_choice_url(arena, &product->options, product->url, row->values));
    json_add_str(arena, item, "summary", product->summary);
    json_add_str(arena, item, "description", product->description);
    json_add(arena, item, "description_html", JSON_HTML)->text = product->html;
    json_add_str(arena, item, "brand", product->brand);
    json_add_str(arena, item, "barcode", keep(row, COLUMN_BARCODE));
    json_add_str(arena, item, "mpn", said(row, "mpn", product->mpn, ""));
    json_add_str(arena, item, "type", product->type);
    json_add_str(arena, item, "condition", said(row, "condition", product->condition, "new"));
}

static void add_moment(const struct item_row *row, const char *key, int64_t at)
{
    if (row->offer->price.compare_at > 0 && at > 0 && at != INT64_MAX)
        json_add_time(row->arena, row->item, key, at);
    else
        json_add_null(row->arena, row->item, key);
}

static void add_price(const struct item_row *row)
{
    static const char *const names[] = {"in_stock", "low_stock", "backorder", "out_of_stock"};
    struct arena *arena = row->arena;
    const struct price *price = &row->offer->price;
    const char *currency = row->piece->market->currency;
    int availability = price_availability(db_text(row->rows, COLUMN_AVAILABILITY));
    view_money(arena, row->item, "price", price->amount, currency);
    view_money(arena, row->item, "compare_at", price->compare_at > 0 ? price->compare_at : -1,
               currency);
    add_moment(row, "sale_from", row->offer->from);
    add_moment(row, "sale_until", row->offer->until);
    json_add_cstr(arena, row->item, "availability", names[availability]);
    json_add_bool(arena, row->item, "available", availability < 3);
    add_number(row, "stock", COLUMN_STOCK);
}

static void add_images(const struct item_row *row)
{
    struct arena *arena = row->arena;
    struct json *own = view_image(arena, row->rows, COLUMN_IMAGE, souk_str(""));
    if (!own) {
        json_add_tree(arena, row->item, "images", row->product->images);
        return;
    }
    struct souk_str first = item_address(arena, json_text(json_at(own, "url")));
    struct json *images = json_add(arena, row->item, "images", JSON_ARRAY);
    json_add_str(arena, images, NULL, first);
    json_each(image, row->product->images)
    {
        if (!souk_str_equal(json_text(&image->value), first))
            json_add_str(arena, images, NULL, json_text(&image->value));
    }
}

static void add_place(const struct item_row *row)
{
    const struct json *categories = row->product->categories;
    const struct json_item *main = json_first(categories);
    json_add_str(row->arena, row->item, "category", main ? json_text(&main->value) : souk_str(""));
    json_add_tree(row->arena, row->item, "category_path", row->product->path);
    json_add_tree(row->arena, row->item, "categories", categories);
}

static void add_options(const struct item_row *row)
{
    struct arena *arena = row->arena;
    const struct shown_variants *options = &row->product->options;
    struct json *list = json_add(arena, row->item, "options", JSON_ARRAY);
    for (int o = 0; o < options->option_count; o++) {
        if (row->values[o] < 0)
            continue;
        struct json *option = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, option, "code", options->options[o].code);
        json_add_str(arena, option, "name", options->options[o].name);
        json_add_str(arena, option, "value", options->options[o].values[row->values[o]].name);
    }
    json_add_tree(arena, row->item, "attributes", row->product->attributes);
}

/* The product's, with the variant's own members over it. */
static void add_meta(const struct item_row *row)
{
    if (!json_first(row->meta)) {
        json_add_tree(row->arena, row->item, "meta", row->product->meta);
        return;
    }
    struct json *meta = json_add(row->arena, row->item, "meta", JSON_OBJECT);
    json_each(member, row->product->meta) * json_add_key(row->arena, meta, member->key, JSON_NULL) =
        member->value;
    json_each(member, row->meta) * json_add_key(row->arena, meta, member->key, JSON_NULL) =
        member->value;
}

static void write_item(struct item_row *row, struct json *items)
{
    struct souk_str meta = db_text(row->rows, COLUMN_META);
    row->meta = NULL;
    if (meta.len > 2)
        json_parse(row->arena, arena_str(row->arena, meta), &row->meta, NULL);
    view_variant_values(&row->product->options, db_text(row->rows, COLUMN_VALUES), row->values);
    row->item = json_add(row->arena, items, NULL, JSON_OBJECT);
    add_names(row);
    add_price(row);
    add_images(row);
    add_place(row);
    add_options(row);
    add_number(row, "weight_g", COLUMN_WEIGHT);
    add_number(row, "length_mm", COLUMN_LENGTH);
    add_number(row, "width_mm", COLUMN_WIDTH);
    add_number(row, "height_mm", COLUMN_HEIGHT);
    add_number(row, "cost", COLUMN_COST);
    json_add_tree(row->arena, row->item, "tags", row->product->tags);
    add_meta(row);
    json_add_int(row->arena, row->item, "changed_at", row->product->changed_at);
}

int item_offers_write(struct item_piece *piece, struct json *items)
{
    int64_t *ids = arena_array(piece->arena, int64_t, piece->offer_count);
    struct db_rows rows;
    size_t at = 0;
    for (size_t i = 0; i < piece->offer_count; i++)
        ids[i] = piece->offers[i].variant_id;
    int code = db_query(piece->conn, &sql_item_variants, &rows,
                        DB_TEXT(item_ids(piece->arena, ids, piece->offer_count)));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1 && at < piece->offer_count) {
        struct item_row row = {.arena = piece->arena,
                               .piece = piece,
                               .offer = &piece->offers[at++],
                               .product = item_product_of(piece, db_int(&rows, COLUMN_PRODUCT)),
                               .rows = &rows};
        if (row.product && row.offer->variant_id == db_int(&rows, COLUMN_ID))
            write_item(&row, items);
    }
    db_close(&rows);
    return code < 0 ? code : SOUK_OK;
}
