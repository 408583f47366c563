/*
 * offer: upsell: what scripts/upsell offers a shopper in a place (slot), at which price, and what
 * became of it. An offer is priced by the engine of promotions, signed (cart or order, rule,
 * variant, price, expiry) so that nothing of it can be altered, never ticked by itself, and never
 * made for what is in the cart, cannot be had, or was declined twice.
 *
 * Taking one twice is taking it once. In a cart it becomes a line whose discount hangs on the rule
 * (gone with what triggered it); pricing reads what was taken by promo_offer_facts
 * (shop/promo_offer.h).
 *
 * After the purchase it is an amendment of the order. Where nobody outside knows the sum (cash at
 * the door, a transfer that is waited for) the line joins at once and the sum grows. Where money
 * came over the network, a payment of its own is opened for the sum of the offer, and the order
 * stays as it is: the line joins in the very write that takes up the money (payment_on_news). A
 * payment that fails, expires or is never made leaves nothing behind; money for what has been sold
 * out meanwhile goes back as paid twice.
 *
 * All functions are for TASK handlers unless they say so: scripts may be asked, and writes waited
 * for.
 */
#ifndef APP_OFFER_H
#define APP_OFFER_H

#include "app/promotion.h"
#include "shop/promo_offer.h"

#define OFFER_CHAIN 2 /* offers in a row after a purchase */

/* Once, before the shop is served: the key that offers are signed with, and who hears of payments.
 */
int offer_setup(struct db *db, struct err *err);

/* ---- carts ---- */

/* For a page: at most `limit` offers of a slot: [{"offer", "slot", "title", "sku", "name",
 * "options", "image", "url", "text", "quantity", "price", "price_before", "saving", "currency",
 * "ends_at" (a timer of the rule; or null), "expires_at", "token"}]; notes each as shown, without
 * waiting. `cart` may be NULL: there is none yet. `product_id`, `sku`: of slot "product", which
 * product is looked at and which of its kinds is chosen (empty: not yet). `priced`: the cart's
 * quote where its goods are handed over, if it was made already; NULL: it is made here. */
int offer_show(struct request *request, struct db_conn *conn, const char *slot,
               const struct cart *cart, const struct quote *priced, int64_t product_id,
               struct souk_str sku, size_t limit, struct json *items, struct err *err);
/* A signed offer is taken: a line joins the cart. SOUK_TIMEOUT: its time is over; SOUK_CONFLICT:
 * sold out, in the cart, another price, the rule is off; SOUK_INVALID: it is not of this cart or
 * not one of ours. Words for the shopper in err. Again: SOUK_OK. */
int offer_accept(struct request *request, const struct cart *cart, struct souk_str token,
                 struct err *err);
/* The same in two parts, where the cart may not be there yet (NULL): on the task thread, and in the
 * write that makes it. */
struct offer_deal;
int offer_accept_begin(struct request *request, const struct cart *cart, struct souk_str token,
                       struct offer_deal **deal, struct err *err);
int offer_accept_commit(struct db_conn *conn, struct offer_deal *deal, struct souk_str cart_token,
                        int64_t *line_id);
struct request *offer_request(const struct offer_deal *deal);
const char *offer_words(const struct offer_deal *deal); /* why not */
/* Of a cart or an order (whoever has the signed token may). Again: counted once a showing. */
int offer_decline(struct request *request, int64_t cart_id, int64_t order_id, struct souk_str token,
                  struct err *err);
/* The tick of an order bump was taken off: its line goes. */
int offer_untick(struct request *request, struct souk_str cart_token, struct souk_str token,
                 struct err *err);
/* What of the cart came by offers: [{"offer", "slot", "line", "sku", "name", "quantity", "price",
 * "price_before", "saving", "active" (false: what triggered it is gone, or its time is over: the
 * line has its usual price), "ends_at", "token" (of slot "bump": to be unticked)}]. */
int offer_taken(struct request *request, struct db_conn *conn, const struct cart *cart,
                const struct quote *quote, struct json *items);

/* Only the tokens of these: [{"slot", "token"}]. */
int offer_taken_tokens(struct request *request, struct db_conn *conn, const struct cart *cart,
                       struct json *items);

/* ---- orders ---- */

/* As offer_show, of slot "after" or "thanks"; none where the order's way of paying cannot take
 * more, when something of it was packed, or an hour after it was placed. `next`: none either once
 * OFFER_CHAIN were answered. */
int offer_show_order(struct request *request, struct db_conn *conn, const char *slot,
                     int64_t order_id, size_t limit, struct json *items, struct err *err);
/* Has nothing been offered for this order yet that could be? Reads; any thread. */
int offer_is_due(struct db_conn *conn, int64_t order_id, int64_t now);
/* A signed offer after a purchase is taken. *redirect: where its payment is made; empty: it stands.
 */
int offer_accept_after(struct request *request, int64_t order_id, struct souk_str token,
                       struct souk_str *redirect, struct err *err);

/* ---- staff ---- */

/* promo_offer_report with what the rules that are loaded say: "name", "file", "line", "on",
 * "holdout". Any thread. */
int offer_report(struct db_conn *conn, struct arena *arena, int64_t since, struct json *items,
                 struct err *err);

#endif
