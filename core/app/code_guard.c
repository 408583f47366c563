/*
 * code_guard.c: the way of a typed code past the counter, with the words that shoppers are told in
 * every language of the shop; what is wrong and how often is decided in shop/promo_attempt.c.
 */
#include "app/code_guard.h"

#include "shop/promo_live.h"
#include "web/answer.h"

#define TOO_MANY "too many codes were tried; wait ten minutes and try again"

int code_guard_try(struct request *request, struct db_conn *conn, const struct cart *cart,
                   struct souk_str typed, struct err *err)
{
    struct promo_who who = {.person_id = cart->person_id, .address = request->address};
    struct promo_live *live = promo_live_pin();
    int code =
        promo_code_try(conn, &request->arena, live->set, &who, cart->id, typed, request->now, err);
    promo_live_unpin(live);
    return code == SOUK_BUSY ? err_set(err, code, TOO_MANY) : code;
}

int code_guard_look(struct request *request, struct db_conn *conn, const struct cart *cart,
                    struct err *err)
{
    int left = 0;
    int code = promo_attempts_left(conn, request->address, cart->id, request->now, &left);
    return code == SOUK_OK && !left ? err_set(err, SOUK_BUSY, TOO_MANY) : code;
}

void code_guard_refuse(struct request *request, const struct err *err)
{
    answer_header(request, "Retry-After", souk_str("600"));
    answer_problem(request, 429, "too-many-codes", err->text, NULL);
}
