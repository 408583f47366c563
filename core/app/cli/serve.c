/*
 * serve: `souk serve`, `souk check`, `souk version`: what needs no running shop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/config.h"
#include "app/problem.h"
#include "app/supervisor.h"

static const struct cli_option serve_options[] = {
    {"--config", "FILE", "the configuration (default: souk.lua)"},
    CLI_DATA,
    {"--listen", "ADDR:PORT",
     "where to listen instead of http.listen; port 0 takes a free one; unix:PATH"},
    {"--safe", NULL, "start without any plugin"},
    CLI_END};

/* A first start without a configuration gets the commented one that teaches it. */
static int write_tutorial(struct arena *arena, const char *path)
{
    struct souk_str text = config_tutorial(arena);
    FILE *file = fopen(path, "wx");
    if (!file)
        return SOUK_ERROR;
    size_t written = fwrite(text.ptr, 1, text.len, file);
    int closed = fclose(file);
    fprintf(stderr, "souk serve: wrote %s: read it, it is the manual\n", path);
    return written == text.len && closed == 0 ? SOUK_OK : SOUK_ERROR;
}

static int run_serve(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    int code;
    if (cli_parse(&command_serve, argc, argv, &args, &code))
        return code;
    struct serve_options options = {.config = cli_value(&args, "--config", "souk.lua"),
                                    .data = cli_value(&args, "--data", "data"),
                                    .listen = cli_value(&args, "--listen", NULL),
                                    .safe = cli_given(&args, "--safe")};
    if (!cli_given(&args, "--config") && access(options.config, F_OK) != 0 &&
        write_tutorial(arena, options.config) != SOUK_OK) {
        fprintf(stderr, "souk serve: cannot write %s: %s\n", options.config, strerror(errno));
        return CLI_FAILED;
    }
    return supervisor_run(&options);
}

const struct cli_command command_serve = {
    .name = "serve",
    .usage = "[-c FILE] [--data DIR] [--listen ADDR:PORT] [--safe]",
    .summary = "Serves the shop until SIGTERM; SIGHUP reads the configuration again.",
    .help =
        "Prints one line \"ready http://ADDR:PORT\" when requests are accepted; logs go to standard error.",
    .options = serve_options,
    .run = run_serve};

static const struct cli_option check_options[] = {
    {"--config", "FILE", "the configuration (default: souk.lua)"}, CLI_JSON, CLI_END};

static int run_check(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct config config;
    struct problems problems;
    int code;
    if (cli_parse(&command_check, argc, argv, &args, &code))
        return code;
    if (args.rest_count && cli_given(&args, "--config"))
        return cli_usage(&command_check, "name one file");
    const char *file = args.rest_count ? args.rest[0] : cli_value(&args, "--config", "souk.lua");
    problems_init(&problems, arena, souk_str(file));
    config_load(arena, file, 1, &config, &problems);
    if (cli_given(&args, "--json")) {
        struct json *report = json_new(arena, JSON_OBJECT);
        json_add_bool(arena, report, "ok", problems.count == 0);
        json_add_tree(arena, report, "errors", problem_list(arena, &problems));
        cli_print_json(arena, report);
    } else if (problems.count) {
        problem_print(&problems, stderr);
    } else {
        printf("%s: all is well, %zu plugin%s\n", file, config.plugin_count,
               config.plugin_count == 1 ? "" : "s");
    }
    return problems.count ? CLI_FAILED : CLI_DONE;
}

const struct cli_command command_check = {
    .name = "check",
    .usage = "[[-c] FILE] [--json]",
    .words = 1,
    .summary = "Reads souk.lua and the plugins that it names, and lists everything that is wrong.",
    .options = check_options,
    .run = run_check};

static const struct cli_option version_options[] = {CLI_JSON, CLI_END};

static int run_version(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    int code;
    if (cli_parse(&command_version, argc, argv, &args, &code))
        return code;
    if (!cli_given(&args, "--json")) {
        printf("souk %s (plugin ABI %d.%d)\n", SOUK_VERSION, SOUK_ABI_MAJOR, SOUK_ABI_MINOR);
        return CLI_DONE;
    }
    struct json *report = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, report, "version", SOUK_VERSION);
    json_add_int(arena, report, "abi_major", SOUK_ABI_MAJOR);
    json_add_int(arena, report, "abi_minor", SOUK_ABI_MINOR);
    cli_print_json(arena, report);
    return CLI_DONE;
}

const struct cli_command command_version = {.name = "version",
                                            .usage = "[--json]",
                                            .summary = "Prints the version and the plugin ABI.",
                                            .options = version_options,
                                            .run = run_version};
