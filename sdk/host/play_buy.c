/*
 * play_buy.c: buy{…}: an order through the REST API, as a shopper's front end makes it: the page
 * where they land, a cart with its lines, delivery and payment, the checkout. What the story does
 * not say has a default; members that this file does not know go along in the checkout's body.
 */
#include "host/play.h"

#include <lauxlib.h>
#include <lua.h>

static const char *const own[] = {"sku",     "quantity", "lines",   "delivery", "payment",
                                  "landing", "email",    "address", "name",     "coupon"};

static int is_own(struct souk_str key)
{
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (souk_str_is(key, own[i]))
            return 1;
    return 0;
}

/* A method by its name, or the whole table that the story gives. */
static void add_method(struct arena *arena, struct json *body, const char *key,
                       const struct json *said, struct souk_str otherwise)
{
    if (said && said->kind == JSON_OBJECT) {
        json_add_tree(arena, body, key, said);
        return;
    }
    struct json *made = json_add(arena, body, key, JSON_OBJECT);
    json_add_str(arena, made, "method", said ? json_text(said) : otherwise);
}

/* The first name that the plugin under test has in this kind. */
static struct souk_str provider_of(const struct play *play, const char *kind)
{
    json_each(row, json_at(play->about, "providers"))
    {
        if (souk_str_is(json_text(json_at(&row->value, "kind")), kind))
            return json_text(json_at(&row->value, "name"));
    }
    return souk_str("");
}

static struct souk_str default_payment(const struct play *play)
{
    struct souk_str name = provider_of(play, "payment");
    return name.len ? name : souk_str("cod");
}

/* Of the plugin under test, where it delivers: the first option that it has for this cart. */
static struct souk_str default_delivery(struct play *play, const char *cart,
                                        const struct json *address)
{
    struct err err = {0};
    struct souk_str name = provider_of(play, "delivery"), method;
    struct buf path = {.arena = &play->arena};
    int status = 0;
    if (!name.len || souk_str_is(name, "courier"))
        return souk_str("courier:standard");
    buf_printf(&path, "/api/v1/carts/%s/delivery-options?country=", cart);
    buf_add_encoded(&path, json_text(json_at(address, "country")));
    buf_add_cstr(&path, "&city=");
    buf_add_encoded(&path, json_text(json_at(address, "city")));
    buf_add_cstr(&path, "&postcode=");
    buf_add_encoded(&path, json_text(json_at(address, "postcode")));
    struct json *options = play_api(play, "GET", buf_str(&path).ptr, NULL, 0, &status, &err);
    const char *prefix = arena_printf(&play->arena, "%.*s:", SOUK_PRI(name)).ptr;
    json_each(item, json_at(options, "items"))
    {
        method = json_text(json_at(&item->value, "method"));
        if (str_starts(method, prefix))
            return method;
    }
    return arena_printf(&play->arena, "%.*s:standard", SOUK_PRI(name));
}

static struct json *default_address(struct arena *arena)
{
    struct json *address = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, address, "country", "BG");
    json_add_cstr(arena, address, "city", "Sofia");
    json_add_cstr(arena, address, "postcode", "1000");
    json_add_cstr(arena, address, "line1", "ul. Shipka 1");
    return address;
}

static int add_line(struct play *play, const char *cart, const struct json *line, struct err *err)
{
    struct arena *arena = &play->arena;
    struct json *body = json_new(arena, JSON_OBJECT);
    struct souk_str sku = json_text(json_at(line, "sku"));
    int status = 0;
    json_add_str(arena, body, "sku", sku.len ? sku : souk_str("TEA-100"));
    json_add_int(arena, body, "quantity", json_int(json_at(line, "quantity"), 1));
    if (json_at(line, "properties"))
        json_add_tree(arena, body, "properties", json_at(line, "properties"));
    play_api(play, "POST", arena_printf(arena, "/api/v1/carts/%s/lines", cart).ptr, body, 0,
             &status, err);
    return status >= 200 && status < 300 ? SOUK_OK : SOUK_ERROR;
}

static int fill_cart(struct play *play, const char *cart, const struct json *said, struct err *err)
{
    struct arena *arena = &play->arena;
    const struct json *lines = json_at(said, "lines"), *coupon = json_at(said, "coupon");
    int code = lines ? SOUK_OK : add_line(play, cart, said, err), status = 0;
    json_each(line, lines)
    {
        if (code == SOUK_OK)
            code = add_line(play, cart, &line->value, err);
    }
    if (code != SOUK_OK || !coupon)
        return code;
    struct json *body = json_new(arena, JSON_OBJECT);
    json_add_str(arena, body, "code", json_text(coupon));
    play_api(play, "POST", arena_printf(arena, "/api/v1/carts/%s/coupons", cart).ptr, body, 0,
             &status, err);
    return status >= 200 && status < 300 ? SOUK_OK : SOUK_ERROR;
}

static struct json *checkout_body(struct play *play, const char *cart, const struct json *said)
{
    struct arena *arena = &play->arena;
    struct json *body = json_new(arena, JSON_OBJECT);
    const struct json *address = json_at(said, "address");
    const struct json *email = json_at(said, "email"), *name = json_at(said, "name");
    const struct json *delivery = json_at(said, "delivery");
    if (!address)
        address = default_address(arena);
    json_add_str(arena, body, "email", email ? json_text(email) : souk_str("ada@example.org"));
    json_add_str(arena, body, "name", name ? json_text(name) : souk_str("Ada Lovelace"));
    json_add_tree(arena, body, "address", address);
    add_method(arena, body, "delivery", delivery,
               delivery ? souk_str("") : default_delivery(play, cart, address));
    add_method(arena, body, "payment", json_at(said, "payment"), default_payment(play));
    json_each(item, said) if (!is_own(item->key))
        json_add_tree(arena, body, arena_cstr(arena, item->key), &item->value);
    if (!json_at(body, "phone"))
        json_add_cstr(arena, body, "phone", "+359888123456");
    return body;
}

static int land(struct play *play, struct souk_str path, struct err *err)
{
    struct play_answer answer;
    struct play_ask ask = {.method = "GET",
                           .url =
                               arena_printf(&play->arena, "%s%.*s", play->url, SOUK_PRI(path)).ptr,
                           .as_visitor = 1,
                           .body = souk_str("")};
    int code = play_http(play, &ask, &answer, err);
    if (code == SOUK_OK && answer.status >= 400)
        return err_set(err, SOUK_ERROR, "the landing page %.*s answers %d", SOUK_PRI(path),
                       answer.status);
    return code;
}

int play_buy(lua_State *lua)
{
    struct play *play = play_now;
    struct arena *arena = &play->arena;
    struct err err = {0};
    struct json *said = json_new(arena, JSON_OBJECT);
    int status = 0;
    if (!lua_isnoneornil(lua, 1)) {
        luaL_checktype(lua, 1, LUA_TTABLE);
        said = script_take(lua, 1, arena, 0);
    }
    if (!play->url)
        return luaL_error(lua, "the shop is open within a story only");
    if (json_at(said, "landing") && land(play, json_text(json_at(said, "landing")), &err) != 0)
        return play_raise(lua, &err);
    struct json *cart =
        play_api(play, "POST", "/api/v1/carts", json_new(arena, JSON_OBJECT), 0, &status, &err);
    if (!cart)
        return play_raise(lua, &err);
    const char *id = arena_cstr(arena, json_text(json_at(cart, "id")));
    if (fill_cart(play, id, said, &err) != SOUK_OK)
        return play_raise(lua, &err);
    struct json *order =
        play_api(play, "POST", arena_printf(arena, "/api/v1/carts/%s/checkout", id).ptr,
                 checkout_body(play, id, said), 0, &status, &err);
    if (!order || play->trouble[0])
        return play_raise(lua, &err);
    script_push(lua, order);
    return 1;
}
