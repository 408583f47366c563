/*
 * order_discount.c: what promotions took off an order, by their names: the sums of its lines'
 * shares as they are today (an order may have been edited), and the discounts on delivery that the
 * stored quote tells of, as far as they still add up.
 */
#include "shop/order_inner.h"

static struct json *find(struct json *list, struct souk_str id)
{
    for (struct json_item *item = list->first; item; item = item->next)
        if (souk_str_equal(json_text(json_at(&item->value, "promotion")), id))
            return &item->value;
    return NULL;
}

static const struct json *told(const struct json *quote, struct souk_str id)
{
    json_each(item, json_at(quote, "discounts"))
    {
        if (souk_str_equal(json_text(json_at(&item->value, "promotion")), id))
            return &item->value;
    }
    return NULL;
}

static struct json *need(struct arena *arena, struct json *list, const struct json *quote,
                         struct souk_str id)
{
    struct json *one = find(list, id);
    if (one)
        return one;
    one = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_str(arena, one, "promotion", id);
    json_add_str(arena, one, "name", json_text(json_at(told(quote, id), "name")));
    json_add_int(arena, one, "amount", 0);
    json_add_int(arena, one, "delivery_amount", 0);
    return one;
}

static void add_line(struct arena *arena, struct json *list, const struct json *quote,
                     const struct json *line)
{
    json_each(item, json_at(line, "discounts"))
    {
        struct json *share = (struct json *)(uintptr_t)&item->value;
        struct souk_str id = json_text(json_at(share, "promotion"));
        struct json *one = need(arena, list, quote, id);
        json_add_str(arena, share, "name", json_text(json_at(one, "name")));
        json_add_int(arena, one, "amount",
                     json_int(json_at(one, "amount"), 0) + json_int(json_at(share, "amount"), 0));
    }
}

static void add_delivery(struct arena *arena, struct json *list, const struct json *quote,
                         int64_t discount)
{
    int64_t sum = 0;
    json_each(item, json_at(quote, "discounts")) sum +=
        json_int(json_at(&item->value, "delivery_amount"), 0);
    if (!discount || sum != discount)
        return;
    json_each(item, json_at(quote, "discounts"))
    {
        int64_t amount = json_int(json_at(&item->value, "delivery_amount"), 0);
        if (amount)
            json_add_int(arena,
                         need(arena, list, quote, json_text(json_at(&item->value, "promotion"))),
                         "delivery_amount", amount);
    }
}

void order_discounts(struct arena *arena, struct json *doc, struct souk_str quote_text)
{
    struct json *list = json_add(arena, doc, "discounts", JSON_ARRAY), *quote = NULL;
    const struct json *totals = json_at(doc, "totals");
    int64_t delivery = json_int(json_at(totals, "delivery_discount"), 0);
    if (!delivery && !json_int(json_at(totals, "discount"), 0))
        return;
    if (json_parse(arena, quote_text, &quote, NULL) != SOUK_OK)
        quote = json_new(arena, JSON_OBJECT);
    json_each(line, json_at(doc, "lines")) add_line(arena, list, quote, &line->value);
    add_delivery(arena, list, quote, delivery);
}
