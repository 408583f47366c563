/*
 * checkout_pay.c: the money of an order that stands already: another attempt after one that failed,
 * and what the payer still has to know.
 */
#include "app/checkout_inner.h"

#include <souk/plugin.h>
#include "app/money.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/payment.h"
#include "web/answer.h"

struct again { /* in the request's arena */
    struct request *request;
    checkout_answer answer;
    struct payment_begin begin;
    struct checkout_end end;
    int64_t payment_id;
    struct err err;
    int online;
};

static const char *kept(struct again *again, const char *otherwise)
{
    return again->err.text[0] ? arena_cstr(&again->request->arena, souk_str(again->err.text))
                              : otherwise;
}

static int refuse(struct again *again, int status, const char *problem, const char *detail)
{
    again->end.status = status;
    again->end.problem = problem;
    again->end.detail = detail;
    return SOUK_CONFLICT;
}

/* ---- asking ---- */

static void fill_terms(const struct json *order, const struct provider_scope *scope,
                       struct souk_payment_terms *terms)
{
    struct souk_str method = json_text(json_at(json_at(order, "delivery"), "method"));
    int32_t flags = 0;
    if (method.len)
        delivery_flags(scope->set, method, &flags);
    *terms = (struct souk_payment_terms){
        .size = sizeof *terms,
        .orders_before = -1,
        .total = json_int(json_at(order, "due"), 0),
        .currency = json_text(json_at(order, "currency")),
        .country = json_text(json_at(json_at(order, "address"), "country")),
        .delivery_method = method,
        .delivery_takes_cash = (flags & SOUK_DELIVERY_TAKES_CASH) != 0,
        .delivery_takes_card = (flags & SOUK_DELIVERY_TAKES_CARD) != 0};
}

static int begin_local(struct again *again, const struct provider_scope *scope,
                       const struct json *chosen, struct souk_str method)
{
    struct souk_payment_result result = {.size = sizeof result};
    struct souk_payment payment = {.size = sizeof payment,
                                   .created_at = again->request->now,
                                   .amount = again->begin.amount,
                                   .currency = again->begin.currency,
                                   .locale = souk_str(scope->locale ? scope->locale : "en"),
                                   .data = (const struct souk_value *)chosen};
    int code = payment_call(scope, PAYMENT_BEGIN, &payment, method, NULL, &result, &again->err);
    if (code != SOUK_OK || result.state == SOUK_PAID_FAILED)
        return refuse(again, 422, "declined", kept(again, "this way of paying cannot be had now"));
    again->begin.begun = result.state == SOUK_PAID_CAPTURED     ? "captured"
                         : result.state == SOUK_PAID_AUTHORISED ? "authorised"
                                                                : "pending";
    again->begin.reference = result.reference;
    again->begin.check_at = result.check_at;
    again->begin.data = (const struct json *)result.data;
    return SOUK_OK;
}

static int prepare(struct again *again, const struct json *chosen)
{
    struct request *request = again->request;
    struct arena *arena = &request->arena;
    struct souk_str method = json_text(json_at(chosen, "method"));
    struct provider_scope scope;
    struct souk_payment_terms terms;
    struct json *order = NULL, *offer = json_new(arena, JSON_OBJECT);
    int32_t flags = 0;
    checkout_scope(request, request_conn(request), &scope);
    int code = order_load(scope.conn, arena, again->begin.order_id, 0, &order);
    if (code != SOUK_OK)
        return refuse(again, 404, NULL, "there is no such order");
    fill_terms(order, &scope, &terms);
    if (terms.total <= 0)
        return refuse(again, 409, "paid", "nothing is left to be paid");
    if (payment_offer(&scope, method, &terms, offer, &flags, &again->err) != SOUK_OK)
        return refuse(again, 422, "invalid", "choose how you pay");
    if (!checkout_can_in_page(chosen, offer))
        return refuse(again, 422, "invalid", CHECKOUT_NOT_IN_PAGE);
    again->begin.amount = terms.total;
    again->begin.currency = terms.currency;
    again->begin.provider = arena_cstr(arena, method);
    again->begin.label = json_text(json_at(offer, "label"));
    again->begin.hold = checkout_hold();
    again->begin.data = chosen;
    again->online = !(flags & SOUK_PAYMENT_LOCAL);
    return again->online ? SOUK_OK : begin_local(again, &scope, chosen, method);
}

/* ---- writing ---- */

static int open_payment(struct db_conn *conn, struct again *again)
{
    struct arena *arena = &again->request->arena;
    again->end.status = 201;
    again->err = (struct err){0};
    int code = payment_again(conn, arena, &again->begin, again->request->now, &again->payment_id,
                             &again->err);
    if (code != SOUK_CONFLICT)
        return code;
    refuse(again, 409, "payment-alive", kept(again, "a payment is under way already"));
    return SOUK_OK;
}

static int open_write(struct db_conn *conn, void *arg)
{
    return open_payment(conn, arg);
}

static int answer_write(struct db_conn *conn, void *arg)
{
    struct again *again = arg;
    struct arena *arena = &again->request->arena;
    struct payment_row row;
    if (again->end.status == 201) {
        int code = order_load(conn, arena, again->begin.order_id, 0, &again->end.order);
        if (code == SOUK_OK)
            code = payment_of(conn, arena, again->begin.order_id, &row);
        if (code != SOUK_OK)
            return code;
        again->end.redirect = json_text(json_at(payment_next(arena, &row, 0), "redirect"));
        order_show_client(arena, again->end.order, &row);
    }
    return again->answer(again->request, conn, &again->end);
}

static int local_write(struct db_conn *conn, void *arg)
{
    int code = open_payment(conn, arg);
    return code == SOUK_OK ? answer_write(conn, arg) : code;
}

int checkout_pay_again(struct request *request, int64_t order_id, const struct json *payment,
                       checkout_answer answer)
{
    struct again *again = arena_new(&request->arena, struct again);
    struct provider_scope scope;
    struct payment_row row;
    struct json *body = json_new(&request->arena, JSON_OBJECT);
    if (payment)
        json_add_tree(&request->arena, body, "payment", payment);
    payment = json_at(checkout_keep(&request->arena, body), "payment");
    again->request = request;
    again->answer = answer;
    again->begin.order_id = order_id;
    again->end.errors = json_new(&request->arena, JSON_ARRAY);
    again->end.more = json_new(&request->arena, JSON_OBJECT);
    int code = prepare(again, payment);
    request_conn_end(request);
    if (code != SOUK_OK || !again->online) {
        request_then_write(request, code == SOUK_OK ? local_write : answer_write, again);
        return SOUK_OK;
    }
    code = db_write(request->db, open_write, again, &again->err);
    if (code != SOUK_OK)
        return code;
    if (again->end.status == 201) {
        provider_scope_request(&scope, request, SOUK_TASK);
        scope.conn = NULL;
        money_begin(&scope, again->payment_id, &row, &again->err);
    }
    request_then_write(request, answer_write, again);
    return SOUK_OK;
}

/* ---- what the payer still has to know ---- */

int checkout_instructions(struct request *request, struct db_conn *conn, int64_t order_id,
                          struct json *view)
{
    struct provider_scope scope;
    struct souk_payment payment = {.size = sizeof payment};
    struct payment_row row;
    int code = payment_of(conn, &request->arena, order_id, &row);
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? SOUK_OK : code;
    provider_scope_request(&scope, request, SOUK_READ);
    scope.conn = conn;
    code = money_view(&scope, conn, row.id, &payment, &row);
    if (code == SOUK_OK)
        code = payment_show(&scope, row.provider, &payment, view);
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}
