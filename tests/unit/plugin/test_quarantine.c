/*
 * test_quarantine.c: the journal and how it is folded.
 */
#include "fixture.h"
#include "base/clock.h"
#include "plugin/quarantine.h"

#define START INT64_C(1800000000000000)

static char dir[PATH_MAX];
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    folder_make(dir, sizeof(dir));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(dir);
    arena_free(&arena);
    return 0;
}

static void fault(const char *plugin, int64_t at)
{
    struct board_fault fault = {.kind = BOARD_CRASH, .signal = 11, .at = at};
    struct err err = {0};
    snprintf(fault.plugin, sizeof(fault.plugin), "%s", plugin);
    snprintf(fault.where, sizeof(fault.where), "GET /x/%s \"it\\", plugin);
    snprintf(fault.file, sizeof(fault.file), "%s.so+0x11f0", plugin);
    assert_int_equal(quarantine_add(dir, &fault, &err), 0);
}

static void append(const char *text)
{
    char path[PATH_MAX + 16];
    snprintf(path, sizeof(path), "%s/faults", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static const struct fault_record *find(const char *plugin)
{
    return quarantine_find(quarantine_read(dir, &arena), plugin);
}

static void test_none(void **state)
{
    (void)state;
    assert_null(quarantine_read(dir, &arena));
    assert_null(find("hello"));
}

static void test_one(void **state)
{
    (void)state;
    fault("hello", START);
    const struct fault_record *record = find("hello");
    assert_non_null(record);
    assert_int_equal(record->faults, 1);
    assert_int_equal(record->quarantined_at, 0);
    assert_int_equal(record->at, START);
    assert_string_equal(record->kind, "crash");
    assert_string_equal(record->signal, "SIGSEGV");
    assert_string_equal(record->where, "GET /x/hello \"it\\");
    assert_string_equal(record->file, "hello.so+0x11f0");
    assert_null(find("other"));
}

static void test_three_in_ten_minutes(void **state)
{
    (void)state;
    fault("hello", START);
    fault("other", START + CLOCK_MINUTE);
    fault("hello", START + 5 * CLOCK_MINUTE);
    assert_int_equal(find("hello")->quarantined_at, 0);
    fault("hello", START + 10 * CLOCK_MINUTE);
    assert_int_equal(find("hello")->quarantined_at, START + 10 * CLOCK_MINUTE);
    assert_int_equal(find("hello")->faults, 3);
    assert_int_equal(find("other")->quarantined_at, 0);
}

static void test_three_in_longer(void **state)
{
    (void)state;
    fault("hello", START);
    fault("hello", START + 5 * CLOCK_MINUTE);
    fault("hello", START + 10 * CLOCK_MINUTE + 1);
    assert_int_equal(find("hello")->quarantined_at, 0);
    fault("hello", START + 14 * CLOCK_MINUTE); /* with the two before it */
    assert_int_equal(find("hello")->quarantined_at, START + 14 * CLOCK_MINUTE);
    assert_int_equal(find("hello")->faults, 4);
}

static void test_cleared(void **state)
{
    (void)state;
    struct err err = {0};
    for (int i = 0; i < 3; i++)
        fault("hello", START + i);
    assert_true(find("hello")->quarantined_at);
    assert_int_equal(quarantine_clear(dir, "hello", START + 10, &err), 0);
    const struct fault_record *record = find("hello");
    assert_int_equal(record->quarantined_at, 0);
    assert_int_equal(record->faults, 0);
    assert_int_equal(record->at, START + 2); /* what happened is still known */
    fault("hello", START + 20);
    fault("hello", START + 21);
    assert_int_equal(find("hello")->quarantined_at, 0);
    fault("hello", START + 22);
    assert_true(find("hello")->quarantined_at);
}

static void test_core(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        fault("", START + i);
    assert_int_equal(find("")->faults, 5);
    assert_int_equal(find("")->quarantined_at, 0);
}

static void test_unreadable(void **state)
{
    (void)state;
    fault("hello", START);
    append("no line at all\n\n=\nat=yesterday plugin=hello kind=crash\n");
    append("at=2027-01-15T08:00:01Z plugin=\"hello kind=crash\n");
    append("at=2027-01-15T08:00:01Z kind=crash\n");
    append("at=2027-01-15T08:00:02Z plugin=hello kind=hang new=field signal=\n");
    append("at=2027-01-15T08:00:03Z plugin=hel"); /* cut short by a full disk */
    assert_int_equal(find("hello")->faults, 2);
    assert_string_equal(find("hello")->kind, "hang");
    assert_string_equal(find("hello")->signal, "");
}

/* What a dying process left need not be text. */
static void test_garbage(void **state)
{
    (void)state;
    struct board_fault fault = {.kind = BOARD_HANG, .at = START};
    struct err err = {0};
    memset(fault.plugin, 'x', sizeof(fault.plugin));
    memset(fault.where, '"', sizeof(fault.where));
    memset(fault.file, '\n', sizeof(fault.file));
    assert_int_equal(quarantine_add(dir, &fault, &err), 0);
    const struct fault_record *list = quarantine_read(dir, &arena);
    assert_non_null(list);
    assert_int_equal(strlen(list->plugin), 47);
    assert_int_equal(list->faults, 1);
    fault.kind = 9;
    assert_int_equal(quarantine_add(dir, &fault, &err), SOUK_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_three_in_ten_minutes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_three_in_longer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cleared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_core, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unreadable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_garbage, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
