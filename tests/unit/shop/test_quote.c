/*
 * What a cart costs: vectors of sums that other shops got wrong, tax of every kind, shares of
 * refunds, carts made up by the thousand, and the file of `souk quote`.
 */
#include "base/money.h"
#include "base/str.h"
#include "shop/quote.h"
#include "fixture.h"

#define LINES_MOST 40

static struct tax_rates rates_of(int64_t first, int64_t second, int compound)
{
    struct tax_rates rates = {.count = second ? 2 : first ? 1 : 0};
    str_copy(rates.at[0].name, sizeof rates.at[0].name, souk_str("first"));
    str_copy(rates.at[1].name, sizeof rates.at[1].name, souk_str("second"));
    rates.at[0].ppm = first;
    rates.at[1].ppm = second;
    rates.at[1].compound = compound;
    return rates;
}

static struct quote_line line_of(int64_t quantity, int64_t price, struct tax_rates rates)
{
    return (struct quote_line){.sku = souk_str("x"),
                               .quantity = quantity,
                               .unit_price = price,
                               .original_price = price,
                               .rates = rates};
}

static void compute(struct quote *quote)
{
    struct err err = {0};
    if (quote_compute(quote, &err) != SOUK_OK)
        fail_msg("compute: %s", err.text);
}

/* One line with the tax of its total; what is left is the net. */
static struct quote_line one(int64_t quantity, int64_t price, struct tax_rates rates, int included)
{
    struct quote_line line = line_of(quantity, price, rates);
    struct quote quote = {
        .currency = souk_str("EUR"), .include_tax = included, .lines = &line, .count = 1};
    compute(&quote);
    assert_int_equal(quote.total, line.total + (included ? 0 : line.tax));
    return line;
}

/* ---- sums that went wrong elsewhere ---- */

static void test_m1_delivery_with_tax(void **state)
{
    struct tax_rates vat = rates_of(210000, 0, 0);
    struct quote_line lines[] = {line_of(1, 4500, vat), line_of(1, 4900, vat)};
    struct quote_delivery delivery = {.method = souk_str("post"), .amount = 600, .rates = vat};
    struct quote quote = {
        .include_tax = 1, .lines = lines, .count = 2, .delivery = &delivery, .delivery_count = 1};
    (void)state;
    for (int by_total = 0; by_total < 2; by_total++) {
        quote.round_by_total = by_total;
        compute(&quote);
        assert_int_equal(quote.total, 10000);
        assert_int_equal(lines[0].tax, 781);
        assert_int_equal(lines[1].tax, 850);
        assert_int_equal(quote.delivery_tax, 104);
        assert_int_equal(quote.tax_included, 1735);
        assert_int_equal(quote.total - quote.tax_included, 8265);
        assert_int_equal(quote.tax, 0);
    }
}

static void test_m2_two_rates(void **state)
{
    (void)state;
    struct quote_line line = one(1, 59900, rates_of(90000, 90000, 0), 1);
    assert_int_equal(line.total, 59900);
    assert_int_equal(line.total - line.tax, 50763);
    assert_int_equal(line.tax_parts[0], 4569);
    assert_int_equal(line.tax_parts[1], 4568);
}

static void test_m3_refunds(void **state)
{
    struct quote_line line = line_of(10, 2390, rates_of(200000, 0, 0));
    struct quote_share quarter = {souk_str("quarter"), 0};
    int64_t singles = 0, taxes = 0;
    (void)state;
    assert_int_equal(money_share(23900, 250000, &quarter.amount), 0);
    line.discounts = &quarter;
    line.discount_count = 1;
    struct quote quote = {.include_tax = 1, .lines = &line, .count = 1};
    compute(&quote);
    assert_int_equal(quote.total, 17925);
    assert_int_equal(quote_units(line.total, 10, 0, 10), 17925);
    for (int64_t i = 0; i < 10; i++) {
        singles += quote_units(line.total, 10, i, 1);
        taxes += quote_units(line.tax, 10, i, 1);
    }
    assert_int_equal(singles, 17925);
    assert_int_equal(taxes, line.tax);
}

static void test_m4_m5_m6_included(void **state)
{
    (void)state;
    assert_int_equal(one(1, 699, rates_of(200000, 0, 0), 1).tax, 116);
    assert_int_equal(one(1, 4000, rates_of(50000, 0, 0), 1).tax, 190);
    assert_int_equal(one(1, 1500, rates_of(190000, 0, 0), 1).tax, 239);
}

/* 44.355 net at 24 % is 55.00: a shop whose prices include tax enters 55.00 and gets 55.00 for
 * ever. */
static void test_m7_unit_price_is_the_truth(void **state)
{
    (void)state;
    struct quote_line gross = one(1, 5500, rates_of(240000, 0, 0), 1);
    assert_int_equal(gross.total, 5500);
    assert_int_equal(gross.total - gross.tax, 4435);
    struct quote_line net = one(1, 4436, rates_of(240000, 0, 0), 0);
    assert_int_equal(net.total + net.tax, 5501);
}

/* 13.956300 is kept as 13.96: nine of them are 125.64, by unit, everywhere. */
static void test_m8_by_unit(void **state)
{
    (void)state;
    struct quote_line line = one(9, 1396, rates_of(0, 0, 0), 0);
    assert_int_equal(line.total, 12564);
    assert_int_equal(quote_units(line.total, 9, 3, 1), 1396);
}

/* Delivery that is taxed on top comes back with its tax. */
static void test_m9_delivery_tax(void **state)
{
    struct tax_rates vat = rates_of(200000, 0, 0);
    struct quote_line line = line_of(1, 1000, vat);
    struct quote_delivery delivery = {.amount = 500, .discount = 100, .rates = vat};
    struct quote quote = {.lines = &line, .count = 1, .delivery = &delivery, .delivery_count = 1};
    (void)state;
    compute(&quote);
    assert_int_equal(quote.delivery_tax, 80);
    assert_int_equal(quote.tax, 280);
    assert_int_equal(quote.total, 1000 + 400 + 280);
    int64_t line_back = quote_units(line.total, 1, 0, 1) + quote_units(line.tax, 1, 0, 1);
    assert_int_equal(quote.total - line_back, 400 + quote.delivery_tax);
}

/* The tax is of the rounded line, not of its fractions: a third of 9.99 is 3.33 and stays it. */
static void test_m10_line_is_rounded_first(void **state)
{
    int64_t share;
    (void)state;
    assert_int_equal(money_share(999, 333000, &share), 0);
    assert_int_equal(share, 333);
    struct quote_line line = one(1, share, rates_of(200000, 0, 0), 0);
    assert_int_equal(line.tax, 67); /* 66.6 */
    line = one(3, 111, rates_of(75000, 0, 0), 0);
    assert_int_equal(line.tax, 25); /* 24.975 of the line; three units would be 24 */
}

static void test_m11_total_is_sum_of_lines(void **state)
{
    struct tax_rates vat = rates_of(230000, 0, 0);
    struct quote_share shares[3] = {{souk_str("p"), 0}, {souk_str("p"), 0}, {souk_str("p"), 0}};
    struct quote_line lines[] = {line_of(1, 1013, vat), line_of(3, 777, vat), line_of(1, 250, vat)};
    int64_t weights[3], parts[3], off, shown = 0, tax = 0;
    (void)state;
    for (int i = 0; i < 3; i++)
        weights[i] = lines[i].quantity * lines[i].unit_price;
    assert_int_equal(money_share(weights[0] + weights[1] + weights[2], 100000, &off), 0);
    assert_int_equal(money_split(off, weights, 3, parts), 0);
    for (int i = 0; i < 3; i++) {
        shares[i].amount = parts[i];
        lines[i].discounts = &shares[i];
        lines[i].discount_count = 1;
    }
    struct quote quote = {.include_tax = 1, .round_by_total = 1, .lines = lines, .count = 3};
    compute(&quote);
    for (int i = 0; i < 3; i++) {
        shown += lines[i].total;
        tax += lines[i].tax;
    }
    assert_int_equal(shown, quote.total);
    assert_int_equal(quote.discount, off);
    assert_int_equal(tax, quote.tax_included);
}

static void test_m12_currencies(void **state)
{
    struct shop_fixture *fixture = *state;
    static const struct {
        const char *text;
        int64_t price, tax;
    } cases[] = {
        {"{\"currency\":\"JPY\",\"prices_include_tax\":true,\"lines\":[{\"sku\":\"a\",\"quantity\":3,"
         "\"unit_price\":333,\"tax_ppm\":100000}]}",
         999, 91},
        {"{\"currency\":\"KWD\",\"prices_include_tax\":true,\"lines\":[{\"sku\":\"a\",\"quantity\":1,"
         "\"unit_price\":12345,\"tax_ppm\":50000}]}",
         12345, 588},
        {"{\"currency\":\"RUB\",\"prices_include_tax\":true,\"lines\":[{\"sku\":\"a\",\"quantity\":1,"
         "\"unit_price\":10000,\"tax_ppm\":200000}]}",
         10000, 1667}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *answer = NULL;
        struct err err = {0};
        if (quote_run(NULL, &fixture->arena, fixture_json(fixture, cases[i].text), NOW, NULL,
                      &answer, &err) != SOUK_OK)
            fail_msg("%s", err.text);
        const struct json *totals = json_at(answer, "totals");
        assert_int_equal(json_int(json_at(totals, "total"), -1), cases[i].price);
        assert_int_equal(json_int(json_at(totals, "tax_included"), -1), cases[i].tax);
    }
}

/* ---- tax ---- */

/* Three lines of 0.33 at 20 %: 0.07 each by line, 0.20 on the whole. */
static void test_by_line_and_by_total(void **state)
{
    struct tax_rates vat = rates_of(200000, 0, 0);
    struct quote_line lines[] = {line_of(1, 33, vat), line_of(1, 33, vat), line_of(1, 33, vat)};
    struct quote quote = {.lines = lines, .count = 3};
    (void)state;
    compute(&quote);
    assert_int_equal(quote.tax, 21);
    quote.round_by_total = 1;
    compute(&quote);
    assert_int_equal(quote.tax, 20);
    assert_int_equal(lines[0].tax, 7); /* the first of equals takes what is left */
    assert_int_equal(lines[1].tax, 7);
    assert_int_equal(lines[2].tax, 6);
}

/* Classes are not mixed, whatever their order in the cart. */
static void test_groups(void **state)
{
    struct tax_rates high = rates_of(200000, 0, 0), low = rates_of(90000, 0, 0),
                     none = rates_of(0, 0, 0);
    struct quote_line lines[] = {line_of(1, 33, high), line_of(1, 33, low), line_of(1, 33, high),
                                 line_of(1, 50, none), line_of(1, 33, low)};
    struct quote quote = {.round_by_total = 1, .lines = lines, .count = 5};
    (void)state;
    compute(&quote);
    assert_int_equal(lines[0].tax + lines[2].tax, 13);
    assert_int_equal(lines[1].tax + lines[4].tax, 6);
    assert_int_equal(lines[3].tax, 0);
    assert_int_equal(quote.tax, 19);
}

static void test_compound(void **state)
{
    (void)state;
    /* Quebec of old: 5 % and 7.5 % on both */
    struct quote_line line = one(1, 10000, rates_of(50000, 75000, 1), 0);
    assert_int_equal(line.tax_parts[0], 500);
    assert_int_equal(line.tax_parts[1], 788);
    assert_int_equal(line.tax, 1288);
    line = one(1, 11288, rates_of(50000, 75000, 1), 1);
    assert_int_equal(line.tax, 1288);
}

static void test_refusals(void **state)
{
    struct err err = {0};
    struct quote_share share = {souk_str("p"), 101};
    struct quote_line line = line_of(1, 100, rates_of(0, 0, 0));
    struct quote quote = {.lines = &line, .count = 1};
    (void)state;
    line.discounts = &share;
    line.discount_count = 1;
    assert_int_equal(quote_compute(&quote, &err), SOUK_INVALID);
    assert_non_null(strstr(err.text, "lines/0"));
    share.amount = -1;
    assert_int_equal(quote_compute(&quote, &err), SOUK_INVALID);
    share.amount = 100;
    assert_int_equal(quote_compute(&quote, &err), SOUK_OK);
    assert_int_equal(quote.total, 0);
    line.unit_price = -1;
    assert_int_equal(quote_compute(&quote, &err), SOUK_INVALID);
    line.unit_price = INT64_MAX;
    line.quantity = 2;
    assert_int_equal(quote_compute(&quote, &err), SOUK_INVALID);
    line.quantity = 0;
    assert_int_equal(quote_compute(&quote, &err), SOUK_INVALID);
    struct quote_line two[] = {line_of(1, INT64_MAX - 5, rates_of(0, 0, 0)),
                               line_of(1, 6, rates_of(0, 0, 0))};
    struct quote large = {.lines = two, .count = 2};
    assert_int_equal(quote_compute(&large, &err), SOUK_INVALID);
    struct quote_delivery delivery = {.amount = 5, .discount = 6};
    struct quote sent = {.delivery = &delivery, .delivery_count = 1};
    assert_int_equal(quote_compute(&sent, &err), SOUK_INVALID);
}

/* ---- shares of units ---- */

static uint64_t seed;

static int64_t draw(int64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

static void test_units(void **state)
{
    (void)state;
    seed = 7;
    assert_int_equal(quote_units(100, 3, 0, 1), 33);
    assert_int_equal(quote_units(100, 3, 1, 1), 34);
    assert_int_equal(quote_units(100, 3, 2, 1), 33);
    assert_int_equal(quote_units(100, 3, 2, 5), 33); /* not beyond the end */
    assert_int_equal(quote_units(100, 3, 3, 1), 0);
    assert_int_equal(quote_units(100, 0, 0, 1), 0);
    assert_int_equal(quote_units(100, 3, 0, -1), 0);
    assert_int_equal(quote_units(INT64_MAX, 10000, 0, 10000), INT64_MAX);
    assert_int_equal(quote_units(-100, 3, 0, 3), -100);
    for (int i = 0; i < 2000; i++) {
        int64_t amount = draw(1000000), quantity = 1 + draw(QUOTE_QUANTITY), done = 0, sum = 0;
        while (done < quantity) {
            int64_t n = 1 + draw(quantity - done);
            int64_t part = quote_units(amount, quantity, done, n);
            assert_in_range(part, 0, amount);
            sum += part;
            done += n;
        }
        assert_int_equal(sum, amount);
    }
}

/* ---- any cart ---- */

static void draw_lines(struct quote *quote, struct quote_share *shares)
{
    static const int64_t ppm[] = {0, 50000, 90000, 200000, 270000, 212500};
    quote->count = (size_t)draw(LINES_MOST + 1);
    for (size_t i = 0; i < quote->count; i++) {
        struct quote_line *line = &quote->lines[i];
        int64_t first = ppm[draw(6)];
        *line = line_of(1 + draw(draw(10) ? 5 : QUOTE_QUANTITY), draw(draw(4) ? 20000 : 3),
                        rates_of(first, first ? ppm[draw(6)] : 0, (int)draw(2)));
        line->discount_count = (size_t)draw(3);
        line->discounts = &shares[i * 2];
        int64_t left = line->quantity * line->unit_price;
        for (size_t k = 0; k < line->discount_count; k++) {
            shares[i * 2 + k] = (struct quote_share){souk_str("p"), draw(left + 1)};
            left -= shares[i * 2 + k].amount;
        }
    }
}

/* Everything that has to hold of any computed quote. */
static void check(const struct quote *quote)
{
    int64_t items = 0, discount = 0, total = 0, tax = 0;
    for (size_t i = 0; i < quote->count; i++) {
        const struct quote_line *line = &quote->lines[i];
        int64_t parts = 0;
        for (int r = 0; r < TAX_RATES; r++) {
            assert_true(line->tax_parts[r] >= 0);
            parts += line->tax_parts[r];
        }
        assert_int_equal(parts, line->tax);
        assert_true(line->total >= 0 && line->discount >= 0);
        assert_true(!quote->include_tax || line->tax <= line->total);
        assert_int_equal(line->subtotal - line->discount, line->total);
        items += line->subtotal;
        discount += line->discount;
        total += line->total;
        tax += line->tax;
    }
    assert_int_equal(quote->items, items);
    assert_int_equal(quote->discount, discount);
    assert_int_equal(quote->tax + quote->tax_included, tax + quote->delivery_tax);
    assert_int_equal(quote->total,
                     total + quote->delivery_amount - quote->delivery_discount + quote->tax);
    assert_int_equal(quote->total, quote->items - quote->discount + quote->delivery_amount -
                                       quote->delivery_discount + quote->tax);
    assert_true(quote->include_tax ? quote->tax == 0 : quote->tax_included == 0);
    assert_true(quote->total >= 0 && quote->tax >= 0 && quote->tax_included >= 0);
    assert_true(quote->tax_included <= quote->total);
}

static void test_any_cart(void **state)
{
    struct quote_line lines[LINES_MOST];
    struct quote_share shares[LINES_MOST * 2];
    struct quote_delivery delivery[3];
    (void)state;
    seed = 20261127;
    for (int n = 0; n < 1000; n++) {
        struct quote quote = {.include_tax = (int)draw(2),
                              .round_by_total = (int)draw(2),
                              .lines = lines,
                              .delivery = delivery,
                              .delivery_count = (size_t)draw(4)};
        draw_lines(&quote, shares);
        for (size_t i = 0; i < quote.delivery_count; i++) {
            delivery[i] = (struct quote_delivery){.amount = draw(2000),
                                                  .rates = rates_of(draw(300000), 0, 0)};
            delivery[i].discount = draw(delivery[i].amount + 1);
        }
        compute(&quote);
        check(&quote);
        int64_t total = quote.total, tax = lines[0].tax;
        compute(&quote); /* the same again */
        assert_int_equal(quote.total, total);
        if (quote.count)
            assert_int_equal(lines[0].tax, tax);
    }
}

/* ---- the file ---- */

static const char *wrong(struct shop_fixture *fixture, const char *text)
{
    struct quote quote;
    struct err err = {0};
    assert_int_equal(quote_parse(&fixture->arena, fixture_json(fixture, text), &quote, &err),
                     SOUK_INVALID);
    return arena_cstr(&fixture->arena, souk_str(err.text));
}

static void test_parse_errors(void **state)
{
    struct shop_fixture *fixture = *state;
    const char *said = wrong(
        fixture, "{\"currency\":\"XXQ\",\"at\":\"soon\",\"lines\":[{\"sku\":\"a\",\"quantity\":0},"
                 "{\"quantity\":1.5},{\"sku\":\"b\",\"quantity\":1,\"unit_prise\":5}],"
                 "\"delivery\":[{\"method\":\"x\"}],\"coupns\":[]}");
    static const char *const places[] = {
        "/currency: ",    "/at: ",          "/lines/0/quantity: ",  "/lines/1/quantity: ",
        "/lines/1/sku: ", "\"unit_price\"", "/delivery/0/amount: ", "\"coupons\""};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (!strstr(said, places[i]))
            fail_msg("%s is not in: %s", places[i], said);
    assert_non_null(strstr(wrong(fixture, "[]"), "JSON object"));
    assert_non_null(strstr(wrong(fixture, "{}"), "/lines: is missing"));
    assert_non_null(strstr(wrong(fixture, "{\"lines\":[{\"sku\":\"a\",\"quantity\":10001,"
                                          "\"unit_price\":1}]}"),
                           "/lines/0/quantity"));
    assert_non_null(strstr(wrong(fixture, "{\"lines\":[{\"sku\":\"a\",\"quantity\":1,"
                                          "\"unit_price\":10,\"original_price\":9}]}"),
                           "/lines/0/original_price"));
    assert_non_null(strstr(wrong(fixture, "{\"lines\":[{\"sku\":\"a\",\"quantity\":1,"
                                          "\"unit_price\":10,\"tax_ppm\":-5}]}"),
                           "/lines/0/tax_ppm"));
}

static void test_too_many_lines(void **state)
{
    struct shop_fixture *fixture = *state;
    for (int count = QUOTE_LINES; count <= QUOTE_LINES + 1; count++) {
        struct quote quote;
        struct err err = {0};
        struct json *doc = json_new(&fixture->arena, JSON_OBJECT);
        struct json *lines = json_add(&fixture->arena, doc, "lines", JSON_ARRAY);
        for (int i = 0; i < count; i++)
            json_add_tree(&fixture->arena, lines, NULL,
                          fixture_json(fixture, "{\"sku\":\"a\",\"quantity\":1,\"unit_price\":1}"));
        assert_int_equal(quote_parse(&fixture->arena, doc, &quote, &err),
                         count > QUOTE_LINES ? SOUK_INVALID : SOUK_OK);
    }
}

static const char *whole =
    "{\"currency\":\"EUR\",\"at\":\"2026-11-27T00:00:00Z\",\"prices_include_tax\":true,"
    "\"lines\":[{\"sku\":\"A\",\"name\":\"Tea\",\"quantity\":2,\"unit_price\":1000,"
    "\"categories\":[\"tea\"],\"product\":\"p1\",\"original_price\":1000,\"min_unit_price\":0,"
    "\"tax_ppm\":200000}],"
    "\"delivery\":[{\"method\":\"standard\",\"amount\":500,\"tax_ppm\":200000}],"
    "\"customer\":{\"id\":\"c1\",\"email\":\"a@b.example\",\"group\":\"vip\",\"guest\":false,"
    "\"orders_before\":3,\"orders_cancelled\":0,"
    "\"history\":[{\"coupon\":\"SPRING\",\"cancelled\":false}]},"
    "\"channel\":\"web\",\"coupons\":[\"SPRING\"],\"foreign\":{\"kept\":1}}";

static void test_document(void **state)
{
    struct shop_fixture *fixture = *state;
    struct json *answer = NULL, *again = NULL;
    struct err err = {0};
    const struct json *doc = fixture_json(fixture, whole);
    if (quote_run(NULL, &fixture->arena, doc, NOW, NULL, &answer, &err) != SOUK_OK)
        fail_msg("%s", err.text);
    const char *text = fixture_print(fixture, answer);
    static const char *const parts[] = {
        "\"currency\":\"EUR\"",
        "\"id\":\"1\",\"sku\":\"A\"",
        "\"unit_price\":1000,",
        "\"subtotal\":2000,\"discount\":0,\"total\":2000,\"tax\":333,\"gift\":false,\"discounts\":[]",
        "\"totals\":{\"items\":2000,\"discount\":0,\"delivery\":500,\"delivery_discount\":0,\"tax\":0,"
        "\"tax_included\":416,\"total\":2500}",
        "\"promotions\":[]",
        "\"coupons\":[{\"code\":\"SPRING\",\"accepted\":false,\"reason_code\":\"unknown\",\"reason\":\"there is no such code\"}]",
        "\"nudges\":[]",
        "\"taxes\":[{\"name\":\"tax\",\"rate_ppm\":200000,\"amount\":416,\"included\":true}]"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(text, parts[i]))
            fail_msg("%s is not in: %s", parts[i], text);
    assert_int_equal(quote_run(NULL, &fixture->arena, doc, NOW, NULL, &again, &err), SOUK_OK);
    assert_string_equal(fixture_print(fixture, again), text); /* version too */
    struct json *other = json_copy(&fixture->arena, doc);
    json_add(&fixture->arena, other, "coupons", JSON_ARRAY);
    assert_int_equal(quote_run(NULL, &fixture->arena, other, NOW, NULL, &again, &err), SOUK_OK);
    assert_false(souk_str_equal(json_text(json_at(again, "version")),
                                json_text(json_at(answer, "version"))));
}

static void test_without_a_shop(void **state)
{
    struct shop_fixture *fixture = *state;
    struct json *answer = NULL;
    struct err err = {0};
    struct json *doc = fixture_json(fixture, "{\"lines\":[{\"sku\":\"A\",\"quantity\":1}]}");
    assert_int_equal(quote_run(NULL, &fixture->arena, doc, NOW, NULL, &answer, &err), SOUK_INVALID);
    assert_non_null(strstr(err.text, "/lines/0/sku"));
}

/* Files that are nearly right: an answer whose sums hold, or words; never anything else. */
static void test_damaged_files(void **state)
{
    (void)state;
    static const char signs[] = "{}[]\",:-0123456789enul ";
    size_t len = strlen(whole);
    int answered = 0, refused = 0;
    seed = 99;
    for (int n = 0; n < 5000; n++) {
        struct arena arena = {0};
        struct json *doc = NULL, *answer = NULL;
        struct err err = {0};
        char *text = arena_copy(&arena, whole, len);
        for (int64_t k = 1 + draw(2); k > 0; k--)
            text[draw((int64_t)len)] = signs[draw(sizeof signs - 1)];
        if (json_parse(&arena, souk_str(text), &doc, &err) == SOUK_OK) {
            int code = quote_run(NULL, &arena, doc, NOW, NULL, &answer, &err);
            if (code == SOUK_OK) {
                const struct json *totals = json_at(answer, "totals");
                int64_t items = json_int(json_at(totals, "items"), -1);
                int64_t delivery = json_int(json_at(totals, "delivery"), -1);
                int64_t tax = json_int(json_at(totals, "tax"), -1);
                assert_true(items >= 0 && delivery >= 0 && tax >= 0);
                assert_int_equal(json_int(json_at(totals, "total"), -1), items + delivery + tax);
                answered++;
            } else {
                assert_int_equal(code, SOUK_INVALID);
                assert_true(err.text[0] != 0);
                refused++;
            }
        }
        arena_free(&arena);
    }
    assert_true(answered > 100 && refused > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_m1_delivery_with_tax),
                                       cmocka_unit_test(test_m2_two_rates),
                                       cmocka_unit_test(test_m3_refunds),
                                       cmocka_unit_test(test_m4_m5_m6_included),
                                       cmocka_unit_test(test_m7_unit_price_is_the_truth),
                                       cmocka_unit_test(test_m8_by_unit),
                                       cmocka_unit_test(test_m9_delivery_tax),
                                       cmocka_unit_test(test_m10_line_is_rounded_first),
                                       cmocka_unit_test(test_m11_total_is_sum_of_lines),
                                       SHOP_TEST(test_m12_currencies),
                                       cmocka_unit_test(test_by_line_and_by_total),
                                       cmocka_unit_test(test_groups),
                                       cmocka_unit_test(test_compound),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_units),
                                       cmocka_unit_test(test_any_cart),
                                       SHOP_TEST(test_parse_errors),
                                       SHOP_TEST(test_too_many_lines),
                                       SHOP_TEST(test_document),
                                       SHOP_TEST(test_without_a_shop),
                                       SHOP_TEST(test_damaged_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
