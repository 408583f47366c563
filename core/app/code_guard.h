/*
 * code_guard: coupon codes that are typed: whoever tries out too many wrong ones, from one address
 * of the network or in one cart, is not heard for a while (shop/promo_attempt.c counts).
 */
#ifndef APP_CODE_GUARD_H
#define APP_CODE_GUARD_H

#include "shop/cart.h"
#include "web/request.h"

/* In a write, before the code joins the cart: counts it when it is wrong. SOUK_BUSY with words for
 * the shopper: it is not heard. */
int code_guard_try(struct request *request, struct db_conn *conn, const struct cart *cart,
                   struct souk_str typed, struct err *err);
/* Reads: would one be heard now? SOUK_BUSY with the same words. */
int code_guard_look(struct request *request, struct db_conn *conn, const struct cart *cart,
                    struct err *err);
/* The answer over REST: 429 with a time. */
void code_guard_refuse(struct request *request, const struct err *err);

#endif
