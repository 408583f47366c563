/*
 * shipment: parcels of orders. Packing puts units of lines into a parcel, sending takes them out of
 * stock, news of the carrier move its state; the order's fulfilment status follows from the counts
 * on its lines. All in a write unless it reads.
 */
#ifndef SHOP_SHIPMENT_H
#define SHOP_SHIPMENT_H

#include "base/json.h"
#include "base/err.h"
#include "shop/order_slots.h"
#include "store/db.h"

#include <souk/delivery.h>
#include <souk/payment.h>

/* SOUK_PAYMENT_… of the way that an order is paid, by the plugins that are on; set once at the
 * start. Without it nothing is collected at doors. */
typedef int (*shipment_terms)(struct souk_str payment_method, int32_t *flags);
void shipment_on_terms(shipment_terms terms);

/* `args`: {"lines": [{"line", "quantity"}]} (none: all that is not packed), "method", "weight_g",
 * "declared_value", "tracking". SOUK_CONFLICT: more than there is. */
int shipment_pack(struct db_conn *conn, struct arena *arena, int64_t order_id,
                  const struct json *args, struct souk_str actor, int64_t now, int64_t *id,
                  struct err *err);
/* The carrier is to be told: job "souk:shipment" (core/app/parcel.c) calls send(). */
int shipment_register(struct db_conn *conn, int64_t id, int64_t now);
int shipment_registered(struct db_conn *conn, struct arena *arena, int64_t id, int code,
                        const struct souk_shipment_result *result, int64_t now, struct err *err);
/* Handed over: goods leave stock, the order's fulfilment moves on. */
int shipment_send(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str tracking,
                  struct souk_str actor, int64_t now, struct err *err);
/* Unpacked, before it was handed over. */
int shipment_cancel(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str actor,
                    struct souk_str reason, int64_t now, struct err *err);

struct shipment_news {
    int64_t shipment_id;
    struct souk_str event, state, code, text;
    int64_t at;
    const struct json *accepted; /* line id as text to units kept; NULL: all */
    struct souk_str actor;
};
/* Each event once; the state is that of the latest `at`. Delivered with refused units: they come
 * back as a return, and what was prepaid for them is refunded, what was to be collected shrinks.
 * *fresh. */
int shipment_apply(struct db_conn *conn, struct arena *arena, const struct shipment_news *news,
                   int64_t now, int *fresh, struct err *err);
int shipment_find(struct db_conn *conn, struct souk_str provider, struct souk_str tracking,
                  struct souk_str number, int64_t *id);
/* In a write: the order's fulfilment status as it follows from the counts on its lines; moved by
 * one edge when it is another than before. `step`: what was done: "pack", "ship", "deliver",
 * "return" … */
int shipment_settle(struct db_conn *conn, struct arena *arena, int64_t order_id, const char *step,
                    struct souk_str actor, int64_t now, struct err *err);
/* Reads. Everything that providers get to see, in the arena. */
int shipment_view(struct db_conn *conn, struct arena *arena, int64_t id,
                  struct souk_shipment *view);
/* {"id", "number", "order": number, "order_id", "method", "state", "state_at", "registering",
 * "tracking", "tracking_url", "weight_g", "declared_value", "collect", "currency", "why",
 * "sent_at", "created_at", "lines":
 * [{"line", "sku", "name", "options", "quantity", "accepted": n | null}], "events": [{"at", "state"
 * ("": not known), "code", "text"}], "allowed": ["register", "send", "cancel", "deliver"]}: those
 * that staff may take. */
int shipment_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc);
/* Of many orders: into the list of each. */
int shipment_list(struct db_conn *conn, struct arena *arena, const struct order_slots *lists);
int shipment_state_known(struct souk_str state);

#endif
