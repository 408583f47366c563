/*
 * route: all routes of the core in one table, read from top to bottom: method, path, where it runs, what guards it. Routes of plugins
 * hang under /x, /hooks, /admin/p and /api/v1/x and come from their descriptors.
 */
#include "app/route.h"

#include <souk/plugin.h>
#include "base/clock.h"

#define ADMIN (ROUTE_API | ROUTE_CONTROL)
#define LONG  (10 * CLOCK_MINUTE)

const struct web_route route_table[] = {
    {.method = "GET", .path = "/", .kind = SOUK_READ, .flags = ROUTE_PAGE | ROUTE_CACHED,
     .handle = home_show, .summary = "the home page"},
    {.method = "GET", .path = "/assets/{rest*}", .kind = SOUK_READ, .handle = asset_show,
     .summary = "static files under names that hold a hash of their content"},

    {.method = "GET", .path = "/healthz", .kind = SOUK_READ, .flags = ROUTE_NO_LOG | ROUTE_OPEN,
     .handle = health_live, .summary = "the process lives"},
    {.method = "GET", .path = "/readyz", .kind = SOUK_READ, .flags = ROUTE_NO_LOG | ROUTE_OPEN,
     .handle = health_ready, .summary = "the database answers and no gate plugin is missing"},
    {.method = "GET", .path = "/metrics", .kind = SOUK_READ, .flags = ROUTE_NO_LOG | ROUTE_OPEN,
     .handle = health_metrics, .summary = "metrics in Prometheus text"},

    {.method = "GET", .path = "/api/v1/admin/plugins", .kind = SOUK_TASK, .flags = ADMIN,
     .handle = plugin_list, .summary = "all plugins with their state and faults"},
    {.method = "GET", .path = "/api/v1/admin/plugins/{name}", .kind = SOUK_TASK, .flags = ADMIN,
     .handle = plugin_show, .summary = "what one plugin adds and asks for"},
    {.method = "POST", .path = "/api/v1/admin/plugins/{name}/{step}", .kind = SOUK_TASK,
     .flags = ADMIN, .deadline = LONG, .handle = plugin_switch,
     .summary = "enable, disable, reload, purge"},
    {.method = "POST", .path = "/api/v1/admin/plugins/{name}/commands/{command}",
     .kind = SOUK_TASK, .flags = ADMIN, .deadline = LONG, .handle = plugin_command,
     .summary = "runs a command of a plugin"},
    {.method = "GET", .path = "/api/v1/admin/hooks/{event}", .kind = SOUK_TASK, .flags = ADMIN,
     .handle = plugin_hooks, .summary = "who listens to an event, in order"},

    {.method = "GET", .path = "/api/v1/admin/jobs", .kind = SOUK_TASK, .flags = ADMIN,
     .handle = job_index, .summary = "jobs by state"},
    {.method = "POST", .path = "/api/v1/admin/jobs/{id}/{step}", .kind = SOUK_TASK,
     .flags = ADMIN, .handle = job_step, .summary = "retry or cancel"},

    {.method = "POST", .path = "/api/v1/admin/backup", .kind = SOUK_TASK, .flags = ADMIN,
     .deadline = LONG, .handle = database_backup, .summary = "a consistent copy of the database"},
    {.method = "GET", .path = "/api/v1/admin/verify", .kind = SOUK_TASK, .flags = ADMIN,
     .deadline = LONG, .handle = database_verify, .summary = "checks the database's invariants"},
};

const size_t route_table_count = sizeof route_table / sizeof *route_table;
