/*
 * feed.c: feeds as a resource: how each is set up, what came of it, and what was left out and why.
 * The settings of its format are inputs of their own, "setting-<key>", as the plugin declares them:
 * they appear when the format is chosen and saved.
 */
#include "app/feed.h"

#include <stdio.h>

#include "app/admin/resources.h"
#include "base/str.h"
#include "shop/market.h"

#define REJECTS 50

/* ---- choices ---- */

static void add_choice(struct resource_call *call, struct json *list, struct souk_str value,
                       struct souk_str label)
{
    struct json *choice = json_add(call->arena, list, NULL, JSON_OBJECT);
    json_add_str(call->arena, choice, "value", value);
    json_add_str(call->arena, choice, "label", label);
}

static int choose_format(struct resource_call *call, struct json *list)
{
    struct json *formats = json_new(call->arena, JSON_ARRAY);
    feed_formats(call->arena, call->request->locale, formats);
    json_each(format, formats) add_choice(call, list, json_text(json_at(&format->value, "name")),
                                          json_text(json_at(&format->value, "label")));
    return SOUK_OK;
}

static int choose_locale(struct resource_call *call, struct json *list)
{
    for (const char *const *locale = market_shop()->locales; *locale; locale++)
        add_choice(call, list, souk_str(*locale), souk_str(*locale));
    return SOUK_OK;
}

/* ---- the list ---- */

static const struct resource_column columns[] = {
    {"name", "Name", SOUK_STRING, COLUMN_LINK, "t.name", "t.name", NULL},
    {"format", "Format", SOUK_STRING, 0, "t.format", NULL, NULL},
    {"enabled", "On", SOUK_BOOL, 0, "t.enabled", NULL, NULL},
    {"items", "Offers", SOUK_INT, 0, "t.items", NULL, NULL},
    {"rejected", "Left out", SOUK_INT, 0, "t.rejected", NULL, NULL},
    {"written", "Written", SOUK_TIME, 0, "t.written_at", NULL, NULL},
    {"error", "Reason", SOUK_STRING, 0, "t.error", NULL, NULL},
    {.key = NULL}};

/* ---- the form ---- */

static const struct resource_field fields[] = {
    {.key = "name",
     .label = "Name",
     .type = SOUK_STRING,
     .flags = FIELD_MUST,
     .hint = "of its address, /feeds/<name>: a-z, 0-9 and -",
     .max = 60},
    {.key = "format",
     .label = "Format",
     .type = SOUK_CHOICE,
     .flags = FIELD_MUST,
     .options = choose_format},
    {.key = "enabled", .label = "On", .type = SOUK_BOOL},
    {.key = "locale", .label = "Language", .type = SOUK_CHOICE, .options = choose_locale},
    {.key = "currency", .label = "Currency", .type = SOUK_STRING, .max = 3},
    {.key = "country", .label = "Country", .type = SOUK_STRING, .max = 2},
    {.key = "categories",
     .label = "Only categories",
     .type = SOUK_LIST,
     .hint = "keys, one a line, each with all that lies below it; empty: all"},
    {.key = "only_available", .label = "Only what can be had", .type = SOUK_BOOL},
    {.key = "price_from", .label = "Price from", .type = SOUK_MONEY},
    {.key = "price_to", .label = "Price to", .type = SOUK_MONEY},
    {.key = "excluded", .label = "Never these", .type = SOUK_LIST, .hint = "SKUs, one a line"},
    {.key = "suffix",
     .label = "Appended to addresses",
     .type = SOUK_STRING,
     .hint = "such as utm_source=market&utm_content={sku}",
     .max = 500},
    {.key = "every",
     .label = "Seconds between two writings, at least",
     .type = SOUK_INT,
     .min = 1,
     .max = 86400},
    {.key = NULL}};

static int load(struct resource_call *call, struct json **doc)
{
    return feed_show(call->conn, call->arena, call->id, doc);
}

/* What is wrong with a setting stands at its input. */
static int save(struct resource_call *call, const struct json *doc, char *pointer, struct err *err)
{
    static const char of_format[] = "/settings/";
    int code = feed_save(call->conn, call->arena, doc, call->request->now, &call->id, pointer, err);
    if (code && str_starts(souk_str(pointer), of_format)) {
        const char *key = arena_cstr(call->arena, souk_str(pointer + sizeof of_format - 1));
        snprintf(pointer, 80, "/setting-%s", key);
    }
    return code;
}

static int drop(struct resource_call *call, struct err *err)
{
    int code = feed_remove(call->conn, call->id, call->request->now);
    return code ? err_set(err, code, "there is no such feed") : SOUK_OK;
}

/* ---- settings of the format ---- */

static const struct json *settings_of(struct resource_call *call, struct souk_str format)
{
    struct json *formats = json_new(call->arena, JSON_ARRAY);
    feed_formats(call->arena, call->request->locale, formats);
    json_each(item, formats)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "name")), format))
            return json_at(&item->value, "settings");
    }
    return NULL;
}

static const char *input_name(struct resource_call *call, const struct json *setting)
{
    return arena_printf(call->arena, "setting-%.*s", SOUK_PRI(json_text(json_at(setting, "key"))))
        .ptr;
}

static void add_input(struct resource_call *call, const struct json *setting,
                      const struct json *saved, struct json *list)
{
    struct arena *arena = call->arena;
    const char *name = input_name(call, setting);
    const struct json *there = json_get(saved, json_text(json_at(setting, "key")));
    struct souk_str value = there ? json_text(there) : json_text(json_at(setting, "initial"));
    struct json *input = json_add(arena, list, NULL, JSON_OBJECT);
    if (request_form_has(call->request, name, NULL))
        value = request_form(call->request, name);
    json_add_cstr(arena, input, "name", name);
    json_add_str(arena, input, "label", json_text(json_at(setting, "label")));
    json_add_cstr(arena, input, "type", json_true(json_at(setting, "lines")) ? "text" : "string");
    json_add_str(arena, input, "hint", json_text(json_at(setting, "hint")));
    json_add_str(arena, input, "value", value);
    if (json_at(call->wrong, name))
        json_add_str(arena, input, "error", json_text(json_at(call->wrong, name)));
}

static int take(struct resource_call *call, const struct json *before, struct json *doc)
{
    const struct json *known = settings_of(call, json_text(json_at(before, "format")));
    const struct json *saved = json_at(before, "settings");
    struct json *settings = saved ? json_copy(call->arena, saved) : NULL;
    if (!known || !settings)
        return SOUK_OK;
    json_each(setting, known)
    {
        const char *name = input_name(call, &setting->value);
        if (request_form_has(call->request, name, NULL))
            json_add_str(call->arena, settings,
                         arena_cstr(call->arena, json_text(json_at(&setting->value, "key"))),
                         request_form(call->request, name));
    }
    json_add_tree(call->arena, doc, "settings", settings);
    return SOUK_OK;
}

/* A new form shows what a feed begins with. */
static void fill_new(struct resource_call *call, struct json *view)
{
    const struct json *initial = feed_initial(call->arena);
    json_each(item, json_at(view, "fields"))
    {
        struct json *input = (struct json *)(uintptr_t)&item->value;
        const struct json *value = json_get(initial, json_text(json_at(input, "name")));
        if (!value)
            continue;
        if (value->kind == JSON_BOOL)
            json_add_bool(call->arena, input, "on", value->number != 0);
        else if (value->kind == JSON_INT)
            json_add_str(call->arena, input, "value",
                         arena_printf(call->arena, "%lld", (long long)value->number));
        else if (value->kind == JSON_STRING)
            json_add_str(call->arena, input, "value", json_text(value));
    }
}

static void extend(struct resource_call *call, const struct json *doc, struct json *view)
{
    struct arena *arena = call->arena;
    const struct json *known = doc ? settings_of(call, json_text(json_at(doc, "format"))) : NULL;
    struct json *inputs = json_add(arena, view, "settings", JSON_ARRAY);
    json_each(setting, known) add_input(call, &setting->value, json_at(doc, "settings"), inputs);
    if (!call->id && !request_form_has(call->request, "_form", NULL))
        fill_new(call, view);
    if (!call->id)
        return;
    json_add_tree(arena, view, "feed", doc);
    feed_reject_groups(call->conn, arena, call->id, json_add(arena, view, "reasons", JSON_ARRAY));
    feed_rejects(call->conn, arena, call->id, -1, REJECTS,
                 json_add(arena, view, "rejects", JSON_ARRAY));
}

/* ---- actions ---- */

static int write_now(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    int code = feed_ask(call->conn, id, call->request->now);
    return code ? err_set(err, code, "there is no such feed") : SOUK_OK;
}

static const struct resource_action actions[] = {
    {.name = "write", .label = "Write now", .right = "feed.edit", .run = write_now},
    {.name = NULL}};

const struct resource resource_feeds = {.name = "feeds",
                                        .title = "Feeds",
                                        .one = "Feed",
                                        .right = "feed",
                                        .subject = "feed",
                                        .table = "feed",
                                        .columns = columns,
                                        .fields = fields,
                                        .actions = actions,
                                        .search = "t.name LIKE ? ESCAPE '\\'",
                                        .flags = RESOURCE_CREATE | RESOURCE_REMOVE,
                                        .load = load,
                                        .save = save,
                                        .remove = drop,
                                        .extend = extend,
                                        .take = take,
                                        .record = "admin/feed"};
