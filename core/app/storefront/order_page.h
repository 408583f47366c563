/*
 * order_page: finding the order of a request by number and token (or by who is signed in), and the
 * data that pages about it share.
 */
#ifndef STOREFRONT_ORDER_PAGE_H
#define STOREFRONT_ORDER_PAGE_H

#include "base/json.h"
#include "web/request.h"

/* SOUK_NOT_FOUND: no such order, a wrong token, or somebody else's. */
int order_page_find(struct request *request, struct db_conn *conn, int64_t *id);
/* What to answer then: the look-up form for who brings no token. */
int order_page_lost(struct request *request, int code);
/* "order", "totals", "shipments", "returns", "returnable", "instructions", "can_pay". */
int order_page_view(struct request *request, struct db_conn *conn, int64_t id, struct json *view);

#endif
