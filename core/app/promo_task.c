/*
 * promo_task.c: the run of this process. The draft is loaded while the asker waits, so that its
 * mistakes are told at once; the orders are replayed afterwards.
 */
#include "app/promo_task.h"

#include <pthread.h>
#include <stdatomic.h>
#include "app/promo_explain.h"
#include "app/promo_simulate.h"
#include "app/promo_source.h"
#include "app/shop_state.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/promo_engine.h"

#define ORDERS      1000
#define ORDERS_MOST 10000000

static struct {
    struct work work;
    pthread_mutex_t mutex;
    struct promo_simulation terms;
    struct arena arena; /* of the report */
    struct json *report;
    struct db *db;
    int64_t id, done, total;
    int running, code;
    struct err err;
    _Atomic int cancel;
} task = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* ---- its thread ---- */

static void note_progress(void *user, int64_t done, int64_t total)
{
    (void)user;
    pthread_mutex_lock(&task.mutex);
    task.done = done;
    task.total = total;
    pthread_mutex_unlock(&task.mutex);
}

static int is_cancelled(void *user)
{
    (void)user;
    return atomic_load(&task.cancel) || atomic_load(&shop_current()->recycle) ||
           atomic_load(&shop_current()->board->orderly);
}

static void task_main(struct work *work)
{
    struct arena arena = {0};
    struct json *report = NULL;
    struct err err = {0};
    (void)work;
    int code = promo_simulate(task.db, &arena, &task.terms, &report, &err);
    promo_live_unpin(task.terms.before);
    promo_live_unpin(task.terms.after);
    log_info("promotion.simulated", LOG_I("orders", json_int(json_at(report, "orders"), 0)),
             LOG_S("result", code ? err.text : "done"));
    pthread_mutex_lock(&task.mutex);
    arena_free(&task.arena);
    task.report = report ? json_copy(&task.arena, report) : NULL;
    task.code = code;
    task.err = err;
    task.running = 0;
    pthread_mutex_unlock(&task.mutex);
    arena_free(&arena);
}

/* ---- starting ---- */

int promo_task_range(const struct json *body, int64_t *orders, int64_t *since, struct err *err)
{
    const struct json *count = json_at(body, "orders");
    struct souk_str from = json_text(json_at(body, "since"));
    *orders = *since = 0;
    if (count && from.len)
        return err_set(err, SOUK_INVALID, "/since: say either orders or since");
    if (from.len)
        return promo_moment(from, since) == SOUK_OK
                   ? SOUK_OK
                   : err_set(err, SOUK_INVALID,
                             "/since: must be a day like 2026-10-01, or a time like "
                             "2026-10-01T00:00:00Z");
    *orders = count ? json_int(count, 0) : ORDERS;
    return *orders >= 1 && *orders <= ORDERS_MOST
               ? SOUK_OK
               : err_set(err, SOUK_INVALID, "/orders: must be a number from 1 to 10,000,000");
}

static int is_draft(const struct json *scripts, struct souk_str file)
{
    json_each(item, scripts)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "path")), file))
            return 1;
    }
    return 0;
}

/* The draft's own rules are on: to see what they would do is what it is for. Of the others, those
 * that staff switched off are off on both sides, and those that they switched on are on. */
static struct promo *carry(struct arena *arena, const struct promo *from, size_t count,
                           const struct promo_set *before, const struct json *scripts)
{
    struct promo *to = arena_array(arena, struct promo, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct promo *was = promo_find(before, from[i].id);
        to[i] = from[i];
        if (is_draft(scripts, from[i].file))
            to[i].enabled = 1;
        else if (was && souk_str_equal(was->hash, from[i].hash))
            to[i].enabled = was->enabled;
    }
    return to;
}

static void carry_switches(const struct promo_set *before, struct promo_live *after,
                           const struct json *scripts)
{
    struct arena *arena = &after->arena;
    struct promo_set *set = arena_new(arena, struct promo_set);
    *set = *after->set;
    set->cart = carry(arena, set->cart, set->cart_count, before, scripts);
    set->catalogue = carry(arena, set->catalogue, set->catalogue_count, before, scripts);
    set->index = promo_index_new(arena, set);
    after->set = set;
}

int promo_task_sides(struct arena *arena, const struct json *scripts, int alone,
                     struct promo_live **before, struct promo_live **after, struct json *errors,
                     struct err *err)
{
    struct promo_sources sources = {.arena = arena};
    const char *folder = market_shop()->scripts;
    int code = SOUK_OK;
    *before = *after = NULL;
    if (!alone && folder)
        code = promo_sources_shop(&sources, folder, err);
    if (code == SOUK_OK)
        code = promo_sources_json(&sources, scripts, err);
    if (code == SOUK_OK)
        code = promotion_draft(arena, sources.at, sources.count, after, errors, err);
    if (code == SOUK_OK) {
        *before = promo_live_pin();
        carry_switches((*before)->set, *after, scripts);
    }
    return code;
}

/* Under the mutex: takes the sides over, or leaves them. */
static int push(const struct promo_simulation *terms, int64_t *id, struct err *err)
{
    task.terms = *terms;
    task.terms.progress = note_progress;
    task.terms.cancelled = is_cancelled;
    task.db = shop_current()->db;
    task.work.run = task_main;
    atomic_store(&task.cancel, 0);
    if (worker_push(shop_current()->jobs, &task.work) != SOUK_OK)
        return err_set(err, SOUK_BUSY, "the shop has too much to do; try again in a moment");
    arena_free(&task.arena);
    task.report = NULL;
    task.done = task.total = 0;
    task.code = SOUK_OK;
    task.running = 1;
    *id = task.id = id_next();
    return SOUK_OK;
}

static int is_running(void)
{
    pthread_mutex_lock(&task.mutex);
    int running = task.running;
    pthread_mutex_unlock(&task.mutex);
    return running;
}

int promo_task_start(struct arena *arena, const struct json *body, int64_t now, int64_t *id,
                     struct json *errors, struct err *err)
{
    static const char busy[] = "a simulation is running; wait for it, or cancel it";
    struct promo_simulation terms = {.now = now};
    int code = promo_task_range(body, &terms.orders, &terms.since, err);
    if (code == SOUK_OK && is_running())
        code = err_set(err, SOUK_CONFLICT, "%s", busy);
    if (code == SOUK_OK)
        code = promo_task_sides(arena, json_at(body, "scripts"), json_true(json_at(body, "alone")),
                                &terms.before, &terms.after, errors, err);
    if (code != SOUK_OK)
        return code;
    pthread_mutex_lock(&task.mutex);
    code = task.running ? err_set(err, SOUK_CONFLICT, "%s", busy) : push(&terms, id, err);
    pthread_mutex_unlock(&task.mutex);
    if (code != SOUK_OK) {
        promo_live_unpin(terms.before);
        promo_live_unpin(terms.after);
    }
    return code;
}

/* ---- how it stands ---- */

static const char *state_now(void)
{
    if (task.running)
        return "working";
    if (task.code != SOUK_OK)
        return "failed";
    return json_true(json_at(task.report, "complete")) ? "done" : "cancelled";
}

int promo_task_look(struct arena *arena, int64_t id, struct json **out, struct err *err)
{
    pthread_mutex_lock(&task.mutex);
    if (!id || task.id != id) {
        pthread_mutex_unlock(&task.mutex);
        return err_set(err, SOUK_NOT_FOUND,
                       "there is no such simulation, or not any more; begin it again");
    }
    *out = json_new(arena, JSON_OBJECT);
    json_add_str(arena, *out, "id", arena_printf(arena, "%lld", (long long)id));
    json_add_cstr(arena, *out, "state", state_now());
    json_add_int(arena, *out, "done", task.done);
    json_add_int(arena, *out, "total", task.total);
    json_add_str(arena, *out, "error",
                 task.code ? arena_str(arena, souk_str(task.err.text)) : souk_str(""));
    if (task.report)
        json_add_tree(arena, *out, "report", json_copy(arena, task.report));
    else
        json_add_null(arena, *out, "report");
    pthread_mutex_unlock(&task.mutex);
    return SOUK_OK;
}

int promo_task_cancel(int64_t id, struct err *err)
{
    pthread_mutex_lock(&task.mutex);
    int found = id && task.running && task.id == id;
    if (found)
        atomic_store(&task.cancel, 1);
    pthread_mutex_unlock(&task.mutex);
    return found ? SOUK_OK : err_set(err, SOUK_NOT_FOUND, "no such simulation is running");
}
