/*
 * payment_move: what became of movements that were asked for. Each ends once: an answer that comes
 * twice (a repeated job, a webhook that was faster) finds it ended and changes nothing.
 */
#include "base/str.h"
#include "shop/payment.sql.h"
#include "shop/payment_inner.h"

int payment_move_get(struct db_conn *conn, struct arena *arena, int64_t id,
                     struct payment_move_row *row)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_payment_move_get, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    *row = (struct payment_move_row){
        .id = db_int(&rows, 0),
        .payment_id = db_int(&rows, 1),
        .amount = db_int(&rows, 2),
        .delivery = db_int(&rows, 3),
        .created_at = db_int(&rows, 4),
        .kind = arena_str(arena, db_text(&rows, 5)),
        .state = arena_str(arena, db_text(&rows, 6)),
        .reference = arena_str(arena, db_text(&rows, 7)),
        .lines = arena_str(arena, db_text(&rows, 8)),
        .reason = arena_str(arena, db_text(&rows, 9)),
        .actor = arena_str(arena, db_text(&rows, 10)),
    };
    db_close(&rows);
    return SOUK_OK;
}

struct ending {
    struct db_conn *conn;
    struct arena *arena;
    struct payment_move_row move;
    struct payment_row row;
    int64_t now;
    struct err *err;
};

static int begin(struct ending *ending, int64_t move_id)
{
    int code = payment_move_get(ending->conn, ending->arena, move_id, &ending->move);
    return code ? code
                : payment_get(ending->conn, ending->arena, ending->move.payment_id, &ending->row);
}

/* The provider's name of the movement belongs to another one that was told of: that one counts. */
static int is_told(struct ending *ending, struct souk_str reference)
{
    int64_t payment_id = 0;
    return reference.len && db_get_int(ending->conn, &sql_payment_move_known, &payment_id,
                                       DB_TEXT(ending->row.provider), DB_TEXT(ending->move.kind),
                                       DB_TEXT(reference)) == SOUK_OK;
}

static int tell(struct ending *ending, int64_t amount)
{
    const char *topic = souk_str_is(ending->move.kind, "capture")  ? "payment.captured"
                        : souk_str_is(ending->move.kind, "refund") ? "payment.refunded"
                                                                   : NULL;
    if (!topic)
        return SOUK_OK;
    return payment_fact(ending->conn, ending->arena, topic, &ending->row, amount, ending->move.id,
                        ending->move.reason, ending->now);
}

/* Money that came for nothing and has gone back: its row among the unmatched is settled. */
static int settle_match(struct ending *ending, int64_t amount)
{
    if (!souk_str_is(ending->move.kind, "refund"))
        return SOUK_OK;
    return db_run(ending->conn, &sql_payment_match_returned, NULL, DB_INT(ending->row.order_id),
                  DB_TEXT(ending->move.actor), DB_INT(ending->now), DB_INT(amount));
}

static int give_back(struct ending *ending)
{
    int code = SOUK_OK;
    if (!souk_str_is(ending->move.kind, "refund"))
        return code;
    if (ending->move.lines.len > 2)
        code = db_run(ending->conn, &sql_payment_lines_move, NULL, DB_INT(ending->row.order_id),
                      DB_TEXT(ending->move.lines), DB_INT(-1));
    if (code == SOUK_OK && ending->move.delivery)
        code = db_run(ending->conn, &sql_payment_delivery_move, NULL, DB_INT(ending->row.order_id),
                      DB_INT(-ending->move.delivery));
    return code;
}

static int fail(struct ending *ending, struct souk_str why)
{
    int64_t changed = 0;
    int code = db_run(ending->conn, &sql_payment_move_fail, &changed, DB_INT(ending->move.id),
                      DB_TEXT(why), DB_INT(ending->now));
    return code == SOUK_OK && !changed ? SOUK_CONFLICT : code;
}

/* A capture that was under way when its order was cancelled: nobody wants this money. If its
 * provider cannot send it back, the row among the unmatched stays for a person. */
static int send_back(struct ending *ending, struct souk_str reference, int64_t amount)
{
    struct payment_order order;
    int code = payment_order_get(ending->conn, ending->arena, ending->row.order_id, &order);
    if (code != SOUK_OK || !souk_str_is(ending->move.kind, "capture") ||
        !souk_str_is(order.status, "cancelled") || amount == 0)
        return code;
    struct payment_found found = {
        .provider = ending->row.provider,
        .reference = reference.len
                         ? reference
                         : arena_printf(ending->arena, "capture-%lld", (long long)ending->move.id),
        .currency = ending->row.currency,
        .amount = amount,
        .order_id = ending->row.order_id,
        .why = "order cancelled"};
    struct payment_step step = {.payment_id = ending->row.id,
                                .amount = amount,
                                .kind = "refund",
                                .provider = ending->row.provider,
                                .actor = souk_str("souk"),
                                .reason = souk_str("order cancelled")};
    code = payment_match_add(ending->conn, &found, ending->now);
    if (code == SOUK_OK)
        code =
            payment_step_ask(ending->conn, ending->arena, &step, ending->row.order_id, ending->now);
    return code ? code
                : db_run(ending->conn, &sql_payment_recount, NULL, DB_INT(ending->row.id),
                         DB_INT(ending->now));
}

/* The provider paid back less than the shares come to: which of them, nobody can say. */
static int strip_lines(struct ending *ending)
{
    int code = give_back(ending);
    return code ? code
                : db_run(ending->conn, &sql_payment_move_bare, NULL, DB_INT(ending->move.id));
}

int payment_move_done(struct db_conn *conn, struct arena *arena, int64_t move_id, int64_t amount,
                      struct souk_str reference, const struct json *data, int64_t now,
                      struct err *err)
{
    struct ending ending = {.conn = conn, .arena = arena, .now = now, .err = err};
    struct buf text = {.arena = arena};
    int code = begin(&ending, move_id);
    if (code != SOUK_OK || !souk_str_is(ending.move.state, "asked"))
        return code;
    if (data && data->kind == JSON_OBJECT) {
        json_print(&text, data);
        code = db_run(conn, &sql_payment_note, NULL, DB_INT(ending.row.id), DB_CSTR(""),
                      DB_CSTR(""), DB_TEXT(buf_str(&text)), DB_INT(now));
    }
    if (code == SOUK_OK && is_told(&ending, reference)) {
        code = fail(&ending, souk_str("it was reported as a movement of its own"));
        return code ? code
                    : payment_follow(conn, arena, &ending.row, ending.move.kind.ptr,
                                     ending.move.actor, ending.move.reason, now, err);
    }
    if (amount == 0 || souk_str_is(ending.move.kind, "void"))
        amount = ending.move.amount;
    if (amount > ending.move.amount || amount < 0)
        return err_set(err, SOUK_CONFLICT, "%lld were asked for, but the provider moved %lld",
                       (long long)ending.move.amount, (long long)amount);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_payment_move_finish, NULL, DB_INT(move_id), DB_INT(amount),
                      DB_TEXT(reference), DB_INT(now));
    if (code == SOUK_OK)
        code = payment_follow(conn, arena, &ending.row, ending.move.kind.ptr, ending.move.actor,
                              ending.move.reason, now, err);
    if (code == SOUK_OK && amount < ending.move.amount && souk_str_is(ending.move.kind, "refund"))
        code = strip_lines(&ending);
    if (code == SOUK_OK)
        code = tell(&ending, amount);
    if (code == SOUK_OK)
        code = send_back(&ending, reference, amount);
    return code == SOUK_OK ? settle_match(&ending, amount) : code;
}

int payment_move_failed(struct db_conn *conn, struct arena *arena, int64_t move_id,
                        struct souk_str why, int64_t now, struct err *err)
{
    struct ending ending = {.conn = conn, .arena = arena, .now = now, .err = err};
    int code = begin(&ending, move_id);
    if (code != SOUK_OK || !souk_str_is(ending.move.state, "asked"))
        return code;
    code = fail(&ending, why);
    if (code == SOUK_OK)
        code = give_back(&ending);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_payment_recount, NULL, DB_INT(ending.row.id), DB_INT(now));
    db_changed(conn, "order", ending.row.order_id);
    return code;
}
