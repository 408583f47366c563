/*
 * checkout.c: prepare and commit.
 *
 * Prepare, on the task thread in one snapshot: reads the cart and what was sent, prices it with the
 * chosen delivery, asks the payment provider whether it takes these terms, lets plugins veto
 * (order.placing). What it found out is an offer; nothing is written yet.
 *
 * Commit, on the writer: order_place checks what the offer rests on and writes everything together,
 * in a unit of its own, so that a refusal leaves the draft (nothing typed is ever lost) and nothing
 * else. Whoever has to be asked for money over the network is asked after that, when the order is
 * on disk: a crash in between leaves an order that waits for its payment, and a job that goes on
 * with it.
 *
 * The same Idempotency-Key gives the same answer; without one, the cart itself does: it makes one
 * order.
 */
#include "app/checkout_inner.h"

#include <souk/plugin.h>
#include "app/api/idempotency.h"
#include "app/checkout.sql.h"
#include "app/conversion.h"
#include "app/money.h"
#include "base/clock.h"
#include "base/str.h"
#include "plugin/call.h"
#include "shop/payment.h"
#include "store/unit.h"
#include "web/answer.h"

struct run { /* one checkout, in the request's arena */
    struct request *request;
    checkout_answer answer;
    struct cart cart;
    struct market market;
    struct quote quote;
    struct order_draft draft;
    struct order_offer offer;
    struct souk_delivery_quote delivery;
    struct souk_str key; /* whose idempotency keys these are */
    struct json *body;
    struct checkout_end end;
    struct err err;
    struct tax_buyer buyer;
    int online; /* the provider is asked after the commit */
    int placed_before;
};

/* ---- refusing ---- */

static int refuse(struct run *run, int status, const char *problem, const char *detail)
{
    run->end.status = status;
    run->end.problem = problem;
    run->end.detail = detail;
    return SOUK_CONFLICT;
}

static void add_error(struct run *run, const char *pointer, const char *detail)
{
    struct arena *arena = &run->request->arena;
    struct json *item = json_add(arena, run->end.errors, NULL, JSON_OBJECT);
    json_add_str(arena, item, "pointer", arena_str(arena, souk_str(pointer)));
    json_add_cstr(arena, item, "detail", detail);
}

static int refuse_field(struct run *run, const char *pointer, const char *detail)
{
    add_error(run, pointer, detail);
    return refuse(run, 422, "invalid", "some fields need another look");
}

static const char *words(struct run *run, const char *otherwise)
{
    return run->err.text[0] ? arena_cstr(&run->request->arena, souk_str(run->err.text)) : otherwise;
}

/* ---- prepare ---- */

static int lacks_payment_alone(const struct json *errors)
{
    return errors->count == 1 &&
           souk_str_is(json_text(json_at(&errors->first->value, "pointer")), "/payment/method");
}

static int read_draft(struct run *run, const struct provider_scope *scope)
{
    struct arena *arena = &run->request->arena;
    const struct json *chosen = json_at(run->body, "delivery");
    struct souk_str method = json_text(json_at(chosen, "method"));
    int32_t flags = 0;
    if (method.len)
        delivery_flags(scope->set, method, &flags);
    order_draft_read(arena, run->body, !(flags & SOUK_DELIVERY_NO_ADDRESS), market_shop()->country,
                     &run->draft, run->end.errors);
    if (lacks_payment_alone(run->end.errors)) /* whether there is something to pay shows later */
        run->end.errors = json_new(arena, JSON_ARRAY);
    const char *wrong = checkout_tax_wrong(arena, &run->buyer);
    if (wrong)
        add_error(run, "/billing/vat_number", wrong);
    return run->end.errors->count ? refuse(run, 422, "invalid", "some fields need another look")
                                  : SOUK_OK;
}

/* "field: words" of a provider: the field's place and the words. */
static int refuse_choice(struct run *run, const char *what)
{
    struct arena *arena = &run->request->arena;
    struct souk_str text = souk_str(run->err.text);
    ptrdiff_t colon = str_find(text, ':');
    char pointer[96];
    if (colon <= 0 || colon > 60 || memchr(text.ptr, ' ', (size_t)colon)) {
        snprintf(pointer, sizeof pointer, "/%s/method", what);
        return refuse_field(run, pointer,
                            words(run, "this cannot be had for these goods and this address"));
    }
    snprintf(pointer, sizeof pointer, "/%s/%.*s", what, (int)colon, text.ptr);
    text = str_from(text, (size_t)colon + 1);
    while (text.len && text.ptr[0] == ' ')
        text = str_from(text, 1);
    return refuse_field(run, pointer, arena_cstr(arena, text));
}

/* Nothing is sold without the tax that a plugin has to tell. */
static int refuse_price(struct run *run, int code, const char *otherwise)
{
    if (code == SOUK_UNAVAILABLE)
        return refuse(run, 503, "unavailable", CART_NO_TAX);
    return code ? refuse(run, 422, "invalid", words(run, otherwise)) : SOUK_OK;
}

static int choose_delivery(struct run *run, const struct provider_scope *scope)
{
    struct arena *arena = &run->request->arena;
    struct souk_delivery_terms terms;
    struct souk_str method = json_text(json_at(run->draft.delivery, "method"));
    if (!method.len)
        return refuse_field(run, "/delivery/method", "choose how the goods get to you");
    checkout_delivery_terms(arena, &run->cart, &run->quote, &run->market, &terms);
    terms.city = run->draft.address.city;
    run->delivery.size = sizeof run->delivery;
    if (delivery_check(scope, method, &terms, run->draft.delivery, &run->delivery, &run->err) !=
        SOUK_OK)
        return refuse_choice(run, "delivery");
    run->offer.delivery_method = method;
    run->offer.delivery_label = run->delivery.label;
    run->offer.delivery_data = (const struct json *)run->delivery.data;
    struct checkout_charged charge = {.method = method,
                                      .label = run->delivery.label,
                                      .tax_class = run->delivery.tax_class,
                                      .amount = run->delivery.amount};
    int code = checkout_charge(scope->conn, arena, &run->cart, &run->market, &run->quote, &charge,
                               &run->err);
    return refuse_price(run, code, "the delivery cannot be priced");
}

/* A provider that asks nobody is begun here and now: id, number and order do not exist yet. */
static int begin_local(struct run *run, const struct provider_scope *scope,
                       struct souk_payment_result *result)
{
    struct souk_payment payment = {.size = sizeof payment,
                                   .created_at = run->request->now,
                                   .amount = run->quote.total,
                                   .currency = run->quote.currency,
                                   .email = run->draft.email,
                                   .name = run->draft.name,
                                   .country = run->draft.address.country,
                                   .locale = souk_str(run->market.locale),
                                   .data = (const struct souk_value *)run->draft.payment};
    int code = payment_call(scope, PAYMENT_BEGIN, &payment, run->offer.payment_method, NULL, result,
                            &run->err);
    if (code == SOUK_OK && result->state != SOUK_PAID_FAILED)
        return SOUK_OK;
    struct souk_str message = result->message;
    return refuse_field(run, "/payment/method",
                        code == SOUK_OK && message.len
                            ? arena_cstr(&run->request->arena, message)
                            : words(run, "this way of paying cannot be had now"));
}

static const char *state_of(int32_t state)
{
    switch (state) {
    case SOUK_PAID_AUTHORISED: return "authorised";
    case SOUK_PAID_CAPTURED: return "captured";
    default: return "pending";
    }
}

static int choose_payment(struct run *run, const struct provider_scope *scope, int delivery)
{
    struct arena *arena = &run->request->arena;
    struct souk_payment_terms terms;
    struct souk_payment_result result = {.size = sizeof result};
    struct json *offer = json_new(arena, JSON_OBJECT);
    struct souk_str method = json_text(json_at(run->draft.payment, "method"));
    int32_t flags = 0;
    if (run->quote.total == 0)
        return SOUK_OK; /* nothing is to be paid, so nothing has to be chosen */
    if (!method.len)
        return refuse_field(run, "/payment/method", "choose how you pay");
    checkout_payment_terms(scope->conn, &run->cart, &run->market, &run->quote,
                           run->offer.delivery_method, delivery, &terms);
    if (payment_offer(scope, method, &terms, offer, &flags, &run->err) != SOUK_OK)
        return refuse_field(run, "/payment/method",
                            "this way of paying cannot be had for this order");
    run->offer.payment_method = method;
    run->offer.payment_provider = arena_cstr(arena, method);
    run->offer.payment_label = json_text(json_at(offer, "label"));
    run->offer.payment_flags = flags;
    if (!checkout_can_in_page(run->draft.payment, offer))
        return refuse_field(run, "/payment/in_page", CHECKOUT_NOT_IN_PAGE);
    struct checkout_charged fee = {.method = method,
                                   .label = run->offer.payment_label,
                                   .amount = json_int(json_at(offer, "fee"), 0),
                                   .fee = 1};
    int charged = fee.amount > 0 ? checkout_charge(scope->conn, arena, &run->cart, &run->market,
                                                   &run->quote, &fee, &run->err)
                                 : SOUK_OK;
    if (charged != SOUK_OK)
        return refuse_price(run, charged, "the fee cannot be charged");
    if (!(flags & SOUK_PAYMENT_LOCAL)) {
        run->online = 1;
        run->offer.payment_data =
            (struct json *)(uintptr_t)run->draft.payment; /* what was filled in */
        run->offer.hold = checkout_hold();
        return SOUK_OK;
    }
    int code = begin_local(run, scope, &result);
    run->offer.begun = state_of(result.state);
    run->offer.reference = result.reference;
    run->offer.check_at = result.check_at;
    run->offer.payment_data = (struct json *)result.data;
    return code;
}

int64_t checkout_hold(void)
{
    return market_shop()->order_hold ? market_shop()->order_hold : 30 * CLOCK_MINUTE;
}

/* Plugins may change nothing of the money here, but refuse with a reason. */
static int ask_plugins(struct run *run, const struct provider_scope *scope)
{
    struct arena *arena = &run->request->arena;
    struct souk_ctx ctx;
    struct call_start start = {.set = scope->set,
                               .db = scope->db,
                               .arena = arena,
                               .kind = SOUK_TASK,
                               .locale = run->request->locale};
    struct json *payload = quote_print(arena, &run->quote);
    json_add_null(arena, payload, "number");
    json_add_str(arena, payload, "email", run->draft.email);
    json_add_str(arena, payload, "phone", run->draft.phone);
    json_add_str(arena, payload, "name", run->draft.name);
    json_add_str(arena, payload, "country", run->draft.address.country);
    json_add_str(arena, payload, "region", run->draft.address.region);
    json_add_str(arena, payload, "postcode", run->draft.address.postcode);
    json_add_str(arena, payload, "delivery_method", run->offer.delivery_method);
    json_add_str(arena, payload, "payment_method", run->offer.payment_method);
    json_add_int(arena, payload, "person", run->cart.person_id);
    json_add_int(arena, payload, "total", run->quote.total);
    json_add_str(arena, payload, "client", souk_str(run->request->address));
    call_begin(&ctx, &start);
    ctx.conn = scope->conn;
    ctx.borrowed = 1;
    ctx.deadline = run->request->deadline;
    ctx.request = NULL;
    int code = event_filter(&ctx, souk_str("order.placing"), run->cart.token, payload, &run->err);
    call_end(&ctx, scope->conn);
    if (code == SOUK_OK)
        return SOUK_OK;
    if (code == SOUK_DENIED)
        return refuse(run, 422, "declined", words(run, "this order cannot be taken"));
    return refuse(run, 503, "unavailable",
                  "the order cannot be checked just now; please try again in a moment");
}

static int price(struct run *run, struct db_conn *conn)
{
    struct arena *arena = &run->request->arena;
    struct json *gone = json_new(arena, JSON_ARRAY);
    int code = db_get_int(conn, &sql_checkout_catalogue_version, &run->offer.catalogue_version);
    run->cart.draft = run->body; /* the address of a guest counts as it is typed now */
    if (code == SOUK_OK)
        code = cart_price(conn, arena, &run->cart, &run->market, NULL, 0, &run->quote, gone,
                          &run->err);
    if (code != SOUK_OK)
        return refuse_price(run, code, "the cart cannot be priced");
    if (gone->count) {
        json_add_tree(arena, run->end.more, "lines", gone);
        return refuse(run, 409, "out-of-stock", "some goods cannot be bought any more");
    }
    return run->quote.count ? SOUK_OK : refuse(run, 422, "empty", "the cart is empty");
}

/* 0, or the refusal stands in run->end. */
static int prepare(struct run *run)
{
    struct request *request = run->request;
    struct db_conn *conn = request_conn(request);
    struct provider_scope scope;
    checkout_scope(request, conn, &scope);
    run->market = checkout_market_of(request, run->body);
    run->market.sells = 1;
    int code = read_draft(run, &scope);
    if (code == SOUK_OK && run->draft.address.country.len == 2 &&
        !checkout_is_fetched(request, run->body)) {
        run->market.country = run->draft.address.country; /* as normalised */
        run->market.region = run->draft.address.region;
        run->market.postcode = run->draft.address.postcode;
    }
    if (code == SOUK_OK)
        code = price(run, conn);
    if (code == SOUK_OK)
        code = choose_delivery(run, &scope);
    if (code == SOUK_OK)
        code = choose_payment(run, &scope, run->delivery.flags);
    run->cart.said = run->quote.said; /* goes into the write with it */
    run->quote.fetched = checkout_is_fetched(request, run->body);
    return code == SOUK_OK ? ask_plugins(run, &scope) : code;
}

/* ---- commit ---- */

static int book(struct db_conn *conn, void *user, struct souk_str number, struct err *err)
{
    struct run *run = user;
    struct provider_scope scope;
    provider_scope_request(&scope, run->request, SOUK_WRITE);
    scope.conn = conn;
    return delivery_book(&scope, run->offer.delivery_method, number, run->offer.delivery_data, err);
}

/* What it comes to now, for who has to agree to it: the cart may be another one, or its prices. */
static struct json *new_quote(struct run *run, struct db_conn *conn)
{
    struct arena *arena = &run->request->arena;
    struct cart cart;
    struct quote now = {0};
    struct err err = {0};
    int code = cart_load(conn, arena, run->cart.token, run->request->now, &cart);
    cart.said = run->cart.said;
    cart.draft = run->cart.draft;
    if (code == SOUK_OK)
        code = cart_price(conn, arena, &cart, &run->market, run->quote.delivery,
                          run->quote.delivery_count, &now, NULL, &err);
    return quote_print_public(arena, code == SOUK_OK ? &now : &run->quote);
}

static int place_unit(struct db_conn *conn, void *arg)
{
    struct run *run = arg;
    struct arena *arena = &run->request->arena;
    const char *problem = NULL;
    struct json *lines = json_new(arena, JSON_ARRAY);
    run->err = (struct err){0};
    int code = order_place(conn, arena, &run->offer, run->request->now, &run->end.placed, &problem,
                           lines, &run->err);
    if (code == SOUK_OK)
        return run->end.placed.again ? SOUK_OK
                                     : conversion_place(run->request, conn, &run->cart,
                                                        run->end.placed.id, run->request->now);
    if (code != SOUK_CONFLICT || !problem)
        return code;
    run->end.more = json_new(arena, JSON_OBJECT);
    if (lines->count)
        json_add_tree(arena, run->end.more, "lines", lines);
    if (strcmp(problem, "price-changed") == 0)
        json_add_tree(arena, run->end.more, "quote", new_quote(run, conn));
    refuse(run, 409, problem, words(run, "something has changed meanwhile; please look once more"));
    return code;
}

/* The same key came twice, and the first is still talking to the provider: its answer will be the
 * one. */
static int is_in_flight(const struct run *run, const struct payment_row *payment)
{
    return run->placed_before && souk_str_is(payment->state, "created") &&
           run->request->now - payment->created_at < CLOCK_MINUTE &&
           request_header(run->request, "idempotency-key").len > 0;
}

static int show(struct run *run, struct db_conn *conn)
{
    struct arena *arena = &run->request->arena;
    struct payment_row payment;
    int code = order_load(conn, arena, run->end.placed.id, 0, &run->end.order);
    if (code != SOUK_OK || !(run->online || run->placed_before))
        return code;
    code = payment_of(conn, arena, run->end.placed.id, &payment);
    if (code == SOUK_OK && is_in_flight(run, &payment))
        refuse(run, 409, "in-flight",
               "this very order is being placed by another request; ask again in a moment");
    else if (code == SOUK_OK) {
        run->end.redirect = json_text(json_at(payment_next(arena, &payment, 0), "redirect"));
        order_show_client(arena, run->end.order, &payment);
    }
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

/* The draft stays, whatever else does not. */
static int keep_draft(struct run *run, struct db_conn *conn)
{
    run->cart.draft = run->body;
    return cart_store_draft(conn, &run->cart, run->request->now);
}

/* Places the order and, unless somebody has to be asked first, answers. */
static int place(struct db_conn *conn, struct run *run)
{
    int destroyed = 0;
    run->end.status = 201;
    run->end.problem = run->end.detail = NULL;
    int code = db_unit(conn, place_unit, run, &destroyed);
    if (destroyed || (code != SOUK_OK && run->end.status == 201))
        return code;
    if (code != SOUK_OK)
        return keep_draft(run, conn);
    run->placed_before = run->end.placed.again;
    return SOUK_OK;
}

static int finish(struct db_conn *conn, struct run *run)
{
    int code = run->end.status == 201 ? show(run, conn) : SOUK_OK;
    if (code == SOUK_OK)
        code = run->answer(run->request, conn, &run->end);
    return code == SOUK_OK ? idempotency_end(run->request, run->key) : code;
}

/* The local way: one write. */
static int commit(struct db_conn *conn, void *arg)
{
    struct run *run = arg;
    int go = idempotency_begin(run->request, run->key);
    if (go <= 0)
        return go;
    int code = place(conn, run);
    return code == SOUK_OK ? finish(conn, run) : code;
}

static int refused(struct db_conn *conn, void *arg)
{
    struct run *run = arg;
    int go = idempotency_begin(run->request, run->key);
    if (go <= 0)
        return go;
    int code = run->cart.id ? keep_draft(run, conn) : SOUK_OK;
    return code == SOUK_OK ? run->answer(run->request, conn, &run->end) : code;
}

/* ---- with a provider over the network: write, ask, write ---- */

static int place_only(struct db_conn *conn, void *arg)
{
    struct run *run = arg;
    struct request *request = run->request;
    const struct answer nothing = {0};
    request->answer = nothing;
    request->conn = conn;
    int go = idempotency_begin(request, run->key);
    int code = go > 0 ? place(conn, run) : go;
    request->conn = NULL;
    return code;
}

static int answer_only(struct db_conn *conn, void *arg)
{
    struct run *run = arg;
    return finish(conn, run);
}

static int run_online(struct run *run)
{
    struct request *request = run->request;
    struct provider_scope scope;
    struct payment_row row;
    int code = db_write(request->db, place_only, run, &run->err);
    if (code != SOUK_OK || request->answer.status)
        return code; /* answered from what was kept, or failed */
    if (run->end.status == 201 && !run->placed_before && run->end.placed.payment_id) {
        provider_scope_request(&scope, request, SOUK_TASK);
        scope.conn = NULL; /* nothing is held while the peer is asked */
        money_begin(&scope, run->end.placed.payment_id, &row, &run->err);
    }
    request_then_write(request, answer_only, run);
    return SOUK_OK;
}

/* ---- the way in ---- */

static struct run *make_run(struct request *request, const struct json *body,
                            checkout_answer answer)
{
    struct arena *arena = &request->arena;
    struct run *run = arena_new(arena, struct run);
    run->request = request;
    run->answer = answer;
    run->body = checkout_keep(arena, body);
    run->end.errors = json_new(arena, JSON_ARRAY);
    run->end.more = json_new(arena, JSON_OBJECT);
    return run;
}

static void fill_offer(struct run *run)
{
    run->offer.cart = &run->cart;
    run->offer.quote = &run->quote;
    run->offer.draft = &run->draft;
    run->offer.market = &run->market;
    run->offer.book = book;
    run->offer.user = run;
}

int checkout_run(struct request *request, struct souk_str token, const struct json *body,
                 const struct promo_said *said, checkout_answer answer)
{
    struct run *run = make_run(request, body, answer);
    run->key = arena_printf(&request->arena, "cart:%.*s", SOUK_PRI(token));
    int code = cart_load(request_conn(request), &request->arena, token, request->now, &run->cart);
    if (code == SOUK_NOT_FOUND) {
        refuse(run, 404, "empty", "there is no such cart any more");
        request_then_write(request, refused, run);
        return SOUK_OK;
    }
    if (code != SOUK_OK)
        return code;
    fill_offer(run);
    run->cart.said = said;
    int open = !souk_str_is(run->cart.state, "ordered");
    if (open && checkout_tax(request, run->cart.draft, run->body, &run->buyer) != SOUK_OK) {
        refuse(run, 503, "unavailable", CART_NO_TAX);
        request_conn_end(request);
        request_then_write(request, refused, run);
        return SOUK_OK;
    }
    if (open && prepare(run) != SOUK_OK) {
        request_conn_end(request);
        request_then_write(request, refused, run);
        return SOUK_OK;
    }
    request_conn_end(request);
    conversion_catch_up(request);
    if (run->online)
        return run_online(run);
    request_then_write(request, commit, run);
    return SOUK_OK;
}

struct souk_str checkout_order_path(struct arena *arena, struct souk_str number,
                                    struct souk_str token)
{
    return arena_printf(arena, "/order/%.*s?token=%.*s", SOUK_PRI(number), SOUK_PRI(token));
}
