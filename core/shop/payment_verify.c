/*
 * payment_verify: the invariants of money as queries for `souk verify`.
 */
#include "shop/payment.h"
#include "shop/payment.sql.h"
#include "store/verify.h"

void payment_verify_setup(void)
{
    static const struct verify_check checks[] = {
        {"I-4",
         "for every payment captured <= authorised and refunded <= captured, and its sums are those "
         "of its movements",
         &sql_payment_verify_sums},
        {"I-4", "the sums of every order are those of its payments", &sql_payment_verify_orders},
        {"I-8", "every report of a payment is finished or has a job", &sql_payment_verify_reports},
        {"I-9", "the lines and the delivery of a refund sum to it", &sql_payment_verify_refunds},
    };
    static int done;
    if (!done)
        verify_add(checks, (int)(sizeof checks / sizeof *checks));
    done = 1;
}
