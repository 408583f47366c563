/*
 * Tests of the server as a whole: what every kind of handler does to a connection,
 * answers and their headers, the page cache, sessions and the same-origin rule.
 */
#include "server_fixture.h"

static int up(void **state)
{
    (void)state;
    stage_up(0, 2, 64);
    return 0;
}

static int down(void **state)
{
    (void)state;
    stage_down();
    return 0;
}

/* The trap of libmicrohttpd 0.9.75: a response queued in the first call closes the
 * connection. */
static void second_get_is_answered(void **state)
{
    (void)state;
    static const char *const targets[] = {GET("/hello"), GET("/"), GET("/nothing"),
                                          GET("/fail?code=3"), GET("/fresh")};
    int fd = client_open();
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
            client_send(fd, targets[i]);
            assert_true(client_read(fd, 0) > 0);
            assert_null(reply_header("Connection"));
        }
    }
    client_send(fd, "POST /color?to=a HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(client_read(fd, 0), 201);
    client_send(fd, GET("/hello") GET("/hello"));
    assert_int_equal(client_read(fd, 0), 200);
    assert_int_equal(client_read(fd, 0), 200);
    close(fd);
}

static void read_gets_its_parts(void **state)
{
    (void)state;
    assert_int_equal(ask("GET /echo/a%2Fb%20c?q=1+2%26 HTTP/1.1\r\n" HOST
                         "Cookie: x=1; taste=\"sweet\"\r\n\r\n"),
                     200);
    assert_non_null(strstr(reply.body, "\"name\":\"a/b c\""));
    assert_non_null(strstr(reply.body, "\"q\":\"1 2&\""));
    assert_non_null(strstr(reply.body, "\"cookie\":\"sweet\""));
    assert_non_null(strstr(reply.body, "\"address\":\"127.0.0.1\""));
    assert_int_equal(
        ask("POST /echo/x HTTP/1.1\r\n" HOST
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n\r\n"
            "field=%C3%A9"),
        200);
    assert_non_null(strstr(reply.body, "\"form\":\"\xc3\xa9\""));
    assert_int_equal(ask("POST /echo/x HTTP/1.1\r\n" HOST
                         "Content-Type: multipart/form-data; boundary=XX\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n"
                         "4d\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; "
                         "filename=\"../../a.txt\"\r\n\r\n\r\n"
                         "e\r\ndata\r\n--XX--\r\n\r\n0\r\n\r\n"),
                     200);
    assert_non_null(strstr(reply.body, "\"filename\":\"a.txt\""));
}

static void answers_carry_headers(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("/fresh")), 200);
    assert_string_equal(reply_header("X-Content-Type-Options"), "nosniff");
    assert_string_equal(reply_header("Referrer-Policy"), "strict-origin-when-cross-origin");
    assert_non_null(strstr(reply_header("Content-Security-Policy"), "default-src 'self'"));
    assert_int_equal(strlen(reply_header("X-Request-Id")), 16);
    assert_string_equal(reply_header("Vary"), "Accept-Encoding");
    assert_int_equal(ask(GET("/")), 200); /* kept by the page cache */
    assert_non_null(strstr(reply_header("Content-Security-Policy"), "default-src 'self'"));
    assert_string_equal(reply_header("X-Content-Type-Options"), "nosniff");
}

static void head_has_no_body(void **state)
{
    (void)state;
    int fd = client_open();
    client_send(fd, "HEAD /fresh HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(client_read(fd, 1), 200);
    assert_true(atoll(reply_header("Content-Length")) > 12000);
    client_send(fd, GET("/hello")); /* what follows is an answer, not a body */
    assert_int_equal(client_read(fd, 0), 200);
    assert_string_equal(reply.body, "hello");
    close(fd);
}

static void known_page_is_304(void **state)
{
    char text[400];
    char tag[64];
    (void)state;
    static const char *const targets[] = {"/fresh", "/"};
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "\r\n", targets[i]);
        assert_int_equal(ask(text), 200);
        snprintf(tag, sizeof(tag), "%s", reply_header("ETag"));
        snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "If-None-Match: \"x\", %s\r\n\r\n",
                 targets[i], tag);
        assert_int_equal(ask(text), 304);
        assert_int_equal(reply.len, 0);
    }
}

static void text_is_compressed(void **state)
{
    (void)state;
    assert_int_equal(ask("GET /fresh HTTP/1.1\r\n" HOST "Accept-Encoding: br, gzip;q=0.5\r\n\r\n"),
                     200);
    assert_string_equal(reply_header("Content-Encoding"), "gzip");
    assert_true(reply.len > 20 && reply.len < 4000);
    assert_memory_equal(reply.body, "\x1f\x8b", 2);
    assert_int_equal(ask("GET /fresh HTTP/1.1\r\n" HOST "Accept-Encoding: gzip;q=0\r\n\r\n"), 200);
    assert_null(reply_header("Content-Encoding"));
    assert_int_equal(ask("GET /hello HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n"), 200);
    assert_null(reply_header("Content-Encoding"));
}

static void page_is_kept_until_changed(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("/")), 200);
    assert_int_equal(ask(GET("/")), 200);
    assert_int_equal(atomic_load(&handled), 1);
    assert_int_equal(ask("POST /color?to=red HTTP/1.1\r\n" HOST "\r\n"), 201);
    assert_int_equal(ask(GET("/")), 200);
    assert_non_null(strstr(reply.body, "<title>red</title>en"));
    assert_int_equal(atomic_load(&handled), 2);
    assert_int_equal(ask(GET("/bg")), 200);
    assert_non_null(strstr(reply.body, "<title>red</title>bg"));
    assert_int_equal(ask("GET / HTTP/1.1\r\n" HOST "Cookie: souk=abc\r\n\r\n"), 200);
    assert_int_equal(atomic_load(&handled), 4);
    assert_int_equal(ask(GET("/bg/hello")), 404); /* a locale is for pages */
}

static void write_is_kept_or_undone(void **state)
{
    (void)state;
    assert_int_equal(ask("POST /color?to=red HTTP/1.1\r\n" HOST "\r\n"), 201);
    assert_int_equal(ask("POST /color?to=blue&fail=1 HTTP/1.1\r\n" HOST "\r\n"), 409);
    assert_non_null(strstr(reply.body, "no-more-colors"));
    assert_string_equal(reply_header("Content-Type"), "application/problem+json");
    ask(GET("/fresh"));
    assert_non_null(strstr(reply.body, "<title>red</title>"));
}

static void task_answers_and_writes(void **state)
{
    (void)state;
    assert_int_equal(ask("POST /task/alone HTTP/1.1\r\n" HOST "\r\n"), 200);
    assert_string_equal(reply.body, "task");
    assert_int_equal(ask("POST /task HTTP/1.1\r\n" HOST "\r\n"), 200);
    assert_string_equal(reply.body, "task wrote");
    assert_string_equal(reply_header("X-Task"), "seen");
    ask(GET("/fresh"));
    assert_non_null(strstr(reply.body, "<title>task</title>"));
}

static void codes_become_statuses(void **state)
{
    static const int pairs[][2] = {{1, 500}, {2, 400}, {3, 404}, {4, 403},  {5, 409}, {6, 503},
                                   {7, 504}, {8, 413}, {9, 503}, {10, 500}, {0, 500}};
    char text[200];
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        snprintf(text, sizeof(text), "GET /fail?code=%d HTTP/1.1\r\n" HOST "\r\n", pairs[i][0]);
        assert_int_equal(ask(text), pairs[i][1]);
        assert_string_equal(reply_header("Content-Type"), "application/problem+json");
    }
}

static void wrong_method_names_the_right(void **state)
{
    (void)state;
    assert_int_equal(ask("DELETE /echo/x HTTP/1.1\r\n" HOST "\r\n"), 405);
    assert_string_equal(reply_header("Allow"), "GET, HEAD, POST, OPTIONS");
    assert_int_equal(ask("OPTIONS /echo/x HTTP/1.1\r\n" HOST "\r\n"), 204);
    assert_string_equal(reply_header("Allow"), "GET, HEAD, POST, OPTIONS");
    assert_int_equal(ask("BREW /echo/x HTTP/1.1\r\n" HOST "\r\n"), 405);
}

static void pages_are_reported(void **state)
{
    (void)state;
    int fd = client_open();
    for (int i = 0; i < 3; i++) { /* the second and third from the cache */
        client_send(fd, GET("/"));
        client_read(fd, 0);
    }
    client_send(fd, GET("/hello")); /* when this is answered, the pages before are complete */
    client_read(fd, 0);
    assert_int_equal(atomic_load(&pages_sent), 3);
    close(fd);
}

static void control_is_known(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("/admin/only")), 403);
    int fd = client_open_control();
    client_send(fd, GET("/admin/only"));
    assert_int_equal(client_read(fd, 0), 200);
    client_send(fd, GET("/echo/x"));
    assert_int_equal(client_read(fd, 0), 200);
    assert_non_null(strstr(reply.body, "\"control\":1"));
    close(fd);
}

static void rate_is_limited(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("/rated")), 200);
    assert_int_equal(ask(GET("/rated")), 200);
    assert_int_equal(ask(GET("/rated")), 429);
    assert_true(atoi(reply_header("Retry-After")) >= 1);
}

/* ---- the same-origin rule ---- */

static int post_with(const char *path, const char *headers)
{
    char text[2000];
    snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\n" HOST "%s\r\n", path, headers);
    return ask(text);
}

static void foreign_pages_change_nothing(void **state)
{
    static const struct {
        const char *headers;
        int status;
    } rows[] = {
        {"", 201},
        {"Cookie: other=1\r\n", 403}, /* cookies, and nobody says from where */
        {"Sec-Fetch-Site: same-origin\r\nCookie: a=1\r\n", 201},
        {"Sec-Fetch-Site: none\r\nCookie: a=1\r\n", 201},
        {"Sec-Fetch-Site: cross-site\r\n", 403},
        {"Sec-Fetch-Site: same-site\r\n", 403},
        {"Origin: http://shop.test\r\nCookie: a=1\r\n", 201},
        {"Origin: https://SHOP.test\r\nCookie: a=1\r\n", 201},
        {"Origin: http://shop.test:80\r\nCookie: a=1\r\n", 201},
        {"Origin: http://shop.test:8080\r\n", 403},
        {"Origin: http://evil.test\r\n", 403},
        {"Origin: null\r\n", 403},
        {"Sec-Fetch-Site: same-origin\r\nOrigin: http://evil.test\r\n", 403},
        {"Cookie: a=1\r\nX-Souk-Token: wrong\r\n", 403},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (post_with("/color?to=x", rows[i].headers) != rows[i].status)
            fail_msg("row %zu: %d", i, reply.status);
    assert_int_equal(post_with("/hook", "Origin: http://evil.test\r\nCookie: a=1\r\n"), 200);
    assert_int_equal(ask("GET /hello HTTP/1.1\r\n" HOST "Origin: http://evil.test\r\n\r\n"), 200);
}

static void token_opens_for_its_session(void **state)
{
    char cookie[200];
    char token[200];
    char text[1000];
    (void)state;
    assert_int_equal(post_with("/session", ""), 200);
    const char *set = reply_header("Set-Cookie");
    assert_non_null(set);
    assert_non_null(strstr(set, "HttpOnly; SameSite=Lax"));
    snprintf(cookie, sizeof(cookie), "%.*s", (int)strcspn(set, ";"), set);
    snprintf(text, sizeof(text), "GET /token HTTP/1.1\r\n" HOST "Cookie: %s\r\n\r\n", cookie);
    assert_int_equal(ask(text), 200);
    assert_true(reply.len > 10);
    snprintf(token, sizeof(token), "%.*s", (int)reply.len, reply.body);
    snprintf(text, sizeof(text), "Cookie: %s\r\nX-Souk-Token: %s\r\n", cookie, token);
    assert_int_equal(post_with("/color?to=y", text), 201);
    snprintf(
        text, sizeof(text),
        "POST /color?to=z HTTP/1.1\r\n" HOST
        "Cookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n_token=%s",
        cookie, strlen(token) + 7, token);
    assert_int_equal(ask(text), 201);
    snprintf(text, sizeof(text), "Cookie: %s\r\n", cookie);
    assert_int_equal(post_with("/color?to=y", text), 403);
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(second_get_is_answered),
        T(read_gets_its_parts),
        T(answers_carry_headers),
        T(head_has_no_body),
        T(known_page_is_304),
        T(text_is_compressed),
        T(page_is_kept_until_changed),
        T(write_is_kept_or_undone),
        T(task_answers_and_writes),
        T(codes_become_statuses),
        T(wrong_method_names_the_right),
        T(pages_are_reported),
        T(control_is_known),
        T(rate_is_limited),
        T(foreign_pages_change_nothing),
        T(token_opens_for_its_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
