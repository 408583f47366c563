/*
 * switch.c: which plugins are wanted, and the changes that an admin asks for.
 *
 * The idea: every change makes a draft of the next set (draft.c): what stays is kept as
 * it is, what is new is opened, what goes is not named. Only when the draft is whole is
 * the admin's choice written to the settings and the set published; so a change that
 * fails leaves nothing behind. What left is stopped later (retire.c).
 *
 * Quarantined plugins are wanted but left out until they are enabled again.
 *
 * Threads: one change at a time, under `lock`; it is held while files are read and
 * plugins initialised, so questions (switch_list) wait meanwhile. Requests never take
 * it.
 */
#include "plugin/switch.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/str.h"
#include "plugin/draft.h"
#include "plugin/resolve.h"
#include "plugin/stage.h"
#include "store/setting.h"

#define CLOSE_WAIT (10 * CLOCK_SECOND)

/* ---- settings ---- */

struct choice { /* what the admin decided */
    const char *name, *value;
};

static int write_choice(struct db_conn *conn, void *arg)
{
    const struct choice *choice = arg;
    return setting_put(conn, souk_str(HOST_SWITCHES), souk_str(choice->name),
                       souk_str(choice->value), clock_now());
}

static int remember(struct switch_host *host, const char *name, const char *value, struct err *err)
{
    struct choice choice = {name, value};
    return host->options.db ? db_write(host->options.db, write_choice, &choice, err) : 0;
}

/* ---- start and configuration ---- */

void host_free(struct switch_host *host)
{
    for (size_t i = 0; i < host->entries.used; i++) {
        struct entry *entry = host->entries.entries[i].value;
        arena_free(&entry->past_arena);
        arena_free(&entry->seen_arena);
        free(entry);
    }
    map_free(&host->entries);
    arena_free(&host->wish.arena);
    arena_free(&host->arena);
    pthread_mutex_destroy(&host->lock);
    pthread_mutex_destroy(&host->retire_lock);
    pthread_cond_destroy(&host->stopped);
    free(host);
}

static int publish_empty(struct switch_host *host, struct err *err)
{
    struct draft draft;
    draft_begin(&draft, host, &host->wish, 0);
    int code = draft_make(&draft, err);
    if (code == 0)
        code = draft_publish(&draft, err);
    if (code)
        draft_discard(&draft);
    return code;
}

static const char *const *copy_path(struct arena *arena, const char *const *path)
{
    size_t count = 0;
    while (path && path[count])
        count++;
    const char **copy = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = arena_cstr(arena, souk_str(path[i]));
    return copy;
}

int switch_open(struct switch_host **out, const struct switch_options *options, struct err *err)
{
    struct switch_host *host = mem_zalloc(sizeof(*host));
    host->options = *options;
    host->options.path = copy_path(&host->arena, options->path);
    pthread_mutex_init(&host->lock, NULL);
    pthread_mutex_init(&host->retire_lock, NULL);
    pthread_cond_init(&host->stopped, NULL);
    host->options.dir = arena_cstr(&host->arena, souk_str(options->dir));
    host->run_dir = arena_printf(&host->arena, "%s/run/plugins", options->dir).ptr;
    host->wish.config_dir = ".";
    stage_clean(host->run_dir);
    int code = publish_empty(host, err);
    if (code) {
        host_free(host);
        return code;
    }
    *out = host;
    return 0;
}

/* A plugin that is on and shall stay: kept if its options are the same, else opened
 * again. */
static int add_wanted(struct draft *draft, struct entry *entry, struct err *err)
{
    struct plugin *on = set_plugin(draft->host->current, souk_str(entry->name));
    struct problems again; /* said by draft_open, where they count */
    problems_init(&again, &draft->arena, STR_NULL);
    if (on && generation_unchanged(on, draft->wish->values, draft->wish->config_dir, &again) &&
        again.count == 0) {
        draft_keep(draft, on);
        return 0;
    }
    int code = draft_open(draft, entry, err);
    if (code)
        problem_add(&draft->problems, souk_str("plugins"), STR_NULL, "%s", err->text);
    return code;
}

static void pass_problems(const struct problems *from, struct problems *to)
{
    for (const struct problem *at = from->first; at; at = at->next) {
        problem_add(to, arena_str(to->arena, at->key), arena_str(to->arena, at->hint), "%.*s",
                    SOUK_PRI(at->message));
    }
}

static int configure(struct switch_host *host, struct draft *draft)
{
    struct err err = {0};
    for (size_t i = 0; i < host->entries.used && !host->options.safe; i++) {
        struct entry *entry = host->entries.entries[i].value;
        if (entry->wanted && !entry->quarantined)
            add_wanted(draft, entry, &err);
    }
    if (draft->problems.count || draft_order(draft))
        return SOUK_INVALID;
    int code = draft_make(draft, &err);
    if (code == 0)
        code = draft_publish(draft, &err);
    if (code)
        problem_add(&draft->problems, souk_str("plugins"), STR_NULL, "%s", err.text);
    return code;
}

int switch_configure(struct switch_host *host, const struct wanted *wanted,
                     struct problems *problems)
{
    struct wish wish;
    struct draft draft;
    pthread_mutex_lock(&host->lock);
    wish_keep(&wish, wanted);
    host_read_wishes(host, &wish);
    draft_begin(&draft, host, &wish, !host->configured);
    int code = configure(host, &draft);
    if (code) {
        pass_problems(&draft.problems, problems);
        draft_discard(&draft);
        host_read_wishes(host, &host->wish);
        arena_free(&wish.arena);
    } else {
        arena_free(&host->wish.arena);
        host->wish = wish;
        host->configured = 1;
    }
    pthread_mutex_unlock(&host->lock);
    switch_retire(host);
    return code;
}

/* ---- one plugin ---- */

/* Keeps all that is on, but for `name`. */
static void keep_others(struct draft *draft, const char *name)
{
    const struct plugin_set *set = draft->host->current;
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->plugins[i]->name, name) != 0)
            draft_keep(draft, set->plugins[i]);
}

/* From candidates to a set that only has to be published. `fresh` must be in it. */
static int finish(struct draft *draft, const char *fresh, struct err *err)
{
    if (draft->problems.count || draft_order(draft))
        return resolve_err(&draft->problems, SOUK_CONFLICT, err);
    for (size_t i = 0; fresh && i < draft->count; i++) {
        const struct candidate *candidate = &draft->at[i];
        if (strcmp(candidate->entry->name, fresh) == 0 && !candidate->plugin)
            return err_set(err, SOUK_CONFLICT, "%s", candidate->error);
    }
    return draft_make(draft, err);
}

static int end(struct draft *draft, int code)
{
    if (code)
        draft_discard(draft);
    return code;
}

/* A new generation of `name` beside the others; `clear`: its faults are forgiven and
 * the choice is written. */
static int open_one(struct switch_host *host, struct entry *entry, int clear, struct err *err)
{
    struct draft draft;
    int was_wanted = entry->wanted, was_quarantined = entry->quarantined;
    draft_begin(&draft, host, &host->wish, 0);
    keep_others(&draft, entry->name);
    entry->wanted = 1;
    entry->quarantined = 0;
    int code = draft_open(&draft, entry, err);
    if (code == 0)
        code = finish(&draft, entry->name, err);
    if (code == 0 && clear && was_quarantined)
        code = quarantine_clear(host->options.dir, entry->name, clock_now(), err);
    if (code == 0 && clear)
        code = remember(host, entry->name, "on", err);
    if (code == 0)
        code = draft_publish(&draft, err);
    if (code) {
        entry->wanted = was_wanted;
        entry->quarantined = was_quarantined;
    } else if (clear) {
        entry->switched = 1;
    }
    return end(&draft, code);
}

static int refuse_safe(const struct switch_host *host, struct err *err)
{
    return host->options.safe ? err_set(err, SOUK_CONFLICT,
                                        "the shop runs in safe mode, without plugins; restart "
                                        "it without --safe")
                              : 0;
}

/* SOUK_NOT_FOUND with the nearest name for a plugin that is neither known nor in a
 * folder. */
static int check_known(struct switch_host *host, const char *name, struct err *err)
{
    char file[512];
    if (set_plugin(host->current, souk_str(name)))
        return 0;
    return stage_find(host->options.path, name, file, sizeof(file), err);
}

int switch_enable(struct switch_host *host, const char *name, struct err *err)
{
    pthread_mutex_lock(&host->lock);
    int code = refuse_safe(host, err);
    if (code == 0)
        code = check_known(host, name, err);
    if (code == 0) {
        host_read_wishes(host, &host->wish);
        struct entry *entry = host_entry(host, name);
        if (set_plugin(host->current, souk_str(name)) && !entry->quarantined)
            code = remember(host, name, "on", err);
        else
            code = open_one(host, entry, 1, err);
    }
    if (code == 0)
        log_info("plugin.enabled", LOG_S("plugin", name));
    pthread_mutex_unlock(&host->lock);
    switch_retire(host);
    return code;
}

int switch_reload(struct switch_host *host, const char *name, struct err *err)
{
    pthread_mutex_lock(&host->lock);
    int code = refuse_safe(host, err);
    if (code == 0)
        code = check_known(host, name, err);
    if (code == 0) {
        host_read_wishes(host, &host->wish);
        struct entry *entry = host_entry(host, name);
        int on = set_plugin(host->current, souk_str(name)) != NULL;
        if (!on && (!entry->wanted || entry->quarantined)) {
            code = err_set(err, SOUK_CONFLICT, "plugin \"%s\" is %s; run souk plugin enable %s",
                           name, entry->wanted ? "quarantined" : "not on", name);
        } else {
            code = open_one(host, entry, 0, err);
        }
    }
    if (code == 0)
        log_info("plugin.reloaded", LOG_S("plugin", name));
    pthread_mutex_unlock(&host->lock);
    switch_retire(host);
    return code;
}

static int check_unneeded(const struct plugin_set *set, const char *name, struct err *err)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct descriptor *d = &set->plugins[i]->descriptor;
        for (size_t k = 0; k < d->relations_count; k++) {
            if (d->relations[k].relation == SOUK_NEEDS &&
                strcmp(d->relations[k].plugin, name) == 0) {
                return err_set(err, SOUK_CONFLICT,
                               "plugin \"%s\" is needed by plugin \"%s\"; disable \"%s\" first",
                               name, set->plugins[i]->name, set->plugins[i]->name);
            }
        }
    }
    return 0;
}

static int close_one(struct switch_host *host, struct entry *entry, struct err *err)
{
    struct draft draft;
    int was_wanted = entry->wanted;
    draft_begin(&draft, host, &host->wish, 0);
    keep_others(&draft, entry->name);
    entry->wanted = 0;
    int code = finish(&draft, NULL, err);
    if (code == 0)
        code = remember(host, entry->name, "off", err);
    if (code == 0)
        code = draft_publish(&draft, err);
    if (code) {
        entry->wanted = was_wanted;
    } else {
        entry->switched = -1;
        entry->error[0] = '\0';
    }
    return end(&draft, code);
}

int switch_disable(struct switch_host *host, const char *name, struct err *err)
{
    pthread_mutex_lock(&host->lock);
    host_read_wishes(host, &host->wish);
    struct entry *entry = map_get(&host->entries, souk_str(name));
    int code = entry && entry->wanted ? 0 : check_known(host, name, err);
    if (code == 0)
        code = check_unneeded(host->current, name, err);
    if (code == 0)
        code = close_one(host, host_entry(host, name), err);
    if (code == 0)
        log_info("plugin.disabled", LOG_S("plugin", name));
    pthread_mutex_unlock(&host->lock);
    switch_retire(host);
    return code;
}

/* ---- the end ---- */

void switch_close(struct switch_host *host)
{
    struct err err = {0};
    if (!host)
        return;
    pthread_mutex_lock(&host->lock);
    int code = publish_empty(host, &err);
    if (code)
        log_error("set.not_published", LOG_S("error", err.text));
    pthread_mutex_unlock(&host->lock);
    retire_all(host, clock_mono() + CLOSE_WAIT);
    if (code == 0 && host->retiring_count == 0)
        host_free(host); /* else a call may still come back to it */
}
