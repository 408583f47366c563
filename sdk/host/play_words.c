/*
 * play_words.c: the words of a story that go to the shop over HTTP, and those that say what must
 * hold. An expectation that fails ends the story; its message begins with the file and the line.
 */
#include "host/play.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <sys/stat.h>

int play_raise(lua_State *lua, const struct err *err)
{
    if (play_now->in_peer)
        return luaL_error(lua, "a peer's function answers; it takes no steps of the story");
    if (play_interrupted())
        return luaL_error(lua, "interrupted");
    if (play_now->trouble[0])
        return luaL_error(lua, "%s", play_now->trouble);
    return luaL_error(lua, "%s", err->text);
}

/* ---- expectations ---- */

static int word_expect(lua_State *lua)
{
    if (lua_toboolean(lua, 1))
        return 0;
    return luaL_error(lua, "%s", luaL_optstring(lua, 2, "what was expected does not hold"));
}

static const char *shown(lua_State *lua, int index)
{
    struct arena *arena = &play_now->arena;
    struct buf out = {.arena = arena};
    if (lua_isnil(lua, index))
        return "nil";
    json_print(&out, script_take(lua, index, arena, 0));
    return out.len > 200 ? arena_printf(arena, "%.200s…", buf_str(&out).ptr).ptr
                         : buf_str(&out).ptr;
}

static int is_equal(lua_State *lua, int a, int b, int depth);

/* Every member of `a` stands in `b` likewise. */
static int is_within(lua_State *lua, int a, int b, int depth)
{
    lua_pushnil(lua);
    while (lua_next(lua, a)) {
        lua_pushvalue(lua, -2);
        lua_gettable(lua, b);
        int top = lua_gettop(lua);
        int same = is_equal(lua, top - 1, top, depth + 1);
        lua_pop(lua, 2);
        if (!same) {
            lua_pop(lua, 1);
            return 0;
        }
    }
    return 1;
}

static int is_equal(lua_State *lua, int a, int b, int depth)
{
    luaL_checkstack(lua, 8, "too deep");
    if (lua_type(lua, a) != LUA_TTABLE || lua_type(lua, b) != LUA_TTABLE || depth > 32)
        return lua_compare(lua, a, b, LUA_OPEQ);
    return is_within(lua, a, b, depth) && is_within(lua, b, a, depth);
}

static int word_expect_equal(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_settop(lua, 3);
    if (is_equal(lua, 1, 2, 0))
        return 0;
    const char *got = shown(lua, 1), *wanted = shown(lua, 2);
    return luaL_error(lua, "%s%sgot %s, wanted %s", luaL_optstring(lua, 3, ""),
                      lua_isnoneornil(lua, 3) ? "" : ": ", got, wanted);
}

/* ---- requests ---- */

static void push_answer(lua_State *lua, const struct play_answer *answer)
{
    struct arena *arena = &play_now->arena;
    struct json *out = json_new(arena, JSON_OBJECT), *tree = NULL;
    struct err ignored = {0};
    struct souk_str type = json_text(json_at(answer->headers, "content-type"));
    json_add_int(arena, out, "status", answer->status);
    json_add_tree(arena, out, "headers", answer->headers);
    json_add_str(arena, out, "body", answer->body);
    if (memmem(type.ptr, type.len, "json", 4) &&
        json_parse(arena, answer->body, &tree, &ignored) == SOUK_OK)
        json_add_tree(arena, out, "json", tree);
    script_push(lua, out);
}

/* Upvalues: the method; who asks: a visitor, a token, or this one of the staff, and what that one
 * may. */
#define WHO_VISITOR (-1)
#define WHO_TOKEN   0

static int word_request(lua_State *lua)
{
    struct play *play = play_now;
    struct play_answer answer;
    struct err err = {0};
    const char *path = luaL_checkstring(lua, 1);
    int who = (int)lua_tointeger(lua, lua_upvalueindex(2));
    luaL_argcheck(lua, path[0] == '/', 1, "a path begins with a slash");
    if (!play->url)
        return luaL_error(lua, "the shop is open within a story only");
    struct play_ask ask = {.method = lua_tostring(lua, lua_upvalueindex(1)),
                           .url = arena_printf(&play->arena, "%s%s", play->url, path).ptr,
                           .token = who == WHO_TOKEN ? play->token : NULL,
                           .as_visitor = who == WHO_VISITOR,
                           .staff = who > 0 ? who : 0,
                           .body = souk_str("")};
    int code = SOUK_OK;
    if (lua_istable(lua, 2))
        code = play_body(&play->arena, script_take(lua, 2, &play->arena, 0), &ask, &err);
    if (code == SOUK_OK && who > 0)
        code = play_staff(play, who, lua_tostring(lua, lua_upvalueindex(3)),
                          souk_str(lua_tostring(lua, lua_upvalueindex(4))), &err);
    code = code ? code : play_http(play, &ask, &answer, &err);
    if (code != SOUK_OK || play->trouble[0])
        return play_raise(lua, &err);
    push_answer(lua, &answer);
    return 1;
}

/* What the answer says: its words, and which members of the body it means ("/payment/method: …").
 */
static struct souk_str words_of(struct arena *arena, const struct json *tree, struct souk_str body)
{
    struct souk_str detail = json_text(json_at(tree, "detail"));
    struct buf out = {.arena = arena};
    buf_add_str(&out, detail.len ? detail : body);
    json_each(item, json_at(tree, "errors"))
    {
        buf_add_cstr(&out, "; ");
        buf_add_str(&out, json_text(json_at(&item->value, "pointer")));
        buf_add_cstr(&out, ": ");
        buf_add_str(&out, json_text(json_at(&item->value, "detail")));
    }
    return out.len ? buf_str(&out) : souk_str("");
}

struct json *play_api(struct play *play, const char *method, const char *path,
                      const struct json *body, int as_staff, int *status, struct err *err)
{
    struct buf text = {.arena = &play->arena};
    struct play_answer answer;
    struct json *tree = NULL;
    struct err ignored = {0};
    struct play_ask ask = {.method = method,
                           .url = arena_printf(&play->arena, "%s%s", play->url, path).ptr,
                           .token = as_staff ? play->token : NULL,
                           .as_visitor = !as_staff,
                           .type = body ? "application/json" : NULL,
                           .body = souk_str("")};
    if (body) {
        json_print(&text, body);
        ask.body = buf_str(&text);
    }
    *status = 0;
    if (play_http(play, &ask, &answer, err) != SOUK_OK)
        return NULL;
    *status = answer.status;
    json_parse(&play->arena, answer.body, &tree, &ignored);
    if (answer.status < 300)
        return tree;
    struct souk_str words = words_of(&play->arena, tree, answer.body);
    err_set(err, SOUK_ERROR, "%s %s answers %d: %.*s", method, path, answer.status,
            SOUK_PRI(words));
    return NULL;
}

void play_add_verbs(lua_State *lua, int who, const char *role, struct souk_str rights)
{
    static const char *const verbs[][2] = {
        {"get", "GET"}, {"post", "POST"}, {"put", "PUT"}, {"patch", "PATCH"}, {"delete", "DELETE"}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        lua_pushstring(lua, verbs[i][1]);
        lua_pushinteger(lua, who);
        lua_pushstring(lua, role);
        lua_pushlstring(lua, rights.ptr ? rights.ptr : "", rights.len);
        lua_pushcclosure(lua, word_request, 4);
        lua_setfield(lua, -2, verbs[i][0]);
    }
}

/* ---- the rest ---- */

static int word_command(lua_State *lua)
{
    struct play *play = play_now;
    const char *args[64] = {play->options->name};
    struct souk_str output;
    struct err err = {0};
    int code = 0, count = lua_gettop(lua);
    luaL_argcheck(lua, count >= 1 && count < 60, 1, "name the command and its arguments");
    for (int i = 1; i <= count; i++)
        args[i] = luaL_tolstring(lua, i, NULL); /* stays on the stack */
    args[count + 1] = "--data";
    args[count + 2] = arena_printf(&play->arena, "%s/data", play->dir).ptr;
    if (play_run(play, args, &output, &code, &err) != SOUK_OK || play->trouble[0])
        return play_raise(lua, &err);
    lua_newtable(lua);
    lua_pushinteger(lua, code);
    lua_setfield(lua, -2, "code");
    lua_pushlstring(lua, output.ptr, output.len);
    lua_setfield(lua, -2, "output");
    return 1;
}

/* A file for a command to read; gives its whole path. */
static int word_file(lua_State *lua)
{
    size_t len = 0;
    const char *name = luaL_checkstring(lua, 1), *text = luaL_checklstring(lua, 2, &len);
    luaL_argcheck(lua, name[0] != '.' && !strchr(name, '/') && strlen(name) < 100, 1,
                  "a bare name, without folders");
    const char *path = arena_printf(&play_now->arena, "%s/files/%s", play_now->dir, name).ptr;
    mkdir(arena_printf(&play_now->arena, "%s/files", play_now->dir).ptr, 0755);
    FILE *file = fopen(path, "we");
    size_t written = file ? fwrite(text, 1, len, file) : 0;
    if (!file || fclose(file) != 0 || written != len)
        return luaL_error(lua, "%s cannot be written", path);
    lua_pushstring(lua, path);
    return 1;
}

static int word_restart(lua_State *lua)
{
    struct err err = {0};
    if (play_shop_down(play_now, 0, &err) != SOUK_OK || play_shop_up(play_now, &err) != SOUK_OK)
        return play_raise(lua, &err);
    return 0;
}

static int word_log(lua_State *lua)
{
    struct souk_str log = play_log(play_now);
    lua_pushlstring(lua, log.ptr, log.len);
    return 1;
}

static int word_mails(lua_State *lua)
{
    script_push(lua, play_mails(play_now));
    return 1;
}

static int word_shop_url(lua_State *lua)
{
    lua_pushstring(lua, play_now->url);
    return 1;
}

void play_words(lua_State *lua)
{
    lua_pushglobaltable(lua);
    play_add_verbs(lua, WHO_VISITOR, NULL, STR_NULL);
    lua_pop(lua, 1);
    lua_newtable(lua);
    play_add_verbs(lua, WHO_TOKEN, NULL, STR_NULL);
    lua_setglobal(lua, "admin");
    lua_register(lua, "expect", word_expect);
    lua_register(lua, "expect_equal", word_expect_equal);
    lua_register(lua, "command", word_command);
    lua_register(lua, "restart", word_restart);
    lua_register(lua, "file", word_file);
    lua_register(lua, "log", word_log);
    lua_register(lua, "mails", word_mails);
    lua_register(lua, "shop_url", word_shop_url);
    lua_register(lua, "buy", play_buy);
    play_peer_words(lua);
    play_look_words(lua);
    play_staff_words(lua);
}
