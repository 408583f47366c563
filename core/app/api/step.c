/*
 * step.c: bodies, refusals and pages of lists for the handlers of steps. Every refusal is a
 * problem+json that a program can act on: it names a place in the body, or the steps that are
 * possible instead of the one that was asked for.
 */
#include "app/api/step.h"

#include "app/api/route.h"
#include "base/str.h"
#include "shop/order.h"

#define LIST_MOST 200

const struct json *api_step_body(struct request *request)
{
    const struct json *body = NULL;
    struct err err = {0};
    if (request->body.len == 0)
        return json_new(&request->arena, JSON_OBJECT);
    if (request_json(request, &body, &err) != SOUK_OK) {
        answer_error(request, &err);
        return NULL;
    }
    if (body->kind != JSON_OBJECT) {
        api_refuse(request, 400, "", "the body is a JSON object");
        return NULL;
    }
    return order_args(&request->arena, body);
}

int api_step_refuse(struct request *request, int code, const struct err *err, const char *type,
                    struct json *allowed)
{
    struct arena *arena = &request->arena;
    struct souk_str words = souk_str(err->text[0] ? err->text : db_error(request->conn));
    int status = answer_status_of(code);
    if (status >= 500)
        return code;
    ptrdiff_t colon = str_find(words, ':');
    if (words.ptr[0] == '/' && colon > 0) {
        api_refuse(request, status, arena_cstr(arena, str_make(words.ptr, (size_t)colon)),
                   arena_cstr(arena, str_trim(str_from(words, (size_t)colon + 1))));
        return code;
    }
    struct json *more = json_new(arena, JSON_OBJECT);
    if (code == SOUK_CONFLICT && allowed)
        json_add_tree(arena, more, "allowed", allowed);
    answer_problem(request, status, code == SOUK_CONFLICT ? type : NULL, arena_cstr(arena, words),
                   more);
    return code;
}

int api_step_page(struct request *request, int64_t *limit, int64_t *before)
{
    struct souk_str many = request_query(request, "limit"), at = request_query(request, "cursor");
    *limit = 50;
    *before = INT64_MAX;
    if (many.len && (str_to_int(many, limit) != SOUK_OK || *limit < 1 || *limit > LIST_MOST)) {
        api_refuse(request, 400, "/limit", "limit is a number from 1 to 200");
        return 1;
    }
    if (at.len && str_to_int(at, before) != SOUK_OK) {
        api_refuse(request, 400, "/cursor", "cursor is what \"next\" of the list before was");
        return 1;
    }
    return 0;
}

int api_step_items(struct request *request, struct json *items, int64_t last)
{
    api_spell_ids(&request->arena, items);
    int code = api_answer_items(
        request, items, last ? arena_printf(&request->arena, "%lld", (long long)last) : STR_NULL);
    return code ? code : answer_header(request, "Cache-Control", souk_str("no-store"));
}
