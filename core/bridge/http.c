/*
 * http.c: the sub-table for the network: checks what the plugin asks for and hands it
 * to web/client, which resolves, checks addresses and keeps the deadline. Task threads
 * only: an I/O thread or the writer must never wait for a stranger.
 */
#include "bridge/internal.h"

#include "base/str.h"
#include "web/client.h"

#define ANSWER_MOST ((uint32_t)1 << 20)
#define ANSWER_CAP  ((uint32_t)64 << 20)
#define HEADERS_CAP 64u

/* What is wrong with a request, or NULL. */
static const char *problem_of(const struct souk_http_request *request)
{
    if (request->size < sizeof(struct souk_http_request))
        return "request.size is not sizeof(struct souk_http_request)";
    if (!bridge_view_ok(request->url) || request->url.len == 0 || request->url.len > 8192)
        return "request.url is empty or over 8 KiB";
    if (!bridge_view_ok(request->body))
        return "request.body is no view";
    if (request->header_count > HEADERS_CAP || (request->header_count && !request->headers))
        return "request.headers is missing or has over 64 entries";
    for (uint32_t i = 0; i < request->header_count; i++) {
        const struct souk_http_header *header = &request->headers[i];
        if (!bridge_view_ok(header->name) || !bridge_view_ok(header->value) ||
            header->name.len == 0)
            return "a header has no name";
        if (str_find(header->value, '\n') >= 0 || str_find(header->value, '\r') >= 0 ||
            str_find(header->value, '\0') >= 0)
            return "a header's value has a line break";
    }
    return NULL;
}

static struct client_header *headers_in(struct arena *arena,
                                        const struct souk_http_request *request)
{
    struct client_header *headers =
        arena_array(arena, struct client_header, request->header_count + 1u);
    for (uint32_t i = 0; i < request->header_count; i++)
        headers[i] = (struct client_header){request->headers[i].name, request->headers[i].value};
    return headers;
}

static const struct souk_http_response *response_out(struct arena *arena,
                                                     const struct client_response *answer)
{
    struct souk_http_response *response = arena_new(arena, struct souk_http_response);
    struct souk_http_header *headers =
        arena_array(arena, struct souk_http_header, answer->header_count + 1u);
    for (size_t i = 0; i < answer->header_count; i++)
        headers[i] = (struct souk_http_header){answer->headers[i].name, answer->headers[i].value};
    response->size = sizeof(*response);
    response->status = answer->status;
    response->body = answer->body;
    response->headers = headers;
    response->header_count = (uint32_t)answer->header_count;
    return response;
}

static int http_request(struct souk_ctx *ctx, const struct souk_http_request *request,
                        const struct souk_http_response **response)
{
    if (ctx->kind != SOUK_TASK)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_http in %s call; the network is for TASK routes, "
                             "jobs, listeners and commands",
                             bridge_kind_name(ctx->kind));
    if (!request || !response)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_http: no request or no place");
    *response = NULL;
    const char *problem = problem_of(request);
    if (problem)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_http: %s", problem);
    if (ctx->deadline && clock_mono() >= ctx->deadline)
        return bridge_refuse(ctx, SOUK_TIMEOUT, "souk_http: no time is left");
    query_release(ctx);
    uint32_t most = request->max_bytes ? request->max_bytes : ANSWER_MOST;
    struct client_request out = {
        .method = request->method ? request->method : "GET",
        .url = request->url,
        .body = request->body,
        .headers = headers_in(ctx->arena, request),
        .header_count = request->header_count,
        .timeout = request->timeout_ms > 0 ? request->timeout_ms * CLOCK_MS : 0,
        .deadline = ctx->deadline,
        .max_bytes = most > ANSWER_CAP ? ANSWER_CAP : most,
    };
    struct client_response answer = {0};
    struct err err = {0};
    if (client_call(ctx->arena, &out, &answer, &err) != SOUK_OK)
        return bridge_refuse_err(ctx, &err);
    *response = response_out(ctx->arena, &answer);
    return SOUK_OK;
}

const struct souk_http_api http_table = {
    .size = sizeof(struct souk_http_api),
    .request = http_request,
};
