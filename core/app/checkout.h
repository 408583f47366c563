/*
 * checkout: from a cart to an order, for every surface (pages, API). Prepare runs on a task thread:
 * the cart is priced, delivery and payment providers are asked, plugins may veto (order.placing);
 * commit is its write step (order_place). The surface gives a function that answers, and never
 * decides anything itself.
 */
#ifndef APP_CHECKOUT_H
#define APP_CHECKOUT_H

#include "shop/order.h"
#include "web/request.h"

/* The terms of a request, with the signed-in person's price group; country, region and postcode
 * from `place` (a map as draft.address; may be NULL). */
struct market checkout_market(struct request *request, const struct json *place);
/* The goods are fetched: nothing is sent to the address, if there is one. */
int checkout_is_fetched(struct request *request, const struct json *draft);
/* Where the goods of a cart are handed over, which is where they are taxed: at the address that was
 * typed, or, where they are fetched, at the shop's. */
struct market checkout_market_of(struct request *request, const struct json *draft);
/* The cart priced with the delivery that its draft names, if that can be had. In a snapshot or
 * write of the caller; `quote` is computed. Delivery is asked only on task threads. */
int checkout_price(struct request *request, struct db_conn *conn, const struct cart *cart,
                   const struct market *market, struct quote *quote, struct json *gone,
                   struct err *err);
/* Its second half alone: a quote of the goods gets the delivery of the draft. Whoever shows what
 * can be chosen prices the goods once (cart_price), lists with that quote, and then adds what was
 * chosen. */
int checkout_deliver(struct request *request, struct db_conn *conn, const struct cart *cart,
                     const struct market *market, struct quote *quote, struct err *err);
/* The same as checkout_price for whoever is not a request: bridge_cart_use. */
struct provider_scope;
int checkout_price_in(const struct provider_scope *scope, struct db_conn *conn,
                      const struct cart *cart, const struct market *market, struct quote *quote,
                      struct json *gone, struct err *err);
/* TASK. Lists as in the contract; amounts are money documents. `quote`: of the goods for
 * deliveries; with the delivery in it for ways to pay, of which total and currency count. */
int checkout_delivery_options(struct request *request, const struct cart *cart,
                              const struct market *market, struct quote *quote, struct json *items,
                              struct err *err);
int checkout_payment_methods(struct request *request, const struct cart *cart,
                             const struct market *market, struct quote *quote,
                             struct souk_str delivery_method, struct json *items, struct err *err);

struct checkout_end {
    int status; /* 201: the order stands; else the status of the problem */
    const char
        *problem; /* "invalid" "price-changed" "out-of-stock" "unavailable" "declined" "empty" */
    const char *detail;
    struct json *errors; /* [{"pointer", "detail"}] */
    struct json *more;   /* {"quote", "lines", …} for problem+json */
    struct order_placed placed;
    struct json *order;       /* the document of the contract */
    struct souk_str redirect; /* where the shopper has to go to pay; empty: nowhere */
};
/* On the writer, in the transaction that made the order (or just before it is given up: then the
 * answer stands, but nothing else). May be run again. */
typedef int (*checkout_answer)(struct request *request, struct db_conn *conn,
                               const struct checkout_end *end);
/* From a TASK handler: everything. `body` as order_draft; kept in the cart's draft whatever comes
 * out of it. `said`: what the rules' functions have said in this request (quote.said), so that they
 * are not asked again about the same; may be NULL. Answers through `answer`, exactly once. */
int checkout_run(struct request *request, struct souk_str token, const struct json *body,
                 const struct promo_said *said, checkout_answer answer);
/* From a TASK handler: another attempt to pay an order whose payment failed. */
int checkout_pay_again(struct request *request, int64_t order_id, const struct json *payment,
                       checkout_answer answer);
/* READ or later: what the payer still has to know (payment_show) of an order, into `view`. */
int checkout_instructions(struct request *request, struct db_conn *conn, int64_t order_id,
                          struct json *view);
/* Where the order is shown: "/order/1042?token=…" */
struct souk_str checkout_order_path(struct arena *arena, struct souk_str number,
                                    struct souk_str token);

#endif
