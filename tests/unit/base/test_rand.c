/*
 * rand: tokens, and ids that only grow, over threads and floors.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include "base/clock.h"
#include "base/rand.h"

static void tokens(void **state)
{
    (void)state;
    char token[200], other[200];
    for (size_t bytes = 0; bytes <= 130; bytes++) {
        memset(token, '#', sizeof(token));
        rand_token(token, bytes);
        size_t len = strlen(token);
        assert_int_equal(len, (bytes * 4 + 2) / 3);
        assert_true(len + 1 <= bytes * 4 / 3 + 2);
        for (size_t i = 0; i < len; i++) {
            assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_",
                                   token[i]));
        }
    }
    rand_token(token, 16);
    rand_token(other, 16);
    assert_string_not_equal(token, other);
}

static void bytes_differ(void **state)
{
    (void)state;
    unsigned char a[32] = {0}, b[32] = {0};
    rand_bytes(a, sizeof(a));
    rand_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

static void ids_carry_the_time(void **state)
{
    (void)state;
    int64_t before = clock_now() / 1000 - INT64_C(1577836800000);
    int64_t id = id_next();
    int64_t after = clock_now() / 1000 - INT64_C(1577836800000);
    assert_true(id > 0);
    assert_true(id >> 22 >= before && id >> 22 <= after);
}

#define IDS_EACH 50000

static void *draw(void *to)
{
    int64_t *ids = to;
    for (int i = 0; i < IDS_EACH; i++)
        ids[i] = id_next();
    return NULL;
}

/* Each thread sees its own grow; merged, none comes twice. More than 65536 in a
 * millisecond spill. */
static void ids_grow_on_every_thread(void **state)
{
    (void)state;
    static int64_t ids[3][IDS_EACH];
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw, ids[i]), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    int at[3] = {0};
    int64_t last = 0;
    for (int taken = 0; taken < 3 * IDS_EACH; taken++) {
        int least = -1;
        for (int i = 0; i < 3; i++)
            if (at[i] < IDS_EACH && (least < 0 || ids[i][at[i]] < ids[least][at[least]]))
                least = i;
        assert_true(ids[least][at[least]] > last);
        last = ids[least][at[least]++];
    }
}

/* What a database from before a step back of the clock needs: ids above, same node,
 * still growing. */
static void floor_lifts_ids(void **state)
{
    (void)state;
    int64_t id = id_next();
    int64_t ahead = id + (INT64_C(3600000) << 22) + 12345;
    id_floor(ahead);
    int64_t next = id_next();
    assert_true(next > ahead);
    assert_int_equal(next >> 16 & 63, id >> 16 & 63);
    int64_t more = 0;
    for (int i = 0; i < 70000; i++) { /* over the end of a sequence */
        more = id_next();
        assert_true(more > next);
        assert_int_equal(more >> 16 & 63, id >> 16 & 63);
        next = more;
    }
    id_floor(1);
    id_floor(-5);
    id_floor(INT64_MAX);
    assert_true(id_next() > more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens),
        cmocka_unit_test(bytes_differ),
        cmocka_unit_test(ids_carry_the_time),
        cmocka_unit_test(ids_grow_on_every_thread),
        cmocka_unit_test(floor_lifts_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
