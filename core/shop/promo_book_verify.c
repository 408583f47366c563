/*
 * promo_book_verify: the invariants of promotions as queries for `souk verify`.
 */
#include "shop/promo_book.h"

#include "shop/promo_book_verify.sql.h"
#include "store/verify.h"

void promo_verify_setup(void)
{
    static const struct verify_check checks[] = {
        {"I-14", "what is taken of the limits and budgets of promotions is the sum of their uses",
         &sql_promo_verify_counts},
        {"I-14", "uses of promotions stand as long as their orders do, and no longer",
         &sql_promo_verify_uses},
        {"I-14", "every discount on a line of an order is a use of its promotion",
         &sql_promo_verify_lines},
    };
    static int done;
    if (!done)
        verify_add(checks, (int)(sizeof checks / sizeof *checks));
    done = 1;
}
