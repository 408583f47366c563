/*
 * conversion.c: the rows of conversions: made in the transaction of their order, moved by whatever
 * happens to it, or by the end of the time for returns.
 *
 * Facts only say that something has happened; what it means is read from the order. So it does not
 * matter in which order they come, or how often.
 */
#include "app/conversion_inner.h"

#include <stdio.h>
#include <string.h>

#include "app/conversion.sql.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/cart.h"
#include "shop/market.h"
#include "shop/person.h"
#include "store/turn.h"
#include "web/session.h"

#define ATTEMPTS  18 /* the last after three days */
#define KEY_BYTES 12
#define LOOK      CLOCK_SECOND
#define SLICE     50

/* ---- the job ---- */

int conversion_ask(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str provider,
                   int64_t now)
{
    struct souk_str kind = arena_printf(arena, "conversion:%.*s", SOUK_PRI(provider));
    struct souk_str name = arena_printf(arena, "%lld", (long long)id);
    int code = job_add(conn, kind, name, name, name, ATTEMPTS, 0, now, NULL);
    if (code == SOUK_CONFLICT)
        code =
            db_run(conn, &sql_conversion_hasten, NULL, DB_TEXT(kind), DB_TEXT(name), DB_INT(now));
    return code;
}

/* ---- what it is now ---- */

struct head {
    int64_t order_id, amount, due_at;
    struct souk_str provider, state;
    int32_t flags;
    struct conversion_order order;
};

static int read_head(struct db_conn *conn, struct arena *arena, int64_t id, struct head *head)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_conversion_head, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    *head = (struct head){.order_id = db_int(&rows, 0),
                          .provider = arena_str(arena, db_text(&rows, 1)),
                          .state = arena_str(arena, db_text(&rows, 2)),
                          .amount = db_int(&rows, 3),
                          .flags = (int32_t)db_int(&rows, 4),
                          .due_at = db_int(&rows, 5),
                          .order = {.cancelled = souk_str_is(db_text(&rows, 7), "cancelled"),
                                    .total = db_int(&rows, 8),
                                    .refused = db_int(&rows, 9),
                                    .captured = db_int(&rows, 10),
                                    .refunded = db_int(&rows, 11),
                                    .surplus = db_int(&rows, 12),
                                    .delivery_refunded = db_int(&rows, 13),
                                    .include_tax = db_int(&rows, 14) != 0,
                                    .delivered_at = db_int(&rows, 15),
                                    .return_open = db_int(&rows, 16) != 0}};
    db_close(&rows);
    return SOUK_OK;
}

static int read_lines(struct db_conn *conn, struct arena *arena, struct head *head)
{
    struct db_rows rows;
    struct conversion_line *lines = NULL;
    size_t count = 0, cap = 0;
    int more = 0, code = db_query(conn, &sql_conversion_lines, &rows, DB_INT(head->order_id));
    while (code == SOUK_OK && (more = db_next(&rows)) == 1) {
        if (count == cap) {
            struct conversion_line *wider =
                arena_array(arena, struct conversion_line, cap = cap ? cap * 2 : 16);
            if (count)
                memcpy(wider, lines, count * sizeof *lines);
            lines = wider;
        }
        lines[count++] = (struct conversion_line){.quantity = db_int(&rows, 0),
                                                  .cancelled = db_int(&rows, 1),
                                                  .delivered = db_int(&rows, 2),
                                                  .returned = db_int(&rows, 3),
                                                  .refunded = db_int(&rows, 4),
                                                  .refunded_amount = db_int(&rows, 5),
                                                  .total = db_int(&rows, 6),
                                                  .tax = db_int(&rows, 7),
                                                  .at_door = db_int(&rows, 8)};
    }
    head->order.lines = lines;
    head->order.count = count;
    return code ? code : more < 0 ? more : SOUK_OK;
}

static int set(struct db_conn *conn, struct arena *arena, int64_t id, const struct head *head,
               const struct conversion_judged *judged, int64_t now)
{
    struct db_arg due = judged->due_at ? DB_INT(judged->due_at) : DB_NULL;
    int same = souk_str_is(head->state, judged->state) && head->amount == judged->amount;
    if (same && head->due_at == judged->due_at)
        return SOUK_OK;
    if (same)
        return db_run(conn, &sql_conversion_set_due, NULL, DB_INT(id), due);
    int code = db_run(conn, &sql_conversion_set, NULL, DB_INT(id), DB_CSTR(judged->state),
                      DB_INT(judged->amount), due, DB_INT(now));
    return code ? code : conversion_ask(conn, arena, id, head->provider, now);
}

int conversion_settle(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now)
{
    struct head head;
    struct conversion_judged judged;
    int code = read_head(conn, arena, id, &head);
    if (code == SOUK_OK)
        code = read_lines(conn, arena, &head);
    if (code != SOUK_OK)
        return code;
    conversion_judge(&head.order, head.state, head.flags, market_shop()->returns_days * CLOCK_DAY,
                     now, &judged);
    return set(conn, arena, id, &head, &judged, now);
}

int conversion_counts(struct db_conn *conn, struct arena *arena, int64_t id, int64_t **counts,
                      size_t *count)
{
    struct head head;
    int code = read_head(conn, arena, id, &head);
    if (code == SOUK_OK)
        code = read_lines(conn, arena, &head);
    if (code != SOUK_OK)
        return code;
    *count = head.order.count;
    *counts = arena_array(arena, int64_t, head.order.count + 1);
    conversion_share(&head.order, head.flags, head.amount, *counts);
    return SOUK_OK;
}

/* ---- made ---- */

/* The click that the order belongs to; 0: none. */
static int find_click(struct request *request, struct db_conn *conn, const struct cart *cart,
                      int64_t now, int64_t *click)
{
    *click = 0;
    session_find(request);
    if (conversion_refused(request) ||
        (cart->person_id && consent_held(conn, cart->person_id, "analytics") == 0))
        return SOUK_OK;
    int code =
        db_get_int(conn, &sql_conversion_click_last, click, DB_TEXT(conversion_token(request)),
                   DB_INT(cart->person_id), DB_INT(cart->id), DB_INT(now));
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

/* An order of nothing is told too, though its amount is what the row began with. */
static int tell_nothing(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_conversion_waits, &rows, DB_INT(id)), &rows);
    if (code == SOUK_OK)
        db_close(&rows);
    return code == SOUK_NOT_FOUND ? conversion_again(conn, arena, id, now) : code;
}

int conversion_place(struct request *request, struct db_conn *conn, const struct cart *cart,
                     int64_t order_id, int64_t now)
{
    struct arena *arena = &request->arena;
    char key[KEY_BYTES * 4 / 3 + 3];
    int64_t click = 0, made = 0, id = id_next();
    if (!conversion_any())
        return SOUK_OK;
    int code = find_click(request, conn, cart, now, &click);
    if (code != SOUK_OK || !click)
        return code;
    rand_token(key, KEY_BYTES);
    code = db_run(conn, &sql_conversion_put, &made, DB_INT(id), DB_INT(order_id), DB_INT(click),
                  DB_CSTR(key), DB_INT(now));
    if (code != SOUK_OK || !made)
        return code;
    code = conversion_settle(conn, arena, id, now);
    return code ? code : tell_nothing(conn, arena, id, now);
}

/* ---- moved ---- */

int conversion_wants(struct souk_str topic)
{
    return conversion_any() && (str_starts(topic, "order.") || str_starts(topic, "payment.") ||
                                str_starts(topic, "shipment.") || str_starts(topic, "return."));
}

static int settle_all(struct db_conn *conn, struct arena *arena, const int64_t *ids, size_t count,
                      int64_t now)
{
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        code = conversion_settle(conn, arena, ids[i], now);
    return code;
}

static int read_ids(struct db_rows *rows, int code, int64_t *ids, size_t room, size_t *count)
{
    int more = 0;
    *count = 0;
    while (code == SOUK_OK && *count < room && (more = db_next(rows)) == 1)
        ids[(*count)++] = db_int(rows, 0);
    if (code == SOUK_OK)
        db_close(rows);
    return code ? code : more < 0 ? more : SOUK_OK;
}

int conversion_from_fact(struct db_conn *conn, struct arena *arena, const struct outbox_fact *fact,
                         int64_t now)
{
    struct db_rows rows;
    struct err err = {0};
    struct json *payload = NULL;
    int64_t ids[SLICE];
    size_t count;
    if (!conversion_wants(fact->topic) ||
        json_parse(arena, fact->payload, &payload, &err) != SOUK_OK)
        return SOUK_OK;
    int64_t order = json_int(json_at(payload, "order"), 0);
    if (!order)
        return SOUK_OK;
    int code = read_ids(&rows, db_query(conn, &sql_conversion_of_order, &rows, DB_INT(order)), ids,
                        SLICE, &count);
    return code ? code : settle_all(conn, arena, ids, count, now);
}

/* ---- the clock's turn ---- */

static int due_write(struct db_conn *conn)
{
    struct db_rows rows;
    struct arena arena = {0};
    int64_t ids[SLICE], now = clock_now();
    size_t count;
    int code =
        read_ids(&rows, db_query(conn, &sql_conversion_due, &rows, DB_INT(now), DB_INT(SLICE)), ids,
                 SLICE, &count);
    if (code == SOUK_OK)
        code = settle_all(conn, &arena, ids, count, now);
    arena_free(&arena);
    return code;
}

static int is_due(struct db_conn *conn)
{
    int64_t id;
    return db_get_int(conn, &sql_conversion_due, &id, DB_INT(clock_now()), DB_INT(1)) == SOUK_OK;
}

void conversion_turn(struct db *db)
{
    static struct turn turn = {
        .waits = is_due, .fn = due_write, .failed = "conversion.not_settled", .every = LOOK};
    conversion_click_turn(db);
    if (conversion_any())
        turn_take(db, &turn);
}
