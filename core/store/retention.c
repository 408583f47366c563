/*
 * retention: deletes what is over, a bite in each write, so that no client waits long behind one.
 * Each rule is a statement with a time before which its rows are over and the size of the bite;
 * all are repeated until none finds a whole bite.
 */
#include "store/retention.h"
#include "base/clock.h"
#include "store/conn.h"
#include "store/retention.sql.h"

#define RETENTION_KEPT (90 * CLOCK_DAY)
#define RETENTION_BITE 500

static const struct db_statement *const retention_rules[] = {
    &sql_retention_inbox,
    &sql_retention_job,
    &sql_retention_outbox,
};

struct retention_bite {
    int64_t now;
    int64_t most; /* rows that one rule has removed */
};

/* All rules together: a dead job and its fact go in one write. */
static int retention_bite_write(struct db_conn *conn, void *arg)
{
    struct retention_bite *bite = arg;
    int code = 0;
    bite->most = 0;
    for (size_t i = 0; code == 0 && i < sizeof retention_rules / sizeof *retention_rules; i++) {
        int64_t gone = 0;
        code = db_run(conn, retention_rules[i], &gone, DB_INT(bite->now - RETENTION_KEPT),
                      DB_INT(RETENTION_BITE));
        if (gone > bite->most)
            bite->most = gone;
    }
    return code;
}

static int retention_optimize_write(struct db_conn *conn, void *arg)
{
    (void)arg;
    return conn->db->driver->optimize(conn->raw);
}

int retention_run(struct db *db, int64_t now, struct err *err)
{
    struct retention_bite bite = {.now = now};
    int code;
    do
        code = db_write(db, retention_bite_write, &bite, err);
    while (code == 0 && bite.most == RETENTION_BITE);
    return code ? code : db_write(db, retention_optimize_write, NULL, err);
}
