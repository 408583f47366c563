/*
 * event.c: the sub-table for facts, filters and jobs.
 *
 * Where a fact goes depends on the kind of the call: in WRITE it is a row of the outbox
 * in the same transaction; a TASK waits for a write of its own; a READ handler, which
 * must not wait, leaves it in a bounded queue in memory, that the clock's turn hands to
 * the writer in one piece: such a fact may be lost in a crash, within a second.
 *
 * Threads: the queue is filled by I/O threads and emptied by the clock; one batch at a
 * time is with the writer.
 */
#include "bridge/internal.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/str.h"
#include "store/outbox.h"

#define QUEUE_MOST   4096
#define PAYLOAD_MOST ((size_t)64 << 10)
#define NAME_MOST    63
#define FILTER_DEPTH 8

/* ---- the queue ---- */

struct queued { /* one block of memory with its texts behind it */
    struct queued *next;
    struct souk_str topic, subject, payload;
    int64_t at;
};

static struct {
    pthread_mutex_t lock;
    struct queued *first, **end;
    int count;
    int writing; /* `batch` is with the writer */
    struct queued *batch;
    struct db_write write;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .end = &queue.first};

static struct souk_str append(char **to, struct souk_str text)
{
    struct souk_str copy = {*to, text.len};
    if (text.len)
        memcpy(*to, text.ptr, text.len);
    *to += text.len;
    return copy;
}

int event_queue_put(struct souk_str topic, struct souk_str subject, struct souk_str payload,
                    int64_t at)
{
    struct queued *fact = mem_alloc(sizeof(*fact) + topic.len + subject.len + payload.len);
    char *to = (char *)(fact + 1);
    fact->next = NULL;
    fact->at = at;
    fact->topic = append(&to, topic);
    fact->subject = append(&to, subject);
    fact->payload = append(&to, payload);
    pthread_mutex_lock(&queue.lock);
    int full = queue.count >= QUEUE_MOST;
    if (!full) {
        *queue.end = fact;
        queue.end = &fact->next;
        queue.count++;
    }
    pthread_mutex_unlock(&queue.lock);
    if (full)
        free(fact);
    return full ? SOUK_BUSY : SOUK_OK;
}

static int write_batch(struct db_conn *conn, void *arg)
{
    (void)arg;
    for (const struct queued *fact = queue.batch; fact; fact = fact->next) {
        int code = outbox_put(conn, fact->topic, fact->subject, fact->payload, fact->at, NULL);
        if (code != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}

static void batch_done(struct db_write *write)
{
    struct queued *fact = queue.batch;
    int count = 0;
    while (fact) {
        struct queued *next = fact->next;
        free(fact);
        fact = next;
        count++;
    }
    if (write->result != SOUK_OK)
        log_error("event.lost", LOG_I("count", count), LOG_S("code", err_name(write->result)),
                  LOG_S("text", "queued facts could not be written"));
    pthread_mutex_lock(&queue.lock);
    queue.batch = NULL;
    queue.writing = 0;
    pthread_mutex_unlock(&queue.lock);
}

void event_queue_turn(struct db *db)
{
    views_turn(clock_mono(), clock_now());
    pthread_mutex_lock(&queue.lock);
    int go = !queue.writing && queue.count > 0;
    if (go) {
        queue.batch = queue.first;
        queue.first = NULL;
        queue.end = &queue.first;
        queue.count = 0;
        queue.writing = 1;
    }
    pthread_mutex_unlock(&queue.lock);
    if (!go)
        return;
    queue.write = (struct db_write){.fn = write_batch, .done = batch_done};
    int code = db_write_push(db, &queue.write);
    if (code != SOUK_OK) {
        queue.write.result = code;
        batch_done(&queue.write);
    }
}

void event_queue_flush(struct db *db)
{
    views_turn(INT64_MAX, clock_now());
    event_queue_turn(db);
}

/* ---- facts ---- */

/* "noun.verbed": two or more words of [a-z0-9_] with points between them. */
static int is_event_name(const char *name)
{
    size_t len = name ? strlen(name) : 0;
    if (len == 0 || len > NAME_MOST || name[0] == '.' || name[len - 1] == '.' ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") != len)
        return 0;
    return strchr(name, '.') != NULL && strstr(name, "..") == NULL;
}

static int check_event(struct souk_ctx *ctx, const char *function, const char *event,
                       struct souk_str subject)
{
    if (!is_event_name(event))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "%s: an event is named noun.verbed in a-z, 0-9, _ and points",
                             function);
    if (!bridge_view_ok(subject) || subject.len > 200)
        return bridge_refuse(ctx, SOUK_INVALID, "%s %s: the subject is over 200 bytes", function,
                             event);
    return SOUK_OK;
}

struct fact {
    struct souk_str topic, subject, payload;
};

static int put_fact(struct souk_ctx *ctx, void *arg)
{
    const struct fact *fact = arg;
    int code = outbox_put(ctx->conn, fact->topic, fact->subject, fact->payload, ctx->now, NULL);
    if (code != SOUK_OK)
        bridge_refuse(ctx, code, "souk_emit %.*s: %s", SOUK_PRI(fact->topic), db_error(ctx->conn));
    return code;
}

static int event_emit(struct souk_ctx *ctx, const char *event, struct souk_str subject,
                      const struct souk_value *payload)
{
    if (check_event(ctx, "souk_emit", event, subject) != SOUK_OK)
        return SOUK_INVALID;
    struct fact fact = {souk_str(event), value_clean(ctx->arena, subject),
                        payload ? value_print(ctx->arena, (const struct json *)payload)
                                : souk_str("{}")};
    if (fact.payload.len > PAYLOAD_MOST)
        return bridge_refuse(ctx, SOUK_TOO_LARGE,
                             "souk_emit %s: over 64 KiB; send an id and let listeners "
                             "read the rest",
                             event);
    switch (ctx->kind) {
    case SOUK_WRITE: return query_conn(ctx) ? put_fact(ctx, &fact) : ctx->failure.code;
    case SOUK_TASK: return query_write(ctx, put_fact, &fact);
    case SOUK_READ:
        if (event_queue_put(fact.topic, fact.subject, fact.payload, ctx->now) == SOUK_OK)
            return SOUK_OK;
        return bridge_refuse(ctx, SOUK_BUSY, "souk_emit %s: 4,096 facts wait already", event);
    default:
        return bridge_refuse(ctx, SOUK_WRONG_KIND, "souk_emit %s in init, start or stop; use a job",
                             event);
    }
}

/* ---- filters ---- */

static int event_ask(struct souk_ctx *ctx, const char *event, struct souk_str subject,
                     struct souk_value *payload)
{
    static _Thread_local int depth;
    struct json *json = (struct json *)payload;
    if (check_event(ctx, "souk_filter", event, subject) != SOUK_OK)
        return SOUK_INVALID;
    if (ctx->kind != SOUK_TASK)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_filter %s in %s call: filters may take long, so they "
                             "are asked in TASK",
                             event, bridge_kind_name(ctx->kind));
    if (!json || json->kind != JSON_OBJECT)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_filter %s: the payload is no map", event);
    if (depth >= FILTER_DEPTH)
        return bridge_refuse(ctx, SOUK_CONFLICT,
                             "souk_filter %s: filters that ask filters, %d deep", event,
                             FILTER_DEPTH);
    struct err err = {0};
    query_release(ctx);
    depth++;
    int code = event_filter(ctx, souk_str(event), value_clean(ctx->arena, subject), json, &err);
    depth--;
    if (code != SOUK_OK) {
        err_set(&ctx->failure, code, "%s", err.text);
        ctx->failed = 1; /* a veto's words are for the customer */
    }
    return code;
}

/* ---- jobs ---- */

struct job_order {
    struct souk_str kind, key, payload;
    int attempts;
    int64_t due;
};

static int put_job(struct souk_ctx *ctx, void *arg)
{
    const struct job_order *order = arg;
    int64_t id = 0;
    int code = job_add(ctx->conn, order->kind, order->key, souk_str(""), order->payload,
                       order->attempts, order->due, ctx->now, &id);
    if (code != SOUK_OK)
        bridge_refuse(ctx, code, "souk_job_add %.*s: %s", SOUK_PRI(order->kind),
                      code == SOUK_CONFLICT ? "a job with this key waits already"
                                            : db_error(ctx->conn));
    return code;
}

static const struct souk_job *find_job(const struct plugin *plugin, const char *name)
{
    for (size_t i = 0; name && i < plugin->descriptor.jobs_count; i++)
        if (strcmp(plugin->descriptor.jobs[i].name, name) == 0)
            return &plugin->descriptor.jobs[i];
    return NULL;
}

static int event_job_add(struct souk_ctx *ctx, const char *name, struct souk_str key,
                         const struct souk_value *payload, int64_t due)
{
    const struct souk_job *job = find_job(ctx->self, name);
    if (!job)
        return bridge_refuse(ctx, SOUK_NOT_FOUND,
                             "souk_job_add: the descriptor's jobs table has no \"%s\"",
                             name ? name : "");
    if (!bridge_view_ok(key) || key.len > 200 || due < 0)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_job_add %s: key over 200 bytes, or due before 1970", name);
    struct job_order order = {
        .kind = arena_printf(ctx->arena, "%s:%s", ctx->self->name, name),
        .key = value_clean(ctx->arena, key),
        .payload =
            payload ? value_print(ctx->arena, (const struct json *)payload) : souk_str("null"),
        .attempts = job->attempts > 0 ? job->attempts : 12,
        .due = due,
    };
    if (order.payload.len > PAYLOAD_MOST)
        return bridge_refuse(ctx, SOUK_TOO_LARGE,
                             "souk_job_add %s: over 64 KiB of payload; keep it in a table", name);
    if (ctx->kind == SOUK_WRITE)
        return query_conn(ctx) ? put_job(ctx, &order) : ctx->failure.code;
    if (ctx->kind == SOUK_TASK)
        return query_write(ctx, put_job, &order);
    return bridge_refuse(ctx, SOUK_WRONG_KIND,
                         "souk_job_add %s in %s call; use a WRITE or TASK route", name,
                         bridge_kind_name(ctx->kind));
}

const struct souk_event_api event_table = {
    .size = sizeof(struct souk_event_api),
    .emit = event_emit,
    .filter = event_ask,
    .job_add = event_job_add,
    .push = push_tell,
    .record = event_log_record,
    .recent = event_log_recent,
};
