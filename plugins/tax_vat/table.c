/*
 * table.c: rates from a file and into one: CSV with the columns country, kind, rate ("25.5", in
 * per cent), from and until ("2026-07-01": the day's beginning by the clock of that country; until
 * is the first day on which it does not hold any more; either may be empty).
 *
 * A file is taken whole or not at all. A line with the country, kind and beginning of a rate that
 * stands already changes that one.
 */
#include "vat.h"

#define LINES_MOST 2000

enum column { COUNTRY, KIND, RATE, FROM, UNTIL, COLUMNS };

struct line {
    struct souk_str country, kind;
    int64_t ppm, from, until;
};
struct import {
    struct line *lines;
    int count;
    int64_t changed;
};

static struct souk_str upper(struct souk_ctx *ctx, struct souk_str text)
{
    struct souk_str copy = souk_copy(ctx, text);
    char *at = (char *)(uintptr_t)copy.ptr;
    for (size_t i = 0; i < copy.len; i++)
        if (at[i] >= 'a' && at[i] <= 'z')
            at[i] = (char)(at[i] - 32);
    return copy;
}

/* "DE", or a part with rates of its own: "PT-20". */
static const struct member *member_in(struct souk_str country)
{
    if (country.len > 2 && (country.ptr[2] != '-' || country.len > 10))
        return NULL;
    return member_of((struct souk_str){country.ptr, country.len > 2 ? 2 : country.len});
}

/* The beginning of a day there; 0 for none. */
static int read_day(struct souk_ctx *ctx, struct souk_str text, const char *zone, int64_t *at)
{
    struct souk_civil day = {0};
    int64_t utc;
    *at = 0;
    if (!text.len)
        return 1;
    if (text.len != 10 || souk_time_parse(text, &utc) != SOUK_OK ||
        souk_time_civil(ctx, utc, souk_str("UTC"), &day) != SOUK_OK)
        return 0;
    day.hour = day.minute = day.second = 0;
    return souk_time_join(ctx, &day, souk_str(zone), at) == SOUK_OK;
}

static const char *read_line(struct souk_ctx *ctx, const struct souk_str *fields,
                             const int *columns, struct line *line)
{
    struct souk_str cell[COLUMNS];
    for (int i = 0; i < COLUMNS; i++)
        cell[i] = columns[i] >= 0 ? souk_trim(fields[columns[i]]) : souk_str("");
    line->country = upper(ctx, cell[COUNTRY]);
    line->kind = souk_copy(ctx, cell[KIND]);
    const struct member *member = member_in(line->country);
    int known = 0;
    for (int i = 0; rates_kinds[i]; i++)
        known |= souk_str_is(line->kind, rates_kinds[i]);
    if (!member)
        return "country is a member state's code, such as DE, PT-20 or XI";
    if (!known)
        return "kind is standard, reduced, second_reduced, super_reduced, parking, zero or special";
    if (!souk_decimal(cell[RATE], 4, &line->ppm) || line->ppm > 1000000)
        return "rate is a number of per cent from 0 to 100, such as 25.5";
    if (!read_day(ctx, cell[FROM], member->zone, &line->from) ||
        !read_day(ctx, cell[UNTIL], member->zone, &line->until))
        return "days are written 2026-07-01";
    if (line->until && line->until <= line->from)
        return "until comes after from";
    return NULL;
}

static int read_all(struct souk_ctx *ctx, struct souk_str text, struct import *import)
{
    static const struct souk_csv_name names[] = {
        {"country", COUNTRY}, {"kind", KIND}, {"rate", RATE}, {"from", FROM}, {"until", UNTIL}};
    struct souk_str fields[SOUK_FIELDS];
    struct souk_csv csv;
    int columns[COLUMNS], count;
    souk_csv_begin(&csv, ctx, text);
    if (souk_csv_header(&csv, names, sizeof names / sizeof *names, columns, COLUMNS) < 0 ||
        columns[COUNTRY] < 0 || columns[KIND] < 0 || columns[RATE] < 0)
        return souk_fail(ctx, SOUK_INVALID,
                         "the first line names the columns: country, kind, rate, from, until");
    import->lines = souk_alloc(ctx, LINES_MOST * sizeof *import->lines);
    while (!souk_csv_ended(&csv)) {
        for (int i = 0; i < SOUK_FIELDS; i++)
            fields[i] = souk_str("");
        if ((count = souk_csv_next(&csv, fields)) < 0)
            return souk_fail(ctx, SOUK_INVALID, "line %d: it is not well formed", csv.line);
        if (count == 1 && !souk_trim(fields[0]).len)
            continue;
        if (import->count == LINES_MOST)
            return souk_fail(ctx, SOUK_INVALID, "there are more than %d lines", LINES_MOST);
        const char *why = read_line(ctx, fields, columns, &import->lines[import->count++]);
        if (why)
            return souk_fail(ctx, SOUK_INVALID, "line %d: %s", csv.line, why);
    }
    return SOUK_OK;
}

static int put(struct souk_ctx *ctx, void *arg)
{
    struct import *import = arg;
    int code = SOUK_OK;
    import->changed = 0;
    for (int i = 0; code == SOUK_OK && i < import->count; i++) {
        const struct line *line = &import->lines[i];
        int64_t changed = 0;
        code = souk_exec(
            ctx, &changed,
            "INSERT INTO p_tax_vat_rate (id, country, kind, ppm, valid_from, valid_until) VALUES "
            "($1, $2, $3, $4, $5, $6) ON CONFLICT (country, kind, valid_from) DO UPDATE SET "
            "ppm = $4, valid_until = $6 WHERE ppm <> $4 OR valid_until <> $6",
            SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(line->country), SOUK_A_STR(line->kind),
            SOUK_A_INT(line->ppm), SOUK_A_INT(line->from), SOUK_A_INT(line->until));
        import->changed += changed;
    }
    return code;
}

int table_import(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    struct souk_str text;
    struct import *import = souk_alloc(ctx, sizeof *import);
    memset(import, 0, sizeof *import);
    if (argc != 1)
        return souk_fail(ctx, SOUK_INVALID, "name one file: souk tax_vat import rates.csv");
    int code = souk_read_file(ctx, argv[0], FILE_MOST, &text);
    if (code == SOUK_OK)
        code = read_all(ctx, text, import);
    if (code == SOUK_OK)
        code = souk_db_write(ctx, put, import);
    if (code == SOUK_OK)
        souk_print(ctx, "{\"lines\": %d, \"changed\": %lld}\n", import->count,
                   (long long)import->changed);
    return code;
}

/* ---- and out ---- */

static struct souk_str print_day(struct souk_ctx *ctx, struct souk_str country, int64_t at)
{
    const struct member *member = member_in(country);
    struct souk_civil day;
    if (!at || souk_time_civil(ctx, at, souk_str(member ? member->zone : "UTC"), &day) != SOUK_OK)
        return souk_str("");
    return souk_printf(ctx, "%04d-%02d-%02d", day.year, day.month, day.day);
}

int table_export(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    struct souk_rows *rows;
    (void)argv;
    if (argc)
        return souk_fail(ctx, SOUK_INVALID, "export takes no words");
    int code = souk_query(ctx, &rows,
                          "SELECT country, kind, ppm, valid_from, valid_until FROM p_tax_vat_rate "
                          "ORDER BY country, kind, valid_from");
    if (code == SOUK_OK)
        souk_print(ctx, "country,kind,rate,from,until\n");
    while (code == SOUK_OK && (code = souk_next(rows)) == 1) {
        struct souk_str country = souk_copy(ctx, souk_column_text(rows, 0));
        int64_t ppm = souk_column_int(rows, 2);
        souk_print(ctx, "%.*s,%.*s,%lld.%04lld,%.*s,%.*s\n", SOUK_PRI(country),
                   SOUK_PRI(souk_column_text(rows, 1)), (long long)(ppm / 10000),
                   (long long)(ppm % 10000),
                   SOUK_PRI(print_day(ctx, country, souk_column_int(rows, 3))),
                   SOUK_PRI(print_day(ctx, country, souk_column_int(rows, 4))));
        code = SOUK_OK;
    }
    return code;
}
