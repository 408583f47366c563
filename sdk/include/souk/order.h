/*
 * Orders: reading them, moving them on, and leaving a note. An order is the document that GET
 * /api/v1/orders/{number} shows, with "id" and "person" (null: nobody's) besides, and without
 * "token", its returns' too: that opens the customer's pages, and is for the customer. A letter
 * about an order gets the address of its page from the shop (souk/notify.h, view). "locale" is the
 * language that was bought in: what the customer reads of it is written in that one (souk_t_in).
 * What happens to orders comes as
 * facts: order.placed, order.confirmed, order.cancelled, order.closed, order.edited,
 * payment.authorised, payment.captured, payment.failed, payment.refunded, shipment.sent,
 * shipment.moved, shipment.delivered, return.requested, return.approved, return.received; each with
 * {"order": id, "number": …} and what it is about. order.placing is a filter: it sees the quote
 * ("currency", "lines", "totals" …) with "total", "email", "phone", "name", "country", "region",
 * "postcode", "delivery_method", "payment_method", "person" and "client" (the address of the
 * network) besides, and may veto with a reason for the customer.
 */
#ifndef SOUK_ORDER_H
#define SOUK_ORDER_H

#include <souk/db.h>
#include <souk/value.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_order_api {
    uint32_t size;
    uint32_t reserved;
    int (*get)(struct souk_ctx *ctx, int64_t id, const struct souk_value **order);
    int (*find)(struct souk_ctx *ctx, struct souk_str number, const struct souk_value **order);
    int (*note)(struct souk_ctx *ctx, int64_t id, struct souk_str text, int32_t internal);
    /* since 0.2 */
    int (*list)(struct souk_ctx *ctx, const struct souk_value *query,
                const struct souk_value **list);
    int (*step)(struct souk_ctx *ctx, int64_t id, const char *step, const struct souk_value *args);
};

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* The order's document; SOUK_NOT_FOUND. Not in init. [serving; 0.1] */
static inline int souk_order_get(struct souk_ctx *ctx, int64_t id, const struct souk_value **order) { return souk_api->order->get(ctx, id, order); }
/* The same by the number that people know: "1042". [serving; 0.1] */
static inline int souk_order_find(struct souk_ctx *ctx, struct souk_str number, const struct souk_value **order) { return souk_api->order->find(ctx, number, order); }
/* A line among the order's notes; internal 0: the customer reads it. WRITE and write steps; TASK waits. [WRITE TASK; TASK waits; 0.1] */
static inline int souk_order_note(struct souk_ctx *ctx, int64_t id, struct souk_str text, int32_t internal) { return souk_api->order->note(ctx, id, text, internal); }
/* Orders by id, the oldest first: {"after" (id), "limit" (at most 100), "since" and "until" (RFC 3339, placed), "person", "state" ("placed" "confirmed" …), "payment", "fulfilment"},
 * all optional: for exports. What the former list or piece (souk_item_walk) gave is forgotten: copy what you keep (souk_set_copy).
 * SOUK_INVALID names an unknown member. [serving; 0.2] */
static inline int souk_order_list(struct souk_ctx *ctx, const struct souk_value *query, const struct souk_value **list) { return souk_api->order->list(ctx, query, list); }
/* A step that staff could take: confirm, cancel, pack, ship, deliver, close … with its arguments as POST /api/v1/admin/orders/{number}/<step> has them (may be NULL). The
 * history names this plugin. SOUK_NOT_FOUND; SOUK_CONFLICT: illegal from here, the words say what is legal. [WRITE TASK; waits; 0.2] */
static inline int souk_order_step(struct souk_ctx *ctx, int64_t id, const char *step, const struct souk_value *args) { return souk_api->order->step(ctx, id, step, args); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
