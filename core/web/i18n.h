/*
 * i18n: translations. One catalogue per domain (plugin, or "souk") and locale, read from .mo files
 * by our own reader (libintl follows the process's locale, not the request's). A missing text falls
 * back: domain in the locale, "souk" in the locale, the message id itself. Building: one thread;
 * looking up: any thread.
 */
#ifndef WEB_I18N_H
#define WEB_I18N_H

#include "base/arena.h"
#include "base/err.h"

struct i18n;

struct i18n *i18n_new(void);
void i18n_free(struct i18n *i18n);
/* `mo` must outlive the catalogue. The plural rule is parsed from its header (the C expression of
 * gettext). */
int i18n_add(struct i18n *i18n, const char *domain, const char *locale, struct souk_str mo,
             struct err *err);
struct souk_str i18n_text(const struct i18n *i18n, const char *domain, const char *locale,
                          struct souk_str id);
struct souk_str i18n_plural(const struct i18n *i18n, const char *domain, const char *locale,
                            struct souk_str one, struct souk_str many, int64_t n);
/* 1 when there is a text for it, the domain's or "souk"'s. */
int i18n_has(const struct i18n *i18n, const char *domain, const char *locale, struct souk_str id);
/* The best of `offered` (NULL-terminated) for an Accept-Language header (RFC 4647 lookup with q
 * values); the first when none fits. */
const char *i18n_negotiate(const char *const *offered, struct souk_str accept_language);

#endif
