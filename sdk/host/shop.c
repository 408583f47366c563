/*
 * shop.c: the shop of a story when no other is named: the `souk` command by this program, in a
 * process of its own. Its server is the same code; the one difference is that whatever its plugins
 * ask of anybody over HTTP goes to the player, which finds the story's peer for it. So a plugin
 * whose peer's address is built in can be tried too.
 *
 * A hidden verb: `souk-host souk serve …`; the player says in SOUK_HOST_PEERS where it listens.
 */
#include "host/play.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/cli/cli.h"
#include "web/client.h"

static const char *player; /* "http://127.0.0.1:PORT" */

struct forward {
    struct arena *arena;
    const struct client_request *request;
    struct client_response *response;
    struct buf body;
    size_t room;
    int is_large;
};

static size_t on_body(char *bytes, size_t size, size_t count, void *user)
{
    struct forward *forward = user;
    size_t len = size * count;
    if (forward->request->stream) {
        forward->request->stream(forward->request->user, str_make(bytes, len));
        return len;
    }
    size_t most = forward->request->max_bytes ? forward->request->max_bytes : (size_t)1 << 20;
    if (forward->body.len + len > most) {
        forward->is_large = 1;
        return 0;
    }
    buf_add(&forward->body, bytes, len);
    return len;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
    struct forward *forward = user;
    struct client_response *response = forward->response;
    struct souk_str line = str_trim(str_make(bytes, size * count));
    ptrdiff_t mark = str_find(line, ':');
    if (mark > 0 && response->header_count < forward->room)
        response->headers[response->header_count++] = (struct client_header){
            arena_str(forward->arena, str_make(line.ptr, (size_t)mark)),
            arena_str(forward->arena, str_trim(str_from(line, (size_t)mark + 1)))};
    return size * count;
}

/* The player's address with the path of the request; the address that was meant goes along. */
static const char *address(struct arena *arena, struct souk_str url)
{
    const char *scheme = memmem(url.ptr, url.len, "://", 3);
    struct souk_str rest = scheme ? str_from(url, (size_t)(scheme - url.ptr) + 3) : url;
    size_t at = 0;
    while (at < rest.len && rest.ptr[at] != '/' && rest.ptr[at] != '?')
        at++;
    rest = str_from(rest, at);
    return arena_printf(arena, "%s%s%.*s", player, rest.len && rest.ptr[0] == '/' ? "" : "/",
                        SOUK_PRI(rest))
        .ptr;
}

static struct curl_slist *headers_of(struct arena *arena, const struct client_request *request)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    list = curl_slist_append(
        list, arena_printf(arena, "X-Souk-Host-Url: %.*s", SOUK_PRI(request->url)).ptr);
    for (size_t i = 0; i < request->header_count; i++)
        list = curl_slist_append(list, arena_printf(arena, "%.*s: %.*s",
                                                    SOUK_PRI(request->headers[i].name),
                                                    SOUK_PRI(request->headers[i].value))
                                           .ptr);
    return list;
}

static int say(const struct forward *forward, CURLcode code, struct err *err)
{
    if (code == CURLE_OK)
        return SOUK_OK;
    if (forward->is_large)
        return err_set(err, SOUK_TOO_LARGE, "its answer is larger than the bytes allowed");
    if (code == CURLE_OPERATION_TIMEDOUT)
        return err_set(err, SOUK_TIMEOUT, "host peer: no answer in time");
    return err_set(err, SOUK_UNAVAILABLE, "host peer: %s", curl_easy_strerror(code));
}

static int ask_player(struct arena *arena, const struct client_request *request,
                      struct client_response *response, struct err *err)
{
    struct forward forward = {.arena = arena,
                              .request = request,
                              .response = response,
                              .body = {.arena = arena},
                              .room = 100};
    int64_t left = request->timeout > 0 ? request->timeout : 10 * CLOCK_SECOND;
    if (request->deadline && request->deadline - clock_mono() < left)
        left = request->deadline - clock_mono();
    if (left <= 0)
        return err_set(err, SOUK_TIMEOUT, "host peer: no time is left");
    *response =
        (struct client_response){.headers = arena_array(arena, struct client_header, forward.room)};
    CURL *handle = curl_easy_init();
    struct curl_slist *headers = headers_of(arena, request);
    const char *method = request->method ? request->method : "GET";
    curl_easy_setopt(handle, CURLOPT_URL, address(arena, request->url));
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)(left / CLOCK_MS + 1));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &forward);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &forward);
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    if (request->body.len || strcmp(method, "POST") == 0) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)request->body.len);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->body.len ? request->body.ptr : "");
    }
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
    CURLcode code = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    response->status = (int)status;
    response->body = forward.body.len ? buf_str(&forward.body) : souk_str("");
    curl_slist_free_all(headers);
    curl_easy_cleanup(handle);
    return say(&forward, code, err);
}

int shop_main(int argc, char **argv)
{
    static const struct cli_command *const commands[] = {&command_serve, &command_admin,
                                                         &command_jobs,  &command_plugin,
                                                         &command_check, &command_import};
    struct arena arena = {0};
    int code = CLI_USAGE;
    if (argc < 2)
        return CLI_USAGE;
    player = getenv("SOUK_HOST_PEERS");
    if (player && strcmp(argv[1], "serve") == 0)
        client_peer_use(ask_player);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i]->name) != 0)
            continue;
        code = commands[i]->run(&arena, argc - 2, argv + 2);
        arena_free(&arena);
        return code;
    }
    if (argc > 2)
        code = command_of_plugin(&arena, argc - 1, argv + 1);
    arena_free(&arena);
    return code;
}
