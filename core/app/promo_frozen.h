/*
 * promo_frozen: stored orders as inputs of pricing, as they were when they were placed: lines at
 * their prices, delivery, codes, and what was known of the customer then (earlier orders, what they
 * came to). Gifts are left out: rules add them.
 *
 * What was not kept is as it is today: categories of products, the customer's group and stage.
 * Nobody's uses or budgets are among the facts: who replays keeps the counters (promo_simulate).
 */
#ifndef APP_PROMO_FROZEN_H
#define APP_PROMO_FROZEN_H

#include "base/map.h"
#include "shop/promo.h"
#include "store/db.h"

struct frozen_order {
    int64_t id, placed_at;
    struct souk_str number;
    struct quote quote; /* lines, delivery and codes as they went in; computed from anew */
    struct promo_facts facts;
    struct souk_str customer; /* "person:7", "email:ada@example.org"; empty */
    /* as it was */
    const struct json *kept; /* the quote that the order carries; NULL: none */
    int64_t items, discount, delivery, delivery_discount, total;
};

struct frozen_reader {
    struct db_conn *conn;         /* the snapshot of this turn */
    int64_t at, id, until;        /* the place in the list that was read last; until when */
    int history;                  /* read what customers had bought before */
    struct frozen_memory *memory; /* customers and categories that were met; frozen_reader_end */
};

/* The last `orders` orders, or those since a moment: *total of them up to `until`. Orders that were
 * cancelled are no part of it. */
int frozen_reader_begin(struct frozen_reader *reader, int64_t orders, int64_t since,
                        int64_t *total);
/* The next ones, oldest first, into the arena: at most `limit`; *count 0 with *over set: there are
 * no more (a page of cancelled ones has none and is not the end). */
int frozen_reader_next(struct frozen_reader *reader, struct arena *arena, int limit,
                       struct frozen_order **orders, size_t *count, int *over);
void frozen_reader_end(struct frozen_reader *reader);
/* What the database has of the codes of these orders that are of a batch: struct promo_code by
 * code, without what was used. */
int frozen_codes(struct db_conn *conn, struct arena *arena, const struct frozen_order *orders,
                 size_t count, struct map *codes);
/* A quote with lines, deliveries and codes of its own: pricing writes into them. */
void frozen_copy(struct arena *arena, const struct quote *from, struct quote *to);
/* One order by its number, whatever became of it. SOUK_NOT_FOUND. */
int frozen_find(struct db_conn *conn, struct arena *arena, struct souk_str number,
                struct frozen_order *order);

#endif
