/*
 * listing_run: one list while it is being made. Inside of listing*.c only.
 */
#ifndef SHOP_LISTING_RUN_H
#define SHOP_LISTING_RUN_H

#include "base/buf.h"
#include "shop/listing_columns.h"
#include "shop/search.h"

enum listing_kind { LISTING_VALUE, LISTING_BRAND, LISTING_PRICE, LISTING_AVAILABLE };

struct listing_range {
    int64_t from, to; /* both are in it */
};

struct listing_want { /* a filter whose codes have been looked up */
    enum listing_kind kind;
    struct souk_str attribute;
    int64_t *chosen; /* ids of values or brands */
    int chosen_count;
    int64_t *all; /* ids of all values of the attribute */
    int all_count;
    struct listing_range ranges[32];
    int range_count;
};

struct listing_side { /* the columns, or their delta */
    struct listing_columns *columns;
    uint64_t *scope;                   /* of the category or search, before filters */
    uint64_t *filter[LISTING_FILTERS]; /* what each filter lets through */
    uint64_t *result;
};

struct listing_place {
    int side;
    uint32_t slot; /* LISTING_NONE: not to be seen */
};

struct listing {
    struct db_conn *conn;
    struct arena *arena;
    const struct market *market;
    const struct listing_query *query;
    struct listing_result *result;
    struct listing_view view;
    struct listing_side sides[2];
    int side_count;
    struct listing_want wants[LISTING_FILTERS];
    int want_count;
    struct search_hits hits;
    struct listing_place *ranked; /* hits in their order; NULL: they are not ranked */
    int searched;
    const char *sort; /* one of the known */
};

/* 0; a want that can match nothing has nothing chosen. */
int listing_filter_look_up(struct listing *listing);
void listing_filter_apply(struct listing *listing);
/* "10.00-50.00", either end may be missing; 0 when it is no range. */
int listing_filter_range(struct souk_str text, struct listing_range *range);
/* The scope of a side with all filters but one (-1: with all). In the arena. */
uint64_t *listing_filter_join(const struct listing *listing, int side, int without);
int listing_facet_all(struct listing *listing);
int listing_page_cut(struct listing *listing, struct err *err);
const char *listing_page_sort(struct souk_str name); /* NULL: not known */

static inline int64_t listing_bits_count(const uint64_t *bits, size_t words)
{
    int64_t count = 0;
    for (size_t i = 0; i < words; i++)
        count += __builtin_popcountll(bits[i]);
    return count;
}

#define listing_bits_each(slot, bits, words)                                                       \
    for (size_t word_##slot = 0; word_##slot < (words); word_##slot++)                             \
        for (uint64_t left_##slot = (bits)[word_##slot]; left_##slot;                              \
             left_##slot &= left_##slot - 1)                                                       \
            for (uint32_t                                                                          \
                     slot = (uint32_t)(word_##slot * 64) + (uint32_t)__builtin_ctzll(left_##slot), \
                     once_##slot = 1;                                                              \
                 once_##slot; once_##slot = 0)

#endif
