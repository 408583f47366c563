/*
 * listing_index: sets of slots by key. A set that holds more than one slot in 32 is kept as bits,
 * which then takes less room than a list and is counted sixty-four at a time.
 */
#include <stdlib.h>
#include "shop/listing_columns.h"

static int listing_index_order(const void *a, const void *b)
{
    const struct listing_pair *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

/* Sorted, each pair once; count of different keys. */
static size_t listing_index_tidy(struct listing_pair *pairs, size_t *count)
{
    size_t kept = 0, keys = 0;
    if (*count)
        qsort(pairs, *count, sizeof *pairs, listing_index_order);
    for (size_t i = 0; i < *count; i++) {
        if (kept && pairs[kept - 1].key == pairs[i].key && pairs[kept - 1].slot == pairs[i].slot)
            continue;
        keys += kept == 0 || pairs[kept - 1].key != pairs[i].key;
        pairs[kept++] = pairs[i];
    }
    *count = kept;
    return keys;
}

static void listing_index_forward(struct listing_index *index, const struct listing_pair *pairs,
                                  size_t count, size_t slots)
{
    index->start = mem_zalloc((slots + 1) * sizeof(uint32_t));
    index->list = mem_alloc((count + 1) * sizeof(uint32_t));
    for (size_t i = 0; i < count; i++)
        index->start[pairs[i].slot + 1]++;
    for (size_t i = 0; i < slots; i++)
        index->start[i + 1] += index->start[i];
    uint32_t *next = mem_alloc((slots + 1) * sizeof(uint32_t));
    memcpy(next, index->start, (slots + 1) * sizeof(uint32_t));
    uint32_t set = 0;
    for (size_t i = 0; i < count; i++) {
        set += i > 0 && pairs[i].key != pairs[i - 1].key;
        index->list[next[pairs[i].slot]++] = set;
    }
    free(next);
}

void listing_index_make(struct listing_index *index, struct listing_pair *pairs, size_t count,
                        size_t slots, int forward)
{
    const size_t words = slots / 64 + 1;
    *index = (struct listing_index){0};
    index->count = listing_index_tidy(pairs, &count);
    index->sets = mem_zalloc((index->count + 1) * sizeof *index->sets);
    index->slots = mem_alloc((count + 1) * sizeof(uint32_t));
    size_t used = 0, set = 0;
    for (size_t i = 0, end; i < count; i = end, set++) {
        struct listing_set *to = &index->sets[set];
        for (end = i; end < count && pairs[end].key == pairs[i].key; end++)
            ;
        to->id = pairs[i].key;
        to->count = (uint32_t)(end - i);
        if ((end - i) * 32 > slots) {
            to->bits = mem_zalloc(words * sizeof(uint64_t));
            for (size_t k = i; k < end; k++)
                listing_bit_set(to->bits, pairs[k].slot);
            continue;
        }
        to->slots = index->slots + used;
        for (size_t k = i; k < end; k++)
            index->slots[used++] = pairs[k].slot;
    }
    if (forward)
        listing_index_forward(index, pairs, count, slots);
    index->slots = mem_realloc(index->slots, (used + 1) * sizeof(uint32_t));
    used = 0;
    for (set = 0; set < index->count; set++)
        if (!index->sets[set].bits) {
            index->sets[set].slots = index->slots + used;
            used += index->sets[set].count;
        }
}

void listing_index_free(struct listing_index *index)
{
    for (size_t i = 0; i < index->count; i++)
        free(index->sets[i].bits);
    free(index->sets);
    free(index->slots);
    free(index->start);
    free(index->list);
}

const struct listing_set *listing_index_find(const struct listing_index *index, int64_t id)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (index->sets[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < index->count && index->sets[low].id == id ? &index->sets[low] : NULL;
}
