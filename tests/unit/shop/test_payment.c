/*
 * Money: payments and their movements, refunds, another attempt, money taken by hand. See
 * payment_fixture.h.
 */
#include "payment_fixture.h"

/* ---- the way of money ---- */

static void authorised_then_captured(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 10000});
    assert_string_equal(state(fixture), "created");
    assert_string_equal(status(fixture), "pending");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM job WHERE kind = 'souk:begin'"), 1);
    assert_int_equal(tell(fixture, (struct payment_news){.state = SOUK_PAID_PENDING,
                                                         .payment_reference = souk_str("pi_1"),
                                                         .next = souk_str("{\"redirect\":\"x\"}")}),
                     0);
    assert_string_equal(state(fixture), "pending");
    assert_int_equal(tell_of(fixture, SOUK_PAID_AUTHORISED, 10000, "a"), 0);
    /* the same sum under the name that another way of telling has for it */
    assert_int_equal(tell_of(fixture, SOUK_PAID_AUTHORISED, 10000, "of the webhook"), 0);
    assert_string_equal(state(fixture), "authorised");
    assert_string_equal(status(fixture), "authorised");
    assert_int_equal(
        number_of(fixture, "SELECT authorised FROM payment WHERE id = $1", last_payment), 10000);
    assert_string_equal(text_of(fixture, "SELECT status FROM shop_order WHERE id = $1", last_order),
                        "confirmed");
    assert_string_equal(text_of(fixture, "SELECT next FROM payment WHERE id = $1", last_payment),
                        "");
    assert_int_equal(
        number_of(fixture, "SELECT expires_at IS NULL FROM shop_order WHERE id = $1", last_order),
        1);

    int64_t id;
    assert_int_equal(
        ask_all(fixture, (struct payment_ask){.kind = "capture", .amount = 10001}, &id),
        SOUK_CONFLICT);
    assert_int_equal(ask_all(fixture, (struct payment_ask){.kind = "capture", .amount = 6000}, &id),
                     0);
    assert_int_equal(fixture_write(fixture, done_run, &id), 0);
    assert_int_equal(fixture_write(fixture, done_run, &id), 0); /* the answer came twice */
    assert_string_equal(state(fixture), "part_captured");
    assert_string_equal(status(fixture), "part_paid");
    assert_int_equal(ask_all(fixture, (struct payment_ask){.kind = "capture"}, &id), 0);
    assert_int_equal(fixture_write(fixture, done_run, &id), 0);
    assert_string_equal(state(fixture), "captured");
    assert_string_equal(status(fixture), "paid");
    assert_int_equal(facts(fixture, "payment.authorised"), 1);
    assert_int_equal(facts(fixture, "payment.captured"), 2);
    assert_int_equal(facts(fixture, "order.confirmed"), 1);
}

static void refund_never_above_capture(void **state_)
{
    struct shop_fixture *fixture = *state_;
    int64_t id;
    sell(fixture, (struct sold){.line_total = 10000});
    tell_of(fixture, SOUK_PAID_AUTHORISED, 10000, "a");
    assert_int_equal(ask_all(fixture, (struct payment_ask){.kind = "capture", .amount = 6000}, &id),
                     0);
    assert_int_equal(refund(fixture, 1), SOUK_CONFLICT); /* only asked for, not captured */
    fixture_write(fixture, done_run, &id);
    assert_int_equal(refund(fixture, 2500), 0);
    assert_string_equal(status(fixture), "part_refunded");
    /* one that is under way counts as gone */
    assert_int_equal(ask_all(fixture, (struct payment_ask){.kind = "refund", .amount = 3500}, &id),
                     0);
    assert_int_equal(refund(fixture, 1), SOUK_CONFLICT);
    assert_non_null(strstr(fixture->err.text, "no money of this order is left"));
    fixture_write(fixture, done_run, &id);
    assert_int_equal(refund(fixture, 1), SOUK_CONFLICT);
    assert_string_equal(status(fixture), "refunded");
    assert_int_equal(
        number_of(fixture, "SELECT refunded FROM shop_order WHERE id = $1", last_order), 6000);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM payment_move WHERE kind = 'refund'"), 2);
}

static void failed_refund_gives_back(void **state_)
{
    struct shop_fixture *fixture = *state_;
    int64_t id;
    int64_t line = sell(fixture, (struct sold){.quantity = 2, .line_total = 1001, .delivery = 500});
    tell_of(fixture, SOUK_PAID_CAPTURED, 0, "c");
    const struct json *lines = fixture_json(
        fixture,
        arena_printf(&fixture->arena, "[{\"line\": %lld, \"quantity\": 2}]", (long long)line).ptr);
    struct payment_ask all = {.kind = "refund", .lines = lines, .delivery = -1};
    assert_int_equal(ask_all(fixture, all, &id), 0);
    assert_int_equal(refund_units(fixture, line, 1, 0), SOUK_CONFLICT);
    assert_int_equal(fixture_write(fixture, failed_run, &id), 0);
    assert_int_equal(fixture_write(fixture, failed_run, &id), 0);
    assert_int_equal(
        number_of(fixture, "SELECT refunded + refunded_amount FROM order_line WHERE id = $1", line),
        0);
    assert_int_equal(
        number_of(fixture, "SELECT delivery_refunded FROM shop_order WHERE id = $1", last_order),
        0);
    assert_int_equal(
        number_of(fixture, "SELECT refunding + refunded FROM payment WHERE id = $1", last_payment),
        0);
    assert_string_equal(status(fixture), "paid");
    assert_int_equal(refund_units(fixture, line, 2, -1), 0);
    assert_string_equal(status(fixture), "refunded");
}

/* M3: 23.90 x 10 less 25 %: 179.25; one refund of ten and ten refunds of one are both 179.25. */
static void ten_refunds_of_one_are_the_whole(void **state_)
{
    struct shop_fixture *fixture = *state_;
    for (int whole = 0; whole < 2; whole++) {
        int64_t line = sell(fixture, (struct sold){.quantity = 10, .line_total = 17925});
        tell_of(fixture, SOUK_PAID_CAPTURED, 17925, whole ? "c1" : "c2");
        for (int i = 0; i < (whole ? 1 : 10); i++)
            assert_int_equal(refund_units(fixture, line, whole ? 10 : 1, 0), 0);
        assert_int_equal(
            number_of(fixture, "SELECT refunded FROM shop_order WHERE id = $1", last_order), 17925);
        assert_int_equal(
            number_of(fixture, "SELECT refunded_amount FROM order_line WHERE id = $1", line),
            17925);
        assert_string_equal(status(fixture), "refunded");
        assert_int_equal(refund_units(fixture, line, 1, 0), SOUK_CONFLICT);
    }
}

/* M9: what is refunded has the tax of the goods and of the delivery in it; nothing is left. */
static void refund_has_delivery_and_its_tax(void **state_)
{
    struct shop_fixture *fixture = *state_;
    int64_t line = sell(fixture, (struct sold){.quantity = 3,
                                               .line_total = 1000,
                                               .line_tax = 201,
                                               .delivery = 496,
                                               .delivery_tax = 104,
                                               .net = 1});
    tell_of(fixture, SOUK_PAID_CAPTURED, 1801, "c");
    assert_int_equal(refund_units(fixture, line, 1, 0), 0);
    assert_int_equal(refund_units(fixture, line, 1, 100), 0);
    assert_int_equal(refund_units(fixture, 0, 0, 501), SOUK_CONFLICT);
    assert_int_equal(refund_units(fixture, line, 1, -1), 0);
    assert_int_equal(
        number_of(fixture, "SELECT captured - refunded FROM shop_order WHERE id = $1", last_order),
        0);
    assert_int_equal(
        number_of(fixture, "SELECT refunded_amount FROM order_line WHERE id = $1", line), 1201);
    assert_int_equal(
        number_of(fixture, "SELECT delivery_refunded FROM shop_order WHERE id = $1", last_order),
        600);
}

/* Any sums, any splits: the parts come to the whole, and failures on the way change nothing. */
static void random_splits_are_exact(void **state_)
{
    struct shop_fixture *fixture = *state_;
    unsigned seed = 7;
    for (int round = 0; round < 60; round++) {
        int64_t quantity = 1 + rand_r(&seed) % 12, total = rand_r(&seed) % 5000 + 1, done = 0;
        int64_t line = sell(fixture, (struct sold){.quantity = quantity,
                                                   .line_total = total,
                                                   .line_tax = rand_r(&seed) % 300,
                                                   .net = round & 1});
        tell_of(fixture, SOUK_PAID_CAPTURED, 0, arena_printf(&fixture->arena, "c%d", round).ptr);
        int64_t captured =
            number_of(fixture, "SELECT captured FROM shop_order WHERE id = $1", last_order);
        while (done < quantity) {
            int64_t n = 1 + rand_r(&seed) % (quantity - done), id = 0;
            struct payment_ask ask = {
                .kind = "refund",
                .lines = fixture_json(
                    fixture, arena_printf(&fixture->arena, "[{\"line\": %lld, \"quantity\": %lld}]",
                                          (long long)line, (long long)n)
                                 .ptr)};
            int code = ask_all(fixture, ask, &id);
            if (code == SOUK_CONFLICT && strstr(fixture->err.text, "less than 0")) {
                done += n; /* units that are worth nothing: there is nothing to pay */
                continue;
            }
            assert_int_equal(code, 0);
            int fails = rand_r(&seed) % 4 == 0;
            assert_int_equal(fixture_write(fixture, fails ? failed_run : done_run, &id), 0);
            done += fails ? 0 : n;
        }
        if (number_of(fixture, "SELECT refunded FROM order_line WHERE id = $1", line) == quantity)
            assert_int_equal(
                number_of(fixture, "SELECT refunded FROM shop_order WHERE id = $1", last_order),
                captured);
    }
}

static void fee_is_kept(void **state_)
{
    struct shop_fixture *fixture = *state_;
    int64_t id;
    int64_t line = sell(fixture, (struct sold){.quantity = 2, .line_total = 3000, .delivery = 500});
    tell_of(fixture, SOUK_PAID_CAPTURED, 3500, "c");
    const struct json *lines = fixture_json(
        fixture,
        arena_printf(&fixture->arena, "[{\"line\": %lld, \"quantity\": 2}]", (long long)line).ptr);
    struct payment_ask ask = {.kind = "refund", .lines = lines, .delivery = -1, .amount = 3501};
    assert_int_equal(ask_all(fixture, ask, &id), SOUK_CONFLICT);
    ask.amount = 3100;
    assert_int_equal(ask_all(fixture, ask, &id), 0);
    assert_int_equal(number_of(fixture, "SELECT amount FROM payment_move WHERE id = $1", id), 3100);
    assert_int_equal(
        number_of(
            fixture,
            "SELECT refunded_amount + delivery_refunded FROM order_line l JOIN shop_order o ON o.id = l.order_id WHERE l.id = $1",
            line),
        3500); /* the units count with their whole worth: the fee does not go back with the next */
    assert_int_equal(
        number_of(fixture, "SELECT lines ->> '$[0].kept' FROM payment_move WHERE id = $1", id),
        400);
    assert_int_equal(number_of(fixture, "SELECT delivery FROM payment_move WHERE id = $1", id),
                     500);
    assert_int_equal(fixture_write(fixture, done_run, &id), 0);
    assert_string_equal(status(fixture), "part_refunded");
}

/* ---- another attempt ---- */

static int again_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    (void)arg;
    struct payment_begin begin = {
        .order_id = last_order, .amount = 10000, .currency = souk_str("EUR"), .provider = "card"};
    return payment_again(conn, &fixture->arena, &begin, fixture->now, &last_payment, &fixture->err);
}

static void two_attempts_one_payment(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 10000});
    int64_t first = last_payment;
    assert_int_equal(fixture_write(fixture, again_run, NULL), SOUK_CONFLICT);
    assert_int_equal(tell(fixture, (struct payment_news){.state = SOUK_PAID_PENDING,
                                                         .payment_reference = souk_str("pi_1")}),
                     0);
    assert_int_equal(tell(fixture, (struct payment_news){.state = SOUK_PAID_FAILED,
                                                         .message = souk_str("declined")}),
                     0);
    assert_string_equal(status(fixture), "failed");
    assert_int_equal(facts(fixture, "payment.failed"), 1);
    assert_int_equal(fixture_write(fixture, again_run, NULL), 0);
    assert_string_equal(status(fixture), "pending");
    /* the first is closed at its provider, or the shopper could pay in both */
    assert_int_equal(
        number_of(fixture,
                  "SELECT count(*) FROM payment_move WHERE kind = 'void' AND payment_id = $1",
                  first),
        1);
    /* it is authorised late all the same: only one can be alive */
    assert_int_equal(tell(fixture, (struct payment_news){.payment_id = first,
                                                         .state = SOUK_PAID_AUTHORISED,
                                                         .reference = souk_str("a")}),
                     0);
    assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 10000, "c"), 0);
    assert_string_equal(status(fixture), "paid");
    /* and captured: that is money for nothing, and it goes back */
    assert_int_equal(tell(fixture, (struct payment_news){.payment_id = first,
                                                         .state = SOUK_PAID_CAPTURED,
                                                         .amount = 10000,
                                                         .refunds = 1,
                                                         .reference = souk_str("d")}),
                     0);
    assert_string_equal(only_match(fixture), "paid twice 10000 open");
    assert_int_equal(
        number_of(fixture,
                  "SELECT amount FROM payment_move WHERE kind = 'refund' AND payment_id = $1",
                  first),
        10000);
    assert_int_equal(facts(fixture, "payment.captured"), 1);
    assert_int_equal(fixture_write(fixture, again_run, NULL), SOUK_CONFLICT);
}

/* ---- by hand ---- */

struct handing {
    int64_t amount;
    const char *reference;
};

static int hand_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct handing *handing = arg;
    return payment_by_hand(conn, &fixture->arena, last_order, handing->amount,
                           souk_str(handing->reference), souk_str("staff:7"), souk_str("cash"),
                           fixture->now, &fixture->err);
}

static void paid_by_hand(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 10000});
    assert_int_equal(fixture_write(fixture, hand_run, &(struct handing){10001, ""}), SOUK_CONFLICT);
    assert_int_equal(fixture_write(fixture, hand_run, &(struct handing){4000, "slip-1"}), 0);
    assert_string_equal(status(fixture), "part_paid");
    assert_int_equal(fixture_write(fixture, hand_run, &(struct handing){4000, "slip-1"}),
                     SOUK_CONFLICT);
    assert_int_equal(fixture_write(fixture, hand_run, &(struct handing){0, "slip-2"}), 0);
    assert_string_equal(status(fixture), "paid");
    assert_int_equal(
        number_of(fixture,
                  "SELECT count(*) FROM payment_move WHERE kind = 'void' AND payment_id = $1",
                  last_payment),
        1);
    assert_int_equal(refund(fixture, 9000), 0); /* from both; a person pays it out */
    assert_string_equal(status(fixture), "part_refunded");
    assert_int_equal(facts(fixture, "payment.refunded"), 2);
    assert_int_equal(refund(fixture, 1001), SOUK_CONFLICT);
    assert_int_equal(refund(fixture, 0), 0);
    assert_string_equal(status(fixture), "refunded");
}

/* ---- schedule, showing ---- */

static int later_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    int64_t ids[4];
    size_t count;
    (void)arg;
    int code = payment_due(conn, fixture->now, ids, 4, &count);
    assert_int_equal(count, 1);
    return code ? code : payment_check_later(conn, ids[0], fixture->now);
}

static void silence_is_asked_about(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 700});
    tell(fixture, (struct payment_news){.state = SOUK_PAID_PENDING});
    assert_int_equal(number_of(fixture, "SELECT check_at FROM payment WHERE id = $1", last_payment),
                     fixture->now + HOUR / 30);
    fixture->now += HOUR;
    assert_int_equal(fixture_write(fixture, later_run, NULL), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM job WHERE kind = 'souk:check'"), 1);
    assert_int_equal(number_of(fixture, "SELECT check_at FROM payment WHERE id = $1", last_payment),
                     fixture->now + HOUR / 6);
    tell_of(fixture, SOUK_PAID_CAPTURED, 700, "c");
    assert_int_equal(
        number_of(fixture, "SELECT check_at IS NULL FROM payment WHERE id = $1", last_payment), 1);
}

static void shown(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 700});
    tell(fixture, (struct payment_news){.state = SOUK_PAID_CAPTURED,
                                        .payment_reference = souk_str("pi_secret"),
                                        .reference = souk_str("ch")});
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    struct json *staff = json_new(&fixture->arena, JSON_ARRAY),
                *all = json_new(&fixture->arena, JSON_ARRAY);
    assert_int_equal(payment_list(conn, &fixture->arena, last_order, 1, staff), 0);
    assert_int_equal(payment_list(conn, &fixture->arena, last_order, 0, all), 0);
    db_read_end(conn);
    assert_non_null(strstr(fixture_print(fixture, staff), "\"kind\":\"capture\""));
    assert_null(strstr(fixture_print(fixture, all), "pi_secret"));
    assert_null(strstr(fixture_print(fixture, all), "moves"));
}

/* What a front end finishes the payment with: for the buyer, while it waits, and nobody else. */
static void client_is_for_the_buyer_alone(void **state_)
{
    struct shop_fixture *fixture = *state_;
    struct arena *arena = &fixture->arena;
    struct payment_row row;
    struct json *doc = NULL, *list = json_new(arena, JSON_ARRAY);
    struct buf text = {.arena = arena};
    sell(fixture, (struct sold){.line_total = 1000});
    assert_int_equal(
        tell(fixture,
             (struct payment_news){
                 .state = SOUK_PAID_PENDING,
                 .next = souk_str("{\"redirect\":\"https://a/\",\"client\":{\"secret\":\"s\"}}")}),
        0);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(payment_of(conn, arena, last_order, &row), 0);
    for (int staff = 0; staff <= 1; staff++) {
        assert_int_equal(order_load(conn, arena, last_order, staff, &doc), 0);
        json_print(&text, doc);
    }
    assert_int_equal(payment_list(conn, arena, last_order, 1, list), 0);
    json_print(&text, list);
    assert_null(memmem(text.ptr, text.len, "client", 6));
    assert_non_null(memmem(text.ptr, text.len, "https://a/", 10));
    order_show_client(arena, doc, &row);
    const struct json *next = json_at(json_at(doc, "payment"), "next");
    assert_true(souk_str_is(json_text(json_at(json_at(next, "client"), "secret")), "s"));
    row.next = souk_str("{\"client\":{\"secret\":\"s\"}}");
    assert_int_equal(payment_next(arena, &row, 0)->kind, JSON_NULL);
    assert_int_equal(payment_next(arena, &row, 1)->count, 1);
    row.state = souk_str("captured");
    assert_int_equal(order_load(conn, arena, last_order, 0, &doc), 0);
    order_show_client(arena, doc, &row);
    assert_null(json_at(json_at(json_at(doc, "payment"), "next"), "client"));
    db_read_end(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MONEY_TEST(authorised_then_captured),
        MONEY_TEST(refund_never_above_capture),
        MONEY_TEST(failed_refund_gives_back),
        MONEY_TEST(ten_refunds_of_one_are_the_whole),
        MONEY_TEST(refund_has_delivery_and_its_tax),
        MONEY_TEST(random_splits_are_exact),
        MONEY_TEST(fee_is_kept),
        MONEY_TEST(two_attempts_one_payment),
        MONEY_TEST(paid_by_hand),
        MONEY_TEST(silence_is_asked_about),
        MONEY_TEST(shown),
        MONEY_TEST(client_is_for_the_buyer_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
