/*
 * item: variants as they are offered under given terms: what feeds, price comparisons and search
 * services want. The document of an item stands in souk/catalogue.h; its price is the page's, its
 * texts are those of the market's language. One walk serves plugins and feeds alike.
 */
#ifndef SHOP_ITEM_H
#define SHOP_ITEM_H

#include "base/json.h"
#include "shop/market.h"
#include "store/db.h"

#define ITEM_WALK_MOST 500

/* In a read snapshot: appends up to `limit` items behind *after (0: from the first) to `items` and
 * moves *after on, to a number that says something here alone (below zero in the middle of a
 * product); variants of a product stand together. A fixed number of statements, however many there
 * are. An empty list: that was the end; what is not to be seen or has no price is passed over
 * within. SOUK_CONFLICT: the variant in the middle of whose product the walk stood was removed
 * meanwhile, begin anew; SOUK_INVALID: no such number was ever given. */
int item_walk(struct db_conn *conn, struct arena *arena, const struct market *market,
              int64_t *after, int limit, struct json *items);
/* The same; *until gets the moment when a price or window changes this piece, if that is nearer
 * than what stands there (0: never). */
int item_walk_until(struct db_conn *conn, struct arena *arena, const struct market *market,
                    int64_t *after, int limit, struct json *items, int64_t *until);
/* One of them; SOUK_NOT_FOUND: not to be seen, or no price. */
int item_of(struct db_conn *conn, struct arena *arena, const struct market *market,
            int64_t variant_id, struct json **item);
/* All categories that are to be seen, parents before children: {"id", "key", "parent" (key or ""),
 * "parent_id" (or 0), "name", "slug", "url" (whole)}. */
int item_categories(struct db_conn *conn, struct arena *arena, const struct market *market,
                    struct json *list);

#endif
