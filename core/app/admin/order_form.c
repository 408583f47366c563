/*
 * order_form.c: changing an order: quantities, new lines by SKU, contact, address, delivery. Only
 * what was changed is sent on; the version that the form was made from goes with it, so of two
 * people who change an order at once the second is told and changes nothing.
 */
#include "app/admin/order_page.h"
#include "app/admin/resource.h"
#include "app/admin/route.h"
#include "base/str.h"
#include "shop/order.h"

#define NEW_LINES 3

static const char *const address_fields[] = {"company", "line1",  "line2",   "postcode",
                                             "city",    "region", "country", NULL};
static const char *const contact_fields[] = {"name", "email", "phone", NULL};

static int show(struct request *request, int64_t id, int status, const char *problem)
{
    struct arena *arena = &request->arena;
    struct json *doc, *view = json_new(arena, JSON_OBJECT);
    struct db_conn *conn = request_conn(request);
    int code = conn ? order_load(conn, arena, id, 1, &doc) : SOUK_UNAVAILABLE;
    if (code == SOUK_NOT_FOUND)
        return order_page_gone(request);
    if (code)
        return code;
    int64_t delivery = json_int(json_at(json_at(doc, "totals"), "delivery"), 0);
    json_add_tree(arena, view, "order", doc);
    json_add_str(arena, view, "url", arena_printf(arena, "/admin/orders/%lld", (long long)id));
    json_add_str(arena, view, "delivery_amount",
                 resource_decimal_text(arena, delivery, resource_money_digits()));
    if (problem)
        json_add_str(arena, view, "problem", order_deed_words(request, problem));
    json_add_bool(arena, view, "sent", problem != NULL);
    order_deed_typed(request, view);
    return admin_render(request, "admin/order-edit", status, "Change an order", view);
}

int order_edit_form(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id = admin_id(request, "id");
    return id ? show(request, id, 200, NULL) : order_page_gone(request);
}

static int64_t units_of(const struct json *line)
{
    return json_int(json_at(line, "quantity"), 0) - json_int(json_at(line, "cancelled"), 0);
}

static void wish(struct arena *arena, struct json *lines, const struct json *line,
                 struct souk_str sku, int64_t quantity)
{
    struct json *one = json_add(arena, lines, NULL, JSON_OBJECT);
    if (line)
        json_add_tree(arena, one, "line", json_at(line, "id"));
    else
        json_add_str(arena, one, "sku", sku);
    json_add_int(arena, one, "quantity", quantity);
}

/* What is asked for beside the lines, in rows of their own: so many units of a SKU. */
struct addition {
    struct souk_str sku;
    int64_t units;
};

static const char *read_additions(struct request *request, struct addition additions[NEW_LINES])
{
    struct arena *arena = &request->arena;
    for (int i = 0; i < NEW_LINES; i++) {
        struct souk_str text =
            str_trim(request_form(request, arena_printf(arena, "units-%d", i + 1).ptr));
        additions[i].sku =
            str_trim(request_form(request, arena_printf(arena, "sku-%d", i + 1).ptr));
        additions[i].units = 1;
        if (additions[i].sku.len && text.len &&
            (str_to_int(text, &additions[i].units) != SOUK_OK || additions[i].units < 1 ||
             additions[i].units > QUOTE_QUANTITY))
            return "a number of units is a whole number, please";
    }
    return NULL;
}

/* Quantities that differ from what is there. More of a SKU that the order has goes to its line. */
static const char *read_lines(struct request *request, const struct json *doc, struct json *lines)
{
    struct arena *arena = &request->arena;
    struct addition additions[NEW_LINES];
    const char *problem = read_additions(request, additions);
    if (problem)
        return problem;
    json_each(line, json_at(doc, "lines"))
    {
        int64_t id = json_int(json_at(&line->value, "id"), 0), now = units_of(&line->value);
        int64_t quantity = now;
        struct souk_str text = str_trim(
            request_form(request, arena_printf(arena, "quantity-%lld", (long long)id).ptr));
        if (text.len &&
            (str_to_int(text, &quantity) != SOUK_OK || quantity < 0 || quantity > QUOTE_QUANTITY))
            return "a number of units is a whole number, please";
        for (int i = 0; i < NEW_LINES; i++)
            if (additions[i].sku.len &&
                souk_str_equal(additions[i].sku, json_text(json_at(&line->value, "sku")))) {
                quantity += additions[i].units;
                additions[i].sku.len = 0;
            }
        if (quantity != now)
            wish(arena, lines, &line->value, souk_str(""), quantity);
    }
    for (int i = 0; i < NEW_LINES; i++)
        if (additions[i].sku.len)
            wish(arena, lines, NULL, additions[i].sku, additions[i].units);
    return NULL;
}

static void read_texts(struct request *request, const struct json *doc, struct json *edit)
{
    struct arena *arena = &request->arena;
    struct json *address = json_new(arena, JSON_OBJECT);
    const struct json *before = json_at(doc, "address");
    int moved = 0;
    for (int i = 0; address_fields[i]; i++) {
        struct souk_str text = str_trim(request_form(request, address_fields[i]));
        moved |= !souk_str_equal(text, json_text(json_at(before, address_fields[i])));
        json_add_str(arena, address, address_fields[i], text);
    }
    if (moved)
        json_add_tree(arena, edit, "address", address);
    for (int i = 0; contact_fields[i]; i++) {
        struct souk_str text = str_trim(request_form(request, contact_fields[i]));
        if (!souk_str_equal(text, json_text(json_at(doc, contact_fields[i]))))
            json_add_str(arena, edit, contact_fields[i], text);
    }
}

/* What was changed, as order_edit takes it; words when something cannot be read. */
static const char *read_edit(struct request *request, const struct json *doc, struct json *edit)
{
    struct arena *arena = &request->arena;
    struct json *lines = json_new(arena, JSON_ARRAY);
    int64_t version = -1, delivery;
    const char *problem = read_lines(request, doc, lines);
    if (problem)
        return problem;
    if (lines->count)
        json_add_tree(arena, edit, "lines", lines);
    read_texts(request, doc, edit);
    if (order_deed_money(request, "delivery_amount", &delivery) != SOUK_OK)
        return "a sum is written as 12.50, please";
    if (delivery >= 0 && delivery != json_int(json_at(json_at(doc, "totals"), "delivery"), 0))
        json_add_int(arena, edit, "delivery_amount", delivery);
    if (edit->count == 0)
        return "nothing was changed";
    struct souk_str reason = str_trim(request_form(request, "reason"));
    if (reason.len)
        json_add_str(arena, edit, "reason", reason);
    str_to_int(request_form(request, "_version"), &version);
    json_add_int(arena, edit, "version", version);
    return NULL;
}

static int run(struct db_conn *conn, struct order_deed *deed, struct err *err)
{
    return order_edit(conn, &deed->request->arena, deed->order, deed->args,
                      deed->request->principal, deed->request->now, err);
}

int order_edit_save(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *edit = json_new(arena, JSON_OBJECT), *doc;
    struct order_deed deed = {.request = request,
                              .order = admin_id(request, "id"),
                              .step = souk_str("edit"),
                              .args = edit,
                              .run = run};
    struct db_conn *conn = request_conn(request);
    if (!deed.order || !conn || order_load(conn, arena, deed.order, 1, &doc) != SOUK_OK)
        return order_page_gone(request);
    const char *problem = read_edit(request, doc, edit);
    if (problem)
        return show(request, deed.order, 422, problem);
    int code = order_deed_do(&deed);
    if (code)
        return show(request, deed.order, order_deed_status(code),
                    arena_cstr(arena, souk_str(deed.err.text)));
    return admin_redirect(request, "/admin/orders/%lld?done=edit", (long long)deed.order);
}
