/*
 * checkout.c: the checkout over REST: ways of delivery and payment for a cart, and the order
 * itself. What happens is core/app/checkout.c's; here it becomes JSON.
 */
#include "app/api/route.h"

#include "app/checkout.h"
#include "base/str.h"

/* 0: loaded; 1: answered. */
static int load(struct request *request, struct cart *cart)
{
    int code = cart_load(request_conn(request), &request->arena, request_param(request, "id"),
                         request->now, cart);
    if (code == SOUK_NOT_FOUND) {
        answer_problem(request, 404, NULL, API_NO_CART, NULL);
        return 1;
    }
    return code;
}

/* In the language of the query, or the one that the cart was begun in: that of labels, of the order
 * and of its mails. */
static void speak(struct request *request, const struct cart *cart)
{
    struct souk_str wanted = request_query(request, "locale");
    const char *locale = market_locale(wanted.len ? wanted : cart->locale);
    if (locale)
        request->locale = locale;
}

/* The place that the query names, or else what was typed before. */
static struct json *place_of(struct request *request, const struct cart *cart)
{
    static const char *const names[] = {"country", "region", "city", "postcode"};
    struct json *place = json_new(&request->arena, JSON_OBJECT);
    const struct json *typed = json_at(cart->draft, "address");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct souk_str value = request_query(request, names[i]);
        json_add_str(&request->arena, place, names[i],
                     value.len ? value : json_text(json_at(typed, names[i])));
    }
    return place;
}

int checkout_api_delivery(struct request *request, const struct web_route *route)
{
    struct cart cart;
    struct err err = {0};
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    (void)route;
    int code = load(request, &cart);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    speak(request, &cart);
    if (!api_country(request, request_query(request, "country")))
        return SOUK_OK;
    struct json *place = place_of(request, &cart);
    struct market market = checkout_market(request, place);
    json_add_tree(&request->arena, cart.draft, "address", place); /* in memory alone */
    struct quote quote;
    code = cart_price(request_conn(request), &request->arena, &cart, &market, NULL, 0, &quote, NULL,
                      &err);
    if (code == SOUK_OK)
        code = checkout_delivery_options(request, &cart, &market, &quote, items, &err);
    if (code != SOUK_OK) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    return api_answer_items(request, items, STR_NULL);
}

int checkout_api_payment(struct request *request, const struct web_route *route)
{
    struct cart cart;
    struct err err = {0};
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    (void)route;
    int code = load(request, &cart);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    speak(request, &cart);
    if (!api_country(request, request_query(request, "country")))
        return SOUK_OK;
    struct souk_str delivery = request_query(request, "delivery");
    if (!delivery.len)
        delivery = json_text(json_at(json_at(cart.draft, "delivery"), "method"));
    struct json *wanted = json_new(&request->arena, JSON_OBJECT);
    json_add_tree(&request->arena, wanted, "address", place_of(request, &cart));
    json_add_str(&request->arena, json_add(&request->arena, wanted, "delivery", JSON_OBJECT),
                 "method", delivery);
    struct market market = checkout_market_of(request, wanted);
    struct quote quote;
    code = checkout_price(request, request_conn(request), &cart, &market, &quote, NULL, &err);
    if (code == SOUK_OK)
        code = checkout_payment_methods(request, &cart, &market, &quote, delivery, items, &err);
    if (code != SOUK_OK) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    return api_answer_items(request, items, STR_NULL);
}

static int answer_checkout(struct request *request, struct db_conn *conn,
                           const struct checkout_end *end)
{
    (void)conn;
    if (end->status == 201) {
        api_spell_ids(&request->arena, end->order);
        answer_json(request, 201, end->order);
        return answer_header(request, "Location",
                             arena_printf(&request->arena, "/api/v1/orders/%.*s?token=%.*s",
                                          SOUK_PRI(json_text(json_at(end->order, "number"))),
                                          SOUK_PRI(json_text(json_at(end->order, "token")))));
    }
    if (end->errors->count)
        json_add_tree(&request->arena, end->more, "errors", end->errors);
    api_spell_ids(&request->arena, end->more);
    answer_problem(request, end->status, end->problem, end->detail, end->more);
    return SOUK_OK;
}

int checkout_api_run(struct request *request, const struct web_route *route)
{
    const struct json *body = NULL;
    struct cart cart;
    struct err err = {0};
    (void)route;
    if (request_json(request, &body, &err) != SOUK_OK) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    int code = load(request, &cart);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    speak(request, &cart);
    if (body->kind != JSON_OBJECT)
        return api_refuse(request, 400, "", "the body is a JSON object; see /api/v1/openapi.json");
    return checkout_run(request, request_param(request, "id"), body, NULL, answer_checkout);
}

/* ---- paying once more ---- */

int checkout_api_pay(struct request *request, const struct web_route *route)
{
    const struct json *body = NULL;
    struct err err = {0};
    int64_t id;
    (void)route;
    int code = api_order_find(request, &id);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    if (request_json(request, &body, &err) != SOUK_OK) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    const struct json *payment = json_at(body, "payment");
    if (!payment || payment->kind != JSON_OBJECT || !json_text(json_at(payment, "method")).len)
        return api_refuse(request, 422, "/payment/method", "choose how you pay");
    return checkout_pay_again(request, id, payment, answer_checkout);
}
