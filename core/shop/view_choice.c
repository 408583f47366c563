/*
 * view_choice.c: options and variants of a product as parts of its view.
 */
#include "shop/view_variant.h"
#include "shop/view_text.h"

static void add_query(struct buf *out, struct souk_str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-._~", c)) {
            buf_add_char(out, (char)c);
        } else {
            buf_add_char(out, '%');
            buf_add_char(out, digits[c >> 4]);
            buf_add_char(out, digits[c & 15]);
        }
    }
}

struct souk_str view_choice_url(struct arena *arena, const struct shown_variants *variants,
                                struct souk_str url, const int *values)
{
    struct buf out = {.arena = arena};
    char mark = '?';
    buf_add_str(&out, url);
    for (int o = 0; o < variants->option_count; o++) {
        const struct option *option = &variants->options[o];
        if (values[o] < 0 || option->count == 1)
            continue;
        buf_add_char(&out, mark);
        add_query(&out, option->code);
        buf_add_char(&out, '=');
        add_query(&out, option->values[values[o]].code);
        mark = '&';
    }
    return buf_str(&out);
}

struct json *view_variants_options(struct arena *arena, const struct shown_variants *variants,
                                   struct souk_str url)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    int values[PRODUCT_OPTIONS];
    for (int o = 0; o < variants->option_count; o++)
        values[o] = variants->options[o].chosen;
    for (int o = 0; o < variants->option_count; o++) {
        const struct option *option = &variants->options[o];
        struct json *view = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, view, "code", option->code);
        json_add_str(arena, view, "name", option->name);
        json_add_str(arena, view, "type", option->type);
        struct json *items = json_add(arena, view, "values", JSON_ARRAY);
        for (int v = 0; v < option->count; v++) {
            struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
            json_add_str(arena, item, "code", option->values[v].code);
            json_add_str(arena, item, "name", option->values[v].name);
            if (option->values[v].color.len)
                json_add_str(arena, item, "color", option->values[v].color);
            else
                json_add_null(arena, item, "color");
            json_add_bool(arena, item, "selected", v == option->chosen);
            json_add_bool(arena, item, "available", option->values[v].available);
            values[o] = v;
            json_add_str(arena, item, "url", view_choice_url(arena, variants, url, values));
        }
        values[o] = option->chosen;
    }
    return list;
}

static void add_tiers(struct arena *arena, const struct market *market, struct json *view,
                      const struct shown_variant *variant)
{
    struct json *tiers = json_add(arena, view, "tiers", JSON_ARRAY);
    int64_t last = variant->price.amount, quantity = 1;
    while ((quantity =
                price_next_quantity(variant->rows, variant->row_count, market->now, quantity))) {
        struct price price = price_choose(variant->rows, variant->row_count, market->now, quantity);
        if (price.amount == last || price.amount < 0)
            continue;
        struct json *tier = json_add(arena, tiers, NULL, JSON_OBJECT);
        json_add_int(arena, tier, "min_quantity", quantity);
        view_money(arena, tier, "price", price.amount, market->currency);
        last = price.amount;
    }
}

static struct json *variant_view(struct arena *arena, const struct market *market,
                                 const struct shown_variants *variants,
                                 const struct shown_variant *variant, struct souk_str url)
{
    struct json *view = json_new(arena, JSON_OBJECT);
    struct buf label = {.arena = arena};
    json_add_str(arena, view, "sku", variant->sku);
    struct json *options = json_add(arena, view, "options", JSON_OBJECT);
    for (int o = 0; o < variants->option_count; o++) {
        const struct option *option = &variants->options[o];
        if (variant->values[o] < 0)
            continue;
        const struct option_value *value = &option->values[variant->values[o]];
        json_add_key(arena, options, option->code, JSON_STRING)->text = value->code;
        buf_add_cstr(&label, label.len ? " / " : "");
        buf_add_str(&label, value->name);
    }
    json_add_str(arena, view, "label", buf_str(&label));
    json_add_str(arena, view, "url", view_choice_url(arena, variants, url, variant->values));
    view_money(arena, view, "price", variant->price.amount, market->currency);
    view_money(arena, view, "compare_at",
               variant->price.compare_at > 0 ? variant->price.compare_at : -1, market->currency);
    json_add_bool(arena, view, "available", variant->available);
    json_add_cstr(arena, view, "availability", price_availability_name(variant->availability));
    if (variant->stock >= 0)
        json_add_int(arena, view, "stock", variant->stock);
    else
        json_add_null(arena, view, "stock");
    if (variant->image)
        json_add_tree(arena, view, "image", variant->image);
    else
        json_add_null(arena, view, "image");
    add_tiers(arena, market, view, variant);
    return view;
}

struct json *view_variants_list(struct arena *arena, const struct market *market,
                                const struct shown_variants *variants, struct souk_str url)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    for (int i = 0; i < variants->count; i++)
        if (variants->at[i].enabled)
            json_add_tree(arena, list, NULL,
                          variant_view(arena, market, variants, &variants->at[i], url));
    return list;
}

struct json *view_variants_one(struct arena *arena, const struct market *market,
                               const struct shown_variants *variants,
                               const struct shown_variant *variant, struct souk_str url,
                               int64_t lowest)
{
    if (!variant)
        return json_new(arena, JSON_NULL);
    struct json *view = variant_view(arena, market, variants, variant, url);
    view_money(arena, view, "lowest_30_days", lowest > 0 ? lowest : -1, market->currency);
    return view;
}
