/*
 * shipment.c: packing and handing over.
 *
 * The idea: the counts on order_line (packed, shipped, delivered, returned) are moved by guarded
 * updates with CHECKs behind them, so no two people can pack the same unit; the order's fulfilment
 * status is never set by hand, it follows from the sums of these counts (shipment_settle).
 *
 * What is to be collected at the door is decided when a parcel is packed: the share of its goods,
 * the first with the delivery; the parcel that holds the last units collects what is left, so the
 * parcels of an order collect exactly what is due.
 *
 * What carriers tell afterwards is in shipment_news.c; reading in shipment_load.c.
 */
#include "shop/shipment_inner.h"

#include <stdio.h>

#include "base/rand.h"
#include "base/str.h"
#include "shop/order.h"
#include "shop/quote.h"
#include "shop/shipment.sql.h"
#include "store/audit.h"
#include "store/job.h"
#include "store/outbox.h"

#define ATTEMPTS 12

static shipment_terms payment_terms;

void shipment_on_terms(shipment_terms terms)
{
    payment_terms = terms;
}

/* ---- what follows for the order ---- */

static const char *status_of(int64_t all, int64_t packed, int64_t shipped, int64_t delivered,
                             int64_t returned)
{
    if (returned > 0)
        return returned >= all ? "returned" : "part_returned";
    if (delivered > 0)
        return delivered >= all ? "delivered" : "part_delivered";
    if (shipped > 0)
        return shipped >= all ? "shipped" : "part_shipped";
    if (packed > 0)
        return packed >= all ? "packed" : "part_packed";
    return "none";
}

static int read_status(struct db_conn *conn, int64_t order_id, const char **status)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_shipment_sums, &rows, DB_INT(order_id)), &rows);
    if (code != SOUK_OK)
        return code;
    *status = status_of(db_int(&rows, 0), db_int(&rows, 1), db_int(&rows, 2), db_int(&rows, 3),
                        db_int(&rows, 4));
    db_close(&rows);
    return SOUK_OK;
}

int shipment_settle(struct db_conn *conn, struct arena *arena, int64_t order_id, const char *step,
                    struct souk_str actor, int64_t now, struct err *err)
{
    struct order_states states = {0};
    const char *status = "none";
    int code = read_status(conn, order_id, &status);
    if (code == SOUK_OK)
        code = order_states(conn, order_id, &states);
    if (code != SOUK_OK)
        return err_set(err, code, "the order cannot be read");
    int same = strcmp(states.fulfilment, status) == 0;
    if (same && !order_edge_joins(ORDER_MACHINE_FULFILMENT, souk_str(status), souk_str(status)))
        return SOUK_OK;
    return order_move(conn, arena, order_id, ORDER_MACHINE_FULFILMENT, step, status, actor,
                      souk_str(""), now, err);
}

/* ---- heads, facts, notes ---- */

int shipment_head_get(struct db_conn *conn, struct arena *arena, int64_t id,
                      struct shipment_head *head, struct err *err)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_shipment_head, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return err_set(err, code, "there is no such parcel");
    *head = (struct shipment_head){.order_id = db_int(&rows, 0),
                                   .order = arena_str(arena, db_text(&rows, 1)),
                                   .number = arena_str(arena, db_text(&rows, 2)),
                                   .state = arena_str(arena, db_text(&rows, 3)),
                                   .sent = !db_is_null(&rows, 4),
                                   .unpacked = !db_is_null(&rows, 5),
                                   .tracking = arena_str(arena, db_text(&rows, 6)),
                                   .registering = arena_str(arena, db_text(&rows, 7)),
                                   .method = arena_str(arena, db_text(&rows, 8))};
    db_close(&rows);
    return SOUK_OK;
}

static struct souk_str subject_of(struct arena *arena, const struct shipment_head *head)
{
    return arena_printf(arena, "order:%lld", (long long)head->order_id);
}

int shipment_fact(struct db_conn *conn, struct arena *arena, const char *topic, int64_t id,
                  const struct shipment_head *head, struct souk_str state, int64_t now)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    json_add_int(arena, doc, "order", head->order_id);
    json_add_str(arena, doc, "number", head->order);
    json_add_int(arena, doc, "shipment", id);
    json_add_str(arena, doc, "shipment_number", head->number);
    if (state.len)
        json_add_str(arena, doc, "state", state);
    if (head->tracking.len)
        json_add_str(arena, doc, "tracking", head->tracking);
    json_print(&text, doc);
    return outbox_put(conn, souk_str(topic), subject_of(arena, head), buf_str(&text), now, NULL);
}

int shipment_note(struct db_conn *conn, struct arena *arena, const struct shipment_head *head,
                  const char *step, struct souk_str from, struct souk_str to, struct souk_str actor,
                  struct souk_str reason, int64_t now)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    json_add_cstr(arena, doc, "machine", "shipment");
    json_add_str(arena, doc, "shipment", head->number);
    json_add_cstr(arena, doc, "step", step);
    json_add_str(arena, doc, "from", from);
    json_add_str(arena, doc, "to", to);
    json_add_str(arena, doc, "reason", reason);
    json_print(&text, doc);
    return audit_put(conn, actor, arena_printf(arena, "shipment.%s", step), subject_of(arena, head),
                     buf_str(&text), now);
}

/* ---- packing ---- */

struct packing {
    struct db_conn *conn;
    struct arena *arena;
    int64_t order_id, id, now;
    const struct json *args;
    struct err *err;
    /* of the order */
    struct souk_str order, currency, method, payment;
    int64_t due, delivery, count;
    int64_t lines;
};

static int read_order(struct packing *p)
{
    struct db_rows rows;
    int code = db_first(db_query(p->conn, &sql_shipment_order, &rows, DB_INT(p->order_id)), &rows);
    if (code != SOUK_OK)
        return err_set(p->err, code, "there is no such order");
    struct souk_str status = db_text(&rows, 1);
    int open = souk_str_is(status, "placed") || souk_str_is(status, "confirmed");
    p->order = arena_str(p->arena, db_text(&rows, 0));
    if (!open)
        err_set(p->err, SOUK_CONFLICT, "order %.*s is %.*s: nothing can be packed for it",
                SOUK_PRI(p->order), SOUK_PRI(status));
    p->currency = arena_str(p->arena, db_text(&rows, 2));
    p->method = arena_str(p->arena, db_text(&rows, 3));
    p->payment = arena_str(p->arena, db_text(&rows, 4));
    p->due = db_int(&rows, 5) - db_int(&rows, 6);
    p->delivery = db_int(&rows, 8);
    p->count = db_int(&rows, 9);
    db_close(&rows);
    return open ? SOUK_OK : SOUK_CONFLICT;
}

static int take(struct packing *p, int64_t line, int64_t quantity)
{
    int64_t changed = 0;
    struct db_rows rows;
    int code = db_run(p->conn, &sql_shipment_take, &changed, DB_INT(line), DB_INT(p->order_id),
                      DB_INT(quantity));
    if (code == SOUK_OK && changed)
        code = db_run(p->conn, &sql_shipment_line_insert, NULL, DB_INT(p->id), DB_INT(line),
                      DB_INT(quantity));
    p->lines++;
    if (code == SOUK_CONFLICT)
        return err_set(p->err, code, "line %lld stands twice in the list", (long long)line);
    if (code != SOUK_OK || changed)
        return code;
    code = db_first(db_query(p->conn, &sql_shipment_left, &rows, DB_INT(line), DB_INT(p->order_id)),
                    &rows);
    if (code != SOUK_OK)
        return err_set(p->err, SOUK_CONFLICT, "the order has no line %lld", (long long)line);
    err_set(p->err, SOUK_CONFLICT, "%lld of \"%.*s\" are left to be packed, not %lld",
            (long long)db_int(&rows, 0), SOUK_PRI(db_text(&rows, 1)), (long long)quantity);
    db_close(&rows);
    return SOUK_CONFLICT;
}

static int take_listed(struct packing *p, const struct json *lines)
{
    int code = SOUK_OK;
    json_each(item, lines)
    {
        int64_t quantity = json_int(json_at(&item->value, "quantity"), 0);
        if (code == SOUK_OK && quantity < 0)
            code = err_set(p->err, SOUK_INVALID, "a quantity cannot be below 0");
        if (code == SOUK_OK && quantity > 0)
            code = take(p, json_int(json_at(&item->value, "line"), 0), quantity);
    }
    return code;
}

/* All that is not packed. The rows are read first: they change under the walk. */
static int take_rest(struct packing *p)
{
    struct {
        int64_t line, quantity;
    } rest[QUOTE_LINES];
    size_t count = 0;
    struct db_rows rows;
    int more = 0, code = db_query(p->conn, &sql_shipment_rest, &rows, DB_INT(p->order_id));
    while (code == SOUK_OK && count < QUOTE_LINES && (more = db_next(&rows)) == 1) {
        rest[count].line = db_int(&rows, 0);
        rest[count++].quantity = db_int(&rows, 1);
    }
    if (code == SOUK_OK)
        db_close(&rows);
    code = code ? code : more < 0 ? more : SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        code = take(p, rest[i].line, rest[i].quantity);
    return code;
}

static int collect_of(struct packing *p, int64_t worth, int64_t *collect)
{
    int32_t flags = 0;
    struct db_rows rows;
    *collect = 0;
    if (p->due <= 0 || p->payment.len == 0 || !payment_terms)
        return SOUK_OK;
    if (payment_terms(p->payment, &flags) != SOUK_OK)
        return err_set(
            p->err, SOUK_UNAVAILABLE,
            "the plugin of the payment method \"%.*s\" is off, so it is not known whether "
            "the courier has to take money; switch it on first",
            SOUK_PRI(p->payment));
    if (!(flags & SOUK_PAYMENT_ON_DELIVERY))
        return SOUK_OK;
    int code = db_first(
        db_query(p->conn, &sql_shipment_collected, &rows, DB_INT(p->order_id), DB_INT(p->id)),
        &rows);
    if (code != SOUK_OK)
        return code;
    int64_t open = p->due - db_int(&rows, 0);
    int first = db_int(&rows, 1) == 0, last = db_int(&rows, 2) == 0;
    db_close(&rows);
    int64_t share = worth + (first ? p->delivery : 0);
    *collect = open <= 0 ? 0 : last || share > open ? open : share;
    return SOUK_OK;
}

/* Weight, worth and what is to be collected, now that the lines stand. */
static int weigh(struct packing *p)
{
    struct shipment_part *parts = NULL;
    size_t count = 0;
    int64_t worth = 0, weight = 0, collect = 0;
    int code = shipment_parts(p->conn, p->arena, p->id, &parts, &count);
    for (size_t i = 0; i < count; i++) {
        worth += parts[i].amount;
        weight += parts[i].weight_g * parts[i].quantity;
    }
    if (code == SOUK_OK)
        code = collect_of(p, worth, &collect);
    int64_t declared = json_int(json_at(p->args, "declared_value"), worth);
    weight = json_int(json_at(p->args, "weight_g"), weight);
    if (code == SOUK_OK && (declared < 0 || weight < 0))
        return err_set(p->err, SOUK_INVALID, "weight and declared value cannot be below 0");
    return code ? code
                : db_run(p->conn, &sql_shipment_fill, NULL, DB_INT(p->id), DB_INT(weight),
                         DB_INT(declared), DB_INT(collect));
}

int shipment_pack(struct db_conn *conn, struct arena *arena, int64_t order_id,
                  const struct json *args, struct souk_str actor, int64_t now, int64_t *id,
                  struct err *err)
{
    struct packing p = {.conn = conn,
                        .arena = arena,
                        .order_id = order_id,
                        .now = now,
                        .args = args,
                        .err = err,
                        .id = id_next()};
    struct souk_str method = str_trim(json_text(json_at(args, "method")));
    const struct json *lines = json_at(args, "lines");
    int code = read_order(&p);
    if (code != SOUK_OK)
        return code;
    struct souk_str number =
        arena_printf(arena, "%.*s-%lld", SOUK_PRI(p.order), (long long)p.count + 1);
    code = db_run(conn, &sql_shipment_insert, NULL, DB_INT(p.id), DB_INT(order_id), DB_TEXT(number),
                  DB_TEXT(method.len ? method : p.method), DB_INT(now),
                  DB_TEXT(str_trim(json_text(json_at(args, "tracking")))));
    if (code == SOUK_OK)
        code = lines && lines->kind == JSON_ARRAY && lines->count ? take_listed(&p, lines)
                                                                  : take_rest(&p);
    if (code == SOUK_OK && p.lines == 0)
        code = err_set(err, SOUK_CONFLICT, "nothing of order %.*s is left to be packed",
                       SOUK_PRI(p.order));
    if (code == SOUK_OK)
        code = weigh(&p);
    if (code == SOUK_OK)
        code = shipment_settle(conn, arena, order_id, "pack", actor, now, err);
    *id = p.id;
    return code;
}

/* ---- the carrier ---- */

int shipment_register(struct db_conn *conn, int64_t id, int64_t now)
{
    int64_t changed = 0, job = 0;
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)id);
    int code = db_run(conn, &sql_shipment_ask, &changed, DB_INT(id), DB_INT(now));
    if (code != SOUK_OK || !changed)
        return code ? code
                    : db_refuse(conn, SOUK_CONFLICT,
                                "the parcel is with the carrier already, or was unpacked");
    return job_add(conn, souk_str("souk:shipment"), souk_str(""), souk_str(number),
                   souk_str(number), ATTEMPTS, 0, now, &job);
}

int shipment_registered(struct db_conn *conn, struct arena *arena, int64_t id, int code,
                        const struct souk_shipment_result *result, int64_t now, struct err *err)
{
    struct shipment_head head;
    struct buf data = {.arena = arena};
    int known = shipment_head_get(conn, arena, id, &head, err), fresh;
    if (known != SOUK_OK)
        return known;
    if (code == SOUK_OK && result->data)
        json_print(&data, (const struct json *)(const void *)result->data);
    int done = db_run(
        conn, &sql_shipment_answer, NULL, DB_INT(id), DB_CSTR(code == SOUK_OK ? "done" : "failed"),
        DB_TEXT(code == SOUK_OK ? souk_str("") : result->message), DB_TEXT(result->tracking),
        DB_TEXT(result->tracking_url), DB_TEXT(buf_str(&data)), DB_INT(now));
    if (done != SOUK_OK || code != SOUK_OK)
        return done;
    struct shipment_news news = {.shipment_id = id,
                                 .event = souk_str("souk:registered"),
                                 .state =
                                     result->state.len ? result->state : souk_str("registered"),
                                 .at = now,
                                 .actor = souk_str("souk")};
    return shipment_apply(conn, arena, &news, now, &fresh, err);
}

/* ---- handed over ---- */

static int use_goods(struct db_conn *conn, struct arena *arena, int64_t id, int64_t order_id,
                     int64_t now)
{
    struct {
        int64_t variant, quantity;
    } goods[QUOTE_LINES];
    size_t count = 0;
    struct db_rows rows;
    int more = 0, code = db_query(conn, &sql_shipment_goods, &rows, DB_INT(id));
    while (code == SOUK_OK && count < QUOTE_LINES && (more = db_next(&rows)) == 1) {
        goods[count].variant = db_int(&rows, 0);
        goods[count++].quantity = db_int(&rows, 1);
    }
    if (code == SOUK_OK)
        db_close(&rows);
    code = code ? code : more < 0 ? more : SOUK_OK;
    struct souk_str subject = arena_printf(arena, "shipment:%lld", (long long)id);
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        code = reservation_use(conn, order_id, goods[i].variant, goods[i].quantity, subject, now);
    return code;
}

int shipment_leave(struct db_conn *conn, struct arena *arena, int64_t id,
                   const struct shipment_head *head, struct souk_str tracking,
                   struct souk_str actor, int64_t now, struct err *err)
{
    int64_t changed = 0;
    struct shipment_head told = *head;
    int code =
        db_run(conn, &sql_shipment_leave, &changed, DB_INT(id), DB_INT(now), DB_TEXT(tracking));
    if (code != SOUK_OK || !changed)
        return code;
    if (tracking.len)
        told.tracking = tracking;
    code = db_run(conn, &sql_shipment_lines_shipped, NULL, DB_INT(id));
    if (code == SOUK_OK)
        code = use_goods(conn, arena, id, head->order_id, now);
    if (code != SOUK_OK)
        return err_set(err, code, "the goods of parcel %.*s cannot leave stock: %s",
                       SOUK_PRI(head->number), db_error(conn));
    code = shipment_settle(conn, arena, head->order_id, "ship", actor, now, err);
    return code ? code : shipment_fact(conn, arena, "shipment.sent", id, &told, souk_str(""), now);
}

/* Some ways to pay want the money before anything leaves the house. */
static int check_paid(struct db_conn *conn, const struct shipment_head *head, struct err *err)
{
    int32_t flags = 0;
    char payment[64];
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_shipment_order, &rows, DB_INT(head->order_id)), &rows);
    if (code != SOUK_OK)
        return code;
    str_copy(payment, sizeof payment, db_text(&rows, 4));
    int paid = db_int(&rows, 6) >= db_int(&rows, 5) || db_int(&rows, 7) >= db_int(&rows, 5);
    db_close(&rows);
    if (paid || !payment[0] || !payment_terms || payment_terms(souk_str(payment), &flags) != 0)
        return SOUK_OK;
    return flags & SOUK_PAYMENT_ASKS_FIRST
               ? err_set(err, SOUK_CONFLICT,
                         "order %.*s is not paid, and what is paid by \"%s\" goes out only then",
                         SOUK_PRI(head->order), payment)
               : SOUK_OK;
}

int shipment_send(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str tracking,
                  struct souk_str actor, int64_t now, struct err *err)
{
    struct shipment_head head;
    int code = shipment_head_get(conn, arena, id, &head, err), fresh;
    if (code != SOUK_OK)
        return code;
    if (head.sent || head.unpacked)
        return err_set(err, SOUK_CONFLICT, "parcel %.*s has been %s already", SOUK_PRI(head.number),
                       head.sent ? "handed over" : "unpacked");
    code = check_paid(conn, &head, err);
    if (code == SOUK_OK)
        code = shipment_leave(conn, arena, id, &head, tracking, actor, now, err);
    if (code != SOUK_OK)
        return code;
    struct shipment_news news = {.shipment_id = id,
                                 .event = souk_str("souk:sent"),
                                 .state = souk_str("in_transit"),
                                 .at = now,
                                 .actor = actor};
    return shipment_apply(conn, arena, &news, now, &fresh, err);
}

/* ---- not handed over after all ---- */

static int tell_cancelled(struct db_conn *conn, int64_t id, int64_t now)
{
    int64_t job;
    char subject[24], payload[32];
    snprintf(subject, sizeof subject, "%lld", (long long)id);
    snprintf(payload, sizeof payload, "cancel %lld", (long long)id);
    return job_add(conn, souk_str("souk:shipment"), souk_str(""), souk_str(subject),
                   souk_str(payload), ATTEMPTS, 0, now, &job);
}

int shipment_cancel(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str actor,
                    struct souk_str reason, int64_t now, struct err *err)
{
    struct shipment_head head;
    int64_t changed = 0;
    int code = shipment_head_get(conn, arena, id, &head, err), fresh;
    if (code == SOUK_OK)
        code = db_run(conn, &sql_shipment_unpack, &changed, DB_INT(id), DB_INT(now));
    if (code == SOUK_OK && !changed)
        return err_set(err, SOUK_CONFLICT, "parcel %.*s has been %s already: it cannot be unpacked",
                       SOUK_PRI(head.number), head.sent ? "handed over" : "unpacked");
    if (code == SOUK_OK)
        code = db_run(conn, &sql_shipment_lines_unpacked, NULL, DB_INT(id));
    struct shipment_news news = {.shipment_id = id,
                                 .event = souk_str("souk:cancelled"),
                                 .state = souk_str("cancelled"),
                                 .text = reason,
                                 .at = now,
                                 .actor = actor};
    if (code == SOUK_OK)
        code = shipment_apply(conn, arena, &news, now, &fresh, err);
    if (code == SOUK_OK)
        code = shipment_settle(conn, arena, head.order_id, "unpack", actor, now, err);
    if (code == SOUK_OK && head.registering.len)
        code = tell_cancelled(conn, id, now);
    return code;
}
