/*
 * template_lex: cuts a template's text. The outer cut finds text, {{ output }} and {%
 * tag %}; it resolves whitespace control, comments and raw text, so that nobody after
 * it knows of them. The inner cut turns what stands between the braces into tokens.
 *
 * Quotes are honoured when the end of a tag is sought: {{ "}}" }} is one output.
 * Nothing is copied: all texts are views of the source. No decisions about meaning are
 * made here.
 */
#include "base/str.h"
#include "web/template_compile.h"

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int count_lines(const char *from, const char *to)
{
    int lines = 0;
    for (; from < to; from++)
        lines += *from == '\n';
    return lines;
}

static const char *find_open(const char *at, const char *end)
{
    for (; at + 1 < end; at++) {
        at = memchr(at, '{', (size_t)(end - at - 1));
        if (!at)
            return end;
        if (at[1] == '{' || at[1] == '%')
            return at;
    }
    return end;
}

/* The closing braces of a tag, past quoted strings; NULL when they are missing. */
static const char *find_close(const char *at, const char *end, char first)
{
    for (; at + 1 < end; at++) {
        if (at[0] == first && at[1] == '}')
            return at;
        if (*at == '"' || *at == '\'') {
            at = memchr(at + 1, *at, (size_t)(end - at - 1));
            if (!at)
                return NULL;
        }
    }
    return NULL;
}

struct braces { /* one {{ … }} or {% … %} */
    struct souk_str inside;
    const char *begin, *after;
    int trim_before, trim_after;
};

static int read_braces(struct template_lex *lex, const char *open, int line, struct braces *out)
{
    char first = open[1] == '{' ? '}' : '%';
    const char *in = open + 2;
    out->begin = open;
    out->trim_before = in < lex->end && *in == '-';
    if (out->trim_before)
        in++;
    const char *inline_comment = in;
    while (inline_comment < lex->end && is_space(*inline_comment))
        inline_comment++;
    const char *close;
    if (first == '%' && inline_comment < lex->end && *inline_comment == '#') {
        for (close = in; close + 1 < lex->end && !(close[0] == '%' && close[1] == '}');)
            close++; /* a remark may hold a lone quote */
        close = close + 1 < lex->end ? close : NULL;
    } else {
        close = find_close(in, lex->end, first);
    }
    if (!close)
        return err_set(lex->err, SOUK_INVALID,
                       "%s:%d: '%.2s' is never closed; add '%c}' (or a missing quote)", lex->file,
                       line, open, first);
    out->after = close + 2;
    out->trim_after = close > in && close[-1] == '-';
    if (out->trim_after)
        close--;
    out->inside = str_make(in, (size_t)(close - in));
    return 0;
}

static struct souk_str tag_name(struct souk_str inside)
{
    struct souk_str text = str_trim(inside);
    size_t len = 0;
    while (len < text.len && (is_name(text.ptr[len]) || is_digit(text.ptr[len])))
        len++;
    return str_make(text.ptr, len);
}

/* Skips to the tag `name`; on return *tag is that tag and the lexer stands behind it.
 */
static int skip_to(struct template_lex *lex, const char *name, int line, struct braces *tag)
{
    const char *at = lex->at;
    for (;;) {
        at = find_open(at, lex->end);
        if (at == lex->end)
            return err_set(lex->err, SOUK_INVALID, "%s:%d: '%s' is never closed; add {%% %s %%}",
                           lex->file, line, name + 3, name);
        struct braces found;
        if (at[1] == '%' && read_braces(lex, at, line, &found) == 0 &&
            souk_str_is(tag_name(found.inside), name)) {
            *tag = found;
            lex->line += count_lines(lex->at, found.after);
            lex->at = found.after;
            lex->trim = found.trim_after;
            return 0;
        }
        at += 2; /* whatever it is, it means nothing in here */
    }
}

static struct souk_str trim_text(const char *from, const char *to, int left, int right)
{
    while (left && from < to && is_space(*from))
        from++;
    while (right && from < to && is_space(to[-1]))
        to--;
    return str_make(from, (size_t)(to - from));
}

static int read_text(struct template_lex *lex, const char *open, struct template_chunk *chunk)
{
    int right = open < lex->end && open + 2 < lex->end && open[2] == '-';
    const char *from = lex->at;
    chunk->kind = CHUNK_TEXT;
    chunk->text = trim_text(from, open, lex->trim, right);
    chunk->line = lex->line + count_lines(from, chunk->text.ptr);
    lex->line += count_lines(from, open);
    lex->at = open;
    lex->trim = 0;
    return chunk->text.len > 0;
}

static int read_raw(struct template_lex *lex, int line, struct template_chunk *chunk)
{
    const char *from = lex->at;
    int left = lex->trim;
    struct braces end;
    chunk->line = lex->line;
    int code = skip_to(lex, "endraw", line, &end);
    if (code)
        return code;
    chunk->kind = CHUNK_TEXT;
    chunk->text = trim_text(from, end.begin, left, end.trim_before);
    return 0;
}

int template_lex_chunk(struct template_lex *lex, struct template_chunk *chunk)
{
    for (;;) {
        const char *open = find_open(lex->at, lex->end);
        if (open > lex->at && read_text(lex, open, chunk))
            return 0;
        if (open == lex->end) {
            chunk->kind = CHUNK_END;
            chunk->line = lex->line;
            chunk->text = STR_NULL;
            return 0;
        }
        struct braces tag;
        int line = lex->line;
        int code = read_braces(lex, open, line, &tag);
        if (code)
            return code;
        lex->line += count_lines(open, tag.after);
        lex->at = tag.after;
        lex->trim = tag.trim_after;
        chunk->line = line;
        chunk->text = tag.inside;
        chunk->kind = open[1] == '{' ? CHUNK_OUTPUT : CHUNK_TAG;
        if (chunk->kind == CHUNK_OUTPUT)
            return 0;
        struct souk_str name = tag_name(tag.inside);
        if (souk_str_is(name, "raw")) {
            code = read_raw(lex, line, chunk);
            if (code || chunk->text.len)
                return code;
        } else if (souk_str_is(name, "comment")) {
            code = skip_to(lex, "endcomment", line, &tag);
            if (code)
                return code;
        } else if (!str_starts(str_trim(tag.inside), "#")) {
            return 0;
        }
    }
}

static void scan_string(struct template_scan *scan)
{
    char quote = *scan->at++;
    const char *from = scan->at;
    while (scan->at < scan->end && *scan->at != quote)
        scan->line += *scan->at++ == '\n';
    scan->text = str_make(from, (size_t)(scan->at - from));
    scan->token = scan->at < scan->end ? TOKEN_STRING : TOKEN_BAD;
    if (scan->at < scan->end)
        scan->at++;
}

static void scan_name(struct template_scan *scan)
{
    const char *from = scan->at;
    while (scan->at < scan->end &&
           (is_name(*scan->at) || is_digit(*scan->at) ||
            (*scan->at == '-' && scan->at + 1 < scan->end && is_name(scan->at[1]))))
        scan->at++;
    scan->text = str_make(from, (size_t)(scan->at - from));
    scan->token = TOKEN_NAME;
}

static void scan_int(struct template_scan *scan)
{
    const char *from = scan->at++;
    while (scan->at < scan->end && is_digit(*scan->at))
        scan->at++;
    scan->text = str_make(from, (size_t)(scan->at - from));
    scan->token = str_to_int(scan->text, &scan->number) == 0 ? TOKEN_INT : TOKEN_BAD;
}

static void scan_sign(struct template_scan *scan)
{
    static const struct {
        char text[3];
        int token;
    } pairs[] = {{"==", TOKEN_EQ}, {"!=", TOKEN_NE}, {"<>", TOKEN_NE},
                 {"<=", TOKEN_LE}, {">=", TOKEN_GE}, {"..", TOKEN_RANGE}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        if (scan->at + 1 < scan->end && memcmp(scan->at, pairs[i].text, 2) == 0) {
            scan->token = pairs[i].token;
            scan->text = str_make(scan->at, 2);
            scan->at += 2;
            return;
        }
    }
    scan->text = str_make(scan->at, 1);
    scan->token = strchr("<>|:,.[]()", *scan->at) && *scan->at ? *scan->at : TOKEN_BAD;
    scan->at++;
}

void template_scan_next(struct template_scan *scan)
{
    while (scan->at < scan->end && is_space(*scan->at))
        scan->line += *scan->at++ == '\n';
    scan->token_line = scan->line;
    if (scan->at == scan->end) {
        scan->token = TOKEN_END;
        scan->text = souk_str("the end of the tag");
    } else if (*scan->at == '"' || *scan->at == '\'') {
        scan_string(scan);
    } else if (is_name(*scan->at)) {
        scan_name(scan);
    } else if (is_digit(*scan->at) ||
               (*scan->at == '-' && scan->at + 1 < scan->end && is_digit(scan->at[1]))) {
        scan_int(scan);
    } else {
        scan_sign(scan);
    }
}

void template_scan_begin(struct template_scan *scan, struct souk_str text, int line)
{
    *scan = (struct template_scan){.at = text.ptr, .end = text.ptr + text.len, .line = line};
    template_scan_next(scan);
}
