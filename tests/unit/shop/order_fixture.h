/*
 * order_fixture: what the tests of orders, money and parcels share: goods in a shop, and orders
 * placed for them the way a checkout does it (a cart, its price, order_place), in the fixture's
 * database.
 *
 *     order_fixture_goods(fixture);                            TEA 10.00, 10 there; MUG 5.50, 5
 * there, 400 g int64_t id = order_fixture_place(fixture, NULL);         two TEA, a courier
 * for 5.00, paid by "cod" struct order_fixture_want want = {.goods = "TEA:1,MUG:3", .payment =
 * "stripe"}; int64_t id = order_fixture_place(fixture, &want);
 */
#ifndef SHOP_ORDER_FIXTURE_H
#define SHOP_ORDER_FIXTURE_H

#include "base/str.h"
#include "shop/order.h"

#include "fixture.h"

struct order_fixture_want {
    const char *goods;   /* "SKU:quantity,…"; NULL: "TEA:2" */
    const char *payment; /* provider; NULL: "cod", "": nobody is paid */
    int flags;           /* SOUK_PAYMENT_… */
    const char *begun;  /* state that a local provider came to: "pending" "authorised" "captured" */
    int64_t delivery;   /* 0: 500; -1: none is charged */
    const char *method; /* NULL: "courier:standard" */
    const char *email;  /* NULL: "ada@example.org" */
    int64_t hold;       /* microseconds */
    int64_t person;     /* signed in; 0: a guest */
    int64_t accept;     /* 0: not said */
    int newsletter;
    int64_t delivery_ppm; /* tax on the delivery */
    const char *code;     /* a coupon code; NULL: none */
    const char *phone;    /* NULL: "0888 123 456" */
};

struct order_fixture_result { /* texts live as long as the test */
    struct order_placed placed;
    const char *problem;
    struct json *lines;
    struct err err;
    int code;
};

/* A product with one variant: key and SKU are the same. */
static inline int64_t order_fixture_product(struct shop_fixture *fixture, const char *sku,
                                            int64_t price, int64_t stock, int64_t weight_g)
{
    struct souk_str doc = arena_printf(
        &fixture->arena,
        "{\"key\": \"%s\", \"status\": \"active\", \"text\": {\"en\": {\"name\": \"%s\"}}, "
        "\"variants\": [{\"sku\": \"%s\", \"stock\": %lld, \"weight_g\": %lld, \"prices\": "
        "[{\"list\": \"base\", \"amount\": %lld}]}]}",
        sku, sku, sku, (long long)stock, (long long)weight_g, (long long)price);
    return fixture_save(fixture, doc.ptr);
}

static inline void order_fixture_goods(struct shop_fixture *fixture)
{
    order_fixture_product(fixture, "TEA", 1000, 10, 100);
    order_fixture_product(fixture, "MUG", 550, 5, 400);
}

struct order_fixture_run { /* cart, price and order, in steps that a test may come between */
    const struct order_fixture_want *want;
    struct order_fixture_result *result;
    struct cart cart;
    struct quote quote;
    struct quote_delivery delivery;
    struct market market;
    struct order_draft draft;
    struct order_offer offer;
};

static inline int order_fixture_fill(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct order_fixture_run *run = arg;
    struct arena *arena = &fixture->arena;
    struct souk_str rest = souk_str(run->want->goods ? run->want->goods : "TEA:2"), part, sku;
    struct err err = {0};
    int64_t line, available;
    int code =
        cart_create(conn, arena, &run->market, run->want->person, 77, fixture->now, &run->cart);
    while (code == 0 && str_split(&rest, ',', &part)) {
        struct cart_change change = {.verb = CART_ADD};
        str_split(&part, ':', &sku);
        change.sku = arena_str(arena, sku);
        if (str_to_int(part, &change.quantity) != 0)
            return SOUK_INVALID;
        code = cart_apply(conn, arena, &run->cart, &change, fixture->now, &line, &available, &err);
    }
    if (code == 0 && run->want->code) {
        struct cart_change change = {.verb = CART_CODE, .text = souk_str(run->want->code)};
        code = cart_apply(conn, arena, &run->cart, &change, fixture->now, &line, &available, &err);
    }
    if (code == 0)
        code = cart_store(conn, arena, &run->cart, NULL, fixture->now);
    if (code == 0) /* with the version that it has now */
        code = cart_load(conn, arena, run->cart.token, fixture->now, &run->cart);
    return code;
}

static inline void order_fixture_draft(struct shop_fixture *fixture, struct order_fixture_run *run)
{
    const char *email = run->want->email ? run->want->email : "ada@example.org";
    const char *method = run->want->method ? run->want->method : "courier:standard";
    const char *payment = run->want->payment ? run->want->payment : "cod";
    struct souk_str body = arena_printf(
        &fixture->arena,
        "{\"email\": \"%s\", \"phone\": \"%s\", \"name\": \"Ada Byron\", \"address\": "
        "{\"country\": \"BG\", \"city\": \"Sofia\", \"postcode\": \"1000\", \"line1\": \"Rakovski 1\"}, "
        "\"delivery\": {\"method\": \"%s\"}, \"payment\": {\"method\": \"%s\"}, \"newsletter\": %s}",
        email, run->want->phone ? run->want->phone : "0888 123 456", method,
        payment[0] ? payment : "none", run->want->newsletter ? "true" : "false");
    struct json *errors = json_new(&fixture->arena, JSON_ARRAY);
    if (order_draft_read(&fixture->arena, fixture_json(fixture, body.ptr), 1, "BG", &run->draft,
                         errors) != 0)
        fail_msg("draft: %s", fixture_print(fixture, errors));
    if (run->want->accept)
        run->draft.accept_total = run->want->accept;
}

/* Prices the cart and fills run->offer; fails the test when that does not work. */
static inline void order_fixture_prepare(struct shop_fixture *fixture,
                                         struct order_fixture_run *run)
{
    const struct order_fixture_want *want = run->want;
    struct err err = {0};
    struct json *gone = json_new(&fixture->arena, JSON_ARRAY);
    run->market = market_at("en", fixture->now);
    if (fixture_write(fixture, order_fixture_fill, run) != 0)
        fail_msg("the cart cannot be filled with %s", want->goods ? want->goods : "TEA:2");
    order_fixture_draft(fixture, run);
    run->delivery = (struct quote_delivery){
        .method = souk_str(want->method ? want->method : "courier:standard"),
        .label = souk_str("Courier"),
        .amount = want->delivery ? want->delivery : 500};
    if (want->delivery_ppm) {
        run->delivery.rates = (struct tax_rates){.count = 1};
        run->delivery.rates.at[0] =
            (struct tax_rate){.name = "VAT", .ppm = want->delivery_ppm, .delivery = 1};
    }
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = cart_price(conn, &fixture->arena, &run->cart, &run->market, &run->delivery,
                          want->delivery < 0 ? 0 : 1, &run->quote, gone, &err);
    int64_t version = 0;
    if (code == 0)
        code = db_get_int(conn, db_intern(fixture->db, NULL, "SELECT version FROM catalogue_state"),
                          &version);
    db_read_end(conn);
    if (code != 0)
        fail_msg("price: %s", err.text);
    const char *payment = want->payment ? want->payment : "cod";
    run->offer = (struct order_offer){.cart = &run->cart,
                                      .quote = &run->quote,
                                      .draft = &run->draft,
                                      .market = &run->market,
                                      .delivery_method = run->delivery.method,
                                      .delivery_label = run->delivery.label,
                                      .payment_method = souk_str(payment),
                                      .payment_label = souk_str(payment),
                                      .catalogue_version = version,
                                      .payment_provider = payment[0] ? payment : NULL,
                                      .payment_flags = want->flags,
                                      .begun = want->begun,
                                      .hold = want->hold};
}

static inline int order_fixture_commit_run(struct db_conn *conn, struct shop_fixture *fixture,
                                           void *arg)
{
    struct order_fixture_run *run = arg;
    struct order_fixture_result *result = run->result;
    result->lines = json_new(&fixture->arena, JSON_ARRAY);
    result->err = (struct err){0};
    return order_place(conn, &fixture->arena, &run->offer, fixture->now, &result->placed,
                       &result->problem, result->lines, &result->err);
}

static inline int order_fixture_commit(struct shop_fixture *fixture, struct order_fixture_run *run)
{
    run->result->code = fixture_write(fixture, order_fixture_commit_run, run);
    return run->result->code;
}

static const struct order_fixture_want order_fixture_usual;

/* Prepares and commits; the code, with everything in *result. */
static inline int order_fixture_try(struct shop_fixture *fixture,
                                    const struct order_fixture_want *want,
                                    struct order_fixture_result *result)
{
    struct order_fixture_run run = {.want = want ? want : &order_fixture_usual, .result = result};
    *result = (struct order_fixture_result){0};
    order_fixture_prepare(fixture, &run);
    return order_fixture_commit(fixture, &run);
}

/* The same, and it must work: the order's id. */
static inline int64_t order_fixture_place(struct shop_fixture *fixture,
                                          const struct order_fixture_want *want)
{
    struct order_fixture_result result;
    if (order_fixture_try(fixture, want, &result) != 0)
        fail_msg("place: %d %s (%s)", result.code, result.err.text,
                 result.problem ? result.problem : "");
    return result.placed.id;
}

/* A step as staff ask for it; `args` is JSON text or NULL. The code; words in fixture->err. */
struct order_fixture_ask {
    int64_t id;
    const char *step, *args;
};

static inline int order_fixture_step_run(struct db_conn *conn, struct shop_fixture *fixture,
                                         void *arg)
{
    const struct order_fixture_ask *ask = arg;
    const struct json *args = ask->args ? fixture_json(fixture, ask->args) : NULL;
    fixture->err = (struct err){0};
    return order_step(conn, &fixture->arena, ask->id, souk_str(ask->step), args,
                      souk_str("staff:7"), fixture->now, &fixture->err);
}

static inline int order_fixture_step(struct shop_fixture *fixture, int64_t id, const char *step,
                                     const char *args)
{
    struct order_fixture_ask ask = {id, step, args};
    return fixture_write(fixture, order_fixture_step_run, &ask);
}

/* The order as a document. */
static inline struct json *order_fixture_load(struct shop_fixture *fixture, int64_t id, int staff)
{
    struct json *doc = NULL;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = order_load(conn, &fixture->arena, id, staff, &doc);
    db_read_end(conn);
    if (code != 0)
        fail_msg("load: %d", code);
    return doc;
}

#endif
