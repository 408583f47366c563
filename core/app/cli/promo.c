/*
 * promo: `souk promo`: the rules of a shop: listed, switched, checked, tested, explained, replayed.
 * Each verb is a command of its own with its own options and help; this file finds it, and holds
 * the verbs about what serves: list, on, off, reload.
 */
#include "app/cli/promo.h"

#include <stdio.h>
#include <string.h>
#include "app/promotion.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/market.h"

/* ---- list ---- */

static const struct cli_option list_options[] = {
    CLI_DATA,
    CLI_SCRIPTS,
    {"--config", "FILE", "the configuration, where no shop runs"},
    CLI_JSON,
    CLI_END};

static int list_here(struct arena *arena, const struct cli_args *args, const struct json **answer,
                     struct err *err)
{
    struct promo_place place;
    int code = promo_place_enter(arena, args, cli_given(args, "--scripts"), &place, err);
    if (code != SOUK_OK)
        return code;
    struct json *list = json_new(arena, JSON_OBJECT), *report;
    struct json *items = json_add(arena, list, "items", JSON_ARRAY);
    struct db_conn *conn = place.db ? db_read_begin(place.db, 0) : NULL;
    code = promotion_list(conn, arena, clock_now(), items, err);
    if (conn)
        db_read_end(conn);
    json_add_null(arena, list, "next");
    json_add_time(arena, list, "at", clock_now());
    json_add_cstr(arena, list, "currency", market_shop()->currency);
    if ((report = promotion_report(arena)))
        json_add_tree(arena, list, "report", report);
    promo_place_leave(&place);
    *answer = list;
    return code;
}

static struct souk_str day(const struct json *value)
{
    struct souk_str text = json_text(value);
    return text.len >= 10 ? str_make(text.ptr, 10) : souk_str("");
}

static void print_rule(struct arena *arena, const struct json *rule, const char *currency)
{
    struct souk_str from = day(json_at(rule, "from")), to = day(json_at(rule, "to"));
    const struct json *limit = json_at(rule, "limit");
    printf("%-32.*s %-9.*s %-8.*s ", SOUK_PRI(json_text(json_at(rule, "id"))),
           SOUK_PRI(json_text(json_at(rule, "kind"))), SOUK_PRI(json_text(json_at(rule, "state"))));
    printf("%10.*s - %-10.*s %6lld", SOUK_PRI(from), SOUK_PRI(to),
           (long long)json_int(json_at(rule, "uses"), 0));
    if (limit && limit->kind == JSON_INT)
        printf("/%-6lld", (long long)limit->number);
    else
        printf("%-7s", "");
    promo_show_money(arena, json_int(json_at(rule, "given"), 0), currency, 12);
    printf("  %.*s:%lld\n", SOUK_PRI(json_text(json_at(rule, "file"))),
           (long long)json_int(json_at(rule, "line"), 0));
    struct souk_str why = json_text(json_at(rule, "why"));
    if (why.len)
        printf("    %.*s\n", SOUK_PRI(why));
}

static void print_list(struct arena *arena, const struct json *answer)
{
    const char *currency = arena_cstr(arena, json_text(json_at(answer, "currency")));
    const struct json *items = json_at(answer, "items");
    if (items && items->count)
        printf("%-32s %-9s %-8s %10s - %-10s %6s%-7s %12s  %s\n", "ID", "kind", "state", "from",
               "to", "uses", "", "in 30 days", "where");
    else
        printf("there are no promotions; write one into scripts/promotions/\n");
    json_each(item, items) print_rule(arena, &item->value, currency);
}

static int run_list(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *answer = NULL;
    int code;
    if (cli_parse(&promo_list_command, argc, argv, &args, &code))
        return code;
    code = cli_given(&args, "--scripts")
               ? SOUK_UNAVAILABLE
               : promo_place_ask(arena, &args, "GET", souk_str(""), NULL, &answer, &err);
    if (code == SOUK_UNAVAILABLE) {
        err = (struct err){0};
        code = list_here(arena, &args, &answer, &err);
    }
    if (code != SOUK_OK)
        return cli_fail("promo list", &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, answer);
    else
        print_list(arena, answer);
    return promo_place_complain(json_at(json_at(answer, "report"), "errors")) ? CLI_FAILED
                                                                              : CLI_DONE;
}

const struct cli_command promo_list_command = {
    .name = "promo list",
    .usage = "[--data DIR] [--scripts DIR] [--json]",
    .summary = "Lists promotions and offers with their state, uses and what they gave in 30 days.",
    .help = "States: on, off, planned, over, used up, broken. Files that are wrong are named on "
            "standard error,\nand the exit code is 1: what served before serves on.",
    .options = list_options,
    .run = run_list};

/* ---- on, off ---- */

static const struct cli_option switch_options[] = {
    CLI_DATA,
    {"--why", "TEXT", "the reason, for the list and the audit log"},
    {"--config", "FILE", "the configuration, where no shop runs"},
    CLI_JSON,
    CLI_END};

static int switch_here(struct arena *arena, const struct cli_args *args, int off, struct err *err)
{
    struct promo_place place;
    int code = promo_place_enter(arena, args, 0, &place, err);
    if (code != SOUK_OK)
        return code;
    code = promotion_switch_now(place.db, souk_str(args->rest[0]), off,
                                souk_str(cli_value(args, "--why", "")), souk_str("control"),
                                clock_now(), err);
    promo_place_leave(&place);
    return code;
}

static int run_switch(struct arena *arena, const struct cli_command *command, int off, int argc,
                      char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *answer = NULL;
    int code;
    if (cli_parse(command, argc, argv, &args, &code))
        return code;
    if (args.rest_count != 1)
        return cli_usage(command, "name one promotion; see souk promo list");
    struct json *body = json_new(arena, JSON_OBJECT);
    struct buf path = {.arena = arena};
    json_add_bool(arena, body, "off", off);
    json_add_cstr(arena, body, "why", cli_value(&args, "--why", ""));
    buf_add_char(&path, '/');
    buf_add_encoded(&path, souk_str(args.rest[0]));
    buf_add_cstr(&path, "/switch");
    code = promo_place_ask(arena, &args, "POST", buf_str(&path), body, &answer, &err);
    if (code == SOUK_UNAVAILABLE) {
        err = (struct err){0};
        code = switch_here(arena, &args, off, &err);
    }
    if (code != SOUK_OK)
        return cli_fail(command->name, &err);
    if (!cli_given(&args, "--json")) {
        printf("%s is %s\n", args.rest[0], off ? "off" : "on");
        return CLI_DONE;
    }
    struct json *done = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, done, "id", args.rest[0]);
    json_add_bool(arena, done, "off", off);
    cli_print_json(arena, done);
    return CLI_DONE;
}

static int run_on(struct arena *arena, int argc, char **argv)
{
    return run_switch(arena, &promo_on_command, 0, argc, argv);
}

static int run_off(struct arena *arena, int argc, char **argv)
{
    return run_switch(arena, &promo_off_command, 1, argc, argv);
}

const struct cli_command promo_on_command = {
    .name = "promo on",
    .usage = "ID [--why TEXT] [--data DIR] [--json]",
    .words = 1,
    .summary = "Switches a promotion, or an offer (offer:ID), on.",
    .help = "Also one whose script says enabled = false: what was switched here stands over it.",
    .options = switch_options,
    .run = run_on};

const struct cli_command promo_off_command = {
    .name = "promo off",
    .usage = "ID [--why TEXT] [--data DIR] [--json]",
    .words = 1,
    .summary = "Switches a promotion, or an offer (offer:ID), off at once.",
    .options = switch_options,
    .run = run_off};

/* ---- reload ---- */

static const struct cli_option reload_options[] = {CLI_DATA, CLI_JSON, CLI_END};

static int run_reload(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *answer = NULL;
    int code;
    if (cli_parse(&promo_reload_command, argc, argv, &args, &code))
        return code;
    code = promo_place_ask(arena, &args, "POST", souk_str("/reload"), NULL, &answer, &err);
    if (code != SOUK_OK)
        return cli_fail("promo reload", &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, answer);
    else if (json_true(json_at(answer, "ok")))
        printf("%lld promotions and %lld offers serve\n",
               (long long)json_int(json_at(answer, "promotions"), 0),
               (long long)json_int(json_at(answer, "offers"), 0));
    return promo_place_complain(json_at(answer, "errors")) ? CLI_FAILED : CLI_DONE;
}

const struct cli_command promo_reload_command = {
    .name = "promo reload",
    .usage = "[--data DIR] [--json]",
    .summary = "Makes a running shop read the files of its rules now.",
    .help = "It does so by itself within two seconds after a file has changed. All files or none: "
            "while one is\nwrong, what served before serves on.",
    .options = reload_options,
    .run = run_reload};

/* ---- finding the verb ---- */

static const struct cli_command *const verbs[] = {
    &promo_list_command, &promo_check_command,   &promo_test_command,
    &promo_at_command,   &promo_explain_command, &promo_simulate_command,
    &promo_on_command,   &promo_off_command,     &promo_reload_command};
#define VERBS (sizeof verbs / sizeof *verbs)

static const char *name_of(const struct cli_command *verb)
{
    return verb->name + sizeof "promo " - 1;
}

static int unknown(const char *name)
{
    const char *names[VERBS + 2] = {NULL};
    for (size_t i = 0; i < VERBS; i++)
        names[i] = name_of(verbs[i]);
    names[VERBS] = "codes";
    const char *near = str_nearest(souk_str(name), names);
    return cli_usage(&command_promo, "no verb \"%s\"%s%s%s", name, near ? ", did you mean " : "",
                     near ? near : "", near ? "?" : "");
}

static int run_promo(struct arena *arena, int argc, char **argv)
{
    if (!argc)
        return cli_usage(&command_promo, "say what: list, check, test, at, explain, simulate, on, "
                                         "off, reload or codes");
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
        cli_help(&command_promo);
        return CLI_DONE;
    }
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(argv[0], name_of(verbs[i])) == 0)
            return verbs[i]->run(arena, argc - 1, argv + 1);
    if (strcmp(argv[0], "codes") == 0)
        return promo_codes_main(arena, argc - 1, argv + 1);
    return unknown(argv[0]);
}

const struct cli_command command_promo = {
    .name = "promo",
    .usage = "VERB …",
    .summary = "Promotions and offers: list, check, test, at, explain, simulate, on, off, codes.",
    .help = "  list          what serves, and what it gave\n"
            "  check FILE…   mistakes, and conflicts on carts at the rules' thresholds\n"
            "  test [FILE…]  runs the tests that stand beside the rules\n"
            "  at TIME       what is on then, and what a cart costs then\n"
            "  explain       why each rule applies to a cart or an order, or does not\n"
            "  simulate FILE…  what a draft would have done to stored orders\n"
            "  on ID, off ID   switches one\n"
            "  reload        reads the files again\n"
            "  codes         generates, lists and disables coupon codes\n\n"
            "souk promo VERB --help says more.",
    .run = run_promo};
