/*
 * order_return.c: asking for a return, what is refused at the door, and reading returns.
 *
 * The idea: units that can be sent back are those that were delivered and are in no other return;
 * the row of a return takes them by one guarded INSERT. What was refused at the door is a return
 * too, made and changed by the news of its parcel; it has no window and cannot be asked for.
 *
 * What staff do with a return is in order_return_step.c.
 */
#include "shop/order_return.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/market.h"
#include "shop/order.h"
#include "shop/order_return.sql.h"
#include "shop/order_return_inner.h"
#include "shop/quote.h"
#include "shop/shipment_inner.h"
#include "store/audit.h"
#include "store/outbox.h"

#define NOTE_MOST   2000
#define REASON_MOST 40
#define TOKEN_BYTES 24

/* ---- what the files share ---- */

int return_head_get(struct db_conn *conn, struct arena *arena, int64_t id, struct return_head *head,
                    struct err *err)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_return_head, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return err_set(err, code, "there is no such return");
    *head = (struct return_head){.id = id,
                                 .order_id = db_int(&rows, 0),
                                 .number = arena_str(arena, db_text(&rows, 1)),
                                 .state = arena_str(arena, db_text(&rows, 2)),
                                 .outcome = arena_str(arena, db_text(&rows, 3)),
                                 .shipment_id = db_int(&rows, 4),
                                 .order = arena_str(arena, db_text(&rows, 5)),
                                 .refund_move = db_int(&rows, 6),
                                 .refund_state = arena_str(arena, db_text(&rows, 7))};
    db_close(&rows);
    return SOUK_OK;
}

static struct return_line read_line(struct arena *arena, struct db_rows *rows)
{
    return (struct return_line){.line_id = db_int(rows, 0),
                                .quantity = db_int(rows, 1),
                                .received = db_int(rows, 2),
                                .damaged = db_int(rows, 3),
                                .variant_id = db_int(rows, 4),
                                .of = db_int(rows, 5),
                                .refunded = db_int(rows, 6),
                                .worth = db_int(rows, 7),
                                .sku = arena_str(arena, db_text(rows, 8)),
                                .name = arena_str(arena, db_text(rows, 9)),
                                .options = arena_str(arena, db_text(rows, 10)),
                                .reason = arena_str(arena, db_text(rows, 11)),
                                .credited = db_int(rows, 12)};
}

int return_lines(struct db_conn *conn, struct arena *arena, int64_t id, struct return_line **lines,
                 size_t *count)
{
    struct db_rows rows;
    int more;
    *count = 0;
    *lines = arena_array(arena, struct return_line, QUOTE_LINES);
    int code = db_query(conn, &sql_return_lines, &rows, DB_TEXT(order_slots_ids(arena, &id, 1)));
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1 && *count < QUOTE_LINES)
        (*lines)[(*count)++] = read_line(arena, &rows);
    db_close(&rows);
    return more < 0 ? more : SOUK_OK;
}

int return_order_get(struct db_conn *conn, struct arena *arena, int64_t order_id,
                     struct return_order *order, struct err *err)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_return_order, &rows, DB_INT(order_id)), &rows);
    if (code != SOUK_OK)
        return err_set(err, code, "there is no such order");
    struct souk_str status = db_text(&rows, 1);
    *order = (struct return_order){.number = arena_str(arena, db_text(&rows, 0)),
                                   .open = !souk_str_is(status, "draft") &&
                                           !souk_str_is(status, "cancelled"),
                                   .currency = arena_str(arena, db_text(&rows, 2)),
                                   .captured = db_int(&rows, 3),
                                   .refunded = db_int(&rows, 4),
                                   .total = db_int(&rows, 5),
                                   .delivery = db_int(&rows, 6),
                                   .refunding = db_int(&rows, 7)};
    db_close(&rows);
    return SOUK_OK;
}

int64_t return_payable(const struct return_line *line)
{
    int64_t units = line->received < 0 ? line->quantity : line->received;
    int64_t left = line->of - line->refunded;
    return units < left ? units : left;
}

int64_t return_share(const struct return_line *line)
{
    int64_t units = return_payable(line), left = line->worth - line->credited;
    int64_t share = units == line->of - line->refunded
                        ? left
                        : quote_units(line->worth, line->of, line->refunded, units);
    return share > left ? (left > 0 ? left : 0) : share > 0 ? share : 0;
}

static struct souk_str subject_of(struct arena *arena, const struct return_head *head)
{
    return arena_printf(arena, "order:%lld", (long long)head->order_id);
}

int return_fact(struct db_conn *conn, struct arena *arena, const char *topic,
                const struct return_head *head, int64_t now)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    json_add_int(arena, doc, "order", head->order_id);
    json_add_str(arena, doc, "number", head->order);
    json_add_int(arena, doc, "return", head->id);
    json_add_str(arena, doc, "return_number", head->number);
    json_add_str(arena, doc, "outcome", head->outcome);
    json_add_bool(arena, doc, "door", head->shipment_id != 0);
    json_print(&text, doc);
    return outbox_put(conn, souk_str(topic), subject_of(arena, head), buf_str(&text), now, NULL);
}

int return_note(struct db_conn *conn, struct arena *arena, const struct return_head *head,
                const char *step, const char *to, struct souk_str actor, struct souk_str reason,
                int64_t now)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    json_add_cstr(arena, doc, "machine", "return");
    json_add_str(arena, doc, "return", head->number);
    json_add_cstr(arena, doc, "step", step);
    json_add_str(arena, doc, "from", head->state);
    json_add_cstr(arena, doc, "to", to);
    json_add_str(arena, doc, "reason", reason);
    json_print(&text, doc);
    return audit_put(conn, actor, arena_printf(arena, "return.%s", step), subject_of(arena, head),
                     buf_str(&text), now);
}

/* ---- what may be sent back ---- */

/* Delivered since then: 0 is any time, INT64_MAX never. */
static int64_t window_begin(int64_t now)
{
    int64_t days = market_shop()->returns_days;
    return days > 0 ? now - days * CLOCK_DAY : INT64_MAX;
}

int return_open_lines(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t now,
                      struct json *lines, int64_t *until)
{
    struct return_order order;
    struct db_rows rows;
    int64_t since = window_begin(now), days = market_shop()->returns_days;
    int more = 0;
    *until = 0;
    int code = return_order_get(conn, arena, order_id, &order, NULL);
    if (code != SOUK_OK || !order.open)
        return code;
    code = db_query(conn, &sql_return_open, &rows, DB_INT(order_id));
    while (code == SOUK_OK && (more = db_next(&rows)) == 1) {
        int64_t left = db_int(&rows, 4), at = db_int(&rows, 5);
        if (left <= 0 || at < since)
            continue;
        struct json *line = json_add(arena, lines, NULL, JSON_OBJECT);
        json_add_int(arena, line, "line", db_int(&rows, 0));
        json_add_str(arena, line, "sku", arena_str(arena, db_text(&rows, 1)));
        json_add_str(arena, line, "name", arena_str(arena, db_text(&rows, 2)));
        json_add_str(arena, line, "options", arena_str(arena, db_text(&rows, 3)));
        json_add_int(arena, line, "quantity", left);
        if (at + days * CLOCK_DAY > *until)
            *until = at + days * CLOCK_DAY;
    }
    return code ? code : more < 0 ? more : SOUK_OK;
}

/* ---- asking ---- */

struct asking {
    struct db_conn *conn;
    struct arena *arena;
    int64_t id, order_id, since;
    struct json *errors;
    int units, failed;
};

static void complain(struct asking *a, struct souk_str pointer, const char *detail)
{
    struct json *error = json_add(a->arena, a->errors, NULL, JSON_OBJECT);
    json_add_str(a->arena, error, "pointer", pointer);
    json_add_cstr(a->arena, error, "detail", detail);
    a->failed = 1;
}

/* A code such as "too_small": what the form offers is its own affair. */
static int is_reason(struct souk_str reason)
{
    if (reason.len == 0 || reason.len > REASON_MOST)
        return 0;
    for (size_t i = 0; i < reason.len; i++)
        if (!(reason.ptr[i] >= 'a' && reason.ptr[i] <= 'z') && reason.ptr[i] != '_')
            return 0;
    return 1;
}

static int ask_line(struct asking *a, const struct json *line, size_t index)
{
    int64_t quantity = json_int(json_at(line, "quantity"), -1), changed = 0;
    int64_t id = json_int(json_at(line, "line"), 0);
    struct souk_str reason = str_trim(json_text(json_at(line, "reason")));
    struct souk_str at = arena_printf(a->arena, "/lines/%zu/quantity", index);
    if (quantity == 0)
        return SOUK_OK; /* a line of the form that was left as it was */
    if (quantity < 0) {
        complain(a, at, "a whole number of units is needed");
        return SOUK_OK;
    }
    if (!is_reason(reason)) {
        complain(a, arena_printf(a->arena, "/lines/%zu/reason", index), "choose a reason");
        return SOUK_OK;
    }
    int code = db_run(a->conn, &sql_return_line_take, &changed, DB_INT(a->id), DB_INT(id),
                      DB_INT(quantity), DB_TEXT(reason), DB_INT(a->order_id), DB_INT(a->since));
    if (code == SOUK_CONFLICT)
        complain(a, at, "this line stands twice in the list");
    else if (code == SOUK_OK && !changed)
        complain(a, at, "fewer units than that can be sent back, or the time for it is over");
    else
        a->units++;
    return code == SOUK_CONFLICT ? SOUK_OK : code;
}

static int ask_lines(struct asking *a, const struct json *args, struct err *err)
{
    size_t index = 0;
    int code = SOUK_OK;
    json_each(item, json_at(args, "lines"))
    {
        if (code == SOUK_OK)
            code = ask_line(a, &item->value, index++);
    }
    if (code != SOUK_OK)
        return code;
    if (!a->failed && a->units == 0)
        complain(a, souk_str("/lines"), "choose what is to be sent back");
    return a->failed ? err_set(err, SOUK_INVALID, "the return cannot be taken as it is") : SOUK_OK;
}

static int insert(struct db_conn *conn, struct arena *arena, struct return_head *head,
                  struct souk_str note, int64_t now)
{
    int64_t number = 0;
    char token[TOKEN_BYTES * 4 / 3 + 2];
    rand_token(token, TOKEN_BYTES);
    int code = series_next(conn, "return", &number);
    head->number = arena_printf(arena, "R%lld", (long long)number);
    return code ? code
                : db_run(conn, &sql_return_insert, NULL, DB_INT(head->id), DB_INT(head->order_id),
                         head->shipment_id ? DB_INT(head->shipment_id) : DB_NULL,
                         DB_TEXT(head->number), DB_CSTR(token), DB_TEXT(head->state),
                         DB_TEXT(head->outcome), DB_TEXT(note), DB_INT(now));
}

static int check_terms(const struct json *args, const struct return_order *order, struct asking *a,
                       struct return_head *head, struct souk_str *note, struct err *err)
{
    struct souk_str outcome = json_text(json_at(args, "outcome"));
    *note = str_trim(json_text(json_at(args, "note")));
    head->outcome = outcome.len ? outcome : souk_str("refund");
    if (!order->open)
        return err_set(err, SOUK_CONFLICT,
                       "an order that is cancelled or not placed yet takes no returns (%.*s)",
                       SOUK_PRI(order->number));
    if (a->since == INT64_MAX)
        return err_set(err, SOUK_CONFLICT, "this shop takes no returns here; please write to it");
    if (!souk_str_is(head->outcome, "refund") && !souk_str_is(head->outcome, "exchange"))
        complain(a, souk_str("/outcome"), "choose: money back, or an exchange");
    if (note->len > NOTE_MOST)
        complain(a, souk_str("/note"), "this is too long");
    return a->failed ? err_set(err, SOUK_INVALID, "the return cannot be taken as it is") : SOUK_OK;
}

int return_request(struct db_conn *conn, struct arena *arena, int64_t order_id,
                   const struct json *args, struct souk_str actor, int64_t now, int64_t *id,
                   struct json *errors, struct err *err)
{
    struct return_order order;
    struct souk_str note;
    struct return_head head = {
        .id = id_next(), .order_id = order_id, .state = souk_str("requested")};
    struct asking a = {.conn = conn,
                       .arena = arena,
                       .id = head.id,
                       .order_id = order_id,
                       .errors = errors ? errors : json_new(arena, JSON_ARRAY)};
    /* staff may be generous */
    a.since = souk_str_is(actor, "customer") ? window_begin(now) : 0;
    int code = return_order_get(conn, arena, order_id, &order, err);
    if (code == SOUK_OK)
        code = check_terms(args, &order, &a, &head, &note, err);
    if (code != SOUK_OK)
        return code;
    head.order = order.number;
    code = insert(conn, arena, &head, note, now);
    if (code == SOUK_OK)
        code = ask_lines(&a, args, err);
    if (code == SOUK_OK) {
        struct return_head before = head;
        before.state = souk_str("");
        code = return_note(conn, arena, &before, "request", "requested", actor, note, now);
    }
    if (code == SOUK_OK)
        code = return_fact(conn, arena, "return.requested", &head, now);
    *id = head.id;
    return code;
}

/* ---- refused at the door ---- */

static int door_find(struct db_conn *conn, int64_t shipment_id, int64_t *id, int *waits)
{
    struct db_rows rows;
    *id = 0;
    *waits = 1;
    int code = db_first(db_query(conn, &sql_return_door, &rows, DB_INT(shipment_id)), &rows);
    if (code == SOUK_NOT_FOUND)
        return SOUK_OK;
    if (code != SOUK_OK)
        return code;
    *id = db_int(&rows, 0);
    *waits =
        souk_str_is(db_text(&rows, 1), "approved") || souk_str_is(db_text(&rows, 1), "cancelled");
    db_close(&rows);
    return SOUK_OK;
}

static int door_make(struct db_conn *conn, struct arena *arena, int64_t order_id,
                     int64_t shipment_id, struct souk_str actor, int64_t now, int64_t *id,
                     struct err *err)
{
    struct return_order order;
    struct return_head head = {.id = id_next(),
                               .order_id = order_id,
                               .shipment_id = shipment_id,
                               .state = souk_str("approved"),
                               .outcome = souk_str("refund")};
    int code = return_order_get(conn, arena, order_id, &order, err);
    head.order = order.number;
    *id = head.id;
    if (code == SOUK_OK)
        code = insert(conn, arena, &head, souk_str(""), now);
    head.state = souk_str("");
    if (code == SOUK_OK)
        code =
            return_note(conn, arena, &head, "refuse_at_door", "approved", actor, souk_str(""), now);
    return code ? code : return_fact(conn, arena, "return.approved", &head, now);
}

int return_of_door(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t shipment_id,
                   const struct return_unit *units, size_t count, struct souk_str actor,
                   int64_t now, struct err *err)
{
    int64_t id;
    int waits, code = door_find(conn, shipment_id, &id, &waits);
    if (code != SOUK_OK || !waits || (!id && count == 0))
        return code; /* what is received is received: staff see the parcel's news and decide */
    if (!id)
        code = door_make(conn, arena, order_id, shipment_id, actor, now, &id, err);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_return_door_clear, NULL, DB_INT(id));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_return_door_state, NULL, DB_INT(id),
                      DB_CSTR(count ? "approved" : "cancelled"), DB_INT(now));
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        code = db_run(conn, &sql_return_line_insert, NULL, DB_INT(id), DB_INT(units[i].line_id),
                      DB_INT(units[i].quantity), DB_CSTR("refused_at_door"));
    return code;
}

/* ---- reading ---- */

int return_find(struct db_conn *conn, struct souk_str number, struct souk_str token, int64_t *id)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_return_by_number, &rows, DB_TEXT(number)), &rows);
    if (code != SOUK_OK)
        return code;
    *id = db_int(&rows, 0);
    int known = token.len == 0 || str_equal_secret(token, db_text(&rows, 1));
    db_close(&rows);
    return known ? SOUK_OK : SOUK_NOT_FOUND;
}

static void add_line(struct arena *arena, struct json *list, const struct return_line *from)
{
    struct json *line = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_int(arena, line, "line", from->line_id);
    json_add_str(arena, line, "sku", from->sku);
    json_add_str(arena, line, "name", from->name);
    json_add_str(arena, line, "options", from->options);
    json_add_int(arena, line, "quantity", from->quantity);
    json_add_str(arena, line, "reason", from->reason);
    if (from->received < 0)
        json_add_null(arena, line, "received");
    else
        json_add_int(arena, line, "received", from->received);
    json_add_int(arena, line, "damaged", from->damaged);
}

static void add_head(struct arena *arena, struct json *doc, struct db_rows *rows,
                     enum order_view view)
{
    static const char *const names[] = {"number", "token", "state", "outcome", "note"};
    for (int i = 0; i < 5; i++)
        if (view != ORDER_SHARED || strcmp(names[i], "token") != 0)
            json_add_str(arena, doc, names[i], arena_str(arena, db_text(rows, 2 + i)));
    json_add_str(arena, doc, "order", arena_str(arena, db_text(rows, 11)));
    json_add_time(arena, doc, "created_at", db_int(rows, 9));
    json_add_time(arena, doc, "changed_at", db_int(rows, 10));
    if (db_int(rows, 12) < 0) {
        json_add_null(arena, doc, "refund");
    } else {
        struct json *refund = json_add(arena, doc, "refund", JSON_OBJECT);
        json_add_int(arena, refund, "amount", db_int(rows, 12));
        json_add_str(arena, refund, "state", arena_str(arena, db_text(rows, 13)));
    }
    if (view != ORDER_STAFF)
        return;
    json_add_int(arena, doc, "id", db_int(rows, 0));
    json_add_int(arena, doc, "order_id", db_int(rows, 1));
    json_add_str(arena, doc, "inspection", arena_str(arena, db_text(rows, 7)));
    json_add_bool(arena, doc, "door", db_int(rows, 8) != 0);
}

struct listed { /* documents under way, in the order of their ids */
    int64_t id;
    struct json *lines;
};

static int add_lines(struct db_conn *conn, struct arena *arena, struct souk_str ids,
                     const struct listed *listed, size_t count)
{
    struct db_rows rows;
    size_t at = 0;
    int more, code = db_query(conn, &sql_return_lines, &rows, DB_TEXT(ids));
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1) {
        struct return_line line = read_line(arena, &rows);
        while (at < count && listed[at].id < db_int(&rows, 13))
            at++;
        if (at < count && listed[at].id == db_int(&rows, 13))
            add_line(arena, listed[at].lines, &line);
    }
    return more;
}

/* `ids`: a JSON list. Two queries, however many there are. Each goes to its order's list, or all to
 * `only`. */
static int list_ids(struct db_conn *conn, struct arena *arena, struct souk_str ids, size_t most,
                    const struct order_slots *lists, struct json *only, enum order_view view)
{
    struct listed *listed = arena_array(arena, struct listed, most + 1);
    struct db_rows rows;
    size_t count = 0;
    int more = 0, code = db_query(conn, &sql_return_get, &rows, DB_TEXT(ids));
    if (code != SOUK_OK)
        return code;
    while (count < most && (more = db_next(&rows)) == 1) {
        struct order_slot *slot = only ? NULL : order_slots_find(lists, db_int(&rows, 1));
        struct json *list = slot ? slot->place : only;
        if (!list)
            continue;
        struct json *doc = json_add(arena, list, NULL, JSON_OBJECT);
        add_head(arena, doc, &rows, view);
        listed[count++] =
            (struct listed){db_int(&rows, 0), json_add(arena, doc, "lines", JSON_ARRAY)};
    }
    db_close(&rows);
    return more < 0 ? more : add_lines(conn, arena, ids, listed, count);
}

int return_load(struct db_conn *conn, struct arena *arena, int64_t id, int staff, struct json **doc)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    struct return_head head;
    int code = list_ids(conn, arena, order_slots_ids(arena, &id, 1), 1, NULL, list,
                        staff ? ORDER_STAFF : ORDER_BUYER);
    if (code != SOUK_OK || !list->count)
        return code ? code : SOUK_NOT_FOUND;
    *doc = &list->first->value;
    if (!staff)
        return SOUK_OK;
    code = return_head_get(conn, arena, id, &head, NULL);
    if (code == SOUK_OK)
        return_allowed(arena, &head, json_add(arena, *doc, "allowed", JSON_ARRAY));
    return code ? code
                : return_proposal(conn, arena, id, json_add(arena, *doc, "proposal", JSON_OBJECT));
}

int return_list(struct db_conn *conn, struct arena *arena, const struct order_slots *lists)
{
    struct souk_str ids;
    size_t count;
    int code = order_slots_gather(conn, arena, &sql_return_ids, lists, &ids, &count);
    return code || !count ? code : list_ids(conn, arena, ids, count, lists, NULL, lists->view);
}
