/*
 * offer_inner: what the files of offers share. Included by offer*.c and their tests only.
 */
#ifndef APP_OFFER_INNER_H
#define APP_OFFER_INNER_H

#include "app/offer.h"

/* What is signed. Views into what was read, or into what it was made of. */
struct offer_token {
    struct souk_str offer, hash, slot;
    int64_t cart_id, order_id; /* whose; both 0: a cart that is not there yet */
    int64_t variant_id, quantity, amount, discount, expires_at;
    int64_t with; /* the variant that was looked at: taken along; 0 */
};
/* The shop's own, as hex; made at its first start. */
int offer_key_begin(struct db *db, struct err *err);
struct souk_str offer_key(void);
struct souk_str offer_token_sign(struct arena *arena, struct souk_str key,
                                 const struct offer_token *token);
/* SOUK_INVALID: altered, or never ours. Its time is not looked at. */
int offer_token_read(struct arena *arena, struct souk_str key, struct souk_str text,
                     struct offer_token *token);

/* One offer that is being taken. */
struct offer_deal {
    struct request *request;
    struct offer_token token;
    struct souk_str cart_token;
    int64_t order_id;
    struct market market;
    struct promo_who who;
    const struct script_call *calls;
    size_t call_count;
    struct err err;
    /* results of the write */
    int64_t payment_id;
    int again; /* it was taken before */
};
/* Its signature and its time; `late_too`: the time does not matter. */
int offer_deal_begin(struct offer_deal *deal, struct request *request, struct souk_str token,
                     int late_too);
/* Is it still what was signed? SOUK_CONFLICT with words. `at` has the place. */
int offer_deal_check(struct db_conn *conn, struct arena *arena, struct offer_deal *deal,
                     struct promo_offer_at *at, struct promo_offered *found);
struct promo_offer_note offer_deal_note(const struct offer_deal *deal);
int offer_deal_taken(struct db_conn *conn, const struct offer_deal *deal, const char *kind,
                     int64_t now);
/* The terms of a cart (NULL: of a new one), with functions asked. */
struct market offer_market(struct request *request, const struct cart *cart);
void offer_who(struct request *request, const struct cart *cart, const struct market *market,
               struct promo_who *who);
/* Fills at->basis: the cart's goods at their prices, before promotions. `priced`: a quote that has
 * them; NULL: they are looked up. */
int offer_basis(struct request *request, struct db_conn *conn, const struct cart *cart,
                const struct market *market, const struct quote *priced, struct promo_offer_at *at,
                struct err *err);
/* Signs what was found into `items`, and notes it as shown without waiting. */
int offer_publish(struct request *request, struct db_conn *conn, const struct promo_offer_at *at,
                  const struct promo_offered *found, size_t count, struct json *items);

#endif
