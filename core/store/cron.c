/*
 * cron: "minute hour day month weekday" in UTC, and the job that waits for the next
 * time.
 *
 * As in the old programs: when both day and weekday are limited, either is enough; a
 * field that begins with * does not limit. Sunday is 0 and 7. Times that never come (30
 * February) are INT64_MAX.
 */
#include <ctype.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/str.h"
#include "store/conn.h"
#include "store/job.h"
#include "store/job.sql.h"
#include "store/job_row.h"

#define CRON_DAYS (12 * 366) /* two leap days may be eight years apart */

struct cron_field {
    const char *what;
    int low;
    int high;
    const char *names; /* three letters each, from `low` on */
};

static const struct cron_field cron_fields[5] = {
    {"minute", 0, 59, NULL},
    {"hour", 0, 23, NULL},
    {"day", 1, 31, NULL},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"weekday", 0, 7, "sunmontuewedthufrisat"},
};

static int cron_number(struct souk_str text, const struct cron_field *field, int *out)
{
    int64_t number = -1;
    if (field->names && text.len == 3) {
        int count = (int)strlen(field->names) / 3;
        for (int i = 0; i < count; i++)
            if (strncasecmp(text.ptr, field->names + 3 * (ptrdiff_t)i, 3) == 0)
                number = field->low + i;
    }
    if (number < 0 &&
        (text.len == 0 || !isdigit((unsigned char)text.ptr[0]) || str_to_int(text, &number) != 0))
        return -1;
    if (number < field->low || number > field->high)
        return -1;
    *out = (int)number;
    return 0;
}

/* One part of a list: "*", "5", "1-5", each with an optional "/step". */
static int cron_part(struct souk_str part, const struct cron_field *field, uint64_t *bits)
{
    struct souk_str range;
    struct souk_str first;
    int low = field->low;
    int high = field->high;
    int64_t step = 1;
    int stepped = str_find(part, '/') >= 0;
    str_split(&part, '/', &range);
    if (stepped && (str_to_int(part, &step) != 0 || step < 1 || step > 60))
        return -1;
    if (!souk_str_is(range, "*")) {
        int ranged = str_find(range, '-') >= 0;
        str_split(&range, '-', &first);
        if (cron_number(first, field, &low) != 0)
            return -1;
        if (ranged && cron_number(range, field, &high) != 0)
            return -1;
        if (!ranged)
            high = stepped ? field->high : low;
        if (high < low)
            return -1;
    } else if (field->high == 7) {
        high = 6;
    }
    for (int64_t i = low; i <= high; i += step)
        *bits |= UINT64_C(1) << i;
    return 0;
}

static int cron_list(struct souk_str text, const struct cron_field *field, uint64_t *bits,
                     struct err *err)
{
    struct souk_str rest = text;
    struct souk_str part;
    *bits = 0;
    int last = text.len == 0 || text.ptr[text.len - 1] == ',';
    while (!last && str_split(&rest, ',', &part))
        if (cron_part(part, field, bits) != 0)
            last = 1;
    if (last)
        return err_set(
            err, SOUK_INVALID,
            "the %s of a cron rule is \"%.*s\"; write *, %d-%d, a list 1,2, a range 1-5 or a step */5",
            field->what, SOUK_PRI(text), field->low, field->high);
    return 0;
}

static int cron_blank(char c)
{
    return c == ' ' || c == '\t';
}

int cron_parse(struct souk_str text, struct cron *cron, struct err *err)
{
    uint64_t bits[5];
    int star[5];
    size_t at = 0;
    for (int i = 0; i < 5; i++) {
        while (at < text.len && cron_blank(text.ptr[at]))
            at++;
        size_t from = at;
        while (at < text.len && !cron_blank(text.ptr[at]))
            at++;
        struct souk_str word = {text.ptr + from, at - from};
        if (word.len == 0)
            return err_set(
                err, SOUK_INVALID,
                "a cron rule has five fields: minute hour day month weekday; \"%.*s\" has %d",
                SOUK_PRI(text), i);
        int code = cron_list(word, &cron_fields[i], &bits[i], err);
        if (code != 0)
            return code;
        star[i] = word.ptr[0] == '*';
    }
    if (str_trim(str_from(text, at)).len > 0)
        return err_set(
            err, SOUK_INVALID,
            "a cron rule has five fields: minute hour day month weekday; \"%.*s\" has more",
            SOUK_PRI(text));
    cron->minute = bits[0];
    cron->hour = (uint32_t)bits[1];
    cron->day = (uint32_t)bits[2];
    cron->month = (uint32_t)bits[3];
    cron->weekday = (uint32_t)((bits[4] | bits[4] >> 7) & 0x7f);
    cron->day_any = star[2];
    cron->weekday_any = star[4];
    return 0;
}

/* ---- the next time ---- */

static int cron_day_fits(const struct cron *cron, const struct clock_civil *civil)
{
    int day = (cron->day >> civil->day & 1) != 0;
    int weekday = (cron->weekday >> civil->weekday & 1) != 0;
    if (!(cron->month >> civil->month & 1))
        return 0;
    if (cron->day_any || cron->weekday_any)
        return day && weekday;
    return day || weekday;
}

/* The first minute of this day that is not before `from` (minutes since midnight), or
 * -1. */
static int cron_minute(const struct cron *cron, int from)
{
    for (int minute = from; minute < 24 * 60; minute++)
        if (!(cron->hour >> (minute / 60) & 1))
            minute += 59 - minute % 60;
        else if (cron->minute >> (minute % 60) & 1)
            return minute;
    return -1;
}

int64_t cron_next(const struct cron *cron, int64_t after)
{
    struct clock_civil civil = clock_civil(after);
    int from = civil.hour * 60 + civil.minute + 1;
    civil.hour = civil.minute = civil.second = 0;
    int64_t day = clock_from_civil(civil);
    for (int i = 0; i < CRON_DAYS; i++, day += CLOCK_DAY, from = 0) {
        civil = clock_civil(day);
        if (!cron_day_fits(cron, &civil))
            continue;
        int minute = cron_minute(cron, from);
        if (minute >= 0)
            return day + minute * CLOCK_MINUTE;
    }
    return INT64_MAX;
}

/* ---- the job ---- */

struct cron_planning {
    struct souk_str kind;
    int attempts;
    int64_t next;
    int64_t now;
};

/* One that is due, or has failed and is waiting to be tried again, stays where it is.
 */
static int cron_move(struct db_conn *conn, struct cron_planning *planning, struct db_rows *rows)
{
    int64_t id = db_int(rows, 0);
    int64_t due = db_int(rows, 1);
    int64_t attempt = db_int(rows, 2);
    db_close(rows);
    if (attempt > 0 || due <= planning->now || due == planning->next)
        return 0;
    job_stir(conn);
    return db_run(conn, &sql_job_cron_move, NULL, DB_INT(id), DB_INT(planning->next),
                  DB_INT(planning->now));
}

static int cron_plan_write(struct db_conn *conn, void *arg)
{
    struct cron_planning *planning = arg;
    struct db_rows rows;
    int64_t one = 0;
    int code = db_query(conn, &sql_job_cron_find, &rows, DB_TEXT(planning->kind));
    if (code != 0)
        return code;
    if ((code = db_next(&rows)) != 0)
        return code < 0 ? code : cron_move(conn, planning, &rows);
    code = db_get_int(conn, &sql_job_cron_live, &one, DB_TEXT(planning->kind));
    if (code != SOUK_NOT_FOUND)
        return code; /* it is running: planned again when it has ended */
    struct job_row row = {
        .kind = planning->kind,
        .key = souk_str("cron"),
        .subject = souk_str(""),
        .payload = souk_str(""),
        .attempts = planning->attempts,
        .due = planning->next,
        .now = planning->now,
    };
    return job_row_add(conn, &row, NULL);
}

int cron_plan(struct db *db, struct souk_str kind, const struct cron *cron, int attempts,
              int64_t now, struct err *err)
{
    struct cron_planning planning = {kind, attempts, cron_next(cron, now), now};
    if (planning.next == INT64_MAX)
        return err_set(err, SOUK_INVALID, "the cron rule of %.*s never comes true", SOUK_PRI(kind));
    return db_write(db, cron_plan_write, &planning, err);
}

/* ---- what is planned no more ---- */

struct cron_dropping {
    int (*known)(void *user, struct souk_str kind);
    void *user;
};

static int cron_drop_write(struct db_conn *conn, void *arg)
{
    const struct cron_dropping *dropping = arg;
    struct db_rows rows;
    int code = db_query(conn, &sql_job_cron_all, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        code = 0;
        if (!dropping->known(dropping->user, db_text(&rows, 1)))
            code = db_run(conn, &sql_job_cron_delete, NULL, DB_INT(db_int(&rows, 0)));
    }
    db_close(&rows);
    return code;
}

int cron_drop(struct db *db, int (*known)(void *user, struct souk_str kind), void *user,
              struct err *err)
{
    struct cron_dropping dropping = {known, user};
    return db_write(db, cron_drop_write, &dropping, err);
}
