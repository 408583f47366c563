/*
 * template_html: where in the HTML a position stands. A small machine after the
 * tokenizer of the HTML standard walks the literal text byte by byte; outputs ask it
 * how they must be escaped, or learn why they may not stand there.
 *
 * The state is a plain value without pointers. Fields that do not matter in a state are
 * zero, so two paths agree when their fields are equal; template_html_join knows the
 * few cases in which unequal states still go together. Where in doubt it refuses: what
 * it lets pass must be safe whichever branch was taken.
 *
 * It does not check that elements are balanced: that is the theme's affair.
 */
#include "base/str.h"
#include "web/template_compile.h"
#include <stdio.h>

enum state {
    TEXT,
    TAG_OPEN, /* behind "<" */
    END_OPEN, /* behind "</" */
    TAG_NAME,
    IN_TAG,   /* between attributes */
    TAG_EDGE, /* a name may or may not have just ended: white space or ">" must follow
               */
    ATTR_NAME,
    AFTER_NAME,   /* white space behind an attribute's name */
    BEFORE_VALUE, /* behind "=" */
    VALUE_DOUBLE,
    VALUE_SINGLE,
    VALUE_BARE,
    MARKUP, /* <!doctype …>, <?…> */
    COMMENT,
    RAW, /* the content of script, style, title … up to its end tag */
};

enum element { OTHER, SCRIPT, STYLE, TEXTAREA, TITLE, IFRAME, XMP, NOEMBED, NOFRAMES };

static const char *const raw_names[] = {"",       "script", "style",   "textarea", "title",
                                        "iframe", "xmp",    "noembed", "noframes"};

enum attr {
    ATTR_PLAIN,
    ATTR_URL,
    ATTR_DATA, /* a URL that began with data: */
    ATTR_EVENT,
    ATTR_STYLE,
    ATTR_SRCDOC,
    ATTR_TYPE, /* of a script */
};

static const char *const url_attrs[] = {
    "href", "src",  "action",     "formaction", "poster",   "data",     "cite", "background",
    "ping", "icon", "xlink:href", "manifest",   "longdesc", "codebase", NULL};

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static int is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static struct souk_str name_of(const struct template_html *h)
{
    return str_make(h->name, h->len);
}

static void name_clear(struct template_html *h)
{
    memset(h->name, 0, sizeof(h->name));
    h->len = 0;
}

static void name_push(struct template_html *h, char c)
{
    if (h->len < sizeof(h->name))
        h->name[h->len++] = lower(c);
}

static int enter(struct template_html *h, int state)
{
    h->state = (uint8_t)state;
    h->match = 0;
    return 0;
}

static void name_element(struct template_html *h)
{
    h->element = OTHER;
    for (uint8_t i = SCRIPT; i <= NOFRAMES; i++)
        if (souk_str_is(name_of(h), raw_names[i]))
            h->element = i;
    name_clear(h);
}

/* ">" of a tag: on with its content. */
static void finish_tag(struct template_html *h)
{
    struct template_html next = {.state = TEXT};
    if (h->element != OTHER && !h->closing) {
        next.state = RAW;
        next.element = h->element;
        next.json = h->json;
    }
    *h = next;
}

static void name_attribute(struct template_html *h)
{
    size_t kept = h->len < sizeof(h->label) - 1 ? h->len : sizeof(h->label) - 1;
    memset(h->label, 0, sizeof(h->label));
    memcpy(h->label, h->name, kept);
    h->attr = ATTR_PLAIN;
    for (int i = 0; url_attrs[i]; i++)
        if (souk_str_is(name_of(h), url_attrs[i]))
            h->attr = ATTR_URL;
    if (h->len > 2 && h->name[0] == 'o' && h->name[1] == 'n')
        h->attr = ATTR_EVENT;
    else if (souk_str_is(name_of(h), "style"))
        h->attr = ATTR_STYLE;
    else if (souk_str_is(name_of(h), "srcdoc"))
        h->attr = ATTR_SRCDOC;
    else if (h->element == SCRIPT && !h->closing && souk_str_is(name_of(h), "type"))
        h->attr = ATTR_TYPE;
    name_clear(h);
}

/* The value of an attribute is complete. */
static void finish_value(struct template_html *h)
{
    if (h->attr == ATTR_TYPE && !h->typed) {
        h->typed = 1;
        h->json = !h->dirty && (souk_str_is(name_of(h), "application/json") ||
                                souk_str_is(name_of(h), "application/ld+json"));
    }
    h->attr = h->decided = h->dirty = 0;
    memset(h->label, 0, sizeof(h->label));
    name_clear(h);
    enter(h, IN_TAG);
}

static const char *in_tag(struct template_html *h, char c)
{
    if (c == '>') {
        finish_tag(h);
    } else if (c == '=') {
        return "'=' without the name of an attribute before it";
    } else if (!is_space(c) && c != '/') {
        enter(h, ATTR_NAME);
        name_push(h, c);
    }
    return NULL;
}

static const char *in_tag_name(struct template_html *h, char c)
{
    if (is_space(c) || c == '/' || c == '>') {
        name_element(h);
        enter(h, IN_TAG);
        return in_tag(h, c);
    }
    name_push(h, c);
    return NULL;
}

static const char *in_attr_name(struct template_html *h, char c)
{
    if (c == '=') {
        name_attribute(h);
        enter(h, BEFORE_VALUE);
    } else if (is_space(c) && h->state == ATTR_NAME) {
        enter(h, AFTER_NAME);
    } else if (c == '/' || c == '>' || (h->state == AFTER_NAME && !is_space(c))) {
        name_clear(h);
        enter(h, IN_TAG);
        return in_tag(h, c);
    } else if (h->state == ATTR_NAME) {
        name_push(h, c);
    }
    return NULL;
}

/* A byte of a URL's literal text, before its scheme is decided. */
static const char *in_url(struct template_html *h, char c)
{
    if (c == '/' || c == '?' || c == '#') {
        h->decided = 1;
        h->dirty = 0;
        name_clear(h);
        return NULL;
    }
    if (c == '&')
        return "write the beginning of a URL without entities";
    if (c != ':') {
        if ((unsigned char)c > ' ') /* browsers skip the rest */
            name_push(h, c);
        return NULL;
    }
    if (h->dirty)
        return "the scheme of a URL is written out, or is part of the one value before ':'";
    if (souk_str_is(name_of(h), "javascript") || souk_str_is(name_of(h), "vbscript"))
        return "a URL that is a script; link to a page, and let a module act on the click";
    if (souk_str_is(name_of(h), "data"))
        h->attr = ATTR_DATA;
    h->decided = 1;
    name_clear(h);
    return NULL;
}

static const char *in_value(struct template_html *h, char c)
{
    if ((h->state == VALUE_DOUBLE && c == '"') || (h->state == VALUE_SINGLE && c == '\'') ||
        (h->state == VALUE_BARE && is_space(c))) {
        finish_value(h);
    } else if (h->state == VALUE_BARE && c == '>') {
        finish_value(h);
        finish_tag(h);
    } else if (h->attr == ATTR_URL && !h->decided) {
        return in_url(h, c);
    } else if (h->attr == ATTR_TYPE) {
        name_push(h, c);
    }
    return NULL;
}

static const char *before_value(struct template_html *h, char c)
{
    if (is_space(c))
        return NULL;
    if (c == '>') {
        finish_value(h);
        finish_tag(h);
        return NULL;
    }
    if (c == '"' || c == '\'') {
        enter(h, c == '"' ? VALUE_DOUBLE : VALUE_SINGLE);
        return NULL;
    }
    enter(h, VALUE_BARE);
    return in_value(h, c);
}

static void in_comment(struct template_html *h, char c)
{
    if (c == '-')
        h->match = h->match < 2 ? (uint8_t)(h->match + 1) : 2;
    else if (c == '>' && h->match == 2)
        *h = (struct template_html){.state = TEXT};
    else if (c != '!' || h->match != 2) /* --!> ends a comment, too */
        h->match = 0;
}

static void in_json(struct template_html *h, char c)
{
    if (h->string == 2)
        h->string = 1;
    else if (h->string && c == '\\')
        h->string = 2;
    else if (c == '"')
        h->string = !h->string;
}

/* match counts the bytes of "</name" that were seen. */
static const char *in_raw(struct template_html *h, char c)
{
    const char *name = raw_names[h->element];
    size_t len = strlen(name) + 2;
    if (h->match == len && (is_space(c) || c == '/' || c == '>')) {
        struct template_html end = {.state = IN_TAG, .closing = 1};
        *h = end;
        return in_tag(h, c);
    }
    if (h->json)
        in_json(h, c);
    char wanted = h->match == 0 ? '<' : h->match == 1 ? '/' : '\0';
    if (h->match >= 2 && h->match < len)
        wanted = name[h->match - 2];
    if (h->element == SCRIPT && h->match == 1 && c == '!')
        return "'<!' in a script changes where it ends; leave it out";
    h->match = lower(c) == wanted ? (uint8_t)(h->match + 1) : c == '<';
    return NULL;
}

static const char *in_open(struct template_html *h, char c)
{
    if (h->state == TAG_OPEN && c == '/') {
        enter(h, END_OPEN);
    } else if (h->state == TAG_OPEN && (c == '!' || c == '?')) {
        enter(h, MARKUP);
        h->len = c == '!'; /* "!", then "!-", wait for the second dash of a comment */
    } else if (is_letter(c)) {
        h->closing = h->state == END_OPEN;
        enter(h, TAG_NAME);
        name_push(h, c);
    } else if (h->state == END_OPEN && c != '>') {
        enter(h, MARKUP);
    } else {
        enter(h, c == '<' ? TAG_OPEN : TEXT);
    }
    return NULL;
}

static void in_markup(struct template_html *h, char c)
{
    if (h->len && c == '-') {
        if (++h->len == 3) {
            h->len = 0;
            enter(h, COMMENT);
            h->match = 2; /* "<!-->" is a whole comment */
        }
        return;
    }
    h->len = 0;
    if (c == '>')
        *h = (struct template_html){.state = TEXT};
}

static const char *step(struct template_html *h, char c)
{
    switch (h->state) {
    case TEXT:
        if (c == '<')
            enter(h, TAG_OPEN);
        return NULL;
    case TAG_OPEN:
    case END_OPEN: return in_open(h, c);
    case TAG_NAME: return in_tag_name(h, c);
    case IN_TAG: return in_tag(h, c);
    case TAG_EDGE:
        if (!is_space(c) && c != '/' && c != '>')
            return "white space must follow where a branch may have ended in a name";
        enter(h, IN_TAG);
        return in_tag(h, c);
    case ATTR_NAME:
    case AFTER_NAME: return in_attr_name(h, c);
    case BEFORE_VALUE: return before_value(h, c);
    case VALUE_DOUBLE:
    case VALUE_SINGLE:
    case VALUE_BARE: return in_value(h, c);
    case MARKUP: in_markup(h, c); return NULL;
    case COMMENT: in_comment(h, c); return NULL;
    default: return in_raw(h, c);
    }
}

const char *template_html_text(struct template_html *html, struct souk_str text, size_t *offset)
{
    for (size_t i = 0; i < text.len; i++) {
        const char *wrong = step(html, text.ptr[i]);
        if (wrong) {
            *offset = i;
            return wrong;
        }
    }
    return NULL;
}

static const char *output_value(struct template_html *h, uint8_t *escape)
{
    *escape = ESCAPE_ATTR;
    switch (h->attr) {
    case ATTR_EVENT:
        return "output in an event handler; put the value into a data- attribute and read "
               "it from a module";
    case ATTR_STYLE: return "output in a style attribute; choose a class, or use a data- attribute";
    case ATTR_DATA: return "output in a data: URL; give it an address of its own";
    case ATTR_SRCDOC: return "output in srcdoc; give the frame a page of its own";
    case ATTR_URL:
        *escape = h->decided ? ESCAPE_ATTR : ESCAPE_URL;
        if (!h->decided) {
            name_clear(h);
            h->dirty = 1;
        }
        return NULL;
    case ATTR_TYPE: h->dirty = 1; return NULL;
    default: return NULL;
    }
}

static const char *output_raw(struct template_html *h, uint8_t *escape)
{
    *escape = ESCAPE_PLAIN;
    if (h->element == TITLE || h->element == TEXTAREA)
        return NULL;
    if (h->element == STYLE)
        return "output in <style>; set a class or a data- attribute and style that";
    if (h->element != SCRIPT)
        return "output in an element whose content browsers do not read";
    *escape = ESCAPE_JSON;
    if (!h->json)
        return "output in an executable script; put the data into <script "
               "type=\"application/json\"> or a data- attribute and read it from there";
    if (h->string)
        return "output inside a quoted string of script data; leave the quotes away, a value "
               "brings its own";
    return NULL;
}

const char *template_html_output(struct template_html *html, uint8_t *escape)
{
    *escape = ESCAPE_TEXT;
    switch (html->state) {
    case TEXT: return NULL;
    case VALUE_DOUBLE:
    case VALUE_SINGLE: return output_value(html, escape);
    case RAW: return output_raw(html, escape);
    case TAG_OPEN:
    case END_OPEN:
    case TAG_NAME: return "output in the name of a tag; write the tags out, with if";
    case BEFORE_VALUE:
    case VALUE_BARE: return "output in an unquoted attribute; put double quotes around the value";
    case COMMENT:
    case MARKUP:
        return "output in an HTML comment or declaration; use {% comment %} or leave it out";
    default:
        return "output in place of an attribute; write name=\"{{ value }}\", with if around "
               "it where needed";
    }
}

int template_html_is_text(const struct template_html *html)
{
    return html->state == TEXT;
}

int template_html_equal(const struct template_html *a, const struct template_html *b)
{
    return a->state == b->state && a->element == b->element && a->closing == b->closing &&
           a->attr == b->attr && a->decided == b->decided && a->dirty == b->dirty &&
           a->typed == b->typed && a->json == b->json && a->string == b->string &&
           a->match == b->match && souk_str_equal(name_of(a), name_of(b));
}

static int between_attributes(int state)
{
    return state == TAG_NAME || state == IN_TAG || state == TAG_EDGE || state == ATTR_NAME ||
           state == AFTER_NAME;
}

/* <option{% if a %} selected{% endif %}> : the next byte must end whatever it was. */
static int join_in_tag(struct template_html *into, const struct template_html *other)
{
    struct template_html a = *into, b = *other;
    if (a.state == TAG_NAME)
        name_element(&a);
    if (b.state == TAG_NAME)
        name_element(&b);
    if (a.element != b.element || a.closing != b.closing || a.typed != b.typed || a.json != b.json)
        return -1;
    int ended = (a.state == IN_TAG || a.state == AFTER_NAME) &&
                (b.state == IN_TAG || b.state == AFTER_NAME);
    name_clear(&a);
    enter(&a, ended ? IN_TAG : TAG_EDGE);
    *into = a;
    return 0;
}

int template_html_join(struct template_html *into, const struct template_html *other)
{
    if (template_html_equal(into, other))
        return 0;
    if (between_attributes(into->state) && between_attributes(other->state))
        return join_in_tag(into, other);
    if (into->state != other->state || into->element != other->element ||
        into->attr != other->attr || into->typed != other->typed || into->json != other->json ||
        into->string != other->string)
        return -1;
    if (into->state == COMMENT) {
        into->match = 0;
        return 0;
    }
    if (into->state != VALUE_DOUBLE && into->state != VALUE_SINGLE)
        return -1;
    /* A URL or a type whose literal part differs: from here on it counts as unknown. */
    into->decided = 0;
    into->dirty = 1;
    name_clear(into);
    return 0;
}

void template_html_block(const struct template_html *at, struct template_html *before,
                         struct template_html *after)
{
    *before = *at;
    if (between_attributes(at->state)) {
        int name = at->state == TAG_NAME || at->state == ATTR_NAME || at->state == TAG_EDGE;
        if (at->state == TAG_NAME)
            name_element(before);
        name_clear(before);
        enter(before, name ? TAG_EDGE : IN_TAG);
        *after = *before;
        enter(after, TAG_EDGE);
        return;
    }
    if ((at->attr == ATTR_URL && !at->decided) || at->attr == ATTR_TYPE) {
        name_clear(before);
        before->dirty = 1;
    }
    *after = *before;
}

void template_html_words(const struct template_html *html, char *to, size_t size)
{
    const char *what = "text";
    switch (html->state) {
    case TEXT: break;
    case COMMENT:
    case MARKUP: what = "a comment or declaration"; break;
    case RAW: snprintf(to, size, "<%s>", raw_names[html->element]); return;
    case BEFORE_VALUE:
    case VALUE_BARE:
    case VALUE_DOUBLE:
    case VALUE_SINGLE: snprintf(to, size, "the attribute '%s'", html->label); return;
    default: what = "a tag"; break;
    }
    snprintf(to, size, "%s", what);
}
