/*
 * script: one chunk of Lua in a worker of its own, for `souk script run` on a running shop: what a
 * rule may do, tried where rules run. Nothing of the shop is in its reach, and nothing is kept.
 */
#include "app/api/route.h"
#include "app/promotion.h"
#include "app/script.h"

static int answer_outcome(struct request *request, const struct json *body)
{
    struct arena *arena = &request->arena;
    struct err err = {0};
    struct script_host *host = promotion_host();
    struct script_source source = {json_text(json_at(body, "name")),
                                   json_text(json_at(body, "source"))};
    if (!host) {
        err_set(&err, SOUK_UNAVAILABLE, "no process for scripts can be started");
        answer_error(request, &err);
        return SOUK_OK;
    }
    if (!source.path.len)
        source.path = souk_str("script");
    answer_json(request, 200, script_try(host, arena, &source));
    return SOUK_OK;
}

int script_api_run(struct request *request, const struct web_route *route)
{
    const struct json *body = NULL;
    struct err err = {0};
    (void)route;
    int code = request_json(request, &body, &err);
    if (code == SOUK_OK &&
        (!json_at(body, "source") || json_at(body, "source")->kind != JSON_STRING))
        code = err_set(&err, SOUK_INVALID, "\"source\" must be the text of a script");
    if (code != SOUK_OK) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    return answer_outcome(request, body);
}
