/*
 * Bringing goods: the table of a delivery provider, and telling the core where a parcel is.
 *
 * How it goes. options() lists the ways that fit the goods and the address; check() takes one with
 * what the shopper filled in and says what it costs; book() runs inside the order's own transaction
 * and may take the last place of a slot (or refuse: then there is no order); free() gives it back
 * when the order is cancelled. When staff have packed a parcel, send() registers it with the
 * carrier and parcel_label() says what is printed on it. track() asks how it goes; pushed news come
 * through souk_delivery_report().
 *
 * States of a parcel: pending, registered, in_transit, out_for_delivery, available_for_pickup,
 * attempt_failed, delivered, partially_delivered, returning, returned, exception, cancelled,
 * expired. Reports may come late, twice and in any order: the state is that of the report with the
 * latest `at`; delivered, returned and cancelled give way only to returning and returned
 * (partially_delivered to delivered as well). A word that is none of these is kept with the code
 * and shown, and changes nothing. In the result of send() or track() such a word is the plugin's
 * slip: the call has failed and is tried again, and staff read why with the parcel.
 *
 * Rules (souk-host checks each by its name):
 *   option-codes     codes are [a-z0-9_-]{1,40}, unique, and the same for the same terms
 *   option-amounts   amounts are >= 0 and in the terms' currency
 *   check-agrees     check() of an option that was listed costs what the list said
 *   check-unknown    a code, point or slot that is not offered is refused with SOUK_INVALID
 *   no-place         terms without an address give options or nothing, never an error
 *   too-heavy        goods over every limit give no option and no error
 *   book-capacity    book() never takes more places than there are, also at the same time
 *   book-undone      a book() whose transaction failed has taken nothing; free() gives back once
 *   send-once        one key is one parcel, however often the call is repeated
 *   unknown-not-failed a time-out of the carrier is SOUK_TIMEOUT or SOUK_UNAVAILABLE
 *   state-known      the state that send() and track() give is one of those above, or empty
 *   track-converges  the same reports in any order, also twice, end in one state
 *   label-code       the parcel_label's code is the tracking number, or holds it
 */
#ifndef SOUK_DELIVERY_H
#define SOUK_DELIVERY_H

#include <souk/db.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOUK_DELIVERY_LOCAL      1 /* asks nobody: options, check and send use no network */
#define SOUK_DELIVERY_TAKES_CASH 2 /* money can be taken from the receiver */
#define SOUK_DELIVERY_TAKES_CARD 4
#define SOUK_DELIVERY_NO_ADDRESS 8 /* the goods are fetched: no street is asked for */

struct souk_delivery_item { /* one line of goods */
    uint32_t size;
    int32_t quantity;
    int64_t variant_id;
    int64_t line_total;                     /* after discounts, minor units */
    int64_t weight_g;                       /* of one; -1: not known */
    int64_t length_mm, width_mm, height_mm; /* of one; -1: not known */
    struct souk_str sku;
    struct souk_str name;
};

struct souk_delivery_terms { /* host-allocated */
    uint32_t size;
    uint32_t item_count;
    const struct souk_delivery_item *items; /* step by items[0].size: souk_delivery_item_at() */
    int64_t total;                          /* of the goods after discounts, minor units */
    int64_t weight_g;                       /* of all; what is not known counts as 0 */
    int64_t volume_cm3;
    int64_t at; /* microseconds UTC */
    struct souk_str currency, locale;
    struct souk_str country, region, city, postcode; /* empty: not said yet */
};

struct souk_delivery_quote { /* host-allocated, cleared; check() fills it in */
    uint32_t size;
    int32_t flags;  /* SOUK_DELIVERY_TAKES_CASH, SOUK_DELIVERY_TAKES_CARD of this choice */
    int64_t amount; /* minor units, in the way that the shop enters prices (with or without tax) */
    struct souk_str label;     /* as orders and mails name it: "Courier, 28 Nov 14–18 h" */
    struct souk_str tax_class; /* "standard" when empty */
    struct souk_value *data;   /* the choice as it is kept with the order: a map */
};

struct souk_shipment_line {
    uint32_t size;
    int32_t quantity;
    int64_t line_id;
    int64_t amount; /* of these units, with tax */
    struct souk_str sku;
    struct souk_str name;
};

struct souk_shipment { /* host-allocated */
    uint32_t size;
    uint32_t line_count;
    const struct souk_shipment_line *lines;
    int64_t id;
    int64_t order_id;
    int64_t weight_g;
    int64_t declared_value; /* minor units */
    int64_t collect;        /* to be taken from the receiver */
    struct souk_str currency;
    struct souk_str number;       /* "1042-1" */
    struct souk_str order_number; /* "1042" */
    struct souk_str option;       /* code of the option: "standard" */
    struct souk_str key;          /* idempotency key of send: the same at every attempt */
    struct souk_str tracking;     /* empty before send */
    struct souk_str name, phone, email, locale;
    struct souk_str country, region, city, postcode, line1, line2, company;
    const struct souk_value *choice; /* what check() put into quote->data */
    const struct souk_value *data;   /* what an earlier call put into result->data */
};

struct souk_shipment_result { /* host-allocated, cleared */
    uint32_t size;
    int32_t reserved;
    struct souk_str state; /* a normalised state; empty: registered (send), unchanged (track) */
    struct souk_str tracking;
    struct souk_str tracking_url;
    struct souk_str message; /* why it was refused, for staff */
    struct souk_value *data; /* kept with the parcel; NULL: as it was */
};

struct souk_delivery_provider {
    uint32_t size;
    int32_t flags;
    const char *label; /* message id: "Courier" */
    /* TASK. Appends maps to the list `options`: "code", "label", "amount", and where they apply
     * "note", "eta_from" and "eta_until" ("2026-11-28"), "takes_cash", "takes_card", "fields" (list
     * of {"key", "label", "type": "text" | "choice" | "point" | "slot" | "flag", "required",
     * "choices": [{"value", "label", "amount"}]}), "points" (list of {"code", "name", "address",
     * "city", "postcode", "distance_m", "hours", "takes_cash", "takes_card"}, the nearest first, at
     * most 20). */
    int (*options)(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                   struct souk_value *options);
    /* TASK. `choice` is what the shopper sent: {"code", and a member for each field}.
     * SOUK_INVALID with words: it cannot be had so; souk_fail's text names the field as "field:
     * words". */
    int (*check)(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                 const struct souk_value *choice, struct souk_delivery_quote *quote);
    /* WRITE, in the order's transaction. May be NULL. `order` is its number. SOUK_CONFLICT with
     * words: not to be had any more. */
    int (*book)(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice);
    int (*free)(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice);
    /* TASK: registers the parcel with the carrier. */
    int (*send)(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                struct souk_shipment_result *result);
    int (*cancel)(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                  struct souk_shipment_result *result);
    /* TASK: what a label shows: "service", "code" (to be scanned), "code_type" ("code128",
     * "gs1_128", "ean13", "qr"), "from" and "to" (lists of lines), "facts" (list of {"label",
     * "value"}). The core has it drawn. NULL: the core's own label with the parcel's number. */
    int (*parcel_label)(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                        struct souk_value *label);
    int (*track)(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                 struct souk_shipment_result *result); /* TASK; NULL: nobody to be asked */
};

struct souk_delivery_report {
    uint32_t size; /* sizeof(struct souk_delivery_report) */
    int32_t reserved;
    struct souk_str provider;
    struct souk_str tracking; /* which parcel: this or its number */
    struct souk_str number;
    struct souk_str event; /* the carrier's id of this news; empty: made from its content */
    struct souk_str state; /* normalised */
    struct souk_str code;  /* the carrier's own word: kept and shown */
    struct souk_str text;
    int64_t at;                        /* when it happened, microseconds UTC; must be given */
    const struct souk_value *accepted; /* of delivered and partially_delivered: map of order line id
                                          (as text) to units that were kept; a line that is not in
                                          it was kept whole; NULL: all */
};

struct souk_delivery_api {
    uint32_t size;
    uint32_t reserved;
    int (*report)(struct souk_ctx *ctx, const struct souk_delivery_report *report, int32_t *fresh);
};

/* A line of the terms' goods, from 0 to item_count - 1. [TASK; 0.1] */
static inline const struct souk_delivery_item *souk_delivery_item_at(
    const struct souk_delivery_terms *terms, uint32_t index)
{
    const char *at = (const char *)(const void *)terms->items;
    return (const struct souk_delivery_item *)(const void *)(at +
                                                             (size_t)index * terms->items->size);
}
/* A line of the parcel, from 0 to line_count - 1. [TASK; 0.1] */
static inline const struct souk_shipment_line *souk_shipment_line_at(
    const struct souk_shipment *shipment, uint32_t index)
{
    const char *at = (const char *)(const void *)shipment->lines;
    return (const struct souk_shipment_line *)(const void *)(at +
                                                             (size_t)index * shipment->lines->size);
}

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* Tells where a parcel is. As souk_payment_report; SOUK_NOT_FOUND: no such parcel. [WRITE TASK; TASK waits; 0.1] */
static inline int souk_delivery_report(struct souk_ctx *ctx, const struct souk_delivery_report *report, int32_t *fresh) { return souk_api->delivery->report(ctx, report, fresh); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
