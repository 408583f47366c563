/*
 * import: files of other shops into documents of products, and back. A format is a table: which
 * column means what (with its other names), and functions for what no table can say. A file is read
 * once into import_row in chunks, rows of one product are put together by key, and groups are saved
 * in their order, some hundred in a write, so that memory stays small, a cut run goes on, and
 * nothing is half done.
 */
#ifndef SHOP_IMPORT_H
#define SHOP_IMPORT_H

#include <stdio.h>
#include "base/json.h"
#include "store/db.h"

struct import_options {
    const char *format; /* "woocommerce" "shopify" "magento" "csv" "souk" */
    const char *file;
    const char *map; /* csv: a file with the column map, or the name of a saved one; may be NULL */
    const char *save_map; /* csv: keep the map under this name; may be NULL */
    const char *clear;    /* a cell that says "take it away"; NULL: IMPORT_CLEAR */
    const char *locale;   /* of the texts in it; NULL: the default */
    int dry_run;
    void (*started)(void *user, int64_t id); /* may be NULL: the number of the run, once known */
    void (*progress)(void *user, int64_t done, int64_t total); /* may be NULL */
    int (*cancelled)(void *user);                              /* may be NULL */
    void *user;
};

#define IMPORT_CLEAR "[clear]"

/* On a task, job or command thread; takes as long as it takes. *report is what contracts promise:
 * {"created", "updated", "unchanged", "rejected", "variants": {…}, "warnings": [{"row", "column",
 * "message"}], "rejects": […]} and {"images": {"waiting": n}, "seconds"}. Fails only when the file
 * cannot be read at all (SOUK_INVALID with the line). */
int import_run(struct db *db, struct arena *arena, const struct import_options *options,
               const struct json **report, struct err *err);
/* How a run stands: {"id", "format", "file", "state", "dry_run", "place", "total", "report"}; the
 * report is complete when the state is "done". SOUK_NOT_FOUND. */
int import_look(struct db_conn *conn, struct arena *arena, int64_t id, struct json **out);
/* The same of the latest, without notes: for the list of runs. */
int import_list_runs(struct db_conn *conn, struct arena *arena, int limit, struct json *items);
/* The rows that were refused, as a file of the same format: to mend and import again. */
int import_rejects(struct db *db, int64_t import_id, FILE *out, struct err *err);
/* Writes all products in a format; reads in one snapshot, memory does not grow with the shop. */
int export_run(struct db *db, const char *format, FILE *out,
               void (*progress)(void *user, int64_t done, int64_t total), void *user,
               struct err *err);
const char *const *import_formats(void); /* NULL-terminated */
const char *const *export_formats(void);

#endif
