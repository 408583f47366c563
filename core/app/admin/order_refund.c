/*
 * order_refund.c: paying back: units of lines, a part of delivery, or a free sum; first the exact
 * amount, then the confirmation. The amount is that of the refund itself, made and undone: whatever
 * the lines' shares round to, the sum that is confirmed is the sum that is paid.
 */
#include "app/admin/order_page.h"
#include "app/admin/route.h"
#include "base/str.h"
#include "bridge/bridge.h"
#include "shop/order.h"

static int show(struct request *request, int64_t id, int status, const char *problem,
                const struct json *preview)
{
    struct arena *arena = &request->arena;
    struct json *doc, *view = json_new(arena, JSON_OBJECT);
    struct db_conn *conn = request_conn(request);
    int code = conn ? order_load(conn, arena, id, 1, &doc) : SOUK_UNAVAILABLE;
    if (code == SOUK_NOT_FOUND)
        return order_page_gone(request);
    if (!code)
        code = order_deed_seen(conn, arena, id, view);
    if (code)
        return code;
    json_add_tree(arena, view, "order", doc);
    json_add_str(arena, view, "url", arena_printf(arena, "/admin/orders/%lld", (long long)id));
    if (problem)
        json_add_str(arena, view, "problem", order_deed_words(request, problem));
    if (preview)
        json_add_tree(arena, view, "preview", preview);
    order_deed_typed(request, view);
    return admin_render(request, "admin/refund", status, "Pay back", view);
}

int order_refund_form(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id = admin_id(request, "id");
    return id ? show(request, id, 200, NULL, NULL) : order_page_gone(request);
}

static const char *read_args(struct request *request, struct json *args)
{
    struct arena *arena = &request->arena;
    struct json *lines = json_new(arena, JSON_ARRAY);
    struct souk_str reason = str_trim(request_form(request, "reason"));
    int64_t delivery, amount;
    if (order_deed_lines(request, "units-", lines) != SOUK_OK)
        return "a number of units is a whole number, please";
    if (order_deed_money(request, "delivery", &delivery) != SOUK_OK ||
        order_deed_money(request, "amount", &amount) != SOUK_OK)
        return "a sum is written as 12.50, please";
    if (amount > 0 && (lines->count || delivery > 0))
        return "either lines and delivery, or a free sum: not both at once";
    if (amount <= 0 && !lines->count && delivery <= 0)
        return "choose units, a part of delivery, or write a sum";
    if (amount > 0) {
        json_add_int(arena, args, "amount", amount);
    } else {
        json_add_tree(arena, args, "lines", lines);
        json_add_int(arena, args, "delivery", delivery > 0 ? delivery : 0);
    }
    if (reason.len)
        json_add_str(arena, args, "reason", reason);
    return NULL;
}

static int run(struct db_conn *conn, struct order_deed *deed, struct err *err)
{
    return order_step(conn, &deed->request->arena, deed->order, deed->step, deed->args,
                      deed->request->principal, deed->request->now, err);
}

static int rehearse(struct order_deed *deed)
{
    struct json *preview;
    int code = order_deed_rehearse(deed, &preview);
    return code ? code : show(deed->request, deed->order, 200, NULL, preview);
}

int order_refund_take(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *args = json_new(&request->arena, JSON_OBJECT);
    struct order_deed deed = {.request = request,
                              .order = admin_id(request, "id"),
                              .step = souk_str("refund"),
                              .args = args,
                              .part = "money",
                              .run = run};
    if (!deed.order)
        return order_page_gone(request);
    const char *problem = read_args(request, args);
    if (problem)
        return show(request, deed.order, 422, problem, NULL);
    int confirmed = souk_str_is(request_form(request, "confirm"), "1");
    int code = confirmed ? order_deed_do(&deed) : rehearse(&deed);
    if (code)
        return show(request, deed.order, order_deed_status(code),
                    arena_cstr(&request->arena, souk_str(deed.err.text)), NULL);
    if (!confirmed)
        return SOUK_OK;
    return admin_redirect(request, "/admin/orders/%lld?done=refund#money", (long long)deed.order);
}
