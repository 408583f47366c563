/* asset: names with hashes, types, what is refused, and how the route answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "web/asset.h"
#include "web/form.h"

static struct asset_set *set;
static struct request request;

static const char css[] =
    "body { margin: 0 } p { margin: 0 } ul { margin: 0 } ol { margin: 0 } li { margin: 0 } "
    "h1 { margin: 0 } h2 { margin: 0 } h3 { margin: 0 } h4 { margin: 0 } h5 { margin: 0 }";

static int begin(void **state)
{
    (void)state;
    set = asset_set_new();
    assert_int_equal(asset_add(set, "souk", "base.css", souk_str(css), NULL), 0);
    assert_int_equal(asset_add(set, "hello", "hello.css", souk_str("p{}"), NULL), 0);
    assert_int_equal(asset_add(set, "hello", "img/logo.min.svg", souk_str("<svg/>"), NULL), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    asset_set_free(set);
    arena_free(&request.arena);
    return 0;
}

static int get(const char *path, const char *name, const char *value)
{
    struct arena arena = request.arena;
    arena_reset(&arena);
    request = (struct request){.arena = arena, .method = SOUK_STR("GET")};
    if (name)
        header_list_add(&request.arena, &request.headers, souk_str(name), souk_str(value));
    return asset_answer(set, &request, souk_str(path));
}

static const char *header(const char *name)
{
    return MHD_get_response_header(request.answer.ready, name);
}

static void test_url(void **state)
{
    (void)state;
    struct souk_str url = asset_url(set, "hello", souk_str("hello.css"));
    /* printf 'p{}' | sha256sum */
    assert_true(souk_str_is(url, "/assets/hello/hello.806db221261e.css"));
    url = asset_url(set, "hello", souk_str("img/logo.min.svg"));
    assert_true(str_starts(url, "/assets/hello/img/logo.min."));
    assert_true(str_ends(url, ".svg"));
    assert_true(str_starts(asset_url(set, "hello", souk_str("base.css")), "/assets/souk/base."));
    assert_int_equal(asset_url(set, "souk", souk_str("hello.css")).len, 0);
    assert_int_equal(asset_url(set, "hello", souk_str("none.css")).len, 0);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"a.exe",     "a",       "../a.css", "a/../b.css", "/a.css",
                                        "A.css",     "a b.css", ".a.css",   "a//b.css",   "a.css/",
                                        "html.html", "",        "a.",       NULL};
    struct err err;
    for (const char *const *name = names; *name; name++)
        if (asset_add(set, "hello", *name, souk_str("x"), &err) != SOUK_INVALID)
            fail_msg("%s was taken", *name);
    assert_int_equal(asset_add(set, "hello", "hello.css", souk_str("y"), &err), SOUK_CONFLICT);
    assert_int_equal(asset_add(set, "..", "hello.css", souk_str("y"), &err), SOUK_INVALID);
}

static void test_types(void **state)
{
    (void)state;
    static const char *const types[][2] = {
        {"t.css", "text/css; charset=utf-8"},
        {"t.js", "text/javascript; charset=utf-8"},
        {"t.mjs", "text/javascript; charset=utf-8"},
        {"t.svg", "image/svg+xml"},
        {"t.png", "image/png"},
        {"t.jpg", "image/jpeg"},
        {"t.webp", "image/webp"},
        {"t.avif", "image/avif"},
        {"t.ico", "image/x-icon"},
        {"t.woff2", "font/woff2"},
        {"t.txt", "text/plain; charset=utf-8"},
        {"t.json", "application/json"},
        {"t.map", "application/json"},
        {"t.webmanifest", "application/manifest+json"},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(asset_add(set, "types", types[i][0], souk_str(types[i][0]), NULL), 0);
        struct souk_str url = asset_url(set, "types", souk_str(types[i][0]));
        assert_int_equal(get(url.ptr + 8, NULL, NULL), 0);
        assert_string_equal(header("Content-Type"), types[i][1]);
        assert_string_equal(header("X-Content-Type-Options"), "nosniff");
    }
}

static void test_answers(void **state)
{
    (void)state;
    const char *path = asset_url(set, "souk", souk_str("base.css")).ptr + 8;
    assert_int_equal(get(path, NULL, NULL), 0);
    assert_int_equal(request.answer.status, 200);
    assert_string_equal(header("Cache-Control"), "public, max-age=31536000, immutable");
    assert_string_equal(header("Vary"), "Accept-Encoding");
    assert_null(header("Content-Encoding"));
    char etag[64];
    str_copy(etag, sizeof(etag), souk_str(header("ETag")));
    assert_int_equal(get(path, "Accept-Encoding", "br, gzip"), 0);
    assert_string_equal(header("Content-Encoding"), "gzip");
    assert_int_equal(get(path, "If-None-Match", etag), 0);
    assert_int_equal(request.answer.status, 304);
    /* too small to gain anything */
    path = asset_url(set, "hello", souk_str("hello.css")).ptr + 8;
    assert_int_equal(get(path, "Accept-Encoding", "gzip"), 0);
    assert_null(header("Content-Encoding"));
}

static void test_route(void **state)
{
    (void)state;
    struct souk_str url = asset_url(set, "hello", souk_str("hello.css"));
    assert_int_equal(get("hello/hello.css", NULL, NULL), 0);
    assert_int_equal(request.answer.status, 302);
    assert_true(souk_str_equal(header_list_find_nocase(&request.answer.headers, "Location"), url));
    assert_int_equal(get("hello/hello.000000000000.css", NULL, NULL), SOUK_NOT_FOUND);
    assert_int_equal(get("hello/none.css", NULL, NULL), SOUK_NOT_FOUND);
    assert_int_equal(get("hello/base.css", NULL, NULL), SOUK_NOT_FOUND);
    assert_int_equal(get("../souk.lua", NULL, NULL), SOUK_NOT_FOUND);
    assert_int_equal(get("hello/../souk/base.css", NULL, NULL), SOUK_NOT_FOUND);
    assert_int_equal(get("", NULL, NULL), SOUK_NOT_FOUND);
    assert_int_equal(request.answer.status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_types), cmocka_unit_test(test_answers),
        cmocka_unit_test(test_route),
    };
    return cmocka_run_group_tests_name("asset", tests, begin, end);
}
