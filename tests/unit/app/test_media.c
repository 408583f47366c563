/*
 * test_media: the life of files: uploads that nobody used go after a day, those that wait stay;
 * sizes go when no row has them any more; a picture beside a file stays beside it.
 */
#include "../store/fixture.h"
#include "app/media.h"
#include "shop/image.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct db *db;
static struct arena arena;
static char dir[64];

static int setup(void **state)
{
    (void)state;
    fixture_folder(dir, sizeof dir);
    media_setup(dir);
    db = fixture_open(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    db_shut(db);
    fixture_remove(dir);
    arena_free(&arena);
    return 0;
}

static const char *path_of(const char *name)
{
    return arena_printf(&arena, "%s/media/%s", dir, name).ptr;
}

static int exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static void make_old(const char *name)
{
    struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static void put(const char *name)
{
    int fd = open(path_of(name), O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    make_old(name);
}

static const char *upload(const char *bytes, char source[80])
{
    struct err err = {0};
    assert_int_equal(media_upload(souk_str(bytes), source, &err), SOUK_OK);
    return arena_printf(&arena, "incoming/%s", source + 7).ptr;
}

static int put_row(struct db_conn *conn, void *arg)
{
    int64_t id;
    return image_put(conn, souk_str((const char *)arg), 1, &id);
}

static void sweep(void)
{
    struct err err = {0};
    if (media_sweep(db, &err) != SOUK_OK)
        fail_msg("%s", err.text);
}

static void uploads_that_nobody_used_go(void **state)
{
    char source[80], used[80], failed[80];
    struct err err = {0};
    (void)state;
    const char *lost = upload("<svg>1</svg>", source), *waits = upload("<svg>2</svg>", used),
               *broken = upload("<svg>3</svg>", failed);
    assert_int_equal(db_write(db, put_row, used, &err), SOUK_OK);
    assert_int_equal(db_write(db, put_row, failed, &err), SOUK_OK);
    assert_int_equal(
        fixture_write(db,
                      arena_printf(&arena,
                                   "UPDATE image SET state = 'missing', why = 'x' WHERE"
                                   " source = '%s'",
                                   failed)
                          .ptr,
                      &err),
        SOUK_OK);
    sweep();
    assert_true(exists(lost) && exists(waits) && exists(broken)); /* all of today */
    make_old(lost), make_old(waits), make_old(broken);
    sweep();
    assert_false(exists(lost));
    assert_true(exists(waits));
    assert_false(exists(broken));
}

static void only_what_is_unused_is_removed(void **state)
{
    static const char hash[] = "ab0123456789abcdef0123456789abcd";
    struct err err = {0};
    (void)state;
    mkdir(path_of("ab"), 0700);
    mkdir(path_of("cd"), 0700);
    put("ab/ab0123456789abcdef0123456789abcd.jpg");
    put("ab/ab0123456789abcdef0123456789abcd-400.webp");
    put("cd/cd0123456789abcdef0123456789abcd.jpg");
    put("cd/cd0123456789abcdef0123456789abcd.jpg.part");
    put("cd/letter.txt");
    assert_int_equal(
        fixture_write(
            db,
            arena_printf(
                &arena,
                "INSERT INTO image (id, source, hash, type, width, height, widths, state, created_at)"
                " VALUES (1, 'x', '%s', 'image/jpeg', 9, 9, '', 'ready', 1)",
                hash)
                .ptr,
            &err),
        SOUK_OK);
    sweep();
    assert_true(exists("ab/ab0123456789abcdef0123456789abcd.jpg"));
    assert_true(exists("ab/ab0123456789abcdef0123456789abcd-400.webp"));
    assert_false(exists("cd/cd0123456789abcdef0123456789abcd.jpg"));
    assert_false(exists("cd/cd0123456789abcdef0123456789abcd.jpg.part"));
    assert_true(exists("cd/letter.txt")); /* not ours */
}

static void reason_of(const char *source, const char *expected)
{
    struct err err = {0};
    assert_int_equal(db_write(db, put_row, (void *)(uintptr_t)source, &err), SOUK_OK);
    assert_int_equal(media_work(db, NULL, &err), SOUK_OK);
    const char *sql =
        arena_printf(
            &arena,
            "SELECT count(*) FROM image WHERE source = '%s' AND state = 'missing' AND why LIKE '%s'",
            source, expected)
            .ptr;
    if (fixture_int(db, sql) != 1)
        fail_msg("%s", source);
}

static void a_picture_beside_a_file_stays_beside_it(void **state)
{
    struct err err = {0};
    (void)state;
    const char *beside = arena_printf(&arena, "%s/shop", dir).ptr;
    mkdir(beside, 0700);
    const char *list = arena_printf(&arena, "%s/list.jsonl", beside).ptr;
    int fd = open(list, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "<svg></svg>", 11), 11);
    close(fd);
    assert_int_equal(symlink(dir, arena_printf(&arena, "%s/folder", beside).ptr), 0);
    assert_int_equal(symlink(list, arena_printf(&arena, "%s/link.svg", beside).ptr), 0);
    assert_int_equal(rename(list, arena_printf(&arena, "%s/out.svg", dir).ptr), 0);
    fd = open(list, O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(media_beside(db, "souk", list, &err), SOUK_OK);
    reason_of("demo:folder/out.svg", "%leads out of the folder%");
    reason_of("demo:link.svg", "%cannot be read");
    reason_of("demo:../out.svg", "there is no such file%");
    reason_of("demo:/etc/passwd", "there is no such file%");
    reason_of("demo:a/../../out.svg", "there is no such file%");
    reason_of("demo:.hidden", "there is no such file%");
    reason_of("demo:a//b", "there is no such file%");
    reason_of("demo:none.svg", "%cannot be read");
    reason_of("upload:../../out.svg", "it is no upload%");
    assert_int_equal(access(arena_printf(&arena, "%s/out.svg", dir).ptr, F_OK), 0);
    reason_of("file:///etc/passwd", "it is no http%");
    reason_of("http://169.254.169.254/latest", "%");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(uploads_that_nobody_used_go, setup, teardown),
        cmocka_unit_test_setup_teardown(only_what_is_unused_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_picture_beside_a_file_stays_beside_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
