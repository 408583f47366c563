/*
 * price.c: the API's sub-table "price".
 */
#include "bridge/internal.h"

const struct souk_price_api price_table = {.size = sizeof(struct souk_price_api)};
