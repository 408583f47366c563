/*
 * play_staff.c: people of the shop's staff in stories: staff.get(…) is an owner, staff "support"
 * somebody with that role, staff { "order.read" } somebody with these rights alone. Each has a
 * browser, and signs in at /admin as people do, with password and second step, at the first step
 * that they take. So it is the same against any shop.
 */
#include "host/play.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>

#include "shop/staff.h"

#define PASSWORD "a long word of the story"

/* ---- coming to be ---- */

/* souk admin add: as the first of the shop's people is made. */
static int add_person(struct play *play, const char *email, const char *role, struct err *err)
{
    struct souk_str output;
    int exit_code = 0;
    const char *file = arena_printf(&play->arena, "%s/password", play->dir).ptr;
    const char *const args[] = {"admin",
                                "add",
                                "--email",
                                email,
                                "--name",
                                "Somebody of the story",
                                "--role",
                                role,
                                "--json",
                                "--password-file",
                                file,
                                "--data",
                                arena_printf(&play->arena, "%s/data", play->dir).ptr,
                                NULL};
    FILE *out = fopen(file, "we");
    if (!out || fputs(PASSWORD "\n", out) < 0 || fclose(out) != 0)
        return err_set(err, SOUK_ERROR, "%s cannot be written: %m", file);
    int code = play_run(play, args, &output, &exit_code, err);
    return code != SOUK_OK || exit_code == 0
               ? code
               : err_set(err, SOUK_INVALID, "nobody of the staff with role \"%s\": %.*s", role,
                         SOUK_PRI(str_trim(output)));
}

static int send_form(struct play *play, int staff, const char *path, struct json *fields,
                     struct play_answer *answer, struct err *err)
{
    struct json *more = json_new(&play->arena, JSON_OBJECT);
    struct play_ask ask = {.method = fields ? "POST" : "GET",
                           .url = arena_printf(&play->arena, "%s%s", play->url, path).ptr,
                           .staff = staff,
                           .body = souk_str("")};
    if (fields)
        json_add_tree(&play->arena, more, "form", fields);
    int code = play_body(&play->arena, more, &ask, err);
    return code ? code : play_http(play, &ask, answer, err);
}

/* The key that the page of the second step shows, without the blanks between its groups. */
static struct souk_str shown_key(struct play *play, struct souk_str page)
{
    static const char mark[] = "class=\"secret\">";
    struct buf key = {.arena = &play->arena};
    const char *end = page.ptr + page.len;
    const char *at = memmem(page.ptr, page.len, mark, sizeof mark - 1);
    for (at = at ? at + sizeof mark - 1 : end; at < end && *at != '<'; at++)
        if (*at != ' ')
            buf_add_char(&key, *at);
    return key.len ? buf_str(&key) : souk_str("");
}

static int sign_in(struct play *play, int staff, const char *email, struct err *err)
{
    struct arena *arena = &play->arena;
    struct json *fields = json_new(arena, JSON_OBJECT), *second = json_new(arena, JSON_OBJECT);
    struct play_answer answer;
    char digits[7];
    json_add_cstr(arena, fields, "email", email);
    json_add_cstr(arena, fields, "password", PASSWORD);
    int code = send_form(play, staff, "/admin/sign-in", fields, &answer, err);
    code = code ? code : send_form(play, staff, "/admin/sign-in/setup", NULL, &answer, err);
    if (code != SOUK_OK)
        return code;
    struct souk_str key = shown_key(play, answer.body);
    if (totp_code(key, clock_now(), digits) == SOUK_OK) {
        json_add_cstr(arena, second, "code", digits);
        code = send_form(play, staff, "/admin/sign-in/setup", second, &answer, err);
        if (code != SOUK_OK || answer.status == 200)
            return code;
    }
    return err_set(err, SOUK_ERROR, "%s cannot sign in: /admin/sign-in/setup answers %d", email,
                   answer.status);
}

/* ---- rights ---- */

/* A role with these rights alone, made by the owner. */
static int make_role(struct play *play, const char *role, struct souk_str rights, struct err *err)
{
    struct json *fields = json_new(&play->arena, JSON_OBJECT);
    struct play_answer answer;
    json_add_cstr(&play->arena, fields, "name", role);
    json_add_str(&play->arena, fields, "rights", rights);
    int code = play_staff(play, 1, "owner", STR_NULL, err);
    code = code ? code : send_form(play, 1, "/admin/roles", fields, &answer, err);
    return code || answer.status == 303
               ? code
               : err_set(err, SOUK_INVALID, "no role has these rights (%.*s): the shop answers %d",
                         SOUK_PRI(rights), answer.status);
}

int play_staff(struct play *play, int staff, const char *role, struct souk_str rights,
               struct err *err)
{
    const char *email = arena_printf(&play->arena, "staff-%d@shop.example", staff).ptr;
    if (play->staff_in[staff])
        return SOUK_OK;
    int code = rights.len ? make_role(play, role, rights, err) : SOUK_OK;
    code = code ? code : add_person(play, email, role, err);
    code = code ? code : sign_in(play, staff, email, err);
    play->staff_in[staff] = code == SOUK_OK;
    return code;
}

/* ---- words ---- */

static void push_person(lua_State *lua, int staff, const char *role, struct souk_str rights)
{
    lua_newtable(lua);
    play_add_verbs(lua, staff, role, rights);
}

/* staff "support", staff { "order.read", … }: somebody else each time. */
static int word_staff(lua_State *lua)
{
    struct play *play = play_now;
    struct buf rights = {.arena = &play->arena};
    if (!play->url)
        return luaL_error(lua, "the shop is open within a story only");
    if (play->staff_count + 2 >= PLAY_STAFF)
        return luaL_error(lua, "a story has at most %d people of the staff", PLAY_STAFF - 2);
    int staff = 2 + play->staff_count;
    const char *role = arena_printf(&play->arena, "story-%d", staff).ptr;
    if (lua_type(lua, 2) == LUA_TSTRING) {
        push_person(lua, staff, lua_tostring(lua, 2), STR_NULL);
    } else {
        luaL_checktype(lua, 2, LUA_TTABLE);
        json_each(right, script_take(lua, 2, &play->arena, 0))
        {
            buf_add_str(&rights, json_text(&right->value));
            buf_add_char(&rights, '\n');
        }
        if (!rights.len)
            return luaL_error(lua, "name a role, as in staff \"support\", or a list of rights");
        push_person(lua, staff, role, buf_str(&rights));
    }
    play->staff_count++;
    return 1;
}

void play_staff_words(lua_State *lua)
{
    push_person(lua, 1, "owner", STR_NULL);
    lua_newtable(lua);
    lua_pushcfunction(lua, word_staff);
    lua_setfield(lua, -2, "__call");
    lua_setmetatable(lua, -2);
    lua_setglobal(lua, "staff");
}
