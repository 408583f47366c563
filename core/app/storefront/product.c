/*
 * product: the page of a product. Its variant is chosen by the query: `?sku=` or a field for each
 * option, as the form on the page sends them. The canonical address is always the one without.
 */
#include "app/storefront/offer_page.h"
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"

#include "app/storefront.sql.h"
#include "shop/page.h"
#include "shop/product.h"
#include "web/session.h"

#define DESCRIPTION 160  /* characters that search engines show */
#define WORDS       5000 /* of the description, in structured data */

/* Every other field of the query may be an option; product_view knows which are. */
static struct json *chosen_options(struct request *request)
{
    struct json *chosen = json_new(&request->arena, JSON_OBJECT);
    for (size_t i = 0; i < request->query.count; i++) {
        const struct header *field = &request->query.at[i];
        struct json *value = json_add_key(&request->arena, chosen, field->name, JSON_STRING);
        value->text = field->value;
    }
    return chosen;
}

/* Did the address choose? A product of which there is one kind needs no choice. */
static int is_chosen(struct request *request, const struct json *view, const struct json *chosen)
{
    int found = request_query(request, "sku").len > 0;
    const struct json *options = json_at(view, "options");
    json_each(option, options) found |=
        json_text(json_get(chosen, json_text(json_at(&option->value, "code")))).len > 0;
    return found && json_true(json_at(view, "selected"));
}

/* One that was sold here once is gone (410), one that is not yet there is unknown (404). */
static int answer_hidden(struct request *request, int64_t id)
{
    struct db_rows rows;
    int archived = 0;
    int code = db_query(request_conn(request), &sql_storefront_product_status, &rows, DB_INT(id));
    if (code != SOUK_OK)
        return code;
    if (db_next(&rows) == 1)
        archived = souk_str_is(db_text(&rows, 0), "archived");
    db_close(&rows);
    if (!archived)
        return SOUK_NOT_FOUND;
    answer_problem(request, 410, NULL, "this product is no longer sold", NULL);
    return SOUK_OK;
}

/* The number under its bars, of the variant that is offered: for structured data. */
static void add_barcode(struct request *request, struct json *view)
{
    struct db_rows rows;
    struct souk_str sku = json_text(json_at(json_at(view, "selected"), "sku"));
    if (!sku.len ||
        db_query(request_conn(request), &sql_storefront_barcode, &rows, DB_TEXT(sku)) != SOUK_OK)
        return;
    if (db_next(&rows) == 1)
        json_add_str(&request->arena, view, "barcode",
                     arena_str(&request->arena, db_text(&rows, 0)));
    db_close(&rows);
}

/* A line about delivery, if the shop has written a page of that name. */
static void add_delivery(struct request *request, const struct market *market, struct json *view)
{
    const struct json *page = frame_of(request, market)->delivery;
    if (!page)
        return;
    struct json *delivery = json_add(&request->arena, view, "delivery", JSON_OBJECT);
    json_add_str(&request->arena, delivery, "title", json_text(json_at(page, "title")));
    json_add_str(&request->arena, delivery, "summary",
                 json_text(json_at(json_at(page, "seo"), "description")));
    json_add_str(&request->arena, delivery, "url",
                 json_text(json_at(json_at(page, "urls"), market->locale)));
}

/* The picture of the chosen variant comes first. */
static struct souk_str main_image(const struct json *view)
{
    struct souk_str own = json_text(json_at(json_at(json_at(view, "selected"), "image"), "url"));
    const struct json_item *first = json_first(json_at(view, "images"));
    if (own.len)
        return own;
    return first ? json_text(json_at(&first->value, "url")) : souk_str("");
}

static void add_head(struct request *request, struct json *view, int one)
{
    struct arena *arena = &request->arena;
    struct souk_str name = json_text(json_at(view, "name"));
    struct souk_str path = json_text(json_at(view, "url"));
    struct souk_str summary = json_text(json_at(view, "summary_html"));
    struct souk_str whole = json_text(json_at(view, "description_html"));
    struct souk_str words = page_plain(arena, summary.len ? summary : whole, DESCRIPTION);
    struct page_head head = {.path = path,
                             .title = page_seo(view, "title", name),
                             .description = page_seo(view, "description", words),
                             .image = main_image(view),
                             .type = "product",
                             .urls = json_at(view, "urls"),
                             .graph = json_new(arena, JSON_ARRAY)};
    json_add_str(arena, view, "description", page_plain(arena, whole.len ? whole : summary, WORDS));
    jsonld_product(request, head.graph, view, one);
    jsonld_breadcrumb(request, head.graph, json_at(view, "breadcrumb"), name, path);
    page_head_add(request, view, &head);
}

int product_show(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id, until = 0;
    struct json *view;
    int code = page_resolve(request, "product", &id);
    if (code != SOUK_OK)
        return code == 1 ? SOUK_OK : code;
    struct market market = page_market(request);
    struct souk_str sku = request_query(request, "sku");
    struct json *chosen = chosen_options(request);
    code = product_view(request_conn(request), &request->arena, &market, id, sku, chosen, &view,
                        &until);
    if (code == SOUK_NOT_FOUND)
        return answer_hidden(request, id);
    if (code != SOUK_OK)
        return code;
    request_expires(request, until);
    json_add_bool(&request->arena, view, "chosen", is_chosen(request, view, chosen));
    json_add_str(&request->arena, view, "token", session_csrf(request));
    json_add_bool(&request->arena, view, "choose", request_query(request, "choose").len > 0);
    offer_page_product(request, id, view);
    add_delivery(request, &market, view);
    add_barcode(request, view);
    add_head(request, view, json_true(json_at(view, "chosen")));
    return page_send(request, "page/product", view);
}
