/*
 * order_basis: what the amounts of an order rest on, kept as JSON with it: the rates of each line
 * and of the delivery, so that an edit computes by the law of the day the order was placed,
 * whatever the tables of tax say by then.
 */
#include "shop/order_inner.h"

#include "base/str.h"

static struct json *rates_doc(struct arena *arena, const struct tax_rates *rates,
                              const int64_t *parts)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    for (int i = 0; i < rates->count; i++) {
        const struct tax_rate *rate = &rates->at[i];
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "name", arena_str(arena, souk_str(rate->name)));
        json_add_int(arena, item, "ppm", rate->ppm);
        json_add_int(arena, item, "amount", parts[i]);
        if (rate->compound)
            json_add_bool(arena, item, "compound", 1);
        if (rate->delivery)
            json_add_bool(arena, item, "delivery", 1);
    }
    return list;
}

struct souk_str order_line_taxes(struct arena *arena, const struct quote_line *line)
{
    if (line->rates.count == 0)
        return souk_str("[]");
    return order_json_text(arena, rates_doc(arena, &line->rates, line->tax_parts));
}

struct souk_str order_line_discounts(struct arena *arena, const struct quote_line *line)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    for (size_t i = 0; i < line->discount_count; i++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "promotion", line->discounts[i].promotion);
        json_add_int(arena, item, "amount", line->discounts[i].amount);
    }
    return list->count ? order_json_text(arena, list) : souk_str("[]");
}

void order_rates_read(const struct json *list, struct tax_rates *rates)
{
    *rates = (struct tax_rates){0};
    json_each(item, list)
    {
        if (rates->count == TAX_RATES)
            break;
        struct tax_rate *rate = &rates->at[rates->count++];
        str_copy(rate->name, sizeof rate->name, json_text(json_at(&item->value, "name")));
        rate->ppm = json_int(json_at(&item->value, "ppm"), 0);
        rate->compound = json_true(json_at(&item->value, "compound"));
        rate->delivery = json_true(json_at(&item->value, "delivery"));
    }
}

struct souk_str order_quote_text(struct arena *arena, const struct quote *quote)
{
    struct json *doc = quote_print(arena, quote);
    if (!doc || doc->kind != JSON_OBJECT)
        doc = json_new(arena, JSON_OBJECT);
    struct json *basis = json_add(arena, doc, "basis", JSON_OBJECT);
    struct json *list = json_add(arena, basis, "delivery", JSON_ARRAY);
    json_add_bool(arena, basis, "round_by_total", quote->round_by_total);
    if (quote->fetched)
        json_add_bool(arena, basis, "fetched", 1);
    for (size_t i = 0; i < quote->delivery_count; i++) {
        const struct quote_delivery *delivery = &quote->delivery[i];
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "method", delivery->method);
        json_add_str(arena, item, "label", delivery->label);
        json_add_int(arena, item, "amount", delivery->amount);
        json_add_int(arena, item, "discount", delivery->discount);
        json_add_tree(arena, item, "rates",
                      rates_doc(arena, &delivery->rates, delivery->tax_parts));
    }
    return order_json_text(arena, doc);
}

void order_basis_read(struct arena *arena, const struct json *doc, struct quote *quote)
{
    const struct json *basis = json_at(doc, "basis");
    const struct json *list = json_at(basis, "delivery");
    size_t count = list && list->kind == JSON_ARRAY ? list->count : 0;
    quote->round_by_total = json_true(json_at(basis, "round_by_total"));
    quote->fetched = json_true(json_at(basis, "fetched"));
    order_tax_basis(doc, &quote->tax_note, &quote->exempt);
    quote->delivery = arena_array(arena, struct quote_delivery, count + 1);
    quote->delivery_count = 0;
    json_each(item, list)
    {
        struct quote_delivery *delivery = &quote->delivery[quote->delivery_count++];
        delivery->method = json_text(json_at(&item->value, "method"));
        delivery->label = json_text(json_at(&item->value, "label"));
        delivery->amount = json_int(json_at(&item->value, "amount"), 0);
        delivery->discount = json_int(json_at(&item->value, "discount"), 0);
        order_rates_read(json_at(&item->value, "rates"), &delivery->rates);
        delivery->rates.exempt = quote->exempt && !delivery->rates.count;
    }
}

/* ---- promotions ---- */

void order_trace_read(struct arena *arena, const struct json *doc, struct quote *quote)
{
    const struct json *coupons = json_at(doc, "coupons"), *trace = json_at(doc, "promotions");
    size_t count = coupons && coupons->kind == JSON_ARRAY ? coupons->count : 0;
    quote->promotions = trace && trace->kind == JSON_ARRAY ? json_copy(arena, trace) : NULL;
    quote->coupons = arena_array(arena, struct quote_coupon, count + 1);
    quote->coupon_count = 0;
    json_each(item, coupons) quote->coupons[quote->coupon_count++] =
        (struct quote_coupon){.code = json_text(json_at(&item->value, "code")),
                              .reason = json_text(json_at(&item->value, "reason")),
                              .accepted = json_true(json_at(&item->value, "accepted"))};
}

static struct json *member(struct json *object, const char *key)
{
    for (struct json_item *item = object->first; item; item = item->next)
        if (souk_str_is(item->key, key) && item->value.kind == JSON_INT)
            return &item->value;
    return NULL;
}

static int64_t discounts_of(const struct quote *quote, struct souk_str promotion)
{
    int64_t sum = 0;
    for (size_t i = 0; i < quote->count; i++)
        for (size_t d = 0; d < quote->lines[i].discount_count; d++)
            if (souk_str_equal(quote->lines[i].discounts[d].promotion, promotion))
                sum += quote->lines[i].discounts[d].amount;
    return sum;
}

static int is_traced(const struct quote *quote, struct souk_str promotion)
{
    json_each(item, quote->promotions) if (json_true(json_at(&item->value, "applied")) &&
                                           souk_str_equal(json_text(json_at(&item->value, "id")),
                                                          promotion)) return 1;
    return 0;
}

/* A line that came later can have a discount of its own: that of an offer. */
static void add_new(struct arena *arena, struct quote *quote)
{
    if (!quote->promotions)
        quote->promotions = json_new(arena, JSON_ARRAY);
    for (size_t i = 0; i < quote->count; i++)
        for (size_t d = 0; d < quote->lines[i].discount_count; d++) {
            struct souk_str promotion = quote->lines[i].discounts[d].promotion;
            if (is_traced(quote, promotion))
                continue;
            struct json *entry = json_add(arena, quote->promotions, NULL, JSON_OBJECT);
            json_add_str(arena, entry, "id", promotion);
            json_add_str(arena, entry, "name", promotion);
            json_add_bool(arena, entry, "applied", 1);
            json_add_int(arena, entry, "amount", 0);
            json_add_int(arena, entry, "delivery_amount", 0);
        }
}

/* Deliveries do not say whose discount it is: what is left of it belongs to those that came
 * first. */
void order_trace_follow(struct arena *arena, struct quote *quote)
{
    int64_t left = 0;
    add_new(arena, quote);
    for (size_t i = 0; i < quote->delivery_count; i++)
        left += quote->delivery[i].discount;
    for (struct json_item *item = quote->promotions->first; item; item = item->next) {
        struct json *amount = member(&item->value, "amount");
        struct json *delivery = member(&item->value, "delivery_amount");
        int catalogue = souk_str_is(json_text(json_at(&item->value, "kind")), "catalogue");
        if (!json_true(json_at(&item->value, "applied")) || catalogue)
            continue;
        if (amount)
            amount->number = discounts_of(quote, json_text(json_at(&item->value, "id")));
        if (delivery && delivery->number > left)
            delivery->number = left;
        left -= delivery ? delivery->number : 0;
    }
}
