/*
 * descriptor_rows.c: checks what a plugin needs, is configured by, hears, does later
 * and provides, row by row.
 *
 * The idea: everything that would fail later, at a customer's request, is said now to
 * the developer, with the table, the row and the next step. The first problem ends the
 * check: a developer mends and builds again.
 *
 * Threads: any; no state. What routes, pages and files must look like stands in
 * descriptor_site.c.
 */
#include "plugin/descriptor_rows.h"

#include <ctype.h>
#include <stdio.h>
#include <souk/track.h>
#include "base/str.h"
#include "store/job.h"

int descriptor_is_name(const char *name, size_t longest)
{
    if (!name || name[0] < 'a' || name[0] > 'z')
        return 0;
    size_t len = 0;
    for (const char *p = name; *p; p++, len++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_'))
            return 0;
    return len <= longest;
}

int descriptor_wrong(const struct row_check *check, const char *table, size_t row,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_vset(check->err, SOUK_INVALID, format, args);
    va_end(args);
    err_in(check->err, "plugin \"%s\" (%s): %s[%zu]", check->plugin, check->file, table, row);
    return SOUK_INVALID;
}

static const char *shown(const char *text)
{
    return text ? text : "(none)";
}

int descriptor_check_requires(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->relations_count; i++) {
        const struct souk_require *row = &d->relations[i];
        if (!descriptor_is_name(row->plugin, 32)) {
            return descriptor_wrong(check, "relations", i, "\"%s\" is not a plugin's name",
                                    shown(row->plugin));
        }
        if (strcmp(row->plugin, check->plugin) == 0)
            return descriptor_wrong(check, "relations", i, "names the plugin itself; take it out");
        if (row->relation < SOUK_NEEDS || row->relation > SOUK_AFTER) {
            return descriptor_wrong(check, "relations", i,
                                    "relation %d to \"%s\" is none of SOUK_NEEDS, "
                                    "SOUK_CONFLICTS, SOUK_AFTER",
                                    row->relation, row->plugin);
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(d->relations[k].plugin, row->plugin) == 0) {
                return descriptor_wrong(check, "relations", i, "names \"%s\" a second time",
                                        row->plugin);
            }
        }
    }
    return 0;
}

static int check_choices(const struct row_check *check, size_t i, const struct souk_option *row)
{
    if (!row->choices || !row->choices[0]) {
        return descriptor_wrong(check, "options", i,
                                "\"%s\" is a choice without choices; set .choices", row->key);
    }
    if (!row->initial)
        return 0;
    for (const char *const *choice = row->choices; *choice; choice++)
        if (strcmp(*choice, row->initial) == 0)
            return 0;
    return descriptor_wrong(check, "options", i, "\"%s\": its default \"%s\" is no choice",
                            row->key, row->initial);
}

int descriptor_check_options(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->options_count; i++) {
        const struct souk_option *row = &d->options[i];
        if (!descriptor_is_name(row->key, 47)) {
            return descriptor_wrong(check, "options", i,
                                    "key \"%s\" must be of a-z, 0-9 and _ and begin with a "
                                    "letter",
                                    shown(row->key));
        }
        if (row->type < SOUK_STRING || row->type > SOUK_RATE) {
            return descriptor_wrong(check, "options", i,
                                    "\"%s\" has type %d; use one of SOUK_STRING to SOUK_RATE",
                                    row->key, row->type);
        }
        if (row->flags & ~SOUK_REQUIRED) {
            return descriptor_wrong(check, "options", i,
                                    "\"%s\" has unknown flags %d; use SOUK_REQUIRED or 0", row->key,
                                    row->flags);
        }
        if (row->min > row->max)
            return descriptor_wrong(check, "options", i, "\"%s\": min is above max", row->key);
        if (row->type == SOUK_CHOICE && check_choices(check, i, row))
            return SOUK_INVALID;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(d->options[k].key, row->key) == 0) {
                return descriptor_wrong(check, "options", i, "key \"%s\" stands there twice",
                                        row->key);
            }
        }
    }
    return 0;
}

/* "noun.verbing" or "noun.verbed": two or more words of a-z, 0-9 and _, with points
 * between. */
static int is_event(const char *event)
{
    struct souk_str rest = souk_str(event), part;
    int parts = 0;
    if (rest.len == 0 || rest.len > 63 || event[rest.len - 1] == '.')
        return 0;
    while (str_split(&rest, '.', &part)) {
        char word[64];
        str_copy(word, sizeof(word), part);
        if (!descriptor_is_name(word, 63))
            return 0;
        parts++;
    }
    return parts >= 2;
}

static int check_event_kind(const struct row_check *check, size_t i,
                            const struct souk_listener *row)
{
    int asks = str_ends(souk_str(row->event), "ing");
    if (row->kind != SOUK_FILTER && row->kind != SOUK_FACT) {
        return descriptor_wrong(check, "events", i,
                                "kind %d of \"%s\" is neither SOUK_FILTER nor SOUK_FACT", row->kind,
                                row->event);
    }
    if (asks != (row->kind == SOUK_FILTER)) {
        return descriptor_wrong(check, "events", i, "\"%s\" is a %s by its name; use %s",
                                row->event, asks ? "filter" : "fact",
                                asks ? "SOUK_FILTER" : "SOUK_FACT");
    }
    return 0;
}

int descriptor_check_events(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->events_count; i++) {
        const struct souk_listener *row = &d->events[i];
        if (!row->event || !is_event(row->event)) {
            return descriptor_wrong(check, "events", i,
                                    "\"%s\" is not an event; they are called noun.verbing or "
                                    "noun.verbed",
                                    shown(row->event));
        }
        if (check_event_kind(check, i, row))
            return SOUK_INVALID;
        if (!row->handle)
            return descriptor_wrong(check, "events", i, "\"%s\" has no handle", row->event);
        if (row->budget_ms < 0)
            return descriptor_wrong(check, "events", i, "\"%s\" has a budget below 0", row->event);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(d->events[k].event, row->event) == 0) {
                return descriptor_wrong(check, "events", i,
                                        "\"%s\" is listened to twice; call both functions "
                                        "from one",
                                        row->event);
            }
        }
    }
    return 0;
}

int descriptor_check_jobs(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->jobs_count; i++) {
        const struct souk_job *row = &d->jobs[i];
        struct cron cron;
        struct err why;
        if (!descriptor_is_name(row->name, 47)) {
            return descriptor_wrong(check, "jobs", i,
                                    "name \"%s\" must be of a-z, 0-9 and _ and begin with a "
                                    "letter",
                                    shown(row->name));
        }
        if (!row->run)
            return descriptor_wrong(check, "jobs", i, "\"%s\" has no run", row->name);
        if (row->cron && cron_parse(souk_str(row->cron), &cron, &why)) {
            return descriptor_wrong(check, "jobs", i, "\"%s\": cron \"%s\": %s", row->name,
                                    row->cron, why.text);
        }
        if (row->attempts < 0 || row->timeout_ms < 0) {
            return descriptor_wrong(check, "jobs", i, "\"%s\" has attempts or timeout_ms below 0",
                                    row->name);
        }
        for (size_t k = 0; k < i; k++)
            if (strcmp(d->jobs[k].name, row->name) == 0)
                return descriptor_wrong(check, "jobs", i, "\"%s\" stands there twice", row->name);
    }
    return 0;
}

/* As a plugin's name, but with hyphens: people type it. */
static int is_command(const char *name)
{
    char plain[48];
    if (!name || strlen(name) >= sizeof(plain))
        return 0;
    snprintf(plain, sizeof(plain), "%s", name);
    for (char *p = plain; *p; p++)
        *p = *p == '-' ? '_' : *p;
    return descriptor_is_name(plain, sizeof(plain) - 1);
}

int descriptor_check_commands(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->commands_count; i++) {
        const struct souk_command *row = &d->commands[i];
        if (!is_command(row->name)) {
            return descriptor_wrong(check, "commands", i,
                                    "name \"%s\" must be of a-z, 0-9, _ and - and begin with "
                                    "a letter",
                                    shown(row->name));
        }
        if (!row->run)
            return descriptor_wrong(check, "commands", i, "\"%s\" has no run", row->name);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(d->commands[k].name, row->name) == 0) {
                return descriptor_wrong(check, "commands", i, "\"%s\" stands there twice",
                                        row->name);
            }
        }
    }
    return 0;
}

int descriptor_check_migrations(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->migrations_count; i++) {
        const struct souk_migration *row = &d->migrations[i];
        if (row->number != (int32_t)i + 1) {
            return descriptor_wrong(check, "migrations", i,
                                    "has number %d; they are numbered 1, 2, 3 … without a "
                                    "gap, so this one is %zu",
                                    row->number, i + 1);
        }
        if (!row->name || !row->name[0])
            return descriptor_wrong(check, "migrations", i, "has no name");
        if (!row->sql || !row->sql[0])
            return descriptor_wrong(check, "migrations", i, "\"%s\" has no sql", row->name);
    }
    return 0;
}

static const char *const provider_kinds[] = {"payment",  "delivery", "tax",    "recommend",
                                             "chat",     "track",    "notify", "search",
                                             "document", "feed",     NULL};

static int check_provider_kind(const struct row_check *check, size_t i, const char *kind)
{
    for (const char *const *known = provider_kinds; *known && kind; known++)
        if (strcmp(*known, kind) == 0)
            return 0;
    const char *near = str_nearest(souk_str(kind), provider_kinds);
    return descriptor_wrong(check, "providers", i, "kind \"%s\" is unknown; %s%s%s", shown(kind),
                            near ? "did you mean \"" : "see souk/plugin.h", near ? near : "",
                            near ? "\"?" : " for the list");
}

/* An option that a provider's table names must be there, in the type that the core reads. */
static int check_named_option(const struct row_check *check, const struct descriptor *d, size_t i,
                              const char *member, const char *key, int32_t type)
{
    for (size_t k = 0; key && k < d->options_count; k++)
        if (strcmp(d->options[k].key, key) == 0 && d->options[k].type == type)
            return 0;
    return !key ? 0
                : descriptor_wrong(check, "providers", i,
                                   "%s names \"%s\", which is no option of type %s", member,
                                   shown(key), type == SOUK_LIST ? "SOUK_LIST" : "SOUK_DURATION");
}

/* Its choices keep other words out of souk.lua. */
static int check_flags_option(const struct row_check *check, const struct descriptor *d, size_t i,
                              const char *key)
{
    const char *const *choice = NULL;
    for (size_t k = 0; key && k < d->options_count; k++)
        if (strcmp(d->options[k].key, key) == 0)
            choice = d->options[k].choices;
    int known = choice && *choice;
    for (; known && *choice; choice++)
        known = strcmp(*choice, "net") == 0 || strcmp(*choice, "at_once") == 0;
    return !key || known
               ? 0
               : descriptor_wrong(check, "providers", i,
                                  "the choices of \"%s\", which flags_option names, must be "
                                  "\"net\" and \"at_once\" or one of them",
                                  key);
}

static int check_track(const struct row_check *check, const struct descriptor *d, size_t i)
{
    struct souk_track_provider table = {.size = 0};
    memcpy(&table.size, d->providers[i].table, sizeof(table.size));
    memcpy(&table, d->providers[i].table, table.size < sizeof(table) ? table.size : sizeof(table));
    return check_named_option(check, d, i, "params_option", table.params_option, SOUK_LIST) ||
                   check_named_option(check, d, i, "window_option", table.window_option,
                                      SOUK_DURATION) ||
                   check_named_option(check, d, i, "flags_option", table.flags_option, SOUK_LIST) ||
                   check_flags_option(check, d, i, table.flags_option)
               ? SOUK_INVALID
               : 0;
}

int descriptor_check_providers(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->providers_count; i++) {
        const struct souk_provider *row = &d->providers[i];
        if (check_provider_kind(check, i, row->kind))
            return SOUK_INVALID;
        if (!descriptor_is_name(row->name, 47)) {
            return descriptor_wrong(check, "providers", i,
                                    "name \"%s\" must be of a-z, 0-9 and _ and begin with a "
                                    "letter",
                                    shown(row->name));
        }
        uint32_t size = 0;
        if (row->table)
            memcpy(&size, row->table, sizeof(size));
        if (size < sizeof(uint64_t) || size > (1 << 16)) {
            return descriptor_wrong(check, "providers", i,
                                    "%s \"%s\": its table does not begin with its size; set "
                                    ".size = sizeof(…)",
                                    row->kind, row->name);
        }
        if (descriptor_check_table(check, i, row, size))
            return SOUK_INVALID;
        if (strcmp(row->kind, "track") == 0 && check_track(check, d, i))
            return SOUK_INVALID;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(d->providers[k].kind, row->kind) == 0 &&
                strcmp(d->providers[k].name, row->name) == 0) {
                return descriptor_wrong(check, "providers", i, "%s \"%s\" stands there twice",
                                        row->kind, row->name);
            }
        }
    }
    return 0;
}
