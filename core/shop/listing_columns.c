/*
 * listing_columns: reads the columns from one snapshot, by a fixed number of queries, each of one
 * table from end to end.
 *
 * The price of a slot is the lowest of its enabled variants in the shop's currency for everybody,
 * one piece, by the rules of price.h; here they are applied to all rows at once, in any order. Next
 * to each slot stands the time during which its price and its being published stay as they are.
 */
#include "shop/listing_columns.h"

#include <stdlib.h>
#include "base/utf8.h"
#include "base/vec.h"
#include "shop/listing.sql.h"

struct listing_variant {
    int64_t id;
    int64_t priority, from, amount; /* of the price that holds; amount -1: none */
    uint32_t slot;
};

typedef VEC(struct listing_pair) listing_pairs;

struct listing_reader { /* columns that are being read */
    struct db_conn *conn;
    const char *ids;
    int64_t now;
    struct listing_columns *columns;
    VEC(struct listing_variant) variants;
    listing_pairs values, brands, categories;
    struct listing_pair *tree; /* category to the place of its parent; LISTING_NONE */
    size_t tree_count;
};

static int listing_read_begin(struct listing_reader *reader, const struct db_statement *all,
                              const struct db_statement *some, struct db_rows *rows)
{
    return reader->ids ? db_query(reader->conn, some, rows, DB_CSTR(reader->ids))
                       : db_query(reader->conn, all, rows);
}

/* ---- products ---- */

struct listing_row {
    int64_t id, popularity, created, from, until, brand, position;
    int catalog, search;
};

static void listing_columns_alloc(struct listing_columns *columns, size_t count)
{
    int64_t **const numbers[] = {&columns->id,         &columns->popularity, &columns->created,
                                 &columns->price,      &columns->position,   &columns->right_from,
                                 &columns->right_until};
    uint64_t **const bits[] = {&columns->visible, &columns->catalog, &columns->search,
                               &columns->available};
    columns->count = count;
    columns->words = count / 64 + 1;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = mem_zalloc((count + 1) * sizeof(int64_t));
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        *bits[i] = mem_zalloc(columns->words * sizeof(uint64_t));
    columns->by_id = mem_alloc((count + 1) * sizeof(uint32_t));
    columns->by_position = mem_alloc((count + 1) * sizeof(uint32_t));
}

/* A moment at which the slot changes: before it or from it on. */
static void listing_columns_border(struct listing_columns *columns, uint32_t slot, int64_t at,
                                   int64_t now)
{
    if (at <= now && at > columns->right_from[slot])
        columns->right_from[slot] = at;
    if (at > now && at < columns->right_until[slot])
        columns->right_until[slot] = at;
}

static void listing_columns_put(struct listing_reader *reader, uint32_t slot,
                                const struct listing_row *row)
{
    struct listing_columns *columns = reader->columns;
    columns->id[slot] = row->id;
    columns->popularity[slot] = row->popularity;
    columns->created[slot] = row->created;
    columns->price[slot] = -1;
    columns->position[slot] = row->position;
    columns->right_from[slot] = INT64_MIN;
    columns->right_until[slot] = INT64_MAX;
    if (row->from)
        listing_columns_border(columns, slot, row->from, reader->now);
    if (row->until)
        listing_columns_border(columns, slot, row->until, reader->now);
    if (row->from <= reader->now && (!row->until || row->until > reader->now))
        listing_bit_set(columns->visible, slot);
    if (row->catalog)
        listing_bit_set(columns->catalog, slot);
    if (row->search)
        listing_bit_set(columns->search, slot);
    if (row->brand) {
        struct listing_pair pair = {row->brand, slot};
        vec_push(&reader->brands, pair);
    }
    columns->by_id[slot] = slot;
    if (row->position)
        columns->by_position[columns->positions++] = slot;
}

static int listing_row_order(const void *a, const void *b)
{
    const struct listing_row *x = a, *y = b;
    if (x->popularity != y->popularity)
        return x->popularity > y->popularity ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int listing_columns_order(const void *a, const void *b, void *keys)
{
    int64_t x = ((const int64_t *)keys)[*(const uint32_t *)a];
    int64_t y = ((const int64_t *)keys)[*(const uint32_t *)b];
    return x < y ? -1 : x > y;
}

static int listing_read_products(struct listing_reader *reader)
{
    struct listing_columns *columns = reader->columns;
    VEC(struct listing_row) list = {0};
    struct db_rows rows;
    int code = listing_read_begin(reader, &sql_listing_products, &sql_listing_products_some, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct souk_str seen = db_text(&rows, 5);
        struct listing_row row = {.id = db_int(&rows, 0),
                                  .popularity = db_int(&rows, 1),
                                  .created = db_int(&rows, 2),
                                  .from = db_int(&rows, 3),
                                  .until = db_int(&rows, 4),
                                  .catalog = !souk_str_is(seen, "search"),
                                  .search = !souk_str_is(seen, "catalog"),
                                  .brand = db_int(&rows, 6),
                                  .position = db_int(&rows, 7)};
        vec_push(&list, row);
        code = 0;
    }
    if (list.len)
        qsort(list.at, list.len, sizeof *list.at, listing_row_order);
    listing_columns_alloc(columns, list.len);
    for (size_t i = 0; i < list.len; i++)
        listing_columns_put(reader, (uint32_t)i, &list.at[i]);
    qsort_r(columns->by_id, columns->count, sizeof(uint32_t), listing_columns_order, columns->id);
    qsort_r(columns->by_position, columns->positions, sizeof(uint32_t), listing_columns_order,
            columns->position);
    vec_free(&list);
    return code;
}

uint32_t listing_columns_slot(const struct listing_columns *columns, int64_t id)
{
    size_t low = 0, high = columns->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (columns->id[columns->by_id[middle]] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < columns->count && columns->id[columns->by_id[low]] == id ? columns->by_id[low]
                                                                          : LISTING_NONE;
}

/* ---- categories: each product is in its own and in all above ---- */

static size_t listing_tree_place(const struct listing_reader *reader, int64_t id)
{
    size_t low = 0, high = reader->tree_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (reader->tree[middle].key < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < reader->tree_count && reader->tree[low].key == id ? low : SIZE_MAX;
}

static int listing_read_tree(struct listing_reader *reader)
{
    VEC(struct listing_pair) list = {0};
    VEC(int64_t) parents = {0};
    struct db_rows rows;
    int code = db_query(reader->conn, &sql_listing_tree, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct listing_pair pair = {db_int(&rows, 0), LISTING_NONE};
        vec_push(&list, pair);
        vec_push(&parents, db_int(&rows, 1));
        code = 0;
    }
    reader->tree = list.at;
    reader->tree_count = list.len;
    for (size_t i = 0; i < list.len; i++) {
        size_t place = parents.at[i] ? listing_tree_place(reader, parents.at[i]) : SIZE_MAX;
        if (place != SIZE_MAX)
            list.at[i].slot = (uint32_t)place;
    }
    vec_free(&parents);
    return code;
}

static int listing_read_categories(struct listing_reader *reader)
{
    struct db_rows rows;
    int code = listing_read_tree(reader);
    if (code == 0)
        code = listing_read_begin(reader, &sql_listing_categories, &sql_listing_categories_some,
                                  &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        uint32_t slot = listing_columns_slot(reader->columns, db_int(&rows, 0));
        size_t place = listing_tree_place(reader, db_int(&rows, 1));
        code = 0;
        if (slot == LISTING_NONE)
            continue;
        for (size_t depth = 0; place < reader->tree_count && depth < 32; depth++) {
            struct listing_pair pair = {reader->tree[place].key, slot};
            vec_push(&reader->categories, pair);
            place = reader->tree[place].slot;
        }
    }
    return code;
}

/* ---- values, of products and of variants ---- */

static int listing_read_values(struct listing_reader *reader)
{
    struct db_rows rows;
    int code = listing_read_begin(reader, &sql_listing_values, &sql_listing_values_some, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct listing_pair pair = {db_int(&rows, 1),
                                    listing_columns_slot(reader->columns, db_int(&rows, 0))};
        if (pair.slot != LISTING_NONE)
            vec_push(&reader->values, pair);
        code = 0;
    }
    return code;
}

static int listing_read_variants(struct listing_reader *reader)
{
    struct db_rows rows;
    int code = listing_read_begin(reader, &sql_listing_variants, &sql_listing_variants_some, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct listing_variant variant = {
            .id = db_int(&rows, 0),
            .amount = -1,
            .slot = listing_columns_slot(reader->columns, db_int(&rows, 1))};
        code = 0;
        if (variant.slot == LISTING_NONE)
            continue;
        vec_push(&reader->variants, variant);
        if (db_int(&rows, 2))
            listing_bit_set(reader->columns->available, variant.slot);
    }
    return code;
}

static struct listing_variant *listing_read_variant(struct listing_reader *reader, int64_t id)
{
    size_t low = 0, high = reader->variants.len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (reader->variants.at[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < reader->variants.len && reader->variants.at[low].id == id
               ? &reader->variants.at[low]
               : NULL;
}

static int listing_read_options(struct listing_reader *reader)
{
    struct db_rows rows;
    int code = listing_read_begin(reader, &sql_listing_options, &sql_listing_options_some, &rows);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        const struct listing_variant *variant = listing_read_variant(reader, db_int(&rows, 0));
        code = 0;
        if (!variant)
            continue;
        struct listing_pair pair = {db_int(&rows, 1), variant->slot};
        vec_push(&reader->values, pair);
    }
    return code;
}

/* ---- prices ---- */

static void listing_read_price(struct listing_reader *reader, struct db_rows *rows)
{
    struct listing_variant *variant = listing_read_variant(reader, db_int(rows, 0));
    if (!variant)
        return;
    int64_t row_from = db_int(rows, 3), list_from = db_int(rows, 5);
    int64_t from = row_from > list_from ? row_from : list_from;
    int64_t until = db_is_null(rows, 4) ? INT64_MAX : db_int(rows, 4);
    if (!db_is_null(rows, 6) && db_int(rows, 6) < until)
        until = db_int(rows, 6);
    if (until <= from)
        return;
    if (from)
        listing_columns_border(reader->columns, variant->slot, from, reader->now);
    if (until != INT64_MAX)
        listing_columns_border(reader->columns, variant->slot, until, reader->now);
    if (from > reader->now || until <= reader->now)
        return;
    int64_t priority = db_int(rows, 1), amount = db_int(rows, 2);
    if (variant->amount >= 0 && (priority != variant->priority ? priority < variant->priority
                                 : row_from != variant->from   ? row_from < variant->from
                                                               : amount >= variant->amount))
        return;
    variant->priority = priority;
    variant->from = row_from;
    variant->amount = amount;
}

static int listing_read_prices(struct listing_reader *reader)
{
    struct listing_columns *columns = reader->columns;
    const char *currency = market_shop()->currency;
    struct db_rows rows;
    int code = reader->ids ? db_query(reader->conn, &sql_listing_prices_some, &rows,
                                      DB_CSTR(reader->ids), DB_CSTR(currency))
                           : db_query(reader->conn, &sql_listing_prices, &rows, DB_CSTR(currency));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        listing_read_price(reader, &rows);
        code = 0;
    }
    for (size_t i = 0; i < reader->variants.len; i++) {
        const struct listing_variant *variant = &reader->variants.at[i];
        int64_t *price = &columns->price[variant->slot];
        if (variant->amount >= 0 && (*price < 0 || variant->amount < *price))
            *price = variant->amount;
    }
    return code;
}

/* ---- all of it ---- */

static void listing_read_times(struct listing_columns *columns)
{
    columns->from = INT64_MIN;
    columns->until = INT64_MAX;
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->right_from[i] > columns->from)
            columns->from = columns->right_from[i];
        if (columns->right_until[i] < columns->until)
            columns->until = columns->right_until[i];
    }
    if (columns->from == INT64_MIN && columns->until == INT64_MAX) {
        free(columns->right_from);
        free(columns->right_until);
        columns->right_from = columns->right_until = NULL;
    }
}

int listing_columns_read(struct db_conn *conn, const char *ids, int64_t now,
                         struct listing_columns **out)
{
    static int (*const steps[])(struct listing_reader *) = {
        listing_read_products, listing_read_categories, listing_read_values,
        listing_read_variants, listing_read_options,    listing_read_prices};
    struct listing_columns *columns = mem_zalloc(sizeof *columns);
    struct listing_reader reader = {.conn = conn, .ids = ids, .now = now, .columns = columns};
    atomic_store(&columns->users, 1);
    columns->db = db_of(conn);
    pthread_mutex_init(&columns->names_mutex, NULL);
    int code = db_get_int(conn, &sql_listing_version, &columns->version);
    for (size_t i = 0; code == 0 && i < sizeof steps / sizeof *steps; i++)
        code = steps[i](&reader);
    if (code == 0) {
        listing_read_times(columns);
        listing_index_make(&columns->categories, reader.categories.at, reader.categories.len,
                           columns->count, 0);
        listing_index_make(&columns->values, reader.values.at, reader.values.len, columns->count,
                           1);
        listing_index_make(&columns->brands, reader.brands.at, reader.brands.len, columns->count,
                           1);
    }
    vec_free(&reader.variants);
    vec_free(&reader.categories);
    vec_free(&reader.values);
    vec_free(&reader.brands);
    free(reader.tree);
    if (code != 0) {
        listing_columns_drop(columns);
        return code;
    }
    *out = columns;
    return 0;
}

void listing_columns_drop(struct listing_columns *columns)
{
    if (!columns || atomic_fetch_sub(&columns->users, 1) != 1)
        return;
    void *const parts[] = {columns->id,          columns->popularity, columns->created,
                           columns->price,       columns->position,   columns->right_from,
                           columns->right_until, columns->by_id,      columns->by_position,
                           columns->visible,     columns->catalog,    columns->search,
                           columns->available,   columns->stale};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        free(parts[i]);
    listing_index_free(&columns->categories);
    listing_index_free(&columns->values);
    listing_index_free(&columns->brands);
    for (int i = 0; i < MARKET_LOCALES && columns->names[i]; i++) {
        free(columns->names[i]->pool);
        free(columns->names[i]->at);
        free(columns->names[i]);
    }
    pthread_mutex_destroy(&columns->names_mutex);
    listing_columns_drop(columns->base);
    free(columns);
}
