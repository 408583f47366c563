/*
 * inbox: what comes in from outside and must be worked on exactly once (webhooks): stored first,
 * answered, then worked on by a job. The unique key (source, key) makes repeats harmless.
 */
#ifndef STORE_INBOX_H
#define STORE_INBOX_H

#include "store/db.h"

/* In a write. 0 and *id for a new one, *fresh = 1; a repeat: the first one's id, *fresh = 0. Adds
 * the job `job` (may be NULL) for a fresh one. */
int inbox_put(struct db_conn *conn, struct souk_str source, struct souk_str key,
              struct souk_str payload, const char *job, int64_t now, int64_t *id, int *fresh);
struct inbox_item {
    int64_t id, at, done_at; /* done_at 0: not yet */
    struct souk_str source, key, payload;
};
/* The job finds its item by this: its payload is the id in decimal. */
int inbox_get(struct db_conn *conn, struct arena *arena, int64_t id, struct inbox_item *item);
int inbox_done(struct db_conn *conn, int64_t id, int64_t now);

#endif
