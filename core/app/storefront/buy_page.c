/*
 * buy_page: whose cart it is, and what a page shows of it; see its header.
 */
#include "app/storefront/buy_page.h"

#include "app/buying.sql.h"
#include "app/storefront/account_page.h"
#include "app/storefront/offer_page.h"
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"
#include "base/str.h"
#include "bridge/who.h"
#include "shop/visit.h"
#include "web/session.h"

/* ---- whose ---- */

struct souk_str buy_token(struct request *request)
{
    return session_cookie(request) ? session_get(request, "cart") : souk_str("");
}

int buy_cart(struct request *request, struct db_conn *conn, struct cart *cart)
{
    return who_cart(request, conn, cart);
}

int buy_cart_named(struct request *request, struct db_conn *conn, struct cart *cart)
{
    struct souk_str named =
        souk_str_is(request->method, "POST") ? request_form(request, "cart") : souk_str("");
    int code = SOUK_NOT_FOUND;
    if (named.len && named.len <= 64)
        code = cart_load(conn, &request->arena, named, request->now, cart);
    if (code == SOUK_NOT_FOUND)
        code = buy_cart(request, conn, cart);
    if (code != SOUK_NOT_FOUND || !buy_token(request).len)
        return code;
    return cart_load(conn, &request->arena, buy_token(request), request->now, cart);
}

/* Who is told apart today stays the same one for as long as the session lasts. */
static int keep_visitor(struct request *request)
{
    int64_t visitor = visits_visitor(request);
    if (!visitor || session_get(request, "visitor").len)
        return SOUK_OK;
    return session_put(request, "visitor",
                       arena_printf(&request->arena, "%lld", (long long)visitor));
}

int buy_cart_need(struct request *request, struct db_conn *conn, struct cart *cart)
{
    int code = buy_cart(request, conn, cart);
    if (code == SOUK_NOT_FOUND) {
        struct market market = page_market(request);
        code = cart_create(conn, &request->arena, &market, account_page_person(request),
                           visits_visitor(request), request->now, cart);
    }
    if (code == SOUK_OK && !souk_str_equal(buy_token(request), cart->token))
        code = session_put(request, "cart", cart->token);
    return code ? code : keep_visitor(request);
}

int buy_join(struct request *request, int64_t person)
{
    struct cart kept;
    struct souk_str token = session_get(request, "cart");
    if (!token.len)
        return SOUK_OK;
    int code = cart_join(request->conn, &request->arena, token, person, request->now, &kept);
    if (code == SOUK_NOT_FOUND)
        return session_put(request, "cart", souk_str(""));
    return code ? code : session_put(request, "cart", kept.token);
}

/* ---- showing ---- */

int64_t buy_units(struct request *request)
{
    struct db_conn *conn = request_conn(request);
    struct souk_str token = buy_token(request);
    int64_t units = 0, person;
    if (!conn || !session_cookie(request))
        return 0;
    if (token.len &&
        db_get_int(conn, &sql_buy_units, &units, DB_TEXT(token), DB_INT(request->now)) == SOUK_OK &&
        units)
        return units;
    person = account_page_person(request);
    if (!person || db_get_int(conn, &sql_buy_units_of_person, &units, DB_INT(person),
                              DB_INT(request->now)) != SOUK_OK)
        return 0;
    return units;
}

int buy_cart_show(struct request *request, struct db_conn *conn, const struct cart *cart,
                  const struct market *market, const struct quote *quote, struct json *gone,
                  struct json *view)
{
    struct arena *arena = &request->arena;
    struct json *doc;
    int code = cart_document(conn, arena, cart, market, quote, gone, &doc);
    if (code != SOUK_OK)
        return code;
    json_add_tree(arena, view, "cart", doc);
    json_add_tree(arena, view, "totals", json_at(json_at(doc, "quote"), "totals"));
    json_add_tree(arena, view, "coupons", json_at(json_at(doc, "quote"), "coupons"));
    json_add_tree(arena, view, "discounts", json_at(json_at(doc, "quote"), "discounts"));
    json_add_tree(arena, view, "nudges", json_at(json_at(doc, "quote"), "nudges"));
    json_add_bool(arena, view, "delivery_known", quote->delivery_count > 0);
    json_add_tree(arena, view, "gone", gone);
    struct json *lines = json_add(arena, view, "lines", JSON_ARRAY);
    struct json *kept = json_add(arena, view, "kept", JSON_ARRAY);
    json_each(item, json_at(doc, "lines")) json_add_tree(
        arena, json_true(json_at(&item->value, "later")) ? kept : lines, NULL, &item->value);
    json_add_int(arena, view, "units", cart_units(cart));
    return offer_page_taken(request, conn, cart, quote, view);
}

int buy_cart_view(struct request *request, struct db_conn *conn, const struct cart *cart,
                  struct json *view)
{
    struct arena *arena = &request->arena;
    struct market market = page_market(request);
    struct json *gone = json_new(arena, JSON_ARRAY);
    struct quote *quote = arena_new(arena, struct quote);
    struct err err = {0};
    int code = cart_price(conn, arena, cart, &market, NULL, 0, quote, gone, &err);
    return code ? code : buy_cart_show(request, conn, cart, &market, quote, gone, view);
}

void buy_seen(struct request *request, struct cart *cart)
{
    struct arena *arena = &request->arena;
    struct souk_str seen = request_form(request, "seen");
    struct market market = page_market(request);
    struct quote *quote = arena_new(arena, struct quote);
    struct err err = {0};
    if (seen.len &&
        cart_price(request->conn, arena, cart, &market, NULL, 0, quote, NULL, &err) == SOUK_OK &&
        quote_version_same_goods(quote->version, seen))
        cart_seen(cart, quote);
}

int buy_store(struct request *request, struct cart *cart)
{
    struct arena *arena = &request->arena;
    struct market market = page_market(request);
    struct quote *quote = arena_new(arena, struct quote);
    struct err err = {0};
    int code = cart_price(request->conn, arena, cart, &market, NULL, 0, quote, NULL, &err);
    return cart_store(request->conn, arena, cart, code == SOUK_OK ? quote : NULL, request->now);
}

/* ---- the log ---- */

int buy_event(struct request *request, const char *kind, int64_t variant_id, int64_t quantity)
{
    return event_put_goods(request->conn, &request->arena, kind, visits_visitor(request),
                           account_page_person(request), variant_id, quantity, request->now);
}
