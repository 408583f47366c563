/*
 * test_catalogue: the tables "catalogue" and "price": bad arguments are refused and never read,
 * each function keeps to its kinds of call, structs of other sizes are respected, and a walk
 * outside of a request takes no more memory than its largest piece.
 */
#include "fixture.h"

#include <string.h>

static int64_t save(struct souk_ctx *ctx, const char *key, int64_t amount)
{
    struct souk_product_result result = {.size = sizeof result};
    char text[400];
    snprintf(text, sizeof text,
             "{\"key\": \"%s\", \"status\": \"active\", \"text\": {\"en\": {\"name\": \"%s\"}}, "
             "\"variants\": [{\"sku\": \"%s\", \"stock\": 5, \"prices\": [{\"list\": \"base\", "
             "\"amount\": %lld, \"compare_at\": 9999}]}]}",
             key, key, key, (long long)amount);
    if (souk_product_save(ctx, fixture_json(ctx, text), &result) != SOUK_OK)
        fail_msg("%s", souk_failure(ctx).ptr);
    return result.id;
}

static int64_t variant_of(struct souk_ctx *ctx, const char *sku)
{
    int64_t product, variant;
    assert_int_equal(souk_product_find(ctx, "sku", souk_str(sku), &product, &variant), SOUK_OK);
    return variant;
}

#define REFUSED(code, call)                                                                        \
    do {                                                                                           \
        ctx.failed = 0;                                                                            \
        assert_int_equal((call), (code));                                                          \
        assert_true(souk_failure(&ctx).len > 0);                                                   \
    } while (0)

/* ---- arguments ---- */

static void bad_texts_are_not_read(void **state)
{
    (void)state;
    static const struct souk_str bad[] = {{NULL, 3}, {"x", SIZE_MAX}, {"\xff\xfe", 2}, {"\xc3", 1}};
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    const struct souk_value *value;
    struct souk_price price = {.size = sizeof price};
    int64_t id;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct souk_terms terms[7];
        memset(terms, 0, sizeof terms);
        terms[0].locale = terms[1].currency = terms[2].group = terms[3].channel = bad[i];
        terms[4].country = terms[5].region = terms[6].postcode = bad[i];
        REFUSED(SOUK_INVALID, souk_product_find(&ctx, "sku", bad[i], &id, NULL));
        REFUSED(SOUK_INVALID, souk_tax_rates(&ctx, bad[i], NULL, &value));
        REFUSED(SOUK_INVALID, souk_stock_move(&ctx, 1, 1, bad[i]));
        for (size_t t = 0; t < sizeof terms / sizeof *terms; t++) {
            terms[t].size = sizeof *terms;
            REFUSED(SOUK_INVALID, souk_price_of(&ctx, 1, 1, &terms[t], &price));
            REFUSED(SOUK_INVALID, souk_product_view(&ctx, 1, &terms[t], &value));
            assert_null(value);
        }
    }
    call_end(&ctx, NULL);
}

static void no_place_for_the_result(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    const struct souk_value *value;
    int64_t number = 0;
    REFUSED(SOUK_INVALID, souk_product_get(&ctx, 1, NULL));
    REFUSED(SOUK_INVALID, souk_product_find(&ctx, "sku", souk_str("x"), NULL, NULL));
    REFUSED(SOUK_INVALID, souk_product_find(&ctx, NULL, souk_str("x"), &number, NULL));
    REFUSED(SOUK_INVALID, souk_product_view(&ctx, 1, NULL, NULL));
    REFUSED(SOUK_INVALID, souk_product_list(&ctx, NULL, NULL, NULL));
    REFUSED(SOUK_INVALID, souk_item_walk(&ctx, NULL, NULL, 1, &value));
    assert_null(value);
    REFUSED(SOUK_INVALID, souk_item_walk(&ctx, NULL, &number, 1, NULL));
    REFUSED(SOUK_INVALID, souk_categories(&ctx, NULL, NULL));
    REFUSED(SOUK_INVALID, souk_product_save(&ctx, NULL, NULL));
    REFUSED(SOUK_INVALID, souk_stock(&ctx, 1, NULL, &number));
    REFUSED(SOUK_INVALID, souk_stock(&ctx, 1, &number, NULL));
    REFUSED(SOUK_INVALID, souk_catalogue_version(&ctx, NULL));
    REFUSED(SOUK_INVALID, souk_price_of(&ctx, 1, 1, NULL, NULL));
    REFUSED(SOUK_INVALID, souk_price_explain(&ctx, 1, 1, NULL, NULL));
    REFUSED(SOUK_INVALID, souk_quote(&ctx, NULL, &value));
    REFUSED(SOUK_INVALID, souk_quote(&ctx, fixture_json(&ctx, "{}"), NULL));
    REFUSED(SOUK_INVALID, souk_tax_rates(&ctx, souk_str("standard"), NULL, NULL));
    REFUSED(SOUK_INVALID, souk_stock_move(&ctx, 1, INT64_MAX, souk_str("")));
    REFUSED(SOUK_INVALID, souk_stock_move(&ctx, 1, INT64_MIN, souk_str("")));
    REFUSED(SOUK_INVALID, souk_stock_count(&ctx, 1, -1));
    call_end(&ctx, NULL);
}

/* ---- kinds ---- */

static void each_keeps_to_its_kinds(void **state)
{
    (void)state;
    static const int kinds[] = {CALL_INIT, SOUK_READ};
    struct souk_price price = {.size = sizeof price};
    const struct souk_value *value;
    int64_t a = 0, b;
    for (size_t i = 0; i < 2; i++) {
        struct souk_ctx ctx = fixture_ctx(kinds[i]);
        REFUSED(SOUK_WRONG_KIND,
                souk_product_save(&ctx, fixture_json(&ctx, "{\"key\": \"x\"}"), NULL));
        REFUSED(SOUK_WRONG_KIND, souk_stock_move(&ctx, 1, 1, souk_str("")));
        REFUSED(SOUK_WRONG_KIND, souk_stock_count(&ctx, 1, 1));
        REFUSED(SOUK_WRONG_KIND, souk_quote(&ctx, fixture_json(&ctx, "{}"), &value));
        call_end(&ctx, NULL);
    }
    struct souk_ctx ctx = fixture_ctx(CALL_INIT);
    REFUSED(SOUK_WRONG_KIND, souk_product_get(&ctx, 1, &value));
    REFUSED(SOUK_WRONG_KIND, souk_product_find(&ctx, "key", souk_str("x"), &a, NULL));
    REFUSED(SOUK_WRONG_KIND, souk_product_view(&ctx, 1, NULL, &value));
    REFUSED(SOUK_WRONG_KIND, souk_product_list(&ctx, NULL, NULL, &value));
    REFUSED(SOUK_WRONG_KIND, souk_item_walk(&ctx, NULL, &a, 1, &value));
    REFUSED(SOUK_WRONG_KIND, souk_categories(&ctx, NULL, &value));
    REFUSED(SOUK_WRONG_KIND, souk_stock(&ctx, 1, &a, &b));
    REFUSED(SOUK_WRONG_KIND, souk_catalogue_version(&ctx, &a));
    REFUSED(SOUK_WRONG_KIND, souk_price_of(&ctx, 1, 1, NULL, &price));
    REFUSED(SOUK_WRONG_KIND, souk_price_explain(&ctx, 1, 1, NULL, &value));
    REFUSED(SOUK_WRONG_KIND, souk_tax_rates(&ctx, souk_str("standard"), NULL, &value));
    call_end(&ctx, NULL);
}

static int in_write(struct souk_ctx *from, void *arg)
{
    struct souk_ctx ctx = *from;
    const struct souk_value *value;
    struct souk_rows *rows;
    int64_t after = 0;
    (void)arg;
    ctx.guards = NULL;
    REFUSED(SOUK_WRONG_KIND, souk_item_walk(&ctx, NULL, &after, 1, &value));
    REFUSED(SOUK_WRONG_KIND, souk_quote(&ctx, fixture_json(&ctx, "{}"), &value));
    /* an open query is closed by a save, not led astray */
    assert_int_equal(souk_query(&ctx, &rows, "SELECT key FROM v1_product"), SOUK_OK);
    save(&ctx, "inside", 700);
    assert_int_equal(souk_next(rows), 0);
    assert_int_equal(souk_query(&ctx, &rows, "SELECT key FROM v1_product"), SOUK_OK);
    assert_int_equal(souk_next(rows), 1);
    assert_true(souk_str_is(souk_column_text(rows, 0), "inside"));
    call_end(&ctx, ctx.conn);
    return SOUK_CONFLICT; /* and all of it goes again */
}

static void in_a_write(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    assert_int_equal(souk_db_write(&ctx, in_write, NULL), SOUK_CONFLICT);
    call_end(&ctx, NULL);
    assert_int_equal(fixture_int("SELECT count(*) FROM product"), 0);
}

/* ---- a step that fails, a column that there is not ---- */

static void step_has_words(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    struct souk_rows *rows;
    assert_int_equal(
        souk_query(&ctx, &rows, "SELECT abs(-9223372036854775807 - $1)", SOUK_A_INT(1)), SOUK_OK);
    int code = souk_next(rows);
    assert_true(code < 0);
    assert_int_equal(ctx.failure.code, code);
    assert_non_null(strstr(ctx.failure.text, "integer overflow"));
    assert_non_null(strstr(ctx.failure.text, "SELECT abs"));
    assert_int_equal(souk_next(rows), 0);
    call_end(&ctx, NULL);
}

static void column_is_missed(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    struct souk_rows *rows;
    assert_int_equal(souk_query(&ctx, &rows, "SELECT 7"), SOUK_OK);
    assert_int_equal(souk_next(rows), 1);
    assert_int_equal(souk_column_int(rows, 0), 7);
    assert_int_equal(rows->blamed, 0);
    assert_int_equal(souk_column_int(rows, 1), 0);
    assert_int_equal(rows->blamed, 1);
    call_end(&ctx, NULL);
}

/* ---- sizes of structs ---- */

static void sizes_are_respected(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    save(&ctx, "tea", 700);
    int64_t id = variant_of(&ctx, "tea");
    struct souk_price price = {.size = sizeof price};
    struct souk_terms terms = {.size = sizeof terms};
    assert_int_equal(souk_price_of(&ctx, id, 1, &terms, &price), SOUK_OK);
    assert_int_equal(price.size, sizeof price);
    assert_int_equal(price.amount, 700);
    assert_int_equal(price.compare_at, 9999);
    assert_string_equal(price.currency, "EUR");
    /* a plugin of a time when it was shorter: nothing is written behind its end */
    memset(&price, 0x5a, sizeof price);
    price.size = offsetof(struct souk_price, lowest);
    assert_int_equal(souk_price_of(&ctx, id, 1, NULL, &price), SOUK_OK);
    assert_int_equal(price.amount, 700);
    assert_int_equal(price.lowest, 0x5a5a5a5a5a5a5a5a);
    terms.size = offsetof(struct souk_terms, currency);
    terms.currency = souk_str("nonsense that is not read");
    assert_int_equal(souk_price_of(&ctx, id, 1, &terms, &(struct souk_price){.size = 40}), SOUK_OK);
    for (uint32_t size = 0; size < 16; size++) {
        struct souk_product_result result = {.size = size < 8 ? size : 5000};
        price.size = size;
        terms.size = size;
        REFUSED(SOUK_INVALID, souk_price_of(&ctx, id, 1, NULL, &price));
        REFUSED(SOUK_INVALID, souk_price_of(&ctx, id, 1, &terms, &(struct souk_price){.size = 40}));
        REFUSED(SOUK_INVALID, souk_product_save(&ctx, fixture_json(&ctx, "{}"), &result));
    }
    call_end(&ctx, NULL);
}

/* ---- pieces ---- */

static void pieces_are_forgotten(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    char key[32];
    int64_t after = 0;
    size_t most = 0, count = 0;
    for (int i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "many-%02d", i);
        save(&ctx, key, 100 + i);
    }
    arena_reset(&arena);
    for (;;) {
        const struct souk_value *items;
        assert_int_equal(souk_item_walk(&ctx, NULL, &after, 1, &items), SOUK_OK);
        if (!souk_count_of(items))
            break;
        count++;
        assert_int_equal(souk_count_of(items), 1);
        most = ctx.piece->total > most ? ctx.piece->total : most;
    }
    assert_int_equal(count, 40);
    assert_true(most > 0 && most < 32768);
    assert_true(arena.total < 65536); /* of the call itself nothing is used up */
    char *kept = memset(arena_alloc(call_piece(&ctx), 64), 'x', 64);
    char *next = arena_alloc(call_piece(&ctx), 64);
    assert_ptr_equal(next, kept);
    assert_int_not_equal(next[0], 'x');
    call_end(&ctx, NULL);
    assert_null(ctx.piece);
}

static int rename_all(struct db_conn *conn, void *arg)
{
    return db_run(conn, db_intern(db, NULL, "UPDATE product_text SET name = $1"), NULL,
                  DB_CSTR(arg));
}

static struct souk_str next_title(struct souk_ctx *ctx, int64_t *after)
{
    const struct souk_value *items;
    assert_int_equal(souk_item_walk(ctx, NULL, after, 1, &items), SOUK_OK);
    assert_int_equal(souk_count_of(items), 1);
    return souk_text(souk_get(souk_at(items, 0), "title"));
}

/* Else a job of minutes would keep the log from being checkpointed. Rows of the plugin's own stay
 * as they are, with their snapshot. */
static void a_walk_holds_no_snapshot(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    struct souk_rows *rows;
    struct err err = {0};
    int64_t after = 0;
    save(&ctx, "first", 100);
    save(&ctx, "second", 100);
    assert_true(souk_str_is(next_title(&ctx, &after), "first"));
    assert_int_equal(db_write(db, rename_all, "renamed", &err), SOUK_OK);
    assert_true(souk_str_is(next_title(&ctx, &after), "renamed"));
    assert_int_equal(souk_query(&ctx, &rows, "SELECT key FROM v1_product ORDER BY id"), SOUK_OK);
    assert_int_equal(souk_next(rows), 1);
    after = 0;
    assert_int_equal(db_write(db, rename_all, "again", &err), SOUK_OK);
    assert_true(souk_str_is(next_title(&ctx, &after), "renamed"));
    assert_int_equal(souk_next(rows), 1);
    assert_true(souk_str_is(souk_column_text(rows, 0), "second"));
    call_end(&ctx, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BRIDGE_TEST(bad_texts_are_not_read),   BRIDGE_TEST(no_place_for_the_result),
        BRIDGE_TEST(each_keeps_to_its_kinds),  BRIDGE_TEST(in_a_write),
        BRIDGE_TEST(sizes_are_respected),      BRIDGE_TEST(pieces_are_forgotten),
        BRIDGE_TEST(a_walk_holds_no_snapshot), BRIDGE_TEST(step_has_words),
        BRIDGE_TEST(column_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
