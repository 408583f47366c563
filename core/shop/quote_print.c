/*
 * quote_print.c: a computed quote as the document that pages, the API, orders and `souk quote`
 * show: plain integers of one currency. Besides the members that others rely on it tells names, the
 * charged shipments and the tax by rate.
 */
#include "shop/quote.h"

static const struct json *traced(const struct quote *quote, struct souk_str id)
{
    json_each(item, quote->promotions)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "id")), id))
            return &item->value;
    }
    return NULL;
}

struct souk_str quote_promotion_name(const struct quote *quote, struct souk_str id)
{
    return json_text(json_at(traced(quote, id), "name"));
}

/* Lines of a file have no id: their place, from 1. */
static void add_id(struct arena *arena, struct json *item, const struct quote_line *line, size_t at)
{
    json_add_str(arena, item, "id",
                 arena_printf(arena, "%lld", line->id ? (long long)line->id : (long long)at + 1));
}

static void add_line(struct arena *arena, struct json *list, const struct quote *quote, size_t at)
{
    const struct quote_line *line = &quote->lines[at];
    struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
    add_id(arena, item, line, at);
    json_add_str(arena, item, "sku", line->sku);
    json_add_str(arena, item, "name", line->name);
    json_add_int(arena, item, "quantity", line->quantity);
    json_add_int(arena, item, "unit_price", line->unit_price);
    json_add_int(arena, item, "original_price", line->original_price);
    json_add_int(arena, item, "subtotal", line->subtotal);
    json_add_int(arena, item, "discount", line->discount);
    json_add_int(arena, item, "total", line->total);
    json_add_int(arena, item, "tax", line->tax);
    json_add_bool(arena, item, "gift", line->gift);
    if (line->reduced)
        json_add_bool(arena, item, "reduced", 1); /* a replay begins with the price without */
    struct json *discounts = json_add(arena, item, "discounts", JSON_ARRAY);
    for (size_t i = 0; i < line->discount_count; i++) {
        struct json *one = json_add(arena, discounts, NULL, JSON_OBJECT);
        json_add_str(arena, one, "promotion", line->discounts[i].promotion);
        json_add_str(arena, one, "name", quote_promotion_name(quote, line->discounts[i].promotion));
        json_add_int(arena, one, "amount", line->discounts[i].amount);
    }
}

static void add_totals(struct arena *arena, struct json *doc, const struct quote *quote)
{
    struct json *totals = json_add(arena, doc, "totals", JSON_OBJECT);
    json_add_int(arena, totals, "items", quote->items);
    json_add_int(arena, totals, "discount", quote->discount);
    json_add_int(arena, totals, "delivery", quote->delivery_amount);
    json_add_int(arena, totals, "delivery_discount", quote->delivery_discount);
    json_add_int(arena, totals, "tax", quote->tax);
    json_add_int(arena, totals, "tax_included", quote->tax_included);
    json_add_int(arena, totals, "total", quote->total);
}

/* ---- tax by rate ---- */

#define SUMS 32 /* what differs beyond these is added to the last */

struct sum {
    const struct tax_rate *rate;
    int within;
    int64_t amount;
};

static void add_parts(struct sum *sums, int *count, const struct tax_rates *rates,
                      const int64_t *parts, int within)
{
    for (int r = 0; r < rates->count; r++) {
        int at = 0;
        while (at < *count &&
               (sums[at].within != within || sums[at].rate->ppm != rates->at[r].ppm ||
                strcmp(sums[at].rate->name, rates->at[r].name) != 0))
            at++;
        if (at == SUMS)
            at = SUMS - 1;
        else if (at == *count)
            sums[(*count)++] = (struct sum){&rates->at[r], within, 0};
        sums[at].amount += parts[r];
    }
}

static void add_taxes(struct arena *arena, struct json *doc, const struct quote *quote)
{
    struct sum sums[SUMS];
    int count = 0;
    for (size_t i = 0; i < quote->count; i++)
        add_parts(sums, &count, &quote->lines[i].rates, quote->lines[i].tax_parts,
                  quote_tax_within(quote, &quote->lines[i]));
    for (size_t i = 0; i < quote->delivery_count; i++)
        add_parts(sums, &count, &quote->delivery[i].rates, quote->delivery[i].tax_parts,
                  quote->include_tax);
    struct json *list = json_add(arena, doc, "taxes", JSON_ARRAY);
    for (int i = 0; i < count; i++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "name", arena_str(arena, souk_str(sums[i].rate->name)));
        json_add_int(arena, item, "rate_ppm", sums[i].rate->ppm);
        json_add_int(arena, item, "amount", sums[i].amount);
        json_add_bool(arena, item, "included", sums[i].within);
    }
}

/* ---- the rest ---- */

static void add_delivery(struct arena *arena, struct json *doc, const struct quote *quote)
{
    struct json *list = json_add(arena, doc, "delivery", JSON_ARRAY);
    for (size_t i = 0; i < quote->delivery_count; i++) {
        const struct quote_delivery *one = &quote->delivery[i];
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "method", one->method);
        json_add_str(arena, item, "label", one->label);
        json_add_int(arena, item, "amount", one->amount);
        json_add_int(arena, item, "discount", one->discount);
        json_add_int(arena, item, "tax", one->tax);
    }
}

static void add_coupons(struct arena *arena, struct json *doc, const struct quote *quote)
{
    struct json *list = json_add(arena, doc, "coupons", JSON_ARRAY);
    for (size_t i = 0; i < quote->coupon_count; i++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "code", quote->coupons[i].code);
        json_add_bool(arena, item, "accepted", quote->coupons[i].accepted);
        json_add_cstr(arena, item, "reason_code",
                      quote->coupons[i].reason_code ? quote->coupons[i].reason_code : "");
        if (quote->coupons[i].reason.len)
            json_add_str(arena, item, "reason", quote->coupons[i].reason);
        else
            json_add_null(arena, item, "reason");
        if (quote->coupons[i].reason_code && *quote->coupons[i].reason_code)
            json_add_cstr(arena, item, "reason_code", quote->coupons[i].reason_code);
    }
}

/* ---- discounts by name ---- */

static struct json *discount_of(struct arena *arena, struct json *list, const struct quote *quote,
                                struct souk_str id)
{
    for (struct json_item *item = list->first; item; item = item->next)
        if (souk_str_equal(json_text(json_at(&item->value, "promotion")), id))
            return &item->value;
    const struct json *trace = traced(quote, id);
    struct json *one = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_str(arena, one, "promotion", id);
    json_add_str(arena, one, "name", json_text(json_at(trace, "name")));
    json_add_int(arena, one, "amount", 0);
    json_add_int(arena, one, "delivery_amount", json_int(json_at(trace, "delivery_amount"), 0));
    return one;
}

/* What each promotion took off: the sums of the lines' shares, and of deliveries. */
static void add_discounts(struct arena *arena, struct json *doc, const struct quote *quote)
{
    struct json *list = json_add(arena, doc, "discounts", JSON_ARRAY);
    for (size_t i = 0; i < quote->count; i++)
        for (size_t k = 0; k < quote->lines[i].discount_count; k++) {
            const struct quote_share *share = &quote->lines[i].discounts[k];
            struct json *one = discount_of(arena, list, quote, share->promotion);
            json_add_int(arena, one, "amount", json_int(json_at(one, "amount"), 0) + share->amount);
        }
    json_each(item, quote->promotions)
    {
        if (json_true(json_at(&item->value, "applied")) &&
            json_int(json_at(&item->value, "delivery_amount"), 0) > 0)
            discount_of(arena, list, quote, json_text(json_at(&item->value, "id")));
    }
}

static void add_list(struct arena *arena, struct json *doc, const char *key,
                     const struct json *list)
{
    if (list)
        json_add_tree(arena, doc, key, list);
    else
        json_add(arena, doc, key, JSON_ARRAY);
}

/* Only where a tax number or a place makes a difference. */
static void add_exempt(struct arena *arena, struct json *doc, const struct quote *quote)
{
    const char *note = tax_buyer_note(&quote->buyer);
    if (quote->exempt)
        json_add_cstr(arena, doc, "tax_exempt", quote->exempt == QUOTE_EXEMPT_ALL ? "all" : "some");
    if (quote->exempt && quote->tax_note.len)
        json_add_str(arena, doc, "tax_note", quote->tax_note);
    else if (note)
        json_add_cstr(arena, doc, "tax_note", note);
}

struct json *quote_print(struct arena *arena, const struct quote *quote)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    json_add_str(arena, doc, "currency", quote->currency);
    if (quote->at)
        json_add_time(arena, doc, "at", quote->at);
    if (quote->until)
        json_add_time(arena, doc, "until", quote->until);
    json_add_bool(arena, doc, "prices_include_tax", quote->include_tax);
    struct json *lines = json_add(arena, doc, "lines", JSON_ARRAY);
    for (size_t i = 0; i < quote->count; i++)
        add_line(arena, lines, quote, i);
    add_totals(arena, doc, quote);
    add_taxes(arena, doc, quote);
    add_exempt(arena, doc, quote);
    add_delivery(arena, doc, quote);
    add_discounts(arena, doc, quote);
    add_list(arena, doc, "promotions", quote->promotions);
    add_coupons(arena, doc, quote);
    add_list(arena, doc, "nudges", quote->nudges);
    json_add_str(arena, doc, "version", quote->version);
    return doc;
}
