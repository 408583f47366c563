/*
 * csv: files of comma-separated values, read record by record and written cell by cell. Reading is
 * RFC 4180 with what spreadsheets do to it: a byte order mark, either line end, ; or tab instead of
 * the comma, blanks around quotes, Windows code pages. Nothing is kept but the present record.
 *
 * Cells that a spreadsheet would take for a formula (= + - @, tab, CR in front) are written with an
 * apostrophe before them; csv_plain takes it off again.
 */
#ifndef SHOP_CSV_H
#define SHOP_CSV_H

#include <stdio.h>
#include "base/buf.h"
#include "base/err.h"

#define CSV_RECORD  ((size_t)4 << 20) /* bytes of one record at most */
#define CSV_COLUMNS 1024

struct csv_cell_place {
    size_t at, len;
};

struct csv_reader {
    FILE *in;
    char separator;
    const char *encoding; /* NULL: UTF-8; else the code page that was assumed */
    int64_t line;         /* of the next character */
    int64_t bytes;        /* read so far */
    int has_nul;
    struct buf text, wide;
    struct csv_cell_place places[CSV_COLUMNS];
    struct souk_str cells[CSV_COLUMNS];
};

struct csv_record {
    int64_t line; /* where it begins; the first is 1 */
    size_t count;
    const struct souk_str *cells; /* until the next csv_next */
};

/* Looks through the file (which must be one that can be read twice) for its encoding and separator
 * (0: by the first line), and stands at its first record. */
int csv_open(struct csv_reader *reader, FILE *in, char separator, struct err *err);
char csv_separator(FILE *in); /* by its first line; the file is rewound */
/* 1: a record; 0: the end; SOUK_INVALID, SOUK_TOO_LARGE: the line is named, nothing more can be
 * read. Lines without anything are passed over. */
int csv_next(struct csv_reader *reader, struct csv_record *record, struct err *err);
void csv_close(struct csv_reader *reader); /* not the file */

/* Without blanks around it and without the apostrophe of a guarded cell. */
struct souk_str csv_plain(struct souk_str cell);
/* Appends one cell, quoted where needed; `guard`: it is text, which must not become a formula. */
void csv_put(struct buf *out, struct souk_str cell, int first, int guard);

#endif
