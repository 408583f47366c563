/*
 * Settings: put, replace, get, delete; by owner.
 */
#include "fixture.h"
#include "base/board.h"
#include "store/setting.h"

static int put_write(struct db_conn *conn, void *arg)
{
    return setting_put(conn, souk_str("souk"), souk_str("last"), souk_str(arg), NOW);
}

static int delete_write(struct db_conn *conn, void *arg)
{
    (void)arg;
    return setting_delete(conn, souk_str("souk"), souk_str("last"));
}

static void check(struct db *db, const char *owner, int code, const char *value)
{
    struct arena arena = {0};
    struct souk_str found = {NULL, 0};
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(setting_get(conn, &arena, souk_str(owner), souk_str("last"), &found), code);
    db_read_end(conn);
    if (code == 0)
        assert_true(souk_str_is(found, value));
    arena_free(&arena);
}

static void test_all(void **state)
{
    struct db *db = fixture_open(NULL);
    (void)state;
    check(db, "souk", SOUK_NOT_FOUND, NULL);
    assert_int_equal(db_write(db, put_write, "one", NULL), 0);
    check(db, "souk", 0, "one");
    assert_int_equal(db_write(db, put_write, "", NULL), 0);
    check(db, "souk", 0, "");
    check(db, "visits", SOUK_NOT_FOUND, NULL);
    assert_int_equal(db_write(db, delete_write, NULL, NULL), 0);
    assert_int_equal(db_write(db, delete_write, NULL, NULL), 0);
    check(db, "souk", SOUK_NOT_FOUND, NULL);
    db_shut(db);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
