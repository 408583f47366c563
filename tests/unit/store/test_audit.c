/*
 * The audit log: whoever edits, deletes or inserts a row is found out.
 */
#include "fixture.h"
#include "base/board.h"
#include "store/audit.h"

static int put_write(struct db_conn *conn, void *arg)
{
    return audit_put(conn, souk_str("anna"), souk_str("order.refund"), souk_str(arg),
                     souk_str("{\"amount\":5}"), NOW);
}

static int check(struct db *db, int64_t *broken)
{
    struct db_conn *conn = db_read_begin(db, 0);
    int code = audit_check(conn, broken);
    db_read_end(conn);
    return code;
}

static int64_t nth(struct db *db, int n)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT id FROM audit ORDER BY id LIMIT 1 OFFSET %d", n);
    return fixture_int(db, sql);
}

static struct db *filled(void)
{
    struct db *db = fixture_open(NULL);
    int64_t broken = 0;
    assert_int_equal(check(db, &broken), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(db_write(db, put_write, "order-1", NULL), 0);
    assert_int_equal(check(db, &broken), 0);
    return db;
}

static void test_tampering(void **state)
{
    static const char *const deeds[] = {
        "UPDATE audit SET detail = '{\"amount\":6}' WHERE id = (SELECT id FROM audit ORDER BY id LIMIT 1 OFFSET 2)",
        "UPDATE audit SET actor = 'ann', action = 'aorder.refund' WHERE id = (SELECT id FROM audit ORDER BY id LIMIT 1 OFFSET 2)",
        "UPDATE audit SET at = at + 1 WHERE id = (SELECT id FROM audit ORDER BY id LIMIT 1 OFFSET 2)",
    };
    int64_t broken = 0;
    (void)state;
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        struct db *db = filled();
        assert_int_equal(fixture_write(db, deeds[i], NULL), 0);
        assert_int_equal(check(db, &broken), SOUK_CONFLICT);
        assert_true(broken == nth(db, 2));
        db_shut(db);
    }
    struct db *db = filled();
    assert_int_equal(
        fixture_write(db, "UPDATE audit SET id = id - 1 WHERE id = (SELECT min(id) FROM audit)",
                      NULL),
        0);
    assert_int_equal(check(db, &broken), SOUK_CONFLICT);
    assert_true(broken == nth(db, 0));
    db_shut(db);
    db = filled();
    int64_t after = nth(db, 2);
    assert_int_equal(
        fixture_write(
            db, "DELETE FROM audit WHERE id = (SELECT id FROM audit ORDER BY id LIMIT 1 OFFSET 1)",
            NULL),
        0);
    assert_int_equal(check(db, &broken), SOUK_CONFLICT);
    assert_true(broken == after);
    db_shut(db);
}

static void test_undone_with_its_write(void **state)
{
    struct db *db = filled();
    int64_t broken = 0;
    (void)state;
    assert_int_equal(
        fixture_write(db, "INSERT INTO audit SELECT 1, 0, '', '', '', '', zeroblob(32)", NULL),
        SOUK_CONFLICT);
    assert_int_equal(check(db, &broken), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM audit"), 5);
    db_shut(db);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tampering),
                                       cmocka_unit_test(test_undone_with_its_write)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
