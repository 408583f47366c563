/*
 * resource.c: finding a resource by its name in the path, the core's own in a table, a plugin's
 * made from its declaration; and the check of rights at the door of each use.
 *
 * A plugin's resource is made anew for each request, in its arena: a hundred words, and nothing to
 * keep in step with switching plugins.
 */
#include "app/admin/resource.h"

#include <string.h>
#include "base/str.h"

static void add_column(struct arena *arena, struct resource_column *column,
                       const struct souk_field *field, struct souk_str label, int first)
{
    const char *sql = arena_printf(arena, "t.%s", field->column).ptr;
    *column = (struct resource_column){.key = field->column,
                                       .label = label.ptr,
                                       .type = field->type == SOUK_TEXT ? SOUK_STRING : field->type,
                                       .flags = first ? COLUMN_LINK : 0,
                                       .sql = sql,
                                       .sort = field->flags & SOUK_FIELD_SORT ? sql : NULL};
}

static void add_filter(struct arena *arena, struct resource_filter *filter,
                       const struct souk_field *field, struct souk_str label)
{
    int type = field->type == SOUK_CHOICE || field->type == SOUK_BOOL   ? field->type
               : field->type == SOUK_STRING || field->type == SOUK_TEXT ? SOUK_STRING
               : field->type == SOUK_TIME                               ? SOUK_TIME
                                                                        : SOUK_INT;
    const char *test = type == SOUK_TIME ? ">=" : "=";
    *filter = (struct resource_filter){
        .key = field->column,
        .label = label.ptr,
        .type = type,
        .sql = arena_printf(arena, "t.%s %s ?", field->column, test).ptr,
        .sql_to = type == SOUK_TIME ? arena_printf(arena, "t.%s < ?", field->column).ptr : NULL,
        .choices = field->choices};
}

static void add_field(struct resource_field *to, const struct souk_field *field,
                      struct souk_str label, struct souk_str hint)
{
    *to = (struct resource_field){.key = field->column,
                                  .label = label.ptr,
                                  .type = field->type,
                                  .flags = (field->flags & SOUK_FIELD_MUST ? FIELD_MUST : 0) |
                                           (field->flags & SOUK_FIELD_EDIT ? 0 : FIELD_SHOWN),
                                  .hint = hint.len ? hint.ptr : NULL,
                                  .choices = field->choices,
                                  .min = field->min,
                                  .max = field->max};
}

static struct resource_action *make_actions(struct request *request,
                                            const struct site_resource *from)
{
    const struct souk_action *rows = from->row->actions.items;
    size_t count = from->row->actions.count;
    struct resource_action *actions =
        arena_array(&request->arena, struct resource_action, count + 1);
    for (size_t i = 0; i < count; i++)
        actions[i] = (struct resource_action){
            .name = rows[i].name,
            .label = site_words(request, from->plugin->name, rows[i].label).ptr,
            .right =
                rows[i].right
                    ? arena_printf(&request->arena, "%s.%s", from->plugin->name, rows[i].right).ptr
                    : NULL,
            .confirm = rows[i].confirm
                           ? site_words(request, from->plugin->name, rows[i].confirm).ptr
                           : NULL,
            .plugins = &rows[i]};
    return actions;
}

/* Columns, filters, fields and the search condition. */
static void make_tables(struct request *request, const struct site_resource *from,
                        struct resource *resource)
{
    struct arena *arena = &request->arena;
    const char *plugin = from->plugin->name;
    const struct souk_field *rows = from->row->fields.items;
    size_t count = from->row->fields.count, columns = 0, filters = 0;
    struct resource_column *column = arena_array(arena, struct resource_column, count + 1);
    struct resource_filter *filter = arena_array(arena, struct resource_filter, count + 1);
    struct resource_field *field = arena_array(arena, struct resource_field, count + 1);
    struct buf search = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        struct souk_str label = site_words(request, plugin, rows[i].label);
        if (rows[i].flags & SOUK_FIELD_LIST) {
            add_column(arena, &column[columns], &rows[i], label, columns == 0);
            columns++;
        }
        if (rows[i].flags & SOUK_FIELD_FILTER)
            add_filter(arena, &filter[filters++], &rows[i], label);
        add_field(&field[i], &rows[i], label, site_words(request, plugin, rows[i].hint));
        if (rows[i].flags & SOUK_FIELD_FIND)
            buf_printf(&search, "%st.%s LIKE ? ESCAPE '\\'", search.len ? " OR " : "",
                       rows[i].column);
    }
    resource->columns = column;
    resource->filters = filter;
    resource->fields = field;
    resource->search = search.len ? search.ptr : NULL;
}

static const struct resource *make(struct request *request, const struct site_resource *from)
{
    struct arena *arena = &request->arena;
    struct resource *resource = arena_new(arena, struct resource);
    const struct souk_resource *row = from->row;
    const char *plugin = from->plugin->name;
    const char *name = arena_printf(arena, "%s.%s", plugin, row->name).ptr;
    *resource = (struct resource){.name = name,
                                  .title = site_words(request, plugin, row->title).ptr,
                                  .one = site_words(request, plugin, row->one).ptr,
                                  .right = name,
                                  .subject = name,
                                  .table = row->table,
                                  .flags = (row->flags & SOUK_CREATE ? RESOURCE_CREATE : 0) |
                                           (row->flags & SOUK_REMOVE ? RESOURCE_REMOVE : 0),
                                  .actions = make_actions(request, from),
                                  .plugin = *from};
    make_tables(request, from, resource);
    return resource;
}

const struct resource *resource_find(struct request *request, struct souk_str name)
{
    struct site_resource found;
    for (size_t i = 0; resources[i]; i++)
        if (souk_str_is(name, resources[i]->name))
            return resources[i];
    ptrdiff_t dot = str_find(name, '.');
    for (size_t i = 0; dot > 0 && site_resource(request, i, &found); i++)
        if (souk_str_is(str_make(name.ptr, (size_t)dot), found.plugin->name) &&
            souk_str_is(str_from(name, (size_t)dot + 1), found.row->name))
            return make(request, &found);
    return NULL;
}

int resource_may(const struct resource_call *call, const char *right)
{
    const char *whole = arena_printf(call->arena, "%s.%s", call->resource->right, right).ptr;
    return admin_may(call->request, whole);
}

int resource_enter(struct resource_call *call, struct request *request, const char *right)
{
    *call = (struct resource_call){.request = request, .arena = &request->arena};
    call->resource = resource_find(request, request_param(request, "resource"));
    if (!call->resource) {
        admin_message(request, 404, "Page not found", "there is nothing here", "/admin");
        return 0;
    }
    const char *whole =
        right ? arena_printf(call->arena, "%s.%s", call->resource->right, right).ptr : NULL;
    if (whole && !admin_need(request, whole))
        return 0;
    call->conn = request_conn(request);
    call->wrong = json_new(call->arena, JSON_OBJECT);
    if (!call->conn)
        admin_message(request, 503, "The shop is busy", "the database gives no snapshot", "/admin");
    return call->conn != NULL;
}

struct souk_str resource_url(const struct resource_call *call)
{
    return arena_printf(call->arena, "/admin/%s", call->resource->name);
}

struct souk_str resource_subject(const struct resource_call *call, int64_t id)
{
    return arena_printf(call->arena, "%s:%lld", call->resource->subject, (long long)id);
}
