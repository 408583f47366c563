/*
 * promo_offer_order.c: an order as a place where something can be offered: its lines as they were
 * agreed on, its terms, and whether its way of paying can take a bit more.
 */
#include "shop/promo_offer.h"

#include "base/str.h"
#include "shop/cart_goods.h"
#include "shop/order_inner.h"
#include "shop/promo_offer.sql.h"

static struct souk_str kept(struct arena *arena, struct db_rows *rows, int column)
{
    return arena_str(arena, db_text(rows, column));
}

/* It is taxed as it was when it was placed: so is what joins it. */
static void read_tax(struct arena *arena, struct souk_str billing, struct souk_str quote,
                     struct market *market)
{
    struct tax_buyer buyer;
    struct json *doc = NULL;
    struct souk_str note;
    enum quote_exempt exempt;
    order_tax_buyer(arena, billing, &buyer);
    if (json_parse(arena, quote, &doc, NULL) != SOUK_OK)
        doc = NULL;
    order_tax_basis(doc, &note, &exempt);
    market->buyer = order_tax_terms(arena, &buyer, exempt, note);
    if (!json_true(json_at(json_at(doc, "basis"), "fetched")))
        return;
    market->country = souk_str(market_shop()->country);
    market->region = market->postcode = souk_str("");
}

static void read_row(struct arena *arena, struct db_rows *rows, int64_t now,
                     struct promo_offer_order *order)
{
    struct souk_str locale = db_text(rows, 5), address = kept(arena, rows, 11);
    const char *known = market_locale(locale);
    *order = (struct promo_offer_order){.number = kept(arena, rows, 0),
                                        .token = kept(arena, rows, 1),
                                        .status = kept(arena, rows, 2),
                                        .payment_status = kept(arena, rows, 3),
                                        .fulfilment_status = kept(arena, rows, 4),
                                        .person_id = db_int(rows, 8),
                                        .visitor = db_int(rows, 9),
                                        .email = kept(arena, rows, 10),
                                        .placed_at = db_int(rows, 12),
                                        .total = db_int(rows, 13),
                                        .include_tax = db_int(rows, 14) != 0,
                                        .version = db_int(rows, 15),
                                        .delivery_method = kept(arena, rows, 16)};
    struct market *market = &order->market;
    *market = market_at(known ? known : market_shop()->locales[0], now);
    market->channel = kept(arena, rows, 6);
    market->currency = arena_cstr(arena, db_text(rows, 7));
    market->group = kept(arena, rows, 17);
    if (json_parse(arena, address, &order->address, NULL) != SOUK_OK)
        order->address = json_new(arena, JSON_OBJECT);
    if (json_text(json_at(order->address, "country")).len)
        market->country = json_text(json_at(order->address, "country"));
    market->region = json_text(json_at(order->address, "region"));
    market->postcode = json_text(json_at(order->address, "postcode"));
    read_tax(arena, kept(arena, rows, 18), kept(arena, rows, 19), market);
}

/* Lines with what the catalogue says of them today, at the prices of the order. */
static int fill_goods(struct db_conn *conn, struct arena *arena, struct promo_offer_order *order)
{
    struct goods_list list;
    struct buf ids = {.arena = arena};
    struct quote *basis = &order->basis;
    for (size_t i = 0; i < basis->count; i++)
        if (basis->lines[i].variant_id)
            buf_printf(&ids, "%c%lld", ids.len ? ',' : '[', (long long)basis->lines[i].variant_id);
    if (!ids.len)
        return SOUK_OK;
    buf_add_char(&ids, ']');
    int code = goods_read(conn, arena, &order->market, buf_str(&ids), &list);
    for (size_t i = 0; code == SOUK_OK && i < basis->count; i++) {
        struct quote_line *line = &basis->lines[i], before = *line;
        const struct goods *goods = goods_find(&list, line->variant_id);
        struct price price = {.amount = before.unit_price};
        if (!goods)
            continue;
        code = goods_fill(conn, arena, &list, goods, &price, line);
        line->unit_price = before.unit_price;
        line->original_price = before.original_price;
    }
    return code;
}

static int read_lines(struct db_conn *conn, struct arena *arena, int64_t order_id,
                      struct promo_offer_order *order)
{
    struct db_rows rows;
    struct quote *basis = &order->basis;
    *basis = (struct quote){.currency = souk_str(order->market.currency),
                            .at = order->market.now,
                            .include_tax = order->include_tax,
                            .lines = arena_array(arena, struct quote_line, QUOTE_LINES)};
    int code = db_query(conn, &sql_promo_offer_order_lines, &rows, DB_INT(order_id));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        if (basis->count < QUOTE_LINES)
            basis->lines[basis->count++] = (struct quote_line){.id = db_int(&rows, 0),
                                                               .variant_id = db_int(&rows, 1),
                                                               .quantity = db_int(&rows, 2),
                                                               .unit_price = db_int(&rows, 3),
                                                               .original_price = db_int(&rows, 4),
                                                               .sku = kept(arena, &rows, 5),
                                                               .name = kept(arena, &rows, 6),
                                                               .gift = db_int(&rows, 7) != 0};
        code = SOUK_OK;
    }
    return code ? code : fill_goods(conn, arena, order);
}

static int read_payments(struct db_conn *conn, struct arena *arena, int64_t order_id,
                         struct promo_offer_order *order)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_promo_offer_order_payments, &rows, DB_INT(order_id));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct souk_str state = db_text(&rows, 0);
        int local = db_int(&rows, 1) != 0;
        int waits = souk_str_is(state, "created") || souk_str_is(state, "pending") ||
                    souk_str_is(state, "authorised");
        int captured = souk_str_is(state, "captured");
        if (waits && !(local && souk_str_is(state, "pending")))
            order->paying = 1;
        order->local |= waits && local;
        order->paid |= captured && !local;
        if (waits || captured)
            order->provider = kept(arena, &rows, 2);
        code = SOUK_OK;
    }
    return code;
}

int promo_offer_order(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t now,
                      struct promo_offer_order *order)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_promo_offer_order, &rows, DB_INT(order_id)), &rows);
    if (code != SOUK_OK)
        return code;
    read_row(arena, &rows, now, order);
    db_close(&rows);
    code = read_lines(conn, arena, order_id, order);
    return code ? code : read_payments(conn, arena, order_id, order);
}

int promo_offer_answered(struct db_conn *conn, int64_t order_id, int64_t *count)
{
    return db_get_int(conn, &sql_promo_offer_answered, count, DB_INT(order_id));
}

int promo_offer_seen(struct db_conn *conn, int64_t order_id, int64_t *count)
{
    return db_get_int(conn, &sql_promo_offer_seen, count, DB_INT(order_id));
}
