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
};

/* The rates of a class at a place: of each priority that of the most exact zone. No zone: none. */
int tax_rates(struct db_conn *conn, int64_t class_id, const struct market *market,
              struct tax_rates *rates);
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
