/*
 * conversion_inner: what the files of conversion share: the judgement of an order, which needs no
 * database, and asking for the job that tells.
 */
#ifndef APP_CONVERSION_INNER_H
#define APP_CONVERSION_INNER_H

#include "app/conversion.h"

struct conversion_line {
    int64_t quantity, cancelled, delivered, returned, refunded, refunded_amount, total, tax;
    int64_t at_door; /* units that were not taken there */
};

struct conversion_order { /* what an order is now */
    int cancelled, include_tax;
    int return_open; /* goods may still come back */
    int64_t total, refused, captured, refunded, surplus, delivery_refunded;
    int64_t delivered_at; /* the latest; 0: never */
    const struct conversion_line *lines;
    size_t count;
};

struct conversion_judged {
    const char *state; /* "pending" "approved" "rejected" */
    int64_t amount;
    int64_t due_at; /* to be judged again then; 0: only when something happens */
};

/* `before`: its state so far: approved is not taken back to pending, rejected is the end.
 * `flags`: SOUK_TRACK_…; `returns`: microseconds from delivery. */
void conversion_judge(const struct conversion_order *order, struct souk_str before, int32_t flags,
                      int64_t returns, int64_t now, struct conversion_judged *judged);

/* What counts of each line of such an amount, in the order of the lines: net, they are the amount;
 * gross, the amount without what counts of delivery. */
void conversion_share(const struct conversion_order *order, int32_t flags, int64_t amount,
                      int64_t *counts);

/* In a write: the job that tells is alive, and due. */
int conversion_ask(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str provider,
                   int64_t now);
/* Are there clicks or conversions at all? A shop without partners pays nothing. */
int conversion_any(void);
void conversion_any_set(void);
/* The token of the browser's cookie; empty: none, or it cannot be one. */
struct souk_str conversion_token(struct request *request);
int conversion_refused(struct request *request);
void conversion_click_turn(struct db *db);
/* What counts of each line of a conversion's order now; in the arena. */
int conversion_counts(struct db_conn *conn, struct arena *arena, int64_t id, int64_t **counts,
                      size_t *count);
/* The order without the person, for providers. */
int conversion_document(struct db_conn *conn, struct arena *arena, int64_t id, int64_t order_id,
                        struct json **doc, struct souk_str *coupon);

#endif
