/*
 * search: the page of what was found, and words to complete what is being typed. Who types the
 * number on a product (SKU, barcode) is led straight to it.
 */
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"

#include "shop/product.h"
#include "shop/search.h"

#define SUGGESTIONS 8

/* The address of one product, from its card; empty when it is not to be seen. */
static struct souk_str product_url(struct request *request, const struct market *market, int64_t id)
{
    struct json *cards = json_new(&request->arena, JSON_ARRAY);
    if (product_cards(request_conn(request), &request->arena, market, &id, 1, cards) != SOUK_OK ||
        !cards->first)
        return souk_str("");
    return json_text(json_at(&cards->first->value, "url"));
}

static void add_found(struct arena *arena, const char *locale, struct json *view,
                      const struct listing_result *result)
{
    if (result->corrected.len)
        json_add_str(arena, view, "corrected",
                     search_spell(arena, locale, result->corrected, json_at(view, "products")));
    if (result->suggestions)
        json_add_tree(arena, view, "suggestions", result->suggestions);
}

int search_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct market market = page_market(request);
    struct souk_str path = page_localized(arena, market.locale, souk_str("/search"));
    struct souk_str query = souk_str("");
    struct err err = {0};
    struct json *view = json_new(arena, JSON_OBJECT);
    struct list_page page = {.path = path};
    int code = list_add(request, &market, &page, view, &query, &err);
    if (code == SOUK_INVALID && err.text[0]) {
        answer_problem(request, 400, NULL, err.text, NULL);
        return SOUK_OK;
    }
    if (code != SOUK_OK)
        return code;
    if (page.result->exact_id) {
        struct souk_str url = product_url(request, &market, page.result->exact_id);
        if (url.len) {
            answer_redirect(request, 302, url);
            return SOUK_OK;
        }
    }
    add_found(arena, market.locale, view, page.result);
    if (!json_true(json_at(view, "filtered")) &&
        json_int(json_at(json_at(view, "pager"), "page"), 1) == 1)
        request->told = page.result->total + 1; /* the rest is the same search, looked at again */
    struct page_head head = {.path = path,
                             .query = query,
                             .title = json_text(json_at(view, "q")),
                             .type = "website",
                             .urls = page_urls(arena, souk_str("/search")),
                             .noindex = 1};
    page_head_add(request, view, &head);
    return page_send(request, "page/search", view);
}

int search_complete(struct request *request, const struct web_route *route)
{
    (void)route;
    struct market market = page_market(request);
    struct json *answer = json_new(&request->arena, JSON_OBJECT);
    struct json *items = json_add(&request->arena, answer, "items", JSON_ARRAY);
    struct souk_str typed = request_query(request, "q");
    int code = typed.len ? search_suggest(request_conn(request), &request->arena, &market, typed,
                                          SUGGESTIONS, items)
                         : SOUK_OK;
    if (code != SOUK_OK)
        return code;
    answer_json(request, 200, answer);
    return SOUK_OK;
}
