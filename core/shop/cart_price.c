/*
 * cart_price.c: a cart becomes a quote. Every page, every step of the checkout comes through here,
 * so the number of statements does not depend on the number of lines: goods, prices, the
 * catalogue's version, the rates of each tax class that occurs (most often one), and what the rules
 * want to know.
 *
 * Deliveries stand in the quote before promotions are judged, because those may be about them; fees
 * of a way to pay come after, because nothing makes them cheaper. The lines as they were before
 * promotions are kept, so that a charge that joins later costs no look into the catalogue.
 */
#include "base/str.h"
#include "shop/cart.h"
#include "shop/cart.sql.h"
#include "shop/cart_goods.h"
#include "shop/promo_live.h"
#include "shop/promo_offer.h"

static struct souk_str list_variants(struct arena *arena, const struct cart *cart)
{
    struct buf out = {.arena = arena};
    for (size_t i = 0; i < cart->count; i++)
        if (!cart->lines[i].later)
            buf_printf(&out, "%c%lld", out.len ? ',' : '[', (long long)cart->lines[i].variant_id);
    if (!out.len)
        return souk_str("");
    buf_add_char(&out, ']');
    return buf_str(&out);
}

/* ---- terms ---- */

struct market cart_market(struct arena *arena, const struct cart *cart, const struct market *market)
{
    struct market own = *market;
    struct souk_str typed =
        str_trim(json_text(json_at(json_at(cart->draft, "billing"), "vat_number")));
    const struct json *known = json_at(cart->draft, "tax");
    if (own.buyer || !typed.len || !known || known->kind != JSON_OBJECT)
        return own;
    struct tax_buyer *buyer = arena_new(arena, struct tax_buyer);
    tax_buyer_read(known, buyer);
    if (souk_str_equal(buyer->typed, typed)) /* else another one stands there by now */
        own.buyer = buyer;
    return own;
}

/* ---- goods ---- */

static int fill_lines(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                      const struct market *market, struct quote *quote, struct json *gone)
{
    struct goods_list list;
    struct souk_str ids = list_variants(arena, cart);
    if (!ids.len)
        return SOUK_OK;
    int code = goods_read(conn, arena, market, ids, &list);
    quote->lines = arena_array(arena, struct quote_line, cart->count);
    for (size_t i = 0; code == SOUK_OK && i < cart->count; i++) {
        const struct cart_line *line = &cart->lines[i];
        if (line->later)
            continue;
        const struct goods *goods = goods_find(&list, line->variant_id);
        struct price price = goods_price(&list, line->variant_id, line->quantity);
        goods_until(&quote->until, price.until);
        if (goods)
            goods_until(&quote->until, goods->until);
        if (!goods || !goods->sold || price.amount < 0) {
            if (gone)
                goods_gone(arena, gone, line->id, line->quantity, goods);
            continue;
        }
        struct quote_line *priced = &quote->lines[quote->count++];
        priced->id = line->id;
        priced->quantity = line->quantity;
        code = goods_fill(conn, arena, &list, goods, &price, priced);
        goods_until(&quote->until, priced->rates.until);
    }
    quote->known = list.known;
    return code;
}

/* ---- promotions ---- */

void cart_who(const struct cart *cart, const struct market *market, struct promo_who *who)
{
    *who = (struct promo_who){.person_id = cart->person_id,
                              .visitor = cart->visitor,
                              .email = json_text(json_at(cart->draft, "email")),
                              .phone = json_text(json_at(cart->draft, "phone")),
                              .group = market->group,
                              .address = ""};
}

/* The lines and codes as they are before any promotion. */
static void begin(struct arena *arena, const struct cart *cart, struct quote *quote)
{
    quote->count = quote->goods_count;
    quote->lines = arena_array(arena, struct quote_line, quote->count + 1);
    if (quote->count)
        memcpy(quote->lines, quote->goods, quote->count * sizeof *quote->lines);
    quote->promotions = quote->nudges = NULL;
    quote->coupon_count = 0;
    quote->coupons = arena_array(arena, struct quote_coupon, cart->coupon_count + 1);
    for (size_t i = 0; i < cart->coupon_count; i++)
        quote->coupons[quote->coupon_count++].code = cart->coupons[i];
}

/* Those charges whose `fee` is as said, behind what stands there. */
static void take_charges(const struct quote_delivery *charges, size_t count, int fee,
                         struct quote *quote)
{
    for (size_t i = 0; i < count; i++) {
        if ((charges[i].fee != 0) != fee)
            continue;
        quote->delivery[quote->delivery_count] = charges[i];
        quote->delivery[quote->delivery_count++].discount = 0;
    }
}

static int judge(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                 const struct market *market, struct quote *quote, struct err *err)
{
    struct promo_facts facts = {.priced = 1};
    struct promo_who who;
    struct promo_said *said = arena_new(arena, struct promo_said);
    struct promo_live *live = promo_live_pin();
    const struct promo_said *before = quote->said ? quote->said : cart->said;
    if (before) /* not asked twice about the same */
        *said = *before;
    cart_who(cart, market, &who);
    int code = promo_offer_facts(conn, arena, live->set, cart, &facts);
    if (code != SOUK_OK)
        err_set(err, code, "the cart's offers cannot be read: %s", db_error(conn));
    else
        code = promo_price(conn, arena, live, quote, market, &who, &facts, said, err);
    promo_live_unpin(live);
    quote->said = said->count ? said : NULL;
    return code;
}

/* Promotions, charges, sums. */
static int finish(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                  const struct market *market, const struct quote_delivery *charges, size_t count,
                  struct quote *quote, struct err *err)
{
    begin(arena, cart, quote);
    quote->delivery = arena_array(arena, struct quote_delivery, count + 1);
    quote->delivery_count = 0;
    take_charges(charges, count, 0, quote);
    int code = judge(conn, arena, cart, market, quote, err);
    if (code != SOUK_OK)
        return code;
    take_charges(charges, count, 1, quote);
    if ((code = quote_compute(quote, err)) == SOUK_OK)
        quote->version = quote_version(arena, quote, quote->catalogue);
    return code;
}

/* ---- the ways in ---- */

int cart_price(struct db_conn *conn, struct arena *arena, const struct cart *cart,
               const struct market *terms, const struct quote_delivery *charges, size_t count,
               struct quote *quote, struct json *gone, struct err *err)
{
    struct market *market = arena_new(arena, struct market);
    *market = cart_market(arena, cart, terms);
    *quote = (struct quote){.currency = arena_str(arena, souk_str(market->currency)),
                            .at = market->now,
                            .include_tax = market_shop()->prices_include_tax,
                            .round_by_total = market_shop()->round_by_total};
    if (market->buyer)
        quote->buyer = *market->buyer;
    int code = fill_lines(conn, arena, cart, market, quote, gone);
    if (code == SOUK_OK)
        code = db_get_int(conn, &sql_cart_catalogue, &quote->catalogue);
    if (code == SOUK_UNAVAILABLE && market->sells)
        return err_set(err, code, CART_NO_TAX);
    if (code != SOUK_OK)
        return err_set(err, code, "the cart cannot be priced: %s", db_error(conn));
    quote->goods = quote->lines;
    quote->goods_count = quote->count;
    return finish(conn, arena, cart, market, charges, count, quote, err);
}

int cart_charge(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                const struct market *terms, const struct quote_delivery *charge,
                struct quote *quote, struct err *err)
{
    struct market *market = arena_new(arena, struct market);
    *market = cart_market(arena, cart, terms);
    struct quote_delivery *charges =
        arena_array(arena, struct quote_delivery, quote->delivery_count + 1);
    if (quote->delivery_count)
        memcpy(charges, quote->delivery, quote->delivery_count * sizeof *charges);
    charges[quote->delivery_count] = *charge;
    return finish(conn, arena, cart, market, charges, quote->delivery_count + 1, quote, err);
}
