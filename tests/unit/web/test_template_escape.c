/*
 * Escaping by context: for every place in HTML, what hostile values become there, and
 * which places are refused, with the line and a way out.
 */
#include "test_template.h"

static const char hostile[] = "{\"x\": \"</script><b a='1' b=\\\"2\\\">&amp;\"}";

static void text_and_attributes(void **state)
{
    (void)state;
    const char *escaped = "&lt;/script&gt;&lt;b a=&#39;1&#39; b=&#34;2&#34;&gt;&amp;amp;";
    char wanted[200];
    snprintf(wanted, sizeof(wanted), "<p>%s</p>", escaped);
    expect("<p>{{ x }}</p>", hostile, wanted);
    snprintf(wanted, sizeof(wanted), "<p title=\"%s\">", escaped);
    expect("<p title=\"{{ x }}\">", hostile, wanted);
    snprintf(wanted, sizeof(wanted), "<p title='a %s b'>", escaped);
    expect("<p title='a {{ x }} b'>", hostile, wanted);
    snprintf(wanted, sizeof(wanted), "<title>%s</title><textarea>%s</textarea>", escaped, escaped);
    expect("<title>{{ x }}</title><textarea>{{ x }}</textarea>", hostile, wanted);
    expect("1 < 2 {{ 3 }} <br/> {{ 'a<b' }} </ >", "{}", "1 < 2 3 <br/> a&lt;b </ >");
}

static void url(const char *value, const char *wanted)
{
    char json[300], page[300];
    snprintf(json, sizeof(json), "{\"u\": \"%s\"}", value);
    snprintf(page, sizeof(page), "<a href=\"%s\">", wanted);
    expect("<a href=\"{{ u }}\">", json, page);
}

static void urls(void **state)
{
    (void)state;
    url("/tea?a=1&b=2", "/tea?a=1&amp;b=2");
    url("https://example.org/x", "https://example.org/x");
    url("HTTP://example.org", "HTTP://example.org");
    url("mailto:a@b.c", "mailto:a@b.c");
    url("tel:+359", "tel:+359");
    url("tea", "tea");
    url("#top", "#top");
    url("?q=a:b", "?q=a:b");
    url("a/b:c", "a/b:c");
    url("javascript:alert(1)", "#");
    url("JaVaScRiPt:alert(1)", "#");
    url(" javascript:alert(1)", "#");
    url("\\u0001javascript:alert(1)", "#");
    url("java\\tscript:alert(1)", "#");
    url("java\\nscript:alert(1)", "#");
    url("javascript&colon;alert(1)", "javascript&amp;colon;alert(1)"); /* text, no entity */
    url("vbscript:x", "#");
    url("data:text/html,x", "#");
    url(":x", "#");
    url("\\\"onclick=\\\"x", "&#34;onclick=&#34;x");
}

static void urls_in_parts(void **state)
{
    (void)state;
    const char *bad = "{\"a\": \"java\", \"b\": \"script:alert(1)\", \"ok\": \"x:y\"}";
    expect("<a href=\"{{ a }}{{ b }}\">", bad, "<a href=\"java#\">");
    expect("<a href=\"/p/{{ ok }}\">", bad, "<a href=\"/p/x:y\">");
    expect("<a href=\"/p?x={{ ok }}\">", bad, "<a href=\"/p?x=x:y\">");
    expect("<a href='mailto:{{ ok }}'>", bad, "<a href='mailto:x:y'>");
    expect("<a href='viber://chat?number={{ ok }}'>", bad, "<a href='viber://chat?number=x:y'>");
    expect("<a href=\"{% if a %}/x/{% endif %}{{ b }}\">", bad, "<a href=\"/x/#\">");
    expect("<a HREF=\"{{ b }}\"><img src=\"{{ b }}\"><form action='{{ b }}'>", bad,
           "<a HREF=\"#\"><img src=\"#\"><form action='#'>");
    expect("<button formaction=\"{{ b }}\"><video poster=\"{{ b }}\">", bad,
           "<button formaction=\"#\"><video poster=\"#\">");
    expect("<p data-href=\"{{ b }}\" alt=\"{{ b }}\">", bad,
           "<p data-href=\"script:alert(1)\" alt=\"script:alert(1)\">");
    expect("<img src=\"data:image/png;base64,AA==\">", "{}",
           "<img src=\"data:image/png;base64,AA==\">");
    refuse("<a href=\"javascript:f({{ x }})\">", "page.html:1: a URL that is a script");
    refuse("<a\nhref=\"java\nscript:f()\">", "page.html:3: a URL that is a script");
    refuse("<a href=\"data:text/html,{{ x }}\">", "output in a data: URL");
    refuse("<a href=\"{{ s }}:x\">", "the scheme of a URL is written out");
    refuse("<a href=\"java&#58;{{ x }}\">", "without entities");
}

static void script_data(void **state)
{
    (void)state;
    expect("<script type=\"application/json\">{\"x\": {{ x }}}</script>{{ x }}", hostile,
           "<script type=\"application/json\">{\"x\": \"\\u003c\\/script>\\u003cb a='1' "
           "b=\\\"2\\\">&amp;\"}</script>&lt;/script&gt;&lt;b a=&#39;1&#39; "
           "b=&#34;2&#34;&gt;&amp;amp;");
    expect("<script type=application/ld+json>{{ d }}</script>",
           "{\"d\": {\"a\": [1, true, null, \"<!--\"]}}",
           "<script type=application/ld+json>{\"a\":[1,true,null,\"\\u003c!--\"]}</script>");
    expect("<SCRIPT TYPE='application/json'>[{{ d | json }}, {{ none }}]</SCRIPT>",
           "{\"d\": {\"a\": \"</script>\"}}",
           "<SCRIPT TYPE='application/json'>[{\"a\":\"\\u003c\\/script>\"}, null]</SCRIPT>");
    expect("<p>{{ d | json }}</p>", "{\"d\": {\"a\": \"<\"}}",
           "<p>{&#34;a&#34;:&#34;&lt;&#34;}</p>");
    expect("<script src=\"/a.js\" type=\"module\"></script><p>{{ x }}", "{\"x\": \"<\"}",
           "<script src=\"/a.js\" type=\"module\"></script><p>&lt;");
    expect("<script>if (a</b/) x = '</p>'</script >{{ x }}", "{\"x\": \"<\"}",
           "<script>if (a</b/) x = '</p>'</script >&lt;");
    expect("<script type=\"application/json\">{% t 'a</script>' %}</script>", "{}",
           "<script type=\"application/json\">\"a\\u003c\\/script>\"</script>");
}

static void refused_places(void **state)
{
    (void)state;
    refuse("<p>\n<script>\nvar x = {{ x }};</script>",
           "page.html:3: output in an executable script; put the data into");
    refuse("<script type=\"text/javascript\">{{ x }}</script>", "executable script");
    refuse("<script type=\"{{ x }}\">{{ x }}</script>", "executable script");
    refuse("<script type=\"text/javascript\" type=\"application/json\">{{ x }}</script>",
           "executable script");
    refuse("<script type=\"application/json\">{\"a\": \"{{ x }}\"}</script>", "leave the quotes");
    refuse("<style>p { color: {{ x }} }</style>", "page.html:1: output in <style>");
    refuse("<p class={{ x }}>",
           "page.html:1: in the attribute 'class': output in an unquoted attribute");
    refuse("<p class=a{{ x }}>", "put double quotes around");
    refuse("<p onclick=\"f({{ x }})\">", "in the attribute 'onclick': output in an event");
    refuse("<p ONCLICK='{{ x }}'>", "event handler");
    refuse("<p style=\"color: {{ x }}\">", "style attribute");
    refuse("<iframe srcdoc=\"{{ x }}\">", "srcdoc");
    refuse("<p {{ x }}>", "in place of an attribute");
    refuse("<p a{{ x }}=\"\">", "in place of an attribute");
    refuse("<{{ x }}>", "in the name of a tag");
    refuse("<h{{ x }}>", "in the name of a tag");
    refuse("</h{{ x }}>", "in the name of a tag");
    refuse("<!-- {{ x }} -->", "HTML comment");
    refuse("<!doctype {{ x }}>", "HTML comment or declaration");
    refuse("<xmp>{{ x }}</xmp>", "browsers do not read");
    refuse("<script>a <!-- b</script>", "'<!' in a script");
    expect("<!-- a > b --><!--> {{ x }} <!-- - -- --!>{{ x }}", "{\"x\": \"<\"}",
           "<!-- a > b --><!--> &lt; <!-- - -- --!>&lt;");
}

static void branches(void **state)
{
    (void)state;
    const char *both = "{\"a\": true, \"l\": [1, 2]}";
    expect("<option{% if a %} selected{% endif %}>", both, "<option selected>");
    expect("<option{% if b %} selected{% endif %} value=\"{{ 1 }}\">", both,
           "<option value=\"1\">");
    expect("<p {% if a %}hidden {% endif %}id=\"{{ 1 }}\">", both, "<p hidden id=\"1\">");
    expect("<p {% for x in l %}data-x=\"{{ x }}\" {% endfor %}>", both,
           "<p data-x=\"1\" data-x=\"2\" >");
    expect("<p{% for x in l %} data-x=\"{{ x }}\"{% endfor %}>{{ 3 }}", both,
           "<p data-x=\"1\" data-x=\"2\">3");
    expect("<p class=\"a{% if a %} b{% else %} c{% endif %}\">{{ 1 }}", both, "<p class=\"a b\">1");
    expect("<a {% if a %}class=\"{% else %}id=\"{% endif %}{{ 1 }}\">", both, "<a class=\"1\">");
    refuse("<p>\n{% if a %}\n<b class=\"{% else %}{% endif %}",
           "page.html:2: the branches of this tag end in different places, text and the "
           "attribute 'class'");
    refuse("\n{% for x in l %}<!-- {% endfor %}", "page.html:2: the branches of this tag");
    refuse("<a {% if a %}href=\"{% else %}class=\"{% endif %}{{ x }}\">", "page.html:1: the bra");
    refuse("<a {% if a %}x{% endif %}href=\"{{ x }}\">", "white space must follow");
    refuse("<script{% if a %}x{% endif %}y>", "end at different points of a tag");
    refuse("<p title=\"", "page.html:1: the template ends in the attribute 'title'");
    refuse("{% case a %}{% when 1 %}<b title='{% endcase %}", "page.html:1: the branches");
    refuse("<p title=\"{% render 'x' %}\">", "there is no template 'x'");
    refuse("<p title=\"{% slot 'x' %}\">", "'slot' in the attribute 'title'; it belongs in text");
    refuse("{% capture x %}<p title=\"{% endcapture %}\">", "the capture ends in the attribute");
}

static void html_values(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    struct json *data = json_new(&w.arena, JSON_OBJECT);
    json_add(&w.arena, data, "h", JSON_HTML)->text =
        souk_str("<p title=\"a>b\">1 &amp; 2</p> \"x\" 1 < 2");
    json_add(&w.arena, data, "u", JSON_HTML)->text = souk_str("javascript&#58;alert(1)");
    json_add(&w.arena, data, "v", JSON_HTML)->text = souk_str("/a?b=1&amp;c=2");
    assert_int_equal(world_add(&w, "page",
                               "{{ h }}|<p title=\"{{ h }}\">|<title>{{ h }}</title>|"
                               "<a href=\"{{ u }}\"><a href=\"{{ v }}\">|{{ h | strip_html }}|"
                               "<script type=\"application/json\">{{ h }}</script>"),
                     0);
    assert_string_equal(world_render(&w, "page", data),
                        "<p title=\"a>b\">1 &amp; 2</p> \"x\" 1 < 2|"
                        "<p title=\"1 &amp; 2 &#34;x&#34; 1 &lt; 2\">|"
                        "<title>1 &amp; 2 &#34;x&#34; 1 &lt; 2</title>|"
                        "<a href=\"#\"><a href=\"/a?b=1&amp;c=2\">|"
                        "1 &amp; 2 &#34;x&#34; 1 &lt; 2|"
                        "<script type=\"application/json\">\"\\u003cp title=\\\"a>b\\\">1 &amp; "
                        "2\\u003c\\/p> \\\"x\\\" 1 \\u003c 2\"</script>");
    world_end(&w);
    expect("{% capture c %}<b>{{ x }}</b>{% endcapture %}{{ c }}<p title=\"{{ c }}\">",
           "{\"x\": \"a<b&\"}", "<b>a&lt;b&amp;</b><p title=\"a&lt;b&amp;\">");
    expect("{{ x | append: '<i>' }}{{ x | escape }}{{ x | escape | escape }}", "{\"x\": \"<\"}",
           "&lt;&lt;i&gt;&lt;&lt;");
    expect("{% capture c %}<i>{% endcapture %}{{ c | append: x }}{{ x | append: c }}",
           "{\"x\": \"<\"}", "<i>&lt;&lt;<i>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_attributes), cmocka_unit_test(urls),
        cmocka_unit_test(urls_in_parts),       cmocka_unit_test(script_data),
        cmocka_unit_test(refused_places),      cmocka_unit_test(branches),
        cmocka_unit_test(html_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
