/*
 * switch: the plugin host: which plugins are wanted, and the one path by which every set comes and
 * goes: start, enable, disable, reload, a changed configuration, quarantine, shutdown.
 *
 *   resolve (requires, conflicts, order) → stage → read → options → migrate → init → build web →
 * start → publish → drain → stop what left
 *
 * Any failure before publish throws the new set away and leaves the old one untouched. One switch
 * at a time; on a task thread or at start, never on the writer.
 */
#ifndef PLUGIN_SWITCH_H
#define PLUGIN_SWITCH_H

#include "base/board.h"
#include "plugin/call.h"

struct switch_options {
    struct db *db;
    const char *dir;            /* data directory */
    const char *const *path;    /* folders with plugins, NULL-terminated */
    const struct souk_api *api; /* the bridge's table */
    struct worker *tasks;
    /* Builds set->web from the descriptors; problems like a duplicate route refuse the set. */
    int (*build)(void *user, struct plugin_set *set, struct err *err);
    void *user;
    int safe; /* no plugins at all */
};

/* What is wanted: the file's list and tables, and the switches that the admin made (setting
 * "plugin"/<name> = on|off, which win over the list). */
struct wanted {
    const char *const *names; /* from souk.lua, in its order */
    size_t count;
    const struct json *values; /* the whole of souk.lua: one table per plugin */
    const char *config_dir;    /* for secrets in files */
};

struct switch_host;

int switch_open(struct switch_host **out, const struct switch_options *options,
                struct err *err); /* publishes an empty set */
/* All plugins that are wanted and not quarantined. At start a plugin that fails is left out, logged
 * and listed as failed; problems in the configuration are returned all at once and then nothing
 * changes. A reloaded configuration opens again only plugins whose options changed. */
int switch_configure(struct switch_host *host, const struct wanted *wanted,
                     struct problems *problems);
int switch_enable(struct switch_host *host, const char *name,
                  struct err *err); /* clears quarantine; remembers */
int switch_disable(struct switch_host *host, const char *name,
                   struct err *err); /* refused while another needs it; remembers */
int switch_reload(struct switch_host *host, const char *name,
                  struct err *err); /* a new generation of the file as it is now */
/* [{name, version, summary, state, generation, faults, last_fault, error}]: all wanted and all
 * found in the folders. */
int switch_list(struct switch_host *host, struct arena *arena, struct json *items);
int switch_info(struct switch_host *host, const char *name, struct arena *arena, struct json *info,
                struct err *err);
int switch_hooks(struct switch_host *host, const char *event, struct arena *arena,
                 struct json *items);
/* The folders that plugins are looked for in; NULL-terminated, constant as long as it is open. */
const char *const *switch_folders(const struct switch_host *host);
void switch_retire(struct switch_host *host); /* the clock's turn: stops what is drained */
/* Publishes the empty set, drains, stops everything. */
void switch_close(struct switch_host *host);

/* What switch_list would say of a stopped shop: from the files, the database and the journal. */
int switch_list_stopped(struct db *db, const char *dir, const char *const *path,
                        const struct wanted *wanted, struct arena *arena, struct json *items);

int switch_info_stopped(struct db *db, const char *dir, const char *const *path,
                        const struct wanted *wanted, const char *name, struct arena *arena,
                        struct json *info, struct err *err);

/* The same questions without a running shop: reads the files and the journal, runs no plugin code
 * beyond mapping them. Reports every problem of a configuration: missing plugin, cyclic or missing
 * requires, conflicts, options, secrets, ABI. */
int switch_check(const char *const *path, const struct wanted *wanted, struct arena *arena,
                 struct problems *problems);

#endif
