/*
 * order: finding orders, and moving them along their state machines.
 *
 * The idea: every change of a state goes through order_move: it takes one declared edge by an
 * UPDATE that is guarded by the state it starts from, writes the audit row that is the order's
 * history, and tells what happened as one fact. Facts of money and parcels are told by the modules
 * that know amounts and numbers (payment, shipment), so that there is one for one thing that
 * happened.
 */
#include "shop/order.h"

#include "base/rand.h"
#include "base/str.h"
#include "shop/market.h"
#include "shop/order.sql.h"
#include "shop/order_inner.h"
#include "shop/promo_book.h"
#include "store/audit.h"
#include "store/outbox.h"

#define FIRST_NUMBER 1001

/* ---- finding ---- */

int order_find(struct db_conn *conn, struct souk_str number, struct souk_str token, int64_t *id)
{
    struct db_rows rows;
    *id = 0;
    int code = db_first(db_query(conn, &sql_order_find, &rows, DB_TEXT(number)), &rows);
    if (code != SOUK_OK)
        return code;
    int fits = token.ptr == NULL || token.len == 0 || str_equal_secret(token, db_text(&rows, 1));
    if (fits)
        *id = db_int(&rows, 0);
    db_close(&rows);
    return fits ? SOUK_OK : SOUK_NOT_FOUND;
}

/* A word of a row as a constant, so that it outlives the row. */
static const char *constant_of(struct souk_str word)
{
    static const char *const words[] = {
        "draft",          "placed",     "confirmed",     "closed",  "cancelled",     "none",
        "pending",        "authorised", "part_paid",     "paid",    "part_refunded", "refunded",
        "failed",         "voided",     "part_packed",   "packed",  "part_shipped",  "shipped",
        "part_delivered", "delivered",  "part_returned", "returned"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (souk_str_is(word, words[i]))
            return words[i];
    return "";
}

static int read_states(struct db_conn *conn, struct arena *arena, int64_t id,
                       struct order_states *states, struct souk_str *number)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_order_states, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    states->order = constant_of(db_text(&rows, 0));
    states->payment = constant_of(db_text(&rows, 1));
    states->fulfilment = constant_of(db_text(&rows, 2));
    if (number)
        *number = arena_str(arena, db_text(&rows, 3));
    db_close(&rows);
    return SOUK_OK;
}

int order_states(struct db_conn *conn, int64_t id, struct order_states *states)
{
    return read_states(conn, NULL, id, states, NULL);
}

int order_version(struct db_conn *conn, int64_t id, int64_t *version)
{
    return db_get_int(conn, &sql_order_version, version, DB_INT(id));
}

int64_t order_person_of(struct db_conn *conn, int64_t id)
{
    int64_t person = 0;
    return db_get_int(conn, &sql_order_person_of, &person, DB_INT(id)) == SOUK_OK ? person : 0;
}

/* ---- traces ---- */

static struct souk_str subject_of(struct arena *arena, int64_t id)
{
    return arena_printf(arena, "order:%lld", (long long)id);
}

int order_audit(struct db_conn *conn, struct arena *arena, int64_t id,
                const struct order_trace *trace, int64_t now)
{
    struct json *detail = json_new(arena, JSON_OBJECT);
    if (trace->machine)
        json_add_cstr(arena, detail, "machine", trace->machine);
    json_add_cstr(arena, detail, "step", trace->step);
    if (trace->from.len)
        json_add_str(arena, detail, "from", trace->from);
    if (trace->to.len)
        json_add_str(arena, detail, "to", trace->to);
    if (trace->reason.len)
        json_add_str(arena, detail, "reason", trace->reason);
    json_each(item, trace->more) * json_add_key(arena, detail, item->key, JSON_NULL) = item->value;
    return audit_put(conn, trace->actor, arena_printf(arena, "order.%s", trace->step),
                     subject_of(arena, id), order_json_text(arena, detail), now);
}

int order_tell(struct db_conn *conn, struct arena *arena, const char *topic, int64_t id,
               struct souk_str number, const struct json *more, int64_t now)
{
    struct json *payload = json_new(arena, JSON_OBJECT);
    json_add_int(arena, payload, "order", id);
    json_add_str(arena, payload, "number", number);
    json_each(item, more) * json_add_key(arena, payload, item->key, JSON_NULL) = item->value;
    return outbox_put(conn, souk_str(topic), subject_of(arena, id), order_json_text(arena, payload),
                      now, NULL);
}

/* ---- steps ---- */

static int refuse_step(struct arena *arena, const struct order_states *states, const char *step,
                       struct err *err)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    struct buf names = {.arena = arena};
    order_allowed(arena, states, list);
    json_each(item, list)
    {
        buf_add_cstr(&names, names.len ? ", " : "");
        buf_add_str(&names, item->value.text);
    }
    return err_set(err, SOUK_CONFLICT,
                   "\"%s\" is not possible for an order that is %s, %s and %s; possible are: %s",
                   step, states->order, states->payment, states->fulfilment,
                   names.len ? names.ptr : "none");
}

int order_refuse(struct db_conn *conn, struct arena *arena, int64_t id, const char *step,
                 struct err *err)
{
    struct order_states states;
    int code = order_states(conn, id, &states);
    return code ? code : refuse_step(arena, &states, step, err);
}

int order_forget(struct db_conn *conn, int64_t id)
{
    int code = db_run(conn, &sql_order_forget, NULL, DB_INT(id));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_order_forget_messages, NULL, DB_INT(id));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_order_forget_deliveries, NULL, DB_INT(id));
    return code ? code : db_run(conn, &sql_order_forget_uses, NULL, DB_INT(id));
}

static const char *fact_of(enum order_machine machine, const char *to)
{
    if (machine != ORDER_MACHINE_ORDER)
        return NULL;
    return strcmp(to, "confirmed") == 0   ? "order.confirmed"
           : strcmp(to, "closed") == 0    ? "order.closed"
           : strcmp(to, "cancelled") == 0 ? "order.cancelled"
                                          : NULL;
}

/* Paid for, or taken on by staff: what it took of promotions is used. */
static int is_settled(enum order_machine machine, const char *to)
{
    return machine == ORDER_MACHINE_ORDER ? strcmp(to, "confirmed") == 0
           : machine == ORDER_MACHINE_PAYMENT
               ? strcmp(to, "authorised") == 0 || strcmp(to, "paid") == 0 ||
                     strcmp(to, "part_paid") == 0
               : 0;
}

int order_move(struct db_conn *conn, struct arena *arena, int64_t id, enum order_machine machine,
               const char *step, const char *to, struct souk_str actor, struct souk_str reason,
               int64_t now, struct err *err)
{
    static const struct db_statement *const statements[] = {
        &sql_order_set_status, &sql_order_set_payment, &sql_order_set_fulfilment};
    struct order_states states;
    struct souk_str number;
    int64_t changed = 0;
    int code = read_states(conn, arena, id, &states, &number);
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? err_set(err, code, "there is no such order") : code;
    const char *from = machine == ORDER_MACHINE_ORDER     ? states.order
                       : machine == ORDER_MACHINE_PAYMENT ? states.payment
                                                          : states.fulfilment;
    if (!order_edge_joins(machine, souk_str(from), souk_str(to)))
        return refuse_step(arena, &states, step, err);
    code = db_run(conn, statements[machine], &changed, DB_INT(id), DB_CSTR(from), DB_CSTR(to),
                  DB_INT(now));
    if (code == SOUK_OK && changed == 0)
        return refuse_step(arena, &states, step, err);
    struct order_trace trace = {.machine = order_machine_name(machine),
                                .step = step,
                                .from = souk_str(from),
                                .to = souk_str(to),
                                .actor = actor,
                                .reason = reason};
    const char *fact = fact_of(machine, to);
    struct json *more = json_new(arena, JSON_OBJECT);
    if (reason.len)
        json_add_str(arena, more, "reason", reason);
    if (code == SOUK_OK)
        code = order_audit(conn, arena, id, &trace, now);
    if (code == SOUK_OK && fact)
        code = order_tell(conn, arena, fact, id, number, more, now);
    if (code == SOUK_OK && is_settled(machine, to))
        code = promo_confirm(conn, id, now);
    if (code == SOUK_OK && strcmp(to, "closed") == 0)
        code = order_forget(conn, id);
    db_changed(conn, "order", id);
    return code;
}

int order_note(struct db_conn *conn, int64_t id, struct souk_str text, int internal,
               struct souk_str actor, int64_t now)
{
    int64_t added = 0;
    if (str_trim(text).len == 0)
        return db_refuse(conn, SOUK_INVALID, "a note needs words");
    int code = db_run(conn, &sql_order_note_insert, &added, DB_INT(id_next()), DB_INT(id),
                      DB_INT(internal != 0), DB_TEXT(str_trim(text)), DB_TEXT(actor), DB_INT(now));
    if (code == SOUK_OK && added)
        db_changed(conn, "order", id);
    return code ? code : added ? SOUK_OK : SOUK_NOT_FOUND;
}

int series_next(struct db_conn *conn, const char *name, int64_t *number)
{
    const struct market_shop *shop = market_shop();
    int64_t first = strcmp(name, "order") == 0 && shop->order_first ? shop->order_first : 0;
    if (!first)
        first = strcmp(name, "order") == 0 ? FIRST_NUMBER : 1;
    int code = db_get_int(conn, &sql_order_series_next, number, DB_CSTR(name));
    if (code != SOUK_NOT_FOUND)
        return code;
    *number = first;
    return db_run(conn, &sql_order_series_begin, NULL, DB_CSTR(name), DB_INT(first));
}
