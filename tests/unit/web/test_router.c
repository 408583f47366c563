/* Tests of the router: precedence, parameters, 404 against 405, conflicts, escapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "web/router.h"

static struct arena arena;
static struct souk_str params[ROUTER_PARAMS];
static struct souk_str allow;
static int status;

static struct router *made(const char *const *lines)
{
    struct router *router = router_new();
    struct err err = {0};
    for (; lines[0]; lines += 2) {
        struct web_route route = {.method = lines[0], .path = lines[1], .owner = "test"};
        if (router_add(router, &route, &err) != 0)
            fail_msg("%s %s: %s", lines[0], lines[1], err.text);
    }
    return router;
}

static const char *found(const struct router *router, const char *method, const char *path)
{
    memset(params, 0, sizeof(params));
    const struct web_route *route =
        router_find(router, &arena, souk_str(method), souk_str(path), params, &status, &allow);
    return route ? route->where : "";
}

static const char *const shop[] = {"GET",  "/",
                                   "GET",  "/items",
                                   "GET",  "/items/new",
                                   "GET",  "/items/{id}",
                                   "POST", "/items/{id}",
                                   "GET",  "/items/{id}/parts/{part}",
                                   "GET",  "/assets/{rest*}",
                                   "GET",  "/assets/known.css",
                                   "HEAD", "/special",
                                   "GET",  "/trail/",
                                   NULL};

static void literals_win(void **state)
{
    (void)state;
    struct router *router = made(shop);
    assert_string_equal(found(router, "GET", "/"), "GET /");
    assert_string_equal(found(router, "GET", "/items"), "GET /items");
    assert_string_equal(found(router, "GET", "/items/new"), "GET /items/new");
    assert_string_equal(found(router, "GET", "/items/newer"), "GET /items/{id}");
    assert_string_equal(found(router, "POST", "/items/new"), "POST /items/{id}");
    assert_string_equal(found(router, "GET", "/assets/known.css"), "GET /assets/known.css");
    assert_string_equal(found(router, "GET", "/assets/known.css/x"), "GET /assets/{rest*}");
    assert_string_equal(found(router, "GET", "/trail/"), "GET /trail/");
    assert_string_equal(found(router, "GET", "/trail"), "");
    assert_int_equal(router_count(router), 10);
    assert_string_equal(router_at(router, 0)->where, "GET /");
    assert_null(router_at(router, 10));
    router_free(router);
}

static void parameters_are_decoded(void **state)
{
    (void)state;
    struct router *router = made(shop);
    found(router, "GET", "/items/a%20b%2Fc/parts/%C3%A9");
    assert_true(souk_str_is(params[0], "a b/c"));
    assert_true(souk_str_is(params[1], "\xc3\xa9"));
    found(router, "GET", "/assets/a/b%20c/d.css");
    assert_true(souk_str_is(params[0], "a/b c/d.css"));
    assert_string_equal(found(router, "GET", "/assets/"), "GET /assets/{rest*}");
    assert_string_equal(found(router, "GET", "/items/"), "");
    assert_int_equal(status, 404);
    router_free(router);
}

static void bad_escapes_are_400(void **state)
{
    static const char *const paths[] = {
        "/items/%",      "/items/%0",    "/items/%zz", "/items/%00", "/items/%ff", "/items/a%2f..",
        "/items/..%2fa", "/assets/a/..", "items",      "",           NULL};
    (void)state;
    struct router *router = made(shop);
    for (const char *const *path = paths; *path; path++) {
        assert_string_equal(found(router, "GET", *path), "");
        assert_int_equal(status, 400);
    }
    router_free(router);
}

static void wrong_method_is_405(void **state)
{
    (void)state;
    struct router *router = made(shop);
    assert_string_equal(found(router, "DELETE", "/items/7"), "");
    assert_int_equal(status, 405);
    assert_true(souk_str_is(allow, "GET, HEAD, POST"));
    found(router, "DELETE", "/items/new"); /* the parameter's methods count too */
    assert_true(souk_str_is(allow, "GET, HEAD, POST"));
    found(router, "BREW", "/items");
    assert_int_equal(status, 405);
    found(router, "GET", "/nothing");
    assert_int_equal(status, 404);
    assert_string_equal(found(router, "HEAD", "/items"), "GET /items");
    assert_string_equal(found(router, "HEAD", "/special"), "HEAD /special");
    router_free(router);
}

static void conflicts_name_both(void **state)
{
    (void)state;
    struct router *router = router_new();
    struct err err = {0};
    struct web_route first = {.method = "GET", .path = "/x/{id}", .owner = "alpha"};
    struct web_route second = {.method = "GET", .path = "/x/{name}", .owner = "beta"};
    assert_int_equal(router_add(router, &first, &err), 0);
    assert_int_equal(router_add(router, &second, &err), SOUK_CONFLICT);
    assert_non_null(strstr(err.text, "alpha"));
    assert_non_null(strstr(err.text, "beta"));
    static const char *const wrong[][2] = {{"BREW", "/a"},
                                           {"GET", "a"},
                                           {"GET", "/a{b}"},
                                           {"GET", "/{}"},
                                           {"GET", "/{A}"},
                                           {"GET", "/{a*}/b"},
                                           {"GET", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}"}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct web_route route = {.method = wrong[i][0], .path = wrong[i][1]};
        assert_int_equal(router_add(router, &route, &err), SOUK_INVALID);
    }
    router_free(router);
}

static void names_outlive_the_router(void **state)
{
    (void)state;
    struct router *router = made(shop);
    const char *where = found(router, "GET", "/items");
    router_free(router);
    struct router *again = made(shop);
    assert_ptr_equal(found(again, "GET", "/items"), where);
    router_free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_win),        cmocka_unit_test(parameters_are_decoded),
        cmocka_unit_test(bad_escapes_are_400), cmocka_unit_test(wrong_method_is_405),
        cmocka_unit_test(conflicts_name_both), cmocka_unit_test(names_outlive_the_router),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}
