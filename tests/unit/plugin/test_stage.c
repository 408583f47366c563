/*
 * test_stage.c: what is mapped and what is refused.
 */
#include "fixture.h"
#include "plugin/stage.h"

static char folder[PATH_MAX], run_dir[PATH_MAX + 32], file[PATH_MAX + 64];

static int set_up(void **state)
{
    (void)state;
    folder_make(folder, sizeof(folder));
    snprintf(run_dir, sizeof(run_dir), "%s/run/plugins", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(folder);
    return 0;
}

static int open_fixture(const char *name, struct staged *staged, struct err *err)
{
    char from[PATH_MAX];
    fixture_path(name, from, sizeof(from));
    snprintf(file, sizeof(file), "%s/%s.so", folder, name);
    file_copy(from, file);
    memset(err, 0, sizeof(*err));
    return stage_open(file, name, run_dir, staged, err);
}

static void write_file(const char *bytes, size_t len)
{
    snprintf(file, sizeof(file), "%s/hello.so", folder);
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static int copies_left(void)
{
    struct arena arena = {0};
    const char *path[] = {run_dir, NULL};
    const char **names;
    size_t count;
    char copy[PATH_MAX + 300];
    snprintf(copy, sizeof(copy), "%s", run_dir);
    stage_list(path, &arena, &names, &count);
    arena_free(&arena);
    return (int)count + (rmdir(copy) == 0 ? 0 : 1); /* an empty folder can be removed */
}

static void test_maps(void **state)
{
    (void)state;
    struct staged staged;
    struct err err;
    int code = open_fixture("fix_good", &staged, &err);
    if (code)
        fail_msg("%s", err.text);
    assert_int_equal(staged.raw->magic, SOUK_MAGIC);
    assert_string_equal(staged.raw->name, "fix_good");
    assert_int_equal(strlen(staged.hash), 16);
    assert_string_equal(staged.source, file);
    assert_true((uintptr_t)staged.raw > (uintptr_t)staged.start);
    assert_true((uintptr_t)staged.raw < (uintptr_t)staged.start + staged.len);
    assert_int_equal(copies_left(), 0);
}

static void test_copies_stay_when_asked(void **state)
{
    (void)state;
    struct staged staged;
    struct err err;
    setenv("SOUK_KEEP_COPIES", "1", 1);
    int code = open_fixture("fix_good", &staged, &err);
    unsetenv("SOUK_KEEP_COPIES");
    assert_int_equal(code, 0);
    assert_int_equal(copies_left(), 1); /* its folder cannot be removed */
    stage_clean(run_dir);
    assert_int_equal(copies_left(), 0);
}

static void test_same_bytes_twice(void **state)
{
    (void)state;
    struct staged one, two;
    struct err err;
    assert_int_equal(open_fixture("fix_good", &one, &err), 0);
    assert_int_equal(open_fixture("fix_good", &two, &err), 0);
    assert_string_equal(one.hash, two.hash);
    assert_ptr_not_equal(one.raw, two.raw);
    assert_string_equal(one.raw->name, "fix_good"); /* the old one is still there */
}

static void test_changed_file(void **state)
{
    (void)state;
    struct staged one, two;
    struct err err;
    char from[PATH_MAX];
    assert_int_equal(open_fixture("fix_good", &one, &err), 0);
    fixture_path("fix_good_v2", from, sizeof(from));
    file_copy(from, file);
    assert_int_equal(stage_open(file, "fix_good", run_dir, &two, &err), 0);
    assert_string_equal(one.raw->version, "1.0.0");
    assert_string_equal(two.raw->version, "2.0.0");
    assert_string_not_equal(one.hash, two.hash);
}

static void test_overwritten_file(void **state)
{
    (void)state;
    struct staged staged;
    struct err err;
    assert_int_equal(open_fixture("fix_good", &staged, &err), 0);
    assert_int_equal(truncate(file, 0), 0); /* a mapping of it would be a SIGBUS now */
    assert_string_equal(staged.raw->name, "fix_good");
}

static void test_world_writable(void **state)
{
    (void)state;
    struct staged staged;
    struct err err;
    char from[PATH_MAX];
    fixture_path("fix_good", from, sizeof(from));
    snprintf(file, sizeof(file), "%s/fix_good.so", folder);
    file_copy(from, file);
    assert_int_equal(chmod(file, 0646), 0);
    assert_int_equal(stage_open(file, "fix_good", run_dir, &staged, &err), SOUK_DENIED);
    assert_part(err.text, "can be written by anybody; run chmod o-w ");
    assert_part(err.text, "plugin \"fix_good\" (");
    assert_int_equal(chmod(file, 0644), 0);
    assert_int_equal(chmod(folder, 0757), 0);
    assert_int_equal(stage_open(file, "fix_good", run_dir, &staged, &err), SOUK_DENIED);
    assert_part(err.text, "its folder can be written by anybody");
}

/* The fixture is refused with these words. */
static void refused(const char *name, const char *part)
{
    struct staged staged;
    struct err err;
    assert_int_not_equal(open_fixture(name, &staged, &err), 0);
    assert_part(err.text, part);
    assert_part(err.text, name);
}

static void test_refusals(void **state)
{
    (void)state;
    refused("fix_execstack", "executable stack; link it with -Wl,-z,noexecstack");
    refused("fix_textrel", "text relocations");
    refused("fix_nosymbol", "exports no souk_plugin; put SOUK_PLUGIN");
    refused("fix_undefined", "undefined symbol: fix_function_of_nobody; link it with");
    assert_int_equal(copies_left(), 0);
}

static void test_not_elf(void **state)
{
    (void)state;
    struct staged staged;
    struct err err;
    write_file("#!/bin/sh\n", 10);
    assert_int_equal(stage_open(file, "hello", run_dir, &staged, &err), SOUK_INVALID);
    assert_part(err.text, "is not a shared object; build it with");
    write_file("", 0);
    assert_int_equal(stage_open(file, "hello", run_dir, &staged, &err), SOUK_INVALID);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(stage_open(file, "hello", run_dir, &staged, &err), SOUK_NOT_FOUND);
    assert_int_equal(mkfifo(file, 0600), 0);
    assert_int_equal(stage_open(file, "hello", run_dir, &staged, &err), SOUK_INVALID);
    assert_part(err.text, "not a regular file");
}

/* Cut and spoiled copies of a good file: refused or mapped, never a crash of the
 * reader. */
static void test_spoiled(void **state)
{
    (void)state;
    char bytes[65536], from[PATH_MAX];
    struct staged staged;
    struct err err;
    fixture_path("fix_good", from, sizeof(from));
    int fd = open(from, O_RDONLY);
    ssize_t len = read(fd, bytes, sizeof(bytes));
    close(fd);
    assert_true(len > 1024);
    for (size_t cut = 1; cut < 1024; cut += 97) {
        write_file(bytes, cut);
        assert_int_not_equal(stage_open(file, "hello", run_dir, &staged, &err), 0);
    }
    for (size_t at = 0x20; at < 0x40; at++) { /* offsets and counts of the ELF header */
        char old = bytes[at];
        bytes[at] = (char)0xFF;
        write_file(bytes, 1024);
        assert_int_not_equal(stage_open(file, "hello", run_dir, &staged, &err), 0);
        bytes[at] = old;
    }
}

static void test_find(void **state)
{
    (void)state;
    struct staged staged;
    struct err err;
    struct arena arena = {0};
    const char *path[] = {"/nowhere", folder, NULL};
    const char **names;
    size_t count;
    char found[PATH_MAX];
    assert_int_equal(open_fixture("fix_need", &staged, &err), 0);
    assert_int_equal(open_fixture("fix_good", &staged, &err), 0);
    assert_int_equal(stage_find(path, "fix_good", found, sizeof(found), &err), 0);
    assert_string_equal(found, file);
    assert_int_equal(stage_find(path, "fix_god", found, sizeof(found), &err), SOUK_NOT_FOUND);
    assert_part(err.text, "did you mean \"fix_good\"?");
    assert_int_equal(stage_find(path, "zzzz", found, sizeof(found), &err), SOUK_NOT_FOUND);
    assert_part(err.text, "put zzzz.so there");
    assert_int_equal(stage_find(path, "../x", found, sizeof(found), &err), SOUK_INVALID);
    stage_list(path, &arena, &names, &count);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "fix_good");
    assert_string_equal(names[1], "fix_need");
    assert_null(names[2]);
    arena_free(&arena);
    stage_clean(folder);
    assert_int_equal(stage_find(path, "fix_good", found, sizeof(found), &err), SOUK_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_maps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copies_stay_when_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_bytes_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_overwritten_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_world_writable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_elf, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spoiled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_find, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
