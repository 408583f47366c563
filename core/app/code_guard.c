/*
 * code_guard.c: the way of a request's typed code past the counter; what is wrong and how often is
 * decided in shop/promo_attempt.c.
 */
#include "app/code_guard.h"

#include "web/answer.h"

int code_guard_try(struct request *request, struct db_conn *conn, const struct cart *cart,
                   struct souk_str typed, struct err *err)
{
    return cart_code_try(conn, &request->arena, cart, request->address, typed, request->now, err);
}

int code_guard_look(struct request *request, struct db_conn *conn, const struct cart *cart,
                    struct err *err)
{
    return cart_code_look(conn, cart, request->address, request->now, err);
}

void code_guard_refuse(struct request *request, const struct err *err)
{
    answer_header(request, "Retry-After", souk_str("600"));
    answer_problem(request, 429, "too-many-codes", err->text, NULL);
}
