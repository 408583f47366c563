/*
 * promo_gift.c: looks a gift up by its sku. What is in the cart already takes from what is free, so
 * that a gift never makes an order impossible: then there is none.
 */
#include "shop/promo_gift.h"

#include "shop/cart.sql.h"
#include "shop/cart_goods.h"

static int64_t wanted_already(const struct quote *quote, int64_t variant_id)
{
    int64_t units = 0;
    for (size_t i = 0; i < quote->count; i++)
        if (quote->lines[i].variant_id == variant_id)
            units += quote->lines[i].quantity;
    return units;
}

/* Can so many more be had? */
static int check(const struct promo_gift *gift, struct souk_str sku, int64_t quantity, int64_t *id)
{
    struct db_rows rows;
    int code = db_first(db_query(gift->conn, &sql_cart_variant_by_sku, &rows, DB_TEXT(sku)), &rows);
    if (code != SOUK_OK)
        return code;
    *id = db_int(&rows, 0);
    int sold = goods_sold(db_text(&rows, 2), db_text(&rows, 3), db_int(&rows, 1) != 0,
                          db_int(&rows, 4), db_int(&rows, 5), gift->market->now);
    int counted = db_int(&rows, 6) && souk_str_is(db_text(&rows, 7), "no");
    int64_t left = db_int(&rows, 8) - wanted_already(gift->quote, *id);
    db_close(&rows);
    return sold && (!counted || left >= quantity) ? SOUK_OK : SOUK_CONFLICT;
}

int promo_gift_find(void *user, struct arena *arena, struct souk_str sku, struct quote_line *line)
{
    const struct promo_gift *gift = user;
    struct goods_list list;
    int64_t id, quantity = line->quantity > 0 ? line->quantity : 1;
    int code = check(gift, sku, quantity, &id);
    if (code == SOUK_OK)
        code = goods_read(gift->conn, arena, gift->market,
                          arena_printf(arena, "[%lld]", (long long)id), &list);
    if (code != SOUK_OK)
        return code;
    const struct goods *goods = goods_find(&list, id);
    struct price price = goods_price(&list, id, 1);
    if (!goods)
        return SOUK_NOT_FOUND;
    if (price.amount < 0) /* not for sale by itself: it is worth what the script says */
        price.amount = line->unit_price > 0 ? line->unit_price : 0;
    *line = (struct quote_line){.quantity = quantity};
    return goods_fill(gift->conn, arena, &list, goods, &price, line);
}
