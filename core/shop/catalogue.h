/*
 * catalogue: the number that everything kept in memory of the catalogue rests on. Included by the
 * writers of the catalogue only.
 */
#ifndef SHOP_CATALOGUE_H
#define SHOP_CATALOGUE_H

#include "store/db.h"

/* In a write: the catalogue is another one now, by this product; 0: not by one product. */
int catalogue_bump(struct db_conn *conn, int64_t product_id);
/* In a write, after a bump: these products too; a JSON array of ids. */
int catalogue_bump_products(struct db_conn *conn, struct souk_str ids);

#endif
