/*
 * ask.c: one request to a plugin's route, without a shop: `souk-host ask PLUGIN.so GET
 * /x/tea/kettle`. The plugin is loaded into a world of its own as for a rule (world.c), so nothing
 * stays; what is printed is the answer's body, and its status when that is no success.
 */
#include "host/host.h"

#include <stdio.h>

/* A JSON body says so by its first sign; all else is a form. */
static struct json *headers_of(struct arena *arena, const char *body)
{
    struct json *headers = json_new(arena, JSON_OBJECT);
    if (body)
        json_add_cstr(arena, headers, "Content-Type",
                      *body == '{' || *body == '[' ? "application/json"
                                                   : "application/x-www-form-urlencoded");
    return headers;
}

static int ask_run(const struct plan *plan, const char *method, const char *path, const char *body)
{
    struct world world = {.plan = plan, .log_fd = 2, .out_fd = 1};
    struct scene scene = {.world = &world};
    struct reply reply = {0};
    struct err err = {0};
    if (world_open(&world, &err) != SOUK_OK) {
        fprintf(stderr, "souk-host: %s\n", err.text);
        return 1;
    }
    struct visit ask = {.method = method,
                        .path = path,
                        .headers = headers_of(&scene.arena, body),
                        .body = souk_str(body)};
    int code = visit(&scene, &ask, &reply);
    if (code != SOUK_OK)
        fprintf(stderr, "souk-host: %s %s leads to none of its routes (%d)\n", method, path,
                reply.status);
    else
        printf("%.*s\n", SOUK_PRI(reply.body));
    if (code == SOUK_OK && reply.status >= 300)
        fprintf(stderr, "souk-host: status %d\n", reply.status);
    fflush(stdout);
    arena_free(&scene.arena);
    world_close(&world);
    return code == SOUK_OK && reply.status < 400 ? 0 : 1;
}

int ask_main(char **argv, const char *scratch)
{
    static const char *const nothing[] = {NULL};
    struct plan plan = {0};
    struct err err = {0};
    if (plan_make(&plan, argv[2], NULL, nothing, scratch, &err) != SOUK_OK) {
        fprintf(stderr, "souk-host: %s\n", err.text);
        return 1;
    }
    int code = ask_run(&plan, argv[3], argv[4], argv[5]);
    run_clean(scratch);
    arena_free(&plan.arena);
    return code;
}
