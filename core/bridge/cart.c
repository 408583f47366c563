/*
 * cart.c: the sub-table for carts: a plugin reads one, and changes it in somebody's name as they
 * would over REST.
 *
 * The idea: the change is thought out in the task's snapshot (core/shop: cart_apply with its
 * checks, the pricer with promotions and their functions), then stored by a short write that is
 * guarded by the version that was read; when somebody else was faster it is thought out again, a
 * few times. A cart that is new, or gets codes, is known by that write alone: what a wrong code
 * costs is counted there, in the same transaction. Nothing is stored of a change of which one part
 * cannot be made.
 *
 * Words of refusals are those that shoppers read.
 */
#include "bridge/internal.h"
#include "bridge/provider.h"
#include "bridge/who.h"

#include "base/str.h"
#include "base/utf8.h"
#include "shop/cart.h"
#include "shop/market.h"

#define TRIES      4
#define TOKEN_MOST 64
#define CHANGES    (2 * QUOTE_LINES)
#define CODES_MOST CART_CODES

static cart_pricer pricer; /* set before plugins run */

void bridge_cart_use(cart_pricer price)
{
    pricer = price;
}

/* One change as it was asked for, read and in order. */
struct wish {
    struct cart_change at[CHANGES + 2 * CODES_MOST];
    struct souk_str note[CHANGES + 2 * CODES_MOST]; /* of what is added */
    size_t count;
};

struct moved { /* units of a variant before the change */
    int64_t variant_id, before;
};

struct editing {
    struct arena *arena;
    struct souk_str token;
    const struct wish *wish;
    int64_t visitor, person;
    const char *address; /* of the network; "": not known */
    struct cart cart;
    struct market market;
    struct quote quote;
    struct json *gone;
    struct moved moved[CHANGES];
    size_t moved_count;
    int64_t added[CHANGES]; /* lines */
    size_t added_count;
    int faster; /* somebody else was */
    struct err err;
};

/* ---- pricing ---- */

static int price(struct souk_ctx *ctx, struct editing *editing, struct db_conn *conn)
{
    struct provider_scope scope = {.set = ctx->set,
                                   .db = ctx->db,
                                   .arena = editing->arena,
                                   .request = ctx->request,
                                   .conn = conn,
                                   .kind = ctx->kind};
    struct market *market = &editing->market;
    *market = cart_terms(conn, editing->arena, &editing->cart, ctx->now);
    market->asks = ctx->kind == SOUK_TASK;
    market->request = ctx->request;
    scope.locale = market->locale;
    editing->gone = json_new(editing->arena, JSON_ARRAY);
    if (pricer)
        return pricer(&scope, conn, &editing->cart, market, &editing->quote, editing->gone,
                      &editing->err);
    return cart_price(conn, editing->arena, &editing->cart, market, NULL, 0, &editing->quote,
                      editing->gone, &editing->err);
}

static int show(struct editing *editing, struct db_conn *conn, const struct souk_value **out)
{
    struct json *doc;
    int code = cart_document(conn, editing->arena, &editing->cart, &editing->market,
                             &editing->quote, editing->gone, &doc);
    if (code == SOUK_OK && out)
        *out = (const struct souk_value *)doc;
    return code;
}

/* Words for people where the shopper is at fault. */
static int refuse(struct souk_ctx *ctx, const char *function, int code, const struct err *err)
{
    if (code == SOUK_INVALID || code == SOUK_NOT_FOUND || code == SOUK_CONFLICT ||
        code == SOUK_BUSY)
        return bridge_tell(ctx, code, "%s",
                           err->text[0] ? err->text : "the cart cannot be changed");
    return bridge_refuse(ctx, code, "%s: %s", function,
                         err->text[0] ? err->text : "the cart cannot be read");
}

/* ---- reading ---- */

static struct souk_str cart_current(struct souk_ctx *ctx)
{
    struct cart cart;
    struct db_conn *conn = ctx->request ? query_conn(ctx) : NULL;
    if (!conn || who_cart(ctx->request, conn, &cart) != SOUK_OK)
        return souk_str("");
    return arena_str(ctx->arena, cart.token);
}

static int is_token(struct souk_str id)
{
    return bridge_view_ok(id) && id.len > 0 && id.len <= TOKEN_MOST && utf8_valid(id);
}

static int load(struct souk_ctx *ctx, struct editing *editing, struct db_conn *conn)
{
    int code = cart_load(conn, editing->arena, editing->token, ctx->now, &editing->cart);
    return code == SOUK_NOT_FOUND
               ? err_set(&editing->err, code, "there is no such cart, or it is too old")
               : code;
}

static int cart_get(struct souk_ctx *ctx, struct souk_str id, const struct souk_value **cart)
{
    if (cart)
        *cart = NULL;
    if (!cart || !is_token(id))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_cart_get: no id of a cart, or no place");
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    struct editing *editing = arena_new(ctx->arena, struct editing);
    editing->arena = ctx->arena;
    editing->token = id;
    int code = load(ctx, editing, conn);
    if (code == SOUK_OK)
        code = price(ctx, editing, conn);
    if (code == SOUK_OK)
        code = show(editing, conn, cart);
    return code ? refuse(ctx, "souk_cart_get", code, &editing->err) : SOUK_OK;
}

/* ---- what is asked for ---- */

static int refuse_shape(struct souk_ctx *ctx, const char *where, size_t at, const char *words)
{
    return bridge_refuse(ctx, SOUK_INVALID, "souk_cart_change: /%s/%zu: %s", where, at, words);
}

static struct cart_change *add_change(struct wish *wish, enum cart_verb verb)
{
    wish->note[wish->count] = souk_str("");
    wish->at[wish->count] =
        (struct cart_change){.verb = verb, .sku = souk_str(""), .text = souk_str("")};
    return &wish->at[wish->count++];
}

static int is_list(const struct json *list, size_t most)
{
    return !list || list->kind == JSON_NULL || (list->kind == JSON_ARRAY && list->count <= most);
}

static int read_quantity(const struct json *row, int64_t otherwise, int64_t *quantity)
{
    const struct json *value = json_at(row, "quantity");
    *quantity = value ? json_int(value, -1) : otherwise;
    return *quantity >= 0 && (!value || value->kind == JSON_INT);
}

static int read_adds(struct souk_ctx *ctx, const struct json *list, struct wish *wish)
{
    size_t at = 0;
    if (!is_list(list, QUOTE_LINES))
        return refuse_shape(ctx, "add", 0, "a list of at most 200 {\"sku\", \"quantity\"}");
    json_each(item, list)
    {
        const struct json *row = &item->value;
        struct souk_str sku = str_trim(json_text(json_at(row, "sku")));
        int64_t quantity;
        if (row->kind != JSON_OBJECT || !sku.len)
            return refuse_shape(ctx, "add", at, "a line needs the \"sku\" of a variant");
        if (!read_quantity(row, 1, &quantity))
            return refuse_shape(ctx, "add", at, "the quantity must be a whole number");
        struct cart_change *change = add_change(wish, CART_ADD);
        change->sku = sku;
        change->quantity = quantity;
        wish->note[wish->count - 1] = json_text(json_at(row, "note"));
        at++;
    }
    return SOUK_OK;
}

static int read_sets(struct souk_ctx *ctx, const struct json *list, struct wish *wish)
{
    size_t at = 0;
    if (!is_list(list, QUOTE_LINES))
        return refuse_shape(ctx, "set", 0, "a list of at most 200 {\"line\", \"quantity\"}");
    json_each(item, list)
    {
        const struct json *row = &item->value, *line = json_at(row, "line");
        int64_t quantity, id = json_int(line, 0);
        if (line && line->kind == JSON_STRING && str_to_int(line->text, &id) != SOUK_OK)
            id = 0;
        if (row->kind != JSON_OBJECT || id <= 0)
            return refuse_shape(ctx, "set", at, "say the \"line\", as the cart's document has it");
        if (!read_quantity(row, -1, &quantity))
            return refuse_shape(ctx, "set", at, "the quantity must be a whole number");
        struct cart_change *change = add_change(wish, CART_SET);
        change->line_id = id;
        change->quantity = quantity;
        at++;
    }
    return SOUK_OK;
}

static int read_codes(struct souk_ctx *ctx, const struct json *list, enum cart_verb verb,
                      struct wish *wish)
{
    size_t at = 0;
    if (!is_list(list, CODES_MOST))
        return refuse_shape(ctx, "coupons", 0, "lists of at most 20 codes");
    json_each(item, list)
    {
        if (item->value.kind != JSON_STRING)
            return refuse_shape(ctx, "coupons", at, "a code is a text");
        add_change(wish, verb)->text = item->value.text;
        at++;
    }
    return SOUK_OK;
}

static int read_wish(struct souk_ctx *ctx, const struct json *doc, struct wish *wish)
{
    const struct json *coupons = json_at(doc, "coupons");
    if (!doc || doc->kind != JSON_OBJECT ||
        (coupons && coupons->kind != JSON_OBJECT && coupons->kind != JSON_NULL))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_cart_change: the change is no map, or its \"coupons\" is none");
    json_each(item, doc)
    {
        if (!souk_str_is(item->key, "add") && !souk_str_is(item->key, "set") &&
            !souk_str_is(item->key, "coupons"))
            return bridge_refuse(ctx, SOUK_INVALID,
                                 "souk_cart_change: /%.*s: there is no such "
                                 "member",
                                 SOUK_PRI(item->key));
    }
    int code = read_sets(ctx, json_at(doc, "set"), wish);
    if (code == SOUK_OK)
        code = read_adds(ctx, json_at(doc, "add"), wish);
    if (code == SOUK_OK)
        code = read_codes(ctx, json_at(coupons, "remove"), CART_CODE_OFF, wish);
    return code ? code : read_codes(ctx, json_at(coupons, "add"), CART_CODE, wish);
}

/* ---- changing ---- */

/* What the variant had before, noted once. */
static void note_before(struct editing *editing, int64_t variant_id, int64_t before)
{
    for (size_t i = 0; i < editing->moved_count; i++)
        if (editing->moved[i].variant_id == variant_id)
            return;
    if (editing->moved_count < CHANGES)
        editing->moved[editing->moved_count++] = (struct moved){variant_id, before};
}

static const struct cart_line *line_of(const struct cart *cart, int64_t id)
{
    for (size_t i = 0; i < cart->count; i++)
        if (cart->lines[i].id == id)
            return &cart->lines[i];
    return NULL;
}

static int apply_one(struct souk_ctx *ctx, struct editing *editing, struct db_conn *conn, size_t at)
{
    const struct cart_change *change = &editing->wish->at[at];
    struct cart *cart = &editing->cart;
    const struct cart_line *old = line_of(cart, change->line_id);
    int64_t line = 0, available;
    if (old)
        note_before(editing, old->variant_id, cart_units_of(cart, old->variant_id));
    int code =
        cart_apply(conn, editing->arena, cart, change, ctx->now, &line, &available, &editing->err);
    if (code != SOUK_OK || change->verb != CART_ADD)
        return code;
    int64_t variant = line_of(cart, line)->variant_id;
    note_before(editing, variant, cart_units_of(cart, variant) - change->quantity);
    editing->added[editing->added_count++] = line;
    if (!editing->wish->note[at].len)
        return SOUK_OK;
    struct cart_change note = {
        .verb = CART_NOTE, .line_id = line, .text = editing->wish->note[at], .sku = souk_str("")};
    return cart_apply(conn, editing->arena, cart, &note, ctx->now, &line, &available,
                      &editing->err);
}

/* What was added and is not sold in this market was not added. */
static int check_added(struct editing *editing)
{
    int64_t id;
    json_each(item, editing->gone)
    {
        if (str_to_int(json_text(json_at(&item->value, "line")), &id) != SOUK_OK)
            continue;
        for (size_t i = 0; i < editing->added_count; i++)
            if (editing->added[i] == id)
                return err_set(&editing->err, SOUK_NOT_FOUND, "this product is not on sale here");
    }
    return SOUK_OK;
}

/* The cart as it shall be, priced; in memory. */
static int think(struct souk_ctx *ctx, struct editing *editing, struct db_conn *conn)
{
    int code = SOUK_OK;
    editing->moved_count = editing->added_count = 0;
    if (!souk_str_is(editing->cart.state, "open"))
        return err_set(&editing->err, SOUK_CONFLICT, "this cart has been ordered; begin a new one");
    for (size_t i = 0; code == SOUK_OK && i < editing->wish->count; i++)
        code = apply_one(ctx, editing, conn, i);
    if (code == SOUK_OK)
        code = price(ctx, editing, conn);
    return code ? code : check_added(editing);
}

/* Codes are counted, the log is told. */
static int finish_write(struct souk_ctx *ctx, struct editing *editing)
{
    struct db_conn *conn = ctx->conn;
    const struct cart *cart = &editing->cart;
    int64_t visitor = editing->visitor ? editing->visitor : cart->visitor;
    int64_t person = editing->person ? editing->person : cart->person_id;
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < editing->wish->count; i++)
        if (editing->wish->at[i].verb == CART_CODE)
            code = cart_code_try(conn, editing->arena, cart, editing->address,
                                 editing->wish->at[i].text, ctx->now, &editing->err);
    for (size_t i = 0; code == SOUK_OK && i < editing->moved_count; i++) {
        int64_t variant = editing->moved[i].variant_id;
        code = cart_tell_units(conn, editing->arena, visitor, person, variant,
                               cart_units_of(cart, variant) - editing->moved[i].before, ctx->now);
    }
    return code;
}

static int fail(struct souk_ctx *ctx, struct editing *editing, int code)
{
    if (!editing->err.text[0])
        err_set(&editing->err, code, "%s", db_error(ctx->conn));
    return refuse(ctx, "souk_cart_change", code, &editing->err);
}

/* The cart has to be as it was read. */
static int store(struct souk_ctx *ctx, void *arg)
{
    struct editing *editing = arg;
    editing->err = (struct err){0};
    int code = cart_store(ctx->conn, editing->arena, &editing->cart, &editing->quote, ctx->now);
    editing->faster = code == SOUK_CONFLICT;
    if (editing->faster)
        return bridge_tell(ctx, code, "the cart was changed meanwhile; try again");
    if (code == SOUK_OK)
        code = finish_write(ctx, editing);
    return code ? fail(ctx, editing, code) : SOUK_OK;
}

/* A new cart is made, filled and priced in one write: what cannot be put in leaves none behind. */
static int make(struct souk_ctx *ctx, void *arg)
{
    struct editing *editing = arg;
    struct market market = market_at(call_table.locale(ctx).ptr, ctx->now);
    editing->err = (struct err){0};
    int code = cart_create(ctx->conn, editing->arena, &market, editing->person, editing->visitor,
                           ctx->now, &editing->cart);
    if (code == SOUK_OK)
        code = think(ctx, editing, ctx->conn);
    if (code == SOUK_OK && editing->wish->count)
        code = cart_store(ctx->conn, editing->arena, &editing->cart, &editing->quote, ctx->now);
    if (code == SOUK_OK)
        code = finish_write(ctx, editing);
    editing->token = editing->cart.token;
    return code ? fail(ctx, editing, code) : SOUK_OK;
}

static int change_there(struct souk_ctx *ctx, struct editing *editing)
{
    int code = SOUK_OK, tries = 0;
    do {
        struct db_conn *conn = query_conn(ctx);
        if (!conn)
            return ctx->failure.code;
        editing->faster = 0;
        editing->err = (struct err){0};
        code = load(ctx, editing, conn);
        if (code == SOUK_OK)
            code = think(ctx, editing, conn);
        if (code != SOUK_OK)
            return refuse(ctx, "souk_cart_change", code, &editing->err);
        if (editing->wish->count)
            code = query_write(ctx, store, editing);
    } while (editing->faster && ++tries < TRIES);
    return code;
}

static int cart_change(struct souk_ctx *ctx, struct souk_str id, const struct souk_value *change,
                       const struct souk_value **cart)
{
    if (cart)
        *cart = NULL;
    if (ctx->kind != SOUK_TASK)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_cart_change in %s call; use a TASK route, or a job",
                             bridge_kind_name(ctx->kind));
    if (!bridge_view_ok(id) || (id.len && !is_token(id)))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_cart_change: this is no id of a cart");
    struct wish *wish = arena_new(ctx->arena, struct wish);
    struct editing *editing = arena_new(ctx->arena, struct editing);
    if (read_wish(ctx, (const struct json *)change, wish) != SOUK_OK)
        return ctx->failure.code;
    *editing = (struct editing){.arena = ctx->arena,
                                .token = arena_str(ctx->arena, id),
                                .wish = wish,
                                .visitor = person_table.visitor(ctx),
                                .person = person_table.current(ctx),
                                .address = ctx->request ? ctx->request->address : ""};
    int code = id.len ? change_there(ctx, editing) : query_write(ctx, make, editing);
    if (code != SOUK_OK || !cart)
        return code;
    return cart_get(ctx, editing->token, cart);
}

const struct souk_cart_api cart_table = {.size = sizeof(struct souk_cart_api),
                                         .current = cart_current,
                                         .get = cart_get,
                                         .change = cart_change};
