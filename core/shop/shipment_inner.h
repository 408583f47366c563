/*
 * shipment_inner: what the files of parcels share: a parcel as it was read, the units in it with
 * their exact worth, the traces of each step, and the return that the news of a parcel make. Only
 * they and order_return.c include it.
 */
#ifndef SHOP_SHIPMENT_INNER_H
#define SHOP_SHIPMENT_INNER_H

#include "shop/shipment.h"

struct shipment_head { /* in the arena */
    int64_t order_id;
    struct souk_str order, number, state, tracking, registering, method;
    int sent, unpacked;
};
/* SOUK_NOT_FOUND, in words. */
int shipment_head_get(struct db_conn *conn, struct arena *arena, int64_t id,
                      struct shipment_head *head, struct err *err);

struct shipment_part {                    /* units of a line in a parcel */
    int64_t line_id, quantity, accepted;  /* accepted -1: not said */
    int64_t before, of, amount, weight_g; /* units in earlier parcels, of so many, worth together */
    struct souk_str sku, name, options;
};
int shipment_parts(struct db_conn *conn, struct arena *arena, int64_t id,
                   struct shipment_part **parts, size_t *count);

/* The goods leave stock and the order moves on, once; nothing for a parcel that has left already.
 */
int shipment_leave(struct db_conn *conn, struct arena *arena, int64_t id,
                   const struct shipment_head *head, struct souk_str tracking,
                   struct souk_str actor, int64_t now, struct err *err);
/* One fact about a parcel; `state` may be empty. */
int shipment_fact(struct db_conn *conn, struct arena *arena, const char *topic, int64_t id,
                  const struct shipment_head *head, struct souk_str state, int64_t now);
/* One row of the audit log with the order as its subject. */
int shipment_note(struct db_conn *conn, struct arena *arena, const struct shipment_head *head,
                  const char *step, struct souk_str from, struct souk_str to, struct souk_str actor,
                  struct souk_str reason, int64_t now);

/* order_return.c: what was refused at the door of a parcel, as a return that staff wait for; none
 * of it left: the return is given up. Not any more once it has been received. */
struct return_unit {
    int64_t line_id, quantity;
};
int return_of_door(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t shipment_id,
                   const struct return_unit *units, size_t count, struct souk_str actor,
                   int64_t now, struct err *err);

#endif
