/* Tests of the shelves: the price of a promotion is the same wherever prices are read, over all its
 * time and to the microsecond; rows come and go with rules, products and price lists; and what the
 * shelf says is what the engine reckons. */
#include "base/str.h"
#include "shop/cart.h"
#include "shop/listing.h"
#include "shop/price.h"

#include "order_fixture.h"
#include "rules_fixture.h"

#define HOUR CLOCK_HOUR

static int write_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct promo_live *live = promo_live_pin();
    struct arena arena = {0};
    int code = promo_shelf_write(conn, &arena, live->set, fixture->now, (int *)arg, &fixture->err);
    arena_free(&arena);
    promo_live_unpin(live);
    return code;
}

/* Until nothing is left; how many writes it took. */
static int shelve(struct shop_fixture *fixture)
{
    int more = 1, writes = 0;
    while (more) {
        if (fixture_write(fixture, write_run, &more) != 0)
            fail_msg("shelves: %s", fixture->err.text);
        if (++writes > 2000)
            fail_msg("the shelves never come to an end");
    }
    return writes;
}

static struct price price_at(struct shop_fixture *fixture, const char *sku, int64_t at,
                             int64_t quantity, const char *group)
{
    struct market market = market_at("en", at);
    struct price price = {.amount = -1};
    market.group = souk_str(group);
    int64_t variant = fixture_int(
        fixture, arena_printf(&fixture->arena, "SELECT id FROM variant WHERE sku = '%s'", sku).ptr);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    price_of(conn, &market, variant, quantity, &price);
    db_read_end(conn);
    return price;
}

static int64_t amount_at(struct shop_fixture *fixture, const char *sku, int64_t at)
{
    return price_at(fixture, sku, at, 1, "").amount;
}

static int64_t rows(struct shop_fixture *fixture)
{
    return fixture_int(fixture, "SELECT count(*) FROM price WHERE list_id BETWEEN 3 AND 99");
}

static const char *time_of(struct shop_fixture *fixture, int64_t at)
{
    char text[40];
    return arena_str(&fixture->arena, str_make(text, clock_format(at, 0, text))).ptr;
}

/* {"id", "kind": "catalogue", "from", "to", "give"} with ' for " */
static void publish(struct shop_fixture *fixture, const char *text)
{
    char *copy = arena_printf(&fixture->arena, "%s", text).ptr
                     ? (char *)(uintptr_t)arena_str(&fixture->arena, souk_str(text)).ptr
                     : NULL;
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    rules_publish(fixture, copy);
}

/* ---- one promotion over its time ---- */

static void test_over_its_time(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t from = NOW + HOUR, to = NOW + 3 * HOUR;
    order_fixture_goods(fixture);
    publish(fixture, arena_printf(&fixture->arena,
                                  "[{'id': 'sale', 'kind': 'catalogue', 'from': '%s', 'to': '%s', "
                                  "'give': {'unit_percent': {'percent': 10, 'filter': {'skus': "
                                  "['TEA']}}}}]",
                                  time_of(fixture, from), time_of(fixture, to))
                         .ptr);
    shelve(fixture);
    assert_int_equal(rows(fixture), 1);
    assert_int_equal(amount_at(fixture, "TEA", NOW), 1000);
    assert_int_equal(amount_at(fixture, "TEA", from - 1), 1000);
    struct price price = price_at(fixture, "TEA", from, 1, "");
    assert_int_equal(price.amount, 900);
    assert_int_equal(price.compare_at, 1000);
    assert_int_equal(price.reduced, 1);
    assert_int_equal(price.until, to);
    assert_int_equal(amount_at(fixture, "TEA", to - 1), 900);
    assert_int_equal(amount_at(fixture, "TEA", to), 1000);
    assert_int_equal(amount_at(fixture, "MUG", from), 550);
    /* nothing is written twice */
    int64_t version = fixture_int(fixture, "SELECT version FROM catalogue_state");
    assert_int_equal(shelve(fixture), 1);
    assert_int_equal(fixture_int(fixture, "SELECT version FROM catalogue_state"), version);
    /* the rule goes, its rows go; the history says what was to be shown */
    publish(fixture, "[]");
    shelve(fixture);
    assert_int_equal(rows(fixture), 0);
    assert_int_equal(amount_at(fixture, "TEA", from), 1000);
}

static void test_promotions_that_overlap(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    publish(fixture,
            arena_printf(&fixture->arena,
                         "[{'id': 'ten', 'kind': 'catalogue', 'priority': 2, 'to': '%s', 'give': "
                         "{'unit_percent': {'percent': 10}}}, {'id': 'euro', 'kind': 'catalogue', "
                         "'priority': 1, 'from': '%s', 'give': {'unit_fixed': {'amount': 100}}}]",
                         time_of(fixture, NOW + 2 * HOUR), time_of(fixture, NOW + HOUR))
                .ptr);
    shelve(fixture);
    assert_int_equal(amount_at(fixture, "TEA", NOW), 900);
    assert_int_equal(amount_at(fixture, "TEA", NOW + HOUR), 800);
    assert_int_equal(amount_at(fixture, "TEA", NOW + 2 * HOUR), 900);
    assert_int_equal(price_at(fixture, "TEA", NOW + HOUR, 1, "").compare_at, 1000);
    assert_int_equal(rows(fixture), 6); /* three stretches each of TEA and MUG */
}

/* ---- what prices there are ---- */

static void test_quantities_groups_and_sales(void **state)
{
    struct shop_fixture *fixture = *state;
    struct err err = {0};
    struct json *list =
        fixture_json(fixture, "{\"code\": \"trade\", \"group\": \"trade\", \"priority\": 50}");
    (void)err;
    fixture_sql(fixture, arena_printf(&fixture->arena,
                                      "INSERT INTO price_list (id, code, name, customer_group, "
                                      "priority) VALUES (1000, '%.*s', 'Trade', 'trade', 50)",
                                      SOUK_PRI(json_text(json_at(list, "code"))))
                             .ptr);
    fixture_save(
        fixture,
        "{\"key\": \"TEA\", \"status\": \"active\", \"text\": {\"en\": {\"name\": \"Tea\"}}, "
        "\"variants\": [{\"sku\": \"TEA\", \"stock\": 10, \"prices\": ["
        "{\"list\": \"base\", \"amount\": 1000}, "
        "{\"list\": \"base\", \"amount\": 800, \"min_quantity\": 10}, "
        "{\"list\": \"trade\", \"amount\": 500}]}]}");
    publish(fixture, "[{'id': 'ten', 'kind': 'catalogue', 'give': {'unit_percent': {'percent': 10, "
                     "'filter': {'price_from': 900}}}}]");
    shelve(fixture);
    assert_int_equal(price_at(fixture, "TEA", NOW, 1, "").amount, 900);
    assert_int_equal(price_at(fixture, "TEA", NOW, 10, "").amount, 800); /* below the filter */
    assert_int_equal(price_at(fixture, "TEA", NOW, 10, "").reduced, 0);
    assert_int_equal(price_at(fixture, "TEA", NOW, 1, "trade").amount, 500);
    assert_int_equal(price_at(fixture, "TEA", NOW, 1, "trade").reduced, 0);
    publish(fixture,
            "[{'id': 'ten', 'kind': 'catalogue', 'give': {'unit_percent': {'percent': 10}}}]");
    shelve(fixture);
    assert_int_equal(price_at(fixture, "TEA", NOW, 1, "").amount, 900);
    assert_int_equal(price_at(fixture, "TEA", NOW, 12, "").amount, 720);
    assert_int_equal(price_at(fixture, "TEA", NOW, 1, "trade").amount, 450); /* of their own */
    assert_int_equal(price_at(fixture, "TEA", NOW, 12, "trade").amount, 450);
    assert_int_equal(price_at(fixture, "TEA", NOW, 1, "other").amount, 900);
}

static void test_products_are_followed(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    publish(fixture, "[{'id': 'ten', 'kind': 'catalogue', 'give': {'unit_percent': {'percent': 10, "
                     "'filter': {'products': ['TEA', 'NEW']}}}}]");
    shelve(fixture);
    assert_int_equal(amount_at(fixture, "TEA", NOW), 900);
    order_fixture_product(fixture, "NEW", 2000, 5, 100);
    order_fixture_product(fixture, "TEA", 1200, 10, 100);   /* dearer by now */
    assert_int_equal(amount_at(fixture, "TEA", NOW), 1080); /* in the very write */
    assert_int_equal(amount_at(fixture, "NEW", NOW), 1800);
    int64_t version = fixture_int(fixture, "SELECT version FROM catalogue_state");
    shelve(fixture);
    assert_int_equal(fixture_int(fixture, "SELECT version FROM catalogue_state"), version);
    /* a document of the product neither shows nor loses what the shelves say */
    struct json *doc =
        fixture_load(fixture, fixture_int(fixture, "SELECT id FROM product WHERE key = 'TEA'"));
    assert_null(strstr(fixture_print(fixture, doc), "promotion"));
    fixture_save(fixture, fixture_print(fixture, doc));
    assert_int_equal(amount_at(fixture, "TEA", NOW), 1080);
    assert_int_equal(fixture_try(fixture,
                                 "{\"key\": \"BAD\", \"text\": {\"en\": {\"name\": \"Bad\"}}, "
                                 "\"variants\": [{\"sku\": \"BAD\", \"prices\": [{\"list\": "
                                 "\"promotion\", \"amount\": 1}]}]}"),
                     SOUK_INVALID);
}

static void test_categories_count_from_below(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_sql(
        fixture,
        "INSERT INTO category (id, key, position, changed_at) VALUES (501, 'drinks', 1, 1)");
    fixture_sql(
        fixture,
        "INSERT INTO category (id, key, parent_id, position, changed_at) VALUES (502, 'hot', 501, 1, 1)");
    order_fixture_goods(fixture);
    fixture_sql(fixture, "INSERT INTO product_category (product_id, category_id, position) SELECT "
                         "id, 502, 1 FROM product WHERE key = 'TEA'");
    publish(fixture, "[{'id': 'ten', 'kind': 'catalogue', 'give': {'unit_percent': {'percent': 10, "
                     "'filter': {'categories': ['drinks']}}}}]");
    shelve(fixture);
    assert_int_equal(amount_at(fixture, "TEA", NOW), 900);
    assert_int_equal(amount_at(fixture, "MUG", NOW), 550);
    /* the tree of categories changes, and names no product */
    fixture_sql(fixture, "UPDATE category SET parent_id = NULL WHERE id = 502");
    fixture_sql(fixture, "UPDATE catalogue_state SET version = version + 1");
    assert_true(shelve(fixture) > 1);
    assert_int_equal(amount_at(fixture, "TEA", NOW), 1000);
    /* a product joins a category */
    fixture_sql(fixture, "INSERT INTO product_category (product_id, category_id, position) SELECT "
                         "id, 501, 1 FROM product WHERE key = 'MUG'");
    fixture_sql(fixture, "UPDATE catalogue_state SET version = version + 1");
    fixture_sql(fixture,
                "INSERT INTO catalogue_change (version, product_id) SELECT s.version, p.id "
                "FROM catalogue_state AS s, product AS p WHERE p.key = 'MUG'");
    shelve(fixture);
    assert_int_equal(amount_at(fixture, "MUG", NOW), 495);
}

/* ---- the cart ---- */

static void test_the_cart_has_the_same_price(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:2,MUG:1"};
    struct order_fixture_result result = {0};
    struct order_fixture_run run = {.want = &want, .result = &result};
    order_fixture_goods(fixture);
    publish(fixture,
            "[{'id': 'ten', 'name': 'Ten', 'kind': 'catalogue', 'give': {'unit_percent': "
            "{'percent': 10, 'filter': {'skus': ['TEA']}}}}, {'id': 'all', 'skip_reduced': "
            "true, 'give': {'order_percent': {'percent': 10}}}, {'id': 'staff', 'kind': "
            "'catalogue', 'channels': ['till'], 'give': {'unit_percent': {'percent': "
            "50}}}]");
    shelve(fixture);
    assert_int_equal(amount_at(fixture, "TEA", NOW), 900); /* not for everybody: not on the shelf */
    order_fixture_prepare(fixture, &run);
    const struct quote_line *tea = &run.quote.lines[0], *mug = &run.quote.lines[1];
    assert_int_equal(tea->unit_price, 900);
    assert_int_equal(tea->original_price, 1000);
    assert_int_equal(tea->reduced, 1);
    assert_int_equal(tea->discount, 0); /* reduced lines are left out */
    assert_int_equal(mug->reduced, 0);
    assert_int_equal(mug->discount, 55);
    assert_int_equal(order_fixture_commit(fixture, &run), 0);
    assert_int_equal(fixture_int(fixture, "SELECT unit_price FROM order_line WHERE sku = 'TEA'"),
                     900);
}

/* The promotion ends between the page and the order: the price is another one. */
static void test_the_end_comes_before_the_order(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:1"};
    struct order_fixture_result result = {0};
    struct order_fixture_run run = {.want = &want, .result = &result};
    order_fixture_goods(fixture);
    publish(fixture, arena_printf(&fixture->arena,
                                  "[{'id': 'ten', 'kind': 'catalogue', 'to': '%s', 'give': "
                                  "{'unit_percent': {'percent': 10}}}]",
                                  time_of(fixture, NOW + HOUR))
                         .ptr);
    shelve(fixture);
    order_fixture_prepare(fixture, &run);
    assert_int_equal(run.quote.items, 900);
    fixture->now = NOW + HOUR;
    assert_int_equal(order_fixture_commit(fixture, &run), SOUK_CONFLICT);
    assert_string_equal(result.problem, "price-changed");
}

/* ---- history ---- */

static void test_the_lowest_of_30_days(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t lowest = 0;
    order_fixture_goods(fixture);
    publish(fixture, arena_printf(&fixture->arena,
                                  "[{'id': 'ten', 'kind': 'catalogue', 'from': '%s', 'give': "
                                  "{'unit_percent': {'percent': 10}}}]",
                                  time_of(fixture, NOW + HOUR))
                         .ptr);
    shelve(fixture);
    struct market market = market_at("en", NOW + 2 * HOUR);
    int64_t variant = fixture_int(fixture, "SELECT id FROM variant WHERE sku = 'TEA'");
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(price_lowest(conn, &market, variant, &lowest), 0);
    db_read_end(conn);
    assert_int_equal(lowest, 1000);
}

/* ---- the shelf and the engine ---- */

static uint64_t state_of_chance = 20261122;

static int64_t chance(int64_t below) /* splitmix64 */
{
    uint64_t z = (state_of_chance += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)below);
}

static struct souk_str random_rules(struct shop_fixture *fixture)
{
    struct buf out = {.arena = &fixture->arena};
    int64_t count = 1 + chance(4);
    buf_add_char(&out, '[');
    for (int64_t i = 0; i < count; i++) {
        int64_t from = NOW + (chance(8) - 2) * HOUR;
        buf_printf(&out, "%s{'id': 'r%d', 'kind': 'catalogue', 'priority': %d, ", i ? ", " : "",
                   (int)i, (int)chance(3));
        if (chance(2))
            buf_printf(&out, "'from': '%s', ", time_of(fixture, from));
        if (chance(2))
            buf_printf(&out, "'to': '%s', ", time_of(fixture, from + (1 + chance(4)) * HOUR));
        if (!chance(4))
            buf_add_cstr(&out, "'exclusive': true, ");
        buf_add_cstr(&out, "'give': {");
        if (chance(2))
            buf_printf(&out, "'unit_percent': {'percent': %d", 1 + (int)chance(99));
        else
            buf_printf(&out, "'unit_fixed': {'amount': %d", 1 + (int)chance(900));
        if (chance(2))
            buf_printf(&out, ", 'filter': {'price_from': %d}", (int)chance(900));
        else if (chance(2))
            buf_add_cstr(&out, ", 'filter': {'products': ['P1', 'P2']}");
        buf_add_cstr(&out, "}}}");
    }
    buf_add_char(&out, ']');
    return buf_str(&out);
}

static void random_product(struct shop_fixture *fixture, int n)
{
    struct buf out = {.arena = &fixture->arena};
    buf_printf(&out,
               "{\"key\": \"P%d\", \"status\": \"active\", \"text\": {\"en\": {\"name\": \"P\"}}, "
               "\"variants\": [{\"sku\": \"P%d\", \"stock\": 5, \"prices\": [{\"list\": \"base\", "
               "\"amount\": %d}",
               n, n, 1 + (int)chance(1500));
    if (chance(2))
        buf_printf(&out,
                   ", {\"list\": \"sale\", \"amount\": %d, \"from\": \"%s\", \"until\": "
                   "\"%s\"}",
                   1 + (int)chance(1000), time_of(fixture, NOW + chance(4) * HOUR),
                   time_of(fixture, NOW + (5 + chance(3)) * HOUR));
    if (chance(2))
        buf_printf(&out, ", {\"list\": \"base\", \"min_quantity\": %d, \"amount\": %d}",
                   2 + (int)chance(5), 1 + (int)chance(1000));
    buf_add_cstr(&out, "]}]}");
    buf_add_char(&out, 0);
    fixture_save(fixture, out.ptr);
}

/* What the engine makes of the price that stands in the ordinary lists. */
static int64_t by_engine(struct shop_fixture *fixture, const char *sku, int64_t at,
                         int64_t quantity)
{
    struct market market = market_at("en", at);
    struct price price = {.amount = -1};
    market.bare = 1;
    int64_t variant = fixture_int(
        fixture, arena_printf(&fixture->arena, "SELECT id FROM variant WHERE sku = '%s'", sku).ptr);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(price_of(conn, &market, variant, quantity, &price), 0);
    db_read_end(conn);
    struct quote_line line = {.sku = souk_str(sku),
                              .product = souk_str(sku),
                              .quantity = quantity,
                              .unit_price = price.amount,
                              .original_price = price.amount,
                              .cost = -1};
    struct quote quote = {.at = at, .lines = &line, .count = 1, .include_tax = 1};
    struct promo_facts facts = {.channel = souk_str("web")};
    struct err err = {0};
    struct promo_live *live = promo_live_pin();
    assert_int_equal(promo_apply(&fixture->arena, live->set, &quote, &facts, NULL, 0, &err), 0);
    promo_live_unpin(live);
    return quote.lines[0].unit_price;
}

static void test_the_shelf_says_what_the_engine_reckons(void **state)
{
    struct shop_fixture *fixture = *state;
    const char *wanted = getenv("SHELF_ROUNDS");
    int64_t rounds = wanted ? strtoll(wanted, NULL, 10) : 60;
    for (int64_t round = 0; round < rounds; round++) {
        struct souk_str rules = random_rules(fixture);
        publish(fixture, rules.ptr);
        if (round % 2) /* before the walk, or after it, each in the write that saves it */
            shelve(fixture);
        for (int n = 1; n <= 3; n++)
            random_product(fixture, n);
        shelve(fixture);
        for (int i = 0; i < 60; i++) {
            int64_t at = NOW + chance(10) * HOUR - chance(2), quantity = 1 + chance(8);
            if (at < NOW)
                at = NOW; /* what is over needs no shelf */
            const char *sku = arena_printf(&fixture->arena, "P%d", 1 + (int)chance(3)).ptr;
            int64_t shelf = price_at(fixture, sku, at, quantity, "").amount;
            int64_t engine = by_engine(fixture, sku, at, quantity);
            if (shelf != engine)
                fail_msg("round %lld: %s x %lld at %s: shelf %lld, engine %lld, with %s",
                         (long long)round, sku, (long long)quantity, time_of(fixture, at),
                         (long long)shelf, (long long)engine, rules.ptr);
        }
    }
}

/* ---- many ---- */

static void test_many_variants_in_pieces(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_sql(fixture,
                "INSERT INTO product (id, key, type, status, visibility, created_at, changed_at) "
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                "3000) SELECT 100000 + i, 'p' || i, 'simple', 'active', 'both', 1, 1 FROM n");
    fixture_sql(fixture,
                "INSERT INTO variant (id, product_id, position, sku, value_ids) SELECT id + "
                "100000, id, 0, 's' || id, '' FROM product");
    fixture_sql(fixture, "INSERT INTO price (id, variant_id, list_id, amount) SELECT id + 100000, "
                         "id, 1, 1000 + id % 7 FROM variant");
    publish(fixture, "[{'id': 'ten', 'kind': 'catalogue', 'give': {'unit_percent': {'percent': "
                     "10}}}]");
    int writes = shelve(fixture);
    assert_true(writes > 10);
    assert_int_equal(rows(fixture), 3000);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM price AS p JOIN price AS b ON "
                                          "b.variant_id = p.variant_id AND b.list_id = 1 WHERE "
                                          "p.list_id = 3 AND p.compare_at = b.amount AND p.amount "
                                          "= (b.amount * 90 + 50) / 100"),
                     3000);
    assert_int_equal(shelve(fixture), 1); /* its own writes are not followed */
    /* another rule in the middle of a walk: the walk begins anew and comes to the right end */
    int more;
    publish(fixture, "[{'id': 'half', 'kind': 'catalogue', 'give': {'unit_percent': {'percent': "
                     "50}}}]");
    assert_int_equal(fixture_write(fixture, write_run, &more), 0);
    assert_int_equal(more, 1);
    publish(fixture, "[{'id': 'none', 'kind': 'catalogue', 'give': {'unit_percent': {'percent': "
                     "20, 'filter': {'skus': ['s100001']}}}}]");
    shelve(fixture);
    assert_int_equal(rows(fixture), 1);
    publish(fixture, "[]");
    shelve(fixture);
    assert_int_equal(rows(fixture), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULES_TEST(test_over_its_time),
        RULES_TEST(test_promotions_that_overlap),
        RULES_TEST(test_quantities_groups_and_sales),
        RULES_TEST(test_products_are_followed),
        RULES_TEST(test_categories_count_from_below),
        RULES_TEST(test_the_cart_has_the_same_price),
        RULES_TEST(test_the_end_comes_before_the_order),
        RULES_TEST(test_the_lowest_of_30_days),
        RULES_TEST(test_the_shelf_says_what_the_engine_reckons),
        RULES_TEST(test_many_variants_in_pieces),
    };
    return cmocka_run_group_tests_name("promo_shelf", tests, NULL, NULL);
}
