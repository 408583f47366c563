/*
 * bad_filter: dawdles in a filter: half a second where a quarter is allowed.
 */
#include <souk.h>

#include <time.h>

static int dawdle(struct souk_ctx *ctx, const struct souk_event *event)
{
    struct timespec half = {0, 500000000};
    (void)ctx;
    (void)event;
    nanosleep(&half, NULL);
    return SOUK_OK;
}

static const struct souk_listener events[] = {
    {.event = "hello.greeting", .kind = SOUK_FILTER, .handle = dawdle},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_filter",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .events = SOUK_TABLE(events),
};
