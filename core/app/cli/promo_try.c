/*
 * promo_try.c: `souk promo check` and `souk promo test`: rules in files, before anybody buys by
 * them. Both work without a shop; with --data they go by the currency, time zone and margin of that
 * one, running or stopped.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/market.h"
#include "app/cli/promo.h"
#include "app/promo_check.h"
#include "app/promo_test.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shop/market.h"

/* Asks the running shop, else works here. `ask`: "/check". */
struct trial {
    struct arena *arena;
    const struct cli_args *args;
    struct promo_sources sources;
    const char *ask;
    int (*run)(struct trial *trial, struct db_conn *conn, struct json **report, struct err *err);
};

static int try_here(struct trial *trial, const struct json **report, struct err *err)
{
    const char *config = cli_value(trial->args, "--config", NULL);
    struct promo_place place = {0};
    struct json *made = NULL;
    int code;
    if (cli_given(trial->args, "--data")) {
        code = promo_place_enter(trial->arena, trial->args, 0, &place, err);
    } else {
        if (!config && access("souk.lua", R_OK) == 0)
            config = "souk.lua";
        log_setup(LOG_ERROR, 0);
        code = market_open_none(trial->arena, config, err);
        if (code == SOUK_OK)
            code = promotion_open(NULL, market_shop()->currency, err);
        place.open = code == SOUK_OK;
    }
    if (code != SOUK_OK)
        return code;
    struct db_conn *conn = place.db ? db_read_begin(place.db, 0) : NULL;
    code = trial->run(trial, conn, &made, err);
    if (conn)
        db_read_end(conn);
    promo_place_leave(&place);
    *report = made;
    return code;
}

static int try_it(struct trial *trial, const struct json **report, struct err *err)
{
    struct json *body = json_new(trial->arena, JSON_OBJECT);
    int code = SOUK_UNAVAILABLE;
    if (cli_given(trial->args, "--data") && trial->sources.count) {
        promo_place_scripts(trial->arena, &trial->sources, body);
        if (trial->args->command == &promo_check_command)
            json_add_bool(trial->arena, body, "all", cli_given(trial->args, "--all"));
        code = promo_place_ask(trial->arena, trial->args, "POST", souk_str(trial->ask), body,
                               report, err);
    }
    if (code != SOUK_UNAVAILABLE)
        return code;
    *err = (struct err){0};
    return try_here(trial, report, err);
}

/* ---- check ---- */

static const struct cli_option check_options[] = {
    {"--all", NULL, "as if every rule were switched on (else those that are off are tried alone)"},
    {"--allow", "KINDS", "findings that are meant so: masked, order, zero, raised … with commas"},
    {"--data", "DIR", "by the terms of this shop (default: of souk.lua here, or euros)"},
    {"--config", "FILE", "the configuration, where no shop runs"},
    CLI_JSON,
    CLI_END};

static void show_progress(void *user, int64_t done, int64_t total)
{
    if (total > 500) /* what takes longer than a moment */
        cli_progress(user, done, total);
}

static int run_check_here(struct trial *trial, struct db_conn *conn, struct json **report,
                          struct err *err)
{
    static char label[] = "check";
    const struct promo_check terms = {.now = clock_now(),
                                      .all = cli_given(trial->args, "--all"),
                                      .progress = show_progress,
                                      .user = label};
    (void)conn;
    return promo_check_run(trial->arena, trial->sources.at, trial->sources.count, &terms, report,
                           err);
}

static int is_allowed(const char *kinds, struct souk_str kind)
{
    struct souk_str rest = souk_str(kinds), one;
    while (str_split(&rest, ',', &one))
        if (souk_str_equal(str_trim(one), kind))
            return 1;
    return 0;
}

/* Without the findings that are meant so. */
static struct json *without_allowed(struct arena *arena, const struct json *report,
                                    const char *kinds)
{
    struct json *kept = json_new(arena, JSON_OBJECT);
    json_each(member, report) * json_add_key(arena, kept, member->key, JSON_NULL) = member->value;
    struct json *findings = json_add(arena, kept, "findings", JSON_ARRAY);
    int64_t left_out = 0;
    json_each(item, json_at(report, "findings"))
    {
        struct souk_str kind = json_text(json_at(&item->value, "kind"));
        if (!souk_str_is(kind, "error") && is_allowed(kinds, kind))
            left_out++;
        else
            json_add_tree(arena, findings, NULL, &item->value);
    }
    json_add_bool(arena, kept, "ok", !findings->count);
    json_add_int(arena, kept, "allowed", left_out);
    return kept;
}

static void print_findings(const struct json *report)
{
    const struct json *findings = json_at(report, "findings");
    int64_t tried = json_int(json_at(report, "pairs"), 0);
    int64_t all = json_int(json_at(report, "pairs_all"), 0);
    json_each(item, findings)
    {
        const struct json *one = &item->value;
        struct souk_str id = json_text(json_at(one, "id")), kind = json_text(json_at(one, "kind"));
        printf("%.*s:%lld: %.*s%s%.*s: %.*s\n", SOUK_PRI(json_text(json_at(one, "file"))),
               (long long)json_int(json_at(one, "line"), 0), SOUK_PRI(id), id.len ? ": " : "",
               SOUK_PRI(kind), SOUK_PRI(json_text(json_at(one, "message"))));
    }
    printf("%lld promotions, %lld offers, %lld carts tried: %u findings\n",
           (long long)json_int(json_at(report, "promotions"), 0),
           (long long)json_int(json_at(report, "offers"), 0),
           (long long)json_int(json_at(report, "carts"), 0), findings ? findings->count : 0);
    if (tried < all)
        printf("only %lld of %lld pairs were tried: so many rules take too long\n",
               (long long)tried, (long long)all);
}

static int run_check(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    struct trial trial = {.arena = arena, .args = &args, .ask = "/check", .run = run_check_here};
    const struct json *report = NULL;
    int code;
    if (cli_parse(&promo_check_command, argc, argv, &args, &code))
        return code;
    if (!args.rest_count)
        return cli_usage(&promo_check_command, "name files or a folder, like scripts");
    trial.sources = (struct promo_sources){.arena = arena};
    code = SOUK_OK;
    for (int i = 0; i < args.rest_count && code == SOUK_OK; i++)
        code = promo_sources_add(&trial.sources, args.rest[i], &err);
    if (code == SOUK_OK)
        code = try_it(&trial, &report, &err);
    if (code != SOUK_OK)
        return cli_fail("promo check", &err);
    report = without_allowed(arena, report, cli_value(&args, "--allow", ""));
    if (cli_given(&args, "--json"))
        cli_print_json(arena, report);
    else
        print_findings(report);
    return json_true(json_at(report, "ok")) ? CLI_DONE : CLI_FAILED;
}

const struct cli_command promo_check_command = {
    .name = "promo check",
    .usage = "FILE… [--all] [--allow KINDS] [--data DIR] [--json]",
    .words = CLI_WORDS,
    .summary = "Checks rules: mistakes, and conflicts on carts made from their own thresholds.",
    .help = "Files or folders. Each finding is file:line: id: kind: what; kinds:\n"
            "  error     it cannot be read (syntax, an unknown field with the nearest name, …)\n"
            "  masked    it never applies, because another one is always there before it\n"
            "  order     it and another of equal priority give different totals in another order\n"
            "  zero      goods for nothing\n"
            "  raised    the cart is dearer with it than without it\n"
            "  unstable  a function that answers differently when it is asked again\n"
            "  failed    a function that fails\n"
            "  never     it applies to no cart that could be made for it\n"
            "Exit code 0 when nothing is found, 1 otherwise.",
    .options = check_options,
    .run = run_check};

/* ---- test ---- */

static const struct cli_option test_options[] = {
    CLI_SCRIPTS,
    {"--data", "DIR", "with the goods and terms of this shop (default: those in the tests)"},
    {"--config", "FILE", "the configuration, where no shop runs"},
    CLI_JSON,
    CLI_END};

static int run_test_here(struct trial *trial, struct db_conn *conn, struct json **report,
                         struct err *err)
{
    return promo_test_run(conn, trial->arena, trial->sources.at, trial->sources.count, clock_now(),
                          report, err);
}

/* A file of tests comes with the rules beside it; a rule with its own tests. */
static int add_with_neighbours(struct promo_sources *sources, const char *name, struct err *err)
{
    struct arena *arena = sources->arena;
    struct souk_str path = souk_str(name);
    const char *slash = strrchr(name, '/');
    int code = SOUK_OK;
    if (promo_source_is_test(path)) {
        struct promo_sources rules = {.arena = arena};
        const char *folder =
            slash ? arena_printf(arena, "%.*s", (int)(slash - name), name).ptr : ".";
        code = promo_sources_add(&rules, folder, err);
        for (size_t i = 0; code == SOUK_OK && i < rules.count; i++)
            promo_sources_put(sources, &rules.at[i]);
    }
    if (code == SOUK_OK)
        code = promo_sources_add(sources, name, err);
    if (code != SOUK_OK || promo_source_is_test(path) || !str_ends(path, ".lua"))
        return code;
    const char *beside = arena_printf(arena, "%.*s_test.lua", (int)path.len - 4, name).ptr;
    return access(beside, R_OK) == 0 ? promo_sources_add(sources, beside, err) : SOUK_OK;
}

static void print_mismatch(struct arena *arena, const struct json *test,
                           const struct json *mismatch)
{
    struct buf wanted = {.arena = arena}, got = {.arena = arena};
    json_print(&wanted, json_at(mismatch, "wanted"));
    json_print(&got, json_at(mismatch, "got"));
    printf("%.*s:%lld: %.*s: %.*s: wanted %.*s, got %.*s\n",
           SOUK_PRI(json_text(json_at(test, "file"))),
           (long long)json_int(json_at(test, "line"), 0),
           SOUK_PRI(json_text(json_at(test, "name"))), SOUK_PRI(json_text(json_at(mismatch, "at"))),
           SOUK_PRI(buf_str(&wanted)), SOUK_PRI(buf_str(&got)));
}

static void print_tests(struct arena *arena, const struct json *report)
{
    promo_place_complain(json_at(report, "errors"));
    json_each(item, json_at(report, "tests"))
    {
        const struct json *test = &item->value;
        struct souk_str problem = json_text(json_at(test, "problem"));
        if (problem.len)
            printf("%.*s:%lld: %.*s: %.*s\n", SOUK_PRI(json_text(json_at(test, "file"))),
                   (long long)json_int(json_at(test, "line"), 0),
                   SOUK_PRI(json_text(json_at(test, "name"))), SOUK_PRI(problem));
        json_each(mismatch, json_at(test, "mismatches"))
            print_mismatch(arena, test, &mismatch->value);
    }
    printf("%lld passed, %lld failed\n", (long long)json_int(json_at(report, "passed"), 0),
           (long long)json_int(json_at(report, "failed"), 0));
}

static int run_test(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    struct trial trial = {.arena = arena, .args = &args, .ask = "/test", .run = run_test_here};
    const struct json *report = NULL;
    int code;
    if (cli_parse(&promo_test_command, argc, argv, &args, &code))
        return code;
    trial.sources = (struct promo_sources){.arena = arena, .tests = 1};
    code = SOUK_OK;
    for (int i = 0; i < args.rest_count && code == SOUK_OK; i++)
        code = add_with_neighbours(&trial.sources, args.rest[i], &err);
    if (!args.rest_count)
        code = promo_sources_add(&trial.sources, cli_value(&args, "--scripts", "scripts"), &err);
    if (code == SOUK_OK)
        code = try_it(&trial, &report, &err);
    if (code != SOUK_OK)
        return cli_fail("promo test", &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, report);
    else
        print_tests(arena, report);
    return json_true(json_at(report, "ok")) ? CLI_DONE : CLI_FAILED;
}

const struct cli_command promo_test_command = {
    .name = "promo test",
    .usage = "[FILE…] [--scripts DIR] [--data DIR] [--json]",
    .words = CLI_WORDS,
    .summary = "Runs the tests that stand in *_test.lua beside the rules.",
    .help =
        "A test is: test { name = \"two for one\", cart = { lines = { { sku = \"TEA\", quantity = 2,\n"
        "unit_price = 1000 } } }, expect = { total = 1000, applied = { \"two-for-one\" } } }\n"
        "The cart is what souk quote takes. only = { \"id\" }: these rules alone, switched on or not.\n"
        "at = \"2026-11-27T17:30:00\" is by the shop's clock. expect may name: items, discount, delivery,\n"
        "delivery_discount, tax, tax_included, total; lines = { TEA = 1000 } or { TEA = { discount =\n"
        "1000 } }; applied, gifts (lists); promotions = { id = true | amount | {…} }; coupons = {\n"
        "CODE = true | \"expired\" }; nudges = { id = missing_amount }. What it does not name may be\n"
        "as it is. Without files: all of scripts/. The last line: N passed, N failed.",
    .options = test_options,
    .run = run_test};
