/*
 * fact.c: see fact.h. What comes of a fact (rows of messages and deliveries, and their jobs) is
 * written together with the end of the fact's own job, so it comes about once.
 */
#include "app/fact.h"

#include "app/conversion.h"
#include "app/message.h"
#include "app/webhook.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "store/outbox.h"

int fact_wants(struct souk_str topic)
{
    return message_wants(topic) || webhook_wants(topic) || conversion_wants(topic);
}

int fact_owns(struct souk_str kind)
{
    return souk_str_is(kind, "event:" FACT_CONSUMER);
}

static int tell(struct db_conn *conn, void *arg)
{
    const struct job *job = arg;
    struct arena arena = {0};
    struct outbox_fact fact = {0};
    int64_t now = clock_now();
    int code = outbox_get(conn, &arena, job->outbox, &fact);
    if (code == SOUK_OK)
        code = message_from_fact(conn, &arena, &fact, now);
    if (code == SOUK_OK)
        code = webhook_from_fact(conn, &arena, &fact, now);
    if (code == SOUK_OK)
        code = conversion_from_fact(conn, &arena, &fact, now);
    if (code == SOUK_OK || code == SOUK_NOT_FOUND) /* taken back: nothing is left to tell */
        code = job_finish(conn, job);
    arena_free(&arena);
    return code;
}

void fact_run(struct db *db, const struct job *job)
{
    struct err err = {0};
    int code = db_write(db, tell, (void *)(uintptr_t)job, &err);
    if (code == SOUK_OK)
        return;
    const char *why = err.text[0] ? err.text : err_name(code);
    log_warn("fact.failed", LOG_I("fact", job->outbox), LOG_S("reason", why));
    job_failed(db, job, souk_str(why), clock_now());
}
