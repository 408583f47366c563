/*
 * Texts made safe: Markdown, HTML of other shops, attacks; and content pages as documents.
 */
#include "base/str.h"
#include "shop/page.h"
#include "shop/page_filter.h"
#include "fixture.h"

static const char *html(struct arena *arena, const char *text)
{
    struct souk_str made = page_html(arena, souk_str(text));
    return made.len ? arena_cstr(arena, made) : "";
}

static void test_markdown(void **state)
{
    (void)state;
    static const struct {
        const char *text, *html;
    } cases[] = {
        {"", ""},
        {"  \n ", ""},
        {"plain", "<p>plain</p>\n"},
        {"# One\n\n## Two", "<h2>One</h2>\n<h3>Two</h3>\n"},
        {"## Two\n\n### Three", "<h2>Two</h2>\n<h3>Three</h3>\n"},
        {"a *b* **c**", "<p>a <em>b</em> <strong>c</strong></p>\n"},
        {"[x](https://a.example \"t\")", "<p><a href=\"https://a.example\">x</a></p>\n"},
        {"[x](/p/y)", "<p><a href=\"/p/y\">x</a></p>\n"},
        {"[x](javascript:alert(1))", "<p>x</p>\n"},
        {"[x](//evil.example)", "<p>x</p>\n"},
        {"[x](data:text/html,1)", "<p>x</p>\n"},
        {"[*x*](vbscript:1) y", "<p><em>x</em> y</p>\n"},
        {"![alt](/media/a.png)", "<p><img src=\"/media/a.png\" alt=\"alt\" /></p>\n"},
        {"![alt](https://track.example/a.png)", "<p>alt</p>\n"},
        {"a <span onclick=\"x()\">b</span>", "<p>a b</p>\n"},
        {"- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"},
        {"<https://a.example>", "<p><a href=\"https://a.example\">https://a.example</a></p>\n"},
        {"1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>\n"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(html(&arena, cases[i].text), cases[i].html);
    arena_free(&arena);
}

static void test_html(void **state)
{
    (void)state;
    static const struct {
        const char *text, *html;
    } cases[] = {
        {"<p>One<p>Two", "<p>One</p><p>Two</p>"},
        {"<b>x</b> y", "<p><b>x</b> y</p>"},
        {"<b>x</b> y\n\nsecond", "<p><b>x</b> y</p>\n<p>second</p>"},
        {"<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"},
        {"<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
         "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"},
        {"<li>alone</li>", "<p>alone</p>"},
        {"<h1>T</h1><p>x</p>", "<h2>T</h2><p>x</p>"},
        {"<p>a<br>b<br/>c</p>", "<p>a<br>b<br>c</p>"},
        {"<p class=\"x\" style='y'>a</p>", "<p>a</p>"},
        {"<p><b><i>x</b></i></p>", "<p><b><i>x</i></b></p>"},
        {"<b><p>x</p></b>", "<p><b></b></p><p>x</p>"},
        {"<table><tr><td>1<td>2<tr><th>3</table>",
         "<table><tr><td>1</td><td>2</td></tr><tr><th>3</th></tr></table>"},
        {"<td>x</td>", "<p>x</p>"},
        {"<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"},
        {"<p>a</div>b</p>", "<p>ab</p>"},
        {"<div>a</div><div>b</div>", "<div>a</div><div>b</div>"},
        {"<span>a</span><p>b</p>", "<p>a</p><p>b</p>"},
        {"<p>caf&eacute; &amp; &lt;b&gt; &#8364; &unknown;</p>",
         "<p>café &amp; &lt;b&gt; € &amp;unknown;</p>"},
        {"<p>1 < 2 > 0</p>", "<p>1 &lt; 2 &gt; 0</p>"},
        {"<p>x<!-- note --> y</p>", "<p>x y</p>"},
        {"<a href='/p/x'>x</a>", "<p><a href=\"/p/x\">x</a></p>"},
        {"<a href=/p/x title=t>x</a>", "<p><a href=\"/p/x\">x</a></p>"},
        {"<a href=\"mailto:a@b.example\">x</a>", "<p><a href=\"mailto:a@b.example\">x</a></p>"},
        {"<a href=\"https://a.example/?a=1&amp;b=2\">x</a>",
         "<p><a href=\"https://a.example/?a=1&amp;b=2\">x</a></p>"},
        {"<a href=\"/a\">x<a href=\"/b\">y</a>", "<p><a href=\"/a\">x</a><a href=\"/b\">y</a></p>"},
        {"<hr><pre>a\n\nb</pre>", "<hr><pre>a\n\nb</pre>"},
        {"<blockquote>q</blockquote>", "<blockquote>q</blockquote>"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(html(&arena, cases[i].text), cases[i].html);
    arena_free(&arena);
}

static const char *const attacks[] = {
    "<img src=x onerror=alert(1)>",
    "<p><img src=x onerror=alert(1)></p>",
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<p>a<script>alert(1)",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\n>",
    "<script/x>alert(1)</script>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\" javascript:alert(1)\">x</a>",
    "<a href=\"\x01javascript:alert(1)\">x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=\"java\nscript:alert(1)\">x</a>",
    "<a href=\"java&#9;script:alert(1)\">x</a>",
    "<a href=\"java&#x0A;script:alert(1)\">x</a>",
    "<a href=\"java&Tab;script:alert(1)\">x</a>",
    "<a href=\"javascript&colon;alert(1)\">x</a>",
    "<a href=\"&#106;&#97;&#118;&#97;script:alert(1)\">x</a>",
    "<a href=\"&#x6A;&#x61vascript:alert(1)\">x</a>",
    "<a href=\"&#0000106avascript:alert(1)\">x</a>",
    "<a href=\"&#1;javascript:alert(1)\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>",
    "<a href=\"//evil.example\">x</a>",
    "<a href=\"/\\evil.example\">x</a>",
    "<a href=\"\\/evil.example\">x</a>",
    "<a href=\"/\t/evil.example\">x</a>",
    "<a href=\"http:javascript:alert(1)\">x</a>",
    "<a href=\"https&colon;//ok.example\" onclick=\"alert(1)\">x</a>",
    "<a href='/x' onmouseover='alert(1)'>x</a>",
    "<a href=\"/x\"onfocus=\"alert(1)\">x</a>",
    "<a/href=\"javascript:alert(1)\">x</a>",
    "<a href=\"/x\" href=\"javascript:alert(1)\">x</a>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='/a\" onclick=\"alert(1)'>x</a>",
    "<a href='/a&quot; onclick=&quot;alert(1)'>x</a>",
    "<p onclick=alert(1)>x",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<div><svg onload=alert(1)></div>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<p><style>*{x:expression(alert(1))}</style></p>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<object data=\"javascript:alert(1)\"></object>",
    "<embed src=\"javascript:alert(1)\">",
    "<form action=\"javascript:alert(1)\"><input type=submit></form>",
    "<base href=\"//evil.example/\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<link rel=stylesheet href=\"//evil.example\">",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!---><img src=x onerror=alert(1)>",
    "<!--x--!><img src=x onerror=alert(1)>",
    "<!-- <p>--><img src=x onerror=alert(1)>",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version=\"1.0\"?><img src=x onerror=alert(1)>",
    "</p><img src=x onerror=alert(1)>",
    "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
    "<p>&#60;img src=x onerror=alert(1)&#62;</p>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<title><p title=\"</title><img src=x onerror=alert(1)>\">",
    "<textarea><p title=\"</textarea><img src=x onerror=alert(1)>\">",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">",
    "<template><img src=x onerror=alert(1)></template>",
    "<p><a href=\"/x",
    "<p><a href=\"/x\" ",
    "<p <img src=x onerror=alert(1)>",
    "<<p>img src=x onerror=alert(1)>",
    "<p>\"><img src=x onerror=alert(1)></p>",
    "<table><a href=\"javascript:alert(1)\">x</a></table>",
    "<p\x0conclick=alert(1)>x</p>",
    "<x onclick=alert(1)>x</x><p>",
    "<p>x</p\nonclick=alert(1)>",
    "<plaintext><p>x",
    "<br onclick=alert(1)><hr onload=alert(1)>",
};

/* Reads what came out in the strictest way: every "<" begins one of the allowed tags, written as we
 * write them, properly nested. Returns what is wrong, or NULL. */
static const char *check_safe(const char *text)
{
    static const char *const names[] = {
        "p",     "br",   "b",          "strong", "i",   "em",    "u",  "s",  "ul",
        "ol",    "li",   "h2",         "h3",     "h4",  "h5",    "h6", "td", "th",
        "tr",    "a",    "blockquote", "table",  "hr",  "dl",    "dt", "dd", "thead",
        "tbody", "code", "pre",        "sub",    "sup", "small", "div"};
    const char *open[100];
    size_t lens[100];
    int depth = 0;
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' && *c != '\n' && *c != '\t')
            return "a control character";
        if (*c == '>')
            return "a loose >";
        if (*c != '<')
            continue;
        int end = c[1] == '/';
        const char *name = c + 1 + end;
        size_t len = strcspn(name, " >");
        int known = 0;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            known |= strlen(names[i]) == len && memcmp(names[i], name, len) == 0;
        if (!known)
            return "a tag that is not allowed";
        c = name + len;
        if (*c == ' ') {
            if (len != 1 || *name != 'a' || strncmp(c, " href=\"", 7) != 0)
                return "an attribute that is not allowed";
            c += 7;
            if (strncmp(c, "https://", 8) != 0 && strncmp(c, "http://", 7) != 0 &&
                strncmp(c, "mailto:", 7) != 0 && (*c != '/' || c[1] == '/' || c[1] == '\\'))
                return "a link that is not allowed";
            c += strcspn(c, "\"<>");
            if (*c++ != '"')
                return "a link that is not closed";
        }
        if (*c != '>')
            return "a tag that is not closed";
        if (end) {
            if (!depth || lens[depth - 1] != len || memcmp(open[depth - 1], name, len) != 0)
                return "an end that fits nothing";
            depth--;
        } else if (!(len == 2 && (memcmp(name, "br", 2) == 0 || memcmp(name, "hr", 2) == 0))) {
            if (depth == 100)
                return "too deep";
            open[depth] = name;
            lens[depth++] = len;
        }
    }
    return depth ? "an element that is not closed" : NULL;
}

static void test_attacks(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_true(sizeof attacks / sizeof *attacks >= 60);
    assert_non_null(check_safe("<p onclick=\"x\">")); /* the checker sees something */
    assert_non_null(check_safe("<a href=\"javascript:x\">y</a>"));
    assert_non_null(check_safe("<b><i>x</b></i>"));
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        struct buf out = {.arena = &arena};
        page_filter(&out, souk_str(attacks[i]));
        const char *made = out.ptr ? out.ptr : "";
        const char *wrong = check_safe(made);
        if (wrong || strstr(made, "onerror=alert(1)>"))
            fail_msg("%s: %s gave %s", wrong ? wrong : "kept", attacks[i], made);
        /* and once more through the door that decides between Markdown and HTML */
        const char *shown = html(&arena, attacks[i]);
        if (page_is_html(souk_str(attacks[i])) && check_safe(shown))
            fail_msg("%s gave %s", attacks[i], shown);
    }
    arena_free(&arena);
}

/* Pieces of tags put together at random: whatever comes out is balanced and allowed. */
static void test_random(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "<",          ">",           "/",    "<p>",         "</p>",     "<b>",       "</b>",
        "<a href=\"", "\"",          "'",    "javascript:", "/x",       "<ul>",      "<li>",
        "</ul>",      "<table>",     "<tr>", "<td>",        "</table>", "text",      "&",
        "&lt;",       "&#60;",       "<!--", "-->",         "<script>", "</script>", "<![CDATA[",
        "]]>",        " onclick=x ", "\n\n", "<div>",       "</div>",   "=",         "<h1>",
        "</h1>",      "<br>",        "\x01", "é",           "<dl><dt>", "</dd>",     "<svg>",
        "</svg>"};
    uint64_t seed = 42;
    for (int round = 0; round < 4000; round++) {
        struct arena arena = {0};
        struct buf in = {.arena = &arena}, out = {.arena = &arena};
        for (int i = 0; i < 24; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            buf_add_cstr(&in, pieces[(seed >> 33) % (sizeof pieces / sizeof *pieces)]);
        }
        page_filter(&out, buf_str(&in));
        const char *wrong = check_safe(out.ptr ? out.ptr : "");
        if (wrong)
            fail_msg("%s: %s gave %s", wrong, in.ptr, out.ptr);
        (void)html(&arena, in.ptr);
        arena_free(&arena);
    }
}

static void test_depth(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct buf in = {.arena = &arena}, out = {.arena = &arena};
    for (int i = 0; i < 20000; i++)
        buf_add_cstr(&in, "<div><b>");
    page_filter(&out, buf_str(&in));
    assert_null(check_safe(out.ptr));
    arena_free(&arena);
}

static void test_plain(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct souk_str text =
        page_plain(&arena, souk_str("<p>One &amp; <b>two</b></p><p>three</p>"), 0);
    assert_true(souk_str_is(text, "One & two three"));
    text = page_plain(&arena, souk_str("a **b**\n\nc `d`"), 100);
    assert_true(souk_str_is(text, "a b c d"));
    text = page_plain(&arena, souk_str("word word word word"), 12);
    assert_true(souk_str_is(text, "word word…"));
    text = page_plain(&arena, souk_str("Здравей, свят и всички останали"), 14);
    assert_true(souk_str_is(text, "Здравей, свят…"));
    assert_int_equal(page_plain(&arena, souk_str(""), 10).len, 0);
    assert_true(page_is_html(souk_str("text <br> more")));
    assert_false(page_is_html(souk_str("a < b and c > d")));
    assert_false(page_is_html(souk_str("text <b>bold</b>")));
    arena_free(&arena);
}

/* ---- pages ---- */

struct page_doc {
    const char *text;
    int64_t id;
    int changed;
};

static int save(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct page_doc *page = arg;
    struct arena arena = {0};
    int code = page_save(conn, &arena, fixture_json(fixture, page->text), fixture->now, &page->id,
                         &page->changed, &fixture->err);
    arena_free(&arena);
    return code;
}

static struct json *view(struct shop_fixture *fixture, int64_t id, const char *locale, int wanted)
{
    struct market market = market_at(locale, fixture->now);
    struct json *made = NULL;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(page_view(conn, &fixture->arena, &market, id, &made), wanted);
    db_read_end(conn);
    return made;
}

static void test_pages(void **state)
{
    struct shop_fixture *fixture = *state;
    struct page_doc page = {
        "{\"key\":\"terms\",\"status\":\"active\",\"footer\":true,\"text\":{\"en\":{\"title\":"
        "\"Terms\",\"body\":\"# Hello\\n\\nWe sell tea.\"},\"bg\":{\"title\":\"Условия\",\"slug\":"
        "\"usloviya\",\"body\":\"Продаваме чай.\"}}}",
        0, -1};
    assert_int_equal(fixture_write(fixture, save, &page), 0);
    assert_int_equal(page.changed, PRODUCT_CREATED);
    struct json *shown = view(fixture, page.id, "en", 0);
    assert_true(souk_str_is(json_text(json_at(shown, "body_html")),
                            "<h2>Hello</h2>\n<p>We sell tea.</p>\n"));
    assert_true(
        souk_str_is(json_text(json_at(json_at(shown, "urls"), "bg")), "/bg/pages/usloviya"));
    assert_true(souk_str_is(json_text(json_at(json_at(shown, "seo"), "description")),
                            "Hello We sell tea."));
    assert_true(
        souk_str_is(json_text(json_at(view(fixture, page.id, "bg", 0), "title")), "Условия"));
    assert_true(souk_str_is(json_text(json_at(view(fixture, page.id, "hu", 0), "title")), "Terms"));
    /* the same again is nothing; a part changes that part */
    int64_t version = fixture_int(fixture, "SELECT version FROM page");
    assert_int_equal(fixture_write(fixture, save, &page), 0);
    assert_int_equal(page.changed, PRODUCT_UNCHANGED);
    assert_int_equal(fixture_int(fixture, "SELECT version FROM page"), version);
    page.text = "{\"key\":\"terms\",\"text\":{\"en\":{\"seo_description\":\"About\"}}}";
    assert_int_equal(fixture_write(fixture, save, &page), 0);
    assert_int_equal(page.changed, PRODUCT_UPDATED);
    shown = view(fixture, page.id, "en", 0);
    assert_true(souk_str_is(json_text(json_at(json_at(shown, "seo"), "description")), "About"));
    assert_true(souk_str_is(json_text(json_at(shown, "title")), "Terms"));
    /* links of the footer */
    struct market market = market_at("bg", fixture->now);
    struct json *links = json_new(&fixture->arena, JSON_ARRAY), *doc;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(page_links(conn, &fixture->arena, &market, links), 0);
    assert_int_equal(page_load(conn, &fixture->arena, page.id, &doc), 0);
    db_read_end(conn);
    assert_int_equal(links->count, 1);
    assert_true(souk_str_is(json_text(json_at(&links->first->value, "url")), "/bg/pages/usloviya"));
    assert_true(souk_str_is(json_text(json_at(json_at(json_at(doc, "text"), "en"), "body")),
                            "# Hello\n\nWe sell tea."));
    /* out of sight */
    page.text = "{\"key\":\"terms\",\"status\":\"draft\"}";
    assert_int_equal(fixture_write(fixture, save, &page), 0);
    view(fixture, page.id, "en", SOUK_NOT_FOUND);
    view(fixture, 12345, "en", SOUK_NOT_FOUND);
}

static void test_pages_refused(void **state)
{
    struct shop_fixture *fixture = *state;
    static const char *const bad[] = {"{\"status\":\"active\"}",
                                      "{\"key\":\"x\",\"status\":\"gone\"}",
                                      "{\"key\":\"x\",\"text\":{\"xx\":{\"title\":\"t\"}}}",
                                      "{\"key\":\"x\",\"text\":{\"en\":{\"body\":\"t\"}}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct page_doc page = {bad[i], 0, 0};
        fixture->err.text[0] = '\0';
        assert_int_equal(fixture_write(fixture, save, &page), SOUK_INVALID);
        assert_true(fixture->err.text[0]);
    }
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM page"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markdown), cmocka_unit_test(test_html),
        cmocka_unit_test(test_attacks),  cmocka_unit_test(test_random),
        cmocka_unit_test(test_depth),    cmocka_unit_test(test_plain),
        SHOP_TEST(test_pages),           SHOP_TEST(test_pages_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
