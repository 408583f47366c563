/*
 * booking.c: see booking.h. A provider that is away at that moment keeps its place: the order is
 * cancelled all the same, and a line in the log says so.
 */
#include "app/booking.h"

#include "app/checkout.sql.h"
#include "base/log.h"
#include "bridge/provider.h"
#include "shop/order.h"

static int give_back(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t now)
{
    struct db_rows rows;
    struct provider_scope scope;
    struct err err = {0};
    struct json *choice = NULL;
    (void)now;
    int code = db_first(db_query(conn, &sql_checkout_booking, &rows, DB_INT(order_id)), &rows);
    if (code != SOUK_OK)
        return code;
    struct souk_str number = arena_str(arena, db_text(&rows, 0));
    struct souk_str method = arena_str(arena, db_text(&rows, 1));
    struct souk_str data = arena_str(arena, db_text(&rows, 2));
    db_close(&rows);
    if (!method.len || json_parse(arena, data, &choice, &err) != SOUK_OK)
        return SOUK_OK;
    provider_scope_job(&scope, db_of(conn), arena, NULL);
    scope.kind = SOUK_WRITE;
    scope.conn = conn;
    code = delivery_free(&scope, method, number, choice, &err);
    provider_scope_end(&scope);
    if (code != SOUK_OK)
        log_warn("booking.kept", LOG_S("order", arena_cstr(arena, number)),
                 LOG_S("reason", err.text));
    return SOUK_OK;
}

void booking_setup(void)
{
    order_on_cancel(give_back);
}
