/*
 * page_filter.c: a small tokenizer for HTML as people and other shops write it, and a writer that
 * lets through what a description needs.
 *
 * The idea: nothing is cut out of the input; the output is built anew from what is known: names
 * from a table, text that is escaped, one attribute that has been checked. What the tokenizer takes
 * for text can therefore never become a tag, however odd the input. Tags are balanced and nested as
 * the table says; loose text is put into paragraphs, which blank lines end.
 */
#include "shop/page_filter.h"

#include "base/str.h"
#include "base/utf8.h"

#define DEPTH 64 /* deeper elements lose their tags */

enum element_kind {
    INLINE = 1,
    BLOCK = 2,
    EMPTY = 4,   /* br, hr: no end */
    PHRASE = 8,  /* a block that holds inline things only: p, headings, dt */
    RAW = 16,    /* dropped with all that is in it */
    HOLDER = 32, /* holds only certain children: text in it is let be */
};

static const struct element {
    const char *name, *written;
    int kind;
    const char *in; /* must stand in one of these, "ul ol" */
} elements[] = {
    {"p", "p", BLOCK | PHRASE, NULL},
    {"br", "br", INLINE | EMPTY, NULL},
    {"b", "b", INLINE, NULL},
    {"strong", "strong", INLINE, NULL},
    {"i", "i", INLINE, NULL},
    {"em", "em", INLINE, NULL},
    {"u", "u", INLINE, NULL},
    {"s", "s", INLINE, NULL},
    {"ul", "ul", BLOCK | HOLDER, NULL},
    {"ol", "ol", BLOCK | HOLDER, NULL},
    {"li", "li", BLOCK, "ul ol"},
    {"h1", "h2", BLOCK | PHRASE, NULL},
    {"h2", "h2", BLOCK | PHRASE, NULL},
    {"h3", "h3", BLOCK | PHRASE, NULL},
    {"h4", "h4", BLOCK | PHRASE, NULL},
    {"h5", "h5", BLOCK | PHRASE, NULL},
    {"h6", "h6", BLOCK | PHRASE, NULL},
    {"blockquote", "blockquote", BLOCK, NULL},
    {"table", "table", BLOCK | HOLDER, NULL},
    {"thead", "thead", BLOCK | HOLDER, "table"},
    {"tbody", "tbody", BLOCK | HOLDER, "table"},
    {"tr", "tr", BLOCK | HOLDER, "table thead tbody"},
    {"td", "td", BLOCK, "tr"},
    {"th", "th", BLOCK, "tr"},
    {"a", "a", INLINE, NULL},
    {"code", "code", INLINE, NULL},
    {"pre", "pre", BLOCK | PHRASE, NULL},
    {"hr", "hr", BLOCK | EMPTY, NULL},
    {"dl", "dl", BLOCK | HOLDER, NULL},
    {"dt", "dt", BLOCK | PHRASE, "dl"},
    {"dd", "dd", BLOCK, "dl"},
    {"sub", "sub", INLINE, NULL},
    {"sup", "sup", INLINE, NULL},
    {"small", "small", INLINE, NULL},
    {"div", "div", BLOCK, NULL},
    {"script", NULL, RAW, NULL},
    {"style", NULL, RAW, NULL},
    {"title", NULL, RAW, NULL},
    {"textarea", NULL, RAW, NULL},
    {"xmp", NULL, RAW, NULL},
    {"iframe", NULL, RAW, NULL},
    {"noembed", NULL, RAW, NULL},
    {"noframes", NULL, RAW, NULL},
    {"noscript", NULL, RAW, NULL},
    {"template", NULL, RAW, NULL},
    {"svg", NULL, RAW, NULL},
    {"math", NULL, RAW, NULL},
    {"object", NULL, RAW, NULL},
    {"select", NULL, RAW, NULL},
};

struct filter {
    struct buf *out;
    struct arena *arena;
    struct souk_str rest;
    const struct element *open[DEPTH];
    int depth;
    int loose; /* open[0] is a paragraph that nobody wrote */
};

static const struct element *element_find(struct souk_str name)
{
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        if (str_equal_nocase(name, souk_str(elements[i].name)))
            return &elements[i];
    return NULL;
}

static const struct element paragraph = {"p", "p", BLOCK | PHRASE, NULL};

/* ---- writing ---- */

static void pop_to(struct filter *filter, int depth)
{
    while (filter->depth > depth) {
        const struct element *last = filter->open[--filter->depth];
        buf_printf(filter->out, "</%s>", last->written);
    }
    if (filter->depth == 0)
        filter->loose = 0;
}

static int is_one_of(const char *name, const char *words)
{
    struct souk_str rest = souk_str(words), word;
    while (str_split(&rest, ' ', &word))
        if (souk_str_is(word, name))
            return 1;
    return 0;
}

/* Loose text or an inline element at the top, or in a quotation, gets a paragraph. */
static void need_paragraph(struct filter *filter)
{
    if (filter->depth)
        return;
    buf_add_cstr(filter->out, "<p>");
    filter->open[filter->depth++] = &paragraph;
    filter->loose = 1;
}

/* Text directly in a list or between the rows of a table has no place there: a new item would be a
 * guess, so it goes without a tag of its own, as browsers do. */
static int is_blank(struct souk_str text)
{
    return str_trim(text).len == 0;
}

static void put_text(struct filter *filter, struct souk_str text)
{
    struct buf *out = filter->out;
    if (!filter->depth && is_blank(text)) {
        buf_add_char(out, '\n');
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n' && filter->depth == 1 && filter->loose) {
            size_t end = i + 1;
            int lines = 1;
            while (end < text.len && strchr(" \t\r\n", text.ptr[end]))
                lines += text.ptr[end++] == '\n';
            if (lines > 1) {
                pop_to(filter, 0);
                buf_add_char(out, '\n');
                i = end - 1;
                continue;
            }
        }
        if (!filter->depth) {
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
                continue;
            need_paragraph(filter);
        }
        if (((unsigned char)c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
            continue;
        if (c == '<' || c == '>' || c == '&')
            page_escape(out, str_make(&c, 1));
        else
            buf_add_char(out, c);
    }
}

/* ---- nesting ---- */

/* The innermost open element of this name, or -1. A table's cell is a wall for what is within. */
static int find_open(const struct filter *filter, const char *names, const char *walls)
{
    for (int i = filter->depth - 1; i >= 0; i--) {
        if (is_one_of(filter->open[i]->name, names))
            return i;
        if (walls && is_one_of(filter->open[i]->name, walls))
            return -1;
    }
    return -1;
}

/* Ends inline elements and paragraphs that a block cannot stand in. */
static void leave_phrases(struct filter *filter)
{
    int depth = filter->depth;
    while (depth > 0 && filter->open[depth - 1]->kind & (INLINE | PHRASE))
        depth--;
    pop_to(filter, depth);
}

/* Where a li, tr, td … may stand: 0 when there is no place. What is open in between is ended. */
static int enter_holder(struct filter *filter, const struct element *element)
{
    const char *walls = is_one_of(element->name, "li") ? "table" : "ul ol table";
    if (is_one_of(element->name, "td th"))
        walls = "table";
    if (is_one_of(element->name, "tr thead tbody"))
        walls = "none";
    int holder = find_open(filter, element->in, walls);
    if (holder < 0)
        return 0;
    pop_to(filter, holder + 1);
    return 1;
}

static void open_element(struct filter *filter, const struct element *element, struct souk_str href)
{
    if (filter->depth >= DEPTH)
        return;
    if (element->in && !enter_holder(filter, element))
        return;
    if (element->kind & BLOCK)
        leave_phrases(filter);
    else
        need_paragraph(filter);
    if (is_one_of(element->name, "a")) {
        int other = find_open(filter, "a", NULL);
        if (other >= 0)
            pop_to(filter, other);
        struct souk_str link = page_link(filter->arena, href);
        if (!link.len)
            return;
        need_paragraph(filter);
        buf_add_cstr(filter->out, "<a href=\"");
        page_escape(filter->out, link);
        buf_add_cstr(filter->out, "\">");
    } else {
        buf_printf(filter->out, "<%s>", element->written);
    }
    if (!(element->kind & EMPTY))
        filter->open[filter->depth++] = element;
}

static void close_element(struct filter *filter, const struct element *element)
{
    const char *walls = element->kind & INLINE ? "td th li dd table" : "table";
    if (is_one_of(element->name, "table"))
        walls = NULL;
    if (is_one_of(element->name, "td th tr thead tbody"))
        walls = "table";
    int at = find_open(filter, element->name, walls);
    if (at >= 0)
        pop_to(filter, at);
}

/* ---- reading ---- */

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t name_end(struct souk_str text, size_t at)
{
    while (at < text.len && !is_space(text.ptr[at]) && text.ptr[at] != '/' && text.ptr[at] != '>')
        at++;
    return at;
}

/* One attribute from *at on, as browsers read it; 0 at the end of the tag. */
static int read_attribute(struct souk_str text, size_t *at, struct souk_str *name,
                          struct souk_str *value)
{
    size_t i = *at;
    while (i < text.len && (is_space(text.ptr[i]) || text.ptr[i] == '/'))
        i++;
    if (i >= text.len || text.ptr[i] == '>')
        return *at = i, 0;
    size_t start = i++;
    while (i < text.len && !is_space(text.ptr[i]) && !strchr("/>=", text.ptr[i]))
        i++;
    *name = str_make(text.ptr + start, i - start);
    *value = souk_str("");
    while (i < text.len && is_space(text.ptr[i]))
        i++;
    if (i < text.len && text.ptr[i] == '=') {
        i++;
        while (i < text.len && is_space(text.ptr[i]))
            i++;
        char quote = i < text.len ? text.ptr[i] : '\0';
        if (quote == '"' || quote == '\'') {
            const char *end = memchr(text.ptr + i + 1, quote, text.len - i - 1);
            size_t stop = end ? (size_t)(end - text.ptr) : text.len;
            *value = str_make(text.ptr + i + 1, stop - i - 1);
            i = end ? stop + 1 : text.len;
        } else {
            start = i;
            while (i < text.len && !is_space(text.ptr[i]) && text.ptr[i] != '>')
                i++;
            *value = str_make(text.ptr + start, i - start);
        }
    }
    *at = i;
    return 1;
}

/* Skips what is within a dropped element; a script that nobody ended takes the rest along. */
static void skip_raw(struct filter *filter, const char *name)
{
    struct souk_str rest = filter->rest;
    size_t len = strlen(name);
    for (size_t i = 0; i + len + 1 < rest.len; i++) {
        if (rest.ptr[i] != '<' || rest.ptr[i + 1] != '/' ||
            !str_equal_nocase(str_make(rest.ptr + i + 2, len), souk_str(name)))
            continue;
        const char *end = memchr(rest.ptr + i, '>', rest.len - i);
        filter->rest = str_from(rest, end ? (size_t)(end - rest.ptr) + 1 : rest.len);
        return;
    }
    filter->rest = souk_str("");
}

/* "<name …>" at the start of the rest. */
static void read_start(struct filter *filter)
{
    struct souk_str rest = filter->rest, name, value, href = souk_str("");
    size_t at = name_end(rest, 1);
    const struct element *element = element_find(str_make(rest.ptr + 1, at - 1));
    int linked = 0;
    while (read_attribute(rest, &at, &name, &value))
        if (!linked && str_equal_nocase(name, souk_str("href"))) {
            href = value;
            linked = 1;
        }
    if (at >= rest.len) { /* a tag that is never ended is nothing */
        filter->rest = souk_str("");
        return;
    }
    filter->rest = str_from(rest, at + 1);
    if (element && element->kind & RAW)
        skip_raw(filter, element->name);
    else if (element)
        open_element(filter, element, href);
}

static void read_end(struct filter *filter)
{
    struct souk_str rest = filter->rest, name, value;
    size_t at = name_end(rest, 2);
    const struct element *element = element_find(str_make(rest.ptr + 2, at - 2));
    while (read_attribute(rest, &at, &name, &value))
        ;
    filter->rest = str_from(rest, at + 1);
    if (element && !(element->kind & (RAW | EMPTY)))
        close_element(filter, element);
    else if (element && is_one_of(element->name, "br"))
        open_element(filter, element, value = souk_str(""));
}

/* Comments, doctypes, processing instructions, CDATA. */
static void skip_declaration(struct filter *filter)
{
    static const struct {
        const char *begin, *end;
    } kinds[] = {{"<!-->", ""}, {"<!--->", ""}, {"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<", ">"}};
    struct souk_str rest = filter->rest;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!str_starts(rest, kinds[i].begin))
            continue;
        size_t skip = strlen(kinds[i].begin), len = strlen(kinds[i].end);
        const char *end = memmem(rest.ptr + skip, rest.len - skip, kinds[i].end, len);
        filter->rest = str_from(rest, end ? (size_t)(end - rest.ptr) + len : rest.len);
        return;
    }
}

static void read_markup(struct filter *filter)
{
    struct souk_str rest = filter->rest;
    char next = rest.len > 1 ? rest.ptr[1] : '\0';
    if (is_letter(next)) {
        read_start(filter);
    } else if (next == '/' && rest.len > 2 && is_letter(rest.ptr[2])) {
        read_end(filter);
    } else if (next == '!' || next == '?' || next == '/') {
        skip_declaration(filter);
    } else {
        put_text(filter, str_make(rest.ptr, 1));
        filter->rest = str_from(rest, 1);
    }
}

/* Text up to the next tag: entities are resolved here and written anew. */
static void read_text(struct filter *filter)
{
    const char *end = memchr(filter->rest.ptr, '<', filter->rest.len);
    size_t len = end ? (size_t)(end - filter->rest.ptr) : filter->rest.len;
    put_text(filter, page_unescape(filter->arena, str_make(filter->rest.ptr, len)));
    filter->rest = str_from(filter->rest, len);
}

void page_filter(struct buf *out, struct souk_str html)
{
    struct filter filter = {.out = out, .arena = out->arena, .rest = html};
    while (filter.rest.len)
        if (filter.rest.ptr[0] == '<')
            read_markup(&filter);
        else
            read_text(&filter);
    pop_to(&filter, 0);
}

/* ---- what it is ---- */

int page_is_html(struct souk_str text)
{
    text = str_trim(text);
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] != '<')
            continue;
        size_t start = i + 1 + (text.ptr[i + 1] == '/');
        if (i == 0 && str_starts(text, "<!"))
            return 1;
        size_t end = start;
        while (end < text.len && (is_letter(text.ptr[end]) ||
                                  (end > start && text.ptr[end] >= '0' && text.ptr[end] <= '9')))
            end++;
        if (end == start || end >= text.len ||
            !(is_space(text.ptr[end]) || text.ptr[end] == '>' || text.ptr[end] == '/'))
            continue;
        const struct element *element = element_find(str_make(text.ptr + start, end - start));
        if (i == 0 || (element && (element->kind & BLOCK || is_one_of(element->name, "br"))))
            return 1;
    }
    return 0;
}

/* ---- without tags ---- */

struct souk_str page_strip(struct arena *arena, struct souk_str html, size_t most)
{
    struct buf out = {.arena = arena};
    for (size_t i = 0; i < html.len; i++) {
        char c = html.ptr[i];
        if (c == '<') {
            const char *end = memchr(html.ptr + i, '>', html.len - i);
            int inner = i + 1 < html.len; /* inline tags do not part words */
            size_t name = i + 1 + (inner && html.ptr[i + 1] == '/');
            size_t stop = name_end(html, name);
            const struct element *element =
                stop <= html.len ? element_find(str_make(html.ptr + name, stop - name)) : NULL;
            if (!element || element->kind & (BLOCK | EMPTY))
                c = ' ';
            i = end ? (size_t)(end - html.ptr) : html.len;
            if (c != ' ')
                continue;
        }
        if (is_space(c)) {
            if (out.len && out.ptr[out.len - 1] != ' ')
                buf_add_char(&out, ' ');
        } else {
            buf_add_char(&out, c);
        }
    }
    struct souk_str text = str_trim(page_unescape(arena, buf_str(&out)));
    if (!most || utf8_length(text) <= most)
        return text;
    struct souk_str cut = utf8_cut(text, most - 1);
    size_t word = cut.len;
    int whole = cut.len < text.len && text.ptr[cut.len] == ' ';
    while (!whole && word > cut.len / 2 && cut.ptr[word - 1] != ' ')
        word--;
    if (word > cut.len / 2)
        cut = str_trim(str_make(cut.ptr, word));
    return arena_printf(arena, "%.*s…", SOUK_PRI(cut));
}
