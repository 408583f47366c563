/*
 * switch_check.c: whether the plugins that a configuration names can be on together,
 * without a shop.
 *
 * The idea: each file is looked at by a child process of its own (inspect.c), which
 * checks the options too; so a plugin that crashes while it is loaded is one more
 * problem on the list. What they need of each other is then resolved here, with the
 * same rules as in the shop. All problems are collected.
 *
 * Threads: one; it forks. The database, and with it the admin's switches, is not looked
 * at.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/str.h"
#include "plugin/inspect.h"
#include "plugin/resolve.h"
#include "plugin/stage.h"
#include "plugin/switch.h"

struct checked { /* one plugin of the list */
    const char *name;
    const struct json *report; /* NULL: its file cannot be used */
};

static const char *scratch_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && folder[0] ? folder : P_tmpdir;
}

static const struct json *check_file(const char *const *path, const struct wanted *wanted,
                                     const char *name, struct arena *arena,
                                     struct problems *problems)
{
    char file[512];
    struct err err = {0};
    struct json *report;
    struct inspect_request request = {.file = file,
                                      .name = name,
                                      .scratch = scratch_folder(),
                                      .values = wanted->values,
                                      .config_dir = wanted->config_dir};
    int code = stage_find(path, name, file, sizeof(file), &err);
    if (code == 0)
        code = inspect_file(&request, arena, &report, &err);
    if (code) {
        problem_add(problems, souk_str("plugins"), STR_NULL, "%s", err.text);
        return NULL;
    }
    json_each(item, json_at(report, "problems"))
    {
        struct souk_str message = json_text(json_at(&item->value, "message"));
        problem_add(problems, json_text(json_at(&item->value, "key")),
                    json_text(json_at(&item->value, "hint")), "%.*s", SOUK_PRI(message));
    }
    return report;
}

static int32_t relation_of(struct souk_str word)
{
    return souk_str_is(word, "needs")       ? SOUK_NEEDS
           : souk_str_is(word, "conflicts") ? SOUK_CONFLICTS
                                            : SOUK_AFTER;
}

static void check_requires(const struct checked *list, size_t count, struct arena *arena,
                           struct problems *problems)
{
    struct resolve_item *items = arena_array(arena, struct resolve_item, count + 1);
    size_t *order = arena_array(arena, size_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct json *rows = json_at(list[i].report, "requires");
        struct souk_require *requires =
            arena_array(arena, struct souk_require, (rows ? rows->count : 0) + 1);
        size_t n = 0;
        json_each(item, rows)
        {
            requires[n].plugin = arena_cstr(arena, json_text(json_at(&item->value, "plugin")));
            requires[n++].relation = relation_of(json_text(json_at(&item->value, "relation")));
        }
        items[i] = (struct resolve_item){list[i].name, requires, n};
    }
    resolve_order(items, count, order, problems);
}

/* Whether one of the plugins before `until` provides the same. */
static const char *provides_too(const struct checked *list, size_t until, const struct json *row)
{
    for (size_t i = 0; i < until; i++) {
        json_each(item, json_at(list[i].report, "providers"))
        {
            if (souk_str_equal(json_text(json_at(&item->value, "kind")),
                               json_text(json_at(row, "kind"))) &&
                souk_str_equal(json_text(json_at(&item->value, "name")),
                               json_text(json_at(row, "name"))))
                return list[i].name;
        }
    }
    return NULL;
}

static void check_providers(const struct checked *list, size_t count, struct problems *problems)
{
    for (size_t i = 0; i < count; i++) {
        json_each(item, json_at(list[i].report, "providers"))
        {
            const char *other = provides_too(list, i, &item->value);
            struct souk_str kind = json_text(json_at(&item->value, "kind"));
            struct souk_str name = json_text(json_at(&item->value, "name"));
            if (other) {
                problem_add(problems, souk_str("plugins"), souk_str("take one of them out"),
                            "plugins \"%s\" and \"%s\" both provide %.*s \"%.*s\"", other,
                            list[i].name, SOUK_PRI(kind), SOUK_PRI(name));
            }
        }
    }
}

int switch_check(const char *const *path, const struct wanted *wanted, struct arena *arena,
                 struct problems *problems)
{
    int before = problems->count;
    size_t count = 0;
    struct checked *list = arena_array(arena, struct checked, wanted->count + 1);
    for (size_t i = 0; i < wanted->count; i++) {
        int twice = 0;
        for (size_t k = 0; k < count; k++)
            twice |= strcmp(list[k].name, wanted->names[i]) == 0;
        if (twice) {
            problem_add(problems, souk_str("plugins"), souk_str("take one of them out"),
                        "plugin \"%s\" is named twice", wanted->names[i]);
            continue;
        }
        list[count].name = wanted->names[i];
        list[count].report = check_file(path, wanted, wanted->names[i], arena, problems);
        count++;
    }
    check_requires(list, count, arena, problems);
    check_providers(list, count, problems);
    return problems->count == before ? 0 : SOUK_INVALID;
}
