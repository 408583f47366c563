/*
 * rate: token buckets for (address, route). A fixed table in shards: when a set is
 * full, the bucket that is nearest to full again is forgotten, which only ever errs in
 * the client's favour. Any thread.
 */
#ifndef WEB_RATE_H
#define WEB_RATE_H

#include <souk/types.h>

struct rate;

struct rate *rate_new(void);
void rate_free(struct rate *rate);
/* Takes one of `per_minute` (also the burst). 0: go on; else the whole seconds until
 * there is one again. IPv6 counts by its /64. */
int rate_take(struct rate *rate, struct souk_str address, const char *where, int per_minute,
              int64_t mono);

#endif
