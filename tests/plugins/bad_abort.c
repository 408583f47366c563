/*
 * bad_abort: calls abort().
 */
#include <souk.h>

#include <stdlib.h>

static int give_up(struct souk_ctx *ctx)
{
    (void)ctx;
    abort();
}

static const struct souk_route routes[] = {
    {.method = "GET", .path = "/go", .kind = SOUK_READ, .surface = SOUK_PUBLIC, .handle = give_up},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_abort",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
};
