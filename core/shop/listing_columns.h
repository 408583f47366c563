/*
 * listing_columns: what lists are made of, in memory. Inside of listing*.c only.
 *
 * Columns hold one entry a product ("slot"), the most popular first, and for each category, value
 * of an attribute and brand the set of its slots. Once made they do not change. The same shape
 * serves all products and the few that have changed since ("delta").
 */
#ifndef SHOP_LISTING_COLUMNS_H
#define SHOP_LISTING_COLUMNS_H

#include <pthread.h>
#include <stdatomic.h>
#include "shop/listing.h"

#define LISTING_NONE UINT32_MAX

struct listing_set { /* slots, ascending; those of large sets as bits */
    int64_t id;      /* of the category, value or brand */
    uint32_t *slots;
    uint64_t *bits;
    uint32_t count;
};

struct listing_index { /* sets by ascending id */
    struct listing_set *sets;
    size_t count;
    uint32_t *slots; /* the storage of small ones */
    uint32_t *start; /* forward: of a slot, places in `list`; NULL when not kept */
    uint32_t *list;  /* indexes of sets */
};

struct listing_names { /* folded names in one locale, by slot */
    const char *locale;
    char *pool;
    uint32_t *at;
};

struct listing_columns {
    _Atomic int users;
    const struct db *db;
    int64_t version;
    int64_t from, until; /* times at which every slot is right as it stands: from <= now < until */
    size_t count, words;
    int64_t *id, *popularity, *created, *price, *position;
    int64_t *right_from,
        *right_until;              /* of one slot; NULL when none of them ever changes by time */
    uint32_t *by_id, *by_position; /* slots in that order; those without a position are left out */
    size_t positions;
    uint64_t *visible, *catalog, *search, *available;
    struct listing_index categories, values, brands;
    pthread_mutex_t names_mutex;
    struct listing_names *names[MARKET_LOCALES];
    /* of a delta */
    struct listing_columns *base;
    uint64_t *stale; /* slots of the base that are not to be used */
};

/* Reads all products, or those in `ids` (a JSON array). */
int listing_columns_read(struct db_conn *conn, const char *ids, int64_t now,
                         struct listing_columns **out);
void listing_columns_drop(struct listing_columns *columns);
uint32_t listing_columns_slot(const struct listing_columns *columns, int64_t id);
const struct listing_set *listing_index_find(const struct listing_index *index, int64_t id);
/* Pairs of (key, slot) to sets. Frees nothing. */
struct listing_pair {
    int64_t key;
    uint32_t slot;
};
void listing_index_make(struct listing_index *index, struct listing_pair *pairs, size_t count,
                        size_t slots, int forward);
void listing_index_free(struct listing_index *index);
/* Folded names, read at first need. */
int listing_names_get(struct db_conn *conn, struct listing_columns *columns, const char *locale,
                      const struct listing_names **names);

/* 1: they are there already. */
int listing_names_ready(struct listing_columns *columns, const char *locale);
/* Of the slots in `bits` alone, in the arena: where few are asked for. */
int listing_names_few(struct db_conn *conn, struct arena *arena,
                      const struct listing_columns *columns, const char *locale,
                      const uint64_t *bits, const struct listing_names **names);

/* What a reader works with: the columns, and of what they do not know the delta. */
struct listing_view {
    struct listing_columns *base;
    struct listing_columns *delta; /* NULL: nothing has changed */
};
int listing_view_take(struct db_conn *conn, int64_t now, struct listing_view *view);
void listing_view_drop(struct listing_view *view);

static inline int listing_bit(const uint64_t *bits, uint32_t slot)
{
    return (int)(bits[slot >> 6] >> (slot & 63) & 1);
}

static inline void listing_bit_set(uint64_t *bits, uint32_t slot)
{
    bits[slot >> 6] |= UINT64_C(1) << (slot & 63);
}

#endif
