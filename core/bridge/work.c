/*
 * work.c: plugins' work outside of requests: jobs, deliveries of facts, commands.
 *
 * A job pins the current set for as long as it runs, so that a switch waits for it. It
 * has a deadline, and a span after which the process ends under the plugin's name; what
 * comes back decides: done, or failed and tried again later by store/job.
 *
 * Threads: a task thread each. Which jobs are due is the clock's affair (job_claim),
 * and so is the number of threads.
 */
#include "bridge/internal.h"

#include <stdio.h>
#include "base/log.h"
#include "base/str.h"
#include "store/outbox.h"

#define JOB_TIMEOUT     (60 * CLOCK_SECOND)
#define COMMAND_TIMEOUT (5 * CLOCK_MINUTE)
#define ATTEMPTS        12
#define LEASE_MARGIN    CLOCK_MINUTE

/* "event:hello" -> "event", "hello" */
static int split_kind(struct souk_str kind, struct souk_str *left, struct souk_str *right)
{
    ptrdiff_t colon = str_find(kind, ':');
    if (colon <= 0)
        return 0;
    *left = str_make(kind.ptr, (size_t)colon);
    *right = str_from(kind, (size_t)colon + 1);
    return 1;
}

static struct plugin *plugin_of(const struct plugin_set *set, struct souk_str kind,
                                struct souk_str *job)
{
    struct souk_str left, right;
    if (!set || !split_kind(kind, &left, &right))
        return NULL;
    if (souk_str_is(left, "event")) {
        *job = souk_str("");
        return set_plugin(set, right);
    }
    *job = right;
    return set_plugin(set, left);
}

int work_runs(void *host, struct souk_str kind)
{
    struct souk_str job;
    uint32_t ticket;
    (void)host; /* what is published is what runs */
    struct plugin_set *set = set_pin(&ticket);
    int runs = plugin_of(set, kind, &job) != NULL;
    set_unpin(ticket);
    return runs;
}

/* ---- deliveries ---- */

static int read_fact(struct db *db, struct arena *arena, int64_t id, struct outbox_fact *fact)
{
    struct db_conn *conn = db_read_begin(db, 0);
    if (!conn)
        return SOUK_UNAVAILABLE;
    int code = outbox_get(conn, arena, id, fact);
    db_read_end(conn);
    return code;
}

static int deliver(struct plugin_set *set, struct db *db, struct arena *arena,
                   struct plugin *plugin, const struct job *job, struct err *err)
{
    struct outbox_fact fact = {0};
    struct json *payload = NULL;
    int code = read_fact(db, arena, job->outbox, &fact);
    if (code == SOUK_NOT_FOUND)
        return SOUK_OK; /* delivered before, or taken back: nothing is left to tell */
    if (code == SOUK_OK && fact.payload.len)
        code = json_parse(arena, fact.payload, &payload, err);
    if (code != SOUK_OK)
        return err_set(err, code, "fact %lld cannot be read", (long long)job->outbox);
    struct souk_event event = {
        .size = sizeof(event),
        .kind = SOUK_FACT,
        .id = fact.id,
        .at = fact.at,
        .name = fact.topic,
        .subject = fact.subject,
        .payload = (struct souk_value *)payload,
    };
    return event_deliver(set, db, plugin, &event, err);
}

/* ---- jobs ---- */

static const struct souk_job *find_job(const struct plugin *plugin, struct souk_str name)
{
    for (size_t i = 0; i < plugin->descriptor.jobs_count; i++)
        if (souk_str_is(name, plugin->descriptor.jobs[i].name))
            return &plugin->descriptor.jobs[i];
    return NULL;
}

/* The process ends at twice the span: until then nobody else may get the job. */
static int hold(struct db *db, const struct job *job, int64_t span, struct err *err)
{
    int64_t now = clock_now(), until = now + 2 * span + LEASE_MARGIN;
    if (job->lease_until >= until)
        return SOUK_OK;
    int code = job_extend(db, job, until, now);
    return code ? err_set(err, code, "the lease of job %lld was lost", (long long)job->id)
                : SOUK_OK;
}

static int64_t span_of(const struct souk_job *row)
{
    return row->timeout_ms > 0 ? row->timeout_ms * CLOCK_MS : JOB_TIMEOUT;
}

struct running { /* a job or command in its call */
    struct souk_ctx ctx;
    struct call_place place;
};

static void begin(struct running *running, const struct call_start *start, const char *where)
{
    call_begin(&running->ctx, start);
    running->ctx.may_step = 1;
    running->place = (struct call_place){where, start->span, 2 * start->span};
}

static int finish(struct running *running, int returned, struct err *err)
{
    int code = call_finish(&running->ctx, returned, &running->place, err);
    call_end(&running->ctx, NULL);
    return code;
}

static int run_job(struct plugin_set *set, struct db *db, struct arena *arena,
                   struct plugin *plugin, struct souk_str name, const struct job *job,
                   struct err *err)
{
    const struct souk_job *row = find_job(plugin, name);
    struct json *payload = NULL;
    struct running running;
    if (!row)
        return err_set(err, SOUK_NOT_FOUND,
                       "plugin \"%s\" has no job \"%.*s\" (any more); cancel it with souk "
                       "jobs",
                       plugin->name, SOUK_PRI(name));
    if (job->payload.len && json_parse(arena, job->payload, &payload, err) != SOUK_OK)
        return err->code;
    int code = hold(db, job, span_of(row), err);
    if (code != SOUK_OK)
        return code;
    struct call_start start = {
        .plugin = plugin,
        .set = set,
        .db = db,
        .arena = arena,
        .kind = SOUK_TASK,
        .span = span_of(row),
    };
    begin(&running, &start, call_intern("job %s", row->name));
    struct board_mark mark = call_enter(&running.ctx, &running.place);
    int returned = row->run(&running.ctx, (const struct souk_value *)payload);
    call_leave(&running.ctx, mark);
    return finish(&running, returned, err);
}

/* Tells the table how it went. A lost lease is no error: somebody else has the job. */
static void settle(struct db *db, const struct job *job, int code, const struct err *err)
{
    int64_t now = clock_now();
    int told = code == SOUK_OK
                   ? job_done(db, job, now)
                   : job_failed(db, job, souk_str(err->text[0] ? err->text : err_name(code)), now);
    if (code != SOUK_OK)
        log_warn("job.failed", LOG_T("kind", job->kind), LOG_I("job", job->id),
                 LOG_I("attempt", job->attempt), LOG_S("text", err->text));
    if (told == SOUK_CONFLICT)
        log_warn("job.lease_lost", LOG_T("kind", job->kind), LOG_I("job", job->id));
    else if (told != SOUK_OK)
        log_error("job.not_settled", LOG_T("kind", job->kind), LOG_I("job", job->id),
                  LOG_S("code", err_name(told)));
}

static int plan_row(struct db *db, const struct plugin *plugin, const struct souk_job *row,
                    struct err *err)
{
    struct cron cron;
    struct arena arena = {0};
    int code = cron_parse(souk_str(row->cron), &cron, err);
    if (code == SOUK_OK)
        code = cron_plan(db, arena_printf(&arena, "%s:%s", plugin->name, row->name), &cron,
                         row->attempts > 0 ? row->attempts : ATTEMPTS, clock_now(), err);
    if (code != SOUK_OK)
        err_in(err, "plugin \"%s\": job \"%s\"", plugin->name, row->name);
    arena_free(&arena);
    return code;
}

/* A cron job that has ended waits for its next time. */
static void plan_next(struct plugin *plugin, struct db *db, const struct job *job,
                      struct souk_str name)
{
    struct err err = {0};
    const struct souk_job *row = name.len ? find_job(plugin, name) : NULL;
    if (row && row->cron && plan_row(db, plugin, row, &err) != SOUK_OK)
        log_warn("cron.not_planned", LOG_T("kind", job->kind), LOG_S("reason", err.text));
}

void work_run(struct switch_host *host, struct db *db, const struct job *job)
{
    struct arena arena = {0};
    struct err err = {0};
    struct souk_str name = {"", 0};
    uint32_t ticket;
    int code;
    (void)host; /* what is published is what runs */
    struct plugin_set *set = set_pin(&ticket);
    struct plugin *plugin = plugin_of(set, job->kind, &name);
    if (!plugin) { /* switched off since the claim: it waits, and this was no attempt */
        set_unpin(ticket);
        job_give_back(db, job, clock_now());
        return;
    }
    if (name.len)
        code = run_job(set, db, &arena, plugin, name, job, &err);
    else
        code = deliver(set, db, &arena, plugin, job, &err);
    settle(db, job, code, &err);
    plan_next(plugin, db, job, name);
    set_unpin(ticket);
    arena_free(&arena);
}

/* ---- cron ---- */

static int plan_plugin(struct db *db, const struct plugin *plugin, struct err *err)
{
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < plugin->descriptor.jobs_count; i++)
        if (plugin->descriptor.jobs[i].cron)
            code = plan_row(db, plugin, &plugin->descriptor.jobs[i], err);
    return code;
}

/* Those of a plugin that is off wait for it; those of the core are not ours. */
static int is_declared(void *user, struct souk_str kind)
{
    struct souk_str name;
    const struct plugin *plugin = plugin_of(user, kind, &name);
    const struct souk_job *row = plugin && name.len ? find_job(plugin, name) : NULL;
    return !plugin || (row && row->cron);
}

int work_plan(struct db *db, struct err *err)
{
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    int code = cron_drop(db, is_declared, set, err);
    for (size_t i = 0; set && code == SOUK_OK && i < set->count; i++)
        code = plan_plugin(db, set->plugins[i], err);
    set_unpin(ticket);
    return code;
}

/* ---- commands ---- */

static const struct souk_command *find_command(const struct plugin *plugin, const char *name)
{
    for (size_t i = 0; i < plugin->descriptor.commands_count; i++)
        if (strcmp(plugin->descriptor.commands[i].name, name) == 0)
            return &plugin->descriptor.commands[i];
    return NULL;
}

static int no_command(const struct plugin *plugin, const char *name, struct err *err)
{
    char list[300] = "";
    size_t len = 0;
    for (size_t i = 0; i < plugin->descriptor.commands_count; i++) {
        int more = snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
                            plugin->descriptor.commands[i].name);
        if (more < 0 || (size_t)more >= sizeof(list) - len)
            break;
        len += (size_t)more;
    }
    return err_set(err, SOUK_NOT_FOUND, "plugin \"%s\" has no command \"%.60s\"; it has: %s",
                   plugin->name, name, list[0] ? list : "none");
}

struct command_line {
    const char *plugin, *command;
    int argc;
    const struct souk_str *argv;
};

static int run_command(struct plugin_set *set, struct db *db, const struct command_line *line,
                       struct buf *out, struct err *err)
{
    struct plugin *plugin = set ? set_plugin(set, souk_str(line->plugin)) : NULL;
    if (!plugin)
        return err_set(err, SOUK_NOT_FOUND, "plugin \"%.60s\" is not on; see souk plugin list",
                       line->plugin);
    const struct souk_command *row = find_command(plugin, line->command);
    if (!row)
        return no_command(plugin, line->command, err);
    struct arena arena = {0};
    struct running running;
    struct call_start start = {.plugin = plugin,
                               .set = set,
                               .db = db,
                               .arena = &arena,
                               .kind = SOUK_TASK,
                               .span = COMMAND_TIMEOUT};
    begin(&running, &start, call_intern("command %s", row->name));
    running.ctx.out = out;
    struct board_mark mark = call_enter(&running.ctx, &running.place);
    int returned = row->run(&running.ctx, line->argc, line->argv);
    call_leave(&running.ctx, mark);
    int code = finish(&running, returned, err);
    arena_free(&arena);
    return code;
}

int work_command(struct db *db, const char *plugin, const char *command, int argc,
                 const struct souk_str *argv, struct buf *out, struct err *err)
{
    struct command_line line = {plugin, command, argc, argv};
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    int code = run_command(set, db, &line, out, err);
    set_unpin(ticket);
    return code;
}
