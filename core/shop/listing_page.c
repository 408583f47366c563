/*
 * listing_page: the order of a list, and one page of it.
 *
 * Only the front of the order up to the page's end is kept while the result is walked, in a heap.
 * What is as good is ordered by popularity, then by id, so the order is total and a cursor, which
 * says where the last page ended in it, goes on there whatever has come or gone before.
 */
#include <sodium.h>
#include <stdlib.h>
#include "base/str.h"
#include "shop/listing_run.h"

#define LISTING_DEFAULT 24
#define LISTING_NAME    120  /* bytes of a folded name that decide */
#define LISTING_FEW     2000 /* names at most that are read for one list alone */

struct listing_item {
    int64_t key, popularity, id;
    const char *name; /* NULL unless sorted by it */
};

struct listing_heap { /* the `room` smallest; the largest of them on top */
    struct listing_item *at;
    size_t count, room;
};

static const char *const listing_page_sorts[] = {"relevance", "popular", "new",
                                                 "price",     "-price",  "name"};

const char *listing_page_sort(struct souk_str name)
{
    for (size_t i = 0; i < sizeof listing_page_sorts / sizeof *listing_page_sorts; i++)
        if (souk_str_is(name, listing_page_sorts[i]))
            return listing_page_sorts[i];
    return NULL;
}

static int listing_page_compare(const void *a, const void *b)
{
    const struct listing_item *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    int order = x->name && y->name ? strncmp(x->name, y->name, LISTING_NAME) : 0;
    if (order)
        return order;
    if (x->popularity != y->popularity)
        return x->popularity > y->popularity ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void listing_heap_sink(struct listing_heap *heap)
{
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= heap->count)
            return;
        if (child + 1 < heap->count &&
            listing_page_compare(&heap->at[child + 1], &heap->at[child]) > 0)
            child++;
        if (listing_page_compare(&heap->at[at], &heap->at[child]) >= 0)
            return;
        struct listing_item item = heap->at[at];
        heap->at[at] = heap->at[child];
        heap->at[child] = item;
        at = child;
    }
}

/* 0: the item is beyond all that are kept. */
static int listing_heap_put(struct listing_heap *heap, struct listing_item item)
{
    if (heap->count == heap->room) {
        if (listing_page_compare(&item, &heap->at[0]) >= 0)
            return 0;
        heap->at[0] = item;
        listing_heap_sink(heap);
        return 1;
    }
    size_t at = heap->count++;
    while (at && listing_page_compare(&item, &heap->at[(at - 1) / 2]) > 0) {
        heap->at[at] = heap->at[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->at[at] = item;
    return 1;
}

/* ---- cursors: "sort|key|popularity|id|name" ---- */

static struct souk_str listing_cursor_write(struct listing *listing,
                                            const struct listing_item *item)
{
    struct souk_str plain =
        arena_printf(listing->arena, "%s|%lld|%lld|%lld|%.*s", listing->sort, (long long)item->key,
                     (long long)item->popularity, (long long)item->id, LISTING_NAME,
                     item->name ? item->name : "");
    size_t room = sodium_base64_encoded_len(plain.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_alloc(listing->arena, room);
    sodium_bin2base64(text, room, (const unsigned char *)plain.ptr, plain.len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return souk_str(text);
}

static int listing_cursor_read(struct listing *listing, struct listing_item *item)
{
    struct souk_str text = listing->query->cursor, part;
    int64_t *const numbers[] = {&item->key, &item->popularity, &item->id};
    unsigned char *plain = arena_zalloc(listing->arena, 401);
    size_t len = 0;
    if (text.len > 500 || sodium_base642bin(plain, 400, text.ptr, text.len, NULL, &len, NULL,
                                            sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return SOUK_INVALID;
    struct souk_str rest = {(const char *)plain, len};
    if (!str_split(&rest, '|', &part) || !souk_str_is(part, listing->sort))
        return SOUK_INVALID;
    for (size_t i = 0; i < 3; i++)
        if (!str_split(&rest, '|', &part) || str_to_int(part, numbers[i]) != 0)
            return SOUK_INVALID;
    item->name = strcmp(listing->sort, "name") == 0 ? (rest.len ? rest.ptr : "") : NULL;
    return 0;
}

/* ---- walking ---- */

struct listing_walk {
    struct listing *listing;
    const struct listing_names *names[2];
    struct listing_heap heap;
    int after; /* `last` is set: only what comes after it */
    struct listing_item last;
};

/* The first letters of a name as a number, so that most comparisons are one of numbers. */
static int64_t listing_walk_letters(const char *name)
{
    uint64_t key = 0;
    for (int i = 0, end = 0; i < 8; i++) {
        end |= !name[i];
        key = key << 8 | (end ? 0 : (unsigned char)name[i]);
    }
    return (int64_t)(key ^ UINT64_C(1) << 63);
}

static struct listing_item listing_walk_item(const struct listing_walk *walk, int side,
                                             uint32_t slot)
{
    const struct listing_columns *columns = walk->listing->sides[side].columns;
    const char *sort = walk->listing->sort;
    struct listing_item item = {.popularity = columns->popularity[slot], .id = columns->id[slot]};
    if (*sort == 'n' && sort[1] == 'e') {
        item.key = -columns->created[slot];
    } else if (*sort == 'n') {
        item.name = walk->names[side]->pool + walk->names[side]->at[slot];
        item.key = listing_walk_letters(item.name);
    } else if (strcmp(sort, "popular") != 0) {
        int64_t price = columns->price[slot];
        item.key = price < 0 ? INT64_MAX : *sort == '-' ? -price : price;
    }
    return item;
}

static int listing_walk_put(struct listing_walk *walk, struct listing_item item)
{
    if (walk->after && listing_page_compare(&item, &walk->last) <= 0)
        return 1;
    return listing_heap_put(&walk->heap, item);
}

static void listing_walk_side(struct listing_walk *walk, int side)
{
    const struct listing_side *of = &walk->listing->sides[side];
    const int ordered = strcmp(walk->listing->sort, "popular") == 0; /* as slots are */
    for (size_t word = 0; word < of->columns->words; word++)
        for (uint64_t left = of->result[word]; left; left &= left - 1) {
            uint32_t slot = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
            if (!listing_walk_put(walk, listing_walk_item(walk, side, slot)) && ordered)
                return;
        }
}

static void listing_walk_ranked(struct listing_walk *walk)
{
    const struct listing *listing = walk->listing;
    for (size_t i = 0; i < listing->hits.count; i++) {
        struct listing_place place = listing->ranked[i];
        if (place.slot == LISTING_NONE ||
            !listing_bit(listing->sides[place.side].result, place.slot))
            continue;
        const struct listing_columns *columns = listing->sides[place.side].columns;
        listing_walk_put(walk,
                         (struct listing_item){.key = (int64_t)i, .id = columns->id[place.slot]});
    }
}

static int listing_walk_names(struct listing_walk *walk)
{
    struct listing *listing = walk->listing;
    int code = 0;
    const char *locale = listing->market->locale;
    for (int s = 0; s < listing->side_count && code == 0; s++) {
        const struct listing_side *side = &listing->sides[s];
        if (listing->result->total <= LISTING_FEW && !listing_names_ready(side->columns, locale))
            code = listing_names_few(listing->conn, listing->arena, side->columns, locale,
                                     side->result, &walk->names[s]);
        else
            code = listing_names_get(listing->conn, side->columns, locale, &walk->names[s]);
    }
    return code;
}

static void listing_page_fill(struct listing *listing, struct listing_walk *walk, size_t skip,
                              int limit)
{
    struct listing_result *result = listing->result;
    struct listing_heap *heap = &walk->heap;
    if (heap->count)
        qsort(heap->at, heap->count, sizeof *heap->at, listing_page_compare);
    size_t left = heap->count > skip ? heap->count - skip : 0;
    result->count = left > (size_t)limit ? limit : (int)left;
    result->ids = arena_array(listing->arena, int64_t, (size_t)result->count + 1);
    for (int i = 0; i < result->count; i++)
        result->ids[i] = heap->at[skip + (size_t)i].id;
    if (left > (size_t)limit)
        result->next = listing_cursor_write(listing, &heap->at[skip + (size_t)limit - 1]);
}

int listing_page_cut(struct listing *listing, struct err *err)
{
    const struct listing_query *query = listing->query;
    struct listing_walk walk = {.listing = listing};
    const int limit = query->limit <= 0             ? LISTING_DEFAULT
                      : query->limit > LISTING_PAGE ? LISTING_PAGE
                                                    : query->limit;
    int64_t skip =
        query->page > 1 && query->page < INT64_MAX / limit ? (query->page - 1) * limit : 0;
    int code = 0;
    if (query->page > 1 && skip == 0)
        skip = listing->result->total;
    if (skip > listing->result->total)
        skip = listing->result->total;
    if (query->page <= 0 && query->cursor.len) {
        walk.after = 1;
        if (listing_cursor_read(listing, &walk.last) != 0)
            return err_set(err, SOUK_INVALID,
                           "the cursor does not belong to this list; begin again without one");
    }
    if (strcmp(listing->sort, "name") == 0 && (code = listing_walk_names(&walk)) != 0)
        return err_set(err, code, "%s", db_error(listing->conn));
    walk.heap.room = (size_t)skip + (size_t)limit + 1;
    walk.heap.at = mem_alloc(walk.heap.room * sizeof *walk.heap.at);
    if (strcmp(listing->sort, "relevance") == 0)
        listing_walk_ranked(&walk);
    else
        for (int s = 0; s < listing->side_count; s++)
            listing_walk_side(&walk, s);
    listing_page_fill(listing, &walk, (size_t)skip, limit);
    free(walk.heap.at);
    return 0;
}
