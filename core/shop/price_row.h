/*
 * price_row: the rows that a price is chosen from, for the files that show many prices at once: one
 * query brings them, a choice for any quantity costs no further one. Only rows of the market that
 * hold or will hold are kept.
 */
#ifndef SHOP_PRICE_ROW_H
#define SHOP_PRICE_ROW_H

#include "shop/price.h"

struct price_row {
    int64_t product_id, variant_id;
    int64_t list_id; /* 0: the variant has no row in this market */
    int64_t priority, min_quantity, amount, compare_at;
    int64_t row_from;    /* of the row alone: the later one wins */
    int64_t from, until; /* of row and list together; until INT64_MAX: no end */
    int availability;    /* of the variant: 0 in, 1 low, 2 backorder, 3 out */
};

struct price_rows {
    struct price_row *at; /* rows of one variant stand together */
    size_t count, cap;
};

/* `statement` is one of price.sql's, `arg` its parameter. A variant without rows gets one with
 * list_id 0. */
int price_rows_read(struct db_conn *conn, struct arena *arena, const struct market *market,
                    const struct db_statement *statement, struct db_arg arg,
                    struct price_rows *rows);
/* The same row by row, for a statement that brings more than prices: the price's columns stand from
 * `column` on, in the order of price.sql; `variant` says whose they are. */
void price_rows_add(struct arena *arena, struct price_rows *rows, const struct market *market,
                    struct db_rows *from, int column, const struct price_row *variant);
int price_rows_of_product(struct db_conn *conn, struct arena *arena, const struct market *market,
                          int64_t product_id, struct price_rows *rows);
/* `ids`: a JSON array of products. */
int price_rows_of_products(struct db_conn *conn, struct arena *arena, const struct market *market,
                           struct souk_str ids, struct price_rows *rows);
/* How many rows from `at` on are of the same variant. */
size_t price_rows_span(const struct price_rows *rows, size_t at);
/* Among rows of one variant; amount -1 when none holds. */
struct price price_choose(const struct price_row *rows, size_t count, int64_t now,
                          int64_t quantity);
/* The row that such a price was chosen by; NULL: none holds. */
const struct price_row *price_decides(const struct price_row *rows, size_t count, int64_t now,
                                      int64_t quantity);
/* The next quantity above `quantity` at which a row of these holds; 0: none. */
int64_t price_next_quantity(const struct price_row *rows, size_t count, int64_t now,
                            int64_t quantity);

/* "in" "low" "backorder" "out", and back; what is unknown is out. */
const char *price_availability_name(int availability);
int price_availability(struct souk_str name);

#endif
