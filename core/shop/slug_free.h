/*
 * slug_free: the first free name of a row of "name", "name-2", "name-3", …: for addresses, keys and
 * SKUs alike. Included by the writers of the catalogue only.
 */
#ifndef SHOP_SLUG_FREE_H
#define SHOP_SLUG_FREE_H

#include "base/arena.h"

/* `taken` says 1, 0, or < 0 for a failure, which is returned. Doubles and halves: not always the
 * lowest free number, but few questions. */
int slug_free(struct arena *arena, struct souk_str wanted,
              int (*taken)(void *user, struct souk_str text), void *user, struct souk_str *found);

#endif
