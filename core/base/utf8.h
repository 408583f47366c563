/*
 * utf8: what needs Unicode (utf8proc). Validity is checked at every border, so inner code may
 * assume it.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/arena.h"

int utf8_valid(struct souk_str text);     /* 1 or 0; refuses surrogates, overlongs, > U+10FFFF */
size_t utf8_length(struct souk_str text); /* in code points */
/* At most `count` code points, cut between grapheme clusters. */
struct souk_str utf8_cut(struct souk_str text, size_t count);
/* Case folded, compatibility decomposed, without combining marks: for search and comparison. */
struct souk_str utf8_fold(struct arena *arena, struct souk_str text);
struct souk_str utf8_upper(struct arena *arena, struct souk_str text);
struct souk_str utf8_lower(struct arena *arena, struct souk_str text);

#endif
