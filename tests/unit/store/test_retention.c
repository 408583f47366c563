/*
 * Retention: what is over goes after its time, in bites; what is waiting stays, however old.
 */
#include "fixture.h"
#include "base/board.h"
#include "store/retention.h"

#define LATER (NOW + 91 * CLOCK_DAY)

static int setup(void **state)
{
    *state = fixture_open(NULL);
    return 0;
}

static int teardown(void **state)
{
    db_shut(*state);
    return 0;
}

static void put(struct db *db, const char *sql)
{
    struct err err = {0};
    if (fixture_write(db, sql, &err) != 0)
        fail_msg("%s: %s", sql, err.text);
}

/* `count` rows from id `from` on. */
#define ROWS(from, count)                                                                          \
    "WITH RECURSIVE n (i) AS (SELECT " #from " UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " #from \
    " + " #count ") "

static void test_inbox(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    put(db, ROWS(1, 1200) "INSERT INTO inbox (id, source, key, payload, at, done_at) "
                          "SELECT i, 's', i, '', 1795000000000000, 1795000000000000 FROM n");
    put(db, "INSERT INTO inbox (id, source, key, payload, at) VALUES (9999, 's', 'open', '', 1)");
    assert_int_equal(retention_run(db, NOW + 89 * CLOCK_DAY, &err), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM inbox"), 1201);
    assert_int_equal(retention_run(db, LATER, &err), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM inbox"), 1);
    assert_int_equal(fixture_int(db, "SELECT id FROM inbox"), 9999);
}

static void test_dead_jobs_and_their_facts(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    put(db, ROWS(1, 3) "INSERT INTO outbox (id, topic, subject, payload, at) "
                       "SELECT i, 't', '', '', 1795000000000000 FROM n");
    /* fact 1: dead twice; fact 2: one dead, one waiting; fact 3: waiting */
    put(db,
        "INSERT INTO job (id, kind, key, subject, payload, outbox, state, due, attempt, attempts, fence, "
        "lease_until, why, created_at, changed_at) SELECT column1, 'event:t', '', '', '', column2, column3, "
        "0, 1, 1, 0, 0, '', 1795000000000000, 1795000000000000 FROM (VALUES (11, 1, 'dead'), "
        "(12, 1, 'dead'), (13, 2, 'dead'), (14, 2, 'waiting'), (15, 3, 'waiting'))");
    assert_int_equal(retention_run(db, LATER, &err), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM job"), 2);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM job WHERE state = 'dead'"), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM outbox"), 2);
    assert_int_equal(fixture_int(db, "SELECT min(id) FROM outbox"), 2);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_inbox, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dead_jobs_and_their_facts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
