/*
 * promo_shelf_row.c: which prices one variant ought to have on the shelves.
 *
 * The idea: between two moments at which a promotion or an ordinary price begins or ends, nothing
 * changes; so for each such stretch of time, and for each quantity from which on an ordinary price
 * holds, the ordinary price is chosen as everywhere else, the promotions make another of it, and
 * where that is lower a row says so. A row is needed, too, where a weaker one of the shelves would
 * be chosen otherwise: from a greater quantity on, or for a group or channel with prices of its
 * own. Such a row repeats the ordinary price.
 *
 * Neighbouring stretches with the same price are one row.
 */
#include "shop/promo_shelf.h"

#include <stdlib.h>
#include "base/str.h"
#include "shop/promo_engine.h"

struct shelving { /* one variant in one of the shelves' lists */
    struct arena *arena;
    const struct promo_set *set;
    const struct shelf_lists *lists;
    const struct shelf_list *list;
    const struct quote_line *line;
    struct price_row *rows; /* ordinary ones that hold in the market of the list */
    size_t row_count;
    int64_t *times; /* at which something changes, in order; 0 first */
    size_t time_count;
    int64_t *quantities; /* in order */
    size_t quantity_count;
    int own; /* a group or channel with prices of its own: weaker shelves must not show through */
};

const struct shelf_list *shelf_list_find(const struct shelf_lists *lists, int64_t id)
{
    for (size_t i = 0; i < lists->count; i++)
        if (lists->at[i].id == id)
            return &lists->at[i];
    return NULL;
}

void shelf_price_add(struct arena *arena, struct shelf_prices *prices,
                     const struct shelf_price *price)
{
    if (prices->count == prices->cap) {
        size_t cap = prices->cap ? prices->cap * 2 : 16;
        struct shelf_price *more = arena_array(arena, struct shelf_price, cap);
        if (prices->count)
            memcpy(more, prices->at, prices->count * sizeof *more);
        prices->at = more;
        prices->cap = cap;
    }
    prices->at[prices->count++] = *price;
}

/* ---- what takes part ---- */

/* Could it change this variant's price at some moment, whatever that is? */
static int concerns(const struct promo *promo, const struct quote_line *line)
{
    if (!promo->enabled || !promo_is_shelved(promo))
        return 0;
    for (size_t i = 0; i < promo->action_count; i++) {
        struct promo_filter filter = promo->actions[i].filter;
        filter.price_from = filter.price_to = PROMO_NONE;
        if (promo_matches(&filter, line))
            return 1;
    }
    return 0;
}

static int concerned(const struct promo_set *set, const struct quote_line *line)
{
    for (size_t i = 0; i < set->catalogue_count; i++)
        if (concerns(&set->catalogue[i], line))
            return 1;
    return 0;
}

static int is_on(const struct shelving *shelving, int64_t at)
{
    for (size_t i = 0; i < shelving->set->catalogue_count; i++) {
        const struct promo *promo = &shelving->set->catalogue[i];
        if (concerns(promo, shelving->line) && promo->from <= at && (!promo->to || at < promo->to))
            return 1;
    }
    return 0;
}

static void take_rows(struct shelving *shelving, const struct shelf_price *rows, size_t count)
{
    const struct shelf_list *market = shelving->list;
    shelving->rows = arena_array(shelving->arena, struct price_row, count + 1);
    shelving->row_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct shelf_list *list = shelf_list_find(shelving->lists, rows[i].list_id);
        if (!list || !list->usable ||
            (list->group.len && !souk_str_equal(list->group, market->group)) ||
            (list->channel.len && !souk_str_equal(list->channel, market->channel)))
            continue;
        shelving->own |= list->group.len || list->channel.len;
        shelving->rows[shelving->row_count++] =
            (struct price_row){.variant_id = rows[i].variant_id,
                               .list_id = list->id,
                               .priority = list->priority,
                               .min_quantity = rows[i].min_quantity,
                               .amount = rows[i].amount,
                               .compare_at = rows[i].compare_at,
                               .row_from = rows[i].from,
                               .from = rows[i].from > list->from ? rows[i].from : list->from,
                               .until = rows[i].until < list->until ? rows[i].until : list->until};
    }
}

static int ascending(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return one < other ? -1 : one > other;
}

static size_t sort_once(int64_t *numbers, size_t count)
{
    size_t kept = 0;
    qsort(numbers, count, sizeof *numbers, ascending);
    for (size_t i = 0; i < count; i++)
        if (!kept || numbers[kept - 1] != numbers[i])
            numbers[kept++] = numbers[i];
    return kept;
}

static void find_borders(struct shelving *shelving)
{
    const struct promo_set *set = shelving->set;
    size_t most = 2 * (set->catalogue_count + shelving->row_count) + 1, count = 0;
    int64_t *times = arena_array(shelving->arena, int64_t, most);
    int64_t *quantities = arena_array(shelving->arena, int64_t, shelving->row_count + 1);
    times[count++] = 0;
    for (size_t i = 0; i < set->catalogue_count; i++) {
        if (!concerns(&set->catalogue[i], shelving->line))
            continue;
        times[count++] = set->catalogue[i].from;
        times[count++] = set->catalogue[i].to;
    }
    for (size_t i = 0; i < shelving->row_count; i++) {
        times[count++] = shelving->rows[i].from;
        if (shelving->rows[i].until != INT64_MAX)
            times[count++] = shelving->rows[i].until;
        quantities[i] = shelving->rows[i].min_quantity;
    }
    shelving->times = times;
    shelving->time_count = sort_once(times, count);
    shelving->quantities = quantities;
    shelving->quantity_count = sort_once(quantities, shelving->row_count);
}

/* ---- the rows ---- */

/* The same price goes on: one row. */
static int goes_on(struct shelf_prices *wanted, size_t begin, const struct shelf_price *row)
{
    for (size_t i = wanted->count; i-- > begin;) {
        struct shelf_price *before = &wanted->at[i];
        if (before->min_quantity != row->min_quantity)
            continue;
        if (before->until != row->from || before->amount != row->amount ||
            before->compare_at != row->compare_at)
            return 0;
        before->until = row->until;
        return 1;
    }
    return 0;
}

static void fill_stretch(struct shelving *shelving, int64_t from, int64_t until, size_t begin,
                         struct shelf_prices *wanted)
{
    int shown = shelving->own && is_on(shelving, from);
    for (size_t i = 0; i < shelving->quantity_count; i++) {
        struct price price =
            price_choose(shelving->rows, shelving->row_count, from, shelving->quantities[i]);
        struct quote_line line = *shelving->line;
        if (price.amount < 0)
            continue;
        line.quantity = shelving->quantities[i];
        line.unit_price = line.original_price = price.amount; /* they begin at what is charged */
        int64_t amount = promo_shelved_price(shelving->set, &line, from);
        if (amount >= price.amount && !shown)
            continue;
        shown = 1;
        struct shelf_price row = {.variant_id = line.variant_id,
                                  .list_id = shelving->list->id,
                                  .min_quantity = shelving->quantities[i],
                                  .amount = amount < price.amount ? amount : price.amount,
                                  .compare_at = amount < price.amount ? line.original_price : 0,
                                  .from = from,
                                  .until = until};
        if (!goes_on(wanted, begin, &row))
            shelf_price_add(shelving->arena, wanted, &row);
    }
}

static void fill_list(struct shelving *shelving, int64_t now, struct shelf_prices *wanted)
{
    size_t begin = wanted->count;
    find_borders(shelving);
    for (size_t i = 0; i < shelving->time_count; i++) {
        int64_t until = i + 1 < shelving->time_count ? shelving->times[i + 1] : INT64_MAX;
        if (until > now)
            fill_stretch(shelving, shelving->times[i], until, begin, wanted);
    }
}

void shelf_rows_make(struct arena *arena, const struct promo_set *set,
                     const struct shelf_lists *lists, const struct quote_line *line,
                     const struct shelf_price *rows, size_t count, int64_t now,
                     struct shelf_prices *wanted)
{
    if (!count || !concerned(set, line))
        return;
    for (size_t i = 0; i < lists->count; i++) {
        struct shelving shelving = {
            .arena = arena, .set = set, .lists = lists, .list = &lists->at[i], .line = line};
        if (!price_is_shelf(lists->at[i].id))
            continue;
        take_rows(&shelving, rows, count);
        int general = !lists->at[i].group.len && !lists->at[i].channel.len;
        if (shelving.row_count && (general || shelving.own))
            fill_list(&shelving, now, wanted);
    }
}
