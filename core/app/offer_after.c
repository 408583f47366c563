/*
 * offer_after.c: offers after the purchase.
 *
 * The idea: the order that stands is never at stake. Where the sum is not known to anybody outside
 * (cash at the door, a transfer that is waited for) the line joins in one write and the sum grows.
 * Where money comes over the network, a second payment is opened for the offer alone, and nothing
 * of the order changes before its money is there: then the line joins in the write that takes up
 * the money, right before that is counted. If it cannot join any more (sold out, cancelled), the
 * money finds nothing that it is due for and goes back by itself.
 */
#include "app/offer_inner.h"

#include <string.h>
#include "app/checkout_inner.h"
#include "app/money.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shop/order.h"
#include "shop/payment.h"
#include "store/unit.h"

#include <souk/plugin.h>

#define ROOM 16
#define LATE CLOCK_HOUR /* after the order was placed: its goods may be in a box soon */

/* ---- showing ---- */

static int can_grow(const struct promo_offer_order *order, int64_t now)
{
    int stands = souk_str_is(order->status, "placed") || souk_str_is(order->status, "confirmed");
    return stands && souk_str_is(order->fulfilment_status, "none") &&
           now - order->placed_at < LATE && !order->paying && (order->local || order->paid);
}

static struct promo_offer_at place_of(const struct promo_offer_order *order, int64_t order_id,
                                      const char *slot)
{
    return (struct promo_offer_at){.slot = slot,
                                   .order_id = order_id,
                                   .basis = &order->basis,
                                   .market = &order->market,
                                   .who = {.person_id = order->person_id,
                                           .visitor = order->visitor,
                                           .email = order->email,
                                           .group = order->market.group,
                                           .address = ""}};
}

int offer_show_order(struct request *request, struct db_conn *conn, const char *slot,
                     int64_t order_id, size_t limit, struct json *items, struct err *err)
{
    struct promo_live *live = promo_live_pin();
    struct promo_offer_order order;
    struct promo_offered found[ROOM];
    size_t count = 0;
    int64_t answered = 0;
    int code = SOUK_OK;
    if (!promo_offer_any(live->set, slot))
        goto end;
    code = promo_offer_order(conn, &request->arena, order_id, request->now, &order);
    if (code == SOUK_OK && strcmp(slot, "after") == 0)
        code = promo_offer_answered(conn, order_id, &answered);
    if (code == SOUK_OK && can_grow(&order, request->now) && answered < OFFER_CHAIN) {
        struct promo_offer_at at = place_of(&order, order_id, slot);
        order.market.asks = 1;
        code = promo_offer_find(conn, &request->arena, live, &at, limit, found, ROOM, &count, err);
        if (code == SOUK_OK && count)
            code = offer_publish(request, conn, &at, found, count, items);
    }
end:
    promo_live_unpin(live);
    return code;
}

int offer_is_due(struct db_conn *conn, int64_t order_id, int64_t now)
{
    struct promo_live *live = promo_live_pin();
    struct promo_offer_order order;
    struct arena scratch = {0};
    int64_t seen = 0;
    int due = promo_offer_any(live->set, "after") &&
              promo_offer_seen(conn, order_id, &seen) == SOUK_OK && !seen &&
              promo_offer_order(conn, &scratch, order_id, now, &order) == SOUK_OK &&
              can_grow(&order, now);
    arena_free(&scratch);
    promo_live_unpin(live);
    return due;
}

/* ---- taking ---- */

static struct order_addition addition_of(struct arena *arena, const struct promo_offer_row *row)
{
    return (struct order_addition){
        .variant_id = row->variant_id,
        .quantity = row->quantity,
        .unit_price = (row->amount + row->discount) / row->quantity,
        .share = {arena_printf(arena, "offer:%.*s", SOUK_PRI(row->offer)), row->discount}};
}

static struct promo_offer_row row_of(const struct offer_deal *deal)
{
    return (struct promo_offer_row){.variant_id = deal->token.variant_id,
                                    .quantity = deal->token.quantity,
                                    .amount = deal->token.amount,
                                    .discount = deal->token.discount,
                                    .offer = deal->token.offer};
}

/* *more: by how much the order grows, with tax. */
static int check(struct db_conn *conn, struct offer_deal *deal, int asks,
                 struct promo_offer_order *order, struct promo_offered *found, int64_t *more)
{
    struct arena *arena = &deal->request->arena;
    int64_t now = deal->request->now;
    *found = (struct promo_offered){0};
    if (deal->token.order_id != deal->order_id)
        return err_set(&deal->err, SOUK_INVALID, "this offer was made for another order");
    int code = promo_offer_order(conn, arena, deal->order_id, now, order);
    if (code != SOUK_OK)
        return code;
    struct promo_offer_at at = place_of(order, deal->order_id, arena_cstr(arena, deal->token.slot));
    order->market.asks = asks;
    deal->who = at.who;
    code = offer_deal_check(conn, arena, deal, &at, found);
    if (code != SOUK_OK || found->accepted || found->payment_id)
        return code;
    if (!can_grow(order, now))
        return err_set(&deal->err, SOUK_CONFLICT, "this order cannot take more any longer");
    struct promo_offer_row row = row_of(deal);
    struct order_addition addition = addition_of(arena, &row);
    addition.try = 1;
    return order_append(conn, arena, deal->order_id, &addition, souk_str("customer"), now, more,
                        &deal->err);
}

/* Does the order's way of paying take the sum? */
static int ask_provider(struct offer_deal *deal, struct db_conn *conn,
                        const struct promo_offer_order *order, int64_t more)
{
    struct request *request = deal->request;
    struct provider_scope scope;
    struct json *offer = json_new(&request->arena, JSON_OBJECT);
    int32_t flags = 0, delivery = 0;
    checkout_scope(request, conn, &scope);
    if (order->delivery_method.len)
        delivery_flags(scope.set, order->delivery_method, &delivery);
    struct souk_payment_terms terms = {
        .size = sizeof terms,
        .orders_before = -1,
        .total = order->local ? order->total + more : more,
        .currency = order->basis.currency,
        .country = order->market.country,
        .delivery_method = order->delivery_method,
        .delivery_takes_cash = (delivery & SOUK_DELIVERY_TAKES_CASH) != 0,
        .delivery_takes_card = (delivery & SOUK_DELIVERY_TAKES_CARD) != 0};
    if (payment_offer(&scope, order->provider, &terms, offer, &flags, NULL) == SOUK_OK)
        return SOUK_OK;
    return err_set(&deal->err, SOUK_CONFLICT, "this order cannot take more any longer");
}

static int find_row(struct db_conn *conn, struct offer_deal *deal, struct promo_offer_row *row)
{
    struct promo_offer_note note = offer_deal_note(deal);
    int code = promo_offer_note(conn, &note, deal->request->now);
    return code ? code : promo_offer_get(conn, &deal->request->arena, &note, row);
}

static int join(struct db_conn *conn, struct offer_deal *deal, struct promo_offer_row *row)
{
    struct arena *arena = &deal->request->arena;
    int64_t now = deal->request->now, more;
    struct order_addition addition = addition_of(arena, row);
    int code = order_append(conn, arena, deal->order_id, &addition, souk_str("customer"), now,
                            &more, &deal->err);
    if (code == SOUK_OK)
        code = promo_offer_take(conn, row->id, 0, now);
    return code ? code : offer_deal_taken(conn, deal, "offer.accepted", now);
}

static int open_payment(struct db_conn *conn, struct offer_deal *deal,
                        const struct promo_offer_order *order, const struct promo_offer_row *row,
                        int64_t more)
{
    struct arena *arena = &deal->request->arena;
    struct json *data = json_new(arena, JSON_OBJECT);
    json_add_str(arena, data, "method", order->provider);
    json_add_str(arena, data, "offer", deal->token.offer);
    struct payment_begin begin = {.order_id = deal->order_id,
                                  .amount = more,
                                  .currency = order->basis.currency,
                                  .provider = arena_cstr(arena, order->provider),
                                  .next = souk_str(""),
                                  .data = data};
    int code = payment_open(conn, arena, &begin, deal->request->now, &deal->payment_id);
    return code ? code : promo_offer_pay(conn, row->id, deal->payment_id);
}

static int accept_write(struct db_conn *conn, void *arg)
{
    struct offer_deal *deal = arg;
    struct promo_offer_order order;
    struct promo_offered found;
    struct promo_offer_row row;
    int64_t more = 0;
    deal->err = (struct err){0};
    deal->payment_id = 0;
    int code = check(conn, deal, 0, &order, &found, &more);
    if (code != SOUK_OK || found.accepted)
        return code;
    if (found.payment_id) {
        deal->payment_id = found.payment_id;
        deal->again = 1;
        return SOUK_OK;
    }
    if ((code = find_row(conn, deal, &row)) != SOUK_OK)
        return code;
    return order.local || more <= 0 ? join(conn, deal, &row)
                                    : open_payment(conn, deal, &order, &row, more);
}

/* ---- the payment of an offer ---- */

static int give_up_write(struct db_conn *conn, void *arg)
{
    struct offer_deal *deal = arg;
    struct payment_news news = {.payment_id = deal->payment_id,
                                .state = SOUK_PAID_FAILED,
                                .message = souk_str(""),
                                .actor = souk_str("souk")};
    return payment_apply(conn, &deal->request->arena, &news, deal->request->now, NULL);
}

static int read_payment(struct offer_deal *deal, struct payment_row *row)
{
    struct db_conn *conn = db_read_begin(deal->request->db, 0);
    if (!conn)
        return SOUK_UNAVAILABLE;
    int code = payment_get(conn, &deal->request->arena, deal->payment_id, row);
    db_read_end(conn);
    return code;
}

/* Where it is paid. A provider that does not answer now has made nothing that could be paid. */
static int begin_payment(struct offer_deal *deal, struct souk_str *redirect)
{
    struct request *request = deal->request;
    struct arena *arena = &request->arena;
    struct provider_scope scope;
    struct payment_row row = {0};
    struct err err = {0};
    provider_scope_request(&scope, request, SOUK_TASK);
    scope.conn = NULL;
    int code =
        deal->again ? read_payment(deal, &row) : money_begin(&scope, deal->payment_id, &row, &err);
    if (code == SOUK_OK)
        *redirect = json_text(json_at(payment_next(arena, &row, 0), "redirect"));
    if (redirect->len || souk_str_is(row.state, "captured"))
        return SOUK_OK;
    if (souk_str_is(row.state, "created") || souk_str_is(row.state, "pending"))
        db_write(request->db, give_up_write, deal, &err);
    return err_set(&deal->err, SOUK_UNAVAILABLE,
                   "this cannot be paid now; your order stands as it was");
}

int offer_accept_after(struct request *request, int64_t order_id, struct souk_str token,
                       struct souk_str *redirect, struct err *err)
{
    struct offer_deal *deal = arena_new(&request->arena, struct offer_deal);
    struct promo_offer_order order;
    struct promo_offered found = {0};
    struct err written = {0};
    int64_t more = 0;
    *redirect = souk_str("");
    int code = offer_deal_begin(deal, request, token, 1);
    deal->order_id = order_id;
    if (code == SOUK_OK)
        code = check(request_conn(request), deal, 1, &order, &found, &more);
    int answered = found.accepted || found.payment_id;
    if (code == SOUK_OK && !answered && deal->token.expires_at <= request->now)
        code = err_set(&deal->err, SOUK_TIMEOUT, "the time of this offer is over");
    if (code == SOUK_OK && !answered)
        code = ask_provider(deal, request_conn(request), &order, more);
    request_conn_end(request);
    if (code == SOUK_OK && !found.accepted)
        code = db_write(request->db, accept_write, deal, &written);
    if (code == SOUK_OK && deal->payment_id)
        code = begin_payment(deal, redirect);
    if (code != SOUK_OK && !deal->err.text[0])
        err_set(&deal->err, code, "%s",
                written.text[0] ? written.text : "this cannot be done now; try again in a moment");
    if (code != SOUK_OK && err)
        *err = deal->err;
    return code;
}

/* ---- news of such a payment ---- */

struct joining {
    struct arena *arena;
    const struct promo_offer_row *row;
    int64_t order_id, now;
    struct err err;
};

static int join_unit(struct db_conn *conn, void *arg)
{
    struct joining *joining = arg;
    struct order_addition addition = addition_of(joining->arena, joining->row);
    int64_t more;
    int code = order_append(conn, joining->arena, joining->order_id, &addition,
                            souk_str("customer"), joining->now, &more, &joining->err);
    return code ? code : promo_offer_take(conn, joining->row->id, 0, joining->now);
}

/* Goods that are paid join their order; those that cannot leave the money to go back. */
static int on_news(struct db_conn *conn, struct arena *arena, int64_t payment_id, int paid,
                   int64_t now, int *own)
{
    struct promo_offer_row row;
    struct payment_row payment;
    int destroyed = 0;
    *own = 0;
    int code = promo_offer_of_payment(conn, arena, payment_id, &row);
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? SOUK_OK : code;
    *own = 1;
    if (strcmp(row.state, "accepted") == 0)
        return SOUK_OK;
    if (!paid)
        return promo_offer_end(conn, row.id, "failed", now);
    if ((code = payment_get(conn, arena, payment_id, &payment)) != SOUK_OK)
        return code;
    struct joining joining = {
        .arena = arena, .row = &row, .order_id = payment.order_id, .now = now};
    code = db_unit(conn, join_unit, &joining, &destroyed);
    if (destroyed)
        return code;
    if (code == SOUK_OK)
        return SOUK_OK;
    log_warn("offer.not_joined", LOG_I("payment", payment_id), LOG_S("reason", joining.err.text));
    return promo_offer_end(conn, row.id, "failed", now);
}

int offer_setup(struct db *db, struct err *err)
{
    payment_on_news(on_news);
    return offer_key_begin(db, err);
}
