/*
 * promo_show.c: quotes and traces as people read them in a terminal.
 */
#include <stdio.h>

#include "app/cli/promo.h"
#include "base/money.h"
#include "base/str.h"

/* printf pads by bytes; amounts have signs of several. */
static void pad(struct souk_str text, int width)
{
    int signs = 0;
    for (size_t i = 0; i < text.len; i++)
        signs += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    printf("%*s%.*s", width > signs ? width - signs : 0, "", SOUK_PRI(text));
}

void promo_show_money(struct arena *arena, int64_t amount, const char *currency, int width)
{
    pad(money_format(arena, amount, currency, "en"), width);
}

/* ---- the trace ---- */

static int is_money(struct souk_str condition)
{
    return souk_str_is(condition, "items_total_at_least") ||
           souk_str_is(condition, "category_total_at_least") ||
           souk_str_is(condition, "spent_at_least");
}

static void show_value(struct arena *arena, const struct json *value, int money,
                       const char *currency)
{
    struct buf out = {.arena = arena};
    if (!value || value->kind == JSON_NULL)
        printf("nothing");
    else if (money && value->kind == JSON_INT)
        promo_show_money(arena, value->number, currency, 0);
    else if (value->kind == JSON_STRING)
        printf("%.*s", SOUK_PRI(value->text.len ? value->text : souk_str("nothing")));
    else {
        json_print(&out, value);
        printf("%.*s", SOUK_PRI(buf_str(&out)));
    }
}

static void show_condition(struct arena *arena, const struct json *tested, const char *currency)
{
    struct souk_str name = json_text(json_at(tested, "condition"));
    struct souk_str reason = json_text(json_at(tested, "reason"));
    printf("      %s %.*s: wanted ", json_true(json_at(tested, "held")) ? "held" : "FAILED",
           SOUK_PRI(name));
    show_value(arena, json_at(tested, "wanted"), is_money(name), currency);
    printf(", there is ");
    show_value(arena, json_at(tested, "actual"), is_money(name), currency);
    printf("%s%.*s\n", reason.len ? ": " : "", SOUK_PRI(reason));
}

static struct souk_str sku_of(const struct json *quote, int64_t at)
{
    json_each(item, json_at(quote, "lines"))
    {
        if (at-- == 0)
            return json_text(json_at(&item->value, "sku"));
    }
    return souk_str("?");
}

static void show_effect(struct arena *arena, const struct json *quote, const struct json *rule,
                        const char *currency)
{
    json_each(item, json_at(rule, "lines"))
    {
        int64_t at = json_int(json_at(&item->value, "line"), 0);
        printf("      line %lld, %.*s: ", (long long)at + 1, SOUK_PRI(sku_of(quote, at)));
        promo_show_money(arena, -json_int(json_at(&item->value, "amount"), 0), currency, 0);
        printf("\n");
    }
    int64_t delivery = json_int(json_at(rule, "delivery_amount"), 0);
    if (delivery) {
        printf("      delivery: ");
        promo_show_money(arena, -delivery, currency, 0);
        printf("\n");
    }
    json_each(item, json_at(rule, "capped"))
    {
        printf("      stopped by the %.*s: ", SOUK_PRI(json_text(json_at(&item->value, "by"))));
        promo_show_money(arena, json_int(json_at(&item->value, "amount"), 0), currency, 0);
        printf(" could not be given\n");
    }
}

static void show_script(const struct json *rule)
{
    const struct json *script = json_at(rule, "script");
    if (script && script->kind == JSON_OBJECT)
        printf("      its script failed (%.*s): %.*s\n",
               SOUK_PRI(json_text(json_at(script, "outcome"))),
               SOUK_PRI(json_text(json_at(script, "message"))));
    json_each(item, json_at(rule, "log"))
        printf("      log: %.*s\n", SOUK_PRI(json_text(&item->value)));
}

static void show_rule(struct arena *arena, const struct json *quote, const struct json *rule,
                      const char *currency)
{
    int applied = json_true(json_at(rule, "applied"));
    struct souk_str reason = json_text(json_at(rule, "reason"));
    struct souk_str by = json_text(json_at(rule, "displaced_by"));
    struct souk_str file = json_text(json_at(rule, "file"));
    int64_t given =
        json_int(json_at(rule, "amount"), 0) + json_int(json_at(rule, "delivery_amount"), 0);
    if (applied)
        printf("%3lld  ", (long long)json_int(json_at(rule, "order"), 0));
    else
        printf("  -  ");
    printf("%.*s: ", SOUK_PRI(json_text(json_at(rule, "id"))));
    if (applied) {
        promo_show_money(arena, -given, currency, 0);
    } else {
        printf("does not apply%s%.*s", reason.len ? ": " : "", SOUK_PRI(reason));
        if (by.len)
            printf(" (displaced by %.*s)", SOUK_PRI(by));
    }
    if (file.len)
        printf("  (%.*s:%lld)", SOUK_PRI(file), (long long)json_int(json_at(rule, "line"), 0));
    printf("\n");
    json_each(item, json_at(rule, "trace")) show_condition(arena, &item->value, currency);
    if (applied)
        show_effect(arena, quote, rule, currency);
    show_script(rule);
}

void promo_show_trace(struct arena *arena, const struct json *quote)
{
    const char *currency = arena_cstr(arena, json_text(json_at(quote, "currency")));
    const struct json *rules = json_at(quote, "promotions");
    if (!rules || !rules->count)
        printf("there are no promotions\n");
    json_each(item, rules) show_rule(arena, quote, &item->value, currency);
    json_each(item, json_at(quote, "coupons"))
    {
        struct souk_str reason = json_text(json_at(&item->value, "reason"));
        printf("code %.*s: %s%s%.*s\n", SOUK_PRI(json_text(json_at(&item->value, "code"))),
               json_true(json_at(&item->value, "accepted")) ? "accepted" : "not accepted",
               reason.len ? ", " : "", SOUK_PRI(reason));
    }
    json_each(item, json_at(quote, "nudges"))
        printf("nudge of %.*s: %.*s\n", SOUK_PRI(json_text(json_at(&item->value, "promotion"))),
               SOUK_PRI(json_text(json_at(&item->value, "text"))));
}

/* ---- sums ---- */

static void show_sum(struct arena *arena, const struct json *totals, const char *key,
                     const char *name, const char *currency)
{
    int64_t amount = json_int(json_at(totals, key), 0);
    if (!amount)
        return;
    printf("%-24s ", name);
    promo_show_money(arena, amount, currency, 14);
    printf("\n");
}

void promo_show_totals(struct arena *arena, const struct json *quote)
{
    const char *currency = arena_cstr(arena, json_text(json_at(quote, "currency")));
    const struct json *totals = json_at(quote, "totals");
    show_sum(arena, totals, "items", "items", currency);
    show_sum(arena, totals, "discount", "- discount", currency);
    show_sum(arena, totals, "delivery", "+ delivery", currency);
    show_sum(arena, totals, "delivery_discount", "- discount on delivery", currency);
    show_sum(arena, totals, "tax", "+ tax", currency);
    printf("%-24s ", "total");
    promo_show_money(arena, json_int(json_at(totals, "total"), 0), currency, 14);
    printf("\n");
}
