/*
 * checkout_inner: what the files of the checkout share. Included by checkout*.c only.
 */
#ifndef APP_CHECKOUT_INNER_H
#define APP_CHECKOUT_INNER_H

#include "app/checkout.h"
#include "bridge/provider.h"

/* On behalf of a TASK, READ or WRITE request, with the connection that is open now. */
void checkout_scope(struct request *request, struct db_conn *conn, struct provider_scope *scope);
/* What of a body may be written down. */
struct json *checkout_keep(struct arena *arena, const struct json *body);
/* Who asks to finish the payment in a page of their own ("in_page") can have that of this offer. */
#define CHECKOUT_NOT_IN_PAGE                                                                       \
    "this way of paying has a page of its own: leave in_page out and follow the redirect"
int checkout_can_in_page(const struct json *chosen, const struct json *offer);
/* How long goods are kept for an order whose provider is being asked. */
int64_t checkout_hold(void);
/* TASK. What is known of the tax number in `draft` (kept there as "tax"), asked about where
 * `before`, the draft as it was stored, does not tell; then the request's snapshot is ended.
 * buyer->state TAX_STATE_NONE: there is none, or nobody is asked about such. SOUK_UNAVAILABLE:
 * nothing can be sold now. */
int checkout_tax(struct request *request, const struct json *before, struct json *draft,
                 struct tax_buyer *buyer);
/* The same without asking: what was found out stays, while the number does. */
void checkout_tax_remember(struct arena *arena, const struct json *before, struct json *draft);
/* Words for the field; NULL: nothing is wrong with it. */
const char *checkout_tax_wrong(struct arena *arena, const struct tax_buyer *buyer);
/* What delivery providers get to see, of a computed quote; the city is the one that was typed. */
void checkout_delivery_terms(struct arena *arena, const struct cart *cart,
                             const struct quote *quote, const struct market *market,
                             struct souk_delivery_terms *terms);
/* Adds a charged delivery or fee to a priced quote: promotions are judged anew, sums computed. */
struct checkout_charged {
    struct souk_str method, label, tax_class;
    int64_t amount;
    int fee;    /* of a way to pay */
    int listed; /* the amount is one of a list for this cart: without tax where none is charged */
};
int checkout_charge(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                    const struct market *market, struct quote *quote,
                    const struct checkout_charged *what, struct err *err);
/* The payment terms of a quote. `flags` of the chosen delivery, "" when none is. */
void checkout_payment_terms(struct db_conn *conn, const struct cart *cart,
                            const struct market *market, const struct quote *quote,
                            struct souk_str delivery_method, int delivery_flags,
                            struct souk_payment_terms *terms);

#endif
