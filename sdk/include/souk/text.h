/*
 * Reading what people write: tables in an option of the type SOUK_TEXT, amounts, postcodes, CSV
 * files of banks, carriers and posts; and days of the calendar.
 *
 * Texts that come out are views of what went in, except where a function says that it copies.
 */
#ifndef SOUK_TEXT_H
#define SOUK_TEXT_H

#include <errno.h>
#include <stdio.h>

#include <souk/locale.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Without blanks, tabs and carriage returns around it. [any; 0.1] */
static inline struct souk_str souk_trim(struct souk_str text)
{
    while (text.len && (*text.ptr == ' ' || *text.ptr == '\t' || *text.ptr == '\r'))
        text.ptr++, text.len--;
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t' ||
                        text.ptr[text.len - 1] == '\r'))
        text.len--;
    return text;
}

/* The next piece of *rest up to `sign`, trimmed: 1; 0 at the end. The empty text is one empty
 * piece; a NULL pointer is the end. [any; 0.1] */
static inline int souk_split(struct souk_str *rest, char sign, struct souk_str *part)
{
    size_t at = 0;
    *part = souk_str("");
    if (!rest->ptr)
        return 0;
    while (at < rest->len && rest->ptr[at] != sign)
        at++;
    part->ptr = rest->ptr;
    part->len = at;
    *part = souk_trim(*part);
    if (at == rest->len) {
        rest->ptr = NULL;
        rest->len = 0;
    } else {
        rest->ptr += at + 1;
        rest->len -= at + 1;
    }
    return 1;
}

/* The first `letters` letters (0: all), never a part of one. [any; 0.2] */
static inline struct souk_str souk_cut(struct souk_str text, uint32_t letters)
{
    size_t at = 0;
    if (letters == 0)
        return text;
    while (at < text.len && (((unsigned char)text.ptr[at] & 0xC0) == 0x80 || letters-- > 0))
        at++;
    text.len = at;
    return text;
}

/* A text of lines "key = value": the value of the first line with this key, trimmed; empty when
 * there is none. Lines that begin with # are for people. What a feed's setting with SOUK_FEED_LINES
 * holds. [any; 0.2] */
static inline struct souk_str souk_mapped(struct souk_str lines, struct souk_str key)
{
    struct souk_str line, name;
    while (souk_split(&lines, '\n', &line))
        if (line.len && *line.ptr != '#' && souk_split(&line, '=', &name) && line.ptr &&
            souk_str_equal(name, key))
            return souk_trim(line);
    return souk_str("");
}

/* "4.90" or "4,90" in units of ten to the minus `digits` (3: 4900): 1; 0 when it is no such number.
 * At most ten digits before the point; what is beyond `digits` behind it is no such number either.
 * [any; 0.1] */
static inline int souk_decimal(struct souk_str text, int digits, int64_t *value)
{
    int64_t whole = 0;
    size_t i = 0, first;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && i < 10; i++)
        whole = whole * 10 + (text.ptr[i] - '0');
    first = i;
    if (i < text.len && (text.ptr[i] == '.' || text.ptr[i] == ','))
        for (i++; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && digits > 0;
             i++, digits--)
            whole = whole * 10 + (text.ptr[i] - '0');
    for (; digits > 0; digits--)
        whole *= 10;
    *value = whole;
    return first > 0 && i == text.len;
}

/* "1299.50" or "1299,50" in minor units of a currency, exactly: 1; 0 when it is no such amount, has
 * more digits than the currency (other than zeros), or the currency is not known. No sign, no
 * grouping. [any; 0.1] */
static inline int souk_amount(struct souk_str text, struct souk_str currency, int64_t *minor)
{
    int digits = souk_currency_digits(currency), behind = -1, any = 0;
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c == '.' || c == ',') && behind < 0) {
            behind = 0;
        } else if (c < '0' || c > '9' || value > INT64_C(90000000000000)) {
            return 0;
        } else if (behind >= 0 && ++behind > digits) {
            if (c != '0')
                return 0;
        } else {
            value = value * 10 + (c - '0');
            any = 1;
        }
    }
    for (int i = behind < 0 ? 0 : behind; i < digits; i++)
        value *= 10;
    *minor = value;
    return any && digits >= 0;
}

/* Minor units as a plain decimal number with the currency's own digits, "1299.50", "-0.05", for
 * peers and files: a point, no grouping. Empty: no such currency. [any; 0.2] */
static inline struct souk_str souk_decimal_text(struct souk_ctx *ctx, int64_t minor,
                                                struct souk_str currency)
{
    int digits = souk_currency_digits(currency);
    int64_t unit = 1;
    uint64_t amount = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    for (int i = 0; i < digits; i++)
        unit *= 10;
    if (digits < 0)
        return souk_str("");
    if (digits == 0)
        return souk_printf(ctx, "%s%llu", minor < 0 ? "-" : "", (unsigned long long)amount);
    return souk_printf(ctx, "%s%llu.%0*llu", minor < 0 ? "-" : "",
                       (unsigned long long)(amount / (uint64_t)unit), digits,
                       (unsigned long long)(amount % (uint64_t)unit));
}

/* ---- tables in an option: a rule a line, the cells divided by "|", lines that begin with # for
 * people ---- */

#define SOUK_CELLS 12

struct souk_lines { /* a walk: souk_lines_begin, then souk_lines_next until it is not 1 */
    struct souk_ctx *ctx;
    const char *option;
    struct souk_str rest, line;
    int number, most;
    struct souk_str cells[SOUK_CELLS]; /* those beyond count are empty */
    int count;
};

/* Begins a walk through the lines of an option; `most` cells, at most SOUK_CELLS, may stand in
 * one. [any; 0.1] */
static inline void souk_lines_begin(struct souk_lines *lines, struct souk_ctx *ctx,
                                    const char *option, int most)
{
    memset(lines, 0, sizeof *lines);
    lines->ctx = ctx;
    lines->option = option;
    lines->most = most < SOUK_CELLS ? most : SOUK_CELLS;
    lines->rest = souk_option_text(ctx, option);
    if (lines->rest.len == 0)
        lines->rest.ptr = NULL;
}

/* SOUK_INVALID, with the option, the line and what is wrong: for init, which refuses the plugin by
 * it. [any; 0.1] */
static inline int souk_lines_bad(const struct souk_lines *lines, const char *why)
{
    return souk_fail(lines->ctx, SOUK_INVALID, "%s, line %d \"%.*s\": %s", lines->option,
                     lines->number, SOUK_PRI(lines->line), why);
}

/* 1: a line stands in cells; 0: the end; negative: it has too many cells. [any; 0.1] */
static inline int souk_lines_next(struct souk_lines *lines)
{
    struct souk_str line, cell;
    while (souk_split(&lines->rest, '\n', &line)) {
        lines->number++;
        lines->line = line;
        if (line.len == 0 || *line.ptr == '#')
            continue;
        for (lines->count = 0; souk_split(&line, '|', &cell); lines->cells[lines->count++] = cell)
            if (lines->count == lines->most)
                return souk_lines_bad(lines, "there are too many cells");
        for (int i = lines->count; i < SOUK_CELLS; i++)
            lines->cells[i] = souk_str("");
        return 1;
    }
    return 0;
}

/* ---- places: lists with commas between their parts; "*" is all ---- */

/* 1 when the word is a part of the list, or one part is "*". [any; 0.1] */
static inline int souk_in_list(struct souk_str list, struct souk_str word)
{
    struct souk_str part;
    while (souk_split(&list, ',', &part))
        if (souk_str_is(part, "*") || souk_str_equal(part, word))
            return 1;
    return 0;
}

/* Below, at or above 0 as a stands before, with or behind b; by bytes. [any; 0.1] */
static inline int souk_text_order(struct souk_str a, struct souk_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

/* 1 when the postcode is in the list, whose parts are one postcode, "SW1*" (all that begin so) or
 * "1000-1999" (as many signs, and between them). [any; 0.1] */
static inline int souk_postcode_in(struct souk_str list, struct souk_str postcode)
{
    struct souk_str part, from;
    while (souk_split(&list, ',', &part)) {
        struct souk_str until = part;
        if (souk_str_is(part, "*"))
            return 1;
        if (part.len && part.ptr[part.len - 1] == '*') {
            if (postcode.len >= part.len - 1 &&
                (part.len == 1 || memcmp(postcode.ptr, part.ptr, part.len - 1) == 0))
                return 1;
            continue;
        }
        souk_split(&until, '-', &from);
        if (!until.ptr ? souk_str_equal(part, postcode)
                       : postcode.len == from.len && souk_text_order(postcode, from) >= 0 &&
                             souk_text_order(postcode, souk_trim(until)) <= 0)
            return 1;
    }
    return 0;
}

/* ---- CSV: RFC 4180, with comma, semicolon or tab, as the first line has it ---- */

#define SOUK_FIELDS 64

struct souk_csv {
    struct souk_ctx *ctx;
    const char *at, *end;
    char separator;
    int line; /* of the file; the first is 1 */
};

/* Begins a walk; a byte order mark is skipped. The bytes must outlive the walk. [any; 0.1] */
static inline void souk_csv_begin(struct souk_csv *csv, struct souk_ctx *ctx, struct souk_str bytes)
{
    const char *line_end;
    size_t len;
    csv->ctx = ctx;
    csv->at = bytes.ptr;
    csv->end = bytes.ptr + bytes.len;
    csv->line = 0;
    if (bytes.len >= 3 && memcmp(csv->at, "\xef\xbb\xbf", 3) == 0)
        csv->at += 3;
    line_end = (const char *)memchr(csv->at, '\n', (size_t)(csv->end - csv->at));
    len = (size_t)((line_end ? line_end : csv->end) - csv->at);
    csv->separator = memchr(csv->at, ';', len) ? ';' : memchr(csv->at, '\t', len) ? '\t' : ',';
}

/* 1 when no line is left. [any; 0.1] */
static inline int souk_csv_ended(const struct souk_csv *csv)
{
    return csv->at == csv->end;
}

/* One field: for souk_csv_next; what stood in quotes is copied without them. -1: a quote is not
 * closed. [any; 0.1] */
static inline int souk_csv_field(struct souk_csv *csv, struct souk_str *field)
{
    const char *begin = csv->at, *close;
    char *to;
    if (csv->at == csv->end || *csv->at != '"') {
        while (csv->at < csv->end && *csv->at != csv->separator && *csv->at != '\n')
            csv->at++;
        field->ptr = begin;
        field->len = (size_t)(csv->at - begin);
        *field = souk_trim(*field);
        return 0;
    }
    close = csv->at + 1;
    while (close < csv->end && (*close != '"' || (close + 1 < csv->end && close[1] == '"')))
        close += 1 + (*close == '"');
    if (close >= csv->end)
        return -1;
    to = (char *)souk_alloc(csv->ctx, (size_t)(close - begin));
    field->ptr = to;
    for (csv->at++; csv->at < close; csv->at++) {
        csv->at += *csv->at == '"';
        csv->line += *csv->at == '\n';
        *to++ = *csv->at;
    }
    csv->at++;
    field->len = (size_t)(to - field->ptr);
    return 0;
}

/* The fields of the next line (SOUK_FIELDS is the room); below 0: a quote is not closed, text
 * stands behind one, or there are too many fields. [any; 0.1] */
static inline int souk_csv_next(struct souk_csv *csv, struct souk_str fields[SOUK_FIELDS])
{
    int count = 0;
    csv->line++;
    for (;;) {
        if (count == SOUK_FIELDS || souk_csv_field(csv, &fields[count++]) < 0)
            return -1;
        while (csv->at < csv->end && (*csv->at == '\r' || *csv->at == ' '))
            csv->at++;
        if (csv->at == csv->end)
            return count;
        if (*csv->at == '\n') {
            csv->at++;
            return count;
        }
        if (*csv->at++ != csv->separator)
            return -1;
    }
}

struct souk_csv_name { /* what a column may be called, in small letters, and which it is */
    const char *name;
    int column;
};

/* Reads the first line: columns[c] becomes where column c stands, -1: it does not. Names are
 * compared without regard to case; the first of several counts. Below 0: the line is not well
 * formed. [any; 0.1] */
static inline int souk_csv_header(struct souk_csv *csv, const struct souk_csv_name *names,
                                  size_t name_count, int *columns, int column_count)
{
    struct souk_str fields[SOUK_FIELDS];
    int count = souk_csv_next(csv, fields);
    for (int i = 0; i < column_count; i++)
        columns[i] = -1;
    for (int i = 0; i < count; i++) {
        for (size_t n = 0; n < name_count; n++) {
            size_t len = strlen(names[n].name), at = 0;
            while (at < len && at < fields[i].len &&
                   (fields[i].ptr[at] | 0x20) == (names[n].name[at] | 0x20))
                at++;
            if (at == len && fields[i].len == len && columns[names[n].column] < 0)
                columns[names[n].column] = i;
        }
    }
    return count;
}

/* ---- files that commands name ---- */

/* The bytes of a file, in the call's memory; for commands. SOUK_NOT_FOUND or SOUK_TOO_LARGE with
 * words. [TASK; blocks; 0.1] */
static inline int souk_read_file(struct souk_ctx *ctx, struct souk_str path, size_t most,
                                 struct souk_str *bytes)
{
    struct souk_str name = souk_copy(ctx, path);
    FILE *file = fopen(name.ptr, "rbe");
    char *to;
    size_t len;
    long size;
    *bytes = souk_str("");
    if (!file)
        return souk_fail(ctx, SOUK_NOT_FOUND, "%s cannot be read: %s; give its whole path",
                         name.ptr, strerror(errno));
    size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    rewind(file);
    if (size < 0 || (size_t)size > most) {
        fclose(file);
        return souk_fail(ctx, SOUK_TOO_LARGE, "%s cannot be read whole (%zu KiB at most)", name.ptr,
                         most / 1024);
    }
    to = (char *)souk_alloc(ctx, (size_t)size + 1);
    len = fread(to, 1, (size_t)size, file);
    fclose(file);
    bytes->ptr = to;
    bytes->len = len;
    return SOUK_OK;
}

/* ---- days, and facts for people ---- */

/* A day counted from 1970-01-01 to its date in the Gregorian calendar; any year of our time.
 * (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days.) [any; 0.1] */
static inline void souk_day_split(int64_t day, int64_t *year, int64_t *month, int64_t *of_month)
{
    int64_t z = day + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *of_month = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

/* And back (days_from_civil). [any; 0.1] */
static inline int64_t souk_day_join(int64_t year, int64_t month, int64_t of_month)
{
    int64_t y = year - (month <= 2), era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + of_month - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* Appends {"label", "value"} to a list of facts, as labels, slips and payment instructions have
 * them; the label is a message id of the plugin. [serving; 0.1] */
static inline void souk_add_fact(struct souk_ctx *ctx, struct souk_value *facts, const char *label,
                                 struct souk_str value)
{
    struct souk_value *fact = souk_set_map(ctx, facts, NULL);
    souk_set_str(ctx, fact, "label", souk_t(ctx, label));
    souk_set_str(ctx, fact, "value", value);
}

#ifdef __cplusplus
}
#endif

#endif
