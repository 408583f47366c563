/*
 * news: the post's register of what happened, as CSV. The first line names the columns, in any
 * order: tracking, state (the post's code), date, and perhaps text. Comma, semicolon or tab; quotes
 * as in RFC 4180; a byte order mark is skipped. A line that cannot be read refuses the whole file;
 * a line that was told before changes nothing; a code that the option `states` does not hold is
 * kept and shown, and moves nothing.
 */
#include "post.h"

enum { TRACKING, STATE, DATE, TEXT, COLUMNS };

#define ROWS_MOST 20000
#define BATCH     50

static const struct souk_csv_name names[] = {
    {"tracking", TRACKING}, {"barcode", TRACKING}, {"number", TRACKING}, {"state", STATE},
    {"code", STATE},        {"status", STATE},     {"date", DATE},       {"time", DATE},
    {"at", DATE},           {"text", TEXT},        {"place", TEXT},      {"office", TEXT}};

static int read_header(struct souk_csv *in, int *columns)
{
    souk_csv_header(in, names, sizeof names / sizeof *names, columns, COLUMNS);
    if (columns[TRACKING] < 0 || columns[STATE] < 0 || columns[DATE] < 0)
        return souk_fail(
            in->ctx, SOUK_INVALID,
            "line 1: a register names its columns: tracking, state, date, and perhaps text");
    return SOUK_OK;
}

static int read_row(struct souk_csv *in, const int *columns, struct news_row *row)
{
    const struct post *post = souk_state(in->ctx);
    struct souk_str fields[SOUK_FIELDS], parts[COLUMNS];
    int line = in->line + 1, count = souk_csv_next(in, fields);
    if (count < 0)
        return souk_fail(in->ctx, SOUK_INVALID, "line %d: a quote is not closed", line);
    if (count == 1 && fields[0].len == 0)
        return SOUK_NOT_FOUND; /* an empty line */
    for (int i = 0; i < COLUMNS; i++)
        parts[i] = columns[i] >= 0 && columns[i] < count ? fields[columns[i]] : souk_str("");
    *row =
        (struct news_row){.tracking = parts[TRACKING], .code = parts[STATE], .text = parts[TEXT]};
    if (row->tracking.len == 0 || row->tracking.len > 60 || row->code.len == 0 ||
        row->code.len > 60 || row->text.len > 500)
        return souk_fail(in->ctx, SOUK_INVALID,
                         "line %d: tracking and state are needed, with at most 60 letters; a text "
                         "has at most 500",
                         line);
    if (!calendar_read(post, parts[DATE], &row->at))
        return souk_fail(in->ctx, SOUK_INVALID,
                         "line %d: \"%.*s\" is no date, such as 2026-11-28 14:05", line,
                         SOUK_PRI(parts[DATE]));
    if (row->at > souk_now(in->ctx) + DAY_US)
        return souk_fail(in->ctx, SOUK_INVALID, "line %d: %.*s has not come yet", line,
                         SOUK_PRI(parts[DATE]));
    row->coded = tables_state(post, row->code).len > 0;
    return SOUK_OK;
}

int news_read(struct souk_ctx *ctx, struct souk_str text, struct news_list *list)
{
    struct souk_csv in;
    int columns[COLUMNS];
    int room = 1;
    for (size_t i = 0; i < text.len; i++)
        room += text.ptr[i] == '\n';
    if (room > ROWS_MOST + 2)
        return souk_fail(ctx, SOUK_TOO_LARGE, "a register has at most %d lines", ROWS_MOST);
    *list = (struct news_list){souk_alloc(ctx, sizeof *list->rows * (size_t)room), 0};
    souk_csv_begin(&in, ctx, text);
    int code = read_header(&in, columns);
    while (code == SOUK_OK && !souk_csv_ended(&in)) {
        code = read_row(&in, columns, &list->rows[list->count]);
        list->count += code == SOUK_OK;
        code = code == SOUK_NOT_FOUND ? SOUK_OK : code;
    }
    if (code == SOUK_OK && list->count == 0)
        return souk_fail(ctx, SOUK_INVALID, "the register has no lines");
    return code;
}

/* ---- telling the shop ---- */

struct batch {
    struct news_list *list;
    int first;
};

static int is_ours(struct souk_ctx *ctx, const struct news_row *row, int *ours)
{
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows,
                          "SELECT 1 FROM p_delivery_post_parcel WHERE tracking = $1"
                          " AND state <> 'cancelled'",
                          SOUK_A_STR(row->tracking));
    if (code != SOUK_OK)
        return code;
    int more = souk_next(rows);
    *ours = more == 1;
    return more < 0 ? more : SOUK_OK;
}

static int tell_one(struct souk_ctx *ctx, struct news_row *row)
{
    const struct post *post = souk_state(ctx);
    struct souk_str state = tables_state(post, row->code);
    int32_t fresh = 0;
    struct souk_delivery_report report = {
        .size = sizeof report,
        .provider = souk_str(PROVIDER),
        .tracking = row->tracking,
        .event = souk_printf(ctx, "%.*s|%lld", SOUK_PRI(row->code), (long long)row->at),
        .state = state,
        .code = row->code,
        .text = row->text,
        .at = row->at,
    };
    int code = is_ours(ctx, row, &row->known);
    if (code != SOUK_OK || !row->known)
        return code;
    code = souk_delivery_report(ctx, &report, &fresh);
    row->fresh = fresh;
    if (code != SOUK_OK || !fresh)
        return code;
    int ends = souk_str_is(state, "delivered") || souk_str_is(state, "returned");
    return souk_exec(ctx, NULL,
                     "UPDATE p_delivery_post_parcel SET code = $2, said_at = $4,"
                     " state = CASE WHEN $3 = '' THEN state ELSE $3 END,"
                     " closed = CASE WHEN $3 = '' THEN closed ELSE $5 END"
                     " WHERE tracking = $1 AND said_at <= $4",
                     SOUK_A_STR(row->tracking), SOUK_A_STR(row->code), SOUK_A_STR(state),
                     SOUK_A_INT(row->at), SOUK_A_INT(ends));
}

static int tell_batch(struct souk_ctx *ctx, void *arg)
{
    struct batch *batch = arg;
    int code = SOUK_OK;
    for (int i = batch->first;
         code == SOUK_OK && i < batch->list->count && i < batch->first + BATCH; i++)
        code = tell_one(ctx, &batch->list->rows[i]);
    return code;
}

int news_tell(struct souk_ctx *ctx, struct souk_str text, struct news_totals *totals)
{
    struct news_list list;
    int code = news_read(ctx, text, &list);
    if (code != SOUK_OK)
        return code;
    struct batch batch = {&list, 0};
    for (; code == SOUK_OK && batch.first < list.count; batch.first += BATCH)
        code = souk_db_write(ctx, tell_batch, &batch);
    *totals = (struct news_totals){.lines = list.count};
    for (int i = 0; i < list.count; i++) {
        const struct news_row *row = &list.rows[i];
        totals->not_ours += !row->known;
        totals->fresh += row->known && row->fresh;
        totals->known_already += row->known && !row->fresh;
        totals->not_coded += row->known && !row->coded;
    }
    return code;
}

/* ---- command ---- */

int news_command(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    struct souk_str text;
    struct news_totals totals;
    if (argc != 1)
        return souk_fail(ctx, SOUK_INVALID, "name one file: the post's register as CSV");
    int code = souk_read_file(ctx, argv[0], FILE_MOST, &text);
    if (code == SOUK_OK)
        code = news_tell(ctx, text, &totals);
    if (code == SOUK_OK)
        souk_print(ctx,
                   "{\"lines\": %d, \"told\": %d, \"known\": %d, \"not_ours\": %d, "
                   "\"not_coded\": %d}\n",
                   totals.lines, totals.fresh, totals.known_already, totals.not_ours,
                   totals.not_coded);
    return code;
}
