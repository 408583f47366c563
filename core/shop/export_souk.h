/*
 * export_souk: the native format: JSON Lines, one document a line, nothing lost.
 */
#ifndef SHOP_EXPORT_SOUK_H
#define SHOP_EXPORT_SOUK_H

#include "shop/export_table.h"

int export_souk_head(struct export_out *out); /* all that is no product */
void export_souk_product(struct export_out *out, const struct json *doc);

#endif
