/*
 * category: the page of a category. Its list is list.c's; a list that is filtered or sorted is for
 * people, so robots are told to take the plain one.
 */
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"

#include "base/str.h"
#include "shop/category.h"
#include "shop/page.h"
#include "web/template.h"

#define DESCRIPTION 160 /* characters that search engines show */

static int answer_list(struct request *request, int code, const struct err *err)
{
    if (code != SOUK_INVALID || !err->text[0])
        return code;
    answer_problem(request, 400, NULL, err->text, NULL);
    return SOUK_OK;
}

static void add_head(struct request *request, struct json *view, struct souk_str path,
                     struct souk_str query, int64_t number)
{
    struct arena *arena = &request->arena;
    struct souk_str name = json_text(json_at(view, "name"));
    struct souk_str words = json_text(json_at(view, "description_html"));
    struct page_head head = {
        .path = path,
        .query = query,
        .title = page_seo(view, "title", name),
        .description = page_seo(view, "description", page_plain(arena, words, DESCRIPTION)),
        .image = json_text(json_at(json_at(view, "image"), "url")),
        .type = "website",
        .urls = json_at(view, "urls"),
        .noindex = json_true(json_at(view, "filtered")),
        .graph = json_new(arena, JSON_ARRAY)};
    if (number > 1)
        head.title = arena_printf(arena, "%.*s (%.*s)", SOUK_PRI(head.title),
                                  SOUK_PRI(template_number(arena, request->locale, number)));
    jsonld_breadcrumb(request, head.graph, json_at(view, "breadcrumb"), name, path);
    page_head_add(request, view, &head);
}

int category_show(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id;
    struct json *view;
    struct souk_str query = STR_NULL;
    struct err err = {0};
    int code = page_resolve(request, "category", &id);
    if (code != SOUK_OK)
        return code == 1 ? SOUK_OK : code;
    struct market market = page_market(request);
    code = category_view(request_conn(request), &request->arena, &market, id, &view);
    if (code != SOUK_OK)
        return code;
    struct list_page page = {.category_id = id,
                             .path = json_text(json_at(view, "url")),
                             .sort = json_text(json_at(view, "sort"))};
    code = list_add(request, &market, &page, view, &query, &err);
    if (code != SOUK_OK)
        return answer_list(request, code, &err);
    add_head(request, view, page.path, query, json_int(json_at(json_at(view, "pager"), "page"), 1));
    return page_send(request, "page/category", view);
}
