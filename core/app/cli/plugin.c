/*
 * plugin: `souk plugin list|enable|disable|reload|purge`, `souk hooks`, and the commands that
 * plugins bring.
 *
 * On a stopped shop, enable and disable note the wish in the database (and enable clears a
 * quarantine); list and info read the files. Nothing of a plugin is run by these.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/cli.h"
#include "app/cli/control.h"
#include "app/cli/plugin_file.h"
#include "base/clock.h"
#include "base/str.h"
#include "plugin/quarantine.h"
#include "plugin/switch.h"
#include "store/setting.h"

static const struct cli_option plugin_options[] = {
    CLI_DATA,
    {"--to", "DIR", "install: the folder that it is put into"},
    {"--force", NULL, "install: although its record of conformance says no"},
    CLI_JSON,
    CLI_END};
static const struct cli_option hooks_options[] = {CLI_DATA, CLI_JSON, CLI_END};

/* ---- a stopped shop ---- */

struct wish {
    const char *name;
    const char *value;
};

static int write_wish(struct db_conn *conn, void *arg)
{
    struct wish *wish = arg;
    return setting_put(conn, souk_str("plugin"), souk_str(wish->name), souk_str(wish->value),
                       clock_now());
}

/* The configuration that the shop was last started with: its path stands in the database. */
static int stopped_config(struct arena *arena, struct stopped *shop, struct err *err)
{
    struct souk_str path;
    struct problems problems;
    struct db_conn *conn = db_read_begin(shop->db, 0);
    int code = setting_get(conn, arena, souk_str("shop"), souk_str("config"), &path);
    db_read_end(conn);
    db_thread_end(shop->db);
    if (code != SOUK_OK)
        return err_set(err, code,
                       "this shop was never started; start it once with: souk serve --data %s",
                       shop->data);
    code = config_load(arena, arena_cstr(arena, path), 0, &shop->config, &problems);
    if (code != SOUK_OK && problems.first)
        return err_set(err, code, "%.*s: %.*s; run souk check -c %.*s", SOUK_PRI(path),
                       SOUK_PRI(problems.first->message), SOUK_PRI(path));
    shop->wanted = (struct wanted){.names = shop->config.plugins,
                                   .count = shop->config.plugin_count,
                                   .values = shop->config.values,
                                   .config_dir = shop->config.dir};
    return code;
}

int stopped_open(struct arena *arena, const char *data, struct stopped *shop, struct err *err)
{
    *shop = (struct stopped){.data = data};
    *err = (struct err){0};
    int code = control_open_stopped(data, &shop->db, err);
    if (code == SOUK_OK && (code = stopped_config(arena, shop, err)) != SOUK_OK)
        db_shut(shop->db);
    return code;
}

int stopped_info(struct arena *arena, struct stopped *shop, const char *name, struct json *info,
                 struct err *err)
{
    return switch_info_stopped(shop->db, shop->data, shop->config.plugin_path, &shop->wanted, name,
                               arena, info, err);
}

/* A name that is no plugin's is said now: at the next start nobody looks at what was typed. Of a
 * shop that was never started nothing is known but its folder. */
static int is_known(struct arena *arena, const char *data, const char *name, struct err *err)
{
    struct stopped shop;
    struct err unknown = {0};
    if (stopped_open(arena, data, &shop, &unknown) != SOUK_OK)
        return SOUK_OK;
    int code = stopped_info(arena, &shop, name, json_new(arena, JSON_OBJECT), err);
    db_shut(shop.db);
    return code == SOUK_NOT_FOUND ? code : SOUK_OK;
}

static int switch_stopped(struct arena *arena, const char *data, const char *name, const char *step,
                          struct err *err)
{
    struct db *db = NULL;
    struct wish wish = {name, strcmp(step, "enable") == 0 ? "on" : "off"};
    if (strcmp(step, "enable") != 0 && strcmp(step, "disable") != 0)
        return err_set(err, SOUK_UNAVAILABLE,
                       "no shop is running on %s; start it with: souk serve --data %s", data, data);
    int code = wish.value[1] == 'n' ? is_known(arena, data, name, err) : SOUK_OK;
    if (code == SOUK_OK)
        code = control_open_stopped(data, &db, err);
    if (code != SOUK_OK)
        return code;
    *err = (struct err){0};
    code = db_write(db, write_wish, &wish, err);
    if (code == SOUK_OK && wish.value[1] == 'n')
        code = quarantine_clear(data, name, clock_now(), err);
    db_shut(db);
    return code;
}

static struct json *new_list(struct arena *arena, struct json **items)
{
    struct json *list = json_new(arena, JSON_OBJECT);
    *items = json_add(arena, list, "items", JSON_ARRAY);
    json_add_null(arena, list, "next");
    return list;
}

static int list_stopped(struct arena *arena, const char *data, const struct json **answer,
                        struct err *err)
{
    struct stopped shop;
    struct json *items;
    int code = stopped_open(arena, data, &shop, err);
    if (code != SOUK_OK)
        return code;
    *answer = new_list(arena, &items);
    code = switch_list_stopped(shop.db, data, shop.config.plugin_path, &shop.wanted, arena, items);
    db_shut(shop.db);
    return code;
}

/* ---- who would listen ---- */

struct hook {
    const char *plugin;
    int64_t priority;
    struct souk_str kind;
};

static int by_turn(const void *one, const void *other)
{
    const struct hook *a = one, *b = other;
    if (a->priority != b->priority)
        return a->priority < b->priority ? -1 : 1;
    return strcmp(a->plugin, b->plugin);
}

static size_t collect_hooks(struct arena *arena, struct stopped *shop, const struct json *plugins,
                            const char *event, struct hook *hooks, size_t room)
{
    size_t count = 0;
    json_each(plugin, plugins)
    {
        struct json *info = json_new(arena, JSON_OBJECT);
        struct err ignored = {0};
        const char *name = arena_cstr(arena, json_text(json_at(&plugin->value, "name")));
        if (!souk_str_is(json_text(json_at(&plugin->value, "state")), "active") ||
            stopped_info(arena, shop, name, info, &ignored) != SOUK_OK)
            continue;
        json_each(row, json_at(info, "events"))
        {
            if (souk_str_is(json_text(json_at(&row->value, "event")), event) && count < room)
                hooks[count++] = (struct hook){name, json_int(json_at(&row->value, "priority"), 0),
                                               json_text(json_at(&row->value, "kind"))};
        }
    }
    return count;
}

static int hooks_stopped(struct arena *arena, const char *data, const char *event,
                         const struct json **answer, struct err *err)
{
    struct stopped shop;
    struct hook hooks[256];
    struct json *items, *plugins;
    int code = stopped_open(arena, data, &shop, err);
    if (code != SOUK_OK)
        return code;
    new_list(arena, &plugins);
    *answer = new_list(arena, &items);
    code =
        switch_list_stopped(shop.db, data, shop.config.plugin_path, &shop.wanted, arena, plugins);
    size_t count = collect_hooks(arena, &shop, plugins, event, hooks, 256);
    qsort(hooks, count, sizeof *hooks, by_turn);
    for (size_t i = 0; i < count; i++) {
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        json_add_cstr(arena, item, "plugin", hooks[i].plugin);
        json_add_int(arena, item, "priority", hooks[i].priority);
        json_add_str(arena, item, "kind", hooks[i].kind);
    }
    db_shut(shop.db);
    return code;
}

/* ---- showing ---- */

static void print_plugins(const struct json *items)
{
    json_each(item, items)
    {
        const struct json *fault = json_at(&item->value, "last_fault");
        struct souk_str error = json_text(json_at(&item->value, "error"));
        printf("%-24.*s %-10.*s %-12.*s", SOUK_PRI(json_text(json_at(&item->value, "name"))),
               SOUK_PRI(json_text(json_at(&item->value, "version"))),
               SOUK_PRI(json_text(json_at(&item->value, "state"))));
        if (json_true(fault))
            printf(" %lld fault(s), last: %.*s at %.*s in %.*s",
                   (long long)json_int(json_at(&item->value, "faults"), 0),
                   SOUK_PRI(json_text(json_at(fault, "kind"))),
                   SOUK_PRI(json_text(json_at(fault, "at"))),
                   SOUK_PRI(json_text(json_at(fault, "where"))));
        if (error.len)
            printf(" %.*s", SOUK_PRI(error));
        if (souk_str_is(json_text(json_at(&item->value, "state")), "quarantined"))
            printf("; mended: souk plugin enable %.*s",
                   SOUK_PRI(json_text(json_at(&item->value, "name"))));
        putchar('\n');
    }
}

static int show_list(struct arena *arena, const char *data, int as_json)
{
    struct err err = {0};
    const struct json *answer = NULL;
    const char *const path[] = {"plugins", NULL};
    int code = control_call(arena, data, "GET", control_path(arena, path), NULL, &answer, &err);
    if (code == SOUK_UNAVAILABLE)
        code = list_stopped(arena, data, &answer, &err);
    if (code != SOUK_OK)
        return cli_fail("plugin list", &err);
    if (as_json)
        cli_print_json(arena, answer);
    else
        print_plugins(json_at(answer, "items"));
    return CLI_DONE;
}

static int take_step(struct arena *arena, const struct cli_args *args, const char *data)
{
    struct err err = {0};
    const struct json *answer = NULL;
    const char *step = args->rest[0], *name = args->rest[1];
    const char *const path[] = {"plugins", name, step, NULL};
    int stopped = 0;
    int code = control_call(arena, data, "POST", control_path(arena, path), NULL, &answer, &err);
    if (code == SOUK_UNAVAILABLE) {
        err = (struct err){0};
        code = switch_stopped(arena, data, name, step, &err);
        stopped = 1;
    } else if (code == SOUK_BUSY) {
        err = (struct err){0};
        err_set(
            &err, SOUK_ERROR,
            "the shop went down while it was to %s %s, and is started again without a hand; souk "
            "plugin list --data %s says whether it was at fault, the log (shop.died) where",
            step, name, data);
    }
    if (code != SOUK_OK)
        return cli_fail("plugin", &err);
    if (cli_given(args, "--json")) {
        struct json *done = json_new(arena, JSON_OBJECT);
        json_add_cstr(arena, done, "name", name);
        json_add_cstr(arena, done, "done", step);
        cli_print_json(arena, done);
    } else {
        printf("%s: %s done%s\n", name, step,
               stopped ? "; no shop runs here, it holds from the next start" : "");
    }
    return CLI_DONE;
}

static int run_plugin(struct arena *arena, int argc, char **argv)
{
    static const char *const steps[] = {"list",    "info",   "install", "enable",
                                        "disable", "reload", "purge",   NULL};
    struct cli_args args;
    int code;
    if (cli_parse(&command_plugin, argc, argv, &args, &code))
        return code;
    if (!args.rest_count)
        return cli_usage(&command_plugin,
                         "say what to do: list, info, install, enable, disable, reload or purge");
    const char *data = cli_value(&args, "--data", "data");
    int step = 0;
    while (steps[step] && strcmp(steps[step], args.rest[0]) != 0)
        step++;
    if (!steps[step])
        return cli_usage(&command_plugin,
                         "there are list, info, install, enable, disable, reload and purge");
    if (args.rest_count != (step == 0 ? 1 : 2))
        return cli_usage(&command_plugin, step == 2 ? "name one file, such as tea/tea.so"
                                          : step    ? "name one plugin"
                                                    : "list takes no name");
    if (step != 2 && (cli_given(&args, "--to") || cli_given(&args, "--force")))
        return cli_usage(&command_plugin, "--to and --force are for install");
    if (step == 0)
        return show_list(arena, data, cli_given(&args, "--json"));
    return step == 1   ? plugin_info_show(arena, &args, data)
           : step == 2 ? plugin_install_file(arena, &args, data)
                       : take_step(arena, &args, data);
}

const struct cli_command command_plugin = {
    .name = "plugin",
    .usage = "list|info|install|enable|disable|reload|purge [NAME|FILE.so] [--data DIR] [--json]",
    .words = 2,
    .summary = "Shows and switches plugins, in a running shop without losing a request.",
    .help =
        "info tells what a plugin adds and asks for, of a file that is not installed too. install checks\n"
        "FILE.so and its record of conformance (souk-host conform --record), then puts it into the shop's\n"
        "folder of plugins.\n"
        "enable also ends a quarantine. reload opens the plugin's file as it is now. purge drops the\n"
        "data of a plugin that is off. On a stopped shop enable and disable hold from the next start.",
    .options = plugin_options,
    .run = run_plugin};

/* ---- hooks ---- */

static int run_hooks(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *answer = NULL;
    int code;
    if (cli_parse(&command_hooks, argc, argv, &args, &code))
        return code;
    if (args.rest_count != 1)
        return cli_usage(&command_hooks, "name one event");
    const char *const path[] = {"hooks", args.rest[0], NULL};
    const char *data = cli_value(&args, "--data", "data");
    code = control_call(arena, data, "GET", control_path(arena, path), NULL, &answer, &err);
    if (code == SOUK_UNAVAILABLE)
        code = hooks_stopped(arena, data, args.rest[0], &answer, &err);
    if (code != SOUK_OK)
        return cli_fail("hooks", &err);
    if (cli_given(&args, "--json")) {
        cli_print_json(arena, answer);
        return CLI_DONE;
    }
    json_each(item, json_at(answer, "items"))
        printf("%6lld  %-8.*s %.*s\n", (long long)json_int(json_at(&item->value, "priority"), 0),
               SOUK_PRI(json_text(json_at(&item->value, "kind"))),
               SOUK_PRI(json_text(json_at(&item->value, "plugin"))));
    return CLI_DONE;
}

const struct cli_command command_hooks = {
    .name = "hooks",
    .usage = "EVENT [--data DIR] [--json]",
    .words = 1,
    .summary = "Lists who listens to an event, in the order in which they are called.",
    .options = hooks_options,
    .run = run_hooks};

/* ---- commands of plugins ---- */

int command_of_plugin(struct arena *arena, int argc, char **argv)
{
    struct err err = {0};
    const struct json *answer = NULL;
    const char *data = "data";
    struct json *body = json_new(arena, JSON_OBJECT);
    struct json *list = json_add(arena, body, "args", JSON_ARRAY);
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--data") == 0 && i + 1 < argc)
            data = argv[++i];
        else if (strncmp(argv[i], "--data=", 7) == 0)
            data = argv[i] + 7;
        else
            json_add_cstr(arena, list, NULL, argv[i]);
    const char *const path[] = {"plugins", argv[0], "commands", argv[1], NULL};
    if (control_call(arena, data, "POST", control_path(arena, path), body, &answer, &err) !=
        SOUK_OK)
        return cli_fail(argv[0], &err);
    struct souk_str output = json_text(json_at(answer, "output"));
    fwrite(output.ptr, 1, output.len, stdout);
    return CLI_DONE;
}
