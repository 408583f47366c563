/*
 * bad_leak: keeps 64 KiB of each call.
 */
#include <souk.h>

#include <stdlib.h>

static int leak(struct souk_ctx *ctx)
{
    char *kept = malloc(1u << 16);
    if (kept)
        memset(kept, 1, 1u << 16);
    return souk_answer_text(ctx, 200, souk_str(kept ? "kept\n" : "nothing left\n"));
}

static const struct souk_route routes[] = {
    {.method = "GET", .path = "/go", .kind = SOUK_READ, .surface = SOUK_PUBLIC, .handle = leak},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_leak",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
};
