/*
 * buf: growth with and without an arena, numbers, formats, the NUL behind.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"

static void grow_one(struct buf *buf)
{
    assert_string_equal(buf_str(buf).ptr, "");
    for (int i = 0; i < 5000; i++) {
        buf_add_char(buf, (char)('a' + i % 26));
        assert_true(buf->len < buf->cap);
        assert_int_equal(buf->ptr[buf->len], '\0');
    }
    assert_int_equal(buf->len, 5000);
    assert_int_equal(buf->ptr[4999], 'a' + 4999 % 26);
    buf_clear(buf);
    assert_string_equal(buf_str(buf).ptr, "");
    buf_add_str(buf, souk_str("x"));
    buf_add_cstr(buf, "yz");
    buf_add(buf, NULL, 0);
    assert_string_equal(buf_str(buf).ptr, "xyz");
    buf_free(buf);
    assert_int_equal(buf_str(buf).len, 0);
}

static void grows(void **state)
{
    (void)state;
    struct arena arena = {0};
    grow_one(&(struct buf){0});
    grow_one(&(struct buf){.arena = &arena});
    arena_free(&arena);
}

static void numbers(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_add_int(&buf, 0);
    buf_add_char(&buf, ' ');
    buf_add_int(&buf, INT64_MIN);
    buf_add_char(&buf, ' ');
    buf_add_int(&buf, INT64_MAX);
    assert_string_equal(buf_str(&buf).ptr, "0 -9223372036854775808 9223372036854775807");
    buf_free(&buf);
}

static void parts_of_uris(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_add_encoded(&buf, souk_str("aZ09-._~ /?&=+%\xc3\xa9"));
    assert_string_equal(buf_str(&buf).ptr, "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A9");
    buf_free(&buf);
}

static void formats(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_printf(&buf, "%s=%d;", "a", 1);
    buf_printf(&buf, "%*d", 3000, 2);
    assert_int_equal(buf.len, 3004);
    assert_memory_equal(buf.ptr, "a=1;  ", 6);
    assert_string_equal(buf.ptr + 3003, "2");
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(numbers),
        cmocka_unit_test(parts_of_uris),
        cmocka_unit_test(formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
