/*
 * past.c: remembers what a plugin was when it last ran: its role, the facts that it
 * hears, the filters that it guards and the kinds of tables that it brings.
 *
 * The idea: a quarantined plugin must not be mapped, because that runs its
 * constructors, but two things must be known of it: which facts have to wait for it,
 * and whether checkout may go on without it. So these are kept in the settings (owner
 * "plugin.past") whenever a plugin is published and they changed.
 *
 * Threads: under the switch's lock. Without a database nothing is remembered.
 */
#include <stdio.h>
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "plugin/host.h"
#include "store/setting.h"

#define PAST_OWNER "plugin.past"

/* ---- as text ---- */

static void add_events(struct arena *arena, struct json *past, const char *key,
                       const struct descriptor *d, int32_t kind)
{
    struct json *list = json_add(arena, past, key, JSON_ARRAY);
    for (size_t i = 0; i < d->events_count; i++)
        if (d->events[i].kind == kind)
            json_add_cstr(arena, list, NULL, d->events[i].event);
}

static void add_kinds(struct arena *arena, struct json *past, const struct descriptor *d)
{
    struct json *list = json_add(arena, past, "kinds", JSON_ARRAY);
    for (size_t i = 0; i < d->providers_count; i++)
        json_add_cstr(arena, list, NULL, d->providers[i].kind);
}

static struct souk_str to_text(struct arena *arena, const struct descriptor *d)
{
    struct buf text = {.arena = arena};
    struct json *past = json_new(arena, JSON_OBJECT);
    json_add_int(arena, past, "role", d->plugin.role);
    add_events(arena, past, "facts", d, SOUK_FACT);
    add_events(arena, past, "filters", d, SOUK_FILTER);
    add_kinds(arena, past, d);
    json_print(&text, past);
    return buf_str(&text);
}

static const char *const *read_names(struct arena *arena, const struct json *list)
{
    size_t count = 0;
    const char **names = arena_array(arena, const char *, (list ? list->count : 0) + 1);
    json_each(item, list)
    {
        names[count++] = arena_cstr(arena, json_text(&item->value));
    }
    return names;
}

static void set_past(struct entry *entry, struct souk_str text)
{
    struct json *past;
    struct err err;
    struct arena old = entry->past_arena; /* the text may stand in it */
    memset(&entry->past_arena, 0, sizeof(entry->past_arena));
    memset(&entry->past, 0, sizeof(entry->past));
    entry->past_text = arena_str(&entry->past_arena, text);
    arena_free(&old);
    if (json_parse(&entry->past_arena, entry->past_text, &past, &err) || past->kind != JSON_OBJECT)
        return;
    entry->past.role = (int32_t)json_int(json_at(past, "role"), SOUK_OPTIONAL);
    entry->past.facts = read_names(&entry->past_arena, json_at(past, "facts"));
    entry->past.filters = read_names(&entry->past_arena, json_at(past, "filters"));
    entry->past.kinds = read_names(&entry->past_arena, json_at(past, "kinds"));
}

/* ---- in the settings ---- */

void past_load(struct switch_host *host, struct entry *entry)
{
    struct arena arena = {0};
    struct souk_str text;
    if (entry->past_read || !host->options.db)
        return;
    struct db_conn *conn = db_read_begin(host->options.db, 0);
    if (conn && setting_get(conn, &arena, souk_str(PAST_OWNER), souk_str(entry->name), &text) == 0)
        set_past(entry, text);
    if (conn)
        db_read_end(conn);
    entry->past_read = 1;
    arena_free(&arena);
}

struct changed { /* one row to write */
    struct changed *next;
    struct entry *entry;
    struct souk_str text;
};

static int write_pasts(struct db_conn *conn, void *arg)
{
    int64_t now = clock_now();
    for (const struct changed *row = arg; row; row = row->next) {
        int code =
            setting_put(conn, souk_str(PAST_OWNER), souk_str(row->entry->name), row->text, now);
        if (code)
            return code;
    }
    return 0;
}

void past_save(struct switch_host *host)
{
    struct arena arena = {0};
    struct changed *changed = NULL;
    struct err err = {0};
    for (size_t i = 0; i < host->current->count; i++) {
        struct plugin *plugin = host->current->plugins[i];
        struct entry *entry = host_entry(host, plugin->name);
        struct souk_str text = to_text(&arena, &plugin->descriptor);
        past_load(host, entry);
        if (!souk_str_equal(text, entry->past_text)) {
            struct changed *row = arena_new(&arena, struct changed);
            *row = (struct changed){changed, entry, text};
            changed = row;
        }
    }
    if (changed && host->options.db && db_write(host->options.db, write_pasts, changed, &err))
        log_warn("plugin.past_not_kept", LOG_S("error", err.text));
    for (; changed; changed = changed->next)
        set_past(changed->entry, changed->text);
    arena_free(&arena);
}

static const char *const *copy_names(struct arena *arena, const char *const *names)
{
    size_t count = 0;
    while (names[count])
        count++;
    const char **copy = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = arena_cstr(arena, souk_str(names[i]));
    return copy;
}

void past_fill(struct switch_host *host, struct plugin_set *set)
{
    size_t most = host->entries.used, count = 0;
    set->absent = arena_array(&set->arena, struct absent, most + 1);
    for (size_t i = 0; i < most; i++) {
        struct entry *entry = host->entries.entries[i].value;
        if (!entry->wanted || set_plugin(set, souk_str(entry->name)))
            continue;
        past_load(host, entry);
        if (!entry->past.facts)
            continue; /* it never ran */
        struct arena *arena = &set->arena;
        struct absent *absent = &set->absent[count++];
        absent->name = arena_cstr(arena, souk_str(entry->name));
        absent->why = entry->quarantined   ? "quarantined"
                      : host->options.safe ? "left out (safe mode)"
                                           : "failed";
        absent->role = entry->past.role;
        absent->facts = copy_names(arena, entry->past.facts);
        absent->filters = copy_names(arena, entry->past.filters);
        absent->kinds = copy_names(arena, entry->past.kinds);
    }
    set->absent_count = count;
}
