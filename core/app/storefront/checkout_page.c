/*
 * checkout_page: one page from the cart to the order, for guests and for who is signed in.
 *
 * The page is always made from the cart's draft, which keeps all that was typed: leaving and coming
 * back, another tab, a refusal, a shop that was restarted in between lose nothing. "Update" keeps
 * the draft and shows the page anew (303), which is how delivery, payment and totals follow the
 * address where no script runs. "Place order" carries the total that was shown; if it is another by
 * now, the page says both and asks again. The page that answers a refusal is made before the
 * checkout runs, because whoever answers stands on the writer, where nobody may be asked; it waits
 * in body_json.
 */
#include <souk/plugin.h>
#include "app/buying.sql.h"
#include "app/checkout_inner.h"
#include "app/code_guard.h"
#include "app/storefront/account_page.h"
#include "app/storefront/buy_page.h"
#include "app/storefront/checkout_form.h"
#include "app/storefront/offer_page.h"
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"
#include "base/str.h"
#include "bridge/provider.h"
#include "shop/account.h"
#include "shop/person.h"
#include "shop/visit.h"

struct till { /* one look at the checkout, in the request's arena */
    struct request *request;
    struct cart cart;
    struct market market;
    struct quote quote; /* of the cart in this market: made once, and what is chosen joins it */
    struct json *gone;
    struct json *view, *draft;
    int64_t person;
    int address; /* a street is needed */
};

/* ---- what is known already ---- */

static void fill(struct json *into, struct arena *arena, const char *key, struct souk_str value)
{
    if (value.len && !json_text(json_at(into, key)).len)
        json_add_str(arena, into, key, value);
}

static void fill_address(struct till *till, const struct json *from)
{
    static const char *const keys[] = {"company",  "country", "region", "city",
                                       "postcode", "line1",   "line2"};
    struct arena *arena = &till->request->arena;
    struct json *address = json_add(arena, till->draft, "address", JSON_OBJECT);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct souk_str value = json_text(json_at(from, keys[i]));
        if (value.len)
            json_add_str(arena, address, keys[i], value);
    }
    if (json_text(json_at(from, "name")).len)
        json_add_str(arena, till->draft, "name", json_text(json_at(from, "name")));
    if (json_text(json_at(from, "phone")).len)
        json_add_str(arena, till->draft, "phone", json_text(json_at(from, "phone")));
}

/* One's own name, mail and addresses: the first one is filled in, the others can be taken. */
static int fill_known(struct till *till)
{
    struct request *request = till->request;
    struct arena *arena = &request->arena;
    struct json *me, *list = json_add(arena, till->view, "addresses", JSON_ARRAY);
    struct souk_str email = souk_str(""), hash;
    struct db_conn *conn = request_conn(request);
    if (!till->person)
        return SOUK_OK;
    int code = address_list(conn, arena, till->person, list);
    if (code == SOUK_OK && !json_true(json_at(till->draft, "begun")) && list->count)
        fill_address(till, &list->first->value);
    if (code == SOUK_OK && person_load(conn, arena, till->person, &me) == SOUK_OK)
        fill(till->draft, arena, "name", json_text(json_at(me, "name")));
    if (code == SOUK_OK && account_of(conn, arena, till->person, &email, &hash) == SOUK_OK)
        fill(till->draft, arena, "email", email);
    return code;
}

/* The shop's own country stands there until another is chosen. */
static void preset_country(struct till *till)
{
    struct arena *arena = &till->request->arena;
    const struct json *address = json_at(till->draft, "address");
    if (json_text(json_at(address, "country")).len)
        return;
    struct json *filled = address ? json_copy(arena, address) : json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, filled, "country", market_shop()->country);
    json_add_tree(arena, till->draft, "address", filled);
}

/* ---- the page ---- */

static int price(struct till *till)
{
    struct request *request = till->request;
    struct err err = {0};
    till->gone = json_new(&request->arena, JSON_ARRAY);
    int code = cart_price(request_conn(request), &request->arena, &till->cart, &till->market, NULL,
                          0, &till->quote, till->gone, &err);
    till->cart.said = till->quote.said; /* in another market they are not asked again */
    return code;
}

/* What is fetched is taxed at the shop's: by what is chosen now, it may be another market. */
static int settle_market(struct till *till)
{
    struct market market = checkout_market_of(till->request, till->draft);
    int same = souk_str_equal(market.country, till->market.country) &&
               souk_str_equal(market.region, till->market.region) &&
               souk_str_equal(market.postcode, till->market.postcode);
    till->market = market;
    return same ? SOUK_OK : price(till);
}

static int add_delivery(struct till *till)
{
    struct request *request = till->request;
    struct arena *arena = &request->arena;
    struct json *items = json_new(arena, JSON_ARRAY);
    struct provider_scope scope;
    struct err err = {0};
    int32_t flags = 0;
    int code =
        checkout_delivery_options(request, &till->cart, &till->market, &till->quote, items, &err);
    if (code != SOUK_OK)
        return code;
    struct souk_str method = checkout_form_chosen(items, till->draft, "delivery");
    provider_scope_request(&scope, request, SOUK_TASK);
    if (method.len && delivery_flags(scope.set, method, &flags) != SOUK_OK)
        flags = 0;
    till->address = !(flags & SOUK_DELIVERY_NO_ADDRESS);
    struct souk_str wanted = json_text(json_at(json_at(till->draft, "delivery"), "method"));
    json_add_bool(arena, till->view, "delivery_changed",
                  wanted.len && !souk_str_equal(wanted, method));
    checkout_form_choose(arena, till->draft, "delivery", method);
    checkout_form_options(request, "delivery", items, till->draft, till->view);
    return SOUK_OK;
}

static int add_payment(struct till *till)
{
    struct request *request = till->request;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    struct err err = {0};
    struct souk_str delivery = json_text(json_at(json_at(till->draft, "delivery"), "method"));
    int code = checkout_payment_methods(request, &till->cart, &till->market, &till->quote, delivery,
                                        items, &err);
    if (code != SOUK_OK)
        return code;
    struct souk_str method = checkout_form_chosen(items, till->draft, "payment");
    checkout_form_choose(&request->arena, till->draft, "payment", method);
    checkout_form_options(request, "payment", items, till->draft, till->view);
    return SOUK_OK;
}

/* Puts the listed price of what is chosen on the quote. */
static int charge(struct till *till, const char *kind, const char *listed)
{
    struct request *request = till->request;
    struct err err = {0};
    struct souk_str chosen = json_text(json_at(json_at(till->draft, kind), "method"));
    json_each(item, json_at(till->view, kind))
    {
        int64_t amount = json_int(json_at(json_at(&item->value, listed), "amount"), 0);
        if (amount <= 0 || !souk_str_equal(json_text(json_at(&item->value, "method")), chosen))
            continue;
        struct checkout_charged charge = {.method = chosen,
                                          .label = json_text(json_at(&item->value, "label")),
                                          .amount = amount,
                                          .listed = 1,
                                          .fee = strcmp(listed, "fee") == 0};
        return checkout_charge(request_conn(request), &request->arena, &till->cart, &till->market,
                               &till->quote, &charge, &err);
    }
    return SOUK_OK;
}

/* While something of the chosen delivery is not filled in yet (a time, a point), it costs what its
 * list says. */
static int charge_delivery(struct till *till)
{
    struct request *request = till->request;
    struct err err = {0};
    int code = checkout_deliver(request, request_conn(request), &till->cart, &till->market,
                                &till->quote, &err);
    return code || !till->quote.count || till->quote.delivery_count
               ? code
               : charge(till, "delivery", "amount");
}

/* Why no tax is charged, or why it is although there is a number; and what is wrong with one. */
static void add_tax(struct till *till, const struct quote *quote)
{
    struct arena *arena = &till->request->arena;
    const char *wrong = checkout_tax_wrong(arena, &quote->buyer);
    const char *unknown = tax_buyer_note(&quote->buyer);
    json_add_bool(arena, till->view, "tax_exempt", quote->exempt != QUOTE_EXEMPT_NONE);
    json_add_str(arena, till->view, "tax_note",
                 quote->exempt ? quote->tax_note : souk_str(unknown ? unknown : ""));
    json_add_cstr(arena, till->view, "vat_wrong", wrong ? wrong : "");
    json_add_str(arena, till->view, "vat_company",
                 quote->buyer.state == TAX_STATE_VALID ? quote->buyer.company : souk_str(""));
}

/* What the chosen way to pay costs on top is part of the total, as it is when the order is placed.
 */
static int add_totals(struct till *till)
{
    struct request *request = till->request;
    int code = charge(till, "payment", "fee");
    if (code == SOUK_OK)
        code = buy_cart_show(request, request_conn(request), &till->cart, &till->market,
                             &till->quote, till->gone, till->view);
    if (code != SOUK_OK)
        return code;
    add_tax(till, &till->quote);
    json_add_bool(&request->arena, till->view, "tax_added", !till->quote.include_tax);
    return offer_page_bumps(request, &till->cart, &till->quote, till->view);
}

static int asks_region(struct souk_str country)
{
    static const char *const countries[] = {"AU", "BR", "CA", "CN", "IN", "MX", "US"};
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++)
        if (souk_str_is(country, countries[i]))
            return 1;
    return 0;
}

/* The page of the merchant's that says to what one agrees. */
static void add_terms(struct till *till)
{
    const struct frame *frame = frame_of(till->request, &till->market);
    json_each(item, frame->footer_pages)
    {
        if (souk_str_is(json_text(json_at(&item->value, "key")), "terms"))
            json_add_tree(&till->request->arena, till->view, "terms", &item->value);
    }
}

/* Everything that the page shows; conn may have been ended and begun anew in between. */
static int make_view(struct till *till)
{
    struct arena *arena = &till->request->arena;
    till->cart.draft = till->draft;
    till->market = checkout_market(till->request, json_at(till->draft, "address"));
    int code = price(till);
    if (code == SOUK_OK)
        code = add_delivery(till);
    if (code == SOUK_OK)
        code = settle_market(till);
    if (code == SOUK_OK)
        code = charge_delivery(till);
    if (code == SOUK_OK)
        code = add_payment(till);
    if (code == SOUK_OK)
        code = add_totals(till);
    if (code != SOUK_OK)
        return code;
    struct souk_str country = json_text(json_at(json_at(till->draft, "address"), "country"));
    checkout_form_show(arena, till->draft, till->view);
    account_countries(arena, till->view);
    add_terms(till);
    json_add_bool(arena, till->view, "needs_address", till->address);
    json_add_bool(arena, till->view, "needs_region", asks_region(country));
    json_add_bool(arena, till->view, "signed_in", till->person != 0);
    json_add_str(arena, till->view, "cart_token", till->cart.token);
    json_add_int(arena, till->view, "accept_total", till->quote.total);
    return SOUK_OK;
}

static int show(struct request *request, const struct json *view, int status)
{
    return account_page_show(request, "page/checkout", status, (struct json *)(uintptr_t)view);
}

/* ---- opening ---- */

/* An ordered cart leads to its order: 1. */
static int go_to_order(struct request *request, struct db_conn *conn, const struct cart *cart)
{
    struct arena *arena = &request->arena;
    struct db_rows rows;
    int64_t order = cart_ordered(conn, cart->id);
    if (!order ||
        db_first(db_query(conn, &sql_buy_order_token, &rows, DB_INT(order)), &rows) != SOUK_OK)
        return 0;
    struct souk_str path = checkout_order_path(arena, arena_str(arena, db_text(&rows, 0)),
                                               arena_str(arena, db_text(&rows, 1)));
    db_close(&rows);
    if (souk_str_is(request->method, "POST")) /* a second click gets the same thanks as the first */
        path = arena_printf(arena, "%.*s&thanks=1", SOUK_PRI(path));
    account_page_go(request, path.ptr);
    return 1;
}

static struct till *open_till(struct request *request)
{
    struct till *till = arena_new(&request->arena, struct till);
    till->request = request;
    till->view = json_new(&request->arena, JSON_OBJECT);
    till->person = account_page_person(request);
    till->address = 1;
    return till;
}

/* 1: answered already. */
static int find(struct till *till)
{
    struct request *request = till->request;
    int code = buy_cart_named(request, request_conn(request), &till->cart);
    if (code == SOUK_NOT_FOUND)
        return account_page_go(request, "/cart") ? SOUK_ERROR : 1;
    if (code != SOUK_OK)
        return code;
    if (souk_str_is(till->cart.state, "ordered"))
        return go_to_order(request, request_conn(request), &till->cart) ? 1 : SOUK_NOT_FOUND;
    till->draft = till->cart.draft && till->cart.draft->kind == JSON_OBJECT
                      ? json_copy(&request->arena, till->cart.draft)
                      : json_new(&request->arena, JSON_OBJECT);
    if (cart_units(&till->cart) > 0)
        return SOUK_OK;
    return account_page_go(request, "/cart") ? SOUK_ERROR : 1;
}

/* The first look is noted, with what was filled in. */
static int begin(struct db_conn *conn, void *arg)
{
    struct till *till = arg;
    struct request *request = till->request;
    struct json *data = json_new(&request->arena, JSON_OBJECT);
    json_add_int(&request->arena, data, "total", till->quote.total);
    int code = cart_store_draft(conn, &till->cart, request->now);
    return code ? code
                : event_put(conn, "checkout.begun", visits_visitor(request), till->person,
                            souk_str(""), data, request->now);
}

int checkout_show(struct request *request, const struct web_route *route)
{
    struct till *till = open_till(request);
    (void)route;
    int code = find(till);
    if (code != SOUK_OK)
        return code == 1 ? SOUK_OK : code;
    int first = !json_true(json_at(till->draft, "begun"));
    code = fill_known(till);
    preset_country(till);
    if (code == SOUK_OK)
        code = make_view(till);
    json_add_str(&request->arena, till->view, "done", request_query(request, "done"));
    json_add_bool(&request->arena, till->view, "code_refused",
                  souk_str_is(request_query(request, "done"), "code-refused"));
    json_add_bool(&request->arena, till->view, "code_often",
                  souk_str_is(request_query(request, "done"), "code-often"));
    json_add_bool(&request->arena, till->view, "offer_gone",
                  souk_str_is(request_query(request, "done"), "offer-gone"));
    if (code == SOUK_OK)
        code = show(request, till->view, 200);
    request_conn_end(request);
    if (code == SOUK_OK && first && !request->head) {
        json_add_bool(&request->arena, till->draft, "begun", 1);
        request_then_write(request, begin, till);
    }
    return code;
}

/* ---- keeping ---- */

static int keep(struct db_conn *conn, void *arg)
{
    struct till *till = arg;
    int code = cart_store_draft(conn, &till->cart, till->request->now);
    int gone = json_true(json_at(till->view, "offer_gone"));
    return code ? code
                : account_page_go(till->request, gone ? "/checkout?done=offer-gone#summary"
                                                      : "/checkout?done=updated#delivery");
}

/* A voucher joins the cart; what was typed besides is kept with it. */
static int keep_code(struct db_conn *conn, void *arg)
{
    struct till *till = arg;
    struct request *request = till->request;
    struct cart_change change = {.verb = CART_CODE,
                                 .text = str_trim(request_form(request, "code"))};
    struct cart cart;
    struct err err = {0};
    int code = cart_store_draft(conn, &till->cart, request->now);
    if (code == SOUK_OK)
        code = cart_load(conn, &request->arena, till->cart.token, request->now, &cart);
    if (code == SOUK_OK)
        code = code_guard_try(request, conn, &cart, change.text, &err);
    if (code == SOUK_BUSY)
        return account_page_go(request, "/checkout?done=code-often#summary");
    if (code != SOUK_OK)
        return code;
    code = cart_apply(conn, &request->arena, &cart, &change, request->now, NULL, NULL, &err);
    if (code == SOUK_INVALID)
        return account_page_go(request, "/checkout?done=code-refused#summary");
    if (code == SOUK_OK)
        code = buy_store(request, &cart);
    return code ? code : account_page_go(request, "/checkout?done=code#summary");
}

static int update(struct till *till)
{
    struct request *request = till->request;
    struct souk_str wanted = request_form(request, "use");
    int64_t id;
    if (str_to_int(wanted, &id) == SOUK_OK && till->person) {
        struct json *list = json_new(&request->arena, JSON_ARRAY);
        int code = address_list(request_conn(request), &request->arena, till->person, list);
        if (code != SOUK_OK)
            return code;
        json_each(item, list) if (json_int(json_at(&item->value, "id"), 0) == id)
            fill_address(till, &item->value);
    }
    struct tax_buyer buyer;
    checkout_tax(request, till->cart.draft, till->draft, &buyer); /* away: the order will say so */
    till->cart.draft = till->draft;
    request_conn_end(request);
    request_then_write(request, souk_str_is(request_form(request, "do"), "code") ? keep_code : keep,
                       till);
    return SOUK_OK;
}

/* ---- placing ---- */

static int64_t total_of(const struct json *quote)
{
    return json_int(json_at(json_at(quote, "totals"), "total"), -1);
}

/* What stood on the page, and what it is now. */
static void say_price(struct arena *arena, struct json *view, const struct checkout_end *end,
                      int64_t before)
{
    const struct json *quote = json_at(end->more, "quote");
    struct json *changed = json_add(arena, view, "price_changed", JSON_OBJECT);
    int64_t now = total_of(quote);
    if (now >= 0) {
        json_add_tree(arena, view, "totals", json_at(quote, "totals"));
        json_add_tree(arena, view, "discounts", json_at(quote, "discounts"));
        json_add_tree(arena, view, "coupons", json_at(quote, "coupons"));
        json_add_tree(arena, view, "nudges", json_at(quote, "nudges"));
        json_add_int(arena, view, "accept_total", now);
        json_add_str(arena, view, "tax_note", json_text(json_at(quote, "tax_note")));
    } else {
        now = json_int(json_at(view, "accept_total"), 0);
    }
    json_add_int(arena, changed, "before", before);
    json_add_int(arena, changed, "now", now);
}

static int show_refusal(struct request *request, const struct checkout_end *end)
{
    struct arena *arena = &request->arena;
    struct json *view = json_copy(arena, request->body_json);
    int64_t before = json_int(json_at(view, "sent_total"), -1);
    checkout_form_refuse(arena, view, end->errors);
    json_add_cstr(arena, view, "problem", end->problem ? end->problem : "");
    if (strcmp(end->problem ? end->problem : "", "price-changed") == 0)
        say_price(arena, view, end, before);
    else if (!end->errors || !end->errors->count)
        json_add_cstr(arena, view, "detail", end->detail ? end->detail : "");
    if (json_at(end->more, "lines"))
        json_add_tree(arena, view, "short", json_at(end->more, "lines"));
    return show(request, view, end->status);
}

static int answer(struct request *request, struct db_conn *conn, const struct checkout_end *end)
{
    struct arena *arena = &request->arena;
    (void)conn;
    if (end->status != 201) {
        if (end->problem && strcmp(end->problem, "empty") == 0)
            return account_page_go(request, "/cart");
        return show_refusal(request, end);
    }
    struct souk_str path = checkout_order_path(arena, end->placed.number, end->placed.token);
    const char *more = end->redirect.len ? "&pay=1" : "&thanks=1";
    return account_page_go(request, arena_printf(arena, "%.*s%s", SOUK_PRI(path), more).ptr);
}

static int place(struct till *till)
{
    struct request *request = till->request;
    struct json *sent = json_copy(&request->arena, till->draft);
    checkout_tax_remember(&request->arena, till->cart.draft, till->draft);
    int code = make_view(till); /* which may choose where nothing, or what is gone, was chosen */
    if (code != SOUK_OK)
        return code;
    json_add_int(&request->arena, till->view, "sent_total",
                 json_int(json_at(sent, "accept_total"), -1));
    request->body_json = till->view;
    if (!json_at(sent, "accept_total")) /* what nobody has seen cannot be accepted */
        json_add_int(&request->arena, sent, "accept_total", 0);
    return checkout_run(request, till->cart.token, sent, till->quote.said, answer);
}

int checkout_send(struct request *request, const struct web_route *route)
{
    struct till *till = open_till(request);
    (void)route;
    int gone = 0;
    int code = find(till);
    if (code == SOUK_OK && offer_page_ticks(request, &till->cart, &gone))
        code = find(till); /* lines followed the ticks of offers */
    if (code != SOUK_OK)
        return code == 1 ? SOUK_OK : code;
    json_add_bool(&request->arena, till->view, "offer_gone", gone);
    till->draft = checkout_keep(&request->arena, checkout_form_read(request, till->draft));
    preset_country(till);
    return souk_str_is(request_form(request, "do"), "place") ? place(till) : update(till);
}
