/*
 * quote: what `souk quote` asks a running shop: the price of a cart that stands in a file. Nothing
 * is written.
 */
#include "app/api/route.h"
#include "base/clock.h"
#include "shop/quote.h"

int quote_api_run(struct request *request, const struct web_route *route)
{
    struct err err = {0};
    const struct json *body = NULL;
    struct json *quote = NULL;
    (void)route;
    int code = request_json(request, &body, &err);
    if (code == SOUK_OK)
        code = quote_run(request_conn(request), &request->arena, body, request->now, &quote, &err);
    if (code == SOUK_OK)
        answer_json(request, 200, quote);
    else
        answer_error(request, &err);
    return SOUK_OK;
}
