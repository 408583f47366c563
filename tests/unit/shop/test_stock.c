/*
 * Stock: the counter and its ledger, what is refused, and when pages hear of it.
 */
#include "shop/stock.h"
#include "store/verify.h"
#include "fixture.h"

struct step {
    int64_t variant, number;
    int set, changed;
};

static int run_step(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct step *step = arg;
    if (step->set)
        return stock_set(conn, step->variant, step->number, "count", fixture->now, &step->changed);
    return stock_move(conn, step->variant, step->number, "order", souk_str("order:1"),
                      fixture->now);
}

static int move(struct shop_fixture *fixture, int64_t variant, int64_t delta)
{
    struct step step = {variant, delta, 0, 0};
    return fixture_write(fixture, run_step, &step);
}

static int64_t make(struct shop_fixture *fixture, const char *variant)
{
    struct buf doc = {.arena = &fixture->arena};
    buf_printf(&doc,
               "{\"key\": \"tea\", \"text\": {\"en\": {\"name\": \"Tea\"}}, \"variants\": [%s]}",
               variant);
    fixture_save(fixture, doc.ptr);
    return fixture_int(fixture, "SELECT id FROM variant");
}

static const char *availability(struct shop_fixture *fixture)
{
    return fixture_text(fixture, "SELECT availability FROM variant");
}

static void test_move(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t id = make(fixture, "{\"stock\": 5, \"low_stock\": 2, \"prices\": [{\"amount\": 100}]}");
    assert_string_equal(availability(fixture), "in");
    int64_t version = fixture_int(fixture, "SELECT version FROM catalogue_state");
    assert_int_equal(move(fixture, id, -2), 0);
    assert_int_equal(fixture_int(fixture, "SELECT version FROM catalogue_state"), version);
    assert_int_equal(move(fixture, id, -1), 0);
    assert_string_equal(availability(fixture), "low");
    assert_int_equal(fixture_int(fixture, "SELECT version FROM catalogue_state"), version + 1);
    assert_int_equal(move(fixture, id, -3), SOUK_CONFLICT);
    assert_int_equal(fixture_int(fixture, "SELECT on_hand FROM stock"), 2);
    assert_int_equal(move(fixture, id, -2), 0);
    assert_string_equal(availability(fixture), "out");
    assert_int_equal(move(fixture, id, 10), 0);
    assert_string_equal(availability(fixture), "in");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM stock_move"), 5);
    assert_int_equal(fixture_int(fixture, "SELECT sum(delta) FROM stock_move"), 10);
}

/* What a cached page of the product rests on. */
static void look(struct shop_fixture *fixture, struct db_seen *seen)
{
    struct market market = market_at("en", NOW);
    struct json *view = NULL;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(product_view(conn, &fixture->arena, &market, fixture->result.id, souk_str(""),
                                  NULL, &view, NULL),
                     0);
    db_seen(conn, seen);
    db_read_end(conn);
    assert_true(db_seen_valid(fixture->db, seen));
}

static void test_full_shelf(void **state)
{
    struct shop_fixture *fixture = *state;
    struct db_seen seen;
    int64_t id = make(fixture, "{\"stock\": 9, \"low_stock\": 2, \"prices\": [{\"amount\": 100}]}");
    fixture_sql(fixture, "UPDATE product SET status = 'active', visibility = 'both'");
    look(fixture, &seen);
    assert_int_equal(move(fixture, id, -2), 0);
    assert_int_equal(move(fixture, id, -2), 0);
    assert_true(db_seen_valid(fixture->db, &seen)); /* the page says the same as before */
    assert_int_equal(move(fixture, id, -3), 0);
    assert_false(db_seen_valid(fixture->db, &seen));
    look(fixture, &seen);
    assert_int_equal(move(fixture, id, -1), 0);
    assert_false(db_seen_valid(fixture->db, &seen)); /* how many are left is on the page now */
}

static void test_reserved(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t id = make(fixture, "{\"stock\": 5, \"prices\": [{\"amount\": 100}]}");
    fixture_sql(fixture, "UPDATE stock SET reserved = 4");
    assert_int_equal(move(fixture, id, -2), SOUK_CONFLICT); /* four are somebody's already */
    assert_int_equal(move(fixture, id, -1), 0);
    assert_string_equal(availability(fixture), "out");
}

static void test_backorder(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t id =
        make(fixture, "{\"stock\": 1, \"backorder\": \"notify\", \"prices\": [{\"amount\": 1}]}");
    assert_int_equal(move(fixture, id, -3), 0);
    assert_int_equal(fixture_int(fixture, "SELECT on_hand FROM stock"), -2);
    assert_string_equal(availability(fixture), "backorder");
    assert_int_equal(move(fixture, 12345, 1) == 0, 0); /* no such variant */
}

static void test_rules(void **state)
{
    struct shop_fixture *fixture = *state;
    make(fixture, "{\"tracked\": false, \"prices\": [{\"amount\": 1}]}");
    assert_string_equal(availability(fixture), "in"); /* not counted: always there */
    fixture_save(fixture,
                 "{\"key\": \"tea\", \"variants\": [{\"sku\": \"tea\", \"enabled\": false}]}");
    assert_string_equal(availability(fixture), "out");
    fixture_save(fixture, "{\"key\": \"tea\", \"variants\": [{\"sku\": \"tea\", \"enabled\": true, "
                          "\"prices\": []}]}");
    assert_string_equal(availability(fixture), "out"); /* no price, no sale */
}

static void test_set(void **state)
{
    struct shop_fixture *fixture = *state;
    struct step step = {make(fixture, "{\"prices\": [{\"amount\": 1}]}"), 7, 1, -1};
    assert_int_equal(fixture_write(fixture, run_step, &step), 0);
    assert_int_equal(step.changed, 1);
    assert_int_equal(fixture_write(fixture, run_step, &step), 0);
    assert_int_equal(step.changed, 0);
    step.number = 3;
    assert_int_equal(fixture_write(fixture, run_step, &step), 0);
    assert_int_equal(fixture_int(fixture, "SELECT sum(delta) FROM stock_move"), 3);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM stock_move"), 2);
}

static const struct json *check_of(const struct json *report, const char *id)
{
    json_each(check,
              json_at(report, "checks")) if (souk_str_is(json_text(json_at(&check->value, "id")),
                                                         id)) return &check->value;
    fail_msg("no check %s", id);
    return NULL;
}

static void test_verify(void **state)
{
    struct shop_fixture *fixture = *state;
    make(fixture, "{\"stock\": 5, \"prices\": [{\"amount\": 1}]}");
    stock_verify_setup();
    stock_verify_setup();
    const struct json *report = verify_run(fixture->db, &fixture->arena);
    assert_true(json_true(json_at(check_of(report, "I-1"), "ok")));
    assert_true(json_true(json_at(check_of(report, "I-2"), "ok")));
    fixture_sql(fixture, "UPDATE stock SET on_hand = 4, reserved = 6");
    report = verify_run(fixture->db, &fixture->arena);
    assert_false(json_true(json_at(check_of(report, "I-1"), "ok")));
    assert_false(json_true(json_at(check_of(report, "I-2"), "ok")));
    assert_int_equal(json_at(check_of(report, "I-2"), "rows")->count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_move),      SHOP_TEST(test_full_shelf), SHOP_TEST(test_reserved),
        SHOP_TEST(test_backorder), SHOP_TEST(test_rules),      SHOP_TEST(test_set),
        SHOP_TEST(test_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
