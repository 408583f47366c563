/*
 * quote_promote.c: the place where promotions and coupons come into the price pipeline, between the
 * unit prices and the sums. The shop has none yet, so a code that was typed is kept and answered:
 * nobody knows it. And the short text that says what a quote rests on.
 */
#include "shop/quote.h"

int quote_promote(struct arena *arena, struct quote *quote, struct err *err)
{
    (void)arena;
    (void)err;
    for (size_t i = 0; i < quote->coupon_count; i++) {
        quote->coupons[i].accepted = 0;
        quote->coupons[i].reason = souk_str("there is no such code");
    }
    return SOUK_OK;
}

/* FNV-1a: the same in every process and on every machine, which str_hash is not. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t mix_int(uint64_t hash, int64_t number)
{
    return mix(hash, &number, sizeof number);
}

static uint64_t mix_text(uint64_t hash, struct souk_str text)
{
    return mix(mix_int(hash, (int64_t)text.len), text.ptr, text.len);
}

static uint64_t mix_rates(uint64_t hash, const struct tax_rates *rates)
{
    hash = mix_int(hash, rates->count);
    for (int i = 0; i < rates->count; i++)
        hash = mix_int(mix_int(hash, rates->at[i].ppm), rates->at[i].compound);
    return hash;
}

struct souk_str quote_version(struct arena *arena, const struct quote *quote, int64_t catalogue)
{
    uint64_t hash = mix_text(UINT64_C(0xcbf29ce484222325), quote->currency);
    hash = mix_int(hash, quote->include_tax * 2 + quote->round_by_total);
    for (size_t i = 0; i < quote->count; i++) {
        const struct quote_line *line = &quote->lines[i];
        hash = mix_int(mix_text(hash, line->sku), line->quantity);
        hash = mix_rates(mix_int(hash, line->unit_price), &line->rates);
    }
    hash = mix_int(hash, (int64_t)quote->count);
    for (size_t i = 0; i < quote->delivery_count; i++) {
        const struct quote_delivery *one = &quote->delivery[i];
        hash = mix_rates(mix_int(mix_text(hash, one->method), one->amount), &one->rates);
    }
    hash = mix_int(hash, (int64_t)quote->delivery_count);
    for (size_t i = 0; i < quote->coupon_count; i++)
        hash = mix_text(hash, quote->coupons[i].code);
    return arena_printf(arena, "%lld-%016llx", (long long)catalogue, (unsigned long long)hash);
}
