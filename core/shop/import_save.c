/*
 * import_save: one group into the shop: which product it is, what it leans on (price lists, tax
 * classes), and how the prices of the file lie over those that are there: a list of prices replaces
 * a variant's whole list, and a file knows only some of them.
 */
#include "base/str.h"
#include "shop/category.h"
#include "shop/document.h"
#include "shop/import_inner.h"
#include "shop/page.h"
#include "shop/price.h"
#include "shop/product.h"
#include "shop/tax.h"

/* ---- which product ---- */

static int find_by_sku(struct db_conn *conn, const struct json *doc, int64_t *id)
{
    json_each(item, json_at(doc, "variants"))
    {
        struct souk_str sku = json_text(json_at(&item->value, "sku"));
        int64_t variant;
        if (!sku.len)
            continue;
        return product_find_sku(conn, sku, id, &variant);
    }
    return SOUK_NOT_FOUND;
}

/* By the key of the file, by the other one, by the SKU of a product that has only one. */
static int find_product(struct db_conn *conn, const struct import_group *group, int64_t *id,
                        int *by_sku)
{
    const struct json *variants = json_at(group->doc, "variants");
    int code = SOUK_NOT_FOUND;
    *id = 0;
    *by_sku = 0;
    if (group->key.len)
        code = product_find(conn, group->key, id);
    if (code == SOUK_NOT_FOUND &&
        (!group->key.len || (variants && variants->count == 1 && !json_at(group->doc, "options"))))
        *by_sku = (code = find_by_sku(conn, group->doc, id)) == SOUK_OK;
    if (code == SOUK_NOT_FOUND && group->other.len)
        code = product_find(conn, group->other, id);
    return code;
}

/* ---- what it leans on ---- */

static int need_lists(struct db_conn *conn, struct arena *arena, const struct json *lists,
                      struct err *err)
{
    int code = SOUK_OK;
    json_each(item, lists)
    {
        int64_t id;
        if ((code = price_list_find(conn, item->key, &id)) != SOUK_NOT_FOUND)
            continue;
        struct json *doc = json_new(arena, JSON_OBJECT);
        struct souk_str currency = json_text(&item->value);
        json_add_str(arena, doc, "code", item->key);
        json_add_str(arena, doc, "name", currency.len ? currency : item->key);
        if (currency.len)
            json_add_str(arena, doc, "currency", currency);
        if ((code = price_list_save(conn, doc, &id, err)) != SOUK_OK)
            return code;
    }
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

static int need_classes(struct db_conn *conn, const struct json *classes)
{
    int code = SOUK_OK;
    json_each(item, classes)
    {
        int64_t id;
        if (code == SOUK_OK)
            code = tax_class_find(conn, json_text(&item->value), 1, &id);
    }
    return code;
}

/* ---- prices over prices ---- */

static struct souk_str code_of_option(const struct json *there, struct souk_str name)
{
    json_each(
        item,
        json_at(there,
                "options")) if (str_equal_nocase(json_text(json_at(&item->value, "name")), name) ||
                                str_equal_nocase(json_text(json_at(&item->value, "code")),
                                                 name)) return json_text(json_at(&item->value,
                                                                                 "code"));
    return STR_NULL;
}

static int same_options(const struct json *there, const struct json *old,
                        const struct json *variant)
{
    const struct json *mine = json_at(variant, "options"), *its = json_at(old, "options");
    if ((mine ? mine->count : 0) != (its ? its->count : 0))
        return 0;
    json_each(item, mine)
    {
        struct souk_str code = code_of_option(there, item->key);
        if (!code.len || !str_equal_nocase(json_text(json_get(its, code)), json_text(&item->value)))
            return 0;
    }
    return 1;
}

static const struct json *find_variant(const struct json *there, const struct json *variant)
{
    struct souk_str sku = json_text(json_at(variant, "sku"));
    json_each(item, json_at(there,
                            "variants")) if (sku.len
                                                 ? souk_str_equal(
                                                       json_text(json_at(&item->value, "sku")), sku)
                                                 : same_options(there, &item->value,
                                                                variant)) return &item->value;
    return NULL;
}

static const struct json *find_price(const struct json *prices, struct souk_str list)
{
    json_each(item, prices) if (souk_str_equal(json_text(json_at(&item->value, "list")), list) &&
                                json_int(json_at(&item->value, "min_quantity"), 1) ==
                                    1) return &item->value;
    return NULL;
}

static struct json *lay_prices(struct arena *arena, const struct json *old, const struct json *mine)
{
    struct json *all = json_new(arena, JSON_ARRAY);
    json_each(item, old)
    {
        struct souk_str list = json_text(json_at(&item->value, "list"));
        if (!find_price(mine, list) || json_int(json_at(&item->value, "min_quantity"), 1) != 1)
            json_add_tree(arena, all, NULL, &item->value);
    }
    json_each(item, mine)
    {
        const struct json *was = find_price(old, json_text(json_at(&item->value, "list")));
        struct json *entry = json_new(arena, JSON_OBJECT);
        json_each(part, was) json_add_key(arena, entry, part->key, JSON_NULL)[0] = part->value;
        json_each(part, &item->value) json_add_key(arena, entry, part->key, JSON_NULL)[0] =
            part->value;
        const struct json *amount = json_at(entry, "amount");
        if (amount && amount->kind == JSON_INT)
            json_add_tree(arena, all, NULL, entry);
    }
    return all;
}

/* What is kept stays where the file says nothing about it. */
static void lay_meta(struct arena *arena, struct json *to, const struct json *old,
                     const struct json *mine)
{
    json_add_tree(arena, to, "meta", document_merge(arena, json_at(old, "meta"), mine));
}

/* A copy of the variant with what its prices will be; NULL: it is the product itself, named by its
 * own SKU. */
static struct json *lay_variant(struct arena *arena, const struct json *there,
                                const struct json *variant)
{
    const struct json *old = find_variant(there, variant);
    const struct json *mine = json_at(variant, "prices");
    struct json *copy = json_new(arena, JSON_OBJECT);
    json_each(item, variant)
    {
        if (souk_str_is(item->key, "meta"))
            lay_meta(arena, copy, old, &item->value);
        else
            *json_add_key(arena, copy, item->key, JSON_NULL) = item->value;
    }
    if (mine)
        json_add_tree(arena, copy, "prices", lay_prices(arena, json_at(old, "prices"), mine));
    return copy;
}

static struct json *lay_document(struct arena *arena, const struct import_group *group,
                                 const struct json *there, int64_t id)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    if (id)
        json_add_int(arena, doc, "id", id);
    else if (group->key.len)
        json_add_str(arena, doc, "key", group->key);
    json_each(item, group->doc)
    {
        if (souk_str_is(item->key, "meta")) {
            lay_meta(arena, doc, there, &item->value);
            continue;
        }
        if (!souk_str_is(item->key, "variants")) {
            *json_add_key(arena, doc, item->key, JSON_NULL) = item->value;
            continue;
        }
        struct json *list = json_new(arena, JSON_ARRAY);
        json_each(variant, &item->value)
        {
            struct souk_str sku = json_text(json_at(&variant->value, "sku"));
            if (id && !group->key.len && json_at(there, "options") &&
                souk_str_equal(sku, group->other) && !find_variant(there, &variant->value))
                continue; /* the product by its own SKU: no variant */
            json_add_tree(arena, list, NULL, lay_variant(arena, there, &variant->value));
        }
        if (list->count) /* an empty one would say that all are to go */
            json_add_tree(arena, doc, "variants", list);
    }
    json_add_cstr(arena, doc, "variants_mode", "merge");
    return doc;
}

/* Rows that name variants of a product with options by their SKU say nothing about the product
 * itself: what a table has for one is the variant's there. */
static struct json *lay_variants(struct arena *arena, const struct import_group *group,
                                 const struct json *there, int64_t id)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    struct json *list = json_add(arena, doc, "variants", JSON_ARRAY);
    const struct json *first = json_at(group->doc, "variants");
    const struct json_item *image = json_first(json_at(group->doc, "images"));
    struct souk_str status = json_text(json_at(group->doc, "status"));
    json_add_int(arena, doc, "id", id);
    json_add_cstr(arena, doc, "variants_mode", "merge");
    json_each(variant, first)
    {
        struct json *copy = lay_variant(arena, there, &variant->value);
        int head = variant == json_first(first);
        if (head && status.len && !json_at(copy, "enabled"))
            json_add_bool(arena, copy, "enabled", souk_str_is(status, "active"));
        if (head && json_at(group->doc, "meta") && !json_at(copy, "meta"))
            lay_meta(arena, copy, find_variant(there, &variant->value),
                     json_at(group->doc, "meta"));
        if (head && image && !json_at(copy, "image"))
            json_add_str(arena, copy, "image", json_text(json_at(&image->value, "source")));
        json_add_tree(arena, list, NULL, copy);
    }
    return doc;
}

/* ---- saving ---- */

/* Not a product of its own: its rows have no name, or Magento's child comes without its parent. */
static int is_update(const struct import_group *group)
{
    return !group->key.len || group->sheet->format->kind == IMPORT_MAGENTO;
}

/* Formats in which a variant has a row like a product's. */
static int has_rows(const struct import_group *group)
{
    enum import_kind kind = group->sheet->format->kind;
    return kind == IMPORT_WOOCOMMERCE || kind == IMPORT_MAGENTO;
}

static int refuse_nameless(const struct import_group *group, struct err *err)
{
    if (group->other.len)
        return err_set(err, SOUK_NOT_FOUND,
                       "\"%.*s\" is neither in the shop nor, with a name, in the file; give it a "
                       "name to make one",
                       SOUK_PRI(group->other));
    return err_set(err, SOUK_NOT_FOUND,
                   "the file gives no name, and the shop has no such product; give it a name to "
                   "make one");
}

/* "/variants/2/sku": the row of that variant, and what it is called in the file. */
static void place_failure(const struct import_group *group, const char *pointer,
                          struct import_saved *saved)
{
    struct souk_str rest = souk_str(pointer), part, number, last = STR_NULL;
    int64_t at;
    saved->row = group->row;
    str_split(&rest, '/', &part);
    if (str_split(&rest, '/', &part) && souk_str_is(part, "variants") &&
        str_split(&rest, '/', &number) && str_to_int(number, &at) == SOUK_OK && at >= 0 &&
        (size_t)at < group->variant_count)
        saved->row = group->variant_rows[at];
    while (str_split(&rest, '/', &part))
        last = part;
    if (!souk_str_is(last, "sku"))
        return;
    const struct import_column *column = import_column_of(group->sheet, FIELD_SKU, 0);
    saved->column = column ? column->name : last;
}

static void take_result(const struct product_result *result, struct import_saved *saved)
{
    saved->id = result->id;
    saved->change = result->change;
    saved->variants[COUNT_CREATED] = result->created;
    saved->variants[COUNT_UPDATED] = result->updated;
    saved->variants[COUNT_UNCHANGED] = result->unchanged;
}

int import_save(struct db_conn *conn, struct arena *arena, const struct import_group *group,
                int64_t now, struct import_saved *saved, struct err *err)
{
    struct product_result result = {0};
    struct json *there = NULL;
    int64_t id = 0;
    int by_sku = 0;
    *saved = (struct import_saved){.row = group->row};
    int code = find_product(conn, group, &id, &by_sku);
    if (code == SOUK_NOT_FOUND && !group->key.len)
        return refuse_nameless(group, err);
    if (code == SOUK_OK)
        code = product_load(conn, arena, id, &there);
    if (by_sku && !is_update(group) && json_at(there, "options")) {
        id = 0; /* it is another's variant: the SKU is refused below */
        there = NULL;
    }
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        return err_set(err, code, "%s", db_error(conn));
    code = need_lists(conn, arena, group->lists, err);
    if (code == SOUK_OK)
        code = need_classes(conn, group->classes);
    if (code != SOUK_OK)
        return err->code ? err->code : err_set(err, code, "%s", db_error(conn));
    const struct json *doc = by_sku && there && json_at(there, "options") && has_rows(group)
                                 ? lay_variants(arena, group, there, id)
                                 : lay_document(arena, group, there, id);
    code = product_save(conn, arena, doc, "import", now, &result, err);
    if (code != SOUK_OK)
        place_failure(group, result.pointer, saved);
    else
        take_result(&result, saved);
    return code;
}

/* ---- the native format ---- */

static int save_product(struct db_conn *conn, struct arena *arena, const struct json *given,
                        int64_t now, struct import_saved *saved, struct err *err)
{
    struct product_result result = {0};
    struct json *doc = json_new(arena, JSON_OBJECT);
    json_each(item, given)
    {
        if (souk_str_is(item->key, "links"))
            saved->links = &item->value; /* when all are there */
        else if (!souk_str_is(item->key, "id") && !souk_str_is(item->key, "version"))
            *json_add_key(arena, doc, item->key, JSON_NULL) = item->value;
    }
    int code = product_save(conn, arena, doc, "import", now, &result, err);
    if (code == SOUK_OK)
        take_result(&result, saved);
    else if (result.pointer[0])
        saved->column = arena_printf(arena, "%s", result.pointer);
    return code;
}

int import_save_document(struct db_conn *conn, struct arena *arena, struct souk_str kind,
                         const struct json *doc, int64_t now, struct import_saved *saved,
                         struct err *err)
{
    int64_t id = 0;
    saved->kind = !souk_str_is(kind, "product");
    saved->change = PRODUCT_UNCHANGED;
    if (!saved->kind)
        return save_product(conn, arena, doc, now, saved, err);
    if (souk_str_is(kind, "attribute"))
        return attribute_save(conn, arena, doc, now, &id, &saved->change, err);
    if (souk_str_is(kind, "category"))
        return category_save(conn, arena, doc, now, &id, &saved->change, err);
    if (souk_str_is(kind, "page"))
        return page_save(conn, arena, doc, now, &id, &saved->change, err);
    if (souk_str_is(kind, "tax"))
        return tax_zone_put(conn, doc, &id, &saved->change, err);
    if (souk_str_is(kind, "price_list"))
        return price_list_put(conn, doc, &id, &saved->change, err);
    return err_set(err, SOUK_INVALID,
                   "\"%.*s\" is nothing that can be imported; there are attribute, category, page, "
                   "tax, price_list, product",
                   SOUK_PRI(kind));
}

int import_save_line(struct db_conn *conn, struct arena *arena, const struct import_line *line,
                     int64_t now, struct import_saved *saved, struct err *err)
{
    struct json *whole = NULL;
    *saved = (struct import_saved){.row = line->row};
    int code = json_parse(arena, line->cells[0], &whole, err);
    if (code != SOUK_OK)
        return SOUK_INVALID;
    if (whole->kind != JSON_OBJECT || whole->count != 1 || whole->first->value.kind != JSON_OBJECT)
        return err_set(err, SOUK_INVALID,
                       "a line holds one document: {\"product\": {…}}; see core/shop/IMPORT.md");
    return import_save_document(conn, arena, whole->first->key, &whole->first->value, now, saved,
                                err);
}
