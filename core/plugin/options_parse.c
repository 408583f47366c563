/*
 * options_parse.c: one value of one option: its type, its form, its bounds.
 *
 * The idea: a small function for each type, all with the same shape: take what was
 * written, fill what is kept, or add a problem that says what is there, what is
 * expected, and shows a line that would be right. Defaults of the descriptor take the
 * same road, so that a wrong default is found too, and is said to be the author's
 * mistake.
 *
 * Numbers of all sorts are options_number.c, secrets options_secret.c. Text is copied
 * into the arena.
 */
#include "plugin/options_parse.h"

#include "base/str.h"
#include "base/utf8.h"

#define SHOWN_MOST 40 /* characters of a wrong value that a message repeats */

int options_wrong(struct option_check *check, const char *item, struct souk_str hint,
                  const char *message, ...)
{
    struct arena *arena = check->problems->arena;
    struct souk_str path = check->path;
    va_list args;
    va_start(args, message);
    struct souk_str text = arena_vprintf(arena, message, args);
    va_end(args);
    if (item)
        path = arena_printf(arena, "%.*s%s", SOUK_PRI(path), item);
    if (check->initial) {
        problem_add(
            check->problems, path,
            souk_str(
                "this is for the plugin's author to put right; give a value of your own until then"),
            "the default of the plugin itself is wrong: %.*s", SOUK_PRI(text));
    } else {
        problem_add(check->problems, path, hint, "%.*s", SOUK_PRI(text));
    }
    return SOUK_INVALID;
}

/* ---- words ---- */

struct souk_str options_show_text(struct arena *arena, struct souk_str text)
{
    struct souk_str cut = utf8_cut(text, SHOWN_MOST);
    ptrdiff_t line = str_find(cut, '\n');
    if (line >= 0)
        cut.len = (size_t)line;
    return arena_printf(arena, "\"%.*s%s\"", SOUK_PRI(cut), cut.len < text.len ? "…" : "");
}

/* What was found, in words. */
static struct souk_str found(struct arena *arena, const struct json *given)
{
    switch (given->kind) {
    case JSON_BOOL: return souk_str(given->number ? "true" : "false");
    case JSON_INT: return arena_printf(arena, "the number %lld", (long long)given->number);
    case JSON_REAL: return souk_str("a number with a fraction");
    case JSON_STRING:
        return arena_printf(arena, "the text %s", options_show_text(arena, given->text).ptr);
    case JSON_ARRAY: return souk_str(given->count ? "a list" : "an empty table");
    case JSON_OBJECT:
        if (given->count == 1 && json_at(given, "$env"))
            return souk_str("env (only secrets come from there)");
        if (given->count == 1 && json_at(given, "$file"))
            return souk_str("file (only secrets come from there)");
        return souk_str(given->count ? "a table" : "an empty table");
    default: return souk_str("nothing");
    }
}

static const char *expected(int32_t type)
{
    switch (type) {
    case SOUK_INT: return "a whole number without quotes";
    case SOUK_BOOL: return "true or false without quotes";
    case SOUK_MONEY: return "an amount of money with its currency";
    case SOUK_DURATION: return "a span of time: a whole number with ms, s, m, h or d";
    case SOUK_SIZE: return "a size: bytes, or a whole number with K, M or G";
    case SOUK_URL: return "an address that begins with http:// or https://";
    case SOUK_CHOICE: return "one of the choices, as text";
    case SOUK_LIST: return "a list of texts";
    case SOUK_MAP: return "a table of names and texts";
    case SOUK_RATE: return "a percentage as text";
    default: return "text in quotes";
    }
}

static const char *sample(const struct souk_option *option)
{
    switch (option->type) {
    case SOUK_INT: return option->min > 0 ? NULL : "10";
    case SOUK_BOOL: return "true";
    case SOUK_MONEY: return "\"12.50 EUR\"";
    case SOUK_DURATION: return "\"10s\"";
    case SOUK_SIZE: return "\"4M\"";
    case SOUK_URL: return "\"https://example.org/\"";
    case SOUK_LIST: return "{ \"one\", \"two\" }";
    case SOUK_MAP: return "{ name = \"value\" }";
    case SOUK_RATE: return "\"12.5%\"";
    default: return "\"some text\"";
    }
}

static void upper(char *text)
{
    for (; *text; text++)
        *text = (char)(*text >= 'a' && *text <= 'z' ? *text - 32 : *text);
}

struct souk_str options_example(struct option_check *check)
{
    const struct souk_option *option = check->option;
    struct arena *arena = check->problems->arena;
    if (option->type == SOUK_SECRET) {
        struct souk_str low =
            arena_printf(arena, "%s%s%s", check->section, *check->section ? "_" : "", option->key);
        char *high = arena_cstr(arena, low);
        upper(high);
        return arena_printf(arena, "write %s = env \"%s\" or %s = file \"secrets/%s\"", option->key,
                            high, option->key, low.ptr);
    }
    if ((option->type == SOUK_CHOICE || option->type == SOUK_LIST) && option->choices &&
        option->choices[0]) {
        int is_list = option->type == SOUK_LIST;
        struct buf hint = {.arena = arena};
        buf_printf(&hint, is_list ? "write %s = { … } with " : "write %s = ", option->key);
        for (size_t i = 0; option->choices[i]; i++)
            buf_printf(&hint, "%s\"%s\"", i ? " or " : "", option->choices[i]);
        return buf_str(&hint);
    }
    if (option->initial && *option->initial && option->type != SOUK_LIST &&
        option->type != SOUK_MAP) {
        const char *quote = option->type == SOUK_INT || option->type == SOUK_BOOL ? "" : "\"";
        return arena_printf(arena, "for example %s = %s%s%s", option->key, quote, option->initial,
                            quote);
    }
    const char *value = sample(option);
    return value
               ? arena_printf(arena, "for example %s = %s", option->key, value)
               : arena_printf(arena, "for example %s = %lld", option->key, (long long)option->min);
}

int options_wrong_type(struct option_check *check, const struct json *given)
{
    struct arena *arena = check->problems->arena;
    return options_wrong(check, NULL, options_example(check), "is %s, expected %s",
                         found(arena, given).ptr, expected(check->option->type));
}

/* Right in kind, wrong in form. */
int options_wrong_form(struct option_check *check, struct souk_str text)
{
    return options_wrong(check, NULL, options_example(check), "%s is not %s",
                         options_show_text(check->problems->arena, text).ptr,
                         expected(check->option->type));
}

/* ---- text ---- */

static int one_line(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return 0;
    return 1;
}

static int is_url(struct souk_str url)
{
    struct souk_str rest = str_starts(url, "https://")  ? str_from(url, 8)
                           : str_starts(url, "http://") ? str_from(url, 7)
                                                        : STR_NULL;
    if (rest.len == 0 || strchr("/?#:@", rest.ptr[0]) || !one_line(url))
        return 0;
    return str_find(url, ' ') < 0 && str_find(url, '"') < 0 && str_find(url, '<') < 0 &&
           str_find(url, '>') < 0 && str_find(url, '\\') < 0;
}

/* `at`: where in a list; NULL: the option itself. */
static int parse_choice(struct option_check *check, const char *at, struct souk_str text)
{
    const char *const *choices = check->option->choices;
    for (size_t i = 0; choices && choices[i]; i++)
        if (souk_str_is(text, choices[i]))
            return 0;
    const char *near = choices ? str_nearest(text, choices) : NULL;
    struct arena *arena = check->problems->arena;
    return options_wrong(check, at,
                         near ? arena_printf(arena, "did you mean \"%s\"?", near)
                              : options_example(check),
                         "%s is none of the choices", options_show_text(arena, text).ptr);
}

static int parse_text(struct option_check *check, const struct json *given,
                      struct option_value *out)
{
    int32_t type = check->option->type;
    if (given->kind != JSON_STRING)
        return options_wrong_type(check, given);
    out->text = arena_str(check->arena, given->text);
    if (type == SOUK_CHOICE)
        return parse_choice(check, NULL, out->text);
    if (type == SOUK_URL && !(out->text.len == 0 && !(check->option->flags & SOUK_REQUIRED)) &&
        !is_url(out->text))
        return options_wrong_form(check, out->text);
    if (type != SOUK_TEXT && !one_line(out->text)) {
        return options_wrong(check, NULL,
                             souk_str("keep it on one line, without tabs and control characters"),
                             "has a line break or a control character in it");
    }
    return 0;
}

/* ---- lists and maps ---- */

static int check_item(struct option_check *check, const char *item, const struct json *value)
{
    struct arena *arena = check->problems->arena;
    if (value->kind != JSON_STRING) {
        return options_wrong(check, item, options_example(check), "is %s, expected text in quotes",
                             found(arena, value).ptr);
    }
    if (!one_line(value->text)) {
        return options_wrong(check, item,
                             souk_str("keep it on one line, without tabs and control characters"),
                             "has a line break or a control character in it");
    }
    return 0;
}

static int parse_list(struct option_check *check, const struct json *given,
                      struct option_value *out)
{
    int bad = 0, place = 0;
    if (given->kind != JSON_ARRAY && (given->kind != JSON_OBJECT || given->count))
        return options_wrong_type(check, given);
    struct json *list = json_new(check->arena, JSON_ARRAY);
    json_each(item, given)
    {
        char at[32];
        str_copy(at, sizeof(at), arena_printf(check->problems->arena, "[%d]", ++place));
        if (check_item(check, at, &item->value))
            bad = 1;
        else if (item->value.text.len == 0)
            bad = options_wrong(check, at, souk_str("take it out or write something"), "is empty");
        else if (check->option->choices && parse_choice(check, at, item->value.text))
            bad = 1;
        else
            json_add_str(check->arena, list, NULL, arena_str(check->arena, item->value.text));
    }
    out->json = list;
    return bad ? SOUK_INVALID : 0;
}

static int parse_map(struct option_check *check, const struct json *given, struct option_value *out)
{
    int bad = 0;
    if (given->kind != JSON_OBJECT && (given->kind != JSON_ARRAY || given->count))
        return options_wrong_type(check, given);
    if (given->count == 1 && (json_at(given, "$env") || json_at(given, "$file")))
        return options_wrong_type(check, given);
    struct json *map = json_new(check->arena, JSON_OBJECT);
    json_each(item, given)
    {
        struct souk_str at = arena_printf(check->problems->arena, ".%.*s", SOUK_PRI(item->key));
        if (check_item(check, at.ptr, &item->value)) {
            bad = 1;
            continue;
        }
        json_add_key(check->arena, map, arena_str(check->arena, item->key), JSON_STRING)->text =
            arena_str(check->arena, item->value.text);
    }
    out->json = map;
    return bad ? SOUK_INVALID : 0;
}

/* ---- by type ---- */

int options_parse(struct option_check *check, const struct json *given, struct option_value *out)
{
    switch (check->option->type) {
    case SOUK_INT: return options_parse_int(check, given, out);
    case SOUK_BOOL:
        if (given->kind != JSON_BOOL)
            return options_wrong_type(check, given);
        out->number = given->number != 0;
        out->text = souk_str(out->number ? "true" : "false");
        return 0;
    case SOUK_SIZE: return options_parse_size(check, given, out);
    case SOUK_MONEY:
    case SOUK_RATE:
    case SOUK_DURATION: return options_parse_measure(check, given, out);
    case SOUK_LIST: return parse_list(check, given, out);
    case SOUK_MAP: return parse_map(check, given, out);
    case SOUK_SECRET: return options_parse_secret(check, given, out);
    default: return parse_text(check, given, out);
    }
}

/* "a, b" and "key=value, key=value" as the trees that a file would give. */
static const struct json *tree_of(struct arena *arena, const struct souk_option *option)
{
    struct json *tree = json_new(arena, option->type == SOUK_LIST ? JSON_ARRAY : JSON_OBJECT);
    struct souk_str rest = souk_str(option->initial), part;
    while (str_split(&rest, ',', &part)) {
        struct souk_str value = str_trim(part), key = STR_NULL;
        if (option->type == SOUK_LIST)
            json_add_str(arena, tree, NULL, value);
        else if (str_split(&value, '=', &key))
            json_add_key(arena, tree, str_trim(key), JSON_STRING)->text = str_trim(value);
    }
    return tree;
}

int options_parse_initial(struct option_check *check, struct option_value *out)
{
    const struct souk_option *option = check->option;
    struct json value = {.kind = JSON_STRING, .text = souk_str(option->initial)};
    int64_t number = 0;
    switch (option->type) {
    case SOUK_INT:
        if (str_to_int(value.text, &number) == 0)
            value = (struct json){.kind = JSON_INT, .number = number};
        break;
    case SOUK_BOOL:
        if (souk_str_is(value.text, "true") || souk_str_is(value.text, "false"))
            value = (struct json){.kind = JSON_BOOL, .number = option->initial[0] == 't'};
        break;
    case SOUK_LIST:
    case SOUK_MAP: return options_parse(check, tree_of(check->arena, option), out);
    default: break;
    }
    return options_parse(check, &value, out);
}
