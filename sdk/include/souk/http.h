/*
 * The network, for TASK handlers, jobs, listeners and commands: one HTTP request at a time. https
 * and http only, no redirects, every address checked (no loopback, private or link-local ones
 * unless souk.lua allows them with `http_client.allow`), connected to the very address that was
 * checked, ended at the call's deadline.
 */
#ifndef SOUK_HTTP_H
#define SOUK_HTTP_H

#include <souk/call.h>

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

#ifdef __cplusplus
}
#endif

#endif
