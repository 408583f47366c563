/*
 * worker_code.c: reads a function's code as lua_dump writes it (Lua 5.4, format 0) and looks for
 * OP_SETUPVAL. Lua has no other way to tell which locals of a file a function changes. Anything
 * unexpected, another version of Lua for one, gives the answer "all of them", which is slower but
 * right.
 */
#include "script/worker_code.h"

#include <string.h>

#include "base/buf.h"

#define OP_SETUPVAL 10
#define DEPTH_MOST  200 /* functions in functions; Lua's own limit is the same */

struct code {
    const unsigned char *at, *end;
    int bad;
};

static size_t take_size(struct code *code)
{
    size_t size = 0;
    for (;;) {
        if (code->at >= code->end || size >> 48) {
            code->bad = 1;
            return 0;
        }
        unsigned char byte = *code->at++;
        size = size << 7 | (byte & 0x7f);
        if (byte & 0x80)
            return size;
    }
}

static const unsigned char *skip(struct code *code, size_t len)
{
    if (code->bad || (size_t)(code->end - code->at) < len) {
        code->bad = 1;
        return NULL;
    }
    code->at += len;
    return code->at - len;
}

static void skip_text(struct code *code)
{
    size_t size = take_size(code);
    if (size)
        skip(code, size - 1);
}

static void read_instructions(struct code *code, unsigned char assigned[256])
{
    size_t count = take_size(code);
    const unsigned char *at = skip(code, count * 4);
    for (size_t i = 0; at && i < count; i++) {
        uint32_t instruction;
        memcpy(&instruction, at + i * 4, 4);
        if ((instruction & 0x7f) == OP_SETUPVAL)
            assigned[instruction >> 16 & 0xff] = 1;
    }
}

static void skip_constants(struct code *code)
{
    for (size_t count = take_size(code); count && !code->bad; count--) {
        const unsigned char *tag = skip(code, 1);
        switch (tag ? *tag : 0xff) {
        case 0x00: /* nil, false, true */
        case 0x01:
        case 0x11: break;
        case 0x03: /* integer, float */
        case 0x13: skip(code, 8); break;
        case 0x04: /* short and long strings */
        case 0x14: skip_text(code); break;
        default: code->bad = 1;
        }
    }
}

static void skip_debug(struct code *code)
{
    skip(code, take_size(code));
    for (size_t count = take_size(code); count && !code->bad; count--) {
        take_size(code);
        take_size(code);
    }
    for (size_t count = take_size(code); count && !code->bad; count--) {
        skip_text(code);
        take_size(code);
        take_size(code);
    }
    for (size_t count = take_size(code); count && !code->bad; count--)
        skip_text(code);
}

struct upvalues { /* three bytes each: of the outer function's locals?, which, kind */
    const unsigned char *at;
    size_t count;
};

/* An inner function's upvalue is a local of the outer one, or an upvalue of it. */
static struct upvalues read_function(struct code *code, unsigned char assigned[256], int depth)
{
    struct upvalues own = {NULL, 0};
    if (depth > DEPTH_MOST)
        code->bad = 1;
    if (code->bad)
        return own;
    skip_text(code);
    take_size(code);
    take_size(code);
    skip(code, 3);
    read_instructions(code, assigned);
    skip_constants(code);
    own.count = take_size(code);
    own.at = skip(code, own.count * 3);
    for (size_t count = take_size(code); count && !code->bad; count--) {
        unsigned char inner[256] = {0};
        struct upvalues its = read_function(code, inner, depth + 1);
        for (size_t i = 0; its.at && i < its.count && i < 256; i++)
            if (inner[i] && !its.at[i * 3])
                assigned[its.at[i * 3 + 1]] = 1;
    }
    skip_debug(code);
    return own;
}

static int add(lua_State *lua, const void *bytes, size_t len, void *user)
{
    (void)lua;
    buf_add(user, bytes, len);
    return 0;
}

void worker_code_assigned(lua_State *lua, int function, unsigned char assigned[256])
{
    static const char head[] = "\x1bLua\x54\x00\x19\x93\r\n\x1a\n\x04\x08\x08";
    struct buf dump = {0};
    memset(assigned, 0, 256);
    lua_pushvalue(lua, function);
    int code = lua_dump(lua, add, &dump, 1);
    lua_pop(lua, 1);
    /* behind the head: an integer, a float, the number of upvalues */
    struct code at = {(const unsigned char *)dump.ptr, (const unsigned char *)dump.ptr + dump.len,
                      0};
    const unsigned char *begin = skip(&at, sizeof head - 1);
    skip(&at, 17);
    if (code || !begin || memcmp(begin, head, sizeof head - 1) != 0)
        at.bad = 1;
    read_function(&at, assigned, 0);
    if (at.bad || at.at != at.end)
        memset(assigned, 1, 256);
    buf_free(&dump);
}
