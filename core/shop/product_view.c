/*
 * product_view.c: one product as a shopper sees it: a fixed number of queries, each by keys, put
 * together into one tree. Variants, prices and choices are view_variant.c's.
 */
#include <limits.h>
#include "shop/page.h"
#include "shop/product.h"
#include "shop/view_variant.h"
#include "shop/slug.h"
#include "shop/tax.h"
#include "shop/view.sql.h"
#include "shop/view_text.h"

struct shown { /* one view in the making */
    struct db_conn *conn;
    struct arena *arena;
    const struct market *market;
    int64_t id;
    struct souk_str type, name, summary, html, brand, seo_title, seo_description;
    struct souk_str external_url, button_text;
    int64_t tax_class, changed_at, until;
    struct view_slugs slugs;
    struct souk_str url;
    struct shown_variants variants;
    struct json *view;
};

static struct souk_str keep(struct shown *shown, struct db_rows *rows, int column)
{
    return arena_str(shown->arena, db_text(rows, column));
}

static void note_until(struct shown *shown, int64_t at)
{
    if (at > shown->market->now && (!shown->until || at < shown->until))
        shown->until = at;
}

static int is_to_be_seen(struct shown *shown, struct db_rows *rows)
{
    int64_t now = shown->market->now;
    if (!souk_str_is(db_text(rows, 1), "active") ||
        (!db_is_null(rows, 3) && db_int(rows, 3) > now) ||
        (!db_is_null(rows, 4) && db_int(rows, 4) <= now) || db_is_null(rows, 9))
        return 0;
    note_until(shown, db_int(rows, 4));
    return 1;
}

/* Addresses of things sold elsewhere come in with imports. */
static void read_meta(struct shown *shown, struct souk_str text)
{
    struct json *meta = NULL;
    if (text.len <= 2 ||
        json_parse(shown->arena, arena_str(shown->arena, text), &meta, NULL) != SOUK_OK)
        return;
    struct souk_str url = json_text(json_at(meta, "external_url"));
    if ((url.len > 8 && memcmp(url.ptr, "https://", 8) == 0) ||
        (url.len > 7 && memcmp(url.ptr, "http://", 7) == 0))
        shown->external_url = url;
    shown->button_text = json_text(json_at(meta, "button_text"));
}

static int read_product(struct shown *shown)
{
    struct db_rows rows;
    int code = db_query(shown->conn, &sql_view_product, &rows, DB_INT(shown->id),
                        DB_CSTR(shown->market->locale), DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    if (!is_to_be_seen(shown, &rows)) {
        db_close(&rows);
        return SOUK_NOT_FOUND;
    }
    shown->type = keep(shown, &rows, 0);
    shown->tax_class = db_int(&rows, 5);
    read_meta(shown, db_text(&rows, 6));
    shown->changed_at = db_int(&rows, 7);
    shown->brand = keep(shown, &rows, 8);
    shown->name = keep(shown, &rows, 9);
    shown->summary = page_html(shown->arena, db_text(&rows, 10));
    shown->html = page_html(shown->arena, db_text(&rows, 11));
    shown->seo_title = keep(shown, &rows, 12);
    shown->seo_description = keep(shown, &rows, 13);
    db_close(&rows);
    code = view_slugs_read(shown->conn, shown->arena, "product", shown->id, &shown->slugs);
    shown->url =
        slug_url(shown->arena, "product", view_slugs_of(&shown->slugs, shown->market->locale),
                 shown->market->locale);
    return code;
}

/* ---- prices ---- */

/* "none" where no tax is reckoned: without a class, a zone or a rate above nought. */
static int add_tax_note(struct shown *shown)
{
    const char *note = "none";
    struct tax_rates rates = {0};
    int code = shown->tax_class ? tax_rates(shown->conn, shown->tax_class, shown->market, &rates)
                                : SOUK_OK;
    for (int i = 0; i < rates.count; i++)
        if (rates.at[i].ppm > 0)
            note = market_shop()->prices_include_tax ? "incl" : "excl";
    note_until(shown, rates.until);
    json_add_cstr(shown->arena, shown->view, "tax_note", note);
    return code;
}

static int lowest_of(struct shown *shown, const struct shown_variant *variant, int64_t *lowest)
{
    *lowest = 0;
    if (!variant || variant->price.compare_at <= 0)
        return SOUK_OK;
    return price_lowest(shown->conn, shown->market, variant->id, lowest);
}

static int add_prices(struct shown *shown, int64_t *selected_lowest)
{
    const struct shown_variants *variants = &shown->variants;
    const struct shown_variant *cheapest = variants->cheapest;
    const char *currency = shown->market->currency;
    struct json *view = shown->view;
    int64_t lowest;
    int code = lowest_of(shown, cheapest, &lowest);
    *selected_lowest = lowest;
    if (code == SOUK_OK && variants->selected != cheapest)
        code = lowest_of(shown, variants->selected, selected_lowest);
    if (code != SOUK_OK)
        return code;
    view_money(shown->arena, view, "price", cheapest ? cheapest->price.amount : -1, currency);
    view_money(shown->arena, view, "price_max", variants->highest, currency);
    view_money(shown->arena, view, "compare_at",
               cheapest && cheapest->price.compare_at > 0 ? cheapest->price.compare_at : -1,
               currency);
    view_money(shown->arena, view, "lowest_30_days", lowest > 0 ? lowest : -1, currency);
    if ((code = add_tax_note(shown)) != SOUK_OK)
        return code;
    json_add_bool(shown->arena, view, "available", variants->available);
    json_add_cstr(shown->arena, view, "availability",
                  price_availability_name(variants->availability));
    return SOUK_OK;
}

/* ---- categories, pictures, attributes ---- */

#define CATEGORIES_MOST 256

struct place {             /* of a category above the product */
    int64_t origin, depth; /* position of the category in the product; steps up from it */
    struct souk_str name, slug;
};

static void add_place(struct shown *shown, struct json *list, const struct place *place, int slug)
{
    struct json *item = json_add(shown->arena, list, NULL, JSON_OBJECT);
    if (slug)
        json_add_str(shown->arena, item, "slug", place->slug);
    json_add_str(shown->arena, item, "name", place->name);
    json_add_str(shown->arena, item, "url",
                 slug_url(shown->arena, "category", place->slug, shown->market->locale));
}

/* The next origin above `after`; INT64_MAX: none. */
static int64_t next_origin(const struct place *places, int count, int64_t after)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < count; i++)
        if (places[i].depth == 0 && places[i].origin > after && places[i].origin < next)
            next = places[i].origin;
    return next;
}

static void list_places(struct shown *shown, const struct place *places, int count)
{
    struct json *categories = json_add(shown->arena, shown->view, "categories", JSON_ARRAY);
    int64_t first = next_origin(places, count, INT64_MIN);
    for (int64_t o = first; o != INT64_MAX; o = next_origin(places, count, o))
        for (int i = 0; i < count; i++)
            if (places[i].origin == o && places[i].depth == 0)
                add_place(shown, categories, &places[i], 1);
    struct json *breadcrumb = json_add(shown->arena, shown->view, "breadcrumb", JSON_ARRAY);
    for (int64_t depth = 32; depth >= 0; depth--)
        for (int i = 0; i < count; i++)
            if (places[i].origin == first && places[i].depth == depth)
                add_place(shown, breadcrumb, &places[i], 0);
}

static int add_categories(struct shown *shown)
{
    struct place *places = arena_array(shown->arena, struct place, CATEGORIES_MOST);
    struct db_rows rows;
    int count = 0;
    int code = db_query(shown->conn, &sql_view_categories, &rows, DB_INT(shown->id),
                        DB_CSTR(shown->market->locale), DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1)
        if (count < CATEGORIES_MOST)
            places[count++] = (struct place){db_int(&rows, 1), db_int(&rows, 2),
                                             keep(shown, &rows, 3), keep(shown, &rows, 4)};
    if (code == SOUK_OK)
        list_places(shown, places, count);
    return code;
}

static int add_images(struct shown *shown)
{
    struct json *images = json_add(shown->arena, shown->view, "images", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(shown->conn, &sql_view_images, &rows, DB_INT(shown->id));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct json *image = view_image(
            shown->arena, &rows, 0,
            view_alt(shown->arena, db_text(&rows, 5), shown->market->locale, shown->name));
        if (image)
            json_add_tree(shown->arena, images, NULL, image);
    }
    return code;
}

/* Rows of one attribute stand together; each is a value more. */
static int add_attributes(struct shown *shown)
{
    struct arena *arena = shown->arena;
    struct json *list = json_add(arena, shown->view, "attributes", JSON_ARRAY), *values = NULL;
    struct souk_str last = souk_str("");
    struct db_rows rows;
    int code = db_query(shown->conn, &sql_view_attributes, &rows, DB_INT(shown->id),
                        DB_CSTR(shown->market->locale), DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (!values || !souk_str_equal(db_text(&rows, 0), last)) {
            struct json *attribute = json_add(arena, list, NULL, JSON_OBJECT);
            last = keep(shown, &rows, 0);
            json_add_str(arena, attribute, "code", last);
            json_add_str(arena, attribute, "name", keep(shown, &rows, 1));
            json_add_str(arena, attribute, "type", keep(shown, &rows, 5));
            json_add_str(arena, attribute, "unit", keep(shown, &rows, 2));
            json_add_bool(arena, attribute, "comparable", db_int(&rows, 6) != 0);
            values = json_add(arena, attribute, "values", JSON_ARRAY);
        }
        json_add(arena, values, NULL, JSON_STRING)->text =
            keep(shown, &rows, db_is_null(&rows, 4) ? 3 : 4);
    }
    return code;
}

/* ---- links ---- */

#define LINKS_MOST 200

struct link {
    struct souk_str kind;
    int64_t target, quantity;
};

static int read_links(struct shown *shown, struct link *links, int *count)
{
    struct db_rows rows;
    int code = db_query(shown->conn, &sql_view_links, &rows, DB_INT(shown->id));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1)
        if (*count < LINKS_MOST)
            links[(*count)++] =
                (struct link){keep(shown, &rows, 0), db_int(&rows, 1), db_int(&rows, 2)};
    return code;
}

static const struct json *find_card(const struct json *cards, int64_t id)
{
    json_each(item, cards)
    {
        if (json_int(json_at(&item->value, "id"), 0) == id)
            return &item->value;
    }
    return NULL;
}

static int add_links(struct shown *shown)
{
    struct arena *arena = shown->arena;
    struct json *all = json_add(arena, shown->view, "links", JSON_OBJECT), *list = NULL;
    struct json *cards = json_new(arena, JSON_ARRAY);
    struct link *links = arena_array(arena, struct link, LINKS_MOST);
    int64_t *ids = arena_array(arena, int64_t, LINKS_MOST), until = 0;
    int count = 0;
    int code = read_links(shown, links, &count);
    for (int i = 0; i < count; i++)
        ids[i] = links[i].target;
    if (code == SOUK_OK)
        code = product_cards_until(shown->conn, arena, shown->market, ids, (size_t)count, cards,
                                   &until);
    note_until(shown, until);
    for (int i = 0; code == SOUK_OK && i < count; i++) {
        if (!list || !souk_str_equal(links[i].kind, links[i - 1].kind))
            list = json_add_key(arena, all, links[i].kind, JSON_ARRAY);
        const struct json *card = find_card(cards, links[i].target);
        if (!card)
            continue;
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_each(member, card) json_add_key(arena, item, member->key, JSON_NULL)[0] =
            member->value;
        if (souk_str_is(links[i].kind, "bundle"))
            json_add_int(arena, item, "quantity", links[i].quantity);
    }
    return code;
}

/* ---- all of it ---- */

static void add_words(struct shown *shown)
{
    struct arena *arena = shown->arena;
    struct json *view = shown->view;
    json_add_int(arena, view, "id", shown->id);
    view_slugs_add(arena, view, &shown->slugs, "product", shown->market->locale);
    json_add_str(arena, view, "name", shown->name);
    view_add_html(arena, view, "summary_html", shown->summary);
    view_add_html(arena, view, "description_html", shown->html);
    if (shown->brand.len)
        json_add_str(arena, view, "brand", shown->brand);
    else
        json_add_null(arena, view, "brand");
    json_add_str(arena, view, "type", shown->type);
}

static void add_rest(struct shown *shown)
{
    struct arena *arena = shown->arena;
    struct json *view = shown->view;
    view_seo(arena, view, shown->seo_title, shown->seo_description, shown->name,
             shown->summary.len ? shown->summary : shown->html);
    if (shown->external_url.len)
        json_add_str(arena, view, "external_url", shown->external_url);
    else
        json_add_null(arena, view, "external_url");
    json_add_str(arena, view, "button_text", shown->button_text);
    json_add_int(arena, view, "changed_at", shown->changed_at);
}

static int build(struct shown *shown, struct souk_str sku, const struct json *chosen)
{
    int64_t lowest = 0;
    struct arena *arena = shown->arena;
    struct shown_variants *variants = &shown->variants;
    int code = read_product(shown);
    if (code == SOUK_OK)
        code =
            view_variants_read(shown->conn, arena, shown->market, shown->id, sku, chosen, variants);
    if (code != SOUK_OK)
        return code;
    note_until(shown, variants->until);
    shown->view = json_new(arena, JSON_OBJECT);
    add_words(shown);
    if ((code = add_prices(shown, &lowest)) != SOUK_OK ||
        (code = add_categories(shown)) != SOUK_OK || (code = add_images(shown)) != SOUK_OK)
        return code;
    json_add_tree(arena, shown->view, "options",
                  view_variants_options(arena, variants, shown->url));
    json_add_tree(arena, shown->view, "variants",
                  view_variants_list(arena, shown->market, variants, shown->url));
    json_add_tree(
        arena, shown->view, "selected",
        view_variants_one(arena, shown->market, variants, variants->selected, shown->url, lowest));
    if ((code = add_attributes(shown)) != SOUK_OK || (code = add_links(shown)) != SOUK_OK)
        return code;
    add_rest(shown);
    return SOUK_OK;
}

int product_view(struct db_conn *conn, struct arena *arena, const struct market *market, int64_t id,
                 struct souk_str sku, const struct json *chosen, struct json **view, int64_t *until)
{
    struct shown shown = {.conn = conn, .arena = arena, .market = market, .id = id};
    int code = build(&shown, sku, chosen);
    if (code != SOUK_OK)
        return code;
    *view = shown.view;
    if (until)
        *until = shown.until;
    return SOUK_OK;
}
