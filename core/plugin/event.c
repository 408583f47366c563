/*
 * event.c: asks plugins before something happens, and tells them after.
 *
 * The idea: a filter runs here and now, one listener after the other, each on the
 * payload that the one before left. Its budget is its deadline; going over it is
 * logged, going over it twenty times ends the process under its name. What an optional
 * plugin half did before it failed is undone: the payload is put back. A plugin without
 * which nothing may pass (gate, essential) stops the event when it fails, and also when
 * it is wanted but not there.
 *
 * A fact is delivered to one plugin at a time, by a job; an error brings the job back
 * later. Who gets it is decided when the fact is written, and includes plugins that are
 * wanted but away: it waits for them.
 *
 * Threads: filters and deliveries on task threads, under the caller's pin;
 * event_consumers on the writer.
 */
#include <stdio.h>
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "plugin/call.h"

#define FILTER_MS  250
#define FACT_MS    5000
#define KILL_LEAST (5 * CLOCK_SECOND)

static int64_t budget_of(const struct souk_listener *row)
{
    int64_t ms = row->budget_ms;
    return (ms ? ms : row->kind == SOUK_FILTER ? FILTER_MS : FACT_MS) * CLOCK_MS;
}

static struct call_place place_of(const struct listener *listener)
{
    int64_t budget = budget_of(listener->row);
    int64_t kill = budget * 20 > KILL_LEAST ? budget * 20 : KILL_LEAST;
    return (struct call_place){listener->where, budget, kill};
}

/* Runs one listener with its marks and logs when it was late. What it returned. */
static int run_listener(struct souk_ctx *ctx, const struct listener *listener,
                        const struct souk_event *event, const struct call_place *place)
{
    int64_t began = clock_mono();
    struct board_mark mark = call_enter(ctx, place);
    int returned = listener->row->handle(ctx, event);
    call_leave(ctx, mark);
    int64_t span = clock_mono() - began;
    if (span > place->warn) {
        log_warn("plugin.late", LOG_S("plugin", listener->plugin->name),
                 LOG_S("where", listener->where), LOG_I("ms", span / CLOCK_MS),
                 LOG_I("budget_ms", place->warn / CLOCK_MS));
    }
    return returned;
}

/* ---- filters ---- */

static int listed(const char *const *names, struct souk_str name)
{
    for (; names && *names; names++)
        if (souk_str_is(name, *names))
            return 1;
    return 0;
}

static int check_absent(const struct plugin_set *set, struct souk_str event, struct err *err)
{
    for (size_t i = 0; i < set->absent_count; i++) {
        const struct absent *absent = &set->absent[i];
        if (absent->role != SOUK_OPTIONAL && listed(absent->filters, event)) {
            return err_set(err, SOUK_UNAVAILABLE,
                           "plugin \"%s\" is %s, and %.*s may not go on without it; see souk "
                           "plugin list",
                           absent->name, absent->why, SOUK_PRI(event));
        }
    }
    return 0;
}

/* The listener's ctx: memory of the caller's, and its snapshot if it has one open (one
 * at a time a thread). */
static void begin_filter(struct souk_ctx *ctx, const struct souk_ctx *from,
                         const struct listener *listener)
{
    struct call_start start = {.plugin = listener->plugin,
                               .set = from->set,
                               .db = from->db,
                               .arena = from->arena,
                               .kind = SOUK_TASK,
                               .span = budget_of(listener->row),
                               .locale = from->locale};
    call_begin(ctx, &start);
    ctx->may_step = 1;
    if (from->deadline && from->deadline < ctx->deadline)
        ctx->deadline = from->deadline;
    if (from->conn) {
        ctx->conn = from->conn;
        ctx->borrowed = 1;
        db_principal(ctx->conn, listener->plugin->name);
    }
}

static void end_filter(struct souk_ctx *ctx, const struct souk_ctx *from)
{
    if (ctx->borrowed)
        db_principal(from->conn, from->self ? from->self->name : NULL);
    call_end(ctx, from->conn);
}

/* 0: go on with the next; else the event is refused. */
static int ask(struct souk_ctx *from, const struct listener *listener,
               const struct souk_event *event, struct json *payload, struct err *err)
{
    struct souk_ctx ctx;
    struct err why = {0};
    struct call_place place = place_of(listener);
    int optional = listener->plugin->descriptor.plugin.role == SOUK_OPTIONAL;
    struct json *before = optional && payload ? json_copy(from->arena, payload) : NULL;
    begin_filter(&ctx, from, listener);
    int returned = run_listener(&ctx, listener, event, &place);
    int code = call_finish(&ctx, returned, &place, &why);
    end_filter(&ctx, from);
    if (code == 0)
        return 0;
    if (code == SOUK_DENIED || !optional)
        return err_set(err, code, "%s", why.text);
    log_warn("plugin.failed", LOG_S("plugin", listener->plugin->name),
             LOG_S("where", listener->where), LOG_S("error", why.text));
    if (before)
        *payload = *before;
    return 0;
}

int event_filter(struct souk_ctx *from, struct souk_str event, struct souk_str subject,
                 struct json *payload, struct err *err)
{
    if (!from->set)
        return 0;
    int code = check_absent(from->set, event, err);
    const struct listeners *list = set_listeners(from->set, event);
    struct souk_event asked = {.size = sizeof(asked),
                               .kind = SOUK_FILTER,
                               .at = from->now,
                               .name = event,
                               .subject = subject,
                               .payload = (struct souk_value *)payload};
    for (size_t i = 0; code == 0 && list && i < list->count; i++)
        if (list->at[i].row->kind == SOUK_FILTER)
            code = ask(from, &list->at[i], &asked, payload, err);
    return code;
}

/* ---- facts ---- */

static const struct listener *listener_of(const struct plugin_set *set, const struct plugin *plugin,
                                          struct souk_str event)
{
    const struct listeners *list = set_listeners(set, event);
    for (size_t i = 0; list && i < list->count; i++)
        if (list->at[i].plugin == plugin && list->at[i].row->kind == SOUK_FACT)
            return &list->at[i];
    return NULL;
}

int event_deliver(struct plugin_set *set, struct db *db, struct plugin *plugin,
                  const struct souk_event *event, struct err *err)
{
    const struct listener *listener = listener_of(set, plugin, event->name);
    if (!listener)
        return 0; /* a newer generation no longer listens: nothing is left to do */
    struct arena arena = {0};
    struct souk_ctx ctx;
    struct call_place place = place_of(listener);
    struct call_start start = {.plugin = plugin,
                               .set = set,
                               .db = db,
                               .arena = &arena,
                               .kind = SOUK_TASK,
                               .span = budget_of(listener->row)};
    call_begin(&ctx, &start);
    ctx.may_step = 1;
    int returned = run_listener(&ctx, listener, event, &place);
    int code = call_finish(&ctx, returned, &place, err);
    call_end(&ctx, NULL);
    arena_free(&arena);
    return code;
}

int event_consumers(void *host, struct souk_str topic, struct arena *arena, const char ***names)
{
    uint32_t ticket;
    int count = 0;
    (void)host; /* what it published last is what counts */
    const struct plugin_set *set = set_pin(&ticket);
    const struct listeners *list = set_listeners(set, topic);
    size_t most = (list ? list->count : 0) + set->absent_count;
    *names = arena_array(arena, const char *, most + 1);
    for (size_t i = 0; list && i < list->count; i++)
        if (list->at[i].row->kind == SOUK_FACT)
            (*names)[count++] = arena_cstr(arena, souk_str(list->at[i].plugin->name));
    for (size_t i = 0; i < set->absent_count; i++)
        if (listed(set->absent[i].facts, topic))
            (*names)[count++] = arena_cstr(arena, souk_str(set->absent[i].name));
    set_unpin(ticket);
    return count;
}
