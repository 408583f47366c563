/*
 * money: int64 minor units and ISO 4217 codes. Every rounding of money in souk is done here.
 */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include "base/arena.h"

int money_digits(const char *currency); /* minor digits: EUR 2, JPY 0, KWD 3; -1 when unknown */
/* amount * ppm / 1,000,000, half away from zero, exact in 128 bits; SOUK_INVALID on overflow. */
int money_share(int64_t amount, int64_t ppm, int64_t *out);
int money_add(int64_t a, int64_t b, int64_t *out); /* SOUK_INVALID on overflow */
/* Splits `total` over n weights so that the parts sum to it exactly: largest remainder, ties to the
 * first. Weights are >= 0; all zero: the first takes all. */
int money_split(int64_t total, const int64_t *weights, size_t n, int64_t *parts);
/* As people of a locale write it: "12,99 €", "€12.99". */
struct souk_str money_format(struct arena *arena, int64_t minor, const char *currency,
                             const char *locale);
/* "1299.5" with a point, no grouping, to minor units; SOUK_INVALID when not exact. */
int money_parse(struct souk_str text, const char *currency, int64_t *minor);

#endif
