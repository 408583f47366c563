/*
 * offer_page: offers on the pages of the shop. Pages that show them are TASK handlers; the page of
 * a product, which is kept for everybody, names the address of its offers and its script fetches
 * them.
 */
#ifndef STOREFRONT_OFFER_PAGE_H
#define STOREFRONT_OFFER_PAGE_H

#include "app/offer.h"
#include "web/request.h"

/* Adds "offers" (of slot "cart") to the view of a cart. Harmless elsewhere than in a TASK. */
int offer_page_cart(struct request *request, struct db_conn *conn, const struct cart *cart,
                    struct json *view);
/* Adds "taken": what came by offers; for every page that shows lines of a cart. */
int offer_page_taken(struct request *request, struct db_conn *conn, const struct cart *cart,
                     const struct quote *quote, struct json *view);
/* Adds "bumps" to the view of the checkout, those first that are ticked. */
int offer_page_bumps(struct request *request, const struct cart *cart, const struct quote *quote,
                     struct json *view);
/* Before anything else of a sent checkout: lines follow the ticks. *gone: an offer could not be
 * taken any more. 1: the cart has changed, load it again. */
int offer_page_ticks(struct request *request, const struct cart *cart, int *gone);
/* Adds "offers_at", where the offers of a product's page are, if there may be some. */
void offer_page_product(struct request *request, int64_t product_id, struct json *view);
/* An order's page: 1: answered, the shopper goes to the page of an offer first. Else adds "offers"
 * of slot "thanks" where `thanks`. */
int offer_page_order(struct request *request, struct db_conn *conn, int64_t order_id, int thanks,
                     struct json *view);

int offer_list(struct request *request, const struct web_route *route);
int offer_answer(struct request *request, const struct web_route *route);
int order_offer_show(struct request *request, const struct web_route *route);
int order_offer_answer(struct request *request, const struct web_route *route);

#endif
