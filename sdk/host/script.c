/*
 * script.c: conform.lua: what the author of a plugin says about its peer, in Lua 5.4.
 *
 * The idea: one state, kept for as long as a scenario runs, so that the peer which it plays can
 * remember what it has charged. Values cross the border as struct json in both directions; strings
 * may hold any bytes. A lock lets one thread in at a time.
 *
 * The author's own script on the author's own machine is trusted, so it is not put into a process
 * of its own as souk.lua is; but it has no files, no programs and no modules, and an end: 64 MiB
 * and a hundred million instructions.
 */
#include "host/host.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <stdlib.h>

#define MEMORY_MOST ((size_t)64 << 20)
#define STEPS_MOST  100000000
#define DEPTH_MOST  32

struct script {
    lua_State *lua;
    pthread_mutex_t lock;
    size_t held;
};

static void *give(void *user, void *old, size_t before, size_t size)
{
    struct script *script = user;
    size_t was = old ? before : 0;
    if (size == 0) {
        free(old);
        script->held -= was;
        return NULL;
    }
    if (script->held - was + size > MEMORY_MOST)
        return NULL;
    void *made = realloc(old, size);
    if (made)
        script->held = script->held - was + size;
    return made;
}

static void stop_long(lua_State *lua, lua_Debug *at)
{
    (void)at;
    luaL_where(lua, 0); /* the function that was interrupted */
    lua_pushstring(lua, "does not come to an end");
    lua_concat(lua, 2);
    lua_error(lua);
}

/* ---- values ---- */

void script_push(lua_State *lua, const struct json *value)
{
    luaL_checkstack(lua, 4, "too deep");
    switch (value ? value->kind : JSON_NULL) {
    case JSON_BOOL: lua_pushboolean(lua, value->number != 0); break;
    case JSON_INT: lua_pushinteger(lua, value->number); break;
    case JSON_REAL: lua_pushnumber(lua, value->real); break;
    case JSON_HTML:
    case JSON_STRING: lua_pushlstring(lua, value->text.ptr, value->text.len); break;
    case JSON_ARRAY:
    case JSON_OBJECT: {
        lua_Integer index = 0;
        lua_newtable(lua);
        json_each(item, value)
        {
            if (value->kind == JSON_ARRAY)
                lua_pushinteger(lua, ++index);
            else
                lua_pushlstring(lua, item->key.ptr, item->key.len);
            script_push(lua, &item->value);
            lua_rawset(lua, -3);
        }
        break;
    }
    default: lua_pushnil(lua);
    }
}

static struct souk_str text_at(lua_State *lua, int index, struct arena *arena)
{
    struct souk_str text = {NULL, 0};
    text.ptr = lua_tolstring(lua, index, &text.len);
    return arena_str(arena, text);
}

static void take_table(lua_State *lua, int index, struct arena *arena, int depth, struct json *out)
{
    int is_list = out->kind == JSON_ARRAY;
    lua_Integer count = is_list ? (lua_Integer)lua_rawlen(lua, index) : 0;
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(lua, index, i);
        json_add_tree(arena, out, NULL, script_take(lua, lua_gettop(lua), arena, depth + 1));
        lua_pop(lua, 1);
    }
    if (is_list)
        return;
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        if (lua_type(lua, -2) == LUA_TSTRING) {
            struct souk_str key = text_at(lua, -2, arena);
            json_add_tree(arena, out, key.ptr, script_take(lua, lua_gettop(lua), arena, depth + 1));
        }
        lua_pop(lua, 1);
    }
}

struct json *script_take(lua_State *lua, int index, struct arena *arena, int depth)
{
    struct json *value = json_new(arena, JSON_NULL);
    luaL_checkstack(lua, 6, "too deep");
    switch (depth < DEPTH_MOST ? lua_type(lua, index) : LUA_TNIL) {
    case LUA_TBOOLEAN:
        value->kind = JSON_BOOL;
        value->number = lua_toboolean(lua, index);
        break;
    case LUA_TNUMBER:
        value->kind = lua_isinteger(lua, index) ? JSON_INT : JSON_REAL;
        if (value->kind == JSON_INT)
            value->number = lua_tointeger(lua, index);
        else
            value->real = lua_tonumber(lua, index);
        break;
    case LUA_TSTRING:
        value->kind = JSON_STRING;
        value->text = text_at(lua, index, arena);
        break;
    case LUA_TTABLE:
        value = json_new(arena, lua_rawlen(lua, index) > 0 ? JSON_ARRAY : JSON_OBJECT);
        take_table(lua, index, arena, depth, value);
        break;
    default: break;
    }
    return value;
}

/* ---- life ---- */

static int fail(struct script *script, const char *what, struct err *err)
{
    const char *words = lua_tostring(script->lua, -1);
    int code = err_set(err, SOUK_ERROR, "%s: %s", what, words ? words : "failed");
    lua_settop(script->lua, 0);
    return code;
}

static void open_libraries(lua_State *lua)
{
    static const luaL_Reg libraries[] = {{"_G", luaopen_base},
                                         {LUA_STRLIBNAME, luaopen_string},
                                         {LUA_TABLIBNAME, luaopen_table},
                                         {LUA_MATHLIBNAME, luaopen_math},
                                         {LUA_UTF8LIBNAME, luaopen_utf8}};
    static const char *const without[] = {"dofile", "loadfile", "load", "collectgarbage"};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
        lua_pop(lua, 1);
    }
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        lua_pushnil(lua);
        lua_setglobal(lua, without[i]);
    }
    script_words(lua);
}

void script_new(struct script **out)
{
    struct script *script = mem_zalloc(sizeof *script);
    pthread_mutex_init(&script->lock, NULL);
    script->lua = lua_newstate(give, script);
    open_libraries(script->lua);
    lua_sethook(script->lua, stop_long, LUA_MASKCOUNT, STEPS_MOST);
    *out = script;
}

lua_State *script_state(struct script *script)
{
    return script->lua;
}

int script_open(struct script **out, const char *path, struct err *err)
{
    struct script *script;
    script_new(&script);
    if (luaL_loadfilex(script->lua, path, "t") != LUA_OK ||
        lua_pcall(script->lua, 0, 0, 0) != LUA_OK) {
        int code = fail(script, "conform.lua", err);
        script_close(script);
        return code;
    }
    *out = script;
    return SOUK_OK;
}

void script_close(struct script *script)
{
    if (!script)
        return;
    lua_close(script->lua);
    pthread_mutex_destroy(&script->lock);
    free(script);
}

/* ---- asking ---- */

int script_has(struct script *script, const char *name)
{
    if (!script)
        return 0;
    pthread_mutex_lock(&script->lock);
    int has = lua_getglobal(script->lua, name) == LUA_TFUNCTION;
    lua_pop(script->lua, 1);
    pthread_mutex_unlock(&script->lock);
    return has;
}

struct json *script_value(struct script *script, struct arena *arena, const char *name)
{
    struct json *value = NULL;
    pthread_mutex_lock(&script->lock);
    int kind = lua_getglobal(script->lua, name);
    if (kind != LUA_TNIL && kind != LUA_TFUNCTION)
        value = script_take(script->lua, lua_gettop(script->lua), arena, 0);
    lua_settop(script->lua, 0);
    pthread_mutex_unlock(&script->lock);
    return value;
}

int script_call(struct script *script, struct arena *arena, const char *name,
                const struct json *args, struct json **result, struct err *err)
{
    int code = SOUK_OK, count = 0;
    pthread_mutex_lock(&script->lock);
    lua_State *lua = script->lua;
    lua_sethook(lua, stop_long, LUA_MASKCOUNT, STEPS_MOST);
    lua_getglobal(lua, name);
    json_each(arg, args)
    {
        script_push(lua, &arg->value);
        count++;
    }
    if (lua_pcall(lua, count, 1, 0) != LUA_OK)
        code = fail(script, arena_printf(arena, "conform.lua: %s()", name).ptr, err);
    else
        *result = script_take(lua, lua_gettop(lua), arena, 0);
    lua_settop(lua, 0);
    pthread_mutex_unlock(&script->lock);
    return code;
}
