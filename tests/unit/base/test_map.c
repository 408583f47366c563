/*
 * map: put, get, remove, order, growth, keys that are owned or not.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

static int one, two;

static void put_get_replace_remove(void **state)
{
    (void)state;
    struct map map = {0};
    assert_null(map_get(&map, souk_str("a")));
    assert_null(map_remove(&map, souk_str("a")));
    assert_null(map_put(&map, souk_str("a"), &one));
    assert_ptr_equal(map_get(&map, souk_str("a")), &one);
    assert_ptr_equal(map_put(&map, souk_str("a"), &two), &one);
    assert_int_equal(map.len, 1);
    assert_ptr_equal(map_remove(&map, souk_str("a")), &two);
    assert_null(map_get(&map, souk_str("a")));
    assert_int_equal(map.len, 0);
    assert_null(map_put(&map, STR_NULL, &one));
    assert_ptr_equal(map_get(&map, souk_str("")), &one);
    map_free(&map);
}

static void many_keys_in_order(void **state)
{
    (void)state;
    struct map map = {0};
    static int values[3000];
    char key[16];
    for (int i = 0; i < 3000; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        assert_null(map_put_copy(&map, souk_str(key), &values[i]));
    }
    for (int i = 0; i < 3000; i += 2) {
        snprintf(key, sizeof(key), "key %d", i);
        assert_ptr_equal(map_remove(&map, souk_str(key)), &values[i]);
    }
    assert_int_equal(map.len, 1500);
    for (int i = 0; i < 3000; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        assert_ptr_equal(map_get(&map, souk_str(key)), i % 2 ? &values[i] : NULL);
    }
    int *before = NULL;
    size_t seen = 0;
    for (size_t i = 0; i < map.used; i++) {
        if (map.entries[i].key.ptr) {
            int *value = map.entries[i].value;
            assert_true(!before || value > before);
            before = value;
            seen++;
        }
    }
    assert_int_equal(seen, 1500);
    map_free(&map);
}

/* Put and remove for ever must not grow the table for ever. */
static void churn_stays_small(void **state)
{
    (void)state;
    struct map map = {0};
    char key[16];
    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof(key), "%d", i);
        map_put_copy(&map, souk_str(key), &one);
        if (i >= 4) {
            snprintf(key, sizeof(key), "%d", i - 4);
            assert_ptr_equal(map_remove(&map, souk_str(key)), &one);
        }
    }
    assert_int_equal(map.len, 4);
    assert_in_range(map.cap, 1, 64);
    map_free(&map);
}

/* The old key often lies in the old value, which the caller frees after a replacement.
 */
static void replaced_key_is_the_new_view(void **state)
{
    (void)state;
    struct map map = {0};
    char *old = mem_strdup("key"), *new = mem_strdup("key");
    map_put(&map, souk_str(old), &one);
    map_put(&map, souk_str(new), &two);
    free(old);
    assert_ptr_equal(map_get(&map, souk_str("key")), &two);
    map_put_copy(&map, souk_str(new), &one);
    free(new);
    assert_ptr_equal(map_get(&map, souk_str("key")), &one);
    map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_get_replace_remove),
        cmocka_unit_test(many_keys_in_order),
        cmocka_unit_test(churn_stays_small),
        cmocka_unit_test(replaced_key_is_the_new_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
