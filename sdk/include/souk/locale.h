/*
 * Language: the plugin's own texts (locale/<code>.po beside the source), and amounts and moments as
 * people read them. The pages' own filters `t`, `money` and `date` do the same in templates.
 */
#ifndef SOUK_LOCALE_H
#define SOUK_LOCALE_H

#include <souk/call.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOUK_DATE      0 /* 27 November 2026 */
#define SOUK_DATE_TIME 1 /* 27 November 2026, 10:00 */
#define SOUK_TIME_ONLY 2 /* 10:00 */

struct souk_locale_api { /* since 0.2 */
    uint32_t size;
    uint32_t reserved;
    int (*list)(struct souk_ctx *ctx, const struct souk_value **codes);
    struct souk_str (*translate)(struct souk_ctx *ctx, struct souk_str locale, struct souk_str one,
                                 struct souk_str many, int64_t n);
    struct souk_str (*money)(struct souk_ctx *ctx, struct souk_str locale, int64_t minor,
                             struct souk_str currency);
    struct souk_str (*date)(struct souk_ctx *ctx, struct souk_str locale, int64_t at, int32_t style,
                            struct souk_str zone);
};

/* clang-format off */

/* ---- language ---- */

/* The text in the visitor's language, from the plugin's catalogue, then the shop's, then as it stands. [serving; 0.1] */
static inline struct souk_str souk_t(struct souk_ctx *ctx, const char *text) { return souk_api->call->translate(ctx, souk_str(text), souk_str(NULL), 1); }
/* The form for n: souk_tn(ctx, "one guest", "{count} guests", n); {count} is left for you or the template to fill. [serving; 0.1] */
static inline struct souk_str souk_tn(struct souk_ctx *ctx, const char *one, const char *many, int64_t n) { return souk_api->call->translate(ctx, souk_str(one), souk_str(many), n); }
/* "en", "bg" …: of the request, or the shop's default. [serving; 0.1] */
static inline struct souk_str souk_locale(struct souk_ctx *ctx) { return souk_api->call->locale(ctx); }
/* The codes of the shop's languages; the first is the default. [serving; 0.2] */
static inline int souk_locales(struct souk_ctx *ctx, const struct souk_value **codes) { return souk_api->locale->list(ctx, codes); }
/* As souk_tn, in a language of your choice: for messages. `many` may be NULL. [serving; 0.2] */
static inline struct souk_str souk_t_in(struct souk_ctx *ctx, struct souk_str locale, const char *one, const char *many, int64_t n) { return souk_api->locale->translate(ctx, locale, souk_str(one), souk_str(many), n); }
/* "12,50 €" as the language writes it; an empty locale: the call's. An unknown currency is written as its code. [serving; 0.2] */
static inline struct souk_str souk_money_text(struct souk_ctx *ctx, struct souk_str locale, int64_t minor, struct souk_str currency) { return souk_api->locale->money(ctx, locale, minor, currency); }
/* A moment as the language writes it, `style` SOUK_DATE…, in a time zone (empty: the shop's). [serving; 0.2] */
static inline struct souk_str souk_date_text(struct souk_ctx *ctx, struct souk_str locale, int64_t at, int32_t style, struct souk_str zone) { return souk_api->locale->date(ctx, locale, at, style, zone); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
