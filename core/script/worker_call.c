/*
 * worker_call.c: an evaluation: one input, many functions. The input becomes a table once and is
 * kept for the next evaluation with the same bytes. All functions run one after the other; then two
 * looks say whether any has changed the input (worker_memory.c) or a local of its file
 * (worker_freeze.c). Only if so, they run again one by one, each on what it should have seen, and
 * whoever changes the input fails.
 */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "script/worker.h"

#define TOO_DEEP    "is nested too deeply, or calls itself for ever"
#define BUILDS_MOST 3 /* full; after collecting; in an empty half */

/* ---- the input ---- */

/* Protected. */
static int build(lua_State *lua)
{
    struct protocol_reader *reader = lua_touserdata(lua, 1);
    worker_value_push(lua, reader, 0);
    return 1;
}

static int try_build(lua_State *lua)
{
    struct worker_self *self = &worker_self;
    struct protocol_reader reader = {self->input.ptr, self->input.ptr + self->input.len, 0};
    if (!worker_watch_begin(&self->memory))
        return 0;
    lua_gc(lua, LUA_GCSTOP); /* it would move the stack */
    lua_pushcfunction(lua, build);
    lua_pushlightuserdata(lua, &reader);
    int status = lua_pcall(lua, 1, 1, 0);
    lua_gc(lua, LUA_GCRESTART);
    int good = worker_watch_end(&self->memory) && status == LUA_OK;
    if (!good)
        lua_pushnil(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, WORKER_INPUT);
    lua_settop(lua, 0);
    return good;
}

/* Makes the table of self->input anew. */
static int build_input(lua_State *lua)
{
    struct worker_self *self = &worker_self;
    self->memory.limit = SIZE_MAX;
    for (int i = 0; i < BUILDS_MOST; i++) {
        lua_pushnil(lua);
        lua_rawseti(lua, LUA_REGISTRYINDEX, WORKER_INPUT);
        if (i)
            lua_gc(lua, LUA_GCCOLLECT, 0);
        size_t before = self->memory.used;
        self->input_good = try_build(lua);
        if (self->input_good) {
            self->input_size = self->memory.used > before ? self->memory.used - before : 0;
            return 1;
        }
    }
    return 0;
}

static int take_input(lua_State *lua, struct souk_str input)
{
    struct worker_self *self = &worker_self;
    if (self->input_good && souk_str_equal(buf_str(&self->input), input))
        return 1;
    buf_clear(&self->input);
    buf_add_str(&self->input, input);
    return build_input(lua);
}

/* ---- what went wrong ---- */

static const char *hint(const char *message)
{
    static char text[64];
    static const char *const known[] = {"assert",    "error", "ipairs",   "math",     "next",
                                        "pairs",     "pcall", "select",   "string",   "table",
                                        "type",      "utf8",  "tonumber", "tostring", "rawget",
                                        "rawlen",    "money", "split",    "log",      "percent_of",
                                        "promotion", "group", "upsell",   "test",     NULL};
    const char *at = strstr(message, "(global '");
    if (!at)
        return "";
    at += strlen("(global '");
    const char *near = str_nearest(str_make(at, strcspn(at, "'")), known);
    if (!near)
        return "";
    snprintf(text, sizeof text, "; did you mean \"%s\"?", near);
    return text;
}

static int has_place(const char *message)
{
    const char *at = message;
    while ((at = strchr(at, ':'))) {
        size_t digits = strspn(++at, "0123456789");
        if (digits && at[digits] == ':')
            return 1;
    }
    return 0;
}

static char failure_text[600];

/* With the place of the function before it, if it has none. */
static struct souk_str in_place(const char *words, const char *more)
{
    const struct worker_self *self = &worker_self;
    char place[160] = "";
    if (self->function >= 0 && !has_place(words))
        snprintf(place, sizeof place, "%s:%d: ", self->places[self->function].path,
                 self->places[self->function].line);
    else if (self->chunk && !has_place(words))
        snprintf(place, sizeof place, "%s: ", self->chunk);
    snprintf(failure_text, sizeof failure_text, "%s%s%s", place, words, more);
    return souk_str(failure_text);
}

/* The message handler: the line that runs goes before words that have none. */
int worker_handle(lua_State *lua)
{
    lua_Debug place = {.currentline = 0};
    const char *words = lua_type(lua, 1) == LUA_TSTRING ? lua_tostring(lua, 1) : NULL;
    if (words && has_place(words))
        return 1;
    for (int level = 1; place.currentline <= 0 && lua_getstack(lua, level, &place); level++)
        lua_getinfo(lua, "Sl", &place);
    if (place.currentline <= 0)
        return 1;
    if (words && strstr(words, "stack overflow"))
        words = TOO_DEEP;
    if (words)
        lua_pushfstring(lua, "%s:%d: %s", place.short_src, place.currentline, words);
    else
        lua_pushfstring(lua, "%s:%d: raised an error that is no text but a %s", place.short_src,
                        place.currentline, luaL_typename(lua, 1));
    return 1;
}

enum script_outcome worker_failure(lua_State *lua, int status, struct souk_str *reason)
{
    struct worker_self *self = &worker_self;
    enum worker_over why = worker_over();
    const char *words = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : NULL;
    char other[80];
    if (why == WORKER_FINE && status == LUA_ERRMEM)
        why = WORKER_HUNGRY;
    if (why == WORKER_HUNGRY)
        snprintf(other, sizeof other, "needs more than %zu KiB of memory", self->allowed >> 10);
    else if (!words)
        snprintf(other, sizeof other, "raised an error that is no text but a %s",
                 luaL_typename(lua, -1));
    if (why == WORKER_HUNGRY || !words)
        words = other;
    if (strstr(words, "C stack overflow"))
        words = TOO_DEEP;
    *reason = in_place(words, hint(words));
    return why == WORKER_LATE ? SCRIPT_LATE : why == WORKER_HUNGRY ? SCRIPT_MEMORY : SCRIPT_FAILED;
}

/* ---- calls ---- */

static void put_head(enum script_outcome outcome, uint32_t values)
{
    struct protocol_answer answer = {outcome, values, worker_self.log_lines};
    buf_add(&worker_self.out, &answer, sizeof answer);
}

static void put_failure(enum script_outcome outcome, struct souk_str reason)
{
    put_head(outcome, 0);
    protocol_put_text(&worker_self.out, reason);
}

/* NULL, or what is wrong with one of them. Most rules return true or false. */
static const char *put_values(lua_State *lua, int from, int count)
{
    struct buf *out = &worker_self.out;
    size_t start = out->len;
    const char *wrong = NULL;
    put_head(SCRIPT_OK, (uint32_t)count);
    for (int at = from; at < from + count && !wrong; at++)
        if (lua_isboolean(lua, at))
            buf_add_char(out, lua_toboolean(lua, at) ? TAG_TRUE : TAG_FALSE);
        else
            wrong = worker_value_write(lua, at, out, PROTOCOL_RESULT - (out->len - start), 0);
    return wrong;
}

void worker_put_answer(lua_State *lua, int status, int from)
{
    struct worker_self *self = &worker_self;
    size_t start = self->out.len;
    self->memory.limit = SIZE_MAX;
    if (status == LUA_OK) {
        int count = lua_gettop(lua) - from + 1;
        const char *wrong =
            put_values(lua, from, count < PROTOCOL_VALUES ? count : PROTOCOL_VALUES);
        if (wrong) {
            self->out.len = start;
            put_failure(SCRIPT_FAILED, in_place("what it returned cannot be used: ", wrong));
        }
    } else {
        struct souk_str reason;
        enum script_outcome outcome = worker_failure(lua, status, &reason);
        put_failure(outcome, reason);
    }
    if (self->log_lines)
        buf_add(&self->out, self->log.ptr, self->log.len);
    lua_settop(lua, from - 1);
}

/* Stack: functions, input, message handler. */
static void run_one(lua_State *lua, uint32_t function, uint32_t number)
{
    struct worker_self *self = &worker_self;
    self->function = (int)function;
    self->seeded = 0;
    if (self->log_lines) {
        self->log_lines = 0;
        buf_clear(&self->log);
    }
    self->memory.limit = self->loaded + self->input_size + self->rules.memory;
    self->allowed = self->rules.memory;
    worker_call_begin(number, self->rules.target);
    lua_rawgeti(lua, 1, (lua_Integer)function + 1);
    lua_pushvalue(lua, 2);
    int status = lua_pcall(lua, 1, LUA_MULTRET, 3);
    worker_put_answer(lua, status, 4);
    worker_call_end();
}

static void push_all(lua_State *lua)
{
    lua_settop(lua, 0);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, WORKER_FUNCTIONS);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, WORKER_INPUT);
    lua_pushcfunction(lua, worker_handle);
}

/* Each sees a clean input; whoever changes it fails. */
static void run_alone(lua_State *lua, uint32_t function, uint32_t number)
{
    struct worker_self *self = &worker_self;
    if (!self->input_good && !build_input(lua))
        _Exit(1); /* it could be built a moment ago */
    push_all(lua);
    size_t start = self->out.len;
    run_one(lua, function, number);
    worker_freeze_restore(lua);
    if (!worker_watch_changed(&self->memory))
        return;
    self->input_good = 0;
    self->out.len = start;
    char reason[240];
    snprintf(reason, sizeof reason, "%s:%d: changes the cart, which is only to be read",
             self->places[function].path, self->places[function].line);
    self->log_lines = 0;
    put_failure(SCRIPT_FAILED, souk_str(reason));
}

static void refuse_all(uint32_t count)
{
    worker_self.log_lines = 0;
    for (uint32_t i = 0; i < count; i++)
        put_failure(SCRIPT_FAILED, souk_str("the cart is too large for rules"));
}

static void run_all(lua_State *lua, const char *numbers, uint32_t count, int alone)
{
    worker_answer_begin();
    if (!alone)
        push_all(lua);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t function;
        memcpy(&function, numbers + i * sizeof function, sizeof function);
        if (function >= worker_self.function_count)
            _Exit(1);
        if (alone)
            run_alone(lua, function, i + 1);
        else
            run_one(lua, function, i + 1);
    }
}

void worker_call(const struct protocol_head *head, struct souk_str body)
{
    struct worker_self *self = &worker_self;
    lua_State *lua = self->lua;
    struct protocol_reader reader = {body.ptr, body.ptr + body.len, 0};
    struct souk_str input = protocol_text(&reader);
    static uint32_t evaluations;
    if (reader.bad || (size_t)(reader.end - reader.at) != head->count * sizeof(uint32_t))
        _Exit(1);
    worker_clock_start();
    if (!take_input(lua, input)) {
        worker_answer_begin();
        refuse_all(head->count);
    } else {
        run_all(lua, reader.at, head->count, 0);
        int restored = worker_freeze_restore(lua);
        if (worker_watch_changed(&self->memory)) {
            self->input_good = 0;
            restored = 1;
        }
        if (restored)
            run_all(lua, reader.at, head->count, 1);
    }
    worker_clock_stop();
    atomic_store_explicit(&self->page->running, 0, memory_order_relaxed);
    lua_settop(lua, 0);
    int tired = ++evaluations % 32 == 0 && worker_is_tired();
    worker_answer_send(PROTOCOL_ANSWERS, tired ? PROTOCOL_TIRED : 0, head->count);
}
