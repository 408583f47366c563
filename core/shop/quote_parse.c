/*
 * quote_parse.c: the file of `souk quote` into a quote that can be computed. Every mistake is told
 * at once, each with its JSON pointer, so that a file is mended in one go. A member whose name is
 * nearly one that is known is taken for a slip and refused with the right name; others that nobody
 * here knows are left alone, because files may say more than this program reads.
 */
#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "shop/quote.h"

#define RATE_MOST  1000000
#define NAME_MOST  400
#define LISTS_MOST 100 /* categories of a line, coupons, shipments */

struct parse {
    struct arena *arena;
    struct buf wrong;
    int count;
};

static void complain(struct parse *parse, const char *at, const char *what)
{
    buf_printf(&parse->wrong, "%s%s: %s", parse->count ? "; " : "", at, what);
    parse->count++;
}

static const char *place(struct parse *parse, const char *at, const char *key)
{
    return arena_printf(parse->arena, "%s/%s", at, key).ptr;
}

static void check_names(struct parse *parse, const struct json *object, const char *at,
                        const char *const *names)
{
    json_each(item, object)
    {
        int known = 0;
        for (int i = 0; names[i] && !known; i++)
            known = souk_str_is(item->key, names[i]);
        const char *near = known ? NULL : str_nearest(item->key, names);
        if (near)
            complain(parse, place(parse, at, arena_cstr(parse->arena, item->key)),
                     arena_printf(parse->arena, "no such member; did you mean \"%s\"?", near).ptr);
    }
}

/* A whole number within bounds; `otherwise` when it is not there or wrong. */
static int64_t take_int(struct parse *parse, const struct json *object, const char *at,
                        const char *key, int64_t least, int64_t most, int64_t otherwise)
{
    const struct json *value = json_at(object, key);
    if (!value || value->kind == JSON_NULL)
        return otherwise;
    if (value->kind == JSON_INT && value->number >= least && value->number <= most)
        return value->number;
    struct souk_str words =
        most == INT64_MAX
            ? arena_printf(parse->arena, "must be a whole number, at least %lld", (long long)least)
            : arena_printf(parse->arena, "must be a whole number from %lld to %lld",
                           (long long)least, (long long)most);
    complain(parse, place(parse, at, key), words.ptr);
    return otherwise;
}

static struct souk_str take_text(struct parse *parse, const struct json *object, const char *at,
                                 const char *key)
{
    const struct json *value = json_at(object, key);
    if (!value || value->kind == JSON_NULL)
        return souk_str("");
    if (value->kind == JSON_STRING && value->text.len <= NAME_MOST)
        return value->text;
    complain(parse, place(parse, at, key), "must be a string of at most 400 bytes");
    return souk_str("");
}

static int take_bool(struct parse *parse, const struct json *object, const char *at,
                     const char *key, int otherwise)
{
    const struct json *value = json_at(object, key);
    if (value && value->kind != JSON_BOOL)
        complain(parse, place(parse, at, key), "must be true or false");
    return value && value->kind == JSON_BOOL ? json_true(value) : otherwise;
}

/* NULL when it is absent; complained about when it is no list or too long. */
static const struct json *take_list(struct parse *parse, const struct json *object, const char *at,
                                    const char *key, size_t most)
{
    const struct json *value = json_at(object, key);
    if (!value)
        return NULL;
    if (value->kind == JSON_ARRAY && value->count <= most)
        return value;
    complain(parse, place(parse, at, key),
             arena_printf(parse->arena, "must be a list of at most %zu", most).ptr);
    return NULL;
}

static struct souk_str *take_texts(struct parse *parse, const struct json *object, const char *at,
                                   const char *key, size_t *count)
{
    const struct json *list = take_list(parse, object, at, key, LISTS_MOST);
    struct souk_str *texts =
        list ? arena_array(parse->arena, struct souk_str, list->count + 1) : NULL;
    *count = 0;
    json_each(item, list)
    {
        if (item->value.kind != JSON_STRING || !item->value.text.len ||
            item->value.text.len > NAME_MOST)
            complain(
                parse,
                place(parse, place(parse, at, key), arena_printf(parse->arena, "%zu", *count).ptr),
                "must be a string of 1 to 400 bytes");
        texts[(*count)++] = json_text(&item->value);
    }
    return texts;
}

static void take_rate(struct parse *parse, const struct json *object, const char *at,
                      struct tax_rates *rates)
{
    int64_t ppm = take_int(parse, object, at, "tax_ppm", 0, RATE_MOST, -1);
    if (ppm < 0)
        return;
    rates->count = 1;
    str_copy(rates->at[0].name, sizeof rates->at[0].name, souk_str("tax"));
    rates->at[0].ppm = ppm;
    rates->at[0].delivery = 1;
}

/* ---- lines ---- */

static void parse_line(struct parse *parse, const struct json *doc, const char *at,
                       struct quote_line *line)
{
    static const char *const names[] = {"id",
                                        "sku",
                                        "name",
                                        "quantity",
                                        "unit_price",
                                        "categories",
                                        "original_price",
                                        "product",
                                        "tax_ppm",
                                        "tax_included",
                                        "min_unit_price",
                                        "weight_g",
                                        "options",
                                        NULL};
    if (doc->kind != JSON_OBJECT) {
        complain(parse, at, "must be an object with \"sku\" and \"quantity\"");
        return;
    }
    check_names(parse, doc, at, names);
    line->sku = take_text(parse, doc, at, "sku");
    line->name = take_text(parse, doc, at, "name");
    line->product = take_text(parse, doc, at, "product");
    line->options = take_text(parse, doc, at, "options");
    line->categories = take_texts(parse, doc, at, "categories", &line->category_count);
    line->quantity = take_int(parse, doc, at, "quantity", 1, QUOTE_QUANTITY, 0);
    line->unit_price = take_int(parse, doc, at, "unit_price", 0, INT64_MAX, -1);
    line->original_price = take_int(parse, doc, at, "original_price", 0, INT64_MAX, -1);
    line->min_unit_price = take_int(parse, doc, at, "min_unit_price", 0, INT64_MAX, 0);
    line->weight_g = take_int(parse, doc, at, "weight_g", 0, INT64_MAX, -1);
    line->cost = line->length_mm = line->width_mm = line->height_mm = -1;
    take_rate(parse, doc, at, &line->rates);
    line->delivery_rates = line->rates;
    if (json_at(doc, "tax_included"))
        line->tax_basis =
            take_bool(parse, doc, at, "tax_included", 0) ? QUOTE_TAX_WITHIN : QUOTE_TAX_ON_TOP;
    if (!json_at(doc, "quantity"))
        complain(parse, place(parse, at, "quantity"), "is missing");
    if (!line->sku.len && !json_at(doc, "sku"))
        complain(parse, place(parse, at, "sku"), "is missing");
    if (line->unit_price >= 0 && line->original_price < line->unit_price) {
        if (line->original_price >= 0)
            complain(parse, place(parse, at, "original_price"), "must be at least unit_price");
        line->original_price = line->unit_price;
    }
}

static void parse_lines(struct parse *parse, const struct json *doc, struct quote *quote)
{
    const struct json *list = take_list(parse, doc, "", "lines", QUOTE_LINES);
    if (!json_at(doc, "lines"))
        complain(parse, "/lines", "is missing");
    quote->lines = arena_array(parse->arena, struct quote_line, (list ? list->count : 0) + 1);
    json_each(item, list)
    {
        parse_line(parse, &item->value, arena_printf(parse->arena, "/lines/%zu", quote->count).ptr,
                   &quote->lines[quote->count]);
        quote->count++;
    }
}

static void parse_delivery(struct parse *parse, const struct json *doc, struct quote *quote)
{
    static const char *const names[] = {"method", "label", "amount", "tax_ppm", NULL};
    const struct json *list = take_list(parse, doc, "", "delivery", LISTS_MOST);
    quote->delivery =
        arena_array(parse->arena, struct quote_delivery, (list ? list->count : 0) + 1);
    json_each(item, list)
    {
        const char *at = arena_printf(parse->arena, "/delivery/%zu", quote->delivery_count).ptr;
        struct quote_delivery *one = &quote->delivery[quote->delivery_count++];
        if (item->value.kind != JSON_OBJECT) {
            complain(parse, at, "must be an object with \"method\" and \"amount\"");
            continue;
        }
        check_names(parse, &item->value, at, names);
        one->method = take_text(parse, &item->value, at, "method");
        one->label = take_text(parse, &item->value, at, "label");
        one->amount = take_int(parse, &item->value, at, "amount", 0, INT64_MAX, 0);
        take_rate(parse, &item->value, at, &one->rates);
        if (!json_at(&item->value, "amount"))
            complain(parse, place(parse, at, "amount"), "is missing");
    }
}

/* ---- the rest ---- */

static void parse_customer(struct parse *parse, const struct json *doc)
{
    static const char *const names[] = {
        "id",      "email",    "group", "guest",         "orders_before",  "orders_cancelled",
        "history", "segments", "spent", "registered_at", "first_order_at", "last_order_at",
        "lead_at", "bucket",   NULL};
    const struct json *customer = json_at(doc, "customer");
    if (!customer || customer->kind == JSON_NULL)
        return;
    if (customer->kind != JSON_OBJECT) {
        complain(parse, "/customer", "must be an object");
        return;
    }
    check_names(parse, customer, "/customer", names);
    take_text(parse, customer, "/customer", "email");
    take_text(parse, customer, "/customer", "group");
    take_bool(parse, customer, "/customer", "guest", 0);
    take_int(parse, customer, "/customer", "orders_before", 0, INT64_MAX, 0);
    take_int(parse, customer, "/customer", "orders_cancelled", 0, INT64_MAX, 0);
    const struct json *history = take_list(parse, customer, "/customer", "history", 100000);
    size_t at = 0;
    json_each(item, history)
    {
        if (item->value.kind != JSON_OBJECT)
            complain(parse, arena_printf(parse->arena, "/customer/history/%zu", at).ptr,
                     "must be an object");
        at++;
    }
}

static void parse_terms(struct parse *parse, const struct json *doc, struct quote *quote)
{
    const struct market_shop *shop = market_shop();
    quote->currency = take_text(parse, doc, "", "currency");
    if (!quote->currency.len)
        quote->currency = souk_str(shop->currency);
    if (money_digits(arena_cstr(parse->arena, quote->currency)) < 0)
        complain(parse, "/currency", "is no currency; write a code like EUR");
    struct souk_str at = take_text(parse, doc, "", "at");
    if (at.len && clock_parse(at, &quote->at) != SOUK_OK)
        complain(parse, "/at", "must be a time like 2026-11-27T00:00:00Z");
    quote->include_tax = take_bool(parse, doc, "", "prices_include_tax", shop->prices_include_tax);
    quote->round_by_total = take_bool(parse, doc, "", "round_by_total", shop->round_by_total);
    take_text(parse, doc, "", "channel");
}

static void parse_coupons(struct parse *parse, const struct json *doc, struct quote *quote)
{
    const struct souk_str *codes = take_texts(parse, doc, "", "coupons", &quote->coupon_count);
    quote->coupons = arena_array(parse->arena, struct quote_coupon, quote->coupon_count + 1);
    for (size_t i = 0; i < quote->coupon_count; i++)
        quote->coupons[i].code = codes[i];
}

int quote_parse(struct arena *arena, const struct json *doc, struct quote *quote, struct err *err)
{
    static const char *const names[] = {"currency", "at",      "lines",    "delivery",
                                        "customer", "channel", "coupons",  "prices_include_tax",
                                        "country",  "region",  "postcode", "round_by_total",
                                        "locale",   "scripts", "usage",    "codes",
                                        NULL};
    struct parse parse = {.arena = arena, .wrong = {.arena = arena}};
    *quote = (struct quote){0};
    if (!doc || doc->kind != JSON_OBJECT)
        return err_set(err, SOUK_INVALID, "the cart must be a JSON object with \"lines\"");
    check_names(&parse, doc, "", names);
    parse_terms(&parse, doc, quote);
    parse_lines(&parse, doc, quote);
    parse_delivery(&parse, doc, quote);
    parse_coupons(&parse, doc, quote);
    parse_customer(&parse, doc);
    take_text(&parse, doc, "", "country");
    take_text(&parse, doc, "", "region");
    take_text(&parse, doc, "", "postcode");
    return parse.count ? err_set(err, SOUK_INVALID, "%.*s", SOUK_PRI(buf_str(&parse.wrong)))
                       : SOUK_OK;
}
