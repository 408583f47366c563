/*
 * bad_descriptor: opens a file at each call and never closes it.
 */
#include <souk.h>

#include <fcntl.h>

static int leak(struct souk_ctx *ctx)
{
    int fd = open("/dev/null", O_RDONLY);
    return souk_answer_text(ctx, 200, souk_str(fd >= 0 ? "open\n" : "none left\n"));
}

static const struct souk_route routes[] = {
    {.method = "GET", .path = "/go", .kind = SOUK_READ, .surface = SOUK_PUBLIC, .handle = leak},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_descriptor",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
};
