/*
 * product: the catalogue for programs of shoppers: lists, single products, the tree of categories.
 * Answers may be kept by the page cache, so their language comes from `?locale=` alone.
 */
#include "app/api/route.h"
#include "base/str.h"
#include "shop/category.h"
#include "shop/listing_document.h"
#include "shop/product.h"
#include "shop/slug.h"

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

int api_country(struct request *request, struct souk_str country)
{
    if (!country.len || (country.len == 2 && country.ptr[0] >= 'A' && country.ptr[0] <= 'Z' &&
                         country.ptr[1] >= 'A' && country.ptr[1] <= 'Z'))
        return 1;
    api_refuse(request, 400, "/country", "a country is two capital letters, like BG");
    return 0;
}

const struct json *api_body(struct request *request)
{
    const struct json *body = NULL;
    struct err err = {0};
    if (request_json(request, &body, &err) == SOUK_OK && body->kind == JSON_OBJECT)
        return body;
    if (!err.text[0])
        err_set(&err, SOUK_INVALID,
                "the body must be a JSON object; send {} when nothing is to be said");
    answer_error(request, &err);
    return NULL;
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

int product_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct listing_field fields[LISTING_FIELDS];
    struct listing_document document;
    struct market market;
    struct err err = {0};
    size_t count = 0;
    if (read_market(request, &market))
        return SOUK_OK;
    for (size_t i = 0; i < request->query.count && count < LISTING_FIELDS; i++)
        if (!souk_str_is(request->query.at[i].name, "locale"))
            fields[count++] =
                (struct listing_field){request->query.at[i].name, request->query.at[i].value};
    int code = listing_document(request_conn(request), &request->arena, &market, fields, count,
                                &document, &err);
    if (code == SOUK_INVALID)
        return api_refuse(request, 400, document.pointer, err.text);
    if (code != SOUK_OK) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    api_spell_ids(&request->arena, (struct json *)(uintptr_t)json_at(document.list, "items"));
    request_expires(request, document.until);
    answer_json(request, 200, document.list);
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
