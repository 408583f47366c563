/*
 * json: what is refused and where, printing that is safe in a page, trees.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"

#define S souk_str

static struct json *parse(struct arena *arena, const char *text)
{
    struct json *tree;
    struct err err = {0};
    assert_int_equal(json_parse(arena, S(text), &tree, &err), 0);
    return tree;
}

static const char *print(struct arena *arena, const struct json *tree)
{
    struct buf out = {.arena = arena};
    json_print(&out, tree);
    return buf_str(&out).ptr;
}

static void round_trips(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const char *const same[] = {
        "{\"z\":1,\"a\":[true,false,null,[],{}],\"m\":\"x\\\"\\\\\\n\"}",
        "0",
        "-9223372036854775808",
        "9223372036854775807",
        "\"\"",
        "[]",
        "{}",
        "null",
        "1.5",
        "0.1",
        "1e+300",
        "-2.0",
        "[1,[2,[3]]]",
        "\"лв. ৳ 😀\""};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        assert_string_equal(print(&arena, parse(&arena, same[i])), same[i]);
    arena_free(&arena);
}

static void refuses(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const struct {
        const char *text, *where;
    } wrong[] = {
        {"", "line 1"},
        {"{\"a\":1,\n \"a\":2}", "line 2"},
        {"[1,\n2,\n x]", "line 3, column 2"},
        {"[9223372036854775808]", "line 1"},
        {"[1e999]", "line 1"},
        {"[1] 2", "line 1"},
        {"\"\xff\"", "line 1"},
        {"\"\\u0000\"", "line 1"},
        {"{\"a\\u0000\":1}", "line 1"},
        {"[01]", "line 1"},
        {"{'a':1}", "line 1"},
        {"[1,]", "line 1"},
        {"[NaN]", "line 1"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct json *tree;
        struct err err = {0};
        assert_int_equal(json_parse(&arena, S(wrong[i].text), &tree, &err), SOUK_INVALID);
        assert_null(tree);
        assert_non_null(strstr(err.text, wrong[i].where));
        assert_non_null(strstr(err.text, "column"));
    }
    struct json *tree;
    assert_int_equal(json_parse(&arena, (struct souk_str){"[1]\0", 4}, &tree, NULL), SOUK_INVALID);
    arena_free(&arena);
}

static void depth_is_limited(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct json *tree;
    struct err err = {0};
    char text[70];
    memset(text, '[', 33);
    memset(text + 33, ']', 33);
    assert_int_equal(json_parse(&arena, (struct souk_str){text + 1, 64}, &tree, &err), 0);
    assert_int_equal(json_parse(&arena, (struct souk_str){text, 66}, &tree, &err), SOUK_INVALID);
    assert_non_null(strstr(err.text, "line 1, column 33"));
    /* brackets in strings do not count */
    assert_int_equal(
        json_parse(&arena, S("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\""), &tree, &err), 0);
    arena_free(&arena);
}

static void printing_is_safe_in_a_script_element(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct json *tree = json_new(&arena, JSON_ARRAY);
    json_add_cstr(&arena, tree, NULL, "</script><!-- a</b / <x>");
    json_add_cstr(&arena, tree, NULL, "\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xA6€");
    json_add_str(&arena, tree, NULL, (struct souk_str){"\0\x1f\x7f\t", 4});
    json_add(&arena, tree, NULL, JSON_HTML)->text = S("<p>");
    assert_string_equal(print(&arena, tree),
                        "[\"<\\/script>\\u003c!-- a<\\/b / <x>\","
                        "\"\\u2028\\u2029\xE2\x80\xA6€\",\"\\u0000\\u001f\\u007f\\t\",\"<p>\"]");
    arena_free(&arena);
}

static void prints_indented(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct buf out = {.arena = &arena};
    json_print_pretty(&out, parse(&arena, "{\"a\":[1,2],\"b\":{},\"c\":[]}"));
    assert_string_equal(buf_str(&out).ptr,
                        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
    buf_clear(&out);
    json_print(&out, NULL);
    assert_string_equal(buf_str(&out).ptr, "null");
    arena_free(&arena);
}

static void builds_trees(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct json *root = json_new(&arena, JSON_OBJECT);
    json_add_int(&arena, root, "n", 1);
    struct json *list = json_add(&arena, root, "list", JSON_ARRAY);
    json_add_bool(&arena, list, NULL, 7);
    json_add_null(&arena, list, NULL);
    json_add_int(&arena, json_add(&arena, list, NULL, JSON_OBJECT), "deep", -1);
    json_add_cstr(&arena, root, "n", "replaced");
    json_add_tree(&arena, root, "same", list);
    json_add_tree(&arena, root, "none", NULL);
    assert_string_equal(print(&arena, root),
                        "{\"n\":\"replaced\",\"list\":[true,null,{\"deep\":-1}],"
                        "\"same\":[true,null,{\"deep\":-1}],\"none\":null}");
    assert_int_equal(root->count, 4);
    struct arena other = {0};
    struct json *copy = json_copy(&other, root);
    const char *before = print(&other, root);
    arena_free(&arena);
    assert_string_equal(print(&other, copy), before);
    arena_free(&other);
}

static void reads_values(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct json *tree = parse(&arena, "{\"s\":\"text\",\"n\":5,\"t\":true,\"f\":false,"
                                      "\"z\":null,\"zero\":0,\"list\":[1,2,3]}");
    assert_true(souk_str_is(json_text(json_at(tree, "s")), "text"));
    assert_int_equal(json_text(json_at(tree, "n")).len, 0);
    assert_int_equal(json_int(json_at(tree, "n"), 9), 5);
    assert_int_equal(json_int(json_at(tree, "s"), 9), 9);
    assert_int_equal(json_int(NULL, 9), 9);
    assert_null(json_at(tree, "absent"));
    assert_null(json_at(json_at(tree, "s"), "x"));
    assert_null(json_at(NULL, "x"));
    assert_true(json_true(json_at(tree, "t")));
    assert_true(json_true(json_at(tree, "zero")));
    assert_false(json_true(json_at(tree, "f")));
    assert_false(json_true(json_at(tree, "z")));
    assert_false(json_true(NULL));
    int64_t sum = 0;
    json_each(item, json_at(tree, "list"))
    {
        sum += item->value.number;
    }
    assert_int_equal(sum, 6);
    json_each(item, json_at(tree, "s")) /* not a list: nothing to walk */
    {
        fail();
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),      cmocka_unit_test(refuses),
        cmocka_unit_test(depth_is_limited), cmocka_unit_test(printing_is_safe_in_a_script_element),
        cmocka_unit_test(prints_indented),  cmocka_unit_test(builds_trees),
        cmocka_unit_test(reads_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
