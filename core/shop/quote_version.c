/*
 * quote_version.c: the short text that says what a quote rests on, in three parts:
 * "<catalogue>-<goods>-<rules>". The first two change when anything of the goods, prices, rates,
 * charges or codes does; the third when another set of rules serves or a function of theirs says
 * something else.
 */
#include "shop/promo_live.h"
#include "shop/quote.h"

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
    hash = mix_int(hash, rates->exempt ? -1 : rates->count);
    for (int i = 0; i < rates->count; i++)
        hash = mix_int(mix_int(hash, rates->at[i].ppm), rates->at[i].compound);
    return hash;
}

static uint64_t mix_goods(uint64_t hash, const struct quote *quote)
{
    int64_t count = 0;
    for (size_t i = 0; i < quote->count; i++) {
        const struct quote_line *line = &quote->lines[i];
        if (line->gift) /* made by a rule */
            continue;
        count++;
        hash = mix_int(mix_text(hash, line->sku), line->quantity);
        hash = mix_rates(mix_int(hash, line->unit_price), &line->rates);
    }
    return mix_int(hash, count);
}

static uint64_t mix_said(uint64_t hash, const struct promo_said *said)
{
    struct arena arena = {0};
    for (size_t i = 0; said && i < said->count; i++) {
        const struct script_call *call = &said->calls[i];
        struct buf text = {.arena = &arena};
        if (call->result)
            json_print(&text, call->result);
        hash = mix_text(mix_int(mix_int(hash, call->function), call->outcome), buf_str(&text));
        arena_reset(&arena);
    }
    arena_free(&arena);
    return hash;
}

#define START UINT64_C(0xcbf29ce484222325)

struct souk_str quote_version(struct arena *arena, const struct quote *quote, int64_t catalogue)
{
    uint64_t hash = mix_text(START, quote->currency);
    hash = mix_int(hash, quote->include_tax * 2 + quote->round_by_total);
    hash = mix_goods(hash, quote);
    for (size_t i = 0; i < quote->delivery_count; i++) {
        const struct quote_delivery *one = &quote->delivery[i];
        hash = mix_rates(mix_int(mix_text(hash, one->method), one->amount), &one->rates);
    }
    hash = mix_int(hash, (int64_t)quote->delivery_count);
    for (size_t i = 0; i < quote->coupon_count; i++)
        hash = mix_text(hash, quote->coupons[i].code);
    uint64_t rules = mix_said(mix_text(START, quote->rules), quote->said);
    return arena_printf(arena, "%lld-%016llx-%016llx", (long long)catalogue,
                        (unsigned long long)hash, (unsigned long long)rules);
}

static struct souk_str goods_part(struct souk_str version)
{
    while (version.len && version.ptr[version.len - 1] != '-')
        version.len--;
    return version;
}

int quote_version_same_goods(struct souk_str one, struct souk_str other)
{
    return souk_str_equal(goods_part(one), goods_part(other));
}
