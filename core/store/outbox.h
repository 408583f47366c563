/*
 * outbox: facts that must reach somebody, written in the same transaction as what they tell. One
 * row a fact, and for each consumer one job (store/job.h) with the fact's subject: delivered at
 * least once, in order per consumer and subject, retried, at last dead. The row goes when every job
 * is done.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "store/db.h"

/* In a write. `payload` is JSON text. A fact without consumers leaves no row. *id (may be NULL)
 * gets the fact's id. */
int outbox_put(struct db_conn *conn, struct souk_str topic, struct souk_str subject,
               struct souk_str payload, int64_t now, int64_t *id);

struct outbox_fact {
    int64_t id, at;
    struct souk_str topic, subject, payload;
};
int outbox_get(struct db_conn *conn, struct arena *arena, int64_t id, struct outbox_fact *fact);

#endif
