/*
 * resource_form.c: between a document and the inputs of a form.
 *
 * Each field is one input, or one for each language of the shop. What was sent becomes members of a
 * document; what cannot be read is said at its field, and the form is shown again with everything
 * as it was typed. A field that was not sent is not in the document: what is there stays.
 */
#include "app/admin/resource.h"

#include <string.h>
#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/market.h"

#define RATE_DIGITS 4

/* ---- numbers as text ---- */

int resource_decimal(struct souk_str text, int digits, int64_t *out)
{
    int64_t number = 0;
    int after = -1, minus = 0, any = 0;
    text = str_trim(text);
    if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+')) {
        minus = text.ptr[0] == '-';
        text = str_from(text, 1);
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c == '.' || c == ',') && after < 0) {
            after = 0;
            continue;
        }
        if (c < '0' || c > '9' || (after >= 0 && after++ >= digits) ||
            __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, c - '0', &number))
            return SOUK_INVALID;
        any = 1;
    }
    for (int i = after < 0 ? 0 : after; i < digits; i++)
        if (__builtin_mul_overflow(number, 10, &number))
            return SOUK_INVALID;
    *out = minus ? -number : number;
    return any ? SOUK_OK : SOUK_INVALID;
}

struct souk_str resource_decimal_text(struct arena *arena, int64_t number, int digits)
{
    int64_t unit = 1;
    for (int i = 0; i < digits; i++)
        unit *= 10;
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    struct souk_str text = digits
                               ? arena_printf(arena, "%s%llu.%0*llu", number < 0 ? "-" : "",
                                              (unsigned long long)(size / (uint64_t)unit), digits,
                                              (unsigned long long)(size % (uint64_t)unit))
                               : arena_printf(arena, "%lld", (long long)number);
    return text;
}

int resource_money_digits(void)
{
    int digits = money_digits(market_shop()->currency);
    return digits < 0 ? 2 : digits;
}

void resource_wrong(struct resource_call *call, const char *key, const char *words)
{
    json_add_str(call->arena, call->wrong, arena_cstr(call->arena, souk_str(key)),
                 site_words(call->request, "souk", words));
}

/* ---- a document as text ---- */

static const struct json *value_of(const struct json *doc, const struct resource_field *field,
                                   const char *locale)
{
    return locale ? json_at(json_at(json_at(doc, "text"), locale), field->key)
                  : json_at(doc, field->key);
}

static struct souk_str joined(struct arena *arena, const struct json *list)
{
    struct buf out = {.arena = arena};
    json_each(item, list)
    {
        if (out.len)
            buf_add_cstr(&out, "\n");
        buf_add_str(&out, json_text(&item->value));
    }
    return buf_str(&out);
}

struct souk_str resource_form_text(struct resource_call *call, const struct json *doc,
                                   const struct resource_field *field, const char *locale)
{
    const struct json *value = value_of(doc, field, locale);
    struct arena *arena = call->arena;
    if (!value || value->kind == JSON_NULL)
        return souk_str("");
    if (value->kind == JSON_ARRAY)
        return joined(arena, value);
    if (value->kind == JSON_BOOL)
        return souk_str(value->number ? "1" : "0");
    if (value->kind == JSON_INT && field->type == SOUK_BOOL)
        return souk_str(value->number ? "1" : "0");
    if (value->kind == JSON_INT && field->type == SOUK_MONEY)
        return resource_decimal_text(arena, value->number, resource_money_digits());
    if (value->kind == JSON_INT && field->type == SOUK_RATE)
        return resource_decimal_text(arena, value->number, RATE_DIGITS);
    if (value->kind == JSON_INT)
        return arena_printf(arena, "%lld", (long long)value->number);
    if (field->type == SOUK_TIME && json_text(value).len >= 16)
        return str_make(json_text(value).ptr, 16); /* as datetime-local has it */
    return json_text(value);
}

/* ---- inputs ---- */

static const char *input_name(struct resource_call *call, const struct resource_field *field,
                              const char *locale)
{
    return locale ? arena_printf(call->arena, "text-%s-%s", locale, field->key).ptr : field->key;
}

static void add_choices(struct resource_call *call, const struct resource_field *field,
                        struct souk_str value, struct json *input)
{
    struct arena *arena = call->arena;
    struct json *list = json_add(arena, input, "choices", JSON_ARRAY);
    if (field->type == SOUK_CHOICE && field->flags & FIELD_EMPTY) {
        struct json *none = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, none, "value", "");
        json_add_cstr(arena, none, "label", "");
    }
    for (const char *const *c = field->choices; c && *c; c++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, item, "value", *c);
        json_add_str(arena, item, "label", site_words(call->request, "souk", *c));
    }
    if (field->options)
        field->options(call, list);
    json_each(item, list) if (souk_str_equal(json_text(json_at(&item->value, "value")), value))
        json_add_bool(arena, (struct json *)(uintptr_t)&item->value, "selected", 1);
}

static void add_input(struct resource_call *call, const struct resource_field *field,
                      const char *locale, const struct json *doc, const struct json *theirs,
                      struct json *list)
{
    struct arena *arena = call->arena;
    const char *name = input_name(call, field, locale);
    struct json *input = json_add(arena, list, NULL, JSON_OBJECT);
    struct souk_str value = resource_form_text(call, doc, field, locale);
    if (call->request->form_parsed && !(field->flags & FIELD_SHOWN) &&
        request_form_has(call->request, "_form", "1"))
        value = field->type == SOUK_BOOL
                    ? souk_str(request_form_has(call->request, name, "1") ? "1" : "0")
                    : request_form(call->request, name);
    json_add_cstr(arena, input, "key", field->key);
    json_add_cstr(arena, input, "name", name);
    json_add_str(arena, input, "label", site_words(call->request, "souk", field->label));
    json_add_cstr(arena, input, "type",
                  field->type == SOUK_TIME ? "time" : options_type_name(field->type));
    json_add_str(arena, input, "value", value);
    json_add_bool(arena, input, "on", souk_str_is(value, "1"));
    json_add_bool(arena, input, "must", (field->flags & FIELD_MUST) != 0);
    json_add_bool(arena, input, "shown",
                  field->flags & FIELD_SHOWN || (field->flags & FIELD_NEW && call->id));
    if (field->hint)
        json_add_str(arena, input, "hint", site_words(call->request, "souk", field->hint));
    if (json_at(call->wrong, name))
        json_add_str(arena, input, "error", json_text(json_at(call->wrong, name)));
    if (theirs) {
        struct souk_str other = resource_form_text(call, theirs, field, locale);
        json_add_bool(arena, input, "differs", !souk_str_equal(other, value));
        json_add_str(arena, input, "theirs", other);
    }
    if (field->choices || field->options || field->type == SOUK_CHOICE)
        add_choices(call, field, value, input);
}

static void add_wrong(struct resource_call *call, struct json *view)
{
    struct json *list = json_add(call->arena, view, "errors", JSON_ARRAY);
    json_each(item, call->wrong)
    {
        struct json *one = json_add(call->arena, list, NULL, JSON_OBJECT);
        json_add_str(call->arena, one, "name", item->key);
        json_add_str(call->arena, one, "text", json_text(&item->value));
    }
}

void resource_form_view(struct resource_call *call, const struct json *doc,
                        const struct json *theirs, struct json *view)
{
    struct arena *arena = call->arena;
    const struct resource_field *fields = call->resource->fields;
    struct json *plain = json_add(arena, view, "fields", JSON_ARRAY);
    struct json *tabs = json_add(arena, view, "tabs", JSON_ARRAY);
    int translated = 0;
    for (const struct resource_field *f = fields; f && f->key; f++) {
        translated |= f->flags & FIELD_LOCALES;
        if (!(f->flags & FIELD_LOCALES))
            add_input(call, f, NULL, doc, theirs, plain);
    }
    for (int i = 0; translated && market_shop()->locales[i]; i++) {
        const char *locale = market_shop()->locales[i];
        struct json *tab = json_add(arena, tabs, NULL, JSON_OBJECT);
        json_add_cstr(arena, tab, "locale", locale);
        json_add_bool(arena, tab, "first", i == 0);
        struct json *inputs = json_add(arena, tab, "fields", JSON_ARRAY);
        for (const struct resource_field *f = fields; f->key; f++)
            if (f->flags & FIELD_LOCALES)
                add_input(call, f, locale, doc, theirs, inputs);
    }
    add_wrong(call, view);
}

/* ---- what was sent ---- */

static void read_number(struct resource_call *call, const struct resource_field *field,
                        const char *name, struct souk_str text, struct json *doc)
{
    int64_t number;
    int digits = field->type == SOUK_MONEY  ? resource_money_digits()
                 : field->type == SOUK_RATE ? RATE_DIGITS
                                            : 0;
    if (text.len == 0) {
        json_add_null(call->arena, doc, field->key);
        return;
    }
    if (field->type == SOUK_RATE && str_ends(text, "%"))
        text.len--;
    if (resource_decimal(text, digits, &number) != SOUK_OK) {
        resource_wrong(call, name,
                       field->type == SOUK_INT ? "a whole number, please"
                                               : "a number such as 12.50, please");
        return;
    }
    if ((field->min || field->max) && (number < field->min || number > field->max))
        resource_wrong(call, name, "this is outside of what is allowed");
    json_add_int(call->arena, doc, field->key, number);
}

static void read_list(struct resource_call *call, const struct resource_field *field,
                      struct souk_str text, struct json *doc)
{
    struct json *list = json_add(call->arena, doc, field->key, JSON_ARRAY);
    struct souk_str line;
    while (str_split(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.len)
            json_add_str(call->arena, list, NULL, line);
    }
}

static void read_time(struct resource_call *call, const struct resource_field *field,
                      const char *name, struct souk_str text, struct json *doc)
{
    int64_t at;
    char whole[32];
    if (text.len == 0) {
        json_add_null(call->arena, doc, field->key);
        return;
    }
    if (text.len == 16)
        text = arena_printf(call->arena, "%.*s:00Z", SOUK_PRI(text));
    if (clock_parse(text, &at) != SOUK_OK) {
        resource_wrong(call, name, "a date and time such as 2026-11-27T00:00, please");
        return;
    }
    size_t len = clock_format(at, 0, whole);
    json_add_str(call->arena, doc, field->key, arena_str(call->arena, str_make(whole, len)));
}

static int is_choice(struct resource_call *call, const struct resource_field *field,
                     struct souk_str value)
{
    struct json *list = json_new(call->arena, JSON_ARRAY);
    if (value.len == 0)
        return (field->flags & FIELD_EMPTY) != 0;
    for (const char *const *c = field->choices; c && *c; c++)
        if (souk_str_is(value, *c))
            return 1;
    if (field->options)
        field->options(call, list);
    json_each(item,
              list) if (souk_str_equal(json_text(json_at(&item->value, "value")), value)) return 1;
    return 0;
}

static void read_text(struct resource_call *call, const struct resource_field *field,
                      const char *name, struct souk_str text, struct json *doc)
{
    if (field->max && utf8_length(text) > (size_t)field->max)
        resource_wrong(call, name, "this is too long");
    if (field->type == SOUK_CHOICE && !is_choice(call, field, text))
        resource_wrong(call, name, "choose one of the list");
    if (field->type == SOUK_CHOICE && text.len == 0)
        json_add_null(call->arena, doc, field->key);
    else
        json_add_str(call->arena, doc, field->key, text);
}

/* Browsers send line ends as CR LF. */
static struct souk_str plain_lines(struct arena *arena, struct souk_str text)
{
    struct buf out = {.arena = arena};
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '\r' || i + 1 == text.len || text.ptr[i + 1] != '\n')
            buf_add_char(&out, text.ptr[i]);
    return buf_str(&out);
}

static void read_field(struct resource_call *call, const struct resource_field *field,
                       const char *name, struct json *doc)
{
    struct souk_str text = request_form(call->request, name);
    text = field->type == SOUK_TEXT ? plain_lines(call->arena, text) : str_trim(text);
    if (field->flags & FIELD_MUST && text.len == 0 && field->type != SOUK_BOOL)
        resource_wrong(call, name, "this is needed");
    if (field->type == SOUK_BOOL)
        json_add_bool(call->arena, doc, field->key, request_form_has(call->request, name, "1"));
    else if (field->type == SOUK_INT || field->type == SOUK_MONEY || field->type == SOUK_RATE)
        read_number(call, field, name, text, doc);
    else if (field->type == SOUK_LIST)
        read_list(call, field, text, doc);
    else if (field->type == SOUK_TIME)
        read_time(call, field, name, text, doc);
    else
        read_text(call, field, name, text, doc);
}

/* The texts of one language; without any the language is taken away. */
static void read_locale(struct resource_call *call, const char *locale, int needed,
                        struct json *texts)
{
    int any = needed, sent = 0;
    for (const struct resource_field *f = call->resource->fields; f->key; f++)
        if (f->flags & FIELD_LOCALES) {
            const char *name = input_name(call, f, locale);
            sent |= request_form_has(call->request, name, NULL);
            if (strcmp(f->key, "slug") != 0) /* an address alone says nothing */
                any |= str_trim(request_form(call->request, name)).len > 0;
        }
    if (!sent)
        return;
    if (!any) {
        json_add_null(call->arena, texts, locale);
        return;
    }
    struct json *text = json_add(call->arena, texts, locale, JSON_OBJECT);
    for (const struct resource_field *f = call->resource->fields; f->key; f++)
        if (f->flags & FIELD_LOCALES &&
            request_form_has(call->request, input_name(call, f, locale), NULL))
            read_field(call, f, input_name(call, f, locale), text);
}

struct json *resource_form_read(struct resource_call *call)
{
    struct json *doc = json_new(call->arena, JSON_OBJECT), *texts = NULL;
    for (const struct resource_field *f = call->resource->fields; f && f->key; f++) {
        if (f->flags & FIELD_SHOWN || (f->flags & FIELD_NEW && call->id))
            continue;
        if (f->flags & FIELD_LOCALES)
            texts = texts ? texts : json_add(call->arena, doc, "text", JSON_OBJECT);
        else if (request_form_has(call->request, f->key, NULL))
            read_field(call, f, f->key, doc);
    }
    for (int i = 0; texts && market_shop()->locales[i]; i++)
        read_locale(call, market_shop()->locales[i], i == 0, texts);
    return doc;
}

/* ---- what changed ---- */

static void add_change(struct resource_call *call, struct json *list, const char *name,
                       struct souk_str from, struct souk_str to)
{
    if (souk_str_equal(from, to))
        return;
    struct json *change = json_add(call->arena, list, NULL, JSON_OBJECT);
    json_add_cstr(call->arena, change, "field", name);
    json_add_str(call->arena, change, "from", utf8_cut(from, 200));
    json_add_str(call->arena, change, "to", utf8_cut(to, 200));
}

struct json *resource_form_changes(struct resource_call *call, const struct json *before,
                                   const struct json *after)
{
    struct json *list = json_new(call->arena, JSON_ARRAY);
    for (const struct resource_field *f = call->resource->fields; f && f->key; f++) {
        if (!(f->flags & FIELD_LOCALES)) {
            add_change(call, list, f->key, resource_form_text(call, before, f, NULL),
                       resource_form_text(call, after, f, NULL));
            continue;
        }
        for (int i = 0; market_shop()->locales[i]; i++)
            add_change(call, list, input_name(call, f, market_shop()->locales[i]),
                       resource_form_text(call, before, f, market_shop()->locales[i]),
                       resource_form_text(call, after, f, market_shop()->locales[i]));
    }
    return list;
}
