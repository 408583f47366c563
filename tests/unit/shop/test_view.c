/*
 * What shoppers see: product pages, cards, the tree of categories, in their language and at their
 * moment.
 */
#include "base/str.h"
#include "shop/price.h"
#include "shop/tax.h"
#include "store/table.h"
#include "fixture.h"

static const char hoodie[] =
    "{\"key\":\"hoodie\",\"type\":\"variable\",\"status\":\"active\",\"visibility\":\"both\","
    "\"brand\":\"Acme\",\"tax_class\":\"standard\",\"categories\":[[\"Clothing\",\"Hoodies\"],[\"Sale\"]],"
    "\"text\":{\"en\":{\"name\":\"Hoodie\",\"slug\":\"hoodie\",\"summary\":\"Soft.\",\"description\":"
    "\"# Warm\\n\\nVery <script>x</script> *warm*.\"},\"bg\":{\"name\":\"Суитшърт\",\"slug\":\"suitshart\"}},"
    "\"attributes\":[{\"name\":\"Material\",\"values\":[\"Cotton\",\"Wool\"]}],"
    "\"options\":[{\"code\":\"size\",\"name\":\"Size\",\"values\":[\"S\",\"M\"]},"
    "{\"code\":\"color\",\"name\":\"Color\",\"values\":[\"Red\",\"Blue\"]}],"
    "\"variants\":["
    "{\"sku\":\"H-S-R\",\"options\":{\"size\":\"S\",\"color\":\"Red\"},\"tracked\":true,\"stock\":5,"
    "\"prices\":[{\"list\":\"base\",\"amount\":4000},{\"list\":\"base\",\"amount\":3500,\"min_quantity\":10}]},"
    "{\"sku\":\"H-S-B\",\"options\":{\"size\":\"S\",\"color\":\"Blue\"},\"tracked\":true,\"stock\":0,"
    "\"prices\":[{\"list\":\"base\",\"amount\":4200}]},"
    "{\"sku\":\"H-M-R\",\"options\":{\"size\":\"M\",\"color\":\"Red\"},\"tracked\":true,\"stock\":2,"
    "\"low_stock\":3,\"prices\":[{\"list\":\"base\",\"amount\":4500},"
    "{\"list\":\"sale\",\"amount\":3900,\"until\":\"2027-01-01T00:00:00Z\"}]}]}";

static const char mug[] =
    "{\"key\":\"mug\",\"type\":\"simple\",\"status\":\"active\",\"visibility\":\"both\",\"categories\":"
    "[[\"Kitchen\"]],\"text\":{\"en\":{\"name\":\"Mug\"}},\"variants\":[{\"sku\":\"MUG\",\"tracked\":false,"
    "\"prices\":[{\"list\":\"base\",\"amount\":900}]}],\"links\":{\"related\":[\"hoodie\"],\"bundle\":"
    "[{\"key\":\"hoodie\",\"quantity\":2}]}}";

struct seen {
    struct json *view;
    int64_t until;
    int code;
};

static struct seen look(struct shop_fixture *fixture, struct market market, int64_t id,
                        const char *sku, const char *chosen)
{
    struct seen seen = {NULL, 0, 0};
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    seen.code =
        product_view(conn, &fixture->arena, &market, id, souk_str(sku),
                     chosen ? fixture_json(fixture, chosen) : NULL, &seen.view, &seen.until);
    db_read_end(conn);
    return seen;
}

static const struct json *nth(const struct json *list, int n)
{
    const struct json_item *item = json_first(list);
    while (item && n-- > 0)
        item = item->next;
    return item ? &item->value : NULL;
}

static int64_t amount(const struct json *object, const char *key)
{
    const struct json *money = json_at(object, key);
    return money && money->kind == JSON_OBJECT ? json_int(json_at(money, "amount"), -2) : -1;
}

#define TEXT(object, key) arena_cstr(&fixture->arena, json_text(json_at((object), (key))))

static void test_product(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    int64_t id = fixture_save(fixture, hoodie);
    struct seen seen = look(fixture, market, id, "", NULL);
    assert_int_equal(seen.code, 0);
    struct json *view = seen.view;
    assert_string_equal(TEXT(view, "slug"), "hoodie");
    assert_string_equal(TEXT(view, "url"), "/p/hoodie");
    assert_string_equal(TEXT(json_at(view, "urls"), "bg"), "/bg/p/suitshart");
    assert_string_equal(TEXT(json_at(view, "urls"), "hu"), "/hu/p/hoodie");
    assert_string_equal(TEXT(view, "brand"), "Acme");
    assert_string_equal(TEXT(view, "summary_html"), "<p>Soft.</p>\n");
    assert_null(strstr(TEXT(view, "description_html"), "<script"));
    assert_int_equal(amount(view, "price"), 3900);
    assert_int_equal(amount(view, "price_max"), 4200);
    assert_int_equal(amount(view, "compare_at"), 4500);
    assert_string_equal(TEXT(view, "tax_note"), "none"); /* no rates yet */
    assert_true(json_true(json_at(view, "available")));
    assert_string_equal(TEXT(view, "availability"), "in");
    assert_int_equal(json_at(view, "selected")->kind, JSON_NULL);
    assert_int_equal(json_at(view, "categories")->count, 2);
    assert_string_equal(TEXT(nth(json_at(view, "breadcrumb"), 0), "name"), "Clothing");
    assert_string_equal(TEXT(nth(json_at(view, "breadcrumb"), 1), "name"), "Hoodies");
    assert_int_equal(json_at(view, "variants")->count, 3);
    const struct json *few = nth(json_at(view, "variants"), 2);
    assert_string_equal(TEXT(few, "availability"), "low");
    assert_int_equal(json_int(json_at(few, "stock"), -1), 2);
    assert_int_equal(json_at(nth(json_at(view, "variants"), 0), "stock")->kind, JSON_NULL);
    assert_false(json_true(json_at(nth(json_at(view, "variants"), 1), "available")));
    const struct json *tier = nth(json_at(nth(json_at(view, "variants"), 0), "tiers"), 0);
    assert_int_equal(json_int(json_at(tier, "min_quantity"), 0), 10);
    assert_int_equal(amount(tier, "price"), 3500);
    const struct json *material = nth(json_at(view, "attributes"), 0);
    assert_string_equal(TEXT(material, "name"), "Material");
    assert_int_equal(json_at(material, "values")->count, 2);
    int64_t end;
    assert_int_equal(clock_parse(souk_str("2027-01-01T00:00:00Z"), &end), 0);
    assert_int_equal(seen.until, end);
    /* texts of another language, and where there are none, those of the default one */
    market.locale = market_locale(souk_str("bg"));
    assert_string_equal(TEXT(look(fixture, market, id, "", NULL).view, "name"), "Суитшърт");
    assert_string_equal(TEXT(look(fixture, market, id, "", NULL).view, "url"), "/bg/p/suitshart");
    market.locale = market_locale(souk_str("bn"));
    assert_string_equal(TEXT(look(fixture, market, id, "", NULL).view, "name"), "Hoodie");
}

static void test_choice(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("bg", NOW);
    int64_t id = fixture_save(fixture, hoodie);
    struct json *view = look(fixture, market, id, "", "{\"size\":\"s\"}").view;
    const struct json *sizes = json_at(nth(json_at(view, "options"), 0), "values");
    const struct json *colors = json_at(nth(json_at(view, "options"), 1), "values");
    assert_true(json_true(json_at(nth(sizes, 0), "selected")));
    assert_false(json_true(json_at(nth(sizes, 1), "selected")));
    assert_true(json_true(json_at(nth(sizes, 1), "available"))); /* M in red */
    assert_true(json_true(json_at(nth(colors, 0), "available")));
    assert_false(json_true(json_at(nth(colors, 1), "available"))); /* S in blue is out */
    assert_string_equal(TEXT(nth(colors, 1), "url"), "/bg/p/suitshart?size=s&color=blue");
    assert_string_equal(TEXT(nth(sizes, 1), "url"), "/bg/p/suitshart?size=m");
    assert_int_equal(json_at(view, "selected")->kind, JSON_NULL);
    view = look(fixture, market, id, "", "{\"size\":\"m\",\"color\":\"red\"}").view;
    assert_string_equal(TEXT(json_at(view, "selected"), "sku"), "H-M-R");
    assert_int_equal(amount(json_at(view, "selected"), "price"), 3900);
    colors = json_at(nth(json_at(view, "options"), 1), "values");
    assert_false(json_true(json_at(nth(colors, 1), "available"))); /* M in blue is not made */
    view = look(fixture, market, id, "", "{\"size\":\"m\",\"color\":\"blue\"}").view;
    assert_int_equal(json_at(view, "selected")->kind, JSON_NULL);
    view = look(fixture, market, id, "H-S-B", NULL).view;
    assert_string_equal(TEXT(json_at(view, "selected"), "sku"), "H-S-B");
    sizes = json_at(nth(json_at(view, "options"), 0), "values");
    assert_true(json_true(json_at(nth(sizes, 0), "selected")));
    view = look(fixture, market, id, "NONE", "{\"size\":\"xxl\"}").view;
    assert_int_equal(json_at(view, "selected")->kind, JSON_NULL);
    /* nothing to choose: the one that there is */
    view = look(fixture, market, fixture_save(fixture, mug), "", NULL).view;
    assert_string_equal(TEXT(json_at(view, "selected"), "sku"), "MUG");
    assert_int_equal(json_at(view, "options")->count, 0);
}

static int save_rates(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    int64_t id;
    int change;
    return tax_zone_put(conn, fixture_json(fixture, arg), &id, &change, &fixture->err);
}

static void test_tax_note(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    int64_t id = fixture_save(fixture, hoodie);
    assert_int_equal(fixture_write(fixture, save_rates,
                                   (void *)(uintptr_t) "{\"country\":\"BG\",\"rate\":\"20\"}"),
                     0);
    assert_string_equal(TEXT(look(fixture, market, id, "", NULL).view, "tax_note"), "incl");
    market.country = souk_str("US");
    assert_string_equal(TEXT(look(fixture, market, id, "", NULL).view, "tax_note"), "none");
}

static void test_seen_when(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    int64_t id = fixture_save(fixture, mug);
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE product SET publish_from = %lld, publish_until = %lld",
             (long long)(NOW - 10), (long long)(NOW + 10));
    fixture_sql(fixture, sql);
    struct seen seen = look(fixture, market, id, "", NULL);
    assert_int_equal(seen.code, 0);
    assert_int_equal(seen.until, NOW + 10);
    market.now = NOW + 10;
    assert_int_equal(look(fixture, market, id, "", NULL).code, SOUK_NOT_FOUND);
    market.now = NOW - 11;
    assert_int_equal(look(fixture, market, id, "", NULL).code, SOUK_NOT_FOUND);
    market.now = NOW;
    fixture_sql(fixture, "UPDATE product SET visibility = 'hidden'");
    assert_int_equal(look(fixture, market, id, "", NULL).code, 0); /* by its address */
    struct json *cards = json_new(&fixture->arena, JSON_ARRAY);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(product_cards(conn, &fixture->arena, &market, &id, 1, cards), 0);
    db_read_end(conn);
    assert_int_equal(cards->count, 0);
    fixture_sql(fixture, "UPDATE product SET visibility = 'both', status = 'draft'");
    assert_int_equal(look(fixture, market, id, "", NULL).code, SOUK_NOT_FOUND);
    assert_int_equal(look(fixture, market, 999, "", NULL).code, SOUK_NOT_FOUND);
}

static void test_cards(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    int64_t ids[3], until = 0, end;
    ids[1] = fixture_save(fixture, hoodie);
    ids[0] = fixture_save(fixture, mug);
    ids[2] = 4711; /* is not there */
    struct json *cards = json_new(&fixture->arena, JSON_ARRAY);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(product_cards_until(conn, &fixture->arena, &market, ids, 3, cards, &until), 0);
    db_read_end(conn);
    assert_int_equal(cards->count, 2);
    const struct json *first = nth(cards, 0), *second = nth(cards, 1);
    assert_string_equal(TEXT(first, "slug"), "mug");
    assert_int_equal(amount(first, "price"), 900);
    assert_false(json_true(json_at(first, "price_from")));
    assert_int_equal(json_at(first, "brand")->kind, JSON_NULL);
    assert_int_equal(json_at(first, "image")->kind, JSON_NULL);
    assert_string_equal(TEXT(second, "name"), "Hoodie");
    assert_int_equal(amount(second, "price"), 3900);
    assert_int_equal(amount(second, "compare_at"), 4500);
    assert_true(json_true(json_at(second, "price_from")));
    assert_true(json_true(json_at(second, "available")));
    assert_int_equal(clock_parse(souk_str("2027-01-01T00:00:00Z"), &end), 0);
    assert_int_equal(until, end);
}

/* A page rests on the counters of stock only when it tells how few are left. */
static void test_rests_on_stock(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    const int64_t ids[] = {fixture_save(fixture, hoodie), fixture_save(fixture, mug)};
    for (int i = 0; i < 2; i++) {
        struct db_seen seen;
        struct json *view;
        int rests = 0;
        struct db_conn *conn = db_read_begin(fixture->db, 0);
        assert_int_equal(
            product_view(conn, &fixture->arena, &market, ids[i], souk_str(""), NULL, &view, NULL),
            0);
        db_seen(conn, &seen);
        db_read_end(conn);
        assert_true(seen.count > 5 && seen.count <= DB_SEEN);
        for (uint32_t s = 0; s < seen.count; s++)
            rests |= seen.slots[s] == table_hash("stock") % 65536 ||
                     seen.slots[s] == table_hash("stock");
        assert_int_equal(rests, i == 0);
    }
}

static void test_images_and_links(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("bg", NOW);
    int64_t hood = fixture_save(fixture, hoodie), id = fixture_save(fixture, mug);
    char sql[300];
    fixture_sql(fixture, "INSERT INTO image (id, source, state, hash, type, width, height, widths, "
                         "created_at) VALUES (1, 'a', 'missing', '', '', 0, 0, '', 1), (2, 'b', "
                         "'ready', 'abc', 'image/jpeg', 800, 600, '200,400', 1)");
    snprintf(sql, sizeof sql,
             "INSERT INTO product_image (product_id, position, image_id, alt) VALUES "
             "(%lld, 0, 1, '{}'), (%lld, 1, 2, '{\"en\":\"Front\",\"bg\":\"Отпред\"}')",
             (long long)hood, (long long)hood);
    fixture_sql(fixture, sql);
    struct json *view = look(fixture, market, hood, "", NULL).view;
    assert_int_equal(json_at(view, "images")->count, 1); /* the missing one is left out */
    assert_string_equal(TEXT(nth(json_at(view, "images"), 0), "url"), "/media/abc.jpg");
    assert_string_equal(TEXT(nth(json_at(view, "images"), 0), "alt"), "Отпред");
    struct seen seen = look(fixture, market, id, "", NULL);
    const struct json *links = json_at(seen.view, "links");
    const struct json *card = nth(json_at(links, "related"), 0);
    assert_string_equal(TEXT(card, "slug"), "suitshart");
    assert_string_equal(TEXT(json_at(card, "image"), "alt"), "Отпред");
    assert_int_equal(json_int(json_at(nth(json_at(links, "bundle"), 0), "quantity"), 0), 2);
    assert_true(seen.until > NOW); /* the linked one's sale ends */
}

static void test_categories(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    fixture_save(fixture, hoodie);
    fixture_save(fixture, mug);
    fixture_sql(fixture, "UPDATE category SET hidden = 1 WHERE id IN (SELECT category_id FROM "
                         "category_text WHERE name = 'Kitchen')");
    int64_t id =
        fixture_int(fixture, "SELECT category_id FROM category_text WHERE name = 'Clothing'");
    int64_t below =
        fixture_int(fixture, "SELECT category_id FROM category_text WHERE name = 'Hoodies'");
    struct json *tree = json_new(&fixture->arena, JSON_ARRAY), *flat, *view, *leaf;
    flat = json_new(&fixture->arena, JSON_ARRAY);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(category_tree(conn, &fixture->arena, &market, 0, tree), 0);
    assert_int_equal(category_tree(conn, &fixture->arena, &market, 1, flat), 0);
    assert_int_equal(category_view(conn, &fixture->arena, &market, id, &view), 0);
    assert_int_equal(category_view(conn, &fixture->arena, &market, below, &leaf), 0);
    assert_int_equal(category_view(conn, &fixture->arena, &market, 77, &view), SOUK_NOT_FOUND);
    db_read_end(conn);
    assert_int_equal(tree->count, 2); /* Clothing and Sale */
    const struct json *clothing = nth(tree, 0);
    if (!souk_str_is(json_text(json_at(clothing, "name")), "Clothing"))
        clothing = nth(tree, 1);
    assert_int_equal(json_at(clothing, "children")->count, 1);
    assert_string_equal(TEXT(nth(json_at(clothing, "children"), 0), "name"), "Hoodies");
    assert_int_equal(json_at(nth(flat, 0), "children")->count, 0);
    assert_int_equal(json_at(nth(flat, 1), "children")->count, 0);
    assert_string_equal(TEXT(view, "url"), "/c/clothing");
    assert_int_equal(json_at(view, "children")->count, 1);
    assert_int_equal(json_at(leaf, "breadcrumb")->count, 2);
    assert_string_equal(TEXT(nth(json_at(leaf, "breadcrumb"), 0), "url"), "/c/clothing");
    assert_int_equal(json_at(leaf, "children")->count, 0);
    assert_string_equal(TEXT(leaf, "sort"), "popular");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_product),        SHOP_TEST(test_choice),    SHOP_TEST(test_tax_note),
        SHOP_TEST(test_seen_when),      SHOP_TEST(test_cards),     SHOP_TEST(test_images_and_links),
        SHOP_TEST(test_rests_on_stock), SHOP_TEST(test_categories)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
