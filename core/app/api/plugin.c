/*
 * plugin: the control routes behind `souk plugin …`, `souk hooks` and plugins' own commands. They
 * come over the control socket.
 */
#include "app/api/route.h"
#include "app/shop_state.h"
#include "base/str.h"
#include "bridge/bridge.h"
#include "store/migrate.h"

static int answer_failure(struct request *request, const struct err *err)
{
    answer_error(request, err);
    return SOUK_OK;
}

int plugin_list(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    const struct switch_host *host = shop_current()->host;
    struct json *out = json_new(arena, JSON_OBJECT);
    switch_list(shop_current()->host, arena, json_add(arena, out, "items", JSON_ARRAY));
    json_add_null(arena, out, "next");
    struct json *folders = json_add(arena, out, "folders", JSON_ARRAY);
    for (const char *const *folder = switch_folders(host); *folder; folder++)
        json_add_cstr(arena, folders, NULL, *folder);
    answer_json(request, 200, out);
    return SOUK_OK;
}

int plugin_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct json *info = json_new(&request->arena, JSON_OBJECT);
    const char *name = arena_cstr(&request->arena, request_param(request, "name"));
    if (switch_info(shop_current()->host, name, &request->arena, info, &err) != SOUK_OK)
        return answer_failure(request, &err);
    answer_json(request, 200, info);
    return SOUK_OK;
}

/* Data go only while the plugin is off: nothing can be using the tables. */
static int purge(struct switch_host *host, struct arena *arena, const char *name, struct err *err)
{
    struct json *items = json_new(arena, JSON_ARRAY);
    switch_list(host, arena, items);
    json_each(item, items) if (
        souk_str_is(json_text(json_at(&item->value, "name")), name) &&
        souk_str_is(
            json_text(json_at(&item->value, "state")),
            "active")) return err_set(err, SOUK_CONFLICT,
                                      "plugin \"%s\" is on; disable it first: souk plugin disable %s",
                                      name, name);
    int code = migrate_purge(shop_current()->db, name, err);
    return code ? code : bridge_files_purge(name, err);
}

int plugin_switch(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct switch_host *host = shop_current()->host;
    struct souk_str step = request_param(request, "step");
    const char *name = arena_cstr(&request->arena, request_param(request, "name"));
    int code;
    if (souk_str_is(step, "enable"))
        code = switch_enable(host, name, &err);
    else if (souk_str_is(step, "disable"))
        code = switch_disable(host, name, &err);
    else if (souk_str_is(step, "reload"))
        code = switch_reload(host, name, &err);
    else if (souk_str_is(step, "purge"))
        code = purge(host, &request->arena, name, &err);
    else
        code =
            err_set(&err, SOUK_NOT_FOUND,
                    "no step \"%.*s\"; there are enable, disable, reload, purge", SOUK_PRI(step));
    if (code != SOUK_OK)
        return answer_failure(request, &err);
    jobs_plan(shop_current());
    struct json *done = json_new(&request->arena, JSON_OBJECT);
    json_add_cstr(&request->arena, done, "name", name);
    json_add_str(&request->arena, done, "done", step);
    answer_json(request, 200, done);
    return SOUK_OK;
}

int plugin_command(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    const struct json *body;
    struct buf out = {.arena = &request->arena};
    if (request_json(request, &body, &err) != SOUK_OK)
        return answer_failure(request, &err);
    const struct json *args = json_at(body, "args");
    int argc = args && args->kind == JSON_ARRAY ? (int)args->count : 0;
    struct souk_str *argv = arena_array(&request->arena, struct souk_str, (size_t)argc + 1);
    int n = 0;
    if (argc)
        json_each(item, args) argv[n++] = json_text(&item->value);
    if (work_command(shop_current()->db,
                     arena_cstr(&request->arena, request_param(request, "name")),
                     arena_cstr(&request->arena, request_param(request, "command")), argc, argv,
                     &out, &err) != SOUK_OK)
        return answer_failure(request, &err);
    struct json *done = json_new(&request->arena, JSON_OBJECT);
    json_add_str(&request->arena, done, "output", buf_str(&out));
    answer_json(request, 200, done);
    return SOUK_OK;
}

int plugin_hooks(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    const char *event = arena_cstr(&request->arena, request_param(request, "event"));
    switch_hooks(shop_current()->host, event, &request->arena, items);
    return api_answer_items(request, items, STR_NULL);
}
