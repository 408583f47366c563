/*
 * promo_shelf: what the two files of the shelves share: which prices one variant ought to have
 * there (promo_shelf_row.c), and keeping all variants so (promo_shelf.c).
 */
#ifndef SHOP_PROMO_SHELF_H
#define SHOP_PROMO_SHELF_H

#include "shop/price_row.h"
#include "shop/promo_book.h"

struct shelf_list {                    /* a price list */
    int64_t id, priority, from, until; /* until INT64_MAX: no end */
    struct souk_str group, channel;
    int usable; /* in the shop's own currency */
};

struct shelf_price { /* a row of a list */
    int64_t variant_id, id, list_id, min_quantity, amount, compare_at, from, until;
    int kept;
};

struct shelf_prices {
    struct shelf_price *at;
    size_t count, cap;
};
void shelf_price_add(struct arena *arena, struct shelf_prices *prices,
                     const struct shelf_price *price);

struct shelf_lists {
    struct shelf_list *at;
    size_t count;
};
const struct shelf_list *shelf_list_find(const struct shelf_lists *lists, int64_t id);

/* The rows that the variant of `line` (with all that filters look at) ought to have in the shelves'
 * lists from `now` on. `rows`: its prices in ordinary lists. */
void shelf_rows_make(struct arena *arena, const struct promo_set *set,
                     const struct shelf_lists *lists, const struct quote_line *line,
                     const struct shelf_price *rows, size_t count, int64_t now,
                     struct shelf_prices *wanted);

#endif
