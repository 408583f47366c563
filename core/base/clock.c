/*
 * clock.c: reading the clocks, and civil time in UTC by arithmetic of our own.
 *
 * The idea: microseconds since 1970 in an int64 everywhere; days are turned into dates
 * and back with the era method for the proleptic Gregorian calendar, so that neither
 * the time zone database nor the locale nor a static buffer of libc is involved. Time
 * zones other than UTC appear only as an offset in text that is parsed.
 *
 * Pure functions but for clock_now and clock_mono; any thread, also signal handlers.
 */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>
#include "base/str.h"

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

static int64_t read_clock(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return (int64_t)at.tv_sec * CLOCK_SECOND + at.tv_nsec / 1000;
}

static _Atomic int64_t frozen; /* 0: time goes on */

int64_t clock_now(void)
{
    int64_t at = atomic_load_explicit(&frozen, memory_order_relaxed);
    return at ? at : read_clock(CLOCK_REALTIME);
}

void clock_freeze(int64_t at)
{
    atomic_store(&frozen, at);
}

void clock_step(int64_t by)
{
    atomic_fetch_add(&frozen, by);
}

int64_t clock_mono(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01; years begin in March so that the leap day comes last. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct clock_civil clock_civil(int64_t at)
{
    int64_t seconds = floor_div(at, CLOCK_SECOND);
    int64_t days = floor_div(seconds, 86400);
    int of_day = (int)(seconds - days * 86400);
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    struct clock_civil civil = {
        .day = (int)(of_year - (153 * month + 2) / 5 + 1),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .hour = of_day / 3600,
        .minute = of_day / 60 % 60,
        .second = of_day % 60,
        .weekday = (int)(days + 4 - floor_div(days + 4, 7) * 7),
    };
    civil.year = (int)(year + era * 400 + (civil.month <= 2));
    return civil;
}

/* Fields beyond their range carry over, so that "month + 1" and "day - 1" work; weekday
 * is ignored. */
int64_t clock_from_civil(struct clock_civil civil)
{
    int64_t months = (int64_t)civil.year * 12 + civil.month - 1;
    int64_t year = floor_div(months, 12);
    int64_t days = days_from_date(year, months - year * 12 + 1, 1) + civil.day - 1;
    int64_t seconds =
        days * 86400 + (int64_t)civil.hour * 3600 + (int64_t)civil.minute * 60 + civil.second;
    return seconds * CLOCK_SECOND;
}

static char *put_digits(char *to, int64_t number, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        to[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return to + width;
}

static char *put_time(char *to, struct clock_civil civil)
{
    to = put_digits(to, civil.hour, 2);
    *to++ = ':';
    to = put_digits(to, civil.minute, 2);
    *to++ = ':';
    return put_digits(to, civil.second, 2);
}

/* Years that RFC 3339 cannot write are clamped to its first and last microsecond. */
static int64_t clamp(int64_t at)
{
    const int64_t first = INT64_C(-62167219200) * CLOCK_SECOND; /* 0000-01-01 */
    const int64_t last = INT64_C(253402300800) * CLOCK_SECOND - 1;
    return at < first ? first : at > last ? last : at;
}

size_t clock_format(int64_t at, int micros, char *to)
{
    at = clamp(at);
    struct clock_civil civil = clock_civil(at);
    char *p = put_digits(to, civil.year, 4);
    *p++ = '-';
    p = put_digits(p, civil.month, 2);
    *p++ = '-';
    p = put_digits(p, civil.day, 2);
    *p++ = 'T';
    p = put_time(p, civil);
    if (micros) {
        *p++ = '.';
        p = put_digits(p, at - floor_div(at, CLOCK_SECOND) * CLOCK_SECOND, 6);
    }
    *p++ = 'Z';
    *p = '\0';
    return (size_t)(p - to);
}

size_t clock_format_http(int64_t at, char *to)
{
    struct clock_civil civil = clock_civil(clamp(at));
    char *p = to;
    memcpy(p, day_names[civil.weekday], 3);
    p += 3;
    *p++ = ',';
    *p++ = ' ';
    p = put_digits(p, civil.day, 2);
    *p++ = ' ';
    memcpy(p, month_names + (civil.month - 1) * 3, 3);
    p += 3;
    *p++ = ' ';
    p = put_digits(p, civil.year, 4);
    *p++ = ' ';
    p = put_time(p, civil);
    memcpy(p, " GMT", 5);
    return (size_t)(p + 4 - to);
}

/* A reader over text: every step returns 0 once something did not fit. */
struct reader {
    struct souk_str rest;
    int ok;
};

static int read_digits(struct reader *in, size_t width)
{
    int number = 0;
    if (!in->ok || in->rest.len < width)
        return in->ok = 0;
    for (size_t i = 0; i < width; i++) {
        char c = in->rest.ptr[i];
        if (c < '0' || c > '9')
            return in->ok = 0;
        number = number * 10 + (c - '0');
    }
    in->rest = str_from(in->rest, width);
    return number;
}

/* Takes one byte that is in `any`; the byte, or 0. */
static char read_any(struct reader *in, const char *any)
{
    if (!in->ok || in->rest.len == 0 || !strchr(any, in->rest.ptr[0]) || !in->rest.ptr[0]) {
        in->ok = 0;
        return 0;
    }
    char c = in->rest.ptr[0];
    in->rest = str_from(in->rest, 1);
    return c;
}

static void read_text(struct reader *in, const char *text)
{
    if (in->ok && str_starts(in->rest, text))
        in->rest = str_from(in->rest, strlen(text));
    else
        in->ok = 0;
}

static void read_time(struct reader *in, struct clock_civil *civil)
{
    civil->hour = read_digits(in, 2);
    read_any(in, ":");
    civil->minute = read_digits(in, 2);
    read_any(in, ":");
    civil->second = read_digits(in, 2);
}

/* A second of 60 is a leap second and counts as the next one. */
static int civil_holds(const struct clock_civil *civil)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (civil->month < 1 || civil->month > 12 || civil->day < 1)
        return 0;
    int leap = civil->year % 4 == 0 && (civil->year % 100 != 0 || civil->year % 400 == 0);
    int length = lengths[civil->month - 1] + (leap && civil->month == 2);
    return civil->day <= length && civil->hour < 24 && civil->minute < 60 && civil->second <= 60;
}

static int64_t read_fraction(struct reader *in)
{
    int64_t micros = 0, unit = 100000;
    if (!in->ok || in->rest.len == 0 || in->rest.ptr[0] != '.')
        return 0;
    in->rest = str_from(in->rest, 1);
    size_t count = 0;
    while (count < in->rest.len && in->rest.ptr[count] >= '0' && in->rest.ptr[count] <= '9') {
        micros += (in->rest.ptr[count] - '0') * unit;
        unit /= 10;
        count++;
    }
    in->ok = count > 0;
    in->rest = str_from(in->rest, count);
    return micros;
}

/* "Z" or "+02:00", as microseconds to take away. */
static int64_t read_zone(struct reader *in)
{
    char sign = read_any(in, "Zz+-");
    if (sign != '+' && sign != '-')
        return 0;
    int hours = read_digits(in, 2);
    read_any(in, ":");
    int minutes = read_digits(in, 2);
    in->ok = in->ok && hours < 24 && minutes < 60;
    int64_t offset = hours * CLOCK_HOUR + minutes * CLOCK_MINUTE;
    return sign == '-' ? -offset : offset;
}

int clock_parse(struct souk_str text, int64_t *at)
{
    struct reader in = {text, 1};
    struct clock_civil civil = {0};
    int64_t micros = 0, offset = 0;
    civil.year = read_digits(&in, 4);
    read_any(&in, "-");
    civil.month = read_digits(&in, 2);
    read_any(&in, "-");
    civil.day = read_digits(&in, 2);
    if (in.ok && in.rest.len) {
        read_any(&in, "Tt ");
        read_time(&in, &civil);
        micros = read_fraction(&in);
        offset = read_zone(&in);
    }
    if (!in.ok || in.rest.len || !civil_holds(&civil))
        return SOUK_INVALID;
    *at = clock_from_civil(civil) + micros - offset;
    return 0;
}

static int read_month(struct reader *in)
{
    for (int i = 0; in->ok && i < 12; i++) {
        if (in->rest.len >= 3 && memcmp(in->rest.ptr, month_names + i * 3, 3) == 0) {
            in->rest = str_from(in->rest, 3);
            return i + 1;
        }
    }
    return in->ok = 0;
}

/* Takes the name of a day: in full before "Sunday, ", cut to three letters else. */
static void read_day_name(struct reader *in)
{
    for (size_t i = 0; i < 7; i++) {
        const char *name = day_names[i];
        if (str_starts(in->rest, name)) {
            read_text(in, name);
            return;
        }
        if (in->rest.len >= 3 && memcmp(in->rest.ptr, name, 3) == 0) {
            in->rest = str_from(in->rest, 3);
            return;
        }
    }
    in->ok = 0;
}

/* "Nov  6 08:49:37 1994", what follows the day in C's asctime: the obsolete form that
 * must be read. */
static void read_asctime(struct reader *in, struct clock_civil *civil)
{
    read_text(in, " ");
    civil->month = read_month(in);
    read_text(in, " ");
    if (in->ok && in->rest.len && in->rest.ptr[0] == ' ') {
        read_text(in, " ");
        civil->day = read_digits(in, 1);
    } else {
        civil->day = read_digits(in, 2);
    }
    read_text(in, " ");
    read_time(in, civil);
    read_text(in, " ");
    civil->year = read_digits(in, 4);
}

int clock_parse_http(struct souk_str text, int64_t *at)
{
    struct reader in = {text, 1};
    struct clock_civil civil = {0};
    read_day_name(&in);
    if (str_starts(in.rest, " ")) {
        read_asctime(&in, &civil);
    } else {
        read_text(&in, ", ");
        civil.day = read_digits(&in, 2);
        char dash = read_any(&in, " -");
        civil.month = read_month(&in);
        if (read_any(&in, " -") != dash)
            in.ok = 0;
        civil.year = read_digits(&in, dash == '-' ? 2 : 4);
        if (dash == '-') /* RFC 850: two digits of the year, never far in the future */
            civil.year += civil.year < 70 ? 2000 : 1900;
        read_text(&in, " ");
        read_time(&in, &civil);
        read_text(&in, " GMT");
    }
    if (!in.ok || in.rest.len || !civil_holds(&civil))
        return SOUK_INVALID;
    *at = clock_from_civil(civil);
    return 0;
}
