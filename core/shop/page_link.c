/*
 * page_link.c: entities of HTML, and which addresses a link may have.
 *
 * The idea: the address is read as a browser would read it (entities resolved, tabs and line ends
 * taken out), and only what begins in one of a few known ways is let through; it is written out
 * again in escaped form, so that nothing is left to be read in two ways.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "shop/page_filter.h"

static const struct entity {
    const char *name;
    const char *text;
} entities[] = {
    {"amp", "&"},         {"lt", "<"},     {"gt", ">"},     {"quot", "\""},  {"apos", "'"},
    {"nbsp", "\xC2\xA0"}, {"colon", ":"},  {"sol", "/"},    {"Tab", "\t"},   {"NewLine", "\n"},
    {"lpar", "("},        {"rpar", ")"},   {"comma", ","},  {"period", "."}, {"num", "#"},
    {"semi", ";"},        {"hellip", "…"}, {"ndash", "–"},  {"mdash", "—"},  {"lsquo", "‘"},
    {"rsquo", "’"},       {"ldquo", "“"},  {"rdquo", "”"},  {"bdquo", "„"},  {"laquo", "«"},
    {"raquo", "»"},       {"euro", "€"},   {"pound", "£"},  {"copy", "©"},   {"reg", "®"},
    {"trade", "™"},       {"deg", "°"},    {"times", "×"},  {"bull", "•"},   {"middot", "·"},
    {"frac12", "½"},      {"shy", ""},     {"eacute", "é"}, {"auml", "ä"},   {"ouml", "ö"},
    {"uuml", "ü"},        {"szlig", "ß"},
};

void page_escape(struct buf *out, struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        switch (c) {
        case '&': buf_add_cstr(out, "&amp;"); break;
        case '<': buf_add_cstr(out, "&lt;"); break;
        case '>': buf_add_cstr(out, "&gt;"); break;
        case '"': buf_add_cstr(out, "&quot;"); break;
        case '\'': buf_add_cstr(out, "&#39;"); break;
        default: buf_add_char(out, c);
        }
    }
}

static void add_point(struct buf *out, uint32_t point)
{
    char bytes[4];
    size_t len;
    if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        point = 0xFFFD;
    if (point < 0x80) {
        bytes[0] = (char)point;
        len = 1;
    } else if (point < 0x800) {
        bytes[0] = (char)(0xC0 | point >> 6);
        bytes[1] = (char)(0x80 | (point & 0x3F));
        len = 2;
    } else if (point < 0x10000) {
        bytes[0] = (char)(0xE0 | point >> 12);
        bytes[1] = (char)(0x80 | (point >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (point & 0x3F));
        len = 3;
    } else {
        bytes[0] = (char)(0xF0 | point >> 18);
        bytes[1] = (char)(0x80 | (point >> 12 & 0x3F));
        bytes[2] = (char)(0x80 | (point >> 6 & 0x3F));
        bytes[3] = (char)(0x80 | (point & 0x3F));
        len = 4;
    }
    buf_add(out, bytes, len);
}

static int digit_of(char c, uint32_t base)
{
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;
    return digit < (int)base ? digit : -1;
}

/* "#38;" behind an ampersand; the semicolon may be missing, as browsers allow. Bytes used, 0: none.
 */
static size_t read_number(struct buf *out, struct souk_str rest)
{
    size_t at = 1;
    uint32_t base = 10, point = 0;
    if (rest.len > 1 && (rest.ptr[1] == 'x' || rest.ptr[1] == 'X')) {
        base = 16;
        at = 2;
    }
    size_t first = at;
    for (; at < rest.len && digit_of(rest.ptr[at], base) >= 0; at++)
        if (point <= 0x10FFFF)
            point = point * base + (uint32_t)digit_of(rest.ptr[at], base);
    if (at == first)
        return 0;
    add_point(out, point);
    return at + (at < rest.len && rest.ptr[at] == ';');
}

static size_t read_entity(struct buf *out, struct souk_str rest)
{
    if (rest.len && rest.ptr[0] == '#')
        return read_number(out, rest);
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        size_t len = strlen(entities[i].name);
        if (rest.len > len && rest.ptr[len] == ';' && str_starts(rest, entities[i].name)) {
            buf_add_cstr(out, entities[i].text);
            return len + 1;
        }
    }
    return 0;
}

struct souk_str page_unescape(struct arena *arena, struct souk_str text)
{
    struct buf out = {.arena = arena};
    if (!text.len || !memchr(text.ptr, '&', text.len))
        return text;
    for (size_t i = 0; i < text.len; i++) {
        size_t used = text.ptr[i] == '&' ? read_entity(&out, str_from(text, i + 1)) : 0;
        if (used)
            i += used;
        else
            buf_add_char(&out, text.ptr[i]);
    }
    return buf_str(&out);
}

static int starts_nocase(struct souk_str text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len > len && str_equal_nocase(str_make(text.ptr, len), souk_str(prefix));
}

struct souk_str page_link(struct arena *arena, struct souk_str raw)
{
    struct buf out = {.arena = arena};
    struct souk_str text = page_unescape(arena, raw);
    while (text.len && (unsigned char)text.ptr[0] <= ' ')
        text = str_from(text, 1);
    while (text.len && (unsigned char)text.ptr[text.len - 1] <= ' ')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\t' || c == '\n' || c == '\r')
            continue;
        if (c < ' ' || c == 0x7f || c == '\\')
            return souk_str("");
        if (c == ' ')
            buf_add_cstr(&out, "%20");
        else
            buf_add_char(&out, (char)c);
    }
    struct souk_str link = buf_str(&out);
    int own = link.len && link.ptr[0] == '/' && (link.len == 1 || link.ptr[1] != '/');
    if (!own && !starts_nocase(link, "https://") && !starts_nocase(link, "http://") &&
        !starts_nocase(link, "mailto:"))
        return souk_str("");
    return utf8_valid(link) ? link : souk_str("");
}
