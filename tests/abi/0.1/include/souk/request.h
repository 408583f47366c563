/*
 * The request that a route, page or slot serves, and its answer. Outside of a request (jobs,
 * events, commands) the readers give the empty string and the answers are refused with
 * SOUK_WRONG_KIND.
 *
 * A handler answers once and returns SOUK_OK; or it returns an error code after souk_fail(), and
 * the core answers: INVALID 400, DENIED 403, NOT_FOUND 404, CONFLICT 409, TOO_LARGE 413, BUSY and
 * UNAVAILABLE 503, TIMEOUT 504, else 500; as HTML or problem+json by surface.
 */
#ifndef SOUK_REQUEST_H
#define SOUK_REQUEST_H

#include <souk/db.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_upload { /* host-allocated */
    uint32_t size;
    uint32_t reserved;
    struct souk_str filename; /* as the browser said: a name for people, never a path */
    struct souk_str type;
    struct souk_str bytes;
};

struct souk_request_api {
    uint32_t size;
    uint32_t reserved;
    struct souk_str (*method)(struct souk_ctx *ctx);
    struct souk_str (*path)(struct souk_ctx *ctx); /* raw, without query */
    struct souk_str (*param)(struct souk_ctx *ctx,
                             const char *name); /* of the route's path, decoded */
    struct souk_str (*query)(struct souk_ctx *ctx, const char *name);
    struct souk_str (*form)(struct souk_ctx *ctx, const char *name);
    struct souk_str (*header)(struct souk_ctx *ctx, const char *name);
    struct souk_str (*address)(
        struct souk_ctx *ctx); /* of the client, behind trusted proxies too */
    struct souk_str (*request_id)(struct souk_ctx *ctx);
    struct souk_str (*body)(struct souk_ctx *ctx);
    int (*body_json)(struct souk_ctx *ctx, const struct souk_value **out);
    const struct souk_upload *(*upload)(struct souk_ctx *ctx, const char *name);
    struct souk_str (*session_get)(struct souk_ctx *ctx, const char *key);
    int (*session_set)(struct souk_ctx *ctx, const char *key,
                       struct souk_str value); /* WRITE, write steps */
    struct souk_str (*csrf_token)(struct souk_ctx *ctx);
    int (*set_header)(struct souk_ctx *ctx, const char *name, struct souk_str value);
    int (*set_cookie)(struct souk_ctx *ctx, const char *name, struct souk_str value,
                      int64_t max_age_s);
    int (*answer)(struct souk_ctx *ctx, int32_t status, struct souk_str type, struct souk_str body);
    int (*answer_json)(struct souk_ctx *ctx, int32_t status, const struct souk_value *value);
    int (*answer_template)(struct souk_ctx *ctx, int32_t status, const char *name,
                           const struct souk_value *view);
    int (*answer_redirect)(struct souk_ctx *ctx, int32_t status, struct souk_str location);
};

#ifdef __cplusplus
}
#endif

#endif
