/*
 * fuzz_page: texts of products and pages, as strangers and other shops write them. Whatever goes
 * in, what comes out has only tags of the list, attributes that were checked, and no link that
 * runs.
 */
#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/page.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int is_known(struct souk_str name)
{
    static const char *const names[] = {
        "p",    "br",  "b",  "strong",     "i",     "em",    "u",     "s",   "ul",
        "ol",   "li",  "h2", "h3",         "h4",    "h5",    "h6",    "h1",  "a",
        "code", "pre", "hr", "blockquote", "table", "thead", "tbody", "tr",  "td",
        "th",   "dl",  "dt", "dd",         "sub",   "sup",   "small", "div", "img"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (souk_str_is(name, names[i]))
            return 1;
    return 0;
}

/* Between "<name" and ">": href, src, alt, start, class of a fenced block; nothing else. */
static int is_quiet(struct souk_str rest)
{
    static const char *const starts[] = {"href=\"",  "src=\"/",           "alt=\"", "title=\"",
                                         "start=\"", "class=\"language-", "/"};
    rest = str_trim(rest);
    while (rest.len) {
        size_t i = 0;
        while (i < sizeof starts / sizeof *starts && !str_starts(rest, starts[i]))
            i++;
        if (i == sizeof starts / sizeof *starts)
            return 0;
        if (rest.ptr[0] == '/')
            return rest.len == 1;
        struct souk_str value = str_from(rest, (size_t)(strchr(starts[i], '"') - starts[i]) + 1);
        const char *end = memchr(value.ptr, '"', value.len);
        if (!end)
            return 0;
        struct souk_str text = str_make(value.ptr, (size_t)(end - value.ptr));
        if (i == 0 && (str_starts(text, "javascript:") || str_starts(text, "data:") ||
                       str_starts(text, "vbscript:")))
            return 0;
        rest = str_trim(str_from(value, text.len + 1));
    }
    return 1;
}

static void check(struct souk_str html)
{
    for (size_t i = 0; i < html.len; i++) {
        if (html.ptr[i] != '<')
            continue;
        const char *end = memchr(html.ptr + i, '>', html.len - i);
        if (!end)
            abort();
        size_t start = i + 1 + (html.ptr[i + 1] == '/'), stop = start;
        while (html.ptr[stop] != ' ' && html.ptr[stop] != '>' && html.ptr[stop] != '/')
            stop++;
        if (!is_known(str_make(html.ptr + start, stop - start)) ||
            !is_quiet(str_make(html.ptr + stop, (size_t)(end - html.ptr) - stop)))
            abort();
        i = (size_t)(end - html.ptr);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = {0};
    struct souk_str text = str_make((const char *)bytes, len);
    check(page_html(&arena, text));
    if (utf8_valid(text))
        page_plain(&arena, text, 160);
    arena_free(&arena);
    return 0;
}
