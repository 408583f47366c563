/*
 * options.c: a table of values checked against an array of struct souk_option, and the
 * typed result.
 *
 * The idea: one walk over what is written finds unknown keys, one over what is declared
 * parses each value or its default. Every problem is collected with its key and what to
 * do next; the result always has a value for each option, so that a check can go on
 * behind a mistake. Keys are few: they are compared one by one.
 *
 * Values are copied into the arena: what was given need not stay. Any thread; the
 * result is read-only. One value by its type is options_parse.c, secrets are
 * options_secret.c, the form is options_describe.c.
 */
#include "plugin/options.h"

#include "base/str.h"
#include "plugin/options_parse.h"

void problems_init(struct problems *problems, struct arena *arena, struct souk_str file)
{
    *problems = (struct problems){.arena = arena, .file = arena_str(arena, file)};
    problems->end = &problems->first;
}

/* Sentences of one piece, "what is wrong; what to do", as other floors make them. */
static void take_hint(struct problem *problem)
{
    for (size_t i = 2; i < problem->message.len; i++)
        if (problem->message.ptr[i - 2] == ';' && problem->message.ptr[i - 1] == ' ') {
            problem->hint = str_from(problem->message, i);
            problem->message.len = i - 2;
            return;
        }
}

void problem_add(struct problems *problems, struct souk_str key, struct souk_str hint,
                 const char *message, ...)
{
    struct problem *problem = arena_new(problems->arena, struct problem);
    va_list args;
    va_start(args, message);
    problem->message = arena_vprintf(problems->arena, message, args);
    va_end(args);
    problem->file = problems->file;
    problem->line = problems->line;
    problem->key = arena_str(problems->arena, key);
    problem->hint = arena_str(problems->arena, hint);
    if (!hint.len)
        take_hint(problem);
    *problems->end = problem;
    problems->end = &problem->next;
    problems->count++;
}

/* ---- checking ---- */

static const struct souk_option *find_option(const struct souk_option *options, size_t count,
                                             struct souk_str key)
{
    for (size_t i = 0; i < count; i++)
        if (souk_str_is(key, options[i].key))
            return &options[i];
    return NULL;
}

static struct souk_str path_of(struct arena *arena, const char *section, struct souk_str key)
{
    if (!section || !*section)
        return arena_str(arena, key);
    return arena_printf(arena, "%s.%.*s", section, SOUK_PRI(key));
}

static struct souk_str unknown_hint(struct arena *arena, const struct souk_option *options,
                                    size_t count, struct souk_str key)
{
    const char **names = arena_array(arena, const char *, count + 1);
    struct buf hint = {.arena = arena};
    for (size_t i = 0; i < count; i++)
        names[i] = options[i].key;
    const char *near = str_nearest(key, names);
    if (near)
        return arena_printf(arena, "did you mean \"%s\"?", near);
    if (count == 0)
        return souk_str("there are no options here; take it out");
    buf_add_cstr(&hint, "known keys: ");
    for (size_t i = 0; i < count; i++)
        buf_printf(&hint, "%s%s", i ? ", " : "", names[i]);
    return buf_str(&hint);
}

/* Given values as an object; NULL when there is nothing usable. */
static const struct json *section_table(const char *section, const struct json *given,
                                        struct problems *problems)
{
    if (!given || given->kind == JSON_OBJECT || (given->kind == JSON_ARRAY && given->count == 0))
        return given && given->kind == JSON_OBJECT ? given : NULL;
    problem_add(problems, souk_str(section),
                arena_printf(problems->arena, "write %s = { key = value, … }", section),
                given->kind == JSON_ARRAY ? "is a list, expected a table with named keys"
                                          : "is a single value, expected a table with named keys");
    return NULL;
}

static void check_option(struct option_check *check, const struct json *given,
                         struct option_value *out)
{
    const struct souk_option *option = check->option;
    if (given) {
        int code = options_parse(check, given, out);
        int blank =
            code == 0 && out->text.len == 0 && !out->json && (option->flags & SOUK_REQUIRED);
        if (blank) {
            code =
                options_wrong(check, NULL, options_example(check), "is empty, but must be given");
        }
        if (code == 0) {
            out->present = 1;
            return;
        }
        *out = (struct option_value){0};
    } else if (option->flags & SOUK_REQUIRED) {
        options_wrong(check, NULL, options_example(check), "is missing");
    }
    if (option->initial && option->type != SOUK_SECRET) {
        check->initial = 1;
        out->present = options_parse_initial(check, out) == 0;
        check->initial = 0;
    }
}

struct option_values *options_check(struct arena *arena, const struct souk_option *options,
                                    size_t count, const char *section, const char *dir,
                                    const struct json *given, struct problems *problems)
{
    struct option_values *values = arena_new(arena, struct option_values);
    const struct json *table = section_table(section, given, problems);
    values->options = options;
    values->count = count;
    values->at = arena_array(arena, struct option_value, count + 1);
    json_each(item, table)
    {
        if (!find_option(options, count, item->key)) {
            problem_add(problems, path_of(problems->arena, section, item->key),
                        unknown_hint(problems->arena, options, count, item->key), "unknown key");
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct souk_str key = souk_str(options[i].key);
        struct option_check check = {.arena = arena,
                                     .option = &options[i],
                                     .section = section ? section : "",
                                     .dir = dir,
                                     .path = path_of(arena, section, key),
                                     .problems = problems};
        check_option(&check, table ? json_get(table, key) : NULL, &values->at[i]);
    }
    return values;
}

/* ---- reading ---- */

static const struct option_value *value_of(const struct option_values *values, const char *key)
{
    for (size_t i = 0; values && i < values->count; i++)
        if (strcmp(values->options[i].key, key) == 0)
            return &values->at[i];
    return NULL;
}

int64_t options_int(const struct option_values *values, const char *key)
{
    const struct option_value *value = value_of(values, key);
    return value ? value->number : 0;
}

struct souk_str options_text(const struct option_values *values, const char *key)
{
    const struct option_value *value = value_of(values, key);
    return value && value->text.ptr ? value->text : souk_str("");
}

const struct json *options_json(const struct option_values *values, const char *key)
{
    const struct option_value *value = value_of(values, key);
    return value ? value->json : NULL;
}

/* Lists and maps hold strings only. */
static int json_same(const struct json *a, const struct json *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || a->count != b->count)
        return 0;
    const struct json_item *other = b->first;
    json_each(item, a)
    {
        const struct json *match = a->kind == JSON_OBJECT ? json_get(b, item->key) : &other->value;
        if (!match || !souk_str_equal(json_text(&item->value), json_text(match)))
            return 0;
        other = other->next;
    }
    return 1;
}

int options_same(const struct option_values *a, const struct option_values *b)
{
    return options_same_but(a, b, "");
}

int options_same_but(const struct option_values *a, const struct option_values *b, const char *key)
{
    if (!a || !b || a->count != b->count)
        return a == b;
    for (size_t i = 0; i < a->count; i++) {
        const struct option_value *x = &a->at[i];
        const struct option_value *y = value_of(b, a->options[i].key);
        if (strcmp(a->options[i].key, key) == 0)
            continue;
        if (!y || x->present != y->present || x->number != y->number ||
            a->options[i].type != b->options[y - b->at].type || !souk_str_equal(x->text, y->text) ||
            !json_same(x->json, y->json))
            return 0;
    }
    return 1;
}
