/*
 * match.c: money that came and that nobody could put to an order. Each sum is shown with the orders
 * that it seems to be for (as much is due, or the payer wrote the number), and is put to one,
 * marked as sent back, or as nothing of the shop's, with a reason.
 */
#include "app/admin/order_page.h"
#include "app/admin/route.h"
#include "app/admin_order.sql.h"
#include "base/str.h"
#include "bridge/bridge.h"
#include "shop/order.h"
#include "shop/payment.h"

static const char *const decisions[] = {"matched", "returned", "ignored", NULL};

static void add_text(struct arena *arena, struct json *row, const char *key, struct db_rows *rows,
                     int column)
{
    json_add_str(arena, row, key, arena_str(arena, db_text(rows, column)));
}

static void add_id(struct arena *arena, struct json *row, const char *key, int64_t id)
{
    json_add_str(arena, row, key, arena_printf(arena, "%lld", (long long)id));
}

/* What waits; *ids gets theirs. */
static int list_open(struct db_conn *conn, struct arena *arena, struct json *list, struct buf *ids)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_admin_match_list, &rows);
    buf_add_char(ids, '[');
    while (!code && (code = db_next(&rows)) == 1) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        buf_printf(ids, "%s%lld", ids->len > 1 ? "," : "", (long long)db_int(&rows, 0));
        add_id(arena, row, "id", db_int(&rows, 0));
        add_text(arena, row, "provider", &rows, 1);
        add_text(arena, row, "reference", &rows, 2);
        json_add_int(arena, row, "amount", db_int(&rows, 3));
        add_text(arena, row, "currency", &rows, 4);
        add_text(arena, row, "text", &rows, 5);
        add_text(arena, row, "payer", &rows, 6);
        add_text(arena, row, "why", &rows, 7);
        json_add_int(arena, row, "at", db_int(&rows, 8));
        json_add(arena, row, "orders", JSON_ARRAY);
        code = 0;
    }
    buf_add_char(ids, ']');
    return code;
}

#define FITS_AMOUNT 1
#define FITS_NUMBER 2
#define SUGGESTIONS 6 /* for one sum; the best fits come first */

static void add_suggestion(struct arena *arena, struct json *orders, struct db_rows *rows)
{
    struct json *row = json_add(arena, orders, NULL, JSON_OBJECT);
    int64_t fit = db_int(rows, 9);
    add_id(arena, row, "id", db_int(rows, 1));
    add_text(arena, row, "number", rows, 2);
    add_text(arena, row, "name", rows, 3);
    json_add_int(arena, row, "due", db_int(rows, 4));
    add_text(arena, row, "currency", rows, 5);
    json_add_int(arena, row, "at", db_int(rows, 6));
    add_text(arena, row, "status", rows, 7);
    add_text(arena, row, "payment_status", rows, 8);
    json_add_bool(arena, row, "fits_amount", (fit & FITS_AMOUNT) != 0);
    json_add_bool(arena, row, "fits_number", (fit & FITS_NUMBER) != 0);
}

/* The rows come in the order of the ids that both lists have. */
static int add_suggestions(struct db_conn *conn, struct arena *arena, struct json *list,
                           struct souk_str ids)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_admin_match_orders, &rows, DB_TEXT(ids));
    while (!code && (code = db_next(&rows)) == 1) {
        struct souk_str id = arena_printf(arena, "%lld", (long long)db_int(&rows, 0));
        json_each(item, list)
        {
            struct json *orders = (struct json *)(uintptr_t)json_at(&item->value, "orders");
            if (souk_str_equal(json_text(json_at(&item->value, "id")), id) &&
                orders->count < SUGGESTIONS)
                add_suggestion(arena, orders, &rows);
        }
        code = 0;
    }
    return code;
}

static int list_done(struct db_conn *conn, struct arena *arena, struct json *list)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_admin_match_done, &rows);
    while (!code && (code = db_next(&rows)) == 1) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, row, "provider", &rows, 1);
        add_text(arena, row, "reference", &rows, 2);
        json_add_int(arena, row, "amount", db_int(&rows, 3));
        add_text(arena, row, "currency", &rows, 4);
        add_text(arena, row, "payer", &rows, 5);
        add_text(arena, row, "state", &rows, 6);
        json_add_int(arena, row, "at", db_int(&rows, 7));
        add_text(arena, row, "actor", &rows, 8);
        add_text(arena, row, "order", &rows, 9);
        add_id(arena, row, "order_id", db_int(&rows, 10));
        code = 0;
    }
    return code;
}

static int show(struct request *request, int status, const char *problem)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct json *open = json_add(arena, view, "open", JSON_ARRAY);
    struct buf ids = {.arena = arena};
    struct db_conn *conn = request_conn(request);
    int code = conn ? list_open(conn, arena, open, &ids) : SOUK_UNAVAILABLE;
    if (!code)
        code = add_suggestions(conn, arena, open, buf_str(&ids));
    if (!code)
        code = list_done(conn, arena, json_add(arena, view, "settled", JSON_ARRAY));
    if (code)
        return code;
    json_add_bool(arena, view, "edits", admin_may(request, "order.edit"));
    json_add_bool(arena, view, "done", request_query(request, "done").len > 0);
    if (problem) {
        json_add_str(arena, view, "problem", order_deed_words(request, problem));
        json_add_str(arena, view, "wrong", request_param(request, "id"));
    }
    order_deed_typed(request, view);
    return admin_render(request, "admin/match", status, "Payments to match", view);
}

int match_show(struct request *request, const struct web_route *route)
{
    (void)route;
    return show(request, 200, NULL);
}

static int settle(struct db_conn *conn, struct order_deed *deed, struct err *err)
{
    struct request *request = deed->request;
    struct arena *arena = &request->arena;
    struct souk_str number = str_trim(request_form(request, "number"));
    int matched = souk_str_is(deed->step, "matched");
    int64_t order = 0;
    if (matched && number.len) {
        if (db_get_int(conn, &sql_admin_order_by_number, &order, DB_TEXT(number)) != SOUK_OK)
            return err_set(err, SOUK_INVALID, "there is no order with this number");
    } else if (matched && str_to_int(request_form(request, "order"), &order) != SOUK_OK) {
        return err_set(err, SOUK_INVALID, "choose an order, or write its number");
    }
    int code = payment_match_settle(conn, arena, deed->id, arena_cstr(arena, deed->step), order,
                                    request->principal, request->now, err);
    struct souk_str reason = str_trim(request_form(request, "reason"));
    if (code || reason.len == 0)
        return code;
    struct json *detail = json_new(arena, JSON_OBJECT);
    json_add_str(arena, detail, "reason", reason);
    return admin_audit(conn, request, "payment_match.reason",
                       arena_printf(arena, "payment_match:%lld", (long long)deed->id), detail);
}

int match_settle(struct request *request, const struct web_route *route)
{
    (void)route;
    struct order_deed deed = {.request = request,
                              .id = admin_id(request, "id"),
                              .step = request_form(request, "state"),
                              .run = settle};
    int known = 0;
    for (int i = 0; decisions[i]; i++)
        known |= souk_str_is(deed.step, decisions[i]);
    if (!known || !deed.id)
        return show(request, 422, "choose what is to be done with this payment");
    if (!souk_str_is(deed.step, "matched") && str_trim(request_form(request, "reason")).len == 0)
        return show(request, 422, "say why in a few words: others will want to know");
    int code = order_deed_do(&deed);
    if (code)
        return show(request, order_deed_status(code),
                    arena_cstr(&request->arena, souk_str(deed.err.text)));
    return admin_redirect(request, "/admin/match?done=1");
}
