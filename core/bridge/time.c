/*
 * time.c: the API's sub-table "time".
 */
#include "bridge/internal.h"

const struct souk_time_api time_table = {.size = sizeof(struct souk_time_api)};
