/*
 * chunk_child.c: runs a configuration chunk in a forked child and writes its values as
 * JSON to a pipe.
 *
 * The idea: the process that forked may have many threads, so malloc's locks may be
 * held for ever here. Lua gets an allocator over one anonymous mapping, the answer goes
 * to another, and from then on seccomp's strict mode leaves read, write and exit.
 * Endless loops are stopped by a count of instructions, which can name the line; what a
 * count cannot see (one long operation inside of C) is stopped by RLIMIT_CPU.
 *
 * The environment is a table that refuses to be read where nothing was assigned, so
 * that a forgotten quote is an error and not a nil; it keeps the order of assignments
 * and refuses a second one to the same name.
 *
 * This is the only file of the parent's program that includes lua.h for configuration;
 * merchants' scripts have a process of their own.
 */
#include "script/chunk_child.h"

#include <lauxlib.h>
#include <lua.h>
#include <linux/seccomp.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/str.h"
#include "base/utf8.h"
#include "script/chunk_lines.h"
#include "script/chunk_memory.h"

#define STEPS 50000000 /* instructions; a second or less */

struct child {
    struct chunk_memory memory;
    char *out;
    size_t out_len;
    int fd;
    int line; /* of the error that is being raised, when we know better than Lua */
    struct souk_str source;
    const struct chunk_line *starts;
    size_t start_count;
    char path[200]; /* "hello.list[2]": where in the values we are */
    size_t path_len;
};

/* Slots of the stack of run(). */
enum { AT_VALUES = 1, AT_ORDER, AT_LINES };

static struct child *child_of(lua_State *lua)
{
    return *(struct child **)lua_getextraspace(lua);
}

/* ---- the end ---- */

static void write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len) {
        ssize_t n = write(fd, at, len);
        if (n <= 0)
            break; /* the parent is gone: so is the need for an answer */
        at += n;
        len -= (size_t)n;
    }
}

/* exit, not exit_group, is what strict seccomp allows; there is one thread here. */
_Noreturn static void answer(const struct child *child, int32_t kind, const char *bytes, size_t len)
{
    struct chunk_head head = {(uint32_t)len, kind, child->line};
    write_all(child->fd, &head, sizeof(head));
    write_all(child->fd, bytes, len);
    for (;;)
        syscall(SYS_exit, 0);
}

static int panic(lua_State *lua)
{
    answer(child_of(lua), CHUNK_MEMORY, "", 0);
}

/* ---- the environment ---- */

static void count_hook(lua_State *lua, lua_Debug *debug)
{
    if (lua_getinfo(lua, "l", debug))
        child_of(lua)->line = debug->currentline;
    luaL_error(lua, "computes for too long: does it loop? this file should only give values");
}

/* env "NAME", file "PATH": upvalue 1 is the mark, upvalue 2 what to write in an
 * example. */
static int secret(lua_State *lua)
{
    const char *mark = lua_tostring(lua, lua_upvalueindex(1));
    const char *example = lua_tostring(lua, lua_upvalueindex(2));
    if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING || lua_rawlen(lua, 1) == 0) {
        return luaL_error(lua, "%s takes one name in quotes: %s \"%s\"", mark + 1, mark + 1,
                          example);
    }
    lua_createtable(lua, 0, 1);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, -2, mark);
    return 1;
}

/* A name without a value: nearly always text without its quotes. */
static int unknown_name(lua_State *lua, const char *name)
{
    static const char *const libraries[] = {
        "os",           "io",        "debug",        "string",   "table",    "math",
        "utf8",         "coroutine", "package",      "load",     "loadfile", "dofile",
        "print",        "require",   "setmetatable", "error",    "pcall",    "select",
        "pairs",        "ipairs",    "type",         "tostring", "tonumber", "_G",
        "assert",       "next",      "rawset",       "rawget",   "xpcall",   "collectgarbage",
        "getmetatable", NULL};
    static const char *const truths[] = {"yes",   "no",   "on",    "off", "True",
                                         "False", "TRUE", "FALSE", NULL};
    for (size_t i = 0; libraries[i]; i++) {
        if (strcmp(name, libraries[i]) == 0) {
            return luaL_error(
                lua,
                "\"%s\" is not there: this file gives values and runs no functions but env and file",
                name);
        }
    }
    for (size_t i = 0; truths[i]; i++) {
        if (strcmp(name, truths[i]) == 0) {
            return luaL_error(lua,
                              "\"%s\" has no value; write true or false, or text in quotes: \"%s\"",
                              name, name);
        }
    }
    return luaL_error(lua, "\"%s\" has no value; text stands in quotes: \"%s\"", name, name);
}

/* __index of the environment; upvalue 1: what was assigned, env and file. */
static int read_name(lua_State *lua)
{
    lua_settop(lua, 2);
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    return lua_type(lua, 2) == LUA_TSTRING ? unknown_name(lua, lua_tostring(lua, 2))
                                           : luaL_error(lua, "top-level names are words");
}

/* __newindex of the environment; upvalues: values with env and file, order of names,
 * lines by name. */
static int assign_name(lua_State *lua)
{
    struct child *child = child_of(lua);
    lua_Debug debug = {0};
    if (lua_type(lua, 2) != LUA_TSTRING)
        return luaL_error(lua, "top-level names are words");
    struct souk_str name = {NULL, 0};
    name.ptr = lua_tolstring(lua, 2, &name.len);
    int line =
        lua_getstack(lua, 1, &debug) && lua_getinfo(lua, "l", &debug) ? debug.currentline : 0;
    line = chunk_lines_find(child->starts, child->start_count, name, line);
    if (lua_isnil(lua, 3)) {
        child->line = line;
        return luaL_error(lua, "\"%s\" is given nil; leave the line out instead", name.ptr);
    }
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(3)) != LUA_TNIL) {
        child->line = line;
        return luaL_error(lua, "\"%s\" is given twice, in line %d and in line %d; keep one",
                          name.ptr, (int)lua_tointeger(lua, -1), line);
    }
    if (souk_str_is(name, "env") || souk_str_is(name, "file")) {
        child->line = line;
        return luaL_error(lua, "\"%s\" is taken: it marks secrets, as in key = %s \"NAME\"",
                          name.ptr, name.ptr);
    }
    lua_settop(lua, 3);
    lua_pushvalue(lua, 2);
    lua_rawseti(lua, lua_upvalueindex(2), (lua_Integer)lua_rawlen(lua, lua_upvalueindex(2)) + 1);
    lua_pushvalue(lua, 2);
    lua_pushinteger(lua, line);
    lua_rawset(lua, lua_upvalueindex(3));
    lua_rawset(lua, lua_upvalueindex(1));
    return 0;
}

/* Leaves the environment on the stack; AT_VALUES, AT_ORDER and AT_LINES are there
 * already. */
static void push_environment(lua_State *lua)
{
    lua_pushliteral(lua, "$env");
    lua_pushliteral(lua, "STRIPE_KEY");
    lua_pushcclosure(lua, secret, 2);
    lua_setfield(lua, AT_VALUES, "env");
    lua_pushliteral(lua, "$file");
    lua_pushliteral(lua, "secrets/stripe");
    lua_pushcclosure(lua, secret, 2);
    lua_setfield(lua, AT_VALUES, "file");
    lua_newtable(lua);
    lua_newtable(lua);
    lua_pushvalue(lua, AT_VALUES);
    lua_pushcclosure(lua, read_name, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushvalue(lua, AT_VALUES);
    lua_pushvalue(lua, AT_ORDER);
    lua_pushvalue(lua, AT_LINES);
    lua_pushcclosure(lua, assign_name, 3);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
}

/* ---- values as JSON ---- */

static int refuse(lua_State *lua, const char *what)
{
    return luaL_error(lua, "%s %s", child_of(lua)->path, what);
}

static void put(lua_State *lua, const char *bytes, size_t len)
{
    struct child *child = child_of(lua);
    if (len > CHUNK_OUTPUT - child->out_len)
        luaL_error(lua, "gives more than 1 MiB of values; put less into this file");
    memcpy(child->out + child->out_len, bytes, len);
    child->out_len += len;
}

static void put_cstr(lua_State *lua, const char *text)
{
    put(lua, text, strlen(text));
}

static void put_string(lua_State *lua, struct souk_str text)
{
    if (!utf8_valid(text))
        refuse(lua, "is not UTF-8 text");
    if (text.len && memchr(text.ptr, 0, text.len))
        refuse(lua, "has a NUL byte in it");
    put_cstr(lua, "\"");
    size_t plain = 0; /* start of what needs no escape */
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= ' ' && c != '"' && c != '\\' && c != 0x7f)
            continue;
        static const char hex[] = "0123456789abcdef";
        char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        put(lua, text.ptr + plain, i - plain);
        put(lua, escape, sizeof(escape));
        plain = i + 1;
    }
    put(lua, text.ptr + plain, text.len - plain);
    put_cstr(lua, "\"");
}

static void put_number(lua_State *lua)
{
    char text[40];
    int exact = 0;
    lua_Integer whole = lua_tointegerx(lua, -1, &exact);
    if (exact) {
        snprintf(text, sizeof(text), "%lld", (long long)whole);
    } else {
        double number = lua_tonumber(lua, -1);
        if (!isfinite(number))
            refuse(lua, "is not a finite number");
        int len = snprintf(text, sizeof(text), "%.17g", number);
        if (len ==
            (int)strspn(text, "-0123456789")) /* 1e17 prints as digits only: keep it a real */
            snprintf(text + len, sizeof(text) - (size_t)len, ".0");
    }
    put_cstr(lua, text);
}

/* Adds to the path; what is too long for it is cut, for it serves in messages only. */
static void path_push(struct child *child, struct souk_str key, lua_Integer index)
{
    char *at = child->path + child->path_len;
    size_t room = sizeof(child->path) - child->path_len;
    if (index) {
        char number[32];
        snprintf(number, sizeof(number), "[%lld]", (long long)index);
        child->path_len += str_copy(at, room, souk_str(number));
        return;
    }
    if (child->path_len && room > 1) {
        *at++ = '.';
        room--;
        child->path_len++;
    }
    child->path_len += str_copy(at, room, key);
}

static void path_pop(struct child *child, size_t len)
{
    child->path_len = len;
    child->path[len] = '\0';
}

static void put_value(lua_State *lua, int depth);

static void sift(struct souk_str *keys, size_t at, size_t count)
{
    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && str_compare(keys[child], keys[child + 1]) < 0)
            child++;
        if (str_compare(keys[at], keys[child]) >= 0)
            return;
        struct souk_str key = keys[at];
        keys[at] = keys[child];
        keys[child] = key;
        at = child;
    }
}

/* Heap sort: qsort may call malloc. */
static void sort_keys(struct souk_str *keys, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift(keys, i, count);
    for (size_t n = count; n-- > 1;) {
        struct souk_str key = keys[0];
        keys[0] = keys[n];
        keys[n] = key;
        sift(keys, 0, n);
    }
}

/* Lua's order of keys is an accident that changes from run to run: they are written
 * sorted. */
static void put_object(lua_State *lua, size_t count, int depth)
{
    struct child *child = child_of(lua);
    int table = lua_gettop(lua);
    struct souk_str *keys = lua_newuserdatauv(lua, count * sizeof(*keys), 0);
    size_t n = 0, len = child->path_len;
    lua_pushnil(lua);
    while (n < count && lua_next(lua, table)) {
        keys[n].ptr = lua_tolstring(lua, -2, &keys[n].len);
        n++;
        lua_pop(lua, 1);
    }
    lua_settop(lua, table + 1);
    sort_keys(keys, n);
    for (size_t i = 0; i < n; i++) {
        path_push(child, keys[i], 0);
        put_cstr(lua, i ? "," : "{");
        put_string(lua, keys[i]);
        put_cstr(lua, ":");
        lua_pushlstring(lua, keys[i].ptr, keys[i].len);
        lua_rawget(lua, table);
        put_value(lua, depth);
        path_pop(child, len);
    }
    put_cstr(lua, n ? "}" : "{}");
    lua_settop(lua, table);
}

static void put_array(lua_State *lua, size_t count, int depth)
{
    struct child *child = child_of(lua);
    size_t len = child->path_len;
    for (size_t i = 1; i <= count; i++) {
        path_push(child, STR_NULL, (lua_Integer)i);
        put_cstr(lua, i > 1 ? "," : "[");
        lua_rawgeti(lua, -1, (lua_Integer)i);
        put_value(lua, depth);
        lua_pop(lua, 1);
        path_pop(child, len);
    }
    put_cstr(lua, "]");
}

static void put_table(lua_State *lua, int depth)
{
    size_t words = 0, numbers = 0;
    lua_Integer highest = 0;
    if (depth >= CHUNK_DEPTH) {
        refuse(
            lua,
            "is nested too deeply: at most 16 tables in one another (does a table hold itself?)");
    }
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pop(lua, 1);
        if (lua_type(lua, -1) == LUA_TSTRING) {
            words++;
        } else if (lua_isinteger(lua, -1) && lua_tointeger(lua, -1) > 0) {
            numbers++;
            highest = lua_tointeger(lua, -1) > highest ? lua_tointeger(lua, -1) : highest;
        } else {
            refuse(lua, "has a key that is neither a name nor a place in a list");
        }
    }
    if (words && numbers)
        refuse(lua, "mixes named keys with list items; make it one or the other");
    if ((size_t)highest != numbers)
        refuse(lua, "is a list with a gap; number the items 1, 2, 3 or leave the numbers out");
    if (numbers)
        put_array(lua, numbers, depth + 1);
    else
        put_object(lua, words, depth + 1);
}

static void put_value(lua_State *lua, int depth)
{
    struct souk_str text;
    luaL_checkstack(lua, 8, "values");
    switch (lua_type(lua, -1)) {
    case LUA_TBOOLEAN: put_cstr(lua, lua_toboolean(lua, -1) ? "true" : "false"); return;
    case LUA_TNUMBER: put_number(lua); return;
    case LUA_TSTRING:
        text.ptr = lua_tolstring(lua, -1, &text.len);
        put_string(lua, text);
        return;
    case LUA_TTABLE: put_table(lua, depth); return;
    case LUA_TFUNCTION:
        refuse(lua, "is a function; give text, a number, true, false or a table");
        return;
    default: refuse(lua, "is not text, a number, true, false or a table"); return;
    }
}

/* {"values":{…},"lines":{…}} of all that was assigned, in order of assignment. */
static void put_all(lua_State *lua)
{
    struct child *child = child_of(lua);
    size_t count = lua_rawlen(lua, AT_ORDER);
    put_cstr(lua, "{\"values\":{");
    for (size_t i = 1; i <= count; i++) {
        struct souk_str name;
        lua_rawgeti(lua, AT_ORDER, (lua_Integer)i);
        name.ptr = lua_tolstring(lua, -1, &name.len);
        lua_pushvalue(lua, -1);
        lua_rawget(lua, AT_LINES);
        child->line = (int)lua_tointeger(lua, -1);
        lua_pop(lua, 1);
        path_push(child, name, 0);
        put_cstr(lua, i > 1 ? "," : "");
        put_string(lua, name);
        put_cstr(lua, ":");
        lua_rawget(lua, AT_VALUES);
        put_value(lua, 0);
        lua_pop(lua, 1);
        path_pop(child, 0);
    }
    child->line = 0;
    put_cstr(lua, "},\"lines\":{");
    for (size_t i = 1; i <= count; i++) {
        struct souk_str name;
        lua_rawgeti(lua, AT_ORDER, (lua_Integer)i);
        name.ptr = lua_tolstring(lua, -1, &name.len);
        put_cstr(lua, i > 1 ? "," : "");
        put_string(lua, name);
        put_cstr(lua, ":");
        lua_rawget(lua, AT_LINES);
        put_number(lua);
        lua_pop(lua, 1);
    }
    put_cstr(lua, "}}");
}

static int run(lua_State *lua)
{
    struct child *child = child_of(lua);
    lua_newtable(lua);
    lua_newtable(lua);
    lua_newtable(lua);
    if (luaL_loadbufferx(lua, child->source.ptr, child->source.len, "=chunk", "t"))
        return lua_error(lua);
    push_environment(lua);
    lua_setupvalue(lua, -2, 1);
    lua_sethook(lua, count_hook, LUA_MASKCOUNT, STEPS);
    lua_call(lua, 0, 0);
    lua_sethook(lua, NULL, 0, 0);
    put_all(lua);
    return 0;
}

/* ---- the process ---- */

static void confine(int fd)
{
    struct rlimit cpu = {CHUNK_CPU, CHUNK_CPU + 1};
    struct rlimit none = {0, 0};
    sigset_t all;
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL); /* the fault handlers of the shop write to its board */
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_CORE, &none);
    if (fd > 0)
        close_range(0, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0U, 0);
}

/* From here on read, write and exit only. A sanitizer's own work needs more calls than
 * that; its build goes without. Where an odd kernel refuses, the limits above still
 * hold. */
static void renounce(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
#endif
}

_Noreturn void chunk_child_run(int fd, struct souk_str source, const struct chunk_line *starts,
                               size_t count)
{
    struct child child = {.fd = fd, .source = source, .starts = starts, .start_count = count};
    confine(fd);
    char *memory = mmap(NULL, CHUNK_ARENA + CHUNK_OUTPUT, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        answer(&child, CHUNK_MEMORY, "", 0);
    child.memory.cursor = memory;
    child.memory.end = memory + CHUNK_ARENA;
    child.out = child.memory.end;
    lua_State *lua = lua_newstate(chunk_memory_give, &child.memory);
    if (!lua)
        answer(&child, CHUNK_MEMORY, "", 0);
    *(struct child **)lua_getextraspace(lua) = &child;
    lua_atpanic(lua, panic);
    renounce();
    lua_pushcfunction(lua, run);
    int status = lua_pcall(lua, 0, 0, 0);
    if (status == LUA_OK)
        answer(&child, CHUNK_VALUES, child.out, child.out_len);
    if (status == LUA_ERRMEM)
        answer(&child, CHUNK_MEMORY, "", 0);
    size_t len = 0;
    const char *words = lua_tolstring(lua, -1, &len);
    answer(&child, CHUNK_ERROR, words ? words : "", words ? (len < 4096 ? len : 4096) : 0);
}
