/*
 * money.c: the jobs that talk to payment providers.
 *
 * A movement is a row "asked" before its provider hears of it, and each try carries the same key,
 * made of the row's id: so a process that dies between the provider's answer and our write asks
 * again, and the provider gives the same answer. The answer and the end of the job are one write.
 * What is not known stays asked and is tried again on the job table's schedule; only a clear
 * refusal ends a movement as failed.
 *
 * Nothing of the database is held while a provider is being asked.
 */
#include "app/money.h"

#include "app/money_inner.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shop/order.h"

#define BEGIN_ROOM (30 * CLOCK_SECOND) /* a begin() that may still be on its way */

int money_is_final(int code)
{
    return code == SOUK_INVALID || code == SOUK_DENIED || code == SOUK_CONFLICT ||
           code == SOUK_NOT_FOUND || code == SOUK_TOO_LARGE;
}

struct working { /* one job */
    struct db *db;
    const struct job *job;
    struct arena arena;
    struct provider_scope scope;
    int64_t id;
    struct err err;
};

/* ---- movements ---- */

struct moving {
    struct working *working;
    struct payment_move_row move;
    struct payment_row row;
    struct souk_payment view;
    struct souk_payment_result result;
    struct souk_str why;   /* it failed */
    int failed, cancelled; /* cancelled: its order */
};

static int read_move(struct moving *moving)
{
    struct working *working = moving->working;
    struct db_conn *conn = db_read_begin(working->db, 0);
    if (!conn)
        return SOUK_UNAVAILABLE;
    struct order_states states = {0};
    int code = payment_move_get(conn, &working->arena, working->id, &moving->move);
    if (code == SOUK_OK)
        code = payment_get(conn, &working->arena, moving->move.payment_id, &moving->row);
    if (code == SOUK_OK)
        code = payment_view(conn, &working->arena, &moving->row, &moving->view);
    if (code == SOUK_OK)
        code = order_states(conn, moving->row.order_id, &states);
    moving->cancelled = code == SOUK_OK && strcmp(states.order, "cancelled") == 0;
    db_read_end(conn);
    return code;
}

static enum payment_verb verb_of(struct souk_str kind)
{
    return souk_str_is(kind, "capture") ? PAYMENT_CAPTURE
           : souk_str_is(kind, "void")  ? PAYMENT_CANCEL
                                        : PAYMENT_REFUND;
}

static int end_write(struct db_conn *conn, void *arg)
{
    struct moving *moving = arg;
    struct arena scratch = {0};
    struct err err = {0};
    int64_t now = clock_now();
    const struct souk_payment_result *result = &moving->result;
    int code = moving->failed
                   ? payment_move_failed(conn, &scratch, moving->move.id, moving->why, now, &err)
                   : payment_move_done(conn, &scratch, moving->move.id, result->amount,
                                       result->reference.ptr ? result->reference : souk_str(""),
                                       (const struct json *)result->data, now, &err);
    if (code == SOUK_OK)
        code = job_finish(conn, moving->working->job);
    arena_free(&scratch);
    return code ? db_refuse(conn, code, "%s", err.text[0] ? err.text : err_name(code)) : SOUK_OK;
}

static int fail_move(struct moving *moving, struct souk_str why)
{
    moving->failed = 1;
    moving->why = why.len ? why : souk_str("refused by the provider");
    return SOUK_OK;
}

/* A provider that does not do this by itself: open money of one that asks nobody is simply not
 * waited for any more; a refund that only a person can pay out is noted. */
static int without(struct moving *moving, enum payment_verb verb, int32_t flags)
{
    if (verb == PAYMENT_CANCEL)
        return flags & SOUK_PAYMENT_LOCAL
                   ? SOUK_OK
                   : fail_move(moving, souk_str("this provider cannot cancel"));
    if (verb == PAYMENT_REFUND && flags & SOUK_PAYMENT_MANUAL_REFUND)
        return SOUK_OK;
    return fail_move(moving, souk_str(verb == PAYMENT_REFUND ? "this provider cannot pay back"
                                                             : "this provider cannot capture"));
}

static int call_move(struct moving *moving, enum payment_verb verb)
{
    struct working *working = moving->working;
    struct souk_payment_move move = {
        .size = sizeof move,
        .id = moving->move.id,
        .amount = moving->move.amount,
        .key = arena_printf(&working->arena, "souk-m%lld", (long long)moving->move.id),
        .reason = moving->move.reason,
    };
    int code = payment_call(&working->scope, verb, &moving->view, moving->row.provider, &move,
                            &moving->result, &working->err);
    if (code != SOUK_OK)
        return money_is_final(code)
                   ? fail_move(moving, arena_str(&working->arena, souk_str(working->err.text)))
                   : code;
    if (moving->result.state == SOUK_PAID_FAILED)
        return fail_move(moving, moving->result.message);
    if (moving->result.state == SOUK_PAID_PENDING)
        return err_set(&working->err, SOUK_BUSY, "the provider has not decided yet");
    return SOUK_OK;
}

static int ask_provider(struct moving *moving)
{
    struct working *working = moving->working;
    enum payment_verb verb = verb_of(moving->move.kind);
    int32_t flags = 0;
    if (verb == PAYMENT_CAPTURE &&
        (moving->cancelled || souk_str_is(moving->row.state, "cancelled")))
        return fail_move(moving, souk_str("the order or its payment was cancelled meanwhile"));
    if (verb == PAYMENT_CANCEL && moving->row.captured > 0)
        return fail_move(moving, souk_str("it was captured meanwhile; refund it"));
    if (verb == PAYMENT_CANCEL && souk_str_is(moving->row.state, "cancelled"))
        return SOUK_OK;
    if (verb == PAYMENT_CANCEL && souk_str_is(moving->row.state, "created") &&
        clock_now() - moving->row.created_at < BEGIN_ROOM)
        return err_set(&working->err, SOUK_BUSY, "it is being begun");
    if (payment_flags(working->scope.set, moving->row.provider, &flags) != SOUK_OK)
        return err_set(&working->err, SOUK_UNAVAILABLE,
                       "payment provider \"%.*s\" is away; the movement waits for it",
                       SOUK_PRI(moving->row.provider));
    if (!payment_can(working->scope.set, moving->row.provider, verb))
        return without(moving, verb, flags);
    return call_move(moving, verb);
}

static int run_move(struct working *working)
{
    struct moving moving = {.working = working};
    int code = read_move(&moving);
    if (code != SOUK_OK)
        return code;
    if (!souk_str_is(moving.move.state, "asked"))
        return job_done(working->db, working->job, clock_now());
    working->scope.locale = arena_cstr(&working->arena, moving.view.locale);
    code = ask_provider(&moving);
    return code == SOUK_OK ? db_write(working->db, end_write, &moving, &working->err) : code;
}

/* ---- reports ---- */

static int report_write(struct db_conn *conn, void *arg)
{
    struct working *working = arg;
    struct arena scratch = {0};
    struct err err = {0};
    int code = payment_report_work(conn, &scratch, working->id, clock_now(), &err);
    if (code == SOUK_OK)
        code = job_finish(conn, working->job);
    arena_free(&scratch);
    return code ? db_refuse(conn, code, "%s", err.text[0] ? err.text : err_name(code)) : SOUK_OK;
}

static int run_report(struct working *working)
{
    return db_write(working->db, report_write, working, &working->err);
}

/* ---- beginning, checking ---- */

static int run_begin(struct working *working)
{
    struct payment_row row;
    int code = money_begin(&working->scope, working->id, &row, &working->err);
    return code == SOUK_OK ? job_done(working->db, working->job, clock_now()) : code;
}

static int run_check(struct working *working)
{
    int code = money_check(working->db, &working->arena, working->id, &working->err);
    /* the next question has its time already: a try that failed is not worth another one before */
    if (code != SOUK_OK)
        log_warn("payment.not_checked", LOG_I("payment", working->id),
                 LOG_S("text", working->err.text));
    return job_done(working->db, working->job, clock_now());
}

static const struct {
    const char *kind;
    int (*run)(struct working *working);
} kinds[] = {
    {"souk:payment", run_move},
    {"souk:report", run_report},
    {"souk:begin", run_begin},
    {"souk:check", run_check},
};

#define KINDS (sizeof kinds / sizeof *kinds)

int money_owns(struct souk_str kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (souk_str_is(kind, kinds[i].kind))
            return 1;
    return 0;
}

static int run(struct working *working)
{
    if (str_to_int(working->job->payload, &working->id) != SOUK_OK)
        return err_set(&working->err, SOUK_INVALID, "its payload is no id; cancel it");
    for (size_t i = 0; i < KINDS; i++)
        if (souk_str_is(working->job->kind, kinds[i].kind))
            return kinds[i].run(working);
    return SOUK_INVALID;
}

void money_run(struct db *db, const struct job *job)
{
    struct working working = {.db = db, .job = job};
    provider_scope_job(&working.scope, db, &working.arena, NULL);
    int code = run(&working);
    const char *why = working.err.text[0] ? working.err.text : err_name(code);
    if (code != SOUK_OK) {
        log_info("money.later", LOG_T("kind", job->kind), LOG_I("job", job->id),
                 LOG_I("attempt", job->attempt), LOG_S("text", why));
        if (job_failed(db, job, souk_str(why), clock_now()) == SOUK_CONFLICT)
            log_warn("job.lease_lost", LOG_T("kind", job->kind), LOG_I("job", job->id));
    }
    provider_scope_end(&working.scope);
    arena_free(&working.arena);
}
