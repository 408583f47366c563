/*
 * Categories: paths of names, moving, slugs, rules, removal; attributes as documents.
 */
#include "fixture.h"

struct save {
    const char *text;
    int attribute;
    int64_t id;
    int changed;
};

static int run_save(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct save *save = arg;
    struct json *doc = fixture_json(fixture, save->text);
    fixture->err = (struct err){0};
    return (save->attribute ? attribute_save : category_save)(
        conn, &fixture->arena, doc, fixture->now, &save->id, &save->changed, &fixture->err);
}

static int try_save(struct shop_fixture *fixture, const char *text, struct save *save)
{
    save->text = text;
    return fixture_write(fixture, run_save, save);
}

static int64_t category(struct shop_fixture *fixture, const char *text, int changed)
{
    struct save save = {.changed = -1};
    if (try_save(fixture, text, &save) != 0)
        fail_msg("%s: %s", text, fixture->err.text);
    assert_int_equal(save.changed, changed);
    return save.id;
}

static const char *load(struct shop_fixture *fixture, int64_t id, int attribute)
{
    struct json *doc = NULL;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal((attribute ? attribute_load : category_load)(conn, &fixture->arena, id, &doc),
                     0);
    db_read_end(conn);
    return fixture_print(fixture, doc);
}

static void test_save(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t top =
        category(fixture, "{\"text\": {\"en\": {\"name\": \"Clothing\"}}}", PRODUCT_CREATED);
    int64_t id =
        category(fixture,
                 "{\"parent\": \"clothing\", \"text\": {\"en\": {\"name\": \"T-Shirts\"}, "
                 "\"bg\": {\"name\": \"Тениски\"}}, \"image\": \"https://x.example/c.jpg\"}",
                 PRODUCT_CREATED);
    const char *text = load(fixture, id, 0);
    assert_non_null(strstr(text, "\"key\":\"clothing/t-shirts\",\"parent\":\"clothing\""));
    assert_non_null(strstr(text, "\"slug\":\"teniski\""));
    assert_non_null(strstr(text, "\"image\":\"https://x.example/c.jpg\""));
    assert_int_equal(category(fixture, text, PRODUCT_UNCHANGED), id);
    int64_t version = fixture_int(fixture, "SELECT version FROM catalogue_state");
    category(fixture, "{\"key\": \"clothing/t-shirts\", \"parent\": null}", PRODUCT_UPDATED);
    assert_true(fixture_int(fixture, "SELECT version FROM catalogue_state") > version);
    text = load(fixture, id, 0);
    assert_non_null(strstr(text, "\"key\":\"clothing/t-shirts\",\"position\"")); /* key stays */
    category(fixture, "{\"key\": \"clothing\", \"parent\": \"clothing/t-shirts\"}",
             PRODUCT_UPDATED);
    struct save save = {0};
    assert_int_equal(
        try_save(fixture, "{\"key\": \"clothing/t-shirts\", \"parent\": \"clothing\"}", &save),
        SOUK_CONFLICT);
    assert_int_equal(try_save(fixture, "{\"key\": \"clothing\", \"parent\": \"clothing\"}", &save),
                     SOUK_CONFLICT);
    assert_int_equal(try_save(fixture, "{\"key\": \"clothing\", \"parent\": \"ghost\"}", &save),
                     SOUK_INVALID);
    assert_int_equal(try_save(fixture, "{\"key\": \"new\"}", &save), SOUK_INVALID);
    assert_int_equal(
        try_save(fixture, "{\"key\": \"clothing\", \"version\": 1, \"hidden\": true}", &save),
        SOUK_CONFLICT);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM category"), 2);
    assert_true(top != id);
}

static void test_paths(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_save(fixture, "{\"key\": \"a\", \"text\": {\"en\": {\"name\": \"A\"}}, \"categories\": "
                          "[[\"Home\", \"Tea\"], [\"Home\", \"Coffee\"], [\"home\", \"TEA\"]]}");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM category"), 3);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM product_category"), 2);
    assert_string_equal(fixture_text(fixture,
                                     "SELECT c.key FROM product_category p JOIN category c "
                                     "ON c.id = p.category_id WHERE p.position = 0"),
                        "home/tea");
    fixture_save(fixture, "{\"key\": \"b\", \"text\": {\"en\": {\"name\": \"B\"}}, \"categories\": "
                          "[\"home/coffee\", [\"Garden\", \"Tea\"]]}");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM category"), 5);
    assert_string_equal(fixture_text(fixture, "SELECT slug FROM slug WHERE slug LIKE 'tea-%'"),
                        "tea-2"); /* one address, one page */
}

static int run_remove(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    return category_remove(conn, *(int64_t *)arg, fixture->now, &fixture->err);
}

static void test_remove(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_save(fixture, "{\"key\": \"a\", \"text\": {\"en\": {\"name\": \"A\"}}, \"categories\": "
                          "[[\"One\", \"Two\", \"Three\"], [\"One\", \"Two\"]]}");
    int64_t id = fixture_int(fixture, "SELECT id FROM category WHERE key = 'one/two'");
    assert_int_equal(fixture_write(fixture, run_remove, &id), 0);
    assert_string_equal(fixture_text(fixture,
                                     "SELECT p.key FROM category c JOIN category p ON p.id "
                                     "= c.parent_id WHERE c.key = 'one/two/three'"),
                        "one");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM product"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM product_category"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM slug WHERE slug = 'two'"), 0);
    assert_int_equal(fixture_write(fixture, run_remove, &id), SOUK_NOT_FOUND);
}

static int64_t members(struct shop_fixture *fixture, int by_rule)
{
    return fixture_int(fixture, by_rule
                                    ? "SELECT count(*) FROM product_category WHERE by_rule = 1"
                                    : "SELECT count(*) FROM product_category WHERE by_rule = 0");
}

static void test_rule(void **state)
{
    struct shop_fixture *fixture = *state;
#define ITEM(key, rest)                                                                            \
    "{\"key\": \"" key "\", \"text\": {\"en\": {\"name\": \"" key "\"}}, " rest "}"
    fixture_save(fixture,
                 ITEM("a", "\"brand\": \"ACME\", \"variants\": [{\"prices\": [{\"amount\": "
                           "900}]}]"));
    fixture_save(fixture,
                 ITEM("b", "\"brand\": \"Acme\", \"variants\": [{\"prices\": [{\"amount\": "
                           "1100}]}]"));
    fixture_save(fixture,
                 ITEM("c", "\"brand\": \"Other\", \"variants\": [{\"prices\": [{\"amount\": "
                           "900}]}]"));
#undef ITEM
    int64_t id =
        category(fixture,
                 "{\"key\": \"cheap\", \"text\": {\"en\": {\"name\": \"Cheap\"}}, \"rule\": "
                 "{\"all\": [{\"brand\": \"acme\"}, {\"price_below\": 1000}]}}",
                 PRODUCT_CREATED);
    assert_int_equal(members(fixture, 1), 1);
    const char *text = load(fixture, id, 0);
    assert_non_null(
        strstr(text, "\"rule\":{\"all\":[{\"brand\":\"acme\"},{\"price_below\":1000}]}"));
    category(fixture, text, PRODUCT_UNCHANGED);
    /* a product comes in and goes out with what it is */
    fixture_save(fixture, "{\"key\": \"b\", \"variants\": [{\"sku\": \"b\", \"prices\": "
                          "[{\"amount\": 500}]}]}");
    assert_int_equal(members(fixture, 1), 2);
    fixture_save(fixture, "{\"key\": \"a\", \"brand\": null}");
    assert_int_equal(members(fixture, 1), 1);
    /* chosen by hand is kept apart */
    fixture_save(fixture, "{\"key\": \"b\", \"categories\": [\"cheap\"]}");
    assert_int_equal(members(fixture, 1), 0);
    fixture_save(fixture, "{\"key\": \"b\", \"brand\": null}");
    assert_int_equal(members(fixture, 0), 1);
    /* another rule, all products anew */
    category(fixture, "{\"key\": \"cheap\", \"rule\": {\"all\": [{\"newer_than_days\": 7}]}}",
             PRODUCT_UPDATED);
    assert_int_equal(members(fixture, 1), 2);
    fixture_save(fixture, "{\"key\": \"c\", \"tags\": [\"x\"]}");
    category(fixture, "{\"key\": \"cheap\", \"rule\": {\"all\": [{\"tag\": \"x\"}]}}",
             PRODUCT_UPDATED);
    assert_int_equal(members(fixture, 1), 1);
    category(fixture, "{\"key\": \"cheap\", \"rule\": null}", PRODUCT_UPDATED);
    assert_int_equal(members(fixture, 1), 0);
    assert_int_equal(members(fixture, 0), 1);
    struct save save = {0};
    assert_int_equal(
        try_save(fixture, "{\"key\": \"cheap\", \"rule\": {\"all\": [{\"moon\": 1}]}}", &save),
        SOUK_INVALID);
}

static int run_rules(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    return category_rules_run(conn, fixture->now, arg);
}

static void test_rule_by_value(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_save(fixture, "{\"key\": \"a\", \"text\": {\"en\": {\"name\": \"A\"}}, \"variants\": "
                          "[{\"options\": {\"Color\": \"Dark Red\"}}]}");
    category(fixture,
             "{\"text\": {\"en\": {\"name\": \"Reds\"}}, \"rule\": {\"all\": [{\"attribute\": "
             "\"color\", \"is\": \"Dark red\"}, {\"newer_than_days\": 3}]}}",
             PRODUCT_CREATED);
    assert_int_equal(members(fixture, 1), 1);
    int changed = -1;
    assert_int_equal(fixture_write(fixture, run_rules, &changed), 0);
    assert_int_equal(changed, 0);
    fixture->now += 4 * CLOCK_DAY; /* nobody saves it, but it is new no longer */
    assert_int_equal(fixture_write(fixture, run_rules, &changed), 0);
    assert_int_equal(changed, 1);
    assert_int_equal(members(fixture, 1), 0);
}

static void test_attribute(void **state)
{
    struct shop_fixture *fixture = *state;
    struct save save = {.attribute = 1, .changed = -1};
    const char *doc = "{\"text\": {\"en\": {\"name\": \"Color\"}, \"bg\": {\"name\": \"Цвят\"}}, "
                      "\"type\": \"color\", \"values\": [{\"text\": {\"en\": {\"name\": \"Red\"}}, "
                      "\"color\": \"#f00\"}, {\"code\": \"blue\", \"text\": {\"en\": {\"name\": "
                      "\"Blue\"}}}]}";
    assert_int_equal(try_save(fixture, doc, &save), 0);
    assert_int_equal(save.changed, PRODUCT_CREATED);
    const char *text = load(fixture, save.id, 1);
    assert_non_null(strstr(text,
                           "{\"code\":\"red\",\"color\":\"#f00\",\"position\":0,\"text\":{\"en\":"
                           "{\"name\":\"Red\"}}}"));
    assert_int_equal(try_save(fixture, text, &save), 0);
    assert_int_equal(save.changed, PRODUCT_UNCHANGED);
    fixture_save(fixture, "{\"key\": \"a\", \"text\": {\"en\": {\"name\": \"A\"}}, \"attributes\": "
                          "[{\"name\": \"Цвят\", \"values\": [\"red\", \"Green\"]}]}");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM attribute"), 1);
    assert_int_equal(
        try_save(fixture,
                 "{\"code\": \"color\", \"filterable\": false, \"values\": [{\"code\": "
                 "\"green\", \"text\": {\"en\": {\"name\": \"Green\"}}}]}",
                 &save),
        0);
    assert_int_equal(save.changed, PRODUCT_UPDATED);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM attribute_value WHERE code = 'blue'"), 0);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM attribute_value WHERE code = 'red'"),
        1); /* a product has it */
    assert_int_equal(try_save(fixture, "{\"code\": \"x\", \"type\": \"odd\"}", &save),
                     SOUK_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_save), SHOP_TEST(test_paths),         SHOP_TEST(test_remove),
        SHOP_TEST(test_rule), SHOP_TEST(test_rule_by_value), SHOP_TEST(test_attribute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
