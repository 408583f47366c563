/*
 * test_file: files as answers: which bytes of which form go out, what the client has already, what
 * is no file; and the compressed sibling, which counts only when it is of this version.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/str.h"
#include "web/answer.h"
#include "web/file.h"
#include "web/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static char folder[64];
static int dir;
static struct request request;

static void put(const char *name, const char *text, time_t changed)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    const struct timespec times[2] = {{changed, 0}, {changed, 0}};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/souk-file-XXXXXX");
    assert_non_null(mkdtemp(folder));
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    put("feed.xml", "0123456789", 1000);
    put("feed.xml.gz", "packed", 1000);
    return 0;
}

static int end(void **state)
{
    static const char *const names[] = {"feed.xml", "feed.xml.gz", "link", "pipe"};
    (void)state;
    answer_reset(&request);
    arena_free(&request.arena);
    for (int i = 0; i < 4; i++)
        unlinkat(dir, names[i], 0);
    close(dir);
    return rmdir(folder);
}

struct line {
    const char *name, *value;
};

/* The answer to a GET with these headers; NULL ends them. */
static int get(const char *name, int packed, const struct line *lines)
{
    struct file_terms terms = {.type = "application/xml", .packed = packed};
    answer_reset(&request);
    struct arena arena = request.arena;
    arena_reset(&arena);
    request = (struct request){.arena = arena, .method = SOUK_STR("GET")};
    for (; lines && lines->name; lines++)
        header_list_add(&request.arena, &request.headers, souk_str(lines->name),
                        souk_str(lines->value));
    return file_answer(&request, dir, name, &terms);
}

static const char *header(const char *name)
{
    return arena_cstr(&request.arena, header_list_find_nocase(&request.answer.headers, name));
}

/* What would be sent of the file. */
static const char *sent(void)
{
    static char bytes[64];
    const struct answer *answer = &request.answer;
    if (!answer->file)
        return "nothing";
    assert_true(answer->file_size < (int64_t)sizeof bytes);
    ssize_t n = pread(answer->file - 1, bytes, (size_t)answer->file_size, answer->file_from);
    bytes[n > 0 ? n : 0] = '\0';
    return bytes;
}

#define LINES(...) ((const struct line[]){__VA_ARGS__, {NULL, NULL}})

static void test_packed(void **state)
{
    (void)state;
    assert_int_equal(get("feed.xml", 1, LINES({"Accept-Encoding", "gzip, br"})), 0);
    assert_string_equal(sent(), "packed");
    assert_string_equal(header("content-encoding"), "gzip");
    assert_string_equal(header("vary"), "Accept-Encoding");
    char tag[80];
    snprintf(tag, sizeof tag, "%s", header("etag"));
    get("feed.xml", 1, NULL);
    assert_string_equal(sent(), "0123456789");
    assert_string_equal(header("vary"), "Accept-Encoding");
    assert_string_equal(header("content-encoding"), "");
    assert_string_not_equal(header("etag"), tag);
    get("feed.xml", 1, LINES({"Accept-Encoding", "gzip;q=0"}));
    assert_string_equal(sent(), "0123456789");
    get("feed.xml", 0, LINES({"Accept-Encoding", "gzip"}));
    assert_string_equal(sent(), "0123456789");
    assert_string_equal(header("vary"), "");
    /* numbers of a range are those of the plain form */
    get("feed.xml", 1, LINES({"Accept-Encoding", "gzip"}, {"Range", "bytes=2-4"}));
    assert_int_equal(request.answer.status, 206);
    assert_string_equal(sent(), "234");
    assert_string_equal(header("content-encoding"), "");
    /* each form has its own "unchanged" */
    get("feed.xml", 1, LINES({"Accept-Encoding", "gzip"}, {"If-None-Match", tag}));
    assert_int_equal(request.answer.status, 304);
    assert_string_equal(sent(), "nothing");
    get("feed.xml", 1, LINES({"If-None-Match", tag}));
    assert_int_equal(request.answer.status, 200);
    /* an older one beside a newer file is of the version before */
    put("feed.xml", "new", 2000);
    get("feed.xml", 1, LINES({"Accept-Encoding", "gzip"}));
    assert_string_equal(sent(), "new");
    unlinkat(dir, "feed.xml.gz", 0);
    get("feed.xml", 1, LINES({"Accept-Encoding", "gzip"}));
    assert_string_equal(sent(), "new");
}

static void test_dates(void **state)
{
    (void)state;
    get("feed.xml", 0, LINES({"If-Modified-Since", "Thu, 01 Jan 1970 00:16:40 GMT"}));
    assert_int_equal(request.answer.status, 304);
    assert_string_equal(header("last-modified"), "Thu, 01 Jan 1970 00:16:40 GMT");
    get("feed.xml", 0, LINES({"If-Modified-Since", "Thu, 01 Jan 1970 00:16:39 GMT"}));
    assert_int_equal(request.answer.status, 200);
    /* a tag says more than a date */
    get("feed.xml", 0,
        LINES({"If-Modified-Since", "Thu, 01 Jan 1970 00:16:40 GMT"}, {"If-None-Match", "\"x\""}));
    assert_int_equal(request.answer.status, 200);
    get("feed.xml", 0,
        LINES({"Range", "bytes=0-0"}, {"If-Range", "Thu, 01 Jan 1970 00:16:40 GMT"}));
    assert_string_equal(sent(), "0");
    get("feed.xml", 0,
        LINES({"Range", "bytes=0-0"}, {"If-Range", "Thu, 01 Jan 1970 00:16:39 GMT"}));
    assert_string_equal(sent(), "0123456789");
}

static void test_ranges(void **state)
{
    static const struct {
        const char *range, *sent;
    } rows[] = {{"bytes=0-0", "0"},  {"bytes=3-", "3456789"}, {"bytes=-4", "6789"},
                {"BYTES=1-2", "12"}, {"bytes=8-99", "89"},    {"bytes=-99", "0123456789"},
                {"bytes=9-9", "9"},  {"bytes= 1-2", "12"}};
    static const char *const none[] = {"bytes=10-", "bytes=10-11", "bytes=-0",
                                       "bytes=922337203685477579-"};
    static const char *const whole[] = {"",          "bytes",      "bytes=",
                                        "bytes=-",   "bytes=5-4",  "bytes=1-2,4-5",
                                        "bytes=x-2", "bytes=1-2x", "bytes=99999999999999999999-",
                                        "items=1-2"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        get("feed.xml", 0, LINES({"Range", rows[i].range}));
        assert_int_equal(request.answer.status, 206);
        assert_string_equal(sent(), rows[i].sent);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        get("feed.xml", 0, LINES({"Range", none[i]}));
        if (request.answer.status != 416)
            fail_msg("%s: %d", none[i], request.answer.status);
        assert_string_equal(header("content-range"), "bytes */10");
        assert_string_equal(sent(), "nothing");
    }
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        get("feed.xml", 0, LINES({"Range", whole[i]}));
        if (request.answer.status != 200)
            fail_msg("%s: %d", whole[i], request.answer.status);
    }
}

static void test_no_file(void **state)
{
    (void)state;
    assert_int_equal(symlinkat("/etc/passwd", dir, "link"), 0);
    assert_int_equal(mkfifoat(dir, "pipe", 0600), 0);
    assert_int_equal(get("link", 0, NULL), SOUK_NOT_FOUND);
    assert_int_equal(get("pipe", 0, NULL), SOUK_NOT_FOUND);
    assert_int_equal(get(".", 0, NULL), SOUK_NOT_FOUND);
    assert_int_equal(get("absent", 0, NULL), SOUK_NOT_FOUND);
    assert_int_equal(request.answer.status, 0);
    /* a sibling that is none is none */
    unlinkat(dir, "feed.xml.gz", 0);
    assert_int_equal(symlinkat("/etc/passwd", dir, "feed.xml.gz"), 0);
    assert_int_equal(get("feed.xml", 1, LINES({"Accept-Encoding", "gzip"})), 0);
    assert_string_equal(sent(), "0123456789");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_packed, begin, end),
        cmocka_unit_test_setup_teardown(test_dates, begin, end),
        cmocka_unit_test_setup_teardown(test_ranges, begin, end),
        cmocka_unit_test_setup_teardown(test_no_file, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
