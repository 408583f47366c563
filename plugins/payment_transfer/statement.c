/*
 * statement.c: bank statements as CSV, and what they share with CAMT.053. The first line of a CSV
 * names its columns, in any order: date, amount, currency, payer, text, reference, and id when the
 * bank gives one. A line without an id is named by its content and how often that has come in the
 * file, so that the same statement read twice gives the same names. Money that went out (below 0)
 * is left out.
 */
#include "transfer.h"

enum { DATE, AMOUNT, CURRENCY, PAYER, TEXT, REFERENCE, ID, COLUMNS };

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

static const struct souk_csv_name names[] = {
    {"date", DATE}, {"amount", AMOUNT}, {"currency", CURRENCY},   {"payer", PAYER}, {"name", PAYER},
    {"text", TEXT}, {"details", TEXT},  {"reference", REFERENCE}, {"id", ID},       {"entry", ID}};

static int read_header(struct souk_csv *in, int *columns)
{
    souk_csv_header(in, names, sizeof names / sizeof *names, columns, COLUMNS);
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

static int read_row(struct souk_csv *in, const int *columns, struct statement *statement)
{
    struct souk_str fields[SOUK_FIELDS], parts[COLUMNS];
    int line = in->line + 1, count = souk_csv_next(in, fields);
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
    if (entry->currency.len != 3 || !souk_amount(parts[AMOUNT], entry->currency, &entry->amount))
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
    struct souk_csv in;
    int columns[COLUMNS];
    *statement = (struct statement){NULL, 0, 0};
    souk_csv_begin(&in, ctx, bytes);
    struct souk_str rest = statement_trim((struct souk_str){in.at, (size_t)(in.end - in.at)});
    if (rest.len && rest.ptr[0] == '<')
        return statement_camt(ctx, rest, statement);
    int code = read_header(&in, columns);
    while (code == SOUK_OK && !souk_csv_ended(&in))
        code = read_row(&in, columns, statement);
    return code;
}
