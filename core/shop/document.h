/*
 * document: what saving a document has in common, whatever it is of: laying a patch over what is
 * there, and seeing whether two say the same. Included by the writers of the catalogue only.
 */
#ifndef SHOP_DOCUMENT_H
#define SHOP_DOCUMENT_H

#include "base/json.h"

/* Members of `patch` over those of `base`: null takes one away, objects are laid over objects,
 * all else replaces. Shares both trees. */
struct json *document_merge(struct arena *arena, const struct json *base, const struct json *patch);
/* The same values, whatever the order of members. */
int document_same(const struct json *a, const struct json *b);
/* The tree as one line of JSON; "" for NULL. */
struct souk_str document_text(struct arena *arena, const struct json *tree);
/* "en", "pt-BR": two or three small letters, then parts after "-". */
int document_is_locale(struct souk_str code);
/* Copied; left out when it is empty. */
void document_add_str(struct arena *arena, struct json *parent, const char *key,
                      struct souk_str text);

#endif
