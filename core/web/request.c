/*
 * request.c: reading a request: headers, query, form, cookies, uploads, JSON.
 * Everything is parsed at most once, when first asked for, into lists that live in the
 * request's arena; values are views wherever nothing had to be decoded.
 *
 * One thread at a time, as the request moves; no I/O but the snapshot that request_conn
 * begins.
 */
#include "web/request.h"

#include <string.h>
#include "base/str.h"
#include "web/form.h"
#include "web/multipart.h"

struct souk_str request_header(const struct request *request, const char *name)
{
    return header_list_find_nocase(&request->headers, name);
}

struct souk_str request_param(const struct request *request, const char *name)
{
    const struct web_route *route = request->route;
    for (int i = 0; route && i < ROUTER_PARAMS && route->params[i]; i++)
        if (strcmp(route->params[i], name) == 0)
            return request->params[i];
    return souk_str("");
}

struct souk_str request_query(struct request *request, const char *name)
{
    if (!request->query_parsed) {
        request->query_parsed = 1;
        form_parse(&request->arena, request->query_text, FORM_FIELDS, &request->query);
    }
    return header_list_find(&request->query, name);
}

/* Who takes large bodies takes long forms. */
static size_t fields_most(const struct request *request)
{
    size_t most = request->route ? request->route->body_limit / FORM_BYTES : 0;
    return most < FORM_FIELDS ? FORM_FIELDS : most < FORM_MOST ? most : FORM_MOST;
}

/* A form over a limit is not half read: what is missing in it would look emptied. */
static void parse_body(struct request *request)
{
    struct souk_str type = request_header(request, "content-type");
    struct souk_str body = buf_str(&request->body);
    struct souk_str plain = souk_str("application/x-www-form-urlencoded");
    request->form_parsed = 1;
    ptrdiff_t end = str_find(type, ';');
    struct souk_str kind = str_trim(end < 0 ? type : str_make(type.ptr, (size_t)end));
    if (str_equal_nocase(kind, plain)) {
        if (form_parse(&request->arena, body, fields_most(request), &request->form) != SOUK_OK)
            request->form = (struct header_list){0};
        return;
    }
    struct souk_str boundary = multipart_boundary(type);
    struct multipart parts;
    if (boundary.len && multipart_parse(&request->arena, body, boundary, &parts) == 0) {
        request->form = parts.fields;
        request->uploads = parts.uploads;
        request->upload_count = parts.upload_count;
    }
}

struct souk_str request_form(struct request *request, const char *name)
{
    if (!request->form_parsed)
        parse_body(request);
    return header_list_find(&request->form, name);
}

int request_form_has(struct request *request, const char *name, const char *value)
{
    if (!request->form_parsed)
        parse_body(request);
    return header_list_has(&request->form, name, value);
}

const struct upload *request_upload(struct request *request, const char *name)
{
    struct souk_str wanted = souk_str(name);
    if (!request->form_parsed)
        parse_body(request);
    for (size_t i = 0; i < request->upload_count; i++)
        if (souk_str_equal(request->uploads[i].field, wanted))
            return &request->uploads[i];
    return NULL;
}

struct souk_str request_cookie(struct request *request, const char *name)
{
    if (!request->cookies_parsed) {
        request->cookies_parsed = 1;
        for (size_t i = 0; i < request->headers.count; i++) {
            const struct header *header = &request->headers.at[i];
            if (header->name.len == 6 && str_equal_nocase(header->name, souk_str("cookie")))
                form_parse_cookies(header->value, &request->arena, &request->cookies);
        }
    }
    return header_list_find(&request->cookies, name);
}

static int is_json(struct souk_str type)
{
    ptrdiff_t end = str_find(type, ';');
    struct souk_str kind = str_trim(end < 0 ? type : str_make(type.ptr, (size_t)end));
    return str_equal_nocase(kind, souk_str("application/json")) ||
           (kind.len > 17 && str_ends(kind, "+json") && str_starts(kind, "application/"));
}

int request_json(struct request *request, const struct json **out, struct err *err)
{
    if (!request->body_json) {
        if (!is_json(request_header(request, "content-type"))) {
            return err_set(err, SOUK_INVALID,
                           "the body is not JSON; send it with Content-Type: application/json");
        }
        int code = json_parse(&request->arena, buf_str(&request->body), &request->body_json, err);
        if (code) {
            request->body_json = NULL;
            return code;
        }
    }
    *out = request->body_json;
    return 0;
}

struct db_conn *request_conn(struct request *request)
{
    if (!request->conn && request->db) {
        request->conn = db_read_begin(request->db, request->deadline);
        request->own_conn = request->conn != NULL;
    }
    return request->conn;
}

void request_conn_end(struct request *request)
{
    if (request->own_conn) {
        db_read_end(request->conn);
        request->conn = NULL;
        request->own_conn = 0;
    }
}

void request_then_write(struct request *request, db_fn fn, void *arg)
{
    request->then_fn = fn;
    request->then_arg = arg;
}
