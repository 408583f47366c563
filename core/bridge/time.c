/*
 * time.c: the sub-table for time: RFC 3339, and what clocks and calendars show in a zone.
 *
 * Zones come from the machine's tzdata through base/zone, each read once and kept; the empty name
 * is the shop's own. Moments outside of the years 0 to 9999 have no names and are refused, so that
 * a slip of a thousand does not become a date.
 */
#include "bridge/internal.h"

#include "base/clock.h"
#include "base/zone.h"

#define FIRST   (INT64_C(-62167219200) * CLOCK_SECOND) /* 0000-01-01 */
#define LAST    (INT64_C(253402300800) * CLOCK_SECOND) /* 10000-01-01 */
#define OFFSETS CLOCK_DAY                              /* no clock is as far from UTC */

static int time_parse(struct souk_str text, int64_t *at)
{
    int64_t found = 0;
    if (!at)
        return SOUK_INVALID;
    *at = 0;
    if (!bridge_view_ok(text) || !text.len || text.len > 64 || clock_parse(text, &found) != SOUK_OK)
        return SOUK_INVALID;
    *at = found;
    return SOUK_OK;
}

static struct souk_str time_print(struct souk_ctx *ctx, int64_t at)
{
    char text[32];
    size_t len = clock_format(at, 0, text);
    return arena_str(ctx->arena, (struct souk_str){text, len});
}

static const struct zone *zone_of(struct souk_ctx *ctx, const char *function, struct souk_str name)
{
    if (!bridge_view_ok(name)) {
        bridge_refuse(ctx, SOUK_INVALID, "%s: the name of the zone cannot be read", function);
        return NULL;
    }
    const struct zone *zone = zone_find(name);
    if (!zone)
        bridge_refuse(ctx, SOUK_NOT_FOUND, "%s: there is no time zone \"%.*s\"", function,
                      (int)(name.len < 64 ? name.len : 64), name.ptr);
    return zone;
}

static int time_civil(struct souk_ctx *ctx, int64_t at, struct souk_str name,
                      struct souk_civil *civil)
{
    if (!civil || at < FIRST + OFFSETS || at >= LAST - OFFSETS)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_time_civil: no place, or a moment outside of the years 0 to "
                             "9999; are these microseconds?");
    const struct zone *zone = zone_of(ctx, "souk_time_civil", name);
    if (!zone)
        return ctx->failure.code;
    int64_t offset = zone_offset_in(zone, at);
    struct clock_civil found = clock_civil(at + offset);
    *civil = (struct souk_civil){.year = found.year,
                                 .month = found.month,
                                 .day = found.day,
                                 .hour = found.hour,
                                 .minute = found.minute,
                                 .second = found.second,
                                 .weekday = found.weekday,
                                 .offset_s = (int32_t)(offset / CLOCK_SECOND)};
    return SOUK_OK;
}

/* As if it were UTC; every field may be any number. 0: it is beyond the calendar. */
static int read_civil(const struct souk_civil *civil, int64_t *local)
{
    int64_t months = (int64_t)civil->year * 12 + civil->month - 1;
    if (months < 0 || months >= 10000 * 12)
        return 0;
    struct clock_civil first = {
        .year = (int)(months / 12), .month = (int)(months % 12) + 1, .day = 1};
    int64_t seconds = clock_from_civil(first) / CLOCK_SECOND + ((int64_t)civil->day - 1) * 86400 +
                      (int64_t)civil->hour * 3600 + (int64_t)civil->minute * 60 + civil->second;
    if (seconds < (FIRST + OFFSETS) / CLOCK_SECOND || seconds >= (LAST - OFFSETS) / CLOCK_SECOND)
        return 0;
    *local = seconds * CLOCK_SECOND;
    return 1;
}

static int time_join(struct souk_ctx *ctx, const struct souk_civil *civil, struct souk_str name,
                     int64_t *at)
{
    int64_t local;
    if (at)
        *at = 0;
    if (!civil || !at || !read_civil(civil, &local))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_time_join: no date, no place, or beyond the years 0 to 9999");
    const struct zone *zone = zone_of(ctx, "souk_time_join", name);
    if (!zone)
        return ctx->failure.code;
    *at = zone_moment_in(zone, local);
    return SOUK_OK;
}

const struct souk_time_api time_table = {.size = sizeof(struct souk_time_api),
                                         .parse = time_parse,
                                         .print = time_print,
                                         .civil = time_civil,
                                         .join = time_join};
