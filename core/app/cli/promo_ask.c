/*
 * promo_ask.c: `souk promo at` and `souk promo explain`: what is on at a moment, and why each rule
 * does or does not apply to a cart in a file, a cart of the shop or an order.
 */
#include <stdio.h>

#include "app/cli/promo.h"
#include "app/promo_explain.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/market.h"

/* ---- explain, as a question ---- */

static int explain_here(struct arena *arena, const struct cli_args *args, const struct json *body,
                        int alone, const struct json **answer, struct err *err)
{
    struct promo_place place;
    struct json *made = NULL, *errors = json_new(arena, JSON_ARRAY);
    int code = promo_place_enter(arena, args, alone, &place, err);
    if (code != SOUK_OK)
        return code;
    struct db_conn *conn = place.db ? db_read_begin(place.db, 0) : NULL;
    if (!conn && !json_at(body, "cart"))
        code = err_set(err, SOUK_NOT_FOUND, "%s holds no shop yet", place.data);
    else
        code = promo_explain_asked(conn, arena, body, clock_now(), &made, errors, err);
    if (conn)
        db_read_end(conn);
    promo_place_leave(&place);
    *answer = made;
    return code;
}

static int explain(struct arena *arena, const struct cli_args *args, struct json *body,
                   const struct json **answer, struct err *err)
{
    int code = promo_place_folder(arena, args, body, err);
    if (code == SOUK_OK)
        code = promo_place_ask(arena, args, "POST", souk_str("/explain"), body, answer, err);
    if (code != SOUK_UNAVAILABLE)
        return code;
    *err = (struct err){0};
    return explain_here(arena, args, body, json_at(body, "cart") != NULL, answer, err);
}

/* ---- at ---- */

static const struct cli_option at_options[] = {
    CLI_DATA,
    CLI_SCRIPTS,
    {"--cart", "FILE", "and what this cart costs then; - is standard input"},
    {"--config", "FILE", "the configuration, where no shop runs"},
    CLI_JSON,
    CLI_END};

static int list_here(struct arena *arena, const struct cli_args *args, const char *moment,
                     const struct json **answer, struct err *err)
{
    struct promo_place place;
    int64_t at = 0;
    int code = promo_place_enter(
        arena, args, cli_given(args, "--scripts") || cli_given(args, "--cart"), &place, err);
    if (code != SOUK_OK)
        return code;
    promo_moment(souk_str(moment), &at);
    struct json *list = json_new(arena, JSON_OBJECT), *report;
    struct json *items = json_add(arena, list, "items", JSON_ARRAY);
    struct db_conn *conn = place.db ? db_read_begin(place.db, 0) : NULL;
    code = promotion_list(conn, arena, at, items, err);
    if (conn)
        db_read_end(conn);
    json_add_time(arena, list, "at", at);
    json_add_cstr(arena, list, "currency", market_shop()->currency);
    if ((report = promotion_report(arena)))
        json_add_tree(arena, list, "report", report);
    promo_place_leave(&place);
    *answer = list;
    return code;
}

static int list_at(struct arena *arena, const struct cli_args *args, const char *moment,
                   const struct json **answer, struct err *err)
{
    struct buf path = {.arena = arena};
    int code = SOUK_UNAVAILABLE;
    buf_add_cstr(&path, "?at=");
    buf_add_encoded(&path, souk_str(moment));
    if (!cli_given(args, "--scripts"))
        code = promo_place_ask(arena, args, "GET", buf_str(&path), NULL, answer, err);
    if (code != SOUK_UNAVAILABLE)
        return code;
    *err = (struct err){0};
    return list_here(arena, args, moment, answer, err);
}

static struct json *only_on(struct arena *arena, const struct json *all)
{
    struct json *items = json_new(arena, JSON_ARRAY);
    json_each(item, all)
    {
        if (souk_str_is(json_text(json_at(&item->value, "state")), "on"))
            json_add_tree(arena, items, NULL, &item->value);
    }
    return items;
}

static int price_at(struct arena *arena, const struct cli_args *args, const char *moment,
                    const struct json **quote, struct err *err)
{
    const char *file = cli_value(args, "--cart", NULL);
    struct json *body = json_new(arena, JSON_OBJECT), *cart = NULL;
    const struct json *answer = NULL;
    *quote = NULL;
    if (!file)
        return SOUK_OK;
    int code = promo_place_cart(arena, file, &cart, err);
    if (code != SOUK_OK)
        return code;
    json_add_tree(arena, body, "cart", cart);
    json_add_cstr(arena, body, "at", moment);
    code = explain(arena, args, body, &answer, err);
    *quote = json_at(answer, "quote");
    return code;
}

static void print_at(struct arena *arena, const struct json *items, const struct json *quote)
{
    if (!items->count)
        printf("no promotion is on then\n");
    json_each(item, items)
    {
        struct souk_str to = json_text(json_at(&item->value, "to"));
        struct souk_str code = json_text(json_at(&item->value, "code"));
        printf("%-32.*s %.*s%s%.*s%s%.*s  (%.*s:%lld)\n",
               SOUK_PRI(json_text(json_at(&item->value, "id"))),
               SOUK_PRI(json_text(json_at(&item->value, "name"))), to.len ? ", until " : "",
               SOUK_PRI(to), code.len ? ", with the code " : "", SOUK_PRI(code),
               SOUK_PRI(json_text(json_at(&item->value, "file"))),
               (long long)json_int(json_at(&item->value, "line"), 0));
    }
    if (!quote)
        return;
    printf("\n");
    promo_show_trace(arena, quote);
    printf("\n");
    promo_show_totals(arena, quote);
}

static int run_at(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *list = NULL, *quote = NULL;
    int64_t moment;
    int code;
    if (cli_parse(&promo_at_command, argc, argv, &args, &code))
        return code;
    if (args.rest_count != 1 || promo_moment(souk_str(args.rest[0]), &moment) != SOUK_OK)
        return cli_usage(&promo_at_command,
                         "say a time, like 2026-11-27T00:00:00Z, or a day, like 2026-11-27");
    code = list_at(arena, &args, args.rest[0], &list, &err);
    if (code == SOUK_OK)
        code = price_at(arena, &args, args.rest[0], &quote, &err);
    if (code != SOUK_OK)
        return cli_fail("promo at", &err);
    struct json *items = only_on(arena, json_at(list, "items"));
    if (!cli_given(&args, "--json")) {
        print_at(arena, items, quote);
    } else {
        struct json *answer = json_new(arena, JSON_OBJECT);
        json_add_str(arena, answer, "at", json_text(json_at(list, "at")));
        json_add_tree(arena, answer, "items", items);
        if (quote)
            json_add_tree(arena, answer, "quote", quote);
        else
            json_add_null(arena, answer, "quote");
        cli_print_json(arena, answer);
    }
    return promo_place_complain(json_at(json_at(list, "report"), "errors")) ? CLI_FAILED : CLI_DONE;
}

const struct cli_command promo_at_command = {
    .name = "promo at",
    .usage = "TIME [--cart FILE] [--scripts DIR] [--data DIR] [--json]",
    .words = 1,
    .summary = "Says which promotions are on at a moment, and what a cart costs then.",
    .help = "A day alone is its midnight in the shop's time zone.",
    .options = at_options,
    .run = run_at};

/* ---- explain ---- */

static const struct cli_option explain_options[] = {
    CLI_DATA,
    CLI_SCRIPTS,
    {"--cart", "FILE", "a cart as JSON; - is standard input"},
    {"--token", "CART", "a cart of the shop"},
    {"--order", "NUMBER", "an order: the trace that it carries"},
    {"--again", NULL, "an order as the rules of now would have it"},
    {"--at", "TIME", "the moment (default: the cart's or order's own, or now)"},
    {"--on", "ID", "as if this one were switched on"},
    {"--config", "FILE", "the configuration, where no shop runs"},
    CLI_JSON,
    CLI_END};

static int make_body(struct arena *arena, const struct cli_args *args, struct json *body,
                     struct err *err)
{
    const char *file = cli_value(args, "--cart", NULL);
    static const char *const names[] = {"token", "order", "at", "on"};
    static const char *const options[] = {"--token", "--order", "--at", "--on"};
    struct json *cart = NULL;
    for (int i = 0; i < 4; i++)
        if (cli_given(args, options[i]))
            json_add_cstr(arena, body, names[i], cli_value(args, options[i], ""));
    if (!file)
        return SOUK_OK;
    int code = promo_place_cart(arena, file, &cart, err);
    if (code == SOUK_OK)
        json_add_tree(arena, body, "cart", cart);
    return code;
}

static void print_explained(struct arena *arena, const struct cli_args *args,
                            const struct json *answer)
{
    const struct json *kept = json_at(answer, "kept"), *quote = json_at(answer, "quote");
    int anew = cli_given(args, "--again") || cli_given(args, "--at") || cli_given(args, "--on") ||
               cli_given(args, "--scripts");
    if (souk_str_is(json_text(json_at(answer, "subject")), "order") && !anew) {
        if (!kept || kept->kind != JSON_OBJECT) {
            printf("this order carries no trace; --again explains it by the rules of now\n");
            return;
        }
        quote = kept;
    }
    promo_show_trace(arena, quote);
    printf("\n");
    promo_show_totals(arena, quote);
}

static int run_explain(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *answer = NULL;
    struct json *body = json_new(arena, JSON_OBJECT);
    int64_t moment;
    int code;
    if (cli_parse(&promo_explain_command, argc, argv, &args, &code))
        return code;
    if (cli_given(&args, "--cart") + cli_given(&args, "--token") + cli_given(&args, "--order") != 1)
        return cli_usage(&promo_explain_command,
                         "say one of --cart FILE, --token CART and --order NUMBER");
    if (cli_given(&args, "--at") &&
        promo_moment(souk_str(cli_value(&args, "--at", "")), &moment) != SOUK_OK)
        return cli_usage(&promo_explain_command,
                         "--at must be a time like 2026-11-27T00:00:00Z, or a day");
    code = make_body(arena, &args, body, &err);
    if (code == SOUK_OK)
        code = explain(arena, &args, body, &answer, &err);
    if (code != SOUK_OK)
        return cli_fail("promo explain", &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, answer);
    else
        print_explained(arena, &args, answer);
    return CLI_DONE;
}

const struct cli_command promo_explain_command = {
    .name = "promo explain",
    .usage = "--cart FILE | --order NUMBER | --token CART [--at TIME] [--on ID] [--scripts DIR]",
    .summary = "Says why each rule applies, or the first condition that failed.",
    .help = "Each rule with what it wanted and what there was, what it gave to which line, what "
            "stopped it at a\nfloor, cap or budget, which other one displaced it, and how its "
            "script failed. Nothing is changed.",
    .options = explain_options,
    .run = run_explain};
