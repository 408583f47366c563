/*
 * home: the home page, and the static files. The page shows what the shop has: its categories (from
 * the navigation that every page gets), what it recommends and what is new; plugins add to it in
 * the slots "home.main" and "home.below".
 */
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"

#include "app/storefront.sql.h"
#include "bridge/bridge.h"
#include "shop/page.h"
#include "shop/product.h"
#include "web/asset.h"

#define SHOWN 8

static void add_cards(struct request *request, const struct market *market, struct json *view,
                      const char *key, const int64_t *ids, size_t count)
{
    struct json *cards = json_add(&request->arena, view, key, JSON_ARRAY);
    int64_t until = 0;
    product_cards_until(request_conn(request), &request->arena, market, ids, count, cards, &until);
    request_expires(request, until);
}

/* The first of all products in an order. */
static void add_list(struct request *request, const struct market *market, struct json *view,
                     const char *key, const char *sort)
{
    struct listing_query *query = arena_new(&request->arena, struct listing_query);
    struct listing_result *result = arena_new(&request->arena, struct listing_result);
    query->sort = souk_str(sort);
    query->page = 1;
    query->limit = SHOWN;
    query->plain = 1;
    if (listing_run(request_conn(request), &request->arena, market, query, result, NULL) != SOUK_OK)
        return;
    request_expires(request, result->until);
    add_cards(request, market, view, key, result->ids, (size_t)result->count);
}

static size_t featured(struct request *request, int64_t ids[SHOWN])
{
    struct db_rows rows;
    size_t count = 0;
    if (db_query(request_conn(request), &sql_storefront_featured, &rows, DB_INT(request->now),
                 DB_INT(SHOWN)) != SOUK_OK)
        return 0;
    while (count < SHOWN && db_next(&rows) == 1)
        ids[count++] = db_int(&rows, 0);
    db_close(&rows);
    return count;
}

/* What the merchant wrote about the shop: the content page with the key "home", if there is one. */
static void add_words(struct request *request, const struct market *market, struct json *view)
{
    const struct json *page = frame_of(request, market)->home;
    if (page)
        json_add_tree(&request->arena, view, "words", page);
}

int home_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct market market = page_market(request);
    int64_t ids[SHOWN];
    size_t count = featured(request, ids);
    add_words(request, &market, view);
    add_cards(request, &market, view, "featured", ids, count);
    add_list(request, &market, view, "popular", "popular");
    add_list(request, &market, view, "fresh", "new");
    const struct json *words = json_at(view, "words");
    struct page_head head = {.path = page_localized(arena, market.locale, souk_str("/")),
                             .title = souk_str(""),
                             .description =
                                 json_text(json_at(json_at(words, "seo"), "description")),
                             .type = "website",
                             .urls = page_urls(arena, souk_str("/")),
                             .graph = json_new(arena, JSON_ARRAY)};
    jsonld_shop(request, market.locale, head.graph);
    page_head_add(request, view, &head);
    return page_send(request, "page/home", view);
}

int asset_show(struct request *request, const struct web_route *route)
{
    (void)route;
    const struct web_site *site = request->site;
    return asset_answer(site->assets, request, request_param(request, "rest"));
}
