/*
 * Tests of what handlers say: headers that a value cannot break out of, cookies,
 * redirects, problems and their surfaces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/log.h"
#include "base/str.h"
#include "web/answer.h"
#include "web/form.h"
#include "web/server.h"

static struct request request;

static int up(void **state)
{
    (void)state;
    memset(&request, 0, sizeof(request));
    request.method = souk_str("GET");
    request.path = souk_str("/");
    log_setup((enum log_level)(LOG_ERROR + 1), 0);
    return 0;
}

static int down(void **state)
{
    (void)state;
    arena_free(&request.arena);
    return 0;
}

static const char *header(const char *name)
{
    return arena_cstr(&request.arena, header_list_find_nocase(&request.answer.headers, name));
}

static void values_cannot_start_a_header(void **state)
{
    (void)state;
    assert_int_equal(answer_header(&request, "X-A", souk_str("a\r\nSet-Cookie: b=c")),
                     SOUK_INVALID);
    assert_int_equal(answer_header(&request, "X-A", souk_str("a\nb")), SOUK_INVALID);
    assert_int_equal(answer_header(&request, "X-A", str_make("a\0b", 3)), SOUK_INVALID);
    assert_int_equal(answer_header(&request, "X A", souk_str("a")), SOUK_INVALID);
    assert_int_equal(answer_header(&request, "", souk_str("a")), SOUK_INVALID);
    assert_int_equal(answer_header(&request, "X:", souk_str("a")), SOUK_INVALID);
    assert_int_equal(answer_header(&request, "Content-Length", souk_str("5")), SOUK_INVALID);
    assert_int_equal(answer_header(&request, "transfer-encoding", souk_str("chunked")),
                     SOUK_INVALID);
    assert_int_equal(answer_header(&request, "x-request-id", souk_str("a")), SOUK_INVALID);
    assert_int_equal(request.answer.headers.count, 0);
    assert_int_equal(answer_header(&request, "X-A", souk_str("one")), 0);
    assert_int_equal(answer_header(&request, "x-a", souk_str("two")), 0);
    assert_int_equal(request.answer.headers.count, 1);
    assert_string_equal(header("X-A"), "two");
    answer_header(&request, "Content-Type", souk_str("text/csv"));
    assert_true(souk_str_is(request.answer.type, "text/csv"));
}

static void cookies_are_guarded(void **state)
{
    (void)state;
    assert_int_equal(answer_cookie(&request, "a", souk_str("v; Domain=evil"), 0), SOUK_INVALID);
    assert_int_equal(answer_cookie(&request, "a", souk_str("v w"), 0), SOUK_INVALID);
    assert_int_equal(answer_cookie(&request, "a=b", souk_str("v"), 0), SOUK_INVALID);
    assert_int_equal(answer_cookie(&request, "a", souk_str("v"), 60), 0);
    assert_string_equal(header("Set-Cookie"), "a=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
    request.tls = 1;
    assert_int_equal(answer_cookie(&request, "a", souk_str("w"), 0), 0);
    assert_int_equal(request.answer.headers.count, 1); /* the later one wins */
    assert_string_equal(header("Set-Cookie"), "a=w; Path=/; HttpOnly; SameSite=Lax; Secure");
    assert_int_equal(answer_cookie(&request, "b", souk_str(""), 0), 0);
    assert_int_equal(request.answer.headers.count, 2);
    assert_true(str_ends(request.answer.headers.at[1].value, "; Max-Age=0"));
}

static void redirects_stay_where_they_may(void **state)
{
    static const char *const bad[] = {
        "//evil.test", "/\\evil.test", "javascript:alert(1)", "evil.test", "", "https://", NULL};
    (void)state;
    for (const char *const *to = bad; *to; to++) {
        answer_reset(&request);
        answer_redirect(&request, 303, souk_str(*to));
        assert_int_equal(request.answer.status, 500);
        assert_string_equal(header("Location"), "");
    }
    answer_reset(&request);
    answer_redirect(&request, 303, souk_str("/a b\r\nX: y?q=\xc3\xa9"));
    assert_int_equal(request.answer.status, 303);
    assert_string_equal(header("Location"), "/a%20b%0D%0AX:%20y?q=%C3%A9");
    answer_redirect(&request, 302, souk_str("https://pay.test/x?y=%20"));
    assert_string_equal(header("Location"), "https://pay.test/x?y=%20");
}

static void error_page(struct request *asked, int status, const char *detail)
{
    answer_html(asked, status, souk_str(detail));
}

static void problems_suit_who_asks(void **state)
{
    struct web_site site = {.error_page = error_page};
    struct web_route api = {.flags = ROUTE_API};
    struct web_route page = {.flags = ROUTE_PAGE};
    struct json *more = json_new(&request.arena, JSON_OBJECT);
    (void)state;
    json_add_int(&request.arena, more, "available", 3);
    answer_problem(&request, 409, "out-of-stock", "only \"3\" left", more);
    assert_int_equal(request.answer.status, 409);
    assert_true(souk_str_is(request.answer.type, "application/problem+json"));
    assert_true(souk_str_is(request.answer.body,
                            "{\"type\":\"out-of-stock\",\"title\":\"Conflict\",\"status\":409,"
                            "\"detail\":\"only \\\"3\\\" left\",\"available\":3}"));
    request.site = &site;
    header_list_add(&request.arena, &request.headers, souk_str("Accept"),
                    souk_str("text/html,*/*"));
    answer_problem(&request, 404, NULL, "nothing", NULL);
    assert_true(souk_str_is(request.answer.type, "text/html; charset=utf-8"));
    request.route = &api;
    answer_problem(&request, 404, NULL, "nothing", NULL);
    assert_true(souk_str_is(request.answer.type, "application/problem+json"));
    request.route = &page;
    request.headers.count = 0;
    answer_problem(&request, 404, NULL, "nothing", NULL);
    assert_true(souk_str_is(request.answer.type, "text/html; charset=utf-8"));
    request.route = NULL;
    request.path = souk_str("/api/v1/nothing");
    answer_problem(&request, 503, NULL, NULL, NULL);
    assert_true(souk_str_is(request.answer.type, "application/problem+json"));
    assert_string_equal(header("Retry-After"), "1");
}

static void inner_errors_are_not_told(void **state)
{
    struct err err;
    (void)state;
    err_set(&err, SOUK_ERROR, "secret table is broken");
    answer_error(&request, &err);
    assert_int_equal(request.answer.status, 500);
    assert_null(memmem(request.answer.body.ptr, request.answer.body.len, "secret", 6));
    err_set(&err, SOUK_INVALID, "say the quantity");
    answer_error(&request, &err);
    assert_int_equal(request.answer.status, 400);
    assert_non_null(
        memmem(request.answer.body.ptr, request.answer.body.len, "say the quantity", 16));
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(values_cannot_start_a_header),  T(cookies_are_guarded),
        T(redirects_stay_where_they_may), T(problems_suit_who_asks),
        T(inner_errors_are_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
