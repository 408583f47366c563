/*
 * Whoever knows rates better than the tables: who is asked when, what an absent one means, and that
 * sales without tax come out exact, whatever the prices, rates, quantities and edits are.
 */
#include "base/rand.h"
#include "base/str.h"
#include "shop/cart_goods.h"
#include "shop/order_inner.h"
#include "shop/tax.h"
#include "store/verify.h"
#include "order_fixture.h"

/* The oracle: BG and DE are taxed, US is exempt, DE is so for "DE1"; of FI it knows nothing. */
static struct {
    int off, away, asked;
    int64_t home, reduced;
    char number[40], tax_class[40];
} world;

static int rules(const struct market *market)
{
    (void)market;
    return !world.off;
}

static int answer(struct db_conn *conn, const struct tax_question *question,
                  struct tax_rates *rates)
{
    (void)conn;
    world.asked++;
    str_copy(world.number, sizeof world.number, question->number);
    str_copy(world.tax_class, sizeof world.tax_class, question->tax_class);
    if (world.away)
        return SOUK_UNAVAILABLE;
    int home = souk_str_is(question->country, "BG");
    if (!home && !souk_str_is(question->country, "DE") && !souk_str_is(question->country, "US"))
        return SOUK_NOT_FOUND;
    *rates = (struct tax_rates){0};
    if (souk_str_is(question->country, "US") || (!home && souk_str_is(question->number, "DE1"))) {
        rates->exempt = 1;
        rates->note = "Without tax.";
        return SOUK_OK;
    }
    rates->count = 1;
    rates->at[0] = (struct tax_rate){.name = "VAT", .delivery = 1, .ppm = world.home};
    if (souk_str_is(question->tax_class, "reduced"))
        rates->at[0].ppm = world.reduced;
    if (!home)
        rates->at[0].ppm = 190000;
    return SOUK_OK;
}

static const struct tax_oracle oracle = {rules, answer};

static int ask_setup(void **state)
{
    memset(&world, 0, sizeof world);
    world.home = 200000;
    world.reduced = 90000;
    tax_ask(&oracle);
    return fixture_setup(state);
}

static int ask_teardown(void **state)
{
    tax_ask(NULL);
    return fixture_teardown(state);
}

static int rates_in(struct shop_fixture *fixture, const struct market *market,
                    struct tax_rates *rates)
{
    int64_t class_id = fixture_int(fixture, "SELECT id FROM tax_class WHERE code = 'standard'");
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = tax_rates(conn, class_id, market, rates);
    db_read_end(conn);
    return code;
}

static struct market market_in(const char *country)
{
    struct market market = market_at("en", NOW);
    market.country = souk_str(country);
    return market;
}

/* The shop's own table: 7 % everywhere. */
static void own_rates(struct shop_fixture *fixture)
{
    fixture_sql(fixture, "INSERT INTO tax_zone (id, name, country, region, postcode, city) "
                         "VALUES (7001, 'all', '', '', '', '')");
    fixture_sql(fixture,
                "INSERT INTO tax_rate (id, zone_id, class_id, name, rate, priority, compound, "
                "delivery) SELECT 7002, 7001, id, 'Own', 70000, 1, 0, 1 FROM tax_class WHERE code "
                "= 'standard'");
}

static void test_who_is_asked(void **state)
{
    struct shop_fixture *fixture = *state;
    struct tax_rates rates;
    struct market market = market_in("DE");
    own_rates(fixture);
    assert_int_equal(rates_in(fixture, &market, &rates), SOUK_OK);
    assert_int_equal(rates.at[0].ppm, 190000);
    assert_string_equal(world.tax_class, "standard");
    market = market_in("FI"); /* of which it knows nothing */
    assert_int_equal(rates_in(fixture, &market, &rates), SOUK_OK);
    assert_int_equal(rates.at[0].ppm, 70000);
    world.off = 1;
    int before = world.asked;
    market = market_in("DE");
    assert_int_equal(rates_in(fixture, &market, &rates), SOUK_OK);
    assert_int_equal(rates.at[0].ppm, 70000);
    assert_int_equal(world.asked, before);
}

static void test_away(void **state)
{
    struct shop_fixture *fixture = *state;
    struct tax_rates rates;
    struct market market = market_in("DE");
    own_rates(fixture);
    world.away = 1;
    assert_int_equal(rates_in(fixture, &market, &rates), SOUK_OK); /* a page goes on */
    assert_int_equal(rates.at[0].ppm, 70000);
    market.sells = 1;
    assert_int_equal(rates_in(fixture, &market, &rates), SOUK_UNAVAILABLE);
    assert_int_equal(rates.count, 0);
    struct order_fixture_result result;
    world.away = 0;
    order_fixture_goods(fixture);
    fixture_sql(fixture, "UPDATE product SET tax_class_id = (SELECT id FROM tax_class WHERE code = "
                         "'standard')");
    struct order_fixture_run run = {.want = &order_fixture_usual, .result = &result};
    result = (struct order_fixture_result){0};
    order_fixture_prepare(fixture, &run);
    world.away = 1; /* between the page and the write */
    assert_int_equal(order_fixture_commit(fixture, &run), SOUK_CONFLICT);
    assert_string_equal(result.problem, "unavailable");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM shop_order"), 0);
    world.away = 0;
    world.home = 210000; /* and the rate is another: asked again in the write */
    assert_int_equal(order_fixture_commit(fixture, &run), SOUK_CONFLICT);
    assert_string_equal(result.problem, "price-changed");
}

static void test_numbers(void **state)
{
    struct shop_fixture *fixture = *state;
    struct tax_rates rates;
    struct market market = market_in("DE");
    struct tax_buyer buyer = {.state = TAX_STATE_VALID, .number = souk_str("DE1")};
    market.buyer = &buyer;
    assert_int_equal(rates_in(fixture, &market, &rates), SOUK_OK);
    assert_true(rates.exempt);
    const enum tax_state others[] = {TAX_STATE_NONE, TAX_STATE_WRONG, TAX_STATE_UNKNOWN};
    for (size_t i = 0; i < 3; i++) { /* whatever is not known to be valid is none */
        buyer.state = others[i];
        assert_int_equal(rates_in(fixture, &market, &rates), SOUK_OK);
        assert_false(rates.exempt);
        assert_string_equal(world.number, "");
    }
    buyer.state = TAX_STATE_VALID;
    buyer.basis = TAX_BASIS_CHARGED;
    assert_int_equal(rates_in(fixture, &market, &rates), SOUK_OK);
    assert_int_equal(rates.at[0].ppm, 190000);
    market.country = souk_str("US"); /* the order was taxed: by home's law then */
    assert_int_equal(rates_in(fixture, &market, &rates), SOUK_OK);
    assert_int_equal(rates.at[0].ppm, 200000);
    buyer.basis = TAX_BASIS_EXEMPT;
    buyer.note = "As agreed.";
    world.away = market.sells = 1; /* nobody needs to be asked */
    assert_int_equal(rates_in(fixture, &market, &rates), SOUK_OK);
    assert_true(rates.exempt);
    assert_string_equal(rates.note, "As agreed.");
}

static void test_buyer_is_kept(void **state)
{
    struct shop_fixture *fixture = *state;
    const struct tax_buyer buyer = {.state = TAX_STATE_UNKNOWN,
                                    .number = souk_str("DE1"),
                                    .typed = souk_str("de 1"),
                                    .country = souk_str("DE"),
                                    .company = souk_str("Müller"),
                                    .proof = souk_str("W1"),
                                    .words = souk_str("not now"),
                                    .asked_at = 77};
    struct tax_buyer read;
    tax_buyer_read(tax_buyer_doc(&fixture->arena, &buyer), &read);
    assert_int_equal(read.state, TAX_STATE_UNKNOWN);
    assert_true(souk_str_is(read.typed, "de 1") && souk_str_is(read.words, "not now"));
    assert_int_equal(read.asked_at, 77);
    assert_non_null(tax_buyer_note(&read));
    tax_buyer_read(fixture_json(fixture, "{\"state\": \"free\", \"number\": 7}"), &read);
    assert_int_equal(read.state, TAX_STATE_NONE);
    tax_buyer_read(NULL, &read);
    assert_int_equal(read.state, TAX_STATE_NONE);
}

/* ---- the cart's draft ---- */

static void test_draft(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_in("DE");
    static const char *const tax =
        "\"tax\": {\"state\": \"valid\", \"number\": \"DE1\", \"typed\": \"de1\"}";
    struct cart cart = {0};
    cart.draft = fixture_json(
        fixture,
        arena_printf(&fixture->arena, "{\"billing\": {\"vat_number\": \" de1 \"}, %s}", tax).ptr);
    assert_non_null(cart_market(&fixture->arena, &cart, &market).buyer);
    cart.draft = fixture_json(
        fixture,
        arena_printf(&fixture->arena, "{\"billing\": {\"vat_number\": \"de2\"}, %s}", tax).ptr);
    assert_null(cart_market(&fixture->arena, &cart, &market).buyer); /* another one stands there */
    cart.draft = fixture_json(fixture, arena_printf(&fixture->arena, "{%s}", tax).ptr);
    assert_null(cart_market(&fixture->arena, &cart, &market).buyer);
    cart.draft = fixture_json(fixture, "{\"billing\": {\"vat_number\": \"de1\"}, \"tax\": 7}");
    assert_null(cart_market(&fixture->arena, &cart, &market).buyer);
}

/* ---- sales without tax, at random ---- */

static uint64_t seed = 20261122;

static int64_t dice(int64_t least, int64_t most)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return least + (int64_t)((seed >> 33) % (uint64_t)(most - least + 1));
}

/* amount / (1 + rate), half up, by another way than the code's: the largest net whose double is
 * not beyond the double of the exact one. */
static int64_t net(int64_t amount, int64_t ppm)
{
    __int128 twice = (__int128)amount * 2000000 + (1000000 + ppm);
    return (int64_t)(twice / (2 * (__int128)(1000000 + ppm)));
}

static void shop_of(int include, int total)
{
    struct market_shop shop = *market_shop();
    shop.prices_include_tax = include;
    shop.round_by_total = total;
    market_setup(&shop);
}

static void expect_verified(struct shop_fixture *fixture)
{
    order_verify_setup();
    const struct json *report = verify_run(fixture->db, &fixture->arena);
    json_each(check, json_at(report, "checks")) if (!json_true(json_at(&check->value, "ok")))
        fail_msg("%s", fixture_print(fixture, report));
}

static void expect_line(const struct quote_line *line, int include)
{
    int64_t price = souk_str_is(line->sku, "TEA") ? 1000 : 550;
    int64_t ppm = souk_str_is(line->sku, "TEA") ? world.home : world.reduced;
    assert_int_equal(line->unit_price, include ? net(price, ppm) : price);
    assert_int_equal(line->total, line->quantity * line->unit_price);
    assert_int_equal(line->tax, 0);
    assert_int_equal(line->rates.count, 0);
}

struct wish {
    int64_t id;
    const char *text;
};

static int wish_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct wish *wish = arg;
    fixture->err = (struct err){0};
    return order_edit(conn, &fixture->arena, wish->id, fixture_json(fixture, wish->text),
                      souk_str("staff:7"), fixture->now, &fixture->err);
}

static void one_sale(struct shop_fixture *fixture, int include)
{
    struct order_fixture_result result = {0};
    int64_t teas = dice(1, 4);
    struct order_fixture_want want = {
        .goods =
            arena_printf(&fixture->arena, "TEA:%lld%s", (long long)teas, dice(0, 1) ? ",MUG:2" : "")
                .ptr,
        .email =
            arena_printf(&fixture->arena, "p%lld@example.org", (long long)dice(1, 1000000)).ptr};
    struct order_fixture_run run = {.want = &want, .result = &result};
    struct tax_buyer buyer = {
        .state = TAX_STATE_VALID, .number = souk_str("DE1"), .proof = souk_str("W1")};
    world.home = dice(0, 400000);
    world.reduced = dice(0, 100000);
    order_fixture_prepare(fixture, &run);
    run.market.country = souk_str("DE");
    run.market.buyer = &buyer;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    struct err err = {0};
    assert_int_equal(cart_price(conn, &fixture->arena, &run.cart, &run.market, &run.delivery, 1,
                                &run.quote, NULL, &err),
                     SOUK_OK);
    db_read_end(conn);
    assert_int_equal(run.quote.exempt, QUOTE_EXEMPT_ALL);
    assert_true(souk_str_is(run.quote.tax_note, "Without tax."));
    assert_int_equal(run.quote.tax + run.quote.tax_included, 0);
    int64_t sum = 500;
    for (size_t i = 0; i < run.quote.count; i++) {
        expect_line(&run.quote.lines[i], include);
        sum += run.quote.lines[i].total;
    }
    assert_int_equal(run.quote.total, sum);
    if (order_fixture_commit(fixture, &run) != SOUK_OK)
        fail_msg("place: %s", result.err.text);
    /* the law changes, the register forgets: the order does not */
    int64_t home = world.home;
    world.home = dice(0, 400000);
    struct wish wish = {
        result.placed.id,
        arena_printf(&fixture->arena,
                     "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": %lld}, {\"sku\": "
                     "\"CUP\", \"quantity\": 3}], \"delivery_amount\": 700}",
                     (long long)dice(1, 6))
            .ptr};
    if (fixture_write(fixture, wish_run, &wish) != SOUK_OK)
        fail_msg("edit: %s", fixture->err.text);
    struct json *doc = NULL;
    conn = db_read_begin(fixture->db, 0);
    assert_int_equal(order_load(conn, &fixture->arena, result.placed.id, 1, &doc), SOUK_OK);
    db_read_end(conn);
    const struct json *tax = json_at(doc, "tax");
    assert_true(souk_str_is(json_text(json_at(tax, "exempt")), "all"));
    assert_true(souk_str_is(json_text(json_at(tax, "note")), "Without tax."));
    assert_true(souk_str_is(json_text(json_at(tax, "proof")), "W1"));
    json_each(line, json_at(doc, "lines"))
    {
        int64_t unit = json_int(json_at(&line->value, "unit_price"), -1);
        struct souk_str sku = json_text(json_at(&line->value, "sku"));
        assert_int_equal(json_int(json_at(&line->value, "tax"), -1), 0);
        if (souk_str_is(sku, "TEA")) /* as agreed */
            assert_int_equal(unit, include ? net(1000, home) : 1000);
        if (souk_str_is(sku, "CUP")) /* today's price by today's law, and no tax */
            assert_int_equal(unit, include ? net(731, world.home) : 731);
    }
}

static void test_random_sales(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_product(fixture, "TEA", 1000, 100000, 100);
    order_fixture_product(fixture, "MUG", 550, 100000, 400);
    order_fixture_product(fixture, "CUP", 731, 100000, 400);
    fixture_sql(fixture, "UPDATE product SET tax_class_id = (SELECT id FROM tax_class WHERE code = "
                         "CASE key WHEN 'MUG' THEN 'reduced' ELSE 'standard' END)");
    for (int i = 0; i < 60; i++) {
        shop_of(i % 2, i / 2 % 2);
        one_sale(fixture, i % 2);
    }
    shop_of(1, 0);
    expect_verified(fixture);
    /* and the check finds what it is there for */
    fixture_sql(fixture, "UPDATE order_line SET taxes = '[{\"name\": \"VAT\", \"ppm\": 200000, "
                         "\"amount\": 0}]' WHERE id = (SELECT min(id) FROM order_line)");
    const struct json *report = verify_run(fixture->db, &fixture->arena);
    int found = 0;
    json_each(check, json_at(report, "checks")) found += !json_true(json_at(&check->value, "ok"));
    assert_int_equal(found, 1);
}

static void test_net(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        struct tax_rates rates = {.count = 1};
        int64_t amount = dice(0, i % 2 ? 1000 : 100000000), got = -1;
        rates.at[0].ppm = dice(0, 1000000);
        assert_int_equal(tax_net(amount, &rates, &got), SOUK_OK);
        assert_int_equal(got, net(amount, rates.at[0].ppm));
    }
}

/* A taxed order stays so, and one without a class is no business of anybody's. */
static void test_taxed_order_stays(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    fixture_sql(fixture, "UPDATE product SET tax_class_id = NULL WHERE key = 'MUG'");
    int64_t id = order_fixture_place(fixture, &(struct order_fixture_want){.goods = "TEA:1,MUG:1"});
    struct wish wish = {id, "{\"address\": {\"country\": \"US\", \"city\": \"Boston\", \"line1\": "
                            "\"1 A\"}, \"lines\": [{\"sku\": \"TEA\", \"quantity\": 2}]}"};
    assert_int_equal(fixture_write(fixture, wish_run, &wish), SOUK_OK);
    assert_int_equal(fixture_int(fixture, "SELECT tax_included FROM shop_order"), 333);
    assert_int_equal(fixture_int(fixture, "SELECT tax FROM order_line WHERE sku = 'MUG'"), 0);
    expect_verified(fixture);
}

/* However many lines there are, a class is asked about once: for the place, and for home. */
static void test_asked_by_class(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_result result = {0};
    struct tax_buyer buyer = {.state = TAX_STATE_VALID, .number = souk_str("DE1")};
    struct order_fixture_want want = {.goods = "A:1,B:2,C:3,D:4,E:5,F:6"};
    struct order_fixture_run run = {.want = &want, .result = &result};
    struct err err = {0};
    static const char *const skus[] = {"A", "B", "C", "D", "E", "F"};
    for (size_t i = 0; i < 6; i++)
        order_fixture_product(fixture, skus[i], 700, 50, 1);
    fixture_sql(fixture, "UPDATE product SET tax_class_id = (SELECT id FROM tax_class WHERE code = "
                         "'standard')");
    order_fixture_prepare(fixture, &run);
    run.market.country = souk_str("DE");
    run.market.buyer = &buyer;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    world.asked = 0;
    assert_int_equal(cart_price(conn, &fixture->arena, &run.cart, &run.market, &run.delivery, 1,
                                &run.quote, NULL, &err),
                     SOUK_OK);
    db_read_end(conn);
    assert_int_equal(run.quote.exempt, QUOTE_EXEMPT_ALL);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(run.quote.lines[i].unit_price, 583);
        assert_int_equal(run.quote.lines[i].original_price, 583);
    }
    assert_int_equal(world.asked, 2);
}

/* Goods without tax, and a delivery whose class the plugin knows nothing of: the sale is free of
 * tax in part, before and after it is edited. */
static void test_taxed_delivery(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_result result = {0};
    struct tax_buyer buyer = {.state = TAX_STATE_VALID, .number = souk_str("DE1")};
    struct order_fixture_want want = {.goods = "TEA:2", .delivery_ppm = 190000};
    struct order_fixture_run run = {.want = &want, .result = &result};
    struct err err = {0};
    order_fixture_goods(fixture);
    fixture_sql(fixture, "UPDATE product SET tax_class_id = (SELECT id FROM tax_class WHERE code = "
                         "'standard')");
    order_fixture_prepare(fixture, &run);
    run.market.country = souk_str("DE");
    run.market.buyer = &buyer;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(cart_price(conn, &fixture->arena, &run.cart, &run.market, &run.delivery, 1,
                                &run.quote, NULL, &err),
                     SOUK_OK);
    db_read_end(conn);
    assert_int_equal(run.quote.exempt, QUOTE_EXEMPT_SOME);
    assert_int_equal(run.quote.tax_included, 80);
    if (order_fixture_commit(fixture, &run) != SOUK_OK)
        fail_msg("place: %s", result.err.text);
    expect_verified(fixture);
    struct wish wish = {result.placed.id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 3}]}"};
    assert_int_equal(fixture_write(fixture, wish_run, &wish), SOUK_OK);
    const struct json *doc = order_fixture_load(fixture, result.placed.id, 1);
    assert_true(souk_str_is(json_text(json_at(json_at(doc, "tax"), "exempt")), "some"));
    assert_int_equal(fixture_int(fixture, "SELECT total FROM shop_order"), 3 * 833 + 500);
    expect_verified(fixture);
}

#define ASK_TEST(name) cmocka_unit_test_setup_teardown(name, ask_setup, ask_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(test_who_is_asked),   ASK_TEST(test_away),
        ASK_TEST(test_numbers),        ASK_TEST(test_buyer_is_kept),
        ASK_TEST(test_draft),          ASK_TEST(test_random_sales),
        cmocka_unit_test(test_net),    ASK_TEST(test_taxed_order_stays),
        ASK_TEST(test_asked_by_class), ASK_TEST(test_taxed_delivery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
