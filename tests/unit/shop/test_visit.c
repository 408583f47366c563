/*
 * test_visit: who is a robot, the anonymous id, views on their way into the log, the log itself,
 * and what is popular.
 */
#include "base/str.h"
#include "shop/person.h"
#include "shop/search.h"
#include "shop/visit.h"
#include "store/setting.h"

#include <pthread.h>

#include "person_fixture.h"

#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

static void robots_are_known_by_their_names(void **state)
{
    static const char *const robots[] = {
        "",
        "x",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "curl/7.88.1",
        "Wget/1.21",
        "python-requests/2.31",
        "Go-http-client/1.1",
        "Mozilla/5.0 (compatible; YandexBot/3.0)",
        "facebookexternalhit/1.1",
        "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0",
        "undici",
        "node",
        "Baiduspider+(+http://x)",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0)",
        "okhttp/4.9.0",
        "Screaming Frog SEO Spider/19"};
    static const char *const people[] = {
        FIREFOX,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.4 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
        "Safari/537.36 Edg/126.0.0.0",
        "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/90.0 Mobile Safari/537.36",
        "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18"};
    (void)state;
    for (size_t i = 0; i < sizeof robots / sizeof *robots; i++)
        if (!visit_is_robot(souk_str(robots[i])))
            fail_msg("%s", robots[i]);
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        if (visit_is_robot(souk_str(people[i])))
            fail_msg("%s", people[i]);
}

static void nobody_is_followed_into_the_next_day(void **state)
{
    struct souk_str agent = souk_str(FIREFOX), here = souk_str("192.0.2.1");
    int64_t day = NOW - NOW % CLOCK_DAY;
    (void)state;
    int64_t one = visit_anonymous(here, agent, day);
    assert_true(one > 0);
    assert_int_equal(visit_anonymous(here, agent, day + CLOCK_DAY - 1), one);
    assert_int_not_equal(visit_anonymous(souk_str("192.0.2.2"), agent, day), one);
    assert_int_not_equal(visit_anonymous(here, souk_str("another"), day), one);
    assert_int_not_equal(visit_anonymous(here, agent, day + CLOCK_DAY), one);
    assert_int_not_equal(visit_anonymous(here, agent, day), one); /* the old key is gone */
}

static struct souk_str kept_key(void)
{
    struct souk_str text = souk_str("");
    struct db_conn *conn = db_read_begin(db, 0);
    setting_get(conn, &arena, souk_str("souk"), souk_str("visit.key"), &text);
    db_read_end(conn);
    return text;
}

static void a_restart_makes_no_second_visitor(void **state)
{
    struct souk_str agent = souk_str(FIREFOX), here = souk_str("192.0.2.1");
    int64_t day = NOW - NOW % CLOCK_DAY;
    struct err err = {0};
    (void)state;
    assert_int_equal(visit_key_begin(db, day, &err), SOUK_OK);
    int64_t one = visit_anonymous(here, agent, day);
    visit_anonymous(here, agent, day + CLOCK_DAY); /* memory has forgotten the day's key */
    assert_int_equal(visit_key_begin(db, day + 5, &err), SOUK_OK);
    assert_int_equal(visit_anonymous(here, agent, day + 5), one);
}

static void yesterdays_key_is_nowhere(void **state)
{
    struct souk_str agent = souk_str(FIREFOX), here = souk_str("192.0.2.1");
    int64_t day = NOW - NOW % CLOCK_DAY, next = day + CLOCK_DAY;
    struct err err = {0};
    (void)state;
    assert_int_equal(visit_key_begin(db, day, &err), SOUK_OK);
    struct souk_str before = kept_key();
    assert_true(before.len > 64);
    visit_key_turn(db, day + CLOCK_HOUR); /* the same day: nothing to do */
    write_ok("SELECT 1");                 /* behind it */
    assert_true(souk_str_equal(kept_key(), before));
    int64_t soon = visit_anonymous(here, agent, next); /* before the turn */
    visit_key_turn(db, next);
    write_ok("SELECT 1");
    assert_false(souk_str_equal(kept_key(), before));
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM setting WHERE key LIKE 'visit.%'"), 1);
    assert_int_equal(visit_anonymous(here, agent, next + 1), soon); /* one visitor all day */
    assert_int_equal(visit_key_begin(db, next + 2, &err), SOUK_OK);
    assert_int_equal(visit_anonymous(here, agent, next + 3), soon);
}

static void searches_are_noted(void **state)
{
    static const char *const words[] = {"Green  Tea", "green tea", "tea-pot \"x\"", "!!",
                                        "nothing"};
    static const int64_t told[] = {4, 8, 1, 1, 0};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct visit visit = {.at = NOW + (int64_t)i, .kind = "search.made", .told = told[i]};
        struct json *data = json_new(&arena, JSON_OBJECT);
        struct buf text = {.arena = &arena};
        json_add_cstr(&arena, data, "q", words[i]);
        json_add_cstr(&arena, data, "locale", "en");
        json_print(&text, data);
        str_copy(visit.data, sizeof visit.data, buf_str(&text));
        visit_note(&visit);
    }
    visit_flush_last(db);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM event WHERE kind = 'search.made'"), 5);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM search_query"), 2);
    assert_int_equal(fixture_int(db, "SELECT count FROM search_query WHERE query = 'green tea'"),
                     2);
    assert_int_equal(fixture_int(db, "SELECT found FROM search_query WHERE query = 'green tea'"),
                     7);
    struct json *all = json_new(&arena, JSON_ARRAY), *missing = json_new(&arena, JSON_ARRAY);
    struct err err = {0};
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(search_log_list(conn, &arena, 0, 0, 10, all), SOUK_OK);
    assert_int_equal(search_log_list(conn, &arena, 1, 0, 10, missing), SOUK_OK);
    db_read_end(conn);
    assert_int_equal(all->count, 2);
    assert_int_equal(missing->count, 1);
    assert_true(souk_str_is(json_text(json_at(&missing->first->value, "query")), words[2]));
    assert_int_equal(search_log_sweep(db, NOW + 399 * CLOCK_DAY, &err), SOUK_OK);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM search_query"), 2);
    assert_int_equal(search_log_sweep(db, NOW + 401 * CLOCK_DAY, &err), SOUK_OK);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM search_query"), 0);
}

static void note(const char *kind, int64_t visitor, int64_t person, const char *subject)
{
    struct visit visit = {.at = NOW, .kind = kind, .visitor = visitor, .person_id = person};
    str_copy(visit.subject, sizeof visit.subject, souk_str(subject));
    visit_note(&visit);
}

static void views_become_rows(void **state)
{
    (void)state;
    write_ok("INSERT INTO slug (kind, slug, locale, target_id, current) VALUES"
             " ('product', 'hoodie', 'en', 17, 1), ('product', 'hoodie', 'bg', 17, 1),"
             " ('category', 'tea', 'en', 5, 1), ('product', 'tea', 'en', 18, 1)");
    write_ok(
        "INSERT INTO person (id, stage, merged_into, erased_at, created_at, changed_at) VALUES"
        " (1, 'lead', NULL, NULL, 1, 1), (2, 'lead', 1, NULL, 1, 1), (3, 'lead', NULL, 1, 1, 1)");
    note("product.viewed", 7, 1, "/p/hoodie");
    note("product.viewed", 7, 2, "/p/tea");
    note("product.viewed", 7, 3, "/p/hoodie");
    note("product.viewed", 7, 0, "/p/unknown");
    note("category.viewed", 7, 99, "/c/tea");
    note("page.viewed", 0, 0, "/pages/\"quoted\"\n");
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM event"), 0);
    visit_flush_last(db);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM event"), 5);
    assert_int_equal(
        fixture_int(db,
                    "SELECT count(*) FROM event WHERE subject = 'product:17' AND person_id = 1"),
        1);
    assert_int_equal(
        fixture_int(db,
                    "SELECT count(*) FROM event WHERE subject = 'product:18' AND person_id = 1"),
        1);
    assert_int_equal(
        fixture_int(
            db, "SELECT count(*) FROM event WHERE subject = 'product:17' AND person_id IS NULL"),
        1);
    assert_int_equal(
        fixture_int(
            db, "SELECT count(*) FROM event WHERE subject = 'category:5' AND person_id IS NULL"),
        1);
    assert_int_equal(
        fixture_int(db,
                    "SELECT count(*) FROM event WHERE subject = '/pages/\"quoted\"' || char(10)"),
        1);
}

static void *note_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3000; i++)
        note("page.viewed", 7, 0, "/");
    return NULL;
}

static void many_at_once_are_bounded(void **state)
{
    pthread_t threads[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, note_many, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    visit_flush_last(db);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM event"), 10000); /* of 12,000 */
    assert_int_equal(fixture_int(db, "SELECT count(DISTINCT id) FROM event"), 10000);
}

static void a_turn_takes_what_has_gathered(void **state)
{
    (void)state;
    for (int i = 0; i < 2500; i++)
        note("page.viewed", 7, 0, "/");
    assert_int_equal(visit_flush(db), 2000); /* a bounded write; the rest comes next */
    visit_flush_last(db);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM event"), 2500);
    assert_int_equal(visit_flush(db), 0);
}

static int put_and_list(struct db_conn *conn, void *arg)
{
    struct json *list = json_new(&arena, JSON_ARRAY), *all = json_new(&arena, JSON_ARRAY);
    int64_t person, before;
    (void)arg;
    assert_int_equal(person_create(conn, "lead", souk_str(""), "en", NOW, &person), SOUK_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(event_put(conn, "cart.changed", 33, 0, souk_str("cart:1"), NULL, NOW + i),
                         SOUK_OK);
    assert_int_equal(event_put(conn, "cart.changed", 34, 0, souk_str("cart:2"), NULL, NOW),
                     SOUK_OK);
    assert_int_equal(event_join(conn, 33, person), SOUK_OK);
    assert_int_equal(event_join(conn, 0, person), SOUK_OK);
    assert_int_equal(event_list(conn, &arena, person, 0, 3, list), SOUK_OK);
    assert_int_equal(list->count, 3);
    assert_int_equal(str_to_int(json_text(json_at(&list->last->value, "id")), &before), SOUK_OK);
    assert_int_equal(event_list(conn, &arena, person, before, 3, list), SOUK_OK);
    assert_int_equal(list->count, 5);
    assert_int_equal(event_recent(conn, &arena, souk_str(""), 0, 10, all), SOUK_OK);
    assert_int_equal(all->count, 6);
    assert_int_equal(event_recent(conn, &arena, souk_str("no.such"), 0, 10, all), SOUK_OK);
    assert_int_equal(all->count, 6);
    return SOUK_OK;
}

static void the_log_is_read_by_person(void **state)
{
    struct err err = {0};
    (void)state;
    assert_int_equal(db_write(db, put_and_list, NULL, &err), SOUK_OK);
}

static void old_events_go(void **state)
{
    struct err err = {0};
    (void)state;
    write_ok("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
             " INSERT INTO event (id, at, kind) SELECT i, i, 'page.viewed' FROM n");
    write_ok("INSERT INTO event (id, at, kind) VALUES (9999, 1795000000000000, 'page.viewed')");
    assert_int_equal(event_sweep(db, NOW + 399 * CLOCK_DAY, &err), SOUK_OK);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM event"), 1);
    assert_int_equal(event_sweep(db, NOW + 401 * CLOCK_DAY, &err), SOUK_OK);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM event"), 0);
}

static int popular(struct db_conn *conn, void *arg)
{
    (void)arg;
    return visit_popularity(conn, NOW);
}

static void what_is_seen_is_popular(void **state)
{
    struct err err = {0};
    (void)state;
    write_ok(
        "INSERT INTO product (id, key, type, status, visibility, popularity, created_at, changed_at)"
        " VALUES (1, 'a', 'simple', 'active', 'both', 0, 1, 1), (2, 'b', 'simple', 'active', 'both', 9, 1, 1),"
        " (3, 'c', 'simple', 'active', 'both', 0, 1, 1)");
    write_ok(
        "INSERT INTO event (id, at, kind, subject) VALUES (1, 1794999999000000, 'product.viewed', 'product:1'),"
        " (2, 1794999999000000, 'product.viewed', 'product:1'), (3, 1000000, 'product.viewed', 'product:3'),"
        " (4, 1794999999000000, 'category.viewed', 'product:3')");
    int64_t version = fixture_int(db, "SELECT version FROM catalogue_state");
    assert_int_equal(db_write(db, popular, NULL, &err), SOUK_OK);
    assert_int_equal(fixture_int(db, "SELECT popularity FROM product WHERE id = 1"), 2);
    assert_int_equal(fixture_int(db, "SELECT popularity FROM product WHERE id = 2"), 0);
    assert_int_equal(fixture_int(db, "SELECT popularity FROM product WHERE id = 3"), 0);
    assert_int_equal(fixture_int(db, "SELECT version FROM catalogue_state"), version + 1);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM catalogue_change"), 2);
    assert_int_equal(db_write(db, popular, NULL, &err), SOUK_OK);
    assert_int_equal(fixture_int(db, "SELECT version FROM catalogue_state"), version + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PERSON_TEST(robots_are_known_by_their_names),
        PERSON_TEST(nobody_is_followed_into_the_next_day),
        PERSON_TEST(a_restart_makes_no_second_visitor),
        PERSON_TEST(yesterdays_key_is_nowhere),
        PERSON_TEST(searches_are_noted),
        PERSON_TEST(views_become_rows),
        PERSON_TEST(many_at_once_are_bounded),
        PERSON_TEST(a_turn_takes_what_has_gathered),
        PERSON_TEST(the_log_is_read_by_person),
        PERSON_TEST(old_events_go),
        PERSON_TEST(what_is_seen_is_popular),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
