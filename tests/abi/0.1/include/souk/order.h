/*
 * Orders: reading them, and leaving a note. An order is the document that GET
 * /api/v1/orders/{number} shows, with "id" and "person" besides. What happens to orders comes as
 * facts: order.placed, order.confirmed, order.cancelled, order.closed, order.edited,
 * payment.authorised, payment.captured, payment.failed, payment.refunded, shipment.sent,
 * shipment.moved, shipment.delivered, return.requested, return.received; each with {"order": id,
 * "number": …} and what it is about. order.placing is a filter: it sees the quote ("currency",
 * "lines", "totals" …) with "total", "email", "phone", "name", "country", "postcode",
 * "delivery_method", "payment_method", "person" and "client" (the address of the network) besides,
 * and may veto with a reason for the customer.
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
};

#ifdef __cplusplus
}
#endif

#endif
