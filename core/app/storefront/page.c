/*
 * page: content pages that the merchant has written: delivery, terms, about us.
 */
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"

#include "shop/page.h"
#include "shop/slug.h"

#define DESCRIPTION 160

int content_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    int64_t id;
    struct json *view;
    int code = page_resolve(request, "page", &id);
    if (code != SOUK_OK)
        return code == 1 ? SOUK_OK : code;
    struct market market = page_market(request);
    code = page_view(request_conn(request), arena, &market, id, &view);
    if (code != SOUK_OK)
        return code;
    struct souk_str title = json_text(json_at(view, "title"));
    struct souk_str body = json_text(json_at(view, "body_html"));
    struct page_head head = {
        .path = slug_url(arena, "page", request_param(request, "slug"), market.locale),
        .title = page_seo(view, "title", title),
        .description = page_seo(view, "description", page_plain(arena, body, DESCRIPTION)),
        .type = "article",
        .urls = json_at(view, "urls"),
        .graph = json_new(arena, JSON_ARRAY)};
    json_add_str(arena, view, "heading", title);
    jsonld_breadcrumb(request, head.graph, NULL, title, head.path);
    page_head_add(request, view, &head);
    return page_send(request, "page/content", view);
}
