/*
 * plugin_page.c: the plugins: which there are and how they fare, switching them, and the form of
 * their options, made from the declaration.
 *
 * What the form sets is kept beside souk.lua and wins over it; "as in souk.lua" takes it back. It
 * is checked as souk.lua is checked before anything is kept. Secrets are in neither: the form says
 * only whether there is one.
 */
#include <string.h>

#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "app/settings.h"
#include "app/shop_state.h"
#include "base/str.h"
#include "bridge/bridge.h"

int plugin_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    switch_list(shop_current()->host, &request->arena,
                json_add(&request->arena, view, "items", JSON_ARRAY));
    json_add_bool(&request->arena, view, "edits", admin_may(request, "plugin.edit"));
    return admin_render(request, "admin/plugins", 200, "Plugins", view);
}

/* ---- one ---- */

static struct souk_str shown(struct arena *arena, const struct json *value)
{
    struct buf out = {.arena = arena};
    if (!value || value->kind == JSON_NULL)
        return souk_str("");
    if (value->kind == JSON_STRING)
        return value->text;
    if (value->kind == JSON_BOOL)
        return souk_str(value->number ? "1" : "0");
    if (value->kind != JSON_ARRAY && value->kind != JSON_OBJECT) {
        json_print(&out, value);
        return buf_str(&out);
    }
    json_each(item, value)
    {
        if (out.len)
            buf_add_char(&out, '\n');
        if (value->kind == JSON_OBJECT)
            buf_printf(&out, "%.*s = ", SOUK_PRI(item->key));
        buf_add_str(&out, json_text(&item->value));
    }
    return buf_str(&out);
}

/* The plugin's table in souk.lua, as it was read last; NULL. */
static const struct json *said_in_file(struct arena *arena, const char *name)
{
    struct shop *shop = shop_current();
    pthread_mutex_lock(&shop->config_lock);
    const struct json *table = json_at(shop->config.values, name);
    const struct json *copy = table ? json_copy(arena, table) : NULL;
    pthread_mutex_unlock(&shop->config_lock);
    return copy;
}

static void add_option(struct request *request, const struct json *option, const struct json *set,
                       const struct json *file, const struct json *wrong, struct json *rows)
{
    struct arena *arena = &request->arena;
    struct json *row = json_copy(arena, option);
    struct souk_str key = json_text(json_at(option, "key"));
    const struct json *ours = json_get(set, key);
    struct souk_str value = shown(arena, ours ? ours : json_at(option, "value"));
    if (wrong)
        value = request_form(request, arena_cstr(arena, key));
    json_add_str(arena, row, "text", value);
    json_add_bool(arena, row, "on",
                  request_form_has(request, arena_cstr(arena, key), "1") ||
                      (!wrong && souk_str_is(value, "1")));
    json_add_cstr(arena, row, "from", ours ? "here" : json_get(file, key) ? "file" : "default");
    if (json_get(wrong, key))
        json_add_str(arena, row, "error", json_text(json_get(wrong, key)));
    *json_add(arena, rows, NULL, JSON_OBJECT) = *row;
}

/* `wrong` (may be NULL): key to words, of a form that was not taken. */
static int show(struct request *request, const char *name, int status, const struct json *wrong)
{
    struct arena *arena = &request->arena;
    struct err err = {0};
    struct json *view = json_new(arena, JSON_OBJECT), *set = json_new(arena, JSON_OBJECT);
    struct json *info = json_add(arena, view, "plugin", JSON_OBJECT);
    if (switch_info(shop_current()->host, name, arena, info, &err) != SOUK_OK)
        return admin_message(request, 404, "Page not found", err.text, "/admin/plugins");
    int code = settings_of(request_conn(request), arena, name, set);
    if (code)
        return code;
    const struct json *file = said_in_file(arena, name);
    struct json *rows = json_add(arena, view, "options", JSON_ARRAY);
    json_each(option, json_at(info, "options"))
        add_option(request, &option->value, set, file, wrong, rows);
    json_add_bool(arena, view, "edits", admin_may(request, "plugin.edit"));
    json_add_bool(arena, view, "saved", request_query(request, "saved").len > 0);
    struct json *errors = json_add(arena, view, "errors", JSON_ARRAY);
    json_each(item, wrong)
    {
        struct json *one = json_add(arena, errors, NULL, JSON_OBJECT);
        json_add_str(arena, one, "name", item->key);
        json_add_str(arena, one, "text", json_text(&item->value));
    }
    return admin_render(request, "admin/plugin", status, name, view);
}

int plugin_page(struct request *request, const struct web_route *route)
{
    (void)route;
    return show(request, arena_cstr(&request->arena, request_param(request, "name")), 200, NULL);
}

/* ---- switching ---- */

struct note {
    struct request *request;
    const char *action, *name;
    struct json *detail;
};

static int note_it(struct db_conn *conn, void *arg)
{
    struct note *note = arg;
    return admin_audit(conn, note->request, note->action,
                       arena_printf(&note->request->arena, "plugin:%s", note->name), note->detail);
}

int plugin_page_switch(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct switch_host *host = shop_current()->host;
    struct souk_str step = request_param(request, "step");
    struct note note = {request, NULL, arena_cstr(&request->arena, request_param(request, "name")),
                        NULL};
    int code = souk_str_is(step, "enable")    ? switch_enable(host, note.name, &err)
               : souk_str_is(step, "disable") ? switch_disable(host, note.name, &err)
               : souk_str_is(step, "reload")
                   ? switch_reload(host, note.name, &err)
                   : err_set(&err, SOUK_NOT_FOUND, "there are enable, disable and reload");
    if (code)
        return admin_message(request, answer_status_of(code), "That did not work", err.text,
                             "/admin/plugins");
    jobs_plan(shop_current());
    note.action = arena_printf(&request->arena, "plugin.%.*s", SOUK_PRI(step)).ptr;
    code = db_write(request->db, note_it, &note, &err);
    return code ? code : admin_redirect(request, "/admin/plugins");
}

/* ---- saving ---- */

static struct json *pairs_of(struct arena *arena, struct souk_str text)
{
    struct json *map = json_new(arena, JSON_OBJECT);
    struct souk_str line;
    while (str_split(&text, '\n', &line)) {
        ptrdiff_t equals = str_find(line, '=');
        if (equals > 0)
            json_add_key(arena, map, str_trim(str_make(line.ptr, (size_t)equals)), JSON_STRING)
                ->text = str_trim(str_from(line, (size_t)equals + 1));
    }
    return map;
}

/* What was typed, as souk.lua would have it. */
static const struct json *given(struct request *request, const struct souk_option *option)
{
    struct arena *arena = &request->arena;
    struct souk_str text = str_trim(request_form(request, option->key)), line;
    struct json *value = json_new(arena, JSON_STRING);
    int64_t number;
    value->text = text;
    if (option->type == SOUK_BOOL) {
        *value = (struct json){.kind = JSON_BOOL};
        value->number = request_form_has(request, option->key, "1");
    } else if (option->type == SOUK_INT && str_to_int(text, &number) == SOUK_OK) {
        *value = (struct json){.kind = JSON_INT};
        value->number = number;
    } else if (option->type == SOUK_LIST) {
        value = json_new(arena, JSON_ARRAY);
        while (str_split(&text, '\n', &line))
            if (str_trim(line).len)
                json_add_str(arena, value, NULL, str_trim(line));
    } else if (option->type == SOUK_MAP) {
        value = pairs_of(arena, text);
    }
    return value;
}

struct change {
    struct note note;
    const struct json *set, *reset; /* key to value; key to true */
};

static int keep(struct db_conn *conn, void *arg)
{
    struct change *change = arg;
    struct request *request = change->note.request;
    struct arena *arena = &request->arena;
    int code = SOUK_OK;
    json_each(item, change->set) if (!code) code = settings_put(
        conn, arena, change->note.name, arena_cstr(arena, item->key), &item->value, request->now);
    json_each(item, change->reset) if (!code) code = settings_put(
        conn, arena, change->note.name, arena_cstr(arena, item->key), NULL, request->now);
    return code ? code : note_it(conn, &change->note);
}

/* Reads the form against the values in force: only what differs is set. */
static void read_form(struct request *request, const struct descriptor *d,
                      const struct json *described, const struct json *set, struct change *change)
{
    struct arena *arena = &request->arena;
    struct json *sets = json_new(arena, JSON_OBJECT), *resets = json_new(arena, JSON_OBJECT);
    for (size_t i = 0; i < d->options_count; i++) {
        const struct souk_option *option = &d->options[i];
        const char *reset = arena_printf(arena, "_reset-%s", option->key).ptr;
        const struct json *now = NULL;
        if (option->type == SOUK_SECRET || !request_form_has(request, option->key, NULL))
            continue;
        if (request_form_has(request, reset, "1")) {
            json_add_bool(arena, resets, option->key, 1);
            continue;
        }
        json_each(row, described) if (souk_str_is(json_text(json_at(&row->value, "key")),
                                                  option->key)) now = json_at(&row->value, "value");
        const struct json *wanted = given(request, option);
        const struct json *ours = json_at(set, option->key);
        if (!souk_str_equal(shown(arena, wanted), shown(arena, ours ? ours : now)))
            json_add_tree(arena, sets, option->key, wanted);
    }
    change->set = sets;
    change->reset = resets;
}

/* Checks the changed options alone, as souk.lua's are. */
static struct json *check(struct request *request, const struct descriptor *d, const char *name,
                          const struct json *set)
{
    struct arena *arena = &request->arena;
    struct json *wrong = json_new(arena, JSON_OBJECT);
    struct problems problems;
    json_each(item, set) for (size_t i = 0; i < d->options_count; i++)
    {
        if (!souk_str_is(item->key, d->options[i].key))
            continue;
        problems_init(&problems, arena, souk_str("settings"));
        struct json *one = json_new(arena, JSON_OBJECT);
        json_add_tree(arena, one, d->options[i].key, &item->value);
        options_check(arena, &d->options[i], 1, name, ".", one, &problems);
        if (problems.first)
            json_add_str(arena, wrong, d->options[i].key, problems.first->message);
    }
    return wrong;
}

static int save(struct request *request, const struct plugin *plugin)
{
    struct arena *arena = &request->arena;
    struct err err = {0};
    struct json *set = json_new(arena, JSON_OBJECT), *undo_set = json_new(arena, JSON_OBJECT);
    struct json *undo_reset = json_new(arena, JSON_OBJECT);
    struct change change = {.note = {request, "plugin.configured", plugin->name, NULL}};
    const struct descriptor *d = &plugin->descriptor;
    int code = settings_of(request_conn(request), arena, plugin->name, set);
    if (code)
        return code;
    request_conn_end(request);
    read_form(request, d, options_describe(arena, d->options, d->options_count, plugin->options),
              set, &change);
    struct json *wrong = check(request, d, plugin->name, change.set);
    if (wrong->count)
        return show(request, plugin->name, 422, wrong);
    change.note.detail = json_new(arena, JSON_OBJECT);
    json_add_tree(arena, change.note.detail, "set", change.set);
    json_add_tree(arena, change.note.detail, "reset", change.reset);
    code = db_write(request->db, keep, &change, &err);
    if (!code && reload_now(shop_current()) == SOUK_OK)
        return admin_redirect(request, "/admin/plugins/%s?saved=1", plugin->name);
    if (code)
        return code;
    /* Checked, and yet refused as a whole: back to what was. */
    json_each(item, set) json_add_tree(arena, undo_set, arena_cstr(arena, item->key), &item->value);
    json_each(item, change.set) if (!json_get(set, item->key))
        json_add_bool(arena, undo_reset, arena_cstr(arena, item->key), 1);
    change.set = undo_set;
    change.reset = undo_reset;
    change.note.action = "plugin.configuration_refused";
    db_write(request->db, keep, &change, &err);
    return admin_message(request, 409, "That did not work",
                         "the plugin, or souk.lua, refused this; the log of the shop says why. "
                         "Nothing has changed.",
                         "/admin/plugins");
}

int plugin_page_save(struct request *request, const struct web_route *route)
{
    (void)route;
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    struct plugin *plugin = set_plugin(set, request_param(request, "name"));
    int code = plugin ? save(request, plugin)
                      : admin_message(request, 409, "That did not work",
                                      "the plugin is off; switch it on to set its options",
                                      "/admin/plugins");
    set_unpin(ticket);
    return code;
}
