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
/* How long goods are kept for an order whose provider is being asked. */
int64_t checkout_hold(void);
/* What delivery providers get to see, of a computed quote; the city is the one that was typed. */
void checkout_delivery_terms(struct arena *arena, const struct cart *cart,
                             const struct quote *quote, const struct market *market,
                             struct souk_delivery_terms *terms);
/* Adds a charged delivery or fee to a computed quote and computes it again. */
int checkout_charge(struct db_conn *conn, struct arena *arena, const struct market *market,
                    struct quote *quote, struct souk_str method, struct souk_str label,
                    struct souk_str tax_class, int64_t amount, struct err *err);
/* The payment terms of a quote. `flags` of the chosen delivery, "" when none is. */
void checkout_payment_terms(struct db_conn *conn, const struct cart *cart,
                            const struct market *market, const struct quote *quote,
                            struct souk_str delivery_method, int delivery_flags,
                            struct souk_payment_terms *terms);

#endif
