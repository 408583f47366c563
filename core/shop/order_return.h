/*
 * order_return: goods that come back. The customer asks (within the days that the shop gives from
 * delivery), staff approve, count what came and what of it is damaged (that is not put back into
 * stock), and the refund is proposed as the exact share of the lines. All in a write unless it
 * reads.
 */
#ifndef SHOP_ORDER_RETURN_H
#define SHOP_ORDER_RETURN_H

#include "base/json.h"
#include "base/err.h"
#include "shop/order_slots.h"
#include "store/db.h"

/* What may be sent back now: [{"line", "sku", "name", "quantity"}] and until when. Reads. */
int return_open_lines(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t now,
                      struct json *lines, int64_t *until);
/* `args`: {"lines": [{"line", "quantity", "reason"}], "outcome", "note"}; errors with pointers. */
int return_request(struct db_conn *conn, struct arena *arena, int64_t order_id,
                   const struct json *args, struct souk_str actor, int64_t now, int64_t *id,
                   struct json *errors, struct err *err);
/* approve, refuse, receive ({"lines": [{"line", "received", "damaged"}], "inspection"}), refund
 * ({"delivery", "fee"}), close, cancel. SOUK_CONFLICT: not from this state; err names the legal
 * ones. */
int return_step(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str step,
                const struct json *args, struct souk_str actor, int64_t now, struct err *err);
/* What would be paid back: {"currency", "lines": [{"line", "sku", "name", "quantity", "amount"}],
 * "items": their sum, "delivery": what is left of delivery (offered, not in the total), "most":
 * what can be paid back at all, "total"}. Shares contain added tax. Reads. */
int return_proposal(struct db_conn *conn, struct arena *arena, int64_t id, struct json *proposal);
int return_find(struct db_conn *conn, struct souk_str number, struct souk_str token, int64_t *id);
/* {"number", "token", "order": number, "state", "outcome", "note", "created_at", "changed_at",
 * "lines": [{"line", "sku", "name", "options", "quantity", "reason", "received": n | null,
 * "damaged"}], "refund": null | {"amount", "state"}}; `staff` adds "id", "order_id", "inspection",
 * "door" (refused at the door), "allowed": steps, "proposal". */
int return_load(struct db_conn *conn, struct arena *arena, int64_t id, int staff,
                struct json **doc);
/* Of many orders, as customers see them: into the list of each. */
int return_list(struct db_conn *conn, struct arena *arena, const struct order_slots *lists);

#endif
