/*
 * content.c: the sub-table for content: pages of the shop, Markdown made safe, and the plugin's own
 * templates outside of a page.
 *
 * A template is looked for among the plugin's own files ("templates/mail/notice.html" is
 * "mail/notice"); a merchant's theme that shadows it counts. It is rendered as mails are: addresses
 * are whole ones, and slots stay empty, because there is no page around it.
 */
#include "bridge/internal.h"

#include "base/str.h"
#include "base/utf8.h"
#include "shop/market.h"
#include "shop/page.h"

#define KEY_MOST  100
#define TEXT_MOST ((size_t)2 << 20)
#define NAME_MOST 200

static int content_page(struct souk_ctx *ctx, struct souk_str key, const struct souk_value **page)
{
    struct json *doc;
    int64_t id;
    if (page)
        *page = NULL;
    if (!page || !bridge_view_ok(key) || !key.len || key.len > KEY_MOST || !utf8_valid(key))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_content_page: no key or no place");
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    int code = page_find(conn, key, &id);
    if (code == SOUK_OK)
        code = page_load(conn, ctx->arena, id, &doc);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_content_page: there is no page \"%.*s\"",
                             SOUK_PRI(key));
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_content_page: %s", db_error(conn));
    *page = (const struct souk_value *)doc;
    return SOUK_OK;
}

struct saving {
    const struct json *doc;
    int64_t id;
};

static int write_page(struct souk_ctx *ctx, void *arg)
{
    struct saving *saving = arg;
    struct err err = {0};
    int changed = 0;
    int code = page_save(ctx->conn, ctx->arena, saving->doc, ctx->now, &saving->id, &changed, &err);
    return code ? bridge_refuse(ctx, code, "souk_content_save: %s",
                                err.text[0] ? err.text : db_error(ctx->conn))
                : SOUK_OK;
}

static int content_save(struct souk_ctx *ctx, const struct souk_value *page, int64_t *id)
{
    struct saving saving = {.doc = (const struct json *)page};
    if (id)
        *id = 0;
    if (!page || saving.doc->kind != JSON_OBJECT ||
        json_text(json_at(saving.doc, "key")).len > KEY_MOST)
        return bridge_refuse(
            ctx, SOUK_INVALID,
            "souk_content_save: a page is a map with a \"key\" of at most %d bytes", KEY_MOST);
    int code = bridge_write(ctx, "souk_content_save", write_page, &saving);
    if (code == SOUK_OK && id)
        *id = saving.id;
    return code;
}

static struct souk_str content_html(struct souk_ctx *ctx, struct souk_str text)
{
    if (!bridge_view_ok(text) || text.len > TEXT_MOST) {
        bridge_refuse(ctx, SOUK_TOO_LARGE, "souk_html: no text, or over 2 MiB");
        return souk_str("");
    }
    return page_html(ctx->arena, value_clean(ctx->arena, text));
}

static struct souk_str content_plain(struct souk_ctx *ctx, struct souk_str text, uint32_t most)
{
    if (!bridge_view_ok(text) || text.len > TEXT_MOST) {
        bridge_refuse(ctx, SOUK_TOO_LARGE, "souk_plain: no text, or over 2 MiB");
        return souk_str("");
    }
    return page_plain(ctx->arena, value_clean(ctx->arena, text), most ? most : TEXT_MOST);
}

/* "mail/notice", "mail/notice.txt": no way out of the plugin's own. */
static int is_template_name(const char *name)
{
    size_t len = name ? strnlen(name, NAME_MOST + 1) : 0;
    return len > 0 && len <= NAME_MOST && name[0] != '/' && name[0] != '.' && !strstr(name, "..") &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") ==
               len;
}

/* What every template sees, and what the plugin's own one shows. */
static struct json *frame(struct souk_ctx *ctx, const char *locale, const struct json *view)
{
    struct json *data = json_new(ctx->arena, JSON_OBJECT);
    json_add_cstr(ctx->arena, data, "locale", locale);
    json_add_cstr(ctx->arena, data, "currency", market_shop()->currency);
    json_add_int(ctx->arena, data, "year", clock_civil(ctx->now).year);
    site_add_shop(ctx->arena, data);
    json_each(item, view) * json_add_key(ctx->arena, data, item->key, JSON_NULL) = item->value;
    return data;
}

static int content_render(struct souk_ctx *ctx, const char *name, struct souk_str locale,
                          const struct souk_value *view, struct souk_str *text)
{
    const struct site *site = ctx->set ? ctx->set->web : NULL;
    const struct json *data = (const struct json *)view;
    struct err err = {0};
    if (text)
        *text = souk_str("");
    if (!text || !is_template_name(name) || !bridge_view_ok(locale) ||
        (data && data->kind != JSON_OBJECT))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_render: no place, no name as \"mail/notice\", or the view is no "
                             "map");
    const char *whole = arena_printf(ctx->arena, "%s/%s", ctx->self->name, name).ptr;
    if (!site || ctx->kind == CALL_INIT)
        return bridge_refuse(ctx, SOUK_WRONG_KIND, "souk_render in init, start or stop");
    if (!template_has(site->web.templates, whole))
        return bridge_refuse(ctx, SOUK_NOT_FOUND,
                             "souk_render: the plugin's files table has no templates/%s", name);
    const char *known = locale.len ? market_locale(locale) : NULL;
    struct site_away away = {.locale = known ? known : call_table.locale(ctx).ptr,
                             .owner = ctx->self->name,
                             .now = ctx->now};
    int code = site_render_text(ctx->set, ctx->arena, &away, whole, frame(ctx, away.locale, data),
                                text, &err);
    return code ? bridge_refuse(ctx, SOUK_INVALID, "souk_render: %s", err.text) : SOUK_OK;
}

const struct souk_content_api content_table = {.size = sizeof(struct souk_content_api),
                                               .page = content_page,
                                               .page_save = content_save,
                                               .html = content_html,
                                               .plain = content_plain,
                                               .render = content_render};
