/*
 * import_group: the rows of one product become one document. What is common to all formats stands
 * in import_group.c (rows, notes, cells), import_product.c and import_variant.c; how each puts its
 * rows together in import_rows.c (Shopify, csv), import_woo.c and import_magento.c. Nothing here
 * asks the database.
 *
 * A cell that is empty says nothing, the clear marker says null. A cell that cannot be read refuses
 * its row; the row that holds the product itself refuses the product.
 */
#ifndef SHOP_IMPORT_GROUP_H
#define SHOP_IMPORT_GROUP_H

#include "shop/import_table.h"

struct import_note {
    int reject; /* 0: a warning */
    int64_t row;
    struct souk_str column, message;
    struct import_note *next;
};

struct import_group {
    int64_t place;
    struct arena *arena;
    const struct import_sheet *sheet;
    struct import_line *lines;
    size_t count;
    /* made of them */
    struct souk_str key;   /* what the file calls it; empty: its SKU finds it */
    struct souk_str other; /* another key it may have in the shop; empty: none */
    struct json *doc;      /* NULL: nothing is left of it */
    struct json *links;    /* NULL: the file says nothing about them */
    struct json *lists;    /* price lists it needs: {"usd": "USD"} */
    struct json *classes;  /* tax classes it needs: ["reduced"] */
    int64_t *variant_rows; /* of each entry of doc/variants */
    size_t variant_count;
    size_t refused; /* rows of variants that were refused */
    int named;      /* the file says what it is called */
    int64_t row;    /* the one that stands for the product */
    struct import_note *notes, **notes_end;
};

void import_group_begin(struct import_group *group, struct arena *arena,
                        const struct import_sheet *sheet, int64_t place, struct import_line *lines,
                        size_t count);
/* Fills doc and what goes with it. */
void import_group_make(struct import_group *group);

void import_note_add(struct import_group *group, int reject, int64_t row, struct souk_str column,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Refuses the line for what stands in one of its cells. */
void import_refuse(struct import_group *group, struct import_line *line, int field, int number,
                   const char *what);

/* ---- cells as members of `to`; an empty one adds nothing, the clear marker null ---- */

struct souk_str import_cell_of(const struct import_group *group, const struct import_line *line,
                               int field); /* of a field that is not numbered */
/* A number's cell. Where ";" parts the cells, a comma alone is the decimal mark. */
struct souk_str import_decimal(const struct import_group *group, struct souk_str cell);
/* 1: nothing or the marker, and dealt with. */
int import_put_nothing(struct import_group *group, struct json *to, const char *name,
                       struct souk_str cell);
void import_put_text(struct import_group *group, struct import_line *line, struct json *to,
                     const char *name, int field);
void import_put_bool(struct import_group *group, struct import_line *line, struct json *to,
                     const char *name, int field);
void import_put_time(struct import_group *group, struct import_line *line, struct json *to,
                     const char *name, int field, int end);
void import_put_money(struct import_group *group, struct import_line *line, struct json *to,
                      const char *name, int field, const char *currency);
void import_put_measure(struct import_group *group, struct import_line *line, struct json *to,
                        const char *name, int field);
void import_put_number(struct import_group *group, struct import_line *line, struct json *to,
                       const char *name, int field);

struct import_word { /* a table of them ends with NULL */
    const char *word, *meaning;
};
const char *import_meaning(const struct import_word *words, struct souk_str cell); /* NULL: none */

/* A member that is there already, or a new one. */
struct json *import_member(struct import_group *group, struct json *parent, struct souk_str name,
                           enum json_kind kind);
struct json *import_list_of(struct import_group *group, const char *name); /* of the document */
struct json *import_meta_of(struct import_group *group, struct json *of);

/* ---- pieces; each adds to `to` what the line says ---- */

void import_add_texts(struct import_group *group, struct import_line *line);
void import_add_product(struct import_group *group, struct import_line *line);
void import_add_categories(struct import_group *group, struct import_line *line);
void import_add_links(struct import_group *group, struct import_line *line);
void import_add_variant(struct import_group *group, struct import_line *line, struct json *variant);
void import_add_prices(struct import_group *group, struct import_line *line, struct json *variant);
void import_add_image(struct import_group *group, struct souk_str source, struct souk_str alt);
void import_add_images(struct import_group *group, struct import_line *line);
enum import_keep { IMPORT_KEEP_ALL, IMPORT_KEEP_PRODUCT, IMPORT_KEEP_VARIANT };
void import_add_meta(struct import_group *group, struct import_line *line, struct json *to,
                     enum import_keep which);
void import_add_tax(struct import_group *group, struct import_line *line, struct json *to);
/* The variant of the document that has these options, NULL: none; and the row that made it. */
struct json *import_variant_like(struct import_group *group, const struct json *options);
int64_t import_variant_row(const struct import_group *group, const struct json *variant);
/* A new entry of doc/variants. */
struct json *import_variant_new(struct import_group *group, int64_t row);
/* The text as "name" of a new member of `list`, with its values. */
struct json *import_named(struct import_group *group, const char *list, struct souk_str name);
/* Refuses rows whose SKU another row had before: in another product, or twice in this one. */
void import_refuse_clashes(struct import_group *group);
void import_refuse_clash(struct import_group *group, struct import_line *line);
const char *import_default_locale(const struct import_sheet *sheet);

void import_rows_make(struct import_group *group);
void import_woo_make(struct import_group *group);
void import_magento_make(struct import_group *group);

#endif
