/*
 * request.c: the sub-table for the request and its answer: thin steps onto
 * web/request.h, with every argument checked.
 *
 * Outside of a request the readers give the empty text and the answers SOUK_WRONG_KIND,
 * so that one function can serve a route and a job. Bodies and texts are copied into
 * the request's arena: what a plugin answered with may be a row's text or a buffer on
 * its stack. Session values are kept under "<plugin>.<key>", so that plugins do not
 * meet.
 */
#include "bridge/internal.h"

#include "base/str.h"
#include "base/utf8.h"
#include "web/session.h"

#define TYPE_MOST 200

/* ---- reading ---- */

static struct souk_str request_method_of(struct souk_ctx *ctx)
{
    return ctx->request ? ctx->request->method : souk_str("");
}

static struct souk_str request_path_of(struct souk_ctx *ctx)
{
    return ctx->request ? ctx->request->path : souk_str("");
}

static struct souk_str or_empty(struct souk_str text)
{
    return text.ptr ? text : souk_str("");
}

static struct souk_str request_param_of(struct souk_ctx *ctx, const char *name)
{
    return ctx->request && name ? or_empty(request_param(ctx->request, name)) : souk_str("");
}

static struct souk_str request_query_of(struct souk_ctx *ctx, const char *name)
{
    return ctx->request && name ? or_empty(request_query(ctx->request, name)) : souk_str("");
}

static struct souk_str request_form_of(struct souk_ctx *ctx, const char *name)
{
    return ctx->request && name ? or_empty(request_form(ctx->request, name)) : souk_str("");
}

/* What visitors without a session do not have in common keeps a page out of the page cache. The
 * host is a part of its key. */
static struct souk_str request_header_of(struct souk_ctx *ctx, const char *name)
{
    if (ctx->request && name && !str_equal_nocase(souk_str(name), souk_str("host")))
        request_alone(ctx->request);
    return ctx->request && name ? or_empty(request_header(ctx->request, name)) : souk_str("");
}

static struct souk_str request_address_of(struct souk_ctx *ctx)
{
    if (ctx->request)
        request_alone(ctx->request);
    return souk_str(ctx->request ? ctx->request->address : "");
}

static struct souk_str request_id_of(struct souk_ctx *ctx)
{
    if (ctx->request)
        request_alone(ctx->request);
    return souk_str(ctx->request ? ctx->request->id : "");
}

static struct souk_str request_body_of(struct souk_ctx *ctx)
{
    return ctx->request ? or_empty(buf_str(&ctx->request->body)) : souk_str("");
}

static int request_body_json(struct souk_ctx *ctx, const struct souk_value **out)
{
    const struct json *json = NULL;
    struct err err = {0};
    if (!out)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_body_json: no place");
    *out = NULL;
    if (!ctx->request)
        return bridge_refuse(ctx, SOUK_WRONG_KIND, "souk_body_json: not in a request");
    if (request_json(ctx->request, &json, &err) != SOUK_OK) {
        /* What is wrong with the visitor's JSON is for the visitor. */
        bridge_refuse_err(ctx, &err);
        ctx->failed = 1;
        return ctx->failure.code;
    }
    *out = (const struct souk_value *)json;
    return SOUK_OK;
}

static const struct souk_upload *request_upload_of(struct souk_ctx *ctx, const char *name)
{
    const struct upload *upload = ctx->request && name ? request_upload(ctx->request, name) : NULL;
    if (!upload)
        return NULL;
    struct souk_upload *out = arena_new(ctx->arena, struct souk_upload);
    out->size = sizeof(*out);
    out->filename = value_clean(ctx->arena, upload->filename);
    out->type = value_clean(ctx->arena, upload->type);
    out->bytes = or_empty(upload->bytes);
    return out;
}

/* ---- session ---- */

static const char *session_key(struct souk_ctx *ctx, const char *key)
{
    return arena_printf(ctx->arena, "%s.%s", ctx->self->name, key).ptr;
}

static struct souk_str request_session_get(struct souk_ctx *ctx, const char *key)
{
    if (!ctx->request || !key || !key[0])
        return souk_str("");
    if (!query_conn(ctx))
        return souk_str("");
    return or_empty(session_get(ctx->request, session_key(ctx, key)));
}

static struct souk_str request_csrf_token(struct souk_ctx *ctx)
{
    return ctx->request && query_conn(ctx) ? or_empty(session_csrf(ctx->request)) : souk_str("");
}

static int request_session_set(struct souk_ctx *ctx, const char *key, struct souk_str value)
{
    if (!ctx->request)
        return bridge_refuse(ctx, SOUK_WRONG_KIND, "souk_session_set: not in a request");
    if (ctx->kind != SOUK_WRITE)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_session_set in %s call; use a WRITE route or "
                             "souk_then_write",
                             bridge_kind_name(ctx->kind));
    if (!key || !key[0] || strlen(key) > 100 || !bridge_view_ok(value))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_session_set: no key or no value");
    if (!query_conn(ctx))
        return ctx->failure.code;
    int code = session_put(ctx->request, session_key(ctx, key), value_clean(ctx->arena, value));
    if (code != SOUK_OK)
        bridge_refuse(ctx, code, "souk_session_set %s: %s", key,
                      code == SOUK_TOO_LARGE ? "the session is full (4 KiB); keep the data "
                                               "in a table and its id in the session"
                                             : db_error(ctx->conn));
    return code;
}

/* ---- answering ---- */

static int check_answer(struct souk_ctx *ctx, const char *function, int32_t status)
{
    if (!ctx->request)
        return bridge_refuse(ctx, SOUK_WRONG_KIND, "%s: there is no request to answer", function);
    if (status < 200 || status > 599)
        return bridge_refuse(ctx, SOUK_INVALID, "%s: %d is no status from 200 to 599", function,
                             status);
    return SOUK_OK;
}

/* The core says these itself; said twice they would be a hole or a lie. */
static int is_cores_header(const char *name)
{
    static const char *const names[] = {"connection", "content-length", "content-type",     "date",
                                        "keep-alive", "server",         "set-cookie",       "te",
                                        "trailer",    "upgrade",        "transfer-encoding"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (str_equal_nocase(souk_str(name), souk_str(names[i])))
            return 1;
    return 0;
}

static int request_set_header(struct souk_ctx *ctx, const char *name, struct souk_str value)
{
    if (!ctx->request)
        return bridge_refuse(ctx, SOUK_WRONG_KIND, "souk_set_header: not in a request");
    if (!name || !bridge_view_ok(value) || is_cores_header(name))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_set_header: \"%s\" is set by the core (type and cookies "
                             "have functions of their own)",
                             name ? name : "");
    int code = answer_header(ctx->request, arena_cstr(ctx->arena, souk_str(name)),
                             arena_str(ctx->arena, value));
    if (code != SOUK_OK)
        bridge_refuse(ctx, code,
                      "souk_set_header: \"%.60s\" is no header's name, or its value has a "
                      "line break",
                      name);
    return code;
}

static int request_set_cookie(struct souk_ctx *ctx, const char *name, struct souk_str value,
                              int64_t max_age_s)
{
    if (!ctx->request)
        return bridge_refuse(ctx, SOUK_WRONG_KIND, "souk_set_cookie: not in a request");
    if (!name || !bridge_view_ok(value) || strcmp(name, "souk") == 0 || strncmp(name, "__", 2) == 0)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_set_cookie: the name \"%s\" is the core's; begin it "
                             "with the plugin's",
                             name ? name : "");
    int code = answer_cookie(ctx->request, arena_cstr(ctx->arena, souk_str(name)),
                             arena_str(ctx->arena, value), max_age_s);
    if (code != SOUK_OK)
        bridge_refuse(ctx, code, "souk_set_cookie %.60s: not a cookie's name or value", name);
    return code;
}

static int is_text_type(struct souk_str type)
{
    return str_starts(type, "text/") || str_starts(type, "application/json") ||
           str_starts(type, "application/problem+json") || str_starts(type, "application/xml");
}

static int has_control(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return 1;
    return 0;
}

static int request_answer(struct souk_ctx *ctx, int32_t status, struct souk_str type,
                          struct souk_str body)
{
    if (check_answer(ctx, "souk_answer", status) != SOUK_OK)
        return ctx->failure.code;
    if (!bridge_view_ok(type) || type.len == 0 || type.len > TYPE_MOST || has_control(type) ||
        !bridge_view_ok(body))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_answer: no type (\"text/plain; charset=utf-8\") or no "
                             "body");
    if (is_text_type(type) && !utf8_valid(body))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_answer: the body is to be text and is not UTF-8");
    struct arena *arena = &ctx->request->arena;
    answer_bytes(ctx->request, status, arena_cstr(arena, type), arena_str(arena, body));
    return SOUK_OK;
}

static int request_answer_json(struct souk_ctx *ctx, int32_t status, const struct souk_value *value)
{
    static const struct json nothing = {.kind = JSON_NULL};
    if (check_answer(ctx, "souk_answer_json", status) != SOUK_OK)
        return ctx->failure.code;
    answer_json(ctx->request, status, value ? (const struct json *)value : &nothing);
    return SOUK_OK;
}

static int request_answer_template(struct souk_ctx *ctx, int32_t status, const char *name,
                                   const struct souk_value *view)
{
    if (check_answer(ctx, "souk_answer_template", status) != SOUK_OK)
        return ctx->failure.code;
    if (!name || !name[0] || strlen(name) > 200)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_answer_template: no name");
    int code = site_render(ctx->request, ctx->self->name, name, status, (const struct json *)view);
    if (code != SOUK_OK)
        bridge_refuse(ctx, code, "template \"%.100s\" could not be rendered", name);
    return code;
}

/* An own path, or an address of the web; nothing that a browser reads as another host.
 */
static int is_location(struct souk_str to)
{
    if (to.len == 0 || to.len > 4096 || has_control(to) || str_find(to, '\\') >= 0)
        return 0;
    if (to.ptr[0] == '/')
        return !str_starts(to, "//");
    return str_starts(to, "https://") || str_starts(to, "http://");
}

static int request_answer_redirect(struct souk_ctx *ctx, int32_t status, struct souk_str location)
{
    if (check_answer(ctx, "souk_redirect", status) != SOUK_OK)
        return ctx->failure.code;
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_redirect: %d is no redirect; after a form use 303", status);
    if (!bridge_view_ok(location) || !is_location(location))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_redirect: neither an own path nor an http(s) "
                             "address");
    answer_redirect(ctx->request, status, arena_str(&ctx->request->arena, location));
    return SOUK_OK;
}

const struct souk_request_api request_table = {
    .size = sizeof(struct souk_request_api),
    .method = request_method_of,
    .path = request_path_of,
    .param = request_param_of,
    .query = request_query_of,
    .form = request_form_of,
    .header = request_header_of,
    .address = request_address_of,
    .request_id = request_id_of,
    .body = request_body_of,
    .body_json = request_body_json,
    .upload = request_upload_of,
    .session_get = request_session_get,
    .session_set = request_session_set,
    .csrf_token = request_csrf_token,
    .set_header = request_set_header,
    .set_cookie = request_set_cookie,
    .answer = request_answer,
    .answer_json = request_answer_json,
    .answer_template = request_answer_template,
    .answer_redirect = request_answer_redirect,
};
