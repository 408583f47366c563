/*
 * describe.c: the tables of a descriptor, one list each, with words where the ABI has
 * numbers.
 *
 * Threads: any; no state.
 */
#include "plugin/describe.h"

#include "base/str.h"

static const char *pick(const char *const *words, size_t count, int32_t number)
{
    return number >= 0 && (size_t)number < count && words[number] ? words[number] : "?";
}

#define PICK(words, number) pick((words), sizeof(words) / sizeof(*(words)), (number))

static const char *const roles[] = {"optional", "essential", "gate"};
static const char *const relations[] = {NULL, "needs", "conflicts", "after"};
static const char *const kinds[] = {NULL, "read", "write", "task"};
static const char *const surfaces[] = {NULL, "public", "webhook", "admin", "api"};
static const char *const event_kinds[] = {NULL, "filter", "fact"};

static void add_text(struct arena *arena, struct json *out, const char *key, const char *text)
{
    if (text)
        json_add_str(arena, out, key, arena_str(arena, souk_str(text)));
    else
        json_add_null(arena, out, key);
}

static void add_requires(struct arena *arena, const struct descriptor *d, struct json *out)
{
    struct json *list = json_add(arena, out, "requires", JSON_ARRAY);
    for (size_t i = 0; i < d->relations_count; i++) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, row, "plugin", d->relations[i].plugin);
        add_text(arena, row, "relation", PICK(relations, d->relations[i].relation));
    }
}

static void add_routes(struct arena *arena, const struct descriptor *d, struct json *out)
{
    struct json *list = json_add(arena, out, "routes", JSON_ARRAY);
    for (size_t i = 0; i < d->routes_count; i++) {
        const struct souk_route *route = &d->routes[i];
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, row, "method", route->method);
        add_text(arena, row, "path", route->path);
        add_text(arena, row, "surface", PICK(surfaces, route->surface));
        add_text(arena, row, "kind", PICK(kinds, route->kind));
        add_text(arena, row, "summary", route->summary);
        add_text(arena, row, "right", route->right);
    }
}

static void add_pages(struct arena *arena, const struct descriptor *d, struct json *out)
{
    struct json *list = json_add(arena, out, "pages", JSON_ARRAY);
    for (size_t i = 0; i < d->pages_count; i++) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, row, "path", d->pages[i].path);
        add_text(arena, row, "template", d->pages[i].page_template);
        add_text(arena, row, "title", d->pages[i].title);
    }
    list = json_add(arena, out, "slots", JSON_ARRAY);
    for (size_t i = 0; i < d->slots_count; i++) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, row, "slot", d->slots[i].slot);
        add_text(arena, row, "template", d->slots[i].part_template);
        json_add_int(arena, row, "priority", d->slots[i].priority);
    }
}

static void add_events(struct arena *arena, const struct descriptor *d, struct json *out)
{
    struct json *list = json_add(arena, out, "events", JSON_ARRAY);
    for (size_t i = 0; i < d->events_count; i++) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, row, "event", d->events[i].event);
        add_text(arena, row, "kind", PICK(event_kinds, d->events[i].kind));
        json_add_int(arena, row, "priority", d->events[i].priority);
    }
}

static void add_jobs(struct arena *arena, const struct descriptor *d, struct json *out)
{
    struct json *list = json_add(arena, out, "jobs", JSON_ARRAY);
    for (size_t i = 0; i < d->jobs_count; i++) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, row, "name", d->jobs[i].name);
        add_text(arena, row, "cron", d->jobs[i].cron);
        add_text(arena, row, "summary", d->jobs[i].summary);
    }
    list = json_add(arena, out, "commands", JSON_ARRAY);
    for (size_t i = 0; i < d->commands_count; i++) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, row, "name", d->commands[i].name);
        add_text(arena, row, "usage", d->commands[i].usage);
        add_text(arena, row, "summary", d->commands[i].summary);
    }
}

/* Whether it can do without anybody outside; only payments and deliveries say so. */
static void add_local(struct arena *arena, struct json *row, const struct souk_provider *provider)
{
    int32_t flags = 0;
    if (strcmp(provider->kind, "payment") != 0 && strcmp(provider->kind, "delivery") != 0)
        return;
    memcpy(&flags, (const char *)provider->table + sizeof(uint32_t), sizeof flags);
    json_add_bool(arena, row, "local", flags & SOUK_PAYMENT_LOCAL); /* SOUK_DELIVERY_LOCAL alike */
}

/* Names behind CREATE TABLE; texts of migrations are the author's own and simple. */
static void add_tables(struct arena *arena, const char *sql, struct json *list)
{
    struct souk_str rest = souk_str(sql), word;
    int seen = 0; /* 1: CREATE, 2: TABLE */
    while (rest.len) {
        size_t len = 0, skip = 0;
        while (skip < rest.len && strchr(" \t\r\n(;\"", rest.ptr[skip]))
            skip++;
        while (skip + len < rest.len && !strchr(" \t\r\n(;\"", rest.ptr[skip + len]))
            len++;
        word = str_make(rest.ptr + skip, len);
        rest = str_from(rest, skip + len);
        if (seen == 2 &&
            (str_equal_nocase(word, souk_str("if")) || str_equal_nocase(word, souk_str("not")) ||
             str_equal_nocase(word, souk_str("exists"))))
            continue;
        if (seen == 2)
            json_add_str(arena, list, NULL, arena_str(arena, word));
        seen = seen == 1 && str_equal_nocase(word, souk_str("table")) ? 2
               : str_equal_nocase(word, souk_str("create"))           ? 1
                                                                      : 0;
    }
}

static void add_data(struct arena *arena, const struct descriptor *d, struct json *out)
{
    struct json *list = json_add(arena, out, "migrations", JSON_ARRAY);
    for (size_t i = 0; i < d->migrations_count; i++) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_int(arena, row, "number", d->migrations[i].number);
        add_text(arena, row, "name", d->migrations[i].name);
    }
    list = json_add(arena, out, "tables", JSON_ARRAY);
    for (size_t i = 0; i < d->migrations_count; i++)
        add_tables(arena, d->migrations[i].sql, list);
    list = json_add(arena, out, "files", JSON_ARRAY);
    for (size_t i = 0; i < d->files_count; i++)
        json_add_str(arena, list, NULL, arena_str(arena, souk_str(d->files[i].path)));
    list = json_add(arena, out, "providers", JSON_ARRAY);
    for (size_t i = 0; i < d->providers_count; i++) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, row, "kind", d->providers[i].kind);
        add_text(arena, row, "name", d->providers[i].name);
        add_local(arena, row, &d->providers[i]);
    }
}

static void add_resources(struct arena *arena, const struct descriptor *d, struct json *out)
{
    struct json *list = json_add(arena, out, "resources", JSON_ARRAY);
    for (size_t i = 0; i < d->resources_count; i++) {
        const struct souk_resource *resource = &d->resources[i];
        const struct souk_action *actions = resource->actions.items;
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, row, "name", resource->name);
        add_text(arena, row, "title", resource->title);
        add_text(arena, row, "table", resource->table);
        struct json *names = json_add(arena, row, "actions", JSON_ARRAY);
        for (size_t k = 0; k < resource->actions.count; k++)
            json_add_str(arena, names, NULL, arena_str(arena, souk_str(actions[k].name)));
    }
}

/* ---- rights ---- */

static void add_right(struct arena *arena, struct json *list, const char *plugin, const char *right)
{
    struct souk_str name = arena_printf(arena, "%s.%s", plugin, right);
    json_each(other, list)
    {
        if (souk_str_equal(json_text(&other->value), name))
            return;
    }
    json_add_str(arena, list, NULL, name);
}

static void add_rights(struct arena *arena, const struct descriptor *d, struct json *out)
{
    struct json *list = json_add(arena, out, "rights", JSON_ARRAY);
    const char *plugin = d->plugin.name;
    for (size_t i = 0; i < d->routes_count; i++)
        if (d->routes[i].surface == SOUK_ADMIN && d->routes[i].right)
            add_right(arena, list, plugin, d->routes[i].right);
    for (size_t i = 0; i < d->resources_count; i++) {
        const struct souk_resource *resource = &d->resources[i];
        const struct souk_action *actions = resource->actions.items;
        add_right(arena, list, plugin, arena_printf(arena, "%s.read", resource->name).ptr);
        add_right(arena, list, plugin, arena_printf(arena, "%s.edit", resource->name).ptr);
        for (size_t k = 0; k < resource->actions.count; k++)
            if (actions[k].right)
                add_right(arena, list, plugin, actions[k].right);
    }
}

void describe_plugin(struct arena *arena, const struct descriptor *descriptor,
                     const struct option_values *values, struct json *out)
{
    const struct souk_plugin *plugin = &descriptor->plugin;
    add_text(arena, out, "name", plugin->name);
    add_text(arena, out, "version", plugin->version);
    add_text(arena, out, "summary", plugin->summary);
    add_text(arena, out, "contact", plugin->contact);
    add_text(arena, out, "license", plugin->license);
    add_text(arena, out, "role", PICK(roles, plugin->role));
    json_add_str(arena, out, "abi",
                 arena_printf(arena, "%d.%d", plugin->abi_major, plugin->abi_minor));
    add_requires(arena, descriptor, out);
    json_add_tree(arena, out, "options",
                  options_describe(arena, descriptor->options, descriptor->options_count, values));
    add_routes(arena, descriptor, out);
    add_pages(arena, descriptor, out);
    add_events(arena, descriptor, out);
    add_jobs(arena, descriptor, out);
    add_data(arena, descriptor, out);
    add_resources(arena, descriptor, out);
    add_rights(arena, descriptor, out);
}
