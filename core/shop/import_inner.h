/*
 * import_inner: the run of one file, shared by the files that read it (import_stage.c), work it off
 * (import_work.c, import_link.c) and report it (import_report.c).
 */
#ifndef SHOP_IMPORT_INNER_H
#define SHOP_IMPORT_INNER_H

#include "shop/csv.h"
#include "shop/import.h"
#include "shop/import_group.h"

#define IMPORT_NOTES 1000 /* of a kind in a report; all are kept */

enum import_count { COUNT_CREATED, COUNT_UPDATED, COUNT_UNCHANGED, COUNT_REJECTED, COUNT_KINDS };

struct import_counts { /* what is kept in import.report; written with the place it belongs to */
    int64_t products[COUNT_KINDS], variants[COUNT_KINDS], others[COUNT_KINDS];
    int64_t notes, rejects, warnings;
    int64_t micros;          /* worked */
    const struct json *kept; /* names of columns without a meaning; NULL: not known yet */
};

struct import_run {
    struct db *db;
    const struct import_options *options;
    struct arena arena; /* of the run */
    int64_t id;
    int64_t place, total; /* groups worked off, groups */
    int reading;          /* the rows are not complete yet */
    int lines;            /* souk: JSON Lines instead of a table */
    const struct json *map;
    struct import_sheet sheet;
    struct souk_str header; /* packed */
    int comma;              /* of the sheet */
    struct import_counts counts;
    struct json *prelude; /* souk, dry run: what products may lean on */
    int64_t begun;        /* clock_mono */
    int64_t base_micros;
    int64_t now;
};

/* Cells with their lengths before them, and back. */
void import_pack(struct buf *out, const struct souk_str *cells, size_t count);
size_t import_unpack(struct arena *arena, struct souk_str packed, struct souk_str **cells);

void import_progress(const struct import_run *run, int64_t thousandths);
int import_cancelled(const struct import_run *run);

/* import_stage.c: the file into rows. */
int import_stage(struct import_run *run, FILE *file, struct err *err);

/* import_work.c: rows into products. */
int import_work(struct import_run *run, struct err *err);
/* In a write: notes one, and counts it. */
int import_note_write(struct db_conn *conn, int64_t id, struct import_counts *counts, int reject,
                      int64_t row, struct souk_str column, struct souk_str message);
/* In a write: where the run stands now. */
int import_move_write(struct db_conn *conn, const struct import_run *run, const char *state,
                      int64_t place, const struct import_counts *counts);

/* import_save.c: one group, in a unit of a write. */
struct import_saved {
    int kind;   /* 0: a product, 1: something else of the native format */
    int64_t id; /* of the product */
    int change; /* enum product_change */
    int64_t variants[COUNT_KINDS];
    int64_t row; /* of a failure */
    struct souk_str column;
    const struct json *links; /* of a native document */
    char key[200];
};
int import_save(struct db_conn *conn, struct arena *arena, const struct import_group *group,
                int64_t now, struct import_saved *saved, struct err *err);
int import_save_line(struct db_conn *conn, struct arena *arena, const struct import_line *line,
                     int64_t now, struct import_saved *saved, struct err *err);
int import_save_document(struct db_conn *conn, struct arena *arena, struct souk_str kind,
                         const struct json *doc, int64_t now, struct import_saved *saved,
                         struct err *err);

/* import_link.c: links between products, when all are there. */
int import_link(struct import_run *run, struct err *err);

/* import_report.c */
struct json *import_kept_columns(struct arena *arena, const struct import_sheet *sheet);
struct souk_str import_counts_print(struct arena *arena, const struct import_counts *counts);
void import_counts_read(struct arena *arena, struct souk_str text, struct import_counts *counts);
int import_report_make(struct import_run *run, struct arena *arena, const struct json **report,
                       struct err *err);

#endif
