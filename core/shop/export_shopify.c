/*
 * export_shopify: the columns of Shopify's template for products, more options where products have
 * more than three, then what was kept of other files. The first row of a product has what is the
 * product's; pictures go down its rows beside the variants, and on in rows of their own.
 */
#include "base/str.h"
#include "shop/export_table.h"

static const char *const columns[] = {"Handle",
                                      "Title",
                                      "Body (HTML)",
                                      "Vendor",
                                      "Type",
                                      "Tags",
                                      "Published",
                                      "Option1 Name",
                                      "Option1 Value",
                                      "Option2 Name",
                                      "Option2 Value",
                                      "Option3 Name",
                                      "Option3 Value",
                                      "Variant SKU",
                                      "Variant Grams",
                                      "Variant Inventory Tracker",
                                      "Variant Inventory Qty",
                                      "Variant Inventory Policy",
                                      "Variant Fulfillment Service",
                                      "Variant Price",
                                      "Variant Compare At Price",
                                      "Variant Requires Shipping",
                                      "Variant Taxable",
                                      "Variant Barcode",
                                      "Image Src",
                                      "Image Position",
                                      "Image Alt Text",
                                      "Gift Card",
                                      "SEO Title",
                                      "SEO Description",
                                      "Google Shopping / Google Product Category",
                                      "Google Shopping / Gender",
                                      "Google Shopping / Age Group",
                                      "Google Shopping / MPN",
                                      "Google Shopping / AdWords Grouping",
                                      "Google Shopping / AdWords Labels",
                                      "Google Shopping / Condition",
                                      "Google Shopping / Custom Product",
                                      "Google Shopping / Custom Label 0",
                                      "Google Shopping / Custom Label 1",
                                      "Google Shopping / Custom Label 2",
                                      "Google Shopping / Custom Label 3",
                                      "Google Shopping / Custom Label 4",
                                      "Variant Image",
                                      "Variant Weight Unit",
                                      "Variant Tax Code",
                                      "Cost per item",
                                      "Status",
                                      "Souk Type",
                                      NULL};
#define GOOGLE_FIRST 30
#define GOOGLE_LAST  42

static void head(struct export_out *out)
{
    for (int i = 0; columns[i]; i++)
        export_name(out, columns[i]);
    for (int64_t n = 4; n <= out->options; n++) {
        export_raw(out, arena_printf(&out->arena, "Option%lld Name", (long long)n));
        export_raw(out, arena_printf(&out->arena, "Option%lld Value", (long long)n));
    }
    for (size_t i = 0; i < out->meta.count; i++)
        if (export_is_extra(out->meta.at[i], columns))
            export_text(out, out->meta.at[i]);
    export_end(out);
}

struct row {
    const struct json *doc;     /* NULL: not the first */
    const struct json *variant; /* NULL: a picture alone */
    const struct json *image;   /* NULL: none left */
    const struct json *product;
    int64_t position; /* of the picture */
};

static void put_product(struct export_out *out, const struct row *row)
{
    const struct json *doc = row->doc;
    struct souk_str status = json_text(json_at(row->product, "status"));
    export_text(out, json_text(json_at(row->product, "key")));
    export_text(out, doc ? export_texts(out, doc, "name") : STR_NULL);
    export_text(out, doc ? export_texts(out, doc, "description") : STR_NULL);
    export_text(out, json_text(json_at(doc, "brand")));
    export_text(out, export_paths(out, json_at(doc, "categories"), 1));
    export_text(out, export_join(out, json_at(doc, "tags"), ","));
    export_name(out, !doc ? "" : souk_str_is(status, "active") ? "true" : "false");
}

static void put_option(struct export_out *out, const struct row *row, int64_t number)
{
    const struct json_item *item = json_first(json_at(row->product, "options"));
    int none = !item && row->variant;
    for (int64_t n = 1; item && n < number; n++)
        item = item->next;
    if (none && number == 1 && row->doc) {
        export_name(out, "Title");
        export_name(out, "Default Title");
        return;
    }
    struct souk_str name = item ? json_text(json_at(&item->value, "name")) : STR_NULL;
    struct souk_str code = item ? json_text(json_at(&item->value, "code")) : STR_NULL;
    export_text(out, row->doc ? name : STR_NULL);
    export_text(out, item ? json_text(json_get(json_at(row->variant, "options"), code)) : STR_NULL);
}

static void put_stock(struct export_out *out, const struct row *row)
{
    const struct json *variant = row->variant;
    struct souk_str backorder = json_text(json_at(variant, "backorder"));
    int tracked = json_true(json_at(variant, "tracked"));
    export_text(out, json_text(json_at(variant, "sku")));
    export_int(out, json_at(variant, "weight_g"));
    export_name(out, tracked ? "shopify" : "");
    if (tracked)
        export_raw(out, arena_printf(&out->work, "%lld",
                                     (long long)json_int(json_at(variant, "stock"), 0)));
    else
        export_raw(out, STR_NULL);
    export_name(out, !variant ? "" : souk_str_is(backorder, "no") ? "deny" : "continue");
}

static struct souk_str kept(struct export_out *out, const struct json *owner, const char *name)
{
    return owner ? export_meta(out, owner, souk_str(name)) : STR_NULL;
}

/* A sale that is on without dates is what Shopify calls the price. */
static void put_price(struct export_out *out, const struct row *row)
{
    const struct json *base = export_price(row->variant, "base");
    const struct json *sale = export_price(row->variant, "sale");
    const struct json *class = json_at(row->product, "tax_class");
    if (sale && !json_at(sale, "from") && !json_at(sale, "until")) {
        export_money(out, json_at(sale, "amount"));
        export_money(out, json_at(base, "amount"));
    } else {
        export_money(out, json_at(base, "amount"));
        export_money(out, json_at(base, "compare_at"));
    }
    export_text(out, kept(out, row->variant, "Variant Requires Shipping"));
    export_name(out, !row->variant ? "" : class && class->kind != JSON_NULL ? "true" : "false");
    export_text(out, json_text(json_at(row->variant, "barcode")));
}

static void put_image(struct export_out *out, const struct row *row)
{
    export_text(out, json_text(json_at(row->image, "source")));
    if (row->image)
        export_raw(out, arena_printf(&out->work, "%lld", (long long)row->position));
    else
        export_raw(out, STR_NULL);
    export_text(out, json_text(json_at(json_at(row->image, "alt"), out->locale)));
}

static void put_rest(struct export_out *out, const struct row *row)
{
    const struct json *doc = row->doc;
    struct souk_str type = json_text(json_at(doc, "type"));
    export_name(out, !doc ? "" : souk_str_is(type, "gift_card") ? "true" : "false");
    export_text(out, doc ? export_texts(out, doc, "seo_title") : STR_NULL);
    export_text(out, doc ? export_texts(out, doc, "seo_description") : STR_NULL);
    for (int i = GOOGLE_FIRST; i <= GOOGLE_LAST; i++)
        export_text(out, kept(out, doc ? doc : row->variant, columns[i]));
    export_text(out, json_text(json_at(row->variant, "image")));
    export_text(out, kept(out, row->variant, "Variant Weight Unit"));
    export_text(out, kept(out, row->variant, "Variant Tax Code"));
    export_money(out, json_at(row->variant, "cost"));
    int unlisted = souk_str_is(json_text(json_at(doc, "status")), "active") &&
                   souk_str_is(json_text(json_at(doc, "visibility")), "hidden");
    export_text(out, unlisted ? souk_str("unlisted") : json_text(json_at(doc, "status")));
    int known = souk_str_is(type, "simple") || souk_str_is(type, "variable") ||
                souk_str_is(type, "gift_card");
    export_text(out, known ? STR_NULL : type);
    for (int64_t n = 4; n <= out->options; n++)
        put_option(out, row, n);
    for (size_t i = 0; i < out->meta.count; i++) {
        struct souk_str name = out->meta.at[i];
        const struct json *owner = doc && !str_starts(name, "Variant ") ? doc : row->variant;
        if (export_is_extra(name, columns))
            export_text(out, owner ? export_meta(out, owner, name) : STR_NULL);
    }
    export_end(out);
}

static void put_row(struct export_out *out, const struct row *row)
{
    put_product(out, row);
    for (int64_t n = 1; n <= 3; n++)
        put_option(out, row, n);
    put_stock(out, row);
    export_text(out, kept(out, row->variant, "Variant Fulfillment Service"));
    put_price(out, row);
    put_image(out, row);
    put_rest(out, row);
}

static void product(struct export_out *out, const struct json *doc)
{
    const struct json_item *variant = json_first(json_at(doc, "variants"));
    const struct json_item *image = json_first(json_at(doc, "images"));
    int64_t position = 0;
    for (int first = 1; first || variant || image; first = 0) {
        struct row row = {.doc = first ? doc : NULL,
                          .variant = variant ? &variant->value : NULL,
                          .image = image ? &image->value : NULL,
                          .product = doc,
                          .position = ++position};
        put_row(out, &row);
        variant = variant ? variant->next : NULL;
        image = image ? image->next : NULL;
    }
}

const struct export_format export_shopify = {"shopify", head, product};
