/*
 * test_chunk.c: configuration files that are right, wrong and hostile. Every file is
 * evaluated for real, in a child; the hostile ones must come back as an error within
 * their limits, with this process unharmed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/str.h"
#include "script/chunk.h"
#include "script/chunk_lines.h"

struct bench { /* one evaluation and what came of it */
    struct arena arena;
    struct chunk chunk;
    struct err err;
    int code;
    char path[64];
};

static void bench_bytes(struct bench *bench, const char *bytes, size_t len)
{
    *bench = (struct bench){0};
    str_copy(bench->path, sizeof(bench->path), souk_str("/tmp/souk-chunk-XXXXXX"));
    int fd = mkstemp(bench->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
    bench->code = chunk_load(&bench->arena, bench->path, &bench->chunk, &bench->err);
}

static void bench_text(struct bench *bench, const char *source)
{
    bench_bytes(bench, source, strlen(source));
}

static void bench_end(struct bench *bench)
{
    unlink(bench->path);
    arena_free(&bench->arena);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void gives(const char *source, const char *json)
{
    struct bench bench;
    struct buf out = {0};
    bench_text(&bench, source);
    if (bench.code)
        print_error("%s\n", bench.err.text);
    assert_int_equal(bench.code, 0);
    json_print(&out, bench.chunk.values);
    assert_string_equal(out.ptr, json);
    buf_free(&out);
    bench_end(&bench);
}

static void fails(const char *source, const char *words, int line)
{
    struct bench bench;
    bench_text(&bench, source);
    assert_int_not_equal(bench.code, 0);
    if (!strstr(bench.err.text, words) || bench.chunk.error_line != line)
        print_error("got line %d: %s\n", bench.chunk.error_line, bench.err.text);
    assert_non_null(strstr(bench.err.text, words));
    assert_null(strstr(bench.err.text, "chunk:"));
    assert_int_equal(bench.chunk.error_line, line);
    bench_end(&bench);
}

static void test_values(void **state)
{
    (void)state;
    gives("", "{}");
    gives("zebra = 1 apple = true mango = 'x'",
          "{\"zebra\":1,\"apple\":true,\"mango\":\"x\"}"); /* in order of assignment */
    gives("a = { 1, 2, { 'x' } } b = {} c = { z = 1, a = 2 }",
          "{\"a\":[1,2,[\"x\"]],\"b\":{},\"c\":{\"a\":2,\"z\":1}}");
    gives("a = 9223372036854775807 b = -9223372036854775807 - 1",
          "{\"a\":9223372036854775807,\"b\":-9223372036854775808}");
    gives("a = 3.0 b = 0.5 c = 2^53", "{\"a\":3,\"b\":0.5,\"c\":9007199254740992}");
    gives("a = env 'KEY' b = { f = file \"secrets/x\" }",
          "{\"a\":{\"$env\":\"KEY\"},\"b\":{\"f\":{\"$file\":\"secrets/x\"}}}");
    gives("a = 'tab\\tquote\"back\\\\slash\\nline' b = 'чай ☕'",
          "{\"a\":\"tab\\tquote\\\"back\\\\slash\\nline\",\"b\":\"чай ☕\"}");
    gives("\xef\xbb\xbf"
          "a = 1\r\nb = 2\r\n",
          "{\"a\":1,\"b\":2}");
    gives("local base = { 'a' } a = base b = base c = #b a.x = nil",
          "{\"a\":[\"a\"],\"b\":[\"a\"],\"c\":1}");
    gives("hello = {} hello.greeting = 'Hi'", "{\"hello\":{\"greeting\":\"Hi\"}}");
}

static void test_real_is_real(void **state)
{
    (void)state;
    struct bench bench;
    bench_text(&bench, "a = 0.1 b = 1e300 c = 1e18 d = 1e19");
    assert_int_equal(bench.code, 0);
    assert_int_equal(json_at(bench.chunk.values, "a")->kind, JSON_REAL);
    assert_true(json_at(bench.chunk.values, "a")->real == 0.1);
    assert_true(json_at(bench.chunk.values, "b")->real == 1e300);
    assert_int_equal(json_at(bench.chunk.values, "c")->kind, JSON_INT);
    assert_int_equal(json_at(bench.chunk.values, "d")->kind, JSON_REAL);
    bench_end(&bench);
}

static void test_lines(void **state)
{
    (void)state;
    struct bench bench;
    bench_text(&bench,
               "-- plugins = 1\n"
               "--[[ shop = 2\n ]] plugins = {\n  'hello',\n\n  'visits',\n}\n"
               "local note = [==[\nshop = 3\n]] ]==]\n"
               "shop = { name = [[a\n\nb]],\n  http = 5,\n}\n"
               "http\n  =\n  { listen = 'x\\\n= y', limits = 1 }\n"
               "if shop.name then log = 1 else log = 2 end\n"
               "same = {\n  same = 1, (function() local same\n = 2 return 1 end)() and nil,\n}\n");
    assert_int_equal(bench.code, 0);
    assert_int_equal(bench.chunk.line_count, 5);
    assert_int_equal(chunk_line(&bench.chunk, souk_str("plugins")), 3);
    assert_int_equal(chunk_line(&bench.chunk, souk_str("shop")), 11);
    assert_int_equal(chunk_line(&bench.chunk, souk_str("http")), 16);
    assert_int_equal(chunk_line(&bench.chunk, souk_str("log")), 20);
    assert_int_equal(chunk_line(&bench.chunk, souk_str("same")), 21);
    assert_int_equal(chunk_line(&bench.chunk, souk_str("limits")), 0);
    bench_end(&bench);
}

/* The scanner meets any bytes: unfinished things at the very end must not be read past.
 */
static void test_scan_fragments(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[",   "[=", "[==[", "[[x]", "--",        "--[",     "--[=[",  "\"", "\"\\", "\"\\z",   "a",
        "a =", "a=", "a ==", "]]",   "}}} a = 1", "'\\\r\n", "\r\n\r", "<",  "~",    "\"\\z \n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct arena arena = {0};
        struct chunk_line *lines = NULL;
        size_t len = strlen(texts[i]);
        char *exact = malloc(len); /* so that the sanitizer sees one byte too many */
        memcpy(exact, texts[i], len);
        size_t count = chunk_lines_scan(&arena, str_make(exact, len), &lines);
        assert_true(count <= 1);
        free(exact);
        arena_free(&arena);
    }
}

static void test_syntax(void **state)
{
    (void)state;
    fails("a = 1\nb = }\n", "unexpected symbol near '}'", 2);
    fails("a = {\n 1\n", "'}' expected (to close '{' at line 1) near <eof>", 3);
    fails("a = 'x\n", "unfinished string", 1);
    fails("\nplugins = { hello }\n", "\"hello\" has no value; text stands in quotes", 2);
    fails("http = {\n secure = yes }\n", "write true or false", 2);
    fails("shop.name = 'x'", "\"shop\" has no value", 1);
    fails("a = 1\na = 2 + {}\n", "attempt to perform arithmetic on a table value", 2);
    fails("a = 'x'\n\n\nb = 2\na = {\n 3 }\n",
          "\"a\" is given twice, in line 1 and in line 5; keep one", 5);
    fails("\nhello = nil\n", "\"hello\" is given nil", 2);
    fails("env = 'x'", "\"env\" is taken", 1);
    fails("a = { x = 1,\n y = { x = 2 }, w = 'x,x=';\n x = 3 }",
          "\"x\" is given twice in one table, in line 1 and in line 3", 3);
    gives("a = { x = 1, y = { x = 2 }, z = { { x = 3 }, { x = 4 } } }\nlocal x = 1 x = 2",
          "{\"a\":{\"x\":1,\"y\":{\"x\":2},\"z\":[{\"x\":3},{\"x\":4}]}}");
    fails("a = env()", "env takes one name in quotes", 1);
    fails("a = file ''", "file takes one name in quotes", 1);
    fails("a = env(5)", "env takes one name in quotes", 1);
    fails("a = 1\nb = 'caf\xe9'\n", "is not UTF-8 text", 2);
}

static void test_refused_values(void **state)
{
    (void)state;
    fails("a = 1\nhello = {\n x = { y = function() end } }", "hello.x.y is a function", 2);
    fails("a = { 'x', env }", "a[2] is a function", 1);
    fails("a = { n = 0/0 }", "a.n is not a finite number", 1);
    fails("a = { n = 1/0 }", "a.n is not a finite number", 1);
    fails("a = { 1, x = 2 }", "a mixes named keys with list items", 1);
    fails("a = { 1, nil, 3 }", "a is a list with a gap", 1);
    fails("a = { [true] = 1 }", "a has a key that is neither", 1);
    fails("a = { [0] = 1 }", "a has a key that is neither", 1);
    fails("a = { b = '\\xff' }", "a.b is not UTF-8 text", 1);
    fails("a = { b = 'x\\0y' }", "a.b has a NUL byte", 1);
    fails("local t = {} t.t = t\na = t", "nested too deeply", 2);
    gives("a = {{{{{{{{{{{{{{{{}}}}}}}}}}}}}}}}", "{\"a\":[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]}");
    fails("a = {{{{{{{{{{{{{{{{{}}}}}}}}}}}}}}}}}", "nested too deeply", 1);
}

static void test_no_libraries(void **state)
{
    (void)state;
    fails("os.execute('touch /tmp/souk-was-here')", "\"os\" is not there", 1);
    fails("a = io.open('/etc/passwd')", "\"io\" is not there", 1);
    fails("a = load('return 1')", "\"load\" is not there", 1);
    fails("a = require 'os'", "\"require\" is not there", 1);
    fails("a = _G", "\"_G\" is not there", 1);
    fails("a = ('x'):rep(10)", "attempt to index a string value", 1);
    fails("a = _ENV.os", "\"os\" is not there", 1);
    fails("_ENV[1] = 2", "top-level names are words", 1);
}

/* Hostile files, each with the time that it may take. */
static void survives(const char *source, const char *words, int64_t most)
{
    struct bench bench;
    int64_t start = clock_mono();
    bench_text(&bench, source);
    int64_t took = clock_mono() - start;
    assert_int_not_equal(bench.code, 0);
    if (!strstr(bench.err.text, words))
        print_error("%.60s gave: %s\n", source, bench.err.text);
    assert_non_null(strstr(bench.err.text, words));
    assert_true(took < most);
    bench_end(&bench);
}

static void test_hostile(void **state)
{
    (void)state;
    const int64_t most = 6 * CLOCK_SECOND;
    fails("a = 1\nwhile true do end\n", "computes for too long", 2);
    survives("local function f() return f() end f()", "computes for too long", most);
    survives("local function f() f() f() end f()", "needs more than 32 MiB", most);
    survives("local t = {} while true do t[#t + 1] = { #t } end", "needs more than 32 MiB", most);
    survives("local s = 'x' while true do s = s .. s end", "needs more than 32 MiB", most);
    survives("local s = 'x' for i = 1, 20 do s = s .. s end a = s", "more than 1 MiB", most);
    survives("local t = { 1 } for i = 1, 15 do t = { t, t, t, t, t, t } end a = t",
             "more than 1 MiB", most);
    survives("local s = 'x' for i = 1, 20 do s = s .. s end local a, b = s .. 'a', s .. 'b' "
             "while a < b do end",
             "is not done after 2 seconds", most); /* few instructions: the processor limit */
    /* a caller that loops over a tail of errors cannot catch them: there is no pcall */
    survives("local t = pcall(function() while true do end end)", "\"pcall\" is not there", most);
}

static void test_deep_source(void **state)
{
    (void)state;
    struct buf source = {0};
    buf_add_cstr(&source, "a = ");
    for (int i = 0; i < 100000; i++)
        buf_add_cstr(&source, "{");
    survives(source.ptr, "nested too deeply", 6 * CLOCK_SECOND);
    buf_clear(&source);
    buf_add_cstr(&source, "a = ");
    for (int i = 0; i < 100000; i++)
        buf_add_cstr(&source, "(");
    survives(source.ptr, "nested too deeply", 6 * CLOCK_SECOND);
    buf_free(&source);
}

static void test_wrong_files(void **state)
{
    (void)state;
    struct bench bench;
    bench_bytes(&bench, "\x1bLua\x54\0\x19\x93", 8);
    assert_int_equal(bench.code, SOUK_INVALID);
    assert_non_null(strstr(bench.err.text, "is a compiled chunk"));
    bench_end(&bench);

    struct buf big = {0};
    while (big.len <= (1 << 20))
        buf_add_cstr(&big, "-- a comment of no importance\n");
    bench_bytes(&bench, big.ptr, big.len);
    assert_int_equal(bench.code, SOUK_TOO_LARGE);
    buf_free(&big);
    bench_end(&bench);

    struct arena arena = {0};
    struct chunk chunk;
    struct err err = {0};
    assert_int_equal(chunk_load(&arena, "/nonexistent/souk.lua", &chunk, &err), SOUK_NOT_FOUND);
    assert_int_equal(chunk_load(&arena, "/tmp", &chunk, &err), SOUK_INVALID);
    assert_non_null(strstr(err.text, "is not a file"));
    char fifo[64];
    snprintf(fifo, sizeof(fifo), "/tmp/souk-chunk-fifo-%d", (int)getpid());
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(chunk_load(&arena, fifo, &chunk, &err),
                     SOUK_INVALID); /* and does not wait for a writer */
    unlink(fifo);
    arena_free(&arena);
}

/* Many threads at once, each with malloc busy while others fork. */
static void *busy_loader(void *path)
{
    for (int i = 0; i < 10; i++) {
        struct arena arena = {0};
        struct chunk chunk;
        struct err err = {0};
        for (int j = 0; j < 200; j++)
            free(malloc((size_t)(j + 1) * 97));
        if (chunk_load(&arena, path, &chunk, &err) ||
            json_int(json_at(chunk.values, "a"), 0) != 7) {
            arena_free(&arena);
            return err.text[0] ? "failed" : "wrong";
        }
        arena_free(&arena);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct bench bench;
    pthread_t threads[4];
    bench_text(&bench, "a = 7");
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, busy_loader, bench.path), 0);
    for (int i = 0; i < 4; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),       cmocka_unit_test(test_real_is_real),
        cmocka_unit_test(test_lines),        cmocka_unit_test(test_scan_fragments),
        cmocka_unit_test(test_syntax),       cmocka_unit_test(test_refused_values),
        cmocka_unit_test(test_no_libraries), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_deep_source),  cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
