/*
 * resource_bulk.c: one action on many chosen records: first a page that shows them and asks, then
 * the work, then a report.
 *
 * Each record is a write of its own: what fails is told in the report and undoes nothing else.
 */
#include "app/admin/resource.h"
#include "app/admin/route.h"

#include "base/str.h"

static const struct resource_action *action_of(struct resource_call *call)
{
    struct souk_str name = request_form(call->request, "action");
    for (const struct resource_action *a = call->resource->actions; a && a->name; a++)
        if (souk_str_is(name, a->name))
            return a;
    return NULL;
}

static struct json *chosen(struct request *request)
{
    struct json *ids = json_new(&request->arena, JSON_ARRAY);
    request_form(request, "id"); /* parses */
    for (size_t i = 0; i < request->form.count && ids->count < RESOURCE_CHOSEN; i++) {
        int64_t id;
        if (souk_str_is(request->form.at[i].name, "id") &&
            str_to_int(request->form.at[i].value, &id) == SOUK_OK)
            json_add_int(&request->arena, ids, NULL, id);
    }
    return ids;
}

static void add_action(struct resource_call *call, const struct resource_action *action,
                       struct json *view)
{
    struct arena *arena = call->arena;
    json_add_str(arena, view, "url", resource_url(call));
    struct json *row = json_add(arena, view, "action", JSON_OBJECT);
    json_add_cstr(arena, row, "name", action->name);
    json_add_str(arena, row, "label", site_words(call->request, "souk", action->label));
    if (action->confirm)
        json_add_str(arena, row, "confirm", site_words(call->request, "souk", action->confirm));
    if (action->input)
        json_add_str(arena, row, "input", site_words(call->request, "souk", action->input));
    json_add_str(arena, row, "value", request_form(call->request, "value"));
}

static int preview(struct resource_call *call, const struct resource_action *action,
                   const struct json *ids, const char *error)
{
    struct json *view = json_new(call->arena, JSON_OBJECT);
    struct resource_list list = {.descending = 1, .limit = RESOURCE_CHOSEN, .ids = ids};
    int more;
    struct json *rows = json_add(call->arena, view, "rows", JSON_ARRAY);
    int code = resource_select(call, &list, rows, &more);
    if (code)
        return code;
    add_action(call, action, view);
    struct json *columns = json_add(call->arena, view, "columns", JSON_ARRAY);
    for (const struct resource_column *c = call->resource->columns; c->key; c++)
        json_add_str(call->arena, columns, NULL, site_words(call->request, "souk", c->label));
    if (error)
        json_add_str(call->arena, view, "error", site_words(call->request, "souk", error));
    return admin_render(call->request, "admin/bulk", error ? 422 : 200, action->label, view);
}

/* ---- the work ---- */

struct one {
    struct resource_call call;
    const struct resource_action *action;
    struct souk_str value;
    struct err err;
};

static int run_one(struct db_conn *conn, void *arg)
{
    struct one *one = arg;
    struct resource_call *call = &one->call;
    const struct resource_action *action = one->action;
    one->err = (struct err){0};
    call->conn = conn;
    int code = action->direct    ? SOUK_OK
               : action->plugins ? site_resource_act(call->request, conn, &call->resource->plugin,
                                                     action->plugins, call->id, &one->err)
                                 : action->run(call, call->id, one->value, &one->err);
    if (code)
        return code;
    struct json *detail = json_new(call->arena, JSON_OBJECT);
    if (one->value.len)
        json_add_str(call->arena, detail, "value", one->value);
    const char *name =
        arena_printf(call->arena, "%s.%s", call->resource->subject, action->name).ptr;
    return admin_audit(conn, call->request, name, resource_subject(call, call->id), detail);
}

static int run_all(struct resource_call *call, const struct resource_action *action,
                   const struct json *ids)
{
    struct request *request = call->request;
    struct json *view = json_new(call->arena, JSON_OBJECT);
    struct json *failed = json_add(call->arena, view, "failed", JSON_ARRAY);
    struct one one = {.call = *call, .action = action, .value = request_form(request, "value")};
    int64_t done = 0;
    request_conn_end(request); /* nothing is held while writing */
    json_each(item, ids)
    {
        struct arena arena = {0};
        struct err err = {0};
        one.call.arena = &arena;
        one.call.id = item->value.number;
        int code = action->direct ? action->direct(&one.call, one.call.id, &err) : SOUK_OK;
        if (!code)
            code = db_write(request->db, run_one, &one, &err);
        done += code == SOUK_OK;
        if (code) {
            struct json *row = json_add(call->arena, failed, NULL, JSON_OBJECT);
            const char *words = one.err.text[0] ? one.err.text : err.text;
            json_add_int(call->arena, row, "id", item->value.number);
            json_add_str(call->arena, row, "words", arena_str(call->arena, souk_str(words)));
        }
        arena_free(&arena);
    }
    json_add_int(call->arena, view, "done", done);
    add_action(call, action, view);
    return admin_render(request, "admin/bulk-done", 200, action->label, view);
}

static const char *input_problem(const struct resource_action *action, struct souk_str value)
{
    int64_t number;
    int digits = action->input_type == SOUK_MONEY ? 2 : action->input_type == SOUK_RATE ? 4 : 0;
    if (!action->input || action->input_type == SOUK_STRING)
        return NULL;
    return resource_decimal(value, digits, &number) == SOUK_OK ? NULL
                                                               : "a number such as 12.50, please";
}

int resource_bulk(struct request *request, const struct web_route *route)
{
    (void)route;
    struct resource_call call;
    if (!resource_enter(&call, request, "read"))
        return SOUK_OK;
    const struct resource_action *action = action_of(&call);
    struct json *ids = chosen(request);
    if (!action || ids->count == 0)
        return admin_message(request, 422, "Nothing is chosen",
                             "choose some rows and what is to be done with them",
                             resource_url(&call).ptr);
    const char *right = action->right
                            ? action->right
                            : arena_printf(call.arena, "%s.edit", call.resource->right).ptr;
    if (!admin_need(request, right))
        return SOUK_OK;
    if (!souk_str_is(request_form(request, "confirm"), "1"))
        return preview(&call, action, ids, NULL);
    const char *problem = input_problem(action, request_form(request, "value"));
    return problem ? preview(&call, action, ids, problem) : run_all(&call, action, ids);
}
