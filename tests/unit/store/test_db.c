/*
 * Statements, snapshots, texts of plugins, what caches rest on, and the life of a
 * database.
 */
#include "fixture.h"
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/board.h"
#include "store/conn.h"

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

static const struct db_statement item_put = {
    "item_put", "INSERT INTO p_t_item (id, name, data, amount) VALUES ($1, $2, $3, $4)"};
static const struct db_statement item_all = {
    "item_all", "SELECT id, name, data, amount FROM p_t_item ORDER BY id"};
static const struct db_statement item_get = {"item_get", "SELECT id FROM p_t_item WHERE name = $1"};
static const struct db_statement item_back = {"item_back", "SELECT $2 || $1"};
static const struct db_statement endless = {
    "endless",
    "WITH RECURSIVE n (i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"};

static int put_three(struct db_conn *conn, void *arg)
{
    int64_t changed = -1;
    (void)arg;
    struct souk_str blob = {"\0\1\2", 3};
    assert_int_equal(
        db_run(conn, &item_put, &changed, DB_INT(1), DB_CSTR("one"), DB_BLOB(blob), DB_INT(5)), 0);
    assert_int_equal(changed, 1);
    assert_int_equal(db_run(conn, &item_put, NULL, DB_INT(2), DB_CSTR(""), DB_NULL, DB_INT(0)), 0);
    assert_int_equal(db_run(conn, &item_put, NULL, DB_INT(INT64_MAX),
                            DB_TEXT(((struct souk_str){"three!", 5})),
                            DB_BLOB(((struct souk_str){NULL, 0})), DB_INT(0)),
                     0);
    return 0;
}

static void test_values(void **state)
{
    struct db *db = *state;
    struct db_rows rows;
    assert_int_equal(db_write(db, put_three, NULL, NULL), 0);
    struct db_conn *conn = db_read_begin(db, 0);
    assert_false(db_is_writer(conn));
    assert_ptr_equal(db_of(conn), db);
    assert_int_equal(db_query(conn, &item_all, &rows), 0);
    assert_int_equal(rows.columns, 4);
    assert_string_equal(db_column_name(&rows, 1), "name");
    assert_int_equal(db_next(&rows), 1);
    assert_int_equal(db_int(&rows, 0), 1);
    assert_true(souk_str_is(db_text(&rows, 1), "one"));
    assert_int_equal(db_text(&rows, 2).len, 3);
    assert_memory_equal(db_text(&rows, 2).ptr, "\0\1\2", 3);
    assert_int_equal(db_next(&rows), 1);
    assert_true(db_is_null(&rows, 2));
    assert_false(db_is_null(&rows, 1));
    assert_int_equal(db_text(&rows, 1).len, 0);
    assert_int_equal(db_next(&rows), 1);
    assert_true(db_int(&rows, 0) == INT64_MAX);
    assert_true(souk_str_is(db_text(&rows, 1), "three"));
    assert_false(db_is_null(&rows, 2));
    assert_int_equal(db_next(&rows), 0);
    assert_int_equal(db_next(&rows), 0);
    assert_int_equal(db_int(&rows, 0), 0);
    db_close(&rows);
    assert_int_equal(db_query(conn, &item_back, &rows, DB_CSTR("a"), DB_CSTR("b")), 0);
    assert_int_equal(db_next(&rows), 1);
    assert_true(souk_str_is(db_text(&rows, 0), "ba"));
    db_read_end(conn);
}

static void test_nested_and_reused(void **state)
{
    struct db *db = *state;
    struct db_rows outer, inner;
    struct db_stats before, after;
    assert_int_equal(db_write(db, put_three, NULL, NULL), 0);
    for (int turn = 0; turn < 3; turn++) {
        int outer_rows = 0, inner_rows = 0;
        struct db_conn *conn = db_read_begin(db, 0);
        assert_int_equal(db_query(conn, &item_all, &outer), 0);
        while (db_next(&outer) == 1) {
            outer_rows++;
            assert_int_equal(db_query(conn, &item_all, &inner), 0);
            while (db_next(&inner) == 1)
                inner_rows++;
        }
        db_read_end(conn);
        assert_int_equal(outer_rows, 3);
        assert_int_equal(inner_rows, 9);
        if (turn == 0)
            db_stats(db, &before);
    }
    db_stats(db, &after);
    assert_int_equal(before.prepared, after.prepared); /* warm: nothing is prepared */
    /* rows that outlive their snapshot are at their end, also when the statement is in
     * use again */
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(db_query(conn, &item_all, &outer), 0);
    assert_int_equal(db_next(&outer), 1);
    db_read_end(conn);
    conn = db_read_begin(db, 0);
    assert_int_equal(db_query(conn, &item_all, &inner), 0);
    assert_int_equal(db_next(&outer), 0);
    assert_int_equal(db_next(&inner), 1);
    db_read_end(conn);
}

static void test_failures_have_words(void **state)
{
    struct db *db = *state;
    static const struct db_statement wrong = {"wrong", "SELECT nothing FROM p_t_item"};
    struct db_rows rows;
    int64_t number = 77;
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_not_equal(db_query(conn, &wrong, &rows), 0);
    assert_non_null(strstr(db_error(conn), "wrong"));
    assert_non_null(strstr(db_error(conn), "nothing"));
    assert_int_equal(db_query(conn, &item_get, &rows), SOUK_INVALID);
    assert_int_equal(db_query(conn, &item_get, &rows, DB_INT(1), DB_INT(2)), SOUK_INVALID);
    assert_int_equal(db_get_int(conn, &item_get, &number, DB_CSTR("none")), SOUK_NOT_FOUND);
    assert_int_equal(number, 77);
    assert_int_equal(db_run(conn, &fixture_insert, NULL, DB_INT(1), DB_CSTR("x")), SOUK_WRONG_KIND);
    db_read_end(conn);
}

static void test_budget(void **state)
{
    (void)state;
    struct db_options options = {.statement_budget = 30 * CLOCK_MS};
    struct db *db = fixture_open(&options);
    int64_t number = 0;
    int64_t start = clock_mono();
    struct err err = {0};
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(db_get_int(conn, &endless, &number, DB_INT(1)), SOUK_TIMEOUT);
    assert_int_equal(db_get_int(conn, &fixture_count, &number), 0); /* the snapshot goes on */
    db_read_end(conn);
    assert_true(clock_mono() - start >= 30 * CLOCK_MS);
    assert_int_equal(
        fixture_write(db,
                      "INSERT INTO p_t_item (id, name) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
                      "SELECT i + 1 FROM n) SELECT i, 'n' || i FROM n",
                      &err),
        SOUK_TIMEOUT);
    assert_int_equal(fixture_int(db, fixture_count.sql), 0);
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_item (id, name) VALUES (1, 'a')", &err), 0);
    db_shut(db);
}

/* A read ends with the request it belongs to, whatever a statement may take. */
static void test_deadline(void **state)
{
    (void)state;
    struct db_options options = {.statement_budget = CLOCK_MINUTE};
    struct db *db = fixture_open(&options);
    int64_t number = 0;
    int64_t start = clock_mono();
    struct db_conn *conn = db_read_begin(db, start + 5 * CLOCK_MS);
    assert_int_equal(db_get_int(conn, &endless, &number, DB_INT(1)), SOUK_TIMEOUT);
    assert_true(clock_mono() - start < CLOCK_MINUTE);
    db_read_end(conn);
    db_shut(db);
}

static void test_a_snapshot_stands(void **state)
{
    struct db *db = *state;
    int64_t number = -1;
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(db_get_int(conn, &fixture_count, &number), 0);
    assert_int_equal(number, 0);
    assert_int_equal(db_write(db, put_three, NULL, NULL), 0);
    assert_int_equal(db_get_int(conn, &fixture_count, &number), 0);
    assert_int_equal(number, 0);
    assert_ptr_equal(db_read_begin(db, 0), conn); /* nested: the same snapshot */
    db_read_end(conn);
    assert_int_equal(db_get_int(conn, &fixture_count, &number), 0);
    assert_int_equal(number, 0);
    db_read_end(conn);
    assert_int_equal(fixture_int(db, fixture_count.sql), 3);
    db_thread_end(db);
    db_thread_end(db);
    assert_int_equal(fixture_int(db, fixture_count.sql), 3);
}

static void see(struct db *db, const struct db_statement *statement, struct db_seen *seen)
{
    struct db_rows rows;
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(db_query(conn, statement, &rows), 0);
    while (db_next(&rows) == 1)
        ;
    db_seen(conn, seen);
    db_read_end(conn);
}

static void test_seen(void **state)
{
    struct db *db = *state;
    static const struct db_statement parts = {"parts", "SELECT id FROM p_t_part"};
    static const struct db_statement settings = {"settings", "SELECT key FROM setting"};
    struct db_seen items, part, setting;
    assert_int_equal(db_write(db, put_three, NULL, NULL), 0);
    see(db, &item_all, &items);
    see(db, &parts, &part);
    see(db, &settings, &setting);
    assert_int_equal(items.count, 1);
    assert_true(db_seen_valid(db, &items) && db_seen_valid(db, &part) &&
                db_seen_valid(db, &setting));
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_part (id, item) VALUES (1, 1)", NULL), 0);
    assert_false(db_seen_valid(db, &part));
    assert_true(db_seen_valid(db, &items) && db_seen_valid(db, &setting));
    see(db, &parts, &part);
    assert_true(db_seen_valid(db, &part));
    /* what finds nothing to change is nothing to caches */
    assert_int_equal(fixture_write(db, "UPDATE p_t_part SET item = 1 WHERE id = 9", NULL), 0);
    assert_int_equal(fixture_write(db, "DELETE FROM p_t_item WHERE id = 9", NULL), 0);
    assert_true(db_seen_valid(db, &part) && db_seen_valid(db, &items));
    assert_int_equal(fixture_write(db, "DELETE FROM p_t_item WHERE id = 1", NULL),
                     0); /* cascades */
    assert_false(db_seen_valid(db, &part));
    assert_false(db_seen_valid(db, &items));
    assert_true(db_seen_valid(db, &setting));
    /* a snapshot from before a commit is not good after it */
    struct db_rows rows;
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(db_query(conn, &settings, &rows), 0);
    assert_int_equal(fixture_write(db, "DELETE FROM p_t_item WHERE id = 2", NULL), 0);
    assert_int_equal(db_query(conn, &item_all, &rows), 0);
    db_seen(conn, &items);
    db_read_end(conn);
    assert_int_equal(items.count, 2);
    assert_false(db_seen_valid(db, &items));
}

/* What is kept beside the cache rests on what its part read, and who uses it rests on that too. */
static void test_seen_part(void **state)
{
    struct db *db = *state;
    static const struct db_statement parts = {"parts", "SELECT id FROM p_t_part"};
    static const struct db_statement settings = {"settings", "SELECT key FROM setting"};
    struct db_seen outer, part, whole, user;
    struct db_rows rows;
    assert_int_equal(db_write(db, put_three, NULL, NULL), 0);
    struct db_conn *conn = db_read_begin(db, 0);
    assert_int_equal(db_query(conn, &settings, &rows), 0);
    db_close(&rows);
    assert_int_equal(db_query(conn, &parts, &rows), 0); /* also outside of the part */
    db_close(&rows);
    db_part_begin(conn, &outer);
    assert_int_equal(db_query(conn, &parts, &rows), 0);
    db_close(&rows);
    db_part_end(conn, &outer, &part);
    db_seen(conn, &whole);
    db_read_end(conn);
    assert_int_equal(part.count, 1);
    assert_int_equal(whole.count, 2);
    assert_int_equal(fixture_write(db, "INSERT INTO setting VALUES ('t', 'k', 'v', 1)", NULL), 0);
    assert_true(db_seen_valid(db, &part));
    assert_false(db_seen_valid(db, &whole));
    /* one that reads nothing but uses the part */
    conn = db_read_begin(db, 0);
    assert_true(db_part_use(conn, &part));
    db_seen(conn, &user);
    db_read_end(conn);
    assert_int_equal(user.count, 1);
    assert_true(db_seen_valid(db, &user));
    assert_int_equal(fixture_write(db, "INSERT INTO p_t_part (id, item) VALUES (1, 1)", NULL), 0);
    assert_false(db_seen_valid(db, &user));
    conn = db_read_begin(db, 0);
    assert_false(db_part_use(conn, &part));
    db_seen(conn, &user);
    db_read_end(conn);
    assert_int_equal(user.count, 0);
}

static int use_part_in_write(struct db_conn *conn, void *arg)
{
    struct db_seen *part = arg, outer, mine;
    struct db_rows rows;
    if (db_part_use(conn, part))
        return SOUK_CONFLICT;
    db_part_begin(conn, &outer);
    if (db_query(conn, &item_all, &rows) != 0)
        return SOUK_ERROR;
    db_close(&rows);
    db_part_end(conn, &outer, &mine);
    return db_seen_valid(db_of(conn), &mine) ? SOUK_CONFLICT : 0;
}

/* A write sees what may never be committed: nothing is kept from it, nothing kept is for it. */
static void test_seen_part_in_write(void **state)
{
    struct db *db = *state;
    struct db_seen part;
    see(db, &item_all, &part);
    assert_true(db_seen_valid(db, &part));
    assert_int_equal(db_write(db, use_part_in_write, &part, NULL), 0);
}

static void test_too_many_seen(void **state)
{
    struct db *db = *state;
    struct db_seen seen;
    see(db, &fixture_count, &seen);
    assert_true(db_seen_valid(db, &seen));
    for (int i = 0; i <= DB_SEEN; i++)
        db_seen_key(&seen, "thing", i);
    assert_false(db_seen_valid(db, &seen));
    for (int i = 0; i < 100; i++)
        db_seen_key(&seen, "thing", i);
    assert_false(db_seen_valid(db, &seen));
}

static void test_texts_of_plugins(void **state)
{
    struct db *db = *state;
    struct db_rows rows;
    struct db_stats before, after;
    const char *text = "SELECT name FROM p_t_item";
    const struct db_statement *one = db_intern(db, "t", text);
    char copy[100];
    snprintf(copy, sizeof copy, "%s", text);
    assert_ptr_equal(db_intern(db, "t", copy), one);
    assert_ptr_not_equal(db_intern(db, "other", text), one);
    struct db_conn *conn = db_read_begin(db, 0);
    db_principal(conn, "t");
    assert_int_equal(db_query(conn, one, &rows), 0);
    db_close(&rows);
    assert_int_equal(db_query(conn, db_intern(db, "t", "SELECT value FROM setting"), &rows),
                     SOUK_DENIED);
    assert_non_null(strstr(db_error(conn), "setting"));
    db_principal(conn, "other");
    assert_int_equal(db_query(conn, db_intern(db, "other", text), &rows), SOUK_DENIED);
    db_principal(conn, NULL);
    assert_int_equal(db_query(conn, db_intern(db, NULL, "SELECT value FROM setting"), &rows), 0);
    db_close(&rows);
    /* the same constant statement, for the core and for a plugin: checked each for
     * itself */
    static const struct db_statement setting = {"setting", "SELECT key FROM setting"};
    assert_int_equal(db_query(conn, &setting, &rows), 0);
    db_close(&rows);
    db_principal(conn, "t");
    assert_int_equal(db_query(conn, &setting, &rows), SOUK_DENIED);
    db_read_end(conn);
    db_forget(db, "t");
    db_stats(db, &before);
    conn = db_read_begin(db, 0);
    assert_ptr_equal(db_intern(db, "t", text), one); /* back to life: the table does not grow */
    assert_int_equal(db_query(conn, one, &rows), 0);
    db_read_end(conn);
    db_stats(db, &after);
    assert_int_equal(after.prepared, before.prepared + 1);
    for (int i = 0; i < 1200; i++) {
        snprintf(copy, sizeof copy, "SELECT %d", i);
        one = db_intern(db, "loud", copy);
    }
    assert_null(one);
    conn = db_read_begin(db, 0);
    assert_int_equal(db_query(conn, one, &rows), SOUK_TOO_LARGE);
    db_read_end(conn);
}

static void *read_in_thread(void *arg)
{
    struct db *db = arg;
    for (int i = 0; i < 200; i++)
        if (fixture_int(db, fixture_count.sql) < 0)
            return (void *)1;
    return NULL; /* its connection is closed by itself */
}

static void test_threads(void **state)
{
    struct db *db = *state;
    pthread_t threads[4];
    void *failed;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, read_in_thread, db);
    for (int i = 0; i < 50; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "INSERT INTO p_t_item (id, name) VALUES (%d, 'n%d')", i, i);
        assert_int_equal(fixture_write(db, sql, NULL), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(fixture_int(db, fixture_count.sql), 50);
}

static void test_one_process(void **state)
{
    char folder[64];
    struct stat stat_of;
    struct db_options options = {.dir = folder};
    (void)state;
    fixture_folder(folder, sizeof folder);
    pid_t child;
    struct db *db = fixture_open(&options);
    if ((child = fork()) == 0) {
        struct db *second = NULL;
        struct err err = {0};
        int code = db_open(&second, &options, &err);
        _exit(code == SOUK_BUSY && strstr(err.text, "in use by a running souk") ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    char path[100];
    snprintf(path, sizeof path, "%s/souk.db", folder);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/souk.db-wal", folder);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    db_shut(db);
    db = fixture_open(&options); /* and again, with what is there */
    db_shut(db);
    fixture_remove(folder);
}

static void test_bad_folder(void **state)
{
    struct db *db = NULL;
    struct err err = {0};
    struct db_options options = {.dir = "/proc/nothing/here"};
    (void)state;
    assert_int_equal(db_open(&db, &options, &err), SOUK_UNAVAILABLE);
    assert_non_null(strstr(err.text, "/proc/nothing/here"));
    assert_null(db);
}

static void test_integrity(void **state)
{
    struct arena arena = {0};
    struct souk_str report;
    assert_int_equal(db_integrity(*state, &arena, &report), 0);
    assert_int_equal(report.len, 0);
    arena_free(&arena);
}

/* What a killed process leaves in the memory of the machine goes with the next one's. */
static void test_a_dead_one_is_swept(void **state)
{
    char left[1024] = "";
    int ends[2];
    int status;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct db *db = fixture_open(NULL);
        if (write(ends[1], db->dir, strlen(db->dir) + 1) < 0)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(read(ends[0], left, sizeof left - 1) > 0);
    assert_int_equal(access(left, F_OK), 0);
    struct db *db = fixture_open(NULL);
    assert_int_equal(access(left, F_OK), -1);
    db_shut(db);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dead_one_is_swept),
        cmocka_unit_test_setup_teardown(test_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nested_and_reused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures_have_words, setup, teardown),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test_setup_teardown(test_a_snapshot_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seen_part, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seen_part_in_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_texts_of_plugins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
        cmocka_unit_test(test_one_process),
        cmocka_unit_test(test_bad_folder),
        cmocka_unit_test_setup_teardown(test_integrity, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
