/*
 * maintenance: while shop.maintenance is true, visitors and programs get 503 with Retry-After,
 * people as a page of its own in their language.
 *
 * What stays open is what one works with meanwhile: the admin pages and whatever else is for staff,
 * tokens or the control socket; signs of life; static files and pictures, which the page and the
 * admin pages are made of; robots.txt, without which search engines stop reading the shop for
 * longer than it is closed. Who is signed in as staff sees the shop as it will be.
 */
#include "app/maintenance.h"

#include <stdatomic.h>

#include "app/admin/admin.h"
#include "base/clock.h"
#include "base/str.h"
#include "bridge/bridge.h"
#include "shop/market.h"
#include "web/answer.h"
#include "web/router.h"
#include "web/session.h"

#define RETRY_AFTER "300"

static _Atomic int closed;

void maintenance_set(int on)
{
    atomic_store(&closed, on);
}

static int stays_open(const struct request *request)
{
    static const char *const under[] = {"/admin/", "/assets/", "/media/"};
    static const char *const files[] = {"/admin", "/healthz", "/readyz", "/metrics", "/robots.txt"};
    if (request->control || request->route->flags & (ROUTE_CONTROL | ROUTE_STAFF))
        return 1;
    for (size_t i = 0; i < sizeof under / sizeof *under; i++)
        if (str_starts(request->path, under[i]))
            return 1;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (souk_str_is(request->path, files[i]))
            return 1;
    return 0;
}

/* A look at pages that visitors will see anyway: the route's own guard is not weakened by it. */
static int is_staff(struct request *request)
{
    int64_t id = 0, at = 0;
    if (!session_cookie(request))
        return 0;
    request_conn(request);
    int known = str_to_int(session_get(request, "staff"), &id) == SOUK_OK && id != 0 &&
                str_to_int(session_get(request, "staff_at"), &at) == SOUK_OK &&
                request->now - at < ADMIN_TOTAL;
    request_conn_end(request);
    return known;
}

static int answer_page(struct request *request)
{
    struct arena *arena = &request->arena;
    const struct market_shop *shop = market_shop();
    struct json *view = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, view, "email", shop->email ? shop->email : "");
    json_add_cstr(arena, view, "phone", shop->phone ? shop->phone : "");
    return site_render_plain(request, "souk", "page/maintenance", 503, view);
}

int maintenance_answer(void *user, struct request *request)
{
    (void)user;
    if (!atomic_load_explicit(&closed, memory_order_relaxed) || stays_open(request) ||
        is_staff(request))
        return 0;
    answer_header(request, "Retry-After", souk_str(RETRY_AFTER));
    if (!(request->route->flags & ROUTE_PAGE) || answer_page(request) != SOUK_OK)
        answer_problem(request, 503, "maintenance",
                       "the shop is closed for maintenance; try again as Retry-After says", NULL);
    answer_header(request, "Retry-After", souk_str(RETRY_AFTER));
    answer_header(request, "Cache-Control", souk_str("no-store"));
    return 1;
}
