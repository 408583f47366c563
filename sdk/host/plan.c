/*
 * plan.c: from the command line to what is to be tested: the plugin's file, what its descriptor
 * says, and its options as conform.lua gives them.
 *
 * A secret may not stand in souk.lua itself, but in conform.lua it does, because there is nothing
 * to protect: it is put into the environment here, and souk.lua's place of it names that variable,
 * so that the plugin gets it in the way that it would in a shop. The words of all secrets are kept:
 * none may be seen in results, log or tables.
 */
#include "host/host.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "plugin/inspect.h"

static int find_file(struct plan *plan, const char *file, struct err *err)
{
    char path[PATH_MAX];
    if (!realpath(file, path))
        return err_set(err, SOUK_NOT_FOUND, "%s: %m; name the plugin's .so file", file);
    plan->file = arena_cstr(&plan->arena, souk_str(path));
    char *slash = strrchr(path, '/');
    size_t len = strlen(slash + 1);
    if (len < 4 || strcmp(slash + 1 + len - 3, ".so") != 0)
        return err_set(err, SOUK_INVALID, "%s: a plugin is a file NAME.so", file);
    plan->name = arena_cstr(&plan->arena, (struct souk_str){slash + 1, len - 3});
    *slash = '\0';
    plan->dir = arena_cstr(&plan->arena, souk_str(path[0] ? path : "/"));
    return SOUK_OK;
}

/* NAME.conform.lua or conform.lua beside the file, unless --with names one. */
static int find_script(struct plan *plan, const char *with, struct err *err)
{
    if (with) {
        plan->with = with;
        return access(with, R_OK) == 0
                   ? SOUK_OK
                   : err_set(err, SOUK_NOT_FOUND, "%s cannot be read: %m", with);
    }
    const char *own = arena_printf(&plan->arena, "%s/%s.conform.lua", plan->dir, plan->name).ptr;
    const char *any = arena_printf(&plan->arena, "%s/conform.lua", plan->dir).ptr;
    plan->with = access(own, R_OK) == 0 ? own : access(any, R_OK) == 0 ? any : NULL;
    return SOUK_OK;
}

/* "int", "secret" … as the descriptor says; empty: there is no such option. */
static struct souk_str type_of(const struct plan *plan, struct souk_str key)
{
    json_each(option, json_at(plan->about, "options"))
    {
        if (souk_str_equal(json_text(json_at(&option->value, "key")), key))
            return json_text(json_at(&option->value, "type"));
    }
    return souk_str("");
}

static int is_secret(const struct plan *plan, struct souk_str key)
{
    return souk_str_is(type_of(plan, key), "secret");
}

static void add_secret(struct plan *plan, struct json *out, struct souk_str key,
                       struct souk_str text, size_t *count)
{
    char name[200];
    snprintf(name, sizeof name, "SOUK_HOST_%.*s", SOUK_PRI(key));
    setenv(name, arena_cstr(&plan->arena, text), 1);
    struct json *place = json_add_key(&plan->arena, out, key, JSON_OBJECT);
    json_add_str(&plan->arena, place, "$env", arena_str(&plan->arena, souk_str(name)));
    if (text.len >= 6) /* shorter ones stand in other words by chance */
        plan->secrets[(*count)++] = arena_cstr(&plan->arena, text);
}

static void make_values(struct plan *plan, const struct json *options, const struct json *more,
                        size_t later)
{
    size_t count = 0;
    plan->values = json_new(&plan->arena, JSON_OBJECT);
    struct json *own = json_add(&plan->arena, plan->values, plan->name, JSON_OBJECT);
    plan->secrets =
        arena_array(&plan->arena, const char *,
                    (options ? options->count : 0) + (more ? more->count : 0) + later + 1);
    json_each(option, options)
    {
        if (option->value.kind == JSON_STRING && is_secret(plan, option->key))
            add_secret(plan, own, option->key, option->value.text, &count);
        else
            json_add_tree(&plan->arena, own, arena_cstr(&plan->arena, option->key), &option->value);
    }
    json_each(word, more) if (json_text(&word->value).len >= 6) plan->secrets[count++] =
        arena_cstr(&plan->arena, json_text(&word->value));
}

static int read_script(struct plan *plan, size_t later, struct err *err)
{
    struct script *script = NULL;
    struct json *options = NULL, *secrets = NULL;
    if (plan->with) {
        int code = script_open(&script, plan->with, err);
        if (code != SOUK_OK)
            return code;
        options = script_value(script, &plan->arena, "options");
        secrets = script_value(script, &plan->arena, "secrets");
        script_close(script);
    }
    make_values(plan, options, secrets, later);
    return SOUK_OK;
}

/* As it would be written for an option of this type: a list is "one, two". */
static void add_value(struct plan *plan, struct json *own, const char *key, struct souk_str text)
{
    struct souk_str type = type_of(plan, souk_str(key)), part;
    int64_t number;
    if (souk_str_is(type, "list")) {
        struct json *list = json_add(&plan->arena, own, key, JSON_ARRAY);
        while (str_split(&text, ',', &part))
            json_add_str(&plan->arena, list, NULL, str_trim(part));
    } else if (souk_str_is(type, "bool") &&
               (souk_str_is(text, "true") || souk_str_is(text, "false"))) {
        json_add_bool(&plan->arena, own, key, text.ptr[0] == 't');
    } else if ((souk_str_is(type, "int") || souk_str_is(type, "size")) &&
               str_to_int(text, &number) == SOUK_OK) {
        json_add_int(&plan->arena, own, key, number);
    } else {
        json_add_str(&plan->arena, own, key, text);
    }
}

static void add_given(struct plan *plan, const char *const *set)
{
    struct json *own = (struct json *)(uintptr_t)json_at(plan->values, plan->name);
    size_t count = 0;
    while (plan->secrets[count])
        count++;
    for (; *set; set++) {
        size_t len = (size_t)(strchr(*set, '=') - *set);
        const char *key = arena_cstr(&plan->arena, str_make(*set, len));
        struct souk_str value = souk_str(*set + len + 1);
        if (is_secret(plan, souk_str(key)))
            add_secret(plan, own, souk_str(key), value, &count);
        else
            add_value(plan, own, key, value);
    }
}

int plan_make(struct plan *plan, const char *file, const char *with, const char *const *set,
              const char *scratch, struct err *err)
{
    plan->scratch = scratch;
    int code = find_file(plan, file, err);
    if (code == SOUK_OK)
        code = find_script(plan, with, err);
    if (code != SOUK_OK)
        return code;
    struct inspect_request request = {
        .file = plan->file, .name = plan->name, .scratch = scratch, .config_dir = plan->dir};
    code = inspect_file(&request, &plan->arena, &plan->about, err);
    if (code == SOUK_OK && json_at(plan->about, "name") == NULL)
        code = err_set(err, SOUK_INVALID, "%s: holds no descriptor", file);
    size_t later = 0;
    while (set[later])
        later++;
    if (code == SOUK_OK)
        code = read_script(plan, later, err);
    if (code == SOUK_OK)
        add_given(plan, set);
    return code;
}

int plan_minor(const struct plan *plan)
{
    int64_t minor = 0;
    struct souk_str abi = json_text(json_at(plan->about, "abi"));
    ptrdiff_t point = str_find(abi, '.');
    if (point < 0 || str_to_int(str_from(abi, (size_t)point + 1), &minor) != SOUK_OK)
        return SOUK_ABI_MINOR;
    return (int)minor;
}

int plan_provides(const struct plan *plan, const char *kind)
{
    int count = 0;
    json_each(row, json_at(plan->about, "providers")) count +=
        souk_str_is(json_text(json_at(&row->value, "kind")), kind);
    return count;
}
