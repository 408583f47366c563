/*
 * Lists: counts, filters, orders, pages and prices in time against a plain reckoning over all
 * products, by queries of one row at a time; over random filters, before and after edits.
 */
#include "fixture.h"
#include "base/board.h"
#include "base/utf8.h"
#include "shop/catalogue.h"
#include "shop/listing.h"
#include "shop/search.h"

#define PRODUCTS 2000
#define HOUR     (3600 * INT64_C(1000000))

static uint64_t seed;

static int64_t dice(int64_t sides) /* the same numbers in every run */
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(seed >> 33) % sides;
}

/* ---- a catalogue ---- */

static const char *const setup_rows[] = {
    "INSERT INTO category (id, key, parent_id, changed_at) VALUES (1, 'a', NULL, 0), (2, 'a/b', 1, 0), "
    "(3, 'a/b/c', 2, 0), (4, 'd', NULL, 0), (5, 'e', NULL, 0)",
    "INSERT INTO brand (id, name, fold) VALUES (1, 'Acme', 'acme'), (2, 'Bolt', 'bolt'), "
    "(3, 'Cord & Co', 'cord & co')",
    "INSERT INTO attribute (id, code, type, position, filterable) VALUES (1, 'color', 'color', 2, 1), "
    "(2, 'size', 'choice', 1, 1), (3, 'material', 'choice', 3, 1), (4, 'hidden', 'choice', 0, 0)",
    "INSERT INTO attribute_text (attribute_id, locale, name) VALUES (1, 'en', 'Color'), "
    "(1, 'bg', 'Цвят'), (2, 'en', 'Size')",
    "INSERT INTO attribute_value (id, attribute_id, code, position) "
    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 23) "
    "SELECT (i / 6 + 1) * 100 + i % 6, i / 6 + 1, 'v' || (i % 6), 5 - i % 6 FROM n",
    "INSERT INTO price_list (id, code, name, currency, customer_group, priority) VALUES "
    "(103, 'dollar', 'Dollar', 'USD', '', 500), (104, 'trade', 'Trade', '', 'trade', 600)",
};

static int run_text(struct db_conn *conn, const char *sql)
{
    int code = db_run(conn, db_intern(db_of(conn), NULL, sql), NULL);
    if (code != 0)
        print_error("%s: %s\n", sql, db_error(conn));
    return code;
}

static const struct db_statement add_product = {
    "add_product", "INSERT OR REPLACE INTO product (id, key, type, status, visibility, brand_id, "
                   "publish_from, publish_until, popularity, created_at, changed_at) VALUES ($1, "
                   "'p' || $1, 'variable', $2, $3, $4, $5, $6, $7, $8, 0)"};
static const struct db_statement add_text = {
    "add_text", "INSERT INTO product_text (product_id, locale, name) VALUES ($1, $2, $3)"};
static const struct db_statement add_category = {
    "add_category",
    "INSERT OR IGNORE INTO product_category (product_id, category_id, position) VALUES ($1, $2, $3)"};
static const struct db_statement add_value = {
    "add_value", "INSERT INTO product_attribute (product_id, position, attribute_id, value_id) "
                 "VALUES ($1, $2, $3 / 100, $3)"};
static const struct db_statement add_variant = {
    "add_variant", "INSERT INTO variant (id, product_id, position, sku, enabled, value_ids, "
                   "availability) VALUES ($1, $2, $3, 'S' || $1, $4, 'x' || $3, $5)"};
static const struct db_statement add_option = {
    "add_option", "INSERT INTO variant_value (variant_id, option, value_id) VALUES ($1, 0, $2)"};
static const struct db_statement add_price = {
    "add_price", "INSERT OR IGNORE INTO price (id, variant_id, list_id, min_quantity, amount, "
                 "from_at, until_at) VALUES ((SELECT coalesce(max(id), 0) + 1 FROM price), $1, $2, "
                 "$3, $4, $5, $6)"};

static struct db_arg maybe_time(int64_t odds)
{
    return dice(odds) ? DB_NULL : DB_INT(NOW + (dice(20) - 10) * HOUR);
}

static int make_prices(struct db_conn *conn, int64_t variant)
{
    int code = dice(20) == 0 ? 0
                             : db_run(conn, &add_price, NULL, DB_INT(variant), DB_INT(1), DB_INT(1),
                                      DB_INT(500 + dice(90) * 100), DB_NULL, DB_NULL);
    if (code == 0 && dice(4) == 0) {
        int64_t from = NOW + (dice(20) - 10) * HOUR;
        code = db_run(conn, &add_price, NULL, DB_INT(variant), DB_INT(2), DB_INT(1),
                      DB_INT(100 + dice(50) * 100), dice(2) ? DB_INT(from) : DB_NULL,
                      dice(2) ? DB_INT(from + (1 + dice(9)) * HOUR) : DB_NULL);
    }
    if (code == 0 && dice(5) == 0) /* a new base price, from then on */
        code = db_run(conn, &add_price, NULL, DB_INT(variant), DB_INT(1), DB_INT(1),
                      DB_INT(500 + dice(90) * 100), DB_INT(NOW + (dice(20) - 10) * HOUR), DB_NULL);
    for (int list = 103; list <= 104 && code == 0; list++) /* of no meaning to everybody in euro */
        code = db_run(conn, &add_price, NULL, DB_INT(variant), DB_INT(list), DB_INT(1), DB_INT(7),
                      DB_NULL, DB_NULL);
    if (code == 0)
        code = db_run(conn, &add_price, NULL, DB_INT(variant), DB_INT(1), DB_INT(10), DB_INT(3),
                      DB_NULL, DB_NULL);
    return code;
}

static int make_variants(struct db_conn *conn, int64_t id)
{
    static const char *const states[] = {"in", "low", "backorder", "out", "out", "out"};
    int code = 0;
    for (int64_t v = 0, count = 1 + dice(3); v < count && code == 0; v++) {
        int64_t variant = id * 10 + v;
        code = db_run(conn, &add_variant, NULL, DB_INT(variant), DB_INT(id), DB_INT(v),
                      DB_INT(dice(8) != 0), DB_CSTR(states[dice(6)]));
        if (code == 0)
            code = db_run(conn, &add_option, NULL, DB_INT(variant), DB_INT(200 + dice(6)));
        if (code == 0)
            code = make_prices(conn, variant);
    }
    return code;
}

static int make_product(struct db_conn *conn, int64_t id)
{
    static const char *const seen[] = {"both",    "both",   "both",  "both",
                                       "catalog", "search", "hidden"};
    static const char *const words[] = {"Chair", "table", "Lamp", "shelf", "Élan", "desk"};
    struct arena arena = {0};
    char name[60];
    struct db_arg from = maybe_time(15), until = maybe_time(15);
    if (from.kind == DB_ARG_INT && until.kind == DB_ARG_INT && until.number <= from.number)
        until = DB_NULL;
    int code = db_run(conn, &add_product, NULL, DB_INT(id), DB_CSTR(dice(20) ? "active" : "draft"),
                      DB_CSTR(seen[dice(7)]), dice(5) ? DB_INT(1 + dice(3)) : DB_NULL, from, until,
                      DB_INT(dice(50)), DB_INT(NOW - dice(40) * HOUR));
    snprintf(name, sizeof name, "%s %s %lld", words[dice(6)], words[dice(6)], (long long)dice(300));
    if (code == 0)
        code = db_run(conn, &add_text, NULL, DB_INT(id), DB_CSTR("en"), DB_CSTR(name));
    if (code == 0 && dice(2))
        code = db_run(conn, &add_text, NULL, DB_INT(id), DB_CSTR("bg"), DB_CSTR("Стол"));
    for (int i = 0; i < 2 && code == 0; i++)
        code = db_run(conn, &add_category, NULL, DB_INT(id), DB_INT(1 + dice(5)), DB_INT(i));
    for (int64_t i = 0, count = dice(5); i < count && code == 0; i++)
        code = db_run(conn, &add_value, NULL, DB_INT(id), DB_INT(i),
                      DB_INT((dice(4) + 1) * 100 + dice(6)));
    if (code == 0)
        code = make_variants(conn, id);
    if (code == 0)
        code = search_put(conn, &arena, id);
    arena_free(&arena);
    return code;
}

static int make_all(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    int code = 0;
    (void)fixture;
    (void)arg;
    for (size_t i = 0; i < sizeof setup_rows / sizeof *setup_rows && code == 0; i++)
        code = run_text(conn, setup_rows[i]);
    for (int64_t id = 1; id <= PRODUCTS && code == 0; id++)
        code = make_product(conn, id);
    return code;
}

/* Some products become others, some go, some come: as product_save would note it. */
static int edit_some(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    static const struct db_statement forget[] = {
        {"forget_document", "DELETE FROM search_text WHERE rowid IN (SELECT position FROM "
                            "search_document WHERE product_id = $1)"},
        {"forget_product", "DELETE FROM product WHERE id = $1"},
    };
    int code = 0;
    (void)fixture;
    (void)arg;
    for (int i = 0; i < 12 && code == 0; i++) {
        int64_t id = 1 + dice(PRODUCTS + 30);
        for (int k = 0; k < 2 && code == 0; k++)
            code = db_run(conn, &forget[k], NULL, DB_INT(id));
        if (code == 0 && dice(4))
            code = make_product(conn, id);
        if (code == 0)
            code = catalogue_bump(conn, id);
    }
    return code;
}

static void catalogue(struct shop_fixture *fixture)
{
    seed = 20261122;
    assert_int_equal(fixture_write(fixture, make_all, NULL), 0);
}

/* ---- the plain reckoning: SQL says what each product is, loops say what a list is ---- */

struct row { /* a product that is to be seen */
    int64_t id, amount, popularity, created, brand;
    int available;
    unsigned categories; /* bits, with those above */
    unsigned values[5];  /* of each attribute, bits of codes v0 … v5 */
};

static struct row rows_all[PRODUCTS + 100];
static int row_count;

static const struct db_statement plain_products = {
    "plain_products",
    "WITH held AS (SELECT v.product_id, p.amount, row_number() OVER (PARTITION BY v.id ORDER BY "
    "l.priority DESC, coalesce(p.from_at, 0) DESC, p.amount) AS place FROM variant v JOIN price p ON "
    "p.variant_id = v.id JOIN price_list l ON l.id = p.list_id WHERE v.enabled = 1 AND "
    "p.min_quantity = 1 AND l.currency IN ('', 'EUR') AND l.customer_group = '' AND "
    "coalesce(p.from_at, 0) <= $1 AND coalesce(p.until_at, $1 + 1) > $1), "
    "cost AS (SELECT product_id, min(amount) AS amount FROM held WHERE place = 1 GROUP BY "
    "product_id) "
    "SELECT p.id, coalesce(cost.amount, -1), p.popularity, p.created_at, coalesce(p.brand_id, 0), "
    "EXISTS (SELECT 1 FROM variant v WHERE v.product_id = p.id AND v.enabled = 1 AND v.availability "
    "<> 'out') FROM product p LEFT JOIN cost ON cost.product_id = p.id WHERE p.status = 'active' AND "
    "p.visibility IN ('both', 'catalog') AND coalesce(p.publish_from, 0) <= $1 AND "
    "coalesce(p.publish_until, $1 + 1) > $1 ORDER BY p.id"};
static const struct db_statement plain_categories = {
    "plain_categories",
    "WITH RECURSIVE up (id, above) AS (SELECT id, id FROM category UNION SELECT up.id, c.parent_id "
    "FROM up JOIN category c ON c.id = up.above WHERE c.parent_id IS NOT NULL) "
    "SELECT pc.product_id, up.above FROM product_category pc JOIN up ON up.id = pc.category_id"};
static const struct db_statement plain_values = {
    "plain_values", "SELECT product_id, value_id FROM product_attribute UNION SELECT v.product_id, "
                    "o.value_id FROM variant v JOIN variant_value o ON o.variant_id = v.id WHERE "
                    "v.enabled = 1"};

static struct row *plain_find(int64_t id)
{
    for (int i = 0; i < row_count; i++)
        if (rows_all[i].id == id)
            return &rows_all[i];
    return NULL;
}

static void plain_pairs(struct db_conn *conn, const struct db_statement *statement, int values)
{
    static struct row *place[PRODUCTS + 100];
    struct db_rows rows;
    memset(place, 0, sizeof place);
    for (int i = 0; i < row_count; i++)
        place[rows_all[i].id] = &rows_all[i];
    assert_int_equal(db_query(conn, statement, &rows), 0);
    while (db_next(&rows) == 1) {
        struct row *row = place[db_int(&rows, 0)];
        int64_t number = db_int(&rows, 1);
        if (row && values)
            row->values[number / 100] |= 1U << number % 100;
        else if (row)
            row->categories |= 1U << number;
    }
}

static void plain_load(struct shop_fixture *fixture, int64_t now)
{
    struct db_rows rows;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    row_count = 0;
    assert_int_equal(db_query(conn, &plain_products, &rows, DB_INT(now)), 0);
    while (db_next(&rows) == 1) {
        rows_all[row_count++] = (struct row){.id = db_int(&rows, 0),
                                             .amount = db_int(&rows, 1),
                                             .popularity = db_int(&rows, 2),
                                             .created = db_int(&rows, 3),
                                             .brand = db_int(&rows, 4),
                                             .available = (int)db_int(&rows, 5)};
    }
    plain_pairs(conn, &plain_categories, 0);
    plain_pairs(conn, &plain_values, 1);
    db_read_end(conn);
}

enum { BRAND, COLOR, SIZE, MATERIAL, PRICE, AVAILABLE, KEYS };

static const char *const keys[KEYS] = {"brand", "color", "size", "material", "price", "available"};

struct plain { /* a query: what is set of it */
    int64_t category;
    int set[KEYS];
    int64_t brand, from, to;
    unsigned values[5];
};

static int plain_has(const struct row *row, const struct plain *plain, int without)
{
    if (plain->category && !(row->categories >> plain->category & 1))
        return 0;
    for (int key = 0; key < KEYS; key++) {
        if (!plain->set[key] || key == without)
            continue;
        if ((key == BRAND && row->brand != plain->brand) ||
            (key == PRICE && (row->amount < plain->from || row->amount > plain->to)) ||
            (key == AVAILABLE && !row->available) ||
            (key >= COLOR && key <= MATERIAL && !(row->values[key] & plain->values[key])))
            return 0;
    }
    return 1;
}

static int64_t plain_total(const struct plain *plain)
{
    int64_t total = 0;
    for (int i = 0; i < row_count; i++)
        total += plain_has(&rows_all[i], plain, -1);
    return total;
}

/* ---- a random query, and the same to be reckoned ---- */

static struct souk_str keep(struct shop_fixture *fixture, const char *text)
{
    return arena_str(&fixture->arena, souk_str(text));
}

static void random_filter(struct shop_fixture *fixture, struct listing_query *query,
                          struct plain *plain, int key)
{
    static const char *const folds[] = {"acme", "Bolt", "CORD & CO"};
    struct listing_filter *filter = &query->filters[query->filter_count++];
    char text[100] = "1";
    *filter = (struct listing_filter){.attribute = souk_str(keys[key])};
    plain->set[key] = 1;
    if (key == PRICE) {
        plain->from = dice(40) * 100;
        plain->to = plain->from + 500 + dice(30) * 100;
        snprintf(text, sizeof text, "%lld.00-%lld.00", (long long)plain->from / 100,
                 (long long)plain->to / 100);
    } else if (key == BRAND) {
        plain->brand = 1 + dice(3);
        snprintf(text, sizeof text, "%s", folds[plain->brand - 1]);
    }
    if (key < COLOR || key > MATERIAL) {
        filter->values[filter->count++] = keep(fixture, text);
        return;
    }
    for (int64_t i = 0, count = 1 + dice(2); i < count; i++) {
        int64_t value = dice(6);
        plain->values[key] |= 1U << value;
        snprintf(text, sizeof text, "v%lld", (long long)value);
        filter->values[filter->count++] = keep(fixture, text);
    }
}

static void random_query(struct shop_fixture *fixture, struct listing_query *query,
                         struct plain *plain)
{
    *query = (struct listing_query){.page = 1, .limit = 100, .category_id = dice(6)};
    *plain = (struct plain){.category = query->category_id};
    for (int key = 0; key < KEYS; key++)
        if (dice(3) == 0)
            random_filter(fixture, query, plain, key);
}

/* ---- comparing ---- */

static struct listing_result list(struct shop_fixture *fixture, const struct listing_query *query,
                                  const char *locale, int64_t now)
{
    struct listing_result result;
    struct err err = {0};
    struct market market = market_at(locale, now);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    if (listing_run(conn, &fixture->arena, &market, query, &result, &err) != 0)
        fail_msg("list: %s", err.text);
    db_read_end(conn);
    return result;
}

/* Has the product the value that a facet shows? */
static int plain_shows(const struct row *row, int key, struct souk_str value)
{
    static const char *const folds[] = {"", "acme", "bolt", "cord & co"};
    char text[100];
    long long whole[2], cents[2];
    snprintf(text, sizeof text, "%.*s", SOUK_PRI(value));
    switch (key) {
    case BRAND: return row->brand && strcmp(text, folds[row->brand]) == 0;
    case AVAILABLE: return row->available && strcmp(text, "1") == 0;
    case PRICE:
        if (sscanf(text, "%lld.%2lld-%lld.%2lld", &whole[0], &cents[0], &whole[1], &cents[1]) != 4)
            fail_msg("\"%s\" is no range", text);
        return row->amount >= whole[0] * 100 + cents[0] && row->amount <= whole[1] * 100 + cents[1];
    default: return text[0] == 'v' && (row->values[key] >> (text[1] - '0') & 1);
    }
}

static int key_of(struct souk_str name)
{
    for (int key = 0; key < KEYS; key++)
        if (souk_str_is(name, keys[key]))
            return key;
    fail_msg("there is a facet \"%.*s\"", SOUK_PRI(name));
    return -1;
}

/* All counts that are shown are right, and none that should be shown is missing. */
static void compare_facets(const struct plain *plain, const struct listing_result *result)
{
    unsigned shown[KEYS] = {0}, due[KEYS] = {0};
    json_each(facet, result->facets)
    {
        int key = key_of(json_text(json_at(&facet->value, "key")));
        int64_t sum = 0, all = 0;
        json_each(item, json_at(&facet->value, "values"))
        {
            struct souk_str value = json_text(json_at(&item->value, "value"));
            int64_t count = json_int(json_at(&item->value, "count"), -1), right = 0;
            int chosen = json_true(json_at(&item->value, "selected"));
            for (int i = 0; i < row_count; i++)
                right +=
                    plain_has(&rows_all[i], plain, key) && plain_shows(&rows_all[i], key, value);
            if (count != right || (!count && !chosen))
                fail_msg("%s=%.*s: %lld instead of %lld in category %lld", keys[key],
                         SOUK_PRI(value), (long long)count, (long long)right,
                         (long long)plain->category);
            sum += chosen ? 0 : count;
            if (key >= COLOR && key <= MATERIAL) {
                assert_int_equal(chosen, plain->values[key] >> (value.ptr[1] - '0') & 1);
                shown[key] |= 1U << (value.ptr[1] - '0');
            }
        }
        for (int i = 0; i < row_count; i++)
            all += plain_has(&rows_all[i], plain, key) && rows_all[i].amount >= 0;
        if (key == PRICE && !plain->set[PRICE])
            assert_int_equal(sum, all); /* the ranges leave nothing out and take nothing twice */
    }
    for (int key = COLOR; key <= MATERIAL; key++) {
        for (int i = 0; i < row_count; i++)
            if (plain_has(&rows_all[i], plain, key))
                due[key] |= rows_all[i].values[key];
        assert_int_equal(shown[key], due[key] | plain->values[key]);
    }
}

static const char *row_order;

static int row_compare(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int64_t order = 0;
    if (strcmp(row_order, "new") == 0)
        order = y->created - x->created;
    else if (strcmp(row_order, "popular") != 0 && (x->amount < 0) != (y->amount < 0))
        order = x->amount < 0 ? 1 : -1;
    else if (strcmp(row_order, "popular") != 0)
        order = *row_order == '-' ? y->amount - x->amount : x->amount - y->amount;
    if (order == 0)
        order = y->popularity - x->popularity;
    if (order == 0)
        order = x->id - y->id;
    return order < 0 ? -1 : order > 0;
}

static void compare_order(struct shop_fixture *fixture, const struct plain *plain,
                          struct listing_query query, int64_t now)
{
    static const char *const orders[] = {"popular", "new", "price", "-price"};
    static struct row sorted[PRODUCTS + 100];
    for (int o = 0; o < 4; o++) {
        int count = 0;
        for (int i = 0; i < row_count; i++)
            if (plain_has(&rows_all[i], plain, -1))
                sorted[count++] = rows_all[i];
        row_order = orders[o];
        qsort(sorted, (size_t)count, sizeof *sorted, row_compare);
        query.sort = souk_str(orders[o]);
        query.limit = 10;
        query.page = 1 + dice(4);
        struct listing_result result = list(fixture, &query, "en", now);
        int from = (int)(query.page - 1) * 10;
        assert_int_equal(result.count, count - from < 0    ? 0
                                       : count - from > 10 ? 10
                                                           : count - from);
        for (int k = 0; k < result.count; k++)
            if (result.ids[k] != sorted[from + k].id)
                fail_msg("%s, %d: %lld instead of %lld", orders[o], k, (long long)result.ids[k],
                         (long long)sorted[from + k].id);
    }
}

static void compare_one(struct shop_fixture *fixture, int64_t now)
{
    struct listing_query query;
    struct plain plain;
    random_query(fixture, &query, &plain);
    struct listing_result result = list(fixture, &query, "en", now);
    assert_int_equal(result.total, plain_total(&plain));
    assert_int_equal(result.count, result.total < 100 ? result.total : 100);
    for (int i = 0; i < result.count; i++)
        assert_true(plain_find(result.ids[i]) && plain_has(plain_find(result.ids[i]), &plain, -1));
    compare_facets(&plain, &result);
    compare_order(fixture, &plain, query, now);
    arena_reset(&fixture->arena);
}

static void test_counts(void **state)
{
    struct shop_fixture *fixture = *state;
    catalogue(fixture);
    plain_load(fixture, NOW);
    for (int i = 0; i < 200; i++)
        compare_one(fixture, NOW);
}

static void test_edits(void **state)
{
    struct shop_fixture *fixture = *state;
    catalogue(fixture);
    plain_load(fixture, NOW);
    compare_one(fixture, NOW);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(fixture_write(fixture, edit_some, NULL), 0);
        plain_load(fixture, NOW);
        for (int k = 0; k < 4; k++)
            compare_one(fixture, NOW);
        if (i == 40)
            listing_refresh(fixture->db);
    }
}

static void test_times(void **state)
{
    struct shop_fixture *fixture = *state;
    catalogue(fixture);
    for (int i = 0; i < 50; i++) { /* forward and back */
        int64_t now = NOW + (dice(40) - 20) * HOUR / 2;
        plain_load(fixture, now);
        for (int k = 0; k < 4; k++)
            compare_one(fixture, now);
    }
}

static void test_until(void **state)
{
    struct shop_fixture *fixture = *state;
    struct listing_query query = {.page = 1, .category_id = 4};
    catalogue(fixture);
    struct listing_result result = list(fixture, &query, "en", NOW);
    assert_true(result.until > NOW && result.until <= NOW + HOUR);
    int64_t total = result.total;
    assert_int_equal(list(fixture, &query, "en", result.until - 1).total, total);
    fixture_sql(fixture, "DELETE FROM price WHERE from_at IS NOT NULL OR until_at IS NOT NULL");
    fixture_sql(fixture, "UPDATE product SET publish_from = NULL, publish_until = NULL");
    fixture_sql(fixture,
                "UPDATE catalogue_state SET version = version + 1"); /* no products named */
    assert_int_equal(list(fixture, &query, "en", NOW).until, 0);
}

/* All pages by cursor are all products, each once, in one order; also when some change meanwhile.
 */
static void test_cursors(void **state)
{
    static const char *const sorts[] = {"popular", "new", "price", "-price", "name"};
    struct shop_fixture *fixture = *state;
    catalogue(fixture);
    for (int s = 0; s < 5; s++) {
        struct listing_query query = {.limit = 70, .sort = souk_str(sorts[s])};
        static char seen[PRODUCTS + 100];
        int64_t count = 0, total = 0;
        memset(seen, 0, sizeof seen);
        do {
            struct listing_result result = list(fixture, &query, "en", NOW);
            total = result.total;
            for (int i = 0; i < result.count; i++) {
                assert_int_equal(seen[result.ids[i]], 0);
                seen[result.ids[i]] = 1;
                count++;
            }
            query.cursor = result.next;
        } while (query.cursor.len);
        assert_int_equal(count, total);
        assert_true(count > 1000);
    }
    struct listing_query query = {.limit = 10, .sort = souk_str("new")};
    query.cursor = list(fixture, &query, "en", NOW).next;
    struct listing_result before = list(fixture, &query, "en", NOW);
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE product SET status = 'draft' WHERE id = %lld",
             (long long)before.ids[3]);
    fixture_sql(fixture, sql);
    snprintf(sql, sizeof sql,
             "INSERT INTO catalogue_change SELECT version + 1, %lld FROM "
             "catalogue_state",
             (long long)before.ids[3]);
    fixture_sql(fixture, sql);
    fixture_sql(fixture, "UPDATE catalogue_state SET version = version + 1");
    struct listing_result after = list(fixture, &query, "en", NOW);
    assert_int_equal(after.ids[2], before.ids[2]);
    assert_int_equal(after.ids[3], before.ids[4]);
}

static void test_names(void **state)
{
    struct shop_fixture *fixture = *state;
    struct listing_query query = {.limit = 100, .sort = souk_str("name"), .page = 3};
    catalogue(fixture);
    for (int round = 0; round < 3; round++) {
        struct listing_result result = list(fixture, &query, "en", NOW);
        char last[200] = "";
        assert_int_equal(result.count, 100);
        for (int i = 0; i < result.count; i++) {
            struct db_rows rows;
            struct db_conn *conn = db_read_begin(fixture->db, 0);
            static const struct db_statement name = {
                "name", "SELECT name FROM product_text WHERE product_id = $1 AND locale = 'en'"};
            assert_int_equal(db_query(conn, &name, &rows, DB_INT(result.ids[i])), 0);
            assert_int_equal(db_next(&rows), 1);
            struct souk_str fold = utf8_fold(&fixture->arena, db_text(&rows, 0));
            assert_true(strcmp(last, fold.ptr) <= 0);
            snprintf(last, sizeof last, "%s", fold.ptr);
            db_close(&rows);
            db_read_end(conn);
        }
        assert_int_equal(fixture_write(fixture, edit_some, NULL), 0);
    }
}

/* ---- words, queries ---- */

static void test_words(void **state)
{
    struct shop_fixture *fixture = *state;
    struct listing_query query = {.page = 1, .limit = 100, .q = souk_str("lamps")};
    catalogue(fixture);
    for (int round = 0; round < 3; round++) {
        struct listing_result result = list(fixture, &query, "en", NOW);
        assert_true(result.total > 300);
        assert_int_equal(
            result.total,
            fixture_int(fixture, "SELECT count(*) FROM product p JOIN product_text t ON "
                                 "t.product_id = p.id AND t.locale = 'en' WHERE t.name LIKE "
                                 "'%lamp%' AND status = 'active' AND visibility IN ('both', "
                                 "'search') AND coalesce(publish_from, 0) <= 1795000000000000 AND "
                                 "coalesce(publish_until, 1795000000000001) > 1795000000000000"));
        assert_int_equal(fixture_write(fixture, edit_some, NULL), 0);
    }
    query.q = souk_str("lmap lamp");
    struct listing_result result = list(fixture, &query, "en", NOW);
    assert_true(souk_str_is(result.corrected, "lamp lamp"));
    int64_t exact =
        fixture_int(fixture, "SELECT product_id FROM variant v JOIN product p ON p.id = "
                             "product_id WHERE v.enabled = 1 AND visibility = 'both' AND "
                             "status = 'active' AND publish_from IS NULL AND "
                             "publish_until IS NULL LIMIT 1");
    char sku[20];
    snprintf(sku, sizeof sku, "s%lld", (long long)exact * 10);
    query.q = keep(fixture, sku);
    if (list(fixture, &query, "en", NOW).exact_id != 0) /* its first variant may be disabled */
        assert_int_equal(list(fixture, &query, "en", NOW).exact_id, exact);
    query.q = souk_str("zzyzx");
    result = list(fixture, &query, "en", NOW);
    assert_int_equal(result.total, 0);
    assert_int_equal(result.count, 0);
}

static int parse(struct shop_fixture *fixture, struct listing_query *query, struct err *err,
                 const char *const *pairs)
{
    struct souk_str names[10], values[10];
    size_t count = 0;
    struct market market = market_at("en", NOW);
    for (; pairs[count * 2]; count++) {
        names[count] = souk_str(pairs[count * 2]);
        values[count] = souk_str(pairs[count * 2 + 1]);
    }
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = listing_parse(conn, &fixture->arena, &market, names, values, count, query, err);
    db_read_end(conn);
    return code;
}

#define PARSE(...) parse(fixture, &query, &err, (const char *const[]){__VA_ARGS__, NULL, NULL})

static void test_parse(void **state)
{
    struct shop_fixture *fixture = *state;
    struct listing_query query;
    struct err err = {0};
    catalogue(fixture);
    fixture_sql(fixture, "INSERT INTO slug (kind, slug, locale, target_id, current) VALUES "
                         "('category', 'bee', 'en', 2, 1)");
    assert_int_equal(PARSE("q", "lamp", "category", "bee", "color", "v1,v2", "color", "v3", "price",
                           "1.00-20", "utm_source", "mail", "limit", "12", "page", "2"),
                     0);
    assert_int_equal(query.filter_count, 2);
    assert_int_equal(query.filters[0].count, 3);
    assert_int_equal(query.category_id, 2);
    assert_int_equal(query.limit, 12);
    assert_int_equal(query.page, 2);
    assert_int_equal(PARSE("limit", "101"), SOUK_INVALID);
    assert_non_null(strstr(err.text, "limit"));
    assert_int_equal(PARSE("limit", "0"), SOUK_INVALID);
    assert_int_equal(PARSE("page", "-1"), SOUK_INVALID);
    assert_non_null(strstr(err.text, "page"));
    assert_int_equal(PARSE("page", "two"), SOUK_INVALID);
    assert_int_equal(PARSE("sort", "random"), SOUK_INVALID);
    assert_int_equal(PARSE("price", "cheap"), SOUK_INVALID);
    assert_int_equal(PARSE("price", "5-x"), SOUK_INVALID);
    assert_int_equal(PARSE("category", "nowhere"), SOUK_INVALID);
    assert_int_equal(PARSE("color", "v99"), 0);
    assert_int_equal(list(fixture, &query, "en", NOW).total, 0);
    int64_t blue = (PARSE("color", "v1"), list(fixture, &query, "en", NOW).total);
    query.filters[query.filter_count++] = (struct listing_filter){
        .attribute = souk_str("available"), .values = {souk_str("0")}, .count = 1};
    assert_int_equal(list(fixture, &query, "en", NOW).total, blue);
    assert_int_equal(PARSE("utm_source", "x"), 0);
    assert_true(list(fixture, &query, "en", NOW).total > 1000);
}

static void test_refusals(void **state)
{
    static const char *const cursors[] = {"!!", "AAAA", "cG9wdWxhcnwxfDJ8", "bmV3fDF8MnwzfA"};
    struct shop_fixture *fixture = *state;
    struct market market = market_at("en", NOW);
    struct listing_result result;
    struct err err = {0};
    catalogue(fixture);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    for (int i = 0; i < 4; i++) {
        struct listing_query query = {.sort = souk_str("popular"), .cursor = souk_str(cursors[i])};
        assert_int_equal(listing_run(conn, &fixture->arena, &market, &query, &result, &err),
                         SOUK_INVALID);
        assert_non_null(strstr(err.text, "cursor"));
    }
    struct listing_query query = {.sort = souk_str("size")};
    assert_int_equal(listing_run(conn, &fixture->arena, &market, &query, &result, &err),
                     SOUK_INVALID);
    query = (struct listing_query){.page = INT64_MAX};
    assert_int_equal(listing_run(conn, &fixture->arena, &market, &query, &result, &err), 0);
    assert_int_equal(result.count, 0);
    db_read_end(conn);
}

static void test_facet_words(void **state)
{
    struct shop_fixture *fixture = *state;
    struct listing_query query = {.page = 1};
    static const char *const order[] = {"brand", "price", "size", "color", "material", "available"};
    int at = 0;
    catalogue(fixture);
    struct listing_result result = list(fixture, &query, "bg", NOW);
    json_each(facet, result.facets)
    {
        assert_true(at < 6 && souk_str_is(json_text(json_at(&facet->value, "key")), order[at]));
        if (at == 3)
            assert_true(souk_str_is(json_text(json_at(&facet->value, "label")), "Цвят"));
        if (at == 2) {
            assert_true(souk_str_is(json_text(json_at(&facet->value, "label")), "Size"));
            const struct json *first = &json_first(json_at(&facet->value, "values"))->value;
            assert_true(souk_str_is(json_text(json_at(first, "value")), "v5")); /* by position */
        }
        at++;
    }
    assert_int_equal(at, 6);
}

static void test_structure(void **state)
{
    struct shop_fixture *fixture = *state;
    struct listing_query query = {.page = 1, .category_id = 4};
    catalogue(fixture);
    int64_t own = list(fixture, &query, "en", NOW).total;
    fixture_sql(fixture, "UPDATE category SET parent_id = 4 WHERE id = 5");
    fixture_sql(fixture, "UPDATE catalogue_state SET version = version + 1");
    struct plain plain = {.category = 4};
    plain_load(fixture, NOW);
    int64_t both = list(fixture, &query, "en", NOW).total;
    assert_true(both > own);
    assert_int_equal(both, plain_total(&plain));
    listing_refresh(fixture->db); /* names to sort by */
    assert_int_equal(listing_stale(fixture->db), 0);
    fixture_sql(fixture, "UPDATE catalogue_state SET version = version + 1000");
    assert_int_equal(listing_stale(fixture->db), 1);
    listing_refresh(fixture->db);
    assert_int_equal(listing_stale(fixture->db), 0);
}

static int end(void **state)
{
    listing_end();
    return fixture_teardown(state);
}

#define LISTING_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, end)

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {
        LISTING_TEST(test_counts),    LISTING_TEST(test_edits),       LISTING_TEST(test_times),
        LISTING_TEST(test_until),     LISTING_TEST(test_cursors),     LISTING_TEST(test_names),
        LISTING_TEST(test_words),     LISTING_TEST(test_parse),       LISTING_TEST(test_refusals),
        LISTING_TEST(test_structure), LISTING_TEST(test_facet_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
