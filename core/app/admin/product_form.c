/*
 * product_form.c: variants as a grid, pictures, attributes and links of a product's form.
 *
 * The grid begins with the variants as they are in the database; what was sent for row i is put
 * over variant i, if its SKU is the one that the form showed. So nothing that the grid does not
 * show is lost. The stock is sent on only when it was changed in the form: orders move it
 * meanwhile.
 *
 * Attributes are lines "code: value, value"; links are keys, one a line; both are small texts that
 * work without script.
 */
#include "app/admin/product.h"

#include <string.h>
#include "base/str.h"
#include "base/utf8.h"
#include "shop/market.h"
#include "shop/product.h"

static const char *const link_kinds[] = {"related", "upsell", "crosssell", "accessory", NULL};

static struct json *open_up(const struct json *value)
{
    return (struct json *)(uintptr_t)value;
}

/* The object without `key`. */
static struct json *without(struct arena *arena, const struct json *object, const char *key)
{
    struct json *copy = json_new(arena, JSON_OBJECT);
    json_each(item, object) if (!souk_str_is(item->key, key)) *
        json_add_key(arena, copy, item->key, JSON_NULL) = item->value;
    return copy;
}

void product_drop_stock(struct arena *arena, struct json *variants)
{
    if (!variants || variants->kind != JSON_ARRAY)
        return;
    for (struct json_item *item = variants->first; item; item = item->next)
        item->value = *without(arena, &item->value, "stock");
}

static const struct json *base_price(const struct json *variant)
{
    json_each(price, json_at(variant, "prices"))
    {
        int64_t from = json_int(json_at(&price->value, "min_quantity"), 1);
        if (souk_str_is(json_text(json_at(&price->value, "list")), "base") && from == 1)
            return &price->value;
    }
    return NULL;
}

static struct souk_str number_text(struct arena *arena, const struct json *value, int digits)
{
    return value && value->kind == JSON_INT ? resource_decimal_text(arena, value->number, digits)
                                            : souk_str("");
}

/* ---- into the view ---- */

static const char *cell_name(struct arena *arena, const char *what, size_t row)
{
    return arena_printf(arena, "v%zu-%s", row, what).ptr;
}

/* What was typed in a form that comes back, else what is there. */
static struct souk_str typed(struct resource_call *call, const char *name, struct souk_str there)
{
    return request_form_has(call->request, name, NULL) ? request_form(call->request, name) : there;
}

static void add_cell(struct resource_call *call, struct json *cells, const char *what, size_t row,
                     struct souk_str value, const char *label, const char *type)
{
    struct arena *arena = call->arena;
    const char *name = cell_name(arena, what, row);
    struct json *cell = json_add(arena, cells, NULL, JSON_OBJECT);
    json_add_cstr(arena, cell, "name", name);
    json_add_str(arena, cell, "label", site_words(call->request, "souk", label));
    json_add_str(arena, cell, "value", typed(call, name, value));
    json_add_cstr(arena, cell, "type", type);
    if (json_at(call->wrong, name))
        json_add_str(arena, cell, "error", json_text(json_at(call->wrong, name)));
}

static struct souk_str options_text_of(struct arena *arena, const struct json *variant)
{
    struct buf out = {.arena = arena};
    json_each(option, json_at(variant, "options"))
    {
        if (out.len)
            buf_add_cstr(&out, " / ");
        buf_add_str(&out, json_text(&option->value));
    }
    return buf_str(&out);
}

static void add_variant(struct resource_call *call, struct json *rows, const struct json *variant,
                        size_t i)
{
    struct arena *arena = call->arena;
    const struct json *price = base_price(variant);
    struct json *row = json_add(arena, rows, NULL, JSON_OBJECT);
    struct souk_str sku = json_text(json_at(variant, "sku"));
    struct souk_str stock = number_text(arena, json_at(variant, "stock"), 0);
    json_add_str(arena, row, "options", options_text_of(arena, variant));
    json_add_cstr(arena, row, "was", cell_name(arena, "was", i));
    json_add_str(arena, row, "sku", sku);
    json_add_cstr(arena, row, "stock_was", cell_name(arena, "stockwas", i));
    json_add_str(arena, row, "stock", stock);
    struct json *cells = json_add(arena, row, "cells", JSON_ARRAY);
    add_cell(call, cells, "sku", i, sku, "SKU", "text");
    add_cell(call, cells, "price", i,
             number_text(arena, json_at(price, "amount"), resource_money_digits()), "Price",
             "decimal");
    add_cell(call, cells, "compare", i,
             number_text(arena, json_at(price, "compare_at"), resource_money_digits()),
             "Compare at", "decimal");
    add_cell(call, cells, "stock", i, stock, "Stock", "numeric");
    add_cell(call, cells, "barcode", i, json_text(json_at(variant, "barcode")), "Barcode", "text");
    add_cell(call, cells, "weight", i, number_text(arena, json_at(variant, "weight_g"), 0),
             "Weight (g)", "numeric");
}

static void add_new_variant(struct resource_call *call, struct json *view)
{
    struct json *rows = json_add(call->arena, view, "variants", JSON_ARRAY);
    add_variant(call, rows, json_new(call->arena, JSON_OBJECT), 0);
}

static struct souk_str picture_sent(struct resource_call *call, size_t row, const char *what)
{
    return str_trim(
        request_form(call->request, arena_printf(call->arena, "picture%zu-%s", row, what).ptr));
}

/* A form that comes back shows what was typed beside a picture that is still in its place. */
static void add_pictures(struct resource_call *call, const struct json *doc, struct json *view)
{
    struct arena *arena = call->arena;
    struct json *rows = json_add(arena, view, "pictures", JSON_ARRAY);
    size_t i = 0;
    json_each(image, json_at(doc, "images"))
    {
        struct json *row = json_add(arena, rows, NULL, JSON_OBJECT);
        const char *locale = market_shop()->locales[0];
        struct souk_str source = json_text(json_at(&image->value, "source"));
        struct souk_str alt = json_text(json_at(json_at(&image->value, "alt"), locale));
        struct souk_str at = arena_printf(arena, "%zu", ++i);
        int same = souk_str_equal(picture_sent(call, i, "was"), source);
        json_add_str(arena, row, "source", source);
        json_add_str(arena, row, "alt", same ? picture_sent(call, i, "alt") : alt);
        json_add_str(arena, row, "position", same ? picture_sent(call, i, "position") : at);
        json_add_bool(arena, row, "removed", same && picture_sent(call, i, "remove").len);
    }
}

static struct souk_str attributes_text(struct arena *arena, const struct json *doc)
{
    struct buf out = {.arena = arena};
    json_each(item, json_at(doc, "attributes"))
    {
        struct souk_str code = json_text(json_at(&item->value, "code"));
        const struct json *text = json_at(&item->value, "text");
        if (code.len == 0)
            code = json_text(json_at(&item->value, "name"));
        buf_add_str(&out, code);
        buf_add_cstr(&out, text ? " = " : ": ");
        buf_add_str(&out, json_text(text));
        json_each(value, json_at(&item->value, "values"))
        {
            struct souk_str name = json_text(&value->value);
            if (name.len == 0)
                name = json_text(json_at(&value->value, "code"));
            buf_add_str(&out, name);
            if (value->next)
                buf_add_cstr(&out, ", ");
        }
        buf_add_cstr(&out, "\n");
    }
    return buf_str(&out);
}

static struct souk_str links_text(struct arena *arena, const struct json *doc, const char *kind)
{
    struct buf out = {.arena = arena};
    json_each(key, json_at(json_at(doc, "links"), kind))
    {
        buf_add_str(&out, json_text(&key->value));
        buf_add_cstr(&out, "\n");
    }
    return buf_str(&out);
}

/* Were the same lines sent as were shown? Then what they stand for stays as it is. */
static int same_lines(struct souk_str a, struct souk_str b)
{
    struct souk_str x, y;
    int more_a, more_b;
    do {
        while ((more_a = str_split(&a, '\n', &x)) && str_trim(x).len == 0)
            ;
        while ((more_b = str_split(&b, '\n', &y)) && str_trim(y).len == 0)
            ;
        if (more_a != more_b || (more_a && !souk_str_equal(str_trim(x), str_trim(y))))
            return 0;
    } while (more_a);
    return 1;
}

static void add_attributes(struct resource_call *call, const struct json *doc, struct json *view)
{
    json_add_str(call->arena, view, "attributes",
                 typed(call, "attributes", attributes_text(call->arena, doc)));
}

static void add_links(struct resource_call *call, const struct json *doc, struct json *view)
{
    struct json *rows = json_add(call->arena, view, "links", JSON_ARRAY);
    for (const char *const *kind = link_kinds; *kind; kind++) {
        struct json *row = json_add(call->arena, rows, NULL, JSON_OBJECT);
        const char *name = arena_printf(call->arena, "link-%s", *kind).ptr;
        json_add_cstr(call->arena, row, "name", name);
        json_add_str(call->arena, row, "label", site_words(call->request, "souk", *kind));
        json_add_str(call->arena, row, "value",
                     typed(call, name, links_text(call->arena, doc, *kind)));
    }
}

void product_form_view(struct resource_call *call, const struct json *doc, struct json *view)
{
    const struct json *variants = json_at(doc, "variants");
    size_t i = 0;
    if (!doc) {
        add_new_variant(call, view);
        return;
    }
    struct json *rows = json_add(call->arena, view, "variants", JSON_ARRAY);
    json_each(variant, variants) add_variant(call, rows, &variant->value, i++);
    add_pictures(call, doc, view);
    add_attributes(call, doc, view);
    add_links(call, doc, view);
    const char *locale = market_shop()->locales[0];
    struct souk_str slug = json_text(json_at(json_at(json_at(doc, "text"), locale), "slug"));
    if (slug.len && souk_str_is(json_text(json_at(doc, "status")), "active"))
        json_add_str(call->arena, view, "page_url",
                     arena_printf(call->arena, "/p/%.*s", SOUK_PRI(slug)));
}

/* ---- from the form ---- */

static struct souk_str sent(struct resource_call *call, const char *what, size_t row)
{
    return str_trim(request_form(call->request, cell_name(call->arena, what, row)));
}

/* A whole number with `digits` decimals, or null when empty. 0 when it cannot be read. */
static int put_number(struct resource_call *call, struct json *object, const char *key,
                      const char *what, size_t row, int digits)
{
    struct souk_str text = sent(call, what, row);
    int64_t number;
    if (text.len == 0) {
        json_add_null(call->arena, object, key);
        return 1;
    }
    if (resource_decimal(text, digits, &number) != SOUK_OK || number < 0) {
        resource_wrong(call, cell_name(call->arena, what, row), "a number of 0 or more, please");
        return 0;
    }
    json_add_int(call->arena, object, key, number);
    return 1;
}

static void put_price(struct resource_call *call, struct json *variant, size_t row)
{
    struct arena *arena = call->arena;
    struct json *price = open_up(base_price(variant));
    if (sent(call, "price", row).len == 0) {
        struct json *others = json_new(arena, JSON_ARRAY);
        json_each(other, json_at(variant, "prices")) if (&other->value != price)
            json_add_tree(arena, others, NULL, &other->value);
        json_add_tree(arena, variant, "prices", others);
        return;
    }
    if (!price) {
        struct json *prices = open_up(json_at(variant, "prices"));
        if (!prices)
            prices = json_add(arena, variant, "prices", JSON_ARRAY);
        price = json_add(arena, prices, NULL, JSON_OBJECT);
        json_add_cstr(arena, price, "list", "base");
    }
    put_number(call, price, "amount", "price", row, resource_money_digits());
    put_number(call, price, "compare_at", "compare", row, resource_money_digits());
}

static void put_variant(struct resource_call *call, struct json *variant, size_t row)
{
    struct arena *arena = call->arena;
    struct souk_str sku = sent(call, "sku", row);
    if (sku.len)
        json_add_str(arena, variant, "sku", sku);
    json_add_str(arena, variant, "barcode", sent(call, "barcode", row));
    put_number(call, variant, "weight_g", "weight", row, 0);
    put_price(call, variant, row);
    if (souk_str_equal(sent(call, "stock", row), sent(call, "stockwas", row)))
        *variant = *without(arena, variant, "stock");
    else
        put_number(call, variant, "stock", "stock", row, 0);
}

static int take_variants(struct resource_call *call, const struct json *before, struct json *doc)
{
    size_t row = 0;
    const struct json *there = json_at(before, "variants");
    if (!request_form_has(call->request, "_variants", "1"))
        return SOUK_OK;
    struct json *variants =
        there ? json_copy(call->arena, there) : json_new(call->arena, JSON_ARRAY);
    if (!there)
        json_add(call->arena, variants, NULL, JSON_OBJECT);
    for (struct json_item *item = variants->first; item; item = item->next, row++) {
        if (!souk_str_equal(sent(call, "was", row), json_text(json_at(&item->value, "sku")))) {
            resource_wrong(call, "", "the variants have changed meanwhile; look at them again");
            return SOUK_CONFLICT;
        }
        put_variant(call, &item->value, row);
    }
    json_add_tree(call->arena, doc, "variants", variants);
    return SOUK_OK;
}

static void take_pictures(struct resource_call *call, const struct json *before, struct json *doc)
{
    struct arena *arena = call->arena;
    const struct json *images = json_at(before, "images");
    struct json *list = json_new(arena, JSON_ARRAY);
    if (!request_form_has(call->request, "_pictures", "1") || !images)
        return;
    /* by the typed position; equal ones keep their order */
    for (int64_t place = 1; place <= (int64_t)images->count; place++) {
        size_t row = 0;
        json_each(image, images)
        {
            int64_t wanted = (int64_t)++row;
            str_to_int(picture_sent(call, row, "position"), &wanted);
            wanted = wanted < 1 ? 1 : wanted > (int64_t)images->count ? images->count : wanted;
            if (wanted != place || souk_str_is(picture_sent(call, row, "remove"), "1"))
                continue;
            struct json *copy = json_copy(arena, &image->value);
            struct json *words = open_up(json_at(copy, "alt"));
            if (!words || words->kind != JSON_OBJECT)
                words = json_add(arena, copy, "alt", JSON_OBJECT);
            json_add_str(arena, words, market_shop()->locales[0], picture_sent(call, row, "alt"));
            json_add_tree(arena, list, NULL, copy);
        }
    }
    json_add_tree(arena, doc, "images", list);
}

/* "color: red, blue" chooses values, "care = Wash cold" is a text. */
static void take_attribute(struct resource_call *call, struct souk_str line, struct json *list)
{
    struct arena *arena = call->arena;
    ptrdiff_t colon = str_find(line, ':'), equals = str_find(line, '=');
    int is_text = equals > 0 && (colon < 0 || equals < colon);
    ptrdiff_t cut = is_text ? equals : colon;
    if (cut <= 0) {
        resource_wrong(call, "attributes", "each line is: code: value, value");
        return;
    }
    struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_str(arena, row, "code", str_trim(str_make(line.ptr, (size_t)cut)));
    struct souk_str rest = str_from(line, (size_t)cut + 1), value;
    if (is_text) {
        json_add_str(arena, row, "text", str_trim(rest));
        return;
    }
    struct json *values = json_add(arena, row, "values", JSON_ARRAY);
    while (str_split(&rest, ',', &value))
        if (str_trim(value).len)
            json_add_str(arena, values, NULL, str_trim(value));
}

static void take_links(struct resource_call *call, const struct json *before, struct json *doc)
{
    struct arena *arena = call->arena;
    struct json *links = NULL;
    struct souk_str line;
    for (const char *const *kind = link_kinds; *kind; kind++) {
        const char *name = arena_printf(arena, "link-%s", *kind).ptr;
        struct souk_str text = request_form(call->request, name);
        if (same_lines(text, links_text(arena, before, *kind)))
            continue;
        links = links ? links : json_add(arena, doc, "links", JSON_OBJECT);
        struct json *list = json_add(arena, links, *kind, JSON_ARRAY);
        while (str_split(&text, '\n', &line))
            if (str_trim(line).len)
                json_add_str(arena, list, NULL, str_trim(line));
    }
}

static void take_lines(struct resource_call *call, const struct json *before, struct json *doc)
{
    struct souk_str text = request_form(call->request, "attributes"), line;
    if (!request_form_has(call->request, "_lines", "1"))
        return;
    take_links(call, before, doc);
    if (same_lines(text, attributes_text(call->arena, before)))
        return;
    struct json *attributes = json_add(call->arena, doc, "attributes", JSON_ARRAY);
    while (str_split(&text, '\n', &line))
        if (str_trim(line).len)
            take_attribute(call, str_trim(line), attributes);
}

int product_form_take(struct resource_call *call, const struct json *before, struct json *doc)
{
    int code = take_variants(call, before, doc);
    if (code)
        return code;
    if (before) {
        take_pictures(call, before, doc);
        take_lines(call, before, doc);
        json_add_int(call->arena, doc, "version", json_int(json_at(before, "version"), 0));
    }
    return SOUK_OK;
}
