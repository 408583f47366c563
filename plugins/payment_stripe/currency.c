/*
 * currency.c: the currencies that Stripe charges in, and sums as Stripe counts them.
 *
 * Both count in minor units of ISO 4217, with a few exceptions: some currencies without minor units
 * are still sent as hundredths, one with minor units is sent without, and where there are three
 * decimals the last one has to be 0. Least sums are those of Stripe for accounts that are paid out
 * in the same currency; others are judged by Stripe itself.
 */
#include "stripe.h"

static const char known[] =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BWP BYN "
    "BZD CAD CDF CHF CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD "
    "GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK "
    "LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
    "OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD STN SZL "
    "THB TJS TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XOF XPF YER ZAR ZMW";

static const struct {
    char code[4];
    int32_t least;
} least_sums[] = {
    {"AED", 200},  {"AUD", 50},     {"BGN", 100},   {"BRL", 50},   {"CAD", 50},
    {"CHF", 50},   {"COP", 200000}, {"CZK", 1500},  {"DKK", 250},  {"EUR", 50},
    {"GBP", 30},   {"HKD", 400},    {"HUF", 17500}, {"INR", 50},   {"JPY", 50},
    {"MXN", 1000}, {"MYR", 200},    {"NOK", 300},   {"NZD", 50},   {"PLN", 200},
    {"RON", 200},  {"SEK", 300},    {"SGD", 50},    {"THB", 1000}, {"USD", 50},
};

static int is_one_of(struct souk_str currency, const char *list)
{
    size_t len = strlen(list);
    if (currency.len != 3)
        return 0;
    for (size_t at = 0; at + 3 <= len; at += 4)
        if (memcmp(list + at, currency.ptr, 3) == 0)
            return 1;
    return 0;
}

int currency_takes(struct souk_str currency)
{
    return is_one_of(currency, known);
}

int64_t currency_least(struct souk_str currency)
{
    for (size_t i = 0; i < sizeof least_sums / sizeof *least_sums; i++)
        if (souk_str_is(currency, least_sums[i].code))
            return least_sums[i].least;
    return 0;
}

int currency_out(struct souk_str currency, int64_t minor, int64_t *stripe)
{
    *stripe = minor;
    if (is_one_of(currency, "ISK UGX")) /* no minor units any more, but sent as if there were */
        return __builtin_mul_overflow(minor, 100, stripe) ? SOUK_INVALID : SOUK_OK;
    if (is_one_of(currency, "MGA")) {
        *stripe = minor / 100;
        return minor % 100 ? SOUK_INVALID : SOUK_OK;
    }
    if (is_one_of(currency, "BHD JOD KWD OMR TND"))
        return minor % 10 ? SOUK_INVALID : SOUK_OK;
    return SOUK_OK;
}

int64_t currency_in(struct souk_str currency, int64_t stripe)
{
    int64_t minor = stripe;
    if (is_one_of(currency, "ISK UGX"))
        return stripe / 100;
    if (is_one_of(currency, "MGA") && __builtin_mul_overflow(stripe, 100, &minor))
        return 0;
    return minor;
}

static struct souk_str cased(struct souk_ctx *ctx, struct souk_str text, char from, char to)
{
    struct souk_str copy = souk_copy(ctx, text);
    char *at = (char *)(uintptr_t)copy.ptr;
    for (size_t i = 0; i < copy.len; i++)
        if (at[i] >= from && at[i] <= from + 25)
            at[i] = (char)(at[i] - from + to);
    return copy;
}

struct souk_str currency_upper(struct souk_ctx *ctx, struct souk_str currency)
{
    return cased(ctx, currency, 'a', 'A');
}

struct souk_str currency_lower(struct souk_ctx *ctx, struct souk_str currency)
{
    return cased(ctx, currency, 'A', 'a');
}
