/*
 * A power cut at any moment: what was answered with success is there afterwards, whole
 * or not at all, and the file is sound. The image of the disk is what was synced and a
 * random part of what was not.
 */
#include "fixture.h"
#include "shim_vfs.h"
#include "base/board.h"

#define ROUNDS 25
#define CUTS   6

static int write_pair(struct db_conn *conn, void *arg)
{
    char name[32];
    int n = *(int *)arg;
    static const struct db_statement part = {"part",
                                             "INSERT INTO p_t_part (id, item) VALUES ($1, $1)"};
    snprintf(name, sizeof name, "n%d", n);
    int code = db_run(conn, &fixture_insert, NULL, DB_INT(n), DB_CSTR(name));
    return code ? code : db_run(conn, &part, NULL, DB_INT(n));
}

static void check_image(unsigned seed, int acknowledged)
{
    char folder[64];
    char path[100];
    struct arena arena = {0};
    struct souk_str report;
    fixture_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/souk.db", folder);
    shim_cut("/live/souk.db", path, seed);
    snprintf(path, sizeof path, "%s/souk.db-wal", folder);
    shim_cut("/live/souk.db-wal", path, seed);
    shim_record = 0;
    struct db_options options = {.dir = folder};
    struct db *db = fixture_open(&options);
    if (db_integrity(db, &arena, &report) != 0)
        fail_msg("seed %u: %.*s", seed, SOUK_PRI(report));
    int64_t items = fixture_int(db, fixture_count.sql);
    assert_true(items >= acknowledged);
    assert_int_equal(fixture_int(db, "SELECT count(*) FROM p_t_part"), items);
    assert_int_equal(
        fixture_int(db,
                    "SELECT count(*) FROM p_t_item WHERE id <= (SELECT count(*) FROM p_t_item)"),
        items);
    db_shut(db);
    shim_record = 1;
    arena_free(&arena);
    fixture_remove(folder);
}

static void test_acknowledged_survives(void **state)
{
    char folder[64];
    char live[100];
    (void)state;
    fixture_folder(folder, sizeof folder);
    snprintf(live, sizeof live, "%s/live", folder);
    struct db_options options = {.dir = live};
    shim_record = 1;
    struct db *db = fixture_open(&options);
    int n = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 8; i++) {
            n++;
            assert_int_equal(db_write(db, write_pair, &n, NULL), 0);
        }
        if (round % 4 == 3) { /* cut beside a checkpoint too */
            db_shut(db);
            db = fixture_open(&options);
        }
        if (round % (ROUNDS / CUTS) == 0)
            check_image(round * 7919u + 1, n);
    }
    db_shut(db);
    shim_record = 0;
    shim_forget();
    fixture_remove(folder);
}

/* A sync fails and the kernel forgets the pages: they are given to it again. */
static void test_what_the_kernel_forgot(void **state)
{
    char folder[64];
    char live[100];
    (void)state;
    fixture_folder(folder, sizeof folder);
    snprintf(live, sizeof live, "%s/live", folder);
    struct db_options options = {.dir = live};
    shim_record = 1;
    struct db *db = fixture_open(&options);
    shim_forgets = 1;
    for (int n = 1; n <= 12; n++) {
        shim_fail_syncs = n % 3 == 0;
        assert_int_equal(db_write(db, write_pair, &n, NULL), 0);
        assert_int_equal(shim_fail_syncs, 0);
        if (n % 3 != 2)
            check_image((unsigned)n, n);
    }
    shim_forgets = 0;
    db_shut(db);
    shim_record = 0;
    shim_forget();
    fixture_remove(folder);
}

/* The same with a disk that lies about its syncs: the test must be able to see damage.
 */
static void test_the_test_can_fail(void **state)
{
    char folder[64], live[100], path[100];
    (void)state;
    fixture_folder(folder, sizeof folder);
    snprintf(live, sizeof live, "%s/live", folder);
    struct db_options options = {.dir = live};
    shim_record = 1;
    struct db *db = fixture_open(&options);
    int n = 1;
    assert_int_equal(db_write(db, write_pair, &n, NULL), 0);
    snprintf(path, sizeof path, "%s/cut", folder);
    for (int i = 0; i < SHIM_FILES; i++) /* forget what was synced */
        if (strstr(shim_images[i].path, "/live/souk.db-wal"))
            shim_images[i].len = 0;
    shim_cut("/live/souk.db-wal", path, 1);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
    db_shut(db);
    shim_record = 0;
    shim_forget();
    fixture_remove(folder);
}

int main(void)
{
    board_use(board_create());
    shim_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acknowledged_survives),
        cmocka_unit_test(test_what_the_kernel_forgot),
        cmocka_unit_test(test_the_test_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
