/*
 * cart: carts over REST. The id of a cart is its token, and whoever knows it may use the cart.
 *
 * A change is thought out on a task thread, in its snapshot: loaded, checked, priced, and said as
 * it will be answered. Its write step stores it, unless the cart has become another one meanwhile:
 * then all of it is done again, inside the write. So an answer of success is a cart that is on disk
 * with the quote that was answered, and the one writer has little to do. Asking for a cart prices
 * it anew, because prices change by themselves.
 */
#include "app/api/idempotency.h"
#include "app/api/route.h"
#include "app/checkout.h"
#include "app/code_guard.h"
#include "app/conversion.h"
#include "app/storefront/account_page.h"
#include "app/storefront/buy_page.h"
#include "app/storefront/route.h"
#include "base/str.h"
#include "shop/cart.h"
#include "web/answer.h"
#include "web/session.h"

struct call {
    struct request *request;
    struct cart cart;
    struct market market;
    struct quote quote;
    struct json *gone;
    int64_t line, available; /* of the latest change */
    struct err err;
};

/* ---- what all do ---- */

/* The market of the cart: the place that was typed, the language that it was begun in. */
static struct market market_of(struct request *request, const struct cart *cart)
{
    struct market market = checkout_market_of(request, cart->draft);
    struct souk_str wanted = request_query(request, "locale");
    const char *locale = market_locale(wanted.len ? wanted : cart->locale);
    if (locale)
        market.locale = locale;
    return market;
}

/* 0: go on; 1: answered; < 0: failed. */
static int begin(struct request *request, struct call *call, int change)
{
    struct souk_str id = request_param(request, "id");
    *call = (struct call){.request = request, .available = -1};
    int code = cart_load(request_conn(request), &request->arena, id, request->now, &call->cart);
    if (code == SOUK_NOT_FOUND) {
        answer_problem(request, 404, NULL, API_NO_CART, NULL);
        return 1;
    }
    if (code != SOUK_OK)
        return code;
    if (change && !souk_str_is(call->cart.state, "open")) {
        answer_problem(request, 409, "ordered", "this cart has been ordered; begin a new one",
                       NULL);
        return 1;
    }
    call->market = market_of(request, &call->cart);
    call->gone = json_new(&request->arena, JSON_ARRAY);
    return SOUK_OK;
}

/* The body as an object; without one an empty one where `may_lack`. NULL: answered. */
static const struct json *read_body(struct request *request, int may_lack)
{
    struct err err = {0};
    const struct json *body = NULL;
    if (may_lack && !request->body.len)
        return json_new(&request->arena, JSON_OBJECT);
    if (request_json(request, &body, &err) != SOUK_OK) {
        answer_error(request, &err);
        return NULL;
    }
    if (body->kind == JSON_OBJECT)
        return body;
    api_refuse(request, 400, "", "the body is a JSON object; see /api/v1/openapi.json");
    return NULL;
}

/* What the shopper could have instead. */
static struct json *short_of(struct call *call, const struct cart_change *change)
{
    struct arena *arena = &call->request->arena;
    struct json *more = json_new(arena, JSON_OBJECT);
    json_add_int(arena, more, "available", call->available);
    struct json *line =
        json_add(arena, json_add(arena, more, "lines", JSON_ARRAY), NULL, JSON_OBJECT);
    if (change->sku.len)
        json_add_str(arena, line, "sku", change->sku);
    if (change->line_id)
        json_add_str(arena, line, "line", arena_printf(arena, "%lld", (long long)change->line_id));
    json_add_int(arena, line, "quantity", change->quantity);
    json_add_int(arena, line, "available", call->available);
    return more;
}

/* Says why not; the write is undone. */
static int refuse(struct call *call, int code, const struct cart_change *change,
                  const char *pointer)
{
    struct request *request = call->request;
    int status = answer_status_of(code);
    if (status >= 500)
        return code;
    if (code == SOUK_CONFLICT) {
        struct arena *arena = &request->arena;
        struct json *more = short_of(call, change);
        struct json *place =
            json_add(arena, json_add(arena, more, "errors", JSON_ARRAY), NULL, JSON_OBJECT);
        json_add_cstr(arena, place, "pointer", pointer);
        json_add_str(arena, place, "detail", arena_str(arena, souk_str(call->err.text)));
        answer_problem(request, 409, "out-of-stock", call->err.text, more);
    } else {
        api_refuse(request, status, pointer, call->err.text);
    }
    return code;
}

static int apply(struct call *call, const struct cart_change *change)
{
    struct request *request = call->request;
    return cart_apply(request->conn, &request->arena, &call->cart, change, request->now,
                      &call->line, &call->available, &call->err);
}

static int price(struct call *call)
{
    struct request *request = call->request;
    return checkout_price(request, request_conn(request), &call->cart, &call->market, &call->quote,
                          call->gone, &call->err);
}

static int answer(struct call *call, int status)
{
    struct request *request = call->request;
    struct json *doc;
    int code = cart_document(request_conn(request), &request->arena, &call->cart, &call->market,
                             &call->quote, call->gone, &doc);
    if (code == SOUK_OK)
        answer_json(request, status, doc);
    return code;
}

/* Prices, stores, answers. */
static int finish(struct call *call, int status)
{
    struct request *request = call->request;
    int code = price(call);
    if (code == SOUK_INVALID) {
        answer_error(request, &call->err);
        return code;
    }
    if (code == SOUK_OK)
        code = cart_store(request->conn, &request->arena, &call->cart, &call->quote, request->now);
    return code == SOUK_OK ? answer(call, status) : code;
}

/* Is the line among what cannot be bought in this market? */
static int is_gone(const struct call *call, int64_t line)
{
    int64_t id;
    json_each(item, call->gone)
    {
        if (str_to_int(json_text(json_at(&item->value, "line")), &id) == SOUK_OK && id == line)
            return 1;
    }
    return 0;
}

static const struct cart_line *line_of(const struct cart *cart, int64_t id)
{
    for (size_t i = 0; i < cart->count; i++)
        if (cart->lines[i].id == id)
            return &cart->lines[i];
    return NULL;
}

/* ---- members of bodies ---- */

/* A whole number; 0: answered. */
static int read_quantity(struct request *request, const struct json *body, const char *pointer,
                         int64_t otherwise, int64_t *quantity)
{
    const struct json *value = json_at(body, "quantity");
    *quantity = value ? json_int(value, -1) : otherwise;
    if (*quantity >= 0 && (!value || value->kind == JSON_INT))
        return 1;
    api_refuse(request, 400, pointer, "the quantity must be a whole number");
    return 0;
}

static int read_sku(struct request *request, const struct json *body, const char *pointer,
                    struct souk_str *sku)
{
    *sku = str_trim(json_text(json_at(body, "sku")));
    if (sku->len)
        return 1;
    api_refuse(request, 400, pointer, "a line needs the \"sku\" of a variant");
    return 0;
}

/* A misspelt "quantity" would be one unit of it. 0: answered. */
static int check_members(struct request *request, const struct json *body, const char *at)
{
    json_each(item, body)
    {
        if (souk_str_is(item->key, "sku") || souk_str_is(item->key, "quantity"))
            continue;
        api_refuse(request, 400,
                   arena_printf(&request->arena, "%s/%.*s", at, SOUK_PRI(item->key)).ptr,
                   "a new line has \"sku\" and \"quantity\"; what else there is of a line is "
                   "changed by PATCH of the line");
        return 0;
    }
    return 1;
}

/* Adds one line of a body; `at` is where it stands: "/lines/0" or "". 0, 1 answered (and undone
 * with *code). */
static int add_line(struct call *call, const struct json *body, const char *at, int *code)
{
    struct request *request = call->request;
    struct arena *arena = &request->arena;
    struct cart_change change = {.verb = CART_ADD};
    const char *sku_at = arena_printf(arena, "%s/sku", at).ptr;
    const char *quantity_at = arena_printf(arena, "%s/quantity", at).ptr;
    *code = SOUK_INVALID;
    if (!check_members(request, body, at) || !read_sku(request, body, sku_at, &change.sku) ||
        !read_quantity(request, body, quantity_at, 1, &change.quantity))
        return 1;
    *code = apply(call, &change);
    if (*code == SOUK_OK)
        return 0;
    *code = refuse(call, *code, &change, *code == SOUK_NOT_FOUND ? sku_at : quantity_at);
    return 1;
}

/* Told after the cart is priced: what is not sold here was not added. 0, or undone. */
static int tell_added(struct call *call, int64_t line, int64_t quantity)
{
    const struct cart_line *added = line_of(&call->cart, line);
    if (is_gone(call, line)) {
        api_refuse(call->request, 404, "/sku", "this product is not on sale here");
        return SOUK_NOT_FOUND;
    }
    return added ? buy_event(call->request, "cart.added", added->variant_id, quantity) : SOUK_OK;
}

/* ---- a new one ---- */

static struct souk_str text_of(const struct json *body, const char *key)
{
    return str_trim(json_text(json_at(body, key)));
}

/* Where to, as it will stand in the draft. 0: answered. */
static int read_place(struct request *request, const struct json *body, struct json *draft)
{
    static const char *const names[] = {"country", "region", "city", "postcode"};
    struct arena *arena = &request->arena;
    if (!api_country(request, text_of(body, "country")))
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct souk_str value = text_of(body, names[i]);
        if (!value.len)
            continue;
        if (value.len > 200) {
            api_refuse(request, 400, arena_printf(arena, "/%s", names[i]).ptr,
                       "this is too long; at most 200 bytes");
            return 0;
        }
        struct json *place = (struct json *)(uintptr_t)json_at(draft, "address");
        if (!place)
            place = json_add(arena, draft, "address", JSON_OBJECT);
        json_add_str(arena, place, names[i], value);
    }
    return 1;
}

/* 0: answered. */
static int read_terms(struct request *request, const struct json *body, struct market *market)
{
    struct souk_str locale = text_of(body, "locale"), currency = text_of(body, "currency");
    *market = checkout_market(request, NULL);
    if (locale.len && !(market->locale = market_locale(locale))) {
        api_refuse(request, 400, "/locale", "this shop does not speak that language");
        return 0;
    }
    if (currency.len && !souk_str_is(currency, market->currency)) {
        api_refuse(request, 400, "/currency",
                   arena_printf(&request->arena, "this shop reckons in %s", market->currency).ptr);
        return 0;
    }
    return 1;
}

static int add_lines(struct call *call, const struct json *body, int *code)
{
    struct arena *arena = &call->request->arena;
    const struct json *lines = json_at(body, "lines");
    size_t at = 0;
    if (lines && lines->kind != JSON_ARRAY) {
        api_refuse(call->request, 400, "/lines", "lines are a list of {\"sku\", \"quantity\"}");
        *code = SOUK_INVALID;
        return 1;
    }
    json_each(item, lines)
    {
        if (add_line(call, &item->value, arena_printf(arena, "/lines/%zu", at++).ptr, code))
            return 1;
    }
    return 0;
}

static int add_codes(struct call *call, const struct json *body, int *code)
{
    struct arena *arena = &call->request->arena;
    size_t at = 0;
    json_each(item, json_at(body, "coupons"))
    {
        struct cart_change change = {.verb = CART_CODE, .text = json_text(&item->value)};
        *code = code_guard_try(call->request, call->request->conn, &call->cart, change.text,
                               &call->err);
        if (*code == SOUK_BUSY)
            code_guard_refuse(call->request, &call->err);
        if (*code != SOUK_OK)
            return 1;
        if ((*code = apply(call, &change)) != SOUK_OK) {
            *code = refuse(call, *code, &change, arena_printf(arena, "/coupons/%zu", at).ptr);
            return 1;
        }
        at++;
    }
    return 0;
}

static int tell_all(struct call *call)
{
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < call->cart.count; i++)
        code = tell_added(call, call->cart.lines[i].id, call->cart.lines[i].quantity);
    return code;
}

static int show_empty(struct call *call)
{
    int code = price(call);
    return code == SOUK_OK ? answer(call, 201) : code;
}

/* The partner's click that led here. 0: answered, or failed. */
static int read_click(struct call *call, const struct json *body, int *code)
{
    const struct json *click = json_at(body, "click");
    char pointer[24] = "/click";
    if (!click || click->kind == JSON_NULL)
        return 1;
    session_find(call->request);
    *code = conversion_of_cart(call->request, call->request->conn, click, call->cart.id, pointer,
                               &call->err);
    if (*code == SOUK_INVALID)
        api_refuse(call->request, 400, pointer, call->err.text);
    return *code == SOUK_OK;
}

static int create(struct request *request, const struct json *body)
{
    struct call call = {.request = request, .available = -1};
    struct json *draft = json_new(&request->arena, JSON_OBJECT);
    int code = SOUK_OK;
    if (!read_terms(request, body, &call.market) || !read_place(request, body, draft))
        return SOUK_INVALID;
    call.gone = json_new(&request->arena, JSON_ARRAY);
    code = cart_create(request->conn, &request->arena, &call.market, account_page_person(request),
                       visits_visitor(request), request->now, &call.cart);
    if (code != SOUK_OK)
        return code;
    if (!read_click(&call, body, &code))
        return code;
    call.cart.draft = draft;
    call.market = market_of(request, &call.cart);
    if (add_lines(&call, body, &code) || add_codes(&call, body, &code))
        return code;
    int empty = !call.cart.count && !call.cart.coupon_count && !draft->count;
    code = empty ? show_empty(&call) : finish(&call, 201); /* nothing to be stored again */
    if (code == SOUK_OK)
        code = tell_all(&call);
    if (code != SOUK_OK)
        return code;
    return answer_header(
        request, "Location",
        arena_printf(&request->arena, "/api/v1/carts/%.*s", SOUK_PRI(call.cart.token)));
}

int cart_api_create(struct request *request, const struct web_route *route)
{
    /* a key that two clients happen to share must not give one the other's cart */
    struct souk_str principal = arena_printf(&request->arena, "carts:%s", request->address);
    (void)route;
    int go_on = idempotency_begin(request, principal);
    if (go_on != 1)
        return go_on;
    const struct json *body = read_body(request, 1);
    int code = body ? create(request, body) : SOUK_INVALID;
    return code == SOUK_OK ? idempotency_end(request, principal) : code;
}

/* ---- one that is there ---- */

int cart_api_get(struct request *request, const struct web_route *route)
{
    struct call call;
    (void)route;
    int code = begin(request, &call, 0);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    code = price(&call);
    if (code == SOUK_INVALID) {
        answer_error(request, &call.err);
        return SOUK_OK;
    }
    return code == SOUK_OK ? answer(&call, 200) : code;
}

static struct souk_str principal_of(struct request *request)
{
    return arena_printf(&request->arena, "cart:%.*s", SOUK_PRI(request_param(request, "id")));
}

/* ---- a change ---- */

struct change { /* in the request's arena */
    struct call call;
    /* Loads the cart and changes it in memory. 0; 1: answered; < 0: failed, or answered with why
     * not. */
    int (*make)(struct change *change);
    int (*tell)(struct change *change); /* the event log, in the write; may be NULL */
    int status;                         /* of success */
    int64_t line, variant, before;      /* make's, for tell */
};

/* Made and priced, ready to be stored. As make. */
static int prepare(struct request *request, struct change *change)
{
    change->call = (struct call){.request = request, .available = -1};
    int code = change->make(change);
    if (code != SOUK_OK)
        return code;
    code = price(&change->call);
    if (code == SOUK_INVALID)
        answer_error(request, &change->call.err);
    return code;
}

static int again_in_write(struct request *request, struct change *change)
{
    answer_reset(request);
    int code = prepare(request, change);
    if (code != SOUK_OK)
        return code;
    code = cart_store(request->conn, &request->arena, &change->call.cart, &change->call.quote,
                      request->now);
    return code == SOUK_OK ? answer(&change->call, change->status) : code;
}

static int store_change(struct db_conn *conn, void *arg)
{
    struct change *change = arg;
    struct request *request = change->call.request;
    struct souk_str principal = principal_of(request);
    int go_on = idempotency_begin(request, principal);
    if (go_on != 1)
        return go_on;
    int code =
        cart_store(conn, &request->arena, &change->call.cart, &change->call.quote, request->now);
    if (code == SOUK_CONFLICT)
        code = again_in_write(request, change);
    if (code == SOUK_OK && change->tell)
        code = change->tell(change);
    if (code > 0)
        return SOUK_OK;
    return code == SOUK_OK ? idempotency_end(request, principal) : code;
}

static int run_change(struct request *request, const struct change *plan)
{
    struct change *change = arena_new(&request->arena, struct change);
    *change = *plan;
    request_conn(request);
    int go_on = idempotency_begin(request, principal_of(request));
    if (go_on != 1)
        return go_on;
    int code = prepare(request, change);
    if (code == SOUK_OK)
        code = answer(&change->call, change->status);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    request_then_write(request, store_change, change);
    return SOUK_OK;
}

/* ---- lines ---- */

static int64_t all_units(const struct cart *cart)
{
    int64_t units = 0;
    for (size_t i = 0; i < cart->count; i++)
        units += cart->lines[i].quantity;
    return units;
}

static int make_line(struct change *change)
{
    struct call *call = &change->call;
    int code = begin(call->request, call, 1);
    const struct json *body = code == SOUK_OK ? read_body(call->request, 0) : NULL;
    if (!body)
        return code < 0 ? code : 1;
    change->before = all_units(&call->cart);
    if (add_line(call, body, "", &code))
        return code;
    change->line = call->line;
    return SOUK_OK;
}

static int tell_line(struct change *change)
{
    return tell_added(&change->call, change->line, all_units(&change->call.cart) - change->before);
}

int cart_api_add(struct request *request, const struct web_route *route)
{
    (void)route;
    return run_change(request,
                      &(struct change){.make = make_line, .tell = tell_line, .status = 201});
}

static int read_line(struct request *request, struct call *call, int64_t *line)
{
    if (str_to_int(request_param(request, "line"), line) == SOUK_OK && line_of(&call->cart, *line))
        return 1;
    answer_problem(request, 404, NULL, "this line is not in the cart any more", NULL);
    return 0;
}

/* What of it is said: a quantity, a note, whether it is kept for later. */
static int patch(struct call *call, const struct json *body, int64_t line)
{
    struct request *request = call->request;
    const struct json *quantity = json_at(body, "quantity"), *note = json_at(body, "note"),
                      *later = json_at(body, "later");
    struct cart_change change = {.verb = CART_NOTE, .line_id = line, .text = json_text(note)};
    int code = SOUK_OK;
    if (!quantity && !note && !later) {
        api_refuse(request, 400, "", "say the \"quantity\", a \"note\", or \"later\"");
        return SOUK_INVALID;
    }
    if ((note && note->kind != JSON_STRING) || (later && later->kind != JSON_BOOL)) {
        api_refuse(request, 400, note && note->kind != JSON_STRING ? "/note" : "/later",
                   "a note is a string, later is true or false");
        return SOUK_INVALID;
    }
    if (note && (code = apply(call, &change)) != SOUK_OK)
        return refuse(call, code, &change, "/note");
    if (quantity && !read_quantity(request, body, "/quantity", 0, &change.quantity))
        return SOUK_INVALID;
    change.verb = CART_SET;
    if (quantity && (code = apply(call, &change)) != SOUK_OK)
        return refuse(call, code, &change, "/quantity");
    if (!later || !line_of(&call->cart, line))
        return SOUK_OK;
    change.verb = json_true(later) ? CART_LATER : CART_BACK;
    change.quantity = line_of(&call->cart, line)->quantity;
    return (code = apply(call, &change)) == SOUK_OK ? code : refuse(call, code, &change, "/later");
}

/* After a change of one line: more of it, or less. */
static int tell_units(struct change *change)
{
    struct request *request = change->call.request;
    return cart_tell_units(request->conn, &request->arena, visits_visitor(request),
                           account_page_person(request), change->variant,
                           cart_units_of(&change->call.cart, change->variant) - change->before,
                           request->now);
}

/* The line that the path names. As make. */
static int find_line(struct change *change)
{
    struct call *call = &change->call;
    int code = begin(call->request, call, 1);
    if (code != SOUK_OK)
        return code;
    if (!read_line(call->request, call, &change->line))
        return 1;
    change->variant = line_of(&call->cart, change->line)->variant_id;
    change->before = cart_units_of(&call->cart, change->variant);
    return SOUK_OK;
}

static int make_patch(struct change *change)
{
    int code = find_line(change);
    const struct json *body = code == SOUK_OK ? read_body(change->call.request, 0) : NULL;
    if (!body)
        return code < 0 ? code : 1;
    return patch(&change->call, body, change->line);
}

int cart_api_patch(struct request *request, const struct web_route *route)
{
    (void)route;
    return run_change(request,
                      &(struct change){.make = make_patch, .tell = tell_units, .status = 200});
}

static int make_removal(struct change *change)
{
    int code = find_line(change);
    struct cart_change removal = {.verb = CART_REMOVE, .line_id = change->line};
    return code == SOUK_OK ? apply(&change->call, &removal) : code;
}

int cart_api_remove(struct request *request, const struct web_route *route)
{
    (void)route;
    return run_change(request,
                      &(struct change){.make = make_removal, .tell = tell_units, .status = 200});
}

/* ---- coupon codes ---- */

static int change_code(struct change *change, enum cart_verb verb, struct souk_str text)
{
    struct call *call = &change->call;
    struct cart_change coupon = {.verb = verb, .text = text};
    int code = begin(call->request, call, 1);
    if (code != SOUK_OK)
        return code;
    code = apply(call, &coupon);
    return code == SOUK_OK ? code : refuse(call, code, &coupon, "/code");
}

static int make_code(struct change *change)
{
    struct call *call = &change->call;
    struct request *request = call->request;
    const struct json *body = read_body(request, 0);
    int code = body ? change_code(change, CART_CODE, json_text(json_at(body, "code"))) : 1;
    if (code == SOUK_OK)
        code = code_guard_look(request, request_conn(request), &call->cart, &call->err);
    if (code != SOUK_BUSY)
        return code;
    code_guard_refuse(request, &call->err);
    return 1;
}

/* A wrong one counts. */
static int tell_code(struct change *change)
{
    struct call *call = &change->call;
    struct request *request = call->request;
    const struct json *body = read_body(request, 0);
    int code = code_guard_try(request, request->conn, &call->cart, json_text(json_at(body, "code")),
                              &call->err);
    if (code != SOUK_BUSY)
        return code;
    answer_reset(request);
    code_guard_refuse(request, &call->err);
    return code;
}

int cart_api_code(struct request *request, const struct web_route *route)
{
    (void)route;
    return run_change(request,
                      &(struct change){.make = make_code, .tell = tell_code, .status = 200});
}

static int make_code_off(struct change *change)
{
    return change_code(change, CART_CODE_OFF, request_param(change->call.request, "code"));
}

int cart_api_code_off(struct request *request, const struct web_route *route)
{
    (void)route;
    return run_change(request, &(struct change){.make = make_code_off, .status = 200});
}
