/*
 * order_slots: where rows that hang on orders go when many orders are read at once: for each order
 * its place, in the order of the orders' ids. One query asks for the rows of all of them
 * (json_each over `ids`), and each row finds its order's place by itself.
 */
#ifndef SHOP_ORDER_SLOTS_H
#define SHOP_ORDER_SLOTS_H

#include "base/buf.h"
#include "base/json.h"
#include "store/db.h"

enum order_view {
    ORDER_BUYER, /* with the token that opens its page */
    ORDER_STAFF,
    ORDER_SHARED /* plugins and receivers of webhooks: "id" and "person", nothing that opens pages
                  */
};

struct order_slots {
    struct order_slot {
        int64_t order_id;
        struct json *place; /* the order's document, or a list in it */
    } * at;                 /* by order_id, going up */
    size_t count;
    struct souk_str ids; /* the same ids as a JSON list */
    enum order_view view;
};

/* NULL: no such order is among them. */
static inline struct order_slot *order_slots_find(const struct order_slots *slots, int64_t order_id)
{
    size_t low = 0, high = slots->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slots->at[middle].order_id < order_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < slots->count && slots->at[low].order_id == order_id ? &slots->at[low] : NULL;
}

static inline struct souk_str order_slots_ids(struct arena *arena, const int64_t *ids, size_t count)
{
    struct buf text = {.arena = arena};
    buf_add_char(&text, '[');
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%lld", i ? "," : "", (long long)ids[i]);
    buf_add_char(&text, ']');
    return buf_str(&text);
}

/* The ids (going up, as a JSON list) of what hangs on the orders, by a statement that asks for
 * them; *count: how many. */
static inline int order_slots_gather(struct db_conn *conn, struct arena *arena,
                                     const struct db_statement *asks,
                                     const struct order_slots *slots, struct souk_str *ids,
                                     size_t *count)
{
    struct buf text = {.arena = arena};
    struct db_rows rows;
    int more, code = db_query(conn, asks, &rows, DB_TEXT(slots->ids));
    *count = 0;
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1)
        buf_printf(&text, "%s%lld", (*count)++ ? "," : "[", (long long)db_int(&rows, 0));
    buf_add_char(&text, ']');
    *ids = buf_str(&text);
    return more;
}

/* A list named `key` in each order's document. */
static inline struct order_slots order_slots_lists(struct arena *arena,
                                                   const struct order_slots *docs, const char *key)
{
    struct order_slots lists = {arena_array(arena, struct order_slot, docs->count + 1), docs->count,
                                docs->ids, docs->view};
    for (size_t i = 0; i < docs->count; i++)
        lists.at[i] = (struct order_slot){docs->at[i].order_id,
                                          json_add(arena, docs->at[i].place, key, JSON_ARRAY)};
    return lists;
}

#endif
