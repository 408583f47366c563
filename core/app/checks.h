/*
 * checks: the invariants that `souk verify` runs besides those of the store: one list for the shop
 * and for the command on a stopped shop.
 */
#ifndef APP_CHECKS_H
#define APP_CHECKS_H

#include "shop/order.h"
#include "shop/payment.h"
#include "shop/promo_book.h"
#include "shop/stock.h"

static inline void checks_setup(void)
{
    stock_verify_setup();
    order_verify_setup();
    payment_verify_setup();
    promo_verify_setup();
}

#endif
