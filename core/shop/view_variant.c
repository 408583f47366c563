/*
 * view_variant.c: reading variants and finding the chosen one. How they are written into the
 * view stands in view_choice.c.
 *
 * The idea: options are one query, variants with their prices another; what belongs together stands
 * together, so that one walk is enough. Counters of stock are read only where few are left, so that
 * other pages do not rest on them.
 */
#include "shop/view_variant.h"

#include "base/str.h"
#include "shop/view.sql.h"
#include "shop/view_text.h"

int view_option_add(struct arena *arena, struct db_rows *rows, int column,
                    struct option_reading *reading, struct shown_variants *variants)
{
    struct option *option = reading->begun ? &variants->options[variants->option_count - 1] : NULL;
    if (!option || db_int(rows, column) != reading->position) {
        if (variants->option_count == PRODUCT_OPTIONS)
            return 0;
        option = &variants->options[variants->option_count++];
        *option = (struct option){.code = arena_str(arena, db_text(rows, column + 1)),
                                  .name = arena_str(arena, db_text(rows, column + 2)),
                                  .type = arena_str(arena, db_text(rows, column + 7)),
                                  .chosen = -1};
        *reading = (struct option_reading){.position = db_int(rows, column), .begun = 1};
    }
    if (option->count == reading->cap) {
        reading->cap = reading->cap ? reading->cap * 2 : 8;
        struct option_value *more = arena_array(arena, struct option_value, (size_t)reading->cap);
        if (option->count)
            memcpy(more, option->values, (size_t)option->count * sizeof *more);
        option->values = more;
    }
    option->values[option->count++] =
        (struct option_value){.id = db_int(rows, column + 3),
                              .code = arena_str(arena, db_text(rows, column + 4)),
                              .color = arena_str(arena, db_text(rows, column + 5)),
                              .name = arena_str(arena, db_text(rows, column + 6))};
    return 1;
}

static int read_options(struct db_conn *conn, struct arena *arena, const struct market *market,
                        int64_t id, struct shown_variants *variants)
{
    struct db_rows rows;
    struct option_reading reading = {0};
    int code = db_query(conn, &sql_view_options, &rows, DB_INT(id), DB_CSTR(market->locale),
                        DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1 && view_option_add(arena, &rows, 0, &reading, variants)) {
    }
    db_close(&rows);
    return code < 0 ? code : SOUK_OK;
}

void view_variant_values(const struct shown_variants *variants, struct souk_str ids,
                         int values[PRODUCT_OPTIONS])
{
    struct souk_str part;
    for (int o = 0; o < PRODUCT_OPTIONS; o++)
        values[o] = -1;
    for (int o = 0; o < variants->option_count && str_split(&ids, ',', &part); o++) {
        const struct option *option = &variants->options[o];
        int64_t id;
        if (str_to_int(part, &id) != SOUK_OK)
            continue;
        for (int v = 0; v < option->count && values[o] < 0; v++)
            if (option->values[v].id == id)
                values[o] = v;
    }
}

static struct shown_variant *add_variant(struct arena *arena, struct shown_variants *variants,
                                         int *cap)
{
    if (variants->count == *cap) {
        *cap = *cap ? *cap * 2 : 8;
        struct shown_variant *more = arena_array(arena, struct shown_variant, (size_t)*cap);
        if (variants->count)
            memcpy(more, variants->at, (size_t)variants->count * sizeof *more);
        variants->at = more;
    }
    return &variants->at[variants->count++];
}

static struct shown_variant *read_variant(struct arena *arena, struct db_rows *rows,
                                          struct shown_variants *variants, int *cap, int *few)
{
    struct shown_variant *variant = add_variant(arena, variants, cap);
    variant->id = db_int(rows, 0);
    variant->sku = arena_str(arena, db_text(rows, 1));
    variant->availability = price_availability(db_text(rows, 3));
    variant->enabled = db_int(rows, 11) != 0;
    variant->stock = -1;
    variant->image = view_image(arena, rows, 6, souk_str(""));
    variant->price.amount = -1;
    view_variant_values(variants, db_text(rows, 2), variant->values);
    if (variant->availability == 1 && db_int(rows, 4) && !db_is_null(rows, 5))
        *few = 1;
    return variant;
}

#define COLUMN_PRICE 12 /* of view_variants */

/* One row for each price of each variant, in the order of the variants. */
static int read_rows(struct db_conn *conn, struct arena *arena, const struct market *market,
                     int64_t id, struct shown_variants *variants, struct price_rows *prices,
                     int *few)
{
    struct db_rows rows;
    struct price_row row = {.product_id = id};
    int cap = 0;
    int code = db_query(conn, &sql_view_variants, &rows, DB_INT(id));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (db_int(&rows, 0) != row.variant_id) {
            const struct shown_variant *variant = read_variant(arena, &rows, variants, &cap, few);
            row.variant_id = variant->id;
            row.availability = variant->availability;
        }
        price_rows_add(arena, prices, market, &rows, COLUMN_PRICE, &row);
    }
    return code;
}

static int read_stock(struct db_conn *conn, int64_t id, struct shown_variants *variants)
{
    struct db_rows rows;
    int i = 0;
    int code = db_query(conn, &sql_view_stock, &rows, DB_INT(id));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) { /* in the order of the variants */
        while (i < variants->count && variants->at[i].id != db_int(&rows, 0))
            i++;
        int64_t free = db_int(&rows, 1);
        if (i < variants->count)
            variants->at[i].stock = free > 0 ? free : 0;
    }
    return code;
}

static void note_until(int64_t *until, int64_t at)
{
    if (at && (!*until || at < *until))
        *until = at;
}

/* Each variant has a row at least, in the order of the variants. */
static void set_prices(const struct market *market, const struct price_rows *rows,
                       struct shown_variants *variants)
{
    size_t at = 0;
    for (int i = 0; i < variants->count && at < rows->count; i++) {
        struct shown_variant *variant = &variants->at[i];
        variant->rows = &rows->at[at];
        variant->row_count = price_rows_span(rows, at);
        variant->price = price_choose(variant->rows, variant->row_count, market->now, 1);
        if (variant->enabled)
            note_until(&variants->until, variant->price.until);
        at += variant->row_count;
    }
}

/* What holds for the product as a whole. */
static void sum_up(struct shown_variants *variants)
{
    int best = 3;
    variants->highest = -1;
    for (int i = 0; i < variants->count; i++) {
        struct shown_variant *variant = &variants->at[i];
        if (!variant->enabled)
            continue;
        variant->available = variant->availability < 3 && variant->price.amount >= 0;
        variants->available |= variant->available;
        if (variant->price.amount < 0)
            continue;
        if (variant->availability < best)
            best = variant->availability;
        if (!variants->cheapest || variant->price.amount < variants->cheapest->price.amount)
            variants->cheapest = variant;
        if (variant->price.amount > variants->highest)
            variants->highest = variant->price.amount;
    }
    variants->availability = best;
}

/* ---- what was chosen ---- */

static void choose_values(struct shown_variants *variants, const struct json *chosen)
{
    for (int o = 0; o < variants->option_count; o++) {
        struct option *option = &variants->options[o];
        struct souk_str code = json_text(json_get(chosen, option->code));
        for (int v = 0; v < option->count && code.len && option->chosen < 0; v++)
            if (souk_str_equal(option->values[v].code, code))
                option->chosen = v;
        if (option->chosen < 0 && option->count == 1)
            option->chosen = 0; /* no choice at all */
    }
}

static void find_selected(struct shown_variants *variants, struct souk_str sku)
{
    struct shown_variant *only = NULL;
    int enabled = 0;
    for (int i = 0; i < variants->count; i++) {
        struct shown_variant *variant = &variants->at[i];
        if (!variant->enabled)
            continue;
        only = variant;
        enabled++;
        if (sku.len && souk_str_equal(variant->sku, sku)) {
            variants->selected = variant;
            for (int o = 0; o < variants->option_count; o++)
                variants->options[o].chosen = variant->values[o];
            return;
        }
        int fits = variants->option_count > 0;
        for (int o = 0; o < variants->option_count; o++)
            fits &= variants->options[o].chosen >= 0 &&
                    variants->options[o].chosen == variant->values[o];
        if (fits)
            variants->selected = variant;
    }
    if (!variants->selected && !variants->option_count && enabled == 1)
        variants->selected = only;
}

/* A value can be had when some variant has it together with all else that is chosen. */
static void mark_available(struct shown_variants *variants)
{
    for (int i = 0; i < variants->count; i++) {
        const struct shown_variant *variant = &variants->at[i];
        int misses = 0, missed = -1;
        if (!variant->enabled || !variant->available)
            continue;
        for (int o = 0; o < variants->option_count && misses < 2; o++)
            if (variants->options[o].chosen >= 0 &&
                variants->options[o].chosen != variant->values[o]) {
                misses++;
                missed = o;
            }
        for (int o = 0; misses < 2 && o < variants->option_count; o++)
            if (variant->values[o] >= 0 && (misses == 0 || o == missed))
                variants->options[o].values[variant->values[o]].available = 1;
    }
}

int view_variants_read(struct db_conn *conn, struct arena *arena, const struct market *market,
                       int64_t id, struct souk_str sku, const struct json *chosen,
                       struct shown_variants *variants)
{
    struct price_rows prices = {0};
    int few = 0;
    *variants = (struct shown_variants){0};
    int code = read_options(conn, arena, market, id, variants);
    if (code == SOUK_OK)
        code = read_rows(conn, arena, market, id, variants, &prices, &few);
    if (code == SOUK_OK && few)
        code = read_stock(conn, id, variants);
    if (code != SOUK_OK)
        return code;
    set_prices(market, &prices, variants);
    sum_up(variants);
    choose_values(variants, chosen);
    find_selected(variants, sku);
    mark_available(variants);
    return SOUK_OK;
}
