/*
 * The pieces of mails (plugins/notify_mail): encodings, encoded words, dates, addresses, canonical
 * forms, and a signature that nettle itself verifies; and the signature and waits of webhooks.
 */
#include "../../../plugins/notify_mail/mime.c"

#include "../../../plugins/notify_mail/dkim.c"

#include "app/webhook_inner.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static void *from_arena(struct souk_ctx *ctx, uint64_t bytes)
{
    (void)ctx;
    return arena_alloc(&arena, bytes);
}
static int give_random(struct souk_ctx *ctx, void *to, uint64_t bytes)
{
    (void)ctx;
    rand_bytes(to, bytes);
    return SOUK_OK;
}
static const struct souk_call_api calls = {
    .size = sizeof calls, .alloc = from_arena, .random = give_random};
static const struct souk_api api = {.size = sizeof api, .call = &calls};
const struct souk_api *souk_api = &api;

static const char *quoted(const char *text)
{
    struct mime_buf out = {0};
    mime_add_quoted(&out, souk_str(text));
    return mime_str(&out).ptr;
}
static const char *words(const char *text)
{
    struct mime_buf out = {0};
    mime_add_words(&out, souk_str(text), 9);
    return mime_str(&out).ptr;
}

static void quoted_printable(void **state)
{
    (void)state;
    assert_string_equal(quoted("a=b\n"), "a=3Db\r\n");
    assert_string_equal(quoted("end \nend\t\n"), "end=20\r\nend=09\r\n");
    assert_string_equal(quoted(".\nFrom me\n"), "=2E\r\n=46rom me\r\n");
    assert_string_equal(quoted("a\r\nb"), "a\r\nb\r\n");
    assert_string_equal(quoted("\xC3\xA9"), "=C3=A9\r\n");
    char line[301];
    memset(line, 'x', 300);
    line[300] = '\0';
    struct souk_str all = souk_str(quoted(line));
    size_t column = 0;
    for (size_t i = 0; i < all.len; i++) {
        column = all.ptr[i] == '\n' ? 0 : column + 1;
        assert_true(column <= 77); /* with the CR */
    }
}

static void encoded_words(void **state)
{
    (void)state;
    assert_string_equal(words("plain"), "plain");
    assert_string_equal(words("a\r\nBcc: b"), "a Bcc: b");
    assert_string_equal(words("\xD0\x90"), "=?utf-8?B?0JA=?=");
    assert_string_equal(words("=?utf-8?B?0JA=?="), "=?utf-8?B?PT91dGYtOD9CPzBKQT0/PQ==?=");
    struct souk_str many = souk_str(
        words("\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85"
              "\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85"
              "\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85\xE0\xA6\x85"));
    assert_non_null(strstr(many.ptr, "?=\r\n =?utf-8?B?4")); /* each begins with a whole letter */
}

static void dates_and_addresses(void **state)
{
    (void)state;
    struct mime_buf out = {0};
    mime_add_date(&out, INT64_C(1772323199) * 1000000);
    assert_string_equal(out.ptr, "Sat, 28 Feb 2026 23:59:59 +0000");
    struct mime_buf leap = {0};
    mime_add_date(&leap, INT64_C(1709164800) * 1000000);
    assert_string_equal(leap.ptr, "Thu, 29 Feb 2024 00:00:00 +0000");
    assert_true(mime_address_ok(souk_str("a@b.example")));
    static const char *const bad[] = {"a",         "@b",          "a@",        "a b@c.d",
                                      "a@b>,<c@d", "a@b\r\nX: y", "a@b,c@d.e", "\"a\"@b.c",
                                      "a@b@c.d",   "a:b@c.d"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(mime_address_ok(souk_str(bad[i])));
}

static void relaxed(void **state)
{
    (void)state;
    struct mime_buf header = {0}, body = {0}, empty = {0};
    dkim_relax_header(&header, souk_str("SubJect :  a \r\n\t b  \r\n"));
    assert_string_equal(header.ptr, "subject:a b");
    dkim_relax_body(&body, souk_str(" C \r\nD \t E\r\n\r\n\r\n"));
    assert_string_equal(body.ptr, " C\r\nD E\r\n"); /* RFC 6376, 3.4.5 */
    dkim_relax_body(&empty, souk_str("\r\n\r\n"));
    assert_int_equal(empty.len, 0);
}

static void keys(void **state)
{
    (void)state;
    const char *problem = NULL;
    static const char *const bad[] = {
        "", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIB!\n-----END PRIVATE KEY-----"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(dkim_key_read(souk_str(bad[i]), &problem));
        assert_non_null(problem);
    }
}

/* ---- webhooks ---- */

/* The vector that the specification's libraries test with. */
static void webhook_signature(void **state)
{
    (void)state;
    struct souk_str sign;
    assert_int_equal(webhook_sign(&arena, souk_str("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                                  souk_str(""), souk_str("msg_p5jXN8AQM9LWM0D4loKWxJek"),
                                  1614265330, souk_str("{\"test\": 2432232314}"), &sign),
                     SOUK_OK);
    assert_string_equal(sign.ptr, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_int_equal(webhook_sign(&arena, souk_str("whsec_!"), souk_str(""), souk_str("m"), 1,
                                  souk_str(""), &sign),
                     SOUK_INVALID);
}

static void webhook_waits(void **state)
{
    (void)state;
    int64_t last = 0, now = INT64_C(1700000000) * CLOCK_SECOND;
    for (int64_t n = 1; n <= 9; n++) {
        int64_t at = webhook_next_try(n, now) - now;
        assert_true(at > last);
        last = at;
    }
    assert_true(last <= 27 * CLOCK_HOUR);
    assert_int_equal(webhook_next_try(10, now), 0);
}

static int matches(const char *topics, const char *topic)
{
    struct json *list = NULL;
    assert_int_equal(json_parse(&arena, souk_str(topics), &list, NULL), SOUK_OK);
    return webhook_matches(list, souk_str(topic));
}

static void webhook_topics(void **state)
{
    (void)state;
    assert_true(matches("[\"*\"]", "order.placed"));
    assert_true(matches("[\"order.*\"]", "order.placed"));
    assert_false(matches("[\"order.*\"]", "orders.placed"));
    assert_false(matches("[\"order.*\"]", "order"));
    assert_true(matches("[\"order.placed\"]", "order.placed"));
    assert_false(matches("[\"*\"]", "account.reset_requested"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(quoted_printable),
                                       cmocka_unit_test(encoded_words),
                                       cmocka_unit_test(dates_and_addresses),
                                       cmocka_unit_test(relaxed),
                                       cmocka_unit_test(keys),
                                       cmocka_unit_test(webhook_signature),
                                       cmocka_unit_test(webhook_waits),
                                       cmocka_unit_test(webhook_topics)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}
