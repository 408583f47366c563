/*
 * worker_value.c: values between Lua and bytes. In: the input of an evaluation, which the shop
 * made. Out: what a function returned or a file declared; whatever is not plain data is refused
 * with its place in words. A table is a list (keys 1 to n) or has names; both at once, holes, and
 * keys of other kinds are mistakes. Writing raises nothing, so that it needs no protection.
 */
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>

#include "base/str.h"
#include "base/utf8.h"
#include "script/worker.h"

#define PATH_MOST 160
#define MIXED     "a table is either a list without holes, or has names; this one is neither"

/* ---- in ---- */

/* Vectors of tables are watched and nothing else: Lua has others of its own, so that this is as
 * narrow as can be. An empty table gets a cell too, in which a change can be seen. */
static void push_table(lua_State *lua, uint32_t items, uint32_t names)
{
    worker_self.memory.recording = 1;
    lua_createtable(lua, (int)items, items + names ? (int)names : 1);
    worker_self.memory.recording = 0;
}

static void push_items(lua_State *lua, struct protocol_reader *reader, int depth)
{
    uint32_t count = protocol_u32(reader);
    push_table(lua, count, 0);
    for (uint32_t i = 1; i <= count; i++) {
        worker_value_push(lua, reader, depth + 1);
        lua_rawseti(lua, -2, i);
    }
}

static void push_names(lua_State *lua, struct protocol_reader *reader, int depth)
{
    uint32_t count = protocol_u32(reader);
    push_table(lua, 0, count);
    for (uint32_t i = 0; i < count; i++) {
        struct souk_str key = protocol_text(reader);
        lua_pushlstring(lua, key.ptr, key.len);
        worker_value_push(lua, reader, depth + 1);
        lua_rawset(lua, -3);
    }
}

static void push_number(lua_State *lua, struct protocol_reader *reader, char tag)
{
    int64_t whole = 0;
    double real = 0;
    if (reader->end - reader->at < 8)
        luaL_error(lua, "the input ends too early");
    memcpy(tag == TAG_INT ? (void *)&whole : (void *)&real, reader->at, 8);
    reader->at += 8;
    if (tag == TAG_INT)
        lua_pushinteger(lua, whole);
    else
        lua_pushnumber(lua, real);
}

void worker_value_push(lua_State *lua, struct protocol_reader *reader, int depth)
{
    if (reader->bad || reader->at >= reader->end || depth > PROTOCOL_DEPTH * 2)
        luaL_error(lua, "the input is broken");
    luaL_checkstack(lua, 4, NULL);
    char tag = *reader->at++;
    struct souk_str text;
    switch (tag) {
    case TAG_FALSE:
    case TAG_TRUE: lua_pushboolean(lua, tag == TAG_TRUE); break;
    case TAG_INT:
    case TAG_REAL: push_number(lua, reader, tag); break;
    case TAG_TEXT:
        text = protocol_text(reader);
        lua_pushlstring(lua, text.ptr, text.len);
        break;
    case TAG_LIST: push_items(lua, reader, depth); break;
    case TAG_NAMES: push_names(lua, reader, depth); break;
    default: lua_pushnil(lua);
    }
}

/* ---- out ---- */

struct writing {
    lua_State *lua;
    struct buf *out;
    size_t most; /* length of out that may not be passed */
    int functions;
    char path[PATH_MOST];
    size_t path_len;
};

static char wrong_text[PATH_MOST + 200];

static int refuse(struct writing *writing, const char *why)
{
    int inside = writing->path_len > 0;
    snprintf(wrong_text, sizeof wrong_text, "%s%s%s", inside ? writing->path : "",
             inside ? ": " : "", why);
    return 0;
}

static int put(struct writing *writing, enum protocol_tag tag, const void *bytes, size_t len)
{
    if (writing->out->len + len + 1 > writing->most)
        return refuse(writing, "is too much");
    buf_reserve(writing->out, len + 1);
    buf_add_char(writing->out, (char)tag);
    buf_add(writing->out, bytes, len);
    return 1;
}

static int put_text(struct writing *writing, int at)
{
    size_t len;
    const char *text = lua_tolstring(writing->lua, at, &len);
    uint32_t size = (uint32_t)len;
    if (!utf8_valid(str_make(text, len)) || memchr(text, '\0', len))
        return refuse(writing, "this text is not UTF-8");
    if (writing->out->len + len > writing->most)
        return refuse(writing, "is too much");
    int good = put(writing, TAG_TEXT, &size, sizeof size);
    buf_add(writing->out, text, len);
    return good;
}

static int put_number(struct writing *writing, int at)
{
    char text[40];
    int whole = 0;
    lua_Integer number = lua_tointegerx(writing->lua, at, &whole);
    if (whole)
        return put(writing, TAG_INT, &number, sizeof number);
    lua_Number real = lua_tonumber(writing->lua, at);
    if (!isfinite(real))
        return refuse(writing, "this is no number (a division by zero?)");
    uint32_t len = (uint32_t)snprintf(text, sizeof text, "%.14g", real);
    int good = put(writing, TAG_DECIMAL, &len, sizeof len);
    buf_add(writing->out, text, len);
    return good;
}

static int put_value(struct writing *writing, int at, int depth);

/* The part of the path is dropped again when all is well; else the sentence has it already. */
static size_t enter(struct writing *writing, const char *name, uint32_t index)
{
    size_t before = writing->path_len, room = sizeof writing->path - before;
    char *end = writing->path + before;
    int n = name ? snprintf(end, room, "%s%s", before ? "." : "", name)
                 : snprintf(end, room, "[%u]", index);
    writing->path_len += n > 0 && (size_t)n < room ? (size_t)n : room - 1;
    return before;
}

static void leave(struct writing *writing, size_t before)
{
    writing->path_len = before;
    writing->path[before] = '\0';
}

static int put_list(struct writing *writing, int table, lua_Unsigned count, int depth)
{
    uint32_t size = (uint32_t)count;
    if (!put(writing, TAG_LIST, &size, sizeof size))
        return 0;
    for (uint32_t i = 1; i <= size; i++) {
        size_t before = enter(writing, NULL, i);
        if (lua_rawgeti(writing->lua, table, i) == LUA_TNIL)
            return refuse(writing, MIXED);
        if (!put_value(writing, lua_gettop(writing->lua), depth + 1))
            return 0;
        lua_pop(writing->lua, 1);
        leave(writing, before);
    }
    return 1;
}

/* The key at -2 of a table with names. */
static int put_key(struct writing *writing)
{
    size_t len;
    if (lua_type(writing->lua, -2) != LUA_TSTRING)
        return refuse(writing, MIXED);
    const char *key = lua_tolstring(writing->lua, -2, &len);
    struct souk_str name = str_make(key, len);
    if (len == 0 || *key == '$' || !utf8_valid(name) || memchr(key, '\0', len))
        return refuse(writing, "this is no name of a field");
    if (writing->out->len + len + sizeof(uint32_t) > writing->most)
        return refuse(writing, "is too much");
    protocol_put_text(writing->out, name);
    return 1;
}

static int put_names(struct writing *writing, int table, uint32_t count, int depth)
{
    lua_State *lua = writing->lua;
    if (!put(writing, TAG_NAMES, &count, sizeof count))
        return 0;
    lua_pushnil(lua);
    while (lua_next(lua, table)) {
        if (!put_key(writing))
            return 0;
        size_t before = enter(writing, lua_tostring(lua, -2), 0);
        if (!put_value(writing, lua_gettop(lua), depth + 1))
            return 0;
        lua_pop(lua, 1);
        leave(writing, before);
    }
    return 1;
}

static int put_table(struct writing *writing, int at, int depth)
{
    lua_State *lua = writing->lua;
    if (depth > PROTOCOL_DEPTH - 4 || !lua_checkstack(lua, 8))
        return refuse(writing, "is nested too deeply, or holds itself");
    worker_freeze_open(lua, at);
    int table = lua_gettop(lua), good;
    uint32_t count = 0;
    lua_Unsigned length = lua_rawlen(lua, table);
    lua_pushnil(lua);
    while (lua_next(lua, table)) {
        lua_pop(lua, 1);
        count++;
    }
    if (length == count)
        good = put_list(writing, table, length, depth);
    else
        good = put_names(writing, table, count, depth);
    if (good)
        lua_settop(lua, table - 1);
    return good;
}

static int put_function(struct writing *writing, int at)
{
    if (!writing->functions)
        return refuse(writing, "a function cannot be returned");
    uint32_t number = worker_function_add(writing->lua, at);
    return put(writing, TAG_FUNCTION, &number, sizeof number);
}

static int put_value(struct writing *writing, int at, int depth)
{
    switch (lua_type(writing->lua, at)) {
    case LUA_TNIL: return put(writing, TAG_NIL, "", 0);
    case LUA_TBOOLEAN:
        return put(writing, lua_toboolean(writing->lua, at) ? TAG_TRUE : TAG_FALSE, "", 0);
    case LUA_TNUMBER: return put_number(writing, at);
    case LUA_TSTRING: return put_text(writing, at);
    case LUA_TTABLE: return put_table(writing, at, depth);
    case LUA_TFUNCTION: return put_function(writing, at);
    default: return refuse(writing, "this is no plain value");
    }
}

const char *worker_value_write(lua_State *lua, int at, struct buf *out, size_t most, int functions)
{
    static struct writing writing; /* large; clearing its path each time would cost more than it */
    int top = lua_gettop(lua);
    writing.lua = lua;
    writing.out = out;
    writing.functions = functions;
    writing.most = out->len + most;
    writing.path_len = 0;
    writing.path[0] = wrong_text[0] = '\0';
    int good = put_value(&writing, lua_absindex(lua, at), 0);
    lua_settop(lua, top);
    return good ? NULL : wrong_text;
}
