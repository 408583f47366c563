/*
 * template.c: text with macros in braces.
 *
 * The idea: a value can never become anything but a value. What is filled in is written for the
 * place where it stands: percent signs for all but letters, digits and -._~ in addresses, forms and
 * headers; escapes inside of JSON strings and XML text. So a click's id, an order's number or a
 * coupon, whatever stands in it, adds no parameter, no member, no element and no header.
 *
 * Templates are the merchant's: they are checked at the start, with the place of what is wrong.
 */
#include "hooks.h"

static const char *const names[MACROS] = {"click",    "param",  "order",  "amount", "minor",
                                          "currency", "state",  "coupon", "key",    "time",
                                          "unix",     "repeat", "token"};

static int is_name_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

/* At an opening brace: 1 with the name inside and where it ends; 0: it is no macro. */
static int macro_at(struct souk_str text, size_t at, struct souk_str *name, size_t *end)
{
    size_t i = at + 1;
    while (i < text.len && is_name_letter(text.ptr[i]))
        i++;
    *name = (struct souk_str){text.ptr + at + 1, i - at - 1};
    *end = i + 1;
    return name->len > 0 && i < text.len && text.ptr[i] == '}';
}

static int macro_find(struct souk_str name)
{
    for (int i = 0; i < MACROS; i++)
        if (souk_str_is(name, names[i]))
            return i;
    return -1;
}

/* ---- the nearest name, for the words ---- */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

static size_t distance(struct souk_str a, const char *b)
{
    size_t row[24], len = strlen(b);
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t before = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t kept = row[j];
            row[j] = least(row[j] + 1, row[j - 1] + 1, before + (a.ptr[i - 1] != b[j - 1]));
            before = kept;
        }
    }
    return row[len];
}

static const char *nearest(struct souk_str name)
{
    const char *best = NULL;
    size_t most = name.len > 6 ? 3 : 2;
    for (int i = 0; i < MACROS && name.len < 40; i++) {
        size_t d = distance(name, names[i]);
        if (d <= most) {
            best = names[i];
            most = d ? d - 1 : 0;
        }
    }
    return best;
}

/* ---- checking ---- */

static int unknown(struct souk_ctx *ctx, const char *where, size_t at, struct souk_str name)
{
    const char *meant = nearest(name);
    if (meant)
        return souk_fail(ctx, SOUK_INVALID, "%s, sign %zu: {%.*s} is no macro; did you mean {%s}?",
                         where, at + 1, SOUK_PRI(name), meant);
    return souk_fail(ctx, SOUK_INVALID,
                     "%s, sign %zu: {%.*s} is no macro; there are {click} {param} {order} {amount} "
                     "{minor} {currency} {state} {coupon} {key} {time} {unix} {repeat} {token}",
                     where, at + 1, SOUK_PRI(name));
}

int template_check(struct souk_ctx *ctx, const char *where, struct souk_str text, enum form form)
{
    struct souk_str name;
    size_t end;
    int strict = form == FORM_URL || form == FORM_SECRET;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (strict && (c < 0x20 || c == 0x7f || (form == FORM_URL && c == ' ')))
            return souk_fail(ctx, SOUK_INVALID,
                             "%s, sign %zu: a blank or a control sign has no "
                             "place here",
                             where, i + 1);
        if (c == '}' && strict)
            return souk_fail(ctx, SOUK_INVALID,
                             "%s, sign %zu: a brace is closed that was not "
                             "opened",
                             where, i + 1);
        if (c != '{')
            continue;
        if (!macro_at(text, i, &name, &end)) {
            if (strict)
                return souk_fail(ctx, SOUK_INVALID,
                                 "%s, sign %zu: a macro is a name in braces, like {click}", where,
                                 i + 1);
            continue;
        }
        if (macro_find(name) < 0)
            return unknown(ctx, where, i, name);
        i = end - 1;
    }
    return SOUK_OK;
}

int template_check_url(struct souk_ctx *ctx, const char *where, struct souk_str text)
{
    size_t scheme = text.len > 8 && memcmp(text.ptr, "https://", 8) == 0  ? 8
                    : text.len > 7 && memcmp(text.ptr, "http://", 7) == 0 ? 7
                                                                          : 0;
    if (!scheme)
        return souk_fail(ctx, SOUK_INVALID,
                         "%s must begin with https:// or http:// and the partner's host", where);
    size_t end = scheme;
    while (end < text.len && text.ptr[end] != '/' && text.ptr[end] != '?' && text.ptr[end] != '#')
        if (text.ptr[end++] == '{')
            return souk_fail(ctx, SOUK_INVALID,
                             "%s, sign %zu: the host cannot be filled in; write it out", where,
                             end);
    if (end == scheme)
        return souk_fail(ctx, SOUK_INVALID, "%s names no host", where);
    return template_check(ctx, where, text, FORM_URL);
}

/* ---- filling ---- */

struct text {
    struct souk_ctx *ctx;
    char *at;
    size_t len, room;
};

static void add(struct text *text, const char *bytes, size_t len)
{
    if (text->len + len > text->room) {
        size_t room = (text->room ? text->room * 2 : 512) + len;
        char *more = souk_alloc(text->ctx, room);
        if (text->len)
            memcpy(more, text->at, text->len);
        text->at = more;
        text->room = room;
    }
    memcpy(text->at + text->len, bytes, len);
    text->len += len;
}

static void add_percent(struct text *text, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";
    char sign[3] = {'%', hex[c >> 4], hex[c & 15]};
    int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '-' || c == '_' || c == '.' || c == '~';
    if (plain)
        add(text, (const char *)&c, 1);
    else
        add(text, sign, 3);
}

static void add_json(struct text *text, unsigned char c)
{
    char sign[8];
    if (c == '"' || c == '\\') {
        add(text, "\\", 1);
        add(text, (const char *)&c, 1);
    } else if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&') {
        add(text, sign, (size_t)snprintf(sign, sizeof sign, "\\u%04x", c));
    } else {
        add(text, (const char *)&c, 1);
    }
}

static void add_xml(struct text *text, unsigned char c)
{
    const char *name = c == '<'    ? "&lt;"
                       : c == '>'  ? "&gt;"
                       : c == '&'  ? "&amp;"
                       : c == '"'  ? "&quot;"
                       : c == '\'' ? "&#39;"
                                   : NULL;
    if (name)
        add(text, name, strlen(name));
    else if (c >= 0x20 && c != 0x7f) /* XML has no way to say the others */
        add(text, (const char *)&c, 1);
}

static void add_value(struct text *text, struct souk_str value, enum form form, int raw)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (raw)
            add(text, (const char *)&c, 1);
        else if (form == FORM_JSON)
            add_json(text, c);
        else if (form == FORM_XML)
            add_xml(text, c);
        else
            add_percent(text, c);
    }
}

struct souk_str template_fill(struct souk_ctx *ctx, struct souk_str template, enum form form,
                              const struct values *values)
{
    struct text text = {.ctx = ctx};
    struct souk_str name;
    size_t end;
    for (size_t i = 0; i < template.len; i++) {
        int macro = -1;
        if (template.ptr[i] == '{' && macro_at(template, i, &name, &end))
            macro = macro_find(name);
        if (macro < 0) {
            add(&text, template.ptr + i, 1);
            continue;
        }
        add_value(&text, values->at[macro], form, macro == MACRO_TOKEN && form == FORM_SECRET);
        i = end - 1;
    }
    add(&text, "", 1);
    return (struct souk_str){text.at, text.len - 1};
}
