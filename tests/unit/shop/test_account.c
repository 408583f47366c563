/*
 * test_account: passwords, accounts, locks that do not tell, links that work once, addresses,
 * sessions.
 */
#include "base/str.h"
#include "shop/account.h"
#include "shop/person.h"

#include "person_fixture.h"

static void passwords_are_checked_and_hashed(void **state)
{
    static const char *const bad[] = {"",
                                      "short",
                                      "123456789",
                                      "1234567890",
                                      "aaaaaaaaaaaa",
                                      "PASSWORD123",
                                      "abcdefghijkl",
                                      "9876543210",
                                      "ada@x.example",
                                      "qwertyuiop"};
    struct souk_str hash, other;
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (account_password_check(souk_str(bad[i]), souk_str("ada@x.example"), &err) !=
            SOUK_INVALID)
            fail_msg("%s", bad[i]);
    assert_int_equal(
        account_password_check(souk_str("correct horse"), souk_str("a@x.example"), &err), SOUK_OK);
    assert_int_equal(account_hash(&arena, souk_str("correct horse"), &hash, &err), SOUK_OK);
    assert_int_equal(account_hash(&arena, souk_str("correct horse"), &other, &err), SOUK_OK);
    assert_true(str_starts(hash, "$argon2id$"));
    assert_false(souk_str_equal(hash, other));
    assert_int_equal(account_verify(hash, souk_str("correct horse")), 1);
    assert_int_equal(account_verify(hash, souk_str("correct house")), 0);
    assert_int_equal(account_verify(souk_str(""), souk_str("")), 0);
    assert_int_equal(account_verify(souk_str("rubbish"), souk_str("rubbish")), 0);
}

static int64_t person;

static int make(struct db_conn *conn)
{
    struct err err = {0};
    int64_t again = 99;
    int code = account_create(conn, &arena, souk_str("Ada@x.example"), souk_str("Ada"),
                              souk_str("$hash"), "en", NOW, &person, &err);
    assert_true(person > 0);
    assert_int_equal(account_create(conn, &arena, souk_str("ada@X.example"), souk_str("Eve"),
                                    souk_str("$other"), "en", NOW, &again, &err),
                     SOUK_OK);
    assert_int_equal(again, 0);
    return code;
}

static int find(struct db_conn *conn, const char *email, int64_t now, int64_t *who)
{
    struct souk_str hash = souk_str("");
    struct err err = {0};
    int code = account_find(conn, &arena, souk_str(email), now, who, &hash, &err);
    if (code == SOUK_OK && *who == 0)
        assert_true(str_starts(hash, "$argon2id$v=19$m=65536,t=2,p=1$")); /* a decoy of our cost */
    if (code == SOUK_OK && *who)
        assert_true(souk_str_is(hash, "$hash"));
    return code;
}

/* The known and the unknown address behave alike, step by step. */
static int fail_often(struct db_conn *conn)
{
    static const char *const emails[] = {"ada@x.example", "nobody@x.example"};
    for (int e = 0; e < 2; e++) {
        struct souk_str email = souk_str(emails[e]);
        int64_t who;
        for (int i = 0; i < 9; i++)
            assert_int_equal(account_failed(conn, email, NOW), SOUK_OK);
        assert_int_equal(find(conn, emails[e], NOW, &who), SOUK_OK);
        assert_int_equal(account_failed(conn, email, NOW), SOUK_OK);
        assert_int_equal(find(conn, emails[e], NOW + 59 * CLOCK_SECOND, &who), SOUK_BUSY);
        assert_int_equal(find(conn, emails[e], NOW + 61 * CLOCK_SECOND, &who), SOUK_OK);
        assert_int_equal(account_failed(conn, email, NOW), SOUK_OK);
        assert_int_equal(find(conn, emails[e], NOW + 119 * CLOCK_SECOND, &who), SOUK_BUSY);
        for (int i = 0; i < 20; i++)
            assert_int_equal(account_failed(conn, email, NOW), SOUK_OK);
        assert_int_equal(find(conn, emails[e], NOW + 3599 * CLOCK_SECOND, &who), SOUK_BUSY);
        assert_int_equal(find(conn, emails[e], NOW + 3601 * CLOCK_SECOND, &who), SOUK_OK);
        assert_int_equal(account_unlock(conn, email), SOUK_OK);
        assert_int_equal(find(conn, emails[e], NOW, &who), SOUK_OK);
        assert_int_equal(who != 0, e == 0);
        /* a quiet day forgets */
        for (int i = 0; i < 9; i++)
            assert_int_equal(account_failed(conn, email, NOW), SOUK_OK);
        assert_int_equal(account_failed(conn, email, NOW + 2 * CLOCK_DAY), SOUK_OK);
        assert_int_equal(find(conn, emails[e], NOW + 2 * CLOCK_DAY, &who), SOUK_OK);
    }
    return SOUK_OK;
}

static void locks_do_not_tell(void **state)
{
    (void)state;
    assert_int_equal(in_write(make), SOUK_OK);
    assert_int_equal(in_write(fail_often), SOUK_OK);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM person"), 1);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM account_attempt"), 2);
    struct err err = {0};
    assert_int_equal(account_sweep(db, NOW + 4 * CLOCK_DAY, &err), SOUK_OK);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM account_attempt"), 0);
}

static int mail_often(struct db_conn *conn)
{
    int may;
    for (int i = 0; i < 7; i++) {
        assert_int_equal(account_may_mail(conn, souk_str("ada@x.example"), NOW, &may), SOUK_OK);
        assert_int_equal(may, i < 5);
    }
    return SOUK_OK;
}

static void mails_are_counted(void **state)
{
    (void)state;
    assert_int_equal(in_write(mail_often), SOUK_OK);
}

static int use_tickets(struct db_conn *conn)
{
    struct souk_str token, other;
    int64_t who = 0, contact = 0;
    assert_int_equal(ticket_make(conn, &arena, "reset", person, 0, NOW + 10, &token), SOUK_OK);
    assert_int_equal(ticket_make(conn, &arena, "reset", person, 0, NOW + 10, &other), SOUK_OK);
    assert_false(souk_str_equal(token, other));
    assert_int_equal(token.len, 43);
    assert_int_equal(ticket_valid(conn, "reset", token, NOW), 1);
    assert_int_equal(ticket_valid(conn, "confirm", token, NOW), 0);
    assert_int_equal(ticket_valid(conn, "reset", token, NOW + 10), 0);
    assert_int_equal(ticket_use(conn, "confirm", token, NOW, &who, &contact), SOUK_NOT_FOUND);
    assert_int_equal(ticket_use(conn, "reset", souk_str(""), NOW, &who, &contact), SOUK_NOT_FOUND);
    assert_int_equal(ticket_use(conn, "reset", token, NOW, &who, &contact), SOUK_OK);
    assert_int_equal(who, person);
    assert_int_equal(ticket_use(conn, "reset", token, NOW, &who, &contact), SOUK_NOT_FOUND);
    assert_int_equal(ticket_drop(conn, "reset", person), SOUK_OK);
    return ticket_valid(conn, "reset", other, NOW) ? SOUK_ERROR : SOUK_OK;
}

static void links_work_once(void **state)
{
    (void)state;
    assert_int_equal(in_write(make), SOUK_OK);
    assert_int_equal(in_write(use_tickets), SOUK_OK);
}

static struct json *doc_of(const char *text)
{
    struct json *doc;
    assert_int_equal(json_parse(&arena, souk_str(text), &doc, NULL), SOUK_OK);
    return doc;
}

static int use_addresses(struct db_conn *conn)
{
    static const struct {
        const char *doc, *wrong;
    } bad[] = {
        {"{\"country\":\"BG\",\"city\":\"x\",\"line1\":\"y\"}", "name"},
        {"{\"name\":\"n\",\"country\":\"\",\"city\":\"x\",\"line1\":\"y\"}", "country"},
        {"{\"name\":\"n\",\"country\":\"B1\",\"city\":\"x\",\"line1\":\"y\"}", "country"},
        {"{\"name\":\"n\",\"country\":\"BG\",\"line1\":\"y\"}", "city"},
        {"{\"name\":\"n\",\"country\":\"BG\",\"city\":\"x\",\"line1\":\" \"}", "line1"},
        {"{\"name\":\"n\",\"country\":\"BG\",\"city\":\"x\",\"line1\":\"y\",\"phone\":\"no\"}",
         "phone"},
        {"{\"name\":\"n\",\"country\":\"BG\",\"city\":\"x\",\"line1\":\"y\",\"postcode\":\"123456789012345678901\"}",
         "postcode"},
    };
    const char *good =
        "{\"name\":\"n\",\"country\":\"bg\",\"city\":\"x\",\"line1\":\"y\",\"phone\":\"0888 123 456\"}";
    struct err err = {0};
    struct json *list = json_new(&arena, JSON_ARRAY);
    int64_t one, two, none;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *wrong = "";
        if (address_check(&arena, doc_of(bad[i].doc), &wrong, &err) != SOUK_INVALID ||
            strcmp(wrong, bad[i].wrong) != 0)
            fail_msg("%s: %s", bad[i].doc, wrong);
        assert_int_equal(
            address_save(conn, &arena, person, 0, doc_of(bad[i].doc), NOW, &none, &err),
            SOUK_INVALID);
    }
    assert_int_equal(address_save(conn, &arena, person, 0, doc_of(good), NOW, &one, &err), SOUK_OK);
    assert_int_equal(address_save(conn, &arena, person, 0, doc_of(good), NOW + 1, &two, &err),
                     SOUK_OK);
    assert_int_equal(address_first(conn, person, one, NOW + 2), SOUK_OK);
    assert_int_equal(address_list(conn, &arena, person, list), SOUK_OK);
    assert_int_equal(list->count, 2);
    assert_int_equal(json_int(json_at(&list->first->value, "id"), 0), one);
    assert_true(souk_str_is(json_text(json_at(&list->first->value, "country")), "BG"));
    /* another's is not there */
    int64_t eve;
    assert_int_equal(person_create(conn, "lead", souk_str("Eve"), "en", NOW, &eve), SOUK_OK);
    assert_int_equal(address_save(conn, &arena, eve, one, doc_of(good), NOW, &none, &err),
                     SOUK_NOT_FOUND);
    assert_int_equal(address_remove(conn, eve, one), SOUK_NOT_FOUND);
    assert_int_equal(address_first(conn, eve, one, NOW), SOUK_NOT_FOUND);
    assert_int_equal(address_remove(conn, person, one), SOUK_OK);
    for (int i = 0; i < 49; i++)
        assert_int_equal(address_save(conn, &arena, person, 0, doc_of(good), NOW, &none, &err),
                         SOUK_OK);
    assert_int_equal(address_save(conn, &arena, person, 0, doc_of(good), NOW, &none, &err),
                     SOUK_TOO_LARGE);
    return SOUK_OK;
}

static void addresses_belong_to_one(void **state)
{
    (void)state;
    assert_int_equal(in_write(make), SOUK_OK);
    assert_int_equal(in_write(use_addresses), SOUK_OK);
}

/* Two accounts whose people turn out to be one: both lead to the survivor, each with its password.
 */
static int join_accounts(struct db_conn *conn)
{
    struct err err = {0};
    struct souk_str hash, email;
    int64_t other, who;
    assert_int_equal(account_create(conn, &arena, souk_str("b@x.example"), souk_str(""),
                                    souk_str("$second"), "en", NOW, &other, &err),
                     SOUK_OK);
    assert_int_equal(person_merge(conn, &arena, other, person, NOW, &err), SOUK_OK);
    assert_int_equal(account_find(conn, &arena, souk_str("b@x.example"), NOW, &who, &hash, &err),
                     SOUK_OK);
    assert_int_equal(who, person);
    assert_true(souk_str_is(hash, "$second"));
    assert_int_equal(account_password(conn, other, souk_str("$third"), NOW), SOUK_OK);
    assert_int_equal(account_find(conn, &arena, souk_str("b@x.example"), NOW, &who, &hash, &err),
                     SOUK_OK);
    assert_true(souk_str_is(hash, "$third"));
    assert_int_equal(account_of(conn, &arena, other, &email, &hash), SOUK_OK);
    assert_true(souk_str_is(email, "ada@x.example"));
    int changed = 9;
    assert_int_equal(account_email(conn, person, souk_str("b@x.example"), NOW, &changed), SOUK_OK);
    assert_int_equal(changed, 0); /* the other account has it */
    assert_int_equal(account_email(conn, person, souk_str("c@x.example"), NOW, &changed), SOUK_OK);
    assert_int_equal(changed, 1);
    return SOUK_OK;
}

static void two_accounts_of_one_person_both_work(void **state)
{
    (void)state;
    assert_int_equal(in_write(make), SOUK_OK);
    assert_int_equal(in_write(join_accounts), SOUK_OK);
}

static int use_sessions(struct db_conn *conn)
{
    static const char a[32] = "a", b[32] = "b";
    assert_int_equal(account_signed_in(conn, person, str_make(a, 32)), SOUK_OK);
    assert_int_equal(account_signed_in(conn, person, str_make(b, 32)), SOUK_OK);
    assert_int_equal(account_sessions(conn, person, NOW), 2);
    assert_int_equal(account_sessions_end(conn, person, str_make(a, 32)), SOUK_OK);
    assert_int_equal(account_sessions(conn, person, NOW), 1);
    return SOUK_OK;
}

static void sessions_of_one_person_can_be_ended(void **state)
{
    struct err err = {0};
    (void)state;
    assert_int_equal(in_write(make), SOUK_OK);
    static const char *const rows[] = {"61", "62"};
    for (int i = 0; i < 2; i++) {
        char sql[300];
        snprintf(sql, sizeof sql,
                 "INSERT INTO session (id_hash, data, created_at, seen_at, expires_at) "
                 "VALUES (x'%s%062d', '{}', 1, 1, 9000000000000000)",
                 rows[i], 0);
        assert_int_equal(fixture_write(db, sql, &err), SOUK_OK);
    }
    assert_int_equal(in_write(use_sessions), SOUK_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PERSON_TEST(passwords_are_checked_and_hashed),
        PERSON_TEST(locks_do_not_tell),
        PERSON_TEST(mails_are_counted),
        PERSON_TEST(links_work_once),
        PERSON_TEST(addresses_belong_to_one),
        PERSON_TEST(two_accounts_of_one_person_both_work),
        PERSON_TEST(sessions_of_one_person_can_be_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
