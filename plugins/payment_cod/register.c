/*
 * register.c: the carrier's list of what it has collected, as CSV. The first line names the
 * columns, in any order: tracking, order (or number), amount, currency, date. Comma, semicolon or
 * tab; quotes as in RFC 4180; a byte order mark is skipped. Every line must be whole, or nothing is
 * taken.
 */
#include "cod.h"

enum { TRACKING, NUMBER, AMOUNT, CURRENCY, DATE, COLUMNS };

static const struct souk_csv_name names[] = {
    {"tracking", TRACKING}, {"parcel", TRACKING},  {"waybill", TRACKING}, {"order", NUMBER},
    {"number", NUMBER},     {"reference", NUMBER}, {"amount", AMOUNT},    {"collected", AMOUNT},
    {"currency", CURRENCY}, {"date", DATE}};

static int read_header(struct souk_csv *in, int *columns)
{
    souk_csv_header(in, names, sizeof names / sizeof *names, columns, COLUMNS);
    if (columns[AMOUNT] < 0 || (columns[TRACKING] < 0 && columns[NUMBER] < 0))
        return souk_fail(in->ctx, SOUK_INVALID,
                         "line 1: a register names its columns: amount, currency, date, and "
                         "tracking or order");
    return SOUK_OK;
}

static int read_row(struct souk_csv *in, const int *columns, struct cod_row *row)
{
    struct souk_str fields[SOUK_FIELDS], parts[COLUMNS];
    int line = in->line + 1, count = souk_csv_next(in, fields);
    if (count < 0)
        return souk_fail(in->ctx, SOUK_INVALID, "line %d: a quote is not closed", line);
    if (count == 1 && fields[0].len == 0)
        return SOUK_NOT_FOUND; /* an empty line */
    for (int i = 0; i < COLUMNS; i++)
        parts[i] = columns[i] >= 0 && columns[i] < count ? fields[columns[i]] : souk_str("");
    *row = (struct cod_row){line, parts[TRACKING], parts[NUMBER], parts[DATE], parts[CURRENCY], 0};
    if (!row->currency.len)
        row->currency = souk_option_text(in->ctx, "currency");
    if (!row->tracking.len && !row->number.len)
        return souk_fail(in->ctx, SOUK_INVALID, "line %d: neither a parcel nor an order", line);
    if (row->currency.len != 3 || row->tracking.len > 60 || row->number.len > 60 ||
        row->date.len > 30)
        return souk_fail(in->ctx, SOUK_INVALID,
                         "line %d: a currency has three letters; numbers have at most 60", line);
    if (!souk_amount(parts[AMOUNT], row->currency, &row->amount))
        return souk_fail(in->ctx, SOUK_INVALID, "line %d: \"%.*s\" is no amount of %.*s", line,
                         SOUK_PRI(parts[AMOUNT]), SOUK_PRI(row->currency));
    return SOUK_OK;
}

int cod_register_read(struct souk_ctx *ctx, struct souk_str text, struct cod_register *reg)
{
    struct souk_csv in;
    int columns[COLUMNS];
    int room = 1;
    for (size_t i = 0; i < text.len; i++)
        room += text.ptr[i] == '\n';
    if (room > COD_ROWS + 2)
        return souk_fail(ctx, SOUK_TOO_LARGE, "a register has at most %d lines", COD_ROWS);
    *reg = (struct cod_register){souk_alloc(ctx, sizeof *reg->rows * (size_t)room), 0};
    souk_csv_begin(&in, ctx, text);
    int code = read_header(&in, columns);
    while (code == SOUK_OK && !souk_csv_ended(&in)) {
        code = read_row(&in, columns, &reg->rows[reg->count]);
        reg->count += code == SOUK_OK;
        code = code == SOUK_NOT_FOUND ? SOUK_OK : code;
    }
    if (code == SOUK_OK && reg->count == 0)
        return souk_fail(ctx, SOUK_INVALID, "the register has no lines");
    return code;
}
