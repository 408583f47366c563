/*
 * listing_facet: what a list can be narrowed by, with counts.
 *
 * The count beside a value is the number of products that the list would show with this value alone
 * chosen of its facet and all else as it is: it is counted over the scope and the filters of the
 * other facets. Few products are counted product by product, many set by set, 64 slots at a time.
 */
#include <stdlib.h>
#include "base/money.h"
#include "base/str.h"
#include "base/vec.h"
#include "shop/listing.sql.h"
#include "shop/listing_run.h"

#define LISTING_SHOWN  50 /* values of a facet; chosen ones are always shown */
#define LISTING_RANGES 5

struct listing_count {
    int64_t id;
    int64_t count;
    int chosen;
};

typedef VEC(struct listing_count) listing_counts;

/* ---- counting ---- */

static int64_t listing_facet_meet(const struct listing_set *set, const uint64_t *bits, size_t words)
{
    int64_t count = 0;
    if (!set)
        return 0;
    if (set->bits)
        for (size_t i = 0; i < words; i++)
            count += __builtin_popcountll(set->bits[i] & bits[i]);
    else
        for (uint32_t i = 0; i < set->count; i++)
            count += listing_bit(bits, set->slots[i]);
    return count;
}

static void listing_facet_side(const struct listing_columns *columns,
                               const struct listing_index *index, const uint64_t *bits,
                               listing_counts *counts)
{
    uint32_t *sums = mem_zalloc((index->count + 1) * sizeof *sums);
    if (listing_bits_count(bits, columns->words) < (int64_t)(columns->count / 8)) {
        listing_bits_each(slot, bits, columns->words) for (uint32_t i = index->start[slot];
                                                           i < index->start[slot + 1]; i++)
            sums[index->list[i]]++;
    } else {
        for (size_t i = 0; i < index->count; i++)
            sums[i] = (uint32_t)listing_facet_meet(&index->sets[i], bits, columns->words);
    }
    for (size_t i = 0; i < index->count; i++)
        if (sums[i]) {
            struct listing_count one = {index->sets[i].id, sums[i], 0};
            vec_push(counts, one);
        }
    free(sums);
}

static int listing_facet_order(const void *a, const void *b)
{
    const struct listing_count *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Counts of one id are added up. */
static void listing_facet_tidy(listing_counts *counts)
{
    size_t kept = 0;
    if (counts->len)
        qsort(counts->at, counts->len, sizeof *counts->at, listing_facet_order);
    for (size_t i = 0; i < counts->len; i++) {
        if (kept && counts->at[kept - 1].id == counts->at[i].id) {
            counts->at[kept - 1].count += counts->at[i].count;
            counts->at[kept - 1].chosen |= counts->at[i].chosen;
        } else {
            counts->at[kept++] = counts->at[i];
        }
    }
    counts->len = kept;
}

static struct listing_count *listing_facet_find(const listing_counts *counts, int64_t id)
{
    const struct listing_count key = {id, 0, 0};
    return counts->len ? bsearch(&key, counts->at, counts->len, sizeof key, listing_facet_order)
                       : NULL;
}

static const struct listing_index *listing_facet_index(const struct listing_columns *columns,
                                                       enum listing_kind kind)
{
    return kind == LISTING_BRAND ? &columns->brands : &columns->values;
}

/* The facet of a filter: its own choice does not count. */
static void listing_facet_own(const struct listing *listing, int which, listing_counts *counts)
{
    const struct listing_want *want = &listing->wants[which];
    const int brand = want->kind == LISTING_BRAND;
    for (size_t i = 0; i < counts->len && brand; i++)
        counts->at[i].count = 0;
    for (int v = 0; v < want->all_count; v++) {
        struct listing_count *old = listing_facet_find(counts, want->all[v]);
        if (old)
            old->count = 0;
    }
    for (int s = 0; s < listing->side_count; s++) {
        const struct listing_columns *columns = listing->sides[s].columns;
        const uint64_t *bits = listing_filter_join(listing, s, which);
        if (brand)
            listing_facet_side(columns, &columns->brands, bits, counts);
        for (int v = 0; v < want->all_count; v++) {
            struct listing_count one = {want->all[v], 0, 0};
            one.count = listing_facet_meet(listing_index_find(&columns->values, one.id), bits,
                                           columns->words);
            if (one.count)
                vec_push(counts, one);
        }
    }
    for (int v = 0; v < want->chosen_count; v++) {
        struct listing_count one = {want->chosen[v], 0, 1};
        vec_push(counts, one);
    }
    listing_facet_tidy(counts);
}

static void listing_facet_count(const struct listing *listing, enum listing_kind kind,
                                listing_counts *counts)
{
    for (int s = 0; s < listing->side_count; s++) {
        const struct listing_side *side = &listing->sides[s];
        listing_facet_side(side->columns, listing_facet_index(side->columns, kind), side->result,
                           counts);
    }
    listing_facet_tidy(counts);
    for (int f = 0; f < listing->want_count; f++)
        if (listing->wants[f].kind == kind)
            listing_facet_own(listing, f, counts);
}

/* ---- writing ---- */

static struct souk_str listing_facet_ids(struct arena *arena, const listing_counts *counts)
{
    struct buf list = {.arena = arena};
    for (size_t i = 0; i < counts->len; i++) {
        if (!counts->at[i].count && !counts->at[i].chosen)
            continue;
        buf_add_char(&list, list.len ? ',' : '[');
        buf_add_int(&list, counts->at[i].id);
    }
    buf_add_cstr(&list, list.len ? "]" : "[]");
    return buf_str(&list);
}

static struct json *listing_facet_add(const struct listing *listing, struct souk_str key,
                                      struct souk_str label)
{
    struct arena *arena = listing->arena;
    struct json *facet = json_add(arena, listing->result->facets, NULL, JSON_OBJECT);
    json_add_str(arena, facet, "key", arena_str(arena, key));
    json_add_str(arena, facet, "label", arena_str(arena, label));
    return json_add(arena, facet, "values", JSON_ARRAY);
}

static struct json *listing_facet_value(const struct listing *listing, struct json *values,
                                        struct souk_str value, struct souk_str label,
                                        const struct listing_count *count)
{
    struct arena *arena = listing->arena;
    if (values->count >= LISTING_SHOWN && !count->chosen)
        return NULL;
    struct json *item = json_add(arena, values, NULL, JSON_OBJECT);
    json_add_str(arena, item, "value", arena_str(arena, value));
    json_add_str(arena, item, "label", arena_str(arena, label));
    json_add_int(arena, item, "count", count->count);
    json_add_bool(arena, item, "selected", count->chosen);
    return item;
}

static int listing_facet_brands(const struct listing *listing)
{
    listing_counts counts = {0};
    struct db_rows rows;
    struct json *values = NULL;
    listing_facet_count(listing, LISTING_BRAND, &counts);
    int code = db_query(listing->conn, &sql_listing_facet_brands, &rows,
                        DB_TEXT(listing_facet_ids(listing->arena, &counts)));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct souk_str slug = db_text(&rows, 1);
        const struct listing_count *count = listing_facet_find(&counts, db_int(&rows, 0));
        code = 0;
        if (!count)
            continue;
        if (!values)
            values = listing_facet_add(listing, souk_str("brand"), souk_str("Brand"));
        if (str_find(slug, ',') >= 0)
            slug = arena_printf(listing->arena, "%lld", (long long)count->id);
        listing_facet_value(listing, values, slug, db_text(&rows, 2), count);
    }
    vec_free(&counts);
    return code;
}

static int listing_facet_values(const struct listing *listing)
{
    listing_counts counts = {0};
    struct db_rows rows;
    struct json *values = NULL;
    struct souk_str key = {NULL, 0};
    listing_facet_count(listing, LISTING_VALUE, &counts);
    int code = db_query(listing->conn, &sql_listing_facet_values, &rows,
                        DB_TEXT(listing_facet_ids(listing->arena, &counts)),
                        DB_CSTR(listing->market->locale), DB_CSTR(market_shop()->locales[0]),
                        DB_INT(listing->query->category_id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        const struct listing_count *count = listing_facet_find(&counts, db_int(&rows, 0));
        code = 0;
        if (!count)
            continue;
        if (!values || !souk_str_equal(key, db_text(&rows, 1))) {
            key = arena_str(listing->arena, db_text(&rows, 1));
            values = listing_facet_add(listing, key, db_text(&rows, 3));
        }
        struct json *item =
            listing_facet_value(listing, values, db_text(&rows, 2), db_text(&rows, 4), count);
        if (item && db_text(&rows, 6).len)
            json_add_str(listing->arena, item, "color",
                         arena_str(listing->arena, db_text(&rows, 6)));
    }
    vec_free(&counts);
    return code;
}

/* ---- price ---- */

static int listing_facet_filter(const struct listing *listing, enum listing_kind kind)
{
    for (int f = 0; f < listing->want_count; f++)
        if (listing->wants[f].kind == kind)
            return f;
    return -1;
}

static struct souk_str listing_facet_major(struct arena *arena, int64_t minor)
{
    int digits = money_digits(market_shop()->currency);
    int64_t scale = 1;
    for (int i = 0; i < digits; i++)
        scale *= 10;
    if (digits <= 0)
        return arena_printf(arena, "%lld", (long long)minor);
    return arena_printf(arena, "%lld.%0*lld", (long long)(minor / scale), digits,
                        (long long)(minor % scale));
}

/* The first of 1, 2, 5, 10, 20 … by which no more than LISTING_RANGES steps lead from low to high.
 */
static int64_t listing_facet_step(int64_t low, int64_t high)
{
    static const int64_t factors[] = {2, 5, 2}; /* 1 → 2 → 5 → 10: by 2, by 5/2, by 2 */
    int64_t step = 1;
    for (int i = 0; high / step - low / step >= LISTING_RANGES && step < INT64_MAX / 10; i++)
        step = i % 3 == 1 ? step / 2 * factors[1] : step * factors[i % 3];
    return step;
}

static int64_t listing_facet_priced(const struct listing *listing, int which,
                                    const struct listing_range *range, int64_t *low, int64_t *high)
{
    int64_t count = 0;
    for (int s = 0; s < listing->side_count; s++) {
        const struct listing_columns *columns = listing->sides[s].columns;
        const uint64_t *bits = listing_filter_join(listing, s, which);
        listing_bits_each(slot, bits, columns->words)
        {
            int64_t price = columns->price[slot];
            if (price < 0 || (range && (price < range->from || price > range->to)))
                continue;
            count++;
            if (low && price < *low)
                *low = price;
            if (high && price > *high)
                *high = price;
        }
    }
    return count;
}

static int listing_facet_chosen(const struct listing *listing, int which,
                                const struct listing_range *range)
{
    for (int i = 0; which >= 0 && i < listing->wants[which].range_count; i++)
        if (listing->wants[which].ranges[i].from == range->from &&
            listing->wants[which].ranges[i].to == range->to)
            return 1;
    return 0;
}

/* `custom`: not one of the steps that we offer. The first of these fills the two boxes. */
static void listing_facet_range(const struct listing *listing, struct json *values, int which,
                                const struct listing_range *range, int custom)
{
    struct arena *arena = listing->arena;
    const char *currency = market_shop()->currency, *locale = listing->market->locale;
    struct listing_count count = {.chosen = listing_facet_chosen(listing, which, range)};
    count.count = listing_facet_priced(listing, which, range, NULL, NULL);
    if (!count.count && !count.chosen)
        return;
    int open = range->to == INT64_MAX;
    struct souk_str from = listing_facet_major(arena, range->from);
    struct souk_str to = open ? souk_str("") : listing_facet_major(arena, range->to);
    struct souk_str from_label = money_format(arena, range->from, currency, locale);
    struct souk_str to_label =
        open ? souk_str("") : money_format(arena, range->to, currency, locale);
    struct json *item = listing_facet_value(
        listing, values, arena_printf(arena, "%.*s-%.*s", SOUK_PRI(from), SOUK_PRI(to)),
        arena_printf(arena, "%.*s – %.*s", SOUK_PRI(from_label), SOUK_PRI(to_label)), &count);
    struct json *facet = &listing->result->facets->last->value;
    if (!item || !custom || json_at(facet, "from"))
        return;
    json_add_bool(arena, item, "custom", 1);
    json_add_str(arena, facet, "from", range->from ? from : souk_str(""));
    json_add_str(arena, facet, "to", to);
}

static void listing_facet_prices(const struct listing *listing)
{
    const int which = listing_facet_filter(listing, LISTING_PRICE);
    int64_t low = INT64_MAX, high = -1;
    if (!listing_facet_priced(listing, which, NULL, &low, &high) && which < 0)
        return;
    struct json *values = listing_facet_add(listing, souk_str("price"), souk_str("Price"));
    if (high >= 0) {
        struct json *facet = &listing->result->facets->last->value;
        json_add_int(listing->arena, facet, "min", low);
        json_add_int(listing->arena, facet, "max", high);
        json_add_str(listing->arena, facet, "least", listing_facet_major(listing->arena, low));
        json_add_str(listing->arena, facet, "most", listing_facet_major(listing->arena, high));
        int64_t step = listing_facet_step(low, high);
        for (int64_t from = low - low % step; from <= high; from += step)
            listing_facet_range(listing, values, which,
                                &(struct listing_range){from, from + step - 1}, 0);
    }
    const int computed = (int)values->count;
    for (int i = 0; which >= 0 && i < listing->wants[which].range_count; i++) {
        const struct listing_range *range = &listing->wants[which].ranges[i];
        int64_t step = high >= 0 ? listing_facet_step(low, high) : 0;
        int known = computed && step && range->from % step == 0 &&
                    range->to == range->from + step - 1 && range->from <= high && range->to >= low;
        if (!known)
            listing_facet_range(listing, values, which, range, 1);
    }
}

static void listing_facet_available(const struct listing *listing)
{
    const int which = listing_facet_filter(listing, LISTING_AVAILABLE);
    struct listing_count count = {.chosen = which >= 0 && listing->wants[which].chosen_count};
    for (int s = 0; s < listing->side_count; s++) {
        const struct listing_columns *columns = listing->sides[s].columns;
        const uint64_t *bits = listing_filter_join(listing, s, which);
        for (size_t i = 0; i < columns->words; i++)
            count.count += __builtin_popcountll(bits[i] & columns->available[i]);
    }
    if (!count.count && !count.chosen)
        return;
    struct json *values =
        listing_facet_add(listing, souk_str("available"), souk_str("Availability"));
    listing_facet_value(listing, values, souk_str("1"), souk_str("In stock"), &count);
}

int listing_facet_all(struct listing *listing)
{
    int code = listing_facet_brands(listing);
    if (code != 0)
        return code;
    listing_facet_prices(listing);
    code = listing_facet_values(listing);
    listing_facet_available(listing);
    return code;
}
