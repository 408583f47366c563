/*
 * worker_load.c: files in, declarations out. Files of lib/ come first and share what they define;
 * every other file has globals of its own on top of that. When all have run, everything that they
 * left behind becomes unchangeable (worker_freeze.c).
 *
 * A file sees its globals through an empty table, so that reading goes one step and writing can be
 * refused once the file is loaded. One wrong file does not keep the others from being read: their
 * mistakes are told together. When a lib/ file is wrong, the others are only parsed; what they
 * would miss is not their mistake.
 */
#include <lauxlib.h>
#include <stdlib.h>

#include "base/str.h"
#include "script/worker.h"

enum file_mode { FILE_SHARED, FILE_RULES, FILE_PARSED };

struct loading {
    lua_State *lua;
    struct souk_str *paths, *texts;
    uint32_t count, wrong;
    struct buf errors;
};

int script_is_shared(struct souk_str path)
{
    size_t end = path.len, begin;
    while (end > 0 && path.ptr[end - 1] != '/')
        end--;
    if (!end)
        return 0;
    for (begin = end - 1; begin > 0 && path.ptr[begin - 1] != '/';)
        begin--;
    return souk_str_is(str_make(path.ptr + begin, end - 1 - begin), "lib");
}

/* ---- the globals of a file ---- */

/* Upvalue 1: the table behind; upvalue 2: it is the one that lib/ files share. */
static int define(lua_State *lua)
{
    const char *name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "name";
    if (!worker_self.path)
        return luaL_error(lua,
                          "globals cannot be made or changed once a file is loaded: write "
                          "\"local %s\"",
                          name);
    lua_pushvalue(lua, 2);
    int known = lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL;
    if (known && lua_toboolean(lua, lua_upvalueindex(2)))
        return luaL_error(lua, "\"%s\" is defined already; choose another name", name);
    lua_settop(lua, 3);
    lua_rawset(lua, lua_upvalueindex(1));
    return 0;
}

static void copy_fields(lua_State *lua, int from, int to)
{
    lua_pushnil(lua);
    while (lua_next(lua, from)) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        lua_rawset(lua, to);
    }
}

/* Pushes the empty table that the file sees; the one behind joins the list of those. */
static void push_globals(lua_State *lua, int shared)
{
    lua_rawgeti(lua, LUA_REGISTRYINDEX, WORKER_SHARED);
    int behind = lua_gettop(lua);
    if (!shared) {
        lua_newtable(lua);
        copy_fields(lua, behind, behind + 1);
        lua_replace(lua, behind);
    }
    lua_rawgeti(lua, LUA_REGISTRYINDEX, WORKER_BEHIND);
    lua_pushvalue(lua, behind);
    lua_rawseti(lua, -2, (lua_Integer)lua_rawlen(lua, -2) + 1);
    lua_pop(lua, 1);
    lua_newtable(lua);
    lua_createtable(lua, 0, 2);
    lua_pushvalue(lua, behind);
    lua_setfield(lua, -2, "__index");
    lua_pushvalue(lua, behind);
    lua_pushboolean(lua, shared);
    lua_pushcclosure(lua, define, 2);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_remove(lua, behind);
}

/* ---- one file ---- */

/* Protected. Arguments: path and text as light userdata of views, mode. Returns what the file
 * returns. */
static int run_file(lua_State *lua)
{
    const struct souk_str *path = lua_touserdata(lua, 1), *text = lua_touserdata(lua, 2);
    enum file_mode mode = (enum file_mode)lua_tointeger(lua, 3);
    struct souk_str source = *text;
    if (str_starts(source, "\xef\xbb\xbf"))
        source = str_from(source, 3);
    if (source.len > WORKER_SOURCE)
        return luaL_error(lua, "%s:1: is larger than 64 KiB; make two files of it", path->ptr);
    lua_pushfstring(lua, "@%s", path->ptr);
    if (luaL_loadbufferx(lua, source.ptr, source.len, lua_tostring(lua, -1), "t") != LUA_OK)
        return lua_error(lua);
    if (mode == FILE_PARSED)
        return 0;
    push_globals(lua, mode == FILE_SHARED);
    lua_setupvalue(lua, -2, 1); /* _ENV */
    int chunk = lua_gettop(lua);
    lua_call(lua, 0, LUA_MULTRET);
    return lua_gettop(lua) - chunk + 1;
}

/* On an empty stack: then it has the message handler, and the results or the error; Lua's status.
 */
static int call_file(lua_State *lua, const struct souk_str *path, const struct souk_str *text,
                     enum file_mode mode, uint32_t number, int64_t target)
{
    struct worker_self *self = &worker_self;
    self->path = path->ptr;
    self->function = -1;
    self->seeded = 0;
    self->log_lines = 0;
    buf_clear(&self->log);
    worker_call_begin(number, target);
    lua_pushcfunction(lua, worker_handle);
    lua_pushcfunction(lua, run_file);
    lua_pushlightuserdata(lua, (void *)(uintptr_t)path);
    lua_pushlightuserdata(lua, (void *)(uintptr_t)text);
    lua_pushinteger(lua, mode);
    int status = lua_pcall(lua, 3, LUA_MULTRET, 1);
    worker_call_end();
    self->path = NULL;
    return status;
}

/* ---- mistakes ---- */

/* "path:12: message", taken apart; 0 when there is no line in it. */
static uint32_t take_place(struct souk_str reason, struct souk_str *path, struct souk_str *message)
{
    struct souk_str rest = reason, part, number;
    int64_t line;
    while (str_split(&rest, ':', &part)) {
        struct souk_str after = rest;
        if (!str_split(&after, ':', &number) || str_to_int(number, &line) || line <= 0)
            continue;
        *path = str_make(reason.ptr, (size_t)(part.ptr + part.len - reason.ptr));
        *message = str_trim(after);
        return (uint32_t)line;
    }
    return 0;
}

static void tell(struct loading *loading, int status, struct souk_str path)
{
    struct souk_str reason, where = path;
    worker_failure(loading->lua, status, &reason);
    uint32_t line = take_place(reason, &where, &reason);
    /* Lua cuts long names at the front */
    protocol_put_text(&loading->errors, str_starts(where, "...") ? path : where);
    protocol_put_u32(&loading->errors, line);
    protocol_put_text(&loading->errors, reason);
    loading->wrong++;
}

/* ---- all files ---- */

static void load_files(struct loading *loading, int shared, enum file_mode mode)
{
    for (uint32_t i = 0; i < loading->count; i++) {
        if (script_is_shared(loading->paths[i]) != shared)
            continue;
        int status = call_file(loading->lua, &loading->paths[i], &loading->texts[i], mode, i + 1,
                               worker_self.rules.load);
        if (status != LUA_OK)
            tell(loading, status, loading->paths[i]);
        lua_settop(loading->lua, 0);
    }
}

/* Protected. */
static int freeze(lua_State *lua)
{
    lua_rawgeti(lua, LUA_REGISTRYINDEX, WORKER_BEHIND);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, WORKER_FUNCTIONS);
    worker_freeze(lua, 1);
    worker_freeze(lua, 2);
    return 0;
}

static void freeze_all(struct loading *loading)
{
    struct souk_str nowhere = souk_str("");
    worker_self.path = "";
    worker_call_begin(0, worker_self.rules.load);
    lua_pushcfunction(loading->lua, freeze);
    int status = lua_pcall(loading->lua, 0, 0, 0);
    worker_call_end();
    worker_self.path = NULL;
    if (status != LUA_OK)
        tell(loading, status, loading->count ? loading->paths[loading->count - 1] : nowhere);
    lua_settop(loading->lua, 0);
}

static void answer(struct loading *loading, int quiet)
{
    struct worker_self *self = &worker_self;
    worker_answer_begin();
    if (loading->wrong) {
        buf_add(&self->out, loading->errors.ptr, loading->errors.len);
        worker_answer_send(PROTOCOL_WRONG, 0, loading->wrong);
        return;
    }
    if (quiet) {
        worker_answer_send(PROTOCOL_DECLARED, 0, 0);
        return;
    }
    buf_add_char(&self->out, TAG_LIST);
    protocol_put_u32(&self->out, self->declared_count);
    buf_add(&self->out, self->declared.ptr, self->declared.len);
    for (uint32_t i = 0; i < self->function_count; i++) {
        protocol_put_text(&self->out, souk_str(self->places[i].path));
        protocol_put_u32(&self->out, (uint32_t)self->places[i].line);
    }
    worker_answer_send(PROTOCOL_DECLARED, 0, self->function_count);
}

static void take_rules(struct protocol_reader *reader)
{
    if ((size_t)(reader->end - reader->at) < sizeof worker_self.rules)
        _Exit(1);
    memcpy(&worker_self.rules, reader->at, sizeof worker_self.rules);
    reader->at += sizeof worker_self.rules;
    worker_self.rules.currency[sizeof worker_self.rules.currency - 1] = '\0';
}

/* A path with a NUL behind it, for Lua. */
static struct souk_str take_path(struct protocol_reader *reader)
{
    struct souk_str path = protocol_text(reader);
    char *copy = mem_zalloc(path.len + 1);
    memcpy(copy, path.ptr, path.len);
    return souk_str(copy);
}

void worker_load(const struct protocol_head *head, struct souk_str body)
{
    struct worker_self *self = &worker_self;
    struct loading loading = {.lua = self->lua, .count = head->count};
    struct protocol_reader reader = {body.ptr, body.ptr + body.len, 0};
    take_rules(&reader);
    loading.paths = mem_zalloc((head->count + 1) * sizeof *loading.paths);
    loading.texts = mem_zalloc((head->count + 1) * sizeof *loading.texts);
    for (uint32_t i = 0; i < head->count; i++) {
        loading.paths[i] = take_path(&reader);
        loading.texts[i] = protocol_text(&reader);
    }
    self->memory.limit = self->memory.used + WORKER_LOADED;
    self->allowed = WORKER_LOADED;
    worker_clock_start();
    load_files(&loading, 1, FILE_SHARED);
    int broken = loading.wrong > 0;
    if (!broken)
        freeze_all(&loading);
    load_files(&loading, 0, broken ? FILE_PARSED : FILE_RULES);
    if (!loading.wrong)
        freeze_all(&loading);
    worker_clock_stop();
    self->memory.limit = SIZE_MAX;
    lua_gc(self->lua, LUA_GCCOLLECT, 0);
    self->loaded = self->memory.used;
    answer(&loading, head->flags & PROTOCOL_QUIET);
    buf_free(&loading.errors);
    free(loading.paths);
    free(loading.texts);
}

void worker_run_chunk(struct souk_str body)
{
    struct worker_self *self = &worker_self;
    struct protocol_reader reader = {body.ptr, body.ptr + body.len, 0};
    take_rules(&reader);
    struct souk_str path = take_path(&reader), text = protocol_text(&reader);
    self->memory.limit = self->memory.used + self->rules.memory;
    self->allowed = self->rules.memory;
    self->chunk = path.ptr;
    worker_clock_start();
    int status = call_file(self->lua, &path, &text, FILE_RULES, 1, self->rules.target);
    worker_clock_stop();
    worker_answer_begin();
    worker_put_answer(self->lua, status, 2);
    worker_answer_send(PROTOCOL_ANSWERS, 0, 1);
}
