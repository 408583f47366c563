/*
 * offer_page: offers on the pages of a cart: shown, taken, declined, ticked; see its header. Every
 * answer to an offer is one click and ends with 303; what cannot be taken any more is told on a
 * page of its own that leads back.
 */
#include "app/storefront/offer_page.h"

#include <souk/plugin.h>
#include <string.h>
#include "app/storefront/account_page.h"
#include "app/storefront/buy_page.h"
#include "app/storefront/page_part.h"
#include "base/clock.h"
#include "base/str.h"

#define SHOWN 1 /* in a place: one is an offer, more are a shop window */

/* ---- what pages show ---- */

/* How long a timer still runs, in words that templates have: "left": {"days", "hours",
 * "minutes"}. */
static void add_left(struct arena *arena, int64_t now, struct json *items)
{
    int64_t ends;
    for (struct json_item *item = items->first; item; item = item->next) {
        struct souk_str text = json_text(json_at(&item->value, "ends_at"));
        if (!text.len || clock_parse(text, &ends) != SOUK_OK || ends <= now ||
            ends - now > 7 * CLOCK_DAY)
            continue;
        int64_t minutes = (ends - now) / CLOCK_MINUTE;
        struct json *left = json_add(arena, &item->value, "left", JSON_OBJECT);
        json_add_int(arena, left, "hours", minutes / 60);
        json_add_int(arena, left, "minutes", minutes % 60);
    }
}

static int may_show(const struct request *request)
{
    return request->route && request->route->kind == SOUK_TASK;
}

int offer_page_cart(struct request *request, struct db_conn *conn, const struct cart *cart,
                    struct json *view)
{
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    struct err err = {0};
    int code =
        may_show(request) && cart_units(cart)
            ? offer_show(request, conn, "cart", cart, NULL, 0, souk_str(""), SHOWN, items, &err)
            : SOUK_OK;
    add_left(&request->arena, request->now, items);
    json_add_tree(&request->arena, view, "offers", items);
    return code;
}

int offer_page_taken(struct request *request, struct db_conn *conn, const struct cart *cart,
                     const struct quote *quote, struct json *view)
{
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    int code = may_show(request) ? offer_taken(request, conn, cart, quote, items) : SOUK_OK;
    add_left(&request->arena, request->now, items);
    json_add_tree(&request->arena, view, "taken", items);
    return code;
}

void offer_page_product(struct request *request, int64_t product_id, struct json *view)
{
    struct promo_live *live = promo_live_pin();
    if (promo_offer_any(live->set, "product"))
        json_add_str(&request->arena, view, "offers_at",
                     arena_printf(&request->arena, "/offers?product=%lld", (long long)product_id));
    promo_live_unpin(live);
}

/* ---- the box to tick at the checkout ---- */

int offer_page_bumps(struct request *request, const struct cart *cart, const struct quote *quote,
                     struct json *view)
{
    struct arena *arena = &request->arena;
    struct json *bumps = json_add(arena, view, "bumps", JSON_ARRAY);
    struct json *items = json_new(arena, JSON_ARRAY);
    struct err err = {0};
    json_each(taken, json_at(view, "taken"))
    {
        if (!souk_str_is(json_text(json_at(&taken->value, "slot")), "bump"))
            continue;
        struct json *bump = json_copy(arena, &taken->value);
        json_add_bool(arena, bump, "ticked", 1);
        json_add_tree(arena, bumps, NULL, bump);
    }
    int code = bumps->count ? SOUK_OK /* one at a time */
                            : offer_show(request, request_conn(request), "bump", cart, quote, 0,
                                         souk_str(""), SHOWN, items, &err);
    add_left(arena, request->now, items);
    json_each(item, items) json_add_tree(arena, bumps, NULL, &item->value);
    return code;
}

/* Is it among what was taken? Tokens differ by their expiry: rule, slot and variant are compared.
 */
static int same_offer(struct souk_str a, struct souk_str b)
{
    struct souk_str part_a, part_b;
    for (int i = 0; i < 6; i++) { /* offer, hash, slot, cart, order, variant */
        if (!str_split(&a, '~', &part_a) || !str_split(&b, '~', &part_b))
            return 0;
        if (i != 1 && !souk_str_equal(part_a, part_b))
            return 0;
    }
    return 1;
}

static int is_taken(const struct json *taken, struct souk_str token)
{
    json_each(item, taken)
    {
        if (same_offer(json_text(json_at(&item->value, "token")), token))
            return 1;
    }
    return 0;
}

static int follow_tick(struct request *request, const struct cart *cart, const struct json *taken,
                       struct souk_str token, int *gone)
{
    struct err err = {0};
    int ticked = request_form_has(request, "bump", arena_cstr(&request->arena, token));
    if (ticked == is_taken(taken, token))
        return 0;
    if (!ticked)
        return offer_untick(request, cart->token, token, &err) == SOUK_OK;
    if (offer_accept(request, cart, token, &err) == SOUK_OK)
        return 1;
    *gone = 1;
    return 0;
}

int offer_page_ticks(struct request *request, const struct cart *cart, int *gone)
{
    struct json *taken = json_new(&request->arena, JSON_ARRAY);
    int changed = 0, read = 0;
    *gone = 0;
    for (size_t i = 0; i < request->form.count; i++) {
        const struct header *field = &request->form.at[i];
        struct cart now;
        if (!souk_str_is(field->name, "bump_shown"))
            continue;
        if (!read++ && offer_taken_tokens(request, request_conn(request), cart, taken) != SOUK_OK)
            return 0;
        /* each changes the cart's version; a cart that cannot be read stays as it is */
        if (cart_load(request_conn(request), &request->arena, cart->token, request->now, &now) ==
            SOUK_OK)
            changed |= follow_tick(request, &now, taken, field->value, gone);
    }
    return changed;
}

/* ---- the list of a product ---- */

static int find_cart(struct request *request, struct cart *cart, struct cart **found)
{
    int code = buy_cart(request, request_conn(request), cart);
    *found = code == SOUK_OK ? cart : NULL;
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

int offer_list(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT), *items = json_new(arena, JSON_ARRAY);
    struct cart cart, *found;
    struct err err = {0};
    int64_t product = 0;
    (void)route;
    if (str_to_int(request_query(request, "product"), &product) != SOUK_OK)
        return SOUK_NOT_FOUND;
    int code = find_cart(request, &cart, &found);
    if (code == SOUK_OK)
        code = offer_show(request, request_conn(request), "product", found, NULL, product,
                          request_query(request, "sku"), SHOWN, items, &err);
    if (code != SOUK_OK)
        return code;
    add_left(arena, request->now, items);
    json_add_tree(arena, view, "offers", items);
    return account_page_show(request, "page/offers", 200, view);
}

/* ---- taken or declined ---- */

static int show_wrong(struct request *request, int code, const char *words)
{
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    if (code != SOUK_CONFLICT && code != SOUK_TIMEOUT && code != SOUK_INVALID)
        return code;
    json_add_str(&request->arena, view, "wrong", arena_str(&request->arena, souk_str(words)));
    return account_page_show(request, "page/offers", code == SOUK_INVALID ? 422 : 409, view);
}

static int commit(struct db_conn *conn, void *arg)
{
    struct offer_deal *deal = arg;
    struct request *request = offer_request(deal);
    struct cart cart;
    int64_t line = 0;
    int code = buy_cart_need(request, conn, &cart);
    if (code == SOUK_OK)
        code = offer_accept_commit(conn, deal, cart.token, &line);
    if (code != SOUK_OK)
        return show_wrong(request, code, offer_words(deal));
    return account_page_go(request,
                           arena_printf(&request->arena, "/cart?added=%lld", (long long)line).ptr);
}

static int accept(struct request *request, const struct cart *cart, struct souk_str token)
{
    struct offer_deal *deal;
    struct err err = {0};
    int code = offer_accept_begin(request, cart, token, &deal, &err);
    if (code != SOUK_OK)
        return show_wrong(request, code, err.text);
    request_conn_end(request);
    request_then_write(request, commit, deal);
    return SOUK_OK;
}

int offer_answer(struct request *request, const struct web_route *route)
{
    struct souk_str token = request_form(request, "offer");
    struct cart cart, *found;
    struct err err = {0};
    (void)route;
    int code = find_cart(request, &cart, &found);
    if (code != SOUK_OK)
        return code;
    if (souk_str_is(request_form(request, "do"), "accept"))
        return accept(request, found, token);
    code = offer_decline(request, found ? found->id : 0, 0, token, &err);
    if (code != SOUK_OK)
        return show_wrong(request, code, err.text);
    return account_page_go(request,
                           arena_cstr(&request->arena, account_page_next(request, "/cart")));
}
