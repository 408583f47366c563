/* Tests of generated codes: unique, without look-alikes, with a check symbol that catches every
 * single wrong symbol and every swap of neighbours; and of the limit on trying codes out. */
#include "base/map.h"
#include "base/str.h"

#include "rules_fixture.h"

static const char symbols[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
static const char signs[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

struct making {
    struct promo_batch batch;
    struct json *codes;
    struct err err;
    int64_t count;
};

static int generate_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct making *making = arg;
    making->codes = json_new(&fixture->arena, JSON_ARRAY);
    making->err = (struct err){0};
    return promo_codes_generate(conn, &fixture->arena, &making->batch, fixture->now, making->codes,
                                &making->err);
}

static int make(struct shop_fixture *fixture, struct making *making)
{
    making->batch.actor = souk_str("test");
    return fixture_write(fixture, generate_run, making);
}

static int off_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct making *making = arg;
    (void)fixture;
    return promo_codes_disable(conn, making->batch.name, making->batch.note, 1, &making->count,
                               &making->err);
}

static void test_form(void **state)
{
    struct shop_fixture *fixture = *state;
    struct making making = {
        .batch = {.name = souk_str("w"), .prefix = souk_str(" vip-"), .count = 200, .length = 5}};
    assert_int_equal(make(fixture, &making), 0);
    assert_int_equal(making.codes->count, 200);
    json_each(item, making.codes)
    {
        struct souk_str code = json_text(&item->value);
        assert_int_equal(code.len, 4 + 5 + 1);
        assert_true(str_starts(code, "VIP-"));
        for (size_t i = 4; i < code.len; i++)
            assert_non_null(strchr(symbols, code.ptr[i]));
        assert_true(promo_code_checks(code));
        assert_true(souk_str_equal(promo_code_normalize(&fixture->arena, code), code));
    }
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM promo_code"), 200);
}

/* Every wrong symbol at every place, every swap of neighbours that differ. */
static void check_slips(struct souk_str code)
{
    char text[80];
    for (size_t i = 0; i < code.len; i++) {
        if (code.ptr[i] == '-')
            continue;
        for (size_t s = 0; signs[s]; s++) {
            memcpy(text, code.ptr, code.len);
            text[i] = signs[s];
            if (signs[s] != code.ptr[i] && promo_code_checks(str_make(text, code.len)))
                fail_msg("%.*s passes for %.*s", (int)code.len, text, SOUK_PRI(code));
        }
        if (i + 1 == code.len || code.ptr[i + 1] == '-' || code.ptr[i] == code.ptr[i + 1])
            continue;
        memcpy(text, code.ptr, code.len);
        text[i] = code.ptr[i + 1];
        text[i + 1] = code.ptr[i];
        if (promo_code_checks(str_make(text, code.len)))
            fail_msg("%.*s passes for %.*s", (int)code.len, text, SOUK_PRI(code));
    }
}

static void test_slips_are_caught(void **state)
{
    struct shop_fixture *fixture = *state;
    static const struct promo_batch forms[] = {{.length = 3}, {.length = 8}, {.length = 24}};
    for (size_t f = 0; f < 3; f++) {
        struct making making = {.batch = forms[f]};
        making.batch.name = arena_printf(&fixture->arena, "batch%zu", f);
        making.batch.prefix = souk_str(f == 1 ? "OI10-" : "");
        making.batch.count = 300;
        assert_int_equal(make(fixture, &making), 0);
        json_each(item, making.codes) check_slips(json_text(&item->value));
    }
}

/* The standard's own example: ISO/IEC 7064, MOD 37-2 as in ISBT 128: G123498654321H. */
static void test_the_standard(void **state)
{
    (void)state;
    assert_true(promo_code_checks(souk_str("G123498654321H")));
    assert_false(promo_code_checks(souk_str("G123498654321J")));
    assert_false(promo_code_checks(souk_str("")));
    assert_false(promo_code_checks(souk_str("A")));
}

static void test_at_most_half(void **state)
{
    struct shop_fixture *fixture = *state;
    struct making making = {.batch = {.name = souk_str("a"), .count = 14159, .length = 3}};
    struct map seen = {0};
    assert_int_equal(make(fixture, &making), 0);
    json_each(item, making.codes)
    {
        if (map_put(&seen, json_text(&item->value), &seen))
            fail_msg("%.*s twice", SOUK_PRI(json_text(&item->value)));
    }
    map_free(&seen);
    making.batch.count = 20;
    assert_int_equal(make(fixture, &making), SOUK_INVALID);
    assert_non_null(strstr(making.err.text, "length"));
    making.batch.count = 1;
    assert_int_equal(make(fixture, &making), 0); /* it grows up to the half */
    making.batch.length = 4;
    making.batch.count = 1000;
    assert_int_equal(make(fixture, &making), 0);
    making.batch.length = 3;
    making.batch.prefix = souk_str("X"); /* a space of its own */
    making.batch.name = souk_str("b");
    assert_int_equal(make(fixture, &making), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM promo_code"), 16160);
}

static void test_wrong_wishes(void **state)
{
    struct shop_fixture *fixture = *state;
    static const struct promo_batch wrong[] = {
        {.name = {"", 0}, .count = 1},
        {.name = {"w", 1}, .count = 0},
        {.name = {"w", 1}, .count = 1000001},
        {.name = {"w", 1}, .count = 1, .length = 2},
        {.name = {"w", 1}, .count = 1, .length = 25},
        {.name = {"w", 1}, .count = 1, .prefix = {"A B", 3}},
        {.name = {"w", 1}, .count = 1, .ends_at = NOW},
        {.name = {"w", 1}, .count = 1, .uses = -1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct making making = {.batch = wrong[i]};
        if (make(fixture, &making) != SOUK_INVALID || !making.err.text[0])
            fail_msg("wish %zu was taken", i);
    }
    struct making making = {.batch = {.name = souk_str("w"), .count = 1, .uses = 1}};
    assert_int_equal(make(fixture, &making), 0);
    making.batch.uses = 2; /* a batch keeps its terms */
    assert_int_equal(make(fixture, &making), SOUK_INVALID);
    making.batch.uses = 0;
    assert_int_equal(make(fixture, &making), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM promo_code"), 2);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM promo_batch"), 1);
}

static void test_many(void **state)
{
    struct shop_fixture *fixture = *state;
    struct making making = {.batch = {.name = souk_str("many"), .count = 100000}};
    int64_t begun = clock_mono();
    assert_int_equal(make(fixture, &making), 0);
    int64_t took = clock_mono() - begun;
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM promo_code"), 100000);
    if (took > 30 * CLOCK_SECOND) /* a machine under load; usually half a second */
        fail_msg("100,000 codes took %lld ms", (long long)(took / CLOCK_MS));
}

static void test_disable(void **state)
{
    struct shop_fixture *fixture = *state;
    struct making making = {.batch = {.name = souk_str("w"), .count = 3}};
    assert_int_equal(make(fixture, &making), 0);
    making.batch.note = arena_str(&fixture->arena, json_text(&making.codes->first->value));
    assert_int_equal(fixture_write(fixture, off_run, &making), 0);
    assert_int_equal(making.count, 1);
    assert_int_equal(fixture_write(fixture, off_run, &making), 0);
    assert_int_equal(making.count, 0);
    making.batch.note = souk_str("");
    assert_int_equal(fixture_write(fixture, off_run, &making), 0);
    assert_int_equal(making.count, 2);
    making.batch.name = souk_str("none");
    assert_int_equal(fixture_write(fixture, off_run, &making), SOUK_NOT_FOUND);
}

/* ---- trying codes out ---- */

struct trying {
    struct promo_live *live;
    const char *address, *code;
    int64_t cart;
    struct err err;
};

static int try_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct trying *trying = arg;
    struct promo_who who = {.address = trying->address};
    trying->err = (struct err){0};
    return promo_code_try(conn, &fixture->arena, trying->live->set, &who, trying->cart,
                          souk_str(trying->code), fixture->now, &trying->err);
}

static int try(struct shop_fixture *fixture, struct trying *trying)
{
    return fixture_write(fixture, try_run, trying);
}

static void test_ten_wrong_ones(void **state)
{
    struct shop_fixture *fixture = *state;
    struct trying trying = {.address = "192.0.2.1", .cart = 7, .code = "WRONG"};
    trying.live = rules_read(
        fixture, "[{\"id\": \"a\", \"coupon\": {\"code\": \"GOOD\"}, \"give\": {\"order_percent\": "
                 "{\"percent\": 10}}}, {\"id\": \"b\", \"coupon\": {\"code\": \"OVER\", \"to\": "
                 "\"2020-01-01\"}, \"give\": {\"order_percent\": {\"percent\": 10}}}]");
    for (int i = 0; i < 30; i++) { /* good ones do not count */
        trying.code = " good ";
        assert_int_equal(try(fixture, &trying), 0);
    }
    for (int i = 0; i < 10; i++) { /* one that is over is a wrong one */
        trying.code = i % 2 ? "WRONG" : "over";
        assert_int_equal(try(fixture, &trying), 0);
    }
    assert_int_equal(try(fixture, &trying), SOUK_BUSY);
    trying.code = "GOOD";
    assert_int_equal(try(fixture, &trying), SOUK_BUSY);
    trying.cart = 8; /* the same address with another cart */
    assert_int_equal(try(fixture, &trying), SOUK_BUSY);
    trying.cart = 7; /* the same cart from another address */
    trying.address = "192.0.2.2";
    assert_int_equal(try(fixture, &trying), SOUK_BUSY);
    trying.cart = 9;
    assert_int_equal(try(fixture, &trying), 0);
    fixture->now += 10 * CLOCK_MINUTE;
    trying.cart = 7;
    trying.address = "192.0.2.1";
    assert_int_equal(try(fixture, &trying), 0);
    promo_live_publish(trying.live);
}

static void test_a_network_of_addresses_is_one(void **state)
{
    struct shop_fixture *fixture = *state;
    struct trying trying = {.code = "WRONG"};
    trying.live = rules_read(fixture, "[]");
    for (int i = 0; i < 10; i++) {
        trying.address = arena_printf(&fixture->arena, "2001:db8:1:2::%d", i + 1).ptr;
        trying.cart = 100 + i;
        assert_int_equal(try(fixture, &trying), 0);
    }
    trying.address = "2001:db8:1:2:ffff::1";
    trying.cart = 200;
    assert_int_equal(try(fixture, &trying), SOUK_BUSY);
    trying.address = "2001:db8:1:3::1";
    assert_int_equal(try(fixture, &trying), 0);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM promo_attempt WHERE length(hash) <> 32"), 0);
    promo_live_publish(trying.live);
}

static void test_codes_of_a_batch(void **state)
{
    struct shop_fixture *fixture = *state;
    struct making making = {.batch = {.name = souk_str("w"), .count = 2}};
    struct trying trying = {.address = "192.0.2.1", .cart = 7};
    trying.live = rules_read(fixture, "[{\"id\": \"a\", \"coupon\": {\"batch\": \"w\"}, \"give\": "
                                      "{\"order_percent\": {\"percent\": 10}}}]");
    assert_int_equal(make(fixture, &making), 0);
    trying.code = arena_cstr(&fixture->arena, json_text(&making.codes->first->value));
    for (int i = 0; i < 20; i++)
        assert_int_equal(try(fixture, &trying), 0);
    making.batch.note = souk_str(trying.code);
    assert_int_equal(fixture_write(fixture, off_run, &making), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(try(fixture, &trying), 0);
    assert_int_equal(try(fixture, &trying), SOUK_BUSY);
    promo_live_publish(trying.live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULES_TEST(test_form),
        RULES_TEST(test_slips_are_caught),
        RULES_TEST(test_the_standard),
        RULES_TEST(test_at_most_half),
        RULES_TEST(test_wrong_wishes),
        RULES_TEST(test_many),
        RULES_TEST(test_disable),
        RULES_TEST(test_ten_wrong_ones),
        RULES_TEST(test_a_network_of_addresses_is_one),
        RULES_TEST(test_codes_of_a_batch),
    };
    return cmocka_run_group_tests_name("promo_code", tests, NULL, NULL);
}
