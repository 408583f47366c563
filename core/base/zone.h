/*
 * zone: the shop's own time zone: how far its clock is ahead of UTC at a moment, summer time
 * included. Read once from the system's zone files (tzdata); what the process' environment says
 * does not count. Others are found by their names, and kept.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/err.h"

/* "Europe/Sofia"; "UTC" needs no file. Once, before threads. SOUK_NOT_FOUND: no such zone here. The
 * zone that was set stays when it fails. */
int zone_setup(const char *name, struct err *err);
int zone_known(const char *name); /* could it be set up? */
const char *zone_name(void);
int64_t zone_offset(int64_t at); /* microseconds ahead of UTC */
/* The moment at which the shop's clock shows `local` (microseconds as if it were UTC). What a clock
 * shows twice is the first time; what it skips is as long after the gap. */
int64_t zone_utc(int64_t local);

/* Any zone by its name, read once and kept until the process ends; the shop's for the empty one.
 * NULL: no such zone here. Any thread; the first time it reads a file. */
struct zone;
const struct zone *zone_find(struct souk_str name);
int64_t zone_offset_in(const struct zone *zone, int64_t at);
/* As zone_utc, but what the clock skips is the moment at which it does so: the end of the gap. */
int64_t zone_moment_in(const struct zone *zone, int64_t local);

#endif
