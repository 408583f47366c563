/*
 * order_step: what staff, chores and the customer's "cancel" do with an order.
 *
 * The idea: whether a step is legal is decided by the table before anything is touched; then the
 * module that owns the thing does it: money is asked for (payment_ask: the provider is called after
 * the commit, and the status moves when it has answered), parcels are packed and sent (shipment.h),
 * goods come back (order_return.h). A step that only asks leaves its own row in the history, so
 * that it shows who asked.
 */
#include "shop/order.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/order.sql.h"
#include "shop/order_inner.h"
#include "shop/order_return.h"
#include "shop/payment.h"
#include "shop/promo_book.h"
#include "shop/shipment.h"
#include "store/unit.h"

#define PARCELS_MOST   64
#define EXPIRE_AT_ONCE 32
#define EXPIRE_AGAIN   (10 * CLOCK_MINUTE)

struct step {
    struct db_conn *conn;
    struct arena *arena;
    int64_t id, now;
    struct json *args; /* with ids of lines as numbers */
    struct souk_str actor, reason;
    struct err *err;
};

static order_hook cancelled;

void order_on_cancel(order_hook hook)
{
    cancelled = hook;
}

/* ---- money ---- */

static int ask(struct step *step, const char *kind, const struct json *lines, int64_t amount,
               int64_t delivery)
{
    struct payment_ask ask = {.order_id = step->id,
                              .kind = kind,
                              .amount = amount,
                              .lines = lines,
                              .delivery = delivery,
                              .actor = step->actor,
                              .reason = step->reason};
    struct json *more = json_new(step->arena, JSON_OBJECT);
    int64_t move_id = 0;
    int code = payment_ask(step->conn, step->arena, &ask, step->now, &move_id, step->err);
    if (code != SOUK_OK)
        return code;
    json_add_bool(step->arena, more, "asked", 1);
    if (amount)
        json_add_int(step->arena, more, "amount", amount);
    if (lines)
        json_add_tree(step->arena, more, "lines", lines);
    if (delivery)
        json_add_int(step->arena, more, "delivery", delivery);
    struct order_trace trace = {
        .step = kind, .actor = step->actor, .reason = step->reason, .more = more};
    return order_audit(step->conn, step->arena, step->id, &trace, step->now);
}

/* A whole number of minor units above 0, or nothing. */
static int read_amount(struct step *step, int64_t *amount)
{
    const struct json *value = json_at(step->args, "amount");
    *amount = 0;
    if (!value || value->kind == JSON_NULL)
        return SOUK_OK;
    if (value->kind != JSON_INT || value->number <= 0)
        return err_set(step->err, SOUK_INVALID,
                       "/amount: write a whole number of minor units above 0");
    *amount = value->number;
    return SOUK_OK;
}

static const struct json *lines_of(const struct json *args)
{
    const struct json *lines = json_at(args, "lines");
    return lines && lines->kind == JSON_ARRAY && lines->count ? lines : NULL;
}

/* "delivery": true is all that is left of it, a number that much. */
static int step_refund(struct step *step)
{
    const struct json *delivery = json_at(step->args, "delivery");
    int64_t amount, part = 0;
    int code = read_amount(step, &amount);
    if (code != SOUK_OK)
        return code;
    if (delivery && delivery->kind == JSON_BOOL)
        part = delivery->number ? -1 : 0;
    else if (delivery && delivery->kind == JSON_INT && delivery->number >= 0)
        part = delivery->number;
    else if (delivery && delivery->kind != JSON_NULL)
        return err_set(step->err, SOUK_INVALID,
                       "/delivery: write true for all of it, or an amount in minor units");
    if (delivery && delivery->kind != JSON_NULL && !part && !amount && !lines_of(step->args))
        return err_set(step->err, SOUK_INVALID,
                       "nothing is to be refunded: name lines, an amount, or the delivery");
    return ask(step, "refund", lines_of(step->args), amount, part);
}

static int step_money(struct step *step, const char *name)
{
    int64_t amount;
    int code = read_amount(step, &amount);
    if (code != SOUK_OK)
        return code;
    if (strcmp(name, "pay") != 0)
        return ask(step, name, NULL, strcmp(name, "void") == 0 ? 0 : amount, 0);
    return payment_by_hand(step->conn, step->arena, step->id, amount,
                           str_trim(json_text(json_at(step->args, "reference"))), step->actor,
                           step->reason, step->now, step->err);
}

/* ---- parcels ---- */

struct parcels {
    int64_t ids[PARCELS_MOST];
    size_t count;
};

/* Those that are still in the house, or those that are under way; one alone when "shipment" names
 * it. */
static int find_parcels(struct step *step, int sent, struct parcels *parcels)
{
    const struct json *named = json_at(step->args, "shipment");
    int64_t only = json_int(named, 0);
    struct db_rows rows;
    if (named && named->kind == JSON_STRING && str_to_int(named->text, &only) != SOUK_OK)
        return err_set(step->err, SOUK_INVALID, "/shipment: this is not the id of a parcel");
    parcels->count = 0;
    int code = db_query(step->conn, &sql_order_parcels, &rows, DB_INT(step->id));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct souk_str state = db_text(&rows, 1);
        int ended = souk_str_is(state, "delivered") || souk_str_is(state, "partially_delivered") ||
                    souk_str_is(state, "returned");
        if ((db_int(&rows, 2) != 0) == sent && !ended && (!only || only == db_int(&rows, 0)) &&
            parcels->count < PARCELS_MOST)
            parcels->ids[parcels->count++] = db_int(&rows, 0);
        code = SOUK_OK;
    }
    return code;
}

/* What is packed goes out; named lines, or all when nothing is packed, are packed first. */
static int step_ship(struct step *step)
{
    struct souk_str tracking = str_trim(json_text(json_at(step->args, "tracking")));
    struct parcels parcels = {0};
    int code = lines_of(step->args) ? SOUK_OK : find_parcels(step, 0, &parcels);
    if (code == SOUK_OK && parcels.count == 0) {
        if (json_true(json_at(step->args, "shipment")))
            return err_set(
                step->err, SOUK_CONFLICT,
                "this parcel is not waiting to be sent; look at the parcels of the order");
        code = shipment_pack(step->conn, step->arena, step->id, step->args, step->actor, step->now,
                             &parcels.ids[0], step->err);
        parcels.count = 1;
    }
    for (size_t i = 0; code == SOUK_OK && i < parcels.count; i++)
        code = shipment_send(step->conn, step->arena, parcels.ids[i], tracking, step->actor,
                             step->now, step->err);
    return code;
}

static int step_deliver(struct step *step)
{
    struct parcels parcels;
    int fresh, code = find_parcels(step, 1, &parcels);
    if (code == SOUK_OK && parcels.count == 0)
        return err_set(step->err, SOUK_CONFLICT,
                       "no parcel of this order is under way; send one first");
    for (size_t i = 0; code == SOUK_OK && i < parcels.count; i++) {
        struct shipment_news news = {
            .shipment_id = parcels.ids[i],
            .event = arena_printf(step->arena, "by hand %lld", (long long)id_next()),
            .state = souk_str("delivered"),
            .text = step->reason,
            .at = step->now,
            .accepted = json_at(step->args, "accepted"),
            .actor = step->actor};
        code = shipment_apply(step->conn, step->arena, &news, step->now, &fresh, step->err);
    }
    return code;
}

static int unpack_all(struct step *step, struct souk_str reason, size_t *count)
{
    struct parcels parcels;
    int code = find_parcels(step, 0, &parcels);
    for (size_t i = 0; code == SOUK_OK && i < parcels.count; i++)
        code = shipment_cancel(step->conn, step->arena, parcels.ids[i], step->actor, reason,
                               step->now, step->err);
    *count = parcels.count;
    return code;
}

static int step_unpack(struct step *step)
{
    size_t count = 0;
    int code = unpack_all(step, step->reason, &count);
    if (code == SOUK_OK && count == 0)
        return err_set(step->err, SOUK_CONFLICT,
                       "no parcel of this order waits to be sent, so there is none to unpack");
    return code;
}

/* Goods that came back without being announced: asked for, approved and received at once.
 * "restock": false keeps them out of stock. */
static int step_return(struct step *step)
{
    const struct json *restock = json_at(step->args, "restock");
    int keep = restock && restock->kind == JSON_BOOL && !restock->number;
    struct json *errors = json_new(step->arena, JSON_ARRAY);
    struct json *asked = json_new(step->arena, JSON_OBJECT);
    struct json *came = json_new(step->arena, JSON_OBJECT);
    struct json *asked_lines = json_add(step->arena, asked, "lines", JSON_ARRAY);
    struct json *came_lines = json_add(step->arena, came, "lines", JSON_ARRAY);
    int64_t return_id;
    json_add_cstr(step->arena, asked, "outcome", "refund");
    json_each(item, lines_of(step->args))
    {
        int64_t quantity = json_int(json_at(&item->value, "quantity"), 0);
        int64_t line_id = json_int(json_at(&item->value, "line"), 0);
        struct json *line = json_add(step->arena, asked_lines, NULL, JSON_OBJECT);
        json_add_int(step->arena, line, "line", line_id);
        json_add_int(step->arena, line, "quantity", quantity);
        json_add_cstr(step->arena, line, "reason", "other");
        line = json_add(step->arena, came_lines, NULL, JSON_OBJECT);
        json_add_int(step->arena, line, "line", line_id);
        json_add_int(step->arena, line, "received", quantity);
        json_add_int(step->arena, line, "damaged", keep ? quantity : 0);
    }
    if (!asked_lines->count)
        return err_set(step->err, SOUK_INVALID, "/lines: say which units came back");
    int code = return_request(step->conn, step->arena, step->id, asked, step->actor, step->now,
                              &return_id, errors, step->err);
    if (code == SOUK_INVALID && errors->count) { /* with its place: that of the first */
        const struct json *first = &errors->first->value;
        return err_set(step->err, code, "%.*s: %.*s",
                       SOUK_PRI(json_text(json_at(first, "pointer"))),
                       SOUK_PRI(json_text(json_at(first, "detail"))));
    }
    if (code == SOUK_OK)
        code = return_step(step->conn, step->arena, return_id, souk_str("approve"), asked,
                           step->actor, step->now, step->err);
    return code ? code
                : return_step(step->conn, step->arena, return_id, souk_str("receive"), came,
                              step->actor, step->now, step->err);
}

static int step_goods(struct step *step, const char *name)
{
    int64_t parcel;
    if (strcmp(name, "pack") == 0)
        return shipment_pack(step->conn, step->arena, step->id, step->args, step->actor, step->now,
                             &parcel, step->err);
    return strcmp(name, "unpack") == 0    ? step_unpack(step)
           : strcmp(name, "ship") == 0    ? step_ship(step)
           : strcmp(name, "deliver") == 0 ? step_deliver(step)
                                          : step_return(step);
}

/* ---- any step ---- */

static struct json *line_args(struct arena *arena, const struct json *lines)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    json_each(item, lines)
    {
        struct json *line = json_add(arena, list, NULL, JSON_OBJECT);
        json_each(member, &item->value)
        {
            struct json *value = json_add_key(arena, line, member->key, JSON_NULL);
            int64_t id;
            *value = member->value;
            if (souk_str_is(member->key, "line") && value->kind == JSON_STRING &&
                str_to_int(value->text, &id) == SOUK_OK)
                *value = (struct json){.kind = JSON_INT, .number = id};
        }
    }
    return list;
}

/* Ids are text outside (they have 63 bits) and numbers inside. */
struct json *order_args(struct arena *arena, const struct json *args)
{
    struct json *copy = json_new(arena, JSON_OBJECT);
    json_each(item, args)
    {
        struct json *value = json_add_key(arena, copy, item->key, JSON_NULL);
        *value = item->value;
        if (souk_str_is(item->key, "lines") && item->value.kind == JSON_ARRAY)
            *value = *line_args(arena, &item->value);
    }
    return copy;
}

int order_args_check(const struct json *args, struct err *err)
{
    static const char known[] = "reason lines amount delivery restock tracking shipment reference "
                                "method accepted weight_g declared_value";
    const struct json *lines = json_at(args, "lines");
    json_each(item, args)
    {
        struct souk_str rest = souk_str(known), word;
        int found = 0;
        while (!found && str_split(&rest, ' ', &word))
            found = item->key.len && souk_str_equal(item->key, word);
        if (!found)
            return err_set(err, SOUK_INVALID, "/%.*s: no step knows this member",
                           SOUK_PRI(item->key));
    }
    if (!lines || lines->kind == JSON_NULL || (lines->kind == JSON_ARRAY && lines->count))
        return SOUK_OK;
    return err_set(err, SOUK_INVALID,
                   "/lines: name at least one line and its quantity, or leave this member out");
}

int order_step(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str name,
               const struct json *args, struct souk_str actor, int64_t now, struct err *err)
{
    struct order_states states;
    struct step step = {.conn = conn,
                        .arena = arena,
                        .id = id,
                        .now = now,
                        .args = order_args(arena, args),
                        .actor = actor,
                        .reason = str_trim(json_text(json_at(args, "reason"))),
                        .err = err};
    int code = order_states(conn, id, &states);
    if (code != SOUK_OK)
        return err_set(err, code, "there is no such order");
    if (!order_step_known(name))
        return err_set(err, SOUK_NOT_FOUND, "there is no step \"%.*s\"", SOUK_PRI(name));
    const struct order_edge *edge = order_edge(&states, name);
    if (!edge)
        return order_refuse(conn, arena, id, arena_cstr(arena, name), err);
    if (souk_str_is(name, "cancel"))
        return order_cancel(conn, arena, id, actor, step.reason, now, err);
    if (souk_str_is(name, "refund"))
        return step_refund(&step);
    if (edge->machine == ORDER_MACHINE_PAYMENT)
        return step_money(&step, edge->step);
    if (edge->machine == ORDER_MACHINE_FULFILMENT)
        return step_goods(&step, edge->step);
    return order_move(conn, arena, id, edge->machine, edge->step, edge->to, actor, step.reason, now,
                      err);
}

/* ---- cancelling ---- */

/* What is open is let go, what was taken is paid back. */
static int give_money_back(struct step *step)
{
    struct db_rows rows;
    struct err *err = step->err, ignored = {0};
    int code = db_first(db_query(step->conn, &sql_order_money, &rows, DB_INT(step->id)), &rows);
    if (code != SOUK_OK)
        return code;
    int64_t left = db_int(&rows, 1) - db_int(&rows, 2) - db_int(&rows, 4);
    int64_t open = db_int(&rows, 5);
    db_close(&rows);
    if (open) {
        step->err = &ignored; /* what is part captured can have nothing left to let go */
        code = ask(step, "void", NULL, 0, 0);
        step->err = err;
        if (code != SOUK_OK && code != SOUK_CONFLICT)
            return err_set(err, code, "%s", ignored.text);
    }
    return left > 0 ? ask(step, "refund", NULL, left, 0) : SOUK_OK;
}

int order_cancel(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str actor,
                 struct souk_str reason, int64_t now, struct err *err)
{
    struct step step = {.conn = conn,
                        .arena = arena,
                        .id = id,
                        .now = now,
                        .args = NULL,
                        .actor = actor,
                        .reason = reason,
                        .err = err};
    struct order_states states;
    size_t parcels;
    int code = order_states(conn, id, &states);
    if (code != SOUK_OK)
        return err_set(err, code, "there is no such order");
    if (!order_edge(&states, souk_str("cancel")))
        return order_refuse(conn, arena, id, "cancel", err);
    code = unpack_all(&step, reason, &parcels);
    if (code == SOUK_OK)
        code = order_move(conn, arena, id, ORDER_MACHINE_ORDER, "cancel", "cancelled", actor,
                          reason, now, err);
    if (code == SOUK_OK)
        code = reservation_give_all(conn, arena, id);
    if (code == SOUK_OK)
        code = promo_release(conn, arena, id, now);
    if (code == SOUK_OK && cancelled)
        code = cancelled(conn, arena, id, now);
    if (code == SOUK_OK)
        code = give_money_back(&step);
    return code ? code : order_forget(conn, id);
}

/* ---- time is over ---- */

static int is_unpaid(const struct order_states *states)
{
    return strcmp(states->payment, "none") == 0 || strcmp(states->payment, "pending") == 0 ||
           strcmp(states->payment, "failed") == 0 || strcmp(states->payment, "voided") == 0;
}

/* One that cannot be cancelled (its parcel has left, money came in the last moment) waits no
 * longer. */
static int expire_one(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now,
                      struct err *err)
{
    struct order_states states;
    int code = order_states(conn, id, &states);
    if (code != SOUK_OK)
        return code;
    if (!is_unpaid(&states) || strcmp(states.fulfilment, "none") != 0 ||
        !order_edge(&states, souk_str("cancel")))
        return db_run(conn, &sql_order_keep_longer, NULL, DB_INT(id), DB_NULL);
    return order_cancel(conn, arena, id, souk_str("souk"), souk_str("not paid in time"), now, err);
}

struct expiring {
    struct arena *arena;
    int64_t id, now;
    struct err err;
};

static int expire_unit(struct db_conn *conn, void *arg)
{
    struct expiring *expiring = arg;
    return expire_one(conn, expiring->arena, expiring->id, expiring->now, &expiring->err);
}

/* In a unit of its own: one that cannot be cancelled (a plugin does not free its place, say) is
 * tried again later and holds up no other. */
static int expire_apart(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now)
{
    struct expiring expiring = {.arena = arena, .id = id, .now = now};
    int destroyed = 0, code = db_unit(conn, expire_unit, &expiring, &destroyed);
    if (code == SOUK_OK || destroyed)
        return code;
    log_warn("order.not_expired", LOG_I("order", id),
             LOG_S("text", expiring.err.text[0] ? expiring.err.text : err_name(code)));
    return db_run(conn, &sql_order_keep_longer, NULL, DB_INT(id), DB_INT(now + EXPIRE_AGAIN));
}

int order_expire(struct db_conn *conn, struct arena *arena, int64_t now, int *more)
{
    int64_t ids[EXPIRE_AT_ONCE];
    size_t count = 0;
    struct db_rows rows;
    *more = 0;
    int code = db_query(conn, &sql_order_due, &rows, DB_INT(now), DB_INT(EXPIRE_AT_ONCE + 1));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        if (count < EXPIRE_AT_ONCE)
            ids[count++] = db_int(&rows, 0);
        else
            *more = 1;
        code = SOUK_OK;
    }
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        code = expire_apart(conn, arena, ids[i], now);
    return code;
}
