/*
 * feed.c: the API's sub-table "feed".
 */
#include "bridge/internal.h"

const struct souk_feed_api feed_table = {.size = sizeof(struct souk_feed_api)};
