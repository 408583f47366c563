/*
 * Carts: what somebody means to buy. A cart is the document that GET /api/v1/carts/{id} shows:
 * {"id" (an unguessable text), "currency", "lines": [{"id", "sku", "quantity", …}], "quote", …}.
 *
 * A plugin that looks at every order before it is made is a filter of "order.placing"
 * (souk/order.h); one that gives something away is a rule in Lua (scripts/README.md): carts are
 * changed here in somebody's name, as they would do it themselves.
 */
#ifndef SOUK_CART_H
#define SOUK_CART_H

#include <souk/db.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_cart_api { /* since 0.2 */
    uint32_t size;
    uint32_t reserved;
    struct souk_str (*current)(struct souk_ctx *ctx);
    int (*get)(struct souk_ctx *ctx, struct souk_str id, const struct souk_value **cart);
    int (*change)(struct souk_ctx *ctx, struct souk_str id, const struct souk_value *change,
                  const struct souk_value **cart);
};

/* clang-format off */

/* The id of the visitor's cart; empty: there is none yet, or this is no request. [serving; 0.2] */
static inline struct souk_str souk_cart_current(struct souk_ctx *ctx) { return souk_api->cart->current(ctx); }
/* The cart, priced; functions of promotions are asked in TASK only, elsewhere they count as they were answered last. SOUK_NOT_FOUND: none, or too old. [serving; 0.2] */
static inline int souk_cart_get(struct souk_ctx *ctx, struct souk_str id, const struct souk_value **cart) { return souk_api->cart->get(ctx, id, cart); }
/* All or nothing: {"add": [{"sku", "quantity", "note"}], "set": [{"line", "quantity"}] (0 removes), "coupons": {"add": ["CODE"], "remove": […]}}. An empty id makes a
 * new cart, which becomes the visitor's when you lead them to /cart?resume=<id>. `cart` (may be NULL) gets it as it is then. SOUK_INVALID, SOUK_NOT_FOUND (no such SKU
 * or line), SOUK_CONFLICT (not to be had in that quantity; ordered already; somebody else was faster), SOUK_BUSY (too many wrong codes) with words for the shopper.
 * [TASK; waits; 0.2] */
static inline int souk_cart_change(struct souk_ctx *ctx, struct souk_str id, const struct souk_value *change, const struct souk_value **cart) { return souk_api->cart->change(ctx, id, change, cart); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
