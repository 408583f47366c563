/*
 * tour.c: the way through a plugin of which nothing is known but its descriptor.
 */
#include "conform/general/rules.h"

#include <stdio.h>
#include <string.h>

static void try_provider(struct scene *scene, const struct provider *provider,
                         const struct suite *suite)
{
    struct scene inner = {.world = scene->world, .mode = scene->mode, .number = scene->number};
    inner.provider = provider->row->name;
    inner.table = provider->row->table;
    suite->path(&inner);
    peer_fault(PEER_FINE);
    if (suite->provoke)
        suite->provoke(&inner);
    peer_fault(PEER_FINE);
    if (!scene->rude[0])
        memcpy(scene->rude, inner.rude, sizeof scene->rude);
    if (!scene->mute[0])
        memcpy(scene->mute, inner.mute, sizeof scene->mute);
}

static void try_providers(struct scene *scene, const struct plugin_set *set)
{
    const struct suite *suite;
    for (size_t i = 1; (suite = host_suite(i)) != NULL; i++) {
        const struct provider *at = NULL;
        while ((at = provider_next(set, suite->kind, at)) != NULL)
            if (strcmp(at->plugin->name, scene->world->plan->name) == 0)
                try_provider(scene, at, suite);
    }
}

/* What the shop's log says of the last call that failed: the answer keeps it to itself. */
static struct souk_str why_it_failed(struct scene *scene)
{
    static const char failed[] = "event=call.failed", text[] = " text=\"";
    struct souk_str log = scene_log(scene), why = souk_str("");
    const char *at = log.ptr, *end = log.ptr + log.len;
    while ((at = memmem(at, (size_t)(end - at), failed, sizeof failed - 1)) != NULL) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        size_t left = (size_t)((line ? line : end) - at);
        const char *words = memmem(at, left, text, sizeof text - 1);
        const char *from = words ? words + sizeof text - 1 : at;
        const char *to = from;
        while (words && to < at + left && *to != '"')
            to += *to == '\\' && to + 1 < at + left ? 2 : 1;
        why = str_make(from, (size_t)(to - from));
        at += sizeof failed - 1;
    }
    return why;
}

static void try_path(struct scene *scene, const char *prefix, const char *path)
{
    struct reply reply;
    struct visit ask = {.method = "GET"};
    if (strchr(path, '{'))
        return;
    ask.path = arena_printf(&scene->arena, "%s%s", prefix, path).ptr;
    /* What was kept of the first call is looked at in the second. */
    for (int turn = 0; turn < (scene->mode == MODE_POISON ? 2 : 1); turn++) {
        if (visit(scene, &ask, &reply) != SOUK_OK)
            return;
        if (str_starts(reply.type, "text/") || str_starts(reply.type, "application/json"))
            scene_text_seen(scene, ask.path, reply.body);
        if (reply.status != 500 || scene->mode == MODE_FAIL) /* 503: somebody else is away */
            continue;
        struct souk_str why = why_it_failed(scene);
        scene_no(scene, "GET %s is answered with 500%s%s%.*s", ask.path,
                 turn ? " the second time (what was kept of the first call is gone)" : "",
                 why.len ? ": " : "", SOUK_PRI(why));
        return;
    }
}

static void try_routes(struct scene *scene, const struct descriptor *d)
{
    char prefix[100];
    for (size_t i = 0; i < d->routes_count; i++) {
        if (strcmp(d->routes[i].method, "GET") != 0 || d->routes[i].surface != SOUK_PUBLIC)
            continue;
        snprintf(prefix, sizeof prefix, "/x/%s", d->plugin.name);
        try_path(scene, prefix, d->routes[i].path);
    }
    for (size_t i = 0; i < d->pages_count; i++)
        try_path(scene, "", d->pages[i].path);
}

/* A peer that is away, or nothing to do, is said with other codes: this one comes every night. */
static void note_job(struct scene *scene, const char *name, int returned, const struct err *why)
{
    if ((returned == SOUK_ERROR || returned == SOUK_WRONG_KIND) && !scene->job[0])
        snprintf(scene->job, sizeof scene->job, "job \"%s\" gives %s: %s", name,
                 code_name(returned), why->text);
}

static void try_jobs(struct scene *scene, struct plugin_set *set, struct plugin *plugin)
{
    const struct descriptor *d = &plugin->descriptor;
    for (size_t i = 0; i < d->jobs_count; i++) {
        struct err why = {0};
        if (d->jobs[i].cron) /* others want a payload that only the plugin knows */
            note_job(scene, d->jobs[i].name, errand_run(scene, set, plugin, &d->jobs[i], &why),
                     &why);
    }
}

void general_tour(struct scene *scene)
{
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    struct plugin *plugin = set_plugin(set, souk_str(scene->world->plan->name));
    if (plugin) {
        try_providers(scene, set);
        try_routes(scene, &plugin->descriptor);
        try_jobs(scene, set, plugin);
    } else {
        scene_no(scene, "the plugin is not on");
    }
    set_unpin(ticket);
}

/* For fail-nth: what belongs to no kind. */
void general_path(struct scene *scene)
{
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    struct plugin *plugin = set_plugin(set, souk_str(scene->world->plan->name));
    if (plugin) {
        try_routes(scene, &plugin->descriptor);
        try_jobs(scene, set, plugin);
    }
    set_unpin(ticket);
    EXPECT(scene, !scene->mute[0], "%s without words", scene->mute);
}
