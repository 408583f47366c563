/*
 * view_text.c: the pieces that views are put together from. Slugs of all languages come with one
 * query, because a page names its translations; all else is made from columns that the caller's own
 * query has brought.
 */
#include "shop/view_text.h"

#include "shop/image.h"
#include "shop/page_filter.h"
#include "shop/slug.h"
#include "shop/view.sql.h"

#define DESCRIPTION_MOST 160 /* characters that search engines show */

const char *view_default_locale(void)
{
    return market_shop()->locales[0];
}

int view_slugs_read(struct db_conn *conn, struct arena *arena, const char *kind, int64_t id,
                    struct view_slugs *slugs)
{
    struct db_rows rows;
    slugs->count = 0;
    int code = db_query(conn, &sql_view_slugs, &rows, DB_CSTR(kind), DB_INT(id));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (slugs->count == MARKET_LOCALES)
            continue;
        slugs->locale[slugs->count] = arena_str(arena, db_text(&rows, 0));
        slugs->slug[slugs->count++] = arena_str(arena, db_text(&rows, 1));
    }
    return code;
}

struct souk_str view_slugs_of(const struct view_slugs *slugs, const char *locale)
{
    const char *wanted[] = {locale, view_default_locale()};
    for (int w = 0; w < 2; w++)
        for (int i = 0; i < slugs->count; i++)
            if (souk_str_is(slugs->locale[i], wanted[w]))
                return slugs->slug[i];
    return slugs->count ? slugs->slug[0] : souk_str("");
}

void view_slugs_add(struct arena *arena, struct json *object, const struct view_slugs *slugs,
                    const char *kind, const char *locale)
{
    struct souk_str slug = view_slugs_of(slugs, locale);
    json_add_str(arena, object, "slug", slug);
    json_add_str(arena, object, "url", slug_url(arena, kind, slug, locale));
    struct json *urls = json_add(arena, object, "urls", JSON_OBJECT);
    for (int i = 0; i < MARKET_LOCALES && market_shop()->locales[i]; i++) {
        const char *other = market_shop()->locales[i];
        json_add_str(arena, urls, other, slug_url(arena, kind, view_slugs_of(slugs, other), other));
    }
}

void view_money(struct arena *arena, struct json *object, const char *key, int64_t amount,
                const char *currency)
{
    if (amount < 0) {
        json_add_null(arena, object, key);
        return;
    }
    struct json *money = json_add(arena, object, key, JSON_OBJECT);
    json_add_int(arena, money, "amount", amount);
    json_add_cstr(arena, money, "currency", currency);
}

struct json *view_image(struct arena *arena, struct db_rows *rows, int column, struct souk_str alt)
{
    if (db_is_null(rows, column) || !db_text(rows, column).len)
        return NULL;
    return image_view(arena, arena_str(arena, db_text(rows, column)),
                      arena_str(arena, db_text(rows, column + 1)), db_int(rows, column + 2),
                      db_int(rows, column + 3), arena_str(arena, db_text(rows, column + 4)), alt);
}

struct souk_str view_alt(struct arena *arena, struct souk_str texts, const char *locale,
                         struct souk_str otherwise)
{
    struct json *tree = NULL;
    if (texts.len <= 2 || json_parse(arena, arena_str(arena, texts), &tree, NULL) != SOUK_OK)
        return otherwise;
    struct souk_str text = json_text(json_at(tree, locale));
    if (!text.len)
        text = json_text(json_at(tree, view_default_locale()));
    return text.len ? text : otherwise;
}

void view_seo(struct arena *arena, struct json *object, struct souk_str title,
              struct souk_str description, struct souk_str name, struct souk_str html)
{
    struct json *seo = json_add(arena, object, "seo", JSON_OBJECT);
    json_add_str(arena, seo, "title", title.len ? title : name);
    json_add_str(arena, seo, "description",
                 description.len ? description : page_strip(arena, html, DESCRIPTION_MOST));
}

void view_add_html(struct arena *arena, struct json *object, const char *key, struct souk_str html)
{
    json_add(arena, object, key, JSON_HTML)->text = html;
}
