/*
 * Migrations: what is missing is applied, all or nothing; what does not fit is refused;
 * copies; a plugin's tables taken away.
 */
#include "fixture.h"
#include "base/board.h"

static char folder[64];
static struct db_options options;

static int setup(void **state)
{
    fixture_folder(folder, sizeof folder);
    options = (struct db_options){.dir = folder};
    *state = fixture_open(&options);
    return 0;
}

static int teardown(void **state)
{
    db_shut(*state);
    fixture_remove(folder);
    return 0;
}

static int exists(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

#define FIRST                                                                                      \
    {                                                                                              \
        1, "first", "CREATE TABLE p_shop_a (id INTEGER PRIMARY KEY) STRICT;"                       \
    }
#define SECOND                                                                                        \
    {                                                                                                 \
        2, "second",                                                                                  \
            "CREATE TABLE p_shop_b (id INTEGER PRIMARY KEY) STRICT; INSERT INTO p_shop_a VALUES (7);" \
    }

static void test_applied_once(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    const struct migration list[] = {
        FIRST, SECOND, {5, "gap", "ALTER TABLE p_shop_b ADD COLUMN x INTEGER NOT NULL DEFAULT 1;"}};
    assert_int_equal(migrate_apply(db, "shop", list, 1, &err), 0);
    assert_false(exists("before-shop-1.db")); /* nothing of it was there */
    assert_int_equal(migrate_apply(db, "shop", list, 2, &err), 0);
    assert_true(exists("before-shop-2.db"));
    assert_int_equal(migrate_apply(db, "shop", list, 2, &err), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM p_shop_a"), 1);
    assert_int_equal(migrate_apply(db, "shop", list, 3, &err), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM migration WHERE owner = 'shop'"), 3);
    assert_int_equal(migrate_apply(db, "empty", NULL, 0, &err), 0);
}

static void test_the_copy_is_from_before(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    char other[64], command[300];
    const struct migration list[] = {FIRST, SECOND};
    migrate_apply(db, "shop", list, 1, &err);
    migrate_apply(db, "shop", list, 2, &err);
    fixture_folder(other, sizeof other);
    snprintf(command, sizeof command, "cp '%s/before-shop-2.db' '%s/souk.db'", folder, other);
    assert_int_equal(system(command), 0);
    struct db_options copy = {.dir = other};
    struct db *before = fixture_open(&copy);
    assert_int_equal(fixture_int(before, "SELECT count(*) FROM p_shop_a"), 0);
    assert_int_equal(fixture_int(before, "SELECT count(*) FROM migration WHERE owner = 'shop'"), 1);
    db_shut(before);
    fixture_remove(other);
}

static void test_all_or_nothing(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    const struct migration list[] = {
        FIRST,
        {2, "broken",
         "CREATE TABLE p_shop_c (id INTEGER);\nINSERT INTO p_shop_nothing VALUES (1);"}};
    assert_int_not_equal(migrate_apply(db, "shop", list, 2, &err), 0);
    assert_non_null(strstr(err.text, "migration 2 (broken) of shop: line 2"));
    assert_int_equal(
        fixture_int(db, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'p_shop%'"), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM migration WHERE owner = 'shop'"), 0);
    assert_int_equal(migrate_apply(db, "shop", list, 1, &err), 0);
}

static void test_changed_text(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    const struct migration list[] = {FIRST, SECOND};
    const struct migration changed[] = {
        {1, "first", "CREATE TABLE p_shop_a (id INTEGER PRIMARY KEY);"}, SECOND};
    assert_int_equal(migrate_apply(db, "shop", list, 1, &err), 0);
    assert_int_equal(migrate_apply(db, "shop", changed, 2, &err), SOUK_CONFLICT);
    assert_non_null(strstr(err.text, "has changed since"));
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM migration WHERE owner = 'shop'"), 1);
}

static void test_newer_schema(void **state)
{
    struct err err = {0};
    const struct migration list[] = {FIRST, SECOND};
    assert_int_equal(migrate_apply(*state, "shop", list, 2, &err), 0);
    assert_int_equal(migrate_apply(*state, "shop", list, 1, &err), SOUK_CONFLICT);
    assert_non_null(strstr(err.text, "newer"));
    assert_int_equal(
        fixture_write(*state,
                      "INSERT INTO migration VALUES ('souk', 900, 'later', zeroblob(32), 0)", &err),
        0);
    db_shut(*state);
    struct db *db = NULL;
    assert_int_equal(db_open(&db, &options, &err), SOUK_CONFLICT);
    assert_non_null(strstr(err.text, "install the newer version"));
    assert_null(db);
    fixture_remove(folder);
    fixture_folder(folder, sizeof folder);
    *state = fixture_open(&options);
}

static void test_only_its_own(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    const struct migration thief[] = {{1, "thief", "DROP TABLE setting;"}};
    const struct migration reader[] = {
        {1, "reader", "CREATE TABLE p_r_x AS SELECT * FROM session;"}};
    const struct migration order[] = {SECOND, FIRST};
    assert_int_equal(migrate_apply(db, "thief", thief, 1, &err), SOUK_DENIED);
    assert_non_null(strstr(err.text, "setting"));
    assert_int_equal(migrate_apply(db, "r", reader, 1, &err), SOUK_DENIED);
    assert_int_equal(migrate_apply(db, "shop", order, 2, &err), SOUK_INVALID);
    assert_int_equal(migrate_apply(db, "", order, 2, &err), SOUK_INVALID);
}

static void test_purge(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    const struct migration list[] = {
        {1, "all",
         "CREATE TABLE p_shop_a (id INTEGER PRIMARY KEY) STRICT;"
         "CREATE TABLE p_shop_b (id INTEGER PRIMARY KEY REFERENCES p_shop_a (id)) STRICT;"
         "INSERT INTO p_shop_a VALUES (1); INSERT INTO p_shop_b VALUES (1);"
         "CREATE VIRTUAL TABLE p_shop_words USING fts5 (text); CREATE VIEW p_shop_v AS SELECT id FROM p_shop_a;"}};
    const struct migration longer[] = {
        {1, "all", "CREATE TABLE p_shop_pro_a (id INTEGER PRIMARY KEY) STRICT;"}};
    assert_int_equal(migrate_apply(db, "shop", list, 1, &err), 0);
    assert_int_equal(migrate_apply(db, "shop_pro", longer, 1, &err), 0);
    assert_int_equal(migrate_purge(db, "souk", &err), SOUK_DENIED);
    if (migrate_purge(db, "shop", &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(
        fixture_int(
            db, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'p_shop%' AND type <> 'index'"),
        1);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM p_shop_pro_a"), 0);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM migration WHERE owner = 'shop'"), 0);
    assert_int_equal(migrate_apply(db, "shop", list, 1, &err), 0);
    assert_int_equal(migrate_purge(db, "never_was", &err), 0);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_applied_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_copy_is_from_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_or_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newer_schema, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_purge, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
