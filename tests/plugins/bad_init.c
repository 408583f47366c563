/*
 * bad_init: crashes in init.
 */
#include <souk.h>

static int init(struct souk_ctx *ctx)
{
    (void)ctx;
    *(volatile int *)0 = 1;
    return SOUK_OK;
}

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_init",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .init = init,
};
