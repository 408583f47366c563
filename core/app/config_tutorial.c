/*
 * config_tutorial.c: a commented souk.lua that is its own manual, made from the tables
 * of the sections.
 *
 * Every key stands in it as a comment with its default, so that the file does nothing
 * until somebody takes the dashes away, and never goes out of date.
 */
#include "app/config.h"

#include "app/config_sections.h"
#include "base/str.h"
#include "plugin/options_parse.h"

#define WIDTH 92

/* Words of one sentence as comment lines. */
static void add_comment(struct buf *out, const char *indent, const char *text)
{
    struct souk_str rest = souk_str(text), word;
    size_t column = 0;
    while (str_split(&rest, ' ', &word)) {
        if (column == 0 || column + word.len + 1 > WIDTH) {
            buf_printf(out, "%s%s--", column ? "\n" : "", indent);
            column = strlen(indent) + 2;
        }
        buf_printf(out, " %.*s", SOUK_PRI(word));
        column += word.len + 1;
    }
    buf_add_char(out, '\n');
}

static void add_list(struct buf *out, const char *initial)
{
    struct souk_str rest = souk_str(initial ? initial : ""), part;
    int first = 1;
    buf_add_cstr(out, "{");
    while (str_split(&rest, ',', &part)) {
        part = str_trim(part);
        buf_printf(out, "%s \"%.*s\"", first ? "" : ",", SOUK_PRI(part));
        first = 0;
    }
    buf_add_cstr(out, first ? "}" : " }");
}

static void add_bounds(struct buf *out, const struct souk_option *option)
{
    if (option->type == SOUK_CHOICE) {
        buf_add_cstr(out, "  -- one of:");
        for (size_t i = 0; option->choices[i]; i++)
            buf_printf(out, "%s %s", i ? "," : "", option->choices[i]);
    } else if (option->max) {
        buf_printf(out, "  -- %s to %s",
                   options_show_number(out->arena, option->type, option->min).ptr,
                   options_show_number(out->arena, option->type, option->max).ptr);
    }
}

static void add_key(struct buf *out, const struct souk_option *option)
{
    add_comment(out, "    ", option->summary);
    buf_printf(out, "    -- %s = ", option->key);
    if (option->type == SOUK_LIST) {
        add_list(out, option->initial);
    } else if (option->type == SOUK_INT || option->type == SOUK_BOOL) {
        buf_add_cstr(out, option->initial);
    } else {
        buf_printf(out, "\"%s\"",
                   option->initial             ? option->initial
                   : option->type == SOUK_URL  ? "https://example.org"
                   : option->type == SOUK_RATE ? "10%"
                                               : "");
    }
    buf_add_cstr(out, ",");
    add_bounds(out, option);
    buf_add_cstr(out, "\n");
}

static void add_head(struct buf *out)
{
    const struct config_section *top = &config_sections[SECTION_TOP];
    buf_add_cstr(
        out,
        "-- souk.lua: the configuration of a shop.\n"
        "--\n"
        "-- Everything has a default: take the dashes away in front of what you want to change.\n"
        "-- Text stands in quotes, numbers, true and false do not; a list is { \"a\", \"b\" }.\n"
        "-- Time is written \"250ms\", \"10s\", \"5m\", \"2h\", \"1d\"; a size 4096, \"64K\", \"4M\", \"1G\".\n"
        "-- A secret is never written here: key = env \"NAME\" takes it from the environment,\n"
        "-- key = file \"secrets/name\" from a file that only souk may read (chmod 600).\n"
        "--\n"
        "-- `souk check -c souk.lua` says all that is wrong, with lines. A running shop reads the\n"
        "-- file again on SIGHUP; a file with mistakes is refused and the shop goes on as it was.\n\n");
    for (size_t i = 0; i < top->count; i++) {
        add_comment(out, "", top->options[i].summary);
        if (top->options[i].type == SOUK_LIST)
            buf_printf(out, i ? "-- %s = { \"plugins\" }\n\n" : "%s = {\n    -- \"hello\",\n}\n\n",
                       top->options[i].key);
        else
            buf_printf(out, "-- %s = \"%s\"\n\n", top->options[i].key, top->options[i].initial);
    }
}

struct souk_str config_tutorial(struct arena *arena)
{
    struct buf out = {.arena = arena};
    add_head(&out);
    for (int i = SECTION_SHOP; i < SECTIONS; i++) {
        const struct config_section *section = &config_sections[i];
        buf_printf(&out, "-- %s.\n%s = {\n", section->summary, section->name);
        for (size_t k = 0; k < section->count; k++)
            add_key(&out, &section->options[k]);
        buf_add_cstr(&out, "}\n\n");
    }
    buf_add_cstr(
        &out,
        "-- Each plugin has a table of its own name; `souk plugin info NAME` shows its options.\n"
        "-- hello = {\n--     greeting = \"Hi\",\n-- }\n");
    return buf_str(&out);
}
