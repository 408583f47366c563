/*
 * payment: the rows of payments: made, found, shown, and the schedule on which a silent provider is
 * asked.
 *
 * A payment's sums are never added to by hand: each movement is a row of its own, and the sums and
 * the state are reckoned from these rows in one statement (payment_recount), whose table refuses
 * what cannot be (refunded and being refunded <= captured <= authorised). The order's sums are
 * those of its payments, and its payment status follows from them. So news may come twice, late, or
 * in any order.
 */
#include "shop/payment_inner.h"

#include "base/clock.h"
#include "base/money.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/order.h"
#include "shop/order_slots.h"
#include "shop/payment.sql.h"
#include "store/job.h"
#include "store/outbox.h"

#define ATTEMPTS    200                 /* every 6 hours, for weeks: money does not give up */
#define BEGIN_AFTER (20 * CLOCK_SECOND) /* the checkout itself begins it, unless it is cut off */

/* ---- rows ---- */

static struct souk_str kept(struct arena *arena, struct db_rows *rows, int column)
{
    return arena_str(arena, db_text(rows, column));
}

static void read_row(struct arena *arena, struct db_rows *rows, struct payment_row *row)
{
    *row = (struct payment_row){
        .id = db_int(rows, 0),
        .order_id = db_int(rows, 1),
        .provider = kept(arena, rows, 2),
        .state = kept(arena, rows, 3),
        .amount = db_int(rows, 4),
        .currency = kept(arena, rows, 5),
        .authorised = db_int(rows, 6),
        .captured = db_int(rows, 7),
        .refunding = db_int(rows, 8),
        .refunded = db_int(rows, 9),
        .reference = kept(arena, rows, 10),
        .next = kept(arena, rows, 11),
        .data = kept(arena, rows, 12),
        .why = kept(arena, rows, 13),
        .check_at = db_int(rows, 14),
        .checks = db_int(rows, 15),
        .created_at = db_int(rows, 16),
    };
}

static int first_row(int code, struct arena *arena, struct db_rows *rows, struct payment_row *row)
{
    code = db_first(code, rows);
    if (code != SOUK_OK)
        return code;
    read_row(arena, rows, row);
    db_close(rows);
    return SOUK_OK;
}

int payment_get(struct db_conn *conn, struct arena *arena, int64_t id, struct payment_row *row)
{
    struct db_rows rows;
    return first_row(db_query(conn, &sql_payment_get, &rows, DB_INT(id)), arena, &rows, row);
}

int payment_of(struct db_conn *conn, struct arena *arena, int64_t order_id, struct payment_row *row)
{
    struct db_rows rows;
    return first_row(
        db_query(conn, &sql_payment_latest, &rows, DB_TEXT(order_slots_ids(arena, &order_id, 1))),
        arena, &rows, row);
}

int payment_of_each(struct db_conn *conn, struct arena *arena, struct souk_str order_ids,
                    payment_each each, void *user)
{
    struct db_rows rows;
    struct payment_row row;
    int more, code = db_query(conn, &sql_payment_latest, &rows, DB_TEXT(order_ids));
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1) {
        read_row(arena, &rows, &row);
        each(arena, &row, user);
    }
    return more;
}

int payment_find(struct db_conn *conn, struct arena *arena, struct souk_str provider,
                 struct souk_str reference, struct payment_row *row)
{
    struct db_rows rows;
    return first_row(
        db_query(conn, &sql_payment_by_reference, &rows, DB_TEXT(provider), DB_TEXT(reference)),
        arena, &rows, row);
}

int payment_order_get(struct db_conn *conn, struct arena *arena, int64_t order_id,
                      struct payment_order *order)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_payment_order, &rows, DB_INT(order_id)), &rows);
    if (code != SOUK_OK)
        return code;
    *order = (struct payment_order){
        .number = kept(arena, &rows, 0),
        .status = kept(arena, &rows, 1),
        .payment_status = kept(arena, &rows, 2),
        .currency = kept(arena, &rows, 3),
        .total = db_int(&rows, 4),
        .authorised = db_int(&rows, 5),
        .captured = db_int(&rows, 6),
        .refunded = db_int(&rows, 7),
        .include_tax = db_int(&rows, 8) != 0,
        .delivery = db_int(&rows, 9) - db_int(&rows, 10),
        .delivery_refunded = db_int(&rows, 12),
        .surplus = db_int(&rows, 13),
        .refunding = db_int(&rows, 14),
    };
    if (!order->include_tax)
        order->delivery += db_int(&rows, 11);
    db_close(&rows);
    return SOUK_OK;
}

int64_t payment_open_sum(const struct payment_order *order)
{
    return order->total - (order->captured - order->surplus);
}

int payment_refuse(struct arena *arena, const struct payment_order *order, const char *words,
                   int64_t amount, struct err *err)
{
    struct souk_str sum = money_format(arena, amount, arena_cstr(arena, order->currency), "en");
    return err_set(err, SOUK_CONFLICT, "%s (%.*s)", words, SOUK_PRI(sum));
}

int64_t payment_surplus_in(const struct payment_order *order, int64_t amount)
{
    int64_t over = order->captured - order->refunded - order->refunding - order->total;
    if (over <= 0 || souk_str_is(order->status, "cancelled"))
        return 0;
    return over < amount ? over : amount;
}

/* ---- movements ---- */

int payment_step_put(struct db_conn *conn, struct payment_step *step, int64_t now)
{
    step->id = id_next();
    return db_run(conn, &sql_payment_move_insert, NULL, DB_INT(step->id), DB_INT(step->payment_id),
                  DB_CSTR(step->kind), DB_CSTR(step->state), DB_INT(step->amount),
                  DB_TEXT(step->provider), DB_TEXT(step->reference),
                  step->lines.len ? DB_TEXT(step->lines) : DB_CSTR("[]"), DB_INT(step->delivery),
                  DB_TEXT(step->actor), DB_TEXT(step->reason), DB_INT(now), DB_INT(step->surplus));
}

int payment_job(struct db_conn *conn, struct arena *arena, const char *kind, int64_t order_id,
                int64_t id, int64_t due, int64_t now)
{
    return job_add(conn, souk_str(kind), souk_str(""),
                   arena_printf(arena, "order:%lld", (long long)order_id),
                   arena_printf(arena, "%lld", (long long)id), ATTEMPTS, due, now, NULL);
}

int payment_step_ask(struct db_conn *conn, struct arena *arena, struct payment_step *step,
                     int64_t order_id, int64_t now)
{
    step->state = "asked";
    int code = payment_step_put(conn, step, now);
    return code ? code : payment_job(conn, arena, "souk:payment", order_id, step->id, now, now);
}

int payment_fact(struct db_conn *conn, struct arena *arena, const char *topic,
                 const struct payment_row *row, int64_t amount, int64_t move_id,
                 struct souk_str why, int64_t now)
{
    struct payment_order order;
    int code = payment_order_get(conn, arena, row->order_id, &order);
    if (code != SOUK_OK)
        return code;
    struct json *payload = json_new(arena, JSON_OBJECT);
    json_add_int(arena, payload, "order", row->order_id);
    json_add_str(arena, payload, "number", order.number);
    json_add_int(arena, payload, "payment", row->id);
    json_add_str(arena, payload, "provider", row->provider);
    json_add_int(arena, payload, "amount", amount);
    json_add_str(arena, payload, "currency", row->currency);
    if (move_id)
        json_add_int(arena, payload, "move", move_id);
    if (why.len)
        json_add_str(arena, payload, "why", why);
    struct buf out = {.arena = arena};
    json_print(&out, payload);
    return outbox_put(conn, souk_str(topic),
                      arena_printf(arena, "order:%lld", (long long)row->order_id), buf_str(&out),
                      now, NULL);
}

/* ---- what follows from movements ---- */

static const char *status_of(const struct payment_order *order, const struct payment_row *latest)
{
    int64_t captured = order->captured - order->surplus;
    if (captured > 0) { /* what had been too much and went back tells nothing */
        if (order->refunded > order->surplus)
            return order->refunded >= order->captured ? "refunded" : "part_refunded";
        return captured >= order->total ? "paid" : "part_paid";
    }
    if (order->captured > 0)
        return "refunded";
    if (order->authorised > 0)
        return "authorised";
    return souk_str_is(latest->state, "failed")      ? "failed"
           : souk_str_is(latest->state, "cancelled") ? "voided"
                                                     : "pending";
}

/* Staying where it is leaves a trace only where that is an edge: a second part of a refund. */
static int is_repeat(const char *step, const char *to)
{
    int parts = strcmp(to, "part_paid") == 0 || strcmp(to, "part_refunded") == 0;
    return parts && (strcmp(step, "capture") == 0 || strcmp(step, "pay") == 0 ||
                     strcmp(step, "refund") == 0 || strcmp(step, "chargeback") == 0);
}

static int move_order(struct db_conn *conn, struct arena *arena, int64_t order_id,
                      const struct payment_order *order, const char *step, struct souk_str actor,
                      struct souk_str reason, int64_t now, struct err *err)
{
    struct payment_row latest;
    int code = payment_of(conn, arena, order_id, &latest);
    if (code != SOUK_OK)
        return code;
    const char *to = status_of(order, &latest);
    int same = souk_str_is(order->payment_status, to);
    if (same && !is_repeat(step, to))
        return SOUK_OK;
    if (!order_edge_declared(ORDER_MACHINE_PAYMENT, step, order->payment_status, to))
        return SOUK_OK;
    return order_move(conn, arena, order_id, ORDER_MACHINE_PAYMENT, step, to, actor, reason, now,
                      err);
}

int payment_follow(struct db_conn *conn, struct arena *arena, const struct payment_row *row,
                   const char *step, struct souk_str actor, struct souk_str reason, int64_t now,
                   struct err *err)
{
    struct payment_order order;
    int code = db_run(conn, &sql_payment_recount, NULL, DB_INT(row->id), DB_INT(now));
    if (code == SOUK_CONFLICT)
        return err_set(err, code, "payment %lld cannot take this movement: %s", (long long)row->id,
                       db_error(conn));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_payment_recount_order, NULL, DB_INT(row->order_id), DB_INT(now));
    if (code == SOUK_OK)
        code = payment_order_get(conn, arena, row->order_id, &order);
    if (code == SOUK_OK)
        code = move_order(conn, arena, row->order_id, &order, step, actor, reason, now, err);
    if (code != SOUK_OK)
        return code;
    db_changed(conn, "order", row->order_id);
    if (!souk_str_is(order.status, "placed") || order.refunded > order.surplus ||
        (order.authorised < order.total && payment_open_sum(&order) > 0))
        return SOUK_OK;
    return order_move(conn, arena, row->order_id, ORDER_MACHINE_ORDER, "confirm", "confirmed",
                      actor, souk_str(""), now, err);
}

/* ---- beginning ---- */

static struct souk_str printed(struct arena *arena, const struct json *tree)
{
    struct buf out = {.arena = arena};
    if (!tree || tree->kind != JSON_OBJECT)
        return souk_str("{}");
    json_print(&out, tree);
    return buf_str(&out);
}

static int begun_state(const char *begun)
{
    return !begun                             ? 0
           : strcmp(begun, "authorised") == 0 ? SOUK_PAID_AUTHORISED
           : strcmp(begun, "captured") == 0   ? SOUK_PAID_CAPTURED
                                              : SOUK_PAID_PENDING;
}

/* The order says that money is being waited for. */
static int wait_for(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t now)
{
    struct payment_order order;
    int code = payment_order_get(conn, arena, order_id, &order);
    if (code != SOUK_OK || !(souk_str_is(order.payment_status, "none") ||
                             souk_str_is(order.payment_status, "failed") ||
                             souk_str_is(order.payment_status, "voided")))
        return code;
    return order_move(conn, arena, order_id, ORDER_MACHINE_PAYMENT, "begin", "pending",
                      souk_str("souk"), souk_str(""), now, NULL);
}

int payment_open(struct db_conn *conn, struct arena *arena, const struct payment_begin *begin,
                 int64_t now, int64_t *id)
{
    int state = begun_state(begin->begun);
    int64_t check_at = begin->check_at ? begin->check_at : state ? 0 : payment_next_check(0, now);
    *id = id_next();
    int code = db_run(conn, &sql_payment_insert, NULL, DB_INT(*id), DB_INT(begin->order_id),
                      DB_CSTR(begin->provider), DB_CSTR(state ? "pending" : "created"),
                      DB_INT(begin->amount), DB_TEXT(begin->currency), DB_TEXT(begin->next),
                      DB_TEXT(printed(arena, begin->data)), check_at ? DB_INT(check_at) : DB_NULL,
                      DB_INT(now), DB_INT(state != 0));
    if (code == SOUK_OK && begin->reference.len)
        code = db_run(conn, &sql_payment_note, NULL, DB_INT(*id), DB_TEXT(begin->reference),
                      DB_CSTR(""), DB_CSTR(""), DB_INT(now));
    if (code == SOUK_OK)
        code = wait_for(conn, arena, begin->order_id, now);
    if (code != SOUK_OK)
        return code;
    if (state == SOUK_PAID_PENDING && begin->check_at)
        code =
            db_run(conn, &sql_payment_hold, NULL, DB_INT(begin->order_id), DB_INT(begin->check_at));
    if (code != SOUK_OK)
        return code;
    if (!state)
        return payment_job(conn, arena, "souk:begin", begin->order_id, *id, now + BEGIN_AFTER, now);
    if (state == SOUK_PAID_PENDING)
        return SOUK_OK;
    struct payment_news news = {.payment_id = *id,
                                .state = state,
                                .reference = arena_printf(arena, "begin-%lld", (long long)*id),
                                .actor = arena_printf(arena, "plugin:%s", begin->provider)};
    return payment_apply(conn, arena, &news, now, NULL);
}

/* An attempt that failed may still be open at the provider: it is closed there, or the shopper
 * could pay in both. */
static int close_failed(struct db_conn *conn, struct arena *arena, const struct payment_row *row,
                        int64_t now)
{
    if (!souk_str_is(row->state, "failed") || row->reference.len == 0)
        return SOUK_OK;
    struct payment_step step = {.payment_id = row->id,
                                .kind = "void",
                                .provider = row->provider,
                                .actor = souk_str("souk"),
                                .reason = souk_str("another attempt to pay")};
    return payment_step_ask(conn, arena, &step, row->order_id, now);
}

int payment_again(struct db_conn *conn, struct arena *arena, const struct payment_begin *begin,
                  int64_t now, int64_t *id, struct err *err)
{
    struct payment_order order;
    struct payment_row last;
    int64_t live = 0;
    int code = payment_order_get(conn, arena, begin->order_id, &order);
    if (code == SOUK_OK)
        code = db_get_int(conn, &sql_payment_live, &live, DB_INT(begin->order_id), DB_INT(0));
    if (code != SOUK_OK)
        return code;
    if (souk_str_is(order.status, "cancelled") || souk_str_is(order.status, "closed"))
        return err_set(err, SOUK_CONFLICT,
                       "the order is over and cannot be paid any more (%.*s, %.*s)",
                       SOUK_PRI(order.number), SOUK_PRI(order.status));
    if (live > 0)
        return err_set(err, SOUK_CONFLICT,
                       "the order is being paid already; wait for that to end, or void it (%.*s)",
                       SOUK_PRI(order.number));
    int64_t due = payment_open_sum(&order);
    if (due <= 0)
        return err_set(err, SOUK_CONFLICT, "nothing is left to be paid");
    if (begin->amount > due)
        return payment_refuse(
            arena, &order, "more was given than is due on the order; take at most that", due, err);
    code = payment_of(conn, arena, begin->order_id, &last);
    if (code == SOUK_OK)
        code = close_failed(conn, arena, &last, now);
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        return code;
    int64_t until = begin->check_at;
    if (!begin->begun)
        until = begin->hold ? now + begin->hold : 0;
    code = db_run(conn, &sql_payment_order_method, NULL, DB_INT(begin->order_id),
                  DB_CSTR(begin->provider), begin->label.len ? DB_TEXT(begin->label) : DB_CSTR(""),
                  until ? DB_INT(until) : DB_NULL);
    if (code != SOUK_OK)
        return code;
    return payment_open(conn, arena, begin, now, id);
}

/* ---- the schedule of questions ---- */

int64_t payment_next_check(int64_t checks, int64_t now)
{
    static const int64_t waits[] = {2 * CLOCK_MINUTE, 10 * CLOCK_MINUTE, 60 * CLOCK_MINUTE,
                                    360 * CLOCK_MINUTE, 1440 * CLOCK_MINUTE};
    int64_t last = (int64_t)(sizeof waits / sizeof *waits) - 1;
    return now + waits[checks < 0 ? 0 : checks > last ? last : checks];
}

int payment_due(struct db_conn *conn, int64_t now, int64_t *ids, size_t room, size_t *count)
{
    struct db_rows rows;
    int more = 0;
    *count = 0;
    int code = db_query(conn, &sql_payment_due, &rows, DB_INT(now), DB_INT(room));
    if (code != SOUK_OK)
        return code;
    while (*count < room && (more = db_next(&rows)) == 1)
        ids[(*count)++] = db_int(&rows, 0);
    db_close(&rows);
    return more < 0 ? more : SOUK_OK;
}

int payment_check_later(struct db_conn *conn, int64_t id, int64_t now)
{
    struct arena arena = {0};
    struct payment_row row;
    int code = payment_get(conn, &arena, id, &row);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_payment_checked, NULL, DB_INT(id),
                      DB_INT(payment_next_check(row.checks + 1, now)));
    if (code == SOUK_OK) {
        struct souk_str key = arena_printf(&arena, "%lld", (long long)id);
        code = job_add(conn, souk_str("souk:check"), key, souk_str(""), key, 1, now, now, NULL);
    }
    arena_free(&arena);
    return code == SOUK_CONFLICT ? SOUK_OK : code; /* one is under way */
}

/* ---- showing ---- */

static struct json *tree_of(struct arena *arena, struct souk_str text)
{
    struct json *tree = NULL;
    return text.len && json_parse(arena, text, &tree, NULL) == SOUK_OK ? tree : NULL;
}

struct json *payment_next(struct arena *arena, const struct payment_row *row, int client)
{
    struct json *shown = json_new(arena, JSON_OBJECT);
    json_each(item, tree_of(arena, row->next))
    {
        if (client || !souk_str_is(item->key, "client"))
            *json_add_key(arena, shown, item->key, JSON_NULL) = item->value;
    }
    return shown->count ? shown : json_new(arena, JSON_NULL);
}

static struct json *list_one(struct arena *arena, const struct payment_row *row, int staff,
                             struct json *list)
{
    struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_str(arena, item, "provider", row->provider);
    json_add_str(arena, item, "state", row->state);
    json_add_int(arena, item, "amount", row->amount);
    json_add_str(arena, item, "currency", row->currency);
    json_add_int(arena, item, "authorised", row->authorised);
    json_add_int(arena, item, "captured", row->captured);
    json_add_int(arena, item, "refunded", row->refunded);
    json_add_tree(arena, item, "next", payment_next(arena, row, 0));
    if (row->why.len)
        json_add_str(arena, item, "why", row->why);
    json_add_time(arena, item, "created_at", row->created_at);
    if (!staff)
        return NULL;
    json_add_int(arena, item, "id", row->id);
    json_add_int(arena, item, "refunding", row->refunding);
    json_add_str(arena, item, "reference", row->reference);
    if (row->check_at)
        json_add_time(arena, item, "check_at", row->check_at);
    return json_add(arena, item, "moves", JSON_ARRAY);
}

static void list_move(struct arena *arena, struct db_rows *rows, struct json *moves)
{
    struct json *move = json_add(arena, moves, NULL, JSON_OBJECT);
    const struct json *lines = tree_of(arena, kept(arena, rows, 7));
    json_add_int(arena, move, "id", db_int(rows, 1));
    json_add_str(arena, move, "kind", kept(arena, rows, 2));
    json_add_str(arena, move, "state", kept(arena, rows, 3));
    json_add_int(arena, move, "amount", db_int(rows, 4));
    json_add_int(arena, move, "delivery", db_int(rows, 5));
    json_add_str(arena, move, "reference", kept(arena, rows, 6));
    if (lines)
        json_add_tree(arena, move, "lines", lines);
    json_add_str(arena, move, "reason", kept(arena, rows, 8));
    json_add_str(arena, move, "why", kept(arena, rows, 9));
    json_add_str(arena, move, "actor", kept(arena, rows, 10));
    json_add_time(arena, move, "at", db_int(rows, 11));
    if (db_int(rows, 12))
        json_add_time(arena, move, "done_at", db_int(rows, 12));
}

struct shown { /* a payment and the list that its movements go to */
    int64_t id;
    struct json *moves;
};

static int list_moves(struct db_conn *conn, struct arena *arena, int64_t order_id,
                      const struct shown *shown, size_t count)
{
    struct db_rows rows;
    int more, code = db_query(conn, &sql_payment_moves, &rows, DB_INT(order_id));
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1)
        for (size_t i = 0; i < count; i++)
            if (shown[i].id == db_int(&rows, 0))
                list_move(arena, &rows, shown[i].moves);
    return more;
}

int payment_list(struct db_conn *conn, struct arena *arena, int64_t order_id, int staff,
                 struct json *list)
{
    struct shown shown[64];
    struct db_rows rows;
    struct payment_row row;
    size_t count = 0;
    int more, code = db_query(conn, &sql_payment_of_order, &rows, DB_INT(order_id));
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1) {
        read_row(arena, &rows, &row);
        struct json *moves = list_one(arena, &row, staff, list);
        if (moves && count < sizeof shown / sizeof *shown)
            shown[count++] = (struct shown){row.id, moves};
    }
    if (more < 0 || !staff)
        return more;
    return list_moves(conn, arena, order_id, shown, count);
}
