/*
 * plugin_info.c: `souk plugin info NAME|FILE.so`: what a plugin adds to a shop and what it asks of
 * it, before anybody switches it on. For people a page; with --json the descriptor as data.
 *
 * A plugin of a shop is asked of the shop, running or stopped; a file that is not installed is
 * looked at by a child process, as the loader would.
 */
#include "app/cli/plugin_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/cli/control.h"
#include "base/str.h"
#include "plugin/inspect.h"

static struct souk_str text_of(const struct json *row, const char *key)
{
    struct souk_str text = json_text(json_at(row, key));
    return text.ptr ? text : souk_str("");
}

/* ---- asking ---- */

static int ask_file(struct arena *arena, const char *file, struct json **info, struct err *err)
{
    struct inspect_request request = {
        .file = file, .name = record_name(arena, file), .scratch = "/tmp"};
    if (!request.name)
        return err_set(err, SOUK_INVALID, "%s: a plugin's file is called NAME.so", file);
    int code = inspect_file(&request, arena, info, err);
    if (code == SOUK_OK) {
        json_add_cstr(arena, *info, "source", file);
        json_add_cstr(arena, *info, "state", "not installed");
    }
    return code;
}

static int ask_shop(struct arena *arena, const char *data, const char *name, struct json **info,
                    struct err *err)
{
    const struct json *answer = NULL;
    const char *const path[] = {"plugins", name, NULL};
    struct stopped shop;
    int code = control_call(arena, data, "GET", control_path(arena, path), NULL, &answer, err);
    if (code == SOUK_OK)
        *info = json_copy(arena, answer);
    if (code == SOUK_UNAVAILABLE && (code = stopped_open(arena, data, &shop, err)) == SOUK_OK) {
        *info = json_new(arena, JSON_OBJECT);
        code = stopped_info(arena, &shop, name, *info, err);
        db_shut(shop.db);
    }
    return code;
}

/* What the record beside the file says; without a file there is none. */
static void add_record(struct arena *arena, struct json *info, struct record *record)
{
    const char *file = arena_cstr(arena, text_of(info, "source"));
    struct souk_str bytes;
    char sha256[65];
    struct stat as;
    struct err err = {0};
    *record = (struct record){.state = RECORD_NONE};
    if (file[0] && record_name(arena, file) &&
        record_hash(arena, file, &bytes, sha256, &as, &err) == SOUK_OK) {
        record_read(arena, file, record_name(arena, file), sha256, record);
        json_add_cstr(arena, info, "sha256", arena_cstr(arena, souk_str(sha256)));
    }
    if (!record->json) {
        json_add_null(arena, info, "conformance");
        return;
    }
    struct json *copy = json_copy(arena, record->json);
    json_add_bool(arena, copy, "of_this_file", record->state != RECORD_OTHER);
    json_add_tree(arena, info, "conformance", copy);
}

/* ---- for people ---- */

static void print_line(const char *head, struct souk_str text)
{
    if (text.len)
        printf("  %-12s %.*s\n", head, SOUK_PRI(text));
}

/* A heading, once, before its first row. */
static void print_head(const char **head)
{
    if (*head)
        printf("\n%s\n", *head);
    *head = NULL;
}

static void print_options(const struct json *info)
{
    const char *head = "options, in souk.lua under its name";
    json_each(at, json_at(info, "options"))
    {
        const struct json *row = &at->value, *value = json_at(row, "value");
        struct souk_str initial = text_of(row, "initial");
        print_head(&head);
        printf("  %-18.*s %-9.*s %.*s", SOUK_PRI(text_of(row, "key")),
               SOUK_PRI(text_of(row, "type")), SOUK_PRI(text_of(row, "summary")));
        const char *between = "; one of ";
        json_each(choice, json_at(row, "choices"))
        {
            printf("%s%.*s", between, SOUK_PRI(json_text(&choice->value)));
            between = ", ";
        }
        if (json_at(row, "min"))
            printf("; from %.*s", SOUK_PRI(text_of(row, "min")));
        if (json_at(row, "max"))
            printf(" to %.*s", SOUK_PRI(text_of(row, "max")));
        if (json_true(json_at(row, "required")))
            printf("; must be given");
        else if (initial.len && !memchr(initial.ptr, '\n', initial.len))
            printf("; %.*s when not given", SOUK_PRI(initial));
        if (value && value->kind == JSON_STRING && !souk_str_equal(value->text, initial) &&
            value->text.len < 60 && !memchr(value->text.ptr, '\n', value->text.len))
            printf(" (is %.*s)", SOUK_PRI(value->text));
        printf("\n");
    }
}

static const char *prefix_of(struct souk_str surface)
{
    return souk_str_is(surface, "webhook") ? "/hooks/"
           : souk_str_is(surface, "admin") ? "/admin/p/"
           : souk_str_is(surface, "api")   ? "/api/v1/x/"
                                           : "/x/";
}

static void print_web(const struct json *info)
{
    const char *head = "routes, pages and slots";
    struct souk_str name = text_of(info, "name");
    json_each(at, json_at(info, "routes"))
    {
        const struct json *row = &at->value;
        struct souk_str right = text_of(row, "right");
        print_head(&head);
        printf("  %-6.*s %s%.*s%.*s  %.*s%s%.*s\n", SOUK_PRI(text_of(row, "method")),
               prefix_of(text_of(row, "surface")), SOUK_PRI(name), SOUK_PRI(text_of(row, "path")),
               SOUK_PRI(text_of(row, "summary")), right.len ? "; right " : "", SOUK_PRI(right));
    }
    json_each(at, json_at(info, "pages"))
    {
        print_head(&head);
        printf("  page   %.*s  %.*s\n", SOUK_PRI(text_of(&at->value, "path")),
               SOUK_PRI(text_of(&at->value, "title")));
    }
    json_each(at, json_at(info, "slots"))
    {
        print_head(&head);
        printf("  slot   %.*s\n", SOUK_PRI(text_of(&at->value, "slot")));
    }
}

static void print_work(const struct json *info)
{
    const char *head = "events, jobs and commands";
    struct souk_str name = text_of(info, "name");
    json_each(at, json_at(info, "events"))
    {
        print_head(&head);
        printf("  event  %.*s (%.*s)\n", SOUK_PRI(text_of(&at->value, "event")),
               SOUK_PRI(text_of(&at->value, "kind")));
    }
    json_each(at, json_at(info, "jobs"))
    {
        struct souk_str cron = text_of(&at->value, "cron");
        print_head(&head);
        printf("  job    %.*s (%.*s)  %.*s\n", SOUK_PRI(text_of(&at->value, "name")),
               SOUK_PRI(cron.len ? cron : souk_str("when asked for")),
               SOUK_PRI(text_of(&at->value, "summary")));
    }
    json_each(at, json_at(info, "commands"))
    {
        struct souk_str usage = text_of(&at->value, "usage");
        print_head(&head);
        printf("  souk %.*s %.*s%s%.*s  %.*s\n", SOUK_PRI(name),
               SOUK_PRI(text_of(&at->value, "name")), usage.len ? " " : "", SOUK_PRI(usage),
               SOUK_PRI(text_of(&at->value, "summary")));
    }
}

static void print_data(const struct json *info)
{
    const char *head = "providers, data and admin pages";
    json_each(at, json_at(info, "providers"))
    {
        print_head(&head);
        printf("  %-8.*s \"%.*s\"\n", SOUK_PRI(text_of(&at->value, "kind")),
               SOUK_PRI(text_of(&at->value, "name")));
    }
    json_each(at, json_at(info, "tables"))
    {
        print_head(&head);
        printf("  table    %.*s\n", SOUK_PRI(json_text(&at->value)));
    }
    json_each(at, json_at(info, "resources"))
    {
        print_head(&head);
        printf("  admin    %.*s (%.*s)\n", SOUK_PRI(text_of(&at->value, "title")),
               SOUK_PRI(text_of(&at->value, "table")));
    }
}

/* ---- what it asks for ---- */

/* Where an option of the type url leads: what it is in this shop, or what it is unless somebody
 * sets it. */
static void add_target(struct buf *out, const struct json *row)
{
    struct souk_str initial = text_of(row, "initial"), is = text_of(row, "value");
    buf_printf(out, "%soption %.*s", out->len ? ", " : "", SOUK_PRI(text_of(row, "key")));
    if (is.len)
        buf_printf(out, " (is %.*s)", SOUK_PRI(is));
    else if (initial.len)
        buf_printf(out, " (%.*s when not given)", SOUK_PRI(initial));
    else
        buf_add_cstr(out, json_true(json_at(row, "required")) ? " (must be given)"
                                                              : " (nobody when not given)");
}

/* Nothing in a descriptor forbids the network to TASK code; these are the signs that it is used. */
static struct souk_str network(struct arena *arena, const struct json *info)
{
    struct buf out = {.arena = arena};
    json_each(at, json_at(info, "providers"))
    {
        struct souk_str kind = text_of(&at->value, "kind");
        const struct json *local = json_at(&at->value, "local");
        if (local ? !json_true(local)
                  : souk_str_is(kind, "notify") || souk_str_is(kind, "track") ||
                        souk_str_is(kind, "chat"))
            buf_printf(&out, "%s%.*s provider", out.len ? ", " : "", SOUK_PRI(kind));
    }
    json_each(at, json_at(info, "options"))
    {
        if (souk_str_is(text_of(&at->value, "type"), "url"))
            add_target(&out, &at->value);
    }
    json_each(at, json_at(info, "routes"))
    {
        if (souk_str_is(text_of(&at->value, "surface"), "webhook")) {
            buf_printf(&out, "%swebhooks come in", out.len ? ", " : "");
            break;
        }
    }
    return out.len ? buf_str(&out) : souk_str("nothing says that it talks to anybody");
}

static void print_needs(struct arena *arena, const struct json *info)
{
    struct souk_str role = text_of(info, "role");
    struct buf rights = {.arena = arena};
    printf("\nit asks for\n");
    print_line("network", network(arena, info));
    const struct json *said = json_at(info, "role");
    int64_t number = json_int(said, -1); /* of a plugin that is on, the state says it as a number */
    if (number >= 0)
        role = souk_str(number == 1 ? "essential" : number == 2 ? "gate" : "optional");
    print_line("role", souk_str_is(role, "gate") ? souk_str("gate: without it nothing is sold")
                       : souk_str_is(role, "essential")
                           ? souk_str("essential: what needs it answers 503 without it")
                           : souk_str("optional: the shop goes on without it"));
    json_each(at, json_at(info, "requires")) print_line(
        arena_cstr(arena, text_of(&at->value, "relation")), text_of(&at->value, "plugin"));
    json_each(at, json_at(info, "rights"))
        buf_printf(&rights, "%s%.*s", rights.len ? ", " : "", SOUK_PRI(json_text(&at->value)));
    print_line("rights", rights.len ? buf_str(&rights) : souk_str(""));
}

static void print_info(struct arena *arena, const struct json *info, const struct record *record)
{
    struct souk_str contact = text_of(info, "contact"), license = text_of(info, "license");
    struct souk_str error = text_of(info, "error");
    printf("%.*s %.*s: %.*s\n", SOUK_PRI(text_of(info, "name")), SOUK_PRI(text_of(info, "version")),
           SOUK_PRI(text_of(info, "summary")));
    print_line("state", text_of(info, "state"));
    print_line("error", error);
    print_line("file", text_of(info, "source"));
    print_line("conformance", record_words(arena, record));
    print_line("abi", text_of(info, "abi"));
    print_line("license", license);
    print_line("contact", contact);
    if (!json_at(info, "options"))
        return; /* nobody could look into it */
    print_data(info);
    print_web(info);
    print_work(info);
    print_options(info);
    print_needs(arena, info);
}

/* ---- the command ---- */

int plugin_info_show(struct arena *arena, const struct cli_args *args, const char *data)
{
    struct err err = {0};
    struct json *info = NULL;
    struct record record;
    const char *name = args->rest[1];
    int is_file = strchr(name, '/') || str_ends(souk_str(name), ".so");
    int code =
        is_file ? ask_file(arena, name, &info, &err) : ask_shop(arena, data, name, &info, &err);
    if (code != SOUK_OK)
        return cli_fail("plugin info", &err);
    add_record(arena, info, &record);
    if (cli_given(args, "--json")) {
        struct buf out = {.arena = arena};
        json_print_pretty(&out, info);
        printf("%.*s\n", (int)out.len, out.ptr);
    } else {
        print_info(arena, info, &record);
    }
    return CLI_DONE;
}
