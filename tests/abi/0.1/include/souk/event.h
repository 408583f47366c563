/*
 * Events and jobs: telling others, and doing later.
 *
 * souk_emit() in a WRITE handler or write step puts a fact into the outbox in the same transaction:
 * it is delivered at least once if the transaction commits, and never otherwise. In a READ handler
 * it queues the fact for the log: it may be lost in a crash within a second. In a TASK it waits for
 * a write of its own.
 */
#ifndef SOUK_EVENT_H
#define SOUK_EVENT_H

#include <souk/db.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_event_api {
    uint32_t size;
    uint32_t reserved;
    int (*emit)(struct souk_ctx *ctx, const char *event, struct souk_str subject,
                const struct souk_value *payload);
    int (*filter)(struct souk_ctx *ctx, const char *event, struct souk_str subject,
                  struct souk_value *payload);
    int (*job_add)(struct souk_ctx *ctx, const char *job, struct souk_str key,
                   const struct souk_value *payload, int64_t due);
    int (*push)(struct souk_ctx *ctx, struct souk_str topic, const struct souk_value *value);
};

#ifdef __cplusplus
}
#endif

#endif
