/*
 * Every filter: what it makes of the values that it is for, and of those that it is
 * not.
 */
#include "test_template.h"

static const char data[] =
    "{\"s\": \"  Hello wide World \", \"u\": \"\u00e9t\u00e9 na\u00efve\", \"n\": -7, \"l\": "
    "[3, 1, 2, 3, 1], \"p\": [{\"n\": \"b\", \"v\": 2, \"ok\": true}, {\"n\": \"a\", \"v\": 2}, "
    "{\"n\": \"c\", \"v\": 1, \"ok\": false}], \"m\": {\"amount\": 1299, \"currency\": \"EUR\"}, "
    "\"r\": 2.5, \"d\": \"2026-03-05T07:08:09Z\", \"us\": 1795737600000000, \"big\": "
    "9223372036854775807, \"i\": 1234567}";

#define is(expression, wanted) expect("{{ " expression " }}", data, wanted)

static void text(void **state)
{
    (void)state;
    is("'<b>' | escape", "&lt;b&gt;");
    is("missing | default: 'x'", "x");
    is("'' | default: n", "-7");
    is("0 | default: 'x'", "0");
    is("u | upcase", "\u00c9T\u00c9 NA\u00cfVE");
    is("'AB\u00c9' | downcase", "ab\u00e9");
    is("u | capitalize", "\u00c9t\u00e9 na\u00efve");
    is("u | truncate: 5", "\u00e9t\u00e9 \u2026");
    is("u | truncate: 9", "\u00e9t\u00e9 na\u00efve");
    is("'Hello World' | truncate: 8, '...'", "Hello...");
    is("'Hello World' | truncate: 2, '...'", "...");
    is("s | truncatewords: 2", "Hello wide\u2026");
    is("s | truncatewords: 3", "Hello wide World");
    is("s | truncatewords: 1, ''", "Hello");
    is("s | strip | append: '!'", "Hello wide World!");
    is("'b' | prepend: 'a' | append: 'c'", "abc");
    is("'a-b-a' | replace: 'a', 'xx'", "xx-b-xx");
    is("'a-b-a' | replace: '', 'x'", "a-b-a");
    is("'a-b-a' | remove: '-'", "aba");
    is("'a b&c/\u00e9~' | url_encode", "a%20b%26c%2F%C3%A9~");
    is("'a<\nb' | newline_to_br", "a&lt;<br>\nb");
    is("'<p>a</p> b <br' | strip_html", "a b ");
    is("'1 < 2' | strip_html", "1 &lt; 2");
    is("u | slice: 1, 3", "t\u00e9 ");
    is("u | slice: -3, 2", "\u00efv");
    is("u | slice: 0", "\u00e9");
    is("u | slice: 99, 2", "");
    is("missing | upcase | append: missing | truncate: 3", "");
    is("n | append: '!'", "-7!");
}

static void lists(void **state)
{
    (void)state;
    is("'a,b,,c' | split: ',' | join: '|'", "a|b||c");
    is("'\u00e9b' | split: '' | join: '|'", "\u00e9|b");
    is("missing | split: ',' | size", "0");
    is("l | join", "3 1 2 3 1");
    is("l | first", "3");
    is("l | last", "1");
    is("missing | first", "");
    is("l | size", "5");
    is("u | size", "9");
    is("n | size", "0");
    is("l | sort | join: ','", "1,1,2,3,3");
    is("p | sort: 'v' | map: 'n' | join: ','", "c,b,a"); /* stable */
    is("p | sort: 'n' | map: 'n' | join: ','", "a,b,c");
    is("p | sort: 'ok' | map: 'n' | join: ','", "c,b,a"); /* nothing sorts last */
    is("p | where: 'ok' | map: 'n' | join: ','", "b");
    is("p | where: 'v', 2 | map: 'n' | join: ','", "b,a");
    is("l | reverse | join: ','", "1,3,2,1,3");
    is("l | uniq | join: ','", "3,1,2");
    is("l | concat: p | size", "8");
    is("l | concat: missing | size", "5");
    is("l | slice: 1, 2 | join: ','", "1,2");
    is("l | slice: -2, 9 | join: ','", "3,1");
    is("missing | map: 'x' | sort | reverse | uniq | join", "");
    is("p | map: 'm' | json", "[null,null,null]");
}

static void numbers(void **state)
{
    (void)state;
    is("n | plus: 10", "3");
    is("n | minus: '3'", "-10");
    is("n | times: n", "49");
    is("7 | divided_by: 2", "3");
    is("n | divided_by: 2", "-4");
    is("n | modulo: 3", "2");
    is("7 | divided_by: 0", "");
    is("7 | modulo: 0", "");
    is("7 | modulo: missing", "");
    is("big | plus: 1", "");
    is("big | times: 2", "");
    is("'x' | plus: 1", "");
    is("missing | plus: 1", "1");
    is("n | abs", "7");
    is("r | round", "3");
    is("'-2.5' | round", "-3");
    is("'2.4' | round", "2");
    is("n | round", "-7");
    is("'x' | round", "");
    is("i | number", "1,234,567");
    is("999 | number", "999");
    is("0 | minus: i | number", "-1,234,567");
    is("'x' | number", "x");
    is("m | money", "\u20ac12.99");
    is("1299 | money", "\u20ac12.99");
    is("5 | money: 'USD'", "$0.05");
    is("'x' | money", "");
    is("missing | money", "");
    is("1 | pluralize: 'item', 'items'", "item");
    is("3 | pluralize: 'item', 'items'", "items");
}

static void number_of(const char *locale, const char *wanted)
{
    struct world w;
    world_begin(&w);
    w.env.locale = locale;
    assert_int_equal(world_add(&w, "page", "{{ i | number }} {{ 1234 | number }}"), 0);
    assert_string_equal(world_render(&w, "page", world_data(&w, data)), wanted);
    world_end(&w);
}

static void numbers_by_locale(void **state)
{
    (void)state;
    number_of("bg", "1\u00a0234\u00a0567 1234");
    number_of("hu-HU", "1\u00a0234\u00a0567 1234");
    number_of("bn", "\u09e7\u09e8,\u09e9\u09ea,\u09eb\u09ec\u09ed \u09e7,\u09e8\u09e9\u09ea");
    number_of("xx", "1,234,567 1,234");
    number_of(NULL, "1,234,567 1,234");
}

/* Bengali digits are in every number that people read, also inside sentences; not in what is for
 * programs. */
static void digits_by_locale(void **state)
{
    static const struct {
        const char *locale, *source, *wanted;
    } rows[] = {
        {"bn", "{{ 2026 | digits }} {{ 'A-40' | digits }}",
         "\u09e8\u09e6\u09e8\u09ec A-\u09ea\u09e6"},
        {"en", "{{ 2026 | digits }} {{ 'A-40' | digits }}", "2026 A-40"},
        {"bn", "{% t 'one item', plural: '{count} items', count: i %}",
         "\u09e7\u09e8,\u09e9\u09ea,\u09eb\u09ec\u09ed items"},
        {"en", "{% t '{n} of {word}', n: i, word: '12' %}", "1,234,567 of 12"},
        {"bn", "{% t '{n} of {word}', n: 7, word: '12' %}", "\u09ed of 12"},
        {"bn", "{{ '2026-03-09T00:00:00Z' | date: '%-d %B %Y' }}",
         "\u09ef March \u09e8\u09e6\u09e8\u09ec"},
        {"bn", "{{ '2026-03-09T00:00:00Z' | date: '%F' }}", "2026-03-09"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        world_begin(&w);
        w.env.locale = rows[i].locale;
        assert_int_equal(world_add(&w, "page", rows[i].source), 0);
        assert_string_equal(world_render(&w, "page", world_data(&w, data)), rows[i].wanted);
        world_end(&w);
    }
}

static void dates(void **state)
{
    (void)state;
    is("d | date: '%Y-%m-%d %H:%M:%S'", "2026-03-05 07:08:09");
    is("d | date", "2026-03-05");
    is("d | date: '%-d.%-m.%y %e %j %I %p %B %b %A %a %F %T %R %u %Z %z %%'",
       "5.3.26  5 064 07 AM March Mar Thursday Thu 2026-03-05 07:08:09 07:08 4 UTC +0000 %");
    is("us | date: '%a %d'", "Fri 27");
    is("'now' | date: '%d %b'", "27 Nov");
    is("'2026-03-05' | date: '%d/%m'", "05/03");
    is("'soon' | date: '%d'", "soon");
    is("missing | date: '%d'", "");
    is("big | date: '%d'", "");
    is("d | date: '%Q %'", "%Q %");
}

static void others(void **state)
{
    (void)state;
    is("'a.css' | asset_url", "/static/a.css?v=1");
    is("'/cart' | page_url", "/en/cart");
    is("p | where: 'ok' | json", "[{&#34;n&#34;:&#34;b&#34;,&#34;v&#34;:2,&#34;ok&#34;:true}]");
    is("missing | json", "null");
    is("empty | json", "null");
    is("'Cart' | t", "Cart");
    struct world w;
    world_begin(&w);
    w.env.asset_url = w.env.page_url = NULL;
    assert_int_equal(world_add(&w, "page", "{{ 'a' | asset_url }}{{ 'b' | page_url }}"), 0);
    assert_string_equal(world_render(&w, "page", NULL), "ab");
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text),
        cmocka_unit_test(lists),
        cmocka_unit_test(numbers),
        cmocka_unit_test(numbers_by_locale),
        cmocka_unit_test(digits_by_locale),
        cmocka_unit_test(dates),
        cmocka_unit_test(others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
