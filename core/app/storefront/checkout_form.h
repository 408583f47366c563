/*
 * checkout_form: the fields of the checkout: from a form to the draft that the cart keeps, and back
 * to what the page shows, with what is wrong at its place.
 *
 * Fields of delivery and payment options are named "<method>/<key>"; what was typed into options
 * that are not chosen stays in the draft too (member "typed"), so that trying another one and going
 * back loses nothing.
 */
#ifndef STOREFRONT_CHECKOUT_FORM_H
#define STOREFRONT_CHECKOUT_FORM_H

#include "base/json.h"
#include "web/request.h"

/* What was sent, over what is kept: fields that the page did not show keep their value. */
struct json *checkout_form_read(struct request *request, const struct json *before);
/* Adds "form" (name: value) to the view. */
void checkout_form_show(struct arena *arena, const struct json *draft, struct json *view);
/* Options as the page shows them: adds "id", "checked", and to their fields "id", "name", "value"
 * and "choices". `kind` "delivery" or "payment". The list is copied into view[kind]. */
void checkout_form_options(struct request *request, const char *kind, const struct json *items,
                           const struct json *draft, struct json *view);
/* The chosen method: that of the draft if it is among the items, else the first; empty: none. */
struct souk_str checkout_form_chosen(const struct json *items, const struct json *draft,
                                     const char *kind);
/* The draft with another choice. */
void checkout_form_choose(struct arena *arena, struct json *draft, const char *kind,
                          struct souk_str method);
/* Adds "errors" [{field, text}] and "error" {field: text}; `errors` as in problem+json. */
void checkout_form_refuse(struct arena *arena, struct json *view, const struct json *errors);

#endif
