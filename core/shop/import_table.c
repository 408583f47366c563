/*
 * import_table.c: the tables of the formats, and the matching of headers.
 *
 * WooCommerce's names are those of its own exporter, Shopify's those of its classic template and
 * of the newer one, Magento's those of its product export. The names of csv are souk's own; they
 * are also the meanings that a column map may name.
 */
#include "shop/import_table.h"

#include "base/str.h"

static const struct import_alias woocommerce[] = {
    {FIELD_ID, "ID"},
    {FIELD_TYPE, "Type"},
    {FIELD_SKU, "SKU"},
    {FIELD_BARCODE, "GTIN, UPC, EAN, or ISBN|GTIN"},
    {FIELD_NAME, "Name"},
    {FIELD_PUBLISHED, "Published"},
    {FIELD_FEATURED, "Is featured?|Featured"},
    {FIELD_VISIBILITY, "Visibility in catalog|Visibility in catalogue"},
    {FIELD_SUMMARY, "Short description"},
    {FIELD_DESCRIPTION, "Description"},
    {FIELD_SALE_FROM, "Date sale price starts"},
    {FIELD_SALE_UNTIL, "Date sale price ends"},
    {FIELD_TAX_STATUS, "Tax status"},
    {FIELD_TAX_CLASS, "Tax class"},
    {FIELD_IN_STOCK, "In stock?"},
    {FIELD_STOCK, "Stock"},
    {FIELD_LOW_STOCK, "Low stock amount"},
    {FIELD_BACKORDER, "Backorders allowed?"},
    {FIELD_WEIGHT, "Weight (*)|Weight"},
    {FIELD_LENGTH, "Length (*)|Length"},
    {FIELD_WIDTH, "Width (*)|Width"},
    {FIELD_HEIGHT, "Height (*)|Height"},
    {FIELD_SALE_PRICE, "Sale price"},
    {FIELD_PRICE, "Regular price|Price"},
    {FIELD_COST, "Cost of goods"},
    {FIELD_CATEGORIES, "Categories"},
    {FIELD_TAGS, "Tags"},
    {FIELD_IMAGES, "Images"},
    {FIELD_PARENT, "Parent"},
    {FIELD_BUNDLE, "Grouped products"},
    {FIELD_UPSELL, "Upsells"},
    {FIELD_CROSSSELL, "Cross-sells"},
    {FIELD_EXTERNAL_URL, "External URL"},
    {FIELD_BUTTON_TEXT, "Button text"},
    {FIELD_BRAND, "Brands|Brand"},
    {FIELD_ATTRIBUTE_NAME, "Attribute # name"},
    {FIELD_ATTRIBUTE_VALUES, "Attribute # value(s)"},
    {FIELD_ATTRIBUTE_VISIBLE, "Attribute # visible"},
    {FIELD_ATTRIBUTE_DEFAULT, "Attribute # default"},
    {FIELD_ATTRIBUTE_GLOBAL, "Attribute # global"},
    {0, NULL}};

static const struct import_alias shopify[] = {
    {FIELD_KEY, "Handle|URL handle"},
    {FIELD_NAME, "Title"},
    {FIELD_DESCRIPTION, "Body (HTML)|Body HTML|Description"},
    {FIELD_BRAND, "Vendor"},
    {FIELD_PRODUCT_TYPE, "Type|Custom product type"},
    {FIELD_TAGS, "Tags"},
    {FIELD_PUBLISHED, "Published|Published on online store"},
    {FIELD_STATUS, "Status"},
    {FIELD_OPTION_NAME, "Option# Name"},
    {FIELD_OPTION_VALUE, "Option# Value"},
    {FIELD_SKU, "Variant SKU|SKU"},
    {FIELD_WEIGHT, "Variant Grams|Weight value (grams)"},
    {FIELD_TRACKED, "Variant Inventory Tracker|Inventory tracker"},
    {FIELD_STOCK, "Variant Inventory Qty|Inventory quantity"},
    {FIELD_BACKORDER, "Variant Inventory Policy|Continue selling when out of stock"},
    {FIELD_PRICE, "Variant Price|Price"},
    {FIELD_COMPARE_AT, "Variant Compare At Price|Compare-at price"},
    {FIELD_TAXABLE, "Variant Taxable|Charge tax"},
    {FIELD_BARCODE, "Variant Barcode|Barcode"},
    {FIELD_IMAGE, "Image Src|Product image URL"},
    {FIELD_IMAGE_POSITION, "Image Position"},
    {FIELD_IMAGE_ALT, "Image Alt Text"},
    {FIELD_GIFT_CARD, "Gift Card"},
    {FIELD_SEO_TITLE, "SEO Title"},
    {FIELD_SEO_DESCRIPTION, "SEO Description"},
    {FIELD_VARIANT_IMAGE, "Variant Image|Variant image URL"},
    {FIELD_COST, "Cost per item"},
    {FIELD_TYPE, "Souk Type"}, /* of our own exports: what Shopify has no word for */
    {0, NULL}};

static const struct import_alias magento[] = {
    {FIELD_SKU, "sku"},
    {FIELD_TYPE, "product_type"},
    {FIELD_CATEGORIES, "categories"},
    {FIELD_NAME, "name"},
    {FIELD_DESCRIPTION, "description"},
    {FIELD_SUMMARY, "short_description"},
    {FIELD_WEIGHT, "weight"},
    {FIELD_PUBLISHED, "product_online"},
    {FIELD_TAX_CLASS, "tax_class_name"},
    {FIELD_VISIBILITY, "visibility"},
    {FIELD_PRICE, "price"},
    {FIELD_SALE_PRICE, "special_price"},
    {FIELD_SALE_FROM, "special_price_from_date"},
    {FIELD_SALE_UNTIL, "special_price_to_date"},
    {FIELD_COST, "cost"},
    {FIELD_SLUG, "url_key"},
    {FIELD_SEO_TITLE, "meta_title"},
    {FIELD_SEO_DESCRIPTION, "meta_description"},
    {FIELD_IMAGE, "base_image"},
    {FIELD_IMAGE_ALT, "base_image_label"},
    {FIELD_IMAGES, "additional_images"},
    {FIELD_MORE_ATTRIBUTES, "additional_attributes"},
    {FIELD_STOCK, "qty"},
    {FIELD_IN_STOCK, "is_in_stock"},
    {FIELD_TRACKED, "manage_stock"},
    {FIELD_BACKORDER, "allow_backorders"},
    {FIELD_LOW_STOCK, "notify_on_stock_below"},
    {FIELD_RELATED, "related_skus"},
    {FIELD_UPSELL, "upsell_skus"},
    {FIELD_CROSSSELL, "crosssell_skus"},
    {FIELD_BUNDLE, "associated_skus"},
    {FIELD_VARIATIONS, "configurable_variations"},
    {FIELD_VARIATION_LABELS, "configurable_variation_labels"},
    {FIELD_STORE_VIEW, "store_view_code"},
    {FIELD_TRACKED_BY_SHOP, "use_config_manage_stock"},
    {FIELD_BACKORDER_BY_SHOP, "use_config_backorders"},
    {FIELD_BUNDLE_VALUES, "bundle_values"},
    {FIELD_IGNORED,
     "small_image|small_image_label|thumbnail_image|thumbnail_image_label|created_at|"
     "updated_at|use_config_*|website_id|"
     "configurable_variation_prices|additional_image_labels|is_qty_decimal|"
     "min_cart_qty|max_cart_qty|qty_increments|enable_qty_increments|"
     "is_decimal_divided|out_of_stock_qty"},
    {0, NULL}};

static const struct import_alias plain[] = {
    {FIELD_KEY, "key|group|handle"},
    {FIELD_SKU, "sku"},
    {FIELD_TYPE, "type"},
    {FIELD_STATUS, "status"},
    {FIELD_PUBLISHED, "published"},
    {FIELD_VISIBILITY, "visibility"},
    {FIELD_FEATURED, "featured"},
    {FIELD_LOCALE, "locale"},
    {FIELD_NAME, "name|name:@|title"},
    {FIELD_SLUG, "slug|slug:@"},
    {FIELD_SUMMARY, "summary|summary:@"},
    {FIELD_DESCRIPTION, "description|description:@"},
    {FIELD_SEO_TITLE, "seo_title|seo_title:@"},
    {FIELD_SEO_DESCRIPTION, "seo_description|seo_description:@"},
    {FIELD_BRAND, "brand|vendor"},
    {FIELD_CATEGORIES, "categories|category"},
    {FIELD_PRODUCT_TYPE, "product_type"},
    {FIELD_TAGS, "tags"},
    {FIELD_TAX_CLASS, "tax_class"},
    {FIELD_TAXABLE, "taxable"},
    {FIELD_PUBLISH_FROM, "publish_from"},
    {FIELD_PUBLISH_UNTIL, "publish_until"},
    {FIELD_OPTION_NAME, "option# name|option#_name"},
    {FIELD_OPTION_VALUE, "option# value|option#_value"},
    {FIELD_ATTRIBUTE, "attribute:@"},
    {FIELD_PRICE, "price|price:@"},
    {FIELD_COMPARE_AT, "compare_at|compare_at:@"},
    {FIELD_SALE_PRICE, "sale_price"},
    {FIELD_SALE_FROM, "sale_from"},
    {FIELD_SALE_UNTIL, "sale_until"},
    {FIELD_CURRENCY, "currency"},
    {FIELD_COST, "cost"},
    {FIELD_STOCK, "stock|quantity|qty"},
    {FIELD_TRACKED, "tracked"},
    {FIELD_IN_STOCK, "in_stock"},
    {FIELD_BACKORDER, "backorder"},
    {FIELD_LOW_STOCK, "low_stock"},
    {FIELD_WEIGHT, "weight (*)|weight"},
    {FIELD_WEIGHT_UNIT, "weight_unit"},
    {FIELD_LENGTH, "length (*)|length"},
    {FIELD_WIDTH, "width (*)|width"},
    {FIELD_HEIGHT, "height (*)|height"},
    {FIELD_LENGTH_UNIT, "length_unit"},
    {FIELD_BARCODE, "barcode|gtin|ean"},
    {FIELD_ENABLED, "enabled"},
    {FIELD_IMAGES, "images"},
    {FIELD_IMAGE, "image#|image"},
    {FIELD_IMAGE_ALT, "image_alt"},
    {FIELD_VARIANT_IMAGE, "variant_image"},
    {FIELD_BUNDLE, "bundle"},
    {FIELD_RELATED, "related"},
    {FIELD_UPSELL, "upsell"},
    {FIELD_CROSSSELL, "crosssell"},
    {FIELD_EXTERNAL_URL, "external_url"},
    {FIELD_BUTTON_TEXT, "button_text"},
    {FIELD_IGNORED, "ignore"},
    {0, NULL}};

static const struct import_format formats[] = {
    {"woocommerce", IMPORT_WOOCOMMERCE, woocommerce, SOUK_STR(">"), "kg", "cm"},
    {"shopify", IMPORT_SHOPIFY, shopify, SOUK_STR(">"), "g", "cm"},
    {"magento", IMPORT_MAGENTO, magento, SOUK_STR("/"), "kg", "cm"},
    {"csv", IMPORT_CSV, plain, SOUK_STR(">"), "kg", "cm"},
};

const struct import_format *import_format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

/* ---- matching ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* One name against one pattern: '#' a number, '*' what stands before the rest, '@' all that
 * follows. */
static int matches(struct souk_str pattern, struct souk_str name, struct import_column *column)
{
    size_t i = 0;
    column->number = 0;
    column->unit = STR_NULL;
    for (size_t p = 0; p < pattern.len; p++) {
        char want = pattern.ptr[p];
        size_t begin = i;
        if (want == '#') {
            int number = 0;
            while (i < name.len && name.ptr[i] >= '0' && name.ptr[i] <= '9' && number < 1000)
                number = number * 10 + (name.ptr[i++] - '0');
            if (i == begin || number < 1 || number >= IMPORT_NUMBERS)
                return 0;
            column->number = number;
        } else if (want == '*' || want == '@') {
            size_t rest = want == '*' ? pattern.len - p - 1 : 0;
            if (name.len < i + rest + 1)
                return 0;
            column->unit = str_trim(str_make(name.ptr + i, name.len - i - rest));
            i = name.len - rest;
        } else if (i >= name.len || lower(name.ptr[i++]) != lower(want)) {
            return 0;
        }
    }
    return i == name.len;
}

static int find_meaning(const struct import_alias *aliases, struct souk_str name,
                        struct import_column *column)
{
    for (const struct import_alias *alias = aliases; alias->names; alias++) {
        struct souk_str rest = souk_str(alias->names), pattern;
        while (str_split(&rest, '|', &pattern)) {
            if (!matches(pattern, name, column))
                continue;
            column->field = alias->field;
            return 1;
        }
    }
    column->field = FIELD_NONE;
    column->number = 0;
    column->unit = STR_NULL;
    return 0;
}

static int map_column(struct import_sheet *sheet, const struct json *columns,
                      struct import_column *column, struct err *err)
{
    json_each(item, columns)
    {
        if (!str_equal_nocase(item->key, column->name))
            continue;
        struct souk_str meaning = json_text(&item->value);
        if (!meaning.len || souk_str_is(meaning, "keep"))
            column->field = FIELD_NONE;
        else if (!find_meaning(sheet->format->aliases, meaning, column))
            return err_set(err, SOUK_INVALID,
                           "the map says that column \"%.*s\" is \"%.*s\", which means nothing; "
                           "core/shop/IMPORT.md lists the meanings",
                           SOUK_PRI(item->key), SOUK_PRI(meaning));
        return 1;
    }
    return 0;
}

static void read_map(struct arena *arena, struct import_sheet *sheet, const struct json *map)
{
    struct souk_str weight = json_text(json_at(map, "weight_unit"));
    struct souk_str length = json_text(json_at(map, "length_unit"));
    struct souk_str path = json_text(json_at(map, "category_separator"));
    struct souk_str list = json_text(json_at(map, "list_separator"));
    if (weight.len)
        sheet->weight_unit = arena_cstr(arena, weight);
    if (length.len)
        sheet->length_unit = arena_cstr(arena, length);
    if (path.len)
        sheet->category_separator = str_trim(path).len ? str_trim(path) : path;
    if (list.len)
        sheet->list_separator = list;
    sheet->currency_lists = json_at(map, "currency_lists");
}

int import_sheet_make(struct arena *arena, const struct import_format *format,
                      const struct souk_str *header, size_t count, const struct json *map,
                      struct import_sheet *sheet, struct err *err)
{
    int known = 0;
    const struct json *columns = json_at(map, "columns");
    memset(sheet, 0, sizeof *sheet);
    sheet->format = format;
    sheet->columns = arena_array(arena, struct import_column, count + 1);
    sheet->count = (int)count;
    sheet->weight_unit = format->weight_unit;
    sheet->length_unit = format->length_unit;
    sheet->category_separator = format->separator;
    sheet->list_separator = souk_str(",");
    read_map(arena, sheet, map);
    for (size_t i = 0; i < count; i++) {
        struct import_column *column = &sheet->columns[i];
        column->name = arena_str(arena, str_trim(header[i]));
        int mapped = map_column(sheet, columns, column, err);
        if (mapped < 0)
            return mapped;
        if (!mapped)
            find_meaning(format->aliases, column->name, column);
        int16_t *slot = &sheet->index[column->field][column->number];
        /* Texts and prices stand once for each locale or list; those are looked for by walking. */
        if (column->field == FIELD_NONE || *slot)
            continue;
        known++;
        if (!column->unit.len || column->field < FIELD_NAME ||
            (column->field > FIELD_SEO_DESCRIPTION && column->field != FIELD_PRICE &&
             column->field != FIELD_COMPARE_AT && column->field != FIELD_ATTRIBUTE))
            *slot = (int16_t)(i + 1);
    }
    if (!known)
        return err_set(err, SOUK_INVALID,
                       "line 1: none of the %zu columns is one of %s; is this the right --format?",
                       count, format->name);
    return SOUK_OK;
}

/* ---- cells ---- */

struct souk_str import_cell(const struct import_sheet *sheet, const struct import_line *line,
                            int field, int number)
{
    int at = sheet->index[field][number];
    return at ? line->cells[at - 1] : STR_NULL;
}

int import_has(const struct import_sheet *sheet, const struct import_line *line, int field,
               int number)
{
    return import_cell(sheet, line, field, number).len > 0;
}

const struct import_column *import_column_of(const struct import_sheet *sheet, int field,
                                             int number)
{
    int at = sheet->index[field][number];
    return at ? &sheet->columns[at - 1] : NULL;
}

int import_is_clear(const struct import_sheet *sheet, struct souk_str cell)
{
    return cell.len && souk_str_equal(cell, sheet->clear);
}
