/*
 * payment_fixture: orders as rows with their payments, for tests of money: sums are what a test
 * says, and the goods behind them do not matter. After every test the invariants of money (`souk
 * verify`) must hold.
 */
#ifndef TESTS_PAYMENT_FIXTURE_H
#define TESTS_PAYMENT_FIXTURE_H

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

static inline int listeners(void *user, struct souk_str topic, struct arena *arena,
                            const char ***names)
{
    (void)user, (void)topic;
    *names = arena_array(arena, const char *, 2);
    (*names)[0] = "probe";
    return 1;
}

static inline int money_setup(void **state)
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

static inline int money_teardown(void **state)
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

static inline int line_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
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

static inline int order_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
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

static inline int open_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
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
static inline int64_t sell(struct shop_fixture *fixture, struct sold sold)
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
static inline int64_t number_of(struct shop_fixture *fixture, const char *what, int64_t id)
{
    int64_t number = INT64_MIN;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = db_get_int(conn, db_intern(fixture->db, NULL, what), &number, DB_INT(id));
    if (code != 0 && code != SOUK_NOT_FOUND)
        fail_msg("%s: %s", what, db_error(conn));
    db_read_end(conn);
    return number;
}

static inline const char *text_of(struct shop_fixture *fixture, const char *what, int64_t id)
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

static inline const char *state(struct shop_fixture *fixture)
{
    return text_of(fixture, "SELECT state FROM payment WHERE id = $1", last_payment);
}

static inline const char *status(struct shop_fixture *fixture)
{
    return text_of(fixture, "SELECT payment_status FROM shop_order WHERE id = $1", last_order);
}

static inline int64_t facts(struct shop_fixture *fixture, const char *topic)
{
    return fixture_int(
        fixture,
        arena_printf(&fixture->arena, "SELECT count(*) FROM outbox WHERE topic = '%s'", topic).ptr);
}

/* ---- doing ---- */

static inline int apply_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    fixture->err = (struct err){0};
    return payment_apply(conn, &fixture->arena, arg, fixture->now, &fixture->err);
}

static inline int tell(struct shop_fixture *fixture, struct payment_news news)
{
    news.payment_id = news.payment_id ? news.payment_id : last_payment;
    news.actor = souk_str("plugin:payment_card");
    return fixture_write(fixture, apply_run, &news);
}

static inline int tell_of(struct shop_fixture *fixture, int paid, int64_t amount,
                          const char *reference)
{
    return tell(fixture, (struct payment_news){
                             .state = paid, .amount = amount, .reference = souk_str(reference)});
}

struct asking {
    struct payment_ask ask;
    int64_t move_id;
};

static inline int ask_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct asking *asking = arg;
    fixture->err = (struct err){0};
    return payment_ask(conn, &fixture->arena, &asking->ask, fixture->now, &asking->move_id,
                       &fixture->err);
}

static inline int ask_all(struct shop_fixture *fixture, struct payment_ask ask, int64_t *move_id)
{
    struct asking asking = {.ask = ask};
    asking.ask.order_id = last_order;
    asking.ask.actor = souk_str("staff:7");
    asking.ask.reason = souk_str("asked");
    int code = fixture_write(fixture, ask_run, &asking);
    *move_id = asking.move_id;
    return code;
}

static inline int done_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    int64_t id = *(int64_t *)arg;
    return payment_move_done(conn, &fixture->arena, id, 0,
                             arena_printf(&fixture->arena, "re_%lld", (long long)id), NULL,
                             fixture->now, &fixture->err);
}

static inline int failed_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    return payment_move_failed(conn, &fixture->arena, *(int64_t *)arg, souk_str("no"), fixture->now,
                               &fixture->err);
}

static inline int refund(struct shop_fixture *fixture, int64_t amount)
{
    int64_t id;
    int code = ask_all(fixture, (struct payment_ask){.kind = "refund", .amount = amount}, &id);
    return code ? code : fixture_write(fixture, done_run, &id);
}

static inline int refund_units(struct shop_fixture *fixture, int64_t line, int64_t n,
                               int64_t delivery)
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

static inline const char *only_match(struct shop_fixture *fixture)
{
    return fixture_text(fixture, "SELECT group_concat(why || ' ' || amount || ' ' || state, ', ') "
                                 "FROM (SELECT * FROM payment_match ORDER BY id)");
}

#endif
