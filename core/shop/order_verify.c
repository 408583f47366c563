/*
 * order_verify: the invariants of orders, for `souk verify`. Each is one query; what stock,
 * payments and parcels have to keep is checked by their own modules.
 */
#include "shop/order.h"

#include "shop/order_verify.sql.h"
#include "store/verify.h"

void order_verify_setup(void)
{
    static const struct verify_check checks[] = {
        {"I-3", "one cart makes at most one order, and is closed by it", &sql_order_verify_cart},
        {"I-3", "an order has at most one payment that is alive", &sql_order_verify_payment},
        {"I-7", "every order has the trace of its placing", &sql_order_verify_trail},
        {"I-9", "the amounts of an order are the sums of its lines", &sql_order_verify_sums},
        {"I-9", "the amounts of a line follow from its price, discounts and taxes",
         &sql_order_verify_lines},
        {"I-9", "an order that was agreed to be free of tax has none", &sql_order_verify_exempt},
        {"I-13", "every step of an order is a declared one", &sql_order_verify_edges},
        {"I-13", "every step of an order begins where the one before ended",
         &sql_order_verify_chain},
        {"I-13", "orders are in the state that their last step led to", &sql_order_verify_states},
    };
    static int done;
    if (!done)
        verify_add(checks, (int)(sizeof checks / sizeof *checks));
    done = 1;
}
