/*
 * bad_null: writes through a null pointer: on a task thread, in READ and in WRITE.
 */
#include <souk.h>

static int crash(struct souk_ctx *ctx)
{
    (void)ctx;
    *(volatile int *)0 = 1;
    return SOUK_OK;
}

static const struct souk_route routes[] = {
    {.method = "GET", .path = "/task", .kind = SOUK_TASK, .surface = SOUK_PUBLIC, .handle = crash},
    {.method = "GET", .path = "/read", .kind = SOUK_READ, .surface = SOUK_PUBLIC, .handle = crash},
    {.method = "POST",
     .path = "/write",
     .kind = SOUK_WRITE,
     .surface = SOUK_PUBLIC,
     .handle = crash},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_null",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
};
