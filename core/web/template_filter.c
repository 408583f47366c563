/*
 * template_filter: the table of filters, and those that ask the surroundings:
 * translation, addresses. A filter takes a value and returns one; it never fails: what
 * makes no sense is nil, and what is too large stops the rendering
 * (template_run_charge).
 *
 * The `about` text is the reference: "| truncate: 20" shows the arguments first.
 */
#include "base/str.h"
#include "web/template_compile.h"
#include "web/template_run.h"

struct souk_str template_arg_text(struct template_call *call, int arg, const char *otherwise)
{
    return arg < call->count ? template_value_text(call->run, call->args[arg])
                             : souk_str(otherwise);
}

static const struct json *filter_default(struct template_call *call)
{
    const struct json *value = call->value;
    int empty = (template_value_is_text(value) && !value->text.len) ||
                ((value->kind == JSON_ARRAY || value->kind == JSON_OBJECT) && !value->count);
    return empty || !json_true(value) ? call->args[0] : value;
}

static const struct json *ask(struct template_call *call,
                              struct souk_str (*url)(struct template_env *, struct souk_str))
{
    struct souk_str text = template_value_text(call->run, call->value);
    if (url)
        text = url(call->run->env, text);
    return template_value_string(call->run, JSON_STRING, text);
}

static const struct json *filter_asset_url(struct template_call *call)
{
    return ask(call, call->run->env->asset_url);
}

static const struct json *filter_page_url(struct template_call *call)
{
    return ask(call, call->run->env->page_url);
}

static const struct json *filter_pluralize(struct template_call *call)
{
    int64_t count = 0;
    template_value_number(call->value, &count);
    const struct template_env *env = call->run->env;
    struct souk_str one = template_arg_text(call, 0, ""), many = template_arg_text(call, 1, "");
    return template_value_string(
        call->run, JSON_STRING,
        i18n_plural(env->i18n, call->template->domain, env->locale, one, many, count));
}

/* The argument a {placeholder} names, or NULL. */
static const struct json *placeholder(struct template_call *call, const struct json *names,
                                      struct souk_str name)
{
    for (int i = 0; i < call->count; i++)
        if (souk_str_equal(names[i].text, name))
            return call->args[i];
    return NULL;
}

static void put_piece(struct template_run *run, struct buf *to, struct souk_str text, int escape)
{
    if (!escape)
        template_run_put(run, to, text);
    else if (template_run_charge(run, text.len * 5) == 0)
        template_escape_html(to, text);
}

/* Fills the {placeholders}; a whole number is written as `number` does. With an HTML argument all
 * becomes HTML, and the rest is escaped. */
static void fill(struct template_call *call, const struct json *names, struct souk_str text,
                 int html, struct buf *to)
{
    struct template_run *run = call->run;
    while (text.len && !run->code) {
        ptrdiff_t open = str_find(text, '{');
        size_t before = open < 0 ? text.len : (size_t)open;
        put_piece(run, to, str_make(text.ptr, before), html);
        text = str_from(text, before);
        ptrdiff_t close = str_find(text, '}');
        if (!text.len || close < 0) {
            put_piece(run, to, text, html);
            return;
        }
        struct souk_str name = str_make(text.ptr + 1, (size_t)close - 1);
        const struct json *value = placeholder(call, names, name);
        if (!value) { /* not ours: the brace is text */
            put_piece(run, to, str_make(text.ptr, 1), html);
            text = str_from(text, 1);
            continue;
        }
        struct souk_str shown =
            value->kind == JSON_INT
                ? template_number(run->env->arena, run->env->locale, value->number)
                : template_value_text(run, value);
        put_piece(run, to, shown, html && value->kind != JSON_HTML);
        text = str_from(text, (size_t)close + 1);
    }
}

const struct json *template_translate(struct template_call *call, const struct json *plural,
                                      const struct json *names)
{
    const struct template_env *env = call->run->env;
    const char *domain = call->template->domain;
    struct souk_str id = template_value_text(call->run, call->value), text;
    if (!id.len)
        return &template_nil;
    if (plural) {
        int64_t count = 0;
        const struct json *given = placeholder(call, names, souk_str("count"));
        if (given)
            template_value_number(given, &count);
        text = i18n_plural(env->i18n, domain, env->locale, id, plural->text, count);
    } else {
        text = i18n_text(env->i18n, domain, env->locale, id);
    }
    if (!call->count)
        return template_value_string(call->run, JSON_STRING, text);
    int html = 0;
    for (int i = 0; i < call->count; i++)
        html |= call->args[i]->kind == JSON_HTML;
    struct buf to = {.arena = env->arena};
    fill(call, names, text, html, &to);
    return template_value_string(call->run, html ? JSON_HTML : JSON_STRING, buf_str(&to));
}

static const struct template_filter_entry filters[] = {
    {"abs", template_filter_abs, 0, 0, "| abs: a number without its sign"},
    {"append", template_filter_append, 1, 1, "| append: \".html\""},
    {"asset_url", filter_asset_url, 0, 0, "\"theme.css\" | asset_url: address of a static file"},
    {"capitalize", template_filter_capitalize, 0, 0, "| capitalize: the first letter large"},
    {"concat", template_filter_concat, 1, 1, "| concat: other_list"},
    {"date", template_filter_date, 0, 1,
     "| date: \"%d.%m.%Y\" of an RFC 3339 text, microseconds or \"now\"; in UTC"},
    {"default", filter_default, 1, 1, "| default: \"none\" when nil, false or empty"},
    {"digits", template_filter_digits, 0, 0,
     "| digits: a year or a code with the digits of the locale, not grouped"},
    {"divided_by", template_filter_divided_by, 1, 1,
     "| divided_by: 3, rounded down; by zero is nothing"},
    {"downcase", template_filter_downcase, 0, 0, "| downcase: small letters"},
    {"escape", template_filter_escape, 0, 0,
     "| escape: to HTML; outputs are escaped without it, and never twice"},
    {"first", template_filter_first, 0, 0, "list | first"},
    {"join", template_filter_join, 0, 1, "list | join: \", \""},
    {"json", template_filter_json, 0, 0, "| json: the value as JSON text"},
    {"last", template_filter_last, 0, 0, "list | last"},
    {"map", template_filter_map, 1, 1, "list | map: \"name\": that member of every element"},
    {"minus", template_filter_minus, 1, 1, "| minus: 1"},
    {"modulo", template_filter_modulo, 1, 1, "| modulo: 2; by zero is nothing"},
    {"money", template_filter_money, 0, 1,
     "price | money: an {amount, currency} object, or minor units; | money: \"EUR\""},
    {"newline_to_br", template_filter_newline_to_br, 0, 0, "| newline_to_br: lines end in <br>"},
    {"number", template_filter_number, 0, 0, "| number: digits grouped as the locale does"},
    {"page_url", filter_page_url, 0, 0, "\"/cart\" | page_url: with the locale's prefix"},
    {"pluralize", filter_pluralize, 2, 2, "n | pluralize: \"item\", \"items\", translated"},
    {"plus", template_filter_plus, 1, 1, "| plus: 1"},
    {"prepend", template_filter_prepend, 1, 1, "| prepend: \"No. \""},
    {"remove", template_filter_remove, 1, 1, "| remove: \"x\""},
    {"replace", template_filter_replace, 2, 2, "| replace: \"old\", \"new\""},
    {"reverse", template_filter_reverse, 0, 0, "list | reverse"},
    {"round", template_filter_round, 0, 0, "| round: to a whole number"},
    {"size", template_filter_size, 0, 0, "| size: elements or characters"},
    {"slice", template_filter_slice, 1, 2, "| slice: 0, 3: part of a text or list"},
    {"sort", template_filter_sort, 0, 1, "list | sort: \"price\""},
    {"split", template_filter_split, 1, 1, "| split: \",\""},
    {"strip", template_filter_strip, 0, 0, "| strip: no white space at both ends"},
    {"strip_html", template_filter_strip_html, 0, 0, "| strip_html: text without tags"},
    {"t", NULL, 0, TEMPLATE_ARGS,
     "\"Hello, {name}\" | t: name: user; also plural:, count:, context:"},
    {"times", template_filter_times, 1, 1, "| times: 2"},
    {"truncate", template_filter_truncate, 0, 2,
     "| truncate: 50, \"…\": at most so many characters, with the ending"},
    {"truncatewords", template_filter_truncatewords, 0, 2, "| truncatewords: 15, \"…\""},
    {"uniq", template_filter_uniq, 0, 0, "list | uniq: every value once"},
    {"upcase", template_filter_upcase, 0, 0, "| upcase: large letters"},
    {"url_encode", template_filter_url_encode, 0, 0, "| url_encode: for one part of an address"},
    {"where", template_filter_where, 1, 2, "list | where: \"available\" or \"color\", \"red\""},
};

#define FILTER_COUNT ((int)(sizeof(filters) / sizeof(*filters)))

int template_filter_find(struct souk_str name)
{
    for (int i = 0; i < FILTER_COUNT; i++)
        if (souk_str_is(name, filters[i].name))
            return i;
    return -1;
}

const char *template_filter_near(struct souk_str name)
{
    const char *names[FILTER_COUNT + 1];
    for (int i = 0; i < FILTER_COUNT; i++)
        names[i] = filters[i].name;
    names[FILTER_COUNT] = NULL;
    return str_nearest(name, names);
}

const struct template_filter_entry *template_filter_at(int filter)
{
    return filter < FILTER_COUNT ? &filters[filter] : NULL;
}
