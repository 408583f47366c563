/*
 * bad_stack: recurses until the stack is gone.
 */
#pragma GCC diagnostic ignored "-Winfinite-recursion"
#include <souk.h>

static int dig(struct souk_ctx *ctx, volatile int depth)
{
    volatile char frame[4096];
    frame[0] = (char)depth;
    return dig(ctx, depth + 1) + frame[0];
}

static int overflow(struct souk_ctx *ctx)
{
    return dig(ctx, 0);
}

static const struct souk_route routes[] = {
    {.method = "GET", .path = "/go", .kind = SOUK_READ, .surface = SOUK_PUBLIC, .handle = overflow},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_stack",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
};
