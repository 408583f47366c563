/*
 * retention: how long the store keeps what has served its purpose. Run once a day.
 *
 *   finished rows of the inbox   90 days after their end: longer than any sender repeats itself
 *   dead jobs and their facts    90 days after their death: time enough for a person to look
 *
 * Whatever is waiting or unfinished stays, however old it is. The audit is never shortened.
 */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "store/db.h"

/* Removes what is over, in small writes, and lets the engine look at its statistics. Waits for the
 * writer: a job's. */
int retention_run(struct db *db, int64_t now, struct err *err);

struct retention_rule { /* deletes at most $2 rows from before $1 */
    const struct db_statement *statement;
    int64_t before;
};
/* The same for anybody's rows: all rules together in each write, a bite of each, until none finds
 * a whole one. */
int retention_sweep(struct db *db, const struct retention_rule *rules, size_t count,
                    struct err *err);

#endif
