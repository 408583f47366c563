/* Tests of the access log: both formats, hostile text, cutting, buffers and rotation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <unistd.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "web/access_log.h"

static struct access_buffer buffer;
static char text[ACCESS_LINE + 1];

static struct access_line line_now(void)
{
    return (struct access_line){.at = INT64_C(1795737600123456),
                                .method = souk_str("GET"),
                                .path = souk_str("/items/7"),
                                .status = 200,
                                .bytes = 12345,
                                .span = 1234567,
                                .address = "192.0.2.1",
                                .id = "0123456789abcdef",
                                .route = "GET /items/{id}",
                                .agent = souk_str("Mozilla/5.0 (X)"),
                                .cached = 1};
}

static const char *format(const struct access_line *line, int as_json)
{
    size_t len = access_log_format(text, &buffer, line, as_json);
    assert_true(len < ACCESS_LINE);
    text[len] = '\0';
    return text;
}

static void both_formats(void **state)
{
    struct access_line line = line_now();
    (void)state;
    assert_string_equal(
        format(&line, 0),
        "at=2026-11-27T00:00:00.123456Z method=GET path=/items/7 status=200 bytes=12345 ms=1234.567 "
        "address=192.0.2.1 request=0123456789abcdef route=\"GET /items/{id}\" "
        "agent=\"Mozilla/5.0 (X)\" cached=true\n");
    assert_string_equal(
        format(&line, 1),
        "{\"at\":\"2026-11-27T00:00:00.123456Z\",\"method\":\"GET\",\"path\":\"/items/7\",\"status\":200,"
        "\"bytes\":12345,\"ms\":1234.567,\"address\":\"192.0.2.1\",\"request\":\"0123456789abcdef\","
        "\"route\":\"GET /items/{id}\",\"agent\":\"Mozilla/5.0 (X)\",\"cached\":true}\n");
}

static void hostile_text_stays_inside(void **state)
{
    struct arena arena = {0};
    struct access_line line = line_now();
    struct json *parsed = NULL;
    (void)state;
    line.agent = souk_str("a\" status=500 \\ \n{\x01}");
    line.path = souk_str("/a=b\"c");
    line.route = NULL;
    line.cached = 0;
    const char *out = format(&line, 0);
    assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
    assert_non_null(strstr(out, "path=\"/a=b\\\"c\""));
    out = format(&line, 1);
    assert_int_equal(json_parse(&arena, souk_str(out), &parsed, NULL), 0);
    assert_int_equal(json_int(json_at(parsed, "status"), 0), 200);
    /* NEL, CSI and the line separator steer terminals; a letter of the same bytes stays */
    line.agent = souk_str("a\xc2\x85"
                          "b\xc2\x9b"
                          "31m\xe2\x80\xa8"
                          "c\xc2\xa0\xc3\x9b");
    assert_non_null(strstr(format(&line, 0), "agent=\"a?b?31m?c\xc2\xa0\xc3\x9b\""));
    arena_free(&arena);
}

static void long_text_is_cut(void **state)
{
    static char many[20001];
    struct access_line line = line_now();
    struct arena arena = {0};
    struct json *parsed = NULL;
    (void)state;
    for (size_t i = 0; i < 20000; i += 2)
        memcpy(many + i, "\xc3\xa9", 2);
    line.path = souk_str(many);
    line.agent = str_make(many + 1, 9999); /* worst cut: inside a character */
    line.method = souk_str("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ");
    assert_true(strlen(format(&line, 0)) < 2000);
    memset(many, '"', 20000);
    line.agent = souk_str(many);
    line.path = souk_str(many);
    assert_true(strlen(format(&line, 0)) < ACCESS_LINE);
    assert_int_equal(json_parse(&arena, souk_str(format(&line, 1)), &parsed, NULL), 0);
    arena_free(&arena);
}

static size_t file_size(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fclose(file);
    return (size_t)size;
}

static void buffers_reach_the_file(void **state)
{
    char path[64] = "/tmp/souk-log-XXXXXX";
    char moved[80];
    struct access_log *log;
    struct access_line line = line_now();
    size_t length = strlen(format(&line, 0));
    (void)state;
    close(mkstemp(path));
    snprintf(moved, sizeof(moved), "%s.1", path);
    assert_int_equal(access_log_open(&log, path, 0, NULL), 0);
    access_log_add(log, &buffer, &line);
    assert_int_equal(file_size(path), 0);
    access_log_flush(log, &buffer);
    assert_int_equal(file_size(path), length);
    for (size_t i = 0; i < 2 * ACCESS_BUFFER / length; i++)
        access_log_add(log, &buffer, &line); /* writes by itself when nearly full */
    assert_true(file_size(path) > ACCESS_BUFFER / 2);
    access_log_flush(log, &buffer);
    assert_int_equal(file_size(path), length * (1 + 2 * ACCESS_BUFFER / length));
    rename(path, moved);
    access_log_reopen(log);
    access_log_add(log, &buffer, &line);
    access_log_flush(log, &buffer);
    assert_int_equal(file_size(path), length);
    access_log_close(log);
    unlink(path);
    unlink(moved);
}

static void off_is_nothing(void **state)
{
    struct access_log *log;
    struct access_line line = line_now();
    struct err err = {0};
    (void)state;
    assert_int_equal(access_log_open(&log, "off", 0, &err), 0);
    assert_null(log);
    access_log_add(log, &buffer, &line);
    access_log_flush(log, &buffer);
    access_log_reopen(log);
    access_log_close(log);
    assert_int_equal(access_log_open(&log, "/nowhere/at/all", 0, &err), SOUK_ERROR);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats),     cmocka_unit_test(hostile_text_stays_inside),
        cmocka_unit_test(long_text_is_cut), cmocka_unit_test(buffers_reach_the_file),
        cmocka_unit_test(off_is_nothing),
    };
    access_buffer_init(&buffer);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    access_buffer_free(&buffer);
    return failed;
}
