/*
 * quote: `souk quote`: what the cart in a file costs, and why, without making one. A running shop
 * is asked over its socket; of a stopped one the files are read; and where there is no shop at all,
 * a file whose lines have prices of their own is reckoned by itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/cli/cli.h"
#include "app/cli/control.h"
#include "app/cli/market.h"
#include "app/cli/promo.h"
#include "app/promotion.h"
#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "shop/market.h"
#include "shop/quote.h"

static const struct cli_option quote_options[] = {
    CLI_DATA,
    {"--cart", "FILE", "the cart as JSON; - is standard input"},
    {"--scripts", "DIR",
     "rules to judge by instead of the shop's: a folder with promotions/, upsell/, lib/ or *.lua"},
    {"--at", "TIME",
     "the moment to price at, like 2026-11-27T00:00:00Z (default: the file's, now)"},
    CLI_CONFIG,
    CLI_JSON,
    CLI_END};

/* ---- the rules ---- */

/* The rules go along as texts: a running shop reads no folder of whoever asks. */
static int add_scripts(struct arena *arena, const char *folder, struct json *doc, struct err *err)
{
    struct script_source *sources = NULL;
    size_t count = 0;
    int code = promotion_read(arena, folder, 0, &sources, &count, err);
    struct json *list = json_add(arena, doc, "scripts", JSON_ARRAY);
    for (size_t i = 0; i < count; i++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "path", sources[i].path);
        json_add_str(arena, item, "text", sources[i].text);
    }
    return code;
}

/* ---- asking ---- */

static int ask_running(struct arena *arena, const char *data, const struct json *doc,
                       const struct json **quote, struct err *err)
{
    const char *const path[] = {"quote", NULL};
    return control_call(arena, data, "POST", control_path(arena, path), doc, quote, err);
}

/* The shop's own rules, unless others came along. */
static void open_rules(struct db *db, const struct json *doc)
{
    struct err ignored = {0};
    promotion_use(db, NULL, NULL);
    promotion_open(json_at(doc, "scripts") ? NULL : market_shop()->scripts, market_shop()->currency,
                   &ignored);
}

static int ask_stopped(struct arena *arena, const struct cli_args *args, const struct json *doc,
                       const struct json **quote, struct err *err)
{
    struct db *db = NULL;
    struct json *answer = NULL, *errors = json_new(arena, JSON_ARRAY);
    const char *data = cli_value(args, "--data", "data"), *file = cli_value(args, "--config", NULL);
    int code = control_open_stopped(data, &db, err); /* asking makes no shop */
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        return code;
    if (code == SOUK_NOT_FOUND) {
        if ((code = market_open_none(arena, file, err)) != SOUK_OK)
            return code;
        open_rules(NULL, doc);
        code = promotion_quote(NULL, arena, doc, clock_now(), &answer, errors, err);
        promotion_close();
        *quote = answer;
        return code;
    }
    db_shut(db);
    if ((code = market_open_stopped(arena, data, file, &db, err)) != SOUK_OK)
        return code;
    open_rules(db, doc);
    struct db_conn *conn = db_read_begin(db, 0);
    code = promotion_quote(conn, arena, doc, clock_now(), &answer, errors, err);
    db_read_end(conn);
    promotion_close();
    db_thread_end(db);
    db_shut(db);
    *quote = answer;
    return code;
}

/* ---- for people ---- */

static struct souk_str amount(struct arena *arena, const struct json *object, const char *key,
                              const char *currency)
{
    return money_format(arena, json_int(json_at(object, key), 0), currency, "en");
}

/* printf pads by bytes; amounts have signs of several. */
static void pad(struct souk_str text, int width)
{
    int signs = 0;
    for (size_t i = 0; i < text.len; i++)
        signs += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    printf("%*s%.*s", width > signs ? width - signs : 0, "", SOUK_PRI(text));
}

static void show_lines(struct arena *arena, const struct json *quote, const char *currency)
{
    printf("%-24s %8s %14s %14s %14s\n", "SKU", "quantity", "unit price", "discount", "total");
    json_each(item, json_at(quote, "lines"))
    {
        const struct json *line = &item->value;
        struct souk_str sku = json_text(json_at(line, "sku"));
        printf("%-24.*s %8lld ", SOUK_PRI(sku), (long long)json_int(json_at(line, "quantity"), 0));
        pad(amount(arena, line, "unit_price", currency), 14);
        printf(" ");
        pad(amount(arena, line, "discount", currency), 14);
        printf(" ");
        pad(amount(arena, line, "total", currency), 14);
        printf("\n");
    }
}

static void show_sum(struct arena *arena, const struct json *totals, const char *key,
                     const char *name, const char *currency, int always)
{
    if (!always && !json_int(json_at(totals, key), 0))
        return;
    printf("%-63s ", name);
    pad(amount(arena, totals, key, currency), 14);
    printf("\n");
}

static struct souk_str name_of(const struct json *discount)
{
    struct souk_str name = json_text(json_at(discount, "name"));
    return name.len ? name : json_text(json_at(discount, "promotion"));
}

static void show_discount(struct arena *arena, const struct json *discount, const char *currency)
{
    show_sum(arena, discount, "amount",
             arena_printf(arena, "- %.*s", SOUK_PRI(name_of(discount))).ptr, currency, 0);
}

static void show(struct arena *arena, const struct json *quote)
{
    const char *currency = arena_cstr(arena, json_text(json_at(quote, "currency")));
    const struct json *totals = json_at(quote, "totals");
    show_lines(arena, quote, currency);
    printf("\n");
    show_sum(arena, totals, "items", "items", currency, 1);
    json_each(item, json_at(quote, "discounts")) show_discount(arena, &item->value, currency);
    show_sum(arena, totals, "delivery", "+ delivery", currency, 0);
    json_each(item, json_at(quote, "discounts"))
    {
        show_sum(arena, &item->value, "delivery_amount",
                 arena_printf(arena, "- on delivery: %.*s", SOUK_PRI(name_of(&item->value))).ptr,
                 currency, 0);
    }
    show_sum(arena, totals, "tax", "+ tax", currency, 0);
    show_sum(arena, totals, "total", "total", currency, 1);
    show_sum(arena, totals, "tax_included", "of which tax", currency, 0);
    json_each(item, json_at(quote, "coupons"))
    {
        struct souk_str reason = json_text(json_at(&item->value, "reason"));
        printf("coupon %.*s: %s%s%.*s\n", SOUK_PRI(json_text(json_at(&item->value, "code"))),
               json_true(json_at(&item->value, "accepted")) ? "accepted" : "not accepted",
               reason.len ? ", " : "", SOUK_PRI(reason));
    }
}

static int run_quote(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    struct json *doc = NULL;
    const struct json *quote = NULL;
    int64_t moment;
    int code;
    if (cli_parse(&command_quote, argc, argv, &args, &code))
        return code;
    const char *file = cli_value(&args, "--cart", NULL), *at = cli_value(&args, "--at", NULL);
    const char *scripts = cli_value(&args, "--scripts", NULL);
    if (!file)
        return cli_usage(&command_quote, "name the cart: --cart FILE");
    if (at && clock_parse(souk_str(at), &moment) != SOUK_OK)
        return cli_usage(&command_quote, "--at must be a time like 2026-11-27T00:00:00Z");
    code = promo_place_cart(arena, file, &doc, &err);
    if (code == SOUK_OK && at)
        json_add_cstr(arena, doc, "at", at);
    if (code == SOUK_OK && scripts)
        code = add_scripts(arena, scripts, doc, &err);
    if (code == SOUK_OK)
        code = ask_running(arena, cli_value(&args, "--data", "data"), doc, &quote, &err);
    if (code == SOUK_UNAVAILABLE) {
        err = (struct err){0};
        code = ask_stopped(arena, &args, doc, &quote, &err);
    }
    if (code != SOUK_OK)
        return cli_fail("quote", &err);
    if (cli_given(&args, "--json"))
        cli_print_json(arena, quote);
    else
        show(arena, quote);
    return CLI_DONE;
}

const struct cli_command command_quote = {
    .name = "quote",
    .usage = "--cart FILE [--scripts DIR] [--at TIME] [--data DIR]",
    .summary = "Says what a cart costs, and why, without making one.",
    .help =
        "The file: {\"lines\": [{\"sku\": \"TEA\", \"quantity\": 2}]}. A line without a unit_price is "
        "looked up\nin the catalogue. Amounts are in minor units (cents). With --scripts the rules of that "
        "folder count,\nwithout it those of the shop; the quote says of each why it did or did not apply.",
    .options = quote_options,
    .run = run_quote};
