/*
 * Tests of items: what is offered, in which order and pieces, and that the price of each is the
 * one on the page of its product, whatever the market and the moment.
 */
#include "base/str.h"
#include "shop/item.h"
#include "shop/price.h"
#include "shop/promo_shelf.h"
#include "order_fixture.h"
#include "rules_fixture.h"

static const char hoodie[] =
    "{\"key\":\"hoodie\",\"type\":\"variable\",\"status\":\"active\",\"visibility\":\"both\","
    "\"brand\":\"Acme\",\"categories\":[[\"Clothing\",\"Hoodies\"],[\"Sale\"]],"
    "\"tags\":[\"warm\",\"soft\"],\"meta\":{\"mpn\":\"ACM-1\",\"feed\":{\"label\":\"a\"}},"
    "\"text\":{\"en\":{\"name\":\"Hoodie\",\"slug\":\"hoodie\",\"summary\":\"Soft & *thick*.\","
    "\"description\":\"Very <script>x</script> *warm*.\\n\\nTwo\"},\"bg\":{\"name\":\"Суитшърт\"}},"
    "\"attributes\":[{\"name\":\"Material\",\"values\":[\"Cotton\",\"Wool\"]},"
    "{\"name\":\"Secret\",\"values\":[\"x\"],\"visible\":false}],"
    "\"options\":[{\"code\":\"size\",\"name\":\"Size\",\"values\":[\"S\",\"M\"]},"
    "{\"code\":\"color\",\"name\":\"Color\",\"values\":[\"Red\"]}],"
    "\"images\":[{\"source\":\"https://x.example/1.jpg\"},{\"source\":\"https://x.example/2.jpg\"}],"
    "\"variants\":["
    "{\"sku\":\"H-S\",\"options\":{\"size\":\"S\",\"color\":\"Red\"},\"tracked\":true,\"stock\":5,"
    "\"barcode\":\"4006381333931\",\"weight_g\":400,\"cost\":1500,"
    "\"prices\":[{\"list\":\"base\",\"amount\":4000},{\"list\":\"base\",\"amount\":3500,"
    "\"min_quantity\":10},{\"list\":\"trade\",\"amount\":3000},{\"list\":\"usd\",\"amount\":4700}]},"
    "{\"sku\":\"H-M\",\"options\":{\"size\":\"M\",\"color\":\"Red\"},\"tracked\":true,\"stock\":2,"
    "\"low_stock\":3,\"image\":\"https://x.example/2.jpg\",\"meta\":{\"mpn\":\"ACM-2\","
    "\"condition\":\"used\"},"
    "\"prices\":[{\"list\":\"base\",\"amount\":4500},{\"list\":\"sale\",\"amount\":3900,"
    "\"from\":\"2026-11-18T00:00:00Z\",\"until\":\"2027-01-01T00:00:00Z\"}]}]}";

static const char mug[] =
    "{\"key\":\"mug\",\"type\":\"simple\",\"status\":\"active\",\"visibility\":\"both\","
    "\"text\":{\"en\":{\"name\":\"Mug\"}},\"variants\":[{\"sku\":\"MUG\",\"tracked\":false,"
    "\"prices\":[{\"list\":\"base\",\"amount\":900,\"compare_at\":1200}]}]}";

static void add_lists(struct shop_fixture *fixture)
{
    fixture_sql(fixture, "INSERT INTO price_list (id, code, name, customer_group, priority) VALUES "
                         "(1000, 'trade', 'Trade', 'trade', 200)");
    fixture_sql(fixture, "INSERT INTO price_list (id, code, name, currency, priority) VALUES "
                         "(1001, 'usd', 'Dollar', 'USD', 0)");
}

static struct json *walk(struct shop_fixture *fixture, const struct market *market, int limit)
{
    struct json *items = json_new(&fixture->arena, JSON_ARRAY);
    int64_t after = 0;
    for (;;) {
        struct db_conn *conn = db_read_begin(fixture->db, 0);
        uint32_t before = items->count;
        int code = item_walk(conn, &fixture->arena, market, &after, limit, items);
        if (code != SOUK_OK)
            fail_msg("walk: %d %s", code, db_error(conn));
        db_read_end(conn);
        assert_true(items->count - before <= (uint32_t)limit);
        if (items->count == before)
            return items;
    }
}

static const struct json *of_sku(const struct json *items, const char *sku)
{
    json_each(item, items)
    {
        if (souk_str_is(json_text(json_at(&item->value, "sku")), sku))
            return &item->value;
    }
    fail_msg("no item %s", sku);
    return NULL;
}

#define TEXT(object, key)  arena_cstr(&fixture->arena, json_text(json_at((object), (key))))
#define PRINT(object, key) fixture_print(fixture, json_at((object), (key)))

static void test_document(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    add_lists(fixture);
    int64_t id = fixture_save(fixture, hoodie);
    fixture_sql(fixture, "UPDATE image SET state = 'ready', type = 'image/jpeg', width = 10, "
                         "height = 10, widths = '200', hash = substr(source, 19, 1) || "
                         "'0000000000000000000000000000000'");
    const struct json *items = walk(fixture, &market, 100);
    assert_int_equal(items->count, 2);
    const struct json *small = &items->first->value, *medium = &items->last->value;
    assert_int_equal(json_int(json_at(small, "product"), 0), id);
    assert_string_equal(TEXT(small, "key"), "hoodie");
    assert_string_equal(TEXT(small, "group"), "hoodie");
    assert_string_equal(TEXT(small, "name"), "Hoodie, S / Red");
    assert_string_equal(TEXT(small, "title"), "Hoodie");
    assert_string_equal(TEXT(small, "url"), "https://shop.example/p/hoodie?size=s");
    assert_string_equal(TEXT(small, "summary"), "Soft & thick.");
    assert_null(strstr(TEXT(small, "description"), "<"));
    assert_non_null(strstr(TEXT(small, "description"), "warm"));
    assert_non_null(strstr(arena_cstr(&fixture->arena, json_at(small, "description_html")->text),
                           "<em>warm</em>"));
    assert_null(strstr(PRINT(small, "description_html"), "script"));
    assert_string_equal(TEXT(small, "brand"), "Acme");
    assert_string_equal(TEXT(small, "barcode"), "4006381333931");
    assert_string_equal(TEXT(small, "mpn"), "ACM-1");
    assert_string_equal(TEXT(medium, "mpn"), "ACM-2");
    assert_string_equal(TEXT(small, "condition"), "new");
    assert_string_equal(TEXT(medium, "condition"), "used");
    assert_string_equal(PRINT(small, "price"), "{\"amount\":4000,\"currency\":\"EUR\"}");
    assert_string_equal(PRINT(small, "compare_at"), "null");
    assert_string_equal(PRINT(small, "sale_from"), "null");
    assert_string_equal(PRINT(medium, "price"), "{\"amount\":3900,\"currency\":\"EUR\"}");
    assert_string_equal(PRINT(medium, "compare_at"), "{\"amount\":4500,\"currency\":\"EUR\"}");
    assert_non_null(strstr(TEXT(medium, "sale_from"), "2026-11-18T00:00:00"));
    assert_non_null(strstr(TEXT(medium, "sale_until"), "2027-01-01T00:00:00"));
    assert_string_equal(TEXT(small, "availability"), "in_stock");
    assert_string_equal(TEXT(medium, "availability"), "low_stock");
    assert_int_equal(json_int(json_at(small, "stock"), -1), 5);
    assert_string_equal(PRINT(small, "images"),
                        "[\"https://shop.example/media/10000000000000000000000000000000.jpg\","
                        "\"https://shop.example/media/20000000000000000000000000000000.jpg\"]");
    assert_string_equal(PRINT(medium, "images"),
                        "[\"https://shop.example/media/20000000000000000000000000000000.jpg\","
                        "\"https://shop.example/media/10000000000000000000000000000000.jpg\"]");
    assert_string_equal(TEXT(small, "category"), "clothing/hoodies");
    assert_string_equal(PRINT(small, "category_path"), "[\"Clothing\",\"Hoodies\"]");
    assert_string_equal(PRINT(small, "categories"), "[\"clothing/hoodies\",\"sale\"]");
    assert_string_equal(PRINT(small, "options"),
                        "[{\"code\":\"size\",\"name\":\"Size\",\"value\":\"S\"},"
                        "{\"code\":\"color\",\"name\":\"Color\",\"value\":\"Red\"}]");
    assert_string_equal(PRINT(small, "attributes"),
                        "[{\"code\":\"material\",\"name\":\"Material\",\"unit\":\"\",\"values\":"
                        "[\"Cotton\",\"Wool\"]}]");
    assert_int_equal(json_int(json_at(small, "weight_g"), 0), 400);
    assert_string_equal(PRINT(small, "length_mm"), "null");
    assert_int_equal(json_int(json_at(small, "cost"), 0), 1500);
    assert_string_equal(PRINT(medium, "cost"), "null");
    assert_string_equal(PRINT(small, "tags"), "[\"warm\",\"soft\"]");
    assert_string_equal(PRINT(medium, "meta"),
                        "{\"mpn\":\"ACM-2\",\"feed\":{\"label\":\"a\"},\"condition\":\"used\"}");
    assert_true(json_int(json_at(small, "changed_at"), 0) > 0);
}

static void test_texts_fall_back(void **state)
{
    struct shop_fixture *fixture = *state;
    add_lists(fixture);
    fixture_save(fixture, hoodie);
    fixture_save(fixture, mug);
    struct market market = market_at("bg", NOW);
    const struct json *items = walk(fixture, &market, 100);
    assert_string_equal(TEXT(of_sku(items, "H-S"), "title"), "Суитшърт");
    assert_true(
        str_starts(json_text(json_at(of_sku(items, "H-S"), "url")), "https://shop.example/bg/p/"));
    const struct json *cup = of_sku(items, "MUG");
    assert_string_equal(TEXT(cup, "name"), "Mug");
    assert_string_equal(TEXT(cup, "group"), "");
    assert_string_equal(TEXT(cup, "url"), "https://shop.example/bg/p/mug");
    assert_string_equal(TEXT(cup, "category"), "");
    assert_string_equal(PRINT(cup, "category_path"), "[]");
    assert_string_equal(PRINT(cup, "stock"), "null");
    assert_string_equal(PRINT(cup, "compare_at"), "{\"amount\":1200,\"currency\":\"EUR\"}");
    assert_string_equal(PRINT(cup, "sale_until"), "null");
}

/* ---- the price is the page's ---- */

/* What the page says of each variant; SKUs and amounts as one text. */
static void expect_page_prices(struct shop_fixture *fixture, const struct market *market)
{
    const struct json *items = walk(fixture, market, 3);
    size_t shown = 0;
    int64_t ids[32];
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int count = product_walk(conn, 0, 32, ids);
    for (int i = 0; i < count; i++) {
        struct json *view;
        int code =
            product_view(conn, &fixture->arena, market, ids[i], souk_str(""), NULL, &view, NULL);
        if (code == SOUK_NOT_FOUND)
            continue;
        assert_int_equal(code, 0);
        json_each(variant, json_at(view, "variants"))
        {
            if (json_at(&variant->value, "price")->kind != JSON_OBJECT)
                continue;
            const struct json *item = of_sku(items, TEXT(&variant->value, "sku"));
            shown++;
            assert_string_equal(PRINT(item, "price"), PRINT(&variant->value, "price"));
            assert_string_equal(PRINT(item, "compare_at"), PRINT(&variant->value, "compare_at"));
            assert_int_equal(json_true(json_at(item, "available")),
                             json_true(json_at(&variant->value, "available")));
            assert_string_equal(TEXT(item, "url"),
                                arena_printf(&fixture->arena, "https://shop.example%s",
                                             TEXT(&variant->value, "url"))
                                    .ptr);
            struct json *one = NULL;
            assert_int_equal(
                item_of(conn, &fixture->arena, market, json_int(json_at(item, "id"), 0), &one), 0);
            assert_string_equal(fixture_print(fixture, one), fixture_print(fixture, item));
        }
    }
    db_read_end(conn);
    assert_int_equal(shown, items->count);
    assert_true(shown > 0);
}

static void shelve(struct shop_fixture *fixture);

static void test_price_is_the_pages(void **state)
{
    struct shop_fixture *fixture = *state;
    add_lists(fixture);
    fixture_save(fixture, hoodie);
    fixture_save(fixture, mug);
    fixture_save(fixture,
                 "{\"key\":\"tea\",\"status\":\"active\",\"text\":{\"en\":{\"name\":\"Tea\"}},"
                 "\"variants\":[{\"sku\":\"TEA\",\"stock\":0,\"prices\":[{\"list\":\"base\","
                 "\"amount\":600},{\"list\":\"sale\",\"amount\":500,\"from\":"
                 "\"2026-11-20T00:00:00Z\"}]}]}");
    rules_publish(fixture,
                  "[{\"id\": \"ten\", \"kind\": \"catalogue\", \"give\": {\"unit_percent\": "
                  "{\"percent\": 10, \"filter\": {\"skus\": [\"H-S\"]}}}}]");
    for (int shelved = 0; shelved < 2; shelved++) {
        for (int64_t day = 0; day < 60; day += 5) {
            struct market market = market_at("en", NOW + day * CLOCK_DAY);
            expect_page_prices(fixture, &market);
            market.group = souk_str("trade");
            expect_page_prices(fixture, &market);
            market = market_at("bg", NOW + day * CLOCK_DAY);
            market.currency = "USD";
            expect_page_prices(fixture, &market);
        }
        shelve(fixture);
    }
    struct market market = market_at("en", NOW);
    const struct json *small = of_sku(walk(fixture, &market, 100), "H-S");
    assert_string_equal(PRINT(small, "price"), "{\"amount\":3600,\"currency\":\"EUR\"}");
    assert_string_equal(PRINT(small, "compare_at"), "{\"amount\":4000,\"currency\":\"EUR\"}");
    market.currency = "USD";
    assert_int_equal(walk(fixture, &market, 100)->count, 1);
}

static int shelve_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct promo_live *live = promo_live_pin();
    struct arena arena = {0};
    int code = promo_shelf_write(conn, &arena, live->set, fixture->now, arg, &fixture->err);
    arena_free(&arena);
    promo_live_unpin(live);
    return code;
}

static void shelve(struct shop_fixture *fixture)
{
    for (int more = 1; more;)
        if (fixture_write(fixture, shelve_run, &more) != 0)
            fail_msg("shelves: %s", fixture->err.text);
}

/* ---- what is offered, and in which pieces ---- */

static void test_what_is_not_offered(void **state)
{
    struct shop_fixture *fixture = *state;
    static const char *const hidden[] = {
        "{\"key\":\"a\",\"status\":\"draft\",\"text\":{\"en\":{\"name\":\"A\"}},\"variants\":[{\"sku\":"
        "\"A\",\"prices\":[{\"list\":\"base\",\"amount\":1}]}]}",
        "{\"key\":\"b\",\"status\":\"active\",\"visibility\":\"hidden\",\"text\":{\"en\":{\"name\":\"B\"}},"
        "\"variants\":[{\"sku\":\"B\",\"prices\":[{\"list\":\"base\",\"amount\":1}]}]}",
        "{\"key\":\"c\",\"status\":\"active\",\"publish_from\":\"2027-01-01T00:00:00Z\",\"text\":{\"en\":"
        "{\"name\":\"C\"}},\"variants\":[{\"sku\":\"C\",\"prices\":[{\"list\":\"base\",\"amount\":1}]}]}",
        "{\"key\":\"d\",\"status\":\"active\",\"text\":{\"en\":{\"name\":\"D\"}},\"variants\":[{\"sku\":"
        "\"D\",\"prices\":[]}]}",
        "{\"key\":\"e\",\"status\":\"active\",\"text\":{\"en\":{\"name\":\"E\"}},\"variants\":[{\"sku\":"
        "\"E\",\"enabled\":false,\"prices\":[{\"list\":\"base\",\"amount\":1}]}]}",
    };
    struct market market = market_at("en", NOW);
    assert_int_equal(walk(fixture, &market, 10)->count, 0);
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        fixture_save(fixture, hidden[i]);
    assert_int_equal(walk(fixture, &market, 1)->count, 0);
    fixture_save(fixture, mug);
    assert_int_equal(walk(fixture, &market, 1)->count, 1); /* all before it is passed over */
    market.now += 90 * CLOCK_DAY;
    assert_int_equal(walk(fixture, &market, 1)->count, 2);
    struct json *item = NULL;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(item_of(conn, &fixture->arena, &market, 12345, &item), SOUK_NOT_FOUND);
    assert_null(item);
    db_read_end(conn);
    int64_t dear = fixture_int(fixture, "SELECT id FROM variant WHERE sku = 'D'");
    conn = db_read_begin(fixture->db, 0);
    assert_int_equal(item_of(conn, &fixture->arena, &market, dear, &item), SOUK_NOT_FOUND);
    db_read_end(conn);
}

/* When it is time to look again: windows and prices that begin or end, of what is passed over too.
 */
static void test_until(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    struct json *items = json_new(&fixture->arena, JSON_ARRAY);
    int64_t after = 0, until = 0, moment;
    fixture_save(fixture, mug);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(item_walk_until(conn, &fixture->arena, &market, &after, 9, items, &until), 0);
    db_read_end(conn);
    assert_int_equal(until, 0);
    fixture_save(
        fixture,
        "{\"key\":\"soon\",\"status\":\"active\",\"publish_from\":\"2027-01-01T00:00:00Z\","
        "\"publish_until\":\"2027-02-01T00:00:00Z\",\"text\":{\"en\":{\"name\":\"C\"}},"
        "\"variants\":[{\"sku\":\"C\",\"prices\":[{\"list\":\"base\",\"amount\":1}]}]}");
    after = 0;
    conn = db_read_begin(fixture->db, 0);
    assert_int_equal(item_walk_until(conn, &fixture->arena, &market, &after, 9, items, &until), 0);
    db_read_end(conn);
    clock_parse(souk_str("2027-01-01T00:00:00Z"), &moment);
    assert_int_equal(until, moment);
    fixture_save(fixture,
                 "{\"key\":\"later\",\"status\":\"active\",\"text\":{\"en\":{\"name\":\"C\"}},"
                 "\"variants\":[{\"sku\":\"L\",\"prices\":[{\"list\":\"base\",\"amount\":1,"
                 "\"from\":\"2026-12-01T00:00:00Z\"}]}]}");
    after = until = 0;
    conn = db_read_begin(fixture->db, 0);
    assert_int_equal(item_walk_until(conn, &fixture->arena, &market, &after, 9, items, &until), 0);
    db_read_end(conn);
    clock_parse(souk_str("2026-12-01T00:00:00Z"), &moment);
    assert_int_equal(until, moment);
    assert_int_equal(items->count, 3); /* the mug, three times */
}

static void test_categories(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("bg", NOW);
    struct json *list = json_new(&fixture->arena, JSON_ARRAY);
    add_lists(fixture);
    fixture_save(fixture, hoodie);
    fixture_sql(fixture, "UPDATE category SET hidden = 1 WHERE key = 'sale'");
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(item_categories(conn, &fixture->arena, &market, list), 0);
    db_read_end(conn);
    assert_int_equal(list->count, 2);
    const struct json *top = &list->first->value, *below = &list->last->value;
    assert_string_equal(TEXT(top, "key"), "clothing");
    assert_string_equal(TEXT(top, "parent"), "");
    assert_int_equal(json_int(json_at(top, "parent_id"), -1), 0);
    assert_string_equal(TEXT(below, "parent"), "clothing");
    assert_int_equal(json_int(json_at(below, "parent_id"), -1), json_int(json_at(top, "id"), -2));
    assert_string_equal(TEXT(below, "name"), "Hoodies");
    assert_string_equal(TEXT(below, "url"), "https://shop.example/bg/c/hoodies");
    const struct json *items = walk(fixture, &market, 9);
    assert_string_equal(PRINT(&items->first->value, "categories"), "[\"clothing/hoodies\"]");
}

static void add_many(struct shop_fixture *fixture, const char *key, int variants)
{
    struct buf doc = {.arena = &fixture->arena};
    buf_printf(
        &doc,
        "{\"key\":\"%s\",\"type\":\"variable\",\"status\":\"active\",\"text\":{\"en\":{\"name\":"
        "\"%s\"}},\"options\":[{\"name\":\"N\",\"values\":[",
        key, key);
    for (int i = 0; i < variants; i++)
        buf_printf(&doc, "%s\"v%d\"", i ? "," : "", i);
    buf_add_cstr(&doc, "]}],\"variants\":[");
    for (int i = 0; i < variants; i++)
        buf_printf(&doc,
                   "%s{\"sku\":\"%s-%03d\",\"options\":{\"n\":\"v%d\"},\"prices\":[{\"list\":"
                   "\"base\",\"amount\":%d}]}",
                   i ? "," : "", key, i, i, 100 + i);
    buf_add_cstr(&doc, "]}");
    fixture_save(fixture, buf_str(&doc).ptr);
}

/* Every size of piece gives the same list: all of them, once, products together, in their order. */
static void test_pieces(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    static const int limits[] = {1, 2, 3, 5, 7, 12, 13, 14, 500, 9999};
    add_many(fixture, "a", 5);
    fixture_save(fixture, mug);
    add_many(fixture, "b", 7);
    const char *whole = fixture_print(fixture, walk(fixture, &market, 100));
    assert_int_equal(walk(fixture, &market, 100)->count, 13);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        assert_string_equal(fixture_print(fixture, walk(fixture, &market, limits[i])), whole);
    assert_true(strstr(whole, "\"a-004\"") < strstr(whole, "\"MUG\""));
    assert_true(strstr(whole, "\"MUG\"") < strstr(whole, "\"b-000\""));
}

static void test_the_catalogue_moves(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    struct json *items = json_new(&fixture->arena, JSON_ARRAY);
    int64_t after = 0;
    add_many(fixture, "a", 4);
    fixture_save(fixture, mug);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(item_walk(conn, &fixture->arena, &market, &after, 2, items), 0);
    db_read_end(conn);
    int64_t stands = after;
    fixture_sql(fixture, "DELETE FROM variant WHERE sku = 'a-002'");
    conn = db_read_begin(fixture->db, 0);
    assert_int_equal(item_walk(conn, &fixture->arena, &market, &after, 2, items), 0);
    db_read_end(conn);
    assert_int_equal(items->count, 4);
    assert_string_equal(TEXT(&items->last->value, "sku"), "MUG");
    /* the variant that the number names is gone: told, not guessed */
    fixture_sql(fixture, "DELETE FROM variant WHERE sku = 'a-001'");
    after = stands;
    conn = db_read_begin(fixture->db, 0);
    assert_int_equal(item_walk(conn, &fixture->arena, &market, &after, 2, items), SOUK_CONFLICT);
    assert_int_equal(after, stands);
    after = INT64_MIN;
    assert_int_equal(item_walk(conn, &fixture->arena, &market, &after, 2, items), SOUK_INVALID);
    after = INT64_MAX;
    assert_int_equal(item_walk(conn, &fixture->arena, &market, &after, 2, items), 0);
    db_read_end(conn);
    assert_int_equal(items->count, 4);
}

#define BATCH 5000

static void in_batch(struct shop_fixture *fixture, const char *sql, int from)
{
    struct souk_str text =
        arena_printf(&fixture->arena, "%s BETWEEN %d AND %d", sql, from + 1, from + BATCH);
    fixture_sql(fixture, text.ptr);
}

/* Two variants each, ids from 1 on. */
static void add_products(struct shop_fixture *fixture, int count)
{
    for (int from = 0; from < count; from += BATCH) {
        in_batch(fixture,
                 "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
                 "INSERT INTO product (id, key, type, status, visibility, created_at, changed_at) "
                 "SELECT i, 'k' || i, 'simple', 'active', 'both', 1, 1 FROM n WHERE i",
                 from);
        in_batch(fixture,
                 "INSERT INTO product_text (product_id, locale, name, description) SELECT id, "
                 "'en', 'Thing ' || id, 'Some *words* of a description, as they go.' FROM product "
                 "WHERE id",
                 from);
        in_batch(fixture,
                 "INSERT INTO slug (kind, slug, locale, target_id, current) SELECT 'product', key, "
                 "'en', id, 1 FROM product WHERE id",
                 from);
        in_batch(fixture,
                 "INSERT INTO variant (id, product_id, position, sku, value_ids) SELECT id, id, 0, "
                 "'a' || id, '1' FROM product WHERE id",
                 from);
        in_batch(fixture,
                 "INSERT INTO variant (id, product_id, position, sku, value_ids) SELECT id + "
                 "1000000, id, 1, 'b' || id, '2' FROM product WHERE id",
                 from);
        in_batch(fixture,
                 "INSERT INTO price (id, variant_id, list_id, amount) SELECT id, id, 1, id FROM "
                 "variant WHERE product_id",
                 from);
    }
}

/* 100,000 of them: pieces do not grow, and it is a matter of seconds. */
static void test_many(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("bg", NOW);
    struct arena arena = {0};
    int64_t after = 0, count = 0;
    size_t most = 0;
    fixture_save(fixture, mug);
    add_products(fixture, 50000);
    int64_t begun = clock_mono();
    for (uint32_t got = 1; got;) {
        struct json *items = json_new(&arena, JSON_ARRAY);
        struct db_conn *conn = db_read_begin(fixture->db, 0);
        assert_int_equal(item_walk(conn, &arena, &market, &after, 500, items), 0);
        db_read_end(conn);
        count += got = items->count;
        most = arena.total > most ? arena.total : most;
        arena_reset(&arena);
    }
    int64_t spent = clock_mono() - begun;
    arena_free(&arena);
    if (getenv("SOUK_TIMES"))
        print_message("100,001 items in %lld ms, %zu bytes a piece\n", (long long)(spent / 1000),
                      most);
    assert_int_equal(count, 100001);
    assert_true(most < ((size_t)8 << 20));
    assert_true(spent < 60 * CLOCK_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_document),
        SHOP_TEST(test_texts_fall_back),
        RULES_TEST(test_price_is_the_pages),
        SHOP_TEST(test_what_is_not_offered),
        SHOP_TEST(test_until),
        SHOP_TEST(test_categories),
        SHOP_TEST(test_pieces),
        SHOP_TEST(test_the_catalogue_moves),
        SHOP_TEST(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
