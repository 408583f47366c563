/*
 * frame: what every page shows besides its own: navigation, footer links, who is signed in. Asked
 * only when a page is rendered; a page from the cache brings its own along.
 */
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"

#include "base/str.h"
#include "shop/category.h"
#include "shop/page.h"
#include "web/session.h"

#define LEVELS 2

void frame_page_data(struct request *request, struct json *data)
{
    struct arena *arena = &request->arena;
    struct db_conn *conn = request_conn(request);
    struct json *nav = json_add(arena, data, "nav", JSON_ARRAY);
    struct json *pages = json_add(arena, data, "footer_pages", JSON_ARRAY);
    struct json *account = json_add(arena, data, "account", JSON_OBJECT);
    int known = session_cookie(request) && session_get(request, "person").len > 0;
    json_add_bool(arena, account, "signed_in", known);
    json_add_str(arena, data, "search_url",
                 page_localized(arena, market_at(request->locale, request->now).locale,
                                souk_str("/search")));
    if (!conn)
        return;
    struct market market = page_market(request);
    if (category_tree(conn, arena, &market, LEVELS, nav) != SOUK_OK)
        json_add(arena, data, "nav", JSON_ARRAY); /* half a navigation is worse than none */
    page_links(conn, arena, &market, pages);
}
