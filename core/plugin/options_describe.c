/*
 * options_describe.c: options as data, for the settings form, `souk plugin info` and
 * the documentation.
 *
 * Values are shown as they would be written; a secret only as being there.
 */
#include "plugin/options.h"

#include "base/str.h"
#include "plugin/options_parse.h"

const char *options_type_name(int32_t type)
{
    static const char *const names[] = {NULL,    "string",   "text",   "int", "bool",
                                        "money", "duration", "size",   "url", "choice",
                                        "list",  "map",      "secret", "rate"};
    return type >= SOUK_STRING && type <= SOUK_RATE ? names[type] : "unknown";
}

static void describe_value(struct arena *arena, struct json *row, const struct souk_option *option,
                           const struct option_value *value)
{
    if (!value || !value->present)
        json_add_null(arena, row, "value");
    else if (option->type == SOUK_SECRET)
        json_add_cstr(arena, row, "value", "********");
    else if (option->type == SOUK_INT)
        json_add_int(arena, row, "value", value->number);
    else if (option->type == SOUK_BOOL)
        json_add_bool(arena, row, "value", value->number != 0);
    else if (value->json)
        json_add_tree(arena, row, "value", value->json);
    else
        json_add_str(arena, row, "value", value->text);
}

static void describe_bounds(struct arena *arena, struct json *row, const struct souk_option *option)
{
    if (option->min == 0 && option->max == 0)
        return;
    json_add_str(arena, row, "min", options_show_number(arena, option->type, option->min));
    if (option->max != INT64_MAX)
        json_add_str(arena, row, "max", options_show_number(arena, option->type, option->max));
}

static void add_words(struct arena *arena, struct json *row, const char *key, const char *words)
{
    if (words)
        json_add_cstr(arena, row, key, words);
    else
        json_add_null(arena, row, key);
}

struct json *options_describe(struct arena *arena, const struct souk_option *options, size_t count,
                              const struct option_values *values)
{
    struct json *rows = json_new(arena, JSON_ARRAY);
    for (size_t i = 0; i < count; i++) {
        const struct souk_option *option = &options[i];
        const struct option_value *value = NULL;
        for (size_t k = 0; values && k < values->count; k++)
            if (strcmp(values->options[k].key, option->key) == 0)
                value = &values->at[k];
        struct json *row = json_add(arena, rows, NULL, JSON_OBJECT);
        json_add_cstr(arena, row, "key", option->key);
        json_add_cstr(arena, row, "type", options_type_name(option->type));
        add_words(arena, row, "summary", option->summary);
        add_words(arena, row, "initial", option->initial);
        json_add_bool(arena, row, "required", (option->flags & SOUK_REQUIRED) != 0);
        describe_bounds(arena, row, option);
        if ((option->type == SOUK_CHOICE || option->type == SOUK_LIST) && option->choices) {
            struct json *choices = json_add(arena, row, "choices", JSON_ARRAY);
            for (size_t k = 0; option->choices[k]; k++)
                json_add_cstr(arena, choices, NULL, option->choices[k]);
        }
        describe_value(arena, row, option, value);
    }
    return rows;
}
