/*
 * tax_place: does a zone hold where somebody lives, and how exactly is it drawn?
 */
#ifndef SHOP_TAX_PLACE_H
#define SHOP_TAX_PLACE_H

#include "shop/market.h"

struct tax_place {
    struct souk_str country, region, postcode, city;
};

/* -1: it does not hold there. Else the more exact the greater: a postcode over a range of them,
 * a range over the beginning of one, a region over a country, a country over everywhere. A zone of
 * a city holds for nobody as long as a market has no city. */
int64_t tax_place_score(const struct tax_place *place, const struct market *market);
/* "1000", "10*", "1000...1999"; case and spaces do not matter. 0: does not fit; else how exactly.
 */
int64_t tax_place_postcode(struct souk_str pattern, struct souk_str postcode);

/* tax.c: by the shop's own tables alone. */
struct tax_rates;
struct db_conn;
int tax_rates_of_shop(struct db_conn *conn, int64_t class_id, const struct market *market,
                      struct tax_rates *rates);

#endif
