/*
 * worker_rules.c: what rules find beyond Lua: money, percent_of and split, which reckon in minor
 * units as the shop itself does; log; and the functions that declare: promotion, group, upsell and
 * test. These work while files are loaded, and only there.
 */
#include <lauxlib.h>

#include "base/money.h"
#include "base/str.h"
#include "script/worker.h"

#define PARTS_MOST    10000
#define DECLARED_MOST ((size_t)8 << 20)

static int money(lua_State *lua)
{
    const char *currency = worker_self.rules.currency;
    size_t len;
    int64_t minor = 0;
    if (lua_type(lua, 1) != LUA_TSTRING)
        return luaL_error(lua, "money takes an amount as text: money \"12.50\", not a %s",
                          luaL_typename(lua, 1));
    const char *text = lua_tolstring(lua, 1, &len);
    if (money_parse(str_make(text, len), currency, &minor))
        return luaL_error(lua,
                          "money \"%s\" is no amount of %s; write digits and a point, with at most "
                          "%d digits behind it",
                          text, currency, money_digits(currency));
    lua_pushinteger(lua, minor);
    return 1;
}

/* A percentage is exact to four digits behind the point, in parts per million of the whole. */
static int64_t check_percent(lua_State *lua, int at)
{
    lua_Number ppm = luaL_checknumber(lua, at) * 10000;
    if (!(ppm >= -1e12 && ppm <= 1e12))
        luaL_error(lua, "this percentage is out of all reason");
    int64_t whole = (int64_t)(ppm + (ppm < 0 ? -0.5 : 0.5));
    lua_Number off = ppm - (lua_Number)whole;
    if (off > 1e-4 || off < -1e-4)
        luaL_error(lua, "a percentage has at most four digits behind the point");
    return whole;
}

static lua_Integer check_amount(lua_State *lua, int at, const char *what)
{
    int whole = 0;
    lua_Integer amount = lua_type(lua, at) == LUA_TNUMBER ? lua_tointegerx(lua, at, &whole) : 0;
    if (!whole)
        luaL_error(lua, "%s takes an amount in minor units, a whole number", what);
    return amount;
}

static int percent_of(lua_State *lua)
{
    int64_t part = 0;
    if (money_share(check_amount(lua, 1, "percent_of"), check_percent(lua, 2), &part))
        return luaL_error(lua, "percent_of: the amount is too large");
    lua_pushinteger(lua, part);
    return 1;
}

static int split(lua_State *lua)
{
    lua_Integer amount = check_amount(lua, 1, "split"), parts = luaL_checkinteger(lua, 2);
    luaL_argcheck(lua, parts >= 1 && parts <= PARTS_MOST, 2, "1 to 10000 parts");
    lua_Integer part = amount / parts, rest = amount % parts, sign = rest < 0 ? -1 : 1;
    lua_createtable(lua, (int)parts, 0);
    for (lua_Integer i = 1; i <= parts; i++) {
        lua_pushinteger(lua, part + (i <= rest * sign ? sign : 0));
        lua_rawseti(lua, -2, i);
    }
    return 1;
}

static int add_log(lua_State *lua)
{
    struct worker_self *self = &worker_self;
    size_t len;
    if (self->log_lines >= PROTOCOL_LINES)
        return 0;
    luaL_Buffer line;
    int count = lua_gettop(lua);
    luaL_buffinit(lua, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&line, ' ');
        worker_text_of(lua, i);
        luaL_addvalue(&line);
    }
    luaL_pushresult(&line);
    const char *text = lua_tolstring(lua, -1, &len);
    if (len > PROTOCOL_LINE)
        for (len = PROTOCOL_LINE; len && ((unsigned char)text[len] & 0xc0) == 0x80; len--) {
        } /* not within a sign */
    protocol_put_text(&self->log, str_make(text, len));
    self->log_lines++;
    return 0;
}

/* ---- declaring ---- */

static void put_named(struct buf *out, const char *name, enum protocol_tag tag)
{
    protocol_put_text(out, souk_str(name));
    buf_add_char(out, tag);
}

/* Upvalue 1 is the kind. */
static int declare(lua_State *lua)
{
    struct worker_self *self = &worker_self;
    struct buf *out = &self->declared;
    const char *kind = lua_tostring(lua, lua_upvalueindex(1));
    lua_Debug caller = {.currentline = 0};
    if (!self->path)
        return luaL_error(
            lua, "%s is for the file itself: a function that runs later cannot declare", kind);
    if (lua_gettop(lua) != 1 || !lua_istable(lua, 1))
        return luaL_error(lua, "%s takes one table: %s { … }", kind, kind);
    if (lua_getstack(lua, 1, &caller))
        lua_getinfo(lua, "l", &caller);
    size_t before = out->len;
    uint32_t fields = 4;
    int64_t line = caller.currentline > 0 ? caller.currentline : 0;
    buf_add_char(out, TAG_NAMES);
    protocol_put_u32(out, fields);
    put_named(out, "kind", TAG_TEXT);
    protocol_put_text(out, souk_str(kind));
    put_named(out, "file", TAG_TEXT);
    protocol_put_text(out, souk_str(self->path));
    put_named(out, "line", TAG_INT);
    buf_add(out, &line, sizeof line);
    protocol_put_text(out, souk_str("value"));
    const char *wrong = worker_value_write(lua, 1, out, DECLARED_MOST, 1);
    if (wrong) {
        out->len = before;
        return luaL_error(lua, "%s: %s", kind, wrong);
    }
    self->declared_count++;
    return 0;
}

static void put(lua_State *lua, const char *name, lua_CFunction function)
{
    lua_pushcfunction(lua, function);
    lua_setfield(lua, -2, name);
}

void worker_rules_open(lua_State *lua)
{
    static const char *const kinds[] = {"promotion", "group", "upsell", "test", NULL};
    put(lua, "money", money);
    put(lua, "percent_of", percent_of);
    put(lua, "split", split);
    put(lua, "log", add_log);
    for (const char *const *kind = kinds; *kind; kind++) {
        lua_pushstring(lua, *kind);
        lua_pushcclosure(lua, declare, 1);
        lua_setfield(lua, -2, *kind);
    }
}
