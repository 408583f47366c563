/*
 * template_escape: writes a value into the output as its place demands. The mode was
 * chosen when the template was compiled (template_context).
 *
 *   TEXT   & < > " ' become entities; HTML from the core passes
 *   PLAIN, ATTR   the same; of HTML, the tags are dropped and its entities kept
 *   URL    as ATTR, and a scheme that is not allowed makes the whole value "#"
 *   JSON   the value as JSON, every "<" as \u003c, so that no tag can begin in it
 *
 * Output is appended to run->out; nothing else is allocated.
 */
#include "base/str.h"
#include "web/template_run.h"

static const char *entity(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&#34;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

static const unsigned char special[256] = {['&'] = 1, ['<'] = 1, ['>'] = 1, ['"'] = 1, ['\''] = 1};

static void escape(struct buf *out, struct souk_str text, int keep_entities)
{
    const char *from = text.ptr, *end = text.ptr + text.len;
    for (const char *at = from; at < end; at++) {
        if (!special[(unsigned char)*at] || (*at == '&' && keep_entities))
            continue;
        buf_add(out, from, (size_t)(at - from));
        buf_add_cstr(out, entity(*at));
        from = at + 1;
    }
    buf_add(out, from, (size_t)(end - from));
}

void template_escape_html(struct buf *out, struct souk_str text)
{
    escape(out, text, 0);
}

/* Behind the tag that begins at `at`, or `at` when it is a lone "<". */
static const char *behind_tag(const char *at, const char *end)
{
    char c = at + 1 < end ? at[1] : ' ';
    int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && c != '/' && c != '!' && c != '?')
        return at;
    char quote = 0;
    for (const char *to = at + 1; to < end; to++)
        if (quote)
            quote = *to == quote ? 0 : quote;
        else if (*to == '"' || *to == '\'')
            quote = *to;
        else if (*to == '>')
            return to + 1;
    return end;
}

void template_escape_tags(struct buf *out, struct souk_str html, int keep_entities)
{
    const char *at = html.ptr, *end = html.ptr + html.len;
    while (at < end) {
        const char *open = memchr(at, '<', (size_t)(end - at));
        if (!open)
            open = end;
        const char *next = open < end ? behind_tag(open, end) : end;
        if (next == open && open < end) { /* a lone "<" is text */
            open++;
            next = open;
        }
        escape(out, str_make(at, (size_t)(open - at)), keep_entities);
        at = next;
    }
}

/* 1 when a browser would take the URL for one of the allowed schemes, or for relative.
 */
static int is_safe_url(struct souk_str url, int is_html)
{
    static const char *const schemes[] = {"http", "https", "mailto", "tel", NULL};
    while (url.len && (unsigned char)*url.ptr <= ' ')
        url = str_from(url, 1);
    size_t len = 0;
    while (len < url.len && !strchr(":/?#&", url.ptr[len]))
        len++;
    if (len == url.len || memchr("/?#", url.ptr[len], 3))
        return 1;
    if (url.ptr[len] == '&') /* in HTML it may be the colon; in text it is relative */
        return !is_html && !memchr(url.ptr, ':', url.len);
    for (int i = 0; schemes[i]; i++)
        if (str_equal_nocase(str_make(url.ptr, len), souk_str(schemes[i])))
            return 1;
    return 0;
}

/* "<" in what was written from `mark` on becomes \u003c, in place from the end. */
static void guard_json(struct buf *out, size_t mark)
{
    size_t count = 0;
    for (size_t i = mark; i < out->len; i++)
        count += out->ptr[i] == '<';
    if (!count)
        return;
    buf_reserve(out, count * 5);
    size_t from = out->len, to = out->len + count * 5;
    out->len = to;
    out->ptr[to] = '\0';
    while (from > mark) {
        char c = out->ptr[--from];
        if (c == '<')
            memcpy(out->ptr + (to -= 6), "\\u003c", 6);
        else
            out->ptr[--to] = c;
    }
}

static void write_json(struct buf *out, const struct json *value)
{
    size_t mark = out->len;
    if (value->kind == TEMPLATE_JSON_TEXT)
        buf_add_str(out, value->text);
    else if (value->kind == JSON_HTML)
        json_print_string(out, value->text);
    else if (value->kind == TEMPLATE_EMPTY || value->kind == TEMPLATE_BLANK)
        buf_add_cstr(out, "null");
    else
        json_print(out, value);
    guard_json(out, mark);
}

void template_escape_value(struct template_run *run, int mode, const struct json *value)
{
    struct buf *out = run->out;
    if (mode == ESCAPE_JSON) {
        write_json(out, value);
        return;
    }
    if (value->kind == JSON_INT) {
        buf_add_int(out, value->number);
        return;
    }
    struct souk_str text = template_value_text(run, value);
    int is_html = value->kind == JSON_HTML;
    if (mode == ESCAPE_NONE)
        buf_add_str(out, text);
    else if (mode == ESCAPE_URL && !is_safe_url(text, is_html))
        buf_add_char(out, '#');
    else if (!is_html)
        escape(out, text, 0);
    else if (mode == ESCAPE_TEXT)
        buf_add_str(out, text);
    else
        template_escape_tags(out, text, 1);
}
