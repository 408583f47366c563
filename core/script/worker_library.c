/*
 * worker_library.c: what scripts find: a white list. Not there: whatever compiles, reaches files or
 * the system, sees through metatables, or makes coroutines; the weaknesses of Lua's own machine
 * that are known need one of those. What is there and could spin or tell an address is wrapped:
 * pcall passes on what is over, tostring and %s show no addresses, random draws from a seed that
 * the input gives.
 */
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>

#include "base/str.h"
#include "script/worker.h"

#define UNPACK_MOST 250

/* ---- errors ---- */

/* pcall: an error that says the call is over is not caught. */
static int protected_call(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_pushboolean(lua, 1);
    lua_insert(lua, 1);
    int status = lua_pcall(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0);
    if (status == LUA_ERRMEM)
        worker_set_over(WORKER_HUNGRY);
    if (worker_over() != WORKER_FINE)
        return status == LUA_OK ? luaL_error(lua, "interrupted") : lua_error(lua);
    if (status == LUA_OK)
        return lua_gettop(lua);
    lua_pushboolean(lua, 0);
    lua_insert(lua, -2);
    return 2;
}

/* ---- tables ---- */

static int next_field(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 2);
    if (lua_getmetatable(lua, 1)) {
        lua_pop(lua, 1);
        worker_freeze_open(lua, 1);
        lua_replace(lua, 1);
    }
    if (lua_next(lua, 1))
        return 2;
    lua_pushnil(lua);
    return 1;
}

static int pairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_pushcfunction(lua, next_field);
    lua_pushvalue(lua, 1);
    lua_pushnil(lua);
    return 3;
}

static int raw_get(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checkany(lua, 2);
    worker_freeze_open(lua, 1);
    lua_pushvalue(lua, 2);
    lua_rawget(lua, -2);
    return 1;
}

static int raw_length(lua_State *lua)
{
    luaL_argexpected(lua, lua_istable(lua, 1) || lua_isstring(lua, 1), 1, "table or string");
    worker_freeze_open(lua, 1);
    lua_pushinteger(lua, (lua_Integer)lua_rawlen(lua, -1));
    return 1;
}

static int unpack(lua_State *lua)
{
    lua_Integer from = luaL_optinteger(lua, 2, 1);
    lua_Integer to = luaL_opt(lua, luaL_checkinteger, 3, luaL_len(lua, 1));
    if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from >= UNPACK_MOST)
        return luaL_error(lua, "table.unpack gives at most %d values", UNPACK_MOST);
    if (to < from)
        return 0;
    int count = (int)(to - from) + 1;
    luaL_checkstack(lua, count, NULL);
    for (int i = 0; i < count; i++)
        lua_geti(lua, 1, from + i);
    return count;
}

/* ---- text of values ---- */

void worker_text_of(lua_State *lua, int at)
{
    switch (lua_type(lua, at)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING: luaL_tolstring(lua, at, NULL); break;
    default: lua_pushstring(lua, luaL_typename(lua, at)); /* an address is nobody's business */
    }
}

static int to_string(lua_State *lua)
{
    luaL_checkany(lua, 1);
    worker_text_of(lua, 1);
    return 1;
}

/* ---- random numbers: xoshiro256**, by its authors in the public domain ---- */

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t draw(uint64_t *s)
{
    uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* The input is the seed: the same cart gets the same answer, in whatever worker. FNV-1a and
 * splitmix64. */
static void seed(struct worker_self *self)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)(self->function + 1);
    for (size_t i = 0; i < self->input.len; i++)
        hash = (hash ^ (unsigned char)self->input.ptr[i]) * UINT64_C(0x100000001b3);
    for (int i = 0; i < 4; i++) {
        uint64_t z = hash += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        self->random[i] = z ^ z >> 31;
    }
    self->seeded = 1;
}

/* Without a modulus's slant: numbers above the last whole range are drawn again. */
static uint64_t below(uint64_t *state, uint64_t count)
{
    uint64_t drawn, most = UINT64_MAX - UINT64_MAX % count;
    do {
        drawn = draw(state);
    } while (drawn >= most);
    return drawn % count;
}

static int random_number(lua_State *lua)
{
    struct worker_self *self = &worker_self;
    if (!self->seeded)
        seed(self);
    if (lua_gettop(lua) == 0) {
        lua_pushnumber(lua, (lua_Number)(draw(self->random) >> 11) * 0x1p-53);
        return 1;
    }
    lua_Integer low = lua_gettop(lua) == 1 ? 1 : luaL_checkinteger(lua, 1);
    lua_Integer high = luaL_checkinteger(lua, lua_gettop(lua) == 1 ? 1 : 2);
    luaL_argcheck(lua, low <= high, lua_gettop(lua) == 1 ? 1 : 2, "interval is empty");
    uint64_t span = (uint64_t)high - (uint64_t)low;
    uint64_t drawn = span == UINT64_MAX ? draw(self->random) : below(self->random, span + 1);
    lua_pushinteger(lua, (lua_Integer)((uint64_t)low + drawn));
    return 1;
}

/* ---- the list ---- */

/* The table on top gets these functions of the library `from`. */
static void copy(lua_State *lua, const char *name, lua_CFunction from, const char *const *names)
{
    luaL_requiref(lua, name, from, 0);
    for (; *names; names++) {
        lua_getfield(lua, -1, *names);
        lua_setfield(lua, -3, *names);
    }
    lua_pop(lua, 1);
}

static void put(lua_State *lua, const char *name, lua_CFunction function)
{
    lua_pushcfunction(lua, function);
    lua_setfield(lua, -2, name);
}

static void open_base(lua_State *lua)
{
    static const char *const names[] = {"assert", "error",    "ipairs", "rawequal",
                                        "select", "tonumber", "type",   NULL};
    copy(lua, "_G", luaopen_base, names);
    put(lua, "pcall", protected_call);
    put(lua, "next", next_field);
    put(lua, "pairs", pairs);
    put(lua, "rawget", raw_get);
    put(lua, "rawlen", raw_length);
    put(lua, "tostring", to_string);
}

static void open_math(lua_State *lua)
{
    static const char *const names[] = {
        "abs",  "acos", "asin", "atan", "ceil",       "cos",  "deg",        "exp",  "floor",
        "fmod", "huge", "log",  "max",  "maxinteger", "min",  "mininteger", "modf", "pi",
        "rad",  "sin",  "sqrt", "tan",  "tointeger",  "type", "ult",        NULL};
    lua_newtable(lua);
    copy(lua, "math", luaopen_math, names);
    put(lua, "random", random_number);
}

static void open_table(lua_State *lua)
{
    static const char *const names[] = {"concat", "insert", "pack", "remove", "sort", NULL};
    lua_newtable(lua);
    copy(lua, "table", luaopen_table, names);
    put(lua, "unpack", unpack);
}

static void open_utf8(lua_State *lua)
{
    static const char *const names[] = {"char", "charpattern", "codepoint", "codes",
                                        "len",  "offset",      NULL};
    lua_newtable(lua);
    copy(lua, "utf8", luaopen_utf8, names);
}

/* luaL_requiref leaves what it opened in the registry; nothing reaches that, but it need not stay.
 */
static void forget(lua_State *lua)
{
    lua_pushnil(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

void worker_library_open(lua_State *lua)
{
    lua_newtable(lua);
    open_base(lua);
    open_math(lua);
    lua_setfield(lua, -2, "math");
    open_table(lua);
    lua_setfield(lua, -2, "table");
    open_utf8(lua);
    lua_setfield(lua, -2, "utf8");
    worker_text_open(lua);
    lua_setfield(lua, -2, "string");
    worker_rules_open(lua);
    forget(lua);
}
