/*
 * options_number.c: options that are numbers: whole ones, sizes, spans of time, rates
 * and money, their bounds, and how they are shown.
 *
 * No floating point: rates and money are read digit by digit, and what is not exact is
 * refused. Inside, time is microseconds, rates are parts per million, money is minor
 * units.
 */
#include "plugin/options_parse.h"

#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"

struct unit {
    int64_t size;
    const char *name;
};

static struct souk_str in_units(struct arena *arena, int64_t number, const struct unit *units)
{
    while (units->size > 1 && (number == 0 || number % units->size))
        units++;
    return arena_printf(arena, "%lld%s", (long long)(number / units->size), units->name);
}

struct souk_str options_show_number(struct arena *arena, int32_t type, int64_t number)
{
    static const struct unit spans[] = {{CLOCK_DAY, "d"},    {CLOCK_HOUR, "h"}, {CLOCK_MINUTE, "m"},
                                        {CLOCK_SECOND, "s"}, {CLOCK_MS, "ms"},  {1, "us"}};
    static const struct unit sizes[] = {{1 << 30, "G"}, {1 << 20, "M"}, {1 << 10, "K"}, {1, ""}};
    if (type == SOUK_DURATION)
        return number ? in_units(arena, number, spans) : souk_str("0s");
    if (type == SOUK_SIZE)
        return in_units(arena, number, sizes);
    if (type == SOUK_RATE) {
        int64_t part = number % 10000;
        struct souk_str text =
            part ? arena_printf(arena, "%lld.%04lld", (long long)(number / 10000), (long long)part)
                 : arena_printf(arena, "%lld", (long long)(number / 10000));
        while (part && text.ptr[text.len - 1] == '0')
            text.len--;
        return arena_printf(arena, "%.*s%%", SOUK_PRI(text));
    }
    return arena_printf(arena, "%lld", (long long)number);
}

static int check_bounds(struct option_check *check, int64_t number)
{
    const struct souk_option *option = check->option;
    struct arena *arena = check->problems->arena;
    if ((option->min == 0 && option->max == 0) || (number >= option->min && number <= option->max))
        return 0;
    const char *given = options_show_number(arena, option->type, number).ptr;
    const char *low = options_show_number(arena, option->type, option->min).ptr;
    if (option->max == INT64_MAX) {
        return options_wrong(check, NULL, arena_printf(arena, "give %s or more", low),
                             "is %s, the least is %s", given, low);
    }
    const char *high = options_show_number(arena, option->type, option->max).ptr;
    return options_wrong(check, NULL, arena_printf(arena, "give a value from %s to %s", low, high),
                         number < option->min ? "is %s, the least is %s" : "is %s, the most is %s",
                         given, number < option->min ? low : high);
}

/* "12.5%" to 125000, at most four digits behind the point. */
static int parse_rate(struct souk_str text, int64_t *ppm)
{
    struct souk_str rest, whole;
    int64_t high = 0, low = 0;
    if (!str_ends(text, "%"))
        return SOUK_INVALID;
    rest = str_trim(str_make(text.ptr, text.len - 1));
    if (!str_split(&rest, '.', &whole) || str_to_int(whole, &high) || high < 0 ||
        high > 1000000000 || whole.ptr[0] == '-' || rest.len > 4)
        return SOUK_INVALID;
    if (whole.ptr[whole.len] == '.' && rest.len == 0)
        return SOUK_INVALID;
    for (size_t i = 0; i < 4; i++) {
        char digit = i < rest.len ? rest.ptr[i] : '0';
        if (digit < '0' || digit > '9')
            return SOUK_INVALID;
        low = low * 10 + (digit - '0');
    }
    *ppm = high * 10000 + low;
    return 0;
}

/* "12.50 EUR" */
static int parse_money(struct option_check *check, struct souk_str text, int64_t *minor)
{
    char currency[4];
    struct souk_str amount = text;
    if (text.len < 5 || text.ptr[text.len - 4] != ' ')
        return options_wrong_form(check, text);
    str_copy(currency, sizeof(currency), str_from(text, text.len - 3));
    amount.len -= 4;
    int digits = money_digits(currency);
    if (digits < 0) {
        return options_wrong(check, NULL, options_example(check),
                             "\"%s\" is no currency; use its three letters of ISO 4217", currency);
    }
    if (money_parse(str_trim(amount), currency, minor)) {
        return options_wrong(check, NULL, options_example(check),
                             "%s is no exact amount of %s, which has %d digits behind the point",
                             options_show_text(check->problems->arena, amount).ptr, currency,
                             digits);
    }
    return 0;
}

int options_parse_int(struct option_check *check, const struct json *given,
                      struct option_value *out)
{
    if (given->kind != JSON_INT)
        return options_wrong_type(check, given);
    out->number = given->number;
    out->text = options_show_number(check->arena, SOUK_INT, given->number);
    return check_bounds(check, out->number);
}

int options_parse_size(struct option_check *check, const struct json *given,
                       struct option_value *out)
{
    if (given->kind == JSON_INT && given->number >= 0)
        return options_parse_int(check, given, out);
    if (given->kind != JSON_STRING)
        return options_wrong_type(check, given);
    out->text = arena_str(check->arena, str_trim(given->text));
    if (str_to_size(out->text, &out->number))
        return options_wrong_form(check, given->text);
    return check_bounds(check, out->number);
}

/* Durations, rates and money: numbers that are written as text. */
int options_parse_measure(struct option_check *check, const struct json *given,
                          struct option_value *out)
{
    if (given->kind != JSON_STRING)
        return options_wrong_type(check, given);
    out->text = arena_str(check->arena, str_trim(given->text));
    if (check->option->type == SOUK_MONEY)
        return parse_money(check, out->text, &out->number);
    int code = check->option->type == SOUK_RATE ? parse_rate(out->text, &out->number)
                                                : str_to_duration(out->text, &out->number);
    return code ? options_wrong_form(check, given->text) : check_bounds(check, out->number);
}
