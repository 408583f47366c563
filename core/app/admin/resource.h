/*
 * resource: one kind of thing that staff look after (products, people, a plugin's vouchers), said
 * in a constant table: columns, filters, fields of the form, bulk actions, and functions where a
 * table does not reach. From it come the list with search, filters, sorting, paging and CSV, the
 * form with its checks and its answer to two people editing at once, the bulk actions with their
 * preview, and the audit log. Plugins' resources (souk/admin.h) are turned into the same table.
 *
 * A list is a query in two halves: the inner one picks the ids of a page by filter, sort and
 * keyset, the outer one reads the columns of those few rows; so a list costs the same on page 1 and
 * on page 2,000. Names of tables and columns come from these tables alone; what people type is
 * bound.
 */
#ifndef ADMIN_RESOURCE_H
#define ADMIN_RESOURCE_H

#include <souk/plugin.h>
#include "app/admin/admin.h"
#include "bridge/bridge.h"

struct resource;

struct resource_call { /* one use of a resource */
    struct request *request;
    struct db_conn *conn;
    struct arena *arena;
    const struct resource *resource;
    int64_t id;         /* of the record, 0: a list or a new one */
    struct json *wrong; /* what is wrong in a form: key to words; "" is the whole */
};

/* Adds {"value", "label"} to `list`. */
typedef int (*resource_choices)(struct resource_call *call, struct json *list);

#define RESOURCE_IMAGE 50 /* type of a column: the URL of a small picture */

#define COLUMN_LINK 1 /* leads to the record */
#define COLUMN_ID   2 /* an id of the database: text for people, not a number to be grouped */

struct resource_column {
    const char *key, *label;
    int type; /* SOUK_STRING, _INT, _BOOL, _MONEY, _RATE, _CHOICE, _TIME, RESOURCE_IMAGE */
    int flags;
    const char *sql;  /* over `t`, a row of the table; `:locale` is the shop's first language */
    const char *sort; /* NULL: not to be sorted by; else an expression over … */
    const char *from; /* … this, when the table alone has no index for it; must have `t` */
};

struct resource_filter {
    const char *key, *label;
    int type;           /* SOUK_CHOICE, _BOOL, _STRING, _INT, _TIME (a day) */
    const char *sql;    /* a condition over `t`; each ? is the value */
    const char *sql_to; /* of a range: the condition of its upper end */
    const char *const *choices;
    resource_choices options; /* or */
};

#define FIELD_MUST    1
#define FIELD_LOCALES 2  /* one for each language: "text.<locale>.<key>" of the document */
#define FIELD_NEW     4  /* only while the record is new */
#define FIELD_SHOWN   8  /* never edited */
#define FIELD_EMPTY   16 /* a choice that may be none */

struct resource_field {
    const char *key, *label;
    int type; /* SOUK_STRING, _TEXT, _INT, _BOOL, _MONEY, _RATE, _CHOICE, _LIST, _TIME */
    int flags;
    const char *hint;
    const char *const *choices;
    resource_choices options; /* or; also offers values for SOUK_STRING and SOUK_LIST */
    int64_t min, max;
};

/* Fields that several resources have. */
#define FIELD_KEY(words, most)                                                                     \
    {                                                                                              \
        .key = "key", .label = "Key", .type = SOUK_STRING, .flags = FIELD_NEW | FIELD_MUST,        \
        .hint = words, .max = most                                                                 \
    }
#define FIELD_TEXT(name, words, about)                                                             \
    {                                                                                              \
        .key = name, .label = words, .type = SOUK_TEXT, .flags = FIELD_LOCALES, .hint = about      \
    }
#define FIELD_LINE(name, words, also, about, most)                                                 \
    {                                                                                              \
        .key = name, .label = words, .type = SOUK_STRING, .flags = FIELD_LOCALES | (also),         \
        .hint = about, .max = most                                                                 \
    }
#define FIELD_SEO_TITLE FIELD_LINE("seo_title", "Title for search engines", 0, NULL, 200)
#define FIELD_SEO_DESCRIPTION                                                                      \
    FIELD_LINE("seo_description", "Description for search engines", 0, NULL, 400)

struct resource_action {
    const char *name, *label, *right, *confirm;
    const char *input; /* the label of a value that it asks for; NULL: none */
    int input_type;    /* SOUK_INT, _RATE, _MONEY, _STRING; a RATE may be negative */
    /* In a write of its own, for one record. */
    int (*run)(struct resource_call *call, int64_t id, struct souk_str value, struct err *err);
    /* … or outside of a write, for what writes by itself: on a task thread. */
    int (*direct)(struct resource_call *call, int64_t id, struct err *err);
    const struct souk_action *plugins; /* a plugin's, instead of run */
    int own_audit;                     /* run writes its own row of the audit log */
    const char *page; /* … or nothing is done: the address of a page that gets ?ids= */
};

#define RESOURCE_CREATE 1
#define RESOURCE_REMOVE 2
#define RESOURCE_FIXED  4 /* records are looked at, not edited */
#define RESOURCE_LIST   8 /* only a list: there is no page for a record */

struct resource {
    const char *name; /* in paths: "products" */
    const char *title, *one;
    const char *right;   /* before ".read", ".edit" */
    const char *subject; /* in the audit log: "product" */
    const char *table;
    const char *where;                     /* a condition over `t` that always holds; may be NULL */
    const struct resource_column *columns; /* end with key NULL, as all of these */
    const struct resource_filter *filters;
    const struct resource_field *fields;
    const struct resource_action *actions;
    const char *search; /* a condition over `t`; ? is a LIKE pattern with \ as escape */
    const char *sort;   /* the key of a column, "-" in front: descending; NULL: newest first */
    int flags;
    /* NULL: made from `fields` over the table. */
    int (*load)(struct resource_call *call, struct json **doc);
    /* In a write. call->id 0: makes one and sets it. SOUK_INVALID, SOUK_CONFLICT: words in err, and
     * pointer (80 bytes) may name the place in the document. */
    int (*save)(struct resource_call *call, const struct json *doc, char *pointer, struct err *err);
    int (*remove)(struct resource_call *call, struct err *err);
    /* What the form has beyond `fields`: into the view, and from what was sent into the document.
     */
    void (*extend)(struct resource_call *call, const struct json *doc, struct json *view);
    int (*take)(struct resource_call *call, const struct json *before, struct json *doc);
    const char *record; /* template of the record's page; NULL: "admin/record" */
    /* … or a page of its own: answers. */
    int (*show)(struct request *request, int64_t id);
    struct site_resource plugin; /* of a plugin's */
};

/* Of the core, or "<plugin>.<resource>" of one that is on; NULL. */
const struct resource *resource_find(struct request *request, struct souk_str name);
extern const struct resource *const resources[]; /* the core's, ends with NULL */

/* Begins a use: finds the resource that the path names and checks the right ("read", "edit"; NULL:
 * checked by the caller). 0 when it has answered. */
int resource_enter(struct resource_call *call, struct request *request, const char *right);
int resource_may(const struct resource_call *call, const char *right);
struct souk_str resource_url(const struct resource_call *call); /* "/admin/products" */
struct souk_str resource_subject(const struct resource_call *call, int64_t id);

/* ---- resource_sql.c ---- */

#define RESOURCE_PAGE   50
#define RESOURCE_CHOSEN 50 /* records that can be chosen one by one */

struct resource_list {                  /* what of a list is wanted */
    const struct resource_column *sort; /* NULL: by id */
    int descending;
    int backwards; /* the rows before the cursor */
    int cursor;    /* there is one: */
    int64_t cursor_id;
    struct souk_str cursor_value;
    int limit;
    const struct json *ids; /* at most RESOURCE_CHOSEN: these alone; NULL: by filter */
};

/* Adds rows {"id", "sort", "cells": [{"type", "text" | "number" …}]} in the wanted order; *more: 1
 * when there is another page in that direction. Filters are read from the request's query. */
int resource_select(struct resource_call *call, const struct resource_list *list, struct json *rows,
                    int *more);
/* The ids that the filter leaves, at most `most`, into an array. */
int resource_ids(struct resource_call *call, int64_t most, struct json *ids);
/* How many the filter leaves, counted up to `most`. */
int resource_count(struct resource_call *call, int64_t most, int64_t *count);
/* The table's own load, save, remove. */
int resource_table_load(struct resource_call *call, struct json **doc);
int resource_table_save(struct resource_call *call, const struct json *doc, struct err *err);
int resource_table_remove(struct resource_call *call, struct err *err);
/* A save for documents that are found by their key, which the form of an existing one does not
 * send. `taken`: what is said when a new one has the key of another. */
typedef int resource_saver(struct db_conn *conn, struct arena *arena, const struct json *doc,
                           int64_t now, int64_t *id, int *changed, struct err *err);
int resource_put_by_key(struct resource_call *call, const struct json *doc, resource_saver *save,
                        const char *taken, struct err *err);
/* The rows of a constant statement as choices: value, label. */
int resource_choices_of(struct resource_call *call, const struct db_statement *statement,
                        struct json *list);

/* ---- resource_list.c ---- */

/* The list's path, with `below` behind it, and the filters that are set. */
struct souk_str resource_list_url(struct resource_call *call, const char *below);

/* ---- resource_form.c ---- */

/* The document as inputs: "fields" and "locales" into view; `theirs` (may be NULL) is what somebody
 * else has saved meanwhile. */
void resource_form_view(struct resource_call *call, const struct json *doc,
                        const struct json *theirs, struct json *view);
/* What was sent as members of a document; call->wrong gets what cannot be read. */
struct json *resource_form_read(struct resource_call *call);
/* The value at a field as the form would show it. */
struct souk_str resource_form_text(struct resource_call *call, const struct json *doc,
                                   const struct resource_field *field, const char *locale);
/* [{"field", "from", "to"}] of what differs. */
struct json *resource_form_changes(struct resource_call *call, const struct json *before,
                                   const struct json *after);
/* Decimal text with at most `digits` decimals as a whole number, "12.5" with 2: 1250. */
int resource_decimal(struct souk_str text, int digits, int64_t *out);
struct souk_str resource_decimal_text(struct arena *arena, int64_t number, int digits);
int resource_money_digits(void); /* of the shop's currency */
void resource_wrong(struct resource_call *call, const char *key, const char *words);

#endif
