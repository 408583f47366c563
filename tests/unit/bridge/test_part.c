/*
 * test_part: what a function of the API changes in WRITE is a part of the write that is kept or
 * undone as a whole, also when the handler does not care about the code it got; and a write whose
 * transaction the database has destroyed fails, whatever its handler says.
 */
#include "fixture.h"

#include <string.h>

static const char good_page[] =
    "{\"key\": \"good\", \"status\": \"active\", \"text\": {\"en\": {\"title\": \"G\"}}}";
static const char bad_page[] = "{\"key\": \"bad\", \"status\": \"active\", "
                               "\"text\": {\"en\": {\"title\": \"B\"}, \"xx-not\": 7}}";

static int put_guest(struct souk_ctx *ctx, const char *name)
{
    return souk_exec(ctx, NULL, "INSERT INTO p_t_guest (id, name) VALUES ($1, $2)",
                     SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(souk_str(name)));
}

static int64_t guests(void)
{
    return fixture_int("SELECT count(*) FROM p_t_guest");
}

static int64_t pages(void)
{
    return fixture_int("SELECT count(*) FROM page");
}

static int run(souk_write_fn fn, void *arg)
{
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    int code = souk_db_write(&ctx, fn, arg);
    call_end(&ctx, NULL);
    return code;
}

/* ---- half way ---- */

static int careless(struct souk_ctx *ctx, void *arg)
{
    int *refused = arg;
    if (souk_content_save(ctx, fixture_json(ctx, good_page), NULL) != SOUK_OK)
        return SOUK_ERROR;
    *refused = souk_content_save(ctx, fixture_json(ctx, bad_page), NULL);
    return put_guest(ctx, "after");
}

static void what_was_refused_half_way_is_undone(void **state)
{
    (void)state;
    int refused = 0;
    assert_int_equal(run(careless, &refused), SOUK_OK);
    assert_int_equal(refused, SOUK_INVALID);
    assert_int_equal(pages(), 1);
    assert_int_equal(guests(), 1);
}

static int in_a_loop(struct souk_ctx *ctx, void *arg)
{
    struct souk_rows *rows;
    int *seen = arg, more = 0;
    int code = souk_query(ctx, &rows, "SELECT name FROM p_t_guest ORDER BY id");
    while (code == SOUK_OK && (more = souk_next(rows)) == 1) {
        ++*seen;
        if (souk_content_save(ctx, fixture_json(ctx, bad_page), NULL) != SOUK_INVALID ||
            souk_record(ctx, "t.seen", 0, souk_column_text(rows, 0), NULL) != SOUK_OK)
            return SOUK_ERROR;
    }
    return code ? code : more;
}

static int two_guests(struct souk_ctx *ctx, void *arg)
{
    (void)arg;
    int code = put_guest(ctx, "one");
    return code ? code : put_guest(ctx, "two");
}

static void a_plugin_s_rows_go_on(void **state)
{
    (void)state;
    int seen = 0;
    assert_int_equal(run(two_guests, NULL), SOUK_OK);
    assert_int_equal(run(in_a_loop, &seen), SOUK_OK);
    assert_int_equal(seen, 2);
    assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = 't.seen'"), 2);
    assert_int_equal(pages(), 0);
}

static int over_returning(struct souk_ctx *ctx, void *arg)
{
    struct souk_rows *rows;
    const char *page = arg;
    int code =
        souk_query(ctx, &rows, "INSERT INTO p_t_guest (id, name) VALUES (7, 'seven') RETURNING id");
    if (code != SOUK_OK || souk_next(rows) != 1 || souk_column_int(rows, 0) != 7)
        return SOUK_ERROR;
    souk_content_save(ctx, fixture_json(ctx, page), NULL);
    return souk_column_int(rows, 0) == 7 ? SOUK_OK : SOUK_ERROR;
}

static void over_rows_that_write_the_whole_write_goes(void **state)
{
    (void)state;
    assert_int_equal(run(over_returning, (void *)(uintptr_t)bad_page), SOUK_INVALID);
    assert_int_equal(guests() + pages(), 0);
    assert_int_equal(run(over_returning, (void *)(uintptr_t)good_page), SOUK_OK);
    assert_int_equal(guests(), 1);
    assert_int_equal(pages(), 1);
}

/* ---- a transaction that is gone ---- */

static int add_trigger(struct db_conn *conn, void *arg)
{
    (void)arg;
    return db_run(conn,
                  db_intern(db, NULL,
                            "CREATE TRIGGER boom BEFORE INSERT ON variant WHEN NEW.sku = 'BOOM' "
                            "BEGIN SELECT RAISE(ROLLBACK, 'the disk is full'); END"),
                  NULL);
}

struct stubborn {
    int saved, later, recorded;
};

static int stubborn(struct souk_ctx *ctx, void *arg)
{
    struct stubborn *codes = arg;
    if (put_guest(ctx, "before") != SOUK_OK)
        return SOUK_ERROR;
    codes->saved = souk_product_save(
        ctx,
        fixture_json(ctx,
                     "{\"key\": \"boom\", \"text\": {\"en\": {\"name\": \"B\"}}, \"variants\": "
                     "[{\"sku\": \"BOOM\"}]}"),
        NULL);
    codes->later = put_guest(ctx, "later");
    codes->recorded = souk_record(ctx, "t.seen", 0, souk_str(""), NULL);
    return SOUK_OK;
}

static void a_destroyed_write_fails_though_its_handler_says_done(void **state)
{
    (void)state;
    struct stubborn codes = {0};
    struct err err = {0};
    assert_int_equal(db_write(db, add_trigger, NULL, &err), 0);
    assert_int_not_equal(run(stubborn, &codes), SOUK_OK);
    assert_true(codes.saved < 0);
    assert_int_equal(codes.later, SOUK_UNAVAILABLE);
    assert_int_equal(codes.recorded, SOUK_UNAVAILABLE);
    assert_int_equal(guests(), 0);
    assert_int_equal(fixture_int("SELECT count(*) FROM event"), 0);
    assert_int_equal(fixture_int("SELECT count(*) FROM product"), 0);
    assert_int_equal(run(two_guests, NULL), SOUK_OK);
    assert_int_equal(guests(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BRIDGE_TEST(what_was_refused_half_way_is_undone),
        BRIDGE_TEST(a_plugin_s_rows_go_on),
        BRIDGE_TEST(over_rows_that_write_the_whole_write_goes),
        BRIDGE_TEST(a_destroyed_write_fails_though_its_handler_says_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
