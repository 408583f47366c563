/*
 * register.c: the carrier's list of what it has collected, as CSV. The first line names the
 * columns, in any order: tracking, order (or number), amount, currency, date. Comma, semicolon or
 * tab; quotes as in RFC 4180; a byte order mark is skipped. Every line must be whole, or nothing is
 * taken.
 */
#include "cod.h"

enum { TRACKING, NUMBER, AMOUNT, CURRENCY, DATE, COLUMNS };

#define FIELDS_MOST 40

int cod_digits(struct souk_str currency)
{
    static const char none[] = "JPY KRW VND CLP ISK XAF XOF", three[] = "KWD BHD OMR JOD TND";
    char code[4] = "";
    if (currency.len != 3)
        return 2;
    memcpy(code, currency.ptr, 3);
    return strstr(none, code) ? 0 : strstr(three, code) ? 3 : 2;
}

int cod_amount_read(struct souk_str text, struct souk_str currency, int64_t *minor)
{
    int digits = cod_digits(currency), after = -1, any = 0;
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c == '.' || c == ',') && after < 0) {
            after = 0;
            continue;
        }
        if (c < '0' || c > '9' || value > INT64_C(90000000000000))
            return SOUK_INVALID;
        if (after >= 0 && ++after > digits) {
            if (c != '0')
                return SOUK_INVALID;
            continue;
        }
        value = value * 10 + (c - '0');
        any = 1;
    }
    for (int i = after < 0 ? 0 : after > digits ? digits : after; i < digits; i++)
        value *= 10;
    *minor = value;
    return any ? SOUK_OK : SOUK_INVALID;
}

static struct souk_str trim(struct souk_str text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text.ptr++, text.len--;
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    return text;
}

struct reading {
    struct souk_ctx *ctx;
    const char *at, *end;
    char separator;
    int line;
};

/* One field; what stood in quotes is copied without them. -1: a quote is not closed. */
static int next_field(struct reading *in, struct souk_str *field)
{
    const char *begin = in->at;
    if (in->at == in->end || *in->at != '"') {
        while (in->at < in->end && *in->at != in->separator && *in->at != '\n')
            in->at++;
        *field = trim((struct souk_str){begin, (size_t)(in->at - begin)});
        return 0;
    }
    char *to = souk_alloc(in->ctx, (size_t)(in->end - in->at));
    field->ptr = to;
    for (in->at++; in->at < in->end; in->at++) {
        if (*in->at == '"' && (in->at + 1 == in->end || in->at[1] != '"'))
            break;
        in->at += *in->at == '"';
        in->line += *in->at == '\n';
        *to++ = *in->at;
    }
    if (in->at == in->end)
        return -1;
    in->at++;
    field->len = (size_t)(to - field->ptr);
    return 0;
}

/* The fields of a line; below 0: not well formed. */
static int next_line(struct reading *in, struct souk_str *fields)
{
    int count = 0;
    in->line++;
    for (;;) {
        if (count == FIELDS_MOST || next_field(in, &fields[count++]) < 0)
            return -1;
        while (in->at < in->end && (*in->at == '\r' || *in->at == ' '))
            in->at++;
        if (in->at == in->end)
            return count;
        if (*in->at == '\n') {
            in->at++;
            return count;
        }
        if (*in->at++ != in->separator)
            return -1;
    }
}

static int is_name(struct souk_str text, const char *name)
{
    size_t len = strlen(name);
    if (text.len != len)
        return 0;
    for (size_t i = 0; i < len; i++)
        if ((text.ptr[i] | 0x20) != name[i])
            return 0;
    return 1;
}

static int column_of(struct souk_str name)
{
    static const struct {
        const char *name;
        int column;
    } names[] = {{"tracking", TRACKING}, {"parcel", TRACKING},  {"waybill", TRACKING},
                 {"order", NUMBER},      {"number", NUMBER},    {"reference", NUMBER},
                 {"amount", AMOUNT},     {"collected", AMOUNT}, {"currency", CURRENCY},
                 {"date", DATE}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_name(name, names[i].name))
            return names[i].column;
    return -1;
}

static int read_header(struct reading *in, int *columns)
{
    struct souk_str fields[FIELDS_MOST];
    if (in->end - in->at >= 3 && memcmp(in->at, "\xef\xbb\xbf", 3) == 0)
        in->at += 3;
    const char *line_end = memchr(in->at, '\n', (size_t)(in->end - in->at));
    size_t len = (size_t)((line_end ? line_end : in->end) - in->at);
    in->separator = memchr(in->at, ';', len) ? ';' : memchr(in->at, '\t', len) ? '\t' : ',';
    int count = next_line(in, fields);
    for (int i = 0; i < COLUMNS; i++)
        columns[i] = -1;
    for (int i = 0; i < count; i++)
        if (column_of(fields[i]) >= 0 && columns[column_of(fields[i])] < 0)
            columns[column_of(fields[i])] = i;
    if (columns[AMOUNT] < 0 || (columns[TRACKING] < 0 && columns[NUMBER] < 0))
        return souk_fail(in->ctx, SOUK_INVALID,
                         "line 1: a register names its columns: amount, currency, date, and "
                         "tracking or order");
    return SOUK_OK;
}

static int read_row(struct reading *in, const int *columns, struct cod_row *row)
{
    struct souk_str fields[FIELDS_MOST], parts[COLUMNS];
    int line = in->line + 1, count = next_line(in, fields);
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
    if (cod_amount_read(parts[AMOUNT], row->currency, &row->amount) != SOUK_OK)
        return souk_fail(in->ctx, SOUK_INVALID, "line %d: \"%.*s\" is no amount of %.*s", line,
                         SOUK_PRI(parts[AMOUNT]), SOUK_PRI(row->currency));
    return SOUK_OK;
}

int cod_register_read(struct souk_ctx *ctx, struct souk_str text, struct cod_register *reg)
{
    struct reading in = {ctx, text.ptr, text.ptr + text.len, ',', 0};
    int columns[COLUMNS];
    int room = 1;
    for (size_t i = 0; i < text.len; i++)
        room += text.ptr[i] == '\n';
    if (room > COD_ROWS + 2)
        return souk_fail(ctx, SOUK_TOO_LARGE, "a register has at most %d lines", COD_ROWS);
    *reg = (struct cod_register){souk_alloc(ctx, sizeof *reg->rows * (size_t)room), 0};
    int code = read_header(&in, columns);
    while (code == SOUK_OK && in.at < in.end) {
        code = read_row(&in, columns, &reg->rows[reg->count]);
        reg->count += code == SOUK_OK;
        code = code == SOUK_NOT_FOUND ? SOUK_OK : code;
    }
    if (code == SOUK_OK && reg->count == 0)
        return souk_fail(ctx, SOUK_INVALID, "the register has no lines");
    return code;
}
