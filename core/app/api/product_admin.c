/*
 * product_admin: products as documents (shop/product.h) for programs of the shop: read, made,
 * changed, archived. The version of a document is its ETag; who sends If-Match, or "version" in the
 * document, is refused with 409 when somebody else has changed it since.
 */
#include "app/api.sql.h"
#include "app/api/idempotency.h"
#include "app/api/route.h"
#include "base/str.h"
#include "shop/product.h"

#define LIST_MOST 200

int product_admin_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct souk_str after_text = request_query(request, "after");
    struct souk_str limit_text = request_query(request, "limit");
    int64_t after = 0, limit = 50, last = 0, count = 0;
    struct db_rows rows;
    if (after_text.len && (str_to_int(after_text, &after) != SOUK_OK || after < 0))
        return api_refuse(request, 400, "/after", "after is what \"next\" of the list before was");
    if (limit_text.len &&
        (str_to_int(limit_text, &limit) != SOUK_OK || limit < 1 || limit > LIST_MOST))
        return api_refuse(request, 400, "/limit", "limit is a number from 1 to 200");
    struct json *items = json_new(arena, JSON_ARRAY);
    struct souk_str next = STR_NULL;
    int code = db_query(request_conn(request), &sql_api_products_after, &rows, DB_INT(after),
                        DB_INT(limit + 1), DB_CSTR(market_shop()->locales[0]));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (++count > limit)
            continue;
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        last = db_int(&rows, 0);
        json_add_int(arena, item, "id", last);
        json_add_str(arena, item, "key", arena_str(arena, db_text(&rows, 1)));
        json_add_str(arena, item, "name", arena_str(arena, db_text(&rows, 7)));
        json_add_str(arena, item, "type", arena_str(arena, db_text(&rows, 2)));
        json_add_str(arena, item, "status", arena_str(arena, db_text(&rows, 3)));
        json_add_str(arena, item, "visibility", arena_str(arena, db_text(&rows, 4)));
        json_add_int(arena, item, "variants", db_int(&rows, 8));
        json_add_int(arena, item, "version", db_int(&rows, 5));
        json_add_time(arena, item, "changed_at", db_int(&rows, 6));
    }
    if (code != SOUK_OK)
        return code;
    api_spell_ids(arena, items);
    if (count > limit)
        next = arena_printf(arena, "%lld", (long long)last);
    return api_answer_items(request, items, next);
}

/* Answers with the document as it is now. */
static int answer_document(struct request *request, int status, int64_t id)
{
    struct json *doc;
    int code = product_load(request_conn(request), &request->arena, id, &doc);
    if (code != SOUK_OK)
        return code;
    api_spell_ids(&request->arena, doc);
    answer_json(request, status, doc);
    return answer_header(
        request, "ETag",
        arena_printf(&request->arena, "\"%lld\"", (long long)json_int(json_at(doc, "version"), 0)));
}

int product_admin_get(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id;
    int code = product_find(request_conn(request), request_param(request, "key"), &id);
    return code == SOUK_OK ? answer_document(request, 200, id) : code;
}

/* ---- changing ---- */

/* The key says which product it is; an id that came along from an answer says nothing more. */
static struct json *without_id(struct arena *arena, const struct json *body)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    json_each(item, body)
    {
        if (!souk_str_is(item->key, "id"))
            *json_add_key(arena, doc, item->key, JSON_NULL) = item->value;
    }
    return doc;
}

/* The document of the request with key and version put in where path and If-Match say them. NULL:
 * answered. */
static struct json *read_document(struct request *request, struct souk_str key)
{
    struct err err = {0};
    const struct json *body = NULL;
    if (request_json(request, &body, &err) != SOUK_OK) {
        answer_error(request, &err);
        return NULL;
    }
    if (body->kind != JSON_OBJECT) {
        api_refuse(request, 400, "", "a product is a JSON object");
        return NULL;
    }
    struct json *doc = without_id(&request->arena, body);
    struct souk_str own = json_text(json_at(doc, "key"));
    if (key.len && own.len && !souk_str_equal(own, key)) {
        api_refuse(request, 400, "/key", "the key of the document is not that of the address");
        return NULL;
    }
    if (key.len)
        json_add_str(&request->arena, doc, "key", key);
    struct souk_str match = request_header(request, "if-match");
    int64_t version;
    if (str_starts(match, "W/"))
        match = str_from(match, 2);
    if (match.len && !souk_str_is(match, "*")) {
        if (match.len < 3 || match.ptr[0] != '"' || match.ptr[match.len - 1] != '"' ||
            str_to_int(str_make(match.ptr + 1, match.len - 2), &version) != SOUK_OK) {
            answer_problem(request, 400, NULL, "If-Match must be the ETag of the product", NULL);
            return NULL;
        }
        json_add_int(&request->arena, doc, "version", version);
    }
    return doc;
}

/* Says what was wrong; the write is undone. */
static int refuse_save(struct request *request, int code, const struct product_result *result,
                       const struct err *err)
{
    int status = answer_status_of(code);
    const char *detail = err->text[0] ? err->text : "the product cannot be saved";
    if (status >= 500 || code == SOUK_NOT_FOUND)
        return code;
    api_refuse(request, status, result->pointer, detail);
    return code;
}

static struct souk_str location_of(struct request *request, struct souk_str key)
{
    struct buf out = {.arena = &request->arena};
    buf_add_cstr(&out, "/api/v1/admin/products/");
    buf_add_encoded(&out, key);
    return buf_str(&out);
}

static int save(struct request *request, const struct json *doc)
{
    struct product_result result = {0};
    struct err err = {0};
    int code =
        product_save(request->conn, &request->arena, doc, "edit", request->now, &result, &err);
    if (code != SOUK_OK)
        return refuse_save(request, code, &result, &err);
    int made = result.change == PRODUCT_CREATED;
    code = answer_document(request, made ? 201 : 200, result.id);
    if (code == SOUK_OK && made)
        code = answer_header(request, "Location",
                             location_of(request, json_text(json_at(doc, "key"))));
    return code;
}

int product_admin_put(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *doc = read_document(request, request_param(request, "key"));
    int64_t id;
    if (!doc)
        return SOUK_OK;
    if (request_header(request, "if-match").len &&
        product_find(request->conn, json_text(json_at(doc, "key")), &id) == SOUK_NOT_FOUND) {
        answer_problem(request, 409, "changed", "this product is not there (any more)", NULL);
        return SOUK_OK;
    }
    return save(request, doc);
}

int product_admin_patch(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id;
    int code = product_find(request->conn, request_param(request, "key"), &id);
    struct json *doc =
        code == SOUK_OK ? read_document(request, request_param(request, "key")) : NULL;
    return doc ? save(request, doc) : code;
}

int product_admin_post(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id;
    int go_on = idempotency_begin(request, request->principal);
    if (go_on != 1)
        return go_on;
    struct json *doc = read_document(request, souk_str(""));
    if (!doc)
        return SOUK_OK;
    struct souk_str key = json_text(json_at(doc, "key"));
    if (!key.len)
        return api_refuse(request, 400, "/key", "a new product needs a \"key\"");
    if (product_find(request->conn, key, &id) == SOUK_OK)
        return api_refuse(request, 409, "/key",
                          "there is a product of this key; change it with PUT or PATCH");
    int code = save(request, doc);
    return code == SOUK_OK ? idempotency_end(request, request->principal) : code;
}

int product_admin_delete(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    int64_t id;
    int purge = souk_str_is(request_query(request, "purge"), "1");
    int code = product_find(request->conn, request_param(request, "key"), &id);
    if (code == SOUK_OK)
        code = product_archive(request->conn, id, purge, request->now, &err);
    if (code != SOUK_OK) {
        err.code = code;
        if (code != SOUK_NOT_FOUND)
            answer_error(request, &err);
        return code;
    }
    answer_bytes(request, 204, "application/json", souk_str(""));
    return SOUK_OK;
}
