/*
 * product_variant.c: the variants of a product: their columns, SKUs, stock. Planning lays the
 * document over what is there and finds what is wrong; writing touches only rows that differ.
 */
#include "base/rand.h"
#include "base/str.h"
#include "shop/document.h"
#include "shop/image.h"
#include "shop/product_edit.h"
#include "shop/product_variant.sql.h"
#include "shop/slug.h"
#include "shop/slug_free.h"
#include "shop/stock_count.h"

static const char *const variant_numbers[] = {"enabled",   "weight_g", "length_mm", "width_mm",
                                              "height_mm", "cost",     "tracked",   "low_stock"};
static const char *const variant_texts[] = {"sku",       "barcode", "backorder",
                                            "tax_class", "image",   "meta"};

/* The document's members over the present columns. */
static void variant_patch(struct product_edit *edit, struct edit_variant *variant)
{
    struct edit_columns *wish = &variant->wish;
    if (variant->id == 0) {
        for (int i = 0; i < EDIT_NUMBERS; i++)
            wish->number[i] = i == EDIT_ENABLED || i == EDIT_TRACKED ? 1 : EDIT_NULL;
        for (int i = 0; i < EDIT_TEXTS; i++)
            wish->text[i] = souk_str(i == EDIT_BACKORDER ? "no" : i == EDIT_META ? "{}" : "");
    }
    for (int i = 0; i < EDIT_NUMBERS; i++) {
        const struct json *value = json_at(variant->doc, variant_numbers[i]);
        int flag = i == EDIT_ENABLED || i == EDIT_TRACKED;
        if (value)
            wish->number[i] = value->kind == JSON_NULL ? (flag ? 1 : EDIT_NULL) : value->number;
    }
    for (int i = 0; i < EDIT_TEXTS; i++) {
        const struct json *value = json_at(variant->doc, variant_texts[i]);
        if (!value || (i == EDIT_SKU && value->kind == JSON_NULL))
            continue;
        if (i == EDIT_META)
            wish->text[i] =
                value->kind == JSON_NULL ? souk_str("{}") : document_text(edit->arena, value);
        else if (i == EDIT_BACKORDER && value->kind == JSON_NULL)
            wish->text[i] = souk_str("no");
        else
            wish->text[i] = str_trim(json_text(value));
    }
}

/* ---- SKUs ---- */

struct variant_skus {
    struct product_edit *edit;
    struct map taken; /* of this document */
};

static int variant_sku_taken(void *user, struct souk_str sku)
{
    struct variant_skus *skus = user;
    int64_t one = 0;
    if (map_get(&skus->taken, sku))
        return 1;
    int code = db_get_int(skus->edit->conn, &sql_product_variant_sku, &one, DB_TEXT(sku));
    return code == SOUK_NOT_FOUND ? 0 : code == 0 ? 1 : code;
}

/* "<key>-<value>-…" for those that came without. */
static int variant_name(struct product_edit *edit, struct variant_skus *skus,
                        struct edit_variant *variant)
{
    struct buf sku = {.arena = edit->arena};
    buf_add_str(&sku, slug_make(edit->arena, edit->wish.key));
    for (int i = 0; i < edit->wished.count; i++) {
        buf_add_char(&sku, '-');
        buf_add_str(&sku, attribute_term_real(variant->wish.values[i])->code);
    }
    return slug_free(edit->arena, buf_str(&sku), variant_sku_taken, skus,
                     &variant->wish.text[EDIT_SKU]);
}

/* A SKU that another product has is refused with that product's key. */
static int variant_clash(struct product_edit *edit)
{
    struct json *list = json_new(edit->arena, JSON_ARRAY);
    struct db_rows rows;
    for (int i = 0; i < edit->order_count; i++) {
        const struct edit_variant *variant = edit->order[i];
        int known = variant->id &&
                    souk_str_equal(variant->now.text[EDIT_SKU], variant->wish.text[EDIT_SKU]);
        json_add_str(edit->arena, list, NULL, known ? souk_str("") : variant->wish.text[EDIT_SKU]);
    }
    int code = db_query(edit->conn, &sql_product_variant_clash, &rows,
                        DB_TEXT(document_text(edit->arena, list)), DB_INT(edit->id));
    if (code == 0 && (code = db_next(&rows)) == 1)
        code = edit_refuse(edit, SOUK_CONFLICT,
                           edit_at(edit, "/variants/%d/sku", edit->order[db_int(&rows, 0)]->place),
                           "the SKU %.*s belongs to the product %.*s; choose another, or change "
                           "that product",
                           SOUK_PRI(db_text(&rows, 1)), SOUK_PRI(db_text(&rows, 2)));
    db_close(&rows);
    return code;
}

static int variant_plan_skus(struct product_edit *edit)
{
    struct variant_skus skus = {.edit = edit};
    int code = 0, fresh = 0, nameless = 0;
    for (int i = 0; i < edit->order_count && code == 0; i++) {
        struct edit_variant *variant = edit->order[i];
        struct souk_str sku = variant->wish.text[EDIT_SKU];
        fresh |= !variant->id || !souk_str_equal(sku, variant->now.text[EDIT_SKU]);
        nameless |= sku.len == 0;
        if (sku.len && map_put(&skus.taken, sku, variant))
            code =
                edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/variants/%d/sku", variant->place),
                            "another variant of this product has the SKU %.*s", SOUK_PRI(sku));
    }
    if (code == 0 && fresh)
        code = variant_clash(edit);
    for (int i = 0; nameless && i < edit->order_count && code == 0; i++) {
        struct edit_variant *variant = edit->order[i];
        if (variant->wish.text[EDIT_SKU].len == 0) {
            code = variant_name(edit, &skus, variant);
            map_put(&skus.taken, variant->wish.text[EDIT_SKU], variant);
        }
    }
    map_free(&skus.taken);
    return code;
}

int edit_variants_plan(struct product_edit *edit)
{
    int64_t tax = 0;
    int code = 0;
    for (int i = 0; i < edit->order_count && code == 0; i++) {
        struct edit_variant *variant = edit->order[i];
        variant_patch(edit, variant);
        if (variant->wish.text[EDIT_TAX].len &&
            !souk_str_equal(variant->wish.text[EDIT_TAX], variant->now.text[EDIT_TAX]))
            code = edit_code(edit, 0, variant->wish.text[EDIT_TAX],
                             edit_at(edit, "/variants/%d/tax_class", variant->place), &tax);
        if (code == 0)
            code = edit_prices_check(edit, variant);
        for (int j = 0; code == 0 && j < edit->wished.count; j++)
            edit_option_use(edit, j, variant->wish.values[j]);
    }
    return code ? code : variant_plan_skus(edit);
}

/* ---- written ---- */

static struct souk_str variant_value_ids(struct product_edit *edit,
                                         const struct edit_variant *variant)
{
    struct buf ids = {.arena = edit->arena};
    if (edit->wished.count == 0)
        return souk_str("");
    for (int i = 0; i < edit->wished.count; i++) {
        if (i)
            buf_add_char(&ids, ',');
        buf_add_int(&ids, attribute_term_real(variant->wish.values[i])->id);
    }
    return buf_str(&ids);
}

static int variant_differs(const struct edit_variant *variant, int64_t position,
                           struct souk_str value_ids)
{
    if (variant->id == 0 || variant->position != position ||
        !souk_str_equal(variant->value_ids, value_ids))
        return 1;
    for (int i = 0; i < EDIT_NUMBERS; i++)
        if (variant->now.number[i] != variant->wish.number[i])
            return 1;
    for (int i = 0; i < EDIT_TEXTS; i++)
        if (!souk_str_equal(variant->now.text[i], variant->wish.text[i]))
            return 1;
    return 0;
}

/* Those that take another SKU or other values could meet one another on the way. */
static int variant_step_aside(struct product_edit *edit)
{
    struct json *list = json_new(edit->arena, JSON_ARRAY);
    for (int i = 0; i < edit->order_count; i++) {
        struct edit_variant *variant = edit->order[i];
        if (variant->id &&
            (!souk_str_equal(variant->now.text[EDIT_SKU], variant->wish.text[EDIT_SKU]) ||
             !souk_str_equal(variant->value_ids, variant_value_ids(edit, variant))))
            json_add_int(edit->arena, list, NULL, variant->id);
    }
    if (list->count < 2 && edit->order_count == edit->present_count)
        return 0;
    return list->count == 0 ? 0
                            : db_run(edit->conn, &sql_product_variant_aside, NULL,
                                     DB_TEXT(document_text(edit->arena, list)));
}

static int variant_remove(struct product_edit *edit)
{
    struct json *list = json_new(edit->arena, JSON_ARRAY);
    for (int i = 0; i < edit->present_count; i++)
        if (edit->variants[i].gone)
            json_add_int(edit->arena, list, NULL, edit->variants[i].id);
    if (list->count == 0)
        return 0;
    edit->changed = 1;
    int code = db_run(edit->conn, &sql_product_variant_delete, NULL,
                      DB_TEXT(document_text(edit->arena, list)));
    return code == SOUK_CONFLICT
               ? db_refuse(edit->conn, code,
                           "orders that are under way wait for it; send or cancel them first, or "
                           "switch the variant off")
               : code;
}

static struct db_arg variant_number(const struct edit_variant *variant, int at)
{
    int64_t number = variant->wish.number[at];
    return number == EDIT_NULL ? DB_NULL : DB_INT(number);
}

static int variant_put(struct product_edit *edit, struct edit_variant *variant, int64_t position,
                       struct souk_str value_ids)
{
    const struct db_statement *statement =
        variant->id ? &sql_product_variant_update : &sql_product_variant_insert;
    int64_t image = 0, tax = 0;
    int code = 0, values = !souk_str_equal(variant->value_ids, value_ids);
    int had_values = variant->id && variant->value_ids.len;
    if (variant->wish.text[EDIT_IMAGE].len)
        code = image_put(edit->conn, variant->wish.text[EDIT_IMAGE], edit->now, &image);
    if (code == 0 && variant->wish.text[EDIT_TAX].len)
        code = edit_code(edit, 0, variant->wish.text[EDIT_TAX], "/variants", &tax);
    if (code != 0)
        return code;
    if (variant->id == 0)
        variant->id = id_next();
    code = db_run(edit->conn, statement, NULL, DB_INT(variant->id), DB_INT(edit->id),
                  DB_INT(position), DB_TEXT(value_ids), variant_number(variant, EDIT_ENABLED),
                  variant_number(variant, EDIT_WEIGHT), variant_number(variant, EDIT_LENGTH),
                  variant_number(variant, EDIT_WIDTH), variant_number(variant, EDIT_HEIGHT),
                  variant_number(variant, EDIT_COST), variant_number(variant, EDIT_TRACKED),
                  variant_number(variant, EDIT_LOW), DB_TEXT(variant->wish.text[EDIT_SKU]),
                  DB_TEXT(variant->wish.text[EDIT_BARCODE]),
                  DB_TEXT(variant->wish.text[EDIT_BACKORDER]), tax ? DB_INT(tax) : DB_NULL,
                  image ? DB_INT(image) : DB_NULL, DB_TEXT(variant->wish.text[EDIT_META]));
    if (code == 0 && values && had_values)
        code = db_run(edit->conn, &sql_product_variant_value_clear, NULL, DB_INT(variant->id));
    if (code == 0 && values && value_ids.len)
        code = db_run(edit->conn, &sql_product_variant_value_put, NULL, DB_INT(variant->id),
                      DB_TEXT(arena_printf(edit->arena, "[%.*s]", SOUK_PRI(value_ids))));
    return code;
}

/* Counter and ledger; *changed when the document says another number. */
static int variant_stock(struct product_edit *edit, struct edit_variant *variant, int *changed)
{
    const struct json *stock = json_at(variant->doc, "stock");
    if (!stock || stock->kind != JSON_INT || stock->number == variant->stock)
        return 0;
    *changed = 1;
    return stock_count(edit->conn, variant->id, variant->stock == EDIT_NULL ? 0 : variant->stock,
                       stock->number, edit->reason, edit->now);
}

static int variant_write(struct product_edit *edit, struct edit_variant *variant, int64_t position)
{
    struct souk_str value_ids = variant_value_ids(edit, variant);
    int fresh = variant->id == 0, differs = variant_differs(variant, position, value_ids);
    int stock = 0, prices = 0;
    int code = differs ? variant_put(edit, variant, position, value_ids) : 0;
    if (code == 0)
        code = variant_stock(edit, variant, &stock);
    if (code == 0)
        code = edit_prices_write(edit, variant, &prices);
    if (code == 0 && (differs || stock || prices))
        code = stock_settle(edit->conn, variant->id, NULL);
    variant->changed = differs || stock || prices;
    edit->changed |= variant->changed;
    if (fresh)
        edit->result->created++;
    else if (variant->changed)
        edit->result->updated++;
    else if (variant->doc) /* those that a patch does not name are nobody's business */
        edit->result->unchanged++;
    return code;
}

int edit_variants_write(struct product_edit *edit)
{
    int code = variant_remove(edit);
    if (code == 0 && !edit->fresh)
        code = variant_step_aside(edit);
    for (int i = 0; i < edit->order_count && code == 0; i++)
        code = variant_write(edit, edit->order[i], i);
    return code;
}
