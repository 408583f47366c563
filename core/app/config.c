/*
 * config.c: reads souk.lua and checks all of it: the core's sections by their tables,
 * the list of plugins, and that every other name at the top is that of a plugin.
 *
 * The idea: nothing stops at the first mistake. A section that is wrong leaves its
 * defaults, so that the rest can be checked, and at the end every problem gets the line
 * where its top-level entry begins and they are put in order of lines.
 *
 * What an option's type cannot say is config_values.c; what plugins want is asked from
 * switch_check. No plugin code runs here beyond that. Any thread; the result is
 * read-only.
 */
#include "app/config.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "app/config_sections.h"
#include "app/config_values.h"
#include "app/route.h"
#include "app/theme.h"
#include "base/disk.h"
#include "base/str.h"
#include "base/zone.h"
#include "plugin/stage.h"
#include "script/chunk.h"
#include "shop/market.h"

/* ---- paths ---- */

static void set_path(struct arena *arena, const char *path, struct config *out)
{
    char here[PATH_MAX];
    if (path[0] == '/' || !getcwd(here, sizeof(here)))
        out->path = arena_cstr(arena, souk_str(path));
    else
        out->path = arena_printf(arena, "%s/%s", strcmp(here, "/") == 0 ? "" : here, path).ptr;
    const char *slash = strrchr(out->path, '/');
    size_t len = slash ? (size_t)(slash - out->path) : 0;
    out->dir = len ? arena_cstr(arena, str_make(out->path, len)) : slash ? "/" : ".";
}

const char *const *config_default_path(struct arena *arena)
{
    const char **path = arena_array(arena, const char *, 3);
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    struct souk_str folder = str_make(self, len > 0 ? (size_t)len : 0);
    for (int i = 0; i < 2; i++) {
        while (folder.len && folder.ptr[folder.len - 1] != '/')
            folder.len--;
        folder.len -= folder.len > 0;
        path[i] =
            arena_printf(arena, i ? "%.*s/lib/souk/plugins" : "%.*s/plugins", SOUK_PRI(folder)).ptr;
    }
    return path;
}

static const char *const *strings_of(struct arena *arena, const struct json *list)
{
    const char **strings = arena_array(arena, const char *, (list ? list->count : 0) + 1);
    size_t count = 0;
    json_each(item, list)
    {
        strings[count++] = arena_cstr(arena, json_text(&item->value));
    }
    return strings;
}

/* ---- the top: plugins and plugin_path ---- */

static int is_plugin_name(struct souk_str name)
{
    if (name.len < 2 || name.len > 32 || name.ptr[0] < 'a' || name.ptr[0] > 'z')
        return 0;
    for (size_t i = 1; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return 0;
    }
    return 1;
}

static int is_own_name(struct souk_str name)
{
    for (int i = SECTION_SHOP; i < SECTIONS; i++)
        if (souk_str_is(name, config_sections[i].name))
            return 1;
    return souk_str_is(name, "plugins") || souk_str_is(name, "plugin_path") ||
           souk_str_is(name, "scripts");
}

static void take_plugins(struct arena *arena, const struct json *list, struct config *out,
                         struct problems *problems)
{
    const char **names = arena_array(arena, const char *, (list ? list->count : 0) + 1);
    int place = 0;
    json_each(item, list)
    {
        struct souk_str name = json_text(&item->value);
        struct souk_str key = arena_printf(problems->arena, "plugins[%d]", ++place);
        int again = 0;
        for (size_t i = 0; i < out->plugin_count; i++)
            again |= souk_str_is(name, names[i]);
        if (!is_plugin_name(name)) {
            problem_add(
                problems, key,
                souk_str(
                    "write the name alone, as `souk plugin list` shows it: 2 to 32 of a-z, 0-9 and _, a letter first"),
                "\"%.*s\" is no name of a plugin", SOUK_PRI(name));
        } else if (is_own_name(name)) {
            problem_add(problems, key, souk_str("take it out"),
                        "\"%.*s\" is a section of this file, not a plugin", SOUK_PRI(name));
        } else if (again) {
            problem_add(problems, key, souk_str("take one of them out"),
                        "\"%.*s\" stands there twice", SOUK_PRI(name));
        } else {
            names[out->plugin_count++] = arena_cstr(arena, name);
        }
    }
    out->plugins = names;
}

static void take_plugin_path(struct arena *arena, const struct json *list, struct config *out,
                             struct problems *problems)
{
    size_t count = 0;
    if (!list) {
        out->plugin_path = config_default_path(arena);
        return;
    }
    const char **folders = arena_array(arena, const char *, list->count + 1);
    json_each(item, list)
    {
        struct souk_str name = json_text(&item->value);
        struct stat info;
        const char *folder = name.ptr[0] == '/'
                                 ? arena_cstr(arena, name)
                                 : arena_printf(arena, "%s/%.*s", out->dir, SOUK_PRI(name)).ptr;
        folders[count++] = folder;
        if (stat(folder, &info) || !S_ISDIR(info.st_mode)) {
            problem_add(
                problems, arena_printf(problems->arena, "plugin_path[%zu]", count),
                souk_str("make the folder, or put the path right; it is relative to this file"),
                "%s is no folder", folder);
        }
    }
    out->plugin_path = folders;
}

/* The folder of templates; what stands in it is looked at by check_theme. */
static void take_theme(struct arena *arena, struct config *out, struct problems *problems)
{
    struct souk_str name = options_text(out->shop, "theme");
    struct stat info;
    if (!name.len)
        return;
    const char *folder = name.ptr[0] == '/'
                             ? arena_cstr(arena, name)
                             : arena_printf(arena, "%s/%.*s", out->dir, SOUK_PRI(name)).ptr;
    if (stat(folder, &info) == 0 && S_ISDIR(info.st_mode))
        out->theme = folder;
    else
        problem_add(problems, souk_str("shop.theme"),
                    souk_str("make the folder, or put the path right; it is relative to this file"),
                    "%s is no folder", folder);
}

static void take_top(struct arena *arena, struct config *out, struct problems *problems)
{
    const struct config_section *top = &config_sections[SECTION_TOP];
    struct json *given = json_new(arena, JSON_OBJECT);
    for (size_t i = 0; i < top->count; i++) {
        const struct json *value = json_at(out->values, top->options[i].key);
        if (value)
            json_add_tree(arena, given, top->options[i].key, value);
    }
    struct option_values *values =
        options_check(arena, top->options, top->count, "", out->dir, given, problems);
    take_plugins(arena, options_json(values, "plugins"), out, problems);
    take_plugin_path(arena, options_json(values, "plugin_path"), out, problems);
    struct souk_str scripts = options_text(values, "scripts");
    if (scripts.len)
        out->scripts = scripts.ptr[0] == '/'
                           ? arena_cstr(arena, scripts)
                           : arena_printf(arena, "%s/%.*s", out->dir, SOUK_PRI(scripts)).ptr;
}

/* ---- names that are nobody's ---- */

static void refuse_name(struct souk_str name, const char *const *known, struct config *out,
                        struct problems *problems)
{
    const char *near = str_nearest(name, known);
    struct buf hint = {.arena = problems->arena};
    if (near) {
        buf_printf(&hint, "did you mean \"%s\"?", near);
    } else {
        buf_add_cstr(&hint, "known sections: plugins, plugin_path, scripts");
        for (int i = SECTION_SHOP; i < SECTIONS; i++)
            buf_printf(&hint, ", %s", config_sections[i].name);
        for (size_t i = 0; out->plugin_path[i]; i++) {
            buf_printf(&hint, "%s%s", i ? ", " : "; a plugin of that name would have to be in ",
                       out->plugin_path[i]);
        }
    }
    problem_add(problems, name, buf_str(&hint), "unknown key");
}

/* A table of a plugin that is there but not on is fine; so is one of a plugin that is
 * on but not there: that it is missing is said elsewhere. */
static void check_names(struct arena *arena, struct config *out, struct problems *problems)
{
    const char **found = NULL;
    size_t found_count = 0, count = 0;
    if (stage_list(out->plugin_path, arena, &found, &found_count))
        found_count = 0;
    const char **known =
        arena_array(arena, const char *, found_count + out->plugin_count + SECTIONS + 3);
    for (int i = SECTION_SHOP; i < SECTIONS; i++)
        known[count++] = config_sections[i].name;
    known[count++] = "plugins";
    known[count++] = "plugin_path";
    known[count++] = "scripts";
    for (size_t i = 0; i < out->plugin_count; i++)
        known[count++] = out->plugins[i];
    for (size_t i = 0; i < found_count; i++)
        known[count++] = found[i];
    json_each(item, out->values)
    {
        size_t i = 0;
        while (i < count && !souk_str_is(item->key, known[i]))
            i++;
        if (i == count)
            refuse_name(item->key, known, out, problems);
    }
}

/* ---- lines ---- */

void config_stamp(const struct config *config, struct problems *problems)
{
    for (struct problem *problem = problems->first; problem; problem = problem->next) {
        struct souk_str name = problem->key;
        size_t len = 0;
        while (len < name.len && name.ptr[len] != '.' && name.ptr[len] != '[')
            len++;
        name.len = len;
        for (size_t i = 0; problem->line == 0 && i < config->line_count; i++)
            if (souk_str_equal(config->lines[i].name, name))
                problem->line = config->lines[i].line;
        /* a plugin without a table of its own: where it is asked for */
        for (size_t i = 0; problem->line == 0 && len && i < config->line_count; i++)
            if (souk_str_is(config->lines[i].name, "plugins"))
                problem->line = config->lines[i].line;
    }
}

/* What is wrong inside of a plugin came without a next step: the admin's is to do without. */
static void add_hints(struct problems *problems)
{
    for (struct problem *problem = problems->first; problem; problem = problem->next)
        if (!problem->hint.len)
            problem->hint = souk_str("its author has to mend the plugin; until then take its name "
                                     "out of plugins");
}

/* By line, and as found within one. */
static void sort_problems(struct problems *problems)
{
    struct problem *sorted = NULL, *next = NULL;
    for (struct problem *problem = problems->first; problem; problem = next) {
        struct problem **at = &sorted;
        next = problem->next;
        while (*at && (*at)->line <= problem->line)
            at = &(*at)->next;
        problem->next = *at;
        *at = problem;
    }
    problems->first = sorted;
    problems->end = &problems->first;
    while (*problems->end)
        problems->end = &(*problems->end)->next;
}

/* ---- all of it ---- */

static int read_values(struct arena *arena, const char *path, struct config *out,
                       struct problems *problems)
{
    struct chunk chunk;
    struct err err = {0};
    int code = chunk_load(arena, path, &chunk, &err);
    out->values = code ? json_new(arena, JSON_OBJECT) : chunk.values;
    out->lines = chunk.lines;
    out->line_count = chunk.line_count;
    if (code) {
        problems->line = chunk.error_line;
        problem_add(
            problems, STR_NULL,
            souk_str(code == SOUK_NOT_FOUND ? "name the right file with -c FILE"
                     : chunk.error_line == 0
                         ? "put it right and run souk check again"
                         : "put this line right, or the one before it, and run souk check again"),
            "%s", err.text);
        problems->line = 0;
    }
    return code;
}

static void check_plugins(struct arena *arena, struct config *out, struct problems *problems)
{
    struct wanted wanted = {.names = out->plugins,
                            .count = out->plugin_count,
                            .values = out->values,
                            .config_dir = out->dir};
    int before = problems->count;
    if (switch_check(out->plugin_path, &wanted, arena, problems) && problems->count == before) {
        problem_add(problems, souk_str("plugins"), souk_str("see `souk plugin list`"),
                    "the plugins cannot be checked");
    }
}

/* Builds what a shop without plugins would show: finds every template that does not compile or name
 * what is there. Templates for plugins are looked at when these are on. */
static void check_theme(const struct config *config, struct problems *problems)
{
    struct err err = {0};
    size_t count;
    const struct web_route *routes = route_all(&count);
    struct site_options site = {.routes = routes,
                                .route_count = count,
                                .files = theme_files,
                                .file_count = theme_file_count,
                                .theme_dir = config->theme,
                                .locales = config->locales,
                                .shop_name = "",
                                .currency = "EUR"};
    if (!config->theme)
        return;
    struct plugin_set *set = set_new(NULL, 0);
    site_setup(&site);
    if (site_build(NULL, set, &err) != SOUK_OK)
        problem_add(problems, souk_str("shop.theme"),
                    souk_str("put this template right; TEMPLATES.md says what there is"), "%s",
                    err.text);
    set_free(set);
}

/* Everything but reading: out->values stand. */
static void check_values(struct arena *arena, struct config *out, struct problems *problems)
{
    struct option_values **const sections[SECTIONS] = {
        [SECTION_SHOP] = &out->shop,     [SECTION_HTTP] = &out->http,
        [SECTION_LIMITS] = &out->limits, [SECTION_PROMOTIONS] = &out->promotions,
        [SECTION_LOG] = &out->log,       [SECTION_HTTP_CLIENT] = &out->http_client};
    for (int i = SECTION_SHOP; i < SECTIONS; i++) {
        const struct config_section *section = &config_sections[i];
        *sections[i] = options_check(arena, section->options, section->count, section->name,
                                     out->dir, json_at(out->values, section->name), problems);
    }
    take_top(arena, out, problems);
    take_theme(arena, out, problems);
    config_values_check(out, problems);
    out->locales = strings_of(arena, options_json(out->shop, "locales"));
}

int config_load(struct arena *arena, const char *path, int with_plugins, struct config *out,
                struct problems *problems)
{
    *out = (struct config){0};
    problems_init(problems, arena, souk_str(path));
    set_path(arena, path, out);
    int code = read_values(arena, path, out, problems);
    check_values(arena, out, problems);
    if (code == 0)
        check_names(arena, out, problems);
    if (code == 0 && with_plugins)
        check_plugins(arena, out, problems);
    if (code == 0 && with_plugins)
        check_theme(out, problems);
    config_stamp(out, problems);
    add_hints(problems);
    sort_problems(problems);
    return problems->count ? SOUK_INVALID : 0;
}

/* ---- the last good one ---- */

int config_save(const struct config *config, const char *file)
{
    struct buf text = {0};
    json_print(&text, config->values);
    int code = disk_put(file, buf_str(&text), 0640, NULL);
    buf_free(&text);
    return code;
}

int config_recall(struct arena *arena, const char *path, const char *file, struct config *out,
                  struct problems *problems)
{
    struct buf text = {.arena = arena};
    char chunk[4096];
    size_t got;
    struct err err = {0};
    FILE *from = fopen(file, "r");
    *out = (struct config){0};
    problems_init(problems, arena, souk_str(path));
    set_path(arena, path, out);
    while (from && (got = fread(chunk, 1, sizeof chunk, from)) > 0)
        buf_add(&text, chunk, got);
    if (from)
        fclose(from);
    if (!text.len || json_parse(arena, buf_str(&text), &out->values, &err) != SOUK_OK)
        return SOUK_NOT_FOUND;
    check_values(arena, out, problems);
    return problems->count ? SOUK_INVALID : SOUK_OK;
}

/* ---- what follows from it ---- */

void config_market(struct arena *arena, const struct config *config)
{
    const struct option_values *values = config->shop;
    const struct json *margin = json_at(json_at(config->values, "promotions"), "min_margin");
    struct market_shop terms = {
        .name = arena_cstr(arena, options_text(values, "name")),
        .url = arena_cstr(arena, options_text(values, "url")),
        .currency = arena_cstr(arena, options_text(values, "currency")),
        .country = arena_cstr(arena, options_text(values, "country")),
        .email = arena_cstr(arena, options_text(values, "email")),
        .phone = arena_cstr(arena, options_text(values, "phone")),
        .address = arena_cstr(arena, options_text(values, "address")),
        .order_prefix = arena_cstr(arena, options_text(values, "order_prefix")),
        .order_first = options_int(values, "order_first"),
        .order_hold = options_int(values, "order_hold"),
        .returns_days = options_int(values, "returns_days"),
        .codes_per_order = options_int(config->promotions, "codes_per_order"),
        .min_margin_ppm = margin ? options_int(config->promotions, "min_margin") : -1,
        .scripts = config->scripts,
        .prices_include_tax = options_int(values, "prices_include_tax") != 0,
        .round_by_total = souk_str_is(options_text(values, "tax_rounding"), "total")};
    for (size_t i = 0; i < MARKET_LOCALES - 1 && config->locales[i]; i++)
        terms.locales[i] = config->locales[i];
    market_setup(&terms);
    zone_setup(arena_cstr(arena, options_text(values, "time_zone")), NULL);
}
