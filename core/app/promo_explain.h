/*
 * promo_explain: why each rule does or does not apply: to a cart in a file, to a cart of the shop,
 * to an order as it was placed. Prices are worked out with every rule in the trace, by the rules
 * that serve, by a draft, with one switched on, at any moment. Nothing is written, no limit is
 * taken.
 */
#ifndef APP_PROMO_EXPLAIN_H
#define APP_PROMO_EXPLAIN_H

#include "app/promotion.h"

struct promo_terms {
    struct promo_live *rules; /* NULL: those that serve */
    struct souk_str on;       /* the id of one that counts as switched on; empty: none */
    int64_t at;               /* the moment; 0: the cart's or order's own, or now */
    int64_t now;
};

/* A moment as people write it: RFC 3339, or a day alone: midnight in the shop's zone. */
int promo_moment(struct souk_str text, int64_t *at);

/* *answer: {"subject": "file" | "cart" | "order", "name", "at", "kept": null | the quote that the
 * order carries, "quote"}. SOUK_NOT_FOUND: no such cart, order or rule. In a snapshot, on a thread
 * that may wait. */
int promo_explain_file(struct db_conn *conn, struct arena *arena, const struct promo_terms *terms,
                       const struct json *doc, struct json **answer, struct err *err);
int promo_explain_cart(struct db_conn *conn, struct arena *arena, const struct promo_terms *terms,
                       struct souk_str token, struct json **answer, struct err *err);
int promo_explain_order(struct db_conn *conn, struct arena *arena, const struct promo_terms *terms,
                        struct souk_str number, struct json **answer, struct err *err);

/* What a program asks for: {"cart": {…} | "token" | "order", "at", "on", "scripts": [{"path",
 * "text"}]}. `errors` gets what is wrong with the texts. */
int promo_explain_asked(struct db_conn *conn, struct arena *arena, const struct json *body,
                        int64_t now, struct json **answer, struct json *errors, struct err *err);

#endif
