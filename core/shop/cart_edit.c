/*
 * cart_edit.c: what everybody who changes carts shares, pages, REST and plugins: the terms where no
 * request says them, codes that are typed, and what the event log is told.
 */
#include "shop/cart.h"
#include "shop/cart.sql.h"
#include "shop/promo_book.h"
#include "shop/promo_live.h"
#include "shop/visit.h"

#define TOO_MANY "too many codes were tried; wait ten minutes and try again"

int64_t cart_units_of(const struct cart *cart, int64_t variant_id)
{
    int64_t units = 0;
    for (size_t i = 0; i < cart->count; i++)
        if (cart->lines[i].variant_id == variant_id && !cart->lines[i].later)
            units += cart->lines[i].quantity;
    return units;
}

struct market cart_terms(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                         int64_t now)
{
    struct market market = market_at(market_locale(cart->locale), now);
    const struct json *place = json_at(cart->draft, "address");
    struct souk_str country = json_text(json_at(place, "country"));
    struct db_rows rows;
    if (country.len == 2)
        market.country = country;
    market.region = json_text(json_at(place, "region"));
    market.postcode = json_text(json_at(place, "postcode"));
    if (cart->person_id && db_first(db_query(conn, &sql_cart_group, &rows, DB_INT(cart->person_id)),
                                    &rows) == SOUK_OK) {
        market.group = arena_str(arena, db_text(&rows, 0));
        db_close(&rows);
    }
    return market;
}

int cart_code_try(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                  const char *address, struct souk_str typed, int64_t now, struct err *err)
{
    struct promo_who who = {.person_id = cart->person_id, .address = address};
    struct promo_live *live = promo_live_pin();
    int code = promo_code_try(conn, arena, live->set, &who, cart->id, typed, now, err);
    promo_live_unpin(live);
    return code == SOUK_BUSY ? err_set(err, code, TOO_MANY) : code;
}

int cart_code_look(struct db_conn *conn, const struct cart *cart, const char *address, int64_t now,
                   struct err *err)
{
    int left = 0;
    int code = promo_attempts_left(conn, address, cart->id, now, &left);
    return code == SOUK_OK && !left ? err_set(err, SOUK_BUSY, TOO_MANY) : code;
}

int cart_tell_units(struct db_conn *conn, struct arena *arena, int64_t visitor, int64_t person_id,
                    int64_t variant_id, int64_t units, int64_t now)
{
    if (units == 0)
        return SOUK_OK;
    return event_put_goods(conn, arena, units > 0 ? "cart.added" : "cart.removed", visitor,
                           person_id, variant_id, units > 0 ? units : -units, now);
}
