/*
 * import: imports and exports of a running shop over the control socket. What runs is in
 * app/import_task.h: the caller is given the number of the run and asks how it stands.
 *
 * Files are named by path, so that only the command on the same machine may ask, over the control
 * socket: a token must not read or write files of the server.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/api/route.h"
#include "app/import_task.h"
#include "app/shop_state.h"
#include "base/rand.h"
#include "base/str.h"

#define LIST_MAX 50

/* ---- starting ---- */

static const char *option_of(struct arena *arena, const struct json *body, const char *name)
{
    struct souk_str text = json_text(json_at(body, name));
    return text.len ? arena_cstr(arena, text) : NULL;
}

static int start(struct arena *arena, const struct json *body, int64_t *id, struct err *err)
{
    struct import_ask ask = {.format = option_of(arena, body, "format"),
                             .file = option_of(arena, body, "file"),
                             .map = option_of(arena, body, "map"),
                             .save_map = option_of(arena, body, "save_map"),
                             .clear = option_of(arena, body, "clear"),
                             .locale = option_of(arena, body, "locale"),
                             .rejects = option_of(arena, body, "rejects"),
                             .dry_run = json_true(json_at(body, "dry_run"))};
    return import_task_start(&ask, id, err);
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
        code = start(&request->arena, body, &id, &err);
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

int import_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct json *run = NULL;
    int64_t id = 0;
    if (str_to_int(request_param(request, "id"), &id) != SOUK_OK ||
        import_task_look(request_conn(request), &request->arena, id, &run) != SOUK_OK) {
        err_set(&err, SOUK_NOT_FOUND, "there is no such import");
        answer_error(request, &err);
        return SOUK_OK;
    }
    answer_json(request, 200, run);
    return SOUK_OK;
}

int import_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    int code = import_task_list(request_conn(request), &request->arena, LIST_MAX, items);
    return code ? code : api_answer_items(request, items, STR_NULL);
}

int import_cancel(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    int64_t id = 0;
    str_to_int(request_param(request, "id"), &id);
    if (import_task_cancel(id, &err) != SOUK_OK) {
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
