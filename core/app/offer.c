/*
 * offer.c: offers of carts as they are shown: found, signed, and noted without waiting.
 *
 * The idea: what is signed carries all that taking it needs, so the row that notes the showing may
 * come late or, when the writer is busy, not at all. Rows are written once: a page that is looked
 * at again finds its rows and writes nothing.
 */
#include "app/offer_inner.h"

#include <stdlib.h>
#include <string.h>
#include "app/checkout.h"
#include "app/storefront/account_page.h"
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/cart_goods.h"

#define ROOM 16 /* offers of one place, held ones too */

/* ---- terms ---- */

struct market offer_market(struct request *request, const struct cart *cart)
{
    struct market market = checkout_market_of(request, cart ? cart->draft : NULL);
    market.asks = 1;
    return cart ? cart_market(&request->arena, cart, &market) : market;
}

void offer_who(struct request *request, const struct cart *cart, const struct market *market,
               struct promo_who *who)
{
    *who = (struct promo_who){.group = market->group, .email = souk_str(""), .address = ""};
    if (cart)
        cart_who(cart, market, who);
    if (!who->person_id)
        who->person_id = account_page_person(request);
    if (!who->visitor)
        who->visitor = visits_visitor(request);
}

/* ---- noting what is shown ---- */

struct noting { /* one allocation, freed when it is done */
    struct db_write write;
    struct promo_offer_note notes[ROOM];
    size_t count;
    int64_t now;
    char texts[ROOM][3][160]; /* offer, hash, slot */
};

static int note_write(struct db_conn *conn, void *arg)
{
    const struct noting *noting = arg;
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < noting->count; i++)
        code = promo_offer_note(conn, &noting->notes[i], noting->now);
    return code;
}

static void note_done(struct db_write *write)
{
    free(write->arg);
}

static void keep_texts(struct noting *noting, size_t at, const struct promo_offered *offered)
{
    struct promo_offer_note *note = &noting->notes[at];
    str_copy(noting->texts[at][0], sizeof noting->texts[at][0], offered->offer->id);
    str_copy(noting->texts[at][1], sizeof noting->texts[at][1], offered->offer->hash);
    str_copy(noting->texts[at][2], sizeof noting->texts[at][2], offered->offer->slot);
    note->offer = souk_str(noting->texts[at][0]);
    note->hash = souk_str(noting->texts[at][1]);
    note->slot = noting->texts[at][2];
}

static int64_t expires_at(const struct promo_offered *offered, int64_t now)
{
    int64_t at = now + (offered->offer->ttl > 0 ? offered->offer->ttl : 30 * CLOCK_MINUTE);
    return offered->ends_at && offered->ends_at < at ? offered->ends_at : at;
}

/* Those that are not noted yet. What cannot be noted now (the writer is busy) is shown all the
 * same. */
static void note_all(struct db *db, const struct promo_offer_at *at,
                     const struct promo_offered *found, size_t count, int64_t now)
{
    struct noting *noting = mem_zalloc(sizeof *noting);
    for (size_t i = 0; i < count && noting->count < ROOM; i++) {
        if (found[i].known)
            continue;
        size_t own = noting->count++;
        noting->notes[own] =
            (struct promo_offer_note){.state = found[i].held ? "held" : "shown",
                                      .cart_id = at->cart && !at->order_id ? at->cart->id : 0,
                                      .order_id = at->order_id,
                                      .person_id = at->who.person_id,
                                      .visitor = at->who.visitor,
                                      .variant_id = found[i].line.variant_id,
                                      .quantity = found[i].line.quantity,
                                      .amount = found[i].amount,
                                      .discount = found[i].discount,
                                      .expires_at = expires_at(&found[i], now)};
        keep_texts(noting, own, &found[i]);
    }
    noting->now = now;
    noting->write = (struct db_write){.fn = note_write, .arg = noting, .done = note_done};
    if (!noting->count || db_write_push(db, &noting->write) != SOUK_OK)
        free(noting);
}

/* ---- signing ---- */

int offer_publish(struct request *request, struct db_conn *conn, const struct promo_offer_at *at,
                  const struct promo_offered *found, size_t count, struct json *items)
{
    struct arena *arena = &request->arena;
    struct promo_offered *open = arena_array(arena, struct promo_offered, count + 1);
    size_t shown = 0;
    for (size_t i = 0; i < count; i++)
        if (!found[i].held)
            open[shown++] = found[i];
    int code = promo_offer_view(conn, arena, at->market, open, shown, items);
    if (code != SOUK_OK)
        return code;
    struct json_item *item = items->first;
    for (size_t i = 0; i < shown; i++, item = item->next) {
        struct offer_token token = {.offer = open[i].offer->id,
                                    .hash = open[i].offer->hash,
                                    .slot = open[i].offer->slot,
                                    .cart_id = at->cart && !at->order_id ? at->cart->id : 0,
                                    .order_id = at->order_id,
                                    .variant_id = open[i].line.variant_id,
                                    .quantity = open[i].line.quantity,
                                    .amount = open[i].amount,
                                    .discount = open[i].discount,
                                    .expires_at = expires_at(&open[i], request->now),
                                    .with = at->with ? at->with->variant_id : 0};
        json_add_time(arena, &item->value, "expires_at", token.expires_at);
        json_add_str(arena, &item->value, "token", offer_token_sign(arena, offer_key(), &token));
    }
    if (count && !request->head)
        note_all(request->db, at, found, count, request->now);
    return SOUK_OK;
}

/* ---- showing ---- */

/* The product that is looked at, as if one of it were in the cart: the chosen kind. */
static int look(struct request *request, struct db_conn *conn, int64_t product_id,
                struct souk_str sku, struct promo_offer_at *at)
{
    struct arena *arena = &request->arena;
    struct quote_line *line = arena_new(arena, struct quote_line);
    int64_t variant_id = 0, free = 0;
    int code = promo_offer_looked_at(conn, arena, product_id, sku, &variant_id, &at->product);
    if (code == SOUK_NOT_FOUND || (code == SOUK_OK && !variant_id))
        return SOUK_OK;
    if (code == SOUK_OK)
        code = promo_offer_line(conn, arena, at->market, variant_id, 1, line, &free);
    if (code == SOUK_NOT_FOUND)
        return SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && at->cart && i < at->cart->count; i++)
        if (at->cart->lines[i].variant_id == variant_id && !at->cart->lines[i].later)
            return SOUK_OK; /* there already */
    if (code == SOUK_OK && free != 0)
        at->with = line;
    return code;
}

int offer_basis(struct request *request, struct db_conn *conn, const struct cart *cart,
                const struct market *market, const struct quote *priced, struct promo_offer_at *at,
                struct err *err)
{
    struct quote *basis = arena_new(&request->arena, struct quote);
    struct market plain = *market;
    plain.asks = 0; /* goods are wanted, not promotions */
    int code = SOUK_OK;
    if (!cart)
        return SOUK_OK;
    if (priced)
        *basis = *priced;
    else
        code = cart_price(conn, &request->arena, cart, &plain, NULL, 0, basis, NULL, err);
    basis->lines = (struct quote_line *)(uintptr_t)basis->goods;
    basis->count = basis->goods_count;
    at->basis = basis;
    return code;
}

int offer_show(struct request *request, struct db_conn *conn, const char *slot,
               const struct cart *cart, const struct quote *priced, int64_t product_id,
               struct souk_str sku, size_t limit, struct json *items, struct err *err)
{
    struct promo_live *live = promo_live_pin();
    struct promo_offered found[ROOM];
    size_t count = 0;
    int code = SOUK_OK;
    if (promo_offer_any(live->set, slot)) {
        struct market market = offer_market(request, cart);
        struct promo_offer_at at = {.slot = slot, .cart = cart, .market = &market};
        offer_who(request, cart, &market, &at.who);
        code = offer_basis(request, conn, cart, &market, priced, &at, err);
        if (code == SOUK_OK && product_id)
            code = look(request, conn, product_id, sku, &at);
        if (code == SOUK_OK)
            code =
                promo_offer_find(conn, &request->arena, live, &at, limit, found, ROOM, &count, err);
        if (code == SOUK_OK && count)
            code = offer_publish(request, conn, &at, found, count, items);
    }
    promo_live_unpin(live);
    return code;
}

/* ---- what was taken ---- */

/* What the offer took off this line; -1: nothing, it is not applied. */
static int64_t given(const struct quote *quote, int64_t line_id, struct souk_str offer,
                     const struct quote_line **line)
{
    *line = NULL;
    for (size_t i = 0; i < quote->count; i++) {
        if (quote->lines[i].id != line_id)
            continue;
        *line = &quote->lines[i];
        for (size_t d = 0; d < quote->lines[i].discount_count; d++) {
            struct souk_str id = quote->lines[i].discounts[d].promotion;
            if (str_starts(id, "offer:") && souk_str_equal(str_from(id, 6), offer))
                return quote->lines[i].discounts[d].amount;
        }
    }
    return -1;
}

static struct souk_str sign_taken(struct arena *arena, const struct cart *cart,
                                  const struct promo_offer_taken *taken, int64_t variant_id,
                                  int64_t now)
{
    struct offer_token token = {.offer = taken->offer,
                                .hash = souk_str(""),
                                .slot = taken->slot,
                                .cart_id = cart->id,
                                .variant_id = variant_id,
                                .quantity = taken->quantity,
                                .amount = taken->amount,
                                .discount = taken->discount,
                                .expires_at = now + 30 * CLOCK_MINUTE};
    return offer_token_sign(arena, offer_key(), &token);
}

static void add_taken(struct arena *arena, const struct cart *cart,
                      const struct promo_offer_taken *taken, const struct quote *quote, int64_t now,
                      struct json *items)
{
    const struct quote_line *line;
    int64_t off = given(quote, taken->line_id, taken->offer, &line);
    if (!line)
        return;
    struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
    json_add_str(arena, item, "offer", taken->offer);
    json_add_str(arena, item, "slot", taken->slot);
    json_add_str(arena, item, "line", arena_printf(arena, "%lld", (long long)taken->line_id));
    json_add_str(arena, item, "sku", line->sku);
    json_add_str(arena, item, "name", line->name);
    json_add_str(arena, item, "text", taken->text);
    json_add_int(arena, item, "quantity", line->quantity);
    json_add_int(arena, item, "price", taken->amount);
    json_add_int(arena, item, "price_before", taken->amount + taken->discount);
    json_add_int(arena, item, "saving", off > 0 ? off : 0);
    json_add_bool(arena, item, "active", taken->discount == 0 ? taken->on : off >= 0);
    if (taken->ends_at > now)
        json_add_time(arena, item, "ends_at", taken->ends_at);
    else
        json_add_null(arena, item, "ends_at");
    json_add_str(arena, item, "token", sign_taken(arena, cart, taken, line->variant_id, now));
}

static int read_taken(struct request *request, struct db_conn *conn, const struct cart *cart,
                      struct promo_offer_taken *taken, size_t *count)
{
    struct promo_who who;
    struct market market = offer_market(request, cart);
    struct promo_live *live = promo_live_pin();
    offer_who(request, cart, &market, &who);
    int code =
        promo_offer_list(conn, &request->arena, live->set, cart, &market, &who, taken, ROOM, count);
    promo_live_unpin(live);
    return code;
}

int offer_taken(struct request *request, struct db_conn *conn, const struct cart *cart,
                const struct quote *quote, struct json *items)
{
    struct promo_offer_taken taken[ROOM];
    size_t count = 0;
    int code = read_taken(request, conn, cart, taken, &count);
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        add_taken(&request->arena, cart, &taken[i], quote, request->now, items);
    return code;
}

int offer_taken_tokens(struct request *request, struct db_conn *conn, const struct cart *cart,
                       struct json *items)
{
    struct arena *arena = &request->arena;
    struct promo_offer_taken taken[ROOM];
    size_t count = 0;
    int code = read_taken(request, conn, cart, taken, &count);
    for (size_t i = 0; code == SOUK_OK && i < count; i++) {
        for (size_t l = 0; l < cart->count; l++) {
            if (cart->lines[l].id != taken[i].line_id)
                continue;
            struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
            json_add_str(arena, item, "slot", taken[i].slot);
            json_add_str(
                arena, item, "token",
                sign_taken(arena, cart, &taken[i], cart->lines[l].variant_id, request->now));
        }
    }
    return code;
}
