/*
 * worker_text.c: the string library of scripts. Patterns are Lua's own: one that goes back and
 * forth for ever is ended from outside. Strings' methods are this table, not the whole library.
 */
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "script/worker.h"

/* rep: nothing, however often, is nothing; the original would count. */
static int repeat(lua_State *lua)
{
    size_t len, between;
    luaL_checklstring(lua, 1, &len);
    luaL_checkinteger(lua, 2);
    luaL_optlstring(lua, 3, "", &between);
    if (len + between == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, 1);
    return 1;
}

/* format: %p is refused, and what %s would show with its address is shown without. */
static int format(lua_State *lua)
{
    const char *at = luaL_checkstring(lua, 1);
    for (int argument = 2; (at = strchr(at, '%')); argument++) {
        at += 1 + strspn(at + 1, "-+ #0123456789.");
        if (*at == '%' && at[-1] == '%')
            argument--;
        else if (*at == 'p')
            return luaL_error(lua, "string.format has no %%p here");
        else if (*at == 's' && argument <= lua_gettop(lua)) {
            worker_text_of(lua, argument);
            lua_replace(lua, argument);
        }
        at += *at != '\0';
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, 1);
    return 1;
}

/* The table on top gets `function`, which has the original of that name as its upvalue. */
static void wrap(lua_State *lua, int library, const char *name, lua_CFunction function)
{
    lua_getfield(lua, library, name);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
}

void worker_text_open(lua_State *lua)
{
    static const char *const names[] = {"byte",  "char",  "find",    "gmatch", "gsub",  "len",
                                        "lower", "match", "reverse", "sub",    "upper", NULL};
    luaL_requiref(lua, "string", luaopen_string, 0);
    int library = lua_gettop(lua);
    lua_newtable(lua);
    for (const char *const *name = names; *name; name++) {
        lua_getfield(lua, library, *name);
        lua_setfield(lua, -2, *name);
    }
    wrap(lua, library, "rep", repeat);
    wrap(lua, library, "format", format);
    lua_pushliteral(lua, "");
    lua_getmetatable(lua, -1);
    lua_pushvalue(lua, library + 1);
    lua_setfield(lua, -2, "__index"); /* ("x"):rep(3) */
    lua_pop(lua, 2);
    lua_remove(lua, library);
}
