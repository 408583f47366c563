/*
 * worker_freeze.c: what files leave behind when they are loaded (globals of lib/ files, tables and
 * locals that functions hold on to) is the same for every call. A rule that could keep something
 * from one cart to the next would answer by what other customers did.
 *
 * Tables are replaced by stand-ins: empty tables whose metatable reads from the original and
 * refuses to write. Scripts cannot look at metatables, so that nobody comes behind one; the
 * library's own functions open them (worker_freeze_open). A local that a function assigns is
 * remembered with what it held, and given that back. Which locals those are says the functions' own
 * code, as lua_dump shows it (worker_code.c): most rules have none.
 *
 * Everything is walked with a list of what is still to be seen, never by recursion.
 */
#include "script/worker.h"

#include <lauxlib.h>

#include "script/worker_code.h"

static int *cell_index; /* of cells: which local of its holder */
static int cell_count, cell_room;

/* ---- stand-ins ---- */

static int refuse_write(lua_State *lua)
{
    return luaL_error(lua, "this table is fixed since its file was loaded; keep what changes in a "
                           "local of the function");
}

static int length(lua_State *lua)
{
    worker_freeze_open(lua, 1);
    lua_pushinteger(lua, (lua_Integer)lua_rawlen(lua, -1));
    return 1;
}

void worker_freeze_open(lua_State *lua, int at)
{
    at = lua_absindex(lua, at);
    if (lua_type(lua, at) == LUA_TTABLE && lua_getmetatable(lua, at)) {
        lua_pushliteral(lua, "__index");
        lua_rawget(lua, -2);
        lua_remove(lua, -2);
    } else {
        lua_pushvalue(lua, at);
    }
}

struct walk { /* indexes on the stack */
    lua_State *lua;
    int frozen, cells, todo;
};

static void add_todo(const struct walk *walk) /* takes the value on top */
{
    lua_rawseti(walk->lua, walk->todo, (lua_Integer)lua_rawlen(walk->lua, walk->todo) + 1);
}

/* Of the table on top, which it replaces; the originals of new ones are put on the list. */
static void stand_in(const struct walk *walk)
{
    lua_State *lua = walk->lua;
    lua_pushvalue(lua, -1);
    if (lua_rawget(lua, walk->frozen) == LUA_TTABLE) {
        lua_replace(lua, -2);
        return;
    }
    lua_pop(lua, 1);
    lua_pushvalue(lua, -1);
    add_todo(walk);
    lua_newtable(lua);
    lua_createtable(lua, 0, 3);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_write);
    lua_setfield(lua, -2, "__newindex");
    lua_pushcfunction(lua, length);
    lua_setfield(lua, -2, "__len");
    lua_setmetatable(lua, -2);
    lua_pushvalue(lua, -2);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, walk->frozen);
    lua_replace(lua, -2);
}

/* ---- the walk ---- */

/* The function on top, which stays: on the list when it was not seen before. */
static void see_function(const struct walk *walk)
{
    lua_State *lua = walk->lua;
    lua_pushvalue(lua, -1);
    int seen = lua_rawget(lua, walk->frozen) != LUA_TNIL;
    lua_pop(lua, 1);
    if (seen)
        return;
    if (lua_iscfunction(lua, -1) && worker_self.path && lua_getupvalue(lua, -1, 1))
        luaL_error(lua, "an iterator of string.gmatch cannot be kept when a file is loaded");
    lua_pushvalue(lua, -1);
    lua_pushboolean(lua, 1);
    lua_rawset(lua, walk->frozen);
    lua_pushvalue(lua, -1);
    add_todo(walk);
}

/* The value on top: left there, or replaced by a stand-in (then 1). */
static int see(const struct walk *walk)
{
    int type = lua_type(walk->lua, -1);
    if (type == LUA_TFUNCTION)
        see_function(walk);
    if (type != LUA_TTABLE)
        return 0;
    if (lua_getmetatable(walk->lua, -1)) { /* a stand-in, or the globals of a file */
        lua_pop(walk->lua, 1);
        return 0;
    }
    stand_in(walk);
    return 1;
}

static void walk_table(const struct walk *walk, int table)
{
    lua_State *lua = walk->lua;
    lua_pushnil(lua);
    while (lua_next(lua, table)) {
        if (lua_type(lua, -2) == LUA_TTABLE || lua_type(lua, -2) == LUA_TFUNCTION)
            luaL_error(lua, "a table that stays after loading has a %s as a key",
                       luaL_typename(lua, -2));
        if (see(walk)) {
            lua_pushvalue(lua, -2);
            lua_insert(lua, -2);
            lua_rawset(lua, table);
        } else {
            lua_pop(lua, 1);
        }
    }
}

/* CELLS: holder, value, holder, value, … The value is on top and is taken. */
static void add_cell(const struct walk *walk, int function, int index)
{
    if (cell_count == cell_room) {
        cell_room = cell_room ? cell_room * 2 : 64;
        cell_index = mem_realloc(cell_index, (size_t)cell_room * sizeof *cell_index);
    }
    cell_index[cell_count++] = index;
    lua_pushvalue(walk->lua, function);
    lua_rawseti(walk->lua, walk->cells, 2 * cell_count - 1);
    lua_rawseti(walk->lua, walk->cells, 2 * cell_count);
}

static void walk_function(const struct walk *walk, int function)
{
    lua_State *lua = walk->lua;
    unsigned char assigned[256];
    if (lua_iscfunction(lua, function))
        return;
    worker_code_assigned(lua, function, assigned);
    for (int i = 1; lua_getupvalue(lua, function, i); i++) {
        if (see(walk)) {
            lua_pushvalue(lua, -1);
            lua_setupvalue(lua, function, i);
        }
        if (assigned[(i - 1) & 255])
            add_cell(walk, function, i);
        else
            lua_pop(lua, 1);
    }
}

void worker_freeze(lua_State *lua, int at)
{
    at = lua_absindex(lua, at);
    luaL_checkstack(lua, 20, NULL);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, WORKER_FROZEN);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, WORKER_CELLS);
    lua_newtable(lua);
    int top = lua_gettop(lua);
    struct walk walk = {lua, top - 2, top - 1, top};
    walk_table(&walk, at);
    for (lua_Integer i = 1; lua_rawgeti(lua, walk.todo, i) != LUA_TNIL; i++) {
        if (lua_isfunction(lua, -1))
            walk_function(&walk, top + 1);
        else
            walk_table(&walk, top + 1);
        lua_settop(lua, top);
    }
    lua_settop(lua, top - 3);
}

/* ---- locals of files ---- */

/* Of the two values on top. NaN is nothing else than NaN, and 1 is not 1.0. */
static int is_same(lua_State *lua)
{
    if (lua_type(lua, -1) == LUA_TNUMBER && lua_type(lua, -2) == LUA_TNUMBER)
        return lua_isinteger(lua, -1) == lua_isinteger(lua, -2) &&
               (lua_rawequal(lua, -1, -2) ||
                !(lua_rawequal(lua, -1, -1) || lua_rawequal(lua, -2, -2)));
    return lua_rawequal(lua, -1, -2);
}

int worker_freeze_restore(lua_State *lua)
{
    int changed = 0, cells = lua_gettop(lua) + 1;
    if (!cell_count)
        return 0;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, WORKER_CELLS);
    for (int i = 0; i < cell_count; i++) {
        lua_rawgeti(lua, cells, 2 * i + 1);
        lua_getupvalue(lua, cells + 1, cell_index[i]);
        lua_rawgeti(lua, cells, 2 * i + 2);
        if (!is_same(lua)) {
            changed = 1;
            lua_setupvalue(lua, cells + 1, cell_index[i]);
        }
        lua_settop(lua, cells);
    }
    lua_pop(lua, 1);
    return changed;
}
