/*
 * probe_push: behaves: tells browsers of each fact "probe.rung", and refuses to do so before it is
 * committed.
 */
#include <souk.h>

static int ring(struct souk_ctx *ctx)
{
    struct souk_value *bell = souk_map(ctx);
    souk_set_str(ctx, bell, "who", souk_query_param(ctx, "who"));
    int early = souk_push(ctx, souk_str("public:bell"), bell);
    if (early != SOUK_WRONG_KIND)
        return souk_fail(ctx, SOUK_ERROR, "a write could push: %d", early);
    int code = souk_emit(ctx, "probe.rung", souk_str("bell"), bell);
    return code ? code : souk_answer_text(ctx, 201, souk_str("rung\n"));
}

static int on_rung(struct souk_ctx *ctx, const struct souk_event *event)
{
    if (souk_push(ctx, souk_str("private:bell"), event->payload) != SOUK_INVALID)
        return SOUK_ERROR;
    return souk_push(ctx, souk_str("public:bell"), event->payload);
}

static const struct souk_route routes[] = {
    {.method = "POST", .path = "/ring", .kind = SOUK_WRITE, .surface = SOUK_PUBLIC, .handle = ring},
};

static const struct souk_listener events[] = {
    {.event = "probe.rung", .kind = SOUK_FACT, .handle = on_rung},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_push",
    .version = "1.0.0",
    .summary = "Tells browsers that somebody rang",
    .routes = SOUK_TABLE(routes),
    .events = SOUK_TABLE(events),
};
