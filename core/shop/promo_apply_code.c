/*
 * promo_apply_code.c: codes that were typed: which promotions they open, whether they can still be
 * used, and the answer to each. A code may open several promotions; the best that became of any of
 * them is its answer. A code that nobody knows and one whose promotion is switched off look alike.
 */
#include "base/str.h"
#include "shop/promo_apply.h"

void promo_codes_read(struct promo_walk *walk)
{
    const struct quote *quote = walk->run.quote;
    const struct promo_facts *facts = walk->run.facts;
    walk->typed = arena_array(walk->run.arena, struct promo_typed, quote->coupon_count + 1);
    for (size_t i = 0; i < quote->coupon_count; i++) {
        struct promo_typed *typed = &walk->typed[i];
        typed->code = promo_code_normalize(walk->run.arena, quote->coupons[i].code);
        typed->reason = souk_str("there is no such code");
        for (size_t k = 0; k < facts->code_count && !typed->known; k++)
            if (typed->code.len && souk_str_equal(facts->codes[k].code, typed->code))
                typed->known = &facts->codes[k];
    }
}

static int fits(const struct promo *promo, const struct promo_typed *typed)
{
    const struct promo_coupon *coupon = promo->coupon;
    if (!typed->code.len)
        return 0;
    for (size_t i = 0; i < coupon->codes.count; i++)
        if (souk_str_equal(coupon->codes.at[i], typed->code))
            return 1;
    return coupon->batch.len && typed->known && souk_str_equal(typed->known->batch, coupon->batch);
}

int promo_code_typed(const struct promo_walk *walk, const struct promo *promo)
{
    for (size_t i = 0; i < walk->run.quote->coupon_count; i++)
        if (fits(promo, &walk->typed[i]))
            return 1;
    return 0;
}

/* ---- can it be used ---- */

struct verdict {
    enum promo_code_state state;
    const char *what; /* the part of the declaration */
    struct souk_str reason, wanted, actual;
};

static struct souk_str number_text(struct promo_walk *walk, int64_t number)
{
    return arena_printf(walk->run.arena, "%lld", (long long)number);
}

static int reached(struct promo_walk *walk, int64_t limit, int64_t used, struct verdict *verdict,
                   enum promo_code_state state, const char *what, const char *why)
{
    if (limit == PROMO_NONE || used < limit)
        return 0;
    *verdict = (struct verdict){state, what, souk_str(why), number_text(walk, limit),
                                number_text(walk, used)};
    return 1;
}

/* The last day on which it could be used, in the shop's zone: the end is not included. */
static int ended(struct promo_walk *walk, int64_t ends_at, struct verdict *verdict)
{
    struct arena *arena = walk->run.arena;
    int64_t at = walk->run.quote->at;
    char text[32];
    if (!ends_at || at < ends_at)
        return 0;
    struct clock_civil day = clock_civil(ends_at - 1 + walk->run.facts->zone_offset);
    *verdict = (struct verdict){.state = PROMO_CODE_EXPIRED, .what = "coupon.to"};
    verdict->reason =
        arena_printf(arena, "expired on %04d-%02d-%02d", day.year, day.month, day.day);
    verdict->wanted = arena_str(arena, str_make(text, clock_format(ends_at, 0, text)));
    verdict->actual = arena_str(arena, str_make(text, clock_format(at, 0, text)));
    return 1;
}

/* Orders of this customer that used it; a cancelled one gives it back, where the rule says so. */
static int64_t used_before(const struct promo_walk *walk, const struct promo *promo,
                           const struct promo_typed *typed)
{
    const struct promo_customer *customer = &walk->run.facts->customer;
    int64_t used = 0;
    for (size_t i = 0; i < customer->history_count; i++) {
        const struct promo_history *past = &customer->history[i];
        if (promo->coupon->again && past->cancelled)
            continue;
        used += souk_str_equal(past->coupon, typed->code) ||
                str_equal_nocase(str_trim(past->coupon), typed->code);
    }
    if (typed->known && typed->known->used_by_customer > used)
        used = typed->known->used_by_customer;
    return used;
}

static int is_usable(struct promo_walk *walk, const struct promo *promo,
                     const struct promo_typed *typed, struct verdict *verdict)
{
    static const char spent[] = "the code is used up", again[] = "you have used the code already";
    const struct promo_coupon *coupon = promo->coupon;
    const struct promo_code *known = typed->known;
    int64_t used = known ? known->used : 0, mine = used_before(walk, promo, typed);
    if (known && known->disabled) {
        *verdict = (struct verdict){PROMO_CODE_UNKNOWN, "coupon", souk_str("there is no such code"),
                                    souk_str("a code that is on"), souk_str("off")};
        return 0;
    }
    if (ended(walk, coupon->ends_at, verdict) || (known && ended(walk, known->ends_at, verdict)))
        return 0;
    if (reached(walk, coupon->uses, used, verdict, PROMO_CODE_USED_UP, "coupon.uses", spent) ||
        (known &&
         reached(walk, known->uses, used, verdict, PROMO_CODE_USED_UP, "coupon.uses", spent)))
        return 0;
    return !reached(walk, coupon->per_customer, mine, verdict, PROMO_CODE_CUSTOMER,
                    "coupon.per_customer", again) &&
           !(known && reached(walk, known->per_customer, mine, verdict, PROMO_CODE_CUSTOMER,
                              "coupon.per_customer", again));
}

static void note(struct promo_typed *typed, enum promo_code_state state, struct souk_str reason)
{
    if (state <= typed->state)
        return;
    typed->state = state;
    typed->reason = reason;
}

int promo_code_judge(struct promo_walk *walk, struct promo_turn *turn)
{
    struct verdict verdict, first = {0};
    for (size_t i = 0; i < walk->run.quote->coupon_count; i++) {
        struct promo_typed *typed = &walk->typed[i];
        if (!fits(turn->promo, typed))
            continue;
        if (is_usable(walk, turn->promo, typed, &verdict)) {
            turn->code = (int64_t)i;
            return 1;
        }
        note(typed, verdict.state, verdict.reason);
        if (!first.what)
            first = verdict;
    }
    promo_trace_text(walk, turn, first.what, first.wanted, first.actual);
    turn->state = first.state;
    turn->reason = first.reason;
    return 0;
}

/* ---- answers ---- */

void promo_code_note(struct promo_walk *walk, const struct promo_turn *turn)
{
    if (!turn->promo->coupon)
        return;
    for (size_t i = 0; i < walk->run.quote->coupon_count; i++) {
        struct promo_typed *typed = &walk->typed[i];
        if (!fits(turn->promo, typed))
            continue;
        if (turn->code < 0)
            note(typed, turn->state, turn->reason);
        else if ((size_t)turn->code == i)
            note(typed, turn->applied ? PROMO_CODE_ACCEPTED : turn->state, turn->reason);
        else if (typed->state == PROMO_CODE_UNKNOWN)
            note(typed, PROMO_CODE_NO_EFFECT, souk_str("another code gives the same already"));
    }
}

void promo_codes_tell(struct promo_walk *walk)
{
    static const char *const codes[] = {"unknown",   "expired",   "not-yet",
                                        "used-up",   "customer",  "conditions",
                                        "no-effect", "displaced", ""};
    struct quote *quote = walk->run.quote;
    for (size_t i = 0; i < quote->coupon_count; i++) {
        const struct promo_typed *typed = &walk->typed[i];
        struct quote_coupon *coupon = &quote->coupons[i];
        coupon->accepted = typed->state == PROMO_CODE_ACCEPTED;
        coupon->reason = coupon->accepted ? souk_str("") : typed->reason;
        coupon->reason_code = codes[typed->state];
    }
}
