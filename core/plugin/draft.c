/*
 * draft.c: makes a plugin set beside the one that serves.
 *
 * The idea: nothing that is done here is seen by a request until the last step, one
 * store; so any failure before is answered by throwing the draft away. At start there
 * is no older set to stay with: then a plugin that fails is dropped, with all that need
 * it, and the rest goes on (lenient). If the web cannot be built with all of them, they
 * are added one by one to find out whose fault it is.
 *
 * Invariants: a fresh generation belongs to the draft until it is published; a kept one
 * is only counted. A candidate is dropped at most once, and dropping keeps the order.
 *
 * Threads: under the switch's lock.
 */
#include "plugin/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/str.h"
#include "plugin/resolve.h"
#include "plugin/stage.h"

/* ---- candidates ---- */

void draft_begin(struct draft *draft, struct switch_host *host, const struct wish *wish,
                 int lenient)
{
    memset(draft, 0, sizeof(*draft));
    draft->host = host;
    draft->wish = wish;
    draft->lenient = lenient;
    problems_init(&draft->problems, &draft->arena, STR_NULL);
}

static struct candidate *add(struct draft *draft, struct entry *entry)
{
    if (draft->count == draft->cap) {
        draft->cap = draft->cap ? draft->cap * 2 : 16;
        draft->at = mem_realloc(draft->at, draft->cap * sizeof(*draft->at));
    }
    struct candidate *candidate = &draft->at[draft->count++];
    memset(candidate, 0, sizeof(*candidate));
    candidate->entry = entry;
    return candidate;
}

void draft_keep(struct draft *draft, struct plugin *plugin)
{
    add(draft, host_entry(draft->host, plugin->name))->plugin = plugin;
}

static void drop(struct draft *draft, struct candidate *candidate, const char *why)
{
    if (!candidate->plugin)
        return;
    snprintf(candidate->error, sizeof(candidate->error), "%s", why);
    log_error("plugin.left_out", LOG_S("plugin", candidate->entry->name), LOG_S("error", why));
    if (candidate->fresh)
        generation_end(candidate->plugin, draft->host->options.db);
    candidate->plugin = NULL;
}

int draft_open(struct draft *draft, struct entry *entry, struct err *err)
{
    char file[512];
    struct switch_host *host = draft->host;
    struct candidate *candidate = add(draft, entry);
    int code = stage_find(host->options.path, entry->name, file, sizeof(file), err);
    if (code && draft->lenient && entry->switched <= 0) /* named in the list */
        problem_add(&draft->problems, souk_str("plugins"), STR_NULL, "%s", err->text);
    struct generation_options options = {.file = file,
                                         .name = entry->name,
                                         .run_dir = host->run_dir,
                                         .number = entry->generations + 1,
                                         .api = host->options.api,
                                         .values = draft->wish->values,
                                         .config_dir = draft->wish->config_dir};
    if (code == 0)
        code = generation_open(&options, &candidate->plugin, &draft->problems, err);
    if (code == 0) {
        candidate->fresh = 1;
        entry->generations++;
        return 0;
    }
    snprintf(candidate->error, sizeof(candidate->error), "%s", err->text);
    if (draft->lenient) {
        log_error("plugin.left_out", LOG_S("plugin", entry->name), LOG_S("error", err->text));
        return 0;
    }
    return code;
}

static struct candidate *find(struct draft *draft, const char *name)
{
    for (size_t i = 0; i < draft->count; i++)
        if (strcmp(draft->at[i].entry->name, name) == 0)
            return &draft->at[i];
    return NULL;
}

/* What keeps `name` from being there although somebody wanted it; NULL: nothing is
 * known, or it is there. */
static const char *why_away(struct draft *draft, const char *name)
{
    const struct candidate *candidate = find(draft, name);
    if (candidate && candidate->plugin)
        return NULL;
    const struct entry *entry = map_get(&draft->host->entries, souk_str(name));
    if (entry && entry->quarantined && entry->wanted)
        return "quarantined";
    if (candidate || (entry && entry->wanted))
        return "failed";
    return entry && entry->switched < 0 ? "switched off" : NULL;
}

/* Drops what needs a plugin that is away, until nothing more falls. */
static void prune(struct draft *draft)
{
    int dropped = 1;
    while (dropped) {
        dropped = 0;
        for (size_t i = 0; i < draft->count; i++) {
            struct candidate *candidate = &draft->at[i];
            const struct descriptor *d = candidate->plugin ? &candidate->plugin->descriptor : NULL;
            for (size_t k = 0; candidate->plugin && k < d->relations_count; k++) {
                const struct souk_require *row = &d->relations[k];
                const char *why = row->relation == SOUK_NEEDS ? why_away(draft, row->plugin) : NULL;
                if (why) {
                    char text[256];
                    snprintf(text, sizeof(text),
                             "plugin \"%s\" needs plugin \"%s\", which is %s; see souk plugin "
                             "list",
                             candidate->entry->name, row->plugin, why);
                    drop(draft, candidate, text);
                    dropped = 1;
                }
            }
        }
    }
}

int draft_order(struct draft *draft)
{
    prune(draft);
    size_t n = 0;
    struct resolve_item *items = arena_array(&draft->arena, struct resolve_item, draft->count + 1);
    size_t *order = arena_array(&draft->arena, size_t, draft->count + 1);
    struct candidate *live = mem_zalloc((draft->count + 1) * sizeof(*live));
    struct candidate *sorted = mem_zalloc((draft->count + 1) * sizeof(*sorted));
    size_t tail = draft->count;
    for (size_t i = 0; i < draft->count; i++) {
        struct candidate *candidate = &draft->at[i];
        if (!candidate->plugin) {
            sorted[--tail] = *candidate; /* the dropped ones stand at the end */
            continue;
        }
        const struct descriptor *d = &candidate->plugin->descriptor;
        items[n] = (struct resolve_item){candidate->entry->name, d->relations, d->relations_count};
        live[n++] = *candidate;
    }
    int code = resolve_order(items, n, order, &draft->problems);
    for (size_t i = 0; code == 0 && i < n; i++)
        sorted[i] = live[order[i]];
    if (code == 0 && draft->count)
        memcpy(draft->at, sorted, draft->count * sizeof(*sorted));
    free(live);
    free(sorted);
    return code;
}

/* ---- making ---- */

/* A step failed for one plugin: leave it out, or give the whole draft up. */
static int give_up(struct draft *draft, struct candidate *candidate, int code,
                   const struct err *err)
{
    if (!draft->lenient)
        return code;
    drop(draft, candidate, err->text);
    prune(draft);
    return 0;
}

static int ready(struct draft *draft, struct err *err)
{
    for (size_t i = 0; i < draft->count; i++) {
        struct candidate *candidate = &draft->at[i];
        if (!candidate->plugin || !candidate->fresh)
            continue;
        int code = generation_ready(candidate->plugin, draft->host->options.db, err);
        if (code && give_up(draft, candidate, code, err))
            return code;
    }
    return 0;
}

static void undo_set(struct draft *draft)
{
    struct plugin_set *set = draft->set;
    for (size_t i = 0; set && i < set->count; i++)
        atomic_fetch_sub(&set->plugins[i]->sets, 1);
    if (set)
        set_free(set);
    draft->set = NULL;
}

/* The set of the first `most` candidates, with its web. */
static int build(struct draft *draft, size_t most, struct err *err)
{
    size_t n = 0;
    const struct switch_options *options = &draft->host->options;
    struct plugin **plugins = mem_zalloc((most + 1) * sizeof(struct plugin *));
    for (size_t i = 0; i < most; i++)
        if (draft->at[i].plugin)
            plugins[n++] = draft->at[i].plugin;
    undo_set(draft);
    draft->set = set_new(plugins, n);
    free(plugins);
    int code = set_assemble(draft->set, err);
    if (code == 0 && options->build)
        code = options->build(options->user, draft->set, err);
    if (code)
        undo_set(draft);
    return code;
}

/* Adds the plugins one by one; those with which the set cannot be built are dropped. */
static int build_singly(struct draft *draft, struct err *err)
{
    int code = build(draft, 0, err);
    for (size_t i = 0; code == 0 && i < draft->count; i++) {
        if (!draft->at[i].plugin)
            continue;
        struct err why = {0};
        if (build(draft, i + 1, &why)) {
            undo_set(draft);
            drop(draft, &draft->at[i], why.text);
            prune(draft);
        }
    }
    return code ? code : build(draft, draft->count, err);
}

static int build_all(struct draft *draft, struct err *err)
{
    int code = build(draft, draft->count, err);
    return code && draft->lenient ? build_singly(draft, err) : code;
}

/* Starts the fresh ones; *again: one was dropped, so the set has to be built without
 * it. */
static int start(struct draft *draft, int *again, struct err *err)
{
    *again = 0;
    for (size_t i = 0; i < draft->count; i++) {
        struct candidate *candidate = &draft->at[i];
        if (!candidate->plugin || !candidate->fresh || candidate->plugin->started == 2)
            continue;
        int code = generation_start(candidate->plugin, err);
        if (code == 0)
            continue;
        if (!draft->lenient)
            return code;
        undo_set(draft); /* it holds the plugin that goes now */
        give_up(draft, candidate, code, err);
        *again = 1;
        return 0;
    }
    return 0;
}

int draft_make(struct draft *draft, struct err *err)
{
    int again = 1;
    int code = ready(draft, err);
    while (code == 0 && again) {
        code = build_all(draft, err);
        if (code == 0)
            code = start(draft, &again, err);
    }
    return code;
}

/* ---- the end ---- */

static void free_draft(struct draft *draft)
{
    free(draft->at);
    arena_free(&draft->arena);
    draft->at = NULL;
    draft->count = draft->cap = 0;
}

int draft_publish(struct draft *draft, struct err *err)
{
    struct switch_host *host = draft->host;
    struct plugin_set *old;
    past_fill(host, draft->set);
    int code = set_publish(draft->set, &old, err);
    if (code)
        return code;
    for (size_t i = 0; i < draft->count; i++) {
        struct candidate *candidate = &draft->at[i];
        snprintf(candidate->entry->error, sizeof(candidate->entry->error), "%s",
                 candidate->plugin ? "" : candidate->error);
    }
    host->current = draft->set;
    draft->set = NULL;
    log_info("set.published", LOG_I("number", host->current->number),
             LOG_I("plugins", host->current->count));
    retire_add(host, old);
    past_save(host);
    free_draft(draft);
    return 0;
}

void draft_discard(struct draft *draft)
{
    undo_set(draft);
    for (size_t i = draft->count; i-- > 0;) {
        struct candidate *candidate = &draft->at[i];
        if (candidate->plugin && candidate->fresh)
            generation_end(candidate->plugin, draft->host->options.db);
    }
    free_draft(draft);
}
