/*
 * product.c: products as a resource: what lists show of them, what can be filtered and sorted, and
 * what can be done with many at once. Everything goes through the document of product.h; the parts
 * of the form that are more than single fields are in product_form.c.
 */
#include "app/admin/product.h"

#include "app/admin.sql.h"
#include "base/money.h"
#include "base/str.h"
#include "shop/market.h"
#include "shop/product.h"

static const char *const statuses[] = {"active", "draft", "archived", NULL};
static const char *const visibilities[] = {"both", "catalog", "search", "hidden", NULL};
static const char *const types[] = {"simple",    "variable",     "bundle",   "digital", "service",
                                    "gift_card", "subscription", "external", NULL};
static const char *const availabilities[] = {"in", "low", "backorder", "out", NULL};

static int category_ids(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_category_ids, list);
}

static int category_keys(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_category_choices, list);
}

static int brand_ids(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_brand_ids, list);
}

static int brand_names(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_brand_choices, list);
}

static int tax_classes(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_tax_class_choices, list);
}

static const struct resource_column columns[] = {
    {"image", "Picture", RESOURCE_IMAGE, 0,
     "(SELECT '/media/' || i.hash || '-' || substr(i.widths, 1, instr(i.widths || ',', ',') - 1) || "
     "'.webp' FROM product_image pi JOIN image i ON i.id = pi.image_id AND i.state = 'ready' AND "
     "i.widths <> '' WHERE pi.product_id = t.id ORDER BY pi.position LIMIT 1)",
     NULL, NULL},
    {"name", "Name", SOUK_STRING, COLUMN_LINK,
     "coalesce((SELECT x.name FROM product_text x WHERE x.product_id = t.id ORDER BY x.locale <> "
     ":locale LIMIT 1), t.key)",
     "coalesce(n.name, (SELECT x.name FROM product_text x WHERE x.product_id = t.id ORDER BY x.locale "
     "LIMIT 1), t.key)",
     "product t LEFT JOIN product_text n ON n.product_id = t.id AND n.locale = :locale"},
    {"sku", "SKU", SOUK_STRING, 0,
     "(SELECT v.sku FROM variant v WHERE v.product_id = t.id ORDER BY v.position LIMIT 1)", NULL,
     NULL},
    {"price", "Price", SOUK_MONEY, 0,
     "(SELECT min(p.amount) FROM variant v JOIN price p ON p.variant_id = v.id AND p.list_id = 1 AND "
     "p.min_quantity = 1 WHERE v.product_id = t.id)",
     NULL, NULL},
    {"stock", "Stock", SOUK_INT, 0,
     "(SELECT sum(s.on_hand) FROM variant v JOIN stock s ON s.variant_id = v.id WHERE v.product_id = "
     "t.id AND v.tracked = 1)",
     NULL, NULL},
    {"status", "Status", SOUK_CHOICE, 0, "t.status", NULL, NULL},
    {"changed", "Changed", SOUK_TIME, 0, "t.changed_at", "t.changed_at", NULL},
    {.key = NULL}};

static const struct resource_filter filters[] = {
    {.key = "status",
     .label = "Status",
     .type = SOUK_CHOICE,
     .sql = "t.status = ?",
     .choices = statuses},
    {.key = "category",
     .label = "Category",
     .type = SOUK_CHOICE,
     .sql = "t.id IN (SELECT product_id FROM product_category WHERE category_id = "
            "CAST(? AS INTEGER))",
     .options = category_ids},
    {.key = "brand",
     .label = "Brand",
     .type = SOUK_CHOICE,
     .sql = "t.brand_id = CAST(? AS INTEGER)",
     .options = brand_ids},
    {.key = "availability",
     .label = "Availability",
     .type = SOUK_CHOICE,
     .sql = "EXISTS (SELECT 1 FROM variant v WHERE v.availability = ? AND v.product_id = t.id)",
     .choices = availabilities},
    {.key = NULL}};

static const struct resource_field fields[] = {
    FIELD_KEY("what files and other systems call it; it stays", 120),
    {.key = "type", .label = "Type", .type = SOUK_CHOICE, .choices = types},
    {.key = "status", .label = "Status", .type = SOUK_CHOICE, .choices = statuses},
    {.key = "visibility", .label = "Visible in", .type = SOUK_CHOICE, .choices = visibilities},
    {.key = "featured", .label = "Featured", .type = SOUK_BOOL},
    {.key = "brand", .label = "Brand", .type = SOUK_STRING, .options = brand_names, .max = 120},
    {.key = "tax_class",
     .label = "Tax class",
     .type = SOUK_CHOICE,
     .flags = FIELD_EMPTY,
     .options = tax_classes},
    {.key = "categories",
     .label = "Categories",
     .type = SOUK_LIST,
     .options = category_keys,
     .hint = "keys, one a line; the first is the main one"},
    {.key = "tags", .label = "Tags", .type = SOUK_LIST, .hint = "one a line"},
    {.key = "publish_from", .label = "Shown from", .type = SOUK_TIME, .hint = "UTC"},
    {.key = "publish_until", .label = "Shown until", .type = SOUK_TIME, .hint = "UTC"},
    FIELD_LINE("name", "Name", FIELD_MUST, NULL, 200),
    FIELD_LINE("slug", "Address", 0,
               "made from the name when empty; older addresses lead to the new one", 120),
    FIELD_TEXT("summary", "Summary", "Markdown or HTML"),
    FIELD_TEXT("description", "Description", "Markdown or HTML"),
    FIELD_SEO_TITLE,
    FIELD_SEO_DESCRIPTION,
    {.key = NULL}};

/* ---- load and save ---- */

static int load(struct resource_call *call, struct json **doc)
{
    return product_load(call->conn, call->arena, call->id, doc);
}

static int save(struct resource_call *call, const struct json *doc, char *pointer, struct err *err)
{
    struct product_result result = {0};
    struct json *whole = json_copy(call->arena, doc);
    int64_t there;
    if (call->id)
        json_add_int(call->arena, whole, "id", call->id);
    else if (product_find(call->conn, json_text(json_at(doc, "key")), &there) == SOUK_OK) {
        str_copy(pointer, 80, souk_str("/key"));
        return err_set(err, SOUK_CONFLICT, "there is a product with this key already");
    }
    int code =
        product_save(call->conn, call->arena, whole, "edit", call->request->now, &result, err);
    if (!code)
        call->id = result.id;
    str_copy(pointer, 80, souk_str(result.pointer));
    return code;
}

static int remove_it(struct resource_call *call, struct err *err)
{
    return product_archive(call->conn, call->id, 1, call->request->now, err);
}

/* ---- many at once ---- */

static int save_change(struct resource_call *call, struct json *doc, int64_t id, struct err *err)
{
    struct product_result result;
    json_add_int(call->arena, doc, "id", id);
    return product_save(call->conn, call->arena, doc, "edit", call->request->now, &result, err);
}

static int publish(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    struct json *doc = json_new(call->arena, JSON_OBJECT);
    json_add_cstr(call->arena, doc, "status", "active");
    return save_change(call, doc, id, err);
}

static int archive(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    return product_archive(call->conn, id, 0, call->request->now, err);
}

static struct json *member(const struct json *object, const char *key)
{
    return (struct json *)(uintptr_t)json_at(object, key);
}

static int is_base(const struct json *price)
{
    return souk_str_is(json_text(json_at(price, "list")), "base");
}

static int change_price(struct resource_call *call, int64_t id, struct souk_str value,
                        struct err *err)
{
    struct json *doc, *change = json_new(call->arena, JSON_OBJECT);
    int64_t percent, part;
    if (resource_decimal(value, 4, &percent) != SOUK_OK || percent < -900000 || percent > 10000000)
        return err_set(err, SOUK_INVALID, "a change between -90 and 1000 percent");
    int code = product_load(call->conn, call->arena, id, &doc);
    if (code)
        return err_set(err, code, "this product is not there any more");
    json_each(variant, json_at(doc, "variants"))
    {
        json_each(price, json_at(&variant->value, "prices"))
        {
            struct json *amount = member(&price->value, "amount");
            if (!amount || !is_base(&price->value))
                continue;
            if (money_share(amount->number, percent, &part) != SOUK_OK ||
                money_add(amount->number, part, &amount->number) != SOUK_OK)
                return err_set(err, SOUK_INVALID, "the new price would be too large");
        }
    }
    product_drop_stock(call->arena, member(doc, "variants"));
    json_add_tree(call->arena, change, "variants", json_at(doc, "variants"));
    return save_change(call, change, id, err);
}

static int set_stock(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    struct json *doc, *change = json_new(call->arena, JSON_OBJECT);
    int64_t stock;
    if (resource_decimal(value, 0, &stock) != SOUK_OK || stock < 0)
        return err_set(err, SOUK_INVALID, "a number of pieces, 0 or more");
    int code = product_load(call->conn, call->arena, id, &doc);
    if (code)
        return err_set(err, code, "this product is not there any more");
    json_each(variant, json_at(doc, "variants"))
        json_add_int(call->arena, (struct json *)(uintptr_t)&variant->value, "stock", stock);
    json_add_tree(call->arena, change, "variants", json_at(doc, "variants"));
    return save_change(call, change, id, err);
}

static const struct resource_action actions[] = {
    {.name = "publish", .label = "Publish", .run = publish},
    {.name = "archive",
     .label = "Archive",
     .run = archive,
     .confirm = "Archived products are not shown any more; their orders stay."},
    {.name = "price",
     .label = "Change prices by percent",
     .input = "Percent, such as -10 or 5.5",
     .input_type = SOUK_RATE,
     .run = change_price,
     .confirm = "The base price of every variant is changed."},
    {.name = "stock",
     .label = "Set the stock",
     .input = "Pieces of every variant",
     .input_type = SOUK_INT,
     .run = set_stock},
    {.name = NULL}};

const struct resource resource_products = {
    .name = "products",
    .title = "Products",
    .one = "Product",
    .right = "product",
    .subject = "product",
    .table = "product",
    .columns = columns,
    .filters = filters,
    .fields = fields,
    .actions = actions,
    .search = "t.id IN (SELECT product_id FROM product_text WHERE name LIKE ? "
              "ESCAPE '\\' UNION SELECT product_id FROM variant WHERE sku LIKE ? ESCAPE '\\') OR "
              "t.key LIKE ? ESCAPE '\\'",
    .flags = RESOURCE_CREATE | RESOURCE_REMOVE,
    .load = load,
    .save = save,
    .remove = remove_it,
    .extend = product_form_view,
    .take = product_form_take,
    .record = "admin/product"};
