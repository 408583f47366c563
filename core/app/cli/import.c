/*
 * import: `souk import`: a file of another shop, or of this one, into the catalogue. On a stopped
 * shop here, on a running one by a task of the shop, whose progress is asked for.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/media.h"
#include "app/cli/control.h"
#include "app/cli/market.h"
#include "base/str.h"
#include "shop/import.h"

#define ASK_MS 150

static const struct cli_option import_options[] = {
    CLI_DATA,
    {"--format", "FORMAT", "woocommerce, shopify, magento, csv or souk"},
    {"--map", "FILE", "csv: what the columns mean, a file or the name of a saved map"},
    {"--save-map", "NAME", "csv: keep the map under this name"},
    {"--locale", "CODE", "the language of the texts (default: the shop's)"},
    {"--clear", "TEXT", "the cell that takes a value away (default: [clear])"},
    {"--dry-run", NULL, "report what would happen, change nothing"},
    {"--rejects", "FILE", "write the refused rows there, to mend and import again"},
    CLI_CONFIG,
    CLI_JSON,
    CLI_END};

static struct souk_str absolute(struct arena *arena, const char *file)
{
    char *here = file[0] == '/' ? NULL : getcwd(NULL, 0);
    struct souk_str path = here ? arena_printf(arena, "%s/%s", here, file) : souk_str(file);
    free(here);
    return path;
}

/* ---- the report ---- */

static void print_notes(const struct json *list, const char *title)
{
    int shown = 0;
    json_each(item, list)
    {
        struct souk_str column = json_text(json_at(&item->value, "column"));
        if (shown++ == 20) {
            printf("  … and %u more; --json prints all\n", list->count - 20);
            return;
        }
        printf("  %s row %lld%s%.*s: %.*s\n", title,
               (long long)json_int(json_at(&item->value, "row"), 0), column.len ? ", " : "",
               SOUK_PRI(column), SOUK_PRI(json_text(json_at(&item->value, "message"))));
    }
}

static void print_counts(const char *name, const struct json *counts)
{
    printf("%-10s %9lld %9lld %9lld %9lld\n", name,
           (long long)json_int(json_at(counts, "created"), 0),
           (long long)json_int(json_at(counts, "updated"), 0),
           (long long)json_int(json_at(counts, "unchanged"), 0),
           (long long)json_int(json_at(counts, "rejected"), 0));
}

static void print_report(const struct json *report, int dry_run)
{
    printf("%s%-10s %9s %9s %9s %9s\n", dry_run ? "a trial: nothing has been changed\n" : "", "",
           "created", "updated", "unchanged", "rejected");
    print_counts("products", report);
    print_counts("variants", json_at(report, "variants"));
    if (json_int(json_at(json_at(report, "others"), "created"), 0) ||
        json_int(json_at(json_at(report, "others"), "unchanged"), 0))
        print_counts("others", json_at(report, "others"));
    print_notes(json_at(report, "rejects"), "refused");
    print_notes(json_at(report, "warnings"), "warning");
    printf("%lld pictures are to be fetched; %lld s\n",
           (long long)json_int(json_at(json_at(report, "images"), "waiting"), 0),
           (long long)json_int(json_at(report, "seconds"), 0));
}

/* ---- a stopped shop ---- */

static int write_rejects(struct db *db, const struct json *report, const char *file,
                         struct err *err)
{
    int64_t id = 0;
    if (!file)
        return SOUK_OK;
    str_to_int(json_text(json_at(report, "id")), &id);
    FILE *out = fopen(file, "we");
    if (!out)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %s", file, strerror(errno));
    int code = import_rejects(db, id, out, err);
    if (fclose(out) != 0 && code == SOUK_OK)
        code = err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %s", file, strerror(errno));
    return code;
}

static int import_stopped(struct arena *arena, const struct cli_args *args,
                          const struct json **report, struct err *err)
{
    struct db *db = NULL;
    struct import_options options = {.format = cli_value(args, "--format", NULL),
                                     .file = args->rest[0],
                                     .map = cli_value(args, "--map", NULL),
                                     .save_map = cli_value(args, "--save-map", NULL),
                                     .clear = cli_value(args, "--clear", NULL),
                                     .locale = cli_value(args, "--locale", NULL),
                                     .dry_run = cli_given(args, "--dry-run"),
                                     .progress = cli_progress,
                                     .cancelled = cli_interrupted,
                                     .user = "import"};
    int code = market_open_stopped(arena, cli_value(args, "--data", "data"),
                                   cli_value(args, "--config", NULL), &db, err);
    if (code != SOUK_OK)
        return code;
    code = media_beside(db, options.format, options.file, err);
    if (code == SOUK_OK)
        code = import_run(db, arena, &options, report, err);
    if (code == SOUK_OK)
        code = write_rejects(db, *report, cli_value(args, "--rejects", NULL), err);
    db_thread_end(db);
    db_shut(db);
    return code;
}

/* ---- a running shop ---- */

static void add_option(struct arena *arena, struct json *body, const char *name, const char *value)
{
    if (value)
        json_add_cstr(arena, body, name, value);
}

static struct json *make_body(struct arena *arena, const struct cli_args *args)
{
    struct json *body = json_new(arena, JSON_OBJECT);
    const char *map = cli_value(args, "--map", NULL);
    const char *rejects = cli_value(args, "--rejects", NULL);
    add_option(arena, body, "format", cli_value(args, "--format", NULL));
    json_add_str(arena, body, "file", absolute(arena, args->rest[0]));
    if (map && access(map, R_OK) == 0)
        json_add_str(arena, body, "map", absolute(arena, map));
    else
        add_option(arena, body, "map", map);
    add_option(arena, body, "save_map", cli_value(args, "--save-map", NULL));
    add_option(arena, body, "clear", cli_value(args, "--clear", NULL));
    add_option(arena, body, "locale", cli_value(args, "--locale", NULL));
    json_add_bool(arena, body, "dry_run", cli_given(args, "--dry-run"));
    if (rejects)
        json_add_str(arena, body, "rejects", absolute(arena, rejects));
    return body;
}

/* Asks until the run is over; a cancelled one is told so once. */
static int follow(struct arena *arena, const char *data, const char *id, const struct json **report,
                  struct err *err)
{
    const char *const look[] = {"imports", id, NULL};
    const char *const cancel[] = {"imports", id, "cancel", NULL};
    const struct json *answer = NULL;
    int told = 0;
    for (;;) {
        struct arena turn = {0};
        int code = control_call(&turn, data, "GET", control_path(&turn, look), NULL, &answer, err);
        struct souk_str state = json_text(json_at(answer, "state"));
        if (code == SOUK_OK && souk_str_is(state, "done"))
            *report = json_copy(arena, json_at(answer, "report"));
        if (code == SOUK_OK && (souk_str_is(state, "failed") || souk_str_is(state, "cancelled")))
            code = err_set(err, SOUK_ERROR, "%.*s", SOUK_PRI(json_text(json_at(answer, "error"))));
        cli_progress("import", json_int(json_at(answer, "done"), 0), 1000);
        arena_free(&turn);
        if (code != SOUK_OK || *report)
            return code;
        if (cli_interrupted(NULL) && !told)
            told = control_call(arena, data, "POST", control_path(arena, cancel), NULL, &answer,
                                err) == SOUK_OK;
        poll(NULL, 0, ASK_MS);
    }
}

static int import_running(struct arena *arena, const struct cli_args *args,
                          const struct json **report, struct err *err)
{
    const char *data = cli_value(args, "--data", "data");
    const char *const path[] = {"imports", NULL};
    const struct json *answer = NULL;
    int code = control_call(arena, data, "POST", control_path(arena, path), make_body(arena, args),
                            &answer, err);
    if (code != SOUK_OK)
        return code;
    return follow(arena, data, arena_cstr(arena, json_text(json_at(answer, "id"))), report, err);
}

static int run_import(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *report = NULL;
    int code;
    if (cli_parse(&command_import, argc, argv, &args, &code))
        return code;
    if (args.rest_count != 1)
        return cli_usage(&command_import, "name one file");
    if (!cli_given(&args, "--format"))
        return cli_usage(&command_import,
                         "say --format woocommerce, shopify, magento, csv or souk");
    cli_catch_interrupt();
    code = import_running(arena, &args, &report, &err);
    if (code == SOUK_UNAVAILABLE) {
        err = (struct err){0};
        code = import_stopped(arena, &args, &report, &err);
    }
    if (code != SOUK_OK)
        return cli_fail("import", &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, report);
    else
        print_report(report, cli_given(&args, "--dry-run"));
    return CLI_DONE;
}

const struct cli_command command_import = {
    .name = "import",
    .usage = "--format FORMAT FILE [--dry-run] [--map FILE] [--data DIR] [--json]",
    .words = 1,
    .summary = "Brings products from a file: WooCommerce, Shopify, Magento, CSV or souk's own.",
    .help = "An empty cell keeps what is there. What was cut goes on when the command is given "
            "again.\nRefused rows do not stop the others; the report names them.",
    .options = import_options,
    .run = run_import};
