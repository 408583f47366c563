/*
 * Rates of a place and the arithmetic of tax, with vectors from failures that other shops had.
 */
#include "base/money.h"
#include "base/str.h"
#include "shop/tax.h"
#include "shop/tax_place.h"
#include "fixture.h"

static struct tax_rates rates_of(int count, const int64_t *ppm)
{
    struct tax_rates rates = {.count = count};
    for (int i = 0; i < count; i++)
        rates.at[i].ppm = ppm[i];
    return rates;
}

static int64_t within(int64_t amount, int64_t ppm)
{
    struct tax_rates rates = rates_of(1, &ppm);
    int64_t tax, parts[TAX_RATES];
    assert_int_equal(tax_of(amount, &rates, 1, &tax, parts), 0);
    assert_int_equal(parts[0], tax);
    return tax;
}

static int64_t on_top(int64_t amount, int64_t ppm)
{
    struct tax_rates rates = rates_of(1, &ppm);
    int64_t tax, parts[TAX_RATES];
    assert_int_equal(tax_of(amount, &rates, 0, &tax, parts), 0);
    return tax;
}

static void test_one_rate(void **state)
{
    (void)state;
    /* 21 % in 45.00 and 49.00, on top of 4.96: 100.00 in all */
    assert_int_equal(within(4500, 210000), 781);
    assert_int_equal(within(4900, 210000), 850);
    assert_int_equal(on_top(496, 210000), 104);
    assert_int_equal(4500 + 4900 + 496 + on_top(496, 210000), 10000);
    assert_int_equal(4500 - 781 + 4900 - 850 + 496, 8265);
    assert_int_equal(within(699, 200000), 116);
    assert_int_equal(within(4000, 50000), 190);
    assert_int_equal(within(1500, 190000), 239);
    /* shown, in the cart and in the order alike: 55.00 is what it is */
    assert_int_equal(within(5500, 240000), 1065);
    /* no idea of two decimals: yen, Kuwaiti fils */
    assert_int_equal(within(1100, 100000), 100);
    assert_int_equal(within(1105, 50000), 53); /* 52.62 */
    assert_int_equal(on_top(333, 80000), 27);
    assert_int_equal(within(0, 200000), 0);
    assert_int_equal(within(1000, 0), 0);
}

static void test_refunds_add_up(void **state)
{
    (void)state;
    /* ten of 23.90 with a quarter off: 179.25; ten refunds of one share the tax of the whole */
    int64_t tax = within(17925, 200000), weights[10], parts[10], sum = 0;
    for (int i = 0; i < 10; i++)
        weights[i] = 1;
    assert_int_equal(money_split(tax, weights, 10, parts), 0);
    for (int i = 0; i < 10; i++)
        sum += parts[i];
    assert_int_equal(sum, tax);
    assert_int_equal(tax, 2987);
    /* per line, not per unit: nine of 13.956300 stand as 125.61 on their line */
    assert_int_equal(on_top(12561, 200000), 2512);
}

static void test_several_rates(void **state)
{
    (void)state;
    const int64_t two[] = {90000, 90000};
    struct tax_rates rates = rates_of(2, two);
    int64_t tax, parts[TAX_RATES];
    assert_int_equal(tax_of(59900, &rates, 1, &tax, parts), 0);
    assert_int_equal(tax, 9137);
    assert_int_equal(parts[0], 4569);
    assert_int_equal(parts[1], 4568);
    /* 5 % and on both 9.975 % */
    rates = rates_of(2, (const int64_t[]){50000, 99750});
    rates.at[1].compound = 1;
    assert_int_equal(tax_of(10000, &rates, 0, &tax, parts), 0);
    assert_int_equal(parts[0], 500);
    assert_int_equal(parts[1], 1047);
    assert_int_equal(tax, 1547);
    assert_int_equal(tax_of(11547, &rates, 1, &tax, parts), 0);
    assert_int_equal(tax, 1547);
    assert_int_equal(parts[0] + parts[1], tax);
    assert_int_equal(parts[0], 500);
}

static void test_signs_and_limits(void **state)
{
    (void)state;
    int64_t ppm = 200000, tax, parts[TAX_RATES];
    struct tax_rates rates = rates_of(1, &ppm), none = {.count = 0};
    for (int64_t amount = 0; amount < 2000; amount += 7) {
        assert_int_equal(tax_of(amount, &rates, 1, &tax, parts), 0);
        int64_t plus = tax;
        assert_int_equal(tax_of(-amount, &rates, 1, &tax, parts), 0);
        assert_int_equal(tax, -plus);
        /* the net is rounded half away from zero */
        assert_true(plus * 6 - amount < 3 && amount - plus * 6 <= 3);
    }
    assert_int_equal(tax_of(INT64_MAX, &rates, 1, &tax, parts), 0);
    assert_int_equal(tax_of(INT64_MAX, &rates, 0, &tax, parts), SOUK_INVALID);
    assert_int_equal(tax_of(1000, &none, 1, &tax, parts), 0);
    assert_int_equal(tax, 0);
}

static void test_postcodes(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *postcode;
        int fits;
    } cases[] = {
        {"1000", "1000", 1},
        {"1000", "1001", 0},
        {"10*", "1099", 1},
        {"10*", "10", 1},
        {"10*", "1100", 0},
        {"*", "x", 1},
        {"1000...1999", "1000", 1},
        {"1000...1999", "1999", 1},
        {"1000...1999", "2000", 0},
        {"1000...1999", "999", 0},
        {"1000...1999", "AB1", 0},
        {"sw1a 1aa", "SW1A1AA", 1},
        {"SW1A*", "sw1a 2bb", 1},
        {"SW1A*", "sw1", 0},
        {"1000", "", 0},
        {" 1000 ... 1999 ", "1 500", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if ((tax_place_postcode(souk_str(cases[i].pattern), souk_str(cases[i].postcode)) > 0) !=
            cases[i].fits)
            fail_msg("%s and %s", cases[i].pattern, cases[i].postcode);
    assert_true(tax_place_postcode(souk_str("1234"), souk_str("1234")) >
                tax_place_postcode(souk_str("1000...1999"), souk_str("1234")));
    assert_true(tax_place_postcode(souk_str("1000...1999"), souk_str("1234")) >
                tax_place_postcode(souk_str("12*"), souk_str("1234")));
}

static int save_zones(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const char *const *docs = arg;
    int64_t id;
    int change;
    for (; *docs; docs++) {
        int code = tax_zone_put(conn, fixture_json(fixture, *docs), &id, &change, &fixture->err);
        if (code)
            return code;
    }
    return 0;
}

static struct tax_rates ask(struct shop_fixture *fixture, int64_t class_id, const char *country,
                            const char *region, const char *postcode)
{
    struct market market = market_at("en", fixture->now);
    struct tax_rates rates;
    market.country = souk_str(country);
    market.region = souk_str(region);
    market.postcode = souk_str(postcode);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(tax_rates(conn, class_id, &market, &rates), 0);
    db_read_end(conn);
    return rates;
}

static void test_places(void **state)
{
    struct shop_fixture *fixture = *state;
    static const char *const docs[] = {
        "{\"country\":\"\",\"name\":\"World\",\"rate\":\"0\"}",
        "{\"country\":\"BG\",\"name\":\"VAT\",\"rate\":\"20.0000\"}",
        "{\"country\":\"BG\",\"name\":\"VAT 9\",\"rate\":\"9\",\"class\":\"reduced\"}",
        "{\"country\":\"us\",\"state\":\"CA\",\"rate\":\"7.25%\",\"name\":\"State\"}",
        "{\"country\":\"US\",\"state\":\"CA\",\"postcode\":\"90210; 902*\",\"rate\":\"1.5\","
        "\"name\":\"City\",\"priority\":\"2\",\"shipping\":\"0\"}",
        "{\"country\":\"US\",\"state\":\"CA\",\"postcode\":\"90210\",\"name\":\"x\",\"rates\":"
        "[{\"name\":\"Hills\",\"ppm\":25000,\"priority\":2,\"compound\":true}]}",
        NULL};
    assert_int_equal(fixture_write(fixture, save_zones, (void *)(uintptr_t)docs), 0);
    struct tax_rates rates = ask(fixture, 1, "BG", "", "1000");
    assert_int_equal(rates.count, 1);
    assert_int_equal(rates.at[0].ppm, 200000);
    assert_string_equal(rates.at[0].name, "VAT");
    assert_int_equal(ask(fixture, 2, "BG", "", "").at[0].ppm, 90000);
    assert_int_equal(ask(fixture, 1, "FR", "", "").at[0].ppm, 0);
    assert_int_equal(ask(fixture, 2, "FR", "", "").count, 0);
    rates = ask(fixture, 1, "US", "ca", "90299");
    assert_int_equal(rates.count, 2);
    assert_int_equal(rates.at[0].ppm, 72500);
    assert_int_equal(rates.at[1].ppm, 15000);
    assert_int_equal(rates.at[1].delivery, 0);
    rates = ask(fixture, 1, "US", "CA", "90210");
    assert_int_equal(rates.at[1].ppm, 25000);
    assert_int_equal(rates.at[1].compound, 1);
    /* the same again changes the rate, and makes no second zone */
    int64_t zones = fixture_int(fixture, "SELECT count(*) FROM tax_zone");
    static const char *const again[] = {"{\"country\":\"BG\",\"rate\":\"19\"}", NULL};
    assert_int_equal(fixture_write(fixture, save_zones, (void *)(uintptr_t)again), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM tax_zone"), zones);
    assert_int_equal(ask(fixture, 1, "BG", "", "").at[0].ppm, 190000);
}

static void test_refused(void **state)
{
    struct shop_fixture *fixture = *state;
    static const char *const bad[] = {
        "{\"country\":\"Bulgaria\",\"rate\":\"20\"}", "{\"country\":\"BG\",\"rate\":\"twenty\"}",
        "{\"country\":\"BG\",\"rate\":\"20.00001\"}", "{\"country\":\"BG\",\"rate\":\"101\"}",
        "{\"country\":\"BG\",\"rate\":20}",           "{\"country\":\"BG\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *docs[] = {bad[i], NULL};
        if (fixture_write(fixture, save_zones, docs) != SOUK_INVALID)
            fail_msg("taken: %s", bad[i]);
    }
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM tax_rate"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_rate),
        cmocka_unit_test(test_refunds_add_up),
        cmocka_unit_test(test_several_rates),
        cmocka_unit_test(test_signs_and_limits),
        cmocka_unit_test(test_postcodes),
        SHOP_TEST(test_places),
        SHOP_TEST(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
