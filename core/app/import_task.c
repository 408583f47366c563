/*
 * import_task.c: one run at a time, on a job thread: it takes as long as it takes, and the task
 * threads have other work. The asker is given its number and looks how it stands.
 *
 * What is here is about the run of this process; the database knows all others. Options are copied
 * into an arena of the run, which the next run takes over under the mutex.
 */
#include "app/import_task.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/media.h"
#include "app/shop_state.h"
#include "base/log.h"
#include "base/str.h"

#define WAIT_START 60 /* seconds for a job thread to be free */

struct import_task {
    struct work work;
    struct arena arena; /* of its options */
    struct import_options options;
    const char *rejects;
    int uploaded;
    struct db *db;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int64_t id;        /* 0: not known yet */
    int64_t done;      /* thousandths */
    int running, over; /* over: it has ended, and what follows holds */
    int code;
    struct err err;
    _Atomic int cancel;
};

static struct import_task current = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                                     .cond = PTHREAD_COND_INITIALIZER};

/* ---- its thread ---- */

static void note_started(void *user, int64_t id)
{
    struct import_task *task = user;
    pthread_mutex_lock(&task->mutex);
    task->id = id;
    pthread_cond_broadcast(&task->cond);
    pthread_mutex_unlock(&task->mutex);
}

static void note_progress(void *user, int64_t done, int64_t total)
{
    struct import_task *task = user;
    pthread_mutex_lock(&task->mutex);
    task->done = total ? done * 1000 / total : 0;
    pthread_mutex_unlock(&task->mutex);
}

static int is_cancelled(void *user)
{
    struct import_task *task = user;
    return atomic_load(&task->cancel) || atomic_load(&shop_current()->recycle) ||
           atomic_load(&shop_current()->board->orderly);
}

static int write_rejects(struct import_task *task, struct err *err)
{
    FILE *out = fopen(task->rejects, "we");
    if (!out)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %s", task->rejects,
                       strerror(errno));
    int code = import_rejects(task->db, task->id, out, err);
    if (fclose(out) != 0 && code == SOUK_OK)
        code = err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %s", task->rejects,
                       strerror(errno));
    return code;
}

static void import_main(struct work *work)
{
    struct import_task *task = (struct import_task *)work;
    struct arena arena = {0};
    const struct json *report;
    struct err err = {0};
    int code = SOUK_OK;
    if (!task->uploaded)
        code = media_beside(task->db, task->options.format, task->options.file, &err);
    if (code == SOUK_OK)
        code = import_run(task->db, &arena, &task->options, &report, &err);
    if (code == SOUK_OK && !task->options.dry_run)
        jobs_plan(shop_current()); /* its pictures */
    if (code == SOUK_OK && task->rejects)
        code = write_rejects(task, &err);
    if (code == SOUK_OK && task->uploaded && !task->options.dry_run)
        unlink(task->options.file);
    log_info("import.done", LOG_S("file", task->options.file),
             LOG_S("result", code ? err.text : "done"));
    arena_free(&arena);
    pthread_mutex_lock(&task->mutex);
    task->code = code;
    task->err = err;
    task->running = 0;
    task->over = 1;
    pthread_cond_broadcast(&task->cond);
    pthread_mutex_unlock(&task->mutex);
}

/* ---- starting ---- */

static const char *kept(struct arena *arena, const char *text)
{
    return text ? arena_cstr(arena, souk_str(text)) : NULL;
}

/* Under the mutex. */
static void take_options(struct import_task *task, const struct import_ask *ask)
{
    struct arena *arena = &task->arena;
    arena_reset(arena);
    task->options = (struct import_options){.format = kept(arena, ask->format),
                                            .file = kept(arena, ask->file),
                                            .map = kept(arena, ask->map),
                                            .save_map = kept(arena, ask->save_map),
                                            .clear = kept(arena, ask->clear),
                                            .locale = kept(arena, ask->locale),
                                            .dry_run = ask->dry_run,
                                            .started = note_started,
                                            .progress = note_progress,
                                            .cancelled = is_cancelled,
                                            .user = task};
    task->rejects = kept(arena, ask->rejects);
    task->uploaded = ask->uploaded;
    task->db = shop_current()->db;
    task->work.run = import_main;
    task->id = task->done = 0;
    task->over = 0;
    task->code = SOUK_OK;
    task->err = (struct err){0};
    atomic_store(&task->cancel, 0);
}

/* Under the mutex: until the run has a number or has ended. */
static int wait_started(struct import_task *task, int64_t *id, struct err *err)
{
    struct timespec until;
    int waited = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_START;
    while (!task->id && task->running && waited == 0)
        waited = pthread_cond_timedwait(&task->cond, &task->mutex, &until);
    *id = task->id;
    if (task->id)
        return SOUK_OK;
    if (task->running)
        return err_set(err, SOUK_BUSY,
                       "the import waits for its turn; look at the list of imports");
    return err_set(err, task->code ? task->code : SOUK_ERROR, "%s", task->err.text);
}

int import_task_start(const struct import_ask *ask, int64_t *id, struct err *err)
{
    struct import_task *task = &current;
    int code = SOUK_OK;
    *id = 0;
    pthread_mutex_lock(&task->mutex);
    if (task->running) {
        code = err_set(err, SOUK_CONFLICT, "an import of %s is running; wait for it, or cancel it",
                       task->options.file);
    } else {
        take_options(task, ask);
        task->running = 1;
        if (worker_push(shop_current()->jobs, &task->work) != SOUK_OK) {
            task->running = 0;
            code = err_set(err, SOUK_BUSY, "the shop has too much to do; try again in a moment");
        }
    }
    if (code == SOUK_OK)
        code = wait_started(task, id, err);
    pthread_mutex_unlock(&task->mutex);
    return code;
}

/* ---- how it stands ---- */

static int works(struct souk_str state)
{
    return souk_str_is(state, "reading") || souk_str_is(state, "working");
}

/* The database is told that a run is done before its last sweep and the file of refused rows: while
 * the thread is at it, it still works. */
static void add_life(struct arena *arena, int64_t id, struct json *run)
{
    struct import_task *task = &current;
    pthread_mutex_lock(&task->mutex);
    if (task->id == id && task->running) {
        json_add_cstr(arena, run, "state", "working");
        json_add_int(arena, run, "done", task->done);
    } else if (task->id == id && task->over && task->code != SOUK_OK) {
        if (!souk_str_is(json_text(json_at(run, "state")), "cancelled"))
            json_add_cstr(arena, run, "state", "failed");
        json_add_str(arena, run, "error", arena_str(arena, souk_str(task->err.text)));
    } else if (task->id == id && task->over && works(json_text(json_at(run, "state")))) {
        json_add_cstr(arena, run, "state", "working"); /* ended after what was read of it */
    } else if (works(json_text(json_at(run, "state")))) {
        json_add_cstr(arena, run, "state", "cancelled");
        json_add_cstr(arena, run, "error",
                      "the shop was stopped meanwhile; start it again to go on");
    }
    pthread_mutex_unlock(&task->mutex);
}

int import_task_look(struct db_conn *conn, struct arena *arena, int64_t id, struct json **run)
{
    int code = import_look(conn, arena, id, run);
    if (code == SOUK_OK)
        add_life(arena, id, *run);
    return code;
}

int import_task_list(struct db_conn *conn, struct arena *arena, int limit, struct json *items)
{
    int code = import_list_runs(conn, arena, limit, items);
    for (struct json_item *item = items->first; code == SOUK_OK && item; item = item->next) {
        int64_t id = 0;
        str_to_int(json_text(json_at(&item->value, "id")), &id);
        add_life(arena, id, &item->value);
    }
    return code;
}

int import_task_cancel(int64_t id, struct err *err)
{
    struct import_task *task = &current;
    pthread_mutex_lock(&task->mutex);
    int found = task->running && task->id == id;
    if (found)
        atomic_store(&task->cancel, 1);
    pthread_mutex_unlock(&task->mutex);
    return found ? SOUK_OK : err_set(err, SOUK_NOT_FOUND, "no such import is running");
}
