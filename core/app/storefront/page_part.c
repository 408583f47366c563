/*
 * page_part: the terms of a request, addresses to targets, and the head of a page. See
 * page_part.h for the rule about absolute addresses.
 */
#include "app/storefront/page_part.h"

#include "app/storefront.sql.h"
#include "base/str.h"
#include "bridge/bridge.h"
#include "shop/person.h"
#include "shop/slug.h"
#include "web/session.h"

#define HOST_LIMIT 255

/* ---- terms ---- */

struct market page_market(struct request *request)
{
    struct market market = market_at(request->locale, request->now);
    market.asks = request->route->kind == SOUK_TASK;
    market.request = request;
    int64_t person = 0;
    struct db_rows rows;
    if (!session_cookie(request) || str_to_int(session_get(request, "person"), &person) != SOUK_OK)
        return market;
    struct db_conn *conn = request_conn(request);
    if (db_query(conn, &sql_storefront_group_of_person, &rows, DB_INT(person_root(conn, person))) !=
        SOUK_OK)
        return market;
    if (db_next(&rows) == 1)
        market.group = arena_str(&request->arena, db_text(&rows, 0));
    db_close(&rows);
    return market;
}

int page_resolve(struct request *request, const char *kind, int64_t *target)
{
    struct souk_str slug = request_param(request, "slug");
    struct souk_str canonical = STR_NULL;
    int code = slug_find(request_conn(request), &request->arena, kind, slug, request->locale,
                         target, &canonical);
    if (code != SOUK_OK)
        return code;
    if (souk_str_equal(canonical, slug))
        return SOUK_OK;
    struct souk_str url = slug_url(&request->arena, kind, canonical, request->locale);
    if (request->query_text.len)
        url = arena_printf(&request->arena, "%.*s?%.*s", SOUK_PRI(url),
                           SOUK_PRI(request->query_text));
    answer_redirect(request, 301, url);
    return 1;
}

int page_send(struct request *request, const char *name, const struct json *view)
{
    return site_render(request, "souk", name, 200, view);
}

/* ---- addresses ---- */

struct souk_str page_localized(struct arena *arena, const char *locale, struct souk_str path)
{
    if (strcmp(locale, market_shop()->locales[0]) == 0)
        return path;
    if (path.len == 1)
        return arena_printf(arena, "/%s", locale);
    return arena_printf(arena, "/%s%.*s", locale, SOUK_PRI(path));
}

struct json *page_urls(struct arena *arena, struct souk_str path)
{
    struct json *urls = json_new(arena, JSON_OBJECT);
    for (const char *const *locale = market_shop()->locales; *locale; locale++)
        json_add_str(arena, urls, *locale, page_localized(arena, *locale, path));
    return urls;
}

struct souk_str page_absolute(struct arena *arena, struct souk_str path)
{
    const char *base = market_shop()->url;
    if (!base || !*base || !str_starts(path, "/"))
        return path;
    return arena_printf(arena, "%s%.*s", base, SOUK_PRI(path));
}

/* Letters, digits and what stands in names and addresses: nothing that would mean more elsewhere.
 */
static int is_host(struct souk_str host)
{
    if (host.len == 0 || host.len > HOST_LIMIT)
        return 0;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            !strchr(".:[]-", c))
            return 0;
    }
    return 1;
}

struct souk_str page_base(struct request *request)
{
    const char *base = market_shop()->url;
    struct souk_str host = request_header(request, "host");
    if (base && *base)
        return souk_str(base);
    if (!is_host(host))
        return souk_str("");
    return arena_printf(&request->arena, "%s://%.*s", request->tls ? "https" : "http",
                        SOUK_PRI(host));
}

struct souk_str page_address(struct request *request, struct souk_str path)
{
    struct souk_str base = page_base(request);
    if (!base.len || !str_starts(path, "/"))
        return path;
    return arena_printf(&request->arena, "%.*s%.*s", SOUK_PRI(base), SOUK_PRI(path));
}

/* ---- the head ---- */

static const char *open_graph_locale(const char *locale)
{
    static const struct {
        const char *code, *name;
    } names[] = {{"en", "en_GB"}, {"bg", "bg_BG"}, {"hu", "hu_HU"},
                 {"hy", "hy_AM"}, {"bn", "bn_BD"}, {"de", "de_DE"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].code, locale) == 0)
            return names[i].name;
    return locale;
}

struct souk_str page_seo(const struct json *view, const char *member, struct souk_str otherwise)
{
    struct souk_str text = json_text(json_at(json_at(view, "seo"), member));
    return text.len ? text : otherwise;
}

static struct souk_str with_query(struct arena *arena, struct souk_str path, struct souk_str query)
{
    if (!query.len)
        return path;
    return arena_printf(arena, "%.*s?%.*s", SOUK_PRI(path), SOUK_PRI(query));
}

/* The same page in the other languages; x-default is that of the shop's first. */
static void add_alternates(struct request *request, struct json *view, const struct page_head *head)
{
    struct arena *arena = &request->arena;
    struct json *list = json_add(arena, view, "alternates", JSON_ARRAY);
    struct souk_str first = STR_NULL;
    size_t count = 0;
    for (const char *const *locale = market_shop()->locales; *locale; locale++) {
        struct souk_str path = json_text(json_at(head->urls, *locale));
        if (!path.len)
            continue;
        struct souk_str url = page_address(request, with_query(arena, path, head->query));
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, item, "locale", *locale);
        json_add_str(arena, item, "url", url);
        if (locale == market_shop()->locales)
            first = url;
        count++;
    }
    if (first.len && count > 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, item, "locale", "x-default");
        json_add_str(arena, item, "url", first);
    }
}

/* What must be absolute, so only where an address is known. */
static void add_addresses(struct request *request, struct json *view, struct json *graph,
                          const struct page_head *head)
{
    struct arena *arena = &request->arena;
    if (!page_base(request).len)
        return;
    struct souk_str canonical = page_address(request, with_query(arena, head->path, head->query));
    json_add_str(arena, view, "canonical", canonical);
    json_add_str(arena, graph, "url", canonical);
    if (head->image.len)
        json_add_str(arena, graph, "image", page_address(request, head->image));
    if (head->urls && !head->noindex)
        add_alternates(request, view, head);
}

/* A page of which nothing is written says at least what and whose it is. */
static struct souk_str describe(struct arena *arena, const struct page_head *head)
{
    if (head->description.len || !head->title.len)
        return head->description;
    return arena_printf(arena, "%.*s · %s", SOUK_PRI(head->title), market_shop()->name);
}

void page_head_add(struct request *request, struct json *view, const struct page_head *head)
{
    struct arena *arena = &request->arena;
    json_add_str(arena, view, "title", head->title);
    json_add_bool(arena, view, "noindex", head->noindex);
    json_add_str(arena, view, "description", describe(arena, head));
    if (head->urls && head->urls != json_at(view, "urls"))
        json_add_tree(arena, view, "urls", head->urls);
    struct json *graph = json_add(arena, view, "open_graph", JSON_OBJECT);
    json_add_cstr(arena, graph, "type", head->type);
    json_add_cstr(arena, graph, "locale", open_graph_locale(request->locale));
    add_addresses(request, view, graph, head);
    if (head->graph && head->graph->count) {
        struct json *data = json_add(arena, view, "jsonld", JSON_OBJECT);
        json_add_cstr(arena, data, "@context", "https://schema.org");
        json_add_tree(arena, data, "@graph", head->graph);
    }
}
