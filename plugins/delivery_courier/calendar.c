/*
 * calendar: dates in the courier's own time. The clock that the shop hands over is UTC; a fixed
 * offset and, where it is switched on, the summer time of the European Union (from the last Sunday
 * of March to the last Sunday of October, both at 01:00 UTC) make it local.
 */
#include "courier.h"

#define MINUTE_US INT64_C(60000000)
#define HOUR_US   (60 * MINUTE_US)

/* Days since 1970-01-01 to year, month, day and back; any year of our time. */
static void split_day(int64_t day, int64_t *year, int64_t *month, int64_t *of_month)
{
    int64_t z = day + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *of_month = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

static int64_t join_day(int64_t year, int64_t month, int64_t of_month)
{
    int64_t y = year - (month <= 2), era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + of_month - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

int calendar_weekday(int64_t day)
{
    return (int)((day + 3) % 7); /* 1970-01-01 was a Thursday */
}

void calendar_date(int64_t day, char text[16])
{
    int64_t year, month, of_month;
    split_day(day, &year, &month, &of_month);
    snprintf(text, 16, "%04d-%02d-%02d", (int)(year % 10000), (int)month, (int)of_month);
}

static int64_t last_sunday(int64_t year, int64_t month)
{
    int64_t day = join_day(year, month, 31); /* March and October have 31 days */
    return day - (calendar_weekday(day) + 1) % 7;
}

static int is_summer(int64_t at)
{
    int64_t year, month, of_month;
    split_day(at / DAY_US, &year, &month, &of_month);
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
