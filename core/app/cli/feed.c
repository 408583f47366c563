/*
 * feed: `souk feed`: the feeds of a running shop: which there are, one of them with what was left
 * out and why, writing one at once. They are set up in the admin pages or through the API.
 */
#include <stdio.h>
#include <string.h>

#include "app/cli/cli.h"
#include "app/cli/control.h"
#include "base/str.h"

static const struct cli_option feed_options[] = {CLI_DATA, CLI_JSON, CLI_END};

#define TEXT(doc, key)   SOUK_PRI(json_text(json_at(doc, key)))
#define NUMBER(doc, key) (long long)json_int(json_at(doc, key), 0)

static void print_line(const struct json *feed)
{
    struct souk_str at = json_text(json_at(feed, "written_at"));
    printf("%-20.*s %-12.*s %-4s %8lld offers %6lld left out  %.*s\n", TEXT(feed, "name"),
           TEXT(feed, "format"), json_true(json_at(feed, "enabled")) ? "on" : "off",
           NUMBER(feed, "items"), NUMBER(feed, "rejected"),
           SOUK_PRI(at.len ? at : souk_str("not written yet")));
    if (json_text(json_at(feed, "error")).len)
        printf("%-20s last writing failed: %.*s\n", "", TEXT(feed, "error"));
}

static void print_feed(const struct json *feed)
{
    print_line(feed);
    if (json_text(json_at(feed, "url")).len)
        printf("%.*s, %lld bytes, written in %lld ms by %.*s\n", TEXT(feed, "url"),
               NUMBER(feed, "bytes"), NUMBER(feed, "took_ms"), TEXT(feed, "maker"));
    if (NUMBER(feed, "filtered"))
        printf("%lld left out by the feed's own limits\n", NUMBER(feed, "filtered"));
    json_each(reason, json_at(feed, "reasons"))
        printf("%8lld  %.*s (%.*s)\n", NUMBER(&reason->value, "count"),
               TEXT(&reason->value, "words"), TEXT(&reason->value, "sku"));
}

static int call(struct arena *arena, const struct cli_args *args, const char *method,
                const char *verb, const struct json **answer)
{
    struct err err = {0};
    const char *name = args->rest_count > 1 ? args->rest[1] : NULL;
    const char *const path[] = {"feeds", name, name ? verb : NULL, NULL};
    int code = control_call(arena, cli_value(args, "--data", "data"), method,
                            control_path(arena, path), NULL, answer, &err);
    if (code == SOUK_UNAVAILABLE && !err.text[0])
        err_set(&err, code, "no shop is running here; start it with souk serve");
    if (code == SOUK_NOT_FOUND)
        err_set(&err, code, "there is no feed \"%s\"; souk feed list names those that are there",
                name ? name : "");
    return code ? cli_fail("feed", &err) : CLI_DONE;
}

static int run_feed(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    const struct json *answer = NULL;
    int code;
    if (cli_parse(&command_feed, argc, argv, &args, &code))
        return code;
    const char *verb = args.rest_count ? args.rest[0] : "list";
    int lists = strcmp(verb, "list") == 0;
    int writes = strcmp(verb, "write") == 0;
    if ((!lists && !writes && strcmp(verb, "show") != 0) || args.rest_count > 2 - lists ||
        (!lists && args.rest_count != 2))
        return cli_usage(&command_feed, "say list, show NAME or write NAME");
    code = call(arena, &args, writes ? "POST" : "GET", writes ? "write" : NULL, &answer);
    if (code != CLI_DONE)
        return code;
    if (cli_given(&args, "--json"))
        cli_print_json(arena, answer);
    else if (!lists)
        print_feed(answer);
    else
        json_each(item, json_at(answer, "items")) print_line(&item->value);
    return CLI_DONE;
}

const struct cli_command command_feed = {
    .name = "feed",
    .usage = "[list | show NAME | write NAME]",
    .summary = "the catalogue as files for others: list, show, write now",
    .help = "show says what was left out of a feed, and why. write waits until the file is there.",
    .words = 2,
    .options = feed_options,
    .run = run_feed};
