/*
 * test_kit_file: a plugin's files on a real folder: whole or not at all, also when the process is
 * killed between writing and commit; what a start sweeps; names, links and limits; what the disk
 * refuses.
 */
#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct souk_ctx ctx;
static char data[64];

static int set_up(void **state)
{
    (void)state;
    fixture_begin();
    ctx = fixture_ctx(SOUK_TASK);
    snprintf(data, sizeof data, "/tmp/souk-kit-XXXXXX");
    assert_non_null(mkdtemp(data));
    assert_int_equal(bridge_files_use(data, NULL), 0);
    return 0;
}

static int tear_down(void **state)
{
    char path[128];
    call_end(&ctx, NULL);
    bridge_files_purge("t", NULL);
    snprintf(path, sizeof path, "%s/files", data);
    rmdir(path);
    rmdir(data);
    return fixture_teardown(state);
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/files/t/%s", data, name);
    return path;
}

static void put(const char *name, const char *text)
{
    struct souk_file_writer *writer;
    assert_int_equal(souk_file_begin(&ctx, souk_str(name), &writer), 0);
    assert_int_equal(souk_file_write(writer, souk_str(text)), 0);
    assert_int_equal(souk_file_commit(writer), 0);
}

static void holds(const char *name, const char *text)
{
    struct souk_str got;
    assert_int_equal(souk_file_read(&ctx, souk_str(name), 0, 1000, &got), 0);
    assert_string_equal(got.ptr, text);
}

/* Everything in the folder, half files too. */
static int entries(void)
{
    DIR *folder = opendir(path_of(""));
    int count = 0;
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count ? count - 2 : 0;
}

static void whole_or_not(void **state)
{
    struct souk_file_writer *writer;
    (void)state;
    put("a.txt", "old");
    assert_int_equal(souk_file_begin(&ctx, souk_str("a.txt"), &writer), 0);
    assert_int_equal(souk_file_write(writer, souk_str("new")), 0);
    holds("a.txt", "old");
    assert_int_equal(entries(), 2);
    call_end(&ctx, NULL);
    assert_int_equal(entries(), 1);
    holds("a.txt", "old");
    assert_int_equal(souk_file_write(writer, souk_str("late")), SOUK_INVALID);
    assert_int_equal(souk_file_commit(writer), SOUK_INVALID);
    put("a.txt", "new");
    holds("a.txt", "new");
    struct stat info;
    assert_int_equal(stat(path_of("a.txt"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

/* A writer of every size around that of the room that gathers. */
static void gathers(void **state)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 200000};
    static char filler[200000];
    struct souk_file_info info = {.size = sizeof info};
    (void)state;
    memset(filler, 'x', sizeof filler);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            struct souk_file_writer *writer;
            struct souk_str got;
            assert_int_equal(souk_file_begin(&ctx, souk_str("sizes"), &writer), 0);
            assert_int_equal(souk_file_write(writer, souk_str("<")), 0);
            assert_int_equal(souk_file_write(writer, (struct souk_str){filler, sizes[i]}), 0);
            assert_int_equal(souk_file_write(writer, souk_str("|")), 0);
            assert_int_equal(souk_file_write(writer, (struct souk_str){filler, sizes[k]}), 0);
            assert_int_equal(souk_file_write(writer, souk_str(">")), 0);
            assert_int_equal(souk_file_commit(writer), 0);
            assert_int_equal(souk_file_info(&ctx, souk_str("sizes"), &info), 0);
            assert_int_equal(info.bytes, sizes[i] + sizes[k] + 3);
            assert_int_equal(souk_file_read(&ctx, souk_str("sizes"), (int64_t)sizes[i], 3, &got),
                             0);
            assert_true(got.len == 3 && got.ptr[1] == '|');
        }
    }
}

/* A child is killed by nobody's mercy after each step of writing a new file. */
static void killed(void **state)
{
    (void)state;
    put("feed", "old");
    for (int steps = 0; steps < 4; steps++) {
        pid_t child = fork();
        if (child == 0) {
            struct souk_file_writer *writer = NULL;
            static char filler[300000];
            if (steps > 0)
                souk_file_begin(&ctx, souk_str("feed"), &writer);
            if (steps > 1)
                souk_file_write(writer, (struct souk_str){filler, sizeof filler});
            if (steps > 2)
                souk_file_write(writer, souk_str("more"));
            raise(SIGKILL);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        holds("feed", "old");
        assert_int_equal(entries(), steps ? 2 : 1);
        assert_int_equal(bridge_files_use(data, NULL), 0); /* the next start */
        assert_int_equal(entries(), 1);
    }
}

static void names(void **state)
{
    static const char *const wrong[] = {"",       ".",    "..",          ".hidden",
                                        ".new-x", "a/b",  "/etc/passwd", "../t/a",
                                        "a b",    "a\nb", "\xc3\xa4",    "a\\b"};
    struct souk_file_writer *writer;
    struct souk_str got;
    char longest[102];
    (void)state;
    memset(longest, 'x', sizeof longest);
    longest[101] = '\0';
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct souk_str name = souk_str(wrong[i]);
        assert_int_equal(souk_file_begin(&ctx, name, &writer), SOUK_INVALID);
        assert_null(writer);
        assert_int_equal(souk_file_read(&ctx, name, 0, 5, &got), SOUK_INVALID);
        assert_int_equal(souk_file_remove(&ctx, name), SOUK_INVALID);
    }
    assert_int_equal(souk_file_begin(&ctx, (struct souk_str){"a\0b", 3}, &writer), SOUK_INVALID);
    assert_int_equal(souk_file_begin(&ctx, souk_str(longest), &writer), SOUK_INVALID);
    longest[100] = '\0';
    put(longest, "x");
    put("A-Z_0.9", "x");
}

static void strangers(void **state)
{
    struct souk_file_info info = {.size = sizeof info};
    const struct souk_value *list;
    struct souk_str got;
    (void)state;
    put("own", "x");
    assert_int_equal(symlink("/etc/passwd", path_of("link")), 0);
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_int_equal(mkdir(path_of("inner"), 0700), 0);
    const char *const there[] = {"link", "pipe", "inner"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(souk_file_read(&ctx, souk_str(there[i]), 0, 5, &got), SOUK_NOT_FOUND);
        assert_int_equal(souk_file_info(&ctx, souk_str(there[i]), &info), SOUK_NOT_FOUND);
    }
    assert_int_equal(souk_file_list(&ctx, &list), 0);
    assert_int_equal(souk_count_of(list), 1);
    put("link", "mine");
    holds("link", "mine");
    assert_int_equal(rmdir(path_of("inner")), 0);
    assert_int_equal(bridge_files_purge("t", NULL), 0);
    assert_int_equal(entries(), 0);
    /* the plugin's folder itself is a link to elsewhere */
    char own[128], elsewhere[] = "/tmp/souk-else-XXXXXX";
    assert_non_null(mkdtemp(elsewhere));
    snprintf(own, sizeof own, "%s/files/t", data);
    assert_int_equal(symlink(elsewhere, own), 0);
    struct souk_file_writer *writer;
    assert_int_equal(souk_file_begin(&ctx, souk_str("a"), &writer), SOUK_UNAVAILABLE);
    assert_int_equal(unlink(own), 0);
    assert_int_equal(rmdir(elsewhere), 0);
}

static void limits(void **state)
{
    struct souk_file_writer *writer, *more;
    static char filler[1 << 20];
    struct rlimit before, small;
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(souk_file_begin(&ctx, souk_str("many"), &writer), 0);
    assert_int_equal(souk_file_begin(&ctx, souk_str("many"), &more), SOUK_TOO_LARGE);
    assert_int_equal(souk_file_commit(writer), 0);
    assert_int_equal(souk_file_begin(&ctx, souk_str("many"), &more), 0);
    call_end(&ctx, NULL);
    assert_int_equal(entries(), 1);
    /* the disk says no in the middle: the error stays, the old file too */
    put("full", "old");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    small = before;
    small.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(souk_file_begin(&ctx, souk_str("full"), &writer), 0);
    int code = souk_file_write(writer, (struct souk_str){filler, sizeof filler});
    int again = souk_file_write(writer, souk_str("x")), last = souk_file_commit(writer);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, SOUK_UNAVAILABLE);
    assert_int_equal(again, SOUK_UNAVAILABLE);
    assert_int_equal(last, SOUK_UNAVAILABLE);
    holds("full", "old");
    call_end(&ctx, NULL);
    assert_int_equal(entries(), 2);
}

static void kinds(void **state)
{
    struct souk_file_writer *writer;
    struct souk_file_info info = {.size = sizeof info};
    (void)state;
    put("a", "x");
    for (int kind = SOUK_READ; kind <= SOUK_WRITE; kind++) {
        struct souk_ctx other = fixture_ctx(kind);
        assert_int_equal(souk_file_begin(&other, souk_str("a"), &writer), SOUK_WRONG_KIND);
        assert_int_equal(souk_file_remove(&other, souk_str("a")), SOUK_WRONG_KIND);
        assert_int_equal(souk_file_info(&other, souk_str("a"), &info), 0);
        assert_int_equal(souk_answer_file(&other, souk_str("a"), "text/plain", souk_str("")),
                         SOUK_WRONG_KIND);
    }
    struct souk_ctx init = fixture_ctx(CALL_INIT);
    assert_int_equal(souk_file_info(&init, souk_str("a"), &info), SOUK_WRONG_KIND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_or_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gathers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strangers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(kinds, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
