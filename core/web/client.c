/*
 * client.c: HTTP requests to the outside.
 *
 * The idea: libcurl does HTTP and TLS, but it decides nothing about addresses. The URL
 * is taken apart by libcurl's own parser (so that there is no second opinion on what
 * its host is), the host is resolved and checked in client_address.c, the checked
 * addresses are planted into the handle, and the function that opens sockets refuses
 * any other. No redirects, no proxy, no netrc, no other scheme than http and https.
 *
 * Threads: any that may block. Each keeps one handle with its open connections, closed
 * when the thread ends. Resolving is getaddrinfo and may outlast the deadline by the
 * resolver's own time-out; everything after it keeps the deadline.
 */
#include "web/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/str.h"
#include "web/client_address.h"

#define URL_LIMIT       8192
#define HEADER_LIMIT    200
#define DEFAULT_TIMEOUT (10 * CLOCK_SECOND)
#define DEFAULT_MAX     ((size_t)1 << 20)
#define CONNECT_AT_MOST (5 * CLOCK_SECOND)

struct call {
    const struct client_request *request;
    struct client_response *response;
    struct arena *arena;
    struct err *err;
    struct client_target target;
    struct buf body;
    size_t limit, got;
    size_t header_room;
    int too_large, denied;
};

static char *ca_file;
static int64_t default_timeout = DEFAULT_TIMEOUT;
static pthread_key_t handle_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void handle_free(void *handle)
{
    curl_easy_cleanup(handle);
}

static void begin(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    pthread_key_create(&handle_key, handle_free);
}

void client_setup(const struct client_policy *policy)
{
    pthread_once(&once, begin);
    client_address_allow(policy->allow);
    free(ca_file);
    ca_file = policy->ca_file ? mem_strdup(policy->ca_file) : NULL;
    default_timeout = policy->timeout > 0 ? policy->timeout : DEFAULT_TIMEOUT;
}

static client_peer stand_in;

void client_peer_use(client_peer peer)
{
    stand_in = peer;
}

static CURL *handle_get(void)
{
    pthread_once(&once, begin);
    CURL *handle = pthread_getspecific(handle_key);
    if (handle) {
        curl_easy_reset(handle); /* keeps connections */
        return handle;
    }
    handle = curl_easy_init();
    if (!handle)
        abort(); /* out of memory, as in arena.c */
    pthread_setspecific(handle_key, handle);
    return handle;
}

/* ---- what libcurl calls ---- */

static size_t on_body(char *bytes, size_t size, size_t count, void *user)
{
    struct call *call = user;
    size_t len = size * count;
    if (call->limit && len > call->limit - call->got) {
        call->too_large = 1;
        return 0;
    }
    call->got += len;
    if (call->request->stream)
        call->request->stream(call->request->user, (struct souk_str){bytes, len});
    else
        buf_add(&call->body, bytes, len);
    return len;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
    struct call *call = user;
    struct client_response *response = call->response;
    struct souk_str line = {bytes, size * count};
    if (str_starts(line, "HTTP/")) { /* the final answer after a 100 begins anew */
        response->header_count = 0;
        return line.len;
    }
    ptrdiff_t colon = str_find(line, ':');
    if (colon <= 0)
        return line.len;
    if (response->header_count == HEADER_LIMIT) {
        call->too_large = 1;
        return 0;
    }
    if (response->header_count == call->header_room) {
        size_t room = call->header_room ? call->header_room * 2 : 16;
        struct client_header *more = arena_array(call->arena, struct client_header, room);
        if (response->header_count)
            memcpy(more, response->headers, response->header_count * sizeof(*more));
        response->headers = more;
        call->header_room = room;
    }
    struct client_header *header = &response->headers[response->header_count++];
    header->name = arena_str(call->arena, (struct souk_str){line.ptr, (size_t)colon});
    header->value = arena_str(call->arena, str_trim(str_from(line, (size_t)colon + 1)));
    return line.len;
}

/* The last word on addresses: whatever libcurl may have thought of, only checked ones
 * get a socket. */
static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct call *call = user;
    (void)purpose;
    if (!call->request->unix_path && !client_address_checked(&call->target, &address->addr)) {
        call->denied = 1;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- setting up ---- */

static int token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static int is_token(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!token_char(text.ptr[i]))
            return 0;
    return text.len > 0;
}

static int is_value(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 32 && c != '\t') || c == 127)
            return 0;
    }
    return 1;
}

static struct curl_slist *list_add(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (!longer)
        abort(); /* out of memory */
    return longer;
}

static int headers_make(struct call *call, struct curl_slist **out)
{
    struct curl_slist *list =
        list_add(NULL, "Expect:"); /* no 100-continue: it costs a second with many */
    for (size_t i = 0; i < call->request->header_count; i++) {
        const struct client_header *header = &call->request->headers[i];
        if (!is_token(header->name) || !is_value(header->value)) {
            curl_slist_free_all(list);
            return err_set(call->err, SOUK_INVALID,
                           "request header %zu: a name is a token and a value has no "
                           "control characters; correct it",
                           i + 1);
        }
        /* libcurl sends an empty value only for "Name;" */
        struct souk_str line = header->value.len
                                   ? arena_printf(call->arena, "%.*s: %.*s", SOUK_PRI(header->name),
                                                  SOUK_PRI(header->value))
                                   : arena_printf(call->arena, "%.*s;", SOUK_PRI(header->name));
        list = list_add(list, line.ptr);
    }
    *out = list;
    return 0;
}

static struct souk_str url_part(struct call *call, CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    struct souk_str copy = STR_NULL;
    if (curl_url_get(url, part, &text, flags) == CURLUE_OK) {
        copy = arena_str(call->arena, souk_str(text));
        curl_free(text);
    }
    return copy;
}

static int url_check(struct call *call, CURLU *url)
{
    struct souk_str scheme = url_part(call, url, CURLUPART_SCHEME, 0);
    if (!souk_str_is(scheme, "https") && !souk_str_is(scheme, "http")) {
        return err_set(call->err, SOUK_DENIED, "URL scheme %.*s: only https and http are allowed",
                       SOUK_PRI(scheme));
    }
    return 0;
}

/* Resolves and checks the host; the line for CURLOPT_RESOLVE in *plant (NULL on a Unix
 * socket). */
static int target_make(struct call *call, CURLU *url, const char **plant)
{
    struct souk_str host = url_part(call, url, CURLUPART_HOST, 0);
    struct souk_str port = url_part(call, url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    *plant = NULL;
    if (!host.ptr || host.len == 0 || !port.ptr)
        return err_set(call->err, SOUK_INVALID, "URL: has no host; write https://host/path");
    if (call->request->unix_path)
        return 0;
    struct souk_str bare = host;
    if (host.ptr[0] == '[' && host.len > 2)
        bare = (struct souk_str){host.ptr + 1, host.len - 2};
    int code =
        client_address_resolve(arena_cstr(call->arena, bare), port.ptr, &call->target, call->err);
    if (code != 0)
        return code;
    struct buf line = {.arena = call->arena};
    buf_printf(&line, "%.*s:%.*s:", SOUK_PRI(bare), SOUK_PRI(port));
    client_address_print(&call->target, &line);
    *plant = buf_str(&line).ptr;
    return 0;
}

static int url_make(struct call *call, CURLU **out)
{
    struct souk_str text = call->request->url;
    if (text.len > URL_LIMIT || (text.len && memchr(text.ptr, 0, text.len))) {
        return err_set(call->err, SOUK_INVALID, "URL: longer than %d bytes or with a NUL",
                       URL_LIMIT);
    }
    CURLU *url = curl_url();
    CURLUcode code = curl_url_set(url, CURLUPART_URL, arena_cstr(call->arena, text),
                                  CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME);
    if (code != CURLUE_OK) {
        curl_url_cleanup(url);
        return err_set(call->err, SOUK_INVALID, "URL: %s; write https://host/path",
                       curl_url_strerror(code));
    }
    *out = url;
    return 0;
}

static void set_method(CURL *handle, const struct client_request *request)
{
    const char *method = request->method ? request->method : "GET";
    if (request->body.len || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
        strcmp(method, "PATCH") == 0) {
        curl_easy_setopt(handle, CURLOPT_POST, 1L);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->body.len ? request->body.ptr : "");
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    } else if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    }
    if (strcmp(method, "HEAD") != 0)
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
}

static void set_rules(CURL *handle)
{
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROXY, ""); /* not from the environment */
    curl_easy_setopt(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "souk/" SOUK_VERSION);
    if (ca_file)
        curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file);
}

static void set_call(CURL *handle, struct call *call, int64_t left)
{
    int64_t connect = left < CONNECT_AT_MOST ? left : CONNECT_AT_MOST;
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)(left / CLOCK_MS + 1));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect / CLOCK_MS + 1));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, call->request->unix_path);
}

/* ---- the call ---- */

static int failed(const struct call *call, CURLcode code, const char *host, const char *words)
{
    const char *text = words[0] ? words : curl_easy_strerror(code);
    if (call->too_large) {
        return err_set(call->err, SOUK_TOO_LARGE,
                       "host %s: its answer is larger than the %zu bytes allowed", host,
                       call->limit);
    }
    if (call->denied) {
        return err_set(call->err, SOUK_DENIED, "host %s: not connected to an unchecked address",
                       host);
    }
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(call->err, SOUK_TIMEOUT, "host %s: no answer in time", host);
    case CURLE_UNSUPPORTED_PROTOCOL:
        return err_set(call->err, SOUK_DENIED, "host %s: scheme not allowed", host);
    case CURLE_URL_MALFORMAT: return err_set(call->err, SOUK_INVALID, "host %s: %s", host, text);
    default: return err_set(call->err, SOUK_UNAVAILABLE, "host %s: %s", host, text);
    }
}

static int perform(CURL *handle, struct call *call, CURLU *url)
{
    char words[CURL_ERROR_SIZE] = "";
    long status = 0;
    curl_easy_setopt(handle, CURLOPT_CURLU, url);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words);
    CURLcode code = curl_easy_perform(handle);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, NULL);
    call->response->was_connected = code != CURLE_COULDNT_CONNECT &&
                                    code != CURLE_COULDNT_RESOLVE_HOST &&
                                    code != CURLE_SSL_CONNECT_ERROR;
    if (code != CURLE_OK)
        return failed(call, code, url_part(call, url, CURLUPART_HOST, 0).ptr, words);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    call->response->status = (int)status;
    call->response->body = call->body.len ? buf_str(&call->body) : souk_str("");
    return 0;
}

static int run(struct call *call, CURLU *url, int64_t until)
{
    const char *plant;
    struct curl_slist *headers = NULL, *resolve = NULL;
    int code = target_make(call, url, &plant);
    if (code == 0)
        code = headers_make(call, &headers);
    if (code == 0 && clock_mono() >= until)
        code = err_set(call->err, SOUK_TIMEOUT, "resolving the name took all the time allowed");
    if (code == 0) {
        CURL *handle = handle_get();
        if (plant)
            resolve = list_add(NULL, plant);
        set_rules(handle);
        set_method(handle, call->request);
        set_call(handle, call, until - clock_mono());
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(handle, CURLOPT_RESOLVE, resolve);
        code = perform(handle, call, url);
        curl_easy_reset(handle); /* nothing of this call stays pointed at */
    }
    curl_slist_free_all(headers);
    curl_slist_free_all(resolve);
    return code;
}

/* The test host's peer answers, to what would have gone out. */
static int ask_stand_in(struct call *call)
{
    struct curl_slist *headers = NULL;
    int code = headers_make(call, &headers);
    curl_slist_free_all(headers);
    return code ? code : stand_in(call->arena, call->request, call->response, call->err);
}

int client_call(struct arena *arena, const struct client_request *request,
                struct client_response *response, struct err *err)
{
    struct call call = {.request = request, .response = response, .arena = arena, .err = err};
    int64_t until = clock_mono() + (request->timeout > 0 ? request->timeout : default_timeout);
    CURLU *url = NULL;
    if (request->deadline && request->deadline < until)
        until = request->deadline;
    *response = (struct client_response){0};
    call.body.arena = arena;
    call.limit = request->max_bytes;
    if (call.limit == 0 && !request->stream)
        call.limit = DEFAULT_MAX;
    if (request->method && !is_token(souk_str(request->method)))
        return err_set(err, SOUK_INVALID, "request method: not a token");
    int code = url_make(&call, &url);
    if (code == 0) {
        code = url_check(&call, url);
        if (code == 0)
            code = stand_in ? ask_stand_in(&call) : run(&call, url, until);
        curl_url_cleanup(url);
    }
    return code;
}
