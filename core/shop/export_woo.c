/*
 * export_woo: the columns of WooCommerce's own exporter, then as many attributes as the widest
 * product has, then what was kept of other files. A product stands in one row, its variants in rows
 * of their own after it.
 */
#include "base/clock.h"
#include "base/str.h"
#include "shop/export_table.h"

/* Those without a meaning in souk are filled from what was kept under their name. */
static const char *const columns[] = {"ID",
                                      "Type",
                                      "SKU",
                                      "GTIN, UPC, EAN, or ISBN",
                                      "Name",
                                      "Published",
                                      "Is featured?",
                                      "Visibility in catalog",
                                      "Short description",
                                      "Description",
                                      "Date sale price starts",
                                      "Date sale price ends",
                                      "Tax status",
                                      "Tax class",
                                      "In stock?",
                                      "Stock",
                                      "Low stock amount",
                                      "Backorders allowed?",
                                      "Sold individually?",
                                      "Weight (kg)",
                                      "Length (cm)",
                                      "Width (cm)",
                                      "Height (cm)",
                                      "Allow customer reviews?",
                                      "Purchase note",
                                      "Sale price",
                                      "Regular price",
                                      "Categories",
                                      "Tags",
                                      "Shipping class",
                                      "Images",
                                      "Download limit",
                                      "Download expiry days",
                                      "Parent",
                                      "Grouped products",
                                      "Upsells",
                                      "Cross-sells",
                                      "External URL",
                                      "Button text",
                                      "Position",
                                      "Brands",
                                      NULL};

static void head(struct export_out *out)
{
    static const char *const parts[] = {"name", "value(s)", "visible", "global", "default"};
    for (int i = 0; columns[i]; i++)
        export_name(out, columns[i]);
    for (int64_t n = 1; n <= out->widest; n++)
        for (int p = 0; p < 5; p++)
            export_raw(out, arena_printf(&out->arena, "Attribute %lld %s", (long long)n, parts[p]));
    for (size_t i = 0; i < out->meta.count; i++)
        if (export_is_extra(out->meta.at[i], columns))
            export_text(out, out->meta.at[i]);
    export_end(out);
}

/* ---- words ---- */

static const char *type_word(const struct json *doc)
{
    struct souk_str type = json_text(json_at(doc, "type"));
    if (json_at(doc, "options"))
        return "variable";
    if (souk_str_is(type, "bundle") && json_first(json_at(doc, "variants")))
        return "bundle"; /* has a price of its own, as the Product Bundles extension has it */
    return souk_str_is(type, "bundle")         ? "grouped"
           : souk_str_is(type, "external")     ? "external"
           : souk_str_is(type, "subscription") ? "subscription"
           : souk_str_is(type, "digital")      ? "simple, downloadable, virtual"
           : souk_str_is(type, "simple")       ? "simple"
           : souk_str_is(type, "variable")     ? "variable"
                                               : "simple, virtual";
}

static struct souk_str class_word(struct export_out *out, const struct json *owner)
{
    struct souk_str code = json_text(json_at(owner, "tax_class"));
    if (!code.len || souk_str_is(code, "standard"))
        return STR_NULL;
    return arena_printf(&out->work, "%.*s-rate", SOUK_PRI(code));
}

static const char *visibility_word(const struct json *doc)
{
    struct souk_str visibility = json_text(json_at(doc, "visibility"));
    return souk_str_is(visibility, "both")      ? "visible"
           : souk_str_is(visibility, "catalog") ? "catalog"
           : souk_str_is(visibility, "search")  ? "search"
                                                : "hidden";
}

/* The day of a moment at midnight, else the moment; an end at midnight is that of the day before.
 */
static struct souk_str day(struct export_out *out, const struct json *value, int end)
{
    char text[32];
    int64_t at;
    if (clock_parse(json_text(value), &at) != SOUK_OK)
        return STR_NULL;
    int whole = at % CLOCK_DAY == 0;
    size_t len = clock_format(whole && end ? at - CLOCK_DAY : at, 0, text);
    return arena_str(&out->work, str_make(text, whole ? 10 : len));
}

/* ---- parts of a row ---- */

struct row {
    const struct json *doc;     /* the product's; NULL: a variation's row */
    const struct json *variant; /* NULL: a product with variations, or of others */
    const struct json *product; /* always the product's */
};

static struct souk_str kept(struct export_out *out, const struct row *row, const char *name)
{
    return export_meta(out, row->doc ? row->doc : row->variant, souk_str(name));
}

static struct souk_str number_of_key(struct souk_str key)
{
    return str_starts(key, "id:") ? str_from(key, 3) : STR_NULL;
}

static void put_names(struct export_out *out, const struct row *row)
{
    struct souk_str key = json_text(json_at(row->product, "key"));
    struct souk_str id = kept(out, row, "ID");
    struct souk_str sku = json_text(json_at(row->variant, "sku"));
    if (row->doc && !id.len)
        id = number_of_key(key);
    if (row->doc && !row->variant)
        sku = number_of_key(key).len ? STR_NULL : key;
    export_raw(out, id);
    export_name(out, row->doc ? type_word(row->doc) : "variation");
    export_text(out, sku);
    export_text(out, json_text(json_at(row->variant, "barcode")));
    export_text(out, export_texts(out, row->product, "name"));
}

static void put_state(struct export_out *out, const struct row *row)
{
    struct souk_str status = json_text(json_at(row->product, "status"));
    if (row->doc)
        export_name(out, souk_str_is(status, "active") ? "1" : "-1");
    else
        export_flag(out, json_true(json_at(row->variant, "enabled")));
    export_flag(out, row->doc && json_true(json_at(row->doc, "featured")));
    export_name(out, row->doc ? visibility_word(row->doc) : "visible");
    export_text(out, row->doc ? export_texts(out, row->doc, "summary") : STR_NULL);
    export_text(out, row->doc ? export_texts(out, row->doc, "description") : STR_NULL);
}

static void put_sale_days(struct export_out *out, const struct row *row)
{
    const struct json *sale = export_price(row->variant, "sale");
    export_raw(out, day(out, json_at(sale, "from"), 0));
    export_raw(out, day(out, json_at(sale, "until"), 1));
    const struct json *class = json_at(row->product, "tax_class");
    export_name(out, class && class->kind != JSON_NULL ? "taxable" : "none");
    export_text(out, row->doc                             ? class_word(out, row->doc)
                     : json_at(row->variant, "tax_class") ? class_word(out, row->variant)
                                                          : souk_str("parent"));
}

static void put_stock(struct export_out *out, const struct row *row)
{
    struct souk_str backorder = json_text(json_at(row->variant, "backorder"));
    int tracked = json_true(json_at(row->variant, "tracked"));
    int64_t stock = json_int(json_at(row->variant, "stock"), 0);
    export_flag(out, !row->variant || !tracked || stock > 0 || !souk_str_is(backorder, "no"));
    if (tracked)
        export_raw(out, arena_printf(&out->work, "%lld", (long long)stock));
    else
        export_raw(out, kept(out, row, "Stock"));
    export_int(out, json_at(row->variant, "low_stock"));
    export_name(out, souk_str_is(backorder, "yes")      ? "1"
                     : souk_str_is(backorder, "notify") ? "notify"
                     : row->variant                     ? "0"
                                                        : "");
    export_text(out, kept(out, row, "Sold individually?"));
    export_decimal(out, json_at(row->variant, "weight_g"), 3);
    export_decimal(out, json_at(row->variant, "length_mm"), 1);
    export_decimal(out, json_at(row->variant, "width_mm"), 1);
    export_decimal(out, json_at(row->variant, "height_mm"), 1);
    export_text(out, kept(out, row, "Allow customer reviews?"));
    export_text(out, kept(out, row, "Purchase note"));
}

/* A base price with a price before it is a sale to WooCommerce. */
static void put_prices(struct export_out *out, const struct row *row)
{
    const struct json *base = export_price(row->variant, "base");
    const struct json *sale = export_price(row->variant, "sale");
    const struct json *before = json_at(base, "compare_at");
    if (before && json_int(before, 0) > json_int(json_at(base, "amount"), 0) && !sale) {
        export_money(out, json_at(base, "amount"));
        export_money(out, before);
    } else {
        export_money(out, json_at(sale, "amount"));
        export_money(out, json_at(base, "amount"));
    }
}

static struct souk_str images(struct export_out *out, const struct row *row)
{
    struct json *list = json_new(&out->work, JSON_ARRAY);
    json_each(item, json_at(row->doc, "images"))
        json_add_str(&out->work, list, NULL, json_text(json_at(&item->value, "source")));
    if (!row->doc)
        json_add_str(&out->work, list, NULL, json_text(json_at(row->variant, "image")));
    return export_join(out, list, ",");
}

static struct souk_str escaped(struct export_out *out, struct souk_str value)
{
    struct json *list = json_new(&out->work, JSON_ARRAY);
    json_add_str(&out->work, list, NULL, value);
    return export_join(out, list, ",");
}

static void put_places(struct export_out *out, const struct row *row)
{
    struct souk_str key = json_text(json_at(row->product, "key"));
    const struct json *doc = row->doc;
    export_text(out, export_paths(out, json_at(doc, "categories"), 0));
    export_text(out, export_join(out, json_at(doc, "tags"), ","));
    export_text(out, kept(out, row, "Shipping class"));
    export_text(out, images(out, row));
    export_text(out, kept(out, row, "Download limit"));
    export_text(out, kept(out, row, "Download expiry days"));
    export_text(out, doc ? STR_NULL : key);
    export_text(out, export_links(out, doc, "bundle"));
    export_text(out, export_links(out, doc, "upsell"));
    export_text(out, export_links(out, doc, "crosssell"));
    export_text(out, doc ? export_meta(out, doc, souk_str("external_url")) : STR_NULL);
    export_text(out, doc ? export_meta(out, doc, souk_str("button_text")) : STR_NULL);
    export_text(out, kept(out, row, "Position"));
    export_text(out, escaped(out, json_text(json_at(doc, "brand"))));
}

/* ---- attributes ---- */

static void put_attribute(struct export_out *out, const struct row *row, const struct json *entry,
                          int option)
{
    struct souk_str name = json_text(json_at(entry, "name"));
    struct souk_str code = json_text(json_at(entry, "code"));
    const struct json *visible = json_at(entry, "visible");
    const struct json *text = json_at(entry, "text");
    export_text(out, name.len ? name : code);
    if (!row->doc)
        export_text(out, escaped(out, json_text(json_get(json_at(row->variant, "options"), code))));
    else
        export_text(out, text ? json_text(text) : export_join(out, json_at(entry, "values"), ","));
    export_raw(out, row->doc ? souk_str(option || json_true(visible) ? "1" : "0") : STR_NULL);
    struct souk_str own = export_meta(
        out, row->product,
        arena_printf(&out->work, "Attribute global: %.*s", SOUK_PRI(name.len ? name : code)));
    export_raw(out, own.len ? own : souk_str("1"));
    export_text(out, row->doc ? export_meta(out, row->doc,
                                            arena_printf(&out->work, "Attribute default: %.*s",
                                                         SOUK_PRI(name.len ? name : code)))
                              : STR_NULL);
}

static void put_attributes(struct export_out *out, const struct row *row)
{
    int64_t n = 0;
    json_each(item, json_at(row->product, "options")) put_attribute(out, row, &item->value, 1), n++;
    json_each(item, row->doc ? json_at(row->doc, "attributes") : NULL) if (n < out->widest)
        put_attribute(out, row, &item->value, 0),
        n++;
    export_blank(out, (int)(5 * (out->widest - n)));
    for (size_t i = 0; i < out->meta.count; i++)
        if (export_is_extra(out->meta.at[i], columns))
            export_text(out, export_meta(out, row->doc ? row->doc : row->variant, out->meta.at[i]));
    export_end(out);
}

static void put_row(struct export_out *out, const struct row *row)
{
    put_names(out, row);
    put_state(out, row);
    put_sale_days(out, row);
    put_stock(out, row);
    put_prices(out, row);
    put_places(out, row);
    put_attributes(out, row);
}

static void product(struct export_out *out, const struct json *doc)
{
    const struct json_item *first = json_first(json_at(doc, "variants"));
    int optioned = json_at(doc, "options") != NULL;
    struct row row = {doc, first && !optioned ? &first->value : NULL, doc};
    put_row(out, &row);
    for (const struct json_item *item = optioned ? first : NULL; item; item = item->next) {
        struct row variation = {NULL, &item->value, doc};
        put_row(out, &variation);
    }
}

const struct export_format export_woocommerce = {"woocommerce", head, product};
