/*
 * health: what load balancers and monitors ask. /healthz says that the process answers; /readyz that it can do its work; /metrics counts.
 */
#include "app/route.h"
#include "app/shop_state.h"
#include "plugin/set.h"
#include "web/metrics.h"

int health_live(struct request *request, const struct web_route *route)
{
    (void)route;
    answer_text(request, 200, "ok\n");
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

/* A plugin that fails closed (a gate) and is not there: nothing can be sold. */
static int gate_missing(struct request *request, const char **name)
{
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    switch_list(shop_current()->host, &request->arena, items);
    json_each(item, items)
    {
        struct souk_str state = json_text(json_at(&item->value, "state"));
        if (json_int(json_at(&item->value, "role"), SOUK_OPTIONAL) == SOUK_GATE &&
            (souk_str_is(state, "quarantined") || souk_str_is(state, "failed"))) {
            *name = arena_cstr(&request->arena, json_text(json_at(&item->value, "name")));
            return 1;
        }
    }
    return 0;
}

int health_ready(struct request *request, const struct web_route *route)
{
    (void)route;
    const char *name;
    answer_header(request, "Cache-Control", souk_str("no-store"));
    if (gate_missing(request, &name)) {
        struct souk_str text =
            arena_printf(&request->arena, "not ready: plugin \"%s\" must answer and is not on\n", name);
        answer_bytes(request, 503, "text/plain; charset=utf-8", text);
        return SOUK_OK;
    }
    answer_text(request, 200, "ready\n");
    return SOUK_OK;
}

int health_metrics(struct request *request, const struct web_route *route)
{
    (void)route;
    struct buf out = {.arena = &request->arena};
    metrics_print(&out);
    answer_bytes(request, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&out));
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}
