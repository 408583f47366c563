/*
 * file.c: the API's sub-table "file".
 */
#include "bridge/internal.h"

const struct souk_file_api file_table = {.size = sizeof(struct souk_file_api)};
