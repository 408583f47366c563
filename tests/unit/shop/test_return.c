/*
 * Tests of returns: what can be sent back and until when, what happens to stock and to the order,
 * and that what is paid back is exact and never more than what was paid.
 */
#include "shop/order_return.h"
#include "shop/payment.h"
#include "shop/quote.h"
#include "shop/shipment.h"

#include "order_fixture.h"

#define DAY INT64_C(86400000000)

struct call { /* one call in a write */
    int64_t id, made;
    const char *args, *step, *actor;
    struct json *errors;
};

static int run_request(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct call *call = arg;
    fixture->err = (struct err){0};
    call->errors = json_new(&fixture->arena, JSON_ARRAY);
    return return_request(conn, &fixture->arena, call->id, fixture_json(fixture, call->args),
                          souk_str(call->actor ? call->actor : "customer"), fixture->now,
                          &call->made, call->errors, &fixture->err);
}

static int run_step(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct call *call = arg;
    fixture->err = (struct err){0};
    return return_step(conn, &fixture->arena, call->id, souk_str(call->step),
                       call->args ? fixture_json(fixture, call->args) : NULL, souk_str("staff:7"),
                       fixture->now, &fixture->err);
}

static int try_step(struct shop_fixture *fixture, int64_t id, const char *name, const char *args)
{
    struct call call = {.id = id, .step = name, .args = args};
    return fixture_write(fixture, run_step, &call);
}

static void step(struct shop_fixture *fixture, int64_t id, const char *name, const char *args)
{
    if (try_step(fixture, id, name, args) != 0)
        fail_msg("%s: %s", name, fixture->err.text);
}

static int64_t ask(struct shop_fixture *fixture, int64_t order, int64_t line, int quantity)
{
    struct call call = {.id = order};
    call.args =
        arena_printf(&fixture->arena,
                     "{\"lines\": [{\"line\": %lld, \"quantity\": %d, \"reason\": \"too_small\"}], "
                     "\"outcome\": \"refund\"}",
                     (long long)line, quantity)
            .ptr;
    if (fixture_write(fixture, run_request, &call) != 0)
        fail_msg("ask: %s %s", fixture->err.text, fixture_print(fixture, call.errors));
    return call.made;
}

static int64_t number(struct shop_fixture *fixture, const char *query, int64_t id)
{
    char sql[500];
    snprintf(sql, sizeof sql, "%s%lld", query, (long long)id);
    return fixture_int(fixture, sql);
}

static const char *status(struct shop_fixture *fixture, int64_t order)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT fulfilment_status FROM shop_order WHERE id = %lld",
             (long long)order);
    return fixture_text(fixture, sql);
}

static int64_t line_of(struct shop_fixture *fixture, int64_t order, const char *sku)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT id FROM order_line WHERE order_id = %lld AND sku = '%s'",
             (long long)order, sku);
    return fixture_int(fixture, sql);
}

static int64_t tea_there(struct shop_fixture *fixture)
{
    return fixture_int(
        fixture,
        "SELECT s.on_hand FROM stock s JOIN variant v ON v.id = s.variant_id WHERE v.sku = 'TEA'");
}

struct parcel {
    int64_t id;
    const char *accepted;
};

static int run_deliver(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct parcel *parcel = arg;
    int fresh;
    struct shipment_news news = {.shipment_id = parcel->id,
                                 .event = souk_str("door"),
                                 .state = souk_str("delivered"),
                                 .at = fixture->now,
                                 .actor = souk_str("plugin:delivery_courier")};
    if (parcel->accepted)
        news.accepted = fixture_json(fixture, parcel->accepted);
    fixture->err = (struct err){0};
    return shipment_apply(conn, &fixture->arena, &news, fixture->now, &fresh, &fixture->err);
}

static int run_pack(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct call *call = arg;
    return shipment_pack(conn, &fixture->arena, call->id, NULL, souk_str("staff:7"), fixture->now,
                         &call->made, &fixture->err);
}

static int64_t deliver(struct shop_fixture *fixture, int64_t order, const char *accepted)
{
    struct call call = {.id = order};
    if (fixture_write(fixture, run_pack, &call) != 0)
        fail_msg("pack: %s", fixture->err.text);
    struct parcel parcel = {call.made, accepted};
    if (fixture_write(fixture, run_deliver, &parcel) != 0)
        fail_msg("deliver: %s", fixture->err.text);
    return call.made;
}

/* All of an order is paid, by a provider that captured at once. */
static const struct order_fixture_want paid = {
    .goods = "TEA:3,MUG:2", .payment = "stripe", .flags = SOUK_PAYMENT_LOCAL, .begun = "captured"};

static int setup(void **state)
{
    static struct market_shop shop;
    int code = fixture_setup(state);
    shop = *market_shop();
    shop.returns_days = 14;
    market_setup(&shop);
    order_fixture_goods(*state);
    shipment_on_terms(NULL);
    return code;
}

#define RETURN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

static size_t open_lines(struct shop_fixture *fixture, int64_t order, int64_t *until)
{
    struct json *lines = json_new(&fixture->arena, JSON_ARRAY);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = return_open_lines(conn, &fixture->arena, order, fixture->now, lines, until);
    db_read_end(conn);
    assert_int_equal(code, 0);
    return lines->count;
}

static void test_window(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t until, order = order_fixture_place(fixture, &paid),
                   tea = line_of(fixture, order, "TEA");
    assert_int_equal(open_lines(fixture, order, &until), 0); /* nothing has arrived */
    deliver(fixture, order, NULL);
    assert_int_equal(open_lines(fixture, order, &until), 2);
    assert_int_equal(until, fixture->now + 14 * DAY);
    fixture->now += 14 * DAY; /* the last moment */
    assert_int_equal(open_lines(fixture, order, &until), 2);
    ask(fixture, order, tea, 1);
    fixture->now += 1;
    assert_int_equal(open_lines(fixture, order, &until), 0);
    struct call late = {.id = order};
    late.args =
        arena_printf(&fixture->arena,
                     "{\"lines\": [{\"line\": %lld, \"quantity\": 1, \"reason\": \"other\"}]}",
                     (long long)tea)
            .ptr;
    assert_int_equal(fixture_write(fixture, run_request, &late), SOUK_INVALID);
    late.actor = "staff:7"; /* may be generous */
    assert_int_equal(fixture_write(fixture, run_request, &late), 0);
}

static void test_units(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t order = order_fixture_place(fixture, &paid), tea = line_of(fixture, order, "TEA");
    deliver(fixture, order, NULL);
    int64_t first = ask(fixture, order, tea, 2);
    struct call more = {.id = order};
    more.args =
        arena_printf(&fixture->arena,
                     "{\"lines\": [{\"line\": %lld, \"quantity\": 2, \"reason\": \"other\"}, "
                     "{\"line\": %lld, \"quantity\": 1, \"reason\": \"\"}, "
                     "{\"line\": 5, \"quantity\": 1, \"reason\": \"other\"}]}",
                     (long long)tea, (long long)tea)
            .ptr;
    assert_int_equal(fixture_write(fixture, run_request, &more), SOUK_INVALID);
    assert_string_equal(json_text(json_at(&more.errors->first->value, "pointer")).ptr,
                        "/lines/0/quantity");
    assert_int_equal(more.errors->count, 3); /* every error at once */
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM order_return"), 1);
    /* what was taken back is free again */
    step(fixture, first, "cancel", NULL);
    ask(fixture, order, tea, 3);
    more.args = "{\"lines\": []}";
    assert_int_equal(fixture_write(fixture, run_request, &more), SOUK_INVALID);
}

static void test_receive(void **state)
{
    struct shop_fixture *fixture = *state;
    char args[200];
    int64_t order = order_fixture_place(fixture, &paid), tea = line_of(fixture, order, "TEA");
    deliver(fixture, order, NULL);
    assert_int_equal(tea_there(fixture), 7);
    int64_t id = ask(fixture, order, tea, 3);
    assert_int_equal(try_step(fixture, id, "receive", NULL), SOUK_CONFLICT);
    assert_non_null(strstr(fixture->err.text, "possible: approve, refuse, cancel"));
    step(fixture, id, "approve", NULL);
    snprintf(args, sizeof args, "{\"lines\": [{\"line\": %lld, \"received\": 2, \"damaged\": 3}]}",
             (long long)tea);
    assert_int_equal(try_step(fixture, id, "receive", args), SOUK_INVALID);
    snprintf(args, sizeof args, "{\"lines\": [{\"line\": %lld, \"received\": 2, \"damaged\": 1}]}",
             (long long)tea);
    step(fixture, id, "receive", args);
    assert_int_equal(try_step(fixture, id, "receive", args), SOUK_CONFLICT);
    assert_int_equal(tea_there(fixture), 8); /* the damaged one is not sold again */
    assert_int_equal(number(fixture, "SELECT returned FROM order_line WHERE id = ", tea), 2);
    assert_string_equal(status(fixture, order), "part_returned");
    /* the one that did not come can be sent back later */
    ask(fixture, order, tea, 1);
}

static void test_refund_is_exact(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t order = order_fixture_place(fixture, &paid), tea = line_of(fixture, order, "TEA");
    int64_t mug = line_of(fixture, order, "MUG"), lines[] = {tea, tea, tea, mug, mug};
    int64_t total = number(fixture, "SELECT total FROM shop_order WHERE id = ", order);
    assert_int_equal(number(fixture, "SELECT captured FROM shop_order WHERE id = ", order), total);
    deliver(fixture, order, NULL);
    for (int i = 0; i < 5; i++) { /* one at a time, the last with the delivery */
        int64_t id = ask(fixture, order, lines[i], 1);
        step(fixture, id, "approve", NULL);
        assert_int_equal(try_step(fixture, id, "refund", NULL), SOUK_CONFLICT);
        step(fixture, id, "receive", NULL);
        step(fixture, id, "refund", i == 4 ? "{\"delivery\": true}" : NULL);
        assert_int_equal(try_step(fixture, id, "refund", NULL), SOUK_CONFLICT); /* once */
    }
    assert_int_equal(
        fixture_int(fixture, "SELECT sum(amount) FROM payment_move WHERE kind = 'refund'"), total);
    assert_string_equal(status(fixture, order), "returned");
    assert_int_equal(tea_there(fixture), 10);
    assert_int_equal(
        number(fixture, "SELECT sum(refunded) FROM order_line WHERE order_id = ", order), 5);
}

static void test_fee(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t order = order_fixture_place(fixture, &paid), tea = line_of(fixture, order, "TEA");
    deliver(fixture, order, NULL);
    int64_t id = ask(fixture, order, tea, 2);
    step(fixture, id, "approve", NULL);
    step(fixture, id, "receive", NULL);
    struct json *proposal = json_new(&fixture->arena, JSON_OBJECT);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(return_proposal(conn, &fixture->arena, id, proposal), 0);
    db_read_end(conn);
    assert_int_equal(json_int(json_at(proposal, "items"), 0), 2000);
    assert_int_equal(json_int(json_at(proposal, "delivery"), 0), 500);
    assert_int_equal(json_int(json_at(proposal, "total"), 0), 2000);
    assert_int_equal(try_step(fixture, id, "refund", "{\"fee\": 2001}"), SOUK_INVALID);
    assert_int_equal(try_step(fixture, id, "refund", "{\"fee\": -1}"), SOUK_INVALID);
    assert_int_equal(try_step(fixture, id, "refund", "{\"delivery\": 501}"), SOUK_INVALID);
    step(fixture, id, "refund", "{\"fee\": 300, \"delivery\": 500}");
    assert_int_equal(fixture_int(fixture, "SELECT amount FROM payment_move WHERE kind = 'refund'"),
                     2200);
    assert_int_equal(number(fixture, "SELECT refunded FROM order_line WHERE id = ", tea), 2);
}

static void test_refused_at_the_door(void **state)
{
    struct shop_fixture *fixture = *state;
    char kept[64];
    int64_t order = order_fixture_place(fixture, &paid), tea = line_of(fixture, order, "TEA");
    snprintf(kept, sizeof kept, "{\"%lld\": 1}", (long long)tea);
    deliver(fixture, order, kept);
    assert_string_equal(status(fixture, order), "part_delivered");
    int64_t id = fixture_int(fixture, "SELECT id FROM order_return WHERE state = 'approved'");
    assert_int_equal(try_step(fixture, id, "cancel", NULL), SOUK_CONFLICT);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM payment_move WHERE kind = 'refund'"), 0);
    step(fixture, id, "receive", NULL); /* it was paid: it is paid back */
    assert_int_equal(
        fixture_int(fixture, "SELECT sum(amount) FROM payment_move WHERE kind = 'refund'"), 2000);
    assert_int_equal(tea_there(fixture), 9);
    assert_int_equal(number(fixture, "SELECT delivered FROM order_line WHERE id = ", tea), 1);
    /* what was kept can still be sent back, no more */
    ask(fixture, order, tea, 1);
    struct call more = {.id = order};
    more.args =
        arena_printf(&fixture->arena,
                     "{\"lines\": [{\"line\": %lld, \"quantity\": 1, \"reason\": \"other\"}]}",
                     (long long)tea)
            .ptr;
    assert_int_equal(fixture_write(fixture, run_request, &more), SOUK_INVALID);
}

static void test_refused_and_not_paid(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:3",
                                      .payment = "cod",
                                      .flags = SOUK_PAYMENT_LOCAL | SOUK_PAYMENT_ON_DELIVERY,
                                      .begun = "pending"};
    int64_t order = order_fixture_place(fixture, &want), tea = line_of(fixture, order, "TEA");
    char kept[64];
    snprintf(kept, sizeof kept, "{\"%lld\": 2}", (long long)tea);
    deliver(fixture, order, kept);
    int64_t id = fixture_int(fixture, "SELECT id FROM order_return WHERE state = 'approved'");
    /* what was refused is not due: 35.00 less 10.00 */
    assert_int_equal(json_int(json_at(order_fixture_load(fixture, order, 0), "due"), 0), 2500);
    step(fixture, id, "receive", NULL);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM payment_move WHERE kind = 'refund'"), 0);
    assert_int_equal(try_step(fixture, id, "refund", NULL), SOUK_CONFLICT); /* nothing was paid */
    step(fixture, id, "close", NULL);
}

static void test_exchange(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t order = order_fixture_place(fixture, &paid), tea = line_of(fixture, order, "TEA");
    deliver(fixture, order, NULL);
    struct call call = {.id = order};
    call.args =
        arena_printf(&fixture->arena,
                     "{\"lines\": [{\"line\": %lld, \"quantity\": 1, \"reason\": \"too_small\"}], "
                     "\"outcome\": \"exchange\", \"note\": \"a size more\"}",
                     (long long)tea)
            .ptr;
    assert_int_equal(fixture_write(fixture, run_request, &call), 0);
    step(fixture, call.made, "approve", NULL);
    step(fixture, call.made, "receive", NULL);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM order_note WHERE internal = 1"), 1);
    struct json *doc = NULL;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int64_t found = 0;
    assert_int_equal(return_load(conn, &fixture->arena, call.made, 1, &doc), 0);
    assert_int_equal(return_find(conn, json_text(json_at(doc, "number")),
                                 json_text(json_at(doc, "token")), &found),
                     0);
    assert_int_equal(
        return_find(conn, json_text(json_at(doc, "number")), souk_str("wrong"), &found),
        SOUK_NOT_FOUND);
    db_read_end(conn);
    assert_string_equal(fixture_print(fixture, json_at(doc, "allowed")), "[\"refund\",\"close\"]");
    step(fixture, call.made, "close", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RETURN_TEST(test_window),
        RETURN_TEST(test_units),
        RETURN_TEST(test_receive),
        RETURN_TEST(test_refund_is_exact),
        RETURN_TEST(test_fee),
        RETURN_TEST(test_refused_at_the_door),
        RETURN_TEST(test_refused_and_not_paid),
        RETURN_TEST(test_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
