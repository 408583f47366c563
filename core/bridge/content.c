/*
 * content.c: the API's sub-table "content".
 */
#include "bridge/internal.h"

const struct souk_content_api content_table = {.size = sizeof(struct souk_content_api)};
