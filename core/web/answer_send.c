/*
 * answer_send.c: from an answer to a response of libmicrohttpd.
 *
 * The idea: one place decides what every answer carries: the security headers, the
 * request's id, a validator and a 304 where the client already has the bytes, gzip
 * where it helps. The body is not copied: it lives in the request's arena, and the
 * request lives until the last byte is out.
 *
 * The validator is a fast 64-bit hash of the body, the same for the plain and the
 * compressed form (then marked weak): it only has to tell apart versions of one page,
 * nobody gains by a collision.
 */
#include "web/answer.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "base/str.h"
#include "web/form.h"
#include "web/negotiate.h"
#include "web/response.h"

#define ETAG_MOST  ((size_t)1 << 20)
#define GZIP_LEAST ((size_t)1024)
#define GZIP_MOST  ((size_t)512 << 10)

static const char csp[] =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/* The handler's own word counts; twice would be ambiguous. */
static void add_missing(struct MHD_Response *response, const char *name, const char *value)
{
    if (!MHD_get_response_header(response, name))
        MHD_add_response_header(response, name, value);
}

void answer_common_headers(struct MHD_Response *response, int html)
{
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    add_missing(response, "Referrer-Policy", "strict-origin-when-cross-origin");
    if (html) {
        add_missing(response, "Content-Security-Policy", csp);
        add_missing(response, "X-Frame-Options", "DENY");
    }
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_body(struct souk_str body)
{
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ body.len;
    size_t i = 0;
    for (; i + 16 <= body.len; i += 16) {
        uint64_t a;
        uint64_t b;
        memcpy(&a, body.ptr + i, 8);
        memcpy(&b, body.ptr + i + 8, 8);
        h = mix(h ^ a, b ^ UINT64_C(0xd6e8feb86659fd93)) + h;
    }
    uint64_t tail[2] = {0, 0};
    memcpy(tail, body.ptr + i, body.len - i);
    h = mix(h ^ tail[0], tail[1] ^ UINT64_C(0xa0761d6478bd642f));
    return mix(h, UINT64_C(0xe7037ed1a0b428db));
}

static int is_text(struct souk_str type)
{
    return str_starts(type, "text/") || str_starts(type, "application/json") ||
           str_starts(type, "application/problem+json") || str_starts(type, "application/xml") ||
           str_starts(type, "application/javascript") || str_starts(type, "image/svg+xml");
}

static int is_html(struct souk_str type)
{
    return str_starts(type, "text/html");
}

static int said(const struct request *request, const char *name)
{
    return header_list_find_nocase(&request->answer.headers, name).len > 0;
}

struct dress {     /* what is decided about one answer */
    char etag[24]; /* with quotes; empty: none */
    int compressed, varies;
    struct souk_str body;
};

static void decide(struct request *request, struct dress *dress)
{
    struct answer *answer = &request->answer;
    int reads = souk_str_is(request->method, "GET") || request->head;
    int text = is_text(answer->type);
    dress->body = answer->body;
    if (answer->status == 200 && reads && answer->body.len < ETAG_MOST && !said(request, "etag") &&
        (is_html(answer->type) || str_starts(answer->type, "application/json"))) {
        snprintf(dress->etag, sizeof(dress->etag), "\"%016llx\"",
                 (unsigned long long)hash_body(answer->body));
        if (negotiate_unchanged(request, dress->etag))
            answer->status = 304;
    }
    struct souk_str own = header_list_find_nocase(&answer->headers, "etag");
    if (answer->status == 200 && reads && own.len) {
        own = str_starts(own, "W/") ? str_from(own, 2) : own;
        if (negotiate_unchanged(request, arena_cstr(&request->arena, own)))
            answer->status = 304;
    }
    if (text && !said(request, "content-encoding") && answer->body.len > GZIP_LEAST &&
        answer->body.len <= GZIP_MOST) {
        dress->varies = 1;
        if (answer->status != 304 && negotiate_gzip(request)) {
            struct souk_str packed = answer_gzip(&request->arena, answer->body);
            if (packed.len) {
                dress->body = packed;
                dress->compressed = 1;
            }
        }
    }
    if (answer->status == 204 || answer->status == 304)
        dress->body = souk_str("");
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    if (MHD_add_response_header(response, name, value) != MHD_YES)
        log_warn("header.refused", LOG_S("name", name));
}

static void add_validators(struct request *request, struct MHD_Response *response,
                           const struct dress *dress)
{
    const struct answer *answer = &request->answer;
    if (dress->etag[0]) {
        char weak[28];
        snprintf(weak, sizeof(weak), "W/%s", dress->etag);
        add(response, "ETag", dress->compressed ? weak : dress->etag);
    }
    if (!said(request, "cache-control")) {
        int keep = (dress->etag[0] || said(request, "etag")) && answer->status < 400;
        add(response, "Cache-Control", keep ? "private, no-cache" : "no-store");
    }
    if (dress->varies) /* beside a Vary of the handler's own */
        add(response, "Vary", "Accept-Encoding");
    if (dress->compressed)
        add(response, "Content-Encoding", "gzip");
}

static int sends_file(const struct answer *answer)
{
    return answer->status == 200 || answer->status == 206;
}

/* The response closes the file when it is done with it. */
static struct MHD_Response *create(struct answer *answer, struct souk_str body)
{
    int fd = answer->file - 1;
    answer->file = 0;
    if (fd >= 0 && sends_file(answer))
        return MHD_create_response_from_fd_at_offset64((uint64_t)answer->file_size, fd,
                                                       (uint64_t)answer->file_from);
    if (fd >= 0)
        close(fd);
    return MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)(body.len ? body.ptr : ""),
                                           MHD_RESPMEM_PERSISTENT);
}

struct MHD_Response *answer_build(struct request *request)
{
    struct answer *answer = &request->answer;
    struct dress dress = {{0}, 0, 0, {NULL, 0}};
    decide(request, &dress);
    struct MHD_Response *response = create(answer, dress.body);
    if (!response)
        return NULL;
    if (answer->type.len && answer->status != 204 && answer->status != 304)
        add(response, "Content-Type", arena_cstr(&request->arena, answer->type));
    for (size_t i = 0; i < answer->headers.count; i++) {
        const struct header *header = &answer->headers.at[i];
        add(response, arena_cstr(&request->arena, header->name),
            arena_cstr(&request->arena, header->value));
    }
    answer_common_headers(response,
                          is_html(answer->type) && !said(request, "content-security-policy"));
    add_validators(request, response, &dress);
    add(response, "X-Request-Id", request->id);
    if (answer->close)
        add(response, "Connection", "close");
    int64_t sent =
        sends_file(answer) && answer->file_size ? answer->file_size : (int64_t)dress.body.len;
    request->sent = request->head ? 0 : sent;
    return response;
}
