/*
 * promo_live.c: the rules that serve now, and the way of a quote through them: facts, functions,
 * engine.
 *
 * The idea: a set is published with one pointer and pinned by whoever prices, under a lock that is
 * held for two instructions. A set that was published waits for promo_live_sweep when its last pin
 * goes, because ending its workers may take a while and the last pin may be the writer's; a draft
 * goes at once, for drafts are pinned by those who may wait.
 *
 * What functions said is told apart by what they were asked about: the set and the whole input. So
 * an answer can travel with a cart into its write, and counts there only for the very same cart.
 */
#include "shop/promo_live.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "base/zone.h"
#include "shop/promo_engine.h"
#include "shop/promo_gift.h"
#include "shop/promo_offer.h"

static const struct promo_set no_rules;
static struct promo_live nothing = {.set = &no_rules};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct promo_live *serving; /* NULL: nothing */
static struct promo_live *retired;

/* ---- the live set ---- */

static void give_back(struct promo_live *live)
{
    script_set_drop(live->scripts);
    arena_free(&live->arena);
    free(live);
}

void promo_live_publish(struct promo_live *live)
{
    if (live) {
        live->published = 1;
        atomic_store(&live->pins, 1); /* the publisher's own, until another takes its place */
    }
    pthread_mutex_lock(&lock);
    struct promo_live *before = serving;
    serving = live;
    pthread_mutex_unlock(&lock);
    if (before)
        promo_live_unpin(before);
}

struct promo_live *promo_live_pin(void)
{
    pthread_mutex_lock(&lock);
    struct promo_live *live = serving ? serving : &nothing;
    atomic_fetch_add(&live->pins, 1);
    pthread_mutex_unlock(&lock);
    return live;
}

void promo_live_unpin(struct promo_live *live)
{
    if (atomic_fetch_sub(&live->pins, 1) != 1 || live == &nothing)
        return;
    if (!live->published) {
        give_back(live);
        return;
    }
    pthread_mutex_lock(&lock);
    live->next = retired;
    retired = live;
    pthread_mutex_unlock(&lock);
}

int promo_live_retired(void)
{
    pthread_mutex_lock(&lock);
    int any = retired != NULL;
    pthread_mutex_unlock(&lock);
    return any;
}

void promo_live_sweep(void)
{
    pthread_mutex_lock(&lock);
    struct promo_live *live = retired;
    retired = NULL;
    pthread_mutex_unlock(&lock);
    while (live) {
        struct promo_live *next = live->next;
        give_back(live);
        live = next;
    }
}

/* ---- functions ---- */

/* Of the set and the document that functions would get; within this process. */
static struct souk_str about(struct arena *arena, const struct promo_set *set,
                             const struct json *input)
{
    struct buf text = {.arena = arena};
    buf_reserve(&text, 4096);
    buf_add_str(&text, set->hash);
    json_print(&text, input);
    return arena_printf(arena, "%zu-%016llx", text.len,
                        (unsigned long long)str_hash(buf_str(&text)));
}

static void tell_failed(struct promo_live *live, const struct script_call *call)
{
    const struct promo_set *set = live->set;
    if (call->outcome == SCRIPT_OK || call->outcome == SCRIPT_BUSY || !live->failed)
        return;
    for (size_t i = 0; i < set->cart_count; i++)
        if (promo_asks(&set->cart[i], call->function))
            live->failed(live->user, live, &set->cart[i], call);
}

/* A pricing of the very same that came before. */
static const struct promo_said *find_said(const struct promo_said *before, struct souk_str about)
{
    while (before && !souk_str_equal(before->about, about))
        before = before->earlier;
    return before;
}

/* What functions say to this quote: from an earlier pricing of the very same, or asked now, where
 * that may be; otherwise nothing. */
static struct promo_said ask(struct arena *arena, struct promo_live *live,
                             const struct quote *quote, int may_ask,
                             const struct promo_facts *facts, const struct promo_said *before)
{
    struct promo_said said = {0};
    struct script_call *calls = NULL;
    promo_ask(arena, live->set, quote, facts, &calls, &said.count);
    if (!said.count)
        return said;
    struct json *input = promo_input(arena, promo_view(arena, live->set, quote, facts), facts);
    said.about = about(arena, live->set, input);
    const struct promo_said *known = find_said(before, said.about);
    if (known) {
        said.calls = known->calls;
        said.count = known->count;
        return said;
    }
    if (!may_ask || !live->scripts)
        return (struct promo_said){0};
    script_set_call(live->scripts, arena, input, calls, said.count);
    for (size_t i = 0; i < said.count; i++)
        tell_failed(live, &calls[i]);
    said.calls = calls;
    return said;
}

/* ---- pricing ---- */

static void note_end(int64_t *until, int64_t now, int64_t at)
{
    if (at > now && (!*until || at < *until))
        *until = at;
}

/* The next moment at which a promotion begins or ends. */
static void note_ends(const struct promo_set *set, struct quote *quote)
{
    for (size_t i = 0; i < set->cart_count; i++) {
        if (!set->cart[i].enabled)
            continue;
        note_end(&quote->until, quote->at, set->cart[i].from);
        note_end(&quote->until, quote->at, set->cart[i].to);
        if (set->cart[i].coupon)
            note_end(&quote->until, quote->at, set->cart[i].coupon->ends_at);
    }
}

static void own_gifts(struct arena *arena, struct quote *quote)
{
    for (size_t i = 0; i < quote->count; i++) {
        if (!quote->lines[i].gift)
            continue;
        quote->lines[i].sku = arena_str(arena, quote->lines[i].sku);
        quote->lines[i].name = arena_str(arena, quote->lines[i].name);
    }
}

int promo_price(struct db_conn *conn, struct arena *arena, struct promo_live *live,
                struct quote *quote, const struct market *market, const struct promo_who *who,
                struct promo_facts *facts, struct promo_said *said, struct err *err)
{
    int may_ask = market->asks && !(conn && db_is_writer(conn));
    struct promo_gift gift = {.conn = conn, .market = market, .quote = quote};
    int code = conn ? promo_facts_read(conn, arena, live->set, quote, market, who, facts) : SOUK_OK;
    if (code != SOUK_OK)
        return err_set(err, code, "what is known of the promotions cannot be read: %s",
                       db_error(conn));
    if (conn)
        facts->zone_offset = zone_offset(quote->at);
    if (conn && !facts->gift) {
        facts->gift = promo_gift_find;
        facts->user = &gift;
    }
    struct promo_said now = ask(arena, live, quote, may_ask, facts, said), *earlier = NULL;
    if (said) {
        if (said->about.len) {
            earlier = arena_new(arena, struct promo_said);
            *earlier = *said;
        }
        *said = now;
        said->earlier = earlier;
    }
    quote->rules = arena_str(arena, live->set->hash);
    note_ends(live->set, quote);
    promo_offer_until(facts, quote);
    code = promo_apply(arena, live->set, quote, facts, now.calls, now.count, err);
    own_gifts(arena, quote); /* the set may go before the quote does */
    if (facts->user == &gift) {
        facts->gift = NULL;
        facts->user = NULL;
    }
    return code;
}
