/*
 * list: what the pages of categories and of search share: the query string read, the list run, and
 * all that stands around the cards: filters with their counts, the chosen ones as links that take
 * them away, sorting and paging.
 *
 * Every link is the present query with one thing changed, written in one form (values of an
 * attribute as repeated fields, in the order in which they came, the page last), so that the same
 * list has few addresses. Fields that advertising adds to links are not filters and are dropped;
 * so are senseless values of our own ("page=-1", "sort=sideways"), which old and mangled links
 * have: who comes by one sees the list without it. Forms send "color[]" and the two ends of a
 * price, links have "color" and "price".
 */
#include "app/storefront/page_part.h"

#include "base/str.h"
#include "shop/product.h"
#include "shop/slug.h"
#include "web/form.h"

#define FIELDS     64
#define PAGE_LINKS 2 /* numbers on each side of the present page */
#define PAGE_SIZE  24

struct fields {
    struct souk_str names[FIELDS], values[FIELDS];
    size_t count;
};

static int is_tracking(struct souk_str name)
{
    static const char *const known[] = {"gclid",   "gbraid", "wbraid", "dclid",  "fbclid",
                                        "msclkid", "yclid",  "ttclid", "twclid", "click_id",
                                        "mc_cid",  "mc_eid", "srsltid"};
    if (str_starts(name, "utm_") || str_starts(name, "_"))
        return 1;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (souk_str_is(name, known[i]))
            return 1;
    return 0;
}

/* Those that are no filters. */
static int is_plain(struct souk_str name)
{
    static const char *const known[] = {"q", "category", "sort", "page", "limit"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (souk_str_is(name, known[i]))
            return 1;
    return 0;
}

/* Cursors are for programs; the ends of a price are put together. */
static int is_other(struct souk_str name)
{
    return !name.len || is_tracking(name) || souk_str_is(name, "cursor") ||
           souk_str_is(name, LISTING_PRICE_FROM) || souk_str_is(name, LISTING_PRICE_TO);
}

static void add_field(struct fields *fields, struct souk_str name, struct souk_str value)
{
    if (fields->count == FIELDS || !value.len || !listing_sensible(name, value))
        return;
    for (size_t i = 0; i < fields->count; i++)
        if (souk_str_equal(fields->names[i], name) && souk_str_equal(fields->values[i], value))
            return;
    fields->names[fields->count] = name;
    fields->values[fields->count++] = value;
}

static void read_fields(struct request *request, struct fields *fields)
{
    (void)request_query(request, "q"); /* parses */
    for (size_t i = 0; i < request->query.count; i++) {
        struct souk_str name = listing_name(request->query.at[i].name);
        struct souk_str rest = request->query.at[i].value, part;
        if (is_other(name))
            continue;
        if (is_plain(name))
            add_field(fields, name, rest);
        else
            while (str_split(&rest, ',', &part))
                add_field(fields, name, str_trim(part));
    }
    add_field(fields, souk_str("price"),
              listing_price_range(&request->arena, request_query(request, LISTING_PRICE_FROM),
                                  request_query(request, LISTING_PRICE_TO)));
}

/* ---- links ---- */

static void add_pair(struct buf *out, struct souk_str name, struct souk_str value)
{
    if (out->len)
        buf_add_char(out, '&');
    buf_add_encoded(out, name);
    buf_add_char(out, '=');
    buf_add_encoded(out, value);
}

struct change {
    const char *only;            /* keep just this field ("q"); NULL: all */
    struct souk_str name, value; /* leave this one out */
    int64_t page;                /* 0, 1: none */
};

/* A brand is known by its name as well as by its slug; ranges of a price by what they mean. */
static int is_changed(struct arena *arena, struct souk_str name, struct souk_str value,
                      const struct change *change)
{
    if (!souk_str_equal(name, change->name))
        return 0;
    if (souk_str_is(name, "brand") && souk_str_equal(slug_make(arena, value), change->value))
        return 1;
    return souk_str_equal(value, change->value) ||
           (souk_str_is(name, "price") && listing_same_range(value, change->value));
}

static struct souk_str link_query(struct arena *arena, const struct fields *fields,
                                  const struct change *change)
{
    struct buf out = {.arena = arena};
    for (size_t i = 0; i < fields->count; i++) {
        struct souk_str name = fields->names[i], value = fields->values[i];
        if (souk_str_is(name, "page") || is_changed(arena, name, value, change) ||
            (change->only && !souk_str_is(name, change->only)))
            continue;
        add_pair(&out, name, value);
    }
    if (change->page > 1)
        add_pair(&out, souk_str("page"), arena_printf(arena, "%lld", (long long)change->page));
    return out.len ? buf_str(&out) : STR_NULL;
}

static struct souk_str link_to(struct arena *arena, struct souk_str path,
                               const struct fields *fields, const struct change *change)
{
    struct souk_str query = link_query(arena, fields, change);
    return query.len ? arena_printf(arena, "%.*s?%.*s", SOUK_PRI(path), SOUK_PRI(query)) : path;
}

/* ---- filters ---- */

/* The chosen values of all facets, each with the address without it. */
static void add_selected(struct arena *arena, struct json *view, struct souk_str path,
                         const struct fields *fields, const struct json *facets)
{
    struct json *list = json_add(arena, view, "selected_filters", JSON_ARRAY);
    json_each(facet, facets)
    {
        struct souk_str key = json_text(json_at(&facet->value, "key"));
        const struct json *values = json_at(&facet->value, "values");
        json_each(item, values)
        {
            if (!json_true(json_at(&item->value, "selected")))
                continue;
            struct change change = {.name = key,
                                    .value = json_text(json_at(&item->value, "value"))};
            struct json *chosen = json_add(arena, list, NULL, JSON_OBJECT);
            json_add_str(arena, chosen, "facet", json_text(json_at(&facet->value, "label")));
            json_add_str(arena, chosen, "label", json_text(json_at(&item->value, "label")));
            json_add_str(arena, chosen, "key", key);
            json_add_str(arena, chosen, "url", link_to(arena, path, fields, &change));
        }
    }
    struct change none = {.only = "q"};
    json_add_str(arena, view, "clear_url", link_to(arena, path, fields, &none));
}

/* ---- paging ---- */

static void add_number(struct arena *arena, struct json *numbers, struct souk_str path,
                       const struct fields *fields, int64_t page, int64_t current)
{
    struct json *item = json_add(arena, numbers, NULL, JSON_OBJECT);
    struct change change = {.page = page};
    json_add_int(arena, item, "number", page);
    json_add_bool(arena, item, "current", page == current);
    json_add_str(arena, item, "url", link_to(arena, path, fields, &change));
}

static void add_pager(struct arena *arena, struct json *view, struct souk_str path,
                      const struct fields *fields, int64_t page, int64_t pages)
{
    struct json *pager = json_add(arena, view, "pager", JSON_OBJECT);
    json_add_int(arena, pager, "page", page);
    json_add_int(arena, pager, "pages", pages);
    if (page > 1) {
        struct change change = {.page = page - 1};
        json_add_str(arena, pager, "previous", link_to(arena, path, fields, &change));
    }
    if (page < pages) {
        struct change change = {.page = page + 1};
        json_add_str(arena, pager, "next", link_to(arena, path, fields, &change));
    }
    struct json *numbers = json_add(arena, pager, "numbers", JSON_ARRAY);
    int64_t from = page - PAGE_LINKS, to = page + PAGE_LINKS;
    if (from > 1)
        add_number(arena, numbers, path, fields, 1, page);
    if (from > 2)
        json_add_bool(arena, json_add(arena, numbers, NULL, JSON_OBJECT), "gap", 1);
    for (int64_t i = from < 1 ? 1 : from; i <= to && i <= pages; i++)
        add_number(arena, numbers, path, fields, i, page);
    if (to < pages - 1)
        json_add_bool(arena, json_add(arena, numbers, NULL, JSON_OBJECT), "gap", 1);
    if (to < pages)
        add_number(arena, numbers, path, fields, pages, page);
}

/* ---- the list ---- */

/* Is there more in the query than the page's number (and, where one searches, the words)? */
static int is_filtered(const struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        if (!souk_str_is(fields->names[i], "page") && !souk_str_is(fields->names[i], "q"))
            return 1;
    return 0;
}

static int has_field(const struct fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (souk_str_is(fields->names[i], name))
            return 1;
    return 0;
}

static int run(struct request *request, const struct market *market, struct list_page *page,
               const struct fields *fields, struct listing_query *query, struct err *err)
{
    struct db_conn *conn = request_conn(request);
    int code = listing_parse(conn, &request->arena, market, fields->names, fields->values,
                             fields->count, query, err);
    if (code != SOUK_OK)
        return code;
    if (page->category_id)
        query->category_id = page->category_id;
    if (!query->sort.len)
        query->sort = page->sort;
    if (!query->limit)
        query->limit = PAGE_SIZE;
    if (!query->page && !query->cursor.len)
        query->page = 1;
    return listing_run(conn, &request->arena, market, query, page->result, err);
}

int list_add(struct request *request, const struct market *market, struct list_page *page,
             struct json *view, struct souk_str *canonical, struct err *err)
{
    struct arena *arena = &request->arena;
    struct listing_query *query = arena_new(arena, struct listing_query);
    struct fields *fields = arena_new(arena, struct fields);
    read_fields(request, fields);
    page->result = arena_new(arena, struct listing_result);
    int code = run(request, market, page, fields, query, err);
    if (code != SOUK_OK)
        return code;
    const struct listing_result *result = page->result;
    request_expires(request, result->until);
    int64_t limit = query->limit, number = query->page ? query->page : 1;
    int64_t pages = (result->total + limit - 1) / limit;
    if (number > 1 && number > pages)
        return SOUK_NOT_FOUND;
    struct json *cards = json_add(arena, view, "products", JSON_ARRAY);
    int64_t until = 0;
    code = product_cards_until(request_conn(request), arena, market, result->ids,
                               (size_t)result->count, cards, &until);
    if (code != SOUK_OK)
        return code;
    request_expires(request, until);
    int filtered = is_filtered(fields);
    struct change here = {.only = filtered ? "q" : NULL, .page = filtered ? 0 : number};
    *canonical = link_query(arena, fields, &here);
    json_add_int(arena, view, "total", result->total);
    json_add_str(arena, view, "sort", query->sort);
    json_add_bool(arena, view, "sort_chosen", has_field(fields, "sort"));
    json_add_str(arena, view, "q", query->q);
    json_add_str(arena, view, "list_url", page->path);
    json_add_bool(arena, view, "filtered", filtered);
    if (result->facets)
        json_add_tree(arena, view, "filters", result->facets);
    add_selected(arena, view, page->path, fields, result->facets);
    add_pager(arena, view, page->path, fields, number, pages);
    return SOUK_OK;
}
