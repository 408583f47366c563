/*
 * cart_price.c: a cart becomes a quote. Every page, every step of the checkout comes through here,
 * so the number of statements does not depend on the number of lines: goods, prices, the
 * catalogue's version, and the rates of each tax class that occurs (most often one).
 */
#include "shop/cart.h"
#include "shop/cart.sql.h"
#include "shop/cart_goods.h"

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
    }
    return code;
}

static void take_coupons(struct arena *arena, const struct cart *cart, struct quote *quote)
{
    if (!cart->coupon_count)
        return;
    quote->coupons = arena_array(arena, struct quote_coupon, cart->coupon_count);
    for (size_t i = 0; i < cart->coupon_count; i++)
        quote->coupons[quote->coupon_count++].code = cart->coupons[i];
}

int cart_price(struct db_conn *conn, struct arena *arena, const struct cart *cart,
               const struct market *market, const struct quote_delivery *delivery,
               struct quote *quote, struct json *gone, struct err *err)
{
    int64_t catalogue = 0;
    *quote = (struct quote){.currency = arena_str(arena, souk_str(market->currency)),
                            .at = market->now,
                            .include_tax = market_shop()->prices_include_tax,
                            .round_by_total = market_shop()->round_by_total};
    int code = fill_lines(conn, arena, cart, market, quote, gone);
    if (code == SOUK_OK)
        code = db_get_int(conn, &sql_cart_catalogue, &catalogue);
    if (code != SOUK_OK)
        return err_set(err, code, "the cart cannot be priced: %s", db_error(conn));
    if (delivery) {
        quote->delivery = arena_new(arena, struct quote_delivery);
        *quote->delivery = *delivery;
        quote->delivery_count = 1;
    }
    take_coupons(arena, cart, quote);
    if ((code = quote_promote(arena, quote, err)) == SOUK_OK)
        code = quote_compute(quote, err);
    if (code == SOUK_OK)
        quote->version = quote_version(arena, quote, catalogue);
    return code;
}
