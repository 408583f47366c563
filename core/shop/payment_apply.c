/*
 * payment_apply: what a provider said, made into movements. payment.h says what comes of which
 * news; here each kind of news has a function that finds out whether it is known already, whether
 * it answers a movement that we asked for, whether it fits, and only then writes a row and lets
 * sums and states follow.
 */
#include "base/rand.h"
#include "shop/order.h"
#include "shop/payment.sql.h"
#include "shop/payment_inner.h"

struct applying {
    struct db_conn *conn;
    struct arena *arena;
    const struct payment_news *news;
    struct payment_row row;
    struct payment_order order; /* as it was before */
    struct souk_str reference;  /* of the movement, never empty */
    int64_t now;
    struct err *err;
};

/* 1: this movement stands there already; below 0: a code. */
static int is_known(struct applying *a, const char *kind)
{
    int64_t payment_id = 0;
    int code = db_get_int(a->conn, &sql_payment_move_known, &payment_id, DB_TEXT(a->row.provider),
                          DB_CSTR(kind), DB_TEXT(a->reference));
    if (code == SOUK_NOT_FOUND)
        return 0;
    if (code == SOUK_OK && payment_id != a->row.id)
        return err_set(a->err, SOUK_CONFLICT, "the %s %.*s belongs to another payment (%lld)", kind,
                       SOUK_PRI(a->reference), (long long)payment_id);
    return code == SOUK_OK ? 1 : code;
}

/* The movement that we asked for and that this is the answer to; 0: none. */
static int waiting(struct applying *a, const char *kind, int64_t amount, int64_t *id)
{
    *id = 0;
    int code = db_get_int(a->conn, &sql_payment_move_waiting, id, DB_INT(a->row.id), DB_CSTR(kind),
                          DB_INT(amount));
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

static int answer(struct applying *a, int64_t move_id)
{
    return payment_move_done(a->conn, a->arena, move_id, a->news->amount, a->reference, NULL,
                             a->now, a->err);
}

static int put(struct applying *a, const char *kind, int64_t amount, int64_t *id)
{
    struct payment_step step = {.payment_id = a->row.id,
                                .amount = amount,
                                .kind = kind,
                                .state = "done",
                                .provider = a->row.provider,
                                .reference = a->reference,
                                .actor = a->news->actor};
    if (strcmp(kind, "refund") == 0)
        step.surplus = payment_surplus_in(&a->order, amount);
    int code = payment_step_put(a->conn, &step, a->now);
    *id = step.id;
    return code;
}

static int ask(struct applying *a, const char *kind, int64_t payment_id, int64_t amount,
               const char *reason)
{
    struct payment_row row;
    int code = payment_get(a->conn, a->arena, payment_id, &row);
    struct payment_step step = {.payment_id = payment_id,
                                .amount = amount,
                                .kind = kind,
                                .provider = row.provider,
                                .actor = souk_str("souk"),
                                .reason = souk_str(reason)};
    return code ? code : payment_step_ask(a->conn, a->arena, &step, row.order_id, a->now);
}

static int follow(struct applying *a, const char *step)
{
    return payment_follow(a->conn, a->arena, &a->row, step, a->news->actor, souk_str(""), a->now,
                          a->err);
}

static int match_as(struct applying *a, struct souk_str reference, int64_t amount, const char *why)
{
    struct payment_found found = {.provider = a->row.provider,
                                  .reference = reference,
                                  .currency = a->row.currency,
                                  .text = a->news->text,
                                  .payer = a->news->payer,
                                  .amount = amount,
                                  .order_id = a->row.order_id,
                                  .why = why};
    return payment_match_add(a->conn, &found, a->now);
}

static int match(struct applying *a, int64_t amount, const char *why)
{
    return match_as(a, a->reference, amount, why);
}

static int fact(struct applying *a, const char *topic, int64_t amount, int64_t move_id)
{
    return payment_fact(a->conn, a->arena, topic, &a->row, amount, move_id, a->news->message,
                        a->now);
}

/* An order that is paid needs no other attempt: the one that is still open is closed. */
static int end_live(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t payment_id,
                    int64_t now)
{
    struct payment_order order;
    struct payment_row row;
    int64_t live = 0, asked = 0;
    int code = payment_order_get(conn, arena, order_id, &order);
    if (code != SOUK_OK || payment_open_sum(&order) > 0)
        return code;
    code = db_get_int(conn, &sql_payment_live_id, &live, DB_INT(order_id));
    if (code == SOUK_NOT_FOUND || (code == SOUK_OK && live == payment_id))
        return SOUK_OK;
    if (code == SOUK_OK)
        code =
            db_get_int(conn, &sql_payment_move_asked_count, &asked, DB_INT(live), DB_CSTR("void"));
    if (code == SOUK_OK && !asked)
        code = payment_get(conn, arena, live, &row);
    if (code != SOUK_OK || asked)
        return code;
    struct payment_step step = {.payment_id = live,
                                .kind = "void",
                                .provider = row.provider,
                                .actor = souk_str("souk"),
                                .reason = souk_str("paid otherwise")};
    return payment_step_ask(conn, arena, &step, order_id, now);
}

/* ---- authorised ---- */

static int apply_authorised(struct applying *a)
{
    int64_t amount = a->news->amount ? a->news->amount : a->row.amount, live = 0, id, asked = 0;
    int known = is_known(a, "authorise");
    if (known)
        return known < 0 ? known : SOUK_OK;
    if (amount != a->row.amount)
        return match(a, amount, "amount differs");
    if (souk_str_is(a->row.state, "authorised"))
        return SOUK_OK; /* the whole sum is held: here it comes under another name */
    int code =
        db_get_int(a->conn, &sql_payment_live, &live, DB_INT(a->row.order_id), DB_INT(a->row.id));
    if (code != SOUK_OK)
        return code;
    int late = a->row.captured > 0 || souk_str_is(a->row.state, "cancelled");
    int unwanted = !late && (live > 0 || souk_str_is(a->order.status, "cancelled"));
    if (unwanted)
        code = db_get_int(a->conn, &sql_payment_move_asked_count, &asked, DB_INT(a->row.id),
                          DB_CSTR("void"));
    if (code == SOUK_OK && unwanted && !asked)
        code = ask(a, "void", a->row.id, 0, live ? "another attempt to pay" : "order cancelled");
    if (code != SOUK_OK || (unwanted && live > 0))
        return code; /* two cannot be alive: this one is only held, and is let go */
    code = put(a, "authorise", amount, &id);
    if (code == SOUK_OK)
        code = follow(a, "authorise");
    if (code == SOUK_OK && !unwanted && !late)
        code = fact(a, "payment.authorised", amount, id);
    return code;
}

/* ---- captured ---- */

/* What of a capture the order has no use for. */
static int64_t surplus_of(const struct applying *a, int64_t amount)
{
    if (souk_str_is(a->order.status, "cancelled"))
        return amount;
    int64_t over = amount - payment_open_sum(&a->order);
    return over <= 0 ? 0 : over < amount ? over : amount;
}

static int send_back(struct applying *a, int64_t amount)
{
    const char *why = souk_str_is(a->order.status, "cancelled") ? "order cancelled" : "paid twice";
    int code = match(a, amount, why);
    if (code != SOUK_OK || !a->news->refunds)
        return code;
    code = ask(a, "refund", a->row.id, amount, why);
    return code ? code
                : db_run(a->conn, &sql_payment_recount, NULL, DB_INT(a->row.id), DB_INT(a->now));
}

static int take(struct applying *a, int64_t amount)
{
    int64_t surplus = surplus_of(a, amount), id;
    int code = put(a, "capture", amount, &id);
    if (code == SOUK_OK)
        code = follow(a, "capture");
    if (code == SOUK_OK && amount - surplus > 0)
        code = fact(a, "payment.captured", amount - surplus, id);
    if (code == SOUK_OK && surplus > 0)
        code = send_back(a, surplus);
    return code == SOUK_OK ? end_live(a->conn, a->arena, a->row.order_id, a->row.id, a->now) : code;
}

/* 1: a card's capture that is in the sums already, told of under another name. */
static int is_counted(struct applying *a, int64_t amount, int *counted)
{
    int64_t same = 0;
    *counted = amount == a->row.captured;
    int code = db_get_int(a->conn, &sql_payment_move_same, &same, DB_INT(a->row.id),
                          DB_CSTR("capture"), DB_INT(amount));
    *counted |= same > 0;
    return code;
}

/* Who chooses the sum pays what the order comes to now, after edits too: the payment follows it.
 * What is above that is for nobody yet; of a cancelled order the rest has a row of its own. */
static int take_part(struct applying *a, int64_t amount)
{
    int64_t left = a->row.amount - a->row.captured;
    if (!souk_str_is(a->order.status, "cancelled"))
        left = payment_open_sum(&a->order) > 0 ? payment_open_sum(&a->order) : 0;
    int64_t fits = amount < left ? amount : left;
    int code = db_run(a->conn, &sql_payment_amount, NULL, DB_INT(a->row.id),
                      DB_INT(a->row.captured + left));
    if (code == SOUK_OK && fits > 0)
        code = take(a, fits);
    if (code != SOUK_OK || amount <= fits)
        return code;
    return fits > 0 ? match_as(a, arena_printf(a->arena, "%.*s:over", SOUK_PRI(a->reference)),
                               amount - fits, "over")
                    : match(a, amount, "over");
}

static int apply_captured(struct applying *a)
{
    int64_t left = a->row.amount - a->row.captured, asked = 0;
    int64_t amount = a->news->amount ? a->news->amount : left;
    int known = is_known(a, "capture"), counted = 0;
    if (known || (amount <= 0 && a->row.amount > 0))
        return known < 0 ? known : SOUK_OK;
    int code = waiting(a, "capture", amount, &asked);
    if (code != SOUK_OK || asked)
        return code ? code : answer(a, asked);
    if (a->news->parts)
        return take_part(a, amount);
    code = is_counted(a, amount, &counted);
    if (code != SOUK_OK || (counted && a->row.amount > 0))
        return code;
    return amount == left ? take(a, amount) : match(a, amount, "amount differs");
}

/* ---- refunded, taken back by a bank ---- */

static int apply_back(struct applying *a, const char *kind)
{
    int64_t left = a->row.captured - a->row.refunded - a->row.refunding, asked = 0, id;
    int64_t amount = a->news->amount ? a->news->amount : left;
    int known = is_known(a, kind);
    if (known)
        return known < 0 ? known : SOUK_OK;
    int code = waiting(a, kind, a->news->amount, &asked);
    if (code != SOUK_OK || asked)
        return code ? code : answer(a, asked);
    if (amount > left || a->row.captured == 0)
        return err_set(a->err, SOUK_BUSY,
                       "%lld went back of payment %lld, but only %lld are known to have come",
                       (long long)amount, (long long)a->row.id, (long long)left);
    if (amount == 0)
        return SOUK_OK;
    code = put(a, kind, amount, &id);
    if (code == SOUK_OK)
        code = follow(a, kind);
    return code == SOUK_OK ? fact(a, "payment.refunded", amount, id) : code;
}

/* ---- failed, cancelled, pending ---- */

static payment_hook on_news;

void payment_on_news(payment_hook hook)
{
    on_news = hook;
}

static int tell_hook(struct applying *a, int paid, int *own)
{
    *own = 0;
    return on_news ? on_news(a->conn, a->arena, a->row.id, paid, a->now, own) : SOUK_OK;
}

static int apply_failed(struct applying *a)
{
    int64_t changed = 0;
    int code =
        db_run(a->conn, &sql_payment_fail, &changed, DB_INT(a->row.id),
               DB_TEXT(a->news->message.ptr ? a->news->message : souk_str("")), DB_INT(a->now));
    if (code != SOUK_OK || changed == 0)
        return code;
    int own;
    code = follow(a, "fail");
    if (code == SOUK_OK)
        code = tell_hook(a, 0, &own);
    return code == SOUK_OK && !own ? fact(a, "payment.failed", a->row.amount, 0) : code;
}

static int apply_cancelled(struct applying *a)
{
    int64_t asked = 0, id;
    int own;
    int known = is_known(a, "void");
    if (known || souk_str_is(a->row.state, "cancelled"))
        return known < 0 ? known : SOUK_OK;
    int code = waiting(a, "void", 0, &asked);
    if (code != SOUK_OK || asked)
        return code ? code : answer(a, asked);
    code = put(a, "void", 0, &id);
    if (code == SOUK_OK)
        code = follow(a, "void");
    return code == SOUK_OK ? tell_hook(a, 0, &own) : code;
}

static int apply_pending(struct applying *a)
{
    int code = db_run(a->conn, &sql_payment_begun, NULL, DB_INT(a->row.id), DB_INT(a->now));
    if (code == SOUK_OK && a->news->check_at)
        code =
            db_run(a->conn, &sql_payment_check, NULL, DB_INT(a->row.id), DB_INT(a->news->check_at));
    return code;
}

/* ---- all ---- */

static int note(struct applying *a)
{
    const struct payment_news *news = a->news;
    struct buf data = {.arena = a->arena};
    int open = souk_str_is(a->row.state, "created") || souk_str_is(a->row.state, "pending");
    if (news->data && news->data->kind == JSON_OBJECT)
        json_print(&data, news->data);
    if (!news->payment_reference.len && !news->next.len && !data.len)
        return SOUK_OK;
    int code = db_run(a->conn, &sql_payment_note, NULL, DB_INT(a->row.id),
                      news->payment_reference.len ? DB_TEXT(news->payment_reference) : DB_CSTR(""),
                      open && news->next.len ? DB_TEXT(news->next) : DB_CSTR(""),
                      data.len ? DB_TEXT(buf_str(&data)) : DB_CSTR(""), DB_INT(a->now));
    if (code == SOUK_CONFLICT)
        return err_set(a->err, code, "the %.*s payment %.*s belongs to another order",
                       SOUK_PRI(a->row.provider), SOUK_PRI(news->payment_reference));
    return code;
}

/* News without a name of their own are the one of their kind. */
static struct souk_str name_of(const struct applying *a)
{
    static const char *const kinds[] = {"",       "pending", "authorise", "capture",
                                        "failed", "void",    "refund",    "chargeback"};
    if (a->news->reference.len)
        return a->news->reference;
    return arena_printf(a->arena, "%s-%lld", kinds[a->news->state], (long long)a->row.id);
}

static int apply(struct applying *a)
{
    switch (a->news->state) {
    case SOUK_PAID_PENDING: return apply_pending(a);
    case SOUK_PAID_AUTHORISED: return apply_authorised(a);
    case SOUK_PAID_CAPTURED: return apply_captured(a);
    case SOUK_PAID_FAILED: return apply_failed(a);
    case SOUK_PAID_CANCELLED: return apply_cancelled(a);
    case SOUK_PAID_REFUNDED: return apply_back(a, "refund");
    default: return apply_back(a, "chargeback");
    }
}

int payment_apply(struct db_conn *conn, struct arena *arena, const struct payment_news *news,
                  int64_t now, struct err *err)
{
    struct applying a = {.conn = conn, .arena = arena, .news = news, .now = now, .err = err};
    if (news->state < SOUK_PAID_PENDING || news->state > SOUK_PAID_DISPUTED || news->amount < 0)
        return err_set(err, SOUK_INVALID, "%d is no state of a payment, or %lld is no amount",
                       news->state, (long long)news->amount);
    int own, money = news->state == SOUK_PAID_CAPTURED || news->state == SOUK_PAID_AUTHORISED;
    int code = payment_get(conn, arena, news->payment_id, &a.row);
    if (code == SOUK_OK && money && !a.row.captured)
        code = tell_hook(&a, 1, &own);
    if (code == SOUK_OK)
        code = payment_order_get(conn, arena, a.row.order_id, &a.order);
    if (code != SOUK_OK)
        return code;
    a.reference = name_of(&a);
    code = note(&a);
    return code == SOUK_OK ? apply(&a) : code;
}

/* ---- by hand ---- */

int payment_by_hand(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t amount,
                    struct souk_str reference, struct souk_str actor, struct souk_str reason,
                    int64_t now, struct err *err)
{
    struct payment_order order;
    struct payment_row row = {.order_id = order_id, .provider = souk_str(PAYMENT_BY_HAND)};
    int code = payment_order_get(conn, arena, order_id, &order);
    if (code != SOUK_OK)
        return code;
    int64_t due = payment_open_sum(&order);
    amount = amount ? amount : due;
    if (souk_str_is(order.status, "cancelled"))
        return err_set(err, SOUK_CONFLICT,
                       "the order is cancelled and takes no money; pay back what came in for it "
                       "(%.*s)",
                       SOUK_PRI(order.number));
    if (due <= 0)
        return err_set(err, SOUK_CONFLICT, "nothing is left to be paid");
    if (amount > due)
        return payment_refuse(
            arena, &order, "more was given than is due on the order; take at most that", due, err);
    struct payment_step step = {.amount = amount,
                                .kind = "capture",
                                .state = "done",
                                .provider = row.provider,
                                .reference = reference,
                                .actor = actor,
                                .reason = reason};
    row.id = step.payment_id = id_next();
    row.currency = order.currency;
    /* part_captured: whatever follows makes it "captured"; it must not count as being alive */
    code = db_run(conn, &sql_payment_insert, NULL, DB_INT(row.id), DB_INT(order_id),
                  DB_TEXT(row.provider), DB_CSTR("part_captured"), DB_INT(amount),
                  DB_TEXT(order.currency), DB_CSTR(""), DB_CSTR("{}"), DB_NULL, DB_INT(now),
                  DB_INT(1));
    if (code == SOUK_OK)
        code = payment_step_put(conn, &step, now);
    if (code == SOUK_CONFLICT)
        return err_set(err, code,
                       "money with this reference was taken already; look at the payments, or "
                       "write another reference (%.*s)",
                       SOUK_PRI(reference));
    if (code == SOUK_OK)
        code = payment_follow(conn, arena, &row, "pay", actor, reason, now, err);
    if (code == SOUK_OK)
        code =
            payment_fact(conn, arena, "payment.captured", &row, amount, step.id, souk_str(""), now);
    return code == SOUK_OK ? end_live(conn, arena, order_id, row.id, now) : code;
}
