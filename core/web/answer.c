/*
 * answer.c: what handlers say. An answer is a few views in the request's arena until
 * the server turns it into a response (answer_send.c); so a handler may change its
 * mind, and a write may be run again from a clean slate.
 *
 * Whatever becomes a header passes one gate here: names are tokens, values have no
 * control characters; a value from outside cannot start a header of its own. Redirects
 * go to own paths and to http(s) URLs only.
 *
 * Any thread that holds the request. No I/O, except that an error page may query
 * through request_conn.
 */
#include "web/answer.h"

#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "base/str.h"
#include "web/cache.h"
#include "web/form.h"
#include "web/server.h"

/* ---- plain answers ---- */

/* A file that will not be sent after all. */
static void drop_file(struct answer *answer)
{
    if (answer->file)
        close(answer->file - 1);
    answer->file = 0;
}

void answer_reset(struct request *request)
{
    drop_file(&request->answer);
    if (request->answer.ready_owner)
        cache_release(request);
    memset(&request->answer, 0, sizeof(request->answer));
}

void answer_bytes(struct request *request, int status, const char *type, struct souk_str body)
{
    struct answer *answer = &request->answer;
    if (answer->ready_owner)
        cache_release(request);
    drop_file(answer);
    answer->ready = NULL;
    answer->status = status;
    answer->type = souk_str(type);
    answer->body = body;
}

void answer_file(struct request *request, int fd, int64_t size, const char *type,
                 struct souk_str tag, int stays)
{
    answer_bytes(request, 200, type, souk_str(""));
    request->answer.file = fd + 1;
    request->answer.file_from = 0;
    request->answer.file_size = size;
    answer_header(request, "etag", arena_printf(&request->arena, "\"%.*s\"", SOUK_PRI(tag)));
    answer_header(request, "cache-control",
                  souk_str(stays ? "public, max-age=31536000, immutable" : "no-cache"));
}

void answer_text(struct request *request, int status, const char *text)
{
    answer_bytes(request, status, "text/plain; charset=utf-8", souk_str(text));
}

void answer_html(struct request *request, int status, struct souk_str html)
{
    answer_bytes(request, status, "text/html; charset=utf-8", html);
}

static void answer_tree(struct request *request, int status, const char *type,
                        const struct json *value)
{
    struct buf out = {.arena = &request->arena};
    json_print(&out, value);
    answer_bytes(request, status, type, buf_str(&out));
}

void answer_json(struct request *request, int status, const struct json *value)
{
    answer_tree(request, status, "application/json", value);
}

/* ---- headers ---- */

static int is_token(struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c <= 0x20 || c >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", c))
            return 0;
    }
    return name.len > 0;
}

static int is_field_text(struct souk_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c < 0x20 || c == 0x7f)
            return 0;
    }
    return 1;
}

/* Headers that libmicrohttpd makes: a second one would make the answer ambiguous. */
static int is_ours(struct souk_str name)
{
    static const char *const ours[] = {
        "content-length", "transfer-encoding",      "connection", "date", "upgrade",
        "x-request-id",   "x-content-type-options", NULL};
    for (const char *const *word = ours; *word; word++)
        if (str_equal_nocase(name, souk_str(*word)))
            return 1;
    return 0;
}

static int may_repeat(struct souk_str name)
{
    return str_equal_nocase(name, souk_str("set-cookie")) ||
           str_equal_nocase(name, souk_str("link"));
}

int answer_header(struct request *request, const char *name, struct souk_str value)
{
    struct header_list *list = &request->answer.headers;
    struct souk_str key = souk_str(name);
    if (!is_token(key) || !is_field_text(value) || is_ours(key))
        return SOUK_INVALID;
    value = arena_str(&request->arena, value);
    if (str_equal_nocase(key, souk_str("content-type"))) {
        request->answer.type = value;
        return 0;
    }
    for (size_t i = 0; i < list->count && !may_repeat(key); i++) {
        if (str_equal_nocase(list->at[i].name, key)) {
            list->at[i].value = value;
            return 0;
        }
    }
    header_list_add(&request->arena, list, arena_str(&request->arena, key), value);
    return 0;
}

static int is_cookie_text(struct souk_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\')
            return 0;
    }
    return 1;
}

/* A cookie of the same name that was set before in this answer makes room. */
static void drop_cookie(struct header_list *list, struct souk_str name)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct souk_str value = list->at[i].value;
        int same = str_equal_nocase(list->at[i].name, souk_str("set-cookie")) &&
                   value.len > name.len && value.ptr[name.len] == '=' &&
                   memcmp(value.ptr, name.ptr, name.len) == 0;
        if (!same)
            list->at[kept++] = list->at[i];
    }
    list->count = kept;
}

int answer_cookie(struct request *request, const char *name, struct souk_str value,
                  int64_t max_age_s)
{
    struct buf text = {.arena = &request->arena};
    if (!is_token(souk_str(name)) || !is_cookie_text(value))
        return SOUK_INVALID;
    buf_printf(&text, "%s=%.*s; Path=/; HttpOnly; SameSite=Lax", name, SOUK_PRI(value));
    if (request->tls)
        buf_add_cstr(&text, "; Secure");
    if (max_age_s > 0)
        buf_printf(&text, "; Max-Age=%lld", (long long)max_age_s);
    else if (max_age_s < 0 || value.len == 0)
        buf_add_cstr(&text, "; Max-Age=0"); /* take it away */
    drop_cookie(&request->answer.headers, souk_str(name));
    header_list_add(&request->arena, &request->answer.headers, souk_str("Set-Cookie"),
                    buf_str(&text));
    return 0;
}

/* ---- redirects ---- */

static int location_allowed(struct souk_str location)
{
    if (location.len && location.ptr[0] == '/')
        return location.len == 1 || (location.ptr[1] != '/' && location.ptr[1] != '\\');
    return (str_starts(location, "https://") && location.len > 8) ||
           (str_starts(location, "http://") && location.len > 7);
}

void answer_redirect(struct request *request, int status, struct souk_str location)
{
    static const char digits[] = "0123456789ABCDEF";
    struct buf text = {.arena = &request->arena};
    if (!location_allowed(location)) {
        log_error("redirect.refused", LOG_S("where", request->route ? request->route->where : ""),
                  LOG_T("location", location));
        answer_problem(request, 500, NULL, "this page leads nowhere", NULL);
        return;
    }
    for (size_t i = 0; i < location.len; i++) {
        unsigned char c = (unsigned char)location.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\') {
            buf_add_char(&text, '%');
            buf_add_char(&text, digits[c >> 4]);
            buf_add_char(&text, digits[c & 15]);
        } else {
            buf_add_char(&text, (char)c);
        }
    }
    answer_text(request, status, "");
    answer_header(request, "Location", buf_str(&text));
}

/* ---- problems ---- */

const char *answer_reason(int status)
{
    switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return status < 500 ? "Refused" : "Failed";
    }
}

/* HTML goes to who asked for a page, problem+json to all others. */
static int wants_page(const struct request *request)
{
    const struct web_site *site = request->site;
    const struct web_route *route = request->route;
    if (!site || !site->error_page || request->control || (route && route->flags & ROUTE_API) ||
        str_starts(request->path, "/api/"))
        return 0;
    if (route && route->flags & (ROUTE_PAGE | ROUTE_STAFF))
        return 1;
    struct souk_str accept = request_header(request, "accept");
    return memmem(accept.ptr, accept.len, "text/html", 9) != NULL;
}

void answer_problem(struct request *request, int status, const char *type, const char *detail,
                    const struct json *more)
{
    const struct web_site *site = request->site;
    struct arena *arena = &request->arena;
    const char *title = answer_reason(status);
    if (detail)
        detail = arena_cstr(arena, souk_str(detail)); /* callers pass what lives on their stack */
    answer_bytes(request, 0, "", souk_str(""));
    if (status == 503 || status == 429) {
        if (header_list_find_nocase(&request->answer.headers, "retry-after").len == 0)
            answer_header(request, "Retry-After", souk_str("1"));
    }
    if (wants_page(request)) {
        site->error_page(request, status, detail ? detail : title);
        if (request->answer.status)
            return;
    }
    struct json *problem = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, problem, "type", type ? type : "about:blank");
    json_add_cstr(arena, problem, "title", title);
    json_add_int(arena, problem, "status", status);
    json_add_cstr(arena, problem, "detail", detail ? detail : title);
    if (more && more->kind == JSON_OBJECT) {
        json_each(item, more)
        {
            json_add_tree(arena, problem, arena_cstr(arena, item->key), &item->value);
        }
    }
    answer_tree(request, status, "application/problem+json", problem);
}

int answer_status_of(int code)
{
    switch (code) {
    case SOUK_OK: return 200;
    case SOUK_INVALID: return 400;
    case SOUK_DENIED: return 403;
    case SOUK_NOT_FOUND: return 404;
    case SOUK_CONFLICT: return 409;
    case SOUK_TOO_LARGE: return 413;
    case SOUK_BUSY:
    case SOUK_UNAVAILABLE: return 503;
    case SOUK_TIMEOUT: return 504;
    default: return 500;
    }
}

static const char *plain_words(int status)
{
    switch (status) {
    case 404: return "there is nothing here";
    case 503: return "the shop is busy; try again in a moment";
    case 504: return "this took too long; try again in a moment";
    case 500: return "something went wrong on our side; it has been noted";
    default: return NULL;
    }
}

void answer_error(struct request *request, const struct err *err)
{
    int status = answer_status_of(err->code ? err->code : SOUK_ERROR);
    const char *detail = err->text[0] ? err->text : plain_words(status);
    if (status == 500 && !request->control) {
        /* what went wrong inside is for the log, not for strangers */
        log_error("request.failed", LOG_S("request", request->id),
                  LOG_S("where", request->route ? request->route->where : ""),
                  LOG_S("error", err->text[0] ? err->text : err_name(err->code)));
        detail = plain_words(500);
    }
    answer_problem(request, status, NULL, detail ? detail : err_name(err->code), NULL);
}
