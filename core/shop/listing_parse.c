/*
 * listing_parse: a list from the fields of a query string. What is no name of ours and no code of
 * an attribute (a campaign's mark, say) is passed over; a known name with a senseless value is
 * refused.
 *
 * A form sends what may be chosen more than once as "color[]", and the two ends of a price as
 * "price[from]" and "price[to]"; both are the same here as "color" and "price".
 */
#include "base/str.h"
#include "shop/listing.sql.h"
#include "shop/listing_run.h"

struct listing_parser {
    struct db_conn *conn;
    struct arena *arena;
    struct listing_query *query;
    struct err *err;
};

static int listing_parse_number(struct listing_parser *parser, const char *name,
                                struct souk_str value, int64_t most, int64_t *out)
{
    if (value.len == 0)
        return 0;
    if (str_to_int(value, out) != 0 || *out < 1 || *out > most)
        return err_set(parser->err, SOUK_INVALID, "%s must be a whole number from 1 to %lld", name,
                       (long long)most);
    return 0;
}

static int listing_parse_category(struct listing_parser *parser, struct souk_str slug)
{
    if (slug.len == 0)
        return 0;
    int code = db_get_int(parser->conn, &sql_listing_category_slug, &parser->query->category_id,
                          DB_TEXT(slug));
    if (code == SOUK_NOT_FOUND)
        return err_set(parser->err, SOUK_INVALID,
                       "category \"%.*s\" is not known; take one from /api/v1/categories",
                       (int)(slug.len > 80 ? 80 : slug.len), slug.ptr);
    return code ? err_set(parser->err, code, "%s", db_error(parser->conn)) : 0;
}

static int listing_parse_sort(struct listing_parser *parser, struct souk_str value)
{
    if (value.len && !listing_page_sort(value))
        return err_set(parser->err, SOUK_INVALID,
                       "sort must be one of relevance, popular, new, price, -price and name");
    parser->query->sort = value;
    return 0;
}

/* 1: one of the names that are no filters; 0: not; < 0 refused. */
static int listing_parse_own(struct listing_parser *parser, struct souk_str name,
                             struct souk_str value)
{
    struct listing_query *query = parser->query;
    int64_t limit = 0;
    int code = 0;
    if (souk_str_is(name, "q"))
        query->q = value;
    else if (souk_str_is(name, "cursor"))
        query->cursor = value;
    else if (souk_str_is(name, "category"))
        code = listing_parse_category(parser, value);
    else if (souk_str_is(name, "sort"))
        code = listing_parse_sort(parser, value);
    else if (souk_str_is(name, "page"))
        code = listing_parse_number(parser, "page", value, 1000000, &query->page);
    else if (souk_str_is(name, "limit"))
        code = listing_parse_number(parser, "limit", value, LISTING_PAGE, &limit);
    else
        return 0;
    if (limit)
        query->limit = (int)limit;
    return code ? code : 1;
}

/* ---- filters ---- */

static int listing_parse_check(struct listing_parser *parser, struct souk_str name,
                               struct souk_str value)
{
    struct listing_range range;
    if (value.len == 0)
        return 0;
    if (souk_str_is(name, "price") && !listing_filter_range(value, &range))
        return err_set(parser->err, SOUK_INVALID,
                       "price must be a range such as 10.00-50.00, 10- or -50");
    if (souk_str_is(name, "available") && !souk_str_is(value, "1") && !souk_str_is(value, "0"))
        return err_set(parser->err, SOUK_INVALID, "available must be 1 or 0");
    return 0;
}

static int listing_parse_filter(struct listing_parser *parser, struct souk_str name,
                                struct souk_str values)
{
    struct listing_query *query = parser->query;
    struct souk_str value;
    int at = 0, code = 0;
    while (at < query->filter_count && !souk_str_equal(query->filters[at].attribute, name))
        at++;
    while (code == 0 && str_split(&values, ',', &value)) {
        value = str_trim(value);
        if (value.len == 0 || (souk_str_is(name, "available") && souk_str_is(value, "0")))
            continue;
        if (at == LISTING_FILTERS)
            return err_set(parser->err, SOUK_INVALID, "%.*s: at most %d filters at a time",
                           (int)(name.len > 40 ? 40 : name.len), name.ptr, LISTING_FILTERS);
        struct listing_filter *filter = &query->filters[at];
        if ((code = listing_parse_check(parser, name, value)) != 0)
            return code;
        if (at == query->filter_count) {
            *filter = (struct listing_filter){.attribute = name};
            query->filter_count++;
        }
        if (filter->count == sizeof filter->values / sizeof *filter->values)
            return err_set(parser->err, SOUK_INVALID, "%.*s: at most %d values",
                           (int)(name.len > 40 ? 40 : name.len), name.ptr, filter->count);
        filter->values[filter->count++] = value;
    }
    return code;
}

/* Marks those of `names` that are codes of attributes: one query for all. */
static int listing_parse_codes(struct listing_parser *parser, const struct souk_str *names,
                               size_t count, char *known)
{
    struct buf list = {.arena = parser->arena};
    struct db_rows rows;
    for (size_t i = 0; i < count; i++) {
        buf_add_char(&list, i ? ',' : '[');
        json_print_string(&list, names[i]);
        known[i] = souk_str_is(names[i], "brand") || souk_str_is(names[i], "price") ||
                   souk_str_is(names[i], "available");
    }
    buf_add_cstr(&list, count ? "]" : "[]");
    int code = db_query(parser->conn, &sql_listing_attribute_codes, &rows, DB_TEXT(buf_str(&list)));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        for (size_t i = 0; i < count; i++)
            if (souk_str_equal(names[i], db_text(&rows, 0)))
                known[i] = 1;
        code = 0;
    }
    return code ? err_set(parser->err, code, "%s", db_error(parser->conn)) : 0;
}

struct souk_str listing_name(struct souk_str name)
{
    if (str_ends(name, "[]"))
        name.len -= 2;
    return name;
}

int listing_sensible(struct souk_str name, struct souk_str value)
{
    struct listing_query query = {0};
    struct listing_parser parser = {.query = &query};
    if (souk_str_is(name, "category"))
        return 1;
    int code = listing_parse_own(&parser, name, value);
    return (code ? code : listing_parse_check(&parser, name, value)) >= 0;
}

struct souk_str listing_price_range(struct arena *arena, struct souk_str from, struct souk_str to)
{
    from = str_trim(from);
    to = str_trim(to);
    return from.len || to.len ? arena_printf(arena, "%.*s-%.*s", SOUK_PRI(from), SOUK_PRI(to))
                              : souk_str("");
}

/* The two ends of a price, wherever they stand, are one value. */
static int listing_parse_ends(struct listing_parser *parser, const struct souk_str *names,
                              const struct souk_str *values, size_t count)
{
    struct souk_str from = souk_str(""), to = souk_str("");
    for (size_t i = 0; i < count; i++)
        if (souk_str_is(names[i], LISTING_PRICE_FROM))
            from = values[i];
        else if (souk_str_is(names[i], LISTING_PRICE_TO))
            to = values[i];
    return listing_parse_filter(parser, souk_str("price"),
                                listing_price_range(parser->arena, from, to));
}

int listing_parse(struct db_conn *conn, struct arena *arena, const struct market *market,
                  const struct souk_str *given, const struct souk_str *values, size_t count,
                  struct listing_query *query, struct err *err)
{
    struct listing_parser parser = {conn, arena, query, err};
    char *known = arena_zalloc(arena, count + 1);
    struct souk_str *names = arena_array(arena, struct souk_str, count + 1);
    (void)market;
    *query = (struct listing_query){0};
    for (size_t i = 0; i < count; i++)
        names[i] = listing_name(given[i]);
    int code = listing_parse_codes(&parser, names, count, known);
    for (size_t i = 0; i < count && code >= 0; i++) {
        code = listing_parse_own(&parser, names[i], values[i]);
        if (code == 0 && known[i])
            code = listing_parse_filter(&parser, names[i], values[i]);
    }
    if (code >= 0)
        code = listing_parse_ends(&parser, names, values, count);
    if (code < 0)
        return code;
    if (query->page == 0 && query->cursor.len == 0)
        query->page = 1;
    return 0;
}
