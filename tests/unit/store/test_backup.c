/*
 * Copies while the shop writes, and the way back: sound, unsound, newer, in use.
 */
#include "fixture.h"
#include <sqlite3.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/board.h"

static char folder[64];
static char file[100];
static struct db_options options;

static int setup(void **state)
{
    fixture_folder(folder, sizeof folder);
    options = (struct db_options){.dir = folder};
    snprintf(file, sizeof file, "%s/copy.db", folder);
    *state = fixture_open(&options);
    assert_int_equal(
        fixture_write(
            *state,
            "INSERT INTO p_t_item (id, name, data) SELECT i, 'n' || i, zeroblob(3000) FROM (WITH RECURSIVE "
            "n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n)",
            NULL),
        0);
    return 0;
}

static int teardown(void **state)
{
    if (*state)
        db_shut(*state);
    fixture_remove(folder);
    return 0;
}

struct watch {
    struct db *db;
    int calls;
    int64_t last;
    int64_t total;
};

/* Writes between two steps of the copy. */
static void watch_progress(void *user, int64_t done, int64_t total)
{
    struct watch *watch = user;
    char sql[100];
    assert_true(done >= watch->last);
    watch->last = done;
    watch->total = total;
    watch->calls++;
    snprintf(sql, sizeof sql, "INSERT INTO p_t_item (id, name) VALUES (%d, 'w%d')",
             100000 + watch->calls, watch->calls);
    assert_int_equal(fixture_write(watch->db, sql, NULL), 0);
}

static void test_while_writing(void **state)
{
    struct db *db = *state;
    struct watch watch = {.db = db};
    struct err err = {0};
    struct stat stat_of;
    if (db_backup(db, file, watch_progress, &watch, &err) != 0)
        fail_msg("%s", err.text);
    assert_true(watch.calls >= 5); /* small steps */
    assert_true(watch.last == watch.total);
    assert_int_equal(stat(file, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    assert_int_equal(fixture_int(db, fixture_count.sql), 1000 + watch.calls);
    db_shut(db);
    *state = NULL;
    assert_int_equal(db_restore(folder, file, &err), 0);
    *state = fixture_open(&options);
    assert_int_equal(fixture_int(*state, fixture_count.sql),
                     1000); /* the moment at which it began */
}

static int count_old(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += strncmp(entry->d_name, "souk.db.before-restore-", 23) == 0;
    closedir(dir);
    return count;
}

static void test_the_old_one_is_kept(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    assert_int_equal(db_backup(db, file, NULL, NULL, &err), 0);
    assert_int_equal(fixture_write(db, "DELETE FROM p_t_item", &err), 0);
    db_shut(db);
    *state = NULL;
    assert_int_equal(count_old(), 0);
    if (db_restore(folder, file, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(count_old(), 1);
    *state = fixture_open(&options);
    assert_int_equal(fixture_int(*state, fixture_count.sql), 1000);
    char elsewhere[128];
    snprintf(elsewhere, sizeof elsewhere, "%s/fresh", folder);
    assert_int_equal(db_restore(elsewhere, file, &err), 0); /* into an empty place */
}

static void test_refused_restores(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    char text[100];
    snprintf(text, sizeof text, "%s/text", folder);
    FILE *out = fopen(text, "w");
    for (int i = 0; i < 5000; i++)
        fputs("no database\n", out);
    fclose(out);
    assert_int_equal(
        fixture_write(db, "INSERT INTO migration VALUES ('souk', 900, 'later', zeroblob(32), 0)",
                      &err),
        0);
    assert_int_equal(db_backup(db, file, NULL, NULL, &err), 0);
    assert_int_equal(fixture_write(db, "DELETE FROM migration WHERE number = 900", &err), 0);
    db_shut(db);
    *state = NULL;
    assert_int_equal(db_restore(folder, file, &err), SOUK_CONFLICT);
    assert_non_null(strstr(err.text, "newer"));
    assert_int_not_equal(db_restore(folder, text, &err), 0);
    assert_int_equal(db_restore(folder, "/nowhere/copy.db", &err), SOUK_NOT_FOUND);
    assert_int_equal(count_old(), 0); /* nothing was touched */
    *state = fixture_open(&options);
    assert_int_equal(fixture_int(*state, fixture_count.sql), 1000);
}

/* A database of somebody else's would otherwise become an empty shop. */
static void test_a_foreign_database_is_refused(void **state)
{
    struct err err = {0};
    sqlite3 *handle = NULL;
    char other[100];
    snprintf(other, sizeof other, "%s/other.db", folder);
    assert_int_equal(sqlite3_open(other, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "CREATE TABLE x (a)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
    db_shut(*state);
    *state = NULL;
    assert_int_equal(db_restore(folder, other, &err), SOUK_INVALID);
    assert_non_null(strstr(err.text, "not the database of a shop"));
    assert_int_equal(count_old(), 0);
    *state = fixture_open(&options);
    assert_int_equal(fixture_int(*state, fixture_count.sql), 1000);
}

/* An older copy may be written over; the live database and other people's files may not. */
static void test_what_a_copy_may_replace(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    char live[100], notes[100], text[10] = "";
    assert_int_equal(db_backup(db, file, NULL, NULL, &err), 0);
    assert_int_equal(db_backup(db, file, NULL, NULL, &err), 0);
    snprintf(live, sizeof live, "%s/souk.db", folder);
    assert_int_equal(db_backup(db, live, NULL, NULL, &err), SOUK_INVALID);
    assert_non_null(strstr(err.text, "the database itself"));
    snprintf(live, sizeof live, "%s/souk.db-wal", folder);
    assert_int_equal(db_backup(db, live, NULL, NULL, &err), SOUK_INVALID);
    assert_int_equal(db_backup(db, folder, NULL, NULL, &err), SOUK_INVALID);
    snprintf(notes, sizeof notes, "%s/notes", folder);
    FILE *out = fopen(notes, "w");
    fputs("notes", out);
    fclose(out);
    assert_int_equal(db_backup(db, notes, NULL, NULL, &err), SOUK_CONFLICT);
    FILE *in = fopen(notes, "r");
    assert_non_null(fgets(text, sizeof text, in));
    fclose(in);
    assert_string_equal(text, "notes");
    assert_int_equal(fixture_write(db, "DELETE FROM p_t_item WHERE id = 1", &err), 0);
}

static void test_damaged_copy(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    char zeros[4096] = {0};
    assert_int_equal(db_backup(db, file, NULL, NULL, &err), 0);
    db_shut(db);
    *state = NULL;
    int fd = open(file, O_RDWR | O_CLOEXEC);
    for (int i = 200; i < 300; i++)
        assert_int_equal(pwrite(fd, zeros, sizeof zeros, (off_t)i * 4096), 4096);
    close(fd);
    assert_int_not_equal(db_restore(folder, file, &err), 0);
    assert_int_equal(count_old(), 0);
}

static void test_not_while_it_runs(void **state)
{
    struct db *db = *state;
    struct err err = {0};
    pid_t child;
    int status = -1;
    assert_int_equal(db_backup(db, file, NULL, NULL, &err), 0);
    if ((child = fork()) == 0)
        _exit(db_restore(folder, file, &err) == SOUK_BUSY ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(count_old(), 0);
}

static void test_no_half_copies(void **state)
{
    struct err err = {0};
    char part[128];
    assert_int_not_equal(db_backup(*state, "/nowhere/at/all.db", NULL, NULL, &err), 0);
    assert_non_null(strstr(err.text, "/nowhere"));
    snprintf(part, sizeof part, "%s.part", file);
    FILE *out = fopen(part, "w"); /* left by one that was killed */
    fputs("half", out);
    fclose(out);
    assert_int_equal(db_backup(*state, file, NULL, NULL, &err), 0);
    assert_int_equal(access(part, F_OK), -1);
}

int main(void)
{
    board_use(board_create());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_while_writing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_old_one_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_restores, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_foreign_database_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_copy_may_replace, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_while_it_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_half_copies, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
