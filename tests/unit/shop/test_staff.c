/*
 * test_staff.c: who runs the shop: rights, lock-out, one-time codes by the vectors of RFC 6238,
 * recovery codes, tokens.
 */
#include "../store/fixture.h"
#include "shop/staff.h"

#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" /* "12345678901234567890" */

static struct db *db;
static struct arena arena;
static int64_t made;
static struct err why;

static int set_up(void **state)
{
    (void)state;
    db = fixture_open(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_thread_end(db);
    db_shut(db);
    arena_free(&arena);
    return 0;
}

static int make_ann(struct db_conn *conn, void *arg)
{
    return staff_create(conn, souk_str(arg ? arg : " Ann@Shop.example "), souk_str("Ann"),
                        souk_str("editor"), souk_str("hash"), NOW, &made, &why);
}

static void make(void)
{
    assert_int_equal(db_write(db, make_ann, NULL, NULL), 0);
}

static int find(const char *email, int64_t now, struct staff *staff)
{
    struct db_conn *conn = db_read_begin(db, 0);
    int code = staff_find(conn, &arena, souk_str(email), now, staff, &why);
    db_read_end(conn);
    return code;
}

static void test_create(void **state)
{
    (void)state;
    struct staff staff;
    make();
    assert_int_equal(find("ann@shop.EXAMPLE", NOW, &staff), 0);
    assert_int_equal(staff.id, made);
    assert_true(souk_str_is(staff.email, "ann@shop.example"));
    assert_true(staff_may(staff.rights, souk_str("product.edit")));
    assert_false(staff_may(staff.rights, souk_str("person.edit")));
    assert_int_equal(db_write(db, make_ann, NULL, NULL), SOUK_CONFLICT);
    assert_int_equal(db_write(db, make_ann, "no address", NULL), SOUK_INVALID);
    assert_non_null(strstr(why.text, "no address"));
    assert_int_equal(find("nobody@shop.example", NOW, &staff), 0);
    assert_int_equal(staff.id, 0);
    assert_true(staff.password.len > 80);
}

static void test_rights(void **state)
{
    (void)state;
    struct json *rights;
    assert_int_equal(json_parse(&arena, souk_str("[\"product.*\",\"person.read\"]"), &rights, NULL),
                     0);
    assert_true(staff_may(rights, souk_str("product.edit")));
    assert_true(staff_may(rights, souk_str("person.read")));
    assert_false(staff_may(rights, souk_str("person.reader")));
    assert_false(staff_may(rights, souk_str("productive")));
    assert_false(staff_may(rights, souk_str("")));
    assert_false(staff_may(NULL, souk_str("product.edit")));
    assert_int_equal(json_parse(&arena, souk_str("[\"*\"]"), &rights, NULL), 0);
    assert_true(staff_may(rights, souk_str("anything")));
}

static int fail_once(struct db_conn *conn, void *arg)
{
    return staff_failed(conn, made, *(int64_t *)arg);
}

static int succeed(struct db_conn *conn, void *arg)
{
    (void)arg;
    return staff_signed_in(conn, made, NOW);
}

static void test_lock(void **state)
{
    (void)state;
    struct staff staff;
    int64_t now = NOW;
    make();
    for (int i = 0; i < 4; i++)
        assert_int_equal(db_write(db, fail_once, &now, NULL), 0);
    assert_int_equal(find("ann@shop.example", now, &staff), 0);
    assert_int_equal(db_write(db, fail_once, &now, NULL), 0);
    assert_int_equal(find("ann@shop.example", now, &staff), SOUK_BUSY);
    assert_int_equal(staff.id, made);
    assert_int_equal(find("ann@shop.example", now + CLOCK_MINUTE, &staff), 0);
    assert_int_equal(db_write(db, fail_once, &now, NULL), 0);
    assert_int_equal(find("ann@shop.example", now + CLOCK_MINUTE, &staff), SOUK_BUSY);
    for (int i = 0; i < 40; i++)
        assert_int_equal(db_write(db, fail_once, &now, NULL), 0);
    assert_int_equal(find("ann@shop.example", now + CLOCK_HOUR - 1, &staff), SOUK_BUSY);
    assert_int_equal(find("ann@shop.example", now + CLOCK_HOUR, &staff), 0);
    assert_int_equal(db_write(db, succeed, NULL, NULL), 0);
    assert_int_equal(find("ann@shop.example", now, &staff), 0);
}

static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        int64_t second;
        const char *code; /* the last six of the eight digits in appendix B */
    } vectors[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                   {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char code[7];
        int64_t step = 0, now = vectors[i].second * CLOCK_SECOND;
        assert_int_equal(totp_code(souk_str(SECRET), now, code), 0);
        assert_string_equal(code, vectors[i].code);
        assert_int_equal(totp_check(souk_str(SECRET), souk_str(code), now, &step), 0);
        assert_int_equal(step, vectors[i].second / 30);
        assert_int_equal(
            totp_check(souk_str(SECRET), souk_str(code), now + 30 * CLOCK_SECOND, &step), 0);
        assert_int_equal(
            totp_check(souk_str(SECRET), souk_str(code), now + 61 * CLOCK_SECOND, &step),
            SOUK_INVALID);
    }
}

static void test_codes_of_wrong_form(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "28708", "2870822", "28708a", "      ", NULL};
    int64_t step = 7;
    for (const char *const *code = wrong; *code; code++)
        assert_int_equal(totp_check(souk_str(SECRET), souk_str(*code), 59 * CLOCK_SECOND, &step),
                         SOUK_INVALID);
    assert_int_equal(step, 7);
    assert_int_equal(totp_check(souk_str(SECRET), souk_str("287 082"), 59 * CLOCK_SECOND, &step),
                     0);
    assert_int_equal(
        totp_check(souk_str("not base32!"), souk_str("287082"), 59 * CLOCK_SECOND, &step),
        SOUK_INVALID);
    struct souk_str secret = totp_secret(&arena), other = totp_secret(&arena);
    assert_int_equal(secret.len, 32);
    assert_false(souk_str_equal(secret, other));
    struct souk_str uri =
        totp_uri(&arena, secret, souk_str("ann@shop.example"), souk_str("Ann's shop"));
    assert_non_null(strstr(uri.ptr, "otpauth://totp/Ann%27s%20shop:ann%40shop.example?secret="));
}

static int set_secret(struct db_conn *conn, void *arg)
{
    (void)arg;
    return staff_totp_set(conn, made, souk_str(SECRET), 10, NOW);
}

static int use_step(struct db_conn *conn, void *arg)
{
    return staff_totp_used(conn, made, *(int64_t *)arg);
}

static void test_step_counts_once(void **state)
{
    (void)state;
    int64_t step = 11;
    make();
    assert_int_equal(db_write(db, set_secret, NULL, NULL), 0);
    assert_int_equal(db_write(db, set_secret, NULL, NULL), SOUK_CONFLICT);
    assert_int_equal(db_write(db, use_step, &step, NULL), 0);
    assert_int_equal(db_write(db, use_step, &step, NULL), SOUK_CONFLICT);
    step = 10;
    assert_int_equal(db_write(db, use_step, &step, NULL), SOUK_CONFLICT);
}

static int make_codes(struct db_conn *conn, void *arg)
{
    return staff_recovery_make(conn, &arena, made, arg);
}

static int use_code(struct db_conn *conn, void *arg)
{
    return staff_recovery_use(conn, made, *(struct souk_str *)arg, NOW);
}

static void test_recovery(void **state)
{
    (void)state;
    struct json *codes = json_new(&arena, JSON_ARRAY);
    make();
    assert_int_equal(db_write(db, make_codes, codes, NULL), 0);
    assert_int_equal(codes->count, 10);
    struct souk_str code = json_text(&codes->first->value);
    assert_int_equal(code.len, 11);
    struct souk_str wrong = souk_str("aaaaa-aaaaa");
    assert_int_equal(db_write(db, use_code, &wrong, NULL), SOUK_NOT_FOUND);
    assert_int_equal(db_write(db, use_code, &code, NULL), 0);
    assert_int_equal(db_write(db, use_code, &code, NULL), SOUK_NOT_FOUND);
}

struct token_step {
    struct souk_str token;
    int64_t expires;
};

static int make_token(struct db_conn *conn, void *arg)
{
    struct token_step *step = arg;
    struct json *scopes = json_new(&arena, JSON_ARRAY);
    json_add_cstr(&arena, scopes, NULL, "product.read");
    return token_make(conn, &arena, souk_str("till"), scopes, step->expires, NOW, &step->token);
}

static void test_tokens(void **state)
{
    (void)state;
    struct token_step step = {.expires = NOW + CLOCK_DAY};
    int64_t id = 0;
    const struct json *scopes = NULL;
    assert_int_equal(db_write(db, make_token, &step, NULL), 0);
    assert_int_equal(step.token.len, 48);
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(token_find(conn, &arena, step.token, NOW, &id, &scopes), 0);
    assert_true(id > 0);
    assert_true(staff_may(scopes, souk_str("product.read")));
    assert_false(staff_may(scopes, souk_str("product.edit")));
    assert_int_equal(token_find(conn, &arena, step.token, step.expires, &id, &scopes),
                     SOUK_NOT_FOUND);
    char *bent = arena_cstr(&arena, step.token);
    bent[20] = bent[20] == 'a' ? 'b' : 'a';
    assert_int_equal(token_find(conn, &arena, souk_str(bent), NOW, &id, &scopes), SOUK_NOT_FOUND);
    db_read_end(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create, set_up, tear_down),
        cmocka_unit_test(test_rights),
        cmocka_unit_test_setup_teardown(test_lock, set_up, tear_down),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_codes_of_wrong_form),
        cmocka_unit_test_setup_teardown(test_step_counts_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_recovery, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tokens, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
