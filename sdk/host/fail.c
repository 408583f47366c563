/*
 * fail.c: the API table as the plugin gets it here: the shop's own, but that reports are written
 * down (reports.c), and, in mode fail-nth, with one call that fails. Each function that may give
 * back an error code in a shop (a full queue, a database that is busy, a peer that is away) is
 * wrapped: it counts, and the call whose number was asked for is not made but refused. Allocation
 * never fails towards a plugin, so it does not here.
 *
 * The counter is the process's: scenarios that count run alone in theirs.
 */
#include "host/host.h"

#include <pthread.h>

static _Atomic int wanted, seen, done;

void fail_at(int number)
{
    atomic_store(&wanted, number);
    atomic_store(&seen, 0);
    atomic_store(&done, 0);
}

int fail_seen(void)
{
    return atomic_load(&seen);
}

int fail_done(void)
{
    return atomic_load(&done);
}

static int is_turn(void)
{
    int number = atomic_fetch_add(&seen, 1) + 1;
    if (number != atomic_load(&wanted))
        return 0;
    atomic_store(&done, 1);
    return 1;
}

static int refuse(struct souk_ctx *ctx)
{
    ctx->failed = 2;
    return err_set(&ctx->failure, SOUK_UNAVAILABLE, "souk-host lets this call fail");
}

/* A function of the table: WRAP(area, name, (parameters), (arguments)); the first is the ctx. */
#define WRAP(area, name, parameters, arguments)                                                    \
    static int fail_##area##_##name parameters                                                     \
    {                                                                                              \
        return is_turn() ? refuse(ctx) : bridge_api()->area->name arguments;                       \
    }

WRAP(db, exec,
     (struct souk_ctx * ctx, const char *sql, const struct souk_arg *args, uint32_t count,
      int64_t *changed),
     (ctx, sql, args, count, changed))
WRAP(db, query,
     (struct souk_ctx * ctx, const char *sql, const struct souk_arg *args, uint32_t count,
      struct souk_rows **rows),
     (ctx, sql, args, count, rows))
WRAP(db, write, (struct souk_ctx * ctx, souk_write_fn fn, void *arg), (ctx, fn, arg))
WRAP(db, then_write, (struct souk_ctx * ctx, souk_write_fn fn, void *arg), (ctx, fn, arg))
WRAP(call, kv_get, (struct souk_ctx * ctx, struct souk_str key, struct souk_str *value),
     (ctx, key, value))
WRAP(call, kv_put, (struct souk_ctx * ctx, struct souk_str key, struct souk_str value),
     (ctx, key, value))
WRAP(call, kv_delete, (struct souk_ctx * ctx, struct souk_str key), (ctx, key))
WRAP(event, emit,
     (struct souk_ctx * ctx, const char *event, struct souk_str subject,
      const struct souk_value *payload),
     (ctx, event, subject, payload))
WRAP(event, filter,
     (struct souk_ctx * ctx, const char *event, struct souk_str subject,
      struct souk_value *payload),
     (ctx, event, subject, payload))
WRAP(event, job_add,
     (struct souk_ctx * ctx, const char *job, struct souk_str key, const struct souk_value *payload,
      int64_t due),
     (ctx, job, key, payload, due))
WRAP(http, request,
     (struct souk_ctx * ctx, const struct souk_http_request *request,
      const struct souk_http_response **response),
     (ctx, request, response))
WRAP(notify, smtp,
     (struct souk_ctx * ctx, const struct souk_smtp_request *request,
      const struct souk_smtp_response **response),
     (ctx, request, response))
WRAP(value, parse, (struct souk_ctx * ctx, struct souk_str json, struct souk_value **out),
     (ctx, json, out))

static int fail_payment_report(struct souk_ctx *ctx, const struct souk_payment_report *report,
                               int32_t *fresh)
{
    if (is_turn())
        return refuse(ctx);
    int code = bridge_api()->payment->report(ctx, report, fresh);
    report_keep_payment(report, code);
    return code;
}

static int fail_delivery_report(struct souk_ctx *ctx, const struct souk_delivery_report *report,
                                int32_t *fresh)
{
    if (is_turn())
        return refuse(ctx);
    int code = bridge_api()->delivery->report(ctx, report, fresh);
    report_keep_delivery(report, code);
    return code;
}

WRAP(payment, find,
     (struct souk_ctx * ctx, struct souk_str provider, struct souk_str reference,
      const struct souk_payment **payment),
     (ctx, provider, reference, payment))
WRAP(order, get, (struct souk_ctx * ctx, int64_t id, const struct souk_value **order),
     (ctx, id, order))
WRAP(order, find, (struct souk_ctx * ctx, struct souk_str number, const struct souk_value **order),
     (ctx, number, order))
WRAP(order, note, (struct souk_ctx * ctx, int64_t id, struct souk_str text, int32_t internal),
     (ctx, id, text, internal))

/* A query that breaks off: the row is taken, so that the statement is where it would be. */
static int fail_db_next_row(struct souk_rows *rows)
{
    int more = bridge_api()->db->next(rows);
    return is_turn() ? SOUK_UNAVAILABLE : more;
}

static struct souk_db_api db;
static struct souk_call_api call;
static struct souk_event_api event;
static struct souk_http_api http;
static struct souk_notify_api notify;
static struct souk_value_api value;
static struct souk_payment_api payment;
static struct souk_delivery_api delivery;
static struct souk_order_api order;
static struct souk_api table;

static void make(void)
{
    const struct souk_api *real = bridge_api();
    table = *real;
    db = *real->db;
    db.exec = fail_db_exec;
    db.query = fail_db_query;
    db.next = fail_db_next_row;
    db.write = fail_db_write;
    db.then_write = fail_db_then_write;
    call = *real->call;
    call.kv_get = fail_call_kv_get;
    call.kv_put = fail_call_kv_put;
    call.kv_delete = fail_call_kv_delete;
    event = *real->event;
    event.emit = fail_event_emit;
    event.filter = fail_event_filter;
    event.job_add = fail_event_job_add;
    http = *real->http;
    http.request = fail_http_request;
    notify = *real->notify;
    notify.smtp = fail_notify_smtp;
    value = *real->value;
    value.parse = fail_value_parse;
    payment = *real->payment;
    payment.report = fail_payment_report;
    payment.find = fail_payment_find;
    delivery = *real->delivery;
    delivery.report = fail_delivery_report;
    order = *real->order;
    order.get = fail_order_get;
    order.find = fail_order_find;
    order.note = fail_order_note;
    table.db = &db;
    table.call = &call;
    table.event = &event;
    table.http = &http;
    table.notify = &notify;
    table.value = &value;
    table.payment = &payment;
    table.delivery = &delivery;
    table.order = &order;
}

const struct souk_api *host_table(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
    return &table;
}
