/*
 * switch_list.c: the questions: which plugins there are and how they are, what one is
 * made of, who hears an event.
 *
 * The idea: what is on answers from memory. A plugin that is off is looked at in a
 * child process (inspect.c), once for each change of its file: version and summary are
 * then known without running its code here.
 *
 * Threads: under the switch's lock: an answer waits while a switch is under way.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "plugin/describe.h"
#include "plugin/host.h"
#include "plugin/inspect.h"
#include "plugin/stage.h"

/* ---- files that are not on ---- */

static void read_mark(const struct stat *info, int64_t mark[4])
{
    mark[0] = (int64_t)info->st_ino;
    mark[1] = (int64_t)info->st_size;
    mark[2] = (int64_t)info->st_mtim.tv_sec;
    mark[3] = (int64_t)info->st_mtim.tv_nsec;
}

/* What the file holds, or {"error": …}; kept until the file changes. */
static const struct json *look(struct switch_host *host, struct entry *entry)
{
    char file[512];
    struct err err = {0};
    struct stat info;
    int64_t mark[4] = {0};
    int code = stage_find(host->options.path, entry->name, file, sizeof(file), &err);
    if (code == 0 && stat(file, &info) == 0)
        read_mark(&info, mark);
    if (entry->seen && memcmp(mark, entry->seen_mark, sizeof(mark)) == 0)
        return entry->seen;
    arena_free(&entry->seen_arena);
    entry->seen = NULL;
    struct inspect_request request = {
        .file = file, .name = entry->name, .scratch = host->options.dir};
    if (code == 0)
        code = inspect_file(&request, &entry->seen_arena, &entry->seen, &err);
    if (code) {
        entry->seen = json_new(&entry->seen_arena, JSON_OBJECT);
        json_add_str(&entry->seen_arena, entry->seen, "error",
                     arena_str(&entry->seen_arena, souk_str(err.text)));
    }
    memcpy(entry->seen_mark, mark, sizeof(mark));
    return entry->seen;
}

/* ---- one plugin ---- */

static const char *state_of(const struct switch_host *host, const struct entry *entry)
{
    if (set_plugin(host->current, souk_str(entry->name)))
        return "active";
    if (!entry->wanted || host->options.safe)
        return "disabled";
    if (entry->quarantined)
        return "quarantined";
    /* offline: it will be on at the next start, as far as its file tells */
    return host->offline && !entry->error[0] ? "active" : "failed";
}

static void add_fault(struct arena *arena, const struct fault_record *record, struct json *item)
{
    json_add_int(arena, item, "faults", record ? record->faults : 0);
    if (!record || !record->at) {
        json_add_null(arena, item, "last_fault");
        return;
    }
    char at[32];
    size_t len = clock_format(record->at, 0, at);
    struct json *fault = json_add(arena, item, "last_fault", JSON_OBJECT);
    json_add_str(arena, fault, "at", arena_str(arena, str_make(at, len)));
    json_add_str(arena, fault, "kind", arena_str(arena, souk_str(record->kind)));
    json_add_str(arena, fault, "where", arena_str(arena, souk_str(record->where)));
    if (record->signal[0])
        json_add_str(arena, fault, "signal", arena_str(arena, souk_str(record->signal)));
    else
        json_add_null(arena, fault, "signal");
    json_add_str(arena, fault, "file", arena_str(arena, souk_str(record->file)));
}

static void add_state(struct switch_host *host, struct entry *entry,
                      const struct fault_record *faults, struct arena *arena, struct json *item)
{
    const struct plugin *plugin = set_plugin(host->current, souk_str(entry->name));
    past_load(host, entry);
    json_add_str(arena, item, "state", souk_str(state_of(host, entry)));
    json_add_int(arena, item, "role", plugin ? plugin->descriptor.plugin.role : entry->past.role);
    json_add_int(arena, item, "generation", plugin ? plugin->generation : entry->generations);
    add_fault(arena, quarantine_find(faults, entry->name), item);
    if (!plugin && entry->error[0])
        json_add_str(arena, item, "error", arena_str(arena, souk_str(entry->error)));
    else
        json_add_null(arena, item, "error");
}

static void add_copy(struct arena *arena, struct json *item, const char *key,
                     const struct json *from)
{
    if (from && from->kind == JSON_STRING)
        json_add_str(arena, item, key, arena_str(arena, from->text));
    else
        json_add_null(arena, item, key);
}

static void add_item(struct switch_host *host, struct entry *entry,
                     const struct fault_record *faults, struct arena *arena, struct json *items)
{
    const struct plugin *plugin = set_plugin(host->current, souk_str(entry->name));
    struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
    json_add_str(arena, item, "name", arena_str(arena, souk_str(entry->name)));
    if (plugin) {
        const struct souk_plugin *d = &plugin->descriptor.plugin;
        json_add_str(arena, item, "version", souk_str(d->version)); /* mapped for good */
        json_add_str(arena, item, "summary", souk_str(d->summary));
    } else if (entry->quarantined) {
        json_add_null(arena, item, "version"); /* not even a child maps what crashes */
        json_add_null(arena, item, "summary");
    } else {
        const struct json *seen = look(host, entry);
        add_copy(arena, item, "version", json_at(seen, "version"));
        add_copy(arena, item, "summary", json_at(seen, "summary"));
        if (host->offline && entry->wanted)
            str_copy(entry->error, sizeof(entry->error), json_text(json_at(seen, "error")));
    }
    add_state(host, entry, faults, arena, item);
}

static int by_name(const void *a, const void *b)
{
    const struct entry *const *one = a, *const *two = b;
    return strcmp((*one)->name, (*two)->name);
}

/* Wanted, on, or in a folder; the others are names of the past. */
static size_t listed(struct switch_host *host, struct arena *arena, struct entry ***out)
{
    size_t count = 0;
    *out = arena_array(arena, struct entry *, host->entries.used + 1);
    for (size_t i = 0; i < host->entries.used; i++) {
        struct entry *entry = host->entries.entries[i].value;
        char file[512];
        if (entry->wanted || set_plugin(host->current, souk_str(entry->name)) ||
            stage_find(host->options.path, entry->name, file, sizeof(file), NULL) == 0)
            (*out)[count++] = entry;
    }
    if (count > 1)
        qsort(*out, count, sizeof(**out), by_name);
    return count;
}

int switch_list(struct switch_host *host, struct arena *arena, struct json *items)
{
    struct entry **entries;
    pthread_mutex_lock(&host->lock);
    host_read_wishes(host, &host->wish);
    const struct fault_record *faults = quarantine_read(host->options.dir, arena);
    size_t count = listed(host, arena, &entries);
    for (size_t i = 0; i < count; i++)
        add_item(host, entries[i], faults, arena, items);
    pthread_mutex_unlock(&host->lock);
    return 0;
}

const char *const *switch_folders(const struct switch_host *host)
{
    return host->options.path;
}

static int add_info(struct switch_host *host, const char *name, struct arena *arena,
                    struct json *info, struct err *err)
{
    char file[512];
    const struct plugin *plugin = set_plugin(host->current, souk_str(name));
    struct entry *entry = map_get(&host->entries, souk_str(name));
    if (!plugin && !(entry && entry->wanted)) {
        int code = stage_find(host->options.path, name, file, sizeof(file), err);
        if (code)
            return code;
    }
    entry = host_entry(host, name);
    if (plugin) {
        describe_plugin(arena, &plugin->descriptor, plugin->options, info);
        json_add_str(arena, info, "source", arena_str(arena, souk_str(plugin->source)));
        json_add_str(arena, info, "hash", arena_str(arena, souk_str(plugin->hash)));
    } else {
        json_add_str(arena, info, "name", arena_str(arena, souk_str(name)));
        if (stage_find(host->options.path, name, file, sizeof(file), NULL) == 0)
            json_add_str(arena, info, "source", arena_str(arena, souk_str(file)));
        const struct json *seen = entry->quarantined ? NULL : look(host, entry);
        json_each(item, seen)
        {
            if (!souk_str_is(item->key, "problems") && !souk_str_is(item->key, "error")) {
                struct json *copy = json_copy(arena, &item->value);
                *json_add_key(arena, info, arena_str(arena, item->key), JSON_NULL) = *copy;
            }
        }
    }
    add_state(host, entry, quarantine_read(host->options.dir, arena), arena, info);
    return 0;
}

int switch_info(struct switch_host *host, const char *name, struct arena *arena, struct json *info,
                struct err *err)
{
    pthread_mutex_lock(&host->lock);
    host_read_wishes(host, &host->wish);
    int code = add_info(host, name, arena, info, err);
    pthread_mutex_unlock(&host->lock);
    return code;
}

/* ---- a stopped shop ---- */

/* A host in which nothing is on; host_free ends it. */
static struct switch_host *open_offline(struct db *db, const char *dir, const char *const *path,
                                        const struct wanted *wanted)
{
    static struct plugin_set nothing;
    struct switch_host *host = mem_zalloc(sizeof(*host));
    host->options.db = db;
    host->options.dir = dir;
    host->options.path = path;
    host->offline = 1;
    host->current = &nothing;
    wish_keep(&host->wish, wanted);
    pthread_mutex_init(&host->lock, NULL);
    pthread_mutex_init(&host->retire_lock, NULL);
    pthread_cond_init(&host->stopped, NULL);
    return host;
}

int switch_list_stopped(struct db *db, const char *dir, const char *const *path,
                        const struct wanted *wanted, struct arena *arena, struct json *items)
{
    struct switch_host *host = open_offline(db, dir, path, wanted);
    int code = switch_list(host, arena, items);
    host_free(host);
    return code;
}

int switch_info_stopped(struct db *db, const char *dir, const char *const *path,
                        const struct wanted *wanted, const char *name, struct arena *arena,
                        struct json *info, struct err *err)
{
    struct switch_host *host = open_offline(db, dir, path, wanted);
    int code = switch_info(host, name, arena, info, err);
    host_free(host);
    return code;
}

/* ---- events ---- */

static void add_hooks(const struct listeners *list, int with_event, struct arena *arena,
                      struct json *items)
{
    for (size_t i = 0; list && i < list->count; i++) {
        const struct listener *listener = &list->at[i];
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        if (with_event)
            json_add_str(arena, item, "event", arena_str(arena, list->event));
        json_add_str(arena, item, "plugin", arena_str(arena, souk_str(listener->plugin->name)));
        json_add_int(arena, item, "priority", listener->row->priority);
        json_add_cstr(arena, item, "kind", listener->row->kind == SOUK_FILTER ? "filter" : "fact");
    }
}

int switch_hooks(struct switch_host *host, const char *event, struct arena *arena,
                 struct json *items)
{
    uint32_t ticket;
    (void)host; /* the published set knows */
    const struct plugin_set *set = set_pin(&ticket);
    if (event && event[0])
        add_hooks(set_listeners(set, souk_str(event)), 0, arena, items);
    else
        for (size_t i = 0; i < set->events.used; i++)
            add_hooks(set->events.entries[i].value, 1, arena, items);
    set_unpin(ticket);
    return 0;
}
