/*
 * promo_offer: offers of upsell rules as pricing and the book know them. Whether an offer is made,
 * and at which price, is judged here with the conditions and actions of promotions: goods that came
 * by an offer take no part in its conditions, so an offer never keeps itself alive. app/offer.h
 * shows, signs and accepts them.
 *
 * An offer in a cart is a line and a row of promo_offer that names it. What was agreed on is a
 * discount for so many units; it is taken off the line ("offer:<id>") as long as the rule is on and
 * its conditions hold. cart_price calls promo_offer_facts before promo_price.
 *
 * After the purchase an offer is an amendment of the order, by order_append (order.h).
 */
#ifndef SHOP_PROMO_OFFER_H
#define SHOP_PROMO_OFFER_H

#include "shop/cart.h"
#include "shop/promo_live.h"

#define PROMO_OFFER_DECLINES 2 /* so often declined: not made again to this person or visitor */

/* ---- for pricing ---- */

/* Fills facts->offers, offer_lines and offer_count with the offers that the lines of this cart came
 * by and the set still has. One statement; none for a set without offers or an empty cart. */
int promo_offer_facts(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                      const struct cart *cart, struct promo_facts *facts);
/* The first moment at which the clock ends one of them (its time window, a personal timer): the
 * quote is not good beyond it. */
void promo_offer_until(const struct promo_facts *facts, struct quote *quote);
/* When the rule is over for this customer: its window or a personal timer; 0: never. */
int64_t promo_offer_ends(const struct promo_offer *offer, const struct promo_customer *customer);
/* In a write: a cart went into another one, its taken offers too. */
int promo_offer_follow(struct db_conn *conn, int64_t from_cart, int64_t into_cart);

/* ---- judging ---- */

struct promo_offer_at {            /* where, and to whom */
    const char *slot;              /* "product" "cart" "bump" "after" "thanks" */
    const struct cart *cart;       /* NULL: after and thanks, or nothing is in it yet */
    int64_t order_id;              /* after, thanks */
    const struct quote *basis;     /* what is in the cart or order; priced */
    const struct quote_line *with; /* the product that is looked at; NULL */
    struct souk_str product;       /* its key; empty */
    struct promo_who who;
    const struct market *market;     /* functions are asked where it says so */
    const struct script_call *calls; /* what they said before, in place of asking */
    size_t call_count;
    struct souk_str only; /* this offer alone, whatever was declined before; empty: all */
    int64_t only_variant; /* of it; 0: any */
    const char *why;      /* out: why `only` is not made, for the shopper */
};
struct promo_offered {
    const struct promo_offer *offer;
    struct quote_line line; /* priced: quantity, unit_price */
    int64_t amount;         /* what all of it costs, with the discount off */
    int64_t discount;
    int64_t ends_at; /* the rule's own end for this person: a timer, a window; 0: none */
    struct souk_str text;
    int held;           /* the hold-out: noted, not shown */
    int known;          /* its row says "shown" at this price already */
    int accepted;       /* `only`: it was taken already */
    int64_t payment_id; /* `only`: it was taken and is being paid */
};
/* At most `limit` offers that can be made, by priority; held ones besides. `room` for `found`.
 * *calls gets what functions said. */
int promo_offer_find(struct db_conn *conn, struct arena *arena, struct promo_live *live,
                     struct promo_offer_at *at, size_t limit, struct promo_offered *found,
                     size_t room, size_t *count, struct err *err);
int promo_offer_any(const struct promo_set *set, const char *slot); /* has it any that are on? */
/* As pages and the API show them: {"offer", "slot", "title", "sku", "name", "options", "text",
 * "quantity", "price", "price_before", "saving", "currency", "ends_at", "url", "image"}. */
int promo_offer_view(struct db_conn *conn, struct arena *arena, const struct market *market,
                     const struct promo_offered *found, size_t count, struct json *items);
/* The kind of a product that is looked at: the one of this sku, or the only one; 0: not chosen yet.
 * *key: of the product. SOUK_NOT_FOUND: there is no such product. */
int promo_offer_looked_at(struct db_conn *conn, struct arena *arena, int64_t product_id,
                          struct souk_str sku, int64_t *variant_id, struct souk_str *key);
/* What of a cart came by offers, whether the rules still stand or not. */
struct promo_offer_taken {
    struct souk_str offer, slot, text;
    int64_t line_id, quantity, amount, discount;
    int64_t ends_at; /* as promo_offered */
    int on;          /* the rule is there, and on */
};
int promo_offer_list(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                     const struct cart *cart, const struct market *market,
                     const struct promo_who *who, struct promo_offer_taken *taken, size_t room,
                     size_t *count);
/* One variant as a line of a quote, at today's price; quantity 1 if it is 0. SOUK_NOT_FOUND: it is
 * not sold; *free: how many can be had, -1 any. */
int promo_offer_line(struct db_conn *conn, struct arena *arena, const struct market *market,
                     int64_t variant_id, int64_t quantity, struct quote_line *line, int64_t *free);

/* ---- orders ---- */

struct promo_offer_order {
    struct souk_str number, token, status, payment_status, fulfilment_status, email, provider;
    struct souk_str delivery_method;
    struct market market; /* its terms, at `now` */
    struct quote basis;   /* its lines as they were agreed on */
    int64_t person_id, visitor, placed_at, total, version;
    int include_tax;
    int local;  /* its payment is one that nobody outside was told of, and still waits */
    int paid;   /* its payment is captured whole, by a provider that is asked over the network */
    int paying; /* another payment is under way */
    struct json *address;
};
int promo_offer_order(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t now,
                      struct promo_offer_order *order);

/* How many offers of slot "after" were answered for it, and how many were shown or held. */
int promo_offer_answered(struct db_conn *conn, int64_t order_id, int64_t *count);
int promo_offer_seen(struct db_conn *conn, int64_t order_id, int64_t *count);

/* ---- the book; in a write, but for reading ---- */

struct promo_offer_row {
    int64_t id, line_id, payment_id, quantity, amount, discount, variant_id;
    struct souk_str offer;
    char state[12];
};
struct promo_offer_note {
    struct souk_str offer, hash;
    const char *slot, *state; /* "shown" "held" */
    int64_t cart_id, order_id, person_id, visitor, variant_id, quantity, amount, discount;
    int64_t expires_at;
};
/* Once for each cart (or order), offer, slot and variant; what was accepted stays so. */
int promo_offer_note(struct db_conn *conn, const struct promo_offer_note *note, int64_t now);
int promo_offer_get(struct db_conn *conn, struct arena *arena, const struct promo_offer_note *note,
                    struct promo_offer_row *row);
int promo_offer_of_payment(struct db_conn *conn, struct arena *arena, int64_t payment_id,
                           struct promo_offer_row *row);
int promo_offer_take(struct db_conn *conn, int64_t id, int64_t line_id, int64_t now);
/* Taken after the purchase: accepted when this is paid, and "shown" as long as it is not. */
int promo_offer_pay(struct db_conn *conn, int64_t id, int64_t payment_id);
int promo_offer_end(struct db_conn *conn, int64_t id, const char *state,
                    int64_t now);                       /* "declined" "failed" */
int promo_offer_back(struct db_conn *conn, int64_t id); /* a tick that was taken off */

/* [{"offer", "slot", "shown", "accepted", "declined", "failed", "held", "units", "revenue",
 * "margin" (of what has a known cost), "carts", "orders", "order_revenue", "held_carts",
 * "held_orders", "held_revenue"}] since a moment, one entry a rule and slot, net of tax. carts: in
 * which it was shown (orders, for slots after the purchase), orders: that they became. */
int promo_offer_report(struct db_conn *conn, struct arena *arena, int64_t since,
                       struct json *items);

#endif
