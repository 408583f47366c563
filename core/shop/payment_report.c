/*
 * payment_report: what comes in from outside, stored first and worked on afterwards by a job.
 *
 * A report names its payment by id, by the provider's reference, or by the order's number. A
 * webhook may be faster than our own write of the provider's answer, so one that names a payment
 * which is not known yet is tried again for an hour; then, when it is about money, a person has to
 * look (payment_match). Nothing that was answered with "received" is ever dropped without a trace.
 */
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/payment.sql.h"
#include "shop/payment_inner.h"
#include "store/inbox.h"

#define PATIENCE (CLOCK_MINUTE * 60)      /* with a payment that is not known yet */
#define LONGER   (CLOCK_MINUTE * 60 * 24) /* with a refund whose capture is not known yet */

int payment_report_put(struct db_conn *conn, const char *provider, struct souk_str event,
                       struct souk_str body, int64_t now, int *fresh)
{
    struct arena arena = {0};
    int64_t id;
    int code = inbox_put(conn, arena_printf(&arena, "payment:%s", provider), event, body,
                         "souk:report", now, &id, fresh);
    arena_free(&arena);
    return code;
}

int payment_match_add(struct db_conn *conn, const struct payment_found *found, int64_t now)
{
    struct souk_str none = souk_str("");
    int64_t added = 0;
    int code = db_run(conn, &sql_payment_match_put, &added, DB_INT(id_next()),
                      DB_TEXT(found->provider), DB_TEXT(found->reference), DB_INT(found->amount),
                      DB_TEXT(found->currency), DB_TEXT(found->text.ptr ? found->text : none),
                      DB_TEXT(found->payer.ptr ? found->payer : none), DB_CSTR(found->why),
                      DB_INT(found->order_id), DB_INT(now));
    if (code == SOUK_OK && added)
        db_changed(conn, "payment_match", 0);
    return code;
}

struct report {
    struct db_conn *conn;
    struct arena *arena;
    struct inbox_item item;
    const struct json *body;
    struct souk_str provider, reference, currency;
    int64_t amount, now, order_id;
    int state;
    struct err *err;
};

static int is_money(int state)
{
    return state == SOUK_PAID_AUTHORISED || state == SOUK_PAID_CAPTURED ||
           state == SOUK_PAID_REFUNDED || state == SOUK_PAID_DISPUTED;
}

static int finish(struct report *report)
{
    return inbox_done(report->conn, report->item.id, report->now);
}

/* A person has to look; news without money are only noted as done. */
static int set_aside(struct report *report, const char *why)
{
    int back = report->state == SOUK_PAID_REFUNDED || report->state == SOUK_PAID_DISPUTED;
    struct payment_found found = {.provider = report->provider,
                                  .reference = report->reference,
                                  .currency = report->currency,
                                  .text = json_text(json_at(report->body, "text")),
                                  .payer = json_text(json_at(report->body, "payer")),
                                  .amount = back ? -report->amount : report->amount,
                                  .order_id = report->order_id,
                                  .why = why};
    int code =
        is_money(report->state) ? payment_match_add(report->conn, &found, report->now) : SOUK_OK;
    return code ? code : finish(report);
}

/* The payment of this provider for an order; the latest, unless an earlier one is what is open. */
static int find_in_order(struct report *report, struct souk_str number, struct payment_row *row)
{
    struct db_rows rows;
    int64_t found = 0;
    int more;
    int code =
        db_get_int(report->conn, &sql_payment_order_by_number, &report->order_id, DB_TEXT(number));
    if (code == SOUK_OK)
        code = db_query(report->conn, &sql_payment_of_order, &rows, DB_INT(report->order_id));
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1)
        if (souk_str_equal(db_text(&rows, 2), report->provider))
            found = db_int(&rows, 0);
    if (more < 0 || !found)
        return more < 0 ? more : SOUK_NOT_FOUND;
    return payment_get(report->conn, report->arena, found, row);
}

static int find(struct report *report, struct payment_row *row)
{
    int64_t id = json_int(json_at(report->body, "payment_id"), 0);
    struct souk_str reference = json_text(json_at(report->body, "payment_reference"));
    struct souk_str number = json_text(json_at(report->body, "number"));
    int code = SOUK_NOT_FOUND;
    if (id > 0)
        code = payment_get(report->conn, report->arena, id, row);
    if (code == SOUK_OK && !souk_str_equal(row->provider, report->provider))
        code = SOUK_NOT_FOUND; /* another provider's payment is none of its business */
    if (code == SOUK_NOT_FOUND && reference.len)
        code = payment_find(report->conn, report->arena, report->provider, reference, row);
    if (code == SOUK_NOT_FOUND && number.len)
        code = find_in_order(report, number, row);
    if (code == SOUK_OK)
        report->order_id = row->order_id;
    return code;
}

static int not_found(struct report *report)
{
    int named = json_int(json_at(report->body, "payment_id"), 0) > 0 ||
                json_text(json_at(report->body, "payment_reference")).len > 0;
    if (named && report->now - report->item.at < PATIENCE)
        return err_set(report->err, SOUK_NOT_FOUND,
                       "no payment fits %.*s report \"%.*s\" yet; it is tried again",
                       SOUK_PRI(report->provider), SOUK_PRI(report->item.key));
    return set_aside(report, report->order_id ? "no payment" : "no order");
}

static int apply(struct report *report, const struct payment_row *row)
{
    const struct json *body = report->body;
    struct payment_news news = {
        .payment_id = row->id,
        .state = report->state,
        .amount = report->amount,
        .reference = report->reference,
        .payment_reference = json_text(json_at(body, "payment_reference")),
        .message = json_text(json_at(body, "message")),
        .data = json_at(body, "data"),
        .actor = json_text(json_at(body, "actor")),
        .parts = json_true(json_at(body, "parts")),
        .refunds = json_true(json_at(body, "refunds")),
        .payer = json_text(json_at(body, "payer")),
        .text = json_text(json_at(body, "text")),
    };
    int code = payment_apply(report->conn, report->arena, &news, report->now, report->err);
    if (code == SOUK_OK)
        return finish(report);
    if (code == SOUK_BUSY && report->now - report->item.at >= LONGER)
        return set_aside(report, "refund without capture");
    return code == SOUK_CONFLICT && report->now - report->item.at >= PATIENCE
               ? set_aside(report, "does not fit")
               : code;
}

static int read(struct report *report, int64_t inbox_id)
{
    struct json *body = NULL;
    int code = inbox_get(report->conn, report->arena, inbox_id, &report->item);
    if (code != SOUK_OK || report->item.done_at)
        return code;
    if (!str_starts(report->item.source, "payment:") ||
        json_parse(report->arena, report->item.payload, &body, report->err) != SOUK_OK)
        return err_set(report->err, SOUK_INVALID, "inbox row %lld is no report of a payment",
                       (long long)inbox_id);
    report->body = body;
    report->provider = str_from(report->item.source, strlen("payment:"));
    report->reference = json_text(json_at(body, "reference"));
    if (!report->reference.len)
        report->reference = report->item.key;
    report->currency = json_text(json_at(body, "currency"));
    report->amount = json_int(json_at(body, "amount"), 0);
    report->state = (int)json_int(json_at(body, "state"), 0);
    return SOUK_OK;
}

int payment_report_work(struct db_conn *conn, struct arena *arena, int64_t inbox_id, int64_t now,
                        struct err *err)
{
    struct report report = {.conn = conn, .arena = arena, .now = now, .err = err};
    struct payment_row row;
    int code = read(&report, inbox_id);
    if (code != SOUK_OK || report.item.done_at)
        return code;
    code = find(&report, &row);
    if (code == SOUK_NOT_FOUND)
        return not_found(&report);
    if (code != SOUK_OK)
        return code;
    if (report.currency.len && !souk_str_equal(report.currency, row.currency))
        return set_aside(&report, "currency differs");
    return apply(&report, &row);
}

/* ---- settled by staff ---- */

struct settling {
    struct souk_str provider, reference, currency, text, payer, state, why;
    int64_t id, amount, order_id;
};

static int match_get(struct db_conn *conn, struct arena *arena, int64_t id,
                     struct settling *settling)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_payment_match_get, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    *settling = (struct settling){.provider = arena_str(arena, db_text(&rows, 0)),
                                  .reference = arena_str(arena, db_text(&rows, 1)),
                                  .amount = db_int(&rows, 2),
                                  .currency = arena_str(arena, db_text(&rows, 3)),
                                  .text = arena_str(arena, db_text(&rows, 4)),
                                  .payer = arena_str(arena, db_text(&rows, 5)),
                                  .why = arena_str(arena, db_text(&rows, 6)),
                                  .order_id = db_int(&rows, 7),
                                  .state = arena_str(arena, db_text(&rows, 8)),
                                  .id = id};
    db_close(&rows);
    return SOUK_OK;
}

/* Money that stands on the payment that it came for, though its order has no use for it. */
static int is_counted(const struct settling *settling)
{
    return souk_str_is(settling->why, "order cancelled") ||
           souk_str_is(settling->why, "paid twice");
}

/* It leaves that payment, as money that went back: it was given to another order, or to the payer
 * by hand. So it is never there twice, nor paid back twice. */
static int leave_payment(struct db_conn *conn, struct arena *arena, const struct settling *settling,
                         const char *why, struct souk_str actor, int64_t now, struct err *err)
{
    struct payment_row row;
    struct payment_order order;
    int64_t payment_id = 0;
    int code = db_get_int(conn, &sql_payment_move_known, &payment_id, DB_TEXT(settling->provider),
                          DB_CSTR("capture"), DB_TEXT(settling->reference));
    if (code == SOUK_NOT_FOUND)
        return SOUK_OK;
    if (code == SOUK_OK)
        code = payment_get(conn, arena, payment_id, &row);
    if (code == SOUK_OK)
        code = payment_order_get(conn, arena, row.order_id, &order);
    if (code != SOUK_OK)
        return code;
    if (row.captured - row.refunded - row.refunding < settling->amount)
        return err_set(err, SOUK_CONFLICT,
                       "this money is on its way back to the payer, or has arrived there");
    struct payment_step step = {.payment_id = payment_id,
                                .amount = settling->amount,
                                .surplus = payment_surplus_in(&order, settling->amount),
                                .kind = "refund",
                                .state = "done",
                                .provider = row.provider,
                                .reference =
                                    arena_printf(arena, "match-%lld", (long long)settling->id),
                                .actor = actor,
                                .reason = arena_str(arena, souk_str(why))};
    code = payment_step_put(conn, &step, now);
    if (code == SOUK_OK)
        code = payment_follow(conn, arena, &row, "refund", actor, step.reason, now, err);
    return code ? code
                : payment_fact(conn, arena, "payment.refunded", &row, step.amount, step.id,
                               step.reason, now);
}

/* More than the order comes to: the rest goes on waiting for a person. */
static int keep_rest(struct db_conn *conn, struct arena *arena, const struct settling *settling,
                     int64_t order_id, int64_t rest, int64_t now)
{
    struct payment_found found = {
        .provider = settling->provider,
        .reference = arena_printf(arena, "%.*s:rest", SOUK_PRI(settling->reference)),
        .currency = settling->currency,
        .text = settling->text,
        .payer = settling->payer,
        .amount = rest,
        .order_id = order_id,
        .why = "over"};
    return payment_match_add(conn, &found, now);
}

/* Money that staff give to an order: a payment by hand, under the reference that it came with. */
static int match_pay(struct db_conn *conn, struct arena *arena, const struct settling *settling,
                     int64_t order_id, struct souk_str actor, int64_t now, struct err *err)
{
    struct payment_order order;
    int code = payment_order_get(conn, arena, order_id, &order);
    if (code == SOUK_NOT_FOUND)
        return err_set(err, code, "there is no such order");
    if (code != SOUK_OK)
        return code;
    if (settling->amount <= 0)
        return err_set(err, SOUK_CONFLICT,
                       "money that went out cannot pay an order; note it as returned or ignored");
    if (!souk_str_equal(order.currency, settling->currency))
        return err_set(
            err, SOUK_CONFLICT,
            "the order is in another currency than the money; name another order, or pay "
            "it back (%.*s: %.*s, %.*s)",
            SOUK_PRI(order.number), SOUK_PRI(order.currency), SOUK_PRI(settling->currency));
    if (is_counted(settling) && order_id == settling->order_id)
        return souk_str_is(order.status, "cancelled")
                   ? err_set(err, SOUK_CONFLICT,
                             "the order is cancelled and takes no money; pay back what came in for "
                             "it (%.*s)",
                             SOUK_PRI(order.number))
                   : SOUK_OK; /* it is there: what is due has become more meanwhile */
    int64_t due = payment_open_sum(&order);
    int64_t amount = settling->amount < due || due <= 0 ? settling->amount : due;
    code = SOUK_OK;
    if (is_counted(settling))
        code = leave_payment(
            conn, arena, settling,
            arena_cstr(arena, arena_printf(arena, "given to order %.*s", SOUK_PRI(order.number))),
            actor, now, err);
    if (code == SOUK_OK && amount < settling->amount)
        code = keep_rest(conn, arena, settling, order_id, settling->amount - amount, now);
    if (code != SOUK_OK)
        return code;
    return payment_by_hand(conn, arena, order_id, amount,
                           arena_printf(arena, "%.*s:%.*s", SOUK_PRI(settling->provider),
                                        SOUK_PRI(settling->reference)),
                           actor, souk_str("matched"), now, err);
}

int payment_match_settle(struct db_conn *conn, struct arena *arena, int64_t match_id,
                         const char *state, int64_t order_id, struct souk_str actor, int64_t now,
                         struct err *err)
{
    struct settling settling;
    int64_t changed = 0;
    int matched = strcmp(state, "matched") == 0;
    if (!matched && strcmp(state, "returned") != 0 && strcmp(state, "ignored") != 0)
        return err_set(err, SOUK_INVALID, "money is matched, returned or ignored, not \"%s\"",
                       state);
    int code = match_get(conn, arena, match_id, &settling);
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? err_set(err, code, "there is no such money") : code;
    if (!souk_str_is(settling.state, "open"))
        return err_set(
            err, SOUK_CONFLICT,
            "somebody has settled this money already; look at the list as it is now (%.*s)",
            SOUK_PRI(settling.state));
    if (matched && order_id <= 0)
        return err_set(err, SOUK_INVALID, "name the order that the money is for");
    if (matched)
        code = match_pay(conn, arena, &settling, order_id, actor, now, err);
    else if (strcmp(state, "returned") == 0 && is_counted(&settling))
        code = leave_payment(conn, arena, &settling, "paid back outside", actor, now, err);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_payment_match_close, &changed, DB_INT(match_id), DB_CSTR(state),
                      DB_INT(matched ? order_id : 0), DB_TEXT(actor), DB_INT(now));
    db_changed(conn, "payment_match", match_id);
    return code;
}
