/*
 * bad_loop: never returns.
 */
#include <souk.h>

static int spin(struct souk_ctx *ctx)
{
    (void)ctx;
    for (volatile int i = 0;; i = i + 1)
        ;
    return SOUK_OK;
}

static const struct souk_route routes[] = {
    {.method = "GET", .path = "/go", .kind = SOUK_TASK, .surface = SOUK_PUBLIC, .handle = spin},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_loop",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
};
