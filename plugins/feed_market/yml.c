/*
 * yml.c: Yandex Market Language. The order of elements is that of the DTDs in use, which is
 * stricter than the format's own words, and another for each kind of offers: README.md says which
 * DTD goes with which settings.
 *
 * An offer is one variant. What the format requires and an item lacks is said: a category, an
 * address that is short enough, a brand for vendor.model. All else is left out of the offer when it
 * is not there.
 */
#include "market.h"

#include <string.h>

#define URL_MOST         512
#define NAME_MOST        120
#define DESCRIPTION_MOST 3000
#define NOTES_MOST       50
#define PICTURES_MOST    10
#define GROUPS_MOST      900000 /* products that have variants */

enum kind { NAMED, VENDOR_MODEL, BOOK };

struct yml {                 /* feed->state */
    struct market_tree tree; /* ids: the numbers that stand in the file */
    struct market_numbers groups;
    enum kind kind;
    struct souk_str options; /* the element delivery-options, ready; may be empty */
    struct souk_str delivery, pickup, store, notes, origin, model, prefix, params;
    int by_sku, options_in_offers, has_size;
};

/* ---- the head ---- */

static int is_currency(struct souk_str code)
{
    return souk_in_list(souk_str("RUB,RUR,EUR,USD,KZT,UAH,BYN,BYR"), code);
}

/* "3", "1-3"; hours too */
static int is_span(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!(text.ptr[i] >= '0' && text.ptr[i] <= '9') && text.ptr[i] != '-')
            return 0;
    return text.len <= 10;
}

/* One line, as an element; empty: it is none. */
static struct souk_str delivery_option(struct souk_ctx *ctx, const struct souk_feed *feed,
                                       struct souk_str line)
{
    struct souk_str cost = souk_str(""), days = souk_str("");
    int64_t minor;
    souk_split(&line, '|', &cost);
    souk_split(&line, '|', &days);
    days = souk_trim(days);
    struct souk_str before = souk_trim(line);
    if (!souk_amount(souk_trim(cost), feed->currency, &minor) || days.len == 0 || !is_span(days) ||
        !is_span(before))
        return souk_str("");
    struct souk_str amount = souk_decimal_text(ctx, minor, feed->currency);
    return before.len
               ? souk_printf(ctx, "<option cost=\"%.*s\" days=\"%.*s\" order-before=\"%.*s\"/>\n",
                             SOUK_PRI(amount), SOUK_PRI(days), SOUK_PRI(before))
               : souk_printf(ctx, "<option cost=\"%.*s\" days=\"%.*s\"/>\n", SOUK_PRI(amount),
                             SOUK_PRI(days));
}

/* "cost | days | order before" a line: checked, and as an element. */
static int read_delivery(struct souk_ctx *ctx, const struct souk_feed *feed, struct yml *yml)
{
    struct souk_str rest = market_setting(feed, "delivery_options"), line, out = souk_str("");
    while (souk_split(&rest, '\n', &line)) {
        line = souk_trim(line);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        struct souk_str option = delivery_option(ctx, feed, line);
        if (option.len == 0)
            return souk_fail(ctx, SOUK_INVALID,
                             "delivery_options: are lines \"cost | days | order before\", such as "
                             "4.90 | 1-3 | 18; this is none: %.*s",
                             SOUK_PRI(line));
        out = souk_printf(ctx, "%.*s%.*s", SOUK_PRI(out), SOUK_PRI(option));
    }
    yml->options =
        out.len ? souk_printf(ctx, "<delivery-options>\n%.*s</delivery-options>\n", SOUK_PRI(out))
                : souk_str("");
    return SOUK_OK;
}

static struct souk_str yes_or_no(const struct souk_feed *feed, const char *key)
{
    if (market_setting(feed, key).len == 0)
        return souk_str("");
    return souk_str(market_yes(feed, key) ? "true" : "false");
}

/* The shop's ids have more digits than the format takes. */
static void number_categories(struct souk_ctx *ctx, struct market_tree *tree)
{
    struct market_numbers numbers;
    market_numbers_make(ctx, 2 * tree->count, &numbers);
    for (uint32_t i = 0; i < tree->count; i++)
        tree->at[i].id = market_number(&numbers, tree->at[i].id);
}

static int refuse(struct souk_ctx *ctx, const struct souk_feed *feed)
{
    if (!is_currency(feed->currency))
        return souk_fail(ctx, SOUK_INVALID,
                         "YML knows no prices in %.*s; choose RUB, EUR, USD, KZT, UAH or BYN",
                         SOUK_PRI(feed->currency));
    return market_one_of(ctx, feed, "offers", "name,vendor.model,book");
}

/* Of what would be read as something else, too. */
static int check_settings(struct souk_ctx *ctx, const struct souk_feed *feed)
{
    struct yml yml;
    int code = refuse(ctx, feed);
    if (code == SOUK_OK)
        code = market_one_of(ctx, feed, "ids", "id,sku");
    return code ? code : read_delivery(ctx, feed, &yml);
}

static int read_settings(struct souk_ctx *ctx, struct souk_feed *feed, struct yml *yml)
{
    struct souk_str offers = market_setting(feed, "offers");
    market_tree_read(ctx, feed, &yml->tree);
    number_categories(ctx, &yml->tree);
    if (market_yes(feed, "groups"))
        market_numbers_make(ctx, GROUPS_MOST, &yml->groups);
    yml->kind = souk_str_is(offers, "vendor.model") ? VENDOR_MODEL
                : souk_str_is(offers, "book")       ? BOOK
                                                    : NAMED;
    yml->has_size = market_yes(feed, "size");
    yml->by_sku = souk_str_is(market_setting(feed, "ids"), "sku");
    yml->options_in_offers = market_yes(feed, "delivery_in_offers");
    yml->delivery = yes_or_no(feed, "delivery");
    yml->pickup = yes_or_no(feed, "pickup");
    yml->store = yes_or_no(feed, "store");
    yml->notes = market_setting(feed, "sales_notes");
    yml->origin = market_setting(feed, "origin");
    yml->model = market_setting(feed, "model");
    yml->prefix = market_setting(feed, "type_prefix");
    yml->params = market_setting(feed, "params");
    return read_delivery(ctx, feed, yml);
}

static void put_categories(struct souk_ctx *ctx, struct souk_feed *feed, const struct yml *yml)
{
    struct souk_walk walk = souk_walk(feed->categories);
    souk_feed_put(feed, "<categories>\n");
    while (souk_step(&walk)) {
        const struct market_category *category =
            market_tree_find(&yml->tree, market_text(walk.value, "key"));
        const struct market_category *parent =
            market_tree_find(&yml->tree, market_text(walk.value, "parent"));
        market_raw(feed, souk_printf(ctx, "<category id=\"%lld\"", (long long)category->id));
        if (parent)
            market_raw(feed, souk_printf(ctx, " parentId=\"%lld\"", (long long)parent->id));
        souk_feed_put(feed, ">");
        souk_feed_xml(feed, market_text(walk.value, "name"), 0);
        souk_feed_put(feed, "</category>\n");
    }
    souk_feed_put(feed, "</categories>\n");
}

static int begin(struct souk_ctx *ctx, struct souk_feed *feed)
{
    struct yml *yml = souk_alloc(ctx, sizeof *yml);
    struct souk_str company = market_setting(feed, "company");
    memset(yml, 0, sizeof *yml);
    feed->state = yml;
    int code = refuse(ctx, feed);
    if (code == SOUK_OK)
        code = read_settings(ctx, feed, yml);
    if (code != SOUK_OK)
        return code;
    souk_feed_put(feed, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<yml_catalog date=\"");
    souk_feed_xml(feed, souk_time_print(ctx, feed->at), 0);
    souk_feed_put(feed, "\">\n<shop>\n");
    market_element(feed, "name", feed->shop_name.len ? feed->shop_name : souk_str("shop"), 20);
    market_element(feed, "company", company.len ? company : feed->shop_company, 0);
    market_element(feed, "url", feed->shop_url, 0);
    souk_feed_put(feed, "<currencies>\n<currency id=\"");
    souk_feed_xml(feed, feed->currency, 0);
    souk_feed_put(feed, "\" rate=\"1\"/>\n</currencies>\n");
    put_categories(ctx, feed, yml);
    market_raw(feed, yml->options);
    return souk_feed_put(feed, "<offers>\n");
}

/* ---- an offer ---- */

static int is_offer_id(struct souk_str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
            return 0;
    }
    return id.len > 0 && id.len <= 20;
}

static struct souk_str brand_of(const struct souk_value *item)
{
    return souk_trim(market_text(item, "brand"));
}

static int check(struct souk_ctx *ctx, const struct yml *yml, const struct souk_value *item,
                 struct souk_str id, const struct market_category *category)
{
    struct souk_str url = market_text(item, "url");
    if (!is_offer_id(id))
        return souk_fail(ctx, SOUK_INVALID,
                         "its SKU is no id of an offer: at most 20 Latin letters and digits");
    if (!category)
        return souk_fail(ctx, SOUK_INVALID, "it is in no category");
    if (url.len == 0 || url.len > URL_MOST)
        return souk_fail(ctx, SOUK_INVALID, "its address is longer than %d letters", URL_MOST);
    if (market_amount(item, "price") <= 0)
        return souk_fail(ctx, SOUK_INVALID, "it costs nothing");
    if (souk_trim(market_text(item, "name")).len == 0)
        return souk_fail(ctx, SOUK_INVALID, "it has no name");
    if (yml->kind == VENDOR_MODEL && brand_of(item).len == 0)
        return souk_fail(ctx, SOUK_INVALID, "it has no brand, which vendor.model needs");
    return SOUK_OK;
}

static void put_pictures(struct souk_feed *feed, const struct souk_value *item)
{
    struct souk_walk walk = souk_walk(souk_get(item, "images"));
    int count = 0;
    while (count < PICTURES_MOST && souk_step(&walk)) {
        struct souk_str url = souk_text(walk.value);
        if (url.len == 0 || url.len > URL_MOST)
            continue;
        market_element(feed, "picture", url, 0);
        count++;
    }
}

static void put_size(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item)
{
    int64_t weight = souk_int(souk_get(item, "weight_g"), 0);
    int64_t length = souk_int(souk_get(item, "length_mm"), 0);
    int64_t width = souk_int(souk_get(item, "width_mm"), 0);
    int64_t height = souk_int(souk_get(item, "height_mm"), 0);
    if (weight > 0)
        market_element(feed, "weight", market_decimal(ctx, weight, 3), 0);
    if (length > 0 && width > 0 && height > 0)
        market_element(feed, "dimensions",
                       souk_printf(ctx, "%.*s/%.*s/%.*s", SOUK_PRI(market_decimal(ctx, length, 1)),
                                   SOUK_PRI(market_decimal(ctx, width, 1)),
                                   SOUK_PRI(market_decimal(ctx, height, 1))),
                       0);
}

static int is_param(const struct yml *yml, struct souk_str code)
{
    return souk_str_is(yml->params, "all") || souk_in_list(yml->params, code);
}

static void put_param(struct souk_feed *feed, struct souk_str name, struct souk_str unit,
                      struct souk_str value)
{
    if (name.len == 0 || value.len == 0)
        return;
    souk_feed_put(feed, "<param name=\"");
    souk_feed_xml(feed, name, 0);
    if (unit.len) {
        souk_feed_put(feed, "\" unit=\"");
        souk_feed_xml(feed, unit, 0);
    }
    souk_feed_put(feed, "\">");
    souk_feed_xml(feed, value, 0);
    souk_feed_put(feed, "</param>\n");
}

static void put_params(struct souk_ctx *ctx, struct souk_feed *feed, const struct yml *yml,
                       const struct souk_value *item)
{
    struct souk_walk walk = souk_walk(souk_get(item, "options"));
    while (souk_step(&walk))
        if (is_param(yml, market_text(walk.value, "code")))
            put_param(feed, market_text(walk.value, "name"), souk_str(""),
                      market_text(walk.value, "value"));
    walk = souk_walk(souk_get(item, "attributes"));
    while (souk_step(&walk))
        if (is_param(yml, market_text(walk.value, "code")))
            put_param(feed, market_text(walk.value, "name"), market_text(walk.value, "unit"),
                      market_join(ctx, souk_get(walk.value, "values"), ", "));
}

static struct souk_str code_of(const struct souk_value *item)
{
    struct souk_str code = market_text(item, "mpn");
    return code.len ? code : market_text(item, "sku");
}

static struct souk_str description_of(const struct souk_value *item)
{
    struct souk_str text = souk_trim(market_text(item, "description"));
    return text.len ? text : souk_trim(market_text(item, "summary"));
}

static struct souk_str origin_of(struct souk_ctx *ctx, const struct yml *yml,
                                 const struct souk_value *item)
{
    return yml->origin.len ? market_values(ctx, item, yml->origin, ", ") : souk_str("");
}

/* Without delivery options a named offer has the order of the DTD that knows none (Original). */
static int is_original(const struct yml *yml)
{
    return yml->kind == NAMED && yml->options.len == 0;
}

static void put_model(struct souk_ctx *ctx, struct souk_feed *feed, const struct yml *yml,
                      const struct souk_value *item)
{
    struct souk_str model =
        yml->model.len ? market_values(ctx, item, yml->model, " ") : souk_str("");
    struct souk_str prefix = souk_str("");
    if (souk_str_is(yml->prefix, "category")) {
        struct souk_walk path = souk_walk(souk_get(item, "category_path"));
        while (souk_step(&path))
            prefix = souk_text(path.value);
    } else if (yml->prefix.len) {
        prefix = market_values(ctx, item, yml->prefix, " ");
    }
    market_element(feed, "typePrefix", prefix, 0);
    market_element(feed, "vendor", brand_of(item), 0);
    market_element(feed, "vendorCode", code_of(item), 0);
    market_element(feed, "model", model.len ? model : market_text(item, "name"), NAME_MOST);
}

/* What is known of a book stands in attributes of these codes. */
static void put_book(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item)
{
    static const char *const known[][2] = {{"author", "author"},   {"publisher", "publisher"},
                                           {"series", "series"},   {"year", "year"},
                                           {"ISBN", "isbn"},       {"volume", "volume"},
                                           {"part", "part"},       {"language", "language"},
                                           {"binding", "binding"}, {"page_extent", "page_extent"}};
    struct souk_str barcode = market_text(item, "barcode");
    int is_isbn = market_is_gtin(barcode) && barcode.len == 13 &&
                  (memcmp(barcode.ptr, "978", 3) == 0 || memcmp(barcode.ptr, "979", 3) == 0);
    market_element(feed, "name", market_text(item, "name"), NAME_MOST);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct souk_str text = market_values(ctx, item, souk_str(known[i][1]), ", ");
        if (text.len == 0 && souk_str_is(souk_str(known[i][0]), "publisher"))
            text = brand_of(item);
        if (text.len == 0 && souk_str_is(souk_str(known[i][0]), "ISBN") && is_isbn)
            text = barcode;
        market_element(feed, known[i][0], text, 0);
    }
}

/* The name, or what stands for it, and what follows as the DTD of each kind has it. */
static void put_name(struct souk_ctx *ctx, struct souk_feed *feed, const struct yml *yml,
                     const struct souk_value *item)
{
    if (yml->kind == VENDOR_MODEL) {
        put_model(ctx, feed, yml, item);
    } else if (yml->kind == BOOK) {
        put_book(ctx, feed, item);
    } else {
        market_element(feed, "name", market_text(item, "name"), NAME_MOST);
        market_element(feed, "vendor", brand_of(item), 0);
        if (is_original(yml))
            market_element(feed, "vendorCode", code_of(item), 0);
    }
}

static void put_texts(struct souk_ctx *ctx, struct souk_feed *feed, const struct yml *yml,
                      const struct souk_value *item)
{
    struct souk_str barcode = market_text(item, "barcode");
    market_element(feed, "description", description_of(item), DESCRIPTION_MOST);
    market_element(feed, "sales_notes", yml->notes, NOTES_MOST);
    market_element(feed, "country_of_origin", origin_of(ctx, yml, item), 0);
    if (market_is_gtin(barcode))
        market_element(feed, "barcode", barcode, 0);
    if (yml->kind != NAMED || is_original(yml))
        return;
    if (yml->options_in_offers)
        market_raw(feed, yml->options);
    market_element(feed, "store", yml->store, 0);
    market_element(feed, "vendorCode", code_of(item), 0);
}

static void put_open(struct souk_ctx *ctx, struct souk_feed *feed, struct yml *yml,
                     const struct souk_value *item, struct souk_str id)
{
    uint32_t group = yml->groups.slots && market_text(item, "group").len
                         ? market_number(&yml->groups, souk_int(souk_get(item, "product"), 0))
                         : 0;
    souk_feed_put(feed, "<offer id=\"");
    souk_feed_xml(feed, id, 0);
    souk_feed_put(feed, souk_true(souk_get(item, "available")) ? "\" available=\"true\""
                                                               : "\" available=\"false\"");
    if (yml->kind == VENDOR_MODEL)
        souk_feed_put(feed, " type=\"vendor.model\"");
    if (yml->kind == BOOK)
        souk_feed_put(feed, " type=\"book\"");
    if (group)
        market_raw(feed, souk_printf(ctx, " group_id=\"%u\"", group));
    souk_feed_put(feed, ">\n");
}

static int item(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item)
{
    struct yml *yml = feed->state;
    const struct market_category *category = market_category_of(&yml->tree, item);
    struct souk_str id =
        yml->by_sku ? market_text(item, "sku")
                    : souk_printf(ctx, "%lld", (long long)souk_int(souk_get(item, "id"), 0));
    int code = check(ctx, yml, item, id, category);
    if (code != SOUK_OK)
        return code;
    put_open(ctx, feed, yml, item, id);
    market_element(feed, "url", market_text(item, "url"), 0);
    market_element(feed, "price", market_price(ctx, item, "price"), 0);
    if (market_is_reduced(item))
        market_element(feed, "oldprice", market_price(ctx, item, "compare_at"), 0);
    market_element(feed, "currencyId", feed->currency, 0);
    market_element(feed, "categoryId", souk_printf(ctx, "%lld", (long long)category->id), 0);
    if (yml->kind != BOOK)
        put_pictures(feed, item);
    if (yml->kind == VENDOR_MODEL || is_original(yml))
        market_element(feed, "store", yml->store, 0);
    if (yml->kind != BOOK)
        market_element(feed, "pickup", yml->pickup, 0);
    market_element(feed, "delivery", yml->delivery, 0);
    if (yml->has_size)
        put_size(ctx, feed, item);
    put_name(ctx, feed, yml, item);
    put_texts(ctx, feed, yml, item);
    if (yml->kind == BOOK) {
        put_pictures(feed, item);
        market_element(feed, "store", yml->store, 0);
        market_element(feed, "pickup", yml->pickup, 0);
    }
    put_params(ctx, feed, yml, item);
    return souk_feed_put(feed, "</offer>\n");
}

static int end(struct souk_ctx *ctx, struct souk_feed *feed)
{
    (void)ctx;
    return souk_feed_put(feed, "</offers>\n</shop>\n</yml_catalog>\n");
}

static const struct souk_feed_setting settings[] = {
    {"company", "Company", "", "its full legal name; empty: the shop's name", 0, 0},
    {"offers", "Kind of offers", "name", "name, vendor.model or book", 0, 0},
    {"ids", "Ids of offers", "id", "id: the shop's number of the variant; or sku", 0, 0},
    {"groups", "Variants as groups", "yes", "yes or no", 0, 0},
    {"delivery_options", "Delivery options", "",
     "cost | days | order before, a line each: 4.90 | 1-3 | 18", SOUK_FEED_LINES, 0},
    {"delivery_in_offers", "Delivery options in each offer", "no", "yes or no", 0, 0},
    {"delivery", "Delivery", "", "yes, no, or empty: not said", 0, 0},
    {"pickup", "Pickup", "", "yes, no, or empty: not said", 0, 0},
    {"store", "Sold in a store", "", "yes, no, or empty: not said", 0, 0},
    {"sales_notes", "Sales notes", "", "at most 50 letters", 0, 0},
    {"origin", "Country of origin", "country_of_origin", "code of an attribute", 0, 0},
    {"size", "Weight and size", "yes", "yes or no", 0, 0},
    {"type_prefix", "Type of goods (vendor.model)", "category",
     "category: its name; or code of an attribute", 0, 0},
    {"model", "Model (vendor.model)", "", "code of an attribute; empty: the name", 0, 0},
    {"params", "Attributes", "all", "all, or codes divided by commas", 0, 0},
};

const struct souk_feed_provider yml_provider = {
    sizeof(struct souk_feed_provider),
    0,
    "Yandex Market (YML)",
    "application/xml",
    "xml",
    SOUK_TABLE(settings),
    begin,
    item,
    end,
    check_settings,
};
