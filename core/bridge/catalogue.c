/*
 * catalogue.c: the API's sub-table "catalogue".
 */
#include "bridge/internal.h"

const struct souk_catalogue_api catalogue_table = {.size = sizeof(struct souk_catalogue_api)};
