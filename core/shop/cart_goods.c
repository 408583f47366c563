/*
 * cart_goods.c: reads variants with names, weights, prices and tax, and puts them into lines of a
 * quote. Lists are short (200 at most) and come back in the order that they were asked in, so a
 * walk from where the last one was found is all the index there is.
 */
#include "shop/cart_goods.h"

#include "base/str.h"
#include "shop/cart.sql.h"
#include "shop/view_text.h"

void goods_until(int64_t *until, int64_t at)
{
    if (at && (!*until || at < *until))
        *until = at;
}

int goods_sold(struct souk_str type, struct souk_str status, int enabled, int64_t from,
               int64_t until, int64_t now)
{
    return enabled && souk_str_is(status, "active") && !souk_str_is(type, "external") &&
           (!from || from <= now) && (!until || until > now);
}

static int64_t known(struct db_rows *rows, int column)
{
    return db_is_null(rows, column) ? -1 : db_int(rows, column);
}

static void read_goods(struct db_rows *rows, struct arena *arena, int64_t now, struct goods *goods)
{
    struct souk_str type = db_text(rows, 4);
    int64_t from = db_int(rows, 6), until = db_int(rows, 7); /* NULL is 0 */
    *goods = (struct goods){.variant_id = db_int(rows, 0),
                            .product_id = db_int(rows, 1),
                            .class_id = db_int(rows, 8),
                            .sku = arena_str(arena, db_text(rows, 2)),
                            .key = arena_str(arena, db_text(rows, 14)),
                            .name = arena_str(arena, db_text(rows, 15)),
                            .options = arena_str(arena, db_text(rows, 16)),
                            .categories = arena_str(arena, db_text(rows, 17)),
                            .cost = known(rows, 9),
                            .weight_g = known(rows, 10),
                            .length_mm = known(rows, 11),
                            .width_mm = known(rows, 12),
                            .height_mm = known(rows, 13)};
    goods->sold = goods_sold(type, db_text(rows, 5), db_int(rows, 3) != 0, from, until, now);
    goods->unsent = souk_str_is(type, "digital") || souk_str_is(type, "gift_card") ||
                    souk_str_is(type, "service");
    if (goods->unsent)
        goods->weight_g = 0;
    if (from > now)
        goods_until(&goods->until, from);
    if (until > now)
        goods_until(&goods->until, until);
}

int goods_read(struct db_conn *conn, struct arena *arena, const struct market *market,
               struct souk_str ids, struct goods_list *list)
{
    struct db_rows rows;
    size_t cap = 0;
    *list = (struct goods_list){.market = market};
    int code = price_rows_read(conn, arena, market, &sql_cart_prices, DB_TEXT(ids), &list->prices);
    if (code == SOUK_OK)
        code = db_query(conn, &sql_cart_goods, &rows, DB_TEXT(ids), DB_CSTR(market->locale),
                        DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (list->count == cap) {
            cap = cap ? cap * 2 : 8;
            struct goods *more = arena_array(arena, struct goods, cap);
            if (list->count)
                memcpy(more, list->at, list->count * sizeof *more);
            list->at = more;
        }
        read_goods(&rows, arena, market->now, &list->at[list->count++]);
    }
    return code;
}

const struct goods *goods_find(const struct goods_list *list, int64_t variant_id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].variant_id == variant_id)
            return &list->at[i];
    return NULL;
}

struct price goods_price(const struct goods_list *list, int64_t variant_id, int64_t quantity)
{
    const struct price_rows *rows = &list->prices;
    for (size_t at = 0; at < rows->count; at++)
        if (rows->at[at].variant_id == variant_id)
            return price_choose(&rows->at[at], price_rows_span(rows, at), list->market->now,
                                quantity);
    return (struct price){.variant_id = variant_id, .amount = -1};
}

void goods_gone(struct arena *arena, struct json *gone, int64_t line, int64_t quantity,
                const struct goods *goods)
{
    struct json *item = json_add(arena, gone, NULL, JSON_OBJECT);
    json_add_str(arena, item, "sku", goods ? goods->sku : souk_str(""));
    json_add_str(arena, item, "name", goods ? goods->name : souk_str(""));
    json_add_str(arena, item, "line", arena_printf(arena, "%lld", (long long)line));
    json_add_int(arena, item, "quantity", quantity);
}

/* Each unit is rounded by itself. */
static int take_tax_out(const struct tax_rates *home, struct quote_line *line)
{
    int code = tax_net(line->unit_price, home, &line->unit_price);
    return code ? code : tax_net(line->original_price, home, &line->original_price);
}

static void keep_delivery(const struct tax_rates *rates, struct tax_rates *delivery)
{
    *delivery = (struct tax_rates){.exempt = rates->exempt, .note = rates->note};
    for (int i = 0; i < rates->count; i++)
        if (rates->at[i].delivery)
            delivery->at[delivery->count++] = rates->at[i];
}

static void split_categories(struct arena *arena, const struct goods *goods,
                             struct quote_line *line)
{
    struct souk_str rest = goods->categories, part;
    size_t count = rest.len ? 1 : 0;
    for (size_t i = 0; i < rest.len; i++)
        count += rest.ptr[i] == ',';
    if (!count)
        return;
    struct souk_str *keys = arena_array(arena, struct souk_str, count);
    while (line->category_count < count && str_split(&rest, ',', &part))
        keys[line->category_count++] = part;
    line->categories = keys;
}

int goods_fill(struct db_conn *conn, struct arena *arena, struct goods_list *list,
               const struct goods *goods, const struct price *price, struct quote_line *line)
{
    line->variant_id = goods->variant_id;
    line->product_id = goods->product_id;
    line->sku = goods->sku;
    line->name = goods->name;
    line->options = goods->options;
    line->product = goods->key;
    line->unit_price = price->amount;
    line->original_price = price->amount; /* bare: catalogue promotions begin at what is charged */
    if (price->compare_at > price->amount && !list->market->bare)
        line->original_price = price->compare_at;
    line->reduced = price->reduced;
    line->cost = goods->cost;
    line->weight_g = goods->weight_g;
    line->length_mm = goods->length_mm;
    line->width_mm = goods->width_mm;
    line->height_mm = goods->height_mm;
    line->unsent = goods->unsent;
    line->category_count = 0;
    split_categories(arena, goods, line);
    struct tax_rates home;
    int code = tax_rates_once(conn, arena, goods->class_id, list->market, &list->known,
                              &line->rates, &home);
    if (code == SOUK_OK && line->rates.exempt)
        code = take_tax_out(&home, line);
    keep_delivery(&line->rates, &line->delivery_rates);
    return code;
}
