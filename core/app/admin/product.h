/*
 * product: the parts of the product's form that are lists: variants, pictures, attributes, links.
 */
#ifndef ADMIN_PRODUCT_H
#define ADMIN_PRODUCT_H

#include "app/admin/resource.h"

void product_form_view(struct resource_call *call, const struct json *doc, struct json *view);
int product_form_take(struct resource_call *call, const struct json *before, struct json *doc);
/* Takes "stock" out of variants: it moves while a form is open, and what nobody changed stays. */
void product_drop_stock(struct arena *arena, struct json *variants);

#endif
