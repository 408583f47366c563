/*
 * bad_link: a plugin that was linked against nothing and calls something that is
 * nowhere.
 */
#include <souk.h>

int function_that_is_nowhere(void);

static int call(struct souk_ctx *ctx)
{
    (void)ctx;
    return function_that_is_nowhere();
}

static const struct souk_route routes[] = {
    {.method = "GET", .path = "/go", .kind = SOUK_READ, .surface = SOUK_PUBLIC, .handle = call},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_link",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .routes = SOUK_TABLE(routes),
};
