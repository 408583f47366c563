/* Tests of the gate as a function, of what a socket test cannot send, and of the
 * same-origin comparison. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "web/gate.h"
#include "web/request_origin.h"

static struct header headers[8];
static struct gate_head head;

/* `lines`: name, value, …, NULL */
static int check(const char *method, const char *target, const char *const *lines)
{
    memset(&head, 0, sizeof(head));
    head.method = souk_str(method);
    head.target = souk_str(target);
    head.headers.at = headers;
    for (; lines && lines[0]; lines += 2)
        headers[head.headers.count++] = (struct header){souk_str(lines[0]), souk_str(lines[1])};
    return gate_check(&head);
}

static const char *const host[] = {"Host", "shop.test", NULL};

static void target_is_cut(void **state)
{
    (void)state;
    assert_int_equal(check("GET", "/a/b?c=d?e", host), 0);
    assert_true(souk_str_is(head.path, "/a/b"));
    assert_true(souk_str_is(head.query, "c=d?e"));
    assert_true(souk_str_is(head.host, "shop.test"));
    assert_int_equal(head.length, -1);
    assert_int_equal(check("GET", "http://SHOP.test?x=1", host), 0);
    assert_true(souk_str_is(head.path, "/"));
    assert_true(souk_str_is(head.query, "x=1"));
    assert_int_equal(check("OPTIONS", "*", host), 0);
    assert_int_equal(check("GET", "*", host), 400);
    assert_int_equal(check("GET", "ftp://shop.test/", host), 400);
    assert_int_equal(check("GET", "http://evil@shop.test/", host), 400);
    assert_int_equal(head.reason, GATE_HOST);
}

static void lengths_are_numbers(void **state)
{
    static const char *const good[] = {"0", "5", "999999999999999999", NULL};
    static const char *const bad[] = {"",  "+5", "-5", "5,5", "0x5", "5 5", "9999999999999999999",
                                      NULL};
    (void)state;
    for (const char *const *text = good; *text; text++) {
        const char *lines[] = {"Host", "a", "Content-Length", *text, NULL};
        assert_int_equal(check("POST", "/", lines), 0);
    }
    assert_int_equal(head.length, INT64_C(999999999999999999));
    for (const char *const *text = bad; *text; text++) {
        const char *lines[] = {"Host", "a", "content-length", *text, NULL};
        assert_int_equal(check("POST", "/", lines), 400);
        assert_int_equal(head.reason, GATE_LENGTH);
    }
}

static void encodings_are_exact(void **state)
{
    static const char *const rows[][2] = {
        {"chunked", "0"},    {"Chunked", "0"}, {"chunked ", "501"},    {"chunked, chunked", "501"},
        {"identity", "501"}, {"", "501"},      {"chunked;x=1", "501"}, {"xchunked", "501"},
        {"chunked\t", "501"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *lines[] = {"Host", "a", "Transfer-Encoding", rows[i][0], NULL};
        assert_int_equal(check("POST", "/", lines), atoi(rows[i][1]));
    }
}

static void names_are_tokens(void **state)
{
    static const char *const bad[] = {"", "a b", "a:", "a(b", "a\tb", "\xc3\xa9", NULL};
    (void)state;
    for (const char *const *name = bad; *name; name++) {
        const char *lines[] = {"Host", "a", *name, "x", NULL};
        assert_int_equal(check("GET", "/", lines), 400);
        assert_int_equal(head.reason, GATE_HEADER);
    }
}

static void broken_values_are_emptied(void **state)
{
    const char *lines[] = {"Host", "a", "User-Agent", "caf\xe9", "Referer", "caf\xc3\xa9", NULL};
    (void)state;
    assert_int_equal(check("GET", "/", lines), 0);
    assert_int_equal(headers[1].value.len, 0);
    assert_int_equal(headers[2].value.len, 5);
}

static void hosts_are_hosts(void **state)
{
    static const char *const good[] = {"a", "a.b:80", "[::1]:8080", "xn--e1a.test", NULL};
    static const char *const bad[] = {"a b", "a/b", "a,b", "a@b", "a?b", NULL};
    (void)state;
    for (const char *const *name = good; *name; name++) {
        const char *lines[] = {"Host", *name, NULL};
        assert_int_equal(check("GET", "/", lines), 0);
    }
    for (const char *const *name = bad; *name; name++) {
        const char *lines[] = {"Host", *name, NULL};
        assert_int_equal(check("GET", "/", lines), 400);
    }
}

static void paths_are_clean(void **state)
{
    static const char *const good[] = {"/",    "/a//b",        "/a..b",  "/...", "/.well-known/x",
                                       "/%41", "/caf\xc3\xa9", "/a%2fb", NULL};
    static const char *const bad[] = {"//",
                                      "//evil.test",
                                      "/..",
                                      "/.",
                                      "/a/..",
                                      "/%2e%2e/a",
                                      "/.%2E",
                                      "/a/%2e",
                                      "/%00",
                                      "/%",
                                      "/%4",
                                      "/a%zz",
                                      "/a b",
                                      "/a\x7f"
                                      "b",
                                      "/a\\b",
                                      "/a#b",
                                      "/\xff",
                                      NULL};
    (void)state;
    for (const char *const *path = good; *path; path++)
        if (check("GET", *path, host) != 0)
            fail_msg("refused: %s", *path);
    for (const char *const *path = bad; *path; path++)
        if (check("GET", *path, host) != 400)
            fail_msg("passed: %s", *path);
}

static void origins_are_compared(void **state)
{
    static const struct {
        const char *origin, *host;
        int tls, same;
    } rows[] = {
        {"http://a.test", "a.test", 0, 1},
        {"http://A.TEST", "a.test", 0, 1},
        {"https://a.test", "a.test", 0, 1}, /* a proxy that does not say so */
        {"https://a.test", "a.test", 1, 1},
        {"http://a.test", "a.test", 1, 0},
        {"https://a.test:443", "a.test", 1, 1},
        {"https://a.test", "a.test:443", 1, 1},
        {"http://a.test:8080", "a.test:8080", 0, 1},
        {"http://a.test:8080", "a.test", 0, 0},
        {"http://a.test", "a.test:8080", 0, 0},
        {"http://a.test.evil", "a.test", 0, 0},
        {"http://[::1]:80", "[::1]", 0, 1},
        {"null", "null", 0, 0},
        {"http://", "", 0, 0},
        {"file://a.test", "a.test", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (origin_matches(souk_str(rows[i].origin), souk_str(rows[i].host), rows[i].tls) !=
            rows[i].same)
            fail_msg("%s and %s", rows[i].origin, rows[i].host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_is_cut),
        cmocka_unit_test(lengths_are_numbers),
        cmocka_unit_test(encodings_are_exact),
        cmocka_unit_test(names_are_tokens),
        cmocka_unit_test(broken_values_are_emptied),
        cmocka_unit_test(hosts_are_hosts),
        cmocka_unit_test(paths_are_clean),
        cmocka_unit_test(origins_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
