/*
 * promo_live: the rules that serve now, and the one way to price with them. A live set is immutable
 * and counted: whoever prices pins it, a reload publishes another with one pointer. promo_price is
 * what cart_price, quote_run and everything else that prices goes through.
 *
 * Functions of scripts may block, so they are asked only where the caller may wait (market.asks:
 * task threads and commands). What they said is kept with the cart (promo_said) and goes into the
 * write with it: there, and on I/O threads, nothing is asked, and a promotion whose function was
 * not asked for this very cart does not apply.
 */
#ifndef SHOP_PROMO_LIVE_H
#define SHOP_PROMO_LIVE_H

#include <stdatomic.h>
#include "shop/promo_book.h"

struct promo_live {
    const struct promo_set *set;
    struct script_set *scripts; /* NULL: no functions */
    struct arena arena;         /* holds the set */
    _Atomic int pins;
    /* A call went wrong: strikes. Any thread; NULL: nobody counts. */
    void (*failed)(void *user, const struct promo_live *live, const struct promo *promo,
                   const struct script_call *call);
    void *user;
    struct promo_live *next; /* promo_live.c: of those that wait to be given back */
    int published;
};

struct promo_said {        /* what functions said, and about what */
    struct souk_str about; /* hash of set and input */
    const struct script_call *calls;
    size_t count;
    const struct promo_said *earlier; /* about others: the cart without its delivery, say */
};

/* Takes over the set in `live` (made with mem_alloc; its pins belong to these functions); the old
 * one goes when nobody has it any more. NULL: no rules. */
void promo_live_publish(struct promo_live *live);
struct promo_live *promo_live_pin(void); /* an empty set when none is published; never NULL */
void promo_live_unpin(struct promo_live *live);
/* What was published is never given back by whoever unpins it last, who may be the writer: it waits
 * for this, on a task or job thread. Does anything wait? */
int promo_live_retired(void);
void promo_live_sweep(void);

/* Facts, functions, engine: lines, codes, delivery and `at` of the quote are filled; quote_compute
 * comes after it. `said`: in: of an earlier pricing (may be empty); out: of this one, in the arena;
 * may be NULL. `offers` of facts are the caller's; the other facts are read here when `conn` is
 * given (without one they stand as they are: a file's own customer). */
int promo_price(struct db_conn *conn, struct arena *arena, struct promo_live *live,
                struct quote *quote, const struct market *market, const struct promo_who *who,
                struct promo_facts *facts, struct promo_said *said, struct err *err);

#endif
