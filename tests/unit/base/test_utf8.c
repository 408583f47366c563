/*
 * utf8: validity, cutting between graphemes, folding, case.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/utf8.h"

#define S souk_str

static void validity(void **state)
{
    (void)state;
    assert_true(utf8_valid(S("")));
    assert_true(utf8_valid(S("plain ascii text, longer than a word")));
    assert_true(utf8_valid(S("лв. ৳ ֏ 😀 \xF4\x8F\xBF\xBF \xEE\x80\x80 \xED\x9F\xBF")));
    static const char *const wrong[] = {"\x80",
                                        "\xC0\x80",
                                        "\xC1\xBF",
                                        "\xE0\x9F\xBF",
                                        "\xED\xA0\x80",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xF4\x90\x80\x80",
                                        "\xF5\x80\x80\x80",
                                        "\xC2",
                                        "\xE2\x82",
                                        "\xF0\x9F\x98",
                                        "\xFF",
                                        "eight bytes and then \xC3(",
                                        "\xE2(\xA1",
                                        "\xFE"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(utf8_valid(S(wrong[i])));
}

static void lengths_and_cuts(void **state)
{
    (void)state;
    assert_int_equal(utf8_length(S("лв😀a")), 4);
    assert_true(souk_str_is(utf8_cut(S("лв😀a"), 3), "лв😀"));
    assert_true(souk_str_is(utf8_cut(S("abc"), 10), "abc"));
    assert_true(souk_str_is(utf8_cut(S("abc"), 0), ""));
    assert_true(souk_str_is(utf8_cut(S("xe\xCC\x81y"), 2), "x"));
    assert_true(souk_str_is(utf8_cut(S("xe\xCC\x81y"), 3), "xe\xCC\x81"));
    assert_true(souk_str_is(utf8_cut(S("a👨‍👩‍👧b"), 4), "a"));
    assert_true(souk_str_is(utf8_cut(S("a🇧🇬🇭🇺"), 4), "a🇧🇬"));
}

static int folds_to(const char *text, const char *wanted)
{
    struct arena arena = {0};
    int same = souk_str_is(utf8_fold(&arena, S(text)), wanted);
    arena_free(&arena);
    return same;
}

static void folding(void **state)
{
    (void)state;
    assert_true(folds_to("Plain TEXT", "plain text"));
    assert_true(folds_to("Crème BRÛLÉE", "creme brulee"));
    assert_true(folds_to("Árvíztűrő", "arvizturo"));
    assert_true(folds_to("Straße", "strasse"));
    assert_true(folds_to("ﬁne ①", "fine 1"));
    assert_true(folds_to("ЧАЙ", "чаи"));
    assert_true(folds_to("a\xC2\xADz", "az"));
    /* vowel signs of Bengali are letters, not accents */
    assert_true(folds_to("চা", "চা"));
    assert_false(folds_to("চা", "চ"));
    struct arena arena = {0};
    struct souk_str broken = utf8_fold(&arena, S("A\xFF"));
    assert_true(souk_str_is(broken, "a\xFF"));
    arena_free(&arena);
}

static void cases(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_true(souk_str_is(utf8_upper(&arena, S("чай x1")), "ЧАЙ X1"));
    assert_true(souk_str_is(utf8_lower(&arena, S("ŐRÜLT")), "őrült"));
    assert_true(souk_str_is(utf8_upper(&arena, S("abc[z")), "ABC[Z"));
    assert_true(souk_str_is(utf8_lower(&arena, S("ABC@Z")), "abc@z"));
    assert_true(souk_str_is(utf8_upper(&arena, S("é\xFF")), "É\xFF"));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validity),
        cmocka_unit_test(lengths_and_cuts),
        cmocka_unit_test(folding),
        cmocka_unit_test(cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
