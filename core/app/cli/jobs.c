/*
 * jobs: `souk jobs`: what waits, runs or is dead; try again, drop.
 */
#include <stdio.h>
#include <string.h>

#include "app/cli/cli.h"
#include "app/cli/control.h"

static const struct cli_option jobs_options[] = {
    CLI_DATA, {"--state", "STATE", "waiting, running or dead only"}, CLI_JSON, CLI_END};

static int list_jobs(struct arena *arena, const struct cli_args *args, const char *data)
{
    struct err err = {0};
    const struct json *answer = NULL;
    struct souk_str path = souk_str("/api/v1/admin/jobs");
    if (cli_given(args, "--state"))
        path = arena_printf(arena, "%.*s?state=%s", SOUK_PRI(path), cli_value(args, "--state", ""));
    if (control_call(arena, data, "GET", path, NULL, &answer, &err) != SOUK_OK)
        return cli_fail("jobs", &err);
    if (cli_given(args, "--json")) {
        cli_print_json(arena, answer);
        return CLI_DONE;
    }
    json_each(item, json_at(answer, "items"))
        printf("%-20lld %-8.*s %-32.*s %2lld tries  %.*s\n",
               (long long)json_int(json_at(&item->value, "id"), 0),
               SOUK_PRI(json_text(json_at(&item->value, "state"))),
               SOUK_PRI(json_text(json_at(&item->value, "kind"))),
               (long long)json_int(json_at(&item->value, "attempts"), 0),
               SOUK_PRI(json_text(json_at(&item->value, "last_error"))));
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
    if (!args.rest_count || strcmp(args.rest[0], "list") == 0)
        return list_jobs(arena, &args, data);
    if (args.rest_count != 2)
        return cli_usage(&command_jobs, "say list, retry ID or cancel ID");
    const char *const path[] = {"jobs", args.rest[1], args.rest[0], NULL};
    if (control_call(arena, data, "POST", control_path(arena, path), NULL, &answer, &err) !=
        SOUK_OK)
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
    .summary = "Shows jobs and deliveries; tries a dead one again.",
    .options = jobs_options,
    .run = run_jobs};
