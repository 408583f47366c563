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
    }
}
