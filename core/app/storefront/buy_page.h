/*
 * buy_page: what the pages of buying share: whose cart it is, the cart as a page shows it, and how
 * many pieces stand beside the cart in the header.
 *
 * A browser's cart is named by its session ("cart": the token). Who is signed in and has none in
 * this browser gets the one that they left open elsewhere. A form of the checkout names its cart
 * itself, so that a second click still finds the cart that the first one has ordered.
 */
#ifndef STOREFRONT_BUY_PAGE_H
#define STOREFRONT_BUY_PAGE_H

#include "base/json.h"
#include "shop/cart.h"
#include "web/request.h"

/* The open one; SOUK_NOT_FOUND: none, it is too old, or it is ordered. */
int buy_cart(struct request *request, struct db_conn *conn, struct cart *cart);
/* The one that the form's field "cart" names, or that of the session, ordered ones too. */
int buy_cart_named(struct request *request, struct db_conn *conn, struct cart *cart);
/* In a write: the open one, or a new one that the session names from now on. */
int buy_cart_need(struct request *request, struct db_conn *conn, struct cart *cart);
/* Adds "cart" (its document), and "lines", "kept" (lines for later), "units" to a view. */
int buy_cart_view(struct request *request, struct db_conn *conn, const struct cart *cart,
                  struct json *view);
/* The same with a quote that is there already. */
int buy_cart_show(struct request *request, struct db_conn *conn, const struct cart *cart,
                  const struct market *market, const struct quote *quote, struct json *gone,
                  struct json *view);
/* Pieces in the cart of who asks; one query, none without a session. */
int64_t buy_units(struct request *request);
/* The token that the session names; may be empty. */
struct souk_str buy_token(struct request *request);
/* In a write, before a change: the form was on a page that told these prices (its field "seen"). */
void buy_seen(struct request *request, struct cart *cart);
/* In a write: the cart as changed, with what it costs now: the prices that its next page shows. */
int buy_store(struct request *request, struct cart *cart);
/* In a write: an event of the log about a product: "cart.added". */
int buy_event(struct request *request, const char *kind, int64_t variant_id, int64_t quantity);
/* In a write, at sign-in: what the guest gathered goes into the person's cart. */
int buy_join(struct request *request, int64_t person);

#endif
