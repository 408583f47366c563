/*
 * jsonld: what a page says to search engines, as schema.org names it. Made from the same views that
 * templates show, so that both always say the same.
 *
 * It does not do: ratings and return policies; who has them adds a graph of their own in the slot
 * "layout.head".
 */
#include "app/storefront/page_part.h"

#include "base/money.h"

static struct json *add_thing(struct arena *arena, struct json *parent, const char *key,
                              const char *type)
{
    struct json *thing = json_add(arena, parent, key, JSON_OBJECT);
    json_add_cstr(arena, thing, "@type", type);
    return thing;
}

/* ---- the shop ---- */

struct json *jsonld_shop(struct request *request, const char *locale, struct json *graph)
{
    struct arena *arena = &request->arena;
    const struct market_shop *shop = market_shop();
    struct souk_str home = page_address(request, page_localized(arena, locale, souk_str("/")));
    struct json *owner = add_thing(arena, graph, NULL, "Organization");
    json_add_cstr(arena, owner, "name", shop->name);
    json_add_str(arena, owner, "url", home);
    if (shop->email && *shop->email)
        json_add_cstr(arena, owner, "email", shop->email);
    if (shop->phone && *shop->phone)
        json_add_cstr(arena, owner, "telephone", shop->phone);
    struct json *site = add_thing(arena, graph, NULL, "WebSite");
    json_add_cstr(arena, site, "name", shop->name);
    json_add_str(arena, site, "url", home);
    json_add_cstr(arena, site, "inLanguage", locale);
    struct json *action = add_thing(arena, site, "potentialAction", "SearchAction");
    struct json *target = add_thing(arena, action, "target", "EntryPoint");
    struct souk_str search =
        page_address(request, page_localized(arena, locale, souk_str("/search")));
    json_add_str(arena, target, "urlTemplate",
                 arena_printf(arena, "%.*s?q={search_term_string}", SOUK_PRI(search)));
    json_add_cstr(arena, action, "query-input", "required name=search_term_string");
    return owner;
}

/* ---- the way here ---- */

static void add_crumb(struct request *request, struct json *list, int64_t position,
                      struct souk_str name, struct souk_str path)
{
    struct arena *arena = &request->arena;
    struct json *item = add_thing(arena, list, NULL, "ListItem");
    json_add_int(arena, item, "position", position);
    json_add_str(arena, item, "name", name);
    json_add_str(arena, item, "item", page_address(request, path));
}

void jsonld_breadcrumb(struct request *request, struct json *graph, const struct json *breadcrumb,
                       struct souk_str name, struct souk_str path)
{
    struct arena *arena = &request->arena;
    struct json *trail = add_thing(arena, graph, NULL, "BreadcrumbList");
    struct json *list = json_add(arena, trail, "itemListElement", JSON_ARRAY);
    int64_t position = 0;
    json_each(item, breadcrumb)
    {
        struct souk_str url = json_text(json_at(&item->value, "url"));
        if (!souk_str_equal(url, path))
            add_crumb(request, list, ++position, json_text(json_at(&item->value, "name")), url);
    }
    add_crumb(request, list, ++position, name, path);
}

/* ---- a product ---- */

/* Minor units with their point, as numbers are written for machines: "12.90". */
static struct souk_str decimal(struct arena *arena, int64_t minor, const char *currency)
{
    int digits = money_digits(currency);
    int64_t unit = 1;
    for (int i = 0; i < digits; i++)
        unit *= 10;
    if (digits <= 0)
        return arena_printf(arena, "%lld", (long long)minor);
    return arena_printf(arena, "%lld.%0*lld", (long long)(minor / unit), digits,
                        (long long)(minor % unit));
}

static void add_price(struct arena *arena, struct json *offer, const char *key,
                      const struct json *money)
{
    const char *currency = arena_cstr(arena, json_text(json_at(money, "currency")));
    json_add_str(arena, offer, key,
                 decimal(arena, json_int(json_at(money, "amount"), 0), currency));
    json_add_cstr(arena, offer, "priceCurrency", currency);
}

static const char *schema_availability(const struct json *thing)
{
    struct souk_str state = json_text(json_at(thing, "availability"));
    if (souk_str_is(state, "backorder"))
        return "https://schema.org/BackOrder";
    if (souk_str_is(state, "low"))
        return "https://schema.org/LimitedAvailability";
    return json_true(json_at(thing, "available")) ? "https://schema.org/InStock"
                                                  : "https://schema.org/OutOfStock";
}

static void add_codes(struct arena *arena, struct json *to, const struct json *view,
                      const struct json *variant)
{
    struct souk_str barcode = json_text(json_at(view, "barcode"));
    int digits = barcode.len >= 8 && barcode.len <= 14;
    for (size_t i = 0; i < barcode.len; i++)
        digits &= barcode.ptr[i] >= '0' && barcode.ptr[i] <= '9';
    if (json_text(json_at(variant, "sku")).len)
        json_add_str(arena, to, "sku", json_text(json_at(variant, "sku")));
    if (digits)
        json_add_str(arena, to, "gtin", barcode);
}

static void add_offer(struct request *request, struct json *product, const struct json *view,
                      const struct json *variant)
{
    struct arena *arena = &request->arena;
    const struct json *price = json_at(variant ? variant : view, "price");
    if (!price || price->kind != JSON_OBJECT)
        return;
    struct json *offer = add_thing(arena, product, "offers", "Offer");
    add_price(arena, offer, "price", price);
    json_add_cstr(arena, offer, "availability", schema_availability(variant ? variant : view));
    json_add_cstr(arena, offer, "itemCondition", "https://schema.org/NewCondition");
    json_add_str(arena, offer, "url", page_address(request, json_text(json_at(view, "url"))));
    struct json *seller = add_thing(arena, offer, "seller", "Organization");
    json_add_cstr(arena, seller, "name", market_shop()->name);
    add_codes(arena, product, view, variant);
}

static void add_offers(struct request *request, struct json *product, const struct json *view)
{
    struct arena *arena = &request->arena;
    const struct json *low = json_at(view, "price"), *high = json_at(view, "price_max");
    if (!low || low->kind != JSON_OBJECT)
        return;
    struct json *offers = add_thing(arena, product, "offers", "AggregateOffer");
    add_price(arena, offers, "lowPrice", low);
    add_price(arena, offers, "highPrice", high && high->kind == JSON_OBJECT ? high : low);
    json_add_str(arena, offers, "url", page_address(request, json_text(json_at(view, "url"))));
    json_add_int(arena, offers, "offerCount", json_at(view, "variants")->count);
    json_add_cstr(arena, offers, "availability", schema_availability(view));
    json_add_cstr(arena, offers, "itemCondition", "https://schema.org/NewCondition");
}

void jsonld_product(struct request *request, struct json *graph, const struct json *view, int one)
{
    struct arena *arena = &request->arena;
    struct json *product = add_thing(arena, graph, NULL, "Product");
    json_add_str(arena, product, "name", json_text(json_at(view, "name")));
    json_add_str(arena, product, "url", page_address(request, json_text(json_at(view, "url"))));
    struct souk_str words = json_text(json_at(view, "description"));
    if (words.len)
        json_add_str(arena, product, "description", words);
    struct souk_str brand = json_text(json_at(view, "brand"));
    if (brand.len)
        json_add_str(arena, add_thing(arena, product, "brand", "Brand"), "name", brand);
    const struct json *images = json_at(view, "images");
    if (images && images->count) {
        struct json *list = json_add(arena, product, "image", JSON_ARRAY);
        json_each(item, images) json_add_str(
            arena, list, NULL, page_address(request, json_text(json_at(&item->value, "url"))));
    }
    const struct json *variants = json_at(view, "variants");
    const struct json *selected = json_at(view, "selected");
    if (variants && variants->count > 1 && !one)
        add_offers(request, product, view);
    else if (selected && selected->kind == JSON_OBJECT)
        add_offer(request, product, view, selected);
    else
        add_offer(request, product, view,
                  json_first(variants) ? &json_first(variants)->value : NULL);
}
