/* Steps of orders from placing to closing, cancelling, the end of time, and edits. */
#include "shop/order.h"
#include "shop/stock.h"
#include "store/verify.h"

#include "order_fixture.h"

static void assert_sound(struct shop_fixture *fixture)
{
    stock_verify_setup();
    order_verify_setup();
    const struct json *report = verify_run(fixture->db, &fixture->arena);
    if (!json_true(json_at(report, "ok")))
        fail_msg("%s", fixture_print(fixture, report));
}

static void assert_states(struct shop_fixture *fixture, const char *wanted)
{
    const char *states = fixture_text(
        fixture,
        "SELECT status || ' ' || payment_status || ' ' || fulfilment_status FROM shop_order");
    assert_string_equal(states, wanted);
}

static void step_ok(struct shop_fixture *fixture, int64_t id, const char *step, const char *args)
{
    int code = order_fixture_step(fixture, id, step, args);
    if (code != SOUK_OK)
        fail_msg("%s: %d %s", step, code, fixture->err.text);
}

static int64_t number_of_due(struct shop_fixture *fixture, int64_t id)
{
    return json_int(json_at(order_fixture_load(fixture, id, 0), "due"), INT64_MIN);
}

static void test_whole_way(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.begun = "pending", .flags = 17};
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, &want);
    assert_states(fixture, "placed pending none");
    step_ok(fixture, id, "confirm", "{\"reason\": \"called\"}");
    step_ok(fixture, id, "pack", NULL);
    assert_states(fixture, "confirmed pending packed");
    step_ok(fixture, id, "unpack", NULL);
    assert_states(fixture, "confirmed pending none");
    step_ok(fixture, id, "pay", "{\"reference\": \"cash 1\"}");
    assert_states(fixture, "confirmed paid none");
    step_ok(fixture, id, "ship", "{\"tracking\": \"T1\"}");
    assert_states(fixture, "confirmed paid shipped");
    assert_int_equal(fixture_int(fixture, "SELECT on_hand FROM stock WHERE on_hand = 8"), 8);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM reservation"), 0);
    assert_int_equal(order_fixture_step(fixture, id, "cancel", NULL), SOUK_CONFLICT);
    step_ok(fixture, id, "deliver", NULL);
    assert_states(fixture, "confirmed paid delivered");
    step_ok(fixture, id, "close", NULL);
    assert_int_equal(order_fixture_step(fixture, id, "pack", NULL), SOUK_CONFLICT);
    step_ok(fixture, id, "reopen", NULL);
    step_ok(fixture, id, "close", NULL);
    assert_sound(fixture);
    const struct json *history = json_at(order_fixture_load(fixture, id, 1), "history");
    int named = 0;
    json_each(item, history) named +=
        souk_str_is(json_text(json_at(&item->value, "reason")), "called") &&
        souk_str_is(json_text(json_at(&item->value, "actor")), "staff:7") &&
        souk_str_is(json_text(json_at(&item->value, "from")), "placed");
    assert_int_equal(named, 1);
}

/* What is illegal changes nothing and says what would be legal. */
static void test_illegal(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, NULL);
    const char *before =
        fixture_text(fixture, "SELECT version || ' ' || changed_at FROM shop_order");
    int64_t rows = fixture_int(fixture, "SELECT count(*) FROM audit");
    assert_int_equal(order_fixture_step(fixture, id, "close", NULL), SOUK_CONFLICT);
    assert_non_null(strstr(fixture->err.text, "confirm"));
    assert_null(strstr(fixture->err.text, "reopen"));
    assert_int_equal(order_fixture_step(fixture, id, "refund", "{\"amount\": 1}"), SOUK_CONFLICT);
    assert_int_equal(order_fixture_step(fixture, id, "deliver", NULL), SOUK_CONFLICT);
    assert_int_equal(order_fixture_step(fixture, id, "place", NULL), SOUK_NOT_FOUND);
    assert_int_equal(order_fixture_step(fixture, id + 1, "confirm", NULL), SOUK_NOT_FOUND);
    assert_string_equal(
        fixture_text(fixture, "SELECT version || ' ' || changed_at FROM shop_order"), before);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM audit"), rows);
}

/* Half of it is sent, the rest later. */
static void test_parts(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:3"};
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, &want);
    int64_t line = fixture_int(fixture, "SELECT id FROM order_line");
    const char *one =
        arena_printf(&fixture->arena, "{\"lines\": [{\"line\": \"%lld\", \"quantity\": 1}]}",
                     (long long)line)
            .ptr;
    step_ok(fixture, id, "pack", one);
    assert_states(fixture, "placed pending part_packed");
    step_ok(fixture, id, "ship", NULL);
    assert_states(fixture, "placed pending part_shipped");
    step_ok(fixture, id, "ship", one);
    assert_states(fixture, "placed pending part_shipped");
    step_ok(fixture, id, "ship", NULL);
    assert_states(fixture, "placed pending shipped");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM shipment"), 3);
    assert_int_equal(fixture_int(fixture, "SELECT on_hand - reserved FROM stock WHERE on_hand = 7"),
                     7);
    assert_int_equal(order_fixture_step(fixture, id, "pack", one), SOUK_CONFLICT);
    step_ok(fixture, id, "deliver", NULL);
    /* which line of the body it was, and why not */
    char many[200];
    snprintf(many, sizeof many, "{\"lines\": [{\"line\": %lld, \"quantity\": 900}]}",
             (long long)fixture_int(fixture, "SELECT min(id) FROM order_line"));
    assert_int_equal(order_fixture_step(fixture, id, "return", many), SOUK_INVALID);
    assert_non_null(strstr(fixture->err.text, "/lines/0/quantity: fewer units than that"));
    step_ok(fixture, id, "return", one);
    assert_states(fixture, "placed pending part_returned");
    assert_int_equal(fixture_int(fixture, "SELECT on_hand FROM stock WHERE on_hand = 8"), 8);
    assert_sound(fixture);
}

/* ---- cancelling ---- */

static int64_t hooked;

static int hook(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t now)
{
    (void)conn, (void)arena, (void)now;
    hooked = order_id;
    return SOUK_OK;
}

static void test_cancel(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, NULL);
    step_ok(fixture, id, "pack", NULL);
    order_on_cancel(hook);
    step_ok(fixture, id, "cancel", "{\"reason\": \"by phone\"}");
    order_on_cancel(NULL);
    assert_true(hooked == id);
    assert_int_equal(fixture_int(fixture, "SELECT sum(reserved) FROM stock"), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM reservation"), 0);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM shipment WHERE state = 'cancelled'"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM payment_move WHERE kind = 'void'"),
                     1);
    assert_int_equal(order_fixture_step(fixture, id, "cancel", NULL), SOUK_CONFLICT);
    assert_int_equal(number_of_due(fixture, id), 0);
    assert_sound(fixture);
}

static void test_cancel_paid(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, NULL);
    step_ok(fixture, id, "pay", NULL);
    step_ok(fixture, id, "cancel", NULL);
    assert_int_equal(
        fixture_int(fixture, "SELECT sum(amount) FROM payment_move WHERE kind = 'refund'"), 2500);
    assert_sound(fixture);
}

/* ---- time ---- */

static int expire_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    return order_expire(conn, &fixture->arena, fixture->now, arg);
}

static void test_expire(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {
        .hold = 30 * CLOCK_MINUTE, .goods = "TEA:1", .payment = "card"};
    int more = 1;
    order_fixture_goods(fixture);
    order_fixture_place(fixture, &want);
    int64_t paid = order_fixture_place(fixture, &want);
    order_fixture_place(fixture, NULL); /* waits for ever */
    step_ok(fixture, paid, "pay", NULL);
    fixture->now += 29 * CLOCK_MINUTE;
    assert_int_equal(fixture_write(fixture, expire_run, &more), SOUK_OK);
    assert_int_equal(fixture_int(fixture, "SELECT sum(reserved) FROM stock"), 4);
    fixture->now += CLOCK_MINUTE;
    assert_int_equal(fixture_write(fixture, expire_run, &more), SOUK_OK);
    assert_int_equal(more, 0);
    assert_int_equal(fixture_int(fixture, "SELECT sum(reserved) FROM stock"), 3);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM shop_order WHERE status = 'cancelled'"), 1);
    assert_int_equal(fixture_int(fixture,
                                 "SELECT count(*) FROM audit WHERE actor = 'souk' AND action "
                                 "= 'order.cancel'"),
                     1);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM shop_order WHERE expires_at > 0"),
                     0);
    assert_sound(fixture);
}

/* ---- edits ---- */

struct edit {
    int64_t id;
    const char *wish;
};

static int edit_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct edit *edit = arg;
    fixture->err = (struct err){0};
    return order_edit(conn, &fixture->arena, edit->id, fixture_json(fixture, edit->wish),
                      souk_str("staff:7"), fixture->now, &fixture->err);
}

static int edit(struct shop_fixture *fixture, int64_t id, const char *wish)
{
    struct edit one = {id, wish};
    return fixture_write(fixture, edit_run, &one);
}

static void edit_ok(struct shop_fixture *fixture, int64_t id, const char *wish)
{
    int code = edit(fixture, id, wish);
    if (code != SOUK_OK)
        fail_msg("%d: %s in %s", code, fixture->err.text, wish);
}

static int64_t total(struct shop_fixture *fixture)
{
    return fixture_int(fixture, "SELECT total FROM shop_order");
}

static void test_edit(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, NULL); /* 2 TEA, 2500 */
    order_fixture_product(fixture, "TEA", 1500, 10, 100);
    edit_ok(fixture, id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 3}], \"version\": 1}");
    assert_int_equal(total(fixture), 3500); /* at the price of the order */
    assert_int_equal(fixture_int(fixture, "SELECT sum(reserved) FROM stock"), 3);
    edit_ok(
        fixture, id,
        "{\"lines\": [{\"sku\": \"MUG\", \"quantity\": 1}], \"delivery_amount\": 100, \"reason\": "
        "\"asked\"}");
    assert_int_equal(total(fixture), 3650);
    /* its provider was told 2500, or is being told: that is what a payment of it will be */
    assert_int_equal(fixture_int(fixture, "SELECT amount FROM payment"), 2500);
    fixture_sql(fixture, "UPDATE payment SET local = 1, state = 'pending'");
    edit_ok(fixture, id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 0}]}");
    assert_int_equal(total(fixture), 650);
    assert_int_equal(fixture_int(fixture, "SELECT amount FROM payment"), 650);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM order_line"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT sum(reserved) FROM stock"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT version FROM shop_order"), 4);
    edit_ok(fixture, id,
            "{\"email\": \"New@Example.org\", \"name\": \"Bob\", \"phone\": \"0888 999 999\", "
            "\"address\": {\"country\": \"bg\", \"city\": \"Varna\", \"line1\": \"Sea 1\"}}");
    assert_string_equal(fixture_text(fixture, "SELECT email || phone || name FROM shop_order"),
                        "new@example.org+359888999999Bob");
    assert_non_null(strstr(fixture_text(fixture, "SELECT address FROM shop_order"), "Varna"));
    assert_int_equal(total(fixture), 650);
    assert_sound(fixture);
}

static void test_edit_refused(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, NULL);
    assert_int_equal(edit(fixture, id, "{\"version\": 9, \"name\": \"X\"}"), SOUK_CONFLICT);
    assert_int_equal(edit(fixture, id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 0}]}"),
                     SOUK_CONFLICT); /* nothing left */
    assert_int_equal(edit(fixture, id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 11}]}"),
                     SOUK_CONFLICT); /* 10 are there */
    assert_non_null(strstr(fixture->err.text, "8 more"));
    assert_int_equal(edit(fixture, id, "{\"lines\": [{\"sku\": \"NONE\", \"quantity\": 1}]}"),
                     SOUK_INVALID);
    assert_int_equal(edit(fixture, id, "{\"lines\": [{\"line\": 5, \"quantity\": 1}]}"),
                     SOUK_INVALID);
    assert_int_equal(edit(fixture, id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": -1}]}"),
                     SOUK_INVALID);
    assert_int_equal(edit(fixture, id, "{\"lines\": 5}"), SOUK_INVALID);
    assert_int_equal(edit(fixture, id, "{\"email\": \"nobody\"}"), SOUK_INVALID);
    assert_int_equal(edit(fixture, id, "{\"address\": {\"country\": \"BG\"}}"), SOUK_INVALID);
    assert_int_equal(edit(fixture, id, "{\"delivery_amount\": -5}"), SOUK_INVALID);
    assert_int_equal(fixture_int(fixture, "SELECT version FROM shop_order"), 1);
    step_ok(fixture, id, "pack", NULL);
    assert_int_equal(edit(fixture, id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 1}]}"),
                     SOUK_CONFLICT); /* packed */
    edit_ok(fixture, id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 3}]}");
    assert_states(fixture, "placed pending part_packed");
    edit_ok(fixture, id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 2}]}");
    assert_states(fixture, "placed pending packed");
    step_ok(fixture, id, "cancel", NULL);
    assert_int_equal(edit(fixture, id, "{\"name\": \"X\"}"), SOUK_CONFLICT);
    assert_sound(fixture);
}

/* Money follows: what is owed after more, what is too much after less. */
static void test_edit_due(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, NULL);
    step_ok(fixture, id, "pay", NULL);
    assert_states(fixture, "confirmed paid none");
    edit_ok(fixture, id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 3}]}");
    assert_states(fixture, "confirmed part_paid none");
    assert_int_equal(number_of_due(fixture, id), 1000);
    edit_ok(fixture, id, "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 1}]}");
    assert_states(fixture, "confirmed paid none");
    assert_int_equal(number_of_due(fixture, id), -1000);
    step_ok(fixture, id, "refund", "{\"amount\": 1000}");
    assert_int_equal(number_of_due(fixture, id), 0);
    assert_sound(fixture);
}

/* ---- tax ---- */

static void use_terms(int include_tax, int by_total)
{
    static struct market_shop shop;
    shop = *market_shop();
    shop.prices_include_tax = include_tax;
    shop.round_by_total = by_total;
    market_setup(&shop);
}

static void taxed_goods(struct shop_fixture *fixture)
{
    fixture_sql(fixture, "INSERT INTO tax_zone (id, name, country) VALUES (7, 'BG', 'BG')");
    fixture_sql(fixture,
                "INSERT INTO tax_rate (id, zone_id, class_id, name, rate) VALUES (8, 7, 1, "
                "'VAT', 200000)");
    for (int i = 0; i < 3; i++) {
        static const int prices[] = {333, 199, 1001};
        char doc[400];
        snprintf(doc, sizeof doc,
                 "{\"key\": \"T%d\", \"status\": \"active\", \"tax_class\": \"standard\", "
                 "\"text\": {\"en\": {\"name\": \"T%d\"}}, \"variants\": [{\"sku\": \"T%d\", "
                 "\"stock\": 99, \"prices\": [{\"list\": \"base\", \"amount\": %d}]}]}",
                 i, i, i, prices[i]);
        fixture_save(fixture, doc);
    }
}

/* Whatever the terms, the rows sum up, and an edit computes by the rates that were agreed on. */
static void test_taxes(void **state)
{
    struct shop_fixture *fixture = *state;
    static const int64_t totals[4] = {7 * 333 + 3 * 199 + 1001 + 499,
                                      7 * 333 + 3 * 199 + 1001 + 499, 5313, 5314};
    taxed_goods(fixture);
    for (int i = 0; i < 4; i++) {
        struct order_fixture_want want = {
            .goods = "T0:7,T1:3,T2:1", .delivery = 499, .delivery_ppm = 200000};
        use_terms(i < 2, i % 2);
        int64_t id = order_fixture_place(fixture, &want);
        const struct json *doc = order_fixture_load(fixture, id, 0);
        int64_t sum = json_int(json_at(json_at(doc, "totals"), "total"), 0);
        int64_t tax = json_int(json_at(json_at(doc, "totals"), i < 2 ? "tax_included" : "tax"), 0);
        if (sum != totals[i])
            fail_msg("terms %d: %lld", i, (long long)sum);
        assert_true(tax > 700);
        assert_sound(fixture);
        fixture_sql(fixture, "UPDATE tax_rate SET rate = 500000");
        edit_ok(fixture, id,
                "{\"lines\": [{\"sku\": \"T0\", \"quantity\": 6}, {\"sku\": \"T1\", "
                "\"quantity\": 0}], \"delivery_amount\": 300}");
        assert_sound(fixture);
        doc = order_fixture_load(fixture, id, 0);
        sum = json_int(json_at(json_at(doc, "totals"), "total"), 0);
        int64_t net = 6 * 333 + 1001 + 300; /* 3299: at 20 % that is 660 */
        assert_in_range(sum, i < 2 ? net : net + 659, i < 2 ? net : net + 661);
        fixture_sql(fixture, "UPDATE tax_rate SET rate = 200000");
    }
    use_terms(1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_whole_way), SHOP_TEST(test_illegal),      SHOP_TEST(test_parts),
        SHOP_TEST(test_cancel),    SHOP_TEST(test_cancel_paid),  SHOP_TEST(test_expire),
        SHOP_TEST(test_edit),      SHOP_TEST(test_edit_refused), SHOP_TEST(test_edit_due),
        SHOP_TEST(test_taxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
