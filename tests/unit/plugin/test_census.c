/*
 * test_census.c: counting what the process holds, and whose calls left something
 * behind.
 */
#include <sys/mman.h>
#include "fixture.h"
#include "plugin/census.h"

static void test_counts(void **state)
{
    (void)state;
    int before = census_descriptors();
    int fd = dup(0);
    assert_int_equal(census_descriptors(), before + 1);
    close(fd);
    assert_int_equal(census_descriptors(), before);
}

/* What is the process's own counts; a file that is mapped and read does not. */
static void test_memory(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* it keeps notes of its own on every byte that is looked at */
#endif
    const size_t size = (size_t)16 << 20;
    char name[] = "/tmp/souk-census-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0 && unlink(name) == 0);
    char *bytes = malloc(size);
    assert_non_null(bytes);
    int64_t before = census_resident();
    memset(bytes, 'x', size);
    int64_t own = census_resident();
    assert_true(own - before > (int64_t)size / 2);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    volatile char *mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(mapped != MAP_FAILED);
    size_t sum = 0;
    for (size_t i = 0; i < size; i += 4096)
        sum += (size_t)mapped[i];
    assert_true(sum > 0);
    assert_true(census_resident() - own < (int64_t)size / 2);
    munmap((void *)(uintptr_t)mapped, size);
    close(fd);
    free(bytes);
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void *wait_for_it(void *arg)
{
    pthread_mutex_lock(&held);
    pthread_mutex_unlock(&held);
    return arg;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[2];
    pthread_mutex_lock(&held);
    assert_int_equal(pthread_create(&threads[0], NULL, wait_for_it, NULL), 0);
    int before = census_threads(); /* a sanitizer's own thread has begun by now */
    assert_true(before >= 2);
    assert_int_equal(pthread_create(&threads[1], NULL, wait_for_it, NULL), 0);
    assert_int_equal(census_threads(), before + 1);
    pthread_mutex_unlock(&held);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}

static void enter_and_leave(struct plugin *plugin, int descriptors, struct souk_ctx *inner)
{
    struct souk_ctx ctx;
    struct call_place place = {"test", 0, 0};
    struct call_start start = {.plugin = plugin, .kind = CALL_INIT};
    call_begin(&ctx, &start);
    struct board_mark mark = call_enter(&ctx, &place);
    for (int i = 0; i < descriptors; i++)
        assert_true(dup(0) > 0);
    if (inner) {
        struct board_mark nested = call_enter(inner, &place);
        assert_true(dup(0) > 0 && dup(0) > 0 && dup(0) > 0);
        call_leave(inner, nested);
    }
    call_leave(&ctx, mark);
}

static void test_names_the_leak(void **state)
{
    (void)state;
    static struct plugin tidy = {.name = "tidy"}, leaky = {.name = "leaky"};
    struct souk_ctx inner = {.self = &leaky};
    const char *plugin = NULL;
    int64_t bytes = 0, descriptors = 0;
    enter_and_leave(&leaky, 2, NULL); /* nobody watches yet */
    census_watch(1);
    assert_int_equal(census_top(&plugin, &bytes, &descriptors), 0);
    enter_and_leave(&tidy, 0, NULL);
    enter_and_leave(&leaky, 2, NULL);
    /* what an inner call left is not the outer one's: 3 and 5, not 6 and 5 */
    enter_and_leave(&tidy, 3, &inner);
    assert_int_equal(census_top(&plugin, &bytes, &descriptors), 1);
    assert_string_equal(plugin, "leaky");
    assert_int_equal(descriptors, 5);
    census_watch(0);
    enter_and_leave(&tidy, 9, NULL);
    census_top(&plugin, &bytes, &descriptors);
    assert_string_equal(plugin, "leaky");
    census_watch(1); /* begins anew */
    assert_int_equal(census_top(&plugin, &bytes, &descriptors), 0);
    census_watch(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_names_the_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
