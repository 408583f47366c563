/*
 * The network, for TASK handlers, jobs, listeners and commands: one HTTP request at a time. https
 * and http only, no redirects, every address checked (no loopback, private or link-local ones
 * unless souk.lua allows them with `http_client.allow`), connected to the very address that was
 * checked, ended at the call's deadline.
 *
 * To a peer that speaks JSON: souk_http_json, which builds the request, reads the answer, and says
 * what it came to in a code that the core understands. All else: souk_http.
 */
#ifndef SOUK_HTTP_H
#define SOUK_HTTP_H

#include <souk/crypto.h>
#include <souk/text.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_http_header {
    struct souk_str name;
    struct souk_str value;
};

struct souk_http_request {
    uint32_t size;      /* sizeof(struct souk_http_request) */
    int32_t timeout_ms; /* 0: http_client.timeout of souk.lua; never beyond the call's deadline */
    const char *method; /* NULL: GET */
    struct souk_str url;
    struct souk_str body;
    const struct souk_http_header *headers;
    uint32_t header_count;
    uint32_t max_bytes; /* of the answer's body; 0: 1 MiB */
};

struct souk_http_response { /* host-allocated, lives as long as the call */
    uint32_t size;
    int32_t status;
    struct souk_str body;
    const struct souk_http_header *headers;
    uint32_t header_count;
    uint32_t reserved;
};

struct souk_http_api {
    uint32_t size;
    uint32_t reserved;
    /* SOUK_TIMEOUT, SOUK_UNAVAILABLE (no connection), SOUK_DENIED (address or scheme not allowed),
     * SOUK_TOO_LARGE, SOUK_WRONG_KIND (READ or WRITE). */
    int (*request)(struct souk_ctx *ctx, const struct souk_http_request *request,
                   const struct souk_http_response **response);
};

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* ---- calling ---- */

/* One request to the outside; blocks until the answer or the deadline. TASK, jobs, listeners, commands. Codes: souk/http.h. [TASK; blocks; 0.1] */
static inline int souk_http(struct souk_ctx *ctx, const struct souk_http_request *request, const struct souk_http_response **response) { return souk_api->http->request(ctx, request, response); }

/* clang-format on */

/* A header of the answer, by its name in any case: souk_http_header(response, "Retry-After"); the
 * first of that name; empty: there is none. [any; 0.2] */
static inline struct souk_str souk_http_header(const struct souk_http_response *response,
                                               const char *name)
{
    struct souk_str none = souk_str("");
    size_t len = strlen(name);
    for (uint32_t i = 0; i < response->header_count; i++) {
        struct souk_str given = response->headers[i].name;
        size_t at = 0;
        while (
            at < len && at < given.len &&
            (given.ptr[at] >= 'A' && given.ptr[at] <= 'Z' ? given.ptr[at] | 0x20 : given.ptr[at]) ==
                (name[at] >= 'A' && name[at] <= 'Z' ? name[at] | 0x20 : name[at]))
            at++;
        if (at == len && given.len == len)
            return response->headers[i].value;
    }
    return none;
}

/* ---- peers that speak JSON ---- */

/* What is asked; what is left out is 0. Both structs stay in the plugin: they have no size. */
struct souk_http_ask {
    const char *peer;              /* what people call it: "Acme"; NULL: "the peer" */
    const char *method;            /* NULL: POST with something to send, else GET */
    struct souk_str url;           /* such as an option, with or without a slash at its end */
    struct souk_str path;          /* what comes behind it: "/charges/7?expand=all" */
    const struct souk_value *json; /* what is sent */
    struct souk_str body;          /* or this, as it is, … */
    const char *type;    /* … with this Content-Type, such as application/x-www-form-urlencoded */
    struct souk_str key; /* Idempotency-Key: payment->key, message->key, … */
    struct souk_str bearer;                 /* Authorization: Bearer … */
    struct souk_str user, password;         /* or Basic */
    const struct souk_http_header *headers; /* more of them */
    uint32_t header_count;                  /* at most SOUK_HTTP_HEADERS */
    int32_t timeout_ms;                     /* as in souk_http_request, and so max_bytes */
    uint32_t max_bytes;
};
#define SOUK_HTTP_HEADERS 12

struct souk_http_answer {
    int32_t status; /* 0: none came */
    int32_t wait;   /* seconds that the peer asks us to wait (Retry-After); 0: no word of it */
    const struct souk_value *json; /* NULL: there is none that can be read */
    struct souk_str
        words; /* why not, in the peer's own words, short and without secrets; for logs and staff */
    const struct souk_http_response *response; /* for its headers; NULL: none came */
};

/* What a status means to the core. 2xx: SOUK_OK. Not known, so it is asked again: 5xx
 * SOUK_UNAVAILABLE, 408 SOUK_TIMEOUT, 425 and 429 SOUK_BUSY, with a key 409 too (the first attempt
 * is still under way). A matter of the options, asked again when they are mended: 401 and 3xx,
 * SOUK_ERROR. All else is a refusal, and final: 403 SOUK_DENIED, others SOUK_INVALID. [any; 0.2] */
static inline int souk_http_code(int32_t status, int has_key)
{
    if (status >= 200 && status < 300)
        return SOUK_OK;
    if (status >= 500 || status < 200)
        return SOUK_UNAVAILABLE;
    if (status == 408)
        return SOUK_TIMEOUT;
    if (status == 425 || status == 429 || (status == 409 && has_key))
        return SOUK_BUSY;
    if (status < 400 || status == 401)
        return SOUK_ERROR;
    return status == 403 ? SOUK_DENIED : SOUK_INVALID;
}

/* The sentence in which a body of JSON says why not, wherever it stands in it: {"error":
 * {"message"}}, "message", "detail" (RFC 9457), "error_description", "error", "title", or so in the
 * first of "errors". As it came: souk_http_clean before anybody reads it. Empty: there is none.
 * [any; 0.2] */
static inline struct souk_str souk_http_words(const struct souk_value *json)
{
    static const char *const names[] = {"message", "detail", "error_description",
                                        "error",   "title",  "description"};
    const struct souk_value *places[4];
    struct souk_str words;
    places[0] = souk_get(json, "error");
    places[1] = json;
    places[2] = souk_at(souk_get(json, "errors"), 0);
    places[3] = souk_at(json, 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (i > 1 && souk_kind(places[i]) == SOUK_VALUE_STRING)
            return souk_text(places[i]);
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
            words = souk_text(souk_get(places[i], names[n]));
            if (words.len)
                return words;
        }
    }
    return souk_str("");
}

/* 1 when the word shows the secret or its beginning, as in "sk_live_****4242": six letters of it
 * are enough. [any; 0.2] */
static inline int souk_http_shows(struct souk_str word, struct souk_str secret)
{
    size_t len = secret.len < 6 ? secret.len : 6;
    for (size_t at = 0; len && at + len <= word.len; at++)
        if (memcmp(word.ptr + at, secret.ptr, len) == 0)
            return 1;
    return 0;
}

/* 1 when the word looks like what has no place in a log: it has an @, nine digits (a telephone, a
 * card), or twenty letters and digits without a break (a key). [any; 0.2] */
static inline int souk_http_private(struct souk_str word)
{
    int digits = 0, run = 0, mixed = 0;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        int is_digit = c >= '0' && c <= '9';
        int is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        digits += is_digit;
        run = is_digit || is_letter ? run + 1 : 0;
        mixed = run == 0 ? 0 : mixed | (is_digit ? 1 : 2);
        if (c == '@' || digits >= 9 || (run >= 20 && mixed == 3))
            return 1;
    }
    return 0;
}

/* A peer's sentence for logs and staff: one line of at most 200 letters; words that show a secret
 * that was sent along (bearer, user, password, headers) or look like one (souk_http_private)
 * become "…". [any; 0.2] */
static inline struct souk_str souk_http_clean(struct souk_ctx *ctx, const struct souk_http_ask *ask,
                                              struct souk_str words)
{
    static const char instead[] = "\xe2\x80\xa6";
    struct souk_str rest = souk_copy(ctx, souk_cut(words, 200)), word;
    char *to = (char *)souk_alloc(ctx, rest.len * 3 + 1);
    size_t len = 0;
    for (size_t i = 0; i < rest.len; i++) /* the copy's bytes are ours */
        if ((unsigned char)rest.ptr[i] < ' ' || rest.ptr[i] == 127)
            ((char *)(uintptr_t)rest.ptr)[i] = ' ';
    while (souk_split(&rest, ' ', &word)) {
        int hide = souk_http_private(word) || souk_http_shows(word, ask->bearer) ||
                   souk_http_shows(word, ask->user) || souk_http_shows(word, ask->password);
        for (uint32_t i = 0; i < ask->header_count && !hide; i++)
            hide = souk_http_shows(word, ask->headers[i].value);
        if (len && word.len)
            to[len++] = ' ';
        if (word.len) {
            memcpy(to + len, hide ? instead : word.ptr, hide ? sizeof instead - 1 : word.len);
            len += hide ? sizeof instead - 1 : word.len;
        }
    }
    to[len] = '\0';
    word.ptr = to;
    word.len = len;
    return word;
}

/* As souk_http_json, without reading what came: the request alone. [TASK; blocks; 0.2] */
static inline int souk_http_ask(struct souk_ctx *ctx, const struct souk_http_ask *ask,
                                const struct souk_http_response **response)
{
    struct souk_http_header headers[SOUK_HTTP_HEADERS + 4];
    struct souk_http_request request;
    struct souk_str url = ask->url, path = ask->path, token;
    uint32_t count = 0;
    if (ask->header_count > SOUK_HTTP_HEADERS)
        return souk_fail(ctx, SOUK_INVALID, "souk_http_ask: at most %d headers", SOUK_HTTP_HEADERS);
    memset(&request, 0, sizeof request);
    request.body = ask->json ? souk_json_print(ctx, ask->json) : ask->body;
    while (path.len && url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    url = url.len ? url : souk_str(""); /* none has no pointer */
    path = path.len ? path : souk_str("");
    for (; count < ask->header_count; count++)
        headers[count] = ask->headers[count];
    if (ask->bearer.len || ask->user.len || ask->password.len) {
        token = ask->user.len ? ask->user : souk_str("");
        token = souk_printf(ctx, "%.*s:", SOUK_PRI(token));
        if (ask->password.len)
            token = souk_printf(ctx, "%.*s%.*s", SOUK_PRI(token), SOUK_PRI(ask->password));
        token = ask->bearer.len ? ask->bearer : souk_encode(ctx, SOUK_BASE64, token);
        headers[count].name = souk_str("Authorization");
        headers[count++].value =
            souk_printf(ctx, "%s %.*s", ask->bearer.len ? "Bearer" : "Basic", SOUK_PRI(token));
    }
    if (ask->json || ask->type) {
        headers[count].name = souk_str("Content-Type");
        headers[count++].value = souk_str(ask->type ? ask->type : "application/json");
    }
    if (ask->key.len) {
        headers[count].name = souk_str("Idempotency-Key");
        headers[count++].value = ask->key;
    }
    headers[count].name = souk_str("Accept");
    headers[count++].value = souk_str("application/json");
    request.size = sizeof request;
    request.timeout_ms = ask->timeout_ms;
    request.method = ask->method ? ask->method : request.body.len ? "POST" : NULL;
    request.url = souk_printf(ctx, "%.*s%.*s", SOUK_PRI(url), SOUK_PRI(path));
    request.headers = headers;
    request.header_count = count;
    request.max_bytes = ask->max_bytes;
    return souk_http(ctx, &request, response);
}

/* Asks a peer in JSON and reads what it says. SOUK_OK: 2xx, with JSON or 204 without. Else a code
 * to give back as it is: what may have happened is SOUK_UNAVAILABLE, SOUK_TIMEOUT or SOUK_BUSY (no
 * answer, one that cannot be read, a status of that kind), and the core asks again; a refusal is
 * final (souk_http_code). souk_failure has words that name the peer. *answer is filled in any
 * case: look at its status for the refusals that mean something to you. [TASK; blocks; 0.2] */
static inline int souk_http_json(struct souk_ctx *ctx, const struct souk_http_ask *ask,
                                 struct souk_http_answer *answer)
{
    const char *peer = ask->peer ? ask->peer : "the peer";
    const struct souk_http_response *response = NULL;
    struct souk_value *json = NULL;
    int code = souk_http_ask(ctx, ask, &response);
    memset(answer, 0, sizeof *answer);
    answer->words = souk_str("");
    if (code != SOUK_OK) {
        struct souk_str why = souk_copy(ctx, souk_failure(ctx));
        /* It has answered, and nobody knows what; refusals are the peer's alone. */
        if (code == SOUK_TOO_LARGE)
            code = SOUK_UNAVAILABLE;
        if (code == SOUK_DENIED || code == SOUK_INVALID) /* an address or header that cannot be */
            code = SOUK_ERROR;
        return souk_fail(ctx, code, "no answer of %s: %.*s", peer, SOUK_PRI(why));
    }
    answer->response = response;
    answer->status = response->status;
    answer->wait = (int32_t)souk_number(souk_cut(souk_http_header(response, "Retry-After"), 6), 0);
    if (answer->wait < 0)
        answer->wait = 0;
    if (response->body.len && souk_json_parse(ctx, response->body, &json) == SOUK_OK)
        answer->json = json;
    code = souk_http_code(response->status, ask->key.len > 0);
    if (code == SOUK_OK)
        return json || response->status == 204
                   ? SOUK_OK
                   : souk_fail(ctx, SOUK_UNAVAILABLE, "the answer of %s is no JSON", peer);
    answer->words = souk_http_clean(ctx, ask, souk_http_words(json));
    if (response->status < 400 && response->status >= 300)
        return souk_fail(ctx, code, "%s is not at this address (%d); look at it in the options",
                         peer, (int)response->status);
    return souk_fail(ctx, code, "%s says %d%s%.*s%s", peer, (int)response->status,
                     answer->words.len ? ": " : "", SOUK_PRI(answer->words),
                     response->status == 401 ? "; look at the key in the options" : "");
}

#ifdef __cplusplus
}
#endif

#endif
