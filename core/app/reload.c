/*
 * reload: which configuration is in force: at the start of the shop, after SIGHUP, and when
 * souk.lua is broken.
 *
 * A first start refuses a wrong file. A restart must not, for the shop was open a moment ago: it
 * goes on with the values that served last, which are kept in <data>/run/config.json, and says so.
 * A reload takes the new values as a whole or not at all; plugins, their options and
 * shop.maintenance change at once, the sections of the core with the next start.
 *
 * Reloads run on a job thread, one at a time; signals that come meanwhile are one more.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "app/maintenance.h"
#include "app/problem.h"
#include "app/settings.h"
#include "app/shop_state.h"
#include "base/log.h"
#include "base/str.h"
#include "bridge/bridge.h"

static const char *saved(struct shop *shop, struct arena *arena)
{
    return arena_printf(arena, "%s/run/config.json", shop->start->data).ptr;
}

void reload_save(struct shop *shop, const struct config *config)
{
    struct arena arena = {0};
    if (!shop->recalled && config_save(config, saved(shop, &arena)) != SOUK_OK)
        log_warn("config.not_saved", LOG_S("file", saved(shop, &arena)),
                 LOG_S("hint", "a restart needs it if souk.lua is broken then; see to the disk"));
    arena_free(&arena);
}

static void log_problems(const struct problems *problems)
{
    for (const struct problem *p = problems->first; p; p = p->next)
        log_error("config.refused", LOG_T("file", p->file), LOG_I("line", p->line),
                  LOG_T("key", p->key), LOG_T("message", p->message), LOG_T("hint", p->hint));
}

/* The values that served last. What they lean on may be gone (a folder): then without it. */
static int recall(struct shop *shop, struct config *out)
{
    struct problems problems;
    int code =
        config_recall(&shop->arena, shop->start->config, saved(shop, &shop->arena), out, &problems);
    log_problems(&problems);
    if (code == SOUK_NOT_FOUND)
        return code;
    shop->recalled = 1;
    log_error("config.recalled", LOG_S("file", shop->start->config),
              LOG_S("hint", "the shop goes on with the last configuration that served; mend the "
                            "file and send SIGHUP"));
    return SOUK_OK;
}

int reload_begin(struct shop *shop)
{
    struct problems problems;
    enum log_level level = LOG_INFO;
    int code = config_load(&shop->arena, shop->start->config, 0, &shop->config, &problems);
    if (code != SOUK_OK && shop->start->again) {
        log_problems(&problems);
        code = recall(shop, &shop->config);
    } else if (code != SOUK_OK) {
        problem_print(&problems, stderr);
    }
    if (code != SOUK_OK)
        return SOUK_INVALID;
    log_level_parse(options_text(shop->config.log, "level"), &level);
    log_setup(level, souk_str_is(options_text(shop->config.log, "format"), "json"));
    return SOUK_OK;
}

static int apply(struct shop *shop, const struct config *config, struct problems *problems)
{
    struct arena arena = {0}; /* the host keeps copies of what it needs */
    struct wanted wanted = {.names = config->plugins,
                            .count = config->plugin_count,
                            .values = settings_merge(shop->db, &arena, config->values),
                            .config_dir = config->dir};
    int code = switch_configure(shop->host, &wanted, problems);
    config_stamp(config, problems);
    arena_free(&arena);
    return code;
}

int reload_plugins(struct shop *shop)
{
    struct problems problems;
    struct config last;
    problems_init(&problems, &shop->arena, souk_str(shop->config.path));
    int code = apply(shop, &shop->config, &problems);
    if (code == SOUK_OK)
        return code;
    log_problems(&problems);
    if (!shop->start->again || shop->recalled || recall(shop, &last) != SOUK_OK) {
        shop->recalled = 1; /* what is in force is not what the file says: not to be kept */
        return code;
    }
    problems_init(&problems, &shop->arena, souk_str(shop->config.path));
    code = apply(shop, &last, &problems);
    log_problems(&problems);
    return code;
}

/* ---- SIGHUP ---- */

/* Sections of the core are read once, by those who use them. */
static void say_later(const struct config *old, const struct config *new)
{
    const struct {
        const char *section;
        const struct option_values *old, *new;
    } rows[] = {
        {"shop", old->shop, new->shop},       {"http", old->http, new->http},
        {"limits", old->limits, new->limits}, {"promotions", old->promotions, new->promotions},
        {"log", old->log, new->log},          {"http_client", old->http_client, new->http_client}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!options_same_but(rows[i].old, rows[i].new, "maintenance")) /* that one holds now */
            log_warn("config.needs_restart", LOG_S("section", rows[i].section),
                     LOG_S("hint", "this section holds from the next start of souk"));
    size_t same = 0;
    while (old->plugin_path[same] && new->plugin_path[same] &&
           strcmp(old->plugin_path[same], new->plugin_path[same]) == 0)
        same++;
    if (old->plugin_path[same] || new->plugin_path[same])
        log_warn("config.needs_restart", LOG_S("section", "plugin_path"),
                 LOG_S("hint", "this section holds from the next start of souk"));
}

int reload_now(struct shop *shop)
{
    struct arena arena = {0}; /* the host keeps copies of what it needs */
    struct config config;
    struct problems problems;
    pthread_mutex_lock(&shop->config_lock);
    int code = config_load(&arena, shop->start->config, 0, &config, &problems);
    if (code == SOUK_OK)
        code = apply(shop, &config, &problems);
    if (code == SOUK_OK) {
        shop->recalled = 0;
        reload_save(shop, &config);
        jobs_plan(shop);
        maintenance_set(options_int(config.shop, "maintenance") != 0);
        say_later(&shop->config, &config);
        log_info("config.reloaded", LOG_S("file", config.path),
                 LOG_I("plugins", config.plugin_count));
    } else {
        log_problems(&problems);
    }
    pthread_mutex_unlock(&shop->config_lock);
    arena_free(&arena);
    return code;
}

static _Atomic int waiting; /* a reload that has not begun to read the file */

static void reload_job(struct work *work)
{
    free(work);
    atomic_store(&waiting, 0);
    reload_now(shop_current());
}

void reload_later(struct shop *shop)
{
    if (atomic_exchange(&waiting, 1))
        return;
    struct work *work = mem_zalloc(sizeof *work);
    work->run = reload_job;
    if (worker_push(shop->jobs, work) != SOUK_OK) {
        log_warn("config.reload_refused", LOG_S("hint", "too much is waiting; send SIGHUP again"));
        atomic_store(&waiting, 0);
        free(work);
    }
}
