/*
 * item.c: which variants are offered, in pieces.
 *
 * The idea: a statement brings the next ids in order of product, place and variant, another their
 * prices; what has none is dropped and more is fetched, until the piece has something or all is
 * over. Only what is left is read whole (item_product.c) and written down (item_write.c). So a
 * piece costs eight statements, and its memory goes by its size, whatever lies between.
 *
 * Where the walk stands is told by one number: the product that is done with, or, below zero, the
 * variant behind which a product with many of them goes on.
 *
 * It holds no snapshot from piece to piece: what is added before that place meanwhile is missed,
 * what is removed does no harm, but for the variant that the number names.
 */
#include "shop/item.h"

#include <limits.h>
#include "shop/item.sql.h"
#include "shop/item_inner.h"
#include "shop/slug.h"
#include "shop/view_text.h"

struct item_next {      /* where the walk stands */
    int64_t product_id; /* all before it is done, and of it all up to: */
    int64_t position, variant_id;
};

struct item_found {                   /* one fetch */
    int64_t variants[ITEM_WALK_MOST]; /* whose time it is */
    size_t count;
    int64_t variant, product; /* the last one that came, whether it is its time or not */
    int goes_on;              /* its product has more */
    size_t seen;
};

struct item_look { /* one piece in the making */
    struct db_conn *conn;
    struct arena *arena;
    const struct market *market;
    struct item_offer offers[ITEM_WALK_MOST];
    size_t count;
    int64_t until;
};

struct souk_str item_ids(struct arena *arena, const int64_t *ids, size_t count)
{
    struct buf list = {.arena = arena};
    buf_add_char(&list, '[');
    for (size_t i = 0; i < count; i++)
        if (!i || ids[i] != ids[i - 1])
            buf_printf(&list, "%s%lld", i ? "," : "", (long long)ids[i]);
    buf_add_char(&list, ']');
    return buf_str(&list);
}

static int find_place(struct db_conn *conn, int64_t after, struct item_next *next)
{
    struct db_rows rows;
    *next = (struct item_next){after, INT64_MAX, INT64_MAX};
    if (after >= 0)
        return SOUK_OK;
    if (after == INT64_MIN)
        return SOUK_INVALID;
    int code = db_first(db_query(conn, &sql_item_place, &rows, DB_INT(-after)), &rows);
    if (code == SOUK_NOT_FOUND)
        return SOUK_CONFLICT;
    if (code != SOUK_OK)
        return code;
    *next = (struct item_next){db_int(&rows, 0), db_int(&rows, 1), -after};
    db_close(&rows);
    return SOUK_OK;
}

static void note_until(struct item_look *look, int64_t at)
{
    if (at > look->market->now && (!look->until || at < look->until))
        look->until = at;
}

/* What is not offered yet, or not any more, moves the walk on all the same. */
static int read_found(struct item_look *look, struct db_rows *rows, size_t most,
                      struct item_found *found)
{
    int64_t now = look->market->now;
    int code;
    *found = (struct item_found){.count = 0};
    while ((code = db_next(rows)) == 1) {
        int64_t from = db_int(rows, 2), until = db_is_null(rows, 3) ? INT64_MAX : db_int(rows, 3);
        int64_t variant = db_int(rows, 0), product = db_int(rows, 1);
        if (found->seen++ == most) { /* one more than was asked for */
            found->goes_on = product == found->product;
            continue;
        }
        found->variant = variant;
        found->product = product;
        note_until(look, from);
        if (until != INT64_MAX)
            note_until(look, until);
        if (from <= now && until > now)
            found->variants[found->count++] = variant;
    }
    return code;
}

/* One more than `most` is asked for: it tells whether the last one's product goes on. */
static int fetch(struct item_look *look, const struct item_next *next, size_t most,
                 struct item_found *found)
{
    struct db_rows rows;
    int code = db_query(look->conn, &sql_item_next, &rows, DB_INT(next->product_id),
                        DB_INT(next->position), DB_INT(next->variant_id), DB_INT(most + 1));
    return code == SOUK_OK ? read_found(look, &rows, most, found) : code;
}

/* Keeps those that have a price. Memory for their rows is given back at once: what is passed over
 * must not add up. */
static int price_found(struct item_look *look, const struct item_found *found)
{
    struct arena scratch = {0};
    struct price_rows rows;
    int64_t now = look->market->now;
    if (!found->count)
        return SOUK_OK;
    int code = price_rows_read(look->conn, &scratch, look->market, &sql_item_prices,
                               DB_TEXT(item_ids(&scratch, found->variants, found->count)), &rows);
    for (size_t at = 0; code == SOUK_OK && at < rows.count;) {
        size_t span = price_rows_span(&rows, at);
        const struct price_row *row = price_decides(&rows.at[at], span, now, 1);
        struct price price = price_choose(&rows.at[at], span, now, 1);
        note_until(look, price.until);
        if (row && look->count < ITEM_WALK_MOST)
            look->offers[look->count++] =
                (struct item_offer){row->variant_id, row->product_id, price, row->from, row->until};
        at += span;
    }
    arena_free(&scratch);
    return code;
}

static int write_piece(struct item_look *look, struct json *items)
{
    struct item_piece piece = {.conn = look->conn,
                               .arena = look->arena,
                               .market = look->market,
                               .offers = look->offers,
                               .offer_count = look->count};
    int code = item_products_read(&piece);
    return code == SOUK_OK ? item_offers_write(&piece, items) : code;
}

static int walk(struct item_look *look, int64_t *after, size_t most, struct json *items)
{
    struct item_next next;
    struct item_found found;
    int64_t at = *after;
    int code = find_place(look->conn, at, &next);
    while (code == SOUK_OK && !look->count) {
        code = fetch(look, &next, most, &found);
        if (code != SOUK_OK || !found.seen)
            break;
        at = found.goes_on ? -found.variant : found.product;
        code = price_found(look, &found);
        if (code == SOUK_OK && !look->count)
            code = find_place(look->conn, at, &next);
    }
    if (code == SOUK_OK && look->count)
        code = write_piece(look, items);
    if (code == SOUK_OK)
        *after = at;
    return code;
}

int item_walk_until(struct db_conn *conn, struct arena *arena, const struct market *market,
                    int64_t *after, int limit, struct json *items, int64_t *until)
{
    struct item_look look = {.conn = conn, .arena = arena, .market = market};
    size_t most = limit < 1 ? 1 : limit > ITEM_WALK_MOST ? ITEM_WALK_MOST : (size_t)limit;
    int code = walk(&look, after, most, items);
    if (look.until && (!*until || look.until < *until))
        *until = look.until;
    return code;
}

int item_walk(struct db_conn *conn, struct arena *arena, const struct market *market,
              int64_t *after, int limit, struct json *items)
{
    int64_t until = 0;
    return item_walk_until(conn, arena, market, after, limit, items, &until);
}

int item_of(struct db_conn *conn, struct arena *arena, const struct market *market,
            int64_t variant_id, struct json **item)
{
    struct item_look look = {.conn = conn, .arena = arena, .market = market};
    struct json *items = json_new(arena, JSON_ARRAY);
    struct item_found found;
    struct db_rows rows;
    int code = db_query(conn, &sql_item_one, &rows, DB_INT(variant_id));
    if (code == SOUK_OK)
        code = read_found(&look, &rows, 1, &found);
    if (code == SOUK_OK)
        code = price_found(&look, &found);
    if (code == SOUK_OK && look.count)
        code = write_piece(&look, items);
    if (code != SOUK_OK || !items->count)
        return code ? code : SOUK_NOT_FOUND;
    *item = &items->first->value;
    return SOUK_OK;
}

int item_categories(struct db_conn *conn, struct arena *arena, const struct market *market,
                    struct json *list)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_item_categories, &rows, DB_CSTR(market->locale),
                        DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct json *category = json_add(arena, list, NULL, JSON_OBJECT);
        struct souk_str slug = arena_str(arena, db_text(&rows, 5));
        struct souk_str url = slug_url(arena, "category", slug, market->locale);
        json_add_int(arena, category, "id", db_int(&rows, 0));
        json_add_str(arena, category, "key", arena_str(arena, db_text(&rows, 2)));
        json_add_str(arena, category, "parent", arena_str(arena, db_text(&rows, 3)));
        json_add_int(arena, category, "parent_id", db_int(&rows, 1));
        json_add_str(arena, category, "name", arena_str(arena, db_text(&rows, 4)));
        json_add_str(arena, category, "slug", slug);
        json_add_str(arena, category, "url", item_address(arena, url));
    }
    return code;
}
