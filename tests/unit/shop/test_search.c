/*
 * Search: words in five languages whole, as beginnings, in other case and with one typo; SKUs and
 * barcodes; order; synonyms; advice; the index after changes; the order of its rowids.
 */
#include "fixture.h"
#include "base/board.h"
#include "base/utf8.h"
#include "shop/search.h"

struct thing { /* a product, put in place by rows */
    int64_t id;
    const char *sku, *barcode;
    const char *names[5]; /* en bg hu hy bn */
    const char *body;     /* English description */
    int64_t popularity;
};

static const char *const locales[5] = {"en", "bg", "hu", "hy", "bn"};

static const struct db_statement put_product = {
    "put_product",
    "INSERT INTO product (id, key, type, status, visibility, popularity, created_at, "
    "changed_at) VALUES ($1, 'p' || $1, 'simple', 'active', 'both', $2, 0, 0)"};
static const struct db_statement put_text = {
    "put_text",
    "INSERT INTO product_text (product_id, locale, name, description) VALUES ($1, $2, $3, $4)"};
static const struct db_statement put_variant = {
    "put_variant", "INSERT INTO variant (id, product_id, position, sku, barcode, value_ids) "
                   "VALUES ($1, $1, 0, $2, $3, '')"};

static int thing_write(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct thing *thing = arg;
    struct arena arena = {0};
    (void)fixture;
    int code = db_run(conn, &put_product, NULL, DB_INT(thing->id), DB_INT(thing->popularity));
    for (int i = 0; i < 5 && code == 0; i++)
        if (thing->names[i])
            code =
                db_run(conn, &put_text, NULL, DB_INT(thing->id), DB_CSTR(locales[i]),
                       DB_CSTR(thing->names[i]), DB_CSTR(i == 0 && thing->body ? thing->body : ""));
    if (code == 0 && thing->sku)
        code = db_run(conn, &put_variant, NULL, DB_INT(thing->id), DB_CSTR(thing->sku),
                      DB_CSTR(thing->barcode ? thing->barcode : ""));
    if (code == 0)
        code = search_put(conn, &arena, thing->id);
    arena_free(&arena);
    return code;
}

static void put(struct shop_fixture *fixture, struct thing thing)
{
    assert_int_equal(fixture_write(fixture, thing_write, &thing), 0);
    fixture_sql(fixture, "UPDATE catalogue_state SET version = version + 1");
}

static int index_write(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct arena arena = {0};
    (void)fixture;
    int code = search_put(conn, &arena, *(const int64_t *)arg);
    arena_free(&arena);
    return code;
}

static void index_again(struct shop_fixture *fixture, int64_t id)
{
    assert_int_equal(fixture_write(fixture, index_write, &id), 0);
    fixture_sql(fixture, "UPDATE catalogue_state SET version = version + 1");
}

static struct search_hits run(struct shop_fixture *fixture, const char *locale, const char *query)
{
    struct search_hits hits;
    struct market market = market_at(locale, NOW);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = search_run(conn, &fixture->arena, &market, souk_str(query), &hits);
    if (code != 0)
        fail_msg("%s: %s", query, db_error(conn));
    db_read_end(conn);
    return hits;
}

/* Ids of the products found, in order: "3 1". */
static const char *found(struct shop_fixture *fixture, const char *locale, const char *query)
{
    struct search_hits hits = run(fixture, locale, query);
    struct buf out = {.arena = &fixture->arena};
    buf_add_cstr(&out, "");
    for (size_t i = 0; i < hits.count; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "SELECT product_id FROM search_document WHERE position = %lld",
                 (long long)hits.positions[i]);
        if (i)
            buf_add_char(&out, ' ');
        buf_add_int(&out, fixture_int(fixture, sql));
    }
    return out.ptr ? out.ptr : "";
}

static const struct thing things[] = {
    {1,
     "HD-1",
     "5901234123457",
     {"Blue hoodies", "Сини суитшърти", "Kék kapucnis pulóverek", "Կապույտ հուդիներ", "নীল হুডি"},
     "Warm and soft",
     5},
    {2,
     "BIKE-2",
     "",
     {"Mountain bicycle", "Планински велосипед", "Hegyi kerékpár", "Լեռնային հեծանիվ",
      "পাহাড়ি সাইকেল"},
     "Steel frame. Comes with a hoodie",
     4},
    {3,
     "COF-3",
     "",
     {"Coffee cup", "Чаша за кафе", "Kávéscsésze", "Սուրճի բաժակ", "কফির কাপ"},
     "For the morning",
     3},
    {4,
     "BOOK-4",
     "",
     {"Wooden bookshelf", "Дървена етажерка", "Fából készült könyvespolc", "Փայտե գրադարակ",
      "কাঠের বইয়ের তাক"},
     "<p>Oak &amp; pine</p>",
     2},
    {5, "CBL-5", "", {"USB-C cable 100ml", NULL, NULL, NULL, NULL}, "", 1},
};

static void put_all(struct shop_fixture *fixture)
{
    for (size_t i = 0; i < sizeof things / sizeof *things; i++)
        put(fixture, things[i]);
}

static void check(struct shop_fixture *fixture, const char *locale, const char *query,
                  const char *ids)
{
    const char *got = found(fixture, locale, query);
    if (strcmp(got, ids) != 0)
        fail_msg("%s \"%s\": \"%s\" instead of \"%s\"", locale, query, got, ids);
}

static void test_languages(void **state)
{
    static const struct {
        const char *locale, *whole, *prefix, *other_case, *typo, *inflected, *ids;
    } cases[] = {
        {"en", "bicycle", "bicy", "BICYCLE", "bicycel", "bicycles", "2"},
        {"bg", "велосипед", "велос", "ВЕЛОСИПЕД", "велоспед", "велосипедът", "2"},
        {"bg", "етажерка", "етаж", "ЕтАжЕрКа", "етжерка", "етажерките", "4"},
        {"hu", "kerékpár", "kerék", "KERÉKPÁR", "kerékpér", "kerékpárok", "2"},
        {"hu", "könyvespolc", "könyv", "KÖNYVESPOLC", "kinyvespolc", "konyvespolc", "4"},
        {"hy", "հեծանիվ", "հեծա", "ՀԵԾԱՆԻՎ", "հեծնիվ", "հեծանիվ", "2"},
        {"hy", "գրադարակ", "գրադ", "ԳՐԱԴԱՐԱԿ", "գարդարակ", "գրադարակներ", "4"},
        {"bn", "সাইকেল", "সাইক", "সাইকেল", "সাউকেল", "সাইকেলটি", "2"},
        {"bn", "কাঠের", "কাঠ", "কাঠের", "খাঠের", "কাঠের", "4"},
    };
    struct shop_fixture *fixture = *state;
    put_all(fixture);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(fixture, cases[i].locale, cases[i].whole, cases[i].ids);
        check(fixture, cases[i].locale, cases[i].prefix, cases[i].ids);
        check(fixture, cases[i].locale, cases[i].other_case, cases[i].ids);
        check(fixture, cases[i].locale, cases[i].typo, cases[i].ids);
        check(fixture, cases[i].locale, cases[i].inflected, cases[i].ids);
    }
    check(fixture, "hu", "cable", "5"); /* shown in English where no other text is */
    check(fixture, "bg", "nothing-of-the-kind", "");
}

static void test_typo(void **state)
{
    struct shop_fixture *fixture = *state;
    put_all(fixture);
    struct search_hits hits = run(fixture, "en", "wooden bookshlef");
    assert_int_equal(hits.count, 1);
    assert_true(souk_str_is(hits.corrected, "wooden bookshelf"));
    hits = run(fixture, "en", "vooden bookshelf"); /* the first letter */
    assert_true(souk_str_is(hits.corrected, "wooden bookshelf"));
    hits = run(fixture, "en", "bokshalf"); /* two, from eight letters on */
    assert_true(souk_str_is(hits.corrected, "bookshelf"));
    assert_int_equal(run(fixture, "en", "copp").count, 0); /* two in a short one */
    hits = run(fixture, "en", "coffee");
    assert_int_equal(hits.corrected.len, 0);
    /* words that come later are known too */
    assert_int_equal(run(fixture, "en", "umbrela").count, 0);
    put(fixture, (struct thing){.id = 9, .names = {"Umbrella"}});
    check(fixture, "en", "umbrela", "9");
}

static void test_words(void **state)
{
    struct shop_fixture *fixture = *state;
    put_all(fixture);
    check(fixture, "en", "usb-c", "5");
    check(fixture, "en", "usbc", "5");
    check(fixture, "en", "usb c cable", "5");
    check(fixture, "en", "cable 100 ml", "5");
    check(fixture, "en", "100ml cable", "5");
    check(fixture, "en", "oak pine", "4"); /* tags and entities are no words */
    check(fixture, "en", "p", "");
    check(fixture, "en", "blue cup", ""); /* each has one of them */
    check(fixture, "en", "", "");
    check(fixture, "en", " \" * ( ) OR : ^ - ' ", "");
    check(fixture, "en", "NOT hoodie AND", "");
    assert_true(souk_str_is(search_fold(&fixture->arena, "en", souk_str("Running T-shirts!")),
                            "run t shirt"));
    assert_true(souk_str_is(search_fold(&fixture->arena, "bg", souk_str("Тениските")), "тениск"));
    assert_true(souk_str_is(search_fold(&fixture->arena, "hu", souk_str("Asztalok")), "asztal"));
}

static void test_order(void **state)
{
    struct shop_fixture *fixture = *state;
    put_all(fixture);
    check(fixture, "en", "hoodie", "1 2"); /* the name before the description */
    put(fixture,
        (struct thing){.id = 6, .names = {"Hoodie hanger of solid wood"}, .popularity = 9});
    put(fixture, (struct thing){.id = 7, .names = {"Hoodie"}});
    put(fixture, (struct thing){.id = 8, .names = {"Hoodieland"}});
    check(fixture, "en", "hoodie", "7 1 6 8 2"); /* short before long, whole before beginning */
    assert_int_equal(run(fixture, "en", "hoodie").ranked, 1);
}

static void test_exact(void **state)
{
    struct shop_fixture *fixture = *state;
    put_all(fixture);
    put(fixture, (struct thing){.id = 10, .sku = "HD-1-XL", .names = {"HD-1"}, .popularity = 99});
    assert_int_equal(run(fixture, "en", "HD-1").exact_product, 1);
    assert_int_equal(run(fixture, "bg", " hd-1 ").exact_product, 1);
    assert_int_equal(run(fixture, "en", "5901234123457").exact_product, 1);
    assert_int_equal(run(fixture, "en", "590123412345").exact_product, 0);
    check(fixture, "en", "hd-1", "1 10");
    check(fixture, "en", "5901234123457", "1");
    check(fixture, "hy", "bike-2", "2");
    fixture_sql(fixture, "UPDATE variant SET enabled = 0 WHERE id = 1");
    index_again(fixture, 1);
    assert_int_equal(run(fixture, "en", "5901234123457").exact_product, 0);
    check(fixture, "en", "5901234123457", "");
}

static void test_same(void **state)
{
    struct shop_fixture *fixture = *state;
    put_all(fixture);
    check(fixture, "en", "jumper", "");
    fixture_sql(fixture, "INSERT INTO search_synonym (locale, fold, word, group_id) VALUES "
                         "('en', 'jumper', 'jumper', 1), ('en', 'hoodi', 'hoodie', 1), "
                         "('en', 'coffe cup', 'coffee cup', 2), ('en', 'mug', 'mug', 2)");
    check(fixture, "en", "jumpers", "1 2");
    check(fixture, "en", "blue jumper", "1");
    fixture_sql(fixture, "UPDATE search_synonym SET fold = 'coffe cup' WHERE group_id = 2 AND "
                         "word = 'coffee cup'");
    assert_true(
        souk_str_is(search_fold(&fixture->arena, "en", souk_str("Coffee cups")), "coffe cup"));
    check(fixture, "en", "mug", "3");
    check(fixture, "bg", "mug", ""); /* of another language */
}

/* What is shown is what it was read as; what stands in another language is no mistake. */
static void check_read(struct shop_fixture *fixture, const char *locale, const char *query,
                       const char *ids, const char *corrected)
{
    struct search_hits hits = run(fixture, locale, query);
    check(fixture, locale, query, ids);
    if (!souk_str_is(hits.corrected, corrected))
        fail_msg("%s: read as %.*s", query, SOUK_PRI(hits.corrected));
}

static void test_mended(void **state)
{
    struct shop_fixture *fixture = *state;
    put_all(fixture);
    check_read(fixture, "en", "суитшърти", "1", "");
    check_read(fixture, "hu", "হুডি", "1", "");
    check_read(fixture, "en", "суитшрти", "1", "суитшърти");
    check_read(fixture, "bg", "хоодиес", "1 2", "hoodies"); /* phonetic, left on */
    check_read(fixture, "bg", "sin suit[yrti", "1", "син суитшърти") /* and off */;
    check_read(fixture, "en", "hoo dies", "1 2", "hoodies");
    check_read(fixture, "en", "bluehoodies", "1", "blue hoodies");
    check_read(fixture, "en", "hodo", "1 2", "hoodie");
    check_read(fixture, "en", "qqqqqq", "", "");
}

static void test_hint(void **state)
{
    struct shop_fixture *fixture = *state;
    put_all(fixture);
    fixture_sql(fixture, "UPDATE product_text SET description = 'lantern' WHERE locale = 'en'");
    for (int64_t id = 1; id <= 3; id++)
        index_again(fixture, id);
    struct search_hits hits = run(fixture, "en", "lantern");
    assert_int_equal(hits.suggestions->count, 0);
    fixture_sql(fixture,
                "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 120) "
                "INSERT INTO search_text (rowid, name, body) SELECT i, 'encandle', '' FROM n");
    fixture_sql(fixture, "INSERT INTO search_text (rowid, name, body) VALUES (99, 'encandel', '')");
    fixture_sql(fixture, "UPDATE catalogue_state SET version = version + 1");
    hits = run(fixture, "en", "candel");
    assert_int_equal(hits.count, 1);
    assert_int_equal(hits.suggestions->count, 1);
    assert_true(souk_str_is(json_text(&hits.suggestions->first->value), "candle"));
    assert_true(souk_str_is(hits.corrected, ""));
    assert_int_equal(run(fixture, "en", "candle").suggestions->count, 0);
}

static void test_advice(void **state)
{
    struct shop_fixture *fixture = *state;
    put_all(fixture);
    struct search_hits hits = run(fixture, "en", "blue zzyzx hoodie");
    assert_int_equal(hits.count, 0);
    assert_int_equal(hits.suggestions->count, 1);
    assert_true(souk_str_is(json_text(&hits.suggestions->first->value), "blue hoodie"));
    fixture_sql(fixture, "INSERT INTO category (id, key, changed_at) VALUES (1, 'wear', 0)");
    fixture_sql(fixture, "INSERT INTO category_text (category_id, locale, name, fold) VALUES "
                         "(1, 'en', 'Clothing', 'clothing')");
    fixture_sql(fixture, "INSERT INTO product_category (product_id, category_id, position) "
                         "VALUES (1, 1, 0)");
    hits = run(fixture, "en", "zzyzx");
    assert_true(souk_str_is(
        json_text(json_first(hits.suggestions) ? &hits.suggestions->first->value : NULL),
        "Clothing"));
}

static void test_changes(void **state)
{
    struct shop_fixture *fixture = *state;
    put_all(fixture);
    fixture_sql(fixture, "UPDATE product_text SET name = 'Tea kettle' WHERE product_id = 3 AND "
                         "locale = 'en'");
    index_again(fixture, 3);
    check(fixture, "en", "kettle", "3");
    check(fixture, "en", "coffee", "");
    int64_t position =
        fixture_int(fixture, "SELECT position FROM search_document WHERE product_id = 3");
    index_again(fixture, 3);
    assert_int_equal(position, fixture_int(fixture, "SELECT position FROM search_document "
                                                    "WHERE product_id = 3"));
    fixture_sql(fixture, "UPDATE product SET status = 'archived' WHERE id = 3");
    index_again(fixture, 3);
    check(fixture, "en", "kettle", "");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM search_document"), 4);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM search_text"), 4);
    fixture_sql(fixture,
                "UPDATE product SET status = 'active', visibility = 'catalog' WHERE id = 3");
    index_again(fixture, 3);
    check(fixture, "en", "kettle", "");
    fixture_sql(fixture, "UPDATE product SET visibility = 'search' WHERE id = 3");
    index_again(fixture, 3);
    check(fixture, "en", "kettle", "3");
    /* the words of what is gone are gone, too */
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM search_term WHERE term = 'encoffee'"), 0);
}

static int reorder_write(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    (void)fixture;
    return search_reorder(conn, 2, arg);
}

static void test_reorder(void **state)
{
    struct shop_fixture *fixture = *state;
    int more = 1, slices = 0;
    put_all(fixture);
    assert_int_equal(fixture_write(fixture, reorder_write, &more), 0);
    assert_int_equal(more, 0); /* already right */
    fixture_sql(fixture, "UPDATE product SET popularity = id * 10");
    for (more = 1; more && slices < 20; slices++) {
        assert_int_equal(fixture_write(fixture, reorder_write, &more), 0);
        assert_int_equal(run(fixture, "en", "hoodie").count, 2); /* right at each step */
        check(fixture, "bg", "кафе", "3");
    }
    assert_int_equal(slices, 4); /* 2 + 2 + 1, and the one that finds nothing */
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM search_text"), 5);
    assert_int_equal(
        fixture_int(fixture,
                    "SELECT count(*) FROM (SELECT p.id AS now, lag(p.id) OVER (ORDER BY position) "
                    "AS before FROM search_document d JOIN product p ON p.id = d.product_id) "
                    "WHERE now > before"),
        0);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(DISTINCT product_id) FROM catalogue_change"), 5);
}

static int note_write(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    return search_note_all(conn, &fixture->arena, fixture_json(fixture, arg));
}

static void test_note(void **state)
{
    struct shop_fixture *fixture = *state;
    static const char two[] = "[{\"data\": {\"q\": \"Red Sofas\", \"locale\": \"en\"}, \"at\": 1}, "
                              "{\"data\": {\"q\": \" red sofa \", \"locale\": \"en\"}, \"at\": 2}]";
    static const char none[] = "[{\"data\": {\"q\": \" ... \", \"locale\": \"en\"}, \"at\": 3}]";
    assert_int_equal(fixture_write(fixture, note_write, (void *)two), 0);
    assert_int_equal(fixture_write(fixture, note_write, (void *)none), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM search_query"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT count FROM search_query"), 2);
}

static void test_suggest(void **state)
{
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    put_all(fixture);
    fixture_sql(fixture, "INSERT INTO slug (kind, slug, locale, target_id, current) VALUES "
                         "('product', 'blue-hoodies', 'en', 1, 1), "
                         "('product', 'bicycle', 'en', 2, 1), ('category', 'hooded', 'en', 1, 1)");
    fixture_sql(fixture, "INSERT INTO category (id, key, changed_at) VALUES (1, 'wear', 0)");
    fixture_sql(fixture, "INSERT INTO category_text (category_id, locale, name, fold) VALUES "
                         "(1, 'en', 'Hooded tops', 'hooded tops')");
    struct json *list = json_new(&fixture->arena, JSON_ARRAY);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(search_suggest(conn, &fixture->arena, &market, souk_str("Hood"), 5, list), 0);
    db_read_end(conn);
    assert_string_equal(fixture_print(fixture, list),
                        "[{\"text\":\"Hooded tops\",\"url\":\"/c/hooded\"},"
                        "{\"text\":\"Blue hoodies\",\"url\":\"/p/blue-hoodies\"}]");
}

static int end(void **state)
{
    search_end();
    return fixture_teardown(state);
}

#define SEARCH_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, end)

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {
        SEARCH_TEST(test_languages), SEARCH_TEST(test_typo),    SEARCH_TEST(test_words),
        SEARCH_TEST(test_order),     SEARCH_TEST(test_exact),   SEARCH_TEST(test_same),
        SEARCH_TEST(test_advice),    SEARCH_TEST(test_changes), SEARCH_TEST(test_reorder),
        SEARCH_TEST(test_note),      SEARCH_TEST(test_mended),  SEARCH_TEST(test_hint),
        SEARCH_TEST(test_suggest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
