/*
 * Which price holds, until when, why, and what was the lowest before.
 */
#include "base/str.h"
#include "shop/price.h"
#include "fixture.h"

#define DAY CLOCK_DAY

/* One product with three variants; prices are put in as rows. */
static void make_variants(struct shop_fixture *fixture)
{
    fixture_sql(fixture,
                "INSERT INTO product (id, key, type, status, visibility, created_at, changed_at) "
                "VALUES (1, 'p', 'simple', 'active', 'both', 1, 1)");
    fixture_sql(fixture, "INSERT INTO variant (id, product_id, position, sku, value_ids) VALUES "
                         "(11, 1, 0, 'a', '1'), (12, 1, 1, 'b', '2'), (13, 1, 2, 'c', '3')");
    fixture_sql(
        fixture,
        "INSERT INTO price_list (id, code, name, currency, customer_group, channel, priority) VALUES "
        "(5, 'vip', 'VIP', '', 'vip', '', 200), (6, 'usd', 'USD', 'USD', '', '', 0), "
        "(7, 'app', 'App', '', '', 'app', 300)");
}

static void put_price(struct shop_fixture *fixture, int64_t variant, int64_t list, int64_t quantity,
                      int64_t amount, int64_t compare_at, int64_t from, int64_t until)
{
    char sql[400], begin[24] = "NULL", end[24] = "NULL", before[24] = "NULL";
    static int64_t id = 100;
    if (from)
        snprintf(begin, sizeof begin, "%lld", (long long)from);
    if (until)
        snprintf(end, sizeof end, "%lld", (long long)until);
    if (compare_at)
        snprintf(before, sizeof before, "%lld", (long long)compare_at);
    snprintf(sql, sizeof sql,
             "INSERT INTO price (id, variant_id, list_id, min_quantity, amount, compare_at, "
             "from_at, until_at) VALUES (%lld, %lld, %lld, %lld, %lld, %s, %s, %s)",
             (long long)++id, (long long)variant, (long long)list, (long long)quantity,
             (long long)amount, before, begin, end);
    fixture_sql(fixture, sql);
}

static struct price ask(struct shop_fixture *fixture, struct market market, int64_t variant,
                        int64_t quantity)
{
    struct price price = {.amount = -2};
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = price_of(conn, &market, variant, quantity, &price);
    db_read_end(conn);
    assert_int_equal(code, price.amount < 0 ? SOUK_NOT_FOUND : 0);
    return price;
}

static void test_lists(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW), vip = market, usd = market, app = market;
    vip.group = souk_str("vip");
    usd.currency = "USD";
    app.channel = souk_str("app");
    make_variants(fixture);
    put_price(fixture, 11, 1, 1, 1000, 0, 0, 0);
    put_price(fixture, 11, 1, 10, 900, 0, 0, 0);
    put_price(fixture, 11, 2, 1, 800, 0, NOW - DAY, NOW + DAY);
    put_price(fixture, 11, 5, 1, 850, 1200, 0, 0);
    put_price(fixture, 11, 6, 1, 1111, 0, 0, 0);
    put_price(fixture, 11, 7, 1, 500, 0, 0, 0);
    struct price price = ask(fixture, market, 11, 1);
    assert_int_equal(price.amount, 800);
    assert_int_equal(price.compare_at, 1000);
    assert_int_equal(price.list_id, 2);
    assert_int_equal(price.until, NOW + DAY);
    /* a higher list decides also where a lower one is cheaper */
    price = ask(fixture, vip, 11, 1);
    assert_int_equal(price.amount, 850);
    assert_int_equal(price.compare_at, 1200);
    assert_int_equal(ask(fixture, usd, 11, 1).amount, 1111);
    assert_int_equal(ask(fixture, usd, 11, 1).compare_at, 0);
    assert_int_equal(ask(fixture, app, 11, 1).amount, 500);
    market.now = NOW + DAY; /* the sale's last moment is over */
    assert_int_equal(ask(fixture, market, 11, 1).amount, 1000);
    assert_int_equal(ask(fixture, market, 11, 1).until, 0);
    assert_int_equal(ask(fixture, market, 11, 9).amount, 1000);
    assert_int_equal(ask(fixture, market, 11, 10).amount, 900);
    assert_int_equal(ask(fixture, market, 11, 10).min_quantity, 10);
    assert_int_equal(ask(fixture, market, 12, 1).amount, -1);
}

static void test_dates(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    make_variants(fixture);
    put_price(fixture, 11, 1, 1, 1000, 0, 0, 0);
    put_price(fixture, 11, 1, 1, 1100, 0, NOW + DAY, 0);
    put_price(fixture, 11, 1, 1, 1050, 0, NOW - DAY, 0);
    put_price(fixture, 11, 2, 1, 700, 0, NOW + 2 * DAY, NOW + 3 * DAY);
    put_price(fixture, 11, 2, 1, 600, 0, NOW - 3 * DAY, NOW - 2 * DAY);
    assert_int_equal(ask(fixture, market, 11, 1).amount, 1050); /* the latest that has begun */
    assert_int_equal(ask(fixture, market, 11, 1).until, NOW + DAY);
    market.now = NOW + DAY;
    assert_int_equal(ask(fixture, market, 11, 1).amount, 1100);
    assert_int_equal(ask(fixture, market, 11, 1).until, NOW + 2 * DAY);
    market.now = NOW + 2 * DAY;
    assert_int_equal(ask(fixture, market, 11, 1).amount, 700);
    assert_int_equal(ask(fixture, market, 11, 1).until, NOW + 3 * DAY);
    /* a list's own dates bound its rows */
    char sql[120];
    snprintf(sql, sizeof sql, "UPDATE price_list SET from_at = %lld WHERE id = 2",
             (long long)(NOW + 2 * DAY + 5));
    fixture_sql(fixture, sql);
    assert_int_equal(ask(fixture, market, 11, 1).amount, 1100);
    assert_int_equal(ask(fixture, market, 11, 1).until, NOW + 2 * DAY + 5);
}

static void test_product(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    struct price prices[4];
    size_t count;
    make_variants(fixture);
    put_price(fixture, 13, 1, 1, 300, 0, 0, 0);
    put_price(fixture, 11, 1, 1, 100, 0, 0, 0);
    put_price(fixture, 11, 2, 1, 90, 0, 0, 0);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(price_product(conn, &market, 1, prices, 4, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(prices[0].variant_id, 11);
    assert_int_equal(prices[0].amount, 90);
    assert_int_equal(prices[1].amount, -1);
    assert_int_equal(prices[2].amount, 300);
    assert_int_equal(price_product(conn, &market, 1, prices, 1, &count), 0);
    assert_int_equal(count, 1);
    db_read_end(conn);
}

static void test_explain(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    make_variants(fixture);
    put_price(fixture, 11, 1, 1, 1000, 0, 0, 0);
    put_price(fixture, 11, 2, 1, 800, 0, NOW - DAY, NOW + DAY);
    put_price(fixture, 11, 5, 1, 500, 0, 0, 0);
    put_price(fixture, 11, 1, 5, 700, 0, 0, 0);
    struct json *list = json_new(&fixture->arena, JSON_ARRAY);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(price_explain(conn, &fixture->arena, &market, 11, 1, list), 0);
    db_read_end(conn);
    assert_int_equal(list->count, 4);
    const struct json *first = &list->first->value;
    assert_true(json_true(json_at(first, "held")));
    assert_true(souk_str_is(json_text(json_at(first, "list")), "sale"));
    int held = 0, group = 0, quantity = 0;
    json_each(item, list)
    {
        struct souk_str reason = json_text(json_at(&item->value, "reason"));
        held += json_true(json_at(&item->value, "held"));
        group += souk_str_is(reason, "for another customer group");
        quantity += souk_str_is(reason, "for a larger quantity");
    }
    assert_int_equal(held, 1);
    assert_int_equal(group, 1);
    assert_int_equal(quantity, 1);
}

static int note(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    (void)arg;
    return price_note(conn, 11, fixture->now);
}

static int64_t lowest(struct shop_fixture *fixture, int64_t now)
{
    struct market market = market_at("en", now);
    int64_t amount = -5;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(price_lowest(conn, &market, 11, &amount), 0);
    db_read_end(conn);
    return amount;
}

static void note_at(struct shop_fixture *fixture, int64_t at)
{
    fixture->now = at;
    assert_int_equal(fixture_write(fixture, note, NULL), 0);
}

static void test_history(void **state)
{
    struct shop_fixture *fixture = *state;
    make_variants(fixture);
    put_price(fixture, 11, 1, 1, 1000, 0, 0, 0);
    note_at(fixture, NOW);
    note_at(fixture, NOW + DAY); /* nothing new: nothing noted */
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM price_history"), 1);
    assert_int_equal(lowest(fixture, NOW + DAY), 0); /* no reduction */
    fixture_sql(fixture, "UPDATE price SET amount = 800 WHERE list_id = 1");
    note_at(fixture, NOW + 10 * DAY);
    fixture_sql(fixture, "UPDATE price SET amount = 1200 WHERE list_id = 1");
    note_at(fixture, NOW + 12 * DAY);
    assert_int_equal(lowest(fixture, NOW + 13 * DAY), 0); /* it went up */
    /* a sale announced beforehand: known for its days without another write */
    put_price(fixture, 11, 2, 1, 900, 0, NOW + 20 * DAY, NOW + 25 * DAY);
    note_at(fixture, NOW + 15 * DAY);
    assert_int_equal(lowest(fixture, NOW + 16 * DAY), 0);
    assert_int_equal(lowest(fixture, NOW + 21 * DAY), 800); /* two days at 800 were within 30 */
    assert_int_equal(lowest(fixture, NOW + 26 * DAY), 0);
    /* the sale moves to later: those days are out of sight, only 1200 stands before it */
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE price SET from_at = %lld, until_at = %lld WHERE list_id = 2",
             (long long)(NOW + 50 * DAY), (long long)(NOW + 55 * DAY));
    fixture_sql(fixture, sql);
    note_at(fixture, NOW + 16 * DAY);
    assert_int_equal(lowest(fixture, NOW + 21 * DAY), 0);
    assert_int_equal(lowest(fixture, NOW + 51 * DAY), 1200);
}

struct list_save {
    const char *text;
    int64_t id;
};

static int save_list(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct list_save *save = arg;
    return price_list_save(conn, fixture_json(fixture, save->text), &save->id, &fixture->err);
}

static void test_list_documents(void **state)
{
    struct shop_fixture *fixture = *state;
    struct list_save save = {
        "{\"code\":\"trade\",\"name\":\"Trade\",\"currency\":\"EUR\",\"group\":"
        "\"trade\",\"priority\":50,\"until\":\"2027-01-01T00:00:00Z\"}",
        0};
    assert_int_equal(fixture_write(fixture, save_list, &save), 0);
    int64_t id = save.id, found = 0;
    save.text = "{\"code\":\"trade\",\"priority\":60}"; /* the rest stays */
    assert_int_equal(fixture_write(fixture, save_list, &save), 0);
    assert_int_equal(save.id, id);
    assert_int_equal(fixture_int(fixture,
                                 "SELECT count(*) FROM price_list WHERE code = 'trade' AND "
                                 "customer_group = 'trade' AND priority = 60 AND "
                                 "until_at IS NOT NULL AND name = 'Trade'"),
                     1);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(price_list_find(conn, souk_str("sale"), &found), 0);
    assert_int_equal(found, 2);
    assert_int_equal(price_list_find(conn, souk_str("none"), &found), SOUK_NOT_FOUND);
    db_read_end(conn);
    static const char *const bad[] = {
        "{\"name\":\"x\"}",
        "{\"code\":\"x\",\"currency\":\"EURO\"}",
        "{\"code\":\"x\",\"from\":\"soon\"}",
        "{\"code\":\"promotion\",\"priority\":5}",
        "{\"code\":\"promotion:trade:\"}",
        "{\"code\":\"x\",\"priority\":1000000}",
        "{\"code\":\"x\",\"from\":\"2027-01-01\",\"until\":\"2026-01-01\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        save.text = bad[i];
        assert_int_equal(fixture_write(fixture, save_list, &save), SOUK_INVALID);
        assert_true(fixture->err.text[0]);
    }
    /* base, sale, promotion, trade */
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM price_list"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_lists),   SHOP_TEST(test_dates),   SHOP_TEST(test_product),
        SHOP_TEST(test_explain), SHOP_TEST(test_history), SHOP_TEST(test_list_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
