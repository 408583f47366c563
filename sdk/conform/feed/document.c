/*
 * document.c: strict readers of XML and CSV, small enough to be read at one sitting.
 *
 * The one of XML holds to what well-formed means in XML 1.0 for documents without a DTD: one root,
 * tags that match, attributes once and quoted, five entities and numbered letters, no control
 * characters, no "]]>" in text. It knows no namespaces. The one of CSV holds to RFC 4180, and to
 * the same number of cells in each row.
 */
#include "conform/feed/document.h"

#include <stdio.h>

#define DEPTH_MOST 64

enum document_kind document_kind_of(struct souk_str type)
{
    ptrdiff_t end = str_find(type, ';');
    if (end >= 0)
        type.len = (size_t)end;
    type = str_trim(type);
    if (str_ends(type, "/xml") || str_ends(type, "+xml"))
        return DOCUMENT_XML;
    if (str_ends(type, "/json") || str_ends(type, "+json"))
        return DOCUMENT_JSON;
    return souk_str_is(type, "text/csv") || souk_str_is(type, "text/tab-separated-values")
               ? DOCUMENT_CSV
               : DOCUMENT_OTHER;
}

struct reader {
    struct document *document;
    const char *at, *end, *begin;
    struct souk_str open[DEPTH_MOST]; /* names of the elements that are open */
    int depth, roots, part;
    struct buf text; /* of the innermost, so far */
};

static int wrong(struct reader *reader, const char *words)
{
    size_t line = 1;
    for (const char *c = reader->begin; c < reader->at && c < reader->end; c++)
        line += *c == '\n';
    if (!reader->document->wrong[0])
        snprintf(reader->document->wrong, sizeof reader->document->wrong, "line %zu: %s", line,
                 words);
    return 0;
}

static void add_part(struct document *document, struct souk_str name, struct souk_str text)
{
    if (document->count == document->room) {
        size_t room = document->room ? 2 * document->room : 64;
        struct document_part *parts = arena_array(document->arena, struct document_part, room);
        if (document->count)
            memcpy(parts, document->parts, document->count * sizeof *parts);
        document->parts = parts;
        document->room = room;
    }
    document->parts[document->count++] =
        (struct document_part){name, arena_str(document->arena, text)};
}

/* ---- XML ---- */

static int looking_at(const struct reader *reader, const char *word)
{
    size_t len = strlen(word);
    return (size_t)(reader->end - reader->at) >= len && memcmp(reader->at, word, len) == 0;
}

static int is_name_letter(char c, int first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (unsigned char)c >= 0x80 || (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

static struct souk_str read_name(struct reader *reader)
{
    const char *from = reader->at;
    while (reader->at < reader->end && is_name_letter(*reader->at, reader->at == from))
        reader->at++;
    return str_make(from, (size_t)(reader->at - from));
}

static void skip_spaces(struct reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at)
        reader->at++;
}

static int add_number(struct reader *reader, struct souk_str name)
{
    int hex = name.len > 1 && name.ptr[1] == 'x';
    long point = 0;
    for (size_t i = hex ? 2 : 1; i < name.len && point < 0x110000; i++) {
        char c = name.ptr[i];
        int digit = c >= '0' && c <= '9'          ? c - '0'
                    : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                  : -1;
        if (digit < 0)
            return wrong(reader, "this is no number of a letter");
        point = point * (hex ? 16 : 10) + digit;
    }
    if ((point < 0x20 && point != 9 && point != 10 && point != 13) || point >= 0x110000 ||
        (point >= 0xd800 && point < 0xe000))
        return wrong(reader, "a numbered letter that XML does not allow");
    buf_add_char(&reader->text, point < 0x80 ? (char)point : '?'); /* enough for what we compare */
    return 1;
}

static int read_entity(struct reader *reader)
{
    static const struct {
        const char *name;
        char letter;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    const char *from = ++reader->at;
    while (reader->at < reader->end && *reader->at != ';' && reader->at - from < 12)
        reader->at++;
    if (reader->at == reader->end || *reader->at != ';')
        return wrong(reader, "an & that begins no entity");
    struct souk_str name = str_make(from, (size_t)(reader->at++ - from));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!souk_str_is(name, known[i].name))
            continue;
        buf_add_char(&reader->text, known[i].letter);
        return 1;
    }
    return name.len > 1 && name.ptr[0] == '#' ? add_number(reader, name)
                                              : wrong(reader, "an entity that nobody declared");
}

static int read_letter(struct reader *reader)
{
    unsigned char c = (unsigned char)*reader->at;
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
        return wrong(reader, "a control character");
    if (looking_at(reader, "\xef\xbf\xbe") || looking_at(reader, "\xef\xbf\xbf"))
        return wrong(reader, "U+FFFE or U+FFFF");
    buf_add_char(&reader->text, *reader->at++);
    return 1;
}

static int read_attribute(struct reader *reader, struct souk_str element)
{
    struct souk_str name = read_name(reader);
    skip_spaces(reader);
    if (!name.len || reader->at == reader->end || *reader->at++ != '=')
        return wrong(reader, "an attribute without a value");
    skip_spaces(reader);
    char quote = reader->at < reader->end ? *reader->at++ : '\0';
    if (quote != '"' && quote != '\'')
        return wrong(reader, "the value of an attribute stands in quotes");
    buf_clear(&reader->text);
    while (reader->at < reader->end && *reader->at != quote) {
        if (*reader->at == '<')
            return wrong(reader, "a < in the value of an attribute");
        if (!(*reader->at == '&' ? read_entity(reader) : read_letter(reader)))
            return 0;
    }
    if (reader->at++ >= reader->end)
        return wrong(reader, "the value of an attribute has no end");
    struct souk_str place =
        arena_printf(reader->document->arena, "%.*s@%.*s", SOUK_PRI(element), SOUK_PRI(name));
    struct document *document = reader->document;
    for (size_t i = document->count; i > 0; i--) { /* back to the element's own start */
        if (document->parts[i - 1].name.len == element.len)
            break;
        if (souk_str_equal(document->parts[i - 1].name, place))
            return wrong(reader, "an attribute stands there twice");
    }
    add_part(document, place, buf_str(&reader->text));
    return 1;
}

/* After the "<". */
static int read_start(struct reader *reader)
{
    struct souk_str name = read_name(reader);
    if (!name.len)
        return wrong(reader, "a < that begins no tag");
    if (reader->depth == 0 && reader->roots++ && !reader->part)
        return wrong(reader, "a second root");
    if (reader->depth == DEPTH_MOST)
        return wrong(reader, "elements within elements without end");
    add_part(reader->document, name, souk_str("")); /* its start; its text follows at the end */
    for (;;) {
        const char *before = reader->at;
        skip_spaces(reader);
        if (looking_at(reader, "/>")) {
            reader->at += 2;
            buf_clear(&reader->text);
            return 1;
        }
        if (looking_at(reader, ">")) {
            reader->at++;
            reader->open[reader->depth++] = name;
            buf_clear(&reader->text);
            return 1;
        }
        if (before == reader->at)
            return wrong(reader, "a tag has no end");
        if (!read_attribute(reader, name))
            return 0;
    }
}

/* After the "</". */
static int read_end(struct reader *reader)
{
    struct souk_str name = read_name(reader);
    skip_spaces(reader);
    if (reader->depth == 0 || !souk_str_equal(name, reader->open[reader->depth - 1]))
        return wrong(reader, "a tag that ends what is not open");
    if (reader->at == reader->end || *reader->at++ != '>')
        return wrong(reader, "a tag has no end");
    reader->depth--;
    struct souk_str text = str_trim(buf_str(&reader->text));
    if (text.len)
        add_part(reader->document, name, text);
    buf_clear(&reader->text);
    return 1;
}

static int skip_to(struct reader *reader, const char *end)
{
    while (reader->at < reader->end && !looking_at(reader, end))
        reader->at++;
    if (reader->at == reader->end)
        return wrong(reader, "something has no end");
    reader->at += strlen(end);
    return 1;
}

static int read_cdata(struct reader *reader)
{
    reader->at += strlen("<![CDATA[");
    while (reader->at < reader->end && !looking_at(reader, "]]>"))
        if (!read_letter(reader))
            return 0;
    return skip_to(reader, "]]>");
}

static int read_piece(struct reader *reader)
{
    if (looking_at(reader, "<![CDATA["))
        return read_cdata(reader);
    if (looking_at(reader, "<!--"))
        return skip_to(reader, "-->");
    if (looking_at(reader, "<?"))
        return skip_to(reader, "?>");
    if (looking_at(reader, "<!"))
        return skip_to(reader, ">"); /* a DOCTYPE without a subset */
    if (looking_at(reader, "</")) {
        reader->at += 2;
        return read_end(reader);
    }
    if (*reader->at == '<') {
        reader->at++;
        return read_start(reader);
    }
    if (looking_at(reader, "]]>"))
        return wrong(reader, "\"]]>\" in text");
    if (reader->depth == 0 && !strchr(" \t\r\n", *reader->at))
        return wrong(reader, "text outside of all elements");
    return *reader->at == '&' ? read_entity(reader) : read_letter(reader);
}

static int read_xml(struct document *document, struct souk_str bytes, int part)
{
    struct reader reader = {.document = document,
                            .at = bytes.ptr,
                            .begin = bytes.ptr,
                            .end = bytes.ptr + bytes.len,
                            .part = part};
    reader.text.arena = document->arena;
    int good = 1;
    while (good && reader.at < reader.end)
        good = read_piece(&reader);
    if (good && reader.depth)
        good = wrong(&reader, "an element is not closed");
    if (good && !part && reader.roots != 1)
        good = wrong(&reader, "there is no root");
    return good;
}

/* ---- CSV ---- */

static int read_cell(struct reader *reader, char sign)
{
    buf_clear(&reader->text);
    if (looking_at(reader, "\"")) {
        for (reader->at++;; reader->at++) {
            if (reader->at == reader->end)
                return wrong(reader, "a cell in quotes has no end");
            if (looking_at(reader, "\"\""))
                reader->at++;
            else if (*reader->at == '"')
                break;
            buf_add_char(&reader->text, *reader->at);
        }
        reader->at++;
        if (reader->at < reader->end && *reader->at != sign && *reader->at != '\r' &&
            *reader->at != '\n')
            return wrong(reader, "something stands behind a quoted cell");
        return 1;
    }
    while (reader->at < reader->end && *reader->at != sign && *reader->at != '\r' &&
           *reader->at != '\n') {
        unsigned char c = (unsigned char)*reader->at;
        if (c == '"')
            return wrong(reader, "a quote within a cell that stands in none");
        if (c < 0x20 && c != '\t')
            return wrong(reader, "a control character");
        buf_add_char(&reader->text, *reader->at++);
    }
    return 1;
}

/* The sign that stands most often in the first line. */
static char guess_sign(struct souk_str bytes)
{
    static const char signs[] = ",;\t|";
    size_t best = 0, count[sizeof signs] = {0};
    for (size_t i = 0; i < bytes.len && bytes.ptr[i] != '\n'; i++)
        for (size_t s = 0; s + 1 < sizeof signs; s++)
            count[s] += bytes.ptr[i] == signs[s];
    for (size_t s = 1; s + 1 < sizeof signs; s++)
        if (count[s] > count[best])
            best = s;
    return signs[best];
}

static int read_row(struct reader *reader, const struct document *names, size_t *cells)
{
    struct document *document = reader->document;
    for (*cells = 0;; (*cells)++) {
        if (!read_cell(reader, document->sign))
            return 0;
        struct souk_str name = names && *cells < names->count
                                   ? names->parts[*cells].text
                                   : arena_printf(document->arena, "column %zu", *cells);
        add_part(document, name, buf_str(&reader->text));
        if (reader->at == reader->end || *reader->at != document->sign)
            break;
        reader->at++;
    }
    (*cells)++;
    if (looking_at(reader, "\r\n"))
        reader->at += 2;
    else if (looking_at(reader, "\n"))
        reader->at++;
    else if (reader->at < reader->end)
        return wrong(reader, "a row has no end");
    return 1;
}

static int read_csv(struct document *document, struct souk_str head, struct souk_str bytes)
{
    struct document names = {.arena = document->arena};
    struct reader first = {
        .document = &names, .at = head.ptr, .begin = head.ptr, .end = head.ptr + head.len};
    struct reader reader = {
        .document = document, .at = bytes.ptr, .begin = bytes.ptr, .end = bytes.ptr + bytes.len};
    size_t cells;
    first.text.arena = reader.text.arena = document->arena;
    names.sign = document->sign = guess_sign(head);
    if (!read_row(&first, NULL, &document->columns)) {
        memcpy(document->wrong, names.wrong, sizeof document->wrong);
        return 0;
    }
    while (reader.at < reader.end) {
        if (!read_row(&reader, &names, &cells))
            return 0;
        if (cells != document->columns)
            return wrong(&reader, "a row has more or fewer cells than the first");
    }
    return 1;
}

/* ---- JSON ---- */

static void add_leaves(struct document *document, struct souk_str name, const struct json *value)
{
    if (value->kind == JSON_STRING)
        add_part(document, name, value->text);
    else if (value->kind == JSON_INT)
        add_part(document, name, arena_printf(document->arena, "%lld", (long long)value->number));
    json_each(item, value) add_leaves(document, item->key.len ? item->key : name, &item->value);
}

static int read_json(struct document *document, struct souk_str bytes)
{
    struct json *value;
    struct err err = {0};
    if (json_parse(document->arena, bytes, &value, &err) != SOUK_OK) {
        snprintf(document->wrong, sizeof document->wrong, "%.200s", err.text);
        return 0;
    }
    add_leaves(document, souk_str(""), value);
    return 1;
}

/* ---- all of them ---- */

static int begin(struct document *document, struct arena *arena, struct souk_str bytes)
{
    *document = (struct document){.arena = arena};
    if (scene_utf8(bytes))
        return 1;
    snprintf(document->wrong, sizeof document->wrong, "it is no UTF-8");
    return 0;
}

int document_read(struct document *document, struct arena *arena, enum document_kind kind,
                  struct souk_str bytes)
{
    if (!begin(document, arena, bytes))
        return 0;
    return kind == DOCUMENT_XML    ? read_xml(document, bytes, 0)
           : kind == DOCUMENT_CSV  ? read_csv(document, bytes, bytes)
           : kind == DOCUMENT_JSON ? read_json(document, bytes)
                                   : 1;
}

int document_read_part(struct document *document, struct arena *arena, enum document_kind kind,
                       struct souk_str head, struct souk_str bytes)
{
    if (!begin(document, arena, bytes))
        return 0;
    return kind == DOCUMENT_XML   ? read_xml(document, bytes, 1)
           : kind == DOCUMENT_CSV ? read_csv(document, head, bytes)
                                  : 0;
}
