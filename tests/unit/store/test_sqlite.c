/*
 * The SQLite driver: every setting is read back on a writer and a reader, statements
 * that nobody may give are refused, and a plugin's are held to its own tables.
 */
#include "fixture.h"
#include "store/sqlite_conn.h"

static char folder[64];
static struct driver_conn *writer;
static struct driver_conn *reader;

static int setup(void **state)
{
    struct err err = {0};
    (void)state;
    fixture_folder(folder, sizeof folder);
    if (sqlite_driver.open(&writer, folder, 1, &err) != 0 ||
        sqlite_driver.open(&reader, folder, 0, &err) != 0)
        fail_msg("%s", err.text);
    const char *schema =
        "CREATE TABLE secret (id INTEGER PRIMARY KEY, hidden TEXT, shown TEXT) STRICT;"
        "CREATE VIEW v1_public AS SELECT id, shown FROM secret;"
        "CREATE VIRTUAL TABLE words USING fts5 (text);"
        "INSERT INTO secret VALUES (1, 'h', 's');"
        "INSERT INTO words (rowid, text) VALUES (1, 'green tea');";
    if (sqlite_driver.script(writer, schema, NULL, &err) != 0 ||
        sqlite_driver.script(
            writer,
            "CREATE TABLE p_t_own (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT;"
            "CREATE INDEX p_t_own_name ON p_t_own (name, id);"
            "CREATE VIRTUAL TABLE p_t_fts USING fts5 (text);",
            "t", &err) != 0)
        fail_msg("%s", err.text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sqlite_driver.close(reader);
    sqlite_driver.close(writer);
    fixture_remove(folder);
    return 0;
}

static int switch_of(struct driver_conn *conn, int id)
{
    int now = -1;
    sqlite3_db_config(conn->handle, id, -1, &now);
    return now;
}

static int64_t pragma_of(struct driver_conn *conn, const char *sql, char *text)
{
    sqlite3_stmt *raw = NULL;
    int64_t number = INT64_MIN;
    conn->trusted = 1;
    assert_int_equal(sqlite3_prepare_v2(conn->handle, sql, -1, &raw, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(raw), SQLITE_ROW);
    number = sqlite3_column_int64(raw, 0);
    if (text)
        snprintf(text, 32, "%s", (const char *)sqlite3_column_text(raw, 0));
    sqlite3_finalize(raw);
    conn->trusted = 0;
    return number;
}

static void check_both(struct driver_conn *conn)
{
    char mode[32];
    assert_int_equal(switch_of(conn, SQLITE_DBCONFIG_DEFENSIVE), 1);
    assert_int_equal(switch_of(conn, SQLITE_DBCONFIG_TRUSTED_SCHEMA), 0);
    assert_int_equal(switch_of(conn, SQLITE_DBCONFIG_DQS_DML), 0);
    assert_int_equal(switch_of(conn, SQLITE_DBCONFIG_DQS_DDL), 0);
    assert_int_equal(switch_of(conn, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION), 0);
    assert_int_equal(switch_of(conn, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER), 0);
    assert_int_equal(switch_of(conn, SQLITE_DBCONFIG_ENABLE_FKEY), 1);
    assert_int_equal(pragma_of(conn, "PRAGMA foreign_keys", NULL), 1);
    assert_int_equal(pragma_of(conn, "PRAGMA trusted_schema", NULL), 0);
    assert_int_equal(pragma_of(conn, "PRAGMA cell_size_check", NULL), 1);
    assert_int_equal(pragma_of(conn, "PRAGMA synchronous", NULL), 1);
    assert_int_equal(pragma_of(conn, "PRAGMA temp_store", NULL), 2);
    assert_int_equal(pragma_of(conn, "PRAGMA wal_autocheckpoint", NULL), 0);
    assert_int_equal(pragma_of(conn, "PRAGMA ignore_check_constraints", NULL), 0);
    assert_int_equal(pragma_of(conn, "PRAGMA writable_schema", NULL), 0);
    pragma_of(conn, "PRAGMA journal_mode", mode);
    assert_string_equal(mode, "wal");
    assert_int_equal(sqlite3_limit(conn->handle, SQLITE_LIMIT_ATTACHED, -1), 0);
    assert_int_equal(sqlite3_limit(conn->handle, SQLITE_LIMIT_LENGTH, -1), 32 << 20);
    assert_int_equal(sqlite3_limit(conn->handle, SQLITE_LIMIT_SQL_LENGTH, -1), 256 << 10);
    assert_int_equal(sqlite3_limit(conn->handle, SQLITE_LIMIT_EXPR_DEPTH, -1), 100);
    assert_int_equal(sqlite3_limit(conn->handle, SQLITE_LIMIT_COMPOUND_SELECT, -1), 50);
    assert_int_equal(sqlite3_limit(conn->handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1), 500);
    assert_int_equal(sqlite3_limit(conn->handle, SQLITE_LIMIT_TRIGGER_DEPTH, -1), 10);
    assert_int_equal(sqlite3_limit(conn->handle, SQLITE_LIMIT_WORKER_THREADS, -1), 0);
}

static void test_settings(void **state)
{
    (void)state;
    check_both(writer);
    check_both(reader);
    assert_int_equal(pragma_of(writer, "PRAGMA query_only", NULL), 0);
    assert_int_equal(pragma_of(reader, "PRAGMA query_only", NULL), 1);
    assert_int_equal(sqlite3_db_readonly(writer->handle, "main"), 0);
    assert_int_equal(sqlite3_db_readonly(reader->handle, "main"), 1);
    assert_int_equal(switch_of(reader, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE), 1);
    assert_int_equal(switch_of(writer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE), 0);
    assert_int_equal(pragma_of(writer, "PRAGMA mmap_size", NULL), 0);
    assert_int_equal(pragma_of(reader, "PRAGMA mmap_size", NULL), 256 << 20);
    assert_int_equal(pragma_of(reader, "PRAGMA cache_size", NULL), -256);
    assert_int_equal(pragma_of(writer, "PRAGMA journal_size_limit", NULL), 32 << 20);
}

/* The code of preparing; the words are in *err. */
static int prepare(struct driver_conn *conn, const char *sql, const char *principal,
                   struct err *err)
{
    struct driver_statement *statement = NULL;
    int code = sqlite_driver.prepare(conn, sql, principal, &statement, err);
    sqlite_driver.finalize(statement);
    return code;
}

static int run(struct driver_conn *conn, const char *sql)
{
    struct driver_statement *statement = NULL;
    struct err err = {0};
    int code = sqlite_driver.prepare(conn, sql, NULL, &statement, &err);
    if (code == 0)
        while ((code = sqlite_driver.step(statement)) == 1)
            ;
    sqlite_driver.finalize(statement);
    return code;
}

static void test_refused_to_everybody(void **state)
{
    static const char *const bad[] = {
        "ATTACH '/tmp/x.db' AS x",
        "DETACH main",
        "PRAGMA foreign_keys = 0",
        "PRAGMA synchronous",
        "PRAGMA writable_schema = 1",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE s",
    };
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(prepare(writer, bad[i], NULL, &err), SOUK_DENIED);
    assert_int_not_equal(prepare(writer, "SELECT load_extension('x')", NULL, &err) == 0
                             ? run(writer, "SELECT load_extension('x')")
                             : SOUK_ERROR,
                         0);
    assert_int_not_equal(prepare(writer, "SELECT \"no such column\"", NULL, &err), 0);
    assert_int_not_equal(run(writer, "UPDATE sqlite_master SET sql = ''"), 0);
    assert_int_not_equal(run(writer, "DELETE FROM words_data"), 0); /* DEFENSIVE: a shadow table */
    assert_int_not_equal(run(writer, "SELECT * FROM pragma_table_info('secret')"), 0);
    assert_int_equal(prepare(writer, "SELECT 1; SELECT 2", NULL, &err), SOUK_INVALID);
    assert_int_equal(prepare(writer, "SELECT $1, $3", NULL, &err), SOUK_INVALID);
    assert_int_equal(prepare(writer, "SELECT ?", NULL, &err), SOUK_INVALID);
    assert_int_equal(run(reader, "INSERT INTO secret VALUES (2, '', '')"), SOUK_WRONG_KIND);
    assert_int_equal(run(writer, "INSERT INTO words (rowid, text) VALUES (2, 'black tea')"), 0);
}

static void test_a_plugin_and_its_tables(void **state)
{
    static const char *const good[] = {
        "SELECT * FROM p_t_own",
        "SELECT count(*) FROM p_t_own",
        "INSERT INTO p_t_own (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id",
        "SELECT p.shown FROM v1_public AS p JOIN p_t_own AS o ON o.id = p.id",
        "WITH mine AS (SELECT id FROM p_t_own) SELECT * FROM mine, v1_public",
        "SELECT rowid FROM p_t_fts WHERE p_t_fts MATCH 'tea'",
        "SELECT shown AS v1_shown FROM v1_public",
        "SELECT count(*) FROM v1_public",
        "SELECT count(*) FROM v1_public, p_t_own",
        "SELECT name FROM p_t_own WHERE EXISTS (SELECT 1 FROM v1_public)",
        "SELECT 1 FROM v1_public LEFT JOIN v1_public AS o ON o.id = 3",
        "SELECT p.shown FROM json_each($1) AS key JOIN v1_public AS p ON p.id = key.value ORDER BY key.key",
        "SELECT id FROM p_t_own WHERE id IN (SELECT value FROM json_each($1))",
        "INSERT INTO p_t_own (id, name) SELECT value, json_extract($2, '$.name') FROM json_each($1)",
        "SELECT fullkey, atom FROM json_tree($1) WHERE type = 'integer'",
        "SELECT count(*) FROM json_each($1)",
    };
    static const char *const bad[] = {
        "SELECT hidden FROM secret",
        "SELECT count(*) FROM secret",
        "SELECT hidden FROM v1_public",
        "SELECT (SELECT hidden FROM secret) FROM v1_public",
        "SELECT count(*) FROM v1_public, p_other_own",
        "SELECT count(*) FROM secret, v1_public WHERE secret.hidden = 'x'",
        "DELETE FROM v1_public",
        "UPDATE v1_public SET shown = ''",
        "INSERT INTO v1_public VALUES (1, 'x')",
        "SELECT * FROM p_t_own WHERE name IN (SELECT hidden FROM secret)",
        "INSERT INTO secret VALUES (3, '', '')",
        "DELETE FROM p_other_own",
        "UPDATE secret SET shown = ''",
        "CREATE TABLE p_t_more (id INTEGER)",
        "DROP TABLE p_t_own",
        "SELECT sql FROM sqlite_master",
        "WITH v1_mine AS (SELECT hidden FROM secret) SELECT * FROM v1_mine",
        "WITH \"v1_mine\" /* x */ (a) AS (SELECT hidden FROM secret) SELECT * FROM \"v1_mine\"",
        "WITH 'v1_public' AS -- y\n NOT MATERIALIZED (SELECT hidden FROM secret) SELECT * FROM v1_public",
        "ATTACH ':memory:' AS p_t_x",
        "PRAGMA data_store_directory",
        "SELECT load_extension('x')",
        "CREATE TEMP TABLE p_t_x (id INTEGER)",
        "SELECT * FROM json_each((SELECT json_group_array(hidden) FROM secret))",
        "SELECT hidden FROM secret, json_each($1)",
        "INSERT INTO json_each (value) VALUES (1)",
        "CREATE VIRTUAL TABLE p_t_each USING json_each",
        "SELECT * FROM pragma_table_info('secret')",
        "SELECT name FROM pragma_table_list",
        "SELECT * FROM sqlite_dbpage",
        "SELECT * FROM dbstat",
        "SELECT * FROM bytecode('SELECT 1')",
        "SELECT * FROM fts5vocab",
    };
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (prepare(writer, good[i], "t", &err) != 0)
            fail_msg("%s: %s", good[i], err.text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (prepare(writer, bad[i], "t", &err) == 0)
            fail_msg("allowed: %s", bad[i]);
    assert_int_equal(prepare(writer, bad[0], "t", &err), SOUK_DENIED);
    assert_non_null(strstr(err.text, "secret"));
    assert_non_null(strstr(err.text, "p_t_"));
    assert_int_equal(prepare(writer, "SELECT * FROM p_t_own", "tt", &err), SOUK_DENIED);
}

static void test_a_plugin_migrates(void **state)
{
    struct err err = {0};
    (void)state;
    const char *good =
        "CREATE TABLE p_t_a (id INTEGER PRIMARY KEY, b TEXT UNIQUE) STRICT;\n"
        "ALTER TABLE p_t_a ADD COLUMN c INTEGER NOT NULL DEFAULT 0 CHECK (c >= 0);\n"
        "CREATE VIRTUAL TABLE p_t_words USING fts5 (text);\n"
        "INSERT INTO p_t_words (text) VALUES ('oolong');\n"
        "CREATE VIEW p_t_seen AS SELECT b FROM p_t_a;\n"
        "CREATE TRIGGER p_t_on AFTER INSERT ON p_t_a BEGIN UPDATE p_t_own SET name = 'x'; END;\n"
        "DROP TRIGGER p_t_on; ALTER TABLE p_t_a RENAME COLUMN c TO d;\n"
        "CREATE INDEX p_t_a_d ON p_t_a (d); DROP INDEX p_t_a_d; -- the end\n";
    if (sqlite_driver.script(writer, good, "t", &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(prepare(writer, "SELECT value FROM json_each($1)", "t", &err), 0);
    assert_int_equal(prepare(reader, "SELECT value FROM json_tree($1)", "t", &err), 0);
    static const char *const bad[] = {
        "CREATE TABLE other (id INTEGER)",
        "CREATE TABLE p_x_other (id INTEGER)",
        "DROP TABLE secret",
        "ALTER TABLE secret ADD COLUMN x INTEGER",
        "CREATE INDEX p_t_i ON secret (id)",
        "CREATE VIEW v1_mine AS SELECT 1",
        "CREATE TRIGGER p_t_on AFTER INSERT ON secret BEGIN SELECT 1; END",
        "UPDATE sqlite_master SET sql = ''",
        "INSERT INTO secret VALUES (5, '', '')",
        "CREATE VIRTUAL TABLE p_t_v USING rtree (id, a, b)",
        "PRAGMA foreign_keys = 0",
        "COMMIT",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (sqlite_driver.script(writer, bad[i], "t", &err) == 0)
            fail_msg("allowed: %s", bad[i]);
    assert_int_not_equal(sqlite_driver.script(writer, "SELECT 1;\nSELECT nothing;", "t", &err), 0);
    assert_non_null(strstr(err.text, "line 2"));
}

static int spare_none(void *user, const char *table)
{
    (void)user;
    (void)table;
    return 0;
}

static void test_tables_noted_and_dropped(void **state)
{
    struct driver_statement *statement = NULL;
    struct err err = {0};
    int count = 0;
    (void)state;
    assert_int_equal(sqlite_driver.script(
                         writer,
                         "CREATE TABLE p_t_child (id INTEGER PRIMARY KEY, own INTEGER REFERENCES "
                         "p_t_own (id) ON DELETE CASCADE) STRICT;",
                         "t", &err),
                     0);
    assert_int_equal(
        sqlite_driver.prepare(writer, "DELETE FROM p_t_own WHERE id = 1", NULL, &statement, &err),
        0);
    sqlite_driver.writes(statement, &count);
    assert_int_equal(count, 2); /* the cascade too */
    sqlite_driver.finalize(statement);
    assert_int_equal(
        sqlite_driver.prepare(writer, "SELECT shown FROM v1_public", NULL, &statement, &err), 0);
    const uint32_t *reads = sqlite_driver.reads(statement, &count);
    assert_in_range(count, 1, 2);
    int seen = 0;
    for (int i = 0; i < count; i++)
        seen += reads[i] == 0; /* never empty hashes */
    assert_int_equal(seen, 0);
    sqlite_driver.finalize(statement);
    assert_int_equal(run(writer, "INSERT INTO p_t_own VALUES (1, 'a')"), 0);
    assert_int_equal(run(writer, "INSERT INTO p_t_child VALUES (1, 1)"), 0);
    assert_int_equal(sqlite_driver.drop(writer, "p_t_", spare_none, NULL, &err), 0);
    assert_int_not_equal(prepare(writer, "SELECT * FROM p_t_own", NULL, &err), 0);
    assert_int_not_equal(prepare(writer, "SELECT * FROM p_t_fts", NULL, &err), 0);
    assert_int_equal(run(writer, "SELECT * FROM secret"), 0);
}

static void test_interrupted(void **state)
{
    (void)state;
    const char *endless =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    sqlite_driver.deadline(reader, clock_mono() + 20 * CLOCK_MS);
    int64_t start = clock_mono();
    assert_int_equal(run(reader, endless), SOUK_TIMEOUT);
    assert_true(clock_mono() - start >= 20 * CLOCK_MS);
    sqlite_driver.deadline(writer, clock_mono() + 20 * CLOCK_MS);
    assert_int_equal(run(writer, endless), SOUK_TIMEOUT);
}

static void test_not_a_database(void **state)
{
    char path[100];
    char other[64];
    struct driver_conn *conn = NULL;
    struct err err = {0};
    (void)state;
    fixture_folder(other, sizeof other);
    snprintf(path, sizeof path, "%s/souk.db", other);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 300; i++)
        fputs("this is a text and no database\n", file);
    fclose(file);
    assert_int_not_equal(sqlite_driver.open(&conn, other, 1, &err), 0);
    assert_non_null(strstr(err.text, path));
    fixture_remove(other);
    assert_int_not_equal(sqlite_driver.open(&conn, "/nowhere/at/all", 1, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_to_everybody, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_plugin_and_its_tables, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_plugin_migrates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tables_noted_and_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_interrupted, setup, teardown),
        cmocka_unit_test(test_not_a_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
