/*
 * Products as documents: what goes in comes out, what is the same writes nothing, what is wrong is
 * refused with its place and changes nothing.
 */
#include <time.h>
#include "fixture.h"

#define HOODIE                                                                                      \
    "{\"key\": \"hoodie\", \"status\": \"active\", \"featured\": true, \"brand\": \"Acme\","        \
    " \"publish_from\": \"2026-01-01T00:00:00Z\", \"categories\": [[\"Clothing\", \"Hoodies\"]],"   \
    " \"tags\": [\"warm\", \"new\"],"                                                               \
    " \"text\": {\"en\": {\"name\": \"Hoodie\", \"summary\": \"Warm\"},"                            \
    "            \"bg\": {\"name\": \"Суитшърт\"}},"                                        \
    " \"attributes\": [{\"name\": \"Material\", \"values\": [\"Cotton\", \"Wool\"]},"               \
    "                  {\"name\": \"Care\", \"text\": \"Wash cold\", \"visible\": false}],"         \
    " \"options\": [{\"name\": \"Size\", \"values\": [\"S\", \"M\"]},"                              \
    "               {\"name\": \"Color\", \"values\": [\"Red\", \"Blue\"]}],"                       \
    " \"variants\": ["                                                                              \
    "  {\"sku\": \"H-S-R\", \"options\": {\"Size\": \"S\", \"Color\": \"Red\"}, \"stock\": 3,"      \
    "   \"weight_g\": 400, \"prices\": [{\"amount\": 4500}, {\"list\": \"sale\", \"amount\": 4000," \
    "   \"from\": \"2026-11-01\", \"until\": \"2026-12-01\"}]},"                                    \
    "  {\"sku\": \"H-M-R\", \"options\": {\"size\": \"m\", \"color\": \"red\"}, \"stock\": 0,"      \
    "   \"prices\": [{\"amount\": 4700}]},"                                                         \
    "  {\"options\": {\"size\": \"M\", \"color\": \"Blue\"}, \"prices\": [{\"amount\": 4700}]}],"   \
    " \"images\": [{\"source\": \"https://x.example/1.jpg\", \"alt\": {\"en\": \"Front\"}}],"       \
    " \"meta\": {\"vendor\": 7}}"

static int64_t rows(struct shop_fixture *fixture, const char *table)
{
    struct buf sql = {.arena = &fixture->arena};
    buf_printf(&sql, "SELECT count(*) FROM %s", table);
    return fixture_int(fixture, sql.ptr);
}

static void refused(struct shop_fixture *fixture, const char *text, int code, const char *pointer)
{
    int64_t changes = rows(fixture, "change_log"), terms = rows(fixture, "attribute_value");
    int got = fixture_try(fixture, text);
    if (got != code || strcmp(fixture->result.pointer, pointer) != 0)
        fail_msg("%s: %d at '%s' (%s)", text, got, fixture->result.pointer, fixture->err.text);
    assert_true(strlen(fixture->err.text) > 10);
    assert_int_equal(rows(fixture, "change_log"), changes);
    assert_int_equal(rows(fixture, "attribute_value"), terms);
}

static void test_simple(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t id = fixture_save(fixture, "{\"text\": {\"en\": {\"name\": \"Green tea\"}}}");
    assert_int_equal(fixture->result.change, PRODUCT_CREATED);
    assert_int_equal(fixture->result.created, 1);
    assert_string_equal(
        fixture_print(fixture, fixture_load(fixture, id)),
        arena_printf(&fixture->arena,
                     "{\"id\":%lld,\"version\":1,\"key\":\"green-tea\",\"type\":"
                     "\"simple\",\"status\":\"active\",\"visibility\":\"both\","
                     "\"featured\":false,\"tax_class\":\"standard\",\"text\":{\"en\":"
                     "{\"name\":\"Green tea\",\"slug\":\"green-tea\"}},\"variants\":"
                     "[{\"sku\":\"green-tea\",\"enabled\":true,\"tracked\":true,"
                     "\"backorder\":\"no\"}]}",
                     (long long)id)
            .ptr);
    fixture_save(fixture, "{\"text\": {\"en\": {\"name\": \"Green tea\"}}}"); /* another one */
    assert_int_equal(fixture->result.change, PRODUCT_CREATED);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM variant WHERE sku = 'green-tea-2'"),
                     1);
}

static void test_round(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t id = fixture_save(fixture, HOODIE);
    assert_int_equal(fixture->result.created, 3);
    struct json *doc = fixture_load(fixture, id);
    const char *first = fixture_print(fixture, doc);
    assert_non_null(strstr(first, "\"categories\":[\"clothing/hoodies\"]"));
    assert_non_null(strstr(first, "\"options\":{\"size\":\"M\",\"color\":\"Red\"}"));
    assert_non_null(strstr(first, "\"sku\":\"hoodie-m-blue\""));
    assert_non_null(strstr(first, "\"from\":\"2026-11-01T00:00:00Z\""));
    assert_non_null(strstr(first, "\"text\":\"Wash cold\",\"visible\":false"));
    assert_non_null(strstr(first, "\"slug\":\"suitshart\""));
    assert_non_null(strstr(first, "\"meta\":{\"vendor\":7}"));
    assert_non_null(strstr(first, "\"type\":\"variable\""));
    int64_t changes = rows(fixture, "change_log");
    fixture_save(fixture, first); /* its own export */
    assert_int_equal(fixture->result.change, PRODUCT_UNCHANGED);
    assert_int_equal(fixture->result.unchanged, 3);
    fixture_save(fixture, HOODIE); /* and the same document again */
    assert_int_equal(fixture->result.change, PRODUCT_UNCHANGED);
    assert_int_equal(rows(fixture, "change_log"), changes);
    assert_string_equal(fixture_print(fixture, fixture_load(fixture, id)), first);
}

static void test_patch(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t id = fixture_save(fixture, HOODIE);
    int64_t version = fixture_int(fixture, "SELECT version FROM catalogue_state");
    fixture_save(fixture, "{\"key\": \"hoodie\", \"brand\": null, \"publish_from\": null, "
                          "\"text\": {\"en\": {\"summary\": null, \"name\": \"Warm hoodie\"}, "
                          "\"bg\": null}, \"tags\": [\"new\"]}");
    assert_int_equal(fixture->result.change, PRODUCT_UPDATED);
    assert_int_equal(fixture->result.unchanged, 0); /* it names none of them */
    assert_int_equal(fixture_int(fixture, "SELECT version FROM catalogue_state"), version + 1);
    assert_int_equal(fixture_int(fixture, "SELECT version FROM product"), 2);
    const char *text = fixture_print(fixture, fixture_load(fixture, id));
    assert_null(strstr(text, "brand"));
    assert_null(strstr(text, "publish_from"));
    assert_null(strstr(text, "summary"));
    assert_null(strstr(text, "\"bg\""));
    assert_non_null(strstr(text, "\"tags\":[\"new\"]"));
    assert_non_null(strstr(text, "\"slug\":\"hoodie\"")); /* the name moved, the address stays */
    fixture_save(fixture, "{\"key\": \"hoodie\", \"text\": {\"en\": {\"slug\": \"warm-hoodie\"}}}");
    assert_string_equal(fixture_text(fixture, "SELECT slug FROM slug WHERE kind = 'product' AND "
                                              "locale = 'en' AND current = 0"),
                        "hoodie");
    fixture_save(fixture, "{\"key\": \"hoodie\", \"version\": 3, \"featured\": false}");
    refused(fixture, "{\"key\": \"hoodie\", \"version\": 3, \"featured\": true}", SOUK_CONFLICT,
            "/version");
}

static void test_variants(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t id = fixture_save(fixture, HOODIE);
    int64_t first = fixture_int(fixture, "SELECT id FROM variant WHERE sku = 'H-S-R'");
    /* by SKU alone, found without a key; the others stay */
    assert_int_equal(fixture_save(fixture,
                                  "{\"variants_mode\": \"merge\", \"variants\": [{\"sku\": "
                                  "\"H-M-R\", \"stock\": 9}]}"),
                     id);
    assert_int_equal(fixture->result.updated, 1);
    assert_int_equal(fixture_int(fixture, "SELECT on_hand FROM stock s JOIN variant v ON v.id = "
                                          "s.variant_id WHERE v.sku = 'H-M-R'"),
                     9);
    assert_int_equal(rows(fixture, "variant"), 3);
    /* by options: its SKU changes, a value that no option lists is added, the rest goes */
    fixture_save(fixture,
                 "{\"key\": \"hoodie\", \"variants\": ["
                 "{\"sku\": \"NEW\", \"options\": {\"size\": \"S\", \"color\": \"RED\"}},"
                 "{\"sku\": \"XL\", \"options\": {\"size\": \"XL\", \"color\": \"Red\"}}]}");
    assert_int_equal(fixture->result.created, 1);
    assert_int_equal(fixture->result.updated, 1);
    assert_int_equal(rows(fixture, "variant"), 2);
    assert_int_equal(fixture_int(fixture, "SELECT id FROM variant WHERE sku = 'NEW'"), first);
    assert_int_equal(rows(fixture, "product_option_value"), 5);
    assert_int_equal(rows(fixture, "variant_value"), 4);
    assert_int_equal(fixture_int(fixture,
                                 "SELECT count(*) FROM variant WHERE value_ids LIKE '#%' OR "
                                 "sku LIKE '#%'"),
                     0);
    /* two exchange their SKUs */
    fixture_save(fixture, "{\"key\": \"hoodie\", \"variants\": ["
                          "{\"sku\": \"NEW\", \"options\": {\"size\": \"XL\"}},"
                          "{\"sku\": \"XL\", \"options\": {\"size\": \"S\"}}]}");
    assert_int_equal(fixture_int(fixture, "SELECT id FROM variant WHERE sku = 'NEW'"), first);
    const char *text = fixture_print(fixture, fixture_load(fixture, id));
    assert_non_null(strstr(text, "\"sku\":\"NEW\",\"enabled\":true,\"options\":{\"size\":\"XL\""));
    /* options in another order: values follow */
    fixture_save(fixture, "{\"key\": \"hoodie\", \"options\": [{\"code\": \"color\", \"values\": "
                          "[\"Red\"]}, {\"code\": \"size\", \"values\": [\"S\", \"XL\"]}]}");
    text = fixture_print(fixture, fixture_load(fixture, id));
    assert_non_null(strstr(text, "\"options\":{\"color\":\"Red\",\"size\":\"XL\"}"));
}

static void test_translations(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_save(
        fixture,
        "{\"key\": \"a\", \"text\": {\"en\": {\"name\": \"A\"}}, \"attributes\": [{\"name\": "
        "{\"en\": \"Fabric\", \"bg\": \"Плат\"}, \"values\": [{\"name\": {\"en\": \"Silk\", "
        "\"bg\": \"Коприна\"}, \"code\": \"silk\", \"color\": \"#fff\"}]}]}");
    fixture_save(fixture, "{\"key\": \"b\", \"text\": {\"en\": {\"name\": \"B\"}}, \"attributes\": "
                          "[{\"name\": \"Плат\", \"values\": [\"Коприна\", \"SILK\"]}]}");
    assert_int_equal(rows(fixture, "attribute"), 1);
    assert_int_equal(rows(fixture, "attribute_value"), 1);
    assert_int_equal(rows(fixture, "product_attribute"), 2); /* one each */
}

static void test_values_apart(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_save(
        fixture,
        "{\"key\": \"a\", \"text\": {\"en\": {\"name\": \"A\"}}, \"attributes\": [{\"name\": "
        "\"Class\", \"values\": [\"A\", \"A+\", \"A++\", \"a\", \"★\", "
        "\"★★\", \"5\", \"-5\", "
        "\"a very long value that goes on and on for more than eighty characters, so that "
        "its end decides: one\", "
        "\"a very long value that goes on and on for more than eighty characters, so that "
        "its end decides: two\"]}]}");
    assert_int_equal(rows(fixture, "attribute_value"), 9);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM attribute_value WHERE code = 'a-plus-plus'"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT max(length(code)) FROM attribute_value"), 60);
}

static void test_options_shrink(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_save(fixture, HOODIE);
    /* values that variants still have stay in the list, whatever the document says */
    fixture_save(fixture, "{\"key\": \"hoodie\", \"options\": [{\"code\": \"size\", \"values\": "
                          "[\"L\"]}, {\"code\": \"color\", \"values\": [\"Red\"]}]}");
    assert_int_equal(rows(fixture, "product_option_value"), 5); /* L S M, Red Blue */
    assert_int_equal(rows(fixture, "variant"), 3);
}

static void test_refused(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_save(fixture, HOODIE);
#define ONE(member) "{\"key\": \"x\", \"text\": {\"en\": {\"name\": \"X\"}}, " member "}"
    refused(fixture, "{\"key\": \"x\"}", SOUK_INVALID, "/text");
    refused(fixture, "{\"variants\": [{\"sku\": \"nobody\"}]}", SOUK_NOT_FOUND, "/key");
    refused(fixture, "{\"key\": \"x\", \"text\": {\"en\": {\"name\": \" \"}}}", SOUK_INVALID,
            "/text/en/name");
    refused(fixture, "{\"key\": \"hoodie\", \"text\": {\"en\": null, \"bg\": null}}", SOUK_INVALID,
            "/text");
    refused(fixture, ONE("\"type\": \"thing\""), SOUK_INVALID, "/type");
    refused(fixture, ONE("\"status\": \"on\""), SOUK_INVALID, "/status");
    refused(fixture, ONE("\"tax_class\": \"luxury\""), SOUK_INVALID, "/tax_class");
    refused(fixture, ONE("\"categories\": [\"none\"]"), SOUK_INVALID, "/categories/0");
    refused(fixture, ONE("\"publish_from\": \"2026-02-01\", \"publish_until\": \"2026-01-01\""),
            SOUK_INVALID, "/publish_until");
    refused(fixture, ONE("\"publish_from\": \"soon\""), SOUK_INVALID, "/publish_from");
    refused(fixture, ONE("\"variants\": [{\"sku\": \"a\", \"prices\": [{\"amount\": -1}]}]"),
            SOUK_INVALID, "/variants/0/prices/0/amount");
    refused(fixture, ONE("\"variants\": [{\"prices\": [{\"amount\": 1, \"list\": \"vip\"}]}]"),
            SOUK_INVALID, "/variants/0/prices/0/list");
    refused(fixture, ONE("\"variants\": [{\"prices\": [{\"amount\": 1}, {\"amount\": 2}]}]"),
            SOUK_INVALID, "/variants/0/prices/1");
    refused(fixture, ONE("\"variants\": [{\"sku\": \"a\"}, {\"sku\": \"b\"}]"), SOUK_INVALID,
            "/variants/1/options");
    refused(fixture, ONE("\"variants\": [{\"sku\": \"a\"}, {\"sku\": \"a\"}]"), SOUK_INVALID,
            "/variants/1/sku");
    refused(fixture, ONE("\"variants\": [{\"sku\": \"H-S-R\"}]"), SOUK_CONFLICT, "/variants/0/sku");
    assert_non_null(strstr(fixture->err.text, "hoodie"));
    refused(fixture,
            ONE("\"options\": [{\"name\": \"Fit\", \"values\": [\"Slim\"]}], \"variants\": [{}]"),
            SOUK_INVALID, "/variants/0/options");
    refused(fixture,
            ONE("\"options\": [{\"name\": \"Fit\", \"values\": [\"Slim\"]}], \"variants\": "
                "[{\"options\": {\"fit\": \"Slim\"}}, {\"options\": {\"fit\": \"slim\"}}]"),
            SOUK_INVALID, "/variants/1/options");
    refused(fixture, ONE("\"variants\": [{\"sku\": \"a\", \"stock\": \"many\"}]"), SOUK_INVALID,
            "/variants/0/stock");
    refused(fixture, ONE("\"links\": {\"friend\": [\"hoodie\"]}"), SOUK_INVALID, "/links");
    refused(fixture, ONE("\"id\": 12345"), SOUK_NOT_FOUND, "/id");
    refused(fixture, "{\"key\": \"hoodie\", \"options\": [{\"name\": \"Fit\"}]}", SOUK_INVALID,
            "/options");
#undef ONE
}

static void test_links(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_save(fixture, HOODIE);
    int64_t id = fixture_save(
        fixture,
        "{\"key\": \"set\", \"type\": \"bundle\", \"text\": {\"en\": {\"name\": \"Set\"}}, "
        "\"links\": {\"related\": [\"hoodie\", \"ghost\"], \"bundle\": [{\"sku\": \"H-M-R\", "
        "\"quantity\": 2}, {\"key\": \"hoodie\"}]}}");
    assert_int_equal(fixture->result.created, 0); /* a bundle has no variant of its own */
    assert_int_equal(fixture->result.links_missing, 1);
    const char *text = fixture_print(fixture, fixture_load(fixture, id));
    assert_non_null(strstr(text,
                           "\"links\":{\"related\":[\"hoodie\"],\"bundle\":[{\"sku\":\"H-M-R\","
                           "\"quantity\":2},{\"key\":\"hoodie\",\"quantity\":1}]}"));
    fixture_save(fixture, text);
    assert_int_equal(fixture->result.change, PRODUCT_UNCHANGED);
    fixture_save(fixture, "{\"key\": \"set\", \"links\": {\"related\": null}}");
    assert_int_equal(rows(fixture, "product_link"), 2);
}

static void test_prices(void **state)
{
    struct shop_fixture *fixture = *state;
    fixture_save(fixture, "{\"key\": \"a\", \"text\": {\"en\": {\"name\": \"A\"}}, \"variants\": "
                          "[{\"sku\": \"a\", \"prices\": [{\"amount\": 500}, {\"amount\": 450, "
                          "\"min_quantity\": 10}]}]}");
    int64_t base = fixture_int(fixture, "SELECT id FROM price WHERE min_quantity = 1");
    assert_int_equal(rows(fixture, "price_history"), 1);
    fixture->now += CLOCK_DAY;
    fixture_save(fixture, "{\"key\": \"a\", \"variants\": [{\"sku\": \"a\", \"prices\": "
                          "[{\"amount\": 600, \"compare_at\": 700}]}]}");
    assert_int_equal(rows(fixture, "price"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT id FROM price"), base); /* the row is the same */
    assert_int_equal(fixture_int(fixture, "SELECT amount FROM price"), 600);
    assert_int_equal(rows(fixture, "price_history"), 2);
}

static int run_archive(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    return product_archive(conn, fixture->result.id, arg != NULL, fixture->now, &fixture->err);
}

static void test_archive(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t ids[4], id = fixture_save(fixture, HOODIE);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(product_walk(conn, 0, 4, ids), 1);
    assert_int_equal(ids[0], id);
    assert_int_equal(product_walk(conn, id, 4, ids), 0);
    db_read_end(conn);
    assert_int_equal(fixture_write(fixture, run_archive, NULL), 0);
    assert_string_equal(fixture_text(fixture, "SELECT status FROM product"), "archived");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM search_document"), 0);
    assert_int_equal(fixture_write(fixture, run_archive, fixture), 0);
    assert_int_equal(rows(fixture, "product") + rows(fixture, "variant") + rows(fixture, "stock"),
                     0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM slug WHERE kind = 'product'"), 0);
    assert_int_equal(fixture_write(fixture, run_archive, NULL), SOUK_NOT_FOUND);
}

static void test_many_variants(void **state)
{
    struct shop_fixture *fixture = *state;
    struct buf doc = {.arena = &fixture->arena};
    buf_add_cstr(&doc,
                 "{\"key\": \"grid\", \"text\": {\"en\": {\"name\": \"Grid\"}}, \"variants\": [");
    for (int i = 0; i < 2000; i++)
        buf_printf(&doc,
                   "%s{\"options\": {\"Row\": \"r%d\", \"Column\": \"c%d\"}, \"prices\": "
                   "[{\"amount\": %d}]}",
                   i ? ", " : "", i / 50, i % 50, 100 + i);
    buf_add_cstr(&doc, "]}");
    fixture_save(fixture, doc.ptr);
    assert_int_equal(fixture->result.created, 2000);
    assert_int_equal(rows(fixture, "variant_value"), 4000);
    assert_int_equal(rows(fixture, "product_option_value"), 90);
    fixture_save(fixture, doc.ptr);
    assert_int_equal(fixture->result.unchanged, 2000);
    doc.len -= 2;
    buf_add_cstr(&doc, ", {\"options\": {\"Row\": \"r99\", \"Column\": \"c1\"}}]}");
    assert_int_equal(fixture_try(fixture, doc.ptr), SOUK_INVALID);
    assert_string_equal(fixture->result.pointer, "/variants");
}

/* The n-th value of a tree, in order; n is counted down. */
static struct json *nth(struct json *tree, int *n)
{
    if ((*n)-- == 0)
        return tree;
    json_each(item, tree)
    {
        struct json *found = nth((struct json *)(uintptr_t)&item->value, n);
        if (found)
            return found;
    }
    return NULL;
}

/* Saves and keeps what was written even when it was refused. */
static int run_kept(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct arena arena = {0};
    fixture->err = (struct err){0};
    int code =
        product_save(conn, &arena, arg, "test", fixture->now, &fixture->result, &fixture->err);
    fixture->err.code = code;
    arena_free(&arena);
    return 0;
}

static int64_t everything(struct shop_fixture *fixture)
{
    return fixture_int(
        fixture, "SELECT (SELECT count(*) FROM change_log) + (SELECT count(*) FROM attribute) + "
                 "(SELECT count(*) FROM attribute_value) + (SELECT count(*) FROM category) + "
                 "(SELECT count(*) FROM product) + (SELECT count(*) FROM product_text) + "
                 "(SELECT count(*) FROM variant) + (SELECT count(*) FROM brand) + "
                 "(SELECT count(*) FROM image) + (SELECT count(*) FROM price) + "
                 "(SELECT count(*) FROM stock_move) + (SELECT count(*) FROM slug)");
}

/* Every value of a document in turn becomes one of another kind: it is taken or refused with words,
 * never half written. */
static void test_any_kind(void **state)
{
    struct shop_fixture *fixture = *state;
    static const char *const others[] = {"null", "true",       "-1",     "9223372036854775807",
                                         "\"\"", "\"é x/y\"",  "[]",     "[[], 1]",
                                         "{}",   "{\"a\": 1}", "[\"b\"]"};
    int refusals = 0;
    fixture_save(fixture, HOODIE);
    for (int at = 0; at < 400; at++) {
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            int n = at;
            struct json *doc = fixture_json(fixture, HOODIE);
            struct json *place = nth(doc, &n);
            if (!place) {
                if (at < 70 || refusals < 200)
                    fail_msg("%d places, %d refusals", at, refusals);
                return;
            }
            *place = *fixture_json(fixture, others[i]);
            int64_t before = everything(fixture);
            assert_int_equal(fixture_write(fixture, run_kept, doc), 0);
            int code = fixture->err.code;
            if (code == SOUK_INVALID || code == SOUK_CONFLICT || code == SOUK_NOT_FOUND) {
                refusals++;
                assert_true(fixture->err.text[0] != '\0');
                assert_int_equal(everything(fixture), before);
            } else if (code != 0) {
                fail_msg("%d %s: %s", code, fixture->err.text, fixture_print(fixture, doc));
            } else {
                fixture_save(fixture, fixture_print(fixture, doc));
                if (fixture->result.change != PRODUCT_UNCHANGED && json_at(doc, "key"))
                    fail_msg("differs again: %s", fixture_print(fixture, doc));
            }
        }
    }
    fail();
}

/* ---- not a test: SOUK_MEASURE=20000 prints what a save costs ---- */

struct measure {
    int64_t first, count;
    const char *price;
    int change;
};

static int run_measure(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct measure *measure = arg;
    struct arena arena = {0};
    int code = 0;
    for (int64_t i = measure->first; i < measure->first + measure->count && code == 0; i++) {
        struct product_result result;
        struct json *doc = NULL;
        struct souk_str text = arena_printf(
            &arena,
            "{\"key\": \"item-%lld\", \"brand\": \"Brand %lld\", \"categories\": "
            "[[\"Goods\", \"Shelf %lld\"]], \"tags\": [\"t%lld\"], \"text\": {\"en\": {\"name\": "
            "\"Item number %lld of the shop\", \"description\": \"A plain thing that is good "
            "for many uses, in colour %lld.\"}}, \"attributes\": [{\"name\": \"Color\", "
            "\"values\": [\"Color %lld\"]}], \"variants\": [{\"sku\": \"SKU-%lld\", \"stock\": "
            "%lld, \"weight_g\": 100, \"prices\": [{\"amount\": %s}]}], \"images\": "
            "[{\"source\": \"https://x.example/%lld.jpg\"}]}",
            (long long)i, (long long)i % 50, (long long)i % 40, (long long)i % 9, (long long)i,
            (long long)i % 12, (long long)i % 12, (long long)i, (long long)i % 30, measure->price,
            (long long)i);
        code = json_parse(&arena, text, &doc, NULL);
        if (code == 0)
            code = product_save(conn, &arena, doc, "import", fixture->now, &result, NULL);
        if (code == 0 && result.change != measure->change)
            code = SOUK_ERROR;
        arena_reset(&arena);
    }
    arena_free(&arena);
    return code;
}

/* Of the process, so that a busy machine does not count. */
static int64_t measure_cpu(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * CLOCK_SECOND + time.tv_nsec / 1000;
}

static void measure_saves(void **state)
{
    static const char *const names[] = {"create", "unchanged", "new price"};
    static const int changes[] = {PRODUCT_CREATED, PRODUCT_UNCHANGED, PRODUCT_UPDATED};
    struct shop_fixture *fixture = *state;
    int64_t total = strtoll(getenv("SOUK_MEASURE"), NULL, 10);
    for (int round = 0; round < 3; round++) {
        int64_t start = clock_mono(), worked = measure_cpu();
        for (int64_t i = 0; i < total; i += 100) {
            struct measure measure = {i, 100, round == 2 ? "1300" : "1250", changes[round]};
            assert_int_equal(fixture_write(fixture, run_measure, &measure), 0);
        }
        print_message("%-10s %lld us each, %lld of them at work\n", names[round],
                      (long long)((clock_mono() - start) / total),
                      (long long)((measure_cpu() - worked) / total));
    }
}

int main(void)
{
    const struct CMUnitTest measures[] = {SHOP_TEST(measure_saves)};
    if (getenv("SOUK_MEASURE"))
        return cmocka_run_group_tests(measures, NULL, NULL);

    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_simple),         SHOP_TEST(test_round),        SHOP_TEST(test_patch),
        SHOP_TEST(test_variants),       SHOP_TEST(test_refused),      SHOP_TEST(test_links),
        SHOP_TEST(test_translations),   SHOP_TEST(test_values_apart), SHOP_TEST(test_any_kind),
        SHOP_TEST(test_options_shrink), SHOP_TEST(test_prices),       SHOP_TEST(test_archive),
        SHOP_TEST(test_many_variants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
