/*
 * pool: sets of loaded files and their workers. Internal to core/script.
 */
#ifndef SCRIPT_POOL_H
#define SCRIPT_POOL_H

#include "script/host.h"

/* A worker that has loaded the set, held by the caller alone: an idle one, a new one while there
 * may be more, or one that another gives back within `wait` us. SOUK_BUSY, SOUK_UNAVAILABLE. */
int pool_take(struct script_set *set, int64_t wait, struct host_worker **out, struct err *err);
void pool_give(struct script_set *set, struct host_worker *worker);
/* Instead of giving it back: its wait status as host_end. */
int pool_end(struct script_set *set, struct host_worker *worker);

struct script_host *pool_host(const struct script_set *set);
/* "promotions/a.lua:12", where the function begins. */
struct souk_str pool_place(const struct script_set *set, int function);

void pool_rules(struct buf *out, const struct script_options *options);

#endif
