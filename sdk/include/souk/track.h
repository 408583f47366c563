/*
 * Tracking: the table of a provider that tells a partner what became of the visitors it sent: an
 * affiliate network, an advertising account. The core catches the partner's id of a click when
 * somebody lands on the shop with it, keeps it for its window (unless they refused), gives each
 * order to the partner of the last click, and sees to it that each conversion is told once, again
 * until it has arrived, and corrected when the order is cancelled or money goes back. The provider
 * only speaks the partner's language.
 *
 * States. A conversion is pending with the order; approved when the goods were delivered and the
 * time for returns is over (option of the shop), or at once where SOUK_TRACK_AT_ONCE says so;
 * rejected when the order was cancelled or all of it came back. What is left after refunds of a
 * part is a smaller amount in the same state.
 *
 * The order is {"number", "currency", "totals": {"items", "discount", "delivery", "tax",
 * "tax_included", "total", "refunded"}, "placed_at", "channel", "coupons": [codes], "lines"},
 * without the person; a line is {"sku", "name", "options", "quantity", "unit_price", "discount",
 * "total", "tax", "refunded" (units), "category" (key of the product's main one today, or ""),
 * "counts"}. "counts" is what is left of the line within the amount: of net amounts they are all,
 * of others all but delivery. A network that pays by category takes these.
 *
 * Who refused (on the page /privacy, by `Sec-GPC: 1` or `DNT: 1`, or consent "analytics" of their
 * account) leaves no click: a provider need not ask.
 *
 * What send() gives back decides what happens next: SOUK_OK: it is told. SOUK_UNAVAILABLE,
 * SOUK_TIMEOUT or SOUK_BUSY: again later, with the same key. SOUK_INVALID or SOUK_DENIED: never
 * again for this state; staff see the words.
 *
 * Rules (souk-host checks each by its name):
 *   key-once           a repeat carries the same key: the partner counts one conversion
 *   amount-exact       the amount told is the conversion's, in its currency's own digits
 *   states-told        pending, approved, rejected and a smaller amount each reach the partner
 *   unknown-not-told   a time-out, 5xx or no connection is SOUK_TIMEOUT or SOUK_UNAVAILABLE
 *   refused-final      a refusal by the partner is SOUK_INVALID or SOUK_DENIED, with words
 *   no-injection       hostile order numbers, codes and click ids stay values: no further parameter
 *   no-person          no name, address, mail or phone of the buyer leaves the house
 *   no-secrets         keys and tokens are in no result, log line or stored data
 */
#ifndef SOUK_TRACK_H
#define SOUK_TRACK_H

#include <souk/db.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOUK_TRACK_AT_ONCE 1 /* flag: approved as soon as the money is there */
#define SOUK_TRACK_NET     2 /* flag: amounts without tax and delivery */

#define SOUK_CONVERSION_PENDING  1
#define SOUK_CONVERSION_APPROVED 2
#define SOUK_CONVERSION_REJECTED 3

struct souk_conversion { /* host-allocated */
    uint32_t size;
    int32_t state; /* SOUK_CONVERSION_… */
    int64_t id;
    int64_t order_id;
    int64_t amount;     /* minor units: what counts now, after refunds */
    int64_t clicked_at; /* microseconds UTC */
    int64_t ordered_at;
    int32_t repeat;      /* 1: the customer has bought before */
    int32_t correction;  /* 1: the partner knows of it already */
    struct souk_str key; /* of the conversion: the same for ever */
    struct souk_str
        click; /* the partner's id of the click, as it came: unchecked text of strangers */
    struct souk_str param; /* the parameter that it came in */
    struct souk_str currency;
    struct souk_str number;         /* the order's */
    struct souk_str coupon;         /* the first code that was used; empty: none */
    const struct souk_value *order; /* as above */
};

struct souk_conversion_result { /* host-allocated, cleared */
    uint32_t size;
    int32_t reserved;
    struct souk_str reference; /* the partner's id of the conversion */
    struct souk_str message;   /* why not, for staff */
};

struct souk_track_provider {
    uint32_t size;
    int32_t flags; /* SOUK_TRACK_…: for every shop; `flags_option` lets the merchant say */
    const char *label;
    const char *const *params; /* parameters of landing addresses that hold a click's id;
                                  NULL-terminated, at most 8; or NULL and … */
    const char *params_option; /* … an option of the plugin, a SOUK_LIST, that names them */
    const char
        *window_option; /* an option, a SOUK_DURATION: how long a click counts; NULL: 30 days */
    int (*send)(struct souk_ctx *ctx, const struct souk_conversion *conversion,
                struct souk_conversion_result *result); /* TASK */
    const char *flags_option; /* an option, a SOUK_LIST with the choices "net" and "at_once" or one
                                 of them: what the merchant writes there is added to `flags`; NULL:
                                 none. A click keeps what stood there when it came. */
};

#ifdef __cplusplus
}
#endif

#endif
