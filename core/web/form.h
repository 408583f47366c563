/*
 * form: name=value&… as query strings and urlencoded bodies carry it, and Cookie
 * headers. Fields whose escapes, UTF-8 or NUL bytes are wrong are left out: what
 * arrives in a list is always valid UTF-8 without NUL. Views into the text where
 * nothing had to be decoded.
 */
#ifndef WEB_FORM_H
#define WEB_FORM_H

#include "web/request.h"

#define FORM_FIELDS 1000 /* of a query, and of a body … */
#define FORM_MOST   20000 /* … whose route takes large ones: one for each FORM_BYTES of its limit */
#define FORM_BYTES  64

void header_list_add(struct arena *arena, struct header_list *list, struct souk_str name,
                     struct souk_str value);
struct souk_str header_list_find(const struct header_list *list, const char *name); /* exact */
/* Is there one with this name and, unless it is NULL, this value? */
int header_list_has(const struct header_list *list, const char *name, const char *value);
struct souk_str header_list_find_nocase(const struct header_list *list, const char *name);

/* SOUK_TOO_LARGE: there are more than `most`; the first ones are in *out. */
int form_parse(struct arena *arena, struct souk_str text, size_t most, struct header_list *out);
void form_parse_cookies(struct souk_str text, struct arena *arena, struct header_list *out);
/* Percent signs and, when `plus` is set, plus signs. 0, or SOUK_INVALID. */
int form_decode(struct arena *arena, struct souk_str raw, int plus, struct souk_str *out);

#endif
