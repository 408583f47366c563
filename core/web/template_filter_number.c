/*
 * template_filter_number: arithmetic in int64, and numbers, money and time as people
 * write them. What has no result (division by zero, an overflow, a text that is no
 * number) is nil and shows nothing. Money is formatted by base/money, never computed
 * with here.
 *
 * Dates are in UTC. Names of months and days are translated as texts of the domain
 * "souk".
 */
#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "web/template_run.h"
#include <stdio.h>

/* Both numbers; 0 when one of them is none. A missing subject counts as 0. */
static int operands(struct template_call *call, int64_t *a, int64_t *b)
{
    *a = 0;
    if (call->value->kind != JSON_NULL && !template_value_number(call->value, a))
        return 0;
    return template_value_number(call->args[0], b);
}

const struct json *template_filter_plus(struct template_call *call)
{
    int64_t a, b, out;
    if (!operands(call, &a, &b) || __builtin_add_overflow(a, b, &out))
        return &template_nil;
    return template_value_int(call->run, out);
}

const struct json *template_filter_minus(struct template_call *call)
{
    int64_t a, b, out;
    if (!operands(call, &a, &b) || __builtin_sub_overflow(a, b, &out))
        return &template_nil;
    return template_value_int(call->run, out);
}

const struct json *template_filter_times(struct template_call *call)
{
    int64_t a, b, out;
    if (!operands(call, &a, &b) || __builtin_mul_overflow(a, b, &out))
        return &template_nil;
    return template_value_int(call->run, out);
}

/* Rounded down, so that the remainder has the sign of the divisor. */
static int divide(struct template_call *call, int64_t *quotient, int64_t *rest)
{
    int64_t a, b;
    if (!operands(call, &a, &b) || b == 0 || (a == INT64_MIN && b == -1))
        return 0;
    *quotient = a / b;
    *rest = a % b;
    if (*rest != 0 && (*rest < 0) != (b < 0)) {
        *quotient -= 1;
        *rest += b;
    }
    return 1;
}

const struct json *template_filter_divided_by(struct template_call *call)
{
    int64_t quotient, rest;
    return divide(call, &quotient, &rest) ? template_value_int(call->run, quotient) : &template_nil;
}

const struct json *template_filter_modulo(struct template_call *call)
{
    int64_t quotient, rest;
    return divide(call, &quotient, &rest) ? template_value_int(call->run, rest) : &template_nil;
}

const struct json *template_filter_abs(struct template_call *call)
{
    int64_t number;
    if (!template_value_number(call->value, &number) || number == INT64_MIN)
        return &template_nil;
    return template_value_int(call->run, number < 0 ? -number : number);
}

const struct json *template_filter_round(struct template_call *call)
{
    const struct json *value = call->value;
    int64_t number;
    if (value->kind == JSON_REAL && value->real > -9e15 && value->real < 9e15)
        return template_value_int(call->run,
                                  (int64_t)(value->real + (value->real < 0 ? -0.5 : 0.5)));
    if (template_value_number(value, &number))
        return template_value_int(call->run, number);
    if (!template_value_is_text(value))
        return &template_nil;
    struct souk_str text = str_trim(value->text); /* "12.5" */
    ptrdiff_t point = str_find(text, '.');
    if (point < 1 || str_to_int(str_make(text.ptr, (size_t)point), &number) ||
        number > INT64_MAX - 1 || number < INT64_MIN + 1)
        return &template_nil;
    struct souk_str rest = str_from(text, (size_t)point + 1);
    if (rest.len && rest.ptr[0] >= '5' && rest.ptr[0] <= '9')
        number += text.ptr[0] == '-' ? -1 : 1;
    return template_value_int(call->run, number);
}

/* How a locale groups digits, and which it has: as base/money does for amounts. */
struct grouping {
    const char *language;
    const char *mark;
    size_t from; /* digits from which on there are marks */
    int lakh;    /* 12,34,567 */
    int bengali; /* digits of its own */
};

static const struct grouping *grouping(const char *locale)
{
    static const struct grouping known[] = {{"en", ",", 4, 0, 0},
                                            {"bg", "\u00a0", 5, 0, 0},
                                            {"hu", "\u00a0", 5, 0, 0},
                                            {"hy", "\u00a0", 5, 0, 0},
                                            {"bn", ",", 4, 1, 1}};
    for (size_t i = 1; locale && i < sizeof(known) / sizeof(*known); i++)
        if (strncmp(locale, known[i].language, 2) == 0 &&
            (!locale[2] || locale[2] == '-' || locale[2] == '_'))
            return &known[i];
    return &known[0];
}

static void put_digit(struct buf *to, const struct grouping *how, char digit)
{
    if (how->bengali && digit >= '0' && digit <= '9') /* U+09E6 and on */
        buf_add(to, (char[]){'\xE0', '\xA7', (char)(0xA6 + digit - '0')}, 3);
    else
        buf_add_char(to, digit);
}

struct souk_str template_number(struct arena *arena, const char *locale, int64_t number)
{
    const struct grouping *how = grouping(locale);
    struct buf to = {.arena = arena};
    struct souk_str digits =
        arena_printf(to.arena, "%llu",
                     (unsigned long long)(number < 0 ? 0 - (uint64_t)number : (uint64_t)number));
    if (number < 0)
        buf_add_char(&to, '-');
    for (size_t i = 0; i < digits.len; i++) {
        size_t left = digits.len - i;
        int mark = how->lakh ? left == 3 || (left > 3 && left % 2 == 1) : left % 3 == 0;
        if (i && mark && digits.len >= how->from)
            buf_add_cstr(&to, how->mark);
        put_digit(&to, how, digits.ptr[i]);
    }
    return buf_str(&to);
}

const struct json *template_filter_number(struct template_call *call)
{
    const struct template_env *env = call->run->env;
    int64_t number;
    if (!template_value_number(call->value, &number))
        return template_value_string(call->run, JSON_STRING,
                                     template_value_text(call->run, call->value));
    template_run_charge(call->run, 256);
    return template_value_string(call->run, JSON_STRING,
                                 template_number(env->arena, env->locale, number));
}

static struct souk_str put_digits(struct arena *arena, const char *locale, struct souk_str text)
{
    const struct grouping *how = grouping(locale);
    struct buf to = {.arena = arena};
    if (!how->bengali)
        return text;
    for (size_t i = 0; i < text.len; i++)
        put_digit(&to, how, text.ptr[i]);
    return buf_str(&to);
}

static struct souk_str local_digits(struct template_run *run, struct souk_str text)
{
    if (template_run_charge(run, text.len * 3))
        return text;
    return put_digits(run->env->arena, run->env->locale, text);
}

const struct json *template_filter_digits(struct template_call *call)
{
    struct souk_str text = template_value_text(call->run, call->value);
    return template_value_string(call->run, JSON_STRING, local_digits(call->run, text));
}

const struct json *template_filter_money(struct template_call *call)
{
    const struct template_env *env = call->run->env;
    const struct json *amount = call->value;
    struct souk_str currency = souk_str(env->currency);
    int64_t minor;
    if (amount->kind == JSON_OBJECT) {
        currency = json_text(json_at(call->value, "currency"));
        amount = json_at(call->value, "amount");
    }
    if (call->count)
        currency = template_arg_text(call, 0, "");
    if (!amount || amount->kind == JSON_REAL || !template_value_number(amount, &minor))
        return &template_nil;
    char code[8];
    str_copy(code, sizeof(code), currency);
    template_run_charge(call->run, 256);
    return template_value_string(call->run, JSON_STRING,
                                 money_format(env->arena, minor, code, env->locale));
}

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const short_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};
static const char *const short_days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct dating { /* whose names are written, and where to */
    const struct i18n *i18n;
    const char *locale;
    struct buf to;
};

static void put_name(struct dating *dating, const char *name)
{
    struct souk_str id = souk_str(name);
    buf_add_str(&dating->to,
                dating->i18n ? i18n_text(dating->i18n, "souk", dating->locale, id) : id);
}

static void put_number(struct buf *to, int number, int width, char pad)
{
    char digits[16];
    int len = snprintf(digits, sizeof(digits), "%d", number);
    while (pad && len < width--)
        buf_add_char(to, pad);
    buf_add(to, digits, (size_t)len);
}

static int day_of_year(struct clock_civil at)
{
    struct clock_civil first = {.year = at.year, .month = 1, .day = 1};
    at.hour = at.minute = at.second = 0;
    return (int)((clock_from_civil(at) - clock_from_civil(first)) / CLOCK_DAY) + 1;
}

/* One letter behind "%"; 0 when it is none of ours. */
static int put_field(struct dating *dating, struct clock_civil at, char letter, char pad)
{
    struct buf *to = &dating->to;
    int hour12 = at.hour % 12 ? at.hour % 12 : 12;
    switch (letter) {
    case 'Y': put_number(to, at.year, 4, '0'); break;
    case 'y': put_number(to, at.year % 100, 2, pad); break;
    case 'm': put_number(to, at.month, 2, pad); break;
    case 'd': put_number(to, at.day, 2, pad); break;
    case 'e': put_number(to, at.day, 2, pad ? ' ' : 0); break;
    case 'j': put_number(to, day_of_year(at), 3, pad); break;
    case 'H': put_number(to, at.hour, 2, pad); break;
    case 'I': put_number(to, hour12, 2, pad); break;
    case 'M': put_number(to, at.minute, 2, pad); break;
    case 'S': put_number(to, at.second, 2, pad); break;
    case 'p': buf_add_cstr(to, at.hour < 12 ? "AM" : "PM"); break;
    case 'u': put_number(to, at.weekday ? at.weekday : 7, 1, 0); break;
    case 'B': put_name(dating, months[at.month - 1]); break;
    case 'b': put_name(dating, short_months[at.month - 1]); break;
    case 'A': put_name(dating, days[at.weekday]); break;
    case 'a': put_name(dating, short_days[at.weekday]); break;
    case 'Z': buf_add_cstr(to, "UTC"); break;
    case 'z': buf_add_cstr(to, "+0000"); break;
    case '%': buf_add_char(to, '%'); break;
    default: return 0;
    }
    return 1;
}

static void put_date(struct dating *dating, struct clock_civil at, struct souk_str format,
                     int depth)
{
    for (size_t i = 0; i < format.len; i++) {
        char c = format.ptr[i];
        if (c != '%' || i + 1 == format.len) {
            buf_add_char(&dating->to, c);
            continue;
        }
        char pad = '0';
        if (format.ptr[i + 1] == '-' && i + 2 < format.len) { /* %-d: without the zero */
            pad = 0;
            i++;
        }
        c = format.ptr[++i];
        if (c == 'F' && depth == 0)
            put_date(dating, at, souk_str("%Y-%m-%d"), 1);
        else if (c == 'T' && depth == 0)
            put_date(dating, at, souk_str("%H:%M:%S"), 1);
        else if (c == 'R' && depth == 0)
            put_date(dating, at, souk_str("%H:%M"), 1);
        else if (!put_field(dating, at, c, pad))
            buf_add(&dating->to, (char[]){'%', c}, 2);
    }
}

static int has_name(struct souk_str format)
{
    for (size_t i = 0; i + 1 < format.len; i++)
        if (format.ptr[i] == '%' && strchr("aAbB", format.ptr[i + 1]))
            return 1;
    return 0;
}

/* The order of day, month and year is the language's: "%-d %B %Y" is a text to translate. With a
 * name of a month or day in it, it is for people, in their digits; else perhaps for a program. */
struct souk_str template_date(struct arena *arena, const struct i18n *i18n, const char *locale,
                              struct clock_civil at, struct souk_str format)
{
    struct dating dating = {i18n, locale, {.arena = arena}};
    int named = has_name(format);
    put_date(&dating, at, named && i18n ? i18n_text(i18n, "souk", locale, format) : format, 0);
    return named ? put_digits(arena, locale, buf_str(&dating.to)) : buf_str(&dating.to);
}

struct souk_str template_digits(struct arena *arena, const char *locale, struct souk_str text)
{
    return put_digits(arena, locale, text);
}

const struct json *template_filter_date(struct template_call *call)
{
    struct souk_str text = template_value_text(call->run, call->value);
    int64_t at;
    if (call->value->kind == JSON_INT)
        at = call->value->number;
    else if (souk_str_is(text, "now"))
        at = call->run->env->now;
    else if (clock_parse(text, &at))
        return template_value_string(call->run, JSON_STRING, text);
    /* The years 0 to 9999: beyond them the calendar has no names for us. */
    if (at < INT64_C(-62167219200000000) || at >= INT64_C(253402300800000000))
        return &template_nil;
    const struct template_env *env = call->run->env;
    struct souk_str format = template_arg_text(call, 0, "%Y-%m-%d");
    if (template_run_charge(call->run, format.len * 16)) /* a letter may stand for a long name */
        return &template_nil;
    struct souk_str date =
        template_date(env->arena, env->i18n, env->locale, clock_civil(at), format);
    return template_value_string(call->run, JSON_STRING, date);
}
