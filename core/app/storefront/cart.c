/*
 * cart: the cart's page, and what can be done with its lines. Every change is one write that ends
 * with 303 to the page; a change that cannot be made answers with the page as it is and says at the
 * line why. A first thing that is put in makes session and cart in that same write. A link
 * "/cart?resume=TOKEN" shows a cart that was left in another browser; a button takes it.
 */
#include "app/buying.sql.h"
#include "app/checkout.h"
#include "app/code_guard.h"
#include "app/storefront/account_page.h"
#include "app/storefront/buy_page.h"
#include "app/storefront/offer_page.h"
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"
#include "base/str.h"
#include "bridge/provider.h"
#include "shop/product.h"
#include "web/session.h"

#define NOTE_MOST 500 /* bytes */
#define CODE_MOST 64

/* ---- the page ---- */

/* The name of a line, for "… is in your cart". */
static struct souk_str name_of(const struct json *lines, struct souk_str id)
{
    json_each(item, lines)
    {
        if (id.len && souk_str_equal(json_text(json_at(&item->value, "id")), id))
            return json_text(json_at(&item->value, "name"));
    }
    return souk_str("");
}

static int show(struct request *request, struct db_conn *conn, struct json *view, int status)
{
    struct cart cart;
    int code = buy_cart(request, conn, &cart);
    if (code == SOUK_OK)
        code = buy_cart_view(request, conn, &cart, view);
    else if (code == SOUK_NOT_FOUND)
        code = SOUK_OK;
    json_add_bool(&request->arena, view, "signed_in", account_page_person(request) != 0);
    return code ? code : account_page_show(request, "page/cart", status, view);
}

/* ---- a cart that was left ---- */

/* The page of a link to a cart that was left: what is in it, and a button. Nothing changes before
 * that is pressed. 1: there is no such cart, or it is this browser's already. */
static int show_left(struct request *request, struct db_conn *conn, struct souk_str token)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct cart cart, own;
    int code =
        token.len <= 64 ? cart_load(conn, arena, token, request->now, &cart) : SOUK_NOT_FOUND;
    if (code == SOUK_NOT_FOUND ||
        (code == SOUK_OK && (!souk_str_is(cart.state, "open") || !cart_units(&cart))))
        return 1;
    if (code == SOUK_OK && buy_cart(request, conn, &own) == SOUK_OK && own.id == cart.id)
        return 1;
    if (code == SOUK_OK && cart.person_id) /* theirs: after signing in it is there by itself */
        return account_page_person(request)
                   ? 1
                   : account_page_go(request, "/account/sign-in?next=/cart");
    if (code == SOUK_OK)
        code = buy_cart_view(request, conn, &cart, view);
    json_add_str(arena, view, "resume", cart.token);
    return code ? code : account_page_show(request, "page/cart_left", 200, view);
}

static int take_left(struct request *request)
{
    struct cart kept;
    struct souk_str token = request_form(request, "resume");
    struct arena *arena = &request->arena;
    int64_t person = account_page_person(request);
    int code = SOUK_NOT_FOUND;
    if (person)
        code = cart_join(request->conn, arena, token, person, request->now, &kept);
    else if (token.len <= 64)
        code = cart_resume(request->conn, arena, token, buy_token(request), request->now, &kept);
    if (code == SOUK_NOT_FOUND)
        return account_page_go(request, "/cart?done=over");
    if (code == SOUK_OK)
        code = session_put(request, "cart", kept.token);
    return code ? code : account_page_go(request, "/cart?done=resumed");
}

int cart_show(struct request *request, const struct web_route *route)
{
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    struct cart cart;
    struct db_conn *conn = request_conn(request);
    struct souk_str left = request_query(request, "resume");
    (void)route;
    int over = left.len ? show_left(request, conn, left) : 1;
    if (over != 1)
        return over;
    int code = buy_cart(request, conn, &cart);
    if (code == SOUK_OK)
        code = buy_cart_view(request, conn, &cart, view);
    if (code == SOUK_OK)
        code = offer_page_cart(request, conn, &cart, view);
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        return code;
    json_add_bool(&request->arena, view, "signed_in", account_page_person(request) != 0);
    json_add_str(&request->arena, view, "done",
                 left.len && code == SOUK_NOT_FOUND ? souk_str("over")
                                                    : request_query(request, "done"));
    json_add_str(&request->arena, view, "added",
                 name_of(json_at(view, "lines"), request_query(request, "added")));
    return account_page_show(request, "page/cart", 200, view);
}

/* The amount of a way of delivery; -1: none is said. */
static int64_t amount_of(const struct json *option)
{
    return json_int(json_at(json_at(option, "amount"), "amount"), -1);
}

/* Into `least`: the lowest amount of those that are brought, or (`fetched`) of those that are
 * fetched. How many there are. */
static int least_of(const struct provider_scope *scope, const struct json *options, int fetched,
                    int64_t *least)
{
    int count = 0;
    *least = -1;
    json_each(item, options)
    {
        int32_t flags = 0;
        int64_t amount = amount_of(&item->value);
        delivery_flags(scope->set, json_text(json_at(&item->value, "method")), &flags);
        if (amount < 0 || fetched != ((flags & SOUK_DELIVERY_NO_ADDRESS) != 0))
            continue;
        *least = *least < 0 || amount < *least ? amount : *least;
        count++;
    }
    return count;
}

/* The least that delivery costs to where the shopper is thought to be: the country and postcode of
 * what was typed at the checkout, or the shop's own. What is fetched is no delivery, unless there
 * is nothing else. Carriers may have to be asked over the network, so it is a line of its own,
 * which the page's script fetches when all else stands. */
int cart_delivery(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT), *items = json_new(arena, JSON_ARRAY);
    struct cart cart;
    struct err err = {0};
    struct provider_scope scope;
    int64_t least;
    (void)route;
    int code = buy_cart(request, request_conn(request), &cart);
    if (code == SOUK_OK && cart_units(&cart) > 0) {
        struct market market = checkout_market(request, json_at(cart.draft, "address"));
        if (!market.country.len)
            market.country = souk_str(market_shop()->country);
        struct quote quote;
        code =
            cart_price(request_conn(request), arena, &cart, &market, NULL, 0, &quote, NULL, &err);
        if (code == SOUK_OK)
            code = checkout_delivery_options(request, &cart, &market, &quote, items, &err);
    }
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        return code;
    provider_scope_request(&scope, request, SOUK_TASK);
    int ways = least_of(&scope, items, 0, &least);
    if (!ways)
        ways = least_of(&scope, items, 1, &least);
    json_add_int(arena, view, "least", least);
    json_add_bool(arena, view, "only", ways == 1);
    return account_page_show(request, "page/cart_delivery", 200, view);
}

/* Why it was not done, at its line, or with the voucher ("code"), or above them all (""), with what
 * was typed. */
static int refuse(struct request *request, struct souk_str where, int code, const struct err *err,
                  int64_t available)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct json *wrong = json_add(arena, view, "wrong", JSON_OBJECT);
    json_add_str(arena, wrong, "line", where);
    json_add_str(arena, wrong, "typed", request_form(request, "quantity"));
    json_add_str(arena, wrong, "text", arena_str(arena, souk_str(err->text)));
    json_add_int(arena, wrong, "available", available);
    json_add_bool(arena, wrong, "short", code == SOUK_CONFLICT);
    json_add_bool(arena, wrong, "missing", code == SOUK_NOT_FOUND);
    return show(request, request->conn, view, code == SOUK_INVALID ? 422 : answer_status_of(code));
}

static int is_refusal(int code)
{
    return code == SOUK_CONFLICT || code == SOUK_INVALID || code == SOUK_NOT_FOUND;
}

/* ---- putting in ---- */

static int read_quantity(struct request *request, int64_t least, int64_t *quantity, struct err *err)
{
    struct souk_str text = str_trim(request_form(request, "quantity"));
    *quantity = 1;
    if (!text.len)
        return SOUK_OK;
    if (str_to_int(text, quantity) == SOUK_OK && *quantity >= least && *quantity <= QUOTE_QUANTITY)
        return SOUK_OK;
    return err_set(err, SOUK_INVALID, "the quantity must be a whole number up to 10,000");
}

/* The kind that the fields of the options choose; SOUK_INVALID: not every option is chosen, or
 * there is no such kind. *url leads to the product with what is chosen. */
static int find_chosen(struct request *request, int64_t product, struct souk_str *sku,
                       struct souk_str *url)
{
    struct arena *arena = &request->arena;
    struct market market = page_market(request);
    struct json *chosen = json_new(arena, JSON_OBJECT), *view;
    struct buf query = {.arena = arena};
    int whole = 1;
    for (size_t i = 0; i < request->form.count; i++) {
        const struct header *field = &request->form.at[i];
        json_add_key(arena, chosen, field->name, JSON_STRING)->text = field->value;
    }
    int code =
        product_view(request->conn, arena, &market, product, souk_str(""), chosen, &view, NULL);
    if (code != SOUK_OK)
        return code;
    json_each(option, json_at(view, "options"))
    {
        struct souk_str name = json_text(json_at(&option->value, "code"));
        struct souk_str value = json_text(json_get(chosen, name));
        int found = 0;
        json_each(one, json_at(&option->value, "values")) found |=
            json_true(json_at(&one->value, "selected")) &&
            souk_str_equal(json_text(json_at(&one->value, "code")), value);
        whole &= found;
        if (!value.len)
            continue;
        buf_add_cstr(&query, "&");
        buf_add_encoded(&query, name);
        buf_add_cstr(&query, "=");
        buf_add_encoded(&query, value);
    }
    *sku = json_text(json_at(json_at(view, "selected"), "sku"));
    *url = arena_printf(arena, "%.*s?choose=1%.*s#choose",
                        SOUK_PRI(json_text(json_at(view, "url"))), SOUK_PRI(buf_str(&query)));
    return whole && sku->len ? SOUK_OK : SOUK_INVALID;
}

/* 1: answered already, the way to the choice. */
static int find_variant(struct request *request, struct cart_change *change)
{
    int64_t product;
    struct souk_str url;
    change->sku = str_trim(request_form(request, "sku"));
    if (change->sku.len)
        return SOUK_OK;
    if (str_to_int(request_query(request, "product"), &product) != SOUK_OK &&
        str_to_int(request_form(request, "product"), &product) != SOUK_OK)
        return SOUK_NOT_FOUND;
    int code = find_chosen(request, product, &change->sku, &url);
    if (code != SOUK_INVALID)
        return code;
    answer_redirect(request, 303, url);
    return 1;
}

static int64_t line_variant(const struct cart *cart, int64_t line)
{
    for (size_t i = 0; i < cart->count; i++)
        if (cart->lines[i].id == line)
            return cart->lines[i].variant_id;
    return 0;
}

int cart_add(struct request *request, const struct web_route *route)
{
    struct cart cart;
    struct cart_change change = {.verb = CART_ADD};
    struct err err = {0};
    int64_t line = 0, available = -1;
    (void)route;
    int code = read_quantity(request, 1, &change.quantity, &err);
    if (code == SOUK_OK && (code = find_variant(request, &change)) == 1)
        return SOUK_OK;
    if (is_refusal(code))
        return refuse(request, souk_str(""), code, &err, -1);
    if (code == SOUK_OK)
        code = buy_cart_need(request, request->conn, &cart);
    if (code != SOUK_OK)
        return code;
    code = cart_apply(request->conn, &request->arena, &cart, &change, request->now, &line,
                      &available, &err);
    if (is_refusal(code))
        return refuse(request, souk_str(""), code, &err, available);
    if (code == SOUK_OK)
        code = buy_store(request, &cart);
    if (code == SOUK_OK)
        code = buy_event(request, "cart.added", line_variant(&cart, line), change.quantity);
    return code ? code
                : account_page_go(
                      request,
                      arena_printf(&request->arena, "/cart?added=%lld", (long long)line).ptr);
}

/* ---- lines ---- */

static const struct {
    const char *name;
    enum cart_verb verb;
    const char *done; /* said on the page; NULL: the page shows it by itself */
} deeds[] = {
    {"set", CART_SET, "set"},
    {"remove", CART_REMOVE, "removed"},
    {"later", CART_LATER, "later"},
    {"back", CART_BACK, "back"},
    {"note", CART_NOTE, "note"},
    {"code", CART_CODE, "code"},
    {"code-off", CART_CODE_OFF, "code-off"},
};

static int read_change(struct request *request, struct cart_change *change, const char **done)
{
    struct souk_str wanted = request_form(request, "do");
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        if (!souk_str_is(wanted, deeds[i].name))
            continue;
        change->verb = deeds[i].verb;
        *done = deeds[i].done;
        change->text = str_trim(request_form(request, "text"));
        if (str_to_int(request_form(request, "line"), &change->line_id) != SOUK_OK)
            change->line_id = 0;
        return SOUK_OK;
    }
    return SOUK_INVALID;
}

static int check_change(struct request *request, struct cart_change *change, struct err *err)
{
    if (change->verb == CART_SET)
        return read_quantity(request, 0, &change->quantity, err);
    if (change->verb == CART_NOTE && change->text.len > NOTE_MOST)
        return err_set(err, SOUK_INVALID, "this note is too long");
    if (change->verb == CART_CODE && (!change->text.len || change->text.len > CODE_MOST))
        return err_set(err, SOUK_INVALID, "this is not a voucher code");
    return SOUK_OK;
}

/* Whoever tries out codes is not heard for a while. */
static int check_code(struct request *request, const struct cart *cart,
                      const struct cart_change *change, struct err *err)
{
    int code = change->verb == CART_CODE
                   ? code_guard_try(request, request->conn, cart, change->text, err)
                   : SOUK_OK;
    return code == SOUK_BUSY ? SOUK_INVALID : code;
}

int cart_change_line(struct request *request, const struct web_route *route)
{
    struct cart cart;
    struct cart_change change = {0};
    struct err err = {0};
    const char *done = "";
    int64_t line = 0, available = -1;
    (void)route;
    if (request_form(request, "resume").len)
        return take_left(request);
    int code = read_change(request, &change, &done);
    if (code != SOUK_OK) {
        answer_problem(request, 422, NULL, "the cart knows no such change", NULL);
        return SOUK_OK;
    }
    code = buy_cart(request, request->conn, &cart);
    if (code == SOUK_NOT_FOUND)
        return account_page_go(request, "/cart");
    if (code == SOUK_OK)
        code = check_change(request, &change, &err);
    if (code == SOUK_OK)
        code = check_code(request, &cart, &change, &err);
    if (code == SOUK_OK)
        buy_seen(request, &cart);
    int64_t variant = code == SOUK_OK ? line_variant(&cart, change.line_id) : 0;
    if (code == SOUK_OK)
        code = cart_apply(request->conn, &request->arena, &cart, &change, request->now, &line,
                          &available, &err);
    if (is_refusal(code))
        return refuse(request,
                      change.verb == CART_CODE ? souk_str("code") : request_form(request, "line"),
                      code, &err, available);
    if (code == SOUK_OK)
        code = buy_store(request, &cart);
    if (code == SOUK_OK &&
        (change.verb == CART_REMOVE || (change.verb == CART_SET && change.quantity == 0)))
        code = buy_event(request, "cart.removed", variant, 0);
    if (code != SOUK_OK)
        return code;
    return account_page_go(request, arena_printf(&request->arena, "/cart?done=%s", done).ptr);
}
