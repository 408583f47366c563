/*
 * export_table: a table as it is written: cells of a row one after the other, and what is known
 * about the whole shop before the first row. Shared by the formats of tables.
 */
#ifndef SHOP_EXPORT_TABLE_H
#define SHOP_EXPORT_TABLE_H

#include <stdio.h>
#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "store/db.h"

struct export_names {
    struct souk_str *at;
    size_t count;
};

struct export_out {
    struct db_conn *conn;
    FILE *out;
    struct arena arena; /* of the whole export */
    struct arena work;  /* of the product at hand */
    struct buf row;
    int cells;
    struct map categories; /* key to struct export_category */
    struct export_names meta, attributes, locales, lists;
    int64_t options, widest;
    const char *locale, *currency;
};

struct export_format {
    const char *name;
    void (*head)(struct export_out *out);
    void (*product)(struct export_out *out, const struct json *doc);
};

extern const struct export_format export_woocommerce, export_shopify, export_csv;

/* ---- cells ---- */
void export_text(struct export_out *out, struct souk_str text);     /* guarded */
void export_name(struct export_out *out, const char *text);         /* of a column, a constant */
void export_raw(struct export_out *out, struct souk_str text);      /* a number or a word of ours */
void export_int(struct export_out *out, const struct json *number); /* empty for none */
void export_flag(struct export_out *out, int truth);                /* 1 or 0 */
void export_money(struct export_out *out, const struct json *minor);
/* Thousandths of a kilogram and tenths of a centimetre as decimals. */
void export_decimal(struct export_out *out, const struct json *number, int digits);
void export_end(struct export_out *out);
void export_blank(struct export_out *out, int count);

/* ---- parts of documents ---- */
struct souk_str export_texts(const struct export_out *out, const struct json *doc,
                             const char *member); /* in the default locale */
/* A list joined by a separator, which is escaped in its items. */
struct souk_str export_join(struct export_out *out, const struct json *list, const char *separator);
/* Paths of names, joined by " > "; `first`: only the main one. */
struct souk_str export_paths(struct export_out *out, const struct json *keys, int first);
/* A link's targets by the names that the file has for them. */
struct souk_str export_links(struct export_out *out, const struct json *doc, const char *kind);
const struct json *export_price(const struct json *variant, const char *list);
/* What is kept under this name: the product's, or the variant's. Texts only; else as JSON. */
struct souk_str export_meta(struct export_out *out, const struct json *owner, struct souk_str name);
/* The columns that a format does not have itself: those kept in meta which `own` does not name. */
int export_is_extra(struct souk_str name, const char *const *own);

#endif
