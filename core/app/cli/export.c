/*
 * export: `souk export`: all products on standard output. A running shop writes a file in its data
 * directory, which is copied from there and removed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/cli/control.h"
#include "app/cli/market.h"
#include "base/str.h"
#include "shop/import.h"

static const struct cli_option export_options[] = {
    CLI_DATA,
    {"--format", "FORMAT", "woocommerce, shopify, csv or souk (default)"},
    CLI_CONFIG,
    CLI_END};

static void show(void *user, int64_t done, int64_t total)
{
    (void)user;
    cli_progress("export", done, total);
}

static int copy_out(const char *path, struct err *err)
{
    char block[65536];
    size_t len;
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be read: %s", path, strerror(errno));
    while ((len = fread(block, 1, sizeof block, file)) > 0 && fwrite(block, 1, len, stdout) == len)
        ;
    int failed = ferror(file) || fflush(stdout) != 0 || ferror(stdout);
    fclose(file);
    return failed
               ? err_set(err, SOUK_UNAVAILABLE, "the export cannot be written: %s", strerror(errno))
               : SOUK_OK;
}

static int export_running(struct arena *arena, const char *data, const char *format,
                          struct err *err)
{
    const char *const path[] = {"exports", NULL};
    const struct json *answer = NULL;
    struct json *body = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, body, "format", format);
    int code = control_call(arena, data, "POST", control_path(arena, path), body, &answer, err);
    if (code != SOUK_OK)
        return code;
    const char *file = arena_cstr(arena, json_text(json_at(answer, "file")));
    code = copy_out(file, err);
    unlink(file);
    return code;
}

static int export_stopped(struct arena *arena, const struct cli_args *args, const char *format,
                          struct err *err)
{
    struct db *db = NULL;
    const char *data = cli_value(args, "--data", "data");
    int code = control_open_stopped(data, &db, err); /* an export makes no shop */
    if (code != SOUK_OK)
        return code;
    db_shut(db);
    code = market_open_stopped(arena, data, cli_value(args, "--config", NULL), &db, err);
    if (code != SOUK_OK)
        return code;
    code = export_run(db, format, stdout, show, NULL, err);
    if (code == SOUK_OK && (fflush(stdout) != 0 || ferror(stdout)))
        code = err_set(err, SOUK_UNAVAILABLE, "the export cannot be written: %s", strerror(errno));
    db_thread_end(db);
    db_shut(db);
    return code;
}

static int run_export(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    int code;
    if (cli_parse(&command_export, argc, argv, &args, &code))
        return code;
    const char *format = cli_value(&args, "--format", "souk");
    code = export_running(arena, cli_value(&args, "--data", "data"), format, &err);
    if (code == SOUK_UNAVAILABLE && !ferror(stdout)) {
        err = (struct err){0};
        code = export_stopped(arena, &args, format, &err);
    }
    return code == SOUK_OK ? CLI_DONE : cli_fail("export", &err);
}

const struct cli_command command_export = {
    .name = "export",
    .usage = "[--format FORMAT] [--data DIR]",
    .summary = "Writes all products to standard output: WooCommerce, Shopify, CSV or souk's own.",
    .options = export_options,
    .run = run_export};
