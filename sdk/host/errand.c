/*
 * errand.c: a job of the plugin's own, run here and now: for the rules about jobs, and before those
 * of other kinds where conform.lua says that nothing is to be had without it (jobs = { "refresh" }:
 * a list of points, rates of the day).
 */
#include "host/host.h"

#include <stdio.h>

#define ATTEMPTS 3 /* in modes that make one call fail the next comes right again */

int errand_run(struct scene *scene, struct plugin_set *set, struct plugin *plugin,
               const struct souk_job *job, struct err *why)
{
    struct arena arena = {0};
    struct souk_ctx ctx;
    struct err err = {0};
    struct call_start start = {.plugin = plugin,
                               .set = set,
                               .db = scene->world->db,
                               .arena = &arena,
                               .kind = SOUK_TASK,
                               .span = scene->mode == MODE_SLOW ? SLOW_SPAN : 10 * CLOCK_SECOND};
    struct call_place place = {call_intern("job %s", job->name), 0, 0};
    call_begin(&ctx, &start);
    ctx.may_step = 1;
    struct board_mark mark = call_enter(&ctx, &place);
    int returned = job->run(&ctx, (struct souk_value *)json_new(&arena, JSON_OBJECT));
    call_leave(&ctx, mark);
    scene_code_seen(scene, place.where, returned, ctx.failed);
    err_set(why, returned, "%s", ctx.failed ? ctx.failure.text : "without a word why");
    int code = call_finish(&ctx, returned, &place, &err);
    if (returned == SOUK_OK && code != SOUK_OK)
        err_set(why, code, "%s", err.text);
    call_end(&ctx, NULL);
    if (scene->mode == MODE_POISON)
        arena_scribble(&arena);
    else
        arena_free(&arena);
    return returned == SOUK_OK ? code : returned;
}

static const struct souk_job *find(const struct plugin *plugin, struct souk_str name)
{
    const struct descriptor *d = &plugin->descriptor;
    for (size_t i = 0; i < d->jobs_count; i++)
        if (souk_str_is(name, d->jobs[i].name))
            return &d->jobs[i];
    return NULL;
}

static void run_named(struct scene *scene, struct plugin_set *set, struct plugin *plugin,
                      struct souk_str name)
{
    const struct souk_job *job = find(plugin, name);
    struct err why = {0};
    int code = SOUK_ERROR;
    EXPECT(scene, job, "conform.lua names the job \"%.*s\", which the plugin has not",
           SOUK_PRI(name));
    for (int i = 0; i < ATTEMPTS && code != SOUK_OK; i++)
        code = errand_run(scene, set, plugin, job, &why);
    EXPECT(scene, code == SOUK_OK, "job \"%s\", which is to run before the rules, gives %s: %s",
           job->name, code_name(code), why.text);
}

void errand_first(struct scene *scene)
{
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    struct plugin *plugin = set_plugin(set, souk_str(scene->world->plan->name));
    json_each(name, scene_hint(scene, "jobs")) if (plugin && scene->verdict == RULE_YES)
        run_named(scene, set, plugin, json_text(&name->value));
    set_unpin(ticket);
}
