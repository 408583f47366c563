/*
 * worker.c: a worker's life: born by a fork of the script host with a Lua state that knows the
 * library; gives up its rights; then message by message, until the shop closes the socket or ends
 * it. It never reads anything but that socket.
 */
#include "script/worker.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"

struct worker_self worker_self;

/* An error outside of any protected call: no memory left for our own needs. */
static int panic(lua_State *lua)
{
    (void)lua;
    _Exit(1);
}

static void new_table(lua_State *lua, int key)
{
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, key);
}

/* Protected, though nothing can go wrong. */
static int prepare(lua_State *lua)
{
    new_table(lua, WORKER_FUNCTIONS);
    new_table(lua, WORKER_FROZEN);
    new_table(lua, WORKER_CELLS);
    new_table(lua, WORKER_BEHIND);
    worker_library_open(lua); /* the table is on top */
    worker_freeze(lua, -1);
    lua_rawseti(lua, LUA_REGISTRYINDEX, WORKER_SHARED);
    return 0;
}

void worker_prepare(void)
{
    struct worker_self *self = &worker_self;
    if (!worker_memory_open(&self->memory))
        _Exit(1);
    self->lua = lua_newstate(worker_memory_give, &self->memory);
    if (!self->lua)
        _Exit(1);
    lua_atpanic(self->lua, panic);
    lua_pushcfunction(self->lua, prepare);
    if (lua_pcall(self->lua, 0, 0, 0) != LUA_OK)
        _Exit(1);
    lua_gc(self->lua, LUA_GCCOLLECT, 0);
}

uint32_t worker_function_add(lua_State *lua, int at)
{
    struct worker_self *self = &worker_self;
    lua_Debug where;
    lua_pushvalue(lua, at);
    lua_getinfo(lua, ">S", &where);
    if (self->function_count == self->function_room) {
        self->function_room = self->function_room ? self->function_room * 2 : 64;
        self->places = mem_realloc(self->places, self->function_room * sizeof *self->places);
    }
    lua_rawgeti(lua, LUA_REGISTRYINDEX, WORKER_FUNCTIONS);
    lua_pushvalue(lua, at);
    lua_rawseti(lua, -2, (lua_Integer)self->function_count + 1);
    lua_pop(lua, 1);
    struct worker_place *place = &self->places[self->function_count];
    place->path = where.source[0] == '@' ? where.source + 1 : self->path; /* [C]: the file's */
    place->line = where.linedefined > 0 ? where.linedefined : 1;
    return self->function_count++;
}

/* ---- messages ---- */

void worker_answer_begin(void)
{
    static const struct protocol_head empty;
    buf_clear(&worker_self.out);
    buf_add(&worker_self.out, &empty, sizeof empty);
}

void worker_answer_send(enum protocol_kind kind, int flags, uint32_t count)
{
    struct buf *out = &worker_self.out;
    struct protocol_head head = {(uint32_t)(out->len - sizeof head), (uint16_t)kind,
                                 (uint16_t)flags, count};
    memcpy(out->ptr, &head, sizeof head);
    for (size_t done = 0; done < out->len;) {
        ssize_t n = write(WORKER_SOCKET, out->ptr + done, out->len - done);
        if (n < 0 && errno != EINTR)
            _Exit(0);
        done += n > 0 ? (size_t)n : 0;
    }
}

/* Fills `bytes` up to `len`; the shop never sends more than it was asked for. */
static void hear(struct buf *bytes, size_t len)
{
    while (bytes->len < len) {
        ssize_t n = read(WORKER_SOCKET, bytes->ptr + bytes->len, bytes->cap - bytes->len - 1);
        if (n == 0 || (n < 0 && errno != EINTR))
            _Exit(0);
        bytes->len += n > 0 ? (size_t)n : 0;
    }
}

noreturn void worker_run(int socket, int page, pid_t host)
{
    struct buf bytes = {0};
    worker_limits_enter(socket, page, host);
    for (;;) {
        struct protocol_head head;
        buf_clear(&bytes);
        buf_reserve(&bytes, 1 << 16);
        hear(&bytes, sizeof head);
        memcpy(&head, bytes.ptr, sizeof head);
        if (head.size > PROTOCOL_MOST)
            _Exit(1);
        buf_reserve(&bytes, sizeof head + head.size);
        hear(&bytes, sizeof head + head.size);
        struct souk_str body = str_make(bytes.ptr + sizeof head, head.size);
        switch (head.kind) {
        case PROTOCOL_LOAD: worker_load(&head, body); break;
        case PROTOCOL_CALL: worker_call(&head, body); break;
        case PROTOCOL_RUN: worker_run_chunk(body); break;
        default: _Exit(1);
        }
    }
}
