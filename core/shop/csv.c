/*
 * csv.c: the reader is a small machine over getc: outside, in a quoted cell, behind its closing
 * quote. Code pages are single-byte and extend ASCII, so that a record is cut into cells first and
 * its cells are converted after.
 */
#include "shop/csv.h"

#include <iconv.h>
#include "base/str.h"
#include "base/utf8.h"

#define BLOCK 65536

/* ---- what kind of file it is ---- */

struct look {
    int64_t high, pairs; /* bytes over 127, and those that follow another */
    int valid, nul;
    unsigned char tail[4]; /* of the block before: a character may be cut */
    size_t tail_len;
};

/* How many bytes at the end belong to a character that goes on in the next block. */
static size_t cut_tail(const unsigned char *text, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        unsigned char c = text[len - back];
        if (c < 0x80)
            return 0;
        if (c >= 0xC0) {
            size_t whole = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
            return whole > back ? back : 0;
        }
    }
    return 0;
}

static void look_at(struct look *look, const unsigned char *block, size_t len)
{
    unsigned char joined[BLOCK + 4];
    memcpy(joined, look->tail, look->tail_len);
    memcpy(joined + look->tail_len, block, len);
    size_t all = look->tail_len + len;
    for (size_t i = look->tail_len; i < all; i++) {
        look->nul |= joined[i] == 0;
        if (joined[i] >= 0x80) {
            look->high++;
            look->pairs += i > 0 && joined[i - 1] >= 0x80;
        }
    }
    size_t cut = cut_tail(joined, all);
    if (look->valid)
        look->valid = utf8_valid(str_make((const char *)joined, all - cut));
    look->tail_len = cut;
    memcpy(look->tail, joined + all - cut, cut);
}

/* Outside of quotes in the first line, the one that is there most often. */
static char find_separator(const unsigned char *block, size_t len)
{
    static const char candidates[] = ",;\t|";
    int counts[4] = {0};
    int quoted = 0, best = 0;
    for (size_t i = 0; i < len; i++) {
        if (block[i] == '"')
            quoted = !quoted;
        if (!quoted && (block[i] == '\n' || block[i] == '\r'))
            break;
        for (int k = 0; k < 4 && !quoted; k++)
            counts[k] += block[i] == (unsigned char)candidates[k];
    }
    for (int k = 1; k < 4; k++)
        if (counts[k] > counts[best])
            best = k;
    return candidates[best];
}

/* "sep=;" in a line of its own, which Excel writes before the header: how long that line is. */
static size_t separator_line(const unsigned char *text, size_t len, char *separator)
{
    if (len < 6 || memcmp(text, "sep=", 4) != 0)
        return 0;
    size_t end = text[5] == '\r' && len > 6 ? 6 : 5;
    if (text[end] != '\n')
        return 0;
    *separator = (char)text[4];
    return end + 1;
}

/* The first block: what stands before the header, and the separator. Returns how much to pass. */
static size_t look_at_start(struct csv_reader *reader, const unsigned char *block, size_t len,
                            char separator)
{
    size_t bom = len >= 3 && memcmp(block, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    char told = 0;
    size_t line = separator_line(block + bom, len - bom, &told);
    reader->line = line ? 2 : 1;
    reader->separator = separator ? separator
                        : told    ? told
                                  : find_separator(block + bom, len - bom);
    return bom + line;
}

char csv_separator(FILE *in)
{
    struct csv_reader reader = {0};
    unsigned char block[BLOCK];
    rewind(in);
    look_at_start(&reader, block, fread(block, 1, sizeof block, in), 0);
    rewind(in);
    return reader.separator;
}

int csv_open(struct csv_reader *reader, FILE *in, char separator, struct err *err)
{
    struct look look = {.valid = 1};
    unsigned char block[BLOCK];
    size_t len, first_len = 0, begin = 0;
    memset(reader, 0, sizeof *reader);
    reader->in = in;
    reader->line = 1;
    while ((len = fread(block, 1, sizeof block, in)) > 0) {
        if (!first_len) {
            if (len >= 2 &&
                (memcmp(block, "\xFF\xFE", 2) == 0 || memcmp(block, "\xFE\xFF", 2) == 0))
                return err_set(err, SOUK_INVALID,
                               "the file is UTF-16; save it as UTF-8 (in Excel: CSV UTF-8)");
            begin = look_at_start(reader, block, len, separator);
        }
        first_len += len;
        look_at(&look, block, len);
    }
    if (ferror(in) || fseek(in, (long)begin, SEEK_SET) != 0)
        return err_set(err, SOUK_UNAVAILABLE, "the file cannot be read; copy it to a local disk");
    if (look.tail_len)
        look.valid = 0;
    if (!look.valid) /* Cyrillic text has its letters side by side, Western text seldom */
        reader->encoding = 2 * look.pairs > look.high ? "WINDOWS-1251" : "WINDOWS-1252";
    reader->has_nul = look.nul;
    reader->bytes = (int64_t)begin;
    return SOUK_OK;
}

/* ---- a record ---- */

struct machine {
    enum { CELL_START, CELL_PLAIN, CELL_QUOTED, CELL_CLOSED } state;
    size_t count, start;
    int64_t opened; /* line of the open quote */
    int any;        /* something but a line end has been seen */
};

static int too_large(const struct csv_reader *reader, int64_t line, struct err *err)
{
    return err_set(err, SOUK_TOO_LARGE,
                   "line %lld: the record is longer than %zu MiB or has more than %d columns; look "
                   "for a quote that is never closed",
                   (long long)(line ? line : reader->line), CSV_RECORD >> 20, CSV_COLUMNS);
}

static int end_cell(struct csv_reader *reader, struct machine *machine)
{
    if (machine->count == CSV_COLUMNS)
        return SOUK_TOO_LARGE;
    reader->places[machine->count].at = machine->start;
    reader->places[machine->count++].len = reader->text.len - machine->start;
    machine->start = reader->text.len;
    machine->state = CELL_START;
    return SOUK_OK;
}

static void in_quotes(struct csv_reader *reader, struct machine *machine, int c)
{
    if (c == '"') {
        machine->state = CELL_CLOSED;
        return;
    }
    reader->line += c == '\n';
    if (c == '\n' && reader->text.len > machine->start &&
        reader->text.ptr[reader->text.len - 1] == '\r')
        reader->text.len--; /* line breaks are \n, whatever system wrote the file */
    buf_add_char(&reader->text, (char)c);
}

/* Outside of quotes, no separator and no line end. */
static void in_plain(struct csv_reader *reader, struct machine *machine, int c)
{
    if (c == '"' && machine->state == CELL_CLOSED) {
        buf_add_char(&reader->text, '"');
        machine->state = CELL_QUOTED;
        return;
    }
    if (c == '"' && machine->state == CELL_START) {
        reader->text.len = machine->start; /* blanks before it */
        machine->state = CELL_QUOTED;
        machine->opened = reader->line;
        return;
    }
    if (c == ' ' && machine->state == CELL_CLOSED)
        return;
    if (c != ' ')
        machine->state = CELL_PLAIN;
    buf_add_char(&reader->text, (char)c);
}

/* 1: a record stands in places; 0: the file ended before one. */
static int read_record(struct csv_reader *reader, struct machine *machine, int64_t *line,
                       struct err *err)
{
    *line = reader->line;
    for (;;) {
        int c = getc_unlocked(reader->in);
        reader->bytes += c != EOF;
        if (reader->text.len > CSV_RECORD)
            return too_large(reader, *line, err);
        if (c == 0)
            return err_set(err, SOUK_INVALID,
                           "line %lld holds a NUL byte; this is no text file of this format",
                           (long long)reader->line);
        if (machine->state == CELL_QUOTED) {
            if (c == EOF)
                return err_set(err, SOUK_INVALID,
                               "line %lld: the quote opened here is never closed",
                               (long long)machine->opened);
            in_quotes(reader, machine, c);
        } else if (c == EOF && !machine->any) {
            return 0;
        } else if (c == reader->separator || c == '\n' || c == EOF) {
            if (c == '\n' && machine->state != CELL_CLOSED && reader->text.len > machine->start &&
                reader->text.ptr[reader->text.len - 1] == '\r')
                reader->text.len--;
            if (end_cell(reader, machine) != SOUK_OK)
                return too_large(reader, *line, err);
            reader->line += c == '\n';
            if (c != reader->separator)
                return 1;
        } else if (c != '\r' || machine->state != CELL_CLOSED) {
            in_plain(reader, machine, c);
        }
        machine->any = 1;
    }
}

static void convert(struct csv_reader *reader, size_t count)
{
    iconv_t from = iconv_open("UTF-8", reader->encoding);
    buf_clear(&reader->wide);
    buf_reserve(&reader->wide, reader->text.len * 3 + 8);
    for (size_t i = 0; i < count; i++) {
        char *in = reader->text.len ? reader->text.ptr + reader->places[i].at : NULL;
        size_t left = reader->places[i].len;
        size_t begin = reader->wide.len;
        while (left > 0 && from != (iconv_t)-1) {
            char *out = reader->wide.ptr + reader->wide.len;
            size_t room = reader->wide.cap - reader->wide.len, before = room;
            size_t got = iconv(from, &in, &left, &out, &room);
            reader->wide.len += before - room;
            if (got != (size_t)-1)
                break;
            buf_add_cstr(&reader->wide, "?"); /* a byte that the code page does not know */
            in++, left--;
            buf_reserve(&reader->wide, left * 3 + 8);
        }
        reader->places[i].at = begin;
        reader->places[i].len = reader->wide.len - begin;
    }
    if (from != (iconv_t)-1)
        iconv_close(from);
}

int csv_next(struct csv_reader *reader, struct csv_record *record, struct err *err)
{
    for (;;) {
        struct machine machine = {.state = CELL_START};
        buf_clear(&reader->text);
        int got = read_record(reader, &machine, &record->line, err);
        if (got <= 0)
            return got;
        if (machine.count == 1 && !str_trim(buf_str(&reader->text)).len)
            continue;
        if (reader->encoding)
            convert(reader, machine.count);
        const char *base = reader->encoding ? reader->wide.ptr : reader->text.ptr;
        for (size_t i = 0; i < machine.count; i++)
            reader->cells[i] =
                str_make(base ? base + reader->places[i].at : "", reader->places[i].len);
        record->count = machine.count;
        record->cells = reader->cells;
        return 1;
    }
}

void csv_close(struct csv_reader *reader)
{
    buf_free(&reader->text);
    buf_free(&reader->wide);
}

/* ---- cells ---- */

/* Would a spreadsheet take this for a formula, apart from apostrophes in front? */
static int like_formula(struct souk_str cell)
{
    size_t i = 0;
    while (i < cell.len && cell.ptr[i] == '\'')
        i++;
    return i < cell.len && memchr("=+-@\t\r", cell.ptr[i], 6) != NULL;
}

/* Without no-break spaces around it, which word processors leave. */
static struct souk_str trim_wide(struct souk_str text)
{
    static const char space[] = "\xC2\xA0";
    while (str_starts(text, space) || str_ends(text, space))
        if (str_starts(text, space))
            text = str_trim(str_from(text, 2));
        else
            text = str_trim(str_make(text.ptr, text.len - 2));
    return text;
}

struct souk_str csv_plain(struct souk_str cell)
{
    struct souk_str text = trim_wide(str_trim(cell));
    return text.len > 1 && text.ptr[0] == '\'' && like_formula(text) ? str_from(text, 1) : text;
}

void csv_put(struct buf *out, struct souk_str cell, int first, int guard)
{
    int apostrophe = guard && like_formula(cell);
    int quote = cell.len && (cell.ptr[0] == ' ' || cell.ptr[cell.len - 1] == ' ');
    for (size_t i = 0; i < cell.len && !quote; i++)
        quote = memchr(",;\"\n\r\t", cell.ptr[i], 6) != NULL;
    if (!first)
        buf_add_char(out, ',');
    if (quote)
        buf_add_char(out, '"');
    if (apostrophe)
        buf_add_char(out, '\'');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.ptr[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, cell.ptr[i]);
    }
    if (quote)
        buf_add_char(out, '"');
}
