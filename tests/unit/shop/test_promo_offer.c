/*
 * test_promo_offer.c: which offers are made to whom and at which price, what their rows remember,
 * what pricing makes of a line that came by one, and lines that join an order after the purchase.
 */
#include "order_fixture.h"

#include "shop/payment.h"
#include "shop/promo_offer.h"

static const struct souk_str mug[] = {{"MUG", 3}}, tea[] = {{"TEA", 3}},
                             both[] = {{"TEA", 3}, {"MUG", 3}};

/* Half of the price of a mug, for who buys tea. */
static struct promo_condition has_tea = {.kind = PROMO_CONTAINS_PRODUCT,
                                         .name = "contains_product",
                                         .number = 1,
                                         .texts = {tea, 1},
                                         .function = -1};
static struct promo_action half = {.kind = PROMO_LINE_PERCENT,
                                   .name = "line_percent",
                                   .ppm = 500000,
                                   .amount = PROMO_NONE,
                                   .cap = PROMO_NONE,
                                   .max_quantity = PROMO_NONE,
                                   .filter = {.price_from = PROMO_NONE, .price_to = PROMO_NONE},
                                   .get = {.price_from = PROMO_NONE, .price_to = PROMO_NONE},
                                   .function = -1};

struct rules {
    struct promo_offer offers[4];
    struct promo_set set;
    struct promo_live live;
};

static struct promo_offer rule(const char *id, const char *slot, int64_t priority)
{
    return (struct promo_offer){.id = souk_str(id),
                                .hash = souk_str("h"),
                                .enabled = 1,
                                .slot = souk_str(slot),
                                .priority = priority,
                                .skus = {mug, 1},
                                .quantity = 1,
                                .ttl = 30 * CLOCK_MINUTE,
                                .text = souk_str(""),
                                .name = souk_str(""),
                                .file = souk_str("upsell/a.lua"),
                                .conditions = &has_tea,
                                .condition_count = 1,
                                .actions = &half,
                                .action_count = 1,
                                .function = -1};
}

static void publish(struct rules *rules, size_t count)
{
    rules->set =
        (struct promo_set){.offers = rules->offers, .offer_count = count, .hash = souk_str("set")};
    rules->live = (struct promo_live){.set = &rules->set};
}

struct place {
    struct cart cart;
    struct quote quote, basis;
    struct market market;
};

static int fill(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct place *place = arg;
    struct cart_change change = {.verb = CART_ADD, .sku = souk_str("TEA"), .quantity = 1};
    int64_t line, available;
    struct err err = {0};
    place->market = market_at("en", fixture->now);
    int code =
        cart_create(conn, &fixture->arena, &place->market, 0, 77, fixture->now, &place->cart);
    if (code == 0)
        code = cart_apply(conn, &fixture->arena, &place->cart, &change, fixture->now, &line,
                          &available, &err);
    if (code == 0)
        code = cart_store(conn, &fixture->arena, &place->cart, NULL, fixture->now);
    return code ? code
                : cart_load(conn, &fixture->arena, place->cart.token, fixture->now, &place->cart);
}

static void shop(struct shop_fixture *fixture, struct place *place)
{
    order_fixture_goods(fixture);
    assert_int_equal(fixture_write(fixture, fill, place), 0);
}

static struct promo_offer_at at_of(struct shop_fixture *fixture, struct place *place,
                                   struct db_conn *conn, const char *slot)
{
    struct err err = {0};
    if (cart_price(conn, &fixture->arena, &place->cart, &place->market, NULL, 0, &place->quote,
                   NULL, &err) != 0)
        fail_msg("price: %s", err.text);
    place->basis = place->quote;
    return (struct promo_offer_at){.slot = slot,
                                   .cart = &place->cart,
                                   .basis = &place->basis,
                                   .market = &place->market,
                                   .who = {.visitor = 77, .address = ""}};
}

/* How many are made; the first of them in *found. */
static size_t find(struct shop_fixture *fixture, struct rules *rules, struct place *place,
                   const char *only, struct promo_offered *found)
{
    struct promo_offered room[8];
    struct err err = {0};
    size_t count = 0;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    struct promo_offer_at at = at_of(fixture, place, conn, "cart");
    if (only)
        at.only = souk_str(only);
    if (promo_offer_find(conn, &fixture->arena, &rules->live, &at, 8, room, 8, &count, &err) != 0)
        fail_msg("find: %s", err.text);
    db_read_end(conn);
    if (count)
        *found = room[0];
    return count;
}

static void made_by_priority_and_priced(void **state)
{
    struct shop_fixture *fixture = *state;
    struct place place;
    struct promo_offered found;
    struct rules rules = {
        .offers = {rule("low", "cart", 1), rule("high", "cart", 5), rule("bump", "bump", 9)}};
    rules.offers[1].actions = NULL;
    rules.offers[1].action_count = 0;
    shop(fixture, &place);
    publish(&rules, 3);
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 2);
    assert_true(souk_str_is(found.offer->id, "high"));
    assert_int_equal(found.amount, 550);
    assert_int_equal(found.discount, 0);
    assert_int_equal(find(fixture, &rules, &place, "low", &found), 1);
    assert_int_equal(found.discount, 275);
    assert_int_equal(found.amount, 275);
    rules.offers[0].enabled = 0;
    rules.offers[1].from = fixture->now + 1;
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 0);
    rules.offers[1].from = 0;
    rules.offers[1].to = fixture->now; /* exclusive */
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 0);
}

static void not_without_its_trigger_or_goods(void **state)
{
    struct shop_fixture *fixture = *state;
    struct place place;
    struct promo_offered found;
    struct rules rules = {.offers = {rule("mug", "cart", 1)}};
    shop(fixture, &place);
    publish(&rules, 1);
    rules.offers[0].quantity = 6; /* five are there */
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 0);
    rules.offers[0].quantity = 5;
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 1);
    rules.offers[0].skus = (struct promo_texts){both, 2};
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 1);
    assert_true(souk_str_is(found.line.sku, "MUG")); /* tea is in the cart */
    rules.offers[0].skus = (struct promo_texts){tea, 1};
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 0);
    rules.offers[0].skus = (struct promo_texts){mug, 1};
    has_tea.number = 2;
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 0);
    has_tea.number = 1;
}

/* ---- the book ---- */

struct row {
    struct promo_offer_note note;
    const char *end;
};

static int note(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct row *row = arg;
    struct promo_offer_row found;
    int code = promo_offer_note(conn, &row->note, fixture->now);
    if (code == 0)
        code = promo_offer_get(conn, &fixture->arena, &row->note, &found);
    return code || !row->end ? code : promo_offer_end(conn, found.id, row->end, fixture->now);
}

static struct row row_of(struct shop_fixture *fixture, const struct place *place)
{
    return (struct row){
        .note = {.offer = souk_str("mug"),
                 .hash = souk_str("h"),
                 .slot = "cart",
                 .state = "shown",
                 .cart_id = place->cart.id,
                 .visitor = 77,
                 .variant_id = fixture_int(fixture, "SELECT id FROM variant WHERE sku = 'MUG'"),
                 .quantity = 2,
                 .amount = 550,
                 .discount = 551,
                 .expires_at = fixture->now + 1}};
}

static void declined_twice_is_enough(void **state)
{
    struct shop_fixture *fixture = *state;
    struct place place, other;
    struct promo_offered found;
    struct rules rules = {.offers = {rule("mug", "cart", 1)}};
    shop(fixture, &place);
    publish(&rules, 1);
    struct row row = row_of(fixture, &place);
    assert_int_equal(fixture_write(fixture, note, &row), 0);
    assert_int_equal(fixture_write(fixture, note, &row), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM promo_offer"), 1);
    row.end = "declined";
    assert_int_equal(fixture_write(fixture, note, &row), 0);
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 1);
    assert_int_equal(fixture_write(fixture, note, &row), 0);
    assert_int_equal(fixture_int(fixture, "SELECT declines FROM promo_offer"), 2);
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 0);
    assert_int_equal(fixture_write(fixture, fill, &other), 0);
    assert_int_equal(find(fixture, &rules, &other, NULL, &found), 0);  /* the same visitor */
    assert_int_equal(find(fixture, &rules, &place, "mug", &found), 1); /* who still has it */
}

static void held_out(void **state)
{
    struct shop_fixture *fixture = *state;
    struct place place;
    struct promo_offered found;
    struct rules rules = {.offers = {rule("mug", "cart", 1)}};
    shop(fixture, &place);
    publish(&rules, 1);
    rules.offers[0].holdout = PROMO_WHOLE;
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 1);
    assert_true(found.held);
    rules.offers[0].holdout = 0;
    assert_int_equal(find(fixture, &rules, &place, NULL, &found), 1);
    assert_false(found.held);
}

/* ---- pricing ---- */

static int take(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct place *place = arg;
    struct cart_change change = {.verb = CART_ADD, .sku = souk_str("MUG"), .quantity = 2};
    struct row row = row_of(fixture, place);
    struct promo_offer_row found;
    int64_t line, available;
    struct err err = {0};
    int code = cart_apply(conn, &fixture->arena, &place->cart, &change, fixture->now, &line,
                          &available, &err);
    if (code == 0)
        code = cart_store(conn, &fixture->arena, &place->cart, NULL, fixture->now);
    if (code == 0)
        code = promo_offer_note(conn, &row.note, fixture->now);
    if (code == 0)
        code = promo_offer_get(conn, &fixture->arena, &row.note, &found);
    if (code == 0)
        code = promo_offer_take(conn, found.id, line, fixture->now);
    return code ? code
                : cart_load(conn, &fixture->arena, place->cart.token, fixture->now, &place->cart);
}

static int64_t discount_of(struct shop_fixture *fixture, const struct rules *rules,
                           struct place *place, int64_t quantity)
{
    struct promo_facts facts = {0};
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    place->cart.lines[place->cart.count - 1].quantity = quantity;
    int code = promo_offer_facts(conn, &fixture->arena, &rules->set, &place->cart, &facts);
    db_read_end(conn);
    assert_int_equal(code, 0);
    return facts.offer_count ? facts.offers[0].actions[0].amount : -1;
}

static void what_was_agreed_on_does_not_grow(void **state)
{
    struct shop_fixture *fixture = *state;
    struct place place;
    struct rules rules = {.offers = {rule("mug", "cart", 1)}};
    shop(fixture, &place);
    publish(&rules, 1);
    assert_int_equal(fixture_write(fixture, take, &place), 0);
    assert_int_equal(discount_of(fixture, &rules, &place, 2), 551);
    assert_int_equal(discount_of(fixture, &rules, &place, 100), 551);
    assert_int_equal(discount_of(fixture, &rules, &place, 1),
                     quote_units(551, 2, 0, 1)); /* its share */
    place.cart.lines[place.cart.count - 1].later = 1;
    assert_int_equal(discount_of(fixture, &rules, &place, 2), -1);
    place.cart.lines[place.cart.count - 1].later = 0;
    rules.set.offer_count = 0; /* the rule is gone */
    assert_int_equal(discount_of(fixture, &rules, &place, 2), -1);
}

static void a_timer_ends_an_offer_and_its_quote(void **state)
{
    struct promo_condition since = {.kind = PROMO_SINCE, .text = souk_str("lead"), .number = 3600};
    struct promo_offer offer = {
        .conditions = &since, .condition_count = 1, .to = NOW + 90 * CLOCK_MINUTE};
    struct promo_facts facts = {.offers = &offer, .offer_count = 1};
    struct quote quote = {.at = NOW};
    (void)state;
    assert_int_equal(promo_offer_ends(&offer, &facts.customer), offer.to);
    facts.customer.lead_at = NOW - 10 * CLOCK_MINUTE;
    int64_t ends = NOW + 50 * CLOCK_MINUTE + CLOCK_SECOND;
    assert_int_equal(promo_offer_ends(&offer, &facts.customer), ends);
    promo_offer_until(&facts, &quote);
    assert_int_equal(quote.until, ends);
    facts.customer.lead_at = NOW - 100 * CLOCK_MINUTE; /* over: no end that is still to come */
    quote.until = 0;
    promo_offer_until(&facts, &quote);
    assert_int_equal(quote.until, 0);
}

/* ---- orders ---- */

struct append {
    int64_t order_id, more;
    struct order_addition addition;
    struct err err;
};

static int append(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct append *append = arg;
    append->err = (struct err){0};
    return order_append(conn, &fixture->arena, append->order_id, &append->addition,
                        souk_str("customer"), fixture->now, &append->more, &append->err);
}

static void a_line_joins_an_order(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    struct order_fixture_want want = {.begun = "pending"};
    struct append one = {
        .order_id = order_fixture_place(fixture, &want),
        .addition = {.variant_id = fixture_int(fixture, "SELECT id FROM variant WHERE sku = 'MUG'"),
                     .quantity = 2,
                     .unit_price = 550,
                     .share = {souk_str("offer:mug"), 300},
                     .try = 1}};
    assert_int_equal(fixture_write(fixture, append, &one), 0);
    assert_int_equal(one.more, 800);
    assert_int_equal(fixture_int(fixture, "SELECT total FROM shop_order"), 2500);
    one.addition.try = 0;
    assert_int_equal(fixture_write(fixture, append, &one), 0);
    assert_int_equal(fixture_int(fixture, "SELECT total FROM shop_order"), 3300);
    assert_int_equal(fixture_int(fixture, "SELECT amount FROM payment"), 3300);
    assert_int_equal(
        fixture_int(fixture, "SELECT reserved FROM stock s JOIN variant v ON v.id = s.variant_id "
                             "WHERE v.sku = 'MUG'"),
        2);
    assert_string_equal(fixture_text(fixture, "SELECT discounts FROM order_line WHERE sku = 'MUG'"),
                        "[{\"promotion\":\"offer:mug\",\"amount\":300}]");
    one.addition.quantity = 4; /* three are left */
    assert_int_equal(fixture_write(fixture, append, &one), SOUK_CONFLICT);
    assert_int_equal(fixture_int(fixture, "SELECT total FROM shop_order"), 3300);
    one.addition.quantity = 1;
    fixture_sql(fixture, "UPDATE shop_order SET status = 'cancelled'");
    assert_int_equal(fixture_write(fixture, append, &one), SOUK_CONFLICT);
}

static void an_order_as_a_place(void **state)
{
    struct shop_fixture *fixture = *state;
    struct promo_offer_order order;
    order_fixture_goods(fixture);
    struct order_fixture_want want = {.begun = "pending", .goods = "TEA:2,MUG:1"};
    int64_t id = order_fixture_place(fixture, &want);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(promo_offer_order(conn, &fixture->arena, id, fixture->now, &order), 0);
    db_read_end(conn);
    assert_int_equal(order.basis.count, 2);
    assert_int_equal(order.basis.lines[0].unit_price, 1000);
    assert_true(souk_str_is(order.basis.lines[0].product, "TEA"));
    assert_true(order.local && !order.paid && !order.paying);
    assert_true(souk_str_is(order.provider, "cod"));
}

/* ---- the report ---- */

static struct json *report(struct shop_fixture *fixture)
{
    struct json *items = json_new(&fixture->arena, JSON_ARRAY);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = promo_offer_report(conn, &fixture->arena, fixture->now - 1, items);
    db_read_end(conn);
    assert_int_equal(code, 0);
    return items;
}

static int64_t told(const struct json *items, const char *key)
{
    return items->count ? json_int(json_at(&items->first->value, key), -1) : -2;
}

static void what_it_brought(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    fixture_sql(fixture, "UPDATE variant SET cost = 100 WHERE sku = 'MUG'");
    struct order_fixture_want want = {.goods = "TEA:1,MUG:3"};
    int64_t id = order_fixture_place(fixture, &want);
    struct place place = {.cart = {.id = fixture_int(fixture, "SELECT cart_id FROM shop_order")}};
    struct row row = row_of(fixture, &place);
    assert_int_equal(report(fixture)->count, 0);
    assert_int_equal(fixture_write(fixture, note, &row), 0);
    assert_int_equal(told(report(fixture), "shown"), 1);
    assert_int_equal(told(report(fixture), "revenue"), 0);
    fixture_sql(fixture, "UPDATE promo_offer SET state = 'accepted'");
    struct json *items = report(fixture);
    assert_int_equal(told(items, "accepted"), 1);
    assert_int_equal(told(items, "units"), 2); /* of the three, as many as were offered */
    assert_int_equal(told(items, "revenue"), 1100);
    assert_int_equal(told(items, "margin"), 900);
    assert_int_equal(told(items, "orders"), 1);
    assert_int_equal(told(items, "order_revenue"), 2650);
    assert_int_equal(told(items, "held_carts"), 0);
    fixture_sql(fixture, "UPDATE promo_offer SET state = 'held'");
    items = report(fixture);
    assert_int_equal(told(items, "shown"), 0);
    assert_int_equal(told(items, "held_orders"), 1);
    assert_int_equal(told(items, "held_revenue"), 2650);
    fixture_sql(fixture, "UPDATE shop_order SET status = 'cancelled'");
    assert_int_equal(told(report(fixture), "held_orders"), 0);
    assert_true(id > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(made_by_priority_and_priced),
        SHOP_TEST(not_without_its_trigger_or_goods),
        SHOP_TEST(declined_twice_is_enough),
        SHOP_TEST(held_out),
        SHOP_TEST(what_was_agreed_on_does_not_grow),
        SHOP_TEST(a_timer_ends_an_offer_and_its_quote),
        SHOP_TEST(a_line_joins_an_order),
        SHOP_TEST(an_order_as_a_place),
        SHOP_TEST(what_it_brought),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
