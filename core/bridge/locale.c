/*
 * locale.c: the sub-table for language: the shop's languages, the plugin's texts in any of them,
 * and amounts and moments as people of a language read them, by the same code that the filters
 * `money` and `date` of templates use.
 */
#include "bridge/internal.h"

#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "base/zone.h"
#include "shop/market.h"

static int locale_list(struct souk_ctx *ctx, const struct souk_value **codes)
{
    if (!codes)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_locales: no place");
    struct json *list = json_new(ctx->arena, JSON_ARRAY);
    for (size_t i = 0; site_core.locales && site_core.locales[i]; i++)
        json_add_cstr(ctx->arena, list, NULL, site_core.locales[i]);
    *codes = (const struct souk_value *)list;
    return SOUK_OK;
}

/* A language of the shop, the call's for an empty one, and else the text as it was given: texts and
 * amounts fall back by themselves. */
static const char *locale_of(struct souk_ctx *ctx, struct souk_str code)
{
    if (!bridge_view_ok(code) || !code.len || code.len > 32)
        return call_table.locale(ctx).ptr;
    const char *known = market_locale(code);
    return known ? known : arena_cstr(ctx->arena, value_clean(ctx->arena, code));
}

static const struct i18n *i18n_of(const struct souk_ctx *ctx)
{
    const struct site *site = ctx->set ? ctx->set->web : NULL;
    return site ? site->web.i18n : NULL;
}

static struct souk_str locale_translate(struct souk_ctx *ctx, struct souk_str locale,
                                        struct souk_str one, struct souk_str many, int64_t n)
{
    const struct i18n *i18n = i18n_of(ctx);
    if (!bridge_view_ok(one) || !bridge_view_ok(many))
        return souk_str("");
    if (!i18n)
        return many.len && n != 1 ? many : one;
    const char *code = locale_of(ctx, locale);
    if (many.len)
        return i18n_plural(i18n, ctx->self->name, code, one, many, n);
    return i18n_text(i18n, ctx->self->name, code, one);
}

static int is_currency(struct souk_str code)
{
    int letters = bridge_view_ok(code) && code.len == 3;
    for (size_t i = 0; letters && i < code.len; i++)
        letters = code.ptr[i] >= 'A' && code.ptr[i] <= 'Z';
    return letters;
}

static struct souk_str locale_money(struct souk_ctx *ctx, struct souk_str locale, int64_t minor,
                                    struct souk_str currency)
{
    char code[4];
    if (!is_currency(currency)) {
        bridge_refuse(ctx, SOUK_INVALID,
                      "souk_money_text: a currency has three capital letters, as EUR");
        return souk_str("");
    }
    str_copy(code, sizeof code, currency);
    return money_format(ctx->arena, minor, code, locale_of(ctx, locale));
}

static struct souk_str locale_date(struct souk_ctx *ctx, struct souk_str locale, int64_t at,
                                   int32_t style, struct souk_str zone)
{
    struct souk_civil there;
    if (style < SOUK_DATE || style > SOUK_TIME_ONLY) {
        bridge_refuse(ctx, SOUK_INVALID, "souk_date_text: there is no style %d", style);
        return souk_str("");
    }
    if (time_table.civil(ctx, at, zone, &there) != SOUK_OK)
        return souk_str("");
    const char *code = locale_of(ctx, locale);
    struct clock_civil civil = {there.year,   there.month,  there.day,    there.hour,
                                there.minute, there.second, there.weekday};
    struct souk_str hour = template_digits(
        ctx->arena, code, template_date(ctx->arena, NULL, code, civil, souk_str("%H:%M")));
    if (style == SOUK_TIME_ONLY)
        return hour;
    struct souk_str day =
        template_date(ctx->arena, i18n_of(ctx), code, civil, souk_str("%-d %B %Y"));
    return style == SOUK_DATE
               ? day
               : arena_printf(ctx->arena, "%.*s, %.*s", SOUK_PRI(day), SOUK_PRI(hour));
}

const struct souk_locale_api locale_table = {.size = sizeof(struct souk_locale_api),
                                             .list = locale_list,
                                             .translate = locale_translate,
                                             .money = locale_money,
                                             .date = locale_date};
