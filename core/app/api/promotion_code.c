/*
 * promotion_code: coupon codes in batches over REST: generated, listed, disabled.
 */
#include "app/api/idempotency.h"
#include "app/api/route.h"
#include "app/api/step.h"
#include "app/promo_codes.h"
#include "base/str.h"
#include "shop/promo_book.h"

#define LIST_MOST 1000

int promotion_api_codes(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct souk_str many = request_query(request, "limit");
    struct souk_str batch = request_query(request, "batch");
    struct json *items = json_new(arena, JSON_ARRAY);
    struct err err = {0};
    int64_t limit = 100;
    if (many.len && (str_to_int(many, &limit) != SOUK_OK || limit < 1 || limit > LIST_MOST))
        return api_refuse(request, 400, "/limit", "limit is a number from 1 to 1,000");
    int code = promo_codes_list(request_conn(request), arena, batch,
                                request_query(request, "cursor"), (int)limit, items, &err);
    if (code == SOUK_NOT_FOUND) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    if (code != SOUK_OK)
        return code;
    answer_header(request, "Cache-Control", souk_str("no-store"));
    struct souk_str last = items->last ? json_text(json_at(&items->last->value, "code")) : STR_NULL;
    return api_answer_items(request, items, items->count == limit && batch.len ? last : STR_NULL);
}

static int step(struct request *request, const char *name, int status)
{
    struct err err = {0};
    struct json *answer = NULL;
    int go_on = idempotency_begin(request, request->principal);
    if (go_on != 1)
        return go_on;
    const struct json *body = api_step_body(request);
    if (!body)
        return SOUK_OK;
    int code = promo_codes_step(request->conn, &request->arena, name, body, request->principal,
                                request->now, &answer, &err);
    if (code != SOUK_OK)
        return api_step_refuse(request, code, &err, "conflict", NULL);
    answer_json(request, status, answer);
    answer_header(request, "Cache-Control", souk_str("no-store"));
    return idempotency_end(request, request->principal);
}

int promotion_api_generate(struct request *request, const struct web_route *route)
{
    (void)route;
    return step(request, "generate", 201);
}

int promotion_api_disable(struct request *request, const struct web_route *route)
{
    (void)route;
    return step(request, "disable", 200);
}
