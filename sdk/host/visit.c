/*
 * visit.c: a request to one of the plugin's routes without a server around it: found by the router
 * of the pinned set and run by the bridge in its kind, as core/web/server_dispatch.c does it: READ
 * in a snapshot, WRITE in a write, TASK with the write step that it leaves.
 *
 * It has no session and no cache, and it waits for the write; sessions and origin rules are the web
 * floor's own affair.
 */
#include "host/host.h"

#include <stdio.h>
#include "store/db.h"
#include "web/answer.h"
#include "web/form.h"
#include "web/router.h"
#include "web/server.h"

#define SPAN (5 * CLOCK_SECOND)

static void fill(struct scene *scene, struct request *request, const struct visit *ask)
{
    ptrdiff_t mark = str_find(souk_str(ask->path), '?');
    struct arena *arena = &request->arena;
    request->method = arena_str(arena, souk_str(ask->method ? ask->method : "GET"));
    request->target = arena_str(arena, souk_str(ask->path));
    request->path = mark < 0 ? request->target : str_make(request->target.ptr, (size_t)mark);
    request->query_text = mark < 0 ? souk_str("") : str_from(request->target, (size_t)mark + 1);
    request->local_path = request->path;
    request->locale = "en";
    request->db = scene->world->db;
    request->now = clock_now();
    request->started = clock_mono();
    request->deadline = request->started + SPAN;
    snprintf(request->address, sizeof request->address, "203.0.113.9");
    snprintf(request->id, sizeof request->id, "host-%lld", (long long)scene_id(scene));
    json_each(header, ask->headers)
        header_list_add(arena, &request->headers, arena_str(arena, header->key),
                        arena_str(arena, json_text(&header->value)));
    request->body.arena = arena;
    buf_add(&request->body, ask->body.ptr ? ask->body.ptr : "", ask->body.len);
}

static int run_write(struct db_conn *conn, void *arg)
{
    struct request *request = arg;
    answer_reset(request);
    request->conn = conn;
    int code = request->route->handle(request, request->route);
    request->conn = NULL;
    return code;
}

static int run_then(struct db_conn *conn, void *arg)
{
    struct request *request = arg;
    request->conn = conn;
    int code = request->then_fn(conn, request->then_arg);
    request->conn = NULL;
    return code;
}

static int run(struct request *request)
{
    int kind = request->route->kind;
    if (kind == SOUK_WRITE)
        return db_write(request->db, run_write, request, NULL);
    if (kind == SOUK_READ)
        request_conn(request);
    int code = request->route->handle(request, request->route);
    request_conn_end(request);
    if (kind == SOUK_TASK && code == SOUK_OK && request->then_fn)
        code = db_write(request->db, run_then, request, NULL);
    return code;
}

static void settle(struct request *request, int code)
{
    struct err err = {.code = code ? code : SOUK_ERROR};
    if (request->answer.status && (code == 0 || request->answer.status >= 400))
        return;
    answer_reset(request);
    answer_error(request, &err);
}

int visit(struct scene *scene, const struct visit *ask, struct reply *reply)
{
    struct request request = {0};
    struct souk_str allow;
    int status = 0;
    fill(scene, &request, ask);
    struct web_site *site = site_pin(NULL, &request.ticket);
    request.site = site;
    request.pinned = 1;
    request.route = router_find(site->router, &request.arena, request.method, request.path,
                                request.params, &status, &allow);
    *reply = (struct reply){.status = status};
    if (request.route) {
        request.body_limit = request.route->body_limit;
        settle(&request, run(&request));
        request_conn_end(&request);
        *reply =
            (struct reply){request.answer.status, arena_str(&scene->arena, request.answer.type),
                           arena_str(&scene->arena, request.answer.body)};
    }
    site_unpin(NULL, request.ticket);
    int found = request.route != NULL;
    if (scene->mode == MODE_POISON)
        arena_scribble(&request.arena);
    else
        arena_free(&request.arena);
    return found ? SOUK_OK : SOUK_NOT_FOUND;
}
