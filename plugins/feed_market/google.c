/*
 * google.c: Google Merchant: RSS 2.0 with the g: namespace.
 *
 * An item is one variant; variants of a product share item_group_id. What Google requires and an
 * item lacks is said: a picture, an address, a price. A barcode counts as a GTIN when its last
 * digit is right, for a wrong one costs the whole item there; without one, brand and number of the
 * maker identify it, and without those it says that there is no identifier.
 *
 * A reduced item has its former price in g:price and what it costs in g:sale_price, with the dates
 * when both are known.
 */
#include "market.h"

#include <string.h>

#define ID_MOST          50
#define TITLE_MOST       150
#define DESCRIPTION_MOST 5000
#define URL_MOST         2000
#define PICTURES_MOST    10
#define DEPTH_MOST       32 /* of the tree of categories */
#define DAY              (INT64_C(86400) * 1000000)

struct google { /* feed->state */
    struct market_tree tree;
    struct market_map categories, attributes;
    int64_t backorder; /* days; -1: not said */
    struct souk_str backorder_date;
    int by_number;
};

/* Days until backorders are there; -1: not said. */
static int read_days(struct souk_ctx *ctx, const struct souk_feed *feed, int64_t *days)
{
    struct souk_str text = market_setting(feed, "backorder_days");
    *days = -1;
    if (text.len && (!souk_decimal(text, 0, days) || *days < 0 || *days > 365))
        return souk_fail(ctx, SOUK_INVALID, "backorder_days: is a number of days up to 365");
    return SOUK_OK;
}

/* Of what would be read as something else, too. */
static int check_settings(struct souk_ctx *ctx, const struct souk_feed *feed)
{
    int64_t days;
    int code = market_one_of(ctx, feed, "ids", "sku,id");
    return code ? code : read_days(ctx, feed, &days);
}

static int begin(struct souk_ctx *ctx, struct souk_feed *feed)
{
    struct google *google = souk_alloc(ctx, sizeof *google);
    memset(google, 0, sizeof *google);
    feed->state = google;
    market_tree_read(ctx, feed, &google->tree);
    market_map_read(ctx, market_setting(feed, "categories"), &google->categories);
    market_map_read(ctx, market_setting(feed, "attributes"), &google->attributes);
    google->by_number = souk_str_is(market_setting(feed, "ids"), "id");
    int code = read_days(ctx, feed, &google->backorder);
    if (code != SOUK_OK)
        return code;
    if (google->backorder >= 0)
        google->backorder_date = souk_time_print(ctx, feed->at + google->backorder * DAY);
    souk_feed_put(feed, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n"
                        "<channel>\n");
    market_element(feed, "title", feed->shop_name.len ? feed->shop_name : souk_str("shop"), 0);
    market_element(feed, "link", feed->shop_url, 0);
    souk_feed_put(feed, "<description>");
    souk_feed_xml(feed, feed->shop_name, 0);
    return souk_feed_put(feed, "</description>\n");
}

/* ---- an item ---- */

static struct souk_str id_of(struct souk_ctx *ctx, const struct google *google,
                             const struct souk_value *item)
{
    struct souk_str sku = market_text(item, "sku");
    if (google->by_number || sku.len == 0 || sku.len > ID_MOST)
        return souk_printf(ctx, "%lld", (long long)souk_int(souk_get(item, "id"), 0));
    return sku;
}

static int check(struct souk_ctx *ctx, const struct souk_value *item)
{
    struct souk_str url = market_text(item, "url");
    if (souk_trim(market_text(item, "name")).len == 0)
        return souk_fail(ctx, SOUK_INVALID, "it has no name");
    if (url.len == 0 || url.len > URL_MOST)
        return souk_fail(ctx, SOUK_INVALID, "its address is longer than %d letters", URL_MOST);
    if (souk_text(souk_at(souk_get(item, "images"), 0)).len == 0)
        return souk_fail(ctx, SOUK_INVALID, "it has no picture");
    if (market_amount(item, "price") <= 0)
        return souk_fail(ctx, SOUK_INVALID, "it costs nothing");
    return SOUK_OK;
}

static struct souk_str description_of(const struct souk_value *item)
{
    static const char *const keys[] = {"description", "summary", "name"};
    struct souk_str text = souk_str("");
    for (size_t i = 0; text.len == 0 && i < sizeof keys / sizeof *keys; i++)
        text = souk_trim(market_text(item, keys[i]));
    return text;
}

static void put_pictures(struct souk_feed *feed, const struct souk_value *item)
{
    struct souk_walk walk = souk_walk(souk_get(item, "images"));
    for (int count = 0; count <= PICTURES_MOST && souk_step(&walk); count++)
        market_element(feed, count ? "g:additional_image_link" : "g:image_link",
                       souk_text(walk.value), 0);
}

static void put_availability(struct souk_feed *feed, const struct google *google,
                             const struct souk_value *item)
{
    struct souk_str state = market_text(item, "availability");
    if (souk_str_is(state, "backorder") && google->backorder >= 0) {
        market_element(feed, "g:availability", souk_str("backorder"), 0);
        market_element(feed, "g:availability_date", google->backorder_date, 0);
        return;
    }
    int there = souk_str_is(state, "in_stock") || souk_str_is(state, "low_stock");
    market_element(feed, "g:availability", souk_str(there ? "in_stock" : "out_of_stock"), 0);
}

static void put_money(struct souk_ctx *ctx, struct souk_feed *feed, const char *name,
                      const struct souk_value *item, const char *key)
{
    struct souk_str price = market_price(ctx, item, key);
    market_element(feed, name,
                   souk_printf(ctx, "%.*s %.*s", SOUK_PRI(price),
                               SOUK_PRI(market_text(souk_get(item, key), "currency"))),
                   0);
}

static void put_price(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item)
{
    struct souk_str from = market_text(item, "sale_from"), until = market_text(item, "sale_until");
    if (!market_is_reduced(item)) {
        put_money(ctx, feed, "g:price", item, "price");
        return;
    }
    put_money(ctx, feed, "g:price", item, "compare_at");
    put_money(ctx, feed, "g:sale_price", item, "price");
    if (from.len && until.len)
        market_element(feed, "g:sale_price_effective_date",
                       souk_printf(ctx, "%.*s/%.*s", SOUK_PRI(from), SOUK_PRI(until)), 0);
}

/* Numbers that shops give themselves (GS1's restricted circulation and coupons: GTIN-13 from 02,
 * 04, 05, 2, 98 and 99) name nothing outside; Google refuses items that carry one. */
static int is_own_number(struct souk_str gtin)
{
    char digits[14 + 1] = "00000000000000";
    memcpy(digits + 14 - gtin.len, gtin.ptr, gtin.len);
    const char *at = digits + 1;
    if (gtin.len == 8) /* its own two first digits count */
        return gtin.ptr[0] == '0' || gtin.ptr[0] == '2';
    return at[0] == '2' || (at[0] == '0' && (at[1] == '2' || at[1] == '4' || at[1] == '5')) ||
           (at[0] == '9' && at[1] >= '8');
}

static void put_identity(struct souk_feed *feed, const struct souk_value *item)
{
    struct souk_str brand = souk_trim(market_text(item, "brand"));
    struct souk_str mpn = souk_trim(market_text(item, "mpn"));
    struct souk_str barcode = souk_trim(market_text(item, "barcode"));
    int gtin = market_is_gtin(barcode) && !is_own_number(barcode);
    market_element(feed, "g:brand", brand, 70);
    if (gtin)
        market_element(feed, "g:gtin", barcode, 0);
    market_element(feed, "g:mpn", mpn, 70);
    if (!gtin && (brand.len == 0 || mpn.len == 0))
        souk_feed_put(feed, "<g:identifier_exists>no</g:identifier_exists>\n");
}

/* The nearest of the item's categories, or of those above it, that is mapped. */
static struct souk_str google_category(const struct google *google, const struct souk_value *item)
{
    const struct market_category *at = market_category_of(&google->tree, item);
    for (int depth = 0; at && depth < DEPTH_MOST; depth++) {
        struct souk_str mapped = market_map_find(&google->categories, at->key);
        if (mapped.len)
            return mapped;
        at = at->parent.len ? market_tree_find(&google->tree, at->parent) : NULL;
    }
    return market_map_find(&google->categories, souk_str("*"));
}

static void put_attributes(struct souk_ctx *ctx, struct souk_feed *feed,
                           const struct google *google, const struct souk_value *item)
{
    static const struct {
        const char *name, *element;
        uint32_t most;
    } known[] = {{"color", "g:color", 100},
                 {"size", "g:size", 100},
                 {"gender", "g:gender", 0},
                 {"age_group", "g:age_group", 0},
                 {"material", "g:material", 200},
                 {"pattern", "g:pattern", 100},
                 {"size_type", "g:size_type", 0},
                 {"size_system", "g:size_system", 0},
                 {"energy", "g:energy_efficiency_class", 0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct souk_str codes = market_map_find(&google->attributes, souk_str(known[i].name));
        struct souk_str code, value = souk_str("");
        if (codes.len == 0)
            codes = souk_str(known[i].name);
        while (value.len == 0 && souk_split(&codes, ',', &code))
            value = market_values(ctx, item, souk_trim(code), "/");
        market_element(feed, known[i].element, value, known[i].most);
    }
}

static void put_rest(struct souk_ctx *ctx, struct souk_feed *feed, const struct google *google,
                     const struct souk_value *item)
{
    struct souk_str group = market_text(item, "group");
    struct souk_str condition = market_text(item, "condition");
    int64_t weight = souk_int(souk_get(item, "weight_g"), 0);
    market_element(feed, "g:condition", condition.len ? condition : souk_str("new"), 0);
    if (group.len > ID_MOST)
        group = souk_printf(ctx, "%lld", (long long)souk_int(souk_get(item, "product"), 0));
    market_element(feed, "g:item_group_id", group, 0);
    put_attributes(ctx, feed, google, item);
    if (weight > 0)
        market_element(feed, "g:shipping_weight", souk_printf(ctx, "%lld g", (long long)weight), 0);
    market_element(feed, "g:product_type", market_join(ctx, souk_get(item, "category_path"), " > "),
                   750);
    market_element(feed, "g:google_product_category", google_category(google, item), 0);
}

static int item(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item)
{
    const struct google *google = feed->state;
    int code = check(ctx, item);
    if (code != SOUK_OK)
        return code;
    souk_feed_put(feed, "<item>\n");
    market_element(feed, "g:id", id_of(ctx, google, item), 0);
    market_element(feed, "g:title", market_text(item, "name"), TITLE_MOST);
    market_element(feed, "g:description", description_of(item), DESCRIPTION_MOST);
    market_element(feed, "g:link", market_text(item, "url"), 0);
    put_pictures(feed, item);
    put_availability(feed, google, item);
    put_price(ctx, feed, item);
    put_identity(feed, item);
    put_rest(ctx, feed, google, item);
    return souk_feed_put(feed, "</item>\n");
}

static int end(struct souk_ctx *ctx, struct souk_feed *feed)
{
    (void)ctx;
    return souk_feed_put(feed, "</channel>\n</rss>\n");
}

static const struct souk_feed_setting settings[] = {
    {"ids", "Ids of offers", "sku", "sku; or id: the shop's number of the variant", 0, 0},
    {"categories", "Google's categories", "",
     "key of a category = Google's number or path, a line each; * is all others", SOUK_FEED_LINES,
     0},
    {"attributes", "Attributes", "",
     "color = colour, color: which attributes are color, size, gender, age_group, material",
     SOUK_FEED_LINES, 0},
    {"backorder_days", "Days until backorders are there", "",
     "empty: what is not in stock is out of stock", 0, 0},
};

const struct souk_feed_provider google_provider = {
    sizeof(struct souk_feed_provider),
    0,
    "Google Merchant",
    "application/rss+xml",
    "xml",
    SOUK_TABLE(settings),
    begin,
    item,
    end,
    check_settings,
};
