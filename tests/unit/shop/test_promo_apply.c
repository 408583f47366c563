/*
 * The pipeline of promotions: order, catalogue prices, exclusive ones, groups, windows and
 * audiences, limits and budgets, functions, offers, floors; and what it tells: the trace, answers
 * to codes, nudges, and what functions are asked and told.
 */
#include "promo_fixture.h"

#define MUG_100 "{'lines': [{'sku': 'mug', 'quantity': 1, 'unit_price': 10000}]}"
#define FIXED(id, more, amount)                                                                    \
    "{'promotion': {'id': '" id "', " more "'give': {'order_fixed': {'amount': " #amount "}}}}"
#define PERCENT(id, more, percent)                                                                 \
    "{'promotion': {'id': '" id "', " more "'give': {'order_percent': {'percent': " #percent "}}}}"

/* clang-format off: a rule a line */

/* ---- order ---- */

static void test_running_totals(void **state)
{
    struct till *till = *state;
    till_price(till,
               "[" FIXED("fixed", "'priority': 1, ", 1000) "," PERCENT("percent", "'priority': 4, ",
                                                                       20) "]",
               MUG_100);
    till_totals(till, 3000, 7000);
    till_order(till, "percent, fixed");
    assert_int_equal(till_amount(till, "percent"), 2000);
    const struct json *line = till_at(json_at(till_entry(till, "percent"), "lines"), 0);
    assert_int_equal(json_int(json_at(line, "line"), -1), 0);
    assert_int_equal(json_int(json_at(line, "amount"), -1), 2000);
}

/* A threshold is tested on what earlier ones have left, unless the rule says otherwise. */
static void test_thresholds(void **state)
{
    struct till *till = *state;
    till_price(till,
               "[" FIXED("first", "'priority': 900, ", 1000) "," FIXED(
                   "running", "'when': {'items_total_at_least': 10000}, ",
                   500) "," FIXED("original",
                                  "'when': {'items_total_at_least': {'amount': 10000, 'basis': "
                                  "'original'}}, ",
                                  300) "]",
               MUG_100);
    till_order(till, "first, original");
    const struct json *tested = till_last(till, "running");
    assert_true(souk_str_is(till_text(tested, "condition"), "items_total_at_least"));
    assert_int_equal(json_int(json_at(tested, "wanted"), 0), 10000);
    assert_int_equal(json_int(json_at(tested, "actual"), 0), 9000);
    assert_false(json_true(json_at(tested, "held")));
}

static void test_once_for_all_actions(void **state)
{
    struct till *till = *state;
    till_price(till,
               "[{'promotion': {'id': 'greatest', 'when': {'items_total_at_least': 50000}, "
               "'give': [{'line_percent': {'percent': 20, 'filter': {'categories': "
               "['jackets']}}}, {'order_fixed': {'amount': 5000}}]}}]",
               "{'lines': [{'sku': 'jacket', 'quantity': 7, 'unit_price': 10000, 'categories': "
               "['jackets']}]}");
    till_totals(till, 19000, 51000);
}

/* ---- catalogue ---- */

#define SHELF(id, more, action)                                                                    \
    "{'promotion': {'id': '" id "', 'kind': 'catalogue', " more "'give': " action "}}"

static void test_catalogue_order(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" SHELF(
            "autumn", "'priority': 10, ",
            "{'unit_percent': {'percent': 25, "
            "'filter': {'skus': ['php']}}}") "," SHELF("winter", "'priority': 40, ",
                                                       "{'unit_fixed': {'amount': 1000, 'filter': "
                                                       "{'products': ['tshirt']}}}") "," SHELF("spring",
                                                                                               "'priority': 20, ",
                                                                                               "{'unit_fixed': {'amount': 500, 'filter': "
                                                                                               "{'categories': ['clothes']}}}") "," SHELF("summer",
                                                                                                                                          "'priority': 30, ",
                                                                                                                                          "{'unit_percent': {'percent': 50, 'filter': "
                                                                                                                                          "{'skus': ['php']}}}") "]",
        "{'lines': [{'sku': 'php', 'product': 'tshirt', 'categories': ['clothes'], "
        "'quantity': 2, 'unit_price': 10000}]}");
    till_order(till, "winter, summer, spring, autumn");
    assert_int_equal(till->quote.lines[0].unit_price, 3000);
    assert_int_equal(till->quote.lines[0].original_price, 10000);
    assert_true(till->quote.lines[0].reduced);
    till_totals(till, 0, 6000);
    assert_int_equal(till_amount(till, "summer"), 9000); /* of both units */
}

static void test_catalogue_floor(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" SHELF("a", "'priority': 3, ", "{'unit_percent': {'percent': 30}}") "," SHELF(
            "b", "'priority': 2, ",
            "{'unit_fixed': {'amount': 9999}}") "," SHELF("c", "'priority': 1, ",
                                                          "{'unit_percent': {'percent': 10}}") "]",
        "{'lines': [{'sku': 'x', 'quantity': 1, 'unit_price': 1005, 'min_unit_price': "
        "600}]}");
    assert_int_equal(till->quote.lines[0].unit_price, 600);
    till_order(till, "a, b"); /* once at the floor, further ones are not recorded */
    assert_int_equal(till_amount(till, "a"), 301); /* 703.5 is rounded up: to 704 */
    assert_int_equal(till_amount(till, "b"), 104);
}

static void test_catalogue_exclusive(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" SHELF("a", "'priority': 3, ", "{'unit_percent': {'percent': 30}}") "," SHELF(
            "b", "'priority': 2, 'exclusive': true, ",
            "{'unit_percent': {'percent': "
            "10, 'filter': {'skus': ['x']}}}") "," SHELF("c", "'priority': 1, 'exclusive': true, ",
                                                         "{'unit_percent': {'percent': "
                                                         "50, 'filter': {'skus': ['x']}}}") "]",
        "{'lines': [{'sku': 'x', 'quantity': 1, 'unit_price': 1000}, {'sku': 'y', "
        "'quantity': 1, 'unit_price': 1000}]}");
    assert_int_equal(till->quote.lines[0].unit_price, 900);
    assert_int_equal(till->quote.lines[1].unit_price, 700);
}

static void test_catalogue_base(void **state)
{
    struct till *till = *state;
    till_price(till, "[" SHELF("a", "", "{'unit_percent': {'percent': 40}}") "]",
               "{'lines': [{'sku': 'x', 'quantity': 1, 'unit_price': 900, 'original_price': "
               "1000}, {'sku': 'y', 'quantity': 1, 'unit_price': 500, 'original_price': "
               "1000}]}");
    assert_int_equal(till->quote.lines[0].unit_price, 600); /* of the original */
    assert_int_equal(till->quote.lines[1].unit_price, 500); /* never up */
    assert_false(till->quote.lines[1].reduced);
}

/* Prices from the shelf: what is the same for all is in them, the rest comes on top. */
static void test_catalogue_priced(void **state)
{
    struct till *till = *state;
    till->facts.priced = 1;
    till->facts.customer =
        (struct promo_customer){.known = 1, .id = souk_str("c1"), .group = souk_str("vip")};
    till_rules(till,
               "[" SHELF("all", "'priority': 2, ", "{'unit_percent': {'percent': 20}}") "," SHELF(
                   "vip", "'priority': 1, 'when': {'customer_group_in': ['vip']}, ",
                   "{'unit_percent': {'percent': 10}}") "]");
    till_cart(till, "{'lines': [{'sku': 'x', 'quantity': 2, 'unit_price': 800, 'original_price': "
                    "1000}]}");
    till->quote.lines[0].reduced = 1;
    till_apply(till);
    assert_int_equal(till->quote.lines[0].unit_price, 720);
    till_order(till, "all, vip");
    assert_int_equal(till_amount(till, "all"), 400);
    assert_int_equal(till_amount(till, "vip"), 160);
    assert_int_equal(promo_shelved_price(
                         till->set,
                         &(struct quote_line){.unit_price = 500, .original_price = 500, .cost = -1},
                         NOW),
                     400);
}

static void test_skip_reduced(void **state)
{
    struct till *till = *state;
    till_price(till,
               "[" SHELF("winter", "",
                         "{'unit_percent': {'percent': 25, 'filter': {'skus': "
                         "['tshirt']}}}") "," FIXED("xmas", "'skip_reduced': true, ", 1000) "]",
               "{'lines': [{'sku': 'tshirt', 'quantity': 1, 'unit_price': 2000}, {'sku': 'mug', "
               "'quantity': 1, 'unit_price': 4000}, {'sku': 'cap', 'quantity': 1, "
               "'unit_price': 1000}]}");
    assert_int_equal(till->quote.lines[0].total, 1500);
    assert_int_equal(till->quote.lines[1].total, 3200);
    assert_int_equal(till->quote.lines[2].total, 800);
    till_order(till, "winter, xmas");
}

/* ---- exclusive ---- */

static void test_exclusive(void **state)
{
    struct till *till = *state;
    till_price(till,
               "[" FIXED("fixed", "'priority': 5, ", 1000) "," PERCENT(
                   "alone", "'priority': 1, 'exclusive': true, ",
                   20) "," PERCENT("later", "'priority': 0, 'exclusive': true, ",
                                   50) "," FIXED("high",
                                                 "'when': {'items_total_at_least': 99999}, ",
                                                 1) "]",
               MUG_100);
    till_order(till, "alone");
    till_totals(till, 2000, 8000);
    assert_true(souk_str_is(till_text(till_entry(till, "fixed"), "displaced_by"), "alone"));
    assert_true(souk_str_is(till_text(till_entry(till, "later"), "displaced_by"), "alone"));
    assert_int_equal(json_at(till_entry(till, "high"), "displaced_by")->kind, JSON_NULL);
    assert_null(till->quote.nudges); /* reaching "high" would change nothing */
}

/* Tested on the cart after catalogue promotions, whatever others would take off before. */
static void test_exclusive_basis(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" FIXED("fixed", "'priority': 5, ", 3000) "," FIXED(
            "alone", "'exclusive': true, 'when': {'items_total_at_least': 10000}, ", 500) "]",
        MUG_100);
    till_order(till, "alone");
}

static void test_exclusive_blocks_nothing(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" FIXED("fixed", "", 1000) "," PERCENT(
            "code", "'exclusive': true, 'coupon': 'SECRET', ",
            20) "," PERCENT("dear", "'exclusive': true, 'when': {'items_total_at_least': 99999}, ",
                            20) "," FIXED("poor", "'exclusive': true, 'budget': {'amount': 900}, ",
                                          1000) "]",
        MUG_100);
    till_order(till, "fixed");
    assert_int_equal(
        json_int(json_at(till_at(json_at(till_entry(till, "poor"), "capped"), 0), "amount"), 0),
        1000);
}

/* ---- groups ---- */

#define GROUP(mode) "{'group': {'name': 'g', 'mode': '" mode "'}}, "
#define IN          "'group': 'g', "

static void test_group_best(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" GROUP("best")
            FIXED("r1", IN "'when': {'items_total_at_least': 1000}, ", 1200) "," PERCENT(
                "r2", IN "'when': {'items_total_at_least': 2000}, ",
                25) "," PERCENT("r3", IN "'when': {'items_total_at_least': 10000}, ", 50) "]",
        "{'lines': [{'sku': 'a', 'quantity': 1, 'unit_price': 3000}]}");
    till_order(till, "r1");
    till_totals(till, 1200, 1800);
    assert_true(souk_str_is(till_text(till_entry(till, "r2"), "displaced_by"), "r1"));
    assert_int_equal(till->quote.nudges->count, 1); /* r3 is still within reach */
}

static void test_group_best_delivery(void **state)
{
    struct till *till = *state;
    till_price(till,
               "[" GROUP("best") FIXED(
                   "items", IN, 400) ", {'promotion': {'id': 'free', 'group': 'g', 'priority': "
                                     "1, 'give': {'delivery_percent': {'percent': 100}}}}]",
               "{'lines': [{'sku': 'a', 'quantity': 1, 'unit_price': 3000}], 'delivery': "
               "[{'method': 'post', 'amount': 500}]}");
    till_order(till, "free");
    assert_int_equal(till->quote.delivery_discount, 500);
    assert_int_equal(json_int(json_at(till_entry(till, "free"), "delivery_amount"), 0), 500);
}

static void test_group_tie_and_place(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" GROUP("best") FIXED("one", IN "'priority': 9, ", 1000) "," PERCENT(
            "middle", "'priority': 5, ", 10) "," FIXED("two", IN "'priority': 1, ", 1000) "]",
        MUG_100);
    till_order(till, "one, middle"); /* the group at its first member's place, on the full cart */
    till_totals(till, 1900, 8100);
}

/* A stacking group runs at one place too. */
static void test_group_stack(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" GROUP("stack") FIXED("one", IN "'priority': 9, ", 1000) "," PERCENT(
            "middle", "'priority': 5, ", 10) "," FIXED("two", IN "'priority': 1, ", 1000) "]",
        MUG_100);
    till_order(till, "one, two, middle");
    till_totals(till, 2800, 7200);
}

static void test_group_first(void **state)
{
    struct till *till = *state;
    till_price(till,
               "[" GROUP("first")
                   FIXED("high", IN "'priority': 4, 'when': {'items_total_at_least': 99999}, ",
                         9) ", {'promotion': {'id': 'none', 'group': 'g', 'priority': 3, 'give': "
                            "{'delivery_percent': {'percent': 100}}}}, " FIXED(
                                "second", IN "'priority': 2, ",
                                100) "," FIXED("third", IN "'priority': 1, ", 5000) "]",
               MUG_100);
    till_order(till, "second");
    assert_true(souk_str_is(till_text(till_entry(till, "third"), "displaced_by"), "second"));
    assert_true(json_text(json_at(till_entry(till, "none"), "reason")).len > 0);
}

static void test_group_best_per_line(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" GROUP(
            "best_per_line") "{'promotion': {'id': 'ten', 'group': 'g', 'priority': "
                             "2, 'give': {'line_percent': {'percent': 10}}}}, {'promotion': {'id': 'two', "
                             "'group': 'g', 'priority': 1, 'give': [{'line_fixed': {'amount': 200}}, "
                             "{'delivery_fixed': {'amount': 100}}]}}, {'promotion': {'id': 'little', "
                             "'group': 'g', 'give': {'line_fixed': {'amount': 1}}}}]",
        "{'lines': [{'sku': 'a', 'quantity': 1, 'unit_price': 3000}, {'sku': 'b', "
        "'quantity': 1, 'unit_price': 1000}, {'sku': 'c', 'quantity': 1, "
        "'unit_price': 2000}], 'delivery': [{'method': 'post', 'amount': 500}]}");
    assert_int_equal(till->quote.lines[0].discount, 300);
    assert_int_equal(till->quote.lines[1].discount, 200);
    assert_int_equal(till->quote.lines[2].discount, 200); /* a tie: the earlier one */
    assert_true(souk_str_is(till->quote.lines[2].discounts[0].promotion, "ten"));
    assert_int_equal(till->quote.delivery_discount, 100);
    till_order(till, "ten, two");
    assert_true(till_text(till_entry(till, "little"), "displaced_by").len > 0);
}

static void test_group_budget(void **state)
{
    struct till *till = *state;
    till_price(till,
               "[" GROUP("best") FIXED("rich", IN "'budget': {'amount': 1999}, ",
                                       2000) "," FIXED("modest", IN, 700) "]",
               MUG_100);
    till_order(till, "modest");
}

/* Who cannot pay for all that he would win leaves all of it to the others. */
static void test_group_budget_per_line(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" GROUP(
            "best_per_line") "{'promotion': {'id': 'rich', 'group': 'g', 'budget': "
                             "{'amount': 399}, 'give': {'line_percent': {'percent': 10}}}}, {'promotion': "
                             "{'id': 'modest', 'group': 'g', 'give': {'line_fixed': {'amount': 150}}}}]",
        "{'lines': [{'sku': 'a', 'quantity': 1, 'unit_price': 3000}, {'sku': 'b', "
        "'quantity': 1, 'unit_price': 1000}, {'sku': 'c', 'quantity': 1, "
        "'unit_price': 1000}]}");
    till_order(till, "rich, modest"); /* 300 of one line it can pay for */
    till_price(
        till,
        "[" GROUP(
            "best_per_line") "{'promotion': {'id': 'rich', 'group': 'g', 'budget': "
                             "{'amount': 299}, 'give': {'line_percent': {'percent': 10}}}}, {'promotion': "
                             "{'id': 'modest', 'group': 'g', 'give': {'line_fixed': {'amount': 150}}}}]",
        "{'lines': [{'sku': 'a', 'quantity': 1, 'unit_price': 3000}, {'sku': 'b', "
        "'quantity': 1, 'unit_price': 1000}]}");
    till_order(till, "modest");
    till_totals(till, 300, 3700);
}

/* ---- windows and audiences ---- */

static void price_at(struct till *till, int64_t at)
{
    till_cart(till, MUG_100);
    till->quote.at = at;
    till_apply(till);
}

static void test_window(void **state)
{
    struct till *till = *state;
    int64_t from, to;
    clock_parse(souk_str("2026-11-27T00:00:00Z"), &from);
    clock_parse(souk_str("2026-11-28T00:00:00Z"), &to);
    till_rules(till, "[" FIXED("day",
                               "'from': '2026-11-27T00:00:00Z', 'to': '2026-11-28T00:00:00Z', "
                               "",
                               1000) "]");
    till->facts.explain = 1;
    price_at(till, from - 1);
    till_totals(till, 0, 10000);
    assert_true(souk_str_is(till_text(till_last(till, "day"), "condition"), "from"));
    price_at(till, from);
    till_totals(till, 1000, 9000);
    price_at(till, to - 1);
    till_totals(till, 1000, 9000);
    price_at(till, to);
    till_totals(till, 0, 10000);
    assert_true(souk_str_is(till_text(till_last(till, "day"), "condition"), "to"));
}

static void test_audience(void **state)
{
    struct till *till = *state;
    struct souk_str stages[] = {SOUK_STR("regular")};
    till_rules(till, "[" FIXED("app", "'channels': ['app'], ", 1) "," FIXED(
                         "web", "'channels': ['app', 'web'], ",
                         10) "," FIXED("regular", "'segments': ['regular'], ",
                                       100) "," FIXED("lead", "'segments': ['lead'], ",
                                                      1000) "," FIXED("off", "'enabled': false, ",
                                                                      5000) "]");
    till->facts.customer.known = 1;
    till->facts.customer.segments = (struct promo_texts){stages, 1};
    till->facts.explain = 1;
    price_at(till, NOW);
    till_totals(till, 110, 9890);
    assert_true(souk_str_is(till_text(till_last(till, "app"), "condition"), "channels"));
    assert_true(souk_str_is(till_text(till_last(till, "lead"), "condition"), "segments"));
    assert_true(souk_str_is(till_text(till_last(till, "off"), "condition"), "enabled"));
}

/* The share is stable for a customer, differs from rule to rule, and is as large as was said. */
static void test_holdout(void **state)
{
    struct till *till = *state;
    struct promo_customer customer = {.known = 1};
    int held = 0, both = 0;
    for (uint64_t i = 0; i < 10000; i++) {
        customer.bucket = i * 99;
        int a = promo_withheld(souk_str("a"), 100000, &customer);
        assert_int_equal(a, promo_withheld(souk_str("a"), 100000, &customer));
        held += a;
        both += a && promo_withheld(souk_str("b"), 100000, &customer);
    }
    assert_in_range(held, 850, 1150);
    assert_in_range(both, 50, 170);
    till_rules(till, "[" FIXED("all", "'holdout': 100, ", 1000) "]");
    till->facts.customer = customer;
    price_at(till, NOW);
    till_totals(till, 0, 10000);
    till->facts.customer = (struct promo_customer){0}; /* a file that is tried out: nobody */
    price_at(till, NOW);
    till_totals(till, 1000, 9000);
}

/* ---- limits and budgets ---- */

static void test_limits(void **state)
{
    struct till *till = *state;
    struct promo_usage usage[] = {{SOUK_STR("uses"), 5, 0, 0},
                                  {SOUK_STR("mine"), 5, 0, 1},
                                  {SOUK_STR("orders"), 3, 0, 0},
                                  {SOUK_STR("money"), 0, 4001, 0},
                                  {SOUK_STR("left"), 4, 4000, 0}};
    till_rules(
        till,
        "[" FIXED("uses", "'limits': {'uses': 5}, ", 1000) "," FIXED(
            "mine", "'limits': {'per_customer': 1}, ",
            1000) "," FIXED("orders", "'budget': {'uses': 3}, ",
                            1000) "," FIXED("money", "'budget': {'amount': 5000}, ",
                                            1000) "," FIXED("left",
                                                            "'limits': {'uses': 5}, 'budget': {'amount': 5000}, ",
                                                            1000) "]");
    till->facts.usage = usage;
    till->facts.usage_count = 5;
    price_at(till, NOW);
    till_order(till, "left"); /* exactly what is left of it */
    assert_true(souk_str_is(till_text(till_last(till, "uses"), "condition"), "limits.uses"));
    assert_true(
        souk_str_is(till_text(till_last(till, "mine"), "condition"), "limits.per_customer"));
    assert_true(souk_str_is(till_text(till_last(till, "orders"), "condition"), "budget.uses"));
    const struct json *capped = till_at(json_at(till_entry(till, "money"), "capped"), 0);
    assert_true(souk_str_is(till_text(capped, "by"), "budget"));
    assert_int_equal(json_int(json_at(capped, "amount"), 0), 1000);
}

/* ---- codes ---- */

#define WITH(codes)                                                                                \
    "{'lines': [{'sku': 'mug', 'quantity': 1, 'unit_price': 10000}], 'coupons': [" codes "]}"

static void test_codes(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[" FIXED("xmas", "'coupon': {'codes': ['SANTA', 'KLAUS']}, ", 1000) "," FIXED(
            "dear",
            "'coupon': {'codes': ['DEAR', 'LIEB']}, 'when': "
            "{'items_total_at_least': 99900}, ",
            1000) "," FIXED("old", "'coupon': {'code': 'OLD', 'to': '2026-06-01T00:00:00Z'}, ",
                            1000) "," FIXED("soon",
                                            "'from': '2027-06-01T00:00:00Z', 'coupon': 'SOON', ",
                                            1000) "," FIXED("off",
                                                            "'enabled': false, 'coupon': 'OFF', ",
                                                            1000) "," FIXED("vip",
                                                                            "'coupon': 'VIP', 'when': {'customer_group_in': ['vip']}, ",
                                                                            1000) ",{'promotion': {'id': 'free', 'coupon': 'FREE', 'give': {'delivery_percent': "
                                                                                  "{'percent': 100}}}}]",
        WITH("' santa ', 'NOPE', 'LIEB', 'OLD', 'SOON', 'OFF', 'VIP', 'FREE', 'klaus'"));
    till_order(till, "xmas");
    till_coupon(till, 0, 1, "", "");
    till_coupon(till, 1, 0, "unknown", "there is no such code");
    till_coupon(till, 2, 0, "conditions",
                "the items have to come to at least 999.00 EUR, now 90.00 EUR");
    till_coupon(till, 3, 0, "expired", "expired on 2026-05-31");
    till_coupon(till, 4, 0, "not-yet", "it begins at 2027-06-01T00:00:00Z");
    till_coupon(till, 5, 0, "unknown", "there is no such code");
    till_coupon(till, 6, 0, "customer", "it is for other groups of customers");
    till_coupon(till, 7, 0, "no-effect", "it takes nothing off this cart");
    till_coupon(till, 8, 0, "no-effect", "another code gives the same already");
    assert_true(souk_str_is(till_text(till_entry(till, "xmas"), "code"), "SANTA"));
}

static void test_code_limits(void **state)
{
    struct till *till = *state;
    struct promo_history history[] = {{SOUK_STR("SANTA"), 1}, {SOUK_STR("STRICT"), 1}};
    struct promo_code codes[] = {
        {SOUK_STR("GONE"), SOUK_STR(""), 0, PROMO_NONE, 10, PROMO_NONE, 0, 0},
        {SOUK_STR("W-1"), SOUK_STR("welcome"), 0, 1, 1, PROMO_NONE, 0, 0},
        {SOUK_STR("W-2"), SOUK_STR("welcome"), 0, 1, 0, 1, 0, 0},
        {SOUK_STR("W-3"), SOUK_STR("welcome"), 0, 1, 0, 1, 0, 1},
        {SOUK_STR("W-4"), SOUK_STR("another"), 0, 1, 0, 1, 0, 0}};
    till->facts.customer = (struct promo_customer){
        .known = 1, .id = souk_str("c1"), .history = history, .history_count = 2};
    till->facts.codes = codes;
    till->facts.code_count = 5;
    till_price(
        till,
        "[" FIXED("xmas", "'coupon': {'code': 'SANTA', 'per_customer': 1}, ", 1) "," FIXED(
            "strict",
            "'coupon': {'code': 'STRICT', 'per_customer': 1, "
            "'again_after_cancel': false}, ",
            10) "," FIXED("gone", "'coupon': {'code': 'GONE', 'uses': 10}, ",
                          100) "," FIXED("batch", "'coupon': {'batch': 'welcome'}, ", 1000) "]",
        WITH("'SANTA', 'STRICT', 'GONE', 'W-1', 'W-2', 'W-3', 'W-4'"));
    till_order(till, "xmas, batch");
    till_coupon(till, 0, 1, "", "");
    till_coupon(till, 1, 0, "customer", "you have used the code already");
    till_coupon(till, 2, 0, "used-up", "the code is used up");
    till_coupon(till, 3, 0, "used-up", "the code is used up");
    till_coupon(till, 4, 1, "", "");
    till_coupon(till, 5, 0, "no-effect", "another code gives the same already");
    till_coupon(till, 6, 0, "unknown", "there is no such code");
    assert_true(souk_str_is(till_text(till_entry(till, "batch"), "code"), "W-2"));
}

static void test_code_displaced(void **state)
{
    struct till *till = *state;
    till_price(till,
               "[" FIXED("alone", "'exclusive': true, ",
                         10) "," FIXED("xmas", "'coupon': 'SANTA', ", 1000) "]",
               WITH("'SANTA'"));
    till_coupon(till, 0, 0, "displaced", "\"alone\" applies in its place");
}

/* A code that nobody typed is told of only when everything has to be explained. */
static void test_explain(void **state)
{
    struct till *till = *state;
    till_rules(
        till,
        "[" FIXED("xmas", "'coupon': 'SANTA', ",
                  1000) ",{'promotion': {'id': 'caps', "
                        "'give': {'line_fixed': {'amount': 5, 'filter': {'skus': ['cap']}}}}}]");
    price_at(till, NOW);
    assert_int_equal(till->quote.promotions->count, 0);
    till->facts.explain = 1;
    price_at(till, NOW);
    assert_int_equal(till->quote.promotions->count, 2);
    assert_true(souk_str_is(till_text(till_last(till, "xmas"), "condition"), "coupon"));
    assert_true(till_text(till_entry(till, "caps"), "reason").len > 0);
    till_totals(till, 0, 10000);
}

/* ---- conditions ---- */

/* 1: a rule with this condition applies. */
static int holds(struct till *till, const char *when)
{
    struct souk_str rule = arena_printf(&till->arena,
                                        "[{'promotion': {'id': 'r', 'when': {%s}, 'give': "
                                        "{'order_fixed': {'amount': 1}}}}]",
                                        when);
    till->facts.explain = 1;
    till_price(till, rule.ptr,
               "{'lines': [{'sku': 'red', 'product': 'shirt', 'categories': ['clothes', 'shirts'], "
               "'quantity': 2, 'unit_price': 1000}, {'sku': 'mug', 'categories': ['home'], "
               "'quantity': 1, 'unit_price': 500}], 'delivery': [{'method': 'post', 'amount': "
               "400}], 'at': '2026-11-27T21:30:00Z'}");
    return till_applied(till, "r");
}

static void test_conditions_of_lines(void **state)
{
    struct till *till = *state;
    assert_true(holds(till, "'items_total_at_least': 2500"));
    assert_false(holds(till, "'items_total_at_least': 2501"));
    assert_true(holds(till, "'cart_quantity_at_least': 3"));
    assert_false(holds(till, "'cart_quantity_at_least': 4"));
    assert_true(holds(till, "'line_quantity_at_least': 2"));
    assert_false(holds(till, "'line_quantity_at_least': 3"));
    assert_true(holds(till, "'contains_product': ['shirt']"));
    assert_true(holds(till, "'contains_product': {'skus': ['red', 'mug'], 'quantity': 3}"));
    assert_false(holds(till, "'contains_product': {'skus': ['red'], 'quantity': 3}"));
    assert_false(holds(till, "'contains_product': ['cap']"));
    assert_true(holds(till, "'contains_category': {'categories': ['shirts'], 'quantity': 2}"));
    assert_false(holds(till, "'contains_category': ['garden']"));
    assert_true(holds(till, "'category_total_at_least': {'category': 'clothes', 'amount': 2000}"));
    assert_false(holds(till, "'category_total_at_least': {'category': 'home', 'amount': 501}"));
    assert_false(holds(till, "'cart_quantity_at_least': 3, 'line_quantity_at_least': 3"));
}

static void test_conditions_of_customers(void **state)
{
    struct till *till = *state;
    assert_false(holds(till, "'nth_order': 1")); /* nobody known */
    assert_false(holds(till, "'customer_group_in': ['vip']"));
    assert_true(holds(till, "'guest': true"));
    till->facts.customer = (struct promo_customer){.known = 1,
                                                   .id = souk_str("c1"),
                                                   .group = souk_str("vip"),
                                                   .orders_before = 4,
                                                   .orders_cancelled = 2,
                                                   .spent = 5000,
                                                   .last_order_at = INT64_C(1795815000000000)};
    assert_true(holds(till, "'nth_order': 3"));
    assert_false(holds(till, "'nth_order': 5"));
    assert_true(holds(till, "'customer_group_in': ['b2b', 'vip']"));
    assert_true(holds(till, "'customer_id_in': ['c1']"));
    assert_false(holds(till, "'customer_id_in': ['c2']"));
    assert_true(holds(till, "'orders_at_least': 2"));
    assert_false(holds(till, "'orders_at_least': 3"));
    assert_true(holds(till, "'spent_at_least': 5000"));
    assert_false(holds(till, "'spent_at_least': 5001"));
    assert_true(holds(till, "'guest': false"));
    till->facts.customer.last_order_at = INT64_C(1795815000000000) - 3 * CLOCK_HOUR;
    till->facts.customer.last_order_at = till->quote.at - 3 * CLOCK_HOUR;
    assert_true(holds(till, "'since': {'event': 'last_order', 'hours': 3}"));
    till->facts.customer.last_order_at -= CLOCK_SECOND;
    assert_false(holds(till, "'since': {'event': 'last_order', 'hours': 3}"));
    assert_false(holds(till, "'since': {'event': 'lead', 'hours': 3}"));
    till->facts.customer.guest = 1;
    assert_false(holds(till, "'guest': false"));
}

/* It is Friday 21:30 in UTC, Friday 23:30 or Saturday 00:30 where the shop is. */
static void test_conditions_of_time_and_place(void **state)
{
    struct till *till = *state;
    till->facts.country = souk_str("BG");
    till->facts.postcode = souk_str("1504");
    till->facts.zone_offset = 2 * CLOCK_HOUR;
    assert_true(holds(till, "'weekday_in': ['fri']"));
    assert_true(holds(till, "'hours': {'from': '23:30', 'to': '23:31'}"));
    assert_false(holds(till, "'hours': {'from': '20:00', 'to': '23:30'}"));
    till->facts.zone_offset = 3 * CLOCK_HOUR;
    assert_false(holds(till, "'weekday_in': ['fri']"));
    assert_true(holds(till, "'weekday_in': ['sat', 'sun']"));
    assert_true(holds(till, "'hours': {'from': '22:00', 'to': '02:00'}")); /* over midnight */
    assert_false(holds(till, "'hours': {'from': '01:00', 'to': '00:30'}"));
    assert_true(holds(till, "'country_in': ['RO', 'BG']"));
    assert_false(holds(till, "'country_in': ['RO']"));
    assert_true(holds(till, "'postcode_in': ['1504']"));
    assert_true(holds(till, "'postcode_in': ['9000', '1000-1999']"));
    assert_true(holds(till, "'postcode_in': ['15*']"));
    assert_false(holds(till, "'postcode_in': ['2000-2999', '16*', '150']"));
    assert_true(holds(till, "'delivery_method_in': ['post']"));
    assert_false(holds(till, "'delivery_method_in': ['pickup']"));
    assert_true(holds(till, "'currency_in': ['EUR']"));
    assert_false(holds(till, "'currency_in': ['USD']"));
}

/* ---- functions ---- */

#define FUNCTIONS                                                                                  \
    "[{'promotion': {'id': 'asks', 'when': {'$function': 1}, 'give': {'order_fixed': {'amount': "  \
    "100}}}}, {'promotion': {'id': 'computes', 'give': {'$function': 2}}}]"

static struct souk_str outcome_of(const struct till *till, const char *id)
{
    return till_text(json_at(till_entry(till, id), "script"), "outcome");
}

static void test_functions(void **state)
{
    struct till *till = *state;
    till_answer(till, 1, SCRIPT_OK, "[true]", "");
    till_answer(till, 2, SCRIPT_OK,
                "[[{'line_percent': {'percent': 10}}, {'order_fixed': {'amount': 50}}]]", "");
    till_price(till, FUNCTIONS, MUG_100);
    till_totals(till, 1150, 8850);
    till->calls[0].result = till_json(till, "[false, 'not on Mondays']");
    till->calls[1].result = till_json(till, "[{'order_fixed': {'amount': 50}}]"); /* one action */
    till_price(till, FUNCTIONS, MUG_100);
    till_totals(till, 50, 9950);
    assert_true(souk_str_is(till_text(till_entry(till, "asks"), "reason"), "not on Mondays"));
    assert_int_equal(json_at(till_entry(till, "asks"), "script")->kind, JSON_NULL);
    till->calls[1].result = till_json(till, "[null]");
    till_price(till, FUNCTIONS, MUG_100);
    till_totals(till, 0, 10000);
}

static void test_functions_fail(void **state)
{
    struct till *till = *state;
    till_answer(till, 1, SCRIPT_LATE, NULL, "promotions/test.lua:3: took too long");
    till_answer(till, 2, SCRIPT_OK, "[[{'order_fixed': {'amount': 50}}, {'order_fixt': {}}]]", "");
    till_price(till, FUNCTIONS, MUG_100);
    till_totals(till, 0, 10000); /* all of it or nothing */
    assert_true(souk_str_is(outcome_of(till, "asks"), "budget"));
    assert_true(souk_str_is(outcome_of(till, "computes"), "invalid"));
    assert_true(till_text(json_at(till_entry(till, "computes"), "script"), "message").len > 10);
    till->calls[1].result = till_json(till, "['rich']");
    till->call_count = 2;
    till_price(till, FUNCTIONS, MUG_100);
    assert_true(souk_str_is(outcome_of(till, "computes"), "invalid"));
    till->call_count = 0;
    till_price(till, FUNCTIONS, MUG_100);
    till_totals(till, 0, 10000);
    assert_true(souk_str_is(outcome_of(till, "asks"), "not asked"));
    assert_true(souk_str_is(outcome_of(till, "computes"), "not asked"));
}

/* Asked are those that can still apply as far as all else says, each function once. */
static void test_ask(void **state)
{
    struct till *till = *state;
    struct script_call *calls;
    size_t count;
    till_rules(till, "[{'promotion': {'id': 'a', 'when': [{'items_total_at_least': 99999}, "
                     "{'$function': 1}], 'give': {'order_fixed': {'amount': 1}}}}, {'promotion': "
                     "{'id': 'b', 'coupon': 'NOT-TYPED', 'give': {'$function': 2}}}, {'promotion': "
                     "{'id': 'c', 'to': '2020-01-01', 'give': {'$function': 3}}}, {'promotion': "
                     "{'id': 'd', 'when': [{'cart_quantity_at_least': 1}, {'$function': 4}], "
                     "'give': {'$function': 5}}}]");
    till_cart(till, MUG_100);
    promo_ask(&till->arena, till->set, &till->quote, &till->facts, &calls, &count);
    assert_int_equal(count, 2);
    assert_int_equal(calls[0].function, 4);
    assert_int_equal(calls[1].function, 5);
    assert_null(till->quote.promotions); /* the quote is as it was */
}

static void test_input(void **state)
{
    struct till *till = *state;
    till->facts.customer = (struct promo_customer){
        .known = 1, .id = souk_str("c1"), .orders_before = 3, .orders_cancelled = 1};
    till->facts.zone_offset = 3 * CLOCK_HOUR;
    till_rules(till, "[" SHELF("half", "", "{'unit_percent': {'percent': 50}}") "]");
    till_cart(till, "{'lines': [{'sku': 'mug', 'quantity': 2, 'unit_price': 1000, 'categories': "
                    "['home']}], 'coupons': [' abc '], 'delivery': [{'method': 'post', 'amount': "
                    "300}], 'at': '2026-11-27T21:30:00Z'}");
    const struct quote *view = promo_view(&till->arena, till->set, &till->quote, &till->facts);
    struct json *cart = promo_input(&till->arena, view, &till->facts);
    const struct json *line = till_at(json_at(cart, "lines"), 0);
    assert_int_equal(till->quote.lines[0].unit_price, 1000); /* seen, not changed */
    assert_int_equal(json_int(json_at(cart, "items_total"), 0), 1000);
    assert_int_equal(json_int(json_at(line, "unit_price"), 0), 500);
    assert_int_equal(json_int(json_at(line, "original_price"), 0), 1000);
    assert_null(json_at(line, "cost"));
    assert_true(souk_str_is(json_text(till_at(json_at(cart, "coupons"), 0)), "ABC"));
    assert_int_equal(json_int(json_at(json_at(cart, "customer"), "orders"), 0), 2);
    assert_int_equal(json_int(json_at(json_at(cart, "now"), "hour"), -1), 0);
    assert_int_equal(json_int(json_at(json_at(cart, "now"), "day"), 0), 28);
    assert_true(souk_str_is(till_text(json_at(cart, "now"), "weekday"), "sat"));
    till->facts.customer.known = 0;
    assert_null(json_at(promo_input(&till->arena, view, &till->facts), "customer"));
}

/* ---- offers ---- */

static void test_offers(void **state)
{
    struct till *till = *state;
    struct souk_str skus[] = {SOUK_STR("lamp")};
    struct promo_action off = {.kind = PROMO_LINE_PERCENT,
                               .name = "line_percent",
                               .ppm = 200000,
                               .amount = PROMO_NONE,
                               .cap = PROMO_NONE,
                               .max_quantity = PROMO_NONE,
                               .filter = {.price_from = PROMO_NONE, .price_to = PROMO_NONE}};
    struct promo_condition lamp = {.kind = PROMO_CONTAINS_PRODUCT, .texts = {skus, 1}, .number = 1};
    struct promo_offer offers[] = {
        {.id = souk_str("bulb"), .enabled = 1, .actions = &off, .action_count = 1},
        {.id = souk_str("self"),
         .enabled = 1,
         .conditions = &lamp,
         .condition_count = 1,
         .actions = &off,
         .action_count = 1}};
    int64_t lines[] = {11, 12};
    till->facts.offers = offers;
    till->facts.offer_lines = lines;
    till->facts.offer_count = 2;
    till_rules(till, "[" FIXED("rest", "'when': {'items_total_at_least': 1801}, ", 1) "," FIXED(
                         "half", "'when': {'items_total_at_least': 1800}, ", 900) "]");
    till_cart(till, "{'lines': [{'sku': 'bulb', 'quantity': 1, 'unit_price': 1000}, {'sku': "
                    "'lamp', 'quantity': 1, 'unit_price': 1000}]}");
    till->quote.lines[0].id = 11;
    till->quote.lines[1].id = 12;
    till_apply(till);
    till_order(till, "offer:bulb, half"); /* a lamp that came by an offer keeps none alive */
    assert_int_equal(till_amount(till, "offer:bulb"), 200);
    assert_int_equal(till->quote.lines[0].discounts[0].amount, 200);
    assert_true(souk_str_is(till->quote.lines[0].discounts[0].promotion, "offer:bulb"));
    assert_int_equal(till->quote.lines[1].discount_count, 1);
    assert_true(
        souk_str_is(till_text(till_last(till, "offer:self"), "condition"), "contains_product"));
}

/* ---- floors, gifts, overflow ---- */

static void test_floors(void **state)
{
    struct till *till = *state;
    static struct market_shop shop = {
        .currency = "EUR", .locales = {"en"}, .prices_include_tax = 1, .min_margin_ppm = 250000};
    market_setup(&shop);
    till_rules(till, "[" PERCENT("all", "", 90) "]");
    till_cart(till, "{'lines': [{'sku': 'a', 'quantity': 2, 'unit_price': 1000}, {'sku': 'b', "
                    "'quantity': 1, 'unit_price': 1000, 'tax_ppm': 200000}, {'sku': 'c', "
                    "'quantity': 1, 'unit_price': 100}], 'prices_include_tax': true}");
    till->quote.lines[0].cost = 333; /* 416.25: 417 a unit */
    till->quote.lines[1].cost = 400; /* 500, with its tax 600 */
    till->quote.lines[2].cost = 200; /* sold below cost: not above its price */
    till_apply(till);
    assert_int_equal(till->quote.lines[0].total, 834);
    assert_int_equal(till->quote.lines[1].total, 600);
    assert_int_equal(till->quote.lines[2].total, 100);
    const struct json *capped = till_at(json_at(till_entry(till, "all"), "capped"), 0);
    assert_true(souk_str_is(till_text(capped, "by"), "floor"));
    assert_true(json_int(json_at(capped, "amount"), 0) > 0);
}

static void test_gift(void **state)
{
    struct till *till = *state;
    till_price(till,
               "[{'promotion': {'id': 'gift', 'when': {'contains_product': ['shirt']}, 'give': "
               "{'add_gift': {'sku': 'goodie', 'unit_price': 400, 'per': {'skus': "
               "['shirt']}}}}}, " FIXED("rest", "'when': {'cart_quantity_at_least': 3}, ", 1) "]",
               "{'lines': [{'sku': 'shirt', 'quantity': 1, 'unit_price': 1999}, {'sku': 'pants', "
               "'quantity': 1, 'unit_price': 1999}]}");
    till_order(till, "gift"); /* a gift counts towards nothing */
    assert_int_equal(till->quote.count, 3);
    assert_int_equal(till->quote.items, 4398);
    till_totals(till, 400, 3998);
    assert_true(till->quote.lines[2].gift);
    const struct json *line = till_at(json_at(till_entry(till, "gift"), "lines"), 0);
    assert_int_equal(json_int(json_at(line, "line"), -1), 2);
    assert_int_equal(json_int(json_at(line, "amount"), -1), 400);
}

static void test_overflow(void **state)
{
    struct till *till = *state;
    till_rules(till, "[" FIXED("x", "", 1) "]");
    till_cart(till, "{'lines': [{'sku': 'a', 'quantity': 10, 'unit_price': 9000000000000000000}]}");
    assert_int_equal(
        promo_apply(&till->arena, till->set, &till->quote, &till->facts, NULL, 0, &till->err),
        SOUK_INVALID);
    assert_non_null(strstr(till->err.text, "lines/0"));
}

/* ---- nudges ---- */

static const struct json *nudge(const struct till *till, size_t at)
{
    return till_at(json_at(till->doc, "nudges"), at);
}

static void test_nudges(void **state)
{
    struct till *till = *state;
    till_price(
        till,
        "[{'promotion': {'id': 'free', 'when': {'items_total_at_least': 11200}, 'give': "
        "{'delivery_percent': {'percent': 100}}}}, " FIXED(
            "own",
            "'nudge': 'Buy {missing} more!', 'when': {'cart_quantity_at_least': "
            "3}, ",
            1) "," FIXED("code", "'coupon': 'SANTA', 'when': {'items_total_at_least': 20000}, ",
                         1) "," FIXED("typed",
                                      "'name': 'Ten off', 'coupon': 'TYPED', 'when': "
                                      "{'line_quantity_at_least': 2}, ",
                                      1) "," FIXED("two",
                                                   "'when': {'items_total_at_least': 20000, 'cart_quantity_at_least': "
                                                   "9}, ",
                                                   1) "," FIXED("vip",
                                                                "'when': [{'items_total_at_least': 20000}, {'customer_group_in': "
                                                                "['vip']}], ",
                                                                1) "," FIXED("cap",
                                                                             "'when': {'contains_product': ['cap']}, ",
                                                                             1) "]",
        WITH("'TYPED'"));
    assert_int_equal(json_at(till->doc, "nudges")->count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct json *one = nudge(till, i);
        struct souk_str id = till_text(one, "promotion");
        if (souk_str_is(id, "free")) {
            assert_true(souk_str_is(till_text(one, "text"), "€12.00 more for free delivery"));
            assert_int_equal(json_int(json_at(one, "missing_amount"), 0), 1200);
            assert_null(json_at(one, "missing_quantity"));
        } else if (souk_str_is(id, "own")) {
            assert_true(souk_str_is(till_text(one, "text"), "Buy 2 more!"));
            assert_int_equal(json_int(json_at(one, "missing_quantity"), 0), 2);
        } else {
            assert_true(souk_str_is(id, "typed"));
            assert_true(souk_str_is(till_text(one, "text"), "1 more item for Ten off"));
        }
    }
}

/* ---- the same again ---- */

static void test_same_bytes(void **state)
{
    struct till *till = *state;
    struct buf one = {.arena = &till->arena}, two = {.arena = &till->arena};
    const char *rules = "[" GROUP("best") FIXED("a", IN, 100) "," PERCENT("b", IN, 3) "," FIXED(
        "c", "'when': {'items_total_at_least': 99999}, ", 5) "]";
    till_price(till, rules, WITH("'X'"));
    json_print(&one, till->doc);
    till_price(till, rules, WITH("'X'"));
    json_print(&two, till->doc);
    assert_string_equal(one.ptr, two.ptr);
}

/* The trace outlives the set. */
static void test_outlives_the_set(void **state)
{
    struct till *till = *state;
    struct till rules = {.facts = till->facts};
    till_rules(&rules, "[" FIXED("a", "'name': 'Kept', ", 100) "," PERCENT(
                           "b", "'when': {'customer_group_in': ['vip', 'b2b']}, ", 3) "]");
    rules.facts.explain = till->facts.explain = 1;
    till->set = rules.set;
    till_cart(till, MUG_100);
    till_apply(till);
    struct buf before = {.arena = &till->arena}, after = {.arena = &till->arena};
    json_print(&before, till->doc);
    arena_scribble(&rules.arena);
    arena_free(&rules.arena);
    json_print(&after, till->doc);
    assert_string_equal(before.ptr, after.ptr);
}

/* clang-format on */

int main(void)
{
    const struct CMUnitTest tests[] = {TILL_TEST(test_running_totals),
                                       TILL_TEST(test_thresholds),
                                       TILL_TEST(test_once_for_all_actions),
                                       TILL_TEST(test_catalogue_order),
                                       TILL_TEST(test_catalogue_floor),
                                       TILL_TEST(test_catalogue_exclusive),
                                       TILL_TEST(test_catalogue_base),
                                       TILL_TEST(test_catalogue_priced),
                                       TILL_TEST(test_skip_reduced),
                                       TILL_TEST(test_exclusive),
                                       TILL_TEST(test_exclusive_basis),
                                       TILL_TEST(test_exclusive_blocks_nothing),
                                       TILL_TEST(test_group_best),
                                       TILL_TEST(test_group_best_delivery),
                                       TILL_TEST(test_group_tie_and_place),
                                       TILL_TEST(test_group_stack),
                                       TILL_TEST(test_group_first),
                                       TILL_TEST(test_group_best_per_line),
                                       TILL_TEST(test_group_budget),
                                       TILL_TEST(test_group_budget_per_line),
                                       TILL_TEST(test_window),
                                       TILL_TEST(test_audience),
                                       TILL_TEST(test_holdout),
                                       TILL_TEST(test_limits),
                                       TILL_TEST(test_codes),
                                       TILL_TEST(test_code_limits),
                                       TILL_TEST(test_code_displaced),
                                       TILL_TEST(test_explain),
                                       TILL_TEST(test_conditions_of_lines),
                                       TILL_TEST(test_conditions_of_customers),
                                       TILL_TEST(test_conditions_of_time_and_place),
                                       TILL_TEST(test_functions),
                                       TILL_TEST(test_functions_fail),
                                       TILL_TEST(test_ask),
                                       TILL_TEST(test_input),
                                       TILL_TEST(test_offers),
                                       TILL_TEST(test_floors),
                                       TILL_TEST(test_gift),
                                       TILL_TEST(test_overflow),
                                       TILL_TEST(test_nudges),
                                       TILL_TEST(test_same_bytes),
                                       TILL_TEST(test_outlives_the_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
