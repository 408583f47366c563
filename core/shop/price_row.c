/*
 * price_row.c: reads rows of prices and chooses among them.
 *
 * The idea: the few rows of a variant are compared in one pass; which list, quantity and date is
 * stronger is an order between two rows. Lists of the same priority are taken as one.
 */
#include "shop/price_row.h"

#include <stdint.h>
#include "shop/price.sql.h"

#define BASE_LIST 1

enum column { COLUMN_PRODUCT, COLUMN_VARIANT, COLUMN_AVAILABILITY, COLUMN_PRICE };

enum price_column { /* from COLUMN_PRICE on, or wherever a statement has them */
                    COLUMN_LIST,
                    COLUMN_MIN_QUANTITY,
                    COLUMN_AMOUNT,
                    COLUMN_COMPARE_AT,
                    COLUMN_FROM,
                    COLUMN_UNTIL,
                    COLUMN_PRIORITY,
                    COLUMN_CURRENCY,
                    COLUMN_GROUP,
                    COLUMN_CHANNEL,
                    COLUMN_LIST_FROM,
                    COLUMN_LIST_UNTIL,
};

static const char *const availabilities[] = {"in", "low", "backorder", "out"};

const char *price_availability_name(int availability)
{
    return availabilities[availability];
}

int price_availability(struct souk_str name)
{
    int found = 0;
    while (found < 3 && !souk_str_is(name, availabilities[found]))
        found++;
    return found;
}

static struct price_row *add_row(struct arena *arena, struct price_rows *rows)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap ? rows->cap * 2 : 16;
        struct price_row *more = arena_array(arena, struct price_row, cap);
        if (rows->count)
            memcpy(more, rows->at, rows->count * sizeof *more);
        rows->at = more;
        rows->cap = cap;
    }
    rows->at[rows->count] = (struct price_row){0};
    return &rows->at[rows->count++];
}

static int of_market(struct db_rows *from, int at, const struct market *market)
{
    struct souk_str currency = db_text(from, at + COLUMN_CURRENCY);
    struct souk_str group = db_text(from, at + COLUMN_GROUP);
    struct souk_str channel = db_text(from, at + COLUMN_CHANNEL);
    const char *own = market_shop()->currency;
    return (currency.len ? souk_str_is(currency, market->currency)
                         : strcmp(own, market->currency) == 0) &&
           (!group.len || souk_str_equal(group, market->group)) &&
           (!channel.len || souk_str_equal(channel, market->channel));
}

static int64_t end_of(struct db_rows *from, int column)
{
    return db_is_null(from, column) ? INT64_MAX : db_int(from, column);
}

/* Fills what is said of the price; 0 when it is over or of another market. */
static int fill_row(struct db_rows *from, int at, const struct market *market,
                    struct price_row *row)
{
    if (db_is_null(from, at + COLUMN_LIST) || !of_market(from, at, market))
        return 0;
    int64_t list_from = db_int(from, at + COLUMN_LIST_FROM);
    int64_t list_until = end_of(from, at + COLUMN_LIST_UNTIL);
    if (market->bare && price_is_shelf(db_int(from, at + COLUMN_LIST)))
        return 0;
    row->row_from = db_int(from, at + COLUMN_FROM);
    row->from = row->row_from > list_from ? row->row_from : list_from;
    row->until = end_of(from, at + COLUMN_UNTIL);
    if (list_until < row->until)
        row->until = list_until;
    if (row->until <= market->now || row->until <= row->from)
        return 0;
    row->list_id = db_int(from, at + COLUMN_LIST);
    row->min_quantity = db_int(from, at + COLUMN_MIN_QUANTITY);
    row->amount = db_int(from, at + COLUMN_AMOUNT);
    row->compare_at = db_int(from, at + COLUMN_COMPARE_AT);
    row->priority = db_int(from, at + COLUMN_PRIORITY);
    return 1;
}

void price_rows_add(struct arena *arena, struct price_rows *rows, const struct market *market,
                    struct db_rows *from, int column, const struct price_row *variant)
{
    struct price_row row = *variant;
    int known = rows->count && rows->at[rows->count - 1].variant_id == row.variant_id;
    int held = fill_row(from, column, market, &row);
    if (!held && known)
        return;
    if (held && known && !rows->at[rows->count - 1].list_id)
        rows->at[rows->count - 1] = row; /* in place of the one that said "none" */
    else
        *add_row(arena, rows) = row;
}

int price_rows_read(struct db_conn *conn, struct arena *arena, const struct market *market,
                    const struct db_statement *statement, struct db_arg arg,
                    struct price_rows *rows)
{
    struct db_rows from;
    *rows = (struct price_rows){0};
    int code = db_query_args(conn, statement, &from, &arg, 1);
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&from)) == 1) {
        struct price_row variant = {.product_id = db_int(&from, COLUMN_PRODUCT),
                                    .variant_id = db_int(&from, COLUMN_VARIANT),
                                    .availability =
                                        price_availability(db_text(&from, COLUMN_AVAILABILITY))};
        price_rows_add(arena, rows, market, &from, COLUMN_PRICE, &variant);
    }
    return code;
}

int price_rows_of_product(struct db_conn *conn, struct arena *arena, const struct market *market,
                          int64_t product_id, struct price_rows *rows)
{
    return price_rows_read(conn, arena, market, &sql_price_rows_of_product, DB_INT(product_id),
                           rows);
}

int price_rows_of_products(struct db_conn *conn, struct arena *arena, const struct market *market,
                           struct souk_str ids, struct price_rows *rows)
{
    return price_rows_read(conn, arena, market, &sql_price_rows_of_products, DB_TEXT(ids), rows);
}

size_t price_rows_span(const struct price_rows *rows, size_t at)
{
    size_t end = at;
    while (end < rows->count && rows->at[end].variant_id == rows->at[at].variant_id)
        end++;
    return end - at;
}

static int stronger(const struct price_row *row, const struct price_row *than)
{
    if (!than)
        return 1;
    if (row->priority != than->priority)
        return row->priority > than->priority;
    if (row->min_quantity != than->min_quantity)
        return row->min_quantity > than->min_quantity;
    if (row->row_from != than->row_from)
        return row->row_from > than->row_from;
    if (row->amount != than->amount)
        return row->amount < than->amount;
    return row->list_id < than->list_id;
}

static void note_change(int64_t *until, int64_t at, int64_t now)
{
    if (at > now && at != INT64_MAX && (!*until || at < *until))
        *until = at;
}

/* The strongest of those that hold; `list` 0: of any list. */
static const struct price_row *strongest(const struct price_row *rows, size_t count, int64_t now,
                                         int64_t quantity, int64_t list)
{
    const struct price_row *best = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct price_row *row = &rows[i];
        if (row->list_id && (!list || row->list_id == list) && row->from <= now &&
            row->until > now && row->min_quantity <= quantity && stronger(row, best))
            best = row;
    }
    return best;
}

const struct price_row *price_decides(const struct price_row *rows, size_t count, int64_t now,
                                      int64_t quantity)
{
    return strongest(rows, count, now, quantity, 0);
}

struct price price_choose(const struct price_row *rows, size_t count, int64_t now, int64_t quantity)
{
    struct price price = {.variant_id = count ? rows->variant_id : 0, .amount = -1};
    for (size_t i = 0; i < count; i++)
        if (rows[i].list_id) {
            note_change(&price.until, rows[i].from, now);
            note_change(&price.until, rows[i].until, now);
        }
    const struct price_row *best = price_decides(rows, count, now, quantity);
    const struct price_row *base = strongest(rows, count, now, quantity, BASE_LIST);
    if (!best)
        return price;
    price.amount = best->amount;
    price.list_id = best->list_id;
    price.min_quantity = best->min_quantity;
    price.reduced = price_is_shelf(best->list_id) && best->compare_at > best->amount;
    if (best->compare_at > best->amount)
        price.compare_at = best->compare_at;
    else if (base && base->amount > best->amount)
        price.compare_at = base->amount;
    return price;
}

int64_t price_next_quantity(const struct price_row *rows, size_t count, int64_t now,
                            int64_t quantity)
{
    int64_t next = 0;
    for (size_t i = 0; i < count; i++)
        if (rows[i].list_id && rows[i].from <= now && rows[i].until > now &&
            rows[i].min_quantity > quantity && (!next || rows[i].min_quantity < next))
            next = rows[i].min_quantity;
    return next;
}
