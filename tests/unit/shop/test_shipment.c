/*
 * Tests of parcels: what can be packed, what leaves stock, what follows for the order, and that
 * news of carriers end in one place whatever their order.
 */
#include "shop/payment.h"
#include "shop/shipment.h"
#include "shop/order_return.h"

#include "order_fixture.h"

#define HOUR INT64_C(3600000000)

struct wish { /* one call in a write */
    int64_t id, made;
    const char *args, *state, *event, *accepted;
    int64_t at;
    int fresh;
    int verb; /* 'p' pack, 's' send, 'c' cancel, 'n' news, 'r' register, 'd' registered */
};

static int run_wish(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct wish *wish = arg;
    struct arena *arena = &fixture->arena;
    struct souk_str staff = souk_str("staff:7");
    fixture->err = (struct err){0};
    struct shipment_news news = {.shipment_id = wish->id,
                                 .event = souk_str(wish->event),
                                 .state = souk_str(wish->state),
                                 .at = wish->at,
                                 .actor = staff};
    struct souk_shipment_result result = {.size = sizeof result, .tracking = souk_str("T-1")};
    if (wish->accepted)
        news.accepted = fixture_json(fixture, wish->accepted);
    switch (wish->verb) {
    case 'p':
        return shipment_pack(conn, arena, wish->id,
                             wish->args ? fixture_json(fixture, wish->args) : NULL, staff,
                             fixture->now, &wish->made, &fixture->err);
    case 's':
        return shipment_send(conn, arena, wish->id, souk_str(""), staff, fixture->now,
                             &fixture->err);
    case 'c':
        return shipment_cancel(conn, arena, wish->id, staff, souk_str("wrong box"), fixture->now,
                               &fixture->err);
    case 'r': return shipment_register(conn, wish->id, fixture->now);
    case 'd':
        return shipment_registered(conn, arena, wish->id, (int)wish->at, &result, fixture->now,
                                   &fixture->err);
    default: return shipment_apply(conn, arena, &news, fixture->now, &wish->fresh, &fixture->err);
    }
}

static int64_t pack(struct shop_fixture *fixture, int64_t order, const char *args)
{
    struct wish wish = {.verb = 'p', .id = order, .args = args};
    if (fixture_write(fixture, run_wish, &wish) != 0)
        fail_msg("pack: %s", fixture->err.text);
    return wish.made;
}

static int try_pack(struct shop_fixture *fixture, int64_t order, const char *args)
{
    struct wish wish = {.verb = 'p', .id = order, .args = args};
    return fixture_write(fixture, run_wish, &wish);
}

static int act(struct shop_fixture *fixture, int verb, int64_t id)
{
    struct wish wish = {.verb = verb, .id = id};
    return fixture_write(fixture, run_wish, &wish);
}

static int tell(struct shop_fixture *fixture, int64_t id, const char *event, const char *state,
                int64_t at, const char *accepted)
{
    struct wish wish = {.verb = 'n',
                        .id = id,
                        .event = event,
                        .state = state,
                        .at = fixture->now - 100 * HOUR + at * HOUR,
                        .accepted = accepted};
    int code = fixture_write(fixture, run_wish, &wish);
    if (code != 0 && code != SOUK_INVALID)
        fail_msg("%s: %d %s", state, code, fixture->err.text);
    return code ? code : wish.fresh;
}

/* The number, or text, that a query gives for `id`, which stands at its end. */
static int64_t number(struct shop_fixture *fixture, const char *query, int64_t id)
{
    char sql[500];
    int64_t out = INT64_MIN;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    snprintf(sql, sizeof sql, "%s$1", query);
    assert_int_equal(db_get_int(conn, db_intern(fixture->db, NULL, sql), &out, DB_INT(id)), 0);
    db_read_end(conn);
    return out;
}

static const char *text(struct shop_fixture *fixture, const char *query, int64_t id)
{
    char sql[500];
    struct db_rows rows;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    snprintf(sql, sizeof sql, "%s$1", query);
    assert_int_equal(
        db_first(db_query(conn, db_intern(fixture->db, NULL, sql), &rows, DB_INT(id)), &rows), 0);
    const char *out = arena_cstr(&fixture->arena, db_text(&rows, 0));
    db_close(&rows);
    db_read_end(conn);
    return out;
}

static const char *status(struct shop_fixture *fixture, int64_t order)
{
    return text(fixture, "SELECT fulfilment_status FROM shop_order WHERE id = ", order);
}

static int64_t line_of(struct shop_fixture *fixture, int64_t order, const char *sku)
{
    return number(fixture,
                  souk_str_is(souk_str(sku), "TEA")
                      ? "SELECT id FROM order_line WHERE sku = 'TEA' AND order_id = "
                      : "SELECT id FROM order_line WHERE sku = 'MUG' AND order_id = ",
                  order);
}

static int64_t stock_of(struct shop_fixture *fixture, const char *sku, const char *column)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "SELECT s.%s FROM stock s JOIN variant v ON v.id = s.variant_id WHERE v.sku = '%s'",
             column, sku);
    return fixture_int(fixture, sql);
}

/* Ways to pay as plugins would have them: "cod" comes with the parcel, "wire" is waited for. */
static int terms(struct souk_str method, int32_t *flags)
{
    *flags = souk_str_is(method, "cod")    ? SOUK_PAYMENT_ON_DELIVERY
             : souk_str_is(method, "wire") ? SOUK_PAYMENT_ASKS_FIRST
                                           : 0;
    return souk_str_is(method, "away") ? SOUK_NOT_FOUND : SOUK_OK;
}

static int setup(void **state)
{
    int code = fixture_setup(state);
    order_fixture_goods(*state);
    shipment_on_terms(terms);
    return code;
}

#define PARCEL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

static const struct order_fixture_want three_and_two = {.goods = "TEA:3,MUG:2"};

static void test_all_of_it(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t order = order_fixture_place(fixture, &three_and_two);
    int64_t parcel = pack(fixture, order, NULL);
    assert_string_equal(status(fixture, order), "packed");
    assert_int_equal(number(fixture, "SELECT weight_g FROM shipment WHERE id = ", parcel), 1100);
    assert_int_equal(stock_of(fixture, "TEA", "reserved"), 3);
    assert_int_equal(act(fixture, 's', parcel), 0);
    assert_string_equal(status(fixture, order), "shipped");
    assert_int_equal(stock_of(fixture, "TEA", "reserved"), 0);
    assert_int_equal(stock_of(fixture, "TEA", "on_hand"), 7);
    assert_int_equal(stock_of(fixture, "MUG", "on_hand"), 3);
    assert_int_equal(act(fixture, 's', parcel), SOUK_CONFLICT); /* once */
    assert_int_equal(stock_of(fixture, "TEA", "on_hand"), 7);
    assert_int_equal(tell(fixture, parcel, "e1", "delivered", 100, NULL), 1);
    assert_string_equal(status(fixture, order), "delivered");
}

static void test_never_more_than_there_is(void **state)
{
    struct shop_fixture *fixture = *state;
    char args[200];
    int64_t order = order_fixture_place(fixture, &three_and_two);
    int64_t tea = line_of(fixture, order, "TEA");
    snprintf(args, sizeof args, "{\"lines\": [{\"line\": %lld, \"quantity\": 2}]}", (long long)tea);
    pack(fixture, order, args);
    assert_string_equal(status(fixture, order), "part_packed");
    assert_int_equal(try_pack(fixture, order, args), SOUK_CONFLICT);
    assert_non_null(strstr(fixture->err.text, "1 of \"TEA\" are left"));
    assert_int_equal(number(fixture, "SELECT packed FROM order_line WHERE id = ", tea), 2);
    assert_int_equal(number(fixture, "SELECT count(*) FROM shipment WHERE order_id = ", order), 1);
    snprintf(args, sizeof args, "{\"lines\": [{\"line\": %lld, \"quantity\": -1}]}",
             (long long)tea);
    assert_int_equal(try_pack(fixture, order, args), SOUK_INVALID);
    assert_int_equal(try_pack(fixture, order, "{\"lines\": [{\"line\": 12, \"quantity\": 1}]}"),
                     SOUK_CONFLICT);
    pack(fixture, order, NULL); /* the rest */
    assert_string_equal(status(fixture, order), "packed");
    assert_int_equal(try_pack(fixture, order, NULL), SOUK_CONFLICT);
}

static void test_unpack(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t order = order_fixture_place(fixture, &three_and_two);
    int64_t parcel = pack(fixture, order, NULL);
    assert_int_equal(act(fixture, 'r', parcel), 0);
    assert_int_equal(act(fixture, 'r', parcel), SOUK_CONFLICT);
    assert_int_equal(act(fixture, 'c', parcel), 0);
    assert_string_equal(status(fixture, order), "none");
    assert_int_equal(act(fixture, 'c', parcel), SOUK_CONFLICT);
    assert_int_equal(act(fixture, 's', parcel), SOUK_CONFLICT);
    /* the carrier is told: one job registers, one takes back */
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM job WHERE kind = 'souk:shipment'"),
                     2);
    /* news of a parcel that is none any more move no goods */
    assert_int_equal(tell(fixture, parcel, "late", "delivered", 50, NULL), 1);
    assert_string_equal(status(fixture, order), "none");
    assert_int_equal(stock_of(fixture, "TEA", "on_hand"), 10);
    int64_t again = pack(fixture, order, NULL);
    assert_int_equal(act(fixture, 's', again), 0);
    assert_int_equal(act(fixture, 'c', again), SOUK_CONFLICT); /* it has left */
    assert_int_equal(stock_of(fixture, "TEA", "on_hand"), 7);
}

static void test_cancelled_order(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t order = order_fixture_place(fixture, &three_and_two);
    pack(fixture, order, NULL);
    assert_int_equal(order_fixture_step(fixture, order, "cancel", "{\"reason\": \"too late\"}"), 0);
    assert_int_equal(number(fixture, "SELECT sum(packed) FROM order_line WHERE order_id = ", order),
                     0);
    assert_int_equal(stock_of(fixture, "TEA", "reserved"), 0);
    assert_string_equal(text(fixture, "SELECT state FROM shipment WHERE order_id = ", order),
                        "cancelled");
    assert_int_equal(try_pack(fixture, order, NULL), SOUK_CONFLICT);
}

static void test_collect(void **state)
{
    struct shop_fixture *fixture = *state;
    char args[200];
    int64_t order = order_fixture_place(fixture, &three_and_two); /* 30.00 + 11.00 + 5.00 */
    int64_t tea = line_of(fixture, order, "TEA");
    snprintf(args, sizeof args, "{\"lines\": [{\"line\": %lld, \"quantity\": 1}]}", (long long)tea);
    int64_t first = pack(fixture, order, args), rest = pack(fixture, order, NULL);
    int64_t total = number(fixture, "SELECT total FROM shop_order WHERE id = ", order);
    int64_t a = number(fixture, "SELECT collect FROM shipment WHERE id = ", first);
    int64_t b = number(fixture, "SELECT collect FROM shipment WHERE id = ", rest);
    assert_int_equal(a, 1500); /* its goods, and the delivery */
    assert_int_equal(a + b, total);
    /* two of the second are refused: that much less */
    char kept[64];
    snprintf(kept, sizeof kept, "{\"%lld\": 0}", (long long)tea);
    tell(fixture, rest, "door", "partially_delivered", 90, kept);
    assert_int_equal(number(fixture, "SELECT collect FROM shipment WHERE id = ", rest), b - 2000);
    /* all of the first: nothing, not even the delivery */
    tell(fixture, first, "door", "delivered", 90, kept);
    assert_int_equal(number(fixture, "SELECT collect FROM shipment WHERE id = ", first), 0);
    assert_string_equal(status(fixture, order), "part_delivered");
}

static void test_paid_since(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_shipment view;
    int64_t order = order_fixture_place(fixture, &three_and_two),
            parcel = pack(fixture, order, NULL);
    fixture_sql(fixture, "UPDATE shop_order SET authorised = 4000, captured = 4000");
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(shipment_view(conn, &fixture->arena, parcel, &view), 0);
    db_read_end(conn);
    assert_int_equal(view.collect, 600); /* of 46.00 */
    assert_int_equal(number(fixture, "SELECT collect FROM shipment WHERE id = ", parcel), 4600);
}

static void test_terms(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:1", .payment = "away"};
    int64_t order = order_fixture_place(fixture, &want);
    assert_int_equal(try_pack(fixture, order, NULL),
                     SOUK_UNAVAILABLE); /* would it have to be paid? */
    want.payment = "wire";
    order = order_fixture_place(fixture, &want);
    int64_t parcel = pack(fixture, order, NULL);
    assert_int_equal(act(fixture, 's', parcel), SOUK_CONFLICT);
    assert_non_null(strstr(fixture->err.text, "not paid"));
    assert_int_equal(stock_of(fixture, "TEA", "on_hand"), 10);
}

/* ---- news ---- */

struct piece {
    const char *event, *state;
    int64_t at;
    const char *kept; /* of the tea; NULL: all of it */
};

struct outcome { /* all that must not depend on the order */
    char state[32], status[32];
    int64_t state_at, shipped, delivered, accepted, collect, returns, back, on_hand, reserved,
        events;
};

static void read_outcome(struct shop_fixture *fixture, int64_t order, int64_t parcel,
                         struct outcome *out)
{
    memset(out, 0, sizeof *out);
    snprintf(out->state, sizeof out->state, "%s",
             text(fixture, "SELECT state FROM shipment WHERE id = ", parcel));
    snprintf(out->status, sizeof out->status, "%s", status(fixture, order));
    out->state_at = number(fixture, "SELECT state_at FROM shipment WHERE id = ", parcel);
    out->shipped = number(fixture, "SELECT sum(shipped) FROM order_line WHERE order_id = ", order);
    out->delivered =
        number(fixture, "SELECT sum(delivered) FROM order_line WHERE order_id = ", order);
    out->accepted = number(
        fixture,
        "SELECT sum(coalesce(accepted, -1)) FROM shipment_line WHERE shipment_id = ", parcel);
    out->collect = number(fixture, "SELECT collect FROM shipment WHERE id = ", parcel);
    out->returns =
        number(fixture,
               "SELECT count(*) FROM order_return WHERE state = 'approved' AND order_id = ", order);
    out->back =
        number(fixture,
               "SELECT coalesce(sum(l.quantity), 0) FROM order_return_line l JOIN order_return r"
               " ON r.id = l.return_id WHERE r.order_id = ",
               order);
    out->on_hand = stock_of(fixture, "TEA", "on_hand");
    out->reserved = stock_of(fixture, "TEA", "reserved");
    out->events =
        number(fixture, "SELECT count(*) FROM shipment_event WHERE shipment_id = ", parcel);
}

static void play(struct shop_fixture *fixture, const struct piece *pieces, const int *order,
                 size_t count, struct outcome *out)
{
    const struct order_fixture_want want = {.goods = "TEA:3"};
    char kept[64];
    int64_t id = order_fixture_place(fixture, &want), tea = line_of(fixture, id, "TEA");
    int64_t parcel = pack(fixture, id, NULL);
    for (size_t i = 0; i < count; i++) {
        const struct piece *piece = &pieces[order[i]];
        snprintf(kept, sizeof kept, "{\"%lld\": %s}", (long long)tea,
                 piece->kept ? piece->kept : "3");
        const char *map = piece->kept ? kept : NULL;
        assert_int_equal(tell(fixture, parcel, piece->event, piece->state, piece->at, map), 1);
        assert_int_equal(tell(fixture, parcel, piece->event, piece->state, piece->at, map), 0);
    }
    read_outcome(fixture, id, parcel, out);
    /* as if it had not been, for the next order of things */
    fixture_sql(fixture, "DELETE FROM stock_move WHERE reason = 'order'");
    fixture_sql(fixture, "UPDATE stock SET on_hand = 10 WHERE on_hand <> 5");
}

/* Every order of the pieces, by Heap's way. */
static void permute(struct shop_fixture *fixture, const struct piece *pieces, size_t count,
                    const struct outcome *want)
{
    int order[8] = {0, 1, 2, 3, 4, 5, 6, 7}, wheel[8] = {0};
    struct outcome out;
    size_t i = 0;
    int runs = 1;
    while (i < count) {
        if ((size_t)wheel[i] >= i) {
            wheel[i++] = 0;
            continue;
        }
        int a = i % 2 == 0 ? 0 : wheel[i], swap = order[a];
        order[a] = order[i];
        order[i] = swap;
        play(fixture, pieces, order, count, &out);
        runs++;
        assert_string_equal(out.state, want->state);
        assert_string_equal(out.status, want->status);
        assert_memory_equal(&out.state_at, &want->state_at,
                            sizeof out - offsetof(struct outcome, state_at));
        wheel[i]++;
        i = 0;
    }
    assert_true(runs > 1);
}

static void check_pieces(struct shop_fixture *fixture, const struct piece *pieces, size_t count,
                         const char *state, int64_t delivered, int64_t back)
{
    static const int straight[] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct outcome want;
    play(fixture, pieces, straight, count, &want);
    assert_string_equal(want.state, state);
    assert_int_equal(want.delivered, delivered);
    assert_int_equal(want.back, back);
    assert_int_equal(want.shipped, 3);
    assert_int_equal(want.on_hand, 7);
    assert_int_equal(want.reserved, 0);
    permute(fixture, pieces, count, &want);
}

static void test_any_order(void **state)
{
    static const struct piece usual[] = {
        {"a", "registered", 1, NULL},     {"b", "in_transit", 2, NULL},
        {"c", "attempt_failed", 3, NULL}, {"d", "delivered", 4, NULL},
        {"e", "in_transit", 5, NULL}, /* a late scan undoes nothing */
    };
    check_pieces(*state, usual, 5, "delivered", 3, 0);
}

static void test_any_order_at_the_door(void **state)
{
    static const struct piece door[] = {
        {"a", "in_transit", 1, NULL},
        {"b", "partially_delivered", 2, "2"},
        {"c", "returning", 3, NULL},
        {"d", "somewhere else", 4, NULL}, /* a word that nobody knows */
    };
    check_pieces(*state, door, 4, "returning", 2, 1);
    static const struct piece better[] = {
        {"a", "partially_delivered", 2, "1"},
        {"b", "delivered", 3, "2"}, /* told again, and more exactly */
        {"c", "out_for_delivery", 1, NULL},
        {"d", "delivered", 3, "0"}, /* of the same moment: the one that is further */
    };
    check_pieces(*state, better, 4, "returning", 2, 1);
}

static void test_any_order_refused(void **state)
{
    static const struct piece refused[] = {
        {"a", "out_for_delivery", 1, NULL}, {"b", "exception", 2, NULL},
        {"c", "returning", 3, NULL},        {"d", "returned", 4, NULL},
        {"e", "returning", 5, NULL},
    };
    check_pieces(*state, refused, 5, "returned", 0, 3);
}

static void test_bad_news(void **state)
{
    struct shop_fixture *fixture = *state;
    char kept[64];
    int64_t order = order_fixture_place(fixture, &three_and_two);
    int64_t parcel = pack(fixture, order, NULL), tea = line_of(fixture, order, "TEA");
    snprintf(kept, sizeof kept, "{\"%lld\": 4}", (long long)tea);
    assert_int_equal(tell(fixture, parcel, "a", "delivered", 1, kept), SOUK_INVALID);
    assert_int_equal(tell(fixture, parcel, "a", "delivered", 1, "{\"77\": 1}"), SOUK_INVALID);
    assert_int_equal(tell(fixture, parcel, "a", "delivered", 1, "{\"tea\": 1}"), SOUK_INVALID);
    assert_int_equal(tell(fixture, parcel, "a", "delivered", 1000, NULL),
                     SOUK_INVALID); /* to come */
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM shipment_event"), 0);
    assert_string_equal(status(fixture, order), "packed");
    /* a word that is no state is kept and shown */
    assert_int_equal(tell(fixture, parcel, "b", "ON_THE_MOON", 1, NULL), 1);
    assert_string_equal(fixture_text(fixture, "SELECT state || '|' || code FROM shipment_event"),
                        "|ON_THE_MOON");
    assert_string_equal(status(fixture, order), "packed");
}

static void test_facts(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t order = order_fixture_place(fixture, &three_and_two),
            parcel = pack(fixture, order, NULL);
    struct wish refused = {.verb = 'd', .id = parcel, .at = SOUK_INVALID};
    assert_int_equal(act(fixture, 'r', parcel), 0);
    assert_int_equal(fixture_write(fixture, run_wish, &refused), 0);
    assert_string_equal(fixture_text(fixture, "SELECT registering FROM shipment"), "failed");
    assert_int_equal(act(fixture, 'r', parcel), 0); /* once more */
    struct wish done = {.verb = 'd', .id = parcel};
    assert_int_equal(fixture_write(fixture, run_wish, &done), 0);
    assert_string_equal(
        fixture_text(fixture, "SELECT registering || tracking || state FROM shipment"),
        "doneT-1registered");
    assert_int_equal(act(fixture, 's', parcel), 0);
    assert_string_equal(fixture_text(fixture, "SELECT state FROM shipment"), "in_transit");
    /* the history of the order tells each step once */
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM audit WHERE action = 'shipment.move'"), 2);
    struct json *doc = NULL;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(shipment_load(conn, &fixture->arena, parcel, &doc), 0);
    int64_t found = 0;
    assert_int_equal(
        shipment_find(conn, souk_str("courier"), souk_str("T-1"), souk_str(""), &found), 0);
    assert_int_equal(found, parcel);
    assert_int_equal(shipment_find(conn, souk_str("other"), souk_str("T-1"), souk_str(""), &found),
                     SOUK_NOT_FOUND);
    struct souk_shipment view;
    assert_int_equal(shipment_view(conn, &fixture->arena, parcel, &view), 0);
    db_read_end(conn);
    assert_int_equal(view.line_count, 2);
    assert_int_equal(view.lines[0].amount + view.lines[1].amount, 4100);
    assert_true(souk_str_is(view.option, "standard"));
    assert_true(souk_str_is(view.city, "Sofia"));
    assert_int_equal(json_at(doc, "events")->count, 2);
    assert_string_equal(fixture_print(fixture, json_at(doc, "allowed")), "[\"deliver\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARCEL_TEST(test_all_of_it),
        PARCEL_TEST(test_never_more_than_there_is),
        PARCEL_TEST(test_unpack),
        PARCEL_TEST(test_cancelled_order),
        PARCEL_TEST(test_collect),
        PARCEL_TEST(test_paid_since),
        PARCEL_TEST(test_terms),
        PARCEL_TEST(test_any_order),
        PARCEL_TEST(test_any_order_at_the_door),
        PARCEL_TEST(test_any_order_refused),
        PARCEL_TEST(test_bad_news),
        PARCEL_TEST(test_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
