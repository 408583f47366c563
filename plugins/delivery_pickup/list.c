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

struct reading {
    struct souk_csv csv;  /* JSON Lines: its place and line alone */
    int columns[COLUMNS]; /* which field; -1: none */
};

/* ---- CSV ---- */

static int read_header(struct reading *in)
{
    struct souk_csv_name columns[COLUMNS];
    for (int c = 0; c < COLUMNS; c++)
        columns[c] = (struct souk_csv_name){names[c], c};
    souk_csv_header(&in->csv, columns, COLUMNS, in->columns, COLUMNS);
    if (in->columns[CODE] < 0 || in->columns[NAME] < 0 || in->columns[COUNTRY] < 0)
        return souk_fail(in->csv.ctx, SOUK_INVALID,
                         "line 1: the columns code, name and country are needed, by these names");
    return SOUK_OK;
}

/* 1: a row's parts; 0: an empty line; negative: a code. */
static int next_csv(struct reading *in, struct souk_str *parts)
{
    struct souk_str fields[SOUK_FIELDS];
    int line = in->csv.line + 1, count = souk_csv_next(&in->csv, fields);
    if (count < 0)
        return souk_fail(in->csv.ctx, SOUK_INVALID, "line %d: a quote is not closed", line);
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
    return souk_trim(souk_text(value));
}

static int next_json(struct reading *in, struct souk_str *parts)
{
    const char *end = memchr(in->csv.at, '\n', (size_t)(in->csv.end - in->csv.at));
    struct souk_str line = {in->csv.at, (size_t)((end ? end : in->csv.end) - in->csv.at)};
    struct souk_value *map = NULL;
    in->csv.at = end ? end + 1 : in->csv.end;
    in->csv.line++;
    line = souk_trim(line);
    if (line.len == 0)
        return 0;
    if (souk_json_parse(in->csv.ctx, line, &map) != SOUK_OK || souk_kind(map) != SOUK_VALUE_MAP)
        return souk_fail(in->csv.ctx, SOUK_INVALID, "line %d: this is no JSON object",
                         in->csv.line);
    for (int c = 0; c < COLUMNS; c++)
        parts[c] = text_of(in->csv.ctx, souk_get(map, names[c]));
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
    return souk_fail(in->csv.ctx, SOUK_INVALID, "line %d: %s", in->csv.line, words);
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
    struct reading in;
    struct souk_str parts[COLUMNS];
    int room = 2;
    for (const char *at = text.ptr;
         at && (at = memchr(at, '\n', (size_t)(text.ptr + text.len - at))); at++)
        room++;
    if (room > POINTS_MOST + 3)
        return souk_fail(ctx, SOUK_TOO_LARGE, "a list has at most %d points", POINTS_MOST);
    souk_csv_begin(&in.csv, ctx, text);
    *list = (struct point_list){souk_alloc(ctx, sizeof *list->rows * (size_t)room), 0};
    int json = !souk_csv_ended(&in.csv) && *in.csv.at == '{';
    int code = json ? SOUK_OK : read_header(&in);
    while (code == SOUK_OK && !souk_csv_ended(&in.csv)) {
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
