/* Tests of the token buckets: burst, refill, separation, a table that is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "web/rate.h"

static int take(struct rate *rate, const char *address, const char *where, int64_t at)
{
    return rate_take(rate, souk_str(address), where, 6, at);
}

static void burst_then_refill(void **state)
{
    struct rate *rate = rate_new();
    int64_t now = 1000 * CLOCK_SECOND;
    (void)state;
    for (int i = 0; i < 6; i++)
        assert_int_equal(take(rate, "1.2.3.4", "GET /", now), 0);
    assert_int_equal(take(rate, "1.2.3.4", "GET /", now), 10);
    assert_int_equal(take(rate, "1.2.3.4", "GET /", now + 4 * CLOCK_SECOND), 6);
    assert_int_equal(take(rate, "1.2.3.4", "GET /", now + 10 * CLOCK_SECOND), 0);
    assert_true(take(rate, "1.2.3.4", "GET /", now + 10 * CLOCK_SECOND) > 0);
    now += CLOCK_HOUR;
    for (int i = 0; i < 6; i++) /* full, not fuller */
        assert_int_equal(take(rate, "1.2.3.4", "GET /", now), 0);
    assert_true(take(rate, "1.2.3.4", "GET /", now) > 0);
    assert_true(take(rate, "1.2.3.4", "GET /", now - CLOCK_HOUR) >
                0); /* a clock that goes back gives nothing */
    rate_free(rate);
}

static void keys_are_apart(void **state)
{
    struct rate *rate = rate_new();
    (void)state;
    for (int i = 0; i < 6; i++)
        assert_int_equal(take(rate, "2001:db8::1", "GET /", 1), 0);
    assert_true(take(rate, "2001:db8::ffff", "GET /", 1) > 0); /* the same /64 */
    assert_int_equal(take(rate, "2001:db8:0:1::1", "GET /", 1), 0);
    assert_int_equal(take(rate, "2001:db8::1", "GET /other", 1), 0);
    assert_int_equal(take(rate, "unix", "GET /", 1), 0);
    rate_free(rate);
}

static void full_table_goes_on(void **state)
{
    struct rate *rate = rate_new();
    char address[32];
    (void)state;
    for (int i = 0; i < 100000; i++) {
        snprintf(address, sizeof(address), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        assert_int_equal(take(rate, address, "GET /", i), 0);
    }
    rate_free(rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_then_refill),
        cmocka_unit_test(keys_are_apart),
        cmocka_unit_test(full_table_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
