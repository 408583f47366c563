/*
 * slug: addresses of pages. One slug names one page of a kind; a changed slug leaves the old one
 * behind, which leads straight to the current one (no chains).
 */
#ifndef SHOP_SLUG_H
#define SHOP_SLUG_H

#include "shop/market.h"
#include "store/db.h"

/* From a name: folded, Cyrillic and Armenian transliterated (Bulgarian by the Transliteration Act
 * of 2009; Armenian by ISO 9985 without diacritics), other scripts kept, everything else a single
 * "-". "item" for a name without letters. At most 80 characters. */
struct souk_str slug_make(struct arena *arena, struct souk_str name);
/* In a write: gives the target this slug in the locale, or the next free one ("hoodie-2").
 * *changed: 1 when it is not what it was. */
int slug_put(struct db_conn *conn, struct arena *arena, const char *kind, int64_t target,
             struct souk_str locale, struct souk_str wanted, int *changed, struct err *err);
int slug_remove(struct db_conn *conn, const char *kind, int64_t target);
/* Resolves. `canonical` is the current slug of the target in the locale (falls back to the default
 * locale's): when it differs from `slug`, answer 301. SOUK_NOT_FOUND. */
int slug_find(struct db_conn *conn, struct arena *arena, const char *kind, struct souk_str slug,
              const char *locale, int64_t *target, struct souk_str *canonical);
/* "/p/<slug>", "/c/<slug>", "/pages/<slug>", percent-encoded, with the locale's prefix unless it is
 * the default. */
struct souk_str slug_url(struct arena *arena, const char *kind, struct souk_str slug,
                         const char *locale);

#endif
