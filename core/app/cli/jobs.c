/*
 * jobs: `souk jobs`: what waits, runs or is dead; try again, drop.
 */
#include <stdio.h>
#include <string.h>

#include "app/cli/cli.h"
#include "app/cli/control.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/job.h"

#define LIST_MOST 200

static const struct cli_option jobs_options[] = {
    CLI_DATA, {"--state", "STATE", "waiting, running or dead only"}, CLI_JSON, CLI_END};

/* ---- a stopped shop ---- */

static int list_stopped(struct arena *arena, const char *data, struct souk_str state,
                        const struct json **answer, struct err *err)
{
    struct db *db = NULL;
    struct json *list = json_new(arena, JSON_OBJECT);
    int code = control_open_stopped(data, &db, err);
    if (code != SOUK_OK)
        return code;
    struct db_conn *conn = db_read_begin(db, 0);
    code = job_list(conn, arena, state, LIST_MOST, json_add(arena, list, "items", JSON_ARRAY));
    if (code != SOUK_OK)
        err_set(err, code, "%s", db_error(conn));
    db_read_end(conn);
    db_thread_end(db);
    db_shut(db);
    json_add_null(arena, list, "next");
    *answer = list;
    return code;
}

static int step_stopped(struct arena *arena, const char *data, const char *step, int64_t id,
                        const struct json **answer, struct err *err)
{
    struct db *db = NULL;
    struct json *done = json_new(arena, JSON_OBJECT);
    int code = control_open_stopped(data, &db, err);
    if (code != SOUK_OK)
        return code;
    code =
        strcmp(step, "retry") == 0 ? job_retry(db, id, clock_now(), err) : job_cancel(db, id, err);
    db_shut(db);
    json_add_int(arena, done, "id", id);
    json_add_cstr(arena, done, "done", step);
    *answer = done;
    return code;
}

/* ---- the command ---- */

static int list_jobs(struct arena *arena, const struct cli_args *args, const char *data)
{
    struct err err = {0};
    const struct json *answer = NULL;
    struct souk_str state = souk_str(cli_value(args, "--state", ""));
    struct souk_str path = arena_printf(arena, "/api/v1/admin/jobs?state=%.*s", SOUK_PRI(state));
    if (state.len && !souk_str_is(state, "waiting") && !souk_str_is(state, "running") &&
        !souk_str_is(state, "dead"))
        return cli_usage(&command_jobs, "there are waiting, running and dead");
    int code = control_call(arena, data, "GET", path, NULL, &answer, &err);
    if (code == SOUK_UNAVAILABLE) {
        err = (struct err){0};
        code = list_stopped(arena, data, state, &answer, &err);
    }
    if (code != SOUK_OK)
        return cli_fail("jobs", &err);
    if (cli_given(args, "--json")) {
        cli_print_json(arena, answer);
        return CLI_DONE;
    }
    json_each(item, json_at(answer, "items"))
        printf("%-20.*s %-8.*s %-32.*s %2lld tries  %.*s\n",
               SOUK_PRI(json_text(json_at(&item->value, "id"))),
               SOUK_PRI(json_text(json_at(&item->value, "state"))),
               SOUK_PRI(json_text(json_at(&item->value, "kind"))),
               (long long)json_int(json_at(&item->value, "attempt"), 0),
               SOUK_PRI(json_text(json_at(&item->value, "why"))));
    return CLI_DONE;
}

static int run_jobs(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *answer = NULL;
    int code;
    if (cli_parse(&command_jobs, argc, argv, &args, &code))
        return code;
    const char *data = cli_value(&args, "--data", "data");
    if (!args.rest_count || (args.rest_count == 1 && strcmp(args.rest[0], "list") == 0))
        return list_jobs(arena, &args, data);
    const char *step = args.rest[0];
    int64_t id = 0;
    if (args.rest_count != 2 || (strcmp(step, "retry") != 0 && strcmp(step, "cancel") != 0))
        return cli_usage(&command_jobs, "say list, retry ID or cancel ID");
    if (str_to_int(souk_str(args.rest[1]), &id) != SOUK_OK)
        return cli_usage(&command_jobs, "a job is named by its number; see souk jobs");
    const char *const path[] = {"jobs", args.rest[1], step, NULL};
    code = control_call(arena, data, "POST", control_path(arena, path), NULL, &answer, &err);
    if (code == SOUK_UNAVAILABLE) {
        err = (struct err){0};
        code = step_stopped(arena, data, step, id, &answer, &err);
    }
    if (code != SOUK_OK)
        return cli_fail("jobs", &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, answer);
    else
        printf("%s: %s done\n", args.rest[1], args.rest[0]);
    return CLI_DONE;
}

const struct cli_command command_jobs = {
    .name = "jobs",
    .usage = "[list|retry ID|cancel ID] [--state STATE] [--data DIR] [--json]",
    .words = 2,
    .summary = "Shows jobs and deliveries; tries a dead one again.",
    .options = jobs_options,
    .run = run_jobs};
