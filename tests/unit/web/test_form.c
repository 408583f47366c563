/* Tests of urlencoded forms and cookies: decoding, what is left out, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "web/form.h"

static struct arena arena;
static struct header_list list;
static int parsed;

static const char *value(const char *name)
{
    return arena_cstr(&arena, header_list_find(&list, name));
}

static void parse(const char *text)
{
    list = (struct header_list){0};
    parsed = form_parse(&arena, souk_str(text), FORM_FIELDS, &list);
}

static void fields_are_decoded(void **state)
{
    (void)state;
    parse("a=1&b=x+y%26z&c&d=&%C3%A9=%E2%82%AC&a=2");
    assert_int_equal(list.count, 6);
    assert_string_equal(value("a"), "1"); /* the first one counts */
    assert_string_equal(value("b"), "x y&z");
    assert_string_equal(value("c"), "");
    assert_string_equal(value("\xc3\xa9"), "\xe2\x82\xac");
    parse("");
    assert_int_equal(list.count, 0);
    parse("&&a=1&&");
    assert_int_equal(list.count, 1);
}

static void odd_fields_are_left_out(void **state)
{
    (void)state;
    parse("a=%zz&b=%&c=%0&d=%00&e=%ff&=x&ok=1&f=\xff");
    assert_int_equal(list.count, 1);
    assert_string_equal(value("ok"), "1");
}

static void plain_text_is_not_copied(void **state)
{
    static const char text[] = "name=value";
    (void)state;
    parse(text);
    assert_ptr_equal(list.at[0].value.ptr, text + 5);
}

static void count_is_limited(void **state)
{
    static char text[4000];
    (void)state;
    for (size_t i = 0; i + 2 < sizeof(text); i += 2) {
        text[i] = 'a';
        text[i + 1] = '&';
    }
    parse(text);
    assert_int_equal(list.count, FORM_FIELDS);
    assert_int_equal(parsed, SOUK_TOO_LARGE);
    text[2 * FORM_FIELDS - 1] = '\0';
    parse(text);
    assert_int_equal(list.count, FORM_FIELDS);
    assert_int_equal(parsed, SOUK_OK);
}

/* Long lists are found in by other means than short ones, with the same answers. */
static void long_forms_are_found_in(void **state)
{
    (void)state;
    struct buf text = {.arena = &arena};
    for (int i = 0; i < FORM_MOST; i++)
        buf_printf(&text, "f%d=%d&", i % (FORM_MOST / 2), i);
    list = (struct header_list){0};
    assert_int_equal(form_parse(&arena, buf_str(&text), FORM_MOST, &list), SOUK_OK);
    assert_int_equal(list.count, FORM_MOST);
    for (int i = 0; i < FORM_MOST / 2; i++) {
        char name[16], first[16], second[16];
        snprintf(name, sizeof name, "f%d", i);
        snprintf(first, sizeof first, "%d", i);
        snprintf(second, sizeof second, "%d", i + FORM_MOST / 2);
        assert_string_equal(value(name), first); /* the first one counts */
        assert_true(header_list_has(&list, name, first));
        assert_true(header_list_has(&list, name, second));
        assert_true(header_list_has(&list, name, NULL));
        assert_false(header_list_has(&list, name, "x"));
    }
    assert_int_equal(header_list_find(&list, "f").len, 0);
    assert_false(header_list_has(&list, "g", NULL));
    header_list_add(&arena, &list, souk_str("g"), souk_str("late"));
    assert_string_equal(value("g"), "late");
}

static void values_are_looked_for(void **state)
{
    (void)state;
    parse("a=0&a=1&b=");
    assert_true(header_list_has(&list, "a", "1"));
    assert_false(header_list_has(&list, "a", "2"));
    assert_true(header_list_has(&list, "b", NULL));
    assert_false(header_list_has(&list, "c", NULL));
}

static void cookies_are_split(void **state)
{
    (void)state;
    list = (struct header_list){0};
    form_parse_cookies(souk_str("a=1; b=\"two\";c=x=y;  d ; =z; e="), &arena, &list);
    assert_int_equal(list.count, 4);
    assert_string_equal(value("a"), "1");
    assert_string_equal(value("b"), "two");
    assert_string_equal(value("c"), "x=y");
    assert_string_equal(value("e"), "");
}

static void names_of_headers_ignore_case(void **state)
{
    (void)state;
    list = (struct header_list){0};
    header_list_add(&arena, &list, souk_str("Content-Type"), souk_str("x"));
    assert_int_equal(header_list_find_nocase(&list, "content-TYPE").len, 1);
    assert_int_equal(header_list_find(&list, "content-type").len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_decoded),       cmocka_unit_test(odd_fields_are_left_out),
        cmocka_unit_test(plain_text_is_not_copied), cmocka_unit_test(count_is_limited),
        cmocka_unit_test(long_forms_are_found_in),  cmocka_unit_test(values_are_looked_for),
        cmocka_unit_test(cookies_are_split),        cmocka_unit_test(names_of_headers_ignore_case),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}
