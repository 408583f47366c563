/*
 * product_card.c: products as they stand in lists. Two queries, however many: the prices of all
 * variants, and what else a card shows; both in the order of the ids.
 */
#include "shop/price_row.h"
#include "shop/product.h"
#include "shop/slug.h"
#include "shop/view.sql.h"
#include "shop/view_text.h"

struct card_price {
    int64_t lowest, highest, compare_at; /* -1: none */
    int availability;                    /* the best of all, 3: out */
    int64_t until;
};

/* The rows of one product, from *at on. */
static struct card_price sum_prices(const struct price_rows *rows, size_t *at, int64_t now)
{
    struct card_price sum = {-1, -1, -1, 3, 0};
    int64_t product = rows->at[*at].product_id;
    while (*at < rows->count && rows->at[*at].product_id == product) {
        size_t span = price_rows_span(rows, *at);
        struct price price = price_choose(&rows->at[*at], span, now, 1);
        if (price.until && (!sum.until || price.until < sum.until))
            sum.until = price.until;
        if (price.amount >= 0) {
            if (rows->at[*at].availability < sum.availability)
                sum.availability = rows->at[*at].availability;
            if (sum.lowest < 0 || price.amount < sum.lowest) {
                sum.lowest = price.amount;
                sum.compare_at = price.compare_at > 0 ? price.compare_at : -1;
            }
            if (price.amount > sum.highest)
                sum.highest = price.amount;
        }
        *at += span;
    }
    return sum;
}

static void note_until(int64_t *until, int64_t at, int64_t now)
{
    if (until && at > now && (!*until || at < *until))
        *until = at;
}

/* Within its publish window? What is not yet, or no more, is known by *until. */
static int is_published(struct db_rows *rows, int64_t now, int64_t *until)
{
    if (!db_is_null(rows, 1)) {
        note_until(until, db_int(rows, 1), now);
        if (db_int(rows, 1) > now)
            return 0;
    }
    if (!db_is_null(rows, 2)) {
        note_until(until, db_int(rows, 2), now);
        if (db_int(rows, 2) <= now)
            return 0;
    }
    return 1;
}

static void add_card(struct arena *arena, const struct market *market, struct db_rows *rows,
                     const struct card_price *price, struct json *cards)
{
    struct json *card = json_add(arena, cards, NULL, JSON_OBJECT);
    struct souk_str name = arena_str(arena, db_text(rows, 4));
    struct souk_str slug = arena_str(arena, db_text(rows, 5));
    json_add_int(arena, card, "id", db_int(rows, 0));
    json_add_str(arena, card, "slug", slug);
    json_add_str(arena, card, "url", slug_url(arena, "product", slug, market->locale));
    json_add_str(arena, card, "name", name);
    view_money(arena, card, "price", price->lowest, market->currency);
    json_add_bool(arena, card, "price_from", price->highest > price->lowest);
    view_money(arena, card, "compare_at", price->compare_at, market->currency);
    json_add_bool(arena, card, "available", price->availability < 3);
    json_add_cstr(arena, card, "availability", price_availability_name(price->availability));
    if (db_is_null(rows, 12) || price->lowest < 0) /* nothing to choose: it can go into the cart */
        json_add_null(arena, card, "sku");
    else
        json_add_str(arena, card, "sku", arena_str(arena, db_text(rows, 12)));
    struct json *image =
        view_image(arena, rows, 6, view_alt(arena, db_text(rows, 11), market->locale, name));
    if (image)
        json_add_tree(arena, card, "image", image);
    else
        json_add_null(arena, card, "image");
    if (db_is_null(rows, 3))
        json_add_null(arena, card, "brand");
    else
        json_add_str(arena, card, "brand", arena_str(arena, db_text(rows, 3)));
}

int product_cards_until(struct db_conn *conn, struct arena *arena, const struct market *market,
                        const int64_t *ids, size_t count, struct json *cards, int64_t *until)
{
    struct buf list = {.arena = arena};
    struct price_rows prices;
    struct db_rows rows;
    size_t at = 0;
    if (!count)
        return SOUK_OK;
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%c%lld", i ? ',' : '[', (long long)ids[i]);
    buf_add_char(&list, ']');
    int code = price_rows_of_products(conn, arena, market, buf_str(&list), &prices);
    if (code == SOUK_OK)
        code = db_query(conn, &sql_view_cards, &rows, DB_TEXT(buf_str(&list)),
                        DB_CSTR(market->locale), DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        int64_t id = db_int(&rows, 0);
        struct card_price price = {-1, -1, -1, 3, 0};
        size_t from = at;
        while (from < prices.count && prices.at[from].product_id != id)
            from++;
        if (from < prices.count) {
            price = sum_prices(&prices, &from, market->now);
            at = from;
        }
        if (!is_published(&rows, market->now, until))
            continue;
        note_until(until, price.until, market->now);
        add_card(arena, market, &rows, &price, cards);
    }
    return code;
}

int product_cards(struct db_conn *conn, struct arena *arena, const struct market *market,
                  const int64_t *ids, size_t count, struct json *cards)
{
    return product_cards_until(conn, arena, market, ids, count, cards, NULL);
}
