/* Goods that are promised: taken by guarded statements, given back, used up; and what pages show of
 * it. */
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

static int64_t reserved(struct shop_fixture *fixture, const char *sku)
{
    return fixture_int(fixture,
                       arena_printf(&fixture->arena,
                                    "SELECT s.reserved FROM stock s JOIN variant v ON v.id = "
                                    "s.variant_id WHERE v.sku = '%s'",
                                    sku)
                           .ptr);
}

static int64_t on_hand(struct shop_fixture *fixture, const char *sku)
{
    return fixture_int(fixture,
                       arena_printf(&fixture->arena,
                                    "SELECT s.on_hand FROM stock s JOIN variant v ON v.id = "
                                    "s.variant_id WHERE v.sku = '%s'",
                                    sku)
                           .ptr);
}

static const char *availability(struct shop_fixture *fixture, const char *sku)
{
    return fixture_text(
        fixture,
        arena_printf(&fixture->arena, "SELECT availability FROM variant WHERE sku = '%s'", sku)
            .ptr);
}

static int64_t variant_of(struct shop_fixture *fixture, const char *sku)
{
    return fixture_int(
        fixture, arena_printf(&fixture->arena, "SELECT id FROM variant WHERE sku = '%s'", sku).ptr);
}

/* Two carts filled while one unit is there: the second order is refused and nothing of it stays,
 * also of the goods that there are plenty of. */
static void test_last_one(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "LAST:1,TEA:2"};
    struct order_fixture_result first = {0}, second = {0};
    struct order_fixture_run one = {.want = &want, .result = &first};
    struct order_fixture_run other = {.want = &want, .result = &second};
    order_fixture_goods(fixture);
    order_fixture_product(fixture, "LAST", 300, 1, 10);
    order_fixture_prepare(fixture, &one);
    order_fixture_prepare(fixture, &other);
    assert_int_equal(order_fixture_commit(fixture, &one), SOUK_OK);
    assert_string_equal(availability(fixture, "LAST"), "out");
    assert_int_equal(order_fixture_commit(fixture, &other), SOUK_CONFLICT);
    assert_string_equal(second.problem, "out-of-stock");
    assert_int_equal(second.lines->count, 1);
    const struct json *line = &second.lines->first->value;
    assert_true(souk_str_is(json_text(json_at(line, "sku")), "LAST"));
    assert_int_equal(json_int(json_at(line, "available"), -1), 0);
    assert_int_equal(json_int(json_at(line, "quantity"), -1), 1);
    assert_int_equal(reserved(fixture, "LAST"), 1);
    assert_int_equal(reserved(fixture, "TEA"), 2);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM shop_order"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT last FROM series WHERE name = 'order'"), 1001);
    assert_sound(fixture);
}

static int take_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct quote *quote = arg;
    int64_t id;
    struct json *lines = json_new(&fixture->arena, JSON_ARRAY);
    int code = order_find(conn, souk_str("1001"), STR_NULL, &id);
    if (code == SOUK_OK)
        code = reservation_take(conn, &fixture->arena, id, quote, lines, fixture->now);
    /* refused: nothing was taken, so the write may go on */
    fixture->result.id = (int64_t)lines->count;
    return code == SOUK_CONFLICT ? SOUK_OK : code;
}

/* Two lines of one variant ask for it together. */
static void test_sum_of_lines(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    order_fixture_place(fixture, NULL); /* 2 of 10 TEA */
    int64_t tea = variant_of(fixture, "TEA"), mug = variant_of(fixture, "MUG");
    struct quote_line lines[] = {{.variant_id = tea, .quantity = 5},
                                 {.variant_id = mug, .quantity = 1},
                                 {.variant_id = tea, .quantity = 4}};
    struct quote quote = {.lines = lines, .count = 3};
    assert_int_equal(fixture_write(fixture, take_run, &quote), SOUK_OK);
    assert_int_equal(fixture->result.id, 2); /* both lines of TEA are short */
    assert_int_equal(reserved(fixture, "TEA"), 2);
    assert_int_equal(reserved(fixture, "MUG"), 0);
    lines[0].quantity = 4;
    assert_int_equal(fixture_write(fixture, take_run, &quote), SOUK_OK);
    assert_int_equal(fixture->result.id, 0);
    assert_int_equal(reserved(fixture, "TEA"), 10);
    assert_int_equal(reserved(fixture, "MUG"), 1);
    assert_string_equal(availability(fixture, "TEA"), "out");
    assert_sound(fixture);
}

struct moved {
    int64_t variant_id, quantity;
    int use;
};

static int move_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct moved *moved = arg;
    int64_t id;
    int code = order_find(conn, souk_str("1001"), STR_NULL, &id);
    if (code != SOUK_OK)
        return code;
    if (moved->use)
        return reservation_use(conn, id, moved->variant_id, moved->quantity, souk_str("shipment:1"),
                               fixture->now);
    return reservation_give(conn, id, moved->variant_id, moved->quantity, fixture->now);
}

static int move(struct shop_fixture *fixture, const char *sku, int64_t quantity, int use)
{
    struct moved moved = {variant_of(fixture, sku), quantity, use};
    return fixture_write(fixture, move_run, &moved);
}

static void test_give_and_use(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:10"};
    order_fixture_goods(fixture);
    order_fixture_place(fixture, &want);
    assert_string_equal(availability(fixture, "TEA"), "out");
    assert_int_equal(move(fixture, "TEA", 3, 0), SOUK_OK);
    assert_string_equal(availability(fixture, "TEA"), "in");
    assert_int_equal(reserved(fixture, "TEA"), 7);
    assert_int_equal(on_hand(fixture, "TEA"), 10);
    assert_int_equal(move(fixture, "TEA", 5, 1), SOUK_OK);
    assert_int_equal(reserved(fixture, "TEA"), 2);
    assert_int_equal(on_hand(fixture, "TEA"), 5);
    assert_int_equal(
        fixture_int(fixture, "SELECT delta FROM stock_move WHERE subject = 'shipment:1' AND reason "
                             "= 'order'"),
        -5);
    assert_int_equal(move(fixture, "TEA", 3, 0), SOUK_CONFLICT); /* only 2 are held */
    assert_int_equal(move(fixture, "TEA", 3, 1), SOUK_CONFLICT);
    assert_int_equal(move(fixture, "MUG", 1, 0), SOUK_CONFLICT); /* none is */
    assert_int_equal(move(fixture, "TEA", -1, 0), SOUK_INVALID);
    assert_int_equal(move(fixture, "TEA", 2, 0), SOUK_OK);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM reservation"), 0);
    assert_sound(fixture);
}

/* A count says that fewer are there than were promised: what is not there does not leave. */
static void test_counted_away(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:4"};
    order_fixture_goods(fixture);
    order_fixture_place(fixture, &want);
    fixture_sql(fixture, "UPDATE stock SET on_hand = 3 WHERE reserved = 4");
    fixture_sql(fixture, "INSERT INTO stock_move (id, variant_id, delta, reason, at) SELECT 99, "
                         "variant_id, -7, 'count', 1 FROM stock WHERE reserved = 4");
    assert_int_equal(move(fixture, "TEA", 4, 1), SOUK_CONFLICT);
    assert_int_equal(reserved(fixture, "TEA"), 4);
    assert_int_equal(move(fixture, "TEA", 3, 1), SOUK_OK);
    assert_int_equal(on_hand(fixture, "TEA"), 0);
}

/* Backorders and goods that are not counted are never short. */
static void test_policies(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want later = {.goods = "LATER:3"}, file = {.goods = "FILE:9"};
    fixture_save(fixture,
                 "{\"key\": \"LATER\", \"status\": \"active\", \"text\": {\"en\": {\"name\": "
                 "\"Later\"}}, \"variants\": [{\"sku\": \"LATER\", \"stock\": 1, \"backorder\": "
                 "\"yes\", \"prices\": [{\"list\": \"base\", \"amount\": 100}]}]}");
    fixture_save(fixture,
                 "{\"key\": \"FILE\", \"status\": \"active\", \"text\": {\"en\": {\"name\": "
                 "\"File\"}}, \"variants\": [{\"sku\": \"FILE\", \"tracked\": false, \"prices\": "
                 "[{\"list\": \"base\", \"amount\": 100}]}]}");
    order_fixture_place(fixture, &later);
    assert_string_equal(availability(fixture, "LATER"), "backorder");
    assert_int_equal(reserved(fixture, "LATER"), 3);
    order_fixture_place(fixture, &file);
    assert_string_equal(availability(fixture, "FILE"), "in");
    assert_int_equal(reserved(fixture, "FILE"), 9);
    assert_int_equal(move(fixture, "LATER", 3, 1), SOUK_OK);
    assert_int_equal(on_hand(fixture, "LATER"), -2);
    assert_sound(fixture);
}

/* Cached pages stay as long as nothing that they show has changed. */
static void test_border(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want nine = {.goods = "TEA:9"}, one = {.goods = "TEA:1"};
    order_fixture_goods(fixture);
    int64_t before = fixture_int(fixture, "SELECT version FROM catalogue_state");
    order_fixture_place(fixture, &nine);
    assert_int_equal(fixture_int(fixture, "SELECT version FROM catalogue_state"), before);
    order_fixture_place(fixture, &one);
    assert_int_equal(fixture_int(fixture, "SELECT version FROM catalogue_state"), before + 1);
}

/* A counter that was changed by hand is found. */
static void test_verify(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    order_fixture_place(fixture, NULL);
    assert_sound(fixture);
    fixture_sql(fixture, "UPDATE stock SET reserved = reserved + 1 WHERE reserved = 2");
    const struct json *report = verify_run(fixture->db, &fixture->arena);
    assert_false(json_true(json_at(report, "ok")));
    fixture_sql(fixture, "UPDATE stock SET reserved = reserved - 1 WHERE reserved = 3");
    assert_sound(fixture);
}

static int purge_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    return product_archive(conn, *(int64_t *)arg, 1, fixture->now, &fixture->err);
}

/* What is promised to somebody is not deleted. */
static void test_purge(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t product = order_fixture_product(fixture, "TEA", 1000, 10, 100);
    int64_t id = order_fixture_place(fixture, NULL);
    assert_int_equal(fixture_write(fixture, purge_run, &product), SOUK_CONFLICT);
    assert_non_null(strstr(fixture->err.text, "under way"));
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM product"), 1);
    assert_int_equal(order_fixture_step(fixture, id, "cancel", NULL), SOUK_OK);
    assert_int_equal(fixture_write(fixture, purge_run, &product), SOUK_OK);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM order_line WHERE variant_id IS NULL"), 1);
    assert_int_equal(json_at(order_fixture_load(fixture, id, 1), "lines")->count, 1);
    assert_sound(fixture);
}

/* Orders come and go by turns; the books are right all the time. */
static void test_interleaved(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:3,MUG:1"};
    struct order_fixture_result result;
    int64_t open[8];
    size_t count = 0;
    order_fixture_goods(fixture);
    for (int i = 0; i < 24; i++) {
        int code = SOUK_CONFLICT;
        if (reserved(fixture, "TEA") <= 7)
            code = order_fixture_try(fixture, &want, &result);
        if (code == SOUK_OK) {
            open[count++] = result.placed.id;
        } else {
            assert_true(count > 0);
            assert_int_equal(order_fixture_step(fixture, open[--count], "cancel", NULL), SOUK_OK);
        }
        assert_int_equal(reserved(fixture, "TEA"), 3 * (int64_t)count);
        assert_int_equal(reserved(fixture, "MUG"), (int64_t)count);
    }
    assert_sound(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_last_one),     SHOP_TEST(test_sum_of_lines), SHOP_TEST(test_give_and_use),
        SHOP_TEST(test_counted_away), SHOP_TEST(test_policies),     SHOP_TEST(test_border),
        SHOP_TEST(test_purge),        SHOP_TEST(test_verify),       SHOP_TEST(test_interleaved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
