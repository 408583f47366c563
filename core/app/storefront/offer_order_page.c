/*
 * offer_order_page: offers on the pages of an order: one page between placing it and the thanks,
 * two of them in a row at most, and a place below the thanks. The order stands whatever is answered
 * there, and the page says so.
 */
#include "app/storefront/offer_page.h"

#include <souk/plugin.h>
#include "app/checkout.h"
#include "app/storefront/account_page.h"
#include "app/storefront/order_page.h"
#include "base/str.h"
#include "shop/order.h"

static struct souk_str order_token(struct request *request, struct db_conn *conn, int64_t order_id)
{
    struct promo_offer_order order;
    return promo_offer_order(conn, &request->arena, order_id, request->now, &order) == SOUK_OK
               ? order.token
               : souk_str("");
}

static int go(struct request *request, struct souk_str token, const char *part, const char *more)
{
    struct buf path = {.arena = &request->arena};
    buf_add_cstr(&path, "/order/");
    buf_add_encoded(&path, request_param(request, "number"));
    buf_add_cstr(&path, part);
    buf_add_cstr(&path, "?token=");
    buf_add_encoded(&path, token);
    buf_add_cstr(&path, more);
    return account_page_go(request, arena_cstr(&request->arena, buf_str(&path)));
}

int offer_page_order(struct request *request, struct db_conn *conn, int64_t order_id, int thanks,
                     struct json *view)
{
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    struct err err = {0};
    int code = SOUK_OK;
    if (offer_is_due(conn, order_id, request->now)) {
        code = offer_show_order(request, conn, "after", order_id, 1, items, &err);
        if (code == SOUK_OK && items->count) {
            code = go(request, order_token(request, conn, order_id), "/offer", "");
            return code ? code : 1;
        }
    }
    if (code == SOUK_OK && thanks)
        code = offer_show_order(request, conn, "thanks", order_id, 1, items, &err);
    json_add_tree(&request->arena, view, "offers", items);
    return code;
}

static int show(struct request *request, int64_t order_id, const char *wrong, int status)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT), *items = json_new(arena, JSON_ARRAY), *doc;
    struct db_conn *conn = request_conn(request);
    struct err err = {0};
    int code = order_load(conn, arena, order_id, 0, &doc);
    if (code == SOUK_OK && !wrong)
        code = offer_show_order(request, conn, "after", order_id, 1, items, &err);
    if (code != SOUK_OK)
        return code;
    if (!wrong && !items->count)
        return go(request, json_text(json_at(doc, "token")), "", "&thanks=1");
    json_add_tree(arena, view, "order", doc);
    json_add_tree(arena, view, "offers", items);
    json_add_str(arena, view, "wrong", wrong ? arena_str(arena, souk_str(wrong)) : souk_str(""));
    return account_page_show(request, "page/order/offer", status, view);
}

int order_offer_show(struct request *request, const struct web_route *route)
{
    int64_t id;
    (void)route;
    int code = order_page_find(request, request_conn(request), &id);
    return code ? order_page_lost(request, code) : show(request, id, NULL, 200);
}

/* The way to the payment's page leads over one of ours: a form may not leave the shop. */
static int leave(struct request *request, int64_t order_id, struct souk_str next)
{
    struct json *view = json_new(&request->arena, JSON_OBJECT), *doc;
    int code = order_load(request_conn(request), &request->arena, order_id, 0, &doc);
    if (code != SOUK_OK)
        return code;
    json_add_tree(&request->arena, view, "order", doc);
    json_add_str(&request->arena, view, "next", next);
    json_add_bool(&request->arena, view, "more", 1);
    return account_page_show(request, "page/order/leave", 200, view);
}

int order_offer_answer(struct request *request, const struct web_route *route)
{
    struct souk_str token = request_form(request, "offer"), redirect = souk_str("");
    struct err err = {0};
    int64_t id;
    (void)route;
    int code = order_page_find(request, request_conn(request), &id);
    if (code != SOUK_OK)
        return order_page_lost(request, code);
    struct souk_str own = order_token(request, request_conn(request), id);
    int taken = souk_str_is(request_form(request, "do"), "accept");
    code = taken ? offer_accept_after(request, id, token, &redirect, &err)
                 : offer_decline(request, 0, id, token, &err);
    if (code == SOUK_OK && redirect.len)
        return leave(request, id, redirect);
    if (code == SOUK_OK)
        return go(request, own, "/offer", "");
    if (code == SOUK_CONFLICT || code == SOUK_TIMEOUT || code == SOUK_INVALID ||
        code == SOUK_UNAVAILABLE)
        return show(request, id, err.text, code == SOUK_INVALID ? 422 : 409);
    return code;
}
