/*
 * calendar: dates. The clock that the shop hands over is UTC; a fixed offset makes it the post's
 * own. Working days are Monday to Friday without the holidays of the options.
 */
#include "post.h"

#define MINUTE_US INT64_C(60000000)

void calendar_date(int64_t day, char text[16])
{
    int64_t year, month, of_month;
    souk_day_split(day, &year, &month, &of_month);
    snprintf(text, 16, "%04d-%02d-%02d", (int)(year % 10000), (int)month, (int)of_month);
}

static int is_holiday(const struct post *post, int64_t day)
{
    char date[16];
    struct souk_walk walk = souk_walk(post->holidays);
    calendar_date(day, date);
    while (souk_step(&walk))
        if (souk_str_is(souk_text(walk.value), date))
            return 1;
    return 0;
}

static int is_working(const struct post *post, int64_t day)
{
    return (day + 3) % 7 < 5 && !is_holiday(post, day); /* 1970-01-01 was a Thursday */
}

int64_t calendar_after(const struct post *post, int64_t day, int64_t days)
{
    for (int turns = 0; turns < 1000; turns++) { /* a calendar of holidays alone has an end too */
        int works = is_working(post, day);
        if (days == 0 && works)
            break;
        day++;
        days -= days > 0 && is_working(post, day);
    }
    return day;
}

/* ---- reading ---- */

static int take_number(struct souk_str *text, size_t digits, int64_t *number)
{
    *number = 0;
    if (text->len < digits)
        return 0;
    for (size_t i = 0; i < digits; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9')
            return 0;
        *number = *number * 10 + (text->ptr[i] - '0');
    }
    text->ptr += digits;
    text->len -= digits;
    return 1;
}

static int take_sign(struct souk_str *text, char sign)
{
    if (text->len == 0 || text->ptr[0] != sign)
        return 0;
    text->ptr++;
    text->len--;
    return 1;
}

static int take_date(struct souk_str *text, int64_t *day)
{
    int64_t year, month, of_month, y, m, d;
    struct souk_str dotted = *text;
    if (take_number(&dotted, 2, &of_month) && take_sign(&dotted, '.') &&
        take_number(&dotted, 2, &month) && take_sign(&dotted, '.') &&
        take_number(&dotted, 4, &year))
        *text = dotted;
    else if (!take_number(text, 4, &year) || !take_sign(text, '-') ||
             !take_number(text, 2, &month) || !take_sign(text, '-') ||
             !take_number(text, 2, &of_month))
        return 0;
    if (month < 1 || month > 12 || of_month < 1 || of_month > 31 || year < 1970)
        return 0;
    *day = souk_day_join(year, month, of_month);
    souk_day_split(*day, &y, &m, &d);
    return m == month && d == of_month; /* no 31 April */
}

/* ":05", and perhaps ":00" and ".123" */
static int take_clock(struct souk_str *text, int64_t *at)
{
    int64_t hour, minute, second = 0, digit;
    if (!take_number(text, 2, &hour) || !take_sign(text, ':') || !take_number(text, 2, &minute) ||
        (take_sign(text, ':') && !take_number(text, 2, &second)))
        return 0;
    if (take_sign(text, '.'))
        while (take_number(text, 1, &digit))
            ;
    *at += (hour * 60 + minute) * MINUTE_US + second * 1000000;
    return hour < 24 && minute < 60 && second < 61;
}

int calendar_read(const struct post *post, struct souk_str text, int64_t *at)
{
    int64_t day, hours = 0, minutes = 0, offset = post->offset;
    if (!take_date(&text, &day))
        return 0;
    *at = day * DAY_US;
    if (text.len && (text.ptr[0] == 'T' || text.ptr[0] == ' ')) {
        text.ptr++, text.len--;
        if (!take_clock(&text, at))
            return 0;
    }
    if (take_sign(&text, 'Z')) {
        offset = 0;
    } else if (text.len && (text.ptr[0] == '+' || text.ptr[0] == '-')) {
        int west = text.ptr[0] == '-';
        text.ptr++, text.len--;
        if (!take_number(&text, 2, &hours))
            return 0;
        take_sign(&text, ':');
        if (!take_number(&text, 2, &minutes))
            return 0;
        offset = west ? -(hours * 60 + minutes) : hours * 60 + minutes;
    }
    *at -= offset * MINUTE_US;
    return text.len == 0;
}
