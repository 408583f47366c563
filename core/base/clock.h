/*
 * clock: time in microseconds. clock_now is UTC since 1970 and may jump; clock_mono never goes back
 * and measures spans. Domain code takes the time as an argument and never asks here.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <souk/types.h>

#define CLOCK_MS     INT64_C(1000)
#define CLOCK_SECOND INT64_C(1000000)
#define CLOCK_MINUTE (60 * CLOCK_SECOND)
#define CLOCK_HOUR   (60 * CLOCK_MINUTE)
#define CLOCK_DAY    (24 * CLOCK_HOUR)

int64_t clock_now(void);
int64_t clock_mono(void);
/* For tests and the test host: from now on clock_now gives `at` until it is stepped; 0: the real
 * time again. clock_mono goes on. */
void clock_freeze(int64_t at);
void clock_step(int64_t by);
/* RFC 3339 in UTC, "2026-11-27T00:00:00Z", with ".123456" when `micros` is set. Needs 32 bytes. */
size_t clock_format(int64_t at, int micros, char *to);
int clock_parse(struct souk_str text, int64_t *at); /* RFC 3339 with zone, or a date alone */
size_t clock_format_http(int64_t at, char *to);     /* RFC 9110 IMF-fixdate; 32 bytes */
int clock_parse_http(struct souk_str text, int64_t *at);
/* Civil fields in UTC for cron and templates. */
struct clock_civil {
    int year, month, day, hour, minute, second, weekday; /* month 1-12, weekday 0 = Sunday */
};
struct clock_civil clock_civil(int64_t at);
int64_t clock_from_civil(struct clock_civil civil);

#endif
