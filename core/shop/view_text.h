/*
 * view_text: what the views of products, categories and pages have in common: addresses in all
 * languages, money, pictures from the columns of a query.
 */
#ifndef SHOP_VIEW_TEXT_H
#define SHOP_VIEW_TEXT_H

#include "base/json.h"
#include "shop/market.h"
#include "store/db.h"

struct view_slugs {
    struct souk_str locale[MARKET_LOCALES], slug[MARKET_LOCALES];
    int count;
};

const char *view_default_locale(void);
int view_slugs_read(struct db_conn *conn, struct arena *arena, const char *kind, int64_t id,
                    struct view_slugs *slugs);
/* In the locale, else in the default one, else in any; empty: none. */
struct souk_str view_slugs_of(const struct view_slugs *slugs, const char *locale);
/* "slug", "url" and "urls" {locale: url}. */
void view_slugs_add(struct arena *arena, struct json *object, const struct view_slugs *slugs,
                    const char *kind, const char *locale);
void view_money(struct arena *arena, struct json *object, const char *key, int64_t amount,
                const char *currency); /* amount < 0: null */
/* The picture whose hash, type, width, height and widths stand from `column` on; NULL: none. */
struct json *view_image(struct arena *arena, struct db_rows *rows, int column, struct souk_str alt);
/* Of {"en": "…"}: the text of the locale, of the default one, or `otherwise`. */
struct souk_str view_alt(struct arena *arena, struct souk_str texts, const char *locale,
                         struct souk_str otherwise);
/* "seo": title and description, those written or made from name and text (HTML). */
void view_seo(struct arena *arena, struct json *object, struct souk_str title,
              struct souk_str description, struct souk_str name, struct souk_str html);
void view_add_html(struct arena *arena, struct json *object, const char *key, struct souk_str html);

#endif
