/*
 * page.c: content pages: saved and loaded as documents, shown from Markdown.
 */
#include "shop/page.h"

#include "base/rand.h"
#include "base/str.h"
#include "shop/page.sql.h"
#include "shop/product.h"
#include "shop/slug.h"
#include "shop/view_text.h"

/* ---- saving ---- */

struct saving {
    struct db_conn *conn;
    struct arena *arena;
    const struct json *doc;
    struct err *err;
    int64_t id, now;
    int touched;
};

static int is_status(struct souk_str text)
{
    return souk_str_is(text, "draft") || souk_str_is(text, "active");
}

/* The row itself: made, or changed where the document says something else. */
static int save_row(struct saving *saving, int *made)
{
    const struct json *doc = saving->doc;
    struct souk_str key = json_text(json_at(doc, "key")), status = souk_str("draft");
    int64_t footer = 0, position = 0;
    struct db_rows rows;
    int code = db_get_int(saving->conn, &sql_page_find, &saving->id, DB_TEXT(key));
    *made = code == SOUK_NOT_FOUND;
    if (code != SOUK_OK && !*made)
        return code;
    if (!*made) {
        if ((code = db_query(saving->conn, &sql_page_get, &rows, DB_INT(saving->id))) != SOUK_OK ||
            (code = db_next(&rows)) < 0)
            return code;
        status = arena_str(saving->arena, db_text(&rows, 2));
        footer = db_int(&rows, 3);
        position = db_int(&rows, 4);
        db_close(&rows);
    }
    if (json_at(doc, "status"))
        status = json_text(json_at(doc, "status"));
    if (!is_status(status))
        return err_set(saving->err, SOUK_INVALID,
                       "page \"%.*s\": \"status\" is \"draft\" or \"active\"", SOUK_PRI(key));
    if (json_at(doc, "footer"))
        footer = json_true(json_at(doc, "footer"));
    position = json_int(json_at(doc, "position"), position);
    if (*made) {
        saving->id = id_next();
        return db_run(saving->conn, &sql_page_insert, NULL, DB_INT(saving->id), DB_TEXT(key),
                      DB_TEXT(status), DB_INT(footer), DB_INT(position), DB_INT(saving->now));
    }
    int64_t changed = 0;
    code = db_run(saving->conn, &sql_page_update, &changed, DB_INT(saving->id), DB_TEXT(status),
                  DB_INT(footer), DB_INT(position));
    saving->touched |= changed > 0;
    return code;
}

static struct souk_str member(const struct json *doc, const char *key, struct souk_str otherwise)
{
    const struct json *value = json_at(doc, key);
    return value ? json_text(value) : otherwise;
}

static int save_text(struct saving *saving, struct souk_str locale, const struct json *text)
{
    struct souk_str title = souk_str(""), body = souk_str(""), seo = souk_str("");
    struct souk_str slug = json_text(json_at(text, "slug"));
    struct db_rows rows;
    int64_t changed = 0;
    int fresh, moved = 0;
    int code =
        db_query(saving->conn, &sql_page_text_get, &rows, DB_INT(saving->id), DB_TEXT(locale));
    if (code != SOUK_OK || (code = db_next(&rows)) < 0)
        return code;
    fresh = code == 0;
    if (!fresh) {
        title = arena_str(saving->arena, db_text(&rows, 0));
        body = arena_str(saving->arena, db_text(&rows, 1));
        seo = arena_str(saving->arena, db_text(&rows, 2));
        db_close(&rows);
    }
    title = member(text, "title", title);
    if (!title.len)
        return err_set(saving->err, SOUK_INVALID, "page \"%.*s\" needs a \"title\" in \"%.*s\"",
                       SOUK_PRI(json_text(json_at(saving->doc, "key"))), SOUK_PRI(locale));
    code = db_run(saving->conn, &sql_page_text_put, &changed, DB_INT(saving->id), DB_TEXT(locale),
                  DB_TEXT(title), DB_TEXT(member(text, "body", body)),
                  DB_TEXT(member(text, "seo_description", seo)));
    if (code == SOUK_OK && (slug.len || fresh))
        code = slug_put(saving->conn, saving->arena, "page", saving->id, locale,
                        slug.len ? slug : slug_make(saving->arena, title), &moved, saving->err);
    saving->touched |= changed > 0 || moved;
    return code;
}

static int save_texts(struct saving *saving)
{
    const struct json *texts = json_at(saving->doc, "text");
    int64_t gone;
    json_each(item, texts)
    {
        int code;
        if (!market_locale(item->key))
            return err_set(saving->err, SOUK_INVALID,
                           "page \"%.*s\": \"%.*s\" is not a language of this shop",
                           SOUK_PRI(json_text(json_at(saving->doc, "key"))), SOUK_PRI(item->key));
        if (item->value.kind == JSON_NULL) {
            gone = 0;
            code = db_run(saving->conn, &sql_page_text_delete, &gone, DB_INT(saving->id),
                          DB_TEXT(item->key));
            saving->touched |= gone > 0;
        } else {
            code = save_text(saving, item->key, &item->value);
        }
        if (code != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}

int page_find(struct db_conn *conn, struct souk_str key, int64_t *id)
{
    return db_get_int(conn, &sql_page_find, id, DB_TEXT(key));
}

int page_save(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
              int64_t *id, int *changed, struct err *err)
{
    struct saving saving = {conn, arena, doc, err, 0, now, 0};
    int made = 0;
    if (!json_text(json_at(doc, "key")).len)
        return err_set(err, SOUK_INVALID, "a page needs a \"key\"");
    int code = save_row(&saving, &made);
    if (code == SOUK_OK)
        code = save_texts(&saving);
    if (code == SOUK_OK && saving.touched && !made)
        code = db_run(conn, &sql_page_touch, NULL, DB_INT(saving.id), DB_INT(now));
    if (code != SOUK_OK)
        return code;
    *id = saving.id;
    *changed = made ? PRODUCT_CREATED : saving.touched ? PRODUCT_UPDATED : PRODUCT_UNCHANGED;
    return SOUK_OK;
}

int page_remove(struct db_conn *conn, int64_t id, struct err *err)
{
    int64_t changed = 0;
    int code = slug_remove(conn, "page", id);
    if (code == SOUK_OK || code == SOUK_NOT_FOUND)
        code = db_run(conn, &sql_page_delete, &changed, DB_INT(id));
    if (code == SOUK_OK && !changed)
        return err_set(err, SOUK_NOT_FOUND, "there is no such page");
    return code;
}

int page_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_page_get, &rows, DB_INT(id));
    if (code != SOUK_OK)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    *doc = json_new(arena, JSON_OBJECT);
    json_add_int(arena, *doc, "id", db_int(&rows, 0));
    json_add_int(arena, *doc, "version", db_int(&rows, 6));
    json_add_str(arena, *doc, "key", arena_str(arena, db_text(&rows, 1)));
    json_add_str(arena, *doc, "status", arena_str(arena, db_text(&rows, 2)));
    json_add_bool(arena, *doc, "footer", db_int(&rows, 3) != 0);
    json_add_int(arena, *doc, "position", db_int(&rows, 4));
    db_close(&rows);
    struct json *texts = json_add(arena, *doc, "text", JSON_OBJECT);
    if ((code = db_query(conn, &sql_page_texts, &rows, DB_INT(id))) != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct json *text =
            json_add_key(arena, texts, arena_str(arena, db_text(&rows, 0)), JSON_OBJECT);
        json_add_str(arena, text, "title", arena_str(arena, db_text(&rows, 1)));
        json_add_str(arena, text, "slug", arena_str(arena, db_text(&rows, 4)));
        json_add_str(arena, text, "body", arena_str(arena, db_text(&rows, 2)));
        json_add_str(arena, text, "seo_description", arena_str(arena, db_text(&rows, 3)));
    }
    return code;
}

/* ---- showing ---- */

int page_view(struct db_conn *conn, struct arena *arena, const struct market *market, int64_t id,
              struct json **view)
{
    struct db_rows rows;
    struct view_slugs slugs;
    int code = db_query(conn, &sql_page_show, &rows, DB_INT(id), DB_CSTR(market->locale),
                        DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    if (!souk_str_is(db_text(&rows, 1), "active")) {
        db_close(&rows);
        return SOUK_NOT_FOUND;
    }
    struct json *page = json_new(arena, JSON_OBJECT);
    struct souk_str title = arena_str(arena, db_text(&rows, 2));
    struct souk_str html = page_html(arena, db_text(&rows, 3));
    struct souk_str about = arena_str(arena, db_text(&rows, 4));
    json_add_int(arena, page, "id", id);
    json_add_str(arena, page, "key", arena_str(arena, db_text(&rows, 0)));
    json_add_str(arena, page, "text_locale", arena_str(arena, db_text(&rows, 5)));
    db_close(&rows);
    if ((code = view_slugs_read(conn, arena, "page", id, &slugs)) != SOUK_OK)
        return code;
    json_add_str(arena, page, "title", title);
    view_add_html(arena, page, "body_html", html);
    view_seo(arena, page, title, about, title, html);
    view_slugs_add(arena, page, &slugs, "page", market->locale);
    *view = page;
    return SOUK_OK;
}

int page_links(struct db_conn *conn, struct arena *arena, const struct market *market,
               struct json *list)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_page_footer, &rows, DB_CSTR(market->locale),
                        DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct souk_str slug = arena_str(arena, db_text(&rows, 4));
        if (!slug.len)
            continue;
        struct json *link = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, link, "key", arena_str(arena, db_text(&rows, 2)));
        json_add_str(arena, link, "title", arena_str(arena, db_text(&rows, 3)));
        json_add_str(arena, link, "url", slug_url(arena, "page", slug, market->locale));
    }
    return code;
}
