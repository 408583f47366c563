/*
 * database: `souk backup`, `souk restore`, `souk verify`: on a running shop over its socket, on a
 * stopped one directly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/cli/control.h"
#include "app/checks.h"
#include "store/verify.h"

static const struct cli_option data_options[] = {CLI_DATA, CLI_JSON, CLI_END};

/* The shop writes the file, and its working folder may be another. */
static struct souk_str absolute(struct arena *arena, const char *file)
{
    char *here = file[0] == '/' ? NULL : getcwd(NULL, 0);
    struct souk_str path = here ? arena_printf(arena, "%s/%s", here, file) : souk_str(file);
    free(here);
    return path;
}

static int report(struct arena *arena, const struct cli_args *args, const char *file,
                  const char *done)
{
    if (cli_given(args, "--json")) {
        struct json *answer = json_new(arena, JSON_OBJECT);
        json_add_cstr(arena, answer, "file", file);
        json_add_cstr(arena, answer, "done", done);
        cli_print_json(arena, answer);
    } else {
        printf("%s: %s\n", file, done);
    }
    return CLI_DONE;
}

static int run_backup(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *answer = NULL;
    int code;
    if (cli_parse(&command_backup, argc, argv, &args, &code))
        return code;
    if (args.rest_count != 1)
        return cli_usage(&command_backup, "name one file");
    const char *data = cli_value(&args, "--data", "data");
    const char *const path[] = {"backup", NULL};
    struct souk_str file = absolute(arena, args.rest[0]);
    struct json *body = json_new(arena, JSON_OBJECT);
    json_add_str(arena, body, "file", file);
    code = control_call(arena, data, "POST", control_path(arena, path), body, &answer, &err);
    if (code == SOUK_UNAVAILABLE) {
        struct db *stopped = NULL;
        err = (struct err){0};
        code = control_open_stopped(data, &stopped, &err);
        if (code == SOUK_OK) {
            code = db_backup(stopped, arena_cstr(arena, file), cli_progress, "backup", &err);
            db_shut(stopped);
        }
    }
    return code == SOUK_OK ? report(arena, &args, args.rest[0], "copied")
                           : cli_fail("backup", &err);
}

const struct cli_command command_backup = {
    .name = "backup",
    .usage = "FILE [--data DIR] [--json]",
    .words = 1,
    .summary = "Writes a consistent copy of the database, also while the shop serves.",
    .help =
        "Pictures (DIR/media) and the files of plugins (DIR/files) are not in it: they are plain files,\n"
        "copied by any tool. A restore leaves both folders as they are.",
    .options = data_options,
    .run = run_backup};

static int run_restore(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    int parsed;
    if (cli_parse(&command_restore, argc, argv, &args, &parsed))
        return parsed;
    if (args.rest_count != 1)
        return cli_usage(&command_restore, "name one file");
    const char *data = cli_value(&args, "--data", "data");
    int code = db_restore(data, args.rest[0], &err);
    return code == SOUK_OK ? report(arena, &args, args.rest[0], "restored")
                           : cli_fail("restore", &err);
}

const struct cli_command command_restore = {
    .name = "restore",
    .usage = "FILE [--data DIR] [--json]",
    .words = 1,
    .summary = "Puts a copy in place of a stopped shop's database; the old one is kept beside it.",
    .options = data_options,
    .run = run_restore};

static void print_checks(const struct json *checks)
{
    json_each(item, checks)
    {
        struct buf rows = {0};
        int ok = json_true(json_at(&item->value, "ok"));
        printf("%-10.*s %-6s %.*s", SOUK_PRI(json_text(json_at(&item->value, "id"))),
               ok ? "ok" : "BROKEN", SOUK_PRI(json_text(json_at(&item->value, "rule"))));
        if (!ok) {
            json_print(&rows, json_at(&item->value, "rows"));
            printf(" %.*s", (int)rows.len, rows.ptr);
        }
        putchar('\n');
        buf_free(&rows);
    }
}

static int run_verify(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *answer = NULL;
    const char *const path[] = {"verify", NULL};
    int code;
    if (cli_parse(&command_verify, argc, argv, &args, &code))
        return code;
    const char *data = cli_value(&args, "--data", "data");
    code = control_call(arena, data, "GET", control_path(arena, path), NULL, &answer, &err);
    if (code == SOUK_UNAVAILABLE) {
        struct db *stopped = NULL;
        err = (struct err){0};
        code = control_open_stopped(data, &stopped, &err);
        if (code == SOUK_OK) {
            checks_setup(); /* the checks that a running shop adds */
            answer = verify_run(stopped, arena);
            db_shut(stopped);
        }
    }
    if (code != SOUK_OK)
        return cli_fail("verify", &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, answer);
    else
        print_checks(json_at(answer, "checks"));
    return json_true(json_at(answer, "ok")) ? CLI_DONE : CLI_FAILED;
}

const struct cli_command command_verify = {
    .name = "verify",
    .usage = "[--data DIR] [--json]",
    .summary =
        "Checks the database and the invariants of what stands in it, and names each broken row.",
    .options = data_options,
    .run = run_verify};
