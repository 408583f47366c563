/*
 * home: the home page, and the static files. The page itself is nearly empty: what stands on it
 * comes from the slots "home.main" and "home.aside".
 */
#include "app/route.h"
#include "bridge/bridge.h"
#include "web/asset.h"

int home_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    return site_render(request, "souk", "page/home", 200, view);
}

int asset_show(struct request *request, const struct web_route *route)
{
    (void)route;
    const struct web_site *site = request->site;
    return asset_answer(site->assets, request, request_param(request, "rest"));
}
