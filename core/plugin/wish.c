/*
 * wish.c: who is wanted: the list of souk.lua, less what the admin switched off, plus
 * what was switched on; and who of them is quarantined.
 *
 * The idea: nothing of this is cached: it is read again before every change and every
 * answer, because the command may have written the settings and the supervisor the
 * journal.
 *
 * Threads: under the switch's lock. What follows from it is the draft's affair.
 */
#include <stdlib.h>
#include "base/str.h"
#include "plugin/host.h"
#include "plugin/stage.h"
#include "store/setting.h"

struct entry *host_entry(struct switch_host *host, const char *name)
{
    struct entry *entry = map_get(&host->entries, souk_str(name));
    if (!entry) {
        entry = mem_zalloc(sizeof(*entry));
        str_copy(entry->name, sizeof(entry->name), souk_str(name));
        map_put(&host->entries, souk_str(entry->name), entry);
    }
    return entry;
}

static struct entry *entry_at(struct switch_host *host, size_t i)
{
    return host->entries.entries[i].value;
}

static void read_switches(struct switch_host *host)
{
    struct arena arena = {0};
    struct souk_str text;
    struct db_conn *conn = host->options.db ? db_read_begin(host->options.db, 0) : NULL;
    for (size_t i = 0; conn && i < host->entries.used; i++) {
        struct entry *entry = entry_at(host, i);
        entry->switched = 0;
        if (setting_get(conn, &arena, souk_str(HOST_SWITCHES), souk_str(entry->name), &text) == 0)
            entry->switched = souk_str_is(text, "on") - souk_str_is(text, "off");
    }
    if (conn)
        db_read_end(conn);
    arena_free(&arena);
}

void host_read_wishes(struct switch_host *host, const struct wish *wish)
{
    struct arena arena = {0};
    const char **found;
    size_t count;
    stage_list(host->options.path, &arena, &found, &count);
    for (size_t i = 0; i < count; i++)
        host_entry(host, found[i]);
    for (size_t i = 0; i < wish->count; i++)
        host_entry(host, wish->names[i]);
    read_switches(host);
    const struct fault_record *faults = quarantine_read(host->options.dir, &arena);
    for (size_t i = 0; i < host->entries.used; i++) {
        struct entry *entry = entry_at(host, i);
        const struct fault_record *record = quarantine_find(faults, entry->name);
        entry->quarantined = record && record->quarantined_at;
        entry->wanted = entry->switched > 0;
        for (size_t k = 0; k < wish->count && entry->switched == 0; k++)
            entry->wanted |= strcmp(wish->names[k], entry->name) == 0;
    }
    arena_free(&arena);
}

void wish_keep(struct wish *wish, const struct wanted *wanted)
{
    memset(wish, 0, sizeof(*wish));
    wish->names = arena_array(&wish->arena, const char *, wanted->count + 1);
    wish->count = wanted->count;
    for (size_t i = 0; i < wanted->count; i++)
        wish->names[i] = arena_cstr(&wish->arena, souk_str(wanted->names[i]));
    wish->values = wanted->values ? json_copy(&wish->arena, wanted->values) : NULL;
    wish->config_dir =
        wanted->config_dir ? arena_cstr(&wish->arena, souk_str(wanted->config_dir)) : ".";
}
