/*
 * product: the catalogue for programs of shoppers: lists, single products, the tree of categories.
 * Answers may be kept by the page cache, so their language comes from `?locale=` alone.
 */
#include "app/api/route.h"
#include "base/str.h"
#include "shop/category.h"
#include "shop/listing.h"
#include "shop/product.h"
#include "shop/search.h"
#include "shop/slug.h"

#define FIELDS_MOST 64

int api_refuse(struct request *request, int status, const char *pointer, const char *detail)
{
    struct arena *arena = &request->arena;
    struct json *more = json_new(arena, JSON_OBJECT);
    struct json *errors = json_add(arena, more, "errors", JSON_ARRAY);
    struct json *one = json_add(arena, errors, NULL, JSON_OBJECT);
    json_add_cstr(arena, one, "pointer", arena_cstr(arena, souk_str(pointer)));
    json_add_cstr(arena, one, "detail", arena_cstr(arena, souk_str(detail)));
    answer_problem(request, status, NULL, detail, more);
    return SOUK_OK;
}

int api_answer_items(struct request *request, struct json *items, struct souk_str next)
{
    struct json *list = json_new(&request->arena, JSON_OBJECT);
    json_add_tree(&request->arena, list, "items", items);
    if (next.len)
        json_add_str(&request->arena, list, "next", next);
    else
        json_add_null(&request->arena, list, "next");
    answer_json(request, 200, list);
    return SOUK_OK;
}

/* 0, or 1 when it was answered that there is no such language. */
static int read_market(struct request *request, struct market *market)
{
    struct souk_str wanted = request_query(request, "locale");
    const char *locale = wanted.len ? market_locale(wanted) : NULL;
    if (wanted.len && !locale) {
        api_refuse(request, 400, "/locale", "this shop does not speak that language");
        return 1;
    }
    *market = market_at(locale, request->now);
    return 0;
}

/* Ids have 63 bits, more than a number of JavaScript: outside they are text. */
void api_spell_ids(struct arena *arena, struct json *tree)
{
    if (tree->kind != JSON_OBJECT && tree->kind != JSON_ARRAY)
        return;
    for (struct json_item *item = tree->first; item; item = item->next) {
        if (tree->kind == JSON_OBJECT && item->value.kind == JSON_INT &&
            (souk_str_is(item->key, "id") || souk_str_is(item->key, "line") ||
             souk_str_is(item->key, "order_id"))) {
            struct souk_str text = arena_printf(arena, "%lld", (long long)item->value.number);
            item->value = (struct json){.kind = JSON_STRING, .text = text};
        } else {
            api_spell_ids(arena, &item->value);
        }
    }
}

/* ---- lists ---- */

static int number_in(struct request *request, const char *name, int64_t least, int64_t most)
{
    int64_t number;
    struct souk_str text = request_query(request, name);
    return !text.len || (str_to_int(text, &number) == SOUK_OK && number >= least && number <= most);
}

/* The place of a price that is no range; NULL: none. */
static const char *wrong_price(struct request *request)
{
    struct souk_str name = souk_str("price"), value, part;
    struct souk_str from = request_query(request, LISTING_PRICE_FROM);
    struct souk_str to = request_query(request, LISTING_PRICE_TO);
    for (size_t i = 0; i < request->query.count; i++) {
        value = request->query.at[i].value;
        if (souk_str_equal(listing_name(request->query.at[i].name), name))
            while (str_split(&value, ',', &part))
                if (!listing_sensible(name, str_trim(part)))
                    return "/price";
    }
    if (!listing_sensible(name, listing_price_range(&request->arena, from, souk_str(""))))
        return "/" LISTING_PRICE_FROM;
    if (!listing_sensible(name, listing_price_range(&request->arena, souk_str(""), to)))
        return "/" LISTING_PRICE_TO;
    return NULL;
}

/* What can be told wrong without asking the catalogue, with its place. 1: answered. */
static int check_query(struct request *request)
{
    const char *price = wrong_price(request);
    if (!listing_sensible(souk_str("sort"), request_query(request, "sort")))
        api_refuse(request, 400, "/sort",
                   "sort is one of relevance, popular, new, price, -price, name");
    else if (!number_in(request, "limit", 1, LISTING_PAGE))
        api_refuse(request, 400, "/limit", "limit is a number from 1 to 100");
    else if (!number_in(request, "page", 1, 1000000))
        api_refuse(request, 400, "/page", "page is a number from 1");
    else if (!listing_sensible(souk_str("available"), request_query(request, "available")))
        api_refuse(request, 400, "/available", "available is 1 or 0");
    else if (price)
        api_refuse(request, 400, price, "price is a range in major units like 10.00-50.00");
    else
        return 0;
    return 1;
}

static int refuse_list(struct request *request, int code, const struct err *err)
{
    if (code != SOUK_INVALID) {
        struct err failed = *err;
        failed.code = code;
        answer_error(request, &failed);
        return SOUK_OK;
    }
    const char *pointer = str_starts(souk_str(err->text), "category") ? "/category"
                          : request_query(request, "cursor").len      ? "/cursor"
                                                                      : "";
    return api_refuse(request, 400, pointer, err->text[0] ? err->text : "this list cannot be read");
}

static int run_list(struct request *request, const struct market *market,
                    struct listing_result *result, struct err *err)
{
    struct souk_str names[FIELDS_MOST], values[FIELDS_MOST];
    struct listing_query query = {0};
    size_t count = 0;
    for (size_t i = 0; i < request->query.count && count < FIELDS_MOST; i++) {
        const struct header *field = &request->query.at[i];
        if (souk_str_is(field->name, "locale"))
            continue;
        names[count] = field->name;
        values[count++] = field->value;
    }
    struct db_conn *conn = request_conn(request);
    int code = listing_parse(conn, &request->arena, market, names, values, count, &query, err);
    return code == SOUK_OK ? listing_run(conn, &request->arena, market, &query, result, err) : code;
}

int product_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct listing_result result = {0};
    struct market market;
    struct err err = {0};
    int64_t until = 0;
    if (read_market(request, &market) || check_query(request))
        return SOUK_OK;
    int code = run_list(request, &market, &result, &err);
    if (code != SOUK_OK)
        return refuse_list(request, code, &err);
    struct json *list = json_new(arena, JSON_OBJECT);
    struct json *items = json_add(arena, list, "items", JSON_ARRAY);
    code = product_cards_until(request_conn(request), arena, &market, result.ids,
                               (size_t)result.count, items, &until);
    if (code != SOUK_OK)
        return code;
    json_add_tree(arena, list, "facets",
                  result.facets ? result.facets : json_new(arena, JSON_ARRAY));
    json_add_int(arena, list, "total", result.total);
    if (result.corrected.len)
        json_add_str(arena, list, "corrected",
                     search_spell(arena, market.locale, result.corrected, items));
    else
        json_add_null(arena, list, "corrected");
    json_add_tree(arena, list, "suggestions",
                  result.suggestions ? result.suggestions : json_new(arena, JSON_ARRAY));
    if (result.next.len)
        json_add_str(arena, list, "next", result.next);
    else
        json_add_null(arena, list, "next");
    api_spell_ids(arena, items);
    request_expires(request, until);
    request_expires(request, result.until);
    answer_json(request, 200, list);
    return SOUK_OK;
}

/* ---- one ---- */

static void redirect_to(struct request *request, const struct market *market,
                        struct souk_str canonical)
{
    /* slug_url encodes: "/p/<slug>", without a prefix in the default locale */
    struct souk_str url =
        slug_url(&request->arena, "product", canonical, market_shop()->locales[0]);
    struct souk_str encoded = str_from(url, sizeof "/p/" - 1);
    struct souk_str query = request->query_text;
    (void)market;
    answer_redirect(request, 301,
                    arena_printf(&request->arena, "/api/v1/products/%.*s%s%.*s", SOUK_PRI(encoded),
                                 query.len ? "?" : "", SOUK_PRI(query)));
}

static struct json *chosen_of(struct request *request)
{
    struct json *chosen = json_new(&request->arena, JSON_OBJECT);
    for (size_t i = 0; i < request->query.count; i++)
        json_add_key(&request->arena, chosen, request->query.at[i].name, JSON_STRING)->text =
            request->query.at[i].value;
    return chosen;
}

/* Moments are numbers inside and RFC 3339 outside. */
int product_get(struct request *request, const struct web_route *route)
{
    (void)route;
    struct db_conn *conn = request_conn(request);
    struct souk_str slug = request_param(request, "slug"), canonical = souk_str("");
    struct market market;
    struct json *view;
    int64_t id, until = 0;
    if (read_market(request, &market))
        return SOUK_OK;
    int code = slug_find(conn, &request->arena, "product", slug, market.locale, &id, &canonical);
    if (code != SOUK_OK)
        return code;
    if (canonical.len && !souk_str_equal(canonical, slug)) {
        redirect_to(request, &market, canonical);
        return SOUK_OK;
    }
    code = product_view(conn, &request->arena, &market, id, request_query(request, "sku"),
                        chosen_of(request), &view, &until);
    if (code != SOUK_OK)
        return code;
    json_add_time(&request->arena, view, "changed_at", json_int(json_at(view, "changed_at"), 0));
    api_spell_ids(&request->arena, view);
    request_expires(request, until);
    answer_json(request, 200, view);
    return SOUK_OK;
}

int category_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct market market;
    if (read_market(request, &market))
        return SOUK_OK;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    int code = category_tree(request_conn(request), &request->arena, &market, 0, items);
    if (code != SOUK_OK)
        return code;
    api_spell_ids(&request->arena, items);
    return api_answer_items(request, items, STR_NULL);
}
