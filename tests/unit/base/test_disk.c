/*
 * Files that are there whole or not at all: the order of what reaches the disk, and for each step
 * that fails that the old file stands, the reason is told, and nothing is left beside it. write,
 * fsync and renameat are this program's own here: they keep a list, and fail when told to.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/disk.h"
#include "base/str.h"

/* ---- the disk ---- */

static char done[100];    /* "write file folder" as it came */
static int watched;       /* by this thread alone */
static const char *fails; /* this one does, with `why` */
static int why;
static int short_writes; /* so many give 1 byte, after an EINTR */

static int step(const char *name)
{
    size_t len = strlen(done);
    snprintf(done + len, sizeof done - len, "%s%s", len ? " " : "", name);
    if (!fails || strcmp(fails, name) != 0)
        return 0;
    errno = why;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (fd > 2 && watched) {
        if (short_writes > 0 && short_writes-- % 2 == 0) {
            errno = EINTR;
            return -1;
        }
        if (short_writes > 0)
            len = 1;
        else if (step("write") != 0)
            return -1;
    }
    return syscall(SYS_write, fd, bytes, len);
}

int fsync(int fd)
{
    struct stat info;
    if (watched && fstat(fd, &info) == 0 && step(S_ISDIR(info.st_mode) ? "folder" : "file") != 0)
        return -1;
    return (int)syscall(SYS_fsync, fd);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    if (watched && step("rename") != 0)
        return -1;
    return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

/* ---- what is there ---- */

static char folder[64], path[80];

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, P_tmpdir "/souk-disk-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/thing", folder);
    assert_int_equal(disk_put(path, souk_str("old"), 0600, NULL), SOUK_OK);
    fails = NULL;
    done[0] = '\0';
    watched = 1;
    return 0;
}

static int teardown(void **state)
{
    DIR *dir = opendir(folder);
    (void)state;
    watched = 0;
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
        unlinkat(dirfd(dir), entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
    if (dir)
        closedir(dir);
    return rmdir(folder);
}

static int count_names(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void expect(const char *text)
{
    char got[200] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(read(fd, got, sizeof got - 1) >= 0);
    close(fd);
    assert_string_equal(got, text);
    assert_int_equal(count_names(), 1);
}

/* ---- tests ---- */

static void test_the_order(void **state)
{
    struct stat info;
    (void)state;
    assert_int_equal(disk_put(path, souk_str("new"), 0640, NULL), SOUK_OK);
    assert_string_equal(done, "write file rename folder");
    expect("new");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(disk_put(path, souk_str(""), 0640, NULL), SOUK_OK);
    expect("");
}

static void test_short_writes(void **state)
{
    (void)state;
    short_writes = 6;
    assert_int_equal(disk_put(path, souk_str("by the byte"), 0640, NULL), SOUK_OK);
    assert_int_equal(short_writes, 0);
    expect("by the byte");
}

static void test_every_step_may_fail(void **state)
{
    static const char *const steps[] = {"write", "file", "rename"};
    char words[200];
    struct err err = {0};
    (void)state;
    why = EIO;
    snprintf(words, sizeof words, "%s cannot be written: %s", path, strerror(EIO));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        fails = steps[i];
        errno = 0;
        assert_int_equal(disk_put(path, souk_str("new"), 0640, &err), SOUK_UNAVAILABLE);
        assert_int_equal(errno, EIO);
        assert_string_equal(err.text, words);
        expect("old");
    }
    fails = "folder"; /* it is in place, but nobody knows whether it stays there */
    assert_int_equal(disk_put(path, souk_str("new"), 0640, &err), SOUK_UNAVAILABLE);
    expect("new");
    why = EINVAL; /* a file system that has no such thing */
    assert_int_equal(disk_put(path, souk_str("newer"), 0640, &err), SOUK_OK);
    expect("newer");
}

static void test_a_full_disk(void **state)
{
    struct rlimit before, small;
    struct err err = {0};
    char *much = calloc(1, 20000);
    (void)state;
    assert_non_null(much);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){8192, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int code = disk_put(path, str_make(much, 20000), 0640, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, SOUK_UNAVAILABLE);
    assert_non_null(strstr(err.text, strerror(EFBIG)));
    expect("old");
    free(much);
}

static void test_no_such_folder(void **state)
{
    char far[200];
    struct err err = {0};
    (void)state;
    snprintf(far, sizeof far, "%s/none/thing", folder);
    assert_int_equal(disk_put(far, souk_str("new"), 0640, &err), SOUK_UNAVAILABLE);
    assert_int_equal(errno, ENOENT);
    assert_non_null(strstr(err.text, far));
    char *endless = malloc(6000);
    assert_non_null(endless);
    memset(endless, 'x', 5999);
    endless[5999] = '\0';
    assert_int_equal(disk_put(endless, souk_str("new"), 0640, NULL), SOUK_UNAVAILABLE);
    assert_int_equal(errno, ENAMETOOLONG);
    free(endless);
    expect("old");
}

static void test_the_name_is_a_folders(void **state)
{
    struct stat info;
    struct err err = {0};
    (void)state;
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(disk_put(path, souk_str("new"), 0640, &err), SOUK_UNAVAILABLE);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(count_names(), 1);
}

/* The link is replaced, and what it leads to is left alone. */
static void test_the_name_is_a_links(void **state)
{
    char target[200], got[10] = "";
    struct stat info;
    (void)state;
    snprintf(target, sizeof target, "%s/target", folder);
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(disk_put(path, souk_str("new"), 0640, NULL), SOUK_OK);
    assert_int_equal(lstat(path, &info), 0);
    assert_true(S_ISREG(info.st_mode));
    int fd = open(target, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, got, sizeof got), 3);
    close(fd);
    assert_string_equal(got, "old");
}

static void test_names_within_a_folder(void **state)
{
    (void)state;
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(dir, ".fresh", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    assert_int_equal(disk_write(fd, souk_str("new")), 0);
    assert_int_equal(disk_place(dir, fd, ".none", "thing"), -1);
    assert_int_equal(errno, ENOENT);
    assert_string_equal(done, "write file rename");
    assert_int_equal(disk_place(dir, fd, ".fresh", "thing"), 0);
    assert_string_equal(done, "write file rename file rename folder");
    assert_int_equal(disk_write(fd, souk_str(" and more")), 0); /* it is open yet */
    close(fd);
    close(dir);
    expect("new and more");
}

static char texts[4][4000];

static void *put_often(void *text)
{
    intptr_t failed = 0;
    for (int i = 0; i < 50; i++)
        failed += disk_put(path, souk_str(text), 0640, NULL) != SOUK_OK;
    return (void *)failed;
}

static void test_several_at_once(void **state)
{
    pthread_t threads[4];
    char got[4001] = "";
    (void)state;
    watched = 0;
    for (int i = 0; i < 4; i++) {
        memset(texts[i], 'a' + i, sizeof texts[i] - 1);
        assert_int_equal(pthread_create(&threads[i], NULL, put_often, texts[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, got, sizeof got), sizeof texts[0] - 1);
    close(fd);
    assert_string_equal(got, texts[got[0] - 'a']);
    assert_int_equal(count_names(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_short_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_step_may_fail, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_such_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_name_is_a_folders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_name_is_a_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_within_a_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_several_at_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
