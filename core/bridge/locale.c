/*
 * locale.c: the API's sub-table "locale".
 */
#include "bridge/internal.h"

const struct souk_locale_api locale_table = {.size = sizeof(struct souk_locale_api)};
