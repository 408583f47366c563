/*
 * order_stock: the goods of orders: promised when an order is placed, free again when it is
 * cancelled or made smaller, gone when a parcel leaves.
 *
 * The idea: a reservation is a row of (order, variant), and stock.reserved is the sum of these;
 * both are written by the same call. Demand is summed by variant first (two lines may ask for the
 * same), and taken for all variants by one guarded UPDATE: what it did not change was not to be
 * had. Nothing is read first and written later, so two orders for the last one cannot both get it.
 *
 * Every variant of an order is reserved, also one whose stock is not counted: turning the counting
 * on later finds the numbers right.
 */
#include "shop/order.h"

#include <stdlib.h>
#include "base/rand.h"
#include "shop/order_inner.h"
#include "shop/order_stock.sql.h"
#include "shop/stock.h"

struct demand {
    int64_t variant_id, quantity;
    int taken;
};

static int compare_demand(const void *a, const void *b)
{
    const struct demand *one = a, *other = b;
    return (one->variant_id > other->variant_id) - (one->variant_id < other->variant_id);
}

/* Sums by variant, in the order of their ids. */
static size_t demand_of(const struct quote *quote, struct demand *list)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < quote->count; i++)
        if (quote->lines[i].variant_id)
            list[count++] =
                (struct demand){quote->lines[i].variant_id, quote->lines[i].quantity, 0};
    qsort(list, count, sizeof *list, compare_demand);
    for (size_t i = 0; i < count; i++)
        if (kept && list[kept - 1].variant_id == list[i].variant_id)
            list[kept - 1].quantity += list[i].quantity;
        else
            list[kept++] = list[i];
    return kept;
}

/* [[variant, quantity], …] of those that are taken or not (`taken` -1: all). */
static struct souk_str list_text(struct arena *arena, const struct demand *list, size_t count,
                                 int taken)
{
    struct buf out = {.arena = arena};
    buf_add_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        if (taken >= 0 && list[i].taken != taken)
            continue;
        buf_add_cstr(&out, out.len > 1 ? ",[" : "[");
        buf_add_int(&out, list[i].variant_id);
        buf_add_char(&out, ',');
        buf_add_int(&out, list[i].quantity);
        buf_add_char(&out, ']');
    }
    buf_add_char(&out, ']');
    return buf_str(&out);
}

static struct souk_str ids_text(struct arena *arena, const struct demand *list, size_t count)
{
    struct buf out = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        buf_add_char(&out, i ? ',' : '[');
        buf_add_int(&out, list[i].variant_id);
    }
    buf_add_char(&out, ']');
    return buf_str(&out);
}

static int reserve(struct db_conn *conn, struct arena *arena, struct demand *list, size_t count,
                   size_t *taken)
{
    struct db_rows rows;
    int code =
        db_query(conn, &sql_order_stock_reserve, &rows, DB_TEXT(list_text(arena, list, count, 0)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct demand key = {.variant_id = db_int(&rows, 0)};
        struct demand *found = bsearch(&key, list, count, sizeof *list, compare_demand);
        found->taken = 1;
        ++*taken;
        code = SOUK_OK;
    }
    return code;
}

static void add_short(struct arena *arena, struct json *lines, const struct quote *quote,
                      int64_t variant_id, int64_t available)
{
    for (size_t i = 0; lines && i < quote->count; i++) {
        const struct quote_line *line = &quote->lines[i];
        if (line->variant_id != variant_id)
            continue;
        struct json *item = json_add(arena, lines, NULL, JSON_OBJECT);
        json_add_str(arena, item, "line", arena_printf(arena, "%lld", (long long)line->id));
        json_add_str(arena, item, "sku", line->sku);
        json_add_str(arena, item, "name", line->name);
        json_add_int(arena, item, "quantity", line->quantity);
        json_add_int(arena, item, "available", available);
    }
}

/* What was taken goes back; what was short is told. */
static int refuse(struct db_conn *conn, struct arena *arena, const struct quote *quote,
                  const struct demand *list, size_t count, struct json *lines)
{
    struct db_rows rows;
    int code = db_run(conn, &sql_order_stock_undo, NULL, DB_TEXT(list_text(arena, list, count, 1)));
    if (code == SOUK_OK)
        code =
            db_query(conn, &sql_order_stock_free, &rows, DB_TEXT(list_text(arena, list, count, 0)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        add_short(arena, lines, quote, db_int(&rows, 0), db_int(&rows, 1));
        code = SOUK_OK;
    }
    return code ? code : SOUK_CONFLICT;
}

int reservation_take(struct db_conn *conn, struct arena *arena, int64_t order_id,
                     const struct quote *quote, struct json *short_lines, int64_t now)
{
    struct demand *list = arena_array(arena, struct demand, quote->count + 1);
    size_t count = demand_of(quote, list), taken = 0;
    int64_t made = 0;
    (void)now; /* a promise moves no goods: the ledger hears of it when they leave */
    if (count == 0)
        return SOUK_OK;
    int code = reserve(conn, arena, list, count, &taken);
    if (code == SOUK_OK && taken < count) {
        struct souk_str missing = list_text(arena, list, count, 0);
        code = db_run(conn, &sql_order_stock_begin, &made, DB_TEXT(missing));
        if (code == SOUK_OK && made)
            code = reserve(conn, arena, list, count, &taken);
    }
    if (code == SOUK_OK && taken < count)
        return refuse(conn, arena, quote, list, count, short_lines);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_order_stock_keep, NULL, DB_INT(order_id),
                      DB_TEXT(list_text(arena, list, count, -1)));
    return code ? code : stock_refresh_list(conn, ids_text(arena, list, count));
}

/* Takes it off the order's row: SOUK_CONFLICT when it holds less. */
static int lower(struct db_conn *conn, int64_t order_id, int64_t variant_id, int64_t quantity)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_order_stock_drop, &changed, DB_INT(order_id), DB_INT(variant_id),
                      DB_INT(quantity));
    if (code == SOUK_OK && changed == 0)
        code = db_run(conn, &sql_order_stock_lower, &changed, DB_INT(order_id), DB_INT(variant_id),
                      DB_INT(quantity));
    if (code == SOUK_OK && changed == 0)
        return db_refuse(conn, SOUK_CONFLICT, "the order does not hold %lld of this in stock",
                         (long long)quantity);
    return code;
}

int reservation_give(struct db_conn *conn, int64_t order_id, int64_t variant_id, int64_t quantity,
                     int64_t now)
{
    int64_t changed = 0;
    (void)now;
    if (quantity <= 0)
        return quantity ? SOUK_INVALID : SOUK_OK;
    int code = lower(conn, order_id, variant_id, quantity);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_order_stock_give, &changed, DB_INT(variant_id), DB_INT(quantity));
    if (code == SOUK_OK && changed == 0)
        return db_refuse(conn, SOUK_ERROR, "variant %lld has less reserved than its orders hold",
                         (long long)variant_id);
    return code ? code : stock_refresh(conn, variant_id, NULL);
}

int reservation_use(struct db_conn *conn, int64_t order_id, int64_t variant_id, int64_t quantity,
                    struct souk_str subject, int64_t now)
{
    int64_t changed = 0;
    if (quantity <= 0)
        return quantity ? SOUK_INVALID : SOUK_OK;
    int code = lower(conn, order_id, variant_id, quantity);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_order_stock_use, &changed, DB_INT(variant_id), DB_INT(quantity));
    if (code == SOUK_OK && changed == 0)
        return db_refuse(conn, SOUK_CONFLICT,
                         "there are fewer than %lld in stock by the books; count them first",
                         (long long)quantity);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_order_stock_note, NULL, DB_INT(id_next()), DB_INT(variant_id),
                      DB_INT(-quantity), DB_TEXT(subject), DB_INT(now));
    return code ? code : stock_refresh(conn, variant_id, NULL);
}

int reservation_give_all(struct db_conn *conn, struct arena *arena, int64_t order_id)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_order_stock_variants, &rows, DB_INT(order_id)), &rows);
    if (code != SOUK_OK)
        return code;
    struct souk_str variants = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    if (souk_str_is(variants, "[]"))
        return SOUK_OK;
    code = db_run(conn, &sql_order_stock_give_all, NULL, DB_INT(order_id));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_order_stock_drop_all, NULL, DB_INT(order_id));
    return code ? code : stock_refresh_list(conn, variants);
}
