/*
 * promo_offer_view.c: offers as pages and the API show them: what is offered, with name, address
 * and picture, and its price beside the usual one. One query for all of them.
 */
#include "shop/promo_offer.h"

#include "base/str.h"
#include "shop/cart.sql.h"
#include "shop/slug.h"
#include "shop/view_text.h"

static void add_texts(struct arena *arena, const struct promo_offered *offered, struct json *item)
{
    const struct promo_offer *offer = offered->offer;
    json_add_str(arena, item, "offer", offer->id);
    json_add_str(arena, item, "slot", offer->slot);
    json_add_str(arena, item, "title", offer->name);
    json_add_str(arena, item, "sku", offered->line.sku);
    json_add_str(arena, item, "name", offered->line.name);
    json_add_str(arena, item, "options", offered->line.options);
    json_add_str(arena, item, "text", offered->text);
    json_add_int(arena, item, "quantity", offered->line.quantity);
}

static void add_price(struct arena *arena, const struct promo_offered *offered,
                      const char *currency, struct json *item)
{
    json_add_int(arena, item, "price", offered->amount);
    json_add_int(arena, item, "price_before", offered->amount + offered->discount);
    json_add_int(arena, item, "saving", offered->discount);
    json_add_cstr(arena, item, "currency", currency);
    if (offered->ends_at)
        json_add_time(arena, item, "ends_at", offered->ends_at);
    else
        json_add_null(arena, item, "ends_at");
}

static void add_seen(struct arena *arena, const struct promo_offered *offered, const char *locale,
                     struct db_rows *rows, struct json *item)
{
    struct souk_str slug = arena_str(arena, db_text(rows, 1));
    struct souk_str url = slug.len ? slug_url(arena, "product", slug, locale) : souk_str("");
    if (url.len && offered->line.options.len) {
        struct buf out = {.arena = arena};
        buf_add_str(&out, url);
        buf_add_cstr(&out, "?sku=");
        buf_add_encoded(&out, offered->line.sku);
        url = buf_str(&out);
    }
    struct json *image =
        view_image(arena, rows, 4, view_alt(arena, db_text(rows, 9), locale, souk_str("")));
    json_add_str(arena, item, "url", url);
    if (!image) {
        json_add_null(arena, item, "image");
        return;
    }
    if (!json_text(json_at(image, "alt")).len)
        json_add_str(arena, image, "alt", offered->line.name);
    json_add_tree(arena, item, "image", image);
}

int promo_offer_view(struct db_conn *conn, struct arena *arena, const struct market *market,
                     const struct promo_offered *found, size_t count, struct json *items)
{
    struct buf ids = {.arena = arena};
    struct db_rows rows;
    struct json **made = arena_array(arena, struct json *, count + 1);
    for (size_t i = 0; i < count; i++) {
        made[i] = json_add(arena, items, NULL, JSON_OBJECT);
        add_texts(arena, &found[i], made[i]);
        add_price(arena, &found[i], market->currency, made[i]);
        buf_printf(&ids, "%c%lld", i ? ',' : '[', (long long)found[i].line.variant_id);
    }
    if (!count)
        return SOUK_OK;
    buf_add_char(&ids, ']');
    int code = db_query(conn, &sql_cart_views, &rows, DB_TEXT(buf_str(&ids)),
                        DB_CSTR(market->locale), DB_CSTR(view_default_locale()));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        for (size_t i = 0; i < count; i++)
            if (found[i].line.variant_id == db_int(&rows, 0) && !json_at(made[i], "url"))
                add_seen(arena, &found[i], market->locale, &rows, made[i]);
        code = SOUK_OK;
    }
    return code;
}
