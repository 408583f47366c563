/*
 * housekeeping: the core's own job, "souk:housekeeping": drops sessions that have ended and what
 * the store need not keep (store/retention.h says for how long). It goes through the table of jobs
 * like everybody's, so it is tried again, seen in `souk jobs`, and made up for after a night in
 * which the shop was off. No plugin can be called souk, so the kind is ours.
 */
#include "app/housekeeping.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/retention.h"
#include "web/session.h"

#define KIND     "souk:housekeeping"
#define WHEN     "17 3 * * *"
#define ATTEMPTS 12

int housekeeping_owns(struct souk_str kind)
{
    return souk_str_is(kind, KIND);
}

int housekeeping_plan(struct db *db, struct err *err)
{
    struct cron cron;
    int code = cron_parse(souk_str(WHEN), &cron, err);
    return code ? code : cron_plan(db, souk_str(KIND), &cron, ATTEMPTS, clock_now(), err);
}

void housekeeping_run(struct db *db, const struct job *job)
{
    struct err err = {0};
    int64_t now = clock_now();
    int code = session_sweep(db, now);
    if (code == SOUK_OK)
        code = retention_run(db, now, &err);
    int told = code == SOUK_OK
                   ? job_done(db, job, clock_now())
                   : job_failed(db, job, souk_str(err.text[0] ? err.text : err_name(code)), now);
    if (code == SOUK_OK && told == SOUK_OK)
        told = housekeeping_plan(db, &err);
    if (code != SOUK_OK || told != SOUK_OK)
        log_warn("housekeeping.failed", LOG_S("reason", err.text[0] ? err.text : err_name(code)));
}
