/*
 * Actions of promotions, one by one: what they take off which line, to the minor unit: rounding,
 * spreading, floors, caps, tiers, units with one use, groups, gifts and deliveries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include "shop/promo_engine.h"
#include <cmocka.h>

#define MOST 8

struct table { /* a cart and a run over it */
    struct arena arena;
    struct err err;
    struct quote quote;
    struct promo_facts facts;
    struct promo_run run;
};

static struct table table;

static int setup(void **state)
{
    (void)state;
    memset(&table, 0, sizeof table);
    table.quote.lines = arena_array(&table.arena, struct quote_line, MOST + PROMO_GIFTS);
    table.quote.delivery = arena_array(&table.arena, struct quote_delivery, MOST);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&table.arena);
    return 0;
}

static void line(const char *sku, int64_t price, int64_t quantity, int64_t min_price)
{
    table.quote.lines[table.quote.count++] = (struct quote_line){.sku = souk_str(sku),
                                                                 .product = souk_str(sku),
                                                                 .unit_price = price,
                                                                 .original_price = price,
                                                                 .quantity = quantity,
                                                                 .min_unit_price = min_price,
                                                                 .cost = PROMO_NONE};
}

static void shipment(const char *method, int64_t amount)
{
    table.quote.delivery[table.quote.delivery_count++] =
        (struct quote_delivery){.method = souk_str(method), .amount = amount};
}

static void start(void)
{
    size_t room = table.quote.count + PROMO_GIFTS;
    struct promo_run *run = &table.run;
    *run = (struct promo_run){.arena = &table.arena,
                              .quote = &table.quote,
                              .facts = &table.facts,
                              .count = table.quote.count,
                              .err = &table.err};
    run->left = arena_array(&table.arena, int64_t, room);
    run->floor = arena_array(&table.arena, int64_t, room);
    run->before = arena_array(&table.arena, int64_t, room);
    run->used = arena_array(&table.arena, int64_t, room);
    run->delivery_left = arena_array(&table.arena, int64_t, MOST);
    for (size_t i = 0; i < table.quote.count; i++) {
        const struct quote_line *one = &table.quote.lines[i];
        run->left[i] = run->before[i] = one->unit_price * one->quantity;
        run->floor[i] = one->min_unit_price * one->quantity;
    }
    for (size_t i = 0; i < table.quote.delivery_count; i++)
        run->delivery_left[i] = table.quote.delivery[i].amount;
}

static struct promo_action action(enum promo_give kind)
{
    struct promo_action made = {.kind = kind,
                                .name = "action",
                                .ppm = PROMO_NONE,
                                .amount = PROMO_NONE,
                                .additional = PROMO_NONE,
                                .cap = PROMO_NONE,
                                .function = -1};
    made.filter.price_from = made.filter.price_to = PROMO_NONE;
    made.get.price_from = made.get.price_to = PROMO_NONE;
    return made;
}

static struct promo_texts one_of(const char *sku)
{
    struct souk_str *texts = arena_new(&table.arena, struct souk_str);
    *texts = souk_str(sku);
    return (struct promo_texts){texts, 1};
}

static struct promo_effect *give(const struct promo_action *made)
{
    struct promo_effect *effect = promo_effect_new(&table.run);
    assert_int_equal(promo_give(&table.run, NULL, made, effect), SOUK_OK);
    return effect;
}

static void book(const struct promo_action *made, const char *id)
{
    assert_int_equal(promo_effect_book(&table.run, souk_str(id), give(made)), SOUK_OK);
}

static void test_percent_is_rounded_once_a_line(void **state)
{
    struct promo_action made = action(PROMO_LINE_PERCENT);
    (void)state;
    line("a", 333, 3, 0); /* 15 % of 999 is 149.85; three times 49.95 would be 150 */
    line("b", 1, 1, 0);
    start();
    made.ppm = 150000;
    assert_int_equal(give(&made)->lines[0], 150);
    made.ppm = 500000;
    assert_int_equal(give(&made)->lines[1], 1); /* half up */
    made.ppm = 149949;
    assert_int_equal(give(&made)->lines[0], 150); /* 149.799… */
    made.max_quantity = 2;
    assert_int_equal(give(&made)->lines[0], 100); /* of 666: 99.87 */
}

static void test_remaining_and_unit_price(void **state)
{
    struct promo_action half = action(PROMO_LINE_PERCENT);
    (void)state;
    line("a", 1000, 2, 0);
    start();
    half.ppm = 500000;
    book(&half, "first");
    assert_int_equal(give(&half)->lines[0], 1000); /* of the unit price again: all that is left */
    half.remaining = 1;
    assert_int_equal(give(&half)->lines[0], 500);
}

static void test_fixed_amounts(void **state)
{
    struct promo_action unit = action(PROMO_UNIT_FIXED), once = action(PROMO_LINE_FIXED);
    struct promo_action more = action(PROMO_FIRST_ADDITIONAL);
    (void)state;
    line("a", 300, 4, 0);
    line("b", 50, 1, 0);
    start();
    unit.amount = once.amount = 100;
    assert_int_equal(give(&unit)->lines[0], 400);
    assert_int_equal(give(&unit)->lines[1], 50); /* at most the unit price */
    assert_int_equal(give(&once)->lines[0], 100);
    assert_int_equal(give(&once)->lines[1], 50);
    more.amount = 100;
    more.additional = 20;
    assert_int_equal(give(&more)->lines[0], 160);
    more.max_quantity = 3;
    assert_int_equal(give(&more)->lines[0], 140);
}

static void test_an_order_amount_is_spread(void **state)
{
    struct promo_action made = action(PROMO_ORDER_FIXED);
    (void)state;
    for (int i = 0; i < 3; i++)
        line("a", 100, 1, 0);
    start();
    made.amount = 100;
    struct promo_effect *effect = give(&made);
    assert_int_equal(effect->lines[0], 34); /* ties to the earlier line */
    assert_int_equal(effect->lines[1], 33);
    assert_int_equal(effect->lines[2], 33);
    made.amount = 1000;
    assert_int_equal(promo_effect_total(&table.run, give(&made)), 300);
}

static void test_a_floor_hands_on(void **state)
{
    struct promo_action made = action(PROMO_ORDER_FIXED);
    (void)state;
    line("a", 1000, 1, 900);
    line("b", 1000, 1, 0);
    line("c", 1000, 1, 0);
    start();
    made.amount = 600;
    struct promo_effect *effect = give(&made);
    assert_int_equal(effect->lines[0], 100);
    assert_int_equal(effect->lines[1], 250);
    assert_int_equal(effect->lines[2], 250);
    made.amount = 3000;
    effect = give(&made);
    assert_int_equal(promo_effect_total(&table.run, effect), 2100);
    assert_int_equal(effect->capped_floor, 900);
}

static void test_percent_of_the_order(void **state)
{
    struct promo_action made = action(PROMO_ORDER_PERCENT);
    (void)state;
    line("a", 1999, 1, 0);
    line("b", 1, 1, 0);
    start();
    made.ppm = 125000;
    assert_int_equal(promo_effect_total(&table.run, give(&made)), 250);
    made.cap = 200;
    struct promo_effect *effect = give(&made);
    assert_int_equal(promo_effect_total(&table.run, effect), 200);
    assert_int_equal(effect->capped_cap, 50);
    struct promo_action bundle = action(PROMO_ORDER_FIXED_PRICE);
    bundle.amount = 1500;
    assert_int_equal(promo_effect_total(&table.run, give(&bundle)), 500);
    bundle.amount = 2500;
    assert_int_equal(promo_effect_total(&table.run, give(&bundle)), 0);
}

static void test_actions_see_what_earlier_ones_left(void **state)
{
    struct promo_action percent = action(PROMO_ORDER_PERCENT);
    (void)state;
    line("a", 1000, 1, 0);
    start();
    percent.ppm = 500000;
    struct promo_effect *effect = promo_effect_new(&table.run);
    for (int i = 0; i < 3; i++)
        assert_int_equal(promo_give(&table.run, NULL, &percent, effect), SOUK_OK);
    assert_int_equal(effect->lines[0], 875);
}

static void test_tiers(void **state)
{
    struct promo_tier tiers[] = {{2000, 150000, PROMO_NONE}, {3000, 200000, PROMO_NONE}};
    struct promo_action made = action(PROMO_TIERED_PERCENT);
    (void)state;
    line("a", 1000, 2, 0);
    start();
    made.tiers = tiers;
    made.tier_count = 2;
    assert_int_equal(give(&made)->lines[0], 300);
    tiers[0].min = 2001;
    assert_int_equal(give(&made)->lines[0], 0); /* nothing reached, and no base */
    made.ppm = 100000;
    assert_int_equal(give(&made)->lines[0], 200);
    made.by_quantity = 1;
    tiers[0].min = 2;
    assert_int_equal(give(&made)->lines[0], 300);
    struct promo_tier sums[] = {{1500, PROMO_NONE, 70}};
    struct promo_action fixed = action(PROMO_TIERED_FIXED);
    fixed.tiers = sums;
    fixed.tier_count = 1;
    assert_int_equal(give(&fixed)->lines[0], 70);
}

static struct promo_action deal(int64_t buy, int64_t get, int cheapest)
{
    struct promo_action made = action(PROMO_BUY_GET);
    made.ppm = PROMO_WHOLE;
    made.buy_quantity = buy;
    made.get_quantity = get;
    made.cheapest = cheapest;
    return made;
}

static void test_buy_some_get_some(void **state)
{
    struct promo_action two_plus_one = deal(2, 1, 1);
    (void)state;
    line("a", 500, 3, 0);
    line("b", 300, 2, 0);
    line("c", 100, 2, 0);
    start();
    /* seven units: two rounds; the cheapest two are free */
    struct promo_effect *effect = give(&two_plus_one);
    assert_int_equal(effect->lines[2], 200);
    assert_int_equal(promo_effect_total(&table.run, effect), 200);
    assert_int_equal(effect->used[0] + effect->used[1] + effect->used[2], 6);
    two_plus_one.once = 1;
    assert_int_equal(promo_effect_total(&table.run, give(&two_plus_one)), 100);
    two_plus_one.once = 0;
    two_plus_one.max_quantity = 1;
    assert_int_equal(promo_effect_total(&table.run, give(&two_plus_one)), 100);
    two_plus_one.max_quantity = 0;
    two_plus_one.cheapest = 0; /* dearest first: the buyers take 500 500, the third 500 is free */
    assert_int_equal(promo_effect_total(&table.run, give(&two_plus_one)), 500 + 100);
}

static void test_a_unit_has_one_use(void **state)
{
    struct promo_action bogo = deal(1, 1, 0);
    (void)state;
    line("a", 500, 3, 0);
    start();
    bogo.max_quantity = 1;
    book(&bogo, "first");
    assert_int_equal(promo_effect_total(&table.run, give(&bogo)), 0); /* one unit is left */
    assert_int_equal(table.quote.lines[0].discount_count, 1);
}

static void test_buyers_are_not_rewards_first(void **state)
{
    struct promo_action made = deal(1, 1, 0);
    (void)state;
    line("a", 100, 1, 0);
    line("b", 900, 1, 0);
    start();
    made.get.skus = one_of("b"); /* a cannot be a reward, so it buys */
    assert_int_equal(give(&made)->lines[1], 900);
    made.get_quantity = 2; /* cannot be filled: nothing happens */
    assert_int_equal(promo_effect_total(&table.run, give(&made)), 0);
}

static void test_many_rounds_at_once(void **state)
{
    struct promo_action made = deal(1, 1, 1);
    (void)state;
    for (int i = 0; i < MOST; i++)
        line("a", 100 + i, QUOTE_QUANTITY, 0);
    start();
    struct promo_effect *effect = give(&made);
    assert_int_equal(effect->lines[0] + effect->lines[3],
                     QUOTE_QUANTITY * 100 + QUOTE_QUANTITY * 103);
    assert_int_equal(effect->lines[4], 0);
}

static void test_cheapest_and_groups(void **state)
{
    struct promo_action cheapest = action(PROMO_CHEAPEST_UNITS), groups = action(PROMO_UNIT_GROUPS);
    (void)state;
    line("a", 6000, 3, 0);
    line("b", 5000, 2, 0);
    start();
    cheapest.quantity = 4;
    cheapest.amount = 500;
    struct promo_effect *effect = give(&cheapest);
    assert_int_equal(effect->lines[0], 1000);
    assert_int_equal(effect->lines[1], 1000);
    groups.quantity = 4;
    groups.ppm = 100000;
    effect = give(&groups); /* the line with most units fills first: three of a, one of b */
    assert_int_equal(effect->lines[0], 1800);
    assert_int_equal(effect->lines[1], 500);
    groups.quantity = 6;
    assert_int_equal(promo_effect_total(&table.run, give(&groups)), 0);
}

static void test_deliveries(void **state)
{
    struct promo_action percent = action(PROMO_DELIVERY_PERCENT);
    struct promo_action fixed = action(PROMO_DELIVERY_FIXED);
    (void)state;
    shipment("express", 500);
    shipment("post", 101);
    start();
    percent.ppm = 500000;
    assert_int_equal(give(&percent)->delivery[1], 51);
    percent.methods = one_of("express");
    assert_int_equal(give(&percent)->delivery[1], 0);
    fixed.amount = 200;
    struct promo_effect *effect = give(&fixed);
    assert_int_equal(effect->delivery[0], 200);
    assert_int_equal(effect->delivery[1], 101);
    fixed.across = 1;
    effect = give(&fixed);
    assert_int_equal(effect->delivery[0], 166);
    assert_int_equal(effect->delivery[1], 34);
    book(&percent, "half");
    assert_int_equal(table.quote.delivery[0].discount, 250);
    percent.remaining = 1;
    assert_int_equal(give(&percent)->delivery[0], 125);
}

static int no_stock(void *user, struct arena *arena, struct souk_str sku, struct quote_line *found)
{
    (void)arena;
    (void)sku;
    *found = (struct quote_line){.sku = souk_str("gift"), .unit_price = 250, .cost = PROMO_NONE};
    return *(int *)user;
}

static void test_gifts(void **state)
{
    struct promo_action made = action(PROMO_ADD_GIFT);
    int code = SOUK_OK;
    (void)state;
    line("a", 100, 3, 0);
    start();
    made.text = souk_str("gift");
    made.quantity = 2;
    made.amount = 400;
    assert_int_equal(promo_effect_total(&table.run, give(&made)), 800); /* the script's own price */
    made.per = 1;
    table.facts.gift = no_stock;
    table.facts.user = &code;
    book(&made, "gift");
    assert_int_equal(table.quote.count, 2);
    assert_int_equal(table.quote.lines[1].quantity, 6);
    assert_int_equal(table.quote.lines[1].gift, 1);
    assert_int_equal(table.quote.lines[1].discounts[0].amount, 1500);
    assert_int_equal(quote_compute(&table.quote, &table.err), SOUK_OK);
    assert_int_equal(table.quote.total, 300);
    code = SOUK_CONFLICT;
    assert_int_equal(give(&made)->gift_count, 0);
    struct promo_action all = action(PROMO_LINE_PERCENT); /* a gift gets no further discount */
    all.ppm = PROMO_WHOLE;
    assert_int_equal(give(&all)->lines[1], 0);
}

static void test_shelf_prices(void **state)
{
    struct promo_action percent = action(PROMO_UNIT_PERCENT), fixed = action(PROMO_CATALOGUE_FIXED);
    (void)state;
    percent.ppm = 500000;
    fixed.amount = 300;
    assert_int_equal(promo_shelf_price(&percent, 999, 0),
                     500); /* 499.5: the price rounds half up */
    assert_int_equal(promo_shelf_price(&percent, 999, 700), 700);
    assert_int_equal(promo_shelf_price(&percent, 600, 700), 600); /* never raised */
    assert_int_equal(promo_shelf_price(&fixed, 999, 0), 699);
    assert_int_equal(promo_shelf_price(&fixed, 200, 0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_percent_is_rounded_once_a_line),
        TEST(test_remaining_and_unit_price),
        TEST(test_fixed_amounts),
        TEST(test_an_order_amount_is_spread),
        TEST(test_a_floor_hands_on),
        TEST(test_percent_of_the_order),
        TEST(test_actions_see_what_earlier_ones_left),
        TEST(test_tiers),
        TEST(test_buy_some_get_some),
        TEST(test_a_unit_has_one_use),
        TEST(test_buyers_are_not_rewards_first),
        TEST(test_many_rounds_at_once),
        TEST(test_cheapest_and_groups),
        TEST(test_deliveries),
        TEST(test_gifts),
        TEST(test_shelf_prices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
