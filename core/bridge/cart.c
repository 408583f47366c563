/*
 * cart.c: the API's sub-table "cart".
 */
#include "bridge/internal.h"

const struct souk_cart_api cart_table = {.size = sizeof(struct souk_cart_api)};
