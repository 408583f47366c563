/*
 * cart: what somebody means to buy. It is kept by the server for 30 days after its last change,
 * known by an unguessable token, and makes at most one order.
 *
 * A change is: cart_load, cart_apply (in memory, with all checks), cart_price, cart_store (guarded
 * by the version that was loaded: SOUK_CONFLICT when somebody else was faster; load again). All
 * four may run in one write, or the first three in a task and the last in its write step.
 */
#ifndef SHOP_CART_H
#define SHOP_CART_H

#include "base/json.h"
#include "base/err.h"
#include "shop/market.h"
#include "shop/quote.h"
#include "store/db.h"

#define CART_DAYS        30
#define CART_CODES       20 /* coupon codes; promotions.codes_per_order says how many are taken */
#define CART_CODES_USUAL 5
#define CART_TOKEN       26 /* signs of base32: 130 bits */

struct cart_line {
    int64_t id, variant_id;
    int64_t quantity;
    int64_t
        price_seen; /* unit price when the line was last touched; -1: not stored with a quote yet */
    int later;      /* kept for later */
    struct souk_str note;
    int changed; /* cart_store has to write it */
};

struct promo_said;
struct cart {
    int64_t id, person_id, visitor, version;
    int64_t created_at, changed_at, expires_at;
    struct souk_str token, locale, currency, channel, state;
    struct cart_line *lines; /* in the order they were added */
    size_t count, cap;
    struct souk_str *coupons;
    size_t coupon_count;
    struct json *draft;    /* what was typed at the checkout: see order.h, order_draft */
    struct souk_str quote; /* JSON as stored last */
    /* what cart_store has to write besides */
    int64_t *removed; /* lines */
    size_t removed_count;
    int coupons_changed;
    const struct promo_said
        *said; /* what functions of scripts said at the last pricing (quote.said);
                  or NULL: in a write they cannot be asked again */
};

/* In a write. */
int cart_create(struct db_conn *conn, struct arena *arena, const struct market *market,
                int64_t person_id, int64_t visitor, int64_t now, struct cart *cart);
/* SOUK_NOT_FOUND: none, or too old. A merged one leads to the one that it went into. An ordered one
 * is found, with state "ordered". */
int cart_load(struct db_conn *conn, struct arena *arena, struct souk_str token, int64_t now,
              struct cart *cart);
int cart_load_of(struct db_conn *conn, struct arena *arena, int64_t person_id, int64_t now,
                 struct cart *cart);                         /* the person's open one */
int64_t cart_ordered(struct db_conn *conn, int64_t cart_id); /* the id of its order; 0: none */

struct cart_change {
    enum cart_verb {
        CART_ADD,      /* variant or sku; quantity */
        CART_SET,      /* line; quantity, 0 removes */
        CART_REMOVE,   /* line */
        CART_LATER,    /* line: keep for later */
        CART_BACK,     /* line: back among what is bought */
        CART_NOTE,     /* line; text */
        CART_CODE,     /* text: a coupon code; kept even when it is of no use, and explained */
        CART_CODE_OFF, /* text */
        CART_EMPTY
    } verb;
    int64_t line_id, variant_id, quantity;
    struct souk_str sku, text;
};
/* In memory. SOUK_NOT_FOUND: no such product or line; SOUK_CONFLICT: not available in that quantity
 * (*available says how many are), SOUK_INVALID: over 200 lines or 10,000 units, or the cart is
 * ordered. Words for the customer in err. *line_id: the line that was made or changed. */
int cart_apply(struct db_conn *conn, struct arena *arena, struct cart *cart,
               const struct cart_change *change, int64_t now, int64_t *line_id, int64_t *available,
               struct err *err);
/* What it costs in this market, promotions and codes in it: lines in one query, prices and tax
 * rates likewise. Lines that cannot be bought any more (switched off, gone, no price) are left out
 * of the quote and listed in `gone` (list of {"sku", "name", "line"}; may be NULL). `charges`: what
 * is charged besides, as offered, with rates: deliveries, which promotions may make cheaper, and
 * fees.
 */
int cart_price(struct db_conn *conn, struct arena *arena, const struct cart *cart,
               const struct market *market, const struct quote_delivery *charges, size_t count,
               struct quote *quote, struct json *gone, struct err *err);
/* The same goods at the same prices with one more charge: promotions are judged anew. */
int cart_charge(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                const struct market *market, const struct quote_delivery *charge,
                struct quote *quote, struct err *err);
/* The same terms with what is known of the tax number that stands in the cart's draft. Both of the
 * above begin with it. */
struct market cart_market(struct arena *arena, const struct cart *cart,
                          const struct market *market);
#define CART_NO_TAX "the tax cannot be reckoned just now; please try again in a moment"
/* Who the cart's promotions are for. */
struct promo_who;
void cart_who(const struct cart *cart, const struct market *market, struct promo_who *who);
/* In a write: lines, coupons, draft and quote (may be NULL: not priced) as they are in memory;
 * version
 * + 1, kept for another 30 days. SOUK_CONFLICT: it has another version by now. The struct keeps the
 * version that was loaded (a write may be run again): to store once more, load again. With a quote
 * the prices of lines that were touched count as shown; without one a later change of them is not
 * told. That a price has changed is told until a change is stored by somebody who was told: until
 * the answer of the last store had that price already, or cart_seen said so. */
int cart_store(struct db_conn *conn, struct arena *arena, struct cart *cart,
               const struct quote *quote, int64_t now);
/* In memory, before a change: these prices, as they are now, stood before whoever makes it. */
void cart_seen(struct cart *cart, const struct quote *quote);
/* In a write: the draft alone; no new version. */
int cart_store_draft(struct db_conn *conn, const struct cart *cart, int64_t now);
/* In a write, at sign-in: the guest's cart becomes the person's; if they have one already, the
 * quantities are added up to what is there, and the guest's is "merged". *kept is the cart that
 * remains (SOUK_NOT_FOUND: neither has one). Quantities do not grow beyond what can be had. A cart
 * of somebody else is left alone. Twice does nothing the second time. */
int cart_join(struct db_conn *conn, struct arena *arena, struct souk_str token, int64_t person_id,
              int64_t now, struct cart *kept);
/* In a write: the cart of a link (an abandoned checkout) goes on in another browser. What the guest
 * there had in a cart of their own (`own`: its token, may be empty) is put in as by cart_join.
 * SOUK_NOT_FOUND: there is no such open cart, or it is a person's: that one signs in. */
int cart_resume(struct db_conn *conn, struct arena *arena, struct souk_str token,
                struct souk_str own, int64_t now, struct cart *kept);
/* The document of the contract: {"id" (the token), "currency", "lines", "quote", …} with what a
 * page shows besides: names, pictures, addresses, "available" (bool: that quantity), "stock" (n or
 * null), "price_before" when a price changed since the line was touched; lines kept for later stand
 * among the others with "later" true. `gone` is hung in, and gets those of them that are not sold
 * any more. */
int cart_document(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                  const struct market *market, const struct quote *quote, struct json *gone,
                  struct json **doc);
int64_t cart_units(const struct cart *cart); /* of lines that are not kept for later */
int64_t cart_units_of(const struct cart *cart, int64_t variant_id); /* likewise, of one variant */
/* The terms under which a cart is priced where no request says them: its language, the place that
 * was typed, its person's price group. */
struct market cart_terms(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                         int64_t now);
/* In a write, before a typed code joins the cart: counts it when it is wrong, for the cart and for
 * the address of the network ("": not known). SOUK_BUSY with words for the shopper: too many were
 * tried, and it is not heard. cart_code_look reads: would one be heard now? */
int cart_code_try(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                  const char *address, struct souk_str typed, int64_t now, struct err *err);
int cart_code_look(struct db_conn *conn, const struct cart *cart, const char *address, int64_t now,
                   struct err *err);
/* In a write: the event log is told of so many units of a variant that came (or went: below 0). */
int cart_tell_units(struct db_conn *conn, struct arena *arena, int64_t visitor, int64_t person_id,
                    int64_t variant_id, int64_t units, int64_t now);
/* A chore's: what is past its time goes; ordered ones stay. */
int cart_sweep(struct db *db, int64_t now, struct err *err);

#endif
