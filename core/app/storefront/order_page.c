/*
 * order_page: an order as its customer sees it, behind its token or one's account; the look-up form
 * for who has lost the link; another attempt to pay; the same goods once more; the list in the
 * account.
 *
 * The look-up never says whether a number exists: number and address must both fit, and ten tries
 * in an hour are enough for one address of the network.
 */
#include "app/buying.sql.h"
#include "app/checkout.h"
#include "app/storefront/account_page.h"
#include "app/storefront/buy_page.h"
#include "app/storefront/checkout_form.h"
#include "app/storefront/offer_page.h"
#include "app/storefront/order_page.h"
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/account.h"
#include "shop/order.h"
#include "shop/order_return.h"
#include "shop/payment.h"
#include "shop/person.h"
#include "shop/shipment.h"
#include "store/db.h"

#define TRIES 10
#define SPAN  CLOCK_HOUR
#define PAGE  20
#define LOOKS 20  /* how often a page that waits for a provider looks again by itself */
#define LINES 200 /* that go into a cart again */

/* ---- whose ---- */

static int is_owner(struct request *request, struct db_conn *conn, int64_t order)
{
    int64_t owner = 0, person = account_page_person(request);
    return person && db_get_int(conn, &sql_buy_order_owner, &owner, DB_INT(order)) == SOUK_OK &&
           owner && person_root(conn, owner) == person;
}

int order_page_find(struct request *request, struct db_conn *conn, int64_t *id)
{
    struct souk_str number = request_param(request, "number");
    struct souk_str token = request_query(request, "token");
    if (!token.len && souk_str_is(request->method, "POST"))
        token = request_form(request, "token");
    if (token.len && token.len <= 64)
        return order_find(conn, number, token, id);
    int code = order_find(conn, number, souk_str(""), id);
    if (code == SOUK_OK && is_owner(request, conn, *id))
        return SOUK_OK;
    return code == SOUK_OK ? SOUK_NOT_FOUND : code;
}

/* Nobody's, or without its token: the form that finds it. */
int order_page_lost(struct request *request, int code)
{
    if (code != SOUK_NOT_FOUND || request_query(request, "token").len)
        return code;
    return account_page_go(request, "/order");
}

/* ---- the page ---- */

/* Money may still be due: nothing is under way, and the order stands. */
static int can_pay(const struct json *doc)
{
    struct souk_str status = json_text(json_at(doc, "status"));
    struct souk_str payment = json_text(json_at(doc, "payment_status"));
    return (souk_str_is(status, "placed") || souk_str_is(status, "confirmed")) &&
           (souk_str_is(payment, "failed") || souk_str_is(payment, "voided"));
}

/* The provider has not answered yet: the job that asks it goes on, and the page looks again by
 * itself for a while. */
static int add_waiting(struct request *request, struct db_conn *conn, int64_t id,
                       const struct json *doc, struct json *view)
{
    struct arena *arena = &request->arena;
    struct payment_row row;
    int64_t look = 0;
    int code = payment_of(conn, arena, id, &row);
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? SOUK_OK : code;
    if (!souk_str_is(row.state, "created") ||
        souk_str_is(json_text(json_at(doc, "status")), "cancelled"))
        return SOUK_OK;
    json_add_bool(arena, view, "waiting", 1);
    if (str_to_int(request_query(request, "look"), &look) != SOUK_OK || look < 0)
        look = 0;
    if (look >= LOOKS)
        return SOUK_OK;
    json_add_int(arena, view, "look_after", look < LOOKS / 2 ? 3 : 10);
    json_add_int(arena, view, "look", look + 1);
    return SOUK_OK;
}

int order_page_view(struct request *request, struct db_conn *conn, int64_t id, struct json *view)
{
    struct arena *arena = &request->arena;
    struct json *doc, *open = json_new(arena, JSON_ARRAY);
    int64_t until = 0;
    int code = order_load(conn, arena, id, 0, &doc);
    if (code != SOUK_OK)
        return code;
    json_add_tree(arena, view, "order", doc);
    json_add_tree(arena, view, "totals", json_at(doc, "totals"));
    json_add_tree(arena, view, "shipments", json_at(doc, "shipments"));
    json_add_tree(arena, view, "returns", json_at(doc, "returns"));
    struct json *pay = json_add(arena, view, "instructions", JSON_OBJECT);
    code = return_open_lines(conn, arena, id, request->now, open, &until);
    if (code != SOUK_OK)
        return code;
    json_add_tree(arena, view, "returnable", open);
    if (until)
        json_add_time(arena, view, "return_until", until);
    json_add_bool(arena, view, "can_pay", can_pay(doc));
    json_add_str(arena, view, "country",
                 account_country(json_text(json_at(json_at(doc, "address"), "country"))));
    if ((code = add_waiting(request, conn, id, doc, view)) != SOUK_OK)
        return code;
    return checkout_instructions(request, conn, id, pay) == SOUK_ERROR ? SOUK_ERROR : SOUK_OK;
}

int order_read(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    int64_t id;
    (void)route;
    int code = order_page_find(request, request_conn(request), &id);
    if (code != SOUK_OK)
        return order_page_lost(request, code);
    code = order_page_view(request, request_conn(request), id, view);
    if (code != SOUK_OK)
        return code;
    struct souk_str next =
        json_text(json_at(json_at(json_at(json_at(view, "order"), "payment"), "next"), "redirect"));
    json_add_str(arena, view, "next", next);
    json_add_bool(arena, view, "thanks", request_query(request, "thanks").len > 0);
    json_add_bool(arena, view, "signed_in", account_page_person(request) != 0);
    json_add_str(arena, view, "done", request_query(request, "done"));
    int leave = next.len && request_query(request, "pay").len;
    code = leave ? SOUK_OK
                 : offer_page_order(request, request_conn(request), id,
                                    request_query(request, "thanks").len > 0, view);
    if (code != SOUK_OK)
        return code == 1 ? SOUK_OK : code;
    return account_page_show(request, leave ? "page/order/leave" : "page/order/show", 200, view);
}

/* ---- looking one up ---- */

int order_lookup_form(struct request *request, const struct web_route *route)
{
    struct account_form form;
    (void)route;
    account_form_begin(&form, request);
    account_form_set(&form, "number", request_query(request, "number"));
    return account_form_show(&form, "page/order/find", 200);
}

static int look_up(struct request *request, struct souk_str number, struct souk_str email,
                   struct souk_str *token)
{
    struct db_rows rows;
    int code = db_first(
        db_query(request->conn, &sql_buy_order_lookup, &rows, DB_TEXT(number), DB_TEXT(email)),
        &rows);
    if (code != SOUK_OK)
        return code;
    *token = arena_str(&request->arena, db_text(&rows, 0));
    db_close(&rows);
    return SOUK_OK;
}

int order_lookup(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct account_form form;
    struct err err = {0};
    struct souk_str value = souk_str(""), token = souk_str("");
    int64_t tries = 0;
    (void)route;
    account_form_begin(&form, request);
    struct souk_str number = account_form_text(&form, "number");
    struct souk_str email = account_form_text(&form, "email");
    if (number.len && number.ptr[0] == '#')
        number = str_from(number, 1);
    if (!number.len || number.len > 40)
        account_form_refuse(&form, "number", "the number of the order is needed");
    if (contact_normalize(arena, "email", email, NULL, &value, &err) != SOUK_OK)
        account_form_refuse(&form, "email", err.text);
    if (account_form_failed(&form))
        return account_form_show(&form, "page/order/find", 422);
    int code = account_attempt(request->conn, "order", souk_str(request->address), SPAN,
                               request->now, &tries);
    if (code == SOUK_OK && tries > TRIES) {
        account_form_refuse(&form, "", "these were many tries; wait an hour, please");
        answer_header(request, "Retry-After", souk_str("3600"));
        code = account_form_show(&form, "page/order/find", 429);
        return code ? code : SOUK_BUSY; /* not counted: what was answered stands */
    }
    if (code == SOUK_OK)
        code = look_up(request, number, value, &token);
    if (code == SOUK_NOT_FOUND) {
        account_form_refuse(&form, "number", "no order has this number and this address");
        return account_form_show(&form, "page/order/find", 422);
    }
    if (code != SOUK_OK)
        return code;
    return account_page_go(request, checkout_order_path(arena, number, token).ptr);
}

/* ---- paying once more ---- */

static int show_pay(struct request *request, struct json *view, int status)
{
    return account_page_show(request, "page/order/pay", status, view);
}

/* The order and what can be paid with; SOUK_CONFLICT: nothing is to be paid. */
static int pay_view(struct request *request, int64_t id, struct json *view)
{
    struct arena *arena = &request->arena;
    struct json *doc, *items = json_new(arena, JSON_ARRAY);
    const struct cart none = {0};
    struct err err = {0};
    int code = order_load(request_conn(request), arena, id, 0, &doc);
    if (code != SOUK_OK || !can_pay(doc))
        return code ? code : SOUK_CONFLICT;
    json_add_tree(arena, view, "order", doc);
    json_add_tree(arena, view, "totals", json_at(doc, "totals"));
    struct market market = checkout_market(request, json_at(doc, "address"));
    struct quote due = {.total = json_int(json_at(doc, "due"), 0),
                        .currency = json_text(json_at(doc, "currency"))};
    code = checkout_payment_methods(request, &none, &market, &due,
                                    json_text(json_at(json_at(doc, "delivery"), "method")), items,
                                    &err);
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        return code;
    checkout_form_options(request, "payment", items, NULL, view);
    return SOUK_OK;
}

static int go_to(struct request *request, int64_t id, const char *more)
{
    struct arena *arena = &request->arena;
    struct db_rows rows;
    int code =
        db_first(db_query(request_conn(request), &sql_buy_order_token, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    struct souk_str path = checkout_order_path(arena, arena_str(arena, db_text(&rows, 0)),
                                               arena_str(arena, db_text(&rows, 1)));
    db_close(&rows);
    return account_page_go(request, arena_printf(arena, "%.*s%s", SOUK_PRI(path), more).ptr);
}

int order_pay_form(struct request *request, const struct web_route *route)
{
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    int64_t id;
    (void)route;
    int code = order_page_find(request, request_conn(request), &id);
    if (code != SOUK_OK)
        return order_page_lost(request, code);
    code = pay_view(request, id, view);
    if (code == SOUK_CONFLICT)
        return go_to(request, id, "");
    return code ? code : show_pay(request, view, 200);
}

static int paid(struct request *request, struct db_conn *conn, const struct checkout_end *end)
{
    (void)conn;
    struct arena *arena = &request->arena;
    if (end->status == 201 || end->status == 200) {
        struct souk_str path = checkout_order_path(arena, json_text(json_at(end->order, "number")),
                                                   json_text(json_at(end->order, "token")));
        const char *more = end->redirect.len ? "&pay=1" : "&thanks=1";
        return account_page_go(request, arena_printf(arena, "%.*s%s", SOUK_PRI(path), more).ptr);
    }
    struct json *view = json_copy(arena, request->body_json);
    checkout_form_refuse(arena, view, end->errors);
    if (!end->errors || !end->errors->count)
        json_add_cstr(arena, view, "detail", end->detail ? end->detail : "");
    return show_pay(request, view, end->status);
}

int order_pay(struct request *request, const struct web_route *route)
{
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    int64_t id;
    (void)route;
    int code = order_page_find(request, request_conn(request), &id);
    if (code == SOUK_OK)
        code = pay_view(request, id, view);
    if (code == SOUK_CONFLICT)
        return go_to(request, id, "");
    if (code != SOUK_OK)
        return code;
    request->body_json = view;
    struct json *body = checkout_form_read(request, NULL);
    return checkout_pay_again(request, id, json_at(body, "payment"), paid);
}

/* ---- the same once more ---- */

/* What cannot be had is left out and told; *missing counts it. */
static int take_lines(struct request *request, const struct json *lines, struct cart *cart,
                      int *missing)
{
    int64_t taken = 0;
    json_each(item, lines)
    {
        struct err err = {0};
        int64_t line, available = 0;
        struct cart_change change = {.verb = CART_ADD,
                                     .sku = json_text(json_at(&item->value, "sku")),
                                     .quantity = json_int(json_at(&item->value, "quantity"), 1)};
        if (json_true(json_at(&item->value, "gift")) || ++taken > LINES)
            continue;
        int code = cart_apply(request->conn, &request->arena, cart, &change, request->now, &line,
                              &available, &err);
        if (code == SOUK_CONFLICT && available > 0) {
            change.quantity = available;
            code = cart_apply(request->conn, &request->arena, cart, &change, request->now, &line,
                              &available, &err);
            *missing += 1;
        } else if (code == SOUK_NOT_FOUND || code == SOUK_CONFLICT || code == SOUK_INVALID) {
            *missing += 1;
            code = SOUK_OK;
        }
        if (code != SOUK_OK && code != SOUK_CONFLICT)
            return code;
    }
    return SOUK_OK;
}

int order_again(struct request *request, const struct web_route *route)
{
    struct cart cart;
    struct json *doc;
    int64_t id;
    int missing = 0;
    (void)route;
    int code = order_page_find(request, request->conn, &id);
    if (code == SOUK_OK)
        code = order_load(request->conn, &request->arena, id, 0, &doc);
    if (code == SOUK_OK)
        code = buy_cart_need(request, request->conn, &cart);
    if (code == SOUK_OK)
        code = take_lines(request, json_at(doc, "lines"), &cart, &missing);
    if (code == SOUK_OK)
        code = buy_store(request, &cart);
    if (code != SOUK_OK)
        return code;
    return account_page_go(request, missing ? "/cart?done=again-some" : "/cart?done=again");
}

/* ---- the account's list ---- */

/* A page ends where the next begins: "<placed_at>-<id>". */
static void read_before(struct request *request, int64_t *at, int64_t *id)
{
    struct souk_str rest = request_query(request, "before"), part;
    *at = INT64_MAX;
    *id = INT64_MAX;
    int64_t a, b;
    if (rest.len && str_split(&rest, '-', &part) && str_to_int(part, &a) == SOUK_OK &&
        str_to_int(rest, &b) == SOUK_OK) {
        *at = a;
        *id = b;
    }
}

static void add_row(struct arena *arena, struct db_rows *rows, struct json *list)
{
    struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_str(arena, item, "number", arena_str(arena, db_text(rows, 0)));
    json_add_str(arena, item, "token", arena_str(arena, db_text(rows, 1)));
    json_add_time(arena, item, "placed_at", db_int(rows, 2));
    json_add_str(arena, item, "status", arena_str(arena, db_text(rows, 3)));
    json_add_str(arena, item, "payment_status", arena_str(arena, db_text(rows, 4)));
    json_add_str(arena, item, "fulfilment_status", arena_str(arena, db_text(rows, 5)));
    json_add_int(arena, item, "total", db_int(rows, 6));
    json_add_str(arena, item, "currency", arena_str(arena, db_text(rows, 7)));
    json_add_int(arena, item, "units", db_int(rows, 8));
    json_add_str(arena, item, "name", arena_str(arena, db_text(rows, 9)));
}

int account_orders(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct db_rows rows;
    int64_t at, id, last_at = 0, last_id = 0, person = account_page_need(request);
    int got, count = 0;
    (void)route;
    if (!person)
        return SOUK_OK;
    read_before(request, &at, &id);
    struct json *list = json_add(arena, view, "orders", JSON_ARRAY);
    int code = db_query(request_conn(request), &sql_buy_orders_of_person, &rows, DB_INT(person),
                        DB_INT(at), DB_INT(id), DB_INT(PAGE + 1));
    if (code != SOUK_OK)
        return code;
    while ((got = db_next(&rows)) == 1 && ++count <= PAGE) {
        add_row(arena, &rows, list);
        last_at = db_int(&rows, 2);
        last_id = db_int(&rows, 10);
    }
    db_close(&rows);
    if (got < 0)
        return got;
    if (count > PAGE)
        json_add_str(arena, view, "older",
                     arena_printf(arena, "%lld-%lld", (long long)last_at, (long long)last_id));
    return account_page_show(request, "page/account/orders", 200, view);
}
