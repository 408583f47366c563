/*
 * promo_simulate.c: `souk promo simulate`: a draft replayed on stored orders. A running shop does
 * it beside its work and is asked how far it is; of a stopped one the database is read here.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "app/cli/control.h"
#include "app/cli/promo.h"
#include "app/promo_simulate.h"
#include "app/promo_task.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/market.h"

#define ASK_MS 150

static const struct cli_option simulate_options[] = {
    {"--orders", "N", "the last so many orders (default: 1000)"},
    {"--since", "DATE", "the orders since then instead"},
    {"--alone", NULL, "these files alone, without the rules that serve"},
    CLI_DATA,
    CLI_SCRIPTS,
    {"--config", "FILE", "the configuration, where no shop runs"},
    CLI_JSON,
    CLI_END};

/* ---- what is asked for ---- */

/* Files keep their place among the shop's rules, so that a draft of promotions/x.lua stands for it.
 */
static int add_draft(struct promo_sources *draft, const char *name, const char *folder,
                     struct err *err)
{
    struct promo_sources one = {.arena = draft->arena};
    struct stat info;
    int is_folder = stat(name, &info) == 0 && S_ISDIR(info.st_mode);
    int code = is_folder ? promo_sources_shop(&one, name, err) : promo_sources_add(&one, name, err);
    for (size_t i = 0; code == SOUK_OK && i < one.count; i++) {
        struct script_source source = one.at[i];
        if (!is_folder)
            source.path =
                promo_source_place(draft->arena, arena_cstr(draft->arena, source.path), folder);
        promo_sources_put(draft, &source);
    }
    return code;
}

static int make_body(struct arena *arena, const struct cli_args *args, struct json *body,
                     struct err *err)
{
    struct promo_sources draft = {.arena = arena};
    const char *folder = cli_value(args, "--scripts", NULL);
    int64_t orders = 0;
    int code = SOUK_OK;
    for (int i = 0; i < args->rest_count && code == SOUK_OK; i++)
        code = add_draft(&draft, args->rest[i], folder, err);
    if (code == SOUK_OK && !draft.count)
        return err_set(err, SOUK_NOT_FOUND, "there are no rules in %s", args->rest[0]);
    if (code != SOUK_OK)
        return code;
    promo_place_scripts(arena, &draft, body);
    json_add_bool(arena, body, "alone", cli_given(args, "--alone"));
    if (str_to_int(souk_str(cli_value(args, "--orders", "")), &orders) == SOUK_OK)
        json_add_int(arena, body, "orders", orders);
    if (cli_given(args, "--since"))
        json_add_cstr(arena, body, "since", cli_value(args, "--since", ""));
    return SOUK_OK;
}

/* ---- a stopped shop ---- */

static int simulate_here(struct arena *arena, const struct cli_args *args, const struct json *body,
                         const struct json **report, struct json *errors, struct err *err)
{
    struct promo_simulation terms = {.now = clock_now(),
                                     .progress = cli_progress,
                                     .cancelled = cli_interrupted,
                                     .user = "simulate"};
    struct promo_place place;
    struct json *made = NULL;
    int code = promo_place_enter(arena, args, 0, &place, err);
    if (code != SOUK_OK)
        return code;
    code = promo_task_range(body, &terms.orders, &terms.since, err);
    if (code == SOUK_OK)
        code = promo_task_sides(arena, json_at(body, "scripts"), json_true(json_at(body, "alone")),
                                &terms.before, &terms.after, errors, err);
    if (code == SOUK_OK) {
        code = promo_simulate(place.db, arena, &terms, &made, err);
        promo_live_unpin(terms.before);
        promo_live_unpin(terms.after);
    }
    promo_place_leave(&place);
    *report = made;
    return code;
}

/* ---- a running shop ---- */

static int ask_task(struct arena *arena, const struct cli_args *args, const char *method,
                    struct souk_str path, const struct json *body, const struct json **answer,
                    struct err *err)
{
    return control_call(
        arena, cli_value(args, "--data", "data"), method,
        arena_printf(arena, "/api/v1/admin/promotion-simulations%.*s", SOUK_PRI(path)), body,
        answer, err);
}

static struct souk_str task_path(struct arena *arena, struct souk_str id, const char *step)
{
    return arena_printf(arena, "/%.*s%s", SOUK_PRI(id), step);
}

/* Asks until it is over; a stopped one is told so once. */
static int follow(struct arena *arena, const struct cli_args *args, struct souk_str id,
                  const struct json **report, struct err *err)
{
    const struct json *answer = NULL;
    int told = 0;
    for (;;) {
        struct arena turn = {0};
        int code = ask_task(&turn, args, "GET", task_path(&turn, id, ""), NULL, &answer, err);
        struct souk_str state = json_text(json_at(answer, "state"));
        int over = code != SOUK_OK || !souk_str_is(state, "working");
        if (code == SOUK_OK && souk_str_is(state, "failed"))
            code = err_set(err, SOUK_ERROR, "%.*s", SOUK_PRI(json_text(json_at(answer, "error"))));
        if (code == SOUK_OK)
            cli_progress("simulate", json_int(json_at(answer, "done"), 0),
                         json_int(json_at(answer, "total"), 0));
        if (code == SOUK_OK && over)
            *report = json_copy(arena, json_at(answer, "report"));
        arena_free(&turn);
        if (over)
            return code;
        if (cli_interrupted(NULL) && !told)
            told = ask_task(arena, args, "POST", task_path(arena, id, "/cancel"), NULL, &answer,
                            err) == SOUK_OK;
        poll(NULL, 0, ASK_MS);
    }
}

static int simulate_running(struct arena *arena, const struct cli_args *args,
                            const struct json *body, const struct json **report, struct err *err)
{
    const struct json *answer = NULL;
    int code = ask_task(arena, args, "POST", souk_str(""), body, &answer, err);
    if (code != SOUK_OK)
        return code;
    return follow(arena, args, arena_str(arena, json_text(json_at(answer, "id"))), report, err);
}

/* ---- the report ---- */

static void print_pair(struct arena *arena, const struct json *report, const char *key,
                       const char *name, const char *currency)
{
    const struct json *pair = json_at(report, key);
    int64_t before = json_int(json_at(pair, "before"), 0);
    int64_t after = json_int(json_at(pair, "after"), 0);
    printf("%-22s ", name);
    promo_show_money(arena, before, currency, 16);
    promo_show_money(arena, after, currency, 16);
    promo_show_money(arena, after - before, currency, 16);
    printf("\n");
}

static void print_rules(struct arena *arena, const struct json *report, const char *currency)
{
    json_each(item, json_at(report, "promotions"))
    {
        const struct json *one = &item->value;
        printf("  %-30.*s %8lld orders", SOUK_PRI(json_text(json_at(one, "id"))),
               (long long)json_int(json_at(one, "orders"), 0));
        promo_show_money(arena, json_int(json_at(one, "amount"), 0), currency, 16);
        printf("   (before: %lld orders", (long long)json_int(json_at(one, "orders_before"), 0));
        promo_show_money(arena, json_int(json_at(one, "amount_before"), 0), currency, 14);
        printf(")\n");
    }
    json_each(item, json_at(report, "displaced")) printf(
        "  displaced: %.*s in %lld orders\n", SOUK_PRI(json_text(json_at(&item->value, "id"))),
        (long long)json_int(json_at(&item->value, "orders"), 0));
    json_each(item, json_at(report, "failures"))
        printf("  script failed: %.*s in %lld orders: %.*s\n",
               SOUK_PRI(json_text(json_at(&item->value, "id"))),
               (long long)json_int(json_at(&item->value, "orders"), 0),
               SOUK_PRI(json_text(json_at(&item->value, "message"))));
}

static void print_left_out(const struct json *report, const char *key, const char *words)
{
    int64_t count = json_int(json_at(report, key), 0);
    if (count)
        printf("%lld %s\n", (long long)count, words);
}

static void print_report(struct arena *arena, const struct json *report)
{
    const char *currency = arena_cstr(arena, json_text(json_at(report, "currency")));
    const struct json *margin = json_at(report, "margin");
    printf("%lld of %lld orders replayed, %lld touched\n\n",
           (long long)json_int(json_at(report, "orders"), 0),
           (long long)json_int(json_at(report, "of"), 0),
           (long long)json_int(json_at(report, "touched"), 0));
    printf("%-22s %16s%16s%16s\n", "", "before", "after", "change");
    print_pair(arena, report, "discount", "discount on goods", currency);
    print_pair(arena, report, "delivery_discount", "discount on delivery", currency);
    print_pair(arena, report, "total", "total", currency);
    print_pair(arena, report, "margin", "margin", currency);
    printf("(costs are known for %lld of %lld lines; as ordered the total was ",
           (long long)json_int(json_at(margin, "lines_known"), 0),
           (long long)json_int(json_at(margin, "lines"), 0));
    promo_show_money(arena, json_int(json_at(json_at(report, "total"), "stored"), 0), currency, 0);
    printf(")\n\n");
    print_rules(arena, report, currency);
    print_left_out(report, "at_zero", "orders get their goods for nothing");
    print_left_out(report, "dearer", "orders would have been dearer");
    print_left_out(report, "other_currency", "orders of another currency were left out");
    print_left_out(report, "not_priced", "orders could not be priced");
    json_each(item, json_at(report, "examples"))
    {
        printf("for example order %.*s: ", SOUK_PRI(json_text(json_at(&item->value, "order"))));
        promo_show_money(arena, json_int(json_at(&item->value, "before"), 0), currency, 0);
        printf(" becomes ");
        promo_show_money(arena, json_int(json_at(&item->value, "after"), 0), currency, 0);
        printf("\n");
    }
}

static int tell_stopped(const struct json *report)
{
    if (json_true(json_at(report, "complete")))
        return CLI_DONE;
    struct souk_str until = json_text(json_at(report, "until"));
    fprintf(stderr, "\nsouk promo simulate: stopped after %lld of %lld orders%s%.*s\n",
            (long long)json_int(json_at(report, "orders"), 0),
            (long long)json_int(json_at(report, "of"), 0), until.len ? ", up to " : "",
            SOUK_PRI(until));
    return CLI_FAILED;
}

static int run_simulate(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *report = NULL;
    struct json *body = json_new(arena, JSON_OBJECT), *errors = json_new(arena, JSON_ARRAY);
    int64_t number;
    int code;
    if (cli_parse(&promo_simulate_command, argc, argv, &args, &code))
        return code;
    if (!args.rest_count)
        return cli_usage(&promo_simulate_command, "name the draft: files, or a folder");
    if (cli_given(&args, "--orders") && cli_given(&args, "--since"))
        return cli_usage(&promo_simulate_command, "say either --orders or --since");
    if (cli_given(&args, "--orders") &&
        (str_to_int(souk_str(cli_value(&args, "--orders", "")), &number) != SOUK_OK || number < 1))
        return cli_usage(&promo_simulate_command, "--orders must be a number above 0");
    cli_catch_interrupt();
    code = make_body(arena, &args, body, &err);
    if (code == SOUK_OK)
        code = simulate_running(arena, &args, body, &report, &err);
    if (code == SOUK_UNAVAILABLE) {
        err = (struct err){0};
        code = simulate_here(arena, &args, body, &report, errors, &err);
    }
    promo_place_complain(errors);
    if (code != SOUK_OK)
        return cli_fail("promo simulate", &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, report);
    else
        print_report(arena, report);
    return tell_stopped(report);
}

const struct cli_command promo_simulate_command = {
    .name = "promo simulate",
    .usage = "FILE… [--orders N | --since DATE] [--alone] [--data DIR] [--json]",
    .words = CLI_WORDS,
    .summary = "Replays a draft on stored orders: what it would have done.",
    .help =
        "The files join the rules that serve; one at the place of another (promotions/x.lua) stands "
        "for it,\nand its rules count as switched on. Each order is priced twice from what it was "
        "placed with: before,\nby the rules that serve, and after, with the draft. Limits and budgets "
        "begin unused and are used up by\nthe replay. Cancelled orders are left out. Ctrl-C stops and "
        "says how far it came.",
    .options = simulate_options,
    .run = run_simulate};
