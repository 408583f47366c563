/*
 * tax: rates by class and place, and the arithmetic. All rounding is half away from zero on int64
 * minor units (base/money.h). Inclusive tax is amount * rate / (1 + rate), so that net + tax =
 * gross always (it is the net that is rounded, tax is the rest: 6.99 at 20 % is 5.83 and 1.16);
 * several rates that are not compound share one division by largest remainder.
 */
#ifndef SHOP_TAX_H
#define SHOP_TAX_H

#include "base/json.h"
#include "shop/market.h"
#include "store/db.h"

#define TAX_RATES 8

struct tax_rate {
    char name[40];
    int64_t ppm;
    int compound, delivery;
};

struct tax_rates {
    struct tax_rate at[TAX_RATES];
    int count;
    int exempt;       /* nothing is charged, and prices lose the tax of the shop's own country */
    const char *note; /* why, for the invoice: lives as long as the process; NULL: no words */
    int64_t until;    /* the first moment at which they change by themselves; 0: none is known */
};

/* ---- a business that buys ---- */

enum tax_state { TAX_STATE_NONE, TAX_STATE_VALID, TAX_STATE_WRONG, TAX_STATE_UNKNOWN };
/* How an order that stands was taxed: goods that join it are taxed likewise. */
enum tax_basis { TAX_BASIS_OPEN, TAX_BASIS_CHARGED, TAX_BASIS_EXEMPT };

struct tax_buyer { /* what is known of a buyer's tax number */
    enum tax_state state;
    enum tax_basis basis;
    struct souk_str number;         /* normalised when it is valid, else as typed */
    struct souk_str typed, country; /* what was asked about */
    struct souk_str company, proof; /* as the register has them */
    struct souk_str words;          /* why not, for the buyer */
    const char *note;               /* of TAX_BASIS_EXEMPT */
    int64_t asked_at;
};
/* As a cart's draft ("tax") and an order's billing address keep it. */
struct json *tax_buyer_doc(struct arena *arena, const struct tax_buyer *buyer);
void tax_buyer_read(const struct json *doc, struct tax_buyer *buyer);
/* What the buyer is told where a number changed nothing; NULL: nothing. A message id. */
const char *tax_buyer_note(const struct tax_buyer *buyer);

/* ---- rates ---- */

/* The rates of a class at a place: what a plugin knows of it, else of each priority that of the
 * most exact zone. No zone: none. SOUK_UNAVAILABLE: something is being sold (market.sells), and the
 * plugin without whose answer nothing may be sold gives none. */
int tax_rates(struct db_conn *conn, int64_t class_id, const struct market *market,
              struct tax_rates *rates);
/* Those of a sale within the shop's own country. */
int tax_rates_home(struct db_conn *conn, int64_t class_id, const struct market *market,
                   struct tax_rates *rates);
/* What was read for one market, so that nobody is asked twice about the same. */
struct tax_known {
    struct tax_known *next;
    int64_t class_id;
    struct tax_rates rates, home;
};
/* tax_rates, and what is to be taken out of an amount that includes tax where none is charged
 * (`home`; empty where nothing is). Looks into *known first, and keeps the answer there. class_id
 * 0: none. */
int tax_rates_once(struct db_conn *conn, struct arena *arena, int64_t class_id,
                   const struct market *market, struct tax_known **known, struct tax_rates *rates,
                   struct tax_rates *home);
/* What is left of an amount without the tax in it, half away from zero. */
int tax_net(int64_t amount, const struct tax_rates *rates, int64_t *net);

/* Who knows better than the tables. Set once at the start, before requests. */
struct tax_question {
    const struct market *market;
    struct souk_str tax_class, country, region, postcode;
    struct souk_str number; /* normalised; empty: none */
};
struct tax_oracle {
    /* Could `ask` answer otherwise than SOUK_NOT_FOUND? Cheap. */
    int (*rules)(const struct market *market);
    /* SOUK_NOT_FOUND: the shop's own tables hold. SOUK_UNAVAILABLE: they do, but nothing may be
     * sold by them. */
    int (*ask)(struct db_conn *conn, const struct tax_question *question, struct tax_rates *rates);
};
void tax_ask(const struct tax_oracle *oracle);
/* Can rates be others than those of the tables? Then what rests on them is asked for again when an
 * order is placed. */
int tax_is_asked(const struct market *market);

/* ---- arithmetic ---- */

/* Tax within (included) or on top of (not) `amount`; parts[i] is the share of rates->at[i]; returns
 * the sum through *tax. SOUK_INVALID on overflow. */
int tax_of(int64_t amount, const struct tax_rates *rates, int included, int64_t *tax,
           int64_t parts[TAX_RATES]);
/* Rates from a table in WooCommerce's form of tax rates; classes and zones are made. *change: enum
 * product_change. */
int tax_zone_put(struct db_conn *conn, const struct json *doc, int64_t *id, int *change,
                 struct err *err);
int tax_class_find(struct db_conn *conn, struct souk_str code, int make, int64_t *id);

#endif
