/*
 * payment_ask: movements that we ask for: capture, void, refund. Asking writes the movement in
 * state "asked" and its job; the provider's answer makes it "done" or "failed".
 *
 * A refund takes its units, its part of the delivery and its money at once when it is asked for,
 * and gives them back when it fails: so two that are asked for at the same time cannot take the
 * same. Shares are exact: units take what quote_units says, and the last ones whatever is left of
 * their line, so that any split of a line comes to the whole of it, and added tax is a part of it.
 */
#include "base/money.h"
#include "base/str.h"
#include "shop/order.h"
#include "shop/payment.sql.h"
#include "shop/payment_inner.h"
#include "shop/quote.h"

#define LINES 200

/* ---- capture, void ---- */

static int ask_capture(struct db_conn *conn, struct arena *arena, const struct payment_ask *ask,
                       int64_t now, int64_t *move_id, struct err *err)
{
    struct payment_order order;
    struct payment_row row;
    int64_t payment_id = 0, asked = 0;
    int code = db_get_int(conn, &sql_payment_capturable, &payment_id, DB_INT(ask->order_id));
    if (code == SOUK_NOT_FOUND)
        return err_set(
            err, SOUK_CONFLICT,
            "no payment of this order holds money that could be captured; record what came "
            "in another way as paid by hand");
    if (code == SOUK_OK)
        code = payment_get(conn, arena, payment_id, &row);
    if (code == SOUK_OK)
        code = payment_order_get(conn, arena, ask->order_id, &order);
    if (code == SOUK_OK)
        code = db_get_int(conn, &sql_payment_move_sum_asked, &asked, DB_INT(payment_id),
                          DB_CSTR("capture"));
    if (code != SOUK_OK)
        return code;
    int64_t left = row.authorised - row.captured - asked;
    int64_t due = payment_open_sum(&order) - asked; /* an edit may have made it less */
    int64_t most = left < due ? left : due;
    int64_t amount = ask->amount ? ask->amount : most;
    if (most <= 0)
        return err_set(err, SOUK_CONFLICT,
                       "nothing is left to be captured: it was captured, is being captured, or is "
                       "not due any more");
    if (amount > most)
        return payment_refuse(arena, &order,
                              "more was asked for than can be captured; capture at most that", most,
                              err);
    struct payment_step step = {.payment_id = payment_id,
                                .amount = amount,
                                .kind = "capture",
                                .provider = row.provider,
                                .actor = ask->actor,
                                .reason = ask->reason};
    code = payment_step_ask(conn, arena, &step, ask->order_id, now);
    *move_id = step.id;
    return code;
}

static int ask_void(struct db_conn *conn, struct arena *arena, const struct payment_ask *ask,
                    int64_t now, int64_t *move_id, struct err *err)
{
    struct payment_row row;
    int64_t payment_id = 0;
    int code = db_get_int(conn, &sql_payment_voidable, &payment_id, DB_INT(ask->order_id));
    if (code == SOUK_NOT_FOUND)
        return err_set(err, SOUK_CONFLICT,
                       "no payment is open that could be voided; what was captured is paid back "
                       "with a refund");
    if (code == SOUK_OK)
        code = payment_get(conn, arena, payment_id, &row);
    if (code != SOUK_OK)
        return code;
    code = db_get_int(conn, &sql_payment_move_waiting, move_id, DB_INT(payment_id), DB_CSTR("void"),
                      DB_INT(0));
    if (code != SOUK_NOT_FOUND)
        return code; /* asked for already: the same one */
    struct payment_step step = {.payment_id = payment_id,
                                .kind = "void",
                                .provider = row.provider,
                                .actor = ask->actor,
                                .reason = ask->reason};
    code = payment_step_ask(conn, arena, &step, ask->order_id, now);
    *move_id = step.id;
    return code;
}

/* ---- refund: what it is for ---- */

struct refund {
    struct db_conn *conn;
    struct arena *arena;
    const struct payment_ask *ask;
    struct payment_order order;
    struct err *err;
    int64_t now;
    int64_t line[LINES], quantity[LINES], share[LINES], kept[LINES];
    size_t count;
    int64_t delivery, amount, surplus;
};

static int check_wanted(const struct json *lines, struct err *err)
{
    size_t at = 0;
    json_each(item, lines)
    {
        if (json_int(json_at(&item->value, "line"), 0) <= 0 ||
            json_int(json_at(&item->value, "quantity"), 0) <= 0 ||
            json_int(json_at(&item->value, "quantity"), 0) > QUOTE_QUANTITY)
            return err_set(err, SOUK_INVALID,
                           "/lines/%zu: a refund names a line and a quantity above 0", at);
        at++;
    }
    return at > LINES
               ? err_set(err, SOUK_INVALID,
                         "/lines: a refund takes at most so many lines; make two of it (%d)", LINES)
               : SOUK_OK;
}

static int take_line(struct refund *refund, struct db_rows *rows)
{
    int64_t quantity = db_int(rows, 1), done = db_int(rows, 4), wanted = db_int(rows, 7);
    int64_t full = db_int(rows, 2) + (refund->order.include_tax ? 0 : db_int(rows, 3));
    int64_t left = full - db_int(rows, 5), share;
    if (wanted > quantity - done)
        return err_set(refund->err, SOUK_CONFLICT,
                       "more units were chosen than are left to be paid back; choose at most that "
                       "many (%.*s: %lld)",
                       SOUK_PRI(db_text(rows, 6)), (long long)(quantity - done));
    share = wanted == quantity - done ? left : quote_units(full, quantity, done, wanted);
    if (share > left)
        share = left;
    size_t at = refund->count++;
    refund->line[at] = db_int(rows, 0);
    refund->quantity[at] = wanted;
    refund->share[at] = share > 0 ? share : 0;
    return SOUK_OK;
}

static size_t lines_in(const struct json *lines)
{
    size_t count = 0; /* different ones */
    json_each(item, lines)
    {
        int again = 0;
        json_each(before, lines)
        {
            if (before == item)
                break;
            again |= json_int(json_at(&before->value, "line"), 0) ==
                     json_int(json_at(&item->value, "line"), 0);
        }
        count += !again;
    }
    return count;
}

static int take_lines(struct refund *refund)
{
    struct buf text = {.arena = refund->arena};
    struct db_rows rows;
    int more = 0;
    if (!refund->ask->lines || refund->ask->lines->count == 0)
        return SOUK_OK;
    int code = check_wanted(refund->ask->lines, refund->err);
    if (code != SOUK_OK)
        return code;
    json_print(&text, refund->ask->lines);
    code = db_query(refund->conn, &sql_payment_refund_lines, &rows, DB_INT(refund->ask->order_id),
                    DB_TEXT(buf_str(&text)));
    while (code == SOUK_OK && (more = db_next(&rows)) == 1)
        code = take_line(refund, &rows);
    if (more == 1)
        db_close(&rows);
    if (code != SOUK_OK || more < 0)
        return code ? code : more;
    return refund->count == lines_in(refund->ask->lines)
               ? SOUK_OK
               : err_set(refund->err, SOUK_INVALID,
                         "/lines: one of them is not of this order; name lines of the order");
}

static int take_delivery(struct refund *refund)
{
    int64_t left = refund->order.delivery - refund->order.delivery_refunded;
    int64_t wanted = refund->ask->delivery < 0 ? left : refund->ask->delivery;
    if (wanted > left)
        return payment_refuse(
            refund->arena, &refund->order,
            "more of the delivery was chosen than is left to be paid back; choose "
            "at most that",
            left > 0 ? left : 0, refund->err);
    refund->delivery = wanted;
    return SOUK_OK;
}

/* Lines and delivery with a sum: it is what is left of their shares after a fee. The goods bear it,
 * each its part, and only what is above their worth is taken from the delivery. Units are worth
 * their whole share all the same, so that the fee does not go back with the last of them. */
static int keep_fee(struct refund *refund, int64_t whole)
{
    int64_t wanted = refund->ask->amount, goods = whole - refund->delivery;
    refund->amount = whole;
    if (!wanted || wanted == whole)
        return SOUK_OK;
    if (wanted > whole)
        return payment_refuse(refund->arena, &refund->order,
                              "these lines and this delivery are worth less than the sum; write at "
                              "most that, or choose more of them",
                              whole, refund->err);
    int64_t fee = whole - wanted, of_goods = fee < goods ? fee : goods;
    if (of_goods > 0) {
        int code = money_split(of_goods, refund->share, refund->count, refund->kept);
        if (code != SOUK_OK)
            return code;
    }
    for (size_t i = 0; i < refund->count; i++)
        refund->share[i] -= refund->kept[i];
    refund->delivery -= fee - of_goods;
    refund->amount = wanted;
    return SOUK_OK;
}

static void add_line(struct arena *arena, struct json *list, const struct refund *refund, size_t at,
                     int64_t amount)
{
    struct json *line = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_int(arena, line, "line", refund->line[at]);
    json_add_int(arena, line, "quantity", refund->quantity[at]);
    json_add_int(arena, line, "amount", amount);
    if (refund->kept[at])
        json_add_int(arena, line, "kept", refund->kept[at]);
}

static struct souk_str list_text(struct arena *arena, const struct json *list)
{
    struct buf text = {.arena = arena};
    json_print(&text, list);
    return buf_str(&text);
}

static struct souk_str lines_text(struct refund *refund)
{
    struct json *list = json_new(refund->arena, JSON_ARRAY);
    for (size_t i = 0; i < refund->count; i++)
        add_line(refund->arena, list, refund, i, refund->share[i]);
    return list_text(refund->arena, list);
}

/* ---- refund: from which payments ---- */

struct source {
    int64_t payment_id, left;
    struct souk_str provider;
};

static int read_sources(struct refund *refund, struct source *sources, size_t room, size_t *count,
                        int64_t *left)
{
    struct db_rows rows;
    int more, code = db_query(refund->conn, &sql_payment_refundable, &rows,
                              DB_INT(refund->ask->order_id));
    *count = 0;
    *left = 0;
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1) {
        *left += db_int(&rows, 1);
        if (*count < room)
            sources[(*count)++] = (struct source){db_int(&rows, 0), db_int(&rows, 1),
                                                  arena_str(refund->arena, db_text(&rows, 2))};
    }
    return more;
}

/* Cuts what one payment gives back out of the whole: money of lines, then of the delivery. A line's
 * units and fee go with its first part. */
static struct souk_str cut_lines(struct refund *refund, int64_t amount, int64_t *delivery)
{
    struct json *list = json_new(refund->arena, JSON_ARRAY);
    for (size_t i = 0; i < refund->count; i++) {
        int64_t part = refund->share[i] < amount ? refund->share[i] : amount;
        if (part == 0 && (refund->share[i] || !refund->quantity[i]))
            continue;
        add_line(refund->arena, list, refund, i, part);
        refund->share[i] -= part;
        refund->quantity[i] = refund->kept[i] = 0;
        amount -= part;
    }
    *delivery = refund->delivery < amount ? refund->delivery : amount;
    refund->delivery -= *delivery;
    return list_text(refund->arena, list);
}

/* One movement; that of money which a person took is done with the asking: they pay it out. */
static int ask_one(struct refund *refund, const struct source *source, int64_t amount,
                   int64_t *move_id)
{
    struct payment_row row;
    int64_t delivery = 0, surplus = refund->surplus < amount ? refund->surplus : amount;
    struct souk_str lines = cut_lines(refund, amount, &delivery);
    refund->surplus -= surplus;
    struct payment_step step = {.payment_id = source->payment_id,
                                .amount = amount,
                                .delivery = delivery,
                                .surplus = surplus,
                                .kind = "refund",
                                .state = "asked",
                                .provider = source->provider,
                                .lines = lines,
                                .actor = refund->ask->actor,
                                .reason = refund->ask->reason};
    int hand = souk_str_is(source->provider, PAYMENT_BY_HAND);
    int code = payment_get(refund->conn, refund->arena, source->payment_id, &row);
    if (code == SOUK_OK)
        code =
            hand ? payment_step_put(refund->conn, &step, refund->now)
                 : payment_step_ask(refund->conn, refund->arena, &step, row.order_id, refund->now);
    *move_id = step.id;
    if (code == SOUK_OK)
        code =
            db_run(refund->conn, &sql_payment_recount, NULL, DB_INT(row.id), DB_INT(refund->now));
    if (code != SOUK_OK || !hand)
        return code;
    return payment_move_done(refund->conn, refund->arena, step.id, amount, souk_str(""), NULL,
                             refund->now, refund->err);
}

/* From the latest payment that can give back all of it, or else from several, the latest first:
 * the parts of a line come to its share together. */
static int ask_sources(struct refund *refund, const struct source *sources, size_t count,
                       int64_t *move_id)
{
    int64_t left = refund->amount;
    int code = SOUK_OK;
    for (size_t i = 0; i < count; i++)
        if (sources[i].left >= left)
            return ask_one(refund, &sources[i], left, move_id);
    for (size_t i = 0; code == SOUK_OK && left > 0 && i < count; i++) {
        int64_t part = sources[i].left < left ? sources[i].left : left;
        code = ask_one(refund, &sources[i], part, move_id);
        left -= part;
    }
    return code == SOUK_OK && left > 0
               ? payment_refuse(refund->arena, &refund->order,
                                "the order has too many payments for one refund; pay back at most "
                                "that, and then the rest",
                                refund->amount - left, refund->err)
               : code;
}

static int take_units(struct refund *refund)
{
    int code = SOUK_OK;
    if (refund->count)
        code = db_run(refund->conn, &sql_payment_lines_move, NULL, DB_INT(refund->ask->order_id),
                      DB_TEXT(lines_text(refund)), DB_INT(1));
    if (code == SOUK_OK && refund->delivery)
        code = db_run(refund->conn, &sql_payment_delivery_move, NULL, DB_INT(refund->ask->order_id),
                      DB_INT(refund->delivery));
    return code;
}

/* What was chosen comes to nothing, or to more than was paid: why, and what can be done instead. */
static int check_amount(struct refund *refund, int64_t left)
{
    int chosen = refund->count || refund->delivery;
    if (chosen && refund->amount <= 0)
        return err_set(refund->err, SOUK_CONFLICT,
                       "what was chosen cost nothing, as a gift does, so there is nothing to pay "
                       "back for it: if it comes back, record a return; to pay money back all the "
                       "same, choose lines that were paid for, or write a sum");
    if (left <= 0)
        return err_set(refund->err, SOUK_CONFLICT,
                       "no money of this order is left to be paid back: none has come in, or all "
                       "of it was paid back or is on its way; look at its payments");
    if (refund->amount > left)
        return payment_refuse(refund->arena, &refund->order,
                              "more was asked for than is left of what was paid; pay back at most "
                              "that",
                              left, refund->err);
    return SOUK_OK;
}

static int ask_refund(struct db_conn *conn, struct arena *arena, const struct payment_ask *ask,
                      int64_t now, int64_t *move_id, struct err *err)
{
    struct refund *refund = arena_new(arena, struct refund);
    struct source sources[32];
    int64_t left = 0, whole = 0;
    size_t count = 0;
    *refund = (struct refund){.conn = conn, .arena = arena, .ask = ask, .err = err, .now = now};
    int code = payment_order_get(conn, arena, ask->order_id, &refund->order);
    if (code == SOUK_OK)
        code = read_sources(refund, sources, sizeof sources / sizeof *sources, &count, &left);
    if (code == SOUK_OK)
        code = take_lines(refund);
    if (code == SOUK_OK)
        code = take_delivery(refund);
    if (code != SOUK_OK)
        return code;
    for (size_t i = 0; i < refund->count; i++)
        whole += refund->share[i];
    whole += refund->delivery;
    if (refund->count == 0 && refund->delivery == 0)
        refund->amount = ask->amount ? ask->amount : left;
    else
        code = keep_fee(refund, whole);
    if (code == SOUK_OK)
        code = check_amount(refund, left);
    if (code != SOUK_OK)
        return code;
    refund->surplus = payment_surplus_in(&refund->order, refund->amount);
    code = take_units(refund);
    return code == SOUK_OK ? ask_sources(refund, sources, count, move_id) : code;
}

int payment_ask(struct db_conn *conn, struct arena *arena, const struct payment_ask *ask,
                int64_t now, int64_t *move_id, struct err *err)
{
    *move_id = 0;
    if (ask->amount < 0)
        return err_set(err, SOUK_INVALID, "/amount: an amount is not below 0");
    if (strcmp(ask->kind, "capture") == 0)
        return ask_capture(conn, arena, ask, now, move_id, err);
    if (strcmp(ask->kind, "void") == 0)
        return ask_void(conn, arena, ask, now, move_id, err);
    if (strcmp(ask->kind, "refund") == 0)
        return ask_refund(conn, arena, ask, now, move_id, err);
    return err_set(err, SOUK_INVALID, "\"%s\" is no movement; it is capture, void or refund",
                   ask->kind);
}
