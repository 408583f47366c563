/*
 * Events and jobs: telling others, doing later, and the log of what people did.
 *
 * Facts ("noun.verbed") and filters ("noun.verbing") are called in the order of their priority,
 * then of the plugins' names: `souk hooks order.placing` prints it. The shop's own are listed in
 * souk/order.h; others: product.changed {"id", "key"}, page.viewed {"path", "locale", "views"},
 * person.registered, person.moved {"person", "from", "to"}, person.merged, person.unmerged,
 * person.erased {"person"}, inquiry.received, promotion.switched.
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
    /* since 0.2 */
    int (*record)(struct souk_ctx *ctx, const char *kind, int64_t person_id,
                  struct souk_str subject, const struct souk_value *data);
    int (*recent)(struct souk_ctx *ctx, const char *kind, int64_t person_id, int64_t before,
                  uint32_t limit, const struct souk_value **list);
};

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* ---- events, jobs, the network ---- */

/* A fact. In WRITE a part of the transaction; in READ queued, lost in a crash, SOUK_BUSY when 4,096 wait; in TASK it waits for its own write.
 * Facts of one subject arrive in order. `payload` may be NULL. [serving; 0.1] */
static inline int souk_emit(struct souk_ctx *ctx, const char *event, struct souk_str subject, const struct souk_value *payload) { return souk_api->event->emit(ctx, event, subject, payload); }
/* Asks all filters of `event`, in order, which may change `payload`. TASK only; takes as long as they take. A veto: its code, the reason in souk_failure. [TASK; blocks; 0.1] */
static inline int souk_filter(struct souk_ctx *ctx, const char *event, struct souk_str subject, struct souk_value *payload) { return souk_api->event->filter(ctx, event, subject, payload); }
/* Runs a job of this plugin at `due` (0: now). `key` (may be empty): SOUK_CONFLICT while a job with it waits. Not in READ; in TASK it waits for its own write. [WRITE TASK; TASK waits; 0.1] */
static inline int souk_job_add(struct souk_ctx *ctx, const char *job, struct souk_str key, const struct souk_value *payload, int64_t due) { return souk_api->event->job_add(ctx, job, key, payload, due); }
/* Sends `value` as JSON to every browser that has subscribed to `topic` ("public:…", at most 128 bytes) on the WebSocket /push: {"subscribe": ["public:…"]}. A browser
 * that was away has missed it: push what stands in the database, and let pages fetch what they missed. TASK, jobs, listeners, commands; never blocks. [TASK; 0.1] */
static inline int souk_push(struct souk_ctx *ctx, struct souk_str topic, const struct souk_value *value) { return souk_api->event->push(ctx, topic, value); }

/* ---- the event log: one row for each thing that somebody did, shared by all reports ---- */

/* Writes a row: `kind` is "<plugin>.<verb>" or one of the shop's that tell of visits ("lead.made", "product.viewed" …; orders and money
 * tell themselves), `subject` "product:17"; person 0 and no request: nobody. The visitor is the request's.
 * [WRITE TASK; waits; 0.2] */
static inline int souk_record(struct souk_ctx *ctx, const char *kind, int64_t person_id, struct souk_str subject, const struct souk_value *data) { return souk_api->event->record(ctx, kind, person_id, subject, data); }
/* The latest first: {"id", "at", "kind", "subject", "data", "visitor", "person"}; `kind` NULL: all; person 0: everybody; `before`: the id of the last one that was
 * seen, 0: from the newest; at most 500. [serving; 0.2] */
static inline int souk_recent(struct souk_ctx *ctx, const char *kind, int64_t person_id, int64_t before, uint32_t limit, const struct souk_value **list) { return souk_api->event->recent(ctx, kind, person_id, before, limit, list); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
