/* Tests of multipart bodies: fields, files, what is malformed, limits, and every cut of
 * a good body. */
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
#include "web/multipart.h"

static struct arena arena;
static struct multipart got;

static int parse(const char *text)
{
    return multipart_parse(&arena, souk_str(text), souk_str("XX"), &got);
}

#define FIELD(name, value)                                                                         \
    "--XX\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define UPLOAD(name, file, value)                                                                  \
    "--XX\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" file                  \
    "\"\r\nContent-Type: image/png\r\n\r\n" value "\r\n"

static void fields_and_files_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(
        parse(FIELD("a", "one") UPLOAD("f", "p.png", "bytes\r\n--X") FIELD("b", "") "--XX--\r\n"),
        0);
    assert_int_equal(got.fields.count, 2);
    assert_true(souk_str_is(header_list_find(&got.fields, "a"), "one"));
    assert_int_equal(header_list_find(&got.fields, "b").len, 0);
    assert_int_equal(got.upload_count, 1);
    assert_true(souk_str_is(got.uploads[0].field, "f"));
    assert_true(souk_str_is(got.uploads[0].filename, "p.png"));
    assert_true(souk_str_is(got.uploads[0].type, "image/png"));
    assert_true(souk_str_is(got.uploads[0].bytes, "bytes\r\n--X"));
    assert_int_equal(parse("--XX--"), 0);
    assert_int_equal(got.fields.count, 0);
}

static void file_names_lose_their_folders(void **state)
{
    (void)state;
    assert_int_equal(
        parse(UPLOAD("f", "../../etc/passwd", "x") UPLOAD("f", "C:\\dir\\a.png", "x") "--XX--"), 0);
    assert_true(souk_str_is(got.uploads[0].filename, "passwd"));
    assert_true(souk_str_is(got.uploads[1].filename, "a.png"));
    assert_int_equal(parse(UPLOAD("f", "", "") "--XX--"), 0);
    assert_int_equal(got.upload_count, 0); /* nothing was chosen */
}

static void malformed_bodies_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "XX",
        "preamble\r\n" FIELD("a", "1") "--XX--",
        FIELD("a", "1"),
        FIELD("a", "1") "--XX",
        FIELD("a", "1") "--XXY--",
        "--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--",
        "--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--XX--",
        "--XX\r\nno colon\r\n\r\nx\r\n--XX--",
        "--XX\r\n\r\nx\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--XX--",
        FIELD("a", "\xff") "--XX--",
        FIELD("\xff", "a") "--XX--",
        NULL};
    (void)state;
    for (const char *const *text = bad; *text; text++)
        if (parse(*text) != SOUK_INVALID)
            fail_msg("taken: %s", *text);
}

static void every_cut_is_refused(void **state)
{
    static const char whole[] = FIELD("a", "one") UPLOAD("f", "p.png", "bytes") "--XX--";
    (void)state;
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        char *copy = malloc(len ? len : 1); /* exact, so that a reader past the end is seen */
        memcpy(copy, whole, len);
        assert_int_not_equal(multipart_parse(&arena, str_make(copy, len), souk_str("XX"), &got), 0);
        free(copy);
    }
}

static void parts_are_limited(void **state)
{
    struct buf text = {0};
    (void)state;
    for (int i = 0; i < MULTIPART_PARTS; i++)
        buf_add_cstr(&text, FIELD("a", "1"));
    size_t len = text.len;
    buf_add_cstr(&text, "--XX--");
    assert_int_equal(multipart_parse(&arena, buf_str(&text), souk_str("XX"), &got), 0);
    text.len = len;
    buf_add_cstr(&text, FIELD("a", "1") "--XX--");
    assert_int_equal(multipart_parse(&arena, buf_str(&text), souk_str("XX"), &got), SOUK_TOO_LARGE);
    buf_clear(&text);
    buf_add_cstr(&text, "--XX\r\nX: ");
    for (int i = 0; i < MULTIPART_HEAD; i++)
        buf_add_char(&text, 'x');
    buf_add_cstr(&text, "\r\n\r\nx\r\n--XX--");
    assert_int_equal(multipart_parse(&arena, buf_str(&text), souk_str("XX"), &got), SOUK_TOO_LARGE);
    buf_free(&text);
}

static void boundary_is_read(void **state)
{
    (void)state;
    assert_true(
        souk_str_is(multipart_boundary(souk_str("multipart/form-data; boundary=abc")), "abc"));
    assert_true(souk_str_is(
        multipart_boundary(souk_str("Multipart/Form-Data; charset=utf-8; boundary=\"a b\"")), ""));
    assert_true(souk_str_is(
        multipart_boundary(souk_str("multipart/form-data; boundary=\"a;b\"; x=1")), "a;b"));
    assert_true(souk_str_is(multipart_boundary(souk_str("multipart/mixed; boundary=abc")), ""));
    assert_true(souk_str_is(multipart_boundary(souk_str("multipart/form-data")), ""));
    assert_true(souk_str_is(multipart_boundary(souk_str("text/plain")), ""));
    assert_true(
        souk_str_is(multipart_boundary(souk_str("multipart/form-datax; boundary=abc")), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_files_are_told_apart),
        cmocka_unit_test(file_names_lose_their_folders),
        cmocka_unit_test(malformed_bodies_are_refused),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(parts_are_limited),
        cmocka_unit_test(boundary_is_read),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}
