/*
 * quote: what `souk quote` asks a running shop: the price of a cart that stands in a file, by the
 * rules that serve or by the texts that came along ("scripts"). Nothing is written.
 */
#include "app/api/route.h"
#include "app/promotion.h"

int quote_api_run(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct err err = {0};
    const struct json *body = NULL;
    struct json *quote = NULL, *errors = json_new(arena, JSON_ARRAY);
    (void)route;
    int code = request_json(request, &body, &err);
    if (code == SOUK_OK)
        code =
            promotion_quote(request_conn(request), arena, body, request->now, &quote, errors, &err);
    if (code == SOUK_OK) {
        answer_json(request, 200, quote);
    } else if (errors->count) {
        struct json *more = json_new(arena, JSON_OBJECT);
        json_add_tree(arena, more, "scripts", errors);
        answer_problem(request, 422, "scripts", err.text, more);
    } else {
        answer_error(request, &err);
    }
    return SOUK_OK;
}
