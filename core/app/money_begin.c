/*
 * money_begin.c: beginning payments, and asking how they stand. The order is on disk before its
 * provider hears of it; the key of begin() is made of the payment's id, so a second try is the same
 * one. What a call came to is told to the domain (payment_apply), which alone decides what it
 * means.
 */
#include "app/money_inner.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shop/order.h"
#include "store/turn.h"

#define BEGIN_MOST (20 * 60 * CLOCK_MINUTE) /* providers remember a key for a day */

int money_view(const struct provider_scope *scope, struct db_conn *conn, int64_t payment_id,
               struct souk_payment *view, struct payment_row *row)
{
    int code = payment_get(conn, scope->arena, payment_id, row);
    return code ? code : payment_view(conn, scope->arena, row, view);
}

int money_read(const struct provider_scope *scope, int64_t payment_id, struct souk_payment *view,
               struct payment_row *row)
{
    struct db_conn *conn = db_read_begin(scope->db, 0);
    if (!conn)
        return SOUK_UNAVAILABLE;
    int code = money_view(scope, conn, payment_id, view, row);
    db_read_end(conn);
    return code;
}

/* ---- telling ---- */

struct telling {
    const struct provider_scope *scope;
    const struct payment_row *row;
    const struct souk_payment_result *result;
    int began;
};

static struct souk_str or_empty(struct souk_str text)
{
    return text.ptr ? text : souk_str("");
}

/* {"redirect": …, "client": {"provider": …, …}}, each if there is one. */
static struct souk_str next_of(struct arena *arena, struct souk_str provider,
                               const struct souk_payment_result *result)
{
    struct json *next = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    if (result->redirect.len)
        json_add_str(arena, next, "redirect", result->redirect);
    if (result->client) {
        struct json *client = json_add(arena, next, "client", JSON_OBJECT);
        json_add_str(arena, client, "provider", provider);
        json_each(fact, (const struct json *)result->client)
            json_add_key(arena, client, fact->key, JSON_STRING)
                ->text = json_text(&fact->value);
    }
    if (!next->count)
        return souk_str("");
    json_print(&text, next);
    return buf_str(&text);
}

/* How much went back is told as a sum; what we know of is not told again. */
static int is_old_refund(const struct telling *telling, struct payment_news *news,
                         struct arena *arena)
{
    int64_t known = telling->row->refunded + telling->row->refunding;
    if (telling->began || news->state != SOUK_PAID_REFUNDED)
        return 0;
    int64_t whole = news->amount ? news->amount : telling->row->captured;
    news->amount = whole - known;
    news->reference =
        arena_printf(arena, "refund-%lld-%lld", (long long)telling->row->id, (long long)whole);
    return news->amount <= 0;
}

static int tell_write(struct db_conn *conn, void *arg)
{
    struct telling *telling = arg;
    const struct souk_payment_result *result = telling->result;
    struct arena scratch = {0};
    struct err err = {0};
    struct payment_news news = {
        .payment_id = telling->row->id,
        .state = result->state,
        .amount = result->amount,
        .payment_reference = telling->began ? or_empty(result->reference) : souk_str(""),
        .next = next_of(&scratch, telling->row->provider, result),
        .message = or_empty(result->message),
        .data = (const struct json *)result->data,
        .check_at = result->check_at,
        .actor = arena_printf(&scratch, "plugin:payment_%.*s", SOUK_PRI(telling->row->provider)),
    };
    payment_traits(telling->scope->set, telling->row->provider, &news.parts, &news.refunds);
    int code = SOUK_OK;
    if (!is_old_refund(telling, &news, &scratch))
        code = payment_apply(conn, &scratch, &news, clock_now(), &err);
    arena_free(&scratch);
    return code ? db_refuse(conn, code, "%s", err.text[0] ? err.text : err_name(code)) : SOUK_OK;
}

int money_tell(struct db *db, const struct provider_scope *scope, const struct payment_row *row,
               const struct souk_payment_result *result, int began, struct err *err)
{
    struct telling telling = {.scope = scope, .row = row, .result = result, .began = began};
    return db_write(db, tell_write, &telling, err);
}

/* ---- begin ---- */

static int is_wanted(struct db *db, struct souk_str state, int64_t order_id)
{
    struct order_states states;
    struct db_conn *conn;
    if (!souk_str_is(state, "created") || !(conn = db_read_begin(db, 0)))
        return 0;
    int code = order_states(conn, order_id, &states);
    db_read_end(conn);
    return code == SOUK_OK && strcmp(states.order, "cancelled") != 0;
}

static int fail(const struct provider_scope *scope, const struct payment_row *row, const char *why,
                struct err *err)
{
    struct souk_payment_result failed = {.state = SOUK_PAID_FAILED,
                                         .message = arena_str(scope->arena, souk_str(why))};
    struct err written = {0};
    int code = money_tell(scope->db, scope, row, &failed, 1, &written);
    if (code != SOUK_OK && err)
        *err = written;
    return code;
}

int money_begin(const struct provider_scope *scope, int64_t payment_id, struct payment_row *row,
                struct err *err)
{
    struct souk_payment view;
    struct souk_payment_result result;
    struct err said = {0};
    struct provider_scope own = *scope;
    int32_t flags;
    int code = money_read(scope, payment_id, &view, row);
    if (code != SOUK_OK || !is_wanted(scope->db, row->state, row->order_id))
        return code;
    if (clock_now() - row->created_at > BEGIN_MOST) {
        code = fail(scope, row, "", err);
        return code ? code : money_read(scope, payment_id, &view, row);
    }
    if (payment_flags(scope->set, row->provider, &flags) != SOUK_OK)
        return err_set(err, SOUK_UNAVAILABLE, "payment provider \"%.*s\" is away",
                       SOUK_PRI(row->provider));
    own.conn = NULL;
    own.kind = SOUK_TASK;
    own.locale = arena_cstr(scope->arena, view.locale);
    code = payment_call(&own, PAYMENT_BEGIN, &view, row->provider, NULL, &result, &said);
    if (code != SOUK_OK && !money_is_final(code))
        return err_set(err, code, "%s", said.text);
    code = code == SOUK_OK ? money_tell(scope->db, scope, row, &result, 1, err)
                           : fail(scope, row, said.text, err);
    return code ? code : money_read(scope, payment_id, &view, row);
}

/* ---- check ---- */

int money_check(struct db *db, struct arena *arena, int64_t payment_id, struct err *err)
{
    struct provider_scope scope;
    struct souk_payment view;
    struct souk_payment_result result;
    struct payment_row row;
    provider_scope_job(&scope, db, arena, NULL);
    int code = money_read(&scope, payment_id, &view, &row);
    int open = code == SOUK_OK &&
               (souk_str_is(row.state, "pending") || souk_str_is(row.state, "authorised"));
    if (open && payment_can(scope.set, row.provider, PAYMENT_FETCH)) {
        scope.locale = arena_cstr(arena, view.locale);
        code = payment_call(&scope, PAYMENT_FETCH, &view, row.provider, NULL, &result, err);
        if (code == SOUK_OK)
            code = money_tell(db, &scope, &row, &result, 0, err);
    }
    provider_scope_end(&scope);
    return code;
}

/* ---- the clock's turn ---- */

#define TURN      (10 * CLOCK_SECOND)
#define TURN_MOST 64

static int is_due(struct db_conn *conn)
{
    int64_t id;
    size_t count = 0;
    return payment_due(conn, clock_now(), &id, 1, &count) == SOUK_OK && count;
}

/* Each gets its job and the time of its next question in one write. */
static int ask_due(struct db_conn *conn)
{
    int64_t ids[TURN_MOST], now = clock_now();
    size_t count = 0;
    int code = payment_due(conn, now, ids, TURN_MOST, &count);
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        code = payment_check_later(conn, ids[i], now);
    return code;
}

void money_turn(struct db *db)
{
    static struct turn turn = {
        .waits = is_due, .fn = ask_due, .failed = "payment.not_checked", .every = TURN};
    turn_take(db, &turn);
}
