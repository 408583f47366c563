/*
 * sitemap: the addresses of all pages for search engines, as an index and files. Each target has an
 * address in every language, and each of those names all the others, so a file holds far
 * fewer than the 50,000 that would be allowed: it stays a few megabytes and is made in one query
 * and one pass over its rows.
 *
 * The first file has the home page and the first categories and content pages; then come those that
 * did not fit, and then the products, each in the order of their ids.
 */
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"

#include "app/storefront.sql.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/slug.h"

/* Addresses of one kind in a file; the first has two kinds. Small enough for a reader's second on a
 * busy machine. */
#define FILE_URLS 2000

struct map {
    struct request *request;
    struct souk_str base;
    struct buf out;
};

struct counts {
    int64_t products, categories, pages;
    int64_t products_at, others_at;
    int64_t locales;
    int64_t per_file; /* targets; each has an address in every language */
};

/* What a file has, except the first. */
struct part {
    const char *kind;
    const struct db_statement *statement;
    int64_t offset;
    int64_t at;
};

/* ---- XML ---- */

static void add_text(struct buf *out, struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        switch (text.ptr[i]) {
        case '&': buf_add_cstr(out, "&amp;"); break;
        case '<': buf_add_cstr(out, "&lt;"); break;
        case '>': buf_add_cstr(out, "&gt;"); break;
        case '"': buf_add_cstr(out, "&quot;"); break;
        case '\'': buf_add_cstr(out, "&apos;"); break;
        default: buf_add_char(out, text.ptr[i]);
        }
}

static void add_address(struct map *map, struct souk_str path)
{
    add_text(&map->out, map->base);
    add_text(&map->out, path);
}

static void add_moment(struct buf *out, int64_t at)
{
    char text[32];
    if (!at)
        return;
    size_t len = clock_format(at, 0, text);
    buf_printf(out, "<lastmod>%.*s</lastmod>", (int)len, text);
}

static void answer_xml(struct map *map)
{
    answer_bytes(map->request, 200, "application/xml; charset=utf-8", buf_str(&map->out));
}

/* ---- entries ---- */

static void add_links(struct map *map, const struct json *paths)
{
    if (!paths || paths->count < 2)
        return;
    json_each(other, paths)
    {
        buf_printf(&map->out, "<xhtml:link rel=\"alternate\" hreflang=\"%.*s\" href=\"",
                   SOUK_PRI(other->key));
        add_address(map, json_text(&other->value));
        buf_add_cstr(&map->out, "\"/>");
    }
    buf_add_cstr(&map->out, "<xhtml:link rel=\"alternate\" hreflang=\"x-default\" href=\"");
    add_address(map, json_text(&json_first(paths)->value));
    buf_add_cstr(&map->out, "\"/>");
}

/* One target: an entry for each of its languages, each naming all of them. */
static void add_target(struct map *map, const struct json *paths, int64_t changed_at,
                       const struct json *images)
{
    json_each(path, paths)
    {
        buf_add_cstr(&map->out, "<url><loc>");
        add_address(map, json_text(&path->value));
        buf_add_cstr(&map->out, "</loc>");
        add_moment(&map->out, changed_at);
        add_links(map, paths);
        json_each(image, images)
        {
            buf_add_cstr(&map->out, "<image:image><image:loc>");
            add_address(map, json_text(&image->value));
            buf_add_cstr(&map->out, "</image:loc></image:image>");
        }
        buf_add_cstr(&map->out, "</url>\n");
    }
}

/* A language without a slug of its own shows the default's, and so has its address. */
static struct json *target_paths(struct arena *arena, const char *kind, const struct json *slugs)
{
    const char *const *locales = market_shop()->locales;
    struct souk_str common = json_text(json_at(slugs, locales[0]));
    struct json *paths = json_new(arena, JSON_OBJECT);
    if (!common.len && json_first(slugs))
        common = json_text(&json_first(slugs)->value);
    for (const char *const *locale = locales; *locale; locale++) {
        struct souk_str own = json_text(json_at(slugs, *locale));
        struct souk_str slug = own.len ? own : common;
        if (slug.len)
            json_add_str(arena, paths, *locale, slug_url(arena, kind, slug, *locale));
    }
    return paths;
}

static int add_rows(struct map *map, const char *kind, const struct db_statement *statement,
                    int64_t limit, int64_t offset)
{
    struct arena *arena = &map->request->arena;
    struct db_rows rows;
    int row, code = db_query(request_conn(map->request), statement, &rows,
                             DB_INT(map->request->now), DB_INT(limit), DB_INT(offset));
    if (code != SOUK_OK)
        return code;
    while ((row = db_next(&rows)) == 1) {
        struct json *slugs, *images;
        struct souk_str named = arena_str(arena, db_text(&rows, 1));
        struct souk_str shown = arena_str(arena, db_text(&rows, 2));
        if (json_parse(arena, named, &slugs, NULL) != SOUK_OK ||
            json_parse(arena, shown, &images, NULL) != SOUK_OK)
            continue;
        add_target(map, target_paths(arena, kind, slugs), db_int(&rows, 0), images);
    }
    return row;
}

/* ---- files ---- */

static int read_counts(struct request *request, struct counts *counts)
{
    struct db_rows rows;
    int64_t locales = 0;
    while (market_shop()->locales[locales])
        locales++;
    *counts = (struct counts){.locales = locales, .per_file = FILE_URLS / locales};
    int code =
        db_query(request_conn(request), &sql_storefront_map_count, &rows, DB_INT(request->now));
    if (code != SOUK_OK)
        return code;
    if (db_next(&rows) == 1) {
        int64_t category_at = db_int(&rows, 4), page_at = db_int(&rows, 5);
        counts->products = db_int(&rows, 0);
        counts->categories = db_int(&rows, 1);
        counts->pages = db_int(&rows, 2);
        counts->products_at = db_int(&rows, 3);
        counts->others_at = category_at > page_at ? category_at : page_at;
    }
    db_close(&rows);
    return SOUK_OK;
}

static struct map map_begin(struct request *request)
{
    struct map map = {request, page_base(request), {.arena = &request->arena}};
    buf_add_cstr(&map.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    return map;
}

static void add_file(struct map *map, int64_t number, int64_t at)
{
    buf_add_cstr(&map->out, "<sitemap><loc>");
    add_address(map, arena_printf(&map->request->arena, "/sitemap-%lld.xml", (long long)number));
    buf_add_cstr(&map->out, "</loc>");
    add_moment(&map->out, at);
    buf_add_cstr(&map->out, "</sitemap>\n");
}

static int find_part(const struct counts *counts, int64_t number, struct part *part)
{
    const struct {
        const char *kind;
        const struct db_statement *statement;
        int64_t count, first, at; /* first: so many are in the first file */
    } kinds[] = {
        {"category", &sql_storefront_map_categories, counts->categories, counts->per_file,
         counts->others_at},
        {"page", &sql_storefront_map_pages, counts->pages, counts->per_file, counts->others_at},
        {"product", &sql_storefront_map_products, counts->products, 0, counts->products_at}};
    int64_t left = number - 2;
    for (size_t i = 0; left >= 0 && i < sizeof kinds / sizeof *kinds; i++) {
        int64_t rest = kinds[i].count > kinds[i].first ? kinds[i].count - kinds[i].first : 0;
        int64_t files = (rest + counts->per_file - 1) / counts->per_file;
        if (left < files) {
            *part = (struct part){kinds[i].kind, kinds[i].statement,
                                  kinds[i].first + left * counts->per_file, kinds[i].at};
            return 1;
        }
        left -= files;
    }
    return 0;
}

int sitemap_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct counts counts;
    struct part part;
    int code = read_counts(request, &counts);
    if (code != SOUK_OK)
        return code;
    struct map map = map_begin(request);
    buf_add_cstr(&map.out,
                 "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    add_file(&map, 1, counts.others_at);
    for (int64_t number = 2; find_part(&counts, number, &part); number++)
        add_file(&map, number, part.at);
    buf_add_cstr(&map.out, "</sitemapindex>\n");
    answer_xml(&map);
    return SOUK_OK;
}

static int add_first(struct map *map, const struct counts *counts)
{
    struct arena *arena = &map->request->arena;
    int64_t at = counts->products_at > counts->others_at ? counts->products_at : counts->others_at;
    add_target(map, page_urls(arena, souk_str("/")), at, NULL);
    int code = add_rows(map, "category", &sql_storefront_map_categories, counts->per_file, 0);
    if (code != SOUK_OK)
        return code;
    return add_rows(map, "page", &sql_storefront_map_pages, counts->per_file, 0);
}

int sitemap_file(struct request *request, const struct web_route *route)
{
    (void)route;
    struct counts counts;
    struct part part = {0};
    int64_t number;
    struct souk_str name = request_param(request, "file");
    if (!str_starts(name, "sitemap-") || !str_ends(name, ".xml") ||
        str_to_int(str_make(name.ptr + 8, name.len - 12), &number) != SOUK_OK || number < 1)
        return SOUK_NOT_FOUND;
    int code = read_counts(request, &counts);
    if (code != SOUK_OK)
        return code;
    if (number > 1 && !find_part(&counts, number, &part))
        return SOUK_NOT_FOUND;
    struct map map = map_begin(request);
    buf_add_cstr(&map.out, "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" "
                           "xmlns:xhtml=\"http://www.w3.org/1999/xhtml\" "
                           "xmlns:image=\"http://www.google.com/schemas/sitemap-image/1.1\">\n");
    code = number == 1 ? add_first(&map, &counts)
                       : add_rows(&map, part.kind, part.statement, counts.per_file, part.offset);
    if (code != SOUK_OK)
        return code;
    buf_add_cstr(&map.out, "</urlset>\n");
    answer_xml(&map);
    return SOUK_OK;
}

/* ---- robots.txt ---- */

int robots_show(struct request *request, const struct web_route *route)
{
    (void)route;
    static const char *const closed[] = {"/search", "/account", "/cart", "/checkout", "/order"};
    struct arena *arena = &request->arena;
    struct buf out = {.arena = arena};
    buf_add_cstr(&out, "User-agent: *\nDisallow: /admin\nDisallow: /api\n");
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        for (const char *const *locale = market_shop()->locales; *locale; locale++)
            buf_printf(&out, "Disallow: %.*s\n",
                       SOUK_PRI(page_localized(arena, *locale, souk_str(closed[i]))));
    buf_printf(&out, "\nSitemap: %.*s/sitemap.xml\n", SOUK_PRI(page_base(request)));
    answer_bytes(request, 200, "text/plain; charset=utf-8", buf_str(&out));
    return SOUK_OK;
}
