/*
 * script_words.c: what conform.lua has besides Lua's own functions: what it takes to play the other
 * side of a payment interface: digests, base64 and hex, JSON, form bodies, and the frozen clock.
 * Digests are raw bytes, as in most languages; hex() writes them out.
 */
#include "host/host.h"

#include <lauxlib.h>
#include <lua.h>
#include <sodium.h>

#include "base/buf.h"
#include "web/form.h"

static struct souk_str word_at(lua_State *lua, int index)
{
    struct souk_str text = {NULL, 0};
    text.ptr = luaL_checklstring(lua, index, &text.len);
    return text;
}

static int word_sha256(lua_State *lua)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    struct souk_str data = word_at(lua, 1);
    crypto_hash_sha256(digest, (const unsigned char *)data.ptr, data.len);
    lua_pushlstring(lua, (const char *)digest, sizeof digest);
    return 1;
}

static int word_hmac(lua_State *lua)
{
    unsigned char digest[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    struct souk_str key = word_at(lua, 1), data = word_at(lua, 2);
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.ptr, key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)data.ptr, data.len);
    crypto_auth_hmacsha256_final(&state, digest);
    lua_pushlstring(lua, (const char *)digest, sizeof digest);
    return 1;
}

static int word_hex(lua_State *lua)
{
    static const char digits[] = "0123456789abcdef";
    struct souk_str data = word_at(lua, 1);
    luaL_Buffer out;
    luaL_buffinit(lua, &out);
    for (size_t i = 0; i < data.len; i++) {
        unsigned char byte = (unsigned char)data.ptr[i];
        luaL_addchar(&out, digits[byte >> 4]);
        luaL_addchar(&out, digits[byte & 15]);
    }
    luaL_pushresult(&out);
    return 1;
}

static int word_base64(lua_State *lua)
{
    struct souk_str data = word_at(lua, 1);
    struct arena arena = {0};
    size_t size = sodium_base64_encoded_len(data.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(&arena, size);
    sodium_bin2base64(text, size, (const unsigned char *)data.ptr, data.len,
                      sodium_base64_VARIANT_ORIGINAL);
    lua_pushstring(lua, text);
    arena_free(&arena);
    return 1;
}

static int word_unbase64(lua_State *lua)
{
    struct souk_str text = word_at(lua, 1);
    struct arena arena = {0};
    size_t len = 0;
    unsigned char *bytes = arena_alloc(&arena, text.len + 1);
    int wrong = sodium_base642bin(bytes, text.len + 1, text.ptr, text.len, "\r\n ", &len, NULL,
                                  sodium_base64_VARIANT_ORIGINAL);
    if (wrong)
        lua_pushnil(lua);
    else
        lua_pushlstring(lua, (const char *)bytes, len);
    arena_free(&arena);
    return 1;
}

static int word_json_encode(lua_State *lua)
{
    struct arena arena = {0};
    struct buf out = {.arena = &arena};
    lua_settop(lua, 1);
    json_print(&out, script_take(lua, 1, &arena, 0));
    lua_pushlstring(lua, out.ptr, out.len);
    arena_free(&arena);
    return 1;
}

/* nil and the reason when it is none. */
static int word_json_decode(lua_State *lua)
{
    struct arena arena = {0};
    struct json *value = NULL;
    struct err err = {0};
    int code = json_parse(&arena, word_at(lua, 1), &value, &err);
    script_push(lua, code == SOUK_OK ? value : NULL);
    if (code != SOUK_OK)
        lua_pushstring(lua, err.text);
    arena_free(&arena);
    return code == SOUK_OK ? 1 : 2;
}

static int word_form_decode(lua_State *lua)
{
    struct arena arena = {0};
    struct header_list fields = {0};
    form_parse(&arena, word_at(lua, 1), FORM_FIELDS, &fields);
    lua_newtable(lua);
    for (size_t i = 0; i < fields.count; i++) {
        lua_pushlstring(lua, fields.at[i].name.ptr, fields.at[i].name.len);
        lua_pushlstring(lua, fields.at[i].value.ptr, fields.at[i].value.len);
        lua_rawset(lua, -3);
    }
    arena_free(&arena);
    return 1;
}

static int word_clock(lua_State *lua)
{
    lua_pushinteger(lua, clock_now());
    return 1;
}

static int word_time(lua_State *lua)
{
    char text[32];
    clock_format(luaL_checkinteger(lua, 1), 0, text);
    lua_pushstring(lua, text);
    return 1;
}

/* A line on stderr, where it stands in no one's way: stdout is the report. Tables as JSON. */
static int word_print(lua_State *lua)
{
    struct arena arena = {0};
    struct buf line = {0};
    for (int i = 1; i <= lua_gettop(lua); i++) {
        if (i > 1)
            buf_add_cstr(&line, " ");
        if (lua_type(lua, i) == LUA_TTABLE)
            json_print(&line, script_take(lua, i, &arena, 0));
        else
            buf_add_cstr(&line, luaL_tolstring(lua, i, NULL)), lua_pop(lua, 1);
    }
    struct souk_str text = buf_str(&line);
    fprintf(stderr, "%.*s\n", SOUK_PRI(text));
    buf_free(&line);
    arena_free(&arena);
    return 0;
}

void script_words(lua_State *lua)
{
    static const luaL_Reg words[] = {{"sha256", word_sha256},
                                     {"hmac_sha256", word_hmac},
                                     {"hex", word_hex},
                                     {"base64", word_base64},
                                     {"base64_decode", word_unbase64},
                                     {"json_encode", word_json_encode},
                                     {"json_decode", word_json_decode},
                                     {"form_decode", word_form_decode},
                                     {"clock", word_clock},
                                     {"rfc3339", word_time},
                                     {"print", word_print},
                                     {NULL, NULL}};
    for (const luaL_Reg *word = words; word->name; word++) {
        lua_pushcfunction(lua, word->func);
        lua_setglobal(lua, word->name);
    }
}
