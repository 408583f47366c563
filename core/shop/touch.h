/*
 * touch: where somebody came from: the first time, and the last time that counts. Kept in a
 * person's source as {"first": touch, "last": touch}; a touch is {"kind", "source", "medium",
 * "campaign", "term", "content", "click", "host", "path", "device", "at"}, empty ones left out.
 * Kinds are campaign, organic, referral, direct.
 *
 * What replaces the last touch: a campaign and a search engine always; a referral only when no
 * visit is open (30 minutes without a page end one); a direct visit never. The shop's own host and
 * those of payment providers are no referrals: people come back from there.
 */
#ifndef SHOP_TOUCH_H
#define SHOP_TOUCH_H

#include "base/json.h"
#include "store/db.h"

struct touch_hints { /* of one page that was asked for; empty where there is nothing */
    struct souk_str source, medium, campaign, term, content; /* utm_… */
    struct souk_str click_name, click_id;                    /* "gclid" and its value */
    struct souk_str referrer;                                /* the whole address */
    struct souk_str own_host;                                /* as the client called us */
    struct souk_str path, user_agent;
};

/* A touch without "at", or NULL: came directly, or went on inside of the shop. */
struct json *touch_of(struct arena *arena, const struct touch_hints *hints);
/* The source after one more page at `at`; `touch` may be NULL. `open`: a visit is going on. The old
 * tree is not changed. */
struct json *touch_follow(struct arena *arena, const struct json *source, const struct json *touch,
                          struct souk_str path, int open, int64_t at);
/* Of two records of one person: the earlier first and the later last. */
struct json *touch_join(struct arena *arena, const struct json *one, const struct json *other);
/* In a write, before event_join: the person's source, continued by what the anonymous did. */
int touch_collect(struct db_conn *conn, struct arena *arena, int64_t visitor, int64_t person_id,
                  int64_t now);

#endif
