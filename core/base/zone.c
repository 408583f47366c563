/*
 * zone.c: reads a TZif file (RFC 8536), its 64-bit part: the moments at which the offset changes,
 * and the rule (a POSIX TZ text) that goes on after the last one. Only offsets are of interest
 * here, no names.
 */
#include "base/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"

#define FILE_MOST (1u << 20)
#define HEADER    44
#define FOLDER    "/usr/share/zoneinfo"

struct day { /* when a rule's time changes: Mm.w.d/time, Jn/time or n/time */
    char kind;
    int month, week, day;
    int64_t time; /* seconds of the day, may be negative or beyond a day */
};

struct rule {                 /* after the last listed change */
    int64_t standard, summer; /* seconds ahead of UTC */
    int changes;              /* has summer time */
    struct day from, until;   /* of summer time */
};

struct zone {
    char name[64];
    int64_t *moments; /* seconds */
    int64_t *offsets; /* from that moment on; seconds */
    size_t count;
    int64_t first; /* before the first moment */
    struct rule rule;
};

static struct zone zone = {.name = "UTC"};

/* ---- the rule ---- */

static const char *skip_name(const char *at)
{
    if (*at == '<') {
        const char *end = strchr(at, '>');
        return end ? end + 1 : NULL;
    }
    const char *start = at;
    while ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z'))
        at++;
    return at - start >= 3 ? at : NULL;
}

static const char *read_number(const char *at, int64_t *number)
{
    if (*at < '0' || *at > '9')
        return NULL;
    for (*number = 0; *at >= '0' && *at <= '9' && *number < 100000; at++)
        *number = *number * 10 + (*at - '0');
    return at;
}

/* [+-]hh[:mm[:ss]] in seconds */
static const char *read_time(const char *at, int64_t *seconds)
{
    int sign = *at == '-' ? -1 : 1;
    int64_t part;
    at += *at == '-' || *at == '+';
    *seconds = 0;
    for (int64_t unit = 3600; unit; unit /= 60) {
        if (!(at = read_number(at, &part)))
            return NULL;
        *seconds += part * unit;
        if (*at != ':')
            break;
        at++;
    }
    *seconds *= sign;
    return at;
}

static const char *read_day(const char *at, struct day *day)
{
    int64_t month = 0, week = 0, number;
    day->kind = *at == 'M' || *at == 'J' ? *at++ : '0';
    if (day->kind == 'M') {
        if (!(at = read_number(at, &month)) || *at++ != '.' || !(at = read_number(at, &week)) ||
            *at++ != '.' || month < 1 || month > 12 || week < 1 || week > 5)
            return NULL;
    }
    if (!(at = read_number(at, &number)) || number > 366)
        return NULL;
    day->month = (int)month;
    day->week = (int)week;
    day->day = (int)number;
    day->time = 7200;
    return *at == '/' ? read_time(at + 1, &day->time) : at;
}

/* "EET-2EEST,M3.5.0/3,M10.5.0/4" */
static int read_rule(const char *at, struct rule *rule)
{
    *rule = (struct rule){0};
    if (!(at = skip_name(at)) || !(at = read_time(at, &rule->standard)))
        return 0;
    rule->standard = -rule->standard; /* POSIX counts to the west */
    if (!*at)
        return 1;
    if (!(at = skip_name(at)))
        return 0;
    rule->summer = rule->standard + 3600;
    if (*at && *at != ',') {
        if (!(at = read_time(at, &rule->summer)))
            return 0;
        rule->summer = -rule->summer;
    }
    rule->changes = 1;
    return *at == ',' && (at = read_day(at + 1, &rule->from)) && *at == ',' &&
           (at = read_day(at + 1, &rule->until)) && !*at;
}

/* The day's moment in a year, as the clock of that side shows it: seconds as if it were UTC. */
static int64_t day_of(const struct day *day, int year)
{
    struct clock_civil civil = {.year = year, .month = 1, .day = 1};
    if (day->kind != 'M') { /* Jn: 1 to 365, the 29th of February is not counted */
        int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        int64_t days = day->kind == 'J' ? day->day - 1 + (leap && day->day >= 60) : day->day;
        return clock_from_civil(civil) / CLOCK_SECOND + days * 86400 + day->time;
    }
    civil.month = day->month;
    int64_t first = clock_from_civil(civil);
    int ahead = (day->day - clock_civil(first).weekday + 7) % 7 + (day->week - 1) * 7;
    int64_t at = first + ahead * CLOCK_DAY;
    while (clock_civil(at).month != day->month) /* week 5: the last one */
        at -= 7 * CLOCK_DAY;
    return at / CLOCK_SECOND + day->time;
}

static int64_t offset_by_rule(const struct rule *rule, int64_t at)
{
    if (!rule->changes)
        return rule->standard;
    int year = clock_civil((at + rule->standard) * CLOCK_SECOND).year;
    int64_t from = day_of(&rule->from, year) - rule->standard;
    int64_t until = day_of(&rule->until, year) - rule->summer;
    int summer = from < until ? at >= from && at < until : at >= from || at < until;
    return summer ? rule->summer : rule->standard;
}

/* ---- the file ---- */

static int64_t read_int(const unsigned char *at, int bytes)
{
    uint64_t number = at[0] & 0x80 ? UINT64_MAX : 0;
    for (int i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return (int64_t)number;
}

struct part { /* counts of a header */
    size_t utc, standard, leaps, times, types, chars;
};

static struct part read_header(const unsigned char *at)
{
    const unsigned char *n = at + 20;
    return (struct part){.utc = (size_t)read_int(n, 4),
                         .standard = (size_t)read_int(n + 4, 4),
                         .leaps = (size_t)read_int(n + 8, 4),
                         .times = (size_t)read_int(n + 12, 4),
                         .types = (size_t)read_int(n + 16, 4),
                         .chars = (size_t)read_int(n + 20, 4)};
}

static size_t size_of(const struct part *part, size_t wide)
{
    return part->times * (wide + 1) + part->types * 6 + part->chars + part->leaps * (wide + 4) +
           part->standard + part->utc;
}

static int is_sane(const struct part *part)
{
    return part->times < 65536 && part->types > 0 && part->types <= 256 && part->chars < 65536 &&
           part->leaps < 65536 && part->standard <= 256 && part->utc <= 256;
}

static int read_tables(const unsigned char *at, const struct part *part, struct zone *out)
{
    const unsigned char *kinds = at + part->times * 8, *types = kinds + part->times;
    out->count = part->times;
    out->moments = mem_zalloc(sizeof *out->moments * (part->times + 1));
    out->offsets = mem_zalloc(sizeof *out->offsets * (part->times + 1));
    out->first = read_int(types, 4);
    for (size_t i = 0; i < part->times; i++) {
        out->moments[i] = read_int(at + i * 8, 8);
        if (kinds[i] >= part->types)
            return 0;
        out->offsets[i] = read_int(types + kinds[i] * 6, 4);
    }
    return 1;
}

static int read_file(const unsigned char *bytes, size_t len, struct zone *out)
{
    if (len < HEADER || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return 0;
    struct part part = read_header(bytes);
    size_t at = HEADER + (is_sane(&part) ? size_of(&part, 4) : len);
    if (at + HEADER > len || memcmp(bytes + at, "TZif", 4) != 0)
        return 0;
    part = read_header(bytes + at);
    at += HEADER;
    if (!is_sane(&part) || at + size_of(&part, 8) + 2 > len || !read_tables(bytes + at, &part, out))
        return 0;
    char rule[128];
    at += size_of(&part, 8) + 1;
    size_t size = 0;
    while (at + size < len && bytes[at + size] != '\n' && size + 1 < sizeof rule)
        size++;
    memcpy(rule, bytes + at, size);
    rule[size] = '\0';
    if (size)
        return read_rule(rule, &out->rule);
    out->rule.standard = out->count ? out->offsets[out->count - 1] : out->first;
    return 1;
}

/* ---- the shop's ---- */

/* Letters, digits, _ + - and single slashes: nothing that leaves the folder. */
static int is_name(const char *name)
{
    size_t len = strlen(name);
    if (!len || len >= sizeof zone.name || name[0] == '/' || strstr(name, "//"))
        return 0;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/") ==
           len;
}

static int load(const char *name, struct zone *out)
{
    char path[sizeof FOLDER + sizeof zone.name + 2];
    snprintf(path, sizeof path, "%s/%s", FOLDER, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    unsigned char *bytes = mem_alloc(FILE_MOST);
    size_t len = fread(bytes, 1, FILE_MOST, file);
    fclose(file);
    int good = read_file(bytes, len, out);
    free(bytes);
    return good;
}

int zone_setup(const char *name, struct err *err)
{
    struct zone found = {0};
    int utc = strcmp(name, "UTC") == 0;
    if (!utc && (!is_name(name) || !load(name, &found))) {
        free(found.moments);
        free(found.offsets);
        return err_set(err, SOUK_NOT_FOUND,
                       "\"%s\" is no time zone that this machine knows; write a name like "
                       "Europe/Sofia, and see that the package tzdata is installed",
                       name);
    }
    snprintf(found.name, sizeof found.name, "%s", name);
    free(zone.moments);
    free(zone.offsets);
    zone = found;
    return SOUK_OK;
}

int zone_known(const char *name)
{
    struct zone found = {0};
    int good = strcmp(name, "UTC") == 0 || (is_name(name) && load(name, &found));
    free(found.moments);
    free(found.offsets);
    return good;
}

const char *zone_name(void)
{
    return zone.name;
}

static int64_t floor_second(int64_t at)
{
    return at >= 0 ? at / CLOCK_SECOND : -((-at + CLOCK_SECOND - 1) / CLOCK_SECOND);
}

int64_t zone_offset_in(const struct zone *from, int64_t at)
{
    int64_t second = floor_second(at);
    size_t low = 0, high = from->count;
    if (!from->count || second >= from->moments[from->count - 1])
        return offset_by_rule(&from->rule, second) * CLOCK_SECOND;
    while (low < high) { /* how many moments are not after it */
        size_t middle = low + (high - low) / 2;
        if (from->moments[middle] <= second)
            low = middle + 1;
        else
            high = middle;
    }
    return (low ? from->offsets[low - 1] : from->first) * CLOCK_SECOND;
}

int64_t zone_offset(int64_t at)
{
    return zone_offset_in(&zone, at);
}

/* The moments before and after a change at which the clock would show `local`, as far as each side
 * goes; 1: one of them does show it, *at. */
static int find_moment(const struct zone *in, int64_t local, int64_t *before, int64_t *after,
                       int64_t *at)
{
    *before = local - zone_offset_in(in, local - CLOCK_DAY);
    *after = local - zone_offset_in(in, local + CLOCK_DAY);
    *at = *before; /* shown once, or the first time */
    if (*before + zone_offset_in(in, *before) == local)
        return 1;
    *at = *after;
    return *after + zone_offset_in(in, *after) == local;
}

int64_t zone_utc(int64_t local)
{
    int64_t before, after, at;
    return find_moment(&zone, local, &before, &after, &at) ? at : before;
}

/* ---- others ---- */

static pthread_mutex_t found_lock = PTHREAD_MUTEX_INITIALIZER;
static struct map found_zones; /* name -> struct zone * */

static struct zone *read_zone(const char *name)
{
    struct zone *found = mem_zalloc(sizeof *found);
    if (strcmp(name, "UTC") != 0 && (!is_name(name) || !load(name, found))) {
        free(found->moments);
        free(found->offsets);
        free(found);
        return NULL;
    }
    snprintf(found->name, sizeof found->name, "%s", name);
    return found;
}

const struct zone *zone_find(struct souk_str name)
{
    char text[sizeof zone.name];
    if (!name.len)
        return &zone;
    if (name.len >= sizeof text || memchr(name.ptr, 0, name.len))
        return NULL;
    str_copy(text, sizeof text, name);
    pthread_mutex_lock(&found_lock);
    struct zone *found = map_get(&found_zones, name);
    if (!found && (found = read_zone(text)) != NULL)
        map_put(&found_zones, souk_str(found->name), found);
    pthread_mutex_unlock(&found_lock);
    return found;
}

int64_t zone_moment_in(const struct zone *in, int64_t local)
{
    int64_t low, high, at;
    if (find_moment(in, local, &high, &low, &at))
        return at;
    int64_t later = zone_offset_in(in, high); /* in a gap: low is before the change, high after */
    while (high - low > CLOCK_SECOND) {
        int64_t middle = low + (high - low) / 2;
        if (zone_offset_in(in, middle) == later)
            high = middle;
        else
            low = middle;
    }
    return floor_second(high) * CLOCK_SECOND;
}
