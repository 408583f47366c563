/*
 * order_step.c: the small forms of an order's page: each step of its three machines, notes, and
 * asking for goods back on a customer's behalf. Which steps there are and what right each takes
 * says the table of edges (order_state.h); this file only turns a form into the arguments that the
 * API has too.
 */
#include "app/admin/admin.h"

#include "app/admin/order_page.h"
#include "app/admin/resource.h"
#include "app/admin/route.h"
#include "base/str.h"
#include "shop/order.h"
#include "shop/order_return.h"

#define TEXT_MOST 4000

/* ---- steps ---- */

static const struct order_edge *edge_named(struct souk_str step)
{
    size_t count;
    const struct order_edge *edges = order_edges(&count);
    for (size_t i = 0; i < count; i++)
        if (edges[i].right && souk_str_is(step, edges[i].step))
            return &edges[i];
    return NULL;
}

static const char *part_of(const struct order_edge *edge)
{
    return edge->machine == ORDER_MACHINE_PAYMENT      ? "money"
           : edge->machine == ORDER_MACHINE_FULFILMENT ? "goods"
                                                       : "order";
}

static void add_text(struct request *request, struct json *args, const char *name)
{
    struct souk_str text = str_trim(request_form(request, name));
    if (text.len)
        json_add_str(&request->arena, args, name, text);
}

static int add_money(struct request *request, struct json *args, const char *name)
{
    int64_t amount;
    int code = order_deed_money(request, name, &amount);
    if (!code && amount >= 0)
        json_add_int(&request->arena, args, name, amount);
    return code;
}

/* The weight as people write it, in kilograms. */
static int add_weight(struct request *request, struct json *args)
{
    int64_t grams;
    struct souk_str text = str_trim(request_form(request, "weight"));
    if (text.len == 0)
        return SOUK_OK;
    if (resource_decimal(text, 3, &grams) != SOUK_OK || grams < 0)
        return SOUK_INVALID;
    json_add_int(&request->arena, args, "weight_g", grams);
    return SOUK_OK;
}

/* What a form says, as order_step takes it; words when something cannot be read. */
static const char *read_args(struct request *request, struct json *args)
{
    struct arena *arena = &request->arena;
    struct json *lines = json_new(arena, JSON_ARRAY);
    if (order_deed_lines(request, "units-", lines) != SOUK_OK)
        return "a number of units is a whole number, please";
    if (lines->count)
        json_add_tree(arena, args, "lines", lines);
    else if (request_form_has(request, "_units", NULL))
        return "choose how many units of which line";
    if (add_money(request, args, "amount") || add_money(request, args, "delivery") ||
        add_money(request, args, "declared_value"))
        return "a sum is written as 12.50, please";
    if (add_weight(request, args))
        return "a weight is written in kilograms as 1.25, please";
    add_text(request, args, "reason");
    add_text(request, args, "reference");
    add_text(request, args, "tracking");
    return NULL;
}

static int run_step(struct db_conn *conn, struct order_deed *deed, struct err *err)
{
    return order_step(conn, &deed->request->arena, deed->order, deed->step, deed->args,
                      deed->request->principal, deed->request->now, err);
}

int order_take_step(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *args = json_new(&request->arena, JSON_OBJECT);
    struct order_deed deed = {.request = request,
                              .order = admin_id(request, "id"),
                              .step = request_param(request, "step"),
                              .args = args,
                              .run = run_step};
    const struct order_edge *edge = edge_named(deed.step);
    if (!edge || !deed.order)
        return order_page_gone(request);
    if (!admin_need(request, edge->right))
        return SOUK_OK;
    const char *problem = read_args(request, args);
    if (problem)
        return order_page_show(request, deed.order, 422, problem);
    deed.part = part_of(edge);
    return order_deed_answer(&deed, deed.part);
}

/* ---- notes ---- */

static int run_note(struct db_conn *conn, struct order_deed *deed, struct err *err)
{
    struct souk_str text = json_text(json_at(deed->args, "text"));
    int internal = json_true(json_at(deed->args, "internal"));
    (void)err;
    return order_note(conn, deed->order, text, internal, deed->request->principal,
                      deed->request->now);
}

int order_add_note(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *args = json_new(&request->arena, JSON_OBJECT);
    struct souk_str text = str_trim(request_form(request, "text"));
    struct order_deed deed = {.request = request,
                              .order = admin_id(request, "id"),
                              .step = souk_str("note"),
                              .args = args,
                              .run = run_note};
    if (!deed.order)
        return order_page_gone(request);
    if (text.len == 0 || text.len > TEXT_MOST)
        return order_page_show(request, deed.order, 422,
                               "write a note of at most 4,000 characters");
    json_add_str(&request->arena, args, "text", text);
    json_add_bool(&request->arena, args, "internal",
                  !souk_str_is(request_form(request, "reader"), "customer"));
    return order_deed_answer(&deed, "notes");
}

/* ---- goods that come back ---- */

static int run_return(struct db_conn *conn, struct order_deed *deed, struct err *err)
{
    struct arena *arena = &deed->request->arena;
    struct json *errors = json_new(arena, JSON_ARRAY);
    int code = return_request(conn, arena, deed->order, deed->args, deed->request->principal,
                              deed->request->now, &deed->id, errors, err);
    const struct json_item *first = json_first(errors);
    if (first)
        return err_set(err, SOUK_INVALID, "%.*s",
                       SOUK_PRI(json_text(json_at(&first->value, "detail"))));
    return code;
}

int order_ask_return(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *args = json_new(arena, JSON_OBJECT);
    struct json *lines = json_new(arena, JSON_ARRAY);
    struct souk_str reason = str_trim(request_form(request, "reason"));
    struct order_deed deed = {.request = request,
                              .order = admin_id(request, "id"),
                              .step = souk_str("return"),
                              .args = args,
                              .part = "goods",
                              .run = run_return};
    if (!deed.order)
        return order_page_gone(request);
    if (order_deed_lines(request, "units-", lines) != SOUK_OK || lines->count == 0)
        return order_page_show(request, deed.order, 422, "choose how many units of which line");
    struct json *with = json_add(arena, args, "lines", JSON_ARRAY);
    json_each(line, lines)
    {
        struct json *one = json_add(arena, with, NULL, JSON_OBJECT);
        json_add_tree(arena, one, "line", json_at(&line->value, "line"));
        json_add_tree(arena, one, "quantity", json_at(&line->value, "quantity"));
        json_add_str(arena, one, "reason", reason.len ? reason : souk_str("other"));
    }
    json_add_str(arena, args, "outcome",
                 souk_str_is(request_form(request, "outcome"), "exchange") ? souk_str("exchange")
                                                                           : souk_str("refund"));
    add_text(request, args, "note");
    int code = order_deed_do(&deed);
    if (code)
        return order_page_show(request, deed.order, order_deed_status(code),
                               arena_cstr(arena, souk_str(deed.err.text)));
    return admin_redirect(request, "/admin/returns/%lld", (long long)deed.id);
}
