/*
 * conversion_judge.c: what an order means to the partner that it came from: a state and an amount.
 *
 * The idea: nothing is counted up or down. Both follow from the order as it is now, whatever has
 * happened to it, how often it was told, and in which order; the state alone looks back, because a
 * partner that was told "approved" is not told "pending" afterwards, and one that was told
 * "rejected" is told nothing more.
 *
 * The amount is what is left with the shop after what was not taken at the door and what was paid
 * back (what had been paid above the total and went back is no loss). Net amounts leave out tax and
 * delivery: the exact shares of units that came back go off their lines; a sum that was paid back
 * without units takes the same part of the net amount as of the gross one.
 *
 * No database, no floating point.
 */
#include "app/conversion_inner.h"

#include <souk/track.h>
#include "base/clock.h"
#include "shop/quote.h"

static int64_t at_least_0(int64_t n)
{
    return n > 0 ? n : 0;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Units that are not the customer's in the end: paid back, or refused at the door. */
static int64_t gone(const struct conversion_line *line)
{
    int64_t units = line->refunded > line->at_door ? line->refunded : line->at_door;
    return smaller(units, line->quantity - line->cancelled);
}

/* Were goods ordered, and none of them is with the customer for good? */
static int all_came_back(const struct conversion_order *order)
{
    int64_t kept = 0, ordered = 0;
    for (size_t i = 0; i < order->count; i++) {
        const struct conversion_line *line = &order->lines[i];
        int64_t back = line->returned > gone(line) ? line->returned : gone(line);
        ordered += line->quantity;
        kept += at_least_0(line->quantity - line->cancelled - back);
    }
    return ordered > 0 && kept == 0;
}

/* Each unit that is still to come has come. */
static int is_delivered(const struct conversion_order *order)
{
    int64_t delivered = 0;
    for (size_t i = 0; i < order->count; i++) {
        const struct conversion_line *line = &order->lines[i];
        if (line->delivered < line->quantity - line->cancelled - gone(line))
            return 0;
        delivered += line->delivered;
    }
    return delivered > 0 && order->delivered_at > 0;
}

static int64_t gross(const struct conversion_order *order)
{
    return at_least_0(order->total - order->refused - at_least_0(order->refunded - order->surplus));
}

/* amount × part ÷ whole, half up; whole > 0, part <= whole. */
static int64_t part_of(int64_t amount, int64_t part, int64_t whole)
{
    __extension__ __int128 product = (__int128)amount * part;
    return (int64_t)((product + whole / 2) / whole);
}

/* A line without what came back or never went; with tax in it unless net. */
static int64_t line_left(const struct conversion_order *order, const struct conversion_line *line,
                         int32_t flags)
{
    int64_t mine = line->total;
    if (flags & SOUK_TRACK_NET)
        mine -= order->include_tax ? line->tax : 0;
    else
        mine += order->include_tax ? 0 : line->tax;
    int64_t back = gone(line) + line->cancelled;
    return mine - (back ? quote_units(mine, line->quantity, 0, back) : 0);
}

static int64_t net(const struct conversion_order *order)
{
    int64_t left = 0, whole = 0, all = 0, with_units = 0;
    for (size_t i = 0; i < order->count; i++) {
        const struct conversion_line *line = &order->lines[i];
        left += line_left(order, line, SOUK_TRACK_NET);
        whole += order->include_tax ? line->total : line->total + line->tax;
        all += order->include_tax ? line->total - line->tax : line->total;
        with_units += line->refunded_amount;
    }
    int64_t bare =
        at_least_0(order->refunded - order->surplus) - with_units - order->delivery_refunded;
    if (bare > 0 && whole > 0)
        left -= part_of(all, smaller(bare, whole), whole);
    return at_least_0(left);
}

static int64_t delivery_left(const struct conversion_order *order)
{
    int64_t delivery = order->total;
    for (size_t i = 0; i < order->count; i++)
        delivery -= order->lines[i].total + (order->include_tax ? 0 : order->lines[i].tax);
    return at_least_0(delivery - order->delivery_refunded);
}

/* What went back without units is borne by all lines in proportion, at borders that meet. */
void conversion_share(const struct conversion_order *order, int32_t flags, int64_t amount,
                      int64_t *counts)
{
    int64_t left = 0, before = 0;
    int64_t delivery = flags & SOUK_TRACK_NET ? 0 : smaller(delivery_left(order), amount);
    for (size_t i = 0; i < order->count; i++)
        left += counts[i] = line_left(order, &order->lines[i], flags);
    int64_t less = smaller(left, at_least_0(left + delivery - amount));
    for (size_t i = 0; less > 0 && i < order->count; i++) {
        int64_t after = before + counts[i];
        counts[i] -= part_of(less, after, left) - part_of(less, before, left);
        before = after;
    }
}

static int is_paid(const struct conversion_order *order)
{
    return order->captured >= order->total - order->refused;
}

static void approve_by_time(const struct conversion_order *order, int64_t returns, int64_t now,
                            struct conversion_judged *judged)
{
    if (!is_delivered(order))
        return;
    int64_t over = order->delivered_at + at_least_0(returns);
    if (now < over)
        judged->due_at = over;
    else if (order->return_open) /* not every end of a return is told: look again */
        judged->due_at = now + CLOCK_DAY;
    else
        judged->state = "approved";
}

void conversion_judge(const struct conversion_order *order, struct souk_str before, int32_t flags,
                      int64_t returns, int64_t now, struct conversion_judged *judged)
{
    *judged = (struct conversion_judged){.state = "pending"};
    int64_t amount = flags & SOUK_TRACK_NET ? net(order) : gross(order);
    int nothing_left = order->total > 0 && gross(order) == 0;
    if (souk_str_is(before, "rejected") || order->cancelled || nothing_left ||
        all_came_back(order)) {
        judged->state = "rejected";
        return;
    }
    judged->amount = amount;
    if (souk_str_is(before, "approved"))
        judged->state = "approved";
    else if (flags & SOUK_TRACK_AT_ONCE)
        judged->state = is_paid(order) ? "approved" : "pending";
    else
        approve_by_time(order, returns, now, judged);
}
