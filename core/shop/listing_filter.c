/*
 * listing_filter: from codes to sets. Values of one attribute are alternatives, attributes add up.
 */
#include <stdlib.h>
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "shop/listing.sql.h"
#include "shop/listing_run.h"

int listing_filter_range(struct souk_str text, struct listing_range *range)
{
    const char *currency = market_shop()->currency;
    ptrdiff_t dash = str_find(text, '-');
    *range = (struct listing_range){0, INT64_MAX};
    if (dash < 0 || text.len == 1)
        return 0;
    struct souk_str from = {text.ptr, (size_t)dash}, to = str_from(text, (size_t)dash + 1);
    if ((from.len && money_parse(from, currency, &range->from) != 0) ||
        (to.len && money_parse(to, currency, &range->to) != 0))
        return 0;
    return range->from >= 0 && range->to >= 0;
}

int listing_same_range(struct souk_str a, struct souk_str b)
{
    struct listing_range x, y;
    return listing_filter_range(a, &x) && listing_filter_range(b, &y) && x.from == y.from &&
           x.to == y.to;
}

/* ---- codes to ids ---- */

/* With folds: pairs of what was given and its fold. */
static struct souk_str listing_filter_codes(struct arena *arena,
                                            const struct listing_filter *filter, int folds)
{
    struct buf list = {.arena = arena};
    for (int i = 0; i < filter->count; i++) {
        buf_add_cstr(&list, i ? "," : "[");
        if (folds)
            buf_add_char(&list, '[');
        json_print_string(&list, filter->values[i]);
        if (!folds)
            continue;
        buf_add_char(&list, ',');
        json_print_string(&list, utf8_fold(arena, filter->values[i]));
        buf_add_char(&list, ']');
    }
    buf_add_cstr(&list, filter->count ? "]" : "[]");
    return buf_str(&list);
}

/* All values of the attribute, and which of them are chosen. */
static int listing_filter_values(struct listing *listing, const struct listing_filter *filter,
                                 struct listing_want *want)
{
    struct db_rows rows;
    VEC(int64_t) all = {0};
    VEC(int64_t) chosen = {0};
    int64_t attribute = 0;
    int code =
        db_get_int(listing->conn, &sql_listing_attribute, &attribute, DB_TEXT(filter->attribute));
    if (code == SOUK_NOT_FOUND)
        return 0;
    if (code == 0)
        code = db_query(listing->conn, &sql_listing_attribute_values, &rows, DB_INT(attribute),
                        DB_TEXT(listing_filter_codes(listing->arena, filter, 0)));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        vec_push(&all, db_int(&rows, 0));
        if (db_int(&rows, 1))
            vec_push(&chosen, db_int(&rows, 0));
        code = 0;
    }
    want->all_count = (int)all.len;
    want->all = arena_array(listing->arena, int64_t, all.len + 1);
    want->chosen_count = (int)chosen.len;
    want->chosen = arena_array(listing->arena, int64_t, chosen.len + 1);
    for (size_t i = 0; i < all.len; i++)
        want->all[i] = all.at[i];
    for (size_t i = 0; i < chosen.len; i++)
        want->chosen[i] = chosen.at[i];
    vec_free(&all);
    vec_free(&chosen);
    return code;
}

static int listing_filter_brands(struct listing *listing, const struct listing_filter *filter,
                                 struct listing_want *want)
{
    struct db_rows rows;
    want->chosen = arena_array(listing->arena, int64_t, 65);
    int code = db_query(listing->conn, &sql_listing_brands_chosen, &rows,
                        DB_TEXT(listing_filter_codes(listing->arena, filter, 1)));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if (want->chosen_count < 64)
            want->chosen[want->chosen_count++] = db_int(&rows, 0);
        code = 0;
    }
    return code;
}

static int listing_filter_one(struct listing *listing, const struct listing_filter *filter)
{
    if (souk_str_is(filter->attribute, "available") && filter->count == 1 &&
        souk_str_is(filter->values[0], "0"))
        return 0; /* "also what is not there" is no filter */
    struct listing_want *want = &listing->wants[listing->want_count++];
    *want = (struct listing_want){.kind = LISTING_VALUE, .attribute = filter->attribute};
    if (souk_str_is(filter->attribute, "brand")) {
        want->kind = LISTING_BRAND;
        return listing_filter_brands(listing, filter, want);
    }
    if (souk_str_is(filter->attribute, "available")) {
        want->kind = LISTING_AVAILABLE;
        for (int i = 0; i < filter->count; i++)
            want->chosen_count |= souk_str_is(filter->values[i], "1");
        return 0;
    }
    if (!souk_str_is(filter->attribute, "price"))
        return listing_filter_values(listing, filter, want);
    want->kind = LISTING_PRICE;
    for (int i = 0; i < filter->count; i++)
        want->range_count +=
            listing_filter_range(filter->values[i], &want->ranges[want->range_count]);
    return 0;
}

int listing_filter_look_up(struct listing *listing)
{
    int code = 0;
    for (int i = 0; i < listing->query->filter_count && code == 0; i++)
        code = listing_filter_one(listing, &listing->query->filters[i]);
    return code;
}

/* ---- sets ---- */

static void listing_filter_add(const struct listing_side *side, const struct listing_index *index,
                               int64_t id, uint64_t *to)
{
    const struct listing_set *set = listing_index_find(index, id);
    if (!set)
        return;
    if (set->bits) {
        for (size_t i = 0; i < side->columns->words; i++)
            to[i] |= set->bits[i];
        return;
    }
    for (uint32_t i = 0; i < set->count; i++)
        listing_bit_set(to, set->slots[i]);
}

static void listing_filter_prices(const struct listing_side *side, const struct listing_want *want,
                                  uint64_t *to)
{
    const struct listing_columns *columns = side->columns;
    listing_bits_each(slot, side->scope, columns->words)
    {
        int64_t price = columns->price[slot];
        for (int i = 0; i < want->range_count && price >= 0; i++)
            if (price >= want->ranges[i].from && price <= want->ranges[i].to)
                listing_bit_set(to, slot);
    }
}

static uint64_t *listing_filter_set(struct arena *arena, const struct listing_side *side,
                                    const struct listing_want *want)
{
    const struct listing_columns *columns = side->columns;
    uint64_t *to = arena_array(arena, uint64_t, columns->words);
    if (want->kind == LISTING_PRICE)
        listing_filter_prices(side, want, to);
    else if (want->kind == LISTING_AVAILABLE && want->chosen_count)
        memcpy(to, columns->available, columns->words * sizeof(uint64_t));
    else if (want->kind == LISTING_VALUE || want->kind == LISTING_BRAND)
        for (int i = 0; i < want->chosen_count; i++)
            listing_filter_add(side,
                               want->kind == LISTING_BRAND ? &columns->brands : &columns->values,
                               want->chosen[i], to);
    return to;
}

uint64_t *listing_filter_join(const struct listing *listing, int which, int without)
{
    const struct listing_side *side = &listing->sides[which];
    const size_t words = side->columns->words;
    uint64_t *to = arena_alloc(listing->arena, words * sizeof(uint64_t));
    memcpy(to, side->scope, words * sizeof(uint64_t));
    for (int f = 0; f < listing->want_count; f++)
        for (size_t i = 0; f != without && i < words; i++)
            to[i] &= side->filter[f][i];
    return to;
}

void listing_filter_apply(struct listing *listing)
{
    for (int s = 0; s < listing->side_count; s++) {
        struct listing_side *side = &listing->sides[s];
        for (int f = 0; f < listing->want_count; f++)
            side->filter[f] = listing_filter_set(listing->arena, side, &listing->wants[f]);
        side->result = listing_filter_join(listing, s, -1);
        listing->result->total += listing_bits_count(side->result, side->columns->words);
    }
}
