/*
 * Time: texts and calendars. Moments are microseconds UTC everywhere; what people see is in a time
 * zone of the IANA database ("Europe/Sofia"), the shop's when the name is empty. The clock itself
 * is souk_now() (souk/call.h).
 */
#ifndef SOUK_TIME_H
#define SOUK_TIME_H

#include <souk/call.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOUK_SECOND INT64_C(1000000)
#define SOUK_MINUTE (60 * SOUK_SECOND)
#define SOUK_HOUR   (60 * SOUK_MINUTE)
#define SOUK_DAY    (24 * SOUK_HOUR)

struct souk_civil {           /* a moment on the wall of a place */
    int32_t year, month, day; /* month 1-12, day 1-31 */
    int32_t hour, minute, second;
    int32_t weekday;  /* 0: Sunday */
    int32_t offset_s; /* east of UTC */
};

struct souk_time_api { /* since 0.2 */
    uint32_t size;
    uint32_t reserved;
    int (*parse)(struct souk_str text, int64_t *at);
    struct souk_str (*print)(struct souk_ctx *ctx, int64_t at);
    int (*civil)(struct souk_ctx *ctx, int64_t at, struct souk_str zone, struct souk_civil *civil);
    int (*join)(struct souk_ctx *ctx, const struct souk_civil *civil, struct souk_str zone,
                int64_t *at);
};

/* clang-format off */

/* RFC 3339 ("2026-11-27T10:00:00+02:00"), or a date alone: its midnight in UTC. SOUK_INVALID. [any; 0.2] */
static inline int souk_time_parse(struct souk_str text, int64_t *at) { return souk_api->time->parse(text, at); }
/* RFC 3339 in UTC: "2026-11-27T08:00:00Z". [any; 0.2] */
static inline struct souk_str souk_time_print(struct souk_ctx *ctx, int64_t at) { return souk_api->time->print(ctx, at); }
/* What clock and calendar show there. SOUK_NOT_FOUND: no such zone. [any; 0.2] */
static inline int souk_time_civil(struct souk_ctx *ctx, int64_t at, struct souk_str zone, struct souk_civil *civil) { return souk_api->time->civil(ctx, at, zone, civil); }
/* And back, from year to second; the earlier of two moments, the later edge of a gap. Days and months beyond their ends carry over (32 January is 1 February).
 * SOUK_NOT_FOUND: no such zone. [any; 0.2] */
static inline int souk_time_join(struct souk_ctx *ctx, const struct souk_civil *civil, struct souk_str zone, int64_t *at) { return souk_api->time->join(ctx, civil, zone, at); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
