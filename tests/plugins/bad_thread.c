/*
 * bad_thread: starts a thread of its own, which crashes when told to.
 */
#include <souk.h>

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static int told[2];

static void *run(void *arg)
{
    char c;
    (void)arg;
    while (read(told[0], &c, 1) == 1)
        *(volatile int *)0 = 1;
    return NULL;
}

static int init(struct souk_ctx *ctx)
{
    pthread_t thread;
    if (pipe(told) != 0 || pthread_create(&thread, NULL, run, NULL) != 0)
        return souk_fail(ctx, SOUK_ERROR, "no thread to be had");
    return SOUK_OK;
}

static int tell(struct souk_ctx *ctx)
{
    if (write(told[1], "x", 1) != 1)
        return souk_fail(ctx, SOUK_ERROR, "the thread is gone");
    return souk_answer_text(ctx, 200, souk_str("told\n"));
}

static const struct souk_route routes[] = {
    {.method = "GET", .path = "/go", .kind = SOUK_TASK, .surface = SOUK_PUBLIC, .handle = tell},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_thread",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
    .init = init,
};
