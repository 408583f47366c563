/*
 * listing_document.c: checks the fields, runs the list, writes it down. Pages pass over what they
 * do not understand, because a link may be old; programs are told.
 */
#include "shop/listing_document.h"

#include "base/str.h"
#include "shop/product.h"
#include "shop/search.h"

struct asked {
    const struct listing_field *fields;
    size_t count;
};

static struct souk_str value_of(const struct asked *asked, const char *name)
{
    for (size_t i = 0; i < asked->count; i++)
        if (souk_str_is(asked->fields[i].name, name))
            return asked->fields[i].value;
    return souk_str("");
}

static int number_in(const struct asked *asked, const char *name, int64_t least, int64_t most)
{
    int64_t number;
    struct souk_str text = value_of(asked, name);
    return !text.len || (str_to_int(text, &number) == SOUK_OK && number >= least && number <= most);
}

/* The place of a price that is no range; NULL: none. */
static const char *wrong_price(struct arena *arena, const struct asked *asked)
{
    struct souk_str name = souk_str("price"), part;
    struct souk_str from = value_of(asked, LISTING_PRICE_FROM);
    struct souk_str to = value_of(asked, LISTING_PRICE_TO);
    for (size_t i = 0; i < asked->count; i++) {
        struct souk_str value = asked->fields[i].value;
        if (souk_str_equal(listing_name(asked->fields[i].name), name))
            while (str_split(&value, ',', &part))
                if (!listing_sensible(name, str_trim(part)))
                    return "/price";
    }
    if (!listing_sensible(name, listing_price_range(arena, from, souk_str(""))))
        return "/" LISTING_PRICE_FROM;
    if (!listing_sensible(name, listing_price_range(arena, souk_str(""), to)))
        return "/" LISTING_PRICE_TO;
    return NULL;
}

static int refuse(struct listing_document *document, const char *pointer, const char *words,
                  struct err *err)
{
    document->pointer = pointer;
    return err_set(err, SOUK_INVALID, "%s", words);
}

/* What can be told wrong without asking the catalogue. */
static int check(struct arena *arena, const struct asked *asked, struct listing_document *document,
                 struct err *err)
{
    const char *price = wrong_price(arena, asked);
    if (!listing_sensible(souk_str("sort"), value_of(asked, "sort")))
        return refuse(document, "/sort",
                      "sort is one of relevance, popular, new, price, -price, name", err);
    if (!number_in(asked, "limit", 1, LISTING_PAGE))
        return refuse(document, "/limit", "limit is a number from 1 to 100", err);
    if (!number_in(asked, "page", 1, 1000000))
        return refuse(document, "/page", "page is a number from 1", err);
    if (!listing_sensible(souk_str("available"), value_of(asked, "available")))
        return refuse(document, "/available", "available is 1 or 0", err);
    if (price)
        return refuse(document, price, "price is a range in major units like 10.00-50.00", err);
    return SOUK_OK;
}

static int run(struct db_conn *conn, struct arena *arena, const struct market *market,
               const struct asked *asked, struct listing_result *result, struct err *err)
{
    struct souk_str names[LISTING_FIELDS], values[LISTING_FIELDS];
    struct listing_query query = {0};
    size_t count = 0;
    for (size_t i = 0; i < asked->count && count < LISTING_FIELDS; i++) {
        names[count] = asked->fields[i].name;
        values[count++] = asked->fields[i].value;
    }
    int code = listing_parse(conn, arena, market, names, values, count, &query, err);
    return code == SOUK_OK ? listing_run(conn, arena, market, &query, result, err) : code;
}

/* Which field words of listing_parse and listing_run are about. */
static int place_error(struct listing_document *document, const struct asked *asked, int code,
                       struct err *err)
{
    if (code != SOUK_INVALID)
        return err->code == code ? code : err_set(err, code, "%s", err->text);
    document->pointer = str_starts(souk_str(err->text), "category") ? "/category"
                        : value_of(asked, "cursor").len             ? "/cursor"
                                                                    : "";
    return err->text[0] ? code : err_set(err, code, "this list cannot be read");
}

static void sooner(int64_t *until, int64_t at)
{
    if (at && (!*until || at < *until))
        *until = at;
}

static void write_down(struct arena *arena, const struct market *market,
                       const struct listing_result *result, const struct json *items,
                       struct json *list)
{
    json_add_tree(arena, list, "facets",
                  result->facets ? result->facets : json_new(arena, JSON_ARRAY));
    json_add_int(arena, list, "total", result->total);
    if (result->corrected.len)
        json_add_str(arena, list, "corrected",
                     search_spell(arena, market->locale, result->corrected, items));
    else
        json_add_null(arena, list, "corrected");
    json_add_tree(arena, list, "suggestions",
                  result->suggestions ? result->suggestions : json_new(arena, JSON_ARRAY));
    if (result->next.len)
        json_add_str(arena, list, "next", result->next);
    else
        json_add_null(arena, list, "next");
}

int listing_document(struct db_conn *conn, struct arena *arena, const struct market *market,
                     const struct listing_field *fields, size_t count,
                     struct listing_document *document, struct err *err)
{
    struct asked asked = {fields, count};
    struct listing_result result = {0};
    *document = (struct listing_document){.pointer = ""};
    int code = check(arena, &asked, document, err);
    if (code != SOUK_OK)
        return code;
    code = run(conn, arena, market, &asked, &result, err);
    if (code != SOUK_OK)
        return place_error(document, &asked, code, err);
    document->list = json_new(arena, JSON_OBJECT);
    struct json *items = json_add(arena, document->list, "items", JSON_ARRAY);
    code = product_cards_until(conn, arena, market, result.ids, (size_t)result.count, items,
                               &document->until);
    if (code != SOUK_OK)
        return err_set(err, code, "the products of a list cannot be read: %s", db_error(conn));
    write_down(arena, market, &result, items, document->list);
    sooner(&document->until, result.until);
    return SOUK_OK;
}
