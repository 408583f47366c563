/*
 * listing: one list: who is in it, the facets beside it, the page that is shown.
 *
 * Everything is done twice, for the columns and for their delta, and added up; see listing_live.c
 * for the two. Prices are those of everybody in the shop's currency, also for a customer with
 * prices of their own: the cards show theirs, filters and the order by price go by the common ones.
 */
#include "shop/listing.h"

#include <stdlib.h>

#include "base/str.h"
#include "shop/listing.sql.h"
#include "shop/listing_run.h"

/* ---- who could be in it ---- */

/* Where a rowid of the index is found. */
static struct listing_place listing_place_of(const struct listing *listing, int64_t position)
{
    for (int s = listing->side_count - 1; s >= 0; s--) {
        const struct listing_columns *columns = listing->sides[s].columns;
        size_t low = 0, high = columns->positions;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (columns->position[columns->by_position[middle]] < position)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == columns->positions)
            continue;
        uint32_t slot = columns->by_position[low];
        int stale = s == 0 && listing->view.delta && listing_bit(listing->view.delta->stale, slot);
        if (columns->position[slot] == position && !stale)
            return (struct listing_place){s, slot};
    }
    return (struct listing_place){0, LISTING_NONE};
}

/* Hits in ascending order against positions in ascending order. */
static void listing_scope_merge(const struct listing_side *side, const struct search_hits *hits)
{
    const struct listing_columns *columns = side->columns;
    size_t h = 0;
    for (size_t i = 0; i < columns->positions && h < hits->count; i++) {
        uint32_t slot = columns->by_position[i];
        while (h < hits->count && hits->positions[h] < columns->position[slot])
            h++;
        if (h < hits->count && hits->positions[h] == columns->position[slot])
            listing_bit_set(side->scope, slot);
    }
}

static void listing_scope_search(struct listing *listing)
{
    const struct search_hits *hits = &listing->hits;
    if (!hits->ranked) {
        for (int s = 0; s < listing->side_count; s++)
            listing_scope_merge(&listing->sides[s], hits);
        return;
    }
    listing->ranked = arena_array(listing->arena, struct listing_place, hits->count + 1);
    for (size_t i = 0; i < hits->count; i++) {
        struct listing_place place = listing_place_of(listing, hits->positions[i]);
        listing->ranked[i] = place;
        if (place.slot != LISTING_NONE)
            listing_bit_set(listing->sides[place.side].scope, place.slot);
    }
}

static void listing_scope_category(const struct listing_side *side, int64_t category)
{
    const struct listing_columns *columns = side->columns;
    const struct listing_set *set = listing_index_find(&columns->categories, category);
    uint64_t *inside = mem_zalloc(columns->words * sizeof(uint64_t));
    for (uint32_t i = 0; set && !set->bits && i < set->count; i++)
        listing_bit_set(inside, set->slots[i]);
    for (size_t i = 0; i < columns->words; i++)
        side->scope[i] &= set && set->bits ? set->bits[i] : inside[i];
    free(inside);
}

/* The next moment at which something that could be in the list changes. */
static void listing_scope_until(struct listing *listing, const struct listing_side *side)
{
    const struct listing_columns *columns = side->columns;
    int64_t *until = &listing->result->until;
    if (!columns->right_until)
        return;
    listing_bits_each(slot, side->scope, columns->words)
    {
        int64_t at = columns->right_until[slot];
        if (at != INT64_MAX && at > listing->market->now && (*until == 0 || at < *until))
            *until = at;
    }
}

static void listing_scope_set(struct listing *listing)
{
    for (int s = 0; s < listing->side_count; s++) {
        struct listing_side *side = &listing->sides[s];
        side->scope = arena_array(listing->arena, uint64_t, side->columns->words);
    }
    if (listing->searched)
        listing_scope_search(listing);
    for (int s = 0; s < listing->side_count; s++) {
        struct listing_side *side = &listing->sides[s];
        const struct listing_columns *columns = side->columns;
        const struct listing_columns *delta = s == 0 ? listing->view.delta : NULL;
        for (size_t i = 0; i < columns->words; i++) {
            side->scope[i] =
                listing->searched ? side->scope[i] & columns->search[i] : columns->catalog[i];
            if (delta)
                side->scope[i] &= ~delta->stale[i];
        }
        if (listing->query->category_id)
            listing_scope_category(side, listing->query->category_id);
        listing_scope_until(listing, side);
        for (size_t i = 0; i < columns->words; i++)
            side->scope[i] &= columns->visible[i];
    }
}

/* ---- the whole ---- */

static int listing_search(struct listing *listing)
{
    struct souk_str typed = str_trim(listing->query->q);
    if (typed.len == 0)
        return 0;
    listing->searched = 1;
    int code = search_run(listing->conn, listing->arena, listing->market, typed, &listing->hits);
    listing->result->corrected = listing->hits.corrected;
    listing->result->suggestions = listing->hits.suggestions;
    return code;
}

static int listing_sort_find(struct listing *listing, struct err *err)
{
    struct souk_str name = listing->query->sort;
    struct db_rows rows;
    int code = 0;
    if (name.len && !(listing->sort = listing_page_sort(name)))
        return err_set(err, SOUK_INVALID,
                       "sort \"%.*s\" is not known; use relevance, popular, new, price, -price or "
                       "name",
                       (int)(name.len > 40 ? 40 : name.len), name.ptr);
    if (name.len == 0 && !listing->searched && listing->query->category_id) {
        code = db_query(listing->conn, &sql_listing_category_sort, &rows,
                        DB_INT(listing->query->category_id));
        if (code == 0 && (code = db_next(&rows)) == 1) {
            listing->sort = listing_page_sort(db_text(&rows, 0));
            db_close(&rows);
            code = 0;
        }
    }
    if (!listing->sort)
        listing->sort = listing->searched ? "relevance" : "popular";
    if (strcmp(listing->sort, "relevance") == 0 && !listing->ranked)
        listing->sort = "popular";
    return code < 0 ? err_set(err, code, "%s", db_error(listing->conn)) : 0;
}

static void listing_exact(struct listing *listing)
{
    for (int s = 0; s < listing->side_count && listing->hits.exact_product; s++) {
        const struct listing_side *side = &listing->sides[s];
        uint32_t slot = listing_columns_slot(side->columns, listing->hits.exact_product);
        if (slot != LISTING_NONE && listing_bit(side->scope, slot))
            listing->result->exact_id = listing->hits.exact_product;
    }
}

static int listing_make(struct listing *listing, struct err *err)
{
    listing->sides[listing->side_count++].columns = listing->view.base;
    if (listing->view.delta)
        listing->sides[listing->side_count++].columns = listing->view.delta;
    int code = listing_search(listing);
    if (code == 0) {
        listing_scope_set(listing);
        listing_exact(listing);
        code = listing_filter_look_up(listing);
    }
    if (code == 0) {
        listing_filter_apply(listing);
        code = listing->query->plain ? 0 : listing_facet_all(listing);
    }
    if (code != 0)
        return err_set(err, code, "%s", db_error(listing->conn));
    code = listing_sort_find(listing, err);
    return code ? code : listing_page_cut(listing, err);
}

int listing_run(struct db_conn *conn, struct arena *arena, const struct market *market,
                const struct listing_query *query, struct listing_result *result, struct err *err)
{
    struct listing listing = {
        .conn = conn, .arena = arena, .market = market, .query = query, .result = result};
    *result = (struct listing_result){.next = {"", 0}, .corrected = {"", 0}};
    result->facets = json_new(arena, JSON_ARRAY);
    result->suggestions = json_new(arena, JSON_ARRAY);
    int code = listing_view_take(conn, market->now, &listing.view);
    if (code != 0)
        return err_set(err, code, "%s", db_error(conn));
    code = listing_make(&listing, err);
    listing_view_drop(&listing.view);
    return code;
}
