/*
 * push.c: lets plugins tell browsers that something is new. What is pushed must stand in the
 * database already, so that whoever missed it can fetch it; therefore it is a TASK's to push (a
 * listener of the fact, say), never a write's that may still be undone.
 */
#include "bridge/internal.h"

#include "base/str.h"
#include "web/push.h"

#define TOPIC_MOST 128
#define TEXT_MOST  ((size_t)64 << 10)

static struct push_hub *hub;

void bridge_push_use(struct push_hub *of_this_process)
{
    hub = of_this_process;
}

int push_tell(struct souk_ctx *ctx, struct souk_str topic, const struct souk_value *value)
{
    if (ctx->kind != SOUK_TASK)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_push in %s call: push from a listener of the fact, when it is "
                             "committed",
                             bridge_kind_name(ctx->kind));
    if (!bridge_view_ok(topic) || topic.len > TOPIC_MOST || !str_starts(topic, "public:"))
        return bridge_refuse(
            ctx, SOUK_INVALID,
            "souk_push: a topic begins with \"public:\" and has at most 128 bytes");
    if (!value)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_push: no value");
    struct souk_str text = value_print(ctx->arena, (const struct json *)value);
    if (text.len > TEXT_MOST)
        return bridge_refuse(ctx, SOUK_TOO_LARGE,
                             "souk_push: over 64 KiB; send an id and let browsers fetch the rest");
    int quiet = query_quiet(ctx, "souk_push");
    if (quiet != SOUK_OK)
        return quiet;
    if (hub)
        push_publish(hub, topic, text);
    return SOUK_OK;
}
