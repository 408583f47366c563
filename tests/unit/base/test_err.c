/*
 * err: codes with words, put in front by callers, cut between characters.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/utf8.h"

static void sets_and_prefixes(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(err_set(&err, SOUK_INVALID, "no such key \"%s\"", "port"), SOUK_INVALID);
    assert_int_equal(err.code, SOUK_INVALID);
    assert_int_equal(err_in(&err, "%s", "souk.lua"), SOUK_INVALID);
    assert_string_equal(err.text, "souk.lua: no such key \"port\"");
    assert_int_equal(err_set(&err, SOUK_BUSY, "again: %s", err.text), SOUK_BUSY);
    assert_string_equal(err.text, "again: souk.lua: no such key \"port\"");
}

static void null_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, SOUK_DENIED, "x"), SOUK_DENIED);
    assert_true(err_in(NULL, "x") < 0);
}

static void long_text_is_cut_between_characters(void **state)
{
    (void)state;
    for (int shift = 0; shift < 4; shift++) {
        char text[1200];
        struct err err = {0};
        memset(text, 'x', sizeof(text));
        for (size_t i = (size_t)shift; i + 3 < sizeof(text); i += 3)
            memcpy(text + i, "€", 3);
        text[sizeof(text) - 1] = '\0';
        err_set(&err, SOUK_ERROR, "%.1190s", text);
        assert_in_range(strlen(err.text), 490, 499);
        assert_true(utf8_valid(souk_str(err.text)));
        err_in(&err, "%.600s", text);
        assert_in_range(strlen(err.text), 490, 499);
        assert_true(utf8_valid(souk_str(err.text)));
        err_in(&err, "in front");
        assert_memory_equal(err.text, "in front: ", 10);
        assert_true(utf8_valid(souk_str(err.text)));
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(err_name(0), "ok");
    assert_string_equal(err_name(SOUK_NOT_FOUND), "not found");
    assert_string_equal(err_name(-77), "error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_and_prefixes),
        cmocka_unit_test(null_is_allowed),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
