/*
 * Many orders as documents: as many statements for fifty as for one, each document the same as by
 * itself, and none with the tokens that open customers' pages. Statements are counted by SQLite's
 * own trace of every connection.
 */
#include "base/str.h"
#include "shop/order.h"
#include "shop/order_return.h"
#include "shop/shipment.h"

#include "order_fixture.h"

#include <sqlite3.h>

#define MANY 50

static int statements;

static int count_statement(unsigned kind, void *user, void *statement, void *text)
{
    (void)kind, (void)user, (void)statement;
    statements += strncmp(text, "--", 2) != 0; /* not what triggers do */
    return 0;
}

static int watch(sqlite3 *db, char **error, const void *api)
{
    (void)error, (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, count_statement, NULL);
}

/* An order with all that can hang on one: parcels with news, a return, notes, two payments. */
static int dress(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct arena *arena = &fixture->arena;
    int64_t id = *(int64_t *)arg, line = 0, parcel = 0, back = 0;
    int fresh;
    struct err *err = &fixture->err;
    struct souk_str staff = souk_str("staff:7");
    int code = db_get_int(
        conn, db_intern(fixture->db, NULL, "SELECT id FROM order_line WHERE order_id = $1"), &line,
        DB_INT(id));
    if (code == 0)
        code = shipment_pack(conn, arena, id, NULL, staff, fixture->now, &parcel, err);
    if (code == 0)
        code = shipment_send(conn, arena, parcel, souk_str("T1"), staff, fixture->now, err);
    struct shipment_news news = {.shipment_id = parcel,
                                 .event = souk_str("door"),
                                 .state = souk_str("delivered"),
                                 .at = fixture->now,
                                 .actor = souk_str("plugin:delivery_courier")};
    if (code == 0)
        code = shipment_apply(conn, arena, &news, fixture->now, &fresh, err);
    struct souk_str wish = arena_printf(
        arena, "{\"lines\": [{\"line\": %lld, \"quantity\": 1, \"reason\": \"too_small\"}]}",
        (long long)line);
    if (code == 0)
        code = return_request(conn, arena, id, fixture_json(fixture, wish.ptr), staff, fixture->now,
                              &back, NULL, err);
    if (code == 0)
        code = order_note(conn, id, souk_str("For them"), 0, staff, fixture->now);
    return code ? code : order_note(conn, id, souk_str("For us"), 1, staff, fixture->now);
}

static void place_many(struct shop_fixture *fixture, int64_t *ids)
{
    struct order_fixture_want want = {.goods = "TEA:2,MUG:1"};
    order_fixture_product(fixture, "TEA", 1000, 1000, 100);
    order_fixture_product(fixture, "MUG", 550, 1000, 400);
    for (int i = 0; i < MANY; i++) {
        ids[i] = order_fixture_place(fixture, &want);
        fixture->err = (struct err){0};
        if (fixture_write(fixture, dress, &ids[i]) != 0)
            fail_msg("order %d: %s", i, fixture->err.text);
    }
}

static struct json *load_list(struct shop_fixture *fixture, const int64_t *ids, size_t count,
                              int *cost)
{
    struct json *list = json_new(&fixture->arena, JSON_ARRAY);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    statements = 0;
    assert_int_equal(order_share_list(conn, &fixture->arena, ids, count, list), 0);
    *cost = statements;
    db_read_end(conn);
    return list;
}

static void test_cost(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t ids[MANY];
    int one, many;
    place_many(fixture, ids);
    assert_int_equal(load_list(fixture, ids, 1, &one)->count, 1);
    const struct json *list = load_list(fixture, ids, MANY, &many);
    assert_int_equal(list->count, MANY);
    assert_true(one > 0);
    if (one != many || many > 12)
        fail_msg("one order costs %d statements, %d cost %d", one, MANY, many);
}

static int has_token(const struct json *tree)
{
    json_each(item, tree)
    {
        if ((tree->kind == JSON_OBJECT && souk_str_is(item->key, "token")) ||
            has_token(&item->value))
            return 1;
    }
    return 0;
}

/* What is read together is what each is alone, without the keys to the customer's pages. */
static void test_same(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t ids[MANY];
    int cost;
    size_t at = 0;
    place_many(fixture, ids);
    const struct json *list = load_list(fixture, ids, MANY, &cost);
    json_each(item, list)
    {
        struct json *alone = load_list(fixture, &ids[at++], 1, &cost);
        const struct json *buyers = order_fixture_load(fixture, ids[at - 1], 0);
        assert_string_equal(fixture_print(fixture, &item->value),
                            fixture_print(fixture, &alone->first->value));
        assert_int_equal(json_int(json_at(&item->value, "id"), 0), ids[at - 1]);
        assert_true(json_int(json_at(&item->value, "person"), 0) > 0);
        assert_false(has_token(&item->value));
        assert_true(json_text(json_at(buyers, "token")).len > 0);
        assert_true(has_token(json_at(buyers, "returns")));
        static const char *const parts[] = {"lines", "shipments", "notes", "totals", "payment"};
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            assert_string_equal(fixture_print(fixture, json_at(&item->value, parts[i])),
                                fixture_print(fixture, json_at(buyers, parts[i])));
        assert_int_equal(json_at(&item->value, "lines")->count, 2);
        assert_int_equal(json_at(&item->value, "shipments")->count, 1);
        assert_int_equal(json_at(&item->value, "returns")->count, 1);
        assert_int_equal(json_at(&item->value, "notes")->count, 1); /* not that of staff */
    }
}

/* Ids that nobody has are left out, and an empty list asks nothing wrong. */
static void test_gaps(void **state)
{
    struct shop_fixture *fixture = *state;
    int cost;
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, NULL), ids[] = {5, id, id + 1};
    const struct json *list = load_list(fixture, ids, 3, &cost);
    assert_int_equal(list->count, 1);
    assert_int_equal(json_int(json_at(&list->first->value, "id"), 0), id);
    assert_int_equal(load_list(fixture, ids, 0, &cost)->count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {SHOP_TEST(test_cost), SHOP_TEST(test_same),
                                       SHOP_TEST(test_gaps)};
    sqlite3_auto_extension((void (*)(void))watch);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
