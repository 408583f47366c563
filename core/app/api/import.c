/*
 * import: imports and exports of a running shop. An import is work for a job thread, one at a time:
 * it takes as long as it takes, and the task threads have other work. The caller is given its
 * number and asks how it stands. A shop that stops cancels it; given again, it goes on.
 *
 * Files are named by path, so that only the command on the same machine may ask, over the control
 * socket: a token must not read or write files of the server.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/api/route.h"
#include "app/media.h"
#include "app/shop_state.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/import.h"

#define LIST_MAX 50

struct api_import {
    struct work work;
    struct arena arena; /* of its options */
    struct import_options options;
    const char *rejects;
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

static struct api_import current = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                                    .cond = PTHREAD_COND_INITIALIZER};

/* ---- its thread ---- */

static void note_started(void *user, int64_t id)
{
    struct api_import *import = user;
    pthread_mutex_lock(&import->mutex);
    import->id = id;
    pthread_cond_broadcast(&import->cond);
    pthread_mutex_unlock(&import->mutex);
}

static void note_progress(void *user, int64_t done, int64_t total)
{
    struct api_import *import = user;
    pthread_mutex_lock(&import->mutex);
    import->done = total ? done * 1000 / total : 0;
    pthread_mutex_unlock(&import->mutex);
}

static int is_cancelled(void *user)
{
    struct api_import *import = user;
    return atomic_load(&import->cancel) || atomic_load(&shop_current()->recycle) ||
           atomic_load(&shop_current()->board->orderly);
}

static int write_rejects(struct api_import *import, struct err *err)
{
    FILE *out = fopen(import->rejects, "we");
    if (!out)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %s", import->rejects,
                       strerror(errno));
    int code = import_rejects(import->db, import->id, out, err);
    fclose(out);
    return code;
}

static void import_main(struct work *work)
{
    struct api_import *import = (struct api_import *)work;
    struct arena arena = {0};
    const struct json *report;
    struct err err = {0};
    int code = media_beside(import->db, import->options.format, import->options.file, &err);
    if (code == SOUK_OK)
        code = import_run(import->db, &arena, &import->options, &report, &err);
    if (code == SOUK_OK && import->rejects)
        code = write_rejects(import, &err);
    log_info("import.done", LOG_S("file", import->options.file),
             LOG_S("result", code ? err.text : "done"));
    arena_free(&arena);
    pthread_mutex_lock(&import->mutex);
    import->code = code;
    import->err = err;
    import->running = 0;
    import->over = 1;
    pthread_cond_broadcast(&import->cond);
    pthread_mutex_unlock(&import->mutex);
}

/* ---- starting ---- */

static const char *option_of(struct arena *arena, const struct json *body, const char *name)
{
    struct souk_str text = json_text(json_at(body, name));
    return text.len ? arena_cstr(arena, text) : NULL;
}

/* Under the mutex. */
static void take_options(struct api_import *import, const struct json *body)
{
    struct arena *arena = &import->arena;
    arena_reset(arena);
    import->options = (struct import_options){.format = option_of(arena, body, "format"),
                                              .file = option_of(arena, body, "file"),
                                              .map = option_of(arena, body, "map"),
                                              .save_map = option_of(arena, body, "save_map"),
                                              .clear = option_of(arena, body, "clear"),
                                              .locale = option_of(arena, body, "locale"),
                                              .dry_run = json_true(json_at(body, "dry_run")),
                                              .started = note_started,
                                              .progress = note_progress,
                                              .cancelled = is_cancelled,
                                              .user = import};
    import->rejects = option_of(arena, body, "rejects");
    import->db = shop_current()->db;
    import->id = import->done = 0;
    import->over = 0;
    import->err = (struct err){0};
    atomic_store(&import->cancel, 0);
}

static int start(const struct json *body, int64_t *id, struct err *err)
{
    int code = SOUK_OK;
    pthread_mutex_lock(&current.mutex);
    if (current.running)
        code = err_set(err, SOUK_CONFLICT, "an import of %s is running; wait for it, or cancel it",
                       current.options.file);
    if (code == SOUK_OK) {
        take_options(&current, body);
        current.work.run = import_main;
        current.running = 1;
        if (worker_push(shop_current()->jobs, &current.work) != SOUK_OK) {
            current.running = 0;
            code = err_set(err, SOUK_BUSY, "the shop has too much to do; try again in a moment");
        }
    }
    if (code == SOUK_OK) {
        while (!current.id && current.running)
            pthread_cond_wait(&current.cond, &current.mutex);
        *id = current.id;
        if (!current.running && !current.id)
            code = err_set(err, current.code ? current.code : SOUK_ERROR, "%s", current.err.text);
    }
    pthread_mutex_unlock(&current.mutex);
    return code;
}

static int is_local(struct request *request)
{
    struct err err = {0};
    if (request->control)
        return 1;
    err_set(&err, SOUK_DENIED, "this names files of the server; use the souk command there");
    answer_error(request, &err);
    return 0;
}

int import_start(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    const struct json *body;
    int64_t id = 0;
    if (!is_local(request))
        return SOUK_OK;
    int code = request_json(request, &body, &err);
    struct souk_str file = code == SOUK_OK ? json_text(json_at(body, "file")) : STR_NULL;
    if (code == SOUK_OK && (!file.len || file.ptr[0] != '/'))
        code = err_set(&err, SOUK_INVALID, "\"file\" must be an absolute path");
    if (code == SOUK_OK)
        code = start(body, &id, &err);
    if (code != SOUK_OK) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    struct json *answer = json_new(&request->arena, JSON_OBJECT);
    json_add_str(&request->arena, answer, "id",
                 arena_printf(&request->arena, "%lld", (long long)id));
    answer_json(request, 202, answer);
    return SOUK_OK;
}

/* ---- how it stands ---- */

/* The database is told that a run is done before its last sweep and the file of refused rows: while
 * the thread is at it, it still works. */
static void add_life(struct request *request, int64_t id, struct json *run)
{
    struct arena *arena = &request->arena;
    pthread_mutex_lock(&current.mutex);
    if (current.id == id && current.running) {
        json_add_cstr(arena, run, "state", "working");
        json_add_int(arena, run, "done", current.done);
    } else if (current.id == id && current.over && current.code != SOUK_OK) {
        json_add_cstr(arena, run, "state", "failed");
        json_add_str(arena, run, "error", arena_str(arena, souk_str(current.err.text)));
    }
    pthread_mutex_unlock(&current.mutex);
}

int import_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct json *run = NULL;
    int64_t id = 0;
    if (str_to_int(request_param(request, "id"), &id) != SOUK_OK ||
        import_look(request_conn(request), &request->arena, id, &run) != SOUK_OK) {
        err_set(&err, SOUK_NOT_FOUND, "there is no such import");
        answer_error(request, &err);
        return SOUK_OK;
    }
    add_life(request, id, run);
    answer_json(request, 200, run);
    return SOUK_OK;
}

int import_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *list = json_new(&request->arena, JSON_OBJECT);
    struct json *items = json_add(&request->arena, list, "items", JSON_ARRAY);
    int code = import_list_runs(request_conn(request), &request->arena, LIST_MAX, items);
    if (code != SOUK_OK)
        return code;
    json_add_null(&request->arena, list, "next");
    answer_json(request, 200, list);
    return SOUK_OK;
}

int import_cancel(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    int64_t id = 0;
    int found;
    str_to_int(request_param(request, "id"), &id);
    pthread_mutex_lock(&current.mutex);
    found = current.running && current.id == id;
    if (found)
        atomic_store(&current.cancel, 1);
    pthread_mutex_unlock(&current.mutex);
    if (!found) {
        err_set(&err, SOUK_NOT_FOUND, "no such import is running");
        answer_error(request, &err);
        return SOUK_OK;
    }
    struct json *answer = json_new(&request->arena, JSON_OBJECT);
    json_add_cstr(&request->arena, answer, "done", "cancel");
    answer_json(request, 202, answer);
    return SOUK_OK;
}

/* ---- export ---- */

int export_start(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    const struct json *body;
    struct shop *shop = shop_current();
    char *real = realpath(shop->start->data, NULL);
    struct souk_str file = arena_printf(&request->arena, "%s/run/export-%lld",
                                        real ? real : shop->start->data, (long long)id_next());
    FILE *out = NULL;
    free(real);
    if (!is_local(request))
        return SOUK_OK;
    int code = request_json(request, &body, &err);
    if (code == SOUK_OK && !(out = fopen(file.ptr, "wxe")))
        code =
            err_set(&err, SOUK_UNAVAILABLE, "%s cannot be written: %s", file.ptr, strerror(errno));
    if (code == SOUK_OK)
        code = export_run(shop->db, arena_cstr(&request->arena, json_text(json_at(body, "format"))),
                          out, NULL, NULL, &err);
    if (out && fclose(out) != 0 && code == SOUK_OK)
        code =
            err_set(&err, SOUK_UNAVAILABLE, "%s cannot be written: %s", file.ptr, strerror(errno));
    if (code != SOUK_OK) {
        if (out)
            unlink(file.ptr);
        answer_error(request, &err);
        return SOUK_OK;
    }
    struct json *answer = json_new(&request->arena, JSON_OBJECT);
    json_add_str(&request->arena, answer, "file", file);
    answer_json(request, 200, answer);
    return SOUK_OK;
}
