/*
 * offer_take.c: an offer of a cart is taken, declined, or its tick is taken off.
 *
 * The idea: everything is found out twice. On the task thread the offer is judged as it would be
 * shown now, with functions of scripts asked; then, in the write, once more in what is true there,
 * with the answers that functions gave. What comes out must be what was signed, to the cent.
 */
#include "app/offer_inner.h"

#include <string.h>
#include "app/checkout.h"
#include "base/str.h"
#include "shop/visit.h"
#include "store/db.h"

/* ---- one deal ---- */

int offer_deal_begin(struct offer_deal *deal, struct request *request, struct souk_str token,
                     int late_too)
{
    *deal = (struct offer_deal){.request = request};
    if (offer_token_read(&request->arena, offer_key(), token, &deal->token) != SOUK_OK)
        return err_set(&deal->err, SOUK_INVALID, "this is not an offer of this shop");
    if (!late_too && deal->token.expires_at <= request->now)
        return err_set(&deal->err, SOUK_TIMEOUT, "the time of this offer is over");
    return SOUK_OK;
}

struct promo_offer_note offer_deal_note(const struct offer_deal *deal)
{
    const struct offer_token *token = &deal->token;
    return (struct promo_offer_note){.offer = token->offer,
                                     .hash = token->hash,
                                     .slot = arena_cstr(&deal->request->arena, token->slot),
                                     .state = "shown",
                                     .cart_id = token->cart_id,
                                     .order_id = token->order_id,
                                     .person_id = deal->who.person_id,
                                     .visitor = deal->who.visitor,
                                     .variant_id = token->variant_id,
                                     .quantity = token->quantity,
                                     .amount = token->amount,
                                     .discount = token->discount,
                                     .expires_at = token->expires_at};
}

int offer_deal_check(struct db_conn *conn, struct arena *arena, struct offer_deal *deal,
                     struct promo_offer_at *at, struct promo_offered *found)
{
    const struct offer_token *token = &deal->token;
    struct promo_live *live = promo_live_pin();
    size_t count = 0;
    at->only = token->offer;
    at->only_variant = token->variant_id;
    at->calls = deal->calls;
    at->call_count = deal->call_count;
    int code = promo_offer_find(conn, arena, live, at, 1, found, 1, &count, &deal->err);
    deal->calls = at->calls;
    deal->call_count = at->call_count;
    promo_live_unpin(live);
    if (code != SOUK_OK)
        return code;
    if (!count || found->held)
        return err_set(&deal->err, SOUK_CONFLICT, "%s", count ? "this offer has ended" : at->why);
    if (found->accepted)
        return SOUK_OK;
    if (found->amount != token->amount || found->discount != token->discount ||
        found->line.quantity != token->quantity)
        return err_set(&deal->err, SOUK_CONFLICT,
                       "the price of this offer has changed; look at it again");
    return SOUK_OK;
}

int offer_deal_taken(struct db_conn *conn, const struct offer_deal *deal, const char *kind,
                     int64_t now)
{
    struct arena *arena = &deal->request->arena;
    struct json *data = json_new(arena, JSON_OBJECT);
    json_add_str(arena, data, "offer", deal->token.offer);
    json_add_str(arena, data, "slot", deal->token.slot);
    json_add_int(arena, data, "variant", deal->token.variant_id);
    json_add_int(arena, data, "quantity", deal->token.quantity);
    json_add_int(arena, data, "amount", deal->token.amount);
    struct souk_str subject =
        deal->token.order_id ? arena_printf(arena, "order:%lld", (long long)deal->token.order_id)
                             : arena_printf(arena, "cart:%lld", (long long)deal->token.cart_id);
    return event_put(conn, kind, deal->who.visitor, deal->who.person_id, subject, data, now);
}

/* ---- into a cart ---- */

/* The cart, if it is the offer's; SOUK_INVALID with words. */
static int load_cart(struct db_conn *conn, struct offer_deal *deal, struct cart *cart)
{
    int code = cart_load(conn, &deal->request->arena, deal->cart_token, deal->request->now, cart);
    if (code == SOUK_NOT_FOUND)
        return err_set(&deal->err, SOUK_INVALID, "there is no such cart, or it is too old");
    if (code != SOUK_OK)
        return code;
    if (!souk_str_is(cart->state, "open"))
        return err_set(&deal->err, SOUK_CONFLICT, "this cart has been ordered; begin a new one");
    if (deal->token.order_id || (deal->token.cart_id && deal->token.cart_id != cart->id))
        return err_set(&deal->err, SOUK_INVALID, "this offer was made for another cart");
    return SOUK_OK;
}

static int line_of(const struct cart *cart, int64_t variant_id)
{
    for (size_t i = 0; i < cart->count; i++)
        if (cart->lines[i].variant_id == variant_id && !cart->lines[i].later)
            return (int)i;
    return -1;
}

/* The product that was looked at, unless it is in the cart already. */
static int look(struct db_conn *conn, struct offer_deal *deal, const struct cart *cart,
                struct promo_offer_at *at)
{
    struct quote_line *line = arena_new(&deal->request->arena, struct quote_line);
    int64_t free = 0;
    if (!deal->token.with || (cart && line_of(cart, deal->token.with) >= 0))
        return SOUK_OK;
    int code =
        promo_offer_line(conn, &deal->request->arena, at->market, deal->token.with, 1, line, &free);
    if (code == SOUK_NOT_FOUND || (code == SOUK_OK && free == 0))
        return err_set(&deal->err, SOUK_CONFLICT, "this is sold out");
    at->with = line;
    return code;
}

static int check(struct db_conn *conn, struct offer_deal *deal, const struct cart *cart,
                 const struct market *market, struct promo_offered *found)
{
    struct promo_offer_at at = {.slot = arena_cstr(&deal->request->arena, deal->token.slot),
                                .cart = cart,
                                .market = market,
                                .who = deal->who};
    int code = offer_basis(deal->request, conn, cart, market, NULL, &at, &deal->err);
    if (code == SOUK_OK)
        code = look(conn, deal, cart, &at);
    return code ? code : offer_deal_check(conn, &deal->request->arena, deal, &at, found);
}

static int put_in(struct db_conn *conn, struct offer_deal *deal, struct cart *cart,
                  int64_t variant_id, int64_t quantity, int64_t *line_id)
{
    struct cart_change change = {.verb = CART_ADD, .variant_id = variant_id, .quantity = quantity};
    int64_t available;
    return cart_apply(conn, &deal->request->arena, cart, &change, deal->request->now, line_id,
                      &available, &deal->err);
}

/* Lines, row, event. */
static int take(struct db_conn *conn, struct offer_deal *deal, struct cart *cart)
{
    struct arena *arena = &deal->request->arena;
    int64_t now = deal->request->now, line_id = 0, other = 0;
    struct promo_offer_row row;
    int code = SOUK_OK;
    if (deal->token.with && line_of(cart, deal->token.with) < 0)
        code = put_in(conn, deal, cart, deal->token.with, 1, &other);
    if (code == SOUK_OK)
        code = put_in(conn, deal, cart, deal->token.variant_id, deal->token.quantity, &line_id);
    if (code == SOUK_OK)
        code = cart_store(conn, arena, cart, NULL, now);
    deal->token.cart_id = cart->id;
    struct promo_offer_note note = offer_deal_note(deal);
    if (code == SOUK_OK)
        code = promo_offer_note(conn, &note, now);
    if (code == SOUK_OK)
        code = promo_offer_get(conn, arena, &note, &row);
    if (code == SOUK_OK)
        code = promo_offer_take(conn, row.id, line_id, now);
    return code ? code : offer_deal_taken(conn, deal, "offer.accepted", now);
}

int offer_accept_commit(struct db_conn *conn, struct offer_deal *deal, struct souk_str cart_token,
                        int64_t *line_id)
{
    struct cart *cart = arena_new(&deal->request->arena, struct cart);
    struct promo_offered found = {0};
    struct market market = deal->market;
    market.asks = 0;
    deal->cart_token = cart_token;
    deal->err = (struct err){0};
    *line_id = 0;
    int code = load_cart(conn, deal, cart);
    if (code == SOUK_OK)
        code = check(conn, deal, cart, &market, &found);
    if (code == SOUK_OK && !found.accepted)
        code = take(conn, deal, cart);
    int at = code == SOUK_OK ? line_of(cart, deal->token.variant_id) : -1;
    if (at >= 0)
        *line_id = cart->lines[at].id;
    return code;
}

int offer_accept_begin(struct request *request, const struct cart *cart, struct souk_str token,
                       struct offer_deal **out, struct err *err)
{
    struct offer_deal *deal = arena_new(&request->arena, struct offer_deal);
    struct promo_offered found = {0};
    int code = offer_deal_begin(deal, request, token, 1);
    *out = deal;
    if (code == SOUK_OK && (deal->token.order_id ||
                            (deal->token.cart_id && (!cart || deal->token.cart_id != cart->id))))
        code = err_set(&deal->err, SOUK_INVALID, "this offer was made for another cart");
    if (code == SOUK_OK) {
        deal->market = offer_market(request, cart);
        offer_who(request, cart, &deal->market, &deal->who);
        code = check(request_conn(request), deal, cart, &deal->market, &found);
    }
    /* what was taken before its time was over stays taken */
    if (code == SOUK_OK && !found.accepted && deal->token.expires_at <= request->now)
        code = err_set(&deal->err, SOUK_TIMEOUT, "the time of this offer is over");
    if (code != SOUK_OK && err)
        *err = deal->err;
    return code;
}

static int accept_write(struct db_conn *conn, void *arg)
{
    struct offer_deal *deal = arg;
    int64_t line_id;
    return offer_accept_commit(conn, deal, deal->cart_token, &line_id);
}

struct request *offer_request(const struct offer_deal *deal)
{
    return deal->request;
}

const char *offer_words(const struct offer_deal *deal)
{
    return deal->err.text[0] ? deal->err.text : "this cannot be done now; try again in a moment";
}

static int run_write(struct offer_deal *deal, db_fn fn)
{
    struct err err = {0};
    int code = db_write(deal->request->db, fn, deal, &err);
    if (code != SOUK_OK && !deal->err.text[0])
        err_set(&deal->err, code, "%s",
                err.text[0] ? err.text : "this cannot be done now; try again in a moment");
    return code;
}

int offer_accept(struct request *request, const struct cart *cart, struct souk_str token,
                 struct err *err)
{
    struct offer_deal *deal;
    int code = offer_accept_begin(request, cart, token, &deal, err);
    request_conn_end(request);
    if (code != SOUK_OK)
        return code;
    deal->cart_token = cart->token;
    code = run_write(deal, accept_write);
    if (code != SOUK_OK && err)
        *err = deal->err;
    return code;
}

/* ---- no, thank you ---- */

static int decline_write(struct db_conn *conn, void *arg)
{
    struct offer_deal *deal = arg;
    struct arena *arena = &deal->request->arena;
    struct promo_offer_note note = offer_deal_note(deal);
    struct promo_offer_row row;
    int code = promo_offer_get(conn, arena, &note, &row);
    if (code == SOUK_NOT_FOUND &&
        (code = promo_offer_note(conn, &note, deal->request->now)) == SOUK_OK)
        code = promo_offer_get(conn, arena, &note, &row);
    if (code == SOUK_NOT_FOUND) /* nobody who could be told apart */
        return SOUK_OK;
    if (code != SOUK_OK || strcmp(row.state, "shown") != 0 || row.payment_id)
        return code; /* answered already */
    code = promo_offer_end(conn, row.id, "declined", deal->request->now);
    return code ? code : offer_deal_taken(conn, deal, "offer.declined", deal->request->now);
}

int offer_decline(struct request *request, int64_t cart_id, int64_t order_id, struct souk_str token,
                  struct err *err)
{
    struct offer_deal *deal = arena_new(&request->arena, struct offer_deal);
    int code = offer_deal_begin(deal, request, token, 1);
    if (code == SOUK_OK && !deal->token.cart_id && !deal->token.order_id)
        deal->token.cart_id = cart_id;
    if (code == SOUK_OK &&
        (deal->token.order_id ? deal->token.order_id != order_id : deal->token.cart_id != cart_id))
        code = err_set(&deal->err, SOUK_INVALID, "this offer was made for another cart or order");
    deal->who = (struct promo_who){0};
    if (code == SOUK_OK && !order_id) {
        struct market market = offer_market(request, NULL);
        offer_who(request, NULL, &market, &deal->who);
    }
    request_conn_end(request);
    if (code == SOUK_OK)
        code = run_write(deal, decline_write);
    if (code != SOUK_OK && err)
        *err = deal->err;
    return code;
}

/* ---- a tick less ---- */

static int untick_write(struct db_conn *conn, void *arg)
{
    struct offer_deal *deal = arg;
    struct arena *arena = &deal->request->arena;
    struct cart *cart = arena_new(arena, struct cart);
    struct promo_offer_row row;
    int64_t line = 0, available;
    deal->err = (struct err){0};
    int code = load_cart(conn, deal, cart);
    if (code != SOUK_OK)
        return code;
    struct promo_offer_note note = offer_deal_note(deal);
    code = promo_offer_get(conn, arena, &note, &row);
    if (code == SOUK_NOT_FOUND || (code == SOUK_OK && strcmp(row.state, "accepted") != 0))
        return SOUK_OK;
    if (code == SOUK_OK)
        code = promo_offer_back(conn, row.id);
    struct cart_change change = {.verb = CART_REMOVE, .line_id = row.line_id};
    if (code != SOUK_OK || !row.line_id)
        return code;
    code =
        cart_apply(conn, arena, cart, &change, deal->request->now, &line, &available, &deal->err);
    if (code == SOUK_NOT_FOUND) /* taken out before */
        return SOUK_OK;
    return code ? code : cart_store(conn, arena, cart, NULL, deal->request->now);
}

int offer_untick(struct request *request, struct souk_str cart_token, struct souk_str token,
                 struct err *err)
{
    struct offer_deal *deal = arena_new(&request->arena, struct offer_deal);
    int code = offer_deal_begin(deal, request, token, 1);
    deal->cart_token = cart_token;
    request_conn_end(request);
    if (code == SOUK_OK)
        code = run_write(deal, untick_write);
    if (code != SOUK_OK && err)
        *err = deal->err;
    return code;
}
