/*
 * test_person: contacts in the form that compares, stages, consents, merging and its way back,
 * handing out and erasing, and where people came from.
 */
#include "base/str.h"
#include "shop/account.h"
#include "shop/market.h"
#include "shop/person.h"
#include "shop/touch.h"
#include "shop/visit.h"

#include "person_fixture.h"

static struct souk_str text_of(const struct json *tree)
{
    struct buf out = {.arena = &arena};
    json_print(&out, tree);
    return buf_str(&out);
}

static int holds(struct souk_str text, const char *words)
{
    return memmem(text.ptr, text.len, words, strlen(words)) != NULL;
}

/* ---- contacts ---- */

static void contacts_compare_in_one_form(void **state)
{
    static const struct {
        const char *kind, *written, *country, *value; /* NULL: refused */
    } cases[] = {
        {"email", " Ada.Lovelace@Example.ORG ", NULL, "ada.lovelace@example.org"},
        {"email", "a+b@x.example", NULL, "a+b@x.example"},
        {"email", "\xd0\xb8\xd0\xbc\xd0\xb5@\xd0\xbf\xd0\xbe\xd1\x89\xd0\xb0.\xd0\xb1\xd0\xb3",
         NULL, "\xd0\xb8\xd0\xbc\xd0\xb5@\xd0\xbf\xd0\xbe\xd1\x89\xd0\xb0.\xd0\xb1\xd0\xb3"},
        {"email", "", NULL, NULL},
        {"email", "ada", NULL, NULL},
        {"email", "ada@host", NULL, NULL},
        {"email", "a b@x.example", NULL, NULL},
        {"email", "a@b@x.example", NULL, NULL},
        {"email", "a..b@x.example", NULL, NULL},
        {"email", ".a@x.example", NULL, NULL},
        {"email", "a@-x.example", NULL, NULL},
        {"email", "a@x..example", NULL, NULL},
        {"email", "a@x.example.", NULL, NULL},
        {"email", "a\n@x.example", NULL, NULL},
        {"email", "<a@x.example>", NULL, NULL},
        {"email", "a\xe2\x80\x8b@x.example", NULL, NULL}, /* not to be seen */
        {"email", "a\xe2\x80\xae@x.example", NULL, NULL},
        {"email", "\xef\xbd\x81@x.example", NULL, NULL}, /* wide */
        {"phone", "0888 123 456", "BG", "+359888123456"},
        {"phone", "+359 (0) 888", "BG", NULL},
        {"phone", "+359 888-123-456", NULL, "+359888123456"},
        {"phone", "00359888123456", "HU", "+359888123456"},
        {"phone", "06 30 123 4567", "HU", "+36301234567"},
        {"phone", "3471234567", "IT", "+393471234567"},
        {"phone", "0712345678", NULL, NULL},
        {"phone", "call me", "BG", NULL},
        {"phone", "12", "BG", NULL},
        {"phone", "+1234567890123456", NULL, NULL},
        {"fax", "0888 123 456", "BG", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct souk_str value = souk_str("");
        struct err err = {0};
        int code = contact_normalize(&arena, cases[i].kind, souk_str(cases[i].written),
                                     cases[i].country, &value, &err);
        if (!cases[i].value && code == SOUK_INVALID && err.text[0])
            continue;
        if (cases[i].value && code == SOUK_OK && souk_str_is(value, cases[i].value))
            continue;
        fail_msg("%s \"%s\": %d %.*s %s", cases[i].kind, cases[i].written, code, SOUK_PRI(value),
                 err.text);
    }
}

/* ---- stages and consents ---- */

static int64_t ada, bob, contact_a, contact_b, merge_id;

static int make_two(struct db_conn *conn)
{
    struct err err = {0};
    int code = person_create(conn, "visitor", souk_str("Ada"), "en", NOW, &ada);
    if (code == SOUK_OK)
        code = person_create(conn, "lead", souk_str(""), "bg", NOW, &bob);
    if (code == SOUK_OK)
        code = contact_add(conn, &arena, ada, "email", souk_str("Ada@x.example"), NOW, &contact_a,
                           &err);
    if (code == SOUK_OK)
        code = contact_add(conn, &arena, bob, "email", souk_str("ada@X.example"), NOW, &contact_b,
                           &err);
    return code;
}

static int climb(struct db_conn *conn)
{
    static const struct {
        const char *to, *is;
    } steps[] = {{"lead", "lead"},        {"visitor", "lead"},    {"buyer", "buyer"},
                 {"subscriber", "buyer"}, {"dormant", "dormant"}, {"subscriber", "dormant"},
                 {"lost", "lost"},        {"dormant", "lost"},    {"buyer", "buyer"},
                 {"regular", "regular"}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct json *doc;
        assert_int_equal(person_raise(conn, ada, steps[i].to, NOW), SOUK_OK);
        assert_int_equal(person_load(conn, &arena, ada, &doc), SOUK_OK);
        if (!souk_str_is(json_text(json_at(doc, "stage")), steps[i].is))
            fail_msg("step %zu", i);
    }
    return person_raise(conn, ada, "king", NOW) == SOUK_INVALID ? SOUK_OK : SOUK_ERROR;
}

static void stages_only_go_up(void **state)
{
    (void)state;
    assert_int_equal(in_write(make_two), SOUK_OK);
    assert_int_equal(in_write(climb), SOUK_OK);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM event WHERE kind = 'person.moved'"), 6);
}

static int subscribe(struct db_conn *conn)
{
    struct err err = {0};
    int64_t who;
    assert_int_equal(consent_held(conn, ada, "email"), -1);
    int code = consent_set(conn, ada, "email", 1, souk_str("register"), souk_str("Yes."), NOW);
    assert_int_equal(consent_held(conn, ada, "email"), 1);
    struct json *doc;
    assert_int_equal(person_load(conn, &arena, ada, &doc), SOUK_OK);
    assert_true(
        souk_str_is(json_text(json_at(doc, "stage")), "visitor")); /* anybody could say so */
    if (code == SOUK_OK)
        code = contact_confirm(conn, &arena, contact_a, NOW, &who, &err);
    assert_int_equal(who, ada);
    assert_int_equal(person_load(conn, &arena, ada, &doc), SOUK_OK);
    assert_true(souk_str_is(json_text(json_at(doc, "stage")), "subscriber"));
    if (code == SOUK_OK)
        code =
            consent_set(conn, ada, "email", 0, souk_str("unsubscribe"), souk_str("No."), NOW + 1);
    assert_int_equal(consent_held(conn, ada, "email"), 0);
    assert_int_equal(consent_held(conn, ada, "sms"), -1);
    return code;
}

static void consents_are_kept_and_the_latest_holds(void **state)
{
    (void)state;
    assert_int_equal(in_write(make_two), SOUK_OK);
    assert_int_equal(in_write(subscribe), SOUK_OK);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM consent"), 2);
    assert_int_equal(in_write(make_two), SOUK_OK); /* another two: nothing of theirs */
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM consent"), 2);
}

/* ---- merging ---- */

static struct json *address_doc(const char *city)
{
    struct json *doc = json_new(&arena, JSON_OBJECT);
    json_add_cstr(&arena, doc, "name", "Ada");
    json_add_cstr(&arena, doc, "country", "bg");
    json_add_cstr(&arena, doc, "city", city);
    json_add_cstr(&arena, doc, "line1", "1 High Street");
    return doc;
}

static int live(struct db_conn *conn)
{
    struct err err = {0};
    int64_t id, who;
    int code = contact_confirm(conn, &arena, contact_a, NOW, &who, &err);
    if (code == SOUK_OK)
        code = address_save(conn, &arena, bob, 0, address_doc("Sofia"), NOW, &id, &err);
    if (code == SOUK_OK)
        code = consent_set(conn, bob, "sms", 1, souk_str("x"), souk_str("y"), NOW);
    if (code == SOUK_OK)
        code = event_put(conn, "product.viewed", 7, bob, souk_str("product:1"), NULL, NOW);
    if (code == SOUK_OK)
        code = person_raise(conn, bob, "buyer", NOW);
    struct inquiry inquiry = {souk_str("Bob"), souk_str("b@x.example"), souk_str("Hello"),
                              souk_str("/c/tea"), "en"};
    if (code == SOUK_OK)
        code = contact_inquiry(conn, bob, &inquiry, NOW, &id);
    return code;
}

static int prove_bob(struct db_conn *conn)
{
    struct err err = {0};
    int64_t who = 0;
    int code = contact_confirm(conn, &arena, contact_b, NOW + 1, &who, &err);
    assert_int_equal(who, ada);
    assert_int_equal(person_root(conn, bob), ada);
    return code;
}

static int add_later(struct db_conn *conn)
{
    struct err err = {0};
    int64_t id;
    return address_save(conn, &arena, bob, 0, address_doc("Varna"), NOW + 2, &id, &err);
}

static int take_back(struct db_conn *conn)
{
    struct err err = {0};
    int code = person_unmerge(conn, &arena, merge_id, NOW + 3, &err);
    assert_int_equal(person_unmerge(conn, &arena, merge_id, NOW + 3, &err), SOUK_CONFLICT);
    return code;
}

static int take_back_late(struct db_conn *conn)
{
    struct err err = {0};
    int code = person_unmerge(conn, &arena, merge_id, NOW + 31 * CLOCK_DAY, &err);
    return code == SOUK_CONFLICT && strstr(err.text, "30 days") ? SOUK_OK : SOUK_ERROR;
}

static int64_t count_of(const char *table, int64_t person)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE person_id = %lld", table,
             (long long)person);
    return fixture_int(db, sql);
}

static void a_second_proof_joins_and_can_be_taken_back(void **state)
{
    (void)state;
    assert_int_equal(in_write(make_two), SOUK_OK);
    assert_int_equal(in_write(live), SOUK_OK);
    assert_int_equal(in_write(prove_bob), SOUK_OK);
    assert_int_equal(count_of("address", ada), 1);
    assert_int_equal(count_of("address", bob), 0);
    assert_int_equal(count_of("consent", ada), 1);
    assert_int_equal(count_of("inquiry", ada), 1);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM event WHERE kind = 'product.viewed' AND "
                                     "person_id = (SELECT into_id FROM merge)"),
                     1);
    assert_int_equal(
        fixture_int(db, "SELECT count(*) FROM person WHERE id = (SELECT into_id FROM merge)"
                        " AND stage = 'buyer'"),
        1);
    merge_id = fixture_int(db, "SELECT id FROM merge");
    assert_int_equal(in_write(add_later), SOUK_OK);
    assert_int_equal(count_of("address", ada), 2);
    assert_int_equal(in_write(take_back_late), SOUK_OK);
    assert_int_equal(in_write(take_back), SOUK_OK);
    assert_int_equal(count_of("address", bob), 1);
    assert_int_equal(count_of("address", ada), 1); /* what came later stays */
    assert_int_equal(count_of("consent", bob), 1);
    assert_int_equal(count_of("inquiry", bob), 1);
    assert_int_equal(count_of("contact", bob), 1);
    assert_int_equal(
        fixture_int(db, "SELECT count(*) FROM person WHERE id = (SELECT into_id FROM merge)"
                        " AND stage = 'lead'"),
        1);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM person WHERE merged_into IS NOT NULL"),
                     0);
}

static int64_t carl;
static int chain(struct db_conn *conn)
{
    struct err err = {0};
    struct json *doc;
    int64_t id;
    int code = person_create(conn, "lead", souk_str("Carl"), "en", NOW, &carl);
    if (code == SOUK_OK)
        code = address_save(conn, &arena, ada, 0, address_doc("Ruse"), NOW, &id, &err);
    if (code == SOUK_OK)
        code = person_merge(conn, &arena, ada, bob, NOW, &err);
    if (code == SOUK_OK)
        code = person_merge(conn, &arena, bob, carl, NOW + 1, &err);
    assert_int_equal(person_root(conn, ada), carl);
    assert_int_equal(person_merge(conn, &arena, ada, carl, NOW, &err), SOUK_OK); /* one already */
    assert_int_equal(person_load(conn, &arena, ada, &doc), SOUK_OK);
    assert_int_equal(json_at(doc, "addresses")->count, 1);
    assert_int_equal(json_at(doc, "contacts")->count, 1); /* given twice, shown once */
    return code;
}

static int64_t first_merge, second_merge;
static int unchain(struct db_conn *conn)
{
    struct err err = {0};
    struct json *doc;
    assert_int_equal(person_unmerge(conn, &arena, first_merge, NOW + 2, &err), SOUK_CONFLICT);
    int code = person_unmerge(conn, &arena, second_merge, NOW + 2, &err);
    if (code == SOUK_OK)
        code = person_unmerge(conn, &arena, first_merge, NOW + 2, &err);
    assert_int_equal(person_root(conn, ada), ada);
    assert_int_equal(person_load(conn, &arena, ada, &doc), SOUK_OK);
    assert_int_equal(json_at(doc, "addresses")->count, 1);
    return code;
}

static void merges_are_taken_back_in_reverse(void **state)
{
    (void)state;
    assert_int_equal(in_write(make_two), SOUK_OK);
    assert_int_equal(in_write(chain), SOUK_OK);
    first_merge = fixture_int(db, "SELECT min(id) FROM merge");
    second_merge = fixture_int(db, "SELECT max(id) FROM merge");
    assert_int_equal(in_write(unchain), SOUK_OK);
}

/* ---- handing out and erasing ---- */

static int hand_out(struct db_conn *conn)
{
    struct json *doc;
    int code = person_export(conn, &arena, ada, &doc);
    struct souk_str text = text_of(doc);
    static const char *const words[] = {"ada@x.example", "Sofia", "product:1", "\"Hello\"", "sms"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!holds(text, words[i]))
            fail_msg("no %s in %.*s", words[i], SOUK_PRI(text));
    return code;
}

static int erase(struct db_conn *conn)
{
    struct err err = {0};
    struct json *doc;
    int code = person_erase(conn, bob, NOW + 9, &err); /* by an id from before the merge */
    assert_int_equal(person_load(conn, &arena, ada, &doc), SOUK_OK);
    assert_false(holds(text_of(doc), "Ada"));
    assert_int_equal(person_erase(conn, 12345, NOW, &err), SOUK_NOT_FOUND);
    assert_int_equal(person_merge(conn, &arena, carl, ada, NOW, &err), SOUK_NOT_FOUND);
    return code;
}

static int make_carl(struct db_conn *conn)
{
    return person_create(conn, "lead", souk_str("Carl"), "en", NOW, &carl);
}

static void erasing_leaves_no_name(void **state)
{
    (void)state;
    assert_int_equal(in_write(make_two), SOUK_OK);
    assert_int_equal(in_write(make_carl), SOUK_OK);
    assert_int_equal(in_write(live), SOUK_OK);
    assert_int_equal(in_write(prove_bob), SOUK_OK);
    assert_int_equal(in_write(hand_out), SOUK_OK);
    assert_int_equal(in_write(erase), SOUK_OK);
    static const char *const empty[] = {"contact", "consent", "address",
                                        "account", "ticket",  "merge"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", empty[i]);
        assert_int_equal(fixture_int(db, sql), 0);
    }
    assert_int_equal(
        fixture_int(db, "SELECT count(*) FROM event WHERE visitor <> 0 OR person_id IS NOT NULL"),
        0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM event WHERE kind = 'product.viewed'"),
                     1);
    assert_int_equal(
        fixture_int(db,
                    "SELECT count(*) FROM inquiry WHERE name = '' AND email = '' AND text = '-'"),
        1);
    assert_int_equal(
        fixture_int(db, "SELECT count(*) FROM person WHERE erased_at IS NOT NULL AND name = ''"),
        2);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM person WHERE name = 'Carl'"), 1);
}

/* ---- where they came from ---- */

static struct json *touch(const char *kind)
{
    struct touch_hints hints = {.own_host = souk_str("shop.example:8080"),
                                .path = souk_str("/c/tea")};
    if (strcmp(kind, "ads") == 0)
        hints.source = souk_str("ads");
    if (strcmp(kind, "click") == 0) {
        hints.click_name = souk_str("gclid");
        hints.click_id = souk_str("abc");
    }
    if (strcmp(kind, "google") == 0)
        hints.referrer = souk_str("https://www.google.bg/");
    if (strcmp(kind, "blog") == 0)
        hints.referrer = souk_str("https://Blog.example/post?x=1");
    if (strcmp(kind, "forum") == 0)
        hints.referrer = souk_str("https://forum.example/");
    if (strcmp(kind, "own") == 0)
        hints.referrer = souk_str("http://shop.example:8080/cart");
    if (strcmp(kind, "paypal") == 0)
        hints.referrer = souk_str("https://www.paypal.com/checkout");
    return touch_of(&arena, &hints);
}

static const char *name_of(const struct json *t)
{
    static const char *const keys[] = {"source", "click", "host", "kind"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (json_text(json_at(t, keys[i])).len)
            return arena_cstr(&arena, json_text(json_at(t, keys[i])));
    return "";
}

/* Pages as "kind" or "kind+" (the visit is still open). */
static void sources_follow_the_rules(void **state)
{
    static const struct {
        const char *pages, *first, *last;
    } cases[] = {
        {"direct", "direct", "direct"},
        {"ads", "ads", "ads"},
        {"direct ads", "direct", "ads"},
        {"ads direct", "ads", "ads"},
        {"ads google+", "ads", "google.bg"},
        {"google ads+", "google.bg", "ads"},
        {"ads blog+", "ads", "ads"},
        {"ads blog", "ads", "blog.example"},
        {"blog direct forum", "blog.example", "forum.example"},
        {"blog forum+", "blog.example", "blog.example"},
        {"blog click+ direct", "blog.example", "gclid:abc"},
        {"direct blog", "direct", "blog.example"},
        {"direct blog+", "direct", "direct"},
        {"ads own+ paypal", "ads", "ads"},
        {"paypal", "direct", "direct"},
        {"google own+ direct ads direct", "google.bg", "ads"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *source = json_new(&arena, JSON_OBJECT);
        struct souk_str rest = souk_str(cases[i].pages), page;
        for (int64_t at = NOW; str_split(&rest, ' ', &page); at += CLOCK_MINUTE) {
            int open = str_ends(page, "+");
            page.len -= (size_t)open;
            source = touch_follow(&arena, source, touch(arena_cstr(&arena, page)), souk_str("/"),
                                  open, at);
        }
        const char *first = name_of(json_at(source, "first"));
        const char *last = name_of(json_at(source, "last"));
        if (strcmp(first, cases[i].first) != 0 || strcmp(last, cases[i].last) != 0)
            fail_msg("%s: first %s, last %s", cases[i].pages, first, last);
    }
}

static int collect(struct db_conn *conn)
{
    static const char *const data[] = {
        "{\"from\":{\"kind\":\"referral\",\"host\":\"blog.example\"}}", "{}",
        "{\"from\":{\"kind\":\"referral\",\"host\":\"forum.example\"}}"};
    struct json *doc, *tree;
    int code = SOUK_OK;
    for (int i = 0; code == SOUK_OK && i < 3; i++) {
        assert_int_equal(json_parse(&arena, souk_str(data[i]), &tree, NULL), SOUK_OK);
        code = event_put(conn, "product.viewed", 77, 0, souk_str("product:1"), tree,
                         NOW + i * 10 * CLOCK_MINUTE);
    }
    if (code == SOUK_OK)
        code = touch_collect(conn, &arena, 77, ada, NOW);
    if (code == SOUK_OK)
        code = event_join(conn, 77, ada);
    assert_int_equal(person_load(conn, &arena, ada, &doc), SOUK_OK);
    const struct json *source = json_at(doc, "source");
    assert_true(souk_str_is(json_text(json_at(json_at(source, "first"), "host")), "blog.example"));
    assert_true(souk_str_is(json_text(json_at(json_at(source, "last"), "host")), "blog.example"));
    return code;
}

static void the_source_comes_from_the_log(void **state)
{
    (void)state;
    assert_int_equal(in_write(make_two), SOUK_OK);
    assert_int_equal(in_write(collect), SOUK_OK);
    assert_int_equal(
        fixture_int(db, "SELECT count(*) FROM event WHERE visitor = 77 AND person_id IS NOT NULL"),
        3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PERSON_TEST(contacts_compare_in_one_form),
        PERSON_TEST(stages_only_go_up),
        PERSON_TEST(consents_are_kept_and_the_latest_holds),
        PERSON_TEST(a_second_proof_joins_and_can_be_taken_back),
        PERSON_TEST(merges_are_taken_back_in_reverse),
        PERSON_TEST(erasing_leaves_no_name),
        PERSON_TEST(sources_follow_the_rules),
        PERSON_TEST(the_source_comes_from_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
