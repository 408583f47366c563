/*
 * money.c: exact arithmetic on minor units, and amounts as text.
 *
 * The idea: products are taken in 128 bits and rounded once, half away from zero;
 * shares of a sum are given out by largest remainder, so that the parts add up to the
 * whole. All rounding of money in souk happens in money_share and money_split.
 *
 * Formatting follows the Unicode CLDR patterns of the locales that souk speaks, from a
 * table of our own; other locales read as English. Pure functions, any thread.
 */
#include "base/money.h"

#include <stdlib.h>
#include "base/buf.h"
#include "base/str.h"

typedef __uint128_t wide;

/* ISO 4217, sorted: code and minor digits. Currencies that were replaced lately stay,
 * because old orders are in them. Codes without minor units (metals, funds, testing)
 * are left out. */
static const char currencies[][5] = {
    "AED2", "AFN2", "ALL2", "AMD2", "ANG2", "AOA2", "ARS2", "AUD2", "AWG2", "AZN2", "BAM2", "BBD2",
    "BDT2", "BGN2", "BHD3", "BIF0", "BMD2", "BND2", "BOB2", "BOV2", "BRL2", "BSD2", "BTN2", "BWP2",
    "BYN2", "BZD2", "CAD2", "CDF2", "CHE2", "CHF2", "CHW2", "CLF4", "CLP0", "CNY2", "COP2", "COU2",
    "CRC2", "CUC2", "CUP2", "CVE2", "CZK2", "DJF0", "DKK2", "DOP2", "DZD2", "EGP2", "ERN2", "ETB2",
    "EUR2", "FJD2", "FKP2", "GBP2", "GEL2", "GHS2", "GIP2", "GMD2", "GNF0", "GTQ2", "GYD2", "HKD2",
    "HNL2", "HRK2", "HTG2", "HUF2", "IDR2", "ILS2", "INR2", "IQD3", "IRR2", "ISK0", "JMD2", "JOD3",
    "JPY0", "KES2", "KGS2", "KHR2", "KMF0", "KPW2", "KRW0", "KWD3", "KYD2", "KZT2", "LAK2", "LBP2",
    "LKR2", "LRD2", "LSL2", "LYD3", "MAD2", "MDL2", "MGA2", "MKD2", "MMK2", "MNT2", "MOP2", "MRU2",
    "MUR2", "MVR2", "MWK2", "MXN2", "MXV2", "MYR2", "MZN2", "NAD2", "NGN2", "NIO2", "NOK2", "NPR2",
    "NZD2", "OMR3", "PAB2", "PEN2", "PGK2", "PHP2", "PKR2", "PLN2", "PYG0", "QAR2", "RON2", "RSD2",
    "RUB2", "RWF0", "SAR2", "SBD2", "SCR2", "SDG2", "SEK2", "SGD2", "SHP2", "SLE2", "SOS2", "SRD2",
    "SSP2", "STN2", "SVC2", "SYP2", "SZL2", "THB2", "TJS2", "TMT2", "TND3", "TOP2", "TRY2", "TTD2",
    "TWD2", "TZS2", "UAH2", "UGX0", "USD2", "USN2", "UYI0", "UYU2", "UYW4", "UZS2", "VED2", "VES2",
    "VND0", "VUV0", "WST2", "XAF0", "XCD2", "XCG2", "XOF0", "XPF0", "YER2", "ZAR2", "ZMW2", "ZWG2",
    "ZWL2"};

static int compare_code(const void *code, const void *row)
{
    return strncmp(code, row, 3);
}

int money_digits(const char *currency)
{
    if (!currency || strlen(currency) != 3)
        return -1;
    const char *row = bsearch(currency, currencies, sizeof(currencies) / sizeof(currencies[0]),
                              sizeof(currencies[0]), compare_code);
    return row ? row[3] - '0' : -1;
}

static wide magnitude(int64_t number)
{
    return number < 0 ? (wide)0 - (wide)(__int128)number : (wide)number;
}

/* The sign back on; SOUK_INVALID when it does not fit. */
static int with_sign(wide size, int minus, int64_t *out)
{
    if (size > (wide)INT64_MAX + (wide)(minus != 0))
        return SOUK_INVALID;
    *out = minus ? (int64_t)(0 - (uint64_t)size) : (int64_t)size;
    return 0;
}

int money_share(int64_t amount, int64_t ppm, int64_t *out)
{
    wide product = magnitude(amount) * magnitude(ppm);
    return with_sign((product + 500000) / 1000000, (amount < 0) != (ppm < 0), out);
}

int money_add(int64_t a, int64_t b, int64_t *out)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return SOUK_INVALID;
    *out = sum;
    return 0;
}

struct remainder {
    wide rest;
    size_t index;
};

static int larger_first(const void *a, const void *b)
{
    const struct remainder *x = a, *y = b;
    if (x->rest != y->rest)
        return x->rest > y->rest ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static int sum_weights(const int64_t *weights, size_t n, wide *sum)
{
    *sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (weights[i] < 0)
            return SOUK_INVALID;
        *sum += (wide)(uint64_t)weights[i];
    }
    return 0;
}

int money_split(int64_t total, const int64_t *weights, size_t n, int64_t *parts)
{
    wide sum;
    if (n == 0)
        return total == 0 ? 0 : SOUK_INVALID;
    if (sum_weights(weights, n, &sum))
        return SOUK_INVALID;
    if (sum == 0) {
        memset(parts, 0, n * sizeof(*parts));
        parts[0] = total;
        return 0;
    }
    struct remainder few[64];
    struct remainder *order = n <= 64 ? few : mem_alloc(n * sizeof(*order));
    wide whole = magnitude(total);
    uint64_t left = (uint64_t)whole;
    for (size_t i = 0; i < n; i++) {
        wide product = whole * (wide)(uint64_t)weights[i];
        order[i] = (struct remainder){product % sum, i};
        uint64_t part = (uint64_t)(product / sum);
        left -= part;
        parts[i] = (int64_t)(total < 0 ? 0 - part : part);
    }
    if (left) /* fewer than n */
        qsort(order, n, sizeof(*order), larger_first);
    for (size_t i = 0; i < left; i++)
        parts[order[i].index] += total < 0 ? -1 : 1;
    if (order != few)
        free(order);
    return 0;
}

#define NBSP "\xC2\xA0"

static const struct locale {
    const char *language;
    const char *decimal;
    const char *group;
    int group_from; /* digits before the mark from which they are grouped */
    int lakh;       /* groups of two after the first three */
    int zero;       /* code point of the digit 0 */
    int before;     /* the symbol stands before the number */
    int gap;        /* a space between number and symbol, also when it is a sign like € */
} locales[] = {
    {"en", ".", ",", 4, 0, '0', 1, 0},   {"bg", ",", NBSP, 5, 0, '0', 0, 1},
    {"hu", ",", NBSP, 5, 0, '0', 0, 1},  {"hy", ",", NBSP, 5, 0, '0', 0, 1},
    {"bn", ".", ",", 4, 1, 0x9E6, 0, 0},
};

/* What stands for a currency: in the language named, or (NULL) in all others. First
 * match. */
static const struct symbol {
    const char *currency;
    const char *language;
    const char *text;
} symbols[] = {
    {"EUR", NULL, "€"},   {"GBP", NULL, "£"},   {"USD", "bn", "US$"}, {"USD", NULL, "$"},
    {"JPY", "hy", "JP¥"}, {"JPY", "bn", "JP¥"}, {"JPY", NULL, "¥"},   {"BGN", "bg", "лв."},
    {"HUF", "hu", "Ft"},  {"AMD", "hy", "֏"},   {"BDT", "bn", "৳"},   {"INR", NULL, "₹"},
    {"ILS", NULL, "₪"},   {"KRW", NULL, "₩"},   {"VND", NULL, "₫"},
};

static const struct locale *find_locale(const char *name)
{
    for (size_t i = 1; name && i < sizeof(locales) / sizeof(locales[0]); i++)
        if (strncmp(name, locales[i].language, 2) == 0 &&
            (name[2] == '\0' || name[2] == '-' || name[2] == '_'))
            return &locales[i];
    return &locales[0];
}

/* Sets *spaced when what stands for the currency is letters and needs a space. */
static const char *find_symbol(const char *currency, const char *language, int *spaced)
{
    *spaced = 0;
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        const struct symbol *s = &symbols[i];
        if (strcmp(s->currency, currency) == 0 &&
            (!s->language || strcmp(s->language, language) == 0)) {
            *spaced = s->text[0] >= 'A' && s->text[0] <= 'Z' && !strchr(s->text, '$');
            return s->text;
        }
    }
    *spaced = 1;
    return currency;
}

static void put_digit(struct buf *out, const struct locale *locale, char digit)
{
    int point = locale->zero + (digit - '0');
    if (point < 0x80) {
        buf_add_char(out, (char)point);
    } else {
        const char bytes[] = {(char)(0xE0 | point >> 12), (char)(0x80 | (point >> 6 & 0x3F)),
                              (char)(0x80 | (point & 0x3F))};
        buf_add(out, bytes, sizeof(bytes));
    }
}

static int group_ends(const struct locale *locale, size_t after)
{
    if (after <= 3 || !locale->lakh)
        return after > 0 && after % 3 == 0;
    return (after - 3) % 2 == 0;
}

static void put_number(struct buf *out, const struct locale *locale, const char *digits,
                       size_t count, size_t fraction)
{
    size_t whole = count - fraction;
    for (size_t i = 0; i < count; i++) {
        if (i == whole)
            buf_add_cstr(out, locale->decimal);
        put_digit(out, locale, digits[i]);
        if (i + 1 < whole && whole >= (size_t)locale->group_from &&
            group_ends(locale, whole - i - 1))
            buf_add_cstr(out, locale->group);
    }
}

/* Decimal digits of `size`, at least `fraction` + 1 of them. Returns where they begin.
 */
static const char *make_digits(char *room, size_t size_of_room, wide size, size_t fraction)
{
    size_t at = size_of_room - 1;
    room[at] = '\0';
    for (size_t i = 0; size || i <= fraction; i++) {
        room[--at] = (char)('0' + (int)(size % 10));
        size /= 10;
    }
    return room + at;
}

struct souk_str money_format(struct arena *arena, int64_t minor, const char *currency,
                             const char *locale_name)
{
    const struct locale *locale = find_locale(locale_name);
    int known = money_digits(currency);
    size_t fraction = known < 0 ? 2 : (size_t)known;
    wide size = magnitude(minor);
    /* nobody writes fillér: ISO still counts two digits, prices have none */
    if (strcmp(currency, "HUF") == 0 && size % 100 == 0) {
        size /= 100;
        fraction = 0;
    }
    char room[32];
    const char *digits = make_digits(room, sizeof(room), size, fraction);
    int spaced;
    const char *symbol = find_symbol(currency, locale->language, &spaced);
    struct buf out = {.arena = arena};
    if (minor < 0)
        buf_add_char(&out, '-');
    if (locale->before) {
        buf_add_cstr(&out, symbol);
        buf_add_cstr(&out, spaced ? NBSP : "");
    }
    put_number(&out, locale, digits, strlen(digits), fraction);
    if (!locale->before) {
        buf_add_cstr(&out, spaced || locale->gap ? NBSP : "");
        buf_add_cstr(&out, symbol);
    }
    return buf_str(&out);
}

/* Digits of `text` appended to *number; -1 when one is none or it grows too large. */
static int add_digits(struct souk_str text, wide *number)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c < '0' || c > '9')
            return -1;
        *number = *number * 10 + (wide)(unsigned)(c - '0');
        if (*number > (wide)INT64_MAX + 1)
            return -1;
    }
    return 0;
}

int money_parse(struct souk_str text, const char *currency, int64_t *minor)
{
    int digits = money_digits(currency);
    int minus = str_starts(text, "-");
    struct souk_str whole, rest = str_from(text, (size_t)minus);
    wide number = 0;
    if (digits < 0 || rest.len == 0)
        return SOUK_INVALID;
    ptrdiff_t point = str_find(rest, '.');
    struct souk_str fraction = {"", 0};
    whole = rest;
    if (point >= 0) {
        whole = str_make(rest.ptr, (size_t)point);
        fraction = str_from(rest, (size_t)point + 1);
        if (fraction.len == 0)
            return SOUK_INVALID;
    }
    while (fraction.len > (size_t)digits && fraction.ptr[fraction.len - 1] == '0')
        fraction.len--; /* "1.500" is exact in euro */
    if (whole.len == 0 || fraction.len > (size_t)digits || add_digits(whole, &number) ||
        add_digits(fraction, &number))
        return SOUK_INVALID;
    for (size_t i = fraction.len; i < (size_t)digits; i++)
        number *= 10;
    return with_sign(number, minus, minor);
}
