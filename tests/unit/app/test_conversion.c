/* What an order means to a partner: cases by hand, and properties over random orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/conversion_inner.h"
#include "base/clock.h"
#include "base/str.h"
#include <souk/track.h>
#include <cmocka.h>

#define NOW     (1000 * CLOCK_DAY)
#define RETURNS (14 * CLOCK_DAY)

static struct conversion_judged judge(const struct conversion_order *order, const char *before,
                                      int32_t flags, int64_t now)
{
    struct conversion_judged judged;
    conversion_judge(order, souk_str(before), flags, RETURNS, now, &judged);
    return judged;
}

/* 2 × 10.00 with 20 % in them (3.33), 1 × 5.00 with 9 % in it (0.41); delivery 5.00. */
static struct conversion_line lines[2];
static struct conversion_order plain(void)
{
    lines[0] = (struct conversion_line){.quantity = 2, .total = 2000, .tax = 333};
    lines[1] = (struct conversion_line){.quantity = 1, .total = 500, .tax = 41};
    return (struct conversion_order){.include_tax = 1, .total = 3000, .lines = lines, .count = 2};
}

static void deliver(struct conversion_order *order, int64_t at)
{
    for (size_t i = 0; i < order->count; i++)
        lines[i].delivered = lines[i].quantity - lines[i].cancelled - lines[i].at_door;
    order->delivered_at = at;
}

#define SAYS(judged, a_state, an_amount)                                                           \
    do {                                                                                           \
        assert_string_equal((judged).state, a_state);                                              \
        assert_int_equal((judged).amount, an_amount);                                              \
    } while (0)

static void test_life(void **unused)
{
    struct conversion_order order = plain();
    (void)unused;
    SAYS(judge(&order, "pending", 0, NOW), "pending", 3000);
    assert_int_equal(judge(&order, "pending", 0, NOW).due_at, 0);
    deliver(&order, NOW);
    struct conversion_judged judged = judge(&order, "pending", 0, NOW);
    SAYS(judged, "pending", 3000);
    assert_int_equal(judged.due_at, NOW + RETURNS);
    SAYS(judge(&order, "pending", 0, NOW + RETURNS - 1), "pending", 3000);
    judged = judge(&order, "pending", 0, NOW + RETURNS);
    SAYS(judged, "approved", 3000);
    assert_int_equal(judged.due_at, 0);
    order.return_open = 1; /* asked for on the last day */
    SAYS(judge(&order, "pending", 0, NOW + RETURNS), "pending", 3000);
    SAYS(judge(&order, "approved", 0, NOW + RETURNS), "approved", 3000);
    order.return_open = 0;
    lines[0].delivered = 1; /* better news of the carrier: it has not come after all */
    SAYS(judge(&order, "pending", 0, NOW + RETURNS), "pending", 3000);
    SAYS(judge(&order, "approved", 0, NOW + RETURNS), "approved", 3000);
    order.cancelled = 1;
    SAYS(judge(&order, "approved", 0, NOW), "rejected", 0);
    order = plain();
    SAYS(judge(&order, "rejected", 0, NOW), "rejected", 0);
    SAYS(judge(&order, "rejected", SOUK_TRACK_AT_ONCE, NOW), "rejected", 0);
}

static void test_at_once(void **unused)
{
    struct conversion_order order = plain();
    (void)unused;
    SAYS(judge(&order, "pending", SOUK_TRACK_AT_ONCE, NOW), "pending", 3000);
    order.captured = 2999;
    SAYS(judge(&order, "pending", SOUK_TRACK_AT_ONCE, NOW), "pending", 3000);
    order.captured = 3000;
    SAYS(judge(&order, "pending", SOUK_TRACK_AT_ONCE, NOW), "approved", 3000);
    order.refunded = 700;
    SAYS(judge(&order, "approved", SOUK_TRACK_AT_ONCE, NOW), "approved", 2300);
    order.total = order.refunded = order.captured = 0; /* a gift */
    SAYS(judge(&order, "pending", SOUK_TRACK_AT_ONCE, NOW), "approved", 0);
}

static void test_money_back(void **unused)
{
    struct conversion_order order = plain();
    (void)unused;
    order.captured = 3100;
    order.refunded = order.surplus = 100; /* had been paid too much */
    SAYS(judge(&order, "pending", 0, NOW), "pending", 3000);
    order.refunded = 1100;
    lines[0].refunded = 1;
    lines[0].refunded_amount = 1000;
    SAYS(judge(&order, "pending", 0, NOW), "pending", 2000);
    SAYS(judge(&order, "pending", SOUK_TRACK_NET, NOW), "pending", 2000 - 333 + 500 - 41 - 834);
    lines[0].refunded = 2;
    lines[0].refunded_amount = 2000;
    lines[1].refunded = 1;
    lines[1].refunded_amount = 500;
    order.refunded = 2600;
    SAYS(judge(&order, "approved", 0, NOW), "rejected", 0); /* delivery is kept */
    order = plain();
    order.refunded = order.captured = 3000; /* without naming units */
    SAYS(judge(&order, "approved", 0, NOW), "rejected", 0);
}

static void test_door(void **unused)
{
    struct conversion_order order = plain();
    (void)unused;
    lines[0].at_door = 2;
    order.refused = 2000;
    deliver(&order, NOW);
    SAYS(judge(&order, "pending", 0, NOW + RETURNS), "approved", 1000);
    SAYS(judge(&order, "pending", SOUK_TRACK_NET, NOW + RETURNS), "approved", 459);
    lines[1].at_door = 1;
    SAYS(judge(&order, "pending", 0, NOW), "rejected", 0);
}

static void test_net(void **unused)
{
    struct conversion_order order = plain();
    (void)unused;
    SAYS(judge(&order, "pending", SOUK_TRACK_NET, NOW), "pending", 2500 - 374);
    order.include_tax = 0;
    order.total = 3374;
    SAYS(judge(&order, "pending", SOUK_TRACK_NET, NOW), "pending", 2500);
    order.refunded = order.delivery_refunded = 500;
    SAYS(judge(&order, "pending", SOUK_TRACK_NET, NOW), "pending", 2500);
    SAYS(judge(&order, "pending", 0, NOW), "pending", 2874);
    order.refunded += 287; /* a tenth of what the goods cost, with tax (2874): half up */
    SAYS(judge(&order, "pending", SOUK_TRACK_NET, NOW), "pending", 2500 - 250);
}

/* ---- properties ---- */

static uint64_t seed = 88172645463325252u;
static int64_t any(int64_t most)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)(most + 1));
}

static int rank(const char *state)
{
    return strcmp(state, "pending") == 0 ? 0 : strcmp(state, "approved") == 0 ? 1 : 2;
}

static void begin(struct conversion_order *order, struct conversion_line *of, size_t count)
{
    *order = (struct conversion_order){.include_tax = (int)any(1), .lines = of, .count = count};
    order->total = any(900); /* delivery */
    for (size_t i = 0; i < count; i++) {
        of[i] = (struct conversion_line){.quantity = 1 + any(5)};
        of[i].total = any(100000);
        of[i].tax = of[i].total / 6;
        order->total += of[i].total + (order->include_tax ? 0 : of[i].tax);
    }
}

/* Something happens to the order: never more back than there is. */
static void happen(struct conversion_order *order, struct conversion_line *of, int64_t *now)
{
    struct conversion_line *line = &of[any((int64_t)order->count - 1)];
    int64_t worth = line->total + (order->include_tax ? 0 : line->tax);
    *now += any(6) * CLOCK_DAY;
    switch (any(6)) {
    case 0: order->captured = order->total; break;
    case 1:
        if (line->delivered < line->quantity) {
            line->delivered++;
            order->delivered_at = *now;
        }
        break;
    case 2:
        if (line->refunded < line->quantity && order->captured == order->total) {
            int64_t share = worth * (line->refunded + 1) / line->quantity - line->refunded_amount;
            line->refunded++;
            line->refunded_amount += share;
            order->refunded += share;
            if (order->refunded > order->captured)
                order->refunded = order->captured;
        }
        break;
    case 3:
        if (order->captured > order->refunded)
            order->refunded += any(order->captured - order->refunded);
        break;
    case 4: order->return_open = (int)any(1); break;
    case 5: order->cancelled = any(20) == 0; break;
    default: break;
    }
}

/* What counts of the lines is the amount, or the amount without delivery; no line gives more than
 * it is, and nothing of one that was refused counts. */
static void shares(const struct conversion_order *order, int32_t flags, int64_t amount)
{
    int64_t counts[4], sum = 0;
    conversion_share(order, flags, amount, counts);
    for (size_t i = 0; i < order->count; i++) {
        const struct conversion_line *line = &order->lines[i];
        int64_t worth = line->total;
        if (flags & SOUK_TRACK_NET)
            worth -= order->include_tax ? line->tax : 0;
        else
            worth += order->include_tax ? 0 : line->tax;
        assert_true(counts[i] >= 0 && counts[i] <= worth);
        assert_true(line->refunded < line->quantity || counts[i] == 0);
        sum += counts[i];
    }
    assert_true(sum <= amount);
    if (flags & SOUK_TRACK_NET)
        assert_int_equal(sum, amount);
}

static void test_shares(void **unused)
{
    struct conversion_order order = plain();
    int64_t counts[2];
    (void)unused;
    conversion_share(&order, 0, 3000, counts); /* 5.00 of delivery are no line's */
    assert_int_equal(counts[0], 2000);
    assert_int_equal(counts[1], 500);
    conversion_share(&order, SOUK_TRACK_NET, 1667 + 459, counts);
    assert_int_equal(counts[0], 1667);
    assert_int_equal(counts[1], 459);
    lines[0].refunded = 1, lines[0].refunded_amount = 1000;
    order.captured = 3000, order.refunded = 1000 + 500; /* and 5.00 for no unit at all */
    int64_t amount = judge(&order, "pending", 0, NOW).amount;
    assert_int_equal(amount, 1500);
    conversion_share(&order, 0, amount, counts); /* 10.00 and 5.00 bear them as 2 to 1 */
    assert_int_equal(counts[0], 1000 - 333);
    assert_int_equal(counts[1], 500 - 167);
    order.include_tax = 0; /* tax on top: it counts in gross amounts alone */
    order.total = 3374;
    order.refunded = order.captured = lines[0].refunded = lines[0].refunded_amount = 0;
    conversion_share(&order, 0, 3374, counts);
    assert_int_equal(counts[0], 2333);
    assert_int_equal(counts[1], 541);
}

static void test_random(void **unused)
{
    (void)unused;
    for (int round = 0; round < 20000; round++) {
        struct conversion_line of[4];
        struct conversion_order order;
        int64_t now = NOW, last = INT64_MAX;
        int32_t flags = (int32_t)any(3);
        const char *state = "pending";
        begin(&order, of, (size_t)(1 + any(3)));
        for (int step = 0; step < 25; step++) {
            struct conversion_judged a, again;
            int was_cancelled = order.cancelled;
            happen(&order, of, &now);
            if (was_cancelled)
                order.cancelled = 1;
            a = judge(&order, state, flags, now);
            again = judge(&order, a.state, flags, now); /* told twice: nothing new */
            assert_string_equal(a.state, again.state);
            assert_int_equal(a.amount, again.amount);
            assert_true(rank(a.state) >= rank(state));
            assert_true(a.amount >= 0 && a.amount <= order.total);
            assert_true(a.amount <= last); /* money only goes back in these lives */
            assert_true(strcmp(a.state, "rejected") != 0 || a.amount == 0);
            assert_true(!a.due_at || (strcmp(a.state, "pending") == 0 && a.due_at > now));
            if (flags & SOUK_TRACK_NET && strcmp(a.state, "rejected") != 0)
                assert_true(a.amount <= judge(&order, state, flags & ~SOUK_TRACK_NET, now).amount ||
                            order.refunded > 0);
            shares(&order, flags, a.amount);
            last = a.amount;
            state = a.state;
        }
    }
}

/* In whatever order the same things are told, the end is the same. */
static void test_any_order(void **unused)
{
    (void)unused;
    for (int round = 0; round < 2000; round++) {
        struct conversion_line of[3];
        struct conversion_order order;
        int64_t now = NOW;
        begin(&order, of, 3);
        for (int step = 0; step < 20; step++)
            happen(&order, of, &now);
        struct conversion_judged late = judge(&order, "pending", 0, now);
        const char *states[] = {"pending", late.state};
        for (size_t i = 0; i < 2; i++) {
            struct conversion_judged other = judge(&order, states[i], 0, now);
            assert_string_equal(late.state, other.state);
            assert_int_equal(late.amount, other.amount);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),       cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_money_back), cmocka_unit_test(test_door),
        cmocka_unit_test(test_net),        cmocka_unit_test(test_random),
        cmocka_unit_test(test_any_order),  cmocka_unit_test(test_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
