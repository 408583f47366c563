/*
 * template_filter_text: the filters on text. They take any value as text and return a
 * plain string, which is escaped when it is shown; only those that make or join HTML
 * (escape, newline_to_br, append, prepend) return HTML, and escape what was not.
 *
 * Lengths are counted in characters and cut between grapheme clusters.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "web/template_run.h"

static struct souk_str subject(struct template_call *call)
{
    return template_value_text(call->run, call->value);
}

static const struct json *string(struct template_call *call, struct souk_str text)
{
    return template_value_string(call->run, JSON_STRING, text);
}

static struct buf buffer(struct template_call *call)
{
    return (struct buf){.arena = call->run->env->arena};
}

static void put_html(struct template_call *call, struct buf *to, const struct json *value)
{
    struct souk_str text = template_value_text(call->run, value);
    if (value->kind == JSON_HTML)
        template_run_put(call->run, to, text);
    else if (template_run_charge(call->run, text.len * 5) == 0)
        template_escape_html(to, text);
}

const struct json *template_filter_escape(struct template_call *call)
{
    struct buf to = buffer(call);
    put_html(call, &to, call->value);
    return template_value_string(call->run, JSON_HTML, buf_str(&to));
}

static const struct json *joined(struct template_call *call, const struct json *one,
                                 const struct json *two)
{
    struct buf to = buffer(call);
    if (one->kind == JSON_HTML || two->kind == JSON_HTML) {
        put_html(call, &to, one);
        put_html(call, &to, two);
        return template_value_string(call->run, JSON_HTML, buf_str(&to));
    }
    template_run_put(call->run, &to, template_value_text(call->run, one));
    template_run_put(call->run, &to, template_value_text(call->run, two));
    return string(call, buf_str(&to));
}

const struct json *template_filter_append(struct template_call *call)
{
    return joined(call, call->value, call->args[0]);
}

const struct json *template_filter_prepend(struct template_call *call)
{
    return joined(call, call->args[0], call->value);
}

const struct json *template_filter_upcase(struct template_call *call)
{
    struct souk_str text = subject(call);
    if (template_run_charge(call->run, text.len * 3))
        return &template_nil;
    return string(call, utf8_upper(call->run->env->arena, text));
}

const struct json *template_filter_downcase(struct template_call *call)
{
    struct souk_str text = subject(call);
    if (template_run_charge(call->run, text.len * 3))
        return &template_nil;
    return string(call, utf8_lower(call->run->env->arena, text));
}

const struct json *template_filter_capitalize(struct template_call *call)
{
    struct souk_str text = subject(call);
    struct souk_str head = utf8_cut(text, 1);
    struct buf to = buffer(call);
    template_run_put(call->run, &to, utf8_upper(call->run->env->arena, head));
    template_run_put(call->run, &to, str_from(text, head.len));
    return string(call, buf_str(&to));
}

const struct json *template_filter_strip(struct template_call *call)
{
    return string(call, str_trim(subject(call)));
}

static const struct json *shortened(struct template_call *call, struct souk_str kept,
                                    struct souk_str ending)
{
    struct buf to = buffer(call);
    template_run_put(call->run, &to, kept);
    template_run_put(call->run, &to, ending);
    return string(call, buf_str(&to));
}

static size_t count_argument(struct template_call *call, int64_t otherwise)
{
    int64_t count = otherwise;
    if (call->count)
        template_value_number(call->args[0], &count);
    return count < 0 ? 0 : (size_t)count;
}

const struct json *template_filter_truncate(struct template_call *call)
{
    struct souk_str text = subject(call), ending = template_arg_text(call, 1, "…");
    size_t most = count_argument(call, 50);
    if (utf8_length(text) <= most)
        return string(call, text);
    size_t tail = utf8_length(ending);
    return shortened(call, utf8_cut(text, most > tail ? most - tail : 0), ending);
}

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const struct json *template_filter_truncatewords(struct template_call *call)
{
    struct souk_str text = str_trim(subject(call));
    size_t most = count_argument(call, 15), at = 0;
    for (size_t words = 0; words < most && at < text.len; words++) {
        while (at < text.len && is_space(text.ptr[at]))
            at++;
        while (at < text.len && !is_space(text.ptr[at]))
            at++;
    }
    if (at == text.len)
        return string(call, text);
    return shortened(call, str_make(text.ptr, at), template_arg_text(call, 1, "…"));
}

static const struct json *replaced(struct template_call *call, struct souk_str old,
                                   struct souk_str fresh)
{
    struct souk_str text = subject(call);
    if (!old.len)
        return string(call, text);
    struct buf to = buffer(call);
    while (text.len && !call->run->code) {
        const char *hit = memmem(text.ptr, text.len, old.ptr, old.len);
        size_t before = hit ? (size_t)(hit - text.ptr) : text.len;
        template_run_put(call->run, &to, str_make(text.ptr, before));
        if (hit)
            template_run_put(call->run, &to, fresh);
        text = str_from(text, before + (hit ? old.len : 0));
    }
    return string(call, buf_str(&to));
}

const struct json *template_filter_replace(struct template_call *call)
{
    return replaced(call, template_arg_text(call, 0, ""), template_arg_text(call, 1, ""));
}

const struct json *template_filter_remove(struct template_call *call)
{
    return replaced(call, template_arg_text(call, 0, ""), souk_str(""));
}

const struct json *template_filter_url_encode(struct template_call *call)
{
    struct souk_str text = subject(call);
    struct buf to = buffer(call);
    if (template_run_charge(call->run, text.len * 3))
        return &template_nil;
    buf_add_encoded(&to, text);
    return string(call, buf_str(&to));
}

const struct json *template_filter_newline_to_br(struct template_call *call)
{
    struct souk_str text = template_filter_escape(call)->text;
    struct buf to = buffer(call);
    while (text.len && !call->run->code) {
        ptrdiff_t end = str_find(text, '\n');
        size_t before = end < 0 ? text.len : (size_t)end;
        template_run_put(call->run, &to, str_make(text.ptr, before));
        if (end >= 0)
            template_run_put(call->run, &to, souk_str("<br>\n"));
        text = str_from(text, before + (end >= 0));
    }
    return template_value_string(call->run, JSON_HTML, buf_str(&to));
}

/* One of the five entities that our own escaping writes, or a few that Markdown does.
 */
static size_t decode_entity(struct souk_str text, struct buf *to)
{
    static const char *const names[][2] = {{"&amp;", "&"},  {"&lt;", "<"},    {"&gt;", ">"},
                                           {"&#34;", "\""}, {"&quot;", "\""}, {"&#39;", "'"},
                                           {"&apos;", "'"}, {"&nbsp;", " "}};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (str_starts(text, names[i][0])) {
            buf_add_cstr(to, names[i][1]);
            return strlen(names[i][0]);
        }
    }
    buf_add_char(to, '&');
    return 1;
}

const struct json *template_filter_strip_html(struct template_call *call)
{
    struct souk_str text = subject(call);
    int html = call->value->kind == JSON_HTML;
    struct buf bare = buffer(call), to = buffer(call);
    if (template_run_charge(call->run, text.len * 7))
        return &template_nil;
    template_escape_tags(&bare, text, html);
    text = buf_str(&bare);
    while (text.len) {
        ptrdiff_t open = str_find(text, '&');
        size_t before = open < 0 ? text.len : (size_t)open;
        buf_add(&to, text.ptr, before);
        text = str_from(text, before);
        if (text.len)
            text = str_from(text, decode_entity(text, &to));
    }
    return string(call, buf_str(&to));
}

const struct json *template_filter_json(struct template_call *call)
{
    struct buf to = buffer(call);
    int32_t kind = call->value->kind;
    if (kind == TEMPLATE_JSON_TEXT)
        return call->value;
    if (kind == TEMPLATE_EMPTY || kind == TEMPLATE_BLANK)
        buf_add_cstr(&to, "null");
    else
        json_print(&to, call->value);
    template_run_charge(call->run, to.len);
    return template_value_string(call->run, TEMPLATE_JSON_TEXT, buf_str(&to));
}
