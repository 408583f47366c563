/*
 * product_edit: a product while its document is being saved: what is there, what is wished, and
 * what has been written. Shared by product_save.c (the order of things), product_check.c,
 * product_part.c, product_option.c, product_match.c, product_variant.c, product_price.c and
 * product_link.c; nobody else includes it.
 *
 * Everything is checked and planned before the first row is written, so that a refused document
 * changes nothing even where several are saved in one write.
 */
#ifndef SHOP_PRODUCT_EDIT_H
#define SHOP_PRODUCT_EDIT_H

#include "shop/attribute_term.h"
#include "shop/product.h"

#define EDIT_NULL INT64_MIN /* a number that is not there */

enum edit_number {
    EDIT_ENABLED,
    EDIT_WEIGHT,
    EDIT_LENGTH,
    EDIT_WIDTH,
    EDIT_HEIGHT,
    EDIT_COST,
    EDIT_TRACKED,
    EDIT_LOW,
    EDIT_NUMBERS
};
enum edit_text {
    EDIT_SKU,
    EDIT_BARCODE,
    EDIT_BACKORDER,
    EDIT_TAX,
    EDIT_IMAGE,
    EDIT_META,
    EDIT_TEXTS
};

struct edit_columns {
    int64_t number[EDIT_NUMBERS];
    struct souk_str text[EDIT_TEXTS];
    struct attribute_term *values[PRODUCT_OPTIONS]; /* in the order of the options */
};

struct edit_price {
    struct edit_price *next;
    int64_t id, list_id, min_quantity, amount, compare_at, from, until; /* EDIT_NULL: none */
    int kept;
};

struct edit_variant {
    int64_t id;             /* 0: new */
    const struct json *doc; /* its part of the document; NULL: stays as it is */
    int place;              /* in the document */
    int matched, gone, changed;
    int64_t position, stock; /* present ones; EDIT_NULL */
    struct souk_str value_ids;
    struct edit_columns now, wish;
    struct edit_price *prices; /* present */
    struct edit_price *wished; /* when the document has some */
};

struct edit_option {
    struct attribute_term *attribute;
    struct attribute_term **values;
    int count;
};

struct edit_options {
    struct edit_option at[PRODUCT_OPTIONS];
    int count;
};

struct edit_row {                                                    /* of the table product */
    struct souk_str key, type, status, visibility, brand, tax, meta; /* brand: folded */
    int64_t featured, from, until, brand_id, tax_id, version;
};

struct product_edit {
    struct db_conn *conn;
    struct arena *arena;
    const struct json *doc;
    const char *reason;
    int64_t now, id;
    struct product_result *result;
    struct err *err;
    int fresh, changed;
    struct edit_row row, wish;
    struct souk_str brand_name;
    struct attribute_terms terms;
    struct edit_options options, wished;
    struct json *attributes, *attributes_now; /* rows [attribute, value, text, visible] */
    struct edit_variant *variants;            /* present ones, then new ones */
    int variant_count, present_count;
    struct edit_variant **order; /* the wished ones, as they shall stand */
    int order_count;
    int64_t text_count;    /* present texts */
    int64_t *category_ids; /* of those given by key; 0 for paths */
    struct edit_code {     /* codes of price lists and tax classes that were looked up */
        struct souk_str code;
        int64_t id;
        int list;
    } codes[16];
    int code_count;
};

/* ---- product_check.c ---- */

/* Fills result->pointer and *err; returns `code`. */
int edit_refuse(struct product_edit *edit, int code, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "/variants/3/sku" */
const char *edit_at(struct product_edit *edit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int edit_failed(struct product_edit *edit, int code); /* the database's words */
int edit_check(struct product_edit *edit);            /* the form of the document alone */
int edit_check_time(struct product_edit *edit, const struct json *value, const char *pointer,
                    int64_t *at);

/* ---- product_option.c ---- */

int edit_options_load(struct product_edit *edit);
int edit_options_read(struct product_edit *edit); /* from the document, into terms */
int edit_options_write(struct product_edit *edit);
int edit_attributes_read(struct product_edit *edit);
int edit_attributes_write(struct product_edit *edit);
void edit_option_use(struct product_edit *edit, int option, struct attribute_term *value);

/* ---- product_match.c ---- */

int edit_variants_load(struct product_edit *edit);
int edit_variants_read(struct product_edit *edit); /* values into terms */
int edit_match(struct product_edit *edit);         /* fills `order`, after terms are resolved */

/* ---- product_variant.c ---- */

int edit_variants_plan(struct product_edit *edit);
int edit_variants_write(struct product_edit *edit);

/* ---- product_price.c ---- */

int edit_prices_load(struct product_edit *edit);
int edit_prices_check(struct product_edit *edit, struct edit_variant *variant);
int edit_prices_write(struct product_edit *edit, struct edit_variant *variant, int *changed);

/* The id of a price list (1) or tax class (0), asked once; refused with the pointer when unknown.
 */
int edit_code(struct product_edit *edit, int list, struct souk_str code, const char *pointer,
              int64_t *id);

/* ---- product_link.c ---- */

int edit_links_check(const struct json *links, struct err *err);

/* ---- product_part.c ---- */

int edit_text_check(struct product_edit *edit);
int edit_text_write(struct product_edit *edit);
int edit_categories_check(struct product_edit *edit);
int edit_categories_write(struct product_edit *edit);
int edit_tags_write(struct product_edit *edit);
int edit_images_write(struct product_edit *edit);

#endif
