/*
 * bad_exit: calls exit() and _exit().
 */
#include <souk.h>

#include <stdlib.h>
#include <unistd.h>

static int leave(struct souk_ctx *ctx)
{
    (void)ctx;
    exit(0);
}

static int leave_at_once(struct souk_ctx *ctx)
{
    (void)ctx;
    _exit(0);
}

static const struct souk_route routes[] = {
    {.method = "GET", .path = "/exit", .kind = SOUK_TASK, .surface = SOUK_PUBLIC, .handle = leave},
    {.method = "GET",
     .path = "/now",
     .kind = SOUK_TASK,
     .surface = SOUK_PUBLIC,
     .handle = leave_at_once},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_exit",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
};
