/*
 * promo_codes.c: `souk promo codes`: coupon codes in batches. A running shop is asked
 * (/api/v1/admin/promotions/codes and …/codes/disable, api/promotion_code.c), a stopped one does
 * the same by promo_codes_step (app/promo_codes.h).
 *
 * Many codes are made a few thousand at a time, so that a shop that serves goes on selling; they
 * are printed as they come, so what was made before something failed is not lost.
 */
#include "app/cli/promo.h"

#include <stdio.h>
#include <string.h>
#include "app/promo_codes.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/promo_book.h"

#define PIECE     5000
#define LIST_MOST 1000

static const struct cli_command generate_command, list_command, disable_command, enable_command;

/* ---- one step, wherever the shop is ---- */

struct codes {
    struct arena *arena;
    const struct cli_args *args;
    struct promo_place place; /* of a stopped shop */
    int stopped;
    struct err *err;
};

struct stepping {
    struct arena *arena;
    const char *step;
    const struct json *body;
    struct json *answer;
    struct err err;
};

static int step_write(struct db_conn *conn, void *arg)
{
    struct stepping *stepping = arg;
    stepping->err = (struct err){0};
    return promo_codes_step(conn, stepping->arena, stepping->step, stepping->body,
                            souk_str("control"), clock_now(), &stepping->answer, &stepping->err);
}

static int enter(struct codes *codes)
{
    *codes->err = (struct err){0};
    int code = promo_place_enter(codes->arena, codes->args, 0, &codes->place, codes->err);
    codes->stopped = code == SOUK_OK;
    return code;
}

static int step(struct codes *codes, const char *name, const char *path, const struct json *body,
                const struct json **answer)
{
    int code = codes->stopped ? SOUK_UNAVAILABLE
                              : promo_place_ask(codes->arena, codes->args, "POST", souk_str(path),
                                                body, answer, codes->err);
    if (code != SOUK_UNAVAILABLE)
        return code;
    if (!codes->stopped && (code = enter(codes)) != SOUK_OK)
        return code;
    struct stepping stepping = {.arena = codes->arena, .step = name, .body = body};
    code = db_write(codes->place.db, step_write, &stepping, codes->err);
    *answer = stepping.answer;
    if (code != SOUK_OK && stepping.err.text[0])
        *codes->err = stepping.err;
    return code;
}

static void leave(struct codes *codes)
{
    if (codes->stopped)
        promo_place_leave(&codes->place);
}

/* ---- generate ---- */

static const struct cli_option generate_options[] = {
    {"--count", "N", "how many codes"},
    {"--prefix", "TEXT", "what every code begins with, like WELCOME-"},
    {"--length", "N",
     "random symbols of each, before its check symbol (default: as many as keep "
     "them from being guessed)"},
    {"--uses", "N", "how often each can be used (default: no limit but the promotion's)"},
    {"--per-customer", "N", "how often a customer can use each"},
    {"--to", "TIME", "when they end: a day like 2026-12-31, or a time"},
    {"--note", "TEXT", "what they are for"},
    {"--csv", NULL, "print a table with a heading"},
    CLI_JSON,
    CLI_DATA,
    {"--config", "FILE", "the configuration, where no shop runs"},
    CLI_END};

/* A number of an option into the body; 0: said what is wrong. */
static int take_number(const struct cli_args *args, const char *option, const char *key,
                       struct arena *arena, struct json *body)
{
    const char *text = cli_value(args, option, NULL);
    int64_t number;
    if (!text)
        return 1;
    if (str_to_int(souk_str(text), &number) != SOUK_OK || number < 1) {
        cli_usage(&generate_command, "%s: \"%s\" is no whole number above 0", option, text);
        return 0;
    }
    json_add_int(arena, body, key, number);
    return 1;
}

static void take_text(const struct cli_args *args, const char *option, const char *key,
                      struct arena *arena, struct json *body)
{
    const char *text = cli_value(args, option, NULL);
    if (text)
        json_add_cstr(arena, body, key, text);
}

static struct json *make_body(struct arena *arena, const struct cli_args *args)
{
    struct json *body = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, body, "batch", args->rest[0]);
    if (!take_number(args, "--count", "count", arena, body) ||
        !take_number(args, "--length", "length", arena, body) ||
        !take_number(args, "--uses", "uses", arena, body) ||
        !take_number(args, "--per-customer", "per_customer", arena, body))
        return NULL;
    take_text(args, "--prefix", "prefix", arena, body);
    take_text(args, "--to", "to", arena, body);
    take_text(args, "--note", "note", arena, body);
    return body;
}

/* The codes of a piece, printed or kept for the document. */
static void take_codes(struct arena *arena, const struct cli_args *args, const struct json *codes,
                       struct json *kept)
{
    int json = cli_given(args, "--json");
    json_each(item, codes)
    {
        if (json)
            json_add_str(arena, kept, NULL, json_text(&item->value));
        else if (cli_given(args, "--csv"))
            printf("%.*s,%s\r\n", SOUK_PRI(json_text(&item->value)), args->rest[0]);
        else
            printf("%.*s\n", SOUK_PRI(json_text(&item->value)));
    }
}

static int generate(struct codes *codes, struct json *body, int64_t count, struct json *kept)
{
    struct arena *arena = codes->arena;
    const struct cli_args *args = codes->args;
    int code = SOUK_OK;
    if (!json_at(body, "length"))
        json_add_int(arena, body, "length", promo_codes_length(count));
    if (cli_given(args, "--csv") && !cli_given(args, "--json"))
        printf("code,batch\r\n");
    for (int64_t done = 0; code == SOUK_OK && done < count;) {
        const struct json *answer = NULL;
        int64_t piece = count - done < PIECE ? count - done : PIECE;
        json_add_int(arena, body, "count", piece);
        code = step(codes, "generate", "/codes", body, &answer);
        if (code != SOUK_OK)
            break;
        take_codes(arena, args, json_at(answer, "codes"), kept);
        done += piece;
        if (count > PIECE)
            cli_progress("codes", done, count);
    }
    return code;
}

static int run_generate(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    int code;
    if (cli_parse(&generate_command, argc, argv, &args, &code))
        return code;
    if (args.rest_count != 1)
        return cli_usage(&generate_command, "name the batch, as coupon = { batch = … } does");
    struct json *body = make_body(arena, &args);
    if (!body)
        return CLI_USAGE;
    int64_t count = json_int(json_at(body, "count"), 0);
    if (!count)
        return cli_usage(&generate_command, "say how many: --count N");
    struct codes codes = {.arena = arena, .args = &args, .err = &err};
    struct json *answer = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, answer, "batch", args.rest[0]);
    struct json *kept = json_add(arena, answer, "codes", JSON_ARRAY);
    code = generate(&codes, body, count, kept);
    leave(&codes);
    if (cli_given(&args, "--json") && (code == SOUK_OK || kept->count))
        cli_print_json(arena, answer);
    return code == SOUK_OK ? CLI_DONE : cli_fail("promo codes generate", &err);
}

static const struct cli_command generate_command = {
    .name = "promo codes generate",
    .usage = "BATCH --count N [--prefix P] [--length L] [--uses N] [--per-customer N] [--to TIME] "
             "[--csv|--json]",
    .words = 1,
    .summary = "Generates unique coupon codes; a batch of that name grows.",
    .help = "A promotion takes them by coupon = { batch = \"BATCH\" }. Codes have no 0, 1, I or O, "
            "and end\nwith a check symbol: a mistyped code is told apart from one that is unknown. "
            "At most half of\nthe codes that a length allows are given out.",
    .options = generate_options,
    .run = run_generate};

/* ---- list ---- */

static const struct cli_option list_options[] = {
    CLI_DATA, {"--config", "FILE", "the configuration, where no shop runs"}, CLI_JSON, CLI_END};

static void print_batch(const struct json *batch)
{
    const struct json *uses = json_at(batch, "uses");
    struct souk_str to = json_text(json_at(batch, "to"));
    printf("%-24.*s %8lld %8lld %8lld  ", SOUK_PRI(json_text(json_at(batch, "name"))),
           (long long)json_int(json_at(batch, "codes"), 0),
           (long long)json_int(json_at(batch, "used"), 0),
           (long long)json_int(json_at(batch, "disabled"), 0));
    if (uses && uses->kind == JSON_INT)
        printf("%-6lld", (long long)uses->number);
    else
        printf("%-6s", "-");
    printf(" %-10.*s %.*s\n", to.len ? 10 : 1, to.len ? to.ptr : "-",
           SOUK_PRI(json_text(json_at(batch, "note"))));
}

static void print_items(const struct json *items, int batch)
{
    if (!batch)
        printf("%-24s %8s %8s %8s  %-6s %-10s %s\n", "BATCH", "codes", "used", "disabled", "each",
               "until", "note");
    json_each(item, items)
    {
        if (!batch)
            print_batch(&item->value);
        else
            printf("%-32.*s %4lld %s\n", SOUK_PRI(json_text(json_at(&item->value, "code"))),
                   (long long)json_int(json_at(&item->value, "used"), 0),
                   json_true(json_at(&item->value, "disabled")) ? "disabled" : "");
    }
}

static int list_here(struct codes *codes, struct souk_str batch, struct souk_str after,
                     const struct json **answer)
{
    if (!codes->stopped) {
        int code = enter(codes);
        if (code != SOUK_OK)
            return code;
    }
    struct json *found = json_new(codes->arena, JSON_OBJECT);
    struct json *items = json_add(codes->arena, found, "items", JSON_ARRAY);
    struct db_conn *conn = db_read_begin(codes->place.db, 0);
    int code = promo_codes_list(conn, codes->arena, batch, after, LIST_MOST, items, codes->err);
    db_read_end(conn);
    *answer = found;
    return code;
}

static int list_there(struct codes *codes, struct souk_str batch, struct souk_str after,
                      const struct json **answer)
{
    struct buf path = {.arena = codes->arena};
    buf_printf(&path, "/codes?limit=%d&batch=", LIST_MOST);
    buf_add_encoded(&path, batch);
    buf_add_cstr(&path, "&cursor=");
    buf_add_encoded(&path, after);
    return promo_place_ask(codes->arena, codes->args, "GET", buf_str(&path), NULL, answer,
                           codes->err);
}

/* All of them, page by page. */
static int list_all(struct codes *codes, struct souk_str batch, struct json *all)
{
    struct souk_str after = souk_str("");
    for (;;) {
        const struct json *answer = NULL;
        int code = codes->stopped ? SOUK_UNAVAILABLE : list_there(codes, batch, after, &answer);
        if (code == SOUK_UNAVAILABLE)
            code = list_here(codes, batch, after, &answer);
        const struct json *items = json_at(answer, "items");
        if (code != SOUK_OK || !items)
            return code;
        json_each(item, items) json_add_tree(codes->arena, all, NULL, &item->value);
        if (!batch.len || items->count < LIST_MOST)
            return SOUK_OK;
        after = json_text(json_at(&items->last->value, "code"));
    }
}

static int run_list(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    int code;
    if (cli_parse(&list_command, argc, argv, &args, &code))
        return code;
    struct codes codes = {.arena = arena, .args = &args, .err = &err};
    struct json *answer = json_new(arena, JSON_OBJECT);
    struct json *items = json_add(arena, answer, "items", JSON_ARRAY);
    code = list_all(&codes, souk_str(args.rest_count ? args.rest[0] : ""), items);
    leave(&codes);
    if (code != SOUK_OK)
        return cli_fail("promo codes list", &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, answer);
    else
        print_items(items, args.rest_count > 0);
    return CLI_DONE;
}

static const struct cli_command list_command = {
    .name = "promo codes list",
    .usage = "[BATCH] [--data DIR] [--json]",
    .words = 1,
    .summary = "Lists batches of coupon codes, or the codes of one with their uses.",
    .options = list_options,
    .run = run_list};

/* ---- disable, enable ---- */

static const struct cli_option disable_options[] = {
    {"--code", "CODE", "one code instead of a batch"},
    CLI_DATA,
    {"--config", "FILE", "the configuration, where no shop runs"},
    CLI_JSON,
    CLI_END};

static int run_switch(struct arena *arena, const struct cli_command *command, int off, int argc,
                      char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *answer = NULL;
    int code;
    if (cli_parse(command, argc, argv, &args, &code))
        return code;
    if ((args.rest_count == 1) == cli_given(&args, "--code"))
        return cli_usage(command, "name a batch, or a code by --code CODE");
    struct json *body = json_new(arena, JSON_OBJECT);
    if (args.rest_count)
        json_add_cstr(arena, body, "batch", args.rest[0]);
    take_text(&args, "--code", "code", arena, body);
    json_add_bool(arena, body, "off", off);
    struct codes codes = {.arena = arena, .args = &args, .err = &err};
    code = step(&codes, "disable", "/codes/disable", body, &answer);
    leave(&codes);
    if (code != SOUK_OK)
        return cli_fail(command->name, &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, answer);
    else
        printf("%lld codes are %s\n", (long long)json_int(json_at(answer, "count"), 0),
               off ? "disabled" : "enabled");
    return CLI_DONE;
}

static int run_disable(struct arena *arena, int argc, char **argv)
{
    return run_switch(arena, &disable_command, 1, argc, argv);
}

static int run_enable(struct arena *arena, int argc, char **argv)
{
    return run_switch(arena, &enable_command, 0, argc, argv);
}

static const struct cli_command disable_command = {
    .name = "promo codes disable",
    .usage = "BATCH | --code CODE [--data DIR] [--json]",
    .words = 1,
    .summary = "Makes the codes of a batch, or one, work no more. Orders that used them stand.",
    .options = disable_options,
    .run = run_disable};

static const struct cli_command enable_command = {.name = "promo codes enable",
                                                  .usage =
                                                      "BATCH | --code CODE [--data DIR] [--json]",
                                                  .words = 1,
                                                  .summary = "Makes them work again.",
                                                  .options = disable_options,
                                                  .run = run_enable};

/* ---- finding the verb ---- */

static const struct cli_command codes_command = {
    .name = "promo codes",
    .usage = "generate|list|disable|enable …",
    .summary = "Coupon codes in batches.",
    .help = "  generate BATCH --count N   makes codes\n"
            "  list [BATCH]               batches, or the codes of one\n"
            "  disable BATCH              they work no more\n"
            "  enable BATCH               they work again\n\n"
            "souk promo codes VERB --help says more."};

int promo_codes_main(struct arena *arena, int argc, char **argv)
{
    static const struct {
        const char *name;
        const struct cli_command *command;
    } verbs[] = {{"generate", &generate_command},
                 {"list", &list_command},
                 {"disable", &disable_command},
                 {"enable", &enable_command}};
    if (argc && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        cli_help(&codes_command);
        return CLI_DONE;
    }
    for (size_t i = 0; argc && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(argv[0], verbs[i].name) == 0)
            return verbs[i].command->run(arena, argc - 1, argv + 1);
    return cli_usage(&codes_command, "say what: generate, list, disable or enable");
}
