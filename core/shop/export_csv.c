/*
 * export_csv: souk's own table. The columns have the names of the meanings that an import knows, so
 * that no map is needed. The first row of a product has what is the product's, each row a variant.
 */
#include "base/str.h"
#include "shop/export_table.h"

static const char *const texts[] = {"name",        "slug",      "summary",
                                    "description", "seo_title", "seo_description"};
#define TEXTS 6

static const char *const columns[] = {
    "key",        "type",        "status",      "visibility",   "featured",      "brand",
    "categories", "tags",        "tax_class",   "publish_from", "publish_until", "images",
    "related",    "upsell",      "crosssell",   "bundle",       "external_url",  "button_text",
    "sku",        "barcode",     "enabled",     "price",        "compare_at",    "sale_price",
    "sale_from",  "sale_until",  "cost",        "stock",        "tracked",       "backorder",
    "low_stock",  "weight (kg)", "length (cm)", "width (cm)",   "height (cm)",   "variant_image",
    NULL};

static int is_default(const struct export_out *out, struct souk_str locale)
{
    return souk_str_is(locale, out->locale);
}

static void head(struct export_out *out)
{
    for (int i = 0; columns[i]; i++)
        export_name(out, columns[i]);
    for (int i = 0; i < TEXTS; i++)
        export_name(out, texts[i]);
    for (size_t l = 0; l < out->locales.count; l++)
        for (int i = 0; i < TEXTS && !is_default(out, out->locales.at[l]); i++)
            export_raw(
                out, arena_printf(&out->arena, "%s:%.*s", texts[i], SOUK_PRI(out->locales.at[l])));
    for (int64_t n = 1; n <= out->options; n++) {
        export_raw(out, arena_printf(&out->arena, "option%lld name", (long long)n));
        export_raw(out, arena_printf(&out->arena, "option%lld value", (long long)n));
    }
    for (size_t i = 0; i < out->lists.count; i++) {
        export_raw(out, arena_printf(&out->arena, "price:%.*s", SOUK_PRI(out->lists.at[i])));
        export_raw(out, arena_printf(&out->arena, "compare_at:%.*s", SOUK_PRI(out->lists.at[i])));
    }
    for (size_t i = 0; i < out->attributes.count; i++)
        export_raw(out,
                   arena_printf(&out->arena, "attribute:%.*s", SOUK_PRI(out->attributes.at[i])));
    for (size_t i = 0; i < out->meta.count; i++)
        if (export_is_extra(out->meta.at[i], columns))
            export_text(out, out->meta.at[i]);
    export_end(out);
}

static struct souk_str member(const struct json *of, const char *name)
{
    return json_text(json_at(of, name));
}

static struct souk_str sources(struct export_out *out, const struct json *doc)
{
    struct json *list = json_new(&out->work, JSON_ARRAY);
    json_each(item, json_at(doc, "images"))
        json_add_str(&out->work, list, NULL, json_text(json_at(&item->value, "source")));
    return export_join(out, list, ",");
}

static void put_product(struct export_out *out, const struct json *doc)
{
    static const char *const kinds[] = {"related", "upsell", "crosssell", "bundle"};
    const struct json *class = json_at(doc, "tax_class");
    export_text(out, member(doc, "type"));
    export_text(out, member(doc, "status"));
    export_text(out, member(doc, "visibility"));
    export_flag(out, json_true(json_at(doc, "featured")));
    export_text(out, member(doc, "brand"));
    export_text(out, export_paths(out, json_at(doc, "categories"), 0));
    export_text(out, export_join(out, json_at(doc, "tags"), ","));
    export_text(out, class && class->kind == JSON_NULL ? souk_str("none") : json_text(class));
    export_raw(out, member(doc, "publish_from"));
    export_raw(out, member(doc, "publish_until"));
    export_text(out, sources(out, doc));
    for (int i = 0; i < 4; i++)
        export_text(out, export_links(out, doc, kinds[i]));
    export_text(out, export_meta(out, doc, souk_str("external_url")));
    export_text(out, export_meta(out, doc, souk_str("button_text")));
}

static void put_flag(struct export_out *out, const struct json *flag)
{
    if (flag)
        export_flag(out, json_true(flag));
    else
        export_raw(out, STR_NULL);
}

static void put_variant(struct export_out *out, const struct json *variant)
{
    const struct json *base = export_price(variant, "base"), *sale = export_price(variant, "sale");
    export_text(out, member(variant, "sku"));
    export_text(out, member(variant, "barcode"));
    put_flag(out, json_at(variant, "enabled"));
    export_money(out, json_at(base, "amount"));
    export_money(out, json_at(base, "compare_at"));
    export_money(out, json_at(sale, "amount"));
    export_raw(out, member(sale, "from"));
    export_raw(out, member(sale, "until"));
    export_money(out, json_at(variant, "cost"));
    export_int(out, json_at(variant, "stock"));
    put_flag(out, json_at(variant, "tracked"));
    export_raw(out, member(variant, "backorder"));
    export_int(out, json_at(variant, "low_stock"));
    export_decimal(out, json_at(variant, "weight_g"), 3);
    export_decimal(out, json_at(variant, "length_mm"), 1);
    export_decimal(out, json_at(variant, "width_mm"), 1);
    export_decimal(out, json_at(variant, "height_mm"), 1);
    export_text(out, member(variant, "image"));
}

static void put_texts(struct export_out *out, const struct json *doc)
{
    const struct json *all = json_at(doc, "text");
    for (int i = 0; i < TEXTS; i++)
        export_text(out, member(json_at(all, out->locale), texts[i]));
    for (size_t l = 0; l < out->locales.count; l++)
        for (int i = 0; i < TEXTS && !is_default(out, out->locales.at[l]); i++)
            export_text(out, member(json_get(all, out->locales.at[l]), texts[i]));
}

static void put_options(struct export_out *out, const struct json *doc, const struct json *variant)
{
    const struct json_item *item = json_first(json_at(doc, "options"));
    for (int64_t n = 1; n <= out->options; n++) {
        export_text(out, item ? member(&item->value, "name") : STR_NULL);
        export_text(out, item ? json_text(json_get(json_at(variant, "options"),
                                                   member(&item->value, "code")))
                              : STR_NULL);
        item = item ? item->next : NULL;
    }
}

static void put_attributes(struct export_out *out, const struct json *doc)
{
    for (size_t i = 0; i < out->attributes.count; i++) {
        const struct json *found = NULL;
        json_each(item, json_at(doc, "attributes")) if (souk_str_equal(member(&item->value, "name"),
                                                                       out->attributes.at[i]) ||
                                                        souk_str_equal(member(&item->value, "code"),
                                                                       out->attributes.at[i]))
            found = &item->value;
        const struct json *text = json_at(found, "text");
        export_text(out, text ? json_text(text) : export_join(out, json_at(found, "values"), "|"));
    }
}

static void put_lists(struct export_out *out, const struct json *variant)
{
    for (size_t i = 0; i < out->lists.count; i++) {
        const struct json *price = export_price(variant, arena_cstr(&out->work, out->lists.at[i]));
        export_money(out, json_at(price, "amount"));
        export_money(out, json_at(price, "compare_at"));
    }
}

static void put_row(struct export_out *out, const struct json *product, const struct json *variant,
                    int first)
{
    const struct json *doc = first ? product : NULL;
    export_text(out, member(product, "key"));
    if (doc)
        put_product(out, doc);
    else
        export_blank(out, 17);
    put_variant(out, variant);
    put_texts(out, doc);
    put_options(out, product, variant);
    put_lists(out, variant);
    put_attributes(out, doc);
    for (size_t i = 0; i < out->meta.count; i++) {
        struct souk_str name = out->meta.at[i];
        const struct json *owner = doc && !str_starts(name, "Variant ") ? doc : variant;
        if (export_is_extra(name, columns))
            export_text(out, owner ? export_meta(out, owner, name) : STR_NULL);
    }
    export_end(out);
}

static void product(struct export_out *out, const struct json *doc)
{
    const struct json_item *variant = json_first(json_at(doc, "variants"));
    for (int first = 1; first || variant; first = 0) {
        put_row(out, doc, variant ? &variant->value : NULL, first);
        variant = variant ? variant->next : NULL;
    }
}

const struct export_format export_csv = {"csv", head, product};
