/*
 * parcel.c: the jobs that talk to delivery providers.
 *
 * The idea: what a carrier has answered is written in the same write that ends the job, so a crash
 * repeats the call with the same key and never makes a second parcel. A refusal is final and shown
 * to staff; a time-out is tried again, and only after the last attempt the parcel is said to have
 * failed.
 *
 * Paper is in parcel_paper.c.
 */
#include "app/parcel.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/parcel.sql.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shop/market.h"
#include "store/job.h"
#include "store/turn.h"

#define LOOK     (10 * CLOCK_MINUTE)
#define EVERY    (4 * CLOCK_HOUR)
#define LONG_AGO (90 * CLOCK_DAY)
#define ATTEMPTS 4
#define SLICE    100

/* ---- what the shop floor asks ---- */

static int payment_terms(struct souk_str method, int32_t *flags)
{
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    int code = payment_flags(set, method, flags);
    set_unpin(ticket);
    return code;
}

void parcel_setup(void)
{
    shipment_on_terms(payment_terms);
}

/* ---- one job ---- */

struct parcel_job {
    struct db *db;
    const struct job *job;
    struct arena arena;
    struct provider_scope scope;
    struct souk_shipment view;
    int64_t id;
    int cancel;
    struct souk_str method, registering, state;
    struct souk_shipment_result result;
    int code; /* of the call */
    struct err err;
};

static int read_parcel(struct parcel_job *p)
{
    struct db_rows rows;
    struct db_conn *conn = db_read_begin(p->db, 0);
    if (!conn)
        return err_set(&p->err, SOUK_UNAVAILABLE, "the database gives no snapshot");
    int code = db_first(db_query(conn, &sql_parcel_head, &rows, DB_INT(p->id)), &rows);
    if (code == SOUK_OK) {
        p->method = arena_str(&p->arena, db_text(&rows, 0));
        p->registering = arena_str(&p->arena, db_text(&rows, 1));
        p->state = arena_str(&p->arena, db_text(&rows, 2));
        db_close(&rows);
        code = shipment_view(conn, &p->arena, p->id, &p->view);
    }
    db_read_end(conn);
    return code;
}

/* The carrier has said no, as against: it is not known what the carrier has done. */
static int is_final(int code)
{
    return code == SOUK_INVALID || code == SOUK_CONFLICT || code == SOUK_DENIED ||
           code == SOUK_TOO_LARGE;
}

static int write_registered(struct db_conn *conn, void *arg)
{
    struct parcel_job *p = arg;
    struct arena arena = {0};
    struct err err = {0};
    int code = job_finish(conn, p->job);
    if (code == SOUK_OK)
        code = shipment_registered(conn, &arena, p->id, p->code, &p->result, clock_now(), &err);
    if (code != SOUK_OK && err.text[0])
        db_refuse(conn, code, "%s", err.text);
    arena_free(&arena);
    return code;
}

static int write_tracked(struct db_conn *conn, void *arg)
{
    struct parcel_job *p = arg;
    struct arena arena = {0};
    struct err err = {0};
    int64_t now = clock_now();
    int fresh, code = job_finish(conn, p->job);
    struct shipment_news news = {.shipment_id = p->id,
                                 .state = p->result.state,
                                 .text = p->result.message,
                                 .at = now,
                                 .actor = souk_str("souk")};
    if (code == SOUK_OK)
        code = db_run(conn, &sql_parcel_note, NULL, DB_INT(p->id), DB_CSTR(""));
    if (code == SOUK_OK && p->result.state.len && !souk_str_equal(p->result.state, p->state))
        code = shipment_apply(conn, &arena, &news, now, &fresh, &err);
    if (code != SOUK_OK && err.text[0])
        db_refuse(conn, code, "%s", err.text);
    arena_free(&arena);
    return code;
}

/* For staff, who see the parcel wait. */
static int write_note(struct db_conn *conn, void *arg)
{
    struct parcel_job *p = arg;
    return db_run(conn, &sql_parcel_note, NULL, DB_INT(p->id), DB_TEXT(p->result.message));
}

static int write_done(struct db_conn *conn, void *arg)
{
    return job_finish(conn, ((struct parcel_job *)arg)->job);
}

static int settle(struct parcel_job *p, db_fn fn)
{
    struct err err = {0};
    int code = db_write(p->db, fn, p, &err);
    if (code == SOUK_OK || code == SOUK_CONFLICT)
        return SOUK_OK; /* a lost lease: somebody else has the job */
    return err_set(&p->err, code, "%s", err.text);
}

/* It is asked again: this is why. */
static int later(struct parcel_job *p, int code)
{
    if (p->result.message.len == 0)
        p->result.message = arena_str(&p->arena, souk_str(p->err.text));
    struct err err = {0};
    db_write(p->db, write_note, p, &err); /* when it fails the log has the words */
    return code;
}

static int register_parcel(struct parcel_job *p)
{
    if (!souk_str_is(p->registering, "asked"))
        return settle(p, write_done);
    p->code = delivery_call(&p->scope, DELIVERY_SEND, p->method, &p->view, &p->result, &p->err);
    int last = p->job->attempt >= p->job->attempts;
    if (p->code != SOUK_OK && !is_final(p->code) && !last)
        return later(p, p->code);
    if (p->code != SOUK_OK && p->result.message.len == 0)
        p->result.message = arena_str(&p->arena, souk_str(p->err.text));
    return settle(p, write_registered);
}

static int cancel_parcel(struct parcel_job *p)
{
    int code = delivery_call(&p->scope, DELIVERY_CANCEL, p->method, &p->view, &p->result, &p->err);
    if (code != SOUK_OK && !is_final(code))
        return code;
    if (code != SOUK_OK)
        log_warn("parcel.not_cancelled", LOG_T("parcel", p->view.number),
                 LOG_S("reason", p->err.text));
    return settle(p, write_done);
}

static int track_parcel(struct parcel_job *p)
{
    int code = delivery_call(&p->scope, DELIVERY_TRACK, p->method, &p->view, &p->result, &p->err);
    return code ? later(p, code) : settle(p, write_tracked);
}

/* "17", or "cancel 17" */
static int read_payload(struct parcel_job *p)
{
    struct souk_str text = p->job->payload;
    p->cancel = str_starts(text, "cancel ");
    if (p->cancel)
        text = str_from(text, strlen("cancel "));
    return str_to_int(text, &p->id);
}

static int work(struct parcel_job *p)
{
    int code = read_payload(p);
    if (code == SOUK_OK)
        code = read_parcel(p);
    if (code == SOUK_NOT_FOUND || code == SOUK_INVALID)
        return settle(p, write_done); /* nothing is left to be done */
    if (code != SOUK_OK)
        return code;
    provider_scope_job(&p->scope, p->db, &p->arena, market_shop()->locales[0]);
    if (souk_str_is(p->job->kind, "souk:track"))
        code = track_parcel(p);
    else
        code = p->cancel ? cancel_parcel(p) : register_parcel(p);
    provider_scope_end(&p->scope);
    return code;
}

int parcel_owns(struct souk_str kind)
{
    return souk_str_is(kind, "souk:shipment") || souk_str_is(kind, "souk:track");
}

void parcel_run(struct db *db, const struct job *job)
{
    struct parcel_job *p = mem_zalloc(sizeof *p);
    p->db = db;
    p->job = job;
    int code = work(p);
    if (code != SOUK_OK) {
        const char *why = p->err.text[0] ? p->err.text : err_name(code);
        log_warn("parcel.later", LOG_T("kind", job->kind), LOG_I("job", job->id),
                 LOG_I("attempt", job->attempt), LOG_S("reason", why));
        job_failed(db, job, souk_str(why), clock_now());
    }
    arena_free(&p->arena);
    free(p);
}

/* ---- who is to be asked after ---- */

static int add_track(struct db_conn *conn, int64_t id, int64_t now)
{
    char text[24];
    int64_t job;
    snprintf(text, sizeof text, "%lld", (long long)id);
    int code = db_run(conn, &sql_parcel_tracked, NULL, DB_INT(id), DB_INT(now));
    if (code == SOUK_OK)
        code = job_add(conn, souk_str("souk:track"), souk_str(text), souk_str(text), souk_str(text),
                       ATTEMPTS, 0, now, &job);
    return code == SOUK_CONFLICT ? SOUK_OK : code; /* the last one is still being tried */
}

static int look(struct db_conn *conn)
{
    int64_t ids[SLICE], now = clock_now();
    size_t count = 0;
    struct db_rows rows;
    int more = 0,
        code = db_query(conn, &sql_parcel_due, &rows, DB_INT(now - EVERY), DB_INT(now - LONG_AGO));
    while (code == SOUK_OK && count < SLICE && (more = db_next(&rows)) == 1)
        ids[count++] = db_int(&rows, 0);
    if (code == SOUK_OK)
        db_close(&rows);
    code = code ? code : more < 0 ? more : SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        code = add_track(conn, ids[i], now);
    return code;
}

void parcel_turn(struct db *db)
{
    static struct turn turn = {.fn = look, .failed = "parcel.not_asked", .every = LOOK};
    turn_take(db, &turn);
}
