/*
 * Admin resources: a table of the plugin's own as pages for staff, without a line of HTML. From the
 * declaration the core makes the entry in the menu, the list with search, filters, sorting, paging
 * and CSV, the form with its checks, bulk actions with a preview, the audit log and the rights.
 *
 *     static const struct souk_field fields[] = {
 *         {"name", "Name", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_EDIT | SOUK_FIELD_MUST},
 *         {"amount", "Amount", SOUK_MONEY, SOUK_FIELD_LIST | SOUK_FIELD_SORT | SOUK_FIELD_EDIT},
 *     };
 *     static const struct souk_resource resources[] = {
 *         {"voucher", "Vouchers", "Voucher", "p_shop_voucher", SOUK_TABLE(fields),
 *          .flags = SOUK_CREATE},
 *     };
 *
 * The table has a key `id INTEGER PRIMARY KEY`. Sorting by a column is as fast as its index; a
 * sorted column is NOT NULL. Rights are "<plugin>.<resource>.read", ".edit", and those of actions.
 */
#ifndef SOUK_ADMIN_H
#define SOUK_ADMIN_H

#include <souk/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_ctx;

/* Besides SOUK_STRING, _TEXT, _INT, _BOOL, _MONEY, _RATE and _CHOICE of souk/plugin.h. In columns:
 * STRING, TEXT and CHOICE are TEXT; the others INTEGER: BOOL 0 or 1, MONEY minor units of the
 * shop's currency, RATE parts per million, TIME microseconds since 1970 (0: none). */
#define SOUK_TIME 14

#define SOUK_FIELD_LIST   1  /* a column of the list */
#define SOUK_FIELD_SORT   2  /* … that can be sorted by */
#define SOUK_FIELD_FILTER 4  /* BOOL, CHOICE: a choice; the others: equal to what is typed */
#define SOUK_FIELD_EDIT   8  /* in the form; the others are only shown */
#define SOUK_FIELD_MUST   16 /* must not be empty */
#define SOUK_FIELD_FIND   32 /* STRING, TEXT: the search box looks into it */

#define SOUK_FIELDS_MOST 60 /* of one resource */

struct souk_field {
    const char *column;
    const char *label; /* a message id */
    int32_t type;
    int32_t flags;
    const char *hint; /* below the input; may be NULL */
    int64_t min; /* INT, MONEY, RATE; both 0: no bounds. STRING, TEXT: letters at most is max */
    int64_t max;
    const char *const *choices; /* SOUK_CHOICE: NULL-terminated */
};

/* Something to be done with chosen rows, after a preview and a confirmation. Called once a row, in
 * a write of its own: as a WRITE handler it may use souk_exec and may run again. An error with
 * souk_fail(ctx, code, "words") undoes that row alone; the report shows the words. */
struct souk_action {
    const char *name;  /* "cancel" */
    const char *label; /* "Cancel vouchers" */
    int (*run)(struct souk_ctx *ctx, int64_t id);
    const char *right;   /* "<plugin>.<right>"; NULL: that of editing */
    const char *confirm; /* a sentence above the preview; may be NULL */
    int64_t reserved;
};

#define SOUK_CREATE 1 /* staff may add rows; the core gives the id */
#define SOUK_REMOVE 2 /* … and remove them */

struct souk_resource {
    const char *name;          /* "voucher": [a-z][a-z0-9_]* */
    const char *title;         /* of the list and in the menu: "Vouchers" */
    const char *one;           /* "Voucher" */
    const char *table;         /* p_<plugin>_… */
    struct souk_table fields;  /* struct souk_field */
    struct souk_table actions; /* struct souk_action */
    int32_t flags;
    int32_t reserved;
};

#ifdef __cplusplus
}
#endif

#endif
