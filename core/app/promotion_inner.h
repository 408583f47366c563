/*
 * promotion_inner: what the files of promotion share. Included by promotion*.c only.
 */
#ifndef APP_PROMOTION_INNER_H
#define APP_PROMOTION_INNER_H

#include "app/promotion.h"

/* promotion_file.c: a number that changes when a file of the folder does, or comes or goes. */
uint64_t promotion_stamp(const char *folder);
/* The texts that served last, to and from a file in the data directory. */
void promotion_keep(const char *file, const struct script_source *sources, size_t count);
int promotion_kept(struct arena *arena, const char *file, struct script_source **sources,
                   size_t *count);

/* promotion_strike.c: a promotion whose functions hang, die or eat memory three times in ten
 * minutes is switched off for this version of it. As promo_live.failed. */
void promotion_strike_setup(struct db *db, struct worker *jobs);
void promotion_strike(void *user, const struct promo_live *live, const struct promo *promo,
                      const struct script_call *call);

#endif
