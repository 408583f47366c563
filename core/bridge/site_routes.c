/*
 * site_routes.c: puts the core's routes, and each plugin's routes and pages, into the
 * router of a new site.
 *
 * A plugin's routes hang under the root of their surface, which holds its name, so two
 * plugins cannot meet there. Pages may stand anywhere except where the core has its own
 * trees; two of the same shape refuse the set and name both owners.
 */
#include "bridge/internal.h"

#include "base/str.h"

#define READ_DEADLINE (1000 * CLOCK_MS)
#define TASK_DEADLINE (5000 * CLOCK_MS)

struct surface {
    int32_t surface;
    const char *root; /* before the plugin's name */
    int flags;
};

static const struct surface surfaces[] = {
    {SOUK_PUBLIC, "/x/", 0},
    {SOUK_WEBHOOK, "/hooks/", ROUTE_OPEN},
    {SOUK_ADMIN, "/admin/p/", ROUTE_STAFF},
    {SOUK_API_V1, "/api/v1/x/", ROUTE_API},
};

static const char *const reserved[] = {"x",    "api",     "admin",  "hooks",   "assets",
                                       "push", "healthz", "readyz", "metrics", "feeds"};

static struct souk_str first_segment(struct souk_str path)
{
    struct souk_str rest = str_from(path, 1);
    ptrdiff_t end = str_find(rest, '/');
    return end < 0 ? rest : str_make(rest.ptr, (size_t)end);
}

int site_is_reserved(struct souk_str path)
{
    struct souk_str first = first_segment(path);
    for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
        if (souk_str_is(first, reserved[i]))
            return 1;
    return 0;
}

static int is_locale(struct souk_str text)
{
    for (size_t i = 0; site_core.locales && site_core.locales[i]; i++)
        if (souk_str_is(text, site_core.locales[i]))
            return 1;
    return 0;
}

static const struct surface *surface_of(int32_t number)
{
    for (size_t i = 0; i < sizeof(surfaces) / sizeof(*surfaces); i++)
        if (surfaces[i].surface == number)
            return &surfaces[i];
    return NULL;
}

static struct target *target_new(struct site *site, struct plugin *plugin)
{
    struct target *target = arena_new(&site->set->arena, struct target);
    target->site = site;
    target->plugin = plugin;
    return target;
}

static int add_route(struct site *site, struct plugin *plugin, const struct souk_route *row,
                     struct err *err)
{
    const struct surface *surface = surface_of(row->surface);
    if (!surface || (row->path[0] && row->path[0] != '/'))
        return err_set(err, SOUK_INVALID, "plugin \"%s\": route \"%s %s\": %s", plugin->name,
                       row->method, row->path,
                       surface ? "the path must be empty or begin with \"/\""
                               : "no such surface; use SOUK_PUBLIC, SOUK_WEBHOOK, "
                                 "SOUK_ADMIN or SOUK_API_V1");
    struct target *target = target_new(site, plugin);
    target->route = row;
    int64_t usual = row->kind == SOUK_TASK ? TASK_DEADLINE : READ_DEADLINE;
    struct web_route route = {
        .method = row->method,
        .path =
            arena_printf(&site->set->arena, "%s%s%s", surface->root, plugin->name, row->path).ptr,
        .kind = row->kind,
        .flags = surface->flags | (row->flags & SOUK_CACHED ? ROUTE_CACHED : 0),
        .handle = route_run,
        .user = target,
        .right = row->surface == SOUK_ADMIN && row->right
                     ? arena_printf(&site->set->arena, "%s.%s", plugin->name, row->right).ptr
                     : NULL,
        .summary = row->summary,
        .owner = plugin->name,
        .body_limit = row->body_limit > 0 ? (size_t)row->body_limit : 0,
        .deadline = row->deadline_ms > 0 ? row->deadline_ms * CLOCK_MS : usual,
        .rate = row->rate,
    };
    return router_add(site->web.router, &route, err);
}

static int add_page(struct site *site, struct plugin *plugin, const struct souk_page *row,
                    struct err *err)
{
    struct souk_str path = souk_str(row->path);
    if (!str_starts(path, "/"))
        return err_set(err, SOUK_INVALID,
                       "plugin \"%s\": page \"%s\": the path must begin with \"/\"", plugin->name,
                       row->path);
    if (site_is_reserved(path) || is_locale(first_segment(path)))
        return err_set(err, SOUK_CONFLICT,
                       "plugin \"%s\": page \"%s\": \"/%.*s\" belongs to souk; choose "
                       "another path, or declare a route",
                       plugin->name, row->path, SOUK_PRI(first_segment(path)));
    struct target *target = target_new(site, plugin);
    target->page = row;
    struct web_route route = {
        .method = "GET",
        .path = row->path,
        .kind = SOUK_READ,
        .flags = ROUTE_PAGE | (row->flags & SOUK_CACHED ? ROUTE_CACHED : 0),
        .handle = page_run,
        .user = target,
        .summary = row->title,
        .owner = plugin->name,
        .deadline = READ_DEADLINE,
    };
    return router_add(site->web.router, &route, err);
}

static int add_plugin(struct site *site, struct plugin *plugin, struct err *err)
{
    const struct descriptor *descriptor = &plugin->descriptor;
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < descriptor->routes_count; i++)
        code = add_route(site, plugin, &descriptor->routes[i], err);
    for (size_t i = 0; code == SOUK_OK && i < descriptor->pages_count; i++)
        code = add_page(site, plugin, &descriptor->pages[i], err);
    return code;
}

int site_add_routes(struct site *site, struct err *err)
{
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < site_core.route_count; i++)
        code = router_add(site->web.router, &site_core.routes[i], err);
    for (size_t i = 0; code == SOUK_OK && i < site->set->count; i++)
        code = add_plugin(site, site->set->plugins[i], err);
    return code;
}
