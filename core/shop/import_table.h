/*
 * import_table: what the columns of a format mean. A format is a table of meanings with the names
 * that its columns go by; a header is matched against it once, and from then on a cell is asked for
 * by its meaning. Columns that the table does not know are kept in the product's meta.
 */
#ifndef SHOP_IMPORT_TABLE_H
#define SHOP_IMPORT_TABLE_H

#include "base/json.h"

enum import_field {
    FIELD_NONE, /* kept in meta */
    FIELD_IGNORED,
    FIELD_KEY,
    FIELD_ID,
    FIELD_PARENT,
    FIELD_TYPE,
    FIELD_SKU,
    FIELD_NAME, /* texts: with a locale */
    FIELD_SLUG,
    FIELD_SUMMARY,
    FIELD_DESCRIPTION,
    FIELD_SEO_TITLE,
    FIELD_SEO_DESCRIPTION,
    FIELD_LOCALE, /* of the texts in the row */
    FIELD_STATUS,
    FIELD_PUBLISHED,
    FIELD_VISIBILITY,
    FIELD_FEATURED,
    FIELD_BRAND,
    FIELD_CATEGORIES,
    FIELD_PRODUCT_TYPE, /* a category of one name */
    FIELD_TAGS,
    FIELD_TAX_STATUS,
    FIELD_TAXABLE,
    FIELD_TAX_CLASS,
    FIELD_PUBLISH_FROM,
    FIELD_PUBLISH_UNTIL,
    FIELD_OPTION_NAME, /* numbered */
    FIELD_OPTION_VALUE,
    FIELD_ATTRIBUTE_NAME, /* numbered */
    FIELD_ATTRIBUTE_VALUES,
    FIELD_ATTRIBUTE_VISIBLE,
    FIELD_ATTRIBUTE_DEFAULT,
    FIELD_ATTRIBUTE, /* its name stands in the header */
    FIELD_PRICE,     /* csv: with a price list */
    FIELD_COMPARE_AT,
    FIELD_SALE_PRICE,
    FIELD_SALE_FROM,
    FIELD_SALE_UNTIL,
    FIELD_CURRENCY,
    FIELD_COST,
    FIELD_STOCK,
    FIELD_TRACKED,
    FIELD_IN_STOCK,
    FIELD_BACKORDER,
    FIELD_LOW_STOCK,
    FIELD_WEIGHT, /* measures: with a unit */
    FIELD_WEIGHT_UNIT,
    FIELD_LENGTH,
    FIELD_WIDTH,
    FIELD_HEIGHT,
    FIELD_LENGTH_UNIT,
    FIELD_BARCODE,
    FIELD_ENABLED,
    FIELD_IMAGES, /* a list */
    FIELD_IMAGE,  /* one; may be numbered */
    FIELD_IMAGE_ALT,
    FIELD_IMAGE_POSITION,
    FIELD_VARIANT_IMAGE,
    FIELD_BUNDLE,
    FIELD_RELATED,
    FIELD_UPSELL,
    FIELD_CROSSSELL,
    FIELD_EXTERNAL_URL,
    FIELD_BUTTON_TEXT,
    FIELD_VARIATIONS,
    FIELD_MORE_ATTRIBUTES,
    FIELD_GIFT_CARD,
    FIELD_ATTRIBUTE_GLOBAL,
    FIELD_STORE_VIEW,
    FIELD_VARIATION_LABELS,
    FIELD_TRACKED_BY_SHOP, /* the shop's setting says whether stock is counted, not the row */
    FIELD_BACKORDER_BY_SHOP,
    FIELD_BUNDLE_VALUES,
    FIELD_COUNT
};

#define IMPORT_NUMBERS 64

struct import_alias {
    int field;
    const char *names; /* "Title|Name": '#' stands for a number, '*' in parentheses for a unit */
};

struct import_column {
    struct souk_str name; /* as in the file, trimmed */
    int field;
    int number;           /* of a numbered one, else 0 */
    struct souk_str unit; /* "kg"; of a text: the locale; of a price: the list; of FIELD_ATTRIBUTE:
                             its name */
};

enum import_kind { IMPORT_WOOCOMMERCE, IMPORT_SHOPIFY, IMPORT_MAGENTO, IMPORT_CSV };

struct import_format {
    const char *name;
    enum import_kind kind;
    const struct import_alias *aliases;
    struct souk_str separator;             /* of categories in a path: " > " */
    const char *weight_unit, *length_unit; /* where the file names none */
};

struct import_sheet {
    const struct import_format *format;
    struct import_column *columns;
    int count;
    int16_t index[FIELD_COUNT][IMPORT_NUMBERS]; /* column + 1, 0: not there */
    struct souk_str clear;
    const char *locale;   /* of texts without one */
    const char *currency; /* of the shop */
    const char *weight_unit, *length_unit;
    int comma; /* "1,299" is no more than one and a bit: the file's separator is ";" */
    struct souk_str category_separator; /* between names of a path */
    struct souk_str list_separator;
    const struct json *currency_lists; /* csv: {"EUR": "eur"}: which list has other currencies */
};

const struct import_format *import_format_find(const char *name); /* NULL: unknown */
/* Matches the header; `map` (csv; may be NULL) says more. SOUK_INVALID: nothing in it is known, or
 * the map names a meaning that there is not. */
int import_sheet_make(struct arena *arena, const struct import_format *format,
                      const struct souk_str *header, size_t count, const struct json *map,
                      struct import_sheet *sheet, struct err *err);

/* ---- cells ---- */

struct import_line {
    int64_t row;
    int64_t clash;
    struct souk_str *cells; /* sheet->count of them, plain */
    int refused;
    struct souk_str locale; /* of its texts, when a column of another kind says so */
};

/* Is there such a column, and has the cell something in it (the clear marker counts)? */
int import_has(const struct import_sheet *sheet, const struct import_line *line, int field,
               int number);
struct souk_str import_cell(const struct import_sheet *sheet, const struct import_line *line,
                            int field, int number); /* empty when not there */
const struct import_column *import_column_of(const struct import_sheet *sheet, int field,
                                             int number);
int import_is_clear(const struct import_sheet *sheet, struct souk_str cell);

/* ---- values; SOUK_INVALID when they are not of that form ---- */

/* "1.299,50 €", "1,299.50", "1299.5" to minor units; exact or refused. */
int import_money(struct souk_str text, const char *currency, int64_t *minor);
/* Grams or millimetres of "2,5" in a unit, half a unit upwards. */
int import_measure(struct souk_str text, struct souk_str unit, int64_t *out);
int import_number(struct souk_str text, int64_t *out); /* whole; "12.0000" too */
int import_bool(struct souk_str text, int *out);
/* RFC 3339, a date alone, "2026-01-31 12:00:00", "1/31/26"; `end`: of the day, when it is a date
 * alone. */
int import_time(struct souk_str text, int end, int64_t *out);
/* Cuts the next item off a list; "\," is a comma in it. Trimmed; empty items are passed over. */
int import_list(struct arena *arena, struct souk_str *rest, char separator, struct souk_str *item);

#endif
