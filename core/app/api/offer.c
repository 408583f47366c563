/*
 * offer.c: offers over REST: what is offered for a cart or an order, taken and declined with the
 * signed token of the offer, and the report for staff. Taking is safe to repeat: the second time
 * finds it taken and answers the same.
 */
#include "app/offer.h"

#include <string.h>
#include "app/api/route.h"
#include "app/checkout.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/order.h"

#define MOST 5

/* ---- what all do ---- */

static int refuse(struct request *request, int code, const struct err *err)
{
    struct arena *arena = &request->arena;
    const char *words = err->text[0] ? arena_cstr(arena, souk_str(err->text)) : err_name(code);
    switch (code) {
    case SOUK_INVALID: return api_refuse(request, 422, "/token", words);
    case SOUK_TIMEOUT: answer_problem(request, 410, "offer-over", words, NULL); return SOUK_OK;
    case SOUK_CONFLICT: answer_problem(request, 409, "offer-changed", words, NULL); return SOUK_OK;
    case SOUK_UNAVAILABLE:
    case SOUK_BUSY: answer_problem(request, 503, "unavailable", words, NULL); return SOUK_OK;
    default: return code;
    }
}

static int is_slot(struct souk_str slot, const char *words)
{
    struct souk_str rest = souk_str(words), known;
    while (str_split(&rest, ' ', &known))
        if (souk_str_equal(known, slot))
            return 1;
    return 0;
}

/* The body's "token"; 0: answered. */
static int read_token(struct request *request, struct souk_str *token)
{
    const struct json *body = NULL;
    struct err err = {0};
    if (request_json(request, &body, &err) != SOUK_OK) {
        answer_error(request, &err);
        return 0;
    }
    *token = json_text(json_at(body, "token"));
    if (token->len)
        return 1;
    api_refuse(request, 400, "/token", "send the \"token\" of the offer");
    return 0;
}

/* ---- carts ---- */

/* 0: loaded; 1: answered. */
static int load(struct request *request, struct cart *cart)
{
    struct souk_str wanted = request_query(request, "locale");
    int code = cart_load(request_conn(request), &request->arena, request_param(request, "id"),
                         request->now, cart);
    if (code == SOUK_NOT_FOUND) {
        answer_problem(request, 404, NULL, API_NO_CART, NULL);
        return 1;
    }
    const char *locale = code ? NULL : market_locale(wanted.len ? wanted : cart->locale);
    if (locale)
        request->locale = locale;
    return code;
}

static int price(struct request *request, const struct cart *cart, struct market *market,
                 struct quote *quote, struct json *gone, struct err *err)
{
    struct market terms = checkout_market_of(request, cart->draft);
    *market = cart_market(&request->arena, cart, &terms);
    market->asks = 1;
    return checkout_price(request, request_conn(request), cart, market, quote, gone, err);
}

int offer_api_index(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *doc = json_new(arena, JSON_OBJECT), *items = json_new(arena, JSON_ARRAY);
    struct json *taken = json_new(arena, JSON_ARRAY);
    struct souk_str slot = request_query(request, "slot");
    struct market market;
    struct quote quote;
    struct cart cart;
    struct err err = {0};
    int64_t product = 0;
    (void)route;
    if (!slot.len)
        slot = souk_str("cart");
    if (!is_slot(slot, "product cart bump"))
        return api_refuse(request, 400, "/slot", "slot is one of product, cart, bump");
    if (souk_str_is(slot, "product") &&
        str_to_int(request_query(request, "product"), &product) != SOUK_OK)
        return api_refuse(request, 400, "/product", "say the id of the product that is looked at");
    int code = load(request, &cart);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    if (souk_str_is(cart.state, "open"))
        code = offer_show(request, request_conn(request), arena_cstr(arena, slot), &cart, NULL,
                          product, request_query(request, "sku"), MOST, items, &err);
    if (code == SOUK_OK)
        code = price(request, &cart, &market, &quote, NULL, &err);
    if (code == SOUK_OK)
        code = offer_taken(request, request_conn(request), &cart, &quote, taken);
    if (code != SOUK_OK)
        return refuse(request, code, &err);
    json_add_tree(arena, doc, "items", items);
    json_add_tree(arena, doc, "accepted", taken);
    answer_json(request, 200, doc);
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

static int answer_cart(struct request *request)
{
    struct json *doc, *gone = json_new(&request->arena, JSON_ARRAY);
    struct market market;
    struct quote quote;
    struct cart cart;
    struct err err = {0};
    int code = load(request, &cart);
    if (code == SOUK_OK)
        code = price(request, &cart, &market, &quote, gone, &err);
    if (code == SOUK_OK)
        code = cart_document(request_conn(request), &request->arena, &cart, &market, &quote, gone,
                             &doc);
    if (code > 0)
        return SOUK_OK;
    if (code != SOUK_OK)
        return refuse(request, code, &err);
    answer_json(request, 200, doc);
    return SOUK_OK;
}

int offer_api_accept(struct request *request, const struct web_route *route)
{
    struct souk_str token;
    struct cart cart;
    struct err err = {0};
    (void)route;
    if (!read_token(request, &token))
        return SOUK_OK;
    int code = load(request, &cart);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    code = offer_accept(request, &cart, token, &err);
    return code ? refuse(request, code, &err) : answer_cart(request);
}

int offer_api_decline(struct request *request, const struct web_route *route)
{
    struct cart cart;
    struct err err = {0};
    (void)route;
    int code = load(request, &cart);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    code = offer_decline(request, cart.id, 0, request_param(request, "offer"), &err);
    if (code != SOUK_OK)
        return refuse(request, code, &err);
    answer_bytes(request, 204, "text/plain", souk_str(""));
    return SOUK_OK;
}

/* ---- orders ---- */

static int find_order(struct request *request, int64_t *id)
{
    struct souk_str token = request_query(request, "token");
    if (!token.len) /* without one it would be asked for as by staff */
        return SOUK_NOT_FOUND;
    return order_find(request_conn(request), request_param(request, "number"), token, id);
}

int offer_api_order_index(struct request *request, const struct web_route *route)
{
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    struct souk_str slot = request_query(request, "slot");
    struct err err = {0};
    int64_t id;
    (void)route;
    if (!slot.len)
        slot = souk_str("after");
    if (!is_slot(slot, "after thanks"))
        return api_refuse(request, 400, "/slot", "slot is one of after, thanks");
    int code = find_order(request, &id);
    if (code != SOUK_OK)
        return code;
    code = offer_show_order(request, request_conn(request), arena_cstr(&request->arena, slot), id,
                            souk_str_is(slot, "after") ? 1 : MOST, items, &err);
    if (code != SOUK_OK)
        return refuse(request, code, &err);
    answer_header(request, "Cache-Control", souk_str("no-store"));
    return api_answer_items(request, items, STR_NULL);
}

int offer_api_order_accept(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct souk_str token, redirect;
    struct json *doc, *order;
    struct err err = {0};
    int64_t id;
    (void)route;
    if (!read_token(request, &token))
        return SOUK_OK;
    int code = find_order(request, &id);
    if (code != SOUK_OK)
        return code;
    code = offer_accept_after(request, id, token, &redirect, &err);
    if (code != SOUK_OK)
        return refuse(request, code, &err);
    code = order_load(request_conn(request), arena, id, 0, &order);
    if (code != SOUK_OK)
        return code;
    doc = json_new(arena, JSON_OBJECT);
    api_spell_ids(arena, order);
    json_add_tree(arena, doc, "order", order);
    if (redirect.len)
        json_add_str(arena, doc, "redirect", redirect);
    else
        json_add_null(arena, doc, "redirect");
    answer_json(request, redirect.len ? 202 : 200, doc);
    return SOUK_OK;
}

int offer_api_order_decline(struct request *request, const struct web_route *route)
{
    struct err err = {0};
    int64_t id;
    (void)route;
    int code = find_order(request, &id);
    if (code != SOUK_OK)
        return code;
    code = offer_decline(request, 0, id, request_param(request, "offer"), &err);
    if (code != SOUK_OK)
        return refuse(request, code, &err);
    answer_bytes(request, 204, "text/plain", souk_str(""));
    return SOUK_OK;
}

/* ---- staff ---- */

int offer_api_report(struct request *request, const struct web_route *route)
{
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    struct souk_str since = request_query(request, "since");
    struct err err = {0};
    int64_t at = request->now - 30 * CLOCK_DAY;
    (void)route;
    if (since.len && clock_parse(since, &at) != SOUK_OK)
        return api_refuse(request, 400, "/since",
                          "write a day like 2026-11-27, or a time like 2026-11-27T08:00:00Z");
    int code = offer_report(request_conn(request), &request->arena, at, items, &err);
    return code ? refuse(request, code, &err) : api_answer_items(request, items, STR_NULL);
}
