/*
 * generation.c: the life of one opening of a plugin.
 *
 * The idea: every step that runs foreign code (constructors in dlopen, init, start,
 * stop) stands between marks on the board, so that a plugin that crashes while it is
 * loaded is named and quarantined like any other. stop is the counterpart of init: it
 * runs once when init succeeded, whatever came after.
 *
 * Invariants: the mapping is never given back; everything else is freed at the end,
 * which is after the last set that held the plugin is gone. `started` is 1 after init,
 * 2 after start.
 *
 * Threads: one at a time: a switch until the plugin is published, a task thread at its
 * end.
 */
#include "plugin/generation.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/board.h"
#include "base/log.h"
#include "base/str.h"
#include "plugin/census.h"
#include "plugin/stage.h"
#include "store/migrate.h"

#define LIFE_WARN (5 * CLOCK_SECOND)
#define LIFE_KILL (60 * CLOCK_SECOND)

static const struct json *table_of(const struct json *values, const char *name)
{
    return values ? json_at(values, name) : NULL;
}

static struct plugin *new_plugin(const struct generation_options *options)
{
    struct plugin *plugin = mem_zalloc(sizeof(*plugin));
    pthread_mutex_t *lock = mem_zalloc(sizeof(*lock));
    pthread_mutex_init(lock, NULL);
    plugin->pool_lock = lock;
    plugin->generation = options->number;
    str_copy(plugin->name, sizeof(plugin->name), souk_str(options->name));
    plugin->board = board_name(plugin->name);
    return plugin;
}

static void free_plugin(struct plugin *plugin)
{
    pthread_mutex_destroy(plugin->pool_lock);
    free(plugin->pool_lock);
    arena_free(&plugin->pool);
    arena_free(&plugin->arena);
    free(plugin);
}

static int load(struct plugin *plugin, const struct generation_options *options, struct err *err)
{
    struct staged staged;
    struct board_mark mark =
        board_enter(plugin->board, call_intern("load %s", plugin->name), LIFE_WARN, LIFE_KILL);
    int code = stage_open(options->file, plugin->name, options->run_dir, &staged, err);
    board_leave(mark);
    board_may_leave(plugin->board, staged.may_leave);
    if (staged.len)
        board_map(plugin->board, staged.start, staged.len);
    if (code)
        return code;
    str_copy(plugin->hash, sizeof(plugin->hash), souk_str(staged.hash));
    str_copy(plugin->source, sizeof(plugin->source), souk_str(staged.source));
    struct descriptor *descriptor = &plugin->descriptor;
    code = descriptor_read(staged.raw, options->file, &plugin->arena, descriptor, err);
    if (code == 0 && strcmp(descriptor->plugin.name, plugin->name) != 0) {
        code = err_set(
            err, SOUK_INVALID, "plugin \"%s\" (%s): the file holds plugin \"%s\"; call it %s.so",
            plugin->name, options->file, descriptor->plugin.name, descriptor->plugin.name);
    }
    return code;
}

int generation_open(const struct generation_options *options, struct plugin **out,
                    struct problems *problems, struct err *err)
{
    struct plugin *plugin = new_plugin(options);
    int code = load(plugin, options, err);
    if (code) {
        free_plugin(plugin);
        return code;
    }
    *plugin->descriptor.plugin.api = options->api;
    plugin->options = options_check(
        &plugin->arena, plugin->descriptor.options, plugin->descriptor.options_count, plugin->name,
        options->config_dir, table_of(options->values, plugin->name), problems);
    *out = plugin;
    return 0;
}

int generation_unchanged(const struct plugin *plugin, const struct json *values,
                         const char *config_dir, struct problems *problems)
{
    struct arena arena = {0};
    struct option_values *now =
        options_check(&arena, plugin->descriptor.options, plugin->descriptor.options_count,
                      plugin->name, config_dir, table_of(values, plugin->name), problems);
    int same = options_same(plugin->options, now);
    arena_free(&arena);
    return same;
}

/* ---- running its own code ---- */

/* init or start: one call with nothing but memory, options and the log. */
static int run_life(struct plugin *plugin, int (*fn)(struct souk_ctx *ctx), const char *what,
                    struct err *err)
{
    if (!fn)
        return 0;
    struct arena arena = {0};
    struct souk_ctx ctx;
    struct call_place place = {call_intern("%s", what), LIFE_WARN, LIFE_KILL};
    struct call_start start = {.plugin = plugin, .arena = &arena, .kind = CALL_INIT};
    call_begin(&ctx, &start);
    struct board_mark mark = call_enter(&ctx, &place);
    int returned = fn(&ctx);
    call_leave(&ctx, mark);
    int code = call_result(&ctx, returned, &place, err);
    call_end(&ctx, NULL);
    arena_free(&arena);
    return code;
}

static int migrate(struct plugin *plugin, struct db *db, struct err *err)
{
    const struct descriptor *d = &plugin->descriptor;
    if (d->migrations_count == 0 || !db)
        return 0;
    struct arena arena = {0};
    struct migration *list = arena_array(&arena, struct migration, d->migrations_count);
    for (size_t i = 0; i < d->migrations_count; i++) {
        list[i] = (struct migration){d->migrations[i].number, d->migrations[i].name,
                                     d->migrations[i].sql};
    }
    int code = migrate_apply(db, plugin->name, list, (int)d->migrations_count, err);
    arena_free(&arena);
    if (code)
        err_in(err, "plugin \"%s\"", plugin->name);
    return code;
}

int generation_ready(struct plugin *plugin, struct db *db, struct err *err)
{
    int code = migrate(plugin, db, err);
    if (code)
        return code;
    int before = census_threads();
    code = run_life(plugin, plugin->descriptor.plugin.init, "init", err);
    int more = census_threads() - before;
    if (more > 0) {
        log_warn("plugin.threads", LOG_S("plugin", plugin->name), LOG_I("threads", more),
                 LOG_S("hint", "plugins make no threads: use jobs"));
    }
    if (code == 0)
        plugin->started = 1;
    return code;
}

int generation_start(struct plugin *plugin, struct err *err)
{
    int code = run_life(plugin, plugin->descriptor.plugin.start, "start", err);
    if (code == 0)
        plugin->started = 2;
    return code;
}

static void run_stop(struct plugin *plugin)
{
    struct arena arena = {0};
    struct souk_ctx ctx;
    struct call_place place = {call_intern("stop"), LIFE_WARN, LIFE_KILL};
    struct call_start start = {.plugin = plugin, .arena = &arena, .kind = CALL_INIT};
    call_begin(&ctx, &start);
    struct board_mark mark = call_enter(&ctx, &place);
    plugin->descriptor.plugin.stop(&ctx);
    call_leave(&ctx, mark);
    call_end(&ctx, NULL);
    arena_free(&arena);
}

void generation_end(struct plugin *plugin, struct db *db)
{
    if (plugin->started && plugin->descriptor.plugin.stop)
        run_stop(plugin);
    if (plugin->started) {
        log_info("plugin.stopped", LOG_S("plugin", plugin->name),
                 LOG_I("generation", plugin->generation));
    }
    if (db)
        db_forget(db, plugin->name);
    free_plugin(plugin);
}
