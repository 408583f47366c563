/*
 * order_return_step.c: what staff do with a return: approve or refuse it, count what came, pay
 * back, close.
 *
 * The idea: a table of edges, like an order's. What was counted goes back into stock (not what is
 * damaged) and onto the order's lines once, by guarded updates; what is paid back is asked of
 * payment_ask, which alone knows how much there is, by units, so that all refunds of an order end
 * at what was paid. What was refused at the door is paid back as soon as it has arrived, if it was
 * paid.
 */
#include "shop/order_return_inner.h"

#include "base/money.h"
#include "base/str.h"
#include "shop/order.h"
#include "shop/order_return.sql.h"
#include "shop/payment.h"
#include "shop/shipment.h"
#include "shop/stock.h"

#define INSPECTION_MOST 2000

static const struct edge {
    const char *step, *from, *to;
    const char *fact;
} edges[] = {
    {"approve", "requested", "approved", "return.approved"},
    {"refuse", "requested", "refused", NULL},
    {"cancel", "requested", "cancelled", NULL},
    {"receive", "approved", "received", "return.received"},
    {"cancel", "approved", "cancelled", NULL},
    {"refund", "received", "closed", NULL},
    {"close", "received", "closed", NULL},
    {"refund", "closed", "closed", NULL}, /* the first try failed at the provider */
};
#define EDGES (sizeof edges / sizeof *edges)

static int is_open(const struct edge *edge, const struct return_head *head)
{
    if (!souk_str_is(head->state, edge->from))
        return 0;
    if (head->shipment_id && strcmp(edge->step, "cancel") == 0)
        return 0; /* the goods are on their way: that is not to be undone */
    if (strcmp(edge->step, "refund") != 0)
        return 1;
    int failed = souk_str_is(head->refund_state, "failed");
    return head->refund_move ? failed : souk_str_is(head->state, "received");
}

void return_allowed(struct arena *arena, const struct return_head *head, struct json *list)
{
    for (size_t i = 0; i < EDGES; i++)
        if (is_open(&edges[i], head))
            json_add_cstr(arena, list, NULL, edges[i].step);
}

static const struct edge *find_edge(struct arena *arena, const struct return_head *head,
                                    struct souk_str step, struct err *err)
{
    struct buf legal = {.arena = arena};
    for (size_t i = 0; i < EDGES; i++) {
        if (!is_open(&edges[i], head))
            continue;
        if (souk_str_is(step, edges[i].step))
            return &edges[i];
        buf_printf(&legal, "%s%s", legal.len ? ", " : "", edges[i].step);
    }
    err_set(
        err, SOUK_CONFLICT,
        "this step is not possible for the return as it is now; look at it again and take one of "
        "those that are (%.*s, %.*s, \"%.*s\"; possible: %s)",
        SOUK_PRI(head->number), SOUK_PRI(head->state), SOUK_PRI(step),
        legal.len ? legal.ptr : "nothing");
    return NULL;
}

/* ---- counting what came ---- */

static const struct json *count_of(const struct json *args, int64_t line_id)
{
    json_each(item, json_at(args, "lines"))
    {
        if (json_int(json_at(&item->value, "line"), 0) == line_id)
            return &item->value;
    }
    return NULL;
}

static int receive_line(struct db_conn *conn, const struct return_head *head,
                        struct souk_str subject, struct return_line *line, const struct json *args,
                        int64_t now, struct err *err)
{
    const struct json *count = count_of(args, line->line_id);
    int64_t received = json_int(json_at(count, "received"), line->quantity);
    int64_t damaged = json_int(json_at(count, "damaged"), 0), changed = 0;
    if (received < 0 || damaged < 0 || damaged > received || received > line->quantity)
        return err_set(err, SOUK_INVALID,
                       "/lines: no more can have come than was announced, and no more of it be "
                       "damaged than came; count again (%.*s: %lld)",
                       SOUK_PRI(line->sku), (long long)line->quantity);
    int code = db_run(conn, &sql_return_line_receive, &changed, DB_INT(head->id),
                      DB_INT(line->line_id), DB_INT(received), DB_INT(damaged));
    if (code == SOUK_OK && !changed)
        return err_set(err, SOUK_CONFLICT,
                       "this was counted already; look at the return as it is now (%.*s)",
                       SOUK_PRI(line->sku));
    line->received = received;
    if (code == SOUK_OK)
        code =
            db_run(conn, &sql_return_line_back, &changed, DB_INT(line->line_id), DB_INT(received));
    if (code == SOUK_OK && !changed)
        return err_set(
            err, SOUK_CONFLICT,
            "more would have come back than was sent; count again, and look at the other "
            "returns of the order (%.*s)",
            SOUK_PRI(line->sku));
    if (code == SOUK_OK && line->variant_id)
        code = stock_move(conn, line->variant_id, received - damaged, "return", subject, now);
    return code;
}

/* `amount`: what is left of the shares after a fee; 0: there is none. */
static int ask_refund(struct db_conn *conn, struct arena *arena, const struct return_head *head,
                      const struct return_line *lines, size_t count, int64_t delivery,
                      int64_t amount, struct souk_str actor, int64_t now, struct err *err)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    int64_t move = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t units = return_payable(&lines[i]);
        if (units <= 0)
            continue;
        struct json *line = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_int(arena, line, "line", lines[i].line_id);
        json_add_int(arena, line, "quantity", units);
    }
    struct payment_ask ask = {.order_id = head->order_id,
                              .kind = "refund",
                              .lines = list,
                              .delivery = delivery,
                              .amount = amount,
                              .actor = actor,
                              .reason = arena_printf(arena, "return %.*s", SOUK_PRI(head->number))};
    int code = payment_ask(conn, arena, &ask, now, &move, err);
    return code ? code : db_run(conn, &sql_return_paid, NULL, DB_INT(head->id), DB_INT(move));
}

/* What was refused at the door and is paid for is paid back at once. Of an order that is paid in
 * part only what is above the worth of the goods that were kept: staff see it, and decide. */
static int refund_door(struct db_conn *conn, struct arena *arena, const struct return_head *head,
                       const struct return_line *lines, size_t count, struct souk_str actor,
                       int64_t now, struct err *err)
{
    struct return_order order;
    int64_t worth = 0;
    int code = return_order_get(conn, arena, head->order_id, &order, err);
    for (size_t i = 0; i < count; i++)
        worth += return_share(&lines[i]);
    if (code != SOUK_OK || worth == 0 || order.captured < order.total ||
        order.captured - order.refunded - order.refunding < worth)
        return code;
    return ask_refund(conn, arena, head, lines, count, 0, 0, actor, now, err);
}

static int receive(struct db_conn *conn, struct arena *arena, const struct return_head *head,
                   const struct json *args, struct souk_str actor, int64_t now, struct err *err)
{
    struct return_line *lines = NULL;
    size_t count = 0;
    int64_t units = 0;
    struct souk_str inspection = str_trim(json_text(json_at(args, "inspection")));
    struct souk_str subject = arena_printf(arena, "return:%lld", (long long)head->id);
    if (inspection.len > INSPECTION_MOST)
        return err_set(err, SOUK_INVALID,
                       "/inspection: this note is too long; write at most 2,000 characters");
    int code = return_lines(conn, arena, head->id, &lines, &count);
    for (size_t i = 0; code == SOUK_OK && i < count; i++) {
        code = receive_line(conn, head, subject, &lines[i], args, now, err);
        units += lines[i].received;
    }
    if (code == SOUK_OK)
        code = db_run(conn, &sql_return_inspect, NULL, DB_INT(head->id), DB_TEXT(inspection));
    if (code == SOUK_OK && units > 0)
        code = shipment_settle(conn, arena, head->order_id, "return", actor, now, err);
    if (code == SOUK_OK && head->shipment_id)
        code = refund_door(conn, arena, head, lines, count, actor, now, err);
    return code;
}

/* ---- paying back ---- */

/* "delivery": an amount, or true for all that is left of it. */
static int64_t delivery_of(const struct json *args, const struct return_order *order)
{
    const struct json *delivery = json_at(args, "delivery");
    if (delivery && delivery->kind == JSON_BOOL)
        return delivery->number ? order->delivery : 0;
    return json_int(delivery, 0);
}

static int refuse(struct arena *arena, const struct return_order *order, int code,
                  const char *words, int64_t amount, struct err *err)
{
    struct souk_str sum = money_format(arena, amount, arena_cstr(arena, order->currency), "en");
    return err_set(err, code, "%s (%.*s)", words, SOUK_PRI(sum));
}

static int refund(struct db_conn *conn, struct arena *arena, const struct return_head *head,
                  const struct json *args, struct souk_str actor, int64_t now, struct err *err)
{
    struct return_order order;
    struct return_line *lines = NULL;
    size_t count = 0;
    int64_t items = 0, fee = json_int(json_at(args, "fee"), 0);
    int code = return_order_get(conn, arena, head->order_id, &order, err);
    if (code == SOUK_OK)
        code = return_lines(conn, arena, head->id, &lines, &count);
    if (code != SOUK_OK)
        return code;
    for (size_t i = 0; i < count; i++)
        items += return_share(&lines[i]);
    int64_t delivery = delivery_of(args, &order);
    int64_t most = order.captured - order.refunded - order.refunding;
    if (delivery < 0 || delivery > order.delivery)
        return refuse(
            arena, &order, SOUK_INVALID,
            "/delivery: more of the delivery was chosen than is left to be paid back; choose "
            "at most that",
            order.delivery, err);
    if (fee < 0 || fee > items)
        return refuse(arena, &order, SOUK_INVALID,
                      "/fee: the fee is kept of what the goods are worth; write at most that",
                      items, err);
    if (items + delivery - fee <= 0)
        return err_set(
            err, SOUK_CONFLICT,
            "what came back cost nothing, was paid back already, or the fee is all of it: "
            "nothing is to be paid back; close the return instead");
    if (items + delivery - fee > most)
        return refuse(
            arena, &order, SOUK_CONFLICT,
            "more was asked for than is left of what was paid; pay back at most that, by a "
            "fee or less of the delivery",
            most > 0 ? most : 0, err);
    return ask_refund(conn, arena, head, lines, count, delivery, fee ? items + delivery - fee : 0,
                      actor, now, err);
}

int return_proposal(struct db_conn *conn, struct arena *arena, int64_t id, struct json *proposal)
{
    struct return_head head;
    struct return_order order;
    struct return_line *lines = NULL;
    size_t count = 0;
    int64_t items = 0;
    int code = return_head_get(conn, arena, id, &head, NULL);
    if (code == SOUK_OK)
        code = return_order_get(conn, arena, head.order_id, &order, NULL);
    if (code == SOUK_OK)
        code = return_lines(conn, arena, id, &lines, &count);
    if (code != SOUK_OK)
        return code;
    int64_t most = order.captured - order.refunded - order.refunding;
    json_add_str(arena, proposal, "currency", order.currency);
    struct json *list = json_add(arena, proposal, "lines", JSON_ARRAY);
    for (size_t i = 0; i < count; i++) {
        struct json *line = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_int(arena, line, "line", lines[i].line_id);
        json_add_str(arena, line, "sku", lines[i].sku);
        json_add_str(arena, line, "name", lines[i].name);
        json_add_int(arena, line, "quantity", return_payable(&lines[i]));
        json_add_int(arena, line, "amount", return_share(&lines[i]));
        items += return_share(&lines[i]);
    }
    json_add_int(arena, proposal, "items", items);
    json_add_int(arena, proposal, "delivery", order.delivery > 0 ? order.delivery : 0);
    json_add_int(arena, proposal, "most", most > 0 ? most : 0);
    json_add_int(arena, proposal, "total", items < most ? items : most > 0 ? most : 0);
    return SOUK_OK;
}

/* ---- a step ---- */

/* An exchange is a new order that staff make: they are told on the old one. */
static int tell_exchange(struct db_conn *conn, struct arena *arena, const struct return_head *head,
                         struct souk_str actor, int64_t now)
{
    if (!souk_str_is(head->outcome, "exchange"))
        return SOUK_OK;
    return order_note(conn, head->order_id,
                      arena_printf(arena,
                                   "Return %.*s has arrived and is to be exchanged: make an order "
                                   "for what is sent instead.",
                                   SOUK_PRI(head->number)),
                      1, actor, now);
}

static int act(struct db_conn *conn, struct arena *arena, const struct return_head *head,
               struct souk_str step, const struct json *args, struct souk_str actor, int64_t now,
               struct err *err)
{
    if (souk_str_is(step, "refund"))
        return refund(conn, arena, head, args, actor, now, err);
    if (!souk_str_is(step, "receive"))
        return SOUK_OK;
    int code = receive(conn, arena, head, args, actor, now, err);
    return code ? code : tell_exchange(conn, arena, head, actor, now);
}

int return_step(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str step,
                const struct json *args, struct souk_str actor, int64_t now, struct err *err)
{
    struct return_head head;
    int64_t changed = 0;
    int code = return_head_get(conn, arena, id, &head, err);
    if (code != SOUK_OK)
        return code;
    const struct edge *edge = find_edge(arena, &head, step, err);
    if (!edge)
        return SOUK_CONFLICT;
    code = db_run(conn, &sql_return_move, &changed, DB_INT(id), DB_CSTR(edge->from),
                  DB_CSTR(edge->to), DB_INT(now));
    if (code == SOUK_OK && !changed)
        code = SOUK_CONFLICT;
    if (code == SOUK_OK)
        code = act(conn, arena, &head, step, args, actor, now, err);
    if (code == SOUK_OK)
        code = return_note(conn, arena, &head, edge->step, edge->to, actor,
                           str_trim(json_text(json_at(args, "reason"))), now);
    if (code == SOUK_OK && edge->fact)
        code = return_fact(conn, arena, edge->fact, &head, now);
    return code;
}
