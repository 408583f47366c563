/*
 * calendar: dates in the courier's own time. The clock that the shop hands over is UTC; a fixed
 * offset and, where it is switched on, the summer time of the European Union (from the last Sunday
 * of March to the last Sunday of October, both at 01:00 UTC) make it local.
 */
#include "courier.h"

#define MINUTE_US INT64_C(60000000)
#define HOUR_US   (60 * MINUTE_US)

int calendar_weekday(int64_t day)
{
    return (int)((day + 3) % 7); /* 1970-01-01 was a Thursday */
}

void calendar_date(int64_t day, char text[16])
{
    int64_t year, month, of_month;
    souk_day_split(day, &year, &month, &of_month);
    snprintf(text, 16, "%04d-%02d-%02d", (int)(year % 10000), (int)month, (int)of_month);
}

static int64_t last_sunday(int64_t year, int64_t month)
{
    int64_t day = souk_day_join(year, month, 31); /* March and October have 31 days */
    return day - (calendar_weekday(day) + 1) % 7;
}

static int is_summer(int64_t at)
{
    int64_t year, month, of_month;
    souk_day_split(at / DAY_US, &year, &month, &of_month);
    return at >= last_sunday(year, 3) * DAY_US + HOUR_US &&
           at < last_sunday(year, 10) * DAY_US + HOUR_US;
}

int64_t calendar_local(const struct courier *courier, int64_t at)
{
    return at + courier->offset * MINUTE_US + (courier->summer_time && is_summer(at) ? HOUR_US : 0);
}

int calendar_is_holiday(const struct courier *courier, int64_t day)
{
    char date[16];
    struct souk_walk walk = souk_walk(courier->holidays);
    calendar_date(day, date);
    while (souk_step(&walk))
        if (souk_str_is(souk_text(walk.value), date))
            return 1;
    return 0;
}

int64_t calendar_first(const struct courier *courier, int64_t at)
{
    int64_t local = calendar_local(courier, at), day = local / DAY_US;
    int64_t minute = local % DAY_US / MINUTE_US;
    return day + courier->lead_days + (minute >= courier->cut_off);
}
