/*
 * route: joins the tables of the storefront, the API and the admin pages. A table stands beside its
 * handlers; here is only their order.
 */
#include "app/route.h"

#include "app/admin/route.h"
#include "app/api/route.h"
#include "app/storefront/route.h"

#define ROUTES_MOST 512

const struct web_route *route_all(size_t *count)
{
    static struct web_route all[ROUTES_MOST];
    static size_t known;
    const struct {
        const struct web_route *at;
        size_t count;
    } tables[] = {{storefront_routes, storefront_route_count},
                  {api_routes, api_route_count},
                  {admin_routes, admin_route_count}};
    if (!known)
        for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
            for (size_t i = 0; i < tables[t].count && known < ROUTES_MOST; i++)
                all[known++] = tables[t].at[i];
    *count = known;
    return all;
}
