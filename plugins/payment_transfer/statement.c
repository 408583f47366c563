/*
 * statement.c: bank statements as CSV, and what they share with CAMT.053. The first line of a CSV
 * names its columns, in any order: date, amount, currency, payer, text, reference, and id when the
 * bank gives one. A line without an id is named by its content and how often that has come in the
 * file, so that the same statement read twice gives the same names. Money that went out (below 0)
 * is left out.
 */
#include "transfer.h"

enum { DATE, AMOUNT, CURRENCY, PAYER, TEXT, REFERENCE, ID, COLUMNS };

#define FIELDS_MOST 40

int statement_digits(struct souk_str currency)
{
    static const char none[] = "JPY KRW VND CLP ISK XAF XOF", three[] = "KWD BHD OMR JOD TND";
    char code[4] = "";
    if (currency.len != 3)
        return 2;
    memcpy(code, currency.ptr, 3);
    return strstr(none, code) ? 0 : strstr(three, code) ? 3 : 2;
}

int statement_amount(struct souk_str text, struct souk_str currency, int64_t *minor)
{
    int digits = statement_digits(currency), after = -1, any = 0;
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

struct souk_str statement_trim(struct souk_str text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t' || text.ptr[0] == '\n' ||
                        text.ptr[0] == '\r'))
        text.ptr++, text.len--;
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\r' ||
                        text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

struct entry *statement_add(struct souk_ctx *ctx, struct statement *statement)
{
    if (statement->count == STATEMENT_ROWS)
        return NULL;
    if (statement->count == statement->room) {
        int room = statement->room ? statement->room * 2 : 64;
        struct entry *more = souk_alloc(ctx, sizeof *more * (size_t)room);
        if (statement->count)
            memcpy(more, statement->at, sizeof *more * (size_t)statement->count);
        statement->at = more;
        statement->room = room;
    }
    struct entry *entry = &statement->at[statement->count++];
    struct souk_str none = souk_str("");
    *entry = (struct entry){none, none, none, none, none, none, none, 0};
    return entry;
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
        *field = statement_trim((struct souk_str){begin, (size_t)(in->at - begin)});
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
    } names[] = {{"date", DATE},    {"amount", AMOUNT},       {"currency", CURRENCY},
                 {"payer", PAYER},  {"name", PAYER},          {"text", TEXT},
                 {"details", TEXT}, {"reference", REFERENCE}, {"id", ID},
                 {"entry", ID}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_name(name, names[i].name))
            return names[i].column;
    return -1;
}

static int read_header(struct reading *in, int *columns)
{
    struct souk_str fields[FIELDS_MOST];
    const char *line_end = memchr(in->at, '\n', (size_t)(in->end - in->at));
    size_t len = (size_t)((line_end ? line_end : in->end) - in->at);
    in->separator = memchr(in->at, ';', len) ? ';' : memchr(in->at, '\t', len) ? '\t' : ',';
    int count = next_line(in, fields);
    for (int i = 0; i < COLUMNS; i++)
        columns[i] = -1;
    for (int i = 0; i < count; i++)
        if (column_of(fields[i]) >= 0 && columns[column_of(fields[i])] < 0)
            columns[column_of(fields[i])] = i;
    if (columns[AMOUNT] < 0 || (columns[TEXT] < 0 && columns[REFERENCE] < 0))
        return souk_fail(in->ctx, SOUK_INVALID,
                         "line 1: neither a CAMT.053 statement nor a CSV that names its columns: "
                         "date, amount, currency, payer, text, reference, id");
    return SOUK_OK;
}

/* The content's digest, and which of those that are alike it is. */
static struct souk_str name_of(struct souk_ctx *ctx, const struct statement *statement,
                               const struct entry *entry)
{
    uint8_t digest[32];
    int alike = 0;
    struct souk_str all =
        souk_printf(ctx, "%.*s|%lld%.*s|%.*s|%.*s|%.*s", SOUK_PRI(entry->day),
                    (long long)entry->amount, SOUK_PRI(entry->currency), SOUK_PRI(entry->payer),
                    SOUK_PRI(entry->text), SOUK_PRI(entry->rf));
    souk_sha256(ctx, all, digest);
    struct souk_str name = souk_printf(ctx, "csv-%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x",
                                       digest[0], digest[1], digest[2], digest[3], digest[4],
                                       digest[5], digest[6], digest[7], digest[8], digest[9]);
    for (int i = 0; i + 1 < statement->count; i++)
        alike += statement->at[i].reference.len >= name.len &&
                 memcmp(statement->at[i].reference.ptr, name.ptr, name.len) == 0;
    return alike ? souk_printf(ctx, "%s-%d", name.ptr, alike + 1) : name;
}

static int read_row(struct reading *in, const int *columns, struct statement *statement)
{
    struct souk_str fields[FIELDS_MOST], parts[COLUMNS];
    int line = in->line + 1, count = next_line(in, fields);
    if (count < 0)
        return souk_fail(in->ctx, SOUK_INVALID, "line %d: a quote is not closed", line);
    for (int i = 0; i < COLUMNS; i++)
        parts[i] = columns[i] >= 0 && columns[i] < count ? fields[columns[i]] : souk_str("");
    if ((count == 1 && fields[0].len == 0) || (parts[AMOUNT].len && parts[AMOUNT].ptr[0] == '-'))
        return SOUK_OK;
    struct entry *entry = statement_add(in->ctx, statement);
    if (!entry)
        return souk_fail(in->ctx, SOUK_TOO_LARGE, "a statement has at most %d entries",
                         STATEMENT_ROWS);
    entry->currency = parts[CURRENCY].len ? parts[CURRENCY] : souk_str("EUR");
    if (entry->currency.len != 3 ||
        statement_amount(parts[AMOUNT], entry->currency, &entry->amount) != SOUK_OK)
        return souk_fail(in->ctx, SOUK_INVALID, "line %d: \"%.*s\" is no amount", line,
                         SOUK_PRI(parts[AMOUNT]));
    entry->day = parts[DATE];
    entry->payer = parts[PAYER];
    entry->text = parts[TEXT];
    entry->rf = parts[REFERENCE];
    entry->reference = parts[ID].len ? parts[ID] : name_of(in->ctx, statement, entry);
    return SOUK_OK;
}

int statement_read(struct souk_ctx *ctx, struct souk_str bytes, struct statement *statement)
{
    struct reading in = {ctx, bytes.ptr, bytes.ptr + bytes.len, ',', 0};
    int columns[COLUMNS];
    *statement = (struct statement){NULL, 0, 0};
    if (bytes.len >= 3 && memcmp(bytes.ptr, "\xef\xbb\xbf", 3) == 0)
        in.at += 3;
    struct souk_str rest = statement_trim((struct souk_str){in.at, (size_t)(in.end - in.at)});
    if (rest.len && rest.ptr[0] == '<')
        return statement_camt(ctx, rest, statement);
    int code = read_header(&in, columns);
    while (code == SOUK_OK && in.at < in.end)
        code = read_row(&in, columns, statement);
    return code;
}
