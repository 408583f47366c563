/*
 * promotion.c: the rules at work: loaded, checked, published, watched.
 *
 * A load takes all files or none: they are executed by the script host, read by the core, and only
 * when nothing at all is wrong they are published with one pointer; requests that began with the
 * old set end with it. What is wrong is logged line by line and kept as a report. Loads happen one
 * at a time, on threads that may wait.
 *
 * The texts that served are kept in the data directory, so that a shop that is started again while
 * a file is broken does not lose its promotions. After each load that changed something the shelves
 * (prices made of catalogue promotions) are written, a piece at a time; and again whenever the
 * catalogue has changed.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/promotion_inner.h"
#include "app/promotion_load.sql.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define SHELF_TURNS 10 /* every so many looks at the files the catalogue is looked at, too */

static struct {
    struct db *db;
    struct worker *jobs;
    char *folder, *currency, *kept;
    struct script_host *host;
    struct arena arena;      /* of the report */
    struct json *report;     /* of the latest load */
    char hash[80];           /* of what serves */
    _Atomic uint64_t loaded; /* stamp of the files as they were last looked into */
    _Atomic int on_shelves;  /* what serves has catalogue promotions */
} rules;

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER; /* one load at a time */
/* The report; never held over a write, so that a write may ask for it. */
static pthread_mutex_t telling = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t hosting = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int waiting; /* work that has not begun */
static _Atomic int shelved; /* since the latest load the shelves were looked at */

/* ---- the host ---- */

struct script_host *promotion_host(void)
{
    struct err err = {0};
    struct script_options options = {.currency = rules.currency ? rules.currency : "EUR"};
    pthread_mutex_lock(&hosting);
    if (!rules.host && script_host_start(&rules.host, &options, &err) != SOUK_OK) {
        rules.host = NULL;
        log_error("script.no_host", LOG_S("reason", err.text));
    }
    struct script_host *host = rules.host;
    pthread_mutex_unlock(&hosting);
    return host;
}

/* ---- making a set ---- */

static void drop_set(struct promo_live *live)
{
    atomic_store(&live->pins, 1);
    promo_live_unpin(live);
}

/* The first mistake, in words. */
static int say_first(const struct json *errors, struct err *err)
{
    const struct json_item *first = json_first(errors);
    const struct json *one = first ? &first->value : NULL;
    struct souk_str file = json_text(json_at(one, "file"));
    int64_t line = json_int(json_at(one, "line"), 0);
    if (!one)
        return err && err->text[0] ? SOUK_INVALID
                                   : err_set(err, SOUK_INVALID, "the rules cannot be read");
    if (!file.len)
        return err_set(err, SOUK_INVALID, "%.*s", SOUK_PRI(json_text(json_at(one, "message"))));
    char more[40] = "";
    if (errors->count > 1)
        snprintf(more, sizeof more, " (and %u more)", errors->count - 1);
    return err_set(err, SOUK_INVALID, "%.*s:%lld: %.*s%s", SOUK_PRI(file), (long long)line,
                   SOUK_PRI(json_text(json_at(one, "message"))), more);
}

/* What staff and strikes switched, of what the set declares: {id: on}. */
static int read_switched(struct arena *arena, const struct promo_set *set, struct json *switched)
{
    struct db_rows rows;
    if (!rules.db)
        return SOUK_OK;
    struct db_conn *conn = db_read_begin(rules.db, 0);
    int code = db_query(conn, &sql_promotion_load_switched, &rows);
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct souk_str id = db_text(&rows, 0), hash = db_text(&rows, 1);
        const struct promo *promo = promo_find(set, id);
        code = SOUK_OK;
        if (!hash.len || (promo && souk_str_equal(promo->hash, hash)))
            json_add_key(arena, switched, arena_str(arena, id), JSON_BOOL)->number =
                !db_int(&rows, 2);
    }
    db_read_end(conn);
    return code;
}

static int make_set(const struct script_source *sources, size_t count, int serves,
                    struct promo_live **out, struct json *errors, struct arena *arena,
                    struct err *err)
{
    struct script_host *host = promotion_host();
    struct promo_live *live = mem_zalloc(sizeof *live);
    struct json *declared = NULL, *found = json_new(&live->arena, JSON_ARRAY);
    int code =
        host ? SOUK_OK : err_set(err, SOUK_UNAVAILABLE, "no process for scripts can be started");
    live->failed = promotion_strike;
    if (code == SOUK_OK)
        code = script_set_load(host, &live->arena, sources, count, &live->scripts, &declared, found,
                               err);
    if (code == SOUK_OK) {
        promo_set_texts(&live->arena, declared, sources, count);
        code = promo_set_read(&live->arena, declared, NULL, &live->set, found, err);
    }
    struct json *switched = json_new(&live->arena, JSON_OBJECT);
    if (code == SOUK_OK && serves)
        code = read_switched(&live->arena, live->set, switched);
    if (code == SOUK_OK && switched->count)
        code = promo_set_read(&live->arena, declared, switched, &live->set, found, err);
    json_each(item, found) json_add_tree(arena, errors, NULL, json_copy(arena, &item->value));
    if (code == SOUK_OK) {
        *out = live;
        return code;
    }
    drop_set(live);
    return code == SOUK_INVALID ? say_first(errors, err) : code;
}

int promotion_draft(struct arena *arena, const struct script_source *sources, size_t count,
                    struct promo_live **out, struct json *errors, struct err *err)
{
    *out = NULL;
    int code = make_set(sources, count, 0, out, errors, arena, err);
    if (code == SOUK_OK) {
        (*out)->failed = NULL; /* a draft earns no strikes */
        atomic_store(&(*out)->pins, 1);
    }
    return code;
}

/* ---- shelves ---- */

struct shelf {
    struct promo_live *live;
    int64_t now;
    int more;
    struct err err;
};

static int write_piece(struct db_conn *conn, void *arg)
{
    struct shelf *shelf = arg;
    struct arena arena = {0};
    shelf->err = (struct err){0};
    int code =
        promo_shelf_write(conn, &arena, shelf->live->set, shelf->now, &shelf->more, &shelf->err);
    arena_free(&arena);
    return code;
}

static int shelves_wait(const struct promo_live *live)
{
    struct arena arena = {0};
    struct db_conn *conn = db_read_begin(rules.db, 0);
    int wait = promo_shelf_waits(conn, &arena, live->set);
    db_read_end(conn);
    arena_free(&arena);
    return wait > 0;
}

/* Prices follow the catalogue promotions of what serves, and what is new in the catalogue. */
static void write_shelves(void)
{
    struct shelf shelf = {.live = promo_live_pin(), .now = clock_now()};
    struct err err = {0};
    int code = SOUK_OK;
    atomic_store(&shelved, 1);
    shelf.more = shelves_wait(shelf.live);
    while (code == SOUK_OK && shelf.more)
        code = db_write(rules.db, write_piece, &shelf, &err);
    promo_live_unpin(shelf.live);
    if (code != SOUK_OK)
        log_error("promotion.not_shelved",
                  LOG_S("reason", shelf.err.text[0] ? shelf.err.text : err.text));
}

static int touch(struct db_conn *conn, void *arg)
{
    (void)arg;
    return db_run(conn, &sql_promotion_load_touch, NULL);
}

/* ---- loading ---- */

static void log_errors(const struct json *errors)
{
    json_each(item, errors)
    {
        const struct json *one = &item->value;
        log_error("promotion.refused", LOG_T("file", json_text(json_at(one, "file"))),
                  LOG_I("line", json_int(json_at(one, "line"), 0)),
                  LOG_T("promotion", json_text(json_at(one, "id"))),
                  LOG_T("reason", json_text(json_at(one, "message"))));
    }
}

static struct json *make_report(struct arena *arena, const struct promo_set *set,
                                const struct json *errors, const struct err *err)
{
    struct json *report = json_new(arena, JSON_OBJECT);
    json_add_bool(arena, report, "ok", set != NULL);
    json_add_int(arena, report, "promotions",
                 set ? (int64_t)(set->cart_count + set->catalogue_count) : 0);
    json_add_int(arena, report, "offers", set ? (int64_t)set->offer_count : 0);
    struct json *list = json_add(arena, report, "errors", JSON_ARRAY);
    json_each(item, errors) json_add_tree(arena, list, NULL, json_copy(arena, &item->value));
    if (!set && !list->count) { /* no mistake in a file: no host, no folder that can be read */
        struct json *one = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, one, "file", "");
        json_add_int(arena, one, "line", 0);
        json_add_cstr(arena, one, "id", "");
        json_add_str(arena, one, "message", arena_str(arena, souk_str(err->text)));
    }
    json_add_time(arena, report, "at", clock_now());
    return report;
}

static void publish(struct promo_live *live, const struct script_source *sources, size_t count)
{
    struct err err = {0};
    struct souk_str hash = live->set->hash;
    int same = souk_str_is(hash, rules.hash);
    int64_t promotions = (int64_t)(live->set->cart_count + live->set->catalogue_count);
    int64_t offers = (int64_t)live->set->offer_count;
    str_copy(rules.hash, sizeof rules.hash, hash);
    atomic_store(&rules.on_shelves, live->set->catalogue_count > 0);
    promo_live_publish(live);
    promo_live_sweep();
    log_info("promotion.loaded", LOG_I("promotions", promotions), LOG_I("offers", offers),
             LOG_I("files", count));
    if (rules.kept && !same)
        promotion_keep(rules.kept, sources, count);
    if (!rules.db || !rules.jobs)
        return;
    if (db_write(rules.db, touch, NULL, &err) != SOUK_OK)
        log_warn("promotion.not_told", LOG_S("reason", err.text));
    atomic_store(&shelved, 0);
}

static int read_files(struct arena *arena, struct script_source **sources, size_t *count,
                      struct err *err)
{
    int code =
        rules.folder ? promotion_read(arena, rules.folder, 0, sources, count, err) : SOUK_NOT_FOUND;
    if (code != SOUK_NOT_FOUND)
        return code;
    *err = (struct err){0};
    *count = 0;
    return SOUK_OK;
}

/* No files: nothing serves, and no process is needed for that. */
static void publish_nothing(void)
{
    struct err err = {0};
    if (!rules.hash[0])
        return;
    rules.hash[0] = '\0';
    atomic_store(&rules.on_shelves, 0);
    promo_live_publish(NULL);
    promo_live_sweep();
    log_info("promotion.loaded", LOG_I("promotions", 0), LOG_I("offers", 0), LOG_I("files", 0));
    if (rules.kept)
        promotion_keep(rules.kept, NULL, 0);
    if (rules.db && rules.jobs)
        db_write(rules.db, touch, NULL, &err);
    atomic_store(&shelved, 0);
}

/* Under `loading`. */
static int load(struct json **report, struct err *err)
{
    static const struct promo_set none;
    struct arena arena = {0};
    struct script_source *sources = NULL;
    struct promo_live *live = NULL;
    struct json *errors = json_new(&arena, JSON_ARRAY);
    size_t count = 0;
    atomic_store(&rules.loaded, rules.folder ? promotion_stamp(rules.folder) : 0);
    int code = read_files(&arena, &sources, &count, err);
    if (code == SOUK_OK && count)
        code = make_set(sources, count, 1, &live, errors, &arena, err);
    const struct promo_set *set = code != SOUK_OK ? NULL : live ? live->set : &none;
    pthread_mutex_lock(&telling);
    arena_free(&rules.arena);
    rules.report = make_report(&rules.arena, set, errors, err);
    pthread_mutex_unlock(&telling);
    if (code == SOUK_OK && live)
        publish(live, sources, count);
    else if (code == SOUK_OK)
        publish_nothing();
    else
        log_errors(json_at(rules.report, "errors"));
    arena_free(&arena);
    *report = rules.report;
    return code;
}

static void recall(void);

int promotion_reload(struct arena *arena, struct json **report, struct err *err)
{
    struct json *made = NULL;
    pthread_mutex_lock(&loading);
    int code = load(&made, err);
    *report = json_copy(arena, made);
    if (code != SOUK_OK)
        recall(); /* what was switched meanwhile is switched, whatever a file is like */
    pthread_mutex_unlock(&loading);
    if (code == SOUK_OK && rules.jobs && !atomic_load(&shelved))
        promotion_reload_later(); /* the shelves */
    return code;
}

struct json *promotion_report(struct arena *arena)
{
    pthread_mutex_lock(&telling);
    struct json *report = rules.report ? json_copy(arena, rules.report) : NULL;
    pthread_mutex_unlock(&telling);
    return report;
}

/* ---- watching ---- */

static _Atomic int wanted; /* a load is */

/* On a job thread. */
static void work_off(struct work *work)
{
    struct arena arena = {0};
    struct json *report;
    struct err err = {0};
    free(work);
    atomic_store(&waiting, 0);
    if (atomic_exchange(&wanted, 0)) {
        pthread_mutex_lock(&loading);
        load(&report, &err);
        pthread_mutex_unlock(&loading);
    }
    promo_live_sweep();
    write_shelves();
    arena_free(&arena);
}

static void push_work(void)
{
    if (!rules.jobs || atomic_exchange(&waiting, 1))
        return;
    struct work *work = mem_zalloc(sizeof *work);
    work->run = work_off;
    if (worker_push(rules.jobs, work) == SOUK_OK)
        return;
    free(work);
    atomic_store(&waiting, 0); /* the next look tries again */
}

void promotion_reload_later(void)
{
    atomic_store(&wanted, 1);
    push_work();
}

/* Files that were just written are looked at once more first, so that a copy in the making is not
 * loaded by halves. */
void promotion_watch(void)
{
    static uint64_t seen;
    static unsigned turns;
    if (!rules.folder || !rules.jobs)
        return;
    uint64_t stamp = promotion_stamp(rules.folder);
    int steady = stamp == seen;
    seen = stamp;
    int look = atomic_load(&rules.on_shelves) && ++turns % SHELF_TURNS == 0;
    if (steady && stamp != atomic_load(&rules.loaded))
        promotion_reload_later();
    else if (look || promo_live_retired() || !atomic_load(&shelved))
        push_work();
}

/* ---- life ---- */

void promotion_use(struct db *db, struct worker *jobs, const char *kept)
{
    rules.db = db;
    rules.jobs = jobs;
    free(rules.kept);
    rules.kept = kept ? mem_strdup(kept) : NULL;
    promotion_strike_setup(db, jobs);
}

/* Broken files at a start: what served last. */
static void recall(void)
{
    struct arena arena = {0};
    struct script_source *sources = NULL;
    struct promo_live *live = NULL;
    struct err err = {0};
    size_t count = 0;
    if (rules.kept && promotion_kept(&arena, rules.kept, &sources, &count) == SOUK_OK && count &&
        make_set(sources, count, 1, &live, json_new(&arena, JSON_ARRAY), &arena, &err) == SOUK_OK) {
        publish(live, sources, count);
        log_error("promotion.recalled", LOG_I("files", count),
                  LOG_S("hint", "the rules that served last serve on; mend the files"));
    }
    arena_free(&arena);
}

int promotion_open(const char *folder, const char *currency, struct err *err)
{
    struct json *report;
    (void)err;
    struct err why = {0};
    free(rules.folder);
    free(rules.currency);
    rules.folder = folder ? mem_strdup(folder) : NULL;
    rules.currency = mem_strdup(currency);
    pthread_mutex_lock(&loading);
    if (load(&report, &why) != SOUK_OK)
        recall();
    pthread_mutex_unlock(&loading);
    return SOUK_OK;
}

void promotion_close(void)
{
    promo_live_publish(NULL);
    promo_live_sweep();
    if (rules.host)
        script_host_stop(rules.host);
    rules.host = NULL;
    rules.jobs = NULL;
    rules.db = NULL;
    rules.hash[0] = '\0';
    arena_free(&rules.arena);
    rules.report = NULL;
    free(rules.folder);
    free(rules.currency);
    free(rules.kept);
    rules.folder = rules.currency = rules.kept = NULL;
}
