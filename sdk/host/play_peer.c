/*
 * play_peer.c: the peers of a story: small HTTP servers on the loopback, each on a port of its own,
 * that ask the story's function for their answer. They have no threads: the player's loop turns
 * them, so the function runs in the same Lua state as the step that waits.
 *
 * One more port is for the host's own shop, which sends there what its plugins ask of anybody;
 * whose request it is says the address that was meant.
 */
#include "host/play.h"

#include <arpa/inet.h>
#include <lauxlib.h>
#include <lua.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PEERS_MOST  16
#define BODY_MOST   ((size_t)16 << 20)
#define SILENT_MOST 64

struct peer {
    struct play *play;
    const char *name; /* NULL: the port for anybody */
    int function;     /* in the registry; LUA_NOREF: none yet */
    int port;
    struct MHD_Daemon *daemon;
    struct play_source source;
    struct json *calls;
    struct MHD_Connection *silent[SILENT_MOST]; /* that wait for an answer that never comes */
    size_t silent_count;
};

static struct peer peers[PEERS_MOST + 1];
static size_t peer_count;

struct incoming { /* one request */
    struct arena arena;
    struct buf body;
    const char *url; /* with its query, as sent */
    int is_large;
};

/* ---- the request as Lua sees it ---- */

struct fields {
    struct arena *arena;
    struct json *headers;
    const char *meant;
};

static enum MHD_Result take_header(void *user, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    struct fields *fields = user;
    char *name = arena_cstr(fields->arena, souk_str(key));
    (void)kind;
    for (char *c = name; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    if (strcmp(name, "x-souk-host-url") == 0)
        fields->meant = arena_cstr(fields->arena, souk_str(value));
    else
        json_add_cstr(fields->arena, fields->headers, name, value);
    return MHD_YES;
}

static struct souk_str host_of(const char *url)
{
    const char *scheme = strstr(url, "://");
    const char *host = scheme ? scheme + 3 : url;
    return str_make(host, strcspn(host, "/?"));
}

static struct json *request_value(struct incoming *in, struct MHD_Connection *connection,
                                  const char *method, const char **meant)
{
    struct arena *arena = &in->arena;
    struct json *value = json_new(arena, JSON_OBJECT), *body = NULL;
    struct fields fields = {.arena = arena};
    struct err ignored = {0};
    struct souk_str url = souk_str(in->url);
    ptrdiff_t mark = str_find(url, '?');
    json_add_cstr(arena, value, "method", method);
    fields.headers = json_add(arena, value, "headers", JSON_OBJECT);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, &fields);
    struct souk_str host =
        fields.meant ? host_of(fields.meant) : json_text(json_at(fields.headers, "host"));
    json_add_str(arena, value, "host", host);
    json_add_str(arena, value, "url",
                 fields.meant ? souk_str(fields.meant)
                              : arena_printf(arena, "http://%.*s%s", SOUK_PRI(host), in->url));
    json_add_str(arena, value, "path", mark < 0 ? url : str_make(url.ptr, (size_t)mark));
    json_add_str(arena, value, "query", mark < 0 ? souk_str("") : str_from(url, (size_t)mark + 1));
    struct souk_str text = in->body.len ? buf_str(&in->body) : souk_str("");
    json_add_str(arena, value, "body", text);
    if (text.len && json_parse(arena, text, &body, &ignored) == SOUK_OK)
        json_add_tree(arena, value, "json", body);
    *meant = fields.meant;
    return value;
}

/* ---- whose it is ---- */

static int is_meant(const struct peer *peer, struct souk_str url)
{
    char own[60], host[100];
    snprintf(own, sizeof own, "http://127.0.0.1:%d", peer->port);
    snprintf(host, sizeof host, "://%s", peer->name);
    return str_starts(url, own) || memmem(url.ptr, url.len, host, strlen(host)) != NULL;
}

static struct peer *whose(const char *meant)
{
    struct peer *only = NULL;
    size_t named = 0;
    for (size_t i = 1; i < peer_count; i++) {
        if (is_meant(&peers[i], souk_str(meant)))
            return &peers[i];
        only = &peers[i];
        named++;
    }
    return named == 1 ? only : NULL;
}

/* ---- the answer ---- */

static void note_trouble(struct play *play, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void note_trouble(struct play *play, const char *format, ...)
{
    va_list args;
    if (play->trouble[0])
        return;
    va_start(args, format);
    vsnprintf(play->trouble, sizeof play->trouble, format, args);
    va_end(args);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct arena *arena,
                                   const struct json *answer)
{
    const struct json *body = json_at(answer, "body");
    struct souk_str text = json_text(body);
    int has_type = 0;
    if (body && body->kind != JSON_STRING && body->kind != JSON_NULL) {
        struct buf out = {.arena = arena};
        json_print(&out, body);
        text = buf_str(&out);
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(
        text.len, (void *)(uintptr_t)(text.len ? text.ptr : ""), MHD_RESPMEM_MUST_COPY);
    json_each(header, json_at(answer, "headers"))
    {
        MHD_add_response_header(response, arena_cstr(arena, header->key),
                                arena_cstr(arena, json_text(&header->value)));
        has_type |= str_equal_nocase(header->key, souk_str("content-type"));
    }
    if (!has_type && body && body->kind != JSON_STRING)
        MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result queued = MHD_queue_response(
        connection, (unsigned)json_int(json_at(answer, "status"), 200), response);
    MHD_destroy_response(response);
    return queued;
}

static struct json *ask_function(struct peer *peer, struct arena *arena, const struct json *request)
{
    struct play *play = peer->play;
    lua_State *lua = script_state(play->script);
    struct json *answer = NULL;
    int top = lua_gettop(lua);
    luaL_checkstack(lua, 20, "too deep");
    lua_rawgeti(lua, LUA_REGISTRYINDEX, peer->function);
    script_push(lua, request);
    play->in_peer = 1;
    int code = lua_pcall(lua, 1, 1, 0);
    play->in_peer = 0;
    if (code != LUA_OK)
        note_trouble(play, "peer \"%s\": %s", peer->name,
                     lua_tostring(lua, -1) ? lua_tostring(lua, -1) : "failed");
    else
        answer = script_take(lua, lua_gettop(lua), arena, 0);
    lua_settop(lua, top);
    return answer;
}

static enum MHD_Result answer_request(struct peer *peer, struct incoming *in,
                                      struct MHD_Connection *connection, const char *method)
{
    const char *meant = NULL;
    struct json *failed = json_new(&in->arena, JSON_OBJECT);
    struct json *request = request_value(in, connection, method, &meant);
    struct peer *own = meant ? whose(meant) : peer;
    if (!own || own->function == LUA_NOREF) {
        note_trouble(peer->play, "no peer of this story answers %.300s",
                     arena_cstr(&in->arena, json_text(json_at(request, "url"))));
        return MHD_NO;
    }
    json_add_tree(&own->play->arena, own->calls, NULL, json_copy(&own->play->arena, request));
    struct json *answer = in->is_large ? NULL : ask_function(own, &in->arena, request);
    if (answer && souk_str_is(json_text(answer), "down"))
        return MHD_NO;
    if (answer && souk_str_is(json_text(answer), "timeout") && peer->silent_count < SILENT_MOST) {
        peer->silent[peer->silent_count++] = connection;
        MHD_suspend_connection(connection);
        return MHD_YES;
    }
    if (!answer)
        json_add_int(&in->arena, failed, "status", 500);
    return send_answer(connection, &in->arena, answer ? answer : failed);
}

/* ---- the server ---- */

static void *begin_request(void *user, const char *url, struct MHD_Connection *connection)
{
    struct incoming *in = mem_zalloc(sizeof *in);
    (void)user;
    (void)connection;
    in->body.arena = &in->arena;
    in->url = arena_cstr(&in->arena, souk_str(url));
    return in;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **place)
{
    struct incoming *in = *place;
    (void)url;
    (void)version;
    if (in->body.len + *size > BODY_MOST)
        in->is_large = 1;
    if (*size && !in->is_large)
        buf_add(&in->body, data, *size);
    if (*size) {
        *size = 0;
        return MHD_YES;
    }
    /* The first call brings the headers alone; libmicrohttpd calls again when all has come. */
    if (!in->body.ptr) {
        buf_reserve(&in->body, 1);
        return MHD_YES;
    }
    return answer_request(user, in, connection, method);
}

static void end_request(void *user, struct MHD_Connection *connection, void **place,
                        enum MHD_RequestTerminationCode code)
{
    struct incoming *in = *place;
    (void)user;
    (void)connection;
    (void)code;
    if (!in)
        return;
    struct arena arena = in->arena;
    free(in);
    arena_free(&arena);
    *place = NULL;
}

static void turn_server(void *user)
{
    struct peer *peer = user;
    MHD_UNSIGNED_LONG_LONG wait = 0;
    /* What a run has left to do at once, such as closing what was refused, takes another. */
    for (int i = 0; i < 8; i++) {
        MHD_run(peer->daemon);
        if (MHD_get_timeout(peer->daemon, &wait) != MHD_YES || wait > 0)
            break;
    }
}

static int listen_on(struct peer *peer, struct err *err)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    peer->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
                                    on_request, peer, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
                                    MHD_OPTION_URI_LOG_CALLBACK, begin_request, peer,
                                    MHD_OPTION_NOTIFY_COMPLETED, end_request, peer, MHD_OPTION_END);
    if (!peer->daemon)
        return err_set(err, SOUK_ERROR, "no server for peer \"%s\"", peer->name);
    peer->port = MHD_get_daemon_info(peer->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    peer->source = (struct play_source){
        .fd = MHD_get_daemon_info(peer->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
        .turn = turn_server,
        .user = peer};
    play_source_add(peer->play, &peer->source);
    return SOUK_OK;
}

static struct peer *peer_of(struct play *play, const char *name, struct err *err)
{
    for (size_t i = 1; i < peer_count; i++)
        if (strcmp(peers[i].name, name) == 0)
            return &peers[i];
    if (peer_count > PEERS_MOST) {
        err_set(err, SOUK_TOO_LARGE, "a story has at most %d peers", PEERS_MOST);
        return NULL;
    }
    struct peer *peer = &peers[peer_count];
    *peer = (struct peer){.play = play,
                          .name = arena_cstr(&play->arena, souk_str(name)),
                          .function = LUA_NOREF,
                          .calls = json_new(&play->arena, JSON_ARRAY)};
    if (listen_on(peer, err) != SOUK_OK)
        return NULL;
    peer_count++;
    return peer;
}

int play_peer_begin(struct play *play, struct err *err)
{
    peer_count = 1;
    peers[0] = (struct peer){.play = play, .name = "anybody", .function = LUA_NOREF};
    int code = listen_on(&peers[0], err);
    play->any_port = peers[0].port;
    return code;
}

void play_peer_end(struct play *play)
{
    for (size_t i = 0; i < peer_count; i++) {
        struct peer *peer = &peers[i];
        for (size_t k = 0; k < peer->silent_count; k++)
            MHD_resume_connection(peer->silent[k]);
        play_source_drop(play, &peer->source);
        if (peer->daemon)
            MHD_stop_daemon(peer->daemon);
    }
    peer_count = 0;
}

/* ---- words ---- */

static struct peer *named_peer(lua_State *lua)
{
    struct err err = {0};
    struct peer *peer = peer_of(play_now, luaL_checkstring(lua, 1), &err);
    if (!peer)
        luaL_error(lua, "%s", err.text);
    return peer;
}

static int word_peer(lua_State *lua)
{
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    struct peer *peer = named_peer(lua);
    lua_settop(lua, 2);
    luaL_unref(lua, LUA_REGISTRYINDEX, peer->function);
    peer->function = luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
}

static int word_peer_url(lua_State *lua)
{
    lua_pushfstring(lua, "http://127.0.0.1:%d", named_peer(lua)->port);
    return 1;
}

static int word_calls(lua_State *lua)
{
    script_push(lua, named_peer(lua)->calls);
    return 1;
}

void play_peer_words(lua_State *lua)
{
    lua_register(lua, "peer", word_peer);
    lua_register(lua, "peer_url", word_peer_url);
    lua_register(lua, "calls", word_calls);
}
