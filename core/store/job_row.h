/*
 * job_row: inside of the store: a job as it is added, with the fact that it delivers.
 */
#ifndef STORE_JOB_ROW_H
#define STORE_JOB_ROW_H

#include "store/db.h"

struct job_row {
    struct souk_str kind, key, subject, payload;
    int64_t outbox; /* or 0 */
    int attempts;
    int64_t due;
    int64_t now;
};

/* In a write. SOUK_CONFLICT: the key is taken. */
int job_row_add(struct db_conn *conn, const struct job_row *row, int64_t *id);
int64_t job_delay(int attempt); /* how long a job rests after its failure number `attempt` */

#endif
