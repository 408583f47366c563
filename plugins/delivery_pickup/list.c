/*
 * list: reading a file of points: CSV whose first line names the columns (comma, semicolon or tab,
 * quotes as in RFC 4180), or JSON Lines with the same names as keys. The names are in the README.
 * The whole file is read before anything is changed; a line that cannot be read refuses it with its
 * number. Rows are views of the file's text.
 */
#include "pickup.h"

#include <stdlib.h>

enum {
    CODE,
    TYPE,
    NAME,
    COUNTRY,
    CITY,
    POSTCODE,
    ADDRESS,
    LAT,
    LON,
    HOURS,
    CASH,
    CARD,
    WEIGHT,
    LENGTH,
    WIDTH,
    HEIGHT,
    STATUS,
    COLUMNS
};

static const char *const names[COLUMNS] = {
    "code",         "type",          "name",         "country",       "city",  "postcode",
    "address",      "lat",           "lon",          "hours",         "cash",  "card",
    "max_weight_g", "max_length_mm", "max_width_mm", "max_height_mm", "status"};

#define FIELDS_MOST 60

struct reading {
    struct souk_ctx *ctx;
    const char *at, *end;
    char separator;
    int line;             /* that is read */
    int columns[COLUMNS]; /* which field; -1: none */
};

/* ---- CSV ---- */

/* One field; what stood in quotes is copied without them. -1: a quote is not closed. */
static int next_field(struct reading *in, struct souk_str *field)
{
    const char *begin = in->at;
    if (in->at == in->end || *in->at != '"') {
        while (in->at < in->end && *in->at != in->separator && *in->at != '\n')
            in->at++;
        *field = lines_cut((struct souk_str){begin, (size_t)(in->at - begin)});
        return 0;
    }
    const char *close = in->at + 1;
    while (close < in->end && (*close != '"' || (close + 1 < in->end && close[1] == '"')))
        close += 1 + (*close == '"');
    if (close >= in->end)
        return -1;
    char *to = souk_alloc(in->ctx, (size_t)(close - begin) + 1);
    field->ptr = to;
    for (in->at++; in->at < close; in->at++) {
        in->at += *in->at == '"';
        in->line += *in->at == '\n';
        *to++ = *in->at;
    }
    in->at = close + 1;
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

static int read_header(struct reading *in)
{
    struct souk_str fields[FIELDS_MOST];
    const char *line_end = memchr(in->at, '\n', (size_t)(in->end - in->at));
    size_t len = (size_t)((line_end ? line_end : in->end) - in->at);
    in->separator = memchr(in->at, ';', len) ? ';' : memchr(in->at, '\t', len) ? '\t' : ',';
    int count = next_line(in, fields);
    for (int c = 0; c < COLUMNS; c++) {
        in->columns[c] = -1;
        for (int i = 0; i < count; i++)
            if (in->columns[c] < 0 && souk_str_is(fields[i], names[c]))
                in->columns[c] = i;
    }
    if (in->columns[CODE] < 0 || in->columns[NAME] < 0 || in->columns[COUNTRY] < 0)
        return souk_fail(in->ctx, SOUK_INVALID,
                         "line 1: the columns code, name and country are needed, by these names");
    return SOUK_OK;
}

/* 1: a row's parts; 0: an empty line; negative: a code. */
static int next_csv(struct reading *in, struct souk_str *parts)
{
    struct souk_str fields[FIELDS_MOST];
    int line = in->line + 1, count = next_line(in, fields);
    if (count < 0)
        return souk_fail(in->ctx, SOUK_INVALID, "line %d: a quote is not closed", line);
    for (int c = 0; c < COLUMNS; c++) {
        int at = in->columns[c];
        parts[c] = at >= 0 && at < count ? fields[at] : souk_str("");
    }
    return count > 1 || fields[0].len > 0;
}

/* ---- JSON Lines ---- */

static struct souk_str text_of(struct souk_ctx *ctx, const struct souk_value *value)
{
    int32_t kind = souk_kind(value);
    if (kind == SOUK_VALUE_INT || kind == SOUK_VALUE_REAL)
        return souk_json_print(ctx, value);
    if (kind == SOUK_VALUE_BOOL)
        return souk_str(souk_true(value) ? "yes" : "no");
    return lines_cut(souk_text(value));
}

static int next_json(struct reading *in, struct souk_str *parts)
{
    const char *end = memchr(in->at, '\n', (size_t)(in->end - in->at));
    struct souk_str line = {in->at, (size_t)((end ? end : in->end) - in->at)};
    struct souk_value *map = NULL;
    in->at = end ? end + 1 : in->end;
    in->line++;
    line = lines_cut(line);
    if (line.len == 0)
        return 0;
    if (souk_json_parse(in->ctx, line, &map) != SOUK_OK || souk_kind(map) != SOUK_VALUE_MAP)
        return souk_fail(in->ctx, SOUK_INVALID, "line %d: this is no JSON object", in->line);
    for (int c = 0; c < COLUMNS; c++)
        parts[c] = text_of(in->ctx, souk_get(map, names[c]));
    return 1;
}

/* ---- one row ---- */

static int is_yes(struct souk_str text)
{
    return souk_str_is(text, "yes") || souk_str_is(text, "true") || souk_str_is(text, "1") ||
           souk_str_is(text, "y");
}

static int read_limit(struct souk_str text, int64_t *limit)
{
    *limit = text.len ? souk_number(text, -1) : 0;
    return *limit >= 0 && *limit <= 100000000;
}

static int read_limits(const struct souk_str *parts, struct place *row)
{
    if (!read_limit(parts[WEIGHT], &row->max_weight))
        return 0;
    for (int i = 0; i < 3; i++) {
        int64_t value;
        int at = i;
        if (!read_limit(parts[LENGTH + i], &value) || value > 100000)
            return 0;
        for (; at > 0 && row->side[at - 1] < value; at--)
            row->side[at] = row->side[at - 1];
        row->side[at] = value;
    }
    return 1;
}

static int wrong(const struct reading *in, const char *words)
{
    return souk_fail(in->ctx, SOUK_INVALID, "line %d: %s", in->line, words);
}

static int fill_row(const struct reading *in, const struct souk_str *parts, struct place *row)
{
    *row = (struct place){.code = parts[CODE],
                          .type = parts[TYPE],
                          .name = parts[NAME],
                          .country = parts[COUNTRY],
                          .city = parts[CITY],
                          .postcode = parts[POSTCODE],
                          .address = parts[ADDRESS],
                          .hours = parts[HOURS],
                          .cash = is_yes(parts[CASH]),
                          .card = is_yes(parts[CARD]),
                          .lat = NOWHERE,
                          .lon = NOWHERE};
    if (row->code.len == 0 || row->code.len > 60)
        return wrong(in, "a code of 1 to 60 letters is needed");
    if (row->name.len == 0 || row->name.len > 200 || row->address.len > 300 ||
        row->hours.len > 300 || row->city.len > 100 || row->postcode.len > 20 || row->type.len > 40)
        return wrong(in, "a name is needed, and one of the texts is too long");
    if (row->country.len != 2)
        return wrong(in, "the country has two letters, such as BG");
    if (row->type.len == 0)
        row->type = souk_str(POINT);
    if ((parts[LAT].len || parts[LON].len) &&
        (!tables_degrees(parts[LAT], 90, &row->lat) || !tables_degrees(parts[LON], 180, &row->lon)))
        return wrong(in, "lat and lon are degrees, such as 42.6977 and 23.3219");
    if (!read_limits(parts, row))
        return wrong(in, "limits are whole grams and millimetres; none: any");
    if (parts[STATUS].len && !souk_str_is(parts[STATUS], "open") &&
        !souk_str_is(parts[STATUS], "closed"))
        return wrong(in, "the status is open or closed");
    row->open = !souk_str_is(parts[STATUS], "closed");
    return SOUK_OK;
}

/* ---- the whole ---- */

static int compare_codes(const void *left, const void *right)
{
    const struct place *const *a = left, *const *b = right;
    size_t len = (*a)->code.len < (*b)->code.len ? (*a)->code.len : (*b)->code.len;
    int order = memcmp((*a)->code.ptr, (*b)->code.ptr, len);
    return order ? order : (*a)->code.len < (*b)->code.len ? -1 : (*a)->code.len > (*b)->code.len;
}

static int check_twins(struct souk_ctx *ctx, const struct point_list *list)
{
    const struct place **sorted = souk_alloc(ctx, sizeof *sorted * (size_t)(list->count + 1));
    for (int i = 0; i < list->count; i++)
        sorted[i] = &list->rows[i];
    qsort(sorted, (size_t)list->count, sizeof *sorted, compare_codes);
    for (int i = 1; i < list->count; i++)
        if (souk_str_equal(sorted[i - 1]->code, sorted[i]->code))
            return souk_fail(ctx, SOUK_INVALID, "the code \"%.*s\" stands in two lines",
                             SOUK_PRI(sorted[i]->code));
    return SOUK_OK;
}

int list_read(struct souk_ctx *ctx, struct souk_str text, struct point_list *list)
{
    struct reading in = {.ctx = ctx, .at = text.ptr, .end = text.ptr + text.len};
    struct souk_str parts[COLUMNS];
    int room = 2;
    for (const char *at = text.ptr; at && (at = memchr(at, '\n', (size_t)(in.end - at))); at++)
        room++;
    if (room > POINTS_MOST + 3)
        return souk_fail(ctx, SOUK_TOO_LARGE, "a list has at most %d points", POINTS_MOST);
    if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0)
        in.at += 3;
    *list = (struct point_list){souk_alloc(ctx, sizeof *list->rows * (size_t)room), 0};
    int json = in.at < in.end && *in.at == '{';
    int code = json ? SOUK_OK : read_header(&in);
    while (code == SOUK_OK && in.at < in.end) {
        int more = json ? next_json(&in, parts) : next_csv(&in, parts);
        code = more < 0 ? more : SOUK_OK;
        if (more == 1)
            code = fill_row(&in, parts, &list->rows[list->count]);
        list->count += more == 1 && code == SOUK_OK;
    }
    if (code == SOUK_OK && list->count == 0)
        return souk_fail(ctx, SOUK_INVALID, "the list has no points");
    return code ? code : check_twins(ctx, list);
}
