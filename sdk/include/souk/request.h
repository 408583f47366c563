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

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* ---- the request: empty outside of one ---- */

/* "GET", "POST" … [serving; 0.1] */
static inline struct souk_str souk_method(struct souk_ctx *ctx) { return souk_api->request->method(ctx); }
/* As sent: percent signs and all, without the query. [serving; 0.1] */
static inline struct souk_str souk_path(struct souk_ctx *ctx) { return souk_api->request->path(ctx); }
/* {name} of the route's path, decoded. [serving; 0.1] */
static inline struct souk_str souk_param(struct souk_ctx *ctx, const char *name) { return souk_api->request->param(ctx, name); }
/* The first ?name=; decoded. [serving; 0.1] */
static inline struct souk_str souk_query_param(struct souk_ctx *ctx, const char *name) { return souk_api->request->query(ctx, name); }
/* A field of a form, urlencoded or multipart. [serving; 0.1] */
static inline struct souk_str souk_form(struct souk_ctx *ctx, const char *name) { return souk_api->request->form(ctx, name); }
/* A header of the request; names in any case. [serving; 0.1] */
static inline struct souk_str souk_header(struct souk_ctx *ctx, const char *name) { return souk_api->request->header(ctx, name); }
/* The client's address, behind trusted proxies too. [serving; 0.1] */
static inline struct souk_str souk_address(struct souk_ctx *ctx) { return souk_api->request->address(ctx); }
/* What the log calls this request. [serving; 0.1] */
static inline struct souk_str souk_request_id(struct souk_ctx *ctx) { return souk_api->request->request_id(ctx); }
/* The raw body. [serving; 0.1] */
static inline struct souk_str souk_body(struct souk_ctx *ctx) { return souk_api->request->body(ctx); }
/* The body as a tree; SOUK_INVALID when it is not JSON, or not sent as application/json. Many webhooks come without: souk_json_parse of souk_body asks for no type. [serving; 0.1] */
static inline int souk_body_json(struct souk_ctx *ctx, const struct souk_value **out) { return souk_api->request->body_json(ctx, out); }
/* A file of a multipart form, or NULL. [serving; 0.1] */
static inline const struct souk_upload *souk_upload_of(struct souk_ctx *ctx, const char *field) { return souk_api->request->upload(ctx, field); }
/* What this plugin put into the visitor's session. [serving; 0.1] */
static inline struct souk_str souk_session_get(struct souk_ctx *ctx, const char *key) { return souk_api->request->session_get(ctx, key); }
/* WRITE and write steps of a request. All plugins' values together take 4 KiB: SOUK_TOO_LARGE. Starts a session when there is none. [WRITE; 0.1] */
static inline int souk_session_set(struct souk_ctx *ctx, const char *key, struct souk_str value) { return souk_api->request->session_set(ctx, key, value); }
/* For clients that send neither Origin nor Sec-Fetch-Site; empty without a session. [serving; 0.1] */
static inline struct souk_str souk_csrf_token(struct souk_ctx *ctx) { return souk_api->request->csrf_token(ctx); }

/* ---- the answer: once; the last one counts ---- */

/* SOUK_INVALID: not a token, a line break in the value, or a header that the core sets itself. [serving; 0.1] */
static inline int souk_set_header(struct souk_ctx *ctx, const char *name, struct souk_str value) { return souk_api->request->set_header(ctx, name, value); }
/* HttpOnly, SameSite=Lax, Secure behind TLS. max_age in seconds; 0: until the browser closes; negative: delete. [serving; 0.1] */
static inline int souk_set_cookie(struct souk_ctx *ctx, const char *name, struct souk_str value, int64_t max_age_s) { return souk_api->request->set_cookie(ctx, name, value, max_age_s); }
/* Any bytes; text and JSON must be UTF-8. [serving; 0.1] */
static inline int souk_answer(struct souk_ctx *ctx, int32_t status, const char *type, struct souk_str body) { return souk_api->request->answer(ctx, status, souk_str(type), body); }
/* text/plain, UTF-8. [serving; 0.1] */
static inline int souk_answer_text(struct souk_ctx *ctx, int32_t status, struct souk_str text) { return souk_api->request->answer(ctx, status, souk_str("text/plain; charset=utf-8"), text); }
/* application/json. [serving; 0.1] */
static inline int souk_answer_json(struct souk_ctx *ctx, int32_t status, const struct souk_value *value) { return souk_api->request->answer_json(ctx, status, value); }
/* A template of the plugin's files ("templates/NAME.html") with `view` as its data. [serving; 0.1] */
static inline int souk_answer_template(struct souk_ctx *ctx, int32_t status, const char *name, const struct souk_value *view) { return souk_api->request->answer_template(ctx, status, name, view); }
/* status 301, 302, 303 (after a form), 307 or 308; an own path or an http(s) URL, never one that a visitor sent unchecked. [serving; 0.1] */
static inline int souk_redirect(struct souk_ctx *ctx, int32_t status, struct souk_str location) { return souk_api->request->answer_redirect(ctx, status, location); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
