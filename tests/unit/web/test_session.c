/* session: cookies, values, renewal, ends, CSRF tokens, and writes that are run again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/str.h"
#include "web/answer.h"
#include "web/form.h"
#include "web/session.h"

#define NOW INT64_C(1790000000000000)

static char dir[] = "/tmp/souk-session-XXXXXX";
static struct db *db;

static int begin(void **state)
{
    (void)state;
    struct err err;
    assert_non_null(mkdtemp(dir));
    if (db_open(&db, &(struct db_options){.dir = dir}, &err) != 0)
        fail_msg("%s", err.text);
    return 0;
}

static int end(void **state)
{
    (void)state;
    char command[64];
    db_thread_end(db);
    db_shut(db);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

/* ---- a browser: one cookie, requests that read or write ---- */

struct browser {
    char name[32], token[64];
    int64_t max_age;
};

static struct request request; /* the one being served */

static void request_begin(const struct browser *browser, int64_t now, int tls)
{
    request = (struct request){.db = db, .now = now, .tls = tls};
    if (browser && browser->token[0]) {
        struct souk_str cookie =
            arena_printf(&request.arena, "a=b; %s=%s", browser->name, browser->token);
        header_list_add(&request.arena, &request.headers, souk_str("Cookie"), cookie);
    }
}

static void request_end(struct browser *browser)
{
    const struct header_list *list = &request.answer.headers;
    for (size_t i = 0; browser && i < list->count; i++) {
        struct souk_str value = list->at[i].value;
        if (str_equal_nocase(list->at[i].name, souk_str("Set-Cookie"))) {
            size_t equals = (size_t)str_find(value, '=');
            size_t stop = (size_t)str_find(value, ';');
            str_copy(browser->name, sizeof(browser->name), (struct souk_str){value.ptr, equals});
            str_copy(browser->token, sizeof(browser->token),
                     (struct souk_str){value.ptr + equals + 1, stop - equals - 1});
            assert_non_null(memmem(value.ptr, value.len, "; HttpOnly", 10));
            assert_non_null(memmem(value.ptr, value.len, "; SameSite=Lax", 14));
        }
    }
    request_conn_end(&request);
    arena_free(&request.arena);
}

static int set_cookies(void)
{
    int count = 0;
    for (size_t i = 0; i < request.answer.headers.count; i++)
        count += str_equal_nocase(request.answer.headers.at[i].name, souk_str("Set-Cookie"));
    return count;
}

struct step {
    int (*run)(const char *key, const char *value);
    const char *key, *value;
};

static int run_step(struct db_conn *conn, void *arg)
{
    struct step *step = arg;
    answer_reset(&request); /* as the server does before each run */
    request.conn = conn;
    int code = step->run(step->key, step->value);
    request.conn = NULL;
    return code;
}

static int write_step(int (*run)(const char *, const char *), const char *key, const char *value)
{
    struct step step = {run, key, value};
    request_conn_end(&request);
    return db_write(db, run_step, &step, NULL);
}

static int step_put(const char *key, const char *value)
{
    return session_put(&request, key, souk_str(value));
}

static int step_renew(const char *key, const char *value)
{
    (void)key, (void)value;
    return session_renew(&request);
}

static int step_end(const char *key, const char *value)
{
    (void)key, (void)value;
    return session_end(&request);
}

static void put(struct browser *browser, int64_t now, const char *key, const char *value)
{
    request_begin(browser, now, 0);
    assert_int_equal(write_step(step_put, key, value), 0);
    request_end(browser);
}

static int holds(const struct browser *browser, int64_t now, const char *key, const char *value)
{
    request_begin(browser, now, 0);
    int same = souk_str_is(session_get(&request, key), value);
    request_end(NULL);
    return same;
}

static int alive(const struct browser *browser, int64_t now)
{
    request_begin(browser, now, 0);
    int found = session_find(&request) != NULL;
    request_end(NULL);
    return found;
}

/* ---- tests ---- */

static void test_values(void **state)
{
    (void)state;
    struct browser browser = {0};
    assert_false(alive(&browser, NOW));
    put(&browser, NOW, "cart", "17");
    assert_string_equal(browser.name, "souk");
    assert_int_equal(strlen(browser.token), 43);
    assert_true(holds(&browser, NOW, "cart", "17"));
    assert_true(holds(&browser, NOW, "none", ""));
    put(&browser, NOW, "name", "Анна \"q\"");
    put(&browser, NOW, "cart", "18");
    assert_true(holds(&browser, NOW, "cart", "18"));
    assert_true(holds(&browser, NOW, "name", "Анна \"q\""));
    put(&browser, NOW, "cart", "");
    assert_true(holds(&browser, NOW, "cart", ""));
    assert_true(holds(&browser, NOW, "name", "Анна \"q\""));
    struct browser other = {0};
    put(&other, NOW, "cart", "1");
    assert_string_not_equal(other.token, browser.token);
    assert_true(holds(&browser, NOW, "cart", ""));
}

static void test_reading_makes_none(void **state)
{
    (void)state;
    struct browser browser = {0};
    request_begin(&browser, NOW, 0);
    assert_int_equal(session_get(&request, "x").len, 0);
    assert_int_equal(session_csrf(&request).len, 0);
    assert_false(session_cookie(&request));
    assert_null(request.conn); /* not even a snapshot */
    assert_int_equal(session_put(&request, "x", souk_str("y")), SOUK_WRONG_KIND);
    assert_int_equal(session_renew(&request), SOUK_WRONG_KIND);
    assert_int_equal(session_end(&request), SOUK_WRONG_KIND);
    assert_int_equal(write_step(step_renew, NULL, NULL), 0);
    assert_int_equal(write_step(step_put, "x", ""), 0);
    assert_int_equal(write_step(step_end, NULL, NULL), 0);
    assert_int_equal(set_cookies(), 0);
    request_end(NULL);
}

static void test_bad_cookies(void **state)
{
    (void)state;
    static const char *const tokens[] = {"x", "0123456789012345678901234567890123456789012",
                                         "012345678901234567890123456789012345678901%",
                                         "01234567890123456789012345678901234567890123"};
    for (size_t i = 0; i < 4; i++) {
        struct browser browser = {.name = "souk"};
        str_copy(browser.token, sizeof(browser.token), souk_str(tokens[i]));
        assert_false(alive(&browser, NOW));
        put(&browser, NOW, "a", "b"); /* fixation: the offered token is not taken over */
        assert_string_not_equal(browser.token, tokens[i]);
    }
}

static void test_tls_name(void **state)
{
    (void)state;
    struct browser browser = {0};
    request_begin(&browser, NOW, 1);
    assert_int_equal(write_step(step_put, "a", "b"), 0);
    request_end(&browser);
    assert_string_equal(browser.name, "__Host-souk");
    request_begin(&browser, NOW, 1);
    assert_true(souk_str_is(session_get(&request, "a"), "b"));
    assert_true(session_cookie(&request));
    request_end(NULL);
    /* a plain cookie, which a neighbour could have set, counts for nothing behind TLS
     */
    str_copy(browser.name, sizeof(browser.name), souk_str("souk"));
    request_begin(&browser, NOW, 1);
    assert_null(session_find(&request));
    request_end(NULL);
}

static void test_limits(void **state)
{
    (void)state;
    struct browser browser = {0};
    static char big[4097];
    memset(big, 'a', 4096);
    put(&browser, NOW, "a", "b");
    request_begin(&browser, NOW, 0);
    assert_int_equal(write_step(step_put, "big", big), SOUK_TOO_LARGE);
    assert_int_equal(write_step(step_put, "bad", "\xff"), SOUK_INVALID);
    big[4070] = '\0';
    assert_int_equal(write_step(step_put, "big", big), 0);
    request_end(&browser);
    assert_true(holds(&browser, NOW, "a", "b"));
    assert_true(holds(&browser, NOW, "big", big));
}

static void test_renew(void **state)
{
    (void)state;
    struct browser browser = {0};
    put(&browser, NOW, "cart", "17");
    struct browser old = browser;
    request_begin(&browser, NOW, 0);
    assert_int_equal(write_step(step_renew, NULL, NULL), 0);
    assert_int_equal(set_cookies(), 1);
    assert_true(souk_str_is(session_get(&request, "cart"), "17"));
    request_end(&browser);
    assert_string_not_equal(browser.token, old.token);
    assert_true(holds(&browser, NOW, "cart", "17"));
    assert_false(alive(&old, NOW));
}

static void test_end(void **state)
{
    (void)state;
    struct browser browser = {0};
    put(&browser, NOW, "cart", "17");
    struct browser old = browser;
    request_begin(&browser, NOW, 0);
    assert_int_equal(write_step(step_end, NULL, NULL), 0);
    assert_null(session_find(&request));
    request_end(&browser);
    assert_string_equal(browser.token, "");
    assert_false(alive(&old, NOW)); /* replay after logout */
}

static void test_times(void **state)
{
    (void)state;
    struct browser browser = {0};
    put(&browser, NOW, "a", "b");
    assert_true(alive(&browser, NOW + 30 * CLOCK_DAY - 1));
    /* that look was a use: the note goes through the writer, behind which this write
     * waits */
    struct browser other = {0};
    put(&other, NOW, "x", "y");
    assert_true(alive(&browser, NOW + 59 * CLOCK_DAY));
    put(&other, NOW, "x", "z");
    assert_true(alive(&browser, NOW + 88 * CLOCK_DAY));
    put(&other, NOW, "x", "1");
    assert_false(alive(&browser, NOW + 90 * CLOCK_DAY)); /* in all */
    assert_false(alive(&other, NOW + 30 * CLOCK_DAY));   /* without use */
}

static int64_t row_count(void)
{
    static const struct db_statement count = {"test_count", "SELECT count(*) FROM session"};
    int64_t rows = -1;
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(db_get_int(conn, &count, &rows), 0);
    db_read_end(conn);
    return rows;
}

static int64_t writes(void)
{
    struct db_stats stats;
    db_stats(db, &stats);
    return stats.writes;
}

static void test_touch_is_rare(void **state)
{
    (void)state;
    struct browser browser = {0};
    put(&browser, NOW, "a", "b");
    int64_t before = writes();
    for (int i = 0; i < 10; i++)
        assert_true(alive(&browser, NOW + CLOCK_HOUR - 1));
    assert_int_equal(writes(), before);
    assert_true(alive(&browser, NOW + CLOCK_HOUR));
    struct browser other = {0};
    put(&other, NOW, "x", "y"); /* comes behind the note */
    before = writes();
    assert_true(alive(&browser, NOW + CLOCK_HOUR + 1));
    put(&other, NOW, "x", "z");
    assert_int_equal(writes(), before + 1);
}

static void test_sweep(void **state)
{
    (void)state;
    struct browser browser = {0};
    assert_int_equal(session_sweep(db, INT64_MAX), 0);
    assert_int_equal(row_count(), 0);
    put(&browser, NOW, "a", "b");
    put(&(struct browser){0}, NOW - 29 * CLOCK_DAY, "a", "b");
    put(&(struct browser){0}, NOW - 31 * CLOCK_DAY, "a", "b");
    assert_int_equal(session_sweep(db, NOW), 0);
    assert_int_equal(row_count(), 2);
    assert_true(alive(&browser, NOW));
}

static void csrf(const struct browser *browser, char *to, size_t size)
{
    request_begin(browser, NOW, 0);
    str_copy(to, size, session_csrf(&request));
    request_end(NULL);
}

static int csrf_fits(const struct browser *browser, const char *token)
{
    request_begin(browser, NOW, 0);
    int fits = session_csrf_valid(&request, souk_str(token));
    request_end(NULL);
    return fits;
}

static void test_csrf(void **state)
{
    (void)state;
    struct browser a = {0}, b = {0}, nobody = {0};
    char of_a[80], of_b[80], again[80];
    put(&a, NOW, "x", "y");
    put(&b, NOW, "x", "y");
    csrf(&a, of_a, sizeof(of_a));
    csrf(&b, of_b, sizeof(of_b));
    csrf(&a, again, sizeof(again));
    assert_int_equal(strlen(of_a), 64);
    assert_string_equal(of_a, again);
    assert_string_not_equal(of_a, of_b);
    assert_true(csrf_fits(&a, of_a));
    assert_false(csrf_fits(&a, of_b));
    assert_false(csrf_fits(&a, ""));
    assert_false(csrf_fits(&nobody, of_a));
    assert_false(csrf_fits(&nobody, ""));
    request_begin(&a, NOW, 0);
    assert_int_equal(write_step(step_renew, NULL, NULL), 0);
    request_end(&a);
    assert_false(csrf_fits(&a, of_a)); /* an old one */
}

/* ---- writes that are run again ---- */

static int runs;

/* What a handler may do: decide by what the session holds. The first run is undone. */
static int step_again(const char *key, const char *value)
{
    runs++;
    if (session_get(&request, key).len == 0) {
        int code = session_put(&request, key, souk_str(value));
        if (code != 0)
            return code;
    }
    return runs == 1 ? SOUK_CONFLICT : session_renew(&request);
}

static void test_run_again(void **state)
{
    (void)state;
    struct browser browser = {0};
    runs = 0;
    request_begin(&browser, NOW, 0);
    assert_int_equal(write_step(step_again, "cart", "17"), SOUK_CONFLICT);
    assert_int_equal(write_step(step_again, "cart", "17"), 0);
    assert_int_equal(set_cookies(), 1);
    request_end(&browser);
    assert_true(holds(&browser, NOW, "cart", "17"));
    /* and with a session that exists */
    runs = 0;
    request_begin(&browser, NOW, 0);
    assert_true(souk_str_is(session_get(&request, "cart"), "17"));
    assert_int_equal(write_step(step_again, "other", "1"), SOUK_CONFLICT);
    assert_int_equal(write_step(step_again, "other", "1"), 0);
    request_end(&browser);
    assert_true(holds(&browser, NOW, "other", "1"));
    assert_true(holds(&browser, NOW, "cart", "17"));
}

/* Two requests of one browser: what the one wrote meanwhile is not lost by the other.
 */
static void test_meanwhile(void **state)
{
    (void)state;
    struct browser browser = {0};
    put(&browser, NOW, "a", "1");
    request_begin(&browser, NOW, 0);
    assert_true(souk_str_is(session_get(&request, "a"), "1"));
    struct request first = request;
    request_conn_end(&first);
    put(&browser, NOW, "b", "2");
    request = first;
    request.conn = NULL;
    request.own_conn = 0;
    assert_int_equal(write_step(step_put, "a", "3"), 0);
    request_end(&browser);
    assert_true(holds(&browser, NOW, "a", "3"));
    assert_true(holds(&browser, NOW, "b", "2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),        cmocka_unit_test(test_reading_makes_none),
        cmocka_unit_test(test_bad_cookies),   cmocka_unit_test(test_tls_name),
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_renew),
        cmocka_unit_test(test_end),           cmocka_unit_test(test_times),
        cmocka_unit_test(test_touch_is_rare), cmocka_unit_test(test_csrf),
        cmocka_unit_test(test_run_again),     cmocka_unit_test(test_meanwhile),
        cmocka_unit_test(test_sweep),
    };
    return cmocka_run_group_tests_name("session", tests, begin, end);
}
