/*
 * script: `souk script run FILE`: runs a chunk of Lua where rules run, and says what came of it.
 * With
 * --data on a running shop it is that shop's own script host that runs it; else one is started for
 * it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/cli/cli.h"
#include "app/cli/control.h"
#include "app/script.h"
#include "base/str.h"

#define FILE_MOST (1u << 20) /* what is too large for a script is told by the host */

static const struct cli_option script_options[] = {
    {"--data", "DIR", "run it inside of the shop that runs on this data directory"},
    CLI_JSON,
    CLI_END};

static int read_script(struct arena *arena, const char *name, struct script_source *source,
                       struct err *err)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    if (!file)
        return err_set(err, SOUK_NOT_FOUND, "%s cannot be read: %s", name, strerror(errno));
    char *text = arena_alloc(arena, FILE_MOST);
    size_t len = fread(text, 1, FILE_MOST, file);
    int code = ferror(file)
                   ? err_set(err, SOUK_UNAVAILABLE, "%s cannot be read: %s", name, strerror(errno))
                   : SOUK_OK;
    if (file != stdin)
        fclose(file);
    const char *slash = strrchr(name, '/');
    source->path = souk_str(slash ? slash + 1 : name);
    source->text = str_make(text, len);
    return code;
}

static int run_there(struct arena *arena, const char *data, const struct script_source *source,
                     const struct json **outcome, struct err *err)
{
    struct json *body = json_new(arena, JSON_OBJECT);
    json_add_str(arena, body, "name", source->path);
    json_add_str(arena, body, "source", source->text);
    return control_call(arena, data, "POST", souk_str("/api/v1/admin/scripts/run"), body, outcome,
                        err);
}

static int run_here(struct arena *arena, const struct script_source *source,
                    const struct json **outcome, struct err *err)
{
    struct script_options options = {.currency = "EUR"};
    struct script_host *host;
    int code = script_host_start(&host, &options, err);
    if (code != SOUK_OK)
        return code;
    *outcome = script_try(host, arena, source);
    script_host_stop(host);
    return code;
}

static int run_script(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    struct script_source source;
    const struct json *outcome = NULL;
    int code;
    if (cli_parse(&command_script, argc, argv, &args, &code))
        return code;
    if (args.rest_count != 2 || strcmp(args.rest[0], "run") != 0)
        return cli_usage(&command_script, "say what to run: run FILE");
    const char *data = cli_value(&args, "--data", NULL);
    code = read_script(arena, args.rest[1], &source, &err);
    if (code != SOUK_OK)
        return cli_fail("script", &err);
    /* what is no text cannot be sent, and needs no shop to be refused */
    code = data && !script_refusal(source.text) ? run_there(arena, data, &source, &outcome, &err)
                                                : SOUK_UNAVAILABLE;
    if (code == SOUK_UNAVAILABLE)
        code = run_here(arena, &source, &outcome, &err);
    if (code != SOUK_OK)
        return cli_fail("script", &err);
    struct souk_str said = json_text(json_at(outcome, "outcome"));
    if (cli_given(&args, "--json"))
        cli_print_json(arena, outcome);
    else
        printf("%.*s %.*s%.*s\n", SOUK_PRI(said), SOUK_PRI(json_text(json_at(outcome, "value"))),
               SOUK_PRI(json_text(json_at(outcome, "message"))));
    return souk_str_is(said, "ok") ? CLI_DONE : CLI_FAILED;
}

const struct cli_command command_script = {
    .name = "script",
    .usage = "run FILE [--data DIR] [--json]",
    .summary = "Runs a piece of Lua where rules run, and says what came of it.",
    .help =
        "What it prints with --json: {\"outcome\": \"ok\" | \"denied\" | \"budget\" | \"memory\" |\n"
        "\"killed\", \"value\": what it returned, \"message\"}.",
    .words = 2,
    .options = script_options,
    .run = run_script};
