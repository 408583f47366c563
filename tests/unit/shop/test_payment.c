/*
 * Money: payments, their movements, refunds and reports. Orders are put into the database as rows,
 * so that sums are what a test says; the goods behind them do not matter here. After every test the
 * invariants of money (`souk verify`) must hold.
 */
#include "fixture.h"

#include "base/rand.h"
#include "base/str.h"
#include "shop/order.h"
#include "shop/payment.h"
#include "store/inbox.h"
#include "store/verify.h"

#include <cmocka.h>

#define HOUR INT64_C(3600000000)

#define MONEY_TEST(name) cmocka_unit_test_setup_teardown(name, money_setup, money_teardown)

/* ---- a shop whose facts somebody listens to ---- */

static int listeners(void *user, struct souk_str topic, struct arena *arena, const char ***names)
{
    (void)user, (void)topic;
    *names = arena_array(arena, const char *, 2);
    (*names)[0] = "probe";
    return 1;
}

static int money_setup(void **state)
{
    struct db_options options = {.consumers = listeners};
    fixture_setup(state);
    struct shop_fixture *fixture = *state;
    db_thread_end(fixture->db);
    db_shut(fixture->db);
    if (db_open(&fixture->db, &options, &fixture->err) != 0)
        fail_msg("open: %s", fixture->err.text);
    payment_verify_setup();
    return 0;
}

static int money_teardown(void **state)
{
    struct shop_fixture *fixture = *state;
    const struct json *found = verify_run(fixture->db, &fixture->arena);
    if (!json_true(json_at(found, "ok")))
        fail_msg("verify: %s", fixture_print(fixture, found));
    return fixture_teardown(state);
}

/* ---- rows ---- */

struct sold { /* one line and delivery; 0 is what it says */
    int64_t quantity, line_total, line_tax, delivery, delivery_tax;
    int net; /* tax is added to the prices */
    const char *provider;
    const char *begun; /* NULL: to be begun */
};

static int64_t last_order, last_payment; /* of sell() */

struct line_row {
    int64_t id, quantity, total, tax;
};

static int line_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct line_row *line = arg;
    (void)fixture;
    return db_run(conn,
                  db_intern(db_of(conn), NULL,
                            "INSERT INTO order_line (id, order_id, position, sku, name, quantity, "
                            "unit_price, original_price, subtotal, discount, total, tax) VALUES "
                            "($1, $2, 1, 'SKU', 'Thing', $3, 1, 1, $4, 0, $4, $5)"),
                  NULL, DB_INT(line->id), DB_INT(last_order), DB_INT(line->quantity),
                  DB_INT(line->total), DB_INT(line->tax));
}

static int order_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct sold *sold = arg;
    int64_t added = sold->net ? sold->line_tax + sold->delivery_tax : 0;
    int64_t included = sold->net ? 0 : sold->line_tax + sold->delivery_tax;
    return db_run(
        conn,
        db_intern(
            db_of(conn), NULL,
            "INSERT INTO shop_order (id, number, token, status, payment_status, "
            "fulfilment_status, locale, currency, prices_include_tax, items, discount, "
            "delivery, delivery_discount, tax, tax_included, delivery_tax, total, expires_at, "
            "placed_at, changed_at) VALUES ($1, 'N' || $1, 'token-of-20-signs-' || $1, "
            "'placed', 'none', 'none', 'en', 'EUR', $2, $3, 0, $4, 0, $5, $6, $7, "
            "$3 + $4 + $5, $8, 1, 1)"),
        NULL, DB_INT(last_order), DB_INT(!sold->net), DB_INT(sold->line_total),
        DB_INT(sold->delivery), DB_INT(added), DB_INT(included), DB_INT(sold->delivery_tax),
        DB_INT(fixture->now + HOUR));
}

static int open_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct sold *sold = arg;
    int64_t amount = 0;
    int code =
        db_get_int(conn, db_intern(db_of(conn), NULL, "SELECT total FROM shop_order WHERE id = $1"),
                   &amount, DB_INT(last_order));
    struct payment_begin begin = {.order_id = last_order,
                                  .amount = amount,
                                  .currency = souk_str("EUR"),
                                  .provider = sold->provider ? sold->provider : "card",
                                  .begun = sold->begun};
    return code ? code : payment_open(conn, &fixture->arena, &begin, fixture->now, &last_payment);
}

/* An order with one line and its payment; the line's id. */
static int64_t sell(struct shop_fixture *fixture, struct sold sold)
{
    struct line_row line = {id_next(), sold.quantity ? sold.quantity : 1, sold.line_total,
                            sold.line_tax};
    last_order = id_next();
    assert_int_equal(fixture_write(fixture, order_run, &sold), 0);
    assert_int_equal(fixture_write(fixture, line_run, &line), 0);
    assert_int_equal(fixture_write(fixture, open_run, &sold), 0);
    return line.id;
}

/* What a query gives for an id, its $1. */
static int64_t number_of(struct shop_fixture *fixture, const char *what, int64_t id)
{
    int64_t number = INT64_MIN;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = db_get_int(conn, db_intern(fixture->db, NULL, what), &number, DB_INT(id));
    if (code != 0 && code != SOUK_NOT_FOUND)
        fail_msg("%s: %s", what, db_error(conn));
    db_read_end(conn);
    return number;
}

static const char *text_of(struct shop_fixture *fixture, const char *what, int64_t id)
{
    struct db_rows rows;
    const char *text = "";
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    if (db_query(conn, db_intern(fixture->db, NULL, what), &rows, DB_INT(id)) != 0)
        fail_msg("%s: %s", what, db_error(conn));
    if (db_next(&rows) == 1)
        text = arena_cstr(&fixture->arena, db_text(&rows, 0));
    db_close(&rows);
    db_read_end(conn);
    return text;
}

static const char *state(struct shop_fixture *fixture)
{
    return text_of(fixture, "SELECT state FROM payment WHERE id = $1", last_payment);
}

static const char *status(struct shop_fixture *fixture)
{
    return text_of(fixture, "SELECT payment_status FROM shop_order WHERE id = $1", last_order);
}

static int64_t facts(struct shop_fixture *fixture, const char *topic)
{
    return fixture_int(
        fixture,
        arena_printf(&fixture->arena, "SELECT count(*) FROM outbox WHERE topic = '%s'", topic).ptr);
}

/* ---- doing ---- */

static int apply_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    fixture->err = (struct err){0};
    return payment_apply(conn, &fixture->arena, arg, fixture->now, &fixture->err);
}

static int tell(struct shop_fixture *fixture, struct payment_news news)
{
    news.payment_id = news.payment_id ? news.payment_id : last_payment;
    news.actor = souk_str("plugin:payment_card");
    return fixture_write(fixture, apply_run, &news);
}

static int tell_of(struct shop_fixture *fixture, int paid, int64_t amount, const char *reference)
{
    return tell(fixture, (struct payment_news){
                             .state = paid, .amount = amount, .reference = souk_str(reference)});
}

struct asking {
    struct payment_ask ask;
    int64_t move_id;
};

static int ask_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct asking *asking = arg;
    fixture->err = (struct err){0};
    return payment_ask(conn, &fixture->arena, &asking->ask, fixture->now, &asking->move_id,
                       &fixture->err);
}

static int ask_all(struct shop_fixture *fixture, struct payment_ask ask, int64_t *move_id)
{
    struct asking asking = {.ask = ask};
    asking.ask.order_id = last_order;
    asking.ask.actor = souk_str("staff:7");
    asking.ask.reason = souk_str("asked");
    int code = fixture_write(fixture, ask_run, &asking);
    *move_id = asking.move_id;
    return code;
}

static int done_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    int64_t id = *(int64_t *)arg;
    return payment_move_done(conn, &fixture->arena, id, 0,
                             arena_printf(&fixture->arena, "re_%lld", (long long)id), NULL,
                             fixture->now, &fixture->err);
}

static int failed_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    return payment_move_failed(conn, &fixture->arena, *(int64_t *)arg, souk_str("no"), fixture->now,
                               &fixture->err);
}

static int refund(struct shop_fixture *fixture, int64_t amount)
{
    int64_t id;
    int code = ask_all(fixture, (struct payment_ask){.kind = "refund", .amount = amount}, &id);
    return code ? code : fixture_write(fixture, done_run, &id);
}

static int refund_units(struct shop_fixture *fixture, int64_t line, int64_t n, int64_t delivery)
{
    int64_t id;
    const struct json *lines =
        line ? fixture_json(fixture,
                            arena_printf(&fixture->arena, "[{\"line\": %lld, \"quantity\": %lld}]",
                                         (long long)line, (long long)n)
                                .ptr)
             : NULL;
    int code = ask_all(
        fixture, (struct payment_ask){.kind = "refund", .lines = lines, .delivery = delivery}, &id);
    return code ? code : fixture_write(fixture, done_run, &id);
}

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
    assert_non_null(strstr(fixture->err.text, "at most 0"));
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

/* ---- all orders of news ---- */

static const int news_states[] = {SOUK_PAID_AUTHORISED, SOUK_PAID_CAPTURED, SOUK_PAID_REFUNDED,
                                  SOUK_PAID_FAILED, SOUK_PAID_PENDING};
static const char *const news_names[] = {"a", "c", "r", "f", "p"};

static const char *picture(struct shop_fixture *fixture)
{
    return text_of(
        fixture,
        "SELECT p.state || ' ' || p.authorised || ' ' || p.captured || ' ' || p.refunded "
        "|| ' ' || o.payment_status || ' ' || o.status || ' ' || o.captured || ' ' || "
        "o.refunded || ' ' || (SELECT count(*) FROM payment_move m WHERE m.payment_id = p.id)"
        " FROM payment p JOIN shop_order o ON o.id = p.order_id WHERE p.id = $1",
        last_payment);
}

/* Tells in this order; a refund that comes too early is told again at the end, as its job does. */
static const char *outcome(struct shop_fixture *fixture, const int *order, size_t count)
{
    size_t waiting = 0;
    sell(fixture, (struct sold){.line_total = 10000});
    for (size_t i = 0; i < count; i++) {
        const char *name = news_names[order[i]];
        int64_t amount = order[i] == 2 ? 4000 : order[i] < 2 ? 10000 : 0;
        int code =
            tell_of(fixture, news_states[order[i]], amount,
                    arena_printf(&fixture->arena, "%s%lld", name, (long long)last_order).ptr);
        assert_true(code == 0 || (code == SOUK_BUSY && order[i] == 2));
        waiting += code == SOUK_BUSY;
    }
    if (waiting)
        tell_of(fixture, SOUK_PAID_REFUNDED, 4000,
                arena_printf(&fixture->arena, "r%lld", (long long)last_order).ptr);
    return picture(fixture);
}

static void shuffle(int *order, size_t count, unsigned *seed)
{
    for (size_t i = count - 1; i > 0; i--) {
        size_t k = (size_t)rand_r(seed) % (i + 1);
        int kept = order[i];
        order[i] = order[k];
        order[k] = kept;
    }
}

/* Every subset of news, each up to three times: all permutations of small ones, many of large ones.
 */
static void any_order_of_news_ends_alike(void **state_)
{
    struct shop_fixture *fixture = *state_;
    unsigned seed = 3;
    for (int subset = 1; subset < 32; subset++) {
        int order[16];
        const char *expected = NULL;
        for (int round = 0; round < 40; round++) {
            size_t count = 0;
            for (int i = 0; i < 5; i++)
                for (int k = 0; subset >> i & 1 && k < 1 + rand_r(&seed) % 3; k++)
                    order[count++] = i;
            shuffle(order, count, &seed);
            const char *got = outcome(fixture, order, count);
            if (!expected)
                expected = got;
            assert_string_equal(got, expected);
        }
    }
}

static int next_permutation(int *order, int count)
{
    int i = count - 2, k = count - 1;
    while (i >= 0 && order[i] >= order[i + 1])
        i--;
    if (i < 0)
        return 0;
    while (order[k] <= order[i])
        k--;
    int kept = order[i];
    order[i] = order[k];
    order[k] = kept;
    for (int a = i + 1, b = count - 1; a < b; a++, b--) {
        kept = order[a];
        order[a] = order[b];
        order[b] = kept;
    }
    return 1;
}

static void all_permutations_end_alike(void **state_)
{
    struct shop_fixture *fixture = *state_;
    int order[] = {0, 0, 1, 1, 2, 3, 3};
    int runs = 0;
    do {
        assert_string_equal(outcome(fixture, order, 7),
                            "captured 10000 10000 4000 part_refunded confirmed 10000 4000 3");
        runs++;
    } while (next_permutation(order, 7));
    assert_int_equal(runs, 630);
}

static void void_and_failure_end_alike(void **state_)
{
    struct shop_fixture *fixture = *state_;
    for (int round = 0; round < 2; round++) {
        sell(fixture, (struct sold){.line_total = 10000});
        for (int i = 0; i < 2; i++)
            assert_int_equal(
                tell_of(fixture, i == round ? SOUK_PAID_FAILED : SOUK_PAID_CANCELLED, 0, ""), 0);
        assert_string_equal(state(fixture), "cancelled");
        assert_string_equal(status(fixture), "voided");
        assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 10000, round ? "x" : "y"),
                         0); /* after all */
        assert_string_equal(status(fixture), "paid");
    }
}

/* ---- money that does not fit ---- */

static const char *only_match(struct shop_fixture *fixture)
{
    return fixture_text(fixture, "SELECT group_concat(why || ' ' || amount || ' ' || state, ', ') "
                                 "FROM (SELECT * FROM payment_match ORDER BY id)");
}

static void other_amount_is_not_applied(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 10000});
    assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 100, "c"), 0);
    assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 100, "c"), 0);
    assert_string_equal(state(fixture), "created");
    assert_string_equal(only_match(fixture), "amount differs 100 open");
    assert_int_equal(tell_of(fixture, SOUK_PAID_AUTHORISED, 20000, "a"), 0);
    assert_string_equal(state(fixture), "created");
    assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 10000, "d"), 0);
    assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 10000, "e"),
                     0); /* told under another name */
    assert_int_equal(number_of(fixture, "SELECT captured FROM payment WHERE id = $1", last_payment),
                     10000);
}

static void payers_who_choose_the_sum(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 10000, .provider = "transfer", .begun = "pending"});
    struct payment_news news = {.state = SOUK_PAID_CAPTURED, .parts = 1};
    news.amount = 4000, news.reference = souk_str("entry-1");
    assert_int_equal(tell(fixture, news), 0);
    assert_string_equal(status(fixture), "part_paid");
    assert_string_equal(text_of(fixture, "SELECT status FROM shop_order WHERE id = $1", last_order),
                        "placed");
    news.amount = 7500, news.reference = souk_str("entry-2");
    assert_int_equal(tell(fixture, news), 0);
    assert_int_equal(tell(fixture, news), 0);
    assert_string_equal(status(fixture), "paid");
    assert_string_equal(only_match(fixture), "over 1500 open");
    assert_int_equal(facts(fixture, "payment.captured"), 2);
}

static void payers_follow_an_edit(void **state_)
{
    struct shop_fixture *fixture = *state_;
    struct payment_news news = {.state = SOUK_PAID_CAPTURED, .parts = 1};
    static const int64_t totals[] = {7000, 13000}; /* less, and more, than was agreed */
    for (int i = 0; i < 2; i++) {
        sell(fixture, (struct sold){.line_total = 10000, .provider = "cod", .begun = "pending"});
        fixture_sql(fixture,
                    i ? "UPDATE shop_order SET items = 13000, total = 13000 WHERE captured = 0"
                      : "UPDATE shop_order SET items = 7000, total = 7000 WHERE captured = 0");
        news.payment_id = 0, news.amount = totals[i], news.reference = souk_str(i ? "b" : "a");
        assert_int_equal(tell(fixture, news), 0);
        assert_string_equal(status(fixture), "paid");
        assert_string_equal(state(fixture), "captured");
    }
    assert_string_equal(only_match(fixture), "");
}

static void money_for_a_cancelled_order_goes_back(void **state_)
{
    struct shop_fixture *fixture = *state_;
    int64_t id;
    sell(fixture, (struct sold){.line_total = 10000});
    fixture_sql(fixture, "UPDATE shop_order SET status = 'cancelled'");
    struct payment_news news = {
        .state = SOUK_PAID_CAPTURED, .amount = 10000, .refunds = 1, .reference = souk_str("c")};
    assert_int_equal(tell(fixture, news), 0);
    assert_int_equal(facts(fixture, "payment.captured"), 0);
    assert_string_equal(only_match(fixture), "order cancelled 10000 open");
    id = fixture_int(
        fixture,
        "SELECT id FROM payment_move WHERE kind = 'refund' AND state = 'asked' AND amount = 10000");
    assert_true(id > 0);
    assert_int_equal(fixture_write(fixture, done_run, &id), 0);
    assert_string_equal(only_match(fixture), "order cancelled 10000 returned");
    assert_string_equal(status(fixture), "refunded");
    /* one that cannot pay back: a person has to */
    sell(fixture, (struct sold){.line_total = 10000});
    fixture_sql(fixture, "UPDATE shop_order SET status = 'cancelled'");
    news.refunds = 0, news.payment_id = 0, news.reference = souk_str("d");
    assert_int_equal(tell(fixture, news), 0);
    assert_int_equal(
        number_of(fixture,
                  "SELECT count(*) FROM payment_move WHERE kind = 'refund' AND payment_id = $1",
                  last_payment),
        0);
    /* an authorisation is let go */
    sell(fixture, (struct sold){.line_total = 10000});
    fixture_sql(fixture, "UPDATE shop_order SET status = 'cancelled'");
    assert_int_equal(tell_of(fixture, SOUK_PAID_AUTHORISED, 10000, "e"), 0);
    assert_int_equal(facts(fixture, "payment.authorised"), 0);
    assert_int_equal(
        number_of(
            fixture,
            "SELECT count(*) FROM payment_move WHERE kind = 'void' AND state = 'asked' AND payment_id = $1",
            last_payment),
        1);
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

/* ---- reports ---- */

struct reporting {
    const char *event, *body;
    int64_t id;
    int fresh;
};

static int report_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct reporting *reporting = arg;
    return payment_report_put(conn, "card", souk_str(reporting->event), souk_str(reporting->body),
                              fixture->now, &reporting->fresh);
}

static int64_t report(struct shop_fixture *fixture, const char *event, const char *body, int fresh)
{
    struct reporting reporting = {event, body, 0, 0};
    assert_int_equal(fixture_write(fixture, report_run, &reporting), 0);
    assert_int_equal(reporting.fresh, fresh);
    return fixture_int(
        fixture, arena_printf(&fixture->arena, "SELECT id FROM inbox WHERE key = '%s'", event).ptr);
}

static int work_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    fixture->err = (struct err){0};
    return payment_report_work(conn, &fixture->arena, *(int64_t *)arg, fixture->now, &fixture->err);
}

static void webhook_before_its_payment(void **state_)
{
    struct shop_fixture *fixture = *state_;
    const char *body =
        "{\"state\": 3, \"amount\": 10000, \"currency\": \"EUR\", \"payment_reference\": \"pi_9\"}";
    sell(fixture, (struct sold){.line_total = 10000});
    int64_t id = report(fixture, "evt_1", body, 1);
    assert_int_equal(report(fixture, "evt_1", body, 0), id);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM job WHERE kind = 'souk:report'"),
                     1);
    assert_int_equal(fixture_write(fixture, work_run, &id), SOUK_NOT_FOUND);
    assert_int_equal(tell(fixture, (struct payment_news){.state = SOUK_PAID_PENDING,
                                                         .payment_reference = souk_str("pi_9")}),
                     0);
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_string_equal(state(fixture), "captured");
    for (int i = 0; i < 20; i++)
        assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_int_equal(facts(fixture, "payment.captured"), 1);
}

static void webhook_of_nobody_waits_for_a_person(void **state_)
{
    struct shop_fixture *fixture = *state_;
    int64_t id = report(
        fixture, "evt_2",
        "{\"state\": 3, \"amount\": 700, \"currency\": \"EUR\", \"payment_reference\": \"pi_x\", \"payer\": \"Ada\"}",
        1);
    assert_int_equal(fixture_write(fixture, work_run, &id), SOUK_NOT_FOUND);
    assert_string_equal(only_match(fixture), "");
    fixture->now += 2 * HOUR;
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_string_equal(only_match(fixture), "no order 700 open");
    assert_int_equal(
        fixture_int(fixture, "SELECT done_at IS NOT NULL FROM inbox WHERE key = 'evt_2'"), 1);
    /* a failure of a payment that nobody knows is no money */
    id = report(fixture, "evt_3", "{\"state\": 4, \"number\": \"nothing\"}", 1);
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_string_equal(only_match(fixture), "no order 700 open");
}

static void report_by_number_and_other_currency(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 10000});
    const char *number =
        text_of(fixture, "SELECT number FROM shop_order WHERE id = $1", last_order);
    int64_t id = report(
        fixture, "e1",
        arena_printf(&fixture->arena,
                     "{\"state\": 3, \"amount\": 10000, \"currency\": \"USD\", \"number\": \"%s\"}",
                     number)
            .ptr,
        1);
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_string_equal(only_match(fixture), "currency differs 10000 open");
    assert_string_equal(status(fixture), "pending");
    id = report(
        fixture, "e2",
        arena_printf(&fixture->arena,
                     "{\"state\": 3, \"amount\": 10000, \"currency\": \"EUR\", \"number\": \"%s\"}",
                     number)
            .ptr,
        1);
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_string_equal(status(fixture), "paid");
}

struct settling {
    const char *state;
    int64_t match_id, order_id;
};

static int settle_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct settling *settling = arg;
    return payment_match_settle(conn, &fixture->arena, settling->match_id, settling->state,
                                settling->order_id, souk_str("staff:7"), fixture->now,
                                &fixture->err);
}

static void staff_match_money(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 700});
    int64_t id = report(fixture, "e9", "{\"state\": 3, \"amount\": 700, \"currency\": \"EUR\"}", 1);
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    struct settling settling = {"matched", fixture_int(fixture, "SELECT id FROM payment_match"), 0};
    assert_int_equal(fixture_write(fixture, settle_run, &settling), SOUK_INVALID);
    settling.order_id = last_order;
    assert_int_equal(fixture_write(fixture, settle_run, &settling), 0);
    assert_string_equal(status(fixture), "paid");
    assert_string_equal(only_match(fixture), "no order 700 matched");
    assert_int_equal(fixture_write(fixture, settle_run, &settling), SOUK_CONFLICT);
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
        MONEY_TEST(any_order_of_news_ends_alike),
        MONEY_TEST(all_permutations_end_alike),
        MONEY_TEST(void_and_failure_end_alike),
        MONEY_TEST(other_amount_is_not_applied),
        MONEY_TEST(payers_who_choose_the_sum),
        MONEY_TEST(payers_follow_an_edit),
        MONEY_TEST(money_for_a_cancelled_order_goes_back),
        MONEY_TEST(two_attempts_one_payment),
        MONEY_TEST(paid_by_hand),
        MONEY_TEST(webhook_before_its_payment),
        MONEY_TEST(webhook_of_nobody_waits_for_a_person),
        MONEY_TEST(report_by_number_and_other_currency),
        MONEY_TEST(staff_match_money),
        MONEY_TEST(silence_is_asked_about),
        MONEY_TEST(shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
