/*
 * str: what is done with views of text (struct souk_str): compare, cut, search, parse. No
 * allocation, no locale, ASCII rules for case; Unicode lives in utf8.h.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <souk/types.h>

#define STR_NULL ((struct souk_str){NULL, 0})

struct souk_str str_make(const char *ptr, size_t len);
int str_compare(struct souk_str a, struct souk_str b); /* bytes, as memcmp */
int str_equal_nocase(struct souk_str a, struct souk_str b);
int str_starts(struct souk_str text, const char *prefix);
int str_ends(struct souk_str text, const char *suffix);
struct souk_str str_trim(struct souk_str text); /* spaces, tabs, CR, LF at both ends */
struct souk_str str_from(struct souk_str text, size_t start); /* the rest, empty past the end */
ptrdiff_t str_find(struct souk_str text, char c);             /* -1 when absent */
/* Cuts up to the next `separator` off *rest into *part; 0 when nothing is left. */
int str_split(struct souk_str *rest, char separator, struct souk_str *part);
/* The whole text as a decimal int64: 0 and *out, or SOUK_INVALID (empty, sign only, overflow,
 * trailing bytes). */
int str_to_int(struct souk_str text, int64_t *out);
/* Amounts of time and size as merchants write them: "250ms" "10s" "5m" "2h" "1d" to
 * microseconds; "64K" "4M" "1G" (binary) or plain bytes. SOUK_INVALID when not of that form. */
int str_to_duration(struct souk_str text, int64_t *microseconds);
int str_to_size(struct souk_str text, int64_t *bytes);
/* The name in `names` (NULL-terminated) that is nearest to `wrong` (edit distance at most a third
 * of its length, at least 1), or NULL: for "did you mean". */
const char *str_nearest(struct souk_str wrong, const char *const *names);
uint64_t str_hash(struct souk_str text); /* SipHash-2-4, keyed once a process */
/* Copies with a NUL at the end, cut at size - 1: for fixed fields. Returns the length kept. */
size_t str_copy(char *to, size_t size, struct souk_str text);
int str_equal_secret(struct souk_str a, struct souk_str b); /* in constant time */

#endif
